"""Assess situations: score them as one block and attach titles, units and citations."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.assessment import (
    Assessment,
    Contribution,
    EffectResult,
    GroupPoints,
    InputResult,
    ModelIdentity,
    PartKind,
    RuleResult,
    ScoreResult,
    clip_title,
    part_of,
)
from riskmodel.documents.situations import Situation
from riskmodel.engine.block import Block, EntryPoints, score_block
from riskmodel.engine.compile import CompiledIndicator, CompiledModel, CompiledRule, Ends
from riskmodel.engine.imputation import Imputation
from riskmodel.engine.plan import COVERAGE_TOLERANCE
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.base import Strict, citations
from riskmodel.schema.distributions import parameters, support
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import Distribution

Values: TypeAlias = Mapping[str, float | str | None]
"""Valid values by indicator; missing values are None or absent."""

Case: TypeAlias = tuple[Situation, Values]
"""A situation and its values."""

Row: TypeAlias = Mapping[str, float]
"""The numbers of one situation by indicator, without missing ones."""


class RuleInfo(NamedTuple):
    """The content of a rule that is the same in every assessment."""

    rule: CompiledRule
    indicators: frozenset[str]
    """The indicators that the condition depends on, directly or through scores."""
    not_fired: RuleResult


class InputInfo(NamedTuple):
    """The content of an indicator that is the same in every assessment."""

    indicator: CompiledIndicator
    name: str
    title: str
    unit: str | None
    default: float | str | None
    default_parameters: Mapping[str, float]
    """The parameters of a default distribution; empty for a plain value."""
    group: str | None


class Assessor:
    """Assesses situations with one model; what is the same in every assessment is prepared once.

    Parameters
    ----------
    spec, compiled, identity : the model.
    """

    def __init__(self, spec: ModelSpec, compiled: CompiledModel, identity: ModelIdentity) -> None:
        self._spec, self._compiled, self._identity = spec, compiled, identity
        self._scores = sorted(spec.scores, key=lambda name: name in spec.sub_scores)
        self._rules = [_rule_info(spec, compiled, compiled.rules[name]) for name in spec.rules]
        self._inputs = [
            InputInfo(
                compiled.indicators[name],
                name,
                indicator.title or name,
                indicator.unit,
                indicator.assumed,
                parameters(indicator.default) if isinstance(indicator.default, Strict) else {},
                indicator.group,
            )
            for name, indicator in spec.indicators.items()
        ]
        self._imputation = Imputation(spec, compiled)
        self._groups = {name: group.title for name, group in spec.groups.items()}
        self._group_by_input = {name: indicator.group for name, indicator in spec.indicators.items()}

    def assess(self, situation: Situation, values: Values) -> Assessment:
        """Assess one situation."""
        return self.assess_all([(situation, values)])[0]

    def assess_all(self, cases: Sequence[Case]) -> list[Assessment]:
        """Assess situations as few blocks; results are bit-identical to assessing each alone."""
        indicators = self._compiled.indicators
        blocks: dict[tuple[frozenset[str], frozenset[str]], dict[int, Row]] = {}
        for index, (situation, values) in enumerate(cases):
            row = {name: indicators[name].encode(value) for name, value in values.items() if value is not None}
            # With other missing values sums are computed in another way, and the last bit of a bound may differ.
            blocks.setdefault((frozenset(row), frozenset(situation.distributions)), {})[index] = row
        assessments: dict[int, Assessment] = {}
        for rows in blocks.values():
            block = self._block([cases[index] for index in rows], list(rows.values()))
            assessments.update(zip(rows, block, strict=True))
        return [assessments[index] for index in range(len(cases))]

    def _block(self, cases: Sequence[Case], rows: Sequence[Row]) -> Iterator[Assessment]:
        """Assess situations with the same missing values and the same distributions as one block."""
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        ranges = {name: self._ends(name, cases) for name in cases[0][0].distributions}
        block = score_block(self._compiled, columns, len(rows), ranges=ranges, at_once=True)
        defaults = self._compiled.defaults
        absent = [info.name for info in self._inputs if info.name not in columns]
        missing = tuple(name for name in absent if name not in defaults)
        assumed = tuple(name for name in absent if name in defaults)
        scores = {name: self._score(name, block, missing) for name in self._scores}
        degrees = [_rule_degrees(info.rule, block) for info in self._rules]
        intensities = [_intensities(info.indicator, block, len(rows)) for info in self._inputs]
        clamped = {name: self._compiled.indicators[name].is_beyond(column) for name, column in columns.items()}
        for index, (case, row) in enumerate(zip(cases, rows, strict=True)):
            bands = self._imputation.bands(row, case[0].distributions)
            yield self._assessment(
                *case,
                {name: _with_bands(by_row[index], bands.get(name)) for name, by_row in scores.items()},
                [by_row[index] for by_row in degrees],
                [by_row[index] for by_row in intensities],
                missing,
                assumed,
                tuple(name for name in self._spec.indicators if name in clamped and clamped[name][index]),
            )

    def _assessment(
        self,
        situation: Situation,
        values: Values,
        scores: Mapping[str, ScoreResult],
        degrees: Sequence[tuple[float, float]],
        intensities: Sequence[float],
        missing: tuple[str, ...],
        assumed: tuple[str, ...],
        clamped: tuple[str, ...],
    ) -> Assessment:
        """Build the assessment of one row of a block."""
        points = {
            (score.name, entry.name): entry.points
            for score in scores.values()
            for entry in score.account
            if entry.kind == "rule"
        }
        spec, distributions = situation.spec, situation.distributions
        return Assessment(
            spec.id,
            spec.title,
            spec.date,
            spec.description,
            self._identity,
            scores,
            tuple(
                _rule_result(info, *bounds, points, missing, assumed)
                for info, bounds in zip(self._rules, degrees, strict=True)
            ),
            missing,
            assumed,
            clamped,
            tuple(
                _input_result(info, values.get(info.name), intensity, distributions.get(info.name), situation)
                for info, intensity in zip(self._inputs, intensities, strict=True)
            ),
            spec.doubts,
            spec.sources,
            self._groups,
        )

    def _ends(self, name: str, cases: Sequence[Case]) -> Ends:
        """Return the lowest and highest possible values of an indicator that is a distribution in all situations."""
        bounds = self._spec.indicators[name].bounds
        low, high = np.array([support(situation.distributions[name], bounds) for situation, _ in cases]).T
        return low, high

    def _score(self, name: str, block: Block, missing: Collection[str]) -> list[ScoreResult]:
        """Return one score of every row; the same indicators are missing in all rows."""
        spec, score, scored = self._spec.scores[name], self._compiled.scores[name], block.scores[name]
        title, bands, provisional_below = spec.title or name, spec.bands, score.provisional_below - COVERAGE_TOLERANCE
        bounds = np.array([scored.low, scored.high])
        columns = (scored.value, scored.reported, scored.steps.base, scored.coverage, *bounds)
        # Adding 0.0 turns -0.0 into 0.0; a minimum of several zeros may be either.
        numbers = (np.array([*columns, *reported(bounds, score.decimals)]) + 0.0).T.tolist()
        accounts = _accounts(scored.account, missing)
        return [
            ScoreResult(
                name,
                title,
                _known(value),
                _known(rounded),
                band,
                band,
                band,
                not math.isnan(value) and coverage < provisional_below,
                "insufficient data" if math.isnan(value) else "ok",
                _known(base),
                coverage,
                low,
                high,
                rounded_low,
                rounded_high,
                score.out_of,
                score.decimals,
                score.min_coverage,
                bands,
                score.is_sub,
                () if math.isnan(value) else entries,
                () if math.isnan(value) else self._by_group(entries, score.out_of),
            )
            for (value, rounded, base, coverage, low, high, rounded_low, rounded_high), band, entries in zip(
                numbers,
                (score.bands[code] if code >= 0 else None for code in scored.band.tolist()),
                accounts,
                strict=True,
            )
        ]

    def _by_group(self, entries: Sequence[Contribution], out_of: float) -> tuple[GroupPoints, ...]:
        """Sum an account by group; see `Assessment.by_group`."""
        if not entries or not self._groups:
            return ()
        titles: dict[tuple[PartKind, str], str] = {("group", name): title for name, title in self._groups.items()}
        titles["ungrouped", "ungrouped"] = "Other indicators"
        titles["rules", "rules"] = "Rules"
        titles["clip", "clip"] = clip_title(out_of)
        points: dict[tuple[PartKind, str], list[float]] = {part: [] for part in titles}
        for entry in entries:
            points[part_of(entry, self._group_by_input)].append(entry.points)
        return tuple(
            GroupPoints(*part, title, math.fsum(points[part]))
            for part, title in titles.items()
            if points[part] or part[0] in ("group", "rules")
        )


def _with_bands(score: ScoreResult, interval: tuple[int, int] | None) -> ScoreResult:
    """Set the plausible bands of a score, given the positions of the bands at the ends of its 90 % interval."""
    if interval is None or score.band is None:
        return score
    names = list(score.bands)
    own = names.index(score.band)
    return replace(score, band_low=names[min(own, interval[0])], band_high=names[max(own, interval[1])])


def _accounts(contributions: Sequence[EntryPoints], missing: Collection[str]) -> Iterator[tuple[Contribution, ...]]:
    """Yield the account of every row: contributions other than 0, and all indicators that are not missing."""
    for points in zip(*(entry.points.tolist() for entry in contributions), strict=True):
        yield tuple(
            Contribution(kind, name, number + 0.0)
            for (kind, name, _), number in zip(contributions, points, strict=True)
            if number != 0.0 or (kind == "indicator" and name not in missing)
        )


def _rule_info(spec: ModelSpec, compiled: CompiledModel, rule: CompiledRule) -> RuleInfo:
    content = spec.rules[rule.name]
    names = (compiled.scores[name].leaf_indicators if name in compiled.scores else {name} for name in rule.names)
    not_fired = RuleResult(
        rule.name,
        content.title or rule.name,
        content.because,
        content.when,
        tuple(f"{spec.sources[cite.source].title}, {cite.section}" for cite in citations(content.cites)),
        0.0,
        0.0,
        "not fired",
        tuple(EffectResult(*effect, 0.0) for effect in rule.effects),
        (),
        (),
    )
    return RuleInfo(rule, frozenset().union(*names), not_fired)


def _rule_degrees(rule: CompiledRule, block: Block) -> list[tuple[float, float]]:
    """Return the lower and upper degree of a rule in every row."""
    low, high = block.rules[rule.name]
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _rule_result(
    info: RuleInfo,
    low: float,
    high: float,
    points: Mapping[tuple[str, str], float],
    missing: Collection[str],
    assumed: Collection[str],
) -> RuleResult:
    if high == 0.0:
        return info.not_fired
    name = info.rule.name
    return replace(
        info.not_fired,
        degree=low,
        degree_high=high,
        status="undetermined" if low < high else "fired",
        effects=tuple(EffectResult(*effect, points.get((effect.score, name), 0.0)) for effect in info.rule.effects),
        missing=tuple(sorted(info.indicators.intersection(missing))) if low < high else (),
        assumed=tuple(sorted(info.indicators.intersection(assumed))),
    )


def _intensities(indicator: CompiledIndicator, block: Block, rows: int) -> list[float]:
    """Return the intensities of the values, or of the default; NaN without a scale or a value."""
    if indicator.intensity is None:
        return [math.nan] * rows
    numbers: list[float] = block.intensities[indicator.name].tolist()
    return numbers


def _input_result(
    info: InputInfo,
    value: float | str | None,
    intensity: float,
    distribution: Distribution | None,
    situation: Situation,
) -> InputResult:
    _, name, title, unit, default, default_parameters, group = info
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
        parameters(distribution) if distribution is not None else default_parameters if value is None else {},
        changed,
        group,
    )


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
