"""From intensities back to raw values: the inverse of scales."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.schema.scales import Goalposts, Logistic, Points

FLAT = Points(points=((0, 0), (2, 0.25), (8, 0.25), (20, 1)))
OPEN = (-np.inf, np.inf)


def raw(scale, intensities, near, valid=OPEN):
    y = np.array(intensities, dtype=float)
    return scale.raw_values(y, np.full(len(y), float(near)), valid).tolist()


@pytest.mark.parametrize(
    ("scale", "intensities", "expected"),
    [
        (Goalposts(goalposts=(0, 10)), [0.1, 0.5], [1, 5]),
        (Goalposts(goalposts=(10, 0)), [0.1, 0.5], [9, 5]),
        (Goalposts(goalposts=(1, 100), curve="log"), [0.5, 0.25], [10, 100**0.25]),
        (Logistic(logistic={"midpoint": 5, "slope": 2}), [0.5, 0.25], [5, 5 - np.log(3) / 2]),
        (FLAT, [0.125, 0.5], [1, 12]),
    ],
)
def test_raw_values_by_closed_forms(scale, intensities, expected):
    assert raw(scale, intensities, near=3) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("near", "expected"), [(5, 5), (1, 2), (0, 2), (30, 8)])
def test_on_a_flat_part_the_nearest_value_is_taken(near, expected):
    assert raw(FLAT, [0.25], near) == [expected]


@pytest.mark.parametrize(("near", "expected"), [(30, 30), (20, 20), (3, 20)])
def test_a_value_beyond_the_end_of_the_scale_stays(near, expected):
    assert raw(FLAT, [1.0], near) == [expected]


def test_values_stay_valid_where_the_scale_goes_further():
    assert raw(Goalposts(goalposts=(0, 20)), [0.0, 0.25, 0.5, 0.9], 3, (2, 10)) == [2, 5, 10, 10]


@settings(max_examples=80, deadline=None)
@given(
    st.floats(0, 100),
    st.sampled_from([FLAT, Goalposts(goalposts=(90, 10)), Logistic(logistic={"midpoint": 50, "slope": 0.1})]),
)
def test_a_value_whose_intensity_has_not_changed_is_returned_as_it_is(value, scale):
    assert raw(scale, scale.normalise(np.array([value])), value, (0, 100)) == [value]


@settings(max_examples=80, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(1, 100),
    st.sampled_from([FLAT, Goalposts(goalposts=(90, 10)), Goalposts(goalposts=(1, 80), curve="log")]),
)
def test_the_raw_value_has_the_intensity(intensity, near, scale):
    (value,) = raw(scale, [intensity], near, (1, 100))
    limits = scale.intensities((1, 100))
    expected = min(max(intensity, limits.min()), limits.max())
    assert scale.normalise(np.array([value]))[0] == pytest.approx(expected, abs=1e-9)
