"""Rules that nearly fired: the change makes the rule fire, and is the smallest where that can be computed by hand."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel.analysis.near_misses import MAX_CHANGE, near_misses
from riskmodel.schema.breakpoints import indicator_range


def model_of(when, **indicators):
    named = {"heat": {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 7]}}}, **indicators}
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "small",
            "indicators": named,
            "scores": {"risk": {"weights": {name: 1 for name, spec in named.items() if "scale" in spec}}},
            "rules": {"rule": {"when": when, "then": {"risk": {"add": 5}}}},
        }
    )


LEVELS = {"scale": {"levels": {"calm": 0, "uneasy": 0.4, "tense": 0.7, "crisis": 1}}}
LOGARITHMIC = {"scale": {"goalposts": [1, 1000], "curve": "log"}}


@pytest.mark.parametrize(
    ("when", "indicators", "values", "indicator", "value", "degree", "moved"),
    [
        # The term is 0 at 4, and the round number after it is returned: (4.01 - 4) / (7 - 4).
        ("heat is high", {}, {"heat": 3.5}, "heat", 4.01, 0.01 / 3, 0.051),
        ("heat >= 4", {}, {"heat": 3.5}, "heat", 4.0, 1.0, 0.05),
        ("heat < 3.2", {}, {"heat": 3.5}, "heat", 3.19, 1.0, 0.031),
        ("heat == 3.3", {}, {"heat": 3.5}, "heat", 3.3, 1.0, 0.02),
        # Exactly a tenth away, and no further.
        ("heat >= 4.5", {}, {"heat": 3.5}, "heat", 4.5, 1.0, 0.1),
        # A label moves to its neighbour.
        ("mood is tense", {"mood": LEVELS}, {"heat": 1, "mood": "uneasy"}, "mood", "tense", 1.0, 0.1),
        # Half of the base comes from each, and calm is at its end: 55 needs heat at 1.
        ("risk >= 55", {"calm": {"scale": {"goalposts": [0, 10]}}}, {"heat": 0.5, "calm": 10}, "heat", 1.0, 1.0, 0.05),
    ],
)
def test_small_cases_by_hand(when, indicators, values, indicator, value, degree, moved):
    (near,) = near_misses(model_of(when, **indicators), values)
    assert (near.rule, near.indicator, near.value) == ("rule", indicator, value)
    assert near.degree == pytest.approx(degree)
    assert near.moved == pytest.approx(moved)


@pytest.mark.parametrize(
    ("when", "indicators", "values"),
    [
        ("heat >= 4.51", {}, {"heat": 3.5}),
        ("heat >= 3", {}, {"heat": 3.5}),
        ("mood is tense", {"mood": LEVELS}, {"heat": 1, "mood": "calm"}),
        # Two values would have to move.
        ("heat >= 4 and calm >= 4", {"calm": {"scale": {"goalposts": [0, 10]}}}, {"heat": 3.5, "calm": 3.5}),
        # It could fire already: that is a rule that cannot be judged.
        ("heat >= 4 or calm >= 4", {"calm": {"scale": {"goalposts": [0, 10]}}}, {"heat": 3.5}),
        # What is missing or assumed does not move.
        ("calm >= 4", {"calm": {"scale": {"goalposts": [0, 10]}, "default": 3.5}}, {"heat": 1}),
        # Valid values end before the rule begins.
        ("calm > 4", {"calm": {"scale": {"goalposts": [0, 10]}, "valid": [0, 4]}}, {"heat": 1, "calm": 3.5}),
        # Its range is unknown.
        ("calm >= 4", {"calm": {}}, {"heat": 1, "calm": 3.9}),
    ],
)
def test_what_is_not_near(when, indicators, values):
    assert near_misses(model_of(when, **indicators), values) == ()


def test_on_a_logarithmic_scale_it_is_the_logarithm_that_moves():
    # A tenth of three powers of ten is a factor of 10 ** 0.3, a little under 2.
    model = model_of("calm >= 195", calm=LOGARITHMIC)
    (near,) = near_misses(model, {"heat": 1, "calm": 100})
    assert (near.indicator, near.value) == ("calm", 195.0)
    assert near_misses(model, {"heat": 1, "calm": 97}) == ()


def test_the_indicator_with_the_smallest_change_is_returned():
    model = model_of("heat >= 4 or calm >= 4", calm={"scale": {"goalposts": [0, 10]}})
    (near,) = near_misses(model, {"heat": 3.2, "calm": 3.9})
    assert (near.indicator, near.value) == ("calm", 4.0)


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_the_returned_change_makes_the_rule_fire(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    values = random_values(rng, content)
    rules = {rule.name: rule for rule in model.assess(values).rules}
    misses = near_misses(model, values)
    assert len({near.rule for near in misses}) == len(misses)
    assert [near.moved for near in misses] == sorted(near.moved for near in misses)
    for near in misses:
        assert rules[near.rule].status == "not fired"
        moved = model.assess({**values, near.indicator: near.value})
        (rule,) = [rule for rule in moved.rules if rule.name == near.rule]
        assert rule.degree == near.degree > 0
        if isinstance(near.value, float):
            range_ = indicator_range(model.spec, near.indicator)
            if not range_.logarithmic:
                change = abs(near.value - values[near.indicator])
                assert 0 < change <= MAX_CHANGE * (range_.high - range_.low) * (1 + 1e-9)


def test_near_misses_of_the_default_model_did_not_fire(default_model):
    scenario = default_model.scenarios["continued_tensions"]
    misses = near_misses(default_model, scenario)
    known = {rule.name for rule in default_model.assess(scenario).rules if rule.status == "not fired"}
    assert {near.rule for near in misses} <= known
