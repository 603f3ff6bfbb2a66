"""The file of a calibrated model: the old one with other weights, and where they come from told at its top."""

from riskmodel.analysis.calibration.result import Calibration
from riskmodel.load.models import LoadedModel
from riskmodel.report.calibration import calibration_origin
from riskmodel.report.reweighted_file import reweighted_text


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
    return reweighted_text(model, found.score, found.weights_after, calibration_origin(found))
