"""Edit values of a model file byte-exactly: comments, order and everything else stay as they are."""

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
    """A replacement for the characters of a text from `start` up to `end`."""

    start: int
    end: int
    text: str


def patched(text: str, patches: Iterable[Patch]) -> str:
    """Apply patches, which must not overlap."""
    for start, end, patch in sorted(patches, reverse=True):
        text = text[:start] + patch + text[end:]
    return text


def with_values(document: Document, values: Mapping[Path, float | str]) -> str:
    """Return the text of a document with some of its values replaced.

    A YAML alias on the path of a value is written out, so that its anchor and other aliases stay as they are. A new key
    at the top level is inserted before the first key.

    Parameters
    ----------
    document : YAML or JSON with a text.
    values : the new values by path.

    Raises
    ------
    ModelError
        If an alias elsewhere in the document refers to a value that has to change.
    """
    edited: Any = document.root.plain()
    new = [path for path in values if len(path) == 1 and path[0] not in edited]
    targets = {path[: _written_steps(document, path)] for path in values if path not in new}
    for path, value in values.items():
        is_integer = isinstance(value, float) and value.is_integer()
        _value_at(edited, path[:-1])[path[-1]] = int(value) if is_integer else value
    patches = [_patch(document, path, _value_at(edited, path)) for path in targets]
    insertions = [_insertion(document, path[0], _value_at(edited, path)) for path in new]
    text = patched(document.text, [*patches, *insertions])
    if not _is_content(text, document.name, edited):
        field = ".".join(next(iter(values))[:-1])
        message = "an alias elsewhere in the file refers to a value that has to change here; write it out there"
        raise ModelError([Problem(message, field, document.name)])
    return text


def _value_at(plain: Any, path: Path) -> Any:
    return reduce(lambda inner, key: inner[key], path, plain)


def _nodes(document: Document, path: Path) -> list[Node]:
    """Return the nodes on a path, the root first."""
    nodes = [document.root]
    for key in path:
        entries = nodes[-1].value
        assert isinstance(entries, dict)  # noqa: S101  (the document was validated, so its paths lead to numbers)
        nodes.append(entries[key])
    return nodes


def _written_steps(document: Document, path: Path) -> int:
    """Return the number of steps of a path up to the first alias."""
    for steps, node in enumerate(_nodes(document, path)):
        if node.span is not None and document.text.startswith("*", node.span.start):
            return steps
    return len(path)


def _patch(document: Document, path: Path, value: object) -> Patch:
    span = _nodes(document, path)[-1].span
    assert span is not None  # noqa: S101  (the document was read from a text)
    return Patch(span.start, span.end, json.dumps(value, ensure_ascii=False))


def _insertion(document: Document, key: str, value: object) -> Patch:
    first = min(document.root.key_spans)
    assert document.root.span is not None  # noqa: S101  (the document was read from a text)
    written = json.dumps(value, ensure_ascii=False)
    if document.text[document.root.span.start] == "{":
        return Patch(first.start, first.start, f"{json.dumps(key)}: {written}, ")
    ending = "\r\n" if "\r\n" in document.text else "\n"
    return Patch(first.start, first.start, f"{key}: {written}{ending}{' ' * (first.column - 1)}")


def _is_content(text: str, name: str, content: object) -> bool:
    try:
        return from_text(text, name).root.plain() == content
    except UnreadableFileError:
        return False
