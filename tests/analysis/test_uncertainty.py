"""How sure a score is: draws against closed forms, errors that cover, and the command."""

import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import run
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values
from scipy import stats

import riskmodel
from riskmodel.analysis.quantiles import quantile_of, smooth
from riskmodel.analysis.sampling import replicate_generators, sobol_points, uncertain_inputs
from riskmodel.analysis.situations import prepare
from riskmodel.analysis.weights import concentration, uncertain_weights
from riskmodel.engine.block import score_block
from riskmodel.results import Estimate
from riskmodel.schema.breakpoints import Range, indicator_range, over_labels, over_range
from riskmodel.schema.distributions import median
from riskmodel.schema.situation import Normal, Pert, Quantiles, Uniform

ROOT = Path(__file__).parents[2]
ANYWHERE = (-math.inf, math.inf)
SHARES = np.array([0.001, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.999])
CASE = ROOT / "examples" / "article_case.yaml"


def linear(bands=None, rules=None, **weights):
    """A model whose only score is linear in its inputs from -100 to 100."""
    indicators = {name: {"valid": [-100, 100], "scale": {"goalposts": [-100, 100]}} for name in weights}
    score = {"weights": weights, "decimals": 9, **({"bands": bands} if bands else {})}
    content = {"format": 1, "id": "linear", "indicators": indicators, "scores": {"risk": score}}
    return riskmodel.load_model({**content, **({"rules": rules} if rules else {})})


def near(quantiles, truth, tolerance):
    """Whether all quantiles are near those of a distribution: by their own intervals twice over, and outright."""
    return all(
        abs(result.value - truth.ppf(share)) <= min(tolerance, result.high - result.low)
        for share, result in quantiles.items()
    )


class TestQuantiles:
    @pytest.mark.parametrize(("low", "high"), [(2, 5), (-3, -3)])
    def test_uniform(self, low, high):
        result = quantile_of(Uniform(low=low, high=high), ANYWHERE)(SHARES)
        assert result == pytest.approx(low + (high - low) * SHARES)

    @pytest.mark.parametrize(("low", "likely", "high"), [(0, 1, 10), (2, 2, 3), (0, 5, 5), (-4, 0, 9)])
    def test_pert_is_the_beta_distribution_of_its_definition(self, low, likely, high):
        width = high - low
        shapes = 1 + 4 * (likely - low) / width, 1 + 4 * (high - likely) / width
        expected = stats.beta.ppf(SHARES, *shapes, loc=low, scale=width)
        assert quantile_of(Pert(low=low, likely=likely, high=high), ANYWHERE)(SHARES) == pytest.approx(expected)

    @pytest.mark.parametrize("bounds", [ANYWHERE, (0, 10), (8, math.inf), (-math.inf, 1), (9.5, 10)])
    def test_normal_is_truncated_to_what_is_valid(self, bounds):
        ends = [(bound - 4) / 2 for bound in bounds]
        expected = stats.truncnorm.ppf(SHARES, *ends, loc=4, scale=2)
        assert quantile_of(Normal(mean=4, sd=2), bounds)(SHARES) == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize("three", [(1, 2, 3), (1, 1, 9), (0, 0, 0), (-5, 4, 4.5)])
    def test_any_quantiles_given_are_kept(self, three):
        low, middle, high = three
        result = quantile_of(Quantiles(p10=low, p50=middle, p90=high), (low, high))
        assert result(np.array([0.1, 0.5, 0.9])) == pytest.approx(three)
        assert result(SHARES).min() >= low
        assert result(SHARES).max() <= high

    def test_quantiles_of_a_normal_distribution_are_that_distribution(self):
        p10, p50, p90 = stats.norm.ppf([0.1, 0.5, 0.9], 7, 3)
        result = quantile_of(Quantiles(p10=p10, p50=p50, p90=p90), ANYWHERE)(SHARES)
        assert result == pytest.approx(stats.norm.ppf(SHARES, 7, 3))

    @given(
        st.one_of(
            st.tuples(st.floats(0, 5), st.floats(0, 5)).map(lambda ends: Uniform(low=min(ends), high=max(ends))),
            st.lists(st.floats(0, 10), min_size=3, max_size=3)
            .map(sorted)
            .map(lambda three: Pert(low=three[0], likely=three[1], high=three[2])),
            st.tuples(st.floats(1, 9), st.floats(0.1, 20)).map(lambda two: Normal(mean=two[0], sd=two[1])),
        )
    )
    def test_the_middle_is_the_median_that_the_plain_score_takes(self, distribution):
        bounds = (0.0, 10.0)
        middle = quantile_of(distribution, bounds)(np.array([0.5]))[0]
        assert middle == pytest.approx(median(distribution, bounds), rel=1e-9, abs=1e-9)

    def test_a_range_is_even_and_that_of_a_logarithm_even_on_the_logarithm(self):
        assert over_range(Range(2, 6))(SHARES) == pytest.approx(2 + 4 * SHARES)
        assert over_range(Range(1, 1000, logarithmic=True))(SHARES) == pytest.approx(1000**SHARES)

    def test_labels_are_equally_likely(self):
        result = over_labels(3)(np.arange(0.5, 300) / 300)
        assert np.bincount(result.astype(int)).tolist() == [100, 100, 100]

    def test_a_smooth_quantile_function_is_the_slow_one_also_at_the_far_ends(self):
        shares = np.concatenate([np.arange(1, 20_000) / 20_000, [4.1e-11, 1e-9, 1 - 1e-9]])
        result = smooth(stats.logistic.ppf, stats.logistic.isf, -50, 50)(shares)
        assert result == pytest.approx(stats.logistic.ppf(shares), rel=1e-7, abs=1e-9)


class TestWholeRange:
    def varied(self, indicator):
        content = {"format": 1, "id": "m", "indicators": {"x": indicator}, "scores": {"s": {"weights": {"x": 1}}}}
        return indicator_range(riskmodel.load_model(content).spec, "x")

    def test_valid_ends_come_first_then_the_ends_of_scale_and_terms(self):
        scale = {"goalposts": [10, 50]}
        assert self.varied({"valid": [0, 100], "scale": scale}) == (0, 100, False)
        assert self.varied({"valid": [0, None], "scale": scale}) == (0, 50, False)
        assert self.varied({"scale": scale, "terms": {"extreme": {"above": [60, 80]}}}) == (10, 80, False)
        assert self.varied({"scale": {"points": [[1, 0], [4, 1]]}}) == (1, 4, False)

    def test_a_logistic_curve_ends_at_1_and_99_percent(self):
        low, high, _ = self.varied({"scale": {"logistic": {"midpoint": 5, "slope": -2}}})
        assert 1 / (1 + math.exp(2 * (low - 5))) == pytest.approx(0.99)
        assert 1 / (1 + math.exp(2 * (high - 5))) == pytest.approx(0.01)

    def test_a_logarithm_has_no_zero(self):
        scale = {"goalposts": [1, 1000], "curve": "log"}
        assert self.varied({"valid": [0, 500], "scale": scale}) == (1, 500, True)

    def test_what_is_not_known_is_an_error(self):
        content = {
            "format": 1,
            "id": "m",
            "indicators": {"x": {"scale": {"goalposts": [0, 1]}}, "y": {}},
            "scores": {"s": {"weights": {"x": 1}}},
            "rules": {"r": {"when": "y > 3", "then": {"s": {"add": 1}}}},
        }
        with pytest.raises(riskmodel.ModelError, match=r"the range of y is unknown.*valid"):
            riskmodel.uncertainty({"x": 1}, model=riskmodel.load_model(content), sample_missing=True)


class TestWeightsFromRowToRow:
    @settings(max_examples=60)
    @given(st.integers(0, 10**6))
    def test_each_row_is_scored_as_by_a_model_with_its_weights(self, seed):
        rng = random.Random(seed)
        content = random_model(rng)
        model = riskmodel.load_model(content)
        values = random_values(rng, content)
        rows = 3
        drawn = {
            name: [np.array([rng.uniform(0.1, 9) for _ in range(rows)]) for _ in score.inputs]
            for name, score in model.compiled.scores.items()
        }
        columns = {name: np.full(rows, value) for name, value in prepare(model, values).given.items()}
        block = score_block(model.compiled, columns, rows, drawn)
        for row in range(rows):
            own = {
                name: score._replace(
                    inputs=tuple(
                        part._replace(weight=float(weights[row]))
                        for part, weights in zip(score.inputs, drawn[name], strict=True)
                    )
                )
                for name, score in model.compiled.scores.items()
            }
            alone = score_block(replace(model.compiled, scores=own), {name: c[:1] for name, c in columns.items()}, 1)
            for name, expected in alone.scores.items():
                result = block.scores[name]
                for field in ("value", "coverage", "low", "high"):
                    both = getattr(result, field)[row], getattr(expected, field)[0]
                    assert both[0] == pytest.approx(both[1], abs=1e-9, nan_ok=True)


class TestClosedForms:
    def test_a_linear_score_of_normal_inputs_is_normal(self):
        model = linear(a=3, b=1)
        situation = {"a": {"mean": 4, "sd": 6}, "b": {"mean": -10, "sd": 15}}
        result = riskmodel.uncertainty(situation, model=model, draws=1 << 16)["risk"]
        # The score is 50 + (3 a + b) / 8.
        expected = stats.norm(50 + (3 * 4 - 10) / 8, math.hypot(3 * 6, 15) / 8)
        assert near(result.quantiles, expected, 0.05)
        assert result.values.mean() == pytest.approx(expected.mean(), abs=1e-3)
        assert result.values.std() == pytest.approx(expected.std(), abs=1e-3)

    def test_the_90_percent_intervals_of_estimates_cover_the_truth(self):
        bands = {"low": 0, "middle": 48, "high": 52}
        model = linear(bands=bands, a=3, b=1)
        situation = {"a": {"mean": 4, "sd": 6}, "b": {"mean": -10, "sd": 15}}
        truth = stats.norm(50 + (3 * 4 - 10) / 8, math.hypot(3 * 6, 15) / 8)
        truths = {
            **{share: truth.ppf(share) for share in (0.05, 0.5, 0.95)},
            "low": truth.cdf(48),
            "high": truth.sf(52),
        }
        covered = dict.fromkeys(truths, 0)
        for seed in range(200):
            result = riskmodel.uncertainty(situation, model=model, draws=2048, seed=seed)["risk"]
            shares = {band.band: band.share for band in result.bands}
            for figure, expected in truths.items():
                estimate = result.quantiles.get(figure) or shares[figure]
                covered[figure] += estimate.low <= expected <= estimate.high
        # Three standard errors of a share of .9 among 200.
        for figure, count in covered.items():
            assert 0.836 <= count / 200 <= 0.964, figure

    def test_the_share_of_two_uncertain_weights_is_a_beta(self):
        model = linear(a=3, b=1)
        result = riskmodel.uncertainty({"a": 100, "b": -100}, model=model, weight_uncertainty=0.3, draws=1 << 16)
        whole = (2 - 1) / 0.3**2 - 1
        assert result.concentrations == {"risk": pytest.approx(whole)}
        expected = stats.beta(0.75 * whole, 0.25 * whole, scale=100)
        assert near(result["risk"].quantiles, expected, 0.1)

    @pytest.mark.parametrize("inputs", [2, 5, 13])
    def test_a_weight_of_average_size_varies_by_the_given_share(self, inputs):
        share, whole = 1 / inputs, concentration(inputs, 0.2)
        assert stats.beta(share * whole, (1 - share) * whole).std() == pytest.approx(0.2 * share)

    @pytest.mark.parametrize("average", [0.05, 0.4, 3, 40, 2000])
    def test_weights_are_drawn_as_gamma_variates(self, average):
        # Of two weights, one has the shape `average` where both together have the concentration 1 / 0.2^2 - 1 = 24.
        spread = 0.2 if average < 24 else 0.01
        whole = concentration(2, spread)
        score = linear(a=average / whole, b=1 - average / whole).compiled.scores["risk"]
        result = uncertain_weights(score, spread)[0].quantile
        shares = np.random.default_rng(0).random(10_000)
        expected = stats.gamma.ppf(shares, average)
        assert result(shares) == pytest.approx(expected, rel=0, abs=2e-5 * math.sqrt(average))

    def test_what_is_missing_is_drawn_over_its_whole_range(self):
        model = linear(a=1, b=1)
        result = riskmodel.uncertainty({"a": 0}, model=model, sample_missing=True)["risk"]
        for share, estimate in result.quantiles.items():
            assert estimate.value == pytest.approx(25 + 50 * share, abs=0.1)

    def test_how_often_a_rule_fires_and_how_far(self):
        rules = {
            "graded": {"when": "a is high", "then": {"risk": {"add": 1}}},
            "sharp": {"when": "a > 40", "then": {"risk": {"add": 1}}},
            "never": {"when": "a > 90", "then": {"risk": {"add": 1}}},
            "constant": {"when": "1 < 2", "then": {"risk": {"add": 1}}},
        }
        content = linear(rules=None, a=1).spec.model_dump(exclude_defaults=True, by_alias=True)
        content["indicators"]["a"]["terms"] = {"high": {"above": [20, 60]}}
        model = riskmodel.load_model({**content, "rules": rules})
        result = riskmodel.uncertainty({"a": {"low": 0, "high": 80}}, model=model)
        shares = {rule.name: rule for rule in result.rules}
        assert shares["graded"].fired.value == pytest.approx(60 / 80, abs=1e-3)
        # Half of the 40 in which it rises, all of the 20 after.
        assert shares["graded"].degree == pytest.approx((20 + 20) / 80, abs=1e-3)
        assert shares["sharp"].fired.value == pytest.approx(40 / 80, abs=1e-3)
        assert shares["never"].fired == Estimate(0, 0, 0)
        assert (shares["constant"].fired.value, shares["constant"].degree) == (1, 1)

    def test_labels_that_are_missing_are_each_as_likely(self):
        content = {
            "format": 1,
            "id": "m",
            "indicators": {"alert": {"scale": {"levels": {"calm": 0, "tense": 0.5, "crisis": 1}}}},
            "scores": {"s": {"weights": {"alert": 1}, "bands": {"low": 0, "mid": 40, "top": 90}}},
        }
        result = riskmodel.uncertainty({}, model=riskmodel.load_model(content), sample_missing=True)
        assert [band.share.value for band in result["s"].bands] == pytest.approx([1 / 3] * 3, abs=1e-3)
        assert (result.varied[0].low, result.varied[0].median, result.varied[0].high) == ("calm", "tense", "crisis")


class TestProperties:
    def test_a_seed_gives_the_same_draws_and_another_seed_others(self, default_model):
        options = {"model": default_model, "weight_uncertainty": 0.2, "sample_missing": True, "draws": 1024}
        situation = {"military_activity": 7, "communication_frequency": {"low": 0, "high": 3}}
        first, again, other = (
            riskmodel.uncertainty(situation, seed=seed, **options)["escalation"].values for seed in (0, 0, 7)
        )
        assert (first == again).all()
        assert (first != other).any()

    def test_bands_sum_to_one_and_quantiles_ascend(self, default_model):
        (situation,) = riskmodel.read_situations(CASE)
        for score in riskmodel.uncertainty(situation, weight_uncertainty=0.2, draws=2048).scores.values():
            assert sum(band.share.value for band in score.bands) == pytest.approx(1)
            ends = [estimate.value for estimate in score.quantiles.values()]
            assert ends == sorted(ends)

    def test_drawn_weights_do_not_change_what_is_known(self, default_model):
        # The four core indicators are exactly the least coverage of escalation.
        core = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
        result = riskmodel.uncertainty(core, weight_uncertainty=0.3, draws=1024)
        assert set(result.scores) == {"escalation", "stability"}
        assert np.isfinite(result["escalation"].values).all()

    def test_no_draw_leaves_the_bounds_when_missing_values_are_drawn(self, default_model):
        core = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
        bounds = default_model.assess(core)["escalation"]
        values = riskmodel.uncertainty(core, sample_missing=True)["escalation"].values
        assert bounds.low - 1e-9 <= values.min()
        assert values.max() <= bounds.high + 1e-9

    def test_points_never_reach_the_ends(self):
        points = sobol_points(3, 1 << 14, replicate_generators(0, 1)[0])
        assert points.shape == (3, 1 << 14)
        assert points.min() > 0
        assert points.max() < 1

    def test_a_weight_of_what_is_missing_is_no_factor(self, default_model):
        case = prepare(default_model, {"military_activity": 7, "espionage": 3})
        factors = uncertain_inputs(default_model, case, 0.2, missing=False).factors
        assumed = {name for name, indicator in default_model.spec.indicators.items() if indicator.default}
        assert {factor.name for factor in factors} == {"military_activity", "espionage"} | assumed
        assert {factor.score for factor in factors} == {"escalation", "stability"}

    def test_progress_ends_at_one(self):
        shares = []
        riskmodel.uncertainty(
            {"a": {"low": 0, "high": 1}},
            model=linear(a=1),
            draws=1024,
            on_progress=lambda share, doing: shares.append(share),
        )
        assert shares == sorted(shares)
        assert shares[-1] == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, r"nothing here is uncertain.*--weight-uncertainty 20%"),
            ({"weight_uncertainty": 0.0}, r"more than 0 and less than 100 %; got 0 %"),
            ({"weight_uncertainty": 20}, r"got 2000 %"),
            ({"weight_uncertainty": 0.2, "draws": 100}, r"from 1,024 to 16,777,216; got 100"),
            ({"weight_uncertainty": 0.2, "seed": -1}, r"from 0 on; got -1"),
            ({"weight_uncertainty": 0.2, "seed": 1.5}, r"from 0 on; got 1.5"),
            ({"weight_uncertainty": 0.2, "draws": 2000.5}, r"draws are a whole number; got 2000.5"),
            ({"weight_uncertainty": "20%"}, r"a share such as 0.2; got '20%'"),
            ({"weight_uncertainty": 0.999}, r"weights of risk cannot vary by 0.999: the weight of a is only 0.5"),
        ],
    )
    def test_options_out_of_range_are_refused(self, options, message):
        with pytest.raises(riskmodel.RiskmodelError, match=message):
            riskmodel.uncertainty({"a": 1, "b": 2}, model=linear(a=1, b=1), **options)

    def test_too_little_data(self, default_model):
        with pytest.raises(riskmodel.RiskmodelError, match=r"insufficient for every score.*--sample-missing"):
            riskmodel.uncertainty({"espionage": {"low": 1, "high": 9}})

    def test_a_range_that_is_too_wide(self):
        content = linear(a=1).spec.model_dump(exclude_defaults=True, by_alias=True)
        content["indicators"]["a"]["valid"] = [-1e308, 1e308]
        with pytest.raises(riskmodel.ModelError, match="the range of a is too wide to compute with"):
            riskmodel.uncertainty({}, model=riskmodel.load_model(content), sample_missing=True)

    @pytest.mark.parametrize("source", [7, [{"espionage": 1}, 7]])
    def test_what_is_no_situation(self, source):
        with pytest.raises(TypeError, match=r"got (int|7)"):
            riskmodel.uncertainty(source)


class TestSeveral:
    FRAME = pd.DataFrame(
        {
            "id": ["sure", "gap", "empty"],
            "military_activity": [3.0, 5.0, np.nan],
            "communication_frequency": [1.0, np.nan, np.nan],
            "espionage": [5.0, 6.0, np.nan],
            "trade_disruption": [2.0, 3.0, np.nan],
        }
    )

    @pytest.fixture
    def model(self):
        return riskmodel.load_model("core-four")

    def test_each_row_of_a_frame_has_what_it_has_alone(self, model):
        result = model.uncertainty(self.FRAME, weight_uncertainty=0.2, sample_missing=True, draws=1024)
        assert [one.heading for one in result] == ["sure", "gap", "empty"]
        for one, situation in zip(result, riskmodel.read_table(self.FRAME, model=model), strict=True):
            alone = model.uncertainty(situation, weight_uncertainty=0.2, sample_missing=True, draws=1024)
            assert one.to_dict() == alone.to_dict()

    def test_a_row_in_which_nothing_is_uncertain_is_its_score(self, model):
        scored = model.score_frame(self.FRAME)
        result = model.uncertainty(self.FRAME, draws=1024)
        assert len(result) == 3
        for one, row in zip(result, scored.itertuples(), strict=True):
            for name, score in one.scores.items():
                exact = getattr(row, f"{name}_exact")
                assert {end for ends in score.quantiles.values() for end in astuple(ends)} == {exact}
                assert (score.values == exact).all()
                assert len(score.values) == 1024
                assert {band.band: band.share.value for band in score.bands if band.share.value} == {
                    getattr(row, f"{name}_band"): 1.0
                }
        assert result[2].scores == {}
        assert result[2].without_score == ("Escalation risk", "Stability")
        # 41.25 is shown as reported, 41.3.
        assert scored["escalation_exact"][0] == 41.25
        assert re.search(r"sure +Escalation risk +41\.3 +41\.3 to 41\.3 +elevated 100%", str(result))
        assert "Nothing is uncertain about 3 of 3" in str(result)

    def test_rules_fire_in_every_draw_or_in_none(self, model):
        (result,) = model.uncertainty(
            [{"military_activity": 8, "communication_frequency": 1, "espionage": 1}], draws=1024
        )
        assert result["escalation"].quantiles[0.05].value == result["escalation"].plain.value
        (assessed,) = [model.assess({"military_activity": 8, "communication_frequency": 1, "espionage": 1})]
        assert {rule.name: (rule.fired.value, rule.degree) for rule in result.rules} == {
            rule.name: (float(rule.degree > 0), rule.degree) for rule in assessed.rules
        }

    def test_the_function_gives_what_the_command_prints(self, tmp_path):
        path = tmp_path / "t.csv"
        self.FRAME.to_csv(path, index=False)
        for name, extra in (("uncertainty", {"draws": 1024}), ("sensitivity", {"draws": 64})):
            result = getattr(riskmodel, name)(path, model="core-four", **extra)
            words = [name, path, "-m", "core-four", "--draws", extra["draws"]]
            assert json.loads(run(*words, "--format", "json").stdout) == json.loads(json.dumps(result.to_dict()))
            assert run(*words).stdout == f"{result}\n"
            assert run(*words, "--format", "markdown").stdout == f"{result.to_markdown()}\n"
            assert result._repr_html_()
        result = riskmodel.levers(path, "escalation <= 20", model="core-four")
        done = run("levers", path, "-m", "core-four", "--target", "escalation <= 20")
        assert done.stdout == f"{result}\n"
        assert [len(one.single_levers) for one in result] == [4, 3, 0]

    def test_sensitivity_where_nothing_varies(self, model):
        sure, gap, empty = model.sensitivity(self.FRAME, over="given", draws=64)
        assert [(score.mean, score.sd) for score in sure.scores.values()] == [
            (score.plain.value, 0.0) for score in sure.scores.values()
        ]
        assert sure.scores["escalation"].warnings == ("nothing that varies moves this score",)
        assert gap.scores.keys() == sure.scores.keys()
        assert empty.scores == {}

    def test_progress_goes_from_row_to_row(self, model):
        calls = []
        model.uncertainty(
            self.FRAME,
            weight_uncertainty=0.2,
            draws=1024,
            on_progress=lambda share, words: calls.append((share, words)),
        )
        assert calls == sorted(calls, key=lambda call: call[0])
        assert calls[0][1].startswith("situation 1 of 3: ")

    @pytest.mark.parametrize("analyse", ["uncertainty", "sensitivity"])
    def test_an_error_in_any_row_is_raised_before_any_work(self, model, analyse):
        with pytest.raises(riskmodel.SituationError, match=r"column espionage, row 1: -6 is outside"):
            getattr(model, analyse)(self.FRAME.assign(espionage=[1, -6, 2]))


class TestCommand:
    def test_the_formats_tell_the_same(self):
        text, markdown, data = (
            run("uncertainty", CASE, "--draws", 1024, "--weight-uncertainty", "20%", "--format", form)
            for form in ("text", "markdown", "json")
        )
        (result,) = json.loads(data.stdout)
        median_ = f"{result['scores']['escalation']['quantiles']['0.5']['value']:.1f}"
        assert f"median {median_}" in text.stdout
        assert f"median {median_}" in markdown.stdout
        assert result["draws"] == 1024
        assert result["weight_uncertainty"]["spread"] == 0.2
        assert result["model"]["id"] == "bilateral-tension"

    def test_a_range_on_the_command_line(self):
        done = run("uncertainty", CASE, "--set", "espionage={low: 10, high: 12}", "--format", "json", "--draws", 1024)
        varied = {one["name"]: one for one in json.loads(done.stdout)[0]["varied"]}
        assert varied["espionage"]["median"] == 11

    def test_a_table_has_a_line_for_each_score_of_each_row(self, write):
        rows = (ROOT / "examples" / "dyad_months.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        table = write("months.csv", "".join(rows[:9]))
        done = run("uncertainty", table, "--weight-uncertainty", "20%", "--draws", 1024)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("Escalation risk") == done.stdout.count("Stability") == 8
        assert "north-south-04" in done.stdout

    def test_the_plot(self, tmp_path):
        for name, start in (("u.png", b"\x89PNG"), ("u.svg", b"<?xml")):
            done = run("uncertainty", CASE, "--draws", 1024, "--plot", tmp_path / name)
            assert done.returncode == 0, done.stderr
            assert (tmp_path / name).read_bytes().startswith(start)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ((), "give a situation: FILE"),
            (("--set", "espionage=3"), "nothing here is uncertain"),
            (("--set", "espionage={low: 5, high: 3}"), "--set: espionage: high (3) is below low (5)"),
            (("--set", "espionage={low: 5"), "--set: espionage: "),
            (("--set", "espionage={low: -5, high: 3}"), "-5 is outside the valid range (at least 0)"),
            (("--set", "espionag={low: 5, high: 6}"), "did you mean 'espionage'?"),
            ((CASE, "--weight-uncertainty", "much"), "should be a share such as 20% or 0.2; got 'much'"),
            ((CASE, "--weight-uncertainty", "nan"), "got nan %"),
            ((CASE, "--draws", "7"), "draws are from 1,024"),
            ((CASE, "--plot", "x.doc"), "x.doc: a plot ends in .png, .svg, .pdf"),
            ((ROOT / "examples" / "dyad_months.csv", "--weight-uncertainty", "20%", "--plot", "x.png"), "got 40"),
            (("nowhere.csv", "--sample-missing"), "nowhere.csv: there is no such file"),
        ],
    )
    def test_one_clear_error(self, words, message):
        done = run("uncertainty", *words)
        assert done.returncode == 2
        assert done.stdout == ""
        assert message in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_row_without_values_has_no_score_and_one_without_doubts_an_interval_of_no_width(self, write):
        table = write(
            "t.csv", "id,military_activity,communication_frequency,trade_disruption,espionage\na,3,1,2,5\nb,,,,\n"
        )
        done = run("uncertainty", table, "-m", "core-four", "--draws", 1024, "--format", "json")
        assert done.returncode == 0
        first, second = json.loads(done.stdout)
        assert (first["situation"], second["situation"]) == ("a", "b")
        assert (second["scores"], second["without_score"]) == ({}, ["Escalation risk", "Stability"])
        for score in first["scores"].values():
            assert {end for ends in score["quantiles"].values() for end in ends.values()} == {score["plain"]}
        assert run("uncertainty", table, "-m", "core-four", "--draws", 1024).stdout.count("insufficient data") == 2

    def test_a_bad_cell_of_a_table_is_an_error_with_its_line(self, write):
        table = write("t.csv", "id,espionage\na,3\nb,many\n")
        done = run("uncertainty", table, "--sample-missing")
        assert done.returncode == 2
        assert "t.csv:3: column espionage" in done.stderr
        assert "many" in done.stderr

    def test_an_interrupt_ends_it_at_once(self):
        words = [
            sys.executable,
            "-m",
            "riskmodel",
            "uncertainty",
            str(CASE),
            "--weight-uncertainty",
            "20%",
            "--draws",
            "16777216",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
        ) as process:
            time.sleep(3)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert out == ""
        assert errors.strip() == "interrupted"


def test_rows_of_a_frame_are_named_by_their_id_or_their_number():
    frame = pd.DataFrame({"id": ["p", None, "q"], "espionage": [1, 2, 3]})
    assert [one.spec.id for one in riskmodel.read_table(frame)] == ["p", "row 2", "q"]
    frame["id"] = [1.0, float("nan"), 3.0]
    assert [one.spec.id for one in riskmodel.read_table(frame)] == ["1", "row 2", "3"]
