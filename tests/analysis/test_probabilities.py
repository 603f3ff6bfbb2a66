"""Probabilities: recalibration against fits by other means, and the decomposition of the Brier score."""

import decimal
import itertools
import math
import warnings
from dataclasses import astuple
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special
from sklearn.isotonic import IsotonicRegression

from riskmodel.analysis.outcomes.diagnostics import by_band
from riskmodel.analysis.outcomes.metrics import RECALIBRATIONS, brier_skill, fit_isotonic, fit_logistic, quality


@st.composite
def forecasts(draw):
    share = draw(st.sampled_from([st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])]))
    result = draw(st.lists(st.tuples(st.booleans(), share), min_size=2, max_size=60))
    events = np.array([event for event, _ in result])
    assume(0 < events.sum() < len(events))
    return events, np.array([value for _, value in result])


@given(forecasts())
def test_the_parts_always_make_up_the_brier_score(case):
    events, shares = case
    result = quality(shares, events)
    parts = result.reliability - result.resolution + result.uncertainty + result.within
    assert result.brier == pytest.approx(parts, abs=1e-12)
    assert result.uncertainty == pytest.approx(np.var(events), abs=1e-12)
    assert min(result.reliability, result.resolution) >= 0
    assert result.skill == pytest.approx(1 - np.mean((shares - events) ** 2) / np.var(events), abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.35, 0.7, 1.0])), min_size=2, max_size=200))
def test_nothing_is_within_groups_that_hold_one_forecast_each(result):
    events, shares = np.array([event for event, _ in result]), np.array([share for _, share in result])
    assume(0 < events.sum() < len(events))
    parts = quality(shares, events)
    assert parts.within == pytest.approx(0, abs=1e-12)
    reliability = sum(np.sum(shares == p) * (p - events[shares == p].mean()) ** 2 for p in np.unique(shares))
    resolution = sum(np.sum(shares == p) * (events.mean() - events[shares == p].mean()) ** 2 for p in np.unique(shares))
    assert parts.reliability == pytest.approx(reliability / len(events), abs=1e-12)
    assert parts.resolution == pytest.approx(resolution / len(events), abs=1e-12)


def test_murphys_parts_worked_by_hand():
    # Five forecasts of 0.2, one event; five of 0.8, three events. Base rate 0.4, so uncertainty 0.4 x 0.6.
    # Reliability (5 x 0 + 5 x 0.2^2) / 10, resolution (5 x 0.2^2 + 5 x 0.2^2) / 10.
    shares = np.repeat([0.2, 0.8], 5)
    events = np.array([1, 0, 0, 0, 0, 1, 1, 1, 0, 0], dtype=bool)
    assert astuple(quality(shares, events)) == pytest.approx((0.22, 0.02, 0.04, 0.24, 0.0, 1 / 12), abs=1e-12)
    # Beside a rate of 0.1 known beforehand: 0.4 x 0.9^2 + 0.6 x 0.1^2 = 0.33, of which 0.11 is saved.
    assert brier_skill(0.22, 0.1, events) == pytest.approx(1 / 3, abs=1e-12)
    assert brier_skill(0.22, np.full(10, 0.1), events) == pytest.approx(1 / 3, abs=1e-12)
    assert brier_skill(0.22, 0.4, events) == pytest.approx(1 / 12, abs=1e-12)


def test_perfect_forecasts_and_the_base_rate():
    events = np.array([1, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert astuple(quality(events.astype(float), events)) == pytest.approx((0, 0, 0.1875, 0.1875, 0, 1), abs=1e-12)
    assert astuple(quality(np.full(8, 0.25), events)) == pytest.approx((0.1875, 0, 0, 0.1875, 0, 0), abs=1e-12)


def test_distinct_forecasts_are_binned_by_tenths_of_the_rows():
    rng = np.random.default_rng(0)
    shares = rng.permutation(np.sort(rng.random(300)))
    events = rng.random(300) < shares
    tenths = np.array_split(np.argsort(shares), 10)
    reliability = sum(30 * (shares[rows].mean() - events[rows].mean()) ** 2 for rows in tenths) / 300
    resolution = sum(30 * (events.mean() - events[rows].mean()) ** 2 for rows in tenths) / 300
    result = quality(shares, events)
    assert (result.reliability, result.resolution) == pytest.approx((reliability, resolution), abs=1e-12)
    assert abs(result.within) > 1e-6


# ------------------------------------------------------------------------------------------------- recalibration


def sample(seed, slope=0.12, size=250, decimals=6):
    rng = np.random.default_rng(seed)
    values = rng.normal(50, 10, size).round(decimals)
    return values, rng.random(size) < special.expit(slope * (values - 60))


def exact_curve(values, events):
    """Intercept and slope of the highest likelihood to forty digits, by Newton's method in decimal numbers."""
    with decimal.localcontext(prec=50):
        points = [(Decimal(float(value)), int(event)) for value, event in zip(values, events, strict=True)]
        middle = sum(value for value, _ in points) / len(points)
        rate = Decimal(sum(event for _, event in points)) / len(points)
        intercept, slope = (rate / (1 - rate)).ln(), Decimal(0)
        for _ in range(60):
            sums = [Decimal(0)] * 5
            for value, event in points:
                chance = 1 / (1 + (-intercept - slope * (value - middle)).exp())
                miss, weight, x = event - chance, chance * (1 - chance), value - middle
                sums = [a + b for a, b in zip(sums, (miss, miss * x, weight, weight * x, weight * x * x), strict=True)]
            a, b, p, q, r = sums
            steps = ((r * a - q * b) / (p * r - q * q), (p * b - q * a) / (p * r - q * q))
            intercept, slope = intercept + steps[0], slope + steps[1]
            if max(map(abs, steps)) < Decimal("1e-40"):
                return intercept - slope * middle, slope
    raise AssertionError("no curve was found")


def exact_brier(curve, values, events):
    with decimal.localcontext(prec=50):
        chances = [1 / (1 + (-curve[0] - curve[1] * Decimal(float(value))).exp()) for value in values]
        return float(sum((p - int(event)) ** 2 for p, event in zip(chances, events, strict=True)) / len(events))


@pytest.mark.parametrize(("seed", "slope", "decimals"), [(0, 0.12, 6), (1, 0.3, 6), (2, 0.05, 0), (3, 0.12, 1)])
def test_the_curve_has_the_highest_likelihood_to_the_last_digits(seed, slope, decimals):
    values, events = sample(seed, slope, 100, decimals)
    exact = exact_curve(values, events)
    assert exact[1] > 0
    fitted = fit_logistic(values, events)
    assert (fitted.intercept, fitted.slope) == pytest.approx([float(part) for part in exact], rel=1e-12)
    assert quality(fitted(values), events).brier == pytest.approx(exact_brier(exact, values, events), abs=1e-15)
    # At the maximum the mean probability is the base rate.
    assert fitted(values).mean() == pytest.approx(events.mean(), abs=1e-15)


def test_a_curve_worked_by_hand():
    # With two values, the likeliest probabilities are the shares of events at each: 1 of 4 and 2 of 3.
    values, events = np.repeat([0.0, 10.0], [4, 3]), np.array([1, 0, 0, 0, 1, 1, 0], dtype=bool)
    fitted = fit_logistic(values, events)
    assert (fitted.intercept, fitted.slope) == pytest.approx((-math.log(3), math.log(6) / 10), abs=1e-15)


@pytest.mark.parametrize("rare", [1, 3, 10])
def test_rare_events_among_many_rows(rare):
    # As before, at two values: events are a share of 1e-4 and up.
    values, events = np.repeat([20.0, 80.0], 10_000), np.zeros(20_000, dtype=bool)
    events[[*range(rare), *range(10_000, 10_000 + 2 * rare)]] = True
    odds = [share / (1 - share) for share in (rare / 10_000, 2 * rare / 10_000)]
    slope = math.log(odds[1] / odds[0]) / 60
    fitted = fit_logistic(values, events)
    assert (fitted.intercept, fitted.slope) == pytest.approx((math.log(odds[0]) - 20 * slope, slope), rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_steps_are_those_of_the_min_max_formula(seed):
    values, events = sample(seed, size=60, decimals=0 if seed % 2 else 6)
    levels = np.unique(values)
    assert (len(levels) < 60) == bool(seed % 2)
    groups = [events[values == level] for level in levels]
    happened, rows = (np.cumsum([0, *map(count, groups)]) for count in (sum, len))

    def mean(first, last):
        return (happened[last + 1] - happened[first]) / (rows[last + 1] - rows[first])

    # The best fit that never falls: at i the highest over a <= i of the lowest over b >= i of the mean from a to b.
    expected = [max(min(mean(a, b) for b in range(i, len(levels))) for a in range(i + 1)) for i in range(len(levels))]
    fitted = fit_isotonic(values, events)
    assert fitted(levels) == pytest.approx(expected, abs=1e-12)
    peer = IsotonicRegression(out_of_bounds="clip").fit(values, events)
    at = np.linspace(-100, 300, 173)
    assert fitted(at) == pytest.approx(peer.predict(at), abs=1e-12)
    assert (fitted(np.array([-1e9, 1e9])) == [expected[0], expected[-1]]).all()


@pytest.mark.parametrize("method", RECALIBRATIONS)
def test_probabilities_never_fall_as_values_rise(method):
    at = np.linspace(-50, 150, 400)
    for seed, slope in itertools.product(range(3), (0.3, 0.02, 0.0, -0.1)):
        result = RECALIBRATIONS[method](*sample(seed, slope))(at)
        assert (np.diff(result) >= 0).all()


@pytest.mark.parametrize("method", RECALIBRATIONS)
def test_values_that_run_against_the_events_get_the_base_rate(method):
    values = np.arange(40.0)
    events = values < 12
    assert RECALIBRATIONS[method](values, events)(np.array([-5.0, 3, 20, 99])) == pytest.approx(0.3, abs=1e-9)


EXTREME = {
    "perfect separation": (np.arange(20.0), np.arange(20) >= 10),
    "separated by next to nothing": (np.r_[np.zeros(10), np.full(10, 1e-12)], np.arange(20) >= 10),
    "separated far off": (np.r_[np.linspace(0, 1e-3, 500), 99, 100], np.arange(502) >= 500),
    "one event at the top": (np.arange(50.0), np.arange(50) == 49),
    "one event in the middle": (np.arange(50.0), np.arange(50) == 25),
    "one row without": (np.arange(50.0), np.arange(50) != 3),
    "two rows": (np.array([1.0, 2.0]), np.array([False, True])),
    "huge values": (np.r_[np.arange(10.0), 1e9 + np.arange(10.0)], np.arange(20) % 2 == 0),
}


@pytest.mark.parametrize("method", RECALIBRATIONS)
@pytest.mark.parametrize("name", EXTREME)
def test_extreme_values_give_probabilities_without_a_warning(method, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = RECALIBRATIONS[method](*EXTREME[name])
        result = fitted(np.array([-1e12, -1.0, 0.0, 5e-13, 1.0, 50.0, 1e12]))
    assert np.isfinite(result).all()
    assert result.min() >= 0
    assert result.max() <= 1
    assert (np.diff(result) >= 0).all()


@pytest.mark.parametrize("method", RECALIBRATIONS)
@pytest.mark.parametrize("value", [0.0, 0.1, 33.3, 71.23456, 1e-9, 1e9 + 0.1])
@pytest.mark.parametrize("size", [7, 50, 999])
def test_values_that_are_all_equal_get_the_base_rate(method, value, size):
    # The mean of equal numbers is not always that number, so that their spread is not always nought.
    values = np.full(size, value)
    events = np.arange(size) < 3
    assert RECALIBRATIONS[method](values, events)(values) == pytest.approx(3 / size, abs=1e-9)


# --------------------------------------------------------------------------------------------------------- bands


def test_what_happened_in_each_band_by_hand():
    bands = np.array([0, 0, 0, 0, 2, 2], dtype=np.int8)
    events = np.array([0, 1, 0, 0, 1, 1], dtype=bool)
    shares = {"logistic": np.array([0.1, 0.3, 0.2, 0.2, 0.6, 0.8])}
    low, middle, high = by_band(("low", "middle", "high"), bands, events, shares, 0.95)
    assert (low.band, low.rows, low.events, low.rate.value) == ("low", 4, 1, 0.25)
    assert low.expected == {"logistic": pytest.approx(0.2)}
    assert astuple(middle) == ("middle", 0, 0, None, {})
    assert (high.rows, high.events, high.rate.value, high.expected["logistic"]) == (2, 2, 1.0, pytest.approx(0.7))
    # Wilson's interval: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
    z, n, p = 1.959963984540054, 4, 0.25
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    ends = [(p + z * z / (2 * n) + side * reach) / (1 + z * z / n) for side in (-1, 1)]
    assert [low.rate.low, low.rate.high] == pytest.approx(ends, abs=1e-9)
