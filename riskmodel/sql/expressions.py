"""Expressions of SQL that mean the same in every dialect.

Operands are put into parentheses here, because SQLGlot writes `a - (b - c)` without any. A number is its `repr`, which
all engines read back exactly beside a column of doubles; an expression of numbers alone is cast, because `0.6` is a
decimal of one digit to some. A condition is true, false or NULL, and a CASE takes NULL for false.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TypeAlias

from sqlglot import exp

Sql: TypeAlias = exp.Expr
Branch: TypeAlias = tuple[Sql, Sql]
"""A condition and the value where it holds."""
MAX_ARGUMENTS = 50
"""Arguments of a function; SQLite takes 100."""


def number(value: float) -> Sql:
    """Return a literal; a finite number."""
    literal = exp.Literal.number(repr(abs(float(value))))
    return exp.Neg(this=literal) if value < 0 else literal


def degree(holds: bool) -> Sql:
    """Return 1 or 0 as an integer, for a CASE of such alone."""
    return exp.Literal.number(int(holds))


def text(value: str) -> Sql:
    """Return a literal of text."""
    return exp.Literal.string(value)


def null() -> Sql:
    """Return NULL."""
    return exp.Null()


def column(name: str, table: str | None = None, *, quoted: bool = True) -> Sql:
    """Return a column."""
    return exp.column(exp.to_identifier(name, quoted=quoted), table=table and exp.to_identifier(table, quoted=quoted))


def as_double(x: Sql) -> Sql:
    """Cast to double precision."""
    return exp.cast(x, "double")


def as_text(x: Sql) -> Sql:
    """Cast to text."""
    return exp.cast(x, "text")


def plus(x: Sql, y: Sql) -> Sql:
    """Return x + y, or x - |y| for a literal below 0, which is the same number."""
    if isinstance(y, exp.Neg):
        return exp.Sub(this=_left(x), expression=y.this)
    return exp.Add(this=_left(x), expression=_operand(y, exp.Mul, exp.Div))


def minus(x: Sql, y: Sql) -> Sql:
    """Return x - y, or x + |y| for a literal below 0, and x for 0."""
    if isinstance(y, exp.Neg):
        return exp.Add(this=_left(x), expression=y.this)
    if isinstance(y, exp.Literal) and float(y.name) == 0.0:
        return x
    return exp.Sub(this=_left(x), expression=_operand(y, exp.Mul, exp.Div))


def times(x: Sql, y: Sql) -> Sql:
    """Return x y."""
    return exp.Mul(this=_operand(x), expression=_operand(y))


def over(x: Sql, y: Sql) -> Sql:
    """Return x / y; y is not 0."""
    return exp.Div(this=_operand(x), expression=_operand(y))


def total(terms: Iterable[Sql]) -> Sql:
    """Add from first to last."""
    return reduce(plus, terms)


def not_zero(x: Sql) -> Sql:
    """Return x, NULL where it is 0."""
    return exp.Nullif(this=x, expression=number(0.0))


def coalesce(x: Sql, value: Sql) -> Sql:
    """Return x, or a value where x is NULL."""
    return exp.Coalesce(this=x, expressions=[value])


def least(items: Sequence[Sql]) -> Sql:
    """Return the lowest of several numbers, all of them known or all NULL."""
    return _extreme(exp.Least, items)


def greatest(items: Sequence[Sql]) -> Sql:
    """Return the highest of several numbers, all of them known or all NULL."""
    return _extreme(exp.Greatest, items)


def _extreme(kind: type[exp.Least | exp.Greatest], items: Sequence[Sql]) -> Sql:
    while len(items) > MAX_ARGUMENTS:
        groups = range(0, len(items), MAX_ARGUMENTS)
        items = [_extreme(kind, items[start : start + MAX_ARGUMENTS]) for start in groups]
    return items[0] if len(items) == 1 else kind(this=items[0], expressions=list(items[1:]))


def absolute(x: Sql) -> Sql:
    """Return |x|."""
    return exp.Abs(this=x)


def logarithm(x: Sql) -> Sql:
    """Return the natural logarithm; x is above 0."""
    return exp.Ln(this=x)


def exponential(x: Sql) -> Sql:
    """Return e to the power of x, which is within -700 to 709."""
    return exp.Exp(this=x)


def floor(x: Sql) -> Sql:
    """Round a double down, to a double: the floor is a decimal or an integer in some dialects."""
    return as_double(exp.Floor(this=x))


def joined(texts: Sequence[Sql]) -> Sql:
    """Join texts, none of which is NULL."""
    parts: list[Sql] = []
    for item in texts:
        if parts and item.is_string and parts[-1].is_string:
            parts[-1] = text(parts[-1].name + item.name)
        else:
            parts.append(item)
    return parts[0] if len(parts) == 1 else exp.Concat(expressions=parts)


def below(x: Sql, y: Sql) -> Sql:
    """Test x < y."""
    return exp.LT(this=_operand(x), expression=_operand(y))


def at_most(x: Sql, y: Sql) -> Sql:
    """Test x <= y."""
    return exp.LTE(this=_operand(x), expression=_operand(y))


def above(x: Sql, y: Sql) -> Sql:
    """Test x > y."""
    return exp.GT(this=_operand(x), expression=_operand(y))


def at_least(x: Sql, y: Sql) -> Sql:
    """Test x >= y."""
    return exp.GTE(this=_operand(x), expression=_operand(y))


def equal(x: Sql, y: Sql) -> Sql:
    """Test x = y."""
    return exp.EQ(this=_operand(x), expression=_operand(y))


def is_null(x: Sql) -> Sql:
    """Test whether x is NULL."""
    return exp.Is(this=_operand(x), expression=null())


def is_known(x: Sql) -> Sql:
    """Test whether x is not NULL."""
    return exp.Is(this=_operand(x), expression=exp.Not(this=null()))


def is_one_of(x: Sql, values: Iterable[Sql]) -> Sql:
    """Test whether x equals one of some values."""
    return exp.In(this=_operand(x), expressions=list(values))


def both(first: Sql, second: Sql) -> Sql:
    """Test whether two conditions hold."""
    return exp.And(this=_operand(first, exp.Predicate), expression=_operand(second, exp.Predicate))


def either(first: Sql, second: Sql) -> Sql:
    """Test whether one of two conditions holds."""
    return exp.Or(this=_operand(first, exp.Predicate), expression=_operand(second, exp.Predicate))


def case(*branches: Branch, otherwise: Sql | None = None) -> Sql:
    """Return the value of the first condition that holds; otherwise NULL unless given."""
    values = [value for _, value in branches] + ([] if otherwise is None else [otherwise])
    ifs = [exp.If(this=condition, true=value) for condition, value in branches]
    result = exp.Case(ifs=ifs, default=otherwise)
    return as_double(result) if all(value.is_number or isinstance(value, exp.Null) for value in values) else result


def switch(x: Sql, *branches: Branch, otherwise: Sql | None = None) -> Sql:
    """Return the number beside the value that x equals; otherwise NULL unless given."""
    ifs = [exp.If(this=value, true=result) for value, result in branches]
    return as_double(exp.Case(this=_operand(x), ifs=ifs, default=otherwise))


def _operand(x: Sql, *kinds: type) -> Sql:
    """Put an operand into parentheses, unless it is a column, a literal, a function, or of some other kinds."""
    is_function = isinstance(x, exp.Func) and not isinstance(x, exp.Binary)
    is_literal = isinstance(x.this if isinstance(x, exp.Neg) else x, exp.Literal)
    is_bare = is_function or is_literal or isinstance(x, (exp.Column, exp.Null, exp.Paren, *kinds))
    return x if is_bare else exp.paren(x, copy=False)


def _left(x: Sql) -> Sql:
    """Put the left operand of a sum into parentheses, unless it is a sum or product, which are read from the left."""
    return _operand(x, exp.Add, exp.Sub, exp.Mul, exp.Div)
