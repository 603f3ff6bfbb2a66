"""The conditions of rules in the plain reading: terms, truth as intervals, and what is unknown.

Nothing here is shared with the engine; `oracle` holds the rest of the reading.
"""

import ast
import functools
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

Model: TypeAlias = Mapping[str, Any]
Raw: TypeAlias = float | str
Interval: TypeAlias = tuple[float, float]

UNKNOWN: Interval = (0.0, 1.0)
TOLERANCE = 1e-9


def same(x: float, y: float) -> bool:
    """Take two numbers for equal that differ by at most a billionth of the larger, and of 1."""
    return abs(x - y) <= TOLERANCE * max(1.0, abs(x), abs(y))


COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda x, y: x < y and not same(x, y),
    ast.LtE: lambda x, y: x < y or same(x, y),
    ast.Gt: lambda x, y: x > y and not same(x, y),
    ast.GtE: lambda x, y: x > y or same(x, y),
    ast.Eq: same,
    ast.NotEq: lambda x, y: not same(x, y),
}
ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@functools.lru_cache(1024)
def parsed(condition: str) -> ast.expr:
    """Read a condition as Python reads an expression; one model is held against many situations."""
    return ast.parse(condition.strip(), mode="eval").body


# --------------------------------------------------------------------------------------------------------- terms


def membership(term: Mapping[str, Any], x: float) -> float:
    """Say to what degree a raw value belongs to a term."""
    if "below" in term:
        return below(*pair(term["below"]), x)
    if "above" in term:
        return above(*pair(term["above"]), x)
    a, b, c, d = term["between"]
    return min(above(a, b, x), below(c, d, x))


def pair(bound: Any) -> tuple[float, float]:
    """Read a single number as two bounds that are equal."""
    return tuple(bound) if isinstance(bound, list | tuple) else (bound, bound)


def below(full: float, none: float, x: float) -> float:
    """Be 1 up to `full`, fall linearly, be 0 from `none`; with equal bounds the bound itself does not belong."""
    if full == none:
        return 1.0 if x < full else 0.0
    return clip((none - x) / (none - full), 0.0, 1.0)


def above(none: float, full: float, x: float) -> float:
    """Be 0 up to `none`, rise linearly, be 1 from `full`; with equal bounds the bound itself does not belong."""
    if none == full:
        return 1.0 if x > full else 0.0
    return clip((x - none) / (full - none), 0.0, 1.0)


def rule_degree(model: Model, rule: Mapping[str, Any], known: Mapping[str, Raw]) -> Interval:
    """Say to what degree the condition of a rule holds, at least and at most."""
    return degree(parsed(rule["when"]), model, known)


def degree(node: ast.expr, model: Model, known: Mapping[str, Raw]) -> Interval:
    """Read `and` as the minimum, `or` as the maximum, `not` as the complement, and anything else as a test."""
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all_of(degree(part, model, known) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any_of(degree(part, model, known) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return opposite(degree(operand, model, known))
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            sides = [left, *comparators]
            return all_of(
                leaf(first, op, second, model, known) for first, op, second in zip(sides, ops, sides[1:], strict=False)
            )
    raise ValueError(f"not a condition: {ast.unparse(node)}")


def all_of(degrees: Iterable[Interval]) -> Interval:
    """Take the minimum, at both ends."""
    lows, highs = zip(*degrees, strict=True)
    return min(lows), min(highs)


def any_of(degrees: Iterable[Interval]) -> Interval:
    """Take the maximum, at both ends."""
    lows, highs = zip(*degrees, strict=True)
    return max(lows), max(highs)


def opposite(d: Interval) -> Interval:
    """Turn the interval round."""
    return 1 - d[1], 1 - d[0]


def leaf(left: ast.expr, op: ast.cmpop, right: ast.expr, model: Model, known: Mapping[str, Raw]) -> Interval:
    """Test one pair: a term or label by `is`, numbers by comparison; what is unknown lies anywhere in [0, 1]."""
    if isinstance(op, ast.Is):
        return belongs(left, right, model, known)
    if isinstance(op, ast.IsNot):
        return opposite(belongs(left, right, model, known))
    first, second = number(left, known), number(right, known)
    if first is None or second is None:
        return UNKNOWN
    d = 1.0 if COMPARISONS[type(op)](first, second) else 0.0
    return d, d


def belongs(subject: ast.expr, word: ast.expr, model: Model, known: Mapping[str, Raw]) -> Interval:
    """Test the label of an indicator of levels, or the membership of a number in a term."""
    if not isinstance(subject, ast.Name) or not isinstance(word, ast.Name):
        raise ValueError(f"not a term: {ast.unparse(word)}")
    if subject.id not in known:
        return UNKNOWN
    raw = known[subject.id]
    if isinstance(raw, str):
        d = 1.0 if raw == word.id else 0.0
    else:
        d = membership(model["indicators"][subject.id]["terms"][word.id], raw)
    return d, d


def number(node: ast.expr, known: Mapping[str, Raw]) -> float | None:
    """Work out one side of a comparison; None is unknown."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id=name):
            return float(known[name]) if name in known else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            x = number(operand, known)
            return None if x is None else -x
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return number(operand, known)
        case ast.BinOp(left=left, op=op, right=right):
            return calculated(type(op), number(left, known), number(right, known))
    raise ValueError(f"not a number: {ast.unparse(node)}")


def calculated(op: type[ast.operator], x: float | None, y: float | None) -> float | None:
    """Calculate; division by zero, and any result that is not finite, is unknown like a missing value."""
    if x is None or y is None or (op is ast.Div and y == 0):
        return None
    result = ARITHMETIC[op](x, y)
    return result if math.isfinite(result) else None


def clip(x: float, low: float, high: float) -> float:
    """Bring x to the nearer end where it lies beyond one."""
    return min(max(x, low), high)
