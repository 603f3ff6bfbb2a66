"""Truth: the degree to which a sentence holds, as an interval.

What is missing is unknown, not false: a leaf that cannot be judged is [0, 1]. `and` takes the minimum, `or` the
maximum, `not` turns the interval round (L. A. Zadeh 1965; for [lo, hi] degrees see M. B. Gorzalczany, *A method of
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
"""Lower and upper degree, (n,) each; the very same array twice where nothing is unknown."""


class Context(Protocol):
    """What a sentence is held against, row by row."""

    def number(self, name: str) -> Floats:
        """The (n,) values that a name stands for; NaN where unknown."""

    def membership(self, name: str, term: str) -> Interval:
        """The (n,) degrees to which the named indicator is the term; [0, 1] where unknown."""


TOLERANCE = 1e-9
"""Numbers are equal where they differ by at most this share of the larger of them, or of 1 where both are smaller."""

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
"""Each of the difference of two numbers and the margin within which they are equal."""


def degrees(condition: Condition, facts: Context) -> Interval:
    """Lower and upper degree to which a sentence holds in every row.

    Parameters
    ----------
    condition : a sentence read by `riskmodel.kernels.conditions.parse`.
    facts : the values and memberships of the rows.

    Returns
    -------
    Two arrays in [0, 1], lower <= upper, of the facts' shape (or scalars, for a sentence without names).
    """
    match condition:
        case TermTest(name=name, term=term):
            return facts.membership(name.name, term)
        case Comparison(operator=sign, left=left, right=right):
            first, second = quantity(left, facts), quantity(right, facts)
            unknown = np.isnan(first) | np.isnan(second)
            holds = compare(sign, first, second).astype(float)
            return interval(holds, unknown if np.count_nonzero(unknown) else None)
        case Not(operand=operand):
            low, high = degrees(operand, facts)
            turned = 1.0 - low
            return (turned, turned) if high is low else (1.0 - high, turned)
        case And(operands=operands):
            return _join(np.minimum, [degrees(operand, facts) for operand in operands])
        case Or(operands=operands):
            return _join(np.maximum, [degrees(operand, facts) for operand in operands])


def compare(sign: str, first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Compare numbers; those that differ by rounding error alone are equal, in every operator.

    Parameters
    ----------
    sign : `<`, `<=`, `>`, `>=`, `==` or `!=`.
    first, second : numbers, of shapes that go together; NaN never compares.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.subtract(first, second)
    return _COMPARISONS[sign](gap, margin(first, second))


def margin(first: Floats, second: Floats) -> Floats:
    """By how much two numbers may differ and still be equal: `TOLERANCE` of the larger, and of 1."""
    size = np.maximum(np.abs(first), np.abs(second)).clip(1.0, np.finfo(float).max)
    return np.asarray(TOLERANCE * size)


def _join(join: "np.ufunc", parts: list[Interval]) -> Interval:
    lows, highs = zip(*parts, strict=True)
    low: Floats = reduce(join, lows)
    return low, low if all(map(operator.is_, lows, highs)) else reduce(join, highs)


def interval(degree: Floats, unknown: NDArray[np.bool_] | None) -> Interval:
    """[degree, degree], and [0, 1] where it is unknown; None: nowhere."""
    if unknown is None:
        return degree, degree
    return np.where(unknown, 0.0, degree), np.where(unknown, 1.0, degree)


def quantity(node: Quantity, facts: Context) -> Floats:
    """The value of a quantity in every row; NaN where a part is unknown, divided by zero, or beyond all numbers."""
    match node:
        case Number(value=value):
            return np.asarray(value)
        case Name(name=name):
            return facts.number(name)
        case Negative(operand=operand):
            return -quantity(operand, facts)
        case Arithmetic(operator=sign, left=left, right=right):
            with np.errstate(all="ignore"):
                result = _ARITHMETIC[sign](quantity(left, facts), quantity(right, facts))
            return np.where(np.isfinite(result), result, np.nan)
