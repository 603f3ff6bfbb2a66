"""Scoring a block of rows: columns of raw values in, scores, bands, coverage and bounds out."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.compiled import EFFECT_KINDS, CompiledIndicator, CompiledModel, CompiledScore, Input
from riskmodel.kernels.effects import Steps, combine
from riskmodel.kernels.means import Present, Weights, power_mean, weighted_sum
from riskmodel.kernels.rounding import band_codes, reported
from riskmodel.kernels.scales import Floats
from riskmodel.kernels.truth import Interval, degrees, interval

COVERAGE_TOLERANCE = 1e-9
"""How far a coverage may fall short of the least that is asked for, because shares are rarely exact in binary."""


class Part(NamedTuple):
    """What a mean is taken of: one input of a score, turned so that 1 always raises the score; (n,) arrays."""

    value: Floats
    """In [0, 1]; 0 where missing."""
    present: Present
    """False where missing."""
    coverage: Floats | Present
    """Share of what the input is built from that is there, in [0, 1]; None where all of it is."""
    low: Floats | None = None
    """The least it could be, whatever the missing and assumed values are. None: the value, and 0 where missing."""
    high: Floats | None = None
    """The most it could be. None: the value, and 1 where missing."""

    def turned(self) -> "Part":
        """The same input for a weight of the other sign."""
        value = 1.0 - self.value
        if self.present is not None:
            value *= self.present
        low = None if self.high is None else 1.0 - self.high
        high = None if self.low is None else 1.0 - self.low
        return Part(value, self.present, self.coverage, low, high)

    @property
    def lowest(self) -> Floats:
        """The lower bound, spelled out."""
        return self.value if self.low is None else self.low

    @property
    def highest(self) -> Floats:
        """The upper bound, spelled out."""
        if self.high is None:
            return self.value if self.present is None else np.where(self.present, self.value, 1.0)
        return self.high


class Whole(NamedTuple):
    """The mean that a base score is made of, in [0, 1]; (n,) arrays."""

    mean: Floats
    """NaN where no input is there."""
    coverage: Floats | None
    """None where everything is there, and then the bounds are the very array `mean`."""
    low: Floats
    high: Floats

    def as_part(self) -> Part:
        """The mean as an input of another score."""
        gap = np.isnan(self.mean)
        value, present = (np.where(gap, 0.0, self.mean), ~gap) if gap.any() else (self.mean, None)
        return Part(value, present, self.coverage, *((None, None) if self.coverage is None else (self.low, self.high)))


class ScoreBlock(NamedTuple):
    """One score of a block; (n,) arrays."""

    value: Floats
    """Exact, in [0, out_of]; NaN where the data are insufficient."""
    reported: Floats
    band: NDArray[np.int8]
    """Position in the model's bands; -1 where there is no value, or no band."""
    coverage: Floats
    low: Floats
    high: Floats
    steps: Steps
    parts: tuple[Part, ...]
    """One for each input of the score, in the order of its inputs."""
    weights: Weights
    """One for each input of the score, in the order of its inputs."""


class Block(NamedTuple):
    """Everything known about a block of n rows."""

    given: Mapping[str, Floats]
    """Raw values by indicator, as handed in; NaN is missing."""
    scores: Mapping[str, ScoreBlock]
    rules: Mapping[str, Interval]


def score_block(
    model: CompiledModel,
    columns: Mapping[str, Floats],
    rows: int,
    weights: Mapping[str, Weights] | None = None,
) -> Block:
    """Score a block.

    Parameters
    ----------
    model : the compiled model.
    columns : (rows,) float64 raw values by indicator: valid, labels as positions, NaN missing. An indicator without a
        column is missing in every row; other columns are ignored.
    rows : the number of rows, 1 or more.
    weights : by score, one (rows,) array of unsigned weights for each of its inputs, in their order, where the weights
        differ from row to row; a score that is not named keeps its own.
    """
    absent = np.full(rows, np.nan)
    given = {name: columns.get(name, absent) for name in model.indicators}
    bases = _Bases(model, given, weights or {})
    for score in model.scores.values():
        bases.build(score)
    known = _Held(
        model, bases.filled, {name: whole.mean * model.scores[name].out_of for name, whole in bases.wholes.items()}
    )
    rules = {name: degrees(rule.condition, known) for name, rule in model.rules.items()}
    known_or_not = _Degrees(rules, _possible_degrees(model, bases, rules))
    scores = {name: _finish(score, model, bases, known_or_not) for name, score in model.scores.items()}
    return Block(given, scores, rules)


class _Bases:
    """The means that base scores are made of, bottom up; each turn of an input is made once and shared."""

    def __init__(self, model: CompiledModel, given: Mapping[str, Floats], weights: Mapping[str, Weights]) -> None:
        self._model, self.given = model, given
        self.weights = {
            name: weights.get(name, [part.weight for part in of.inputs]) for name, of in model.scores.items()
        }
        self.filled = {name: _with_default(model.indicators[name], column) for name, column in given.items()}
        self.wholes: dict[str, Whole] = {}
        self.parts: dict[str, tuple[Part, ...]] = {}
        self._turns: dict[tuple[str, bool], Part] = {}

    def build(self, score: CompiledScore) -> None:
        """Make the mean of a score whose sub-scores have been built."""
        parts = tuple(self._part(part) for part in score.inputs)
        weights = self.weights[score.name]
        values, present = [part.value for part in parts], [part.present for part in parts]
        mean = power_mean(values, present, weights, score.power)
        if all(part.coverage is None and part.low is None and part.high is None for part in parts):
            self.wholes[score.name] = Whole(mean, None, mean, mean)
        else:
            coverage = weighted_sum([part.coverage for part in parts], weights) / weighted_sum(
                [None] * len(parts), weights
            )
            self.wholes[score.name] = Whole(mean, coverage, *_mean_bounds(mean, coverage, parts, weights, score.power))
        self.parts[score.name] = parts

    def _part(self, part: Input) -> Part:
        if (part.name, False) not in self._turns:
            upright = self.wholes[part.name].as_part() if part.is_score else self._indicator(part.name)
            self._turns[part.name, False] = upright
        if (part.name, part.lowers) not in self._turns:
            self._turns[part.name, part.lowers] = self._turns[part.name, False].turned()
        return self._turns[part.name, part.lowers]

    def _indicator(self, name: str) -> Part:
        indicator = self._model.indicators[name]
        assert indicator.intensity is not None  # noqa: S101  (a weight is not valid without a scale)
        value = indicator.intensity(self.filled[name])
        gap = np.isnan(self.given[name])
        if not gap.any():
            return Part(value, None, None)
        present = ~gap
        if indicator.default is not None:
            return Part(value, None, present, np.where(gap, 0.0, value), np.where(gap, 1.0, value))
        value[gap] = 0.0
        return Part(value, present, present)


def _mean_bounds(
    mean: Floats, coverage: Floats, parts: Sequence[Part], weights: Weights, power: float
) -> tuple[Floats, Floats]:
    """The least and the most that a mean could be, whatever the missing and assumed values are."""
    if power == 1.0 and all(part.low is None and part.high is None for part in parts):
        # Missing values at 0 leave coverage x mean of an arithmetic mean; at 1 they add all that is not covered.
        low = np.where(coverage > 0.0, mean * coverage, 0.0)
        return low, np.fmax(low + (1.0 - coverage), mean)
    everywhere = [None] * len(parts)
    low = power_mean([part.lowest for part in parts], everywhere, weights, power)
    return low, power_mean([part.highest for part in parts], everywhere, weights, power)


class _Degrees(NamedTuple):
    """The degrees of rules: those that take effect, and those that could if everything were known."""

    certain: Mapping[str, Interval]
    possible: Mapping[str, Interval]


class _Held:
    """What sentences are held against: the values of a block, and the bases of its scores."""

    def __init__(self, model: CompiledModel, values: Mapping[str, Floats], bases: Mapping[str, Floats]) -> None:
        self._model, self._values, self._bases = model, values, bases
        self._memberships: dict[tuple[str, str], Interval] = {}

    def number(self, name: str) -> Floats:
        """The values that a name stands for."""
        return self._values[name] if name in self._values else self._bases[name]

    def membership(self, name: str, term: str) -> Interval:
        """The degrees to which an indicator is a term; each is worked out once for all sentences."""
        if (name, term) not in self._memberships:
            degree = self._model.indicators[name].terms[term](self._values[name])
            self._memberships[name, term] = interval(degree)
        return self._memberships[name, term]


def _with_default(indicator: CompiledIndicator, column: Floats) -> Floats:
    if indicator.default is None:
        return column
    return np.where(np.isnan(column), indicator.default, column)


def _possible_degrees(model: CompiledModel, bases: _Bases, rules: Mapping[str, Interval]) -> Mapping[str, Interval]:
    """The degrees that rules could have if missing and assumed values, and what is built from them, were known.

    They differ from the degrees that take effect only for rules that name an assumed indicator, or a score.
    """
    guessed = {name for name, indicator in model.indicators.items() if indicator.default is not None}
    unsure = guessed | model.scores.keys()
    if not any(rule.names & unsure for rule in model.rules.values()):
        return rules
    settled = {
        name: np.where(whole.low == whole.high, whole.mean * model.scores[name].out_of, np.nan)
        for name, whole in bases.wholes.items()
    }
    held = _Held(model, bases.given, settled)
    return {
        name: degrees(rule.condition, held) if rule.names & unsure else rules[name]
        for name, rule in model.rules.items()
    }


def _finish(score: CompiledScore, model: CompiledModel, bases: _Bases, rules: _Degrees) -> ScoreBlock:
    whole = bases.wholes[score.name]
    steps = _steps(score, model, whole.mean, lambda rule, raising: rules.certain[rule][0])
    if whole.coverage is None and all(low is high for low, high in rules.possible.values()):
        low = high = steps.value
    else:
        # A bound takes each rule at the end of its degrees that moves the score towards that bound.
        low = _steps(score, model, whole.low, lambda rule, raising: rules.possible[rule][not raising]).value
        high = _steps(score, model, whole.high, lambda rule, raising: rules.possible[rule][raising]).value
    coverage = np.ones_like(whole.mean) if whole.coverage is None else whole.coverage
    enough = coverage >= score.min_coverage - COVERAGE_TOLERANCE
    value = steps.value if enough.all() else np.where(enough, steps.value, np.nan)
    shown = reported(value, score.decimals)
    bands = band_codes(shown, score.band_starts)
    return ScoreBlock(
        value, shown, bands, coverage, low, high, steps, bases.parts[score.name], bases.weights[score.name]
    )


def _steps(score: CompiledScore, model: CompiledModel, mean: Floats, degree: Callable[[str, bool], Floats]) -> Steps:
    """Apply the effects on a score; `degree(rule, raising)` gives the degree at which a rule takes effect."""
    moves: dict[str, list[tuple[Floats, float]]] = {kind: [] for kind in EFFECT_KINDS}
    for rule in model.rules.values():
        for effect in rule.effects:
            if effect.score == score.name:
                raising = effect.kind == "at_least" or (effect.kind == "add" and effect.amount > 0)
                moves[effect.kind].append((degree(rule.name, raising), effect.amount))
    return combine(mean * score.out_of, moves["add"], moves["at_least"], moves["at_most"], score.out_of)
