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
    new = {name: weight for name, weight in found.weights_after.items() if weight != score.weight(name)}
    paths = {
        name: (
            "scores",
            found.score,
            "weights",
            name,
            *(("weight",) if isinstance(score.weights[name], Weight) else ()),
        )
        for name in new
    }
    text = (
        with_numbers(model.document, {paths[name]: weight for name, weight in new.items()})
        if new
        else model.document.text
    )
    if text.lstrip().startswith("{"):
        return text  # JSON has no comments
    ending = "\r\n" if "\r\n" in text else "\n"
    return ending.join([*calibration_comment(found), text])
