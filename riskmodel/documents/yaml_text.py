"""Parse YAML to nodes with positions, by the events of PyYAML's C parser and the scalars of YAML 1.2.

Events allow checking depth and size before anything is built, and detecting duplicate keys; keys stay as written.
"""

import re
from collections.abc import Callable

import yaml

from riskmodel.documents.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Marks,
    Node,
    Span,
    TextError,
    TooMuchError,
    add_duplicate,
    line_starts,
    parse_scalar,
    span_between,
)
from riskmodel.errors import repr_value

LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str) -> tuple[Node, list[TextError]]:
    """Parse a YAML document.

    Returns
    -------
    The tree, and errors for duplicate keys (the first of each is kept).

    Raises
    ------
    TextError
        If the text is not YAML, has several documents or tags, or exceeds the limits of depth or size.
    """
    if control := _NOT_ALLOWED.search(text):
        raise _fault(text, control.start(), "a character that is not allowed")
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            raise TextError("not YAML: it cannot be read") from None
        _check_limits(text[: mark.index])
        raise _explain(text, mark.index, (error.context_mark or mark).index) from None
    except yaml.YAMLError:
        raise TextError("not YAML: it cannot be read") from None


# Specification 1.2.2, section 5.1. Checked here, because some versions of the parser give offsets in bytes.
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _read(text: str) -> tuple[Node, list[TextError]]:
    loader = _Loader(text)
    builder = _Builder(loader.get_event)
    root: Node | None = None
    while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise _error(event, "a second document begins here; a file has one")
            root = builder.node(loader.get_event(), 0)
    if root is None:
        raise TextError("the file is empty")
    return root, builder.duplicates


def _check_limits(text: str) -> None:
    """Raise TooMuchError if the text before a syntax error exceeds our limits.

    Parsers look ahead and have limits of their own (libyaml 0.2.6: depth 1,000), so they may fail before their events
    show that ours are exceeded.
    """
    try:
        _read(text)
    except TooMuchError:
        raise
    except (yaml.YAMLError, TextError):
        pass


def _fault(text: str, position: int, message: str) -> TextError:
    starts = line_starts(text[:position], LINE_END)
    return TextError(f"not YAML: {message}", len(starts), position - starts[-1] + 1)


def _explain(text: str, position: int, opening: int) -> TextError:
    """Explain a syntax error by its position; the messages of parsers differ between versions.

    Parameters
    ----------
    text : the whole text.
    position : of the error.
    opening : start of the node with the error.
    """
    here, opener = text[position : position + 1], text[opening : opening + 1]
    if opener in _QUOTED:
        quoted = _QUOTED[opener].match(text, opening)
        if quoted is None or (position < quoted.end() and text.startswith(("---", "..."), position)):
            return _fault(text, opening, "this quote is never closed")
        if position < quoted.end():
            return _fault(text, position, r"not an escape of YAML; write a backslash in double quotes as \\")
    if here == "\t":
        return _fault(text, position, "a tab cannot be used for indentation; use spaces")
    if here in ("%", "@", "`"):
        return _fault(text, position, f"a text that begins with {here} needs quotes")
    if opener in ("[", "{"):
        return _fault(text, position, "a bracket is not closed, or a comma is missing")
    if here == ":":
        return _fault(text, position, "a text with a colon in it needs quotes")
    if here in ("]", "}"):
        return _fault(text, position, "this bracket is never opened")
    if opener in ("&", "*", "!", "|", ">"):
        return _fault(text, position, f"this cannot follow {opener}; a text that begins with {opener} needs quotes")
    return _fault(text, position, "syntax error; check indentation, missing colons, and quotes inside a text")


_QUOTED = {
    '"': re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL),
    "'": re.compile(r"'(?:[^']++|'')*+'"),
}


class _Builder:
    """Builds the tree recursively; the depth is bounded.

    Parameters
    ----------
    next_event : returns the events of the text, one after the other.
    """

    def __init__(self, next_event: Callable[[], yaml.Event]) -> None:
        self._next = next_event
        self._anchors: dict[str, Node] = {}
        self._values = 0
        self.duplicates: list[TextError] = []

    def node(self, event: yaml.Event, depth: int) -> Node:
        if not isinstance(event, yaml.NodeEvent):
            raise _error(event, "a value is expected here")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _error(event, f"unknown anchor {repr_value(event.anchor)}")
            anchored = self._anchors[event.anchor]
            self._count(event, anchored.size)
            return anchored.alias(_marks(event))
        if depth > MAX_DEPTH:
            raise _limit_error(event, f"nested more than {MAX_DEPTH} levels deep")
        self._count(event, 1)
        node = self._build(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _count(self, event: yaml.Event, values: int) -> None:
        """Count values before they are built, so that too many are rejected early."""
        self._values += values
        if self._values > MAX_NODES:
            raise _limit_error(event, f"more than {MAX_NODES:,} values, counting aliases as often as they are used")

    def _build(self, event: yaml.NodeEvent, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None and not any(event.implicit):
                raise _error(event, f"tags are not supported; got {repr_value(event.tag)}")
            return Node(parse_scalar(event.value) if event.implicit[0] else event.value, _marks(event))
        assert isinstance(event, yaml.CollectionStartEvent)  # noqa: S101  (nothing else is left)
        if event.tag is not None and not event.implicit:
            raise _error(event, f"tags are not supported; got {repr_value(event.tag)}")
        return (
            self._sequence(event, depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(event, depth)
        )

    def _sequence(self, start: yaml.Event, depth: int) -> Node:
        items: list[Node] = []
        size = 1
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            item = self.node(event, depth + 1)
            items.append(item)
            size += item.size
        return Node(items, _marks(start, event), size=size)

    def _mapping(self, start: yaml.Event, depth: int) -> Node:
        entries: dict[str, Node] = {}
        places: dict[str, Marks] = {}
        size = 1
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _error(event, "a key must be a single word or number")
            key, value = event.value, self.node(self._next(), depth + 1)
            if key in entries:
                add_duplicate(self.duplicates, key, span_between(*places[key]), _span(event))
            else:
                entries[key], places[key] = value, _marks(event)
                size += value.size
        return Node(entries, _marks(start, event), places, size)


def _marks(start: yaml.Event, end: yaml.Event | None = None) -> Marks:
    return start.start_mark, (end or start).end_mark  # type: ignore[return-value]  # events read from a text have marks


def _span(event: yaml.Event) -> Span:
    return span_between(*_marks(event))


def _error(event: yaml.Event, message: str) -> TextError:
    span = _span(event)
    return TextError(message, span.line, span.column)


def _limit_error(event: yaml.Event, message: str) -> TooMuchError:
    span = _span(event)
    return TooMuchError(message, span.line, span.column)
