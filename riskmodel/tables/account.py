"""Write the accounts of all rows as a long table: row, columns that name rows, score, kind, name, points.

The lines of a row and score are those of an assessment, and their points sum to its exact value. A row without a score
has no lines for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import BinaryIO, NamedTuple, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.engine.account import AccountLines, Entry, account_entries
from riskmodel.engine.compile import CompiledModel
from riskmodel.tables import arrays
from riskmodel.tables.arrow.output_columns import check_same_type
from riskmodel.tables.csv.escape import escape_formulas, quoted
from riskmodel.tables.csv.score_text import number_texts
from riskmodel.tables.csv.writer import check_same_format, compressed
from riskmodel.tables.rejects import distinct_from
from riskmodel.tables.rows import CsvFormat, Reader, Rows

OWN = ("row", "score", "kind", "name", "points")


class Part(NamedTuple):
    """Some lines, encoded but for the numbers of their rows."""

    rows: NDArray[np.intp]
    """(m,) positions of their rows among those of the piece."""
    content: pa.Array | pa.RecordBatch


class AccountWriter(Protocol):
    """A file of accounts that is being written."""

    def encode(self, rows: Rows, parts: Iterable[AccountLines]) -> list[Part]:
        """Encode the lines of a piece; thread-safe."""

    def write(self, part: Part, first: int) -> None:
        """Write lines, of a piece that begins with the row of this number, from 1."""

    def continued(self, reader: Reader, ids: Sequence[int]) -> Self:
        """Return a writer of the same file for the rows of another input, whose columns have the same names.

        Raises
        ------
        SituationError
            The format of its rows is another, or the type of a column that names them.
        """

    def close(self) -> None:
        """Write the rest; the file itself stays open."""

    def abandon(self) -> None:
        """Stop writing; the file is incomplete and will be discarded."""


def id_names(reader: Reader, ids: Sequence[int]) -> list[str]:
    """Return the names of the columns that name rows, distinct from those that the table has of its own."""
    return distinct_from(OWN, [reader.names[position] for position in ids])


class CsvAccount:
    """A CSV file of accounts, in the format of the scored rows.

    Parameters
    ----------
    file : the file to write.
    model : the model.
    reader, ids : the input, and the positions of its columns that name rows.
    compression : `gz`, `zst` or empty.
    escape : whether formulas are escaped with a `'`.
    """

    def __init__(
        self, file: BinaryIO, model: CompiledModel, reader: Reader, ids: Sequence[int], compression: str, escape: bool
    ) -> None:
        self._file, self._ids, self._compression, self._escapes = file, ids, compression, escape
        self._format: CsvFormat = reader.csv_format
        delimiter = self._format.delimiter
        entries = (
            delimiter.join(("", *(quoted(cell, delimiter) for cell in entry), "")) for entry in account_entries(model)
        )
        self._entries = arrays.texts(list(entries))
        self._between, self._nothing = arrays.texts([delimiter])[0], arrays.texts([""])[0]
        self._line_end = arrays.texts([self._format.line_end])[0]
        header = [OWN[0], *id_names(reader, ids), *OWN[1:]]
        texts = arrays.texts([delimiter + delimiter.join(quoted(name, delimiter) for name in header)])
        line = bytes(arrays.content(self._safe(texts))[0])[len(delimiter) :]
        file.write(compressed(self._format.beginning + line + self._format.line_end, compression))

    def _safe(self, cells: pa.Array) -> pa.Array:
        """Escape formulas in cells that each follow a delimiter."""
        return escape_formulas(cells, self._format.delimiter)[0] if self._escapes else cells

    def encode(self, rows: Rows, parts: Iterable[AccountLines]) -> list[Part]:
        """Encode the lines of a piece from the cells that name their rows to their ends."""
        names = None
        if self._ids:
            cells = [rows.csv_column(position) for position in self._ids]
            names = self._safe(pc.binary_join_element_wise(self._nothing, *cells, self._between))
        return [Part(part.rows, self._tails(names, part)) for part in parts]

    def _tails(self, names: pa.Array | None, lines: AccountLines) -> pa.Array:
        pieces = [] if names is None else [arrays.taken(names, lines.rows)]
        pieces.append(self._entries.take(arrays.from_integers(lines.entries)))
        pieces.append(number_texts(lines.points, self._format.delimiter, self._format.decimal))
        return pc.binary_join_element_wise(*pieces, self._line_end, self._nothing)

    def write(self, part: Part, first: int) -> None:
        """Write lines."""
        numbers = pc.cast(_numbers(part.rows, first), pa.string())
        text = pc.binary_join_element_wise(numbers, part.content, self._nothing)
        self._file.write(compressed(arrays.content(text)[0], self._compression))

    def continued(self, reader: Reader, ids: Sequence[int]) -> Self:
        """Return a writer for another input; see `AccountWriter.continued`."""
        check_same_format(reader.csv_format, self._format)
        other = copy(self)
        other._ids = ids
        return other

    def close(self) -> None:
        """Do nothing: no lines are buffered."""

    def abandon(self) -> None:
        """Do nothing: no lines are buffered."""


class ParquetAccount:
    """A Parquet file of accounts.

    Parameters
    ----------
    file : the file to write.
    model : the model.
    reader, ids : the input, and the positions of its columns that name rows.
    """

    def __init__(self, file: BinaryIO, model: CompiledModel, reader: Reader, ids: Sequence[int]) -> None:
        # Imported here because pyarrow.parquet takes long to import, and CSV does not need it.
        from riskmodel.tables.arrow.parquet_writer import RowGroups

        self._ids, self._entries = ids, _coded(account_entries(model))
        names = id_names(reader, ids)
        self._kinds = [reader.schema.field(position).type for position in ids]
        fields = map(pa.field, names, self._kinds)
        words = [pa.field(name, pa.dictionary(pa.int32(), pa.string())) for name in OWN[1:4]]
        self._schema = pa.schema([(OWN[0], pa.int64()), *fields, *words, (OWN[4], pa.float64())])
        self._groups = RowGroups(file, self._schema, [OWN[0], *names, *OWN[1:4]])

    def encode(self, rows: Rows, parts: Iterable[AccountLines]) -> list[Part]:
        """Encode the lines of a piece as columns, without the numbers of their rows."""
        names = [rows.arrow_column(position) for position in self._ids]
        return [Part(part.rows, self._columns(names, part)) for part in parts]

    def _columns(self, names: Sequence[pa.Array], lines: AccountLines) -> pa.RecordBatch:
        words = [
            pa.DictionaryArray.from_arrays(arrays.from_integers(codes[lines.entries]), texts)
            for codes, texts in self._entries
        ]
        columns = [*(arrays.taken(column, lines.rows) for column in names), *words, arrays.from_floats(lines.points)]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema.remove(0))

    def write(self, part: Part, first: int) -> None:
        """Buffer lines, and write a row group when it is full."""
        columns = [_numbers(part.rows, first), *part.content.columns]
        self._groups.write(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def continued(self, reader: Reader, ids: Sequence[int]) -> Self:
        """Return a writer for another input; see `AccountWriter.continued`."""
        other = copy(self)
        other._ids = ids
        for position, kind in zip(ids, self._kinds, strict=True):
            check_same_type(reader.names[position], reader.schema.field(position).type, kind)
        return other

    def close(self) -> None:
        """Write the last lines and the footer."""
        self._groups.close()

    def abandon(self) -> None:
        """Mark the file as incomplete."""
        self._groups.abandon()


def _coded(entries: Sequence[Entry]) -> list[tuple[NDArray[np.int32], pa.Array]]:
    """Return scores, kinds and names as a code for each entry, and the texts of the codes."""
    coded = []
    for words in zip(*entries, strict=True):
        positions: Mapping[str, int] = {word: position for position, word in enumerate(dict.fromkeys(words))}
        coded.append((np.array([positions[word] for word in words], dtype=np.int32), arrays.texts(list(positions))))
    return coded


def _numbers(rows: NDArray[np.intp], first: int) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows + first)])
