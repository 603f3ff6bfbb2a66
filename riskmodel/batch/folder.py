"""A folder of files that appears under its name when all of them are complete, on any file system that fsspec knows."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from riskmodel.batch.outputs import claimed, problem, unwritable
from riskmodel.batch.renames import beside


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
            raise problem(url, f"cannot be written: {error}") from None
        self._url = url
        self._target = Path(os.path.realpath(path)) if "file" in self.fs.protocol else None
        self.filled = path if self._target is None else str(self._beside("parts"))
        self._published = False

    def _beside(self, what: str) -> Path:
        assert self._target is not None  # noqa: S101
        return beside(self._target, what)

    def __enter__(self) -> "OutputFolder":
        try:
            if self._target is not None:
                self._claim(self._target)
            elif self.fs.exists(self.filled):
                raise problem(self._url, "is there already; on this file system it cannot be replaced")
            else:
                self.fs.makedirs(self.filled, exist_ok=True)
        except BlockingIOError:
            raise problem(self._url, "is being written by another run") from None
        except OSError as error:
            raise unwritable(self._url, error) from None
        return self

    def _claim(self, target: Path) -> None:
        if target.is_file():
            raise problem(self._url, "is a file; with --engine dask the output is a folder")
        self._lock = claimed(self._beside("part"), self._url)
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
                raise problem(self.filled, "is in the way, with the name of a temporary folder; remove it") from None
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
