"""Read an input once: a file or standard input, decompressed, with its fingerprint computed on the way."""

import gzip
import hashlib
import io
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from riskmodel.errors import Problem, SituationError

PLAIN, PARQUET, ARROW, ARROW_STREAM, ZIP, STATA = "", "parquet", "arrow", "arrow-stream", "zip", "stata"
TYPED = (PARQUET, ARROW, ARROW_STREAM)
"""The kinds whose columns have types."""
_SKIPPABLE = b"\x2a\x4d\x18"
"""The bytes after the first (0x50 to 0x5f) of a skippable zstd frame, which has no text (RFC 8878, 3.1.2)."""
_MAGIC_NUMBERS = {
    b"\x1f\x8b": "gz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"PAR1": PARQUET,
    b"ARROW1": ARROW,
    b"\xff\xff\xff\xff": ARROW_STREAM,
    b"PK\3\4": ZIP,
    b"<stata_dta>": STATA,
}
_OLD_STATA = re.compile(rb"[\x69-\x73][\x01\x02]\x01\x00")
"""The beginning of Stata data before version 13: version, byte order, type, and a byte that is not used."""
_BLOCK = 1 << 20


@contextmanager
def open_input(path: str | Path) -> Iterator["InputFile"]:
    """Open a file for a `with` block; errors raised in the block name the file.

    Raises
    ------
    SituationError
        The file cannot be read.
    """
    source = InputFile.open(path)
    try:
        yield source
    except SituationError as error:
        raise SituationError(error.with_file(source.name)) from None
    finally:
        source.close()


def file_sha256(path: str | Path) -> str:
    """Return the fingerprint of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class InputFile:
    """A file that is read once, from beginning to end; the caller closes it.

    Parameters
    ----------
    file : the file, at its beginning.
    name : the name used in messages.
    size : its bytes; None where unknown.

    Attributes
    ----------
    kind : `gz`, `zst`, a constant such as `PARQUET`, or empty for plain text; detected from the first bytes.
    bytes_read : the number of its bytes that have been read.
    """

    def __init__(self, file: BinaryIO, name: str, size: int | None) -> None:
        self._file, self.name, self.size = file, name, size
        try:
            self._start = file.read(len(b"<stata_dta>"))
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from None
        self.kind = next((kind for magic, kind in _MAGIC_NUMBERS.items() if self._start.startswith(magic)), PLAIN)
        if b"\x50" <= self._start[:1] <= b"\x5f" and self._start[1:4] == _SKIPPABLE:
            self.kind = "zst"
        if _OLD_STATA.match(self._start):
            self.kind = STATA
        self.bytes_read = 0
        self._hash = hashlib.sha256()
        self._is_hashed = True

    @property
    def is_text(self) -> bool:
        """True for CSV, plain or compressed, which is read from beginning to end."""
        return self.kind in (PLAIN, "gz", "zst")

    @classmethod
    def open(cls, path: str | Path) -> "InputFile":
        """Open the file at a path; `-` is standard input.

        Raises
        ------
        SituationError
            The file cannot be read.
        """
        name = "<stdin>" if str(path) == "-" else str(path)
        if str(path) == "-" and sys.stdin is None:
            raise SituationError([Problem("is closed", file=name)])
        try:
            file: BinaryIO = sys.stdin.buffer if str(path) == "-" else open(path, "rb")  # noqa: SIM115
            return cls(file, name, os.fstat(file.fileno()).st_size or None)
        except FileNotFoundError:
            hint = "; wildcards are for `riskmodel batch`" if any(character in name for character in "*?") else ""
            hint = "; `riskmodel batch --engine dask` reads URLs" if "://" in name else hint
            name = re.sub(r"(://).*@", r"\1***@", name)  # a URL may have a password
            raise SituationError([Problem(f"there is no such file{hint}", file=name)]) from None
        except IsADirectoryError:
            message = "is a folder; `riskmodel batch` reads the files of one as a table"
            raise SituationError([Problem(message, file=name)]) from None
        except OSError as error:
            raise SituationError([Problem(f"cannot be read: {error.strerror}", file=name)]) from None

    def error(self, message: str) -> SituationError:
        """Return an error about this file."""
        return SituationError([Problem(message, file=self.name)])

    def blocks(self, size: int) -> Iterator[bytes]:
        """Yield the decompressed text in blocks of `size` bytes (the last may be smaller).

        Raises
        ------
        SituationError
            The file cannot be read, or its compression is damaged or cut off.
        """
        try:
            if self.kind in ("gz", "zst"):
                yield from self._decompressed(size)
            while block := self.read(size):
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.error(f"is cut off, or its compression is damaged: {error}") from None
        except OSError as error:
            message = f"cannot be read: {error.strerror}" if error.strerror else f"is cut off or damaged: {error}"
            raise self.error(message) from None

    def _decompressed(self, size: int) -> Iterator[bytes]:
        raw = io.BufferedReader(_RawStream(self), _BLOCK)
        stream: BinaryIO | gzip.GzipFile
        if self.kind == "gz":
            stream = gzip.GzipFile(fileobj=raw)
        else:
            stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
        while block := _read(stream, size):
            yield block
        while raw.read(_BLOCK):
            pass  # bytes after the compressed text are part of the fingerprint

    def read(self, size: int) -> bytes:
        """Read the next bytes of the file without decompression."""
        data = self._file.read(max(size - len(self._start), 0))
        if self._start:
            data, self._start = self._start + data, b""
        self.bytes_read += len(data)
        if self._is_hashed:
            self._hash.update(data)
        return data

    def seekable(self) -> BinaryIO:
        """Return the file for random access; a pipe is first copied to an unnamed temporary file."""
        if not self._file.seekable():
            copy = tempfile.TemporaryFile()  # noqa: SIM115  (closed with this object)
            while data := self.read(_BLOCK):
                copy.write(data)
            self._file = copy
        self._file.seek(0)
        return self._file

    def skip_sha256(self) -> None:
        """Read without the fingerprint, which takes longer than reading; `sha256` cannot be called then."""
        self._is_hashed = False

    def sha256(self) -> str:
        """Return the fingerprint of the file's bytes, once all have been read."""
        if not self.is_text:
            self._file.seek(0)
            return hashlib.file_digest(self._file, "sha256").hexdigest()  # type: ignore[arg-type]
        return self._hash.hexdigest()

    @property
    def info(self) -> dict[str, object]:
        """The file as a manifest describes it, once all bytes have been read."""
        return {"path": self.name, "bytes": self.bytes_read or self.size, "sha256": self.sha256()}

    def close(self) -> None:
        """Close the file, unless it is standard input."""
        if self._file is not getattr(sys.stdin, "buffer", None):
            self._file.close()


class _RawStream(io.RawIOBase):
    """An input as a raw stream for decompressors."""

    def __init__(self, source: InputFile) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _read(stream: BinaryIO | gzip.GzipFile, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end of the stream; decompressors may return fewer at a time."""
    data = stream.read(size)
    if 0 < len(data) < size:
        parts, total = [data], len(data)
        while total < size and (data := stream.read(size - total)):
            parts.append(data)
            total += len(data)
        data = b"".join(parts)
    return data
