"""A tree of values that know where they stand in their text."""

import re
from array import array
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from riskmodel.errors import repr_value

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_NODES = 200_000
"""Values in one file, with every alias counted as often as it is used: what stops an alias bomb."""
MAX_REPEATED = 100
"""Keys that stand twice, beyond which a file is refused for their number."""


class Span(NamedTuple):
    """A stretch of text: offsets in characters, and the 1-based line and column of its start."""

    start: int
    end: int
    line: int
    column: int


class Node:
    """One value: a scalar (None, bool, int, float, str), a list of nodes, or a mapping from keys to nodes.

    Attributes
    ----------
    span : where it stands; None for a value that came from Python.
    keys : where the keys of a mapping stand.
    size : how many values it stands for, itself included.
    """

    __slots__ = ("keys", "size", "span", "value")

    def __init__(
        self,
        value: "Scalar | list[Node] | dict[str, Node]",
        span: Span | None = None,
        keys: "dict[str, Span] | None" = None,
        size: int = 1,
    ) -> None:
        self.value, self.span, self.keys, self.size = value, span, keys or {}, size

    def plain(self) -> object:
        """The value as ordinary Python lists and dicts."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


Scalar = None | bool | int | float | str


def from_plain(value: object) -> Node:
    """The tree of a value that came from Python and so has no place in a text."""
    if isinstance(value, dict):
        return Node({str(key): from_plain(entry) for key, entry in value.items()})
    if isinstance(value, list | tuple):
        return Node([from_plain(entry) for entry in value])
    return Node(value)  # type: ignore[arg-type]  # whatever else it is, validation says so


def parse_scalar(text: str) -> Scalar:
    """The value of a plain scalar by the core schema of YAML 1.2 (specification 1.2.2, section 10.3.2).

    So `no`, `on` and `12:30` are text, `010` is ten, and only `true`, `false`, `null` and `~` are words with a meaning.
    """
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
        return _based(text)
    if not set(text) <= _NUMERIC:
        return text
    try:
        # Beyond 15 digits a float may not hold the number, and beyond 4,300 Python refuses to read it as an int.
        return float(text) if len(text) > 15 or not set(text) <= _WHOLE else int(text)
    except ValueError:
        return text


_WHOLE = frozenset("+-0123456789")
_NUMERIC = _WHOLE | frozenset(".eE")


def _based(text: str) -> Scalar:
    """An octal (0o17) or hexadecimal (0x1f) number; text where the digits are not of the base."""
    digits, base = text[2:], 8 if text[1] == "o" else 16
    fits = digits.isalnum() and digits.isascii() and len(digits) <= 13
    try:
        return int(digits, base) if fits else text
    except ValueError:
        return text


class TextError(Exception):
    """What a text violates before anything is known about its meaning: a message and the place."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class TooMuchError(TextError):
    """A text that is well formed as far as it was read, but nests deeper or has more values than is allowed."""


def add_duplicate(duplicates: list[TextError], key: str, first: Span, again: Span) -> None:
    """Note a key that stands twice in a mapping.

    Raises
    ------
    TooMuchError
        Where too many do.
    """
    if len(duplicates) == MAX_REPEATED:
        raise TooMuchError(f"more than {MAX_REPEATED} keys stand twice", again.line, again.column)
    message = f"the key {repr_value(key)} stands twice, first in line {first.line}"
    duplicates.append(TextError(message, again.line, again.column))


def line_starts(text: str, line_end: re.Pattern[str]) -> "array[int]":
    """The offsets at which the lines of a text begin."""
    starts = array("I", [0])
    starts.extend(match.end() for match in line_end.finditer(text))
    return starts


class Lines:
    """The lines of a text by their number; nothing is cut up until a line is wanted.

    Parameters
    ----------
    text : all of it.
    line_end : what ends a line in the language of the text.
    """

    def __init__(self, text: str, line_end: re.Pattern[str]) -> None:
        self._text, self._line_end = text, line_end
        self._cut: dict[int, str] = {}

    @cached_property
    def _starts(self) -> "array[int]":
        return line_starts(self._text, self._line_end)

    def get(self, number: int | None) -> str | None:
        """A line by its 1-based number, without its end; None where there is no such line."""
        if number is None or not 0 < number <= len(self._starts):
            return None
        if number not in self._cut:
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            line = self._text[self._starts[number - 1] : end]
            self._cut[number] = self._line_end.split(line)[0].removesuffix("\r")
        return self._cut[number]


class Position(NamedTuple):
    """What a path leads to: the node (the last one on the way that exists), its field name, and its place."""

    node: Node
    field: str
    span: Span | None


def position_of(root: Node, path: Iterable[str | int], at_key: bool = False) -> Position:
    """Follow a path as far as it leads.

    Parameters
    ----------
    root : the tree to look in.
    path : keys and positions; tags such as `<points>` are no steps, and a final `[key]` means the key itself.
    at_key : whether the key is meant rather than the value, as it always is for mappings and lists (their values begin
        on a later line, or at a bracket).
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
            key, node = node.keys.get(str(step)), node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            key, node = None, node.value[step]
        else:
            break
    at_key = at_key or isinstance(node.value, dict | list)
    return Position(node, ".".join(steps), key if at_key and key else node.span)


def position_in_scalar(text: str, span: Span, value: str, offset: int) -> tuple[int, int]:
    """Line and column of a character of a scalar's value; of the scalar itself where its writing hides the place.

    Quotes, block markers and folded lines stand in the text but not in the value, so the two are walked side by side
    over everything that is not white space.
    """
    at = span.start
    if text[at : at + 1] in ("|", ">"):
        at = text.find("\n", at) + 1
    elif text[at : at + 1] in ("'", '"'):
        at += 1
    for index, mark in enumerate(value):
        if mark.isspace():
            continue
        while at < span.end and text[at].isspace():
            at += 1
        if at >= span.end or text[at] != mark:
            return span.line, span.column
        if index >= offset:
            break
        at += 1
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
