"""The columns of an output as Arrow record batches: those of the input unchanged, and those that are added."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Self

import pyarrow as pa

from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.errors import SituationError
from riskmodel.kernels.types import Floats
from riskmodel.tables import arrays
from riskmodel.tables.csv.score_text import ScoreText
from riskmodel.tables.rejects import Reject
from riskmodel.tables.rows import Reader, Rows
from riskmodel.tables.writer import (
    NONE,
    AddedColumn,
    ConstantColumn,
    Encoded,
    FlagColumn,
    InputColumn,
    Layout,
    ScoreColumn,
)


class OutputColumns:
    """The columns of an output with types, for formats that have them.

    Parameters
    ----------
    layout : the columns, in order.
    kept : the columns of the input.
    model : the model that scores the rows.

    Attributes
    ----------
    schema : names and types of the columns.
    """

    def __init__(self, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        self._layout = layout
        fields = [
            kept.field(column.position) if isinstance(column, InputColumn) else pa.field(column.name, _kind(column))
            for column in layout
        ]
        self.schema = pa.schema(fields, kept.metadata)
        self._bands = {name: arrays.texts(score.bands) for name, score in model.scores.items()}
        self._texts = {name: ScoreText(model, score, ",", ".") for name, score in model.scores.items()}

    def batch(
        self, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats] = NONE
    ) -> pa.RecordBatch:
        """Return rows with their scores as a record batch; thread-safe."""
        columns = [
            rows.arrow_column(column.position)
            if isinstance(column, InputColumn)
            else self._added(column, rows, scores, intensities)
            for column in self._layout
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _added(
        self, column: AddedColumn, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats]
    ) -> pa.Array:
        if isinstance(column, ScoreColumn):
            return self._score_column(column, scores[column.score])
        if isinstance(column, ConstantColumn):
            return pa.repeat(pa.scalar(column.value, _kind(column)), rows.count)
        if isinstance(column, FlagColumn):
            return rows.flags(column.indicator)
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


class TypedWriter:
    """A file with types that is being written: the part of a `Writer` that such formats share.

    Parameters
    ----------
    layout : the columns, in order.
    kept : the columns of the input.
    model : the model that scores the rows.
    """

    def __init__(self, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        self._model = model
        self._columns = OutputColumns(layout, kept, model)

    def encode(
        self, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats] = NONE
    ) -> Encoded:
        """Encode rows as a record batch."""
        return Encoded(self._columns.batch(rows, scores, intensities), 0)

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Do nothing: a file of their own has the rejected rows."""

    def continued(self, layout: Layout, reader: Reader) -> Self:
        """Return a writer of the same file for the rows of another input.

        Raises
        ------
        SituationError
            A column has another type.
        """
        other = copy(self)
        other._columns = OutputColumns(layout, reader.schema, self._model)
        for field, theirs in zip(self._columns.schema, other._columns.schema, strict=True):
            check_same_type(field.name, theirs.type, field.type)
        return other


def check_same_type(name: str, theirs: pa.DataType, ours: pa.DataType) -> None:
    """Check that a column of another input has the same type.

    Raises
    ------
    SituationError
        It has not.
    """
    if theirs != ours:
        message = f"column {name!r} holds {theirs}, and {ours} in the files before it"
        raise SituationError(f"{message}; write .csv, or make them the same")


def _kind(column: AddedColumn) -> pa.DataType:
    if isinstance(column, FlagColumn):
        return pa.string()
    if isinstance(column, ConstantColumn):
        return pa.timestamp("us", "UTC") if isinstance(column.value, datetime) else pa.string()
    kinds = {"band": pa.dictionary(pa.int8(), pa.string()), "drivers": pa.string()}
    return kinds.get(column.kind, pa.float64()) if isinstance(column, ScoreColumn) else pa.float64()
