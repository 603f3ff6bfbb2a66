"""Two situations under one model: which input makes how much of the difference.

Players are the indicators whose values differ; a value against a missing one is a difference. A set of players is worth
the score of the mixture in which they have their values from the second situation and all others from the first.
"""

import numpy as np

from riskmodel.analysis.comparison.shapley import Allocation, ValueFunction, allocate
from riskmodel.analysis.results.comparison import Account, Entry, Obstacle
from riskmodel.analysis.situations import Case, OnProgress
from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.kernels.scales import Floats
from riskmodel.tables.arrays import Mask


def situation_accounts(
    model: CompiledModel,
    cases: tuple[Case, Case],
    assessments: tuple[Assessment, Assessment],
    on_progress: OnProgress | None,
) -> dict[str, Account]:
    """The account of every score that is no sub-score."""
    before, after = (case.given for case in cases)
    first, second = assessments
    names = [found.name for found in first.inputs if before.get(found.name) != after.get(found.name)]
    scores = [score.name for score in first.top_scores]
    ends = [(first[name], second[name]) for name in scores]
    if not names:
        return {
            pair[0].name: Account.of(*pair, pair[0].decimals, (), obstacle_to(*pair, nothing_between=False))
            for pair in ends
        }
    worth = _worth(model, cases, names, scores)
    # Inputs only ever add to what a mean is taken of: a mixture that has none has none of what either lacks.
    poorest = worth(np.array([[name not in after for name in names]]))[0]
    allocation = allocate(worth, len(names), on_progress)
    accounts = {}
    for place, pair in enumerate(ends):
        obstacle = obstacle_to(*pair, nothing_between=bool(np.isnan(poorest[place])))
        entries = [] if obstacle else _entries(assessments, names, allocation, place)
        accounts[pair[0].name] = Account.of(*pair, pair[0].decimals, by_size(entries), obstacle)
    return accounts


def obstacle_to(before: ScoreResult, after: ScoreResult, nothing_between: bool) -> Obstacle | None:
    """Why there cannot be an account; None where there can."""
    if before.value is None:
        return "no score before"
    if after.value is None:
        return "no score after"
    return "no value between" if nothing_between else None


def by_size(entries: list[Entry]) -> tuple[Entry, ...]:
    """Entries, those with the most points of either sign first."""
    return tuple(sorted(entries, key=lambda entry: -abs(entry.points)))


def _worth(model: CompiledModel, cases: tuple[Case, Case], names: list[str], scores: list[str]) -> ValueFunction:
    before, after = (case.given for case in cases)

    def worth(member: Mask) -> Floats:
        rows = len(member)
        columns = {name: np.full(rows, value) for name, value in before.items()}
        for name, chosen in zip(names, member.T, strict=True):
            columns[name] = np.where(chosen, after.get(name, np.nan), before.get(name, np.nan))
        block = score_block(model, columns, rows)
        # The last step and not the score, which mixtures of little coverage do not have.
        return np.stack([block.scores[score].steps.value for score in scores], axis=1)

    return worth


def _entries(
    assessments: tuple[Assessment, Assessment], names: list[str], allocation: Allocation, place: int
) -> list[Entry]:
    entries = []
    for player, name in enumerate(names):
        before, after = (assessment.input(name) for assessment in assessments)
        points = float(allocation.shares[player, place])
        error = None if allocation.errors is None else float(allocation.errors[player, place])
        entries.append(
            Entry("indicator", name, None, before.title, before.value, after.value, before.unit, points, error)
        )
    return entries
