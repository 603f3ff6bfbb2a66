"""Situations assessed together come out as each does alone."""

import random

import pytest
from random_models import random_model, random_values

import riskmodel
from riskmodel.documents.situations import from_values, values_for
from riskmodel.engine.assessor import Assessor


def together(model, *values):
    """Assess situations as one block."""
    cases = [(situation, values_for(model.spec, situation)) for situation in map(from_values, values)]
    return Assessor(model.spec, model.compiled, model.identity).assess_all(cases)


@pytest.mark.parametrize("block", range(4))
def test_random_situations_come_out_as_they_do_alone(block):
    unlike = 0
    for seed in range(block * 30, block * 30 + 30):
        rng = random.Random(seed)
        content = random_model(rng)
        model = riskmodel.load_model(content)
        situations = [random_values(rng, content) for _ in range(6)]
        alone = [repr(model.assess(values)) for values in situations]
        unlike += len({tuple(sorted(values)) for values in situations}) > 1
        assert [repr(assessed) for assessed in together(model, *situations)] == alone
    assert unlike > 20, "hardly any situations that lack different values stood together"


def test_a_condition_without_names_has_its_degree_in_every_situation():
    content = {
        "format": 1,
        "id": "constant",
        "indicators": {"x": {"scale": {"goalposts": [0, 10]}}},
        "scores": {"risk": {"weights": {"x": 1}}},
        "rules": {
            "always": {"when": "1 < 2", "then": {"risk": {"add": 5}}},
            "never": {"when": "2 < 1", "then": {"risk": {"add": 50}}},
        },
    }
    model = riskmodel.load_model(content)
    for assessed, value in zip(together(model, {"x": 2}, {"x": 4}, {}), (25, 45, None), strict=True):
        assert assessed["risk"].value == (None if value is None else pytest.approx(value))
        assert [rule.status for rule in assessed.rules] == ["fired", "not fired"]
        (effect,) = assessed.rules[0].effects
        assert effect.points == pytest.approx(0 if value is None else 5)
