"""Write files atomically: all of a run's files get their names when all are complete, or none does."""

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
except ImportError:  # Windows, where an open file can be neither renamed nor removed
    _lock: Callable[[BinaryIO], None] | None = None
else:

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_WRITTEN = ("output", "rejects", "account", "manifest")
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class Outputs:
    """A context of files that are written under temporary names (parts) and renamed together.

    The name of a part follows from the file's, so the next run replaces the part that a killed run left. A lock, which
    the system releases when a process ends, tells such a part from that of a run under way.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Path, Path, BinaryIO]] = []
        self._direct: list[BinaryIO] = []

    def __enter__(self) -> "Outputs":
        return self

    def open(self, path: str | Path) -> BinaryIO:
        """Open a binary file that will get this name; `-`, a device or a pipe is written to directly.

        Raises
        ------
        SituationError
            The file cannot be written, or another run is writing it.
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
                raise output_error(path, "exists and is write-protected")
            file = lock_part(part, path)
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
        except BlockingIOError:
            raise output_error(path, "is being written by another run") from None
        except OSError as error:
            raise unwritable(path, error) from None
        self._parts.append((part, target, file))
        return file

    def publish(self, commit: Callable[[], object] | None = None) -> None:
        """Rename all parts to their files.

        Parameters
        ----------
        commit : called at the end; if it fails, the files are restored.

        Raises
        ------
        SituationError
            A file cannot be completed or renamed; those already renamed have been restored, or are named.
        """
        for target, file in [(file.name, file) for file in self._direct] + [part[1:] for part in self._parts]:
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
                replaced = ", ".join(map(str, renames.undo()))
                if not isinstance(error, OSError):
                    raise
                detail = replaced and f"; could not be restored, and is already from this run: {replaced}"
                raise unwritable(target, error, detail) from None
            del self._parts[0]
            file.close()
        try:
            if commit is not None:
                commit()
        except BaseException:
            renames.undo()
            raise
        renames.remove_backups()

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
    """A file whose write errors name its path."""

    def __init__(self, file: str | Path | int, mode: str, path: str | Path) -> None:
        super().__init__(file, mode)
        self._path = path

    def write(self, data: "Buffer") -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as error:
            raise unwritable(self._path, error) from None


def lock_part(part: Path, path: str | Path) -> BinaryIO:
    """Open and lock an empty part; its write errors name `path`.

    Raises
    ------
    SituationError
        The part is a link, so that another file would be emptied.
    """
    while True:
        if part.is_symlink():
            raise output_error(part, "is a symbolic link, and has the name of a temporary file; remove it")
        file = io.BufferedRandom(_OutputFile(os.open(part, _FLAGS, 0o666), "r+b", path))
        try:
            if _lock is not None:
                _lock(file)
            # Another run may have renamed it since it was opened; then it is a complete file under another name.
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
    """Return an error about an output."""
    return SituationError([Problem(message, file=str(path))])


def unwritable(path: str | Path, error: OSError, detail: str = "") -> SituationError:
    """Return an error about an output that cannot be written, with the system's reason."""
    if str(path) == "-":
        path = "<stdout>"
    parent = Path(path).parent
    if isinstance(error, FileNotFoundError) and not parent.exists():
        return output_error(path, f"there is no folder {str(parent)!r}")
    return output_error(path, f"cannot be written: {error.strerror or error}{detail}")


def same_file(path: str | Path, other: str | Path) -> bool:
    """Return True if two paths lead to the same regular file, which need not exist yet."""
    if "-" in (str(path), str(other)):
        return False
    real, real_other = os.path.realpath(path), os.path.realpath(other)
    if real == real_other:
        return not os.path.exists(real) or stat.S_ISREG(os.stat(real).st_mode)
    return os.path.exists(real) and os.path.exists(real_other) and os.path.samefile(real, real_other)


def is_stdout(path: str) -> bool:
    """Return True if standard output is redirected to the file at a path."""
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), os.stat(path))
    except (OSError, AttributeError, ValueError):
        return False


def check_distinct_paths(files: Mapping[str, str | None]) -> None:
    """Check that the files of a run, given by role, and their temporary files are all distinct.

    Raises
    ------
    SituationError
        Two paths lead to the same file.
    """
    paths = [(role, path) for role, path in files.items() if path is not None]
    paths += [
        (f"temporary file of the {role}", str(sibling_path(Path(os.path.realpath(path)), suffix)))
        for role, path in paths
        if role in _WRITTEN and path != "-"
        for suffix in ("part", "old")
    ]
    for index, (role, path) in enumerate(paths):
        for other_role, other in paths[:index]:
            if same_file(path, other):
                raise output_error(path, f"is the {other_role} and the {role} at once; name another")


def sibling_path(target: Path, suffix: str) -> Path:
    """Return the path of a temporary file or folder beside a target."""
    return target.with_name(f".{target.name}.riskmodel-{suffix}")


class _Renamed(NamedTuple):
    target: Path
    existed: bool
    backup: Path | None
    """The file that was replaced; None where the file system could not keep it."""


class AtomicReplace:
    """Renames of several files, which can be undone until the last succeeds."""

    def __init__(self) -> None:
        self._done: list[_Renamed] = []

    def rename(self, part: Path, target: Path) -> None:
        """Rename a part to its target, and keep a backup of the target."""
        existed = target.exists()
        backup = _back_up(target) if existed else None
        try:
            os.replace(part, target)
        except OSError:
            _remove(backup)
            raise
        self._done.append(_Renamed(target, existed, backup))

    def undo(self) -> list[Path]:
        """Restore the targets; return those that could not be restored."""
        unrestored = []
        for target, existed, backup in reversed(self._done):
            try:
                if backup is not None:
                    os.replace(backup, target)
                elif not existed:
                    target.unlink(missing_ok=True)
                else:
                    unrestored.append(target)
            except OSError:
                unrestored.append(target)
        return unrestored

    def remove_backups(self) -> None:
        """Remove the backups of all targets."""
        for renamed in self._done:
            _remove(renamed.backup)


def _back_up(target: Path) -> Path | None:
    """Create a hard link to a file, so that the file is never without its name."""
    backup = sibling_path(target, "old")
    try:
        backup.unlink(missing_ok=True)
        os.link(target, backup)
    except OSError:
        return None
    return backup


def _remove(backup: Path | None) -> None:
    if backup is not None:
        with suppress(OSError):
            backup.unlink(missing_ok=True)


class OutputFolder:
    """A context of a folder that many processes fill.

    On local file systems it is filled under a temporary name and then renamed. Other file systems have no atomic
    rename: there it is filled under its own name, which must be free, and is complete once it has a manifest.

    Attributes
    ----------
    filled : the path, for fsspec, under which it is filled.

    Raises
    ------
    SituationError
        No file system is known for the URL.
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

    def _beside(self, suffix: str) -> Path:
        assert self._target is not None  # noqa: S101
        return sibling_path(self._target, suffix)

    def __enter__(self) -> "OutputFolder":
        try:
            if self._target is not None:
                self._claim(self._target)
            elif self.fs.exists(self.filled):
                raise output_error(self._url, "exists, and cannot be replaced on this file system")
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
                # It could not be emptied, or is a link to another folder.
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
        """Return True if a file is in the folder or in one of its temporary folders, and would be replaced."""
        if self._target is None or "file" not in fs.protocol:
            return False
        folders = (self._target, *map(self._beside, ("part", "parts", "old")))
        return any(Path(os.path.realpath(path)).is_relative_to(folder) for folder in folders)

    def lies_in(self, fs: Any, url: str) -> bool:
        """Return True if the folder is, or will be, inside another."""
        if self._target is None or "file" not in fs.protocol:
            return False
        return self._target.is_relative_to(os.path.realpath(fs._strip_protocol(url)))

    def publish(self) -> None:
        """Rename the folder to its target, and remove the former folder; restore it if renaming fails."""
        if self._target is not None:
            old = self._beside("old")
            shutil.rmtree(old, ignore_errors=True)
            try:
                if self._target.exists():
                    os.replace(self._target, old)
                os.replace(self.filled, self._target)
            except OSError as error:
                raise unwritable(self._url, error, self._restore(old, self._target)) from None
            shutil.rmtree(old, ignore_errors=True)
        self._published = True

    def _restore(self, old: Path, target: Path) -> str:
        """Rename a folder back; return a detail for the error message if that fails."""
        try:
            if old.exists() and not target.exists():
                os.replace(old, target)
        except OSError:
            return f"; the former folder is now {old}"
        return ""

    def __exit__(self, *exception: object) -> None:
        if not self._published:
            with suppress(OSError):
                self.fs.rm(self.filled, recursive=True)
        if self._target is not None:
            self._release()
