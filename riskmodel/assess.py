"""Assessing situations: each is a row of a block, told in the words of its model."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.assessment import Assessment, EffectResult, Entry, InputResult, ModelIdentity, RuleResult, ScoreResult
from riskmodel.engine.account import Entry as EntryBlock
from riskmodel.engine.account import account
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compiled import CompiledIndicator, CompiledModel, CompiledRule
from riskmodel.kernels.rounding import reported
from riskmodel.load.situations import Situation
from riskmodel.spec.base import Strict, citations
from riskmodel.spec.model import ModelSpec

Values: TypeAlias = Mapping[str, float | str | None]
"""One valid value per indicator; None or absent for missing."""

Case: TypeAlias = tuple[Situation, Values]
"""A situation, with its values."""

Row: TypeAlias = Mapping[str, float]
"""The values of one situation as they stand in columns, by indicator, without what is missing."""


class Assessor:
    """A model made ready to assess situations; what it says in every assessment alike is put together once.

    Parameters
    ----------
    spec, compiled, identity : the model.
    """

    def __init__(self, spec: ModelSpec, compiled: CompiledModel, identity: ModelIdentity) -> None:
        self._spec, self._compiled, self._identity = spec, compiled, identity
        self._scores = sorted(spec.scores, key=lambda name: name in spec.sub_scores)
        self._rules = [_rule_words(spec, compiled, compiled.rules[name]) for name in spec.rules]
        self._inputs = [
            _InputWords(compiled.indicators[name], name, said.title or name, said.unit, said.default, said.group)
            for name, said in spec.indicators.items()
        ]
        self._groups = {name: group.title for name, group in spec.groups.items()}

    def assess(self, situation: Situation, values: Values) -> Assessment:
        """Assess a situation, given with its values."""
        return self.assess_all([(situation, values)])[0]

    def assess_all(self, cases: Sequence[Case]) -> list[Assessment]:
        """Assess one situation or more as one block; each comes out as it does alone."""
        indicators = self._compiled.indicators
        rows = [
            {name: indicators[name].encode(value) for name, value in values.items() if value is not None}
            for _, values in cases
        ]
        given = [name for name in indicators if any(name in row for row in rows)]
        columns = {name: np.array([row.get(name, math.nan) for row in rows]) for name in given}
        block = score_block(self._compiled, columns, len(rows))
        absent = [[words.name for words in self._inputs if words.name not in row] for row in rows]
        missing = [tuple(name for name in names if name not in self._compiled.defaults) for names in absent]
        scores = {name: self._score(name, block, missing) for name in self._scores}
        degrees = [_degrees(words.rule, block, len(rows)) for words in self._rules]
        intensities = [_intensities(words.indicator, block, rows) for words in self._inputs]
        return [
            self._assessment(
                *case,
                {name: found[at] for name, found in scores.items()},
                [found[at] for found in degrees],
                [found[at] for found in intensities],
                missing[at],
                [name for name in absent[at] if name in self._compiled.defaults],
                [name for name in self._spec.indicators if name in rows[at] and self._is_beyond(name, rows[at][name])],
            )
            for at, case in enumerate(cases)
        ]

    def _assessment(
        self,
        situation: Situation,
        values: Values,
        scores: Mapping[str, ScoreResult],
        degrees: Sequence[tuple[float, float]],
        intensities: Sequence[float],
        missing: tuple[str, ...],
        assumed: Sequence[str],
        clamped: Sequence[str],
    ) -> Assessment:
        """Put together what one row of a block comes to."""
        points = {
            (score.name, entry.name): entry.points
            for score in scores.values()
            for entry in score.account
            if entry.kind == "rule"
        }
        about, stated = situation.spec, situation.values
        return Assessment(
            about.id,
            about.title,
            about.date,
            about.description,
            self._identity,
            scores,
            tuple(_rule(words, *found, points, missing) for words, found in zip(self._rules, degrees, strict=True)),
            tuple(
                _input(words, values.get(words.name), found, stated.get(words.name), situation)
                for words, found in zip(self._inputs, intensities, strict=True)
            ),
            missing,
            tuple(assumed),
            tuple(clamped),
            about.doubts,
            about.sources,
            self._groups,
        )

    def _is_beyond(self, name: str, value: float) -> bool:
        low, high = self._compiled.indicators[name].ends
        return value < low or value > high

    def _score(self, name: str, block: Block, missing: Sequence[Collection[str]]) -> list[ScoreResult]:
        """One score of every row, given what is missing in each."""
        said, score, found = self._spec.scores[name], self._compiled.scores[name], block.scores[name]
        title, bands = said.title or name, said.bands
        bounds = (found.low, found.high, reported(found.low, score.decimals), reported(found.high, score.decimals))
        columns = (found.value, found.reported, found.steps.base, found.coverage, *bounds)
        numbers = zip(*(column.tolist() for column in columns), strict=True)
        accounts = _accounts(account(self._compiled, block, score), missing)
        return [
            ScoreResult(
                name,
                title,
                _known(value),
                _known(shown),
                score.bands[code] if code >= 0 else None,
                "insufficient data" if math.isnan(value) else "ok",
                _known(base),
                *certain,
                () if math.isnan(value) else entries,
                score.out_of,
                score.decimals,
                score.min_coverage,
                score.is_sub,
                bands,
            )
            for (value, shown, base, *certain), code, entries in zip(
                numbers, found.band.tolist(), accounts, strict=True
            )
        ]


def _accounts(entries: Sequence[EntryBlock], missing: Sequence[Collection[str]]) -> Iterator[tuple[Entry, ...]]:
    """The account of every row, without what does not concern it."""
    columns = zip(*(entry.points.tolist() for entry in entries), strict=True)
    for points, absent in zip(columns, missing, strict=True):
        yield tuple(
            Entry(kind, name, number)
            for (kind, name, _), number in zip(entries, points, strict=True)
            if number != 0.0 or (kind == "indicator" and name not in absent)
        )


class _RuleWords(NamedTuple):
    """What is said of a rule in every assessment alike."""

    rule: CompiledRule
    behind: frozenset[str]
    """The indicators that the sentence names, or that a score in it is built from."""
    idle: RuleResult
    """The rule where it does not hold at all."""


def _rule_words(spec: ModelSpec, compiled: CompiledModel, rule: CompiledRule) -> _RuleWords:
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
    )
    return _RuleWords(rule, frozenset().union(*behind), idle)


def _degrees(rule: CompiledRule, block: Block, rows: int) -> list[tuple[float, float]]:
    """The least and the highest degree of a rule in every row."""
    # A sentence without names has one degree for all rows.
    low, high = (degree.tolist() if degree.ndim else [degree.item()] * rows for degree in block.rules[rule.name])
    return list(zip(low, high, strict=True))


def _rule(
    words: _RuleWords, low: float, high: float, points: Mapping[tuple[str, str], float], missing: Collection[str]
) -> RuleResult:
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
    )


class _InputWords(NamedTuple):
    """What is said of an indicator in every assessment alike."""

    indicator: CompiledIndicator
    name: str
    title: str
    unit: str | None
    default: float | str | None
    group: str | None


def _intensities(indicator: CompiledIndicator, block: Block, rows: Sequence[Row]) -> list[float]:
    """What the scale makes of the values, or of the default in their place; NaN where there is no scale."""
    if indicator.intensity is None:
        return [math.nan] * len(rows)
    found: list[float]
    if indicator.name in block.inputs:
        found = block.inputs[indicator.name].value.tolist()
    else:
        # No score is built from it, so the block does not know.
        used = math.nan if indicator.default is None else indicator.default
        found = indicator.intensity(np.array([row.get(indicator.name, used) for row in rows])).tolist()
    return found


def _input(
    words: _InputWords, value: float | str | None, intensity: float, stated: object, situation: Situation
) -> InputResult:
    _, name, title, unit, default, group = words
    used = default if value is None else value
    changed = name in situation.changes
    return InputResult(
        name,
        title,
        unit,
        value,
        used,
        None if used is None else _known(intensity),
        None if changed else situation.spec.notes.get(name),
        dict(stated) if isinstance(stated, Strict) else {},
        changed,
        group,
    )


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
