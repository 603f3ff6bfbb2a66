"""Assess situations: score them as one block and attach titles, units and citations."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledIndicator, CompiledModel, CompiledRule, CompiledScore, Ends
from riskmodel.engine.contributions import contribution_names
from riskmodel.engine.imputation import Imputation
from riskmodel.engine.leaves import Leaf, leaves_by_score, possible_points, rule_indicators, score_indicators
from riskmodel.engine.plan import COVERAGE_TOLERANCE, EntryKind
from riskmodel.kernels.types import Better
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.base import Strict
from riskmodel.schema.distributions import parameters, support
from riskmodel.schema.model import ModelSpec

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
    lines: Sequence[tuple[int, int]]
    """By effect, the position of its score, and of its contribution to the score."""


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
    phrases: tuple[str, str] | None
    """Names of low and of high values."""
    guide: tuple[tuple[float | str, str], ...]


class ScoreInfo(NamedTuple):
    """The content of a score that is the same in every assessment."""

    score: CompiledScore
    bands: Mapping[str, float]
    better: Better | None
    lines: Sequence[tuple[EntryKind, str, int, bool | None]]
    """Kind and name of each contribution, the position of its part, and whether the score falls as it rises."""
    parts: Sequence[tuple[PartKind, str, str]]
    """Kind, name and title of each part by which accounts are summed; empty for a model without groups."""
    indicators: Sequence[str]
    """Those that it is built from, the one with most weight first, then those that only its rules depend on."""


class ScoreRows(NamedTuple):
    """One score of a block, row by row."""

    info: ScoreInfo
    numbers: Sequence[Sequence[float]]
    """Value, reported value, base, coverage, bounds and reported bounds."""
    bands: Sequence[int]
    points: Sequence[Sequence[float]]
    """By contribution; 0 in rows without a value."""
    unknown: tuple[str, ...]
    """The missing and assumed indicators, the same in all rows."""
    possible: Mapping[str, float]
    """The most points of each indicator, the same in all rows; empty where there is no such number."""


class RuleRows(NamedTuple):
    """One rule of a block, row by row."""

    info: RuleInfo
    low: Sequence[float]
    high: Sequence[float]


class Assessor:
    """Assesses situations with one model; what is the same in every assessment is prepared once.

    Parameters
    ----------
    spec, compiled, identity : the model.
    """

    def __init__(self, spec: ModelSpec, compiled: CompiledModel, identity: ModelIdentity) -> None:
        self._spec, self._compiled, self._identity = spec, compiled, identity
        self._groups = {name: group.title for name, group in spec.groups.items()}
        names = sorted(spec.scores, key=lambda name: name in spec.sub_scores)
        leaves = leaves_by_score(spec, compiled)
        self._scores = [_score_info(spec, compiled, compiled.scores[name], leaves[name]) for name in names]
        self._rules = [_rule_info(spec, compiled, compiled.rules[name], self._scores) for name in spec.rules]
        self._inputs = [
            InputInfo(
                compiled.indicators[name],
                name,
                compiled.indicators[name].title,
                indicator.unit,
                indicator.assumed,
                parameters(indicator.default) if isinstance(indicator.default, Strict) else {},
                indicator.group,
                (indicator.phrases.low, indicator.phrases.high) if indicator.phrases else None,
                indicator.anchors,
            )
            for name, indicator in spec.indicators.items()
        ]
        self._imputation = Imputation(spec, compiled)

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
        scores = [_score_rows(info, block, absent, missing) for info in self._scores]
        rules = [_rule_rows(info, block) for info in self._rules]
        intensities = [_intensities(info.indicator, block, len(rows)) for info in self._inputs]
        clamped = {
            name: beyond.tolist()
            for name, column in columns.items()
            if (beyond := self._compiled.indicators[name].is_beyond(column)).any()
        }
        for index, (case, row) in enumerate(zip(cases, rows, strict=True)):
            situation, values = case
            spec = situation.spec
            bands = self._imputation.bands(row, situation.distributions)
            yield Assessment(
                spec.id,
                spec.title,
                spec.date,
                spec.description,
                self._identity,
                {of.info.score.name: _score_result(of, index, bands.get(of.info.score.name), missing) for of in scores},
                tuple(
                    [
                        of.info.not_fired
                        if of.high[index] == 0.0
                        else _rule_result(of, index, scores, missing, assumed)
                        for of in rules
                    ]
                ),
                missing,
                assumed,
                tuple(name for name in self._spec.indicators if name in clamped and clamped[name][index])
                if clamped
                else (),
                tuple(
                    [
                        _input_result(info, values.get(info.name), by_row[index], situation)
                        for info, by_row in zip(self._inputs, intensities, strict=True)
                    ]
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


def _score_info(
    spec: ModelSpec, compiled: CompiledModel, score: CompiledScore, leaves: Mapping[str, Leaf]
) -> ScoreInfo:
    parts: list[tuple[PartKind, str, str]] = []
    if spec.groups:
        parts = [("group", name, group.title) for name, group in spec.groups.items()]
        parts += [
            ("ungrouped", "ungrouped", "Other indicators"),
            ("rules", "rules", "Rules"),
            ("clip", "clip", clip_title(score.out_of)),
        ]
    positions = {part[:2]: position for position, part in enumerate(parts)}
    groups = {name: indicator.group for name, indicator in spec.indicators.items()}
    names, lines = contribution_names(compiled, score), []
    for position, name in enumerate(names):
        is_input = position < len(score.leaf_indicators)
        kind: EntryKind = "indicator" if is_input else "rule" if position < len(names) - 1 else "clip"
        part = positions[part_of(kind, name, groups)] if parts else 0
        falls = leaves[name].falls if is_input else frozenset()
        lines.append((kind, name, part, next(iter(falls)) if len(falls) == 1 else None))
    content = spec.scores[score.name]
    return ScoreInfo(
        score, content.bands, content.better, lines, parts, score_indicators(spec, compiled, score, leaves)
    )


def _score_rows(info: ScoreInfo, block: Block, absent: Collection[str], missing: Collection[str]) -> ScoreRows:
    score, scored = info.score, block.scores[info.score.name]
    bounds = np.array([scored.low, scored.high])
    columns = (scored.value, scored.reported, scored.steps.base, scored.coverage, *bounds)
    # Adding 0.0 turns -0.0 into 0.0; a minimum of several zeros may be either.
    numbers = (np.array([*columns, *reported(bounds, score.decimals)]) + 0.0).T.tolist()
    points = np.array([entry.points for entry in scored.account]) + 0.0
    points[:, np.isnan(scored.value)] = 0.0
    unknown = tuple([name for name in info.indicators if name in absent])
    return ScoreRows(info, numbers, scored.band.tolist(), points.T.tolist(), unknown, possible_points(score, missing))


def _score_result(of: ScoreRows, row: int, interval: tuple[int, int] | None, missing: Collection[str]) -> ScoreResult:
    """Build a score of one row; `interval` has the positions of the bands at the ends of its 90 % interval."""
    score, code = of.info.score, of.bands[row]
    value, rounded, base, coverage, low, high, rounded_low, rounded_high = of.numbers[row]
    is_known = not math.isnan(value)
    lowest, highest = (code, code) if interval is None else (min(code, interval[0]), max(code, interval[1]))
    account, by_group = _account(of, of.points[row], missing) if is_known else ((), ())
    return ScoreResult(
        score.name,
        score.title,
        value if is_known else None,
        rounded if is_known else None,
        score.bands[code] if code >= 0 else None,
        score.bands[lowest] if code >= 0 else None,
        score.bands[highest] if code >= 0 else None,
        is_known and coverage < score.provisional_below - COVERAGE_TOLERANCE,
        "ok" if is_known else "insufficient data",
        None if math.isnan(base) else base,
        coverage,
        low,
        high,
        rounded_low,
        rounded_high,
        score.out_of,
        score.decimals,
        score.min_coverage,
        of.info.bands,
        of.info.better,
        score.is_sub,
        of.unknown,
        account,
        by_group,
    )


def _account(
    of: ScoreRows, points: Sequence[float], missing: Collection[str]
) -> tuple[tuple[Contribution, ...], tuple[GroupPoints, ...]]:
    """Return the account of a score, and its sums by group; see `Assessment.by_group`.

    The account has the contributions other than 0, and all indicators that are not missing.
    """
    account, info = [], of.info
    by_part: list[list[float]] = [[] for _ in info.parts]
    for (kind, name, part, inverted), number in zip(info.lines, points, strict=True):
        if number != 0.0 or (kind == "indicator" and name not in missing):
            account.append(Contribution(kind, name, number, of.possible.get(name), inverted))
            if by_part:
                by_part[part].append(number)
    by_group = [
        GroupPoints(*part, math.fsum(numbers))
        for part, numbers in zip(info.parts, by_part, strict=True)
        if numbers or part[0] in ("group", "rules")
    ]
    return tuple(account), tuple(by_group) if account else ()


def _rule_info(spec: ModelSpec, compiled: CompiledModel, rule: CompiledRule, scores: Sequence[ScoreInfo]) -> RuleInfo:
    content = spec.rules[rule.name]
    not_fired = RuleResult(
        rule.name,
        rule.title,
        content.because,
        content.when,
        rule.citations,
        0.0,
        0.0,
        "not fired",
        tuple(EffectResult(*effect, 0.0) for effect in rule.effects),
        (),
        (),
    )
    positions = {
        (info.score.name, name): (position, line)
        for position, info in enumerate(scores)
        for line, (kind, name, _, _) in enumerate(info.lines)
        if kind == "rule"
    }
    lines = [positions[effect.score, rule.name] for effect in rule.effects]
    return RuleInfo(rule, rule_indicators(compiled, rule), not_fired, lines)


def _rule_rows(info: RuleInfo, block: Block) -> RuleRows:
    low, high = block.rules[info.rule.name]
    return RuleRows(info, low.tolist(), high.tolist())


def _rule_result(
    of: RuleRows, row: int, scores: Sequence[ScoreRows], missing: Collection[str], assumed: Collection[str]
) -> RuleResult:
    """Build a rule of one row in which it may hold.

    Parameters
    ----------
    scores : the scores of the block.
    missing, assumed : the indicators without a value, and with the model's default.
    """
    rule, low, high = of.info.not_fired, of.low[row], of.high[row]
    return RuleResult(
        rule.name,
        rule.title,
        rule.because,
        rule.when,
        rule.citations,
        low,
        high,
        "undetermined" if low < high else "fired",
        tuple(
            [
                EffectResult(effect.score, effect.kind, effect.amount, scores[score].points[row][line])
                for effect, (score, line) in zip(rule.effects, of.info.lines, strict=True)
            ]
        ),
        tuple(sorted(of.info.indicators.intersection(missing))) if low < high else (),
        tuple(sorted(of.info.indicators.intersection(assumed))) if assumed else (),
    )


def _intensities(indicator: CompiledIndicator, block: Block, rows: int) -> list[float | None]:
    """Return the intensities of the values, or of the default; None without a scale or a value."""
    if indicator.intensity is None:
        return [None] * rows
    return [None if math.isnan(number) else number for number in block.intensities[indicator.name].tolist()]


def _input_result(
    info: InputInfo, value: float | str | None, intensity: float | None, situation: Situation
) -> InputResult:
    _, name, title, unit, default, default_parameters, group, phrases, guide = info
    distributions = situation.distributions
    changed = name in situation.changes
    return InputResult(
        name,
        title,
        unit,
        value,
        default if value is None else value,
        intensity,
        None if changed else situation.spec.notes.get(name),
        parameters(distributions[name]) if name in distributions else default_parameters if value is None else {},
        changed,
        group,
        phrases,
        guide,
    )
