"""How sure scores are, as a picture: how the draws of each score are spread, over its bands."""

from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.needs import require
from riskmodel.analysis.uncertainty.result import ScoreUncertainty, Uncertainty
from riskmodel.report.figures import score_number
from riskmodel.report.plots import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 80


def draw(found: Uncertainty) -> "Figure":
    """Draw how the scores are spread; RiskmodelError where matplotlib is not installed."""
    require("plot")
    figure = new_figure(9, 0.8 + 2.6 * len(found.scores))
    rows = figure.subplots(len(found.scores), 1, squeeze=False)
    for score, (axes,) in zip(found.scores.values(), rows, strict=True):
        _draw_score(score, axes)
    figure.suptitle(f"{found.heading}: {found.draws:,} draws, {found.model.line}", fontsize=9)
    return figure


def _draw_score(found: ScoreUncertainty, axes: "Axes") -> None:
    score = found.plain
    heights, edges = np.histogram(found.values, bins=_BINS, range=(0.0, score.out_of))
    shares = heights / len(found.values)
    axes.stairs(shares, edges, fill=True, color=BLUE, alpha=0.35)
    top = float(shares.max()) * 1.45
    ends = {share: estimate.value for share, estimate in found.quantiles.items()}
    level = float(shares.max()) * 1.1
    axes.plot([ends[0.05], ends[0.95]], [level, level], color=BLUE, linewidth=2, solid_capstyle="butt")
    axes.plot([ends[0.25], ends[0.75]], [level, level], color=BLUE, linewidth=7, solid_capstyle="butt")
    axes.plot([ends[0.5]], [level], "o", color="white", markeredgecolor=BLUE, markersize=8, label="median")
    if score.value is not None:
        axes.plot([score.value], [level], "D", color=ORANGE, markersize=5, label="score of the medians")
    ends_of_bands = [*(band.start for band in found.bands[1:]), score.out_of]
    for band, end in zip(found.bands, ends_of_bands, strict=False):
        axes.axvline(end, color=GREY, linewidth=0.8, linestyle=":")
        text = f"{band.band}\n{band.share.value:.0%}"
        axes.annotate(
            text, ((band.start + end) / 2, top), (0, -3), textcoords="offset points", ha="center", va="top", size=8
        )
    told = " to ".join(score_number(ends[share], score.decimals) for share in (0.05, 0.95))
    axes.set(xlim=(0, score.out_of), ylim=(0, top), yticks=[], xlabel=f"90% interval {told} (bar: 50%)")
    axes.set_title(score.title, fontsize=10, loc="left")
    side, corner = ("left", 0.0) if ends[0.5] > score.out_of / 2 else ("right", 1.0)
    axes.legend(loc=f"upper {side}", bbox_to_anchor=(corner, 0.8), frameon=False, fontsize=8)
