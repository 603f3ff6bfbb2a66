"""Other ways to score the default model, which the benchmarks share.

`score_with_pandas` is what a careful analyst would write by hand; `decision` puts the model's rules into the words of
zen-engine.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

import riskmodel
from riskmodel.kernels import conditions
from riskmodel.kernels.conditions import Condition
from riskmodel.kernels.effects import EffectKind
from riskmodel.schema.parts import Indicator
from riskmodel.schema.scales import Goalposts, Points
from riskmodel.schema.terms import Above, Below, Term

AGREEMENT = 1e-9

Degree = TypeVar("Degree")


def score_with_pandas(model: riskmodel.Model, frame: pd.DataFrame) -> pd.DataFrame:
    """The reported scores, bands, coverage and exact scores of every row; columns named as `score_frame` does."""
    defaults = {name: indicator.assumed for name, indicator in model.spec.indicators.items()}
    filled = frame.fillna({name: default for name, default in defaults.items() if default is not None})
    intensity = intensities(model, filled)
    degrees = _degrees_with_pandas(model, filled)
    made: dict[str, pd.Series] = {}
    for name, score in model.spec.scores.items():
        weights = {part: score.weight(part) for part in score.weights}
        mean, coverage = weighted_mean(intensity, weights), _covered(frame, weights)
        exact = _apply_rules(model, name, mean * score.out_of, degrees).clip(0, score.out_of)
        exact = exact.where(coverage >= score.min_coverage - 1e-9)
        scale = 10**score.decimals
        made[name] = np.floor(exact * scale + 0.5 + 1e-6) / scale
        made[f"{name}_band"] = pd.cut(
            made[name], [*score.bands.values(), np.inf], right=False, labels=list(score.bands)
        )
        made[f"{name}_coverage"] = coverage
        made[f"{name}_exact"] = exact
    return pd.DataFrame(made, copy=False)


def intensities(model: riskmodel.Model, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Each indicator on its scale from 0 to 1."""
    made = {}
    for name, indicator in model.spec.indicators.items():
        at, intensity = knots(indicator)
        if len(at) == 2:
            made[name] = ((frame[name] - at[0]) / (at[1] - at[0])).clip(0, 1)
        else:
            made[name] = pd.Series(np.interp(frame[name], at, intensity), index=frame.index)
    return made


def knots(indicator: Indicator) -> tuple[list[float], list[float]]:
    """Where the indicator's scale bends: raw values, and the intensities there."""
    match indicator.scale:
        case Points(points=points):
            return [at for at, _ in points], [intensity for _, intensity in points]
        case Goalposts(goalposts=(start, end), curve="linear") if start < end:
            return [start, end], [0.0, 1.0]
    raise TypeError(f"not a scale that this benchmark knows: {indicator.scale!r}")


def weighted_mean(intensity: Mapping[str, pd.Series], weights: Mapping[str, float]) -> pd.Series:
    """Average what is there."""
    turned = {name: intensity[name] if weight > 0 else 1 - intensity[name] for name, weight in weights.items()}
    total = sum(turned[name].fillna(0) * abs(weight) for name, weight in weights.items())
    return total / sum(turned[name].notna() * abs(weight) for name, weight in weights.items())


def _covered(frame: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Return the share of the weights that is given."""
    given = sum(frame[name].notna() * abs(weight) for name, weight in weights.items())
    return given / sum(map(abs, weights.values()))


def _degrees_with_pandas(model: riskmodel.Model, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """How far each rule holds; 0 where that is not known."""
    terms = {}
    for name, term in terms_used(model):
        none, full = _ramp(model.spec.indicators[name].terms[term])
        terms[name, term] = ((frame[name] - none) / (full - none)).clip(0, 1)
    # Of two conditions joined by `and`, one that is unknown leaves the whole unknown; by `or`, the other decides.
    logic = Logic(lambda name, term: terms[name, term], lambda degree: 1 - degree, np.minimum, np.fmax)
    return {name: _fold(rule.condition, logic).fillna(0) for name, rule in model.compiled.rules.items()}


def _apply_rules(model: riskmodel.Model, score: str, base: pd.Series, degrees: Mapping[str, pd.Series]) -> pd.Series:
    moved = base
    for name, points in _effects(model, score, "add"):
        moved = moved + degrees[name] * points
    floored = moved
    for name, floor in _effects(model, score, "at_least"):
        floored = np.maximum(floored, moved + degrees[name] * (floor - moved).clip(lower=0))
    capped = floored
    for name, cap in _effects(model, score, "at_most"):
        capped = np.minimum(capped, floored - degrees[name] * (floored - cap).clip(lower=0))
    return capped


def decision(model: riskmodel.Model, whole: bool = False) -> dict[str, object]:
    """The model's terms and rules as a decision graph: one expression node, in which `$` is what stands above.

    Base scores are handed in as `S_base`; if `whole`, they are worked out too, for rows without gaps.
    """
    bases = _base_expressions(model) if whole else {}
    texts = (
        bases | _term_expressions(model) | _rule_expressions(model) | _score_expressions(model, "$." if whole else "")
    )
    expressions = [{"id": key, "key": key, "value": text} for key, text in texts.items()]
    kinds = {"facts": "inputNode", "rules": "expressionNode", "scores": "outputNode"}
    nodes: list[dict[str, object]] = [
        {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}, "content": {"expressions": expressions}}
        for name, kind in kinds.items()
    ]
    edges = [
        {"id": source, "type": "edge", "sourceId": source, "targetId": target}
        for source, target in (("facts", "rules"), ("rules", "scores"))
    ]
    return {"nodes": nodes, "edges": edges}


def _base_expressions(model: riskmodel.Model) -> dict[str, str]:
    made = {
        f"{name}_intensity": _bent_line(name, *knots(indicator)) for name, indicator in model.spec.indicators.items()
    }
    for name, score in model.spec.scores.items():
        weights = {part: score.weight(part) for part in score.weights}
        share = score.out_of / sum(map(abs, weights.values()))
        parts = [
            f"{abs(weight) * share} * " + (f"$.{part}_intensity" if weight > 0 else f"(1 - $.{part}_intensity)")
            for part, weight in weights.items()
        ]
        made[f"{name}_base"] = " + ".join(parts)
    return made


def _bent_line(name: str, at: Sequence[float], level: Sequence[float]) -> str:
    """Straight between the knots, and level outside of them."""
    text = f"{level[-1]}"
    for left, right, low, high in reversed(list(zip(at, at[1:], level, level[1:], strict=False))):
        text = f"{name} < {right} ? {low} + ({name} - ({left})) * {(high - low) / (right - left)} : {text}"
    return f"{name} <= {at[0]} ? {level[0]} : {text}"


def _term_expressions(model: riskmodel.Model) -> dict[str, str]:
    made = {}
    for name, term in terms_used(model):
        none, full = _ramp(model.spec.indicators[name].terms[term])
        made[f"{name}_{term}"] = f"max([0, min([1, ({name} - ({none})) / ({full - none})])])"
    return made


def _rule_expressions(model: riskmodel.Model) -> dict[str, str]:
    logic: Logic[str] = Logic(
        leaf=lambda name, term: f"$.{name}_{term}",
        opposite=lambda degree: f"(1 - {degree})",
        both=lambda one, other: f"min([{one}, {other}])",
        either=lambda one, other: f"max([{one}, {other}])",
    )
    return {name: _fold(rule.condition, logic) for name, rule in model.compiled.rules.items()}


def _score_expressions(model: riskmodel.Model, above: str) -> dict[str, str]:
    made = {}
    for score, spec in model.spec.scores.items():
        at, floored = f"$.{score}_added", f"$.{score}_floored"
        added = [f"$.{name} * ({points})" for name, points in _effects(model, score, "add")]
        floors = [f"{at} + $.{name} * max([0, {level} - {at}])" for name, level in _effects(model, score, "at_least")]
        caps = [
            f"{floored} - $.{name} * max([0, {floored} - {level}])" for name, level in _effects(model, score, "at_most")
        ]
        made[f"{score}_added"] = " + ".join([f"{above}{score}_base", *added])
        made[f"{score}_floored"] = f"max([{', '.join([at, *floors])}])"
        made[score] = f"max([0, min([{', '.join([str(spec.out_of), floored, *caps])}])])"
    return made


class Logic(NamedTuple, Generic[Degree]):
    """What the words of a condition mean to a peer."""

    leaf: Callable[[str, str], Degree]
    opposite: Callable[[Degree], Degree]
    both: Callable[[Degree, Degree], Degree]
    either: Callable[[Degree, Degree], Degree]


def _fold(condition: Condition, logic: Logic[Degree]) -> Degree:
    """Say a condition in a peer's words."""
    match condition:
        case conditions.TermTest(name=name, term=term):
            return logic.leaf(name.name, term)
        case conditions.Not(operand=conditions.TermTest() as leaf):
            return logic.opposite(_fold(leaf, logic))
        case conditions.And(operands=operands):
            return reduce(logic.both, [_fold(operand, logic) for operand in operands])
        case conditions.Or(operands=operands):
            return reduce(logic.either, [_fold(operand, logic) for operand in operands])
    raise TypeError(f"not a condition that this benchmark knows: {condition!r}")


def terms_used(model: riskmodel.Model) -> list[tuple[str, str]]:
    """The indicators and terms that rules speak of, each pair once."""
    logic: Logic[set[tuple[str, str]]] = Logic(lambda name, term: {(name, term)}, set, set.union, set.union)
    return sorted(set.union(*(_fold(rule.condition, logic) for rule in model.compiled.rules.values())))


def _ramp(term: Term) -> tuple[float, float]:
    """The raw values at which a graded term is not true at all, and fully true."""
    match term:
        case Above(above=(none, full)) | Below(below=(full, none)) if none != full:
            return none, full
    raise TypeError(f"not a term that this benchmark knows: {term!r}")


def _effects(model: riskmodel.Model, score: str, kind: EffectKind) -> list[tuple[str, float]]:
    """Rule and number of each effect of one kind on a score."""
    return [
        (rule.name, effect.amount)
        for rule in model.compiled.rules.values()
        for effect in rule.effects
        if (effect.score, effect.kind) == (score, kind)
    ]
