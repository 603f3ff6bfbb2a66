"""Each kind of step with numpy: closed forms, exact values where they are promised, and unknown values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.plan import numpy_steps, steps
from riskmodel.plan.program import evaluate
from riskmodel.plan.steps import Constant, Input

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

NAN, INF = math.nan, math.inf
X, Y, Z = (Input(name) for name in "xyz")
numbers = st.floats(-1e6, 1e6)
shares = st.floats(0, 1, allow_subnormal=False)


def values_of(step, **columns):
    """Evaluate a step of X, Y and Z; the columns stay as they are."""
    given = {name: np.array(values, dtype=float) for name, values in columns.items()}
    before = {name: column.copy() for name, column in given.items()}
    result = evaluate(step, given, len(next(iter(given.values()))))
    for name, column in given.items():
        np.testing.assert_array_equal(column, before[name])
    return result.astype(float)


def assert_gives(step, expected, exactly=True, **columns):
    result = values_of(step, **columns)
    if exactly:
        np.testing.assert_array_equal(result, expected)
    else:
        np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-15)


class TestRamp:
    def test_it_rises_or_falls_between_its_ends(self):
        assert_gives(steps.Ramp(X, 0, 10), [0, 0, 0.25, 1, 1, NAN], x=[-5, 0, 2.5, 10, 20, NAN])
        assert_gives(steps.Ramp(X, 10, 0), [1, 1, 0.75, 0, 0, NAN], x=[-5, 0, 2.5, 10, 20, NAN])
        assert_gives(steps.Ramp(X, -6, -2), [0.5, 1], x=[-4, 2])

    def test_human_development_index_2010_life_expectancy(self):
        # HDR 2014 technical note 1: life expectancy between 20 and 85 years; 65 years give (65 - 20) / (85 - 20).
        assert values_of(steps.Ramp(X, 20, 85), x=[65])[0] == pytest.approx(45 / 65, abs=1e-15)

    @given(numbers, numbers, st.lists(numbers, min_size=1, max_size=20))
    def test_it_is_exact_at_its_ends_and_never_falls_back_between(self, start, end, between):
        if start != end:
            low, high = sorted((start, end))
            x = sorted(min(max(value, low), high) for value in [start, end, *between])
            result = values_of(steps.Ramp(X, start, end), x=x)
            assert (values_of(steps.Ramp(X, start, end), x=[start, end]) == [0, 1]).all()
            assert ((np.diff(result) >= 0) | (end < start)).all()
            assert ((np.diff(result) <= 0) | (end > start)).all()
            exact = (np.array(x) - start) / (end - start)
            np.testing.assert_allclose(result, exact, rtol=1e-13, atol=1e-13)

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 5e-324), (1, 1 + 2**-52), (-1e-310, 1e-310), (0, 1e308), (-8e307, 8e307)]
    )
    def test_ends_as_near_or_far_as_can_be(self, start, end):
        assert_gives(steps.Ramp(X, start, end), [0, 0, 1, 1], x=[-1e308, start, end, 1e308])
        assert_gives(steps.Ramp(X, end, start), [1, 1, 0, 0], x=[-1e308, start, end, 1e308])


class TestBeyond:
    def test_the_threshold_belongs_to_neither_side(self):
        assert_gives(steps.Beyond(X, 3, above=True), [0, 0, 1, NAN], x=[2.9, 3, 3.1, NAN])
        assert_gives(steps.Beyond(X, 3, above=False), [1, 0, 0, NAN], x=[2.9, 3, 3.1, NAN])


class TestLine:
    def test_it_is_straight_between_points_and_level_beyond(self):
        line = steps.Line(X, (0, 2, 8, 20), (0, 0.25, 0.75, 1))
        expected = [0, 0, 0.125, 0.25, 0.5, 0.875, 1, 1, NAN]
        assert_gives(line, expected, exactly=False, x=[-1, 0, 1, 2, 5, 14, 20, 99, NAN])

    def test_a_level_line_is_a_constant_where_x_is_known(self):
        for raws in ((3,), (3, 4), (3, 4, 5)):
            assert_gives(steps.Line(X, raws, (0.5,) * len(raws)), [0.5, 0.5, 0.5, NAN], x=[-1, 3, 9, NAN])

    @pytest.mark.parametrize("count", [2, 3, 9, 10, 40])
    @given(data=st.data())
    def test_it_has_exactly_the_value_of_each_point_and_never_leaves_its_neighbours(self, count, data):
        raws = sorted(data.draw(st.lists(st.integers(-999, 999), min_size=count, max_size=count, unique=True)))
        decimals = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
        values = data.draw(st.lists(decimals, min_size=count, max_size=count))
        line = steps.Line(X, tuple(raw / 7 for raw in raws), tuple(values))
        np.testing.assert_array_equal(values_of(line, x=line.raws), values)
        among = data.draw(st.lists(st.floats(-150, 150), min_size=1, max_size=20))
        result = values_of(line, x=among)
        assert (min(values) <= result).all()
        assert (result <= max(values)).all()
        np.testing.assert_allclose(result, np.interp(among, line.raws, values), atol=1e-14)

    @given(st.lists(shares, min_size=2, max_size=9), st.lists(st.floats(-1, 9), min_size=2, max_size=20), st.booleans())
    def test_a_line_that_only_rises_or_only_falls_gives_values_in_order(self, values, x, falling):
        line = steps.Line(X, tuple(range(len(values))), tuple(sorted(values, reverse=falling)))
        change = np.diff(values_of(line, x=sorted(x)))
        assert (change <= 0).all() if falling else (change >= 0).all()


class TestCurves:
    def test_a_logarithm_counts_what_is_below_the_lowest_as_the_lowest(self):
        expected = [math.log(4)] * 3 + [math.log(4), math.log(64), NAN]
        assert_gives(steps.Log(X, 4), expected, exactly=False, x=[-3, 0, 2, 4, 64, NAN])

    def test_human_development_index_income_is_logarithmic(self):
        # HDR 2014 technical note 1, Costa Rica: income 13,011.7 between 100 and 75,000 gives 0.735.
        income = steps.Ramp(steps.Log(X, 100), math.log(100), math.log(75_000))
        assert values_of(income, x=[13_011.7])[0] == pytest.approx(0.735, abs=5e-4)

    def test_a_logistic(self):
        x = [4, 4 + math.log(3) / 2, -1e9, 1e9, NAN]
        assert_gives(steps.Logistic(X, 4, 2), [0.5, 0.75, 0, 1, NAN], exactly=False, x=x)

    def test_a_logistic_that_falls(self):
        # e^(-slope (x - midpoint)) = 3 where x is ln 3 above the midpoint and the slope is -1.
        assert_gives(steps.Logistic(X, 5, -1), [0.25, 0.5], exactly=False, x=[5 + math.log(3), 5])


class TestLabels:
    def test_a_label_has_its_value(self):
        assert_gives(steps.Lookup(X, (0, 0.6, 1)), [1, 0, NAN, 0.6], x=[2, 0, NAN, 1])
        assert_gives(steps.Lookup(X, (0.5,)), [NAN, 0.5], x=[NAN, 0])

    def test_a_label_is_itself_and_no_other(self):
        assert_gives(steps.IsLabel(X, 1), [0, 1, 0, NAN], x=[0, 1, 2, NAN])


class TestUnknown:
    def test_known_is_never_unknown(self):
        assert_gives(steps.Known(X), [1, 1, 1, 0], x=[0, -3, INF, NAN])

    @pytest.mark.parametrize("kind", [steps.Fill, steps.FillDegree])
    @pytest.mark.parametrize("value", [0, 0.3, 1])
    def test_what_is_unknown_is_filled_and_nothing_else(self, kind, value):
        assert_gives(kind(X, value), [0, 0.25, value, 1], x=[0, 0.25, NAN, 1])

    def test_raw_values_are_filled_whatever_their_size(self):
        for value in (0, 1, -7.5):
            assert_gives(steps.Fill(X, value), [-3, value, 12], x=[-3, NAN, 12])

    def test_filling_with_unknown_changes_nothing(self):
        assert_gives(steps.FillDegree(X, NAN), [0.5, NAN], x=[0.5, NAN])

    def test_the_lowest_and_the_highest_of_what_is_known(self):
        columns = {"x": [3, NAN, 3, NAN], "y": [2, 2, NAN, NAN], "z": [5, 5, NAN, NAN]}
        assert_gives(steps.LowestKnown((X, Y, Z)), [2, 2, 3, NAN], **columns)
        assert_gives(steps.HighestKnown((X, Y, Z)), [5, 5, 3, NAN], **columns)

    def test_two_bounds_that_agree_leave_a_number_known(self):
        assert_gives(steps.Agreed(X, Y, Z), [1, NAN, NAN], x=[1, 2, NAN], y=[0, 0, 0], z=[0, 0.5, 0])

    def test_a_score_is_withheld_below_a_coverage(self):
        assert_gives(steps.Withhold(X, Y, 0.5), [NAN, 2, 3, NAN], x=[1, 2, 3, NAN], y=[0.4, 0.5, 1, 1])

    def test_a_choice_reads_only_what_it_takes(self):
        columns = {"x": [1, 0, 1, 0], "y": [5, 5, NAN, NAN], "z": [7, 7, 7, 7]}
        assert_gives(steps.Select(X, Y, Z), [5, 7, NAN, 7], **columns)

    @pytest.mark.parametrize(
        "step",
        [
            steps.Complement(X),
            steps.Clip(X, 0, 1),
            steps.Minimum((X, Y)),
            steps.Maximum((Y, X)),
            steps.WeightedSum((Y, X), (1, 0.5)),
            steps.Product(X, Y),
            steps.Quotient(Y, X),
            steps.Quotient(X, Y),
            steps.Arithmetic("+", X, Y),
            steps.Compare("<", X, Y),
            steps.Raise(X, Y, 3),
            steps.Raise(Y, X, 3),
            steps.Lower(X, Y, -3),
            steps.Round(X, 1),
        ],
        ids=lambda step: type(step).__name__,
    )
    def test_a_step_of_something_unknown_is_unknown(self, step):
        assert_gives(steps.Known(step), [1, 0], x=[0.5, NAN], y=[1, 1])


class TestExtremes:
    @pytest.mark.parametrize("lowest", [steps.And, steps.Minimum])
    @pytest.mark.parametrize("highest", [steps.Or, steps.Maximum])
    def test_of_one_two_and_three(self, lowest, highest):
        columns = {"x": [0.2, 1, 0.5], "y": [0.3, 0, 0.5], "z": [0.1, 0.4, 0.6]}
        for kind, expected in ((lowest, [[0.2, 1, 0.5], [0.2, 0, 0.5], [0.1, 0, 0.5]]),
                               (highest, [[0.2, 1, 0.5], [0.3, 1, 0.5], [0.3, 1, 0.6]])):  # fmt: skip
            for items, values in zip(((X,), (X, Y), (X, Y, Z)), expected, strict=True):
                assert_gives(kind(items), values, **columns)

    def test_a_clip_keeps_its_ends(self):
        assert_gives(steps.Clip(X, 0, 100), [0, 0, 7, 100, 100, NAN], x=[-1, 0, 7, 100, 101, NAN])


class TestArithmetic:
    @pytest.mark.parametrize(("operator", "expected"), [("+", 8), ("-", 4), ("*", 12), ("/", 3)])
    def test_operators(self, operator, expected):
        assert_gives(steps.Arithmetic(operator, X, Y), [expected, NAN], x=[6, NAN], y=[2, 2])

    def test_what_is_not_finite_is_unknown(self):
        assert_gives(steps.Arithmetic("/", X, Y), [NAN, NAN, NAN], x=[1, 0, -1], y=[0, 0, 0])
        assert_gives(steps.Arithmetic("*", X, Y), [NAN, 1e308], x=[1e300, 1], y=[1e300, 1e308])
        assert_gives(steps.Arithmetic("-", X, Y), [NAN], x=[-1.5e308], y=[1.5e308])

    def test_a_complement(self):
        assert_gives(steps.Complement(X), [1, 0.75, 0], x=[0, 0.25, 1])

    def test_a_quotient_by_zero_is_unknown(self):
        assert_gives(steps.Quotient(X, Y), [0.75, NAN, NAN], x=[3, 3, 0], y=[4, 0, 0])
        assert_gives(steps.Quotient(X, Constant(4.0)), [0.75, NAN], x=[3, NAN])

    def test_a_product(self):
        assert_gives(steps.Product(X, Y), [-6, 0], x=[3, 0], y=[-2, 5])

    def test_a_weighted_sum(self):
        assert_gives(steps.WeightedSum((X,), (3,)), [6, 0], x=[2, 0])
        assert_gives(steps.WeightedSum((X, Y, Z), (1, -2, 0.5)), [1, 4.5], x=[2, 4], y=[1, 0], z=[2, 1])

    def test_a_sum_is_added_from_first_to_last(self):
        assert_gives(steps.WeightedSum((X, Y, Z), (1, 1, 1)), [1.0], x=[1e100], y=[-1e100], z=[1])
        assert_gives(steps.WeightedSum((Z, X, Y), (1, 1, 1)), [0.0], x=[1e100], y=[-1e100], z=[1])


def mean(power, weights, *columns):
    """The weighted power mean of some columns; unknown where all are."""
    names = [f"c{position}" for position in range(len(columns))]
    items = tuple(map(Input, names))
    pivot = steps.HighestKnown(items) if power > 0 else steps.LowestKnown(items)
    step = steps.PowerMean(items, tuple(map(Constant, map(float, weights))), pivot, power)
    return values_of(step, **dict(zip(names, columns, strict=True)))


class TestPowerMean:
    @pytest.mark.parametrize(
        ("power", "expected"),
        [
            # Of 0.2 (weight 1) and 0.8 (weight 3); where the first is missing 0.8 remains.
            (0, 0.2**0.25 * 0.8**0.75),
            (-1, 4 / (1 / 0.2 + 3 / 0.8)),
            (2, math.sqrt((0.04 + 3 * 0.64) / 4)),
            (0.5, ((math.sqrt(0.2) + 3 * math.sqrt(0.8)) / 4) ** 2),
        ],
    )
    def test_of_the_items_that_are_known(self, power, expected):
        result = mean(power, [1, 3], [0.2, NAN, 0.2, NAN], [0.8, 0.8, NAN, NAN])
        np.testing.assert_allclose(result, [expected, 0.8, 0.2, NAN], atol=1e-15)

    def test_human_development_index_is_a_geometric_mean(self):
        # HDR 2014 technical note 1, Costa Rica: 0.922, 0.654 and 0.735 give 0.763 (rounded to three places there).
        assert mean(0, [1, 1, 1], [0.922], [0.654], [0.735])[0] == pytest.approx(0.7625, abs=1e-3)

    @pytest.mark.parametrize("power", [0, -1, -0.5, -1e-13])
    def test_a_zero_decides_where_low_values_cannot_be_made_up_for(self, power):
        assert mean(power, [1, 5], [0], [1])[0] == 0

    @pytest.mark.parametrize("power", [0, -1, 2, 0.3, -1e308, 1e308, 5e-324])
    def test_ones_have_the_mean_one_and_zeros_the_mean_zero(self, power):
        assert mean(power, [0.1, 0.2, 0.7], [1], [1], [1])[0] == 1
        assert mean(power, [0.1, 0.2, 0.7], [0], [0], [0])[0] == 0

    @pytest.mark.parametrize(
        ("power", "expected"),
        [
            (-300, 0.01 * 2 ** (1 / 300)),
            (-5000, 0.01 * 2 ** (1 / 5000)),
            (-1e308, 0.01),
            (-1e-9, math.sqrt(0.009)),
            (1e-9, math.sqrt(0.009)),
            (300, 0.9 * 2 ** (-1 / 300)),
            (5000, 0.9 * 2 ** (-1 / 5000)),
            (1e308, 0.9),
        ],
    )
    def test_extreme_exponents_neither_overflow_nor_lose_digits(self, power, expected):
        assert mean(power, [1, 1], [0.01], [0.9])[0] == pytest.approx(expected, rel=1e-8 if abs(power) < 1 else 1e-12)

    @pytest.mark.parametrize("power", [5e-324, -1e-310, 1e-200, 1e-13, -1e-13])
    def test_an_exponent_next_to_zero_gives_the_geometric_mean(self, power):
        assert mean(power, [1, 1], [0.5], [1])[0] == pytest.approx(math.sqrt(0.5), abs=1e-11)

    @pytest.mark.parametrize(
        ("power", "weights", "values", "expected"),
        [
            # (1e-6 / 1e12)^(1/50) = 10^(-18/50); the light value dominates, because 0.4^50 is far less than 1e-18.
            (50, [1e-6, 1e12], [1.0, 0.4], ((1e-18 + 0.4**50) / (1 + 1e-18)) ** (1 / 50)),
            (-1, [1e-5, 1e12], [1e-17, 1.0], (1e-5 + 1e12) / (1e-5 / 1e-17 + 1e12)),
        ],
    )
    def test_a_light_value_that_dominates_is_not_lost(self, power, weights, values, expected):
        assert mean(power, weights, *([value] for value in values))[0] == pytest.approx(expected, rel=1e-12)

    def test_a_heavy_one_beside_light_values_is_never_more_than_one(self):
        light = np.linspace(0.01, 0.99, 5_000)
        for power in (-1, -3.7, 0, 0.3, 2):
            result = mean(power, [1e-17, 1], light, np.ones(5_000))
            assert result.max() <= 1
            assert result.min() >= 1 - 1e-9

    @given(st.lists(st.tuples(shares, st.floats(0.01, 100)), min_size=1, max_size=6), st.floats(-6, 6))
    def test_a_mean_lies_between_its_values_and_grows_with_its_exponent(self, pairs, power):
        values, weights = [[value] for value, _ in pairs], [weight for _, weight in pairs]
        result = mean(power, weights, *values)[0]
        assert min(values)[0] - 1e-12 <= result <= max(values)[0] + 1e-12
        assert result <= mean(power + 1, weights, *values)[0] + 1e-9

    def test_weights_may_differ_from_row_to_row(self):
        step = steps.PowerMean((X, Constant(0.8)), (Y, Z), steps.HighestKnown((X, Constant(0.8))), 2.0)
        expected = [math.sqrt((0.04 + 3 * 0.64) / 4), math.sqrt((3 * 0.04 + 0.64) / 4)]
        assert_gives(step, expected, exactly=False, x=[0.2, 0.2], y=[1, 3], z=[3, 1])

    def test_one_row_alone_is_the_same_to_the_bit_as_among_many(self):
        columns = np.random.default_rng(3).random((9, 1_000))
        for power in (0, -1, 2.5):
            many = mean(power, range(1, 10), *columns)
            alone = [mean(power, range(1, 10), *columns[:, row : row + 1])[0] for row in range(50)]
            np.testing.assert_array_equal(many[:50], alone)


class TestPowerTerm:
    def test_it_is_the_ratio_to_the_pivot_raised(self):
        assert_gives(steps.PowerTerm(X, Y, 2), [0.25, 1, 0, 0], exactly=False, x=[0.4, 0.8, 0, NAN], y=[0.8] * 4)
        assert_gives(steps.PowerTerm(X, Y, -1), [0.5, 1, 0], exactly=False, x=[0.4, 0.2, NAN], y=[0.2] * 3)
        assert_gives(steps.PowerTerm(X, Y, 0), [1, 1, 0], exactly=False, x=[0.4, 0.2, NAN], y=[0.2] * 3)

    @pytest.mark.parametrize("power", [-INF, INF])
    def test_an_infinite_power_leaves_the_pivot_alone(self, power):
        assert_gives(steps.PowerTerm(X, Y, power), [0, 1, 0], x=[0.4, 0.2, NAN], y=[0.2] * 3)

    def test_beside_a_pivot_of_zero_only_zeros_count(self):
        assert_gives(steps.PowerTerm(X, Y, -1), [1, 0, 0], x=[0, 0.5, NAN], y=[0] * 3)


class TestFloorsAndCaps:
    def test_they_draw_a_score_as_far_as_the_degree_goes(self):
        columns = {"x": [40, 40, 40, 70, 60], "y": [0, 0.5, 1, 1, 1]}
        assert_gives(steps.Raise(X, Y, 60), [40, 50, 60, 70, 60], **columns)
        assert_gives(steps.Lower(X, Y, 20), [40, 30, 20, 20, 20], **columns)

    @given(st.floats(0, 1000), st.floats(0, 1000))
    def test_full_degree_reaches_the_level_exactly(self, score, level):
        assert values_of(steps.Raise(X, Y, level), x=[score], y=[1])[0] == max(score, level)
        assert values_of(steps.Lower(X, Y, level), x=[score], y=[1])[0] == min(score, level)

    @given(st.floats(0, 1000), shares)
    def test_a_score_at_its_level_stays_there_to_the_bit(self, score, degree):
        assert values_of(steps.Raise(X, Y, score), x=[score], y=[degree])[0] == score
        assert values_of(steps.Lower(X, Y, score), x=[score], y=[degree])[0] == score

    def test_the_first_that_attains_a_number_is_the_one(self):
        columns = {"x": [1, 0, 1, NAN, 0], "y": [1, 1, 0, 1, 0], "z": [1, 1, 1, 1, NAN]}
        assert_gives(steps.Attains((X, Y), Z, 0), [1, 0, 1, 0, 0], **columns)
        assert_gives(steps.Attains((X, Y), Z, 1), [0, 1, 0, 1, 0], **columns)


class TestRounding:
    def test_halves_go_up_whatever_their_binary_fraction(self):
        assert_gives(
            steps.Round(X, 1), [40.0, 0.1, 2.5, 39.9, 40.0, NAN], x=[39.95, 0.05, 2.5, 39.949, 39.9499999999, NAN]
        )

    def test_a_millionth_of_the_last_place_is_forgiven_and_no_more(self):
        assert_gives(steps.Round(X, 0), [1, 0, 2, 2], x=[0.4999995, 0.499998, 1.5, 2.4])
        assert_gives(steps.Round(X, 4), [0.1234, 0.1235], x=[0.12344, 0.12345])

    @given(st.integers(0, 10**6), st.integers(0, 3))
    def test_every_tie_goes_up(self, whole, decimals):
        tie = (whole + 0.5) / 10**decimals
        assert values_of(steps.Round(X, decimals), x=[tie])[0] == (whole + 1) / 10**decimals

    @given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 4))
    def test_rounding_keeps_the_order(self, first, second, decimals):
        low, high = values_of(steps.Round(X, decimals), x=sorted((first, second)))
        assert low <= high

    def test_a_band_starts_at_its_bound(self):
        band = steps.Band(X, (0, 20, 60))
        assert_gives(band, [0, 0, 1, 1, 2, 2, -1], x=[0, 19.9, 20, 59.9, 60, 100, NAN])
        assert_gives(steps.Band(X, ()), [-1, -1], x=[0, NAN])

    def test_bands_are_counted_in_bytes(self):
        assert numpy_steps.band_codes(np.array([0.0, 60.0]), (0, 50)).dtype == np.int8


def test_there_is_a_function_for_every_kind_of_step():
    kinds = {kind for kind in vars(steps).values() if isinstance(kind, type) and issubclass(kind, steps.Step)}
    assert numpy_steps._KERNELS.keys() == kinds - {steps.Step, steps.Input, steps.Constant}
