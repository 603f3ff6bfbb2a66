"""Two models compared: what changed, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskmodel.errors import printable
from riskmodel.report import phrases
from riskmodel.spec.model import ModelSpec, Rule, Score

_SECTIONS = ("sources", "groups", "indicators", "scores", "rules", "scenarios")


def difference(old: ModelSpec, new: ModelSpec) -> list[str]:
    """What changed from one model to another, a line for each change; empty where they say the same."""
    lines = [
        f"{key}: {_shown(getattr(old, key))} -> {_shown(getattr(new, key))}"
        for key in ("id", "version", "title", "description")
        if getattr(old, key) != getattr(new, key)
    ]
    for section in _SECTIONS:
        lines += _section(section.removesuffix("s"), getattr(old, section), getattr(new, section))
    return [printable(line) for line in lines]


def _section(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f"{kind} {name}: taken out"
        elif name not in old:
            yield f"{kind} {name}: new{_summary(new[name])}"
        elif old[name] != new[name]:
            for change in _changes(old[name], new[name]):
                yield f"{kind} {name}: {change}"


def _summary(part: object) -> str:
    if isinstance(part, Rule):
        effects = ", ".join(f"{score} {phrases.effect_words(effect)}" for score, effect in part.then.items())
        return f"; when {part.when}: {effects}"
    return ""


def _changes(old: Any, new: Any) -> Iterator[str]:
    for field in type(old).model_fields:
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        if isinstance(old, Score) and field == "weights":
            yield from _weights(old, new)
        elif field == "claims":
            changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
            yield f"claims changed: {', '.join(changed)}"
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _entries(field, before, after)
        elif field == "scale":
            yield f"scale: {phrases.scale_words(before)} -> {phrases.scale_words(after)}"
        else:
            yield f"{field}: {_shown(before)} -> {_shown(after)}"


def _weights(old: Score, new: Score) -> Iterator[str]:
    for name in [*old.weights, *(name for name in new.weights if name not in old.weights)]:
        before = f"{old.weight(name):g} ({phrases.share_words(old, name)})" if name in old.weights else "no weight"
        after = f"{new.weight(name):g} ({phrases.share_words(new, name)})" if name in new.weights else "no weight"
        if before != after:
            yield f"weight of {name}: {before} -> {after}"
        elif old.weights[name] != new.weights[name]:
            yield f"reason for the weight of {name}: {_shown(phrases.weight_reason(new, name) or None)}"


def _entries(field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in [*before, *(name for name in after if name not in before)]:
        if before.get(name) != after.get(name):
            yield f"{field}, {name}: {_shown(before.get(name))} -> {_shown(after.get(name))}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case float():
            return f"{value:g}"
        case str():
            return repr(value)
        case tuple():
            return f"[{', '.join(_shown(item) for item in value)}]"
    if hasattr(value, "model_dump"):
        parts = value.model_dump(exclude_defaults=True)
        return f"{{{', '.join(f'{key}: {_shown(part)}' for key, part in parts.items())}}}"
    return str(value)
