"""Hybrids: models made of parts of two, many of them scored as one block.

A row is a hybrid, and a mask says which of the parts that differ it has from the second model. Every hybrid can be
scored, also where no model file could say what it says: terms that one model lacks are those of the other, and an input
without a weight is missing from its mean. Weights are shares of the weights of what is there, so that a model that is
written in parts of 1 and one in parts of 100 can be mixed.
"""

import graphlib
from collections.abc import Callable, Sequence
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
from riskmodel.engine.compile import CompiledIndicator, CompiledModel, CompiledRule, CompiledScore, ScoreInput
from riskmodel.kernels.conditions import And, Name, Span, TermTest
from riskmodel.kernels.scales import Floats
from riskmodel.tables.arrays import Mask

_UNBOUNDED = (-np.inf, np.inf)
_NOWHERE = Span(0, 0)
STRUCTURE: tuple[Kind, ...] = ("sub-scores", "mean", "out of")
"""The parts that the engine takes once for a block."""

_Function = Callable[[Floats], Floats]


def hybrid_values(views: ModelPair, score: str, parts: Sequence[DifferingPart], member: Mask) -> Floats:
    """The score of every hybrid, whatever its coverage.

    Parameters
    ----------
    views : the two models.
    score : which score.
    parts : the parts that differ; what else differs is taken from the first model.
    member : (n, parts) whether each hybrid has each part from the second model.

    Returns
    -------
    (n,) values; NaN where nothing that has a weight has a value.
    """
    structure = [place for place, part in enumerate(parts) if part.kind in STRUCTURE]
    codes = member[:, structure] @ (1 << np.arange(len(structure)))
    values = np.empty(len(member))
    for code in np.unique(codes):
        rows = codes == code
        values[rows] = hybrid_block(views, score, parts, member[rows]).scores[score].steps.value
    return values


def hybrid_block(views: ModelPair, score: str, parts: Sequence[DifferingPart], member: Mask) -> Block:
    """Hybrids scored, all of which build scores from the same scores, by the same means and with the same tops.

    A rule that differs is there in its `versions`.
    """
    made = _Made(views, score, parts, member)
    for name in made.order():
        made.add_score(name)
    for name in sorted({name for view in views for name in view.rules_on(score)}):
        made.add_rule(name)
    model = CompiledModel(made.indicators, made.scores, made.rules)
    return score_block(model, made.columns, len(member), made.weights)


def versions(rule: str) -> tuple[str, str]:
    """What the two versions of a rule are called."""
    return f"{rule} first", f"{rule} second"


class _Made:
    """A block of hybrids in the making."""

    def __init__(self, views: ModelPair, score: str, parts: Sequence[DifferingPart], member: Mask) -> None:
        self._views, self._score, self._rows = views, score, len(member)
        self._masks: dict[tuple[Kind, str, str], Mask] = {
            (part.kind, part.score, part.name): mask for part, mask in zip(parts, member.T, strict=True)
        }
        self._names = scores_behind(views, score)
        self.indicators: dict[str, CompiledIndicator] = {}
        self.scores: dict[str, CompiledScore] = {}
        self.rules: dict[str, CompiledRule] = {}
        self.columns: dict[str, Floats] = {}
        self.weights: dict[str, list[Floats]] = {}

    def order(self) -> list[str]:
        """The scores, each after those that it is built from."""
        return list(graphlib.TopologicalSorter({name: self._built(name) for name in self._names}).static_order())

    def _built(self, score: str) -> dict[str, bool]:
        """The scores that a score is built from, and whether they lower it."""
        return self._of_structure("sub-scores", "", "", score).sub_scores(score)

    def _of_structure(self, kind: Kind, part_of: str, name: str, score: str) -> SituatedModel:
        """The model that a structural part of a score is taken from, which is the same in all rows."""
        having = [view for view in self._views if score in view.compiled.scores]
        return having[-1] if self._of(kind, part_of, name)[0] else having[0]

    def _of(self, kind: Kind, score: str, name: str) -> Mask:
        """(rows,) whether a part is from the second model."""
        first: Mask = np.zeros(self._rows, dtype=bool)
        return self._masks.get((kind, score, name), first)

    def add_score(self, name: str) -> None:
        """A score with all its inputs."""
        inputs: list[ScoreInput] = []
        weights: list[Floats] = []
        built = self._built(name)
        for part in sorted({part for view in self._views for part in view.shares(name)} | built.keys()):
            share = self._share(name, part)
            if part in built:
                inputs.append(ScoreInput(part, 1.0, built[part], is_score=True))
                weights.append(np.abs(share))
                continue
            for lowers, active in ((False, share > 0.0), (True, share < 0.0)):
                if part not in self._names and active.any():
                    inputs.append(ScoreInput(self._weighed(name, part, lowers, active), 1.0, lowers, is_score=False))
                    weights.append(np.where(active, np.abs(share), 1.0))
        self._close_score(name, inputs or [ScoreInput(self._nothing(), 1.0, False, is_score=False)])
        self.weights[name] = weights or [np.ones(self._rows)]

    def _share(self, score: str, part: str) -> Floats:
        """(rows,) signed shares of an input; 0 where it has no weight, but never for a score that is built in."""
        having = [view for view in self._views if score in view.compiled.scores]
        if rebuilt(self._views, [score]):
            having = [self._of_structure("sub-scores", "", "", score)]
        first, second = (view.shares(score).get(part, 0.0) for view in (having[0], having[-1]))
        if part in self._names and not (first and second):
            first = second = first or second or 1.0
        return np.where(self._of("weight", score, part), second, first)

    def _close_score(self, name: str, inputs: list[ScoreInput]) -> None:
        mean = self._of_structure("mean", name, name, name).compiled.scores[name]
        out_of = self._of_structure("out of", name, name, name).compiled.scores[name].out_of
        self.scores[name] = mean._replace(
            inputs=tuple(inputs), out_of=out_of, min_coverage=0.0, bands=(), band_starts=()
        )

    def _nothing(self) -> str:
        """An input that is always missing, for a mean that nothing has a weight in."""
        name = "no input"
        self.indicators[name] = CompiledIndicator(name, lambda raw: raw, _UNBOUNDED, {}, (), None, None)
        return name

    def _weighed(self, score: str, indicator: str, lowers: bool, active: Mask) -> str:
        """An indicator as an input of its own, which is missing where it has no weight."""
        name = f"{indicator} {'lowers' if lowers else 'raises'} {score}"
        found = self._indicator(indicator)
        self.indicators[name] = found._replace(name=name)
        self.columns[name] = np.where(active, self.columns[indicator], np.nan)
        return name

    def _indicator(self, name: str) -> CompiledIndicator:
        """An indicator as every row has it, which comes with its column."""
        if name not in self.indicators:
            having = [view for view in self._views if name in view.compiled.indicators]
            old, new = (view.compiled.indicators[name] for view in (having[0], having[-1]))
            values = [view.filled.get(name, np.nan) for view in (having[0], having[-1])]
            scale = self._of("scale", "", name)
            intensity = _picked(scale, new.intensity or _unscaled, old.intensity or _unscaled)
            self.columns[name] = np.where(scale, values[1], values[0])
            self.indicators[name] = CompiledIndicator(
                name, intensity, _UNBOUNDED, self._words(old, new), (), None, None
            )
        return self.indicators[name]

    def _words(self, old: CompiledIndicator, new: CompiledIndicator) -> dict[str, _Function]:
        """The terms of an indicator; one that only one model has is there in every row."""
        if old.labels is not None or new.labels is not None:
            scale = self._of("scale", "", old.name)
            words = {**old.terms, **new.terms}
            return {word: _picked(scale, new.terms.get(word, _never), old.terms.get(word, _never)) for word in words}
        terms = self._of("terms", "", old.name)
        olds, news = {**new.terms, **old.terms}, {**old.terms, **new.terms}
        return {word: _picked(terms, news[word], olds[word]) for word in olds}

    def add_rule(self, name: str) -> None:
        """A rule; where it differs both versions, each of which holds in the rows that have it only."""
        before, after = (view.rules_on(self._score).get(name) for view in self._views)
        if ("rule", self._score, name) not in self._masks:
            if rule := before or after:
                self._add_version(name, rule)
            return
        switch = f"rule {name}"
        words: dict[str, _Function] = {"first": lambda raw: 1.0 - raw, "second": lambda raw: raw}
        self.indicators[switch] = CompiledIndicator(switch, None, _UNBOUNDED, words, (), None, None)
        self.columns[switch] = self._of("rule", self._score, name).astype(float)
        for version, word, rule in zip(versions(name), words, (before, after), strict=True):
            if rule is not None:
                on = TermTest(Name(switch, _NOWHERE), word, _NOWHERE)
                self._add_version(version, rule._replace(condition=And((rule.condition, on))))

    def _add_version(self, name: str, rule: CompiledRule) -> None:
        for named in rule.names - self.scores.keys():
            self._indicator(named)
        effects = tuple(effect for effect in rule.effects if effect.score == self._score)
        self.rules[name] = rule._replace(name=name, effects=effects)


def _picked(mask: Mask, second: _Function, first: _Function) -> _Function:
    """A function that is another where the mask says so; neither sees the values that are meant for the other."""
    if not mask.any():
        return first
    return lambda raw: np.where(mask, second(np.where(mask, raw, np.nan)), first(np.where(mask, np.nan, raw)))


def _unscaled(raw: Floats) -> Floats:
    return np.full(raw.shape, np.nan)


def _never(raw: Floats) -> Floats:
    """The degree of a label that a scale does not have."""
    return np.where(np.isnan(raw), np.nan, 0.0)


_MAX_TRIED = 12
"""Whether a rule can hold at all is found out where it depends on so many parts at most."""


def model_account(views: ModelPair, before: ScoreResult, after: ScoreResult, on_progress: OnProgress | None) -> Account:
    """The account of one score."""
    score, decimals = before.name, max(before.decimals, after.decimals)
    parts = _that_can_matter(views, score)
    obstacle = obstacle_to(before, after, _can_be_empty(views, score, parts))
    if obstacle or not parts:
        return Account(before, after, decimals, (), obstacle)

    def worth(member: Mask) -> Floats:
        return hybrid_values(views, score, parts, member)[:, None]

    allocation = allocate(worth, len(parts), on_progress)
    errors = [None] * len(parts) if allocation.errors is None else [float(error[0]) for error in allocation.errors]
    entries = [
        Entry(
            part.kind,
            part.name,
            part.score or None,
            _title(views, part, score),
            part.before,
            part.after,
            None,
            float(share[0]),
            error,
        )
        for part, share, error in zip(parts, allocation.shares, errors, strict=True)
    ]
    return Account(before, after, decimals, by_size(entries), None)


def _that_can_matter(views: ModelPair, score: str) -> list[DifferingPart]:
    """The parts that differ, without the rules that hold in no hybrid."""
    parts = differing_parts(views, score)
    others = [part for part in parts if part.kind != "rule"]
    return [part for part in parts if part.kind != "rule" or _can_hold(views, score, part, others)]


def _can_hold(views: ModelPair, score: str, rule: DifferingPart, others: list[DifferingPart]) -> bool:
    """Whether a rule holds to any degree in any hybrid; True where that cannot be tried out."""
    found = [view.rules_on(score).get(rule.name) for view in views]
    names = {name for version in found if version for name in version.names}
    reads_scores = any(name in view.compiled.scores for name in names for view in views)
    needed = [part for part in others if reads_scores or (part.kind in ("scale", "terms") and part.name in names)]
    if len(needed) > _MAX_TRIED or any(part.kind in STRUCTURE for part in needed):
        return True
    sets = np.arange(2 << len(needed))
    member = (sets[:, None] >> np.arange(len(needed) + 1)) & 1 == 1
    degrees = hybrid_block(views, score, [*needed, rule], member).rules
    return any(np.any(degrees[version][0] > 0.0) for version in versions(rule.name) if version in degrees)


def _can_be_empty(views: ModelPair, score: str, parts: list[DifferingPart]) -> bool:
    """Whether there is a hybrid without any value that has a weight.

    Inputs only ever add to what a mean is taken of, so it is enough to look at the hybrids that have each of them from
    the model that lacks it.
    """
    after = views[1]
    poorest = [
        (part.kind == "weight" and part.name not in after.shares(part.score))
        or (part.kind == "scale" and part.name not in after.filled)
        for part in parts
    ]
    hierarchies = [
        [second if part.kind == "sub-scores" else poor for part, poor in zip(parts, poorest, strict=True)]
        for second in (False, True)
    ]
    return bool(np.isnan(hybrid_values(views, score, parts, np.array(hierarchies, dtype=bool))).any())


def _title(views: ModelPair, part: DifferingPart, score: str) -> str:
    """What a part is called in the account of a score."""
    match part.kind:
        case "rule":
            return f"Rule: {_named(views, 'rules', part.name)}"
        case "weight":
            is_score = any(part.name in view.spec.scores for view in views)
            weighed = _named(views, "scores" if is_score else "indicators", part.name)
            inside = "" if part.score == score else f" in {_named(views, 'scores', part.score)}"
            return f"Weight of {weighed}{inside}"
        case "mean":
            return f"Mean of {_named(views, 'scores', part.name)}"
        case "out of":
            return f"Top of {_named(views, 'scores', part.name)}"
        case "sub-scores":
            return "Which scores are built from which"
    return f"{part.kind.capitalize()} of {_named(views, 'indicators', part.name)}"


def _named(views: ModelPair, section: Literal["indicators", "scores", "rules"], name: str) -> str:
    """What the models call something, the second one's word first."""
    found = [getattr(view.spec, section).get(name) for view in reversed(views)]
    return next((each.title for each in found if each is not None and each.title), name)
