"""Rounding answers: values of few digits that still reach the target."""

import math
from itertools import islice, product

import numpy as np

from riskmodel.analysis.levers.trial import Trial
from riskmodel.kernels.scales import Floats

_MOST_COMBINATIONS = 4096
_FINER = 8
_WHOLE = 1e-6
_MOST_DIGITS = 300


def rounded(trial: Trial, point: Floats) -> Floats:
    """An (n,) point near the one given, with as few digits as still reach the target.

    Steps are the power of ten next below a hundredth of the change, so that a single change grows by less than a
    hundredth; finer ones are taken where that does not reach the target. Values are rounded away from where they are
    now, and towards it only where nothing else reaches the target.
    """
    space = trial.space
    moved = np.flatnonzero((point != space.now) & ~space.labels)
    for finer in range(_FINER):
        choices = [_choices(trial, int(lever), float(point[lever]), finer) for lever in moved]
        rows = np.array(list(islice(product(*choices), _MOST_COMBINATIONS)))
        points = np.repeat(point[np.newaxis, :], len(rows), axis=0)
        points[:, moved] = rows
        reached = trial.keeps(points)
        if reached.any() and trial.keeps(points[reached.argmax()][np.newaxis, :])[0]:
            found: Floats = points[reached.argmax()]
            return found
    return point


def _choices(trial: Trial, lever: int, value: float, finer: int) -> list[float]:
    """A value rounded: to the number that it is but for the last bits, away from now, towards now."""
    space = trial.space
    now = float(space.now[lever])
    digits = finer + 2 - math.floor(math.log10(abs(value - now)))
    if digits > _MOST_DIGITS or not math.isfinite(value * 10.0**digits):
        return [value]
    scaled = value * 10.0**digits
    away, towards = (math.ceil, math.floor) if value > now else (math.floor, math.ceil)
    steps = [round(scaled)] if abs(scaled - round(scaled)) < _WHOLE else []
    found = [_decimal(step, digits) for step in dict.fromkeys([*steps, away(scaled), towards(scaled)])]
    return [min(max(one, float(space.low[lever])), float(space.high[lever])) for one in found]


def _decimal(step: int, digits: int) -> float:
    """The float nearest to step x 10^-digits."""
    return float(f"{step}e{-digits}")
