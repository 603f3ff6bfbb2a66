"""Result of a calibration: weights fitted to outcomes, and their performance on later rows."""

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
    """Performance of a score on later rows.

    Attributes
    ----------
    auc : the area under the ROC curve.
    probabilities : the quality of the probabilities, by a curve fitted on the earlier rows.
    skill_before : the Brier skill score, relative to a constant at the event rate of the earlier rows.
    """

    auc: Estimate
    probabilities: Quality
    skill_before: float


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
    choice
        The regularization strength chosen, and the losses of all strengths tried.
    performance_before, performance_after
        On the later rows, with the old weights and with the new.
    gain
        The AUC with the new weights less that with the old.
    confidence, resamples, seed, grouped
        Of all intervals; `grouped` names the unit that is resampled, groups or rows.
    map
        The map from the score with the new weights to a probability.
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
        """The regularization strength; infinite if the data give no reason to change the weights."""
        return self.choice.strength

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
