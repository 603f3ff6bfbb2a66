"""Report of a ranking: the ranks of situations, and how certain they are."""

from collections.abc import Iterator

from riskmodel.analysis.results.ranking import ORDERED, Ranking, ScoreRanking
from riskmodel.errors import counted
from riskmodel.report.analyses.uncertainty import weights_line
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import number

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
