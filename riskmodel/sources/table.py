"""Indicators that stand in a table of one's own, for a pair, a state or the world, as they are.

| column | cells |
| --- | --- |
| `pair`; or `state_a` and `state_b`; or `state`; or none of these | `USA-RUS`; or codes of ISO 3166-1 alpha-3, or of the scheme `codes`; without, values are of the world |
| `period`; or `date`, `month`, `quarter`, `year`, or `year` with one of the two | a year, quarter or month, or a day of the month |
| others | a value; blank where there is none |

`columns: {period: date, public_hostility: disapproval}` reads an indicator from a column of another name. Where the
recipe names no indicator so, all other columns with numbers are read, by their own names. Constants (`pair: "=USA-RUS"`)
are allowed.
"""  # noqa: E501  (a table has no line breaks)

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.cell_values import (
    Level,
    between_states,
    levels,
    pairs,
    period_names,
    stated,
    with_period,
)
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import NO_STATE, Levels, Tally
from riskmodel.sources.small_tables import Columns, SmallTable
from riskmodel.tables.number_format import PLAIN

_SIDES = (("pair",), ("state_a", "state_b"), ("state",))
KEYS = ("pair", "state_a", "state_b", "state", "period", "date", "month", "quarter", "year")
"""Columns of states and periods, which are no indicators."""


def read(file: SourceFile, source: SourceSpec) -> tuple[Levels, Tally]:
    """Read a file.

    Raises
    ------
    SituationError
        A column is not there; a cell is no state, period or number; or a pair has two values for one period.
    """
    tally = Tally()
    table = SmallTable(file, source, (*KEYS, *source.columns))
    sides = next((sides for sides in _SIDES if table.has(*sides)), ())
    time = period_names(table)
    mapped = {own.casefold() for own in source.columns.values()}
    wanted = [name for name in source.columns if name not in KEYS]
    others = [name for name in table.names if name and name.casefold() not in {*KEYS, *mapped}]
    columns = with_period(table.columns([*sides, *time, *(wanted or others)]), time)
    if not wanted:
        wanted = [name for name in others if _has_numbers(columns, name)]
        tally.mended.update(f"column {name!r} left out, which has no number" for name in others if name not in wanted)
    if not wanted:
        raise file.error("has no column of numbers beside those of states and period: there is nothing to read", line=1)
    tally.rows = len(columns.line)
    state_a, state_b = _sides(columns, sides, source, tally)
    kept = np.ones(tally.rows, dtype=bool)
    if len(sides) == 1 and sides != ("pair",):
        kept = tally.keep({"a side is no state": state_a < 0})
    elif sides:
        kept = between_states(state_a, state_b, tally)
    return levels(columns, "period", [Level(name, name, state_a, state_b) for name in wanted], kept, tally), tally


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return the rows that begin at these lines, by the names of the file."""
    return SmallTable(file, source, (*KEYS, *source.columns)).rows(lines)


def _sides(
    columns: Columns, names: Sequence[str], source: SourceSpec, tally: Tally
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the two states of each row, `NO_STATE` where the table has none."""
    if "pair" in names:
        return pairs(columns)
    none = np.full(len(columns.line), NO_STATE, np.int16)
    sides = [*(stated(columns, name, source.codes, tally) for name in names), none, none]
    return sides[0], sides[1]


def _has_numbers(columns: Columns, name: str) -> bool:
    """Return True if at least one cell is a number; a column of words is no indicator."""
    cells = columns.text[name].unique().to_pylist()
    return any(PLAIN.number(cell) is not None for cell in cells) or not any(cells)
