"""Model files: from a path, the id of a shipped model, or a mapping, to a validated specification."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from riskmodel.errors import ModelError, Problem, nearest
from riskmodel.load.files import Document, UnreadableFileError, from_python, read
from riskmodel.load.validate import problem, validate
from riskmodel.spec.base import Source
from riskmodel.spec.consistency import SECTIONS, findings
from riskmodel.spec.model import Indicator, ModelSpec, Rule, Scenario, Score

DEFAULT = "bilateral-tension"

_PARTS: dict[str, type[Any]] = {
    "sources": Source,
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
        document = from_python(model) if isinstance(model, Mapping) else read(find(model))
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
    return [
        problem(
            {
                "loc": found.where,
                "type": "finding",
                "input": found.value,
                "ctx": {"message": found.message, "offset": found.offset},
            },
            document,
            ModelSpec,
        )
        for found in findings(parts)
    ]


def _readable(section: str, entry: object) -> object:
    """A part of a model; where it is broken in itself, its skeleton; where it has none, None."""
    for candidate in (entry, _skeleton(section, entry)):
        try:
            return TypeAdapter(_PARTS[section]).validate_python(candidate)
        except ValidationError:
            continue
    return None


def _skeleton(section: str, entry: object) -> object:
    """The names that a broken part still shows, with sound values in place of its own, so that uses can be checked."""

    def keys(name: str, of: object = entry) -> list[str]:
        inner = of.get(name) if isinstance(of, dict) else None
        return list(inner) if isinstance(inner, dict) else []

    if not isinstance(entry, dict):
        return None
    match section:
        case "indicators":
            labels = keys("levels", entry.get("scale"))
            scale = {"levels": dict.fromkeys(labels, 0)} if labels else {"fit": "minmax"}
            return {"scale": scale, "terms": {} if labels else {name: {"above": 0} for name in keys("terms")}}
        case "scores":
            return {"weights": dict.fromkeys(keys("weights"), 1)}
        case "rules":
            return {"when": entry.get("when"), "then": {name: {"add": 1} for name in keys("then")}}
        case "scenarios":
            return {"values": dict.fromkeys(keys("values"))}
    return None


def shipped() -> dict[str, Path]:
    """The models that ship with the package: path by id, the default model first."""
    found = {path.stem.replace("_", "-"): path for path in sorted(_config().glob("*.yaml"))}
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
        raise ModelError([Problem(f"no shipped model {source!r}{nearest(source, known)}")])
    document = read(known[source])
    assert isinstance(document.root.value, dict)  # noqa: S101
    span = document.root.value["id"].span
    assert span is not None  # noqa: S101
    own = "".join(mark if mark in "abcdefghijklmnopqrstuvwxyz0123456789" else "-" for mark in name.lower()).strip("-")
    copied = document.text[: span.start] + (own or "my-model") + document.text[span.end :]
    first, rest = copied.split("\n", 1)
    return rest if first.startswith("# yaml-language-server") else copied


def find(model: str | Path) -> str | Path:
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
    if isinstance(model, Path) or model == "-" or Path(model).exists():
        return model
    if Path(model).suffix or Path(model).name != model:
        return model
    message = f"neither a file nor the id of a shipped model{nearest(model, known)}"
    raise UnreadableFileError(Problem(message, file=model))


def _config() -> Path:
    """The folder of shipped models: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "config"
    return inside if inside.is_dir() else package.parent / "config"
