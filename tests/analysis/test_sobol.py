"""Sobol' indices of functions whose indices are known, their intervals, and warnings about them.

Sources of the closed forms: T. Ishigami and T. Homma (1990) with a = 7, b = 0.1; A. Saltelli and I. M. Sobol' (1995)
for the G function with a = (0, 1, 4.5, 9, 99, 99, 99, 99); of a sum of w x over uniform x each is w^2 / sum w^2.
"""

import math

import numpy as np
import pytest
from scipy.stats import sobol_indices

from riskmodel.analysis.sampling import replicate_generators, sobol_points
from riskmodel.analysis.sensitivity import sobol
from riskmodel.analysis.sensitivity.intervals import estimates, impossible, too_few
from riskmodel.analysis.sensitivity.sobol import Indices, design, evaluate, indices
from riskmodel.errors import RiskmodelError
from riskmodel.results import Estimate

A, B = 7.0, 0.1
ALPHAS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
WEIGHTS = np.array([0.5, 0.3, 0.2])


def ishigami(x):
    y = math.pi * (2.0 * x - 1.0)
    return (np.sin(y[0]) + A * np.sin(y[1]) ** 2 + B * y[2] ** 4 * np.sin(y[0]))[None]


def ishigami_indices():
    alone = np.array([(1 + B * math.pi**4 / 5) ** 2 / 2, A**2 / 8, 0.0])
    joint = B**2 * math.pi**8 * (1 / 18 - 1 / 50)
    variance = alone.sum() + joint
    return alone / variance, (alone + np.array([joint, 0.0, joint])) / variance


def g_function(x):
    return np.prod((np.abs(4.0 * x - 2.0) + ALPHAS[:, None]) / (1.0 + ALPHAS[:, None]), axis=0)[None]


def g_indices():
    parts = 1.0 / (3.0 * (1.0 + ALPHAS) ** 2)
    variance = np.prod(1.0 + parts) - 1.0
    return parts / variance, parts * np.prod(1.0 + parts) / (1.0 + parts) / variance


def additive(x):
    return (WEIGHTS @ x)[None]


def additive_indices():
    shares = WEIGHTS**2 / (WEIGHTS**2).sum()
    return shares, shares


FUNCTIONS = {
    "ishigami": (ishigami, ishigami_indices(), 3),
    "g": (g_function, g_indices(), 8),
    "additive": (additive, additive_indices(), 3),
}


def evaluations(function, factors, number, seed, groups=()):
    points = sobol_points(2 * factors, number, replicate_generators(seed, 2)[0])
    return evaluate(function, design(factors, groups), points[:factors], points[factors:])[0]


def estimated(function, factors, number, seed, groups=()):
    values = evaluations(function, factors, number, seed, groups)
    return indices(values[0], values[1], values[2:], replicate_generators(seed, 2)[1])


def within(estimated, true):
    return [one.low <= value <= one.high for one, value in zip(estimated, true, strict=True)]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_known_functions_at_2_to_the_14(name, seed):
    function, (first, total), factors = FUNCTIONS[name]
    ours = estimated(function, factors, 1 << 14, seed)
    np.testing.assert_allclose(ours.first, first, rtol=0, atol=0.01)
    np.testing.assert_allclose(ours.total, total, rtol=0, atol=0.01)
    assert all(within(estimates(ours.first, ours.first_resampled), first))
    assert all(within(estimates(ours.total, ours.total_resampled), total))
    names = [f"x{place}" for place in range(factors)]
    assert not list(impossible(names, ours))
    assert not list(too_few(names, ours, 1 << 14))


def test_the_published_values():
    first, total = ishigami_indices()
    np.testing.assert_allclose(first, [0.3139, 0.4424, 0.0], atol=5e-5)
    np.testing.assert_allclose(total, [0.5576, 0.4424, 0.2437], atol=5e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_intervals_cover_at_least_as_often_as_they_say_but_for_what_is_all_but_nothing(name):
    function, (first, total), factors = FUNCTIONS[name]
    covered, errors = [], []
    for seed in range(100):
        ours = estimated(function, factors, 1 << 10, seed)
        covered.append(
            within(estimates(ours.first, ours.first_resampled), first)
            + within(estimates(ours.total, ours.total_resampled), total)
        )
        errors.append(np.abs(np.concatenate([ours.first - first, ours.total - total])))
    rates, nearly_nothing = np.mean(covered, axis=0), np.concatenate([total, total]) < 0.001
    assert (rates[~nearly_nothing] >= 0.93).all()
    # Too narrow at times, as the documentation says, but what they miss is nothing either.
    assert (rates[nearly_nothing] >= 0.75).all()
    assert np.max(np.array(errors)[:, nearly_nothing], initial=0.0) < 0.005


def test_intervals_of_independent_rows_are_as_wide_as_the_error():
    """Of random points the spread over resamples is the spread over samples, so nothing but evenness widens it."""
    errors, spreads = [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        a, b = random.random((3, 512)), random.random((3, 512))
        values = evaluate(ishigami, design(3), a, b)[0]
        ours = indices(values[0], values[1], values[2:], random)
        errors.append(np.concatenate([ours.first, ours.total]) - np.concatenate(ishigami_indices()))
        spreads.append(np.concatenate([ours.first_resampled.std(axis=0), ours.total_resampled.std(axis=0)]))
    np.testing.assert_allclose(np.mean(spreads, axis=0), np.std(errors, axis=0), rtol=0.2)
    assert (np.abs(errors) <= 1.96 * np.array(spreads)).mean() >= 0.93


def test_values_are_those_of_scipy_and_spreads_those_of_its_bootstrap():
    values = evaluations(ishigami, 3, 512, 5)
    ours = indices(values[0], values[1], values[2:], np.random.default_rng(0))
    theirs = sobol_indices(func={"f_A": values[[0]], "f_B": values[[1]], "f_AB": values[2:, None]}, n=512)
    assert ours.first.tolist() == theirs.first_order.tolist()
    assert ours.total.tolist() == theirs.total_order.tolist()
    boot = theirs.bootstrap(n_resamples=400)
    np.testing.assert_allclose(ours.first_resampled.std(axis=0), boot.first_order.standard_error, rtol=0.25)
    np.testing.assert_allclose(ours.total_resampled.std(axis=0), boot.total_order.standard_error, rtol=0.25)


def test_memory_is_bounded_without_changing_the_intervals(monkeypatch):
    values = evaluations(ishigami, 3, 4096, 0)
    whole = indices(values[0], values[1], values[2:], np.random.default_rng(0))
    monkeypatch.setattr(sobol, "_ROWS_AT_ONCE", 1000)
    parts = indices(values[0], values[1], values[2:], np.random.default_rng(0))
    np.testing.assert_allclose(parts.first_resampled.std(axis=0), whole.first_resampled.std(axis=0), rtol=0.25)


def test_blocks_change_nothing(monkeypatch):
    whole = evaluations(g_function, 8, 1024, 3)
    for block in (256, 1024, 4096):
        monkeypatch.setattr(sobol, "BLOCK", block)
        np.testing.assert_array_equal(evaluations(g_function, 8, 1024, 3), whole)


def test_the_order_of_factors_does_not_matter():
    values = evaluations(g_function, 8, 1024, 0)
    turned = [3, 1, 0, 2, 7, 6, 5, 4]
    ours = indices(values[0], values[1], values[2:], np.random.default_rng(1))
    other = indices(values[0], values[1], values[2:][turned], np.random.default_rng(1))
    np.testing.assert_allclose(other.first, ours.first[turned], rtol=1e-12)
    np.testing.assert_allclose(other.total_resampled, ours.total_resampled[:, turned], rtol=1e-9)


def test_a_factor_without_effect_has_nothing_and_an_interval_of_nothing():
    ours = estimated(lambda x: additive(x[:3]), 4, 1024, 0)
    assert ours.first[3] == ours.total[3] == 0.0
    assert estimates(ours.total, ours.total_resampled)[3] == Estimate(0.0, 0.0, 0.0)


def test_a_single_factor_has_all():
    ours = estimated(np.exp, 1, 4096, 0)
    assert ours.first == pytest.approx([1.0], abs=0.01)
    assert ours.total == pytest.approx([1.0], abs=0.01)


def test_groups_have_what_their_members_have_alone_and_together():
    first, total = ishigami_indices()
    ours = estimated(ishigami, 3, 1 << 14, 0, [np.array([True, False, True]), np.array([False, True, False])])
    assert ours.first[3] == pytest.approx(1.0 - first[1], abs=0.01)
    assert ours.total[4] == ours.total[1] == pytest.approx(total[1], abs=0.01)


def test_a_constant_has_no_variance():
    ours = estimated(lambda x: np.full((1, x.shape[1]), 100.0) + 1e-14 * x[[0]], 3, 64, 0)
    assert ours.variance == 0.0
    assert not ours.first.any()
    assert not ours.total_resampled.any()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(RiskmodelError, match=r"1 of .* evaluations"):
        estimated(lambda x: np.where(np.arange(x.shape[1]) == 7, value, x[[0]]), 2, 64, 0)
    values = evaluations(additive, 3, 64, 0)
    values[4, 3] = value
    with pytest.raises(RiskmodelError, match="finite number"):
        indices(values[0], values[1], values[2:], np.random.default_rng(0))
    points = sobol_points(6, 64, replicate_generators(0, 1)[0])
    points[0, 0] = value
    with pytest.raises(RiskmodelError, match="values of what varies"):
        evaluate(additive, design(3), points[:3], points[3:])


def made_up(first, total, spread=0.001):
    random = np.random.default_rng(0)
    first, total = np.array(first), np.array(total)
    resampled = [values + spread * random.standard_normal((200, len(values))) for values in (first, total)]
    return Indices(first, total, *resampled, 0.0, 1.0)


@pytest.mark.parametrize(
    ("first", "total", "message"),
    [
        ([-0.05, 0.6], [0.4, 0.9], "a: a first-order index below 0"),
        ([0.1, 0.1], [0.3, 1.2], "b: a total index above 1"),
        ([0.5, 0.3], [0.4, 0.9], "a: a first-order index above the total index"),
        ([0.6, 0.6], [0.7, 0.7], "first-order indices sum to 1.200, more than 1"),
        ([0.3, 0.3], [0.4, 0.4], "total indices sum to 0.800, less than 1"),
    ],
)
def test_impossible_indices_are_reported_beyond_their_interval(first, total, message):
    (warning,) = impossible(["a", "b"], made_up(first, total))
    assert warning.startswith(message)
    assert not list(impossible(["a", "b"], made_up(first, total, spread=0.5)))


def test_impossible_indices_are_not_reported_by_chance():
    warnings = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = evaluate(additive, design(3), random.random((3, 256)), random.random((3, 256)))[0]
        warnings += impossible(["a", "b", "c"], indices(values[0], values[1], values[2:], random))
    assert len(warnings) <= 6


def test_a_small_sample_says_so_and_how_many_draws_would_do():
    ours = estimated(ishigami, 3, 64, 0)
    warnings = list(too_few(["a", "b", "c"], ours, 64))
    assert "the sample is too small to tell: the interval of the total index of a" in warnings[0]
    needed = int(warnings[0].split("; ")[1].split(" ")[0].replace(",", ""))
    assert not [line for line in too_few(["a", "b", "c"], estimated(ishigami, 3, needed, 0), needed) if "wide" in line]


def test_factors_that_matter_alike_are_not_put_in_an_order():
    alike = made_up([0.5, 0.5], [0.5, 0.5], spread=0.01)
    (message,) = too_few(["a", "b"], alike, 1024)
    assert "whether a or b matters more" in message
    assert "might not do" in message
