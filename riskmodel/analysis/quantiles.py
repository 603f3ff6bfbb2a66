"""Drawing values: the raw value below which a given share of an uncertain quantity lies.

Every quantity is drawn through its quantile function, so that points spread evenly over [0, 1] (random or quasi-random)
become values spread as the quantity is.

The quantity that is given by its 10, 50 and 90 % quantiles is two halves of normal distributions joined at the median,
each with the spread that its side asks for (J. F. Gibbons and S. Mylroie, *Estimation of impurity profiles in
ion-implanted amorphous targets using joined half-Gaussian distributions*, Applied Physics Letters 22, 1973). What lies
beyond the valid values counts as the last valid one, so that the three quantiles stay what was said. A metalog through
the same three points would not exist where one side is much longer than the other.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from riskmodel.distributions import pert_shapes
from riskmodel.kernels.scales import Floats
from riskmodel.marks import Range
from riskmodel.spec.situation import Distribution, Normal, Pert, Quantiles, Uniform

Quantile: TypeAlias = Callable[[Floats], Floats]
"""From (n,) shares in (0, 1) to (n,) raw values."""

_KNOTS = np.linspace(-6.5, 6.5, 1025)
_TENTH = float(special.ndtri(0.9))


def quantile_of(distribution: Distribution, bounds: tuple[float, float]) -> Quantile:
    """The quantile function of a distribution.

    Parameters
    ----------
    distribution : uniform, PERT (a beta distribution whose mean weighs the likeliest value four times), normal
        (truncated to the bounds), or given by its 10, 50 and 90 % quantiles.
    bounds : lowest and highest valid value; infinite where there is no bound.
    """
    match distribution:
        case Uniform(low=low, high=high):
            return lambda share: low * (1.0 - share) + high * share
        case Pert(low=low, likely=likely, high=high):
            return _pert(low, likely, high)
        case Quantiles(p10=low, p50=middle, p90=high):
            return lambda share: _joined_halves(share, low, middle, high, bounds)
        case Normal(mean=mean, sd=sd):
            return _truncated_normal(mean, sd, bounds)


def over_range(whole: Range) -> Quantile:
    """The quantile function of a quantity of which only the range is known: any value in it is equally likely.

    Where the scale is logarithmic, any value of the logarithm is.
    """
    if whole.logarithmic:
        low, high = math.log(whole.low), math.log(whole.high)
        return lambda share: np.clip(np.exp(low + (high - low) * share), whole.low, whole.high)
    return lambda share: whole.low + (whole.high - whole.low) * share


def over_labels(labels: int) -> Quantile:
    """The quantile function of the position of a label, of which each is equally likely."""
    return lambda share: np.minimum(np.floor(share * labels), labels - 1.0)


def smooth(below: Quantile, above: Quantile, least: float, most: float) -> Quantile:
    """A quantile function that is slow to compute, by a cubic spline over normal quantiles.

    It is exact at the median and within 1e-9 of its spread elsewhere, at a tenth of the time.

    Parameters
    ----------
    below, above : from a share that lies below, and from one that lies above, to the value: shares near 1 have lost the
        digits that shares near 0 still have.
    least, most : what no value leaves.
    """
    lower, upper = special.ndtr(np.minimum(_KNOTS, 0.0)), special.ndtr(-np.maximum(_KNOTS, 0.0))
    pieces = CubicSpline(_KNOTS, np.where(_KNOTS < 0.0, below(lower), above(upper))).c
    return lambda share: np.clip(_on_spline(pieces, special.ndtri(share)), least, most)


def _on_spline(pieces: Floats, x: Floats) -> Floats:
    """What scipy makes of a spline over `_KNOTS`, to the bit, but faster: it holds up all other threads, and searches.

    Parameters
    ----------
    pieces : (4, knots - 1) coefficients of each piece, the highest power first.
    x : (n,) where; beyond the knots the outermost pieces go on.
    """
    place = ((x - _KNOTS[0]) / (_KNOTS[1] - _KNOTS[0])).astype(np.intp).clip(0, len(_KNOTS) - 2)
    # A place just below a knot may have been rounded up to it.
    place = (place - (x < _KNOTS.take(place))).clip(0)
    away = x - _KNOTS.take(place)
    square = away * away
    cubic, quadratic, linear, constant = (powers.take(place) for powers in pieces)
    value: Floats = constant + linear * away + quadratic * square + cubic * (square * away)
    return value


def _pert(low: float, likely: float, high: float) -> Quantile:
    width = high - low
    if width == 0:
        return lambda share: np.full_like(share, low)
    standard = _beta(*pert_shapes(low, likely, high))
    return lambda share: low + width * standard(share)


@lru_cache(maxsize=256)
def _beta(left: float, right: float) -> Quantile:
    return smooth(
        lambda share: special.betaincinv(left, right, share),
        lambda share: special.betainccinv(left, right, share),
        0.0,
        1.0,
    )


def _joined_halves(share: Floats, low: float, middle: float, high: float, bounds: tuple[float, float]) -> Floats:
    away = special.ndtri(share) / _TENTH
    return np.clip(middle + away * np.where(away < 0, middle - low, high - middle), *bounds)


def _truncated_normal(mean: float, sd: float, bounds: tuple[float, float]) -> Quantile:
    below, upto = (float(special.ndtr((bound - mean) / sd)) for bound in bounds)
    if below > 0.5:
        # Shares near 1 have lost the digits that shares near 0 still have.
        mirrored = _truncated_normal(-mean, sd, (-bounds[1], -bounds[0]))
        return lambda share: -mirrored(1.0 - share)
    return lambda share: np.clip(mean + sd * special.ndtri(below + (upto - below) * share), *bounds)
