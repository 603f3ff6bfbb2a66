"""Scales: from a raw value, in the unit of its indicator, to an intensity in [0, 1].

An intensity of 0 means none of an indicator, 1 practically as much as there can be. The sign of its weight decides
whether that raises or lowers a score.

Every function takes an (n,) float64 array and returns one of the same shape; NaN (missing) stays NaN. References: the
goalposts are those of the UNDP's Human Development Index (Human Development Report, technical note 1); minimum-maximum
and percentile normalisation follow OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 5.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def goalposts(x: Floats, start: float, end: float) -> Floats:
    """Normalise linearly: (x - start) / (end - start), clamped to [0, 1].

    Parameters
    ----------
    x : (n,) raw values, any unit.
    start, end : raw values that give 0 and 1, in the unit of x; they differ; start > end reverses the scale.
    """
    intensity: Floats = x.clip(min(start, end), max(start, end))
    intensity -= start
    intensity /= end - start
    return intensity


def log_goalposts(x: Floats, start: float, end: float) -> Floats:
    """Normalise logarithmically: (ln x - ln start) / (ln end - ln start), clamped to [0, 1].

    Parameters
    ----------
    x : (n,) raw values; those at or below zero count as the lower goalpost.
    start, end : raw values above zero that give 0 and 1; they differ.
    """
    low = np.log(start)
    intensity: Floats = (np.log(np.maximum(x, min(start, end))) - low) / (np.log(end) - low)
    return intensity.clip(0.0, 1.0)


def points(x: Floats, raw: Floats, intensity: Floats) -> Floats:
    """Interpolate linearly through the points (raw, intensity), clamped at both ends.

    Parameters
    ----------
    x : (n,) raw values.
    raw : (k,) strictly increasing raw values, k >= 1.
    intensity : (k,) intensities in [0, 1] at those values.
    """
    return np.interp(x, raw, intensity)


def logistic(x: Floats, midpoint: float, slope: float) -> Floats:
    """Normalise by the logistic curve 1 / (1 + exp(-slope (x - midpoint))).

    Parameters
    ----------
    x : (n,) raw values.
    midpoint : raw value that gives 0.5.
    slope : steepness per raw unit; negative reverses the scale.
    """
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-slope * (x - midpoint)))


def levels(code: Floats, intensity: Floats) -> Floats:
    """Look up the intensity of each label.

    Parameters
    ----------
    code : (n,) position of each label in the list of labels, as a float so that NaN can mark missing values.
    intensity : (k,) intensities in [0, 1] of the k labels.
    """
    missing = np.isnan(code)
    return np.where(missing, np.nan, intensity[np.where(missing, 0, code).astype(np.intp)])
