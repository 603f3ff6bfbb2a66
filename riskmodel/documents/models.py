"""Model files: from a path, the id of a shipped model, or a mapping, to a validated specification."""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from riskmodel.documents.document import Document, UnreadableFileError, from_python, read, shipped_folder
from riskmodel.documents.nodes import parse_scalar
from riskmodel.documents.validation import finding_problem, validate
from riskmodel.errors import ModelError, Problem, suggest
from riskmodel.schema.base import Source
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Group, Indicator, Rule, Scenario, Score
from riskmodel.schema.references import SECTIONS, violations
from riskmodel.schema.scales import SCALES

DEFAULT = "bilateral-tension"

_PARTS: dict[str, type[Any]] = {
    "sources": Source,
    "groups": Group,
    "indicators": Indicator,
    "scores": Score,
    "rules": Rule,
    "scenarios": Scenario,
}


class LoadedModel(NamedTuple):
    """A model's specification and the document that it was read from."""

    spec: ModelSpec
    document: Document


def load(model: "str | Path | Mapping[str, Any]" = DEFAULT) -> LoadedModel:
    """Read a model.

    Parameters
    ----------
    model : a path, `-` for standard input, the id of a model that ships with the package, or the content of a model
        file as a mapping.

    Raises
    ------
    ModelError
        With every problem that the file has, each at its line and column.
    """
    try:
        document = from_python(model) if isinstance(model, Mapping) else read(resolve_path(model))
    except UnreadableFileError as error:
        raise ModelError([error.problem]) from None
    spec, problems = validate(ModelSpec, document)
    if spec is None:
        told = {(found.line, found.column, found.message) for found in problems}
        problems += [found for found in _across(document) if (found.line, found.column, found.message) not in told]
    problems += document.duplicates
    if spec is None or problems:
        raise ModelError(sorted(problems, key=lambda found: (found.line or 0, found.column or 0)))
    return LoadedModel(spec, document)


def _across(document: Document) -> list[Problem]:
    """What does not hang together in a model that is broken elsewhere, judged by what can be read of its parts."""
    plain = document.root.plain()
    parts: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        entries = plain.get(section) if isinstance(plain, dict) else None
        if not isinstance(entries, dict) and section in ("indicators", "scores"):
            return []  # without them every name would be unknown, which says nothing new
        readable = entries if isinstance(entries, dict) else {}
        parts[section] = {name: _readable(section, entry) for name, entry in readable.items()}
    return [finding_problem(finding, document, ModelSpec) for finding in violations(parts)]


def _readable(section: str, entry: object) -> object:
    """A part of a model; where it is broken in itself, what of it is sound; None where too little is to judge by."""
    try:
        return TypeAdapter(_PARTS[section]).validate_python(entry)
    except ValidationError:
        return _skeleton(section, entry) if isinstance(entry, dict) else None


_PLACEHOLDERS: dict[str, dict[str, Any]] = {
    "sources": {"title": "placeholder"},
    "groups": {"title": "placeholder"},
    "indicators": {},
    "scores": {"weights": {"placeholder": 1}},
    "rules": {"when": "placeholder > 0", "then": {"placeholder": {"add": 1}}},
    "scenarios": {"values": {}},
}


def _skeleton(section: str, entry: dict[str, Any]) -> object:
    """A broken part with every key that is sound by itself, and with the names alone of those that are not."""
    part = _PARTS[section]
    empty: dict[str, Any] = {"weights": {}} if section == "scores" else {"values": {}} if section == "scenarios" else {}
    sound: dict[str, Any] = {"when": "1 > 0", "then": {}} if section == "rules" else empty
    for key in part.model_fields:
        if key not in entry:
            continue
        for candidate in (entry[key], _names_alone(key, entry[key])):
            try:
                checked = part.model_validate({**_PLACEHOLDERS[section], key: candidate})
            except ValidationError:
                continue
            sound[key] = getattr(checked, key)
            break
        else:
            if key in ("scale", "terms"):
                return None  # which words a sentence may use cannot be told
            if key == "out_of":
                sound[key] = math.inf  # no level can be held against it
    if section == "indicators" and "terms" not in sound and set(entry) - set(part.model_fields):
        return None  # the strange key may have been meant for the terms
    return part.model_construct(**sound)


def _names_alone(key: str, value: object) -> object:
    """The names in a value, with sound values in place of its own, so that uses of the names can be checked."""
    if not isinstance(value, dict):
        return value
    match key:
        case "scale":
            for kind in SCALES:
                for written in (kind.key(), kind.key().removesuffix("s")):
                    if written in value and (scale := kind.placeholder(value[written])) is not None:
                        return scale
            return value
        case "terms":
            return {name: {"above": 0} for name in value}
        case "claims":
            return {name: {"section": "placeholder", "says": "placeholder"} for name in value}
        case "weights":
            return dict.fromkeys(value, 1)
        case "then":
            return {name: _effect_or_add(effect) for name, effect in value.items()}
        case "values":
            return {name: plain if isinstance(plain, str | int | float) else None for name, plain in value.items()}
    return value


def _effect_or_add(effect: object) -> object:
    try:
        Rule.model_validate({"when": "x > 0", "then": {"x": effect}})
    except ValidationError:
        return {"add": 1}
    return effect


def shipped() -> dict[str, Path]:
    """The models that ship with the package: path by id, the default model first."""
    found = {path.stem.replace("_", "-"): path for path in sorted(shipped_folder("config").glob("*.yaml"))}
    return {name: found[name] for name in sorted(found, key=lambda name: (name != DEFAULT, name))}


def copy_of(source: str, name: str) -> str:
    """The text of a shipped model with an id of its own, comments and all.

    Raises
    ------
    ModelError
        Where no model of that id ships with the package.
    """
    known = shipped()
    if source not in known:
        raise ModelError([Problem(f"no shipped model {source!r}{suggest(source, known)}")])
    document = read(known[source])
    assert isinstance(document.root.value, dict)  # noqa: S101
    span = document.root.value["id"].span
    assert span is not None  # noqa: S101
    own = "".join(mark if mark in "abcdefghijklmnopqrstuvwxyz0123456789" else "-" for mark in name.lower()).strip("-")
    if not isinstance(parse_scalar(own), str):
        own = f"model-{own}".strip("-")  # `2024` or `null` would not be read as text
    copied = document.text[: span.start] + own + document.text[span.end :]
    first, rest = copied.split("\n", 1)
    return rest if first.startswith("# yaml-language-server") else copied


def resolve_path(model: str | Path) -> str | Path:
    """The path of a model given by path or id; `-` stays standard input.

    The id of a shipped model always means that model; a file of the same name is `./NAME`.

    Raises
    ------
    UnreadableFileError
        Where a name without a suffix or folder is the id of no shipped model, nor a file.
    """
    known = shipped()
    if isinstance(model, str) and model in known:
        return known[model]
    if isinstance(model, Path) or model == "-" or os.path.exists(model):
        return model
    if Path(model).suffix or Path(model).name != model:
        return model
    message = f"neither a file nor the id of a shipped model{suggest(model, known)}"
    raise UnreadableFileError(Problem(message, file=model))
