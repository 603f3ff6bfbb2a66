"""Small models for cases worked by hand."""

from types import MappingProxyType

import numpy as np

import riskmodel
from riskmodel.engine.block import score_block


def load(scores, rules=None, **indicators):
    """Load a model of indicators that run from 0 to 10 unless they say otherwise."""
    names = {name for score in scores.values() for name in score["weights"]} - scores.keys()
    scales = {name: {"scale": {"goalposts": [0, 10]}} for name in names}
    return riskmodel.load_model(
        {"format": 1, "id": "by-hand", "indicators": scales | indicators, "scores": scores, "rules": rules or {}}
    )


def columns(**values):
    return {name: np.array(column, dtype=float) for name, column in values.items()}


def block_of(model, weights=MappingProxyType({}), **values):
    given = columns(**values)
    return score_block(model.compiled, given, len(next(iter(given.values()))), weights)
