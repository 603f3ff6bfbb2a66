"""Ways that count deaths: in fighting between the two, and in the states around them."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import Selection, SourceRecords, pair_of
from riskmodel.analysis.indicators.methods.attempts import (
    Attempt,
    Context,
    covered_by,
    covered_since,
    months_selected,
    trailing,
)
from riskmodel.schema.ways import KINDS, DeathsBetween, DeathsNearby
from riskmodel.sources.records import Violence, first_day, month_of


def deaths_between(way: DeathsBetween, context: Context) -> Iterator[Attempt]:
    """Yield a value for months with deaths in fighting between the two, by source; other months are blank."""
    for source in context.sources(KINDS[way.family]):
        records = _violence(source)
        pair = pair_of(context.facts.pairs, records.side_a, records.side_b)
        deaths, rows = by_month(records, pair, len(context.facts.pairs), context.facts.first, context.facts.months)
        is_covered = covered_by(context, source)
        has_deaths = is_covered & (deaths >= way.deaths)
        yield Attempt(
            (source.name,),
            np.where(has_deaths, way.value, np.nan),
            rows,
            (
                ("outside the source", ~is_covered),
                (f"fewer deaths than {way.deaths:g} in fighting between the two", ~has_deaths),
            ),
            months_selected(context, (source.name,), 1),
        )


def deaths_nearby(way: DeathsNearby, context: Context) -> Iterator[Attempt]:
    """Yield the deaths in the states that adjoin either of the two, on a logarithmic scale, by source.

    Each of the two counts where it adjoins the other. Borders are those of the year of the last month.
    """
    known, values = np.array(way.points).T
    facts = context.facts
    for source in context.sources(KINDS[way.family]):
        records = _violence(source)
        n_states = 1 + max(int(records.place.max(initial=0)), int(facts.pairs.max(initial=0)), len(context.begun) - 1)
        first = facts.first - way.months + 1
        by_place = by_month(records, records.place.astype(np.int64), n_states, first, facts.months + way.months - 1)
        deaths, rows = (trailing(part, way.months)[:, way.months - 1 :] for part in by_place)
        near_deaths, near_rows = _near(context, n_states, np.stack([deaths, rows]))
        is_covered = covered_since(context, [source]) <= context.months - way.months + 1
        value = np.interp(np.log10(1 + near_deaths), np.log10(1 + known), values)
        yield Attempt(
            (source.name,),
            np.where(is_covered, value, np.nan),
            near_rows.astype(np.int64),
            ((f"the {way.months} months up to then are not all covered", ~is_covered),),
            _selected(context, source.name, way.months),
        )


def _violence(source: SourceRecords) -> Violence:
    assert isinstance(source.records, Violence)  # noqa: S101
    return source.records


def by_month(
    records: Violence, group: NDArray[np.int64], groups: int, first: int, months: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (groups, months) the deaths, spread evenly over the days of their rows, and the rows.

    Parameters
    ----------
    records : of one source.
    group : (n,) of each row; negative ones are left out.
    groups : their number.
    first, months : the first month, and their number.
    """
    start_month, end_month = month_of(records.start), month_of(records.end)
    kept = np.flatnonzero((group >= 0) & (end_month >= first) & (start_month < first + months))
    # A row for each month that a row of the source has days in.
    count = end_month[kept] - start_month[kept] + 1
    row = np.repeat(kept, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    month = start_month[row] + number
    month_start, month_end = first_day(month), first_day(month + 1) - 1
    start, end = records.start[row].astype(np.int64), records.end[row].astype(np.int64)
    days = np.minimum(end, month_end) - np.maximum(start, month_start) + 1
    share = records.deaths[row] * days / (end - start + 1)
    on_axis = (month >= first) & (month < first + months)
    position = (group[row[on_axis]], month[on_axis] - first)
    deaths, rows = np.zeros((groups, months)), np.zeros((groups, months), np.int64)
    np.add.at(deaths, position, share[on_axis])
    np.add.at(rows, position, 1)
    return deaths, rows


def _near(context: Context, n_states: int, by_state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, pairs, months) the sums of (n, states, months) over the states that adjoin either of a pair."""
    facts = context.facts
    total = np.zeros((len(by_state), *facts.shape))
    years = 1970 + (facts.first + np.arange(facts.months)) // 12
    states = np.unique(facts.pairs)
    for year in np.unique(years).tolist():
        adjoins = np.zeros((n_states, n_states), bool)
        for state in states.tolist():
            adjoins[state, list(context.borders(state, year))] = True
        either = adjoins[facts.pairs[:, 0]] | adjoins[facts.pairs[:, 1]]
        total[:, :, years == year] = either.astype(float) @ by_state[:, :, years == year]
    return total


def _selected(context: Context, name: str, months: int) -> Callable[[int, int], Selection]:
    in_months = months_selected(context, (name,), months)

    def select(pair: int, month: int) -> Selection:
        year = 1970 + (context.facts.first + month) // 12
        places = (context.borders(state, year) for state in context.facts.pairs[pair].tolist())
        return in_months(pair, month)._replace(places=frozenset[int]().union(*places))

    return select
