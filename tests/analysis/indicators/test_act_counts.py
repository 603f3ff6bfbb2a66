"""Events by pair, month and code: each once, days in both directions, third actors."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.analysis.indicators.counts import ActCounter, Axis, PairCounts, Wanted
from riskmodel.analysis.indicators.facts import day_count
from riskmodel.sources.records import ORGANISATION, Acts

CODES = ("042", "043", "190", "045")
N_STATES = 5
AXIS = Axis((2018 - 1970) * 12, 3)
EPOCH = date(1970, 1, 1)
FIRST = date(2018, 1, 1)
PAIRS = np.array([[0, 1], [3, 2]], np.int16)


def acts(rows):
    """Return acts of (key, day, source, target, code)."""
    keys, days, sources, targets, codes = zip(*rows, strict=True) if rows else ((),) * 5
    return Acts(
        np.arange(1, len(rows) + 1),
        np.array(keys, np.int64),
        np.array([(day - EPOCH).days for day in days], np.int32),
        np.array(sources, np.int16),
        np.array(targets, np.int16),
        np.array([CODES.index(code) for code in codes], np.int16),
        CODES,
    )


def counted(*blocks):
    counter = ActCounter(AXIS, N_STATES)
    for rows in blocks:
        counter.add(acts(rows), "made")
    entries = counter.entries()
    usable = np.tile(AXIS.lengths, (len(PAIRS), 1))
    return counter, entries, PairCounts("made", ("made",), entries, PAIRS, AXIS, usable, N_STATES)


event = st.tuples(
    st.integers(0, 30),
    st.integers(0, 89).map(lambda days: FIRST + timedelta(days)),
    st.integers(0, N_STATES - 1),
    st.integers(0, N_STATES - 1),
    st.sampled_from(CODES),
).filter(lambda row: row[2] != row[3])


@given(st.lists(st.lists(event, max_size=12), max_size=4))
def test_counts_equal_those_of_sets_of_days(blocks):
    """An oracle that keeps every event in sets, without masks."""
    counter, entries, counts = counted(*blocks)
    seen, events, days, third = set(), [], defaultdict(set), defaultdict(set)
    for key, day, source, target, code in (row for rows in blocks for row in rows):
        if key not in seen:
            seen.add(key)
            events.append((day, source, target, code))
    assert counter.again == sum(map(len, blocks)) - len(events)
    assert int(entries.rows.sum()) == len(events)
    assert entries.repeats == len(events) - len(set(events))
    assert entries.twins == sum((day, b, a, code) in events for day, a, b, code in set(events) if a < b)
    for number, pair in enumerate(PAIRS.tolist()):
        for day, source, target, code in events:
            month = day.month - 1
            if {source, target} == set(pair):
                days[number, month, code].add(day)
            elif target in pair and source not in pair:
                third[number, month, code].add((day, source, target))
        for month in range(3):
            for code in CODES:
                assert day_count(counts.days([code]))[number, month] == len(days[number, month, code])
                acted = third[number, month, code]
                assert day_count(counts.third_days([code]))[number, month] == len({day for day, *_ in acted})
                both_ways = {frozenset(sides) for _, *sides in acted}
                assert counts.third_rows([code])[number, month] == sum(
                    {source, target} in both_ways and (day.month - 1, other) == (month, code)
                    for day, source, target, other in events
                )
    in_pairs = [{source, target} == set(pair) for pair in PAIRS.tolist() for _, source, target, _ in events]
    assert counts.events.sum() == sum(in_pairs)


@given(st.lists(event, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter_where_an_id_is_one_event(rows, random):
    rows = [(number, *row[1:]) for number, row in enumerate(rows)]
    shuffled = random.sample(rows, len(rows))
    first, second = counted(rows)[1], counted(shuffled[:7], shuffled[7:])[1]
    for name in ("low", "high", "month", "forward", "backward", "rows"):
        assert (getattr(first, name) == getattr(second, name)).all()


def test_the_bit_of_a_day_is_its_day_of_the_month():
    counts = counted([(1, date(2018, 2, 28), 0, 1, "190"), (2, date(2018, 1, 1), 1, 0, "190")])[2]
    assert counts.days(["190"])[0].tolist() == [1, 1 << 27, 0]


def test_twins_are_one_act_and_repeats_fold():
    day = date(2018, 1, 5)
    rows = [(1, day, 0, 1, "042"), (2, day, 1, 0, "042"), (3, day, 0, 1, "042"), (4, day, 0, 1, "043")]
    _, entries, counts = counted(rows)
    assert (entries.twins, entries.repeats) == (1, 1)
    assert day_count(counts.days(["042", "043"]))[0, 0] == 1
    assert counts.rows(["042", "043"])[0, 0] == 4


def test_an_event_of_two_streams_counts_once():
    row = (410_412_345, date(2018, 1, 5), 0, 1, "190")
    counter, entries, _ = counted([row], [row], [row])
    assert (counter.again, int(entries.rows.sum())) == (2, 1)


def test_an_organisation_is_a_third_actor_and_no_side_of_a_pair():
    counts = counted([(1, date(2018, 3, 31), ORGANISATION, 3, "045"), (2, date(2018, 3, 1), 4, 2, "045")])[2]
    assert counts.third_rows(["045"]).tolist() == [[0, 0, 0], [0, 0, 2]]
    assert day_count(counts.third_days(["045"])).tolist() == [[0, 0, 0], [0, 0, 2]]
    assert not counts.events.any()


@pytest.mark.parametrize(("source", "target", "is_kept"), [(0, 1, True), (1, 0, True), (0, 4, False), (4, 0, False)])
def test_acts_of_other_pairs_are_left_out(source, target, is_kept):
    between = np.zeros((N_STATES + 1, N_STATES + 1), bool)
    between[0, 1] = between[1, 0] = True
    wanted = Wanted(AXIS, between, frozenset(), np.zeros(N_STATES + 1, bool))
    selected, others, other_times = wanted.select(acts([(1, date(2018, 1, 1), source, target, "190")]))
    assert (len(selected), others, other_times) == ((1, 0, 0) if is_kept else (0, 1, 0))


def test_acts_of_third_actors_on_one_of_the_two_are_kept_and_other_times_are_not():
    between = np.zeros((N_STATES + 1, N_STATES + 1), bool)
    wanted = Wanted(AXIS, between, frozenset({"045"}), np.array([True, True, False, False, False, False]))
    rows = [
        (1, date(2018, 1, 1), 4, 0, "045"),
        (2, date(2018, 1, 1), ORGANISATION, 1, "045"),
        (3, date(2018, 1, 1), 0, 4, "045"),  # on a third
        (4, date(2018, 1, 1), 4, 0, "190"),  # another code
        (5, date(2017, 12, 31), 4, 0, "045"),
        (6, date(2018, 4, 1), 4, 0, "045"),
    ]
    selected, others, other_times = wanted.select(acts(rows))
    assert (selected.key.tolist(), others, other_times) == ([1, 2], 2, 2)


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=5))
def test_days_of_a_mask_are_its_bits(masks):
    assert day_count(np.array(masks, np.uint32)).tolist() == [mask.bit_count() for mask in masks]


def test_months_have_their_lengths_leap_years_included():
    assert Axis((2024 - 1970) * 12, 3).lengths.tolist() == [31, 29, 31]
    assert Axis((1900 - 1970) * 12 + 1, 1).lengths.tolist() == [28]


def test_a_row_with_several_acts_is_of_other_pairs_only_if_all_are():
    between = np.zeros((N_STATES + 1, N_STATES + 1), bool)
    between[0, 1] = True
    wanted = Wanted(AXIS, between, frozenset(), np.zeros(N_STATES + 1, bool))
    day = date(2018, 1, 1)
    several = acts([(1, day, 0, 2, "042"), (2, day, 0, 1, "042"), (3, day, 0, 2, "042"), (4, day, 0, 3, "042")])
    selected, others, other_times = wanted.select(replace(several, line=np.array([2, 2, 3, 3])))
    assert (selected.key.tolist(), others, other_times) == ([2], 1, 0)
