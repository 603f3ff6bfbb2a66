"""Areas under the ROC curve and their intervals: against all pairs, scikit-learn, repeated rows, and known truths."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from riskmodel.analysis.outcomes import metrics
from riskmodel.analysis.outcomes.diagnostics import average_precision
from riskmodel.analysis.outcomes.metrics import auc, auc_draws, auc_estimate, draw_resamples, gain_estimate, quality
from riskmodel.results import Estimate

TIED = st.integers(-3, 3).map(float)
UNTIED = st.floats(-1e6, 1e6)
SHARES = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 1.0]))


@st.composite
def rows(draw, values, size=40):
    result = draw(st.lists(st.tuples(st.booleans(), values), min_size=2, max_size=size))
    events = np.array([event for event, _ in result])
    assume(0 < events.sum() < len(events))
    return events, np.array([value for _, value in result])


def auc_of_pairs(events, values):
    won = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high in values[events].tolist()
        for low in values[~events].tolist()
    ]
    return math.fsum(won) / len(won)


@given(rows(st.one_of(TIED, UNTIED)))
def test_the_area_is_the_share_of_pairs_in_order_and_scikit_learns(case):
    events, values = case
    assert auc(events, values) == pytest.approx(auc_of_pairs(events, values), abs=1e-12)
    assert auc(events, values) == pytest.approx(roc_auc_score(events, values), abs=1e-12)
    assert auc(~events, values) == pytest.approx(1 - auc(events, values), abs=1e-12)


@given(rows(st.one_of(TIED, UNTIED)))
def test_average_precision_is_the_sum_over_cuts(case):
    events, values = case
    steps, before = [], 0.0
    for cut in sorted(set(values.tolist()), reverse=True):
        above = values >= cut
        recall = events[above].sum() / events.sum()
        steps.append((recall - before) * events[above].mean())
        before = recall
    assert average_precision(events, values) == pytest.approx(math.fsum(steps), abs=1e-12)
    assert average_precision(events, values) == pytest.approx(average_precision_score(events, values), abs=1e-12)


@given(rows(SHARES))
def test_the_brier_score_is_the_mean_squared_difference(case):
    events, shares = case
    expected = math.fsum((p - e) ** 2 for p, e in zip(shares.tolist(), events.tolist(), strict=True)) / len(events)
    assert quality(shares, events).brier == pytest.approx(expected, abs=1e-12)
    assert quality(shares, events).brier == pytest.approx(brier_score_loss(events, shares), abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(rows(st.one_of(TIED, UNTIED), size=25), st.integers(1, 6), st.integers(0, 1000))
def test_a_resample_is_the_rows_repeated(case, groups, seed):
    events, values = case
    codes = np.random.default_rng(seed).integers(0, groups, len(events))
    drawn = draw_resamples(codes, 20, 0.9, seed)
    areas = auc_draws(events, values, drawn)
    assert areas.shape == (20,)
    for area, times in zip(areas, draws(drawn)[:, codes], strict=True):
        repeated = np.repeat(np.arange(len(events)), times)
        if len(set(events[repeated].tolist())) < 2:
            assert np.isnan(area)
        else:
            assert area == pytest.approx(roc_auc_score(events[repeated], values[repeated]), abs=1e-12)


def draws(drawn):
    return np.stack([drawn.counts(index) for index in range(drawn.number)])


def test_resamples_draw_as_many_groups_as_there_are_each_as_often():
    codes = np.array([0, 0, 1, 2, 2, 2, 3, 4])
    drawn = draw_resamples(codes, 4000, 0.95, 7)
    assert (draws(drawn).sum(axis=1) == 5).all()
    # Each group is drawn 4,000 times in all, give or take sqrt(20,000 x 1/5 x 4/5) = 57.
    assert np.abs(draws(drawn).sum(axis=0) - 4000).max() < 4 * 57
    assert np.var(draws(drawn)) == pytest.approx(0.8, abs=0.05)
    assert np.array_equal(draws(drawn), draws(draw_resamples(codes, 4000, 0.95, 7)))
    assert not np.array_equal(draws(drawn), draws(draw_resamples(codes, 4000, 0.95, 8)))


def test_resamples_of_some_rows_are_the_same_draws():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 9, 60)
    drawn = draw_resamples(codes, 5, 0.95, 0)
    some = rng.random(60) < 0.5
    assert np.array_equal(draws(drawn.subset(some))[:, drawn.subset(some).codes], draws(drawn)[:, codes][:, some])


def test_how_many_weights_are_held_at_a_time_changes_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    events, values = rng.random(50) < 0.4, rng.normal(size=50).round(1)
    drawn = draw_resamples(np.arange(50), 37, 0.95, 0)
    whole = auc_draws(events, values, drawn)
    monkeypatch.setattr(metrics, "_MAX_WEIGHTS", 120)
    assert np.array_equal(auc_draws(events, values, drawn), whole)


# ------------------------------------------------------------------------------------------------------ coverage
#
# Values are normal with variance 1 among rows without an event, and the same plus d among rows with one, so that the
# area is Phi(d / sqrt 2) whatever the rows of a group have in common. A rate of 400 worlds is held against the binomial
# distribution: outside its central 99.9 % the intervals do not cover as stated. Seeds are fixed. Fifty worlds, which
# are independent, share the numbers of their resamples: those are then drawn once.

WORLDS, RESAMPLES = 400, 200
STATED = (0.95, 0.8)


def truth(distance):
    return stats.norm.cdf(distance / math.sqrt(2))


def as_stated(hits, confidence, worlds=WORLDS):
    low, high = stats.binom.interval(0.999, worlds, confidence)
    return bool(low <= hits <= high)


def alike(rng, codes, share):
    """(n,) standard normal values of which `share` of the variance is the group's."""
    own, common = rng.normal(size=len(codes)), rng.normal(size=codes.max() + 1)
    return math.sqrt(share) * common[codes] + math.sqrt(1 - share) * own


def covers(estimate, value):
    return estimate.low <= value <= estimate.high


def test_intervals_of_groups_cover_as_stated_and_those_that_ignore_them_do_not():
    hits = dict.fromkeys([*STATED, "ignored"], 0)
    codes = np.repeat(np.arange(40), 3)
    for world in range(WORLDS):
        rng = np.random.default_rng(world)
        events = (rng.random(40) < 0.4)[codes]
        values = alike(rng, codes, 0.8) + events
        drawn = draw_resamples(codes, RESAMPLES, 0.95, world // 50)
        areas = auc_draws(events, values, drawn)
        for confidence in STATED:
            estimate = auc_estimate(events, values, drawn._replace(confidence=confidence), areas)
            hits[confidence] += covers(estimate, truth(1))
        ignored = draw_resamples(np.arange(len(codes)), RESAMPLES, 0.95, world // 50)
        hits["ignored"] += covers(auc_estimate(events, values, ignored), truth(1))
    assert as_stated(hits[0.95], 0.95), hits
    assert as_stated(hits[0.8], 0.8), hits
    assert hits["ignored"] < 0.85 * WORLDS, hits


def test_intervals_of_rows_that_have_nothing_in_common_cover_as_stated():
    hits = dict.fromkeys(STATED, 0)
    for world in range(WORLDS):
        rng = np.random.default_rng(10_000 + world)
        events = rng.random(150) < 0.3
        values = rng.normal(size=150) + 0.8 * events
        drawn = draw_resamples(np.arange(150), RESAMPLES, 0.95, world // 50)
        areas = auc_draws(events, values, drawn)
        for confidence in STATED:
            estimate = auc_estimate(events, values, drawn._replace(confidence=confidence), areas)
            hits[confidence] += covers(estimate, truth(0.8))
    assert as_stated(hits[0.95], 0.95), hits
    assert as_stated(hits[0.8], 0.8), hits


def test_intervals_cover_where_many_resamples_are_in_perfect_order():
    hits = worlds = 0
    for world in range(WORLDS):
        rng = np.random.default_rng(20_000 + world)
        events = rng.random(60) < 0.2
        values = rng.normal(size=60) + 2.7 * events
        estimate = auc_estimate(events, values, draw_resamples(np.arange(60), RESAMPLES, 0.95, world // 50))
        if estimate.low is not None:
            worlds += 1
            hits += covers(estimate, truth(2.7))
    assert worlds > 0.9 * WORLDS
    assert as_stated(hits, 0.95, worlds), (hits, worlds)


def test_intervals_of_few_groups_cover_as_stated():
    hits, codes = 0, np.repeat(np.arange(5), 12)
    for world in range(WORLDS):
        rng = np.random.default_rng(40_000 + world)
        events = rng.random(60) < 0.4
        values = alike(rng, codes, 0.2) + 0.5 * events
        hits += covers(auc_estimate(events, values, draw_resamples(codes, RESAMPLES, 0.95, world // 50)), truth(0.5))
    assert as_stated(hits, 0.95), hits


def test_intervals_of_differences_cover_as_stated():
    hits = dict.fromkeys(STATED, 0)
    codes = np.repeat(np.arange(40), 3)
    expected = truth(1.2) - truth(0.6)
    for world in range(WORLDS):
        rng = np.random.default_rng(30_000 + world)
        events = (rng.random(40) < 0.4)[codes]
        common = alike(rng, codes, 0.6)
        values = common + 1.2 * events
        others = 0.6 * common + 0.8 * alike(rng, codes, 0.6) + 0.6 * events
        drawn = draw_resamples(codes, RESAMPLES, 0.95, world // 50)
        areas = auc_draws(events, values, drawn), auc_draws(events, others, drawn)
        for confidence in STATED:
            estimate = gain_estimate(events, values, others, drawn._replace(confidence=confidence), areas)
            hits[confidence] += covers(estimate, expected)
    assert as_stated(hits[0.95], 0.95), hits
    assert as_stated(hits[0.8], 0.8), hits


# ----------------------------------------------------------------------------------------------- what cannot be told


def test_a_gain_is_the_difference_and_nothing_is_gained_on_oneself():
    rng = np.random.default_rng(3)
    events, values, others = rng.random(80) < 0.4, rng.normal(size=80), rng.normal(size=80).round(1)
    drawn = draw_resamples(np.arange(80), 100, 0.95, 0)
    gain = gain_estimate(events, values, others, drawn)
    assert gain.value == pytest.approx(roc_auc_score(events, values) - roc_auc_score(events, others), abs=1e-12)
    assert gain.low < gain.value < gain.high
    assert gain_estimate(events, values, 3 * values + 1, drawn) == Estimate(0.0, 0.0, 0.0)


def test_more_confidence_is_a_wider_interval_within_nought_and_one():
    rng = np.random.default_rng(4)
    events, values = rng.random(40) < 0.3, rng.normal(size=40)
    values[events] += 1.8
    widths = []
    for confidence in (0.5, 0.8, 0.95, 0.999):
        result = auc_estimate(events, values, draw_resamples(np.arange(40), 100, confidence, 0))
        assert 0 < result.low < result.value < result.high < 1
        widths.append(result.high - result.low)
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] / 2


def test_there_is_no_interval_where_nothing_tells_the_spread():
    events = np.arange(20) >= 10
    in_order = auc_estimate(events, np.arange(20.0), draw_resamples(np.arange(20), 50, 0.95, 0))
    assert in_order == Estimate(1.0, None, None)
    values = np.arange(20.0)[::-1].copy()
    values[3] = 0.5
    two_groups = auc_estimate(events, values, draw_resamples(np.arange(20) % 2, 50, 0.95, 0))
    assert 0 < two_groups.value < 1
    assert (two_groups.low, two_groups.high) == (None, None)
    assert auc_estimate(events, np.zeros(20), draw_resamples(np.arange(20), 50, 0.95, 0)) == Estimate(0.5, 0.5, 0.5)
