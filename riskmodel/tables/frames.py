"""Score data frames and return the scores as frames of the same library."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import narwhals.stable.v2 as nw  # in v1 an Enum has no categories
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.documents.python_values import plain_value
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, score_table
from riskmodel.errors import Problem, SituationError
from riskmodel.kernels.types import Floats
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays, cells
from riskmodel.tables.check import TableCheck, count_values, table_check
from riskmodel.tables.columns import Matched, Require, match_columns, match_table
from riskmodel.tables.number_format import NumberFormat
from riskmodel.tables.options import AS_IT_COMES, TableOptions

if TYPE_CHECKING:
    import pandas as pd


class Bands(NamedTuple):
    """The bands of n rows: (n,) positions among the names, which are in ascending order; -1 where there is no score."""

    codes: NDArray[np.int8]
    names: tuple[str, ...]


Added: TypeAlias = Floats | Bands
"""A column of n rows that is added; numbers are NaN where there is no score."""


class Table(NamedTuple):
    """The indicators of a frame.

    Attributes
    ----------
    names : of all columns of the frame.
    columns : (rows,) values by indicator, labels as positions, NaN where missing.
    matched : the columns that these were read from.
    library : the frame's library.
    index : the frame's index, in libraries that have one.
    """

    rows: int
    names: Sequence[object]
    columns: dict[str, Floats]
    matched: Matched
    library: nw.Implementation
    index: Any


def score_frame(
    spec: ModelSpec,
    compiled: CompiledModel,
    frame: object,
    options: TableOptions = AS_IT_COMES,
    require: Require = (),
) -> Any:
    """Score every row of a frame; see `riskmodel.Model.score_frame`."""
    table = read_frame(spec, frame, options, require)
    added = added_columns(compiled, score_table(compiled, table.columns, table.rows))
    if table.library.is_pandas():
        return _as_pandas(added, table.index)
    columns = {name: _as_arrow(column) for name, column in added.items()}
    if isinstance(frame, pa.RecordBatch):
        return pa.RecordBatch.from_pydict(columns)
    if table.library.is_pyarrow():
        return pa.Table.from_pydict(columns)
    scored = nw.DataFrame.from_arrow(pa.Table.from_pydict(columns), backend=table.library.to_native_namespace())
    if table.library.is_polars():  # polars reads an ordered dictionary as Categorical
        kinds = {name: nw.Enum(column.names) for name, column in added.items() if isinstance(column, Bands)}
        scored = scored.with_columns(nw.col(name).cast(kind) for name, kind in kinds.items())
    native = scored.to_native()
    if table.index is not None:
        native.index = table.index  # not by narwhals, which rebuilds the labels of a MultiIndex or of tuples
    return native


def check_frame(
    spec: ModelSpec,
    compiled: CompiledModel,
    frame: object,
    options: TableOptions = AS_IT_COMES,
    require: Require = (),
) -> TableCheck:
    """Check the columns of a frame; see `riskmodel.Model.check_frame`."""
    table = read_frame(spec, frame, options, require)
    counts = count_values(compiled, table.columns)
    return table_check(compiled, table.names, table.matched.columns, table.rows, counts)


def added_columns(compiled: CompiledModel, scores: Mapping[str, ScoreArrays]) -> dict[str, Added]:
    """Return the columns of all scores by name.

    Raises
    ------
    SituationError
        Two scores have a column of the same name.
    """
    added: dict[str, Added] = {}
    for name, score in scores.items():
        columns: dict[str, Added] = {
            name: score.reported,
            f"{name}_band": Bands(score.band, compiled.scores[name].bands),
            f"{name}_coverage": score.coverage,
            f"{name}_low": score.low,
            f"{name}_high": score.high,
            f"{name}_exact": score.value,
        }
        if clash := sorted(added.keys() & columns.keys()):
            raise SituationError(f"two scores of the model give the column {clash[0]!r}; rename one of them")
        added |= columns
    return added


def read_columns(
    spec: ModelSpec, frame: "pd.DataFrame", options: TableOptions = AS_IT_COMES, require: Require = ()
) -> dict[str, Floats]:
    """Read the indicators of a pandas frame; see `read_frame`."""
    if not nw.dependencies.is_pandas_dataframe(frame):
        raise TypeError(f"this takes a pandas DataFrame; got {type(frame).__name__}")
    return read_frame(spec, frame, options, require).columns


def read_frame(spec: ModelSpec, frame: object, options: TableOptions = AS_IT_COMES, require: Require = ()) -> Table:
    """Read the columns of a frame that are indicators.

    Parameters
    ----------
    spec : the model.
    frame : n rows, of any supported library.
    options : the map of columns, codes, and the format of numbers in text.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        No column is an indicator, a column is duplicate or lacking, or values are not valid (the first rows are named).
    TypeError
        The object is not a frame.
    """
    native: Any = _eager(frame)
    names = native.column_names if isinstance(native, pa.Table) else list(native.columns)
    columns: dict[str, Floats] = {}
    problems: list[Problem] = []
    library, index = nw.Implementation.PYARROW, None
    # Column by column, because narwhals refuses frames with duplicate names, even of columns that are not read.
    match_columns(spec, names, options, require)
    matched = match_table(spec, names, options)
    for name, indicator in matched.indicators.items():
        series = nw.from_native(native[name], series_only=True)
        library, index = series.implementation, nw.maybe_get_index(series)
        try:
            (columns[name], faulty), value = _read(indicator, series, options.numbers)
        except SituationError as error:
            problems.append(Problem(str(error), field=f"column {name}"))
        except pa.ArrowException as error:
            problems.append(Problem(f"cannot be read by way of Arrow: {error}", field=f"column {name}"))
        else:
            row = partial(row_name, index)
            problems += cells.column_problems(indicator, name, faulty, value, row, options.numbers)
    if problems:
        raise SituationError(problems)
    return Table(len(native), names, matched.by_indicator(columns), matched, library, index)


def row_name(index: Any, position: int) -> str:
    """Return the name of a row, such as `row 3`, by its label in the index or its position where there is no index."""
    if index is None:
        return f"row {position}"
    label = index[position]
    return f"{index.name or 'row'} {label.item() if isinstance(label, np.generic) else label!r}"


def _eager(frame: object) -> object:
    """Return a frame that narwhals supports, converted to Arrow if it is of another library."""
    kinds = nw.dependencies
    if kinds.is_polars_lazyframe(frame):
        raise TypeError("a polars LazyFrame has no rows yet; collect it first: score_frame(frame.collect())")
    if kinds.is_pandas_like_dataframe(frame) or kinds.is_polars_dataframe(frame) or isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):
        with suppress(pa.ArrowInvalid):  # a single column has this interface too, but is not a stream of rows
            return pa.RecordBatchReader.from_stream(frame).read_all()
    raise TypeError(
        "score_frame takes a pandas or polars DataFrame, a pyarrow Table or RecordBatch, or another frame that has "
        f"__arrow_c_stream__; got {type(frame).__name__}"
    )


def _read(
    indicator: Indicator, series: "nw.Series[Any]", numbers: NumberFormat
) -> tuple[cells.Column, Callable[[int], object]]:
    """Read a column, and return it with a function that returns the value at a position, for messages."""
    if series.implementation.is_pandas_like():
        return _read_values(indicator, series, numbers), lambda position: plain_value(series.item(position))
    native = series.to_native()
    # Chunked columns are read as they are: narwhals would copy them into one chunk.
    column = native if isinstance(native, pa.ChunkedArray) else pa.chunked_array([series.to_arrow()])
    return _read_chunks(indicator, column, numbers), lambda position: cells.as_python(column[position])


def _read_values(indicator: Indicator, series: "nw.Series[Any]", numbers: NumberFormat) -> cells.Column:
    """Read a column of a pandas-like frame; numbers without a copy, others as Python values."""
    if (series.dtype.is_float() or series.dtype.is_integer()) and indicator.labels is None:
        return cells.within_bounds(indicator, np.asarray(series.to_numpy(), np.float64))
    values = [plain_value(value) for value in series.to_list()]
    texts = [_text(value) for value in values]
    column = cells.read_column(indicator, pa.array(texts, pa.string()), numbers)
    other = np.array([value is not None and text is None for value, text in zip(values, texts, strict=True)], bool)
    return cells.Column(column.values, other if column.faulty is None else other | column.faulty)


def _text(value: object) -> str | None:
    """Format a value as in a CSV file; None for a value that is neither text nor a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return label_of(cells.as_float(value))


def _read_chunks(indicator: Indicator, column: pa.ChunkedArray, numbers: NumberFormat) -> cells.Column:
    """Read a column of Arrow; without a copy if only one chunk has rows."""
    # With an empty chunk first, so that the type of a column without chunks is checked too.
    read = [cells.read_column(indicator, chunk, numbers) for chunk in (pa.nulls(0, column.type), *column.chunks)]
    filled = [chunk for chunk in read if len(chunk.values)] or read[:1]
    if len(filled) == 1:
        return filled[0]
    faulty = [np.zeros(len(chunk.values), bool) if chunk.faulty is None else chunk.faulty for chunk in filled]
    return cells.Column(np.concatenate([chunk.values for chunk in filled]), np.concatenate(faulty))


def _as_pandas(added: Mapping[str, Added], index: "pd.Index[Any]") -> "pd.DataFrame":
    """Return columns as a frame, without the copies that a conversion from Arrow makes."""
    import pandas as pd

    columns = {
        name: pd.Categorical.from_codes(column.codes, pd.Index(column.names, dtype=str), ordered=True)
        if isinstance(column, Bands)
        else column
        for name, column in added.items()
    }
    return pd.DataFrame(columns, index=index, copy=False)


def _as_arrow(column: Added) -> pa.Array:
    """Convert a column to Arrow: bands to an ordered dictionary, NaN to null."""
    if not isinstance(column, Bands):
        return arrays.from_floats(column)
    return pa.DictionaryArray.from_arrays(arrays.from_integers(column.codes), arrays.texts(column.names), ordered=True)
