"""Fitting: the scale that a column of data suggests.

References: OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 5, for minimum-maximum and
z-scores. The percentile of a value is the share of the other values that lie below it, (number below) / (n - 1), with
straight lines between: the percentile rank of R. J. Hyndman and Y. Fan, *Sample Quantiles in Statistical Packages*,
The American Statistician 50 (1996), type 7, turned round. Where values are equal all have the rank of the first.
"""

import numpy as np

from riskmodel.kernels.scales import Floats

MOST_POINTS = 1_001
"""Points kept of an empirical distribution; with more distinct values, evenly spread ranks are kept."""


def minmax(values: Floats) -> tuple[float, float]:
    """The lowest and the highest value, as goalposts.

    Parameters
    ----------
    values : (n,) raw values, n >= 1, none missing.
    """
    return float(values.min()), float(values.max())


def zscore(values: Floats) -> tuple[float, float]:
    """Mean minus and plus three standard deviations (of the sample, n - 1), as goalposts.

    Parameters
    ----------
    values : (n,) raw values, n >= 1, none missing; equal goalposts come of a constant column.
    """
    spread = 3 * float(values.std(ddof=1)) if len(values) > 1 else 0.0
    mean = float(values.mean())
    return mean - spread, mean + spread


def percentile(values: Floats) -> list[tuple[float, float]]:
    """The percentile rank of each distinct value, as points.

    Parameters
    ----------
    values : (n,) raw values, n >= 1, none missing.
    """
    distinct, first = np.unique(np.sort(values), return_index=True)
    ranks = first / max(len(values) - 1, 1)
    if len(distinct) > MOST_POINTS:
        kept = np.unique(np.searchsorted(ranks, np.linspace(0.0, ranks[-1], MOST_POINTS)))
        distinct, ranks = distinct[kept], ranks[kept]
    return [(float(value), float(rank)) for value, rank in zip(distinct, ranks, strict=True)]
