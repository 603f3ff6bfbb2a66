"""Search inside cells: parts of the space in which each comparison that joins levers has one truth value.

If a rule compares one lever with another, or reads the base of a score, the target jumps at an edge that runs across
the levers, and the cheapest answer often lies on it. Steps along one lever or two, and linear models across the jump,
do not follow such an edge. So the search continues inside the cells met so far: there the comparisons are constants,
which leaves an objective without those jumps, and the edges of the cell are bounds like those of the target.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from riskmodel.analysis.levers.problem import Fence, Objective
from riskmodel.analysis.levers.slp import polished
from riskmodel.engine.compile import CompiledModel
from riskmodel.kernels.conditions import And, Comparison, Condition, Name, Not, Number, Or, leaves
from riskmodel.kernels.types import Floats
from riskmodel.tables.arrays import Mask

_MAX_CELLS = 8
_STARTS_PER_CELL = 2
_TRUE, _FALSE = Comparison(">", Number(1.0), Number(0.0)), Comparison(">", Number(0.0), Number(1.0))


def joint_comparisons(objective: Objective) -> dict[str, list[Comparison]]:
    """Return the comparisons whose edge is no value of a single lever, by rule on a score of the target."""
    scores = set(objective.target.scores)
    joint = {
        name: [comparison for comparison in _comparisons(rule.condition) if _is_joint(objective, comparison)]
        for name, rule in objective.model.rules.items()
        if any(effect.score in scores for effect in rule.effects)
    }
    return {name: comparisons for name, comparisons in joint.items() if comparisons}


def within_cells(objective: Objective, points: Floats) -> Floats:
    """Return (c, n) the best points inside cells, some for each of the cells that look cheapest.

    Parameters
    ----------
    points : (p, n) points that show which cells there are, and from which the search starts.
    """
    comparisons = list(dict.fromkeys(chain.from_iterable(joint_comparisons(objective).values())))
    holds = np.column_stack([objective.holds(comparison, points) for comparison in comparisons])
    scales = [_scale(objective, comparison, points) for comparison in comparisons]
    patterns, which = np.unique(holds, axis=0, return_inverse=True)
    merits = objective.merits(points)
    best = [merits[which == cell].min() for cell in range(len(patterns))]
    improved = []
    for cell in np.argsort(best, kind="stable")[:_MAX_CELLS]:
        inside = _cell(objective, comparisons, patterns[cell], scales)
        near = np.argsort(inside.merits(points), kind="stable")[:_STARTS_PER_CELL]
        improved.append(polished(inside, points[near]))
    return np.vstack(improved)


def _cell(objective: Objective, comparisons: Sequence[Comparison], holds: Mask, scales: Sequence[float]) -> Objective:
    """Return the objective inside one cell, whose edges are bounds."""
    constants = {
        comparison: _TRUE if true else _FALSE for comparison, true in zip(comparisons, holds.tolist(), strict=True)
    }
    fences = tuple(
        Fence(comparison, bool(true), scale) for comparison, true, scale in zip(comparisons, holds, scales, strict=True)
    )
    return replace(objective, model=_with_constants(objective.model, constants), fences=fences)


def _with_constants(model: CompiledModel, constants: Mapping[Comparison, Comparison]) -> CompiledModel:
    rules = {name: rule._replace(condition=_replaced(rule.condition, constants)) for name, rule in model.rules.items()}
    return replace(model, rules=rules)


def _replaced(condition: Condition, constants: Mapping[Comparison, Comparison]) -> Condition:
    match condition:
        case Comparison():
            return constants.get(condition, condition)
        case Not(operand=operand):
            return Not(_replaced(operand, constants))
        case And(operands=operands):
            return And(tuple(_replaced(operand, constants) for operand in operands))
        case Or(operands=operands):
            return Or(tuple(_replaced(operand, constants) for operand in operands))
    return condition


def _comparisons(condition: Condition) -> Iterator[Comparison]:
    match condition:
        case Comparison():
            yield condition
        case Not(operand=operand):
            yield from _comparisons(operand)
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from _comparisons(operand)


def _is_joint(objective: Objective, comparison: Comparison) -> bool:
    """Check for a lever in a comparison that is not simply one indicator against a number."""
    names = {leaf.name for leaf in leaves(comparison) if isinstance(leaf, Name)}
    scores = objective.model.scores
    depends_on = {lever for name in names for lever in (scores[name].leaf_indicators if name in scores else {name})}
    plain = {type(comparison.left), type(comparison.right)} == {Name, Number} and not names & scores.keys()
    return not plain and not depends_on.isdisjoint(objective.space.names)


def _scale(objective: Objective, comparison: Comparison, points: Floats) -> float:
    """Return the largest difference of its sides, which makes bounds of all kinds comparable."""
    differences = np.abs(objective.differences(comparison, points))
    known = differences[np.isfinite(differences)]
    return float(known.max()) if known.size and known.max() > 0 else 1.0
