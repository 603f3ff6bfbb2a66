"""Rows of text that has a delimiter and no quotes, by the positions of its delimiters: for a few columns of many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_TAB, _LF = 9, 10
_WORD = 8
_BLOCK = 1 << 21
"""Bytes of text at a time: arrays of larger ones would be given back to the kernel, which has to clear them anew."""
_CELL = 5
"""Bytes of a cell, with its tab, within which the first columns of nearly all rows end."""


@dataclass(frozen=True, eq=False)
class TabbedText:
    """Lines that all have the same number of columns, with a tab between and a line feed after.

    Attributes
    ----------
    text : the lines, and others before and after.
    starts : (n,) where the lines start in the text.
    ends : where the cells end, at least the needed first ones of each line, up to a shift for each line.
    first : (n,) the position in `ends` of the first cell of each line.
    shift : (n,) what to add to the `ends` of each line for positions in the text.
    """

    text: bytes
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    first: NDArray[np.intp]
    shift: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def characters(self) -> NDArray[np.uint8]:
        """The bytes of the text."""
        return np.frombuffer(self.text, np.uint8)

    def has_blank_starts(self) -> bool:
        """Return whether the first cell of a line is blank."""
        return bool((self.characters[self.starts] == _TAB).any())

    def lengths(self, column: int) -> NDArray[np.intp]:
        """Return (n,) the number of bytes of the cells of a column after the first."""
        ends = self.first + column
        lengths: NDArray[np.intp] = self.ends[ends] - self.ends[ends - 1] - 1
        return lengths

    def bounds(self, column: int, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where the cells of some rows start and end in the text."""
        ends, shift = self.first[rows] + column, self.shift[rows]
        starts = self.ends[ends - 1] + shift + 1 if column else self.starts[rows]
        return starts, self.ends[ends] + shift

    def rows_with(self, column: int, value: bytes, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those of some rows that have this value in a column after the first."""
        starts, ends = self.bounds(column, rows)
        is_equal = np.flatnonzero(ends - starts == len(value))
        for offset, character in enumerate(value):
            is_equal = is_equal[self.characters[starts[is_equal] + offset] == character]
        return rows[is_equal]

    def beginnings(self, column: int, lengths: Sequence[int]) -> list[tuple[str, int]] | None:
        """Return the first eight bytes of a column's cells, each with the number of cells after another that have them.

        None if the cells have not all the same of these lengths.
        """
        length = self.lengths(column)
        if length[0] not in lengths or (length != length[0]).any():
            return None
        starts, _ = self.bounds(column, np.arange(len(self)))
        words = sliding_window_view(self.characters, _WORD)[starts].view(np.uint64).ravel()
        first = np.flatnonzero(np.concatenate(([True], words[1:] != words[:-1])))
        counts = np.diff(np.append(first, len(words)))
        texts = [word.decode("latin-1") for word in words[first].view("S8").tolist()]
        return list(zip(texts, counts.tolist(), strict=True))


def cells_at(text: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> pa.BinaryArray:
    """Return the cells of a text that start and end at some positions, in their order."""
    # Every other cell of this array is the text between two.
    bounds = np.empty(2 * len(starts), np.int32)
    bounds[::2], bounds[1::2] = starts, ends
    size = max(len(bounds) - 1, 0)
    cells = pa.BinaryArray.from_buffers(pa.binary(), size, [None, pa.py_buffer(bounds), pa.py_buffer(text)])
    return cells.take(pa.array(np.arange(0, size, 2)))


def tabbed_blocks(text: bytes, columns: int, needed: int) -> Iterator[TabbedText | None]:
    """Yield text in blocks of lines; None, and no more, at a line that has another number of columns, or no end.

    Parameters
    ----------
    text : the lines.
    columns : their number of columns, at most 256.
    needed : how many of the first columns are used.
    """
    start, masks = 0, np.empty((2, len(text)), np.bool_)  # of which the first part is used for each block
    while start < len(text):
        stop = text.rfind(b"\n", start, start + _BLOCK) + 1 or text.find(b"\n", start) + 1
        block = _block(text, start, masks[:, : stop - start], columns, needed) if stop else None
        yield block
        if block is None:
            return
        start = stop


def _block(text: bytes, start: int, masks: NDArray[np.bool_], columns: int, needed: int) -> TabbedText | None:
    """Return the lines from a start, as many bytes as the masks have; those are overwritten."""
    characters = np.frombuffer(text, np.uint8, masks.shape[1], start)
    is_tab, is_end = np.equal(characters, _TAB, out=masks[0]), np.equal(characters, _LF, out=masks[1])
    stops = np.flatnonzero(is_end) + 1
    starts = np.concatenate(([0], stops[:-1]))
    # Sums modulo 256 are faster; a row with 256 tabs more makes them too many.
    tabs = np.add.reduceat(is_tab.view(np.uint8), starts, dtype=np.uint8)
    if (tabs != columns - 1).any() or np.count_nonzero(is_tab) != len(starts) * (columns - 1):
        return None
    if 2 * needed > columns:
        is_end |= is_tab
        first = np.arange(0, columns * len(starts), columns)
        return TabbedText(text, starts + start, np.flatnonzero(is_end), first, np.full(len(starts), start))
    # Of most lines only a first part is looked at, with at most 255 tabs.
    width = min(_CELL * needed, 255)
    n_parts = int(np.searchsorted(starts, len(is_tab) - width, "right"))
    parts = sliding_window_view(is_tab, min(width, len(is_tab)))[starts[:n_parts]]
    counts = np.zeros(len(starts), np.intp)
    np.add.reduce(parts.view(np.uint8), axis=1, dtype=np.uint8, out=counts[:n_parts])
    ends, first, shift = np.flatnonzero(parts), np.cumsum(counts) - counts, starts - width * np.arange(len(starts))
    if (long := np.flatnonzero(counts < needed)).size:
        places, offsets = _spans(starts[long], stops[long])
        first[long] = len(ends) + (columns - 1) * np.arange(len(long))
        shift[long] = starts[long] - offsets
        ends = np.concatenate((ends, np.flatnonzero(is_tab[places])))
    return TabbedText(text, starts + start, ends, first, shift + start)


def _spans(starts: NDArray[np.intp], stops: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions from each start to its stop in one array, and where each begins in it."""
    lengths = stops - starts
    offsets = np.cumsum(lengths) - lengths
    return np.repeat(starts - offsets, lengths) + np.arange(lengths.sum()), offsets
