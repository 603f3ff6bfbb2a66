"""Splits: which rows a fit may see, and which rows it is tested on. No row is ever in both.

With times, the fit sees the earlier rows and is tested on the later ones, as anyone who forecasts would be. Without
them, the groups are dealt out to a few folds, and each fold is tested with a fit on the others; a group is never split.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.outcomes.observations import Codes, Labels, first_from
from riskmodel.errors import SituationError, counted
from riskmodel.kernels.scales import Floats
from riskmodel.tables.arrays import Mask

FOLDS = 5
LATER_SHARE = 1.0 / 3.0
"""The share of rows that are tested on where nobody says from when on."""


class Split(NamedTuple):
    """(n,) which rows a fit sees, and which it is tested on."""

    fit: Mask
    test: Mask


class Splits(NamedTuple):
    """The splits of some rows, and how they were made.

    Attributes
    ----------
    parts : one split, or one for each fold.
    told : in words.
    """

    parts: tuple[Split, ...]
    told: str

    @property
    def test(self) -> Mask:
        """(n,) which rows are tested on at all."""
        tested: Mask = np.logical_or.reduce([part.test for part in self.parts])
        return tested

    def predict(self, fitted: Callable[[Mask], Callable[[Mask], Floats]]) -> Floats:
        """Fit on what each part may see, and predict what it is tested on.

        Parameters
        ----------
        fitted : called with the rows to fit on; gives what is called with the rows to predict.

        Returns
        -------
        (n,) predictions, NaN in rows that are not tested on.
        """
        found = np.full(len(self.parts[0].fit), np.nan)
        for part in self.parts:
            found[part.test] = fitted(part.fit)(part.test)
        return found


def out_of_time(time: Labels, used: Mask, column: str, test_from: str | None) -> Splits:
    """Fit on the earlier rows, test on the later ones.

    Parameters
    ----------
    time : when each of n rows was.
    used : (n,) the rows that can be used at all.
    column : the name of the column of times.
    test_from : the first time to be tested on; without it, about the last third of the rows.

    Raises
    ------
    SituationError
        Where one side would have no rows.
    """
    position = _last_third(time.codes[used], column) if test_from is None else first_from(time, column, test_from)
    later = time.codes >= position
    split = Split(used & ~later, used & later)
    names = time.names
    if not (split.fit.any() and split.test.any()):
        raise SituationError(
            f"no row that can be used lies {'from' if split.fit.any() else 'before'} {names[position]}"
        )
    spans = [" to ".join(time.span(rows)) for rows in split]
    return Splits((split,), f"out of time: fitted on {spans[0]}, tested on {spans[1]}")


def _last_third(codes: Codes, column: str) -> int:
    """The time from which on about the last third of the rows lie."""
    times, counts = np.unique(codes, return_counts=True)
    if len(times) < 2:
        raise SituationError(f"column {column!r} has one time only, so that nothing is later")
    after = np.cumsum(counts[::-1])[::-1] / len(codes)
    return int(times[1:][np.argmin(np.abs(after[1:] - LATER_SHARE))])


def by_groups(groups: Codes, used: Mask, seed: int, are_rows: bool) -> Splits:
    """Deal the groups out to folds at random; each fold is tested with a fit on the others.

    Parameters
    ----------
    groups : (n,) the group of each row, from 0.
    used : (n,) the rows that can be used at all.
    seed : any whole number from 0 on.
    are_rows : whether every row is a group of its own.

    Raises
    ------
    SituationError
        Where there are fewer than two groups.
    """
    there = np.unique(groups[used])
    if len(there) < 2:
        raise SituationError("there are fewer than two groups to test one with a fit on the other")
    folds = min(FOLDS, len(there))
    fold = np.full(int(groups.max()) + 1, -1)
    fold[np.random.default_rng(seed).permutation(there)] = np.arange(len(there)) % folds
    parts = tuple(Split(used & (fold[groups] != place), used & (fold[groups] == place)) for place in range(folds))
    kind = "rows" if are_rows else "groups"
    return Splits(parts, f"no times: {folds} folds of {kind}, each tested with a fit on the others")


def both_kinds(events: Mask, parts: Sequence[Split]) -> None:
    """Check that there are events and other rows in all that is fitted on, and in what is tested on.

    Folds are judged together, so one of them may well be without events.

    Raises
    ------
    SituationError
        Where there is only one kind.
    """
    tested: Mask = np.logical_or.reduce([part.test for part in parts])
    for rows, side in ((tested, "to test on"), *((part.fit, "to fit on") for part in parts)):
        found = int(events[rows].sum())
        if found in (0, int(rows.sum())):
            raise SituationError(
                f"of the {counted(int(rows.sum()), 'row')} {side}, {'none' if found == 0 else 'all'} had an event; "
                "both kinds are needed"
            )
