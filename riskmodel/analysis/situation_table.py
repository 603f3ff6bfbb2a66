"""Situations from a table: a row of a file, or of a frame, for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.batch.csv_source import CsvOptions
from riskmodel.batch.inputs import open_input
from riskmodel.batch.reading import open_reader, read_all_or_raise
from riskmodel.batch.rows import Rows
from riskmodel.cells import as_text
from riskmodel.columns import indicator_columns
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.load.files import from_python
from riskmodel.load.situations import Situation
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.situation import SituationSpec

if TYPE_CHECKING:
    import pandas as pd

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
            ids = [None] * rows.count if place is None else as_text(ID, rows.typed(place)).to_pylist()
            return _Rows({name: rows.columns[name] for name in read}, ids)

        return found.names, list(read_all_or_raise(found, take))


def _of_frame(spec: ModelSpec, frame: "pd.DataFrame") -> tuple[Sequence[object], list[_Rows]]:
    from riskmodel.analysis.observations import as_label
    from riskmodel.tables.frames import read_columns

    columns = read_columns(spec, frame)
    ids = [as_label(value) for value in frame[ID]] if ID in frame.columns else [None] * len(frame)
    return list(frame.columns), [_Rows(columns, ids)]
