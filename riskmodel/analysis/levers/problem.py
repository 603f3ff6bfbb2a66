"""The space that is searched: what can be moved, how far, and at what cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.levers.target import Target
from riskmodel.analysis.situations import Case
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import ModelError
from riskmodel.kernels.conditions import Comparison
from riskmodel.kernels.evaluation import Context, Interval, compare, degrees, margin, quantity
from riskmodel.kernels.scales import Floats
from riskmodel.schema.breakpoints import breakpoints, indicator_range
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Lever
from riskmodel.tables.arrays import Mask

_NEAR = 1e-6
"""Values that lie nearer to a mark than this share of the whole range are taken for the mark."""
_BESIDE = 1e-9
"""How far beside a mark, in shares of the whole range, a value is tried; there is where steps have happened."""
_BEYOND = 2.0
"""How far at least, in margins within which comparisons count values as equal."""


@dataclass(frozen=True)
class SearchSpace:
    """The levers of one situation, in the order of their names. A point is an (n,) array of their raw values.

    Attributes
    ----------
    names : of the n levers.
    now : (n,) their values in the situation; of a label its position.
    low, high : (n,) how far each can be moved: its whole range, and the value that it has now where that lies beyond.
    prices : (n,) what it costs to move each over its whole range.
    labels : (n,) whether the values are labels, so that it moves by steps.
    breakpoints : by lever, the values at which something changes, ascending, within `low` and `high`.
    """

    names: tuple[str, ...]
    now: Floats
    low: Floats
    high: Floats
    prices: Floats
    labels: Mask
    breakpoints: tuple[Floats, ...]
    starts: Floats
    """(n,) where each whole range begins, as its logarithm where that is what counts."""
    widths: Floats
    """(n,) how wide each whole range is, likewise."""
    logarithmic: Mask

    def shares(self, points: Floats) -> Floats:
        """(rows, n) points as shares of the whole ranges: 0 and 1 at their ends, beyond where the situation is.

        Below a whole range that is logarithmic nothing changes, so that counts as its lower end.
        """
        counted = np.array(points, dtype=float)
        logs = self.logarithmic
        counted[..., logs] = np.log(np.maximum(counted[..., logs], np.exp(self.starts[logs])))
        found: Floats = (counted - self.starts) / self.widths
        return found

    def points(self, shares: Floats) -> Floats:
        """(rows, n) raw values of shares, within how far each can be moved; what has not moved is exactly as it was."""
        raw = self.starts + self.widths * shares
        raw[..., self.logarithmic] = np.exp(raw[..., self.logarithmic])
        raw[..., self.labels] = np.rint(raw[..., self.labels])
        return np.where(shares == self.shares(self.now), self.now, np.clip(raw, self.low, self.high))

    def costs(self, points: Floats) -> Floats:
        """(rows, n) what it costs to move each lever from where it is now: price x |change| / whole range."""
        found: Floats = self.prices * np.abs(self.shares(points) - self.shares(self.now))
        return found

    def tried(self, lever: int, between: int) -> Floats:
        """(k,) values of a lever to try, ascending: marks, just beside them, so many between each two, and now.

        Parameters
        ----------
        lever : its position.
        between : values between two marks, evenly spread.
        """
        inside = self.breakpoints[lever]
        if self.labels[lever]:
            return inside
        share = np.arange(1, between + 1) / (between + 1)
        gaps = inside[:-1, np.newaxis] + np.diff(inside)[:, np.newaxis] * share
        beside = np.maximum(_BESIDE * (self.high[lever] - self.low[lever]), _BEYOND * margin(inside, inside))
        found = np.concatenate((inside, inside - beside, inside + beside, gaps.ravel(), [self.now[lever]]))
        return np.unique(np.clip(found, self.low[lever], self.high[lever]))

    def on_breakpoints(self, point: Floats) -> Floats:
        """An (n,) point with each value that equals a mark, as comparisons see it, at that mark."""
        nearest = np.array(
            [inside[np.abs(inside - value).argmin()] for inside, value in zip(self.breakpoints, point, strict=True)]
        )
        return np.where(compare("==", point, nearest), nearest, point)

    def at_mark(self, lever: int, value: float) -> float | None:
        """The mark that a value all but coincides with; None where there is none."""
        nearest = self.breakpoints[lever][np.abs(self.breakpoints[lever] - value).argmin()]
        return float(nearest) if abs(nearest - value) <= _NEAR * (self.high[lever] - self.low[lever]) else None


def space_of(spec: ModelSpec, case: Case) -> SearchSpace:
    """The levers of a situation: those that the model names, as far as the situation has a value for them.

    Raises
    ------
    ModelError
        Where the model does not tell how far a lever ranges.
    """
    levers = levers_of(spec)
    names = tuple(sorted(name for name in levers if name in case.given))
    ranges = [indicator_range(spec, name) for name in names]
    now = np.array([case.given[name] for name in names])
    low = np.minimum([whole.low for whole in ranges], now) if names else now
    high = np.maximum([whole.high for whole in ranges], now) if names else now
    logarithmic = np.array([whole.logarithmic for whole in ranges], dtype=bool)
    ends = np.array([(whole.low, whole.high) for whole in ranges]).reshape(-1, 2)
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
    """The levers of a model, by indicator; where it names none, every indicator whose range is known, at cost 1."""
    named = {name: indicator.lever for name, indicator in spec.indicators.items() if indicator.lever is not None}
    return named or {name: Lever() for name in spec.indicators if _has_range(spec, name)}


def _has_range(spec: ModelSpec, name: str) -> bool:
    try:
        indicator_range(spec, name)
    except ModelError:
        return False
    return True


def _within(values: Floats, *ends: float) -> Floats:
    """The marks between the ends, the ends themselves, and the value now."""
    found: Floats = np.unique([*values[(values >= min(ends)) & (values <= max(ends))], *ends])
    return found


def column(points: Floats, lever: int, values: Sequence[float] | Floats) -> Floats:
    """A row for each value: the point, with one lever at that value."""
    rows = np.repeat(points[np.newaxis, :], len(values), axis=0)
    rows[:, lever] = values
    return rows


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

    def slack(self, values: Context) -> Floats:
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
class Objective:
    """A target, and everything that it takes to hold points against it.

    Attributes
    ----------
    facts : the values of what is not moved, by indicator; what is missing is left out.
    allowed : a total shortfall that is good enough, in points; None where the target itself is to be met.
    fences : the edges of the cell that is not to be left; see `riskmodel.analysis.levers.cells`.
    """

    model: CompiledModel
    space: SearchSpace
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

    def relaxed(self, allowed: float) -> "Objective":
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
