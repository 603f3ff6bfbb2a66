"""Power means for SQL: a chain of small steps that never leaves the range of a double.

The mean is computed relative to the pivot, by logarithms: pivot (sum of w (x/pivot)^p / sum of w)^(1/p). Where p is
near 0, (x/pivot)^p is near 1, and its excess over 1 is computed instead: W. Kahan's forms of exp(x) - 1 and ln(1 + x),
which are accurate with plain EXP and LN (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, section
1.14).
"""

import math
from collections.abc import Callable, Mapping

from riskmodel.plan import steps
from riskmodel.plan.numpy_steps import GEOMETRIC_TOLERANCE
from riskmodel.plan.steps import Step
from riskmodel.sql import expressions as sql
from riskmodel.sql.expressions import Sql

SMALL_POWER = 1e-3
"""The power below which the excess is used: above, the plain form is as accurate as 1e-12."""
LOWEST_EXPONENT = -700.0
"""An exponent at which EXP does not underflow, which is an error in PostgreSQL; its power adds nothing to a sum."""


class LogRatio(Step):
    """ln(x / pivot); unknown where x is unknown or one of both is 0."""

    x: Step
    pivot: Step

    def _may_be_unknown(self) -> bool:
        return True


class Power(Step):
    """exp(power x), where x is a `LogRatio`: at most 1; 0 where it is unknown."""

    x: Step
    power: float

    def _may_be_unknown(self) -> bool:
        return False


class Excess(Step):
    """exp(power log_ratio) - 1: -1 where x is 0, and 0 where it is unknown."""

    x: Step
    log_ratio: Step
    power: float

    def _may_be_unknown(self) -> bool:
        return False


class LogOfSum(Step):
    """ln(x) / power, for an x above 0; unknown for an x of 0."""

    x: Step
    power: float


class LogOfExcess(Step):
    """ln(1 + x) / power."""

    x: Step
    power: float


class Scaled(Step):
    """Pivot exp(x), at most 1; 0 where the pivot is 0."""

    pivot: Step
    x: Step

    def _may_be_unknown(self) -> bool:
        return self.pivot.nullable


def lowered(mean: steps.PowerMean) -> Step:
    """Return a power mean in steps that have functions in `FUNCTIONS`, or in those of the plan."""
    weights = tuple(weight.value for weight in mean.weights if isinstance(weight, steps.Constant))
    known = steps.WeightedSum(tuple(map(steps.Known, mean.items)), weights)
    ratios = [LogRatio(item, mean.pivot) for item in mean.items]

    def average(items: list[Step]) -> Step:
        return steps.Quotient(steps.WeightedSum(tuple(items), weights), known)

    if abs(mean.power) < GEOMETRIC_TOLERANCE:
        return Scaled(mean.pivot, average([steps.Fill(ratio, 0.0) for ratio in ratios]))
    if abs(mean.power) >= SMALL_POWER:
        return Scaled(mean.pivot, LogOfSum(average([Power(ratio, mean.power) for ratio in ratios]), mean.power))
    pairs = zip(mean.items, ratios, strict=True)
    excess = average([Excess(item, ratio, mean.power) for item, ratio in pairs])
    # Below the clip, 1 / power takes the mean to 0 anyway.
    return Scaled(mean.pivot, LogOfExcess(steps.Clip(excess, -1.0 + 1e-6, 0.0), mean.power))


_ZERO, _ONE, _LOWEST = (sql.number(value) for value in (0.0, 1.0, LOWEST_EXPONENT))


def _log_ratio(step: LogRatio, x: Sql, pivot: Sql) -> Sql:
    if isinstance(step.x, steps.Constant):
        # PostgreSQL would work out a logarithm of 0 even where no row takes it.
        if not step.x.value > 0.0:
            return sql.as_double(sql.null())
        return sql.case((sql.above(pivot, _ZERO), sql.minus(sql.number(math.log(step.x.value)), sql.logarithm(pivot))))
    positive = sql.both(sql.above(x, _ZERO), sql.above(pivot, _ZERO))
    return sql.case((positive, sql.minus(sql.logarithm(x), sql.logarithm(pivot))))


def _power(step: Power, x: Sql) -> Sql:
    exponent = sql.times(x, sql.number(step.power))
    # Unknown or far below: no part of the sum.
    return sql.case((sql.above(exponent, _LOWEST), sql.exponential(exponent)), otherwise=_ZERO)


def _excess(step: Excess, x: Sql, log_ratio: Sql) -> Sql:
    exponent = sql.times(log_ratio, sql.number(step.power))
    grown = sql.exponential(exponent)
    kahan = sql.over(sql.times(sql.minus(grown, _ONE), exponent), sql.logarithm(grown))
    return sql.case(
        (sql.is_null(x), _ZERO),
        (sql.either(sql.equal(x, _ZERO), sql.is_null(log_ratio)), sql.number(-1.0)),
        (sql.equal(grown, _ONE), exponent),
        otherwise=kahan,
    )


def _log_of_sum(step: LogOfSum, x: Sql) -> Sql:
    return sql.case((sql.above(x, _ZERO), sql.over(sql.logarithm(x), sql.number(step.power))))


def _log_of_excess(step: LogOfExcess, x: Sql) -> Sql:
    grown = sql.plus(_ONE, x)
    kahan = sql.over(sql.times(sql.logarithm(grown), x), sql.minus(grown, _ONE))
    return sql.case(
        (sql.equal(grown, _ONE), sql.over(x, sql.number(step.power))), otherwise=sql.over(kahan, sql.number(step.power))
    )


def _scaled(step: Scaled, pivot: Sql, x: Sql) -> Sql:
    exponent = sql.plus(sql.logarithm(pivot), x)
    return sql.case(
        (sql.equal(pivot, _ZERO), _ZERO),
        (sql.below(exponent, _LOWEST), _ZERO),
        (sql.above(exponent, _ZERO), _ONE),
        otherwise=sql.exponential(exponent),
    )


FUNCTIONS: Mapping[type[Step], Callable[..., Sql]] = {
    LogRatio: _log_ratio,
    Power: _power,
    Excess: _excess,
    LogOfSum: _log_of_sum,
    LogOfExcess: _log_of_excess,
    Scaled: _scaled,
}
