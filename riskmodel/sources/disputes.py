"""Read disputes and crises of two states: Correlates of War MID, International Crisis Behavior (ICB), or a plain list.

| layout | a row is |
| --- | --- |
| dyadic MID (3.x, 4.0x) | a year of a dispute of two states |
| participants of MID (MIDB 3.x to 5.0) | a state on one side of a dispute |
| dyadic ICB (v12 to v16) | a year of a crisis of two states |
| plain list | a dispute of two states |

Rows of the same dispute and pair are one dispute where their times overlap or adjoin. Participants of MID are paired
with all on the other side at the same time, joiners too, which need not all have fought each other; the hostility is
the higher of the two. Where only the day is unknown, a dispute starts on the first and ends on the last of the month.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.errors import suggest
from riskmodel.schema.recipe import SourceSpec, last_day_of
from riskmodel.sources import countries
from riskmodel.sources.cell_values import between_states, check_order, days, numbers, pairs, states
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import UNKNOWN, Disputes, Tally, first_day
from riskmodel.sources.small_tables import Columns, SmallTable


class _Date(NamedTuple):
    """The columns of the day, month and year of a date."""

    day: str
    month: str
    year: str


class _Layout(NamedTuple):
    """The columns of a published data set, with the numbers of the Correlates of War.

    Attributes
    ----------
    title : in messages.
    id : of the dispute.
    states : of both, or of the participant.
    year : of the row, which a dispute without an end lasts to; empty where there is none.
    side : of a participant, 1 or 0.
    """

    title: str
    id: str
    states: tuple[str, ...]
    start: _Date
    end: _Date
    hostility: str = ""
    year: str = ""
    side: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        optional = ("", self.hostility)
        names = (self.id, *self.states, *self.start, *self.end, self.year, self.side)
        return tuple(name for name in names if name not in optional)


_MIDB = _Layout(
    "participants of MID",
    "dispnum",
    ("ccode",),
    _Date("stday", "stmon", "styear"),
    _Date("endday", "endmon", "endyear"),
    "hostlev",
    side="sidea",
)
_LAYOUTS = (
    _Layout(
        "dyadic MID",
        "disno",
        ("statea", "stateb"),
        _Date("strtday", "strtmnth", "strtyr"),
        _Date("endday", "endmnth", "endyear"),
        "hihost",
        "year",
    ),
    _MIDB,
    _MIDB._replace(id="dispnum4"),
    _MIDB._replace(id="dispnum3"),
    _MIDB._replace(id="disno"),
    _Layout(
        "dyadic ICB",
        "crisno",
        ("statea", "stateb"),
        _Date("trgdady", "trgmody", "trgyrdy"),
        _Date("trmdady", "trmmody", "trmyrdy"),
        year="year",
    ),
)
_LIST = ("start", "end")
_LIST_OPTIONAL = ("pair", "state_a", "state_b", "id", "title", "hostility", "source")
_UNKNOWN = ("-9", "-99", "-8", "99")
"""Parts of dates that are unknown: -9 in MID, -99 and 99 in ICB."""
_ONGOING = "ongoing"
_OWN_CODES = ("iso3", "iso2", "name")
_YEARS = (1800, 2100)
_LEVELS = (1, 5)
"""Of hostility by MID: no militarised action, threat, display, use of force, war."""


def read(file: SourceFile, source: SourceSpec) -> tuple[Disputes, Tally]:
    """Read a file of disputes.

    Raises
    ------
    SituationError
        The layout is unknown; a date, a number or a state is invalid; or a dispute ends before it starts.
    """
    table, layout = _table(file, source)
    if layout is None:
        return _read_list(table, source)
    if source.codes not in (None, "cow"):
        raise file.error(f"`codes: {source.codes}` is for plain lists; {layout.title} has the numbers of COW")
    columns = table.columns(layout.required, (layout.hostility,) if layout.hostility else ())
    tally = Tally(rows=len(columns.line), states=set(range(len(countries.STATES))))
    start = _days(columns, layout.start, layout.year, False, tally)
    end = _days(columns, layout.end, layout.year, True, tally)
    check_order(columns, start, end, layout.end.year)
    hostility = _hostility(columns, layout.hostility)
    sides = [states(columns, name, "cow", tally) for name in layout.states]
    rows = Disputes(columns.line, _words(columns.text[layout.id]), sides[0], sides[-1], start, end, hostility)
    if layout.side:
        side = _sides(columns, layout.side)
        reasons = {"a country that is in no list": sides[0] == UNKNOWN, "a side is no state": sides[0] < 0}
        kept = tally.keep(reasons)
        return _folded(_paired(rows.take(kept), side[kept], tally)), tally
    rows = rows.take(between_states(sides[0], sides[1], tally))
    disputes = _folded(rows)
    if repeats := len(rows) - len(disputes):
        tally.dropped["another year or direction of the same dispute"] += repeats
    return disputes, tally


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return the rows that begin at some lines; of participants of MID with the numbers of the other side."""
    table, layout = _table(file, source)
    rows = table.rows(lines)
    if layout is None or not layout.side:
        return rows
    columns = table.columns((layout.id, *layout.states, layout.side))
    ids, states, sides = (np.array(columns.text[name].to_pylist()) for name in (layout.id, *layout.states, layout.side))
    chosen = np.flatnonzero(np.isin(columns.line, list(lines)))
    others = (states[(ids == ids[row]) & (sides != sides[row])].tolist() for row in chosen.tolist())
    return [row | {"the other side": ", ".join(other)} for row, other in zip(rows, others, strict=True)]


def _table(file: SourceFile, source: SourceSpec) -> tuple[SmallTable, _Layout | None]:
    """Return the table with its layout; None for a plain list."""
    table = SmallTable(file, source, (*_LIST, *_LIST_OPTIONAL))
    for layout in _LAYOUTS:
        if table.has(*layout.required):
            return table, layout
    if table.has(*_LIST) and (table.has("pair") or table.has("state_a", "state_b")):
        return table, None
    known = {"plain list": (*_LIST, "pair")} | {layout.title: layout.required for layout in reversed(_LAYOUTS)}
    missing = {title: [name for name in names if not table.has(name)] for title, names in known.items()}
    title = min(known, key=lambda title: len(missing[title]) / len(known[title]))
    hints = [f"{name!r}{suggest(name, table.names, short=False)}" for name in missing[title]]
    is_near = 2 * len(hints) < len(known[title])
    raise file.error(
        "is no list of disputes that is known (dyadic MID, MIDB, dyadic ICB, or a plain list with the columns pair or "
        f"state_a and state_b, start, end){f'; for a {title} it lacks ' + ', '.join(hints) if is_near else ''}; "
        "`columns` in the recipe maps other names",
        line=1,
    )


def _read_list(table: SmallTable, source: SourceSpec) -> tuple[Disputes, Tally]:
    columns = table.columns(_LIST, _LIST_OPTIONAL)
    tally = Tally(rows=len(columns.line))
    if "pair" in columns.text:
        if source.codes not in (None, "iso3"):
            message = f"`codes: {source.codes}` is for the columns state_a and state_b; pairs are of ISO codes: USA-RUS"
            raise table.file.error(message)
        state_a, state_b = pairs(columns)
    else:
        # Numbers of a published list may be of states that are no more; ISO codes and names are the user's own.
        scheme = source.codes or "iso3"
        counted = None if scheme in _OWN_CODES else tally
        state_a, state_b = (states(columns, name, scheme, counted) for name in ("state_a", "state_b"))
        if (same := (state_a == state_b) & (state_a >= 0)).any():
            raise columns.error(int(np.argmax(same)), "state_b", "is the same state as state_a")
    start, _ = days(columns, "start")
    end = _ends(columns, source)
    check_order(columns, start, end, "end")
    hostility = _hostility(columns, "hostility")
    ids = columns.text.get("id", columns.text.get("title"))
    words = _words(ids) if ids is not None else columns.line.astype(np.str_)
    disputes = Disputes(columns.line, words, state_a, state_b, start, end, hostility)
    return disputes.take(between_states(state_a, state_b, tally)), tally


def _ends(columns: Columns, source: SourceSpec) -> NDArray[np.int32]:
    """Return the (n,) last days, of disputes that are `ongoing` the last that the source covers."""
    cells = columns.text["end"].to_pylist()
    is_blank = np.array([not cell for cell in cells], bool)
    if is_blank.any():
        message = "is blank; write the last day, which may be that of the start, or `ongoing`"
        raise columns.error(int(np.argmax(is_blank)), "end", message)
    is_ongoing = np.array([cell.casefold() == _ONGOING for cell in cells], bool)
    if is_ongoing.any():
        if source.covers.end is None:
            message = "is without a day; state in the recipe until when the list holds, by `covers: {to: 2024-12-31}`"
            raise columns.error(int(np.argmax(is_ongoing)), "end", message)
        last = last_day_of(source.covers.end)
        cells = [last if ongoing else cell for ongoing, cell in zip(is_ongoing, cells, strict=True)]
        columns = columns._replace(text={**columns.text, "end": pa.array(cells, pa.string())})
    return days(columns, "end")[1]


def _hostility(columns: Columns, name: str) -> NDArray[np.float64]:
    """Return the (n,) levels, NaN where there is none."""
    if name not in columns.text:
        return np.full(len(columns.line), np.nan)
    levels = numbers(columns, name, _UNKNOWN)
    low, high = _LEVELS
    invalid = (levels < low) | (levels > high) | (levels != np.floor(levels)) & ~np.isnan(levels)
    if invalid.any():
        message = f"is no level of hostility from {low} (no militarised action) to {high} (war); blank is no level"
        raise columns.error(int(np.argmax(invalid)), name, message)
    return levels


def _sides(columns: Columns, name: str) -> NDArray[np.float64]:
    sides = numbers(columns, name)
    invalid = ~np.isin(sides, (0, 1))
    if invalid.any():
        raise columns.error(int(np.argmax(invalid)), name, "is no side: 1 is side A, 0 side B")
    return sides


def _words(text: pa.StringArray) -> NDArray[np.str_]:
    return np.array(text.to_pylist(), np.str_)


def _days(columns: Columns, date: _Date, row_year: str, is_last: bool, tally: Tally) -> NDArray[np.int32]:
    """Return the (n,) first or last days; `row_year` has the year until which a dispute without an end lasts."""
    year = _number(columns, date.year, *_YEARS, _UNKNOWN)
    month = _number(columns, date.month, 1, 12, _UNKNOWN)
    day = _number(columns, date.day, 1, 31, _UNKNOWN)
    if (is_open := np.isnan(year)).any():
        if not (is_last and row_year):
            raise columns.error(int(np.argmax(is_open)), date.year, "is no year, which every dispute needs")
        tally.mend("a dispute without an end lasts to the end of its last year in the file", is_open)
        year = np.where(is_open, _number(columns, row_year, *_YEARS, ()), year)
    unknown = np.isnan(month) | np.isnan(day) | is_open
    edge = "the last day of an end" if is_last else "the first day of a start"
    tally.mend(f"unknown day or month, taken for {edge}", unknown & ~is_open)
    month = np.where(np.isnan(month) | is_open, 12 if is_last else 1, month)
    number = ((year - 1970) * 12 + month - 1).astype(np.int64)
    start, following = first_day(number), first_day(number + 1)
    day = np.where(unknown, 31 if is_last else 1, day)
    tally.mend("a day beyond the end of its month, taken for its last", ~unknown & (start + day > following))
    return np.minimum(start + day, following).astype(np.int32) - np.int32(1)


def _number(columns: Columns, name: str, low: int, high: int, unknown: Sequence[str]) -> NDArray[np.float64]:
    """Return the (n,) whole numbers of a column, NaN where unknown."""
    values = numbers(columns, name, unknown)
    is_missing = np.isnan(values) if unknown else np.False_
    invalid = ~((values >= low) & (values <= high) & (values == np.floor(values)) | is_missing)
    if invalid.any():
        raise columns.error(int(np.argmax(invalid)), name, f"is no whole number from {low} to {high}, nor -9")
    return values


def _paired(participants: Disputes, side: NDArray[np.float64], tally: Tally) -> Disputes:
    """Return the pairs of participants on opposite sides of a dispute at the same time.

    Parameters
    ----------
    participants : each with itself as both states.
    side : (n,) 1 or 0.
    tally : counts those without an opponent as dropped.
    """
    order = np.argsort(participants.id, kind="stable")
    groups = np.split(order, np.flatnonzero(participants.id[order][1:] != participants.id[order][:-1]) + 1)
    first, second = [], []
    for group in groups:
        for row in group[side[group] == 1]:
            opponents = group[(side[group] == 0) & (participants.state_a[group] != participants.state_a[row])]
            starts, ends = participants.start[opponents], participants.end[opponents]
            meeting = opponents[(starts <= participants.end[row]) & (ends >= participants.start[row])]
            first += [row] * len(meeting)
            second += meeting.tolist()
    a, b = participants.take(np.array(first, np.intp)), participants.take(np.array(second, np.intp))
    alone = len(participants) - len({*first, *second})
    if alone:
        tally.dropped["no opponent at the same time"] += alone
    pairs = Disputes(
        np.minimum(a.line, b.line),
        a.id,
        a.state_a,
        b.state_a,
        np.maximum(a.start, b.start),
        np.minimum(a.end, b.end),
        np.fmax(a.hostility, b.hostility),
    )
    return pairs.take(np.argsort(pairs.line, kind="stable"))


def _folded(disputes: Disputes) -> Disputes:
    """Return disputes with rows of the same id and pair as one where their times overlap or adjoin.

    Each has the line and the order of states of the earliest of its rows in the file, and the highest hostility.
    """
    if not len(disputes):
        return disputes
    low, high = np.sort([disputes.state_a, disputes.state_b], axis=0)
    _, number = np.unique(disputes.id, return_inverse=True)
    order = np.lexsort((disputes.start, high, low, number))
    key = np.stack([number, low, high])[:, order]
    is_other = np.concatenate(([True], (key[:, 1:] != key[:, :-1]).any(axis=0)))
    # Ends are accumulated within a pair: those of later pairs are lifted beyond all of the ones before.
    lift = np.cumsum(is_other) * np.int64(1 << 32)
    until = np.maximum.accumulate(disputes.end[order] + lift)
    is_apart = np.concatenate(([True], disputes.start[order][1:] + lift[1:] > until[:-1] + 1))
    starts = np.flatnonzero(is_apart)
    line = np.minimum.reduceat(disputes.line[order], starts)
    first = order[np.lexsort((disputes.line[order], np.cumsum(is_apart)))][starts]
    folded = Disputes(
        line,
        disputes.id[first],
        disputes.state_a[first],
        disputes.state_b[first],
        disputes.start[order][starts],
        np.maximum.reduceat(disputes.end[order], starts),
        np.fmax.reduceat(disputes.hostility[order], starts),
    )
    return folded.take(np.argsort(folded.line, kind="stable"))
