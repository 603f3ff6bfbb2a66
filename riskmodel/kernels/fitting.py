"""Fitting: the scale that a column of data suggests, from values that come piece by piece.

References: OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 5, for minimum-maximum and
z-scores; T. F. Chan, G. H. Golub and R. J. LeVeque, *Algorithms for Computing the Sample Variance*, The American
Statistician 37 (1983), for the deviations of two pieces together. The percentile of a value is the share of the other
values that lie below it, (number below) / (n - 1), with straight lines between: the percentile rank of R. J. Hyndman
and Y. Fan, *Sample Quantiles in Statistical Packages*, The American Statistician 50 (1996), type 7, turned round. Where
values are equal all have the rank of the first.
"""

import math
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np

from riskmodel.kernels.ranks import MOST_DISTINCT, Ranks
from riskmodel.kernels.scales import Floats

MOST_POINTS = 1_001
"""Points kept of an empirical distribution; with more distinct values, evenly spread ranks are kept."""


class Column:
    """A column as far as it has been seen.

    Attributes
    ----------
    method : how its scale is found.
    count : how many values it had so far.
    low, high : the lowest and the highest of them; infinite before the first.
    """

    method: ClassVar[str]

    def __init__(self) -> None:
        self.count = 0
        self.low, self.high = math.inf, -math.inf

    def add(self, values: Floats) -> None:
        """Take the next values.

        Parameters
        ----------
        values : (m,) raw values, finite, m >= 0.
        """
        if len(values):
            # The two zeros are equal, and which of them comes out is chance; the sum is 0.0 for either.
            self.low = min(self.low, float(values.min()) + 0.0)
            self.high = max(self.high, float(values.max()) + 0.0)
            self._take(values)
            self.count += len(values)

    def _take(self, values: Floats) -> None:
        """Take (m,) values, m >= 1, that are not counted yet."""


class MinMax(Column):
    """The lowest and the highest value, as goalposts."""

    method = "minmax"

    def goalposts(self) -> tuple[float, float]:
        """The goalposts; equal for a constant column."""
        return self.low, self.high


class ZScore(Column):
    """Mean minus and plus three standard deviations (of the sample, n - 1), as goalposts.

    Deviations below 1e-160, whose squares no float holds, count as none.
    """

    method = "zscore"

    def __init__(self) -> None:
        super().__init__()
        self._mean = self._squares = 0.0

    def _take(self, values: Floats) -> None:
        # Values too far apart give infinite goalposts, which whoever asked for them has to judge.
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(values.mean())
            squares = float(np.square(values - mean).sum())
        share = len(values) / (self.count + len(values))
        apart = mean - self._mean
        self._mean += apart * share
        self._squares += squares + apart * apart * self.count * share

    def goalposts(self) -> tuple[float, float]:
        """The goalposts; equal for a constant column, not finite where they cannot be computed."""
        spread = 3 * math.sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0
        return self._mean - spread, self._mean + spread


class PercentileRanks(NamedTuple):
    """Points of an empirical distribution."""

    points: list[tuple[float, float]]
    """At most `MOST_POINTS` values of the column in ascending order, each with its rank in [0, 1]."""
    error: float
    """How far a rank may be from exact; 0 where all are exact."""


class Percentile(Column):
    """The percentile rank of each distinct value, as points.

    Parameters
    ----------
    most : distinct values up to which the ranks are exact, at least 4.
    """

    method = "percentile"

    def __init__(self, most: int = MOST_DISTINCT) -> None:
        super().__init__()
        self._ranks = Ranks(most)

    def _take(self, values: Floats) -> None:
        self._ranks.add(values)

    def ranks(self) -> PercentileRanks:
        """The points, for a column of at least one value."""
        values, below, error = self._ranks.below()
        others = max(self.count - 1, 1)
        ranks = below / others
        if len(values) > MOST_POINTS:
            kept = np.unique(np.searchsorted(ranks, np.linspace(0.0, ranks[-1], MOST_POINTS)))
            values, ranks, error = values[kept], ranks[kept], error[kept]
        points = [(float(value), float(rank)) for value, rank in zip(values, ranks, strict=True)]
        return PercentileRanks(points, float(error.max()) / others)


Method: TypeAlias = MinMax | ZScore | Percentile
METHODS: dict[str, type[Method]] = {kind.method: kind for kind in (MinMax, ZScore, Percentile)}
