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
    from riskmodel.analysis.comparison.compare import compare, compare_models
    from riskmodel.analysis.comparison.result import Comparison
    from riskmodel.analysis.levers.levers import levers
    from riskmodel.analysis.levers.result import Levers
    from riskmodel.analysis.ranking.ranking import rank
    from riskmodel.analysis.ranking.result import Ranking
    from riskmodel.analysis.sensitivity.result import Sensitivity
    from riskmodel.analysis.sensitivity.sensitivity import sensitivity
    from riskmodel.analysis.sensitivity.tables import effective_weights
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
    from riskmodel.table_check import TableCheck

__version__ = "0.1.0"

__all__ = [
    "Assessment",
    "BatchResult",
    "Calibration",
    "Comparison",
    "Levers",
    "Model",
    "ModelError",
    "ProbabilityMap",
    "Problem",
    "Ranking",
    "RiskmodelError",
    "Sensitivity",
    "Situation",
    "SituationError",
    "TableCheck",
    "Uncertainty",
    "Validation",
    "Weighting",
    "calibrate",
    "compare",
    "compare_models",
    "effective_weights",
    "levers",
    "load_model",
    "rank",
    "read_situations",
    "read_table",
    "score_file",
    "sensitivity",
    "uncertainty",
    "validate",
    "weights_from_data",
    "weights_from_judgements",
]

_HOMES = {
    "Assessment": "riskmodel.assessment",
    "BatchResult": "riskmodel.batch.result",
    "Calibration": "riskmodel.analysis.calibration.result",
    "Comparison": "riskmodel.analysis.comparison.result",
    "Levers": "riskmodel.analysis.levers.result",
    "Model": "riskmodel.model",
    "ModelError": "riskmodel.errors",
    "ProbabilityMap": "riskmodel.analysis.calibration.probability_map",
    "Problem": "riskmodel.errors",
    "Ranking": "riskmodel.analysis.ranking.result",
    "RiskmodelError": "riskmodel.errors",
    "Sensitivity": "riskmodel.analysis.sensitivity.result",
    "Situation": "riskmodel.load.situations",
    "SituationError": "riskmodel.errors",
    "TableCheck": "riskmodel.table_check",
    "Uncertainty": "riskmodel.analysis.uncertainty.result",
    "Validation": "riskmodel.analysis.validation.result",
    "Weighting": "riskmodel.analysis.weighting.result",
    "calibrate": "riskmodel.analysis.calibration.calibrate",
    "compare": "riskmodel.analysis.comparison.compare",
    "compare_models": "riskmodel.analysis.comparison.compare",
    "effective_weights": "riskmodel.analysis.sensitivity.tables",
    "levers": "riskmodel.analysis.levers.levers",
    "load_model": "riskmodel.model",
    "rank": "riskmodel.analysis.ranking.ranking",
    "read_situations": "riskmodel.load.situations",
    "read_table": "riskmodel.analysis.cases",
    "score_file": "riskmodel.batch.run",
    "sensitivity": "riskmodel.analysis.sensitivity.sensitivity",
    "uncertainty": "riskmodel.analysis.uncertainty.uncertainty",
    "validate": "riskmodel.analysis.validation.validate",
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
