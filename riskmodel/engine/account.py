"""The accounts of all rows of a block as the lines of one long table."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.assessment import clip_title
from riskmodel.engine.block import Block, prepared_plan, score_block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.engine.plan import EntryKind
from riskmodel.kernels.types import Floats

LINES = 131_072
"""Lines that a part has at most, unless one row has more: what is made of them stays small."""


class Entry(NamedTuple):
    """One entry of the account of a score."""

    score: str
    kind: EntryKind
    name: str


class AccountLines(NamedTuple):
    """Lines of a table of accounts, row by row; (m,) arrays."""

    rows: NDArray[np.intp]
    """Positions of the rows in the table, in ascending order."""
    entries: NDArray[np.int32]
    """Positions in `account_entries`, in ascending order within a row."""
    points: Floats
    """Those of a row and score sum to its exact value."""


def account_entries(model: CompiledModel) -> list[Entry]:
    """Return the entries of all accounts: of scores, then of sub-scores, each in the order of an assessment."""
    plan = prepared_plan(model).plan
    return [Entry(name, entry.kind, entry.name) for name in _scores(model) for entry in plan.scores[name].account]


def entry_title(model: CompiledModel, score: CompiledScore, kind: EntryKind, name: str) -> str:
    """Return the title of an entry of the account of a score."""
    if kind == "clip":
        return clip_title(score.out_of)
    return model.indicators[name].title if kind == "indicator" else model.rules[name].title


def account_lines(model: CompiledModel, columns: Mapping[str, Floats], rows: int) -> Iterator[AccountLines]:
    """Yield the lines of the accounts of a table, as assessments have them, in parts of some rows each.

    These are the contributions other than 0, and all indicators with a value or a default. A row without a score has
    no lines for it.

    Parameters
    ----------
    model, columns, rows : as for `riskmodel.engine.block.score_block`.
    """
    read = {name: columns[name] for name in model.indicators if name in columns}
    size = max(LINES // len(account_entries(model)), 1)
    for start in range(0, rows, size):
        part = {name: column[start : start + size] for name, column in read.items()}
        lines = _block_lines(model, part, score_block(model, part, min(size, rows - start)))
        yield lines._replace(rows=lines.rows + start)


def _block_lines(model: CompiledModel, columns: Mapping[str, Floats], block: Block) -> AccountLines:
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
