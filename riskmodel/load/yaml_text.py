"""YAML text to nodes, by the events of PyYAML's C parser and the scalars of YAML 1.2.

Events are taken rather than documents, so that depth and size are known before anything is built, keys keep the text
they were written in, and duplicate keys can be told.
"""

from collections.abc import Iterator

import yaml

from riskmodel.load.nodes import MAX_DEPTH, MAX_NODES, Node, Span, TextError, resolve

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str) -> tuple[Node, list[TextError]]:
    """Read one YAML document.

    Returns
    -------
    The tree, and the duplicate keys found on the way (the first of each is kept).

    Raises
    ------
    TextError
        Where the text is no YAML, has more than one document, tags, or is nested or expanded beyond the limits.
    """
    builder = _Builder()
    root: Node | None = None
    try:
        events = yaml.parse(text, Loader=_Loader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _error(event, "a second document begins here; a file holds one")
                root = builder.node(next(events), events, 0)
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context or "cannot be read"
        unclosed = "quoted scalar" in (error.context or "") and error.context_mark
        mark = unclosed or error.problem_mark or error.context_mark
        said = f"not YAML: {problem}{_hint(problem)}"
        raise TextError(said, *((mark.line + 1, mark.column + 1) if mark else ())) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position].split("\n")
        raise TextError("not YAML: a character that is not allowed", len(before), len(before[-1]) + 1) from None
    if root is None:
        raise TextError("the file is empty")
    return root, builder.duplicates


_HINTS = {
    "mapping values are not allowed": "a text with a colon in it needs quotes",
    "cannot start any token": "indent with spaces, and put a text that begins with % @ or ` in quotes",
    "did not find expected key": "look at the indentation, and at quotes inside a text",
    "unexpected end of stream": "a quote that opens here is never closed",
    "did not find expected ',' or": "a bracket is not closed, or a comma is missing",
}


def _hint(problem: str) -> str:
    return next((f"; {hint}" for words, hint in _HINTS.items() if words in problem), "")


class _Builder:
    """Builds the tree by descent; the depth is bounded, so recursion is safe."""

    def __init__(self) -> None:
        self._anchors: dict[str, Node] = {}
        self.duplicates: list[TextError] = []

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        if not isinstance(event, yaml.NodeEvent):
            raise _error(event, "a value belongs here")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _error(event, f"the anchor {event.anchor!r} is not known here")
            meant = self._anchors[event.anchor]
            return Node(meant.value, _span(event), meant.keys, meant.size)
        if depth > MAX_DEPTH:
            raise _error(event, f"nested more than {MAX_DEPTH} deep")
        built = self._built(event, events, depth)
        if built.size > MAX_NODES:
            raise _error(event, f"more than {MAX_NODES:,} values, aliases counted as often as they are used")
        if event.anchor is not None:
            self._anchors[event.anchor] = built
        return built

    def _built(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None and not any(event.implicit):
                raise _error(event, f"tags are not read; got {event.tag!r}")
            return Node(resolve(event.value) if event.implicit[0] else event.value, _span(event))
        assert isinstance(event, yaml.CollectionStartEvent)  # noqa: S101  (nothing else is left)
        if event.tag is not None and not event.implicit:
            raise _error(event, f"tags are not read; got {event.tag!r}")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, events, depth)
        return self._mapping(event, events, depth)

    def _sequence(self, start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return Node(items, _span(start, event), size=1 + sum(item.size for item in items))
            items.append(self.node(event, events, depth + 1))
        raise TextError("the text ends inside a list")

    def _mapping(self, start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return Node(entries, _span(start, event), keys, 1 + sum(entry.size for entry in entries.values()))
            if not isinstance(event, yaml.ScalarEvent):
                raise _error(event, "a key must be a single word or number")
            key, value = event.value, self.node(next(events), events, depth + 1)
            if key in entries:
                message = f"the key {key!r} stands twice, first in line {keys[key].line}"
                self.duplicates.append(_error(event, message))
            else:
                entries[key], keys[key] = value, _span(event)
        raise TextError("the text ends inside a mapping")


def _span(start: yaml.Event, end: yaml.Event | None = None) -> Span:
    first, last = start.start_mark, (end or start).end_mark
    assert first is not None  # noqa: S101  (events that are read from a text have marks)
    assert last is not None  # noqa: S101
    return Span(first.index, last.index, first.line + 1, first.column + 1)


def _error(event: yaml.Event, message: str) -> TextError:
    span = _span(event)
    return TextError(message, span.line, span.column)
