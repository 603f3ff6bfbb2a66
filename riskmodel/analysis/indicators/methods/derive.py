"""From facts to derived values: each indicator by its ways in order of preference."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import LOOK_BACK, Derived, Facts, Method, Selection
from riskmodel.analysis.indicators.methods import acts, given, lists, trade, violence
from riskmodel.analysis.indicators.methods.attempts import Attempt, Context
from riskmodel.schema.derivations import DerivationsSpec, IndicatorRules
from riskmodel.schema.ways import (
    AsGiven,
    ContactsInMonth,
    DaysOfActs,
    DeathsBetween,
    DeathsNearby,
    DisputesBegun,
    FieldsOfActs,
    Ladder,
    PeaceYears,
    TradeBelowMean,
    Way,
)
from riskmodel.sources import countries
from riskmodel.sources.borders import neighbours
from riskmodel.sources.records import first_day

Borders = Callable[[int, int], frozenset[int]]
"""The states that adjoin a state in a year, all by position."""

_METHODS: Mapping[type[Way], Callable[[Any, Context], Iterator[Attempt]]] = {
    AsGiven: given.as_given,
    ContactsInMonth: lists.contacts_in_month,
    DaysOfActs: acts.days_of_acts,
    DeathsBetween: violence.deaths_between,
    DeathsNearby: violence.deaths_nearby,
    DisputesBegun: lists.disputes_begun,
    FieldsOfActs: acts.fields_of_acts,
    Ladder: acts.ladder,
    PeaceYears: lists.peace_years,
    TradeBelowMean: trade.trade_below_mean,
}


class _Tried(NamedTuple):
    """A way with some sources."""

    way: Any
    attempt: Attempt


def derive(facts: Facts, spec: DerivationsSpec, borders: Borders = neighbours) -> tuple[Derived, ...]:
    """Return the values of all indicators on all pairs and months, in the order of the derivations file.

    Parameters
    ----------
    facts : of all sources.
    spec : the derivations.
    borders : the states that adjoin a state in a year.
    """
    return tuple(
        _assembled(facts, name, rules, _tried(facts, spec, name, borders)) for name, rules in spec.indicators.items()
    )


def selection(
    facts: Facts, spec: DerivationsSpec, indicator: str, pair: int, month: int, borders: Borders = neighbours
) -> Selection:
    """Return the rows behind a value; of a blank one, those behind the way that is preferred.

    Parameters
    ----------
    facts, spec, borders : as for `derive`.
    indicator : its name.
    pair, month : positions on the axis of the facts.
    """
    tried = _tried(facts, spec, indicator, borders)
    if not tried:
        start = facts.first + month
        return Selection((), int(first_day(start)), int(first_day(start + 1)) - 1)
    chosen = _chosen(spec.indicators[indicator], tried)
    return tried[max(int(chosen[pair, month]), 0)].attempt.select(pair, month)


def _tried(facts: Facts, spec: DerivationsSpec, indicator: str, borders: Borders) -> list[_Tried]:
    begun = [state.start for state in countries.STATES]
    context = Context(facts, spec, indicator, borders, begun)
    return [
        _Tried(way, attempt) for way in spec.indicators[indicator].ways for attempt in _METHODS[type(way)](way, context)
    ]


def _chosen(rules: IndicatorRules, tried: Sequence[_Tried]) -> NDArray[np.int8]:
    """Return (pairs, months) the position of the way whose value stands; -1 where it is blank."""
    has_value = np.array([~np.isnan(attempt.value) for _, attempt in tried])
    first = np.where(has_value.any(axis=0), has_value.argmax(axis=0), -1)
    if rules.one_way:
        # The months before the period do not count, which the table does not show.
        of_pair = has_value[:, :, LOOK_BACK:].any(axis=2)
        way = np.where(of_pair.any(axis=0), of_pair.argmax(axis=0), 0)[:, np.newaxis]
        is_there = np.take_along_axis(has_value, way[np.newaxis], axis=0)[0]
        first = np.where(is_there, way, -1)
    return first.astype(np.int8)


def _assembled(facts: Facts, name: str, rules: IndicatorRules, tried: Sequence[_Tried]) -> Derived:
    shape = facts.shape
    if not tried:
        lacking = rules.blank or _lacking(rules)
        return Derived(
            name,
            np.full(shape, np.nan),
            np.full(shape, -1, np.int8),
            (),
            np.full(shape, -1, np.int16),
            np.zeros(shape, np.int64),
            np.full(shape, np.nan),
            np.ones(shape, np.int16),
            ("", lacking),
        )
    chosen = _chosen(rules, tried)

    def picked(parts: Sequence[NDArray[Any]], default: float) -> NDArray[Any]:
        result = np.full(shape, default, parts[0].dtype)
        for number, part in enumerate(parts):
            np.copyto(result, part, where=chosen == number)
        return result

    attempts = [attempt for _, attempt in tried]
    no_days, no_usable = np.full(shape, -1, np.int16), np.full(shape, np.nan)
    reason, reasons = _reasons(rules, tried, chosen)
    return Derived(
        name,
        picked([attempt.value for attempt in attempts], np.nan),
        chosen,
        tuple(Method(way.text, way.trust, attempt.sources) for way, attempt in tried),
        picked([no_days if attempt.days is None else attempt.days for attempt in attempts], -1),
        picked([attempt.rows for attempt in attempts], 0),
        picked(
            [no_usable if attempt.usable is None else attempt.usable for attempt in attempts],
            np.nan,
        ),
        reason,
        reasons,
    )


def _lacking(rules: IndicatorRules) -> str:
    """Return which sources an indicator needs."""
    families = dict.fromkeys(way.family for way in rules.ways)
    wanted = " or ".join(family for family in families if family != "table")
    parts = [f"source of {wanted}"] * bool(wanted) + ["table with this column"] * ("table" in families)
    return f"the recipe has no {', and no '.join(parts)}"


def _reasons(
    rules: IndicatorRules, tried: Sequence[_Tried], chosen: NDArray[np.int8]
) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Return why each value is blank, by all ways, or what is to be known of the one that stands."""
    # Each combination of notes, one of each way, is a number whose digits are the notes.
    texts = [["", *(text for text, _ in attempt.notes)] for _, attempt in tried]
    combination = np.zeros(chosen.shape, np.int64)
    for number, (_, attempt) in enumerate(tried):
        note = np.zeros(chosen.shape, np.int64)
        for position, (_, where) in reversed(list(enumerate(attempt.notes, start=1))):
            note = np.where(where, position, note)
        combination = combination * len(texts[number]) + np.where((chosen < 0) | (chosen == number), note, 0)
    # A value that stands has the note of its own way alone, without the name of the way.
    combination = combination * 2 + (chosen < 0)
    inverse, distinct = pd.factorize(combination.ravel())
    words = [_reason(int(number), texts, tried, rules) for number in distinct]
    reasons = tuple(dict.fromkeys(["", *words]))
    by_word = np.array([reasons.index(word) for word in words], np.int16)
    return by_word[inverse.reshape(chosen.shape)], reasons


def _reason(number: int, texts: Sequence[Sequence[str]], tried: Sequence[_Tried], rules: IndicatorRules) -> str:
    number, is_blank = divmod(number, 2)
    notes: list[str] = []
    for of_way, (_, attempt) in zip(reversed(texts), reversed(tried), strict=True):
        number, digit = divmod(number, len(of_way))
        if of_way[digit]:
            notes.insert(0, f"{', '.join(attempt.sources)}: {of_way[digit]}" if is_blank else of_way[digit])
    if is_blank and rules.blank:
        notes.append(rules.blank)
    return "; ".join(dict.fromkeys(notes))
