"""Read the rows of units over time: sorted, with the units that have no series."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.analysis.panels.rows import combined, keys_of
from riskmodel.analysis.results.series import SkippedUnit
from riskmodel.errors import Problem, SituationError, counted
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labelled import LabelledTable, read_labelled
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.options import TableOptions
from riskmodel.tables.times import Times, read_times, unreadable_times

if TYPE_CHECKING:
    import pandas as pd

_MAX_LISTED = 3
_WORDS_OF_TIME = frozenset(("time", "date", "day", "week", "month", "quarter", "year", "period"))
_WORD = re.compile(r"[a-z]+")


class UnitRows(NamedTuple):
    """The rows of units over time, sorted by unit and then by time.

    Attributes
    ----------
    table : the table that was read.
    by : the columns that name units.
    time : the column of times.
    times : (n,) the times of the rows.
    labels : (n,) labels by column: those of `by`, and the time.
    names : of the units, in their order.
    unit : (n,) positions of the rows' units among the names.
    rows : (n,) positions of the rows in the table.
    before : (n,) the row of the same unit at the time before, as a position among the sorted rows; -1 where there is
        none.
    skipped : units without a series.
    """

    table: LabelledTable
    by: tuple[str, ...]
    time: str
    times: Times
    labels: dict[str, Labels]
    names: tuple[str, ...]
    unit: Codes
    rows: Codes
    before: Codes
    skipped: tuple[SkippedUnit, ...]


def read_units(spec: ModelSpec, data: "str | Path | pd.DataFrame", options: TableOptions) -> UnitRows:
    """Read a table with a row for each unit and time.

    A unit with a time that cannot be read, or with two rows for a time, is skipped; the others are kept.

    Parameters
    ----------
    spec : the model whose indicators are read.
    data : a path, or a frame.
    options : how the data are read. Its ids name units; without any, and without a column `id`, the table is one unit.

    Raises
    ------
    SituationError
        If the table cannot be read, no column of times is named, or no unit is left.
    """

    def check(names: Sequence[object]) -> None:
        if options.time is None:
            raise SituationError(_which_time(names))
        if options.time in options.id:
            raise SituationError(f"--by and --time are both {options.time!r}; a column names units or times")

    table = read_labelled(spec, data, options, check=check)
    assert table.time is not None  # noqa: S101  (checked above)
    by = tuple(name for name in table.ids if name != table.time)
    ids = {name: table.labels(name) for name in by}
    unit = combined(list(ids.values()), table.rows)
    first = np.unique(unit, return_index=True)[1].tolist()
    names = _unit_names(ids, first)
    reasons: dict[int, str] = {}
    try:
        kept, times = _sorted(table, unit, reasons)
    except SituationError:
        for row, reason in unreadable_times(table.texts[table.time]).items():
            reasons.setdefault(int(unit[row]), f"{table.place(row)}, column {table.time}: {reason}")
        kept, times = _sorted(table, unit, reasons)
    if ((unit[kept][1:] == unit[kept][:-1]) & (times.codes[1:] == times.codes[:-1])).any():
        for rows in keys_of(unit[kept], times.codes).repeated:
            places = [table.place(int(kept[row])) for row in rows[:_MAX_LISTED]]
            more = f" and {len(rows) - len(places):,} more" if len(rows) > len(places) else ""
            reason = f"{times.label(rows[0])} in several rows: {', '.join(places)}{more}"
            reasons.setdefault(int(unit[kept[rows[0]]]), reason)
        kept, times = _sorted(table, unit, reasons)
    counts = np.bincount(unit, minlength=len(names))
    skipped = tuple(SkippedUnit(names[code], reasons[code], int(counts[code])) for code in sorted(reasons))
    if len(kept) == 0:
        raise SituationError([Problem(_nothing_left(skipped), file=table.source)])
    new_unit = np.diff(unit[kept], prepend=-1) > 0
    labels = {name: Labels(item.codes[kept], item.names) for name, item in ids.items()}
    return UnitRows(
        table,
        by,
        table.time,
        times,
        {**labels, table.time: times},
        tuple(names[code] for code in unit[kept][new_unit].tolist()),
        np.cumsum(new_unit) - 1,
        kept,
        _before(new_unit, times),
        skipped,
    )


def _sorted(table: LabelledTable, unit: Codes, reasons: Mapping[int, str]) -> tuple[Codes, Times]:
    """Return the rows of the units that are not skipped, sorted by unit and time, and their times."""
    kept = np.flatnonzero(~np.isin(unit, list(reasons))) if reasons else np.arange(table.rows)
    texts = table.texts[table.time or ""]
    times = read_times(texts.take(kept) if reasons else texts, lambda row, message: Problem(message))
    order = np.lexsort((times.codes, unit[kept]))
    return kept[order], Times(times.codes[order], times.names, times.kind, times.step, times.positions)


def _before(new_unit: Mask, times: Times) -> Codes:
    """Return the row of the same unit at the time before, of sorted rows; -1 where it has none."""
    has_before = ~new_unit
    if times.step is not None:
        has_before &= np.diff(times.positions[times.codes], prepend=0) == 1
    return np.where(has_before, np.arange(-1, len(new_unit) - 1), -1)


def likely_times(names: Sequence[object]) -> list[object]:
    """Return the names of columns that speak of time: those that are such a word, or else those that contain one."""
    words = [(name, _WORD.findall(str(name).lower())) for name in names]
    named = [name for name, parts in words if len(parts) == 1 and parts[0] in _WORDS_OF_TIME]
    return named or [name for name, parts in words if not _WORDS_OF_TIME.isdisjoint(parts)]


def _unit_names(ids: Mapping[str, Labels], rows: Sequence[int]) -> tuple[str, ...]:
    """Return the names of units, each by one of its rows."""
    parts = [[labels.label(row) for labels in ids.values()] for row in rows]
    names = tuple(", ".join(own) or "all rows" for own in parts)
    if len(set(names)) < len(names):  # labels with commas, such as "a, b" and "c" beside "a" and "b, c"
        names = tuple(", ".join(map(repr, own)) for own in parts)
    return names


def _which_time(names: Sequence[object]) -> str:
    likely = [repr(name) for name in likely_times(names)]
    hint = f"; {' or '.join(likely[:_MAX_LISTED])} may be it" if likely else f"; it has {', '.join(map(str, names))}"
    return f"--time names the column of times{hint}"


def _nothing_left(skipped: Sequence[SkippedUnit]) -> str:
    more = f", and {counted(len(skipped) - 1, 'other unit')} for such reasons" if len(skipped) > 1 else ""
    first = f"{skipped[0].unit}: {skipped[0].reason}{more}"
    return f"no unit has a series: {first}; --by COLUMN,... names units, --time COLUMN their times"
