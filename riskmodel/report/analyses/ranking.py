"""Report and plot of a ranking: the ranks of situations, and how certain they are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from riskmodel.analysis.results.ranking import ORDERED, Ranking, ScoreRanking
from riskmodel.errors import RiskmodelError, counted
from riskmodel.report.analyses.uncertainty import weights_line
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import number
from riskmodel.report.plotting import new_figure, short_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage


_HEADINGS = ("rank", "situation", "score", "band", "mean rank", "90% of ranks", "holds in", "above the next in")


def ranking_report(result: Ranking) -> Report:
    """Return the report of a ranking, with a section for each score."""
    title = f"Ranking of {result.situations:,} situations"
    return Report(title, list(_about(result)), [_section(score) for score in result.scores.values()])


def _about(result: Ranking) -> Iterator[str]:
    yield result.model.line
    yield f"{result.draws:,} draws, seed {result.seed}; standard error of a share at most {_error(result)}"
    if result.weight_uncertainty:
        yield weights_line(result.weight_uncertainty, result.concentrations)
    if result.ranges:
        yield f"values given as ranges, and drawn: {result.ranges:,}"
    yield "rank 1 is the highest score; situations that tie share the better rank"


def _error(result: Ranking) -> str:
    """Format the largest standard error of a share of random draws; quasi-random points usually have a smaller one."""
    return f"{0.5 / result.draws**0.5:.1%}"


def _section(ranking: ScoreRanking) -> Section:
    rows = []
    above_next = map(_share, ranking.above_the_next)
    columns = (ranking.ranked, ranking.expected, ranking.rank_stability, [*above_next, ""])
    for index, (situation, mean_rank, stability, above) in enumerate(zip(*columns, strict=False)):
        low, high = ranking.interval(index)
        interval = f"{low} to {high}" if low != high else f"{low}"
        score, band = number(situation.reported, ranking.decimals), situation.band or ""
        rank = str(situation.rank)
        rows.append((rank, situation.name, score, band, f"{mean_rank:.1f}", interval, _share(stability), above))
    table = Table(_HEADINGS, rows, "rlrlrrrr") if rows else None
    return Section(ranking.title, table=table, remarks=list(_remarks(ranking)))


def _share(share: float) -> str:
    """Format a share in whole percent; shares near 0 and 1 are `<1%` and `>99%`."""
    text = f"{share:.0%}"
    if text == "100%" and share < 1.0:
        return ">99%"
    return "<1%" if text == "0%" and share > 0.0 else text


def _remarks(ranking: ScoreRanking) -> Iterator[str]:
    count = len(ranking.ranked)
    if count > 1:
        yield (
            f"really ordered, the same way in at least {ORDERED:.0%} of draws: {ranking.n_ordered_pairs:,} of "
            f"{counted(count * (count - 1) // 2, 'pair')}"
        )
    for situation in ranking.unranked:
        yield f"not ranked, insufficient data: {situation.name} (coverage {situation.coverage:.0%})"


_MAX_NAMED = 60


def draw(result: Ranking) -> "Figure":
    """Draw the shares of ranks of each score: a row for each situation, a column for each rank.

    Raises
    ------
    RiskmodelError
        No situation has a score.
    """
    drawn = [score for score in result.scores.values() if score.ranked]
    if not drawn:
        raise RiskmodelError("nothing to draw: no situation has a score")
    count = min(max(len(score.ranked) for score in drawn), _MAX_NAMED)
    figure = new_figure((3.5 + 0.16 * count) * len(drawn) + 1.0, 1.5 + 0.2 * count)
    panels = figure.subplots(1, len(drawn), squeeze=False).ravel()
    for panel, score in zip(panels, drawn, strict=True):
        image = _draw_ranks(panel, score)
    figure.colorbar(image, ax=panels, label="share of draws", fraction=0.03)
    return figure


def _draw_ranks(axes: "Axes", ranking: ScoreRanking) -> "AxesImage":
    count = len(ranking.ranked)
    image = axes.imshow(
        ranking.acceptability, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=(0.5, count + 0.5, count - 0.5, -0.5)
    )
    if count <= _MAX_NAMED:
        labels = [
            f"{short_text(situation.name, 36)}  {number(situation.reported, ranking.decimals)}"
            for situation in ranking.ranked
        ]
        axes.set_yticks(range(count), labels, fontsize=8)
    else:
        axes.set_yticks([])
        axes.set_ylabel("situations, the highest score first")
    axes.set(title=ranking.title, xlabel="rank")
    return image
