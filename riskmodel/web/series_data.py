"""Data of the page's view of series: the columns proposed for a table, and the numbers and texts of its charts."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from riskmodel.analysis.results.series import INTERVAL, SeriesScore, TimeSeries
from riskmodel.errors import SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.plan.numpy_steps import reported
from riskmodel.report import formatting
from riskmodel.report.html.charts import band_opacity
from riskmodel.schema.parts import Indicator
from riskmodel.tables.columns import find_columns
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.labelled import LabelledTable, read_labelled
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader

_MAX_COLUMNS = 50
"""Columns among which those of units and times are looked for."""
_TIME_WORDS = ("time", "date", "month", "year", "quarter", "week", "day", "period")
_DRIVERS = 2


def propose_columns(
    model: Model, open_table: Callable[[], InputFile], options: TableOptions
) -> tuple[tuple[str, ...], str | None]:
    """Propose the columns that name units, and the column of times.

    The times are dates or years; where several columns are, the first whose name says so. Units are named by the column,
    or else the two, that tell the rows of each time apart with the fewest units, and have some unit at several times.

    Returns
    -------
    The columns of units, empty if there are none, and that of times; None if no column is one.

    Raises
    ------
    SituationError
        If the table cannot be read.
    """
    names = open_reader(open_table(), model.spec, options).names
    indicators = set(find_columns(model.spec, names, options).values())
    counts = Counter(names)
    others = [name for name in names if counts[name] == 1 and name not in indicators][:_MAX_COLUMNS]
    table = read_labelled(model.spec, open_table(), options, labels=others)
    dated = {name: dates for name in others if (dates := table.dates(name)) is not None and len(dates.names) > 1}
    if not dated:
        return (), None
    time = next((name for name in dated if any(word in name.lower() for word in _TIME_WORDS)), next(iter(dated)))
    labels = {name: read for name in others if name != time and (read := _labels(table, name)) is not None}
    for size in (1, 2):
        chosen = [(units, names) for names in combinations(labels, size) if (units := _units(labels, names, dated[time]))]
        if chosen:
            return min(chosen, key=lambda item: item[0])[1], time
    return (), time


def _labels(table: LabelledTable, name: str) -> Labels | None:
    try:
        return table.labels(name)
    except SituationError:
        return None


def _units(labels: dict[str, Labels], names: Sequence[str], times: Labels) -> int:
    """Return the number of units named by some columns; 0 if they name none, or have two rows at a time."""
    keys = np.stack([labels[name].codes for name in names], axis=1)
    units = len(np.unique(keys, axis=0))
    rows = len(np.unique(np.column_stack([keys, times.codes]), axis=0))
    return units if units < rows == len(keys) else 0


def series_data(result: TimeSeries, model: Model) -> dict[str, Any]:
    """Return the numbers and texts of the charts of a series, by row.

    Numbers are rounded as scores are reported, so that the page shows what reports do; NaN stands for none.
    """
    codes = result.labels[result.time].codes
    return {
        "times": result.times,
        "step": result.step,
        "units": result.unit_names,
        "skipped": [{"unit": skipped.unit, "reason": skipped.reason} for skipped in result.skipped],
        "remarks": result.check.remarks,
        "interval": f"{INTERVAL:.0%}" if result.draws else None,
        "alerts": [
            {"condition": alert.condition, "score": alert.score, "time": alert.time, "units": alert.units, "met": _rows(alert.met)}
            for alert in result.alerts
        ],
        "unit": result.unit.tolist(),
        "time": codes.tolist(),
        "position": result.position.tolist(),
        "before": result.before.tolist(),
        "values": {name: _given(model.spec.indicators[name], column) for name, column in result.values.items()},
        "scores": [_score(score, result.before) for score in result.scores.values()],
    }


def _rows(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[int]:
    rows: list[int] = np.flatnonzero(mask).tolist()
    return rows


def _given(indicator: Indicator, column: Floats) -> list[Any]:
    """Return the values of a column as a situation file has them; NaN where there is none."""
    labels = indicator.labels
    if labels is None:
        return list(column.tolist())
    return [None if np.isnan(code) else labels[int(code)] for code in column]


def _score(score: SeriesScore, before: Codes) -> dict[str, Any]:
    def rounded(values: Floats) -> list[float]:
        numbers: list[float] = reported(values, score.decimals).tolist()
        return numbers

    names, starts = score.bands.names, score.band_starts
    bands = score.bands.codes
    crossed = (before >= 0) & (bands >= 0) & (bands[before] >= 0) & (bands != bands[before])
    return {
        "name": score.name,
        "title": score.title,
        "out_of": score.out_of,
        "decimals": score.decimals,
        "is_sub_score": score.is_sub_score,
        "bands": [
            {"name": name, "start": start, "opacity": band_opacity(index, len(names))}
            for index, (name, start) in enumerate(zip(names, starts, strict=True))
        ],
        "value": rounded(score.value),
        "band": bands.tolist(),
        "coverage": score.coverage.tolist(),
        "low": score.low.tolist(),
        "high": score.high.tolist(),
        "interval_low": rounded(score.interval_low),
        "interval_high": rounded(score.interval_high),
        "rank": score.rank.tolist(),
        "crossed": _rows(crossed),
        "change": [None if np.isnan(change) else formatting.signed(change, score.decimals) for change in score.change],
        "drivers": [_drivers(score, row) for row in range(len(before))],
    }


def _drivers(score: SeriesScore, row: int) -> str:
    """Return the entries of the account of a change that count most, as text."""
    entries = score.account(row)[:_DRIVERS]
    return "; ".join(f"{entry.title} {formatting.signed(entry.points, score.decimals)}" for entry in entries)
