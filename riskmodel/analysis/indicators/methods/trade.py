"""The way that compares the trade of twelve months with its mean of the years before."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import Facts, SourceRecords, pair_of
from riskmodel.analysis.indicators.methods.attempts import Attempt, Context, months_selected, trailing
from riskmodel.schema.ways import KINDS, TradeBelowMean
from riskmodel.sources.records import BOTH, EXPORTS, IMPORTS, Flows

_LENGTHS = (1, 3, 12)
"""Months of the periods of flows."""


def trade_below_mean(way: TradeBelowMean, context: Context) -> Iterator[Attempt]:
    """Yield the percent by which the trade of twelve months lies below its yearly mean of the years before, by source.

    All months compared are of the same reports, the first of these that has them all: imports of both, which states
    record better than exports; imports of one and exports of the same one; exports of both; the total that one of them
    reports. A period of several months gives a value for its last month only, since its other months are not known
    apart. Where a source has periods of several lengths the shortest comes first.
    """
    window = 12 * (way.years + 1)
    for source in context.sources(KINDS[way.family]):
        value, had_none = np.full(context.facts.shape, np.nan), np.zeros(context.facts.shape, bool)
        for length in _LENGTHS:
            for total, is_end in _totals(source, context.facts, window, length):
                below, is_zero = _below_mean(total, is_end, window)
                value, had_none = np.where(np.isnan(value), below, value), had_none | is_zero
        in_time, rows = _entries(source, context.facts, window)
        no_value = np.isnan(value)
        seldom = no_value & in_time
        yield Attempt(
            (source.name,),
            value,
            np.where(no_value, 0, rows),
            (
                (f"no trade in the {way.years} years before, to compare with", no_value & had_none),
                (f"no report of all of the {way.years + 1} years that end with the month", seldom),
                (f"no trade reported in the {way.years + 1} years up to then", no_value),
            ),
            months_selected(context, (source.name,), window),
        )


def _below_mean(
    total: NDArray[np.float64], is_end: NDArray[np.bool_], window: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (pairs, months) the percent below the mean, and where the mean is 0.

    `total` and `is_end` begin `window` - 1 months earlier.
    """
    is_known = ~np.isnan(total)
    complete = trailing(is_known, window)[:, window - 1 :] == window
    year = trailing(np.nan_to_num(total), 12)
    # Periods must end where the windows do: with this month, and with that before the last twelve.
    ends = is_end[:, window - 1 :] & is_end[:, window - 13 : -12]
    before = trailing(np.nan_to_num(total), window - 12)[:, window - 13 : -12] / (window // 12 - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = 100 * (1 - year[:, window - 1 :] / before)
    known = complete & ends
    return np.where(known & (before > 0), below, np.nan), known & (before <= 0)


def _totals(
    source: SourceRecords, facts: Facts, window: int, length: int
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Yield (pairs, months) the trade both ways by different reports, and which months end a period."""
    flows = source.records
    assert isinstance(flows, Flows)  # noqa: S101
    first, months = facts.first - window + 1, facts.months + window - 1
    pair = pair_of(facts.pairs, flows.reporter, flows.partner)
    is_first = flows.reporter == facts.pairs[np.maximum(pair, 0), 0]

    def series(first_reports: bool, direction: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        chosen = (pair >= 0) & (is_first == first_reports) & (flows.direction == direction) & (flows.months == length)
        value, is_end = np.full((len(facts.pairs), months), np.nan), np.zeros((len(facts.pairs), months), bool)
        for offset in range(length):
            position = flows.month[chosen].astype(np.int64) + offset - first
            on_axis = (position >= 0) & (position < months)
            value[pair[chosen][on_axis], position[on_axis]] = flows.value[chosen][on_axis] / length
        is_end[pair[chosen][on_axis], position[on_axis]] = True
        return value, is_end

    if not ((pair >= 0) & (flows.months == length)).any():
        return
    # What flows to the first of the two is its imports or the other's exports, and the reverse.
    to_first, to_second = ([series(who, IMPORTS), series(not who, EXPORTS)] for who in (True, False))
    for (one, one_end), (other, other_end) in product(to_first, to_second):
        yield one + other, one_end & other_end
    for who in (True, False):
        yield series(who, BOTH)


def _entries(source: SourceRecords, facts: Facts, window: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return (pairs, months) whether there are rows in the window, and their number."""
    flows = source.records
    assert isinstance(flows, Flows)  # noqa: S101
    pair = pair_of(facts.pairs, flows.reporter, flows.partner)
    position = flows.month.astype(np.int64) - facts.first + window - 1
    rows = np.zeros((len(facts.pairs), facts.months + window - 1), np.int64)
    on_axis = (pair >= 0) & (position >= 0) & (position < rows.shape[1])
    np.add.at(rows, (pair[on_axis], position[on_axis]), 1)
    total = trailing(rows, window)[:, window - 1 :].astype(np.int64)
    return total > 0, total
