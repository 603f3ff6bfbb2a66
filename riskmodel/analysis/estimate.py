"""A figure that was estimated, and how sure it is."""

from typing import NamedTuple


class Estimate(NamedTuple):
    """A figure and its interval; the interval is None where there is too little to tell."""

    value: float
    low: float | None = None
    high: float | None = None
