"""What a piece of a file is once it has been read, whatever the file's format."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.arrays import Mask
from riskmodel.errors import Problem, also_at, counted
from riskmodel.kernels.scales import Floats

_TOLD = 10
"""How many kinds of rejected rows an error names."""


class Reject(NamedTuple):
    """A row that cannot be scored."""

    line: int
    """Line of the file (row of a Parquet file) on which it begins, from 1; within a piece, from the piece's start."""
    id: str
    """The cell of the column `id`; empty where there is none."""
    column: str
    """The first column at fault; empty where it is the row as a whole."""
    value: str
    reason: str


class Fault(NamedTuple):
    """What is wrong with one cell; column and value are empty where it is the row as a whole."""

    column: str
    value: str
    reason: str


class Rows(Protocol):
    """The rows of a piece that can be scored, and those that cannot."""

    @property
    def count(self) -> int:
        """Rows to be scored."""

    @property
    def columns(self) -> Mapping[str, Floats]:
        """(count,) raw values by indicator, as the engine takes them."""

    @property
    def rejected(self) -> Sequence[Reject]:
        """The rows that cannot be scored, in order."""

    @property
    def lines(self) -> int:
        """Lines (or rows) of the file that the piece covers."""

    @property
    def blank(self) -> int:
        """Lines without anything on them."""

    @property
    def seen(self) -> int:
        """Bytes of the file that had been read when the piece was complete."""

    @property
    def end(self) -> bytes:
        """What ends the line of the last row to be scored, in CSV."""

    def numbers(self) -> NDArray[np.intp]:
        """(count,) the lines (or rows) on which the rows to be scored begin, from 1 where the piece starts."""

    def whole(self) -> pa.Array:
        """The rows as a CSV file holds them, each led by the line end of the row before."""

    def cells(self, place: int) -> pa.Array:
        """The cells of a column of the file, as a CSV file holds them."""

    def typed(self, place: int) -> pa.Array:
        """The cells of a column of the file, as a Parquet file holds them."""


def reject(line: int, row_id: str, faults: Sequence[Fault]) -> Reject:
    """One reject for all that is wrong with a row."""
    first, *others = faults
    more = "".join(f"; also {fault.column} {fault.value!r}: {fault.reason}" for fault in others)
    return Reject(line, row_id, first.column, first.value, first.reason + more)


def runs_of(kept: Mask) -> list[tuple[int, int]]:
    """From where to where rows follow each other that are kept."""
    turns = np.flatnonzero(np.diff(np.concatenate(([0], kept.view(np.int8), [0])))).tolist()
    return list(zip(turns[0::2], turns[1::2], strict=True))


def told(reject: Reject, file: str, place: str) -> Problem:
    """A rejected row as a problem.

    Parameters
    ----------
    reject : the row, numbered within the file.
    file : the file's name.
    place : what numbers its rows: `line` or `row`.
    """
    field = f"column {reject.column}" if reject.column else ""
    if place == "line":
        return Problem(reject.reason, field, file, reject.line)
    return Problem(reject.reason, f"row {reject.line}, {field}".rstrip(", "), file)


def too_many_rejected(most: int) -> str:
    """Say that a run has stopped because more rows than these are rejected."""
    return f"more than {counted(most, 'row')} {'is' if most == 1 else 'are'} rejected; stopped, and nothing written"


class FirstTold(NamedTuple):
    """Problems about the first of some rejected rows, and how many rows they are not about."""

    problems: list[Problem]
    more: int


def first_told(rejects: Sequence[Reject], file: str, place: str) -> FirstTold:
    """Make problems of rejected rows; rows of which the same is wrong are one problem, and only the first are told."""
    groups: dict[tuple[str, str], list[Reject]] = {}
    for row in rejects:
        groups.setdefault((row.column, row.reason), []).append(row)
    problems, covered = [], 0
    for first, *others in list(groups.values())[:_TOLD]:
        also = also_at([f"{place} {other.line}" for other in others])
        problems.append(told(first._replace(reason=first.reason + also), file, place))
        covered += 1 + len(others)
    return FirstTold(problems, len(rejects) - covered)
