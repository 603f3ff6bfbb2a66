"""What moves a score: one at a time, Sobol' indices through the engine, and effective weights."""

import json
import random
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from command import run
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values
from scipy import stats

import riskmodel
from riskmodel.analysis.sensitivity.analysis import sensitivity
from riskmodel.analysis.sensitivity.tables import effective_weights
from riskmodel.cli.analyses import sensitivity as command
from riskmodel.errors import RiskmodelError, SituationError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sensitivity.md").read_text(encoding="utf-8")
ARTICLE = str(ROOT / "examples" / "article_case.yaml")
VALUES = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
RANGES = {
    "military_activity": {"low": 2, "high": 9},
    "communication_frequency": {"low": 0.5, "likely": 1, "high": 6},
    "espionage": {"p10": 10, "p50": 20, "p90": 60},
    "trade_disruption": {"mean": 30, "sd": 10},
    "peace_years": 3,
}


def model_of(weights, rules=None, mean="arithmetic", scores=None, **scales):
    """Indicators on 0 to 10 with the weights of a score `risk` out of 100."""
    names = sorted({name for name in weights if name not in (scores or {})} | scales.keys())
    names += sorted({name for score in (scores or {}).values() for name in score["weights"]} - set(names))
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "made-for-this",
            "indicators": {
                name: {
                    "valid": [0, 10],
                    "scale": scales.get(name, {"goalposts": [0, 10]}),
                    "terms": {"high": {"above": [5, 5]}},
                }
                if "levels" not in scales.get(name, {})
                else {"scale": scales[name]}
                for name in names
            },
            "scores": {"risk": {"weights": weights, "mean": mean}, **(scores or {})},
            "rules": rules or {},
        }
    )


def by_name(indices):
    return {(index.name, index.score): index for index in indices}


class TestSobol:
    def test_a_linear_model_has_its_closed_form(self):
        weights, widths = {"a": 3.0, "b": -2.0, "c": 1.0}, {"a": 4.0, "b": 10.0, "c": 8.0}
        model = model_of(weights)
        values = {
            name: {"low": 1 if width < 9 else 0, "high": width + (1 if width < 9 else 0)}
            for name, width in widths.items()
        }
        result = sensitivity(values, model=model, draws=1 << 14)["risk"]
        shares = {name: (weights[name] * widths[name]) ** 2 for name in weights}
        for index in result.indices:
            share = shares[index.name] / sum(shares.values())
            for estimate in (index.first, index.total):
                assert estimate.value == pytest.approx(share, abs=0.01)
                assert estimate.low <= share <= estimate.high
        assert result.sd**2 == pytest.approx(sum((10 / 6) ** 2 * share / 12 for share in shares.values()), rel=0.01)
        assert [index.name for index in result.indices] == sorted(shares, key=shares.get, reverse=True)
        for weight in result.effective[:3]:
            assert weight.effective == pytest.approx(shares[weight.name] / sum(shares.values()), abs=0.01)
            assert weight.nominal == pytest.approx(abs(weights[weight.name]) / 6)

    def test_weights_alone(self):
        """Of w1 / (w1 + w2) with v = 1 and 0 and equal gamma variates, either weight has the same indices."""
        result = sensitivity(
            {"a": 10, "b": 0}, model=model_of({"a": 1, "b": 1}), over="given", weight_uncertainty=0.2, draws=1 << 14
        )
        score = result["risk"]
        assert score.sd == pytest.approx(100 * 0.2 * 0.5, rel=0.01)
        assert score.tornado == score.groups == ()
        first, second = score.indices
        assert first.kind == second.kind == "weight"
        assert first.total.value == pytest.approx(second.total.value, abs=0.01)
        assert first.first.value + second.total.value == pytest.approx(1, abs=0.02)
        assert result.weight_uncertainty == 0.2
        assert result.inputs == ()

    def test_weights_do_not_matter_where_all_inputs_say_the_same(self):
        result = sensitivity({"a": 5, "b": 5}, model=model_of({"a": 1, "b": 3}), over="given", weight_uncertainty=0.2)[
            "risk"
        ]
        assert result.warnings == ("nothing that varies moves this score",)
        assert result.effective == ()
        assert not any(index.total.value for index in result.indices)

    def test_inputs_and_weights_have_groups_that_leave_nothing_out(self):
        result = sensitivity(RANGES, weight_uncertainty=0.3)["escalation"]
        inputs, weights = result.groups
        assert (inputs.name, weights.name) == ("inputs", "weights")
        assert inputs.first.value + weights.total.value == pytest.approx(1, abs=0.02)
        assert weights.first.value + inputs.total.value == pytest.approx(1, abs=0.02)
        single = [index for index in result.indices if index.kind == "weight"]
        assert weights.total.value <= sum(index.total.value for index in single) + 0.01

    def test_a_score_has_only_what_it_can_depend_on(self):
        weights = {"a": 1, "sub": 1}
        scores = {"sub": {"weights": {"b": 2, "c": 1}}, "other": {"weights": {"d": 1, "e": 1}}}
        rules = {"r": {"because": "A test.", "when": "e > 5", "then": {"risk": {"add": 5}}}}
        model = model_of(weights, rules, scores=scores)
        result = sensitivity(dict.fromkeys("abcde", 5), model=model, weight_uncertainty=0.1)
        assert set(result.scores) == {"risk", "other"}
        expected = {(name, "") for name in "abce"} | {("a", "risk"), ("sub", "risk"), ("b", "sub"), ("c", "sub")}
        assert set(by_name(result["risk"].indices)) == expected
        assert set(by_name(result["other"].indices)) == {("d", ""), ("e", ""), ("d", "other"), ("e", "other")}
        assert by_name(result["risk"].indices)["b", "sub"].title == "Weight of b in sub"
        assert {bar.name for bar in result["other"].tornado} == {"d", "e"}

    def test_an_input_that_only_a_rule_reads_counts(self):
        rules = {"r": {"because": "A test.", "when": "b is high", "then": {"risk": {"add": 10}}}}
        result = sensitivity(
            {"a": {"low": 4.9, "high": 5.1}, "b": {"low": 0, "high": 10}},
            model=model_of({"a": 1}, rules, b={"goalposts": [0, 10]}),
        )
        index = by_name(result["risk"].indices)["b", ""]
        assert index.first.value == pytest.approx(25 / (25 + 4 / 12), abs=0.02)

    def test_the_order_of_indicators_in_the_file_changes_nothing_that_matters(self):
        one = sensitivity(RANGES)["escalation"]
        other = sensitivity(dict(reversed(RANGES.items())))["escalation"]
        assert one.indices == other.indices

    def test_the_seed(self):
        assert sensitivity(RANGES, seed=0).to_dict() == sensitivity(RANGES, seed=0).to_dict()
        first, other = (sensitivity(RANGES, seed=seed)["escalation"] for seed in (0, 1))
        assert first.indices[0].total.value != other.indices[0].total.value
        assert first.indices[0].total.value == pytest.approx(other.indices[0].total.value, abs=0.02)

    def test_progress_goes_up_to_the_end(self):
        shares = []
        sensitivity(RANGES, on_progress=lambda share, doing: shares.append(share))
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_an_interrupt_ends_it(self):
        def interrupt(share, doing):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sensitivity(RANGES, on_progress=interrupt)


class TestWhatVaries:
    def test_ranges_vary_as_given_and_the_rest_is_fixed(self):
        result = sensitivity(RANGES)
        assert result.over == "given"
        assert len(result.inputs) == 4
        assert result.fixed == ("Peace years",)
        assert result.missing == ()

    def test_without_ranges_everything_given_goes_through_its_whole_range(self, default_model):
        result = sensitivity(VALUES)
        assert result.over == "range"
        assert len(result.inputs) == 4
        ends = {bar.name: (bar.low, bar.high) for bar in result["escalation"].tornado}
        assert ends["military_activity"] == (0, 10)
        assert "over the whole range of each" in str(result)

    def test_missing_inputs_vary_on_request(self, default_model):
        result = sensitivity(RANGES, sample_missing=True)
        assert len(result.inputs) + len(result.fixed) == len(default_model.spec.indicators)
        assert "Dispute history" in result.missing
        assert sum(bar.missing for bar in result["escalation"].tornado) == len(result["escalation"].tornado) - 4

    @pytest.mark.parametrize(("over", "ends"), [("range", (0, 3)), ("given", (0.5, 9.5))])
    def test_a_default_without_an_end_has_bars_with_ends(self, over, ends):
        """Half a normal distribution has no upper end; its quantiles and the range of the scale have."""
        model = riskmodel.load_model(
            {
                "format": 1,
                "id": "endless",
                "indicators": {
                    "x": {"scale": {"goalposts": [0, 10]}, "valid": [0, 10]},
                    "y": {"scale": {"goalposts": [0, 3]}, "valid": [0, None], "default": {"mean": 1, "sd": 2}},
                },
                "scores": {"s": {"weights": {"x": 1, "y": 1}}},
            }
        )
        result = sensitivity({"x": {"low": 0, "high": 10}}, model=model, over=over, sample_missing=True, draws=1024)
        bars = {bar.name: bar for bar in result["s"].tornado}
        if over == "range":
            assert (bars["y"].low, bars["y"].high) == ends
        else:
            assert (bars["x"].low, bars["x"].high) == pytest.approx(ends)
            assert [bars["y"].low, bars["y"].high] == pytest.approx(_truncated_normal_quantiles(1, 2, 0), rel=1e-9)
        json.dumps(result.to_dict(), allow_nan=False)

    def test_what_is_missing_can_be_drawn_where_there_is_no_score_yet(self):
        result = sensitivity({"military_activity": 7}, sample_missing=True)
        assert result["escalation"].plain.value is None
        assert result["escalation"].tornado == ()
        assert result["escalation"].indices
        assert "insufficient data" in str(result)

    @pytest.mark.parametrize(
        ("values", "options", "message"),
        [
            (VALUES, {"over": "given"}, "nothing varies"),
            ({}, {}, "insufficient"),
            ({"military_activity": 7}, {}, "insufficient"),
            (VALUES, {"over": "all"}, "`given` or over `range`"),
            (VALUES, {"weight_uncertainty": 1.5}, "less than 100"),
            (VALUES, {"draws": 10}, "from 64 to"),
            (VALUES, {"draws": 1 << 21}, "from 64 to"),
            (VALUES, {"draws": 1 << 20, "sample_missing": True, "weight_uncertainty": 0.1}, "at most 524,288 draws"),
            (VALUES, {"seed": -1}, "seed"),
            ({"military_activity": 11}, {}, "military_activity"),
            ({"military_activty": 1}, {}, "military_activity"),
        ],
    )
    def test_what_cannot_be_done_is_refused(self, values, options, message):
        with pytest.raises(RiskmodelError, match=re.escape(message)):
            sensitivity(values, **options)

    def test_draws_are_rounded_up_to_a_power_of_two(self):
        result = sensitivity(VALUES, draws=100)
        assert result.draws == 128
        assert result.evaluations == 128 * 6
        assert "128 draws" in str(result)
        assert any("too small to tell" in warning for warning in result.warnings)


class TestTornado:
    def test_ends_are_what_assess_says(self, default_model):
        for values, over in ((RANGES, "given"), (VALUES, "range"), (RANGES, "range")):
            result = sensitivity(values, over=over)
            for score in result.scores.values():
                assert score.plain.value == default_model.assess(values)[score.plain.name].value
                for bar in score.tornado:
                    for end, at in ((bar.low, bar.at_low), (bar.high, bar.at_high)):
                        direct = default_model.assess({**values, bar.name: end})[score.plain.name].value
                        assert at == pytest.approx(direct, abs=1e-9)
                    assert bar.least <= min(bar.at_low, bar.at_high) <= max(bar.at_low, bar.at_high) <= bar.greatest
                swings = [bar.swing for bar in score.tornado]
                assert swings == sorted(swings, reverse=True)

    def test_a_score_that_turns_in_between_is_seen(self):
        rules = {"r": {"because": "A test.", "when": "a > 4.05 and a < 4.15", "then": {"risk": {"add": 50}}}}
        result = sensitivity({"a": 1, "b": 5, "c": 8}, model=model_of({"a": 4, "b": 4, "c": 2}, rules))
        bar = result["risk"].tornado[0]
        assert bar.name == "a"
        assert (bar.at_low, bar.at_high) == (pytest.approx(36), pytest.approx(76))
        assert bar.greatest == 100
        assert "turns in between" in str(result)

    def test_labels_are_gone_through_one_by_one(self):
        levels = {"calm": 0, "tense": 1, "odd": 0.2}
        result = sensitivity({"a": "calm", "b": 5}, model=model_of({"a": 1, "b": 1}, a={"levels": levels}))
        (bar,) = [bar for bar in result["risk"].tornado if bar.name == "a"]
        assert (bar.low, bar.high) == ("calm", "odd")
        assert (bar.at_low, bar.at_high, bar.least, bar.greatest) == (25, 35, 25, 75)


class TestEffectiveWeights:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 2**32))
    @pytest.mark.slow
    def test_they_sum_to_one_for_any_model_and_any_table(self, seed):
        rng = random.Random(seed)
        content = random_model(rng)
        model = riskmodel.load_model(content)
        rows = [random_values(rng, content) for _ in range(12)]
        result = effective_weights(rows, model=model)
        for name, score in result.scores.items():
            values = [model.assess(row)[name].value for row in rows]
            assert score.rows == sum(value is not None for value in values)
            if score.effective:
                # Indicators without any value, and rules that never took effect, have nothing.
                assert sum(one.effective for one in score.effective) == pytest.approx(1, abs=1e-7)
                assert sum(one.nominal for one in score.effective if one.kind == "indicator") == pytest.approx(1)
            elif score.rows:
                assert np.ptp([value for value in values if value is not None]) < 1e-6 * score.mean + 1e-6

    def test_they_are_the_covariances_of_the_account(self, default_model):
        months = pd.read_csv(ROOT / "examples" / "dyad_months.csv")
        result = effective_weights(months)["escalation"]
        indicators = [name for name in default_model.spec.indicators if name in months]
        rows = [default_model.assess(row.dropna().to_dict()) for _, row in months[indicators].iterrows()]
        scores = np.array([row["escalation"].value for row in rows])
        for one in result.effective:
            points = [
                sum(entry.points for entry in row["escalation"].account if entry.name == one.name) for row in rows
            ]
            expected = np.cov(points, scores, ddof=0)[0, 1] / scores.var()
            assert one.effective == pytest.approx(expected, abs=1e-9)

    def test_tables_of_every_kind_say_the_same(self, tmp_path):
        path = ROOT / "examples" / "dyad_months.csv"
        from_file, from_frame = effective_weights(path), effective_weights(pd.read_csv(path))
        assert from_file.to_dict() == from_frame.to_dict()
        assert "40 situations" in str(from_file)
        assert from_file.to_markdown().startswith("# 40 situations")

    def test_nominal_shares_go_through_sub_scores_to_inputs_with_a_value(self):
        model = model_of({"a": 1, "sub": -1}, scores={"sub": {"weights": {"a": 1, "b": 2, "c": 1}}})
        result = effective_weights([{"a": 1, "b": 2}, {"a": 9, "b": 3}], model=model)["risk"]
        nominal = {one.name: one.nominal for one in result.effective if one.kind == "indicator"}
        assert nominal == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}

    def test_one_situation_is_too_few(self):
        with pytest.raises(SituationError, match="two situations or more"):
            effective_weights([VALUES])

    def test_situations_that_are_all_alike(self):
        result = effective_weights([VALUES, VALUES])
        assert result["escalation"].effective == ()
        assert "the same for all" in str(result)


class TestCommand:
    def test_json_is_what_python_gives(self):
        done = run(
            "sensitivity",
            "examples/article_case.yaml",
            "--weight-uncertainty",
            "20%",
            "--draws",
            "256",
            "--format",
            "json",
        )
        (situation,) = riskmodel.read_situations(ROOT / "examples" / "article_case.yaml")
        expected = sensitivity(situation, weight_uncertainty=0.2, draws=256)
        assert json.loads(done.stdout) == [json.loads(json.dumps(expected.to_dict()))]

    def test_several_situations_are_an_overview_with_what_separates_them(self):
        done = CliRunner().invoke(command, [str(ROOT / "examples" / "dyad_months.csv"), "--draws", "64"])
        assert done.exit_code == 0
        assert "effective weights over the situations" in done.output
        assert done.stdout.startswith("40 situations")

    def test_markdown(self):
        done = CliRunner().invoke(command, [ARTICLE, "--draws", "64", "--format", "markdown"])
        assert done.output.startswith("# Two powers")
        assert "| Military activity |" in done.output

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ((ARTICLE, "--weight-uncertainty", "much"), "20%"),
            ((ARTICLE, "--draws", "3"), "from 64 to"),
            ((ARTICLE, "--plot", "x.txt"), "a plot ends in"),
            (("examples/nowhere.yaml",), "nowhere.yaml"),
            (("--set", "military_activity=7", "--over", "given"), "nothing varies"),
        ],
    )
    def test_bad_input_is_an_error(self, words, message):
        done = CliRunner().invoke(command, words)
        assert isinstance(done.exception, SystemExit | RiskmodelError)
        assert message in (done.output if isinstance(done.exception, SystemExit) else str(done.exception))

    def test_an_error_is_one_message_and_no_traceback(self):
        done = run("sensitivity", "examples/article_case.yaml", "--draws", "3", cwd=ROOT)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.splitlines()[1:] == ["1 error"]

    def test_pictures(self, tmp_path):
        pytest.importorskip("matplotlib")
        path = tmp_path / "plot.png"
        for values, options in (
            (RANGES, {"weight_uncertainty": 0.2}),
            ({"military_activity": 7}, {"sample_missing": True}),
        ):
            sensitivity(values, draws=64, **options).save_plot(path)
            assert path.stat().st_size > 5_000
            path.unlink()


def _truncated_normal_quantiles(mean, sd, low):
    """The 5 % and 95 % quantiles of a normal distribution of which only what is above `low` is left."""
    distribution = stats.truncnorm((low - mean) / sd, np.inf, loc=mean, scale=sd)
    return [distribution.ppf(share) for share in (0.05, 0.95)]
