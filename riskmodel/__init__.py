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
    from riskmodel.analysis.validation.result import Validation
    from riskmodel.analysis.validation.validate import validate
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
    "Validation",
    "calibrate",
    "load_model",
    "read_situations",
    "score_file",
    "validate",
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
    "Validation": "riskmodel.analysis.validation.result",
    "calibrate": "riskmodel.analysis.calibration.calibrate",
    "validate": "riskmodel.analysis.validation.validate",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for, so that `import riskmodel` costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskmodel' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
