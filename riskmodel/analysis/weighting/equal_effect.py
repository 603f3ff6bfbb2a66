"""Equal effective weights: nominal weights under which every input contributes alike to how the composite varies.

The effective weight of an input in a composite y = sum_i w_i v_i is w_i cov(v_i, y) / var(y); over all inputs they sum
to 1 (the term is of psychometrics: M. W. Richardson, *The combination of measures*, 1941; F. B. Baker 1972). They are
seldom the nominal ones: an input that hardly varies, or runs against the others, has little effect whatever it weighs.

All are equal where the gradient of w' C w / 2 - sum_i ln w_i vanishes, C being the covariances, because then
w_i (C w)_i = 1 for all i. The function is strictly convex, so the weights are unique up to a factor (S. Maillard, T.
Roncalli, J. Teïletche, *The properties of equally weighted risk contribution portfolios*, Journal of Portfolio
Management 36, 2010); the algorithm is the damped Newton method of F. Spinu, *An algorithm for computing risk parity
weights* (SSRN 2297383, 2013). Without correlations weights are in proportion to 1 / sd.
"""

from collections.abc import Sequence

import numpy as np
from scipy import optimize

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

_LEAST_VARIANCE = 1e-9
"""Of a weighted mean of inputs with variance 1: below it they cancel out, but for rounding."""
_STEPS = 1000
_FULL_STEP = 0.36
"""Newton decrement below which a full step is safe: Spinu's 0.95 x (3 - sqrt(5)) / 2."""


def effective_weights(weights: Floats, covariance: Floats) -> Floats:
    """w_i (C w)_i / w' C w, which sum to 1.

    Parameters
    ----------
    weights : (k,) nominal weights.
    covariance : (k, k) covariances C of the inputs; the composite must vary.
    """
    product = weights * (covariance @ weights)
    found: Floats = product / product.sum()
    return found


def equal_effect_weights(covariance: Floats, names: Sequence[str] = ()) -> Floats:
    """The positive weights under which the effective weight of each of k inputs is 1 / k.

    Parameters
    ----------
    covariance : (k, k) symmetric and positive semidefinite; variances above 0.
    names : of the inputs, for errors.

    Returns
    -------
    (k,) weights above 0, with the sum 1.

    Raises
    ------
    RiskmodelError
        Where a variance is 0, or there are no such weights because some inputs cancel out: a weighted sum of them, with
        weights above 0, does not vary at all.
    """
    variances = np.diag(covariance)
    if not np.isfinite(covariance).all() or (variances <= 0.0).any():
        raise RiskmodelError("equal effective weights need inputs that vary")
    deviations: Floats = np.sqrt(variances)
    correlation: Floats = covariance / np.outer(deviations, deviations)
    _check_variance(correlation, names or [str(place) for place in range(len(variances))])
    weights: Floats = _balanced(correlation) / deviations
    weights /= weights.sum()
    return weights


def _balanced(correlation: Floats) -> Floats:
    """The x above 0 with x_i (R x)_i = 1 for all i."""
    x: Floats = np.ones(len(correlation))
    for _ in range(_STEPS):
        gradient = correlation @ x - 1.0 / x
        step = np.linalg.solve(correlation + np.diag(1.0 / x**2), gradient)
        decrement = max(0.0, float(gradient @ step)) ** 0.5
        x -= step if decrement < _FULL_STEP else step / (1.0 + decrement)
        if decrement < 1e-13:
            break
    return x


def _check_variance(correlation: Floats, names: Sequence[str]) -> None:
    """Check that no weighted mean of the inputs is constant.

    The least variance m of such a mean is found by non-negative least squares: with R = L'L, the least value of
    |L x|^2 + (sum x - 1)^2 over x >= 0 is m / (1 + m).
    """
    values, vectors = np.linalg.eigh(correlation)
    root = (vectors * np.sqrt(values.clip(0.0))).T
    x, residual = optimize.nnls(np.vstack([root, np.ones(len(names))]), np.append(np.zeros(len(names)), 1.0))
    if residual**2 < _LEAST_VARIANCE:
        parts = [name for name, part in zip(names, x, strict=True) if part > 1e-6]
        raise RiskmodelError(
            f"{', '.join(parts)} cancel out: a weighted sum of them is the same in every row, so no weights give each "
            "input the same effect"
        )
