"""Score data frames and return the scores as frames of the same library."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from riskmodel.documents.python_values import plain_value
from riskmodel.engine.account import account_entries, account_lines
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, score_table
from riskmodel.errors import Problem, SituationError
from riskmodel.kernels.types import Floats
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import cells
from riskmodel.tables.arrays import Mask
from riskmodel.tables.check import TableCheck, count_values, table_check
from riskmodel.tables.columns import Matched, Require, match_columns, match_table
from riskmodel.tables.frames.output import Added, Bands, Positions, Source, Words, kept_columns
from riskmodel.tables.number_format import NumberFormat
from riskmodel.tables.options import AS_IT_COMES, TableOptions

if TYPE_CHECKING:
    import pandas as pd

Invalid: TypeAlias = Literal["raise", "missing", "reject"]
"""The treatment of cells that are not valid: an error, a missing value, or a row that is left out."""


class Table(NamedTuple):
    """The indicators of a frame.

    Attributes
    ----------
    rows : the number of rows that were read.
    columns : (rows,) values by indicator, labels as positions, NaN where missing.
    matched : the columns that these were read from.
    source : the frame.
    positions : (rows,) the positions in the frame of these rows; None if they are all of its rows.
    """

    rows: int
    columns: dict[str, Floats]
    matched: Matched
    source: Source
    positions: Positions | None


class _Column(NamedTuple):
    """A column of a frame that was read."""

    name: str
    indicator: Indicator
    values: Floats
    faulty: Mask | None
    value: Callable[[int], object]
    """Returns the Python value at a position."""


class FrameOptions(NamedTuple):
    """The arguments of functions that score the rows of a frame; see `riskmodel.Model.score_frame`."""

    columns: Mapping[str, str] = {}
    keep: Sequence[str] = ()
    invalid: Invalid = "raise"
    require: Require = ()

    @property
    def table(self) -> TableOptions:
        """Check the types of the arguments, and return the options by which the frame is read."""
        if isinstance(self.keep, str) and self.keep != "all":
            raise TypeError(f"keep takes a list of names, or 'all'; got {self.keep!r}")
        given = self.columns
        if not isinstance(given, Mapping) or not all(isinstance(column, str) for column in given.values()):
            raise TypeError(f"columns takes the names of columns by indicator; got {given!r}")
        return TableOptions.of({"map": self.columns})


def score_frame(spec: ModelSpec, compiled: CompiledModel, frame: object, options: FrameOptions, first: int = 0) -> Any:
    """Score every row of a frame; see `riskmodel.Model.score_frame`.

    Parameters
    ----------
    spec, compiled, frame, options : the model, the frame, and the arguments.
    first : the position of its first row, for messages.
    """
    table = read_frame(spec, frame, options.table, options.require, options.invalid, first)
    keep = kept_columns(table.source.names, options.keep)
    added = added_columns(compiled, score_table(compiled, table.columns, table.rows))
    return table.source.with_columns(added, keep, table.positions)


def account_frame(
    spec: ModelSpec, compiled: CompiledModel, frame: object, options: FrameOptions, first: int = 0
) -> Any:
    """Return the accounts of all rows of a frame; see `riskmodel.Model.account_frame`, and `score_frame` here."""
    table = read_frame(spec, frame, options.table, options.require, options.invalid, first)
    keep = kept_columns(table.source.names, options.keep)
    lines = list(account_lines(compiled, table.columns, table.rows))
    rows = np.concatenate([np.empty(0, np.intp), *(part.rows for part in lines)])
    if table.positions is not None:
        rows = table.positions[rows]
    entries = np.concatenate([np.empty(0, np.int32), *(part.entries for part in lines)])
    added: dict[str, Added] = table.source.numbered(rows + first)
    for name, words in zip(("score", "kind", "name"), zip(*account_entries(compiled), strict=True), strict=True):
        distinct = tuple(dict.fromkeys(words))
        codes = np.array([distinct.index(word) for word in words], dtype=np.int32)
        added[name] = Words(codes[entries], distinct)
    added["points"] = np.concatenate([np.empty(0), *(part.points for part in lines)])
    return table.source.with_columns(added, keep, rows)


def invalid_cells(
    spec: ModelSpec, compiled: CompiledModel, frame: object, options: FrameOptions, first: int = 0
) -> Any:
    """List the cells of a frame that are not valid; see `riskmodel.Model.invalid_cells`, and `score_frame` here."""
    source, columns, _ = _read_columns(spec, frame, options.table, options.require)
    faulty = [
        (position, number)
        for number, column in enumerate(columns)
        for position in ([] if column.faulty is None else np.flatnonzero(column.faulty).tolist())
    ]
    faulty.sort()
    rows = np.array([position for position, _ in faulty], dtype=np.intp)
    cells_of = [(columns[number], columns[number].value(position)) for position, number in faulty]
    added: dict[str, Added] = source.numbered(rows + first)
    added["column"] = [column.name for column, _ in cells_of]
    added["value"] = [str(value) for _, value in cells_of]
    added["reason"] = [cells.fault_message(column.indicator, value) for column, value in cells_of]
    return source.with_columns(added, kept_columns(source.names, options.keep), rows)


def check_frame(spec: ModelSpec, compiled: CompiledModel, frame: object, options: FrameOptions) -> TableCheck:
    """Check the columns of a frame; see `riskmodel.Model.check_frame`."""
    table = read_frame(spec, frame, options.table, options.require, options.invalid)
    counts = count_values(compiled, table.columns)
    return table_check(compiled, table.source.names, table.matched.columns, table.rows, counts)


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
            f"{name}_band": Bands(score.band, compiled.scores[name].bands, compiled.scores[name].better),
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


def read_frame(
    spec: ModelSpec,
    frame: object,
    options: TableOptions = AS_IT_COMES,
    require: Require = (),
    invalid: Invalid = "raise",
    first: int = 0,
) -> Table:
    """Read the columns of a frame that are indicators.

    Parameters
    ----------
    spec : the model.
    frame : n rows, of any supported library.
    options : the map of columns, codes, and the format of numbers in text.
    require : the indicators that must have a column.
    invalid : the treatment of cells that are not valid.
    first : the position of the first row, for messages.

    Raises
    ------
    SituationError
        No column is an indicator, a column is duplicate or lacking, or values are not valid (the first rows are named).
    TypeError
        The object is not a frame.
    """
    if invalid not in ("raise", "missing", "reject"):
        raise SituationError(f"invalid should be 'raise', 'missing' or 'reject'; got {invalid!r}")
    source, read, matched = _read_columns(spec, frame, options, require, first if invalid == "raise" else None)
    columns = {column.name: column.values for column in read}
    rows, positions = len(source.frame), None
    masks = [column.faulty for column in read if column.faulty is not None]
    if invalid == "reject" and masks:
        positions = np.flatnonzero(~np.logical_or.reduce(masks))
        rows = len(positions)
        columns = {name: values[positions] for name, values in columns.items()}
    return Table(rows, matched.by_indicator(columns), matched, source, positions)


def _read_columns(
    spec: ModelSpec, frame: object, options: TableOptions, require: Require, first: int | None = None
) -> tuple[Source, list[_Column], Matched]:
    """Read columns; values that are not valid are problems if the position of the first row is given."""
    native: Any = _eager(frame)
    names = native.column_names if isinstance(native, pa.Table) else list(native.columns)
    read: list[_Column] = []
    problems: list[Problem] = []
    library, index = nw.Implementation.PYARROW, None
    # Column by column, because narwhals refuses frames with duplicate names, even of columns that are not read.
    matched = match_table(spec, names, options, match_columns(spec, names, options, require))
    for name, indicator in matched.indicators.items():
        series = nw.from_native(native[name], series_only=True)
        library, index = series.implementation, nw.maybe_get_index(series)
        try:
            (values, faulty), value = _read(indicator, series, options.numbers)
        except SituationError as error:
            problems.append(Problem(str(error), field=f"column {name}"))
        except pa.ArrowException as error:
            problems.append(Problem(f"cannot be read by way of Arrow: {error}", field=f"column {name}"))
        else:
            read.append(_Column(name, indicator, values, faulty, value))
            if first is not None:
                row = partial(row_name, index, first=first)
                problems += cells.column_problems(indicator, name, faulty, value, row, options.numbers)
    if problems:
        raise SituationError(problems)
    return Source(native, names, library, index, isinstance(frame, pa.RecordBatch)), read, matched


def row_name(index: Any, position: int, first: int = 0) -> str:
    """Return the name of a row, such as `row 3`, by its label in the index or its position where there is no index."""
    if index is None:
        return f"row {position + first}"
    label = index[position]
    return f"{index.name or 'row'} {label.item() if isinstance(label, np.generic) else label!r}"


def as_pandas(frame: object) -> "pd.DataFrame":
    """Convert a frame of any supported library to pandas; TypeError for other types."""
    native: Any = _eager(frame, "this takes a path,")
    # Not by way of narwhals, which refuses duplicate names, even of columns that are not read.
    eager = native if isinstance(native, pa.Table) else nw.from_native(native, eager_only=True)
    pandas: pd.DataFrame = eager.to_pandas()
    return pandas


def _eager(frame: object, takes: str = "score_frame takes") -> object:
    """Return a frame that narwhals supports, converted to Arrow if it is of another library."""
    kinds = nw.dependencies
    if kinds.is_polars_lazyframe(frame):
        raise TypeError("a polars LazyFrame has no rows yet; collect it first")
    if kinds.is_pandas_like_dataframe(frame) or kinds.is_polars_dataframe(frame) or isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):
        with suppress(pa.ArrowInvalid):  # a single column has this interface too, but is not a stream of rows
            return pa.RecordBatchReader.from_stream(frame).read_all()
    raise TypeError(
        f"{takes} a pandas or polars DataFrame, a pyarrow Table or RecordBatch, or another frame that has "
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
