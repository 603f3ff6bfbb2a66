"""Calibration: weights found in outcomes stay a model's weights, and nothing is fitted to what it is tested on."""

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import command
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

import riskmodel
from riskmodel.analysis.outcomes import weight_fit
from riskmodel.analysis.outcomes.calibrate import FitRows, build_evidence, calibrate
from riskmodel.analysis.outcomes.probability_map import ProbabilityMap
from riskmodel.analysis.outcomes.weight_fit import Evidence, Objective, choose_strength, fit_shares
from riskmodel.analysis.weights import new_weights
from riskmodel.documents.edit import with_values
from riskmodel.documents.models import load
from riskmodel.report.analyses.calibration import calibration_origin
from riskmodel.report.reweighted import reweighted_text
from riskmodel.results import Estimate

ROOT = Path(__file__).parents[2]
MODEL = """\
# a model of mine
format: 1
id: mine
indicators:
  a: {scale: {goalposts: [0, 10]}, terms: {high: {above: [6, 9]}}}   # raises
  b: {scale: {goalposts: [0, 1]}}
  c: {scale: {goalposts: [0, 100]}}
  d: {scale: {goalposts: [0, 1]}}
scores:
  escalation:
    weights:                # what each counts for
      a: 25                 # a guess
      b: {weight: -25, because: "it says 25"}
      c: 25
      d: 25
    min_coverage: 0.4
    bands: {low: 0, high: 50}
  other: {weights: {a: 1, b: 25}}
rules:
  both: {when: a is high and c > 50, then: {escalation: {add: 8}}}
"""
TRUE = np.array([0.55, 0.3, 0.1, 0.05])


def calibrated_text(model, result):
    """The file of a calibrated model."""
    return reweighted_text(model, result.score, result.after, calibration_origin(result))


@pytest.fixture
def model(write):
    return load(write("mine.yaml", MODEL))


def rows(count=4_000, seed=1, shares=TRUE, missing=0.0, slope=9.0):
    """Rows of MODEL with outcomes by known shares; d is missing everywhere where its share is 0."""
    rng = np.random.default_rng(seed)
    value = rng.uniform(size=(count, 4))
    given_ = rng.uniform(size=value.shape) >= missing
    given_[:, 0] = True
    turned = value * [1, -1, 1, 1] + [0, 1, 0, 0]
    level = (turned * given_ * shares).sum(1) / (given_ * shares).sum(1)
    frame = pd.DataFrame(np.where(given_, value * [10, 1, 100, 1], np.nan), columns=list("abcd"))
    frame["event"] = (rng.uniform(size=count) < special.expit(slope * (level - 0.6))).astype(float)
    frame["year"] = np.sort(rng.integers(1950, 2010, count))
    frame["pair"] = rng.integers(0, 60, count)
    return frame


def trials_in(frame, model, **options):
    return calibrate(frame, "event", riskmodel.Model(model.spec), group="pair", time="year", **options)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return trials_in(rows(missing=0.1), load(path))


def evidence(seed, count=40, inputs=4):
    rng = np.random.default_rng(seed)
    present = (rng.uniform(size=(count, inputs)) < 0.8).astype(float)
    present[:, seed % inputs] = 1.0
    value = rng.uniform(size=present.shape) * present
    events = rng.uniform(size=count) < 0.4
    events[:2] = [True, False]
    return Evidence(value, present, present > 0, rng.normal(0, 0.05, count), events)


def expert(seed, inputs=4):
    return np.random.default_rng(seed + 1).dirichlet(np.full(inputs, 3.0))


class TestTheFit:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10_000), st.sampled_from([0.0, 0.01, 1.0]))
    def test_the_gradient_is_that_of_finite_differences(self, seed, strength):
        free = np.array([True, True, False, True])
        objective = Objective(evidence(seed), expert(seed), strength, free)
        point = objective.start(1.0) + np.random.default_rng(seed).normal(0, 0.7, 5)
        point[1] = abs(point[1]) * 5
        numeric = optimize.approx_fprime(point, lambda at: objective(at)[0], 1e-7)
        np.testing.assert_allclose(objective(point)[1], numeric, rtol=1e-4, atol=1e-6)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10_000), st.sampled_from([0.0005, 0.01, 1.0, math.inf]))
    def test_shares_stay_above_zero_and_sum_to_one(self, seed, strength):
        fit = fit_shares(evidence(seed), expert(seed), strength)
        assert (fit.shares > 0).all()
        assert fit.shares.sum() == pytest.approx(1, abs=1e-12)
        assert fit.slope >= 0

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 10_000))
    def test_fits_are_no_worse_than_the_expert_and_nearer_with_more_strength(self, seed):
        seen, prior = evidence(seed), expert(seed)
        fits = [fit_shares(seen, prior, strength) for strength in (math.inf, 1.0, 0.1, 0.01)]
        losses = [fit.losses(seen).mean() for fit in fits]
        assert (np.diff(losses) < 1e-9).all()
        assert (fits[0].shares == prior).all()

    def test_without_strength_the_true_shares_are_recovered(self, model):
        frame = rows(60_000, missing=0.2)
        compiled = riskmodel.Model(model.spec).compiled
        score = compiled.scores["escalation"]._replace(min_coverage=0.0)
        seen = build_evidence(replace(compiled, rules={}, scores={"escalation": score}), score, earlier(frame))
        fit = fit_shares(seen, np.full(4, 0.25), 0.0)
        np.testing.assert_allclose(fit.shares, TRUE, atol=0.02)
        assert fit.slope == pytest.approx(9.0, rel=0.05)

    def test_the_level_is_the_score_of_the_engine(self, model):
        frame = rows(500, missing=0.1).dropna(thresh=6)
        used = riskmodel.Model(model.spec)
        seen = build_evidence(used.compiled, used.compiled.scores["escalation"], earlier(frame))
        scored = used.score_frame(frame[list("abcd")])["escalation_exact"]
        np.testing.assert_allclose(np.clip(100 * seen.level(np.full(4, 0.25)), 0, 100), scored, rtol=0, atol=1e-9)
        assert (np.abs(seen.offset) > 0.001).any()

    def test_an_input_that_tells_nothing_keeps_its_share_to_the_bit(self):
        seen, prior = evidence(3), expert(3)
        for column, value in ((0, 0.0), (2, 0.7)):
            blank = seen._replace(value=seen.value.copy(), present=seen.present.copy(), known=seen.known.copy())
            blank.value[:, column] = value
            blank.present[:, column] = float(value > 0)
            blank.known[:, column] = value > 0
            fit = fit_shares(blank, prior, 0.001)
            assert fit.shares[column] == prior[column]
            assert (fit.shares != prior).sum() == 3
            assert fit.shares.sum() == pytest.approx(1)

    def test_values_that_run_against_the_events_leave_the_base_rate(self):
        seen = evidence(5, 400)
        seen = seen._replace(events=seen.level(np.full(4, 0.25)) < 0.5)
        fit = fit_shares(seen, np.full(4, 0.25), math.inf)
        assert fit.slope == 0
        assert special.expit(fit.intercept) == pytest.approx(seen.events.mean(), abs=1e-6)


def earlier(frame):
    columns = {name: frame[name].to_numpy() for name in "abcd"}
    return FitRows(columns, frame["event"].to_numpy() > 0, frame["year"].to_numpy(), frame["pair"].to_numpy())


class TestTheStrength:
    def test_every_forecast_is_made_from_rows_before(self):
        times = np.sort(np.random.default_rng(0).integers(0, 30, 400))
        blocks = list(weight_fit._forward_blocks(times, evidence(1, 400)))
        assert len(blocks) == 4
        assert all(times[before].max() < times[block].min() for before, block in blocks)
        assert len(np.unique(np.concatenate([block for _, block in blocks]))) == sum(len(block) for _, block in blocks)

    def test_with_one_group_alone_the_expert_is_not_left(self):
        seen = evidence(2, 400)
        choice = choose_strength(seen, expert(2), np.arange(400), np.zeros(400, dtype=int))
        assert choice.strength == math.inf

    def test_the_largest_within_one_standard_error_of_the_best_is_taken(self, calibrated):
        trials = calibrated.trials
        within = [trial.strength for trial in trials if trial.excess <= trial.error]
        assert calibrated.strength == max(within)
        assert min(trial.excess for trial in trials) == 0
        assert [trial.strength for trial in trials] == list(weight_fit.STRENGTHS)

    def test_the_standard_error_takes_groups_together(self):
        differences = np.random.default_rng(0).normal(size=200)
        alone = weight_fit._standard_error(differences, np.arange(200))
        assert alone == pytest.approx(differences.std(ddof=1) / math.sqrt(200))
        doubled = weight_fit._standard_error(np.repeat(differences, 2), np.repeat(np.arange(200), 2))
        assert doubled == pytest.approx(alone)


class TestTheWeights:
    def test_they_move_towards_what_made_the_outcomes_and_keep_signs_and_sum(self, calibrated):
        old, new = calibrated.weights_before, calibrated.weights_after
        assert math.isfinite(calibrated.strength)
        assert calibrated.gain.low > 0
        assert (new["a"] > 35, new["b"] < -25, 0 < new["c"] < 15, 0 < new["d"] < 15) == (True,) * 4
        assert sum(map(abs, new.values())) == pytest.approx(sum(map(abs, old.values())), abs=1e-12)
        assert sum(calibrated.shares_after.values()) == pytest.approx(1)
        assert all(round(weight, 2) == weight for weight in new.values())
        assert calibrated.performance_after.probabilities.brier < calibrated.performance_before.probabilities.brier
        counts = calibrated.counts
        rate, share = counts.fitted_events / counts.fitted, counts.events / counts.tested
        constant = share * (1 - rate) ** 2 + (1 - share) * rate**2
        for performance in (calibrated.performance_before, calibrated.performance_after):
            assert performance.skill_before == pytest.approx(1 - performance.probabilities.brier / constant)

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(
            st.tuples(st.floats(1e-6, 1e6), st.booleans(), st.floats(1e-12, 1.0), st.booleans()),
            min_size=1,
            max_size=12,
        )
    )
    def test_rounding_keeps_sum_and_signs_and_loses_no_input(self, parts):
        old = {f"i{place}": -size if lowers else size for place, (size, lowers, _, _) in enumerate(parts)}
        shares = {f"i{place}": share for place, (_, _, share, free) in enumerate(parts) if free}
        new = new_weights(old, shares)
        assert list(new) == list(old)
        assert all(new[name] * old[name] > 0 for name in old)
        assert all(new[name] == old[name] for name in old if name not in shares)
        total = sum(map(abs, old.values()))
        assert sum(map(abs, new.values())) == pytest.approx(total, rel=1e-12)
        together = sum(abs(old[name]) for name in shares)
        for name, share in shares.items():
            wanted = share / sum(shares.values()) * together
            assert abs(new[name]) == pytest.approx(wanted, abs=together / 299 / len(shares) * max(1, len(shares)))

    def test_an_input_that_no_earlier_row_has_keeps_its_weight(self, model):
        frame = rows()
        frame.loc[frame["year"] < 1990, "d"] = np.nan
        result = trials_in(frame, model, test_from=1990)
        assert result.uninformative == ("d",)
        assert result.weights_after["d"] == 25
        assert result.weights_after["a"] > 25
        assert "kept: missing, or the same, in every row fitted" in str(result)

    @pytest.mark.parametrize("default", ["", ", default: 0.9"])
    def test_assumed_and_missing_values_tell_nothing(self, write, default):
        text = MODEL.replace("  d: {scale: {goalposts: [0, 1]}}", f"  d: {{scale: {{goalposts: [0, 1]}}{default}}}")
        frame = rows(1_500)
        result = trials_in(frame.assign(d=np.where(frame.index % 2, 0.2, np.nan)), load(write("m.yaml", text)))
        assert result.uninformative == ("d",)
        assert result.weights_after["d"] == 25

    def test_another_score_is_left_alone(self, calibrated):
        assert calibrated.after.spec.scores["other"] == calibrated.before.spec.scores["other"]
        assert calibrated.after.spec.rules == calibrated.before.spec.rules

    def test_sub_scores_are_inputs_like_any_other(self, write):
        text = MODEL.replace("  other: {weights: {a: 1, b: 25}}\n", "  sub: {weights: {c: 1, d: 1}}\n")
        text = text.replace("      c: 25\n      d: 25\n", "      sub: 50\n")
        result = trials_in(rows(missing=0.1), load(write("m.yaml", text)))
        assert list(result.weights_after) == ["a", "b", "sub"]
        assert result.weights_after["sub"] < 40
        assert result.gain.value > 0


class TestNoLeak:
    def test_later_outcomes_change_nothing_that_was_fitted(self, model):
        frame = rows(1_500, missing=0.1)
        later = frame["year"] >= 1990
        other = frame.assign(event=np.where(later, 1 - frame["event"], frame["event"]))
        one, two = (trials_in(each, model, test_from=1990) for each in (frame, other))
        assert one.weights_after == two.weights_after
        assert one.trials == two.trials
        kept = ("model", "base_rate", "rows", "events", "times", "intercept", "slope", "meaning")
        assert [getattr(one.map, name) for name in kept] == [getattr(two.map, name) for name in kept]
        assert one.gain != two.gain

    def test_later_values_change_nothing_that_was_fitted(self, model):
        frame = rows(1_500, missing=0.1)
        other = frame.copy()
        other.loc[frame["year"] >= 1990, list("abcd")] = (
            frame[list("abcd")].sample(frac=1, random_state=1).to_numpy()[frame["year"] >= 1990]
        )
        one, two = (trials_in(each, model, test_from=1990) for each in (frame, other))
        assert (one.weights_after, one.trials) == (two.weights_after, two.trials)
        assert (one.map.intercept, one.map.slope) == (two.map.intercept, two.map.slope)

    @pytest.mark.parametrize("seed", range(6))
    def test_outcomes_that_mean_nothing_gain_nothing(self, model, seed):
        frame = rows(1_500, seed=seed)
        frame["event"] = np.random.default_rng(seed).permutation(frame["event"].to_numpy())
        result = trials_in(frame, model)
        assert math.isinf(result.strength) or result.gain.low <= 0

    def test_where_the_expert_is_right_the_weights_stay(self, model):
        several = [trials_in(rows(600, seed, np.full(4, 0.25)), model, resamples=2).strength for seed in range(10)]
        assert several.count(math.inf) >= 8
        result = trials_in(rows(600, several.index(math.inf), np.full(4, 0.25)), model)
        assert result.after.identity == result.before.identity
        assert result.gain == Estimate(0, 0, 0)
        assert "no reason to change the weights" in str(result)


class TestTheFile:
    def test_only_the_numbers_change(self, model, calibrated):
        text = calibrated_text(model, calibrated)
        new = calibrated.weights_after
        expected = MODEL.replace("a: 25   ", f"a: {new['a']:g}   ").replace("weight: -25", f"weight: {new['b']:g}")
        expected = expected.replace("c: 25\n", f"c: {new['c']:g}\n").replace("d: 25\n", f"d: {new['d']:g}\n")
        own = calibrated.after.spec
        assert own.id == "mine-calibrated"
        assert re.fullmatch(r"0\+calibrated\.[0-9a-f]{8}", own.version)
        expected = expected.replace("format: 1\nid: mine\n", f'version: "{own.version}"\nformat: 1\nid: "{own.id}"\n')
        head, rest = text.split("# a model of mine\n")
        assert "# a model of mine\n" + rest == expected
        assert all(line.startswith("# ") for line in head.splitlines())
        for message in (
            "escalation",
            "event of 1",
            "rows from 1950",
            f"Strength: {calibrated.strength:g}",
            "AUC",
            "mine",
        ):
            assert message in head

    def test_it_loads_and_scores_like_the_calibrated_model(self, write, model, calibrated):
        written = riskmodel.load_model(write("new.yaml", calibrated_text(model, calibrated)))
        assert written.identity.fingerprint == calibrated.after.identity.fingerprint
        frame = rows(300, seed=9, missing=0.2)[list("abcd")]
        pd.testing.assert_frame_equal(written.score_frame(frame), calibrated.after.score_frame(frame))

    def test_json_stays_json(self, write):
        path = write("m.json", json.dumps(yaml.safe_load(MODEL), indent=1))
        result = trials_in(rows(), load(path))
        content = json.loads(calibrated_text(load(path), result))
        assert content["scores"]["escalation"]["weights"]["b"]["weight"] == result.weights_after["b"] != -25
        assert content["rules"] == yaml.safe_load(MODEL)["rules"]

    def test_windows_lines_stay(self, tmp_path, calibrated):
        path = tmp_path / "m.yaml"
        path.write_bytes(MODEL.replace("\n", "\r\n").encode())
        text = calibrated_text(load(path), calibrated)
        assert text.count("\n") == text.count("\r\n")

    def test_unchanged_weights_stay_as_they_were_written(self, write):
        path = write("m.yaml", MODEL.replace("a: 25 ", "a: 25.0 "))
        result = trials_in(rows(600, shares=np.full(4, 0.25)), load(path))
        assert math.isinf(result.strength)
        assert calibrated_text(load(path), result).endswith(path.read_text())
        assert result.after.identity == result.before.identity
        named = trials_in(rows(600, shares=np.full(4, 0.25)), load(path), model_id="yours")
        assert (named.after.spec.id, named.after.spec.version.partition(".")[0]) == ("yours", "0+calibrated")


class TestRewriting:
    def rewritten(self, write, text, numbers):
        return with_values(load(write("m.yaml", text)).document, numbers)

    def test_an_alias_on_the_way_is_written_out(self, write):
        text = MODEL.replace("weights: {a: 1, b: 25}", "weights: &w {a: 1, b: 25}")
        text = text.replace("rules:", "  more: {weights: *w}  # as other\nrules:")
        new = self.rewritten(write, text, {("scores", "more", "weights", "a"): 3.5})
        assert new == text.replace("*w", '{"a": 3.5, "b": 25}')

    def test_weights_behind_an_anchor_are_named(self, write):
        for old, new in (("a: 25 ", "a: &w 25 "), ("weights:    ", "weights: &w ")):
            shared = "{a: *w}" if old.startswith("a") else "*w"
            text = MODEL.replace(old, new).replace("{a: 1, b: 25}", shared)
            with pytest.raises(riskmodel.ModelError, match=r"m\.yaml: scores\.escalation\.weights: an alias elsewhere"):
                self.rewritten(write, text, {("scores", "escalation", "weights", "a"): 3.5})

    @settings(max_examples=50, deadline=None)
    @given(st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6))
    def test_any_number_is_read_back(self, one, two):
        document = load(ROOT / "config" / "core_four.yaml").document
        paths = [("scores", "escalation", "weights", "military_activity"), ("indicators", "espionage", "valid")]
        text = with_values(document, {paths[0]: one, (*paths[0][:-1], "espionage"): two})
        weights = yaml.safe_load(text)["scores"]["escalation"]["weights"]
        assert (float(weights["military_activity"]), float(weights["espionage"])) == (one, two)


class TestTheMap:
    def test_it_is_the_logistic_regression_of_the_earlier_rows(self, calibrated):
        from sklearn.linear_model import LogisticRegression

        frame = rows(missing=0.1)
        scored = calibrated.after.score_frame(frame[list("abcd")])["escalation_exact"].to_numpy()
        by_old = calibrated.before.score_frame(frame[list("abcd")])["escalation_exact"].to_numpy()
        fit = ~np.isnan(scored + by_old) & (frame["year"] <= int(calibrated.fitted_times[1])).to_numpy()
        regression = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000)
        regression.fit(scored[fit, None] / 100, frame["event"][fit])
        expected = regression.predict_proba(scored[~np.isnan(scored), None] / 100)[:, 1]
        given_ = calibrated.map.probability(scored, calibrated.after)
        np.testing.assert_allclose(given_[~np.isnan(scored)], expected, atol=2e-3)
        assert np.isnan(given_[np.isnan(scored)]).all()
        assert calibrated.map.base_rate == frame["event"][fit].mean()
        assert calibrated.map.probability(scored[fit]).mean() == pytest.approx(calibrated.map.base_rate, abs=1e-3)
        assert f"{calibrated.map.base_rate:.2%}" in str(calibrated)

    def test_it_is_read_back(self, write, calibrated):
        path = write("map.json", calibrated.map.to_json())
        assert ProbabilityMap.read(path) == calibrated.map
        assert json.loads(path.read_text()) == calibrated.map.to_dict()
        assert calibrated.map.model.fingerprint == calibrated.after.identity.fingerprint

    def test_it_is_refused_for_another_model(self, calibrated):
        with pytest.raises(
            riskmodel.RiskmodelError,
            match=r"the map is for model 'mine-calibrated', fingerprint .* got values of 'mine'",
        ):
            calibrated.map.probability([50.0], calibrated.before)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (None, "there is no such file"),
            ("{}", "is not a map from a score to probabilities"),
            ("[1]", "is not a map from a score to probabilities"),
            ({"slope": -1}, r"map\.json:\d+:\d+: slope: should be at least 0; got -1"),
            ({"slope": "x"}, "slope: should be a number; got 'x'"),
            ({"slopes": 1}, "unknown key 'slopes'; did you mean 'slope'"),
            ({"kind": "something"}, "kind: should be 'score to probability'"),
            ({"base_rate": 1}, "base_rate: should be"),
        ],
    )
    def test_a_file_that_is_not_a_map_is_refused(self, write, tmp_path, calibrated, change, words):
        path = tmp_path / "map.json"
        if change is not None:
            content = change if isinstance(change, str) else json.dumps({**calibrated.map.to_dict(), **change})
            write("map.json", content)
        with pytest.raises(riskmodel.RiskmodelError, match=words):
            ProbabilityMap.read(path)


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"time": None}, "calibration needs the times of rows"),
            ({"score": "escalatoin"}, "did you mean 'escalation'"),
            ({"resamples": 1}, "resamples should be 2 or more; got 1"),
            ({"confidence": 1.0}, "between 0 and 1; got 1"),
            ({"seed": -1}, "seed should be 0 or more; got -1"),
            ({"test_from": "2020"}, "there are no rows from 2020 on"),
        ],
    )
    def test_arguments_are_checked(self, model, options, words):
        with pytest.raises(riskmodel.RiskmodelError, match=words):
            calibrate(rows(300), "event", riskmodel.Model(model.spec), **{"time": "year", **options})

    def test_another_mean_is_refused(self, write):
        loaded = load(write("m.yaml", MODEL.replace("min_coverage: 0.4", "mean: geometric")))
        with pytest.raises(riskmodel.ModelError, match=r"escalation\.mean: only an arithmetic mean.* exponent 0"):
            trials_in(rows(300), loaded)

    def test_too_few_rows_are_refused(self, model):
        frame = rows(300)
        with pytest.raises(riskmodel.SituationError, match="fewer than two inputs"):
            trials_in(frame.assign(b=0.5, c=np.nan, d=0.1), model)
        first = frame["year"] == frame["year"].min()
        late = frame.assign(year=np.where(first, 1950, np.where(frame["year"] < 2000, 1960, 2000)))
        with pytest.raises(riskmodel.SituationError, match="too few earlier rows to choose a strength"):
            trials_in(late.assign(event=np.where(first, 0, late["event"])), model, test_from=2000)
        with pytest.raises(riskmodel.SituationError, match="rows with and without an event are needed"):
            trials_in(frame.assign(event=0), model)


def run(*arguments):
    return command.run("calibrate", *arguments, cwd=ROOT)


class TestTheCommand:
    @pytest.fixture
    def files(self, write, tmp_path):
        write("mine.yaml", MODEL)
        rows(1_500).to_csv(tmp_path / "d.csv", index=False)
        return tmp_path

    def arguments(self, files, *more):
        return (files / "d.csv", "--outcome", "event", "--time", "year", "-m", files / "mine.yaml", *more)

    def test_it_writes_model_and_map_and_tells_the_result(self, files):
        done = run(
            *self.arguments(files, "-o", files / "new.yaml", "--probability-map", files / "p.json", "--format", "json")
        )
        assert done.returncode == 0, done.stderr
        message = json.loads(done.stdout)
        new = riskmodel.load_model(files / "new.yaml")
        assert message["calibrated"]["fingerprint"] == new.identity.fingerprint
        assert {name: new.spec.scores["escalation"].weight(name) for name in "abcd"} == {
            name: weight["after"] for name, weight in message["weights"].items()
        }
        assert ProbabilityMap.read(files / "p.json").to_dict() == message["map"]
        assert f"SHA-256 {message['sha256']}" in (files / "new.yaml").read_text()
        assert sorted(path.name for path in files.iterdir()) == ["d.csv", "mine.yaml", "new.yaml", "p.json"]

    def test_standard_output_takes_the_model_alone(self, files, write):
        done = run(*self.arguments(files, "-o", "-"))
        assert done.returncode == 0
        assert riskmodel.load_model(write("piped.yaml", done.stdout)).spec.id == "mine-calibrated"
        assert "On the later rows" in done.stderr

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (["-o", "mine.yaml"], "is the model and the output at once"),
            (["-o", "d.csv"], "is the data and the output at once"),
            (["-o", "n.yaml", "--probability-map", "n.yaml"], "is the output and the map at once"),
            (["-o", "n.json"], "is YAML, so the name should end in .yaml"),
            (["-o", "n.yaml", "--probability-map", "-"], "the map needs a separate file"),
            (["-o", "n.yaml", "--score", "x"], "no score 'x'"),
            (["-o", "n.yaml", "--group", "pairs"], "did you mean 'pair'"),
            (["-o", "no/n.yaml"], "there is no folder"),
        ],
    )
    def test_an_error_leaves_no_file(self, files, more, words):
        before = {path: path.read_bytes() for path in files.iterdir()}
        named = [str(files / word) if "." in word else word for word in more]
        done = run(*self.arguments(files, *named))
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert {path: path.read_bytes() for path in files.iterdir()} == before

    def test_a_missing_library_is_named(self, files):
        code = (
            "import sys\nfrom importlib import util\nreal = util.find_spec\n"
            "util.find_spec = lambda name, *more: None if name == 'sklearn' else real(name, *more)\n"
            f"sys.argv = ['riskmodel', 'calibrate', {str(files / 'd.csv')!r}, '--outcome', 'event', '-o', 'n.yaml']\n"
            "from riskmodel.cli import run\nrun()\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 2
        assert "pip install scikit-learn" in done.stderr


def test_dyad_years_are_calibrated(reference_data, tmp_path):
    sys.path.insert(0, str(ROOT / "benchmarks" / "evidence"))
    import dyads

    frame = dyads.situations(dyads.read(dyads.files(reference_data)))
    result = calibrate(frame, "y_icb_onset", group="dyad", time="year", test_from=1981)
    assert result.counts.tested > 500
    assert result.n_dropped == 0
    assert "communication_frequency" in result.uninformative
    assert result.sha256 is None
