"""Read short numbers of CSV in bulk: a column has few distinct texts, so a hash table remembers the number of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats
from riskmodel.tables.cells import MISSING_WORDS
from riskmodel.tables.number_format import NumberFormat

_BYTES = 8
"""The longest text: a word of the processor."""
_BITS = 16
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio (Knuth, *The Art of Computer Programming*, vol. 3, section 6.4)."""
_PROBES = 4
"""The slots that are tried for a text: its own, and those that follow."""
_SHIFT = np.uint64(64 - _BITS)
_MASKS = np.array([(1 << 8 * length) - 1 for length in range(_BYTES + 1)], dtype=np.uint64)
_BLOCK_CELLS = 32_768
"""Cells that are read at once: their arrays stay in the processor's cache."""
_FIRST_TEXTS, _CELLS_PER_TEXT = 2_048, 64
"""The new texts that a column may have: at first, and one more in so many cells. Reading a new text takes as long as
looking up that many cells, so a column with more of them is left to a parser."""
_LF, _CR, _QUOTE = ord("\n"), ord("\r"), ord('"')

Positions = NDArray[np.intp]
Words = NDArray[np.uint64]


class _Entries(NamedTuple):
    words: Words
    """0, which is the empty text, where a slot is free."""
    numbers: Floats


class ReadCells(NamedTuple):
    """The cells of rows."""

    numbers: dict[int, Floats]
    """(n,) numbers by column, NaN where missing."""
    others: Positions | None
    """The positions of the cells of all other columns that begin with a byte that was asked for; None if unknown."""


class ShortNumbers:
    """The numbers of short texts in one file, shared by threads.

    Parameters
    ----------
    delimiter, width : the delimiter and the number of columns of the file.
    columns : the columns of numbers.
    number_format : the format of the numbers; spaces around a number are not read.
    starts : the bytes with which cells of other columns begin that are to be found.
    """

    def __init__(
        self, delimiter: int, width: int, columns: Sequence[int], number_format: NumberFormat, starts: bytes
    ) -> None:
        self._delimiter, self._width, self._format, self._columns = delimiter, width, number_format, tuple(columns)
        self._starts = np.zeros(256, dtype=bool)
        self._starts[list(starts)] = True
        self._entries, self._lock = _Entries(np.zeros(1 << _BITS, dtype=np.uint64), np.zeros(1 << _BITS)), Lock()
        self._entries.numbers[0] = np.nan
        self._rows, self._new_texts, self._varied = 0, Counter[int](), set[int]()

    def read(self, data: bytes, edges: Positions) -> ReadCells | None:
        """Read the columns that have only short numbers and missing words, and few different ones.

        Parameters
        ----------
        data : the text.
        edges : (n + 1,) its rows, each after a line end.

        Returns
        -------
        None if a row has too few or too many cells, or too few columns can be read for this to be faster than a parser.
        """
        columns = [column for column in self._columns if column not in self._varied]
        if len(columns) * 2 < self._width:
            return None
        others = _index([column for column in range(self._width) if column not in columns])
        chosen, failed = _index(columns), set[int]()
        numbers = np.empty((len(columns), len(edges) - 1))
        hits = [np.empty(0, dtype=np.intp)]
        # Two words are read for each cell, the second of which may be beyond the text.
        data += bytes(3 * _BYTES - len(data) % _BYTES)
        buffer, words = np.frombuffer(data, np.uint8), np.frombuffer(data, "<u8")
        self._rows += len(edges) - 1
        step = max(_BLOCK_CELLS // self._width, 1)
        for first in range(0, len(edges) - 1, step):
            cells = self._cells(buffer, edges[first : first + step + 1])
            if cells is None:
                return None
            starts, lengths = cells
            begins = starts[:, others]
            hits.append(begins[self._starts[buffer[begins]]])
            lengths[:, others] = 0
            numbers[:, first : first + step] = self._numbers(words, starts, lengths, failed)[:, chosen].T
        read = {column: row for column, row in zip(columns, numbers, strict=True) if column not in failed}
        return ReadCells(read, None if failed or _QUOTE in data else np.concatenate(hits))

    def _cells(self, buffer: NDArray[np.uint8], edges: Positions) -> tuple[Positions, Positions] | None:
        """Return the (n, columns) starts and lengths of cells; None if a row has too few or too many."""
        begin, end = int(edges[0]), int(edges[-1])
        text = buffer[begin:end]
        is_separator = text == self._delimiter
        is_separator |= text == _LF
        starts = np.flatnonzero(is_separator)
        quotes = np.flatnonzero(text == _QUOTE)
        if len(quotes):
            starts = starts[np.searchsorted(quotes, starts) % 2 == 0]
        if len(starts) != (len(edges) - 1) * self._width:
            return None
        starts += begin + 1
        line_ends = 1 + (buffer[edges] == _CR)
        if not np.array_equal(starts[:: self._width], edges[:-1] + line_ends[:-1]):
            return None
        lengths = np.empty_like(starts)
        np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
        lengths -= 1
        lengths[self._width - 1 :: self._width] = edges[1:] - starts[self._width - 1 :: self._width]
        return starts.reshape(-1, self._width), lengths.reshape(-1, self._width)

    def _numbers(self, words: Words, starts: Positions, lengths: Positions, failed: set[int]) -> Floats:
        """Return the (n, columns) numbers of cells; add the columns that cannot be read to `failed`."""
        if lengths.max() > _BYTES:
            failed.update(np.flatnonzero((lengths > _BYTES).any(axis=0)).tolist())
            lengths[:, list(failed)] = 0
        texts = _unaligned(words, starts.reshape(-1))
        texts &= _MASKS.take(lengths.reshape(-1))
        numbers, unknown = self._look_up(texts)
        if len(unknown):
            columns, learned = unknown % self._width, dict[int, float]()
            for column in np.unique(columns).tolist():
                known = self._learn(column, texts, unknown[columns == column], numbers)
                if known is None:
                    failed.add(column)
                else:
                    learned |= known
            self._remember(learned)
        return numbers.reshape(starts.shape)

    def _look_up(self, texts: Words) -> tuple[Floats, Positions]:
        """Return (n,) numbers, and the positions of the texts without an entry."""
        entries, slots = self._entries, _slots(texts)
        numbers: Floats = entries.numbers.take(slots)
        unknown = np.flatnonzero(entries.words.take(slots) != texts)
        for step in range(1, _PROBES):
            if len(unknown):
                further = (slots[unknown] + step) % (1 << _BITS)
                known = entries.words[further] == texts[unknown]
                numbers[unknown[known]] = entries.numbers[further[known]]
                unknown = unknown[~known]
        return numbers, unknown

    def _learn(self, column: int, texts: Words, unknown: Positions, numbers: Floats) -> dict[int, float] | None:
        """Fill in and return the numbers of unknown texts of a column; None if one is none, or there are too many."""
        new, inverse = np.unique(texts[unknown], return_inverse=True)
        self._new_texts[column] += len(new)
        if self._new_texts[column] > _FIRST_TEXTS + self._rows / _CELLS_PER_TEXT:
            self._varied.add(column)
            return None
        known: dict[int, float] = {}
        for text in new.tolist():
            number = self._number(text)
            if number is None:
                return None
            known[text] = number
        numbers[unknown] = np.array(list(known.values()))[inverse]
        return known

    def _number(self, word: int) -> float | None:
        text = word.to_bytes(_BYTES, "little").rstrip(b"\0").decode(errors="backslashreplace")
        if text in MISSING_WORDS:
            return np.nan
        return None if text != text.strip() else self._format.number(text)

    def _remember(self, known: Mapping[int, float]) -> None:
        """Fill free slots. Other threads read the entries meanwhile, so these are replaced and never changed."""
        with self._lock:
            entries = _Entries(self._entries.words.copy(), self._entries.numbers.copy())
            for text, slot in zip(known, _slots(np.array(list(known), dtype=np.uint64)).tolist(), strict=True):
                for probe in range(slot, slot + _PROBES):
                    index = probe % (1 << _BITS)
                    if entries.words[index] == text:
                        break
                    if entries.words[index] == 0 and index != 0:
                        entries.words[index], entries.numbers[index] = text, known[text]
                        break
            self._entries = entries


def _index(columns: Sequence[int]) -> slice | list[int]:
    """Return the index of columns, a slice where they are adjacent, which is faster."""
    if columns and columns[-1] - columns[0] == len(columns) - 1:
        return slice(columns[0], columns[-1] + 1)
    return list(columns)


def _slots(texts: Words) -> Positions:
    slots = texts * _MULTIPLIER
    slots >>= _SHIFT
    return slots.view(np.intp)


def _unaligned(words: Words, positions: Positions) -> Words:
    """Return the words at any bytes of a text, from the words at every eighth; faster than unaligned reading."""
    at, bits = positions >> 3, positions & 7
    bits <<= 3
    shift = bits.view(np.uint64)
    result: Words = words.take(at)
    result >>= shift
    at += 1
    further = words.take(at)
    # A shift by 64 gives 0.
    further <<= np.subtract(np.uint64(64), shift, out=shift)
    result |= further
    return result
