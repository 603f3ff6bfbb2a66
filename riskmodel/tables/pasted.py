"""One situation in cells copied from a spreadsheet.

A row with the names above it; a row alone, whose cells are those of all indicators in the order of the model; or names
in the first column, with their values beside them.
"""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from riskmodel.errors import SituationError, counted, repr_value, suggest
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.cells import fault_message, read_column
from riskmodel.tables.columns import as_id
from riskmodel.tables.options import AS_IT_COMES, TableOptions
from riskmodel.tables.times import span

_ABOUT = {
    "id": "id",
    "title": "title",
    "date": "date",
    "period": "date",
    "month": "date",
    "year": "date",
    "time": "date",
    "pair": "pair",
    "dyad": "pair",
}
"""The parts of a situation beside its values, by the names of columns."""
_ROW_ALONE = ("id", "title", "date")
"""The cells that may stand before the values of a row without names."""


class LeftOut(NamedTuple):
    """A cell that is no part of the situation, and the reason."""

    column: str
    value: str
    reason: str


class PastedRow(NamedTuple):
    """A situation read from cells.

    Attributes
    ----------
    values : numbers and labels by indicator, in the order of the cells; those of empty cells are left out.
    about : `id`, `title`, `date` and `pair` as far as there are such cells.
    left_out : the cells that were not read.
    has_names : False if the cells were read in the order of the model.
    """

    values: Mapping[str, float | str]
    about: Mapping[str, str]
    left_out: Sequence[LeftOut]
    has_names: bool


def read_pasted(spec: ModelSpec, text: str, options: TableOptions = AS_IT_COMES) -> PastedRow:
    """Read one situation from cells, each as a cell of a table.

    Parameters
    ----------
    spec : the model.
    text : lines of cells separated by tabs; quoted as spreadsheets do.
    options : the decimal mark and the thousands separator.

    Raises
    ------
    SituationError
        There are several rows, or nothing says which cell is which indicator; or two are the same one.
    """
    cells, has_names = _cells(spec, text, options)
    known = _known_names(spec)
    values: dict[str, float | str] = {}
    about: dict[str, str] = {}
    left_out: list[LeftOut] = []
    columns: dict[str, str] = {}
    for column, cell in cells:
        name = _name_of(column, known)
        if name is None:
            if cell:
                left_out.append(
                    LeftOut(column, cell, f"not an indicator{suggest(as_id(column), spec.indicators, False)}")
                )
            continue
        if name in columns:
            what = repr(name) if name in spec.indicators else f"the {name}"
            raise SituationError(f"{columns[name]!r} and {column!r} are both {what}: copy one of them")
        columns[name] = column
        reason = (
            _read_value(spec, name, cell, options, values)
            if name in spec.indicators
            else _read_about(name, cell, about)
        )
        if reason:
            left_out.append(LeftOut(column, cell, reason))
    if not values:
        listed = "; ".join(f"{column}: {reason}" for column, _, reason in left_out)
        raise SituationError(f"no cell is a value of an indicator{f': {listed}' if listed else ''}")
    return PastedRow(values, about, left_out, has_names)


def _cells(spec: ModelSpec, text: str, options: TableOptions) -> tuple[list[tuple[str, str]], bool]:
    """Return names and cells, and whether the names were among the cells."""
    try:
        lines = [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text), delimiter="\t")]
    except csv.Error as error:
        raise SituationError(f"cannot be read as cells: {error}") from None
    rows = [line for line in lines if any(line)]
    if not rows:
        raise SituationError("there are no cells")
    known = _known_names(spec)
    across = sum(_name_of(cell, known) is not None for cell in rows[0])
    down = sum(_name_of(row[0], known) is not None for row in rows)
    if down > across or (down and down == across and _is_value_beside(spec, rows, options)):
        return [(row[0], _only_value(row)) for row in rows], True
    if across:
        return _below(rows), True
    if len(rows) > 1:
        raise SituationError(
            f"{counted(len(rows), 'row')}, and the first has no name of an indicator; copy one row, with its header"
        )
    names = list(spec.indicators)
    for lead in ((), _ROW_ALONE):
        if len(rows[0]) == len(lead) + len(names):
            return list(zip((*lead, *names), rows[0], strict=True)), False
    if len(rows[0]) == 1:
        raise SituationError(f"{repr_value(rows[0][0])} is one cell: copy a row of a spreadsheet, with its header")
    raise SituationError(
        f"{counted(len(rows[0]), 'cell')} without names, and the model has {counted(len(names), 'indicator')}; "
        "copy the header as well"
    )


def _is_value_beside(spec: ModelSpec, rows: Sequence[Sequence[str]], options: TableOptions) -> bool:
    """Return whether the value of the first name stands beside it, and not below, where no other name tells."""
    name = _name_of(rows[0][0], _known_names(spec))
    if name is None or name not in spec.indicators or len(rows[0]) != 2:
        return False
    if len(rows) == 1:
        return True
    beside, below = (_read_value(spec, name, cell, options, {}) is None for cell in (rows[0][1], rows[1][0]))
    return beside or (not below and any(map(str.isdecimal, rows[0][1])))


def _only_value(row: Sequence[str]) -> str:
    values = [cell for cell in row[1:] if cell]
    if len(values) > 1:
        raise SituationError(
            f"{row[0]} has {counted(len(values), 'value')}: {', '.join(values[:3])}; copy one column of values"
        )
    return values[0] if values else ""


def _below(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    if len(rows) != 2:
        hint = "copy the row below it too" if len(rows) == 1 else "copy one of them; a file with all of them is a table"
        raise SituationError(f"{counted(len(rows) - 1, 'row')} below the names; {hint}")
    names, cells = rows
    if len(cells) > len(names):
        raise SituationError(f"{counted(len(cells), 'cell')} below {counted(len(names), 'name')}")
    return [(name, cell) for name, cell in zip(names, [*cells, *[""] * len(names)], strict=False) if name or cell]


def _known_names(spec: ModelSpec) -> dict[str, str]:
    """Return indicators and parts of a situation by the names that columns have for them, as ids."""
    titles = {as_id(indicator.title): name for name, indicator in spec.indicators.items() if indicator.title}
    stated = {as_id(column): name for name, indicator in spec.indicators.items() for column in indicator.columns}
    return {**_ABOUT, **titles, **stated, **{name: name for name in spec.indicators}}


def _name_of(column: str, known: Mapping[str, str]) -> str | None:
    """Return what a column holds; a unit in brackets behind its name is no part of it."""
    return known.get(as_id(column)) or known.get(as_id(re.sub(r"\s*[(\[].*[)\]]\s*$", "", column)))


def _read_value(
    spec: ModelSpec, name: str, cell: str, options: TableOptions, values: dict[str, float | str]
) -> str | None:
    """Add the value of a cell, if it has one; return why it is not valid."""
    indicator = spec.indicators[name]
    column = read_column(indicator, pa.array([cell]), options.numbers)
    if column.faulty is not None:
        return fault_message(indicator, cell, options.numbers)
    number = float(column.values[0])
    if not math.isnan(number):
        values[name] = number if indicator.labels is None else indicator.labels[int(number)]
    return None


def _read_about(name: str, cell: str, about: dict[str, str]) -> str | None:
    """Add a part of the situation, if the cell has one; return why it is not valid."""
    if not cell:
        return None
    try:
        about[name] = _date(cell) if name == "date" else cell
    except SituationError as error:
        return error.problems[0].message
    return None


def _date(label: str) -> str:
    """Return a year, month or day as situations have it."""
    first, last = span(label)
    days = (last - first).days
    if days == 0:
        return first.isoformat()
    if days < 31:
        return f"{first:%Y-%m}"
    if days > 360:
        return f"{first:%Y}"
    raise SituationError(f"{label!r} is a quarter; the date of a situation is a year, a month or a day")
