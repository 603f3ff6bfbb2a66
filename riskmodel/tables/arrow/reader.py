"""Read tables that come as Arrow record batches: Parquet, and all other formats that are read as columns."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.errors import Problem, SituationError
from riskmodel.schema.model import ModelSpec
from riskmodel.tables import arrays, cells
from riskmodel.tables.arrays import Mask, true_runs
from riskmodel.tables.columns import Matched, match_table
from riskmodel.tables.csv.escape import quoted, quoted_column
from riskmodel.tables.number_format import NumberFormat
from riskmodel.tables.options import TableOptions
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
    """The bytes of the file that had been read by then, in proportion to the rows; 0 if unknown."""
    blank: Mask | None = None
    """(n,) True for rows that are no rows of the table, because they are empty; None if there are none."""


class ArrowContent(Protocol):
    """A table that comes as record batches."""

    @property
    def name(self) -> str:
        """The name in messages: of a file, of a file and its sheet, or of a database without a password."""

    @property
    def schema(self) -> pa.Schema:
        """Its columns, with distinct names."""

    @property
    def rows_before(self) -> int:
        """The number of rows before the first batch, by which rows are numbered in messages."""

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches of about `size` rows, in order.

        Raises
        ------
        SituationError
            The rows cannot be read.
        """


class ArrowReader:
    """A table of Arrow columns that is being read.

    Parameters
    ----------
    content : its rows.
    spec : the model that its columns are matched to.
    options : the map of columns, codes, the format of numbers in text, and the delimiter for its rows as CSV.
    letters : of a sheet of a spreadsheet, the letters of its columns, by name.
    remarks : what a reader of the result should know; complete once all rows have been read.

    Raises
    ------
    SituationError
        Its columns cannot be used.
    """

    row_unit: Final = "row"
    guesses_decimal = False

    def __init__(
        self,
        content: ArrowContent,
        spec: ModelSpec,
        options: TableOptions,
        *,
        letters: Mapping[str, str] = MappingProxyType({}),
        remarks: Sequence[str] = (),
    ) -> None:
        self._content, self._letters, self.remarks = content, letters, remarks
        self._delimiter, self._decimal = options.delimiter or ",", options.decimal or "."
        self.schema, self.lines_before, self.numbers = content.schema, content.rows_before, options.numbers
        self.names: list[str] = self.schema.names
        self.matched = match_table(spec, self.names, options)
        for name, indicator in self.matched.indicators.items():
            try:
                cells.read_column(indicator, pa.nulls(0, self.schema.field(name).type))
            except SituationError as error:
                raise SituationError([Problem(f"column {name}: {error}", file=content.name)]) from None
        # One code or error among its numbers makes a column of a sheet text.
        self._numbers = self._numbers_in_text() if letters else {}
        for position in self._numbers:
            self.schema = self.schema.set(position, pa.field(self.names[position], pa.float64()))

    def _numbers_in_text(self) -> dict[int, str]:
        """Return the indicators of numbers whose column is text, by position."""
        return {
            self.names.index(column): name
            for name, column in self.matched.columns.items()
            if self.matched.spec.indicators[name].labels is None and pa.types.is_string(self.schema.field(column).type)
        }

    def pieces(self) -> Iterator[Batch]:
        """Yield the rows in batches, in order."""
        size = max(min(ROWS, CELLS // max(len(self.names), 1)), 1)
        for batch in self._content.batches(size):
            start = 0
            for part in bounded(batch.content, MAX_BYTES):
                stop = start + part.num_rows
                yield Batch(part, batch.bytes_read, None if batch.blank is None else batch.blank[start:stop])
                start = stop

    def read(self, batch: Batch) -> "ArrowRows":
        """Read the rows of a batch; thread-safe."""
        rows = ArrowRows(batch, self.matched, self.numbers, self._delimiter, self._decimal, self._content.name)
        if self._letters:
            rows.numbers_in_text = self._numbers
            rows.rejected = [reject._replace(letters=self._letters[reject.column]) for reject in rows.rejected]
        return rows

    @property
    def csv_format(self) -> CsvFormat:
        """The format in which the table is written as CSV."""
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


class ArrowRows:
    """The rows of a batch of Arrow columns; see `riskmodel.tables.rows.Rows`."""

    end = b"\n"
    numbers_in_text: Mapping[int, str] = MappingProxyType({})
    """The indicators whose columns are text, and are written as numbers, by position."""

    def __init__(
        self, batch: Batch, matched: Matched, numbers: NumberFormat, delimiter: str, decimal: str, file: str
    ) -> None:
        content = batch.content
        self.lines, self.bytes_read, self.blank = content.num_rows, batch.bytes_read, 0
        self._positions = np.arange(self.lines)
        if batch.blank is not None and batch.blank.any():
            self._positions, self.blank = np.flatnonzero(~batch.blank), int(batch.blank.sum())
            content = filter_rows(content, ~batch.blank)
        self._delimiter, self._decimal, self._file = delimiter, decimal, file
        self._matched, self._numbers = matched, numbers
        columns = {
            name: cells.read_column(indicator, content.column(name), numbers)
            for name, indicator in matched.indicators.items()
        }
        values, faulty = cells.drop_faulty(columns)
        self.columns = matched.by_indicator(values)
        self.rejected = [
            _reject(matched, numbers, content, row, names)._replace(line=int(self._positions[row]) + 1)
            for row, names in faulty.items()
        ]
        self._rejected_content = content.slice(0, 0)
        if faulty:
            kept = np.ones(content.num_rows, dtype=bool)
            kept[list(faulty)] = False
            self._rejected_content = filter_rows(content, ~kept)
            content, self._positions = filter_rows(content, kept), self._positions[kept]
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
        return self._positions + 1

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

    def flags(self, indicator: str) -> pa.Array:
        """Return the flags after the numbers of an indicator as text; null where there is none."""
        column = self._content.column(self._matched.columns[indicator])
        return cells.flags_of(self._matched.spec.indicators[indicator], column, self._numbers)

    def arrow_column(self, position: int) -> pa.Array:
        """Return the cells of a column unchanged, but numbers in text as numbers."""
        if position in self.numbers_in_text:
            return arrays.from_floats(self.columns[self.numbers_in_text[position]])
        return self._content.column(position)


def _reject(matched: Matched, numbers: NumberFormat, content: pa.RecordBatch, row: int, names: Sequence[str]) -> Reject:
    values = {name: cells.as_python(content.column(name)[row]) for name in names}
    indicators = matched.indicators
    faults = [
        Fault(name, str(value), cells.fault_message(indicators[name], value, numbers)) for name, value in values.items()
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
