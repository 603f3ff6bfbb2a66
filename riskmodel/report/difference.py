"""Two models compared: what changed, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskmodel.errors import printable
from riskmodel.spec import wording
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Rule, Score

_SECTIONS = ("sources", "groups", "indicators", "scores", "rules", "scenarios")


def difference(old: ModelSpec, new: ModelSpec) -> list[str]:
    """What changed from one model to another, a line for each change; empty where they say the same."""
    lines = [
        f"{key}: {_shown(getattr(old, key))} -> {_shown(getattr(new, key))}"
        for key in ("id", "version", "title", "description")
        if getattr(old, key) != getattr(new, key)
    ]
    for section in _SECTIONS:
        lines += _section(section, old, new)
    return [printable(line) for line in lines]


def _section(section: str, old: ModelSpec, new: ModelSpec) -> Iterator[str]:
    kind, before, after = section.removesuffix("s"), getattr(old, section), getattr(new, section)
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield f"{kind} {name}: taken out"
        elif name not in before:
            yield f"{kind} {name}: new{_summary(after[name])}"
        else:
            changes = [*_changes(before[name], after[name])]
            # What a weight does can change with the scale of what it weighs, although the score says the same.
            changes += _weights(name, old, new) if section == "scores" else []
            yield from (f"{kind} {name}: {change}" for change in changes)


def _summary(part: object) -> str:
    if isinstance(part, Rule):
        effects = ", ".join(f"{score} {effect.describe()}" for score, effect in part.then.items())
        return f"; when {part.when}: {effects}"
    return ""


def _changes(old: Any, new: Any) -> Iterator[str]:
    for field in type(old).model_fields:
        before, after = getattr(old, field), getattr(new, field)
        if before == after or (isinstance(old, Score) and field == "weights"):
            continue
        if field == "claims":
            changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
            yield f"claims changed: {', '.join(changed)}"
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _entries(field, before, after)
        elif field == "scale":
            yield f"scale: {wording.scale_words(before)} -> {wording.scale_words(after)}"
        else:
            yield f"{field}: {_shown(before)} -> {_shown(after)}"


def _weights(score: str, old: ModelSpec, new: ModelSpec) -> Iterator[str]:
    weights, changed = old.scores[score].weights, new.scores[score].weights
    for name in [*weights, *(name for name in changed if name not in weights)]:
        before, after = _weight_words(old, score, name), _weight_words(new, score, name)
        if before != after:
            yield f"weight of {name}: {before} -> {after}"
        elif weights[name] != changed[name]:
            yield f"reason for the weight of {name}: {_shown(wording.weight_reason(new.scores[score], name) or None)}"


def _weight_words(spec: ModelSpec, score: str, name: str) -> str:
    weights = spec.scores[score]
    if name not in weights.weights:
        return "no weight"
    return f"{weights.weight(name):g} ({wording.share_words(spec, score, name)})"


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
