"""Compiling: a model's specification turned into bound functions and plain numbers, once, before any row is seen.

Everything is put in the order of its name, so models that say the same in another order score the same to the bit.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.kernels import conditions
from riskmodel.kernels.effects import EffectKind
from riskmodel.kernels.means import weighted_sum
from riskmodel.kernels.scales import Floats
from riskmodel.schema import effects
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator

Ends: TypeAlias = tuple[Floats, Floats]
"""(n,) lower and upper values."""


class CompiledIndicator(NamedTuple):
    """An indicator as the engine sees it: one float64 column in which NaN is missing and a label is its position."""

    name: str
    intensity: Callable[[Floats], Floats] | None
    ends: tuple[float, float]
    """Raw values beyond which the scale is clamped; infinite where it is not."""
    terms: Mapping[str, Callable[[Floats], Floats]]
    turns: tuple[float, ...]
    """Raw values between which the scale and the terms go one way."""
    labels: tuple[str, ...] | None
    default: float | None
    """What is assumed where the value is missing; of a distribution its median."""

    def between(self, function: Callable[[Floats], Floats], ends: Ends) -> Ends:
        """Return the least and the most that the scale or a term comes to for raw values between two ends.

        Parameters
        ----------
        function : the scale, or one of the terms.
        ends : (n,) lower and upper raw values.
        """
        # A step belongs to neither of its sides, so the values next to a turn count too.
        turns = np.array(self.turns)
        values = np.concatenate(([-np.inf], np.nextafter(turns, -np.inf), turns, np.nextafter(turns, np.inf), [np.inf]))
        results = [function(np.clip(value, *ends)) for value in values]
        return np.minimum.reduce(results), np.maximum.reduce(results)

    def is_beyond(self, values: Floats) -> NDArray[np.bool_]:
        """Which of (n,) values the scale clamps, because they lie beyond its ends."""
        low, high = self.ends
        return (values < low) | (values > high)

    def encode(self, value: float | str | None) -> float:
        """A value as it stands in the column; the value must be valid."""
        if value is None:
            return math.nan
        return float(self.labels.index(label_of(value)) if self.labels is not None else value)


class Input(NamedTuple):
    """One thing that a score is built from."""

    name: str
    weight: float
    """Above zero; the sign of the weight is in `lowers`."""
    lowers: bool
    is_score: bool


class CompiledScore(NamedTuple):
    """A score as the engine sees it."""

    name: str
    inputs: tuple[Input, ...]
    power: float
    out_of: float
    decimals: int
    min_coverage: float
    provisional_below: float
    bands: tuple[str, ...]
    band_starts: tuple[float, ...]
    is_sub: bool
    reaches: frozenset[str]
    """The indicators that it is built from, through sub-scores."""


class Effect(NamedTuple):
    """What a rule does to one score."""

    score: str
    kind: EffectKind
    amount: float


class CompiledRule(NamedTuple):
    """A rule as the engine sees it."""

    name: str
    condition: conditions.Condition
    names: frozenset[str]
    effects: tuple[Effect, ...]


class ScoreEffect(NamedTuple):
    """An effect, seen from the score that it is on."""

    rule: str
    amount: Floats
    """An array without dimensions, because numpy multiplies by one faster than by a float."""
    raising: bool
    """Whether it draws the score up."""


class Stage(NamedTuple):
    """The effects of one kind on one score, in the order of the rules."""

    kind: type[effects.Effect]
    moves: tuple[ScoreEffect, ...]


@dataclass(frozen=True)
class CompiledModel:
    """Indicators, scores (sub-scores before what is built from them) and rules, by name."""

    indicators: Mapping[str, CompiledIndicator]
    scores: Mapping[str, CompiledScore]
    rules: Mapping[str, CompiledRule]

    @cached_property
    def stages(self) -> Mapping[str, tuple[Stage, ...]]:
        """The effects on each score, by kind, in the order in which the kinds apply."""
        return {
            name: tuple(Stage(effect, self._moves(name, kind)) for kind, effect in effects.EFFECTS.items())
            for name in self.scores
        }

    def _moves(self, score: str, kind: EffectKind) -> tuple[ScoreEffect, ...]:
        return tuple(
            ScoreEffect(rule.name, np.array(effect.amount), effects.effect_of(kind, effect.amount).raises)
            for rule in self.rules.values()
            for effect in rule.effects
            if effect.score == score and effect.kind == kind
        )

    @cached_property
    def weights(self) -> Mapping[str, tuple[Floats, ...]]:
        """The weights of the inputs of each score, each an array without dimensions."""
        return {name: tuple(np.array(part.weight) for part in score.inputs) for name, score in self.scores.items()}

    @cached_property
    def total_weights(self) -> Mapping[str, Floats]:
        """The sum of the weights of each score, an array without dimensions."""
        return {name: weighted_sum([None] * len(weights), weights) for name, weights in self.weights.items()}

    @cached_property
    def defaults(self) -> Mapping[str, float]:
        """What is assumed of indicators that are missing, by indicator; the others have no default."""
        return {name: one.default for name, one in self.indicators.items() if one.default is not None}

    @cached_property
    def unsure_rules(self) -> frozenset[str]:
        """The rules that name an indicator with a default, or a score: what they hold against may be assumed."""
        unsure = self.defaults.keys() | self.scores.keys()
        return frozenset(name for name, rule in self.rules.items() if rule.names & unsure)


def compile_model(spec: ModelSpec) -> CompiledModel:
    """Compile a validated model.

    Raises
    ------
    ModelError
        Where a scale has not been fitted yet.
    """
    if spec.unfitted:
        names = ", ".join(spec.unfitted)
        raise ModelError(f"model {spec.id!r} is not fitted yet ({names}); run `riskmodel model fit` on data first")
    reaches: dict[str, frozenset[str]] = {}
    for name in _bottom_up(spec):
        parts = (reaches.get(part, frozenset((part,))) for part in spec.scores[name].weights)
        reaches[name] = frozenset().union(*parts)
    return CompiledModel(
        {name: _indicator(name, spec.indicators[name]) for name in sorted(spec.indicators)},
        {name: _score(name, spec, reached) for name, reached in reaches.items()},
        {name: _rule(name, spec) for name in sorted(spec.rules)},
    )


def _indicator(name: str, indicator: Indicator) -> CompiledIndicator:
    scale, labels = indicator.scale, indicator.labels
    words: dict[str, Callable[[Floats], Floats]]
    if labels is None:
        words = {word: term.membership for word, term in indicator.terms.items()}
    else:
        words = {label: partial(_is_label, position=float(position)) for position, label in enumerate(labels)}
    intensity, ends = (None, (-math.inf, math.inf)) if scale is None else (scale.normalise, scale.ends())
    bare = CompiledIndicator(name, intensity, ends, words, tuple(sorted(indicator.breakpoints())), labels, None)
    assumed = indicator.assumed
    return bare if assumed is None else bare._replace(default=bare.encode(assumed))


def _is_label(code: Floats, position: float) -> Floats:
    return np.where(np.isnan(code), np.nan, code == position)


def _score(name: str, spec: ModelSpec, reaches: frozenset[str]) -> CompiledScore:
    score = spec.scores[name]
    inputs = tuple(
        Input(part, abs(score.weight(part)), score.weight(part) < 0, part in spec.scores)
        for part in sorted(score.weights)
    )
    return CompiledScore(
        name,
        inputs,
        score.power,
        score.out_of,
        score.decimals,
        score.min_coverage,
        score.provisional_below,
        tuple(score.bands),
        tuple(score.bands.values()),
        name in spec.sub_scores,
        reaches,
    )


def _bottom_up(spec: ModelSpec) -> list[str]:
    """Scores in an order in which every sub-score comes before what is built from it."""
    import graphlib

    parts = {name: [part for part in score.weights if part in spec.scores] for name, score in spec.scores.items()}
    return list(graphlib.TopologicalSorter(parts).static_order())


def _rule(name: str, spec: ModelSpec) -> CompiledRule:
    rule = spec.rules[name]
    acting = tuple(Effect(score, effect.kind, effect.amount) for score, effect in sorted(rule.then.items()))
    return CompiledRule(name, rule.condition, rule.names, acting)
