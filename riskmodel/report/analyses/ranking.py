"""A ranking as a table of who ranks where and how surely."""

from collections.abc import Iterator
from textwrap import shorten
from typing import TYPE_CHECKING

from riskmodel.analysis.results.ranking import ORDERED, Ranking, ScoreRanking
from riskmodel.errors import RiskmodelError, counted
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import number
from riskmodel.report.plotting import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage


_HEADINGS = ("rank", "situation", "score", "band", "mean rank", "90% of ranks", "holds in", "above the next in")


def ranking_report(found: Ranking) -> Report:
    """Who ranks where, score by score."""
    title = f"Ranking of {found.situations:,} situations"
    return Report(title, list(_about(found)), [_section(score) for score in found.scores.values()])


def _about(found: Ranking) -> Iterator[str]:
    yield found.model.line
    yield f"{found.draws:,} draws, seed {found.seed}; standard error of a share at most {_error(found)}"
    if found.weight_uncertainty:
        told = ", ".join(f"{score} {value:,.0f}" for score, value in found.concentrations.items())
        yield (
            f"weights uncertain: one of average size by {found.weight_uncertainty:.0%} "
            f"(Dirichlet distributions, concentration {told})"
        )
    if found.ranges:
        yield f"values given as ranges, and drawn: {found.ranges:,}"
    yield "rank 1 is the highest score; situations that tie share the better rank"


def _error(found: Ranking) -> str:
    """Of a share of random draws; points that fill the space evenly do better as a rule."""
    return f"{0.5 / found.draws**0.5:.1%}"


def _section(found: ScoreRanking) -> Section:
    rows = []
    nexts = [*map(_share, found.above_the_next), ""]
    for place, (one, mean, stability) in enumerate(
        zip(found.ranked, found.expected, found.rank_stability, strict=True)
    ):
        low, high = found.interval(place)
        score, spread = number(one.reported, found.decimals), f"{low} to {high}" if low != high else f"{low}"
        rows.append(
            (str(one.rank), one.name, score, one.band or "", f"{mean:.1f}", spread, _share(stability), nexts[place])
        )
    table = Table(_HEADINGS, rows, "rlrlrrrr") if rows else None
    return Section(found.title, table=table, remarks=list(_remarks(found)))


def _share(share: float) -> str:
    """A share as whole percents; what is only nearly none or all is told apart from that."""
    text = f"{share:.0%}"
    if text == "100%" and share < 1.0:
        return ">99%"
    return "<1%" if text == "0%" and share > 0.0 else text


def _remarks(found: ScoreRanking) -> Iterator[str]:
    count = len(found.ranked)
    if count > 1:
        yield (
            f"really ordered, the same way in at least {ORDERED:.0%} of draws: {found.n_ordered_pairs:,} of "
            f"{counted(count * (count - 1) // 2, 'pair')}"
        )
    for one in found.unranked:
        yield f"not ranked, insufficient data: {one.name} (coverage {one.coverage:.0%})"


_MAX_NAMED = 60
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
    most = min(max(len(score.ranked) for score in drawn), _MAX_NAMED)
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
    if count <= _MAX_NAMED:
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
