"""Comparisons and rounding error: two numbers that are the same, computed in different ways, compare as the same."""

import ast
import math
import operator
from fractions import Fraction

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel import levers
from riskmodel.analysis.near_misses import near_misses
from riskmodel.engine.block import score_block
from riskmodel.plan.numpy_steps import TOLERANCE, compare

SIGNS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
NAMES = ("first", "second")


def two_inputs(rules, weights=(4, 2), **score):
    """A score of two indicators on [0, 10]; each rule is a condition that adds 15 points."""
    content = {
        "format": 1,
        "id": "two-inputs",
        "indicators": {name: {"scale": {"goalposts": [0, 10]}} for name in NAMES},
        "scores": {"risk": {"weights": dict(zip(NAMES, weights, strict=True)), **score}},
        "rules": {f"rule_{index}": {"when": when, "then": {"risk": {"add": 15}}} for index, when in enumerate(rules)},
    }
    return riskmodel.load_model(content)


def degree(model, first, second):
    """The degree of the first rule."""
    columns = {"first": np.array([first]), "second": np.array([second])}
    low, high = score_block(model.compiled, columns, 1).rules["rule_0"]
    assert low == high
    return float(low[0])


class TestOfTwoNumbers:
    @pytest.mark.parametrize("sign", SIGNS)
    @pytest.mark.parametrize(
        ("first", "second", "same"),
        [
            (0.1 + 0.2, 0.3, True),
            (0.8 - 0.7, 0.1, True),
            (1e9, 999_999_999.0, True),
            (-1e9, -999_999_999.0, True),
            (1e9, 999_999_998.0, False),
            (1e-9, 0.0, True),
            (2e-9, 0.0, False),
            (1.0, 1.0 + 2e-9, False),
            (1e300, 1e300 * (1 + 1e-12), True),
            (-1e308, 1e308, False),
            (1.7e308, -1.7e308, False),
            (5e-324, 0.0, True),
            (3.0, 4.0, False),
            (math.inf, 1e308, False),
            (-math.inf, 5.0, False),
        ],
    )
    def test_they_are_equal_within_a_billionth_of_the_larger_and_of_one(self, sign, first, second, same):
        for left, right in ((first, second), (second, first)):
            expected = SIGNS[sign](0, 0) if same else SIGNS[sign](left, right)
            assert bool(compare(sign, np.array([left]), np.asarray(right))[0]) == expected

    @pytest.mark.parametrize("sign", SIGNS)
    def test_a_comparison_with_nan_is_false(self, sign):
        assert not compare(sign, np.array([math.nan, 1.0, math.nan]), np.array([1.0, math.nan, math.nan])).any()

    @given(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308))
    def test_of_smaller_equal_and_larger_just_one_holds(self, first, second):
        result = {sign: bool(compare(sign, np.array([first]), np.array([second]))[0]) for sign in SIGNS}
        assert result["<"] + result["=="] + result[">"] == 1
        assert result["<="] == (result["<"] or result["=="])
        assert result[">="] == (result[">"] or result["=="])
        assert result["!="] != result["=="]


class TestInRules:
    @pytest.mark.parametrize(("first", "second"), [(8.7, 3), (7, 6.4)])
    def test_a_score_that_is_exactly_at_the_threshold_reaches_it(self, first, second):
        # (4 x 8.7 + 2 x 3) / 6 x 10 = (4 x 7 + 2 x 6.4) / 6 x 10 = 68
        assert two_inputs(["risk >= 68"]).assess({"first": first, "second": second})["risk"].value == pytest.approx(83)

    def test_rows_of_a_frame_and_of_a_block_agree(self):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"first": [8.7, 7, 8.6], "second": [3, 6.4, 3]})
        assert two_inputs(["risk >= 68"]).score_frame(frame)["risk"].tolist() == [83.0, 83.0, 67.3]

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("first - second >= 0.1", 1),
            ("first - second > 0.1", 0),
            ("first - second <= 0.1", 1),
            ("first - second < 0.1", 0),
            ("first - second == 0.1", 1),
            ("first - second != 0.1", 0),
            ("0.1 <= first - second <= 0.1", 1),
            ("0.1 < first - second < 0.2", 0),
            ("0 < first - second < 0.1", 0),
            ("0.05 < first - second <= 0.1 < second", 1),
            ("not first - second < 0.1", 1),
            ("first - second < 0.1 or first - second > 0.1", 0),
        ],
    )
    @pytest.mark.parametrize(("first", "second"), [(0.3, 0.2), (0.8, 0.7), (0.4, 0.3), (1.1, 1.0), (0.9, 0.8)])
    def test_differences_are_compared_as_decimals(self, condition, expected, first, second):
        assert degree(two_inputs([condition]), first, second) == expected

    @settings(max_examples=150, deadline=None)
    @given(
        st.tuples(*[st.integers(0, 10_000)] * 2),
        st.sampled_from(
            [
                "first - second",
                "first + second",
                "first * second",
                "2 * first - second / 4",
                "first - 0.1 - 0.2 + second",
                "risk",
                "risk - first * 10",
            ]
        ),
        st.sampled_from(list(SIGNS)),
        st.integers(-1, 1),
    )
    def test_thresholds_of_short_decimals_are_met_as_in_exact_arithmetic(self, thousandths, left, sign, off):
        first, second = (Fraction(number, 1000) for number in thousandths)
        exact = _exactly(left, {"first": first, "second": second, "risk": (3 * first + 2 * second) * 2})
        threshold = exact + Fraction(off, 1000)
        model = two_inputs([f"{left} {sign} {float(threshold)!r}"], weights=(3, 2))
        assert degree(model, float(first), float(second)) == SIGNS[sign](exact, threshold)

    def test_the_plain_reading_agrees(self):
        model = two_inputs(["first - second >= 0.1", "risk == 68", "0.1 < first - second != 0.1"])
        content = model.spec.model_dump(mode="json", exclude_defaults=True)
        for values in ({"first": 0.3, "second": 0.2}, {"first": 8.7, "second": 3.0}, {"first": 7.0, "second": 6.4}):
            plain = oracle.score(content | {"format": 1}, values)
            result = model.assess(values)
            assert {name: part["degree"] for name, part in plain["rules"].items()} == {
                rule.name: rule.degree for rule in result.rules
            }


class TestBesideRules:
    def test_a_rule_that_holds_at_its_threshold_is_not_nearly_fired(self):
        assert near_misses(two_inputs(["risk >= 68"]), {"first": 8.7, "second": 3}) == ()

    def test_a_near_miss_names_a_value_at_which_the_rule_fires(self):
        model = two_inputs(["first > 8"])
        (near,) = near_misses(model, {"first": 8 + 1e-10, "second": 3})
        assert near.value > 8 + TOLERANCE * 8
        assert model.assess({"first": near.value, "second": 3})["risk"].value > 65

    @pytest.mark.parametrize(("first", "second"), [(8.7, 3), (7, 6.4)])
    @pytest.mark.parametrize("target", ["risk >= 68", "risk <= 68", "68 <= risk <= 68"])
    def test_a_target_that_is_exactly_reached_is_met(self, target, first, second):
        assert levers({"first": first, "second": second}, target, model=two_inputs([])).met

    @pytest.mark.parametrize("target", ["risk > 68", "risk < 68"])
    def test_a_strict_target_is_not_met_by_rounding_error(self, target):
        for first, second in ((8.7, 3), (7, 6.4)):
            result = levers({"first": first, "second": second}, target, model=two_inputs([]))
            assert not result.met
            assert result.combined is not None
            answer = result.combined.scores["risk"]
            assert abs(answer - 68) > 68 * TOLERANCE

    @pytest.mark.parametrize(
        ("condition", "now", "value"),
        [("talks >= 4", 1, 4), ("talks <= 4", 9, 4), ("talks >= 7.3", 2, 7.3), ("2 * talks == 5", 7, 2.5)],
    )
    def test_a_lever_goes_to_the_number_in_the_rule(self, condition, now, value):
        content = {
            "format": 1,
            "id": "switch",
            "indicators": {
                "talks": {"valid": [0, 10], "terms": {"some": {"above": 2.5}}},
                "arms": {"valid": [0, 10], "scale": {"goalposts": [0, 10]}},
            },
            "scores": {"risk": {"weights": {"arms": 1}}},
            "rules": {"switch": {"when": condition, "then": {"risk": {"add": 15}}}},
        }
        result = levers({"talks": now, "arms": 5}, "risk >= 60", model=riskmodel.load_model(content))
        (single,) = [single for single in result.single_levers if single.lever == "talks"]
        assert single.reaches
        assert single.answer.changes[0].value == value
        assert single.answer.scores == {"risk": 65}

    def test_the_last_value_on_the_way_reaches_a_target_at_the_end_of_the_range(self):
        # (0.1 x 10 + 0.2 x 10 + 0.7 x 10) in floats is a little off 10.
        content = {
            "format": 1,
            "id": "three",
            "indicators": {name: {"valid": [0, 10], "scale": {"goalposts": [0, 10]}} for name in "abc"},
            "scores": {"risk": {"weights": {"a": 0.1, "b": 0.2, "c": 0.7}}},
        }
        result = levers({"a": 3, "b": 10, "c": 10}, "risk >= 100", model=riskmodel.load_model(content))
        assert result.combined is not None
        assert result.combined.scores["risk"] == pytest.approx(100, abs=1e-9)


def _exactly(text, values):
    """Work out an expression in fractions."""

    def worked_out(node):
        match node:
            case ast.Constant(value=value):
                return Fraction(str(value))
            case ast.Name(id=name):
                return values[name]
            case ast.BinOp(left=left, op=op, right=right):
                signs = {
                    ast.Add: operator.add,
                    ast.Sub: operator.sub,
                    ast.Mult: operator.mul,
                    ast.Div: operator.truediv,
                }
                return signs[type(op)](worked_out(left), worked_out(right))
        raise ValueError(text)

    return worked_out(ast.parse(text, mode="eval").body)
