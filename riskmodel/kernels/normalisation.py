"""Ranks: how many values of a column lie below each, from values that come piece by piece, in bounded memory.

While there is room every distinct value is kept, and the ranks are exact. Beyond that neighbours are merged, after M.
Greenwald and S. Khanna, *Space-Efficient Online Computation of Quantile Summaries*, SIGMOD 2001.
"""

import math
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

MAX_DISTINCT = 1 << 20
"""Distinct values up to which ranks are exact."""
_UNSURE = 10
"""The share of all values that may be unsure of a rank, in units of 1 / MAX_DISTINCT."""

Counts = NDArray[np.int64]


class Below(NamedTuple):
    """Values of a column in ascending order, the lowest and the highest among them; (k,) each."""

    values: Floats
    below: Floats
    """How many values of the column are smaller; the middle of what it can be, where that is not known exactly."""
    error: Floats
    """How far off the middle may be; 0 where it is exact."""


class Ranks:
    """A column that is being counted.

    It is held as entries: entry i counts for counts[i] values, the largest of which is values[i]. With L the sum of the
    counts before it, at least L and at most L + unsure[i] values of the column are smaller than values[i]. That stays
    true, however often values come and entries are merged, because

    - a value that is no entry yet becomes one, and takes over what is unsure at the next entry above it: what is
      smaller than the one is smaller than the other (above all entries nothing is unsure);
    - an entry that is merged into the next one adds its count to what is unsure there: L falls by it, L + unsure stays.

    So nothing adds up over mergers. They go only so far that what is unsure stays within a share of all values, 10 /
    `most`; a rank in the middle is off by half of that. The share is doubled where it would leave more than most / 2
    entries, as for values that come in turns from both ends inwards; usually it leaves some most / 7.

    Parameters
    ----------
    most : distinct values up to which all is exact, at least 4.
    """

    def __init__(self, most: int = MAX_DISTINCT) -> None:
        self.count = 0
        self._most, self._share = most, _UNSURE / most
        self._values: Floats = np.empty(0)
        self._counts: Counts = np.empty(0, np.int64)
        self._unsure: Counts = np.empty(0, np.int64)
        self._waiting: list[Floats] = []
        self._room = self._at_once = most // 4

    def add(self, values: Floats) -> None:
        """Take the next values.

        Parameters
        ----------
        values : (m,) raw values, none missing.
        """
        # What is merged depends on the values and their order alone, not on the pieces in which they come.
        while len(values):
            taken, values = values[: self._room], values[self._room :]
            self._waiting.append(taken)
            self.count += len(taken)
            self._room -= len(taken)
            if not self._room:
                self._settle()

    def below(self) -> Below:
        """The values that are kept, and how many are smaller than each."""
        self._settle()
        middle = np.cumsum(self._counts) - self._counts + self._unsure / 2
        # The two zeros are equal, and which of them was kept is chance; the sum is 0.0 for either.
        return Below(self._values + 0.0, middle, self._unsure / 2)

    def _settle(self) -> None:
        """Count the values that wait, and make room for more."""
        if not self._waiting:
            return
        self._join(*np.unique(np.concatenate(self._waiting), return_counts=True))
        self._waiting, self._room = [], self._at_once
        if len(self._values) > self._most:
            self._merge()

    def _join(self, values: Floats, counts: Counts) -> None:
        """Count distinct values, in ascending order."""
        place = np.searchsorted(self._values, values)
        known = np.append(self._values, np.nan)[place] == values
        self._counts[place[known]] += counts[known]
        place = place[~known]
        unsure = np.append(self._unsure, 0)[place]
        self._values = np.insert(self._values, place, values[~known])
        self._counts = np.insert(self._counts, place, counts[~known])
        self._unsure = np.insert(self._unsure, place, unsure)

    def _merge(self) -> None:
        """Merge entries into few."""
        upto = np.cumsum(self._counts)
        highest = upto - self._counts + self._unsure
        while 2 * len(kept := _fewest(upto, highest, int(self._share * self.count))) > self._most:
            self._share *= 2
        before = np.append(0, upto[kept[:-1]])
        self._values, self._counts, self._unsure = self._values[kept], upto[kept] - before, highest[kept] - before


def _fewest(upto: Counts, highest: Counts, unsure: int) -> NDArray[np.intp]:
    """Where the entries are that must be kept if so many values may be unsure; the first and the last always are.

    After each the next to be kept is the furthest into which all between can be merged. No choice of others needs
    fewer, because from a later entry the furthest is never nearer.

    Parameters
    ----------
    upto : (k,) the sum of the counts up to each entry.
    highest : (k,) the most values that can be smaller than each entry; ascending.
    unsure : how many values may be unsure at an entry into which others are merged.
    """
    last = len(upto) - 1
    # The very next one can always be reached: at none is more unsure than may be, since that only grows.
    furthest = np.searchsorted(highest, upto + unsure, side="right") - 1
    kept = [0]
    while kept[-1] < last:
        kept.append(furthest.item(kept[-1]))
    return np.array(kept)


MAX_POINTS = 1_001
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
    """At most `MAX_POINTS` values of the column in ascending order, each with its rank in [0, 1]."""
    error: float
    """How far a rank may be from exact; 0 where all are exact."""


class Percentile(Column):
    """The percentile rank of each distinct value, as points.

    Parameters
    ----------
    most : distinct values up to which the ranks are exact, at least 4.
    """

    method = "percentile"

    def __init__(self, most: int = MAX_DISTINCT) -> None:
        super().__init__()
        self._ranks = Ranks(most)

    def _take(self, values: Floats) -> None:
        self._ranks.add(values)

    def ranks(self) -> PercentileRanks:
        """The points, for a column of at least one value."""
        values, below, error = self._ranks.below()
        others = max(self.count - 1, 1)
        ranks = below / others
        if len(values) > MAX_POINTS:
            kept = np.unique(np.searchsorted(ranks, np.linspace(0.0, ranks[-1], MAX_POINTS)))
            values, ranks, error = values[kept], ranks[kept], error[kept]
        points = [(float(value), float(rank)) for value, rank in zip(values, ranks, strict=True)]
        return PercentileRanks(points, float(error.max()) / others)


Method: TypeAlias = MinMax | ZScore | Percentile
METHODS: dict[str, type[Method]] = {kind.method: kind for kind in (MinMax, ZScore, Percentile)}
