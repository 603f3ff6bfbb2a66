"""The plot of an uncertainty analysis: the distribution of each score over its bands."""

from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.results.uncertainty import ScoreUncertainty, Uncertainty
from riskmodel.extras import require
from riskmodel.report.band_zones import draw_upright_zones, fitted
from riskmodel.report.formatting import score_number
from riskmodel.report.plotting import (
    INK,
    LARGE,
    MUTED,
    SMALL,
    WIDTH,
    caption,
    entitle,
    explain,
    label_figure,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 80
_HEIGHT = 2.7
"""Of the part of a score, in inches."""
_KEY = "Bars: 50 % and 90 % of the draws; circle: their median"
_LIFT, _TOP = 1.14, 1.3
"""Where the intervals are, and where the axis ends, in heights of the highest column."""


def draw(result: Uncertainty) -> "Figure":
    """Draw the distributions of the scores; RiskmodelError if matplotlib is not installed."""
    require("plot")
    figure = new_figure(WIDTH, 0.9 + _HEIGHT * max(len(result.scores), 1))
    rows = figure.subplots(max(len(result.scores), 1), 1, squeeze=False)[:, 0].tolist()
    for score, axes in zip(result.scores.values(), rows, strict=False):
        _draw_score(score, axes)
    if not result.scores:
        rows[0].set_axis_off()
        rows[0].text(0.5, 0.5, "The data are insufficient for every score", ha="center", fontsize=LARGE)
    label_figure(figure, result.heading, caption(result.model, _draws(result)))
    figure.set_label("; ".join([result.heading, *map(statement, result.scores.values())]))
    return figure


def _draws(result: Uncertainty) -> str:
    return f"{result.draws:,} draws, seed {result.seed}"


def statement(result: ScoreUncertainty) -> str:
    """Say in a sentence in which share of the draws a score is in its likeliest band, and where 90 % of them are."""
    score = result.plain
    low, high = (score_number(result.quantiles[share].value, score.decimals) for share in (0.05, 0.95))
    spread = f"90 % between {low} and {high}" if low != high else f"{low} in at least 90 % of them"
    if not result.bands:
        return f"{score.title}: {spread if low != high else f'{low} in at least 90 %'} of the draws"
    likeliest = max(result.bands, key=lambda band: band.share.value)
    return f"{score.title}: {likeliest.band} in {of_draws(likeliest.share.value)}; {spread}"


def of_draws(share: float) -> str:
    """Format a share of draws: `62 of 100 draws`."""
    if share >= 1.0:
        return "all draws"
    count = round(100 * share)
    if count in (0, 100):
        return "more than 99 of 100 draws" if count else "less than 1 of 100 draws"
    return f"{count} of 100 draws"


def _percent(share: float) -> str:
    """Format the share of a band; `<1 %` and `>99 %` near the ends."""
    text = f"{share:.0%}"
    if text == "100%" and share < 1.0:
        return ">99 %"
    return "<1 %" if text == "0%" and share > 0.0 else text.replace("%", " %")


def _draw_score(result: ScoreUncertainty, axes: "Axes") -> None:
    score = result.plain
    known = [float(np.min(result.values)), float(np.max(result.values))]
    shown = fitted([*known, *([] if score.value is None else [score.value])], score.out_of)
    heights, edges = np.histogram(result.values, bins=_BINS, range=shown)
    shares = heights / len(result.values)
    highest = float(shares.max())
    bands = {f"{band.band}\n{_percent(band.share.value)}": band.start for band in result.bands}
    draw_upright_zones(axes, bands, score.out_of, score.better, shown)
    axes.stairs(shares, edges, fill=True, color=INK, alpha=0.55, linewidth=0)
    ends = {share: estimate.value for share, estimate in result.quantiles.items()}
    y = _LIFT * highest
    axes.plot([ends[0.05], ends[0.95]], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt")
    axes.plot([ends[0.25], ends[0.75]], [y, y], color=INK, linewidth=7, solid_capstyle="butt")
    axes.plot([ends[0.5]], [y], "o", color="white", markeredgecolor=INK, markersize=9, markeredgewidth=1.6)
    key = _KEY
    if score.value is not None:
        axes.plot([score.value] * 2, [0, y], color=INK, linewidth=1.2, linestyle="--")
        key += f"; dashed: the score of the medians, {score_number(score.value, score.decimals)}"
    axes.set(ylim=(0, _TOP * highest), yticks=[])
    explain(axes, key, WIDTH - 0.3)
    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    entitle(axes, statement(result), WIDTH - 0.3, pad=32 if result.bands else 6)
