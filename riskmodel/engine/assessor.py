"""Assess situations: score them as rows of a block, and describe each row in the terms of its model."""

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
from riskmodel.engine.block import COVERAGE_TOLERANCE, Block, score_block
from riskmodel.engine.compile import CompiledIndicator, CompiledModel, CompiledRule, Ends
from riskmodel.engine.contributions import ContributionBlock as EntryBlock
from riskmodel.engine.contributions import contributions
from riskmodel.engine.imputation import Imputation
from riskmodel.kernels.rounding import reported
from riskmodel.kernels.scales import Floats
from riskmodel.schema.base import Strict, citations
from riskmodel.schema.distributions import parameters, support
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import Distribution

Values: TypeAlias = Mapping[str, float | str | None]
"""One valid value per indicator; None or absent for missing."""

Case: TypeAlias = tuple[Situation, Values]
"""A situation, with its values."""

Row: TypeAlias = Mapping[str, float]
"""The values of one situation as they stand in columns, by indicator, without what is missing."""


class RuleInfo(NamedTuple):
    """What every assessment says alike of a rule."""

    rule: CompiledRule
    behind: frozenset[str]
    """The indicators that the sentence names, or that a score in it is built from."""
    idle: RuleResult
    """The rule where it does not hold at all."""


class InputInfo(NamedTuple):
    """What every assessment says alike of an indicator."""

    indicator: CompiledIndicator
    name: str
    title: str
    unit: str | None
    default: float | str | None
    usual: Mapping[str, float]
    """The numbers of the distribution that the default is the median of; empty where it is none."""
    group: str | None


class Assessor:
    """A model made ready to assess situations; what it says in every assessment alike is put together once.

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
                said.title or name,
                said.unit,
                said.assumed,
                parameters(said.default) if isinstance(said.default, Strict) else {},
                said.group,
            )
            for name, said in spec.indicators.items()
        ]
        self._imputation = Imputation(spec, compiled)
        self._groups = {name: group.title for name, group in spec.groups.items()}
        self._group_by_input = {name: indicator.group for name, indicator in spec.indicators.items()}

    def assess(self, situation: Situation, values: Values) -> Assessment:
        """Assess a situation, given with its values."""
        return self.assess_all([(situation, values)])[0]

    def assess_all(self, cases: Sequence[Case]) -> list[Assessment]:
        """Assess one situation or more, which takes hardly longer; each comes out as it does alone, to the last bit."""
        indicators = self._compiled.indicators
        blocks: dict[tuple[frozenset[str], frozenset[str]], dict[int, Row]] = {}
        for at, (situation, values) in enumerate(cases):
            row = {name: indicators[name].encode(value) for name, value in values.items() if value is not None}
            # Where other values are missing, sums are taken another way, and the last bit of a bound may differ.
            blocks.setdefault((frozenset(row), frozenset(situation.distributions)), {})[at] = row
        found: dict[int, Assessment] = {}
        for rows in blocks.values():
            assessed = self._block([cases[at] for at in rows], list(rows.values()))
            found.update(zip(rows, assessed, strict=True))
        return [found[at] for at in range(len(cases))]

    def _block(self, cases: Sequence[Case], rows: Sequence[Row]) -> Iterator[Assessment]:
        """Assess situations that lack the same values, and have the same as ranges, as one block."""
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        ranges = {name: self._ends(name, cases) for name in cases[0][0].distributions}
        block = score_block(self._compiled, columns, len(rows), ranges=ranges)
        defaults = self._compiled.defaults
        absent = [info.name for info in self._inputs if info.name not in columns]
        missing = tuple(name for name in absent if name not in defaults)
        assumed = tuple(name for name in absent if name in defaults)
        scores = {name: self._score(name, block, missing) for name in self._scores}
        degrees = [_rule_degrees(info.rule, block, len(rows)) for info in self._rules]
        intensities = [_intensities(info.indicator, block, columns, len(rows)) for info in self._inputs]
        clamped = {name: self._compiled.indicators[name].is_beyond(column) for name, column in columns.items()}
        for at, (case, row) in enumerate(zip(cases, rows, strict=True)):
            touched = self._imputation.bands(row, case[0].distributions)
            yield self._assessment(
                *case,
                {name: _could_be(found[at], touched.get(name)) for name, found in scores.items()},
                [found[at] for found in degrees],
                [found[at] for found in intensities],
                missing,
                assumed,
                tuple(name for name in self._spec.indicators if name in clamped and clamped[name][at]),
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
        """Put together what one row of a block comes to."""
        points = {
            (score.name, entry.name): entry.points
            for score in scores.values()
            for entry in score.account
            if entry.kind == "rule"
        }
        about, stated = situation.spec, situation.distributions
        return Assessment(
            about.id,
            about.title,
            about.date,
            about.description,
            self._identity,
            scores,
            tuple(
                _rule_result(info, *found, points, missing, assumed)
                for info, found in zip(self._rules, degrees, strict=True)
            ),
            missing,
            assumed,
            clamped,
            tuple(
                _input_result(info, values.get(info.name), found, stated.get(info.name), situation)
                for info, found in zip(self._inputs, intensities, strict=True)
            ),
            about.doubts,
            about.sources,
            self._groups,
        )

    def _ends(self, name: str, cases: Sequence[Case]) -> Ends:
        """The lowest and highest values that situations can have of an indicator that each gives as a distribution."""
        bounds = self._spec.indicators[name].bounds
        low, high = np.array([support(situation.distributions[name], bounds) for situation, _ in cases]).T
        return low, high

    def _score(self, name: str, block: Block, missing: Collection[str]) -> list[ScoreResult]:
        """One score of every row, given what is missing in all of them."""
        said, score, found = self._spec.scores[name], self._compiled.scores[name], block.scores[name]
        title, bands, provisional_below = said.title or name, said.bands, score.provisional_below - COVERAGE_TOLERANCE
        bounds = np.array([found.low, found.high])
        columns = (found.value, found.reported, found.steps.base, found.coverage, *bounds)
        # Adding zero makes 0.0 of -0.0; which of the two the least of several zeros is, numpy leaves to chance.
        numbers = (np.array([*columns, *reported(bounds, score.decimals)]) + 0.0).T.tolist()
        accounts = _accounts(contributions(self._compiled, block, score), missing)
        return [
            ScoreResult(
                name,
                title,
                _known(value),
                _known(shown),
                band,
                band,
                band,
                not math.isnan(value) and coverage < provisional_below,
                "insufficient data" if math.isnan(value) else "ok",
                _known(base),
                coverage,
                low,
                high,
                low_shown,
                high_shown,
                score.out_of,
                score.decimals,
                score.min_coverage,
                bands,
                score.is_sub,
                () if math.isnan(value) else entries,
                () if math.isnan(value) else self._by_group(entries, score.out_of),
            )
            for (value, shown, base, coverage, low, high, low_shown, high_shown), band, entries in zip(
                numbers,
                (score.bands[code] if code >= 0 else None for code in found.band.tolist()),
                accounts,
                strict=True,
            )
        ]

    def _by_group(self, entries: Sequence[Contribution], out_of: float) -> tuple[GroupPoints, ...]:
        """Sum the entries of an account by group; see `Assessment.by_group`."""
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


def _could_be(score: ScoreResult, touched: tuple[int, int] | None) -> ScoreResult:
    """The score with the bands that it could be in, given the positions of those that its interval touches."""
    if touched is None or score.band is None:
        return score
    names = list(score.bands)
    own = names.index(score.band)
    return replace(score, band_low=names[min(own, touched[0])], band_high=names[max(own, touched[1])])


def _accounts(entries: Sequence[EntryBlock], missing: Collection[str]) -> Iterator[tuple[Contribution, ...]]:
    """The account of every row, without what does not concern it."""
    for points in zip(*(entry.points.tolist() for entry in entries), strict=True):
        yield tuple(
            Contribution(kind, name, number + 0.0)
            for (kind, name, _), number in zip(entries, points, strict=True)
            if number != 0.0 or (kind == "indicator" and name not in missing)
        )


def _rule_info(spec: ModelSpec, compiled: CompiledModel, rule: CompiledRule) -> RuleInfo:
    """Put together what is said of a rule."""
    said = spec.rules[rule.name]
    behind = (compiled.scores[name].leaf_indicators if name in compiled.scores else {name} for name in rule.names)
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
    return RuleInfo(rule, frozenset().union(*behind), idle)


def _rule_degrees(rule: CompiledRule, block: Block, rows: int) -> list[tuple[float, float]]:
    """The least and the highest degree of a rule in every row."""
    # A sentence without names has one degree for all rows.
    low, high = (degree.tolist() if degree.ndim else [degree.item()] * rows for degree in block.rules[rule.name])
    return list(zip(low, high, strict=True))


def _rule_result(
    info: RuleInfo,
    low: float,
    high: float,
    points: Mapping[tuple[str, str], float],
    missing: Collection[str],
    assumed: Collection[str],
) -> RuleResult:
    """A rule in one situation.

    Parameters
    ----------
    info : what is said of the rule.
    low, high : the least and the highest degree to which it holds, in [0, 1].
    points : by score and rule, the points by which the rule moved the score; those that did not need not be there.
    missing, assumed : the indicators without a value, and those with the model's default in place of one.
    """
    if high == 0.0:
        return info.idle
    name = info.rule.name
    return replace(
        info.idle,
        degree=low,
        degree_high=high,
        status="undetermined" if low < high else "fired",
        effects=tuple(EffectResult(*effect, points.get((effect.score, name), 0.0)) for effect in info.rule.effects),
        missing=tuple(sorted(info.behind.intersection(missing))) if low < high else (),
        assumed=tuple(sorted(info.behind.intersection(assumed))),
    )


def _intensities(indicator: CompiledIndicator, block: Block, given: Mapping[str, Floats], rows: int) -> list[float]:
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


def _input_result(
    info: InputInfo, value: float | str | None, intensity: float, stated: Distribution | None, situation: Situation
) -> InputResult:
    """An indicator in one situation.

    Parameters
    ----------
    info : what is said of the indicator.
    value : a number, a label, or None where it is missing.
    intensity : what the scale makes of it, in [0, 1]; NaN where there is no scale.
    stated : the distribution that the situation gives; None where it gives none.
    situation : the situation.
    """
    _, name, title, unit, default, usual, group = info
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
        parameters(stated) if stated is not None else usual if value is None else {},
        changed,
        group,
    )


def _known(number: float) -> float | None:
    """A number; None for NaN."""
    return None if math.isnan(number) else number
