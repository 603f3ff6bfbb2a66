"""Moments of a column that is read in chunks: mean, variance, skewness and kurtosis; and the test for outliers.

Chunks are combined by the formulas of P. Pébay, *Formulas for robust, one-pass parallel computation of covariances and
arbitrary-order statistical moments*, Sandia report SAND2008-6212 (2008). Skewness and kurtosis are G1 and G2 of
D. N. Joanes, C. A. Gill, *Comparing measures of sample skewness and kurtosis*, The Statistician 47 (1998): corrected
for bias, as in Excel, pandas and COINr; the kurtosis is the excess over that of a normal distribution.
"""

import math

import numpy as np

from riskmodel.kernels.types import Floats

MAX_SKEWNESS, MAX_KURTOSIS = 2.0, 3.5
"""A column has outliers if its skewness, either way, and its kurtosis are both above these bounds.

The rule of the European Commission's Joint Research Centre for composite indicators, which follows OECD/JRC, *Handbook
on Constructing Composite Indicators* (2008); it is the default of COINr (W. Becker et al., Journal of Open Source
Software 7, 2022).
"""
_PART = 1 << 14
"""Values that are added at a time, which fit into the processor's cache."""
MAX_CLIPPED = 5
"""Values that are clipped at most before a column counts as skewed as a whole, as in COINr."""


class Moments:
    """The moments of a column.

    Attributes
    ----------
    count : the number of values so far.
    mean : 0 before the first value.
    squares, cubes, fourths : sums of the second, third and fourth powers of deviations from the mean; not finite on
        overflow. Deviations below 1e-160, whose squares underflow, count as 0.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = self.squares = self.cubes = self.fourths = 0.0

    def add(self, values: Floats) -> None:
        """Add (m,) finite values."""
        for start in range(0, len(values), _PART):
            self._add(values[start : start + _PART])

    def _add(self, values: Floats) -> None:
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            mean = float(values.mean())
            deviations = values - mean
            powers = deviations * deviations
            squares = float(powers.sum())
            powers *= deviations
            cubes = float(powers.sum())
            powers *= deviations
            fourths = float(powers.sum())
            self._combine(len(values), mean, squares, cubes, fourths)

    def _combine(self, count: int, mean: float, squares: float, cubes: float, fourths: float) -> None:
        total = self.count + count
        own, share = self.count / total, count / total
        distance = np.float64(mean - self.mean)
        square = distance * distance
        spread = self.count * share
        self.fourths += float(
            fourths
            + square * square * spread * (own * own - own * share + share * share)
            + 6.0 * square * (own * own * squares + share * share * self.squares)
            + 4.0 * distance * (own * cubes - share * self.cubes)
        )
        self.cubes += float(
            cubes + square * distance * spread * (own - share) + 3.0 * distance * (own * squares - share * self.squares)
        )
        self.squares += float(squares + square * spread)
        self.mean += float(distance * share)
        self.count = total

    @property
    def deviation(self) -> float:
        """The sample's standard deviation (n - 1); 0 for a single value."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0

    @property
    def skewness(self) -> float:
        """G1; NaN for fewer than 3 values, for values that do not vary, and on overflow."""
        n = self.count
        if n < 3 or not self.squares > 0.0:
            return math.nan
        with np.errstate(all="ignore"):
            ratio = np.float64(self.cubes) / n / np.power(np.float64(self.squares) / n, 1.5)
            return float(ratio * math.sqrt(n * (n - 1)) / (n - 2))

    @property
    def kurtosis(self) -> float:
        """G2; NaN for fewer than 4 values, for values that do not vary, and on overflow."""
        n = self.count
        if n < 4 or not self.squares > 0.0:
            return math.nan
        with np.errstate(all="ignore"):
            excess = n * np.float64(self.fourths) / np.square(np.float64(self.squares)) - 3.0
            return float(((n + 1) * excess + 6.0) * (n - 1) / ((n - 2) * (n - 3)))

    @property
    def has_outliers(self) -> bool:
        """True if skewness and kurtosis are both beyond their bounds."""
        return abs(self.skewness) > MAX_SKEWNESS and self.kurtosis > MAX_KURTOSIS


def moments_of(values: Floats) -> Moments:
    """Return the moments of (n,) finite values."""
    moments = Moments()
    moments.add(values)
    return moments


def outlying(values: Floats) -> int | None:
    """Count the extreme values that make a column fail the test for outliers.

    The highest value (the lowest, if the skewness is negative) is set to the next one, and so on, until the column
    passes: the winsorisation of COINr.

    Parameters
    ----------
    values : (n,) finite.

    Returns
    -------
    0 if it passes as it is; None if it does not with `MAX_CLIPPED` values clipped, because it is skewed as a whole.
    """
    clipped = values
    while True:
        moments, changed = moments_of(clipped), int(np.count_nonzero(clipped != values))
        if not moments.has_outliers:
            return changed
        if changed >= MAX_CLIPPED:
            return None
        if moments.skewness > 0.0:
            clipped = np.minimum(clipped, clipped[clipped < clipped.max()].max())
        else:
            clipped = np.maximum(clipped, clipped[clipped > clipped.min()].min())
