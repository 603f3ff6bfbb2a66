"""JSON text to nodes (RFC 8259), with the place of every value.

The standard library's reader keeps no places, so lists and objects are taken apart here and it reads the scalars.
"""

import bisect
import json
import re

from riskmodel.documents.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Node,
    Span,
    TextError,
    TooMuchError,
    add_duplicate,
    line_starts,
)

_SPACE = re.compile(r"[ \t\r\n]*")
LINE_END = re.compile("\n")
_SOUND_TEXT = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
"""A text in quotes, as far as nothing is wrong with it."""


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= 15 else float(digits)


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


_SCALARS = json.JSONDecoder(parse_int=_whole, parse_constant=_refuse)
_WITHOUT_PLACES = json.JSONDecoder(parse_int=_whole, parse_constant=_refuse, object_pairs_hook=_distinct)


def content(text: str, most_values: int = MAX_NODES) -> object:
    """What `parse` finds, as ordinary Python lists and dicts; far faster, because it keeps no places.

    Raises
    ------
    ValueError
        Where `parse` has something to say against the text, or might have.
    """
    # Nothing lies deeper than there are brackets.
    if text.count("{") + text.count("[") > MAX_DEPTH or max_values_in(text) > most_values:
        raise ValueError("it may nest too deep, or have too many values")
    return _WITHOUT_PLACES.decode(text)


def max_values_in(text: str) -> int:
    """How many values a text of JSON has at most: each but the first follows a comma or a bracket."""
    return 1 + text.count("{") + text.count("[") + text.count(",")


def parse(text: str, most_values: int = MAX_NODES) -> tuple[Node, list[TextError]]:
    """Read one JSON document of so many values; returns and raises as `riskmodel.documents.yaml_text.parse` does."""
    reader = _Reader(text, most_values)
    if not text.strip():
        raise TextError("the file is empty")
    node, end = reader.value(reader.skip(0), 0)
    end = reader.skip(end)
    if end != len(text):
        raise reader.error(end, "something follows the end of the document")
    return node, reader.duplicates


class _Reader:
    def __init__(self, text: str, most_values: int) -> None:
        self._text, self._most_values = text, most_values
        self._line_starts = line_starts(text, LINE_END)
        self._nodes = 0
        self.duplicates: list[TextError] = []

    def skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def error(self, at: int, message: str) -> TextError:
        span = self._span(at, at)
        return TextError(f"not JSON: {message}", span.line, span.column)

    def _too_much(self, at: int, message: str) -> TooMuchError:
        span = self._span(at, at)
        return TooMuchError(message, span.line, span.column)

    def _span(self, start: int, end: int) -> Span:
        line = bisect.bisect_right(self._line_starts, start)
        return Span(start, end, line, start - self._line_starts[line - 1] + 1)

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            raise self._too_much(at, f"nested more than {MAX_DEPTH} deep")
        self._nodes += 1
        if self._nodes > self._most_values:
            raise self._too_much(at, f"more than {self._most_values:,} values")
        mark = self._text[at : at + 1]
        if mark == "{":
            return self._object(at, depth)
        if mark == "[":
            return self._array(at, depth)
        scalar, end = self._scalar(at)
        return Node(scalar, self._span(at, end)), end  # type: ignore[arg-type]  # lists and objects were taken before

    def _scalar(self, at: int) -> tuple[object, int]:
        try:
            return _SCALARS.raw_decode(self._text, at)
        except json.JSONDecodeError:
            raise self._no_scalar(at) from None
        except ValueError as error:
            raise self.error(at, str(error)) from None

    def _no_scalar(self, at: int) -> TextError:
        """Say why there is no scalar at a place."""
        sound = _SOUND_TEXT.match(self._text, at)
        if sound is None:
            return self.error(at, "a value belongs here")
        if sound.end() == len(self._text):
            return self.error(at, "a quote that opens here is never closed")
        if self._text[sound.end()] == "\\":
            return self.error(sound.end(), r"no escape that JSON has; a backslash is written \\")
        return self.error(sound.end(), r"a control character in a text; write it as an escape, such as \n")

    def _array(self, at: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        end = self.skip(at + 1)
        while self._text[end : end + 1] != "]":
            item, end = self.value(end, depth + 1)
            items.append(item)
            end = self._next(self.skip(end), "]")
        return Node(items, self._span(at, end + 1)), end + 1

    def _object(self, at: int, depth: int) -> tuple[Node, int]:
        entries: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        end = self.skip(at + 1)
        while self._text[end : end + 1] != "}":
            if self._text[end : end + 1] != '"':
                raise self.error(end, "a key in double quotes belongs here")
            key, after = self._scalar(end)
            assert isinstance(key, str)  # noqa: S101  (it begins with a quote)
            span = self._span(end, after)
            colon = self.skip(after)
            if self._text[colon : colon + 1] != ":":
                raise self.error(colon, "a colon belongs after a key")
            entry, end = self.value(self.skip(colon + 1), depth + 1)
            if key in entries:
                add_duplicate(self.duplicates, key, keys[key], span)
            else:
                entries[key], keys[key] = entry, span
            end = self._next(self.skip(end), "}")
        return Node(entries, self._span(at, end + 1), keys), end + 1

    def _next(self, at: int, close: str) -> int:
        """The place of the next item after a comma, or of the closing bracket."""
        mark = self._text[at : at + 1]
        if mark == close:
            return at
        if mark != ",":
            raise self.error(at, f"a comma or {close!r} belongs here")
        following = self.skip(at + 1)
        if self._text[following : following + 1] == close:
            raise self.error(at, "a comma before the closing bracket")
        return following
