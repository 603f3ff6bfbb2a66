"""Splits of rows into rows to fit on and rows to test on, without overlap.

With times, fits use the earlier rows and are tested on the later ones, as in forecasting. Without times, groups are
assigned to folds, and each fold is tested with a fit on the others; a group is never split.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.errors import SituationError, counted
from riskmodel.kernels.types import Floats
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.times import first_time_from

MAX_FOLDS = 5
DEFAULT_TEST_SHARE = 1.0 / 3.0
"""Default share of rows held out for testing."""


class Split(NamedTuple):
    """(n,) masks of the rows to fit on, and of the rows to test on."""

    fit: Mask
    test: Mask


class Splits(NamedTuple):
    """The splits of a table.

    Attributes
    ----------
    parts : one split, or one for each fold.
    description : for reports.
    """

    parts: tuple[Split, ...]
    description: str

    @property
    def test(self) -> Mask:
        """(n,) mask of the rows tested in any part."""
        tested: Mask = np.logical_or.reduce([part.test for part in self.parts])
        return tested

    def predict(self, fit: Callable[[Mask], Callable[[Mask], Floats]]) -> Floats:
        """Fit each part and predict its test rows.

        Parameters
        ----------
        fit : called with the rows to fit on; returns a function from the rows to predict to their predictions.

        Returns
        -------
        (n,) predictions, NaN in rows that are not tested.
        """
        predictions = np.full(len(self.parts[0].fit), np.nan)
        for part in self.parts:
            predictions[part.test] = fit(part.fit)(part.test)
        return predictions


def out_of_time(time: Labels, used: Mask, column: str, test_from: str | None) -> Splits:
    """Split by time: fit on the earlier rows, test on the later ones.

    Parameters
    ----------
    time : times of n rows.
    used : (n,) mask of the usable rows.
    column : the name of the column of times.
    test_from : the first time to test on; by default, the time that holds out about a third of the rows.

    Raises
    ------
    SituationError
        If one side would have no rows.
    """
    position = _last_third(time.codes[used], column) if test_from is None else first_time_from(time, column, test_from)
    later = time.codes >= position
    split = Split(used & ~later, used & later)
    names = time.names
    if not (split.fit.any() and split.test.any()):
        raise SituationError(f"there is no usable row {'from' if split.fit.any() else 'before'} {names[position]}")
    spans = [" to ".join(time.span(rows)) for rows in split]
    return Splits((split,), f"out of time: fitted on {spans[0]}, tested on {spans[1]}")


def _last_third(codes: Codes, column: str) -> int:
    """Return the code of the time from which about a third of the rows are."""
    times, counts = np.unique(codes, return_counts=True)
    if len(times) < 2:
        raise SituationError(f"column {column!r} has only one time, so no rows are later than others")
    after = np.cumsum(counts[::-1])[::-1] / len(codes)
    return int(times[1:][np.argmin(np.abs(after[1:] - DEFAULT_TEST_SHARE))])


def by_groups(groups: Codes, used: Mask, seed: int, are_rows: bool) -> Splits:
    """Assign groups to folds at random; each fold is tested with a fit on the others.

    Parameters
    ----------
    groups : (n,) the group of each row, from 0.
    used : (n,) mask of the usable rows.
    seed : 0 or more.
    are_rows : True if every row is its own group.

    Raises
    ------
    SituationError
        If there are fewer than two groups.
    """
    distinct = np.unique(groups[used])
    if len(distinct) < 2:
        raise SituationError("two or more groups are needed, to test one with a fit on the others")
    folds = min(MAX_FOLDS, len(distinct))
    fold = np.full(int(groups.max()) + 1, -1)
    fold[np.random.default_rng(seed).permutation(distinct)] = np.arange(len(distinct)) % folds
    parts = tuple(Split(used & (fold[groups] != number), used & (fold[groups] == number)) for number in range(folds))
    kind = "rows" if are_rows else "groups"
    return Splits(parts, f"no times: {folds} folds of {kind}, each tested with a fit on the others")


def check_both_outcomes(events: Mask, parts: Sequence[Split]) -> None:
    """Check that there are rows with and without events to fit on in every part, and to test on in all parts together.

    Raises
    ------
    SituationError
        If all rows have an event, or none has.
    """
    tested: Mask = np.logical_or.reduce([part.test for part in parts])
    for rows, side in ((tested, "to test on"), *((part.fit, "to fit on") for part in parts)):
        count = int(events[rows].sum())
        if count in (0, int(rows.sum())):
            raise SituationError(
                f"of the {counted(int(rows.sum()), 'row')} {side}, {'none' if count == 0 else 'all'} had an event; "
                "rows with and without an event are needed"
            )
