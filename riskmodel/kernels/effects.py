"""Effects: how rules move a score, in one fixed way in which the order of the rules cannot matter."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from riskmodel.kernels.scales import Floats

EffectKind: TypeAlias = Literal["add", "at_least", "at_most"]
Amount: TypeAlias = float | Floats
"""Points; a float, or an array without dimensions."""

Applied: TypeAlias = tuple[Floats, Amount]
"""An effect as it acts on a block: degrees (n,) in [0, 1], and points (added, or the level of the floor or cap)."""

Stage: TypeAlias = tuple[Callable[[Floats, Sequence[Applied]], Floats], Sequence[Applied]]
"""The kernel of a kind of effect, and the effects of that kind on one score."""


class Steps(NamedTuple):
    """A score on its way from base to value; (n,) arrays."""

    base: Floats
    stages: tuple[Floats, ...]
    """After the effects of each kind, in the order in which the kinds apply."""
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
    stages : the kinds, in the order in which they apply.
    out_of : the top of the score.
    """
    score, after = base, []
    for apply, applied in stages:
        score = apply(score, applied)
        after.append(score)
    return Steps(base, tuple(after), score.clip(0.0, out_of))


def added(score: Floats, applied: Sequence[Applied]) -> Floats:
    """The score with all points: score + sum of degree x points."""
    if not applied:
        return score
    total = score.copy()
    for degree, points in applied:
        total += degree * points
    return total


def floored(score: Floats, applied: Sequence[Applied]) -> Floats:
    """The highest of score + degree x max(0, floor - score) over the floors; the score where there is none."""
    highest = score
    for degree, level in applied:
        highest = np.maximum(highest, raised(score, degree, level))
    return highest


def capped(score: Floats, applied: Sequence[Applied]) -> Floats:
    """The lowest of score - degree x max(0, score - cap) over the caps; the score where there is none."""
    lowest = score
    for degree, level in applied:
        lowest = np.minimum(lowest, lowered(score, degree, level))
    return lowest


def raised(score: Floats, degree: Floats, level: Amount) -> Floats:
    """The score drawn up to a floor as far as the degree goes: score + degree max(0, level - score).

    Written as a weighted mean of the two, which is the same number and hits the floor exactly at degree 1.
    """
    return np.where(score < level, score * (1.0 - degree) + level * degree, score)


def lowered(score: Floats, degree: Floats, level: Amount) -> Floats:
    """The score drawn down to a cap as far as the degree goes: score - degree max(0, score - level)."""
    return np.where(score > level, score * (1.0 - degree) + level * degree, score)


def binding(
    before: Floats, after: Floats, applied: Sequence[Applied], pull: Callable[[Floats, Floats, Amount], Floats]
) -> list[Floats]:
    """How far each floor or cap moved a score: the first that binds has the whole step.

    Parameters
    ----------
    before, after : (n,) the score before and after all of them.
    applied : the floors or caps.
    pull : `raised` or `lowered`.
    """
    left = after != before
    if not left.any():
        return [np.zeros_like(after)] * len(applied)
    steps = []
    for degree, level in applied:
        binds = left & (pull(before, degree, level) == after)
        left = left & ~binds
        steps.append(np.where(binds, after - before, 0.0))
    return steps
