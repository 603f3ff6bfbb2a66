"""Result of a lever search: each lever alone, the combined change, and the nearest point where no change is enough."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, PlainSerializer, computed_field, field_serializer

from riskmodel.assessment import ModelIdentity
from riskmodel.kernels.types import Better
from riskmodel.results import HIDDEN, DrawableResult, Record, Results


@dataclass(frozen=True, slots=True)
class TargetScore(Record):
    """The present value of a score of the target, exact; None if the data are insufficient.

    Attributes
    ----------
    better, out_of, bands : as in the model; the lower ends of the bands.
    """

    name: str
    title: str
    decimals: int
    better: Annotated[Better | None, HIDDEN]
    out_of: Annotated[float, HIDDEN]
    bands: Annotated[Mapping[str, float], HIDDEN]
    value: float | None


@dataclass(frozen=True, slots=True)
class LeverRange(Record):
    """The range of a lever, and the cost of moving it.

    Attributes
    ----------
    now : its value in the situation, the median of a distribution; a label is text.
    low, high : the values between which it was moved, or the first and the last label.
    cost : of moving it over its whole range.
    labels : its labels, or empty for a number.
    logarithmic : whether changes count by their logarithm.
    distribution : the parameters of the distribution that `now` is the median of; empty for a plain value.
    """

    name: str
    title: str
    unit: str | None
    now: float | str
    low: float | str
    high: float | str
    cost: float
    labels: tuple[str, ...]
    logarithmic: bool
    distribution: Annotated[Mapping[str, float], HIDDEN] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change(Record):
    """A change of one lever.

    Attributes
    ----------
    value : exact; of a lever alone, the first value at which the target is met.
    rounded : with few digits; the scores of an answer are those of its rounded values.
    cost : of moving it to the exact value.
    """

    lever: str
    value: float | str
    rounded: float | str
    cost: float


@dataclass(frozen=True, slots=True)
class Answer(Record):
    """Changes of levers, with their cost and the resulting scores.

    Attributes
    ----------
    changes : the levers that move, dearest first.
    cost : of all of them.
    scores : exact value of each score of the target, computed from the rounded values.
    shortfall : points missing of the target, summed over its bounds; 0 if it is met.
    """

    changes: tuple[Change, ...]
    cost: float
    scores: Mapping[str, float]
    shortfall: float


@dataclass(frozen=True, slots=True)
class Single(Record):
    """The effect of one lever alone.

    Attributes
    ----------
    reaches : whether the target can be reached by it alone.
    answer : the smallest change that reaches it, or else the nearest (no change, if any makes it worse).
    """

    lever: str
    reaches: Annotated[bool, Field(serialization_alias="reachable")]
    answer: Annotated[Answer, Field(serialization_alias="needed")]

    @field_serializer("answer")
    def _needed(self, answer: Answer) -> Answer | None:
        return answer if self.reaches else None

    @computed_field
    def best(self) -> Answer | None:
        """The nearest change of a lever that does not reach the target."""
        return None if self.reaches else self.answer


def _ranges(levers: Mapping[str, LeverRange]) -> list[LeverRange]:
    return list(levers.values())


@dataclass(frozen=True)
class Levers(DrawableResult):
    """The changes of levers with which a situation reaches a target.

    Attributes
    ----------
    heading
        Title or id of the situation.
    target
        The target.
    met
        Whether it is already met; then there are no changes.
    scores
        The present scores of the target.
    levers
        The levers, by name.
    single_levers
        Each of them alone, the cheapest first, then those that do not reach the target, the nearest first.
    combined
        The smallest combined change found; None if there is none.
    nearest
        The combined change nearest to the target, if none reaches it.
    certain
        Whether no combination at all can reach the target, by the bounds of the scores.
    named
        Whether the model names its levers; if not, all indicators are levers.
    facts
        Titles of the indicators with a value that are not levers.
    missing, assumed
        Titles of the levers that stay fixed because they have no value, or the model's default.
    insufficient
        Titles of scores of the target for which the data are insufficient, so that it cannot be reached.
    joining
        Titles of the rules that join levers, by comparing them with each other or by reading a score; with such rules
        there may be a cheaper combined change than the one found.
    """

    heading: Annotated[str, Field(serialization_alias="situation")]
    model: ModelIdentity
    target: str
    met: bool
    scores: tuple[TargetScore, ...]
    levers: Annotated[Mapping[str, LeverRange], PlainSerializer(_ranges, return_type=list[LeverRange])]
    single_levers: Annotated[tuple[Single, ...], Field(serialization_alias="singles")]
    combined: Answer | None
    nearest: Annotated[Answer | None, Field(serialization_alias="closest")]
    certain: bool
    named: bool
    facts: tuple[str, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]
    insufficient: tuple[str, ...]
    joining: tuple[str, ...]


class LeversOfSeveral(Results[Levers]):
    """The changes of levers for each of several situations."""
