"""What a score can depend on at all: through its inputs, and through the rules that act on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.sampling import Factor
from riskmodel.analysis.weights import nominal_paths
from riskmodel.engine.block import Block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.engine.contributions import EntryKind, contributions
from riskmodel.results import Record
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask


def concerned(model: CompiledModel, score: str, factors: Sequence[Factor]) -> Mask:
    """(k,) which factors a score can depend on: values that it is built from or its rules read, and their weights."""
    acting = [rule for rule in model.rules.values() if any(effect.score == score for effect in rule.effects)]
    named = {score}.union(*(rule.names for rule in acting))
    scores = set()
    waiting = [name for name in named if name in model.scores]
    while waiting:
        name = waiting.pop()
        scores.add(name)
        waiting += [part.name for part in model.scores[name].inputs if part.is_score]
    indicators = (named - model.scores.keys()).union(*(model.scores[name].leaf_indicators for name in scores))
    return np.array(
        [factor.score in scores if factor.is_weight else factor.name in indicators for factor in factors], dtype=bool
    )


_NOISE = 1e-9
"""Relative to the top of the score: a standard deviation that is nothing but rounding."""


@dataclass(frozen=True, slots=True)
class EffectiveWeight(Record):
    """One entry of the account of a score.

    Attributes
    ----------
    kind, name, title : an indicator, a rule, or the clip.
    nominal : its share of the weights, in [0, 1], through sub-scores; None for a rule and for the clip.
    effective : its share of the variance of the score; below 0 where it runs against the score.
    """

    kind: EntryKind
    name: str
    title: str
    nominal: float | None
    effective: float


class Part(NamedTuple):
    """An entry of the account, its share of the variance of the score, and whether it took effect in any row."""

    kind: EntryKind
    name: str
    share: float
    took_effect: bool


def share_out(model: CompiledModel, scores: Iterable[str], blocks: Iterable[Block]) -> dict[str, list[Part]]:
    """Share out the variance of scores over the rows that have them, by score; empty where a score does not vary.

    Parameters
    ----------
    model : compiled.
    scores : their names.
    blocks : one or more.
    """
    sums = {name: _Sums(model.scores[name]) for name in scores}
    for block in blocks:
        for found in sums.values():
            found.add(model, block)
    return {name: found.parts() for name, found in sums.items()}


class _Sums:
    """The covariances of the entries of an account with the score, added up over blocks."""

    def __init__(self, score: CompiledScore) -> None:
        self._score = score
        self._names: list[tuple[EntryKind, str]] = []
        self._count = 0
        self._centre = self._sums = self._products = np.zeros(0)
        self._not_zero: Mask = np.zeros(0, dtype=bool)

    def add(self, model: CompiledModel, block: Block) -> None:
        """Add the rows of a block that have the score."""
        found = block.scores[self._score.name]
        there = ~np.isnan(found.value)
        if not there.any():
            return
        entries = contributions(model, block, self._score)
        points = np.stack([*(entry.points for entry in entries), found.steps.value])[:, there]
        if not self._count:
            self._names = [(entry.kind, entry.name) for entry in entries]
            # About a centre near the mean, sums of squares keep their digits.
            self._centre = points.mean(axis=1)
            self._sums, self._products = np.zeros(len(points)), np.zeros(len(points))
            self._not_zero = np.zeros(len(points), dtype=bool)
        away = points - self._centre[:, None]
        self._count += points.shape[1]
        self._sums += away.sum(axis=1)
        self._products += away @ away[-1]
        self._not_zero |= (points != 0.0).any(axis=1)

    def parts(self) -> list[Part]:
        """The share of each entry; empty where the score does not vary."""
        if not self._count:
            return []
        covariances = self._products / self._count - self._sums * self._sums[-1] / self._count**2
        if covariances[-1] <= (_NOISE * self._score.out_of) ** 2:
            return []
        shares = covariances[:-1] / covariances[-1]
        return [
            Part(kind, name, float(share), bool(took_effect))
            for (kind, name), share, took_effect in zip(self._names, shares, self._not_zero[:-1], strict=True)
        ]


def effective_weights_of(
    spec: ModelSpec, score: CompiledScore, parts: Iterable[Part], nominal: Mapping[str, float]
) -> tuple[EffectiveWeight, ...]:
    """Effective weights beside nominal ones: the indicators by nominal weight, then rules by effect, then the clip.

    Parameters
    ----------
    spec, score : the model and one of its scores.
    parts : how the variance of the score is shared out; rules that never took effect are left out.
    nominal : shares of weights by indicator; indicators without one are left out.
    """
    found = [
        EffectiveWeight(part.kind, part.name, _title(spec, score, part), nominal.get(part.name), part.share)
        for part in parts
        if (part.name in nominal if part.kind == "indicator" else part.took_effect)
    ]
    order = {"indicator": 0, "rule": 1, "clip": 2}
    return tuple(sorted(found, key=lambda one: (order[one.kind], -(one.nominal or 0.0), -abs(one.effective))))


def _title(spec: ModelSpec, score: CompiledScore, part: Part) -> str:
    if part.kind == "clip":
        return f"Kept within 0 to {score.out_of:g}"
    titled = spec.indicators if part.kind == "indicator" else spec.rules
    return titled[part.name].title or part.name


def nominal_shares(model: CompiledModel, score: CompiledScore, there: frozenset[str]) -> dict[str, float]:
    """The share of each indicator that is there in the weights of a score, through sub-scores; they sum to 1."""
    shares: dict[str, float] = {}
    for name, share in nominal_paths(model, score, there):
        shares[name] = shares.get(name, 0.0) + abs(share)
    return shares
