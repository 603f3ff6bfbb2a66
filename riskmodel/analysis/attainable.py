"""Attainable ranges of a model: the range and bands of every score, and the degrees of every rule.

They are searched with the engine itself. Values are tried where the model changes (ends and knots of scales, bounds of
terms, numbers in conditions) and between: a graded term is zero, or not, on the whole of an open interval between two
such values. So for rules made of terms and of comparisons with numbers the search is complete.

The work is bounded in proportion to the number of rules and scores: for each rule at most `MAX_ROWS` rows, else it is
not judged; for each score at most `MAX_SWEEPS` sweeps up and down of `MAX_CELLS` cells each (a cell is one indicator or
rule in one row), else its guaranteed bounds are reported.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.breakpoints import probe_values
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Rule

MAX_ROWS = 40_000
MAX_CELLS = 5_000_000
MAX_STARTS = 24
MAX_SWEEPS = 40
_CELLS_AT_ONCE = 2_000_000
_GAIN_TOLERANCE = 1e-9
"""As a share of the range of the score."""
_GUIDE_WEIGHT = 1e-3
"""The weight of a point before floors, caps and the clip beside a point of the score."""


class ScoreRange(NamedTuple):
    """The lowest and the highest reported value of a score, and the bands between them.

    `searched` is False if the model is too large for a search: then these are bounds, and less may be attainable.
    """

    low: float
    high: float
    bands: frozenset[str]
    searched: bool


class RuleRange(NamedTuple):
    """The lowest and the highest degree of a rule, with all its inputs known."""

    low: float
    high: float


class AttainableRanges(NamedTuple):
    """Ranges by score, and by rule for those whose combinations of values could all be tried."""

    scores: Mapping[str, ScoreRange]
    rules: Mapping[str, RuleRange]


def attainable_ranges(spec: ModelSpec, compiled: CompiledModel) -> AttainableRanges:
    """Search the ranges of all scores and rules.

    Parameters
    ----------
    spec, compiled : a model without unfitted scales.
    """
    rules_on: dict[str, list[str]] = defaultdict(list)
    for name, rule in spec.rules.items():
        for score in rule.then:
            rules_on[score].append(name)
    ranges = {name: _rule_range(name, spec, compiled) for name in spec.rules}
    return AttainableRanges(
        {name: _score_range(name, spec, model_part(compiled, [name], rules_on[name])) for name in spec.scores},
        {name: degrees for name, degrees in ranges.items() if degrees is not None},
    )


def model_part(compiled: CompiledModel, scores: Iterable[str], rules: Iterable[str]) -> CompiledModel:
    """Return the part of a model that some scores and rules depend on, with these rules only."""
    kept = {name: compiled.rules[name] for name in rules}
    needed = {*scores, *(name for rule in kept.values() for name in rule.names)}
    waiting = list(needed)
    while waiting:
        score = compiled.scores.get(waiting.pop())
        inputs = {part.name for part in score.inputs} - needed if score else set()
        needed |= inputs
        waiting += inputs
    return CompiledModel(
        {name: compiled.indicators[name] for name in sorted(needed & compiled.indicators.keys())},
        {name: score for name, score in compiled.scores.items() if name in needed},
        kept,
    )


def _rule_range(name: str, spec: ModelSpec, compiled: CompiledModel) -> RuleRange | None:
    """Try all combinations of values; None if there are too many."""
    rule = spec.rules[name]
    through_scores: set[str] = set()
    for read in rule.names & compiled.scores.keys():
        through_scores |= compiled.scores[read].leaf_indicators
    tried: dict[str, Floats] = {}
    combinations = 1
    for indicator in sorted(through_scores | rule.names & compiled.indicators.keys()):
        tried[indicator] = probe_values(spec, indicator, (rule,), scale=indicator in through_scores)
        combinations *= len(tried[indicator])
        if combinations > MAX_ROWS:
            return None
    grid = np.meshgrid(*tried.values(), indexing="ij")
    columns = {indicator: axis.ravel() for indicator, axis in zip(tried, grid, strict=True)}
    degree = score_block(model_part(compiled, (), [name]), columns, combinations).degrees[name]
    return RuleRange(float(np.min(degree)), float(np.max(degree)))


def _score_range(name: str, spec: ModelSpec, part: CompiledModel) -> ScoreRange:
    """Search the range of a score in the part of the model that it depends on."""
    search = _CoordinateSearch(name, spec, part)
    if search.starts:
        low, high = (float(search.extreme(sign)) for sign in (-1.0, 1.0))
    else:
        bounds = score_block(part, {}, 1).scores[name]
        low, high = (float(reported(end, spec.scores[name].decimals)[0]) for end in (bounds.low, bounds.high))
    score = part.scores[name]
    last = (*score.band_starts[1:], math.inf)
    bands = zip(score.bands, score.band_starts, last, strict=False)
    inside = frozenset(band for band, start, end in bands if start <= high and low < end)
    return ScoreRange(low, high, inside, search.starts > 0)


class _CoordinateSearch:
    """Move random situations to the best value of one indicator, or of all at once if that is better.

    Parameters
    ----------
    name : the score.
    spec, part : the model, and the part of it that the score depends on.

    Attributes
    ----------
    starts : the number of situations; 0 if even one would exceed the bound on work.
    """

    def __init__(self, name: str, spec: ModelSpec, part: CompiledModel) -> None:
        readers: dict[str, list[Rule]] = defaultdict(list)
        for rule in part.rules:
            for read in spec.rules[rule].names:
                readers[read].append(spec.rules[rule])
        self._name, self._part = name, part
        self._tried = [probe_values(spec, indicator, readers[indicator]) for indicator in part.indicators]
        counts = [len(values) for values in self._tried]
        self._owner = np.repeat(np.arange(len(counts)), counts)
        self._first = np.cumsum([0, *counts[:-1]])
        self._position = np.arange(sum(counts)) - self._first[self._owner]
        self._width = len(part.indicators) + len(part.rules) + len(part.scores)
        self.starts = min(MAX_STARTS, MAX_CELLS // (sum(counts) * self._width))

    def extreme(self, sign: float) -> float:
        """Return the highest reported value attained, or for a sign of -1 the lowest."""
        rng = np.random.default_rng(0)
        positions = np.column_stack([rng.integers(len(values), size=self.starts) for values in self._tried])
        # If a floor, a cap or the clip fixes the score, the points before that show the direction.
        for guide in (sign * _GUIDE_WEIGHT, 0.0):
            best = self._gains(positions, sign, guide)
            for _ in range(MAX_SWEEPS // 2):
                moved, gains = self._moved(positions, sign, guide)
                if not (gains > best + _GAIN_TOLERANCE * self._part.scores[self._name].out_of).any():
                    break
                positions, best = moved, gains
        return float(self._block(positions[[best.argmax()]]).scores[self._name].reported[0])

    def _moved(self, positions: NDArray[np.intp], sign: float, guide: float) -> tuple[NDArray[np.intp], Floats]:
        """Return the situations after the best moves, and their objective; (starts, indicators) and (starts,)."""
        each = np.arange(len(positions))
        gains = self._single_gains(positions, sign, guide)
        best = gains.argmax(axis=1)
        single = positions.copy()
        single[each, self._owner[best]] = self._position[best]
        by_indicator = np.split(gains, self._first[1:], axis=1)
        jointly = np.column_stack([part.argmax(axis=1) for part in by_indicator])
        improved = (
            np.column_stack([part.max(axis=1) for part in by_indicator]) > self._gains(positions, sign, guide)[:, None]
        )
        jointly = np.where(improved, jointly, positions)
        after = self._gains(jointly, sign, guide)
        better = after >= gains[each, best]
        return np.where(better[:, np.newaxis], jointly, single), np.where(better, after, gains[each, best])

    def _single_gains(self, positions: NDArray[np.intp], sign: float, guide: float) -> Floats:
        """Return the objective of every situation that differs in one value: (starts, values of all indicators)."""
        count = len(self._owner)
        gains = np.empty(len(positions) * count)
        for rows in np.array_split(np.arange(len(gains)), 1 + len(gains) * self._width // _CELLS_AT_ONCE):
            start, move = np.divmod(rows, count)
            moved = positions[start]
            moved[np.arange(len(rows)), self._owner[move]] = self._position[move]
            gains[rows] = self._gains(moved, sign, guide)
        return gains.reshape(len(positions), count)

    def _gains(self, positions: NDArray[np.intp], sign: float, guide: float) -> Floats:
        steps = self._block(positions).scores[self._name].steps
        return sign * steps.value + guide * (steps.base + steps.stages[0] + steps.unclipped)

    def _block(self, positions: NDArray[np.intp]) -> Block:
        columns = {
            name: values[positions[:, column]]
            for column, (name, values) in enumerate(zip(self._part.indicators, self._tried, strict=True))
        }
        return score_block(self._part, columns, len(positions))
