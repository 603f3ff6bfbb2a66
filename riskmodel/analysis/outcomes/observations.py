"""Observations: rows of indicators with outcomes, groups and times, from a file or a frame."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.documents.python_values import plain_value
from riskmodel.errors import Problem, SituationError, counted, suggest
from riskmodel.kernels.types import Floats
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays, cells
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import Require, known_names, match_columns
from riskmodel.tables.input_file import TYPED, InputFile, open_input
from riskmodel.tables.number_format import PLAIN
from riskmodel.tables.options import AS_IT_COMES, TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rejects import Reject, reject_problem
from riskmodel.tables.rows import Reader, Rows

if TYPE_CHECKING:
    import pandas as pd


Codes = NDArray[np.intp]

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?", re.ASCII)
_MONTH = "0000-00"


class Labels(NamedTuple):
    """A column of labels: (n,) indices of the labels of the rows in `names`, which are in ascending order."""

    codes: Codes
    names: tuple[str, ...]

    def span(self, rows: Mask) -> tuple[str, str]:
        """Return the first and the last label of some rows."""
        codes = self.codes[rows]
        return self.names[codes.min()], self.names[codes.max()]


def read_labels(texts: pa.Array, ordered: bool, problem: Callable[[int, str], Problem]) -> Labels:
    """Read a column of labels.

    Parameters
    ----------
    texts : (n,) the labels.
    ordered : True for times.
    problem : makes a problem from the index of a row and a message.

    Raises
    ------
    SituationError
        If rows have no label, or labels that should be times are not.
    """
    texts = pc.utf8_trim_whitespace(texts)
    blank = arrays.nulls(texts) | arrays.mask(pc.is_in(texts, value_set=arrays.texts(cells.MISSING_WORDS)))
    if blank.any():
        count = int(blank.sum())
        message = "has no value" if count == 1 else f"has no value, and so have {counted(count - 1, 'row')} after it"
        raise SituationError([problem(int(np.argmax(blank)), message)])
    encoded = pc.dictionary_encode(texts)
    labels: list[str] = encoded.dictionary.to_pylist()
    try:
        keys: Sequence[Any] = _times(labels) if ordered else labels
    except _TimeError as error:
        row = int(np.argmax(arrays.integers(encoded.indices) == error.index))
        raise SituationError([problem(row, error.message)]) from None
    # Labels such as 1980 and 1980.0, or a date with and without its hour, are the same time.
    distinct = sorted(set(keys))
    codes = {key: code for code, key in enumerate(distinct)}
    code_of_label = np.array([codes[key] for key in keys], np.intp)
    first_labels = dict(zip(reversed(keys), reversed(labels), strict=True))
    return Labels(code_of_label[arrays.integers(encoded.indices)], tuple(first_labels[key] for key in distinct))


class _TimeError(Exception):
    """A label that is not a time, or not of the kind of the others; `index` is its index among the labels."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index, self.message = index, message


def _times(labels: Sequence[str]) -> Sequence[float] | Sequence[datetime]:
    """Convert labels to sortable keys: numbers, or datetimes for ISO dates.

    Raises
    ------
    _TimeError
        If a label is neither, or only some labels are numbers.
    """
    is_number = [re.fullmatch(PLAIN.pattern, label) is not None for label in labels]
    if all(is_number):
        return [float(label) for label in labels]
    dates = []
    for index, label in enumerate(labels):
        date = None if is_number[index] else _parse_date(label)
        if date is None and not is_number[index]:
            message = f"{label!r} is not a time; times are numbers, or dates such as 1962-10 or 1962-10-22"
            raise _TimeError(index, message)
        if is_number[index] != is_number[0]:
            kinds = ("a date", "a number")
            message = f"{label!r} is {kinds[is_number[index]]}, but {labels[0]!r} before it is {kinds[is_number[0]]}"
            raise _TimeError(index, f"{message}; use numbers or dates for all times")
        if date is not None:
            dates.append(date)
    return dates


def _parse_date(label: str) -> datetime | None:
    """Return the start of a date; None if the label is not a date."""
    if not _DATE.fullmatch(label):
        return None
    try:
        return datetime.fromisoformat(f"{label}-01" if len(label) == len(_MONTH) else label)
    except ValueError:
        return None


def first_time_from(time: Labels, name: str, start: str) -> int:
    """Return the code of the first time from `start` on.

    Raises
    ------
    SituationError
        If `start` is not of the kind of the times, or no times are before it, or none after.
    """
    spans = f"the times in column {name!r} run from {time.names[0]} to {time.names[-1]}"
    try:
        *keys, start_key = _times([*time.names, start.strip()])
    except _TimeError:
        raise SituationError(f"{start!r} is not a time of that kind; {spans}") from None
    code = sum(key < start_key for key in keys)  # type: ignore[operator]
    if code in (0, len(time.names)):
        raise SituationError(f"there are no rows {f'before {start}' if code == 0 else f'from {start} on'}; {spans}")
    return code


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
    time: Labels | None


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
        any labels; times are numbers or ISO dates.
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
    group = None if columns.group is None else _labels(table, columns.group, ordered=False)
    time = None if columns.time is None else _labels(table, columns.time, ordered=True)
    return Observations(table.source, tuple(map(str, table.names)), table.matched, values, outcome, group, time)


def _labels(table: _Table, name: str, *, ordered: bool) -> Labels:
    texts = _concatenated([chunk.labels[name] for chunk in table.chunks])
    return read_labels(texts, ordered, lambda row, message: table.problem(row, name, message))


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
        return reject_problem(Reject(int(numbers[row]), (), column, "", message), name, unit)

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
    labels = {name: pa.array([as_label(value) for value in frame[name]], pa.string()) for name in columns.labels}

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


def as_label(value: object) -> str | None:
    """Format a value as a label in a file; 7.0 becomes 7, since frames turn integers with gaps into floats."""
    import pandas as pd

    if plain_value(value) is None:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return label_of(float(value)) if isinstance(value, float | np.floating) else str(value)


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
