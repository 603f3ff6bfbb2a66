"""Variants of a model: the same in all but one respect, so that what the one respect is worth can be told."""

import numpy as np

from riskmodel.analysis.nominal import nominal_paths
from riskmodel.analysis.observations import Observations
from riskmodel.engine.compiled import CompiledModel, CompiledScore, compile_model
from riskmodel.engine.table import score_table
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec


def scored(spec: ModelSpec, score: str, seen: Observations) -> Floats:
    """(n,) exact values of a score; NaN where there is none."""
    return score_table(compile_model(spec), seen.columns, len(seen.outcome))[score].value


def without_rules(spec: ModelSpec) -> ModelSpec:
    """The model with its weights alone."""
    return spec.model_copy(update={"rules": {}})


def without_rule(spec: ModelSpec, rule: str) -> ModelSpec:
    """The model with one rule taken out."""
    return spec.model_copy(update={"rules": {name: kept for name, kept in spec.rules.items() if name != rule}})


def equal_weights(spec: ModelSpec) -> ModelSpec:
    """The model without rules, in which every weight is 1 or -1; it gives a score whatever its coverage is."""
    scores = {}
    for name, score in spec.scores.items():
        weights = {part: float(np.sign(score.weight(part))) for part in score.weights}
        scores[name] = score.model_copy(update={"weights": weights, "min_coverage": 0.0})
    return without_rules(spec).model_copy(update={"scores": scores})


def directed(model: CompiledModel, score: CompiledScore, seen: Observations) -> dict[str, Floats]:
    """What each indicator by itself says of a score: (n,) in [0, 1], the higher the higher the score; NaN is missing.

    Parameters
    ----------
    model : the compiled model.
    score : the score whose indicators, through sub-scores, are taken.
    seen : the rows; indicators without a column, or without any value, are left out.
    """
    found = {}
    for name, weight in sorted(_nominal(model, score).items()):
        indicator = model.indicators[name]
        if name not in seen.columns or indicator.intensity is None or np.isnan(seen.columns[name]).all():
            continue
        raw = seen.columns[name]
        intensity = indicator.intensity(np.where(np.isnan(raw), 0.0, raw))
        found[name] = np.where(np.isnan(raw), np.nan, intensity if weight > 0 else 1.0 - intensity)
    return found


def _nominal(model: CompiledModel, score: CompiledScore) -> dict[str, float]:
    """The signed share of each indicator in a score, through sub-scores."""
    shares: dict[str, float] = {}
    for name, share in nominal_paths(model, score):
        shares[name] = shares.get(name, 0.0) + share
    return shares
