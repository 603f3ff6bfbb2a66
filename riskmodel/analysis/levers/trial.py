"""Trying points: what scores they have, and how far they are from the target."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.levers.space import Space
from riskmodel.analysis.levers.target import Target
from riskmodel.arrays import Mask
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compiled import CompiledModel
from riskmodel.kernels.scales import Floats
from riskmodel.kernels.sentences import Comparison
from riskmodel.kernels.truth import Facts, Interval, degrees, quantity

_CLEAR = 3e-9
"""By how much two numbers must differ to be told apart by comparisons, relative to the larger, or to 1."""
_UNKNOWN = -100.0


class _Values:
    """What comparisons of rules are held against; memberships are not needed for these."""

    def __init__(self, model: CompiledModel, block: Block) -> None:
        self._model, self._block = model, block

    def number(self, name: str) -> Floats:
        """The values that a name stands for."""
        if name in self._model.scores:
            return self._block.scores[name].steps.base
        given = self._block.given.get(name, np.array(np.nan))
        default = self._model.defaults.get(name)
        return given if default is None else np.where(np.isnan(given), default, given)

    def membership(self, name: str, term: str) -> Interval:
        """Comparisons have none."""
        raise NotImplementedError(f"{name} is {term}")


class Fence(NamedTuple):
    """An edge that is not to be crossed: a comparison, whether it holds, and the size of what its sides differ by."""

    comparison: Comparison
    true: bool
    scale: float

    def slack(self, values: Facts) -> Floats:
        """(rows,) how far from the edge, in hundredths of the scale; negative beyond it."""
        left, right = quantity(self.comparison.left, values), quantity(self.comparison.right, values)
        operator = self.comparison.operator
        clear = _CLEAR * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
        if operator in ("==", "!="):
            equal = self.true == (operator == "==")
            spare = -np.abs(left - right) if equal else np.abs(left - right) - clear
        else:
            above = self.true == (operator in (">", ">="))
            # The side that equality belongs to ends at the edge, and the other before it.
            is_open = (operator in ("<", ">")) == self.true
            spare = (left - right if above else right - left) - (clear if is_open else 0.0)
        found: Floats = np.where(np.isnan(spare), _UNKNOWN, 100.0 * spare / self.scale)
        return found


@dataclass(frozen=True)
class Trial:
    """A target, and everything that it takes to hold points against it.

    Attributes
    ----------
    facts : the values of what is not moved, by indicator; what is missing is left out.
    allowed : a total shortfall that is good enough, in points; None where the target itself is to be met.
    fences : the edges of the cell that is not to be left; see `riskmodel.analysis.levers.cells`.
    """

    model: CompiledModel
    space: Space
    facts: Mapping[str, float]
    target: Target
    allowed: float | None = None
    fences: tuple[Fence, ...] = ()

    def scores(self, points: Floats) -> Mapping[str, Floats]:
        """(rows,) exact values of every score, by score, at (rows, n) points; NaN where the data are insufficient."""
        return {name: found.value for name, found in self._block(points).scores.items()}

    def _block(self, points: Floats) -> Block:
        rows = len(points)
        columns = {name: np.full(rows, value) for name, value in self.facts.items()}
        columns |= {name: np.ascontiguousarray(points[:, at]) for at, name in enumerate(self.space.names)}
        return score_block(self.model, columns, rows)

    @property
    def width(self) -> int:
        """How many bounds there are, those of the target and of the cell together."""
        return len(self.target.bounds) + len(self.fences)

    def slacks(self, points: Floats) -> Floats:
        """(rows, bounds) points to spare for each bound of the target; negative where it is not kept.

        Inside a cell its edges come after them.
        """
        block = self._block(points)
        values = _Values(self.model, block)
        bounds = [bound.slack(block.scores[bound.score].value) for bound in self.target.bounds]
        return np.column_stack([*bounds, *(fence.slack(values) for fence in self.fences)])

    def holds(self, comparison: Comparison, points: Floats) -> Mask:
        """(rows,) whether a comparison of a rule certainly holds."""
        low, _ = degrees(comparison, _Values(self.model, self._block(points)))
        return np.broadcast_to(low > 0.0, len(points))

    def apart(self, comparison: Comparison, points: Floats) -> Floats:
        """(rows,) by how much the left side of a comparison is above the right; NaN where that is unknown."""
        values = _Values(self.model, self._block(points))
        return np.broadcast_to(quantity(comparison.left, values) - quantity(comparison.right, values), len(points))

    def reaches(self, points: Floats) -> Mask:
        """(rows,) whether the target is met or, where a shortfall is allowed, whether it is no larger than that."""
        return self._reached(self.slacks(points))

    def keeps(self, points: Floats) -> Mask:
        """(rows,) the same, where a score that misses a bound by the rounding of floats alone counts as equal to it."""
        if self.allowed is not None:
            return self.reaches(points)
        found = self.scores(points)
        kept: Mask = np.logical_and.reduce([bound.holds(found[bound.score]) for bound in self.target.bounds])
        return kept

    def merits(self, points: Floats) -> Floats:
        """(rows,) what to minimise: the total cost where the target is reached, else more, plus the shortfall."""
        slacks = self.slacks(points)
        costs = self.space.costs(points).sum(axis=1)
        return np.where(self._reached(slacks), costs, self.ceiling + shortfalls(slacks))

    @cached_property
    def ceiling(self) -> float:
        """More than any combination costs."""
        ends = np.vstack((self.space.low, self.space.high))
        return float(1.0 + self.space.costs(ends).max(axis=0).sum())

    def relaxed(self, allowed: float) -> "Trial":
        """The same, with a shortfall that is good enough."""
        return replace(self, allowed=allowed)

    def _reached(self, slacks: Floats) -> Mask:
        if self.allowed is not None:
            return np.asarray(shortfalls(slacks) <= self.allowed)
        # An answer keeps a bound exactly, and is clearly beyond the number of one that equality does not keep.
        strict = np.array([bound.is_strict for bound in self.target.bounds])
        least = np.array([bound.tolerance if bound.is_strict else 0.0 for bound in self.target.bounds])
        strict, least = (np.append(bounds, np.zeros(len(self.fences), bounds.dtype)) for bounds in (strict, least))
        return np.asarray(np.where(strict, slacks > least, slacks >= 0).all(axis=1))


def shortfalls(slacks: Floats) -> Floats:
    """(rows,) total shortfall in points: what is missing of each bound, summed."""
    found: Floats = np.maximum(-slacks, 0.0).sum(axis=1)
    return found
