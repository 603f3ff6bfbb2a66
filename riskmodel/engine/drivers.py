"""Drivers: the entries of an account that move a score the most, row by row."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.account import account
from riskmodel.engine.block import Block
from riskmodel.engine.compiled import CompiledModel, CompiledScore
from riskmodel.kernels.rounding import reported
from riskmodel.kernels.scales import Floats

COUNT = 3


class Drivers(NamedTuple):
    """The largest entries by absolute points, the largest first; of equal ones the first in the account."""

    entry: NDArray[np.int32]
    """(COUNT, n) positions among the entries of the account; -1 where there are no more that read as more than zero."""
    points: Floats
    """(COUNT, n) points, rounded to the decimals of the score, halves away from zero."""


def no_drivers(rows: int) -> Drivers:
    """Room for the drivers of so many rows."""
    return Drivers(np.full((COUNT, rows), -1, dtype=np.int32), np.zeros((COUNT, rows)))


def drivers(model: CompiledModel, block: Block, score: CompiledScore) -> Drivers:
    """The drivers of one score; a row without that score has none."""
    points = np.stack([entry.points for entry in account(model, block, score)])
    size = np.abs(points)
    size[:, np.isnan(block.scores[score.name].value)] = 0.0
    entry = _largest(size)
    signed = np.take_along_axis(points, entry, axis=0)
    rounded = np.copysign(reported(np.abs(signed), score.decimals), signed)
    nothing = (rounded == 0.0) | (np.take_along_axis(size, entry, axis=0) == 0.0)
    entry[nothing] = -1
    return Drivers(entry, np.where(nothing, 0.0, rounded))


def _largest(size: Floats) -> NDArray[np.int32]:
    """The positions of the COUNT largest along the first axis, which holds numbers >= 0; (COUNT, n).

    Such numbers are ordered as their bits are, so the position is kept in the last bits and a maximum carries it along:
    far faster than sorting. Numbers that differ in these bits only count as equal.
    """
    bits = max(len(size), COUNT).bit_length()
    last = (1 << bits) - 1
    best = [np.full(size.shape[1], last - len(size), dtype=np.int64) for _ in range(COUNT)]
    for place, column in enumerate(size):
        key = (column.view(np.int64) & ~last) | (last - place)
        for rank in range(COUNT):
            larger = np.maximum(best[rank], key)
            key = np.minimum(best[rank], key)
            best[rank] = larger
    found: NDArray[np.int32] = np.minimum(last - (np.stack(best) & last), len(size) - 1).astype(np.int32)
    return found
