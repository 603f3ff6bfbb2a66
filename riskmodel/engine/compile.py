"""Compile a model: from its specification to bound functions and plain numbers, once, before any row is scored.

Inputs and rules are sorted by name, so the order of a model file does not affect scores, not even in the last bit.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.kernels import conditions
from riskmodel.kernels.types import Better, EffectKind, Floats
from riskmodel.plan.steps import IsLabel, Step
from riskmodel.schema import effects
from riskmodel.schema.base import citations, label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator

Ends: TypeAlias = tuple[Floats, Floats]
"""(n,) lower and upper values."""
Function: TypeAlias = Callable[[Step], Step]
"""A scale or a term, from raw values to intensities or degrees."""


class CompiledIndicator(NamedTuple):
    """A compiled indicator; its values are a float64 column in which NaN is missing and a label is its position."""

    name: str
    intensity: Function | None
    ends: tuple[float, float]
    """Raw values beyond which the scale is clamped; infinite where it is not."""
    terms: Mapping[str, Function]
    breakpoints: tuple[float, ...]
    """Raw values between which the scale and the terms are monotone."""
    labels: tuple[str, ...] | None
    default: float | None
    """Assumed where the value is missing; of a distribution its median."""
    title: str = ""

    def is_beyond(self, values: Floats) -> NDArray[np.bool_]:
        """Return the (n,) mask of values beyond the ends of the scale, which it clamps."""
        low, high = self.ends
        return (values < low) | (values > high)

    def encode(self, value: float | str | None) -> float:
        """Convert a valid value to its number in a column."""
        if value is None:
            return math.nan
        return float(self.labels.index(label_of(value)) if self.labels is not None else value)


class ScoreInput(NamedTuple):
    """An indicator or sub-score that a score is built from."""

    name: str
    weight: float
    """Above zero."""
    inverted: bool
    """True for a negative weight."""
    is_score: bool


class CompiledScore(NamedTuple):
    """A compiled score."""

    name: str
    inputs: tuple[ScoreInput, ...]
    power: float
    out_of: float
    decimals: int
    min_coverage: float
    provisional_below: float
    bands: tuple[str, ...]
    band_starts: tuple[float, ...]
    is_sub: bool
    leaf_indicators: frozenset[str]
    """The indicators that the score is built from, directly or through sub-scores."""
    title: str = ""
    better: Better | None = None


class Effect(NamedTuple):
    """The effect of a rule on one score."""

    score: str
    kind: EffectKind
    amount: float


class CompiledRule(NamedTuple):
    """A compiled rule."""

    name: str
    condition: conditions.Condition
    names: frozenset[str]
    effects: tuple[Effect, ...]
    title: str = ""
    citations: tuple[str, ...] = ()


class ScoreEffect(NamedTuple):
    """An effect on a given score."""

    rule: str
    amount: float
    raising: bool
    """True if the score rises with the degree of the rule."""


class Stage(NamedTuple):
    """The effects of one kind on one score, in the order of the rules."""

    kind: type[effects.Effect]
    effects: tuple[ScoreEffect, ...]


@dataclass(frozen=True)
class CompiledModel:
    """Indicators, scores (sub-scores first) and rules, by name."""

    indicators: Mapping[str, CompiledIndicator]
    scores: Mapping[str, CompiledScore]
    rules: Mapping[str, CompiledRule]
    plans: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Plans by what they are for, kept by `riskmodel.engine.block`."""

    def __getstate__(self) -> dict[str, Any]:
        # Plans are made again where they are needed; the functions of their steps cannot be pickled.
        return {**self.__dict__, "plans": {}}

    @cached_property
    def stages(self) -> Mapping[str, tuple[Stage, ...]]:
        """The effects on each score, by kind, in the order in which the kinds apply."""
        return {
            name: tuple(Stage(effect, self._effects(name, kind)) for kind, effect in effects.EFFECTS.items())
            for name in self.scores
        }

    def _effects(self, score: str, kind: EffectKind) -> tuple[ScoreEffect, ...]:
        return tuple(
            ScoreEffect(rule.name, effect.amount, effects.effect_of(kind, effect.amount).raises)
            for rule in self.rules.values()
            for effect in rule.effects
            if effect.score == score and effect.kind == kind
        )

    @cached_property
    def defaults(self) -> Mapping[str, float]:
        """The default of each indicator that has one."""
        return {name: part.default for name, part in self.indicators.items() if part.default is not None}


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
    leaf_indicators: dict[str, frozenset[str]] = {}
    for name in _bottom_up(spec):
        leaves = (leaf_indicators.get(part, frozenset((part,))) for part in spec.scores[name].weights)
        leaf_indicators[name] = frozenset().union(*leaves)
    return CompiledModel(
        {name: _indicator(name, spec.indicators[name]) for name in sorted(spec.indicators)},
        {name: _score(name, spec, leaves) for name, leaves in leaf_indicators.items()},
        {name: _rule(name, spec) for name in sorted(spec.rules)},
    )


def _indicator(name: str, indicator: Indicator) -> CompiledIndicator:
    scale, labels = indicator.scale, indicator.labels
    terms: dict[str, Function]
    if labels is None:
        terms = {name: term.expression for name, term in indicator.terms.items()}
    else:
        terms = {label: partial(IsLabel, position=position) for position, label in enumerate(labels)}
    intensity, ends = (None, (-math.inf, math.inf)) if scale is None else (scale.expression, scale.ends())
    compiled = CompiledIndicator(
        name, intensity, ends, terms, tuple(sorted(indicator.breakpoints())), labels, None, indicator.title or name
    )
    assumed = indicator.assumed
    return compiled if assumed is None else compiled._replace(default=compiled.encode(assumed))


def _score(name: str, spec: ModelSpec, leaf_indicators: frozenset[str]) -> CompiledScore:
    score = spec.scores[name]
    inputs = tuple(
        ScoreInput(part, abs(score.weight(part)), score.weight(part) < 0, part in spec.scores)
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
        leaf_indicators,
        score.title or name,
        score.better,
    )


def _bottom_up(spec: ModelSpec) -> list[str]:
    """Sort scores so that every sub-score precedes the scores that are built from it."""
    import graphlib

    parts = {name: [part for part in score.weights if part in spec.scores] for name, score in spec.scores.items()}
    return list(graphlib.TopologicalSorter(parts).static_order())


def _rule(name: str, spec: ModelSpec) -> CompiledRule:
    rule = spec.rules[name]
    then = tuple(Effect(score, effect.kind, effect.amount) for score, effect in sorted(rule.then.items()))
    cites = tuple(f"{spec.sources[cite.source].title}, {cite.section}" for cite in citations(rule.cites))
    return CompiledRule(name, rule.condition, rule.names, then, rule.title or name, cites)
