"""Simplification of steps: what is known in advance is computed once, equal steps are shared, idle ones disappear.

A plan is built for a table in which anything may be missing. Where columns are complete, or do not exist, the rules
that fold constants also take out whatever depends on missing values. No rule changes a number, not in the last bit.
"""

import math
from collections.abc import Callable, Set

from riskmodel.plan import numpy_steps
from riskmodel.plan.steps import (
    Agreed,
    And,
    Beyond,
    Clip,
    Complement,
    Constant,
    Fill,
    FillDegree,
    HighestKnown,
    Input,
    IsLabel,
    Known,
    Line,
    Log,
    Logistic,
    Lookup,
    LowestKnown,
    Maximum,
    Minimum,
    Or,
    PowerMean,
    Product,
    Quotient,
    Ramp,
    Select,
    Step,
    WeightedSum,
    Withhold,
)

_ZERO, _ONE = 0.0, 1.0


class Simplifier:
    """Simplifies steps for tables of one kind; equal steps of all calls become one object.

    Parameters
    ----------
    complete : inputs without missing values.
    absent : inputs of which every value is missing.
    """

    def __init__(self, complete: Set[str] = frozenset(), absent: Set[str] = frozenset()) -> None:
        self._complete, self._absent = complete, absent
        self._results: dict[Step, Step] = {}
        self._unique: dict[tuple[object, ...], Step] = {}

    def __call__(self, step: Step) -> Step:
        """Return the simplest step with the same numbers."""
        waiting = [step]
        while waiting:
            current = waiting[-1]
            if current in self._results:
                waiting.pop()
                continue
            args = current.args
            if later := [arg for arg in args if arg not in self._results]:
                waiting += later
                continue
            waiting.pop()
            self._results[current] = self._simplify(current, [self._results[arg] for arg in args])
        return self._results[step]

    def _simplify(self, step: Step, args: list[Step]) -> Step:
        if isinstance(step, Input):
            if step.name in self._absent:
                return self._shared(Constant(math.nan))
            return self._shared(Input(step.name, step.may_be_missing and step.name not in self._complete))
        shared = self._shared(step, args)
        if shared in self._results:
            return self._results[shared]
        result = self._reduce(shared)
        self._results[shared] = result
        return result

    def _shared(self, step: Step, args: list[Step] | None = None) -> Step:
        """Return the one object for a step with given arguments."""
        args = list(step.args) if args is None else args
        key = (type(step), *map(id, args), *map(_key, step.parameters))
        if key not in self._unique:
            self._unique[key] = step if args == list(step.args) else step.with_args(args)
        return self._unique[key]

    def _reduce(self, step: Step) -> Step:
        args = step.args
        if args and all(isinstance(arg, Constant) for arg in args):
            return self._shared(Constant(numpy_steps.evaluate(step)))
        rule = _RULES.get(type(step))
        reduced = step if rule is None else rule(step)
        return step if reduced is step else self(reduced)


def _key(parameter: object) -> object:
    """Return a key that tells 0.0 from -0.0, and in which NaN equals itself."""
    return repr(parameter) if parameter == 0.0 or parameter != parameter else parameter  # noqa: PLR0124


def _fill(step: Step) -> Step:
    assert isinstance(step, Fill)  # noqa: S101
    return step if step.x.nullable and not math.isnan(step.value) else step.x


def _known(step: Step) -> Step:
    assert isinstance(step, Known)  # noqa: S101
    x = step.x
    while isinstance(x, _AS_KNOWN_AS_ARGUMENT):
        (x,) = x.args
    if not x.nullable:
        return Constant(_ONE)
    return step if x is step.x else Known(x)


_AS_KNOWN_AS_ARGUMENT = (Ramp, Beyond, Line, Log, Logistic, Lookup, IsLabel, Complement, Clip)
"""Kinds of steps that are unknown exactly where their argument is."""


def _degree_extreme(neutral: float) -> Callable[[Step], Step]:
    """Return the rule of `and` or `or`, in which one of 0 and 1 decides, and the other says nothing."""

    def reduce(step: Step) -> Step:
        items = step.args
        if any(isinstance(item, Constant) and item.value == 1.0 - neutral for item in items):
            return Constant(1.0 - neutral)
        kept = tuple(item for item in items if not (isinstance(item, Constant) and item.value == neutral))
        return _once(step, kept) if kept else Constant(neutral)

    return reduce


def _extreme(step: Step) -> Step:
    return _once(step, step.args)


def _once(step: Step, items: tuple[Step, ...]) -> Step:
    """Return a step of the same kind in which equal items count once; the item itself if it is the only one."""
    items = tuple(dict.fromkeys(items))
    if len(items) == 1:
        return items[0]
    return step if items == step.args else type(step)(items)


def _known_extreme(step: Step) -> Step:
    assert isinstance(step, LowestKnown | HighestKnown)  # noqa: S101
    items = tuple(item for item in step.items if not _is_unknown(item))
    if not any(item.nullable for item in items):
        return Minimum(items) if isinstance(step, LowestKnown) else Maximum(items)
    return _once(step, items)


def _power_mean(step: Step) -> Step:
    assert isinstance(step, PowerMean)  # noqa: S101
    kept = [pair for pair in zip(step.items, step.weights, strict=True) if not _is_unknown(pair[0])]
    if len(kept) == len(step.items):
        return step
    items, weights = zip(*kept, strict=True)
    return PowerMean(items, weights, step.pivot, step.power)


def _weighted_sum(step: Step) -> Step:
    assert isinstance(step, WeightedSum)  # noqa: S101
    kept = [
        (item, weight)
        for item, weight in zip(step.items, step.weights, strict=True)
        if weight != 0.0 and not (isinstance(item, Constant) and item.value == 0.0)
    ]
    if len(kept) == 1 and kept[0][1] == _ONE:
        return kept[0][0]
    if not kept:
        return Constant(_ZERO)
    return step if len(kept) == len(step.items) else WeightedSum(*zip(*kept, strict=True))


def _product(step: Step) -> Step:
    assert isinstance(step, Product)  # noqa: S101
    for one, other in ((step.x, step.y), (step.y, step.x)):
        if isinstance(one, Constant) and one.value == _ONE:
            return other
    return step


def _quotient(step: Step) -> Step:
    assert isinstance(step, Quotient)  # noqa: S101
    return step.numerator if isinstance(step.denominator, Constant) and step.denominator.value == _ONE else step


def _agreed(step: Step) -> Step:
    assert isinstance(step, Agreed)  # noqa: S101
    return step.x if step.low is step.high else step


def _withhold(step: Step) -> Step:
    assert isinstance(step, Withhold)  # noqa: S101
    if isinstance(step.coverage, Constant):
        return step.x if step.coverage.value >= step.lowest else Constant(math.nan)
    return step if step.lowest > _ZERO else step.x


def _select(step: Step) -> Step:
    assert isinstance(step, Select)  # noqa: S101
    if isinstance(step.switch, Constant):
        return step.second if step.switch.value else step.first
    return step.first if step.first is step.second else step


def _is_unknown(step: Step) -> bool:
    return isinstance(step, Constant) and math.isnan(step.value)


_RULES: dict[type[Step], Callable[[Step], Step]] = {
    Fill: _fill,
    FillDegree: _fill,
    Known: _known,
    And: _degree_extreme(_ONE),
    Or: _degree_extreme(_ZERO),
    Minimum: _extreme,
    Maximum: _extreme,
    LowestKnown: _known_extreme,
    HighestKnown: _known_extreme,
    PowerMean: _power_mean,
    WeightedSum: _weighted_sum,
    Product: _product,
    Quotient: _quotient,
    Agreed: _agreed,
    Withhold: _withhold,
    Select: _select,
}
