"""Data of the page: controls and presets; and the hosts that its files name."""

import math
import re
from importlib.resources import files

import pytest

import riskmodel
from riskmodel.web.page_data import controls, core, first_of, presets


def test_the_core_gives_every_score_a_value(default_model):
    result = core(default_model)
    assert result == ["military_activity", "communication_frequency", "espionage", "trade_disruption"]
    values = {"military_activity": 5, "communication_frequency": 2, "espionage": 5, "trade_disruption": 5}
    assert all(score.value is not None for score in default_model.assess(values).scores.values())
    del values[result[-1]]
    assert any(score.value is None for score in default_model.assess(values).scores.values())


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
    (given,) = riskmodel.read_situations("examples/what_if.json")
    result = presets(default_model, given)
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
