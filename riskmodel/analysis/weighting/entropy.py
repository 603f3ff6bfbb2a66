"""Entropy weights: the more unevenly an input is spread over the rows, the more it tells them apart, and weighs.

After C. E. Shannon (1948), as a method of weighting in M. Zeleny, *Multiple Criteria Decision Making* (McGraw-Hill
1982), and C.-L. Hwang, K. Yoon, *Multiple Attribute Decision Making* (Springer 1981).
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats


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
    1 - e_j is worked out as the divergence of p_j from equal shares over ln n, which is the same, and does not lose its
    digits where an input is spread nearly evenly.
    """
    if not (np.isfinite(matrix) & (matrix >= 0.0)).all():
        raise RiskmodelError("entropy weights need finite values of 0 or more")
    if len(matrix) < 2 or (np.ptp(matrix, axis=0) == 0.0).any():
        raise RiskmodelError("entropy weights need values that differ in every column")
    rows = len(matrix)
    divergence: Floats = special.kl_div(matrix / matrix.sum(axis=0), 1.0 / rows).sum(axis=0) / np.log(rows)
    return EntropyResult(divergence / divergence.sum(), divergence)
