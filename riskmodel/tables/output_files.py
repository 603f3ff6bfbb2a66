"""Writing files that appear under their names when all of them are complete, or not at all."""

import io
import os
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

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


_WRITTEN = ("output", "rejects", "manifest")
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
                raise output_error(path, "is a folder")
            if os.path.exists(path) and not os.path.isfile(path):
                self._direct.append(io.BufferedWriter(_OutputFile(path, "wb", path)))
                return self._direct[-1]
            target = Path(os.path.realpath(path))
            part = sibling_path(target, "part")
            if target.exists() and not os.access(target, os.W_OK):
                raise output_error(path, "is there already, and write-protected")
            file = lock_part(part, path)
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
        except BlockingIOError:
            raise output_error(path, "is being written by another run") from None
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
        renames = AtomicReplace()
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


def lock_part(part: Path, path: str | Path) -> BinaryIO:
    """Open an empty part that nobody else writes; errors call it `path`.

    Raises
    ------
    SituationError
        Where its name leads to a file that has another name too, which would be emptied.
    """
    while True:
        if part.is_symlink():
            raise output_error(part, "is a symbolic link, and has the name of a temporary file; remove it")
        file = io.BufferedRandom(_OutputFile(os.open(part, _FLAGS, 0o666), "r+b", path))
        try:
            if _lock is not None:
                _lock(file)
            # Its owner may have renamed it since it was opened; then it is a complete file under another name.
            if part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat()):
                if os.fstat(file.fileno()).st_nlink > 1:
                    raise output_error(part, "is a hard link, and has the name of a temporary file; remove it")
                file.truncate()
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def output_error(path: str | Path, message: str) -> SituationError:
    """An error about an output."""
    return SituationError([Problem(message, file=str(path))])


def unwritable(path: str | Path, error: OSError, more: str = "") -> SituationError:
    """An error about an output that the system does not let us write, and what more there is to say."""
    if str(path) == "-":
        path = "<stdout>"
    parent = Path(path).parent
    if isinstance(error, FileNotFoundError) and not parent.exists():
        return output_error(path, f"there is no folder {str(parent)!r}")
    return output_error(path, f"cannot be written: {error.strerror or error}{more}")


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


def check_distinct_paths(files: Mapping[str, str | None]) -> None:
    """Check that no two files of a run are one, nor one a temporary file of another; by what they are to the run.

    Raises
    ------
    SituationError
        Where two are.
    """
    named = [(role, path) for role, path in files.items() if path is not None]
    named += [
        (f"temporary file of the {role}", str(sibling_path(Path(os.path.realpath(path)), what)))
        for role, path in named
        if role in _WRITTEN and path != "-"
        for what in ("part", "old")
    ]
    for place, (role, path) in enumerate(named):
        for other_role, other in named[:place]:
            if same_file(path, other):
                raise output_error(path, f"is the {other_role} and the {role} at once; name another")


def sibling_path(target: Path, what: str) -> Path:
    """The name that something has beside a file, or a folder, while that is being written."""
    return target.with_name(f".{target.name}.riskmodel-{what}")


class _Renamed(NamedTuple):
    target: Path
    replaced: bool
    former: Path | None
    """Where the file is that was replaced; None where the file system could not keep it."""


class AtomicReplace:
    """Files that get their names one after the other."""

    def __init__(self) -> None:
        self._done: list[_Renamed] = []

    def rename(self, part: Path, target: Path) -> None:
        """Give a part its name, and keep what had it."""
        replaced = target.exists()
        former = _kept(target) if replaced else None
        try:
            os.replace(part, target)
        except OSError:
            _forget(former)
            raise
        self._done.append(_Renamed(target, replaced, former))

    def undo(self) -> list[Path]:
        """Put back what was there before; gives the files of which it cannot be."""
        lost = []
        for target, replaced, former in reversed(self._done):
            try:
                if former is not None:
                    os.replace(former, target)
                elif not replaced:
                    target.unlink(missing_ok=True)
                else:
                    lost.append(target)
            except OSError:
                lost.append(target)
        return lost

    def end(self) -> None:
        """Forget what was there before."""
        for renamed in self._done:
            _forget(renamed.former)


def _kept(target: Path) -> Path | None:
    """A second name for a file. The first stays, so that it is never without a file, not even for a moment."""
    former = sibling_path(target, "old")
    try:
        former.unlink(missing_ok=True)
        os.link(target, former)
    except OSError:
        return None
    return former


def _forget(former: Path | None) -> None:
    if former is not None:
        with suppress(OSError):
            former.unlink(missing_ok=True)


class OutputFolder:
    """A folder that is filled by many processes; a context, which tidies up when it is left.

    On this machine's file systems it is filled beside its name and renamed. Elsewhere nothing can be renamed at once:
    it is filled under its name, which must be free, and is complete when the manifest is there, which comes last.

    Attributes
    ----------
    filled : the path, for fsspec, under which it is filled.

    Raises
    ------
    SituationError
        Where no file system is known for it.
    """

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        self.fs: Any
        try:
            self.fs, path = url_to_fs(url)
        except (OSError, ValueError, ImportError) as error:
            raise output_error(url, f"cannot be written: {error}") from None
        self._url = url
        self._target = Path(os.path.realpath(path)) if "file" in self.fs.protocol else None
        self.filled = path if self._target is None else str(self._beside("parts"))
        self._published = False

    def _beside(self, what: str) -> Path:
        assert self._target is not None  # noqa: S101
        return sibling_path(self._target, what)

    def __enter__(self) -> "OutputFolder":
        try:
            if self._target is not None:
                self._claim(self._target)
            elif self.fs.exists(self.filled):
                raise output_error(self._url, "is there already; on this file system it cannot be replaced")
            else:
                self.fs.makedirs(self.filled, exist_ok=True)
        except BlockingIOError:
            raise output_error(self._url, "is being written by another run") from None
        except OSError as error:
            raise unwritable(self._url, error) from None
        return self

    def _claim(self, target: Path) -> None:
        if target.is_file():
            raise output_error(self._url, "is a file; with --engine dask the output is a folder")
        self._lock = lock_part(self._beside("part"), self._url)
        try:
            shutil.rmtree(self.filled, ignore_errors=True)
            if self._beside("old").exists() and not target.exists():
                # A run was killed between the two renames of `publish`.
                os.replace(self._beside("old"), target)
            os.mkdir(self.filled)
        except OSError as error:
            self._release()
            if isinstance(error, FileExistsError):
                # Something in it could not be removed, or it is a link, which would lead elsewhere.
                raise output_error(
                    self.filled, "is in the way, with the name of a temporary folder; remove it"
                ) from None
            raise

    def _release(self) -> None:
        with suppress(OSError):
            self._beside("part").unlink(missing_ok=True)
        self._lock.close()

    @property
    def url(self) -> str:
        """The URL under which it is filled."""
        return str(self.fs.unstrip_protocol(self.filled))

    def holds(self, fs: Any, path: str) -> bool:
        """Whether a file of a file system lies in what the folder will replace, or is in its way."""
        if self._target is None or "file" not in fs.protocol:
            return False
        taken = (self._target, *map(self._beside, ("part", "parts", "old")))
        return any(Path(os.path.realpath(path)).is_relative_to(place) for place in taken)

    def lies_in(self, fs: Any, url: str) -> bool:
        """Whether the folder will lie in another, that a URL of a file system stands for."""
        if self._target is None or "file" not in fs.protocol:
            return False
        return self._target.is_relative_to(os.path.realpath(fs._strip_protocol(url)))

    def publish(self) -> None:
        """Give the folder its name; what had it before is removed, or comes back where that fails."""
        if self._target is not None:
            old = self._beside("old")
            shutil.rmtree(old, ignore_errors=True)
            try:
                if self._target.exists():
                    os.replace(self._target, old)
                os.replace(self.filled, self._target)
            except OSError as error:
                raise unwritable(self._url, error, self._put_back(old, self._target)) from None
            shutil.rmtree(old, ignore_errors=True)
        self._published = True

    def _put_back(self, old: Path, target: Path) -> str:
        """Give a folder the name back that it had; tells where it is if that fails."""
        try:
            if old.exists() and not target.exists():
                os.replace(old, target)
        except OSError:
            return f"; what was there before is in {old}"
        return ""

    def __exit__(self, *exception: object) -> None:
        if not self._published:
            with suppress(OSError):
                self.fs.rm(self.filled, recursive=True)
        if self._target is not None:
            self._release()
