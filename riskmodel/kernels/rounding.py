"""Reported numbers and bands: what is printed, so that number and word never disagree."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

TOLERANCE = 1e-6
"""In units of the last place: what binary fractions may have lost from a value that is meant to lie at a half."""


def reported(value: Floats, decimals: int) -> Floats:
    """Round half up: floor(value 10^decimals + 0.5 + 1e-6) / 10^decimals.

    Parameters
    ----------
    value : (n,) exact values; NaN stays NaN.
    decimals : places kept, 0 or more.

    Returns
    -------
    (n,) values that print with `decimals` places. Monotone, so what lies between two bounds stays between them.
    """
    scale = 10.0**decimals
    scaled = value * scale
    scaled += 0.5 + TOLERANCE
    np.floor(scaled, out=scaled)
    scaled /= scale
    return scaled


def band_codes(value: Floats, starts: Sequence[float]) -> NDArray[np.int8]:
    """Position of the band that each reported value lies in; a band starts at its bound, which belongs to it.

    Parameters
    ----------
    value : (n,) reported values.
    starts : k lower bounds in ascending order; the first lies at or below every value.

    Returns
    -------
    (n,) int8 in 0..k-1, and -1 for NaN.
    """
    above = value >= np.array(starts)[:, np.newaxis]
    codes: NDArray[np.int8] = np.add.reduce(above, dtype=np.int8, initial=-1)
    return codes
