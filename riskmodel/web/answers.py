"""What is answered, as the OpenAPI document tells it: the assessment of a situation, and what analyses find.

`riskmodel.report` writes the answers, and they are not checked again when they are sent; tests hold them against these.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodel.kernels.effects import EffectKind

Share = Annotated[float, Field(ge=0, le=1)]


class Answer(BaseModel):
    """A part of an answer: it has all of its keys, and no others."""

    model_config = ConfigDict(extra="forbid")


class Identity(Answer):
    """Which model it is; the fingerprint is the SHA-256 of its canonical JSON."""

    id: str
    version: str | None
    fingerprint: str


class Entry(Answer):
    """Points of a score, and where they come from."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    points: float


class GroupPoints(Answer):
    """Points of a score by group of indicators."""

    kind: Literal["group", "ungrouped", "rules", "clip"]
    name: str
    title: str
    points: float


class Score(Answer):
    """One score; the entries of its account sum to its value."""

    title: str
    value: float | None
    reported: float | None
    band: str | None
    band_low: str | None
    band_high: str | None
    provisional: bool
    status: Literal["ok", "insufficient data"]
    base: float | None
    coverage: Share
    low: float
    high: float
    out_of: float
    bands: dict[str, float]
    sub_score: bool
    account: list[Entry]
    by_group: list[GroupPoints]


class Effect(Answer):
    """What a rule does to one score."""

    score: str
    kind: EffectKind
    amount: float
    points: float


class Rule(Answer):
    """One rule, whether it fired or not."""

    name: str
    title: str
    because: str | None
    when: str
    citations: list[str]
    degree: Share
    degree_high: Share
    status: Literal["fired", "not fired", "undetermined"]
    effects: list[Effect]
    missing: list[str]
    assumed: list[str]


class Input(Answer):
    """One indicator: what was given, what was used, and what its scale makes of it."""

    value: float | str | None
    used: float | str | None
    intensity: Share | None
    note: str | None
    distribution: dict[str, float] | None
    changed: bool
    group: str | None


class Assessment(Answer):
    """One situation assessed."""

    id: str | None
    title: str | None
    date: str | None
    description: str | None
    model: Identity
    scores: dict[str, Score]
    rules: list[Rule]
    missing: list[str]
    assumed: list[str]
    clamped: list[str]
    inputs: dict[str, Input]
    doubts: list[str]
    sources: list[str]


class Estimate(Answer):
    """A figure that was estimated, and its 90 % confidence interval."""

    value: float
    low: float | None
    high: float | None


class Spread(Answer):
    """How uncertain weights were."""

    spread: float
    concentration: dict[str, float]


class Varied(Answer):
    """An input that was drawn, and its 5, 50 and 95 % quantiles."""

    name: str
    title: str
    unit: str | None
    low: float | str
    median: float | str
    high: float | str
    missing: bool
    usual: bool


class ScoreUncertainty(Answer):
    """How sure one score is: quantiles by share, shares of draws by band."""

    title: str
    plain: float | None
    quantiles: dict[str, Estimate]
    bands: dict[str, Estimate]


class RuleShare(Answer):
    """How often a rule fired."""

    name: str
    title: str
    fired: Estimate
    degree: float


class UncertaintyAnswer(Answer):
    """How sure the scores of a situation are."""

    situation: str
    model: Identity
    draws: int
    scrambles: int
    seed: int
    weights: Spread | None
    varied: list[Varied]
    still_missing: list[str]
    scores: dict[str, ScoreUncertainty]
    without_score: list[str]
    rules: list[RuleShare]


class TargetScore(Answer):
    """A score of the target, as it is now."""

    name: str
    title: str
    decimals: int
    value: float | None


class Lever(Answer):
    """What can be moved: from where, how far, and at what cost over its whole range."""

    name: str
    title: str
    unit: str | None
    now: float | str
    low: float | str
    high: float | str
    cost: float
    labels: list[str]
    logarithmic: bool


class Change(Answer):
    """One lever moved."""

    lever: str
    value: float | str
    rounded: float | str
    cost: float


class Moved(Answer):
    """Levers moved, and what comes of it."""

    changes: list[Change]
    cost: float
    scores: dict[str, float]
    shortfall: float


class Single(Answer):
    """What one lever can do alone: what is needed, or the best that it can do."""

    lever: str
    reachable: bool
    needed: Moved | None
    best: Moved | None


class LeversAnswer(Answer):
    """What it would take to reach the target."""

    situation: str
    model: Identity
    target: str
    met: bool
    scores: list[TargetScore]
    levers: list[Lever]
    singles: list[Single]
    combined: Moved | None
    closest: Moved | None
    certain: bool
    named: bool
    facts: list[str]
    missing: list[str]
    assumed: list[str]
    insufficient: list[str]
    joining: list[str]
