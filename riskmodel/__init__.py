"""riskmodel scores the risk of escalation between two states, and accounts for every point.

>>> import riskmodel
>>> model = riskmodel.load_model()
>>> assessment = model.assess({"military_activity": 7, "communication_frequency": 1})
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskmodel.analysis.calibration.calibrate import calibrate
    from riskmodel.analysis.calibration.probability_map import ProbabilityMap
    from riskmodel.analysis.calibration.result import Calibration
    from riskmodel.analysis.cases import read_table
    from riskmodel.analysis.uncertainty.result import Uncertainty
    from riskmodel.analysis.uncertainty.uncertainty import uncertainty
    from riskmodel.analysis.validation.result import Validation
    from riskmodel.analysis.validation.validate import validate
    from riskmodel.analysis.weighting.judged import weights_from_judgements
    from riskmodel.analysis.weighting.measured import weights_from_data
    from riskmodel.analysis.weighting.result import Weighting
    from riskmodel.assessment import Assessment
    from riskmodel.batch.result import BatchResult
    from riskmodel.batch.run import score_file
    from riskmodel.errors import ModelError, Problem, RiskmodelError, SituationError
    from riskmodel.load.situations import Situation, read_situations
    from riskmodel.model import Model, load_model

__version__ = "0.1.0"

__all__ = [
    "Assessment",
    "BatchResult",
    "Calibration",
    "Model",
    "ModelError",
    "ProbabilityMap",
    "Problem",
    "RiskmodelError",
    "Situation",
    "SituationError",
    "Uncertainty",
    "Validation",
    "Weighting",
    "calibrate",
    "load_model",
    "read_situations",
    "read_table",
    "score_file",
    "uncertainty",
    "validate",
    "weights_from_data",
    "weights_from_judgements",
]

_HOMES = {
    "Assessment": "riskmodel.assessment",
    "BatchResult": "riskmodel.batch.result",
    "Model": "riskmodel.model",
    "ModelError": "riskmodel.errors",
    "Problem": "riskmodel.errors",
    "RiskmodelError": "riskmodel.errors",
    "Situation": "riskmodel.load.situations",
    "SituationError": "riskmodel.errors",
    "load_model": "riskmodel.model",
    "read_situations": "riskmodel.load.situations",
    "score_file": "riskmodel.batch.run",
    "Calibration": "riskmodel.analysis.calibration.result",
    "ProbabilityMap": "riskmodel.analysis.calibration.probability_map",
    "Uncertainty": "riskmodel.analysis.uncertainty.result",
    "Validation": "riskmodel.analysis.validation.result",
    "read_table": "riskmodel.analysis.cases",
    "uncertainty": "riskmodel.analysis.uncertainty.uncertainty",
    "calibrate": "riskmodel.analysis.calibration.calibrate",
    "validate": "riskmodel.analysis.validation.validate",
    "Weighting": "riskmodel.analysis.weighting.result",
    "weights_from_data": "riskmodel.analysis.weighting.measured",
    "weights_from_judgements": "riskmodel.analysis.weighting.judged",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for, so that `import riskmodel` costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskmodel' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
