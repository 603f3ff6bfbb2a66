"""Rating: weights in proportion to points that are given to each input by itself.

In *direct rating* the points say how much an input matters. In *swing weighting* (D. von Winterfeldt, W. Edwards,
*Decision Analysis and Behavioral Research*, Cambridge 1986, chapter 8) they say how much a swing of the input over its
whole scale, from the best end to the worst, would move the score; the largest swing has 100 points, and the others are
told as parts of it. Points of swings respect how long the scales are; ratings of bare importance easily do not.
"""

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

LARGEST_SWING = 100.0


def rated_weights(ratings: Floats) -> Floats:
    """Ratings over their sum.

    Parameters
    ----------
    ratings : (k,) points, above 0 and finite, k >= 1.

    Returns
    -------
    (k,) weights above 0, with the sum 1.

    Raises
    ------
    RiskmodelError
        Where a rating is not above 0.
    """
    if not len(ratings) or not (np.isfinite(ratings) & (ratings > 0.0)).all():
        raise RiskmodelError("every rating should be a finite number above 0")
    weights: Floats = ratings / ratings.sum()
    return weights


def swing_weights(points: Floats) -> Floats:
    """Points of swings over their sum.

    Parameters
    ----------
    points : (k,) in (0, 100], the largest exactly 100.

    Returns
    -------
    (k,) weights above 0, with the sum 1.

    Raises
    ------
    RiskmodelError
        Where a swing is not above 0, or the largest is not 100.
    """
    weights = rated_weights(points)
    if points.max() != LARGEST_SWING:
        raise RiskmodelError(f"the largest swing should have 100 points; it has {points.max():g}")
    return weights
