"""What a validation found."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, field_serializer

from riskmodel.analysis.outcomes.diagnostics import BandReliability, Baseline, RuleEffect
from riskmodel.analysis.outcomes.metrics import ForecastQuality, Intervals, Quality
from riskmodel.analysis.outcomes.study import Counts
from riskmodel.assessment import ModelIdentity
from riskmodel.kernels.scales import Floats
from riskmodel.results import HIDDEN, DrawableResult, Estimate, Record, Share
from riskmodel.tables.arrays import Mask
from riskmodel.tables.check import TableCheck


@dataclass(frozen=True, slots=True)
class Recalibrated(Record):
    """A score made into probabilities on other rows, and how good these were.

    Attributes
    ----------
    quality : of the probabilities, on the rows tested.
    skill_before : the share of the Brier score that is saved of a constant at the rate of the rows fitted on.
    probabilities : (tested,) what was forecast.
    """

    method: str
    quality: Quality
    skill_before: float
    probabilities: Floats


@dataclass(frozen=True)
class Validation(DrawableResult):
    """How a score did against what happened.

    Attributes
    ----------
    source, outcome, event
        The data, the column of outcomes, and what of it counts as an event, in words.
    split
        How rows to fit on and rows to test on were held apart, in words.
    confidence, resamples, seed
        Of all intervals; `grouped` says what was drawn, groups or rows.
    coverage
        Mean share of the score's weight that is present in the rows tested, in [0, 1].
    absent
        The indicators of the score without a value in any row.
    check
        The indicators of the model without a column, and the values beyond their scale, in all rows.
    auc, average_precision
        Discrimination of the score on the rows tested.
    auc_before
        The same on the rows that the fits saw; None with folds.
    recalibrated
        The score as probabilities, by each method.
    bands
        What happened in each band of the score.
    comparisons
        What else one could go by.
    rules
        What each rule adds.
    tested_values, tested_events
        (tested,) the score and whether there was an event, for those who would plot them.
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
    tested_values: Annotated[Floats, HIDDEN]
    tested_events: Annotated[Mask, HIDDEN]

    @field_serializer("confidence")
    def _intervals(self, confidence: float) -> Intervals:
        return Intervals(confidence, self.resamples, self.seed, self.grouped)

    @field_serializer("recalibrated")
    def _qualities(self, recalibrated: tuple[Recalibrated, ...]) -> dict[str, ForecastQuality]:
        return {item.method: item.quality.beside(item.skill_before) for item in recalibrated}
