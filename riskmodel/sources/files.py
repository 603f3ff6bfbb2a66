"""The files of a source: paths and wildcards, members of zip archives, and text in pieces of whole lines."""

import glob
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from riskmodel.errors import Problem, SituationError, suggest, suggest_file
from riskmodel.tables.input_file import PLAIN, ZIP, InputFile

PIECE_BYTES = 8 << 20
"""Of the text that is parsed at once."""
_LINE_BYTES = 1 << 16
"""Of the end of a piece in which a line feed is looked for first."""
_COUNT_BYTES = 1 << 18
"""Of the text whose line feeds are counted at once, so that the memory for it is small and kept."""


class Piece(NamedTuple):
    """Whole lines of a file.

    Attributes
    ----------
    text : the lines, each with its end; the last line of the file may have none.
    line : the 1-based number of the first.
    """

    text: bytes
    line: int


class SourceFile(NamedTuple):
    """A file, or a member of a zip archive.

    Attributes
    ----------
    path : the path of the file.
    member : the name in the archive; empty for other files.
    """

    path: str
    member: str = ""

    @property
    def name(self) -> str:
        """The name in messages."""
        return f"{self.path}/{self.member}" if self.member else self.path

    @property
    def base_name(self) -> str:
        """The last part of the name, which may say the date."""
        return Path(self.member or self.path).name

    def error(self, message: str, line: int | None = None, source: str | None = None) -> SituationError:
        """Return an error about a line of this file."""
        return SituationError([Problem(message, file=self.name, line=line, source=source)])

    @contextmanager
    def open(self) -> Iterator[InputFile]:
        """Open the file, or the member of the archive, for a `with` block.

        Raises
        ------
        SituationError
            The file cannot be read, or the archive is damaged or cut off.
        """
        if not self.member:
            source = InputFile.open(self.path)
            source.skip_sha256()
            try:
                if source.kind == ZIP and not _is_workbook(self.path):  # others have members, by `source_files`
                    raise self.error("the zip archive is damaged, or cut off")
                yield source
            finally:
                source.close()
            return
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
                source = InputFile(cast("BinaryIO", member), self.name, archive.getinfo(self.member).file_size)
                source.skip_sha256()
                yield source
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise self.error(f"the zip archive is damaged, or cut off: {error}") from None
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from None

    def head(self, size: int = 65536) -> bytes:
        """Return the beginning of the text, decompressed."""
        with self.open() as source:
            return next(source.blocks(size), b"")

    def pieces(self, size: int = PIECE_BYTES) -> Iterator[Piece]:
        """Yield the text in pieces of whole lines, decompressed.

        Raises
        ------
        SituationError
            The file cannot be read, is cut off, or is no text.
        """
        with self.open() as source:
            if source.kind not in (PLAIN, "gz", "zst"):
                raise self.error(f"is no text but {source.kind}")
            line, before, is_plain = 1, b"", source.kind == PLAIN and not self.member
            for text in self._plain_lines(source.seekable(), size) if is_plain else _lines(source.blocks(size)):
                line += _line_ends(before)  # not those of the last piece, which many files have alone
                yield Piece(text, line)
                before = text

    def _plain_lines(self, file: BinaryIO, size: int) -> Iterator[bytes]:
        """Yield the text of a plain file in whole lines, which are not copied: that takes as long as to read them."""
        start, tail = 0, min(_LINE_BYTES, size)
        try:
            while True:
                file.seek(start + size - tail)
                end = file.read(tail).rfind(b"\n") + 1
                file.seek(start)
                text = file.read(size - tail + end if end else size)
                if not text.endswith(b"\n"):
                    text += file.readline()
                if not text:
                    return
                yield text
                start += len(text)
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from None


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a text that comes in blocks in whole lines."""
    rest = b""
    for block in blocks:
        if end := block.rfind(b"\n") + 1:
            yield b"".join((rest, memoryview(block)[:end]))
            rest = block[end:]
        else:
            rest += block
    if rest:
        yield rest


def _line_ends(text: bytes) -> int:
    """Return the number of line feeds; faster than `count`, which calls a search for each."""
    characters = np.frombuffer(text, np.uint8)
    starts = range(0, len(text), _COUNT_BYTES)
    return sum(int(np.count_nonzero(characters[start : start + _COUNT_BYTES] == ord("\n"))) for start in starts)


def source_files(paths: Sequence[str], folder: Path) -> list[SourceFile]:
    """Return the files that paths name, in the order of the paths, and sorted within a wildcard; each once.

    A zip archive is all files in it; `archive.zip/folder/name.csv` is one of them, and `archive.zip/*.csv` several. A
    damaged archive is one file, which cannot be opened.

    Parameters
    ----------
    paths : paths, absolute or relative to `folder`, with wildcards (`*`, `?`, `[...]`, `**`) or without.
    folder : the folder of the recipe.

    Raises
    ------
    SituationError
        A path or wildcard names no file, or a path is a folder.
    """
    files: dict[SourceFile, None] = {}
    for path in paths:
        full = folder / Path(path).expanduser()
        is_pattern, hint = re.search(r"[*?\[]", path) is not None, ""
        archive = next((parent for parent in full.parents if parent.is_file()), None)
        if archive is not None:
            inside = full.relative_to(archive).as_posix()
            members = _members(str(archive))
            matches = [file for file in members if file.member == inside or fnmatchcase(file.member, inside)]
            hint = suggest(inside, [file.member for file in members])
        elif full.is_dir() and not is_pattern:
            raise SituationError([Problem(f"is a folder; {path.rstrip('/')}/* names its files", file=str(full))])
        elif full.is_file() or not is_pattern:
            if not full.exists():
                raise SituationError([Problem(f"there is no such file{suggest_file(full)}", file=str(full))])
            matches = _members(str(full))
        else:
            names = sorted(match for match in glob.glob(str(full), recursive=True) if Path(match).is_file())
            matches = [file for name in names for file in _members(name)]
        if not matches:
            raise SituationError([Problem(f"no file has such a name{hint}", file=str(full))])
        files.update(dict.fromkeys(matches))
    return list(files)


def _members(path: str) -> list[SourceFile]:
    """Return a file, or the files in a zip archive; a workbook, which is an archive too, is one file."""
    with closing(InputFile.open(path)) as source:
        is_archive = source.kind == ZIP
    if not is_archive or _is_workbook(path):
        return [SourceFile(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile:
        return [SourceFile(path)]  # which fails when it is opened, and can be skipped like any other file
    # macOS adds a folder with attributes of the files, under the same names.
    return [SourceFile(path, name) for name in names if not name.startswith("__MACOSX/")]


def _is_workbook(path: str) -> bool:
    return Path(path).suffix.lower() in (".xlsx", ".xlsm", ".ods")
