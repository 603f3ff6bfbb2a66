"""Ranks of draw after draw, counted."""

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

MOST_AT_ONCE = 128
"""Draws that are counted together; a byte must hold their number."""
_SAME = 9
"""Scores tie that agree to so many places of the score's range: what sums of floats are off by must not rank."""

Ranks = NDArray[np.int16]


def ranks(values: Floats, out_of: float) -> Ranks:
    """The rank of each value in its row: 1 + how many are higher, so that those that tie share the better rank.

    Parameters
    ----------
    values : (d, n) scores in [0, out_of], without NaN.
    out_of : the top of the score.
    """
    lowered = -np.round(values / out_of, _SAME)
    order = np.argsort(lowered, axis=1, kind="stable")
    in_order = np.take_along_axis(lowered, order, axis=1)
    places = np.arange(values.shape[1], dtype=np.int16)
    starts = np.ones(values.shape, dtype=bool)
    starts[:, 1:] = in_order[:, 1:] > in_order[:, :-1]
    first = np.maximum.accumulate(np.where(starts, places, 0), axis=1)
    found: Ranks = np.empty(values.shape, dtype=np.int16)
    np.put_along_axis(found, order, (first + 1).astype(np.int16), axis=1)
    return found


class Tally:
    """Counts over draws of n situations."""

    def __init__(self, situations: int) -> None:
        self._having = np.zeros((situations, situations), dtype=np.int64)
        self._above = np.zeros((situations, situations), dtype=np.int64)
        self._draws = 0

    def add(self, found: Ranks) -> None:
        """Count (d, n) ranks of at most `MOST_AT_ONCE` draws."""
        draws, number = found.shape
        cells = np.arange(number) * number + (found - 1)
        self._having += np.bincount(cells.ravel(), minlength=number**2).reshape(number, number)
        for place in range(number):
            wins = (found[:, place : place + 1] < found).view(np.uint8)
            self._above[place] += wins.sum(axis=0, dtype=np.uint8)
        self._draws += draws

    @property
    def acceptability(self) -> Floats:
        """(n, n) shares of draws in which a situation (row) has a rank (column, from 1)."""
        return self._having / self._draws

    @property
    def above(self) -> Floats:
        """(n, n) shares of draws in which one situation (row) is above another (column), a tie counting half."""
        return 0.5 + (self._above - self._above.T) / (2 * self._draws)
