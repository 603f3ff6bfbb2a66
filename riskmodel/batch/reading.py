"""What reads a file: its columns, its pieces, and the rows of a piece, whatever its format."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from riskmodel.batch.csv_rows import CsvRows
from riskmodel.batch.csv_source import CsvMarks, CsvSource
from riskmodel.batch.inputs import PARQUET, Input
from riskmodel.batch.quotes import quoted
from riskmodel.batch.rows import Reject, Rows, told
from riskmodel.cells import PLAIN, NumberFormat, other_formats
from riskmodel.errors import Problem
from riskmodel.spec.model import ModelSpec


class CsvForm(NamedTuple):
    """How a file's rows are written as CSV."""

    beginning: bytes
    """What comes before the header."""
    names: Sequence[bytes]
    """The columns as they stand in a header."""
    line_end: bytes
    delimiter: str
    decimal: str


class Reading(NamedTuple):
    """A file that is being read."""

    names: Sequence[str]
    pieces: Callable[[], Iterator[Any]]
    read: Callable[[Any], Rows]
    """Read a piece; may be called by several threads."""
    schema: pa.Schema
    """What its columns are in Parquet."""
    form: CsvForm
    place: str
    """What numbers the rows: `line` or `row`."""
    before: int
    """How many lines (or rows) stand before the first piece."""
    doubts_numbers: bool
    """Whether a number written in another way casts doubt on the file, because nobody has stated its decimal mark."""
    numbers: NumberFormat
    """How numbers in text are written."""


def doubtful_number(found: Reading, rejects: Iterable[Reject], file: str) -> Problem | None:
    """What to say of a file because a number in one of its rejected rows is written in another way.

    Parameters
    ----------
    found : the file that is being read.
    rejects : the rows, numbered within the file.
    file : the file's name.

    Returns
    -------
    None where none is, or where somebody has stated the decimal mark.
    """
    for one in rejects if found.doubts_numbers else ():
        is_number = one.column and pa.types.is_floating(found.schema.field(one.column).type)
        # Spaces and apostrophes are never taken for anything else, so they cost a row and not the file.
        is_doubtful = is_number and ("," in one.value or one.value.count(".") > 1)
        if is_doubtful and (text := other_formats(one.value, found.numbers, has_options=True)):
            message = f"{one.value!r} {text}, --decimal . rejects such rows"
            return told(one, file, found.place)._replace(message=message)
    return None


def reading(
    source: Input, spec: ModelSpec, marks: CsvMarks, *, as_text: bool = False, groups: range | None = None
) -> Reading:
    """Begin to read a file.

    Parameters
    ----------
    source : the opened file.
    spec : the model whose indicators are read.
    marks : the delimiter and decimal mark; of Parquet, those that it is to have as CSV.
    as_text : whether cells of CSV must be UTF-8, because they will be kept as text and not as bytes.
    groups : the row groups of a Parquet file that are read; all without it.

    Raises
    ------
    SituationError
        Where the header or schema cannot be used.
    """
    if source.kind == PARQUET:
        return _parquet(source, spec, marks, groups)
    reader = CsvSource(source, spec, marks)
    dialect = reader.dialect
    return Reading(
        reader.names,
        reader.pieces,
        lambda piece: CsvRows(piece, reader.names, dialect, spec, as_text),
        _csv_schema(reader.names, spec),
        CsvForm(reader.beginning, reader.header_cells, dialect.line_end, dialect.delimiter, dialect.numbers.decimal),
        "line",
        1 + reader.header.count(b"\n"),
        marks.has_options and marks.decimal is None,
        dialect.numbers,
    )


def _csv_schema(names: Sequence[str], spec: ModelSpec) -> pa.Schema:
    """Numbers where the model has numbers, text for all else."""
    indicators = spec.indicators
    numbers = {name for name in names if name in indicators and indicators[name].labels is None}
    return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in names])


def _parquet(source: Input, spec: ModelSpec, marks: CsvMarks, groups: range | None) -> Reading:
    # It takes a while to import, which runs over CSV are spared.
    from riskmodel.batch.parquet_source import ParquetRows, ParquetSource

    reader = ParquetSource(source, spec, groups)
    delimiter, decimal = marks.delimiter or ",", marks.decimal or "."
    return Reading(
        reader.names,
        reader.pieces,
        lambda batch: ParquetRows(batch, spec, delimiter, decimal, source.name),
        reader.schema,
        CsvForm(b"", [quoted(name, delimiter).encode() for name in reader.names], b"\n", delimiter, decimal),
        "row",
        reader.before,
        False,
        PLAIN,
    )
