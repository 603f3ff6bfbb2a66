"""What a comparison found."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from riskmodel.assessment import ModelIdentity, ScoreResult
from riskmodel.results import DrawableResult

Kind: TypeAlias = Literal["indicator", "scale", "terms", "weight", "sub-scores", "mean", "out of", "rule"]
Obstacle: TypeAlias = Literal["no score before", "no score after", "no value between"]


class Side(NamedTuple):
    """One of the two that are compared: a situation, the model that it is assessed with, and the model's file."""

    name: str
    model: ModelIdentity
    file: str = ""


class Entry(NamedTuple):
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


class Account(NamedTuple):
    """The difference between two values of a score, accounted for.

    Attributes
    ----------
    before, after : the results.
    decimals : places that both are shown with.
    entries : by size; they sum to the difference. Empty where there is an obstacle.
    obstacle : why there is no account: one of the two has no score, or some of the mixtures of the two, through which
        the account would lead, have no value at all.
    """

    before: ScoreResult
    after: ScoreResult
    decimals: int
    entries: tuple[Entry, ...]
    obstacle: Obstacle | None

    @property
    def difference(self) -> float | None:
        """The value after less the value before, exactly; None where one of them is not there."""
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value

    @property
    def exact(self) -> bool:
        """Whether the entries are exact, and not estimated from orders drawn at random."""
        return all(entry.error is None for entry in self.entries)


class RuleChange(NamedTuple):
    """A rule that holds to another degree; None is the degree where the model has no such rule."""

    name: str
    title: str
    before: float | None
    after: float | None


class UnmatchedScore(NamedTuple):
    """A score that only one of two models has; `after` says which."""

    name: str
    title: str
    after: bool


@dataclass(frozen=True)
class Difference:
    """Two situations under one model, or one under two.

    Attributes
    ----------
    accounts : of every score that is no sub-score and that both have.
    rules : the rules whose degree differs.
    unmatched : the scores that only one of two models has.
    """

    before: Side
    after: Side
    accounts: tuple[Account, ...]
    rules: tuple[RuleChange, ...]
    unmatched: tuple[UnmatchedScore, ...] = ()


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
