"""Write Arrow IPC files (Feather, version 2): the columns of the input unchanged, and those that are added."""

from collections.abc import Mapping
from typing import BinaryIO

import pyarrow as pa

from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.kernels.types import Floats
from riskmodel.tables.arrow.output_columns import TypedWriter
from riskmodel.tables.rows import Rows
from riskmodel.tables.writer import NONE, Encoded, InputColumn, Layout


class IpcWriter(TypedWriter):
    """An Arrow IPC file that is being written, a batch for each piece."""

    def __init__(self, file: BinaryIO, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        super().__init__(layout, kept, model)
        schema = self._columns.schema
        # Batches of the input each have a dictionary of their own, and a file has one for all of them.
        self._decoded = [
            position
            for position, column in enumerate(layout)
            if isinstance(column, InputColumn) and pa.types.is_dictionary(schema.field(position).type)
        ]
        for position in self._decoded:
            field = schema.field(position)
            schema = schema.set(position, field.with_type(field.type.value_type))
        self._schema = schema
        self._writer = pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))

    def encode(
        self, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats] = NONE
    ) -> Encoded:
        """Encode rows as a record batch."""
        batch: pa.RecordBatch = super().encode(rows, scores, intensities).content
        columns = batch.columns
        for position in self._decoded:
            columns[position] = columns[position].dictionary_decode()
        return Encoded(pa.RecordBatch.from_arrays(columns, schema=self._schema), 0)

    def write(self, encoded: Encoded) -> None:
        """Write a batch."""
        self._writer.write_batch(encoded.content)

    def close(self) -> None:
        """Write the footer; the file itself stays open."""
        self._writer.close()

    def abandon(self) -> None:
        """Do nothing: without a footer, the file is incomplete."""
