"""Facts of a series that its report and its chart share: in a sentence, the largest moves, and what moved a score."""

from collections.abc import Iterator

import numpy as np

from riskmodel.analysis.results.series import ChangeEntry, SeriesScore, TimeSeries
from riskmodel.report.formatting import number


def statement(series: TimeSeries, score: SeriesScore, unit: str) -> str:
    """Say in a sentence how a score of a unit went: between which ends, and since when it is in its band."""
    return f"{unit}: {score.title} {', '.join(_parts(series, score, series.rows_of(unit)))}"


def _parts(series: TimeSeries, score: SeriesScore, rows: slice) -> Iterator[str]:
    known = np.flatnonzero(~np.isnan(score.reported[rows])) + rows.start
    if not len(known):
        yield "has no score at any time: insufficient data"
        return
    first, last = int(known[0]), int(known[-1])
    ends = [number(float(score.reported[row]), score.decimals) for row in (first, last)]
    begin, end = series.time_label(first), series.time_label(last)
    is_latest = end == series.times[-1]
    if first == last:
        yield f"was {ends[1]} at {end}" if not is_latest else f"is {ends[1]} at {end}"
    elif score.reported[first] == score.reported[last]:
        yield f"is {ends[1]}, as at {begin}" if is_latest else f"was {ends[1]} at {end}, as at {begin}"
    else:
        verb = "rose" if score.reported[last] > score.reported[first] else "fell"
        span = f"since {begin}" if is_latest else f"between {begin} and {end}"
        yield f"{verb} from {ends[0]} to {ends[1]} {span}"
    if last + 1 < rows.stop:
        yield f"no score since {series.time_label(last + 1)}"
    elif (band := score.band(last)) is not None and first != last:
        start = _start_of_band(series, score, last)
        yield f"{band} throughout" if start == rows.start else f"{band} since {series.time_label(start)}"
    elif band is not None:
        yield band


def _start_of_band(series: TimeSeries, score: SeriesScore, row: int) -> int:
    """Return the first row of an unbroken run of rows in the band of a row."""
    codes = score.bands.codes
    while (before := int(series.before[row])) >= 0 and codes[before] == codes[row]:
        row = before
    return row


def crossings(series: TimeSeries, score: SeriesScore, rows: slice) -> list[int]:
    """Return the rows that are in another band than at the time before, in order."""
    return (np.flatnonzero(series.crossed(score)[rows]) + rows.start).tolist()


def largest_moves(score: SeriesScore, rows: slice, count: int) -> list[int]:
    """Return the rows with the largest changes that are seen in a reported score, the largest first."""
    size = np.abs(score.change[rows])
    order = np.argsort(-size, kind="stable")
    seen = size[order] >= 0.5 * 10.0**-score.decimals
    return (order[seen][:count] + rows.start).tolist()


def main_driver(score: SeriesScore, row: int) -> ChangeEntry | None:
    """Return the entry that moved a score most in the direction in which it went; None if there is no account."""
    return max(score.account(row), key=lambda entry: entry.points * np.sign(score.change[row]), default=None)


def latest(series: TimeSeries, score: SeriesScore) -> list[int]:
    """Return the last row of each unit, the highest score first; units without a score then are last."""
    ends = np.searchsorted(series.unit, np.arange(len(series.unit_names)), side="right") - 1
    values = score.value[ends]
    return ends[np.lexsort((ends, -values))].tolist()
