"""The engine on small models whose every number is worked out by hand, and on blocks of rows that differ in kind."""

import math

import numpy as np
import pytest
from by_hand import block_of, load

from riskmodel.engine.contributions import contribution_names

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

NAN = math.nan


def accounts(model, block, score):
    """Give the points of the account by name, for every row."""
    entries = block.scores[score].account
    assert [entry.name for entry in entries] == contribution_names(model.compiled, model.compiled.scores[score])
    return {entry.name: entry.points.round(9).tolist() for entry in entries}


def point(**values):
    return {name: [value] for name, value in values.items()}


class TestAccount:
    def test_the_complement_of_a_sub_score_is_shared_by_weight(self):
        model = load({"sub": {"weights": {"a": 3, "b": 1, "c": 2}}, "top": {"weights": {"sub": -1}}})
        block = block_of(model, a=[2], b=[6], c=[NAN])
        # sub is (3 x 0.2 + 0.6) / 4 = 0.3; of the 0.7 that it lacks a owes 3 x 0.8 and b 1 x 0.4 parts.
        assert block.scores["top"].value[0] == pytest.approx(70)
        assert accounts(model, block, "top") == point(a=60, b=10, c=0, clip=0)
        assert accounts(model, block, "sub") == point(a=15, b=15, c=0, clip=0)

    def test_the_complement_of_a_complement_is_shared_like_the_mean(self):
        scores = {
            "sub": {"weights": {"a": 1, "b": -3}},
            "mid": {"weights": {"sub": -1}},
            "top": {"weights": {"mid": -1}},
        }
        model = load(scores)
        block = block_of(model, a=[4], b=[8])
        # sub is (0.4 + 3 x 0.2) / 4 = 0.25, to which a adds 0.1 and b 0.15; mid is 0.75, of 0.6 and 3 x 0.8 parts.
        assert accounts(model, block, "top") == point(a=10, b=15, clip=0)
        assert accounts(model, block, "mid") == point(a=15, b=60, clip=0)

    def test_nothing_is_owed_for_a_sub_score_that_lacks_nothing(self):
        model = load({"sub": {"weights": {"a": 1, "b": 3}}, "top": {"weights": {"sub": -1, "c": 1}}})
        block = block_of(model, a=[10, 10], b=[10, NAN], c=[4, 4])
        assert accounts(model, block, "top") == {"a": [0, 0], "b": [0, 0], "c": [20, 20], "clip": [0, 0]}

    def test_an_input_that_counts_directly_and_through_a_sub_score_has_one_line(self):
        model = load({"sub": {"weights": {"a": 1, "b": 1}, "out_of": 7}, "top": {"weights": {"sub": 1, "a": 3}}})
        block = block_of(model, a=[4], b=[8])
        # sub is 0.6, of which a owes 0.2 and b 0.4; top is (0.6 + 3 x 0.4) / 4 = 0.45.
        assert accounts(model, block, "top") == point(a=35, b=10, clip=0)
        assert accounts(model, block, "sub") == point(a=1.4, b=2.8, clip=0)

    def test_several_sub_scores_have_shares_of_their_own(self):
        scores = {
            "ab": {"weights": {"b": 1, "c": 3}},
            "bc": {"weights": {"c": -1, "d": 1}},
            "s": {"weights": {"ab": 1, "bc": 2, "c": 1}},
            "t": {"weights": {"ab": -1, "bc": 1}},
        }
        model = load(scores)
        block = block_of(model, b=[4], c=[8], d=[10])
        # ab is (0.4 + 2.4) / 4 = 0.1 + 0.6, bc (0.2 + 1) / 2 = 0.1 + 0.5; what ab lacks is 0.15 of b and 0.15 of c.
        assert accounts(model, block, "s") == point(b=2.5, c=15 + 5 + 20, d=25, clip=0)
        assert accounts(model, block, "t") == point(b=7.5, c=7.5 + 5, d=25, clip=0)

    def test_a_floor_that_cannot_be_judged_has_no_step(self):
        rules = {
            "f1": {"when": "x > 3", "then": {"s": {"at_least": 60}}},
            "f2": {"when": "a > 1", "then": {"s": {"at_least": 60}}},
        }
        model = load({"s": {"weights": {"a": 1}}}, rules, x={"scale": {"goalposts": [0, 1]}})
        owed = accounts(model, block_of(model, a=[4, 4], x=[NAN, 5]), "s")
        assert owed == {"a": [40, 40], "f1": [0, 20], "f2": [20, 0], "clip": [0, 0]}

    def test_a_sub_score_with_another_mean(self):
        model = load({"sub": {"weights": {"a": 1, "b": 3}, "mean": "harmonic"}, "top": {"weights": {"sub": 1, "c": 1}}})
        block = block_of(model, a=[2], b=[6], c=[10])
        # 4 / (1 / 0.2 + 3 / 0.6) = 0.4, shared as 1 / 0.2 to 3 / 0.6; top is (0.4 + 1) / 2.
        assert accounts(model, block, "top") == point(a=10, b=10, c=50, clip=0)

    def test_rows_without_a_score_owe_nothing(self):
        model = load({"s": {"weights": {"a": 1, "b": -1}}}, {"r": {"when": "a > 1", "then": {"s": {"add": 5}}}})
        block = block_of(model, a=[4, NAN, 4], b=[8, NAN, NAN])
        owed = accounts(model, block, "s")
        assert np.isnan(owed.pop("clip")[1])
        assert owed == {"a": [20, 0, 40], "b": [10, 0, 0], "r": [5, 0, 5]}

    def test_rules_are_listed_by_name_whatever_they_do(self):
        rules = {
            "d": {"when": "a > 1", "then": {"s": {"add": 12}}},
            "c": {"when": "a > 1", "then": {"s": {"at_least": 60}}},
            "b": {"when": "a > 1", "then": {"s": {"at_most": 55}, "t": {"add": -1}}},
            "a1": {"when": "a > 1", "then": {"t": {"add": -1}}},
        }
        model = load({"s": {"weights": {"a": 1}}, "t": {"weights": {"a": 1}}}, rules)
        block = block_of(model, a=[4, 1])
        assert contribution_names(model.compiled, model.compiled.scores["s"]) == ["a", "b", "c", "d", "clip"]
        assert contribution_names(model.compiled, model.compiled.scores["t"]) == ["a", "a1", "b", "clip"]
        # 40 + 12 = 52, raised to 60, lowered to 55.
        assert accounts(model, block, "s") == {"a": [40, 10], "b": [-5, 0], "c": [8, 0], "d": [12, 0], "clip": [0, 0]}
        entries = block.scores["s"].account
        assert [(entry.kind, entry.name) for entry in entries] == [
            ("indicator", "a"),
            ("rule", "b"),
            ("rule", "c"),
            ("rule", "d"),
            ("clip", "clip"),
        ]

    def test_of_floors_and_caps_that_bind_alike_the_first_has_the_step(self):
        rules = {
            name: {"when": f"a > {after}", "then": {"s": {kind: level}}}
            for name, after, kind, level in (
                ("f1", 3, "at_least", 30),
                ("f2", 2, "at_least", 50),
                ("f3", 1, "at_least", 50),
                ("k1", 8, "at_most", 80),
                ("k2", 7, "at_most", 60),
                ("k3", 6, "at_most", 60),
            )
        }
        model = load({"s": {"weights": {"a": 1}}}, rules)
        block = block_of(model, a=[0, 1.5, 2.5, 3.5, 5.5, 6.5, 7.5, 9])
        assert block.scores["s"].value.round(9).tolist() == [0, 50, 50, 50, 55, 60, 60, 60]
        assert accounts(model, block, "s") == {
            "a": [0, 15, 25, 35, 55, 65, 75, 90],
            "f1": [0] * 8,
            "f2": [0, 0, 25, 15, 0, 0, 0, 0],
            "f3": [0, 35, 0, 0, 0, 0, 0, 0],
            "k1": [0] * 8,
            "k2": [0, 0, 0, 0, 0, 0, -15, -30],
            "k3": [0, 0, 0, 0, 0, -5, 0, 0],
            "clip": [0] * 8,
        }

    def test_floors_and_caps_take_effect_by_degrees(self):
        terms = {"a": {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [2, 6]}}}}
        rules = {
            "floor": {"when": "a is high", "then": {"s": {"at_least": 80}}},
            "cap": {"when": "a is high", "then": {"t": {"at_most": 20}}},
        }
        model = load({"s": {"weights": {"a": 1}}, "t": {"weights": {"a": 1}}}, rules, **terms)
        block = block_of(model, a=[4, 2])
        # 4 is high by half: half of the way from 40 to 80, and to 20.
        assert accounts(model, block, "s") == {"a": [40, 20], "floor": [20, 0], "clip": [0, 0]}
        assert accounts(model, block, "t") == {"a": [40, 20], "cap": [-10, 0], "clip": [0, 0]}

    def test_the_clip_at_both_ends(self):
        rules = {"r": {"when": "a >= 0", "then": {"s": {"add": 30}, "t": {"add": -30}}}}
        model = load({"s": {"weights": {"a": 1}}, "t": {"weights": {"a": 1}}}, rules)
        block = block_of(model, a=[1, 9])
        assert accounts(model, block, "s")["clip"] == [0, -20]
        assert accounts(model, block, "t")["clip"] == [20, 0]
        assert block.scores["s"].value.tolist() == [40, 100]
        assert block.scores["t"].value.tolist() == [0, 60]

    def test_nothing_is_owed_without_a_minus(self):
        model = load({"s": {"weights": {"a": 1, "b": -1}}})
        entries = block_of(model, a=[-0.0], b=[10]).scores["s"].account
        assert [math.copysign(1, entry.points[0]) for entry in entries] == [1, 1, 1]


class TestBlock:
    def test_columns_of_several_kinds(self):
        indicators = {
            "level": {"scale": {"levels": {"calm": 0.1, "tense": 0.6}}},
            "curve": {"scale": {"logistic": {"midpoint": 2, "slope": 1}}},
            "line": {"scale": {"points": [[0, 0.2], [10, 0.8]]}},
            "log": {"scale": {"goalposts": [1, 100], "curve": "log"}},
        }
        scores = {name: {"weights": {name: 1}, "out_of": 10} for name in indicators}
        model = load({f"s_{name}": score for name, score in scores.items()}, None, **indicators)
        block = block_of(model, level=[1, 0], curve=[2, 2], line=[5, 20], log=[10, 0])
        assert {name: score.value.round(9).tolist() for name, score in block.scores.items()} == {
            "s_level": [6, 1],
            "s_curve": [5, 5],
            "s_line": [5, 8],
            "s_log": [5, 0],
        }
        ends = {name: indicator.ends for name, indicator in model.compiled.indicators.items()}
        assert ends == {
            "level": (-math.inf, math.inf),
            "curve": (-math.inf, math.inf),
            "line": (0, 10),
            "log": (1, 100),
        }

    def test_too_little_takes_the_value_and_leaves_the_bounds(self):
        model = load({"s": {"weights": {"a": 3, "b": 1}, "min_coverage": 0.75, "bands": {"low": 0, "high": 50}}})
        result = block_of(model, a=[6, 6, NAN, NAN], b=[2, NAN, 2, NAN]).scores["s"]
        np.testing.assert_allclose(result.value, [50, 60, NAN, NAN])
        np.testing.assert_allclose(result.reported, [50, 60, NAN, NAN])
        assert result.band.tolist() == [1, 1, -1, -1]
        np.testing.assert_allclose(result.coverage, [1, 0.75, 0.25, 0])
        np.testing.assert_allclose(result.low, [50, 45, 5, 0])
        np.testing.assert_allclose(result.high, [50, 70, 80, 100])
        np.testing.assert_allclose(result.steps.base, [50, 60, 20, NAN])

    def test_bounds_of_other_means(self):
        scores = {
            mean: {"weights": {"a": 1, "b": -1}, "mean": mean}
            for mean in ("geometric", "minimum", "maximum", "harmonic")
        }
        model = load(scores)
        result = block_of(model, a=[4, 4], b=[NAN, 9]).scores
        # b counts by what it lacks: 0 to 1 where it is missing, 0.1 in the second row.
        expected = {
            "geometric": ([0, 20], [100 * math.sqrt(0.4), 20]),
            "minimum": ([0, 10], [40, 10]),
            "maximum": ([40, 40], [100, 40]),
            "harmonic": ([0, 16], [200 / 3.5, 16]),
        }
        for name, (low, high) in expected.items():
            np.testing.assert_allclose(result[name].low, low, atol=1e-12)
            np.testing.assert_allclose(result[name].high, high, atol=1e-12)

    def test_bounds_go_through_a_sub_score_and_turn_round(self):
        scores = {
            "sub": {"weights": {"a": 1, "b": 3}},
            "up": {"weights": {"sub": 1, "c": 1}},
            "down": {"weights": {"sub": -1}},
        }
        result = block_of(load(scores), a=[2, 2, NAN], b=[NAN, 6, NAN], c=[10, 10, 10]).scores
        np.testing.assert_allclose(result["sub"].low, [5, 50, 0])
        np.testing.assert_allclose(result["sub"].high, [80, 50, 100])
        np.testing.assert_allclose(result["up"].low, [52.5, 75, 50])
        np.testing.assert_allclose(result["up"].high, [90, 75, 100])
        np.testing.assert_allclose(result["down"].low, [20, 50, 0])
        np.testing.assert_allclose(result["down"].high, [95, 50, 100])
        np.testing.assert_allclose(result["up"].coverage, [0.625, 1, 0.5])
        np.testing.assert_allclose(result["up"].value, [60, 75, 100])
        np.testing.assert_allclose(result["down"].coverage, [0.25, 1, 0])

    def test_a_default_is_taken_and_counts_as_unknown(self):
        defaults = {"b": {"scale": {"goalposts": [0, 10]}, "default": 2}}
        scores = {
            "sub": {"weights": {"b": 1}},
            "s": {"weights": {"a": 1, "b": -3}},
            "t": {"weights": {"a": 1, "sub": 1}},
        }
        rules = {
            "r": {"when": "b < 5", "then": {"s": {"add": 8}}},
            "q": {"when": "sub > 50", "then": {"t": {"add": -6}}},
        }
        block = block_of(load(scores, rules, **defaults), a=[6, 6], b=[NAN, 2])
        s, t = block.scores["s"], block.scores["t"]
        # (0.6 + 3 x 0.8) / 4 = 0.75 and (0.6 + 0.2) / 2 = 0.4; of the rules the one that b's default makes true counts.
        np.testing.assert_allclose(s.value, [NAN, 83])
        np.testing.assert_allclose(s.steps.value, [83, 83])
        np.testing.assert_allclose(s.coverage, [0.25, 1])
        np.testing.assert_allclose(s.low, [15, 83])
        np.testing.assert_allclose(s.high, [98, 83])
        np.testing.assert_allclose(t.value, [40, 40])
        np.testing.assert_allclose(t.coverage, [0.5, 1])
        np.testing.assert_allclose(t.low, [24, 40])
        np.testing.assert_allclose(t.high, [80, 40])

    @pytest.mark.parametrize(
        ("effect", "low", "high"),
        [
            ({"add": 10}, 40, 50),
            ({"add": -10}, 30, 40),
            ({"at_least": 70}, 40, 70),
            ({"at_most": 20}, 20, 40),
        ],
    )
    def test_a_rule_that_cannot_be_judged_widens_the_bounds_on_its_side(self, effect, low, high):
        model = load(
            {"s": {"weights": {"a": 1}}},
            {"r": {"when": "x > 3", "then": {"s": effect}}},
            x={"scale": {"goalposts": [0, 1]}},
        )
        result = block_of(model, a=[4, 4, 4], x=[NAN, 1, 5]).scores["s"]
        certain = low + high - 40
        np.testing.assert_allclose(result.value, [40, 40, certain])
        np.testing.assert_allclose(result.low, [low, 40, certain])
        np.testing.assert_allclose(result.high, [high, 40, certain])

    def test_bounds_are_kept_within_the_range_of_the_score(self):
        rules = {"r": {"when": "a > 1", "then": {"s": {"add": 60}, "t": {"add": -90}}}}
        weights = {"weights": {"a": 3, "b": 1}}
        result = block_of(load({"s": weights, "t": weights}, rules), a=[8], b=[NAN]).scores
        assert (result["s"].low[0], result["s"].high[0]) == (100, 100)
        assert (result["t"].low[0], result["t"].high[0]) == (0, 0)

    def test_a_rule_on_a_score_that_is_settled_is_certain(self):
        # The lower of a and b is 0 as soon as a is.
        scores = {"m": {"weights": {"a": 1, "b": 1}, "mean": "minimum"}, "s": {"weights": {"a": -1}}}
        model = load(scores, {"r": {"when": "m < 5", "then": {"s": {"add": -30}}}})
        result = block_of(model, a=[0, 8], b=[NAN, NAN]).scores["s"]
        np.testing.assert_allclose(result.low, [70, 0])
        np.testing.assert_allclose(result.high, [70, 20])

    def test_weights_of_the_caller(self):
        model = load({"s": {"weights": {"a": 3, "b": -1}}, "t": {"weights": {"a": 1, "b": 1}}})
        weights = {"s": [np.array([2.0, 6.0]), np.array([6.0, 2.0])]}
        block = block_of(model, weights, a=[5, NAN], b=[2, 2])
        # (0.5 + 3 x 0.8) / 4; in the second row b alone is there, with a quarter of the weight.
        np.testing.assert_allclose(block.scores["s"].steps.base, [72.5, 80])
        np.testing.assert_allclose(block.scores["s"].coverage, [1, 0.25])
        np.testing.assert_allclose(block.scores["s"].low, [72.5, 20])
        np.testing.assert_allclose(block.scores["s"].high, [72.5, 95])
        np.testing.assert_allclose(block.scores["t"].steps.base, [35, 20])
        assert accounts(model, block, "s") == {"a": [12.5, 0], "b": [60, 80], "clip": [0, 0]}

    def test_half_of_the_weight_in_tenths_is_half(self):
        model = load({"s": {"weights": {"a": 0.1, "b": 0.2, "c": 0.3}}})
        assert block_of(model, a=[1], b=[1], c=[NAN]).scores["s"].value[0] == pytest.approx(10)
        assert np.isnan(block_of(load({"s": {"weights": {"a": 1, "b": 1.0001}}}), a=[1], b=[NAN]).scores["s"].value[0])
