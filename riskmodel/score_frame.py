"""Scoring tables: the library that a frame is of is found out, and gets a frame of its own kind back."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import pyarrow as pa

from riskmodel.added_columns import Added, Bands, added_columns
from riskmodel.arrow_frame import as_arrow, read_arrow
from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import score_table
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec


class Table(NamedTuple):
    """A frame that has been read.

    Attributes
    ----------
    columns : (rows,) values by indicator, as the engine takes them.
    made : makes a frame of the same library of other columns.
    """

    rows: int
    columns: dict[str, Floats]
    made: Callable[[Mapping[str, Added]], Any]


def score_frame(spec: ModelSpec, compiled: CompiledModel, frame: object) -> Any:
    """Score every row of a frame; see `riskmodel.Model.score_frame`."""
    table = read_frame(spec, frame)
    return table.made(added_columns(compiled, score_table(compiled, table.columns, table.rows)))


def read_frame(spec: ModelSpec, frame: object) -> Table:
    """Read the columns of a frame that are indicators.

    Raises
    ------
    SituationError
        Where no column is an indicator, a column stands twice, or values are not valid.
    TypeError
        For what is no frame.
    """
    # Whoever has a frame has imported its library; asking for the library could import it for nothing.
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas and isinstance(frame, pandas.DataFrame):
        return _of_pandas(spec, frame)
    if polars and isinstance(frame, polars.LazyFrame):
        raise TypeError("a polars LazyFrame has no rows yet; collect it first: score_frame(frame.collect())")
    if polars and isinstance(frame, polars.DataFrame):
        columns = read_arrow(spec, frame.columns, lambda place: pa.chunked_array([frame.to_series(place).to_arrow()]))
        return Table(frame.height, columns, lambda added: _as_polars(polars, added))
    if isinstance(frame, pa.RecordBatch):
        columns = read_arrow(spec, frame.schema.names, lambda place: pa.chunked_array([frame.column(place)]))
        return Table(frame.num_rows, columns, lambda added: pa.RecordBatch.from_pydict(as_arrow(added)))
    table = frame if isinstance(frame, pa.Table) else _stream(frame).read_all()
    return Table(table.num_rows, read_arrow(spec, table.column_names, table.column), _as_table)


def _of_pandas(spec: ModelSpec, frame: Any) -> Table:
    from riskmodel.frame import as_pandas, read_columns

    return Table(len(frame), read_columns(spec, frame), lambda added: as_pandas(added, frame.index))


def _stream(frame: object) -> pa.RecordBatchReader:
    """The rows of any other frame that speaks Arrow's C stream interface."""
    if hasattr(frame, "__arrow_c_stream__"):
        with suppress(pa.ArrowInvalid):  # a single column speaks the interface too, but is no stream of rows
            return pa.RecordBatchReader.from_stream(frame)
    raise TypeError(
        "score_frame takes a pandas or polars DataFrame, a pyarrow Table or RecordBatch, or another frame that has "
        f"__arrow_c_stream__; got {type(frame).__name__}"
    )


def _as_table(added: Mapping[str, Added]) -> pa.Table:
    return pa.Table.from_pydict(as_arrow(added))


def _as_polars(polars: Any, added: Mapping[str, Added]) -> Any:
    """A polars frame; the bands of a score are an Enum."""
    frame = polars.from_arrow(_as_table(added))
    kinds = {name: polars.Enum(column.names) for name, column in added.items() if isinstance(column, Bands)}
    return frame.cast(kinds)
