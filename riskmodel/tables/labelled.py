"""Tables in memory: the indicators of a model, further columns of numbers, and columns of labels."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays, cells
from riskmodel.tables.check import TableCheck, count_values, table_check
from riskmodel.tables.columns import Require, known_names, match_columns
from riskmodel.tables.input_file import TYPED, InputFile, open_input
from riskmodel.tables.labels import Labels, frame_labels, read_labels
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rejects import Reject, reject_problem
from riskmodel.tables.rows import Rows
from riskmodel.tables.times import Times, read_times

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LabelledTable:
    """n rows, in memory.

    Attributes
    ----------
    source : the name of the file, or `the frame`.
    rows : n.
    names : of all columns.
    matched : the column of each indicator that has one.
    columns : (n,) encoded values by indicator; indicators without a column are left out.
    numbers : (n,) values of further columns by name, NaN where missing.
    texts : (n,) cells of the columns of labels, by name.
    ids : the columns that name rows, which are among the columns of labels; empty if there is none.
    time : the column of times, also among them; None if none was named.
    problem : makes a problem from the index of a row, a column and a message.
    place : returns the place of a row in the source, such as `line 3`.
    cells : (n,) the columns of labels as the frame has them, such as dates; empty for files.
    """

    source: str
    rows: int
    names: Sequence[object]
    matched: Mapping[str, str]
    columns: Mapping[str, Floats]
    numbers: Mapping[str, Floats]
    texts: Mapping[str, pa.Array]
    ids: tuple[str, ...]
    time: str | None
    problem: Callable[[int, str, str], Problem]
    place: Callable[[int], str]
    cells: "Mapping[str, pd.Series[Any]]" = field(default_factory=dict)

    def check(self, model: CompiledModel) -> TableCheck:
        """Find the indicators without a column, and the values beyond the ends of their scale."""
        return table_check(model, self.names, self.matched, self.rows, count_values(model, self.columns))

    def labels(self, name: str) -> Labels:
        """Return a column of labels; SituationError if a row has none."""
        return read_labels(self.texts[name], lambda row, message: self.problem(row, name, message))

    def times(self, name: str) -> Times:
        """Return a column of labels as times; SituationError if a row has none, or its label is not a time."""
        return read_times(self.texts[name], lambda row, message: self.problem(row, name, message))


class _Wanted(NamedTuple):
    """The columns that a caller wants; see `read_labelled`."""

    spec: ModelSpec
    options: TableOptions
    labels: Sequence[str]
    numbers: Sequence[str]
    require: Require
    check: Callable[[Sequence[object]], None]


class _Names(NamedTuple):
    """The names of columns: of indicators by indicator, of labels, those that name rows, and of times."""

    matched: Mapping[str, str]
    labels: list[str]
    ids: tuple[str, ...]
    time: str | None


def read_labelled(
    spec: ModelSpec,
    data: "str | Path | InputFile | pd.DataFrame",
    options: TableOptions,
    labels: Sequence[str] = (),
    numbers: Sequence[str] = (),
    require: Require = (),
    check: Callable[[Sequence[object]], None] = lambda names: None,
) -> LabelledTable:
    """Read a table with its columns of labels.

    Parameters
    ----------
    spec : the model whose indicators are read.
    data : a path (`-` is standard input), an open file, or a pandas frame.
    options : how the data are read; its columns for ids and times are among the labels.
    labels : names of further columns of labels.
    numbers : names of further columns of numbers, or of booleans in typed files and frames; none is an indicator.
    require : the indicators that must have a column.
    check : called with the names of all columns before the others are checked.

    Raises
    ------
    SituationError
        If the table cannot be read, has no rows, or a named column is lacking or duplicate.
    """
    wanted = _Wanted(spec, options, labels, numbers, require, check)
    return _of_file(wanted, data) if isinstance(data, str | Path | InputFile) else _of_frame(wanted, data)


def _names(wanted: _Wanted, names: Sequence[object]) -> _Names:
    wanted.check(names)
    spec, options, numbers = wanted.spec, wanted.options, wanted.numbers
    for name in (*wanted.labels, *numbers):
        if name not in names:
            raise SituationError(f"there is no column {name!r}{suggest(name, list(map(str, names)))}")
    ids, time = options.row_names(names), options.time_column(names)
    labels = list(dict.fromkeys((*ids, *([] if time is None else [time]), *wanted.labels)))
    for name in (*labels, *numbers):
        if list(names).count(name) > 1:
            raise SituationError(f"duplicate column {name!r}")
    known = known_names(spec, options)
    for name in numbers:
        if name in known:
            raise SituationError(f"{name!r} is an indicator of model {spec.id!r}, and cannot be the weight too")
    # A column of labels may be an indicator too; others are no misspelt indicators.
    others = [name for name in names if name in known or name not in (*numbers, *labels)]
    return _Names(match_columns(spec, others, options, wanted.require), labels, ids, time)


def _with_numbers(spec: ModelSpec, numbers: Sequence[str]) -> ModelSpec:
    """Return a model that reads further numbers like indicators, with the same numbers and missing values."""
    return spec.model_copy(update={"indicators": {**spec.indicators, **{name: Indicator() for name in numbers}}})


class _Chunk(NamedTuple):
    columns: Mapping[str, Floats]
    texts: Mapping[str, pa.Array]
    numbers: NDArray[np.intp]
    """The lines (or rows) of the chunk at which its rows begin."""
    lines: int
    """Number of lines (or rows) of the chunk."""


def _of_file(wanted: _Wanted, file: str | Path | InputFile) -> LabelledTable:
    with nullcontext(file) if isinstance(file, InputFile) else open_input(file) as source:
        booleans = _booleans(source, wanted)
        known = _with_numbers(wanted.spec, [name for name in wanted.numbers if name not in booleans])
        reader = open_reader(source, known, wanted.options, as_text=True)
        names = _names(wanted, reader.names)
        positions = {name: number for number, name in enumerate(reader.names)}

        def take(rows: Rows) -> _Chunk:
            texts = {name: cells.as_label(name, rows.arrow_column(positions[name])) for name in names.labels}
            whole = {
                name: arrays.floats(pc.cast(rows.arrow_column(positions[name]), pa.float64())) for name in booleans
            }
            return _Chunk({**rows.columns, **whole}, texts, rows.line_numbers(), rows.lines)

        chunks = list(read_all_or_raise(reader, take))
    if not any(len(chunk.numbers) for chunk in chunks):
        raise SituationError([Problem("has no rows", file=source.name)])
    starts = reader.lines_before + np.cumsum([0, *(chunk.lines for chunk in chunks)])
    lines = np.concatenate([start + chunk.numbers for start, chunk in zip(starts, chunks, strict=False)])
    values = {name: np.concatenate([chunk.columns[name] for chunk in chunks]) for name in chunks[0].columns}
    return LabelledTable(
        source.name,
        len(lines),
        reader.names,
        names.matched,
        {name: values[name] for name in names.matched},
        {name: values[name] for name in wanted.numbers},
        {name: _concatenated([chunk.texts[name] for chunk in chunks]) for name in names.labels},
        names.ids,
        names.time,
        lambda row, column, message: reject_problem(
            Reject(int(lines[row]), "", column, "", message), source.name, reader.row_unit
        ),
        lambda row: f"{reader.row_unit} {lines[row]:,}",
    )


def _booleans(source: InputFile, wanted: _Wanted) -> list[str]:
    """Return the columns of numbers that are boolean in a typed file, which indicators cannot be."""
    if source.kind not in TYPED:
        return []
    schema = open_reader(source, wanted.spec, wanted.options).schema
    return [name for name in wanted.numbers if name in schema.names and pa.types.is_boolean(schema.field(name).type)]


def _concatenated(columns: Sequence[pa.Array]) -> pa.Array:
    return pa.concat_arrays([chunk for column in columns for chunk in getattr(column, "chunks", [column])])


def _of_frame(wanted: _Wanted, frame: "pd.DataFrame") -> LabelledTable:
    import pandas as pd

    from riskmodel.tables.frames.scoring import as_pandas, read_columns, row_name

    if not isinstance(frame, pd.DataFrame):
        frame = as_pandas(frame)
    names = _names(wanted, list(frame.columns))
    if len(frame) == 0:
        raise SituationError("the frame: has no rows")
    numbers = {name: _booleans_as_numbers(frame[name]) for name in wanted.numbers}
    read = frame[[*dict.fromkeys((*names.matched.values(), *wanted.numbers))]].assign(**numbers)
    values = read_columns(_with_numbers(wanted.spec, wanted.numbers), read, replace(wanted.options, id=(), time=None))
    return LabelledTable(
        "the frame",
        len(frame),
        list(frame.columns),
        names.matched,
        {name: values[name] for name in names.matched},
        {name: values[name] for name in wanted.numbers},
        {name: frame_labels(frame[name]) for name in names.labels},
        names.ids,
        names.time,
        lambda row, column, message: Problem(message, f"column {column}, {row_name(frame.index, row)}", "the frame"),
        lambda row: row_name(frame.index, row),
        {name: frame[name] for name in names.labels},
    )


def _booleans_as_numbers(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert booleans to 1 and 0; leave other values."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("Float64")
    if pd.api.types.is_object_dtype(column.dtype):
        return column.map(lambda value: float(value) if isinstance(value, bool | np.bool_) else value)
    return column
