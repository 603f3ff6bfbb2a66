"""Convert between NumPy and Arrow by their buffers, because pyarrow's own conversions import pandas (half a second)."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats

Mask = NDArray[np.bool_]
POOL = pa.system_memory_pool()
"""The pool for large arrays. The system's allocator reuses the memory of the piece before; pyarrow's own returns it to
the kernel in between, and getting it again takes longer than filling it."""
NO_TEXT = pa.nulls(1, pa.string())[0]
"""A null of type string."""


def floats(array: pa.Array) -> Floats:
    """Return the (n,) values of a float64 array, NaN where null; a read-only view where nothing is null."""
    _, data = array.buffers()
    if data is None:
        return np.full(len(array), np.nan)
    values = np.frombuffer(data, np.float64, len(array), array.offset * 8)
    if array.null_count:
        values = values.copy()
        values[nulls(array)] = np.nan
    return values


def integers(array: pa.Array) -> NDArray[np.int32]:
    """Return the (n,) values of an int32 array without nulls."""
    return np.frombuffer(array.buffers()[1], np.int32, len(array), array.offset * 4)


def mask(array: pa.BooleanArray) -> Mask:
    """Return the (n,) values of a boolean array, False where null."""
    values = _bits(array, array.buffers()[1]).view(bool)
    return values & ~nulls(array) if array.null_count else values


def nulls(array: pa.Array) -> Mask:
    """Return the (n,) mask of null elements."""
    if pa.types.is_null(array.type):
        return np.ones(len(array), dtype=bool)
    validity = array.buffers()[0]
    if validity is None or array.null_count == 0:
        return np.zeros(len(array), dtype=bool)
    missing: Mask = _bits(array, validity) == 0
    return missing


def _bits(array: pa.Array, buffer: pa.Buffer) -> NDArray[np.uint8]:
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)]


def content(array: pa.Array) -> tuple[memoryview, NDArray[np.int32]]:
    """Return the joined bytes of a text array, and the n + 1 edges between its elements, from 0."""
    _, offsets, data = array.buffers()
    edges = np.frombuffer(offsets, np.int32, len(array) + 1, array.offset * 4)
    if data is None:
        return memoryview(b""), np.zeros(len(array) + 1, dtype=np.int32)
    return memoryview(data)[edges[0] : edges[-1]], edges - edges[0]


def taken(column: pa.Array, positions: NDArray[np.intp]) -> pa.Array:
    """Return the (n,) elements of an array, or of one in chunks, at some positions."""
    try:
        return column.take(from_integers(positions.astype(np.int32)))
    except pa.ArrowNotImplementedError:
        # pyarrow can concatenate some types of which it cannot take elements, such as string views.
        array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
        elements = (array.slice(position, 1) for position in positions.tolist())
        return pa.concat_arrays([array.slice(0, 0), *elements])


def from_floats(values: Floats) -> pa.Array:
    """Return a float64 array, null where NaN."""
    return pa.Array.from_buffers(
        pa.float64(), len(values), [_validity(np.isnan(values)), pa.py_buffer(np.ascontiguousarray(values))]
    )


def from_integers(values: NDArray[np.int32] | NDArray[np.int8]) -> pa.Array:
    """Return an array of the same width, null where negative."""
    kind = pa.int8() if values.dtype == np.int8 else pa.int32()
    return pa.Array.from_buffers(kind, len(values), [_validity(values < 0), pa.py_buffer(np.ascontiguousarray(values))])


def _validity(missing: Mask) -> pa.Buffer | None:
    return pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None


def from_mask(values: Mask) -> pa.Array:
    """Return a boolean array."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def texts(words: Sequence[str | bytes]) -> pa.Array:
    """Return a string array; words of bytes need not be UTF-8, and then the array must not be decoded."""
    raw = [word.encode() if isinstance(word, str) else word for word in words]
    edges = np.zeros(len(raw) + 1, dtype=np.int32)
    np.cumsum([len(word) for word in raw], out=edges[1:])
    return slices(b"".join(raw), edges)


def slices(data: bytes | NDArray[np.uint8], edges: NDArray[np.int32]) -> pa.Array:
    """Return a string array of adjacent slices; the i-th is data[edges[i] : edges[i + 1]]."""
    return pa.StringArray.from_buffers(len(edges) - 1, pa.py_buffer(edges), pa.py_buffer(data))


def gather(data: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> pa.Array:
    """Return a string array of copied slices; the i-th is data[starts[i] : ends[i]]."""
    lengths = ends - starts
    edges = np.concatenate(([0], np.cumsum(lengths)))
    indices = np.arange(edges[-1]) + np.repeat(starts - edges[:-1], lengths)
    return slices(np.frombuffer(data, np.uint8)[indices].tobytes(), edges.astype(np.int32))


def true_runs(kept: Mask) -> list[tuple[int, int]]:
    """Return the half-open ranges of consecutive True elements."""
    changes = np.flatnonzero(np.diff(np.concatenate(([0], kept.view(np.int8), [0])))).tolist()
    return list(zip(changes[0::2], changes[1::2], strict=True))
