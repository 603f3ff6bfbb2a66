"""Result of a ranking: the order by each score, and how often each situation has each rank under uncertain weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import Field, PlainSerializer, field_serializer

from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.kernels.types import Better, Floats
from riskmodel.results import HIDDEN, DrawableResult, Record, Share, Tabular, WeightSpread

ORDERED = 0.95
"""Two situations are really ordered if one is above the other in at least this share of draws."""
_SHARE_TOLERANCE = 1e-12

Matrix: TypeAlias = Annotated[Floats, PlainSerializer(np.ndarray.tolist, return_type=list[list[float]])]


@dataclass(frozen=True, slots=True)
class Ranked(Record):
    """A situation that has a rank.

    Attributes
    ----------
    name : of the situation.
    value, reported, band : its score, by the model's own weights and the medians of distributions.
    rank : 1 is the highest score; ties share the better rank.
    """

    name: str
    value: float
    reported: float
    band: str | None
    rank: int


@dataclass(frozen=True, slots=True)
class RankEstimate(Ranked):
    """A situation that has a rank, and how sure it is.

    Attributes
    ----------
    mean_rank : over the draws.
    ranks_90 : the 5 and the 95 % quantile of its ranks.
    rank_stability : the share of draws in which it has the rank that it has without uncertainty.
    """

    mean_rank: float
    ranks_90: tuple[int, int]
    rank_stability: Share


@dataclass(frozen=True, slots=True)
class Unranked(Record):
    """A situation without a score, and the coverage that was too small."""

    name: str
    coverage: float


@dataclass(frozen=True, slots=True)
class ScoreRanking(Record):
    """The ranking by one score of n situations.

    Attributes
    ----------
    name, title, decimals : the score.
    bands, better : its bands, the lowest first, and its better end.
    ranked : by rank.
    unranked : those without a score, in their original order.
    n_ordered_pairs : the number of the n (n - 1) / 2 pairs that are really ordered.
    above_the_next : (n - 1,) shares of draws in which a situation is above the next.
    acceptability : (n, n) rank acceptability indices, the share of draws in which a situation (row, in the order of
        `ranked`) has a rank (column, from 1).
    pairwise_winning_index : (n, n) the share of draws in which one situation (row) is above another (column),
        a tie counting half; 0.5 on the diagonal.
    """

    name: Annotated[str, HIDDEN]
    title: str
    decimals: Annotated[int, HIDDEN]
    bands: Annotated[tuple[str, ...], HIDDEN]
    better: Annotated[Better | None, HIDDEN]
    ranked: tuple[Ranked, ...]
    unranked: Annotated[tuple[Unranked, ...], Field(serialization_alias="not_ranked")]
    n_ordered_pairs: int
    above_the_next: tuple[float, ...]
    acceptability: Matrix
    pairwise_winning_index: Matrix

    @property
    def expected(self) -> Floats:
        """(n,) mean ranks over the draws."""
        mean: Floats = self.acceptability @ np.arange(1.0, len(self.ranked) + 1.0)
        return mean

    @property
    def rank_stability(self) -> Floats:
        """(n,) shares of draws in which each has its rank without uncertainty."""
        columns = [situation.rank - 1 for situation in self.ranked]
        return self.acceptability[np.arange(len(columns)), columns]

    def interval(self, index: int) -> tuple[int, int]:
        """Return the 5 and the 95 % quantile of the ranks of the situation at an index in `ranked`."""
        low, high = self.quantiles(index, (0.05, 0.95))
        return low, high

    def quantiles(self, index: int, shares: Sequence[float]) -> list[int]:
        """Return quantiles of the ranks of the situation at an index in `ranked`, by the share of draws below."""
        cumulated = np.cumsum(self.acceptability[index])
        return [int(np.argmax(cumulated >= share - _SHARE_TOLERANCE)) + 1 for share in shares]

    @field_serializer("ranked")
    def _estimates(self, ranked: tuple[Ranked, ...]) -> list[RankEstimate]:
        means, stability = self.expected.tolist(), self.rank_stability.tolist()
        return [
            RankEstimate(**asdict(item), mean_rank=means[n], ranks_90=self.interval(n), rank_stability=stability[n])
            for n, item in enumerate(ranked)
        ]


def count_ordered_pairs(pairwise_winning_index: Floats) -> int:
    """Return how many pairs are really ordered."""
    return int(np.count_nonzero(pairwise_winning_index >= ORDERED - _SHARE_TOLERANCE))


@dataclass(frozen=True)
class Ranking(Tabular, DrawableResult):
    """The ranking of situations by each score, and its uncertainty.

    Attributes
    ----------
    situations
        Number of situations.
    draws, seed
        Number of draws, and seed.
    weight_uncertainty
        Relative standard deviation of a weight of average size, 0 if weights were fixed.
    concentrations
        Of the Dirichlet distributions of weight shares, by score.
    ranges
        Number of values given as distributions, and drawn.
    ordered_from
        The share of draws from which on two situations are really ordered.
    scores
        By score, sub-scores left out.
    """

    model: ModelIdentity
    situations: int
    draws: int
    seed: int
    weight_uncertainty: float
    concentrations: Annotated[dict[str, float], HIDDEN]
    ranges: int
    ordered_from: float = field(default=ORDERED, init=False)
    scores: dict[str, ScoreRanking]

    def __getitem__(self, score: str) -> ScoreRanking:
        return score_of(self.scores, score)

    @field_serializer("weight_uncertainty")
    def _with_concentrations(self, spread: float) -> WeightSpread | None:
        return WeightSpread(spread, self.concentrations) if spread else None
