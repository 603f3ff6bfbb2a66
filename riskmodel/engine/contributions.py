"""Contributions of indicators, rules and the clip to a score, which sum to it; the largest are its drivers.

The base is shared among the inputs of a mean by the Euler allocation (`riskmodel.kernels.means.shares`); for the
arithmetic mean that is weight times value. The share of a sub-score is passed on to its own inputs in the same
proportions. Where a sub-score has a negative weight, its complement, 1 - mean, is shared in proportion to weight times
(1 - value), which for the arithmetic mean is again exact.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import Block, MeanInput
from riskmodel.engine.compile import CompiledModel, CompiledScore, Stage
from riskmodel.kernels.effects import Steps
from riskmodel.kernels.means import Weights, shares, sum_in_order
from riskmodel.kernels.rounding import reported
from riskmodel.kernels.scales import Floats

EntryKind = Literal["indicator", "rule", "clip"]
N_DRIVERS = 3


class ContributionBlock(NamedTuple):
    """One contribution over a block: (n,) points, 0 in rows to which it does not apply."""

    kind: EntryKind
    name: str
    points: Floats


class Drivers(NamedTuple):
    """The largest contributions by absolute points, in descending order; ties in the order of the account."""

    entry: NDArray[np.int32]
    """(N_DRIVERS, n) positions in the account; -1 where no further contribution rounds to more than zero."""
    points: Floats
    """(N_DRIVERS, n) points, rounded to the decimals of the score, halves away from zero."""


def contributions(model: CompiledModel, block: Block, score: CompiledScore) -> list[ContributionBlock]:
    """Compute the account of one score: indicators by name, then rules by name, then the clip.

    Returns
    -------
    Contributions whose points sum, row by row, to the score's last step (its value, wherever there is one).
    """
    steps = block.scores[score.name].steps
    mean = steps.base / score.out_of
    unknown = np.isnan(mean)
    names, leaf_shares = _Shares(model, block).of(score, complement=False)
    points = leaf_shares * np.where(unknown, 0.0, mean) * score.out_of
    entries = [ContributionBlock("indicator", *leaf) for leaf in zip(names, points, strict=True)]
    by_rule = _rule_points(model.stages[score.name], block, steps)
    entries += [ContributionBlock("rule", name, by_rule[name]) for name in model.rules if name in by_rule]
    return [*entries, ContributionBlock("clip", "clip", steps.value - steps.unclipped)]


def contribution_names(model: CompiledModel, score: CompiledScore) -> list[str]:
    """Return the names of the contributions to a score, in their order."""
    rules = (name for name, rule in model.rules.items() if any(effect.score == score.name for effect in rule.effects))
    return [*sorted(score.leaf_indicators), *rules, "clip"]


def drivers(model: CompiledModel, block: Block, score: CompiledScore) -> Drivers:
    """Find the drivers of one score; a row without that score has none."""
    points = np.stack([entry.points for entry in contributions(model, block, score)])
    size = np.abs(points)
    size[:, np.isnan(block.scores[score.name].value)] = 0.0
    entry = _largest(size)
    signed = np.take_along_axis(points, entry, axis=0)
    rounded = np.copysign(reported(np.abs(signed), score.decimals), signed)
    negligible = (rounded == 0.0) | (np.take_along_axis(size, entry, axis=0) == 0.0)
    entry[negligible] = -1
    return Drivers(entry, np.where(negligible, 0.0, rounded))


def empty_drivers(rows: int) -> Drivers:
    """Allocate the drivers of so many rows."""
    return Drivers(np.full((N_DRIVERS, rows), -1, dtype=np.int32), np.zeros((N_DRIVERS, rows)))


class _Shares:
    """Shares of the indicators in the mean of a score, or in its complement; each is computed once."""

    def __init__(self, model: CompiledModel, block: Block) -> None:
        self._model, self._block = model, block
        self._cache: dict[tuple[str, bool], tuple[list[str], Floats]] = {}

    def of(self, score: CompiledScore, complement: bool) -> tuple[list[str], Floats]:
        """Return the indicators by name, and their (indicators, n) shares, which sum to 1, or to 0 for a mean of 0."""
        key = (score.name, complement)
        if key not in self._cache:
            self._cache[key] = self._compute(score, complement)
        return self._cache[key]

    def _compute(self, score: CompiledScore, complement: bool) -> tuple[list[str], Floats]:
        scored = self._block.scores[score.name]
        inputs, weights = scored.mean_inputs, scored.weights
        if complement:
            by_input = _complement_shares(inputs, weights)
        else:
            values, present = [part.value for part in inputs], [part.present for part in inputs]
            by_input = shares(values, present, weights, score.power)
        if not any(part.is_score for part in score.inputs):
            return [part.name for part in score.inputs], by_input + 0.0  # turns -0.0 into 0.0
        names = sorted(score.leaf_indicators)
        rows = {name: row for row, name in enumerate(names)}
        by_leaf = np.zeros((len(names), by_input.shape[1]))
        for part, share in zip(score.inputs, by_input, strict=True):
            if part.is_score:
                inner_names, inner = self.of(self._model.scores[part.name], complement=part.inverted != complement)
                by_leaf[[rows[name] for name in inner_names]] += share * inner
            else:
                by_leaf[rows[part.name]] += share
        return names, by_leaf


def _complement_shares(inputs: Sequence[MeanInput], weights: Weights) -> Floats:
    lacks = np.stack([(1.0 - part.value) * weight for part, weight in zip(inputs, weights, strict=True)])
    lacks *= np.stack([np.ones_like(part.value) if part.present is None else part.present for part in inputs])
    total = sum_in_order(lacks)
    return np.divide(lacks, total, out=np.zeros_like(lacks), where=total > 0.0)


def _rule_points(stages: Sequence[Stage], block: Block, steps: Steps) -> dict[str, Floats]:
    """Return the points by which each rule moved a score."""
    points: dict[str, Floats] = {}
    before = steps.base
    for (kind, effects), after in zip(stages, steps.stages, strict=True):
        applied = [(block.rules[effect.rule][0], effect.amount) for effect in effects]
        by_rule = kind.contributions(before, after, applied)
        points |= zip((effect.rule for effect in effects), by_rule, strict=True)
        before = after
    return points


def _largest(size: Floats) -> NDArray[np.int32]:
    """Return the (N_DRIVERS, n) positions of the largest numbers along the first axis; all are >= 0.

    Such numbers are ordered as their bits are, so the position is stored in the last bits and a maximum carries it
    along, which is far faster than sorting. Numbers that differ in these bits only count as equal.
    """
    bits = max(len(size), N_DRIVERS).bit_length()
    last = (1 << bits) - 1
    best = [np.full(size.shape[1], last - len(size), dtype=np.int64) for _ in range(N_DRIVERS)]
    for row, column in enumerate(size):
        key = (column.view(np.int64) & ~last) | (last - row)
        for rank in range(N_DRIVERS):
            larger = np.maximum(best[rank], key)
            key = np.minimum(best[rank], key)
            best[rank] = larger
    positions: NDArray[np.int32] = np.minimum(last - (np.stack(best) & last), len(size) - 1).astype(np.int32)
    return positions
