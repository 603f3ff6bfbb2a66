"""Comparison of two situations under one model: the contribution of each input to the difference.

The players are the indicators whose values differ; a missing value differs from any other. The value of a set of
players is the score of the mixture that has their values from the second situation, and all others from the first.
"""

from collections.abc import Mapping

import numpy as np

from riskmodel.analysis.comparison.shapley import Allocation, ValueFunction, allocate
from riskmodel.analysis.results.comparison import Account, Entry, Obstacle
from riskmodel.analysis.situations import Case, OnProgress
from riskmodel.assessment import Assessment, InputResult, ScoreResult
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.kernels.types import Floats
from riskmodel.tables.arrays import Mask


def situation_accounts(
    model: CompiledModel,
    cases: tuple[Case, Case],
    assessments: tuple[Assessment, Assessment],
    on_progress: OnProgress | None,
) -> dict[str, Account]:
    """Account for the difference of every top-level score, by name."""
    before, after = (case.given for case in cases)
    first, second = assessments
    names = [item.name for item in first.inputs if before.get(item.name) != after.get(item.name)]
    scores = [score.name for score in first.top_scores]
    ends = [(first[name], second[name]) for name in scores]
    if not names:
        return {
            pair[0].name: Account.of(*pair, pair[0].decimals, (), obstacle_to(*pair, nothing_between=False))
            for pair in ends
        }
    value_function = _mixture_scores(model, cases, names, scores)
    # The mixture with the fewest values: each value that one of the situations lacks is missing.
    sparsest = value_function(np.array([[name not in after for name in names]]))[0]
    allocation = allocate(value_function, len(names), on_progress)
    accounts = {}
    for index, pair in enumerate(ends):
        obstacle = obstacle_to(*pair, nothing_between=bool(np.isnan(sparsest[index])))
        entries = [] if obstacle else _entries(assessments, names, allocation, index)
        accounts[pair[0].name] = Account.of(*pair, pair[0].decimals, by_size(entries), obstacle)
    return accounts


def obstacle_to(before: ScoreResult, after: ScoreResult, nothing_between: bool) -> Obstacle | None:
    """Return the reason for having no account; None if an account is possible."""
    if before.value is None:
        return "no score before"
    if after.value is None:
        return "no score after"
    return "no value between" if nothing_between else None


def by_size(entries: list[Entry]) -> tuple[Entry, ...]:
    """Sort entries by the absolute value of their points, the largest first."""
    return tuple(sorted(entries, key=lambda entry: -abs(entry.points)))


def _mixture_scores(
    model: CompiledModel, cases: tuple[Case, Case], names: list[str], scores: list[str]
) -> ValueFunction:
    before, after = (case.given for case in cases)

    def value_function(member: Mask) -> Floats:
        rows = len(member)
        columns = {name: np.full(rows, value) for name, value in before.items()}
        for name, chosen in zip(names, member.T, strict=True):
            columns[name] = np.where(chosen, after.get(name, np.nan), before.get(name, np.nan))
        block = score_block(model, columns, rows)
        # The last step exists for mixtures below the minimum coverage, which have no score.
        return np.stack([block.scores[score].steps.value for score in scores], axis=1)

    return value_function


def _entries(
    assessments: tuple[Assessment, Assessment], names: list[str], allocation: Allocation, index: int
) -> list[Entry]:
    entries = []
    for player, name in enumerate(names):
        before, after = (assessment.input(name) for assessment in assessments)
        points = float(allocation.shares[player, index])
        error = None if allocation.errors is None else float(allocation.errors[player, index])
        # A default is none of the situation's values, and neither is its distribution.
        ranges = (_given_range(before), _given_range(after))
        values = before.value, after.value
        entries.append(
            Entry("indicator", name, None, before.title, *values, before.unit, points, error, before.group, ranges)
        )
    return entries


def _given_range(entry: InputResult) -> Mapping[str, float]:
    return {} if entry.value is None else entry.distribution
