"""Parse JSON (RFC 8259) to nodes with positions.

The standard library gives no positions, so arrays and objects are parsed here and scalars by the standard library.
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
_VALID_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
"""A string up to its closing quote or first error."""


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= 15 else float(digits)


def _reject_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("duplicate key")
    return entries


_SCALARS = json.JSONDecoder(parse_int=_integer, parse_constant=_reject_constant)
_WITHOUT_POSITIONS = json.JSONDecoder(parse_int=_integer, parse_constant=_reject_constant, object_pairs_hook=_distinct)


def content(text: str, max_values: int = MAX_NODES) -> object:
    """Parse JSON to lists and dicts without positions, which is far faster than `parse`.

    Raises
    ------
    ValueError
        If `parse` would, or might, report an error.
    """
    # The depth is at most the number of brackets.
    if text.count("{") + text.count("[") > MAX_DEPTH or max_values_in(text) > max_values:
        raise ValueError("may be nested too deeply or have too many values")
    return _WITHOUT_POSITIONS.decode(text)


def max_values_in(text: str) -> int:
    """Return an upper bound of the number of values: each but the first follows a comma or a bracket."""
    return 1 + text.count("{") + text.count("[") + text.count(",")


def parse(text: str, max_values: int = MAX_NODES) -> tuple[Node, list[TextError]]:
    """Parse a JSON document; returns and raises as `riskmodel.documents.yaml_text.parse`."""
    parser = _Parser(text, max_values)
    if not text.strip():
        raise TextError("the file is empty")
    node, end = parser.value(parser.skip(0), 0)
    end = parser.skip(end)
    if end != len(text):
        raise parser.error(end, "unexpected text after the end of the document")
    return node, parser.duplicates


class _Parser:
    def __init__(self, text: str, max_values: int) -> None:
        self._text, self._max_values = text, max_values
        self._line_starts = line_starts(text, LINE_END)
        self._nodes = 0
        self.duplicates: list[TextError] = []

    def skip(self, start: int) -> int:
        match = _SPACE.match(self._text, start)
        return match.end() if match else start

    def error(self, start: int, message: str) -> TextError:
        span = self._span(start, start)
        return TextError(f"not JSON: {message}", span.line, span.column)

    def _limit_error(self, start: int, message: str) -> TooMuchError:
        span = self._span(start, start)
        return TooMuchError(message, span.line, span.column)

    def _span(self, start: int, end: int) -> Span:
        line = bisect.bisect_right(self._line_starts, start)
        return Span(start, end, line, start - self._line_starts[line - 1] + 1)

    def value(self, start: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            raise self._limit_error(start, f"nested more than {MAX_DEPTH} levels deep")
        self._nodes += 1
        if self._nodes > self._max_values:
            raise self._limit_error(start, f"more than {self._max_values:,} values")
        character = self._text[start : start + 1]
        if character == "{":
            return self._object(start, depth)
        if character == "[":
            return self._array(start, depth)
        scalar, end = self._scalar(start)
        return Node(scalar, self._span(start, end)), end  # type: ignore[arg-type]  # lists and objects were taken before

    def _scalar(self, start: int) -> tuple[object, int]:
        try:
            return _SCALARS.raw_decode(self._text, start)
        except json.JSONDecodeError:
            raise self._no_scalar(start) from None
        except ValueError as error:
            raise self.error(start, str(error)) from None

    def _no_scalar(self, start: int) -> TextError:
        """Return the error for an invalid scalar."""
        valid = _VALID_STRING.match(self._text, start)
        if valid is None:
            return self.error(start, "a value is expected here")
        if valid.end() == len(self._text):
            return self.error(start, "this quote is never closed")
        if self._text[valid.end()] == "\\":
            return self.error(valid.end(), r"not an escape of JSON; write a backslash as \\")
        return self.error(valid.end(), r"a control character in a string; write it as an escape, such as \n")

    def _array(self, start: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        end = self.skip(start + 1)
        while self._text[end : end + 1] != "]":
            item, end = self.value(end, depth + 1)
            items.append(item)
            end = self._next(self.skip(end), "]")
        return Node(items, self._span(start, end + 1)), end + 1

    def _object(self, start: int, depth: int) -> tuple[Node, int]:
        entries: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        end = self.skip(start + 1)
        while self._text[end : end + 1] != "}":
            if self._text[end : end + 1] != '"':
                raise self.error(end, "a key in double quotes is expected here")
            key, after = self._scalar(end)
            assert isinstance(key, str)  # noqa: S101  (it begins with a quote)
            span = self._span(end, after)
            colon = self.skip(after)
            if self._text[colon : colon + 1] != ":":
                raise self.error(colon, "a colon is expected after a key")
            entry, end = self.value(self.skip(colon + 1), depth + 1)
            if key in entries:
                add_duplicate(self.duplicates, key, keys[key], span)
            else:
                entries[key], keys[key] = entry, span
            end = self._next(self.skip(end), "}")
        return Node(entries, self._span(start, end + 1), keys), end + 1

    def _next(self, start: int, close: str) -> int:
        """Return the position of the next item after a comma, or of the closing bracket."""
        character = self._text[start : start + 1]
        if character == close:
            return start
        if character != ",":
            raise self.error(start, f"a comma or {close!r} is expected here")
        following = self.skip(start + 1)
        if self._text[following : following + 1] == close:
            raise self.error(start, "a comma before the closing bracket")
        return following
