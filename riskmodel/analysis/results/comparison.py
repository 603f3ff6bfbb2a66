"""Result of a comparison: differences between scores and what each input, or each part of a model, contributes."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from riskmodel.assessment import ModelIdentity, ScoreResult
from riskmodel.results import DrawableResult

Kind: TypeAlias = Literal["indicator", "scale", "terms", "weight", "sub-scores", "mean", "out of", "rule"]
Obstacle: TypeAlias = Literal["no score before", "no score after", "no value between"]


class Side(NamedTuple):
    """One side of a comparison: a situation, the model that assesses it, and the model's file."""

    name: str
    model: ModelIdentity
    file: str = ""


class Entry(NamedTuple):
    """The contribution of one input, or of one part of the models, to a difference.

    Attributes
    ----------
    kind, name : an indicator, or the part of the models that differs.
    score : the score whose weight, mean, top or rule it is; None for other kinds.
    before, after : the raw values, None if missing; for a part of the models its descriptions.
    unit : the unit of the indicator.
    points : the Shapley value, in points of the score.
    error : the standard error of `points`; None if they are exact.
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
    """The account of the difference between two values of a score.

    Attributes
    ----------
    before, after : the results.
    decimals : decimals shown of both.
    entries : contributions, the largest first; they sum to the difference. Empty if there is an obstacle.
    obstacle : the reason for having no account: a score is missing, or a mixture of the two sides has no value.
    """

    before: ScoreResult
    after: ScoreResult
    decimals: int
    entries: tuple[Entry, ...]
    obstacle: Obstacle | None

    @property
    def difference(self) -> float | None:
        """The exact value after, less the value before; None if either is missing."""
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value

    @property
    def exact(self) -> bool:
        """True if the entries are exact; False if they are estimated from random orders."""
        return all(entry.error is None for entry in self.entries)


class RuleChange(NamedTuple):
    """A rule whose degree differs; a degree of None means that the model has no such rule."""

    name: str
    title: str
    before: float | None
    after: float | None


class UnmatchedScore(NamedTuple):
    """A score of one model only: of the second if `after` is true."""

    name: str
    title: str
    after: bool


@dataclass(frozen=True)
class Difference:
    """Differences between two situations under one model, or between two models for one situation.

    Attributes
    ----------
    accounts : of the top-level scores that both sides have.
    rules : the rules whose degree differs.
    unmatched : the scores that only one of the models has.
    """

    before: Side
    after: Side
    accounts: tuple[Account, ...]
    rules: tuple[RuleChange, ...]
    unmatched: tuple[UnmatchedScore, ...] = ()


@dataclass(frozen=True)
class Comparison(DrawableResult):
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
