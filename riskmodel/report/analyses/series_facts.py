"""Facts of a series that its report and its chart share: in a sentence, the largest moves, and what moved a score."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from riskmodel.analysis.results.series import AccountEntry, ChangeEntry, SeriesScore, TimeSeries
from riskmodel.report.formatting import number
from riskmodel.tables.labels import Codes

_PER_YEAR = {"month": 12, "quarter": 4}
_FAR = 0.15
"""Share of the scale from which a turn of a score is worth a word."""


def statement(series: TimeSeries, score: SeriesScore, unit: str) -> str:
    """Say in a sentence how a score of a unit went: between which ends, and since when it is in its band."""
    return f"{unit}: {score.title} {', '.join(_parts(series, score, series.rows_of(unit)))}"


def _parts(series: TimeSeries, score: SeriesScore, rows: slice) -> Iterator[str]:
    known = np.flatnonzero(~np.isnan(score.reported[rows])) + rows.start
    if not len(known):
        yield "has no score at any time: insufficient data"
        return
    first, last = int(known[0]), int(known[-1])
    yield _course(series, score, known)
    if last + 1 < rows.stop:
        yield f"no score since {series.time_label(last + 1)}"
    elif (band := score.band(last)) is not None and first != last:
        start = _start_of_band(series, score, last)
        yield f"{band} throughout" if start == rows.start else f"{band} since {series.time_label(start)}"
    elif band is not None:
        yield band


def _course(series: TimeSeries, score: SeriesScore, known: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> str:
    """Say between which scores, and by way of which, a score went over the rows in which it is known."""
    first, last, reported = int(known[0]), int(known[-1]), score.reported
    begin, end = series.time_label(first), series.time_label(last)
    first_text, last_text = (number(float(reported[row]), score.decimals) for row in (first, last))
    is_latest = end == series.times[-1]
    turn = _turn(score, known)
    if first == last:
        return f"{'is' if is_latest else 'was'} {last_text} at {end}"
    if turn is not None:
        verbs = ("fell", "rose") if reported[turn] < reported[first] else ("rose", "fell")
        by = "" if is_latest else f" by {end}"
        way = f"{number(float(reported[turn]), score.decimals)} ({series.time_label(turn)})"
        return f"{verbs[0]} from {first_text} ({begin}) to {way} and {verbs[1]} to {last_text}{by}"
    if reported[first] == reported[last]:
        return f"is {last_text}, as at {begin}" if is_latest else f"was {last_text} at {end}, as at {begin}"
    verb = "rose" if reported[last] > reported[first] else "fell"
    return f"{verb} from {first_text} to {last_text} {f'since {begin}' if is_latest else f'between {begin} and {end}'}"


def _turn(score: SeriesScore, known: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> int | None:
    """Return the row of the score that is farthest beyond the first and the last; None if none is far."""
    reported = score.reported[known]
    low, high = sorted((float(reported[0]), float(reported[-1])))
    beyond = np.maximum(low - reported, reported - high)
    farthest = int(np.argmax(beyond))
    return int(known[farthest]) if beyond[farthest] >= _FAR * score.out_of else None


def _start_of_band(series: TimeSeries, score: SeriesScore, row: int) -> int:
    """Return the first row of an unbroken run of rows in the band of a row."""
    codes = score.bands.codes
    while (before := int(series.before[row])) >= 0 and codes[before] == codes[row]:
        row = before
    return row


def crossings(series: TimeSeries, score: SeriesScore, rows: slice) -> list[int]:
    """Return the rows that are in another band than at the time before, in order."""
    crossed: list[int] = (np.flatnonzero(series.crossed(score)[rows]) + rows.start).tolist()
    return crossed


def largest_moves(score: SeriesScore, rows: slice, count: int) -> list[int]:
    """Return the rows with the largest changes that are seen in a reported score, the largest first."""
    size = np.abs(score.change[rows])
    order = np.argsort(-size, kind="stable")
    seen = size[order] >= 0.5 * 10.0**-score.decimals
    largest: list[int] = (order[seen][:count] + rows.start).tolist()
    return largest


def year_before(series: TimeSeries, row: int) -> int | None:
    """Return the row of the same unit a year before; None if there is none, or a step is no part of a year."""
    size, _, unit = (series.step or "").partition(" ")
    steps = Fraction(_PER_YEAR.get(unit.removesuffix("s"), 0)) / Fraction(size or 1)
    if not steps or steps.denominator != 1:
        return None
    rows = series.rows_of(series.unit_names[int(series.unit[row])])
    wanted = series.position[row] - int(steps)
    at = rows.start + int(np.searchsorted(series.position[rows], wanted))
    return at if series.position[at] == wanted else None


def drivers(score: SeriesScore, row: int) -> list[ChangeEntry]:
    """Return the account of a change: first what moved the score most in the direction in which it went."""
    account = [(score.entries[index], float(score.points[index, row])) for index in driver_order(score, [row])[:, 0]]
    known = [(entry, points) for entry, points in account if points != 0.0 and not np.isnan(points)]
    return [ChangeEntry(entry.kind, entry.name, entry.title, points) for entry, points in known]


def driver_order(score: SeriesScore, rows: slice | list[int]) -> Codes:
    """Return the order of the k entries in the accounts of the changes of m rows.

    First is what moved the score most in the direction in which it went; the others follow by size.

    Returns
    -------
    (k, m) positions of entries; of no meaning where there is no change.
    """
    points = score.points[:, rows]
    order = np.argsort(-np.abs(points), axis=0, kind="stable")
    forward = np.take_along_axis(points, order, axis=0) * score.change[rows] > 0
    places = np.arange(len(points))[:, None]
    places = np.where(places == np.argmax(forward, axis=0), -1, places)
    return np.take_along_axis(order, np.argsort(places, axis=0, kind="stable"), axis=0)


def knowledge(series: TimeSeries, entry: AccountEntry | ChangeEntry, row: int) -> str:
    """Say of an indicator that it is known, or missing, as it was not at the time before; else nothing."""
    before = int(series.before[row])
    if entry.kind != "indicator" or before < 0 or entry.name not in series.values:
        return ""
    missing = np.isnan(series.values[entry.name][[before, row]])
    return "" if missing[0] == missing[1] else "now missing" if missing[1] else "now known"


def entry_text(series: TimeSeries, entry: AccountEntry | ChangeEntry, points: str, row: int) -> str:
    """Name an entry of the account of a change with its points, and that it has become known or missing."""
    note = knowledge(series, entry, row)
    return f"{entry.title} {points}{f' ({note})' if note else ''}"


def latest(series: TimeSeries, score: SeriesScore) -> list[int]:
    """Return the last row of each unit, the highest score first; units without a score then are last."""
    ends = np.searchsorted(series.unit, np.arange(len(series.unit_names)), side="right") - 1
    values = score.value[ends]
    ordered: list[int] = ends[np.lexsort((ends, -values))].tolist()
    return ordered
