"""Scales, terms, means, effects and rounding against closed forms and hand-worked cases."""

import math
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riskmodel.kernels import effects, means, normalisation, rounding, scales, terms

intensities = st.floats(0, 1, allow_subnormal=False)
weights = st.floats(0.01, 100)


def column(*values):
    return np.array(values, dtype=float)


class TestScales:
    def test_goalposts_either_way_round_and_clamped(self):
        x = column(-5, 0, 2.5, 10, 20, np.nan)
        np.testing.assert_array_equal(scales.goalposts(x, 0, 10), [0, 0, 0.25, 1, 1, np.nan])
        np.testing.assert_array_equal(scales.goalposts(x, 10, 0), [1, 1, 0.75, 0, 0, np.nan])

    def test_human_development_index_2010_life_expectancy(self):
        # HDR 2014 technical note 1: life expectancy between 20 and 85 years; 65 years give (65 - 20) / (85 - 20).
        assert scales.goalposts(column(65), 20, 85)[0] == pytest.approx(45 / 65, abs=1e-15)

    def test_human_development_index_income_is_logarithmic(self):
        # HDR 2014 technical note 1, Costa Rica: income 13,011.7 between 100 and 75,000 gives 0.735.
        assert scales.log_goalposts(column(13_011.7), 100, 75_000)[0] == pytest.approx(0.735, abs=5e-4)

    def test_logarithm_counts_zero_and_less_as_the_lower_end(self):
        np.testing.assert_array_equal(scales.log_goalposts(column(0, -3, 1, 10, 100), 1, 100), [0, 0, 0, 0.5, 1])
        np.testing.assert_array_equal(scales.log_goalposts(column(0, -3, 1, 100), 100, 1), [1, 1, 1, 0])

    def test_points_are_straight_between_and_level_beyond(self):
        index, value = column(0, 2, 8, 20), column(0, 0.25, 0.75, 1)
        x = column(-1, 0, 1, 2, 5, 14, 20, 99, np.nan)
        expected = [0, 0, 0.125, 0.25, 0.5, 0.875, 1, 1, np.nan]
        np.testing.assert_allclose(scales.points(x, index, value), expected, atol=1e-15)

    def test_one_point_is_a_constant(self):
        np.testing.assert_array_equal(scales.points(column(-1, 3, 9), column(3), column(0.5)), [0.5, 0.5, 0.5])

    def test_logistic(self):
        x = column(4, 4 + math.log(3) / 2, -1e9, 1e9, np.nan)
        np.testing.assert_allclose(scales.logistic(x, 4, 2), [0.5, 0.75, 0, 1, np.nan], atol=1e-15)

    def test_levels(self):
        np.testing.assert_array_equal(scales.levels(column(2, 0, np.nan), column(0, 0.6, 1)), [1, 0, np.nan])


class TestTerms:
    def test_above_and_below_are_mirror_images(self):
        x = column(3, 4, 5.5, 7, 8, np.nan)
        np.testing.assert_allclose(terms.above(x, 4, 7), [0, 0, 0.5, 1, 1, np.nan])
        np.testing.assert_allclose(terms.below(x, 4, 7), [1, 1, 0.5, 0, 0, np.nan])

    def test_the_bound_of_a_step_belongs_to_neither_side(self):
        x = column(2.9, 3, 3.1, np.nan)
        np.testing.assert_array_equal(terms.above(x, 3, 3), [0, 0, 1, np.nan])
        np.testing.assert_array_equal(terms.below(x, 3, 3), [1, 0, 0, np.nan])

    def test_between(self):
        x = column(0, 1, 1.5, 2, 4, 4.5, 5, 6)
        np.testing.assert_allclose(terms.between(x, 1, 2, 4, 5), [0, 0, 0.5, 1, 1, 0.5, 0, 0])


class TestMeans:
    def test_named_means_of_one_and_four(self):
        values, everywhere = [column(0.2), column(0.8)], [None, None]
        for power, expected in (
            (1, 0.5),
            (0, 0.4),
            (-1, 0.32),
            (2, math.sqrt(0.34)),
            (math.inf, 0.8),
            (-math.inf, 0.2),
        ):
            assert means.power_mean(values, everywhere, [1, 1], power)[0] == pytest.approx(expected, abs=1e-15)

    def test_human_development_index_is_a_geometric_mean(self):
        # HDR 2014 technical note 1, Costa Rica: 0.922, 0.654 and 0.735 give 0.763 (rounded to three places there).
        parts = [column(0.922), column(0.654), column(0.735)]
        assert means.power_mean(parts, [None] * 3, [1, 1, 1], 0)[0] == pytest.approx(0.7625, abs=1e-3)

    @pytest.mark.parametrize("power", [0, -1, -0.5, -math.inf])
    def test_a_zero_decides_where_low_values_cannot_be_made_up_for(self, power):
        assert means.power_mean([column(0), column(1)], [None, None], [1, 5], power)[0] == 0

    @pytest.mark.parametrize("power", [-300, -1e-9, 1e-9, 300, 5000])
    def test_extreme_exponents_neither_overflow_nor_lose_digits(self, power):
        mean = means.power_mean([column(0.01), column(0.9)], [None, None], [1, 1], power)[0]
        limits = {-300: 0.01 * 2 ** (1 / 300), 300: 0.9 * 2 ** (-1 / 300), 5000: 0.9 * 2 ** (-1 / 5000)}
        assert mean == pytest.approx(limits.get(power, math.sqrt(0.009)), rel=1e-8)

    @pytest.mark.parametrize("power", [5e-324, -1e-310, 1e-200, 1e-13, -1e-13])
    def test_an_exponent_next_to_zero_gives_the_geometric_mean(self, power):
        mean = means.power_mean([column(0.5), column(1)], [None, None], [1, 1], power)[0]
        assert mean == pytest.approx(math.sqrt(0.5), abs=1e-11)

    @pytest.mark.parametrize(
        ("power", "weights", "values", "expected"),
        [
            # (1e-6 / 1e12)^(1/50) = 10^(-18/50); the light value dominates, because 0.4^50 is far less than 1e-18.
            (50, [1e-6, 1e12], [1.0, 0.4], ((1e-18 + 0.4**50) / (1 + 1e-18)) ** (1 / 50)),
            (-1, [1e-5, 1e12], [1e-17, 1.0], (1e-5 + 1e12) / (1e-5 / 1e-17 + 1e12)),
        ],
    )
    def test_a_light_value_that_dominates_is_not_lost(self, power, weights, values, expected):
        result = means.power_mean([column(value) for value in values], [None, None], weights, power)[0]
        assert result == pytest.approx(expected, rel=1e-9)

    def test_missing_values_drop_out_and_weights_are_renormalised(self):
        values = [column(0.5, 0.5, 0), column(1, 0, 0), column(0.2, 0.2, 0)]
        present = [np.array([True, True, False]), np.array([True, False, False]), np.array([True, True, False])]
        mean = means.power_mean(values, present, [1, 2, 3], 1)
        np.testing.assert_allclose(mean, [(0.5 + 2 + 0.6) / 6, (0.5 + 0.6) / 4, np.nan], atol=1e-15)

    @given(st.lists(st.tuples(intensities, weights), min_size=1, max_size=6), st.floats(-6, 6))
    def test_a_mean_lies_between_its_values_and_grows_with_its_exponent(self, pairs, power):
        values, heavy = [column(value) for value, _ in pairs], [weight for _, weight in pairs]
        everywhere = [None] * len(pairs)
        mean = means.power_mean(values, everywhere, heavy, power)[0]
        assert min(values)[0] - 1e-12 <= mean <= max(values)[0] + 1e-12
        assert mean <= means.power_mean(values, everywhere, heavy, power + 1)[0] + 1e-9

    @given(st.lists(st.tuples(intensities, weights), min_size=1, max_size=6), st.floats(-6, 6))
    def test_shares_sum_to_one_wherever_there_is_a_mean(self, pairs, power):
        values, heavy = [column(value) for value, _ in pairs], [weight for _, weight in pairs]
        everywhere = [None] * len(pairs)
        mean = means.power_mean(values, everywhere, heavy, power)[0]
        share = means.shares(values, everywhere, heavy, power).sum()
        assert share == pytest.approx(1 if mean > 0 else 0, abs=1e-9)

    def test_shares_of_the_minimum_go_to_the_value_that_decides(self):
        share = means.shares([column(0.2), column(0.9), column(0.2)], [None] * 3, [1, 5, 3], -math.inf)
        np.testing.assert_allclose(share[:, 0], [0.25, 0, 0.75])

    def test_one_row_alone_scores_to_the_bit_as_among_many(self):
        rng = np.random.default_rng(3)
        values = [rng.random(1_000) for _ in range(9)]
        for power in (1, 0, -1, 2.5):
            many = means.power_mean(values, [None] * 9, list(range(1, 10)), power)
            alone = [
                means.power_mean([v[i : i + 1] for v in values], [None] * 9, list(range(1, 10)), power)[0]
                for i in range(50)
            ]
            np.testing.assert_array_equal(many[:50], alone)


class TestEffects:
    def test_the_fixed_order_by_hand(self):
        stages = [
            (effects.added, [(column(0.5), 20.0), (column(1), -5.0)]),
            (effects.floored, [(column(0.5), 75.0), (column(1), 60.0)]),
            (effects.capped, [(column(0.25), 25.0)]),
        ]
        steps = effects.combine(column(50), stages, 100.0)
        # 50 + 10 - 5 = 55; half-way to 75 is 65, which is more than the floor of 60; a quarter of the way to 25 is 55.
        assert [stage[0] for stage in steps.stages] == [55, 65, 55]
        assert steps.value[0] == 55

    def test_a_floor_below_and_a_cap_above_do_nothing(self):
        steps = effects.combine(
            column(50), [(effects.floored, [(column(1), 40.0)]), (effects.capped, [(column(1), 90.0)])], 100.0
        )
        assert steps.value[0] == 50

    def test_the_score_is_kept_within_its_range(self):
        steps = effects.combine(column(95, 5), [(effects.added, [(column(1, 0), 20.0), (column(0, 1), -20.0)])], 100.0)
        np.testing.assert_array_equal(steps.value, [100, 0])

    def test_full_degree_reaches_floor_and_cap_exactly(self):
        score, level = column(0.1 + 0.2), 29.999999999999996
        assert effects.raised(score, column(1), level)[0] == level
        assert effects.lowered(score + 40, column(1), level)[0] == level


class TestRounding:
    def test_halves_go_up_whatever_their_binary_fraction(self):
        values = column(39.95, 0.05, 2.5, 39.949, 39.9499999999, np.nan)
        np.testing.assert_array_equal(rounding.reported(values, 1), [40.0, 0.1, 2.5, 39.9, 40.0, np.nan])

    @given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 4))
    def test_rounding_keeps_the_order(self, first, second, decimals):
        low, high = sorted((first, second))
        rounded = rounding.reported(column(low, high), decimals)
        assert rounded[0] <= rounded[1]

    def test_a_band_starts_at_its_bound(self):
        codes = rounding.band_codes(column(0, 19.9, 20, 59.9, 60, 100, np.nan), (0, 20, 60))
        assert codes.tolist() == [0, 0, 1, 1, 2, 2, -1]


def pieces_of(values, cuts):
    return np.split(values, sorted(cut % (len(values) + 1) for cut in cuts))


def taken(column, pieces):
    for piece in pieces:
        column.add(piece)
    return column


columns_of_values = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1.0, 2.0]), min_size=1, max_size=60)
places_to_cut = st.lists(st.integers(0, 60), max_size=8)


class TestFitting:
    def test_zscore_goalposts_by_hand(self):
        # Of 2, 4, 4, 4, 5, 5, 7, 9 the mean is 5 and the sum of squares 32, so the sample's variance is 32 / 7.
        low, high = taken(normalisation.ZScore(), [column(2, 4, 4, 4, 5, 5, 7, 9)]).goalposts()
        spread = 3 * math.sqrt(32 / 7)
        assert (low, high) == pytest.approx((5 - spread, 5 + spread), abs=1e-12)

    def test_percentile_ranks_by_hand(self):
        # The share of the other values that lie below: equal values share the lowest rank.
        result = taken(normalisation.Percentile(), [column(30, 10, 20, 20, 40)]).ranks()
        assert result == ([(10, 0), (20, 0.25), (30, 0.75), (40, 1)], 0)

    def test_many_values_keep_ranks_to_a_thousandth(self):
        values = np.random.default_rng(1).normal(size=20_000)
        points, error = taken(normalisation.Percentile(), [values]).ranks()
        index, rank = np.array(points).T
        exact = np.searchsorted(np.sort(values), values) / (len(values) - 1)
        assert len(index) <= normalisation.MAX_POINTS
        assert error == 0
        assert np.abs(np.interp(values, index, rank) - exact).max() <= 1.1e-3

    @pytest.mark.parametrize("kind", [normalisation.ZScore, normalisation.MinMax])
    def test_one_value_gives_goalposts_that_meet(self, kind):
        assert taken(kind(), [column(3)]).goalposts() == (3, 3)

    def test_values_too_far_apart_give_no_finite_zscore(self):
        low, high = taken(normalisation.ZScore(), [column(1e308), column(-1e308, 1e308)]).goalposts()
        assert not math.isfinite(high - low)

    @given(columns_of_values, places_to_cut)
    def test_pieces_make_no_difference_to_ends_and_ranks(self, values, cuts):
        values = column(*values)
        pieces = pieces_of(values, cuts)
        total = taken(normalisation.MinMax(), [values])
        assert taken(normalisation.MinMax(), pieces).goalposts() == total.goalposts() == (values.min(), values.max())
        for max_values in (4, 8, normalisation.MAX_DISTINCT):
            # To the sign of a zero.
            result = [str(taken(normalisation.Percentile(max_values), parts).ranks()) for parts in ([values], pieces)]
            assert result[0] == result[1]
            assert re.search(r"-0\.0(?!\d)", result[0]) is None

    @given(columns_of_values, places_to_cut)
    @example([5e-324, 0.0], [1])
    @example([1e-161, 3e-161, 0.0], [1])
    @example([1e-160, 0.0] * 30, [7, 21])
    def test_pieces_make_next_to_no_difference_to_zscores(self, values, cuts):
        values = column(*values)
        mean, spread = values.mean(), 3 * values.std(ddof=1) if len(values) > 1 else 0.0
        # The least float is 5e-324, so the sum of 60 squares is off by up to 60 x 5e-324 whoever adds them up, once by
        # numpy and once, with as much again for the cuts, by us: 3 times the root of all that is less than 1e-159.
        close = 1e-12 * np.abs(values).max() + 1e-159
        for pieces in ([values], pieces_of(values, cuts)):
            low, high = taken(normalisation.ZScore(), pieces).goalposts()
            assert (low, high) == pytest.approx((mean - spread, mean + spread), rel=1e-12, abs=close)


def outside_in(count):
    positions = np.arange(count)
    return np.where(positions % 2, count - positions // 2, positions // 2).astype(float)


ROOM, MANY = 256, 1 << 16
RNG = np.random.default_rng(5)
ORDERS = {
    "shuffled": RNG.permutation(MANY).astype(float),
    "sorted": np.arange(MANY, dtype=float),
    "reversed": -np.arange(MANY, dtype=float),
    "inside out": outside_in(MANY)[::-1],
    "runs": np.sort(RNG.normal(size=(64, MANY // 64))).ravel(),
    "evenly spread": np.arange(MANY) * 0.6180339887498949 % 1,
    "half of it repeated": np.where(RNG.random(MANY) < 0.5, RNG.integers(9, size=MANY), RNG.normal(size=MANY)),
    "long tail": RNG.lognormal(sigma=5, size=MANY),
    "widening": RNG.normal(size=MANY) * np.arange(MANY),
    "narrowing": RNG.normal(size=MANY) / np.arange(1, MANY + 1),
    "drifting": RNG.normal(size=MANY) * MANY / 100 + np.arange(MANY),
    "zooming in": RNG.uniform(-1, 1, MANY) * np.exp(-np.linspace(0, 30, MANY)),
    "outside in": outside_in(MANY),
}
# Half of what may be unsure, in units of 1 / ROOM; some orders need it doubled, and one twice.
DOUBLED = {"drifting": 2, "zooming in": 2, "outside in": 4}


class TestRanks:
    @pytest.mark.parametrize("order", ORDERS)
    def test_ranks_are_within_the_stated_error_for_any_order(self, order):
        values = ORDERS[order]
        result = taken(normalisation.Ranks(ROOM), np.split(values, 97 * np.arange(1, 676))).below()
        exact = np.searchsorted(np.sort(values), result.values)
        assert len(result.values) <= ROOM
        assert (result.values[0], result.values[-1]) == (values.min(), values.max())
        assert (np.abs(result.below - exact) <= result.error).all()
        assert result.error.max() <= 5 / ROOM * MANY * DOUBLED.get(order, 1)
        assert (np.diff(result.below) > 0).all()

    @given(st.lists(st.integers(-40, 40), min_size=1, max_size=200), st.integers(4, 20))
    def test_ranks_are_within_the_stated_error_for_any_values(self, values, room):
        values = column(*values)
        result = taken(normalisation.Ranks(room), [values]).below()
        exact = np.searchsorted(np.sort(values), result.values)
        assert len(result.values) <= room
        assert (np.abs(result.below - exact) <= result.error).all()
        if len(np.unique(values)) <= room:
            np.testing.assert_array_equal(result.values, np.unique(values))
            assert not result.error.any()

    def test_values_that_come_again_and_again_need_no_room(self):
        values = np.repeat(np.arange(1_000.0), 50)
        result = taken(normalisation.Ranks(1_000), [RNG.permutation(values)]).below()
        np.testing.assert_array_equal(result.below, np.arange(1_000) * 50)
        assert not result.error.any()
