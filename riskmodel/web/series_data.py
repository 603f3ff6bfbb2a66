"""Data of the page's view of series: the columns proposed for a table, and the numbers and texts of its charts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product, repeat
from typing import Any

import numpy as np

from riskmodel.analysis.panels.rows import combined
from riskmodel.analysis.results.outlook import Outlook, OutlookScore
from riskmodel.analysis.results.series import SeriesInput, SeriesScore, TimeSeries
from riskmodel.analysis.series.units import likely_times
from riskmodel.errors import Problem, RiskmodelError, SituationError, suggest
from riskmodel.kernels.types import Better, Floats
from riskmodel.model import Model
from riskmodel.plan.numpy_steps import reported
from riskmodel.report import formatting
from riskmodel.report.analyses.outlook import first_drawn, outlook_report
from riskmodel.report.analyses.series_facts import driver_order, entry_text, statement
from riskmodel.report.document import as_html
from riskmodel.report.plotting import change_word
from riskmodel.schema.band_colours import zone_colours
from riskmodel.tables.columns import find_columns
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.labelled import LabelledTable, read_labelled
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader
from riskmodel.tables.times import Times, read_times, time_keys, unreadable_times

_MAX_COLUMNS = 50
"""Columns among which those of units and times are looked for."""
_MAX_LABELS = 12
"""Columns of labels, the first, among which those of units are looked for, each and by twos."""
_MIN_DISTINCT = 0.75
"""Share of the rows that columns of units tell apart at least."""
_DRIVERS = 2
_SEEN = 0.005
"""Share of the draws from which a band is named."""


def propose_columns(
    model: Model, open_table: Callable[[], InputFile], options: TableOptions
) -> tuple[tuple[str, ...], str | None]:
    """Propose the columns that name units, and the column of times.

    The times are dates or years; where several columns are, the first whose name says so. Units are named by the
    column, or else the two, that tell the rows of each time apart (or most of them) with the fewest units, and have
    some unit at several times.

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
    dated = {name: read for name in others if (read := _dates(table, name)) is not None}
    if not dated:
        return (), None
    time = str((likely_times(list(dated)) or list(dated))[0])
    rows, times = dated[time]
    labels = {name: column for name in others if name != time and (column := _labels(table, name)) is not None}
    tried = list(labels)[:_MAX_LABELS]
    distinguished = {
        names: _counts([Labels(labels[name].codes[rows], labels[name].names) for name in names], times)
        for size in (1, 2)
        for names in combinations(tried, size)
    }
    for share, size in product((1.0, _MIN_DISTINCT), (1, 2)):
        units = {
            names: count
            for names, (count, distinct) in distinguished.items()
            if len(names) == size and count < distinct and distinct >= share * len(rows)
        }
        if units:
            return min(units, key=units.__getitem__), time
    return (), time


def _dates(table: LabelledTable, name: str) -> tuple[Codes, Times] | None:
    """Return the rows that can be read as times, and their times; None if most cannot, or they are not dates."""
    texts = table.texts[name]
    rows = np.setdiff1d(np.arange(table.rows), list(unreadable_times(texts)))
    if 2 * len(rows) < table.rows:
        return None
    times = read_times(texts.take(rows), lambda row, message: Problem(message))
    return None if times.kind == "number" or len(times.names) < 2 else (rows, times)


def _labels(table: LabelledTable, name: str) -> Labels | None:
    try:
        return table.labels(name)
    except SituationError:
        return None


def _counts(columns: Sequence[Labels], times: Times) -> tuple[int, int]:
    """Return the number of units that columns name, and of rows that they and the times tell apart."""
    units = combined(columns, len(times.codes))
    return int(units.max()) + 1, len(np.unique(units * len(times.names) + times.codes))


def series_data(result: TimeSeries) -> dict[str, Any]:
    """Return the numbers and texts of the charts of a series, by row.

    Numbers are rounded as scores are reported, so that the page shows what reports do; NaN stands for none.
    """
    codes = result.labels[result.time].codes
    return {
        "times": result.times,
        "places": _places(result),
        "step": result.step,
        "units": result.unit_names,
        "skipped": [{"unit": skipped.unit, "reason": skipped.reason} for skipped in result.skipped],
        "interval": "90%" if result.draws else None,
        "alerts": [
            {
                "condition": alert.condition,
                "score": alert.score,
                "time": alert.time,
                "units": [unit.unit for unit in alert.units],
                "undecided": [f"{unit} ({reason})" for unit, reason in alert.undecided.items()],
                "met": _rows(alert.met),
            }
            for alert in result.alerts
        ],
        "unit": result.unit.tolist(),
        "time": codes.tolist(),
        "before": result.before.tolist(),
        "values": {name: _given(result.inputs[name], column) for name, column in result.values.items()},
        "scores": [_score(result, score) for score in result.scores.values()],
    }


def _places(result: TimeSeries) -> list[float]:
    """Return the places of times on an axis: steps since the first, or their distances where they are irregular."""
    if result.step is None:
        _, keys, _ = time_keys(result.times)
        span = keys[-1] - keys[0]
        return [(len(keys) - 1) * (key - keys[0]) / span if span else 0.0 for key in keys]
    places = np.zeros(len(result.times))
    places[result.labels[result.time].codes] = result.position
    return places.tolist()


def _rows(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[int]:
    rows: list[int] = np.flatnonzero(mask).tolist()
    return rows


def _given(indicator: SeriesInput, column: Floats) -> list[Any]:
    """Return the values of a column as a situation file has them; NaN or None where there is none."""
    return list(column.tolist()) if indicator.labels is None else [indicator.value(code) for code in column]


def _score(result: TimeSeries, score: SeriesScore) -> dict[str, Any]:
    def rounded(values: Floats) -> list[float]:
        numbers: list[float] = reported(values, score.decimals).tolist()
        return numbers

    return {
        "name": score.name,
        "title": score.title,
        "out_of": score.out_of,
        "decimals": score.decimals,
        "is_sub_score": score.is_sub_score,
        "bands": _bands(dict(zip(score.bands.names, score.band_starts, strict=True)), score.better),
        "value": rounded(score.value),
        "band": score.bands.codes.tolist(),
        "coverage": score.coverage.tolist(),
        "low": score.low.tolist(),
        "high": score.high.tolist(),
        "interval_low": rounded(score.interval_low),
        "interval_high": rounded(score.interval_high),
        "rank": score.rank.tolist(),
        "crossed": _rows(result.crossed(score)),
        "direction": [_direction(change, score.better) for change in score.change.tolist()],
        "change": [None if np.isnan(change) else formatting.signed(change, score.decimals) for change in score.change],
        "drivers": _drivers(result, score),
        "statements": [statement(result, score, unit) for unit in result.unit_names],
    }


def _direction(change: float, better: Better | None) -> str:
    """Return the word for a change: `better` or `worse`; empty where neither end is, and without a change."""
    return "" if better is None or not abs(change) > 0 else change_word(change, better)


def _bands(starts: Mapping[str, float], better: Better | None) -> list[dict[str, Any]]:
    """Return the bands of a score with the colours of their zones on light and on dark pages."""
    return [
        {"name": name, "start": start, "fill": colour.fill, "dark": colour.dark_fill}
        for (name, start), colour in zip(starts.items(), zone_colours(len(starts), better), strict=True)
    ]


def _drivers(result: TimeSeries, score: SeriesScore) -> list[str]:
    """Return the entries that count most in the account of each change, as text."""
    order = driver_order(score, slice(None))[:_DRIVERS].T
    points = np.take_along_axis(score.points.T, order, axis=1)

    def text(index: int, amount: float, row: int) -> str | None:
        shown = formatting.signed(amount, score.decimals)
        return entry_text(result, score.entries[index], shown, row) if float(shown) else None

    changed = (~np.isnan(score.change)).tolist()
    return [
        "; ".join(filter(None, map(text, indices, amounts, repeat(row)))) if has_change else ""
        for row, (indices, amounts, has_change) in enumerate(zip(order.tolist(), points.tolist(), changed, strict=True))
    ]


def outlook_data(result: Outlook, name: str, model: Model) -> dict[str, Any]:
    """Return the fan of a score of the first unit, and the report of the outlook as HTML; NaN stands for none.

    `influences` says if those of the model are added; it is None if the model states none.

    Raises
    ------
    RiskmodelError
        If there is no such score.
    """
    if name not in result.scores:
        raise RiskmodelError(f"{name!r} is no score with an outlook{suggest(name, list(result.scores))}")
    score, unit = result[name], result.units[0]
    fan = unit.scores[name]
    first = first_drawn(unit)
    quantiles = reported(fan.quantiles.T, score.decimals)
    return {
        "verdict": f"{score.verdict}.",
        "title": score.title,
        "out_of": score.out_of,
        "bands": _bands(score.bands, score.better),
        "times": [*unit.times[first:], *unit.ahead],
        "step": result.step,
        "past": fan.past[first:].tolist(),
        "quantiles": quantiles.tolist(),
        "texts": [_ahead(score, *step) for step in zip(quantiles.T.tolist(), fan.bands.tolist(), strict=True)],
        "influences": result.influences if model.spec.influences else None,
        "html": as_html(outlook_report(result)),
    }


def _ahead(score: OutlookScore, quantiles: Sequence[float], shares: Sequence[float]) -> str:
    """Describe the draws of a score at a time ahead."""
    if np.isnan(quantiles).any():
        return "insufficient data"
    p05, p25, p50, p75, p95 = (formatting.number(value, score.decimals) for value in quantiles)
    bands = ", ".join(f"{name} {share:.0%}" for name, share in zip(score.bands, shares, strict=True) if share >= _SEEN)
    intervals = f"median {p50}; 50% interval {p25} to {p75}; 90% interval {p05} to {p95}"
    return f"{intervals}; {bands}" if bands else intervals
