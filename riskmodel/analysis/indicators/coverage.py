"""Decide on which days and months sources hold all that there is, so that nothing seen means nothing happened."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.counts import Axis
from riskmodel.analysis.indicators.facts import SmallRecords, SourceRecords, pair_of
from riskmodel.schema.recipe import Coverage, SourceSpec, first_day_of, last_day_of
from riskmodel.sources.records import Disputes, Flows, Levels, Tally, Violence, month_of

_AROUND = 14
"""Days before and after a day, with which its rows are compared."""
_MINUTES = 24 * 60


class FileRules(NamedTuple):
    """The marks of a day with a usable file of events.

    Attributes
    ----------
    hole_below : share of the usual rows of the days around, below which a file of a day counts as a hole.
    quarter_hours : files that a day needs, where there is one for each quarter hour.
    holes : days without a usable file of a whole day, whatever there is.
    """

    hole_below: float
    quarter_hours: int
    holes: Sequence[str]


def day_number(date: str) -> int:
    """Return the day of an ISO date."""
    return int(np.datetime64(date, "D").astype(np.int64))


def usable_days(
    axis: Axis, tallies: Iterable[Tally], stated: Iterable[Coverage], files: FileRules
) -> NDArray[np.int16]:
    """Return (months,) the number of days with usable files of events.

    Parameters
    ----------
    axis : the months.
    tallies : of all files of one family.
    stated : what the recipe says that its sources cover; these days are usable whatever the files look like.
    files : what makes a day usable.
    """
    lengths = axis.lengths
    n_days = int(lengths.sum())
    is_usable = np.zeros(n_days, bool)
    whole, quarter_hours = Counter[int](), set[int]()
    for tally in tallies:
        quarter_hours |= tally.slots
        if not tally.slots:
            whole.update(tally.days)
    slots_by_day = Counter(slot // _MINUTES for slot in quarter_hours)
    is_usable |= _marked(axis, (day for day, n in slots_by_day.items() if n >= files.quarter_hours), n_days)
    holes = {day_number(day) for day in files.holes}
    is_usable |= _marked(axis, (day for day in _full_days(whole, files.hole_below) if day not in holes), n_days)
    for coverage in stated:
        start, end = _stated_days(coverage)
        seen = {*whole, *slots_by_day}
        first = start if start is not None else min(seen, default=axis.first_day)
        last = end if end is not None else max(seen, default=axis.first_day - 1)
        is_usable[max(first - axis.first_day, 0) : max(last + 1 - axis.first_day, 0)] = True
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return np.add.reduceat(is_usable.astype(np.int16), starts)


def usable_by_pair(
    axis: Axis,
    tallies: Sequence[Tally],
    stated: Mapping[str, Coverage],
    seen: Mapping[str, set[int]],
    pairs: NDArray[np.int16],
    files: FileRules,
    n_states: int,
) -> NDArray[np.int16]:
    """Return (pairs, months) the number of days with usable files of events.

    An extract that the recipe states to be complete is so for the pairs that it has; nothing is known of others.

    Parameters
    ----------
    axis, tallies, files : as for `usable_days`.
    stated : what the recipe says that each source covers.
    seen : the pairs of each source, as in `ActCounter.pairs`.
    pairs : (pairs, 2) the states.
    """
    keys = pairs.min(axis=1).astype(np.int64) * n_states + pairs.max(axis=1)
    claims = {name: claim for name, claim in stated.items() if claim.start is not None or claim.end is not None}
    applies = [
        np.ones(len(keys), bool) if claim.pairs == "all" else np.isin(keys, sorted(seen.get(name, ())))
        for name, claim in claims.items()
    ]
    usable = np.tile(usable_days(axis, tallies, [], files), (len(pairs), 1))
    for combination in {*zip(*applies, strict=True)} if applies else ():
        rows = np.all([part == chosen for part, chosen in zip(applies, combination, strict=True)], axis=0)
        holding = [claim for claim, chosen in zip(claims.values(), combination, strict=True) if chosen]
        usable[rows] = usable_days(axis, tallies, holding, files)
    return usable


def _full_days(rows: Counter[int], hole_below: float) -> Iterable[int]:
    """Return the days whose files have not far fewer rows than those of the days around."""
    days = np.array(sorted(rows), np.int64)
    counts = np.array([rows[day] for day in days.tolist()], float)
    first = np.searchsorted(days, days - _AROUND)
    last = np.searchsorted(days, days + _AROUND, side="right")
    usual = np.array([np.median(counts[start:end]) for start, end in zip(first, last, strict=True)])
    full: list[int] = days[counts >= hole_below * usual].tolist()
    return full


def _marked(axis: Axis, days: Iterable[int], n_days: int) -> NDArray[np.bool_]:
    """Return (days,) which days of the axis are in a list."""
    is_marked = np.zeros(n_days, bool)
    positions = np.array([*days], np.int64) - axis.first_day
    is_marked[positions[(positions >= 0) & (positions < n_days)]] = True
    return is_marked


def _stated_days(coverage: Coverage) -> tuple[int | None, int | None]:
    start = None if coverage.start is None else day_number(first_day_of(coverage.start))
    return start, None if coverage.end is None else day_number(last_day_of(coverage.end))


def covered_records(
    name: str, source: SourceSpec, records: SmallRecords, tally: Tally, pairs: NDArray[np.int16]
) -> SourceRecords:
    """Return records with the pairs and the time that they cover.

    Parameters
    ----------
    name, source : the source.
    records, tally : of all its files.
    pairs : (pairs, 2) the states.
    """
    first, last = _months_seen(records)
    start, end = _stated_days(source.covers)
    first = first if start is None else int(month_of(start))
    last = last if end is None else int(month_of(end))
    if source.covers.pairs == "all":
        is_pair = np.ones(len(pairs), bool)
    else:
        is_pair = np.isin(np.arange(len(pairs)), pair_of(pairs, *sides(records)))
        if source.covers.pairs is None:
            is_pair |= np.isin(pairs, np.array(sorted(tally.states), np.int16)).any(axis=1)
    return SourceRecords(name, source.kind, records, is_pair, first, last)


def sides(records: SmallRecords) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return (n,) the two states of each row, `NO_STATE` where there is none."""
    match records:
        case Flows():
            return records.reporter, records.partner
        case Violence():
            return records.side_a, records.side_b
        case _:
            return records.state_a, records.state_b


def _months_seen(records: SmallRecords) -> tuple[int, int]:
    """Return the first and last month of records, of disputes whole years; without any, the last is earlier."""
    if not len(records):
        return 0, -1
    if isinstance(records, Flows | Levels):
        return int(records.month.min()), int((records.month + records.months).max()) - 1
    first, last = int(month_of(records.start.min())), int(month_of(records.end.max()))
    return (first // 12 * 12, last // 12 * 12 + 11) if isinstance(records, Disputes) else (first, last)
