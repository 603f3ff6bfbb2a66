"""Cells: parts of the space in which every comparison of a rule that joins levers holds, or every one does not.

Where a rule compares one lever with another, or reads the base of a score, the target jumps at an edge that runs across
the levers, and the cheapest answer often lies on it. Steps along one lever or two, and straight lines through the jump,
do not follow such an edge. So the search goes on inside the cells that were met: there the comparisons are held as they
are, which leaves a target without those jumps, and the edges of the cell are bounds like those of the target.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from riskmodel.analysis.levers.problem import Fence, Objective
from riskmodel.analysis.levers.slp import polished
from riskmodel.engine.compile import CompiledModel
from riskmodel.kernels.conditions import And, Comparison, Condition, Name, Not, Number, Or, leaves
from riskmodel.kernels.scales import Floats
from riskmodel.tables.arrays import Mask

_MAX_CELLS = 8
_STARTS = 2
_TRUE, _FALSE = Comparison(">", Number(1.0), Number(0.0)), Comparison(">", Number(0.0), Number(1.0))


def joint_comparisons(trial: Objective) -> dict[str, list[Comparison]]:
    """The comparisons, by rule on a score of the target, whose edges are no value of a single lever."""
    scores = set(trial.target.scores)
    found = {
        name: [comparison for comparison in _comparisons(rule.condition) if _is_joint(trial, comparison)]
        for name, rule in trial.model.rules.items()
        if any(effect.score in scores for effect in rule.effects)
    }
    return {name: comparisons for name, comparisons in found.items() if comparisons}


def within_cells(trial: Objective, points: Floats) -> Floats:
    """(c, n) the best points that are found inside cells, some for each of those that look cheapest.

    Parameters
    ----------
    points : (p, n) points that tell which cells there are, and from which the search begins.
    """
    comparisons = list(dict.fromkeys(chain.from_iterable(joint_comparisons(trial).values())))
    holds = np.column_stack([trial.holds(comparison, points) for comparison in comparisons])
    scales = [_scale(trial, comparison, points) for comparison in comparisons]
    patterns, which = np.unique(holds, axis=0, return_inverse=True)
    merits = trial.merits(points)
    best = [merits[which == cell].min() for cell in range(len(patterns))]
    found = []
    for cell in np.argsort(best, kind="stable")[:_MAX_CELLS]:
        inside = _cell(trial, comparisons, patterns[cell], scales)
        near = np.argsort(inside.merits(points), kind="stable")[:_STARTS]
        found.append(polished(inside, points[near]))
    return np.vstack(found)


def _cell(trial: Objective, comparisons: Sequence[Comparison], holds: Mask, scales: Sequence[float]) -> Objective:
    """The target inside one cell, whose edges are bounds."""
    constants = {
        comparison: _TRUE if true else _FALSE for comparison, true in zip(comparisons, holds.tolist(), strict=True)
    }
    fences = tuple(
        Fence(comparison, bool(true), scale) for comparison, true, scale in zip(comparisons, holds, scales, strict=True)
    )
    return replace(trial, model=_held(trial.model, constants), fences=fences)


def _held(model: CompiledModel, constants: Mapping[Comparison, Comparison]) -> CompiledModel:
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


def _is_joint(trial: Objective, comparison: Comparison) -> bool:
    """Whether it depends on a lever, and is not plainly one lever against a number."""
    names = {leaf.name for leaf in leaves(comparison) if isinstance(leaf, Name)}
    scores = trial.model.scores
    reached = {lever for name in names for lever in (scores[name].leaf_indicators if name in scores else {name})}
    plain = {type(comparison.left), type(comparison.right)} == {Name, Number} and not names & scores.keys()
    return not plain and not reached.isdisjoint(trial.space.names)


def _scale(trial: Objective, comparison: Comparison, points: Floats) -> float:
    """What its sides differ by at most, so that bounds of all kinds count alike."""
    apart = np.abs(trial.apart(comparison, points))
    known = apart[np.isfinite(apart)]
    return float(known.max()) if known.size and known.max() > 0 else 1.0
