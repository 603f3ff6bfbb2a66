"""Strength: how near the expert's weights stay, chosen by forecasting within the rows that may be fitted on.

The rows are cut into successive blocks of times. Each block but the first is forecast by a fit on all blocks before it
(forward validation, or rolling origin: L. J. Tashman, *Out-of-sample tests of forecasting accuracy*, International
Journal of Forecasting 16, 2000). Of the strengths that forecast no worse than the best by more than one standard error,
the largest is taken, as with the one-standard-error rule of L. Breiman and others (*Classification and Regression
Trees*, 1984, section 3.4.3). The error is that of the difference in loss on the same rows, with the rows of one group
taken together; the error of the loss itself says mostly how many events there were. So the expert is departed from only
as far as the data ask for.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.calibration.shares import Evidence, fit_shares
from riskmodel.analysis.labels import Codes
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats

STRENGTHS = (math.inf, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""The strengths that are tried, the largest first; infinite keeps the expert's weights."""
BLOCKS = 5


class Trial(NamedTuple):
    """One strength.

    Attributes
    ----------
    strength : in mean log loss for each unit of divergence from the expert's shares; infinite keeps these.
    loss : mean log loss of the rows that were forecast, in nats.
    excess, error : by how much that is above the lowest loss, and the standard error of this difference.
    """

    strength: float
    loss: float
    excess: float
    error: float


class Choice(NamedTuple):
    """The strength that was chosen, all that were tried, and how many rows and events were forecast."""

    strength: float
    trials: tuple[Trial, ...]
    rows: int
    events: int


def choose_strength(evidence: Evidence, expert: Floats, times: Codes, groups: Codes) -> Choice:
    """Choose a strength on the rows to fit on.

    Parameters
    ----------
    evidence : n rows to fit on.
    expert : (k,) the expert's shares.
    times : (n,) the position of each row's time.
    groups : (n,) the group of each row.

    Raises
    ------
    SituationError
        Where no block can be forecast by what is before it.
    """
    blocks = list(_forward(times, evidence))
    if not blocks:
        raise SituationError(
            "the earlier rows are too few to choose on: no stretch of them has rows with and without an event before it"
        )
    tested = np.concatenate([block for _, block in blocks])
    losses = np.column_stack(
        [
            np.concatenate(
                [
                    fit_shares(evidence.of(before), expert, strength).losses(evidence.of(block))
                    for before, block in blocks
                ]
            )
            for strength in STRENGTHS
        ]
    )
    means = losses.mean(axis=0)
    excess = losses - losses[:, [int(np.argmin(means))]]
    trials = tuple(
        Trial(strength, float(mean), float(column.mean()), _error(column, groups[tested]))
        for strength, mean, column in zip(STRENGTHS, means, excess.T, strict=True)
    )
    chosen = next(trial.strength for trial in trials if trial.excess <= trial.error)
    return Choice(chosen, trials, len(tested), int(evidence.events[tested].sum()))


def _forward(times: Codes, evidence: Evidence) -> Iterator[tuple[Codes, Codes]]:
    """The rows before a block, and those of the block; blocks hold about as many rows each, and whole times."""
    different, counts = np.unique(times, return_counts=True)
    middles = np.cumsum(counts) - counts / 2.0
    block = (BLOCKS * middles / len(times)).astype(int)[np.searchsorted(different, times)]
    for number in np.unique(block)[1:]:
        before = np.flatnonzero(block < number)
        if 0 < evidence.events[before].sum() < len(before):
            yield before, np.flatnonzero(block == number)


def _error(differences: Floats, groups: Codes) -> float:
    """The standard error of a mean over rows of which groups are drawn as a whole; infinite with one group alone."""
    _, position = np.unique(groups, return_inverse=True)
    sums = np.bincount(position, weights=differences - differences.mean())
    if len(sums) < 2:
        return math.inf
    return math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums)) / len(differences)
