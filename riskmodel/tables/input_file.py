"""Opening what is to be scored: a file or standard input, compressed or not, fingerprinted while it is read."""

import gzip
import hashlib
import io
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from riskmodel.errors import Problem, SituationError

PLAIN, PARQUET = "", "parquet"
_SKIPPABLE = b"\x2a\x4d\x18"
"""What follows the first byte, 0x50 to 0x5f, of a zstd frame that holds no text (RFC 8878, 3.1.2)."""
_BEGINNINGS = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst", b"PAR1": PARQUET}
_BLOCK = 1 << 20


@contextmanager
def open_input(path: str | Path) -> Iterator["InputFile"]:
    """A file that is closed in the end; errors that come up with it name it.

    Raises
    ------
    SituationError
        Where it cannot be read.
    """
    source = InputFile.open(path)
    try:
        yield source
    except SituationError as error:
        raise SituationError(error.with_file(source.name)) from None
    finally:
        source.close()


class InputFile:
    """A file that is read once, from its beginning to its end; to be closed.

    Parameters
    ----------
    file : the file, at its beginning.
    name : what to call it.
    size : its bytes, None where that is not known beforehand.

    Attributes
    ----------
    kind : `gz`, `zst`, `parquet`, or empty for plain text; told by its first bytes.
    seen : how many of its bytes have been read.
    """

    def __init__(self, file: BinaryIO, name: str, size: int | None) -> None:
        self._file, self.name, self.size = file, name, size
        try:
            self._start = file.read(4)
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from None
        self.kind = next((kind for mark, kind in _BEGINNINGS.items() if self._start.startswith(mark)), PLAIN)
        if b"\x50" <= self._start[:1] <= b"\x5f" and self._start[1:] == _SKIPPABLE:
            self.kind = "zst"
        self.seen = 0
        self._hash = hashlib.sha256()

    @classmethod
    def open(cls, path: str | Path) -> "InputFile":
        """The file at a path; `-` is standard input.

        Raises
        ------
        SituationError
            Where it cannot be read.
        """
        name = "<stdin>" if str(path) == "-" else str(path)
        if str(path) == "-" and sys.stdin is None:
            raise SituationError([Problem("is closed", file=name)])
        try:
            file: BinaryIO = sys.stdin.buffer if str(path) == "-" else open(path, "rb")  # noqa: SIM115
            return cls(file, name, os.fstat(file.fileno()).st_size or None)
        except FileNotFoundError:
            hint = "; wildcards and URLs go with --engine dask" if any(mark in name for mark in "*?:") else ""
            raise SituationError([Problem(f"there is no such file{hint}", file=name)]) from None
        except OSError as error:
            raise SituationError([Problem(f"cannot be read: {error.strerror}", file=name)]) from None

    def error(self, message: str) -> SituationError:
        """An error about this file."""
        return SituationError([Problem(message, file=self.name)])

    def blocks(self, size: int) -> Iterator[bytes]:
        """The text, decompressed, in pieces of `size` bytes (the last may be smaller).

        Raises
        ------
        SituationError
            Where the file cannot be read, or what is compressed is damaged or cut off.
        """
        try:
            if self.kind in ("gz", "zst"):
                yield from self._decompressed(size)
            while block := self.read(size):
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.error(f"is cut off, or its compression is damaged: {error}") from None
        except OSError as error:
            said = f"cannot be read: {error.strerror}" if error.strerror else f"is cut off or damaged: {error}"
            raise self.error(said) from None

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
            pass  # what follows the compressed text belongs to the fingerprint

    def read(self, size: int) -> bytes:
        """The next bytes as they stand in the file."""
        data = self._file.read(max(size - len(self._start), 0))
        if self._start:
            data, self._start = self._start + data, b""
        self.seen += len(data)
        self._hash.update(data)
        return data

    def seekable(self) -> BinaryIO:
        """The file for readers that jump about in it; a pipe is first copied to a file without a name."""
        if not self._file.seekable():
            copy = tempfile.TemporaryFile()  # noqa: SIM115  (closed with this object)
            while data := self.read(_BLOCK):
                copy.write(data)
            self._file = copy
        self._file.seek(0)
        return self._file

    def sha256(self) -> str:
        """The fingerprint of the bytes of the file, once all of it has been read."""
        if self.kind == PARQUET:
            self._file.seek(0)
            return hashlib.file_digest(self._file, "sha256").hexdigest()  # type: ignore[arg-type]
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file, unless it is standard input."""
        if self._file is not getattr(sys.stdin, "buffer", None):
            self._file.close()


class _RawStream(io.RawIOBase):
    """An input as the raw stream that decompressors read from."""

    def __init__(self, source: InputFile) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _read(stream: BinaryIO | gzip.GzipFile, size: int) -> bytes:
    """As many bytes as asked for, unless the stream ends; decompressors may give fewer at a time."""
    data = stream.read(size)
    if 0 < len(data) < size:
        parts, got = [data], len(data)
        while got < size and (data := stream.read(size - got)):
            parts.append(data)
            got += len(data)
        data = b"".join(parts)
    return data
