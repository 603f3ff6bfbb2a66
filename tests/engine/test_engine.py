"""The engine against an independent plain-Python reading of the design, and against properties that must hold."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import score as plain_score
from random_models import random_model, random_values

import riskmodel
from riskmodel.engine import table
from riskmodel.engine.block import score_block
from riskmodel.engine.table import score_table

PARTS = ("value", "reported", "band", "coverage", "low", "high")
seeds = st.integers(0, 2**32)


def all_of(score):
    steps = score.steps
    return (*(getattr(score, part) for part in PARTS), steps.base, *steps.stages, steps.value)


def close(ours, theirs):
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=0, abs_tol=1e-9)


def drawn(seed):
    rng = random.Random(seed)
    model = random_model(rng)
    return rng, model, random_values(rng, model)


def assert_agrees(assessment, plain):
    for name, expected in plain["scores"].items():
        ours = assessment[name]
        assert close(ours.value, expected["value"]), name
        assert close(ours.base, expected["base"]), name
        assert close(ours.coverage, expected["coverage"]), name
        assert (ours.reported, ours.band, ours.status) == (expected["reported"], expected["band"], expected["status"])
        # The plain reading never looks whether a score is settled although something is missing; ours may be tighter.
        assert expected["low"] - 1e-9 <= ours.low
        assert ours.high <= expected["high"] + 1e-9
    for rule in assessment.rules:
        expected = plain["rules"][rule.name]
        assert close(rule.degree, expected["degree"])
        assert close(rule.degree_high, expected["degree_high"])
    for key in ("missing", "assumed", "clamped"):
        assert sorted(getattr(assessment, key)) == sorted(plain[key])


@pytest.mark.parametrize("block", range(20))
def test_random_models_agree_with_the_plain_reading(block):
    for seed in range(block * 40, block * 40 + 40):
        rng, content, _ = drawn(seed)
        model = riskmodel.load_model(content)
        for _ in range(3):
            values = random_values(rng, content)
            assert_agrees(model.assess(values), plain_score(content, values))


@given(seeds)
@settings(max_examples=150, deadline=None)
def test_the_account_sums_to_the_score_and_the_bounds_contain_it(seed):
    _, content, values = drawn(seed)
    for result in riskmodel.load_model(content).assess(values).scores.values():
        tolerance = 1e-12 * result.out_of
        if result.value is None:
            assert result.account == ()
        else:
            assert math.fsum(entry.points for entry in result.account) == pytest.approx(
                result.value, abs=100 * tolerance
            )
            assert result.low - tolerance <= result.value <= result.high + tolerance
            assert result.reported_low <= result.reported <= result.reported_high


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_no_missing_or_assumed_value_leaves_the_bounds(seed):
    rng, content, values = drawn(seed)
    model = riskmodel.load_model(content)
    before = model.assess(values)
    for _ in range(4):
        filler = random_values(rng, content)
        filled = {
            name: filler.get(name) if values.get(name) is None else values[name] for name in content["indicators"]
        }
        after = model.assess(filled)
        for name, result in after.scores.items():
            if result.value is not None and not after.assumed:
                tolerance = 1e-12 * result.out_of
                assert before[name].low - tolerance <= result.value <= before[name].high + tolerance


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_full_coverage_leaves_no_room_between_the_bounds(seed):
    rng, content, _ = drawn(seed)
    content = {**content, "rules": {}}
    full = {}
    while len(full) < len(content["indicators"]):
        full |= {name: value for name, value in random_values(rng, content).items() if value is not None}
    for result in riskmodel.load_model(content).assess(full).scores.values():
        assert result.coverage == 1
        assert result.low == result.value == result.high


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_the_order_of_everything_never_matters(seed):
    rng, content, values = drawn(seed)

    def shuffled(mapping):
        items = list(mapping.items())
        rng.shuffle(items)
        return dict(items)

    other = {**content, **{key: shuffled(content[key]) for key in ("indicators", "scores", "rules")}}
    other["scores"] = {
        name: {**score, "weights": shuffled(score["weights"])} for name, score in other["scores"].items()
    }
    first, second = riskmodel.load_model(content), riskmodel.load_model(other)
    assert first.identity == second.identity
    item, two = first.assess(values), second.assess(values)
    for name in content["scores"]:
        assert replace(item[name], account=()) == replace(two[name], account=())
        assert set(item[name].account) == set(two[name].account)


@given(seeds, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_raising_an_indicator_with_a_positive_weight_never_lowers_a_base_score(seed, first, second):
    rng, content, values = drawn(seed)
    name = rng.choice(sorted(content["indicators"]))
    # Rules take no part in a base score, and the terms of the indicator's old scale would not fit its new one.
    content = {**content, "rules": {}}
    content["indicators"] = {**content["indicators"], name: {"scale": {"goalposts": [0, 1]}}}
    low, high = sorted((first, second))
    model = riskmodel.load_model(content)
    before, after = model.assess({**values, name: low}), model.assess({**values, name: high})
    for score, message in content["scores"].items():
        weight = message["weights"].get(name)
        weight = weight["weight"] if isinstance(weight, dict) else weight
        directly = weight is not None and not any(part in content["scores"] for part in message["weights"])
        if directly:
            change = after[score].base - before[score].base
            assert change * weight >= -1e-9 * abs(weight) * before[score].out_of


@pytest.mark.parametrize("seed", range(12))
def test_a_table_scores_to_the_bit_as_its_rows_alone(seed, monkeypatch):
    monkeypatch.setattr(table, "BLOCK_ROWS", 7)
    rng, content, _ = drawn(seed)
    model = riskmodel.load_model(content)
    rows = [random_values(rng, content) for _ in range(40)]
    columns = {
        name: np.array([indicator.encode(row.get(name)) for row in rows])
        for name, indicator in model.compiled.indicators.items()
    }
    scored = score_table(model.compiled, columns, len(rows))
    for index, row in enumerate(rows):
        for name, result in model.assess(row).scores.items():
            outcome = scored[name]
            exact = None if math.isnan(outcome.value[index]) else outcome.value[index]
            assert exact == result.value
            assert (outcome.low[index], outcome.high[index]) == (result.reported_low, result.reported_high)
            assert outcome.coverage[index] == result.coverage
            bands = model.compiled.scores[name].bands
            assert (bands[outcome.band[index]] if outcome.band[index] >= 0 else None) == result.band


@pytest.mark.parametrize("seed", range(24))
def test_an_indicator_without_a_column_is_missing_in_every_row(seed):
    rng, content, _ = drawn(seed)
    model = riskmodel.load_model(content).compiled
    rows = [random_values(rng, content) for _ in range(9)]
    left_out = rng.sample(sorted(model.indicators), rng.randint(1, len(model.indicators)))
    given = {
        name: np.array([indicator.encode(row.get(name)) for row in rows])
        for name, indicator in model.indicators.items()
        if name not in left_out
    }
    short = score_block(model, given, len(rows))
    spelled_out = score_block(model, given | dict.fromkeys(left_out, np.full(len(rows), np.nan)), len(rows))
    for name in model.scores:
        item, two = short.scores[name], spelled_out.scores[name]
        for outcome, expected in zip(all_of(item), all_of(two), strict=True):
            assert np.array_equal(outcome, expected, equal_nan=True)
        for outcome, expected in zip(item.account, two.account, strict=True):
            assert (outcome.kind, outcome.name) == (expected.kind, expected.name)
            assert np.array_equal(outcome.points, expected.points, equal_nan=True)
    for name, degrees in short.rules.items():
        assert np.array_equal(degrees, spelled_out.rules[name])


def hand_model(**changes):
    return {
        "format": 1,
        "id": "by-hand",
        "indicators": {
            "a": {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 8]}}},
            "b": {"scale": {"goalposts": [0, 10]}},
        },
        "scores": {"s": {"weights": {"a": 3, "b": -1}, "bands": {"low": 0, "mid": 40, "top": 80}}},
        **changes,
    }


class TestByHand:
    def test_base(self):
        result = riskmodel.load_model(hand_model()).assess({"a": 5, "b": 2})["s"]
        # (3 x 0.5 + 1 x 0.8) / 4 = 0.575
        assert (result.value, result.reported, result.band) == (pytest.approx(57.5), 57.5, "mid")
        assert [(entry.name, round(entry.points, 9)) for entry in result.account] == [("a", 37.5), ("b", 20.0)]

    def test_missing_input(self):
        result = riskmodel.load_model(hand_model()).assess({"a": 5})["s"]
        # b alone is missing: the mean is that of a, and b at either end gives (1.5 + 0) / 4 and (1.5 + 1) / 4.
        assert (result.value, result.coverage, result.low, result.high) == pytest.approx((50, 0.75, 37.5, 62.5))

    def test_too_little_is_no_score_but_has_bounds(self):
        result = riskmodel.load_model(hand_model()).assess({"b": 2})["s"]
        assert (result.value, result.reported, result.band, result.status) == (None, None, None, "insufficient data")
        assert (result.coverage, result.low, result.high) == pytest.approx((0.25, 20, 95))

    def test_half_of_the_weight_is_enough_for_a_half(self):
        model = hand_model(scores={"s": {"weights": {"a": 0.3, "b": 0.3, "c": 0.6}}})
        model["indicators"]["c"] = {"scale": {"goalposts": [0, 1]}}
        assert riskmodel.load_model(model).assess({"a": 1, "b": 1})["s"].status == "ok"

    def test_assumed_value_counts_for_the_score_and_not_for_coverage(self):
        model = hand_model()
        model["indicators"]["b"]["default"] = 2
        assessment = riskmodel.load_model(model).assess({"a": 5})
        result = assessment["s"]
        assert assessment.assumed == ("b",)
        assert assessment.missing == ()
        assert (result.value, result.coverage, result.low, result.high) == pytest.approx((57.5, 0.75, 37.5, 62.5))

    def test_rule_by_degrees_and_its_interval_when_missing(self):
        model = riskmodel.load_model(hand_model(rules={"r": {"when": "a is high", "then": {"s": {"add": 20}}}}))
        result = model.assess({"a": 5, "b": 2})
        # high from 4 to 8: 5 is high to a quarter, which adds 5.
        assert (result["s"].value, result.rules[0].degree, result.rules[0].status) == (
            pytest.approx(62.5),
            0.25,
            "fired",
        )
        unknown = riskmodel.load_model(hand_model(rules={"r": {"when": "b > 3", "then": {"s": {"add": 20}}}}))
        result = unknown.assess({"a": 5})
        assert (result.rules[0].status, result.rules[0].missing) == ("undetermined", ("b",))
        assert (result["s"].value, result["s"].low, result["s"].high) == pytest.approx((50, 37.5, 82.5))

    def test_sub_score_with_a_negative_weight(self):
        model = hand_model()
        model["scores"] = {"sub": {"weights": {"a": 1, "b": 1}}, "s": {"weights": {"sub": -1, "a": 1}}}
        result = riskmodel.load_model(model).assess({"a": 5, "b": 3})
        # sub is 0.4, so 1 - 0.4 = 0.6 beside 0.5; of the 0.6, a owes half of 0.5 and b half of 0.7.
        assert result["s"].value == pytest.approx(55)
        assert result["sub"].is_sub_score
        assert {entry.name: round(entry.points, 9) for entry in result["s"].account} == {"a": 37.5, "b": 17.5}

    def test_a_floor_that_binds_has_its_line_and_one_that_does_not_has_none(self):
        rules = {
            "floor": {"when": "a > 1", "then": {"s": {"at_least": 90}}},
            "lower_floor": {"when": "a > 1", "then": {"s": {"at_least": 70}}},
        }
        result = riskmodel.load_model(hand_model(rules=rules)).assess({"a": 5, "b": 2})["s"]
        assert [(entry.kind, entry.name) for entry in result.account if entry.kind == "rule"] == [("rule", "floor")]
        assert result.value == 90

    def test_the_clip_is_a_line_of_the_account(self):
        rules = {"r": {"when": "a > 1", "then": {"s": {"add": 60}}}}
        result = riskmodel.load_model(hand_model(rules=rules)).assess({"a": 5, "b": 2})["s"]
        assert (result.value, result.account[-1].kind, result.account[-1].points) == (100, "clip", pytest.approx(-17.5))

    def test_clamped_values_are_listed(self):
        assert riskmodel.load_model(hand_model()).assess({"a": 11, "b": -1}).clamped == ("a", "b")

    def test_rules_read_base_scores_never_results(self):
        rules = {
            "first": {"when": "a > 1", "then": {"s": {"add": 30}}},
            "second": {"when": "s > 60", "then": {"s": {"add": -50}}},
        }
        assert riskmodel.load_model(hand_model(rules=rules)).assess({"a": 5, "b": 2})["s"].value == pytest.approx(87.5)


def test_bounds_differ_at_full_coverage_if_a_rule_reads_an_input_without_weight():
    content = {
        "format": 1,
        "id": "apart",
        "indicators": {
            "arms": {"valid": [0, 10], "scale": {"goalposts": [0, 10]}},
            "talks": {"valid": [0, 10], "terms": {"few": {"below": 2}}},
        },
        "scores": {"risk": {"weights": {"arms": 1}}},
        "rules": {"silence": {"when": "talks is few", "then": {"risk": {"add": 20}}}},
    }
    model = riskmodel.load_model(content)
    risk = model.assess({"arms": 5})["risk"]
    assert (risk.value, risk.coverage, risk.low, risk.high) == (50, 1, 50, 70)
    risk = model.assess({"arms": 5, "talks": 1})["risk"]
    assert (risk.value, risk.low, risk.high) == (70, 70, 70)
