"""Deaths, trade and values as given: by hand, and their properties."""

import math

import numpy as np
import pytest
from derived_cases import POSITION, at, day, derived, facts, flows, levels, reason, reports, source, violence

from riskmodel.analysis.indicators.derivations import load_derivations
from riskmodel.analysis.indicators.methods.derive import derive, selection


def test_deaths_between_the_two_are_the_highest_anchor_and_other_months_are_of_the_ladder():
    records = violence(
        ("PAK", "IND", "PAK", "2015-03-31", "2015-04-01", 2),
        ("PAK", "IND", "PAK", "2015-06-30", "2015-07-01", 1),
        ("PAK", "PAK", "", "2015-08-01", "2015-08-01", 90),
    )
    ged = source("ged", "ucdp_ged", records, "2014-01", "2015-10")
    of = facts("2014-01", "2015-12", ged, acts=reports("2014-01", "2015-12", "IND", "PAK", code="051"))
    result = derived(of, "military_activity")
    # Two deaths of two days are one in each month; half a death is less than one.
    assert [at(result, of, f"2015-{number:02d}", 1) for number in range(2, 10)] == [2, 10, 10, 2, 2, 2, 2, 2]
    assert result.methods[result.method[1, 14]].sources == ("ged",)
    alone = derived(facts("2014-01", "2015-12", ged), "military_activity")
    assert np.isnan(at(alone, of, "2015-02", 1))
    assert reason(alone, of, "2015-02", 1) == "ged: fewer deaths than 1 in fighting between the two"
    assert reason(alone, of, "2015-11", 1) == "ged: outside the source"


def nearby(*rows, borders=None):
    of = facts("2014-01", "2015-12", source("ged", "ucdp_ged", violence(*rows), "2013-01", "2015-10"))
    known = {"RUS": {"UKR", "FIN"}, "USA": {"MEX"}, "IND": {"PAK"}, "PAK": {"IND"}} if borders is None else borders
    by_position = {POSITION[state]: frozenset(POSITION[other] for other in others) for state, others in known.items()}
    results = derive(of, load_derivations().spec, lambda state, year: by_position.get(state, frozenset()))
    return of, next(result for result in results if result.indicator == "regional_instability")


def test_deaths_next_door_in_twelve_months_on_a_logarithmic_scale():
    of, result = nearby(
        ("UKR", "RUS", "UKR", "2014-03-01", "2014-03-01", 60),
        ("MEX", "", "", "2014-05-01", "2014-05-01", 40),
        ("FRA", "", "", "2014-05-01", "2014-05-01", 4000),
        ("RUS", "", "", "2014-05-01", "2014-05-01", 4000),  # at home is not next door
    )
    assert [at(result, of, text) for text in ("2014-02", "2014-05", "2015-02")] == [0, 5, 5]
    at_60 = 3 + 2 * math.log(61 / 26) / math.log(101 / 26)
    assert at(result, of, "2014-03") == pytest.approx(at_60, abs=1e-12)
    at_40 = 3 + 2 * math.log(41 / 26) / math.log(101 / 26)
    assert at(result, of, "2015-03") == pytest.approx(at_40, abs=1e-12)
    assert at(result, of, "2015-05") == 0
    assert np.isnan(at(result, of, "2015-11"))
    assert result.rows[0, 4] == 2


def test_a_war_of_the_two_counts_where_they_adjoin_and_a_common_neighbour_once():
    of, result = nearby(("PAK", "IND", "PAK", "2014-03-01", "2014-03-01", 1000))
    assert at(result, of, "2014-03", 1) == 7
    of, result = nearby(("UKR", "", "", "2014-03-01", "2014-03-01", 100), borders={"RUS": {"UKR"}, "USA": {"UKR"}})
    assert at(result, of, "2014-03") == 5


def test_deaths_of_a_long_row_are_spread_over_its_days():
    # 200 deaths from 1 November to 20 December, 50 days: 120 by the end of November.
    of, result = nearby(("UKR", "", "", "2014-11-01", "2014-12-20", 200))
    value = 5 + 2 * math.log(121 / 101) / math.log(1001 / 101)
    assert at(result, of, "2014-11") == pytest.approx(value, abs=1e-12)


def test_twelve_months_of_deaths_must_be_covered():
    of = facts(
        "2014-01",
        "2015-12",
        source("ged", "ucdp_ged", violence(("UKR", "", "", "2014-11-01", "2014-11-01", 1)), "2014-03", "2015-10"),
    )
    result = derived(of, "regional_instability")
    assert np.isnan(at(result, of, "2015-01"))
    assert at(result, of, "2015-02") > 0


def monthly(values, first="2011-01", reporter="USA", direction=0, partner="RUS"):
    months = (np.datetime64(first) + np.arange(len(values)).astype("m8[M]")).astype(str)
    return [(reporter, partner, direction, text, 1, value) for text, value in zip(months, values, strict=True)]


def traded(*rows, first="2014-01", last="2015-12"):
    of = facts(first, last, source("trade", "trade", flows(*rows), "1990-01", "2015-12"))
    return of, derived(of, "trade_disruption")


def test_trade_of_twelve_months_against_the_mean_of_three_years_before():
    # 100 a month to the first and 50 to the second for three years, then 60 and 30: 40% less.
    to_usa = monthly([100] * 36 + [60] * 24)
    to_russia = monthly([50] * 36 + [30] * 24, reporter="RUS", partner="USA")
    of, result = traded(*to_usa, *to_russia)
    assert at(result, of, "2014-12") == pytest.approx(40)
    assert np.isnan(at(result, of, "2014-11"))  # only 47 months
    # A year on, two of the three years before are as they were: 60 against (100 + 100 + 60) / 3.
    assert at(result, of, "2015-12") == pytest.approx(100 * (1 - 60 / (260 / 3)))


def test_yearly_trade_gives_december_only():
    yearly = [
        (who, whom, 0, f"{year}-01", 12, value)
        for who, whom, share in (("USA", "RUS", 2), ("RUS", "USA", 1))
        for year, value in ((2011, 10 * share), (2012, 20 * share), (2013, 30 * share), (2014, 25 * share))
    ]
    of, result = traded(*yearly)
    assert at(result, of, "2014-12") == pytest.approx(-25)  # 75 against a mean of 60
    others = [number for number in range(24) if number != 11]
    assert np.isnan(result.value[0, others]).all()
    assert reason(result, of, "2014-06") == "trade: no report of all of the 4 years that end with the month"


def test_a_reporter_that_is_silent_is_replaced_by_the_other_for_all_months():
    to_usa = monthly([100] * 48)
    gap = monthly([50] * 20 + [math.nan] + [50] * 27, reporter="RUS", partner="USA")
    exports = monthly([60] * 36 + [30] * 12, direction=1)
    of, result = traded(*to_usa, *gap, *exports)
    assert at(result, of, "2014-12") == pytest.approx(100 * (1 - 130 / 160))
    of, result = traded(*to_usa, *gap)
    assert np.isnan(result.value).all()


def test_trade_in_one_total_and_trade_that_never_was():
    of, result = traded(*monthly([8] * 36 + [2] * 12, direction=2))
    assert at(result, of, "2014-12") == pytest.approx(75)
    of, result = traded(*monthly([0] * 48, direction=2))
    assert np.isnan(result.value).all()


def test_trade_of_another_unit_gives_the_same():
    rows = [*monthly([100] * 30 + [70] * 30), *monthly([40] * 60, reporter="RUS", partner="USA")]
    _, result = traded(*rows)
    _, in_thousands = traded(*((*row[:5], row[5] * 1000) for row in rows))
    np.testing.assert_allclose(result.value, in_thousands.value, rtol=1e-12)


def test_values_as_given_are_of_the_pair_then_of_the_two_then_of_the_world():
    columns = ["public_hostility", "espionage"]
    records = levels(
        columns,
        ("RUS", "USA", "2014-01", 12, "public_hostility", 80),
        ("RUS", "USA", "2014-03", 1, "public_hostility", 90),
        ("IND", "", "2014-01", 12, "public_hostility", 40),
        ("PAK", "", "2014-04", 3, "public_hostility", 60),
        ("", "", "2014-01", 12, "espionage", 3),
        ("USA", "RUS", "2014-02", 1, "espionage", math.nan),
    )
    of = facts("2014-01", "2015-12", source("polls", "table", records, "2014-01", "2014-12"))
    hostility, espionage = derived(of, "public_hostility"), derived(of, "espionage")
    assert [at(hostility, of, f"2014-0{number}") for number in (1, 3, 4)] == [80, 90, 80]
    assert [at(hostility, of, f"2014-0{number}", 1) for number in (4, 6)] == [50, 50]
    assert np.isnan(at(hostility, of, "2014-07", 1))
    assert reason(hostility, of, "2014-07", 1).startswith("polls: no value of public_hostility; only polls show it")
    assert at(espionage, of, "2014-02") == 3
    assert hostility.rows[1, 3] == 2
    chosen = selection(of, load_derivations().spec, "public_hostility", 0, 2)
    assert (chosen.sources, chosen.columns) == (("polls",), frozenset(["public_hostility"]))
    assert (chosen.first_day, chosen.last_day) == (day("2014-03-01"), day("2014-03-31"))


def test_a_table_stands_before_what_is_derived():
    records = levels(["military_activity"], ("USA", "RUS", "2015-03", 1, "military_activity", 5))
    own = source("own", "table", records, "2015-03", "2015-03")
    of = facts("2014-01", "2015-12", own, acts=reports("2014-01", "2015-12", code="190"))
    result = derived(of, "military_activity")
    assert [at(result, of, f"2015-0{number}") for number in (2, 3, 4)] == [8, 5, 8]
    assert result.methods[result.method[0, 14]] == ("as given", "good", ("own",))
