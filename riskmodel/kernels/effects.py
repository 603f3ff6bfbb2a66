"""Effects: how rules move a score, in one fixed way in which the order of the rules cannot matter."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.kernels.scales import Floats

Amount: TypeAlias = float | Floats
"""Points; a float, or an array without dimensions."""


class Steps(NamedTuple):
    """A score on its way from base to value: (n,) arrays after each step."""

    base: Floats
    added: Floats
    floored: Floats
    capped: Floats
    value: Floats


def combine(
    base: Floats,
    adds: Sequence[tuple[Floats, Amount]],
    floors: Sequence[tuple[Floats, Amount]],
    caps: Sequence[tuple[Floats, Amount]],
    out_of: float,
) -> Steps:
    """Apply all effects on one score.

    1. added = base + sum of degree x points
    2. floored = the highest of added + degree x max(0, floor - added) over the floors; `added` where there is none
    3. capped = the lowest of floored - degree x max(0, floored - cap) over the caps; `floored` where there is none
    4. value = capped, clipped to [0, out_of]

    Parameters
    ----------
    base : (n,) base scores; NaN stays NaN through every step.
    adds, floors, caps : pairs of degrees (n,) in [0, 1] and points (added, or the level of the floor or cap).
    out_of : the top of the score.
    """
    added = base.copy() if adds else base
    for degree, points in adds:
        added += degree * points
    floored = added
    for degree, level in floors:
        floored = np.maximum(floored, raised(added, degree, level))
    capped = floored
    for degree, level in caps:
        capped = np.minimum(capped, lowered(floored, degree, level))
    return Steps(base, added, floored, capped, capped.clip(0.0, out_of))


def raised(score: Floats, degree: Floats, level: Amount) -> Floats:
    """The score drawn up to a floor as far as the degree goes: score + degree max(0, level - score).

    Written as a weighted mean of the two, which is the same number and hits the floor exactly at degree 1.
    """
    return np.where(score < level, score * (1.0 - degree) + level * degree, score)


def lowered(score: Floats, degree: Floats, level: Amount) -> Floats:
    """The score drawn down to a cap as far as the degree goes: score - degree max(0, score - level)."""
    return np.where(score > level, score * (1.0 - degree) + level * degree, score)
