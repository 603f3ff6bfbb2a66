"""Steps from band to band: whether more happens in the higher of two neighbouring bands, with intervals over pairs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import resampling
from numpy.typing import NDArray
from reference import Data
from wording import BELOW, UNCLEAR, UNKNOWN, listed, position, span

from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate
from riskmodel.tables.arrays import Mask

MIN_PAIRS = 10
"""Steps between bands that hold fewer pairs of states than this have no interval: resamples would all be alike."""
NOT_IN_ORDER = {
    BELOW: "in the wrong order",
    UNCLEAR: "indistinguishable",
    UNKNOWN: "not compared (too few rows)",
}


class Step(NamedTuple):
    """By what the mean of a figure in a band exceeds that in the band below; None where one of them has no rows."""

    name: str
    difference: Estimate | None


class Means(NamedTuple):
    """The mean of a figure in each band, by name, and the steps between neighbours."""

    means: Mapping[str, Estimate | None]
    steps: Sequence[Step]


def by_band(data: Data, bands: Sequence[str], band: NDArray[Any], values: Floats, rows: Mask) -> Means:
    """Compare bands.

    Parameters
    ----------
    data : the pairs of states.
    bands : the names of the bands, lowest first.
    band : (n,) the band of each row; rows without one are left out.
    values : (n,) the figure, such as 1 for an event and 0 for none; NaN where it is unknown.
    rows : (n,) which rows to take.
    """
    rows = rows & ~np.isnan(values)
    codes = np.unique(data.codes[rows], return_inverse=True)[1]
    groups = int(codes.max()) + 1 if len(codes) else 0
    inside = [band[rows] == name for name in bands]
    sums = np.column_stack([np.bincount(codes[each], values[rows][each], groups) for each in inside])
    sizes = np.column_stack([np.bincount(codes[each], minlength=groups) for each in inside]).astype(float)
    pairs = (sizes > 0.0).sum(axis=0)
    counts = resampling.group_counts(groups, data.resamples) if groups else np.zeros((data.resamples, 0))
    means = resampling.ratio(sums.sum(axis=0), sizes.sum(axis=0))
    draws = resampling.ratio(counts @ sums, counts @ sizes)
    return Means(
        {name: _estimate(means[index], draws[:, index], groups) for index, name in enumerate(bands)},
        [
            Step(
                f"{bands[index - 1]} to {bands[index]}",
                _estimate(
                    means[index] - means[index - 1],
                    draws[:, index] - draws[:, index - 1],
                    groups if min(pairs[index - 1 : index + 1]) >= MIN_PAIRS else 0,
                ),
            )
            for index in range(1, len(bands))
        ],
    )


def _estimate(value: float, draws: Floats, groups: int) -> Estimate | None:
    return None if np.isnan(value) else resampling.interval(value, draws, groups)


def order(by_period: Mapping[str, Sequence[Step]]) -> str:
    """Say which steps between neighbouring bands are not in order: turned round, or indistinguishable."""
    clauses = []
    for heading, steps in by_period.items():
        names: dict[str, list[str]] = {}
        for step in steps:
            names.setdefault(position(step.difference, 0.0), []).append(f"*{step.name}*")
        parts = [f"{listed(names[where])} {text}" for where, text in NOT_IN_ORDER.items() if where in names]
        clauses.append(f"in {span(heading)} {', '.join(parts) or 'every step in order'}")
    return "; ".join(clauses)
