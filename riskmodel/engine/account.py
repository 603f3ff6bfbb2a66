"""The accounts of all rows of a block as the lines of one long table."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import Block, prepared_plan
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.plan import EntryKind
from riskmodel.kernels.types import Floats


class Entry(NamedTuple):
    """One entry of the account of a score."""

    score: str
    kind: EntryKind
    name: str


class AccountLines(NamedTuple):
    """Lines of a table of accounts, row by row; (m,) arrays."""

    rows: NDArray[np.intp]
    """Positions of the rows in the block, in ascending order."""
    entries: NDArray[np.int32]
    """Positions in `account_entries`, in ascending order within a row."""
    points: Floats
    """Those of a row and score sum to its exact value."""


def account_entries(model: CompiledModel) -> list[Entry]:
    """Return the entries of all accounts: of scores, then of sub-scores, each in the order of an assessment."""
    plan = prepared_plan(model).plan
    return [Entry(name, entry.kind, entry.name) for name in _scores(model) for entry in plan.scores[name].account]


def account_lines(model: CompiledModel, columns: Mapping[str, Floats], block: Block) -> AccountLines:
    """Return the lines of the accounts of a block, as an assessment has them.

    These are the contributions other than 0, and all indicators with a value or a default. A row without a score has
    no lines for it.

    Parameters
    ----------
    model, columns, block : the model, and the (n,) raw values by indicator of which the block was scored.
    """
    points, shown = [], []
    for name in _scores(model):
        score = block.scores[name]
        has_score = ~np.isnan(score.value)
        for entry in score.account:
            counts = entry.points != 0.0
            if entry.kind == "indicator":
                counts |= _is_known(model, columns, entry.name)
            points.append(entry.points)
            shown.append(counts & has_score)
    by_row = np.stack(shown, axis=1)
    rows, entries = np.nonzero(by_row)
    # Adding 0.0 turns -0.0 into 0.0.
    return AccountLines(rows, entries.astype(np.int32), np.stack(points, axis=1)[by_row] + 0.0)


def _scores(model: CompiledModel) -> list[str]:
    return sorted(model.scores, key=lambda name: model.scores[name].is_sub)


def _is_known(model: CompiledModel, columns: Mapping[str, Floats], name: str) -> NDArray[np.bool_] | bool:
    """Return whether an indicator has a value, or a default, in each row."""
    if model.indicators[name].default is not None:
        return True
    return ~np.isnan(columns[name]) if name in columns else False
