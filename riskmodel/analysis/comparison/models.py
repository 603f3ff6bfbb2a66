"""Comparison of two models for one situation: Shapley values over hybrid models.

A hybrid takes each differing part from the first model or the second. Many hybrids are scored as one block, a row for
each, with a mask of the parts taken from the second model. Every hybrid can be scored, even one that no model file
could express: a term missing from one model is taken from the other, and an input without a weight is missing from its
mean. Weights are shares of the weights of the present inputs, so that models with other sums of weights can be mixed.
"""

import graphlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from riskmodel.analysis.comparison.differences import (
    DifferingPart,
    ModelPair,
    SituatedModel,
    differing_parts,
    rebuilt,
    scores_behind,
)
from riskmodel.analysis.comparison.shapley import allocate
from riskmodel.analysis.comparison.situations import by_size, obstacle_to
from riskmodel.analysis.results.comparison import Account, Entry, Kind
from riskmodel.analysis.situations import OnProgress
from riskmodel.assessment import ScoreResult
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledIndicator, CompiledModel, CompiledRule, CompiledScore, Function, ScoreInput
from riskmodel.kernels.conditions import And, Name, Span, TermTest
from riskmodel.kernels.types import Floats
from riskmodel.plan.steps import Complement, Constant, Input, IsLabel, Select, Step
from riskmodel.tables.arrays import Mask

_UNBOUNDED = (-np.inf, np.inf)
_NOWHERE = Span(0, 0)
_STRUCTURE: tuple[Kind, ...] = ("sub-scores", "mean", "out of")
"""Kinds of parts that are the same for all rows of a block."""
_MAX_RULE_PARTS = 12
"""The most parts on which the condition of a rule may depend for all their hybrids to be evaluated."""


def hybrid_values(pair: ModelPair, score: str, parts: Sequence[DifferingPart], member: Mask) -> Floats:
    """Compute the score of every hybrid, regardless of coverage.

    Parameters
    ----------
    pair : the two models.
    score : the score.
    parts : the parts that differ; all others are taken from the first model.
    member : (n, parts) True for the parts of each hybrid that are from the second model.

    Returns
    -------
    (n,) values; NaN if no weighted input has a value.
    """
    structure = [index for index, part in enumerate(parts) if part.kind in _STRUCTURE]
    codes = member[:, structure] @ (1 << np.arange(len(structure)))
    values = np.empty(len(member))
    for code in np.unique(codes):
        rows = codes == code
        values[rows] = hybrid_block(pair, score, parts, member[rows]).scores[score].steps.value
    return values


def hybrid_block(pair: ModelPair, score: str, parts: Sequence[DifferingPart], member: Mask) -> Block:
    """Score hybrids with the same hierarchy, means and tops; a rule that differs has two `versions`."""
    builder = _HybridBuilder(pair, score, parts, member)
    for name in builder.order():
        builder.add_score(name)
    for name in sorted({name for side in pair for name in side.rules_on(score)}):
        builder.add_rule(name)
    model = CompiledModel(builder.indicators, builder.scores, builder.rules)
    return score_block(model, builder.columns, len(member), builder.weights)


def versions(rule: str) -> tuple[str, str]:
    """Return the names of the two versions of a rule."""
    return f"{rule} first", f"{rule} second"


class _HybridBuilder:
    """Builds a block of hybrids: a compiled model, its columns and its weights by row."""

    def __init__(self, pair: ModelPair, score: str, parts: Sequence[DifferingPart], member: Mask) -> None:
        self._pair, self._score, self._rows = pair, score, len(member)
        self._masks: dict[tuple[Kind, str, str], Mask] = {
            (part.kind, part.score, part.name): mask for part, mask in zip(parts, member.T, strict=True)
        }
        self._names = scores_behind(pair, score)
        self.indicators: dict[str, CompiledIndicator] = {}
        self.scores: dict[str, CompiledScore] = {}
        self.rules: dict[str, CompiledRule] = {}
        self.columns: dict[str, Floats] = {}
        self.weights: dict[str, list[Floats]] = {}

    def order(self) -> list[str]:
        """List the scores, sub-scores first."""
        return list(graphlib.TopologicalSorter({name: self._sub_scores(name) for name in self._names}).static_order())

    def _sub_scores(self, score: str) -> dict[str, bool]:
        return self._structure_of("sub-scores", "", "", score).sub_scores(score)

    def _structure_of(self, kind: Kind, part_of: str, name: str, score: str) -> SituatedModel:
        """Return the model from which all rows take a structural part of a score."""
        owners = [side for side in self._pair if score in side.compiled.scores]
        return owners[-1] if self._mask(kind, part_of, name)[0] else owners[0]

    def _mask(self, kind: Kind, score: str, name: str) -> Mask:
        """Return (rows,) True where a part is from the second model."""
        first: Mask = np.zeros(self._rows, dtype=bool)
        return self._masks.get((kind, score, name), first)

    def add_score(self, name: str) -> None:
        """Add a score with all its inputs."""
        inputs: list[ScoreInput] = []
        weights: list[Floats] = []
        sub_scores = self._sub_scores(name)
        for part in sorted({part for side in self._pair for part in side.shares(name)} | sub_scores.keys()):
            share = self._share(name, part)
            if part in sub_scores:
                inputs.append(ScoreInput(part, 1.0, sub_scores[part], is_score=True))
                weights.append(np.abs(share))
                continue
            for lowers, active in ((False, share > 0.0), (True, share < 0.0)):
                if part not in self._names and active.any():
                    inputs.append(ScoreInput(self._weighed(name, part, lowers, active), 1.0, lowers, is_score=False))
                    weights.append(np.where(active, np.abs(share), 1.0))
        self._close_score(name, inputs or [ScoreInput(self._nothing(), 1.0, False, is_score=False)])
        self.weights[name] = weights or [np.ones(self._rows)]

    def _share(self, score: str, part: str) -> Floats:
        """Return (rows,) signed shares of an input; 0 without a weight, but never 0 for a sub-score."""
        owners = [side for side in self._pair if score in side.compiled.scores]
        if rebuilt(self._pair, [score]):
            owners = [self._structure_of("sub-scores", "", "", score)]
        first, second = (side.shares(score).get(part, 0.0) for side in (owners[0], owners[-1]))
        if part in self._names and not (first and second):
            first = second = first or second or 1.0
        return np.where(self._mask("weight", score, part), second, first)

    def _close_score(self, name: str, inputs: list[ScoreInput]) -> None:
        mean = self._structure_of("mean", name, name, name).compiled.scores[name]
        out_of = self._structure_of("out of", name, name, name).compiled.scores[name].out_of
        self.scores[name] = mean._replace(
            inputs=tuple(inputs), out_of=out_of, min_coverage=0.0, bands=(), band_starts=()
        )

    def _nothing(self) -> str:
        """Add an input that is always missing, for a mean without weights."""
        name = "no input"
        self.indicators[name] = CompiledIndicator(name, lambda raw: raw, _UNBOUNDED, {}, (), None, None)
        return name

    def _weighed(self, score: str, indicator: str, lowers: bool, active: Mask) -> str:
        """Add an indicator as an input of one score, missing where it has no weight."""
        name = f"{indicator} {'lowers' if lowers else 'raises'} {score}"
        self.indicators[name] = self._indicator(indicator)._replace(name=name)
        self.columns[name] = np.where(active, self.columns[indicator], np.nan)
        return name

    def _indicator(self, name: str) -> CompiledIndicator:
        """Return an indicator of all rows, adding it and its column if necessary."""
        if name not in self.indicators:
            owners = [side for side in self._pair if name in side.compiled.indicators]
            old, new = (side.compiled.indicators[name] for side in (owners[0], owners[-1]))
            values = [side.filled.get(name, np.nan) for side in (owners[0], owners[-1])]
            scale = self._mask("scale", "", name)
            switch = self._switch("scale", name, scale)
            intensity = _select(switch, new.intensity or _unscaled, old.intensity or _unscaled)
            self.columns[name] = np.where(scale, values[1], values[0])
            self.indicators[name] = CompiledIndicator(
                name, intensity, _UNBOUNDED, self._words(old, new), (), None, None
            )
        return self.indicators[name]

    def _switch(self, kind: Kind, name: str, mask: Mask) -> Step:
        """Return the step that is 1 in the rows that take a part of an indicator from the second model."""
        if not mask.any():
            return Constant(0.0)
        column = f"{kind} of {name}"
        self.columns[column] = mask.astype(float)
        return Input(column, may_be_missing=False)

    def _words(self, old: CompiledIndicator, new: CompiledIndicator) -> dict[str, Function]:
        """Return the terms of an indicator; a term that only one model has is the same in every row."""
        if old.labels is not None or new.labels is not None:
            scale = self._switch("scale", old.name, self._mask("scale", "", old.name))
            words = {**old.terms, **new.terms}
            return {
                word: _select(scale, new.terms.get(word, _never_true), old.terms.get(word, _never_true))
                for word in words
            }
        terms = self._switch("terms", old.name, self._mask("terms", "", old.name))
        first, second = {**new.terms, **old.terms}, {**old.terms, **new.terms}
        return {word: _select(terms, second[word], first[word]) for word in first}

    def add_rule(self, name: str) -> None:
        """Add a rule; if it differs, both versions, each of which applies to its own rows only."""
        before, after = (side.rules_on(self._score).get(name) for side in self._pair)
        if ("rule", self._score, name) not in self._masks:
            if rule := before or after:
                self._add_version(name, rule)
            return
        switch = f"rule {name}"
        words: dict[str, Function] = {"first": Complement, "second": lambda raw: raw}
        self.indicators[switch] = CompiledIndicator(switch, None, _UNBOUNDED, words, (), None, None)
        self.columns[switch] = self._mask("rule", self._score, name).astype(float)
        for version, word, rule in zip(versions(name), words, (before, after), strict=True):
            if rule is not None:
                on = TermTest(Name(switch, _NOWHERE), word, _NOWHERE)
                self._add_version(version, rule._replace(condition=And((rule.condition, on))))

    def _add_version(self, name: str, rule: CompiledRule) -> None:
        for named in rule.names - self.scores.keys():
            self._indicator(named)
        effects = tuple(effect for effect in rule.effects if effect.score == self._score)
        self.rules[name] = rule._replace(name=name, effects=effects)


def _select(switch: Step, second: Function, first: Function) -> Function:
    """Combine two functions by rows."""
    return lambda raw: Select(switch, second(raw), first(raw))


def _unscaled(raw: Step) -> Step:
    return Constant(np.nan)


def _never_true(raw: Step) -> Step:
    """Degree of a label that a scale does not have."""
    return IsLabel(raw, -1)


def model_account(pair: ModelPair, before: ScoreResult, after: ScoreResult, on_progress: OnProgress | None) -> Account:
    """Account for the difference of one score."""
    score, decimals = before.name, max(before.decimals, after.decimals)
    parts = _relevant_parts(pair, score)
    obstacle = obstacle_to(before, after, _can_be_empty(pair, score, parts))
    if obstacle or not parts:
        return Account.of(before, after, decimals, (), obstacle)

    def value_function(member: Mask) -> Floats:
        return hybrid_values(pair, score, parts, member)[:, None]

    allocation = allocate(value_function, len(parts), on_progress)
    errors = [None] * len(parts) if allocation.errors is None else [float(error[0]) for error in allocation.errors]
    entries = [
        Entry(
            part.kind,
            part.name,
            part.score or None,
            _part_title(pair, part, score),
            part.before,
            part.after,
            None,
            float(share[0]),
            error,
        )
        for part, share, error in zip(parts, allocation.shares, errors, strict=True)
    ]
    return Account.of(before, after, decimals, by_size(entries), None)


def _relevant_parts(pair: ModelPair, score: str) -> list[DifferingPart]:
    """Return the parts that differ, without rules that are true in no hybrid."""
    parts = differing_parts(pair, score)
    others = [part for part in parts if part.kind != "rule"]
    return [part for part in parts if part.kind != "rule" or _can_hold(pair, score, part, others)]


def _can_hold(pair: ModelPair, score: str, rule: DifferingPart, others: list[DifferingPart]) -> bool:
    """Return True if a rule has a degree above 0 in any hybrid, or if there are too many hybrids to evaluate."""
    rules = [side.rules_on(score).get(rule.name) for side in pair]
    names = {name for version in rules if version for name in version.names}
    reads_scores = any(name in side.compiled.scores for name in names for side in pair)
    needed = [part for part in others if reads_scores or (part.kind in ("scale", "terms") and part.name in names)]
    if len(needed) > _MAX_RULE_PARTS or any(part.kind in _STRUCTURE for part in needed):
        return True
    sets = np.arange(2 << len(needed))
    member = (sets[:, None] >> np.arange(len(needed) + 1)) & 1 == 1
    degrees = hybrid_block(pair, score, [*needed, rule], member).rules
    return any(np.any(degrees[version][0] > 0.0) for version in versions(rule.name) if version in degrees)


def _can_be_empty(pair: ModelPair, score: str, parts: list[DifferingPart]) -> bool:
    """Return True if any hybrid has no weighted input with a value.

    A mean over more inputs is never emptier, so it suffices to evaluate the hybrids that take each input from the model
    that lacks it.
    """
    after = pair[1]
    sparsest = [
        (part.kind == "weight" and part.name not in after.shares(part.score))
        or (part.kind == "scale" and part.name not in after.filled)
        for part in parts
    ]
    hierarchies = [
        [second if part.kind == "sub-scores" else lacking for part, lacking in zip(parts, sparsest, strict=True)]
        for second in (False, True)
    ]
    return bool(np.isnan(hybrid_values(pair, score, parts, np.array(hierarchies, dtype=bool))).any())


def _part_title(pair: ModelPair, part: DifferingPart, score: str) -> str:
    """Return the title of a part in the account of a score."""
    match part.kind:
        case "rule":
            return f"Rule: {_title_of(pair, 'rules', part.name)}"
        case "weight":
            is_score = any(part.name in side.spec.scores for side in pair)
            weighed = _title_of(pair, "scores" if is_score else "indicators", part.name)
            inside = "" if part.score == score else f" in {_title_of(pair, 'scores', part.score)}"
            return f"Weight of {weighed}{inside}"
        case "mean":
            return f"Mean of {_title_of(pair, 'scores', part.name)}"
        case "out of":
            return f"Top of {_title_of(pair, 'scores', part.name)}"
        case "sub-scores":
            return "Which scores are sub_scores from which"
    return f"{part.kind.capitalize()} of {_title_of(pair, 'indicators', part.name)}"


def _title_of(pair: ModelPair, section: Literal["indicators", "scores", "rules"], name: str) -> str:
    """Return the title in the second model, else in the first, else the name."""
    parts = [getattr(side.spec, section).get(name) for side in reversed(pair)]
    return next((part.title for part in parts if part is not None and part.title), name)
