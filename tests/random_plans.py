"""Plans of random models, with columns for them."""

import random

import numpy as np
from random_models import random_model, random_values

import riskmodel
from riskmodel.engine.plan import build_plan
from riskmodel.plan.steps import Step


def random_plan(seed, rows):
    """Draw a model; give its general plan, and columns by indicator with missing values."""
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content).compiled
    situations = [random_values(rng, content) for _ in range(rows)]
    columns = {
        name: np.array([indicator.encode(values.get(name)) for values in situations])
        for name, indicator in model.indicators.items()
    }
    return build_plan(model), columns


def steps_of(plan):
    """List the steps that are read of a plan, each where it stands, equal ones again."""
    return list(_steps_in((plan.intensities, plan.scores, plan.rules)))


def _steps_in(content):
    if isinstance(content, Step):
        yield content
    elif isinstance(content, dict):
        yield from _steps_in(tuple(content.values()))
    elif isinstance(content, tuple):
        for part in content:
            yield from _steps_in(part)
