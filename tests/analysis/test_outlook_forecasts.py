"""Forecasts of an indicator: closed forms, an independent filter, gaps, and no use of what comes later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from outlook_cases import walk
from statsmodels.tsa.statespace.structural import UnobservedComponents

from riskmodel.analysis.outlook.forecasts import CANDIDATES, Past


def test_a_random_walk_goes_on_from_the_last_value_with_the_spread_of_its_steps():
    values = walk(3, 80)
    forecast = Past(values).forecast(79)
    assert forecast.method == "random walk"
    assert forecast.level == pytest.approx(values[-1])
    assert (forecast.slope, forecast.level_gain) == (0.0, 1.0)
    steps = np.diff(values)
    assert np.isnan(forecast.errors[0])
    # Of mean 0; one parameter, the scale, was estimated from 79 steps.
    np.testing.assert_allclose(forecast.errors[1:], (steps - steps.mean()) * np.sqrt(79 / 78), atol=1e-9)


def test_a_local_level_is_the_one_of_an_independent_implementation():
    generator = np.random.default_rng(4)
    values = 50 + np.cumsum(0.3 * generator.normal(size=60)) + generator.normal(size=60)
    values[[10, 30, 31]] = np.nan
    forecast = Past(values).forecast(59)
    assert forecast.method == "local level"
    # In the long run the gain is that of exponential smoothing (Muth 1960).
    gains = {
        item.step: (np.sqrt(item.step**2 + 4 * item.step) - item.step) / 2
        for item in CANDIDATES
        if item.method == "local level"
    }
    (ratio,) = [step for step, gain in gains.items() if gain == pytest.approx(forecast.level_gain, abs=1e-6)]
    other = UnobservedComponents(values, "llevel").smooth([1.0, ratio])  # variances of noise and level
    assert forecast.level == pytest.approx(other.forecast(1)[0], abs=1e-4)


def test_a_trend_goes_on_damped():
    generator = np.random.default_rng(6)
    slope = np.zeros(80)
    for month in range(1, 80):
        slope[month] = 0.9 * slope[month - 1] + 0.5 * generator.normal()
    forecast = Past(np.cumsum(slope)).forecast(79)
    assert forecast.method == "damped trend"
    assert forecast.slope == pytest.approx(0.9 * slope[-1], abs=0.5)


SERIES = hnp.arrays(
    float, st.integers(9, 40), elements=st.floats(-100, 100).map(lambda x: round(x, 2)) | st.just(np.nan)
)


@settings(max_examples=8, deadline=None)
@given(SERIES, st.data())
def test_a_forecast_uses_no_value_after_its_time(values, data):
    origin = data.draw(st.integers(0, len(values) - 1))
    changed = values.copy()
    changed[origin + 1 :] = data.draw(st.floats(-1e3, 1e3))
    if np.isnan(values[: origin + 1]).all():
        return
    forecasts = [Past(series).forecast(origin) for series in (values, changed, values[: origin + 1])]
    for other in forecasts[1:]:
        assert other[:-1] == forecasts[0][:-1]
        np.testing.assert_array_equal(other.errors, forecasts[0].errors)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e6])
def test_what_did_not_vary_goes_to_no_model(value):
    forecast = Past(np.full(30, value)).forecast(29)
    assert (forecast.method, forecast.level) == ("did not vary", value)
    assert np.isnan(forecast.errors).all()


def test_few_values_go_to_no_model():
    values = np.full(30, np.nan)
    values[[3, 9, 20]] = 1.0, 2.0, 4.0
    forecast = Past(values).forecast(29)
    assert (forecast.method, forecast.last, forecast.level) == ("too few values", 20, 4.0)


def test_a_gap_of_one_month_gives_nearly_the_same_forecast_as_none():
    values = walk(8, 60)
    gappy = values.copy()
    gappy[30] = np.nan
    whole, other = Past(values).forecast(59), Past(gappy).forecast(59)
    assert other.method == whole.method
    assert other.level == pytest.approx(whole.level)
    assert np.nanstd(other.errors) == pytest.approx(np.nanstd(whole.errors), rel=0.05)
