"""Values that are not known exactly: what a situation file may give in place of a number, and its median.

References: the PERT distribution is D. G. Malcolm et al., *Application of a technique for research and development
program evaluation*, Operations Research 7 (1959), in the usual form of a beta distribution whose mean weighs the
likeliest value four times.
"""

import math
from functools import lru_cache

from riskmodel.spec.situation import Distribution, Normal, Pert, Quantiles, Uniform

_LEAST_INSIDE = 1e-9
_MAX_NORMAL = 1e150
"""The largest mean and standard deviation, so that what is drawn stays far from the end of all numbers."""
_MAX_AWAY = 10.0
"""How far from p50 a drawn value can lie, in units of the distance from p50 to p10 or p90."""


def numbers_in(distribution: Distribution) -> dict[str, float]:
    """The numbers of a distribution that must themselves be valid values, by key; a normal distribution has none."""
    if isinstance(distribution, Normal):
        return {}
    return dict(distribution)


def median(distribution: Distribution, bounds: tuple[float, float]) -> float:
    """The value that the quantity is as likely to exceed as not.

    Parameters
    ----------
    distribution : uniform, PERT, normal (truncated to the bounds), or given by its 10, 50 and 90 % quantiles.
    bounds : lowest and highest valid value; infinite where there is no bound.

    Raises
    ------
    ValueError
        Where practically nothing of a normal distribution lies within the bounds, or numbers are too large.
    """
    match distribution:
        case Uniform(low=low, high=high):
            from decimal import Decimal

            # In decimals, so that a step of a term at 0.3 takes the middle between 0.2 and 0.4 for 0.3.
            return float((Decimal(repr(low)) + Decimal(repr(high))) / 2)
        case Pert(low=low, likely=likely, high=high):
            return _pert_median(low, likely, high)
        case Quantiles(p10=low, p50=middle, p90=high):
            widest = _MAX_AWAY * (middle - low), _MAX_AWAY * (high - middle)
            if not (math.isfinite(middle - widest[0]) and math.isfinite(middle + widest[1])):
                raise ValueError("the range is too wide to compute with")
            return middle
        case Normal(mean=mean, sd=sd):
            from statistics import NormalDist

            if max(abs(mean), sd) > _MAX_NORMAL:
                raise ValueError(f"a mean or standard deviation above {_MAX_NORMAL:g} is too large to compute with")
            normal = NormalDist(mean, sd)
            below, upto = (normal.cdf(bound) for bound in bounds)
            if upto - below < _LEAST_INSIDE:
                raise ValueError("practically nothing of this distribution lies within what is valid")
            return min(max(normal.inv_cdf(below + (upto - below) / 2), bounds[0]), bounds[1])


@lru_cache(maxsize=4096)
def _pert_median(low: float, likely: float, high: float) -> float:
    width = high - low
    if not math.isfinite(width):
        raise ValueError("the range is too wide to compute with")
    if width == 0:
        return low
    left, right = pert_shapes(low, likely, high)
    below, above = 0.0, 1.0
    while (middle := (below + above) / 2) not in (below, above):
        if _beta_share(middle, left, right) < 0.5:
            below = middle
        else:
            above = middle
    return low + width * middle


def pert_shapes(low: float, likely: float, high: float) -> tuple[float, float]:
    """The two shapes of the beta distribution of a PERT distribution whose ends differ."""
    width = high - low
    return 1 + 4 * ((likely - low) / width), 1 + 4 * ((high - likely) / width)


def _beta_share(x: float, left: float, right: float) -> float:
    """The share of a beta distribution below x, by its continued fraction (NIST DLMF, 8.17.22).

    Written out because importing SciPy takes longer than the rest of an assessment.
    """
    if x > (left + 1) / (left + right + 2):
        # The fraction converges fast on this side of the mean only.
        return 1.0 - _beta_share(1.0 - x, right, left)
    scale = math.lgamma(left + right) - math.lgamma(left) - math.lgamma(right)
    front = math.exp(scale + left * math.log(x) + right * math.log1p(-x)) / left if x > 0 else 0.0
    fraction = 1.0
    for step in range(60, 0, -1):
        half, odd = divmod(step, 2)
        if odd:
            term = -(left + half) * (left + right + half) * x / ((left + step - 1) * (left + step))
        else:
            term = half * (right - half) * x / ((left + step - 1) * (left + step))
        fraction = 1.0 + term / fraction
    return front / fraction
