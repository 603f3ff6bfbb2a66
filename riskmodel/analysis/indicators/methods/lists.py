"""Ways that take lists of official contacts, of disputes, and of violence between the two."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import Selection, SourceRecords, pair_of
from riskmodel.analysis.indicators.methods.attempts import (
    Attempt,
    Context,
    covered_by,
    covered_since,
    last_days,
    months_selected,
    trailing,
)
from riskmodel.schema.ways import KINDS, ContactsInMonth, DisputesBegun, PeaceYears
from riskmodel.sources.records import Contacts, Disputes, Violence, first_day, month_of


class Spells(NamedTuple):
    """Disputes of pairs.

    Attributes
    ----------
    pair : (n,) position of the pair.
    start, end : (n,) first and last day.
    rows : (n,) rows of the source.
    """

    pair: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    rows: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> "Spells":
        """Return some of them."""
        return Spells(*(part[chosen] for part in self))


def contacts_in_month(way: ContactsInMonth, context: Context) -> Iterator[Attempt]:
    """Yield the contacts whose days overlap each month, of all lists together.

    A pair's contacts with the same first and last day are one: a president and a minister on the same journey, or a
    visit that two lists have. A month is covered if each list that has the pair covers it, because each may hold
    another kind of contact.
    """
    sources = context.sources(KINDS[way.family])
    if not sources:
        return
    parts = []
    for source in sources:
        assert isinstance(source.records, Contacts)  # noqa: S101
        records = source.records
        pair = pair_of(context.facts.pairs, records.state_a, records.state_b)
        parts.append(np.stack([pair, records.start, records.end], axis=1)[pair >= 0])
    entries = np.concatenate(parts)
    covers = np.array([covered_by(context, source) for source in sources])
    has_pair = np.array([source.covered for source in sources])[:, :, np.newaxis]
    is_covered = np.all(covers | ~has_pair, axis=0) & has_pair.any(axis=0)
    value = np.where(is_covered, _overlapping(context, np.unique(entries, axis=0)), np.nan)
    names = tuple(source.name for source in sources)
    notes = (("outside the lists of contacts", ~is_covered),)
    yield Attempt(names, value, _overlapping(context, entries), notes, months_selected(context, names, 1))


def _overlapping(context: Context, entries: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (pairs, months) how many entries (pair, first day, last day) overlap each month."""
    n_pairs, months = context.facts.shape
    first, last = (month_of(entries[:, column]) - context.facts.first for column in (1, 2))
    on_axis = (last >= 0) & (first < months)
    pair, first, last = entries[on_axis, 0], np.maximum(first[on_axis], 0), np.minimum(last[on_axis], months - 1)
    change = np.zeros((n_pairs, months + 1), np.int64)
    np.add.at(change, (pair, first), 1)
    np.add.at(change, (pair, last + 1), -1)
    return change.cumsum(axis=1)[:, :-1]


def disputes_begun(way: DisputesBegun, context: Context) -> Iterator[Attempt]:
    """Yield the disputes that began in the years up to the end of each month; blank unless all of them are covered."""
    months = 12 * way.years
    for sources, spells in _spells(way, context):
        begun, rows = (_begun(context, spells, months, counts) for counts in (None, spells.rows))
        is_covered = covered_since(context, sources) <= context.months - months + 1
        names = tuple(source.name for source in sources)
        yield Attempt(
            names,
            np.where(is_covered, begun, np.nan),
            rows,
            ((f"the {way.years} years up to then are not all covered", ~is_covered),),
            months_selected(context, names, months, begun=True),
        )


def _begun(context: Context, spells: Spells, months: int, counts: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return (pairs, months) the disputes that began in the last months, each counted once or by `counts`."""
    n_pairs, n_months = context.facts.shape
    begun = np.zeros((n_pairs, n_months + months - 1), np.int64)
    month = month_of(spells.start) - context.facts.first + months - 1
    on_axis = (month >= 0) & (month < begun.shape[1])
    np.add.at(begun, (spells.pair[on_axis], month[on_axis]), 1 if counts is None else counts[on_axis])
    return trailing(begun, months)[:, months - 1 :].astype(np.int64)


def peace_years(way: PeaceYears, context: Context) -> Iterator[Attempt]:
    """Yield the full years from the end of the last dispute to the end of each month; 0 while there is one.

    Without any dispute they are counted from when both states existed, if the sources cover that time. Otherwise the
    value is blank, or the years that the sources cover if these are enough. A time between sources that none covers
    may hold a dispute, so that the value is blank too unless one is on.
    """
    for sources, spells in _spells(way, context):
        since = covered_since(context, sources)
        months = context.months
        ended = _last_end(context, spells)
        end_of_month = last_days(context.axis)
        covered_from = first_day(since)
        is_known = ended >= covered_from
        both_exist = _both_exist(context)[:, np.newaxis]
        always = ~is_known & (both_exist >= covered_from)
        origin = np.where(is_known, ended, np.where(always, both_exist, covered_from))
        years = np.maximum(_full_years(origin, np.broadcast_to(end_of_month, origin.shape)), 0)
        outside = since > months
        at_least = ~is_known & ~always & (years >= way.enough_years)
        unknown = ~outside & ~is_known & ~always & ~at_least
        names = tuple(source.name for source in sources)
        yield Attempt(
            names,
            np.where(outside | unknown, np.nan, years),
            _rows_until(context, spells),
            (
                ("outside the sources", outside),
                ("no dispute since the sources begin, and the last before is not known", unknown),
                ("at least so many: none since the sources begin", at_least),
                ("none since both states exist", ~outside & always),
            ),
            _from_origin(context, names, origin),
        )


def _from_origin(
    context: Context, names: tuple[str, ...], origin: NDArray[np.int64]
) -> Callable[[int, int], Selection]:
    def select(pair: int, month: int) -> Selection:
        last = int(first_day(context.facts.first + month + 1)) - 1
        return Selection(names, min(int(origin[pair, month]), last), last)

    return select


def _both_exist(context: Context) -> NDArray[np.int64]:
    """Return (pairs,) the first day of the year in which the later of the two states began; far back if unknown."""
    begun = np.array([year if year is not None else -9999 for year in context.begun], np.int64)
    return first_day((begun[context.facts.pairs].max(axis=1) - 1970) * 12)


def _last_end(context: Context, spells: Spells) -> NDArray[np.int64]:
    """Return (pairs, months) the last day of the disputes that began by the end of each month; far back without."""
    n_pairs, months = context.facts.shape
    ended = np.full((n_pairs, months), np.iinfo(np.int32).min, np.int64)
    month = np.maximum(month_of(spells.start) - context.facts.first, 0)
    on_axis = month < months
    np.maximum.at(ended, (spells.pair[on_axis], month[on_axis]), spells.end[on_axis])
    return np.maximum.accumulate(ended, axis=1)


def _rows_until(context: Context, spells: Spells) -> NDArray[np.int64]:
    """Return (pairs, months) the rows of the disputes that began by the end of each month."""
    n_pairs, months = context.facts.shape
    rows = np.zeros((n_pairs, months), np.int64)
    month = np.maximum(month_of(spells.start) - context.facts.first, 0)
    on_axis = month < months
    np.add.at(rows, (spells.pair[on_axis], month[on_axis]), spells.rows[on_axis])
    return rows.cumsum(axis=1)


def _full_years(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the full years from one day to another: how often its date has come again."""
    (year, date), (end_year, end_date) = (_year_and_date(days) for days in (start, end))
    return end_year - year - (end_date < date)


def _year_and_date(days: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return years, and the place of a date in the year, in order."""
    month = month_of(days)
    return month // 12, month % 12 * 32 + days - first_day(month)


def _spells(way: DisputesBegun | PeaceYears, context: Context) -> Iterator[tuple[Sequence[SourceRecords], Spells]]:
    """Yield the disputes of all lists together, or the episodes of each source of violence."""
    sources = context.sources(KINDS[way.family])
    if way.family == "violence":
        quiet = way.quiet_months if isinstance(way, DisputesBegun) and way.quiet_months else 1
        yield from (([source], _episodes(context, source, quiet)) for source in sources)
    elif sources:
        yield sources, _joined([_disputes(context, source) for source in sources])


def _disputes(context: Context, source: SourceRecords) -> Spells:
    records = source.records
    assert isinstance(records, Disputes)  # noqa: S101
    pair = pair_of(context.facts.pairs, records.state_a, records.state_b)
    spells = Spells(pair, records.start.astype(np.int64), records.end.astype(np.int64), np.ones(len(pair), np.int64))
    return spells.take(pair >= 0)


def _joined(lists: Sequence[Spells]) -> Spells:
    """Join lists; a dispute that overlaps one of an earlier list is the same dispute, and left out."""
    joined = lists[0]
    for more in lists[1:]:
        is_new = ~_overlaps(more, joined)
        joined = Spells(*(np.concatenate(both) for both in zip(joined, more.take(is_new), strict=True)))
    return joined


def _overlaps(spells: Spells, others: Spells) -> NDArray[np.bool_]:
    """Return (n,) which spells share a day with one of the same pair among others."""
    if not len(others.pair):
        return np.zeros(len(spells.pair), bool)
    order = np.lexsort((others.start, others.pair))
    # Days are moved apart by pair, so that one sorted array holds those of all pairs.
    start, end = (_by_pair(others.pair, days)[order] for days in (others.start, others.end))
    latest_end = np.maximum.accumulate(end)
    before = np.searchsorted(start, _by_pair(spells.pair, spells.end), side="right") - 1
    return (before >= 0) & (latest_end[np.maximum(before, 0)] >= _by_pair(spells.pair, spells.start))


def _by_pair(pair: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
    return (pair << 32) + days


def _episodes(context: Context, source: SourceRecords, quiet_months: int) -> Spells:
    """Return the episodes of deaths between the two: from a death to the last before so many months without."""
    records = source.records
    assert isinstance(records, Violence)  # noqa: S101
    pair = pair_of(context.facts.pairs, records.side_a, records.side_b)
    chosen = np.flatnonzero((pair >= 0) & (records.deaths > 0))
    chosen = chosen[np.lexsort((records.start[chosen], pair[chosen]))]
    pair, start, end = pair[chosen], records.start[chosen].astype(np.int64), records.end[chosen].astype(np.int64)
    if not len(pair):
        return Spells(pair, start, end, pair)
    latest_end = np.maximum.accumulate(_by_pair(pair, end))
    is_first = np.ones(len(pair), bool)
    quiet_until = _months_later(latest_end[:-1] - (pair[:-1] << 32), quiet_months)
    is_first[1:] = (pair[1:] != pair[:-1]) | (start[1:] > quiet_until)
    firsts = np.flatnonzero(is_first)
    ends = np.maximum.reduceat(end, firsts)
    return Spells(pair[firsts], start[firsts], ends, np.diff([*firsts.tolist(), len(pair)]))


def _months_later(days: NDArray[np.int64], months: int) -> NDArray[np.int64]:
    """Return the same dates so many months later, or the first after where the month has no such date."""
    month = month_of(days)
    return days - first_day(month) + first_day(month + months)
