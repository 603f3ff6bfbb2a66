"""Chart of what follows from a step: scores with and without it, and the intensities that move."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.results.influences import STEP, IndicatorPath, InfluencePaths, ScorePath
from riskmodel.extras import require
from riskmodel.report.analyses.influences import THEORY, short_step
from riskmodel.report.band_zones import draw_zones, name_zones, set_scale
from riskmodel.report.formatting import number, signed
from riskmodel.report.plotting import BLUE, GREY, ORANGE, SMALL, annotate, new_figure, short_text

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
    figure = new_figure(9, 1.0 + 2.8 * panels)
    axes = figure.subplots(panels, 1, squeeze=False, sharex=True)[:, 0]
    for score, panel in zip(result.scores.values(), axes, strict=False):
        _draw_score(panel, result, score)
    axes[0].legend(loc="best", fontsize=SMALL, frameon=False, ncols=2)
    if pushed:
        _draw_moves(axes[-1], result, pushed)
    ticks = np.arange(0, len(result.months) + 1, -(-len(result.months) // _MAX_TICKS))
    labels = [result.start or "start", *result.months]
    axes[-1].set_xticks(ticks, [labels[tick] for tick in ticks])
    axes[-1].set_xlim(0, len(result.months))
    steps = "; ".join(map(short_step, result.steps)) or "no step"
    figure.suptitle(f"{THEORY}\n{short_text(f'{result.heading}: {steps}', 110)}\n{result.model.line}", fontsize=9)
    figure.draw_without_rendering()
    for score, panel in zip(result.scores.values(), axes, strict=False):
        name_zones(panel, list(score.band_starts), list(score.band_starts.values()), score.out_of)
    return figure


def _draw_score(axes: "Axes", result: InfluencePaths, score: ScorePath) -> None:
    months = np.arange(len(result.months) + 1)
    starts = list(score.band_starts.values())
    draw_zones(axes, starts, score.out_of, score.better)
    set_scale(axes, starts, score.out_of)
    for low, high, alpha, label in ((0.05, 0.95, 0.2, "90% of the draws"), (0.25, 0.75, 0.35, "50%")):
        lower, upper = (score.without + np.array([0.0, *score.quantiles[share]]) for share in (low, high))
        axes.fill_between(months, lower, upper, color=ORANGE, alpha=alpha, linewidth=0, label=label)
    axes.plot(months, [score.without] * len(months), "--", color=GREY, label="without the step")
    axes.plot(months, [score.without, *score.values], color=ORANGE, label="with it, median strengths")
    for step in {step.number for step in result.steps}:
        axes.axvline(step, color=GREY, linewidth=0.8, linestyle=":")
    without, value = (number(end, score.decimals) for end in (score.reported_without, score.reported[-1]))
    text = f"{short_text(score.title)}: {without} without the step, {value} with it in {result.months[-1]}"
    axes.set_title(text, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_moves(axes: "Axes", result: InfluencePaths, paths: Sequence[IndicatorPath]) -> None:
    from scipy.optimize import isotonic_regression

    moves = {path.title: np.array([0.0, *(np.array(path.intensities) - path.intensity_before)]) for path in paths}
    largest = sorted(moves, key=lambda title: -np.abs(moves[title]).max())[:_MAX_MOVES]
    for title in largest:
        axes.plot(np.arange(len(result.months) + 1), moves[title], color=BLUE, linewidth=1.2)
    axes.axhline(0, color=GREY, linewidth=0.8)
    low, high = axes.get_ylim()
    ends = sorted((float(moves[title][-1]), title) for title in largest)
    # Labels keep a distance, and are as near to the ends of their lines as that allows.
    gaps = np.arange(len(ends)) * _LABEL_GAP * (high - low)
    heights = isotonic_regression([end for end, _ in ends] - gaps).x + gaps
    for (end, title), height in zip(ends, heights.tolist(), strict=True):
        text = f"{short_text(title, 30)} {signed(end, 2)}"
        annotate(axes, text, (len(result.months), height), (5, 0), va="center", fontsize=SMALL, annotation_clip=False)
    axes.set_title("Intensities that influences push: change with median strengths", fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
