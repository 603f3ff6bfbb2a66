"""A ranking as a picture: how often each situation has each rank."""

from textwrap import shorten
from typing import TYPE_CHECKING

from riskmodel.analysis.ranking.result import Ranking, ScoreRanking
from riskmodel.errors import RiskmodelError
from riskmodel.report.figures import number
from riskmodel.report.plots import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_MOST_NAMED = 60
_LABEL = 36


def draw(found: Ranking) -> "Figure":
    """Draw for each score a map with a row for each situation and a column for each rank.

    Raises
    ------
    RiskmodelError
        Where no situation has a score.
    """
    drawn = [score for score in found.scores.values() if score.ranked]
    if not drawn:
        raise RiskmodelError("there is nothing to draw: no situation has a score")
    most = min(max(len(score.ranked) for score in drawn), _MOST_NAMED)
    figure = new_figure((3.5 + 0.16 * most) * len(drawn) + 1.0, 1.5 + 0.2 * most)
    panels = figure.subplots(1, len(drawn), squeeze=False).ravel()
    for panel, score in zip(panels, drawn, strict=True):
        image = _map(panel, score)
    figure.colorbar(image, ax=panels, label="share of draws", fraction=0.03)
    return figure


def _map(axes: "Axes", found: ScoreRanking) -> "AxesImage":
    count = len(found.ranked)
    image = axes.imshow(
        found.acceptability, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=(0.5, count + 0.5, count - 0.5, -0.5)
    )
    if count <= _MOST_NAMED:
        labels = [
            f"{shorten(one.name, _LABEL, placeholder='…')}  {number(one.reported, found.decimals)}"
            for one in found.ranked
        ]
        axes.set_yticks(range(count), labels, fontsize=8)
    else:
        axes.set_yticks([])
        axes.set_ylabel("situations, the highest score first")
    axes.set(title=found.title, xlabel="rank")
    return image
