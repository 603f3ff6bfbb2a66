"""Direction of a score as one of its inputs rises: wording by scale and weight, checked against the engine."""

import random
from itertools import pairwise

import numpy as np
import pytest
from random_models import random_model

import riskmodel
from riskmodel import compare_models
from riskmodel.analysis.outcomes.study import without_rules
from riskmodel.documents.models import load
from riskmodel.model import Model
from riskmodel.report.model import model_diff, model_summary, rulebook
from riskmodel.schema.breakpoints import probe_values
from riskmodel.schema.wording import direction

MIRRORED = {
    "raises": "lowers",
    "lowers": "raises",
    "rises and falls": "falls and rises",
    "falls and rises": "rises and falls",
    "no effect": "no effect",
    "highest at crisis": "highest at calm",
}


def content(scale, weight=2, valid=None, **more):
    """A model of an income and a number of talks."""
    income = {"title": "Income", "scale": scale, **({} if valid is None else {"valid": valid})}
    talks = {"title": "Talks", "valid": [0, 10], "scale": {"goalposts": [0, 10]}}
    return {
        "format": 1,
        "id": "income",
        "indicators": {"income": income, "talks": talks},
        "scores": {"risk": {"weights": {"income": weight, "talks": 2}}},
        **more,
    }


@pytest.mark.parametrize(
    ("scale", "valid", "expected"),
    [
        ({"goalposts": [500, 100_000]}, None, "raises"),
        ({"goalposts": [100_000, 500]}, None, "lowers"),
        ({"goalposts": [100_000, 500], "curve": "log"}, [0, None], "lowers"),
        ({"logistic": {"midpoint": 5, "slope": 0.1}}, None, "raises"),
        ({"logistic": {"midpoint": 5, "slope": -0.1}}, [0, 10], "lowers"),
        ({"points": [[0, 0], [5, 0.4], [9, 1]]}, None, "raises"),
        ({"points": [[0, 1], [5, 1], [9, 0.5]]}, None, "lowers"),
        ({"points": [[0, 0], [5, 1], [9, 0.5]]}, None, "rises and falls"),
        ({"points": [[0, 1], [5, 0], [9, 0.5]]}, None, "falls and rises"),
        ({"points": [[0, 0], [2, 1], [5, 1], [9, 0.5], [10, 1]]}, None, "rises and falls"),
        # Only what is valid counts.
        ({"points": [[0, 0], [5, 1], [9, 0.5]]}, [0, 5], "raises"),
        ({"points": [[0, 0], [5, 1], [9, 0.5]]}, [6, None], "lowers"),
        ({"points": [[0, 0], [5, 1], [9, 0.5]]}, [9, None], "no effect"),
        ({"goalposts": [0, 10]}, [10, 20], "no effect"),
        ({"points": [[5, 0.5]]}, None, "no effect"),
        ({"goalposts": [1, 10], "curve": "log"}, [-3, 0], "no effect"),
        ({"fit": "minmax"}, None, "raises"),
        ({"levels": {"crisis": 1, "tense": 0.5, "calm": 0}}, None, "highest at crisis"),
        ({"levels": {"calm": 0, "crisis": 1}}, None, "highest at crisis"),
        ({"levels": {"calm": 0.5, "crisis": 0.5}}, None, "no effect"),
    ],
)
def test_the_direction_follows_scale_and_weight(scale, valid, expected):
    assert direction(load(content(scale, 2, valid)).spec, "risk", "income") == expected
    assert direction(load(content(scale, -2, valid)).spec, "risk", "income") == MIRRORED[expected]


def test_labels_that_are_highest_alike_are_all_named():
    spec = load(content({"levels": {"calm": 0, "war": 1, "siege": 1}})).spec
    assert direction(spec, "risk", "income") == "highest at war or siege"


def test_a_sub_score_counts_by_its_weight_and_as_idle_where_all_in_it_is():
    scores = {
        "wealth": {"weights": {"income": 1}},
        "talk": {"weights": {"talks": -1}},
        "risk": {"weights": {"wealth": -1, "talk": 1}},
    }
    moving = load(content({"goalposts": [100_000, 500]}, scores=scores)).spec
    assert [direction(moving, "risk", name) for name in ("wealth", "talk")] == ["lowers", "raises"]
    assert direction(moving, "wealth", "income") == "lowers"
    idle = load(content({"points": [[5, 0.5]]}, scores=scores)).spec
    assert direction(idle, "risk", "wealth") == "no effect"


@pytest.mark.parametrize("seed", range(40))
def test_directions_agree_with_the_engine(seed):
    rng = random.Random(seed)
    model = Model(without_rules(load(random_model(rng)).spec))
    for score, part in ((score, part) for score, spec in model.spec.scores.items() for part in spec.weights):
        if part in model.spec.scores or model.compiled.indicators[part].labels is not None:
            continue
        if model.spec.scores[score].power != 1.0:
            continue
        direct = {other for other in model.spec.scores[score].weights if other in model.spec.indicators} - {part}
        assessed = [
            model.assess({part: value, **{other: model.spec.indicators[other].default for other in direct}})
            for value in np.sort(probe_values(model.spec, part))
        ]
        bases = [entry[score].base for entry in assessed]
        steps = [np.sign(after - before) for before, after in pairwise(bases) if abs(after - before) > 1e-9]
        turns = [step for index, step in enumerate(steps) if index == 0 or step != steps[index - 1]]
        if any(
            part in model.spec.scores[sub].weights
            for sub in model.spec.scores[score].weights
            if sub in model.spec.scores
        ):
            continue
        expected = {(): "no effect", (1,): "raises", (-1,): "lowers"}
        words = "rises and falls" if turns and turns[0] > 0 else "falls and rises"
        assert direction(model.spec, score, part) == expected.get(tuple(turns), words)


class TestReports:
    FALLING = content({"goalposts": [100_000, 500]}, valid=[0, None])
    RISING = content({"goalposts": [500, 100_000]}, valid=[0, None])

    def test_the_rulebook(self):
        text = rulebook(riskmodel.load_model(self.FALLING))
        assert "| Income | lowers, 50.0% |" in text
        assert "| Talks | raises, 50.0% |" in text

    def test_show_says_it_where_the_sign_says_otherwise(self):
        lines = model_summary(riskmodel.load_model(self.FALLING)).splitlines()
        assert [line.split()[-2:] for line in lines if line.startswith(" income")] == [["+2", "(lowers)"]]
        assert [line.split()[-2:] for line in lines if line.startswith(" talks")] == [["between", "+2"]]

    def test_a_difference_of_scales_names_the_new_direction(self):
        lines = model_diff(load(self.RISING).spec, load(self.FALLING).spec)
        assert "score risk: weight of income: 2 (raises, 50.0%) -> 2 (lowers, 50.0%)" in lines

    def test_a_comparison_of_models(self):
        other = content({"goalposts": [100_000, 500]}, weight=6, valid=[0, None])
        before, after = riskmodel.load_model(self.FALLING), riskmodel.load_model(other)
        result = compare_models({"income": 20_000, "talks": 4}, before, after)
        words = str(result.to_dict())
        assert "lowers, 50.0%" in words
        assert "lowers, 75.0%" in words
        assert "raises, 75.0%" not in words
