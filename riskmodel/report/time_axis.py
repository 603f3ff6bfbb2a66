"""The axis of times of a chart: places of the times of a table, at their real distances, and ticks."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.kernels.types import Floats
from riskmodel.tables.times import time_keys

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MAX_LETTERS = 40
"""Of the labels of all times together, up to which each time has its tick."""
_QUARTERS = 3 * 366
"""Days up to which quarters have names; a longer axis has years."""
_EPOCH_DAYS, _EPOCH_MONTHS = 719_163, 12 * 1970
_PAD = 0.02
_MANY, _FEW = 9, 5
_ONE = 1_000
"""An interval longer than any range of months, days, hours, minutes or seconds: the first of a range has the tick."""


def places(times: Sequence[str]) -> Floats:
    """Return (n,) places of times: numbers and years as they are, dates in days as matplotlib counts them.

    Parameters
    ----------
    times : the distinct times of a column, as `riskmodel.tables.times.Times` names them.
    """
    from matplotlib.dates import date2num

    kind, keys, _ = time_keys(times)
    if kind in ("number", "year"):
        return np.array(keys, float)
    if kind in ("quarter", "month"):
        months = np.array([int(key) * (3 if kind == "quarter" else 1) - _EPOCH_MONTHS for key in keys])
        dates = months.astype("datetime64[M]")
    elif kind == "day":
        dates = np.array([int(key) - _EPOCH_DAYS for key in keys]).astype("datetime64[D]")
    else:
        # Microseconds, because nanoseconds of 64 bits end in 2262.
        since = [int(key) // 1000 - _EPOCH_DAYS * 86_400_000_000 for key in keys]
        dates = np.array(since).astype("datetime64[us]")
    return np.asarray(date2num(dates), float)


def set_time_axis(axes: "Axes", times: Sequence[str], most: int = 9) -> None:
    """Let the horizontal axis run over times, with ticks of round dates; few times have a tick each.

    Parameters
    ----------
    axes : the chart.
    times : see `places`.
    most : the largest number of ticks.
    """
    from matplotlib import dates
    from matplotlib.ticker import MaxNLocator

    x = places(times)
    kind = time_keys(times)[0]
    span = float(x[-1] - x[0]) or 1.0
    axes.set_xlim(x[0] - _PAD * span, x[-1] + _PAD * span)
    axis = axes.xaxis
    if len(times) <= most and sum(map(len, times)) <= _MAX_LETTERS * most / 9 and _apart(x, span, most):
        axis.set_ticks(x, times)
    elif kind in ("number", "year"):
        axis.set_major_locator(MaxNLocator(most, integer=kind == "year"))
        axis.set_major_formatter("{x:g}")
    elif kind == "quarter" and span < _QUARTERS * most / 12:
        axis.set_major_locator(dates.MonthLocator((1, 4, 7, 10)))
        axis.set_major_formatter(lambda at, _: _quarter(dates.num2date(at), has_year=at <= x[0]))
    else:
        # Fewer would not do for all spans: half-years are the longest steps within years.
        locator = dates.AutoDateLocator(minticks=3 if most >= _MANY else 2, maxticks=max(most, _FEW))
        # Without it, few ticks over two hours, say, are more than allowed even if they are half an hour apart.
        for unit in (dates.MONTHLY, dates.DAILY, dates.HOURLY, dates.MINUTELY, dates.SECONDLY):
            locator.intervald[unit].append(_ONE)
        axis.set_major_locator(locator)
        axis.set_major_formatter(dates.ConciseDateFormatter(locator))


def _apart(x: Floats, span: float, most: int) -> bool:
    """Return True if labels at all places have room beside each other."""
    return len(x) == 1 or float(np.diff(x).min()) >= span / most / 1.5


def _quarter(date: datetime, *, has_year: bool) -> str:
    quarter = f"Q{(date.month + 2) // 3}"
    return f"{quarter}\n{date.year}" if has_year or date.month == 1 else quarter
