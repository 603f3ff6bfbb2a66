"""The means that base scores are made of, with their coverage and bounds, for a block of rows."""

from collections.abc import Callable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel, CompiledScore, Ends, Input, ScoreEffect, Stage
from riskmodel.kernels.effects import Steps, combine
from riskmodel.kernels.evaluation import Interval, degrees, interval
from riskmodel.kernels.means import Present, Weights, arithmetic_mean, power_mean, weighted_sum
from riskmodel.kernels.rounding import band_codes, reported
from riskmodel.kernels.scales import Floats


class MeanInput(NamedTuple):
    """What a mean is taken of: one input of a score, turned so that 1 always raises the score; (n,) arrays."""

    value: Floats
    """In [0, 1]; 0 where missing."""
    present: Present
    """False where missing."""
    coverage: Floats | Present
    """Share of what the input is built from that is there, in [0, 1]; None where all of it is."""
    low: Floats | None = None
    """The least it could be, whatever values that are not known are. None: the value, and 0 where missing."""
    high: Floats | None = None
    """The most it could be. None, as the least is then: the value, and 1 where missing."""

    def turned(self) -> "MeanInput":
        """The same input for a weight of the other sign."""
        value = 1.0 - self.value
        if self.present is not None:
            value *= self.present
        low = None if self.high is None else 1.0 - self.high
        high = None if self.low is None else 1.0 - self.low
        return MeanInput(value, self.present, self.coverage, low, high)

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


class MeanResult(NamedTuple):
    """The mean that a base score is made of, in [0, 1]; (n,) arrays."""

    mean: Floats
    """NaN where no input is there."""
    coverage: Floats | None
    """None where everything is there, and then the bounds are the very array `mean`."""
    low: Floats
    high: Floats

    def as_part(self) -> MeanInput:
        """The mean as an input of another score."""
        gap = np.isnan(self.mean)
        value, present = (np.where(gap, 0.0, self.mean), ~gap) if np.count_nonzero(gap) else (self.mean, None)
        return MeanInput(
            value, present, self.coverage, *((None, None) if self.coverage is None else (self.low, self.high))
        )


class Columns(NamedTuple):
    """The raw values of every indicator in a block."""

    values: Mapping[str, Floats]
    """(n,) each; NaN is missing."""
    gaps: Mapping[str, Present]
    """(n,) where each indicator is missing; None where it nowhere is."""
    absent: Set[str]
    """The indicators that are missing in every row, because nothing was handed in for them."""

    def with_defaults(self, defaults: Mapping[str, float]) -> "Columns":
        """The same with defaults in place of what is missing."""
        if not defaults:
            return self
        values = dict(self.values)
        for name, default in defaults.items():
            if (gap := self.gaps[name]) is not None:
                values[name] = np.where(gap, default, values[name])
        return Columns(values, {**self.gaps, **dict.fromkeys(defaults)}, self.absent - defaults.keys())


def columns_of(names: Set[str], given: Mapping[str, Floats], rows: int) -> Columns:
    """The columns of the named indicators, from those that were handed in."""
    nothing, everywhere = np.full(rows, np.nan), np.ones(rows, dtype=bool)
    return Columns(
        {name: given.get(name, nothing) for name in names},
        {name: _gap(given[name]) if name in given else everywhere for name in names},
        names - given.keys(),
    )


def _gap(column: Floats) -> Present:
    gap = np.isnan(column)
    return gap if np.count_nonzero(gap) else None


class Bases:
    """The means of all scores, bottom up; each turn of an input is made once and shared.

    Parameters
    ----------
    model : the compiled model.
    given : the raw values.
    filled : the raw values with the model's defaults.
    weights : by score, the weights of its inputs where they are not the model's own.
    ranges : the ends between which raw values lie, by indicator, where more than one value is meant.
    rows : the number of rows.

    Attributes
    ----------
    weights : by score, the weights of its inputs.
    wholes : by score, its mean.
    parts : by score, what its mean is taken of.
    inputs : what scores are built from, by indicator or sub-score, before any of it is turned.
    """

    def __init__(
        self,
        model: CompiledModel,
        given: Columns,
        filled: Columns,
        weights: Mapping[str, Weights],
        ranges: Mapping[str, Ends],
        rows: int,
    ) -> None:
        self._model, self._given, self._filled, self._ranges = model, given, filled, ranges
        self.weights: Mapping[str, Weights] = {**model.weights, **weights}
        self.wholes: dict[str, MeanResult] = {}
        self.parts: dict[str, tuple[MeanInput, ...]] = {}
        self.inputs: dict[str, MeanInput] = {}
        self._turned: dict[str, MeanInput] = {}
        nowhere = np.zeros(rows, dtype=bool)
        self._missing = MeanInput(np.zeros(rows), nowhere, nowhere)
        for score in model.scores.values():
            self._build(score)

    def _build(self, score: CompiledScore) -> None:
        """Make the mean of a score whose sub-scores have been built."""
        parts = tuple(self._part(part) for part in score.inputs)
        weights = self.weights[score.name]
        values, present = [part.value for part in parts], [part.present for part in parts]
        own = weights is self._model.weights[score.name]
        total = self._model.total_weights[score.name] if own else weighted_sum([None] * len(parts), weights)
        complete = all(part.coverage is None and part.low is None for part in parts)
        covered = total if complete else weighted_sum([part.coverage for part in parts], weights)
        if score.power == 1.0 and all(part.coverage is part.present for part in parts):
            mean = arithmetic_mean(values, weights, covered)
        else:
            mean = power_mean(values, present, weights, score.power)
        if complete:
            self.wholes[score.name] = MeanResult(mean, None, mean, mean)
        else:
            coverage = np.broadcast_to(covered / total, mean.shape)
            self.wholes[score.name] = MeanResult(
                mean, coverage, *_mean_bounds(mean, coverage, parts, weights, score.power)
            )
        self.parts[score.name] = parts

    def _part(self, part: Input) -> MeanInput:
        if part.name not in self.inputs:
            self.inputs[part.name] = self._upright(part)
        if not part.lowers:
            return self.inputs[part.name]
        if part.name not in self._turned:
            self._turned[part.name] = self.inputs[part.name].turned()
        return self._turned[part.name]

    def _upright(self, part: Input) -> MeanInput:
        if part.is_score:
            return self.wholes[part.name].as_part()
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
    mean: Floats, coverage: Floats, parts: Sequence[MeanInput], weights: Weights, power: float
) -> tuple[Floats, Floats]:
    """The least and the most that a mean could be, whatever the missing and assumed values are."""
    if power == 1.0 and all(part.low is None for part in parts):
        # Missing values at 0 leave coverage x mean of an arithmetic mean; at 1 they add all that is not covered.
        low = np.where(coverage > 0.0, mean * coverage, 0.0)
        return low, np.fmax(low + (1.0 - coverage), mean)
    everywhere = [None] * len(parts)
    low = power_mean([part.lowest for part in parts], everywhere, weights, power)
    return low, power_mean([part.highest for part in parts], everywhere, weights, power)


COVERAGE_TOLERANCE = 1e-9
"""How far a coverage may fall short of the least that is asked for, because shares are rarely exact in binary."""


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
    parts: tuple[MeanInput, ...]
    """One for each input of the score, in the order of its inputs."""
    weights: Weights
    """One for each input of the score, in the order of its inputs."""


class Block(NamedTuple):
    """Everything known about a block of n rows."""

    given: Mapping[str, Floats]
    """Raw values by indicator, as handed in; NaN is missing."""
    scores: Mapping[str, ScoreBlock]
    rules: Mapping[str, Interval]
    inputs: Mapping[str, MeanInput]
    """What scores are built from, by indicator or sub-score: intensities, before a weight turns them."""


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
        differ from row to row; a score that is not named keeps its own.
    ranges : by indicator, (rows,) lower and upper raw values where its column stands for all values between them; the
        bounds contain the score of every one. Such a column has no gaps.
    """
    ranges = ranges or {}
    given = columns_of(model.indicators.keys(), columns, rows)
    filled = given.with_defaults(model.defaults)
    bases = Bases(model, given, filled, weights or {}, ranges, rows)
    base = {name: whole.mean * model.scores[name].out_of for name, whole in bases.wholes.items()}
    held = _BlockContext(model, filled, base, rows)
    certain = {name: degrees(rule.condition, held) for name, rule in model.rules.items()}
    rules = _Degrees(certain, _possible_degrees(model, given, bases, certain, ranges, rows))
    scores = {name: _finish(score, model, bases, base[name], rules) for name, score in model.scores.items()}
    return Block(given.values, scores, certain, bases.inputs)


class _Degrees(NamedTuple):
    """The degrees of rules: those that take effect, and those that could if everything were known."""

    certain: Mapping[str, Interval]
    possible: Mapping[str, Interval]


class _BlockContext:
    """What sentences are held against: the values of a block, and the bases of its scores."""

    def __init__(
        self,
        model: CompiledModel,
        columns: Columns,
        bases: Mapping[str, Floats],
        rows: int,
        ranges: Mapping[str, Ends] = MappingProxyType({}),
    ) -> None:
        self._model, self._columns, self._bases, self._ranges = model, columns, bases, ranges
        self._memberships: dict[tuple[str, str], Interval] = {}
        self._unknown = np.zeros(rows), np.ones(rows)

    def number(self, name: str) -> Floats:
        """The values that a name stands for; unknown where more than one is meant."""
        if name in self._ranges:
            return np.full(len(self._unknown[0]), np.nan)
        return self._columns.values[name] if name in self._columns.values else self._bases[name]

    def membership(self, name: str, term: str) -> Interval:
        """The degrees to which an indicator is a term; each is worked out once for all sentences."""
        if name in self._columns.absent:
            return self._unknown
        found = self._memberships.get((name, term))
        if found is None:
            indicator = self._model.indicators[name]
            function = indicator.terms[term]
            if name in self._ranges:
                found = indicator.between(function, self._ranges[name])
            else:
                found = interval(function(self._columns.values[name]), self._columns.gaps[name])
            self._memberships[name, term] = found
        return found


def _possible_degrees(
    model: CompiledModel,
    given: Columns,
    bases: Bases,
    certain: Mapping[str, Interval],
    ranges: Mapping[str, Ends],
    rows: int,
) -> Mapping[str, Interval]:
    """The degrees that rules could have if every value, and what is built from it, were known."""
    names = model.unsure_rules | {name for name, rule in model.rules.items() if rule.names & ranges.keys()}
    if not names:
        return certain
    settled = {
        name: np.where(whole.low == whole.high, whole.mean * model.scores[name].out_of, np.nan)
        for name, whole in bases.wholes.items()
    }
    held = _BlockContext(model, given, settled, rows, ranges)
    unsure = {name: degrees(model.rules[name].condition, held) for name in names}
    return {**certain, **unsure}


def _finish(score: CompiledScore, model: CompiledModel, bases: Bases, base: Floats, rules: _Degrees) -> ScoreBlock:
    whole, stages = bases.wholes[score.name], model.stages[score.name]
    certain, possible = rules
    steps = _steps(base, stages, score.out_of, lambda move: certain[move.rule][0])
    if whole.coverage is None:
        value, coverage = steps.value, np.ones(len(base))
    else:
        coverage = whole.coverage
        enough = coverage >= score.min_coverage - COVERAGE_TOLERANCE
        value = np.where(enough, steps.value, np.nan)
    if whole.coverage is None and all(low is high for low, high in possible.values()):
        low = high = steps.value
    else:
        # A bound takes each rule at the end of its degrees that moves the score towards that bound.
        lowest, highest = whole.low * score.out_of, whole.high * score.out_of
        low = _steps(lowest, stages, score.out_of, lambda move: possible[move.rule][not move.raising]).value
        high = _steps(highest, stages, score.out_of, lambda move: possible[move.rule][move.raising]).value
    shown = reported(value, score.decimals)
    bands = band_codes(shown, score.band_starts)
    return ScoreBlock(
        value, shown, bands, coverage, low, high, steps, bases.parts[score.name], bases.weights[score.name]
    )


def _steps(base: Floats, stages: Sequence[Stage], out_of: float, degree: Callable[[ScoreEffect], Floats]) -> Steps:
    """Apply the effects on a score, each to a degree."""
    return combine(
        base, [(kind.apply, [(degree(move), move.amount) for move in moves]) for kind, moves in stages], out_of
    )
