"""The file of a model with other weights in one score, and where they come from told at its top."""

from collections.abc import Mapping, Sequence

from riskmodel.batch.outputs import problem
from riskmodel.errors import printable
from riskmodel.load.models import LoadedModel
from riskmodel.rewrite import with_numbers
from riskmodel.spec.model import Weight


def check_ending(model: LoadedModel, output: str) -> None:
    """Check that a model goes to a file whose name says its format, before any work is done.

    Raises
    ------
    SituationError
        Where YAML would go to a file named like JSON.
    """
    if output.endswith(".json") and not model.document.text.lstrip().startswith("{"):
        raise problem(output, f"{model.document.name} is YAML, so the name should end in .yaml")


def reweighted_text(model: LoadedModel, score: str, weights: Mapping[str, float], told: Sequence[str]) -> str:
    """The text of a model file with other weights; comments, order and reasons stay.

    Parameters
    ----------
    model : the model, as read from a file.
    score : whose weights change.
    weights : the signed weights of all its inputs.
    told : the lines that tell where they come from; JSON, which has no comments, goes without them.

    Raises
    ------
    ModelError
        Where a YAML alias elsewhere in the file stands for a weight that has to change.
    """
    old = model.spec.scores[score]
    numbers = {}
    for name, weight in weights.items():
        if weight != old.weight(name):
            last = ("weight",) if isinstance(old.weights[name], Weight) else ()
            numbers["scores", score, "weights", name, *last] = weight
    text = with_numbers(model.document, numbers)
    if text.lstrip().startswith("{"):
        return text
    ending = "\r\n" if "\r\n" in text else "\n"
    return ending.join([*(f"# {printable(line)}" for line in told), text])
