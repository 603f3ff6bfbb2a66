"""Result of a validation: the performance of a score against outcomes."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, field_serializer

from riskmodel.analysis.outcomes.diagnostics import BandReliability, Baseline, RuleEffect
from riskmodel.analysis.outcomes.metrics import ForecastQuality, Intervals, Quality
from riskmodel.analysis.outcomes.study import Counts
from riskmodel.assessment import ModelIdentity
from riskmodel.kernels.types import Better, Floats
from riskmodel.results import HIDDEN, DrawableResult, Estimate, Record, Share, Tabular
from riskmodel.tables.arrays import Mask
from riskmodel.tables.check import TableCheck


@dataclass(frozen=True, slots=True)
class Recalibrated(Record):
    """Probabilities from a score, fitted on other rows than those tested.

    Attributes
    ----------
    quality : of the probabilities, on the rows tested.
    skill_before : the Brier skill score, relative to a constant at the event rate of the rows fitted on.
    probabilities : (tested,) forecasts.
    """

    method: str
    quality: Quality
    skill_before: float
    probabilities: Floats


@dataclass(frozen=True)
class Validation(Tabular, DrawableResult):
    """Performance of a score against outcomes.

    Attributes
    ----------
    source, outcome, event
        The data, the column of outcomes, and the definition of an event.
    split
        Description of the split into rows to fit on and rows to test on.
    confidence, resamples, seed
        Of all intervals; `grouped` names the unit that is resampled, groups or rows.
    coverage
        Mean share of the score's weight that is present in the rows tested, in [0, 1].
    absent
        The indicators of the score without a value in any row.
    check
        The indicators of the model without a column, and the values beyond their scale, in all rows.
    auc, average_precision
        Discrimination of the score on the rows tested.
    auc_before
        The AUC on the rows fitted on; None with folds.
    recalibrated
        The score as probabilities, by each method.
    bands
        Event rates by band of the score.
    comparisons
        Baselines on the same rows.
    rules
        The effect of each rule.
    better
        The better end of the score.
    tested_values, tested_events
        (tested,) values of the score, and True for rows with an event.
    """

    model: ModelIdentity
    score: str
    title: str
    source: str
    outcome: str
    event: str
    split: str
    confidence: Annotated[float, Field(serialization_alias="intervals")]
    resamples: Annotated[int, HIDDEN]
    seed: Annotated[int, HIDDEN]
    grouped: Annotated[str, HIDDEN]
    counts: Counts
    coverage: Share
    absent: tuple[str, ...]
    check: TableCheck
    auc: Estimate
    average_precision: float
    auc_before: Estimate | None
    recalibrated: tuple[Recalibrated, ...]
    bands: tuple[BandReliability, ...]
    comparisons: tuple[Baseline, ...]
    rules: tuple[RuleEffect, ...]
    better: Annotated[Better | None, HIDDEN]
    tested_values: Annotated[Floats, HIDDEN]
    tested_events: Annotated[Mask, HIDDEN]

    @field_serializer("confidence")
    def _intervals(self, confidence: float) -> Intervals:
        return Intervals(confidence, self.resamples, self.seed, self.grouped)

    @field_serializer("recalibrated")
    def _qualities(self, recalibrated: tuple[Recalibrated, ...]) -> dict[str, ForecastQuality]:
        return {item.method: item.quality.beside(item.skill_before) for item in recalibrated}
