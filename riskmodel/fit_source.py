"""Where fitting takes its values from: the pieces of a file, by the readers of `riskmodel batch`."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from riskmodel.batch.csv_rows import CsvRows
from riskmodel.batch.csv_source import CsvSource
from riskmodel.batch.inputs import PARQUET, Input
from riskmodel.batch.parquet_source import ParquetRows, ParquetSource
from riskmodel.batch.pipeline import in_order
from riskmodel.batch.rows import Reject, Rows
from riskmodel.errors import Problem, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec

_TOLD = 10
"""How many rows that cannot be used are named."""
_THREADS = 2
"""How many pieces of the file are read at a time; more would outrun the one who takes the values."""


def check_columns(spec: ModelSpec, columns: Collection[object]) -> None:
    """Check that every indicator has a column.

    Raises
    ------
    SituationError
        Where one has none; the nearest column is named.
    """
    names = [str(column) for column in columns]
    absent = [name for name in spec.indicators if name not in columns]
    if absent:
        told = (
            f"there is no column {name!r} to fit its scale to{nearest(name, names, short=False)}" for name in absent
        )
        raise SituationError([Problem(message) for message in told])


def known(values: Floats) -> Floats:
    """Those of (n,) values that are not missing."""
    return values[~np.isnan(values)]


class _Reading(NamedTuple):
    """How a file is read."""

    pieces: Iterator[Any]
    read: Callable[[Any], Rows]
    place: str
    """What numbers the rows: `line` or `row`."""
    before: int
    """How many lines stand before the first piece."""


def _reading(source: Input, spec: ModelSpec, delimiter: str | None, decimal: str | None) -> _Reading:
    if source.kind == PARQUET:
        table = ParquetSource(source, spec)
        check_columns(spec, table.names)
        return _Reading(table.pieces(), lambda batch: ParquetRows(batch, spec, ",", "."), "row", table.before)
    text = CsvSource(source, spec, delimiter, decimal)
    check_columns(spec, text.names)
    before = 1 + text.header.count(b"\n")
    return _Reading(
        text.pieces(), lambda piece: CsvRows(piece, text.names, text.dialect, spec, as_text=False), "line", before
    )


class _Piece(NamedTuple):
    """What matters of a piece of the file once it has been read."""

    columns: Mapping[str, Floats]
    """The values of each indicator that are not missing."""
    rejected: list[Reject]
    lines: int


def pieces(
    source: Input, spec: ModelSpec, delimiter: str | None, decimal: str | None
) -> Iterator[Mapping[str, Floats]]:
    """The values of each piece of a file, none missing, by indicator.

    Raises
    ------
    SituationError
        Where the file cannot be used, or rows of it cannot; the first are named.
    """
    reading = _reading(source, spec, delimiter, decimal)

    def read(piece: Any) -> _Piece:
        rows = reading.read(piece)
        return _Piece({name: known(rows.columns[name]) for name in spec.indicators}, list(rows.rejected), rows.lines)

    before = reading.before
    for piece in in_order(read, reading.pieces, _THREADS):
        if piece.rejected:
            raise SituationError(_problems(piece.rejected, before, reading.place))
        before += piece.lines
        yield piece.columns


def _problems(rejected: list[Reject], before: int, place: str) -> list[Problem]:
    """What is wrong with the rows of a piece.

    Parameters
    ----------
    rejected : rows that cannot be used, numbered within the piece.
    before : how many rows stand before the piece.
    place : what they are called: `line` or `row`.
    """
    found = []
    for reject in rejected[:_TOLD]:
        number, field = before + reject.line, f"column {reject.column}" if reject.column else ""
        if place == "line":
            found.append(Problem(reject.reason, field, line=number))
        else:
            found.append(Problem(reject.reason, f"row {number}, {field}"))
    if len(rejected) > _TOLD:
        more = len(rejected) - _TOLD
        found.append(Problem(f"and {more:,} more rows that cannot be used; the rest of the file was not looked at"))
    return found
