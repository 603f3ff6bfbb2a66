"""Small cases of normalisation fitted to data whose answer is worked out by hand."""

import math

import numpy as np
import pytest

from riskmodel.kernels import normalisation

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")


def column(*values):
    return np.array(values, dtype=float)


def signs(*numbers):
    return [math.copysign(1, number) for number in numbers]


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
