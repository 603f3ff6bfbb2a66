"""Rows of text that has a delimiter and no quotes, by the positions of its delimiters: for a few columns of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_TAB, _LF = 9, 10
_WORD = 8


@dataclass(frozen=True, eq=False)
class TabbedText:
    """Lines that all have the same number of columns, with a tab between and a line feed after.

    Attributes
    ----------
    text : the lines.
    ends : (n, columns) where each cell ends.
    """

    text: bytes
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, text: bytes, columns: int) -> Self | None:
        """Return the cells of a text; None if a line has another number of columns, or the last has no end."""
        characters = np.frombuffer(text, np.uint8)
        # One comparison for both signs: below 9, the difference is large.
        ends = np.flatnonzero((characters - np.uint8(_TAB)) <= _LF - _TAB)
        lines, rest = divmod(len(ends), columns)
        if rest or not lines or np.count_nonzero(characters == _LF) != lines or not text.endswith(b"\n"):
            return None
        ends = ends.reshape(lines, columns)
        if (characters[ends[:, -1]] != _LF).any():
            return None
        return cls(text, ends)

    def __len__(self) -> int:
        return len(self.ends)

    def starts(self, column: int) -> NDArray[np.intp]:
        """Return (n,) where the cells of a column start."""
        if column:
            return self.ends[:, column - 1] + 1
        return np.concatenate(([0], self.ends[:-1, -1] + 1))

    def lengths(self, column: int) -> NDArray[np.intp]:
        """Return (n,) the number of bytes of the cells of a column."""
        return self.ends[:, column] - self.starts(column)

    def equal(self, column: int, value: bytes, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of some rows have this value in a column."""
        characters = np.frombuffer(self.text, np.uint8)
        start = self.ends[rows, column - 1] + 1
        is_equal = self.ends[rows, column] - start == len(value)
        start = np.minimum(start, len(characters) - len(value))
        for offset, character in enumerate(value):
            is_equal &= characters[start + offset] == character
        return is_equal

    def beginnings(self, column: int, lengths: Sequence[int]) -> tuple[list[str], list[int]] | None:
        """Return the distinct first eight bytes of a column's cells, and their counts; None if one has another length."""
        if not np.isin(self.lengths(column), lengths).all():
            return None
        windows = sliding_window_view(np.frombuffer(self.text, np.uint8), _WORD)[self.starts(column)]
        words, counts = np.unique(windows.view(np.uint64).ravel(), return_counts=True)
        return [word.decode("latin-1") for word in words.view("S8").tolist()], counts.tolist()

    def first_columns(self, columns: int, rows: NDArray[np.intp]) -> bytes:
        """Return the first columns of some rows as text."""
        starts, ends = self.starts(0)[rows], self.ends[rows, columns - 1]
        return b"\n".join([self.text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
