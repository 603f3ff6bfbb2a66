"""Assessments and their parts: scores with bands, bounds and account, rules, and inputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import Field, PlainSerializer

from riskmodel.kernels.types import Better, EffectKind
from riskmodel.results import HIDDEN, DrawableResult, Record, Share, Tabular, record


@record
class Contribution(Record):
    """One line of the account of a score; the exact points of an account sum to the score.

    Attributes
    ----------
    possible : the points of an indicator at the end of its scale that raises the score most; None for a rule, the
        clip, and in a score for which there is no such number (not an arithmetic mean of indicators alone).
    inverted : True if the score falls as the raw value rises; None for a rule, the clip, labels, and where it turns.
    """

    kind: Literal["indicator", "rule", "clip"]
    name: str
    points: float
    possible: Annotated[float | None, HIDDEN] = None
    inverted: Annotated[bool | None, HIDDEN] = None


T = TypeVar("T")
PartKind: TypeAlias = Literal["group", "ungrouped", "rules", "clip"]


@record
class GroupPoints(Record):
    """The exact points of one part of a score: a group of indicators, the ungrouped ones, the rules or the clip.

    Attributes
    ----------
    kind : `group`, `ungrouped` (indicators without a group), `rules` or `clip`.
    name : the id of the group; otherwise the kind, which may also be the id of a group.
    """

    kind: PartKind
    name: str
    title: str
    points: float


def part_of(
    kind: Literal["indicator", "rule", "clip"], name: str, groups: Mapping[str, str | None]
) -> tuple[PartKind, str]:
    """Return kind and name of the part of a score that a contribution belongs to, given the group of each indicator."""
    if kind != "indicator":
        return ("rules", "rules") if kind == "rule" else ("clip", "clip")
    group = groups[name]
    return ("ungrouped", "ungrouped") if group is None else ("group", group)


def clip_title(out_of: float) -> str:
    """Return the title of the clip of a score."""
    return f"Kept within 0 to {out_of:g}"


@record
class ScoreResult(Record):
    """One score of one situation.

    Attributes
    ----------
    value : exact score in [0, out_of]; None where the data are insufficient.
    reported : the value rounded half up to `decimals` places, which determines the band.
    band : the band of the reported value; None without a value or without bands.
    band_low, band_high : the lowest and highest plausible band: its own, and those of its 90 % interval when missing
        values and distributions are sampled. None without a band.
    provisional : True if there is a value, but less weight is present than the model's `provisional_below`.
    status : `ok` or `insufficient data`.
    base : the score before rules, in [0, out_of]; None without any input.
    coverage : share of the weight that is present, in [0, 1].
    low, high : bounds over all possible values of missing, assumed and uncertain inputs, in [0, out_of].
    reported_low, reported_high : the bounds, rounded like the value.
    out_of, decimals, min_coverage : as in the model.
    bands : the start of each band by its name, in ascending order; may be empty.
    better : the better end of the score, as in the model; None where neither end is better.
    is_sub_score : True if other scores are built from it.
    unknown : the missing and assumed indicators that it is built from, those with most weight first, then those that
        only its rules depend on.
    account : contributions that sum to the value; empty without a value.
    by_group : the account summed by group; see `Assessment.by_group`.
    """

    name: Annotated[str, HIDDEN]
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
    reported_low: Annotated[float, HIDDEN]
    reported_high: Annotated[float, HIDDEN]
    out_of: float
    decimals: Annotated[int, HIDDEN]
    min_coverage: Annotated[float, HIDDEN]
    bands: Mapping[str, float]
    better: Annotated[Better | None, HIDDEN]
    is_sub_score: Annotated[bool, Field(serialization_alias="sub_score")]
    unknown: Annotated[tuple[str, ...], HIDDEN] = field(compare=False)
    account: tuple[Contribution, ...]
    by_group: tuple[GroupPoints, ...] = field(compare=False)


def value_of(score: ScoreResult) -> float | None:
    """Return the exact value of a score."""
    return score.value


@record
class EffectResult(Record):
    """The effect of a rule on one score, and the points by which it moved the score (0 without a score)."""

    score: str
    kind: EffectKind
    amount: float
    points: float


@record
class RuleResult(Record):
    """One rule of one situation.

    Attributes
    ----------
    degree : the degree in [0, 1] to which the rule certainly holds and takes effect.
    degree_high : the highest degree that is possible for the missing values.
    status : `undetermined` where the two differ; otherwise `fired` or `not fired`.
    missing : if undetermined, the missing indicators that its condition depends on.
    assumed : if the rule could hold, the indicators in its condition for which the model's default was assumed.
    citations : source and section of each passage that the rule is based on.
    """

    name: str
    title: str
    because: str | None
    when: str
    citations: tuple[str, ...]
    degree: Share
    degree_high: Share
    status: Literal["fired", "not fired", "undetermined"]
    effects: tuple[EffectResult, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]


def _or_none(numbers: Mapping[str, float]) -> Mapping[str, float] | None:
    return numbers or None


@record
class InputResult(Record):
    """One indicator of one situation.

    Attributes
    ----------
    value : the given value, of a distribution its median; None: missing.
    used : the value, or else the model's default (of a distribution its median).
    intensity : `used` on the scale, in [0, 1]; None without a value or a scale.
    note : the reason for the value.
    distribution : the parameters of the distribution of the value or default; empty for a plain value.
    changed : True if the value was changed for this assessment (a what-if).
    group : the id of the indicator's group, or None.
    phrases : the names of low and of high values in the model; None without them.
    guide : the values whose meaning the model states, with the meaning; numbers in ascending order.
    """

    name: Annotated[str, HIDDEN]
    title: Annotated[str, HIDDEN]
    unit: Annotated[str | None, HIDDEN]
    value: float | str | None
    used: float | str | None
    intensity: Share | None
    note: str | None
    distribution: Annotated[Mapping[str, float], PlainSerializer(_or_none, return_type=dict[str, float] | None)]
    changed: bool
    group: str | None
    phrases: Annotated[tuple[str, str] | None, HIDDEN] = None
    guide: Annotated[tuple[tuple[float | str, str], ...], HIDDEN] = ()


@record
class ModelIdentity(Record):
    """Identity of the model of an assessment; the fingerprint is the SHA-256 of the model's canonical JSON, in hex.

    Attributes
    ----------
    sources : the sources that the model is based on, each as its title and, if it has one, its address.
    """

    id: str
    version: str | None
    title: Annotated[str, HIDDEN]
    fingerprint: str
    sources: Annotated[tuple[str, ...], HIDDEN] = ()

    @property
    def short_fingerprint(self) -> str:
        """The first 12 digits of the fingerprint."""
        return self.fingerprint[:12]

    @property
    def line(self) -> str:
        """The identity in one line: `model core-four 0.1.0, fingerprint 0123456789ab`."""
        version = f" {self.version}" if self.version else ""
        return f"model {self.id}{version}, fingerprint {self.short_fingerprint}"


def score_of(scores: Mapping[str, T], name: str) -> T:
    """Return the entry of a score; the KeyError for an unknown name lists all scores."""
    try:
        return scores[name]
    except KeyError:
        raise KeyError(f"no score {name!r}; the scores are {', '.join(scores)}") from None


def _by_name(inputs: tuple[InputResult, ...]) -> dict[str, InputResult]:
    return {item.name: item for item in inputs}


@dataclass(frozen=True, repr=False, eq=False)
class Assessment(Tabular, DrawableResult):
    """The assessment of one situation with one model; `assessment["escalation"]` is the result of a score.

    Attributes
    ----------
    scores
        Results by score; sub-scores come last.
    rules
        Every rule of the model.
    missing, assumed, clamped
        Names of indicators without a value, with the model's default, and with a value beyond the ends of the scale.
    inputs
        Every indicator of the model.
    groups
        The title of every group of the model, in the model's order.
    """

    id: str | None
    title: str | None
    date: str | None
    description: str | None
    model: ModelIdentity
    scores: Mapping[str, ScoreResult]
    rules: tuple[RuleResult, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]
    clamped: tuple[str, ...]
    inputs: Annotated[tuple[InputResult, ...], PlainSerializer(_by_name, return_type=dict[str, InputResult])]
    doubts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    groups: Annotated[Mapping[str, str], HIDDEN] = field(default_factory=dict)

    def __getitem__(self, score: str) -> ScoreResult:
        return score_of(self.scores, score)

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores)

    @property
    def top_scores(self) -> tuple[ScoreResult, ...]:
        """The scores from which no other is built."""
        return tuple(score for score in self.scores.values() if not score.is_sub_score)

    @property
    def heading(self) -> str:
        """The title, or else the id, or else `Situation`."""
        return self.title or self.id or "Situation"

    def input(self, name: str) -> InputResult:
        """Return an indicator by its name."""
        return self._inputs_by_name[name]

    @cached_property
    def _inputs_by_name(self) -> Mapping[str, InputResult]:
        return _by_name(self.inputs)

    def by_group(self, score: str) -> tuple[GroupPoints, ...]:
        """Sum the account of a score by group of indicators; the points sum to the score's value.

        Returns
        -------
        tuple[GroupPoints, ...]
            Every group in the model's order, the indicators without a group (if in the account), the rules, and the
            clip (if in the account). Empty without an account or without groups.
        """
        return self[score].by_group

    def part_of(self, contribution: Contribution) -> tuple[PartKind, str]:
        """Return kind and name of the part of `by_group` that a contribution belongs to."""
        return part_of(contribution.kind, contribution.name, self._group_by_input)

    @cached_property
    def _group_by_input(self) -> Mapping[str, str | None]:
        return {item.name: item.group for item in self.inputs}
