"""Assessing one situation: a block of one row, told in the words of its model."""

import math
from collections.abc import Mapping

import numpy as np

from riskmodel.assessment import Assessment, EffectResult, Entry, InputResult, ModelIdentity, RuleResult, ScoreResult
from riskmodel.engine.account import account
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compiled import CompiledModel, CompiledRule, CompiledScore
from riskmodel.kernels.rounding import reported
from riskmodel.load.situations import Situation
from riskmodel.spec.base import Strict, citations
from riskmodel.spec.model import ModelSpec


def assess(
    spec: ModelSpec,
    compiled: CompiledModel,
    identity: ModelIdentity,
    situation: Situation,
    values: Mapping[str, float | str | None],
) -> Assessment:
    """Assess one situation.

    Parameters
    ----------
    spec, compiled, identity : the model.
    situation : what the values belong to.
    values : one valid value per indicator, None or absent for missing.
    """
    columns = {name: np.array([compiled.indicators[name].encode(value)]) for name, value in values.items()}
    block = score_block(compiled, columns, rows=1)
    missing = tuple(name for name in spec.indicators if math.isnan(block.given[name][0]))
    assumed = tuple(name for name in missing if compiled.indicators[name].default is not None)
    scores = {name: _score(spec, compiled, compiled.scores[name], block) for name in _whole_scores_first(spec)}
    points = {
        (score.name, entry.name): entry.points
        for score in scores.values()
        for entry in score.account
        if entry.kind == "rule"
    }
    about = situation.spec
    return Assessment(
        about.id,
        about.title,
        about.date,
        about.description,
        identity,
        scores,
        tuple(_rule(spec, compiled, compiled.rules[name], block, points) for name in spec.rules),
        tuple(_input(name, spec, compiled, values, situation) for name in spec.indicators),
        tuple(name for name in missing if name not in assumed),
        assumed,
        tuple(name for name in spec.indicators if _beyond(compiled.indicators[name].ends, block.given[name][0])),
        about.doubts,
        about.sources,
        {name: group.title for name, group in spec.groups.items()},
    )


def _whole_scores_first(spec: ModelSpec) -> list[str]:
    return sorted(spec.scores, key=lambda name: name in spec.sub_scores)


def _beyond(ends: tuple[float, float], value: float) -> bool:
    return bool(value < ends[0] or value > ends[1])


def _score(spec: ModelSpec, compiled: CompiledModel, score: CompiledScore, block: Block) -> ScoreResult:
    found = block.scores[score.name]
    value = _number(found.value[0])
    low, high = float(found.low[0]), float(found.high[0])
    code = int(found.band[0])
    entries = account(compiled, block, score) if value is not None else []
    absent = {name for name, column in block.given.items() if math.isnan(column[0])}
    silent = {name for name in absent if compiled.indicators[name].default is None}
    return ScoreResult(
        score.name,
        spec.scores[score.name].title or score.name,
        value,
        _number(found.reported[0]),
        score.bands[code] if code >= 0 else None,
        "ok" if value is not None else "insufficient data",
        _number(found.steps.base[0]),
        float(found.coverage[0]),
        low,
        high,
        float(reported(found.low, score.decimals)[0]),
        float(reported(found.high, score.decimals)[0]),
        tuple(
            Entry(entry.kind, entry.name, float(entry.points[0]))
            for entry in entries
            if (entry.kind == "indicator" and entry.name not in silent) or entry.points[0] != 0
        ),
        score.out_of,
        score.decimals,
        score.min_coverage,
        score.is_sub,
        spec.scores[score.name].bands,
    )


def _rule(
    spec: ModelSpec, compiled: CompiledModel, rule: CompiledRule, block: Block, points: Mapping[tuple[str, str], float]
) -> RuleResult:
    low, high = (float(np.ravel(degree)[0]) for degree in block.rules[rule.name])
    said = spec.rules[rule.name]
    return RuleResult(
        rule.name,
        said.title or rule.name,
        said.because,
        said.when,
        tuple(f"{spec.sources[cite.source].title}, {cite.section}" for cite in citations(said.cites)),
        low,
        high,
        "undetermined" if low < high else "fired" if low > 0 else "not fired",
        tuple(
            EffectResult(effect.score, effect.kind, effect.amount, points.get((effect.score, rule.name), 0.0))
            for effect in rule.effects
        ),
        tuple(sorted(_missing_names(rule, compiled, block))) if low < high else (),
    )


def _missing_names(rule: CompiledRule, compiled: CompiledModel, block: Block) -> set[str]:
    """The indicators without any value that a sentence names, or that a score in it is built from."""
    named: set[str] = set()
    for name in rule.names:
        named |= compiled.scores[name].reaches if name in compiled.scores else {name}
    return {name for name in named if math.isnan(block.given[name][0]) and compiled.indicators[name].default is None}


def _input(
    name: str,
    spec: ModelSpec,
    compiled: CompiledModel,
    values: Mapping[str, float | str | None],
    situation: Situation,
) -> InputResult:
    indicator, bound = spec.indicators[name], compiled.indicators[name]
    value = values.get(name)
    used = value if value is not None else indicator.default
    scaled = bound.intensity(np.array([bound.encode(used)]))[0] if bound.intensity is not None else math.nan
    changed = name in situation.changes
    stated = situation.values.get(name)
    return InputResult(
        name,
        indicator.title or name,
        indicator.unit,
        value,
        used,
        _number(scaled),
        None if changed else situation.spec.notes.get(name),
        dict(stated) if isinstance(stated, Strict) else {},
        changed,
        indicator.group,
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
