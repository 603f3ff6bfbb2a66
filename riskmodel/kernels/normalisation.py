"""Scales from data: goalposts and percentile ranks of columns that are read in chunks, in bounded memory.

Ranks are exact up to a number of distinct values. Beyond it neighbours are merged, after M. Greenwald and S. Khanna,
*Space-Efficient Online Computation of Quantile Summaries*, SIGMOD 2001.
"""

import math
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.moments import Moments
from riskmodel.kernels.types import Floats

MAX_DISTINCT = 1 << 20
"""Distinct values up to which ranks are exact."""
MAX_POINTS = 1_001
"""Points of an empirical distribution; with more distinct values, evenly spaced ranks are kept."""
_MAX_UNCERTAIN = 10
"""Share of all values by which a rank may be uncertain, in units of 1 / MAX_DISTINCT."""

Counts = NDArray[np.int64]


class Below(NamedTuple):
    """Distinct values of a column in ascending order, including the lowest and the highest; (k,) arrays."""

    values: Floats
    below: Floats
    """The number of smaller values in the column, or the middle of its bounds if it is not known exactly."""
    error: Floats
    """The largest possible error of the middle; 0 where exact."""


class Ranks:
    """A summary of a column from which the rank of each value can be estimated.

    Entry i stands for counts[i] values, the largest of which is values[i]. With L the sum of the counts before it, at
    least L and at most L + uncertain[i] values of the column are smaller than values[i]. Operations keep this true:

    - A new distinct value becomes an entry and copies `uncertain` from the next entry above it, since what is smaller
      than the one is smaller than the other (above all entries nothing is uncertain).
    - An entry that is merged into the next adds its count to the latter's `uncertain`: L falls by it, and L + uncertain
      stays.

    So errors do not add up over mergers. `uncertain` is kept within a share of all values, 10 / `max_distinct`, and the
    middle of a rank's bounds is off by at most half of that. The share is doubled if it would leave more than
    max_distinct / 2 entries, as for values that alternate from both ends inwards; usually max_distinct / 7 remain.

    Parameters
    ----------
    max_distinct : distinct values up to which ranks are exact, at least 4.
    """

    def __init__(self, max_distinct: int = MAX_DISTINCT) -> None:
        self.count = 0
        self._max_distinct, self._share = max_distinct, _MAX_UNCERTAIN / max_distinct
        self._values: Floats = np.empty(0)
        self._counts: Counts = np.empty(0, np.int64)
        self._uncertain: Counts = np.empty(0, np.int64)
        self._pending: list[Floats] = []
        self._room = self._chunk_size = max_distinct // 4

    def add(self, values: Floats) -> None:
        """Add values.

        Parameters
        ----------
        values : (m,) raw values, none missing.
        """
        # Mergers depend on the values and their order only, not on the chunks in which they are added.
        while len(values):
            chunk, values = values[: self._room], values[self._room :]
            self._pending.append(chunk)
            self.count += len(chunk)
            self._room -= len(chunk)
            if not self._room:
                self._flush()

    def below(self) -> Below:
        """Return the values that are kept, and how many values are smaller than each."""
        self._flush()
        middle = np.cumsum(self._counts) - self._counts + self._uncertain / 2
        # Turns -0.0, which may stand for an equal 0.0, into 0.0.
        return Below(self._values + 0.0, middle, self._uncertain / 2)

    def _flush(self) -> None:
        """Add the pending values to the entries, and merge entries if there are too many."""
        if not self._pending:
            return
        self._join(*np.unique(np.concatenate(self._pending), return_counts=True))
        self._pending, self._room = [], self._chunk_size
        if len(self._values) > self._max_distinct:
            self._merge()

    def _join(self, values: Floats, counts: Counts) -> None:
        """Add distinct values in ascending order."""
        position = np.searchsorted(self._values, values)
        known = np.append(self._values, np.nan)[position] == values
        self._counts[position[known]] += counts[known]
        position = position[~known]
        uncertain = np.append(self._uncertain, 0)[position]
        self._values = np.insert(self._values, position, values[~known])
        self._counts = np.insert(self._counts, position, counts[~known])
        self._uncertain = np.insert(self._uncertain, position, uncertain)

    def _merge(self) -> None:
        upto = np.cumsum(self._counts)
        highest = upto - self._counts + self._uncertain
        while 2 * len(kept := _fewest(upto, highest, int(self._share * self.count))) > self._max_distinct:
            self._share *= 2
        before = np.append(0, upto[kept[:-1]])
        self._values, self._counts, self._uncertain = self._values[kept], upto[kept] - before, highest[kept] - before


def _fewest(upto: Counts, highest: Counts, uncertain: int) -> NDArray[np.intp]:
    """Find the fewest entries that can be kept for a given uncertainty, the first and the last included.

    After each entry the next one is the furthest into which all between can be merged. This greedy choice is optimal,
    because from a later entry the furthest one is never nearer.

    Parameters
    ----------
    upto : (k,) sum of the counts up to each entry.
    highest : (k,) upper bound of the number of values smaller than each entry; ascending.
    uncertain : allowed uncertainty of an entry into which others are merged, in values.
    """
    last = len(upto) - 1
    # The next entry is always reachable: no entry exceeds the allowed uncertainty, which only grows.
    furthest = np.searchsorted(highest, upto + uncertain, side="right") - 1
    kept = [0]
    while kept[-1] < last:
        kept.append(furthest.item(kept[-1]))
    return np.array(kept)


class Column:
    """Base class of the statistics of a column that is read in chunks.

    Attributes
    ----------
    method : name of the method.
    count : the number of values so far.
    low, high : the lowest and the highest value; infinite before the first.
    """

    method: ClassVar[str]

    def __init__(self) -> None:
        self.count = 0
        self.low, self.high = math.inf, -math.inf

    def add(self, values: Floats) -> None:
        """Add values.

        Parameters
        ----------
        values : (m,) raw values, finite, m >= 0.
        """
        if len(values):
            # Turns -0.0, which may stand for an equal 0.0, into 0.0.
            self.low = min(self.low, float(values.min()) + 0.0)
            self.high = max(self.high, float(values.max()) + 0.0)
            self._update(values)
            self.count += len(values)

    def _update(self, values: Floats) -> None:
        """Add (m,) values, m >= 1, which `count` does not include yet."""


class MinMax(Column):
    """Goalposts at the lowest and the highest value.

    Attributes
    ----------
    moments : of the values, which tell whether few of them decide where the goalposts are.
    """

    method = "minmax"

    def __init__(self) -> None:
        super().__init__()
        self.moments = Moments()

    def _update(self, values: Floats) -> None:
        self.moments.add(values)

    def goalposts(self) -> tuple[float, float]:
        """Return the goalposts; equal for a constant column."""
        return self.low, self.high


class ZScore(Column):
    """Goalposts at the mean minus and plus three sample standard deviations (n - 1).

    Deviations below 1e-160, whose squares underflow, count as 0.
    """

    method = "zscore"

    def __init__(self) -> None:
        super().__init__()
        self._moments = Moments()

    def _update(self, values: Floats) -> None:
        self._moments.add(values)

    def goalposts(self) -> tuple[float, float]:
        """Return the goalposts; equal for a constant column, not finite on overflow."""
        deviation = 3 * self._moments.deviation
        return self._moments.mean - deviation, self._moments.mean + deviation


class PercentileRanks(NamedTuple):
    """Points of an empirical distribution."""

    points: list[tuple[float, float]]
    """At most `MAX_POINTS` values of the column in ascending order, each with its rank in [0, 1]."""
    error: float
    """The largest possible error of a rank; 0 if all are exact."""


class Percentile(Column):
    """Points at the percentile rank of each distinct value.

    Parameters
    ----------
    max_distinct : distinct values up to which ranks are exact, at least 4.
    """

    method = "percentile"

    def __init__(self, max_distinct: int = MAX_DISTINCT) -> None:
        super().__init__()
        self._ranks = Ranks(max_distinct)

    def _update(self, values: Floats) -> None:
        self._ranks.add(values)

    def ranks(self) -> PercentileRanks:
        """Return the points of a column with at least one value."""
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
