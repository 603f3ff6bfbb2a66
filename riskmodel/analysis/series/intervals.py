"""Intervals of the scores of many rows: what is missing is drawn, and weights on request.

Every row is drawn at the same scrambled Sobol' points (see `riskmodel.analysis.sampling`), so that intervals differ
from time to time by what is known, not by chance. Missing values are drawn as `riskmodel.uncertainty` draws them.
"""

from collections.abc import Mapping
from itertools import count
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.quantiles import SCIPY
from riskmodel.analysis.sampling import BLOCK, replicate_generators, sobol_points, without_min_coverage
from riskmodel.analysis.situations import OnProgress
from riskmodel.analysis.uncertainty.estimates import THREADS
from riskmodel.analysis.weights import uncertain_weights
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.imputation import INTERVAL, missing_quantile
from riskmodel.engine.table import keep_memory
from riskmodel.errors import ModelError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.schema.distributions import Quantile
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes
from riskmodel.tables.parallel import in_order

Ends = tuple[Floats, Floats]
"""(n,) lower and upper ends."""


class Drawn(NamedTuple):
    """The draws that all rows share.

    Attributes
    ----------
    model : the compiled model without minimum coverage.
    values : (draws,) by indicator that can be drawn where it is missing.
    weights : by score, (draws,) for each of its inputs.
    """

    model: CompiledModel
    values: Mapping[str, Floats]
    weights: Mapping[str, list[Floats]]


def intervals(
    model: Model,
    columns: Mapping[str, Floats],
    values: Mapping[str, Floats],
    draws: int,
    relative_sd: float | None,
    seed: int,
    on_progress: OnProgress | None,
) -> dict[str, Ends]:
    """Compute the 90 % intervals of scores, by Hazen's plotting positions.

    Parameters
    ----------
    model : the model.
    columns : (n,) encoded values by indicator with a column; NaN where missing.
    values : (n,) exact scores by name; a row without a score has no interval.
    draws : of each row, a power of 2.
    relative_sd : of a weight of average size; None: weights are fixed.
    seed : 0 or more.
    on_progress : called after each block of rows.

    Returns
    -------
    By score. Where nothing is uncertain both ends are the score.
    """
    rows = len(next(iter(values.values())))
    missing = {
        name: np.isnan(columns[name]) if name in columns else np.ones(rows, bool) for name in model.spec.indicators
    }
    drawn = _draw(model, [name for name, mask in missing.items() if mask.any()], draws, relative_sd, seed)
    ends = {name: (value.copy(), value.copy()) for name, value in values.items()}
    uncertain: Mask = np.zeros(rows, bool)
    if drawn.weights:
        uncertain[:] = True
    for name in drawn.values:
        uncertain |= missing[name]
    uncertain &= ~np.all([np.isnan(value) for value in values.values()], axis=0)
    chosen = np.flatnonzero(uncertain)
    at_once = max(BLOCK // draws, 1)
    pieces = [chosen[start : start + at_once] for start in range(0, len(chosen), at_once)]
    keep_memory()
    results = in_order(lambda piece: _ends(drawn, columns, piece, list(values), draws), pieces, THREADS)
    for done, piece, by_score in zip(count(1), pieces, results, strict=False):
        for name, (low, high) in by_score.items():
            has_score = ~np.isnan(values[name][piece])
            ends[name][0][piece[has_score]] = low[has_score]
            ends[name][1][piece[has_score]] = high[has_score]
        if on_progress is not None:
            on_progress(done / len(pieces), "scoring draws")
    return ends


def _draw(model: Model, missing: list[str], draws: int, relative_sd: float | None, seed: int) -> Drawn:
    quantiles: dict[str, Quantile] = {}
    for name in missing:
        try:
            quantile = missing_quantile(model.spec, name, SCIPY)
        except ModelError:  # its range is unknown, so it stays missing
            continue
        if quantile is not None:
            quantiles[name] = quantile
    scores = model.compiled.scores.values()
    weights = {} if relative_sd is None else {score.name: uncertain_weights(score, relative_sd) for score in scores}
    dimensions = len(quantiles) + sum(map(len, weights.values()))
    compiled = without_min_coverage(model.compiled)
    if dimensions == 0:
        return Drawn(compiled, {}, {})
    points = iter(sobol_points(dimensions, draws, replicate_generators(seed, 1)[0]))
    values = {name: quantile(next(points)) for name, quantile in quantiles.items()}
    drawn = {
        name: [weight.quantile(next(points)) for weight in by_input] for name, by_input in weights.items() if by_input
    }
    return Drawn(compiled, values, drawn)


def _ends(drawn: Drawn, columns: Mapping[str, Floats], piece: Codes, scores: list[str], draws: int) -> dict[str, Ends]:
    size = len(piece) * draws
    filled = {}
    for name in drawn.model.indicators:
        known = columns[name][piece] if name in columns else np.full(len(piece), np.nan)
        absent = np.isnan(known)
        if name not in drawn.values or not absent.any():
            filled[name] = np.repeat(known, draws)
        elif absent.all():
            filled[name] = np.tile(drawn.values[name], len(piece))
        else:
            filled[name] = np.where(absent[:, None], drawn.values[name], known[:, None]).ravel()
    weights = {name: [np.tile(weight, len(piece)) for weight in by_input] for name, by_input in drawn.weights.items()}
    block = score_block(drawn.model, filled, size, weights)
    ends = {}
    for name in scores:
        by_row = block.scores[name].value.reshape(len(piece), draws)
        low, high = np.quantile(by_row, INTERVAL, axis=1, method="hazen")
        ends[name] = low, high
    return ends
