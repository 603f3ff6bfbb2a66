"""The plot of a ranking: the interval of the ranks of each situation, the highest score first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from riskmodel.analysis.results.ranking import ORDERED, Ranking, ScoreRanking
from riskmodel.errors import RiskmodelError, counted, single_line
from riskmodel.report.analyses.uncertainty_chart import of_draws
from riskmodel.report.formatting import number
from riskmodel.report.plotting import (
    INK,
    SMALL,
    STEEL,
    WIDTH,
    caption,
    entitle,
    explain,
    label_figure,
    label_rows,
    new_figure,
    room_beside,
    row_labels,
)
from riskmodel.schema.band_colours import band_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_ROWS = 30
"""Situations of a score that are drawn, those with the best ranks."""
_LABELS, _LINE, _ROW, _FRAME = 2.8, 0.16, 0.06, 1.1
"""Inches of the labels of rows, of their lines, between rows, and around the rows."""
_KEY = "rank; bars: 50 % and 90 % of the draws; circle: their median; square: the score and its band"


def draw(result: Ranking) -> "Figure":
    """Draw for each score the ranks of its first situations: their median, and 50 and 90 % intervals.

    Raises
    ------
    RiskmodelError
        No situation has a score.
    """
    drawn = [score for score in result.scores.values() if score.ranked]
    if not drawn:
        raise RiskmodelError("nothing to draw: no situation has a score")
    labels = [row_labels([item.name for item in score.ranked[:_MAX_ROWS]], _LABELS) for score in drawn]
    heights = [_FRAME + len(texts) * (_ROW + _LINE * max(text.count("\n") + 1 for text in texts)) for texts in labels]
    figure = new_figure(WIDTH, 0.8 + sum(heights))
    panels = figure.subplots(len(drawn), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for panel, score, texts in zip(panels, drawn, labels, strict=True):
        _draw_ranks(panel, score, texts)
        entitle(panel, statement(score), room_beside(texts))
    title = f"Ranking of {counted(result.situations, 'situation')}"
    left_out = max(len(score.ranked) for score in drawn) - _MAX_ROWS
    more = f"{counted(left_out, 'situation')} with lower ranks left out" if left_out > 0 else None
    label_figure(figure, title, caption(result.model, more, f"{result.draws:,} draws, seed {result.seed}"))
    figure.set_label("; ".join([title, *map(statement, drawn)]))
    return figure


def statement(ranking: ScoreRanking) -> str:
    """Say in a sentence how sure the first rank is, and how many pairs are really ordered."""
    first, count = ranking.ranked[0], len(ranking.ranked)
    if count == 1:
        return f"{ranking.title}: only {single_line(first.name)} has a score"
    tied = sum(item.rank == 1 for item in ranking.ranked)
    if tied > 1:
        text = f"{ranking.title}: {counted(tied, 'situation')} share the first rank"
    else:
        share = of_draws(float(ranking.acceptability[0, 0]))
        text = f"{ranking.title}: {single_line(first.name)} is first in {share}"
    pairs = f"{ranking.n_ordered_pairs:,} of {counted(count * (count - 1) // 2, 'pair')}"
    return f"{text}; {pairs} keep their order in at least {ORDERED:.0%}".replace("%", " %")


def _draw_ranks(axes: "Axes", ranking: ScoreRanking, labels: Sequence[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    label_rows(axes, labels)
    colours = dict(zip(ranking.bands, band_colours(len(ranking.bands), ranking.better), strict=True))
    quantiles = [ranking.quantiles(row, (0.05, 0.25, 0.5, 0.75, 0.95)) for row in range(len(labels))]
    lowest = max(2, *(ranks[-1] for ranks in quantiles))
    axes.hlines(range(len(labels)), 1, lowest, color=STEEL, alpha=0.25, linewidth=0.6, zorder=0)
    for row, (low, lower, middle, upper, high) in enumerate(quantiles):
        axes.plot([low, high], [row, row], color=STEEL, linewidth=1.6, solid_capstyle="butt", zorder=1)
        axes.plot([lower, upper], [row, row], color=INK, linewidth=6, solid_capstyle="butt", zorder=2)
        axes.plot(middle, row, "o", color="white", markeredgecolor=INK, markersize=6.5, markeredgewidth=1.4, zorder=3)
        item = ranking.ranked[row]
        inside: dict[str, Any] = {
            "xycoords": ("axes fraction", "data"),
            "textcoords": "offset points",
            "annotation_clip": False,
            "va": "center",
        }
        if item.band:
            square: dict[str, Any] = {
                "boxstyle": "square,pad=0.28",
                "facecolor": colours[item.band].fill,
                "edgecolor": INK,
            }
            square["linewidth"] = 0.6
            axes.annotate("  ", (1, row), (14, 0), fontsize=6, bbox=square, **inside)
        text = " ".join(filter(None, (number(item.reported, ranking.decimals), item.band)))
        axes.annotate(single_line(text), (1, row), (26, 0), fontsize=SMALL, **inside)
    room = min(max(0.02 * (lowest - 1), 0.15), 0.9)
    axes.set_xlim(1 - room, lowest + room)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=2))
    explain(axes, _KEY, room_beside(labels))
