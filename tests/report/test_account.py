"""Accounts in groups: what is printed sums to the printed score, and nothing kept exceeds what was possible."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel.report.account import account_groups, group_text, keeps_points


def scored_at_random(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    for spec in content["scores"].values():
        spec["better"] = rng.choice(("low", "high", "high"))
        if rng.random() < 0.5:
            spec["mean"] = "arithmetic"
    return riskmodel.load_model(content).assess(random_values(rng, content))


def total(texts):
    return math.fsum(map(float, texts))


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_printed_lines_sum_to_their_group_and_groups_to_the_reported_score(seed):
    assessment = scored_at_random(seed)
    for score in assessment.scores.values():
        groups = account_groups(assessment, score)
        if score.reported is None:
            assert groups == []
            continue
        near = 10.0**-score.decimals / 100
        assert total(group.points for group in groups) == pytest.approx(score.reported, abs=near)
        for group in groups:
            shown = [line.points for line in group.lines] + ([group.small_points] if group.small else [])
            assert total(shown) == pytest.approx(float(group.points), abs=near)
            assert total(line.points for line in group.small) == pytest.approx(float(group.small_points or 0), abs=near)
            assert math.fsum(line.exact for line in (*group.lines, *group.small)) == pytest.approx(group.exact)
        lines = [line for group in groups for line in (*group.lines, *group.small)]
        assert len(lines) == len(score.account)


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_points_possible_sum_to_the_scale_and_are_never_exceeded(seed):
    assessment = scored_at_random(seed)
    for score in assessment.scores.values():
        groups = account_groups(assessment, score)
        near = 10.0**-score.decimals / 100
        lines = [line for group in groups for line in (*group.lines, *group.small)]
        if not keeps_points(score):
            assert not any(item.possible for item in (*groups, *lines))
            continue
        possible = [line for line in lines if line.kind == "indicator"]
        assert total(line.possible for line in possible) == pytest.approx(score.out_of, abs=near)
        assert total(group.possible for group in groups if group.possible) == pytest.approx(score.out_of, abs=near)
        for line in possible:
            assert float(line.points) <= float(line.possible) + near
            assert abs(float(line.possible) - line.exact_possible) < 2 * 10.0**-score.decimals
        for group in groups:
            if group.small and group.possible:
                assert total(line.possible for line in group.small) == pytest.approx(
                    float(group.small_possible), abs=near
                )


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_small_lines_stand_together_and_the_largest_come_first(seed):
    assessment = scored_at_random(seed)
    for score in assessment.scores.values():
        for group in account_groups(assessment, score):
            assert len(group.small) != 1
            sizes = [abs(line.exact_possible or line.exact) for line in group.lines]
            assert sizes == sorted(sizes, reverse=True)
            assert all(abs(line.exact_possible or line.exact) < 0.01 * score.out_of for line in group.small)
            small = [size for size in sizes if size < 0.01 * score.out_of - 1e-6]
            assert len(small) <= (0 if group.small else 1)


CONTENT = {
    "format": 1,
    "id": "by-hand",
    "groups": {"past": {"title": "The past"}, "now": {"title": "The present"}, "other": {"title": "Something else"}},
    "indicators": {
        "a": {"title": "Wars", "group": "past", "scale": {"goalposts": [10, 0]}},
        "b": {"title": "Contacts", "group": "now", "scale": {"goalposts": [0, 10]}},
        "c": {"title": "Rain", "group": "other", "scale": {"goalposts": [0, 10]}},
    },
    "scores": {
        "s": {"title": "Peace", "better": "high", "weights": {"a": 30, "b": 70}},
        "t": {"title": "Weather", "weights": {"c": 1}},
    },
}


def test_stability_reads_as_points_kept_of_points_possible():
    assessment = riskmodel.load_model(CONTENT).assess({"a": 5, "b": 8})
    texts = [group_text(group) for group in account_groups(assessment, assessment["s"])]
    assert texts == ["The past 15.0 of 30.0 (21%)", "The present 56.0 of 70.0 (79%)"]


def test_a_group_without_a_value_is_there_and_one_that_the_score_does_not_use_is_not():
    assessment = riskmodel.load_model(CONTENT).assess({"b": 8})
    past, now = account_groups(assessment, assessment["s"])
    assert (group_text(past), past.lines) == ("The past not given", ())
    # What is missing leaves its points to the others.
    assert (now.points, now.possible) == ("80.0", "100.0")


def test_rounding_takes_from_another_line_what_a_line_keeps_beyond_its_own():
    # Of 100 points three indicators have 33.3 each; all are kept, and one is printed as 34.
    names = ("a", "b", "c")
    content = {
        "format": 1,
        "id": "thirds",
        "indicators": {name: {"scale": {"goalposts": [0, 1]}} for name in names},
        "scores": {"s": {"better": "high", "decimals": 0, "weights": dict.fromkeys(names, 1)}},
    }
    assessment = riskmodel.load_model(content).assess({"a": 0.999, "b": 1, "c": 1})
    (group,) = account_groups(assessment, assessment["s"])
    assert (group.points, group.possible) == ("100", "100")
    assert all(float(line.points) <= float(line.possible) for line in group.lines)
