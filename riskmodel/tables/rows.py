"""Tables that are read, whatever their format: a reader gives pieces, and the rows of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.kernels.scales import Floats
from riskmodel.tables.number_format import NumberFormat
from riskmodel.tables.rejects import Reject


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

    def line_numbers(self) -> NDArray[np.intp]:
        """(count,) the lines (or rows) on which the rows to be scored begin, from 1 where the piece starts."""

    def csv_lines(self) -> pa.Array:
        """The rows as a CSV file holds them, each led by the line end of the row before."""

    def csv_column(self, position: int) -> pa.Array:
        """The cells of a column of the file, as a CSV file holds them."""

    def arrow_column(self, position: int) -> pa.Array:
        """The cells of a column of the file, as a Parquet file holds them."""


class CsvFormat(NamedTuple):
    """How a table's rows are written as CSV."""

    beginning: bytes
    """What comes before the header: a byte-order mark or nothing."""
    names: Sequence[bytes]
    """The columns as they stand in a header."""
    line_end: bytes
    delimiter: str
    decimal: str


class Reader(Protocol):
    """A table that is being read."""

    @property
    def names(self) -> Sequence[str]:
        """The columns."""

    @property
    def schema(self) -> pa.Schema:
        """The columns as Parquet has them."""

    @property
    def csv_format(self) -> CsvFormat:
        """How the table is written as CSV."""

    @property
    def row_unit(self) -> Literal["line", "row"]:
        """What numbers the rows."""

    @property
    def lines_before(self) -> int:
        """How many lines (or rows) come before the first piece."""

    @property
    def numbers(self) -> NumberFormat:
        """How numbers in text are written."""

    @property
    def doubts_numbers(self) -> bool:
        """Whether a number in another format casts doubt on the file, because nobody has stated its decimal mark."""

    def pieces(self) -> Iterator[Any]:
        """The pieces of the table, in order."""

    def read(self, piece: Any, /) -> Rows:
        """Read the rows of a piece; may be called by several threads."""

    def check_csv(self, names: Sequence[str]) -> None:
        """Check that columns can be written as CSV.

        Raises
        ------
        SituationError
            Where the type of one has no text.
        """
