"""Parts in which two models differ, as far as they can affect one score of one situation."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from riskmodel.analysis.results.comparison import Kind
from riskmodel.engine.compile import CompiledModel, CompiledRule, ScoreInput
from riskmodel.kernels.conditions import TermTest, leaves
from riskmodel.schema import wording
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Rule

_SHARE_TOLERANCE = 1e-12
"""Shares that differ by less differ by rounding error, from weights in other units."""


class DifferingPart(NamedTuple):
    """A part in which two models differ.

    Attributes
    ----------
    kind, name : the scale (with the default) or terms of an indicator, the weight of an input, the hierarchy of scores,
        the mean or top of a score, or a rule.
    score : the score whose weight, mean or top it is; empty for other kinds.
    before, after : descriptions of the part in each model.
    """

    kind: Kind
    name: str
    score: str
    before: str
    after: str


class SituatedModel(NamedTuple):
    """A model, with the values of one situation.

    Attributes
    ----------
    filled : values by indicator, encoded for the engine, with the model's defaults; missing ones are left out.
    present : the indicators with a value in either model, so that a default of one model does not change shares.
    """

    spec: ModelSpec
    compiled: CompiledModel
    filled: Mapping[str, float]
    present: frozenset[str]

    def shares(self, score: str) -> dict[str, float]:
        """Return the signed weights of the present inputs of a score, as shares of their sum."""
        if score not in self.compiled.scores:
            return {}
        inputs = [item for item in self.compiled.scores[score].inputs if self._is_present(item)]
        total = sum(item.weight for item in inputs)
        return {item.name: (-item.weight if item.inverted else item.weight) / total for item in inputs}

    def _is_present(self, item: ScoreInput) -> bool:
        leaves = self.compiled.scores[item.name].leaf_indicators if item.is_score else {item.name}
        return not self.present.isdisjoint(leaves)

    def sub_scores(self, score: str) -> dict[str, bool]:
        """Return the sub-scores of a score; True for those that are inverted."""
        if score not in self.compiled.scores:
            return {}
        return {item.name: item.inverted for item in self.compiled.scores[score].inputs if item.is_score}

    def rules_on(self, score: str) -> dict[str, CompiledRule]:
        """Return the rules with an effect on a score."""
        return {
            name: rule
            for name, rule in self.compiled.rules.items()
            if any(effect.score == score for effect in rule.effects)
        }


ModelPair = tuple[SituatedModel, SituatedModel]


def scores_behind(pair: ModelPair, score: str) -> list[str]:
    """Return a score, the scores named by its rules, and all their sub-scores, in either model; sorted by name."""
    visited: set[str] = set()
    waiting = [score]
    for side in pair:
        waiting += (name for rule in side.rules_on(score).values() for name in rule.names)
    while waiting:
        name = waiting.pop()
        if name not in visited and any(name in side.compiled.scores for side in pair):
            visited.add(name)
            waiting += (sub_score for side in pair for sub_score in side.sub_scores(name))
    return sorted(visited)


def differing_parts(pair: ModelPair, score: str) -> list[DifferingPart]:
    """List the parts that differ and can affect a score in some hybrid, rules last."""
    scores = scores_behind(pair, score)
    read = {score, *(name for side in pair for rule in side.rules_on(score).values() for name in rule.names)}
    return [
        *_indicator_parts(pair, score, scores),
        *_hierarchy(pair, scores),
        *(part for name in scores for part in _score_parts(pair, name, name in read)),
        *_rule_parts(pair, score),
    ]


def _indicator_parts(pair: ModelPair, score: str, scores: list[str]) -> Iterator[DifferingPart]:
    """Yield differing indicators of both models; one of a single model counts by its weight or its rules."""
    before, after = pair
    weighed = {name for side in pair for other in scores for name in side.shares(other)}
    rules = [rule for side in pair for rule in side.rules_on(score).values()]
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
        # The terms of a scale with labels are its labels, and belong to the scale.
        words = [] if labels else [word for word in _differing_terms(old, new) if (name, word) in judged]
        if words:
            yield DifferingPart("terms", name, "", _terms_words(old, words), _terms_words(new, words))


def _differing_terms(old: Indicator, new: Indicator) -> list[str]:
    """Return the terms of an indicator that both models define, differently."""
    return [word for word, term in old.terms.items() if word in new.terms and new.terms[word] != term]


def _scale_words(indicator: Indicator) -> str:
    words = wording.scale_words(indicator.scale)
    assumed = indicator.assumed
    if assumed is None:
        return words
    return f"{words}; {assumed if isinstance(assumed, str) else f'{assumed:g}'} where missing"


def _terms_words(indicator: Indicator, words: list[str]) -> str:
    return "; ".join(f"{word}: {indicator.terms[word].describe()}" for word in words)


def rebuilt(pair: ModelPair, scores: list[str]) -> list[str]:
    """Return the scores of both models whose sub-scores, or their signs, differ."""
    before, after = pair
    shared = [name for name in scores if all(name in side.compiled.scores for side in pair)]
    return [name for name in shared if before.sub_scores(name) != after.sub_scores(name)]


def _hierarchy(pair: ModelPair, scores: list[str]) -> Iterator[DifferingPart]:
    """Yield one part for all scores whose sub-scores differ, since a mixture of two hierarchies could have a cycle."""
    if changed := rebuilt(pair, scores):
        yield DifferingPart("sub-scores", "", "", *(_hierarchy_words(side, changed) for side in pair))


def _hierarchy_words(side: SituatedModel, scores: list[str]) -> str:
    return "; ".join(f"{name} from {', '.join(side.sub_scores(name)) or 'no score'}" for name in scores)


def _score_parts(pair: ModelPair, score: str, points_count: bool) -> Iterator[DifferingPart]:
    """Yield differing weights, means and tops of a score that both models have.

    The top of a sub-score does not matter (`points_count`), since other scores take it as a share of its top.
    """
    if not all(score in side.spec.scores for side in pair):
        return
    before, after = (side.shares(score) for side in pair)
    names = [] if rebuilt(pair, [score]) else sorted(before.keys() | after.keys())
    for name in names:
        is_score = name in pair[0].compiled.scores or name in pair[1].compiled.scores
        if is_score and not (name in before and name in after):
            # All indicators of the sub-score are missing in one of the models.
            continue
        if abs(before.get(name, 0.0) - after.get(name, 0.0)) > _SHARE_TOLERANCE:
            yield DifferingPart("weight", name, score, *(_share_words(side, score, name) for side in pair))
    old, new = (side.spec.scores[score] for side in pair)
    if old.power != new.power and len(before.keys() | after.keys()) > 1:
        yield DifferingPart("mean", score, score, wording.mean_words(old), wording.mean_words(new))
    if old.out_of != new.out_of and points_count:
        yield DifferingPart("out of", score, score, f"{old.out_of:g}", f"{new.out_of:g}")


def _share_words(side: SituatedModel, score: str, name: str) -> str:
    share = side.shares(score).get(name)
    return "no weight" if share is None else wording.share_words(side.spec, score, name, abs(share))


def _rule_parts(pair: ModelPair, score: str) -> Iterator[DifferingPart]:
    acting = [side.rules_on(score) for side in pair]
    for name in sorted(acting[0].keys() | acting[1].keys()):
        rules = [side.spec.rules[name] if name in own else None for side, own in zip(pair, acting, strict=True)]
        conditions = {" ".join(rule.when.split()) for rule in rules if rule}
        before, after = (_rule_words(rule, score, with_condition=len(conditions) > 1) for rule in rules)
        if before != after:
            yield DifferingPart("rule", name, score, before, after)


def _rule_words(rule: Rule | None, score: str, with_condition: bool) -> str:
    if rule is None:
        return "no such rule"
    effect = rule.then[score].describe()
    return f"{effect} when {' '.join(rule.when.split())}" if with_condition else effect
