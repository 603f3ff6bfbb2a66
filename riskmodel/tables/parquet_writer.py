"""Writing Parquet: the columns as they came, and a column for each thing that was found."""

from collections.abc import Mapping
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.tables import arrays
from riskmodel.tables.rows import Rows
from riskmodel.tables.score_text import ScoreText
from riskmodel.tables.writer import Encoded, Layout, ScoreColumn

ROW_GROUP = 122_880
"""Rows that are written at once."""
MAX_BYTES = 128 << 20
"""Fewer are, if they hold as many bytes as this."""


class ParquetWriter:
    """A Parquet file that is being written; small pieces are gathered to row groups."""

    def __init__(self, file: BinaryIO, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        self._layout = layout
        fields = [
            pa.field(column.name, _kind(column)) if isinstance(column, ScoreColumn) else kept.field(column.position)
            for column in layout
        ]
        self._schema = pa.schema(fields, kept.metadata)
        # A dictionary of values that hardly ever repeat is made only to be thrown away.
        repeating = [column.name for column in layout if column.name != "id" and getattr(column, "kind", "") != "exact"]
        self._writer = pq.ParquetWriter(file, self._schema, use_dictionary=repeating)
        self._bands = {name: arrays.texts(score.bands) for name, score in model.scores.items()}
        self._texts = {name: ScoreText(model, score, ",", ".") for name, score in model.scores.items()}
        self._waiting: list[pa.RecordBatch] = []

    def encode(self, rows: Rows, found: Mapping[str, ScoreArrays]) -> Encoded:
        """Rows as columns."""
        columns = [
            self._added(column, found[column.score])
            if isinstance(column, ScoreColumn)
            else rows.arrow_column(column.position)
            for column in self._layout
        ]
        return Encoded(pa.RecordBatch.from_arrays(columns, schema=self._schema), 0)

    def _added(self, column: ScoreColumn, found: ScoreArrays) -> pa.Array:
        if column.kind == "band":
            return pa.DictionaryArray.from_arrays(arrays.from_integers(found.band), self._bands[column.score])
        if column.kind == "drivers":
            return self._texts[column.score].column("drivers", found)
        values = {
            "value": found.reported,
            "exact": found.value,
            "coverage": found.coverage,
            "low": found.low,
            "high": found.high,
        }
        return arrays.from_floats(values[column.kind])

    def write(self, encoded: Encoded) -> None:
        """Write rows, when there are enough of them."""
        self._waiting.append(encoded.content)
        rows, size = sum(batch.num_rows for batch in self._waiting), sum(batch.nbytes for batch in self._waiting)
        if rows >= ROW_GROUP or size >= MAX_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting.clear()

    def close(self) -> None:
        """Write the last rows and what Parquet has at its end."""
        if self._waiting:
            self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Keep the writer from ending the file when it is collected, with a warning if it cannot."""
        self._writer.is_open = False


def _kind(column: ScoreColumn) -> pa.DataType:
    kinds = {"band": pa.dictionary(pa.int8(), pa.string()), "drivers": pa.string()}
    return kinds.get(column.kind, pa.float64())
