"""Rows of text that has a delimiter and no quotes, by the positions of its delimiters: for a few columns of many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_TAB, _LF = 9, 10
_WORD = 8
_BLOCK = 1 << 22
"""Bytes of text at a time: from 4 MB on NumPy asks for large pages of memory, without which the kernel takes longer."""


@dataclass(frozen=True, eq=False)
class TabbedText:
    """Lines that all have the same number of columns, with a tab between and a line feed after.

    Attributes
    ----------
    text : the lines, and others before and after.
    start : where the first line starts.
    ends : (n, columns) where each cell ends, from the start.
    """

    text: bytes
    start: int
    ends: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def characters(self) -> NDArray[np.uint8]:
        """The bytes of the lines."""
        return np.frombuffer(self.text, np.uint8, offset=self.start)

    def has_blank_starts(self) -> bool:
        """Return whether the first cell of a line is blank."""
        return self.ends[0, 0] == 0 or bool((self.ends[1:, 0] == self.ends[:-1, -1] + 1).any())

    def lengths(self, column: int) -> NDArray[np.intp]:
        """Return (n,) the number of bytes of the cells of a column after the first."""
        return self.ends[:, column] - self.ends[:, column - 1] - 1

    def bounds(self, column: int, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where the cells of some rows start and end in the text."""
        ends = self.ends.ravel()
        # The cell before the first column is the last of the line before; there is none before the first line.
        before = rows * self.ends.shape[1] + column - 1
        starts = np.where(before < 0, 0, ends[before] + 1)
        return starts + self.start, ends[before + 1] + self.start

    def rows_with(self, column: int, value: bytes, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those of some rows that have this value in a column after the first."""
        start = self.ends[rows, column - 1] + 1
        is_equal = np.flatnonzero(self.ends[rows, column] - start == len(value))
        for offset, character in enumerate(value):
            is_equal = is_equal[self.characters[start[is_equal] + offset] == character]
        return rows[is_equal]

    def beginnings(self, column: int, lengths: Sequence[int]) -> list[tuple[str, int]] | None:
        """Return the first eight bytes of a column's cells, each with the number of cells after another that have them.

        None if the cells have not all the same of these lengths.
        """
        length = self.lengths(column)
        if length[0] not in lengths or (length != length[0]).any():
            return None
        windows = sliding_window_view(self.characters, _WORD)[self.ends[:, column - 1] + 1]
        words = windows.view(np.uint64).ravel()
        first = np.flatnonzero(np.concatenate(([True], words[1:] != words[:-1])))
        counts = np.diff(np.append(first, len(words)))
        texts = [word.decode("latin-1") for word in words[first].view("S8").tolist()]
        return list(zip(texts, counts.tolist(), strict=True))


def cells_at(text: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> pa.BinaryArray:
    """Return the cells of a text that start and end at some positions."""
    lengths = ends - starts
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    source = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    data = np.frombuffer(text, np.uint8)[source]
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)]
    return pa.BinaryArray.from_buffers(pa.binary(), len(starts), buffers)


def tabbed_blocks(text: bytes, columns: int) -> Iterator[TabbedText | None]:
    """Yield text in blocks of lines; None, and no more, at a line that has another number of columns, or no end."""
    start = 0
    while start < len(text):
        stop = text.rfind(b"\n", start, start + _BLOCK) + 1 or text.find(b"\n", start) + 1
        block = _block(text, columns, start, stop) if stop else None
        yield block
        if block is None:
            return
        start = stop


def _block(text: bytes, columns: int, start: int, stop: int) -> TabbedText | None:
    characters = np.frombuffer(text, np.uint8, stop - start, start)
    n_lines = np.count_nonzero(characters == _LF)
    ends = np.flatnonzero(characters <= _LF)
    if characters.min() < _TAB or len(ends) != n_lines * columns:
        return None
    block = TabbedText(text, start, ends.reshape(n_lines, columns))
    return block if (characters[block.ends[:, -1]] == _LF).all() else None
