"""Rules that nearly fired: those that a small change of one value would make fire.

Values are tried in two blocks, so that the answer takes milliseconds. The first has the breakpoints of the model and
even steps between; the second the round numbers between the last value that does not fire a rule and the first that
does. A rule that fires only between two neighbouring values of the first can be missed.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.situations import SituationLike, prepare
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import ModelError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.schema.breakpoints import Range, indicator_range, probe_values

MAX_CHANGE = 0.1
"""As a share of the whole range of an indicator."""
_STEPS = 16
"""Even steps to either side."""
_SHARE_TOLERANCE = 1e-12
_MIN_ROUND_NUMBERS = 5
"""Round numbers between two steps, at least."""


class NearMiss(NamedTuple):
    """A rule that does not fire, and the smallest change of one value that would make it fire.

    Attributes
    ----------
    rule, indicator : their names.
    value : the nearest round value of the indicator at which the rule fires, in its unit, or the label.
    degree : the degree in (0, 1] of the rule there.
    moved : the change, as a share of the whole range of the indicator, in (0, 0.1]; for a label 0.1.
    """

    rule: str
    indicator: str
    value: float | str
    degree: float
    moved: float


class _Axis(NamedTuple):
    """One indicator: its range, its valid values, and its breakpoints."""

    range: Range
    bounds: tuple[float, float]
    probes: Floats
    labels: tuple[str, ...] | None

    def change(self, start: float, value: float) -> float:
        """Return the change from one value to another, as a share of the whole range."""
        if self.labels:
            return MAX_CHANGE
        width = self._width() or math.inf
        return abs(self._coordinate(value) - self._coordinate(start)) / width

    def around(self, start: float) -> Floats:
        """Return the values to try around a value: ascending, without it."""
        if self.labels:
            return np.array([code for code in (start - 1.0, start + 1.0) if 0.0 <= code < len(self.labels)])
        steps = self._coordinate(start) + np.linspace(-MAX_CHANGE, MAX_CHANGE, 2 * _STEPS + 1) * self._width()
        values = np.unique([*(np.exp(steps) if self.range.logarithmic else steps), *self.probes])
        return values[[self.is_near(start, value) for value in values.tolist()]]

    def is_near(self, start: float, value: float) -> bool:
        """Check that a value is valid and near enough."""
        is_valid = self.bounds[0] <= value <= self.bounds[1]
        return is_valid and 0.0 < self.change(start, value) <= MAX_CHANGE + _SHARE_TOLERANCE

    def digits(self, start: float) -> int:
        """Return the number of decimals of a round number near a value; negative for tens and hundreds."""
        step = self._width() * MAX_CHANGE / _STEPS
        size = max(start, self.range.low) if self.range.logarithmic else 1.0
        return -math.floor(math.log10(step * size / _MIN_ROUND_NUMBERS))

    def _width(self) -> float:
        return self._coordinate(self.range.high) - self._coordinate(self.range.low)

    def _coordinate(self, value: float) -> float:
        return math.log(max(value, self.range.low)) if self.range.logarithmic else value


class _Firing(NamedTuple):
    """A value of an indicator at which a rule fires."""

    rule: str
    indicator: str
    value: float
    degree: float


def near_misses(model: Model, situation: SituationLike) -> tuple[NearMiss, ...]:
    """Return the rules that would fire if one given value changed by at most a tenth of its whole range.

    The value is one of an indicator that the rule names, or that a score in it is built from. On a logarithmic scale
    the change is of the logarithm; a label changes to its neighbour. Indicators without a known range stay fixed, and
    so do missing and assumed values.

    Parameters
    ----------
    model : any fitted model.
    situation : values by indicator, or a situation read from a file; distributions count as their medians.

    Returns
    -------
    One for each such rule, with the indicator that has to change least; the smallest change comes first.

    Raises
    ------
    SituationError
        If values are not valid.
    ModelError
        If the model is not fitted yet.
    """
    compiled, given = model.compiled, prepare(model, situation).given
    now = score_block(compiled, {name: np.array([value]) for name, value in given.items()}, 1)
    idle = [name for name in compiled.rules if not np.any(now.rules[name][1])]
    axes = _axes(model)
    inputs = frozenset().union(*(_inputs(compiled, rule) for rule in idle))
    movable = sorted(inputs & given.keys() & axes.keys())
    tried = {name: axes[name].around(given[name]) for name in movable}
    coarse = list(_firings(compiled, given, idle, tried))
    rounded = list(_firings(compiled, given, idle, _round_values(axes, given, tried, coarse)))
    best: dict[str, NearMiss] = {}
    has_round_value = {(firing.rule, firing.indicator) for firing in rounded}
    for firing in [
        *rounded,
        *(firing for firing in coarse if (firing.rule, firing.indicator) not in has_round_value),
    ]:
        axis = axes[firing.indicator]
        change = axis.change(given[firing.indicator], firing.value)
        if firing.rule not in best or change < best[firing.rule].moved:
            value = axis.labels[int(firing.value)] if axis.labels else firing.value
            best[firing.rule] = NearMiss(firing.rule, firing.indicator, value, firing.degree, change)
    return tuple(sorted(best.values(), key=lambda near: near.moved))


@lru_cache(maxsize=16)
def _axes(model: Model) -> Mapping[str, _Axis]:
    """Return an axis for each indicator with a known range."""
    axes = {}
    for name, indicator in model.spec.indicators.items():
        with suppress(ModelError):
            labels = model.compiled.indicators[name].labels
            range_ = indicator_range(model.spec, name)
            axes[name] = _Axis(range_, indicator.bounds, probe_values(model.spec, name), labels)
    return axes


def _inputs(compiled: CompiledModel, rule: str) -> frozenset[str]:
    """Return the indicators that a rule depends on."""
    named = compiled.rules[rule].names
    return frozenset().union(
        *(compiled.scores[name].leaf_indicators if name in compiled.scores else {name} for name in named)
    )


def _block(compiled: CompiledModel, given: Mapping[str, float], moves: Sequence[tuple[str, float]]) -> Block:
    """Score the given values with one of them replaced in each row."""
    columns = {name: np.full(len(moves), value) for name, value in given.items()}
    for row, (name, value) in enumerate(moves):
        columns[name][row] = value
    return score_block(compiled, columns, len(moves))


def _firings(
    compiled: CompiledModel,
    given: Mapping[str, float],
    idle: Sequence[str],
    tried: Mapping[str, Iterable[float]],
) -> Iterator[_Firing]:
    """Yield the values among those tried at which idle rules fire."""
    moves = [(name, float(value)) for name, values in tried.items() for value in values]
    if not moves:
        return
    block = _block(compiled, given, moves)
    for rule in idle:
        degrees = block.degrees[rule]
        for row in np.flatnonzero(degrees > 0.0):
            yield _Firing(rule, *moves[row], float(degrees[row]))


def _round_values(
    axes: Mapping[str, _Axis], given: Mapping[str, float], tried: Mapping[str, Floats], firings: Sequence[_Firing]
) -> dict[str, set[float]]:
    """Return round values by indicator, between the last value that does not fire a rule and the first that does."""
    values: dict[str, set[float]] = {}
    for rule, name in dict.fromkeys((firing.rule, firing.indicator) for firing in firings):
        if axes[name].labels:
            continue
        start, axis = given[name], axes[name]
        steps = np.unique([*tried[name], start])
        firing = np.array([each.value for each in firings if (each.rule, each.indicator) == (rule, name)])
        gaps: list[tuple[float, float]] = []
        if (above := firing[firing > start]).size:
            gaps.append((steps[np.searchsorted(steps, above.min()) - 1], above.min()))
        if (below := firing[firing < start]).size:
            gaps.append((below.max(), steps[np.searchsorted(steps, below.max()) + 1]))
        multiples = {value for gap in gaps for value in _multiples(*gap, axis.digits(start))}
        values.setdefault(name, set()).update(value for value in multiples if axis.is_near(start, value))
    return values


def _multiples(low: float, high: float, digits: int) -> list[float]:
    """Return the numbers with the given decimals from just below `low` to just above `high`."""
    step = 10.0**-digits
    return [round(count * step, digits) for count in range(math.floor(low / step), math.ceil(high / step) + 1)]
