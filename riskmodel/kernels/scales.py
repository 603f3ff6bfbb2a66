"""Scales: from a raw value, in the units that an analyst reads, to an intensity in [0, 1].

An intensity says how far along its scale an indicator stands: 0 at the end where there is none of it, 1 at the end
where there could hardly be more. Whether that is good or bad is not decided here but by the sign of a weight.

Every function takes an (n,) float64 array and returns one of the same shape; NaN (missing) stays NaN. References: the
goalposts are those of the UNDP's Human Development Index (Human Development Report, technical note 1); minimum-maximum
and percentile normalisation follow OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 5.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def goalposts(x: Floats, start: float, end: float) -> Floats:
    """(x - start) / (end - start), clamped to [0, 1].

    Parameters
    ----------
    x : (n,) raw values, any unit.
    start, end : raw values that give 0 and 1, in the unit of x; they differ, and start > end turns the scale round.
    """
    held: Floats = x.clip(min(start, end), max(start, end))
    held -= start
    held /= end - start
    return held


def log_goalposts(x: Floats, start: float, end: float) -> Floats:
    """Goalposts on the logarithm: (ln x - ln start) / (ln end - ln start), clamped to [0, 1].

    Parameters
    ----------
    x : (n,) raw values; anything at or below zero counts as the lower of the two goalposts.
    start, end : raw values above zero that give 0 and 1; they differ.
    """
    low = np.log(start)
    intensity: Floats = (np.log(np.maximum(x, min(start, end))) - low) / (np.log(end) - low)
    return intensity.clip(0.0, 1.0)


def points(x: Floats, at: Floats, intensity: Floats) -> Floats:
    """Piecewise linear through the points (at, intensity), clamped at both ends.

    Parameters
    ----------
    x : (n,) raw values.
    at : (k,) strictly increasing raw values, k >= 1.
    intensity : (k,) intensities in [0, 1] at those values.
    """
    return np.interp(x, at, intensity)


def logistic(x: Floats, midpoint: float, slope: float) -> Floats:
    """1 / (1 + exp(-slope (x - midpoint))).

    Parameters
    ----------
    x : (n,) raw values.
    midpoint : raw value that gives 0.5.
    slope : steepness per raw unit; negative turns the scale round.
    """
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-slope * (x - midpoint)))


def levels(code: Floats, intensity: Floats) -> Floats:
    """The intensity of each label.

    Parameters
    ----------
    code : (n,) position of each label in the list of labels, as a float so that NaN can say missing.
    intensity : (k,) intensities in [0, 1] of the k labels.
    """
    missing = np.isnan(code)
    return np.where(missing, np.nan, intensity[np.where(missing, 0, code).astype(np.intp)])
