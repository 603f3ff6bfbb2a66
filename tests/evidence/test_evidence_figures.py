"""The figures of the evidence page: against all pairs of rows, closed forms, and worlds whose truth is known."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.analysis.outcomes.metrics import auc, auc_estimate, draw_resamples, fit_logistic, quality
from riskmodel.results import Estimate

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "evidence"))

import dyads  # noqa: E402
import quality as worth  # noqa: E402
import reference  # noqa: E402
import resampling  # noqa: E402
import steps  # noqa: E402
import within  # noqa: E402
import wording  # noqa: E402
from resampling import Wins  # noqa: E402


def rows(seed, count=200, groups=12, ties=7):
    random = np.random.default_rng(seed)
    codes = np.sort(random.integers(groups, size=count))
    values = random.integers(ties, size=count).astype(float)
    return random.random(count) < 0.2 + 0.05 * values, values, codes


def data_of(frame, resamples=200):
    """Data whose dyad-years have the columns given, and nothing else of note."""
    count = len(frame["dyad"])
    bare = {
        "mid_host_t": 0.0, "icb_crisis_t": 0.0, "mid_onsets_5y": 0.0, "icb_onsets_5y": 0.0, "peace_years": 10.0,
        "rivalry": 1.0, "rivalry_last10": 1.0, "other_mids_t": 1.0, "alliance_shift_max": 0.1, "trade_drop": 0.0,
        "y_mid_onset": 0.0, "y_icb_onset": 0.0, dyads.PEACE: 0.0,
    }  # fmt: skip
    table = pd.DataFrame({name: np.full(count, value) for name, value in bare.items()})
    table = table.assign(**{name: np.asarray(column) for name, column in frame.items()})
    return reference.Data(None, table, dyads.situations(table), resamples)


class TestAreas:
    @pytest.mark.parametrize("seed", range(5))
    def test_the_area_and_its_interval_are_those_of_the_library(self, seed):
        happened, values, codes = rows(seed)
        shuffled = np.random.default_rng(seed).permutation(len(codes))
        wins = Wins(happened[shuffled], values[shuffled], codes[shuffled])
        estimate, draws = wins.area(300), wins.draws(300)
        expected = auc_estimate(happened, values, draw_resamples(codes, 300, 0.95, 0), draws)
        assert estimate == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("seed", range(3))
    def test_a_resample_is_the_area_over_rows_repeated(self, seed):
        happened, values, codes = rows(seed)
        _, groups = np.unique(codes, return_inverse=True)
        draws = Wins(happened, values, codes).draws(20)
        for counts, draw in zip(resampling.group_counts(groups.max() + 1, 20), draws, strict=True):
            repeated = np.repeat(np.arange(len(groups)), counts[groups].astype(int))
            assert draw == pytest.approx(auc(happened[repeated], values[repeated]), abs=1e-12)

    @pytest.mark.parametrize("seed", range(5))
    def test_within_groups_only_rows_of_one_group_are_compared(self, seed):
        happened, values, codes = rows(seed)
        won, pairs = {}, {}
        for first, second in itertools.product(range(len(codes)), repeat=2):
            if codes[first] == codes[second] and happened[first] and not happened[second]:
                group = codes[first]
                pairs[group] = pairs.get(group, 0) + 1
                won[group] = won.get(group, 0.0) + (np.sign(values[first] - values[second]) + 1.0) / 2.0
        wins = Wins(happened, values, codes)
        assert wins.within(50).value == pytest.approx(sum(won.values()) / sum(pairs.values()), abs=1e-12)
        mean = np.mean([won[group] / pairs[group] for group in pairs])
        assert wins.mean_within(50).value == pytest.approx(mean, abs=1e-12)

    def test_there_is_no_area_without_events_and_none_within_groups_of_one_kind(self):
        codes = np.array([0, 0, 1, 1])
        assert Wins(np.zeros(4, bool), np.arange(4.0), codes).area(10) is None
        assert Wins(np.array([True, True, False, False]), np.arange(4.0), codes).within(10) is None
        assert Wins(np.array([True, True, False, False]), np.arange(4.0), codes).mean_within(10) is None

    def test_intervals_within_groups_hold_the_truth_about_as_often_as_they_say(self):
        random = np.random.default_rng(5)
        truth = 0.7602499  # of normal values one apart: the chance that one exceeds the other, Phi(1 / sqrt 2)
        held = 0
        for _ in range(200):
            codes = np.repeat(np.arange(40), 10)
            happened = random.random(400) < 0.3
            values = random.normal(size=40)[codes] * 3.0 + random.normal(size=400) + happened
            estimate = Wins(happened, values, codes).within(200)
            held += estimate.low <= truth <= estimate.high
        assert 0.90 <= held / 200 <= 0.99


def expected_within(length, counted, rate):
    """E[won] / E[pairs] over all sequences of onsets, for the count of some years up to each."""
    won = pairs = 0.0
    for onsets in itertools.product((0, 1), repeat=counted + length):
        chance = rate ** sum(onsets) * (1.0 - rate) ** (len(onsets) - sum(onsets))
        counts = [sum(onsets[year : year + counted]) for year in range(length)]
        after = onsets[counted:]
        with_onset = [count for count, onset in zip(counts, after, strict=True) if onset]
        without = [count for count, onset in zip(counts, after, strict=True) if not onset]
        pairs += chance * len(with_onset) * len(without)
        won += chance * sum((np.sign(a - b) + 1) / 2 for a in with_onset for b in without)
    return won / pairs


class TestCounting:
    """A count of past onsets lies below one half within a pair, though the rate never changes."""

    @pytest.mark.parametrize("length", [2, 5, 9])
    @pytest.mark.parametrize("rate", [0.1, 0.5])
    def test_for_a_count_of_the_year_itself_the_page_states_the_closed_form(self, length, rate):
        assert expected_within(length, 1, rate) == pytest.approx(0.5 - 0.5 / length, abs=1e-12)

    def test_a_count_of_more_years_lies_lower_and_more_years_to_compare_lie_higher(self):
        assert expected_within(6, 5, 0.3) < expected_within(6, 1, 0.3) < 0.5
        assert expected_within(4, 3, 0.3) < expected_within(9, 3, 0.3) < 0.5

    def test_the_simulation_gives_what_all_sequences_give(self):
        # Each pair has two onsets in six years, so that its rate is one third.
        frame = pd.DataFrame([(f"P{pair}", 1950 + year) for pair in range(60) for year in range(6)])
        onsets = np.tile([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 60)
        data = data_of({"dyad": frame[0], "year": frame[1], "y_mid_onset": onsets})
        everywhere = np.ones(len(frame), bool)
        worlds = within.simulate(data, everywhere, 60)
        wins = [world.wins("y_mid_onset", "history", everywhere) for world in worlds]
        won, pairs = (sum(np.trace(getattr(world, name)) for world in wins) for name in ("won", "pairs"))
        assert won / pairs == pytest.approx(expected_within(6, within.YEARS_COUNTED, 1 / 3), abs=0.01)

    @given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 6))
    @settings(max_examples=50)
    def test_counts_and_years_since_are_those_of_a_loop(self, onsets, years):
        counted = within.counted(np.array([onsets], np.int16), years)[0]
        since = within.since(np.array([onsets]))[0]
        for year in range(len(onsets)):
            assert counted[year] == sum(onsets[max(0, year - years + 1) : year + 1])
            past = [year - other for other in range(year + 1) if onsets[other]]
            assert since[year] == (min(past) if past else year + 1)


class TestConstants:
    def test_a_forecast_is_held_against_both_rates(self):
        random = np.random.default_rng(2)
        year = np.tile(np.r_[1961:1990], 40)
        hostile = random.random(len(year)) < 0.3
        rate = np.where(year < 1981, 0.2, 0.05)
        happened = random.random(len(year)) < rate * np.where(hostile, 2.0, 0.6)
        frame = {
            "dyad": np.repeat([f"P{pair}" for pair in range(40)], 29), "year": year,
            "mid_host_t": 4.0 * hostile, "peace_years": np.where(hostile, 0.0, 10.0),
            "y_mid_onset": happened.astype(float),
        }  # fmt: skip
        data = data_of(frame)
        (heading,) = data.later
        result = worth.skill(data, "y_mid_onset", heading, "logistic")
        early, late = year < 1981, year >= 1981
        forecast = fit_logistic(data.escalation[early], happened[early])(data.escalation[late])
        brier, constant = (np.mean((value - happened[late]) ** 2) for value in (forecast, happened[early].mean()))
        assert result.before.value == pytest.approx(1 - brier / constant, abs=1e-12)
        assert result.after.value == pytest.approx(quality(forecast, happened[late]).skill, abs=1e-12)
        # No constant is better than the rate itself, so less is saved of it than of any other.
        assert result.after.value < result.before.value
        assert result.before.low < result.before.value < result.before.high


class TestSteps:
    BANDS = ("low", "middle", "top")

    def means(self, levels, pairs=30, seed=1):
        random = np.random.default_rng(seed)
        band = np.tile(np.array(self.BANDS, dtype=object), pairs * 4)
        values = np.array([levels[name] for name in band]) + random.normal(0.0, 0.1, len(band))
        data = data_of(
            {"dyad": np.repeat([f"P{pair}" for pair in range(pairs)], 12), "year": 1950 + np.arange(len(band)) % 20}
        )
        return steps.by_band(data, self.BANDS, band, values, np.ones(len(band), bool)), values, band

    def test_means_and_differences_are_those_of_the_rows(self):
        result, values, band = self.means({"low": 0.0, "middle": 0.3, "top": 0.2})
        each = {name: values[band == name].mean() for name in self.BANDS}
        assert {name: mean.value for name, mean in result.means.items()} == pytest.approx(each)
        assert [step.difference.value for step in result.steps] == pytest.approx(
            [each["middle"] - each["low"], each["top"] - each["middle"]]
        )

    def test_the_sentence_names_the_steps_that_are_turned_round(self):
        result, _, _ = self.means({"low": 0.0, "middle": 0.3, "top": 0.2})
        assert steps.order({"1991-2014, held out": result.steps}) == "in 1991-2014 *middle to top* in the wrong order"
        result, _, _ = self.means({"low": 0.0, "middle": 0.1, "top": 0.2})
        assert steps.order({"1991-2014, held out": result.steps}) == "in 1991-2014 every step in order"

    def test_bands_of_few_pairs_are_not_compared(self):
        result, _, _ = self.means({"low": 0.0, "middle": 0.1, "top": 0.2}, pairs=steps.MIN_PAIRS - 1)
        assert all(step.difference.low is None for step in result.steps)
        assert "not compared" in steps.order({"1991, held out": result.steps})


estimates = st.one_of(
    st.none(),
    st.tuples(st.floats(0.1, 0.9), st.floats(0.001, 0.1)).map(lambda x: Estimate(x[0], x[0] - x[1], x[0] + x[1])),
    st.floats(0.1, 0.9).map(Estimate),
)


class TestWords:
    @pytest.mark.parametrize(
        ("estimate", "where"),
        [
            (Estimate(0.6, 0.51, 0.7), wording.ABOVE),
            (Estimate(0.4, 0.3, 0.49), wording.BELOW),
            (Estimate(0.52, 0.5, 0.54), wording.UNCLEAR),
            (Estimate(0.52, 0.4, 0.6), wording.UNCLEAR),
            (Estimate(1.0), wording.UNKNOWN),
            (None, wording.UNKNOWN),
        ],
    )
    def test_words_go_by_where_the_interval_lies(self, estimate, where):
        assert wording.position(estimate, 0.5) == where

    @given(
        st.dictionaries(
            st.integers(1900, 2000).map(lambda year: f"{year}-{year + 9}, tested on"), estimates, min_size=1
        )
    )
    @settings(max_examples=60)
    def test_every_period_stands_once_behind_what_its_interval_says(self, by_heading):
        clauses = wording.by_period(by_heading, 0.5, wording.ORDER).split("; ")
        texts = {**wording.ORDER._asdict(), wording.UNKNOWN: "the data are insufficient"}
        for heading, estimate in by_heading.items():
            (clause,) = [clause for clause in clauses if heading.split(",")[0] in clause]
            assert clause.startswith(f"{texts[wording.position(estimate, 0.5)]} in ")
            assert estimate is None or f"{estimate.value:.3f}" in clause

    def test_what_says_the_same_is_named_together(self):
        above, below = Estimate(0.6, 0.55, 0.65), Estimate(0.4, 0.35, 0.45)
        sentence = wording.by_period({"1946-1980, tuned on": above, "1991-2014, held out": below}, 0.5, wording.ORDER)
        assert sentence == (
            "points the right way in 1946-1980 (0.600, 0.55-0.65); points the wrong way in 1991-2014 (0.400, 0.35-0.45)"
        )
        lines = list(wording.grouped({"a": {"x": above, "y": below}, "b": {"x": above}}, 0.5, wording.ORDER))
        assert lines[:2] == ["- Points the right way: `a` (x); `b` (x).", "- Points the wrong way: `a` (y)."]
