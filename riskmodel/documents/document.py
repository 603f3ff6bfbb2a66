"""Read files and texts as documents: YAML or JSON with positions, within limits of size and depth."""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from riskmodel.documents.file_kinds import FIRST_BYTES, foreign_kind, table_kind
from riskmodel.documents.nodes import MAX_BYTES, MAX_NODES, Lines, Node, TextError, TooMuchError, from_plain
from riskmodel.errors import Problem, suggest_file

_TABLES = (".csv", ".tsv", ".gz", ".zst", ".parquet", ".pq", ".xlsx", ".ods", ".dta", ".arrow", ".feather")


class Document:
    """A file that was read.

    Parameters
    ----------
    name : path or other name for messages.
    text : the text; empty for values from Python.
    root : the tree of values; None for valid JSON, whose tree is built when positions are needed.
    content : the values of valid JSON.
    lines : the lines of the text.
    duplicates : problems of duplicate keys.
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
        """The tree of values with positions."""
        if self._root is None:
            from riskmodel.documents import json_text

            # The limit was checked when the text was read; no text has more values than characters.
            self._root, _ = json_text.parse(self.text, len(self.text))
        return self._root

    @property
    def content(self) -> object:
        """The values as lists and dicts."""
        return self._content if self._root is None else self._root.plain()

    @property
    def has_parts(self) -> bool:
        """True for a mapping or a list."""
        return isinstance(self._content if self._root is None else self._root.value, dict | list)

    def line(self, number: int | None) -> str | None:
        """Return a line of the text by its 1-based number; None without a text."""
        return self._lines.get(number) if self._lines is not None else None


class UnreadableFileError(Exception):
    """A file that is not a document; `is_too_much` is True if it only exceeds a limit."""

    def __init__(self, problem: Problem, is_too_much: bool = False) -> None:
        super().__init__(str(problem))
        self.problem, self.is_too_much = problem, is_too_much


def read(path: str | Path) -> Document:
    """Read a YAML or JSON file, or standard input for `-`.

    Raises
    ------
    UnreadableFileError
        If the file does not exist, is over 5 MB, is not UTF-8 text, or is neither YAML nor JSON.
    """
    name = _name(path)
    return from_bytes(_read_bytes(path, name), name)


def read_text(path: str | Path) -> tuple[str, str]:
    """Return the text of a file, or of standard input for `-`, and its name.

    Raises
    ------
    UnreadableFileError
        If the file does not exist, is of another kind, or is not UTF-8 text.
    """
    name = _name(path)
    content = _read_bytes(path, name)
    _reject(foreign_kind(content[:FIRST_BYTES]), name)
    return _decode(content, name), name


def from_text(text: str, name: str) -> Document:
    """Parse a text: as JSON if the name ends in `.json` or the text begins like JSON, otherwise as YAML.

    Raises
    ------
    UnreadableFileError
        If the text is neither.
    """
    named_json = name.endswith(".json")
    if not (named_json or text.lstrip().startswith(("{", "["))):
        return _document(text, name, is_json=False)
    with suppress(ValueError):
        return _valid_json(text, name, MAX_NODES)
    return _document(text, name, is_json=named_json or _is_json(text))


def from_bytes(content: bytes, name: str) -> Document:
    """Parse the bytes of a file as `from_text` does; the error for a file of another kind names the kind.

    Raises
    ------
    UnreadableFileError
        If they are not a document.
    """
    start = content[:FIRST_BYTES]
    _reject(foreign_kind(start), name)
    try:
        document = _of_bytes(content, name)
    except UnreadableFileError:
        _reject(table_kind(start), name)
        raise
    if not document.has_parts:
        _reject(table_kind(start), name)
    return document


def _of_bytes(content: bytes, name: str) -> Document:
    if len(content) > MAX_BYTES:
        message = f"is over {MAX_BYTES // 1_000_000} MB, more than a model or situation needs"
        raise UnreadableFileError(Problem(message, file=name))
    return from_text(_decode(content, name), name)


def _reject(kind: str | None, name: str) -> None:
    """Raise UnreadableFileError if the file is of another kind."""
    if kind is not None:
        raise UnreadableFileError(Problem(f"is {kind}", file=name)) from None


def from_json(content: bytes, name: str, max_values: int = MAX_NODES) -> Document:
    """Parse the JSON of a request.

    Parameters
    ----------
    content : UTF-8 text.
    name : name for messages.
    max_values : the largest number of values, containers included.

    Raises
    ------
    UnreadableFileError
        If it is not JSON; with `is_too_much`, if it has too many values or nests them too deeply.
    """
    text = _decode(content, name)
    with suppress(ValueError):
        return _valid_json(text, name, max_values)
    return _document(text, name, is_json=True, max_values=max_values)


def _valid_json(text: str, name: str, max_values: int) -> Document:
    """Read valid JSON; ValueError if it is, or may be, invalid."""
    from riskmodel.documents import json_text

    return Document(name, text, None, json_text.content(text, max_values), Lines(text, json_text.LINE_END))


def _document(text: str, name: str, *, is_json: bool, max_values: int = MAX_NODES) -> Document:
    parse: Callable[[str], tuple[Node, list[TextError]]]
    if is_json:
        from riskmodel.documents import json_text

        parse, line_end = partial(json_text.parse, max_values=max_values), json_text.LINE_END
    else:
        from riskmodel.documents import yaml_text

        parse, line_end = yaml_text.parse, yaml_text.LINE_END
    lines = Lines(text, line_end)
    try:
        root, duplicates = parse(text)
    except TextError as error:
        raise UnreadableFileError(_problem(error, name, lines), isinstance(error, TooMuchError)) from None
    problems = tuple(_problem(error, name, lines) for error in duplicates)
    return Document(name, text, root, lines=lines, duplicates=problems)


def from_python(value: object, name: str = "") -> Document:
    """Make a document of a Python value, without positions."""
    return Document(name, "", from_plain(value))


def is_table(path: str | Path) -> bool:
    """Return whether a file is a table by its suffix: CSV, compressed or not, or Parquet."""
    return Path(path).suffix.lower() in _TABLES


def shipped_folder(name: str) -> Path:
    """Return a folder of shipped files: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / name
    return installed if installed.is_dir() else package.parent / name


def _name(path: str | Path) -> str:
    return "<stdin>" if str(path) == "-" else str(path)


def _is_json(text: str) -> bool:
    """Return whether a text in brackets is invalid JSON rather than YAML, by a more lenient parser."""
    import json

    from riskmodel.documents import json_text

    try:
        if json_text.max_values_in(text) <= MAX_NODES:
            json.loads(text)
        else:  # parsed up to the limit only
            json_text.parse(text)
    except TooMuchError:
        return True
    except (ValueError, RecursionError, TextError):
        return False
    return True


def _read_bytes(path: str | Path, name: str) -> bytes:
    try:
        if str(path) == "-":
            if sys.stdin is None:
                raise UnreadableFileError(Problem("is closed", file=name))
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnreadableFileError(Problem(f"there is no such file{suggest_file(Path(path))}", file=name)) from None
    except IsADirectoryError:
        raise UnreadableFileError(Problem("is a folder, not a file", file=name)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableFileError(Problem(f"cannot be read: {reason}", file=name)) from None
    return content


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
