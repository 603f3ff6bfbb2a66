"""Keys of the clients of a service: read from a file, and checked for each request."""

import base64
import binascii
import hashlib
import logging
import os
import re
import stat
from collections.abc import Mapping
from hmac import compare_digest
from pathlib import Path

from riskmodel.errors import Problem, RiskmodelError, suggest_file

_LOG = logging.getLogger(__name__)
_LINE = re.compile(r"(?P<name>[\w.@-]{1,64})[ \t]+(?P<key>[!-~]+)")
_SHORTEST = 16
"""Characters of a key: fewer can be guessed."""
_MAX_BYTES = 1_000_000


class Keys:
    """The keys of a file, with a name each; the file is read anew when it has changed.

    Only hashes of the keys are kept.

    Parameters
    ----------
    path : a text file with a line `NAME KEY` for each key; blank lines and lines that begin with # are left out.

    Raises
    ------
    RiskmodelError
        The file cannot be read or has no keys, or lines are invalid; has all problems, which do not quote keys.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._version = self._current_version()
        self._names = _read(path)

    @property
    def is_readable_by_others(self) -> bool:
        """True if any user of this machine can read the file."""
        # Windows has no such bits.
        return os.name == "posix" and bool(os.stat(self._path).st_mode & stat.S_IROTH)

    def owner(self, headers: Mapping[bytes, bytes]) -> str | None:
        """Return the name of the key in the headers of a request; None without a valid one.

        A key is in `Authorization: Bearer KEY`, in `X-API-Key: KEY`, or the password of its name in
        `Authorization: Basic`, for which browsers ask.
        """
        self._refresh()
        scheme, _, credentials = headers.get(b"authorization", b"").strip().partition(b" ")
        match scheme.lower():
            case b"bearer":
                return self._name(credentials.strip())
            case b"basic":
                user, _, key = _decoded(credentials).partition(b":")
                name = self._name(key)
                return name if name is not None and name.encode() == user else None
        return self._name(headers.get(b"x-api-key", b"").strip())

    def _name(self, key: bytes) -> str | None:
        given, owner = _hash(key), None
        # Every key is compared, each in the same time, so that the time of a response tells nothing about keys.
        for digest, name in self._names.items():
            if compare_digest(digest, given):
                owner = name
        return owner

    def _refresh(self) -> None:
        version = self._current_version()
        if version == self._version:
            return
        self._version = version
        try:
            self._names = _read(self._path)
        except RiskmodelError as error:
            _LOG.error("the keys are not read anew, and those before remain valid: %s", error)

    def _current_version(self) -> tuple[int, ...] | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: str) -> dict[bytes, str]:
    """Return the names of keys by their hashes."""
    names: dict[bytes, str] = {}
    lines: dict[str, int] = {}
    problems = []

    def add_problem(message: str, line: int | None = None) -> None:
        problems.append(Problem(message, file=path, line=line))

    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _LINE.fullmatch(line.strip())
        if entry is None:
            add_problem("should be NAME KEY: a name of letters, digits and _ . @ -, and a key without spaces", number)
            continue
        name, digest = entry["name"], _hash(entry["key"].encode())
        if len(entry["key"]) < _SHORTEST:
            add_problem(f"the key of {name} has {len(entry['key'])} characters; it needs {_SHORTEST} or more", number)
        elif name in lines:
            add_problem(f"the name {name} is that of line {lines[name]} too", number)
        elif digest in names:
            add_problem(f"the key of {name} is that of {names[digest]} too", number)
        else:
            names[digest], lines[name] = name, number
    if not names and not problems:
        add_problem("has no keys; a line for each is NAME KEY")
    if problems:
        raise RiskmodelError(problems)
    return names


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise RiskmodelError([Problem(f"there is no such file{suggest_file(Path(path))}", file=path)]) from None
    except OSError as error:
        raise RiskmodelError([Problem(f"cannot be read: {error.strerror}", file=path)]) from None
    if len(content) > _MAX_BYTES:
        raise RiskmodelError([Problem(f"has more than {_MAX_BYTES:,} bytes", file=path)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RiskmodelError([Problem("is not text in UTF-8", file=path, line=line)]) from None


def _hash(key: bytes) -> bytes:
    # Keys are long and random, so that a fast hash is enough.
    return hashlib.sha256(key).digest()


def _decoded(credentials: bytes) -> bytes:
    try:
        return base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return b""
