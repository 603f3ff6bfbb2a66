"""Files: bytes to a document that knows its lines, within limits, with one clear error for what cannot be read."""

import sys
from contextlib import suppress
from pathlib import Path

from riskmodel.documents.file_kinds import FIRST_BYTES, foreign_kind, table_kind
from riskmodel.documents.nodes import MAX_BYTES, MAX_NODES, Lines, Node, TextError, TooMuchError, from_plain
from riskmodel.errors import Problem

_TABLES = (".csv", ".tsv", ".gz", ".zst", ".parquet", ".pq")


class Document:
    """A file that was read.

    Parameters
    ----------
    name : what it is called.
    text : all of it; empty for what came from Python.
    root : the tree of its values; None for JSON without a fault, of which it is made once somebody asks for places.
    content : the values of that JSON.
    lines : of the text.
    duplicates : what to say of keys that stand twice.
    """

    def __init__(
        self,
        name: str,
        text: str,
        root: Node | None,
        content: object = None,
        lines: Lines | None = None,
        duplicates: tuple[Problem, ...] = (),
    ) -> None:
        self.name, self.text, self.duplicates = name, text, duplicates
        self._root, self._content, self._lines = root, content, lines

    @property
    def root(self) -> Node:
        """The tree of its values, which know where they stand."""
        if self._root is None:
            from riskmodel.documents import json_text

            # No text has more values than characters; whether there are too many was looked at when it was read.
            self._root, _ = json_text.parse(self.text, len(self.text))
        return self._root

    @property
    def content(self) -> object:
        """Its values as ordinary lists and dicts."""
        return self._content if self._root is None else self._root.plain()

    @property
    def has_parts(self) -> bool:
        """Whether it is a mapping or a list."""
        return isinstance(self._content if self._root is None else self._root.value, dict | list)

    def line(self, number: int | None) -> str | None:
        """A line of the text by its 1-based number; None where there is no text."""
        return self._lines.get(number) if self._lines is not None else None


class UnreadableFileError(Exception):
    """A file that is no document at all; `problem` says why, `is_too_much` whether it only goes beyond a limit."""

    def __init__(self, problem: Problem, is_too_much: bool = False) -> None:
        super().__init__(str(problem))
        self.problem, self.is_too_much = problem, is_too_much


def read(path: str | Path) -> Document:
    """Read a YAML or JSON file, or standard input for `-`.

    Raises
    ------
    UnreadableFileError
        Where there is no such file, it is over 5 MB, is no UTF-8 text, or is neither YAML nor JSON.
    """
    name = "<stdin>" if str(path) == "-" else str(path)
    return from_bytes(_bytes(path, name), name)


def from_text(text: str, name: str) -> Document:
    """The document of a text; JSON where the name ends in `.json` or the text begins like JSON, otherwise YAML.

    Raises
    ------
    UnreadableFileError
        Where the text is no document.
    """
    named_json = name.endswith(".json")
    if not (named_json or text.lstrip().startswith(("{", "["))):
        return _document(text, name, is_json=False)
    with suppress(ValueError):
        return _faultless_json(text, name, MAX_NODES)
    return _document(text, name, is_json=named_json or _is_json(text))


def from_bytes(content: bytes, name: str) -> Document:
    """The document of a file's bytes; JSON where they begin like JSON, otherwise YAML.

    Raises
    ------
    UnreadableFileError
        Where they are no document.
    """
    start = content[:FIRST_BYTES]
    _refuse(foreign_kind(start), name)
    try:
        document = _of_bytes(content, name)
    except UnreadableFileError:
        _refuse(table_kind(start), name)
        raise
    if not document.has_parts:
        _refuse(table_kind(start), name)
    return document


def _of_bytes(content: bytes, name: str) -> Document:
    if len(content) > MAX_BYTES:
        message = f"is over {MAX_BYTES // 1_000_000} MB, more than a model or situation needs"
        raise UnreadableFileError(Problem(message, file=name))
    return from_text(_decode(content, name), name)


def _refuse(kind: str | None, name: str) -> None:
    """Refuse a file of a kind that is no document, where it is of one."""
    if kind is not None:
        raise UnreadableFileError(Problem(f"is {kind}", file=name)) from None


def from_json(content: bytes, name: str, most_values: int = MAX_NODES) -> Document:
    """The document of JSON as it came over a wire.

    Parameters
    ----------
    content : UTF-8.
    name : what to call it.
    most_values : how many values it may have, those that hold others included.

    Raises
    ------
    UnreadableFileError
        Where it is no JSON, has more values, or nests them too deep; `is_too_much` tells these from the first.
    """
    text = _decode(content, name)
    with suppress(ValueError):
        return _faultless_json(text, name, most_values)
    return _document(text, name, is_json=True, most_values=most_values)


def _faultless_json(text: str, name: str, most_values: int) -> Document:
    """Read JSON; ValueError where something is wrong with it, or might be."""
    from riskmodel.documents import json_text

    return Document(name, text, None, json_text.content(text, most_values), Lines(text, json_text.LINE_END))


def _document(text: str, name: str, *, is_json: bool, most_values: int = MAX_NODES) -> Document:
    from riskmodel.documents import json_text, yaml_text

    lines = Lines(text, json_text.LINE_END if is_json else yaml_text.LINE_END)
    try:
        root, duplicates = json_text.parse(text, most_values) if is_json else yaml_text.parse(text)
    except TextError as error:
        raise UnreadableFileError(_problem(error, name, lines), isinstance(error, TooMuchError)) from None
    problems = tuple(_problem(error, name, lines) for error in duplicates)
    return Document(name, text, root, lines=lines, duplicates=problems)


def from_python(value: object, name: str = "") -> Document:
    """The document of a value that came from Python."""
    return Document(name, "", from_plain(value))


def is_table(path: str | Path) -> bool:
    """Whether a file is a table by its name: CSV, compressed or not, or Parquet."""
    return Path(path).suffix.lower() in _TABLES


def shipped_folder(name: str) -> Path:
    """A folder of files that ship: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def _is_json(text: str) -> bool:
    """Tell whether a text in brackets is JSON with a fault rather than YAML, by a more lenient reader."""
    import json

    from riskmodel.documents import json_text

    try:
        if json_text.max_values_in(text) <= MAX_NODES:
            json.loads(text)
        else:  # It is not read as a whole, whatever it takes, but as far as it may go.
            json_text.parse(text)
    except TooMuchError:
        return True
    except (ValueError, RecursionError, TextError):
        return False
    return True


def _bytes(path: str | Path, name: str) -> bytes:
    try:
        if str(path) == "-":
            if sys.stdin is None:
                raise UnreadableFileError(Problem("is closed", file=name))
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnreadableFileError(Problem(f"there is no such file{_nearby(Path(path))}", file=name)) from None
    except IsADirectoryError:
        raise UnreadableFileError(Problem("is a folder, not a file", file=name)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableFileError(Problem(f"cannot be read: {reason}", file=name)) from None
    return content


def _nearby(path: Path) -> str:
    from riskmodel.errors import suggest

    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    return suggest(path.name, siblings, short=False)


def _decode(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFileError(Problem("is UTF-16 text; save it as UTF-8", file=name))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"is not UTF-8 text: byte 0x{content[error.start]:02x}"
        raise UnreadableFileError(Problem(message, file=name, line=line, column=column)) from None


def _problem(error: TextError, name: str, lines: Lines) -> Problem:
    return Problem(error.message, "", name, error.line, error.column, lines.get(error.line))
