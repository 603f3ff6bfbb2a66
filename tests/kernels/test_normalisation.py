"""Normalisation fitted to data: goalposts and ranks within their stated errors, in pieces as in one."""

import math
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riskmodel.kernels import normalisation


def column(*values):
    return np.array(values, dtype=float)


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
