"""Search for the cheapest changes that reach a target: each lever alone, and all together.

The combined search is a heuristic: coordinate descent from many starts over the values at which the model changes,
sequential linear programming between them, exchanges of two levers at a time, and the same inside the cells that rules
which join levers cut the space into.
"""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.levers.boundary import boundaries
from riskmodel.analysis.levers.cells import joint_comparisons, within_cells
from riskmodel.analysis.levers.problem import Objective, SearchSpace, column, shortfalls
from riskmodel.analysis.levers.slp import polished
from riskmodel.kernels.types import Floats

_STEPS_BETWEEN = 24
"""Values of a single lever tried between two breakpoints."""
_SMALLER = 0.99
"""A change of this share of the one needed must not be enough."""
_ZOOMS = 3
_SHORTFALL_TOLERANCE = 1e-9
"""In points."""
_COST_TOLERANCE = 1e-9
_RANDOM_STARTS = 60
_SWEEPS = 2
_PAIRS_OF_VALUES = 25_000
_POLISHED, _EXCHANGED = 16, 3
_SCATTERED = 500
"""Random points that show which cells there are."""
_ALLOWANCE = 1e-8
"""Points farther from the target than the nearest point found that still count as nearest."""
_MAX_ROWS = 40_000
_MAX_EXCHANGES = 30


class SingleLever(NamedTuple):
    """The best value of one lever alone, and whether it reaches the target."""

    value: float
    reaches: bool


def single_levers(objective: Objective) -> list[SingleLever]:
    """Move each lever with all others where they are now; in the order of the levers."""
    space = objective.space
    if not space.names:
        return []
    tried = [space.tried(lever, _STEPS_BETWEEN) for lever in range(len(space.names))]
    slacks = objective.slacks(np.vstack([column(space.now, lever, values) for lever, values in enumerate(tried)]))
    ends = np.cumsum([len(values) for values in tried])[:-1]
    return [
        _single_lever(objective, lever, *evaluated)
        for lever, evaluated in enumerate(zip(tried, np.split(slacks, ends), strict=True))
    ]


def _single_lever(objective: Objective, lever: int, tried: Floats, slacks: Floats) -> SingleLever:
    reached = objective.is_reached(slacks)
    if reached.any():
        return SingleLever(_least_change(objective, lever, tried, tried[reached]), True)
    value = _nearest_value(objective, lever, tried, shortfalls(slacks))
    return SingleLever(value, bool(objective.keeps(column(objective.space.now, lever, [value]))[0]))


def _least_change(objective: Objective, lever: int, tried: Floats, reaching: Floats) -> float:
    """Find the smallest change that reaches the target, given the values tried and those that reach it."""
    space = objective.space
    now = space.now[lever]
    sides = [reaching[reaching > now], reaching[reaching < now][::-1]]
    values = [_first_reaching(objective, lever, tried, side[0]) for side in sides if len(side)]
    costs = space.costs(column(space.now, lever, values))[:, lever]
    return values[int(costs.argmin())]


def _first_reaching(objective: Objective, lever: int, tried: Floats, reaching: float) -> float:
    """Find the value nearest to now from which on the target is reached, on the side of one that reaches it."""
    space = objective.space
    if space.labels[lever]:
        return float(reaching)
    now = space.now[lever]
    while True:
        # Each turn takes at least a hundredth off the change, down to the smallest that there is, so this ends.
        between = tried[(np.abs(tried - now) < abs(reaching - now)) & ((tried - now) * (reaching - now) >= 0)]
        failing = between[np.abs(between - now).argmax()] if len(between) else now
        bracket = (np.array([lever]), np.array([failing]), np.array([reaching]))
        reaching = float(boundaries(objective, space.now[np.newaxis, :], *bracket)[0])
        smaller = float(now + _SMALLER * (reaching - now))
        if smaller == reaching or not objective.reaches(column(space.now, lever, [smaller]))[0]:
            return reaching
        reaching = smaller


def _nearest_value(objective: Objective, lever: int, tried: Floats, missing: Floats) -> float:
    """Find the value that comes nearest to the target; on a tie, the one nearest to now."""
    space = objective.space
    for _ in range(0 if space.labels[lever] else _ZOOMS):
        best = int(missing.argmin())
        ends = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
        tried = np.unique([tried[best], space.now[lever], *np.linspace(*ends, 2 * _STEPS_BETWEEN)])
        missing = shortfalls(objective.slacks(column(space.now, lever, tried)))
    ties = tried[missing <= missing.min() + _SHORTFALL_TOLERANCE]
    value = float(ties[space.costs(column(space.now, lever, ties))[:, lever].argmin()])
    breakpoint_ = space.breakpoint_near(lever, value)
    if breakpoint_ is None:
        return value
    missing_there = shortfalls(objective.slacks(column(space.now, lever, [breakpoint_])))[0]
    return breakpoint_ if missing_there <= missing.min() + _SHORTFALL_TOLERANCE else value


def cheapest(objective: Objective, singles: Sequence[SingleLever]) -> Floats:
    """Find an (n,) point of least merit; never worse than the best single lever.

    Parameters
    ----------
    objective : what is to be reached.
    singles : what each lever can do alone.
    """
    corners = _corners(objective, singles)
    point = _reduced(objective, _search(objective, np.vstack((objective.space.now[np.newaxis, :], corners))))
    points = np.vstack((point[np.newaxis, :], corners))
    merits = objective.merits(points)
    # A lever alone wins a tie, because it is the plainer answer.
    merits[0] += _COST_TOLERANCE
    best: Floats = points[merits.argmin()]
    return best


def nearest(objective: Objective, singles: Sequence[SingleLever], point: Floats) -> tuple[Objective, Floats]:
    """Find the point that falls least short of a target that no point reaches, at the least cost.

    Parameters
    ----------
    point : (n,) of least merit, from `cheapest`.

    Returns
    -------
    The objective with the least shortfall allowed, and the (n,) point.
    """
    relaxed = objective.relaxed(float(shortfalls(objective.slacks(point[np.newaxis, :]))[0]) + _ALLOWANCE)
    starts = np.vstack((point[np.newaxis, :], objective.space.now[np.newaxis, :], _corners(objective, singles)))
    return relaxed, _reduced(relaxed, _search(relaxed, starts))


def _corners(objective: Objective, singles: Sequence[SingleLever]) -> Floats:
    """Return (n, n) points at which one lever does what it can alone."""
    return np.vstack([column(objective.space.now, lever, [single.value]) for lever, single in enumerate(singles)])


def _search(objective: Objective, starts: Floats) -> Floats:
    space = objective.space
    rng = np.random.default_rng(0)
    tried = _values_to_try(space)
    drawn = np.column_stack([rng.choice(values, _RANDOM_STARTS) for values in tried])
    points = coordinate_descent(objective, np.vstack((starts, drawn)), tried, _SWEEPS, rng)
    points = polished(objective, _best(objective, points, _POLISHED))
    exchanged = [pairwise_descent(objective, point, tried) for point in _best(objective, points, _EXCHANGED)]
    points = np.vstack((points, polished(objective, np.array(exchanged))))
    if objective.allowed is None and len(space.names) > 1 and joint_comparisons(objective):
        scattered = space.low + (space.high - space.low) * rng.random((_SCATTERED, len(space.names)))
        scattered = np.where(space.labels, np.rint(scattered), scattered)
        half_moved = np.where(rng.random(scattered.shape) < 0.5, space.now, scattered)
        points = np.vstack((points, within_cells(objective, np.vstack((starts, points, scattered, half_moved)))))
    best: Floats = _best(objective, points, 1)[0]
    return best


def _values_to_try(space: SearchSpace) -> list[Floats]:
    """Return values by lever, as many as let the pairs of values of all pairs of levers be tried at once."""
    count = len(space.names)
    wanted = math.sqrt(_PAIRS_OF_VALUES / max(count * (count - 1) / 2, 1.0))
    gaps = [max(len(breakpoints) - 1, 1) for breakpoints in space.breakpoints]
    return [space.tried(lever, max(1, int(wanted / gaps[lever]) - 3)) for lever in range(count)]


def coordinate_descent(
    objective: Objective, points: Floats, tried: Sequence[Floats], sweeps: int, rng: np.random.Generator
) -> Floats:
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
            best = objective.merits(rows).reshape(steps.shape).argmin(axis=1)
            points = points.copy()
            points[:, lever] = steps[np.arange(len(points)), best]
    return points


def pairwise_descent(objective: Objective, point: Floats, tried: Sequence[Floats]) -> Floats:
    """Move two levers at a time to the best of their values, until no pair improves the merit; an (n,) point."""
    pairs = list(combinations(range(len(tried)), 2))
    merit = objective.merits(point[np.newaxis, :])[0]
    for _ in range(_MAX_EXCHANGES):
        rows = _exchanges(point, tried, pairs)
        merits = np.concatenate([objective.merits(part) for part in np.array_split(rows, 1 + len(rows) // _MAX_ROWS)])
        best = int(merits.argmin())
        if not merits[best] < merit:
            break
        point, merit = rows[best], merits[best]
    return point


def _exchanges(point: Floats, tried: Sequence[Floats], pairs: Sequence[tuple[int, int]]) -> Floats:
    """Return a row for each two levers and each two of their values."""
    if not pairs:
        return column(point, 0, tried[0])
    parts = []
    for first, second in pairs:
        rows = np.repeat(point[np.newaxis, :], len(tried[first]) * len(tried[second]), axis=0)
        rows[:, first] = np.repeat(tried[first], len(tried[second]))
        rows[:, second] = np.tile(tried[second], len(tried[first]))
        parts.append(rows)
    return np.vstack(parts)


def _best(objective: Objective, points: Floats, count: int) -> Floats:
    """Return the best of the points, without repeats."""
    points = np.unique(points, axis=0)
    return points[np.argsort(objective.merits(points), kind="stable")[:count]]


def _reduced(objective: Objective, point: Floats) -> Floats:
    """Move each lever, dearest first, no further than needed; values next to a breakpoint move to it."""
    space = objective.space
    if not objective.reaches(point[np.newaxis, :])[0]:
        return point
    for lever in np.argsort(-space.costs(point[np.newaxis, :])[0], kind="stable"):
        now = space.now[lever]
        breakpoint_ = space.breakpoint_near(lever, point[lever])
        plain = column(point, lever, [now] if breakpoint_ is None else [now, breakpoint_])
        reached = objective.reaches(plain)
        if reached.any():
            point = plain[reached.argmax()]
        elif not space.labels[lever]:
            bracket = (np.array([lever]), np.array([now]), point[lever : lever + 1])
            point = column(point, lever, boundaries(objective, point[np.newaxis, :], *bracket))[0]
    return point
