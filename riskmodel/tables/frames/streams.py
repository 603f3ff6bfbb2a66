"""Score frames that are not in memory batch by batch: lazy frames of polars, and streams of Arrow."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals.stable.v2 as nw
import pyarrow as pa

from riskmodel.engine.compile import CompiledModel
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import match_table
from riskmodel.tables.frames.output import kept_columns
from riskmodel.tables.frames.scoring import FrameOptions

if TYPE_CHECKING:
    import polars as pl

Operation: TypeAlias = Callable[[ModelSpec, CompiledModel, object, FrameOptions, int], Any]
"""A function of the rows of a frame, the first of which has a given position."""
_POSITION = "position of the row"


def for_rows(
    operation: Operation, spec: ModelSpec, compiled: CompiledModel, frame: object, options: FrameOptions
) -> Any:
    """Return what an operation gives for a frame: lazily for a lazy frame of polars, as a stream for a stream.

    Columns are checked at once, and values when they are read.
    """

    def of_batch(batch: object, first: int) -> Any:
        return operation(spec, compiled, batch, options, first)

    if nw.dependencies.is_polars_lazyframe(frame):
        return _lazily(of_batch, spec, frame, options)
    if isinstance(frame, pa.RecordBatchReader):
        return _streamed(of_batch, frame)
    if nw.dependencies.is_duckdb_relation(frame):
        return _streamed(of_batch, _stream_of(of_batch, spec, frame, options))
    return of_batch(frame, 0)


def _read(spec: ModelSpec, names: Sequence[str], options: FrameOptions) -> list[str]:
    """Return the columns that are read or kept."""
    matched = match_table(spec, names, options.table)
    return list(dict.fromkeys((*matched.columns.values(), *kept_columns(names, options.keep))))


def _lazily(of_batch: Callable[[object, int], Any], spec: ModelSpec, frame: Any, options: FrameOptions) -> Any:
    empty: pl.DataFrame = frame.collect_schema().to_frame()
    schema = of_batch(empty, 0).schema
    read = _read(spec, empty.columns, options)

    def of_numbered(batch: "pl.DataFrame") -> Any:
        first = batch[_POSITION][0] if batch.height else 0
        return of_batch(batch.drop(_POSITION), first)

    # polars may take batches in another order, so each carries the positions of its rows.
    numbered = frame.select(read).with_row_index(_POSITION)
    return numbered.map_batches(of_numbered, schema=schema, streamable=True)


def _stream_of(
    of_batch: Callable[[object, int], Any], spec: ModelSpec, relation: Any, options: FrameOptions
) -> pa.RecordBatchReader:
    """Return the rows of a DuckDB relation, without the columns that are not read."""
    of_batch(relation.limit(0).to_arrow_table(), 0)  # with all columns, so that messages name them
    names = (name.replace('"', '""') for name in _read(spec, relation.columns, options))
    return pa.RecordBatchReader.from_stream(relation.project(", ".join(f'"{name}"' for name in names)))


def _streamed(of_batch: Callable[[object, int], Any], reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    schema = of_batch(pa.Table.from_batches([], reader.schema), 0).schema

    def batches() -> Iterator[pa.RecordBatch]:
        first = 0
        for batch in reader:
            yield from of_batch(pa.Table.from_batches([batch]), first).to_batches()
            first += batch.num_rows

    return pa.RecordBatchReader.from_batches(schema, batches())
