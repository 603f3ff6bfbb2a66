"""Cases: situations as analyses take them, one or a table of them, from wherever they come."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from riskmodel.calls import call_as
from riskmodel.documents.document import from_python, is_table
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation, from_values, read_situations, values_for
from riskmodel.errors import SituationError, repr_value
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import Distribution, SituationSpec
from riskmodel.tables.cells import as_text
from riskmodel.tables.columns import indicator_columns
from riskmodel.tables.csv_reader import CsvOptions
from riskmodel.tables.input_file import open_input
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rows import Rows

if TYPE_CHECKING:
    import pandas as pd


SituationLike: TypeAlias = Situation | Mapping[str, Any]
"""One situation: read from a file, or its values by indicator."""
SituationsLike: TypeAlias = "Sequence[SituationLike] | pd.DataFrame | str | Path"
"""Several: a list, a frame with a row for each, or a file (situations in YAML or JSON; a table in CSV or Parquet)."""
OnProgress: TypeAlias = Callable[[float, str], None]
"""Called with the share that is done, in [0, 1], and what is being done."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Case:
    """A situation, held against a model.

    Attributes
    ----------
    situation : what it is.
    heading : what to call it.
    given : the values as the engine takes them, by indicator; of a distribution its median. What is missing is left
        out.
    uncertain : the distributions, by indicator.
    """

    situation: Situation
    heading: str
    given: Mapping[str, float]
    uncertain: Mapping[str, Distribution]


def prepare(model: Model, situation: SituationLike) -> Case:
    """One situation.

    Raises
    ------
    SituationError
        With every unknown indicator and every value that is not valid.
    ModelError
        Where the model is not fitted yet.
    """
    if not isinstance(situation, Situation | Mapping):
        told = type(situation).__name__
        raise TypeError(f"a situation is a mapping of values by indicator, or was read from a file; got {told}")
    found = situation if isinstance(situation, Situation) else from_values(situation)
    values = values_for(model.spec, found)
    given = {name: model.compiled.indicators[name].encode(value) for name, value in values.items() if value is not None}
    return Case(situation=found, heading=_heading(found), given=given, uncertain=found.distributions)


def load_situations(spec: ModelSpec, source: "SituationsLike") -> list[Situation]:
    """Several situations.

    Raises
    ------
    SituationError
        Where a file cannot be read, or anything in it cannot be used.
    """
    if isinstance(source, str | Path):
        return table_situations(spec, source) if is_table(source) else read_situations(source)
    if isinstance(source, Sequence):
        return [_as_situation(one, number) for number, one in enumerate(source, start=1)]
    return table_situations(spec, source)


def each_of(
    model: Model,
    source: "SituationsLike",
    analyse: Callable[[Case, OnProgress | None], Result],
    on_progress: OnProgress | None,
) -> tuple[Result, ...]:
    """The same analysis of each of several situations, once all are known to be valid."""
    cases = [prepare(model, situation) for situation in load_situations(model.spec, source)]
    return tuple(analyse(case, part_of(on_progress, place, len(cases))) for place, case in enumerate(cases))


def part_of(on_progress: OnProgress | None, place: int, of: int) -> OnProgress | None:
    """The progress of one of several analyses as progress of all."""
    if on_progress is None:
        return None
    words = "" if of == 1 else f"situation {place + 1} of {of:,}: "
    return lambda share, doing: on_progress((place + share) / of, f"{words}{doing}")


def _as_situation(source: object, number: int) -> Situation:
    """One of several; values without a name are called by their number."""
    if isinstance(source, Situation):
        return source
    if isinstance(source, Mapping):
        return from_values(source, id=f"Situation {number}")
    raise TypeError(
        f"a situation is a mapping of values by indicator, or was read from a file; got {repr_value(source)}"
    )


@call_as("read_table(data, model=model)")
def read_table(data: "str | Path | pd.DataFrame", *, model: "Model | str | Path" = DEFAULT) -> list[Situation]:
    """The rows of a table as situations, to be analysed one by one or compared.

    Parameters
    ----------
    data
        The path of a CSV (also .gz, .zst) or Parquet file, or a pandas frame. Columns named like indicators are
        read, a column `id` names the rows, others are passed over.
    model
        A model, its path, or its id.

    Raises
    ------
    SituationError
        Where the table cannot be read, no column is an indicator, or a row cannot be used (the first are named).
    """
    return table_situations(ensure_model(model).spec, data)


def _heading(situation: Situation) -> str:
    return situation.spec.title or situation.spec.id or "Situation"


ID = "id"
"""The column that names the rows, where there is one."""


class _Rows(NamedTuple):
    """Columns by indicator, as the engine takes them, and the name of each row (None where it has none)."""

    columns: Mapping[str, Floats]
    ids: Sequence[str | None]


class SituationTable(NamedTuple):
    """A table of situations.

    Attributes
    ----------
    situations : one for each row.
    names : of all columns.
    columns : (n,) raw values by indicator, as the engine takes them.
    """

    situations: list[Situation]
    names: Sequence[object]
    columns: Mapping[str, Floats]


def table_situations(spec: ModelSpec, data: "str | Path | pd.DataFrame") -> list[Situation]:
    """Read the rows of a table as situations; see `situation_table`."""
    return situation_table(spec, data).situations


def situation_table(spec: ModelSpec, data: "str | Path | pd.DataFrame") -> SituationTable:
    """Read a table of situations; a column `id` names them.

    Parameters
    ----------
    spec : the model whose indicators are read; other columns are passed over.
    data : the path of a CSV (also .gz, .zst) or Parquet file, or a pandas frame.

    Raises
    ------
    SituationError
        Where the table cannot be read, no column is an indicator, or a row cannot be used (the first are named).
    """
    names, parts = _of_file(spec, data) if isinstance(data, str | Path) else _of_frame(spec, data)
    situations: list[Situation] = []
    for part in parts:
        for place, row_id in enumerate(part.ids):
            values = {name: column[place] for name, column in part.columns.items() if not np.isnan(column[place])}
            name = row_id or f"row {len(situations) + 1}"
            situations.append(_situation(spec, name, values))
    if not situations:
        raise SituationError(f"{data if isinstance(data, str | Path) else 'the frame'}: has no rows")
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    return SituationTable(situations, names, columns)


def _situation(spec: ModelSpec, name: str, values: Mapping[str, float]) -> Situation:
    plain: dict[str, float | str] = {}
    for indicator, value in values.items():
        labels = spec.indicators[indicator].labels
        plain[indicator] = float(value) if labels is None else labels[int(value)]
    return Situation(SituationSpec.model_construct(id=name, values=plain), from_python({"id": name, "values": plain}))


def _of_file(spec: ModelSpec, path: str | Path) -> tuple[Sequence[object], list[_Rows]]:
    with open_input(path) as source:
        found = open_reader(source, spec, CsvOptions(has_options=False), as_text=True)
        read = indicator_columns(spec, found.names)
        place = list(found.names).index(ID) if ID in found.names else None

        def take(rows: Rows) -> _Rows:
            ids = [None] * rows.count if place is None else as_text(ID, rows.arrow_column(place)).to_pylist()
            return _Rows({name: rows.columns[name] for name in read}, ids)

        return found.names, list(read_all_or_raise(found, take))


def _of_frame(spec: ModelSpec, frame: "pd.DataFrame") -> tuple[Sequence[object], list[_Rows]]:
    from riskmodel.analysis.outcomes.observations import as_label
    from riskmodel.tables.frames import read_columns

    columns = read_columns(spec, frame)
    ids = [as_label(value) for value in frame[ID]] if ID in frame.columns else [None] * len(frame)
    return list(frame.columns), [_Rows(columns, ids)]


def names_of(cases: Sequence[Case]) -> list[str]:
    """Title, else id, else a number; with the date where there is one: `START I and the Moscow summit (1991)`.

    A name that several have is followed by the number of the situation, from 1.
    """
    found = []
    for number, case in enumerate(cases, start=1):
        about = case.situation.spec
        name = about.title or about.id or f"Situation {number}"
        found.append(f"{name} ({about.date})" if about.date else name)
    counts = Counter(found)
    return [f"{name}, number {place}" if counts[name] > 1 else name for place, name in enumerate(found, start=1)]
