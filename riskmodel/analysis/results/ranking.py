"""What a ranking found."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.kernels.scales import Floats
from riskmodel.results import DrawableResult

ORDERED = 0.95
"""Two situations are really ordered where one is above the other in at least this share of draws."""
_NOISE = 1e-12


class Ranked(NamedTuple):
    """A situation that has a rank.

    Attributes
    ----------
    name : what it is called.
    value, reported, band : its score, by the model's own weights and the medians of what is given.
    rank : 1 is the highest score; those that tie share the better rank.
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
    unranked : those without a score, in the order in which they came.
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
        """(n,) shares of draws in which each has the rank that it has without uncertainty."""
        places = [one.rank - 1 for one in self.ranked]
        return self.acceptability[np.arange(len(places)), places]

    def interval(self, place: int) -> tuple[int, int]:
        """The 5 and the 95 % quantile of the ranks of the situation at a place in `ranked`."""
        upto = np.cumsum(self.acceptability[place])
        low, high = (int(np.argmax(upto >= share - _NOISE)) + 1 for share in (0.05, 0.95))
        return low, high

    @property
    def n_ordered_pairs(self) -> int:
        """How many of the n (n - 1) / 2 pairs are really ordered."""
        return int(np.count_nonzero(self.pairwise_winning_index >= ORDERED - _NOISE))


@dataclass(frozen=True)
class Ranking(DrawableResult):
    """Who ranks where, and how sure that is.

    Attributes
    ----------
    situations
        How many were asked about.
    draws, seed
        How many draws, from which seed.
    weight_uncertainty
        How uncertain weights are, 0 where they were held; `concentrations` has the Dirichlet's, by score.
    ranges
        How many values were given as distributions, and drawn.
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
