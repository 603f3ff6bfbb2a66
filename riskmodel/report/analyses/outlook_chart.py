"""Fan charts of an outlook: the past, the draws ahead, and how such outlooks did."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.analysis.results.outlook import Fan, Outlook, OutlookScore, UnitOutlook
from riskmodel.errors import counted, single_line
from riskmodel.extras import require
from riskmodel.report.analyses.outlook import first_drawn
from riskmodel.report.analyses.series_curves import LEGEND_STYLE, TITLE_STYLE, legend_grid, source_line
from riskmodel.report.band_zones import draw_zones, name_zones, set_scale, short_name, zone_patches
from riskmodel.report.formatting import number, score_number
from riskmodel.report.plotting import (
    INK,
    INNER,
    INTERVAL,
    MIDDLE,
    MUTED,
    SMALL,
    STEEL,
    WIDTH,
    new_figure,
    short_text,
    wrapped,
)
from riskmodel.report.time_axis import places, set_time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_PANELS = 60
"""Units that are drawn."""
_GRIDS = {4: (2, 2.2), 9: (3, 1.8), MAX_PANELS: (4, 1.4)}
"""Columns, and the height of rows in inches, by the most units."""
_LEFT = 5.1
"""Inches of the title of a fan, beside that of its backtest."""
_LETTERS = 130
"""Letters of a panel's name on the width of the figure."""


def draw(result: Outlook) -> "Figure":
    """Draw one unit's scores below each other, or the first score of several units side by side, and the backtest.

    Raises
    ------
    RiskmodelError
        If matplotlib is not installed.
    """
    require("plot")
    return _draw_unit(result, result.units[0]) if len(result.units) == 1 else _draw_units(result)


def _draw_unit(result: Outlook, unit: UnitOutlook) -> "Figure":
    figure = new_figure(WIDTH, 0.5 + 3.8 * len(result.scores))
    rows = figure.subplots(len(result.scores), 2, squeeze=False, width_ratios=(2.3, 1))
    statements = []
    for (name, score), (left, right) in zip(result.scores.items(), rows, strict=True):
        _draw_fan(left, unit, unit.scores[name], score, width=1.8)
        name_zones(left, tuple(score.bands), tuple(score.bands.values()), score.out_of)
        left.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, **LEGEND_STYLE)
        _draw_backtest(right, result, score)
        statements.append(_statement(result, unit, name))
        left.set_title(wrapped(statements[-1], _LEFT, MIDDLE, "bold"), loc="left", pad=24, **TITLE_STYLE)
    figure.supxlabel(source_line(result), fontsize=SMALL, color=MUTED, x=0.01, ha="left")
    figure.set_label("; ".join(statements))
    return figure


def _draw_units(result: Outlook) -> "Figure":
    name, score = next(iter(result.scores.items()))
    units = sorted(result.units, key=lambda unit: _last_median(unit.scores[name]), reverse=True)
    drawn = units[:MAX_PANELS]
    columns, height = next(grid for most, grid in _GRIDS.items() if len(drawn) <= most)
    count = math.ceil(len(drawn) / columns)
    figure = new_figure(WIDTH, 4.2 + height * count)
    parts: Any = figure.subfigures(2, 1, height_ratios=(1.4 + height * count, 2.8))
    upper, lower = parts
    panels = upper.subplots(count, columns, sharey=True, squeeze=False).ravel().tolist()
    for place, panel in enumerate(panels):
        panel.set_visible(place < len(drawn))
        if place < len(drawn):
            _draw_fan(panel, drawn[place], drawn[place].scores[name], score, width=1.2, ticks=max(2, 8 // columns))
            panel.set_title(_shortened(drawn[place].name, columns), loc="left", fontsize=SMALL, weight="bold", pad=3)
    title = _statement_of_units(result, name, units)
    handles, labels = panels[0].get_legend_handles_labels()
    words = [*labels, *map(short_name, score.bands)]
    upper.legend(
        [*handles, *zone_patches(len(score.bands), score.better)],
        words,
        title=wrapped(title, WIDTH - 0.5, MIDDLE, "bold"),
        title_fontproperties=TITLE_STYLE,
        alignment="left",
        loc="outside upper left",
        **{**LEGEND_STYLE, "ncols": legend_grid(words, WIDTH - 0.2)[0]},
    )
    axes = lower.subplots()
    _draw_backtest(axes, result, score)
    lines = [source_line(result)]
    if len(units) > MAX_PANELS:
        lines.insert(0, f"{counted(len(units) - MAX_PANELS, 'unit')} with lower medians are left out.")
    figure.supxlabel("\n".join(lines), fontsize=SMALL, color=MUTED, x=0.01, ha="left")
    figure.set_label(title)
    return figure


def _shortened(name: str, columns: int) -> str:
    name, room = single_line(name), _LETTERS // columns
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _last_median(fan: Fan) -> float:
    median = float(fan.quantiles[-1, 2])
    return -math.inf if math.isnan(median) else median


def _draw_fan(axes: "Axes", unit: UnitOutlook, fan: Fan, score: OutlookScore, *, width: float, ticks: int = 9) -> None:
    """Draw the past of a score as a line, and the draws ahead as a fan that opens at the last score."""
    first = first_drawn(unit)
    times, past = unit.times[first:], fan.past[first:]
    x = places([*times, *unit.ahead])
    starts = tuple(score.bands.values())
    draw_zones(axes, starts, score.out_of, score.better)
    axes.plot(x[: len(past)], past, "o-", color=INK, linewidth=width, markersize=1.6 * width, label="score", zorder=3)
    known = np.flatnonzero(~np.isnan(past))
    if len(known):
        joint = int(known[-1])
        fan_x = np.concatenate((x[joint : joint + 1], x[len(past) :]))
        low, lower, middle, upper, high = np.vstack((np.full(5, past[joint]), fan.quantiles)).T
        axes.fill_between(fan_x, low, high, linewidth=0, label="90 % of draws", zorder=2, **INTERVAL)
        axes.fill_between(fan_x, lower, upper, linewidth=0, label="50 % of draws", zorder=2, **INNER)
        axes.plot(fan_x, middle, "--", color=INK, linewidth=width, label="median", zorder=3)
    set_time_axis(axes, (*times, *unit.ahead), most=ticks)
    set_scale(axes, starts, score.out_of)
    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_backtest(axes: "Axes", result: Outlook, score: OutlookScore) -> None:
    """Draw the error of past forecasts by steps ahead, beside those of the naive ones, and write the coverage."""
    from matplotlib.ticker import MaxNLocator

    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    if score.backtest is None:
        axes.set_title("not held against the past", loc="left", fontsize=SMALL)
        return
    trials, overall = score.backtest.by_step, score.backtest.overall
    steps = [trial.steps or 0 for trial in trials]
    for values, label, colour, style in (
        ([trial.crps for trial in trials], "outlook", INK, "-"),
        ([trial.crps_last for trial in trials], "last score", STEEL, "--"),
        ([trial.crps_changes for trial in trials], "past changes", STEEL, ":"),
    ):
        axes.plot(steps, values, color=colour, linestyle=style, marker="o", markersize=3, linewidth=1.5, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlim(0.5, result.horizon + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    outcome = "beats both" if overall.beats_both else "no better"
    held = f"50 % interval: {overall.inside_50:.0%} inside\n90 % interval: {overall.inside_90:.0%} inside"
    axes.set_title(f"On the past: {outcome}\n{held}", loc="left", fontsize=SMALL, weight="bold")
    axes.set_xlabel("steps ahead", fontsize=SMALL, color=MUTED)
    axes.set_ylabel("mean error (CRPS)", fontsize=SMALL, color=MUTED)
    axes.legend(fontsize=SMALL, frameon=False)


def _statement(result: Outlook, unit: UnitOutlook, name: str) -> str:
    score, fan = result.scores[name], unit.scores[name]
    text = f"{score.title} of {short_text(unit.name, 60)}"
    if np.isnan(fan.quantiles[-1]).any():
        return f"{text}: no score ahead, the data are insufficient"
    low, _, middle, _, high = (score_number(value, score.decimals) for value in fan.quantiles[-1])
    last = "" if np.isnan(fan.last) else f" {number(fan.last, score.decimals)} last;"
    ahead = f"median {middle} in {unit.ahead[-1]}, 90 % of draws in {low} to {high}"
    return f"{_doubt(score)}{text}:{last} {ahead}"


def _doubt(score: OutlookScore) -> str:
    beats = score.backtest is not None and score.backtest.overall.beats_both
    return "" if beats else "On the past such outlooks do not beat naive forecasts. "


def _statement_of_units(result: Outlook, name: str, units: list[UnitOutlook]) -> str:
    score = result.scores[name]
    text = f"{score.title} of {counted(len(units), 'unit')}, {counted(result.horizon, 'step')} of {result.step} ahead"
    first = units[0].scores[name]
    if not np.isnan(first.quantiles[-1]).any():
        text += (
            f"; highest median: {short_text(units[0].name, 60)}, {score_number(first.quantiles[-1, 2], score.decimals)}"
        )
    return f"{_doubt(score)}{text}"
