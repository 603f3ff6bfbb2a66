"""Read Parquet: the schema, then batches of rows."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from riskmodel.errors import SituationError
from riskmodel.schema.model import ModelSpec
from riskmodel.tables import arrays, cells
from riskmodel.tables.arrays import Mask, true_runs
from riskmodel.tables.csv_escape import quoted, quoted_column
from riskmodel.tables.csv_reader import CsvOptions, check_distinct
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.number_format import PLAIN
from riskmodel.tables.rejects import Fault, Reject, reject
from riskmodel.tables.rows import CsvFormat

ROWS = 49_152
"""Rows that are read at once: a block of the engine."""
CELLS = 4_000_000
"""Cells that are read at once; the limit for tables with many columns."""
MAX_BYTES = 32 << 20
"""Bytes that are scored at once; the limit for long cells, whose text must stay far below Arrow's 2 GiB."""
_CSV_TYPES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_temporal,
    pa.types.is_null,
)


class Batch(NamedTuple):
    """Rows that are read and scored together."""

    content: pa.RecordBatch
    bytes_read: int
    """The bytes of the file that had been read by then, in proportion to the rows."""


class ParquetReader:
    """A Parquet file that is being read.

    Parameters
    ----------
    source : the opened file.
    spec : the model that its columns are matched to.
    options : the delimiter and decimal mark for its rows as CSV.
    groups : the row groups that are read; None for all.

    Raises
    ------
    SituationError
        The file cannot be read, or its columns cannot be used.
    """

    row_unit: Final = "row"
    numbers = PLAIN
    guesses_decimal = False

    def __init__(self, source: InputFile, spec: ModelSpec, options: CsvOptions, *, groups: range | None = None) -> None:
        self._source, self._spec = source, spec
        self._delimiter, self._decimal = options.delimiter or ",", options.decimal or "."
        try:
            # With pre_buffer, memory would grow with the file.
            self._file = pq.ParquetFile(source.seekable(), pre_buffer=False)
            self.schema = self._file.schema_arrow
            metadata = self._file.metadata
            self._groups = range(metadata.num_row_groups) if groups is None else groups
            self.lines_before = sum(metadata.row_group(group).num_rows for group in range(self._groups.start))
            self._rows = sum(metadata.row_group(group).num_rows for group in self._groups)
            self._bytes = sum(metadata.row_group(group).total_byte_size for group in self._groups)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None
        self.names: list[str] = self.schema.names
        check_distinct(source, self.names)
        for name in self.names:
            if name in spec.indicators:
                try:
                    cells.read_column(spec.indicators[name], pa.nulls(0, self.schema.field(name).type))
                except SituationError as error:
                    raise source.error(f"column {name}: {error}") from None

    def _damaged(self, error: Exception) -> SituationError:
        return self._source.error(f"is cut off, damaged, or no Parquet: {cells.first_line(error)}")

    def pieces(self) -> Iterator[Batch]:
        """Yield the rows of the file in batches, in order."""
        done, row_bytes = 0, self._bytes // max(self._rows, 1)
        size = max(min(ROWS, CELLS // max(len(self.names), 1), MAX_BYTES // max(row_bytes, 1)), 1)
        try:
            for batch in self._file.iter_batches(batch_size=size, row_groups=list(self._groups), use_threads=False):
                for part in bounded(batch, MAX_BYTES):
                    done += part.num_rows
                    yield Batch(part, (self._source.size or 0) * done // max(self._rows, 1))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None

    def read(self, batch: Batch) -> "ParquetRows":
        """Read the rows of a batch; thread-safe."""
        return ParquetRows(batch, self._spec, self._delimiter, self._decimal, self._source.name)

    @property
    def csv_format(self) -> CsvFormat:
        """The format in which the file is written as CSV."""
        names = [quoted(name, self._delimiter).encode() for name in self.names]
        return CsvFormat(b"", names, b"\n", self._delimiter, self._decimal)

    def check_csv(self, names: Sequence[str]) -> None:
        """Check that columns can be written as CSV.

        Raises
        ------
        SituationError
            A column's type has no text.
        """
        hint = "leave it out with --columns, or write Parquet"
        for name in names:
            kind = self.schema.field(name).type
            value_kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not any(is_type(value_kind) for is_type in _CSV_TYPES):
                raise SituationError(f"the column {name!r} holds {kind}, which CSV cannot; {hint}")
            try:
                cells.as_text(name, pa.nulls(1, kind))
            except SituationError as error:
                raise SituationError(f"{error}; {hint}") from None


class ParquetRows:
    """The rows of a batch of Arrow columns; see `riskmodel.tables.rows.Rows`."""

    blank = 0
    end = b"\n"

    def __init__(self, batch: Batch, spec: ModelSpec, delimiter: str, decimal: str, file: str) -> None:
        content = batch.content
        self.lines, self.bytes_read = content.num_rows, batch.bytes_read
        self._delimiter, self._decimal, self._file = delimiter, decimal, file
        columns = {
            name: cells.read_column(spec.indicators[name], content.column(name))
            for name in content.schema.names
            if name in spec.indicators
        }
        self.columns, faulty = cells.drop_faulty(columns)
        self.rejected = [_reject(spec, content, row, names) for row, names in faulty.items()]
        self._kept = np.ones(content.num_rows, dtype=bool)
        self._rejected_content = content.slice(0, 0)
        if faulty:
            self._kept[list(faulty)] = False
            self._rejected_content = filter_rows(content, ~self._kept)
            content = filter_rows(content, self._kept)
        self._content = content
        self.count = content.num_rows

    def rejected_cells(self, positions: Sequence[int] | None) -> list[list[str | None]]:
        """Return the cells of the rejected rows in some columns as text; None where null."""
        content = self._rejected_content
        wanted = range(content.num_columns) if positions is None else positions
        columns = [_texts(content.schema.names[position], content.column(position)) for position in wanted]
        return [[column[row] for column in columns] for row in range(content.num_rows)]

    def line_numbers(self) -> NDArray[np.intp]:
        """Return the numbers of the rows, from 1 at the start of the batch."""
        return np.flatnonzero(self._kept) + 1

    def csv_lines(self) -> pa.Array:
        """Return the rows as CSV, each after a line end."""
        columns = [self.csv_column(position) for position in range(self._content.num_columns)]
        columns[0] = pc.binary_join_element_wise(arrays.texts(["\n"])[0], columns[0], arrays.texts([""])[0])
        return pc.binary_join_element_wise(*columns, arrays.texts([self._delimiter])[0])

    def formula_candidates(self) -> None:
        """Return None: text that is made from columns must be searched."""

    def csv_column(self, position: int) -> pa.Array:
        """Return the cells of a column as CSV."""
        column = self._content.column(position)
        if pa.types.is_temporal(column.type):
            try:
                text = cells.as_text(self._content.schema.names[position], column)
            except SituationError as error:
                raise SituationError(error.with_file(self._file)) from None
        else:
            text = pc.cast(column, pa.string())
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
            text = text if self._decimal == "." else pc.replace_substring(text, ".", self._decimal)
        return pc.fill_null(quoted_column(text, self._delimiter), arrays.texts([""])[0])

    def arrow_column(self, position: int) -> pa.Array:
        """Return the cells of a column unchanged."""
        return self._content.column(position)


def _reject(spec: ModelSpec, content: pa.RecordBatch, row: int, names: Sequence[str]) -> Reject:
    values = {name: cells.as_python(content.column(name)[row]) for name in names}
    faults = [
        Fault(name, str(value), cells.fault_message(spec.indicators[name], value)) for name, value in values.items()
    ]
    return reject(row + 1, faults)


def _texts(name: str, column: pa.Array) -> list[str | None]:
    """Return cells as CSV has them; those of a type without text as Python writes them."""
    try:
        texts: list[str | None] = cells.as_text(name, column).to_pylist()
    except SituationError:
        values = map(cells.as_python, column)
        texts = [None if value is None else str(value) for value in values]
    return texts


def filter_rows(content: pa.RecordBatch, kept: Mask) -> pa.RecordBatch:
    """Return the rows of a batch where `kept` is True."""
    try:
        return content.filter(arrays.from_mask(kept))
    except pa.ArrowNotImplementedError:
        # pyarrow can concatenate some types that it cannot filter, such as string views.
        return _copied(content, true_runs(kept))


def _copied(content: pa.RecordBatch, runs: Sequence[tuple[int, int]]) -> pa.RecordBatch:
    """Copy runs of rows, even a single one: string views cannot be written to Parquet from a slice."""
    # pyarrow copies only if it concatenates several arrays.
    parts = [content.slice(0, 0), *(content.slice(start, stop - start) for start, stop in runs)]
    columns = [pa.concat_arrays([part.column(position) for part in parts]) for position in range(content.num_columns)]
    return pa.RecordBatch.from_arrays(columns, schema=content.schema)


def bounded(content: pa.RecordBatch, max_bytes: int) -> Iterator[pa.RecordBatch]:
    """Yield a batch in parts, halved until none has more than `max_bytes`."""
    if content.num_rows < 2 or sum(map(_size, content.columns)) <= max_bytes:
        yield content
        return
    half = content.num_rows // 2
    for part in (content.slice(0, half), content.slice(half)):
        has_views = any("_view" in str(kind) for kind in part.schema.types)
        yield from bounded(_copied(part, [(0, part.num_rows)]) if has_views else part, max_bytes)


def _size(column: pa.Array) -> int:
    """Return the bytes of a column's cells, each written out."""
    if pa.types.is_dictionary(column.type):
        words = column.dictionary
        if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)):
            return int(column.indices.nbytes)
        return int(column.indices.nbytes) + (pc.sum(pc.binary_length(words).take(column.indices)).as_py() or 0)
    if pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type):
        # The size of a slice of views is that of all their bytes.
        column = pc.cast(column, pa.large_binary())
    return int(column.nbytes)
