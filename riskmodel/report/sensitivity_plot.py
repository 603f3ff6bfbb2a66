"""What moves scores, as a picture: the tornado of each score, and beside it its Sobol' indices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from riskmodel.analysis.sensitivity.result import ScoreSensitivity, Sensitivity, SobolIndex
from riskmodel.analysis.sensitivity.tornado import Bar
from riskmodel.report.figures import plain_number, score_number
from riskmodel.report.plots import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 16
"""Bars that a picture shows; what moves a score less is left to the text."""
_LONGEST = 34
"""Characters of a title."""


def draw(found: Sensitivity) -> "Figure":
    """Draw the tornado and the indices of each score."""
    heights = [max(len(score.tornado[:_MOST]), len(_shown(score)), 3) for score in found.scores.values()]
    figure = new_figure(13, 0.7 + sum(1.2 + 0.27 * height for height in heights))
    rows = figure.subplots(len(heights), 2, squeeze=False, height_ratios=[4 + height for height in heights])
    for score, (left, right) in zip(found.scores.values(), rows, strict=True):
        _draw_tornado(score, left)
        _draw_indices(score, right)
    figure.suptitle(f"{found.heading}: what moves its scores, {found.model.line}", fontsize=10)
    return figure


def _shown(score: ScoreSensitivity) -> Sequence[SobolIndex]:
    return (*score.indices[: _MOST - len(score.groups)], *score.groups) if score.sd else ()


def _draw_tornado(score: ScoreSensitivity, axes: "Axes") -> None:
    axes.set_title(f"{score.plain.title}: one at a time", fontsize=10, loc="left")
    bars, base = score.tornado[:_MOST], score.plain.value
    if not bars or base is None:
        _nothing(axes, "nothing to move by itself")
        return
    _bars(bars, base, axes)
    least, greatest = min(bar.least for bar in bars), max(bar.greatest for bar in bars)
    room = 0.16 * max(greatest - least, 1e-3 * score.plain.out_of)
    axes.set_xlim(least - room, greatest + room)
    axes.axvline(base, color="black", linewidth=0.8)
    _name_rows([f"{bar.title} (missing)" if bar.missing else bar.title for bar in bars], axes)
    axes.set_xlabel(f"score; {score_number(base, score.plain.decimals)} at the values held", fontsize=8)


def _bars(bars: Sequence[Bar], base: float, axes: "Axes") -> None:
    """Pale where a score goes anywhere between the ends; at the ends themselves, coloured by which end it is."""
    for place, bar in enumerate(bars):
        axes.barh(place, bar.swing, left=bar.least, color="0.88", height=0.72)
        ends = sorted(((bar.at_low, BLUE), (bar.at_high, ORANGE)), key=lambda end: -abs(end[0] - base))
        for at, color in ends:
            axes.barh(place, at - base, left=base, color=color, height=0.72)
        for text, at, other in ((bar.low, bar.at_low, bar.at_high), (bar.high, bar.at_high, bar.at_low)):
            is_left = at < other or (at == other and text == bar.low)
            axes.annotate(
                text if isinstance(text, str) else plain_number(text),
                (min(bar.least, at) if is_left else max(bar.greatest, at), place),
                (-3 if is_left else 3, 0),
                textcoords="offset points",
                ha="right" if is_left else "left",
                va="center",
                fontsize=7,
                color=BLUE if at == bar.at_low and text == bar.low else ORANGE,
            )
    axes.barh(0, 0, color=BLUE, label="low end")
    axes.barh(0, 0, color=ORANGE, label="high end")
    axes.legend(loc="lower right", frameon=False, fontsize=8)


def _draw_indices(score: ScoreSensitivity, axes: "Axes") -> None:
    axes.set_title(f"{score.plain.title}: shares of the variance", fontsize=10, loc="left")
    shown = _shown(score)
    if not shown:
        _nothing(axes, "nothing that varies moves this score")
        return
    for place, index in enumerate(shown):
        for estimate, shift, color, fill in ((index.first, -0.16, BLUE, BLUE), (index.total, 0.16, ORANGE, "white")):
            if estimate.low is not None and estimate.high is not None:
                axes.plot([estimate.low, estimate.high], [place + shift] * 2, color=color, linewidth=1.5)
            axes.plot(estimate.value, place + shift, "o", color=color, markerfacecolor=fill, markersize=5)
    axes.plot([], [], "o", color=BLUE, markersize=5, label="first order: alone")
    axes.plot([], [], "o", color=ORANGE, markerfacecolor="white", markersize=5, label="total: with others too")
    # In the middle, because the highest index is at the top, and what all inputs have together at the bottom.
    axes.legend(loc="center right", frameon=False, fontsize=8)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.set_xlabel("share of the variance, 95% interval", fontsize=8)
    _name_rows([index.title for index in shown], axes)


def _name_rows(titles: Sequence[str], axes: "Axes") -> None:
    short = [title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…" for title in titles]
    axes.set_yticks(range(len(short)), short, fontsize=8)
    axes.set_ylim(len(short) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _nothing(axes: "Axes", told: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, told, ha="center", va="center", fontsize=9, color=GREY)
