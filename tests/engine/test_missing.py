"""Missing values: one policy for the score, its bounds, its intervals and its wording."""

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values
from scipy import stats

import riskmodel
from riskmodel.analysis.quantiles import quantile_of
from riskmodel.engine.imputation import _NUMERICS, DRAWS
from riskmodel.report import formatting
from riskmodel.report.assessment_markdown import assessment_markdown
from riskmodel.schema.distributions import quantile_function
from riskmodel.schema.situation import Normal, Pert, Quantiles

EXAMPLES = Path(__file__).parents[2] / "examples"
SITUATIONS = [
    situation for file in sorted(EXAMPLES.glob("*case*.yaml")) for situation in riskmodel.read_situations(file)
]
CORE = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
USUAL = {"low": 2, "high": 6, "because": "So it is with most."}
BANDS = {"low": 0, "middle": 40, "high": 60, "top": 80}


def content(default=USUAL, **score):
    """A model of a known and of a missing input, of equal weight, both on a scale from 0 to 10."""
    scale = {"valid": [0, 10], "scale": {"goalposts": [0, 10]}}
    return {
        "format": 1,
        "id": "pair",
        "indicators": {"a": scale, "b": {**scale, "default": default}},
        "scores": {"s": {"weights": {"a": 1, "b": 1}, "bands": BANDS, **score}},
    }


def model(default=USUAL, **score):
    return riskmodel.load_model(content(default, **score))


def test_a_value_that_is_missing_stays_so_on_a_scale_of_one_point():
    spec = content(None)
    spec["indicators"]["b"] = {"scale": {"points": [[3, 0.7]]}}
    assessed = riskmodel.load_model(spec).assess({"a": 5})["s"]
    assert (assessed.value, assessed.coverage, assessed.low, assessed.high) == (50, 0.5, 25, 75)


class TestDefaults:
    @pytest.mark.parametrize(
        ("default", "median"),
        [
            (3, 3),
            ({"low": 2, "high": 6}, 4),
            ({"p10": 0, "p50": 1, "p90": 9}, 1),
            ({"low": 0, "likely": 2, "high": 10}, 10 * stats.beta(1.8, 4.2).ppf(0.5)),
            ({"mean": 1, "sd": 2}, stats.truncnorm(-0.5, 4.5, loc=1, scale=2).ppf(0.5)),
        ],
    )
    def test_the_score_takes_the_median_and_nothing_else_of_it(self, default, median):
        assessment = model(default).assess({"a": 8})
        score = assessment["s"]
        assert score.value == pytest.approx(50 * (0.8 + median / 10), abs=1e-7)
        assert (score.coverage, score.low, score.high) == (0.5, 40, 90)
        assert (assessment.missing, assessment.assumed) == ((), ("b",))
        assert assessment.input("b").used == pytest.approx(median)

    def test_it_is_sampled_where_missing_values_are_sampled(self):
        """8 is known; the other is uniform from 2 to 6, so the score is uniform from 50 to 70."""
        result = riskmodel.uncertainty({"a": 8}, model=model(), sample_missing=True)
        for share, quantile in result["s"].quantiles.items():
            assert quantile.value == pytest.approx(50 + 20 * share, abs=0.02)
        (varied,) = result.varied
        assert (varied.name, varied.missing, varied.usual) == ("b", True, True)
        assert varied.low == pytest.approx(2.2)

    def test_without_one_the_whole_range_is_drawn_and_the_known_stand_in(self):
        """The score is that of a alone; b is anything from 0 to 10, so draws are uniform from 40 to 90."""
        result = riskmodel.uncertainty({"a": 8}, model=model(None), sample_missing=True)
        assert result["s"].plain.value == 80
        assert result["s"].quantiles[0.05].value == pytest.approx(42.5, abs=0.05)
        assert not result.varied[0].usual

    def test_a_single_value_leaves_nothing_to_draw(self):
        with pytest.raises(riskmodel.RiskmodelError, match="nothing here is uncertain"):
            riskmodel.uncertainty({"a": 8}, model=model(3), sample_missing=True)
        score = model(3).assess({"a": 8})["s"]
        assert score.band_low == score.band == score.band_high

    def test_reasons_and_passages_are_in_the_rulebook_and_passages_are_checked(self, default_model):
        from riskmodel.report.model import rulebook

        text = rulebook(default_model)
        assert (
            "the median of what is usual: 0 to 4 in 8 of 10 cases, median 0. Half of such pairs had no dispute" in text
        )
        default = {**USUAL, "cites": {"source": "nowhere", "section": "1"}}
        with pytest.raises(
            riskmodel.ModelError, match=r"indicators\.b\.default\.cites\.source: not one of the sources"
        ):
            model(default)

    @pytest.mark.parametrize(
        ("default", "message"),
        [
            ({"low": 2, "high": 16}, r"default\.high: 16 is outside the valid range \(0 to 10\)"),
            ({"low": 6, "high": 2}, r"default\.high: high \(2\) is below low \(6\)"),
            ({"mean": 90, "sd": 1}, r"default: practically nothing of this distribution lies within"),
            ({"low": 2, "high": 6, "becuase": "x"}, r"unknown key 'becuase'; did you mean 'because'\?"),
            ({"lo": 2}, r"default: needs one of the keys likely, mean, p50 or low; got 'lo'; did you mean 'low'\?"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, default, message):
        with pytest.raises(riskmodel.ModelError, match=message):
            model(default)

    def test_labels_have_no_distribution(self):
        changed = content()
        changed["indicators"]["b"] = {"scale": {"levels": {"calm": 0, "crisis": 1}}, "default": {"low": 0, "high": 1}}
        with pytest.raises(riskmodel.ModelError, match="a distribution is for numbers, and this indicator has labels"):
            riskmodel.load_model(changed)


class TestRanges:
    def test_bounds_hold_all_that_a_range_can_be(self):
        """a is 8 and b from 2 to 6, so the score goes from 50 to 70 and nowhere else."""
        score = model().assess({"a": 8, "b": {"low": 2, "likely": 3, "high": 6}})["s"]
        assert (score.low, score.high, score.coverage) == (50, 70, 1)

    def test_a_scale_that_turns_within_the_range_is_followed(self):
        changed = content()
        changed["indicators"]["b"]["scale"] = {"points": [[0, 0], [4, 1], [10, 0.4]]}
        score = riskmodel.load_model(changed).assess({"a": 8, "b": {"low": 2, "high": 9}})["s"]
        assert (score.low, score.high) == pytest.approx((40 + 25, 40 + 50))

    @pytest.mark.parametrize(
        ("stated", "points"),
        [
            ({"low": 2, "high": 6}, (0, 5)),  # the term begins at 5 and is full at 6
            ({"low": 2, "high": 5.5}, (0, 2.5)),
            ({"low": 6, "high": 9}, (5, 5)),
            ({"mean": 1, "sd": 1}, (0, 5)),  # may be anything valid
        ],
    )
    def test_a_rule_takes_every_degree_that_the_range_has(self, stated, points):
        changed = content()
        changed["indicators"]["b"] = {"valid": [0, 10], "terms": {"high": {"above": [5, 6]}}}
        changed["scores"]["s"]["weights"] = {"a": 1}
        changed["rules"] = {"r": {"when": "b is high", "then": {"s": {"add": 5}}}}
        score = riskmodel.load_model(changed).assess({"a": 8, "b": stated})["s"]
        assert (score.low, score.high) == pytest.approx((80 + points[0], 80 + points[1]))

    def test_a_step_within_the_range_counts_on_both_sides(self):
        changed = content()
        changed["indicators"]["b"] = {"valid": [0, 10], "terms": {"high": {"above": 5}}}
        changed["scores"]["s"]["weights"] = {"a": 1}
        changed["rules"] = {"r": {"when": "b is high", "then": {"s": {"add": 5}}}}
        stepped = riskmodel.load_model(changed)
        assert stepped.assess({"a": 8, "b": {"low": 4, "high": 5}})["s"].high == 80
        assert stepped.assess({"a": 8, "b": {"low": 5, "high": 5.1}})["s"].high == 85

    @given(st.integers(0, 2**32))
    @settings(max_examples=25, deadline=None)
    def test_no_draw_leaves_the_bounds(self, seed):
        """Of any model and situation, whatever is given as a range and whatever is missing."""
        rng = random.Random(seed)
        spec = random_model(rng)
        values = random_values(rng, spec)
        for name, value in values.items():
            if isinstance(value, float) and rng.random() < 0.5:
                low, high = spec["indicators"][name].get("valid") or (None, None)
                low, high = (value - 3 if low is None else low), (value + 3 if high is None else high)
                values[name] = {"low": rng.uniform(low, value), "likely": value, "high": rng.uniform(value, high)}
        instance = riskmodel.load_model(spec)
        assessment = instance.assess(values)
        try:
            result = riskmodel.uncertainty(values, model=instance, sample_missing=True, draws=1024)
        except riskmodel.RiskmodelError:  # nothing is uncertain, or no score known
            return
        for name, uncertain in result.scores.items():
            score = assessment[name]
            slack = 1e-9 * score.out_of
            assert score.low - slack <= uncertain.values.min()
            assert uncertain.values.max() <= score.high + slack


class TestHeadline:
    """8 is known and b uniform: the 90 % interval of the score goes from 5 % to 95 % of the way between its ends."""

    @pytest.mark.parametrize(
        ("default", "low", "high", "words"),
        [
            ({"low": 2, "high": 6}, "middle", "high", "60.0 of 100, high, provisional; could be middle"),  # 51 to 69
            ({"low": 4, "high": 9}, "high", "top", "72.5 of 100, high, provisional; could be top"),  # 61.25 to 83.75
            ({"low": 0, "high": 9}, "middle", "top", "62.5 of 100, high, provisional; could be middle to top"),
            ({"low": 4.5, "high": 7}, "high", "high", "68.8 of 100, high, provisional"),  # 63.1 to 74.4
        ],
    )
    def test_it_names_the_bands_that_the_interval_touches(self, default, low, high, words):
        score = model(default).assess({"a": 8})["s"]
        assert (score.band_low, score.band_high) == (low, high)
        assert formatting.headline(score) == words

    def test_ranges_that_are_given_are_drawn_too(self):
        score = model().assess({"a": 8, "b": {"low": 2, "high": 6}})["s"]
        assert (score.band_low, score.band, score.band_high) == ("middle", "high", "high")
        assert not score.provisional

    def test_no_other_band_is_named_if_all_is_known_or_without_bands(self):
        score = model().assess({"a": 8, "b": 4})["s"]
        assert formatting.headline(score) == "60.0 of 100, high"
        assert (score.band_low, score.band_high) == ("high", "high")
        bare = model(bands={}).assess({"a": 8})["s"]
        assert (bare.band_low, bare.band_high, formatting.caveat(bare)) == (None, None, "")
        none = model(min_coverage=0.6).assess({"a": 8})["s"]
        assert (none.band_low, none.band_high, none.provisional) == (None, None, False)

    def test_its_own_band_is_always_among_them(self):
        """Without a default a alone makes the score 100; the draws go from 52.5 to 97.5."""
        score = model(None, bands={**BANDS, "full": 99}).assess({"a": 10})["s"]
        assert (score.band_low, score.band, score.band_high) == ("middle", "full", "full")
        assert formatting.caveat(score) == "could be middle to full"

    @pytest.mark.parametrize(("below", "provisional"), [(0.5, False), (0.500001, True), (0, False), (1, True)])
    def test_it_is_provisional_below_the_coverage_that_the_model_states(self, below, provisional):
        assert model(provisional_below=below).assess({"a": 8})["s"].provisional is provisional

    def test_every_view_has_the_same_words(self):
        assessment = model().assess({"a": 8})
        words = "high, provisional; could be middle"
        assert words.capitalize() in str(assessment)
        assert words.capitalize() in assessment_markdown(assessment)
        assert words in formatting.comparison_rows([assessment])[0]
        html = assessment._repr_html_()
        assert all(part in html for part in words.split("; "))
        data = assessment.to_dict()["scores"]["s"]
        assert (data["band_low"], data["band_high"], data["provisional"]) == ("middle", "high", True)

    def test_an_assumed_value_is_never_shown_as_given(self):
        text = str(model().assess({"a": 8}))
        assert "assumed 2 to 6" in text
        assert "Missing, and assumed to be what is usual (the model's default)\n  b 4 (2 to 6)" in text
        assert "counted as if like what is known (the model has no default)\n  b" in str(model(None).assess({"a": 8}))

    def test_a_rule_names_its_assumed_inputs(self):
        changed = content()
        changed["rules"] = {"r": {"when": "a > 1 and b > 3", "then": {"s": {"add": 5}}}}
        rule = riskmodel.load_model(changed).assess({"a": 8}).rules[0]
        assert (rule.degree, rule.assumed) == (1, ("b",))


class TestAgreement:
    @pytest.mark.parametrize(
        "situation", [CORE, *SITUATIONS], ids=lambda item: getattr(item, "spec", None) and item.spec.id
    )
    def test_a_score_lies_in_its_own_interval_and_both_in_the_bounds(self, default_model, situation):
        assessment = default_model.assess(situation)
        result = riskmodel.uncertainty(situation, model=default_model, sample_missing=True, draws=4096)
        for name, uncertain in result.scores.items():
            score, quantiles = assessment[name], uncertain.quantiles
            assert quantiles[0.05].value <= score.value <= quantiles[0.95].value
            assert score.low <= quantiles[0.05].value
            assert quantiles[0.95].value <= score.high
            assert self.bands_agree(score, quantiles)

    @staticmethod
    def bands_agree(score, quantiles):
        """Check that the headline names the bands of the interval, except for ends within a point of a band's start."""
        names = list(score.bands)
        for share, reported in ((0.05, score.band_low), (0.95, score.band_high)):
            end = quantiles[share].value
            near = {names[sum(start <= end + slack for start in score.bands.values()) - 1] for slack in (-1, 0, 1)}
            if reported not in near | {score.band}:
                return False
        return True

    def test_of_pairs_whose_missing_values_are_as_usual_nine_in_ten_lie_within(self, default_model):
        """Values are drawn from the defaults by other code, and scored; the interval is that of what was kept."""
        generator = np.random.default_rng(3)
        scenarios = default_model.scenarios.values()
        inside = []
        for scenario in scenarios:
            for kept in (4, 7, 10):
                names = [*CORE, *generator.permutation([*default_model.spec.indicators][4:])[: kept - 4]]
                known = {name: scenario.spec.values[name] for name in names}
                pairs = pd.DataFrame({name: np.full(2000, float(value)) for name, value in known.items()})
                for name, indicator in default_model.spec.indicators.items():
                    if name not in known:
                        pairs[name] = drawn(indicator, generator, 2000)
                scores = default_model.score_frame(pairs)
                result = riskmodel.uncertainty(known, model=default_model, sample_missing=True, draws=8192)
                assessment = default_model.assess(known)
                for name, uncertain in result.scores.items():
                    assert assessment[name].low - 1e-9 <= uncertain.values.min()
                    assert uncertain.values.max() <= assessment[name].high + 1e-9
                    low, high = uncertain.quantiles[0.05].value, uncertain.quantiles[0.95].value
                    inside.append(scores[f"{name}_exact"].between(low, high).mean())
        assert np.mean(inside) == pytest.approx(0.9, abs=0.01)
        assert min(inside) > 0.87
        assert max(inside) < 0.93


def drawn(indicator, generator, number):
    """Draw from two half-normals joined at the median, clipped to what is valid."""
    default = indicator.default
    sigma = np.where(generator.random(number) < 0.5, default.p10 - default.p50, default.p90 - default.p50)
    return np.clip(default.p50 + np.abs(generator.normal(size=number)) * sigma / stats.norm.ppf(0.9), *indicator.bounds)


@pytest.mark.parametrize(
    ("distribution", "bounds", "expected"),
    [
        (Pert(low=0, likely=0, high=10), (0, 10), stats.beta(1, 5, scale=10)),
        (Pert(low=-4, likely=3, high=10), (-9, 99), stats.beta(3, 3, loc=-4, scale=14)),
        (Normal(mean=5, sd=2), (0, 10), stats.truncnorm(-2.5, 2.5, loc=5, scale=2)),
        (Normal(mean=50, sd=2), (0, 44), stats.truncnorm(-25, -3, loc=50, scale=2)),
        (Normal(mean=-50, sd=2), (-44, np.inf), stats.truncnorm(3, np.inf, loc=-50, scale=2)),
        (Quantiles(p10=1, p50=5, p90=9), (-99, 99), stats.norm(5, 4 / stats.norm.ppf(0.9))),
    ],
)
def test_quantiles_without_scipy_are_those_of_scipy(distribution, bounds, expected):
    shares = (np.arange(DRAWS) + 0.5) / DRAWS
    values = quantile_function(distribution, bounds, _NUMERICS)(shares)
    assert values == pytest.approx(expected.ppf(shares), abs=2e-5)


def test_a_half_without_width_stays_where_it_is():
    """Also at shares of 0 and 1, whose normal quantiles are infinite."""
    quantile = quantile_of(Quantiles(p10=0, p50=0, p90=4), (0, 9))
    assert quantile(np.array([0.0, 0.1, 0.5, 0.9, 1.0])) == pytest.approx([0, 0, 0, 4, 9])
