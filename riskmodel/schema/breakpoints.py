"""Where a model changes: the raw values of an indicator at which a scale, a term or a rule turns.

Between two neighbouring marks scales and terms are smooth, and most are straight. The marks also tell how far an
indicator ranges: beyond the last of them nothing changes any more.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from riskmodel.errors import ModelError
from riskmodel.kernels import conditions
from riskmodel.kernels.scales import Floats
from riskmodel.schema.distributions import Quantile
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Rule

_MIN_WIDTH = 1e-150
"""The least width of a whole range, so that moves can be counted in shares of it."""


class Range(NamedTuple):
    """How far an indicator ranges, in its unit."""

    low: float
    high: float
    logarithmic: bool = False
    """Whether it is the logarithm that counts, because the scale says so; then both ends are above 0."""


def breakpoints(spec: ModelSpec, name: str, rules: Iterable[Rule] | None = None, scale: bool = True) -> Floats:
    """(k,) valid raw values of an indicator at which something changes, ascending; its valid ends are among them.

    For an indicator of labels these are the positions of its labels.

    Parameters
    ----------
    rules : those whose numbers count; None: all rules of the model.
    scale : whether the knots of the scale count, as they do for scores.
    """
    indicator = spec.indicators[name]
    if indicator.labels is not None:
        return np.arange(float(len(indicator.labels)))
    low, high = indicator.bounds
    found = {*indicator.breakpoints(scale=scale), *(end for end in (low, high) if math.isfinite(end))}
    for rule in spec.rules.values() if rules is None else rules:
        if name in rule.names:
            found |= _numbers(rule.condition)
    inside = sorted(mark for mark in found if low <= mark <= high and math.isfinite(mark))
    return np.array(inside or [min(max(0.0, low), high)])


def probe_values(spec: ModelSpec, name: str, rules: Iterable[Rule] | None = None, scale: bool = True) -> Floats:
    """The marks of an indicator, a value between each two, and one beyond the last to either side, where valid.

    Parameters
    ----------
    rules, scale : as `marks` takes them.
    """
    indicator, inside = spec.indicators[name], breakpoints(spec, name, rules, scale).tolist()
    if indicator.labels is not None:
        return np.array(inside)
    low, high = indicator.bounds
    between = [left / 2 + right / 2 for left, right in pairwise(inside)]
    return np.unique([*inside, *between, max(low, inside[0] - 1.0), min(high, inside[-1] + 1.0)])


def indicator_range(spec: ModelSpec, name: str) -> Range:
    """How far an indicator ranges: its valid ends; where it has none, the last knot of its scale or bound of its terms.

    A logistic curve ends where it gives 1 and 99 %. For an indicator of labels these are the first and last position. A
    logarithmic scale of which no valid value is above 0 has no logarithms, and counts as a straight one.

    Raises
    ------
    ModelError
        Where nothing in the model tells, or the range is too wide to compute with.
    """
    indicator = spec.indicators[name]
    scale = indicator.scale
    if scale is not None and scale.labels is not None:
        return Range(*scale.span())
    span = () if scale is None else scale.span()
    within = {*filter(math.isfinite, span), *indicator.breakpoints(scale=False)}
    ends = [
        end if math.isfinite(end) else (last(within) if within else math.nan)
        for end, last in zip(indicator.bounds, (min, max), strict=True)
    ]
    low, high = max(ends[0], indicator.bounds[0]), min(ends[1], indicator.bounds[1])
    if not low <= high:
        raise ModelError(f"how far {name} ranges is not known: give it `valid: [lowest, highest]` in the model")
    if not math.isfinite(high - low):
        raise ModelError(f"{name} ranges too far to compute with: narrow its `valid: [lowest, highest]` in the model")
    if 0 < high - low < _MIN_WIDTH:
        raise ModelError(f"{name} ranges over too little to compute with: state its values in a smaller unit")
    if scale is not None and scale.is_logarithmic and high > 0:
        return Range(low if low > 0 else min(scale.ends()[0], high), high, logarithmic=True)
    return Range(low, high)


def range_quantile(spec: ModelSpec, name: str) -> Quantile:
    """Return the quantile function of an indicator of which nothing is known but its range, or its labels.

    Raises
    ------
    ModelError
        Where the range is not known (see `indicator_range`).
    """
    labels = spec.indicators[name].labels
    return over_range(indicator_range(spec, name)) if labels is None else over_labels(len(labels))


def over_range(whole: Range) -> Quantile:
    """Return the quantile function of a quantity of which only the range is known: any value in it is equally likely.

    Where the scale is logarithmic, any value of the logarithm is.
    """
    if whole.logarithmic:
        low, high = math.log(whole.low), math.log(whole.high)
        return lambda share: np.clip(np.exp(low + (high - low) * share), whole.low, whole.high)
    return lambda share: whole.low + (whole.high - whole.low) * share


def over_labels(labels: int) -> Quantile:
    """Return the quantile function of the position of a label, of which each is equally likely."""
    return lambda share: np.minimum(np.floor(share * labels), labels - 1.0)


def _numbers(condition: conditions.Condition) -> set[float]:
    """The numbers in a sentence, with either sign."""
    found: set[float] = set()
    stack: list[object] = [condition]
    while stack:
        part = stack.pop()
        if isinstance(part, conditions.Number):
            found |= {part.value, -part.value}
        elif isinstance(part, tuple):
            stack += part
    return found
