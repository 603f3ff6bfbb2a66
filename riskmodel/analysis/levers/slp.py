"""Sequential linear programming: the part of the search in which values are no longer those of a list.

Around a point, within a radius that shrinks, each score is taken for straight in each lever, with a slope of its own to
either side (that of the secant over the radius, so that a kink nearby counts); the cheapest step that keeps every bound
is a linear programme. A step is made where the engine says that it is an improvement; where the straight line promised
too much, the bounds are drawn tighter by what was missing (R. Fletcher and E. Sainz de la Maza, *Nonlinear programming
and nonsmooth optimization by successive linear programming*, Mathematical Programming 43, 1989).

All points go on side by side: their programmes, which have nothing to do with each other, are solved as one.
"""

from typing import NamedTuple

import numpy as np

from riskmodel.analysis.levers.problem import Objective
from riskmodel.kernels.scales import Floats

_FIRST_RADIUS, _LAST_RADIUS, _SHRINK = 0.08, 1e-7, 0.2
_MAX_STEPS = 40
_WORTHWHILE = 0.02
"""The gain below which a radius is done with, as a share of what moving the dearest lever so far would cost."""
_CORRECTIONS, _TIGHTER = 2, 1.05
_MARGIN = 1e-9
"""Points to keep within each bound, because a step that meets it exactly may miss it by a rounding error."""
_PARTS = np.array([1.0, 0.5, 0.1])
"""The parts of a step that are tried."""
_GAIN = 1e-12
"""The least gain, relative to the merit, that counts."""
_DEAR = 1e5
"""What a missing point costs, in units of more than any combination costs."""


def polished(trial: Objective, points: Floats) -> Floats:
    """(p, n) points, each at least as good as the one given; levers with labels stay."""
    points, merits = points.copy(), trial.merits(points)
    radius = np.full(len(points), _FIRST_RADIUS)
    tighter = np.zeros((len(points), trial.width))
    corrections = np.zeros(len(points))
    for _ in range(_MAX_STEPS):
        at = np.flatnonzero(radius >= _LAST_RADIUS)
        if not len(at):
            break
        stepped, reached, missing = _steps(trial, points[at], radius[at], tighter[at])
        gain = merits[at] - reached
        better = gain > _GAIN * (1.0 + np.abs(merits[at]))
        points[at[better]], merits[at[better]] = stepped[better], reached[better]
        # A step that fell short is made once more with tighter bounds, and then with a smaller radius.
        again = ~better & missing.any(axis=1) & (corrections[at] < _CORRECTIONS)
        corrections[at] = np.where(again, corrections[at] + 1, 0)
        tighter[at] = np.where(again[:, np.newaxis], tighter[at] + _TIGHTER * missing, 0.0)
        enough = better & (gain >= _WORTHWHILE * radius[at] * trial.space.prices.max())
        radius[at] *= np.where(enough | again, 1.0, _SHRINK)
    return points


class _Slopes(NamedTuple):
    """Scores and costs around p points, taken for straight."""

    gains: Floats
    """(p, bounds, 2 n) points that each bound gains by a step up, then by a step down, of each lever."""
    prices: Floats
    """(p, 2 n) what such a step costs."""
    spare: Floats
    """(p, bounds) points to spare."""
    lengths: Floats
    """(p, 2 n) the longest steps."""


def _steps(trial: Objective, points: Floats, radius: Floats, tighter: Floats) -> tuple[Floats, Floats, Floats]:
    """The best points on the way of the cheapest steps, their merits, and what the whole steps miss of each bound."""
    space = trial.space
    here = space.shares(points)
    up, down = np.split(_cheapest(trial, _slopes(trial, points, radius, tighter)), 2, axis=1)
    way = _PARTS[:, np.newaxis] * (up - down)[:, np.newaxis, :]
    rows = space.points(here[:, np.newaxis, :] + way)
    flat = rows.reshape(-1, points.shape[1])
    merits = trial.merits(flat).reshape(rows.shape[:2])
    best = merits.argmin(axis=1)
    each = np.arange(len(points))
    return rows[each, best], merits[each, best], _missing(trial, rows[:, 0])


def _missing(trial: Objective, points: Floats) -> Floats:
    """(p, bounds) points that are missing of each bound, as far as more is missing than is allowed."""
    missing = np.maximum(-trial.slacks(points), 0.0)
    total = missing.sum(axis=1, keepdims=True)
    too_much = np.maximum(total - (trial.allowed or 0.0), 0.0)
    found: Floats = missing * too_much / np.where(total > 0, total, 1.0)
    return found


def _slopes(trial: Objective, points: Floats, radius: Floats, tighter: Floats) -> _Slopes:
    space = trial.space
    count = points.shape[1]
    here = space.shares(points)
    room = _room(trial, here, radius)
    moves = np.eye(count) * room[:, :, np.newaxis, :] * np.array([1.0, -1.0])[:, np.newaxis, np.newaxis]
    moved = space.points(here[:, np.newaxis, :] + moves.reshape(len(points), -1, count))
    rows = np.concatenate((points[:, np.newaxis, :], moved), axis=1)
    flat = rows.reshape(-1, count)
    slacks = trial.slacks(flat).reshape(*rows.shape[:2], -1)
    costs = space.costs(flat).sum(axis=1).reshape(rows.shape[:2])
    lengths = room.reshape(len(points), -1)
    per = np.where(lengths > 0, lengths, 1.0)
    gains = (slacks[:, 1:] - slacks[:, :1]).swapaxes(1, 2) / per[:, np.newaxis, :]
    return _Slopes(gains, (costs[:, 1:] - costs[:, :1]) / per, slacks[:, 0] - _MARGIN - tighter, lengths)


def _room(trial: Objective, here: Floats, radius: Floats) -> Floats:
    """(p, 2, n) how far levers may go up and down: the radius, but neither out of bounds nor past where they are."""
    space = trial.space
    now, low, high = (space.shares(ends) for ends in (space.now, space.low, space.high))
    up = np.where(here < now, now, high) - here
    down = here - np.where(here > now, now, low)
    room = np.minimum(np.stack((up, down), axis=1), radius[:, np.newaxis, np.newaxis])
    found: Floats = np.where(space.labels, 0.0, np.maximum(room, 0.0))
    return found


def _cheapest(trial: Objective, around: _Slopes) -> Floats:
    """(p, 2 n) the cheapest steps that keep the bounds, or else fall least short of them; 0 where none is found."""
    from scipy.optimize import linprog

    count, bounds, steps = around.gains.shape
    # The variables of each point are its steps, what is missing of each bound, and how much of that is too much.
    size = steps + bounds + 1
    limits = np.zeros((count, bounds + 1, size))
    limits[:, :bounds, :steps] = -around.gains
    limits[:, :bounds, steps:-1] = -np.eye(bounds)
    limits[:, bounds, steps:] = np.repeat((1.0, -1.0), (bounds, 1))
    allowed = np.full((count, 1), trial.allowed or 0.0)
    blocks = np.zeros((count, bounds + 1, count, size))
    blocks[np.arange(count), :, np.arange(count), :] = limits
    prices, highest = np.zeros((count, size)), np.full((count, size), np.inf)
    prices[:, :steps], prices[:, -1] = around.prices, _DEAR * trial.ceiling
    highest[:, :steps] = around.lengths
    found = linprog(
        prices.ravel(),
        A_ub=blocks.reshape(-1, count * size),
        b_ub=np.hstack((around.spare, allowed)).ravel(),
        bounds=[(0.0, most) for most in highest.ravel().tolist()],
        method="highs",
    )
    if found.x is None:
        return np.zeros((count, steps))
    variables: Floats = found.x.reshape(count, size)[:, :steps]
    return np.clip(variables, 0.0, around.lengths)
