"""Result of a calibration: weights fitted to outcomes, and their performance on later rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import Field, field_serializer

from riskmodel.analysis.outcomes.metrics import ForecastQuality, Intervals, Quality
from riskmodel.analysis.outcomes.probability_map import ProbabilityMap
from riskmodel.analysis.outcomes.study import Counts
from riskmodel.analysis.outcomes.weight_fit import Strength, Trial
from riskmodel.analysis.weights import weights_of
from riskmodel.model import IdentifiedModel
from riskmodel.results import HIDDEN, Estimate, Record, Result, Share
from riskmodel.tables.check import TableCheck


@dataclass(frozen=True, slots=True)
class Performance(Record):
    """Performance of a score on later rows.

    Attributes
    ----------
    auc : the area under the ROC curve.
    probabilities : the quality of the probabilities, by a curve fitted on the earlier rows.
    skill_before : the Brier skill score, relative to a constant at the event rate of the earlier rows.
    """

    auc: Estimate
    probabilities: Quality
    skill_before: Annotated[float, HIDDEN]

    @field_serializer("probabilities")
    def _quality(self, probabilities: Quality) -> ForecastQuality:
        return probabilities.beside(self.skill_before)


@dataclass(frozen=True, slots=True)
class ForecastCounts(Record):
    """The earlier rows that were forecast from what was before them, and the events among them."""

    rows: int
    events: int


@dataclass(frozen=True, slots=True)
class CalibrationCounts(Counts):
    """Rows and events, and the rows that are dropped because they have too little data by the new weights."""

    n_dropped: int


@dataclass(frozen=True, slots=True)
class CalibratedWeight(Record):
    """The signed weight of an input, and its share of all weights, before and after.

    Attributes
    ----------
    uninformative : whether it is missing, or the same, in every row fitted.
    """

    before: float
    after: float
    share_before: Share
    share_after: Share
    uninformative: bool


@dataclass(frozen=True)
class Calibration(Result):
    """Weights fitted to outcomes, and their performance on later rows.

    Attributes
    ----------
    before, after
        The given model, and the model with the new weights; with the same weights if the strength is infinite.
    score, title
        The score.
    source, sha256
        The data, and the SHA-256 of the file; None for frames and streams.
    outcome, event
        The column of outcomes, and the definition of an event.
    fitted_times, tested_times
        The first and last time of the rows fitted on, and of those tested.
    counts
        Rows and events; `fitted` are the rows that weights were fitted on.
    check
        The indicators of the model without a column, and the values beyond their scale, in all rows.
    n_dropped
        Rows left out of testing and mapping because the new weights give them no score, for lack of coverage.
    uninformative
        Inputs that are missing, or constant, in all rows fitted on; they keep their share.
    changed
        Whether the model changes.
    strength
        The regularization strength; infinite if the data give no reason to change the weights.
    trials
        The losses of all strengths tried.
    forecast
        The rows on which strengths were tried.
    performance_before, performance_after
        On the later rows, with the old weights and with the new.
    gain
        The AUC with the new weights less that with the old.
    confidence, resamples, seed, grouped
        Of all intervals; `grouped` names the unit that is resampled, groups or rows.
    map
        The map from the score with the new weights to a probability.
    """

    before: Annotated[IdentifiedModel, Field(serialization_alias="model")]
    after: Annotated[IdentifiedModel, Field(serialization_alias="calibrated")]
    score: str
    title: Annotated[str, HIDDEN]
    source: str
    sha256: str | None
    outcome: str
    event: str
    fitted_times: tuple[str, str]
    tested_times: tuple[str, str]
    counts: Counts
    check: TableCheck
    n_dropped: Annotated[int, HIDDEN]
    changed: bool
    uninformative: Annotated[tuple[str, ...], Field(serialization_alias="weights")]
    strength: Strength
    trials: Annotated[tuple[Trial, ...], Field(serialization_alias="strengths")]
    forecast: ForecastCounts
    performance_before: Annotated[Performance, Field(serialization_alias="before")]
    performance_after: Annotated[Performance, Field(serialization_alias="after")]
    gain: Estimate
    confidence: Annotated[float, Field(serialization_alias="intervals")]
    resamples: Annotated[int, HIDDEN]
    seed: Annotated[int, HIDDEN]
    grouped: Annotated[str, HIDDEN]
    map: ProbabilityMap

    @field_serializer("counts")
    def _all_counts(self, counts: Counts) -> CalibrationCounts:
        return CalibrationCounts(**asdict(counts), n_dropped=self.n_dropped)

    @field_serializer("uninformative")
    def _weights(self, uninformative: tuple[str, ...]) -> dict[str, CalibratedWeight]:
        after, share_before, share_after = self.weights_after, self.shares_before, self.shares_after
        return {
            name: CalibratedWeight(before, after[name], share_before[name], share_after[name], name in uninformative)
            for name, before in self.weights_before.items()
        }

    @field_serializer("confidence")
    def _intervals(self, confidence: float) -> Intervals:
        return Intervals(confidence, self.resamples, self.seed, self.grouped)

    @property
    def weights_before(self) -> dict[str, float]:
        """The signed weights of the given model."""
        return weights_of(self.before.spec, self.score)

    @property
    def weights_after(self) -> dict[str, float]:
        """The signed weights of the new model."""
        return weights_of(self.after.spec, self.score)

    @property
    def shares_before(self) -> dict[str, float]:
        """The shares of the old weights; they sum to 1."""
        return _shares_of(self.weights_before)

    @property
    def shares_after(self) -> dict[str, float]:
        """The shares of the new weights; they sum to 1."""
        return _shares_of(self.weights_after)


def _shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(map(abs, weights.values()))
    return {name: abs(weight) / total for name, weight in weights.items()}
