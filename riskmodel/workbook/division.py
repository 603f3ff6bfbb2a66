"""Division of steps with many arguments into steps of few, so that no formula gets too long."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from riskmodel.plan import steps
from riskmodel.plan.program import order
from riskmodel.plan.steps import Step

MOST = 40
"""Arguments that a formula takes at most; Excel allows 255 in a function, and 8,192 characters."""


def divide(outputs: Sequence[Step]) -> Mapping[Step, Step]:
    """Return for each step that the outputs need one with the same numbers, but for rounding, and few arguments."""
    divided: dict[Step, Step] = {}
    for step in order(outputs):
        args = [divided[arg] for arg in step.args]
        divided[step] = _divide(step if args == list(step.args) else step.with_args(args))
    return divided


def _divide(step: Step) -> Step:
    match step:
        case steps.WeightedSum() if len(step.items) > MOST:
            parts = [steps.WeightedSum(step.items[part], step.weights[part]) for part in _parts(len(step.items))]
            return _divide(steps.WeightedSum(tuple(parts), (1.0,) * len(parts)))
        case steps.PowerMean() if len(step.items) > MOST:
            return _divide(_mean_of_means(step))
        case (
            steps.And(items=items)
            | steps.Or(items=items)
            | steps.Minimum(items=items)
            | steps.Maximum(items=items)
            | steps.LowestKnown(items=items)
            | steps.HighestKnown(items=items)
        ) if len(items) > MOST:
            kind: Callable[[Any], Step] = type(step)
            return _divide(kind(tuple(kind(items[part]) for part in _parts(len(items)))))
    return step


def _parts(count: int) -> list[slice]:
    return [slice(start, start + MOST) for start in range(0, count, MOST)]


def _mean_of_means(step: steps.PowerMean) -> Step:
    """Return the mean of the means of parts, each with the weights that are present in it."""
    means, weights = [], []
    extreme = steps.HighestKnown if step.power > 0 else steps.LowestKnown
    for part in _parts(len(step.items)):
        items, of_items = step.items[part], step.weights[part]
        means.append(steps.PowerMean(items, of_items, extreme(items), step.power))
        present = tuple(steps.Product(steps.Known(item), weight) for item, weight in zip(items, of_items, strict=True))
        weights.append(steps.WeightedSum(present, (1.0,) * len(present)))
    return steps.PowerMean(tuple(means), tuple(weights), extreme(tuple(means)), step.power)
