"""The result of a ranking."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.kernels.scales import Floats
from riskmodel.results import DrawableResult

ORDERED = 0.95
"""Two situations are really ordered if one is above the other in at least this share of draws."""
_SHARE_TOLERANCE = 1e-12


class Ranked(NamedTuple):
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


class Unranked(NamedTuple):
    """A situation without a score, and the coverage that was too small."""

    name: str
    coverage: float


class ScoreRanking(NamedTuple):
    """The ranking by one score of n situations.

    Attributes
    ----------
    name, title, decimals : the score.
    ranked : by rank.
    unranked : those without a score, in their original order.
    acceptability : (n, n) rank acceptability indices, the share of draws in which a situation (row, in the order of
        `ranked`) has a rank (column, from 1).
    pairwise_winning_index : (n, n) the share of draws in which one situation (row) is above another (column),
        a tie counting half; 0.5 on the diagonal.
    """

    name: str
    title: str
    decimals: int
    ranked: tuple[Ranked, ...]
    unranked: tuple[Unranked, ...]
    acceptability: Floats
    pairwise_winning_index: Floats

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
        cumulated = np.cumsum(self.acceptability[index])
        low, high = (int(np.argmax(cumulated >= share - _SHARE_TOLERANCE)) + 1 for share in (0.05, 0.95))
        return low, high

    @property
    def n_ordered_pairs(self) -> int:
        """The number of the n (n - 1) / 2 pairs that are really ordered."""
        return int(np.count_nonzero(self.pairwise_winning_index >= ORDERED - _SHARE_TOLERANCE))


@dataclass(frozen=True)
class Ranking(DrawableResult):
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
    scores
        By score, sub-scores left out.
    """

    model: ModelIdentity
    situations: int
    draws: int
    seed: int
    weight_uncertainty: float
    concentrations: dict[str, float]
    ranges: int
    scores: dict[str, ScoreRanking]

    def __getitem__(self, score: str) -> ScoreRanking:
        return score_of(self.scores, score)
