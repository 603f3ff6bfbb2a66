"""Find the changes of levers that reach a target, and report them with the scores that they give."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np

from riskmodel.analysis.attainable import model_part
from riskmodel.analysis.levers.boundary import rounded, settled
from riskmodel.analysis.levers.cells import joint_comparisons
from riskmodel.analysis.levers.problem import Objective, SearchSpace, column, levers_of, search_space, shortfalls
from riskmodel.analysis.levers.search import SingleLever, cheapest, nearest, single_levers
from riskmodel.analysis.levers.target import Target, read_target
from riskmodel.analysis.results.levers import Answer, Change, LeverRange, Levers, LeversOfSeveral, Single, TargetScore
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationLike,
    SituationsLike,
    each_of,
    prepare,
)
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.distributions import parameters
from riskmodel.schema.model import ModelSpec

_ROUNDING_ALLOWANCE = 1e-4
"""The share of a score that rounding may add to the shortfall of an answer that does not reach the target."""


@overload
def levers(
    situation: SituationLike, target: str, *, model: Model | str | Path = ..., on_progress: OnProgress | None = ...
) -> Levers: ...


@overload
def levers(
    situation: "SituationsLike", target: str, *, model: Model | str | Path = ..., on_progress: OnProgress | None = ...
) -> LeversOfSeveral: ...


@call_as("levers(situation, target, model=model)", "model.levers(situation, target)")
def levers(
    situation: "SituationLike | SituationsLike",
    target: str,
    *,
    model: Model | str | Path = DEFAULT,
    on_progress: OnProgress | None = None,
) -> Levers | LeversOfSeveral:
    """Find the smallest changes with which a situation, or each of several, reaches a target.

    Every answer is scored by the engine before it is returned. The search for a combined change is a heuristic: there
    may be a cheaper one.

    Parameters
    ----------
    situation
        Values by indicator, or a situation read from a file; distributions count as their medians. Or
        several: a list, a pandas frame with a row for each, or a file of them.
    target
        Such as `escalation <= 40 and stability >= 50`, about final scores before rounding.
    model
        A model, its path, or the id of one that ships with the package. Its indicators with `lever` can be moved; if it
        has none, all can, at cost 1.
    on_progress
        Called with the share done, in [0, 1], and the step being done.

    Returns
    -------
    Levers | LeversOfSeveral
        The result for one situation; for several, one such result for each.

    Raises
    ------
    RiskmodelError
        If the target is not valid, or no situation could reach it; if the situation is not valid for the model; if the
        model gives no range for a lever.
    """
    loaded = ensure_model(model)
    if isinstance(situation, Situation | Mapping):
        return _levers(loaded, prepare(loaded, situation), read_target(loaded.spec, target), on_progress)
    parsed = read_target(loaded.spec, target)
    results = each_of(loaded, situation, lambda case, progress: _levers(loaded, case, parsed, progress), on_progress)
    return LeversOfSeveral(results)


def _levers(model: Model, case: Case, target: Target, on_progress: OnProgress | None) -> Levers:
    space = search_space(model.spec, case)
    facts = {name: value for name, value in case.given.items() if name not in space.names}
    objective = Objective(_relevant_part(model.compiled, target), space, facts, target)
    now = {name: float(values[0]) for name, values in objective.scores(space.now[np.newaxis, :]).items()}
    insufficient = tuple(name for name in target.scores if math.isnan(now[name]))
    met = all(bool(bound.holds(np.array([now[bound.score]]))[0]) for bound in target.bounds)
    singles: list[SingleLever] = []
    combined, closest = None, None
    if not met and not insufficient:
        # A bound that is kept but for rounding needs no move.
        eased = tuple(bound.eased(now[bound.score]) for bound in target.bounds)
        objective = replace(objective, target=target._replace(bounds=eased))
        report_progress = on_progress or (lambda share, doing: None)
        report_progress(0.0, "each lever alone")
        singles = single_levers(objective)
        report_progress(0.1, "all levers together")
        combined, closest = _combined(objective, singles)
        report_progress(1.0, "all levers together")
    titles = {name: indicator.title or name for name, indicator in model.spec.indicators.items()}
    without_value = [name for name in levers_of(model.spec) if name not in case.given]
    with_default = {name for name in without_value if model.spec.indicators[name].default is not None}
    answers = [_single(objective, lever, single) for lever, single in enumerate(singles)]
    return Levers(
        heading=case.heading,
        model=model.identity,
        target=target.text,
        met=met,
        scores=tuple(_target_score(model.spec, name, now[name]) for name in target.scores),
        levers={name: _range(model.spec, case, space, lever) for lever, name in enumerate(space.names)},
        single_levers=tuple(sorted(answers, key=_rank)),
        combined=combined,
        nearest=closest,
        certain=combined is None and closest is not None and _is_ruled_out(objective),
        facts=tuple(titles[name] for name in model.spec.indicators if name in facts),
        missing=tuple(titles[name] for name in without_value if name not in with_default),
        assumed=tuple(titles[name] for name in without_value if name in with_default),
        insufficient=tuple(model.spec.scores[name].title or name for name in insufficient),
        joining=tuple(
            model.spec.rules[name].title or name for name in (joint_comparisons(objective) if combined else ())
        ),
        named=any(indicator.lever for indicator in model.spec.indicators.values()),
    )


def _relevant_part(model: CompiledModel, target: Target) -> CompiledModel:
    """Return the model without the scores and rules that the target does not depend on; its indicators all stay."""
    acting = [
        name for name, rule in model.rules.items() if any(effect.score in target.scores for effect in rule.effects)
    ]
    part = model_part(model, target.scores, acting)
    return replace(part, indicators=model.indicators)


def _combined(objective: Objective, singles: list[SingleLever]) -> tuple[Answer | None, Answer | None]:
    """Return the cheapest answer and None, or None and the nearest."""
    if not singles:
        return None, _answer(objective.relaxed(math.inf), objective.space.now)
    point = cheapest(objective, singles)
    if objective.reaches(point[np.newaxis, :])[0]:
        return _answer(objective, settled(objective, point)), None
    relaxed, point = nearest(objective, singles, point)
    if objective.keeps(point[np.newaxis, :])[0]:
        return _answer(objective, point), None
    return None, _answer(relaxed.relaxed(_allowed_shortfall(objective, point)), point)


def _single(objective: Objective, lever: int, single: SingleLever) -> Single:
    point = column(objective.space.now, lever, [single.value])[0]
    if single.reaches:
        answer = _answer(objective, settled(objective, point))
    else:
        answer = _answer(objective.relaxed(_allowed_shortfall(objective, point)), point)
    return Single(objective.space.names[lever], single.reaches, answer)


def _rank(single: Single) -> tuple[bool, float, str]:
    return (not single.reaches, single.answer.cost if single.reaches else single.answer.shortfall, single.lever)


def _target_score(spec: ModelSpec, name: str, value: float) -> TargetScore:
    score = spec.scores[name]
    present = None if math.isnan(value) else value
    return TargetScore(name, score.title or name, score.decimals, score.better, score.out_of, score.bands, present)


def _is_ruled_out(objective: Objective) -> bool:
    """Check for a bound that no values of the levers can keep."""
    block = score_block(objective.model, {name: np.array([value]) for name, value in objective.facts.items()}, 1)
    for bound in objective.target.bounds:
        score = block.scores[bound.score]
        if not bound.holds(np.array([score.low[0], score.high[0]])).any():
            return True
    return False


def _answer(objective: Objective, point: Floats) -> Answer:
    """Return the changes that a point makes, with rounded values and the scores of these."""
    space = objective.space
    plain = rounded(objective, point)
    costs = space.costs(point[np.newaxis, :])[0]
    scores = objective.scores(plain[np.newaxis, :])
    changes = [
        Change(
            name,
            _value_or_label(objective, lever, point[lever]),
            _value_or_label(objective, lever, plain[lever]),
            float(costs[lever]),
        )
        for lever, name in enumerate(space.names)
        if point[lever] != space.now[lever]
    ]
    return Answer(
        changes=tuple(sorted(changes, key=lambda change: -change.cost)),
        cost=float(costs.sum()),
        scores={name: float(scores[name][0]) for name in objective.target.scores},
        shortfall=float(shortfalls(objective.slacks(plain[np.newaxis, :]))[0]),
    )


def _allowed_shortfall(objective: Objective, point: Floats) -> float:
    """Return the shortfall of a point plus what rounding may add to it."""
    smallest = min(objective.model.scores[bound.score].out_of for bound in objective.target.bounds)
    return float(shortfalls(objective.slacks(point[np.newaxis, :]))[0]) + _ROUNDING_ALLOWANCE * smallest


def _value_or_label(objective: Objective, lever: int, value: float) -> float | str:
    labels = objective.model.indicators[objective.space.names[lever]].labels
    return float(value) if labels is None else labels[int(value)]


def _range(spec: ModelSpec, case: Case, space: SearchSpace, lever: int) -> LeverRange:
    name = space.names[lever]
    indicator = spec.indicators[name]
    labels = indicator.labels or ()
    ends = [float(values[lever]) for values in (space.now, space.low, space.high)]
    now, low, high = [labels[int(end)] for end in ends] if labels else ends
    cost = float(space.prices[lever])
    title, logarithmic = indicator.title or name, bool(space.logarithmic[lever])
    given = parameters(case.uncertain[name]) if name in case.uncertain else {}
    return LeverRange(name, title, indicator.unit, now, low, high, cost, labels, logarithmic, given)
