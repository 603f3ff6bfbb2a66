"""Report of a series, and its view in notebooks."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np

from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.errors import counted
from riskmodel.report.analyses.digest import alert_lines
from riskmodel.report.analyses.series_facts import (
    crossings,
    drivers,
    entry_text,
    largest_moves,
    latest,
    statement,
    year_before,
)
from riskmodel.report.document import ALL_ROWS, MAX_ROWS, Report, Section, Table
from riskmodel.report.formatting import number, score_number, signed
from riskmodel.report.notebook import report_view

_MAX_MOVES, _MAX_CROSSINGS = 10, 20
_MAX_STATEMENTS, _MAX_GAPS, _MAX_SKIPPED = 5, 3, 10
_WHY = ("mainly because of", "and")
"""Headings of the entries of an account that are shown."""
_DRIVERS = len(_WHY)


def series_report(result: TimeSeries) -> Report:
    """Return the report of a series: the last time, the changes of band and the largest moves of each main score."""
    sections = [Section("Alerts", items=[alert_lines(alert) for alert in result.alerts])] if result.alerts else []
    for name in result.main_scores:
        sections += _sections(result, result[name])
    names = result.unit_names
    units = names[0] if len(names) == 1 else counted(len(names), "unit")
    return Report(f"Series of {units}, {counted(result.rows, 'row')}", list(_about(result)), sections)


def notebook_view(result: TimeSeries) -> str:
    """Return the chart of a series and its report as HTML; the report alone without matplotlib."""
    report = series_report(result)
    if find_spec("matplotlib") is None:
        return report_view(report)
    from riskmodel.report.analyses.series_chart import draw

    return report_view(report, draw(result))


def _about(result: TimeSeries) -> Iterator[str]:
    for unit in result.skipped[:_MAX_SKIPPED]:
        yield f"left out: {unit.unit} ({counted(unit.rows, 'row')}): {unit.reason}"
    if len(result.skipped) > _MAX_SKIPPED:
        yield f"and {counted(len(result.skipped) - _MAX_SKIPPED, 'more unit')} left out"
    yield from result.remarks
    yield f"{result.source} | {result.model.line}"
    yield from _times(result)
    yield _draws(result)
    yield "changes and their reasons are of the exact scores, which are shown rounded"
    yield from result.check.remarks


def _times(result: TimeSeries) -> Iterator[str]:
    """Describe the times and the gaps of units."""
    times = result.times
    step = f", step {result.step}" if result.step else ""
    if len(times) > 1 and not result.step:
        step = ", irregular: a change is against the unit's row before"
    span = f" from {times[0]} to {times[-1]}" if len(times) > 1 else f": {times[0]}" if times else ""
    yield f"{result.time}: {counted(len(times), 'time')}{span}{step}"
    gaps = [(unit, gap) for unit in result.unit_names for gap in result.gaps(result.rows_of(unit))]
    if gaps:
        shown = "; ".join(f"{unit} between {before} and {after}" for unit, (before, after) in gaps[:_MAX_GAPS])
        more = f"; and {len(gaps) - _MAX_GAPS:,} more" if len(gaps) > _MAX_GAPS else ""
        yield f"gaps, after which there is no change: {shown}{more}"


def _draws(result: TimeSeries) -> str:
    if not result.draws:
        return "no intervals: nothing was drawn"
    weights = (
        f", and weights, one of average size by {result.weight_uncertainty:.0%}" if result.weight_uncertainty else ""
    )
    return f"90 % intervals of {result.draws:,} draws of what is missing{weights}, seed {result.seed}"


def _sections(result: TimeSeries, score: SeriesScore) -> Iterator[Section]:
    few = len(result.unit_names) <= _MAX_STATEMENTS
    lines = [statement(result, score, unit) for unit in result.unit_names] if few else []
    yield Section(score.title, lines, *_last_times(result, score))
    everything = slice(0, result.rows)
    # The latest first; of the same time in the order of units.
    crossed = sorted(crossings(result, score, everything), key=lambda row: (-int(result.position[row]), row))
    if crossed:
        yield _moves(result, score, crossed, "changes of band", _MAX_CROSSINGS)
    if moves := largest_moves(score, everything, result.rows):
        yield _moves(result, score, moves, "largest moves", _MAX_MOVES)


def _last_times(result: TimeSeries, score: SeriesScore) -> tuple[Table, list[str]]:
    """Return the table of the last row of each unit, the highest score first, and what it leaves out."""
    order = latest(result, score)
    has_interval = bool((~np.isnan(score.interval_low)).any())
    headings, align = _key_headings(result)
    headings += ["score", "band", *["90 % interval"] * has_interval, "bounds", "coverage"]
    align += "rl" + "l" * has_interval + "lr"
    if is_ranked := len(result.unit_names) > 1:
        headings, align = [*headings, "rank"], f"{align}r"
    earlier_rows = [year_before(result, row) for row in order[:MAX_ROWS]]
    has_year = any(row is not None for row in earlier_rows)
    rows = []
    for row, earlier in zip(order[:MAX_ROWS], earlier_rows, strict=False):
        cells = [*_key(result, row), _value(score, row), score.band(row) or ""]
        if has_interval:
            cells.append(_span(score.interval_low[row], score.interval_high[row], score.decimals))
        cells += [_span(score.low[row], score.high[row], score.decimals), f"{score.coverage[row]:.0%}"]
        cells += [str(score.rank[row] or "")] * is_ranked
        if has_year:
            change = np.nan if earlier is None else float(score.value[row] - score.value[earlier])
            cells.append(_signed(change, score.decimals))
        rows.append([*cells, _signed(float(score.change[row]), score.decimals), *_why(result, score, row)])
    remarks = []
    if len(order) > MAX_ROWS:
        remarks.append(f"and {counted(len(order) - MAX_ROWS, 'more unit')}; {ALL_ROWS}")
    if others := result.rows - len(order):
        remarks.append(f"{counted(others, 'earlier row')} not shown; {ALL_ROWS}")
    headings += [*["in a year"] * has_year, "change", *_WHY]
    return Table(headings, rows, f"{align}{'r' * (1 + has_year)}{'l' * _DRIVERS}"), remarks


def _moves(result: TimeSeries, score: SeriesScore, moves: Sequence[int], words: str, most: int) -> Section:
    """Return the section of some changes of a score, each with its reasons."""
    headings, align = _key_headings(result)
    rows = []
    for row in moves[:most]:
        before = int(result.before[row])
        bands = [score.band(before), score.band(row)]
        band = " to ".join(filter(None, bands if bands[0] != bands[1] else bands[:1]))
        values = [_value(score, before), _value(score, row), _signed(float(score.change[row]), score.decimals)]
        rows.append([*_key(result, row), band, *values, *_why(result, score, row)])
    table = Table([*headings, "band", "before", "score", "change", *_WHY], rows, f"{align}lrrr{'l' * _DRIVERS}")
    remarks = [f"and {len(moves) - most:,} more; {ALL_ROWS}"] if len(moves) > most else []
    return Section(f"{score.title}: {words}", (), table, remarks)


def _key_headings(result: TimeSeries) -> tuple[list[str], str]:
    """Return the headings of the unit, unless it is the only one, and of the time; and their sides."""
    return (["unit", result.time], "lr") if len(result.unit_names) > 1 else ([result.time], "r")


def _key(result: TimeSeries, row: int) -> list[str]:
    unit = [result.unit_names[int(result.unit[row])]] if len(result.unit_names) > 1 else []
    return [*unit, result.time_label(row)]


def _value(score: SeriesScore, row: int) -> str:
    value = float(score.reported[row])
    return "insufficient data" if np.isnan(value) else number(value, score.decimals)


def _signed(change: float, decimals: int) -> str:
    return "" if np.isnan(change) else signed(change, decimals)


def _span(low: float, high: float, decimals: int) -> str:
    if np.isnan(low):
        return ""
    ends = [score_number(float(end), decimals) for end in (low, high)]
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else ends[0]


def _why(result: TimeSeries, score: SeriesScore, row: int) -> list[str]:
    """Return the main driver of a change, and the largest other entry of its account."""
    main = drivers(score, row)[:_DRIVERS]
    entries = [entry_text(result, entry, signed(entry.points, score.decimals), row) for entry in main]
    return [*entries, *[""] * (_DRIVERS - len(entries))]
