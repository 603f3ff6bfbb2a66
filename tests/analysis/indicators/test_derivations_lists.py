"""Contacts, disputes and peace years: by hand, and their properties."""

import numpy as np
import pytest
from derived_cases import at, contacts, day, derived, disputes, facts, reason, reports, source, violence
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.analysis.indicators.derivations import load_derivations
from riskmodel.analysis.indicators.methods.derive import selection


def listed(*rows, first="1816-01", last="2014-12", name="mid"):
    return source(name, "disputes", disputes(*rows), first, last)


def of_years(*sources, first="2008-01", last="2015-12"):
    return facts(first, last, *sources)


def test_contacts_count_in_each_month_that_they_overlap():
    records = contacts(
        ("USA", "RUS", "2010-03-30", "2010-04-02"),
        ("RUS", "USA", "2010-04-20", "2010-04-20"),
        ("USA", "RUS", "2010-04-20", "2010-04-20"),  # the same days: one contact
        ("USA", "RUS", "2010-04-20", "2010-04-21"),
        ("USA", "FRA", "2010-04-05", "2010-04-06"),
    )
    of = of_years(source("trips", "contacts", records, "2009-01", "2010-06"))
    result = derived(of, "communication_frequency")
    assert [at(result, of, f"2010-0{number}") for number in range(2, 7)] == [0, 1, 3, 0, 0]
    assert result.rows[0, 27] == 4
    assert np.isnan(at(result, of, "2010-07"))
    assert reason(result, of, "2010-07") == "trips: outside the lists of contacts"


def test_a_month_is_covered_if_each_list_of_contacts_that_has_the_pair_covers_it():
    trips = source("trips", "contacts", contacts(("USA", "RUS", "2010-04-20", "2010-04-20")), "2009-01", "2010-12")
    visits = source("visits", "contacts", contacts(("USA", "RUS", "2010-04-25", "2010-04-25")), "2009-01", "2010-06")
    other = source(
        "calls", "contacts", contacts(("IND", "PAK", "2009-04-25", "2009-04-25")), "2009-01", "2009-06", (0, 1)
    )
    of = of_years(trips, visits, other)
    result = derived(of, "communication_frequency")
    assert at(result, of, "2010-04") == 2
    assert np.isnan(at(result, of, "2010-07"))


def test_a_pair_has_contacts_or_days_of_talk_and_never_both_in_one_series():
    trips = source(
        "trips", "contacts", contacts(("USA", "RUS", "2015-02-20", "2015-02-20")), "2015-01", "2015-06", (1, 0)
    )
    acts = reports("2014-01", "2015-12") + reports("2014-01", "2015-12", "IND", "PAK")
    of = facts("2014-01", "2015-12", trips, acts=acts)
    result = derived(of, "communication_frequency")
    assert [at(result, of, text) for text in ("2015-01", "2015-02")] == [0, 1]
    assert np.isnan(at(result, of, "2015-07"))  # although it has a day of talk
    assert at(result, of, "2015-02", pair=1) == at(result, of, "2015-07", pair=1) == 0.25
    assert [result.methods[number].sources for number in result.method[:, 14]] == [("trips",), ("gdelt",)]


def test_disputes_begun_in_five_years_up_to_the_end_of_the_month():
    of = of_years(listed(("USA", "RUS", "2008-02-10", "2008-03-01"), ("RUS", "USA", "2012-12-31", "2013-02-01")))
    result = derived(of, "dispute_history")
    by_month = {"2008-01": 0, "2008-02": 1, "2012-11": 1, "2012-12": 2, "2013-01": 2, "2013-02": 1, "2014-12": 1}
    assert {text: at(result, of, text) for text in by_month} == by_month
    assert np.isnan(at(result, of, "2015-01"))
    assert at(result, of, "2012-12", pair=1) == 0


def test_five_years_of_look_back_must_be_covered():
    of = of_years(listed(("USA", "RUS", "2008-02-10", "2008-03-01"), first="2006-01"))
    result = derived(of, "dispute_history")
    assert np.isnan(at(result, of, "2010-11"))
    assert reason(result, of, "2010-11") == "mid: the 5 years up to then are not all covered"
    assert at(result, of, "2010-12") == 1


def test_lists_join_without_a_gap_and_a_dispute_in_both_counts_once():
    first = listed(("USA", "RUS", "2012-03-01", "2012-06-01"), last="2012-12")
    # The first overlaps that of the other list by a day; two of one list that overlap are two.
    more = (("USA", "RUS", "2012-06-01", "2012-07-01"), ("USA", "RUS", "2013-01-01", "2013-03-01"))
    second = listed(*more, ("USA", "RUS", "2013-02-01", "2013-02-02"), first="2012-06", last="2014-06", name="own")
    of = of_years(first, second)
    result = derived(of, "dispute_history")
    assert at(result, of, "2013-02") == at(result, of, "2014-06") == 3
    assert result.methods[result.method[0, 77]].sources == ("mid", "own")
    gap = of_years(first, listed(*more, first="2013-02", last="2014-06", name="own"))
    assert np.isnan(at(derived(gap, "dispute_history"), gap, "2014-06"))


def test_peace_years_are_full_years_since_the_last_dispute_ended_and_0_while_one_is_on():
    of = of_years(listed(("USA", "RUS", "2009-03-10", "2009-05-15"), ("USA", "RUS", "2013-11-20", "2014-01-31")))
    result = derived(of, "peace_years")
    # The Correlates of War count the United States and Russia as members from 1816: 193 years to February 2009.
    by_month = {"2009-02": 193, "2009-03": 0, "2009-05": 0, "2010-04": 0, "2010-05": 1, "2013-05": 4, "2013-10": 4}
    by_month |= {"2013-11": 0, "2014-01": 0, "2014-12": 0}
    assert {text: at(result, of, text) for text in by_month} == by_month
    assert reason(result, of, "2009-02") == "none since both states exist"
    assert reason(result, of, "2010-05") == ""
    assert np.isnan(at(result, of, "2015-01"))


def test_a_last_dispute_before_the_list_begins_is_not_known():
    of = of_years(listed(("IND", "PAK", "2012-03-10", "2012-05-15"), first="1990-01"))
    result = derived(of, "peace_years")
    assert np.isnan(at(result, of, "2012-01"))
    assert reason(result, of, "2012-01") == "mid: no dispute since the sources begin, and the last before is not known"
    assert at(result, of, "2014-05", pair=1) == 2
    of = of_years(listed(("IND", "PAK", "2012-03-10", "2012-05-15"), first="1950-01"))
    result = derived(of, "peace_years")
    assert np.isnan(at(result, of, "2009-11"))  # 59 full years
    assert at(result, of, "2010-01") == 60
    assert reason(result, of, "2010-01") == "at least so many: none since the sources begin"


def test_a_dispute_may_have_been_in_a_gap_between_lists():
    first = listed(("USA", "RUS", "2009-03-10", "2009-05-15"), last="2010-12")
    gap = of_years(first, listed(("USA", "RUS", "2014-03-10", "2014-05-15"), first="2011-02", name="own"))
    result = derived(gap, "peace_years")
    assert at(result, gap, "2010-12") == 1
    assert np.isnan(at(result, gap, "2013-12"))
    assert at(result, gap, "2014-12") == 0
    joined = of_years(first, listed(("USA", "RUS", "2014-03-10", "2014-05-15"), first="2011-01", name="own"))
    assert at(derived(joined, "peace_years"), joined, "2013-12") == 4


def test_deaths_make_an_episode_until_twelve_months_without():
    records = violence(
        ("IND", "IND", "PAK", "2009-02-10", "2009-02-12", 3),
        ("PAK", "PAK", "IND", "2010-02-12", "2010-02-12", 1),  # twelve months later: the same episode
        ("PAK", "PAK", "IND", "2011-02-13", "2011-02-13", 1),  # a day more: another
        ("IND", "IND", "", "2012-06-01", "2012-06-01", 50),  # not between the two
        ("IND", "IND", "PAK", "2012-06-01", "2012-06-01", 0),  # without deaths
    )
    of = of_years(source("ged", "ucdp_ged", records, "1989-01", "2014-12"))
    history, peace = derived(of, "dispute_history"), derived(of, "peace_years")
    begun = {"2009-01": 0, "2009-02": 1, "2010-12": 1, "2011-02": 2, "2014-01": 2, "2014-02": 1}
    assert {text: at(history, of, text, 1) for text in begun} == begun
    years = {"2009-02": 0, "2010-01": 0, "2011-01": 0, "2012-01": 0, "2014-02": 3}
    assert {text: at(peace, of, text, 1) for text in years} == years
    assert (history.methods[0].trust, peace.methods[0].trust) == ("fair", "fair")
    assert np.isnan(at(peace, of, "2009-01", 1))


DISPUTES = st.lists(
    st.tuples(st.integers(day("1995-01-01"), day("2012-12-31")), st.integers(0, 900)).map(
        lambda spell: (spell[0], spell[0] + spell[1])
    ),
    min_size=1,
    max_size=6,
)


def with_spells(spells, shift=0):
    """Disputes, of which the first is before the axis."""
    earlier = (day("1992-03-01"), day("1992-03-02"))
    rows = [("USA", "RUS", *(np.datetime64(end + shift, "D") for end in spell)) for spell in (earlier, *spells)]
    return of_years(listed(*rows, last="2019-12"), first="2008-01", last="2016-12")


@settings(max_examples=40, deadline=None)
@given(DISPUTES)
def test_peace_and_history_agree(spells):
    of = with_spells(spells)
    peace, history = derived(of, "peace_years").value[0], derived(of, "dispute_history").value[0]
    assert not np.isnan(peace).any()
    # A dispute that began in five years has not been over for five.
    assert (peace[history > 0] < 5).all()
    # A dispute begins, so that there is none over: history rises only where peace is less than a year.
    assert (peace[1:][np.diff(history) > 0] == 0).all()
    # From month to month peace grows by a year at most, and falls only to 0.
    falls = np.diff(peace) < 0
    assert (np.diff(peace) <= 1).all()
    assert (history[1:][falls] > 0).all()


@settings(max_examples=40, deadline=None)
@given(DISPUTES)
def test_disputes_four_years_later_give_the_same_four_years_later(spells):
    of, later = with_spells(spells), with_spells(spells, 1461)
    for name in ("peace_years", "dispute_history"):
        np.testing.assert_array_equal(derived(of, name).value[0, :-48], derived(later, name).value[0, 48:])


def test_the_rows_behind_disputes_and_peace():
    of = of_years(listed(("USA", "RUS", "2009-03-10", "2009-05-15"), ("USA", "RUS", "2003-11-20", "2004-01-31")))
    spec, position = load_derivations().spec, 12 * 5 + 2
    chosen = selection(of, spec, "peace_years", 0, position)
    assert (chosen.sources, chosen.first_day, chosen.last_day) == (("mid",), day("2009-05-15"), day("2013-03-31"))
    chosen = selection(of, spec, "dispute_history", 0, position)
    assert (chosen.first_day, chosen.last_day, chosen.begun) == (day("2008-04-01"), day("2013-03-31"), True)
    assert derived(of, "dispute_history").rows[0, position] == 1
    assert selection(of, spec, "trade_disruption", 0, position).sources == ()


def test_a_list_without_the_pair_leaves_it_blank():
    of = of_years(
        source("mid", "disputes", disputes(("USA", "RUS", "2009-03-10", "2009-05-15")), "1816-01", "2014-12", (1, 0))
    )
    for name in ("peace_years", "dispute_history"):
        assert np.isnan(derived(of, name).value[1]).all()


@pytest.mark.parametrize("name", ["peace_years", "dispute_history", "communication_frequency"])
def test_lists_without_a_row_of_the_pairs_are_no_error(name):
    empty = disputes(("USA", "FRA", "2009-03-10", "2009-05-15"))
    of = of_years(
        source("mid", "disputes", empty, "1816-01", "2014-12", (0, 0)),
        source(
            "ged", "ucdp_ged", violence(("FRA", "FRA", "", "2009-03-10", "2009-05-15", 1)), "1989-01", "2014-12", (0, 0)
        ),
        source("trips", "contacts", contacts(("USA", "FRA", "2009-03-10", "2009-05-15")), "1989-01", "2014-12", (0, 0)),
    )
    assert np.isnan(derived(of, name).value).all()
