"""Sequential linear programming: the last part of the search, in which values are no longer those of a list.

Around a point, within a radius that shrinks, each score is taken for straight in each lever, with a slope of its own to
either side (that of the secant over the radius, so that a kink nearby counts); the cheapest step that keeps every bound
is a linear programme. A step is made where the engine says that it is an improvement; where the straight line promised
too much, the bounds are drawn tighter by what was missing (R. Fletcher and E. Sainz de la Maza, *Nonlinear programming
and nonsmooth optimization by successive linear programming*, Mathematical Programming 43, 1989).
"""

import numpy as np

from riskmodel.analysis.levers.trial import Trial
from riskmodel.kernels.scales import Floats

_FIRST_RADIUS, _LAST_RADIUS, _SHRINK = 0.08, 1e-7, 0.2
_MOST_STEPS = 40
_WORTHWHILE = 0.02
"""The gain below which a radius is done with, as a share of what moving the dearest lever so far would cost."""
_CORRECTIONS, _TIGHTER = 2, 1.05
_MARGIN = 1e-9
_PARTS = (1.0, 0.5, 0.1)
"""The parts of a step that are tried."""
_GAIN = 1e-12
"""The least gain, relative to the merit, that counts."""
_DEAR = 1e5
"""What a missing point costs, in units of more than any combination costs."""


def polished(trial: Trial, point: Floats) -> Floats:
    """A point at least as good as the one given; levers with labels stay."""
    merit = trial.merits(point[np.newaxis, :])[0]
    radius = _FIRST_RADIUS
    for _ in range(_MOST_STEPS):
        better = _step(trial, point, float(merit), radius)
        gain = 0.0
        if better is not None:
            gain = float(merit) - better[1]
            point, merit = better
        if gain < _WORTHWHILE * radius * trial.space.prices.max():
            radius *= _SHRINK
        if radius < _LAST_RADIUS:
            break
    return point


def _step(trial: Trial, point: Floats, merit: float, radius: float) -> tuple[Floats, float] | None:
    """A better point within the radius and its merit; None where the linear programme knows none."""
    space = trial.space
    here = space.shares(point)
    room = _room(trial, here, radius)
    rows = np.vstack((point, space.points(here + np.diag(room[0])), space.points(here - np.diag(room[1]))))
    slacks, costs = trial.slacks(rows), space.costs(rows).sum(axis=1)
    lengths = room.ravel()
    per = np.where(lengths > 0, lengths, 1.0)
    slopes, prices = (slacks[1:] - slacks[0]).T / per, (costs[1:] - costs[0]) / per
    # A step that meets a bound exactly may miss it by a rounding error.
    spare = slacks[0] - _MARGIN
    for _ in range(1 + _CORRECTIONS):
        step = _cheapest(trial, slopes, prices, spare, lengths)
        if step is None:
            return None
        up, down = np.split(step, 2)
        rows = space.points(here + np.outer(_PARTS, up - down))
        merits = trial.merits(rows)
        best = int(merits.argmin())
        if merits[best] < merit - _GAIN * (1.0 + abs(merit)):
            return rows[best], float(merits[best])
        missing = np.maximum(-trial.slacks(rows[:1])[0], 0.0)
        if not missing.any():
            return None
        spare = spare - _TIGHTER * missing
    return None


def _room(trial: Trial, here: Floats, radius: float) -> Floats:
    """(2, n) how far each lever may go up and down: the radius, but neither out of bounds nor past where it is now."""
    space = trial.space
    now, low, high = (space.shares(ends) for ends in (space.now, space.low, space.high))
    up = np.minimum(np.where(here < now, now, high) - here, radius)
    down = np.minimum(here - np.where(here > now, now, low), radius)
    found: Floats = np.where(space.labels, 0.0, np.maximum((up, down), 0.0))
    return found


def _cheapest(trial: Trial, slopes: Floats, prices: Floats, spare: Floats, lengths: Floats) -> Floats | None:
    """The cheapest step that keeps the bounds, or else falls least short of them.

    Parameters
    ----------
    slopes : (bounds, 2 n) points that each bound gains by a step up, and by a step down, of each lever.
    prices : (2 n,) what such a step costs.
    spare : (bounds,) points to spare now.
    lengths : (2 n,) the longest steps.
    """
    from scipy.optimize import linprog

    bounds = len(spare)
    limits = np.hstack((-slopes, -np.eye(bounds)))
    if trial.allowed is None:
        short_price = _DEAR * trial.ceiling
    else:
        short_price = 0.0
        limits = np.vstack((limits, np.repeat((0.0, 1.0), (len(lengths), bounds))))
        spare = np.append(spare, trial.allowed)
    found = linprog(
        np.concatenate((prices, np.full(bounds, short_price))),
        A_ub=limits,
        b_ub=spare,
        bounds=[(0.0, length) for length in lengths] + [(0.0, None)] * bounds,
        method="highs",
    )
    return None if found.x is None else found.x[: len(lengths)]
