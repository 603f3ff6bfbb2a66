"""Trying points: what scores they have, and how far they are from the target."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from riskmodel.analysis.levers.space import Space
from riskmodel.analysis.levers.target import Target
from riskmodel.arrays import Mask
from riskmodel.engine.block import score_block
from riskmodel.engine.compiled import CompiledModel
from riskmodel.kernels.scales import Floats


@dataclass(frozen=True)
class Trial:
    """A target, and everything that it takes to hold points against it.

    Attributes
    ----------
    facts : the values of what is not moved, by indicator; what is missing is left out.
    allowed : a total shortfall that is good enough, in points; None where the target itself is to be met.
    """

    model: CompiledModel
    space: Space
    facts: Mapping[str, float]
    target: Target
    allowed: float | None = None

    def scores(self, points: Floats) -> Mapping[str, Floats]:
        """(rows,) exact values of every score, by score, at (rows, n) points; NaN where the data are insufficient."""
        rows = len(points)
        columns = {name: np.full(rows, value) for name, value in self.facts.items()}
        columns |= {name: np.ascontiguousarray(points[:, at]) for at, name in enumerate(self.space.names)}
        block = score_block(self.model, columns, rows)
        return {name: found.value for name, found in block.scores.items()}

    def slacks(self, points: Floats) -> Floats:
        """(rows, bounds) points to spare for each bound of the target; negative where it is not kept."""
        found = self.scores(points)
        return np.column_stack([bound.slack(found[bound.score]) for bound in self.target.bounds])

    def reaches(self, points: Floats) -> Mask:
        """(rows,) whether the target is met or, where a shortfall is allowed, whether it is no larger than that."""
        return self._reached(self.slacks(points))

    def keeps(self, points: Floats) -> Mask:
        """(rows,) the same, where a score that misses a bound by the rounding of floats alone counts as equal to it."""
        if self.allowed is not None:
            return self.reaches(points)
        found = self.scores(points)
        return np.logical_and.reduce([bound.holds(found[bound.score]) for bound in self.target.bounds])

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
        return np.asarray(np.where(strict, slacks > least, slacks >= 0).all(axis=1))


def shortfalls(slacks: Floats) -> Floats:
    """(rows,) total shortfall in points: what is missing of each bound, summed."""
    found: Floats = np.maximum(-slacks, 0.0).sum(axis=1)
    return found
