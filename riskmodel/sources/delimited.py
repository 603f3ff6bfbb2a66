"""Rows of text that has a delimiter and no quotes, by the positions of its delimiters: for a few columns of many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_TAB, _LF = 9, 10
_WORD = 8
_BLOCK = 1 << 20
"""Bytes of text at a time, so that the arrays of a block fit into the processor's cache."""


@dataclass(frozen=True, eq=False)
class TabbedText:
    """Lines that all have the same number of columns, with a tab between and a line feed after.

    Attributes
    ----------
    text : the lines, and others before and after.
    start : where the first line starts.
    ends : (n, columns) where each cell ends.
    """

    text: bytes
    start: int
    ends: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def characters(self) -> NDArray[np.uint8]:
        """The bytes of the text."""
        return np.frombuffer(self.text, np.uint8)

    def starts(self, column: int) -> NDArray[np.intp]:
        """Return (n,) where the cells of a column start."""
        if column:
            return self.ends[:, column - 1] + 1
        return np.concatenate(([self.start], self.ends[:-1, -1] + 1))

    def lengths(self, column: int) -> NDArray[np.intp]:
        """Return (n,) the number of bytes of the cells of a column."""
        return self.ends[:, column] - self.starts(column)

    def equal(self, column: int, value: bytes, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of some rows have this value in a column."""
        start = self.ends[rows, column - 1] + 1
        same_length = np.flatnonzero(self.ends[rows, column] - start == len(value))
        is_equal = np.zeros(len(rows), np.bool_)
        windows = sliding_window_view(self.characters, len(value))[start[same_length]]
        is_equal[same_length] = (windows == np.frombuffer(value, np.uint8)).all(axis=1)
        return is_equal

    def beginnings(self, column: int, lengths: Sequence[int]) -> tuple[list[str], list[int]] | None:
        """Return the distinct first eight bytes of a column's cells, and counts; None if a cell has another length."""
        if not np.isin(self.lengths(column), lengths).all():
            return None
        windows = sliding_window_view(self.characters, _WORD)[self.starts(column)]
        words, counts = np.unique(windows.view(np.uint64).ravel(), return_counts=True)
        return [word.decode("latin-1") for word in words.view("S8").tolist()], counts.tolist()


def cells_at(text: bytes, starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> pa.BinaryArray:
    """Return the cells of a text that start at some positions and have some lengths."""
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
    characters = np.frombuffer(text, np.uint8)
    shifted = characters[start:stop] - np.uint8(_TAB)  # a tab is 0, a line feed 1, all else more
    n_lines = np.count_nonzero(shifted == _LF - _TAB)
    ends = np.flatnonzero(np.less_equal(shifted, _LF - _TAB, out=shifted.view(np.bool_)))
    if len(ends) != n_lines * columns:
        return None
    block = TabbedText(text, start, (ends + start).reshape(n_lines, columns))
    return block if (characters[block.ends[:, -1]] == _LF).all() else None
