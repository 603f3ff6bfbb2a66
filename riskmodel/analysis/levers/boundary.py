"""From points of the search to answers: the first float that reaches the target, and the shortest decimal that does."""

import math
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.levers.problem import Objective
from riskmodel.kernels.types import Floats

_PARTS = 64
_MAX_ROUNDS = 24
_LADDER = np.arange(1, _PARTS) / _PARTS
_MAX_COMBINATIONS = 4096
_MAX_EXTRA_DIGITS = 8
_MAX_DIGITS = 300
_INTEGER_TOLERANCE = 1e-6


def boundaries(
    objective: Objective, points: Floats, levers: NDArray[np.intp], failing: Floats, reaching: Floats
) -> Floats:
    """Find values that just reach the target: the float before, on the way from `failing`, does not.

    All brackets are cut at once, each into 64 parts at a time. Where the target is met, and not, more than once between
    the ends of a bracket, the boundary found is one of several.

    Parameters
    ----------
    points : (b, n) a point for each bracket.
    levers : (b,) the lever that is moved.
    failing, reaching : (b,) its values at the ends of the bracket.
    """
    brackets = np.arange(len(levers))
    if not len(levers):
        return reaching
    for _ in range(_MAX_ROUNDS):
        ladder = failing[:, np.newaxis] + (reaching - failing)[:, np.newaxis] * _LADDER
        rows = np.repeat(points, len(_LADDER), axis=0)
        rows[np.arange(len(rows)), np.repeat(levers, len(_LADDER))] = ladder.ravel()
        reached = objective.reaches(rows).reshape(ladder.shape)
        steps = np.column_stack((failing, ladder, reaching))
        first = np.column_stack((reached, np.ones(len(levers), dtype=bool))).argmax(axis=1) + 1
        before, after = steps[brackets, first - 1], steps[brackets, first]
        if (before == failing).all() and (after == reaching).all():
            break
        failing, reaching = before, after
    return reaching


def settled(objective: Objective, point: Floats) -> Floats:
    """Return an (n,) point that reaches the target by itself, near one that did among other rows.

    A value that a comparison counts as equal to a number in its condition becomes that number. Exponentials and powers
    of many numbers at once may differ in the last bit from those of one, so the levers that have moved go on by as few
    of the smallest steps as it takes.

    Raises
    ------
    RuntimeError
        If that does not help, which is an error in the search.
    """
    space = objective.space
    on_breakpoints = space.on_breakpoints(point)
    if objective.reaches(on_breakpoints[np.newaxis, :])[0]:
        return on_breakpoints
    direction = np.where(space.labels, 0.0, np.sign(point - space.now))
    for steps in (0.0, *(2.0 ** np.arange(40))):
        nudged: Floats = np.clip(point + direction * steps * np.spacing(np.abs(point)), space.low, space.high)
        if objective.reaches(nudged[np.newaxis, :])[0]:
            return nudged
    if objective.keeps(point[np.newaxis, :])[0]:
        return point
    raise RuntimeError(
        f"an answer was found that does not reach the target: {dict(zip(space.names, point, strict=True))}"
    )


def rounded(objective: Objective, point: Floats) -> Floats:
    """Return an (n,) point near the one given, with as few digits as still reach the target.

    Steps are the power of ten next below a hundredth of the change, so that a single change grows by less than a
    hundredth; finer ones are used if that does not reach the target. Values are rounded away from where they are now,
    and towards it only if nothing else reaches the target.
    """
    space = objective.space
    moved = np.flatnonzero((point != space.now) & ~space.labels)
    for extra_digits in range(_MAX_EXTRA_DIGITS):
        choices = [_roundings(objective, int(lever), float(point[lever]), extra_digits) for lever in moved]
        rows = np.array(list(islice(product(*choices), _MAX_COMBINATIONS)))
        points = np.repeat(point[np.newaxis, :], len(rows), axis=0)
        points[:, moved] = rows
        reached = objective.keeps(points)
        if reached.any() and objective.keeps(points[reached.argmax()][np.newaxis, :])[0]:
            shortest: Floats = points[reached.argmax()]
            return shortest
    return point


def _roundings(objective: Objective, lever: int, value: float, extra_digits: int) -> list[float]:
    """Round a value: to the number that it is but for the last bits, away from now, towards now."""
    space = objective.space
    now = float(space.now[lever])
    digits = extra_digits + 2 - math.floor(math.log10(abs(value - now)))
    if digits > _MAX_DIGITS or not math.isfinite(value * 10.0**digits):
        return [value]
    scaled = value * 10.0**digits
    away, towards = (math.ceil, math.floor) if value > now else (math.floor, math.ceil)
    nearest = [round(scaled)] if abs(scaled - round(scaled)) < _INTEGER_TOLERANCE else []
    decimals = [float(f"{step}e{-digits}") for step in dict.fromkeys([*nearest, away(scaled), towards(scaled)])]
    return [min(max(decimal, float(space.low[lever])), float(space.high[lever])) for decimal in decimals]
