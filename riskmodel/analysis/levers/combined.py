"""All levers together: the smallest total cost at which the target is reached, or else the nearest to it.

The score is not convex in the levers, and may jump, so this is a search from many starts and no proof:

1. points at random, the present one, and the levers alone, each improved one lever at a time,
2. the best of them improved two levers at a time, over the values at which something changes,
3. the best of those improved by sequential linear programming,
4. where rules compare levers with each other or read scores, the same inside each cell (module `cells`),
5. each lever taken back as far as the target allows.
"""

import math
from collections.abc import Sequence

import numpy as np

from riskmodel.analysis.levers.cells import joint_comparisons, within_cells
from riskmodel.analysis.levers.descent import one_by_one, two_by_two
from riskmodel.analysis.levers.edge import edges
from riskmodel.analysis.levers.linear import polished
from riskmodel.analysis.levers.single import Alone
from riskmodel.analysis.levers.space import Space, column
from riskmodel.analysis.levers.trial import Trial, shortfalls
from riskmodel.kernels.scales import Floats

_RANDOM_STARTS = 60
_SWEEPS = 2
_PAIRS = 25_000
_POLISHED, _EXCHANGED = 16, 3
_SCATTERED = 500
"""Points at random that tell which cells there are."""
_SLACK = 1e-8
"""How many points farther from the target than the nearest point found still count as nearest."""


def cheapest(trial: Trial, singles: Sequence[Alone]) -> Floats:
    """The (n,) point of least merit that the search finds; never worse than the best single lever.

    Parameters
    ----------
    trial : what is to be reached.
    singles : what each lever can do alone.
    """
    corners = _corners(trial, singles)
    point = _taken_back(trial, _search(trial, np.vstack((trial.space.now[np.newaxis, :], corners))))
    points = np.vstack((point[np.newaxis, :], corners))
    merits = trial.merits(points)
    # A lever alone wins a tie, because it is the plainer answer.
    merits[0] += 1e-9
    best: Floats = points[merits.argmin()]
    return best


def nearest(trial: Trial, singles: Sequence[Alone], point: Floats) -> tuple[Trial, Floats]:
    """Where no point reaches the target: one that falls least short of it, for the least cost.

    Parameters
    ----------
    point : (n,) of least merit, as `cheapest` found it.

    Returns
    -------
    The trial with what the nearest point falls short by allowed, and the (n,) point.
    """
    relaxed = trial.relaxed(float(shortfalls(trial.slacks(point[np.newaxis, :]))[0]) + _SLACK)
    starts = np.vstack((point[np.newaxis, :], trial.space.now[np.newaxis, :], _corners(trial, singles)))
    return relaxed, _taken_back(relaxed, _search(relaxed, starts))


def _corners(trial: Trial, singles: Sequence[Alone]) -> Floats:
    """(n, n) points at which one lever does what it can alone."""
    return np.vstack([column(trial.space.now, at, [found.value]) for at, found in enumerate(singles)])


def _search(trial: Trial, starts: Floats) -> Floats:
    space = trial.space
    rng = np.random.default_rng(0)
    tried = _tried(space)
    drawn = np.column_stack([rng.choice(values, _RANDOM_STARTS) for values in tried])
    points = one_by_one(trial, np.vstack((starts, drawn)), tried, _SWEEPS, rng)
    points = polished(trial, _best(trial, points, _POLISHED))
    exchanged = [two_by_two(trial, point, tried) for point in _best(trial, points, _EXCHANGED)]
    points = np.vstack((points, polished(trial, np.array(exchanged))))
    if trial.allowed is None and len(space.names) > 1 and joint_comparisons(trial):
        anywhere = space.low + (space.high - space.low) * rng.random((_SCATTERED, len(space.names)))
        anywhere = np.where(space.labels, np.rint(anywhere), anywhere)
        partly = np.where(rng.random(anywhere.shape) < 0.5, space.now, anywhere)
        points = np.vstack((points, within_cells(trial, np.vstack((starts, points, anywhere, partly)))))
    best: Floats = _best(trial, points, 1)[0]
    return best


def _tried(space: Space) -> list[Floats]:
    """By lever, the values to try: as many as leave the pairs of values of all pairs of levers to be tried at once."""
    count = len(space.names)
    wanted = math.sqrt(_PAIRS / max(count * (count - 1) / 2, 1.0))
    found = []
    for lever in range(count):
        gaps = max(len(space.marks[lever]) - 1, 1)
        found.append(space.tried(lever, max(1, int(wanted / gaps) - 3)))
    return found


def _best(trial: Trial, points: Floats, count: int) -> Floats:
    """The best of the points, each once."""
    points = np.unique(points, axis=0)
    return points[np.argsort(trial.merits(points), kind="stable")[:count]]


def _taken_back(trial: Trial, point: Floats) -> Floats:
    """The point with each lever, dearest first, moved no further than it takes; values next to a mark move to it."""
    space = trial.space
    if not trial.reaches(point[np.newaxis, :])[0]:
        return point
    for lever in np.argsort(-space.costs(point[np.newaxis, :])[0], kind="stable"):
        now = space.now[lever]
        mark = space.at_mark(lever, point[lever])
        plain = column(point, lever, [now] if mark is None else [now, mark])
        reached = trial.reaches(plain)
        if reached.any():
            point = plain[reached.argmax()]
        elif not space.labels[lever]:
            bracket = (np.array([lever]), np.array([now]), point[lever : lever + 1])
            point = column(point, lever, edges(trial, point[np.newaxis, :], *bracket))[0]
    return point
