"""Means and the shares of their inputs: closed forms, missing values, and properties of any weights and exponents."""

import math

import numpy as np
import pytest
from by_hand import block_of, load
from hypothesis import given, settings
from hypothesis import strategies as st
from random_plans import random_plan, steps_of

from riskmodel.plan import steps
from riskmodel.plan.program import Program, order

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

NAN, INF = math.nan, math.inf
NAMED = {1: "arithmetic", 0: "geometric", -1: "harmonic", -INF: "minimum", INF: "maximum"}
POWERS = (1, 0, -1, 2, 0.5, -INF, INF)


def mean_and_shares(power, weights, *columns):
    """Give the mean of some columns in [0, 1], and the share of each in it."""
    names = [f"v{position}" for position in range(len(columns))]
    mean = NAMED.get(power, {"power": power})
    score = {"weights": dict(zip(names, weights, strict=True)), "mean": mean, "out_of": 1, "min_coverage": 0}
    model = load({"s": score}, None, **{name: {"scale": {"goalposts": [0, 1]}} for name in names})
    result = block_of(model, **dict(zip(names, columns, strict=True))).scores["s"]
    base = result.steps.base
    points = np.stack([entry.points for entry in result.account if entry.kind == "indicator"])
    return base, np.divide(points, base, out=np.zeros_like(points), where=base > 0)


@pytest.mark.parametrize(
    ("power", "mean", "shares"),
    [
        # Of 0.2 (weight 1) and 0.8 (weight 3), and w v^p over its sum; where the first is missing 0.8 remains.
        (1, 0.65, [0.2 / 2.6, 2.4 / 2.6]),
        (0, 0.2**0.25 * 0.8**0.75, [0.25, 0.75]),
        (-1, 4 / (1 / 0.2 + 3 / 0.8), [5 / 8.75, 3.75 / 8.75]),
        (2, math.sqrt((0.04 + 3 * 0.64) / 4), [0.04 / 1.96, 1.92 / 1.96]),
        (-INF, 0.2, [1, 0]),
        (INF, 0.8, [0, 1]),
    ],
)
@pytest.mark.parametrize("unit", [1, 0.1])
def test_missing_values_are_left_out_of_every_mean_and_have_no_share(power, mean, shares, unit):
    result, parts = mean_and_shares(power, [unit, 3 * unit], [0.2, NAN], [0.8, 0.8])
    np.testing.assert_allclose(result, [mean, 0.8], atol=1e-15)
    np.testing.assert_allclose(parts, [[shares[0], 0], [shares[1], 1]], atol=1e-15)


def test_weights_of_missing_values_are_shared_by_the_others():
    mean, _ = mean_and_shares(1, [1, 2, 3], [0.5, 0.5, NAN], [1, NAN, NAN], [0.2, 0.2, NAN])
    np.testing.assert_allclose(mean, [(0.5 + 2 + 0.6) / 6, (0.5 + 0.6) / 4, NAN], atol=1e-15)


@pytest.mark.parametrize("power", POWERS)
def test_ones_have_the_mean_one_and_zeros_the_mean_zero_and_no_shares(power):
    ones, _ = mean_and_shares(power, [0.1, 0.2, 0.7], [1], [1], [1])
    zeros, shares = mean_and_shares(power, [0.1, 0.2, 0.7], [0], [0], [0])
    assert ones[0] == pytest.approx(1, abs=1e-15)
    assert ones[0] <= 1
    assert zeros[0] == 0
    assert not shares.any()


@pytest.mark.parametrize("power", [0, -1, -0.5, -INF])
def test_a_zero_decides_where_low_values_cannot_be_made_up_for(power):
    mean, shares = mean_and_shares(power, [1, 3], [0], [1])
    assert mean[0] == 0
    assert not shares.any()


@pytest.mark.parametrize("power", [1, 2, 0.5, INF])
def test_a_zero_has_no_share_of_a_mean_that_makes_up_for_it(power):
    _, shares = mean_and_shares(power, [1, 3], [0], [1])
    assert shares.tolist() == [[0], [1]]


def test_shares_of_the_minimum_go_to_the_values_that_decide():
    _, shares = mean_and_shares(-INF, [1, 5, 3], [0.2], [0.9], [0.2])
    np.testing.assert_allclose(shares[:, 0], [0.25, 0, 0.75])


@pytest.mark.parametrize(("power", "dominant"), [(5000, 1), (-5000, 0), (1e308, 1), (-1e308, 0)])
def test_an_extreme_exponent_gives_all_to_one(power, dominant):
    mean, shares = mean_and_shares(power, [1, 1], [0.01], [0.9])
    assert mean[0] == pytest.approx((0.01, 0.9)[dominant], rel=1e-3)
    np.testing.assert_allclose(shares[:, 0], [1 - dominant, dominant], atol=1e-12)


@given(
    st.lists(st.tuples(st.floats(0, 1, allow_subnormal=False), st.floats(0.01, 100)), min_size=1, max_size=6),
    st.floats(-6, 6),
)
@settings(max_examples=60, deadline=None)
def test_shares_sum_to_one_wherever_there_is_a_mean(pairs, power):
    mean, shares = mean_and_shares(power, [weight for _, weight in pairs], *([value] for value, _ in pairs))
    assert shares.sum() == pytest.approx(1 if mean[0] > 0 else 0, abs=1e-9)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_a_mean_of_ones_is_never_more_than_one(weights):
    mean, _ = mean_and_shares(1, weights, *[[1]] * len(weights))
    assert mean[0] <= 1


def test_one_row_alone_scores_to_the_bit_as_among_many():
    columns = np.random.default_rng(3).random((9, 1_000))
    for power in (1, 0, -1, 2.5):
        many, _ = mean_and_shares(power, range(1, 10), *columns)
        alone = [mean_and_shares(power, range(1, 10), *columns[:, row : row + 1])[0][0] for row in range(5)]
        np.testing.assert_array_equal(many[:5], alone)


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_what_a_mean_is_taken_of_is_never_beyond_zero_and_one(seed):
    plan, columns = random_plan(seed, 60)
    means = [step for step in order(steps_of(plan)) if isinstance(step, steps.PowerMean | steps.PowerTerm)]
    items = list(dict.fromkeys(item for step in means for item in (*getattr(step, "items", ()), step.pivot)))
    for values in Program(items)(columns, 60):
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1)).all()
