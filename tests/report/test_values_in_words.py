"""Values as they were given, degrees as words, and the meaning of values by the guide."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodel
from riskmodel.report.citations import citation_numbers, cited_sources, marks
from riskmodel.report.formatting import degree_text, fired_rules, given_text, guide_text, remarks, value_text
from riskmodel.schema.wording import distribution_words, plain_number

SCALE = {"goalposts": [0, 10]}
CONTENT = {
    "format": 1,
    "id": "by-hand",
    "indicators": {
        "forces": {
            "title": "Forces",
            "unit": "0-10 scale",
            "scale": SCALE,
            "valid": [-5, 20],
            "guide": {"4": "large exercises", "0": "none", "6": "readiness raised"},
        },
        "mood": {"scale": {"levels": {"calm": 0, "tense": 1}}, "guide": {"tense": "envoys are called home"}},
        "usual": {"title": "Usual", "scale": SCALE, "default": {"p10": 1, "p50": 3, "p90": 9}},
        "likely": {"title": "Likely", "scale": SCALE, "default": {"low": 1, "likely": 2, "high": 4}},
    },
    "scores": {"s": {"weights": {"forces": 4, "mood": 1, "usual": 1, "likely": 1}}},
}


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(CONTENT)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"low": 4.0, "high": 8.0}, "4 to 8"),
        ({"low": 1.0, "likely": 2.0, "high": 4.0}, "1 to 4, likely 2"),
        ({"mean": 50.0, "sd": 10.0}, "about 50, standard deviation 10"),
        ({"p10": 1.0, "p50": 3.0, "p90": 9.0}, "1 to 9 in 8 of 10 cases, median 3"),
        ({"low": 2.0, "high": 2.0}, "2"),
        ({"low": 2.0, "likely": 2.0, "high": 2.0}, "2"),
        ({"p10": 2.0, "p50": 2.0, "p90": 2.0}, "2"),
    ],
)
def test_a_distribution_in_words(parameters, words):
    assert distribution_words(parameters) == words


@pytest.mark.parametrize(
    ("number", "text"),
    [(2.0, "2"), (2.5, "2.5"), (16.0249, "16.02"), (12345.6, "12346"), (0.00012345, "0.0001234"), (-3.25, "-3.25")],
)
def test_numbers_have_four_digits_and_no_exponent_where_they_are_large(number, text):
    assert plain_number(number) == text


def test_a_range_stands_as_it_was_given_and_its_median_among_the_remarks(model):
    assessment = model.assess({"forces": {"low": 1, "likely": 2, "high": 4}, "mood": "calm"})
    assert value_text(assessment, "forces") == "1 to 4, likely 2 (0-10 scale)"
    (text,) = [text for heading, text in remarks(assessment) if heading.startswith("Given as a range")]
    # The median of the beta distribution with the shapes 1 + 4/3 and 1 + 8/3, on 1 to 4.
    assert text == "Forces 1 to 4, likely 2 (median 2.127)"


@pytest.mark.parametrize("given_range", [{"p10": 1, "p50": 3, "p90": 9}, {"low": 3, "high": 3}])
def test_a_median_that_was_given_is_not_repeated(model, given_range):
    (text,) = [
        text
        for heading, text in remarks(model.assess({"forces": given_range}))
        if heading.startswith("Given as a range")
    ]
    assert "(median" not in text


def test_a_default_is_marked_as_assumed(model):
    assessment = model.assess({"forces": 2})
    assert value_text(assessment, "usual") == "assumed 3"
    assert value_text(assessment, "likely") == "assumed 1 to 4, likely 2"
    assert value_text(assessment, "mood") == "missing"


@given(st.floats(0, 1))
def test_the_word_for_a_degree_agrees_with_its_number(degree):
    word, number = re.fullmatch(r"(\w+) \((.*)\)", degree_text(degree)).groups()
    assert (word == "not") == (degree == 0)
    assert (number == "0.00") == (degree == 0)
    if number == "1.00":
        assert word == "fully"
    assert word == (
        "not"
        if degree == 0
        else "slightly"
        if degree < 0.25
        else "partly"
        if degree < 0.75
        else "fully"
        if degree >= 1 - 1e-9
        else "largely"
    )


@pytest.mark.parametrize(
    ("degrees", "text"),
    [
        ((0.38,), "partly (0.38)"),
        ((1.0,), "fully (1.00)"),
        ((0.0,), "not (0.00)"),
        ((0.001,), "slightly (below 0.01)"),
        ((0.9999,), "largely (above 0.99)"),
        ((0.0, 1.0), "not to fully (0.00 to 1.00)"),
        ((0.3, 0.4), "partly (0.30 to 0.40)"),
    ],
)
def test_degrees_and_ranges_of_degrees(degrees, text):
    assert degree_text(*degrees) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "between large exercises (4) and readiness raised (6)"),
        (4, "large exercises (4)"),
        (2, "between none (0) and large exercises (4)"),
        (-1, "below none (0)"),
        (9, "above readiness raised (6)"),
        ({"low": 1, "likely": 4, "high": 9}, "large exercises (4)"),
        ({"low": 4, "high": 6}, "between large exercises (4) and readiness raised (6)"),
        (None, ""),
    ],
)
def test_a_value_by_the_guide(model, value, text):
    assert guide_text(model.assess({"forces": value, "mood": "calm"}).input("forces")) == text


def test_a_label_has_its_own_meaning_or_none(model):
    assert guide_text(model.assess({"mood": "tense"}).input("mood")) == "envoys are called home"
    assert guide_text(model.assess({"mood": "calm"}).input("mood")) == ""
    assert given_text(model.assess({"mood": "calm"}).input("mood")) == "calm"


def test_every_passage_is_cited_once_under_its_source(default_model):
    assessment = default_model.assess(
        {"military_activity": 8, "communication_frequency": 0, "espionage": 40, "trade_disruption": 50}
    )
    numbers = citation_numbers(assessment)
    assert list(numbers.values()) == list(range(1, len(numbers) + 1))
    ((source, passages),) = cited_sources(assessment)
    assert source == "US-Russia peace talks reduction: what's next for diplomacy?"
    assert {number: f"{source}, {text}" for number, text in passages} == {
        number: text for text, number in numbers.items()
    }
    for rule, *_ in fired_rules(assessment):
        assert marks(rule, numbers) == f"[{', '.join(str(numbers[text]) for text in rule.citations)}]"


def test_comparisons_and_levers_have_ranges_as_given():
    values = {"military_activity": 7, "espionage": 30, "trade_disruption": 45}
    likely = {"low": 1, "likely": 2, "high": 4}
    first = {**values, "communication_frequency": likely}
    second = {**values, "communication_frequency": {"low": 4, "high": 8}}
    text = " ".join(str(riskmodel.compare([first, second])).split())
    assert "Communication frequency (official contacts per month) 1 to 4, likely 2 4 to 8 " in text
    assert "2.127" not in text
    levers = " ".join(str(riskmodel.levers(first, target="escalation <= 55")).split())
    assert "Communication frequency 1 to 4, likely 2 " in levers
