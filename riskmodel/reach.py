"""What a model can come to: the range of every score, the bands in it, and the degrees that its rules can have.

Found by search with the engine itself. Values are tried where something changes (ends and knots of scales, bounds of
terms, numbers in sentences) and between: a graded term is zero, or not, on the whole of an open interval between
two such values. So for rules made of terms and of comparisons with numbers the search is complete, as long as there are
not too many combinations to try them all.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compiled import CompiledModel
from riskmodel.kernels.scales import Floats
from riskmodel.marks import telling_values
from riskmodel.spec.model import ModelSpec

MOST_ROWS = 40_000
STARTS = 24
SWEEPS = 40


class ScoreReach(NamedTuple):
    """The lowest and the highest reported value that were found for a score, and the bands between them."""

    low: float
    high: float
    bands: frozenset[str]


class RuleReach(NamedTuple):
    """The lowest and the highest degree that were found for a rule, with everything known that it names.

    `complete` is False where there were too many combinations to try them all, so that others may exist.
    """

    low: float
    high: float
    complete: bool


class Reach(NamedTuple):
    """What was found, by score and by rule."""

    scores: Mapping[str, ScoreReach]
    rules: Mapping[str, RuleReach]


def explore(spec: ModelSpec, compiled: CompiledModel) -> Reach:
    """Search what a model can come to.

    Parameters
    ----------
    spec, compiled : a model without unfitted scales.
    """
    tried = {name: telling_values(spec, name) for name in spec.indicators}
    rng = np.random.default_rng(0)
    return Reach(
        {name: _score_reach(name, compiled, tried, rng) for name in spec.scores},
        {name: _rule_reach(name, compiled, tried, rng) for name in spec.rules},
    )


def _rule_reach(name: str, compiled: CompiledModel, tried: Mapping[str, Floats], rng: np.random.Generator) -> RuleReach:
    rule = compiled.rules[name]
    involved: set[str] = set()
    for named in rule.names:
        involved |= compiled.scores[named].reaches if named in compiled.scores else {named}
    names = sorted(involved)
    combinations = float(np.prod([float(len(tried[involved_name])) for involved_name in names])) if names else 1.0
    if combinations <= MOST_ROWS:
        grid = np.meshgrid(*(tried[involved_name] for involved_name in names), indexing="ij")
        columns = {involved_name: axis.ravel() for involved_name, axis in zip(names, grid, strict=True)}
    else:
        columns = {involved_name: rng.choice(tried[involved_name], MOST_ROWS) for involved_name in names}
    rows = len(next(iter(columns.values()))) if columns else 1
    degree = score_block(compiled, columns, rows).rules[name][0]
    return RuleReach(float(np.min(degree)), float(np.max(degree)), combinations <= MOST_ROWS)


def _score_reach(
    name: str, compiled: CompiledModel, tried: Mapping[str, Floats], rng: np.random.Generator
) -> ScoreReach:
    """Climb from random starts, one value at a time, upwards and downwards; the bands are those between the ends."""
    names = sorted(tried)
    ends = {}
    for sign in (-1.0, 1.0):
        places = np.column_stack([rng.integers(len(tried[one]), size=STARTS) for one in names])
        best = np.full(STARTS, -np.inf)
        for _ in range(SWEEPS):
            moves = _moves(places, [len(tried[one]) for one in names])
            block = _score(compiled, names, tried, moves.reshape(-1, len(names)))
            gains = sign * block.scores[name].steps.value.reshape(STARTS, -1)
            chosen = gains.argmax(axis=1)
            reached = gains[np.arange(STARTS), chosen]
            if not (reached > best).any():
                break
            best, places = reached, moves[np.arange(STARTS), chosen]
        ends[sign] = places[best.argmax()]
    values = np.array([[tried[one][ends[sign][at]] for at, one in enumerate(names)] for sign in (-1.0, 1.0)])
    low, high = (float(value) for value in _block(compiled, names, values).scores[name].reported)
    score = compiled.scores[name]
    last = (*score.band_starts[1:], np.inf)
    bands = zip(score.bands, score.band_starts, last, strict=False)
    return ScoreReach(low, high, frozenset(band for band, start, end in bands if start <= high and low < end))


def _moves(places: NDArray[np.int64], counts: Sequence[int]) -> NDArray[np.int64]:
    """Every situation that differs from each place in one value, and the place itself: (starts, moves, indicators)."""
    moves = np.repeat(places[:, np.newaxis, :], sum(counts), axis=1)
    at = 0
    for column, count in enumerate(counts):
        moves[:, at : at + count, column] = np.arange(count)
        at += count
    return moves


def _score(
    compiled: CompiledModel, names: Sequence[str], tried: Mapping[str, Floats], places: NDArray[np.int64]
) -> Block:
    return _block(compiled, names, np.column_stack([tried[one][places[:, at]] for at, one in enumerate(names)]))


def _block(compiled: CompiledModel, names: Sequence[str], values: Floats) -> Block:
    """Score rows of values; a label between two labels counts as the lower."""
    columns = {
        one: np.floor(values[:, at]) if compiled.indicators[one].labels is not None else values[:, at].copy()
        for at, one in enumerate(names)
    }
    return score_block(compiled, columns, len(values))
