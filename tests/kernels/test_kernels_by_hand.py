"""Small cases of the kernels whose answer is worked out by hand, at the edges where a slip would show first."""

import math

import numpy as np
import pytest
from riskmodel.kernels.evaluation import degrees, interval, quantity

from riskmodel.kernels import conditions, effects, means, normalisation, rounding, scales, terms

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

MISSING = [np.array([True, False]), None]


def column(*values):
    return np.array(values, dtype=float)


def signs(*numbers):
    return [math.copysign(1, number) for number in numbers]


class TestScales:
    def test_the_raw_values_stay_as_they_are(self):
        x = column(-1, 3, 99, np.nan)
        before = x.copy()
        scales.goalposts(x, 0, 10)
        scales.log_goalposts(x, 1, 10)
        scales.logistic(x, 4, 2)
        terms.above(x, 0, 10)
        terms.below(x, 0, 10)
        np.testing.assert_array_equal(x, before)

    def test_goalposts_between_other_numbers_than_zero_and_one(self):
        np.testing.assert_allclose(scales.goalposts(column(20, 23, 30), 20, 30), [0, 0.3, 1], atol=1e-15)
        np.testing.assert_allclose(scales.goalposts(column(-4, 2), -6, -2), [0.5, 1], atol=1e-15)

    def test_the_logarithm_between_other_numbers_than_one_and_a_hundred(self):
        # Between 4 and 64 there are four doublings.
        x = column(2, 4, 8, 16, 64, 1000, np.nan)
        np.testing.assert_allclose(scales.log_goalposts(x, 4, 64), [0, 0, 0.25, 0.5, 1, 1, np.nan], atol=1e-15)
        np.testing.assert_allclose(scales.log_goalposts(x, 64, 4), [1, 1, 0.75, 0.5, 0, 0, np.nan], atol=1e-15)

    def test_a_logistic_far_from_its_midpoint(self):
        np.testing.assert_array_equal(scales.logistic(column(-1e9, 1e9, np.nan), 4, 2), [0, 1, np.nan])

    def test_a_logistic_that_falls(self):
        # e^(-slope (x - midpoint)) = 3 where x is ln 3 above the midpoint and the slope is -1.
        np.testing.assert_allclose(scales.logistic(column(5 + math.log(3), 5), 5, -1), [0.25, 0.5], atol=1e-15)

    def test_one_level_and_a_gap(self):
        np.testing.assert_array_equal(scales.levels(column(np.nan, 0), column(0.5)), [np.nan, 0.5])


class TestTerms:
    def test_flanks_between_other_numbers_than_zero_and_one(self):
        np.testing.assert_allclose(terms.above(column(10, 11, 14), 10, 14), [0, 0.25, 1])
        np.testing.assert_allclose(terms.below(column(10, 11, 14), 10, 14), [1, 0.75, 0])

    def test_a_range_with_a_step_at_each_end(self):
        np.testing.assert_array_equal(terms.between(column(2, 2.5, 7.5, 8, np.nan), 2, 2, 8, 8), [0, 1, 1, 0, np.nan])


class TestMeans:
    @pytest.mark.parametrize(
        ("power", "expected"),
        [
            # Of 0.2 (weight 1) and 0.8 (weight 3); where the first is missing 0.8 remains.
            (1, 0.65),
            (0, 0.2**0.25 * 0.8**0.75),
            (-1, 4 / (1 / 0.2 + 3 / 0.8)),
            (2, math.sqrt((0.04 + 3 * 0.64) / 4)),
            (-math.inf, 0.2),
            (math.inf, 0.8),
        ],
    )
    def test_missing_values_are_left_out_of_every_mean(self, power, expected):
        values = [column(0.2, 0), column(0.8, 0.8)]
        mean = means.power_mean(values, MISSING, [1, 3], power)
        np.testing.assert_allclose(mean, [expected, 0.8], atol=1e-15)
        by_row = means.power_mean(values, MISSING, [column(1, 1), column(3, 3)], power)
        np.testing.assert_allclose(by_row, mean, atol=1e-15)

    @pytest.mark.parametrize("power", [1, 0, -1, 2, -math.inf, math.inf])
    def test_of_nothing_there_is_no_mean_and_no_share(self, power):
        nothing = [np.array([False])] * 2
        assert np.isnan(means.power_mean([column(0), column(0)], nothing, [1, 3], power)[0])
        assert means.shares([column(0), column(0)], nothing, [1, 3], power).tolist() == [[0], [0]]

    @pytest.mark.parametrize("power", [1, 0, -1, 2, -math.inf, math.inf])
    def test_ones_have_the_mean_one_and_zeros_the_mean_zero(self, power):
        ones, zeros = [column(1)] * 3, [column(0)] * 3
        weights = [0.1, 0.2, 0.7]
        assert means.power_mean(ones, [None] * 3, weights, power)[0] == pytest.approx(1, abs=1e-15)
        assert means.power_mean(zeros, [None] * 3, weights, power)[0] == 0
        assert means.shares(zeros, [None] * 3, weights, power).tolist() == [[0], [0], [0]]

    def test_extreme_exponents(self):
        for power, expected in ((5000, 0.9 * 2 ** (-1 / 5000)), (-5000, 0.01 * 2 ** (1 / 5000))):
            mean = means.power_mean([column(0.01), column(0.9)], [None, None], [1, 1], power)[0]
            assert mean == pytest.approx(expected, rel=1e-12)
            assert means.shares([column(0.01), column(0.9)], [None, None], [1, 1], power).sum() == 1
        for power, expected in ((1e308, 0.9), (-1e308, 0.01)):
            assert means.power_mean([column(0.01), column(0.9)], [None, None], [1, 1], power)[0] == pytest.approx(
                expected
            )
            assert means.shares([column(0.01), column(0.9)], [None, None], [1, 1], power).max() == 1

    def test_a_light_value_that_dominates(self):
        # (1e-6 / 1e12)^(1/50); what 0.4^50 adds is far less than 1e-18.
        mean = means.power_mean([column(1), column(0.4)], [None, None], [1e-6, 1e12], 50)[0]
        assert mean == pytest.approx((1e-18 + 0.4**50) ** 0.02, rel=1e-12)

    def test_a_heavy_one_beside_light_values_is_never_more_than_one(self):
        light = np.linspace(0.01, 0.99, 5_000)
        for power in (-1, -3.7, 0, 0.3, 2):
            mean = means.power_mean([light, np.ones(5_000)], [None, None], [1e-17, 1], power)
            assert mean.max() <= 1
            assert mean.min() >= 1 - 1e-9

    def test_arrays_of_different_lengths_are_refused(self):
        values, present = [column(0.2), column(0.8)], [None, None]
        for power in (1, 0):
            for kernel in (means.power_mean, means.shares):
                with pytest.raises(ValueError, match="zip"):
                    kernel(values[:1], present, [1, 3], power)
        with pytest.raises(ValueError, match="zip"):
            means.power_mean(values, present[:1], [1, 3], 0)

    def test_weights_may_differ_from_row_to_row(self):
        mean = means.power_mean([column(0.2, 0.2), column(0.8, 0.8)], [None, None], [column(1, 3), column(3, 1)], 1)
        np.testing.assert_allclose(mean, [0.65, 0.35], atol=1e-15)

    def test_a_mean_of_ones_is_never_more_than_one(self):
        rng = np.random.default_rng(2)
        for _ in range(50):
            weights = list(rng.random(7))
            total = np.asarray(sum(weights) * (1 - 1e-16))
            assert means.arithmetic_mean([column(1)] * 7, weights, total)[0] <= 1
        assert means.arithmetic_mean([column(1), column(1)], [1, 3], column(3.9))[0] == 1

    @pytest.mark.parametrize(
        ("power", "expected"),
        [
            # w v^p over its sum, of 0.2 (weight 1) and 0.8 (weight 3).
            (1, [0.2 / 2.6, 2.4 / 2.6]),
            (0, [0.25, 0.75]),
            (-1, [5 / 8.75, 3.75 / 8.75]),
            (2, [0.04 / 1.96, 1.92 / 1.96]),
            (-math.inf, [1, 0]),
            (math.inf, [0, 1]),
        ],
    )
    def test_shares(self, power, expected):
        for unit in (1, 0.1):
            share = means.shares([column(0.2, 0), column(0.8, 0.8)], MISSING, [unit, 3 * unit], power)
            np.testing.assert_allclose(share, [[expected[0], 0], [expected[1], 1]], atol=1e-15)

    @pytest.mark.parametrize("power", [0, -1, -math.inf])
    def test_nothing_is_owed_for_a_mean_of_zero(self, power):
        assert means.shares([column(0), column(1)], [None, None], [1, 3], power).tolist() == [[0], [0]]

    def test_a_zero_has_no_share_of_a_mean_that_makes_up_for_it(self):
        for power in (1, 2, 0.5, math.inf):
            assert means.shares([column(0), column(1)], [None, None], [1, 3], power).tolist() == [[0], [1]]

    def test_a_value_of_none_counts_as_one_in_a_sum(self):
        np.testing.assert_array_equal(means.weighted_sum([column(0.5, 1), None], [2, 3]), [4, 5])


class TestEffects:
    def test_all_steps_of_a_score_are_kept(self):
        base = column(50)
        steps = effects.combine(
            base,
            [
                (effects.added, [(column(1), 20.0)]),
                (effects.floored, [(column(1), 90.0)]),
                (effects.capped, [(column(1), 10.0)]),
            ],
            100.0,
        )
        assert [float(step[0]) for step in (steps.base, *steps.stages, steps.value)] == [50, 70, 90, 10, 10]
        assert base[0] == 50

    def test_the_highest_floor_and_the_lowest_cap_bind_in_any_order(self):
        floors, caps = (
            [(column(1), level) for level in (60.0, 80.0, 70.0)],
            [(column(1), c) for c in (30.0, 20.0, 25.0)],
        )
        steps = effects.combine(column(50), [(effects.floored, floors), (effects.capped, caps)], 100.0)
        assert [stage[0] for stage in steps.stages] == [80, 20]

    def test_a_score_at_its_floor_or_cap_stays_there_to_the_bit(self):
        rng = np.random.default_rng(4)
        score, degree = rng.random(1_000) * 100, rng.random(1_000)
        np.testing.assert_array_equal(effects.raised(score, degree, score), score)
        np.testing.assert_array_equal(effects.lowered(score, degree, score), score)

    def test_without_rules_there_is_the_base_alone(self):
        steps = effects.combine(column(-1, 7, np.nan), [], 5.0)
        np.testing.assert_array_equal(steps.unclipped, [-1, 7, np.nan])
        np.testing.assert_array_equal(steps.value, [0, 5, np.nan])


class TestRounding:
    def test_a_millionth_of_the_last_place_is_forgiven_and_no_more(self):
        values = column(0.4999995, 0.499998, 1.5, 2.4)
        np.testing.assert_array_equal(rounding.reported(values, 0), [1, 0, 2, 2])
        np.testing.assert_array_equal(rounding.reported(column(0.12344, 0.12345), 4), [0.1234, 0.1235])
        np.testing.assert_array_equal(values, [0.4999995, 0.499998, 1.5, 2.4])

    def test_bands_are_counted_in_bytes_and_there_may_be_none(self):
        assert rounding.band_codes(column(0, 60), (0, 50)).dtype == np.int8
        assert rounding.band_codes(column(0, np.nan), ()).tolist() == [-1, -1]


def taken(column, *pieces):
    for piece in pieces:
        column.add(piece)
    return column


class TestFitting:
    def test_names_of_the_methods(self):
        assert {name: kind.__name__ for name, kind in normalisation.METHODS.items()} == {
            "minmax": "MinMax",
            "zscore": "ZScore",
            "percentile": "Percentile",
        }

    def test_a_column_counts_its_values_and_has_no_ends_before_the_first(self):
        result = normalisation.MinMax()
        assert (result.count, *result.goalposts()) == (0, math.inf, -math.inf)
        assert taken(result, column(), column(3, -1), column(), column(2)).count == 3
        assert result.goalposts() == (-1, 3)

    def test_a_zero_at_an_end_has_no_sign(self):
        assert signs(*taken(normalisation.MinMax(), column(-0.0)).goalposts()) == [1, 1]
        assert signs(*taken(normalisation.MinMax(), column(-0.0, 3)).goalposts()) == [1, 1]
        assert signs(*taken(normalisation.MinMax(), column(-3, -0.0)).goalposts()) == [-1, 1]
        points, _ = taken(normalisation.Percentile(), column(-0.0, 3)).ranks()
        assert signs(points[0][0]) == [1]

    def test_zscores_of_pieces_by_hand(self):
        # The mean of 1, 3 and 8 is 4, the sum of squares 9 + 1 + 16 = 26, so the sample's variance is 13.
        for pieces in ([column(1, 3, 8)], [column(1), column(3, 8)], [column(8, 1), column(3)]):
            assert taken(normalisation.ZScore(), *pieces).goalposts() == pytest.approx(
                (4 - 3 * math.sqrt(13), 4 + 3 * math.sqrt(13)), abs=1e-12
            )

    def test_two_values_have_a_deviation(self):
        assert taken(normalisation.ZScore(), column(4, 6)).goalposts() == pytest.approx(
            (5 - 3 * math.sqrt(2), 5 + 3 * math.sqrt(2)), abs=1e-12
        )

    def test_without_a_value_a_zscore_has_goalposts_that_meet(self):
        assert normalisation.ZScore().goalposts() == (0, 0)

    def test_values_too_far_apart_give_no_finite_zscore(self):
        for pieces in ([column(1e308), column(-1e308, 1e308)], [np.repeat([1e308, -1e308], 128)]):
            low, high = taken(normalisation.ZScore(), *pieces).goalposts()
            assert not math.isfinite(high - low)

    def test_two_values_have_the_ranks_zero_and_one(self):
        assert taken(normalisation.Percentile(), column(9, 7)).ranks() == ([(7, 0), (9, 1)], 0)

    def test_one_value_has_the_rank_zero(self):
        assert taken(normalisation.Percentile(), column(7)).ranks() == ([(7, 0)], 0)

    def test_points_are_left_out_by_even_steps_of_rank(self, monkeypatch):
        monkeypatch.setattr(normalisation, "MAX_POINTS", 5)
        every = [(float(value), value / 8) for value in range(9)]
        assert taken(normalisation.Percentile(), np.arange(9.0)).ranks() == (every[::2], 0)
        # 0 stands five times and 8 lies below nothing: ranks 0, 5/12, 6/12, ... of which those from a quarter on.
        values = column(0, 0, 0, 0, *range(9))
        assert taken(normalisation.Percentile(), values).ranks() == (
            [(0, 0), (1, 5 / 12), (2, 6 / 12), (5, 9 / 12), (8, 1)],
            0,
        )

    def test_as_many_points_as_may_be_are_all_kept(self, monkeypatch):
        monkeypatch.setattr(normalisation, "MAX_POINTS", 4)
        # Evenly spread ranks would leave 1 and 2 out, which lie close together.
        values = column(0, 1, *[2] * 97, 3)
        points, _ = taken(normalisation.Percentile(), values).ranks()
        assert points == [(0, 0), (1, 1 / 99), (2, 2 / 99), (3, 1)]
        points, _ = taken(normalisation.Percentile(), column(*values, *[4] * 100)).ranks()
        assert (points[0], points[-1]) == ((0, 0), (4, 100 / 199))

    def test_the_error_of_a_rank_is_a_share_of_the_other_values(self):
        # Room for four: of five values the ends are kept, and the last has three or less below it beside the first.
        assert taken(normalisation.Percentile(4), column(1, 2, 3, 4, 5)).ranks() == ([(1, 0), (5, 2.5 / 4)], 1.5 / 4)


class TestRanks:
    def test_by_hand(self):
        # At most half of 25 values, 12, may be unsure: 0 takes the next 13 in, so 13, and that all to the end.
        result = taken(normalisation.Ranks(20), np.arange(25.0))
        assert result.count == 25
        assert [side.tolist() for side in result.below()] == [[0, 13, 24], [0, 1 + 6, 14 + 5], [0, 6, 5]]
        # A new value takes over what is unsure above it; one that is known is counted; above all nothing is unsure.
        result.add(column(6, 30, -1, 24, 6))
        assert result.count == 30
        assert [side.tolist() for side in result.below()] == [
            [-1, 0, 6, 13, 24, 30],
            [0, 1, 2 + 6, 4 + 6, 17 + 5, 29],
            [0, 0, 6, 6, 5, 0],
        ]

    def test_merged_entries_are_merged_again(self):
        # At 45 values there are 3 + 20 entries, and 22 values may be unsure: from 0 not quite to 24, from 13 to 36.
        result = taken(normalisation.Ranks(20), np.arange(50.0)).below()
        assert [side.tolist() for side in result] == [
            [0, 13, 36, 44, 45, 46, 47, 48, 49],
            [0, 1 + 6, 14 + 11, 37 + 3.5, 45, 46, 47, 48, 49],
            [0, 6, 11, 3.5, 0, 0, 0, 0, 0],
        ]

    def test_nothing_is_merged_while_there_is_room(self):
        for room in (4, 20):
            result = taken(normalisation.Ranks(room), np.arange(room, dtype=float)).below()
            assert [side.tolist() for side in result] == [list(range(room)), list(range(room)), [0] * room]

    def test_a_value_that_comes_again_needs_no_room(self):
        result = taken(normalisation.Ranks(4), column(1, 2, 3, 4), column(4, 3, 1, 1)).below()
        assert [side.tolist() for side in result] == [[1, 2, 3, 4], [0, 3, 4, 6], [0, 0, 0, 0]]

    def test_pieces_make_no_difference(self):
        values = np.random.default_rng(6).permutation(np.arange(300.0))
        entire = taken(normalisation.Ranks(60), values).below()
        for size in (1, 7, 15, 16, 100):
            pieces = np.split(values, range(size, 300, size))
            assert all(map(np.array_equal, taken(normalisation.Ranks(60), *pieces).below(), entire))

    def test_reading_twice_gives_the_same(self):
        result = taken(normalisation.Ranks(20), np.arange(25.0), column(6))
        assert all(map(np.array_equal, result.below(), result.below()))

    def test_without_values_there_are_none(self):
        assert [len(side) for side in normalisation.Ranks().below()] == [0, 0, 0]

    def test_a_zero_has_no_sign(self):
        assert signs(*taken(normalisation.Ranks(), column(-0.0)).below().values) == [1]


class Facts:
    def __init__(self, **numbers):
        self.numbers = numbers

    def number(self, name):
        return self.numbers[name]

    def membership(self, name, term):
        assert (name, term) == ("m", "big")
        return interval(self.numbers["m"], None)


def truth(text, **numbers):
    return degrees(conditions.parse(text), Facts(**numbers))


class TestTruth:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("x < y", [1, 0, 0]),
            ("x <= y", [1, 1, 0]),
            ("x > y", [0, 0, 1]),
            ("x >= y", [0, 1, 1]),
            ("x == y", [0, 1, 0]),
            ("x != y", [1, 0, 1]),
            ("x < y or x > y", [1, 0, 1]),
            ("x <= y and x >= y", [0, 1, 0]),
            ("not x < y", [0, 1, 1]),
        ],
    )
    def test_comparisons(self, text, expected):
        low, high = truth(text, x=column(1, 2, 3), y=column(2, 2, 2))
        assert low is high
        assert low.dtype == float
        np.testing.assert_array_equal(low, expected)

    @pytest.mark.parametrize(
        ("text", "expected"), [("x + y", 8), ("x - y", 4), ("x * y", 12), ("x / y", 3), ("-x", -6), ("2.5", 2.5)]
    )
    def test_quantities(self, text, expected):
        result = quantity(conditions.parse(f"{text} > 0").left, Facts(x=column(6), y=column(2)))
        np.testing.assert_array_equal(np.broadcast_to(result, 1), [expected])

    def test_an_unknown_value_affects_its_own_row_only(self):
        for text in ("x > 2", "2 < x", "x + 1 > 3"):
            low, high = truth(text, x=column(3, np.nan, 1))
            np.testing.assert_array_equal(low, [1, 0, 0])
            np.testing.assert_array_equal(high, [1, 1, 0])
        low, high = truth("not x > 2", x=column(3, np.nan, 1))
        np.testing.assert_array_equal(low, [0, 0, 1])
        np.testing.assert_array_equal(high, [0, 1, 1])

    def test_one_part_that_is_unknown_does_not_hide_another_that_is_known(self):
        numbers = {"x": column(np.nan, np.nan), "m": column(0.25, 0.75)}
        for text, low, high in (
            ("m is big and x > 2", [0, 0], [0.25, 0.75]),
            ("x > 2 or m is big", [0.25, 0.75], [1, 1]),
        ):
            result = truth(text, **numbers)
            np.testing.assert_array_equal(result[0], low)
            np.testing.assert_array_equal(result[1], high)

    def test_division_by_zero_and_overflow_are_unknown(self):
        for text in ("x / (x - x) > 0", "x * 1e308 * 10 > 0", "-x * 1e308 - 1.5e308 < 0", "0 * x / 0 == 0"):
            low, high = truth(text, x=column(2))
            assert (low.tolist(), high.tolist()) == ([0], [1])

    @pytest.mark.parametrize(
        ("first", "second", "order"),
        [
            # A thousand-millionth of the larger, and of 1, makes no difference.
            (1e9, 1e9 + 0.9, 0),
            (1e9, 1e9 + 1.1, -1),
            (-1e9, -1e9 - 0.9, 0),
            (-1e9, -1e9 - 1.1, 1),
            (0, 9e-10, 0),
            (0, 1.1e-9, -1),
            (0.5, 0.5 + 9e-10, 0),
            (0.5 + 1.1e-9, 0.5, 1),
            (1.5e308, -1.5e308, 1),
            (-1.5e308, 1.5e308, -1),
            (1.5e308, 1.5e308, 0),
        ],
    )
    def test_numbers_that_rounding_could_have_parted_are_equal(self, first, second, order):
        for sign, holds in (
            ("<", order < 0),
            ("<=", order <= 0),
            (">", order > 0),
            (">=", order >= 0),
            ("==", order == 0),
            ("!=", order != 0),
        ):
            for x, y, op in ((first, second, sign), (second, first, sign.translate(str.maketrans("<>", "><")))):
                low, high = truth(f"x {op} y", x=column(x), y=column(y))
                assert (low.tolist(), high.tolist()) == ([holds], [holds])

    def test_a_condition_without_names_has_one_degree(self):
        assert [float(side) for side in truth("2 > 1")] == [1, 1]
        assert [float(side) for side in truth("1 / 0 > 1")] == [0, 1]

    def test_membership_of_several_terms(self):
        low, high = truth("not m is big", m=column(0.3))
        assert low is high
        assert low[0] == pytest.approx(0.7)
