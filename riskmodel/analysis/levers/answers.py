"""Answers in the words of the model: points as changes of levers, with the scores that come of them."""

import numpy as np

from riskmodel.analysis.levers.result import Answer, Change, LeverRange
from riskmodel.analysis.levers.rounding import rounded
from riskmodel.analysis.levers.space import Space
from riskmodel.analysis.levers.trial import Trial, shortfalls
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec

_ROUNDING = 1e-4
"""The share of a score by which rounding may take an answer that falls short still further from the target."""


def told(trial: Trial, point: Floats) -> Answer:
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


def good_enough(trial: Trial, point: Floats) -> float:
    """The shortfall of a point, and what rounding may add to it."""
    least = min(trial.model.scores[bound.score].out_of for bound in trial.target.bounds)
    return float(shortfalls(trial.slacks(point[np.newaxis, :]))[0]) + _ROUNDING * least


def _value(trial: Trial, lever: int, value: float) -> float | str:
    labels = trial.model.indicators[trial.space.names[lever]].labels
    return float(value) if labels is None else labels[int(value)]


def ranges(spec: ModelSpec, space: Space) -> dict[str, LeverRange]:
    """What can be moved, by name."""
    return {name: _range(spec, space, at) for at, name in enumerate(space.names)}


def _range(spec: ModelSpec, space: Space, lever: int) -> LeverRange:
    name = space.names[lever]
    indicator = spec.indicators[name]
    labels = indicator.labels or ()
    ends = [float(values[lever]) for values in (space.now, space.low, space.high)]
    now, low, high = [labels[int(end)] for end in ends] if labels else ends
    cost = float(space.prices[lever])
    title, logarithmic = indicator.title or name, bool(space.logarithmic[lever])
    return LeverRange(name, title, indicator.unit, now, low, high, cost, labels, logarithmic)
