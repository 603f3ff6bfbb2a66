"""Assessments as text, Markdown and JSON: printed points sum to the printed score, and all remarks are included."""

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.account import account_groups
from riskmodel.report.assessment_markdown import assessment_markdown, assessments_markdown
from riskmodel.report.assessment_text import assessment_text, side_by_side
from riskmodel.report.document import escape_markdown
from riskmodel.report.summary import summary

VALUES = {"military_activity": 7, "communication_frequency": 0.5, "espionage": 30, "trade_disruption": -5}


@pytest.fixture(scope="module")
def assessed(default_model):
    return default_model.assess(VALUES, id="case", title="A tense month")


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), st.integers(0, 3))
def test_rounded_parts_sum_to_the_rounded_total_and_are_close(parts, decimals):
    unit = 10.0**-decimals
    total = math.floor(math.fsum(parts) / unit + 0.5) * unit
    rounded = formatting.apportion(parts, total, decimals)
    assert math.fsum(rounded) == pytest.approx(total, abs=1e-6)
    assert all(abs(value - part) < unit * (1 + 1e-6) for value, part in zip(rounded, parts, strict=True))


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_any_assessment_can_be_shown_in_every_form(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    assessment = riskmodel.load_model(content).assess(random_values(rng, content))
    for text in (assessment_text(assessment), assessment_markdown(assessment), assessment._repr_html_()):
        assert "nan" not in text.lower().replace("finance", "")
    data = json.loads(json.dumps(assessment.to_dict(), allow_nan=False))
    assert set(data["scores"]) == set(content["scores"])
    for score in assessment.scores.values():
        printed = [
            float(line.points) for group in account_groups(assessment, score) for line in (*group.lines, *group.small)
        ]
        assert len(printed) == len(score.account)
        if score.reported is not None:
            assert math.fsum(printed) == pytest.approx(score.reported, abs=1e-6)


def test_the_text_has_everything(assessed):
    text = assessment_text(assessed, width=100)
    assert max(map(len, text.splitlines())) <= 100
    for words in (
        "A tense month",
        assessed.model.short_fingerprint,
        f"{assessed['escalation'].reported:.1f} of 100, {assessed['escalation'].band}",
        "Rules that fired",
        ": fully (1.00)",
        "tends to guess the worst",
        ": partly (0.33), assumed: Arms-control engagement",
        "assumed 5 (years since the last",
        "(the model's default) Dispute history 0 (0 to 4 in 8 of 10 cases, median 0; disputes in 5 years)",
        "counted as its end Trade disruption -5 (% below the 3-year mean)",
    ):
        assert words in " ".join(text.split()), words
    assert "\x1b" not in text


def test_json_has_the_promised_shape(assessed):
    data = assessed.to_dict()
    assert {"id", "title", "model", "scores", "rules", "missing", "assumed", "clamped"} <= set(data)
    assert set(data["model"]) == {"id", "version", "fingerprint"}
    keys = {"value", "reported", "band", "status", "base", "coverage", "low", "high", "account"}
    keys |= {"band_low", "band_high", "provisional"}
    assert all(keys <= set(score) for score in data["scores"].values())
    assert all(set(entry) == {"kind", "name", "points"} for entry in data["scores"]["escalation"]["account"])
    assert {"name", "degree", "degree_high", "status", "effects"} <= set(data["rules"][0])
    assert data["missing"] == []
    assert len(data["assumed"]) == 10
    assert data["clamped"] == ["trade_disruption"]


def test_markdown_has_the_account_and_escapes_text(assessed):
    text = assessment_markdown(assessed)
    assert f"| **Sum** |  | **{assessed['escalation'].reported:.1f}** |" in text
    assert escape_markdown("a*b_c|d [e] <f>\n g") == r"a\*b\_c\|d \[e\] \<f> g"


def test_text_of_a_score_without_data_has_the_reason(default_model):
    text = assessment_text(default_model.assess({"military_activity": 7}))
    assert "No score: 18% of the weight is known, at least 45% is needed." in text


@pytest.mark.parametrize("width", [80, 100, 140])
def test_several_situations_stand_side_by_side(default_model, assessed, width):
    assessments = [assessed, default_model.assess(default_model.scenarios["increased_cooperation"])]
    for text in (side_by_side(assessments, width), assessments_markdown(assessments)):
        words = " ".join(text.split())
        for assessment in assessments:
            for score in assessment.scores.values():
                assert f"{score.reported:.1f}" in words
                assert formatting.range_text(score) in words
    assert max(map(len, side_by_side(assessments, width).splitlines())) <= width


def test_situations_under_several_models_name_them(default_model):
    assessments = [default_model.assess(VALUES), riskmodel.load_model("core-four").assess(VALUES)]
    text = assessments_markdown(assessments)
    assert "model bilateral-tension" in text
    assert "model core-four" in text


@pytest.mark.parametrize("width", [40, 60, 72, 80, 100, 120])
def test_the_text_keeps_to_its_width(default_model, width):
    title = "A very long title that goes on " * 8
    assessment = default_model.assess({**VALUES, "espionage": {"low": 3, "likely": 20, "high": 90}}, title=title)
    text = assessment_text(assessment, width)
    assert max(map(len, text.splitlines())) <= width
    assert "Given as a range" in text


def test_printing_an_assessment_gives_its_text(assessed):
    assert str(assessed) == assessment_text(assessed, width=100)


def test_the_error_for_an_unknown_score_names_the_scores(assessed):
    with pytest.raises(KeyError, match="escalation, stability"):
        assessed["escalaton"]


def test_the_sentences_head_the_markdown_card_and_tables_of_several(default_model, assessed):
    other = default_model.assess(default_model.scenarios["increased_cooperation"])
    for text in (assessment_markdown(assessed), assessments_markdown([assessed, other])):
        before, _, after = text.partition("| Situation | Score |")
        assert after
        for score in assessed.top_scores:
            assert escape_markdown(summary(assessed, score)) in before
    assert escape_markdown(summary(other, other["escalation"])) in assessments_markdown([assessed, other])


def test_markdown_has_points_kept_of_points_possible_in_groups(assessed):
    lines = assessment_markdown(assessed).splitlines()
    start = lines.index("## Stability: where the points come from")
    assert lines[start + 2] == "| From | Given | Points | Possible |"
    assert lines[start + 4].startswith("| **History** | **all assumed** | **")
    assert lines[start + 4].endswith(" | **30.0** |")
    assert f"| **Sum** |  | **{assessed['stability'].reported:.1f}** | **100.0** |" in lines


def test_an_account_of_small_entries_alone_has_its_titles_in_a_line():
    indicators = {name: {"title": name.upper(), "scale": {"goalposts": [0, 10]}} for name in "ab"}
    content = {"format": 1, "id": "zero", "version": "1.0.0", "title": "Zero", "indicators": indicators}
    scores = {"s": {"title": "S", "weights": {"a": 1, "b": 1}, "mean": "geometric", "out_of": 1_000_000}}
    text = assessment_text(riskmodel.load_model({**content, "scores": scores}).assess({"a": 0, "b": 7}))
    assert "S  0.0 of 1000000" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Indicators 0.0" in lines
    assert "Smaller: A, B 0.0" in lines
