"""Report of a series, and its view in notebooks."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np

from riskmodel.analysis.results.series import Alert, SeriesScore, TimeSeries
from riskmodel.errors import counted
from riskmodel.report.analyses.series_facts import crossings, drivers, knowledge, largest_moves, latest, statement
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import number, score_number, signed
from riskmodel.report.notebook import report_view

MAX_ROWS = 60
"""Units that a table shows."""
_MAX_MOVES, _MAX_CROSSINGS = 10, 20
_MAX_STATEMENTS, _MAX_GAPS, _MAX_SKIPPED = 5, 3, 10
_DRIVERS = 2
_ALL = "--format csv or -o FILE has all"


def series_report(result: TimeSeries) -> Report:
    """Return the report of a series: the last time, the changes of band and the largest moves of each main score."""
    sections = [Section("Alerts", [_alert_line(alert) for alert in result.alerts])] if result.alerts else []
    for name in result.main_scores:
        sections += _sections(result, result[name])
    units = counted(len(result.unit_names), "unit")
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


def _alert_line(alert: Alert) -> str:
    units = ", ".join(unit.unit for unit in alert.units) or "no unit"
    return f"{alert.condition} at {alert.time}: {units}"


def _sections(result: TimeSeries, score: SeriesScore) -> Iterator[Section]:
    few = len(result.unit_names) <= _MAX_STATEMENTS
    lines = [statement(result, score, unit) for unit in result.unit_names] if few else []
    yield Section(score.title, lines, *_last_times(result, score))
    everything = slice(0, result.rows)
    crossed = crossings(result, score, everything)
    # The latest first; of the same time in the order of units.
    crossed.sort(key=lambda row: (-int(result.position[row]), row))
    if crossed:
        rows = [
            [*_key(result, row), _before_and_after(result, score, row), *_why(result, score, row)] for row in crossed
        ]
        yield Section(
            f"{score.title}: changes of band", (), *_shortened(result, rows, "change of band", _MAX_CROSSINGS)
        )
    moves = largest_moves(score, everything, result.rows)
    rows = [[*_key(result, row), _from_to(result, score, row), *_why(result, score, row)] for row in moves]
    if rows:
        yield Section(f"{score.title}: largest moves", (), *_shortened(result, rows, "move", _MAX_MOVES))


def _last_times(result: TimeSeries, score: SeriesScore) -> tuple[Table, list[str]]:
    """Return the table of the last row of each unit, the highest score first, and what it leaves out."""
    order = latest(result, score)
    has_interval = bool((~np.isnan(score.interval_low)).any())
    rows = [_last_row(result, score, row, has_interval) for row in order[:MAX_ROWS]]
    interval = ["90 % interval"] if has_interval else []
    headings = ["unit", result.time, "score", "band", *interval, "bounds", "coverage", "rank", "change", *_WHY]
    remarks = []
    if len(order) > MAX_ROWS:
        remarks.append(f"and {counted(len(order) - MAX_ROWS, 'more unit')}; {_ALL}")
    if earlier := result.rows - len(order):
        remarks.append(f"{counted(earlier, 'earlier row')} not shown; {_ALL}")
    return Table(headings, rows, "llrl" + "l" * has_interval + "lrrr" + "l" * _DRIVERS), remarks


_WHY = ["mainly because of", "and"]
"""Headings of the two largest entries of an account."""


def _last_row(result: TimeSeries, score: SeriesScore, row: int, has_interval: bool) -> list[str]:
    decimals = score.decimals
    has_score = not np.isnan(score.reported[row])
    value = number(float(score.reported[row]), decimals) if has_score else "insufficient data"
    cells = [*_key(result, row), value, score.band(row) or ""]
    if has_interval:
        cells.append(_span(score.interval_low[row], score.interval_high[row], decimals))
    cells += [_span(score.low[row], score.high[row], decimals), f"{score.coverage[row]:.0%}"]
    change = float(score.change[row])
    cells += [str(score.rank[row] or ""), "" if np.isnan(change) else signed(change, decimals)]
    return [*cells, *_why(result, score, row)]


def _key(result: TimeSeries, row: int) -> list[str]:
    return [result.unit_names[int(result.unit[row])], result.time_label(row)]


def _span(low: float, high: float, decimals: int) -> str:
    if np.isnan(low):
        return ""
    ends = [score_number(float(end), decimals) for end in (low, high)]
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else ends[0]


def _why(result: TimeSeries, score: SeriesScore, row: int) -> list[str]:
    """Return the main driver of a change, and the largest other entry of its account."""
    entries = [
        f"{entry.title} {signed(entry.points, score.decimals)}{knowledge(result, entry, row)}"
        for entry in drivers(score, row)[:_DRIVERS]
    ]
    return [*entries, *[""] * (_DRIVERS - len(entries))]


def _before_and_after(result: TimeSeries, score: SeriesScore, row: int) -> str:
    before = int(result.before[row])
    return f"{score.band(before)} to {score.band(row)}: {_from_to(result, score, row)}"


def _from_to(result: TimeSeries, score: SeriesScore, row: int) -> str:
    ends = [number(float(score.reported[at]), score.decimals) for at in (int(result.before[row]), row)]
    return f"{ends[0]} to {ends[1]} ({signed(float(score.change[row]), score.decimals)})"


def _shortened(result: TimeSeries, rows: Sequence[Sequence[str]], word: str, most: int) -> tuple[Table, list[str]]:
    """Return the first rows as a table, and a remark on those that are left out."""
    table = Table(["unit", result.time, word, *_WHY], rows[:most], "lll" + "l" * _DRIVERS)
    return table, [f"and {len(rows) - most:,} more; {_ALL}"] if len(rows) > most else []
