"""The edge: between a value that does not reach the target and one that does, where that begins."""

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.levers.trial import Trial
from riskmodel.kernels.scales import Floats

_PARTS = 64
_ROUNDS = 24
_LADDER = np.arange(1, _PARTS) / _PARTS


def edges(trial: Trial, points: Floats, levers: NDArray[np.intp], failing: Floats, reaching: Floats) -> Floats:
    """(b,) values that just reach the target: the float before, on the way from `failing`, does not.

    All brackets are cut at once, each into 64 parts at a time. Where the target is met, and not, more than once between
    the ends of a bracket, the edge that is found is one of several.

    Parameters
    ----------
    points : (b, n) a point for each bracket.
    levers : (b,) the lever that is moved.
    failing, reaching : (b,) its values at the ends of the bracket.
    """
    each = np.arange(len(levers))
    if not len(levers):
        return reaching
    for _ in range(_ROUNDS):
        ladder = failing[:, np.newaxis] + (reaching - failing)[:, np.newaxis] * _LADDER
        rows = np.repeat(points, len(_LADDER), axis=0)
        rows[np.arange(len(rows)), np.repeat(levers, len(_LADDER))] = ladder.ravel()
        reached = trial.reaches(rows).reshape(ladder.shape)
        steps = np.column_stack((failing, ladder, reaching))
        first = np.column_stack((reached, np.ones(len(levers), dtype=bool))).argmax(axis=1) + 1
        before, after = steps[each, first - 1], steps[each, first]
        if (before == failing).all() and (after == reaching).all():
            break
        failing, reaching = before, after
    return reaching


def settled(trial: Trial, point: Floats) -> Floats:
    """An (n,) point that reaches the target by itself, where it did among other rows, or at least meets it.

    A value that a comparison takes for a number in its sentence becomes that number. Exponentials and powers of many
    numbers at once may differ in the last bit from those of one, so the levers that have moved go on by as few of the
    smallest steps as it takes.

    Raises
    ------
    RuntimeError
        Where that does not help, which would be an error in the search.
    """
    space = trial.space
    on_marks = space.on_marks(point)
    if trial.reaches(on_marks[np.newaxis, :])[0]:
        return on_marks
    way = np.where(space.labels, 0.0, np.sign(point - space.now))
    for steps in (0.0, *(2.0 ** np.arange(40))):
        nudged: Floats = np.clip(point + way * steps * np.spacing(np.abs(point)), space.low, space.high)
        if trial.reaches(nudged[np.newaxis, :])[0]:
            return nudged
    if trial.keeps(point[np.newaxis, :])[0]:
        return point
    raise RuntimeError(
        f"an answer was found that does not reach the target: {dict(zip(space.names, point, strict=True))}"
    )
