"""Result of a comparison: differences between scores and what each input, or each part of a model, contributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, InstanceOf, PlainSerializer, computed_field, field_serializer

from riskmodel.assessment import ModelIdentity, ScoreResult
from riskmodel.results import HIDDEN, DrawableResult, Record, Share, Tabular

Kind: TypeAlias = Literal["indicator", "scale", "terms", "weight", "sub-scores", "mean", "out of", "rule"]
Obstacle: TypeAlias = Literal["no score before", "no score after", "no value between"]

OBSTACLES: dict[Obstacle, str] = {
    "no score before": "there is no score before, the data are insufficient",
    "no score after": "there is no score after, the data are insufficient",
    "no value between": "mixtures of the two can be without any value that has a weight, and so without a score",
}
"""Descriptions of the obstacles to an account."""


def _or_none(text: str) -> str | None:
    return text or None


@dataclass(frozen=True, slots=True)
class Side(Record):
    """One side of a comparison: a situation, the model that assesses it, and the model's file."""

    name: Annotated[str, Field(serialization_alias="situation")]
    model: ModelIdentity
    file: Annotated[str, PlainSerializer(_or_none, return_type=str | None)] = ""


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """The contribution of one input, or of one part of the models, to a difference.

    Attributes
    ----------
    kind, name : an indicator, or the part of the models that differs.
    score : the score whose weight, mean, top or rule it is; None for other kinds.
    before, after : the raw values, None if missing; for a part of the models its descriptions.
    unit : the unit of the indicator.
    points : the Shapley value, in points of the score.
    error : the standard error of `points`; None if they are exact.
    group : the id of the indicator's group, or None.
    ranges : the parameters of the distributions that `before` and `after` are the medians of; empty for plain values.
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
    group: Annotated[str | None, HIDDEN] = None
    ranges: Annotated[tuple[Mapping[str, float], Mapping[str, float]], HIDDEN] = field(default_factory=lambda: ({}, {}))


@dataclass(frozen=True, slots=True)
class ScoreSummary(Record):
    """A score on one side of a difference, in JSON."""

    value: float | None
    reported: float | None
    band: str | None
    status: Literal["ok", "insufficient data"]
    coverage: Share


def _in_words(obstacle: Obstacle | None) -> str | None:
    return None if obstacle is None else OBSTACLES[obstacle]


@dataclass(frozen=True, slots=True)
class Account(Record):
    """The account of the difference between two values of a score.

    Attributes
    ----------
    title : the title of the score.
    before, after : the results.
    decimals : decimals shown of both.
    difference : the exact value after, less the value before; None if either is missing.
    exact : True if the entries are exact; False if they are estimated from random orders.
    entries : contributions, the largest first; they sum to the difference. Empty if there is an obstacle.
    obstacle : the reason for having no account: a score is missing, or a mixture of the two sides has no value.
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
        """Build the account of two results from its entries."""
        difference = None if before.value is None or after.value is None else after.value - before.value
        exact = all(entry.error is None for entry in entries)
        return cls(after.title, before, after, decimals, difference, exact, entries, obstacle)

    @field_serializer("before", "after")
    def _summary(self, score: ScoreResult) -> ScoreSummary:
        return ScoreSummary(score.value, score.reported, score.band, score.status, score.coverage)


@dataclass(frozen=True, slots=True)
class RuleChange(Record):
    """A rule whose degree differs; a degree of None means that the model has no such rule."""

    name: str
    title: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class UnmatchedScore(Record):
    """A score of one model only: of the second if `after` is true."""

    name: str
    title: str
    after: bool


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """Differences between two situations under one model, or between two models for one situation.

    Attributes
    ----------
    accounts : by score, of the top-level scores that both sides have.
    rules : the rules whose degree differs.
    unmatched : the scores that only one of the models has.
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
class Comparison(Tabular, DrawableResult):
    """Differences between the first situation, or model, and each of the others, with their accounts.

    Attributes
    ----------
    between
        The kind of things compared.
    differences
        One for each situation, or model, after the first.
    """

    between: Literal["situations", "models"]
    differences: tuple[Difference, ...]
