"""The most points that an indicator can give, and the direction in which it moves a score."""

import random

import pytest
from random_models import random_model, random_values

import riskmodel


def entries(assessment, score):
    return {entry.name: entry for entry in assessment[score].account}


def test_possible_points_are_the_shares_of_the_weights(default_model):
    values = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
    account = entries(default_model.assess(values), "stability")
    # The weights of stability sum to 100, and its other indicators have defaults.
    assert {name: entry.possible for name, entry in account.items() if entry.kind == "indicator"} == pytest.approx(
        {
            name: abs(default_model.spec.scores["stability"].weight(name))
            for name in account
            if name in default_model.spec.indicators
        }
    )
    assert account["communication_frequency"].possible == pytest.approx(20)
    # Of one contact, an intensity of 0.125: half of the way from 0 to 2 contacts, which have 0.25.
    assert account["communication_frequency"].points == pytest.approx(20 * 0.125)
    assert all(entry.possible is None for entry in account.values() if entry.kind == "rule")


def test_what_is_missing_leaves_its_points_to_the_others():
    model = riskmodel.load_model("core-four")
    account = entries(model.assess({"military_activity": 10, "communication_frequency": 0}), "escalation")
    # 35 and 30 of the weights 35, 30, 20 and 15.
    assert account["military_activity"].possible == pytest.approx(100 * 35 / 65)
    assert account["military_activity"].points == pytest.approx(100 * 35 / 65)
    assert account["communication_frequency"].possible == pytest.approx(100 * 30 / 65)


def model_of(scale, weight, **others):
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "one",
            "indicators": {"x": {"valid": [0, 10], "scale": scale}, "y": {"scale": {"goalposts": [0, 1]}}},
            "scores": {"s": {"weights": {"x": weight, "y": 1}, **others}},
        }
    )


@pytest.mark.parametrize(
    ("scale", "weight", "inverted"),
    [
        ({"goalposts": [0, 10]}, 2, False),
        ({"goalposts": [0, 10]}, -2, True),
        ({"goalposts": [10, 0]}, 2, True),
        ({"goalposts": [10, 0]}, -2, False),
        ({"points": [[0, 0], [5, 1], [10, 0]]}, 2, None),
    ],
)
def test_the_direction_is_that_of_raw_values(scale, weight, inverted):
    account = entries(model_of(scale, weight).assess({"x": 3, "y": 0.5}), "s")
    assert account["x"].inverted is inverted
    assert account["y"].inverted is False


def test_another_mean_has_no_possible_points():
    account = entries(model_of({"goalposts": [0, 10]}, 2, mean="geometric").assess({"x": 3, "y": 0.5}), "s")
    assert account["x"].possible is None


@pytest.mark.parametrize("seed", range(30))
def test_points_are_a_share_of_those_possible(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    assessment = model.assess(random_values(rng, content))
    for name, score in assessment.scores.items():
        weights = model.spec.scores[name].weights
        possible = [entry for entry in score.account if entry.possible is not None]
        if model.spec.scores[name].power != 1.0 or not set(weights) <= set(model.spec.indicators):
            assert not possible
            continue
        for entry in possible:
            intensity = assessment.input(entry.name).intensity
            share = 1 - intensity if model.spec.scores[name].weight(entry.name) < 0 else intensity
            assert entry.points == pytest.approx(entry.possible * share, abs=1e-9 * score.out_of)
        if possible:
            assert sum(entry.possible for entry in possible) == pytest.approx(score.out_of)
