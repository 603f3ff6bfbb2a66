"""Trees of values with their positions in a text, shared by the YAML and JSON parsers."""

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

from riskmodel.errors import repr_value

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_NODES = 200_000
"""Values in a file, counting aliases as often as they are used, which stops alias bombs."""
MAX_DUPLICATES = 100
"""Duplicate keys of a file that are reported."""


class Span(NamedTuple):
    """A part of a text: offsets in characters, and 1-based line and column of its start."""

    start: int
    end: int
    line: int
    column: int


class Mark(Protocol):
    """A position in a text, from 0."""

    index: int
    line: int
    column: int


Marks: TypeAlias = tuple[Mark, Mark]
"""Start and end of a part of a text, from which its span is computed when it is needed."""


def span_between(start: Mark, end: Mark) -> Span:
    """Return the span between two marks."""
    return Span(start.index, end.index, start.line + 1, start.column + 1)


def _span(place: Span | Marks) -> Span:
    return place if isinstance(place, Span) else span_between(*place)


class Node:
    """A value: a scalar (None, bool, int, float, str), a list of nodes, or a mapping from keys to nodes.

    Parameters
    ----------
    value : the value.
    place : its position; None for a value from Python.
    key_places : positions of the keys of a mapping.
    size : the number of values in it, itself included.
    """

    __slots__ = ("_key_places", "_place", "size", "value")

    def __init__(
        self,
        value: "Scalar | list[Node] | dict[str, Node]",
        place: Span | Marks | None = None,
        key_places: "Mapping[str, Span | Marks] | None" = None,
        size: int = 1,
    ) -> None:
        self.value, self._place, self._key_places, self.size = value, place, key_places, size

    @property
    def span(self) -> Span | None:
        """The position; None for a value from Python."""
        return None if self._place is None else _span(self._place)

    @property
    def key_spans(self) -> Iterator[Span]:
        """The positions of the keys of a mapping."""
        return map(_span, (self._key_places or {}).values())

    def key_span(self, key: str) -> Span | None:
        """Return the position of a key; None if it has none."""
        place = self._key_places.get(key) if self._key_places else None
        return None if place is None else _span(place)

    def alias(self, place: Marks) -> "Node":
        """Return the same value at another position."""
        return Node(self.value, place, self._key_places, self.size)

    def plain(self) -> object:
        """Return the value as lists and dicts."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


Scalar = None | bool | int | float | str


def from_plain(value: object) -> Node:
    """Return the tree of a Python value, without positions."""
    if isinstance(value, dict):
        return Node({str(key): from_plain(entry) for key, entry in value.items()})
    if isinstance(value, list | tuple):
        return Node([from_plain(entry) for entry in value])
    return Node(value)  # type: ignore[arg-type]  # other types fail validation


def parse_scalar(text: str) -> Scalar:
    """Parse a plain scalar by the core schema of YAML 1.2 (specification 1.2.2, section 10.3.2).

    So `no`, `on` and `12:30` are text, `010` is ten, and only `true`, `false`, `null` and `~` have a special meaning.
    """
    if text[:1] not in _FIRST:  # most texts
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if text[0] not in "+-.0123456789":
        return text
    if text[text[0] in "+-" :] in (".inf", ".Inf", ".INF") or text in (".nan", ".NaN", ".NAN"):
        return float(text.replace(".", "").lower())
    if text.startswith(("0o", "0x")):
        return _parse_based(text)
    if not set(text) <= _NUMERIC:
        return text
    try:
        # Integers beyond 15 digits become floats; Python would refuse an int of more than 4,300 digits.
        return float(text) if len(text) > 15 or not set(text) <= _INTEGER else int(text)
    except ValueError:
        return text


_FIRST = frozenset(("", *"~nNtTfF+-.0123456789"))
"""The first characters of scalars that may have a special meaning."""
_INTEGER = frozenset("+-0123456789")
_NUMERIC = _INTEGER | frozenset(".eE")


def _parse_based(text: str) -> Scalar:
    """Parse an octal (0o17) or hexadecimal (0x1f) number; other digits are text."""
    digits, base = text[2:], 8 if text[1] == "o" else 16
    fits = digits.isalnum() and digits.isascii() and len(digits) <= 13
    try:
        return int(digits, base) if fits else text
    except ValueError:
        return text


class TextError(Exception):
    """A syntax error with its position."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class TooMuchError(TextError):
    """A text that exceeds the limits of depth or number of values."""


def add_duplicate(duplicates: list[TextError], key: str, first: Span, again: Span) -> None:
    """Record a duplicate key.

    Raises
    ------
    TooMuchError
        If there are more than `MAX_DUPLICATES`.
    """
    if len(duplicates) == MAX_DUPLICATES:
        raise TooMuchError(f"more than {MAX_DUPLICATES} duplicate keys", again.line, again.column)
    message = f"duplicate key {repr_value(key)} (first in line {first.line})"
    duplicates.append(TextError(message, again.line, again.column))


def line_starts(text: str, line_end: re.Pattern[str]) -> "array[int]":
    """Return the offset of the start of each line."""
    starts = array("I", [0])
    starts.extend(match.end() for match in line_end.finditer(text))
    return starts


class Lines:
    """The lines of a text by their number, split on demand.

    Parameters
    ----------
    text : the text.
    line_end : pattern of a line end.
    """

    def __init__(self, text: str, line_end: re.Pattern[str]) -> None:
        self._text, self._line_end = text, line_end
        self._cache: dict[int, str] = {}

    @cached_property
    def _starts(self) -> "array[int]":
        return line_starts(self._text, self._line_end)

    def get(self, number: int | None) -> str | None:
        """Return a line by its 1-based number, without its end; None if there is no such line."""
        if number is None or not 0 < number <= len(self._starts):
            return None
        if number not in self._cache:
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            line = self._text[self._starts[number - 1] : end]
            self._cache[number] = self._line_end.split(line)[0].removesuffix("\r")
        return self._cache[number]


class Position(NamedTuple):
    """The node at a path (or the last one that exists on it), with its field name and span."""

    node: Node
    field: str
    span: Span | None


def position_of(root: Node, path: Iterable[str | int], at_key: bool = False) -> Position:
    """Find the node at a path, as far as the path exists.

    Parameters
    ----------
    root : the tree.
    path : keys and indices; tags such as `<points>` are skipped, and a final `[key]` means the key itself.
    at_key : return the position of the key instead of the value, as always for mappings and lists.
    """
    node, steps, key = root, list[str](), None
    for step in path:
        if step == "[key]":
            at_key = True
            break
        if isinstance(step, str) and step.startswith("<"):
            continue
        steps.append(str(step))
        if isinstance(node.value, dict) and str(step) in node.value:
            key, node = node.key_span(str(step)), node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            key, node = None, node.value[step]
        else:
            break
    at_key = at_key or isinstance(node.value, dict | list)
    return Position(node, ".".join(steps), key if at_key and key else node.span)


def position_in_scalar(text: str, span: Span, value: str, offset: int) -> tuple[int, int]:
    """Return line and column of a character of a scalar's value, or of the scalar itself if an escape hides it.

    Quotes, block markers and folded lines are in the text but not in the value; both are compared without
    white space.
    """
    position = span.start
    if text[position : position + 1] in ("|", ">"):
        position = text.find("\n", position) + 1
    elif text[position : position + 1] in ("'", '"'):
        position += 1
    for index, character in enumerate(value):
        if character.isspace():
            continue
        while position < span.end and text[position].isspace():
            position += 1
        if position >= span.end or text[position] != character:
            return span.line, span.column
        if index >= offset:
            break
        position += 1
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
