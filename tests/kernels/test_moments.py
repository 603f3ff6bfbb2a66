"""Moments in chunks: by hand, as scipy's and COINr's, and the count of outlying values."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from riskmodel.kernels.moments import Moments, moments_of, outlying


def column(*values):
    return np.array(values, dtype=float)


def test_skewness_and_kurtosis_are_those_that_coinr_documents():
    """Of its vignette on outliers: 1 to 10, 30 and 100 have 3.063241 and 9.741391."""
    moments = moments_of(column(*range(1, 11), 30, 100))
    assert moments.skewness == pytest.approx(3.063241, abs=5e-7)
    assert moments.kurtosis == pytest.approx(9.741391, abs=5e-7)
    assert moments.has_outliers


def test_moments_by_hand():
    """Of 0, 0, 0, 4 the mean is 1; powers of deviations sum to 12, 24, 84: g1 = 6 / 27^0.5, g2 = 21 / 9 - 3."""
    moments = moments_of(column(0, 0, 0, 4))
    assert (moments.mean, moments.squares, moments.cubes, moments.fourths) == (1, 12, 24, 84)
    assert moments.deviation == 2
    assert moments.skewness == pytest.approx(6 / math.sqrt(27) * math.sqrt(12) / 2)
    assert moments.kurtosis == pytest.approx((5 * (21 / 9 - 3) + 6) * 3 / 2)


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_chunks_give_what_the_column_gives_at_once(values, cuts):
    values = np.array(values)
    assume(np.ptp(values) > 1e-3)
    moments = Moments()
    for piece in np.split(values, sorted(cut % (len(values) + 1) for cut in cuts)):
        moments.add(piece)
    assert moments.count == len(values)
    assert moments.deviation == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert moments.skewness == pytest.approx(stats.skew(values, bias=False), rel=1e-6, abs=1e-6)
    assert moments.kurtosis == pytest.approx(stats.kurtosis(values, bias=False), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [3.0] * 9, [1e300, -1e300, 1e300, 0.0]])
def test_what_has_no_skewness_has_no_outliers(values):
    moments = moments_of(np.array(values))
    assert math.isnan(moments.kurtosis)
    assert not moments.has_outliers
    assert outlying(np.array(values)) == 0


def test_outlying_values_are_counted_at_either_end():
    """COINr's test of its treatment: 100 after 1 to 10 becomes 10."""
    assert outlying(column(*range(1, 11), 100)) == 1
    assert outlying(-column(*range(1, 11), 100)) == 1
    assert outlying(column(*range(1, 21))) == 0
    assert outlying(column(*[0] * 400, *range(10, 30))) is None


@given(st.integers(0, 1000), st.integers(1, 5))
def test_a_column_passes_once_the_outlying_values_are_clipped(seed, count):
    rng = np.random.default_rng(seed)
    values = np.append(rng.normal(size=60), 50 + 20 * np.arange(count) + rng.uniform(size=count))
    number = outlying(rng.permutation(values))
    assert number is None or not moments_of(np.minimum(values, np.sort(values)[-number - 1])).has_outliers
