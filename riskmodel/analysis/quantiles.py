"""Quantile functions of distributions, fast and accurate for many draws.

Every uncertain quantity is drawn by inverse transform sampling, so that quasi-random points can be used.
"""

from functools import lru_cache

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from riskmodel.kernels.types import Floats
from riskmodel.schema.distributions import Numerics, Quantile, quantile_function
from riskmodel.schema.situation import Distribution

_KNOTS = np.linspace(-6.5, 6.5, 1025)


def quantile_of(distribution: Distribution, bounds: tuple[float, float]) -> Quantile:
    """Return the quantile function of a distribution; see `riskmodel.schema.distributions.quantile_function`."""
    return quantile_function(distribution, bounds, SCIPY)


def smooth(below: Quantile, above: Quantile, least: float, most: float) -> Quantile:
    """Approximate a quantile function that is slow to compute by a cubic spline over normal quantiles.

    It is exact at the median and within 1e-9 of its spread elsewhere, in a tenth of the time.

    Parameters
    ----------
    below, above : from the share below, and from the share above, to the value: shares near 1 lack the digits that
        shares near 0 have.
    least, most : limits of the values.
    """
    lower, upper = special.ndtr(np.minimum(_KNOTS, 0.0)), special.ndtr(-np.maximum(_KNOTS, 0.0))
    pieces = CubicSpline(_KNOTS, np.where(_KNOTS < 0.0, below(lower), above(upper))).c
    return lambda share: np.clip(_on_spline(pieces, special.ndtri(share)), least, most)


def _on_spline(pieces: Floats, x: Floats) -> Floats:
    """Evaluate a spline over `_KNOTS` bit for bit as scipy does, but without a search, and without holding the GIL.

    Parameters
    ----------
    pieces : (4, knots - 1) coefficients of each piece, the highest power first.
    x : (n,) positions; beyond the knots the outermost pieces continue.
    """
    piece = ((x - _KNOTS[0]) / (_KNOTS[1] - _KNOTS[0])).astype(np.intp).clip(0, len(_KNOTS) - 2)
    # A position just below a knot may have been rounded up to it.
    piece = (piece - (x < _KNOTS.take(piece))).clip(0)
    offset = x - _KNOTS.take(piece)
    square = offset * offset
    cubic, quadratic, linear, constant = (powers.take(piece) for powers in pieces)
    value: Floats = constant + linear * offset + quadratic * square + cubic * (square * offset)
    return value


@lru_cache(maxsize=256)
def _beta(left: float, right: float) -> Quantile:
    return smooth(
        lambda share: special.betaincinv(left, right, share),
        lambda share: special.betainccinv(left, right, share),
        0.0,
        1.0,
    )


SCIPY = Numerics(special.ndtri, lambda number: float(special.ndtr(number)), _beta)
"""The special functions of quantile functions, accurate and fast for many shares."""
