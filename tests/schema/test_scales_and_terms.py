"""Scales and terms of a model file, as functions of raw values: what their steps are put together to."""

import math

import numpy as np
import pytest

from riskmodel.schema.scales import Fit, Goalposts, Levels, Logistic, LogisticCurve, Points
from riskmodel.schema.terms import Above, Below, Between

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

NAN = math.nan


def column(*values):
    return np.array(values, dtype=float)


class TestScales:
    def test_goalposts_either_way_round(self):
        x = column(-5, 2.5, 20, NAN)
        np.testing.assert_array_equal(Goalposts(goalposts=(0, 10)).normalise(x), [0, 0.25, 1, NAN])
        np.testing.assert_array_equal(Goalposts(goalposts=(10, 0)).normalise(x), [1, 0.75, 0, NAN])

    def test_goalposts_on_a_logarithmic_curve(self):
        # Between 4 and 64 there are four doublings; zero and less count as the lower end.
        x = column(-3, 0, 2, 4, 8, 16, 64, 1000, NAN)
        rising, falling = (Goalposts(goalposts=ends, curve="log").normalise(x) for ends in ((4, 64), (64, 4)))
        np.testing.assert_allclose(rising, [0, 0, 0, 0, 0.25, 0.5, 1, 1, NAN], atol=1e-15)
        np.testing.assert_allclose(falling, [1, 1, 1, 1, 0.75, 0.5, 0, 0, NAN], atol=1e-15)

    def test_points_a_logistic_and_levels(self):
        points = Points(points=((0, 0), (2, 0.25), (8, 0.75)))
        np.testing.assert_allclose(points.normalise(column(-1, 1, 5, 9, NAN)), [0, 0.125, 0.5, 0.75, NAN])
        logistic = Logistic(logistic=LogisticCurve(midpoint=4, slope=2))
        np.testing.assert_allclose(logistic.normalise(column(4, 4 + math.log(3) / 2, NAN)), [0.5, 0.75, NAN])
        levels = Levels(levels={"calm": 0, "tense": 0.6, "crisis": 1})
        np.testing.assert_array_equal(levels.normalise(column(2, 0, NAN, 1)), [1, 0, NAN, 0.6])

    def test_a_scale_that_is_not_fitted_has_no_intensities(self):
        with pytest.raises(ValueError, match="run `riskmodel model fit` on data first"):
            Fit(fit="minmax").normalise(column(1))


class TestTerms:
    def test_above_and_below_are_mirror_images(self):
        x = column(3, 4, 5.5, 7, 8, NAN)
        np.testing.assert_allclose(Above(above=(4, 7)).membership(x), [0, 0, 0.5, 1, 1, NAN])
        np.testing.assert_allclose(Below(below=(4, 7)).membership(x), [1, 1, 0.5, 0, 0, NAN])

    @pytest.mark.parametrize("bound", [3, (3, 3)])
    def test_the_bound_of_a_step_belongs_to_neither_side(self, bound):
        x = column(2.9, 3, 3.1, NAN)
        np.testing.assert_array_equal(Above(above=bound).membership(x), [0, 0, 1, NAN])
        np.testing.assert_array_equal(Below(below=bound).membership(x), [1, 0, 0, NAN])

    def test_between(self):
        x = column(0, 1, 1.5, 2, 4, 4.5, 5, 6, NAN)
        np.testing.assert_allclose(Between(between=(1, 2, 4, 5)).membership(x), [0, 0, 0.5, 1, 1, 0.5, 0, 0, NAN])
        x = column(2, 2.5, 7.5, 8, NAN)
        np.testing.assert_array_equal(Between(between=(2, 2, 8, 8)).membership(x), [0, 1, 1, 0, NAN])
