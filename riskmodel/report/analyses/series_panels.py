"""Many units of a series side by side, in panels of one scale."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.errors import counted, single_line
from riskmodel.report.analyses.series_curves import (
    CROWDED,
    LEGEND,
    LEGEND_STYLE,
    MARKED,
    TITLE_STYLE,
    curves_of,
    draw_curves,
    legend_grid,
    source_line,
)
from riskmodel.report.analyses.series_facts import latest
from riskmodel.report.band_zones import draw_zones, set_scale, short_name, zone_patches
from riskmodel.report.formatting import number, signed
from riskmodel.report.plotting import MIDDLE, MUTED, SMALL, WIDTH, new_figure, short_text, text_width, wrapped
from riskmodel.report.time_axis import set_time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKS = ("score", "90 % interval", "bounds")
"""The marks that panels may have."""
MAX_PANELS = 60
"""Units that are drawn."""
_GRIDS = {4: (2, 1.9), 9: (3, 1.45), MAX_PANELS: (4, 1.1)}
"""Columns, and the height of panels in inches, by the most units."""
_LEFT, _RIGHT, _COLUMN_GAP, _ROW_GAP, _LINE = 0.42, 0.25, 0.14, 0.34, 0.16
"""Inches beside and between panels, and of a line of small letters."""
_TICKS, _AT_END = 5, 0.08
"""The most times of a panel, and the share of its width in which one is at its end."""


def draw_units(series: TimeSeries, score: SeriesScore) -> "Figure":
    """Draw a score of several units in panels of one scale, the highest last score first."""
    ends = latest(series, score)
    drawn = ends[:MAX_PANELS]
    columns, height = next(grid for most, grid in _GRIDS.items() if len(drawn) <= most)
    width = (WIDTH - _LEFT - _RIGHT + _COLUMN_GAP) / columns - _COLUMN_GAP
    units = [series.unit_names[int(series.unit[end])] for end in drawn]
    headings = [
        (_name_lines(single_line(unit), width), _last_text(series, score, end))
        for unit, end in zip(units, drawn, strict=True)
    ]
    # The last score has a line of its own, if it does not fit beside a name.
    is_below = any(
        text_width(name.split("\n")[-1], SMALL, "bold") + text_width(f"  {last}", SMALL) > width
        for name, last in headings
    )
    lines = max(name.count("\n") for name, _ in headings) + 1 + is_below
    title, caption = _statement_of_units(series, score, ends), _caption(series, len(ends))
    heading_lines = wrapped(title, WIDTH - _RIGHT, MIDDLE, "bold")
    legend_columns, legend_lines = legend_grid([*_MARKS, *map(short_name, score.bands.names)], WIDTH - _RIGHT)
    above = heading_lines.count("\n") + legend_lines
    figure, panels = _panels(len(drawn), columns, (width, height), (above, lines, len(caption)))
    for place, (axes, unit, (name, last)) in enumerate(zip(panels, units, headings, strict=True)):
        set_scale(axes, score.band_starts, score.out_of)
        set_time_axis(axes, series.times, most=_TICKS)
        draw_zones(axes, score.band_starts, score.out_of, score.better)
        draw_curves(
            axes,
            curves_of(series, score, series.rows_of(unit)),
            marked=MARKED // columns,
            crowded=2 * CROWDED // columns,
            width=1.3,
        )
        heading = name + "\n" * is_below
        axes.set_title(heading, loc="left", fontsize=SMALL, weight="bold", pad=3)
        axes.set_title(last, loc="right", fontsize=SMALL, pad=3)
        is_left, is_lowest = place % columns == 0, place + columns >= len(drawn)
        axes.tick_params(labelsize=SMALL, color=MUTED, length=2, labelleft=is_left, labelbottom=is_lowest)
        axes.spines[["top", "right"]].set_visible(False)
        if is_lowest:
            _keep_times_inside(axes)
    legend = figure.legend(
        *_legend_of_units(panels, score),
        title=heading_lines,
        title_fontproperties=TITLE_STYLE,
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(0, 1),
        **{**LEGEND_STYLE, "ncols": legend_columns},
    )
    legend.get_title().set_linespacing(1.3)
    below = 0.05 / figure.get_figheight()
    figure.supxlabel("\n".join(caption), fontsize=SMALL, color=MUTED, x=0.01, y=below, ha="left")
    figure.set_label(title)
    return figure


def _panels(
    count: int, columns: int, size: tuple[float, float], lines: tuple[int, int, int]
) -> "tuple[Figure, list[Axes]]":
    """Return a figure with panels in rows.

    Their places are fixed: a constrained layout of many panels takes seconds.

    Parameters
    ----------
    count, columns : how many panels, and how many in a row.
    size : width and height of each in inches.
    lines : of the title of the figure with its legend less one, of the heading of a panel, and of the caption.
    """
    (width, height), (title, heading, caption) = size, lines
    row = height + _ROW_GAP + _LINE * (heading - 1)
    top, bottom = 0.6 + 0.22 * title + _LINE * (heading - 1), 0.4 + 0.17 * caption
    rows = math.ceil(count / columns)
    total = top + bottom + row * (rows - 1) + height
    figure = new_figure(WIDTH, total, layout=None)
    return figure, [
        figure.add_axes(
            (
                (_LEFT + (width + _COLUMN_GAP) * (place % columns)) / WIDTH,
                (total - top - row * (place // columns) - height) / total,
                width / WIDTH,
                height / total,
            )
        )
        for place in range(count)
    ]


def _keep_times_inside(axes: "Axes") -> None:
    """Write the times at both ends of a panel inwards, so that they do not run into those of its neighbours."""
    low, high = axes.get_xlim()
    for label, x in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True):
        place = (x - low) / (high - low)
        if place < _AT_END:
            label.set_horizontalalignment("left")
        elif place > 1 - _AT_END:
            label.set_horizontalalignment("right")


def _name_lines(name: str, inches: float) -> str:
    """Return a name in one or two lines; a longer one is cut in its middle, as units of a table often begin alike."""
    for most in range(len(name), 0, -1):
        shorter = name if most == len(name) else f"{name[: most // 2]}…{name[len(name) - (most - most // 2 - 1) :]}"
        lines = wrapped(shorter, inches, SMALL, "bold")
        if lines.count("\n") <= 1:
            return lines
    return name


def _legend_of_units(panels: "Sequence[Axes]", score: SeriesScore) -> tuple[list[Any], list[str]]:
    """Return what explains the marks of panels and their zones: drawings and words."""
    marks: dict[str, Any] = {}
    for panel in panels:
        marks |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    names = sorted(marks, key=LEGEND.index)
    zones = zone_patches(len(score.band_starts), score.better)
    return [*(marks[name] for name in names), *zones], [*names, *map(short_name, score.bands.names)]


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
    unit = short_text(series.unit_names[int(series.unit[ends[0]])], 60)
    top = number(float(score.reported[ends[0]]), score.decimals)
    band = score.band(ends[0])
    return f"{text}; highest last: {unit}, {top}{f' ({band})' if band else ''}"


def _caption(series: TimeSeries, count: int) -> list[str]:
    lines = [
        "Rise and fall: last score against first. Sorted by the last; in brackets its change since the time before."
    ]
    if count > MAX_PANELS:
        lines.append(f"{counted(count - MAX_PANELS, 'unit')} with lower last scores are left out.")
    return [line for text in (*lines, source_line(series)) for line in wrapped(text, WIDTH - _RIGHT, SMALL).split("\n")]
