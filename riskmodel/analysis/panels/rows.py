"""Ranks within groups of rows, the row of the same unit at the time before, and keys of rows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats
from riskmodel.tables.labels import Codes, Labels

TIE_DECIMALS = 9
"""Decimals, relative to `out_of`, at which scores tie, so that rounding error does not affect ranks."""

Ranks = NDArray[np.int64]


def comparable(values: Floats, out_of: float) -> Floats:
    """Return scores as shares of their top, rounded so that those tie that differ by rounding error alone."""
    return np.round(values / out_of, TIE_DECIMALS)


def ranks_within(values: Floats, groups: Codes, out_of: float, ascending: bool = False) -> Ranks:
    """Return (n,) ranks: 1 + the number of better values of the group, so that ties share the better rank.

    Parameters
    ----------
    values : (n,) scores in [0, out_of]; NaN has the rank 0.
    groups : (n,) the group of each row.
    out_of : the top of the score.
    ascending : whether rank 1 is the lowest value; by default the highest.
    """
    ranked = np.flatnonzero(~np.isnan(values))
    ranks = np.zeros(len(values), np.int64)
    if len(ranked) == 0:
        return ranks
    keys, parts = comparable(values[ranked], out_of) * (1 if ascending else -1), groups[ranked]
    order = np.lexsort((keys, parts))
    keys, parts = keys[order], parts[order]
    position = np.arange(len(order))
    new_group = np.concatenate(([True], parts[1:] != parts[:-1]))
    new_rank = new_group | np.concatenate(([True], keys[1:] != keys[:-1]))
    first_of_group, first_of_rank = (
        np.maximum.accumulate(np.where(starts, position, 0)) for starts in (new_group, new_rank)
    )
    ranks[ranked[order]] = first_of_rank - first_of_group + 1
    return ranks


class Keys(NamedTuple):
    """The rows of a table by unit and time.

    Attributes
    ----------
    before : (n,) the row of the same unit at the time before, which is the previous time in the table; -1 where it has
        none.
    after_gap : (n,) the row of the same unit at an earlier time, in rows that have none at the time before; else -1.
    repeated : lists of rows that have the same unit and time, in order.
    """

    before: Codes
    after_gap: Codes
    repeated: list[list[int]]


def keys_of(units: Codes, times: Codes) -> Keys:
    """Find the row of the same unit at the time before, and rows of the same unit and time.

    Parameters
    ----------
    units : (n,) the unit of each row.
    times : (n,) the position of its time among all times of the table.
    """
    before, after_gap = np.full(len(units), -1, np.intp), np.full(len(units), -1, np.intp)
    order = np.lexsort((times, units))  # stable, so that rows of the same key stay in their order
    later, earlier = order[1:], order[:-1]
    same_unit, steps = units[later] == units[earlier], times[later] - times[earlier]
    for target, chosen in ((before, same_unit & (steps == 1)), (after_gap, same_unit & (steps > 1))):
        target[later[chosen]] = earlier[chosen]
    repeated: list[list[int]] = []
    for position in np.flatnonzero(same_unit & (steps == 0)).tolist():
        first, row = int(order[position]), int(order[position + 1])
        if repeated and repeated[-1][-1] == first:
            repeated[-1].append(row)
        else:
            repeated.append([first, row])
    return Keys(before, after_gap, sorted(repeated))


def combined(columns: Sequence[Labels], rows: int) -> Codes:
    """Return (rows,) the same code for rows that have the same labels in all columns, in ascending order of these."""
    codes: Codes = np.zeros(rows, np.intp)
    for labels in columns:
        # Numbered anew after each column, so that the product of many columns does not overflow.
        codes = np.unique(codes * len(labels.names) + labels.codes, return_inverse=True)[1].astype(np.intp)
    return codes
