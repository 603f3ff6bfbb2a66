"""Many situations scored with the same draws of weights, and with draws of what each of them gives as a range."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.cases import Case
from riskmodel.analysis.draws import BLOCK, scrambles, sobol_points
from riskmodel.analysis.quantiles import quantile_of
from riskmodel.analysis.uncertain_weights import uncertain_weights
from riskmodel.distributions import Quantile
from riskmodel.engine.block import score_block
from riskmodel.engine.compiled import CompiledModel
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model

MOST_CELLS = 1 << 26
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
    spread : how uncertain weights are, see `riskmodel.analysis.uncertain_weights`; 0 where they are held.
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
        if factors * number > MOST_CELLS:
            most = MOST_CELLS // number
            raise RiskmodelError(
                f"{factors:,} values and weights are uncertain; with {number:,} draws at most {most:,} can be"
            )
        points = sobol_points(factors, number, scrambles(seed, 1)[0]) if factors else np.empty((0, number))
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
