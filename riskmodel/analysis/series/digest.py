"""Summarise what has changed at one time of a series, for all units."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from riskmodel.analysis.results.digest import (
    MAX_UNITS,
    AbsentUnit,
    ChangedValues,
    Digest,
    InputChange,
    Move,
    ScoreDigest,
)
from riskmodel.analysis.results.panels import rounded_difference
from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.analysis.series.alerts import Moment, parse, time_code, watch
from riskmodel.analysis.series.revisions import revisions
from riskmodel.assessment import Assessment
from riskmodel.tables.labels import Codes

if TYPE_CHECKING:
    import pandas as pd

_MAX_MOVERS = 5


def digest(series: TimeSeries, *, since: "str | Path | pd.DataFrame | None" = None, at: Moment | None = None) -> Digest:
    """Summarise what has changed at one time, for all units.

    It has the alerts that the series was watched for, the units that crossed a band and those that moved most, with the
    reason, the values and rows that have gone missing, and on request what an earlier run gave otherwise.

    Parameters
    ----------
    series
        The result of `riskmodel.series`.
    since
        The scores of an earlier run: a file or frame that `riskmodel series` or `riskmodel batch` wrote, with the same
        columns of units and times. Rows are matched by these, and scores are compared as they are reported.
    at
        The time, as the table writes it, in another way that names the same, or as a number or date; by default the
        last.

    Raises
    ------
    RiskmodelError
        If the table has no such time.
    SituationError
        If the earlier scores cannot be read, or have other columns or other times.
    TypeError
        If the series is none.
    """
    if not isinstance(series, TimeSeries):
        raise TypeError(f"digest takes what riskmodel.series(data) returns; got {type(series).__name__}")
    time = time_code(series.times, at, series.source, series.time)
    codes = series.labels[series.time].codes
    now = np.flatnonzero(codes == time)
    compared = now[series.before[now] >= 0]
    presence = _presence(series, time)
    scores = {name: _score_digest(series, series[name], compared) for name in series.main_scores}
    return Digest(
        model=series.model,
        source=series.source,
        time=series.time,
        step=series.step,
        at=series.times[time],
        before=_time_before(series, time),
        units=presence.units,
        present=len(now),
        alerts=watch(series, [parse(alert.condition) for alert in series.alerts], series.times[time]),
        scores=scores,
        missing=_changed_values(series, compared, lambda change: change.after is None),
        known=_changed_values(series, compared, lambda change: change.before is None),
        gone=tuple(presence.gone),
        absent=tuple(presence.absent),
        new=tuple(presence.new),
        returned=tuple(presence.returned),
        skipped=series.skipped,
        revisions=None if since is None else revisions(series, since, time),
        assessments=_assessments(series, now, scores.values()),
    )


def _assessments(series: TimeSeries, rows: Codes, scores: Iterable[ScoreDigest]) -> Mapping[str, Assessment]:
    """Assess the units that a report names; `rows` are those at the time."""
    moves = (move for score in scores for move in (*score.crossings[:MAX_UNITS], *score.movers))
    row_of = {series.unit_names[unit]: row for unit, row in zip(series.unit[rows].tolist(), rows.tolist(), strict=True)}
    assessed = {unit: series.assessment(row_of[unit]) for unit in dict.fromkeys(move.unit for move in moves)}
    return {unit: assessment for unit, assessment in assessed.items() if assessment is not None}


def _time_before(series: TimeSeries, time: int) -> str | None:
    """Return the time that rows at a time are compared with; None if the table has no such time."""
    if time == 0:
        return None
    if series.step is None:
        return series.times[time - 1]
    codes = series.labels[series.time].codes
    first, previous = (int(np.argmax(codes == code)) for code in (time, time - 1))
    return series.times[time - 1] if series.position[first] - series.position[previous] == 1 else None


@dataclass
class _Presence:
    """The units that have rows at a time or before, and changes of that; see `Digest`."""

    units: int = 0
    gone: list[AbsentUnit] = field(default_factory=list)
    absent: list[AbsentUnit] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    returned: list[AbsentUnit] = field(default_factory=list)


def _presence(series: TimeSeries, time: int) -> _Presence:
    codes, presence = series.labels[series.time].codes, _Presence()
    starts = np.searchsorted(series.unit, np.arange(len(series.unit_names) + 1)).tolist()
    for name, (start, stop) in zip(series.unit_names, pairwise(starts), strict=True):
        rows = int(np.searchsorted(codes[start:stop], time, side="right"))
        if rows == 0:  # it begins later
            continue
        presence.units += 1
        last = start + rows - 1
        if codes[last] < time:
            was_there = series.step is not None and codes[last] == time - 1
            (presence.gone if was_there else presence.absent).append(AbsentUnit(name, series.time_label(last)))
        elif time > 0 and rows == 1:
            presence.new.append(name)
        elif rows > 1 and series.before[last] < 0:
            presence.returned.append(AbsentUnit(name, series.time_label(last - 1)))
    return presence


def _changed_values(
    series: TimeSeries, rows: Codes, chosen: Callable[[InputChange], bool]
) -> tuple[ChangedValues, ...]:
    changed = ((row, tuple(filter(chosen, _input_changes(series, row)))) for row in rows.tolist())
    return tuple(ChangedValues(series.unit_names[series.unit[row]], inputs) for row, inputs in changed if inputs)


def _input_changes(series: TimeSeries, row: int) -> Iterator[InputChange]:
    """Yield the indicators of a row whose values differ from those of the time before."""
    before = int(series.before[row])
    for name, column in series.values.items():
        old, new = column[before], column[row]
        if old != new and not (np.isnan(old) and np.isnan(new)):
            info = series.inputs[name]
            yield InputChange(name, info.title, info.unit, info.value(old), info.value(new))


def _score_digest(series: TimeSeries, score: SeriesScore, rows: Codes) -> ScoreDigest:
    """Summarise the changes of one score.

    Parameters
    ----------
    rows : those at the time that have a row at the time before.
    """
    before = series.before[rows]
    change = rounded_difference(score.reported[rows], score.reported[before], score.decimals)
    compared = ~np.isnan(change)
    moved = np.flatnonzero(compared & (change != 0.0))
    order = moved[np.argsort(-np.abs(change[moved]), kind="stable")].tolist()
    crossed = series.crossed(score)[rows]
    moves = [_move(series, score, int(rows[index]), float(change[index]), bool(crossed[index])) for index in order]
    crossings = [move for move in moves if move.crossed]
    return ScoreDigest(
        score.title,
        score.out_of,
        score.decimals,
        int(np.count_nonzero(compared)),
        len(moved),
        tuple(sorted(crossings, key=lambda move: move.crossed == "down")),
        tuple(moves[:_MAX_MOVERS]),
        _units(series, rows[np.isnan(score.reported[rows]) & ~np.isnan(score.reported[before])]),
        _units(series, rows[~np.isnan(score.reported[rows]) & np.isnan(score.reported[before])]),
    )


def _units(series: TimeSeries, rows: Codes) -> tuple[str, ...]:
    return tuple(series.unit_names[unit] for unit in series.unit[rows].tolist())


def _move(series: TimeSeries, score: SeriesScore, row: int, change: float, is_crossing: bool) -> Move:
    before = int(series.before[row])
    account = score.account(row)
    points = [entry.name for entry in account if entry.kind == "indicator"]
    inputs = list(_input_changes(series, row))
    direction: Literal["up", "down"] = "up" if change > 0 else "down"
    return Move(
        series.unit_names[series.unit[row]],
        series.time_label(before),
        float(score.reported[before]),
        float(score.reported[row]),
        change,
        score.band(before),
        score.band(row),
        direction if is_crossing else None,
        account,
        tuple(sorted(inputs, key=lambda item: points.index(item.name) if item.name in points else len(points))),
    )
