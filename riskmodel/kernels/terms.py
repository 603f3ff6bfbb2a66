"""Terms: the degree in [0, 1] to which a word such as *low* or *high* applies to a raw value.

A graded term is a fuzzy set with straight flanks (L. A. Zadeh, *Fuzzy sets*, Information and Control 8, 1965): near a
threshold a rule takes effect by degrees, so scores do not jump. A flank with two equal bounds is a step, and the bound
itself belongs to neither side.

Every function takes an (n,) float64 array of raw values; NaN (missing) stays NaN.
"""

import numpy as np

from riskmodel.kernels.scales import Floats


def above(x: Floats, none: float, full: float) -> Floats:
    """Compute the degree to which x is above a gradual threshold: 0 up to `none`, 1 from `full`.

    Parameters
    ----------
    x : (n,) raw values.
    none, full : raw values, none <= full; if equal, a step: 1 only for x > full.
    """
    if none == full:
        return np.where(np.isnan(x), np.nan, x > full)
    degree = x.clip(none, full)
    degree -= none
    degree /= full - none
    return degree


def below(x: Floats, full: float, none: float) -> Floats:
    """Compute the degree to which x is below a gradual threshold: 1 up to `full`, 0 from `none`.

    Parameters
    ----------
    x : (n,) raw values.
    full, none : raw values, full <= none; if equal, a step: 1 only for x < full.
    """
    if none == full:
        return np.where(np.isnan(x), np.nan, x < full)
    degree = x.clip(full, none)
    np.subtract(none, degree, out=degree)
    degree /= none - full
    return degree


def between(x: Floats, rise: float, top: float, turn: float, fall: float) -> Floats:
    """Compute the degree to which x is in a range: it rises from `rise` to `top` and falls from `turn` to `fall`.

    Parameters
    ----------
    x : (n,) raw values.
    rise, top, turn, fall : raw values in ascending order; equal neighbours make a step, as in `above` and `below`.
    """
    return np.minimum(above(x, rise, top), below(x, turn, fall))
