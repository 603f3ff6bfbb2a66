"""What an assessment is: scores, bands, bounds, and an account of every point."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from riskmodel.kernels.effects import EffectKind
from riskmodel.results import Result


class Entry(NamedTuple):
    """One line of the account of a score: how many points, exactly, come from where."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    points: float


Found = TypeVar("Found")
PartKind: TypeAlias = Literal["group", "ungrouped", "rules", "clip"]


class GroupPoints(NamedTuple):
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


class ScoreResult(NamedTuple):
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
    account : entries that sum to the value; empty where there is none.
    out_of, decimals, min_coverage : what the model says of the score.
    is_sub_score : whether other scores are built from this one.
    bands : where each band starts, by its name, from the bottom of the score; empty where the model has none.
    """

    name: str
    title: str
    value: float | None
    reported: float | None
    band: str | None
    status: Literal["ok", "insufficient data"]
    base: float | None
    coverage: float
    low: float
    high: float
    reported_low: float
    reported_high: float
    account: tuple[Entry, ...]
    out_of: float
    decimals: int
    min_coverage: float
    is_sub_score: bool
    bands: Mapping[str, float]
    provisional: bool
    band_low: str | None
    band_high: str | None

    @property
    def clip_title(self) -> str:
        """What the clip does, in words."""
        return f"Kept within 0 to {self.out_of:g}"


class EffectResult(NamedTuple):
    """What a rule does to one score, and the points by which it moved it (0 where it did not, or there is no score)."""

    score: str
    kind: EffectKind
    amount: float
    points: float


class RuleResult(NamedTuple):
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
    degree: float
    degree_high: float
    status: Literal["fired", "not fired", "undetermined"]
    effects: tuple[EffectResult, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]


class InputResult(NamedTuple):
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

    name: str
    title: str
    unit: str | None
    value: float | str | None
    used: float | str | None
    intensity: float | None
    note: str | None
    distribution: Mapping[str, float]
    changed: bool
    group: str | None


class ModelIdentity(NamedTuple):
    """Which model an assessment was made with; the fingerprint is the SHA-256 of the model's canonical JSON, in hex."""

    id: str
    version: str | None
    title: str
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


@dataclass(frozen=True)
class Assessment(Result):
    """One situation assessed with one model. `assessment["escalation"]` is the result of a score.

    Attributes
    ----------
    scores : results by score; sub-scores come last.
    rules : every rule of the model.
    inputs : every indicator of the model.
    missing, assumed, clamped : names of indicators without a value; with the model's default in place of one; with a
        value beyond the ends of its scale.
    groups : the title of every group of the model, in the model's order.
    """

    id: str | None
    title: str | None
    date: str | None
    description: str | None
    model: ModelIdentity
    scores: Mapping[str, ScoreResult]
    rules: tuple[RuleResult, ...]
    inputs: tuple[InputResult, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]
    clamped: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)

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
        return {found.name: found for found in self.inputs}

    def by_group(self, score: str) -> tuple[GroupPoints, ...]:
        """What the groups of indicators come to in a score, and the rest of it; the points sum to the score's value.

        Returns
        -------
        Every group in the model's order, the indicators without a group (where the account has any), the rules, and
        the clip (where the account has it). Empty where the score has no account or the model has no groups.
        """
        result = self[score]
        if not result.account or not self.groups:
            return ()
        titles: dict[tuple[PartKind, str], str] = {("group", name): title for name, title in self.groups.items()}
        titles["ungrouped", "ungrouped"] = "Other indicators"
        titles["rules", "rules"] = "Rules"
        titles["clip", "clip"] = result.clip_title
        points: dict[tuple[PartKind, str], list[float]] = {part: [] for part in titles}
        for entry in result.account:
            points[self.part_of(entry)].append(entry.points)
        return tuple(
            GroupPoints(*part, title, math.fsum(points[part]))
            for part, title in titles.items()
            if points[part] or part[0] in ("group", "rules")
        )

    def part_of(self, entry: Entry) -> tuple[PartKind, str]:
        """Kind and name of the part of a score, as `by_group` has them, that an entry of its account counts in."""
        if entry.kind == "rule":
            return "rules", "rules"
        if entry.kind == "clip":
            return "clip", "clip"
        return self._parts_by_input[entry.name]

    @cached_property
    def _parts_by_input(self) -> Mapping[str, tuple[PartKind, str]]:
        return {
            found.name: ("ungrouped", "ungrouped") if found.group is None else ("group", found.group)
            for found in self.inputs
        }
