"""What a comparison found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, InstanceOf, PlainSerializer, computed_field, field_serializer

from riskmodel.assessment import ModelIdentity, ScoreResult
from riskmodel.results import HIDDEN, DrawableResult, Record, Share

Kind: TypeAlias = Literal["indicator", "scale", "terms", "weight", "sub-scores", "mean", "out of", "rule"]
Obstacle: TypeAlias = Literal["no score before", "no score after", "no value between"]

OBSTACLES: dict[Obstacle, str] = {
    "no score before": "there is no score before, the data are insufficient",
    "no score after": "there is no score after, the data are insufficient",
    "no value between": "mixtures of the two can be without any value that has a weight, and so without a score",
}
"""The obstacles to an account, in words."""


def _or_none(text: str) -> str | None:
    return text or None


@dataclass(frozen=True, slots=True)
class Side(Record):
    """One of the two that are compared: a situation, the model that it is assessed with, and the model's file."""

    name: Annotated[str, Field(serialization_alias="situation")]
    model: ModelIdentity
    file: Annotated[str, PlainSerializer(_or_none, return_type=str | None)] = ""


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """What one difference comes to.

    Attributes
    ----------
    kind, name : an indicator, or the part of the models that differs.
    score : whose weight, mean, top or rule it is; None for the rest.
    before, after : the raw values, None where missing; for a part of the models what each says of it, in words.
    unit : of the values of an indicator.
    points : its Shapley value, in points of the score.
    error : the standard error of the points; None where they are exact.
    """

    kind: Kind
    name: str
    score: str | None
    title: str
    before: float | str | None
    after: float | str | None
    unit: str | None
    points: float
    error: float | None


@dataclass(frozen=True, slots=True)
class ScoreSummary(Record):
    """A score at one end of a difference, as far as JSON has it."""

    value: float | None
    reported: float | None
    band: str | None
    status: Literal["ok", "insufficient data"]
    coverage: Share


def _in_words(obstacle: Obstacle | None) -> str | None:
    return None if obstacle is None else OBSTACLES[obstacle]


@dataclass(frozen=True, slots=True)
class Account(Record):
    """The difference between two values of a score, accounted for.

    Attributes
    ----------
    title : of the score.
    before, after : the results.
    decimals : places that both are shown with.
    difference : the value after less the value before, exactly; None where one of them is not there.
    exact : whether the entries are exact, and not estimated from orders drawn at random.
    entries : by size; they sum to the difference. Empty where there is an obstacle.
    obstacle : why there is no account: one of the two has no score, or some of the mixtures of the two, through which
        the account would lead, have no value at all.
    """

    title: str
    # Instances: pydantic fails on a type that is serialised as another one in two fields.
    before: InstanceOf[ScoreResult]
    after: InstanceOf[ScoreResult]
    decimals: Annotated[int, HIDDEN]
    difference: float | None
    exact: bool
    entries: tuple[Entry, ...]
    obstacle: Annotated[
        Obstacle | None,
        PlainSerializer(_in_words, return_type=str | None),
        Field(serialization_alias="no_account"),
    ]

    @classmethod
    def of(
        cls,
        before: ScoreResult,
        after: ScoreResult,
        decimals: int,
        entries: tuple[Entry, ...],
        obstacle: Obstacle | None,
    ) -> "Account":
        """Return the account that two results and their entries make."""
        difference = None if before.value is None or after.value is None else after.value - before.value
        exact = all(entry.error is None for entry in entries)
        return cls(after.title, before, after, decimals, difference, exact, entries, obstacle)

    @field_serializer("before", "after")
    def _summary(self, score: ScoreResult) -> ScoreSummary:
        return ScoreSummary(score.value, score.reported, score.band, score.status, score.coverage)


@dataclass(frozen=True, slots=True)
class RuleChange(Record):
    """A rule that holds to another degree; None is the degree where the model has no such rule."""

    name: str
    title: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class UnmatchedScore(Record):
    """A score that only one of two models has; `after` says which."""

    name: str
    title: str
    after: bool


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """Two situations under one model, or one under two.

    Attributes
    ----------
    accounts : by score, of every score that is no sub-score and that both have.
    rules : the rules whose degree differs.
    unmatched : the scores that only one of two models has.
    """

    before: Side
    after: Side
    accounts: Annotated[Mapping[str, Account], Field(serialization_alias="scores")]
    rules: tuple[RuleChange, ...]
    unmatched: Annotated[tuple[UnmatchedScore, ...], HIDDEN] = ()

    @computed_field
    def only_before(self) -> tuple[str, ...]:
        """Scores that only the model before has."""
        return tuple(score.name for score in self.unmatched if not score.after)

    @computed_field
    def only_after(self) -> tuple[str, ...]:
        """Scores that only the model after has."""
        return tuple(score.name for score in self.unmatched if score.after)


@dataclass(frozen=True)
class Comparison(DrawableResult):
    """What explains the difference between the first and each of the others.

    Attributes
    ----------
    between
        What was compared.
    differences
        One for each but the first.
    """

    between: Literal["situations", "models"]
    differences: tuple[Difference, ...]
