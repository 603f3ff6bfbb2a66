"""Rounding of scores, and bands of the rounded scores, so that number and band always agree."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

TOLERANCE = 1e-6
"""Allowance for the binary representation of a value that lies at a half, in units of the last place."""


def reported(value: Floats, decimals: int) -> Floats:
    """Round half up: floor(value 10^decimals + 0.5 + 1e-6) / 10^decimals.

    Parameters
    ----------
    value : (n,) exact values; NaN stays NaN.
    decimals : decimal places, 0 or more.

    Returns
    -------
    (n,) rounded values. The function is monotone, so a value between two bounds stays between them.
    """
    scale = 10.0**decimals
    scaled = value * scale
    scaled += 0.5 + TOLERANCE
    np.floor(scaled, out=scaled)
    scaled /= scale
    return scaled


def band_codes(value: Floats, starts: Sequence[float]) -> NDArray[np.int8]:
    """Return the position of the band of each reported value; the start of a band belongs to it.

    Parameters
    ----------
    value : (n,) reported values.
    starts : k lower bounds in ascending order; the first is at or below every value.

    Returns
    -------
    (n,) int8 in 0..k-1; -1 for NaN.
    """
    above = value >= np.array(starts)[:, np.newaxis]
    codes: NDArray[np.int8] = np.add.reduce(above, dtype=np.int8, initial=-1)
    return codes
