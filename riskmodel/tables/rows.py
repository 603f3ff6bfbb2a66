"""Interfaces of tables of any format: a reader yields pieces, and reads the rows of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats
from riskmodel.tables.columns import Matched
from riskmodel.tables.number_format import NumberFormat
from riskmodel.tables.rejects import Reject


class Rows(Protocol):
    """The rows of a piece: those that can be scored, and those that are rejected."""

    @property
    def count(self) -> int:
        """The number of rows to be scored."""

    @property
    def columns(self) -> Mapping[str, Floats]:
        """(count,) raw values by indicator, as the engine takes them."""

    @property
    def rejected(self) -> Sequence[Reject]:
        """The rows that cannot be scored, in order."""

    def rejected_cells(self, positions: Sequence[int] | None) -> list[list[str | None]]:
        """Return the cells of the rejected rows in some columns of the file, None where one is empty.

        None stands for all columns; then a row of CSV that is invalid as a whole is the first cell, as in the file.
        """

    @property
    def lines(self) -> int:
        """The number of lines (or rows) of the file in this piece."""

    @property
    def blank(self) -> int:
        """The number of empty lines."""

    @property
    def bytes_read(self) -> int:
        """The bytes of the file that had been read when the piece was complete."""

    @property
    def end(self) -> bytes:
        """The line end after the last row to be scored, in CSV."""

    def line_numbers(self) -> NDArray[np.intp]:
        """Return (count,) lines (or rows) at which the rows to be scored begin, from 1 at the start of the piece."""

    def csv_lines(self) -> pa.Array:
        """Return the rows as CSV, each after the line end of the row before."""

    def formula_candidates(self) -> NDArray[np.intp] | None:
        """Return the positions in the bytes of `csv_lines` of cells that may be formulas; None if they are unknown."""

    def flags(self, indicator: str) -> pa.Array:
        """Return the flags after the numbers of an indicator as text; null where there is none."""

    def csv_column(self, position: int) -> pa.Array:
        """Return the cells of a column of the file as CSV."""

    def arrow_column(self, position: int) -> pa.Array:
        """Return the cells of a column of the file as Parquet holds them."""


class CsvFormat(NamedTuple):
    """The format in which a table is written as CSV."""

    beginning: bytes
    """The bytes before the header: a byte-order mark or nothing."""
    names: Sequence[bytes]
    """The names of columns as they are written in the header."""
    line_end: bytes
    delimiter: str
    decimal: str


class Reader(Protocol):
    """A table that is being read."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns."""

    @property
    def matched(self) -> Matched:
        """Its columns, matched to the model."""

    @property
    def schema(self) -> pa.Schema:
        """The columns as Parquet holds them."""

    @property
    def csv_format(self) -> CsvFormat:
        """The format in which the table is written as CSV."""

    @property
    def row_unit(self) -> Literal["line", "row"]:
        """The unit in which rows are numbered."""

    @property
    def remarks(self) -> Sequence[str]:
        """Facts that a reader of the result should know; complete once all rows have been read."""

    @property
    def lines_before(self) -> int:
        """The number of lines (or rows) before the first piece."""

    @property
    def numbers(self) -> NumberFormat:
        """The format of numbers in text."""

    @property
    def guesses_decimal(self) -> bool:
        """True if the decimal mark is assumed, so that a number in another format puts the whole file in doubt."""

    def pieces(self) -> Iterator[Any]:
        """Yield the pieces of the table, in order."""

    def read(self, piece: Any, /) -> Rows:
        """Read the rows of a piece; thread-safe."""

    def check_csv(self, names: Sequence[str]) -> None:
        """Check that columns can be written as CSV.

        Raises
        ------
        SituationError
            The type of a column has no text.
        """
