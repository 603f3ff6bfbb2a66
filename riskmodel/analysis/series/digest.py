"""Summarise what has changed at one time of a series, for all units."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from riskmodel.analysis.results.digest import (
    AbsentUnit,
    ChangedValues,
    Digest,
    InputChange,
    Move,
    ScoreDigest,
)
from riskmodel.analysis.results.panels import rounded_difference
from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.analysis.series.alerts import parse, time_code, watch
from riskmodel.analysis.series.revisions import revisions
from riskmodel.tables.labels import Codes

if TYPE_CHECKING:
    import pandas as pd

_MAX_MOVERS = 5


def digest(series: TimeSeries, *, since: "str | Path | pd.DataFrame | None" = None, at: str | None = None) -> Digest:
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
        The time, as the table writes it or in another way that names the same; by default the last.

    Raises
    ------
    RiskmodelError
        If the table has no such time.
    SituationError
        If the earlier scores cannot be read, or have other columns or other times.
    """
    time = time_code(series, at)
    codes = series.labels[series.time].codes
    now = np.flatnonzero(codes == time)
    compared = now[series.before[now] >= 0]
    absences = _Absences(series, time)
    return Digest(
        model=series.model,
        source=series.source,
        time=series.time,
        step=series.step,
        at=series.times[time],
        before=_time_before(series, time),
        units=len(absences.last) + len(now),
        present=len(now),
        alerts=watch(series, [parse(alert.condition) for alert in series.alerts], series.times[time]),
        scores={name: _score_digest(series, series[name], compared) for name in series.main_scores},
        missing=_changed_values(series, compared, lambda change: change.after is None),
        known=_changed_values(series, compared, lambda change: change.before is None),
        gone=absences.gone,
        absent=absences.absent,
        new=tuple(series.unit_names[unit] for unit in series.unit[now] if ...),
        returned=(),
        skipped=series.skipped,
        revisions=None if since is None else revisions(series, since, time),
    )
