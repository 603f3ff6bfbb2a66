"""Effects of rules on a score, applied kind by kind so that the order of the rules does not matter."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from riskmodel.kernels.scales import Floats

EffectKind: TypeAlias = Literal["add", "at_least", "at_most"]
Amount: TypeAlias = float | Floats
"""Points, as a float or a 0-d array."""

Applied: TypeAlias = tuple[Floats, Amount]
"""An effect on a block: (n,) degrees in [0, 1], and points to add or the level of a floor or cap."""

Stage: TypeAlias = tuple[Callable[[Floats, Sequence[Applied]], Floats], Sequence[Applied]]
"""The kernel of a kind of effect, and the effects of that kind on one score."""


class Steps(NamedTuple):
    """A score from its base to its value, step by step; (n,) arrays."""

    base: Floats
    stages: tuple[Floats, ...]
    """After the effects of each kind, in the order of application."""
    value: Floats
    """Clipped to [0, out_of]."""

    @property
    def unclipped(self) -> Floats:
        """After all effects."""
        return self.stages[-1] if self.stages else self.base


def combine(base: Floats, stages: Sequence[Stage], out_of: float) -> Steps:
    """Apply all effects on one score, kind by kind, and clip it to [0, out_of].

    Parameters
    ----------
    base : (n,) base scores; NaN stays NaN through every step.
    stages : the effects by kind, in the order of application.
    out_of : the top of the score.
    """
    score, after = base, []
    for apply, applied in stages:
        score = apply(score, applied)
        after.append(score)
    return Steps(base, tuple(after), score.clip(0.0, out_of))


def added(score: Floats, applied: Sequence[Applied]) -> Floats:
    """Add points: score + sum of degree x points."""
    if not applied:
        return score
    total = score.copy()
    for degree, points in applied:
        total += degree * points
    return total


def floored(score: Floats, applied: Sequence[Applied]) -> Floats:
    """Apply floors: the maximum of score + degree x max(0, floor - score) over all floors."""
    highest = score
    for degree, level in applied:
        highest = np.maximum(highest, raised(score, degree, level))
    return highest


def capped(score: Floats, applied: Sequence[Applied]) -> Floats:
    """Apply caps: the minimum of score - degree x max(0, score - cap) over all caps."""
    lowest = score
    for degree, level in applied:
        lowest = np.minimum(lowest, lowered(score, degree, level))
    return lowest


def raised(score: Floats, degree: Floats, level: Amount) -> Floats:
    """Apply one floor: score + degree x max(0, level - score).

    It is computed as a weighted mean of score and level, which is exactly the level at degree 1.
    """
    return np.where(score < level, score * (1.0 - degree) + level * degree, score)


def lowered(score: Floats, degree: Floats, level: Amount) -> Floats:
    """Apply one cap: score - degree x max(0, score - level)."""
    return np.where(score > level, score * (1.0 - degree) + level * degree, score)


def binding(
    before: Floats, after: Floats, applied: Sequence[Applied], pull: Callable[[Floats, Floats, Amount], Floats]
) -> list[Floats]:
    """Return by how much each floor or cap moved a score: the first one that binds gets the whole step.

    Parameters
    ----------
    before, after : (n,) the score before and after all of them.
    applied : the floors or caps.
    pull : `raised` or `lowered`.
    """
    unassigned = after != before
    if not unassigned.any():
        return [np.zeros_like(after)] * len(applied)
    steps = []
    for degree, level in applied:
        binds = unassigned & (pull(before, degree, level) == after)
        unassigned = unassigned & ~binds
        steps.append(np.where(binds, after - before, 0.0))
    return steps
