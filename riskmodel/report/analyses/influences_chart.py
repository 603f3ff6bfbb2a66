"""Chart of what follows from a step: scores with and without it, and the intensities that move."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.results.influences import STEP, IndicatorPath, InfluencePaths, ScorePath
from riskmodel.extras import require
from riskmodel.report.analyses.influences import THEORY, short_step
from riskmodel.report.analyses.series_curves import add_legend
from riskmodel.report.band_zones import draw_zones, name_zones, set_scale
from riskmodel.report.formatting import number, signed
from riskmodel.report.plotting import (
    INK,
    INNER,
    INTERVAL,
    MUTED,
    SMALL,
    STEEL,
    WIDTH,
    annotate,
    caption,
    entitle,
    label_figure,
    new_figure,
    short_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_TICKS = 7
_MAX_MOVES = 8
"""Indicators that are drawn: those whose intensity changes most."""
_LABEL_GAP = 0.075
"""Between the labels of lines, as a share of the axis."""


def draw(result: InfluencePaths) -> "Figure":
    """Draw each score, and the intensities that move; RiskmodelError if matplotlib is not installed."""
    require("plot")
    pushed = [path for path in result.indicators if path.changes.keys() - {STEP}]
    panels = len(result.scores) + bool(pushed)
    figure = new_figure(WIDTH, 1.2 + 2.8 * panels)
    axes = figure.subplots(panels, 1, squeeze=False, sharex=True)[:, 0]
    for score, panel in zip(result.scores.values(), axes, strict=False):
        _draw_score(panel, result, score)
    if result.scores:
        handles, words = axes[0].get_legend_handles_labels()
        add_legend(axes[0], handles, words, statement(result, next(iter(result.scores.values()))))
    if pushed:
        _draw_moves(axes[-1], result, pushed)
    ticks = np.arange(0, len(result.months) + 1, -(-len(result.months) // _MAX_TICKS))
    labels = [result.start or "start", *result.months]
    axes[-1].set_xticks(ticks, [labels[tick] for tick in ticks])
    axes[-1].set_xlim(0, len(result.months))
    steps = "; ".join(map(short_step, result.steps)) or "no step"
    title = f"{result.heading}: {steps}"
    label_figure(figure, title, f"{THEORY}\n{caption(result.model)}")
    figure.set_label("; ".join([title, *(statement(result, score) for score in result.scores.values())]))
    figure.draw_without_rendering()
    for score, panel in zip(result.scores.values(), axes, strict=False):
        name_zones(panel, list(score.band_starts), list(score.band_starts.values()), score.out_of)
    return figure


def _draw_score(axes: "Axes", result: InfluencePaths, score: ScorePath) -> None:
    months = np.arange(len(result.months) + 1)
    starts = list(score.band_starts.values())
    draw_zones(axes, starts, score.out_of, score.better)
    set_scale(axes, starts, score.out_of)
    for low, high, label, style in ((0.05, 0.95, "90 % of the draws", INTERVAL), (0.25, 0.75, "50 %", INNER)):
        lower, upper = (score.without + np.array([0.0, *score.quantiles[share]]) for share in (low, high))
        axes.fill_between(months, lower, upper, linewidth=0, label=label, **style)
    axes.plot(months, [score.without] * len(months), "--", color=INK, linewidth=1.2, label="without the step")
    axes.plot(months, [score.without, *score.values], color=INK, linewidth=2, label="with it, median strengths")
    for step in {step.number for step in result.steps}:
        axes.axvline(step, color=STEEL, linewidth=0.8, linestyle=":")
    entitle(axes, statement(result, score), WIDTH - 0.5)
    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    axes.spines[["top", "right"]].set_visible(False)


def statement(result: InfluencePaths, score: ScorePath) -> str:
    """Say in a sentence where a score ends with and without the step."""
    without, value = (number(end, score.decimals) for end in (score.reported_without, score.reported[-1]))
    return f"{score.title}: {without} without the step, {value} with it in {result.months[-1]}"


def _draw_moves(axes: "Axes", result: InfluencePaths, paths: Sequence[IndicatorPath]) -> None:
    from scipy.optimize import isotonic_regression

    moves = {path.title: np.array([0.0, *(np.array(path.intensities) - path.intensity_before)]) for path in paths}
    largest = sorted(moves, key=lambda title: -np.abs(moves[title]).max())[:_MAX_MOVES]
    for title in largest:
        axes.plot(np.arange(len(result.months) + 1), moves[title], color=INK, linewidth=1.2)
    axes.axhline(0, color=STEEL, linewidth=0.8)
    low, high = axes.get_ylim()
    ends = sorted((float(moves[title][-1]), title) for title in largest)
    # Labels keep a distance, and are as near to the ends of their lines as that allows.
    gaps = np.arange(len(ends)) * _LABEL_GAP * (high - low)
    heights = isotonic_regression([end for end, _ in ends] - gaps).x + gaps
    for (end, title), height in zip(ends, heights.tolist(), strict=True):
        text = f"{short_text(title, 30)} {signed(end, 2)}"
        annotate(axes, text, (len(result.months), height), (5, 0), va="center", fontsize=SMALL, annotation_clip=False)
    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    entitle(axes, "Intensities that influences push: change with median strengths", WIDTH - 0.5)
    axes.spines[["top", "right"]].set_visible(False)
