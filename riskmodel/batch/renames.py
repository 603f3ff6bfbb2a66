"""Renaming several files as one: what was there before comes back where a later one cannot be renamed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


def beside(target: Path, what: str) -> Path:
    """The name that something has beside a file, or a folder, while that is being written."""
    return target.with_name(f".{target.name}.riskmodel-{what}")


class _Renamed(NamedTuple):
    target: Path
    replaced: bool
    former: Path | None
    """Where the file is that was replaced; None where the file system could not keep it."""


class Renames:
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
    former = beside(target, "old")
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
