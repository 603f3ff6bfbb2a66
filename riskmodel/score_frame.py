"""Scoring tables: the library that a frame is of is found out, and gets a frame of its own kind back."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import pyarrow as pa

from riskmodel.added_columns import Added, Bands, added_columns
from riskmodel.arrow_frame import as_arrow, read_arrow
from riskmodel.columns import Require
from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import score_table
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec
from riskmodel.table_check import TableCheck, count_values, table_check


class Table(NamedTuple):
    """A frame that has been read.

    Attributes
    ----------
    names : of all its columns.
    columns : (rows,) values by indicator, as the engine takes them.
    made : makes a frame of the same library of other columns.
    """

    rows: int
    names: Sequence[object]
    columns: dict[str, Floats]
    made: Callable[[Mapping[str, Added]], Any]


def score_frame(spec: ModelSpec, compiled: CompiledModel, frame: object, require: Require = ()) -> Any:
    """Score every row of a frame; see `riskmodel.Model.score_frame`."""
    table = read_frame(spec, frame, require)
    return table.made(added_columns(compiled, score_table(compiled, table.columns, table.rows)))


def check_frame(spec: ModelSpec, compiled: CompiledModel, frame: object, require: Require = ()) -> TableCheck:
    """Check the columns of a frame; see `riskmodel.Model.check_frame`."""
    table = read_frame(spec, frame, require)
    return table_check(compiled, table.names, table.rows, count_values(compiled, table.columns))


def read_frame(spec: ModelSpec, frame: object, require: Require = ()) -> Table:
    """Read the columns of a frame that are indicators.

    Raises
    ------
    SituationError
        Where no column is an indicator, a column stands twice or is lacking, or values are not valid.
    TypeError
        For what is no frame.
    """
    # Whoever has a frame has imported its library; asking for the library could import it for nothing.
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas and isinstance(frame, pandas.DataFrame):
        return _of_pandas(spec, frame, require)
    if polars and isinstance(frame, polars.LazyFrame):
        raise TypeError("a polars LazyFrame has no rows yet; collect it first: score_frame(frame.collect())")
    if polars and isinstance(frame, polars.DataFrame):
        series = frame.get_columns()
        columns = read_arrow(spec, frame.columns, lambda place: pa.chunked_array([series[place].to_arrow()]), require)
        return Table(frame.height, frame.columns, columns, lambda added: _as_polars(polars, added))
    if isinstance(frame, pa.RecordBatch):
        names = frame.schema.names
        columns = read_arrow(spec, names, lambda place: pa.chunked_array([frame.column(place)]), require)
        return Table(frame.num_rows, names, columns, lambda added: pa.RecordBatch.from_pydict(as_arrow(added)))
    table = frame if isinstance(frame, pa.Table) else _stream(frame).read_all()
    names = table.column_names
    return Table(table.num_rows, names, read_arrow(spec, names, table.column, require), _as_table)


def _of_pandas(spec: ModelSpec, frame: Any, require: Require) -> Table:
    from riskmodel.frame import as_pandas, read_columns

    columns = read_columns(spec, frame, require)
    return Table(len(frame), list(frame.columns), columns, lambda added: as_pandas(added, frame.index))


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
