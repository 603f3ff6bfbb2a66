"""The text of a model file with new weights in one score and a comment on their origin."""

from collections.abc import Sequence

from riskmodel.analysis.derived import derived_text
from riskmodel.analysis.weights import weights_of
from riskmodel.documents.edit import with_values
from riskmodel.documents.models import LoadedModel
from riskmodel.errors import Problem, SituationError
from riskmodel.model import Model
from riskmodel.schema.parts import Weight


def check_extension(model: LoadedModel, output: str) -> None:
    """Raise SituationError if a YAML model would be written to a file named `.json`."""
    if output.endswith(".json") and not model.document.text.lstrip().startswith("{"):
        message = f"{model.document.name} is YAML, so the name should end in .yaml"
        raise SituationError([Problem(message, file=output)])


def reweighted_text(model: LoadedModel, score: str, new: Model, origin: Sequence[str]) -> str:
    """Return the text of a model file with new weights; comments, order and reasons are unchanged.

    Parameters
    ----------
    model : the model, as read from a file.
    score : the score whose weights change.
    new : the model with the new weights, and its own id and version.
    origin : comment lines on the origin of the weights; JSON has no comments, so they are left out there.

    Raises
    ------
    ModelError
        A YAML alias elsewhere in the file refers to a weight that has to change.
    """
    old = model.spec.scores[score]
    values = {}
    for name, weight in weights_of(new.spec, score).items():
        if weight != old.weight(name):
            key = ("weight",) if isinstance(old.weights[name], Weight) else ()
            values["scores", score, "weights", name, *key] = weight
    return derived_text(model.document, with_values(model.document, values), new, origin)
