"""Write Parquet: the columns of the input unchanged, and the columns of scores."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.kernels.types import Floats
from riskmodel.tables import arrays
from riskmodel.tables.rows import Rows
from riskmodel.tables.score_text import ScoreText
from riskmodel.tables.writer import (
    NONE,
    AddedColumn,
    ConstantColumn,
    Encoded,
    InputColumn,
    IntensityColumn,
    Layout,
    ScoreColumn,
)

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


class ParquetWriter:
    """A Parquet file that is being written; pieces are buffered until they fill a row group."""

    def __init__(self, file: BinaryIO, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        self._layout = layout
        fields = [
            kept.field(column.position) if isinstance(column, InputColumn) else pa.field(column.name, _kind(column))
            for column in layout
        ]
        self._schema = pa.schema(fields, kept.metadata)
        # A dictionary of values that rarely repeat would be built and then discarded.
        repeating = [
            column.name
            for column in layout
            if not (
                column.name == "id" or isinstance(column, IntensityColumn) or getattr(column, "kind", "") == "exact"
            )
        ]
        self._groups = RowGroups(file, self._schema, repeating)
        self._bands = {name: arrays.texts(score.bands) for name, score in model.scores.items()}
        self._texts = {name: ScoreText(model, score, ",", ".") for name, score in model.scores.items()}

    def encode(
        self, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats] = NONE
    ) -> Encoded:
        """Encode rows as a record batch."""
        columns = [
            rows.arrow_column(column.position)
            if isinstance(column, InputColumn)
            else self._added(column, rows.count, scores, intensities)
            for column in self._layout
        ]
        return Encoded(pa.RecordBatch.from_arrays(columns, schema=self._schema), 0)

    def _added(
        self, column: AddedColumn, count: int, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats]
    ) -> pa.Array:
        if isinstance(column, ScoreColumn):
            return self._score_column(column, scores[column.score])
        if isinstance(column, ConstantColumn):
            return pa.repeat(pa.scalar(column.value, _kind(column)), count)
        return arrays.from_floats(intensities[column.indicator])

    def _score_column(self, column: ScoreColumn, score: ScoreArrays) -> pa.Array:
        if column.kind == "band":
            return pa.DictionaryArray.from_arrays(arrays.from_integers(score.band), self._bands[column.score])
        if column.kind == "drivers":
            return self._texts[column.score].column("drivers", score)
        values = {
            "value": score.reported,
            "exact": score.value,
            "coverage": score.coverage,
            "low": score.low,
            "high": score.high,
        }
        return arrays.from_floats(values[column.kind])

    def write(self, encoded: Encoded) -> None:
        """Buffer rows, and write a row group when it is full."""
        self._groups.write(encoded.content)

    def close(self) -> None:
        """Write the last rows and the footer."""
        self._groups.close()

    def abandon(self) -> None:
        """Mark the file as incomplete."""
        self._groups.abandon()


def _kind(column: AddedColumn) -> pa.DataType:
    if isinstance(column, ConstantColumn):
        return pa.timestamp("us", "UTC") if isinstance(column.value, datetime) else pa.string()
    kinds = {"band": pa.dictionary(pa.int8(), pa.string()), "drivers": pa.string()}
    return kinds.get(column.kind, pa.float64()) if isinstance(column, ScoreColumn) else pa.float64()
