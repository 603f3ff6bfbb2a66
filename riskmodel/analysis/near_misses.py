"""Rules that nearly fired: those that one value alone, moved a little, would make fire.

Values are tried in two blocks, so that the answer takes milliseconds. The first has the values at which the model
changes and even steps between; the second the round numbers between the last value that does not fire a rule and the
first that does. A rule that fires only between two neighbouring values of the first can escape.
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
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model
from riskmodel.schema.breakpoints import Range, indicator_range, probe_values

REACH = 0.1
"""How far a value may move: a tenth of its whole range."""
_STEPS = 16
"""Even steps to either side."""
_NOISE = 1e-12
"""What a share may be off by."""
_ROUND = 5
"""Round numbers between two of them, at least."""


class NearMiss(NamedTuple):
    """A rule that does not fire, and the smallest move of one value that would make it fire.

    Attributes
    ----------
    rule, indicator : their names.
    value : the nearest round value of the indicator at which the rule fires, in its unit, or the label.
    degree : the degree in (0, 1] that the rule has there.
    moved : how far that is, as a share of the indicator's whole range, in (0, 0.1]; for a label 0.1.
    """

    rule: str
    indicator: str
    value: float | str
    degree: float
    moved: float


class _Span(NamedTuple):
    """How far one indicator ranges, what is valid, and the values at which the model changes."""

    whole: Range
    bounds: tuple[float, float]
    telling: Floats
    labels: tuple[str, ...] | None

    def moved(self, start: float, value: float) -> float:
        """How far it is from one value to another, as a share of the whole range."""
        if self.labels:
            return REACH
        ends = [self._place(value) for value in (self.whole.low, self.whole.high, start, value)]
        return abs(ends[3] - ends[2]) / ((ends[1] - ends[0]) or math.inf)

    def around(self, start: float) -> Floats:
        """The values to try around a value: ascending, without it."""
        if self.labels:
            return np.array([at for at in (start - 1.0, start + 1.0) if 0.0 <= at < len(self.labels)])
        width = self._place(self.whole.high) - self._place(self.whole.low)
        even = self._place(start) + np.linspace(-REACH, REACH, 2 * _STEPS + 1) * width
        values = np.unique([*(np.exp(even) if self.whole.logarithmic else even), *self.telling])
        return values[[self.reached(start, value) for value in values.tolist()]]

    def reached(self, start: float, value: float) -> bool:
        """Whether a value is valid and near enough."""
        return self.bounds[0] <= value <= self.bounds[1] and 0.0 < self.moved(start, value) <= REACH + _NOISE

    def digits(self, start: float) -> int:
        """How many decimals a round number near a value has; below 0 are tens and hundreds."""
        width = (self._place(self.whole.high) - self._place(self.whole.low)) * REACH / _STEPS
        size = max(start, self.whole.low) if self.whole.logarithmic else 1.0
        return -math.floor(math.log10(width * size / _ROUND))

    def _place(self, value: float) -> float:
        return math.log(max(value, self.whole.low)) if self.whole.logarithmic else value


class _Fired(NamedTuple):
    """A rule fires where an indicator has a value."""

    rule: str
    indicator: str
    value: float
    degree: float


def near_misses(model: Model, situation: SituationLike) -> tuple[NearMiss, ...]:
    """The rules that do not fire, but would if one value that is given moved by at most a tenth of its whole range.

    The value is one of an indicator that the rule names, or that a score in it is built from. On a logarithmic scale
    it is the logarithm that moves; a label moves to its neighbour. An indicator whose range the model does not tell is
    left where it is, and so is what is missing or assumed.

    Parameters
    ----------
    model : any model that can be scored with.
    situation : values by indicator, or a situation that was read from a file; of a distribution the median counts.

    Returns
    -------
    One for each such rule, with the indicator that has to move least; that which needs least comes first.

    Raises
    ------
    SituationError
        Where values are not valid.
    ModelError
        Where the model is not fitted yet.
    """
    compiled, given = model.compiled, prepare(model, situation).given
    now = score_block(compiled, {name: np.array([value]) for name, value in given.items()}, 1)
    idle = [name for name in compiled.rules if not np.any(now.rules[name][1])]
    spans = _spans(model)
    read = frozenset().union(*(_inputs(compiled, rule) for rule in idle))
    free = sorted(read & given.keys() & spans.keys())
    tried = {name: spans[name].around(given[name]) for name in free}
    found = list(_firing(compiled, given, idle, tried))
    rounded = list(_firing(compiled, given, idle, _round_values(spans, given, tried, found)))
    best: dict[str, NearMiss] = {}
    told = {(fired.rule, fired.indicator) for fired in rounded}
    for fired in [*rounded, *(fired for fired in found if (fired.rule, fired.indicator) not in told)]:
        span = spans[fired.indicator]
        moved = span.moved(given[fired.indicator], fired.value)
        if fired.rule not in best or moved < best[fired.rule].moved:
            value = span.labels[int(fired.value)] if span.labels else fired.value
            best[fired.rule] = NearMiss(fired.rule, fired.indicator, value, fired.degree, moved)
    return tuple(sorted(best.values(), key=lambda near: near.moved))


@lru_cache(maxsize=16)
def _spans(model: Model) -> Mapping[str, _Span]:
    """What is known of each indicator whose range the model tells."""
    found = {}
    for name, indicator in model.spec.indicators.items():
        with suppress(ModelError):
            labels = model.compiled.indicators[name].labels
            whole = indicator_range(model.spec, name)
            found[name] = _Span(whole, indicator.bounds, probe_values(model.spec, name), labels)
    return found


def _inputs(compiled: CompiledModel, rule: str) -> frozenset[str]:
    """The indicators that a rule depends on."""
    named = compiled.rules[rule].names
    return frozenset().union(
        *(compiled.scores[name].leaf_indicators if name in compiled.scores else {name} for name in named)
    )


def _block(compiled: CompiledModel, given: Mapping[str, float], moves: Sequence[tuple[str, float]]) -> Block:
    """What is given, in a row for each move of one value."""
    columns = {name: np.full(len(moves), value) for name, value in given.items()}
    for row, (name, value) in enumerate(moves):
        columns[name][row] = value
    return score_block(compiled, columns, len(moves))


def _firing(
    compiled: CompiledModel,
    given: Mapping[str, float],
    idle: Sequence[str],
    tried: Mapping[str, Iterable[float]],
) -> Iterator[_Fired]:
    """Where rules that are idle fire, of all the values that are tried."""
    moves = [(name, float(value)) for name, values in tried.items() for value in values]
    if not moves:
        return
    block = _block(compiled, given, moves)
    for rule in idle:
        degrees = np.broadcast_to(block.rules[rule][0], len(moves))
        for row in np.flatnonzero(degrees > 0.0):
            yield _Fired(rule, *moves[row], float(degrees[row]))


def _round_values(
    spans: Mapping[str, _Span], given: Mapping[str, float], tried: Mapping[str, Floats], found: Sequence[_Fired]
) -> dict[str, set[float]]:
    """Round values, by indicator: where rules begin to fire, between the last value that was tried and the first."""
    values: dict[str, set[float]] = {}
    for rule, name in dict.fromkeys((fired.rule, fired.indicator) for fired in found):
        if spans[name].labels:
            continue
        start, span = given[name], spans[name]
        steps = np.unique([*tried[name], start])
        firing = np.array([fired.value for fired in found if (fired.rule, fired.indicator) == (rule, name)])
        gaps: list[tuple[float, float]] = []
        if (above := firing[firing > start]).size:
            gaps.append((steps[np.searchsorted(steps, above.min()) - 1], above.min()))
        if (below := firing[firing < start]).size:
            gaps.append((below.max(), steps[np.searchsorted(steps, below.max()) + 1]))
        multiples = {value for gap in gaps for value in _multiples(*gap, span.digits(start))}
        values.setdefault(name, set()).update(value for value in multiples if span.reached(start, value))
    return values


def _multiples(low: float, high: float, digits: int) -> list[float]:
    """The numbers of so many decimals from just below one number to just above another."""
    step = 10.0**-digits
    return [round(place * step, digits) for place in range(math.floor(low / step), math.ceil(high / step) + 1)]
