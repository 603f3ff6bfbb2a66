"""The search problem: what can be moved, how far and at what cost, and how points are judged by the target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.analysis.levers.target import Target
from riskmodel.analysis.situations import Case
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import ModelError
from riskmodel.kernels.conditions import Comparison, Quantity
from riskmodel.kernels.types import Floats
from riskmodel.plan.conditions import quantity
from riskmodel.plan.numpy_steps import compare, margin
from riskmodel.plan.program import evaluate
from riskmodel.plan.steps import Input
from riskmodel.schema.breakpoints import breakpoints, indicator_range
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Lever
from riskmodel.tables.arrays import Mask

_BREAKPOINT_TOLERANCE = 1e-6
"""As a share of the whole range: nearer values are taken as the breakpoint."""
_OFFSET = 1e-9
"""As a share of the whole range: how far beside a breakpoint a value is tried, to be past a step there."""
_MIN_OFFSET = 2.0
"""In margins within which comparisons count values as equal."""
_EQUALITY_MARGIN = 3e-9
"""The difference from which comparisons tell two numbers apart, relative to the larger, or to 1."""
_UNKNOWN_SLACK = -100.0


@dataclass(frozen=True)
class SearchSpace:
    """The levers of one situation, in the order of their names. A point is an (n,) array of their raw values.

    Attributes
    ----------
    names : of the n levers.
    now : (n,) their values in the situation; of a label its position.
    low, high : (n,) the ends of each: its whole range, extended to the value that it has now.
    prices : (n,) cost of moving each over its whole range.
    labels : (n,) whether the values are labels, so that it moves by steps.
    breakpoints : by lever, the values at which the model changes, ascending, within `low` and `high`.
    starts, widths : (n,) start and width of each whole range, as logarithms where `logarithmic`.
    logarithmic : (n,) whether changes count by their logarithm.
    """

    names: tuple[str, ...]
    now: Floats
    low: Floats
    high: Floats
    prices: Floats
    labels: Mask
    breakpoints: tuple[Floats, ...]
    starts: Floats
    widths: Floats
    logarithmic: Mask

    def shares(self, points: Floats) -> Floats:
        """Return (rows, n) points as shares of the whole ranges: 0 and 1 at their ends.

        Below a logarithmic range the model does not change, so that counts as its lower end.
        """
        counted = np.array(points, dtype=float)
        logs = self.logarithmic
        counted[..., logs] = np.log(np.maximum(counted[..., logs], np.exp(self.starts[logs])))
        shares: Floats = (counted - self.starts) / self.widths
        return shares

    def points(self, shares: Floats) -> Floats:
        """Return (rows, n) raw values of shares, within `low` and `high`; levers that have not moved stay exact."""
        raw = self.starts + self.widths * shares
        raw[..., self.logarithmic] = np.exp(raw[..., self.logarithmic])
        raw[..., self.labels] = np.rint(raw[..., self.labels])
        return np.where(shares == self.shares(self.now), self.now, np.clip(raw, self.low, self.high))

    def costs(self, points: Floats) -> Floats:
        """Return (rows, n) costs of moving each lever from now: price x |change| / whole range."""
        costs: Floats = self.prices * np.abs(self.shares(points) - self.shares(self.now))
        return costs

    def tried(self, lever: int, between: int) -> Floats:
        """Return (k,) values to try, ascending: breakpoints, just beside them, evenly between them, and now.

        Parameters
        ----------
        lever : its position.
        between : the number of values between two breakpoints.
        """
        inside = self.breakpoints[lever]
        if self.labels[lever]:
            return inside
        share = np.arange(1, between + 1) / (between + 1)
        gaps = inside[:-1, np.newaxis] + np.diff(inside)[:, np.newaxis] * share
        beside = np.maximum(_OFFSET * (self.high[lever] - self.low[lever]), _MIN_OFFSET * margin(inside, inside))
        values = np.concatenate((inside, inside - beside, inside + beside, gaps.ravel(), [self.now[lever]]))
        return np.unique(np.clip(values, self.low[lever], self.high[lever]))

    def on_breakpoints(self, point: Floats) -> Floats:
        """Return an (n,) point with each value that a comparison counts as equal to a breakpoint set to it."""
        nearest = np.array(
            [inside[np.abs(inside - value).argmin()] for inside, value in zip(self.breakpoints, point, strict=True)]
        )
        return np.where(compare("==", point, nearest), nearest, point)

    def breakpoint_near(self, lever: int, value: float) -> float | None:
        """Return the breakpoint that a value all but coincides with, or None."""
        nearest = self.breakpoints[lever][np.abs(self.breakpoints[lever] - value).argmin()]
        return (
            float(nearest)
            if abs(nearest - value) <= _BREAKPOINT_TOLERANCE * (self.high[lever] - self.low[lever])
            else None
        )


def search_space(spec: ModelSpec, case: Case) -> SearchSpace:
    """Return the levers of a situation: those of the model for which the situation has a value.

    Raises
    ------
    ModelError
        If the model gives no range for a lever.
    """
    levers = levers_of(spec)
    names = tuple(sorted(name for name in levers if name in case.given))
    ranges = [indicator_range(spec, name) for name in names]
    now = np.array([case.given[name] for name in names])
    low = np.minimum([range_.low for range_ in ranges], now) if names else now
    high = np.maximum([range_.high for range_ in ranges], now) if names else now
    logarithmic = np.array([range_.logarithmic for range_ in ranges], dtype=bool)
    ends = np.array([(range_.low, range_.high) for range_ in ranges]).reshape(-1, 2)
    counted = np.log(ends, where=logarithmic[:, np.newaxis], out=ends.copy())
    widths = counted[:, 1] - counted[:, 0]
    return SearchSpace(
        names=names,
        now=now,
        low=low,
        high=high,
        prices=np.array([levers[name].cost for name in names]),
        labels=np.array([spec.indicators[name].labels is not None for name in names], dtype=bool),
        breakpoints=tuple(
            _within(breakpoints(spec, name), *ends) for name, *ends in zip(names, low, high, now, strict=True)
        ),
        starts=counted[:, 0],
        widths=np.where(widths > 0, widths, 1.0),
        logarithmic=logarithmic,
    )


def levers_of(spec: ModelSpec) -> dict[str, Lever]:
    """Return the levers of a model by indicator; if it names none, all indicators with a known range, at cost 1."""
    named = {name: indicator.lever for name, indicator in spec.indicators.items() if indicator.lever is not None}
    return named or {name: Lever() for name in spec.indicators if _has_range(spec, name)}


def _has_range(spec: ModelSpec, name: str) -> bool:
    try:
        indicator_range(spec, name)
    except ModelError:
        return False
    return True


def _within(values: Floats, *ends: float) -> Floats:
    """Return the values between the ends, and the ends themselves, ascending."""
    inside: Floats = np.unique([*values[(values >= min(ends)) & (values <= max(ends))], *ends])
    return inside


def column(points: Floats, lever: int, values: Sequence[float] | Floats) -> Floats:
    """Return a row for each value: the point, with one lever at that value."""
    rows = np.repeat(points[np.newaxis, :], len(values), axis=0)
    rows[:, lever] = values
    return rows


Quantities: TypeAlias = Callable[[Quantity], Floats]
"""Evaluates a quantity of a condition at every point, (rows,); NaN where unknown."""


class Fence(NamedTuple):
    """An edge that must not be crossed: a comparison, its truth value, and the scale of the difference of its sides."""

    comparison: Comparison
    true: bool
    scale: float

    def slack(self, values: Quantities) -> Floats:
        """Return (rows,) distances from the edge, in hundredths of the scale; negative beyond it."""
        left, right = values(self.comparison.left), values(self.comparison.right)
        operator = self.comparison.operator
        margins = _EQUALITY_MARGIN * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
        if operator in ("==", "!="):
            equal = self.true == (operator == "==")
            spare = -np.abs(left - right) if equal else np.abs(left - right) - margins
        else:
            above = self.true == (operator in (">", ">="))
            # The side that includes equality ends at the edge, and the other before it.
            is_open = (operator in ("<", ">")) == self.true
            spare = (left - right if above else right - left) - (margins if is_open else 0.0)
        slack: Floats = np.where(np.isnan(spare), _UNKNOWN_SLACK, 100.0 * spare / self.scale)
        return slack


@dataclass(frozen=True)
class Objective:
    """A target, and everything needed to judge points by it.

    Attributes
    ----------
    model : at least what the scores of the target depend on.
    space : the levers.
    facts : the values that are fixed, by indicator; missing ones are left out.
    target : the bounds to be kept.
    allowed : a total shortfall that is good enough, in points; None if the target itself is to be met.
    fences : the edges of the cell that must not be left; see `riskmodel.analysis.levers.cells`.
    """

    model: CompiledModel
    space: SearchSpace
    facts: Mapping[str, float]
    target: Target
    allowed: float | None = None
    fences: tuple[Fence, ...] = ()

    def scores(self, points: Floats) -> Mapping[str, Floats]:
        """Return (rows,) exact values by score, at (rows, n) points; NaN where the data are insufficient."""
        return {name: score.value for name, score in self._block(points).scores.items()}

    def _block(self, points: Floats) -> Block:
        return score_block(self.model, self._columns(points), len(points))

    def _columns(self, points: Floats) -> dict[str, Floats]:
        columns = {name: np.full(len(points), value) for name, value in self.facts.items()}
        return columns | {name: np.ascontiguousarray(points[:, lever]) for lever, name in enumerate(self.space.names)}

    def _quantities(self, points: Floats, block: Block) -> Quantities:
        """Return the function that evaluates quantities at (rows, n) points, scored as a block."""
        unknown = {**dict.fromkeys(self.model.indicators, np.nan), **self.model.defaults}
        columns = {name: np.full(len(points), value) for name, value in unknown.items()}
        columns |= self._columns(points) | {name: score.steps.base for name, score in block.scores.items()}
        return lambda node: evaluate(quantity(node, Input), columns, len(points))

    @property
    def width(self) -> int:
        """The number of bounds, those of the target and of the cell together."""
        return len(self.target.bounds) + len(self.fences)

    def slacks(self, points: Floats) -> Floats:
        """Return (rows, bounds) points to spare for each bound, those of the target first; negative if not kept."""
        block = self._block(points)
        values = self._quantities(points, block)
        bounds = [bound.slack(block.scores[bound.score].value) for bound in self.target.bounds]
        return np.column_stack([*bounds, *(fence.slack(values) for fence in self.fences)])

    def holds(self, comparison: Comparison, points: Floats) -> Mask:
        """Return (rows,) whether a comparison of a rule certainly holds."""
        values = self._quantities(points, self._block(points))
        return compare(comparison.operator, values(comparison.left), values(comparison.right))

    def differences(self, comparison: Comparison, points: Floats) -> Floats:
        """Return (rows,) left side minus right side of a comparison; NaN where unknown."""
        values = self._quantities(points, self._block(points))
        return np.subtract(values(comparison.left), values(comparison.right))

    def reaches(self, points: Floats) -> Mask:
        """Return (rows,) whether the target is met, or missed by no more than the allowed shortfall."""
        return self.is_reached(self.slacks(points))

    def keeps(self, points: Floats) -> Mask:
        """Return (rows,) the same, counting a score that misses a bound by float rounding alone as equal to it."""
        if self.allowed is not None:
            return self.reaches(points)
        scores = self.scores(points)
        kept: Mask = np.logical_and.reduce([bound.holds(scores[bound.score]) for bound in self.target.bounds])
        return kept

    def merits(self, points: Floats, slacks: Floats | None = None) -> Floats:
        """Return (rows,) the value to minimise: total cost if the target is reached, else `ceiling` plus shortfall."""
        slacks = self.slacks(points) if slacks is None else slacks
        costs = self.space.costs(points).sum(axis=1)
        return np.where(self.is_reached(slacks), costs, self.ceiling + shortfalls(slacks))

    @cached_property
    def ceiling(self) -> float:
        """More than any combination costs."""
        ends = np.vstack((self.space.low, self.space.high))
        return float(1.0 + self.space.costs(ends).max(axis=0).sum())

    def relaxed(self, allowed: float) -> "Objective":
        """Return the same objective with an allowed shortfall."""
        return replace(self, allowed=allowed)

    def is_reached(self, slacks: Floats) -> Mask:
        """Return (rows,) what `reaches` does, from slacks."""
        if self.allowed is not None:
            return np.asarray(shortfalls(slacks) <= self.allowed)
        # An answer keeps a bound exactly, and clearly exceeds the number of a strict one.
        strict = np.array([bound.is_strict for bound in self.target.bounds])
        least = np.array([bound.tolerance if bound.is_strict else 0.0 for bound in self.target.bounds])
        strict, least = (np.append(bounds, np.zeros(len(self.fences), bounds.dtype)) for bounds in (strict, least))
        return np.asarray(np.where(strict, slacks > least, slacks >= 0).all(axis=1))


def shortfalls(slacks: Floats) -> Floats:
    """Return (rows,) total shortfalls: the points missing of each bound, summed."""
    total: Floats = np.maximum(-slacks, 0.0).sum(axis=1)
    return total
