"""A ranking as a table of who ranks where and how surely, and as data."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from riskmodel.analysis.ranking.result import ORDERED, Ranking, ScoreRanking
from riskmodel.errors import counted
from riskmodel.report.data import identity_data
from riskmodel.report.figures import number
from riskmodel.report.sections import Report, Section, Table

_HEADINGS = ("rank", "situation", "score", "band", "mean rank", "90% of ranks", "holds in", "above the next in")


def ranking_report(found: Ranking) -> Report:
    """Who ranks where, score by score."""
    title = f"Ranking of {found.situations:,} situations"
    return Report(title, list(_about(found)), [_section(score) for score in found.scores.values()])


def _about(found: Ranking) -> Iterator[str]:
    yield found.model.line
    yield f"{found.draws:,} draws, seed {found.seed}; standard error of a share at most {_error(found)}"
    if found.spread:
        told = ", ".join(f"{score} {value:,.0f}" for score, value in found.concentrations.items())
        yield (
            f"weights uncertain: one of average size by {found.spread:.0%} "
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
    nexts = [*(_share(found.above[place, place + 1]) for place in range(len(found.ranked) - 1)), ""]
    for place, (one, mean, held) in enumerate(zip(found.ranked, found.expected, found.held, strict=True)):
        low, high = found.interval(place)
        score, spread = number(one.reported, found.decimals), f"{low} to {high}" if low != high else f"{low}"
        rows.append((str(one.rank), one.name, score, one.band or "", f"{mean:.1f}", spread, _share(held), nexts[place]))
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
            f"really ordered, the same way in at least {ORDERED:.0%} of draws: {found.ordered:,} of "
            f"{counted(count * (count - 1) // 2, 'pair')}"
        )
    for one in found.unranked:
        yield f"not ranked, insufficient data: {one.name} (coverage {one.coverage:.0%})"


def ranking_data(found: Ranking) -> dict[str, Any]:
    """A ranking as plain data, with all matrices."""
    return {
        "model": identity_data(found.model),
        "situations": found.situations,
        "draws": found.draws,
        "seed": found.seed,
        "weights": {"spread": found.spread, "concentration": found.concentrations} if found.spread else None,
        "ranges": found.ranges,
        "ordered_from": ORDERED,
        "scores": {name: _score_data(score) for name, score in found.scores.items()},
    }


def _score_data(found: ScoreRanking) -> dict[str, Any]:
    places = range(len(found.ranked))
    ranked = [
        {
            **one._asdict(),
            "mean_rank": float(mean),
            "ranks_90": list(found.interval(place)),
            "holds_in": float(held),
        }
        for place, one, mean, held in zip(places, found.ranked, found.expected, found.held, strict=True)
    ]
    return {
        "title": found.title,
        "ranked": ranked,
        "not_ranked": [one._asdict() for one in found.unranked],
        "ordered_pairs": found.ordered,
        "above_the_next": [float(found.above[pair]) for pair in pairwise(places)],
        "acceptability": found.acceptability.tolist(),
        "above": found.above.tolist(),
    }
