"""Entropy weights: the more unevenly an input is spread over the rows, the more it tells them apart, and weighs.

After C. E. Shannon (1948), as a method of weighting in M. Zeleny, *Multiple Criteria Decision Making* (McGraw-Hill
1982), and C.-L. Hwang, K. Yoon, *Multiple Attribute Decision Making* (Springer 1981).
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

_NEAR, _TERMS = 0.1, 18
"""Deviations below which the series is taken, and its last term, which is beyond the last digit there."""


class EntropyResult(NamedTuple):
    """Weights, and what they come from.

    Attributes
    ----------
    weights : (k,) above 0, with the sum 1.
    divergence : (k,) in (0, 1]: 1 less the entropy of the input.
    """

    weights: Floats
    divergence: Floats


def entropy_weights(matrix: Floats) -> EntropyResult:
    """Weights in proportion to 1 - e_j, with the entropy e_j = -sum_i p_ij ln p_ij / ln n and p_ij = x_ij / sum_i x_ij.

    Parameters
    ----------
    matrix : (n, k) values, n >= 2, each 0 or more; no column is constant. 0 ln 0 counts as 0.

    Raises
    ------
    RiskmodelError
        Where a value is below 0 or no number, or a column is constant.

    Notes
    -----
    With d_ij = n p_ij - 1, how far a share lies from the equal one, 1 - e_j is the mean over i of
    (1 + d_ij) ln(1 + d_ij) - d_ij, over ln n. For small d this is taken by its series, so that no digits are lost where
    an input hardly differs.
    """
    if not (np.isfinite(matrix) & (matrix >= 0.0)).all():
        raise RiskmodelError("entropy weights need finite values of 0 or more")
    if len(matrix) < 2 or (np.ptp(matrix, axis=0) == 0.0).any():
        raise RiskmodelError("entropy weights need values that differ in every column")
    divergence: Floats = _information(_deviations(matrix)).mean(axis=0) / np.log(len(matrix))
    return EntropyResult(divergence / divergence.sum(), divergence)


def _deviations(matrix: Floats) -> Floats:
    """(n, k) how far each value lies from the mean of its column, over that mean.

    The difference of two floats that are near each other is exact, so it is taken before anything is summed.
    """
    largest: Floats = matrix.max(axis=0)
    apart = matrix - largest
    centre = apart.mean(axis=0)
    found: Floats = (apart - centre) / (largest + centre)
    return found


def _information(deviation: Floats) -> Floats:
    """(1 + d) ln(1 + d) - d for d from -1, which is the sum over m >= 2 of (-d)^m / (m (m - 1))."""
    near = np.where(np.abs(deviation) < _NEAR, deviation, 0.0)
    series = np.zeros_like(near)
    for order in range(_TERMS, 1, -1):
        series = 1.0 / (order * (order - 1)) - near * series
    return np.where(near == 0.0, special.xlog1py(1.0 + deviation, deviation) - deviation, near**2 * series)
