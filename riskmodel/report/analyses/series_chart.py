"""Charts of a series: one unit's scores with bands, intervals and the largest moves, or many units side by side."""

import math
import sys
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.errors import RiskmodelError, counted, single_line
from riskmodel.extras import require
from riskmodel.kernels.types import Floats
from riskmodel.report.analyses.series_facts import crossings, drivers, knowledge, largest_moves, latest, statement
from riskmodel.report.formatting import band_opacity, number, signed
from riskmodel.report.label_places import Label, label_points
from riskmodel.report.plotting import BLUE, MUTED, ORANGE, STEEL, new_figure, short_text
from riskmodel.report.time_axis import places, set_time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_PANELS = 60
"""Units that are drawn side by side."""
_WIDTH = 9.0
_HEIGHT = 4.8
_SMALL = 9
"""Size of the small letters: 12 pixels, where 96 are an inch."""
_ZONE = 0.7
"""Share of the opacity of bands elsewhere, so that the interval stands out before a zone."""
_NAMED_MOVES, _CHANGES_A_MOVE = 4, 4
"""The most moves that are named, and how many changes there are for each."""
_NAMED_CROSSINGS, _LAST_CROSSINGS = 6, 3
"""The most changes of band that are all named, and how many are of more."""
_MIN_TICKS, _MAX_TICKS = 4, 7
_MARKED = 48
"""Points up to which each has a mark."""
_NAME_HEIGHT = 11
_TITLE_LETTERS = 94
_LETTER, _BOLD_LETTER = 5.5, 6.3
"""Widths of letters of the small size, in points."""
_GRIDS = {4: (2, 2.4), 9: (3, 1.9), 20: (4, 1.5), MAX_PANELS: (5, 1.25)}
"""Columns and the height of rows in inches, by the most units."""
_LEGEND = ("score", "90 % interval", "bounds", "new band", "largest moves", "no score")
_LEGEND_STYLE = {
    "ncols": 9,
    "frameon": False,
    "fontsize": _SMALL,
    "borderpad": 0.2,
    "handlelength": 1.6,
    "columnspacing": 1.4,
    "handletextpad": 0.5,
}
_BOUNDS = (0, (1, 1.5))
"""Dots of the lines of bounds."""
_MIN_MOVE = 0.02
"""Share of the scale from which a move is named."""


class _Curves(NamedTuple):
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


def axes_of_series(
    series: TimeSeries, unit: str | None = None, score: str | None = None, axes: "Axes | None" = None
) -> "Axes":
    """Draw a score of a unit; see `riskmodel.TimeSeries.plot`."""
    require("plot")
    name = _chosen_unit(series, unit)
    chosen = series[_first_score(series) if score is None else score]
    if axes is None:
        axes = _new_axes()
    _draw_unit(axes, series, chosen, name)
    axes.set_xlabel(_origin(series), loc="left", fontsize=_SMALL, color=MUTED, labelpad=8)
    return axes


def draw(series: TimeSeries, score: str | None = None) -> "Figure":
    """Draw one unit's main scores below each other, or a score of several units side by side.

    Parameters
    ----------
    series : what is drawn.
    score : the score; by default every main score of one unit, or the first of several.

    Raises
    ------
    RiskmodelError
        If there is no such score, nothing to draw, or matplotlib is not installed.
    """
    require("plot")
    if not series.unit_names:
        raise RiskmodelError(f"nothing to draw: no unit of {series.source} has a series")
    names = series.main_scores if score is None else (score,)
    if len(series.unit_names) > 1:
        return _draw_units(series, series[names[0]])
    figure = new_figure(_WIDTH, 0.4 + (_HEIGHT - 0.4) * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    unit = series.unit_names[0]
    for panel, name in zip(panels, names, strict=True):
        _draw_unit(panel, series, series[name], unit)
    panels[-1].set_xlabel(_origin(series), loc="left", fontsize=_SMALL, color=MUTED, labelpad=8)
    figure.set_label("; ".join(statement(series, series[name], unit) for name in names))
    return figure


def _chosen_unit(series: TimeSeries, unit: str | None) -> str:
    if unit is not None:
        series.rows_of(unit)  # raises RiskmodelError if there is none
        return unit
    names = series.unit_names
    if len(names) == 1:
        return names[0]
    if not names:
        raise RiskmodelError(f"nothing to draw: no unit of {series.source} has a series")
    shown = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
    raise RiskmodelError(f"choose one of the {len(names):,} units: plot(unit) with {shown}")


def _first_score(series: TimeSeries) -> str:
    return series.main_scores[0]


def _new_axes() -> "Axes":
    """Return axes of a new figure, which pyplot shows if the program has it."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        _, axes = pyplot.subplots(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    else:
        axes = new_figure(_WIDTH, _HEIGHT).subplots()
    return axes  # type: ignore[no-any-return]


def _origin(series: TimeSeries) -> str:
    """Name the source, the model and the draws in a line."""
    draws = f"{series.draws:,} draws" if series.draws else "no draws"
    return fill(f"Source: {short_text(series.source, 60)} | {series.model.line} | {draws}", 120)


def _curves(series: TimeSeries, score: SeriesScore, rows: slice) -> _Curves:
    index = np.arange(rows.start, rows.stop)
    chosen = np.insert(index, np.flatnonzero(series.before[index][1:] < 0) + 1, -1)

    def broken(values: Floats) -> Floats:
        return np.where(chosen < 0, np.nan, values[chosen])

    x = places(series.times)[series.labels[series.time].codes]
    columns = (score.reported, score.interval_low, score.interval_high, score.low, score.high)
    return _Curves(chosen, broken(x), *map(broken, columns))


def _draw_unit(axes: "Axes", series: TimeSeries, score: SeriesScore, unit: str) -> None:
    """Draw a score of a unit with everything that is named."""
    rows = series.rows_of(unit)
    curves = _curves(series, score, rows)
    _draw_bands(axes, score)
    _draw_curves(axes, curves, marks=rows.stop - rows.start <= _MARKED, width=2.0)
    if not np.isnan(curves.score).all():
        _draw_events(axes, series, score, rows)
    set_time_axis(axes, series.times)
    _set_scale(axes, score)
    _name_bands(axes, score)
    axes.tick_params(labelsize=_SMALL, color=MUTED, length=3)
    axes.set_title(
        fill(_short_statement(series, score, unit), _TITLE_LETTERS), loc="left", fontsize=11.5, weight="bold", pad=24
    )
    lacking = np.isnan(score.reported[rows])
    if lacking.any():
        x = places(series.times)[series.labels[series.time].codes[rows][lacking]]
        axes.plot(x, np.full(len(x), 0.02 * score.out_of), "x", color=MUTED, markersize=4.5, label="no score")
    _add_legend(axes)
    axes.spines[["top", "right"]].set_visible(False)
    _label_events(axes, series, score, rows, curves)


def _add_legend(axes: "Axes") -> None:
    """Explain the marks in a line above a chart, the score first."""
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda index: _LEGEND.index(labels[index]))
    axes.legend(
        [handles[index] for index in order],
        [labels[index] for index in order],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
        **_LEGEND_STYLE,
    )


def _short_statement(series: TimeSeries, score: SeriesScore, unit: str) -> str:
    text = statement(series, score, unit)
    return short_text(unit) + text.removeprefix(unit)


def _draw_bands(axes: "Axes", score: SeriesScore) -> None:
    """Draw the bands as zones, which get darker."""
    starts = score.band_starts
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], score.out_of], strict=True)):
        axes.axhspan(start, end, color=STEEL, alpha=_ZONE * band_opacity(index, len(starts)), linewidth=0, zorder=0)


def _set_scale(axes: "Axes", score: SeriesScore) -> None:
    """Let the vertical axis run over the whole scale, with ticks where bands begin, if these are few and apart."""
    ends = [*score.band_starts, score.out_of]
    axes.set_ylim(0, score.out_of)
    if _MIN_TICKS <= len(ends) <= _MAX_TICKS and np.diff(ends).min() >= score.out_of / 12:
        axes.set_yticks(ends)


def _name_bands(axes: "Axes", score: SeriesScore) -> None:
    """Write the names of the bands at the right edge; where bands are too narrow for letters, some are left out."""
    height = axes.get_position().height * axes.get_figure(root=True).get_figheight() * 72  # type: ignore[union-attr]
    low, high = axes.get_ylim()
    lowest = -math.inf
    for name, start, end in zip(
        score.bands.names, score.band_starts, [*score.band_starts[1:], score.out_of], strict=True
    ):
        middle = (max(start, low) + min(end, high)) / 2
        if min(end, high) > max(start, low) and (middle - lowest) / (high - low) * height >= _NAME_HEIGHT:
            axes.annotate(
                short_text(name, 18),
                (1, middle),
                (5, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                fontsize=_SMALL,
                color=MUTED,
            )
            lowest = middle


def _draw_curves(axes: "Axes", curves: _Curves, *, marks: bool, width: float) -> None:
    """Draw a score as a line, its interval as a ribbon, and its bounds as thin lines; lone points as marks and bars."""
    lone = _is_lone(curves.score)
    if _differ(curves.low, curves.high):
        for ends, label in ((curves.low, "bounds"), (curves.high, None)):
            axes.plot(curves.x, ends, color=STEEL, linewidth=0.45 * width, linestyle=_BOUNDS, label=label, zorder=1)
        apart = _is_lone(curves.low)
        axes.vlines(
            curves.x[apart],
            curves.low[apart],
            curves.high[apart],
            color=STEEL,
            linewidth=0.45 * width,
            linestyle=_BOUNDS,
        )
    if _differ(curves.interval_low, curves.interval_high):
        low, high = curves.interval_low, curves.interval_high
        known = ~np.isnan(low)
        axes.fill_between(
            curves.x, low, high, where=known, color=BLUE, alpha=0.3, linewidth=0, label="90 % interval", zorder=2
        )
        axes.vlines(curves.x[lone], low[lone], high[lone], color=BLUE, alpha=0.3, linewidth=5, zorder=2)
    axes.plot(curves.x, curves.score, color=BLUE, linewidth=width, label="score", solid_joinstyle="round", zorder=3)
    shown = ~np.isnan(curves.score) if marks else lone
    axes.plot(curves.x[shown], curves.score[shown], "o", color=BLUE, markersize=2 * width, zorder=3)


def _is_lone(values: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return (n,) True at values without a neighbour."""
    known = np.concatenate([[False], ~np.isnan(values), [False]])
    lone: np.ndarray[tuple[int], np.dtype[np.bool_]] = known[1:-1] & ~known[:-2] & ~known[2:]
    return lone


def _differ(low: Floats, high: Floats) -> bool:
    return bool(np.any(high > low))


def _draw_events(axes: "Axes", series: TimeSeries, score: SeriesScore, rows: slice) -> None:
    """Mark the changes of band and the largest moves."""
    x = places(series.times)[series.labels[series.time].codes]
    for place, row in enumerate(_named_moves(score, rows)):
        ends = [int(series.before[row]), row]
        axes.plot(
            x[ends],
            score.reported[ends],
            color=ORANGE,
            linewidth=3.2,
            solid_capstyle="round",
            zorder=4,
            label="largest moves" if place == 0 else None,
        )
    crossed = crossings(series, score, rows)
    if crossed:
        axes.plot(
            x[crossed],
            score.reported[crossed],
            "o",
            color="white",
            markeredgecolor=BLUE,
            markeredgewidth=1.6,
            markersize=6.5 if rows.stop - rows.start <= _MARKED else 5,
            label="new band",
            zorder=5,
        )


def _named_moves(score: SeriesScore, rows: slice) -> list[int]:
    changes = int(np.count_nonzero(~np.isnan(score.change[rows])))
    moves = largest_moves(score, rows, min(_NAMED_MOVES, math.ceil(changes / _CHANGES_A_MOVE)))
    return [row for row in moves if abs(score.change[row]) >= _MIN_MOVE * score.out_of]


def _label_events(axes: "Axes", series: TimeSeries, score: SeriesScore, rows: slice, curves: _Curves) -> None:
    """Name the largest moves by their main driver, and the latest changes of band."""
    x = places(series.times)[series.labels[series.time].codes]
    moves, crossed = _named_moves(score, rows), crossings(series, score, rows)
    others = [row for row in reversed(crossed) if row not in moves]
    labels = []
    for row in [*moves, *(others if len(crossed) <= _NAMED_CROSSINGS else others[:_LAST_CROSSINGS])]:
        lines = [f"{score.band(row)}, {series.time_label(row)}"] if row in crossed else []
        if row in moves:
            change = signed(float(score.change[row]), score.decimals)
            reasons = [
                f"{short_text(entry.name.replace('_', ' '), 34)}{knowledge(series, entry, row)}"
                for entry in drivers(score, row)[:1]
            ]
            lines += [f"{change}, mainly", *reasons] if reasons else [change]
        labels.append(Label("\n".join(lines), float(x[row]), float(score.reported[row])))
    label_points(axes, labels, curves.x, curves.score)


def _draw_units(series: TimeSeries, score: SeriesScore) -> "Figure":
    """Draw a score of several units in panels of one scale, the highest last score first."""
    ends = latest(series, score)
    drawn = ends[:MAX_PANELS]
    columns, height = next(grid for most, grid in _GRIDS.items() if len(drawn) <= most)
    count = math.ceil(len(drawn) / columns)
    figure = new_figure(_WIDTH, 1.6 + height * count)
    panels = figure.subplots(count, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for panel, end in zip(panels, drawn, strict=False):
        unit = series.unit_names[int(series.unit[end])]
        rows = series.rows_of(unit)
        _draw_bands(panel, score)
        _draw_curves(panel, _curves(series, score, rows), marks=rows.stop - rows.start <= _MARKED / columns, width=1.3)
        _name_panel(panel, unit, _last_text(series, score, end), _WIDTH * 72 / columns)
    for place, panel in enumerate(panels):
        panel.set_visible(place < len(drawn))
        panel.tick_params(labelsize=_SMALL, color=MUTED, length=2, labelbottom=place + columns >= len(drawn))
        panel.spines[["top", "right"]].set_visible(False)
    set_time_axis(panels[0], series.times, most=max(3, 10 // columns))
    _set_scale(panels[0], score)
    title = _statement_of_units(series, score, ends)
    legend = figure.legend(
        *_legend_of_units(panels[: len(drawn)], score),
        # A title of the figure would lie over its legend.
        title=fill(title, _TITLE_LETTERS),
        title_fontproperties={"size": 11.5, "weight": "bold"},
        alignment="left",
        loc="outside upper left",
        **_LEGEND_STYLE,
    )
    legend.get_title().set_linespacing(1.3)
    figure.supxlabel("\n".join(_caption(series, len(ends))), fontsize=_SMALL, color=MUTED, x=0.01, ha="left")
    figure.set_label(title)
    return figure


def _name_panel(axes: "Axes", unit: str, last: str, width: float) -> None:
    """Write the unit and its last score above a panel that is so many points wide."""
    room = (width - 22 - _LETTER * len(last)) / _BOLD_LETTER
    name = single_line(unit)
    if len(name) > room:
        name = f"{name[: max(int(room) - 1, 3)]}…"
    axes.set_title(name, loc="left", fontsize=_SMALL, weight="bold", pad=3)
    axes.set_title(last, loc="right", fontsize=_SMALL, pad=3)


def _legend_of_units(panels: "Sequence[Axes]", score: SeriesScore) -> tuple[list[Any], list[str]]:
    """Return what explains the marks of panels and their zones: drawings and words."""
    from matplotlib.patches import Patch

    marks: dict[str, Any] = {}
    for panel in panels:
        marks |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    count = len(score.band_starts)
    for index, name in enumerate(score.bands.names):
        zone = Patch(facecolor=STEEL, alpha=_ZONE * band_opacity(index, count), linewidth=0)
        marks[short_text(name, 18)] = zone
    names = sorted(marks, key=lambda name: _LEGEND.index(name) if name in _LEGEND else len(_LEGEND))
    return [marks[name] for name in names], names


def _last_text(series: TimeSeries, score: SeriesScore, row: int) -> str:
    """Give the last score of a unit, and its change if that is of the last time of all."""
    if np.isnan(score.reported[row]):
        return "no score"
    text, change = number(float(score.reported[row]), score.decimals), float(score.change[row])
    is_latest = series.time_label(row) == series.times[-1]
    return text if np.isnan(change) or not is_latest else f"{text} ({signed(change, score.decimals)})"


def _statement_of_units(series: TimeSeries, score: SeriesScore, ends: list[int]) -> str:
    """Say in a sentence how many units rose and fell from first to last, and whose last score is the highest."""
    moves = []
    for unit in series.unit_names:
        reported = score.reported[series.rows_of(unit)]
        known = reported[~np.isnan(reported)]
        moves.append(float(known[-1] - known[0]) if len(known) else 0.0)
    rose, fell = sum(move > 0 for move in moves), sum(move < 0 for move in moves)
    text = f"{score.title} rose in {rose:,} and fell in {fell:,} of {counted(len(moves), 'unit')}"
    if len(series.times) > 1:
        text += f", {series.times[0]} to {series.times[-1]}"
    if np.isnan(score.reported[ends[0]]):
        return text
    unit = short_text(series.unit_names[int(series.unit[ends[0]])])
    top = number(float(score.reported[ends[0]]), score.decimals)
    band = score.band(ends[0])
    return f"{text}; highest last: {unit}, {top}{f' ({band})' if band else ''}"


def _caption(series: TimeSeries, count: int) -> list[str]:
    lines = [
        "Rise and fall: last score against first. Sorted by the last; in brackets its change since the time before."
    ]
    if count > MAX_PANELS:
        lines.append(f"{counted(count - MAX_PANELS, 'unit')} with lower last scores are left out.")
    return [*lines, _origin(series)]
