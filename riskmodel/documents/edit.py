"""Rewriting a model file: some values change, and comments, order and all else stay as they were written."""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any, NamedTuple

from riskmodel.documents.document import Document, UnreadableFileError, from_text
from riskmodel.documents.nodes import Node
from riskmodel.errors import ModelError, Problem

Path = tuple[str, ...]
"""The keys that lead to a value."""


class Patch(NamedTuple):
    """A stretch of text, from `start` up to `end` in characters, and what stands there instead."""

    start: int
    end: int
    text: str


def patched(text: str, patches: Iterable[Patch]) -> str:
    """A text with all patches applied; no two may overlap."""
    for start, end, patch in sorted(patches, reverse=True):
        text = text[:start] + patch + text[end:]
    return text


def with_values(document: Document, values: Mapping[Path, float | str]) -> str:
    """The text of a document with other numbers and texts at some paths.

    A YAML alias on the way to a value is written out, so that what it stands for stays as it is elsewhere. A key of the
    whole document that is not there yet comes before its first key.

    Parameters
    ----------
    document : YAML or JSON that was read from a text.
    values : the new values, by the paths of the old ones.

    Raises
    ------
    ModelError
        Where an alias elsewhere in the document stands for what has to change.
    """
    wanted: Any = document.root.plain()
    new = [path for path in values if len(path) == 1 and path[0] not in wanted]
    places = {path[: _written(document, path)] for path in values if path not in new}
    for path, value in values.items():
        whole = isinstance(value, float) and value.is_integer()
        _at(wanted, path[:-1])[path[-1]] = int(value) if whole else value
    patches = [_patch(document, place, _at(wanted, place)) for place in places]
    text = patched(document.text, [*patches, *(_added(document, path[0], _at(wanted, path)) for path in new)])
    if not _says(text, document.name, wanted):
        field = ".".join(next(iter(values))[:-1])
        message = "an alias elsewhere in the file stands for what has to change here; write it out there"
        raise ModelError([Problem(message, field, document.name)])
    return text


def _at(plain: Any, path: Path) -> Any:
    return reduce(lambda inner, key: inner[key], path, plain)


def _nodes(document: Document, path: Path) -> list[Node]:
    """The nodes that a path leads through, the root first."""
    nodes = [document.root]
    for key in path:
        entries = nodes[-1].value
        assert isinstance(entries, dict)  # noqa: S101  (the document was validated, so its paths lead to numbers)
        nodes.append(entries[key])
    return nodes


def _written(document: Document, path: Path) -> int:
    """How many steps of a path lead through the text itself: all of them, or those up to an alias."""
    for steps, node in enumerate(_nodes(document, path)):
        if node.span is not None and document.text.startswith("*", node.span.start):
            return steps
    return len(path)


def _patch(document: Document, path: Path, value: object) -> Patch:
    span = _nodes(document, path)[-1].span
    assert span is not None  # noqa: S101  (the document was read from a text)
    return Patch(span.start, span.end, json.dumps(value, ensure_ascii=False))


def _added(document: Document, key: str, value: object) -> Patch:
    """A key of the whole document, before its first."""
    first = min(document.root.keys.values())
    assert document.root.span is not None  # noqa: S101  (the document was read from a text)
    written = json.dumps(value, ensure_ascii=False)
    if document.text[document.root.span.start] == "{":
        return Patch(first.start, first.start, f"{json.dumps(key)}: {written}, ")
    ending = "\r\n" if "\r\n" in document.text else "\n"
    return Patch(first.start, first.start, f"{key}: {written}{ending}{' ' * (first.column - 1)}")


def _says(text: str, name: str, wanted: object) -> bool:
    try:
        return from_text(text, name).root.plain() == wanted
    except UnreadableFileError:
        return False
