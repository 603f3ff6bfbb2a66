"""Breakpoints: the raw values of an indicator at which its scale, a term or a rule bends, and its range.

Between two neighbouring breakpoints scales and terms are smooth, and most are straight. Beyond the last one nothing
changes, so breakpoints also give the range of an indicator.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from riskmodel.errors import ModelError
from riskmodel.kernels import conditions
from riskmodel.kernels.types import Floats
from riskmodel.schema.distributions import Quantile
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Rule

_MIN_WIDTH = 1e-150
"""Smallest width of a range of which shares can be computed."""


class Range(NamedTuple):
    """The range of an indicator, in its unit."""

    low: float
    high: float
    logarithmic: bool = False
    """True if the scale is logarithmic; then both ends are above 0."""


def breakpoints(spec: ModelSpec, name: str, rules: Iterable[Rule] | None = None, scale: bool = True) -> Floats:
    """Return the (k,) valid breakpoints of an indicator in ascending order, with its finite valid ends.

    For an indicator with labels these are the positions of its labels.

    Parameters
    ----------
    rules : include the numbers in the conditions of these rules; None: of all rules.
    scale : include the breakpoints of the scale, which matter for scores but not for rules.
    """
    indicator = spec.indicators[name]
    if indicator.labels is not None:
        return np.arange(float(len(indicator.labels)))
    low, high = indicator.bounds
    values = {*indicator.breakpoints(scale=scale), *(end for end in (low, high) if math.isfinite(end))}
    for rule in spec.rules.values() if rules is None else rules:
        if name in rule.names:
            values |= _numbers(rule.condition)
    valid = sorted(value for value in values if low <= value <= high and math.isfinite(value))
    return np.array(valid or [min(max(0.0, low), high)])


def probe_values(spec: ModelSpec, name: str, rules: Iterable[Rule] | None = None, scale: bool = True) -> Floats:
    """Return the breakpoints of an indicator, their midpoints, and a valid value beyond the first and the last.

    Parameters
    ----------
    rules, scale : as for `breakpoints`.
    """
    indicator, bends = spec.indicators[name], breakpoints(spec, name, rules, scale).tolist()
    if indicator.labels is not None:
        return np.array(bends)
    low, high = indicator.bounds
    between = [left / 2 + right / 2 for left, right in pairwise(bends)]
    return np.unique([*bends, *between, max(low, bends[0] - 1.0), min(high, bends[-1] + 1.0)])


def indicator_range(spec: ModelSpec, name: str) -> Range:
    """Return the range of an indicator: its valid ends or else the outermost breakpoint of its scale or terms.

    A logistic curve ends at intensities of 1 and 99 %. Labels range from the first to the last position. A logarithmic
    scale without a valid value above 0 counts as linear.

    Raises
    ------
    ModelError
        If the model does not define the range, or it is too wide or too narrow to compute with.
    """
    indicator = spec.indicators[name]
    scale = indicator.scale
    if scale is not None and scale.labels is not None:
        return Range(*scale.span())
    span = () if scale is None else scale.span()
    finite = {*filter(math.isfinite, span), *indicator.breakpoints(scale=False)}
    ends = [
        end if math.isfinite(end) else (outermost(finite) if finite else math.nan)
        for end, outermost in zip(indicator.bounds, (min, max), strict=True)
    ]
    low, high = max(ends[0], indicator.bounds[0]), min(ends[1], indicator.bounds[1])
    if not low <= high:
        raise ModelError(f"the range of {name} is unknown: give it `valid: [lowest, highest]` in the model")
    if not math.isfinite(high - low):
        raise ModelError(
            f"the range of {name} is too wide to compute with: narrow its `valid: [lowest, highest]` in the model"
        )
    if 0 < high - low < _MIN_WIDTH:
        raise ModelError(f"the range of {name} is too narrow to compute with: use a smaller unit")
    if scale is not None and scale.is_logarithmic and high > 0:
        return Range(low if low > 0 else min(scale.ends()[0], high), high, logarithmic=True)
    return Range(low, high)


def range_quantile(spec: ModelSpec, name: str) -> Quantile:
    """Return the quantile function of an indicator whose values in its range, or labels, are equally likely.

    Raises
    ------
    ModelError
        As `indicator_range`.
    """
    labels = spec.indicators[name].labels
    return over_range(indicator_range(spec, name)) if labels is None else over_labels(len(labels))


def over_range(values: Range) -> Quantile:
    """Return the uniform quantile function over a range, or over its logarithms if it is logarithmic."""
    if values.logarithmic:
        low, high = math.log(values.low), math.log(values.high)
        return lambda share: np.clip(np.exp(low + (high - low) * share), values.low, values.high)
    return lambda share: values.low + (values.high - values.low) * share


def over_labels(labels: int) -> Quantile:
    """Return the quantile function of the position of a label; all labels are equally likely."""
    return lambda share: np.minimum(np.floor(share * labels), labels - 1.0)


def _numbers(condition: conditions.Condition) -> set[float]:
    """Return the numbers in a condition, with either sign."""
    numbers: set[float] = set()
    stack: list[object] = [condition]
    while stack:
        part = stack.pop()
        if isinstance(part, conditions.Number):
            numbers |= {part.value, -part.value}
        elif isinstance(part, tuple):
            stack += part
    return numbers
