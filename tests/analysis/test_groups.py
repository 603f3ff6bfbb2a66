"""Groups of indicators: what the parts of a score come to, and where a model, a card and a rulebook tell of them."""

import json
import math
import random
import re
from dataclasses import asdict

import pytest
from broken import MODEL, edited
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel.analysis.lint import warnings
from riskmodel.assessment import GroupPoints
from riskmodel.documents.models import load
from riskmodel.report import formatting
from riskmodel.report.account import parts_text
from riskmodel.report.assessment_markdown import assessment_markdown
from riskmodel.report.assessment_text import assessment_text, brief_text
from riskmodel.report.model import model_diff, model_summary, rulebook

seeds = st.integers(0, 2**32)


def drawn(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    return content, riskmodel.load_model(content).assess(random_values(rng, content))


def without_groups(content):
    def without(entry, key):
        return {name: value for name, value in entry.items() if name != key}

    indicators = {name: without(entry, "group") for name, entry in content["indicators"].items()}
    return {**without(content, "groups"), "indicators": indicators}


def hand_model(**changes):
    return {
        "format": 1,
        "id": "by-hand",
        "groups": {"past": {"title": "The past"}, "now": {"title": "The present"}},
        "indicators": {
            "a": {"group": "now", "scale": {"goalposts": [0, 10]}},
            "b": {"group": "past", "scale": {"goalposts": [0, 10]}},
            "c": {"group": "now", "scale": {"goalposts": [0, 10]}},
        },
        "scores": {"s": {"weights": {"a": 2, "b": -1, "c": 1}}},
        "rules": {"r": {"when": "a > 1", "then": {"s": {"add": 6}}}},
        **changes,
    }


def assessed(values, **changes):
    return riskmodel.load_model(hand_model(**changes)).assess(values)


def parts(assessment, score="s"):
    return [(part.kind, part.name, pytest.approx(part.points)) for part in assessment.by_group(score)]


def printed(text):
    """The figures and the shares (None where there is none) in the account of a score."""
    result = re.findall(r" ([-+]?\d+(?:\.\d+)?)(?: \((?:(\d+)%)?(?:, )?(?:all assumed)?\))?(?=, |$)", text)
    return [float(points) for points, _ in result], [int(share) if share else None for _, share in result]


class TestPoints:
    @given(seeds)
    @settings(max_examples=150, deadline=None)
    def test_they_sum_to_the_value_and_to_the_entries_of_each_part(self, seed):
        content, assessment = drawn(seed)
        home = {name: spec.get("group") for name, spec in content["indicators"].items()}
        for name, score in assessment.scores.items():
            result = assessment.by_group(name)
            if not content["groups"] or score.value is None:
                assert result == ()
                continue
            assert math.fsum(part.points for part in result) == pytest.approx(score.value, abs=1e-10 * score.out_of)
            assert [part.name for part in result if part.kind == "group"] == list(content["groups"])
            kinds = [part.kind for part in result if part.kind != "group"]
            assert kinds == [kind for kind in ("ungrouped", "rules", "clip") if kind in kinds]
            assert "rules" in kinds
            points = {(part.kind, part.name): part.points for part in result}
            for group in content["groups"]:
                own = [one.points for one in score.account if one.kind == "indicator" and home[one.name] == group]
                assert points["group", group] == math.fsum(own)

    def test_by_hand(self):
        # (2 x 0.5 + 1 x 0.8 + 1 x 0.3) / 4 = 0.525, of which a has 25, b 20 and c 7.5; the rule adds 6.
        result = assessed({"a": 5, "b": 2, "c": 3})
        assert result["s"].value == pytest.approx(58.5)
        assert result.by_group("s") == (
            GroupPoints("group", "past", "The past", pytest.approx(20)),
            GroupPoints("group", "now", "The present", pytest.approx(32.5)),
            GroupPoints("rules", "rules", "Rules", pytest.approx(6)),
        )
        assert [result.input(name).group for name in "abc"] == ["now", "past", "now"]

    def test_a_group_whose_indicators_are_missing_has_no_points(self):
        assert parts(assessed({"a": 5, "c": 5})) == [("group", "past", 0), ("group", "now", 50), ("rules", "rules", 6)]

    def test_indicators_without_a_group_and_a_group_that_is_called_rules(self):
        content = hand_model(groups={"rules": {"title": "What the rules of war say"}})
        content["indicators"]["a"]["group"] = "rules"
        for name in "bc":
            del content["indicators"][name]["group"]
        result = riskmodel.load_model(content).assess({"a": 5, "b": 2, "c": 3})
        assert parts(result) == [("group", "rules", 25), ("ungrouped", "ungrouped", 27.5), ("rules", "rules", 6)]

    def test_the_clip_is_a_part_of_its_own(self):
        rules = {"r": {"when": "a > 1", "then": {"s": {"add": 60}}}}
        assert parts(assessed({"a": 5, "b": 2, "c": 3}, rules=rules))[2:] == [
            ("rules", "rules", 60),
            ("clip", "clip", -12.5),
        ]

    def test_an_indicator_counts_in_its_own_group_through_sub_scores(self):
        scores = {"sub": {"weights": {"a": 1, "b": 1}}, "s": {"weights": {"sub": -1, "c": 1}}}
        result = assessed({"a": 5, "b": 3, "c": 2}, scores=scores, rules={})
        # sub is 0.4, so 1 - 0.4 = 0.6 beside 0.2; of the 30 points of the sub-score a owes 0.5 / 1.2 and b 0.7 / 1.2.
        assert parts(result) == [("group", "past", 17.5), ("group", "now", 12.5 + 10), ("rules", "rules", 0)]
        assert parts(result, "sub") == [("group", "past", 15), ("group", "now", 25), ("rules", "rules", 0)]

    def test_without_a_score_there_are_none(self):
        assert assessed({"b": 2}).by_group("s") == ()
        with pytest.raises(KeyError, match="no score 't'"):
            assessed({"b": 2}).by_group("t")


class TestReports:
    @given(seeds)
    @settings(max_examples=150, deadline=None)
    def test_what_is_printed_sums_to_the_reported_score_and_agrees_with_the_lines(self, seed):
        _, assessment = drawn(seed)
        for name, score in assessment.scores.items():
            given = {assessment.part_of(entry) for entry in score.account}
            text = parts_text(assessment, score)
            result = [part for part in assessment.by_group(name) if (part.kind, part.name) in given]
            groups = {group for kind, group in given if kind == "group"}
            unknown = {assessment.input(other).group for other in score.unknown} - {None} if score.account else set()
            assert text.count(" not given") == len(unknown - groups)
            points, shares = printed(text)
            assert len(points) == len(result)
            if not result:
                continue
            unit = 10.0**-score.decimals
            assert math.fsum(points) == pytest.approx(score.reported, abs=unit / 1000)
            lines = formatting.rounded_points(assessment, score)
            for part, shown in zip(result, points, strict=True):
                assert abs(shown - part.points) < unit * (1 + 1e-6)
                own = [
                    lines[one.kind, one.name]
                    for one in score.account
                    if assessment.part_of(one) == (part.kind, part.name)
                ]
                assert math.fsum(own) == pytest.approx(shown, abs=unit / 1000)
            if score.reported == 0 or min(part.points for part in result) < -1e-6 * score.out_of:
                assert set(shares) == {None}
            elif min(part.points for part in result) >= 0:
                assert sum(shares) == 100
                for part, share in zip(result, shares, strict=True):
                    assert abs(share - 100 * part.points / score.value) < 1 + 1e-6

    def test_the_card_the_document_and_the_notebook_tell_them(self):
        result = assessed({"a": 5, "b": 2, "c": 3})
        sums = {"The past": ("34%", "20.0"), "The present": ("56%", "32.5"), "Rules": ("10%", "+6.0")}
        for title, (share, points) in sums.items():
            assert re.search(rf"^  {title} \({share}\) +{re.escape(points)}$", assessment_text(result), re.MULTILINE)
            assert f"| **{title}** | **{share}** | **{points}** |" in assessment_markdown(result)
            assert f"{title} {points} ({share})" in brief_text(result)

    def test_shares_are_left_out_where_a_part_is_negative_or_the_score_is_zero(self):
        rules = {"r": {"when": "a > 1", "then": {"s": {"add": -6}}}}
        for values, line in (
            ({"a": 5, "b": 2, "c": 3}, "The past 20.0, The present 32.5, Rules -6.0"),
            ({"a": 0, "b": 10, "c": 0}, "The past 0.0, The present 0.0"),
        ):
            assert f"  {line}" in brief_text(assessed(values, rules=rules)).splitlines()

    def test_long_titles_keep_to_the_width_and_cannot_be_taken_for_markup(self):
        groups = {"past": {"title": "<b>The past</b> " * 12}, "now": {"title": "The | present " * 12}}
        result = assessed({"a": 5, "b": 2, "c": 3}, groups=groups)
        assert max(map(len, assessment_text(result, 80).splitlines())) <= 80
        assert "<b>The" not in result._repr_html_()
        assert "The \\| present" in assessment_markdown(result)

    def test_as_data(self):
        result = assessed({"a": 5, "b": 2, "c": 3})
        data = json.loads(json.dumps(result.to_dict()))
        parts = data["scores"]["s"]["by_group"]
        assert [list(part) for part in parts] == [["kind", "name", "title", "points"]] * 3
        assert parts == [asdict(part) for part in result.by_group("s")]
        assert data["inputs"]["b"]["group"] == "past"


class TestModelsWithoutGroups:
    @given(seeds)
    @settings(max_examples=40, deadline=None)
    def test_groups_change_no_score_and_leave_no_trace_where_there_are_none(self, seed):
        rng = random.Random(seed)
        content = random_model(rng)
        values = random_values(rng, content)
        plain = riskmodel.load_model(without_groups(content)).assess(values)
        assert plain.scores == riskmodel.load_model(content).assess(values).scores
        for text in (assessment_text(plain), assessment_markdown(plain), plain._repr_html_()):
            assert "of which" not in text.lower()
            assert "of these points" not in text.lower()
        assert all(score["by_group"] == [] for score in plain.to_dict()["scores"].values())
        for score in plain.scores.values():
            if score.reported is not None:
                points = formatting.apportion([one.points for one in score.account], score.reported, score.decimals)
                assert list(formatting.rounded_points(plain, score).values()) == points

    def test_the_fingerprint_tells_which_group_an_indicator_is_in(self):
        ungrouped = riskmodel.load_model(without_groups(hand_model())).identity.fingerprint
        grouped = riskmodel.load_model(hand_model()).identity.fingerprint
        moved = hand_model()
        moved["indicators"]["a"]["group"] = "past"
        other = riskmodel.load_model(moved).identity.fingerprint
        assert len({ungrouped, grouped, other}) == 3


class TestModelFile:
    def test_an_unknown_group_is_an_error_with_the_known_ones(self, write):
        path = write("m.yaml", edited(MODEL, ("group: forces", "group: force")))
        with pytest.raises(riskmodel.ModelError) as caught:
            riskmodel.load_model(path)
        (problem,) = caught.value.problems
        assert (problem.line, problem.column, problem.field) == (16, 12, "indicators.troops.group")
        assert problem.message == "not one of the groups: 'force'; did you mean 'forces'?"

    def test_a_model_without_groups_says_so(self):
        content = hand_model()
        del content["groups"]
        with pytest.raises(riskmodel.ModelError, match="not one of the groups: 'now'; the model has none") as caught:
            riskmodel.load_model(content)
        assert len(caught.value.problems) == 3

    def test_a_group_may_be_called_like_an_indicator_or_a_score(self):
        content = hand_model(groups={name: {"title": name} for name in ("past", "now", "a", "s")})
        assert parts(riskmodel.load_model(content).assess({"a": 5, "b": 2, "c": 3}))[2:4] == [
            ("group", "a", 0),
            ("group", "s", 0),
        ]

    def test_a_group_without_indicators_is_hardly_meant(self, write):
        result = warnings(load(write("m.yaml", MODEL)))
        positions = [(problem.line, problem.column, problem.field) for problem in result if "group" in problem.message]
        assert positions == [(12, 3, "groups.words")]

    def test_rulebook_and_summary_tell_the_members(self):
        content = hand_model()
        content["groups"]["past"]["description"] = "What lies behind."
        content["indicators"]["c"]["title"] = "Crises"
        model = riskmodel.load_model(content)
        text = rulebook(model)
        assert "### The past (`past`)\n\nWhat lies behind.\n\nIndicators: b.\n" in text
        assert "### The present (`now`)\n\nIndicators: a, Crises.\n" in text
        assert "\nGroup past: b\nGroup now: a, c\n" in model_summary(model)
        plain = riskmodel.load_model(without_groups(content))
        assert "Group" not in rulebook(plain) + model_summary(plain)

    def test_differences_in_words(self):
        new = hand_model(groups={"now": {"title": "Now", "description": "These days."}, "soon": {"title": "Soon"}})
        new["indicators"]["a"]["group"] = "soon"
        del new["indicators"]["b"]["group"]
        lines = model_diff(riskmodel.load_model(hand_model()).spec, riskmodel.load_model(new).spec)
        assert lines == [
            "group past: removed",
            "group now: title: 'The present' -> 'Now'",
            "group now: description: none -> 'These days.'",
            "group soon: new",
            "indicator a: group: 'now' -> 'soon'",
            "indicator b: group: 'past' -> none",
        ]

    def test_the_default_model_tells_past_disputes_from_the_present(self, default_model):
        spec = default_model.spec
        assert list(spec.groups) == ["history", "present"]
        assert {"dispute_history", "peace_years"} <= set(spec.members("history"))
        assert {"military_activity", "communication_frequency", "espionage", "trade_disruption"} <= set(
            spec.members("present")
        )
        assert all(indicator.group for indicator in spec.indicators.values())
