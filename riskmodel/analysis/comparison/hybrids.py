"""Hybrids: models made of parts of two, many of them scored as one block.

A row is a hybrid, and a mask says which of the parts that differ it has from the second model. Every hybrid can be
scored, also where no model file could say what it says: terms that one model lacks are those of the other, and an input
without a weight is missing from its mean. Weights are shares of the weights of what is there, so that a model that is
written in parts of 1 and one in parts of 100 can be mixed.
"""

import graphlib
from collections.abc import Callable, Sequence

import numpy as np

from riskmodel.analysis.comparison.parts import Part, View, Views, rebuilt, scores_behind
from riskmodel.analysis.comparison.result import Kind
from riskmodel.arrays import Mask
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compiled import CompiledIndicator, CompiledModel, CompiledRule, CompiledScore, Input
from riskmodel.kernels.scales import Floats
from riskmodel.kernels.sentences import All, Is, Name, Place

_UNBOUNDED = (-np.inf, np.inf)
_NOWHERE = Place(0, 0)
STRUCTURE: tuple[Kind, ...] = ("sub-scores", "mean", "out of")
"""The parts that the engine takes once for a block."""

_Function = Callable[[Floats], Floats]


def hybrid_values(views: Views, score: str, parts: Sequence[Part], member: Mask) -> Floats:
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


def hybrid_block(views: Views, score: str, parts: Sequence[Part], member: Mask) -> Block:
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

    def __init__(self, views: Views, score: str, parts: Sequence[Part], member: Mask) -> None:
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

    def _of_structure(self, kind: Kind, part_of: str, name: str, score: str) -> View:
        """The model that a structural part of a score is taken from, which is the same in all rows."""
        having = [view for view in self._views if score in view.compiled.scores]
        return having[-1] if self._of(kind, part_of, name)[0] else having[0]

    def _of(self, kind: Kind, score: str, name: str) -> Mask:
        """(rows,) whether a part is from the second model."""
        first: Mask = np.zeros(self._rows, dtype=bool)
        return self._masks.get((kind, score, name), first)

    def add_score(self, name: str) -> None:
        """A score with all its inputs."""
        inputs: list[Input] = []
        weights: list[Floats] = []
        built = self._built(name)
        for part in sorted({part for view in self._views for part in view.shares(name)} | built.keys()):
            share = self._share(name, part)
            if part in built:
                inputs.append(Input(part, 1.0, built[part], is_score=True))
                weights.append(np.abs(share))
                continue
            for lowers, active in ((False, share > 0.0), (True, share < 0.0)):
                if part not in self._names and active.any():
                    inputs.append(Input(self._weighed(name, part, lowers, active), 1.0, lowers, is_score=False))
                    weights.append(np.where(active, np.abs(share), 1.0))
        self._close_score(name, inputs or [Input(self._nothing(), 1.0, False, is_score=False)])
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

    def _close_score(self, name: str, inputs: list[Input]) -> None:
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
                on = Is(Name(switch, _NOWHERE), word, _NOWHERE)
                self._add_version(version, rule._replace(condition=All((rule.condition, on))))

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
