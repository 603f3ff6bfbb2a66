"""Distributions of uncertain values: validity, medians and quantile functions.

References: the PERT distribution is D. G. Malcolm et al., *Application of a technique for research and development
program evaluation*, Operations Research 7 (1959), in the usual form of a beta distribution whose mean weighs the
likeliest value four times. Two halves of normal distributions joined at the median are J. F. Gibbons and S. Mylroie,
*Estimation of impurity profiles in ion-implanted amorphous targets using joined half-Gaussian distributions*, Applied
Physics Letters 22 (1973); values beyond the valid range are clipped to it, so that the three quantiles
stay as given. A metalog through the same three points does not exist if one side is much longer than the other.
"""

import math
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.kernels.types import Floats
from riskmodel.schema.situation import Distribution, Normal, Pert, Quantiles, Uniform

Quantile: TypeAlias = Callable[[Floats], Floats]
"""A function from (n,) shares in (0, 1) to the (n,) quantiles."""

_MIN_INSIDE = 1e-9
"""Smallest share of a normal distribution within the valid range."""
_Z90 = 1.2815515655446004
"""The standard normal quantile of 90 %."""
_MAX_NORMAL = 1e150
"""Largest mean and standard deviation, so that samples do not overflow."""
_MAX_DISTANCE = 10.0
"""Largest distance of a sample from p50, in units of the distance from p50 to p10 or p90."""


def numbers_in(distribution: Distribution) -> dict[str, float]:
    """Return the parameters that must be valid values themselves, by key; a normal distribution has none."""
    return {} if isinstance(distribution, Normal) else parameters(distribution)


def parameters(distribution: Distribution) -> dict[str, float]:
    """Return the parameters of a distribution by key."""
    return {key: number for key, number in distribution if isinstance(number, float)}


def median(distribution: Distribution, bounds: tuple[float, float]) -> float:
    """Return the median of a distribution.

    Parameters
    ----------
    distribution : uniform, PERT, normal (truncated to the bounds), or given by its 10, 50 and 90 % quantiles.
    bounds : lowest and highest valid value; infinite without a bound.

    Raises
    ------
    ValueError
        If practically nothing of a normal distribution lies within the bounds, or parameters are too large.
    """
    match distribution:
        case Uniform(low=low, high=high):
            from decimal import Decimal

            # In decimals, so that the middle of 0.2 and 0.4 is exactly 0.3, where a term may have a step.
            return float((Decimal(repr(low)) + Decimal(repr(high))) / 2)
        case Pert(low=low, likely=likely, high=high):
            return _pert_median(low, likely, high)
        case Quantiles(p10=low, p50=middle, p90=high):
            widest = _MAX_DISTANCE * (middle - low), _MAX_DISTANCE * (high - middle)
            if not (math.isfinite(middle - widest[0]) and math.isfinite(middle + widest[1])):
                raise ValueError("the range is too wide to compute with")
            return middle
        case Normal(mean=mean, sd=sd):
            from statistics import NormalDist

            if max(abs(mean), sd) > _MAX_NORMAL:
                raise ValueError(f"a mean or standard deviation above {_MAX_NORMAL:g} is too large to compute with")
            normal = NormalDist(mean, sd)
            below, upto = (normal.cdf(bound) for bound in bounds)
            if upto - below < _MIN_INSIDE:
                raise ValueError("practically nothing of this distribution lies within the valid range")
            return min(max(normal.inv_cdf(below + (upto - below) / 2), bounds[0]), bounds[1])


def support(distribution: Distribution, bounds: tuple[float, float]) -> tuple[float, float]:
    """Return the lowest and the highest possible value of a distribution; infinite without a bound."""
    if isinstance(distribution, Uniform | Pert):
        return distribution.low, distribution.high
    return bounds


class Numerics(NamedTuple):
    """Special functions for quantile functions, from SciPy or without it."""

    normal_quantile: Quantile
    """From (n,) shares in (0, 1) to standard normal quantiles."""
    normal_share: Callable[[float], float]
    """The share of a standard normal distribution below a number."""
    beta_quantile: Callable[[float, float], Quantile]
    """From two shape parameters to the quantile function of a beta distribution."""


def quantile_function(distribution: Distribution, bounds: tuple[float, float], numerics: Numerics) -> Quantile:
    """Return the quantile function of a distribution.

    Parameters
    ----------
    distribution : uniform, PERT, normal (truncated to the bounds), or given by its 10, 50 and 90 % quantiles: two
        halves of normal distributions joined at the median, each with its own standard deviation, clipped to bounds.
    bounds : lowest and highest valid value; infinite without a bound.
    numerics : the special functions.
    """
    match distribution:
        case Uniform(low=low, high=high):
            return lambda share: low * (1.0 - share) + high * share
        case Pert(low=low, high=high) if low == high:
            return lambda share: np.full_like(share, low)
        case Pert(low=low, likely=likely, high=high):
            standard = numerics.beta_quantile(*_pert_shapes(low, likely, high))
            return lambda share: low + (high - low) * standard(share)
        case Quantiles(p10=low, p50=middle, p90=high):
            return lambda share: _joined_halves(numerics.normal_quantile(share), low, middle, high, bounds)
        case Normal(mean=mean, sd=sd):
            return _truncated_normal(mean, sd, bounds, numerics)


def _joined_halves(z: Floats, low: float, middle: float, high: float, bounds: tuple[float, float]) -> Floats:
    half = np.where(z < 0, middle - low, high - middle)
    with np.errstate(invalid="ignore"):  # z may be infinite, and a half may have no width
        distance = z / _Z90 * half
    return np.clip(middle + np.where(half > 0, distance, 0.0), *bounds)


def _truncated_normal(mean: float, sd: float, bounds: tuple[float, float], numerics: Numerics) -> Quantile:
    below, upto = (numerics.normal_share((bound - mean) / sd) for bound in bounds)
    if below > 0.5:
        # Shares near 1 are less accurate than those near 0.
        mirrored = _truncated_normal(-mean, sd, (-bounds[1], -bounds[0]), numerics)
        return lambda share: -mirrored(1.0 - share)
    return lambda share: np.clip(mean + sd * numerics.normal_quantile(below + (upto - below) * share), *bounds)


@lru_cache(maxsize=4096)
def _pert_median(low: float, likely: float, high: float) -> float:
    width = high - low
    if not math.isfinite(width):
        raise ValueError("the range is too wide to compute with")
    if width == 0:
        return low
    beta = _Beta(*_pert_shapes(low, likely, high))
    below, above = beta.around_median()
    while (middle := (below + above) / 2) not in (below, above):
        if beta.share(middle) < 0.5:
            below = middle
        else:
            above = middle
    return low + width * middle


def _pert_shapes(low: float, likely: float, high: float) -> tuple[float, float]:
    """Return the two shape parameters of the beta distribution of a PERT distribution with different ends."""
    width = high - low
    return 1 + 4 * ((likely - low) / width), 1 + 4 * ((high - likely) / width)


class _Beta:
    """A beta distribution, whose share below a number is computed by a continued fraction (NIST DLMF, 8.17.22).

    SciPy is not used, because its import takes longer than the rest of an assessment.

    Parameters
    ----------
    left, right : the shape parameters.
    """

    def __init__(self, left: float, right: float) -> None:
        self._left, self._right = left, right
        self._scale = math.lgamma(left + right) - math.lgamma(left) - math.lgamma(right)
        # Factor and divisor of x in each term of the fraction, the innermost first.
        self._terms = [
            (
                -(left + step // 2) * (left + right + step // 2) if step % 2 else step // 2 * (right - step // 2),
                (left + step - 1) * (left + step),
            )
            for step in range(60, 0, -1)
        ]

    @cached_property
    def _mirrored(self) -> "_Beta":
        return _Beta(self._right, self._left)

    def share(self, x: float) -> float:
        """Return the cumulative distribution at x in [0, 1]."""
        left, right = self._left, self._right
        if x > (left + 1) / (left + right + 2):
            # The fraction converges fast below the mean only.
            return 1.0 - self._mirrored.share(1.0 - x)
        front = math.exp(self._scale + left * math.log(x) + right * math.log1p(-x)) / left if x > 0 else 0.0
        fraction = 1.0
        for factor, divisor in self._terms:
            fraction = 1.0 + factor * x / divisor / fraction
        return front / fraction

    def around_median(self) -> tuple[float, float]:
        """Return two numbers around the median, which bisection from 0 to 1 comes to, too; they take far fewer steps.

        They are neighbouring multiples of a power of two at a solution by Newton's method.
        """
        left, right = self._left, self._right
        x = (left - 1 / 3) / (left + right - 2 / 3)
        for _ in range(3):
            density = math.exp(self._scale + (left - 1) * math.log(x) + (right - 1) * math.log1p(-x))
            x -= (self.share(x) - 0.5) / density
        below = math.floor(x * _STEPS) / _STEPS
        above = below + 1 / _STEPS
        return (below, above) if self.share(below) < 0.5 <= self.share(above) else (0.0, 1.0)


_STEPS = 2.0**44
"""Far coarser than the rounding errors of a share, so that both numbers are on the right sides of the median."""
