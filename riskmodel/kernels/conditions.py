"""Parse the conditions of rules (`when`) into a small syntax tree.

The grammar is a subset of Python's expressions. Python's parser reads the text, a whitelist converts its tree to the
node types below, and nothing is ever evaluated as Python. Every fault is reported with its position in the text.
"""

import ast
import keyword
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

MAX_LENGTH = 500
MAX_DEPTH = 50
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
RESERVED = frozenset(word for word in keyword.kwlist if word.islower())
"""Words that cannot be ids, because a condition could not name them."""


class Span(NamedTuple):
    """Offset and length of a word in its condition, in characters."""

    offset: int
    length: int


class Number(NamedTuple):
    """A number, as written."""

    value: float


class Name(NamedTuple):
    """The raw value of an indicator, or the base value of a score."""

    name: str
    span: Span


class Negative(NamedTuple):
    """Minus a quantity."""

    operand: "Quantity"


class Arithmetic(NamedTuple):
    """Two quantities joined by + - * or /."""

    operator: Literal["+", "-", "*", "/"]
    left: "Quantity"
    right: "Quantity"


Quantity: TypeAlias = Number | Name | Negative | Arithmetic


class TermTest(NamedTuple):
    """A test of an indicator for one of its terms or labels."""

    name: Name
    term: str
    span: Span


class Comparison(NamedTuple):
    """Two quantities compared."""

    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: Quantity
    right: Quantity


class Not(NamedTuple):
    """The negation of a condition."""

    operand: "Condition"


class And(NamedTuple):
    """Conditions joined by `and`."""

    operands: tuple["Condition", ...]


class Or(NamedTuple):
    """Conditions joined by `or`."""

    operands: tuple["Condition", ...]


Condition: TypeAlias = TermTest | Comparison | Not | And | Or

_COMPARISONS: dict[type[ast.cmpop], Literal["<", "<=", ">", ">=", "==", "!="]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC: dict[type[ast.operator], Literal["+", "-", "*", "/"]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


class Fault(NamedTuple):
    """An error in a condition, with its position."""

    message: str
    span: Span


class ConditionSyntaxError(ValueError):
    """A text that is not a valid condition; `faults` lists every error."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = tuple(faults)


@lru_cache(maxsize=1_024)
def parse(text: str) -> Condition:
    """Parse a condition such as `military_activity is high and not (espionage < 3)`.

    Parameters
    ----------
    text : at most 500 characters; line breaks count as spaces.

    Raises
    ------
    ConditionSyntaxError
        With all faults, where the text is too long, cannot be parsed, or contains more than names, numbers, `+ - * /`,
        comparisons, `is`, `is not`, `and`, `or`, `not` and parentheses.
    """
    everything = Span(0, len(text))
    if len(text) > MAX_LENGTH:
        raise _error(f"the condition has {len(text)} characters; at most {MAX_LENGTH} are allowed", everything)
    if not text.strip():
        raise _error("the condition is empty", everything)
    unreadable = re.search(r"[#\\\x00]|\d(?:and|or|is|in|not|if|else)\b", text)
    if unreadable:
        raise _error(f"cannot read {unreadable[0]!r} in a condition", Span(unreadable.start(), 1))
    if (bracket := _too_deep(text)) is not None:
        raise _error(_TOO_DEEP, Span(bracket, 1))
    line = "".join(" " if character.isspace() else character for character in text)
    indent = len(line) - len(line.lstrip())
    try:
        tree = ast.parse(line.lstrip(), mode="eval")
    except SyntaxError as error:
        last = len(text.rstrip()) - 1
        if not error.offset:
            raise _error("the condition ends too early", Span(last, 1)) from None
        raise _error(_syntax_hint(text), Span(min(indent + error.offset - 1, last), 1)) from None
    except (RecursionError, MemoryError):
        raise _error(_TOO_DEEP, everything) from None
    except ValueError:
        raise _error("cannot be read as a condition", everything) from None
    parser = _Parser(line.lstrip(), indent)
    condition = parser.condition(tree.body, 0)
    if condition is None:
        raise ConditionSyntaxError(parser.faults)
    return condition


def _error(message: str, span: Span) -> ConditionSyntaxError:
    return ConditionSyntaxError([Fault(message, span)])


def _too_deep(text: str) -> int | None:
    """Find the first bracket beyond `MAX_DEPTH`, before Python's parser reaches its own limit."""
    depth = 0
    for offset, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth > MAX_DEPTH:
            return offset
    return None


def _syntax_hint(text: str) -> str:
    message = "cannot be read as a condition from here on"
    if re.search(r"(?<![<>=!])=(?!=)", text):
        return f"{message}; to compare, write =="
    foreign = re.search(r"\b(AND|OR|NOT|IS|And|Or|Not|Is)\b|&&|\|\|", text)
    if foreign:
        return f"{message}; join conditions with the words and, or, not, is (here: {foreign[0]!r})"
    reserved = [word for word in re.findall(r"\w+", text) if word in RESERVED - {"and", "or", "not", "is"}]
    if reserved:
        return f"{message}; {reserved[0]!r} is a reserved word"
    return message


class _Parser:
    """Converts Python's syntax tree to ours by a whitelist, and collects all faults."""

    def __init__(self, line: str, indent: int) -> None:
        self._bytes = line.encode()
        self._indent = indent
        self.faults: list[Fault] = []

    def condition(self, node: ast.expr, depth: int) -> Condition | None:
        if depth > MAX_DEPTH:
            self._fault(node, _TOO_DEEP)
            return None
        match node:
            case ast.BoolOp(op=operator, values=values):
                operands = [self.condition(value, depth + 1) for value in values]
                kept = tuple(operand for operand in operands if operand is not None)
                if len(kept) < len(operands):
                    return None
                return And(kept) if isinstance(operator, ast.And) else Or(kept)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                operand = self.condition(inner, depth + 1)
                return None if operand is None else Not(operand)
            case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
                return self._term(node)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.Name() | ast.Constant() | ast.BinOp() | ast.UnaryOp():
                self._fault(node, "is a quantity, not a condition; compare it, or test a term with `is`")
                return None
        self._fault(node, "is not allowed in a condition")
        return None

    def _term(self, node: ast.Compare) -> Condition | None:
        left, right = node.left, node.comparators[0]
        if not isinstance(left, ast.Name):
            self._fault(left, "before `is` should be the name of an indicator")
            return None
        if not isinstance(right, ast.Name):
            self._fault(right, "after `is` should be a term")
            return None
        test = TermTest(Name(left.id, self._span(left)), right.id, self._span(right))
        return test if isinstance(node.ops[0], ast.Is) else Not(test)

    def _comparison(self, node: ast.Compare, depth: int) -> Condition | None:
        sides = [self.quantity(side, depth + 1) for side in (node.left, *node.comparators)]
        operators = [_COMPARISONS.get(type(operator)) for operator in node.ops]
        if None in operators:
            self._fault(node, "mixes operators that cannot be chained; join separate conditions with `and`")
            return None
        kept = [side for side in sides if side is not None]
        if len(kept) < len(sides):
            return None
        pairs = tuple(
            Comparison(operator, left, right)
            for operator, (left, right) in zip(operators, pairwise(kept), strict=True)
            if operator is not None
        )
        return pairs[0] if len(pairs) == 1 else And(pairs)

    def quantity(self, node: ast.expr, depth: int) -> Quantity | None:
        if depth > MAX_DEPTH:
            self._fault(node, _TOO_DEEP)
            return None
        match node:
            case ast.Name(id=name):
                return Name(name, self._span(node))
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as value):
                if (number := _as_float(value)) is not None:
                    return Number(number)
                self._fault(node, "is too large a number")
                return None
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                operand = self.quantity(inner, depth + 1)
                return None if operand is None else Negative(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return self.quantity(inner, depth + 1)
            case ast.BinOp(op=operator, left=first, right=second) if type(operator) in _ARITHMETIC:
                # Python nests a long sum to the left, which does not count as depth.
                left, right = self.quantity(first, depth), self.quantity(second, depth + 1)
                if left is None or right is None:
                    return None
                return Arithmetic(_ARITHMETIC[type(operator)], left, right)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                self._fault(node, "is a condition where a quantity is expected")
                return None
        self._fault(node, "is not allowed in a condition")
        return None

    def _span(self, node: ast.expr) -> Span:
        start = len(self._bytes[: node.col_offset].decode())
        end = len(self._bytes[: node.end_col_offset].decode())
        return Span(self._indent + start, end - start)

    def _fault(self, node: ast.expr, message: str) -> None:
        source = self._bytes[node.col_offset : node.end_col_offset].decode()
        self.faults.append(Fault(f"{source!r} {message}", self._span(node)))


def _as_float(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def leaves(condition: Condition) -> Iterator[TermTest | Name]:
    """Yield the leaves that name an indicator or score: each `TermTest`, and each `Name` in a quantity."""
    stack: list[Condition | Quantity] = [condition]
    while stack:
        match stack.pop():
            case TermTest() | Name() as leaf:
                yield leaf
            case Comparison(left=left, right=right) | Arithmetic(left=left, right=right):
                stack += [right, left]
            case Not(operand=operand):
                stack.append(operand)
            case Negative(operand=quantity):
                stack.append(quantity)
            case And(operands=operands) | Or(operands=operands):
                stack += reversed(operands)


def names(condition: Condition) -> frozenset[str]:
    """Return the indicators and scores that a condition names."""
    return frozenset(leaf.name.name if isinstance(leaf, TermTest) else leaf.name for leaf in leaves(condition))
