"""The means that base scores are made of, with their coverage and bounds, for a block of rows."""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np

from riskmodel.engine.compiled import CompiledModel, CompiledScore, Ends, Input
from riskmodel.kernels.means import Present, Weights, arithmetic_mean, power_mean, weighted_sum
from riskmodel.kernels.scales import Floats


class Part(NamedTuple):
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
        value, present = (np.where(gap, 0.0, self.mean), ~gap) if np.count_nonzero(gap) else (self.mean, None)
        return Part(value, present, self.coverage, *((None, None) if self.coverage is None else (self.low, self.high)))


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
        self.wholes: dict[str, Whole] = {}
        self.parts: dict[str, tuple[Part, ...]] = {}
        self.inputs: dict[str, Part] = {}
        self._turned: dict[str, Part] = {}
        nowhere = np.zeros(rows, dtype=bool)
        self._missing = Part(np.zeros(rows), nowhere, nowhere)
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
            self.wholes[score.name] = Whole(mean, None, mean, mean)
        else:
            coverage = np.broadcast_to(covered / total, mean.shape)
            self.wholes[score.name] = Whole(mean, coverage, *_mean_bounds(mean, coverage, parts, weights, score.power))
        self.parts[score.name] = parts

    def _part(self, part: Input) -> Part:
        if part.name not in self.inputs:
            self.inputs[part.name] = self._upright(part)
        if not part.lowers:
            return self.inputs[part.name]
        if part.name not in self._turned:
            self._turned[part.name] = self.inputs[part.name].turned()
        return self._turned[part.name]

    def _upright(self, part: Input) -> Part:
        if part.is_score:
            return self.wholes[part.name].as_part()
        indicator, gap = self._model.indicators[part.name], self._given.gaps[part.name]
        if part.name in self._filled.absent:
            return self._missing
        assert indicator.intensity is not None  # noqa: S101  (a weight is not valid without a scale)
        value = indicator.intensity(self._filled.values[part.name])
        if part.name in self._ranges:
            return Part(value, None, None, *indicator.between(indicator.intensity, self._ranges[part.name]))
        if gap is None:
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
    if power == 1.0 and all(part.low is None for part in parts):
        # Missing values at 0 leave coverage x mean of an arithmetic mean; at 1 they add all that is not covered.
        low = np.where(coverage > 0.0, mean * coverage, 0.0)
        return low, np.fmax(low + (1.0 - coverage), mean)
    everywhere = [None] * len(parts)
    low = power_mean([part.lowest for part in parts], everywhere, weights, power)
    return low, power_mean([part.highest for part in parts], everywhere, weights, power)
