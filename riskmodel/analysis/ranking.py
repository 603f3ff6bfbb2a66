"""Many situations scored with the same draws of weights, and with draws of what each of them gives as a range."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.quantiles import quantile_of
from riskmodel.analysis.results.ranking import Ranked, Ranking, ScoreRanking, Unranked
from riskmodel.analysis.sampling import BLOCK, check_seed, next_power_of_two, replicate_generators, sobol_points
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationsLike,
    load_situations,
    names_of,
    prepare,
)
from riskmodel.analysis.weights import check_spread, concentration, uncertain_weights
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import ScoreBlock, score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.distributions import Quantile
from riskmodel.tables.arrays import Mask

MAX_CELLS = 1 << 26
"""Of the table of points, a row for each uncertain value or weight and a column for each draw: half a gigabyte."""


class _Range(NamedTuple):
    """A value that is given as a distribution: of which case, of which indicator."""

    case: int
    name: str
    quantile: Quantile


class Draws:
    """Draws of weights, which all cases share, and of ranges, which are independent of each other.

    Parameters
    ----------
    model : the model.
    cases : n cases.
    spread : how uncertain weights are, see `riskmodel.analysis.weights`; 0 where they are held.
    number : how many draws, a power of 2.
    seed : any whole number from 0 on.

    Raises
    ------
    RiskmodelError
        Where more is uncertain than can be drawn.
    """

    def __init__(self, model: Model, cases: Sequence[Case], spread: float, number: int, seed: int) -> None:
        self._model, self._cases, self.number = model.compiled, len(cases), number
        self._columns = columns_of(model.compiled, cases)
        scores = model.compiled.scores.values() if spread else ()
        weights = [weight for score in scores for weight in uncertain_weights(score, spread)]
        self._ranges = [
            _Range(place, name, quantile_of(distribution, model.spec.indicators[name].bounds))
            for place, case in enumerate(cases)
            for name, distribution in case.uncertain.items()
        ]
        factors = len(weights) + len(self._ranges)
        if factors * number > MAX_CELLS:
            most = MAX_CELLS // number
            raise RiskmodelError(
                f"{factors:,} values and weights are uncertain; with {number:,} draws at most {most:,} can be"
            )
        points = sobol_points(factors, number, replicate_generators(seed, 1)[0]) if factors else np.empty((0, number))
        self._weights: dict[str, list[Floats]] = {}
        for weight, shares in zip(weights, points, strict=False):
            self._weights.setdefault(weight.score, []).append(weight.quantile(shares))
        self._points = points[len(weights) :]

    def scored(self, start: int, stop: int, scores: Sequence[str]) -> dict[str, Floats]:
        """The draws from `start` up to `stop`, by score: (stop - start, n) exact values, whatever the coverage is."""
        at_once = max(1, BLOCK // self._cases)
        found: dict[str, list[Floats]] = {score: [] for score in scores}
        for first in range(start, stop, at_once):
            for score, values in self._block(first, min(first + at_once, stop), scores).items():
                found[score].append(values)
        return {score: np.concatenate(values) for score, values in found.items()}

    def _block(self, start: int, stop: int, scores: Sequence[str]) -> dict[str, Floats]:
        draws, number = stop - start, self._cases
        columns = {name: np.tile(column, (draws, 1)) for name, column in self._columns.items()}
        for one, points in zip(self._ranges, self._points, strict=True):
            columns[one.name][:, one.case] = one.quantile(points[start:stop])
        weights = {
            score: [np.repeat(weight[start:stop], number) for weight in drawn] for score, drawn in self._weights.items()
        }
        flat = {name: column.ravel() for name, column in columns.items()}
        block = score_block(self._model, flat, draws * number, weights)
        return {score: block.scores[score].steps.value.reshape(draws, number) for score in scores}


def columns_of(model: CompiledModel, cases: Sequence[Case]) -> dict[str, Floats]:
    """The values of n cases by indicator, (n,) each; NaN is missing. Indicators that no case gives are left out."""
    return {
        name: np.array([case.given.get(name, np.nan) for case in cases])
        for name in model.indicators
        if any(name in case.given for case in cases)
    }


MAX_AT_ONCE = 128
"""Draws that are counted together; a byte must hold their number."""
_SAME = 9
"""Scores tie that agree to so many places of the score's range: what sums of floats are off by must not rank."""

Ranks = NDArray[np.int16]


def ranks(values: Floats, out_of: float) -> Ranks:
    """The rank of each value in its row: 1 + how many are higher, so that those that tie share the better rank.

    Parameters
    ----------
    values : (d, n) scores in [0, out_of], without NaN.
    out_of : the top of the score.
    """
    lowered = -np.round(values / out_of, _SAME)
    order = np.argsort(lowered, axis=1, kind="stable")
    in_order = np.take_along_axis(lowered, order, axis=1)
    places = np.arange(values.shape[1], dtype=np.int16)
    starts = np.ones(values.shape, dtype=bool)
    starts[:, 1:] = in_order[:, 1:] > in_order[:, :-1]
    first = np.maximum.accumulate(np.where(starts, places, 0), axis=1)
    found: Ranks = np.empty(values.shape, dtype=np.int16)
    np.put_along_axis(found, order, (first + 1).astype(np.int16), axis=1)
    return found


class Tally:
    """Counts over draws of n situations."""

    def __init__(self, situations: int) -> None:
        self._having = np.zeros((situations, situations), dtype=np.int64)
        self._above = np.zeros((situations, situations), dtype=np.int64)
        self._draws = 0

    def add(self, found: Ranks) -> None:
        """Count (d, n) ranks of at most `MAX_AT_ONCE` draws."""
        draws, number = found.shape
        cells = np.arange(number) * number + (found - 1)
        self._having += np.bincount(cells.ravel(), minlength=number**2).reshape(number, number)
        for place in range(number):
            wins = (found[:, place : place + 1] < found).view(np.uint8)
            self._above[place] += wins.sum(axis=0, dtype=np.uint8)
        self._draws += draws

    @property
    def acceptability(self) -> Floats:
        """(n, n) shares of draws in which a situation (row) has a rank (column, from 1)."""
        return self._having / self._draws

    @property
    def above(self) -> Floats:
        """(n, n) shares of draws in which one situation (row) is above another (column), a tie counting half."""
        return 0.5 + (self._above - self._above.T) / (2 * self._draws)


SPREAD = 0.2
DRAWS = 1 << 12
MAX_SITUATIONS = 2_000
_LEAST, _MOST = 1 << 8, 1 << 16


@call_as("rank(situations, model=model)", "model.rank(situations)")
def rank(
    source: SituationsLike,
    *,
    model: Model | str | Path = DEFAULT,
    weight_uncertainty: float = SPREAD,
    draws: int = DRAWS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Ranking:
    """Rank situations by each score, and tell how sure the ranks are while weights are uncertain.

    All situations are scored with the same draws of weights. What a situation gives as a distribution is drawn too,
    independently of all else.

    Parameters
    ----------
    source
        Two or more situations, a frame with a row for each, or a file of them.
    model
        A model, its path, or its id.
    weight_uncertainty
        How uncertain weights are, in [0, 1): the standard deviation of a weight of average size, as a share of
        itself (a Dirichlet distribution of the shares; see `riskmodel.analysis.weights`). 0: not at all.
    draws
        How many, from 256 to 65,536; the next power of 2 is taken.
    seed
        Any whole number from 0 on; the same seed gives the same draws.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.

    Raises
    ------
    SituationError
        Where values are not valid, or there are fewer than 2 or more than 2,000 situations.
    RiskmodelError
        Where what is asked for is out of range.
    """
    used = ensure_model(model)
    if weight_uncertainty:
        check_spread(weight_uncertainty)
    number = next_power_of_two(draws, _LEAST, _MOST)
    check_seed(seed)
    situations = load_situations(used.spec, source)
    if not 2 <= len(situations) <= MAX_SITUATIONS:
        raise SituationError(f"a ranking takes 2 to {MAX_SITUATIONS:,} situations; got {len(situations):,}")
    cases = [prepare(used, situation) for situation in situations]
    scores = [name for name in used.spec.scores if name not in used.spec.sub_scores]
    nominal = score_block(used.compiled, columns_of(used.compiled, cases), len(cases))
    there = {name: ~np.isnan(nominal.scores[name].value) for name in scores}
    drawn = Draws(used, cases, weight_uncertainty, number, seed)
    tallies = _tallied(drawn, there, [used.compiled.scores[name].out_of for name in scores], on_progress)
    return Ranking(
        model=used.identity,
        situations=len(cases),
        draws=number,
        seed=seed,
        weight_uncertainty=weight_uncertainty,
        concentrations={
            name: concentration(len(score.inputs), weight_uncertainty)
            for name, score in used.compiled.scores.items()
            if weight_uncertainty and len(score.inputs) > 1
        },
        ranges=sum(len(case.uncertain) for case in cases),
        scores={name: _score(used, names_of(cases), nominal.scores[name], name, tallies[name]) for name in scores},
    )


def _tallied(
    drawn: Draws, there: Mapping[str, Mask], tops: Sequence[float], on_progress: OnProgress | None
) -> dict[str, Tally]:
    """The ranks of the cases that have a score, counted over all draws, by score."""
    tallies = {name: Tally(int(np.count_nonzero(having))) for name, having in there.items()}
    for start in range(0, drawn.number, MAX_AT_ONCE):
        if on_progress is not None:
            on_progress(start / drawn.number, f"{drawn.number:,} draws")
        values = drawn.scored(start, min(start + MAX_AT_ONCE, drawn.number), list(there))
        for (name, having), top in zip(there.items(), tops, strict=True):
            tallies[name].add(ranks(values[name][:, having], top))
    return tallies


def _score(model: Model, names: Sequence[str], nominal: ScoreBlock, name: str, tally: Tally) -> ScoreRanking:
    spec, compiled = model.spec.scores[name], model.compiled.scores[name]
    having = np.flatnonzero(~np.isnan(nominal.value))
    at = ranks(nominal.value[None, having], compiled.out_of)[0]
    order = np.argsort(at, kind="stable")
    return ScoreRanking(
        name,
        spec.title or name,
        compiled.decimals,
        tuple(
            Ranked(
                names[int(case)],
                float(nominal.value[case]),
                float(nominal.reported[case]),
                compiled.bands[nominal.band[case]] if nominal.band[case] >= 0 else None,
                int(place),
            )
            for case, place in zip(having[order], at[order], strict=True)
        ),
        tuple(
            Unranked(names[int(case)], float(nominal.coverage[case]))
            for case in np.flatnonzero(np.isnan(nominal.value))
        ),
        tally.acceptability[order],
        tally.above[np.ix_(order, order)],
    )
