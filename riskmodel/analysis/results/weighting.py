"""What a method of weighting found."""

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
"""The methods, and what they are called."""


@dataclass(frozen=True, slots=True)
class InconsistentPair(Record):
    """The judgement that fits the others least: that `first` matters `judged` times as much as `second`.

    `fitting` is the ratio that the other judgements imply.
    """

    first: str
    second: str
    judged: float
    fitting: float


@dataclass(frozen=True, slots=True)
class AhpConsistency(Record):
    """How consistent the judgements of an AHP are; `riskmodel.analysis.weighting.subjective` has the definitions.

    Attributes
    ----------
    inputs : how many were compared.
    lambda_max, consistency_index, consistency_ratio : the ratio is None where no random index is published.
    limit : up to which ratio judgements are held to be consistent enough.
    random_index, source : what the index is divided by, and who published it; None for 2 inputs, and beyond 15.
    least_consistent : the judgement that fits the others least; None for 2 inputs.
    """

    inputs: int
    lambda_max: float
    consistency_index: float
    consistency_ratio: float | None
    limit: float
    random_index: float | None
    source: str
    least_consistent: InconsistentPair | None


@dataclass(frozen=True, slots=True)
class BestWorstConsistency(Record):
    """How consistent best-worst judgements are; `riskmodel.analysis.weighting.subjective` has the definitions.

    Attributes
    ----------
    xi : by how much the weights miss the judgements at most.
    consistency_ratio : input-based.
    threshold : up to which ratio judgements are held to be consistent enough; None where none is published.
    least_consistent : the input at which the ratio is reached.
    """

    xi: float
    consistency_ratio: float
    threshold: float | None
    least_consistent: str


@dataclass(frozen=True, slots=True)
class RowCounts(Record):
    """Rows that were read, and those of them that weights come from; the others have a gap."""

    read: int
    used: int


class Derived(NamedTuple):
    """What a method makes of judgements or data, before the model has it.

    Attributes
    ----------
    shares : by input, above 0, with the sum 1.
    details : what shares come from, by what it is and by input.
    kept : why inputs keep their weights.
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
    share : exact, where it was weighed.
    details : what the share comes from.
    kept : why it keeps its weight; None where it was weighed.
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
        Where judgements or data come from; the fingerprint of a file of data, None of all else.
    before, model
        The model as it was, and with the new weights.
    shares
        Exact, by input that was weighed, with the sum 1; the weights of the model are rounded.
    details
        What shares come from, by what it is (`rating`, `entropy`) and by input.
    kept
        Why the other inputs keep their weights.
    consistency
        Of AHP and best-worst judgements; None of all else.
    warnings
        What should be looked at before the weights are used.
    rows
        Of data; None of judgements.
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
        """The signed weights that the model came with."""
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
