"""Load the situations of an analysis, one or several, from values, files or frames, and encode them for the engine."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar, Unpack

import numpy as np

from riskmodel.calls import call_as
from riskmodel.documents.document import from_python, is_table
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation, from_values, read_situations, values_for
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError, repr_value
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import Distribution, SituationSpec
from riskmodel.tables.cells import as_label
from riskmodel.tables.columns import match_columns, match_table
from riskmodel.tables.input_file import open_input
from riskmodel.tables.options import AS_IT_COMES, TableKeywords, TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rows import Rows

if TYPE_CHECKING:
    import pandas as pd


SituationLike: TypeAlias = Situation | Mapping[str, Any]
"""A situation read from a file, or values by indicator."""
SituationsLike: TypeAlias = "Sequence[SituationLike] | pd.DataFrame | str | Path"
"""A list, a frame with a row for each situation, or a file (situations in YAML or JSON; a table in CSV or Parquet)."""
OnProgress: TypeAlias = Callable[[float, str], None]
"""Called with the share done, in [0, 1], and the step being done."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class Case:
    """A situation checked against a model and encoded for the engine.

    Attributes
    ----------
    situation : the situation.
    heading : its title, or id.
    given : encoded values by indicator, medians of distributions; missing ones are left out.
    uncertain : the distributions, by indicator.
    """

    situation: Situation
    heading: str
    given: Mapping[str, float]
    uncertain: Mapping[str, Distribution]


def prepare(model: Model, situation: SituationLike) -> Case:
    """Check a situation against a model and encode its values.

    Raises
    ------
    SituationError
        With every unknown indicator and every value that is not valid.
    ModelError
        If the model is not fitted yet.
    """
    if not isinstance(situation, Situation | Mapping):
        kind = type(situation).__name__
        raise TypeError(f"a situation is a mapping of values by indicator, or was read from a file; got {kind}")
    loaded = situation if isinstance(situation, Situation) else from_values(situation)
    values = values_for(model.spec, loaded)
    given = {name: model.compiled.indicators[name].encode(value) for name, value in values.items() if value is not None}
    heading = loaded.spec.title or loaded.spec.id or "Situation"
    return Case(situation=loaded, heading=heading, given=given, uncertain=loaded.distributions)


def load_situations(spec: ModelSpec, source: "SituationsLike", options: TableOptions = AS_IT_COMES) -> list[Situation]:
    """Load several situations; a table is read by the options.

    Raises
    ------
    SituationError
        If a file cannot be read, or its content is not valid.
    """
    if isinstance(source, str | Path):
        return situation_table(spec, source, options).situations if is_table(source) else read_situations(source)
    if isinstance(source, Sequence):
        return [_as_situation(item, number) for number, item in enumerate(source, start=1)]
    return situation_table(spec, source, options).situations


def each_of(
    model: Model,
    source: "SituationsLike",
    analyse: Callable[[Case, OnProgress | None], Result],
    on_progress: OnProgress | None,
) -> tuple[Result, ...]:
    """Analyse each of several situations, once all have been checked."""
    cases = [prepare(model, situation) for situation in load_situations(model.spec, source)]
    return tuple(analyse(case, part_of(on_progress, index, len(cases))) for index, case in enumerate(cases))


def part_of(on_progress: OnProgress | None, index: int, count: int) -> OnProgress | None:
    """Convert the progress of one of several analyses to progress of all."""
    if on_progress is None:
        return None
    prefix = "" if count == 1 else f"situation {index + 1} of {count:,}: "
    return lambda share, doing: on_progress((index + share) / count, f"{prefix}{doing}")


def _as_situation(source: object, number: int) -> Situation:
    """Convert one of several; values without a name are called by their number."""
    if isinstance(source, Situation):
        return source
    if isinstance(source, Mapping):
        return from_values(source, id=f"Situation {number}")
    raise TypeError(
        f"a situation is a mapping of values by indicator, or was read from a file; got {repr_value(source)}"
    )


@call_as("read_table(data, model=model)")
def read_table(
    data: "str | Path | pd.DataFrame", *, model: "Model | str | Path" = DEFAULT, **table: Unpack[TableKeywords]
) -> list[Situation]:
    """Read the rows of a table as situations, to analyse or compare them.

    Parameters
    ----------
    data
        The path of a table in a format of docs/batch.md, or a pandas frame. The columns of indicators are read, a
        column `id` names the rows, others are ignored.
    model
        A model, its path, or its id.
    **table
        How the table is read; see `riskmodel.TableKeywords`.

    Raises
    ------
    SituationError
        If the table cannot be read, no column is an indicator, or rows are not valid (the first are named).
    """
    return situation_table(ensure_model(model).spec, data, TableOptions.of(table)).situations


class _Rows(NamedTuple):
    """Encoded columns by indicator, and the name and time of each row, or None."""

    columns: Mapping[str, Floats]
    ids: Sequence[str | None]
    times: Sequence[str | None]


class _Table(NamedTuple):
    names: Sequence[object]
    matched: Mapping[str, str]
    parts: list[_Rows]


class SituationTable(NamedTuple):
    """A table of situations.

    Attributes
    ----------
    situations : one for each row.
    names : of all columns.
    matched : the column of each indicator that has one.
    columns : (n,) encoded values by indicator.
    """

    situations: list[Situation]
    names: Sequence[object]
    matched: Mapping[str, str]
    columns: Mapping[str, Floats]


def situation_table(
    spec: ModelSpec, data: "str | Path | pd.DataFrame", options: TableOptions = AS_IT_COMES
) -> SituationTable:
    """Read a table of situations.

    Parameters
    ----------
    spec : the model whose indicators are read; other columns are ignored.
    data : the path of a table in a format of docs/batch.md, or a pandas frame.
    options : how it is read, and which columns name its rows and their times.

    Raises
    ------
    SituationError
        If the table cannot be read, no column is an indicator, or rows are not valid (the first are named).
    """
    read = _of_file(spec, data, options) if isinstance(data, str | Path) else _of_frame(spec, data, options)
    names, matched, parts = read
    situations: list[Situation] = []
    for part in parts:
        for row, row_id in enumerate(part.ids):
            values = {name: column[row] for name, column in part.columns.items() if not np.isnan(column[row])}
            name = row_id or f"row {len(situations) + 1}"
            situations.append(row_situation(spec, name, part.times[row], values))
    if not situations:
        raise SituationError(f"{data if isinstance(data, str | Path) else 'the frame'}: has no rows")
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    return SituationTable(situations, names, matched, columns)


def row_situation(spec: ModelSpec, name: str, date: str | None, values: Mapping[str, float]) -> Situation:
    """Return a row of a table as a situation; the values are encoded."""
    plain: dict[str, float | str] = {}
    for indicator, value in values.items():
        labels = spec.indicators[indicator].labels
        plain[indicator] = float(value) if labels is None else labels[int(value)]
    content: dict[str, Any] = (
        {"id": name, "values": plain} if date is None else {"id": name, "date": date, "values": plain}
    )
    return Situation(SituationSpec.model_construct(**content), from_python(content))


def _of_file(spec: ModelSpec, path: str | Path, options: TableOptions) -> _Table:
    with open_input(path) as source:
        reader = open_reader(source, spec, options, as_text=True)
        match_columns(spec, reader.names, options)
        position = {name: number for number, name in enumerate(reader.names)}
        time = options.time_column(reader.names)

        def texts(rows: Rows, name: str) -> list[str | None]:
            return list(as_label(name, rows.arrow_column(position[name])).to_pylist())

        def take(rows: Rows) -> _Rows:
            ids = [texts(rows, name) for name in reader.matched.ids]
            times = [None] * rows.count if time is None else texts(rows, time)
            return _Rows(rows.columns, _joined(ids, rows.count), times)

        return _Table(reader.names, reader.matched.columns, list(read_all_or_raise(reader, take)))


def _of_frame(spec: ModelSpec, frame: "pd.DataFrame", options: TableOptions) -> _Table:
    from riskmodel.tables.frames.scoring import read_columns
    from riskmodel.tables.labels import frame_labels

    columns = read_columns(spec, frame, options)
    matched = match_table(spec, list(frame.columns), options)
    time = options.time_column(list(frame.columns))
    ids = [frame_labels(frame[name]).to_pylist() for name in matched.ids]
    times = [None] * len(frame) if time is None else frame_labels(frame[time]).to_pylist()
    return _Table(list(frame.columns), matched.columns, [_Rows(columns, _joined(ids, len(frame)), times)])


def _joined(ids: Sequence[Sequence[str | None]], count: int) -> list[str | None]:
    """Return the names of rows: the cells of the columns that name them, joined by commas; None where all are empty."""
    if not ids:
        return [None] * count
    return [", ".join(filter(None, cells)) or None for cells in zip(*ids, strict=True)]


def names_of(cases: Sequence[Case]) -> list[str]:
    """Return title, else id, else a number; with the date if given: `START I and the Moscow summit (1991)`.

    Duplicate names are followed by the number of the situation, from 1.
    """
    names = []
    for number, case in enumerate(cases, start=1):
        spec = case.situation.spec
        name = spec.title or spec.id or f"Situation {number}"
        names.append(f"{name} ({spec.date})" if spec.date else name)
    counts = Counter(names)
    return [f"{name}, number {number}" if counts[name] > 1 else name for number, name in enumerate(names, start=1)]


def columns_of(model: CompiledModel, cases: Sequence[Case]) -> dict[str, Floats]:
    """Return (n,) values of n cases by indicator, NaN if missing; indicators that no case gives are left out."""
    return {
        name: np.array([case.given.get(name, np.nan) for case in cases])
        for name in model.indicators
        if any(name in case.given for case in cases)
    }
