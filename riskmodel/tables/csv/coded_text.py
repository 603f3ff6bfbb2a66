"""Columns of few distinct texts as codes into a table of them, and their cells joined row by row."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.tables import arrays

_BYTES = 8
"""Bytes of a word of the processor."""
_MASKS = np.array([(1 << 8 * length) - 1 for length in range(_BYTES + 1)], dtype=np.uint64)


class Words(NamedTuple):
    """Texts cut into words, the first byte of each word lowest and unused bytes 0."""

    words: NDArray[np.uint64]
    """(words of the longest text, texts)."""
    lengths: NDArray[np.uint8]
    """(words of the longest text, texts) bytes of each word that are used."""
    totals: NDArray[np.intp]
    """(texts,) bytes of each text."""


class TextTable:
    """Distinct texts.

    Parameters
    ----------
    texts : the texts.
    separator : the text that follows each of them in `followed`.
    """

    def __init__(self, texts: Sequence[str], separator: str) -> None:
        self._raw, self._separator = [text.encode() for text in texts], separator.encode()
        self.texts = arrays.texts(self._raw)

    @cached_property
    def alone(self) -> Words:
        """The texts."""
        return _words(self._raw)

    @cached_property
    def followed(self) -> Words:
        """The texts, each followed by the separator."""
        return _words([text + self._separator for text in self._raw])

    def __len__(self) -> int:
        return len(self._raw)


def _words(texts: Sequence[bytes]) -> Words:
    totals = np.array([len(text) for text in texts], dtype=np.intp)
    count = max(-(-int(totals.max()) // _BYTES), 1)
    data = b"".join(text.ljust(count * _BYTES, b"\0") for text in texts)
    words = np.ascontiguousarray(np.frombuffer(data, "<u8").reshape(-1, count).T)
    lengths = np.clip(totals - np.arange(0, count * _BYTES, _BYTES)[:, None], 0, _BYTES).astype(np.uint8)
    return Words(words, lengths, totals)


class CodedTexts(NamedTuple):
    """A column of texts."""

    table: TextTable
    codes: NDArray[np.intp]
    """(n,) positions in the table."""

    def array(self) -> pa.Array:
        """Return the texts."""
        return self.table.texts.take(arrays.from_integers(self.codes.astype(np.int32)))


def joined(columns: Sequence[CodedTexts]) -> pa.Array:
    """Return (n,) rows of texts joined by their separator; faster than taking and joining the texts of each column.

    Each word is written whole, column after column, and the next one of its row overwrites its unused bytes. Where
    these reach into the next row, which has been written in part, the bytes there are kept.
    """
    parts = [(column.table.followed, column.codes) for column in columns[:-1]]
    parts.append((columns[-1].table.alone, columns[-1].codes))
    edges = np.zeros(len(columns[0].codes) + 1, dtype=np.intp)
    for words, codes in parts:
        edges[1:] += words.totals.take(codes)
    np.cumsum(edges, out=edges)
    data = np.zeros(int(edges[-1]) + _BYTES, dtype=np.uint8)
    at_each_byte = np.ndarray((len(data) - _BYTES + 1,), "<u8", buffer=data, strides=(1,))
    positions = edges[:-1].copy()
    for words, codes in parts:
        for word, lengths in zip(words.words, words.lengths, strict=True):
            written, length = word.take(codes), lengths.take(codes)
            if (edges[1:] - positions).min(initial=_BYTES) < _BYTES:
                written |= at_each_byte[positions] & ~_MASKS.take(length)
            at_each_byte[positions] = written
            positions += length
    return arrays.slices(data, edges.astype(np.int32))
