"""Scoring a block of rows: columns of raw values in, scores, bands, coverage and bounds out."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.bases import Bases, Columns, Part, columns_of
from riskmodel.engine.compiled import CompiledModel, CompiledScore, Ends, Move, Stage
from riskmodel.kernels.effects import Steps, combine
from riskmodel.kernels.means import Weights
from riskmodel.kernels.rounding import band_codes, reported
from riskmodel.kernels.scales import Floats
from riskmodel.kernels.truth import Interval, degrees, interval

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
    inputs: Mapping[str, Part]
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
    held = _Held(model, filled, base, rows)
    certain = {name: degrees(rule.condition, held) for name, rule in model.rules.items()}
    rules = _Degrees(certain, _possible_degrees(model, given, bases, certain, ranges, rows))
    scores = {name: _finish(score, model, bases, base[name], rules) for name, score in model.scores.items()}
    return Block(given.values, scores, certain, bases.inputs)


class _Degrees(NamedTuple):
    """The degrees of rules: those that take effect, and those that could if everything were known."""

    certain: Mapping[str, Interval]
    possible: Mapping[str, Interval]


class _Held:
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
    held = _Held(model, given, settled, rows, ranges)
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


def _steps(base: Floats, stages: Sequence[Stage], out_of: float, degree: Callable[[Move], Floats]) -> Steps:
    """Apply the effects on a score, each to a degree."""
    return combine(
        base, [(kind.apply, [(degree(move), move.amount) for move in moves]) for kind, moves in stages], out_of
    )
