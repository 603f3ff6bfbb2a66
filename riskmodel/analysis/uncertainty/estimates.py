"""Score draws, scramble by scramble, and estimate shares and quantiles with confidence intervals."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from riskmodel.analysis.results.uncertainty import QUANTILES
from riskmodel.analysis.sampling import BLOCK, UncertainInputs, replicate_generators, sobol_points
from riskmodel.analysis.situations import OnProgress
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.table import keep_memory
from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate
from riskmodel.tables.parallel import in_order

SCRAMBLES = 16
"""Enough for Student's t to be near the normal, and few enough for many points in each."""
CONFIDENCE = 0.9
THREADS = 2


class Sample(NamedTuple):
    """The scores and rules of draws.

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
    inputs: UncertainInputs, scores: Sequence[str], draws: int, seed: int, on_progress: OnProgress | None
) -> list[Sample]:
    """Draw and score; one sample for each scramble.

    Parameters
    ----------
    inputs : the factors.
    scores : names of the scores to keep.
    draws : the total; a power of 2, and a multiple of `SCRAMBLES`.
    seed : 0 or more.
    on_progress : called after each block of draws.
    """
    draws_each = draws // SCRAMBLES
    blocks = max(1, draws_each // BLOCK)
    at_once = min(draws_each, BLOCK)

    def work(piece: tuple[np.random.Generator, int]) -> Sample:
        scramble, start = piece
        points = sobol_points(len(inputs.factors), at_once, scramble, start)
        return _sample(inputs.scored(points), scores)

    keep_memory()
    parts: list[Sample] = []
    pieces = product(replicate_generators(seed, SCRAMBLES), range(0, draws_each, at_once))
    for part in in_order(work, pieces, THREADS):
        parts.append(part)
        if on_progress is not None:
            on_progress(len(parts) / (SCRAMBLES * blocks), "scoring draws")
    return [_concatenated(parts[start : start + blocks]) for start in range(0, len(parts), blocks)]


def certain_sample(inputs: UncertainInputs, scores: Sequence[str], draws: int) -> Sample:
    """Return a sample in which nothing is uncertain: one score, broadcast to the number of draws."""
    block = score_block(inputs.model, {name: np.array([value]) for name, value in inputs.fixed.items()}, rows=1)
    single = _sample(block, scores)
    return Sample(
        {name: np.broadcast_to(values, draws) for name, values in single.values.items()},
        {name: np.broadcast_to(bands, draws) for name, bands in single.bands.items()},
        {name: fired * draws for name, fired in single.fired.items()},
        {name: degree * draws for name, degree in single.degrees.items()},
    )


def _sample(block: Block, scores: Sequence[str]) -> Sample:
    return Sample(
        {name: block.scores[name].value for name in scores},
        {name: block.scores[name].band for name in scores},
        {name: int(np.count_nonzero(degree)) for name, degree in block.degrees.items()},
        {name: float(degree.sum()) for name, degree in block.degrees.items()},
    )


def _concatenated(parts: Sequence[Sample]) -> Sample:
    first = parts[0]
    return Sample(
        {name: np.concatenate([part.values[name] for part in parts]) for name in first.values},
        {name: np.concatenate([part.bands[name] for part in parts]) for name in first.bands},
        {name: sum(part.fired[name] for part in parts) for name in first.fired},
        {name: sum(part.degrees[name] for part in parts) for name in first.degrees},
    )


def share_estimate(shares: Floats) -> Estimate:
    """Return the mean of the shares of independent scrambles, with its confidence interval by Student's t.

    Parameters
    ----------
    shares : (scrambles,) in [0, 1].
    """
    value, half = float(np.mean(shares)), float(_half_width(shares))
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def quantile_estimates(values: Floats) -> dict[float, Estimate]:
    """Return the quantiles of all draws, each with its confidence interval.

    Scrambles estimate the share of draws below a quantile without bias; the quantiles at the ends of the interval of
    that share are the interval of the quantile (R. S. Woodruff, *Confidence intervals for medians and other position
    measures*, Journal of the American Statistical Association 47, 1952).

    Parameters
    ----------
    values : (scrambles, n).
    """
    # Computing quantiles leaves the draws partly sorted, which makes the next ones faster.
    pooled, wanted = values.flatten(), np.array([*QUANTILES])
    quantiles = np.quantile(pooled, wanted, method="hazen", overwrite_input=True)
    halves = np.array([_half_width(np.count_nonzero(values <= x, axis=1) / values.shape[1]) for x in quantiles])
    shares = np.array([np.maximum(wanted - halves, 0.0), np.minimum(wanted + halves, 1.0)])
    lows, highs = np.quantile(pooled, shares, method="hazen", overwrite_input=True)
    return {
        share: Estimate(float(value), float(low), float(high))
        for share, value, low, high in zip(QUANTILES, quantiles, lows, highs, strict=True)
    }


def _half_width(estimates: Floats) -> np.float64:
    """Return half the width of the confidence interval of the mean of independent estimates."""
    standard_error: np.float64 = np.std(estimates, ddof=1) / np.sqrt(len(estimates))
    return standard_error * stats.t.ppf(0.5 + CONFIDENCE / 2, len(estimates) - 1)
