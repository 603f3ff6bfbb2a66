"""Steps with SQL: one function for each kind of step, from expressions to an expression.

Unknown is NULL. All columns are doubles, none of which is NaN or infinite. Kinds of steps that only accounts have are
missing: a query gives scores, and no account.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from sqlglot import exp

from riskmodel.plan import steps
from riskmodel.plan.numpy_steps import ROUNDING_TOLERANCE, TOLERANCE
from riskmodel.plan.steps import Step
from riskmodel.sql import expressions as sql
from riskmodel.sql import powers
from riskmodel.sql.expressions import Sql

LARGEST = 1.7976931348623157e308
"""The largest double."""
_LARGEST_EXPONENT = 709.78
"""EXP of more is infinite, and an error in PostgreSQL."""
_ZERO, _ONE = sql.number(0.0), sql.number(1.0)
_FALSE, _TRUE = sql.degree(False), sql.degree(True)


def expression(step: Step, args: Sequence[Sql]) -> Sql:
    """Return the expression of a step.

    Parameters
    ----------
    step : the step.
    args : the expressions of its arguments, which may be used more than once.
    """
    return FUNCTIONS[type(step)](step, *args)


def _constant(step: steps.Constant) -> Sql:
    return sql.as_double(sql.null()) if math.isnan(step.value) else sql.number(step.value)


def _ramp(step: steps.Ramp, x: Sql) -> Sql:
    start, end, width = sql.number(step.start), sql.number(step.end), sql.number(abs(step.end - step.start))
    if step.start < step.end:
        before, after, inside = sql.at_most(x, start), sql.at_least(x, end), sql.minus(x, start)
    else:
        before, after, inside = sql.at_least(x, start), sql.at_most(x, end), sql.minus(start, x)
    return sql.case((before, _ZERO), (after, _ONE), otherwise=sql.over(inside, width))


def _beyond(step: steps.Beyond, x: Sql) -> Sql:
    compare = sql.above if step.above else sql.below
    return sql.case((compare(x, sql.number(step.threshold)), _TRUE), (sql.is_known(x), _FALSE))


def _line(step: steps.Line, x: Sql) -> Sql:
    points = list(zip(step.raws, step.values, strict=True))
    branches = [(sql.below(x, sql.number(points[0][0])), sql.number(points[0][1]))]
    for (left, low), (right, high) in pairwise(points):
        slope = (high - low) / (right - left)
        piece = sql.number(low)
        if slope:
            rise = sql.times(sql.minus(x, sql.number(left)), sql.number(abs(slope)))
            piece = sql.minus(piece, rise) if slope < 0 else rise if low == 0.0 else sql.plus(piece, rise)
        branches.append((sql.below(x, sql.number(right)), piece))
    return sql.case(*branches, (sql.is_known(x), sql.number(points[-1][1])))


def _log(step: steps.Log, x: Sql) -> Sql:
    lowest = sql.number(step.lowest)
    return sql.logarithm(sql.case((sql.below(x, lowest), lowest), otherwise=x))


def _logistic(step: steps.Logistic, x: Sql) -> Sql:
    rises, midpoint, slope = step.slope > 0, sql.number(step.midpoint), sql.number(abs(step.slope))
    exponent = sql.times(sql.minus(midpoint, x) if rises else sql.minus(x, midpoint), slope)
    reach = _LARGEST_EXPONENT / abs(step.slope)
    low, high = step.midpoint - reach, step.midpoint + reach
    branches = []
    if math.isfinite(low):
        branches.append((sql.below(x, sql.number(low)), _ZERO if rises else _ONE))
    if math.isfinite(high):
        branches.append((sql.above(x, sql.number(high)), _ONE if rises else _ZERO))
    curve = sql.over(_ONE, sql.plus(_ONE, sql.exponential(exponent)))
    return sql.case(*branches, otherwise=curve) if branches else curve


def _lookup(step: steps.Lookup, x: Sql) -> Sql:
    branches = ((sql.number(position), sql.number(value)) for position, value in enumerate(step.values))
    return sql.switch(x, *branches)


def _is_label(step: steps.IsLabel, x: Sql) -> Sql:
    return sql.case((sql.equal(x, sql.number(step.position)), _TRUE), (sql.is_known(x), _FALSE))


def _known(step: steps.Known, x: Sql) -> Sql:
    return sql.case((sql.is_null(x), _FALSE), otherwise=_TRUE)


def _fill(step: steps.Fill, x: Sql) -> Sql:
    return sql.coalesce(x, sql.number(step.value))


def _complement(step: steps.Complement, x: Sql) -> Sql:
    return sql.minus(_ONE, x)


def _lowest(step: Step, *items: Sql) -> Sql:
    return sql.least(items)


def _highest(step: Step, *items: Sql) -> Sql:
    return sql.greatest(items)


def _lowest_known(step: steps.LowestKnown, *items: Sql) -> Sql:
    return _known_extreme(step, items, sql.least, LARGEST)


def _highest_known(step: steps.HighestKnown, *items: Sql) -> Sql:
    return _known_extreme(step, items, sql.greatest, -LARGEST)


def _known_extreme(
    step: steps.LowestKnown | steps.HighestKnown,
    items: Sequence[Sql],
    extreme: Callable[[Sequence[Sql]], Sql],
    neutral: float,
) -> Sql:
    # A number that changes nothing where another is unknown: one that is always known, or one beyond all others.
    pairs = list(zip(step.items, items, strict=True))
    last = next((content for item, content in pairs if not item.nullable), sql.number(neutral))
    chosen = extreme([sql.coalesce(content, last) if item.nullable else content for item, content in pairs])
    return exp.Nullif(this=chosen, expression=last) if step.nullable else chosen


def _clip(step: steps.Clip, x: Sql) -> Sql:
    low, high = sql.number(step.low), sql.number(step.high)
    if not step.x.nullable:
        return sql.least([sql.greatest([x, low]), high])
    return sql.case((sql.below(x, low), low), (sql.above(x, high), high), otherwise=x)


def _arithmetic(step: steps.Arithmetic, left: Sql, right: Sql) -> Sql:
    match step.operator:
        case "+":
            return sql.plus(left, right)
        case "-":
            return sql.minus(left, right)
        case "*":
            return sql.times(left, right)
        case "/":
            return sql.over(left, sql.not_zero(right))


def _compare(step: steps.Compare, left: Sql, right: Sql) -> Sql:
    pairs = ((step.left, left), (step.right, right))
    fixed = max([1.0, *(abs(arg.value) for arg, _ in pairs if isinstance(arg, steps.Constant))])
    sizes = [sql.absolute(sql_arg) for arg, sql_arg in pairs if not isinstance(arg, steps.Constant)]
    # The first branch catches every NULL, so that none reaches GREATEST.
    margin = sql.times(sql.number(TOLERANCE), sql.greatest([*sizes, sql.number(fixed)]))
    gap = sql.minus(left, right)
    holds = {
        "<": lambda: sql.below(gap, exp.Neg(this=exp.paren(margin))),
        "<=": lambda: sql.at_most(gap, margin),
        ">": lambda: sql.above(gap, margin),
        ">=": lambda: sql.at_least(gap, exp.Neg(this=exp.paren(margin))),
        "==": lambda: sql.at_most(sql.absolute(gap), margin),
        "!=": lambda: sql.above(sql.absolute(gap), margin),
    }[step.sign]()
    unknown = sql.is_null(gap)
    for arg, sql_arg in pairs:
        if isinstance(arg, steps.Arithmetic):
            # Not finite, in dialects in which an overflow is no error.
            unknown = sql.either(unknown, sql.above(sql.absolute(sql_arg), sql.number(LARGEST)))
    return sql.case((unknown, sql.null()), (holds, _TRUE), otherwise=_FALSE)


def _weighted_sum(step: steps.WeightedSum, *items: Sql) -> Sql:
    result: Sql | None = None
    for item_step, item, weight in zip(step.items, items, step.weights, strict=True):
        if isinstance(item_step, steps.Constant):
            term, is_negative = sql.number(item_step.value * weight), False
            result = sql.as_double(term) if result is None else sql.plus(result, term)
            continue
        is_negative = weight < 0.0 and result is not None
        size = -weight if is_negative else weight
        term = item if size == 1.0 else sql.times(item, sql.number(size))
        result = term if result is None else sql.minus(result, term) if is_negative else sql.plus(result, term)
    assert result is not None  # noqa: S101
    return result


def _product(step: steps.Product, x: Sql, y: Sql) -> Sql:
    return sql.times(x, y)


def _quotient(step: steps.Quotient, numerator: Sql, denominator: Sql) -> Sql:
    is_fixed = isinstance(step.denominator, steps.Constant)
    return sql.over(numerator, denominator if is_fixed else sql.not_zero(denominator))


def _raise(step: steps.Raise, x: Sql, degree: Sql) -> Sql:
    return _drawn(x, degree, step.level, sql.below)


def _lower(step: steps.Lower, x: Sql, degree: Sql) -> Sql:
    return _drawn(x, degree, step.level, sql.above)


def _drawn(x: Sql, degree: Sql, level: float, beyond: Callable[[Sql, Sql], Sql]) -> Sql:
    """Draw a score up or down to a level: a weighted mean of both, which is exactly the level at degree 1."""
    goal = sql.number(level)
    mean = sql.plus(sql.times(sql.minus(_ONE, degree), x), sql.times(degree, goal))
    return sql.case((beyond(x, goal), mean), otherwise=x)


def _withhold(step: steps.Withhold, x: Sql, coverage: Sql) -> Sql:
    return sql.case((sql.at_least(coverage, sql.number(step.lowest)), x))


def _agreed(step: steps.Agreed, x: Sql, low: Sql, high: Sql) -> Sql:
    return sql.case((sql.equal(low, high), x))


def _round(step: steps.Round, x: Sql) -> Sql:
    scale = sql.number(10.0**step.decimals)
    moved = x if step.decimals == 0 else sql.times(x, scale)
    whole = sql.floor(sql.plus(moved, sql.number(0.5 + ROUNDING_TOLERANCE)))
    return whole if step.decimals == 0 else sql.over(whole, scale)


def band(x: Sql, starts: Sequence[float], names: Sequence[str]) -> Sql:
    """Return the name of the band of a rounded score; NULL where it is NULL, or where there are no bands."""
    bands = list(zip(starts, names, strict=True))
    if not bands:
        return sql.as_text(sql.null())
    return sql.case(*((sql.at_least(x, sql.number(start)), sql.text(name)) for start, name in reversed(bands)))


FUNCTIONS: Mapping[type[Step], Callable[..., Sql]] = {
    steps.Constant: _constant,
    steps.Ramp: _ramp,
    steps.Beyond: _beyond,
    steps.Line: _line,
    steps.Log: _log,
    steps.Logistic: _logistic,
    steps.Lookup: _lookup,
    steps.IsLabel: _is_label,
    steps.Known: _known,
    steps.Fill: _fill,
    steps.FillDegree: _fill,
    steps.Complement: _complement,
    steps.And: _lowest,
    steps.Or: _highest,
    steps.Minimum: _lowest,
    steps.Maximum: _highest,
    steps.LowestKnown: _lowest_known,
    steps.HighestKnown: _highest_known,
    steps.Clip: _clip,
    steps.Arithmetic: _arithmetic,
    steps.Compare: _compare,
    steps.WeightedSum: _weighted_sum,
    steps.Product: _product,
    steps.Quotient: _quotient,
    steps.Raise: _raise,
    steps.Lower: _lower,
    steps.Withhold: _withhold,
    steps.Agreed: _agreed,
    steps.Round: _round,
    **powers.FUNCTIONS,
}
"""The functions of the kinds of steps."""
