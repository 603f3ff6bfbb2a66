"""What a search for levers found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, PlainSerializer, computed_field, field_serializer

from riskmodel.assessment import ModelIdentity
from riskmodel.results import DrawableResult, Record, Results


@dataclass(frozen=True, slots=True)
class TargetScore(Record):
    """A score that the target names, as it is now; `value` is exact, None where the data are insufficient."""

    name: str
    title: str
    decimals: int
    value: float | None


@dataclass(frozen=True, slots=True)
class LeverRange(Record):
    """What can be moved: from where, how far, and at what cost over its whole range.

    Attributes
    ----------
    now : its value in the situation, of a distribution the median; a label is text.
    low, high : the values between which it was moved, or the first and the last label.
    cost : of moving it over its whole range.
    labels : all that it can be, where it is a label; else empty.
    logarithmic : whether changes count by their logarithm.
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


@dataclass(frozen=True, slots=True)
class Change(Record):
    """One lever moved.

    Attributes
    ----------
    value : exact: of a lever alone, the one from which on the target is met.
    rounded : of few digits; the scores of an answer are those of its rounded values.
    cost : of moving it to the exact value.
    """

    lever: str
    value: float | str
    rounded: float | str
    cost: float


@dataclass(frozen=True, slots=True)
class Answer(Record):
    """Levers moved, and what comes of it.

    Attributes
    ----------
    changes : the levers that move, dearest first.
    cost : of all of them.
    scores : exact value of each score of the target, scored anew from the rounded values.
    shortfall : points that are missing of the target, summed over its bounds; 0 where it is met.
    """

    changes: tuple[Change, ...]
    cost: float
    scores: Mapping[str, float]
    shortfall: float


@dataclass(frozen=True, slots=True)
class Single(Record):
    """What one lever can do alone.

    Attributes
    ----------
    reaches : whether the target can be reached by it alone.
    answer : the least change that reaches it, or else the one that comes nearest (none, where any takes it further).
    """

    lever: str
    reaches: Annotated[bool, Field(serialization_alias="reachable")]
    answer: Annotated[Answer, Field(serialization_alias="needed")]

    @field_serializer("answer")
    def _needed(self, answer: Answer) -> Answer | None:
        return answer if self.reaches else None

    @computed_field
    def best(self) -> Answer | None:
        """The change that comes nearest, of a lever that does not reach the target."""
        return None if self.reaches else self.answer


def _ranges(levers: Mapping[str, LeverRange]) -> list[LeverRange]:
    return list(levers.values())


@dataclass(frozen=True)
class Levers(DrawableResult):
    """What it would take for a situation to reach a target.

    Attributes
    ----------
    heading
        What to call the situation.
    target
        What is to be reached.
    met
        Whether it already is; then there is nothing else.
    scores
        The scores of the target now.
    levers
        What can be moved, by name.
    single_levers
        Each of them alone, the cheapest first, then those that do not reach the target, the nearest first.
    combined
        The smallest combined change found; None where none was.
    nearest
        Where none was found, the combined change that comes nearest to the target.
    certain
        Whether no combination at all can reach the target, by the bounds of the scores.
    named
        Whether the model says what its levers are; if not, all indicators are.
    facts
        Titles of the indicators with a value that are no levers.
    missing, assumed
        Titles of the levers that stay as they are because they have no value, or the model's default.
    insufficient
        Titles of scores of the target for which the data are insufficient, so that nothing can reach it.
    joining
        Titles of the rules that join levers, by comparing them with each other or by reading a score; beside them
        there may be a combined change that is cheaper than the one found.
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
    """What it would take for each of several situations."""
