"""Result of a weighting: weights of one score, and the consistency of the judgements behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from pydantic import Field, field_serializer

from riskmodel.analysis.weights import weights_of
from riskmodel.model import IdentifiedModel
from riskmodel.results import HIDDEN, Record, Result

METHODS = {
    "ahp": "AHP (analytic hierarchy process)",
    "direct": "direct rating",
    "swing": "swing weighting",
    "best-worst": "the best-worst method",
    "entropy": "entropy",
    "critic": "CRITIC",
    "equal-contribution": "equal effective weights",
}
"""Names of the methods in reports."""


@dataclass(frozen=True, slots=True)
class InconsistentPair(Record):
    """The judgement that agrees least with the others.

    Attributes
    ----------
    first, second : the inputs compared.
    judged : the importance of `first` over that of `second`, as judged.
    fitting : the ratio that the other judgements imply.
    """

    first: str
    second: str
    judged: float
    fitting: float


@dataclass(frozen=True, slots=True)
class Judge(Record):
    """The comparisons of one of several judges.

    Attributes
    ----------
    inputs, pairs : the number of inputs and of pairs that the judge compared.
    consistency_ratio : of these; None if they are not linked by comparisons, or no random index is published.
    least_consistent : the judgement that agrees least with the judge's others; None if none could contradict it.
    """

    inputs: int
    pairs: int
    consistency_ratio: float | None
    least_consistent: InconsistentPair | None


@dataclass(frozen=True, slots=True)
class AhpConsistency(Record):
    """Consistency of AHP judgements; `riskmodel.analysis.weighting.pairwise` has the definitions.

    Attributes
    ----------
    inputs, missing_pairs : the number of inputs compared, and of their pairs that nobody judged.
    lambda_max, consistency_index, consistency_ratio : the ratio is None if no random index is published.
    limit : the largest ratio that counts as consistent.
    random_index, source : the divisor of the index, and its publication; None for 2 inputs and above 15.
    least_consistent : the judgement that agrees least with the others; None if none could contradict it.
    judges : by name, if there are several; all other attributes are of the geometric mean of their judgements.
    """

    inputs: int
    missing_pairs: int
    lambda_max: float
    consistency_index: float
    consistency_ratio: float | None
    limit: float
    random_index: float | None
    source: str
    least_consistent: InconsistentPair | None
    judges: Mapping[str, Judge]


@dataclass(frozen=True, slots=True)
class BestWorstConsistency(Record):
    """Consistency of best-worst judgements; `riskmodel.analysis.weighting.subjective` has the definitions.

    Attributes
    ----------
    xi : the largest deviation of the weights from the judgements.
    consistency_ratio : input-based.
    threshold : the largest ratio that counts as consistent; None if none is published.
    least_consistent : the input with that ratio.
    """

    xi: float
    consistency_ratio: float
    threshold: float | None
    least_consistent: str


@dataclass(frozen=True, slots=True)
class RowCounts(Record):
    """Rows read, and rows used: those without a missing value."""

    read: int
    used: int


class DerivedWeights(NamedTuple):
    """Weights by a method, before they are written into the model.

    Attributes
    ----------
    shares : by input, above 0, summing to 1.
    details : intermediate figures, by name and by input.
    kept : the reasons for which inputs keep their weights.
    """

    shares: Mapping[str, float]
    details: Mapping[str, Mapping[str, float]]
    kept: Mapping[str, str]
    consistency: AhpConsistency | BestWorstConsistency | None = None
    warnings: tuple[str, ...] = ()
    rows: RowCounts | None = None


@dataclass(frozen=True, slots=True)
class InputWeight(Record):
    """The signed weight of one input before and after.

    Attributes
    ----------
    share : exact; None if the input was not weighed.
    details : intermediate figures, by name.
    kept : the reason for keeping the weight; None if the input was weighed.
    """

    before: float
    after: float
    share: float | None
    details: Mapping[str, float]
    kept: str | None


@dataclass(frozen=True)
class Weighting(Result):
    """Weights of one score by a documented method.

    Attributes
    ----------
    method
        A key of `METHODS`.
    score, title
        The score.
    source, sha256
        The file of judgements or data, and the SHA-256 of a file of data; None otherwise.
    before, model
        The given model, and the model with the new weights.
    shares
        Exact, by weighed input, summing to 1; the weights of the model are rounded.
    details
        Intermediate figures, by name (`rating`, `1 - entropy`) and by input.
    kept
        The reasons for which the other inputs keep their weights.
    consistency
        Of AHP and best-worst judgements; None otherwise.
    warnings
        Doubts about the judgements, to be considered before the weights are used.
    rows
        Of data; None for judgements.
    """

    method: str
    score: str
    title: Annotated[str, HIDDEN]
    source: str
    sha256: str | None
    before: Annotated[IdentifiedModel, Field(serialization_alias="model")]
    model: Annotated[IdentifiedModel, Field(serialization_alias="weighted")]
    shares: Annotated[Mapping[str, float], Field(serialization_alias="weights")]
    details: Annotated[Mapping[str, Mapping[str, float]], HIDDEN]
    kept: Annotated[Mapping[str, str], HIDDEN]
    consistency: AhpConsistency | BestWorstConsistency | None
    warnings: tuple[str, ...]
    rows: RowCounts | None

    @property
    def weights_before(self) -> dict[str, float]:
        """The signed weights of the given model."""
        return weights_of(self.before.spec, self.score)

    @property
    def weights(self) -> dict[str, float]:
        """The signed weights of the new model."""
        return weights_of(self.model.spec, self.score)

    @field_serializer("shares")
    def _input_weights(self, shares: Mapping[str, float]) -> dict[str, InputWeight]:
        weights = self.weights
        return {
            name: InputWeight(
                before,
                weights[name],
                shares.get(name),
                {detail: values[name] for detail, values in self.details.items() if name in values},
                self.kept.get(name),
            )
            for name, before in self.weights_before.items()
        }
