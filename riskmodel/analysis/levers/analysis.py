"""Answers in the words of the model: points as changes of levers, with the scores that come of them."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np

from riskmodel.analysis.levers.cells import joint_comparisons
from riskmodel.analysis.levers.problem import Objective, SearchSpace, column, levers_of, shortfalls, space_of
from riskmodel.analysis.levers.search import SingleLever, cheapest, nearest, rounded, settled, single_levers
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
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec

_ROUNDING = 1e-4
"""The share of a score by which rounding may take an answer that falls short still further from the target."""


def build_answer(trial: Objective, point: Floats) -> Answer:
    """A point in words, with its rounded values and the scores that these have."""
    space = trial.space
    plain = rounded(trial, point)
    costs = space.costs(point[np.newaxis, :])[0]
    found = trial.scores(plain[np.newaxis, :])
    changes = [
        Change(name, _value(trial, at, point[at]), _value(trial, at, plain[at]), float(costs[at]))
        for at, name in enumerate(space.names)
        if point[at] != space.now[at]
    ]
    return Answer(
        changes=tuple(sorted(changes, key=lambda change: -change.cost)),
        cost=float(costs.sum()),
        scores={name: float(found[name][0]) for name in trial.target.scores},
        shortfall=float(shortfalls(trial.slacks(plain[np.newaxis, :]))[0]),
    )


def good_enough(trial: Objective, point: Floats) -> float:
    """The shortfall of a point, and what rounding may add to it."""
    least = min(trial.model.scores[bound.score].out_of for bound in trial.target.bounds)
    return float(shortfalls(trial.slacks(point[np.newaxis, :]))[0]) + _ROUNDING * least


def _value(trial: Objective, lever: int, value: float) -> float | str:
    labels = trial.model.indicators[trial.space.names[lever]].labels
    return float(value) if labels is None else labels[int(value)]


def ranges(spec: ModelSpec, space: SearchSpace) -> dict[str, LeverRange]:
    """What can be moved, by name."""
    return {name: _range(spec, space, at) for at, name in enumerate(space.names)}


def _range(spec: ModelSpec, space: SearchSpace, lever: int) -> LeverRange:
    name = space.names[lever]
    indicator = spec.indicators[name]
    labels = indicator.labels or ()
    ends = [float(values[lever]) for values in (space.now, space.low, space.high)]
    now, low, high = [labels[int(end)] for end in ends] if labels else ends
    cost = float(space.prices[lever])
    title, logarithmic = indicator.title or name, bool(space.logarithmic[lever])
    return LeverRange(name, title, indicator.unit, now, low, high, cost, labels, logarithmic)


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
    """Find what it would take for a situation, or for each of several, to reach a target.

    Every answer is scored anew, by the engine that scores situations, before it is returned. The search for a combined
    change is no proof that there is no cheaper one.

    Parameters
    ----------
    situation
        Values by indicator, or a situation that was read from a file; of a distribution the median counts. Or
        several: a list, a pandas frame with a row for each, or a file of them.
    target
        Such as `escalation <= 40 and stability >= 50`; the name of a score stands for its final, exact value.
    model
        A model, its path, or the id of one that ships with the package. Its indicators with `lever` can be moved;
        where it has none, all can, at cost 1.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.

    Returns
    -------
    Levers | LeversOfSeveral
        Of one situation what was found; of several one such result for each.

    Raises
    ------
    RiskmodelError
        Where the target cannot be read, or no situation could reach it; where the situation is not valid for the model;
        where the model does not tell how far a lever ranges.
    """
    used = ensure_model(model)
    if isinstance(situation, Situation | Mapping):
        return _levers(used, prepare(used, situation), read_target(used.spec, target), on_progress)
    aim = read_target(used.spec, target)
    return LeversOfSeveral(each_of(used, situation, lambda case, tell: _levers(used, case, aim, tell), on_progress))


def _levers(model: Model, case: Case, aim: Target, on_progress: OnProgress | None) -> Levers:
    """What it would take for one situation."""
    space = space_of(model.spec, case)
    facts = {name: value for name, value in case.given.items() if name not in space.names}
    trial = Objective(model.compiled, space, facts, aim)
    now = {name: float(values[0]) for name, values in trial.scores(space.now[np.newaxis, :]).items()}
    insufficient = tuple(name for name in aim.scores if math.isnan(now[name]))
    met = all(bool(bound.holds(np.array([now[bound.score]]))[0]) for bound in aim.bounds)
    singles: list[SingleLever] = []
    combined, closest = None, None
    if not met and not insufficient:
        # What is kept but for rounding is not to be moved for.
        eased = tuple(bound.eased(now[bound.score]) for bound in aim.bounds)
        trial = replace(trial, target=aim._replace(bounds=eased))
        tell = on_progress or (lambda share, doing: None)
        tell(0.0, "each lever alone")
        singles = single_levers(trial)
        tell(0.1, "all levers together")
        combined, closest = _together(trial, singles)
        tell(1.0, "all levers together")
    titles = {name: indicator.title or name for name, indicator in model.spec.indicators.items()}
    unmoved = [name for name in levers_of(model.spec) if name not in case.given]
    defaults = {name for name in unmoved if model.spec.indicators[name].default is not None}
    return Levers(
        heading=case.heading,
        model=model.identity,
        target=aim.text,
        met=met,
        scores=tuple(_target_score(model.spec, name, now[name]) for name in aim.scores),
        levers=ranges(model.spec, space),
        single_levers=tuple(sorted((_single(trial, *found) for found in enumerate(singles)), key=_rank)),
        combined=combined,
        nearest=closest,
        certain=combined is None and closest is not None and _ruled_out(trial),
        facts=tuple(titles[name] for name in model.spec.indicators if name in facts),
        missing=tuple(titles[name] for name in unmoved if name not in defaults),
        assumed=tuple(titles[name] for name in unmoved if name in defaults),
        insufficient=tuple(model.spec.scores[name].title or name for name in insufficient),
        joining=tuple(model.spec.rules[name].title or name for name in (joint_comparisons(trial) if combined else ())),
        named=any(indicator.lever for indicator in model.spec.indicators.values()),
    )


def _together(trial: Objective, singles: list[SingleLever]) -> tuple[Answer | None, Answer | None]:
    """The cheapest answer, and where there is none the nearest."""
    if not singles:
        return None, build_answer(trial.relaxed(math.inf), trial.space.now)
    point = cheapest(trial, singles)
    if trial.reaches(point[np.newaxis, :])[0]:
        return build_answer(trial, settled(trial, point)), None
    relaxed, point = nearest(trial, singles, point)
    if trial.keeps(point[np.newaxis, :])[0]:
        return build_answer(trial, point), None
    return None, build_answer(relaxed.relaxed(good_enough(trial, point)), point)


def _single(trial: Objective, lever: int, found: SingleLever) -> Single:
    point = column(trial.space.now, lever, [found.value])[0]
    if found.reaches:
        answer = build_answer(trial, settled(trial, point))
    else:
        answer = build_answer(trial.relaxed(good_enough(trial, point)), point)
    return Single(trial.space.names[lever], found.reaches, answer)


def _rank(single: Single) -> tuple[bool, float, str]:
    return (not single.reaches, single.answer.cost if single.reaches else single.answer.shortfall, single.lever)


def _target_score(spec: ModelSpec, name: str, value: float) -> TargetScore:
    score = spec.scores[name]
    return TargetScore(name, score.title or name, score.decimals, None if math.isnan(value) else value)


def _ruled_out(trial: Objective) -> bool:
    """Whether some bound of the target cannot be kept, whatever the values of the levers are."""
    block = score_block(trial.model, {name: np.array([value]) for name, value in trial.facts.items()}, 1)
    for bound in trial.target.bounds:
        found = block.scores[bound.score]
        if not bound.holds(np.array([found.low[0], found.high[0]])).any():
            return True
    return False
