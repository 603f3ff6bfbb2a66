"""Score a block of rows: means with coverage and bounds, degrees of rules, effects, rounding and bands."""

from collections.abc import Callable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel, CompiledScore, Ends, ScoreEffect, ScoreInput, Stage
from riskmodel.kernels.effects import Steps, combine
from riskmodel.kernels.evaluation import Interval, degrees, interval
from riskmodel.kernels.means import Present, Weights, arithmetic_mean, power_mean, weighted_sum
from riskmodel.kernels.rounding import band_codes, reported
from riskmodel.kernels.scales import Floats

COVERAGE_TOLERANCE = 1e-9
"""Allowed shortfall of a coverage below `min_coverage`: shares are rarely exact in binary."""


class MeanInput(NamedTuple):
    """One input of a mean, oriented so that 1 always raises the score; (n,) arrays."""

    value: Floats
    """In [0, 1]; 0 where missing."""
    present: Present
    """False where missing."""
    coverage: Floats | Present
    """Share of the input's own weight that is present, in [0, 1]; None: 1 everywhere."""
    low: Floats | None = None
    """Lower bound over all possible values of unknown inputs. None: the value, and 0 where missing."""
    high: Floats | None = None
    """Upper bound; None if `low` is None: the value, and 1 where missing."""

    def inverted(self) -> "MeanInput":
        """Return the input for a weight of the opposite sign."""
        value = 1.0 - self.value
        if self.present is not None:
            value *= self.present
        low = None if self.high is None else 1.0 - self.high
        high = None if self.low is None else 1.0 - self.low
        return MeanInput(value, self.present, self.coverage, low, high)

    @property
    def lower_bound(self) -> Floats:
        """The lower bound as an array."""
        return self.value if self.low is None else self.low

    @property
    def upper_bound(self) -> Floats:
        """The upper bound as an array."""
        if self.high is None:
            return self.value if self.present is None else np.where(self.present, self.value, 1.0)
        return self.high


class ScoreBlock(NamedTuple):
    """One score of a block; (n,) arrays."""

    value: Floats
    """Exact, in [0, out_of]; NaN where the data are insufficient."""
    reported: Floats
    band: NDArray[np.int8]
    """Position in the model's bands; -1 without a value or without bands."""
    coverage: Floats
    low: Floats
    high: Floats
    steps: Steps
    mean_inputs: tuple[MeanInput, ...]
    """In the order of the score's inputs."""
    weights: Weights
    """In the order of the score's inputs."""


class Block(NamedTuple):
    """A scored block of n rows."""

    given: Mapping[str, Floats]
    """Raw values by indicator, as given; NaN is missing."""
    scores: Mapping[str, ScoreBlock]
    rules: Mapping[str, Interval]
    inputs: Mapping[str, MeanInput]
    """Intensities by indicator or sub-score, before the sign of a weight orients them."""


def score_block(
    model: CompiledModel,
    columns: Mapping[str, Floats],
    rows: int,
    weights: Mapping[str, Weights] | None = None,
    ranges: Mapping[str, Ends] | None = None,
) -> Block:
    """Score a block.

    Parameters
    ----------
    model : the compiled model.
    columns : (rows,) float64 raw values by indicator: valid, labels as positions, NaN missing. An indicator without a
        column is missing in every row; other columns are ignored.
    rows : the number of rows, 1 or more.
    weights : by score, one (rows,) array of unsigned weights for each of its inputs, in their order, where the weights
        differ from row to row; other scores keep the weights of the model.
    ranges : by indicator, (rows,) lower and upper raw values where its column stands for all values between them; the
        bounds contain the score of each of these. Such a column has no missing values.
    """
    ranges = ranges or {}
    given = _columns(model.indicators.keys(), columns, rows)
    filled = given.with_defaults(model.defaults)
    means = _Means(model, given, filled, weights or {}, ranges, rows)
    bases = {name: result.mean * model.scores[name].out_of for name, result in means.results.items()}
    context = _BlockContext(model, filled, bases, rows)
    certain = {name: degrees(rule.condition, context) for name, rule in model.rules.items()}
    rules = _Degrees(certain, _possible_degrees(model, given, means, certain, ranges, rows))
    scores = {name: _score(score, model, means, bases[name], rules) for name, score in model.scores.items()}
    return Block(given.values, scores, certain, means.inputs)


class _Columns(NamedTuple):
    """The raw values of every indicator in a block."""

    values: Mapping[str, Floats]
    """(n,) each; NaN is missing."""
    gaps: Mapping[str, Present]
    """(n,) True where missing; None: nowhere."""
    absent: Set[str]
    """Indicators without a column."""

    def with_defaults(self, defaults: Mapping[str, float]) -> "_Columns":
        """Replace missing values by defaults."""
        if not defaults:
            return self
        values = dict(self.values)
        for name, default in defaults.items():
            if (gap := self.gaps[name]) is not None:
                values[name] = np.where(gap, default, values[name])
        return _Columns(values, {**self.gaps, **dict.fromkeys(defaults)}, self.absent - defaults.keys())


def _columns(names: Set[str], given: Mapping[str, Floats], rows: int) -> _Columns:
    all_missing, everywhere = np.full(rows, np.nan), np.ones(rows, dtype=bool)
    return _Columns(
        {name: given.get(name, all_missing) for name in names},
        {name: _gap(given[name]) if name in given else everywhere for name in names},
        names - given.keys(),
    )


def _gap(column: Floats) -> Present:
    gap = np.isnan(column)
    return gap if np.count_nonzero(gap) else None


class _MeanResult(NamedTuple):
    """The mean of a score, in [0, 1]; (n,) arrays."""

    mean: Floats
    """NaN where no input is present."""
    coverage: Floats | None
    """None where all inputs are known; the bounds are then the same array as `mean`."""
    low: Floats
    high: Floats

    def as_input(self) -> MeanInput:
        """Return the mean as an input of another score."""
        gap = np.isnan(self.mean)
        value, present = (np.where(gap, 0.0, self.mean), ~gap) if np.count_nonzero(gap) else (self.mean, None)
        bounds = (None, None) if self.coverage is None else (self.low, self.high)
        return MeanInput(value, present, self.coverage, *bounds)


class _Means:
    """The means of all scores, sub-scores first; inputs are computed once and shared by the scores that use them.

    Parameters
    ----------
    model : the compiled model.
    given : the raw values.
    filled : the raw values with the model's defaults.
    weights : by score, the weights of its inputs where they are not the model's own.
    ranges : by indicator, the ends of its range of values.
    rows : the number of rows.

    Attributes
    ----------
    weights : by score, the weights of its inputs.
    results : by score, its mean.
    oriented : by score, its inputs.
    inputs : by indicator or sub-score, before the sign of a weight orients them.
    """

    def __init__(
        self,
        model: CompiledModel,
        given: _Columns,
        filled: _Columns,
        weights: Mapping[str, Weights],
        ranges: Mapping[str, Ends],
        rows: int,
    ) -> None:
        self._model, self._given, self._filled, self._ranges = model, given, filled, ranges
        self.weights: Mapping[str, Weights] = {**model.weights, **weights}
        self.results: dict[str, _MeanResult] = {}
        self.oriented: dict[str, tuple[MeanInput, ...]] = {}
        self.inputs: dict[str, MeanInput] = {}
        self._inverted: dict[str, MeanInput] = {}
        nowhere = np.zeros(rows, dtype=bool)
        self._missing = MeanInput(np.zeros(rows), nowhere, nowhere)
        for score in model.scores.values():
            self.oriented[score.name] = inputs = tuple(self._orient(part) for part in score.inputs)
            self.results[score.name] = self._mean(score, inputs)

    def _mean(self, score: CompiledScore, inputs: Sequence[MeanInput]) -> _MeanResult:
        weights = self.weights[score.name]
        values = [part.value for part in inputs]
        is_own = weights is self._model.weights[score.name]
        total = self._model.total_weights[score.name] if is_own else weighted_sum([None] * len(inputs), weights)
        complete = all(part.coverage is None and part.low is None for part in inputs)
        covered = total if complete else weighted_sum([part.coverage for part in inputs], weights)
        if score.power == 1.0 and all(part.coverage is part.present for part in inputs):
            mean = arithmetic_mean(values, weights, covered)
        else:
            mean = power_mean(values, [part.present for part in inputs], weights, score.power)
        if complete:
            return _MeanResult(mean, None, mean, mean)
        coverage = np.broadcast_to(covered / total, mean.shape)
        return _MeanResult(mean, coverage, *_mean_bounds(mean, coverage, inputs, weights, score.power))

    def _orient(self, part: ScoreInput) -> MeanInput:
        if part.name not in self.inputs:
            self.inputs[part.name] = self._input(part)
        if not part.inverted:
            return self.inputs[part.name]
        if part.name not in self._inverted:
            self._inverted[part.name] = self.inputs[part.name].inverted()
        return self._inverted[part.name]

    def _input(self, part: ScoreInput) -> MeanInput:
        if part.is_score:
            return self.results[part.name].as_input()
        indicator, gap = self._model.indicators[part.name], self._given.gaps[part.name]
        if part.name in self._filled.absent:
            return self._missing
        assert indicator.intensity is not None  # noqa: S101  (a weight is not valid without a scale)
        value = indicator.intensity(self._filled.values[part.name])
        if part.name in self._ranges:
            return MeanInput(value, None, None, *indicator.between(indicator.intensity, self._ranges[part.name]))
        if gap is None:
            return MeanInput(value, None, None)
        present = ~gap
        if indicator.default is not None:
            return MeanInput(value, None, present, np.where(gap, 0.0, value), np.where(gap, 1.0, value))
        value[gap] = 0.0
        return MeanInput(value, present, present)


def _mean_bounds(
    mean: Floats, coverage: Floats, inputs: Sequence[MeanInput], weights: Weights, power: float
) -> tuple[Floats, Floats]:
    """Return the bounds of a mean over all possible values of missing and assumed inputs."""
    if power == 1.0 and all(part.low is None for part in inputs):
        # Missing values at 0 leave coverage x mean of an arithmetic mean; at 1 they add all that is not covered.
        low = np.where(coverage > 0.0, mean * coverage, 0.0)
        return low, np.fmax(low + (1.0 - coverage), mean)
    everywhere = [None] * len(inputs)
    low = power_mean([part.lower_bound for part in inputs], everywhere, weights, power)
    return low, power_mean([part.upper_bound for part in inputs], everywhere, weights, power)


class _BlockContext:
    """Evaluation context for rule conditions: indicator values and base scores of a block."""

    def __init__(
        self,
        model: CompiledModel,
        columns: _Columns,
        bases: Mapping[str, Floats],
        rows: int,
        ranges: Mapping[str, Ends] = MappingProxyType({}),
    ) -> None:
        self._model, self._columns, self._bases, self._ranges = model, columns, bases, ranges
        self._memberships: dict[tuple[str, str], Interval] = {}
        self._unknown = np.zeros(rows), np.ones(rows)

    def number(self, name: str) -> Floats:
        """Return the values of an indicator or score; NaN where unknown, as in a range."""
        if name in self._ranges:
            return np.full(len(self._unknown[0]), np.nan)
        return self._columns.values[name] if name in self._columns.values else self._bases[name]

    def membership(self, name: str, term: str) -> Interval:
        """Return the degrees to which an indicator is a term; computed once for all conditions."""
        if name in self._columns.absent:
            return self._unknown
        membership = self._memberships.get((name, term))
        if membership is None:
            indicator = self._model.indicators[name]
            function = indicator.terms[term]
            if name in self._ranges:
                membership = indicator.between(function, self._ranges[name])
            else:
                membership = interval(function(self._columns.values[name]), self._columns.gaps[name])
            self._memberships[name, term] = membership
        return membership


class _Degrees(NamedTuple):
    """Degrees by rule: those that take effect, and those that are possible for the values that are not known."""

    certain: Mapping[str, Interval]
    possible: Mapping[str, Interval]


def _possible_degrees(
    model: CompiledModel,
    given: _Columns,
    means: _Means,
    certain: Mapping[str, Interval],
    ranges: Mapping[str, Ends],
    rows: int,
) -> Mapping[str, Interval]:
    in_range = {name for name, rule in model.rules.items() if rule.names & ranges.keys()}
    names = model.rules_with_unknown_inputs | in_range
    if not names:
        return certain
    known_bases = {
        name: np.where(result.low == result.high, result.mean * model.scores[name].out_of, np.nan)
        for name, result in means.results.items()
    }
    context = _BlockContext(model, given, known_bases, rows, ranges)
    possible = {name: degrees(model.rules[name].condition, context) for name in names}
    return {**certain, **possible}


def _score(score: CompiledScore, model: CompiledModel, means: _Means, base: Floats, rules: _Degrees) -> ScoreBlock:
    result, stages = means.results[score.name], model.stages[score.name]
    certain, possible = rules
    steps = _steps(base, stages, score.out_of, lambda effect: certain[effect.rule][0])
    if result.coverage is None:
        value, coverage = steps.value, np.ones(len(base))
    else:
        coverage = result.coverage
        enough = coverage >= score.min_coverage - COVERAGE_TOLERANCE
        value = np.where(enough, steps.value, np.nan)
    if result.coverage is None and all(low is high for low, high in possible.values()):
        low = high = steps.value
    else:
        # A bound takes each rule at the end of its degrees that moves the score towards that bound.
        lowest, highest = result.low * score.out_of, result.high * score.out_of
        low = _steps(lowest, stages, score.out_of, lambda effect: possible[effect.rule][not effect.raising]).value
        high = _steps(highest, stages, score.out_of, lambda effect: possible[effect.rule][effect.raising]).value
    rounded = reported(value, score.decimals)
    bands = band_codes(rounded, score.band_starts)
    return ScoreBlock(
        value, rounded, bands, coverage, low, high, steps, means.oriented[score.name], means.weights[score.name]
    )


def _steps(base: Floats, stages: Sequence[Stage], out_of: float, degree: Callable[[ScoreEffect], Floats]) -> Steps:
    return combine(
        base,
        [(kind.apply, [(degree(effect), effect.amount) for effect in effects]) for kind, effects in stages],
        out_of,
    )
