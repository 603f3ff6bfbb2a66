"""Unknown values in the engine: ranges, and draws in place of missing values, worked out by hand."""

import math

import numpy as np
import pytest
from by_hand import load
from scipy import stats

from riskmodel.engine.block import score_block
from riskmodel.engine.imputation import _GRID, _NUMERICS, DRAWS, Imputation, missing_quantile
from riskmodel.errors import ModelError
from riskmodel.schema.situation import Normal, Uniform

pytestmark = pytest.mark.filterwarnings("error")

BANDS = {"low": 0, "middle": 40, "high": 60, "top": 80}
VALID = {"valid": [0, 10], "scale": {"goalposts": [0, 10]}}


def ends(*pairs):
    return tuple(np.array(side, dtype=float) for side in zip(*pairs, strict=True))


class TestRanges:
    @pytest.mark.parametrize(
        ("condition", "ranges", "low", "high"),
        [
            ("a is mid", [(0, 9), (2.5, 4), (5.5, 9), (3, 5)], [0, 0.5, 0, 1], [1, 1, 0.5, 1]),
            ("a is not mid", [(0, 9), (2.5, 4), (5.5, 9), (3, 5)], [0, 0, 0.5, 0], [1, 0.5, 1, 0]),
            # Next to a step, on the side that it belongs to, the degree is as good as 1.
            ("a is up", [(1, 5), (2, 4), (5, 6)], [0, 0, 0], [1, 1, 0]),
            ("a is down", [(1, 5), (2, 4), (5, 6)], [0, 0, 0], [1, 1, 0]),
            ("a is past", [(3, 4), (4, 4), (4, 4.1), (4.1, 5)], [0, 0, 0, 1], [0, 0, 1, 1]),
            # A number in a range is not known.
            ("a > 3", [(1, 2), (5, 5)], [0, 0], [1, 1]),
        ],
    )
    def test_a_rule_has_all_degrees_between_two_values(self, condition, ranges, low, high):
        a = {
            "scale": {"points": [[0, 0], [4, 1], [8, 0.5]]},
            "terms": {
                "mid": {"between": [2, 3, 5, 6]},
                "past": {"above": 4},
                "up": {"between": [2, 4, 4, 4]},
                "down": {"between": [2, 2, 2, 4]},
            },
        }
        scores = {"s": {"weights": {"a": 1}}, "t": {"weights": {"b": 1}}}
        model = load(scores, {"r": {"when": condition, "then": {"t": {"add": 100}}}}, a=a).compiled
        assert model.indicators["a"].breakpoints == (0, 2, 3, 4, 5, 6, 8)
        columns = {"a": np.full(len(ranges), 4.0), "b": np.zeros(len(ranges))}
        t = score_block(model, columns, len(ranges), ranges={"a": ends(*ranges)}).scores["t"]
        np.testing.assert_allclose(t.low, np.multiply(low, 100), atol=1e-12)
        np.testing.assert_allclose(t.high, np.multiply(high, 100), atol=1e-12)

    def test_a_scale_has_all_intensities_between_two_values(self):
        scores = {"s": {"weights": {"a": 1}}, "t": {"weights": {"a": -1}}}
        model = load(scores, None, a={"scale": {"points": [[0, 0], [4, 1], [8, 0.5]]}}).compiled
        between = ends((1, 2), (1, 8), (5, 9), (-3, -1), (7, 7))
        block = score_block(model, {"a": between[0]}, 5, ranges={"a": between})
        low, high = np.array([25, 25, 50, 0, 62.5]), np.array([50, 100, 87.5, 0, 62.5])
        np.testing.assert_allclose(block.scores["s"].low, low)
        np.testing.assert_allclose(block.scores["s"].high, high)
        np.testing.assert_allclose(block.scores["t"].low, 100 - high)
        np.testing.assert_allclose(block.scores["t"].high, 100 - low)

    def test_values_beyond_the_ends_of_a_scale(self):
        compiled = load({"s": {"weights": {"a": 1}}}).compiled.indicators["a"]
        assert compiled.is_beyond(np.array([-1, 0, 5, 10, 11, np.nan])).tolist() == [
            True,
            False,
            False,
            False,
            True,
            False,
        ]

    def test_bounds_contain_the_score_of_every_value_in_a_range(self):
        rules = {
            "r": {"when": "a > 6", "then": {"s": {"add": 10}}},
            "q": {"when": "a is high", "then": {"t": {"at_most": 20}}},
        }
        a = {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 8]}}}
        model = load({"s": {"weights": {"a": 1, "b": 1}}, "t": {"weights": {"a": -1}}}, rules, a=a).compiled
        columns = {"a": np.array([5.0, 5.0]), "b": np.array([4.0, np.nan])}
        block = score_block(model, columns, 2, ranges={"a": ends((3, 8), (4, 7))})
        s, t = block.scores["s"], block.scores["t"]
        # The value takes a for 5; from 3 to 8 (4 to 7), s goes from 35 to 60 (with b, from 20 to 85) and the rule's 10.
        np.testing.assert_allclose(s.value, [45, 50])
        np.testing.assert_allclose(s.low, [35, 20])
        np.testing.assert_allclose(s.high, [70, 95])
        np.testing.assert_allclose(s.coverage, [1, 0.5])
        # t is 50, lowered by a quarter of the way to 20; at the ends 70 and 20, or 60 and 30, which is lowered to 22.5.
        np.testing.assert_allclose(t.value, [42.5, 42.5])
        np.testing.assert_allclose(t.low, [20, 22.5])
        np.testing.assert_allclose(t.high, [70, 60])

    def test_ranges_go_through_a_sub_score(self):
        model = load({"sub": {"weights": {"a": 1}}, "top": {"weights": {"sub": -1, "b": 1}}}).compiled
        columns = {"a": np.array([5.0]), "b": np.array([4.0])}
        top = score_block(model, columns, 1, ranges={"a": ends((2, 8))}).scores["top"]
        np.testing.assert_allclose((top.value[0], top.low[0], top.high[0]), (45, 30, 60))


class TestImputation:
    def bands(self, model, given, uncertain=None):
        result = Imputation(model.spec, model.compiled).bands(given, uncertain or {})
        return {name: tuple(BANDS)[low : high + 1] for name, (low, high) in result.items()}

    def test_a_missing_value_is_anywhere_in_its_range(self):
        model = load(
            {"s": {"weights": {"a": 1, "b": 1}, "bands": BANDS}, "t": {"weights": {"b": 1}}}, None, a=VALID, b=VALID
        )
        # With a at 8, s is 40 to 90, and nine times in ten 42.5 to 87.5; t has no bands.
        assert self.bands(model, {"a": 8.0}) == {"s": ("middle", "high", "top")}
        # With a at 0 it is 2.5 to 47.5, at 10 it is 52.5 to 97.5.
        assert self.bands(model, {"a": 0.0}) == {"s": ("low", "middle")}
        assert self.bands(model, {"b": 10.0}) == {"s": ("middle", "high", "top")}
        assert self.bands(model, {"a": 8.0, "b": 1.0}) == {}

    def test_both_of_two_missing_values_are_drawn_apart(self):
        model = load({"s": {"weights": {"a": 1, "b": 1}, "bands": {"l": 0, "m": 14, "h": 86}}}, None, a=VALID, b=VALID)
        # The sum of two has 5 % below sqrt(0.1): means from 15.8 to 84.2, where one alone would have 5 to 95.
        assert Imputation(model.spec, model.compiled).bands({}, {}) == {"s": (1, 1)}

    @pytest.mark.parametrize(
        ("distribution", "expected"),
        [
            # Their 5 and 95 % quantiles, which a score of ten times the value has too.
            (Uniform(low=4, high=6), ("middle",)),  # 4.1 and 5.9
            (Uniform(low=3.8, high=6.3), ("low", "middle", "high")),  # 3.9 and 6.2
            (Uniform(low=3.9, high=6.1), ("middle",)),  # 4.01 and 5.99
            (Normal(mean=5, sd=0.6), ("middle",)),  # 4.01 and 5.99
            (Normal(mean=5, sd=0.62), ("low", "middle", "high")),  # 3.98 and 6.02
        ],
    )
    def test_a_distribution_is_sampled(self, distribution, expected):
        model = load({"s": {"weights": {"a": 1}, "bands": BANDS}}, None, a=VALID)
        assert self.bands(model, {"a": 5.0}, {"a": distribution}) == {"s": expected}

    def test_defaults_are_drawn_or_fixed(self):
        def bands(default):
            indicators = {"a": VALID, "b": {**VALID, "default": default}}
            model = load({"s": {"weights": {"a": 1, "b": 1}, "bands": BANDS}}, None, **indicators)
            return self.bands(model, {"a": 8.0})

        # The mean of 8 and of 7.1 to 8.9, of 8.1 to 8.9, and of 3, of which there is nothing to draw.
        assert bands({"low": 7, "high": 9, "because": "So."}) == {"s": ("high", "top")}
        assert bands({"low": 8.1, "high": 9, "because": "So."}) == {"s": ("top",)}
        assert bands(3) == {}

    def test_an_indicator_of_unknown_range_stays_missing(self):
        known = {"x": {"unit": "any"}}
        model = load(
            {"s": {"weights": {"a": 1}, "bands": BANDS}},
            {"r": {"when": "x > 1", "then": {"s": {"add": 50}}}},
            a=VALID,
            **known,
        )
        with pytest.raises(ModelError):
            missing_quantile(model.spec, "x", _NUMERICS)
        assert self.bands(model, {"a": 5.0}) == {}

    def test_the_quantile_function_of_a_missing_value(self):
        levels = {"scale": {"levels": {"calm": 0, "tense": 0.5, "crisis": 1}}}
        fixed, drawn = {**VALID, "default": 3}, {**VALID, "default": {"low": 2, "high": 6, "because": "So."}}
        model = load({"s": {"weights": dict.fromkeys("abcd", 1)}}, None, a=VALID, b=levels, c=fixed, d=drawn)
        shares = np.array([0.1, 0.5, 0.9])
        np.testing.assert_allclose(missing_quantile(model.spec, "a", _NUMERICS)(shares), [1, 5, 9])
        np.testing.assert_allclose(missing_quantile(model.spec, "b", _NUMERICS)(shares), [0, 1, 2])
        assert missing_quantile(model.spec, "c", _NUMERICS) is None
        np.testing.assert_allclose(missing_quantile(model.spec, "d", _NUMERICS)(shares), [2.4, 4, 5.6])

    def test_the_points_of_the_lattice_are_spread_evenly_in_each_dimension(self):
        names = "abcdefghijklmn"
        model = load({"s": {"weights": dict.fromkeys(names, 1)}}, None, **dict.fromkeys(names, VALID))
        drawn = [Imputation(model.spec, model.compiled)._missing_column(name) for name in names]
        for column in drawn:
            np.testing.assert_allclose(np.sort(column), 10 * (np.arange(DRAWS) + 0.5) / DRAWS)
        # As independent draws are: the mean of a product is the product of the means.
        for first in range(5):
            for second in range(first):
                assert np.mean(drawn[first] * drawn[second]) == pytest.approx(25, abs=0.15)


class TestNumerics:
    def test_normal_quantiles(self):
        shares = np.array([0.025, 0.5, 0.9])
        np.testing.assert_allclose(_NUMERICS.normal_quantile(shares), stats.norm.ppf(shares), atol=1e-12)
        np.testing.assert_allclose(_NUMERICS.normal_quantile(_GRID), stats.norm.ppf(_GRID), atol=1e-12)
        assert np.isfinite(_NUMERICS.normal_quantile(np.array([0.0, 1.0]))).all()
        assert _NUMERICS.normal_share(1.0) == pytest.approx(stats.norm.cdf(1), abs=1e-12)

    @pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 1), (1, 2), (3, 3), (1, 5), (4.2, 1.8)])
    def test_beta_quantiles(self, left, right):
        result = _NUMERICS.beta_quantile(left, right)(_GRID)
        np.testing.assert_allclose(result, stats.beta.ppf(_GRID, left, right), atol=2e-5)
        assert math.isclose(result.mean(), left / (left + right), abs_tol=1e-4)
