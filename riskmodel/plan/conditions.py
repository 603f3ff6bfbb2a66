"""The steps of a condition: the degree to which it holds, as an interval.

A missing value is unknown, not false: its leaf is [0, 1]. `and` takes the minimum, `or` the maximum, and `not` maps
[lo, hi] to [1 - hi, 1 - lo] (L. A. Zadeh, *Fuzzy sets*, Information and Control 8, 1965; for [lo, hi] degrees see
M. B. Gorzalczany, *A method of inference in approximate reasoning based on interval-valued fuzzy sets*, Fuzzy Sets and
Systems 21, 1987).
"""

from collections.abc import Callable
from typing import TypeAlias

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
from riskmodel.plan import steps
from riskmodel.plan.steps import Constant, FillDegree, Step

Bounds: TypeAlias = tuple[Step, Step]
"""A lower and an upper bound."""
Numbers: TypeAlias = Callable[[str], Step]
"""The values of an indicator or score, unknown where they are missing."""
Memberships: TypeAlias = Callable[[str, str], Bounds]
"""The lower and the upper degree to which an indicator is a term."""


def degrees(condition: Condition, number: Numbers, membership: Memberships) -> Bounds:
    """Return the steps of the lower and the upper degree to which a condition holds."""
    match condition:
        case TermTest(name=name, term=term):
            return membership(name.name, term)
        case Comparison(operator=sign, left=left, right=right):
            holds = steps.Compare(sign, quantity(left, number), quantity(right, number))
            return FillDegree(holds, 0.0), FillDegree(holds, 1.0)
        case Not(operand=operand):
            low, high = degrees(operand, number, membership)
            return steps.Complement(high), steps.Complement(low)
        case And(operands=operands) | Or(operands=operands):
            lows, highs = zip(*(degrees(operand, number, membership) for operand in operands), strict=True)
            return (
                (steps.And(lows), steps.And(highs)) if isinstance(condition, And) else (steps.Or(lows), steps.Or(highs))
            )


def quantity(node: Quantity, number: Numbers) -> Step:
    """Return the step of a quantity; unknown where a value is, or on division by zero or overflow."""
    match node:
        case Number(value=value):
            return Constant(value)
        case Name(name=name):
            return number(name)
        case Negative(operand=operand):
            return steps.Product(quantity(operand, number), Constant(-1.0))
        case Arithmetic(operator=operator, left=left, right=right):
            return steps.Arithmetic(operator, quantity(left, number), quantity(right, number))
