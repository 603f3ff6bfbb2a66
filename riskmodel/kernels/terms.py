"""Terms: the degree in [0, 1] to which a raw value is what a word such as *low* or *high* means.

A graded term is a fuzzy set with straight flanks (L. A. Zadeh, *Fuzzy sets*, Information and Control 8, 1965): near a
threshold a rule takes effect by degrees, so a score does not jump. Where two bounds are equal the flank is a step, and
the bound itself belongs to neither side.

Every function takes an (n,) float64 array of raw values; NaN (missing) stays NaN.
"""

import numpy as np

from riskmodel.kernels.scales import Floats


def above(x: Floats, none: float, full: float) -> Floats:
    """Degree to which x lies above a threshold that is crossed gradually: 0 up to `none`, 1 from `full`.

    Parameters
    ----------
    x : (n,) raw values.
    none, full : raw values, none <= full; where they are equal, a step: 1 only for x > full.
    """
    if none == full:
        return np.where(np.isnan(x), np.nan, x > full)
    degree = x.clip(none, full)
    degree -= none
    degree /= full - none
    return degree


def below(x: Floats, full: float, none: float) -> Floats:
    """Degree to which x lies below a threshold that is crossed gradually: 1 up to `full`, 0 from `none`.

    Parameters
    ----------
    x : (n,) raw values.
    full, none : raw values, full <= none; where they are equal, a step: 1 only for x < full.
    """
    if none == full:
        return np.where(np.isnan(x), np.nan, x < full)
    degree = x.clip(full, none)
    np.subtract(none, degree, out=degree)
    degree /= none - full
    return degree


def between(x: Floats, rise: float, top: float, turn: float, fall: float) -> Floats:
    """Degree to which x lies in a range with gradual ends: rises from `rise` to `top`, falls from `turn` to `fall`.

    Parameters
    ----------
    x : (n,) raw values.
    rise, top, turn, fall : raw values in ascending order; equal neighbours make a step, as for `above` and `below`.
    """
    return np.minimum(above(x, rise, top), below(x, turn, fall))
