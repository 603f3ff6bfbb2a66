"""Parts of the charts of a series: a score as a line with its interval and bounds, and the words around it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from riskmodel.analysis.results.outlook import Outlook
from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.kernels.types import Floats
from riskmodel.report.plotting import (
    INK,
    INTERVAL,
    MIDDLE,
    SMALL,
    STEEL,
    caption,
    root_figure,
    short_text,
    text_width,
    wrapped,
)
from riskmodel.report.time_axis import places

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKED = 48
"""Points up to which each has a mark."""
LEGEND = (
    "score",
    "90 % interval",
    "bounds",
    "new band",
    *(f"largest moves: {words}" for words in ("worse", "better", "worse, better", "higher", "lower", "higher, lower")),
    "no score",
)
"""The marks in the order in which they are explained."""
LEGEND_STYLE: dict[str, Any] = {
    "ncols": 9,
    "frameon": False,
    "fontsize": SMALL,
    "borderpad": 0.2,
    "handlelength": 1.6,
    "columnspacing": 1.4,
    "handletextpad": 0.5,
}
TITLE_STYLE: dict[str, Any] = {"size": MIDDLE, "weight": "bold"}
_BESIDE = 0.5
"""Inches beside a title."""
_DOTS = (0, (1, 1.5))
CROWDED, _THIN = 150, 0.6
"""Points from which a line is thin, and its share of the width."""


def add_legend(axes: "Axes", handles: Sequence[Any], labels: Sequence[str], title: str) -> None:
    """Write the title of a chart over its figure's width, and below it what explains the marks, in one line or more."""
    from matplotlib.legend_handler import HandlerTuple

    room = root_figure(axes).get_figwidth() - _BESIDE
    columns, lines = legend_grid(labels, room)
    legend = axes.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        **{**LEGEND_STYLE, "ncols": columns},
    )
    legend.set_in_layout(False)  # it may be wider than the chart
    axes.set_title(wrapped(title, room, MIDDLE, "bold"), loc="left", pad=10 + 14 * lines, **TITLE_STYLE)


def legend_grid(labels: Sequence[str], inches: float) -> tuple[int, int]:
    """Return the columns and lines of a legend that fits a width."""
    marks = LEGEND_STYLE["handlelength"] + LEGEND_STYLE["handletextpad"] + LEGEND_STYLE["columnspacing"]
    widths = [text_width(label, SMALL) + marks * SMALL / 72 for label in labels] or [0.0]
    for lines in range(1, len(widths) + 1):
        columns = -(-len(widths) // lines)
        # As matplotlib fills columns: from top to bottom, each as wide as its widest entry.
        if sum(map(max, np.array_split(widths, columns))) <= inches:
            return columns, lines
    return 1, len(widths)


class Curves(NamedTuple):
    """A score of a unit over time: (n,) arrays with NaN between rows that are no neighbours.

    Attributes
    ----------
    rows : -1 where the line breaks.
    x : places on the axis.
    """

    rows: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    x: Floats
    score: Floats
    interval_low: Floats
    interval_high: Floats
    low: Floats
    high: Floats


def curves_of(series: TimeSeries, score: SeriesScore, rows: slice) -> Curves:
    """Return a score over the rows of a unit."""
    index = np.arange(rows.start, rows.stop)
    chosen = np.insert(index, np.flatnonzero(series.before[index][1:] < 0) + 1, -1)

    def broken(values: Floats) -> Floats:
        return np.where(chosen < 0, np.nan, values[chosen])

    columns = (score.reported, score.interval_low, score.interval_high, score.low, score.high)
    return Curves(chosen, broken(places_of(series)), *map(broken, columns))


def places_of(series: TimeSeries) -> Floats:
    """Return (n,) the places of the times of all rows on the axis."""
    return places(series.times)[series.labels[series.time].codes]


def draw_curves(
    axes: "Axes", curves: Curves, *, marked: int = MARKED, crowded: int = CROWDED, width: float = 2.0
) -> None:
    """Draw a score as a line, its interval as a ribbon, and its bounds fainter; lone points as marks and bars.

    Parameters
    ----------
    axes : the chart.
    curves : the score.
    marked : the most points that each have a mark.
    crowded : the most points that are not crowded.
    width : of the line in points, if it is not crowded.
    """
    lone = _is_lone(curves.score)
    is_crowded = len(curves.x) > crowded
    width *= _THIN if is_crowded else 1.0
    if _differ(curves.low, curves.high):
        _draw_bounds(axes, curves, 0.45 * width, is_crowded=is_crowded)
    if _differ(curves.interval_low, curves.interval_high):
        low, high = curves.interval_low, curves.interval_high
        style: dict[str, Any] = {**INTERVAL, "zorder": 2}
        axes.fill_between(curves.x, low, high, where=~np.isnan(low), linewidth=0, label="90 % interval", **style)
        if lone.any():
            axes.vlines(curves.x[lone], low[lone], high[lone], linewidth=5, **style)
    axes.plot(curves.x, curves.score, color=INK, linewidth=width, label="score", solid_joinstyle="round", zorder=3)
    shown = ~np.isnan(curves.score) if np.count_nonzero(curves.rows >= 0) <= marked else lone
    axes.plot(curves.x[shown], curves.score[shown], "o", color=INK, markersize=2 * width, zorder=3)


def _draw_bounds(axes: "Axes", curves: Curves, width: float, *, is_crowded: bool) -> None:
    """Draw bounds as dotted lines; as a pale zone where so many points would make these a thicket."""
    if is_crowded:
        axes.fill_between(
            curves.x, curves.low, curves.high, color=STEEL, alpha=0.22, linewidth=0, label="bounds", zorder=1
        )
        return
    style: dict[str, Any] = {"color": STEEL, "linewidth": width, "linestyle": _DOTS, "zorder": 1}
    for ends, label in ((curves.low, "bounds"), (curves.high, None)):
        axes.plot(curves.x, ends, label=label, **style)
    if (lone := _is_lone(curves.low)).any():
        axes.vlines(curves.x[lone], curves.low[lone], curves.high[lone], **style)


def _is_lone(values: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return (n,) True at values without a neighbour."""
    known = np.concatenate([[False], ~np.isnan(values), [False]])
    lone: np.ndarray[tuple[int], np.dtype[np.bool_]] = known[1:-1] & ~known[:-2] & ~known[2:]
    return lone


def _differ(low: Floats, high: Floats) -> bool:
    return bool(np.any(high > low))


def source_line(result: TimeSeries | Outlook) -> str:
    """Name the source, the draws and the model in a line."""
    draws = f"{result.draws:,} draws" if result.draws else "no draws"
    return caption(result.model, f"Source: {short_text(result.source, 60)}", draws)
