"""Descent over values that are tried: one lever after the other, then two at a time."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from riskmodel.analysis.levers.trial import Trial
from riskmodel.kernels.scales import Floats

_MOST_ROWS = 40_000
_MOST_EXCHANGES = 30


def one_by_one(trial: Trial, points: Floats, tried: Sequence[Floats], sweeps: int, rng: np.random.Generator) -> Floats:
    """Move one lever after the other to the best of its values, from many points at once; (p, n) points.

    The levers come in another order in each sweep, but in the same for all points.
    """
    for _ in range(sweeps):
        for lever in rng.permutation(len(tried)):
            values = tried[lever]
            # The value that a point has already comes last, so that it counts as one of those tried.
            steps = np.column_stack((np.broadcast_to(values, (len(points), len(values))), points[:, lever]))
            rows = np.repeat(points, steps.shape[1], axis=0)
            rows[:, lever] = steps.ravel()
            best = trial.merits(rows).reshape(steps.shape).argmin(axis=1)
            points = points.copy()
            points[:, lever] = steps[np.arange(len(points)), best]
    return points


def two_by_two(trial: Trial, point: Floats, tried: Sequence[Floats]) -> Floats:
    """Move two levers at a time to the best of their values, until no two can be moved to any good; an (n,) point."""
    pairs = list(combinations(range(len(tried)), 2))
    merit = trial.merits(point[np.newaxis, :])[0]
    for _ in range(_MOST_EXCHANGES):
        rows = _exchanges(point, tried, pairs)
        merits = np.concatenate([trial.merits(part) for part in np.array_split(rows, 1 + len(rows) // _MOST_ROWS)])
        best = int(merits.argmin())
        if not merits[best] < merit:
            break
        point, merit = rows[best], merits[best]
    return point


def _exchanges(point: Floats, tried: Sequence[Floats], pairs: Sequence[tuple[int, int]]) -> Floats:
    """A row for each two levers and each two of their values."""
    if not pairs:
        rows = np.repeat(point[np.newaxis, :], len(tried[0]), axis=0)
        rows[:, 0] = tried[0]
        return rows
    parts = []
    for first, second in pairs:
        rows = np.repeat(point[np.newaxis, :], len(tried[first]) * len(tried[second]), axis=0)
        rows[:, first] = np.repeat(tried[first], len(tried[second]))
        rows[:, second] = np.tile(tried[second], len(tried[first]))
        parts.append(rows)
    return np.vstack(parts)
