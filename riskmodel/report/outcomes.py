"""What reports on outcomes have in common: what was left out, what intervals are of, which constants are beside."""

from collections.abc import Iterator
from typing import Any

from riskmodel.analysis.calibration.result import Calibration
from riskmodel.analysis.discrimination import LEAST_GROUPS
from riskmodel.analysis.validation.result import Validation
from riskmodel.errors import counted

CONSTANTS = ("better than the rate fitted on by", "than the rate tested on by")
"""Headings: what is saved of the Brier score of a constant, known beforehand and known only afterwards."""


def left_out(found: Validation | Calibration, by_new_weights: int = 0) -> Iterator[str]:
    """A line for each kind of row that was left out."""
    for count, why in (
        (found.counts.without_outcome, "it is not known what happened"),
        (found.counts.without_score, "there is too little data for a score"),
        (by_new_weights, "there is too little data for a score by the new weights"),
    ):
        if count:
            yield f"left out: {counted(count, 'row')} where {why}"


def intervals_line(found: Validation | Calibration) -> str:
    """What intervals are of."""
    if found.counts.groups < LEAST_GROUPS:
        return f"no intervals: fewer than {LEAST_GROUPS} {found.grouped} are tested on"
    drawn = f"{found.resamples:,} resamples of {found.grouped}, {found.counts.groups:,} of them tested on"
    return f"{100 * found.confidence:g}% intervals from {drawn}; seed {found.seed}"


def intervals_data(found: Validation | Calibration) -> dict[str, Any]:
    """What intervals are of, as plain data."""
    return {key: getattr(found, key) for key in ("confidence", "resamples", "seed")} | {"of": found.grouped}
