"""The indicators that scores and rules depend on, directly or through sub-scores."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from riskmodel.engine.compile import CompiledModel, CompiledRule, CompiledScore
from riskmodel.schema.model import ModelSpec


class Leaf(NamedTuple):
    """An indicator that a score is built from, through all its sub-scores.

    Attributes
    ----------
    weight : its share of the weights.
    falls : for the ways to the score, whether the score falls as the raw value rises; None: neither.
    """

    weight: float
    falls: frozenset[bool | None]


def leaves_by_score(spec: ModelSpec, compiled: CompiledModel) -> Mapping[str, Mapping[str, Leaf]]:
    """Return the indicators of every score; sub-scores that are shared are worked out once."""
    leaves: dict[str, dict[str, Leaf]] = {}
    for score in compiled.scores.values():
        total = math.fsum(entry.weight for entry in score.inputs)
        own: dict[str, Leaf] = {}
        for entry in score.inputs:
            parts = leaves[entry.name] if entry.is_score else {entry.name: _leaf(spec, entry.name)}
            for name, leaf in parts.items():
                before = own.get(name, Leaf(0.0, frozenset()))
                falls = {None if way is None else way != entry.inverted for way in leaf.falls}
                own[name] = Leaf(before.weight + leaf.weight * entry.weight / total, before.falls | falls)
        leaves[score.name] = own
    return leaves


def _leaf(spec: ModelSpec, name: str) -> Leaf:
    """Return an indicator as its own score with a positive weight."""
    indicator = spec.indicators[name]
    scale = None if indicator.labels is not None else indicator.scale
    course = () if scale is None else scale.course(indicator.bounds)
    return Leaf(1.0, frozenset({not course[0] if len(course) == 1 else None}))


def score_indicators(
    spec: ModelSpec, compiled: CompiledModel, score: CompiledScore, leaves: Mapping[str, Leaf]
) -> Sequence[str]:
    """Return the indicators that a score depends on, by weight and then in the order of the model."""
    rules = (compiled.rules[effect.rule] for stage in compiled.stages[score.name] for effect in stage.effects)
    names = leaves.keys() | {name for rule in rules for name in rule_indicators(compiled, rule)}
    ordered = [name for name in spec.indicators if name in names]
    return sorted(ordered, key=lambda name: -leaves[name].weight if name in leaves else 0.0)


def rule_indicators(compiled: CompiledModel, rule: CompiledRule) -> frozenset[str]:
    """Return the indicators that the condition of a rule depends on, directly or through scores."""
    names = (compiled.scores[name].leaf_indicators if name in compiled.scores else {name} for name in rule.names)
    return frozenset().union(*names)


def possible_points(score: CompiledScore, missing: Collection[str]) -> Mapping[str, float]:
    """Return the most points of each indicator of an arithmetic mean of indicators alone; otherwise nothing."""
    if score.power != 1.0 or any(entry.is_score for entry in score.inputs):
        return {}
    present = [entry for entry in score.inputs if entry.name not in missing]
    total = math.fsum(entry.weight for entry in present)
    return {entry.name: score.out_of * entry.weight / total for entry in present}
