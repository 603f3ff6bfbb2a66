"""Drivers of scores: the largest contributions of indicators, rules and the clip."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import reported

N_DRIVERS = 3


class Drivers(NamedTuple):
    """The largest contributions by absolute points, in descending order; ties in the order of the account."""

    entry: NDArray[np.int32]
    """(N_DRIVERS, n) positions in the account; -1 where no further contribution rounds to more than zero."""
    points: Floats
    """(N_DRIVERS, n) points, rounded to the decimals of the score, halves away from zero."""


def contribution_names(model: CompiledModel, score: CompiledScore) -> list[str]:
    """Return the names of the contributions to a score, in the order of its account."""
    rules = (name for name, rule in model.rules.items() if any(effect.score == score.name for effect in rule.effects))
    return [*sorted(score.leaf_indicators), *rules, "clip"]


def drivers(points: Floats, value: Floats, decimals: int) -> Drivers:
    """Find the drivers of a score; a row without that score has none.

    Parameters
    ----------
    points : (k, n) points of the entries of the account.
    value : (n,) exact values of the score.
    decimals : the decimals of the score.
    """
    size = np.abs(points)
    size[:, np.isnan(value)] = 0.0
    entry = _largest(size)
    signed = np.take_along_axis(points, entry, axis=0)
    rounded = np.copysign(reported(np.abs(signed), decimals), signed)
    negligible = (rounded == 0.0) | (np.take_along_axis(size, entry, axis=0) == 0.0)
    entry[negligible] = -1
    return Drivers(entry, np.where(negligible, 0.0, rounded))


def empty_drivers(rows: int) -> Drivers:
    """Allocate the drivers of so many rows."""
    return Drivers(np.full((N_DRIVERS, rows), -1, dtype=np.int32), np.zeros((N_DRIVERS, rows)))


def _largest(size: Floats) -> NDArray[np.int32]:
    """Return the (N_DRIVERS, n) positions of the largest numbers along the first axis; all are >= 0.

    Such numbers are ordered as their bits are, so the position is stored in the last bits and a maximum carries it
    along, which is far faster than sorting. Numbers that differ in these bits only count as equal.
    """
    bits = max(len(size), N_DRIVERS).bit_length()
    last = (1 << bits) - 1
    best = [np.full(size.shape[1], last - len(size), dtype=np.int64) for _ in range(N_DRIVERS)]
    for row, column in enumerate(size):
        key = (column.view(np.int64) & ~last) | (last - row)
        for rank in range(N_DRIVERS):
            larger = np.maximum(best[rank], key)
            key = np.minimum(best[rank], key)
            best[rank] = larger
    positions: NDArray[np.int32] = np.minimum(last - (np.stack(best) & last), len(size) - 1).astype(np.int32)
    return positions
