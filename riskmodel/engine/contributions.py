"""The account of a score: which indicator, rule and limit each point comes from. The entries sum to the score.

The base is owed to the inputs of a mean by the Euler allocation (`riskmodel.kernels.means.shares`); for the arithmetic
mean that is simply weight times value. What a sub-score is owed passes on to its own inputs in the same proportions.
Where a weight is negative, the points come from how *little* there is of a sub-score: its complement, 1 - mean, is
shared in proportion to weight times (1 - value), which for the arithmetic mean is again exact.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import Block, MeanInput
from riskmodel.engine.compile import CompiledModel, CompiledScore, Stage
from riskmodel.kernels.effects import Steps
from riskmodel.kernels.means import Weights, add_up, shares
from riskmodel.kernels.rounding import reported
from riskmodel.kernels.scales import Floats

EntryKind = Literal["indicator", "rule", "clip"]


class Contribution(NamedTuple):
    """One line of an account over a block: (n,) points, 0 in rows that it does not concern."""

    kind: EntryKind
    name: str
    points: Floats


def contributions(model: CompiledModel, block: Block, score: CompiledScore) -> list[Contribution]:
    """The account of one score: indicators by name, then rules by name, then the clip.

    Returns
    -------
    Entries whose points sum, row by row, to the score's last step (its value, wherever there is one).
    """
    steps = block.scores[score.name].steps
    mean = steps.base / score.out_of
    unknown = np.isnan(mean)
    names, shared = _Shares(model, block).of(score, complement=False)
    points = shared * np.where(unknown, 0.0, mean) * score.out_of
    entries = [Contribution("indicator", *leaf) for leaf in zip(names, points, strict=True)]
    moved = _moves(model.stages[score.name], block, steps)
    entries += [Contribution("rule", name, moved[name]) for name in model.rules if name in moved]
    return [*entries, Contribution("clip", "clip", steps.value - steps.unclipped)]


def contribution_names(model: CompiledModel, score: CompiledScore) -> list[str]:
    """The names of the entries of a score's account, in their order."""
    acting = (name for name, rule in model.rules.items() if any(effect.score == score.name for effect in rule.effects))
    return [*sorted(score.reaches), *acting, "clip"]


class _Shares:
    """The share of each indicator in the mean of a score, or in the complement of the mean; each worked out once."""

    def __init__(self, model: CompiledModel, block: Block) -> None:
        self._model, self._block = model, block
        self._found: dict[tuple[str, bool], tuple[list[str], Floats]] = {}

    def of(self, score: CompiledScore, complement: bool) -> tuple[list[str], Floats]:
        """The indicators by name, and their shares (indicators, n), which sum to 1, or to 0 with nothing to share."""
        key = (score.name, complement)
        if key not in self._found:
            self._found[key] = self._make(score, complement)
        return self._found[key]

    def _make(self, score: CompiledScore, complement: bool) -> tuple[list[str], Floats]:
        found = self._block.scores[score.name]
        parts, weights = found.parts, found.weights
        if complement:
            owed = _complement_shares(parts, weights)
        else:
            owed = shares([part.value for part in parts], [part.present for part in parts], weights, score.power)
        if not any(part.is_score for part in score.inputs):
            # A value of -0.0 is owed plain 0.
            return [part.name for part in score.inputs], owed + 0.0
        names = sorted(score.reaches)
        rows = {name: row for row, name in enumerate(names)}
        made = np.zeros((len(names), owed.shape[1]))
        for part, share in zip(score.inputs, owed, strict=True):
            if part.is_score:
                inner_names, inner = self.of(self._model.scores[part.name], complement=part.lowers != complement)
                made[[rows[name] for name in inner_names]] += share * inner
            else:
                made[rows[part.name]] += share
        return names, made


def _complement_shares(parts: Sequence[MeanInput], weights: Weights) -> Floats:
    lacks = np.stack([(1.0 - part.value) * weight for part, weight in zip(parts, weights, strict=True)])
    lacks *= np.stack([np.ones_like(part.value) if part.present is None else part.present for part in parts])
    total = add_up(lacks)
    return np.divide(lacks, total, out=np.zeros_like(lacks), where=total > 0.0)


def _moves(stages: Sequence[Stage], block: Block, steps: Steps) -> dict[str, Floats]:
    """How far each rule moved a score."""
    points: dict[str, Floats] = {}
    before = steps.base
    for (kind, moves), after in zip(stages, steps.stages, strict=True):
        applied = [(block.rules[move.rule][0], move.amount) for move in moves]
        shares = kind.contributions(before, after, applied)
        points |= zip((move.rule for move in moves), shares, strict=True)
        before = after
    return points


COUNT = 3


class Drivers(NamedTuple):
    """The largest entries by absolute points, the largest first; of equal ones the first in the account."""

    entry: NDArray[np.int32]
    """(COUNT, n) positions among the entries of the account; -1 where there are no more that read as more than zero."""
    points: Floats
    """(COUNT, n) points, rounded to the decimals of the score, halves away from zero."""


def no_drivers(rows: int) -> Drivers:
    """Room for the drivers of so many rows."""
    return Drivers(np.full((COUNT, rows), -1, dtype=np.int32), np.zeros((COUNT, rows)))


def drivers(model: CompiledModel, block: Block, score: CompiledScore) -> Drivers:
    """The drivers of one score; a row without that score has none."""
    points = np.stack([entry.points for entry in contributions(model, block, score)])
    size = np.abs(points)
    size[:, np.isnan(block.scores[score.name].value)] = 0.0
    entry = _largest(size)
    signed = np.take_along_axis(points, entry, axis=0)
    rounded = np.copysign(reported(np.abs(signed), score.decimals), signed)
    nothing = (rounded == 0.0) | (np.take_along_axis(size, entry, axis=0) == 0.0)
    entry[nothing] = -1
    return Drivers(entry, np.where(nothing, 0.0, rounded))


def _largest(size: Floats) -> NDArray[np.int32]:
    """The positions of the COUNT largest along the first axis, which holds numbers >= 0; (COUNT, n).

    Such numbers are ordered as their bits are, so the position is kept in the last bits and a maximum carries it along:
    far faster than sorting. Numbers that differ in these bits only count as equal.
    """
    bits = max(len(size), COUNT).bit_length()
    last = (1 << bits) - 1
    best = [np.full(size.shape[1], last - len(size), dtype=np.int64) for _ in range(COUNT)]
    for place, column in enumerate(size):
        key = (column.view(np.int64) & ~last) | (last - place)
        for rank in range(COUNT):
            larger = np.maximum(best[rank], key)
            key = np.minimum(best[rank], key)
            best[rank] = larger
    found: NDArray[np.int32] = np.minimum(last - (np.stack(best) & last), len(size) - 1).astype(np.int32)
    return found
