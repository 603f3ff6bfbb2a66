"""Days with usable files, and the months and pairs that lists cover."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from riskmodel.analysis.indicators.counts import Axis
from riskmodel.analysis.indicators.coverage import FileRules, covered_records, day_number, usable_by_pair, usable_days
from riskmodel.schema.recipe import Coverage, SourceSpec
from riskmodel.sources.records import NO_STATE, Contacts, Disputes, Tally, Violence

AXIS = Axis((2018 - 1970) * 12, 2)
RULES = FileRules(hole_below=0.35, quarter_hours=48, holes=("2018-02-03",))
JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)
EPOCH = date(1970, 1, 1)
PAIRS = np.array([[0, 1], [2, 3], [0, 4]], np.int16)


def daily(rows_by_day):
    return Tally(days=Counter({day_number(day): rows for day, rows in rows_by_day.items()}))


def january(rows=1000, **other):
    return {**{f"2018-01-{day:02d}": rows for day in range(1, 32)}, **other}


def test_each_day_with_a_file_is_usable():
    assert usable_days(AXIS, [daily(january())], [], RULES).tolist() == [31, 0]


def test_a_day_with_far_fewer_rows_than_those_around_is_a_hole():
    rows = january(**{"2018-01-10": 349, "2018-01-20": 351})
    assert usable_days(AXIS, [daily(rows)], [], RULES).tolist() == [30, 0]


def test_weekends_with_half_of_the_rows_are_usable():
    rows = {day: 550 if date.fromisoformat(day).weekday() > 4 else 1000 for day in january()}
    assert usable_days(AXIS, [daily(rows)], [], RULES).tolist() == [31, 0]


def test_a_known_hole_is_a_hole_whatever_its_file_has():
    rows = {f"2018-02-{day:02d}": 1000 for day in range(1, 29)}
    assert usable_days(AXIS, [daily(rows)], [], RULES).tolist() == [0, 27]


def test_a_known_hole_of_daily_files_is_none_of_quarter_hours():
    start = day_number("2018-02-03") * 24 * 60
    tallies = [
        Tally(days=Counter({day_number("2018-02-03"): 900}), slots={start + 15 * number}) for number in range(96)
    ]
    assert usable_days(AXIS, tallies, [], RULES).tolist() == [0, 1]


@pytest.mark.parametrize(("files", "usable"), [(47, 0), (48, 1), (96, 1)])
def test_a_day_of_quarter_hours_needs_enough_of_them(files, usable):
    start = day_number("2018-01-05") * 24 * 60
    tallies = [
        Tally(days=Counter({day_number("2018-01-05"): 900}), slots={start + 15 * number}) for number in range(files)
    ]
    assert usable_days(AXIS, tallies, [], RULES).tolist() == [usable, 0]


def test_what_the_recipe_states_is_usable_whatever_the_files_look_like():
    stated = Coverage.model_validate({"from": "2018-01-30", "to": "2018-02"})
    assert usable_days(AXIS, [daily({"2018-01-01": 5})], [stated], RULES).tolist() == [3, 28]


def test_an_open_end_of_what_is_stated_is_the_last_day_of_the_files():
    stated = Coverage.model_validate({"from": "2018-01-01"})
    assert usable_days(AXIS, [daily({"2018-02-10": 5})], [stated], RULES).tolist() == [31, 10]


def contacts(*rows):
    a, b, starts, ends = zip(*rows, strict=True)
    days = [np.array([(day - EPOCH).days for day in part], np.int32) for part in (starts, ends)]
    return Contacts(
        np.arange(len(rows)), np.array(a, np.int16), np.array(b, np.int16), *days, np.array(["met"] * len(rows))
    )


def spec(**covers):
    return SourceSpec.model_validate({"kind": "contacts", "path": "x", "covers": covers})


def test_a_list_covers_its_own_pairs_from_its_first_entry_to_its_last():
    listed = contacts((1, 0, FEBRUARY, FEBRUARY), (2, 3, date(2018, 5, 1), date(2018, 5, 2)))
    covered = covered_records("list", spec(), listed, Tally(), PAIRS)
    assert covered.covered.tolist() == [True, True, False]
    assert (covered.first_month, covered.last_month) == (48 * 12 + 1, 48 * 12 + 4)


def test_a_list_of_one_state_covers_all_of_its_pairs():
    listed = contacts((0, 1, JANUARY, FEBRUARY))
    covered = covered_records("list", spec(), listed, Tally(states={0}), PAIRS)
    assert covered.covered.tolist() == [True, False, True]


def test_the_recipe_can_state_time_and_pairs():
    listed = contacts((0, 1, JANUARY, JANUARY))
    covered = covered_records("list", spec(to="2018-02", pairs="all"), listed, Tally(), PAIRS)
    assert covered.covered.all()
    assert (covered.first_month, covered.last_month) == (48 * 12, 48 * 12 + 1)
    only_listed = covered_records("list", spec(pairs="listed"), listed, Tally(states={0}), PAIRS)
    assert only_listed.covered.tolist() == [True, False, False]


def test_disputes_cover_whole_years():
    days = [np.array([(day - EPOCH).days], np.int32) for day in (date(2017, 6, 1), date(2018, 2, 3))]
    disputes = Disputes(
        np.array([2]), np.array(["4"]), np.array([0], np.int16), np.array([1], np.int16), *days, np.array([4.0])
    )
    covered = covered_records("list", spec(), disputes, Tally(), PAIRS)
    assert (covered.first_month, covered.last_month) == (47 * 12, 48 * 12 + 11)


def test_violence_within_a_state_makes_no_pair():
    none = np.array([NO_STATE], np.int16)
    day = np.array([(JANUARY - EPOCH).days], np.int32)
    violence = Violence(
        np.array([2]), np.array([7]), day, day, np.array([0], np.int16), np.array([0], np.int16), none, np.array([5.0])
    )
    covered = covered_records("deaths", spec(), violence, Tally(), PAIRS)
    assert not covered.covered.any()


def test_an_extract_that_is_stated_to_be_complete_covers_its_own_pairs():
    claims = {
        "extract": Coverage.model_validate({"from": "2018-01", "to": "2018-02"}),
        "other": Coverage.model_validate({"from": "2018-02-05", "to": "2018-02-10"}),
        "files": Coverage(),
    }
    seen = {"extract": {0 * 9 + 1}, "other": {0 * 9 + 1, 0 * 9 + 4}, "files": {2 * 9 + 3}}
    tallies = [daily({"2018-01-01": 5})]
    usable = usable_by_pair(AXIS, tallies, claims, seen, PAIRS, RULES, n_states=9)
    assert usable.tolist() == [[31, 28], [1, 0], [1, 6]]
    claims["extract"] = Coverage.model_validate({"from": "2018-01", "to": "2018-01", "pairs": "all"})
    usable = usable_by_pair(AXIS, tallies, claims, seen, PAIRS, RULES, n_states=9)
    assert usable.tolist() == [[31, 6], [31, 0], [31, 6]]
