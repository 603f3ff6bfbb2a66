"""Ranks: how many values of a column lie below each, from values that come piece by piece, in bounded memory.

While there is room every distinct value is kept, and the ranks are exact. Beyond that neighbours are merged, after M.
Greenwald and S. Khanna, *Space-Efficient Online Computation of Quantile Summaries*, SIGMOD 2001.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

MOST_DISTINCT = 1 << 20
"""Distinct values up to which ranks are exact."""
_UNSURE = 10
"""The share of all values that may be unsure of a rank, in units of 1 / MOST_DISTINCT."""

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

    def __init__(self, most: int = MOST_DISTINCT) -> None:
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
