"""Steps with numpy: one function for each kind of step, from (n,) arrays to an (n,) array.

Unknown is NaN. A function is called with a pool of buffers, the arrays of the step's arguments and its numbers. It
takes buffers from the pool, fills the one that it returns and gives the others back; its arguments are not modified.
Degrees of 0 and 1 may also be an array of booleans, which is smaller. Every operation goes element by element, so that
m steps of one kind can be computed together, with (m, n) arguments and (m, 1) numbers, and give the same bits.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats
from riskmodel.plan import steps
from riskmodel.plan.steps import Step

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[..., Array]
"""Called with a pool of buffers, the arrays of the arguments, and the numbers of a kernel."""

TOLERANCE = 1e-9
"""Relative tolerance of comparisons: a share of the larger number, or of 1 if both are smaller."""
ROUNDING_TOLERANCE = 1e-6
"""Allowance for the binary representation of a value that lies at a half, in units of the last place."""
GEOMETRIC_TOLERANCE = 1e-12
"""Exponents closer to 0 give the geometric mean: the difference is smaller than this, and 1 / p would lose it."""
_MIN_LOOKED_UP, _MAX_LOOKED_UP = 3, 16
"""Weights that are worth a table of their sums, and that a table has room for."""
_MAX_RAMPS = 8
"""Pieces up to which a line is a sum of ramps, which is then faster than a search for the piece of each number."""


class Pool:
    """Buffers of one shape that are used again; those used last, which are in the cache, come first.

    Parameters
    ----------
    shape : the shape of the buffers, (n,) or (m, n).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._free: list[Floats] = []

    def take(self) -> Floats:
        """Return a buffer of any content."""
        return self._free.pop() if self._free else np.empty(self._shape)

    def give(self, buffer: Array) -> None:
        """Take back a buffer that nobody needs any more; arrays of other types are left to Python."""
        if buffer.dtype == np.float64 and buffer.shape == self._shape:
            self._free.append(buffer)


class Kernel(NamedTuple):
    """A function that computes a step from its arguments, and its numbers."""

    function: Function
    numbers: tuple[float, ...] = ()


def kernel(step: Step) -> Kernel:
    """Return the kernel of a step."""
    return _KERNELS[type(step)](step)


def evaluate(step: Step) -> float:
    """Evaluate a step whose arguments are constants."""
    function, numbers = kernel(step)
    args = [np.array([arg.value]) for arg in step.args if isinstance(arg, steps.Constant)]
    with np.errstate(all="ignore"):
        return float(function(Pool((1,)), *args, *map(constant, numbers))[0])


def constant(number: float) -> Floats:
    """Return a 0-d array, with which numpy computes faster than with a float."""
    return np.array(number, dtype=float)


_ZERO, _ONE = constant(0.0), constant(1.0)


def _plain(function: Function) -> Callable[[Step], Kernel]:
    """Return what binds a step without numbers."""
    return lambda step: Kernel(function)


def _bind_ramp(step: steps.Ramp) -> Kernel:
    width = step.end - step.start
    scale = 1.0 / width if abs(width) > 1e-300 else math.inf
    if width * scale < 1.0:
        scale = math.nextafter(scale, math.copysign(math.inf, scale))  # so that the end gives exactly 1
    return Kernel(_STEEP_RAMP, (step.start, width)) if math.isinf(scale) else Kernel(_RAMP, (step.start, scale))


def _clamped(join: np.ufunc) -> Function:
    """Return the function of ramps that multiplies by a scale, or divides by a width."""

    def ramp(pool: Pool, x: Array, start: Array, factor: Array) -> Array:
        out = pool.take()
        np.subtract(x, start, out=out)
        join(out, factor, out=out)
        np.maximum(out, _ZERO, out=out)
        return np.minimum(out, _ONE, out=out)

    return ramp


_RAMP, _STEEP_RAMP = _clamped(np.multiply), _clamped(np.divide)


def _above(pool: Pool, x: Array, threshold: Array) -> Array:
    return _keep_unknown(np.greater(x, threshold), x, pool.take())


def _below(pool: Pool, x: Array, threshold: Array) -> Array:
    return _keep_unknown(np.less(x, threshold), x, pool.take())


def _keep_unknown(values: Array, x: Array, out: Floats) -> Floats:
    """Copy values into a buffer, NaN where x is NaN."""
    np.copyto(out, values)
    np.copyto(out, math.nan, where=np.isnan(x))
    return out


def ramps(step: steps.Line) -> steps.WeightedSum | None:
    """Return a line as a sum of ramps with the same numbers; None if it has too many pieces, or cannot be exact."""
    if len(step.raws) <= _MAX_RAMPS + 1:
        # Rises from the lower end can be exact, so a line that falls is built up from its right end.
        for raws, values in ((step.raws, step.values), (step.raws[::-1], step.values[::-1])):
            rises = [_exact_rise(before, after) for before, after in pairwise(values)]
            pieces = [
                (steps.Ramp(step.x, *ends), rise) for ends, rise in zip(pairwise(raws), rises, strict=True) if rise
            ]
            if None not in rises and pieces:
                items, weights = zip((steps.Constant(1.0), values[0]), *pieces, strict=True)
                return steps.WeightedSum(items, weights)
    return None


def _exact_rise(before: float, after: float) -> float | None:
    """Return the number that added to one value gives exactly the next; None if there is none."""
    rise = after - before
    candidates = (rise, math.nextafter(rise, math.inf), math.nextafter(rise, -math.inf))
    return next((number for number in candidates if before + number == after), None)


def _bind_line(step: steps.Line) -> Kernel:
    if len(set(step.values)) == 1:
        return Kernel(_level, (step.values[0],))
    points, levels = np.array(step.raws), np.array(step.values)
    low, high = constant(min(step.values)), constant(max(step.values))

    def line(pool: Pool, x: Array) -> Array:
        out: Array = np.interp(x, points, levels)
        np.maximum(out, low, out=out)  # rounding may leave the last bit beyond the values
        np.minimum(out, high, out=out)
        return out

    return Kernel(line)


def _level(pool: Pool, x: Array, value: Array) -> Array:
    return _keep_unknown(value, x, pool.take())


def _log(pool: Pool, x: Array, lowest: Array) -> Array:
    out = pool.take()
    np.maximum(x, lowest, out=out)
    return np.log(out, out=out)


def _logistic(pool: Pool, x: Array, midpoint: Array, slope: Array) -> Array:
    out = pool.take()
    np.subtract(midpoint, x, out=out)
    np.multiply(out, slope, out=out)
    np.exp(out, out=out)
    np.add(out, _ONE, out=out)
    return np.divide(_ONE, out, out=out)


def _bind_lookup(step: steps.Lookup) -> Kernel:
    values = np.array((*step.values, math.nan))

    def lookup(pool: Pool, x: Array) -> Array:
        position = np.where(np.isnan(x), len(values) - 1, x).astype(np.intp)
        return values[np.minimum(position, len(values) - 1)]

    return Kernel(lookup)


def _is_label(pool: Pool, x: Array, position: Array) -> Array:
    return _keep_unknown(np.equal(x, position), x, pool.take())


def _known(pool: Pool, x: Array) -> Array:
    return np.equal(x, x)  # NaN is not equal to itself


def _fill(pool: Pool, x: Array, value: Array) -> Array:
    out = pool.take()
    np.copyto(out, x)
    np.copyto(out, value, where=np.isnan(x))
    return out


def _fill_with_zero(pool: Pool, x: Array) -> Array:
    return np.fmax(x, _ZERO, out=pool.take())


def _fill_with_one(pool: Pool, x: Array) -> Array:
    return np.fmin(x, _ONE, out=pool.take())


def _bind_fill_degree(step: steps.FillDegree) -> Kernel:
    # A degree that is known is not changed by a maximum with 0 or a minimum with 1, and NaN is.
    fast = {0.0: _fill_with_zero, 1.0: _fill_with_one}.get(step.value)
    return Kernel(_fill, (step.value,)) if fast is None else Kernel(fast)


def _complement(pool: Pool, x: Array) -> Array:
    return np.subtract(_ONE, x, out=pool.take())


def _joined(ufunc: np.ufunc) -> Function:
    def join(pool: Pool, *items: Array) -> Array:
        out = pool.take()
        ufunc(items[0], items[-1], out=out)
        for item in items[1:-1]:
            ufunc(out, item, out=out)
        return out

    return join


_MINIMUM, _MAXIMUM = _joined(np.minimum), _joined(np.maximum)


def _clip(pool: Pool, x: Array, low: Array, high: Array) -> Array:
    out = pool.take()
    np.maximum(x, low, out=out)
    return np.minimum(out, high, out=out)


def _finite(ufunc: np.ufunc) -> Function:
    def compute(pool: Pool, left: Array, right: Array) -> Array:
        out = pool.take()
        ufunc(left, right, out=out)
        np.copyto(out, math.nan, where=~np.isfinite(out))
        return out

    return compute


_ARITHMETIC: Mapping[steps.Operator, Function] = {
    "+": _finite(np.add),
    "-": _finite(np.subtract),
    "*": _finite(np.multiply),
    "/": _finite(np.divide),
}
_COMPARISONS: Mapping[steps.Sign, Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    "<": lambda gap, margin: gap < -margin,
    "<=": lambda gap, margin: gap <= margin,
    ">": lambda gap, margin: gap > margin,
    ">=": lambda gap, margin: gap >= -margin,
    "==": lambda gap, margin: np.abs(gap) <= margin,
    "!=": lambda gap, margin: np.abs(gap) > margin,
}
"""Functions of the difference of two numbers and of the margin within which they are equal."""


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


def _compared(sign: steps.Sign) -> Function:
    return lambda pool, left, right: _keep_unknown(compare(sign, left, right), left + right, pool.take())


_COMPARED: Mapping[steps.Sign, Function] = {sign: _compared(sign) for sign in _COMPARISONS}


def _weighted_sum(pool: Pool, *items_and_weights: Array) -> Array:
    count = len(items_and_weights) // 2
    items, weights = items_and_weights[:count], items_and_weights[count:]
    total = np.multiply(items[0], weights[0], out=pool.take())
    scratch = pool.take()
    for item, weight in zip(items[1:], weights[1:], strict=True):
        np.add(total, np.multiply(item, weight, out=scratch), out=total)
    pool.give(scratch)
    return total


def knowledge_sum(step: steps.WeightedSum) -> tuple[Kernel, tuple[Step, ...]] | None:
    """Return how to sum weights of what is known, or is not, for many rows; None for other sums.

    Returns
    -------
    A kernel, and its arguments. The numbers are those of `kernel`, but looked up by which of the arguments are known.
    """
    if not _MIN_LOOKED_UP <= len(step.items) <= _MAX_LOOKED_UP:
        return None
    known = [item.x if isinstance(item, steps.Complement) else item for item in step.items]
    if not all(isinstance(item, steps.Known) for item in known):
        return None
    patterns = np.arange(1 << len(known))
    sums = np.zeros(len(patterns))
    for position, (item, weight) in enumerate(zip(step.items, step.weights, strict=True)):
        is_known = patterns >> position & 1
        sums += weight * (1 - is_known if isinstance(item, steps.Complement) else is_known)

    def look_up(pool: Pool, *args: Array) -> Array:
        pattern = args[0].astype(np.uint16)
        bit = np.empty_like(pattern)
        for position, arg in enumerate(args[1:], start=1):
            np.copyto(bit, arg)
            np.left_shift(bit, position, out=bit)
            np.bitwise_or(pattern, bit, out=pattern)
        return sums.take(pattern, out=pool.take(), mode="clip")

    return Kernel(look_up), tuple(known)


def _sum(pool: Pool, *items: Array) -> Array:
    total = pool.take()
    np.copyto(total, items[0])
    for item in items[1:]:
        np.add(total, item, out=total)
    return total


def _product(pool: Pool, x: Array, y: Array) -> Array:
    return np.multiply(x, y, out=pool.take())


def _quotient(pool: Pool, numerator: Array, denominator: Array) -> Array:
    out = np.divide(numerator, denominator, out=pool.take())
    np.copyto(out, math.nan, where=np.equal(denominator, _ZERO))
    return out


def _safe_quotient(pool: Pool, numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=pool.take())


def _bind_power_term(step: steps.PowerTerm) -> Kernel:
    power = step.power

    def run(pool: Pool, x: Array, pivot: Array) -> Array:
        if math.isinf(power):
            return np.equal(x, pivot)
        term = np.exp(power * np.log(x / pivot))
        at_zero = np.where(x == 0.0, 1.0, 0.0)
        return np.where(np.isnan(x), 0.0, np.where(pivot == 0.0, at_zero, np.where(x == 0.0, 0.0, term)))

    return Kernel(run)


def _bind_power_mean(step: steps.PowerMean) -> Kernel:
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

    return Kernel(run)


def _sum_in_order(terms: "Any") -> Array:
    """Sum from first to last; the order of numpy's sum depends on the number of columns."""
    total: Array = reduce(operator.add, terms)
    return total


def _raise(pool: Pool, x: Array, degree: Array, level: Array) -> Array:
    out = _draw(pool, x, degree, level)
    np.copyto(out, x, where=np.greater_equal(x, level))
    return out


def _lower(pool: Pool, x: Array, degree: Array, level: Array) -> Array:
    out = _draw(pool, x, degree, level)
    np.copyto(out, x, where=np.less_equal(x, level))
    return out


def _draw(pool: Pool, x: Array, degree: Array, level: Array) -> Array:
    """Return the weighted mean of x and a level, which is exactly the level at degree 1."""
    out, scratch = pool.take(), pool.take()
    np.subtract(_ONE, degree, out=out)
    np.multiply(out, x, out=out)
    np.multiply(degree, level, out=scratch)
    np.add(out, scratch, out=out)
    pool.give(scratch)
    return out


def _select(pool: Pool, switch: Array, second: Array, first: Array) -> Array:
    out = pool.take()
    np.copyto(out, first)
    np.copyto(out, second, where=np.equal(switch, _ONE))
    return out


def _withhold(pool: Pool, x: Array, coverage: Array, lowest: Array) -> Array:
    out = pool.take()
    np.copyto(out, x)
    np.copyto(out, math.nan, where=np.less(coverage, lowest))
    return out


def _agreed(pool: Pool, x: Array, low: Array, high: Array) -> Array:
    out = pool.take()
    np.copyto(out, x)
    np.copyto(out, math.nan, where=np.not_equal(low, high))
    return out


def _bind_attains(step: steps.Attains) -> Kernel:
    def attains(pool: Pool, *args: Array) -> Array:
        *items, target = args
        result: Array = np.equal(items[step.position], target)
        for earlier in items[: step.position]:
            result &= earlier != target
        return result

    return Kernel(attains)


def reported(x: Floats, decimals: int) -> Floats:
    """Round half up: floor(x 10^decimals + 0.5 + 1e-6) / 10^decimals.

    Parameters
    ----------
    x : (n,) exact values; NaN stays NaN.
    decimals : decimal places, 0 or more.

    Returns
    -------
    (n,) rounded values. The function is monotone, so a value between two bounds stays between them.
    """
    return _round(Pool(x.shape), x, constant(10.0**decimals))


def _round(pool: Pool, x: Array, scale: Array) -> Array:
    out = np.multiply(x, scale, out=pool.take())
    np.add(out, _HALF, out=out)
    np.floor(out, out=out)
    return np.divide(out, scale, out=out)


_HALF = constant(0.5 + ROUNDING_TOLERANCE)


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
    codes: NDArray[np.int8] = np.full(x.shape, -1, dtype=np.int8)
    for start in starts:
        codes += (x >= start).view(np.int8)
    return codes


def _bind_weighted_sum(step: steps.WeightedSum) -> Kernel:
    plain = all(weight == 1.0 for weight in step.weights)
    return Kernel(_sum) if plain else Kernel(_weighted_sum, step.weights)


def _bind_quotient(step: steps.Quotient) -> Kernel:
    fixed = isinstance(step.denominator, steps.Constant) and step.denominator.value != 0.0
    return Kernel(_safe_quotient if fixed else _quotient)


_KERNELS: Mapping[type[Step], Callable[[Any], Kernel]] = {
    steps.Ramp: _bind_ramp,
    steps.Beyond: lambda step: Kernel(_above if step.above else _below, (step.threshold,)),
    steps.Line: _bind_line,
    steps.Log: lambda step: Kernel(_log, (step.lowest,)),
    steps.Logistic: lambda step: Kernel(_logistic, (step.midpoint, step.slope)),
    steps.Lookup: _bind_lookup,
    steps.IsLabel: lambda step: Kernel(_is_label, (step.position,)),
    steps.Known: _plain(_known),
    steps.Fill: lambda step: Kernel(_fill, (step.value,)),
    steps.FillDegree: _bind_fill_degree,
    steps.Complement: _plain(_complement),
    steps.And: _plain(_MINIMUM),
    steps.Or: _plain(_MAXIMUM),
    steps.Minimum: _plain(_MINIMUM),
    steps.Maximum: _plain(_MAXIMUM),
    steps.LowestKnown: _plain(_joined(np.fmin)),
    steps.HighestKnown: _plain(_joined(np.fmax)),
    steps.Clip: lambda step: Kernel(_clip, (step.low, step.high)),
    steps.Arithmetic: lambda step: Kernel(_ARITHMETIC[step.operator]),
    steps.Compare: lambda step: Kernel(_COMPARED[step.sign]),
    steps.WeightedSum: _bind_weighted_sum,
    steps.Product: _plain(_product),
    steps.Quotient: _bind_quotient,
    steps.PowerTerm: _bind_power_term,
    steps.PowerMean: _bind_power_mean,
    steps.Raise: lambda step: Kernel(_raise, (step.level,)),
    steps.Lower: lambda step: Kernel(_lower, (step.level,)),
    steps.Select: _plain(_select),
    steps.Withhold: lambda step: Kernel(_withhold, (step.lowest,)),
    steps.Agreed: _plain(_agreed),
    steps.Attains: _bind_attains,
    steps.Round: lambda step: Kernel(_round, (10.0**step.decimals,)),
    steps.Band: lambda step: Kernel(lambda pool, x: band_codes(x, step.starts)),
}
