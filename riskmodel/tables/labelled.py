"""Tables in memory: the indicators of a model, further columns of numbers, and columns of labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import cells
from riskmodel.tables.check import TableCheck, count_values, table_check
from riskmodel.tables.columns import match_columns
from riskmodel.tables.input_file import open_input
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

    def check(self, model: CompiledModel) -> TableCheck:
        """Find the indicators without a column, and the values beyond the ends of their scale."""
        return table_check(model, self.names, self.matched, self.rows, count_values(model, self.columns))

    def labels(self, name: str) -> Labels:
        """Return a column of labels; SituationError if a row has none."""
        return read_labels(self.texts[name], lambda row, message: self.problem(row, name, message))

    def times(self, name: str) -> Times:
        """Return a column of labels as times; SituationError if a row has none, or its label is not a time."""
        return read_times(self.texts[name], lambda row, message: self.problem(row, name, message))


class _Names(NamedTuple):
    matched: Mapping[str, str]
    labels: list[str]
    ids: tuple[str, ...]
    time: str | None


def read_labelled(
    spec: ModelSpec,
    data: "str | Path | pd.DataFrame",
    options: TableOptions,
    labels: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> LabelledTable:
    """Read a table with its columns of labels.

    Parameters
    ----------
    spec : the model whose indicators are read.
    data : a path (`-` is standard input), or a pandas frame.
    options : how the data are read; its columns for ids and times are among the labels.
    labels : names of further columns of labels.
    numbers : names of further columns of numbers; none of them is an indicator.

    Raises
    ------
    SituationError
        If the table cannot be read, has no rows, or a named column is lacking or duplicate.
    """
    # Further numbers are read like indicators, so that numbers and missing values are recognised in the same way.
    known = spec.model_copy(update={"indicators": {**spec.indicators, **{name: Indicator() for name in numbers}}})
    if isinstance(data, str | Path):
        return _of_file(spec, known, data, options, labels, numbers)
    return _of_frame(spec, known, data, options, labels, numbers)


def _names(
    spec: ModelSpec, names: Sequence[object], options: TableOptions, labels: Sequence[str], numbers: Sequence[str]
) -> _Names:
    for name in (*labels, *numbers):
        if name not in names:
            raise SituationError(f"there is no column {name!r}{suggest(name, list(map(str, names)))}")
    ids, time = options.row_names(names), options.time_column(names)
    texts = list(dict.fromkeys((*ids, *([] if time is None else [time]), *labels)))
    for name in (*texts, *numbers):
        if list(names).count(name) > 1:
            raise SituationError(f"duplicate column {name!r}")
    # A column of labels may be an indicator too.
    matched = match_columns(spec, [name for name in names if name not in numbers], options)
    return _Names(matched, texts, ids, time)


class _Chunk(NamedTuple):
    columns: Mapping[str, Floats]
    texts: Mapping[str, pa.Array]
    numbers: NDArray[np.intp]
    """The lines (or rows) of the chunk at which its rows begin."""
    lines: int
    """Number of lines (or rows) of the chunk."""


def _of_file(
    spec: ModelSpec,
    known: ModelSpec,
    path: str | Path,
    options: TableOptions,
    labels: Sequence[str],
    numbers: Sequence[str],
) -> LabelledTable:
    with open_input(path) as source:
        reader = open_reader(source, known, options, as_text=True)
        names = _names(spec, reader.names, options, labels, numbers)
        positions = {name: list(reader.names).index(name) for name in names.labels}

        def take(rows: Rows) -> _Chunk:
            texts = {name: cells.as_text(name, rows.arrow_column(place)) for name, place in positions.items()}
            return _Chunk(rows.columns, texts, rows.line_numbers(), rows.lines)

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
        {name: column for name, column in values.items() if name not in numbers},
        {name: values[name] for name in numbers},
        {name: _concatenated([chunk.texts[name] for chunk in chunks]) for name in names.labels},
        names.ids,
        names.time,
        lambda row, column, message: reject_problem(
            Reject(int(lines[row]), "", column, "", message), source.name, reader.row_unit
        ),
        lambda row: f"{reader.row_unit} {lines[row]:,}",
    )


def _concatenated(columns: Sequence[pa.Array]) -> pa.Array:
    chunks = [chunk for column in columns for chunk in getattr(column, "chunks", [column])]
    return pa.concat_arrays(chunks)


def _of_frame(
    spec: ModelSpec,
    known: ModelSpec,
    frame: "pd.DataFrame",
    options: TableOptions,
    labels: Sequence[str],
    numbers: Sequence[str],
) -> LabelledTable:
    import pandas as pd

    from riskmodel.tables.frames import read_columns, row_name

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"this takes a path or a pandas DataFrame; got {type(frame).__name__}")
    names = _names(spec, list(frame.columns), options, labels, numbers)
    if len(frame) == 0:
        raise SituationError("the frame: has no rows")
    values = read_columns(known, frame, options)
    return LabelledTable(
        "the frame",
        len(frame),
        list(frame.columns),
        names.matched,
        {name: column for name, column in values.items() if name not in numbers},
        {name: values[name] for name in numbers},
        {name: frame_labels(frame[name]) for name in names.labels},
        names.ids,
        names.time,
        lambda row, column, message: Problem(message, f"column {column}, {row_name(frame.index, row)}", "the frame"),
        lambda row: row_name(frame.index, row),
    )
