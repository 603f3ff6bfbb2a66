"""Evaluate conditions: the degree to which each holds, as an interval.

A missing value is unknown, not false: its leaf is [0, 1]. `and` takes the minimum, `or` the maximum, and `not` maps
[lo, hi] to [1 - hi, 1 - lo] (L. A. Zadeh 1965; for [lo, hi] degrees see M. B. Gorzalczany, *A method of
inference in approximate reasoning based on interval-valued fuzzy sets*, Fuzzy Sets and Systems 21, 1987).
"""

import operator
from collections.abc import Callable
from functools import reduce
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.conditions import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Quantity,
    TermTest,
)
from riskmodel.kernels.scales import Floats

Interval: TypeAlias = tuple[Floats, Floats]
"""Lower and upper degree, (n,) each; the same array twice where nothing is unknown."""


class Context(Protocol):
    """The values that a condition reads, by row."""

    def number(self, name: str) -> Floats:
        """Return the (n,) values of an indicator or score; NaN where unknown."""

    def membership(self, name: str, term: str) -> Interval:
        """Return the (n,) degrees to which an indicator is a term; [0, 1] where unknown."""


TOLERANCE = 1e-9
"""Relative tolerance of comparisons: a share of the larger number, or of 1 if both are smaller."""

_ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": np.divide,
}
_COMPARISONS: dict[str, Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    "<": lambda gap, margin: gap < -margin,
    "<=": lambda gap, margin: gap <= margin,
    ">": lambda gap, margin: gap > margin,
    ">=": lambda gap, margin: gap >= -margin,
    "==": lambda gap, margin: np.abs(gap) <= margin,
    "!=": lambda gap, margin: np.abs(gap) > margin,
}
"""Functions of the difference of two numbers and of the margin within which they are equal."""


def degrees(condition: Condition, context: Context) -> Interval:
    """Evaluate a condition: the lower and upper degree to which it holds in every row.

    Parameters
    ----------
    condition : parsed by `riskmodel.kernels.conditions.parse`.
    context : the values and memberships of the rows.

    Returns
    -------
    Two (n,) arrays in [0, 1], lower <= upper; scalars for a condition without names.
    """
    match condition:
        case TermTest(name=name, term=term):
            return context.membership(name.name, term)
        case Comparison(operator=sign, left=left, right=right):
            first, second = quantity(left, context), quantity(right, context)
            unknown = np.isnan(first) | np.isnan(second)
            holds = compare(sign, first, second).astype(float)
            return interval(holds, unknown if np.count_nonzero(unknown) else None)
        case Not(operand=operand):
            low, high = degrees(operand, context)
            complement = 1.0 - low
            return (complement, complement) if high is low else (1.0 - high, complement)
        case And(operands=operands):
            return _join(np.minimum, [degrees(operand, context) for operand in operands])
        case Or(operands=operands):
            return _join(np.maximum, [degrees(operand, context) for operand in operands])


def compare(sign: str, first: Floats, second: Floats) -> NDArray[np.bool_]:
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


def _join(join: "np.ufunc", parts: list[Interval]) -> Interval:
    lows, highs = zip(*parts, strict=True)
    low: Floats = reduce(join, lows)
    return low, low if all(map(operator.is_, lows, highs)) else reduce(join, highs)


def interval(degree: Floats, unknown: NDArray[np.bool_] | None) -> Interval:
    """Return [degree, degree], and [0, 1] where unknown; None: nowhere."""
    if unknown is None:
        return degree, degree
    return np.where(unknown, 0.0, degree), np.where(unknown, 1.0, degree)


def quantity(node: Quantity, context: Context) -> Floats:
    """Evaluate a quantity in every row; NaN where a value is unknown, or on division by zero or overflow."""
    match node:
        case Number(value=value):
            return np.asarray(value)
        case Name(name=name):
            return context.number(name)
        case Negative(operand=operand):
            return -quantity(operand, context)
        case Arithmetic(operator=sign, left=left, right=right):
            with np.errstate(all="ignore"):
                result = _ARITHMETIC[sign](quantity(left, context), quantity(right, context))
            return np.where(np.isfinite(result), result, np.nan)
