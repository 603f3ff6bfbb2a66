"""Direct rating and swing weighting: weights in proportion to points.

In *direct rating* the points are the importance of an input. In *swing weighting* (D. von Winterfeldt, W. Edwards,
*Decision Analysis and Behavioral Research*, Cambridge 1986, chapter 8) they are the effect on the score of a swing of
the input over its whole scale, relative to the largest swing, which has 100 points. Swings take the length of the
scales into account; ratings of importance often do not.
"""

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats

LARGEST_SWING = 100.0


def rated_weights(ratings: Floats) -> Floats:
    """Divide ratings by their sum.

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
    """Divide the points of swings by their sum.

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
