"""Working on models: fit, check, new, diff, schema, show, and the fingerprint."""

import json
import re

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml
from random_models import random_model

import riskmodel
from riskmodel.analysis.fitted_file import fitted_text
from riskmodel.analysis.lint import warnings
from riskmodel.analysis.normalise import fit
from riskmodel.documents.models import copy_of, load, shipped
from riskmodel.report.model import model_diff, model_summary
from riskmodel.schema.model import ModelSpec

UNFITTED = """\
format: 1
id: to-fit
indicators:
  a:
    scale: {fit: minmax}   # the observed ends
  b:
    scale:
      # three standard deviations either way
      fit: zscore
  c: {scale: {"fit": 'percentile'}, valid: [0, null]}
  d: {scale: {goalposts: [0, 1]}}
scores:
  s: {weights: {a: 1, b: -1, c: 1, d: 1}}
"""


class TestFit:
    def frame(self, **columns):
        return pd.DataFrame({"a": [2, 4, 4, 4, 5, 5, 7, 9], "b": [1.0] * 8, "c": range(8), **columns})

    def test_the_file_keeps_all_but_the_scales(self, write):
        path = write("m.yaml", UNFITTED)
        loaded = load(path)
        outcome = fit(loaded, self.frame())
        text = fitted_text(loaded, outcome, "d.csv")
        assert "scale: {goalposts: [2.0, 9.0]}   # the observed ends" in text
        assert "# three standard deviations either way\n      points: [[1.0, 0.5]]" in text
        assert [reported.warning for reported in outcome] == [
            None,
            "every value is 1; the scale gives 0.5 for all",
            None,
        ]
        head, _ = text.split("version:")
        methods = ("# a: minmax", "# b: zscore", "# c: percentile")
        assert head.splitlines()[1:] == [
            "# Data: d.csv.",
            "# Rows: 8.",
            *(f"{method} of 8 values." for method in methods),
            "# b: every value is 1; the scale gives 0.5 for all.",
        ]
        assert f"fingerprint {riskmodel.Model(loaded.spec).identity.short_fingerprint}" in head
        path.write_text(text)
        model = riskmodel.load_model(path)
        assert model.spec.id == "to-fit-fitted"
        assert re.fullmatch(r"0\+fitted\.[0-9a-f]{8}", model.spec.version)
        assert model.spec.indicators["d"] == loaded.spec.indicators["d"]
        result = model.assess({"a": 9, "b": 77, "c": 3.5, "d": 0})["s"]
        assert result.value == pytest.approx(100 * (1 + 0.5 + 0.5 + 0) / 4)

    def test_json_models_are_fitted_too(self, write):
        path = write("m.json", json.dumps(yaml.safe_load(UNFITTED)))
        text = fitted_text(load(path), fit(load(path), self.frame()), "d.csv")
        assert json.loads(text)["indicators"]["a"]["scale"] == {"goalposts": [2.0, 9.0]}

    def test_an_alias_gets_a_scale_of_its_own(self, write):
        text = UNFITTED.replace("{fit: minmax}", "&own {fit: minmax}").replace("{goalposts: [0, 1]}", "*own")
        path = write("m.yaml", text)
        loaded = load(path)
        path.write_text(fitted_text(loaded, fit(loaded, self.frame(d=np.arange(8) * 10)), "d.csv"))
        spec = load(path).spec
        assert spec.indicators["a"].scale.goalposts == (2, 9)
        assert spec.indicators["d"].scale.goalposts == (0, 70)

    def test_scoring_before_fitting_is_an_error_with_advice(self, write):
        with pytest.raises(riskmodel.ModelError, match="model fit"):
            riskmodel.load_model(write("m.yaml", UNFITTED)).assess({"a": 1})

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"a": ["x"] * 8}, "should be a number; got 'x'"),
            ({"a": [None] * 8}, "no value"),
            ({"c": [-1] * 8}, "outside the valid range"),
            (
                {"a": [-1e308, 1e308] * 4},
                "column 'a', from -1e[+]308 to 1e[+]308, gives a scale that cannot be computed",
            ),
            ({"c": [0, 5e-324] * 4}, "column 'c', .* cannot be computed"),
        ],
    )
    def test_invalid_data_is_an_error(self, write, changes, words):
        with pytest.raises(riskmodel.SituationError, match=words):
            fit(load(write("m.yaml", UNFITTED)), self.frame(**changes))

    def test_a_missing_column_is_an_error(self, write):
        with pytest.raises(riskmodel.SituationError, match="no column 'c' to fit its scale to; did you mean 'cc'"):
            fit(load(write("m.yaml", UNFITTED)), self.frame().rename(columns={"c": "cc"}))

    def test_a_model_without_scales_to_fit_is_an_error(self):
        with pytest.raises(riskmodel.ModelError, match="no scale to fit"):
            fit(load(), self.frame())


class TestCheck:
    def reported(self, write, text):
        return [(problem.line, problem.field, problem.message) for problem in warnings(load(write("m.yaml", text)))]

    def test_everything_that_is_hardly_meant(self, write):
        text = """\
format: 1
id: odd
sources:
  paper: {title: A paper, claims: {P1: {section: one, says: something}}}
indicators:
  a: {valid: [0, 10], scale: {goalposts: [0, 10]}, terms: {high: {above: [5, 8]}, low: {below: 2}, idle: {above: 3}}}
  b: {valid: [0, 1], scale: {goalposts: [0, 1]}}
scores:
  s:
    weights: {a: 1}
    bands: {low: 0, high: 50, never: 101}
rules:
  never: {when: a is high and a is low, then: {s: {add: 1}}}
  beyond: {when: a > 10, then: {s: {add: 1}}}
  always: {when: a >= 0, then: {s: {add: -5}}}
  sometimes: {when: a is high or a is low, then: {s: {add: 1}}}
"""
        reported = self.reported(write, text)
        assert [(line, field) for line, field, _ in reported] == [
            (4, "sources.paper.claims.P1"),
            (6, "indicators.a.terms.idle"),
            (7, "indicators.b"),
            (11, "scores.s.bands.never"),
            (13, "rules.never"),
            (14, "rules.beyond"),
            (15, "rules.always"),
        ]
        words = [
            "cites",
            "no rule uses",
            "no score and no rule",
            "no situation",
            "never fire",
            "never fire",
            "every value",
        ]
        assert all(word in message for word, (_, _, message) in zip(words, reported, strict=True))

    def test_an_unfitted_model_is_reported_and_not_checked_further(self, write):
        reported = self.reported(write, UNFITTED)
        unfitted = [field for _, field, message in reported if "not fitted yet" in message]
        assert unfitted == [f"indicators.{name}.scale" for name in "abc"]
        assert all("not fitted yet" in message or "any number" in message for _, _, message in reported)


class TestDifference:
    def test_a_model_does_not_differ_from_itself(self):
        assert model_diff(load().spec, load().spec) == []

    def test_each_change_in_words(self, write):
        old = write("old.yaml", copy_of("core-four", "mine"))
        text = old.read_text()
        for before, after in (
            ("version: 0.2.1", "version: 0.3.0"),
            ("military_activity: 35", "military_activity: 40"),
            ("scale: {goalposts: [0, 60]}", "scale: {goalposts: [0, 80]}"),
            ("escalation: {add: 4}", "escalation: {add: 5}"),
            ("  tense:\n", "  strained:\n"),
            ("low: {below: [1, 4]}", "low: {below: [1, 5]}"),
        ):
            assert before in text
            text = text.replace(before, after)
        lines = model_diff(load(old).spec, load(write("new.yaml", text)).spec)
        assert lines == [
            "version: '0.2.1' -> '0.3.0'",
            "indicator communication_frequency: terms, low: {below: [1, 4]} -> {below: [1, 5]}",
            "indicator trade_disruption: scale: 0 at 0, 1 at 60, straight between -> 0 at 0, 1 at 80, straight between",
            "score escalation: weight of military_activity: 35 (raises, 35.0%) -> 40 (raises, 38.1%)",
            "score escalation: weight of communication_frequency: -30 (lowers, 30.0%) -> -30 (lowers, 28.6%)",
            "score escalation: weight of espionage: 20 (raises, 20.0%) -> 20 (raises, 19.0%)",
            "score escalation: weight of trade_disruption: 15 (raises, 15.0%) -> 15 (raises, 14.3%)",
            "rule trade_feeds_discord: then, escalation: {add: 4} -> {add: 5}",
            "scenario tense: removed",
            "scenario strained: new",
        ]


@pytest.fixture(scope="module")
def schema():
    return json.loads((shipped()["bilateral-tension"].parent / "model.schema.json").read_text(encoding="utf-8"))


class TestSchema:
    def test_the_shipped_schema_is_the_one_of_the_format(self, schema):
        made = {"$schema": schema["$schema"], **ModelSpec.model_json_schema(), "title": schema["title"]}
        assert schema == made

    def test_shipped_and_random_models_fit_the_schema_and_a_broken_one_does_not(self, schema):
        import random

        validator = jsonschema.Draft202012Validator(schema)
        models = [load(name).document.root.plain() for name in shipped()]
        models += [random_model(random.Random(seed)) for seed in range(30)]
        for model in models:
            assert list(validator.iter_errors(model)) == []
        assert list(validator.iter_errors({**models[0], "rules": {"r": {"when": 3}}}))

    def test_shipped_models_name_the_schema_for_editors(self):
        for path in shipped().values():
            assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=model.schema.json\n")


class TestFingerprint:
    def test_it_goes_by_meaning_not_by_writing(self, write):
        first = write(
            "a.yaml",
            "format: 1\nid: m\nindicators: {a: {scale: {goalposts: [0, 1]}}}\nscores: {s: {weights: {a: 1}}}\n",
        )
        again = {
            "scores": {"s": {"weights": {"a": 1.0}, "out_of": 100, "decimals": 1}},
            "indicators": {"a": {"scale": {"goalposts": [0, 1.0], "curve": "linear"}}},
            "id": "m",
            "format": 1,
        }
        other = {**again, "scores": {"s": {"weights": {"a": 2.0}}}}
        item, two, three = (riskmodel.load_model(model).identity.fingerprint for model in (first, again, other))
        assert item == two != three
        assert len(item) == 64


def test_a_copy_has_an_id_of_its_own_and_keeps_the_comments():
    text = copy_of("core-four", "My Model")
    assert "id: my-model\n" in text
    assert "# A positive weight raises the score" in text
    assert "yaml-language-server" not in text


def test_the_summary_shows_every_part(default_model):
    text = model_summary(default_model, width=200)
    for section in (default_model.spec.indicators, default_model.spec.scores, default_model.spec.scenarios):
        assert all(name in text for name in section)


def test_an_unknown_model_suggests_the_nearest():
    with pytest.raises(riskmodel.ModelError, match="did you mean 'core-four'"):
        riskmodel.load_model("core-for")


def chain(levels):
    scores = {f"s{level}": {"weights": {f"s{level + 1}": 1, "a": -1}} for level in range(levels - 1)}
    scores[f"s{levels - 1}"] = {"weights": {"a": 1}}
    return {"format": 1, "id": "deep", "indicators": {"a": {"scale": {"goalposts": [0, 1]}}}, "scores": scores}


def test_hierarchies_are_deep_but_not_without_end():
    assert riskmodel.load_model(chain(50)).assess({"a": 0.5})["s0"].value == pytest.approx(50)
    with pytest.raises(riskmodel.ModelError, match="more than 50 levels deep") as caught:
        riskmodel.load_model(chain(1_000))
    assert len(caught.value.problems) == 1


def test_sub_scores_that_are_shared_are_worked_out_once():
    scores = {f"s{level}": {"weights": {f"s{level + 1}": 1, f"s{level + 2}": 1}} for level in range(40)}
    scores |= {"s40": {"weights": {"a": 1}}, "s41": {"weights": {"a": -1}}}
    content = {**chain(1), "scores": scores}
    # By paths there would be some hundred million entries to add up.
    result = riskmodel.load_model(content).assess({"a": 0.5})["s0"]
    assert [entry.name for entry in result.account] == ["a"]
    assert result.account[0].points == pytest.approx(result.value)


def test_a_file_cannot_write_to_the_terminal(write):
    with pytest.raises(riskmodel.ModelError) as caught:
        riskmodel.load_model(write("m.json", '{"\\u001b[31mred\\nx": 1}'))
    assert "\x1b" not in str(caught.value)
    assert "\\x1b[31mred\\nx" in str(caught.value)


def test_true_is_no_format():
    with pytest.raises(riskmodel.ModelError, match="should be 1"):
        riskmodel.load_model({**chain(1), "format": True})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scale": {"goalposts": [1e16, 1e16 + 2], "curve": "log"}}, "logarithms"),
        ({"scale": {"points": [[0, 0], [1e-310, 1]]}}, "too close together"),
        ({"scale": {"points": [[-1e308, 0], [1e308, 1]]}}, "too far apart"),
    ],
)
def test_scales_that_cannot_be_computed_with_are_refused(changes, words):
    with pytest.raises(riskmodel.ModelError, match=words):
        riskmodel.load_model({**chain(1), "indicators": {"a": changes}})


def test_check_says_nothing_where_it_could_not_try_everything(write):
    names = [f"i{number}" for number in range(13)]
    model = {
        "format": 1,
        "id": "wide",
        "indicators": {
            name: {"valid": [0, 10], "scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 7]}}}
            for name in names
        },
        "scores": {"s": {"weights": dict.fromkeys(names, 1), "bands": {"low": 0, "narrow": 33.1, "high": 33.2}}},
        "rules": {
            "all_high": {"when": " and ".join(f"{name} is high" for name in names), "then": {"s": {"add": 1}}},
            "most": {"when": "s > 90", "then": {"s": {"add": 1}}},
        },
    }
    assert warnings(load(write("m.json", json.dumps(model)))) == []


def test_fit_refuses_an_alias_for_a_whole_indicator(write):
    text = "format: 1\nid: m\nindicators: {a: &a {scale: {fit: minmax}}, b: *a}\nscores: {s: {weights: {a: 1, b: 1}}}\n"
    loaded = load(write("m.yaml", text))
    with pytest.raises(riskmodel.ModelError, match="write each indicator out"):
        fitted_text(loaded, fit(loaded, pd.DataFrame({"a": [1, 2], "b": [3, 4]})), "d.csv")


def test_a_copy_named_like_a_number_is_still_valid():
    assert "\nid: model-2024\n" in copy_of("core-four", "2024")


def test_using_a_model_does_not_change_its_equality():
    used, fresh = riskmodel.load_model(), riskmodel.load_model()
    used.assess({"military_activity": 7, "communication_frequency": 1})
    assert used.spec == fresh.spec
    fresh.assess({})
    assert used.spec == fresh.spec
