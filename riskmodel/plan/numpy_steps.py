"""Steps with numpy: one function for each kind of step, from (n,) arrays to an (n,) array.

Unknown is NaN. A function takes buffers of n numbers from a pool, fills the one that it returns and gives the others
back; its arguments are not modified. Degrees of 0 and 1 may also be an array of booleans, which is smaller.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats
from riskmodel.plan import steps
from riskmodel.plan.steps import Step

Array: TypeAlias = NDArray[Any]
Operation: TypeAlias = Callable[..., Array]
"""A step without its arguments: called with a pool of buffers and the arrays of the arguments."""

TOLERANCE = 1e-9
"""Relative tolerance of comparisons: a share of the larger number, or of 1 if both are smaller."""
ROUNDING_TOLERANCE = 1e-6
"""Allowance for the binary representation of a value that lies at a half, in units of the last place."""
GEOMETRIC_TOLERANCE = 1e-12
"""Exponents closer to 0 give the geometric mean: the difference is smaller than this, and 1 / p would lose it."""
_MAX_RAMPS = 8
"""Pieces up to which a line is a sum of ramps, which is then faster than a search for the piece of each number."""


class Pool:
    """Buffers of one length that are used again; those used last, which are in the cache, come first.

    Parameters
    ----------
    rows : the length of the buffers.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._free: list[Floats] = []

    def take(self) -> Floats:
        """Return a buffer of any content."""
        return self._free.pop() if self._free else np.empty(self.rows)

    def give(self, buffer: Array) -> None:
        """Take back a buffer that nobody needs any more; arrays of other types are left to Python."""
        if buffer.dtype == np.float64 and buffer.ndim == 1:
            self._free.append(buffer)


def operation(step: Step) -> Operation:
    """Return the function of a step."""
    return _OPERATIONS[type(step)](step)


def evaluate(step: Step) -> float:
    """Evaluate a step whose arguments are constants."""
    args = [np.array([arg.value]) for arg in step.args if isinstance(arg, steps.Constant)]
    with np.errstate(all="ignore"):
        return float(operation(step)(Pool(1), *args)[0])


def _constant(number: float) -> Floats:
    """Return a 0-d array, with which numpy computes faster than with a float."""
    return np.array(number, dtype=float)


_ZERO, _ONE = _constant(0.0), _constant(1.0)


def _ramp(step: steps.Ramp) -> Operation:
    start, width = _constant(step.start), step.end - step.start
    scale = 1.0 / width if abs(width) > 1e-300 else math.inf
    if width * scale < 1.0:
        scale = math.nextafter(scale, math.copysign(math.inf, scale))  # so that the end gives exactly 1
    join, factor = (np.divide, _constant(width)) if math.isinf(scale) else (np.multiply, _constant(scale))

    def run(pool: Pool, x: Array) -> Array:
        out = pool.take()
        np.subtract(x, start, out=out)
        join(out, factor, out=out)
        np.maximum(out, _ZERO, out=out)
        return np.minimum(out, _ONE, out=out)

    return run


def _beyond(step: steps.Beyond) -> Operation:
    threshold, compare = _constant(step.threshold), np.greater if step.above else np.less

    def run(pool: Pool, x: Array) -> Array:
        return _keep_unknown(compare(x, threshold), x, pool.take())

    return run


def _keep_unknown(values: Array, x: Array, out: Floats) -> Floats:
    """Copy values into a buffer, NaN where x is NaN."""
    np.copyto(out, values)
    np.copyto(out, math.nan, where=np.isnan(x))
    return out


def _line(step: steps.Line) -> Operation:
    if len(step.raws) <= _MAX_RAMPS + 1:
        # Rises from the lower end can be exact, so a line that falls is built up from its right end.
        for raws, values in ((step.raws, step.values), (step.raws[::-1], step.values[::-1])):
            rises = [_exact_rise(before, after) for before, after in pairwise(values)]
            if None not in rises:
                ramps = [steps.Ramp(step.x, start, end) for start, end in pairwise(raws)]
                return _sum_of_ramps(values[0], [(ramp, rise) for ramp, rise in zip(ramps, rises, strict=True) if rise])
    points, levels = np.array(step.raws), np.array(step.values)
    low, high = _constant(min(step.values)), _constant(max(step.values))

    def run(pool: Pool, x: Array) -> Array:
        out: Array = np.interp(x, points, levels)
        np.maximum(out, low, out=out)  # rounding may leave the last bit beyond the values
        np.minimum(out, high, out=out)
        return out

    return run


def _sum_of_ramps(first: float, pieces: Sequence[tuple[steps.Ramp, float]]) -> Operation:
    start = _constant(first)
    if not pieces:
        return lambda pool, x: _keep_unknown(start, x, pool.take())
    (first_ramp, first_rise), *others = [(_ramp(ramp), _constant(rise)) for ramp, rise in pieces]

    def run(pool: Pool, x: Array) -> Array:
        total = first_ramp(pool, x)
        total *= first_rise
        if first:
            total += start
        for ramp, rise in others:
            piece = ramp(pool, x)
            piece *= rise
            total += piece
            pool.give(piece)
        return total

    return run


def _exact_rise(before: float, after: float) -> float | None:
    """Return the number that added to one value gives exactly the next; None if there is none."""
    rise = after - before
    candidates = (rise, math.nextafter(rise, math.inf), math.nextafter(rise, -math.inf))
    return next((number for number in candidates if before + number == after), None)


def _log(step: steps.Log) -> Operation:
    lowest = _constant(step.lowest)

    def run(pool: Pool, x: Array) -> Array:
        out = pool.take()
        np.maximum(x, lowest, out=out)
        return np.log(out, out=out)

    return run


def _logistic(step: steps.Logistic) -> Operation:
    midpoint, slope = _constant(step.midpoint), _constant(-step.slope)

    def run(pool: Pool, x: Array) -> Array:
        out = pool.take()
        np.subtract(x, midpoint, out=out)
        np.multiply(out, slope, out=out)
        np.exp(out, out=out)
        np.add(out, _ONE, out=out)
        return np.divide(_ONE, out, out=out)

    return run


def _lookup(step: steps.Lookup) -> Operation:
    values = np.array((*step.values, math.nan))

    def run(pool: Pool, x: Array) -> Array:
        position = np.where(np.isnan(x), len(values) - 1, x).astype(np.intp)
        return values[np.minimum(position, len(values) - 1)]

    return run


def _is_label(step: steps.IsLabel) -> Operation:
    position = _constant(step.position)
    return lambda pool, x: _keep_unknown(x == position, x, pool.take())


def _known(step: steps.Known) -> Operation:
    return lambda pool, x: np.equal(x, x)  # NaN is not equal to itself


def _fill(step: steps.Fill) -> Operation:
    value = _constant(step.value)

    def run(pool: Pool, x: Array) -> Array:
        out = pool.take()
        np.copyto(out, x)
        np.copyto(out, value, where=np.isnan(x))
        return out

    return run


def _fill_degree(step: steps.FillDegree) -> Operation:
    # A degree that is known is not changed by a maximum with 0 or a minimum with 1, and NaN is.
    fast = {0.0: np.fmax, 1.0: np.fmin}.get(step.value)
    if fast is None:
        return _fill(step)
    value = _constant(step.value)
    return lambda pool, x: fast(x, value, out=pool.take())


def _complement(step: steps.Complement) -> Operation:
    return lambda pool, x: np.subtract(_ONE, x, out=pool.take())


def _joined(ufunc: np.ufunc) -> Callable[[Step], Operation]:
    def run(pool: Pool, *items: Array) -> Array:
        out = pool.take()
        ufunc(items[0], items[-1], out=out)
        for item in items[1:-1]:
            ufunc(out, item, out=out)
        return out

    return lambda step: run


def _clip(step: steps.Clip) -> Operation:
    low, high = _constant(step.low), _constant(step.high)

    def run(pool: Pool, x: Array) -> Array:
        out = pool.take()
        np.maximum(x, low, out=out)
        return np.minimum(out, high, out=out)

    return run


_ARITHMETIC: Mapping[steps.Operator, np.ufunc] = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def _arithmetic(step: steps.Arithmetic) -> Operation:
    compute = _ARITHMETIC[step.operator]

    def run(pool: Pool, left: Array, right: Array) -> Array:
        out = pool.take()
        compute(left, right, out=out)
        np.copyto(out, math.nan, where=~np.isfinite(out))
        return out

    return run


_COMPARISONS: Mapping[steps.Sign, Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    "<": lambda gap, margin: gap < -margin,
    "<=": lambda gap, margin: gap <= margin,
    ">": lambda gap, margin: gap > margin,
    ">=": lambda gap, margin: gap >= -margin,
    "==": lambda gap, margin: np.abs(gap) <= margin,
    "!=": lambda gap, margin: np.abs(gap) > margin,
}
"""Functions of the difference of two numbers and of the margin within which they are equal."""


def _compare(step: steps.Compare) -> Operation:
    def run(pool: Pool, left: Array, right: Array) -> Array:
        holds = compare(step.sign, left, right)
        return _keep_unknown(holds, left + right, pool.take())

    return run


def compare(sign: steps.Sign, first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Compare numbers; in every operator, numbers that differ by rounding error only are equal.

    Parameters
    ----------
    sign : `<`, `<=`, `>`, `>=`, `==` or `!=`.
    first, second : numbers of broadcastable shapes; a comparison with NaN is False.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.subtract(first, second)
    return _COMPARISONS[sign](gap, margin(first, second))


def margin(first: Floats, second: Floats) -> Floats:
    """Return the difference up to which two numbers are equal: `TOLERANCE` of the larger, at least of 1."""
    size = np.maximum(np.abs(first), np.abs(second)).clip(1.0, np.finfo(float).max)
    return np.asarray(TOLERANCE * size)


def _weighted_sum(step: steps.WeightedSum) -> Operation:
    weights = [None if weight == 1.0 else _constant(weight) for weight in step.weights]

    def run(pool: Pool, *items: Array) -> Array:
        total = pool.take()
        if weights[0] is None:
            np.copyto(total, items[0])
        else:
            np.multiply(items[0], weights[0], out=total)
        scratch = pool.take()
        for item, weight in zip(items[1:], weights[1:], strict=True):
            np.add(total, item if weight is None else np.multiply(item, weight, out=scratch), out=total)
        pool.give(scratch)
        return total

    return run


def _product(step: steps.Product) -> Operation:
    return lambda pool, x, y: np.multiply(x, y, out=pool.take())


def _quotient(step: steps.Quotient) -> Operation:
    def run(pool: Pool, numerator: Array, denominator: Array) -> Array:
        out = np.divide(numerator, denominator, out=pool.take())
        if step.nullable:
            np.copyto(out, math.nan, where=np.equal(denominator, 0.0))
        return out

    return run


def _power_term(step: steps.PowerTerm) -> Operation:
    power = step.power

    def run(pool: Pool, x: Array, pivot: Array) -> Array:
        if math.isinf(power):
            return np.equal(x, pivot)
        term = np.exp(power * np.log(x / pivot))
        at_zero = np.where(x == 0.0, 1.0, 0.0)
        return np.where(np.isnan(x), 0.0, np.where(pivot == 0.0, at_zero, np.where(x == 0.0, 0.0, term)))

    return run


def _power_mean(step: steps.PowerMean) -> Operation:
    count, power = len(step.items), step.power

    def run(pool: Pool, *args: Array) -> Array:
        pivot = args[-1]
        known = [item == item for item in args[:count]]  # noqa: PLR0124
        weights = [np.where(mask, weight, 0.0) for mask, weight in zip(known, args[count:-1], strict=True)]
        log_pivot = np.log(pivot)
        distances = [
            np.where(mask, np.log(item) - log_pivot, 0.0) for mask, item in zip(known, args[:count], strict=True)
        ]
        total = _sum_in_order(weights)
        if abs(power) < GEOMETRIC_TOLERANCE:
            mean = np.exp(log_pivot + _sum_in_order(map(np.multiply, weights, distances)) / total)
        else:
            # Near 1 the deviation of the sum from 1 is accurate; far below 1 it would cancel, and the sum is exact.
            pairs = list(zip(weights, distances, strict=True))
            lack = _sum_in_order(weight * np.expm1(power * distance) for weight, distance in pairs) / total
            plain = _sum_in_order(weight * np.exp(power * distance) for weight, distance in pairs) / total
            mean = np.exp(log_pivot + np.where(lack > -0.5, np.log1p(lack), np.log(plain)) / power)
        mean = np.where(pivot == 0.0, 0.0, mean)
        return np.minimum(mean, 1.0)  # rounding may leave the last bit above 1

    return run


def _sum_in_order(terms: "Any") -> Array:
    """Sum from first to last; the order of numpy's sum depends on the number of columns."""
    total: Array = reduce(operator.add, terms)
    return total


def _drawn(above: bool) -> Callable[[Any], Operation]:
    """Return the function that draws a score up or down to a level."""

    def bind(step: steps.Raise | steps.Lower) -> Operation:
        level = _constant(step.level)
        beyond = np.less if above else np.greater

        def run(pool: Pool, x: Array, degree: Array) -> Array:
            # A weighted mean of x and the level is exactly the level at degree 1.
            out, scratch = pool.take(), pool.take()
            np.subtract(_ONE, degree, out=out)
            np.multiply(out, x, out=out)
            np.multiply(degree, level, out=scratch)
            np.add(out, scratch, out=out)
            pool.give(scratch)
            np.copyto(out, x, where=~beyond(x, level))
            return out

        return run

    return bind


def _select(step: steps.Select) -> Operation:
    def run(pool: Pool, switch: Array, second: Array, first: Array) -> Array:
        out = pool.take()
        np.copyto(out, first)
        np.copyto(out, second, where=switch == 1.0)
        return out

    return run


def _withhold(step: steps.Withhold) -> Operation:
    lowest = _constant(step.lowest)

    def run(pool: Pool, x: Array, coverage: Array) -> Array:
        out = pool.take()
        np.copyto(out, x)
        np.copyto(out, math.nan, where=coverage < lowest)
        return out

    return run


def _agreed(step: steps.Agreed) -> Operation:
    def run(pool: Pool, x: Array, low: Array, high: Array) -> Array:
        out = pool.take()
        np.copyto(out, x)
        np.copyto(out, math.nan, where=low != high)
        return out

    return run


def _attains(step: steps.Attains) -> Operation:
    def run(pool: Pool, *args: Array) -> Array:
        *items, target = args
        attains: Array = np.equal(items[step.position], target)
        for earlier in items[: step.position]:
            attains &= earlier != target
        return attains

    return run


def reported(x: Floats, decimals: int, out: Floats | None = None) -> Floats:
    """Round half up: floor(x 10^decimals + 0.5 + 1e-6) / 10^decimals.

    Parameters
    ----------
    x : (n,) exact values; NaN stays NaN.
    decimals : decimal places, 0 or more.
    out : (n,) the array to fill; None: a new one.

    Returns
    -------
    (n,) rounded values. The function is monotone, so a value between two bounds stays between them.
    """
    scale = _constant(10.0**decimals)
    rounded = np.multiply(x, scale, out=out)
    rounded += _HALF
    np.floor(rounded, out=rounded)
    rounded /= scale
    return rounded


_HALF = _constant(0.5 + ROUNDING_TOLERANCE)


def _round(step: steps.Round) -> Operation:
    return lambda pool, x: reported(x, step.decimals, pool.take())


def band_codes(x: Floats, starts: Sequence[float]) -> NDArray[np.int8]:
    """Return the position of the band of each reported value; the start of a band belongs to it.

    Parameters
    ----------
    x : (n,) reported values.
    starts : k lower bounds in ascending order; the first is at or below every value.

    Returns
    -------
    (n,) int8 in 0..k-1; -1 for NaN.
    """
    codes: NDArray[np.int8] = np.full(len(x), -1, dtype=np.int8)
    for start in starts:
        codes += (x >= start).view(np.int8)
    return codes


def _band(step: steps.Band) -> Operation:
    return lambda pool, x: band_codes(x, step.starts)


_OPERATIONS: Mapping[type[Step], Callable[[Any], Operation]] = {
    steps.Ramp: _ramp,
    steps.Beyond: _beyond,
    steps.Line: _line,
    steps.Log: _log,
    steps.Logistic: _logistic,
    steps.Lookup: _lookup,
    steps.IsLabel: _is_label,
    steps.Known: _known,
    steps.Fill: _fill,
    steps.FillDegree: _fill_degree,
    steps.Complement: _complement,
    steps.And: _joined(np.minimum),
    steps.Or: _joined(np.maximum),
    steps.Minimum: _joined(np.minimum),
    steps.Maximum: _joined(np.maximum),
    steps.LowestKnown: _joined(np.fmin),
    steps.HighestKnown: _joined(np.fmax),
    steps.Clip: _clip,
    steps.Arithmetic: _arithmetic,
    steps.Compare: _compare,
    steps.WeightedSum: _weighted_sum,
    steps.Product: _product,
    steps.Quotient: _quotient,
    steps.PowerTerm: _power_term,
    steps.PowerMean: _power_mean,
    steps.Raise: _drawn(above=True),
    steps.Lower: _drawn(above=False),
    steps.Select: _select,
    steps.Withhold: _withhold,
    steps.Agreed: _agreed,
    steps.Attains: _attains,
    steps.Round: _round,
    steps.Band: _band,
}
