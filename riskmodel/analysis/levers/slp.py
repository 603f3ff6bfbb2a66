"""Sequential linear programming: the part of the search that moves levers continuously.

Around a point, within a radius that shrinks, each score is taken as linear in each lever, with a slope of its own to
either side (that of the secant over the radius, so that a kink nearby counts); the cheapest step that keeps every bound
is a linear programme. A step is made if the engine scores it as an improvement; if the linear model was too optimistic,
the bounds are tightened by what was missing (R. Fletcher and E. Sainz de la Maza, *Nonlinear programming and nonsmooth
optimization by successive linear programming*, Mathematical Programming 43, 1989).

All points move in parallel: their programmes, which are independent, are solved as one.
"""

from typing import NamedTuple

import numpy as np

from riskmodel.analysis.levers.problem import Objective
from riskmodel.kernels.types import Floats

_FIRST_RADIUS, _LAST_RADIUS, _SHRINK = 0.08, 1e-7, 0.2
_MAX_STEPS = 40
_MIN_GAIN = 0.02
"""The gain below which the radius shrinks, as a share of the cost of moving the dearest lever by the radius."""
_MAX_CORRECTIONS, _TIGHTENING = 2, 1.05
_MARGIN = 1e-9
"""Points to keep within each bound, because a step that meets it exactly may miss it by a rounding error."""
_STEP_PARTS = np.array([1.0, 0.5, 0.1])
_GAIN_TOLERANCE = 1e-12
"""Relative to the merit."""
_PENALTY = 1e5
"""The price of a missing point, in units of more than any combination costs."""


def polished(objective: Objective, points: Floats) -> Floats:
    """Improve (p, n) points, none of which becomes worse; levers with labels stay."""
    points, merits = points.copy(), objective.merits(points)
    radius = np.full(len(points), _FIRST_RADIUS)
    tighter = np.zeros((len(points), objective.width))
    corrections = np.zeros(len(points))
    for _ in range(_MAX_STEPS):
        active = np.flatnonzero(radius >= _LAST_RADIUS)
        if not len(active):
            break
        stepped, stepped_merits, missing = _steps(objective, points[active], radius[active], tighter[active])
        gain = merits[active] - stepped_merits
        better = gain > _GAIN_TOLERANCE * (1.0 + np.abs(merits[active]))
        points[active[better]], merits[active[better]] = stepped[better], stepped_merits[better]
        # A step that fell short is made once more with tighter bounds, and then with a smaller radius.
        again = ~better & missing.any(axis=1) & (corrections[active] < _MAX_CORRECTIONS)
        corrections[active] = np.where(again, corrections[active] + 1, 0)
        tighter[active] = np.where(again[:, np.newaxis], tighter[active] + _TIGHTENING * missing, 0.0)
        large = better & (gain >= _MIN_GAIN * radius[active] * objective.space.prices.max())
        radius[active] *= np.where(large | again, 1.0, _SHRINK)
    return points


class _Slopes(NamedTuple):
    """A linear model of scores and costs around p points."""

    gains: Floats
    """(p, bounds, 2 n) points that each bound gains by a step up, then by a step down, of each lever."""
    prices: Floats
    """(p, 2 n) what such a step costs."""
    spare: Floats
    """(p, bounds) points to spare."""
    lengths: Floats
    """(p, 2 n) the longest steps."""


def _steps(objective: Objective, points: Floats, radius: Floats, tighter: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the best points along the cheapest steps, their merits, and what the full steps miss of each bound."""
    space = objective.space
    here = space.shares(points)
    up, down = np.split(_cheapest_steps(objective, _slopes(objective, points, radius, tighter)), 2, axis=1)
    steps = _STEP_PARTS[:, np.newaxis] * (up - down)[:, np.newaxis, :]
    rows = space.points(here[:, np.newaxis, :] + steps)
    flat = rows.reshape(-1, points.shape[1])
    slacks = objective.slacks(flat)
    merits = objective.merits(flat, slacks).reshape(rows.shape[:2])
    best = merits.argmin(axis=1)
    each = np.arange(len(points))
    return rows[each, best], merits[each, best], _missing(objective, slacks[:: len(_STEP_PARTS)])


def _missing(objective: Objective, slacks: Floats) -> Floats:
    """Return (p, bounds) points missing of each bound, as far as more is missing than is allowed."""
    missing = np.maximum(-slacks, 0.0)
    total = missing.sum(axis=1, keepdims=True)
    too_much = np.maximum(total - (objective.allowed or 0.0), 0.0)
    excess: Floats = missing * too_much / np.where(total > 0, total, 1.0)
    return excess


def _slopes(objective: Objective, points: Floats, radius: Floats, tighter: Floats) -> _Slopes:
    space = objective.space
    count = points.shape[1]
    here = space.shares(points)
    room = _room(objective, here, radius)
    moves = np.eye(count) * room[:, :, np.newaxis, :] * np.array([1.0, -1.0])[:, np.newaxis, np.newaxis]
    moved = space.points(here[:, np.newaxis, :] + moves.reshape(len(points), -1, count))
    rows = np.concatenate((points[:, np.newaxis, :], moved), axis=1)
    flat = rows.reshape(-1, count)
    slacks = objective.slacks(flat).reshape(*rows.shape[:2], -1)
    costs = space.costs(flat).sum(axis=1).reshape(rows.shape[:2])
    lengths = room.reshape(len(points), -1)
    divisors = np.where(lengths > 0, lengths, 1.0)
    gains = (slacks[:, 1:] - slacks[:, :1]).swapaxes(1, 2) / divisors[:, np.newaxis, :]
    return _Slopes(gains, (costs[:, 1:] - costs[:, :1]) / divisors, slacks[:, 0] - _MARGIN - tighter, lengths)


def _room(objective: Objective, here: Floats, radius: Floats) -> Floats:
    """Return (p, 2, n) how far levers may go up and down: at most the radius, within bounds, and not past now."""
    space = objective.space
    now, low, high = (space.shares(ends) for ends in (space.now, space.low, space.high))
    up = np.where(here < now, now, high) - here
    down = here - np.where(here > now, now, low)
    room = np.minimum(np.stack((up, down), axis=1), radius[:, np.newaxis, np.newaxis])
    lengths: Floats = np.where(space.labels, 0.0, np.maximum(room, 0.0))
    return lengths


def _cheapest_steps(objective: Objective, around: _Slopes) -> Floats:
    """Return (p, 2 n) the cheapest steps that keep the bounds, or fall least short of them; 0 if there is none."""
    from scipy.optimize import linprog

    count, bounds, steps = around.gains.shape
    # The variables of each point are its steps, the points missing of each bound, and the excess over those allowed.
    size = steps + bounds + 1
    limits = np.zeros((count, bounds + 1, size))
    limits[:, :bounds, :steps] = -around.gains
    limits[:, :bounds, steps:-1] = -np.eye(bounds)
    limits[:, bounds, steps:] = np.repeat((1.0, -1.0), (bounds, 1))
    allowed = np.full((count, 1), objective.allowed or 0.0)
    blocks = np.zeros((count, bounds + 1, count, size))
    blocks[np.arange(count), :, np.arange(count), :] = limits
    prices, highest = np.zeros((count, size)), np.full((count, size), np.inf)
    prices[:, :steps], prices[:, -1] = around.prices, _PENALTY * objective.ceiling
    highest[:, :steps] = around.lengths
    solution = linprog(
        prices.ravel(),
        A_ub=blocks.reshape(-1, count * size),
        b_ub=np.hstack((around.spare, allowed)).ravel(),
        bounds=[(0.0, upper) for upper in highest.ravel().tolist()],
        method="highs",
    )
    if solution.x is None:
        return np.zeros((count, steps))
    variables: Floats = solution.x.reshape(count, size)[:, :steps]
    return np.clip(variables, 0.0, around.lengths)
