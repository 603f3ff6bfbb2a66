"""Days of talk, the ladder of force, mediation and fields: by hand."""

import numpy as np
import pytest
from derived_cases import PAIRS, at, day, derived, facts, reason, reports
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.analysis.indicators.derivations import load_derivations
from riskmodel.analysis.indicators.facts import LOOK_BACK, day_count
from riskmodel.analysis.indicators.methods.derive import selection

TALKED = reports("2014-01", "2015-12", code="051")  # 12 acts a year, none of talk or force


def force(*acts):
    return facts("2014-01", "2015-12", acts=[*TALKED, *acts])


@pytest.mark.parametrize(
    ("acts", "value"),
    [
        ([], 2),
        ([("2015-03-01", "USA", "RUS", "139")], 4),
        ([("2015-03-01", "USA", "RUS", "1384")], 4),
        ([("2015-03-01", "USA", "RUS", "138"), ("2015-03-02", "RUS", "USA", "1381")], 6),
        ([("2015-03-01", "USA", "RUS", "150")], 6),
        ([("2015-03-01", "USA", "RUS", "152")], 6),
        ([("2015-03-01", "USA", "RUS", "152"), ("2015-03-09", "RUS", "USA", "154")], 8),
        ([("2015-03-01", "USA", "RUS", "190")], 8),
        ([("2015-03-01", "USA", "RUS", "190"), ("2015-03-02", "USA", "RUS", "2042")], 8),
        ([(f"2015-03-{number:02d}", "USA", "RUS", code) for number, code in ((1, "193"), (2, "1951"), (3, "203"))], 10),
        ([("2015-03-01", "USA", "RUS", "193")] * 9, 8),  # nine reports of one day
        ([("2015-03-01", "USA", "RUS", "ASSAULT/aerial")], 8),
        ([("2015-03-01", "USA", "RUS", "MOBILIZE/troops")], 6),
        ([("2015-03-01", "USA", "RUS", "ASSAULT/beat")], 2),
    ],
)
def test_the_ladder_of_military_activity_by_days_of_force(acts, value):
    of = force(*acts)
    result = derived(of, "military_activity")
    assert at(result, of, "2015-03") == value
    assert at(result, of, "2015-04") == 2
    assert result.methods[0].trust == "weak"
    assert result.methods[0].sources == ("gdelt",)


def test_the_days_and_rows_behind_a_value_are_given():
    of = force(*[(f"2015-03-0{number}", "USA", "RUS", "193") for number in (1, 1, 2)])
    result = derived(of, "military_activity")
    at_march = (0, 14)
    assert (result.days[at_march], result.rows[at_march], result.usable[at_march]) == (2, 3, 1)
    chosen = selection(of, load_derivations().spec, "military_activity", *at_march)
    assert (chosen.sources, chosen.first_day, chosen.last_day) == (("gdelt",), day("2015-03-01"), day("2015-03-31"))
    assert "193" in chosen.codes
    assert "051" not in chosen.codes


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["138", "139", "150", "152", "154", "190", "200"]))),
    st.tuples(st.integers(1, 28), st.sampled_from(["138", "139", "150", "152", "154", "190", "200", "051", "042"])),
)
def test_one_act_more_never_lowers_the_ladder(acts, more):
    def value(of_acts):
        of = force(*((f"2015-03-{number:02d}", "USA", "RUS", code) for number, code in of_acts))
        return at(derived(of, "military_activity"), of, "2015-03")

    assert value([*acts, more]) >= value(acts)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_days_are_the_bits_of_a_mask(masks):
    assert day_count(np.array(masks, np.uint32)).tolist() == [mask.bit_count() for mask in masks]


def test_days_of_talk_are_a_quarter_of_a_contact_each():
    talks = [
        ("2015-03-01", "USA", "RUS", "042"),
        ("2015-03-01", "RUS", "USA", "043"),
        ("2015-03-20", "USA", "RUS", "046"),
    ]
    of = force(*talks)
    result = derived(of, "communication_frequency")
    assert at(result, of, "2015-03") == 0.5  # two days
    assert at(result, of, "2015-02") == 0
    assert result.methods[0].trust == "weak"


def test_mediation_is_no_talk_of_the_two_and_statements_are_never_counted():
    of = force(("2015-03-01", "USA", "RUS", "045"), ("2015-03-02", "USA", "RUS", "010"))
    assert at(derived(of, "communication_frequency"), of, "2015-03") == 0


def test_a_month_needs_25_days_with_files():
    of = facts("2014-01", "2015-12", acts=TALKED, usable={"2015-03": 24, "2015-04": 25, "2015-05": 0})
    result = derived(of, "military_activity")
    assert np.isnan(at(result, of, "2015-03"))
    assert reason(result, of, "2015-03") == "gdelt: fewer than 25 days with a usable file"
    assert at(result, of, "2015-04") == 2
    assert reason(result, of, "2015-05") == "gdelt: no day with a usable file"
    assert result.usable[0, 15] == pytest.approx(25 / 30)


def test_a_pair_needs_ten_events_in_twelve_months():
    # Nine acts in 2014, and one in June 2015: never ten in twelve months.
    of = facts("2014-01", "2015-12", acts=[*TALKED[:9], ("2015-06-01", "USA", "RUS", "051")])
    result = derived(of, "military_activity")
    assert np.isnan(result.value[:, LOOK_BACK - 1 :]).all()
    assert reason(result, of, "2015-06").startswith("gdelt: hardly reported, with fewer than 10 events")
    # One act more in December 2014 makes ten of the twelve months to December 2014, and no later ones.
    of = facts("2014-01", "2015-12", acts=[*TALKED[:9], ("2014-12-01", "USA", "RUS", "051")])
    result = derived(of, "military_activity")
    assert at(result, of, "2014-12") == 2
    assert np.isnan(at(result, of, "2015-01"))
    assert np.isnan(result.value[1]).all()  # nothing of the other pair


def test_with_fewer_months_of_data_the_pair_needs_fewer_events_in_proportion():
    # Six months with files: five events are as many as ten in twelve.
    usable = {f"2014-{number:02d}": 0 for number in range(1, 7)}
    for n_events, is_blank in ((5, False), (4, True)):
        acts = [(f"2014-12-{number:02d}", "USA", "RUS", "051") for number in range(1, n_events + 1)]
        of = facts("2014-01", "2015-12", acts=acts, usable=usable)
        assert np.isnan(at(derived(of, "military_activity"), of, "2014-12")) == is_blank


def test_mediation_is_by_third_parties_on_either_of_the_two():
    mediated = [
        ("2015-03-01", "CHE", "RUS", "039"),
        ("2015-04-01", "CHE", "USA", "045"),
        ("2015-04-02", "FRA", "RUS", "045"),
    ]
    signed = [(f"2015-05-0{number}", "CHE", "RUS", "045") for number in (1, 2)] + [("2015-05-20", "USA", "RUS", "057")]
    of = force(*mediated, *signed, ("2015-06-01", "USA", "RUS", "045"), ("2015-07-01", "RUS", "CHE", "045"))
    result = derived(of, "third_party_mediation")
    assert [at(result, of, f"2015-0{number}") for number in range(2, 8)] == [0, 3, 6, 10, 0, 0]


def test_fields_are_a_floor_and_never_0():
    content = load_derivations().document.content
    content["indicators"]["joint_initiatives"]["ways"].append(
        {
            "from": "events",
            "method": "fields",
            "months": 12,
            "fields": {"economy": ["061"], "forces": ["062"]},
            "trust": "weak",
            "because": "A floor.",
        }
    )
    acts = [
        ("2015-03-01", "USA", "RUS", "061"),
        ("2015-04-01", "USA", "RUS", "062"),
        ("2015-04-03", "USA", "RUS", "061"),
    ]
    of = force(*acts)
    result = derived(of, "joint_initiatives", load_derivations(content).spec)
    assert np.isnan(at(result, of, "2015-02"))
    assert [at(result, of, text) for text in ("2015-03", "2015-04", "2015-12")] == [1, 2, 2]


def test_two_families_of_events_stand_in_the_order_of_the_recipe():
    of, other = force(("2015-03-01", "USA", "RUS", "190")), facts("2014-01", "2015-12", acts=TALKED, family="icews")
    both = type(of)(of.pairs, of.first, of.months, other.events + of.events, ())
    result = derived(both, "military_activity")
    assert at(result, both, "2015-03") == 2
    assert result.methods[result.method[0, 14]].sources == ("icews",)


def test_each_indicator_of_the_file_has_a_result_for_all_pairs_and_months():
    of = facts("2014-01", "2014-12")
    for name in load_derivations().spec.indicators:
        result = derived(of, name)
        assert result.value.shape == (len(PAIRS), 12)
        assert np.isnan(result.value).all()
        assert all(reason(result, of, f"2014-{number:02d}") for number in range(1, 13))


def test_the_reason_names_the_sources_that_an_indicator_needs():
    of = facts("2014-01", "2014-12")
    needed = "the recipe has no source of violence or events, and no table with this column"
    assert reason(derived(of, "military_activity"), of, "2014-06") == needed
