"""Other ways to score the default model, shared by the benchmarks.

`score_with_pandas` is code that a careful analyst would write by hand; `decision` translates the model's rules for
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
from riskmodel.kernels.types import EffectKind
from riskmodel.schema.parts import Indicator
from riskmodel.schema.scales import Goalposts, Points
from riskmodel.schema.terms import Above, Below, Term

AGREEMENT = 1e-9

Degree = TypeVar("Degree")


def score_with_pandas(model: riskmodel.Model, frame: pd.DataFrame) -> pd.DataFrame:
    """Return reported scores, bands, coverage and exact scores; columns are named as by `score_frame`."""
    defaults = {name: indicator.assumed for name, indicator in model.spec.indicators.items()}
    filled = frame.fillna({name: default for name, default in defaults.items() if default is not None})
    intensity = intensities(model, filled)
    degrees = _degrees_with_pandas(model, filled)
    columns: dict[str, pd.Series] = {}
    for name, score in model.spec.scores.items():
        weights = {part: score.weight(part) for part in score.weights}
        mean, coverage = weighted_mean(intensity, weights), _covered(frame, weights)
        exact = _apply_rules(model, name, mean * score.out_of, degrees).clip(0, score.out_of)
        exact = exact.where(coverage >= score.min_coverage - 1e-9)
        scale = 10**score.decimals
        columns[name] = np.floor(exact * scale + 0.5 + 1e-6) / scale
        columns[f"{name}_band"] = pd.cut(
            columns[name], [*score.bands.values(), np.inf], right=False, labels=list(score.bands)
        )
        columns[f"{name}_coverage"] = coverage
        columns[f"{name}_exact"] = exact
    return pd.DataFrame(columns, copy=False)


def intensities(model: riskmodel.Model, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return each indicator on its scale from 0 to 1."""
    columns = {}
    for name, indicator in model.spec.indicators.items():
        x, intensity = knots(indicator)
        if len(x) == 2:
            columns[name] = ((frame[name] - x[0]) / (x[1] - x[0])).clip(0, 1)
        else:
            columns[name] = pd.Series(np.interp(frame[name], x, intensity), index=frame.index)
    return columns


def knots(indicator: Indicator) -> tuple[list[float], list[float]]:
    """Return the breakpoints of an indicator's scale: raw values and intensities."""
    match indicator.scale:
        case Points(points=points):
            return [x for x, _ in points], [intensity for _, intensity in points]
        case Goalposts(goalposts=(start, end), curve="linear") if start < end:
            return [start, end], [0.0, 1.0]
    raise TypeError(f"not a scale that this benchmark knows: {indicator.scale!r}")


def weighted_mean(intensity: Mapping[str, pd.Series], weights: Mapping[str, float]) -> pd.Series:
    """Average the values that are present."""
    oriented = {name: intensity[name] if weight > 0 else 1 - intensity[name] for name, weight in weights.items()}
    total = sum(oriented[name].fillna(0) * abs(weight) for name, weight in weights.items())
    return total / sum(oriented[name].notna() * abs(weight) for name, weight in weights.items())


def _covered(frame: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Return the share of the weights that is present."""
    given = sum(frame[name].notna() * abs(weight) for name, weight in weights.items())
    return given / sum(map(abs, weights.values()))


def _degrees_with_pandas(model: riskmodel.Model, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the degree of each rule; 0 where unknown."""
    terms = {}
    for name, term in terms_used(model):
        none, full = _ramp(model.spec.indicators[name].terms[term])
        terms[name, term] = ((frame[name] - none) / (full - none)).clip(0, 1)
    # Of two conditions joined by `and`, one that is unknown leaves the whole unknown; by `or`, the other decides.
    logic = Logic(lambda name, term: terms[name, term], lambda degree: 1 - degree, np.minimum, np.fmax)
    return {name: _fold(rule.condition, logic).fillna(0) for name, rule in model.compiled.rules.items()}


def _apply_rules(model: riskmodel.Model, score: str, base: pd.Series, degrees: Mapping[str, pd.Series]) -> pd.Series:
    added = base
    for name, points in _effects(model, score, "add"):
        added = added + degrees[name] * points
    floored = added
    for name, floor in _effects(model, score, "at_least"):
        floored = np.maximum(floored, added + degrees[name] * (floor - added).clip(lower=0))
    capped = floored
    for name, cap in _effects(model, score, "at_most"):
        capped = np.minimum(capped, floored - degrees[name] * (floored - cap).clip(lower=0))
    return capped


def decision(model: riskmodel.Model, with_bases: bool = False) -> dict[str, object]:
    """Return the model's terms and rules as a decision graph of one expression node; `$` is the expressions above.

    Base scores are inputs `S_base`; with `with_bases` they are computed too, for rows without missing values.
    """
    bases = _base_expressions(model) if with_bases else {}
    texts = (
        bases
        | _term_expressions(model)
        | _rule_expressions(model)
        | _score_expressions(model, "$." if with_bases else "")
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
    expressions = {
        f"{name}_intensity": _bent_line(name, *knots(indicator)) for name, indicator in model.spec.indicators.items()
    }
    for name, score in model.spec.scores.items():
        weights = {part: score.weight(part) for part in score.weights}
        share = score.out_of / sum(map(abs, weights.values()))
        parts = [
            f"{abs(weight) * share} * " + (f"$.{part}_intensity" if weight > 0 else f"(1 - $.{part}_intensity)")
            for part, weight in weights.items()
        ]
        expressions[f"{name}_base"] = " + ".join(parts)
    return expressions


def _bent_line(name: str, x: Sequence[float], level: Sequence[float]) -> str:
    """Return an expression that is linear between the knots and constant outside them."""
    text = f"{level[-1]}"
    for left, right, low, high in reversed(list(zip(x, x[1:], level, level[1:], strict=False))):
        text = f"{name} < {right} ? {low} + ({name} - ({left})) * {(high - low) / (right - left)} : {text}"
    return f"{name} <= {x[0]} ? {level[0]} : {text}"


def _term_expressions(model: riskmodel.Model) -> dict[str, str]:
    expressions = {}
    for name, term in terms_used(model):
        none, full = _ramp(model.spec.indicators[name].terms[term])
        expressions[f"{name}_{term}"] = f"max([0, min([1, ({name} - ({none})) / ({full - none})])])"
    return expressions


def _rule_expressions(model: riskmodel.Model) -> dict[str, str]:
    logic: Logic[str] = Logic(
        leaf=lambda name, term: f"$.{name}_{term}",
        opposite=lambda degree: f"(1 - {degree})",
        both=lambda left, right: f"min([{left}, {right}])",
        either=lambda left, right: f"max([{left}, {right}])",
    )
    return {name: _fold(rule.condition, logic) for name, rule in model.compiled.rules.items()}


def _score_expressions(model: riskmodel.Model, above: str) -> dict[str, str]:
    expressions = {}
    for score, spec in model.spec.scores.items():
        added, floored = f"$.{score}_added", f"$.{score}_floored"
        additions = [f"$.{name} * ({points})" for name, points in _effects(model, score, "add")]
        floors = [
            f"{added} + $.{name} * max([0, {level} - {added}])" for name, level in _effects(model, score, "at_least")
        ]
        caps = [
            f"{floored} - $.{name} * max([0, {floored} - {level}])" for name, level in _effects(model, score, "at_most")
        ]
        expressions[f"{score}_added"] = " + ".join([f"{above}{score}_base", *additions])
        expressions[f"{score}_floored"] = f"max([{', '.join([added, *floors])}])"
        expressions[score] = f"max([0, min([{', '.join([str(spec.out_of), floored, *caps])}])])"
    return expressions


class Logic(NamedTuple, Generic[Degree]):
    """The operators of conditions for a peer."""

    leaf: Callable[[str, str], Degree]
    opposite: Callable[[Degree], Degree]
    both: Callable[[Degree, Degree], Degree]
    either: Callable[[Degree, Degree], Degree]


def _fold(condition: Condition, logic: Logic[Degree]) -> Degree:
    """Translate a condition for a peer."""
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
    """Return the distinct pairs of indicator and term in the rules."""
    logic: Logic[set[tuple[str, str]]] = Logic(lambda name, term: {(name, term)}, set, set.union, set.union)
    return sorted(set.union(*(_fold(rule.condition, logic) for rule in model.compiled.rules.values())))


def _ramp(term: Term) -> tuple[float, float]:
    """Return the raw values at which a graded term has degree 0 and degree 1."""
    match term:
        case Above(above=(none, full)) | Below(below=(full, none)) if none != full:
            return none, full
    raise TypeError(f"not a term that this benchmark knows: {term!r}")


def _effects(model: riskmodel.Model, score: str, kind: EffectKind) -> list[tuple[str, float]]:
    """Return the rule and amount of each effect of a kind on a score."""
    return [
        (rule.name, effect.amount)
        for rule in model.compiled.rules.values()
        for effect in rule.effects
        if (effect.score, effect.kind) == (score, kind)
    ]
