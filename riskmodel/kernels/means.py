"""Weighted power means of intensities, and the shares of their values.

M_p(v) = (sum w v^p / sum w)^(1/p). p = 1 is the arithmetic mean, in which a high value fully compensates a low one;
p = 0 (the limit) is the geometric and p = -1 the harmonic mean, with less and less compensation; p = -inf and p = inf
(the limits) are the minimum and the maximum. Reference: P. S. Bullen, *Handbook of Means
and Their Inequalities* (2003), chapter III.
"""

import math
from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

GEOMETRIC_TOLERANCE = 1e-12
"""Exponents closer to 0 give the geometric mean: the difference is smaller than this, and 1 / p would lose it."""

Present = NDArray[np.bool_] | None
"""(n,) mask of the values that are present; None: all."""

Weights = Sequence[float | Floats]
"""k weights above zero: one each, or (n,) arrays if they differ from row to row."""


def power_mean(values: Sequence[Floats], present: Sequence[Present], weights: Weights, power: float) -> Floats:
    """Compute the weighted power mean of the present values of each row.

    Parameters
    ----------
    values : k arrays (n,) of intensities in [0, 1], 0 where missing.
    present : k arrays (n,), False where missing, or None; missing values are left out, and the weights of the others
        renormalised.
    weights : k weights above zero, or k arrays (n,) of them, with any sum.
    power : the exponent p; 1 arithmetic, 0 geometric, -1 harmonic, -inf minimum, inf maximum.

    Returns
    -------
    (n,) in [0, 1]; NaN in rows without any value. With p <= 0 a value of zero gives 0.
    """
    if power == 1.0:
        return arithmetic_mean(values, weights, weighted_sum(present, weights))
    if math.isinf(power):
        return _extreme(values, present, power)
    weight, distance, pivot = _terms(values, present, weights, power)
    total = sum_in_order(weight)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if abs(power) < GEOMETRIC_TOLERANCE:
            mean = np.exp(pivot + sum_in_order(weight * distance) / total)
        else:
            # Near 1 the deviation of the sum from 1 is accurate; far below 1 it would cancel, and the sum is exact.
            lack = sum_in_order(weight * np.expm1(power * distance)) / total
            plain = sum_in_order(weight * np.exp(power * distance)) / total
            mean = np.exp(pivot + np.where(lack > -0.5, np.log1p(lack), np.log(plain)) / power)
    # A pivot of -inf is a value of zero: for p <= 0 the mean is then zero, and for p > 0 all values are zero.
    mean = np.where(np.isneginf(pivot), 0.0, mean)
    # Rounding may leave the last bit above 1.
    return np.minimum(mean, 1.0)


def arithmetic_mean(values: Sequence[Floats], weights: Weights, present_weight: Floats) -> Floats:
    """Compute the power mean of exponent 1, given the (n,) sum of the weights of the present values."""
    total = weighted_sum(values, weights)
    with np.errstate(invalid="ignore"):
        total /= present_weight
    # Rounding may leave the last bit above 1.
    return np.minimum(total, 1.0, out=total)


def sum_in_order(terms: Iterable[Floats]) -> Floats:
    """Sum from first to last; the order of numpy's sum depends on the number of columns."""
    return reduce(np.add, terms)


def weighted_sum(values: Sequence[Floats | Present], weights: Weights) -> Floats:
    """Sum weight times value from first to last; a value of None is 1 everywhere."""
    products = (weight if value is None else value * weight for value, weight in zip(values, weights, strict=True))
    return reduce(np.add, products)  # type: ignore[arg-type]  # a scalar where no value is an array


def _extreme(values: Sequence[Floats], present: Sequence[Present], power: float) -> Floats:
    pick = np.fmax if power > 0 else np.fmin
    return reduce(pick, map(_nan_where_missing, values, present))


def _nan_where_missing(value: Floats, present: Present) -> Floats:
    return value if present is None else np.where(present, value, np.nan)


def _as_rows(weights: Weights) -> Floats:
    """Return weights as (k, 1) or (k, n)."""
    return np.asarray(weights).reshape(len(weights), -1)


def _terms(
    values: Sequence[Floats], present: Sequence[Present], weights: Weights, power: float
) -> tuple[Floats, Floats, Floats]:
    """Return weights (0 where missing), logarithms relative to the dominant value, and the logarithm of that value.

    Relative to the dominant value no exponential over- or underflows.
    """
    stacked = np.stack([_nan_where_missing(value, mask) for value, mask in zip(values, present, strict=True)])
    weight = np.where(np.isnan(stacked), 0.0, _as_rows(weights))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(stacked)
        pivot = np.fmax.reduce(logs) if power > 0 else np.fmin.reduce(logs)
        return weight, np.where(weight > 0.0, logs - pivot, 0.0), pivot


def shares(values: Sequence[Floats], present: Sequence[Present], weights: Weights, power: float) -> Floats:
    """Compute the share of each value in a power mean by the Euler allocation.

    A power mean is homogeneous of degree one, so by Euler's theorem M = sum v_k dM/dv_k, and each term over M is
    w_k v_k^p / sum w v^p. For the arithmetic mean this is weight times value; for minimum and maximum the extreme value
    gets everything (equal ones share by weight). It is also the Aumann-Shapley value with baseline 0. Reference:
    D. Tasche, *Capital allocation to business units and sub-portfolios: the Euler principle* (2008), section 2.

    Parameters
    ----------
    values, present, weights, power : as for `power_mean`.

    Returns
    -------
    (k, n) shares in [0, 1]; each column sums to 1, or to 0 where the mean is 0 or NaN.
    """
    if power == 1.0:
        terms = np.array([value * weight for value, weight in zip(values, weights, strict=True)])
        total = sum_in_order(terms)
        terms /= np.where(total > 0.0, total, 1.0)
        return terms
    mean = power_mean(values, present, weights, power)
    if math.isinf(power):
        terms = np.stack([value == mean for value in values]) * _as_rows(weights)
    else:
        weight, distance, _ = _terms(values, present, weights, power)
        with np.errstate(invalid="ignore", over="ignore"):
            terms = weight * np.exp(power * distance)
    with np.errstate(invalid="ignore"):
        return np.where(mean > 0.0, terms / sum_in_order(terms), 0.0)
