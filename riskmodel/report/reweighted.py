"""The file of a model with other weights in one score, and where they come from told at its top."""

from collections.abc import Sequence

from riskmodel.analysis.derived import derived_text
from riskmodel.analysis.weights import weights_of
from riskmodel.documents.edit import with_values
from riskmodel.documents.models import LoadedModel
from riskmodel.errors import Problem, SituationError
from riskmodel.model import Model
from riskmodel.schema.parts import Weight


def check_extension(model: LoadedModel, output: str) -> None:
    """Check that a model goes to a file whose name says its format, before any work is done.

    Raises
    ------
    SituationError
        Where YAML would go to a file named like JSON.
    """
    if output.endswith(".json") and not model.document.text.lstrip().startswith("{"):
        message = f"{model.document.name} is YAML, so the name should end in .yaml"
        raise SituationError([Problem(message, file=output)])


def reweighted_text(model: LoadedModel, score: str, new: Model, origin: Sequence[str]) -> str:
    """The text of a model file with other weights; comments, order and reasons stay.

    Parameters
    ----------
    model : the model, as read from a file.
    score : whose weights change.
    new : the model with the new weights, and an id and version of its own.
    origin : the lines that tell where they come from; JSON, which has no comments, goes without them.

    Raises
    ------
    ModelError
        Where a YAML alias elsewhere in the file stands for a weight that has to change.
    """
    old = model.spec.scores[score]
    numbers = {}
    for name, weight in weights_of(new.spec, score).items():
        if weight != old.weight(name):
            last = ("weight",) if isinstance(old.weights[name], Weight) else ()
            numbers["scores", score, "weights", name, *last] = weight
    return derived_text(model.document, with_values(model.document, numbers), new, origin)
