"""Write Parquet: the columns of the input unchanged, and the columns of scores."""

from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.engine.compile import CompiledModel
from riskmodel.tables.arrow.output_columns import TypedWriter
from riskmodel.tables.writer import Encoded, IntensityColumn, Layout

ROW_GROUP = 122_880
"""Rows of a row group."""
MAX_BYTES = 128 << 20
"""Bytes at which a row group with fewer rows is written."""


class RowGroups:
    """The row groups of a Parquet file that is being written.

    Parameters
    ----------
    file : the file to write.
    schema : its columns.
    repeating : the columns for which a dictionary is worth building.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema, repeating: Sequence[str]) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(file, schema, use_dictionary=repeating)
        self._buffer: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Buffer rows, and write a row group when it is full."""
        self._buffer.append(batch)
        rows, size = sum(batch.num_rows for batch in self._buffer), sum(batch.nbytes for batch in self._buffer)
        if rows >= ROW_GROUP or size >= MAX_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._buffer, self._schema))
        self._buffer.clear()

    def close(self) -> None:
        """Write the last rows and the footer."""
        if self._buffer:
            self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Mark the writer as closed, or it would write the footer when it is garbage-collected."""
        self._writer.is_open = False


class ParquetWriter(TypedWriter):
    """A Parquet file that is being written; pieces are buffered until they fill a row group."""

    def __init__(self, file: BinaryIO, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        super().__init__(layout, kept, model)
        # A dictionary of values that rarely repeat would be built and then discarded.
        repeating = [
            column.name
            for column in layout
            if not (
                column.name == "id" or isinstance(column, IntensityColumn) or getattr(column, "kind", "") == "exact"
            )
        ]
        self._groups = RowGroups(file, self._columns.schema, repeating)

    def write(self, encoded: Encoded) -> None:
        """Buffer rows, and write a row group when it is full."""
        self._groups.write(encoded.content)

    def close(self) -> None:
        """Write the last rows and the footer."""
        self._groups.close()

    def abandon(self) -> None:
        """Mark the file as incomplete."""
        self._groups.abandon()
