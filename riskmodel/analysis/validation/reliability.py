"""Reliability: what happened in each band of a score, beside what its recalibrations expected there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from riskmodel.arrays import Mask
from riskmodel.kernels.scales import Floats
from riskmodel.results import Estimate


class BandReliability(NamedTuple):
    """One band of a score, on the rows tested.

    Attributes
    ----------
    rows, events : how many rows lie in it, and how many of these had an event.
    rate : the share of events, with Wilson's interval (which takes the rows as independent); None without rows.
    expected : the mean probability there, by method; empty without rows.
    """

    band: str
    rows: int
    events: int
    rate: Estimate | None
    expected: Mapping[str, float]


def by_band(
    names: Sequence[str],
    bands: NDArray[np.int8],
    events: Mask,
    probabilities: Mapping[str, Floats],
    confidence: float,
) -> Iterator[BandReliability]:
    """What happened in each band.

    Parameters
    ----------
    names : the bands of the score, lowest first.
    bands : (n,) the position of each row's band.
    events : (n,) whether there was an event.
    probabilities : (n,) by method.
    confidence : of the intervals, in (0, 1).
    """
    for place, name in enumerate(names):
        rows = bands == place
        count, happened = int(rows.sum()), int(events[rows].sum())
        if not count:
            yield BandReliability(name, 0, 0, None, {})
            continue
        interval = stats.binomtest(happened, count).proportion_ci(confidence, method="wilson")
        rate = Estimate(happened / count, float(interval.low), float(interval.high))
        expected = {method: float(np.mean(found[rows])) for method, found in probabilities.items()}
        yield BandReliability(name, count, happened, rate, expected)
