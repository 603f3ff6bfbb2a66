"""Between numpy and Arrow, by their buffers: pyarrow's own conversions import pandas, which takes half a second."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats

Mask = NDArray[np.bool_]
POOL = pa.system_memory_pool()
"""Where large arrays live. The system's allocator hands a piece what the piece before gave back; pyarrow's own returns
it to the kernel in between, and taking it anew costs more than filling it."""
NO_TEXT = pa.nulls(1, pa.string())[0]
"""A null of text."""


def floats(array: pa.Array) -> Floats:
    """The (n,) values of a float64 array; NaN where null. A view where nothing is null, so not to be written to."""
    _, data = array.buffers()
    if data is None:
        return np.full(len(array), np.nan)
    values = np.frombuffer(data, np.float64, len(array), array.offset * 8)
    if array.null_count:
        values = values.copy()
        values[nulls(array)] = np.nan
    return values


def nulls(array: pa.Array) -> Mask:
    """Which of the n elements are null."""
    if pa.types.is_null(array.type):
        return np.ones(len(array), dtype=bool)
    validity = array.buffers()[0]
    if validity is None or array.null_count == 0:
        return np.zeros(len(array), dtype=bool)
    bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
    missing: Mask = bits[array.offset : array.offset + len(array)] == 0
    return missing


def runs_of(kept: Mask) -> list[tuple[int, int]]:
    """From where to where rows follow each other that are kept."""
    turns = np.flatnonzero(np.diff(np.concatenate(([0], kept.view(np.int8), [0])))).tolist()
    return list(zip(turns[0::2], turns[1::2], strict=True))


def mask(array: pa.BooleanArray) -> Mask:
    """The (n,) values of a boolean array; False where null."""
    bits = np.unpackbits(np.frombuffer(array.buffers()[1], np.uint8), bitorder="little")
    values = bits[array.offset : array.offset + len(array)].view(bool)
    return values & ~nulls(array) if array.null_count else values


def integers(array: pa.Array) -> NDArray[np.int32]:
    """The (n,) values of an int32 array without nulls."""
    return np.frombuffer(array.buffers()[1], np.int32, len(array), array.offset * 4)


def from_floats(values: Floats) -> pa.Array:
    """A float64 array; null where NaN."""
    gap = np.isnan(values)
    validity = pa.py_buffer(np.packbits(~gap, bitorder="little")) if gap.any() else None
    return pa.Array.from_buffers(pa.float64(), len(values), [validity, pa.py_buffer(np.ascontiguousarray(values))])


def from_integers(values: NDArray[np.int32] | NDArray[np.int8]) -> pa.Array:
    """An array of the same width; null where negative."""
    gap = values < 0
    validity = pa.py_buffer(np.packbits(~gap, bitorder="little")) if gap.any() else None
    kind = pa.int8() if values.dtype == np.int8 else pa.int32()
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(np.ascontiguousarray(values))])


def from_mask(values: Mask) -> pa.Array:
    """A boolean array."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def texts(words: Sequence[str | bytes]) -> pa.Array:
    """An array of text; bytes may be anything, and then the array must not be looked at as text."""
    raw = [word.encode() if isinstance(word, str) else word for word in words]
    edges = np.zeros(len(raw) + 1, dtype=np.int32)
    np.cumsum([len(word) for word in raw], out=edges[1:])
    return slices(b"".join(raw), edges)


def slices(data: bytes, edges: NDArray[np.int32]) -> pa.Array:
    """Text n slices long, the i-th from edges[i] to edges[i + 1] of `data`."""
    return pa.StringArray.from_buffers(len(edges) - 1, pa.py_buffer(edges), pa.py_buffer(data))


def gather(data: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> pa.Array:
    """Text n slices long, the i-th from starts[i] to ends[i] of `data`."""
    lengths = ends - starts
    edges = np.concatenate(([0], np.cumsum(lengths)))
    at = np.arange(edges[-1]) + np.repeat(starts - edges[:-1], lengths)
    return slices(np.frombuffer(data, np.uint8)[at].tobytes(), edges.astype(np.int32))


def content(array: pa.Array) -> tuple[memoryview, NDArray[np.int32]]:
    """What stands in a text array: its bytes in a row, and the n + 1 edges between its elements, from 0."""
    _, offsets, data = array.buffers()
    edges = np.frombuffer(offsets, np.int32, len(array) + 1, array.offset * 4)
    if data is None:
        return memoryview(b""), np.zeros(len(array) + 1, dtype=np.int32)
    return memoryview(data)[edges[0] : edges[-1]], edges - edges[0]
