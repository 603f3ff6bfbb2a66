"""A tree of values that know where they stand in their text."""

import re
from dataclasses import dataclass, field

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_NODES = 200_000
"""Values in one file, with every alias counted as often as it is used: what stops an alias bomb."""


@dataclass(frozen=True)
class Span:
    """A stretch of text: offsets in characters, and the 1-based line and column of its start."""

    start: int
    end: int
    line: int
    column: int


@dataclass
class Node:
    """One value: a scalar (None, bool, int, float, str), a list of nodes, or a mapping from keys to nodes."""

    value: "Scalar | list[Node] | dict[str, Node]"
    span: Span | None = None
    keys: dict[str, Span] = field(default_factory=dict)
    size: int = 1
    """How many values the node stands for, itself included."""

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


def resolve(text: str) -> Scalar:
    """The value of a plain scalar by the core schema of YAML 1.2 (specification 1.2.2, section 10.3.2).

    So `no`, `on` and `12:30` are text, `010` is ten, and only `true`, `false`, `null` and `~` are words with a meaning.
    """
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if re.fullmatch(r"[-+]?[0-9]+", text):
        # Beyond 15 digits a float may not hold the number, and beyond 4,300 Python refuses to read it as an int.
        return int(text) if len(text) <= 15 else float(text)
    if re.fullmatch(r"0o[0-7]{1,15}", text):
        return int(text[2:], 8)
    if re.fullmatch(r"0x[0-9a-fA-F]{1,15}", text):
        return int(text[2:], 16)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    if re.fullmatch(r"[-+]?\.(inf|Inf|INF)", text):
        return float(text.replace(".", ""))
    if text in (".nan", ".NaN", ".NAN"):
        return float("nan")
    return text


class TextError(Exception):
    """What a text violates before anything is known about its meaning: a message and the place."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None, key: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.column, self.key = message, line, column, key
