"""Load models: from a path, the id of a shipped model, or a mapping, to a validated specification."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from riskmodel.documents.document import Document, UnreadableFileError, from_python, read, shipped_folder
from riskmodel.documents.nodes import parse_scalar
from riskmodel.documents.validation import finding_problem, in_order, validate
from riskmodel.errors import ModelError, Problem, suggest
from riskmodel.schema.base import Source
from riskmodel.schema.influences import Influence
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Group, Indicator, Rule, Scenario, Score
from riskmodel.schema.references import SECTIONS, violations
from riskmodel.schema.scales import SCALES

DEFAULT = "bilateral-tension"
DERIVATIONS = "derivations.yaml"
"""The shipped file beside the models that is no model."""

_PARTS: dict[str, type[Any]] = {
    "sources": Source,
    "groups": Group,
    "indicators": Indicator,
    "scores": Score,
    "rules": Rule,
    "influences": Influence,
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
    model : a path, `-` for standard input, the id of a shipped model, or the content of a model file as a mapping.

    Raises
    ------
    ModelError
        With every problem of the file, each with line and column.
    """
    try:
        document = from_python(model) if isinstance(model, Mapping) else read(resolve_path(model))
    except UnreadableFileError as error:
        raise ModelError([error.problem]) from None
    spec, problems = validate(ModelSpec, document)
    if spec is None:
        known = {(problem.line, problem.column, problem.message) for problem in problems}
        problems += [
            problem
            for problem in _reference_problems(document)
            if (problem.line, problem.column, problem.message) not in known
        ]
    problems += document.duplicates
    if spec is None or problems:
        raise ModelError(in_order(problems))
    return LoadedModel(spec, document)


def _reference_problems(document: Document) -> list[Problem]:
    """Check the references of a model with invalid parts, as far as its parts can be read."""
    plain = document.root.plain()
    parts: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        entries = plain.get(section) if isinstance(plain, dict) else None
        if not isinstance(entries, dict) and section in ("indicators", "scores"):
            return []  # without them every name would be unknown
        by_name = entries if isinstance(entries, dict) else {}
        parts[section] = {name: _readable(section, entry) for name, entry in by_name.items()}
    return [finding_problem(finding, document, ModelSpec) for finding in violations(parts)]


def _readable(section: str, entry: object) -> object:
    """Validate a part of a model; if it is invalid, keep its valid keys; None if that is too little for the checks."""
    try:
        return TypeAdapter(_PARTS[section]).validate_python(entry)
    except ValidationError:
        return _partial(section, entry) if isinstance(entry, dict) else None


_PLACEHOLDERS: dict[str, dict[str, Any]] = {
    "sources": {"title": "placeholder"},
    "groups": {"title": "placeholder"},
    "indicators": {},
    "scores": {"weights": {"placeholder": 1}},
    "rules": {"when": "placeholder > 0", "then": {"placeholder": {"add": 1}}},
    "influences": {"from": "placeholder", "to": "placeholder", "strength": [0, 0, 0], "because": "placeholder"},
    "scenarios": {"values": {}},
}


_EMPTY: dict[str, dict[str, Any]] = {
    "scores": {"weights": {}},
    "rules": {"when": "1 > 0", "then": {}},
    "influences": {"source": None, "target": None},
    "scenarios": {"values": {}},
}
"""Parts without the names that are checked."""


def _partial(section: str, entry: dict[str, Any]) -> object:
    """Build an invalid part from its valid keys, and from the names in its invalid ones."""
    part = _PARTS[section]
    valid = dict(_EMPTY.get(section, {}))
    for name, field in part.model_fields.items():
        key = field.alias or name
        if key not in entry:
            continue
        for candidate in (entry[key], _names_only(key, entry[key])):
            try:
                checked = part.model_validate({**_PLACEHOLDERS[section], key: candidate})
            except ValidationError:
                continue
            valid[name] = getattr(checked, name)
            break
        else:
            if key in ("scale", "terms"):
                return None  # the terms that conditions may use are unknown
            if key == "out_of":
                valid[key] = math.inf  # any level is valid
    if section == "indicators" and "terms" not in valid and set(entry) - set(part.model_fields):
        return None  # the unknown key may be a misspelled `terms`
    return part.model_construct(**valid)


def _names_only(key: str, value: object) -> object:
    """Replace the values by valid ones and keep the names, so that references to them can be checked."""
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
            return {name: entry if isinstance(entry, str | int | float) else None for name, entry in value.items()}
    return value


def _effect_or_add(effect: object) -> object:
    try:
        Rule.model_validate({"when": "x > 0", "then": {"x": effect}})
    except ValidationError:
        return {"add": 1}
    return effect


def shipped() -> dict[str, Path]:
    """Return the shipped models: path by id, the default model first."""
    files = (path for path in sorted(shipped_folder("config").glob("*.yaml")) if path.name != DERIVATIONS)
    paths = {path.stem.replace("_", "-"): path for path in files}
    return {name: paths[name] for name in sorted(paths, key=lambda name: (name != DEFAULT, name))}


def copy_of(source: str, name: str) -> str:
    """Return the text of a shipped model with a new id.

    Raises
    ------
    ModelError
        If there is no shipped model of that id.
    """
    known = shipped()
    if source not in known:
        raise ModelError([Problem(f"no shipped model {source!r}{suggest(source, known)}")])
    document = read(known[source])
    assert isinstance(document.root.value, dict)  # noqa: S101
    span = document.root.value["id"].span
    assert span is not None  # noqa: S101
    new_id = re.sub("[^a-z0-9]", "-", name.lower()).strip("-")
    if not isinstance(parse_scalar(new_id), str):
        new_id = f"model-{new_id}".strip("-")  # `2024` or `null` would not be text
    copied = document.text[: span.start] + new_id + document.text[span.end :]
    first, rest = copied.split("\n", 1)
    return rest if first.startswith("# yaml-language-server") else copied


def resolve_path(model: str | Path) -> str | Path:
    """Return the path of a model given by path or id; `-` is returned as it is.

    The id of a shipped model always means that model; a file of the same name is `./NAME`.

    Raises
    ------
    UnreadableFileError
        If a name without suffix or folder is neither the id of a shipped model nor a file.
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
