"""The content of a workbook of scores, whatever its format: values that a sheet can hold, and what the workbook is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow as pa

from riskmodel.engine.compile import CompiledModel
from riskmodel.tables import cells
from riskmodel.tables.writer import AddedColumn, InputColumn, IntensityColumn, ScoreColumn

SCORES, REJECTS, ABOUT = "Scores", "Rejects", "About"
"""The names of the sheets."""
MAX_TEXT = 32_767
"""Characters of a cell."""
_MAX_WHOLE = 10**15
"""Whole numbers from it on are text: a spreadsheet has fifteen digits."""
_DIGITS = 15
_FIRST_DATE = date(1900, 3, 1)
"""Spreadsheets have a day before it that never was."""


class About(NamedTuple):
    """The content of the sheet that says what a workbook is."""

    title: str
    facts: Sequence[tuple[str, str]]
    """Names and texts, from top to bottom."""
    bands: Mapping[str, Mapping[str, int]]
    """The number of rows by score and band, from the lowest, and last the number without a score."""


def decimals_of(column: InputColumn | AddedColumn, model: CompiledModel) -> int | None:
    """Return the decimals with which a column of numbers is shown; None for all of them."""
    if isinstance(column, IntensityColumn):
        return 3
    if not isinstance(column, ScoreColumn):
        return None
    return {"coverage": 2, "drivers": None, "exact": None}.get(column.kind, model.scores[column.score].decimals)


def bands_of(column: InputColumn | AddedColumn, model: CompiledModel) -> tuple[str, ...]:
    """Return the bands of which a column has one in each row, from the lowest; empty for other columns."""
    if isinstance(column, ScoreColumn) and column.kind == "band":
        return model.scores[column.score].bands
    return ()


def sheet_values(name: str, column: pa.Array) -> list[Any]:
    """Return the cells of a column as numbers, texts, booleans, dates and times that a sheet can hold."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_time = pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)
    if pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_string(kind):
        values: list[Any] = column.to_pylist()
    elif pa.types.is_integer(kind):
        values = [
            str(value) if value is not None and abs(value) >= _MAX_WHOLE else value for value in column.to_pylist()
        ]
    elif pa.types.is_decimal(kind):
        values = [
            value if value is None else float(value) if len(value.as_tuple().digits) <= _DIGITS else str(value)
            for value in column.to_pylist()
        ]
    elif is_time:
        texts = cells.as_text(name, column).to_pylist()
        values = [_time(cells.as_python(value), text) for value, text in zip(column, texts, strict=True)]
    else:
        values = cells.as_text(name, column).to_pylist()
    return values


def _time(value: Any, text: str | None) -> Any:
    """Return a date or time if a sheet can hold it, else its text."""
    if not isinstance(value, date) or (value.date() if isinstance(value, datetime) else value) < _FIRST_DATE:
        return text
    return text if isinstance(value, datetime) and value.microsecond % 1000 else value
