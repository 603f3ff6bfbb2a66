"""Writing files that appear under their names when all of them are complete, or not at all."""

import io
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from riskmodel.batch.renames import Renames, beside
from riskmodel.errors import Problem, SituationError

if TYPE_CHECKING:
    from typing_extensions import Buffer

try:
    import fcntl
except ImportError:  # Windows, where a file that somebody has open can be neither renamed nor removed
    _lock: Callable[[BinaryIO], None] | None = None
else:

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class Outputs:
    """Files that are written beside their names and renamed together; a context, which tidies up when it is left.

    A part has a name that follows from the file's, so the next run finds what a killed one left; a lock, which the
    system takes from a process that ends, tells one from a run that is still going.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Path, Path, BinaryIO]] = []
        self._direct: list[BinaryIO] = []

    def __enter__(self) -> "Outputs":
        return self

    def open(self, path: str | Path) -> BinaryIO:
        """A binary file that will have this name; `-`, and what is no regular file, is written to directly.

        Raises
        ------
        SituationError
            Where it cannot be written, or another run is writing it.
        """
        if str(path) == "-":
            return sys.stdout.buffer
        try:
            if os.path.isdir(path):
                raise problem(path, "is a folder")
            if os.path.exists(path) and not os.path.isfile(path):
                self._direct.append(io.BufferedWriter(_OutputFile(path, "wb", path)))
                return self._direct[-1]
            target = Path(os.path.realpath(path))
            part = beside(target, "part")
            if target.exists() and not os.access(target, os.W_OK):
                raise problem(path, "is there already, and write-protected")
            file = claimed(part, path)
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
        except BlockingIOError:
            raise problem(path, "is being written by another run") from None
        except OSError as error:
            raise unwritable(path, error) from None
        self._parts.append((part, target, file))
        return file

    def publish(self) -> None:
        """Give all files their names.

        Raises
        ------
        SituationError
            Where a file cannot be written to its end or renamed; all that were renamed before have gone back, or are
            named.
        """
        for target, file in [(file.name, file) for file in self._direct] + [(each[1], each[2]) for each in self._parts]:
            try:
                file.flush()
            except OSError as error:
                raise unwritable(target, error) from None
        renames = Renames()
        while self._parts:
            part, target, file = self._parts[0]
            try:
                if _lock is None:
                    file.close()
                renames.rename(part, target)
            except BaseException as error:
                lost = ", ".join(map(str, renames.undo()))
                if not isinstance(error, OSError):
                    raise
                told = lost and f"; could not be put back, and is of this run already: {lost}"
                raise unwritable(target, error, told) from None
            del self._parts[0]
            file.close()
        renames.end()

    def __exit__(self, *exception: object) -> None:
        for part, _, file in self._parts:
            with suppress(OSError, SituationError):
                if _lock is None:
                    file.close()
                part.unlink(missing_ok=True)
            with suppress(OSError, SituationError):
                file.close()
        for file in self._direct:
            with suppress(OSError, SituationError):
                file.close()


class _OutputFile(io.FileIO):
    """A file of which an error says whose it is, whoever writes it."""

    def __init__(self, file: str | Path | int, mode: str, path: str | Path) -> None:
        super().__init__(file, mode)
        self._path = path

    def write(self, data: "Buffer") -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as error:
            raise unwritable(self._path, error) from None


def claimed(part: Path, path: str | Path) -> BinaryIO:
    """An empty part that nobody else writes.

    Parameters
    ----------
    part : its name.
    path : what errors call it.

    Raises
    ------
    SituationError
        Where its name leads to a file that has another name too, which would be emptied.
    """
    while True:
        if part.is_symlink():
            raise problem(part, "is a symbolic link, and has the name of a temporary file; remove it")
        file = io.BufferedRandom(_OutputFile(os.open(part, _FLAGS, 0o666), "r+b", path))
        try:
            if _lock is not None:
                _lock(file)
            # Its owner may have renamed it since it was opened; then it is a complete file under another name.
            if part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat()):
                if os.fstat(file.fileno()).st_nlink > 1:
                    raise problem(part, "is a hard link, and has the name of a temporary file; remove it")
                file.truncate()
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def problem(path: str | Path, message: str) -> SituationError:
    """An error about an output."""
    return SituationError([Problem(message, file=str(path))])


def unwritable(path: str | Path, error: OSError, more: str = "") -> SituationError:
    """An error about an output that the system does not let us write, and what more there is to say."""
    if str(path) == "-":
        path = "<stdout>"
    parent = Path(path).parent
    if isinstance(error, FileNotFoundError) and not parent.exists():
        return problem(path, f"there is no folder {str(parent)!r}")
    return problem(path, f"cannot be written: {error.strerror or error}{more}")


def same_file(one: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to one regular file, or would if it were there."""
    if "-" in (str(one), str(other)):
        return False
    real, real_other = os.path.realpath(one), os.path.realpath(other)
    if real == real_other:
        return not os.path.exists(real) or stat.S_ISREG(os.stat(real).st_mode)
    return os.path.exists(real) and os.path.exists(real_other) and os.path.samefile(real, real_other)


def is_stdout(path: str) -> bool:
    """Whether standard output goes into the file at a path."""
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), os.stat(path))
    except (OSError, AttributeError, ValueError):
        return False
