"""Result of a digest: what has changed at one time of a series, for all units."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import computed_field

from riskmodel.analysis.results.alerts import Alert
from riskmodel.analysis.results.series import ChangeEntry, SkippedUnit
from riskmodel.assessment import Assessment, ModelIdentity, score_of
from riskmodel.errors import counted
from riskmodel.results import HIDDEN, Record, Result

MAX_UNITS = 20
"""Units that a report names of one score; the rest is counted."""


@dataclass(frozen=True, slots=True)
class InputChange(Record):
    """An indicator of a unit whose value is another than at the time before; None where it is missing."""

    name: str
    title: str
    unit: str | None
    before: float | str | None
    after: float | str | None


@dataclass(frozen=True, slots=True)
class Move(Record):
    """A unit whose reported score is another than at the time before.

    Attributes
    ----------
    unit : its name.
    time_before : the time before.
    before, after, change : the reported scores, and their difference.
    band_before, band : of these; None for a score without bands.
    crossed : the direction, if the bands differ.
    account : points of indicators, rules and the clip, the largest first; they sum to the change of the exact score,
        and those that are rounding error alone are left out.
    inputs : the indicators whose values differ: those with the most points first, then those that act by rules alone.
    """

    unit: str
    time_before: str
    before: float
    after: float
    change: float
    band_before: str | None
    band: str | None
    crossed: Literal["up", "down"] | None
    account: tuple[ChangeEntry, ...]
    inputs: tuple[InputChange, ...]


@dataclass(frozen=True, slots=True)
class ScoreDigest(Record):
    """One score of all units.

    Attributes
    ----------
    title, out_of, decimals : the score.
    compared : number of units with a score now and at the time before.
    moved : number of these whose reported score differs.
    crossings : the units that crossed a band: upward first, then by the size of the change.
    movers : at most five units with the largest changes.
    lost, gained : units that had a score and have none now, because too little is known; and the other way round.
    """

    title: str
    out_of: float
    decimals: int
    compared: int
    moved: int
    crossings: tuple[Move, ...]
    movers: tuple[Move, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]

    def crossed(self, direction: Literal["up", "down"]) -> int:
        """Return the number of units that crossed a band in a direction."""
        return sum(move.crossed == direction for move in self.crossings)


@dataclass(frozen=True, slots=True)
class ChangedValues(Record):
    """The indicators of a unit that went missing, or that have a value again."""

    unit: str
    inputs: tuple[InputChange, ...]


@dataclass(frozen=True, slots=True)
class AbsentUnit(Record):
    """A unit without a row at a time, and the last time at which it had one."""

    unit: str
    last: str


@dataclass(frozen=True, slots=True)
class Revision(Record):
    """A score that an earlier run gave otherwise; None where there was none, or is none now."""

    unit: str
    time: str
    score: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class RowKey(Record):
    """The unit and the time of a row."""

    unit: str
    time: str


@dataclass(frozen=True, slots=True)
class Revisions(Record):
    """The scores of an earlier run beside those of this one.

    Attributes
    ----------
    source : the file of the earlier run.
    until : the last time that is compared: the last of the file, or that of the digest if it is earlier.
    compared : number of rows that both have.
    scores : that both have.
    without : scores that the earlier run has not.
    revised : the scores that differ as they are reported, the largest difference first.
    gone : rows of the earlier run that are no longer there.
    added : rows that the earlier run has not, up to its last time.
    other_models : what the file says of other models than this one's, by column (`model_id`, `model_version` or
        `fingerprint`, as `riskmodel batch --add` writes them).
    """

    source: str
    until: str
    compared: int
    scores: tuple[str, ...]
    without: tuple[str, ...]
    revised: tuple[Revision, ...]
    gone: tuple[RowKey, ...]
    added: tuple[RowKey, ...]
    other_models: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Digest(Result):
    """The changes at one time of a series, for all units.

    Attributes
    ----------
    source, time, step
        The table, its column of times, and their distance; None if they are irregular.
    at
        The time of the digest.
    before
        The time that it is compared with: one step earlier, or None where the table has none. Where times are
        irregular it is the table's previous time, and each unit is compared with its own previous row.
    units
        Number of units that have a row at or before the time.
    present
        Number of these that have one at the time.
    alerts
        The conditions that were watched, examined at the time.
    scores
        By score, of those from which no other is built.
    missing, known
        Indicators that had a value at the time before and have none now; and the other way round.
    gone
        Units that had a row at the table's time before, and have none now.
    absent
        Units that have no row now, and had none at the time before.
    new, returned
        Units with their first row, and units with a row after a gap.
    skipped
        Units without a series.
    revisions
        What an earlier run gave otherwise; None if none was given.
    assessments
        Of the units that crossed a band (the first 20 of each score) or moved most, at the time.
    """

    model: ModelIdentity
    source: str
    time: str
    step: str | None
    at: str
    before: str | None
    units: int
    present: int
    alerts: tuple[Alert, ...]
    scores: Mapping[str, ScoreDigest]
    missing: tuple[ChangedValues, ...]
    known: tuple[ChangedValues, ...]
    gone: tuple[AbsentUnit, ...]
    absent: tuple[AbsentUnit, ...]
    new: tuple[str, ...]
    returned: tuple[AbsentUnit, ...]
    skipped: tuple[SkippedUnit, ...]
    revisions: Revisions | None
    assessments: Annotated[Mapping[str, Assessment], HIDDEN]

    def __getitem__(self, score: str) -> ScoreDigest:
        return score_of(self.scores, score)

    @property
    def met(self) -> tuple[Alert, ...]:
        """The alerts that some unit meets."""
        return tuple(alert for alert in self.alerts if alert.units)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def headline(self) -> str:
        """The digest in one line."""
        return "; ".join(self._headline())

    def _headline(self) -> Iterator[str]:
        for alert in self.met:
            yield f"{alert.condition} is met by {counted(len(alert.units), 'unit')}"
        compared = any(score.compared for score in self.scores.values())
        crossed = {name: score for name, score in self.scores.items() if score.crossings}
        if not compared:
            yield "nothing to compare with at the time before"
        elif not crossed:
            moved = max(score.moved for score in self.scores.values())
            none = f"none of {counted(self.units, 'unit')} crossed a band"
            yield none if moved else f"no score of {counted(self.units, 'unit')} has changed"
        for score in crossed.values():
            counts = {"upward": score.crossed("up"), "downward": score.crossed("down")}
            (way, count), (other_way, other) = sorted(counts.items(), key=lambda item: item[1] == 0)
            of = f"{count:,} of {counted(self.units, 'unit')}"
            yield f"{score.title}: {of} crossed a band {way}, {other or 'none'} {other_way}"
        for score in self.scores.values():
            if score.lost:
                yield f"{score.title}: {counted(len(score.lost), 'unit has', 'units have')} no score any more"
        if values := sum(len(unit.inputs) for unit in self.missing):
            yield f"{counted(values, 'value has', 'values have')} gone missing"
        if self.gone:
            yield f"{counted(len(self.gone), 'unit has', 'units have')} no row any more"
        if self.revisions is not None and self.revisions.revised:
            yield f"{counted(len(self.revisions.revised), 'earlier score was', 'earlier scores were')} revised"
