"""Each lever alone: the value that just reaches the target, or the value that comes nearest to it."""

from typing import NamedTuple

import numpy as np

from riskmodel.analysis.levers.edge import edges
from riskmodel.analysis.levers.space import column
from riskmodel.analysis.levers.trial import Trial, shortfalls
from riskmodel.kernels.scales import Floats

_BETWEEN = 24
"""Values tried between two marks."""
_LESS = 0.99
"""A change that is this much of the one needed must not be enough."""
_ZOOMS = 3
_SAME = 1e-9
"""Shortfalls that differ by less, in points, are the same."""


class Alone(NamedTuple):
    """What one lever can do: a value that it is moved to, and whether that reaches the target."""

    value: float
    reaches: bool


def alone(trial: Trial) -> list[Alone]:
    """What each lever can do with all others where they are now, in the order of the levers."""
    space = trial.space
    if not space.names:
        return []
    tried = [space.tried(lever, _BETWEEN) for lever in range(len(space.names))]
    rows = np.vstack([column(space.now, lever, values) for lever, values in enumerate(tried)])
    slacks, reached = trial.slacks(rows), trial.reaches(rows)
    found = []
    at = 0
    for lever, values in enumerate(tried):
        part = slice(at, at + len(values))
        at += len(values)
        if reached[part].any():
            found.append(Alone(_least(trial, lever, values, values[reached[part]]), True))
        else:
            value = _nearest(trial, lever, values, shortfalls(slacks[part]))
            found.append(Alone(value, bool(trial.keeps(column(space.now, lever, [value]))[0])))
    return found


def _least(trial: Trial, lever: int, tried: Floats, reaching: Floats) -> float:
    """The smallest change that reaches the target, given the values that were tried and those that do."""
    now = trial.space.now[lever]
    sides = [reaching[reaching > now], reaching[reaching < now][::-1]]
    found = [_just(trial, lever, tried, side[0]) for side in sides if len(side)]
    costs = trial.space.costs(column(trial.space.now, lever, found))[:, lever]
    return found[int(costs.argmin())]


def _just(trial: Trial, lever: int, tried: Floats, reaching: float) -> float:
    """The value nearest to now, on the same side as one that reaches the target, from which on it is reached."""
    space = trial.space
    if space.labels[lever]:
        return float(reaching)
    now = space.now[lever]
    while True:
        # Each turn takes at least a hundredth off the change, down to the smallest that there is, so this ends.
        between = tried[(np.abs(tried - now) < abs(reaching - now)) & ((tried - now) * (reaching - now) >= 0)]
        before = between[np.abs(between - now).argmax()] if len(between) else now
        bracket = (np.array([lever]), np.array([before]), np.array([reaching]))
        reaching = float(edges(trial, space.now[np.newaxis, :], *bracket)[0])
        less = float(now + _LESS * (reaching - now))
        if less == reaching or not trial.reaches(column(space.now, lever, [less]))[0]:
            return reaching
        reaching = less


def _nearest(trial: Trial, lever: int, tried: Floats, short: Floats) -> float:
    """The value that comes nearest to the target; of several alike, the one nearest to now."""
    space = trial.space
    for _ in range(0 if space.labels[lever] else _ZOOMS):
        best = int(short.argmin())
        ends = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
        tried = np.unique([tried[best], space.now[lever], *np.linspace(*ends, 2 * _BETWEEN)])
        short = shortfalls(trial.slacks(column(space.now, lever, tried)))
    alike = tried[short <= short.min() + _SAME]
    found = float(alike[space.costs(column(space.now, lever, alike))[:, lever].argmin()])
    mark = space.at_mark(lever, found)
    if mark is None:
        return found
    at_mark = shortfalls(trial.slacks(column(space.now, lever, [mark])))[0]
    return mark if at_mark <= short.min() + _SAME else found
