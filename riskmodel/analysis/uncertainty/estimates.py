"""Scoring the draws, scramble by scramble, and what is estimated from them."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from riskmodel.analysis.sampling import BLOCK, UncertainInputs, replicate_generators, sobol_points
from riskmodel.analysis.situations import OnProgress
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.table import keep_memory
from riskmodel.kernels.scales import Floats
from riskmodel.results import Estimate
from riskmodel.tables.parallel import in_order

SCRAMBLES = 16
"""Enough for Student's t to be near the normal, and few enough to leave each scramble many points."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
CONFIDENCE = 0.9
THREADS = 2


class Sample(NamedTuple):
    """What draws came to.

    Attributes
    ----------
    values : (draws,) exact values, by score.
    bands : (draws,) positions of the bands, by score.
    fired, degrees : by rule, in how many draws it fired, and the sum of its degrees.
    """

    values: Mapping[str, Floats]
    bands: Mapping[str, NDArray[np.int8]]
    fired: Mapping[str, int]
    degrees: Mapping[str, float]


def samples(
    setting: UncertainInputs, scores: Sequence[str], draws: int, seed: int, on_progress: OnProgress | None
) -> list[Sample]:
    """Draw and score.

    Parameters
    ----------
    setting : what is uncertain.
    scores : the scores that are wanted.
    draws : how many in all; a power of 2, and a multiple of `SCRAMBLES`.
    seed : any whole number from 0 on.
    on_progress : told after each block of draws.

    Returns
    -------
    One for each scramble.
    """
    each = draws // SCRAMBLES
    blocks = max(1, each // BLOCK)

    at_once = min(each, BLOCK)

    def work(piece: tuple[np.random.Generator, int]) -> Sample:
        scramble, start = piece
        points = sobol_points(len(setting.factors), at_once, scramble, start)
        return _sample(setting.scored(points), scores, at_once)

    keep_memory()
    found: list[Sample] = []
    pieces = product(replicate_generators(seed, SCRAMBLES), range(0, each, at_once))
    for part in in_order(work, pieces, THREADS):
        found.append(part)
        if on_progress is not None:
            on_progress(len(found) / (SCRAMBLES * blocks), "scoring draws")
    return [_together(found[start : start + blocks]) for start in range(0, len(found), blocks)]


def certain_sample(setting: UncertainInputs, scores: Sequence[str], draws: int) -> Sample:
    """So many draws where nothing is uncertain: the one score, over and over, which is kept but once."""
    block = score_block(setting.model, {name: np.array([value]) for name, value in setting.fixed.items()}, rows=1)
    one = _sample(block, scores, 1)
    return Sample(
        {name: np.broadcast_to(values, draws) for name, values in one.values.items()},
        {name: np.broadcast_to(bands, draws) for name, bands in one.bands.items()},
        {name: fired * draws for name, fired in one.fired.items()},
        {name: degree * draws for name, degree in one.degrees.items()},
    )


def _sample(block: Block, scores: Sequence[str], rows: int) -> Sample:
    # A sentence without names has one degree for all rows.
    degrees = {name: np.broadcast_to(low, rows) for name, (low, _) in block.rules.items()}
    return Sample(
        {name: block.scores[name].value for name in scores},
        {name: block.scores[name].band for name in scores},
        {name: int(np.count_nonzero(degree)) for name, degree in degrees.items()},
        {name: float(degree.sum()) for name, degree in degrees.items()},
    )


def _together(parts: Sequence[Sample]) -> Sample:
    first = parts[0]
    return Sample(
        {name: np.concatenate([part.values[name] for part in parts]) for name in first.values},
        {name: np.concatenate([part.bands[name] for part in parts]) for name in first.bands},
        {name: sum(part.fired[name] for part in parts) for name in first.fired},
        {name: sum(part.degrees[name] for part in parts) for name in first.degrees},
    )


def share_estimate(shares: Floats) -> Estimate:
    """The mean of the shares that independent scrambles find, with its confidence interval by Student's t.

    Parameters
    ----------
    shares : (scrambles,) in [0, 1].
    """
    value, reach = float(np.mean(shares)), float(_reach(shares))
    return Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0))


def quantile_estimates(values: Floats) -> dict[float, Estimate]:
    """The quantiles of all draws, each with its confidence interval.

    The share of draws below a quantile is what scrambles estimate without bias; its interval, read off the quantiles
    again, is that of the quantile (R. S. Woodruff, *Confidence intervals for medians and other position measures*,
    Journal of the American Statistical Association 47, 1952).

    Parameters
    ----------
    values : (scrambles, n).
    """
    # Looking for quantiles leaves the draws partly in order, which makes the next ones faster to find.
    together = values.flatten()
    found = np.quantile(together, QUANTILES, method="hazen", overwrite_input=True)
    reach = np.array([_reach(np.count_nonzero(values <= one, axis=1) / values.shape[1]) for one in found])
    shares = np.array([np.maximum(QUANTILES - reach, 0.0), np.minimum(QUANTILES + reach, 1.0)])
    lows, highs = np.quantile(together, shares, method="hazen", overwrite_input=True)
    return {
        share: Estimate(float(one), float(low), float(high))
        for share, one, low, high in zip(QUANTILES, found, lows, highs, strict=True)
    }


def _reach(figures: Floats) -> np.float64:
    """Half the width of the confidence interval of the mean of what independent scrambles say."""
    spread: np.float64 = np.std(figures, ddof=1) / np.sqrt(len(figures))
    return spread * stats.t.ppf(0.5 + CONFIDENCE / 2, len(figures) - 1)
