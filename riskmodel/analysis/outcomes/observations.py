"""Labels: columns that say who or when, and which of two times is the earlier."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from riskmodel.kernels.scales import Floats
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays, cells
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import Require, indicator_columns
from riskmodel.tables.csv_reader import CsvOptions
from riskmodel.tables.input_file import PARQUET, InputFile, open_input
from riskmodel.tables.number_format import PLAIN
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rejects import Reject, reject_problem
from riskmodel.tables.rows import Reader, Rows

if TYPE_CHECKING:
    import pandas as pd


Codes = NDArray[np.intp]

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?", re.ASCII)
_MONTH = "0000-00"


class Labels(NamedTuple):
    """A column of labels: (n,) the position of each row's label among the names, which are in ascending order."""

    codes: Codes
    names: tuple[str, ...]

    def span(self, rows: Mask) -> tuple[str, str]:
        """The first and the last label of some rows."""
        codes = self.codes[rows]
        return self.names[codes.min()], self.names[codes.max()]


def read_labels(texts: pa.Array, ordered: bool, problem: Callable[[int, str], Problem]) -> Labels:
    """Read a column of labels.

    Parameters
    ----------
    texts : (n,) the labels.
    ordered : whether they are times.
    problem : makes a problem of the position of a row and a message.

    Raises
    ------
    SituationError
        Where rows have none, or labels that should be times are none.
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
    except _NoTimeError as error:
        row = int(np.argmax(arrays.integers(encoded.indices) == error.place))
        raise SituationError([problem(row, error.message)]) from None
    # Written in two ways (1980 and 1980.0, or a date with and without its hour) a time is still one time.
    different = sorted(set(keys))
    places = {key: place for place, key in enumerate(different)}
    position = np.array([places[key] for key in keys], np.intp)
    written = dict(zip(reversed(keys), reversed(labels), strict=True))
    return Labels(position[arrays.integers(encoded.indices)], tuple(written[key] for key in different))


class _NoTimeError(Exception):
    """A label that is no time, or none like the others; by its position among the labels."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


def _times(labels: Sequence[str]) -> Sequence[float] | Sequence[datetime]:
    """What labels are put in order by: their numbers, or their moments where they are ISO dates.

    Raises
    ------
    _NoTimeError
        Where a label is neither, or only some are numbers.
    """
    is_number = [re.fullmatch(PLAIN.pattern, label) is not None for label in labels]
    if all(is_number):
        return [float(label) for label in labels]
    moments = []
    for place, label in enumerate(labels):
        moment = None if is_number[place] else _moment(label)
        if moment is None and not is_number[place]:
            message = f"{label!r} is no time; times are numbers, or dates such as 1962-10 or 1962-10-22"
            raise _NoTimeError(place, message)
        if is_number[place] != is_number[0]:
            kinds = ("a date", "a number")
            message = f"{label!r} is {kinds[is_number[place]]}, and {labels[0]!r} before it is {kinds[is_number[0]]}"
            raise _NoTimeError(place, f"{message}; give all times in one way")
        if moment is not None:
            moments.append(moment)
    return moments


def _moment(label: str) -> datetime | None:
    """When a date begins; None where it is none."""
    if not _DATE.fullmatch(label):
        return None
    try:
        return datetime.fromisoformat(f"{label}-01" if len(label) == len(_MONTH) else label)
    except ValueError:
        return None


def first_from(time: Labels, name: str, start: str) -> int:
    """The position of the first time that is not before `start`.

    Raises
    ------
    SituationError
        Where `start` is not of the kind of the times, or leaves none before or none after.
    """
    spans = f"the times in column {name!r} run from {time.names[0]} to {time.names[-1]}"
    try:
        *keys, asked = _times([*time.names, start.strip()])
    except _NoTimeError:
        raise SituationError(f"{start!r} is no such time; {spans}") from None
    place = sum(key < asked for key in keys)  # type: ignore[operator]
    if place in (0, len(time.names)):
        raise SituationError(f"there is nothing {f'before {start}' if place == 0 else f'from {start} on'}; {spans}")
    return place


class OutcomeColumns(NamedTuple):
    """The columns that tell what happened, to whom, and when."""

    outcome: str
    group: str | None = None
    time: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that are read as labels."""
        return tuple(name for name in (self.group, self.time) if name is not None)


@dataclass(frozen=True)
class Observations:
    """n rows, all in memory.

    Attributes
    ----------
    source : the file's name, or what stands in for it.
    names : of all columns.
    columns : (n,) raw values by indicator, as the engine takes them; indicators without a column are left out.
    outcome : (n,) what happened, NaN where that is not known.
    group, time : who, and when; None where no column was named.
    """

    source: str
    names: tuple[str, ...]
    columns: Mapping[str, Floats]
    outcome: Floats
    group: Labels | None
    time: Labels | None


class _Part(NamedTuple):
    columns: Mapping[str, Floats]
    labels: Mapping[str, pa.Array]
    numbers: NDArray[np.intp]
    """The lines (or rows) of the piece on which its rows begin."""
    lines: int
    """How many the piece covers."""


class _Table(NamedTuple):
    """What was read.

    Attributes
    ----------
    source : the name of the file, or what stands in for it.
    names : of all columns.
    parts : the rows.
    problem : makes a problem of the position of a row, a column and a message.
    """

    source: str
    names: Sequence[object]
    parts: Sequence[_Part]
    problem: Callable[[int, str, str], Problem]


def read_observations(
    spec: ModelSpec,
    data: "str | Path | pd.DataFrame",
    told: OutcomeColumns,
    marks: CsvOptions | None = None,
    require: Require = (),
) -> Observations:
    """Read observations from a CSV or Parquet file, or take them from a frame.

    Parameters
    ----------
    spec : the model whose indicators are read.
    data : a path (`-` is standard input), or a pandas frame.
    told : which columns tell what happened, to whom, and when. The outcome is a number, or true or false where the
        file's types can say so; the others are any labels, times being numbers or ISO dates.
    marks : of CSV; the delimiter is found in the header, and the decimal mark is `.`, without them.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        Where the file cannot be read, a column is not there, or a row cannot be used.
    """
    # The outcome is read as one more indicator, so that what counts as a number, and as missing, is the same for all.
    known = spec.model_copy(update={"indicators": {**spec.indicators, told.outcome: Indicator()}})
    if isinstance(data, str | Path):
        marks = marks or CsvOptions()
        marks.check()
        table = _of_file(spec, known, data, told, marks, require)
    else:
        table = _of_frame(spec, known, data, told, require)
    parts = table.parts
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    outcome = columns.pop(told.outcome)
    group = None if told.group is None else _labels(table, told.group, ordered=False)
    time = None if told.time is None else _labels(table, told.time, ordered=True)
    return Observations(table.source, tuple(map(str, table.names)), columns, outcome, group, time)


def _labels(table: _Table, name: str, *, ordered: bool) -> Labels:
    texts = _joined([part.labels[name] for part in table.parts])
    return read_labels(texts, ordered, lambda row, message: table.problem(row, name, message))


def _of_file(
    spec: ModelSpec, known: ModelSpec, path: str | Path, told: OutcomeColumns, marks: CsvOptions, require: Require
) -> _Table:
    try:
        with open_input(path) as source:
            found = _begun(source, spec, known, told.outcome, marks)
            read = _checked(spec, found.names, told, require)
            parts = list(_parts(found, read, told))
    except SituationError as error:
        raise SituationError(_of_outcome_once(error.problems, told.outcome)) from None
    if not parts:
        raise SituationError(f"{source.name}: has no rows")
    name, unit = source.name, found.row_unit

    def problem(row: int, column: str, message: str) -> Problem:
        starts = found.lines_before + np.cumsum([0, *(part.lines for part in parts)])
        numbers = np.concatenate([start + part.numbers for start, part in zip(starts, parts, strict=False)])
        return reject_problem(Reject(int(numbers[row]), "", column, "", message), name, unit)

    return _Table(name, found.names, parts, problem)


def _of_outcome_once(problems: Sequence[Problem], outcome: str) -> list[Problem]:
    """Outcomes that are coded in another way are one problem, however many rows have it."""
    field = f"column {outcome}"
    strange = [one for one in problems if one.field.endswith(field) and "should be a number" in one.message]
    if not strange:
        return list(problems)
    first, *others = strange
    told = first._replace(message=f"{first.message}; code outcomes as 0 and 1, or as numbers")
    return [told if one is first else one for one in problems if one not in others]


def _begun(source: InputFile, spec: ModelSpec, known: ModelSpec, outcome: str, marks: CsvOptions) -> Reader:
    """The file, read with the outcome as an indicator, unless it is true or false, which no indicator can be."""
    if source.kind == PARQUET:
        found = open_reader(source, spec, marks)
        if outcome in found.names and pa.types.is_boolean(found.schema.field(outcome).type):
            return found
    return open_reader(source, known, marks, as_text=True)


def _parts(found: Reader, read: Sequence[str], told: OutcomeColumns) -> Iterator[_Part]:
    places = {name: list(found.names).index(name) for name in (told.outcome, *told.labels)}

    def take(rows: Rows) -> _Part:
        columns = {name: rows.columns[name] for name in read}
        if told.outcome in rows.columns:
            columns[told.outcome] = rows.columns[told.outcome]
        else:
            columns[told.outcome] = arrays.floats(pc.cast(rows.arrow_column(places[told.outcome]), pa.float64()))
        labels = {name: cells.as_text(name, rows.arrow_column(places[name])) for name in told.labels}
        return _Part(columns, labels, rows.line_numbers(), rows.lines)

    return read_all_or_raise(found, take)


def _of_frame(
    spec: ModelSpec, known: ModelSpec, frame: "pd.DataFrame", told: OutcomeColumns, require: Require
) -> _Table:
    import pandas as pd

    from riskmodel.tables.frames import read_columns, row_name

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"observations come from a path or a pandas DataFrame; got {type(frame).__name__}")
    names = list(frame.columns)
    read = _checked(spec, names, told, require)
    numbers = frame[[*read, told.outcome]].assign(**{told.outcome: _counted(frame[told.outcome])})
    labels = {name: pa.array([as_label(value) for value in frame[name]], pa.string()) for name in told.labels}

    def problem(row: int, column: str, message: str) -> Problem:
        return Problem(message, f"column {column}, {row_name(frame.index, row)}", "the frame")

    part = _Part(read_columns(known, numbers), labels, np.arange(len(frame)), len(frame))
    return _Table("the frame", names, [part], problem)


def _counted(outcome: "pd.Series[Any]") -> "pd.Series[Any]":
    """True and false as 1 and 0; all else as it stands."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(outcome.dtype):
        return outcome.astype("Float64")
    if pd.api.types.is_object_dtype(outcome.dtype):
        return outcome.map(lambda value: float(value) if isinstance(value, bool | np.bool_) else value)
    return outcome


def as_label(value: object) -> str | None:
    """A value as a file would hold it: the group 7 is the same group where a frame has made 7.0 of it."""
    import pandas as pd

    if plain_value(value) is None:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return label_of(float(value)) if isinstance(value, float | np.floating) else str(value)


def _checked(spec: ModelSpec, names: Sequence[object], told: OutcomeColumns, require: Require) -> list[str]:
    """The indicators that have a column, once all that is asked for is there.

    Raises
    ------
    SituationError
        Where a column that was named is not there, or serves two ends.
    """
    for kind, name in zip(OutcomeColumns._fields, told, strict=True):
        if name is None:
            continue
        if name not in names:
            others = [str(column) for column in names if column not in spec.indicators]
            near = suggest(name, others)
            raise SituationError(f"there is no column {name!r} for the {kind}{near}")
        if name in spec.indicators:
            raise SituationError(f"the {kind} cannot be {name!r}: that is an indicator of model {spec.id!r}")
        if list(told).count(name) > 1:
            raise SituationError(f"the column {name!r} cannot be the {kind} and something else too")
        if list(names).count(name) > 1:
            raise SituationError(f"duplicate column {name!r}")
    return indicator_columns(spec, [name for name in names if name not in told], require)


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    chunks = [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
