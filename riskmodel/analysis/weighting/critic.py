"""CRITIC: an input weighs more the more it varies over the rows, and the less it repeats what others say.

*Criteria importance through intercriteria correlation*: D. Diakoulaki, G. Mavrotas, L. Papayannakis, *Determining
objective weights in multiple criteria problems: the CRITIC method*, Computers & Operations Research 22 (1995).
"""

from typing import NamedTuple

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

_LEAST_CONFLICT = 1e-9
"""Below it correlations differ from 1 by rounding alone."""


class CriticResult(NamedTuple):
    """Weights, and what they come from.

    Attributes
    ----------
    weights : (k,) 0 or more, with the sum 1.
    deviation : (k,) standard deviation of each input, stretched to [0, 1].
    conflict : (k,) sum over the others of 1 less the correlation, in [0, 2 (k - 1)].
    """

    weights: Floats
    deviation: Floats
    conflict: Floats


def critic_weights(matrix: Floats) -> CriticResult:
    """Weights in proportion to sd_j sum_k (1 - r_jk), after each column was stretched to [0, 1].

    Parameters
    ----------
    matrix : (n, k) values, n >= 2, k >= 2; the higher, the more of what the score says. No column is constant.

    Raises
    ------
    RiskmodelError
        Where a value is no number, a column is constant, or all columns rise and fall together, so that none would
        weigh anything.

    Notes
    -----
    The correlations r_jk are Pearson's. Standard deviations are those of a population; with n - 1 in place of n weights
    are the same.
    """
    if not np.isfinite(matrix).all():
        raise RiskmodelError("CRITIC weights need finite values")
    span = np.ptp(matrix, axis=0)
    if len(matrix) < 2 or (span == 0.0).any():
        raise RiskmodelError("CRITIC weights need values that differ in every column")
    stretched = (matrix - matrix.min(axis=0)) / span
    deviation: Floats = stretched.std(axis=0)
    conflict = _conflict(stretched)
    if conflict.max() < _LEAST_CONFLICT:
        raise RiskmodelError("the inputs rise and fall together in every row, so CRITIC can weigh none against another")
    weight = deviation * conflict
    return CriticResult(weight / weight.sum(), deviation, conflict)


def _conflict(matrix: Floats) -> Floats:
    """(k,) the sum over the others of 1 - r.

    Of columns with mean 0 and length 1 it is half the squared distance, which keeps its digits where r is nearly 1.
    """
    centred = matrix - matrix.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=0)
    return np.array([np.sum((unit - column[:, np.newaxis]) ** 2) / 2.0 for column in unit.T])
