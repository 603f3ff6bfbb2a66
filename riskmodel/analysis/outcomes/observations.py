"""Observations: rows of indicators with outcomes, groups and times, from a file or a frame."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays, cells
from riskmodel.tables.columns import Require, known_names, match_columns
from riskmodel.tables.input_file import TYPED, InputFile, open_input
from riskmodel.tables.labels import Labels, ProblemAt, frame_labels, read_labels
from riskmodel.tables.options import AS_IT_COMES, TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rejects import Reject, reject_problem
from riskmodel.tables.rows import Reader, Rows
from riskmodel.tables.times import Times, read_times

if TYPE_CHECKING:
    import pandas as pd


class OutcomeColumns(NamedTuple):
    """Names of the columns of outcomes, groups and times."""

    outcome: str
    group: str | None = None
    time: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns of labels."""
        return tuple(name for name in (self.group, self.time) if name is not None)


@dataclass(frozen=True)
class Observations:
    """n rows, in memory.

    Attributes
    ----------
    source : the name of the file, or a description of another source.
    names : of all columns.
    matched : the column of each indicator that has one.
    columns : (n,) raw values by indicator, encoded for the engine; indicators without a column are left out.
    outcome : (n,) outcomes, NaN if unknown.
    group, time : labels; None if no column was named.
    """

    source: str
    names: tuple[str, ...]
    matched: Mapping[str, str]
    columns: Mapping[str, Floats]
    outcome: Floats
    group: Labels | None
    time: Times | None


class _Chunk(NamedTuple):
    columns: Mapping[str, Floats]
    labels: Mapping[str, pa.Array]
    numbers: NDArray[np.intp]
    """The lines (or rows) of the chunk at which its rows begin."""
    lines: int
    """Number of lines (or rows) of the chunk."""


class _Table(NamedTuple):
    """A table as read.

    Attributes
    ----------
    source : the name of the file, or a description of another source.
    names : of all columns.
    matched : the column of each indicator that has one.
    chunks : the rows.
    problem : makes a problem from the index of a row, a column and a message.
    """

    source: str
    names: Sequence[object]
    matched: Mapping[str, str]
    chunks: Sequence[_Chunk]
    problem: Callable[[int, str, str], Problem]


def read_observations(
    spec: ModelSpec,
    data: "str | Path | pd.DataFrame",
    columns: OutcomeColumns,
    options: TableOptions = AS_IT_COMES,
    require: Require = (),
) -> Observations:
    """Read observations from a CSV or Parquet file, or from a frame.

    Parameters
    ----------
    spec : the model whose indicators are read.
    data : a path (`-` is standard input), or a pandas frame.
    columns : names of the outcome, group and time. Outcomes are numbers, or booleans in Parquet and frames; groups are
        any labels; times are written as in `riskmodel.tables.times`.
    options : how the data are read.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        If the file cannot be read, a column is missing, or a row is invalid.
    """
    # The outcome is read like an indicator, so that numbers and missing values are recognised in the same way.
    known = spec.model_copy(update={"indicators": {**spec.indicators, columns.outcome: Indicator()}})
    if isinstance(data, str | Path):
        table = _read_file(spec, known, data, columns, options, require)
    else:
        table = _read_frame(spec, known, data, columns, options, require)
    chunks = table.chunks
    values = {name: np.concatenate([chunk.columns[name] for chunk in chunks]) for name in chunks[0].columns}
    outcome = values.pop(columns.outcome)
    group = None if columns.group is None else read_labels(*_texts(table, columns.group))
    time = None if columns.time is None else read_times(*_texts(table, columns.time))
    return Observations(table.source, tuple(map(str, table.names)), table.matched, values, outcome, group, time)


def _texts(table: _Table, name: str) -> tuple[pa.Array, ProblemAt]:
    """Return a column of labels, and a function that makes problems of it."""
    texts = _concatenated([chunk.labels[name] for chunk in table.chunks])
    return texts, lambda row, message: table.problem(row, name, message)


def _read_file(
    spec: ModelSpec,
    known: ModelSpec,
    path: str | Path,
    columns: OutcomeColumns,
    options: TableOptions,
    require: Require,
) -> _Table:
    try:
        with open_input(path) as source:
            reader = _open(source, spec, known, columns.outcome, options)
            indicators = _check_columns(spec, reader.names, columns, options, require)
            chunks = list(_read_chunks(reader, indicators, columns))
    except SituationError as error:
        raise SituationError(_merge_outcome_problems(error.problems, columns.outcome)) from None
    if not chunks:
        raise SituationError(f"{source.name}: has no rows")
    name, unit = source.name, reader.row_unit

    def problem(row: int, column: str, message: str) -> Problem:
        starts = reader.lines_before + np.cumsum([0, *(chunk.lines for chunk in chunks)])
        numbers = np.concatenate([start + chunk.numbers for start, chunk in zip(starts, chunks, strict=False)])
        return reject_problem(Reject(int(numbers[row]), "", column, "", message), name, unit)

    return _Table(name, reader.names, indicators, chunks, problem)


def _merge_outcome_problems(problems: Sequence[Problem], outcome: str) -> list[Problem]:
    """Report outcomes that are not numbers once, with advice, rather than for each row."""
    field = f"column {outcome}"
    not_numbers = [
        problem for problem in problems if problem.field.endswith(field) and "should be a number" in problem.message
    ]
    if not not_numbers:
        return list(problems)
    first, *others = not_numbers
    advice = first._replace(message=f"{first.message}; code outcomes as 0 and 1, or as numbers")
    return [advice if problem is first else problem for problem in problems if problem not in others]


def _open(source: InputFile, spec: ModelSpec, known: ModelSpec, outcome: str, options: TableOptions) -> Reader:
    """Open the file with the outcome as an indicator, unless it is boolean, which indicators cannot be."""
    if source.kind in TYPED:
        reader = open_reader(source, spec, options)
        if outcome in reader.names and pa.types.is_boolean(reader.schema.field(outcome).type):
            return reader
    return open_reader(source, known, options, as_text=True)


def _read_chunks(reader: Reader, indicators: Iterable[str], columns: OutcomeColumns) -> Iterator[_Chunk]:
    indices = {name: list(reader.names).index(name) for name in (columns.outcome, *columns.labels)}

    def read(rows: Rows) -> _Chunk:
        values = {name: rows.columns[name] for name in indicators}
        if columns.outcome in rows.columns:
            values[columns.outcome] = rows.columns[columns.outcome]
        else:
            booleans = rows.arrow_column(indices[columns.outcome])
            values[columns.outcome] = arrays.floats(pc.cast(booleans, pa.float64()))
        labels = {name: cells.as_text(name, rows.arrow_column(indices[name])) for name in columns.labels}
        return _Chunk(values, labels, rows.line_numbers(), rows.lines)

    return read_all_or_raise(reader, read)


def _read_frame(
    spec: ModelSpec,
    known: ModelSpec,
    frame: "pd.DataFrame",
    columns: OutcomeColumns,
    options: TableOptions,
    require: Require,
) -> _Table:
    import pandas as pd

    from riskmodel.tables.frames import read_columns, row_name

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"observations come from a path or a pandas DataFrame; got {type(frame).__name__}")
    names = list(frame.columns)
    indicators = _check_columns(spec, names, columns, options, require)
    outcome = _booleans_as_numbers(frame[columns.outcome])
    numbers = frame[[*indicators.values(), columns.outcome]].assign(**{columns.outcome: outcome})
    labels = {name: frame_labels(frame[name]) for name in columns.labels}

    def problem(row: int, column: str, message: str) -> Problem:
        return Problem(message, f"column {column}, {row_name(frame.index, row)}", "the frame")

    chunk = _Chunk(read_columns(known, numbers, options), labels, np.arange(len(frame)), len(frame))
    return _Table("the frame", names, indicators, [chunk], problem)


def _booleans_as_numbers(outcome: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert booleans to 1 and 0; leave other values."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(outcome.dtype):
        return outcome.astype("Float64")
    if pd.api.types.is_object_dtype(outcome.dtype):
        return outcome.map(lambda value: float(value) if isinstance(value, bool | np.bool_) else value)
    return outcome


def _check_columns(
    spec: ModelSpec, names: Sequence[object], columns: OutcomeColumns, options: TableOptions, require: Require
) -> dict[str, str]:
    """Check the columns, and return that of each indicator that has one.

    Raises
    ------
    SituationError
        If a named column is missing, duplicate, an indicator, or named for two purposes.
    """
    for kind, name in zip(OutcomeColumns._fields, columns, strict=True):
        if name is None:
            continue
        if name not in names:
            others = [str(column) for column in names if column not in spec.indicators]
            near = suggest(name, others)
            raise SituationError(f"there is no column {name!r} for the {kind}{near}")
        if name in known_names(spec, options):
            raise SituationError(f"the {kind} cannot be {name!r}: that is an indicator of model {spec.id!r}")
        if list(columns).count(name) > 1:
            raise SituationError(f"the column {name!r} cannot be the {kind} and something else too")
        if list(names).count(name) > 1:
            raise SituationError(f"duplicate column {name!r}")
    return match_columns(spec, [name for name in names if name not in columns], options, require)


def _concatenated(columns: Sequence[pa.Array]) -> pa.Array:
    chunks = [chunk for column in columns for chunk in getattr(column, "chunks", [column])]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
