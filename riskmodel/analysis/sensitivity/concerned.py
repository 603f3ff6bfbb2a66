"""What a score can depend on at all: through its inputs, and through the rules that act on it."""

from collections.abc import Sequence

import numpy as np

from riskmodel.analysis.draws import Factor
from riskmodel.arrays import Mask
from riskmodel.engine.compiled import CompiledModel


def concerned(model: CompiledModel, score: str, factors: Sequence[Factor]) -> Mask:
    """(k,) which factors a score can depend on: values that it is built from or its rules read, and their weights."""
    acting = [rule for rule in model.rules.values() if any(effect.score == score for effect in rule.effects)]
    named = {score}.union(*(rule.names for rule in acting))
    scores = set()
    waiting = [name for name in named if name in model.scores]
    while waiting:
        name = waiting.pop()
        scores.add(name)
        waiting += [part.name for part in model.scores[name].inputs if part.is_score]
    indicators = (named - model.scores.keys()).union(*(model.scores[name].reaches for name in scores))
    return np.array(
        [factor.score in scores if factor.is_weight else factor.name in indicators for factor in factors], dtype=bool
    )
