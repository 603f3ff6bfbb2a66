"""Effective weights: the share of each contribution in the variance of a score, beside nominal weights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.sampling import Factor
from riskmodel.analysis.weights import nominal_paths
from riskmodel.engine.block import Block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.engine.plan import EntryKind
from riskmodel.results import Record
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask

_VARIANCE_TOLERANCE = 1e-9
TIE_DECIMALS = 9
"""Decimals by which results are ordered, so that rounding noise does not order what is equal."""
"""A standard deviation, relative to the top of the score, that is rounding error alone."""


def relevant_factors(model: CompiledModel, score: str, factors: Sequence[Factor]) -> Mask:
    """Return (k,) whether a score can depend on each factor: through its inputs, its rules, or their weights."""
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


@dataclass(frozen=True, slots=True)
class EffectiveWeight(Record):
    """The effective weight of one contribution to a score.

    Attributes
    ----------
    kind, name, title : an indicator, a rule, or the clip.
    nominal : its share of the weights, in [0, 1], through sub-scores; None for a rule and for the clip.
    effective : its share of the variance of the score; below 0 if it runs against the score.
    """

    kind: EntryKind
    name: str
    title: str
    nominal: float | None
    effective: float


class VarianceShare(NamedTuple):
    """A contribution, its share of the variance of the score, and whether it took effect in any row."""

    kind: EntryKind
    name: str
    share: float
    took_effect: bool


def variance_shares(
    model: CompiledModel, scores: Iterable[str], blocks: Iterable[Block]
) -> dict[str, list[VarianceShare]]:
    """Attribute the variance of scores to entries, over the rows that have them; empty if a score does not vary.

    Parameters
    ----------
    model : compiled.
    scores : their names.
    blocks : one or more.
    """
    covariances = {name: _Covariances(model.scores[name]) for name in scores}
    for block in blocks:
        for sums in covariances.values():
            sums.add(model, block)
    return {name: sums.shares() for name, sums in covariances.items()}


class _Covariances:
    """The covariances of the entries of an account with the score, accumulated over blocks."""

    def __init__(self, score: CompiledScore) -> None:
        self._score = score
        self._names: list[tuple[EntryKind, str]] = []
        self._count = 0
        self._centre = self._sums = self._products = np.zeros(0)
        self._not_zero: Mask = np.zeros(0, dtype=bool)

    def add(self, model: CompiledModel, block: Block) -> None:
        """Add the rows of a block that have the score."""
        score = block.scores[self._score.name]
        known = ~np.isnan(score.value)
        if not known.any():
            return
        points = np.stack([*(entry.points for entry in score.account), score.steps.value])[:, known]
        if not self._count:
            self._names = [(entry.kind, entry.name) for entry in score.account]
            # Sums of squares about a centre near the mean keep their digits.
            self._centre = points.mean(axis=1)
            self._sums, self._products = np.zeros(len(points)), np.zeros(len(points))
            self._not_zero = np.zeros(len(points), dtype=bool)
        away = points - self._centre[:, None]
        self._count += points.shape[1]
        self._sums += away.sum(axis=1)
        self._products += away @ away[-1]
        self._not_zero |= (points != 0.0).any(axis=1)

    def shares(self) -> list[VarianceShare]:
        """Return the share of each entry; empty if the score does not vary."""
        if not self._count:
            return []
        covariances = self._products / self._count - self._sums * self._sums[-1] / self._count**2
        if covariances[-1] <= (_VARIANCE_TOLERANCE * self._score.out_of) ** 2:
            return []
        shares = covariances[:-1] / covariances[-1]
        return [
            VarianceShare(kind, name, float(share), bool(took_effect))
            for (kind, name), share, took_effect in zip(self._names, shares, self._not_zero[:-1], strict=True)
        ]


def effective_weights_of(
    spec: ModelSpec, score: CompiledScore, shares: Iterable[VarianceShare], nominal: Mapping[str, float]
) -> tuple[EffectiveWeight, ...]:
    """Return effective beside nominal weights: indicators by nominal weight, then rules by effect, then the clip.

    Parameters
    ----------
    spec, score : the model and one of its scores.
    shares : of the variance of the score; rules that never took effect are left out.
    nominal : shares of weights by indicator; indicators without one are left out.
    """
    weights = [
        EffectiveWeight(share.kind, share.name, _title(spec, score, share), nominal.get(share.name), share.share)
        for share in shares
        if (share.name in nominal if share.kind == "indicator" else share.took_effect)
    ]
    order = {"indicator": 0, "rule": 1, "clip": 2}

    def place(entry: EffectiveWeight) -> tuple[float, ...]:
        shares = (entry.nominal or 0.0, abs(entry.effective))
        return order[entry.kind], *(-round(share, TIE_DECIMALS) for share in shares)

    return tuple(sorted(weights, key=place))


def _title(spec: ModelSpec, score: CompiledScore, share: VarianceShare) -> str:
    if share.kind == "clip":
        return f"Kept within 0 to {score.out_of:g}"
    titled = spec.indicators if share.kind == "indicator" else spec.rules
    return titled[share.name].title or share.name


def nominal_shares(model: CompiledModel, score: CompiledScore, present: frozenset[str]) -> dict[str, float]:
    """Return the share of each present indicator in the weights of a score, through sub-scores; they sum to 1."""
    shares: dict[str, float] = {}
    for name, share in nominal_paths(model, score, present):
        shares[name] = shares.get(name, 0.0) + abs(share)
    return shares
