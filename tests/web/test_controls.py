"""Data of the page: controls, presets and the scores as CSV; and the hosts that its files name."""

import csv
import math
import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.documents.situations import from_values
from riskmodel.report import formatting
from riskmodel.web.needed import core, still_needed
from riskmodel.web.page_data import controls, download, first_of, presets


def test_the_core_gives_every_score_a_value(default_model):
    result = core(default_model)
    assert result == ["military_activity", "communication_frequency", "espionage", "trade_disruption"]
    values = {"military_activity": 5, "communication_frequency": 2, "espionage": 5, "trade_disruption": 5}
    assert all(score.value is not None for score in default_model.assess(values).scores.values())
    del values[result[-1]]
    assert any(score.value is None for score in default_model.assess(values).scores.values())


def test_the_values_still_needed_are_recomputed_as_values_are_entered(default_model):
    def needed(**values):
        return still_needed(default_model, default_model.assess(values))

    assert needed().text == (
        "Enter military activity, communication frequency, espionage and trade disruption: these four are enough for "
        "both scores."
    )
    assert "military_activity" not in needed(military_activity=7).names
    three = {"military_activity": 7, "communication_frequency": {"low": 1, "high": 3}, "espionage": 4}
    assert needed(**three).names == ("trade_disruption",)
    assert needed(**three).text.startswith("Enter trade disruption: it is enough for ")
    assert needed(**three, trade_disruption=4) is None


@settings(max_examples=20)
@given(data=st.data())
def test_the_values_still_needed_give_every_score_a_value_and_none_can_be_spared(default_model, data):
    values = dict.fromkeys(default_model.spec.indicators, 1.0)
    known = data.draw(st.sets(st.sampled_from(list(values))))

    def has_scores(names):
        return all(score.value is not None for score in default_model.assess(dict.fromkeys(names, 1.0)).top_scores)

    result = still_needed(default_model, default_model.assess(dict.fromkeys(known, 1.0)))
    assert (result is None) == has_scores(known)
    if result is not None:
        assert not known & set(result.names)
        assert has_scores({*known, *result.names})
        assert not any(has_scores({*known, *result.names} - {name}) for name in result.names)


PARTS = """
format: 1
id: parts
indicators:
  talks: {title: Talks, scale: {levels: {none: 0, some: 1}}}
  moves: {scale: {goalposts: [0, 10]}}
  mood: {title: Mood, default: 3, scale: {goalposts: [0, 10]}}
scores:
  risk: {title: Risk, weights: {talks: 1, mood: 1}, min_coverage: 0.6}
  ease: {title: Ease, weights: {moves: 1, mood: 1}, min_coverage: 0.5}
"""


def test_a_score_that_lacks_values_is_named_and_defaults_count_as_unknown(write):
    model = riskmodel.load_model(write("parts.yaml", PARTS))
    result = still_needed(model, model.assess({"moves": 2}))
    assert (result.names, result.text) == (("talks", "mood"), "Enter talks and mood: these two are enough for risk.")
    result = still_needed(model, model.assess({"moves": 2, "mood": 4}))
    assert result.text == "Enter talks: it is enough for risk."


@pytest.mark.parametrize("name", ["bilateral-tension", "core-four"])
def test_every_indicator_is_in_one_group(name):
    data = controls(riskmodel.load_model(name))
    listed = [indicator for group in data["groups"] for indicator in group["indicators"]]
    assert sorted(listed) == sorted(data["indicators"])


def test_steps_of_sliders(default_model):
    for indicator in controls(default_model)["indicators"].values():
        slider = indicator["slider"]
        steps = (slider["high"] - slider["low"]) / slider["step"]
        assert 100 - 1e-6 <= steps <= 1000
        digits = slider["step"] / 10 ** math.floor(math.log10(slider["step"]) + 1e-9)
        assert round(digits, 9) in (1, 2, 5)


def test_every_preset_can_be_assessed_and_the_given_one_is_first(default_model):
    (situation,) = riskmodel.read_situations("examples/what_if.json")
    result = presets(default_model, situation)
    keys = [start["key"] for start in result]
    assert len(keys) == len(set(keys))
    assert first_of(result) == keys[0] == "given"
    assert set(default_model.scenarios) < set(keys)
    for start in result:
        assessed = default_model.assess(start["situation"]["values"])
        assert all(score.value is not None for score in assessed.scores.values()), start["key"]
    assert first_of([]) is None


def test_examples_for_another_model_are_not_presets():
    result = presets(riskmodel.load_model("core-four"), None)
    assert {start["kind"] for start in result} <= {"Scenarios of the model"}


def test_the_page_names_no_other_host_and_needs_no_inline_style_or_script():
    for file in files("riskmodel.web").joinpath("static").iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:|[\"'(=])//", text), file.name
        if file.name.endswith(".html"):
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)


def test_the_bounds_of_scores_as_csv_hold_all_of_a_range(default_model):
    narrow = {"military_activity": 7, "communication_frequency": 3, "espionage": 25, "trade_disruption": 36}
    wide = {**narrow, "trade_disruption": {"low": 20, "likely": 35, "high": 60}}
    situations = [from_values(narrow), from_values(wide)]
    text = download("scored.csv", default_model, situations).content.decode()
    for row, situation in zip(csv.DictReader(text.splitlines()), situations, strict=True):
        for name, score in default_model.assess(situation).scores.items():
            assert f"{row[f'{name}_low']} to {row[f'{name}_high']}" == formatting.range_text(score)
            assert row[name] == formatting.number(score.reported, score.decimals)
    alone = download("scored.csv", default_model, situations[:1]).content.decode()
    assert alone == "".join(text.splitlines(keepends=True)[:2])
