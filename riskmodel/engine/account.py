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

from riskmodel.engine.block import Block, Part
from riskmodel.engine.compiled import CompiledModel, CompiledScore, EffectKind
from riskmodel.kernels.effects import lowered, raised
from riskmodel.kernels.means import Weights, add_up, shares
from riskmodel.kernels.scales import Floats

EntryKind = Literal["indicator", "rule", "clip"]


class Entry(NamedTuple):
    """One line of an account over a block: (n,) points, 0 in rows that it does not concern."""

    kind: EntryKind
    name: str
    points: Floats


def account(model: CompiledModel, block: Block, score: CompiledScore) -> list[Entry]:
    """The account of one score: indicators by name, then rules by name, then the clip.

    Returns
    -------
    Entries whose points sum, row by row, to the score's last step (its value, wherever there is one).
    """
    entries = [
        Entry("indicator", name, points * score.out_of) for name, points in sorted(_leaves(model, block, score).items())
    ]
    moved = _moves(model, block, score)
    entries += [Entry("rule", name, moved[name]) for name in model.rules if name in moved]
    steps = block.scores[score.name].steps
    return [*entries, Entry("clip", "clip", steps.value - steps.capped)]


def entry_names(model: CompiledModel, score: CompiledScore) -> list[str]:
    """The names of the entries of a score's account, in their order."""
    acting = (name for name, rule in model.rules.items() if any(effect.score == score.name for effect in rule.effects))
    return [*sorted(score.reaches), *acting, "clip"]


def _leaves(model: CompiledModel, block: Block, score: CompiledScore) -> dict[str, Floats]:
    """What each indicator adds to the mean of a score, in [0, 1]; the sum over the indicators is the mean."""
    base = block.scores[score.name].steps.base / score.out_of
    mean = np.where(np.isnan(base), 0.0, base)
    return {name: mean * share for name, share in _Shares(model, block).of(score, complement=False).items()}


class _Shares:
    """The share of each indicator in the mean of a score, or in the complement of the mean; each worked out once."""

    def __init__(self, model: CompiledModel, block: Block) -> None:
        self._model, self._block = model, block
        self._found: dict[tuple[str, bool], dict[str, Floats]] = {}

    def of(self, score: CompiledScore, complement: bool) -> dict[str, Floats]:
        """Shares by indicator; they sum to 1, or to 0 where there is nothing to share."""
        key = (score.name, complement)
        if key not in self._found:
            self._found[key] = self._make(score, complement)
        return self._found[key]

    def _make(self, score: CompiledScore, complement: bool) -> dict[str, Floats]:
        found = self._block.scores[score.name]
        parts, weights = found.parts, found.weights
        if complement:
            owed = _complement_shares(parts, weights)
        else:
            owed = shares([part.value for part in parts], [part.present for part in parts], weights, score.power)
        made: dict[str, Floats] = {}
        for part, share in zip(score.inputs, owed, strict=True):
            if part.is_score:
                inner = self.of(self._model.scores[part.name], complement=part.lowers != complement)
            else:
                inner = {part.name: np.ones_like(share)}
            for name, inner_share in inner.items():
                made[name] = made.get(name, 0.0) + share * inner_share
        return made


def _complement_shares(parts: Sequence[Part], weights: Weights) -> Floats:
    lacks = np.stack([(1.0 - part.value) * weight for part, weight in zip(parts, weights, strict=True)])
    lacks *= np.stack([np.ones_like(part.value) if part.present is None else part.present for part in parts])
    total = add_up(lacks)
    return np.divide(lacks, total, out=np.zeros_like(lacks), where=total > 0.0)


def _moves(model: CompiledModel, block: Block, score: CompiledScore) -> dict[str, Floats]:
    """How far each rule moved a score; a floor or cap has the whole step where it is the one that binds."""
    steps = block.scores[score.name].steps
    moved: dict[str, Floats] = {}
    bound: dict[EffectKind, NDArray[np.bool_]] = {
        "at_least": np.zeros(steps.base.shape, dtype=bool),
        "at_most": np.zeros(steps.base.shape, dtype=bool),
    }
    for name, rule in model.rules.items():
        degree = block.rules[name][0]
        for effect in rule.effects:
            if effect.score != score.name:
                continue
            if effect.kind == "add":
                moved[name] = degree * effect.amount + np.zeros_like(steps.base)
                continue
            before, after, pull = (
                (steps.added, steps.floored, raised)
                if effect.kind == "at_least"
                else (steps.floored, steps.capped, lowered)
            )
            binds = (after != before) & (pull(before, degree, effect.amount) == after) & ~bound[effect.kind]
            bound[effect.kind] |= binds
            moved[name] = np.where(binds, after - before, 0.0)
    return moved
