"""How a given input becomes a given output: what reads the one, and what writes the other."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from riskmodel.batch.csv_rows import CsvRows
from riskmodel.batch.csv_sink import CsvSink, CsvStyle
from riskmodel.batch.csv_source import CsvSource
from riskmodel.batch.inputs import PARQUET, Input
from riskmodel.batch.layout import Passed, layout
from riskmodel.batch.rows import Rows
from riskmodel.batch.sink import Layout, Sink
from riskmodel.batch.targets import Target
from riskmodel.batch.text import quoted
from riskmodel.errors import SituationError
from riskmodel.model import Model
from riskmodel.spec.scales import Levels


class Options(NamedTuple):
    """What a caller may choose about a run."""

    explain: bool = False
    columns: Sequence[str] | None = None
    delimiter: str | None = None
    decimal: str | None = None
    formulas: str = "escape"
    max_rejects: int | None = None


class Plan(NamedTuple):
    """How the file is read and written."""

    pieces: Callable[[], Iterator[Any]]
    read: Callable[[Any], Rows]
    """Read a piece; may be called by several threads."""
    sink: Callable[[BinaryIO], Sink]
    columns: Sequence[str]
    """The names of the output's columns."""
    place: str
    """What numbers the rows: `line` or `row`."""
    before: int
    """How many lines (or rows) stand before the first piece."""
    doubts_commas: bool
    """Whether a decimal comma casts doubt on the file, because nobody has said what its decimal mark is."""


def plan(source: Input, model: Model, target: Target, options: Options, groups: range | None = None) -> Plan:
    """Plan a run.

    Parameters
    ----------
    source, model, target, options : what is read, what scores it, what is written, and what the caller chose.
    groups : the row groups of a Parquet file that are read; all without it.

    Raises
    ------
    SituationError
        Where the input's header or schema, or the columns asked for, cannot be used.
    """
    try:
        if source.kind == PARQUET:
            return _from_parquet(source, model, target, options, groups)
        return _from_csv(source, model, target, options)
    except SituationError as error:
        raise SituationError(
            [problem._replace(file=problem.file or source.name) for problem in error.problems]
        ) from None


def _columns(names: Sequence[str], model: Model, target: Target, options: Options) -> Layout:
    return layout(names, model.spec.scores, options.columns, explain=options.explain, exact=target.is_parquet)


def _from_csv(source: Input, model: Model, target: Target, options: Options) -> Plan:
    reader = CsvSource(source, model.spec, options.delimiter, options.decimal)
    columns = _columns(reader.names, model, target, options)
    dialect = reader.dialect
    style = CsvStyle(
        reader.beginning,
        reader.header_cells,
        dialect.line_end,
        dialect.delimiter,
        dialect.decimal,
        options.formulas == "escape",
        target.compression,
    )
    return Plan(
        reader.pieces,
        lambda piece: CsvRows(piece, reader.names, dialect, model.spec, as_text=target.is_parquet),
        lambda file: _sink(file, target, columns, _csv_schema(reader.names, model), style, model),
        [column.name for column in columns],
        "line",
        1 + reader.header.count(b"\n"),
        options.decimal is None,
    )


def _csv_schema(names: Sequence[str], model: Model) -> pa.Schema:
    """What the columns of a CSV file are in Parquet: numbers where the model has numbers, text for all else."""
    indicators = model.spec.indicators
    numbers = {name for name in names if name in indicators and not isinstance(indicators[name].scale, Levels)}
    return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in names])


def _from_parquet(source: Input, model: Model, target: Target, options: Options, groups: range | None) -> Plan:
    # What only Parquet needs takes a while to import, which runs over CSV are spared.
    from riskmodel.batch.parquet_source import ParquetRows, ParquetSource, holdable

    reader = ParquetSource(source, model.spec, groups)
    columns = _columns(reader.names, model, target, options)
    delimiter, decimal = options.delimiter or target.delimiter, options.decimal or "."
    if not target.is_parquet:
        holdable(reader.schema, [column.name for column in columns if isinstance(column, Passed)])
    names = [quoted(name, delimiter).encode() for name in reader.names]
    style = CsvStyle(b"", names, b"\n", delimiter, decimal, options.formulas == "escape", target.compression)
    return Plan(
        reader.pieces,
        lambda batch: ParquetRows(batch, model.spec, delimiter, decimal),
        lambda file: _sink(file, target, columns, reader.schema, style, model),
        [column.name for column in columns],
        "row",
        reader.before,
        False,
    )


def _sink(file: BinaryIO, target: Target, columns: Layout, kept: pa.Schema, style: CsvStyle, model: Model) -> Sink:
    if not target.is_parquet:
        return CsvSink(file, style, columns, model.compiled)
    from riskmodel.batch.parquet_sink import ParquetSink

    return ParquetSink(file, columns, kept, model.compiled)
