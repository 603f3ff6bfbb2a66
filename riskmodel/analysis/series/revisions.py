"""Hold the scores of a series against those of an earlier run."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.analysis.panels.rows import combined, keys_of
from riskmodel.analysis.results.digest import Revision, Revisions, RowKey
from riskmodel.analysis.results.series import TimeSeries
from riskmodel.errors import RiskmodelError, SituationError, suggest
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables.csv.escape import is_formula
from riskmodel.tables.labelled import LabelledTable, read_labelled
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.options import AS_IT_COMES
from riskmodel.tables.times import places_among

if TYPE_CHECKING:
    import pandas as pd

_MODEL_COLUMNS = {"model_id": "id", "model_version": "version", "fingerprint": "fingerprint"}
"""Columns of `riskmodel batch --add` that say which model it was, and what they are of its identity."""
Key = tuple[tuple[str, ...], float]
"""The labels of a unit, and the place of a time among those of the series."""


def revisions(series: TimeSeries, since: "str | Path | pd.DataFrame", time: int) -> Revisions:
    """Compare the scores of a series with those of an earlier run, as they are reported.

    Parameters
    ----------
    series : of this run.
    since : a table with the columns of units and times, and columns of scores by their names: what `riskmodel series`
        or `riskmodel batch` wrote.
    time : the position of the last time that is compared.

    Raises
    ------
    SituationError
        If the table cannot be read, has no such columns, or two rows of a unit and time.
    """
    if isinstance(since, str) and since == "-":
        raise SituationError("--since takes a file, not standard input")
    source = str(since) if isinstance(since, str | Path) else "the earlier frame"
    try:
        table = _read(series, since)
        return _compare(series, table, time, source, _other_models(series, since, table))
    except RiskmodelError as error:
        raise SituationError(error.with_file(source)) from None


def _read(series: TimeSeries, since: "str | Path | pd.DataFrame") -> LabelledTable:
    def check(names: Sequence[object]) -> None:
        for name in (*series.by, series.time):
            if name not in names:
                hint = suggest(name, list(map(str, names)))
                raise SituationError(f"there is no column {name!r}, by which rows are matched{hint}")
        if not any(name in names for name in series.main_scores):
            scores = " or ".join(series.main_scores)
            raise SituationError(f"there is no column {scores}; `riskmodel series TABLE -o FILE` writes an earlier run")

    return read_labelled(_spec(series.main_scores), since, AS_IT_COMES, [*series.by, series.time], check=check)


def _spec(columns: Iterable[str]) -> ModelSpec:
    """Return a model that reads columns of scores like indicators, by the same rules for numbers and blanks."""
    indicators = {name: Indicator() for name in columns}
    return ModelSpec.model_construct(format=1, id="earlier-run", indicators=indicators, scores={})


def _other_models(
    series: TimeSeries, since: "str | Path | pd.DataFrame", table: LabelledTable
) -> Mapping[str, tuple[str, ...]]:
    """Return what a table says of other models than that of the series, by column."""
    present = [column for column in _MODEL_COLUMNS if column in table.names]
    if not present:
        return {}
    texts = read_labelled(_spec(table.matched), since, AS_IT_COMES, present).texts
    own = {column: getattr(series.model, _MODEL_COLUMNS[column]) or "" for column in present}
    values = {column: {str(value) for value in pc.unique(texts[column]).to_pylist() if value} for column in present}
    return {column: tuple(sorted(others)) for column in present if (others := values[column] - {own[column]})}


def _compare(
    series: TimeSeries, table: LabelledTable, time: int, source: str, other_models: Mapping[str, tuple[str, ...]]
) -> Revisions:
    times = table.times(series.time)
    try:
        places = np.array(places_among(series.times, times.names))[times.codes]
    except SituationError:
        span, other = (f"{names[0]} to {names[-1]}" for names in (times.names, series.times))
        message = f"its times, {span}, are of another kind than those of {series.source}, {other}"
        raise SituationError(message) from None
    units = [_as_given(table.labels(name), series.labels[name]) for name in series.by]
    for first, second, *_ in keys_of(combined(units, table.rows), times.codes).repeated:
        raise SituationError(f"{table.place(first)} and {table.place(second)} have the same unit and time")
    codes = series.labels[series.time].codes
    until = min(time, float(places.max()))
    earlier = _rows(units, places, np.flatnonzero(places <= time))
    rows = _rows([series.labels[name] for name in series.by], codes, np.flatnonzero(codes <= until))
    both = [(earlier[key], row) for key, row in rows.items() if key in earlier]
    scores = [name for name in series.main_scores if name in table.matched]
    return Revisions(
        source,
        times.names[-1] if until < time else series.times[time],
        len(both),
        tuple(scores),
        tuple(name for name in series.main_scores if name not in scores),
        tuple(_revised(series, table, scores, both)),
        tuple(
            RowKey(", ".join(key[0]) or series.unit_names[0], times.label(row))
            for key, row in earlier.items()
            if key not in rows
        ),
        tuple(
            RowKey(series.unit_names[series.unit[row]], series.time_label(row))
            for key, row in rows.items()
            if key not in earlier
        ),
        other_models,
    )


def _as_given(labels: Labels, known: Labels) -> Labels:
    """Return labels of an earlier run without the `'` by which its CSV escapes what spreadsheets would run."""
    names = set(known.names)
    unescaped = (
        name[1:] if name.startswith("'") and is_formula(name[1:]) and name not in names else name
        for name in labels.names
    )
    return Labels(labels.codes, tuple(unescaped))


def _rows(units: Sequence[Labels], places: NDArray[Any], chosen: Codes) -> dict[Key, int]:
    return {(tuple(labels.label(row) for labels in units), float(places[row])): row for row in chosen.tolist()}


def _revised(
    series: TimeSeries, table: LabelledTable, scores: Sequence[str], both: Sequence[tuple[int, int]]
) -> list[Revision]:
    """Return the scores of rows of both runs that differ as they are reported, the largest difference first."""
    if not both:
        return []
    old, new = np.array(both).T
    revised: list[tuple[float, Revision]] = []
    for name in scores:
        score = series[name]
        before, after = reported(table.columns[name][old], score.decimals), score.reported[new]
        differ = (before != after) & ~(np.isnan(before) & np.isnan(after))
        for index in np.flatnonzero(differ).tolist():
            values = [None if np.isnan(value) else float(value) for value in (before[index], after[index])]
            unit = series.unit_names[series.unit[new[index]]]
            # A score that there is in one run only has no size, and comes first.
            size = np.nan_to_num(abs(after[index] - before[index]), nan=np.inf)
            revised.append((float(size), Revision(unit, series.time_label(int(new[index])), name, *values)))
    return [revision for _, revision in sorted(revised, key=lambda pair: -pair[0])]
