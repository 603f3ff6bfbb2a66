"""What is asked and answered, beside situations and models: the ground of the OpenAPI document.

Answers are written by `riskmodel.report` and are not checked again when they are sent; tests hold them against these.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodel.load.nodes import MAX_DEPTH
from riskmodel.spec.base import Strict, Text
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.situation import SituationSpec
from riskmodel.web.problems import ProblemDetails
from riskmodel.web.settings import Limits

MOST_DRAWS = 1 << 20
Share = Annotated[float, Field(ge=0, le=1)]


class UncertaintyRequest(Strict):
    """Asks how sure the scores of a situation are."""

    situation: SituationSpec
    weights: Annotated[float | None, Field(strict=True, description="How uncertain weights are, in (0, 1).")] = None
    missing: Annotated[bool, Field(strict=True, description="Whether what is missing is drawn too.")] = False
    draws: Annotated[
        int | None, Field(strict=True, ge=1 << 10, le=MOST_DRAWS, description="How many; the next power of 2 is taken.")
    ] = None
    seed: Annotated[int, Field(strict=True, ge=0)] = 0


class LeversRequest(Strict):
    """Asks what it would take to reach a target."""

    situation: SituationSpec
    target: Annotated[Text, Field(description="Such as `escalation <= 40 and stability >= 50`.")]


class BatchQuery(Strict):
    """How a table is read and written; the options of `riskmodel batch`."""

    explain: Annotated[bool, Field(description="Add the three largest entries of each score's account.")] = False
    delimiter: Annotated[str | None, Field(description="Of CSV; found in the header without it. `tab` is a tab.")] = (
        None
    )
    decimal: Annotated[str | None, Field(description="The decimal mark of CSV, `.` or `,`.")] = None
    formulas: Annotated[
        Literal["escape", "keep"], Field(description="Put a ' before text cells that a spreadsheet would run, or not.")
    ] = "escape"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Identity(_Answer):
    """Which model it is; the fingerprint is the SHA-256 of its canonical JSON."""

    id: str
    version: str | None
    fingerprint: str


class Entry(_Answer):
    """Points of a score, and where they come from."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    points: float


class GroupPoints(_Answer):
    """Points of a score by group of indicators."""

    kind: Literal["group", "ungrouped", "rules", "clip"]
    name: str
    title: str
    points: float


class Score(_Answer):
    """One score; the entries of its account sum to its value."""

    title: str
    value: float | None
    reported: float | None
    band: str | None
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


class Effect(_Answer):
    """What a rule does to one score."""

    score: str
    kind: Literal["add", "at_least", "at_most"]
    amount: float
    points: float


class Rule(_Answer):
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


class Input(_Answer):
    """One indicator: what was given, what was used, and what its scale makes of it."""

    value: float | str | None
    used: float | str | None
    intensity: Share | None
    note: str | None
    distribution: dict[str, float] | None
    changed: bool
    group: str | None


class Assessment(_Answer):
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


class Range(_Answer):
    """How far an indicator ranges, in its unit."""

    low: float
    high: float
    logarithmic: bool


class AllLimits(Limits):
    """The limits of a service, with those that nobody can set."""

    body_depth: Annotated[int, Field(description="How deep a JSON body may nest.")] = MAX_DEPTH
    draws: Annotated[int, Field(description="Draws of an analysis of uncertainty.")] = MOST_DRAWS


class ModelAnswer(_Answer):
    """The model that is served, and how much is done for one request."""

    model: Identity
    spec: ModelSpec
    ranges: Annotated[
        dict[str, Range | None], Field(description="By indicator; null where it has labels, or nothing tells.")
    ]
    limits: AllLimits


class Estimate(_Answer):
    """A figure that was estimated, and its 90 % confidence interval."""

    value: float
    low: float | None
    high: float | None


class Spread(_Answer):
    """How uncertain weights were."""

    spread: float
    concentration: dict[str, float]


class Varied(_Answer):
    """An input that was drawn, and its 5, 50 and 95 % quantiles."""

    name: str
    title: str
    unit: str | None
    low: float | str
    median: float | str
    high: float | str
    missing: bool


class ScoreUncertainty(_Answer):
    """How sure one score is: quantiles by share, shares of draws by band."""

    title: str
    plain: float | None
    quantiles: dict[str, Estimate]
    bands: dict[str, Estimate]


class RuleShare(_Answer):
    """How often a rule fired."""

    name: str
    title: str
    fired: Estimate
    degree: float


class UncertaintyAnswer(_Answer):
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


class TargetScore(_Answer):
    """A score of the target, as it is now."""

    name: str
    title: str
    decimals: int
    value: float | None


class Lever(_Answer):
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


class Change(_Answer):
    """One lever moved."""

    lever: str
    value: float | str
    rounded: float | str
    cost: float


class Moved(_Answer):
    """Levers moved, and what comes of it."""

    changes: list[Change]
    cost: float
    scores: dict[str, float]
    shortfall: float


class Single(_Answer):
    """What one lever can do alone: what is needed, or the best that it can do."""

    lever: str
    reachable: bool
    needed: Moved | None
    best: Moved | None


class LeversAnswer(_Answer):
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


class Reject(_Answer):
    """A row that cannot be scored."""

    line: Annotated[int, Field(description="Of the file, from 1; of Parquet the row.")]
    id: str
    column: str
    value: str
    reason: str


class Progress(_Answer):
    """How far the table has been scored; `share` is null where that is not known."""

    rows: int
    rejected: int
    share: Share | None


class Done(_Answer):
    """The counts of a table: rows in are rows out and rows rejected."""

    rows_in: int
    rows_out: int
    rows_rejected: int
    blank_lines: int
    bands: dict[str, dict[str, int]]
    formulas: Annotated[int, Field(description="Cells that got a ' so that no spreadsheet runs them.")]
    place: Annotated[Literal["line", "row"], Field(description="What the numbers of rejected rows count.")]


class BatchLine(_Answer):
    """One line of the answer to a table; it has one of these keys, and the last line `done` or `problem`."""

    scored: Annotated[str, Field(description="Scored rows as CSV; the first piece begins with the header.")] = ""
    rejected: list[Reject] = []
    progress: Progress | None = None
    done: Done | None = None
    problem: ProblemDetails | None = None


class Health(_Answer):
    """Whether the service lives, or can be asked."""

    status: Literal["alive", "ready"]
