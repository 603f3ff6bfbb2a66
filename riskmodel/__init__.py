"""riskmodel scores the risk of escalation between two states and explains every point of a score.

>>> import riskmodel
>>> model = riskmodel.load_model()
>>> assessment = model.assess({"military_activity": 7, "communication_frequency": 1})
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskmodel.analysis.comparison.analysis import compare, compare_models
    from riskmodel.analysis.data_check import check_data
    from riskmodel.analysis.indicators.analysis import indicators
    from riskmodel.analysis.indicators.explain import explain_indicator
    from riskmodel.analysis.levers.analysis import levers
    from riskmodel.analysis.outcomes.calibrate import calibrate
    from riskmodel.analysis.outcomes.probability_map import ProbabilityMap
    from riskmodel.analysis.outcomes.validate import validate
    from riskmodel.analysis.outlook.analysis import outlook
    from riskmodel.analysis.outlook.influences import simulate_influences
    from riskmodel.analysis.panels.aggregate import aggregate
    from riskmodel.analysis.panels.models import compare_models_by_row
    from riskmodel.analysis.panels.ranking import rank_table
    from riskmodel.analysis.profile import profile
    from riskmodel.analysis.ranking import rank
    from riskmodel.analysis.results.calibration import Calibration
    from riskmodel.analysis.results.comparison import Comparison
    from riskmodel.analysis.results.data_check import DataCheck
    from riskmodel.analysis.results.digest import Digest
    from riskmodel.analysis.results.indicators import IndicatorRows, IndicatorTable
    from riskmodel.analysis.results.influences import InfluencePaths
    from riskmodel.analysis.results.levers import Levers
    from riskmodel.analysis.results.movers import RowComparison
    from riskmodel.analysis.results.outlook import Outlook
    from riskmodel.analysis.results.panels import Aggregation, TableRanking
    from riskmodel.analysis.results.profile import Profile
    from riskmodel.analysis.results.ranking import Ranking
    from riskmodel.analysis.results.sensitivity import Sensitivity
    from riskmodel.analysis.results.series import TimeSeries
    from riskmodel.analysis.results.uncertainty import Uncertainty
    from riskmodel.analysis.results.validation import Validation
    from riskmodel.analysis.results.weighting import Weighting
    from riskmodel.analysis.sensitivity.analysis import sensitivity
    from riskmodel.analysis.sensitivity.tables import effective_weights
    from riskmodel.analysis.series.analysis import series
    from riskmodel.analysis.series.digest import digest
    from riskmodel.analysis.situations import read_table
    from riskmodel.analysis.uncertainty.analysis import uncertainty
    from riskmodel.analysis.weighting.objective import weights_from_data
    from riskmodel.analysis.weighting.subjective import weights_from_judgements
    from riskmodel.assessment import Assessment
    from riskmodel.batch.result import BatchResult
    from riskmodel.batch.run import score_file
    from riskmodel.documents.situations import Situation, read_situations
    from riskmodel.errors import ModelError, Problem, RiskmodelError, SituationError
    from riskmodel.model import Model, load_model
    from riskmodel.sql.query import to_sql
    from riskmodel.tables.check import TableCheck
    from riskmodel.tables.options import FormatKeywords, TableKeywords
    from riskmodel.workbook.write import write_workbook

__version__ = "0.1.0"

__all__ = [
    "Aggregation",
    "Assessment",
    "BatchResult",
    "Calibration",
    "Comparison",
    "DataCheck",
    "Digest",
    "FormatKeywords",
    "IndicatorRows",
    "IndicatorTable",
    "InfluencePaths",
    "Levers",
    "Model",
    "ModelError",
    "Outlook",
    "ProbabilityMap",
    "Problem",
    "Profile",
    "Ranking",
    "RiskmodelError",
    "RowComparison",
    "Sensitivity",
    "Situation",
    "SituationError",
    "TableCheck",
    "TableKeywords",
    "TableRanking",
    "TimeSeries",
    "Uncertainty",
    "Validation",
    "Weighting",
    "aggregate",
    "calibrate",
    "check_data",
    "compare",
    "compare_models",
    "compare_models_by_row",
    "digest",
    "effective_weights",
    "explain_indicator",
    "indicators",
    "levers",
    "load_model",
    "outlook",
    "profile",
    "rank",
    "rank_table",
    "read_situations",
    "read_table",
    "score_file",
    "sensitivity",
    "series",
    "simulate_influences",
    "to_sql",
    "uncertainty",
    "validate",
    "weights_from_data",
    "weights_from_judgements",
    "write_workbook",
]

_MODULES = {
    "Aggregation": "riskmodel.analysis.results.panels",
    "Assessment": "riskmodel.assessment",
    "BatchResult": "riskmodel.batch.result",
    "Calibration": "riskmodel.analysis.results.calibration",
    "Comparison": "riskmodel.analysis.results.comparison",
    "DataCheck": "riskmodel.analysis.results.data_check",
    "Digest": "riskmodel.analysis.results.digest",
    "FormatKeywords": "riskmodel.tables.options",
    "IndicatorRows": "riskmodel.analysis.results.indicators",
    "IndicatorTable": "riskmodel.analysis.results.indicators",
    "InfluencePaths": "riskmodel.analysis.results.influences",
    "Levers": "riskmodel.analysis.results.levers",
    "Model": "riskmodel.model",
    "ModelError": "riskmodel.errors",
    "Outlook": "riskmodel.analysis.results.outlook",
    "ProbabilityMap": "riskmodel.analysis.outcomes.probability_map",
    "Problem": "riskmodel.errors",
    "Profile": "riskmodel.analysis.results.profile",
    "Ranking": "riskmodel.analysis.results.ranking",
    "RiskmodelError": "riskmodel.errors",
    "RowComparison": "riskmodel.analysis.results.movers",
    "Sensitivity": "riskmodel.analysis.results.sensitivity",
    "Situation": "riskmodel.documents.situations",
    "SituationError": "riskmodel.errors",
    "TableCheck": "riskmodel.tables.check",
    "TableKeywords": "riskmodel.tables.options",
    "TableRanking": "riskmodel.analysis.results.panels",
    "TimeSeries": "riskmodel.analysis.results.series",
    "Uncertainty": "riskmodel.analysis.results.uncertainty",
    "Validation": "riskmodel.analysis.results.validation",
    "Weighting": "riskmodel.analysis.results.weighting",
    "aggregate": "riskmodel.analysis.panels.aggregate",
    "calibrate": "riskmodel.analysis.outcomes.calibrate",
    "check_data": "riskmodel.analysis.data_check",
    "compare": "riskmodel.analysis.comparison.analysis",
    "compare_models": "riskmodel.analysis.comparison.analysis",
    "compare_models_by_row": "riskmodel.analysis.panels.models",
    "digest": "riskmodel.analysis.series.digest",
    "effective_weights": "riskmodel.analysis.sensitivity.tables",
    "explain_indicator": "riskmodel.analysis.indicators.explain",
    "indicators": "riskmodel.analysis.indicators.analysis",
    "levers": "riskmodel.analysis.levers.analysis",
    "load_model": "riskmodel.model",
    "outlook": "riskmodel.analysis.outlook.analysis",
    "profile": "riskmodel.analysis.profile",
    "rank": "riskmodel.analysis.ranking",
    "rank_table": "riskmodel.analysis.panels.ranking",
    "read_situations": "riskmodel.documents.situations",
    "read_table": "riskmodel.analysis.situations",
    "score_file": "riskmodel.batch.run",
    "sensitivity": "riskmodel.analysis.sensitivity.analysis",
    "series": "riskmodel.analysis.series.analysis",
    "simulate_influences": "riskmodel.analysis.outlook.influences",
    "to_sql": "riskmodel.sql.query",
    "uncertainty": "riskmodel.analysis.uncertainty.analysis",
    "validate": "riskmodel.analysis.outcomes.validate",
    "weights_from_data": "riskmodel.analysis.weighting.objective",
    "weights_from_judgements": "riskmodel.analysis.weighting.subjective",
    "write_workbook": "riskmodel.workbook.write",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that `import riskmodel` stays fast."""
    if name not in _MODULES:
        raise AttributeError(f"module 'riskmodel' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
