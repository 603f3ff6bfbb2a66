"""Checks of references between the parts of a model: every name must exist, and scores must not be circular.

The checks take the parts of a model instead of a ModelSpec, so that a file with an invalid part has its other errors
reported in the same pass. A part that is invalid in itself is None: only its name is known.
"""

import graphlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from riskmodel.errors import suggest
from riskmodel.kernels import conditions
from riskmodel.schema.base import Citation, Finding, Source, citations
from riskmodel.schema.influences import Influence
from riskmodel.schema.parts import Group, Indicator, Rule, Scenario, Score

MAX_LEVELS = 50
SECTIONS = ("sources", "groups", "indicators", "scores", "rules", "influences", "scenarios")
_CITING = ("indicators", "scores", "rules", "influences", "scenarios")


def violations(parts: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """List all references that do not resolve or are not allowed.

    Parameters
    ----------
    parts : the sections of a model by name (`SECTIONS`), each a mapping from id to the validated part, or to None for
        a part that is invalid in itself.
    """
    indicators: Mapping[str, Indicator | None] = parts["indicators"]
    scores: Mapping[str, Score | None] = parts["scores"]
    findings = [
        Finding(("scores", name), f"{name!r} is already the id of an indicator", name)
        for name in scores
        if name in indicators
    ]
    findings += _groups(indicators, parts["groups"])
    findings += _weights(indicators, scores)
    circular = {name for name in scores if _find_cycle(name, scores)} if _has_cycle(scores) else set()
    findings += _cycles(scores) if circular else _too_deep(scores)
    # In a cycle every score is built from another, so which of them are sub-scores is unknown.
    acyclic = {name: score for name, score in scores.items() if score and name not in circular}
    subs = {part for score in acyclic.values() for part in score.weights if part in scores}
    for name, rule in parts["rules"].items():
        if rule:
            findings += (_prefixed(("rules", name), finding) for finding in _condition(rule, indicators, scores))
            findings += (_prefixed(("rules", name, "then"), finding) for finding in _effects(rule, scores, subs))
    findings += _influences(parts["influences"], indicators)
    for name, scenario in parts["scenarios"].items():
        if scenario:
            findings += (_prefixed(("scenarios", name, "values"), finding) for finding in _values(scenario, indicators))
    findings += _citations(parts)
    return list(dict.fromkeys(findings))


def _prefixed(where: tuple[str, ...], finding: Finding) -> Finding:
    return Finding((*where, *finding.path), finding.message, finding.value, finding.offset)


def _groups(indicators: Mapping[str, Indicator | None], groups: Mapping[str, Group | None]) -> Iterator[Finding]:
    for name, indicator in indicators.items():
        group = indicator.group if indicator else None
        if group is not None and group not in groups:
            known = suggest(group, groups) if groups else "; the model has none"
            yield Finding(("indicators", name, "group"), f"not one of the groups: {group!r}{known}", group)


def _weights(indicators: Mapping[str, Indicator | None], scores: Mapping[str, Score | None]) -> Iterator[Finding]:
    for name, score in scores.items():
        for part in score.weights if score else ():
            where = ("scores", name, "weights", part)
            if part not in indicators and part not in scores:
                known = suggest(part, [*indicators, *(other for other in scores if other != name)])
                yield Finding((*where, "[key]"), f"neither an indicator nor a score{known}", part)
            elif (indicator := indicators.get(part)) and indicator.scale is None:
                yield Finding((*where, "[key]"), f"has a weight, so indicator {part!r} needs a scale", part)


def _sub_scores(scores: Mapping[str, Score | None]) -> dict[str, list[str]]:
    """Return the sub-scores of each score."""
    return {name: [part for part in score.weights if part in scores] for name, score in scores.items() if score}


def _has_cycle(scores: Mapping[str, Score | None]) -> bool:
    """Return whether the scores have a cycle, in linear time."""
    try:
        graphlib.TopologicalSorter(_sub_scores(scores)).prepare()
    except graphlib.CycleError:
        return True
    return False


def _cycles(scores: Mapping[str, Score | None]) -> Iterator[Finding]:
    """Yield a finding for each cycle, at the weight of its first score that leads back to it."""
    reported: set[str] = set()
    for name in scores:
        path = _find_cycle(name, scores) if name not in reported else None
        if path:
            reported |= {name, *path}
            chain = " -> ".join((name, *path))
            yield Finding(
                ("scores", name, "weights", path[0], "[key]"), f"a score cannot be built from itself: {chain}"
            )


def _too_deep(scores: Mapping[str, Score | None]) -> Iterator[Finding]:
    """Yield a finding for each score at which the hierarchy exceeds `MAX_LEVELS`; the scores have no cycle."""
    sub_scores = _sub_scores(scores)
    depth: dict[str, int] = {}
    for name in graphlib.TopologicalSorter(sub_scores).static_order():
        depth[name] = 1 + max((depth[part] for part in sub_scores.get(name, ())), default=0)
        if depth[name] == MAX_LEVELS + 1:
            yield Finding(("scores", name), f"scores are nested more than {MAX_LEVELS} levels deep", name)


def _find_cycle(start: str, scores: Mapping[str, Score | None]) -> tuple[str, ...] | None:
    stack: list[tuple[str, ...]] = [()]
    seen: set[str] = set()
    while stack:
        path = stack.pop()
        score = scores.get(path[-1] if path else start)
        for part in score.weights if score else ():
            if part == start:
                return (*path, part)
            if part in scores and part not in seen:
                seen.add(part)
                stack.append((*path, part))
    return None


def _condition(
    rule: Rule, indicators: Mapping[str, Indicator | None], scores: Mapping[str, Score | None]
) -> Iterator[Finding]:
    try:
        condition = rule.condition
    except conditions.ConditionSyntaxError as error:
        for fault in error.faults:
            yield Finding(("when",), fault.message, rule.when, fault.span.offset)
        return
    for leaf in conditions.leaves(condition):
        name = leaf.name if isinstance(leaf, conditions.TermTest) else leaf
        message = _name_fault(name.name, leaf, indicators, scores)
        if message:
            yield Finding(("when",), message, rule.when, name.span.offset)
        elif isinstance(leaf, conditions.TermTest) and (indicator := indicators.get(name.name)):
            terms = tuple(indicator.terms) if indicator.labels is None else indicator.labels
            if leaf.term not in terms:
                kind = "term" if indicator.labels is None else "label"
                known = suggest(leaf.term, terms) or ("; it has none" if not terms else "")
                message = f"{leaf.term!r} is not a {kind} of {name.name}{known}"
                yield Finding(("when",), message, rule.when, leaf.span.offset)


def _name_fault(
    name: str,
    leaf: conditions.TermTest | conditions.Name,
    indicators: Mapping[str, Indicator | None],
    scores: Mapping[str, Score | None],
) -> str | None:
    if name not in indicators and name not in scores:
        return f"{name!r} is neither an indicator nor a score{suggest(name, [*indicators, *scores])}"
    if isinstance(leaf, conditions.TermTest):
        return f"{name!r} is a score, and scores have no terms; compare it with a number" if name in scores else None
    indicator = indicators.get(name)
    if indicator and indicator.labels is not None:
        return f"{name!r} has labels, not numbers; test it with `is`{suggest('', indicator.labels)}"
    return None


def _effects(rule: Rule, scores: Mapping[str, Score | None], subs: set[str]) -> Iterator[Finding]:
    for target, effect in rule.then.items():
        if target not in scores:
            known = suggest(target, [name for name in scores if name not in subs])
            yield Finding((target, "[key]"), f"not a score{known}", target)
        elif target in subs:
            message = f"{target!r} is a sub-score, on which rules cannot act; name a score from which no other is built"
            yield Finding((target, "[key]"), message, target)
        else:
            score = scores[target]
            if score and (reason := effect.why_not_valid(score.out_of)):
                yield Finding((target, effect.kind), reason, effect.amount)


def _influences(
    influences: Mapping[str, Influence | None], indicators: Mapping[str, Indicator | None]
) -> Iterator[Finding]:
    pairs: dict[tuple[str, str], str] = {}
    # An end that is invalid in itself is None. Each is checked once, which takes longer than all else.
    ends = {end for item in influences.values() if item for end in (item.source, item.target) if end is not None}
    faults = {end: _end_fault(end, indicators) for end in ends}
    for name, influence in influences.items():
        if influence is None:
            continue
        for key, end in (("from", influence.source), ("to", influence.target)):
            if message := faults.get(end):
                yield Finding(("influences", name, key), message, end)
        pair = influence.source, influence.target
        other = pairs.setdefault(pair, name)
        if None not in pair and other != name:
            message = f"{influence.source} already influences {influence.target}, by {other!r}; state it once"
            yield Finding(("influences", name, "[key]"), message, name)


def _end_fault(name: str, indicators: Mapping[str, Indicator | None]) -> str | None:
    if name not in indicators:
        return f"not an indicator{suggest(name, indicators)}"
    indicator = indicators[name]
    if indicator is None:
        return None
    scale = indicator.scale
    if scale is None:
        return f"influences act on intensities, so indicator {name!r} needs a scale"
    if scale.labels is not None:
        return f"{name!r} has labels; influences are between indicators of numbers"
    if len(scale.course(indicator.bounds)) > 1:
        return f"the scale of {name!r} rises and falls, so an intensity does not say which value it has"
    return None


def _values(scenario: Scenario, indicators: Mapping[str, Indicator | None]) -> Iterator[Finding]:
    for name, value in scenario.values.items():
        if name not in indicators:
            yield Finding((name, "[key]"), f"not an indicator{suggest(name, indicators)}", name)
        elif (indicator := indicators[name]) and (reason := indicator.why_not_valid(value)):
            yield Finding((name,), reason, value)


def _citations(parts: Mapping[str, Mapping[str, Any]]) -> Iterable[Finding]:
    sources: Mapping[str, Source | None] = parts["sources"]
    for section in _CITING:
        for name, part in parts[section].items():
            yield from uncited((section, name, "cites"), getattr(part, "cites", None), sources)
            default = getattr(part, "default", None)
            yield from uncited((section, name, "default", "cites"), getattr(default, "cites", None), sources)


def uncited(
    where: tuple[str | int, ...], cites: Citation | tuple[Citation, ...] | None, sources: Mapping[str, Source | None]
) -> Iterable[Finding]:
    """Yield a finding for each citation of a source or a claim that does not exist; `where` is their path."""
    for index, citation in enumerate(citations(cites)):
        path = (*where, *((index,) if isinstance(cites, tuple) else ()))
        if citation.source not in sources:
            message = f"not one of the sources: {citation.source!r}{suggest(citation.source, sources)}"
            yield Finding((*path, "source"), message, citation.source)
        elif source := sources[citation.source]:
            for position, claim in enumerate(citation.claims):
                if claim not in source.claims:
                    message = f"{citation.source} has no claim {claim!r}{suggest(claim, source.claims)}"
                    yield Finding((*path, "claims", position), message, claim)


def citing_parts(parts: Mapping[str, Mapping[str, Any]], source: str, claim: str) -> list[str]:
    """List the parts of a model that cite a claim, such as `rule misread_military_moves`.

    Parameters
    ----------
    parts : as for `violations`.
    source, claim : ids.
    """
    citing = (part for part, citation in citations_of(parts) if citation.source == source and claim in citation.claims)
    return list(dict.fromkeys(citing))


def citations_of(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Citation]]:
    """Yield each citation of a model, with the part that makes it, such as `rule misread_military_moves`.

    Parameters
    ----------
    parts : as for `violations`.
    """
    for section in _CITING:
        for name, part in parts[section].items():
            for cited in (part, getattr(part, "default", None)):
                for citation in citations(getattr(cited, "cites", None)):
                    yield f"{section.removesuffix('s')} {name}", citation
