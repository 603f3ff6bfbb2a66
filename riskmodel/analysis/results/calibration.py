"""What a calibration found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from riskmodel.analysis.outcomes.metrics import Quality
from riskmodel.analysis.outcomes.probability_map import ProbabilityMap
from riskmodel.analysis.outcomes.study import Counts
from riskmodel.analysis.outcomes.weight_fit import Choice
from riskmodel.analysis.weights import weights_of
from riskmodel.model import Model
from riskmodel.results import Estimate, Result
from riskmodel.tables.check import TableCheck


class Performance(NamedTuple):
    """How a score did on later rows.

    Attributes
    ----------
    auc : its area under the ROC curve.
    probabilities : the quality of its probabilities, by a curve fitted on the earlier rows.
    skill_before : the share of the Brier score that is saved of a constant at the rate of the earlier rows.
    """

    auc: Estimate
    probabilities: Quality
    skill_before: float


@dataclass(frozen=True)
class Calibration(Result):
    """Weights found in outcomes, and what they are worth.

    Attributes
    ----------
    before, after
        The model, and the same with other weights in one score; equal where the strength is infinite.
    score, title
        The score.
    source, sha256
        The data, and the fingerprint of the file; None where it was none.
    outcome, event
        The column of outcomes, and what of it counts as an event, in words.
    fitted_times, tested_times
        The first and last time of the rows that weights were fitted on, and of those tested.
    counts
        Rows and events; `fitted` are the rows that weights were fitted on.
    check
        The indicators of the model without a column, and the values beyond their scale, in all rows.
    n_dropped
        Rows left out of what is tested and mapped, because there is too little data for a score by the new weights.
    uninformative
        Inputs that are missing, or the same, in every row fitted; they keep their share.
    choice
        The strength that was chosen, and what others gave.
    performance_before, performance_after
        On the later rows, by the old weights and by the new.
    gain
        The area under the ROC curve by the new weights less that by the old.
    confidence, resamples, seed, grouped
        Of all intervals; `grouped` says what was drawn, groups or rows.
    map
        The score by the new weights as a probability.
    """

    before: Model
    after: Model
    score: str
    title: str
    source: str
    sha256: str | None
    outcome: str
    event: str
    fitted_times: tuple[str, str]
    tested_times: tuple[str, str]
    counts: Counts
    check: TableCheck
    n_dropped: int
    uninformative: tuple[str, ...]
    choice: Choice
    performance_before: Performance
    performance_after: Performance
    gain: Estimate
    confidence: float
    resamples: int
    seed: int
    grouped: str
    map: ProbabilityMap

    @property
    def strength(self) -> float:
        """How strongly shares were held near the expert's; infinite where the data give no reason to change them."""
        return self.choice.strength

    @property
    def weights_before(self) -> dict[str, float]:
        """The signed weights that the model came with."""
        return weights_of(self.before.spec, self.score)

    @property
    def weights_after(self) -> dict[str, float]:
        """The signed weights found."""
        return weights_of(self.after.spec, self.score)

    @property
    def shares_before(self) -> dict[str, float]:
        """The shares of the weights that the model came with; they sum to one."""
        return _shares_of(self.weights_before)

    @property
    def shares_after(self) -> dict[str, float]:
        """The shares of the weights found; they sum to one."""
        return _shares_of(self.weights_after)


def _shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(map(abs, weights.values()))
    return {name: abs(weight) / total for name, weight in weights.items()}
