"""Rank situations by each score, with draws of uncertain weights and of values given as ranges."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.quantiles import quantile_of
from riskmodel.analysis.results.ranking import Ranked, Ranking, ScoreRanking, Unranked, count_ordered_pairs
from riskmodel.analysis.sampling import BLOCK, check_seed, next_power_of_two, replicate_generators, sobol_points
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationsLike,
    columns_of,
    load_situations,
    names_of,
    prepare,
)
from riskmodel.analysis.weights import check_weight_uncertainty, concentrations, uncertain_weights
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import ScoreBlock, score_block
from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.distributions import Quantile
from riskmodel.tables.arrays import Mask

WEIGHT_UNCERTAINTY = 0.2
DRAWS = 1 << 12
MAX_SITUATIONS = 2_000
_MIN_DRAWS, _MAX_DRAWS = 1 << 8, 1 << 16
_MAX_CELLS = 1 << 26
"""Of the table of points, a row for each uncertain value or weight and a column for each draw: half a gigabyte."""
_DRAWS_AT_ONCE = 128
"""Draws that are counted together; a byte must hold their number."""
_TIE_DECIMALS = 9
"""Decimals, relative to `out_of`, at which scores tie, so that rounding error does not affect ranks."""

Ranks = NDArray[np.int16]


@call_as("rank(situations, model=model)", "model.rank(situations)")
def rank(
    source: SituationsLike,
    *,
    model: Model | str | Path = DEFAULT,
    weight_uncertainty: float = WEIGHT_UNCERTAINTY,
    draws: int = DRAWS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Ranking:
    """Rank situations by each score, with the certainty of each rank under uncertain weights.

    All situations are scored with the same draws of weights. Distributions are drawn too, independently.

    Parameters
    ----------
    source
        Two or more situations, a frame with a row for each, or a file of them.
    model
        A model, its path, or its id.
    weight_uncertainty
        Relative standard deviation of a weight of average size, in [0, 1); weight shares have a Dirichlet distribution
        (see `riskmodel.analysis.weights`). 0: weights are fixed.
    draws
        Number of draws, from 256 to 65,536; rounded up to a power of 2.
    seed
        A whole number of 0 or more; the same seed gives the same draws.
    on_progress
        Called with the share done, in [0, 1], and the step being done.

    Raises
    ------
    SituationError
        If values are not valid, or there are fewer than 2 or more than 2,000 situations.
    RiskmodelError
        If an option is out of range, or too much is uncertain for that many draws.
    """
    loaded = ensure_model(model)
    if weight_uncertainty:
        check_weight_uncertainty(weight_uncertainty)
    number = next_power_of_two(draws, _MIN_DRAWS, _MAX_DRAWS)
    check_seed(seed)
    situations = load_situations(loaded.spec, source)
    if not 2 <= len(situations) <= MAX_SITUATIONS:
        many = "; rank_table (`riskmodel rank`) ranks any number, and draws nothing" if len(situations) > 1 else ""
        raise SituationError(
            f"a ranking with draws takes 2 to {MAX_SITUATIONS:,} situations; got {len(situations):,}{many}"
        )
    cases = [prepare(loaded, situation) for situation in situations]
    scores = loaded.spec.main_scores
    nominal = score_block(loaded.compiled, columns_of(loaded.compiled, cases), len(cases))
    has_score = {name: ~np.isnan(nominal.scores[name].value) for name in scores}
    sample = _Draws(loaded, cases, weight_uncertainty, number, seed)
    counts = _count_ranks(sample, has_score, [loaded.compiled.scores[name].out_of for name in scores], on_progress)
    names = names_of(cases)
    return Ranking(
        model=loaded.identity,
        situations=len(cases),
        draws=number,
        seed=seed,
        weight_uncertainty=weight_uncertainty,
        concentrations=concentrations(loaded.compiled, weight_uncertainty),
        ranges=sum(len(case.uncertain) for case in cases),
        scores={name: _score_ranking(loaded, names, nominal.scores[name], name, counts[name]) for name in scores},
    )


class _Range(NamedTuple):
    """A value given as a distribution: the position of its case, its indicator, and its quantile function."""

    case: int
    name: str
    quantile: Quantile


class _Draws:
    """Draws of weights, which all cases share, and of ranges, which are independent of each other.

    Parameters
    ----------
    model : the model.
    cases : n cases.
    relative_sd : of a weight of average size, see `riskmodel.analysis.weights`; 0 if weights are fixed.
    number : of draws, a power of 2.
    seed : 0 or more.
    """

    def __init__(self, model: Model, cases: Sequence[Case], relative_sd: float, number: int, seed: int) -> None:
        self._model, self._cases, self.number = model.compiled, len(cases), number
        self._columns = columns_of(model.compiled, cases)
        scores = model.compiled.scores.values() if relative_sd else ()
        weights = [weight for score in scores for weight in uncertain_weights(score, relative_sd)]
        self._ranges = [
            _Range(index, name, quantile_of(distribution, model.spec.indicators[name].bounds))
            for index, case in enumerate(cases)
            for name, distribution in case.uncertain.items()
        ]
        factors = len(weights) + len(self._ranges)
        if factors * number > _MAX_CELLS:
            raise RiskmodelError(
                f"{factors:,} values and weights are uncertain; with {number:,} draws at most "
                f"{_MAX_CELLS // number:,} can be"
            )
        points = sobol_points(factors, number, replicate_generators(seed, 1)[0]) if factors else np.empty((0, number))
        self._weights: dict[str, list[Floats]] = {}
        for weight, shares in zip(weights, points, strict=False):
            self._weights.setdefault(weight.score, []).append(weight.quantile(shares))
        self._points = points[len(weights) :]

    def scored(self, start: int, stop: int, scores: Sequence[str]) -> dict[str, Floats]:
        """Score the draws from `start` to `stop`: (stop - start, n) exact values by score, whatever the coverage."""
        at_once = max(1, BLOCK // self._cases)
        parts = [self._block(first, min(first + at_once, stop), scores) for first in range(start, stop, at_once)]
        return {score: np.concatenate([part[score] for part in parts]) for score in scores}

    def _block(self, start: int, stop: int, scores: Sequence[str]) -> dict[str, Floats]:
        draws, number = stop - start, self._cases
        columns = {name: np.tile(column, (draws, 1)) for name, column in self._columns.items()}
        for range_, points in zip(self._ranges, self._points, strict=True):
            columns[range_.name][:, range_.case] = range_.quantile(points[start:stop])
        weights = {
            score: [np.repeat(weight[start:stop], number) for weight in drawn] for score, drawn in self._weights.items()
        }
        flat = {name: column.ravel() for name, column in columns.items()}
        block = score_block(self._model, flat, draws * number, weights)
        return {score: block.scores[score].steps.value.reshape(draws, number) for score in scores}


def ranks(values: Floats, out_of: float) -> Ranks:
    """Return the rank of each value in its row: 1 + the number of higher ones, so that ties share the better rank.

    Parameters
    ----------
    values : (d, n) scores in [0, out_of], without NaN.
    out_of : the top of the score.
    """
    descending = -np.round(values / out_of, _TIE_DECIMALS)
    order = np.argsort(descending, axis=1, kind="stable")
    in_order = np.take_along_axis(descending, order, axis=1)
    positions = np.arange(values.shape[1], dtype=np.int16)
    starts = np.ones(values.shape, dtype=bool)
    starts[:, 1:] = in_order[:, 1:] > in_order[:, :-1]
    first = np.maximum.accumulate(np.where(starts, positions, 0), axis=1)
    by_column: Ranks = np.empty(values.shape, dtype=np.int16)
    np.put_along_axis(by_column, order, (first + 1).astype(np.int16), axis=1)
    return by_column


class RankCounts:
    """Counts of ranks and pairwise wins of n situations over draws."""

    def __init__(self, situations: int) -> None:
        self._ranks = np.zeros((situations, situations), dtype=np.int64)
        self._wins = np.zeros((situations, situations), dtype=np.int64)
        self._draws = 0

    def add(self, drawn: Ranks) -> None:
        """Count (d, n) ranks of at most `_DRAWS_AT_ONCE` draws."""
        draws, number = drawn.shape
        cells = np.arange(number) * number + (drawn - 1)
        self._ranks += np.bincount(cells.ravel(), minlength=number**2).reshape(number, number)
        for situation in range(number):
            wins = (drawn[:, situation : situation + 1] < drawn).view(np.uint8)
            self._wins[situation] += wins.sum(axis=0, dtype=np.uint8)
        self._draws += draws

    @property
    def acceptability(self) -> Floats:
        """(n, n) shares of draws in which a situation (row) has a rank (column, from 1)."""
        return self._ranks / self._draws

    @property
    def pairwise_winning_index(self) -> Floats:
        """(n, n) shares of draws in which one situation (row) is above another (column), a tie counting half."""
        return 0.5 + (self._wins - self._wins.T) / (2 * self._draws)


def _count_ranks(
    sample: _Draws, has_score: Mapping[str, Mask], tops: Sequence[float], on_progress: OnProgress | None
) -> dict[str, RankCounts]:
    """Count the ranks of the cases that have a score over all draws, by score."""
    counts = {name: RankCounts(int(np.count_nonzero(mask))) for name, mask in has_score.items()}
    for start in range(0, sample.number, _DRAWS_AT_ONCE):
        if on_progress is not None:
            on_progress(start / sample.number, f"{sample.number:,} draws")
        values = sample.scored(start, min(start + _DRAWS_AT_ONCE, sample.number), list(has_score))
        for (name, mask), top in zip(has_score.items(), tops, strict=True):
            counts[name].add(ranks(values[name][:, mask], top))
    return counts


def _score_ranking(
    model: Model, names: Sequence[str], nominal: ScoreBlock, name: str, counts: RankCounts
) -> ScoreRanking:
    spec, compiled = model.spec.scores[name], model.compiled.scores[name]
    scored = np.flatnonzero(~np.isnan(nominal.value))
    nominal_ranks = ranks(nominal.value[None, scored], compiled.out_of)[0]
    order = np.argsort(nominal_ranks, kind="stable")
    winning_index = counts.pairwise_winning_index[np.ix_(order, order)]
    return ScoreRanking(
        name,
        spec.title or name,
        compiled.decimals,
        compiled.bands,
        compiled.better,
        tuple(
            Ranked(
                names[int(case)],
                float(nominal.value[case]),
                float(nominal.reported[case]),
                compiled.bands[nominal.band[case]] if nominal.band[case] >= 0 else None,
                int(nominal_rank),
            )
            for case, nominal_rank in zip(scored[order], nominal_ranks[order], strict=True)
        ),
        tuple(
            Unranked(names[int(case)], float(nominal.coverage[case]))
            for case in np.flatnonzero(np.isnan(nominal.value))
        ),
        count_ordered_pairs(winning_index),
        tuple(winning_index.diagonal(1).tolist()),
        counts.acceptability[order],
        winning_index,
    )
