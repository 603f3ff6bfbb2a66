"""The parts in which two models differ, as far as they matter to one score of one situation."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from riskmodel.analysis.results.comparison import Kind
from riskmodel.engine.compile import CompiledModel, CompiledRule, ScoreInput
from riskmodel.kernels.conditions import TermTest, leaves
from riskmodel.schema import wording
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Rule

_SAME = 1e-12
"""Shares that differ by less are the same, written in another unit."""


class DifferingPart(NamedTuple):
    """One part that differs.

    Attributes
    ----------
    kind, name : an indicator's scale (with the value assumed for it) or terms, the weight of an input, which scores
        are built from which, a score's mean or top, or a rule.
    score : whose weight, mean or top it is; empty for the rest.
    before, after : what each model says, in words.
    """

    kind: Kind
    name: str
    score: str
    before: str
    after: str


class SituatedModel(NamedTuple):
    """A model as one situation meets it.

    Attributes
    ----------
    filled : the values by indicator as the engine takes them, those that the model assumes included; what is missing
        is left out.
    there : the indicators that have a value in either model, so that what one model assumes does not change shares.
    """

    spec: ModelSpec
    compiled: CompiledModel
    filled: Mapping[str, float]
    there: frozenset[str]

    def shares(self, score: str) -> dict[str, float]:
        """The signed weights of a score as shares of the weights of what is there; what is not there is left out."""
        if score not in self.compiled.scores:
            return {}
        there = [part for part in self.compiled.scores[score].inputs if self._is_there(part)]
        total = sum(part.weight for part in there)
        return {part.name: (-part.weight if part.inverted else part.weight) / total for part in there}

    def _is_there(self, part: ScoreInput) -> bool:
        reached = self.compiled.scores[part.name].leaf_indicators if part.is_score else {part.name}
        return not self.there.isdisjoint(reached)

    def sub_scores(self, score: str) -> dict[str, bool]:
        """The scores that a score is built from, and whether they lower it."""
        found = self.compiled.scores.get(score)
        return {part.name: part.inverted for part in found.inputs if part.is_score} if found else {}

    def rules_on(self, score: str) -> dict[str, CompiledRule]:
        """The rules that act on a score."""
        return {
            name: rule
            for name, rule in self.compiled.rules.items()
            if any(effect.score == score for effect in rule.effects)
        }


ModelPair = tuple[SituatedModel, SituatedModel]


def scores_behind(views: ModelPair, score: str) -> list[str]:
    """A score and all that it is built from, or that a rule on it names, in either model; by name."""
    found: set[str] = set()
    waiting = [score]
    for view in views:
        waiting += (name for rule in view.rules_on(score).values() for name in rule.names)
    while waiting:
        name = waiting.pop()
        if name not in found and any(name in view.compiled.scores for view in views):
            found.add(name)
            waiting += (part for view in views for part in view.sub_scores(name))
    return sorted(found)


def differing_parts(views: ModelPair, score: str) -> list[DifferingPart]:
    """The parts that differ and can matter to a score, whatever the other parts are, the rules on it last."""
    scores = scores_behind(views, score)
    read = {score, *(name for view in views for rule in view.rules_on(score).values() for name in rule.names)}
    return [
        *_indicator_parts(views, score, scores),
        *_hierarchy(views, scores),
        *(part for name in scores for part in _score_parts(views, name, name in read)),
        *_rule_parts(views, score),
    ]


def _indicator_parts(views: ModelPair, score: str, scores: list[str]) -> Iterator[DifferingPart]:
    """Of the indicators that both models have; one that only one has can matter by its weight or by a rule."""
    before, after = views
    weighed = {name for view in views for other in scores for name in view.shares(other)}
    rules = [rule for view in views for rule in view.rules_on(score).values()]
    named = {name for rule in rules for name in rule.names}
    judged = {
        (leaf.name.name, leaf.term) for rule in rules for leaf in leaves(rule.condition) if isinstance(leaf, TermTest)
    }
    for name in sorted((before.filled.keys() | after.filled.keys()) & before.spec.indicators.keys()):
        if name not in after.spec.indicators:
            continue
        old, new = before.spec.indicators[name], after.spec.indicators[name]
        labels = old.labels is not None or new.labels is not None
        scale = old.scale != new.scale and (name in weighed or (labels and name in named))
        assumed = (
            old.default != new.default and name in weighed | named and before.filled.get(name) != after.filled.get(name)
        )
        if scale or assumed:
            yield DifferingPart("scale", name, "", _scale_words(old), _scale_words(new))
        # The labels of a scale are its terms, and come with it.
        words = [] if labels else [word for word in _differing_terms(old, new) if (name, word) in judged]
        if words:
            yield DifferingPart("terms", name, "", _terms_words(old, words), _terms_words(new, words))


def _differing_terms(old: Indicator, new: Indicator) -> list[str]:
    """Words that both models have for an indicator, and mean something else by."""
    return [word for word, term in old.terms.items() if word in new.terms and new.terms[word] != term]


def _scale_words(indicator: Indicator) -> str:
    words = wording.scale_words(indicator.scale)
    assumed = indicator.assumed
    if assumed is None:
        return words
    return f"{words}; {assumed if isinstance(assumed, str) else f'{assumed:g}'} where missing"


def _terms_words(indicator: Indicator, words: list[str]) -> str:
    return "; ".join(f"{word}: {indicator.terms[word].describe()}" for word in words)


def rebuilt(views: ModelPair, scores: list[str]) -> list[str]:
    """The scores, of those that both models have, that are not built from the same scores to the same side."""
    before, after = views
    shared = [name for name in scores if all(name in view.compiled.scores for view in views)]
    return [name for name in shared if before.sub_scores(name) != after.sub_scores(name)]


def _hierarchy(views: ModelPair, scores: list[str]) -> Iterator[DifferingPart]:
    """One part, with all weights of the scores that are rebuilt: half of each hierarchy could go round in a circle."""
    if found := rebuilt(views, scores):
        yield DifferingPart("sub-scores", "", "", *(_hierarchy_words(view, found) for view in views))


def _hierarchy_words(view: SituatedModel, scores: list[str]) -> str:
    return "; ".join(f"{name} from {', '.join(view.sub_scores(name)) or 'no score'}" for name in scores)


def _score_parts(views: ModelPair, score: str, points_count: bool) -> Iterator[DifferingPart]:
    """Weights, mean and top of a score that both models have; one that only one has comes as a whole.

    Of a score that others are merely built from, it is the share of its top that counts, and not how high that is.
    """
    if not all(score in view.spec.scores for view in views):
        return
    before, after = (view.shares(score) for view in views)
    names = [] if rebuilt(views, [score]) else sorted(before.keys() | after.keys())
    for name in names:
        is_score = name in views[0].compiled.scores or name in views[1].compiled.scores
        if is_score and not (name in before and name in after):
            # In one of the models nothing that this score is built from is there, so the weight has nothing to weigh.
            continue
        if abs(before.get(name, 0.0) - after.get(name, 0.0)) > _SAME:
            yield DifferingPart("weight", name, score, *(_share_words(view, score, name) for view in views))
    old, new = (view.spec.scores[score] for view in views)
    if old.power != new.power and len(before.keys() | after.keys()) > 1:
        yield DifferingPart("mean", score, score, wording.mean_words(old), wording.mean_words(new))
    if old.out_of != new.out_of and points_count:
        yield DifferingPart("out of", score, score, f"{old.out_of:g}", f"{new.out_of:g}")


def _share_words(view: SituatedModel, score: str, name: str) -> str:
    share = view.shares(score).get(name)
    return "no weight" if share is None else wording.share_words(view.spec, score, name, abs(share))


def _rule_parts(views: ModelPair, score: str) -> Iterator[DifferingPart]:
    on = [view.rules_on(score) for view in views]
    for name in sorted(on[0].keys() | on[1].keys()):
        rules = [view.spec.rules[name] if name in acting else None for view, acting in zip(views, on, strict=True)]
        sentences = {" ".join(rule.when.split()) for rule in rules if rule}
        before, after = (_rule_words(rule, score, tell_sentence=len(sentences) > 1) for rule in rules)
        if before != after:
            yield DifferingPart("rule", name, score, before, after)


def _rule_words(rule: Rule | None, score: str, tell_sentence: bool) -> str:
    if rule is None:
        return "no such rule"
    effect = rule.then[score].describe()
    return f"{effect} when {' '.join(rule.when.split())}" if tell_sentence else effect
