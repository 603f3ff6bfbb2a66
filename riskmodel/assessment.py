"""What an assessment is: scores, bands, bounds, and an account of every point."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import Field, PlainSerializer

from riskmodel.kernels.effects import EffectKind
from riskmodel.results import HIDDEN, Record, Result, Share


@dataclass(frozen=True, slots=True)
class Contribution(Record):
    """One line of the account of a score: how many points, exactly, come from where."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    points: float


Found = TypeVar("Found")
PartKind: TypeAlias = Literal["group", "ungrouped", "rules", "clip"]


@dataclass(frozen=True, slots=True)
class GroupPoints(Record):
    """One part of a score: the points, exactly, that a group of indicators comes to, or what is in no group.

    Attributes
    ----------
    kind : `ungrouped` are the indicators without a group, `rules` all rules together.
    name : the id of the group; for what is no group the kind once more, which a group may well be called.
    """

    kind: PartKind
    name: str
    title: str
    points: float


def part_of(entry: Contribution, groups: Mapping[str, str | None]) -> tuple[PartKind, str]:
    """Return kind and name of the part of a score that an entry counts in, given the group of each indicator."""
    if entry.kind != "indicator":
        return ("rules", "rules") if entry.kind == "rule" else ("clip", "clip")
    group = groups[entry.name]
    return ("ungrouped", "ungrouped") if group is None else ("group", group)


def clip_title(out_of: float) -> str:
    """Return what the clip of a score does, in words."""
    return f"Kept within 0 to {out_of:g}"


@dataclass(frozen=True, slots=True)
class ScoreResult(Record):
    """One score of one situation.

    Attributes
    ----------
    value : exact score in [0, out_of]; None where the data are insufficient.
    reported : the value rounded half up to `decimals` places, which is what the band goes by.
    band : the band that the reported value lies in; None without a value, or where the model has no bands.
    band_low, band_high : the lowest and the highest of the bands that the score could well be in: its own, and those
        that its 90 % interval touches when values that are missing or given as a range are drawn. None without a band.
    provisional : whether there is a value, but less of the weight is present than the model's `provisional_below`.
    status : `ok` or `insufficient data`.
    base : the score before rules, in [0, out_of]; None where no input at all is there.
    coverage : share of the weight that is present, in [0, 1].
    low, high : bounds that no value of inputs that are missing, assumed or given as a range can leave, in [0, out_of].
    reported_low, reported_high : the bounds, rounded as the value is.
    out_of, decimals, min_coverage : what the model says of the score.
    bands : where each band starts, by its name, from the bottom of the score; empty where the model has none.
    is_sub_score : whether other scores are built from this one.
    account : entries that sum to the value; empty where there is none.
    by_group : what `Assessment.by_group` returns.
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
    is_sub_score: Annotated[bool, Field(serialization_alias="sub_score")]
    account: tuple[Contribution, ...]
    by_group: tuple[GroupPoints, ...] = field(compare=False)


def value_of(score: ScoreResult) -> float | None:
    """Return the exact value of a score."""
    return score.value


@dataclass(frozen=True, slots=True)
class EffectResult(Record):
    """What a rule does to one score, and the points by which it moved it (0 where it did not, or there is no score)."""

    score: str
    kind: EffectKind
    amount: float
    points: float


@dataclass(frozen=True, slots=True)
class RuleResult(Record):
    """One rule of one situation.

    Attributes
    ----------
    degree : the degree in [0, 1] to which the rule certainly holds, and takes effect.
    degree_high : the degree to which it could hold if all that is missing were known.
    status : `undetermined` where the two differ; otherwise `fired` or `not fired`.
    missing : where it is undetermined, the indicators behind its sentence that were missing.
    assumed : where it could hold, the indicators behind its sentence for which the model's default was assumed.
    citations : source and section of each passage that the rule is drawn from.
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


@dataclass(frozen=True, slots=True)
class InputResult(Record):
    """One indicator of one situation.

    Attributes
    ----------
    value : the value given, for a distribution its median; None: missing.
    used : the value, or the model's default in place of it (of a distribution its median).
    intensity : what the scale makes of it, in [0, 1]; None without a value or a scale.
    note : why the value is what it is.
    distribution : the numbers of the distribution that stands behind the value, or behind the default in place of one,
        by key; empty where it is a number.
    changed : whether the value was changed for this assessment, so that it is not the situation's own.
    group : the id of the group that the indicator belongs to; None where it belongs to none.
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


@dataclass(frozen=True, slots=True)
class ModelIdentity(Record):
    """Which model an assessment was made with; the fingerprint is the SHA-256 of the model's canonical JSON, in hex."""

    id: str
    version: str | None
    title: Annotated[str, HIDDEN]
    fingerprint: str

    @property
    def short_fingerprint(self) -> str:
        """The first 12 digits, as they are shown."""
        return self.fingerprint[:12]

    @property
    def line(self) -> str:
        """Which model it is, in one line: `model core-four 0.1.0, fingerprint 0123456789ab`."""
        version = f" {self.version}" if self.version else ""
        return f"model {self.id}{version}, fingerprint {self.short_fingerprint}"


def score_of(scores: Mapping[str, Found], name: str) -> Found:
    """What is known of a score, out of all of them; KeyError that names them where there is none of that name."""
    try:
        return scores[name]
    except KeyError:
        raise KeyError(f"no score {name!r}; the scores are {', '.join(scores)}") from None


def _by_name(inputs: tuple[InputResult, ...]) -> dict[str, InputResult]:
    return {item.name: item for item in inputs}


@dataclass(frozen=True)
class Assessment(Result):
    """One situation assessed with one model. `assessment["escalation"]` is the result of a score.

    Attributes
    ----------
    scores
        Results by score; sub-scores come last.
    rules
        Every rule of the model.
    missing, assumed, clamped
        Names of indicators without a value; with the model's default in place of one; with a value beyond the ends
        of its scale.
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
        """The scores that no other is built from."""
        return tuple(score for score in self.scores.values() if not score.is_sub_score)

    @property
    def heading(self) -> str:
        """Title, else id, else a plain word."""
        return self.title or self.id or "Situation"

    def input(self, name: str) -> InputResult:
        """The indicator of that name; KeyError where the model has none."""
        return self._inputs_by_name[name]

    @cached_property
    def _inputs_by_name(self) -> Mapping[str, InputResult]:
        return _by_name(self.inputs)

    def by_group(self, score: str) -> tuple[GroupPoints, ...]:
        """What the groups of indicators come to in a score, and the rest of it; the points sum to the score's value.

        Returns
        -------
        tuple[GroupPoints, ...]
            Every group in the model's order, the indicators without a group (where the account has any), the rules,
            and the clip (where the account has it). Empty where the score has no account or the model has no
            groups.
        """
        return self[score].by_group

    def part_of(self, entry: Contribution) -> tuple[PartKind, str]:
        """Kind and name of the part of a score, as `by_group` has them, that an entry of its account counts in."""
        return part_of(entry, self._group_by_input)

    @cached_property
    def _group_by_input(self) -> Mapping[str, str | None]:
        return {item.name: item.group for item in self.inputs}
