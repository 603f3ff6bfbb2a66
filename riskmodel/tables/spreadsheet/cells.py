"""Convert the cells of a sheet to columns of numbers or text."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from riskmodel.kernels.types import Floats
from riskmodel.tables import arrays
from riskmodel.tables.arrays import Mask

_MAX_WHOLE = 1e15
"""Whole numbers below it are written without a point or exponent."""

Piece: TypeAlias = "Floats | list[str | None]"
"""Cells of a column, in rows that follow each other: numbers, NaN where blank, or text, None where blank."""


class Columns(NamedTuple):
    """The columns of a sheet.

    Attributes
    ----------
    content : (n,) arrays of float64 or string.
    blank : (n,) True for rows without any content.
    """

    content: list[pa.ChunkedArray]
    blank: Mask


def read_columns(
    chunks: Iterable[Sequence[Sequence[Any]]], width: int, replaced: Mapping[int, Mapping[int, str]], decimal: str
) -> Columns:
    """Convert the rows of a sheet.

    Parameters
    ----------
    chunks : the rows, several at a time; a cell is what python-calamine gives.
    width : the number of columns.
    replaced : texts for cells that look empty, by column and row, both from 0.
    decimal : the decimal mark of numbers that become text.
    """
    pieces: list[list[Piece]] = [[] for _ in range(width)]
    blanks, start = [np.empty(0, dtype=bool)], 0
    for chunk in chunks:
        cells = list(zip(*chunk, strict=True))
        blank = np.ones(len(chunk), dtype=bool)
        for column in range(width):
            texts = replaced.get(column, {})
            piece = _piece(_with_texts(cells[column], texts, start) if texts else cells[column], decimal)
            pieces[column].append(piece)
            if blank.any():
                blank &= _is_blank(piece)
        blanks.append(blank)
        start += len(chunk)
    return Columns([_joined(column, decimal) for column in pieces], np.concatenate(blanks))


def _with_texts(cells: Sequence[Any], texts: Mapping[int, str], start: int) -> list[Any]:
    return [texts.get(row, cell) for row, cell in enumerate(cells, start)]


def _piece(cells: Sequence[Any], decimal: str) -> Piece:
    """Convert cells to numbers if all of them are, else to text."""
    kinds: set[type] = set(map(type, cells))
    if kinds == {float}:
        return np.array(cells)
    if kinds == {str}:
        is_blank = cells.count("") == len(cells)
        return np.full(len(cells), np.nan) if is_blank else [cell or None for cell in cells]
    if kinds == {datetime.date}:
        return [cell.isoformat() for cell in cells]
    if kinds <= {float, int, str}:
        numbers = [np.nan if cell == "" else cell for cell in cells]
        if str not in set(map(type, numbers)):
            return np.array(numbers, dtype=np.float64)
    return [cell_text(cell, decimal) or None for cell in cells]


def _is_blank(piece: Piece) -> Mask:
    return np.isnan(piece) if isinstance(piece, np.ndarray) else np.array([cell is None for cell in piece])


def _joined(pieces: Sequence[Piece], decimal: str) -> pa.ChunkedArray:
    """Join the pieces of a column: numbers if all of them are, else text."""
    numbers = [piece for piece in pieces if isinstance(piece, np.ndarray)]
    if len(numbers) == len(pieces):
        return pa.chunked_array([arrays.from_floats(np.concatenate([np.empty(0), *numbers]))])
    return pa.chunked_array([pa.array(_texts(piece, decimal), pa.string()) for piece in pieces], pa.string())


def _texts(piece: Piece, decimal: str) -> list[str | None]:
    if not isinstance(piece, np.ndarray):
        return piece
    return [None if number != number else cell_text(number, decimal) for number in piece.tolist()]  # noqa: PLR0124


def cell_text(cell: Any, decimal: str = ".") -> str:
    """Return the content of a cell as text: numbers in the shortest form that reads back, times as in ISO 8601."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            is_whole = cell.is_integer() and abs(cell) < _MAX_WHOLE
            return str(int(cell)) if is_whole else repr(cell).replace(".", decimal)
        case datetime.datetime() | datetime.date() | datetime.time():
            return cell.isoformat()
        case datetime.timedelta():
            minutes, seconds = divmod(cell.total_seconds(), 60)
            return f"PT{int(minutes // 60):02d}H{int(minutes % 60):02d}M{seconds:02g}S"
        case _:
            return str(cell)
