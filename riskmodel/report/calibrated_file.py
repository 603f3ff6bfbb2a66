"""The file of a calibrated model: the old one with other weights, and where they come from told at its top."""

from riskmodel.analysis.calibration.result import Calibration
from riskmodel.load.models import LoadedModel
from riskmodel.report.calibration import calibration_comment
from riskmodel.rewrite import with_numbers
from riskmodel.spec.model import Weight


def calibrated_text(model: LoadedModel, found: Calibration) -> str:
    """The text of the model file with the weights found; comments, order and reasons stay.

    Parameters
    ----------
    model : what was calibrated, as read from a file.
    found : its calibration.

    Raises
    ------
    ModelError
        Where a YAML alias elsewhere in the file stands for a weight that has to change.
    """
    score = model.spec.scores[found.score]
    numbers = {}
    for name, weight in found.weights_after.items():
        if weight != score.weight(name):
            last = ("weight",) if isinstance(score.weights[name], Weight) else ()
            numbers["scores", found.score, "weights", name, *last] = weight
    text = with_numbers(model.document, numbers)
    if text.lstrip().startswith("{"):
        return text  # JSON has no comments
    ending = "\r\n" if "\r\n" in text else "\n"
    return ending.join([*calibration_comment(found), text])
