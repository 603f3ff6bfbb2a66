"""Results of rules and indicators: what the rows of a block come to, in the words of the model."""

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from riskmodel.assessment import EffectResult, InputResult, RuleResult
from riskmodel.distributions import parameters
from riskmodel.engine.block import Block
from riskmodel.engine.compiled import CompiledIndicator, CompiledModel, CompiledRule
from riskmodel.kernels.scales import Floats
from riskmodel.load.situations import Situation
from riskmodel.spec.base import citations
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.situation import Distribution


class RuleWords(NamedTuple):
    """What is said of a rule in every assessment alike."""

    rule: CompiledRule
    behind: frozenset[str]
    """The indicators that the sentence names, or that a score in it is built from."""
    idle: RuleResult
    """The rule where it does not hold at all."""


def rule_words(spec: ModelSpec, compiled: CompiledModel, rule: CompiledRule) -> RuleWords:
    """Put together what is said of a rule."""
    said = spec.rules[rule.name]
    behind = (compiled.scores[name].reaches if name in compiled.scores else {name} for name in rule.names)
    idle = RuleResult(
        rule.name,
        said.title or rule.name,
        said.because,
        said.when,
        tuple(f"{spec.sources[cite.source].title}, {cite.section}" for cite in citations(said.cites)),
        0.0,
        0.0,
        "not fired",
        tuple(EffectResult(*effect, 0.0) for effect in rule.effects),
        (),
        (),
    )
    return RuleWords(rule, frozenset().union(*behind), idle)


def rule_degrees(rule: CompiledRule, block: Block, rows: int) -> list[tuple[float, float]]:
    """The least and the highest degree of a rule in every row."""
    # A sentence without names has one degree for all rows.
    low, high = (degree.tolist() if degree.ndim else [degree.item()] * rows for degree in block.rules[rule.name])
    return list(zip(low, high, strict=True))


def rule_result(
    words: RuleWords,
    low: float,
    high: float,
    points: Mapping[tuple[str, str], float],
    missing: Collection[str],
    assumed: Collection[str],
) -> RuleResult:
    """A rule in one situation.

    Parameters
    ----------
    words : what is said of the rule.
    low, high : the least and the highest degree to which it holds, in [0, 1].
    points : by score and rule, the points by which the rule moved the score; those that did not need not be there.
    missing, assumed : the indicators without a value, and those with the model's default in place of one.
    """
    if high == 0.0:
        return words.idle
    name, title, because, when, cited, *_ = words.idle
    return RuleResult(
        name,
        title,
        because,
        when,
        cited,
        low,
        high,
        "undetermined" if low < high else "fired",
        tuple(EffectResult(*effect, points.get((effect.score, name), 0.0)) for effect in words.rule.effects),
        tuple(sorted(words.behind.intersection(missing))) if low < high else (),
        tuple(sorted(words.behind.intersection(assumed))),
    )


class InputWords(NamedTuple):
    """What is said of an indicator in every assessment alike."""

    indicator: CompiledIndicator
    name: str
    title: str
    unit: str | None
    default: float | str | None
    usual: Mapping[str, float]
    """The numbers of the distribution that the default is the median of; empty where it is none."""
    group: str | None


def intensities_of(indicator: CompiledIndicator, block: Block, given: Mapping[str, Floats], rows: int) -> list[float]:
    """What the scale makes of the values, or of the default in their place; NaN where there is no scale."""
    if indicator.intensity is None:
        return [math.nan] * rows
    found: list[float]
    if indicator.name in block.inputs:
        found = block.inputs[indicator.name].value.tolist()
    else:
        # No score is built from it, so the block does not know.
        used = math.nan if indicator.default is None else indicator.default
        found = indicator.intensity(given.get(indicator.name, np.full(rows, used))).tolist()
    return found


def input_result(
    words: InputWords, value: float | str | None, intensity: float, stated: Distribution | None, situation: Situation
) -> InputResult:
    """An indicator in one situation.

    Parameters
    ----------
    words : what is said of the indicator.
    value : a number, a label, or None where it is missing.
    intensity : what the scale makes of it, in [0, 1]; NaN where there is no scale.
    stated : the distribution that the situation gives; None where it gives none.
    situation : the situation.
    """
    _, name, title, unit, default, usual, group = words
    used = default if value is None else value
    changed = name in situation.changes
    return InputResult(
        name,
        title,
        unit,
        value,
        used,
        None if used is None else known(intensity),
        None if changed else situation.spec.notes.get(name),
        parameters(stated) if stated is not None else usual if value is None else {},
        changed,
        group,
    )


def known(number: float) -> float | None:
    """A number; None for NaN."""
    return None if math.isnan(number) else number
