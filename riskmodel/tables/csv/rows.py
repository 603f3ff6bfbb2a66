"""Read the rows of a piece of CSV: values for the engine, bytes for the output, and rejects.

pyarrow parses the cells. It fails at the first cell that is not a number and at ragged rows, so a piece with either is
parsed again as text; the definition of a number in `riskmodel.tables.number_format` applies in both cases.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from riskmodel.errors import counted
from riskmodel.kernels.types import Floats
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays, cells
from riskmodel.tables.columns import Matched
from riskmodel.tables.csv import records as csv_records
from riskmodel.tables.csv.records import Dialect, Edges, Records
from riskmodel.tables.csv.short_numbers import ShortNumbers
from riskmodel.tables.number_format import NumberFormat
from riskmodel.tables.rejects import Fault, Reject, reject


class Piece(NamedTuple):
    """Records that are read and scored together."""

    records: Records
    bytes_read: int
    """The bytes of the file that had been read by then."""
    is_last: bool


class _UnknownNaNError(Exception):
    """pyarrow read a word as NaN that is not a missing word."""


class CsvRows:
    """The rows of a piece of CSV; see `riskmodel.tables.rows.Rows`.

    Parameters
    ----------
    piece : the records.
    names : the columns of the file.
    dialect : the format of the file.
    matched : its columns, matched to a model.
    short : the numbers of the file's short texts.
    """

    def __init__(
        self,
        piece: Piece,
        names: Sequence[str],
        dialect: Dialect,
        matched: Matched,
        short: ShortNumbers,
    ) -> None:
        self._names, self._dialect, self._records, self._short = names, dialect, piece.records, short
        self._matched, self._indicators = matched, matched.indicators
        self._kept = piece.records
        self._kept_positions: Edges | None = None  # among the records of the piece; None while all are kept
        self._formulas: Edges | None = None
        self._faults: dict[int, list[Fault]] = {}
        self.bytes_read, self.lines = piece.bytes_read, piece.records.line_count()
        blank = csv_records.blank_lines(piece.records)
        ends_with_line_end = piece.is_last and len(blank) > 0 and bool(blank[-1])
        self.blank = int(np.count_nonzero(blank)) - ends_with_line_end
        self._drop(np.flatnonzero(blank), {})
        self._drop_records({position: [Fault("", "", reason)] for position, reason in piece.records.broken.items()})
        self._values = self._read()
        self.columns = matched.by_indicator(self._values)
        self.count = self._kept_count()

    def _kept_count(self) -> int:
        return len(self._kept.edges) - 1

    @property
    def rejected(self) -> list[Reject]:
        """The rows that cannot be scored, in their order."""
        positions = sorted(self._faults)
        lines = self._records.lines(positions) if positions else []
        return [reject(line, self._faults[position]) for position, line in zip(positions, lines, strict=True)]

    def rejected_cells(self, positions: Sequence[int] | None) -> list[list[str | None]]:
        """Return the cells of the rejected rows in some columns; see `Rows.rejected_cells`."""
        width = len(self._names)
        wanted = range(width) if positions is None else positions
        rows = []
        for position in sorted(self._faults):
            record = self._records.text(position)
            if positions is None and not self._faults[position][0].column:
                cells: list[str | None] = [record.decode(errors="backslashreplace")]
            else:
                raw = (record[start:end] for start, end in self._dialect.grammar.spans(record))
                cells = [csv_records.plain(cell) if cell else None for cell in raw]
            cells += [None] * (width - len(cells))
            rows.append([cells[column] for column in wanted])
        return rows

    def _drop(self, dropped: Edges, faults: Mapping[int, list[Fault]]) -> None:
        """Drop rows, by their positions among the kept rows, and record their faults."""
        if len(dropped) == 0:
            return
        before = self._positions()
        self._faults |= {int(before[row]): row_faults for row, row_faults in faults.items()}
        self._kept, positions = csv_records.without(self._kept, dropped)
        self._kept_positions = before[positions]
        self._formulas = None

    def _drop_records(self, faults: Mapping[int, list[Fault]]) -> None:
        """Drop rows, by their positions among all records of the piece."""
        if faults:
            positions = np.array(sorted(faults), dtype=np.intp)
            rows = positions if self._kept_positions is None else np.searchsorted(self._kept_positions, positions)
            self._drop(rows, {int(row): faults[int(position)] for row, position in zip(rows, positions, strict=True)})

    def _positions(self) -> Edges:
        """Return the positions of the kept rows among all records of the piece."""
        return np.arange(self._kept_count()) if self._kept_positions is None else self._kept_positions

    def _read(self) -> dict[str, Floats]:
        """Read the engine's columns; drop rows that are ragged or have an invalid cell."""
        try:
            read = self._columns()
        except pa.ArrowInvalid:
            # The last attempt parses cells as bytes, which fails only for ragged rows.
            self._drop_ragged()
            read = self._columns()
        columns, faulty = cells.drop_faulty(read)
        self._drop(
            np.array(list(faulty), dtype=np.intp),
            {row: self._cell_faults(row, names) for row, names in faulty.items()},
        )
        return columns

    def _cell_faults(self, row: int, names: Sequence[str]) -> list[Fault]:
        texts = dict(zip(self._names, self._dialect.grammar.cells(self._kept.text(row)), strict=True))
        numbers = self._dialect.numbers
        messages = (cells.fault_message(self._indicators[name], texts[name], numbers) for name in names)
        return [Fault(name, texts[name], message) for name, message in zip(names, messages, strict=True)]

    def _columns(self) -> dict[str, cells.Column]:
        try:
            return self._parsed_columns()
        except (pa.ArrowInvalid, _UnknownNaNError):
            texts = self._parse(dict.fromkeys(self._indicators, pa.binary()))
            return {
                name: cells.read_column(indicator, _as_text(texts[name]), self._dialect.numbers)
                for name, indicator in self._indicators.items()
            }

    def _parsed_columns(self) -> dict[str, cells.Column]:
        """Return the columns with numbers looked up, or parsed by pyarrow: for pieces without invalid cells."""
        as_words = {name for name, indicator in self._indicators.items() if has_words(indicator, self._dialect.numbers)}
        numbers = self._short_numbers()
        others = [name for name in self._indicators if name not in numbers]
        kinds = {name: pa.string() if name in as_words else pa.float64() for name in others}
        table = self._parse(kinds, list(cells.MISSING_WORDS)) if kinds else {}
        columns = {}
        for name, indicator in self._indicators.items():
            if name in as_words:
                columns[name] = cells.read_column(indicator, table[name], self._dialect.numbers)
                continue
            if name not in numbers:
                numbers[name] = arrays.floats(table[name])
                if np.count_nonzero(np.isnan(numbers[name])) != table[name].null_count:
                    raise _UnknownNaNError
            columns[name] = cells.within_bounds(indicator, numbers[name])
        return columns

    def _short_numbers(self) -> dict[str, Floats]:
        """Look up the numbers of the columns with short texts; find cells that may be formulas on the way."""
        read = self._short.read(self._kept.data, self._kept.edges)
        if read is None:
            return {}
        self._formulas = read.others
        return {self._names[column]: numbers for column, numbers in read.numbers.items()}

    def _parse(self, kinds: Mapping[str, pa.DataType], missing: Sequence[str] = ()) -> dict[str, pa.Array]:
        """Parse columns of the kept rows with pyarrow.

        Parameters
        ----------
        kinds : the type of each column to parse.
        missing : cells that are null; in text columns, only an empty cell without quotes.

        Raises
        ------
        pyarrow.ArrowInvalid
            A cell cannot be converted, or a row has too few or too many cells.
        """
        if self._kept_count() == 0:
            return {name: pa.nulls(0, kind) for name, kind in kinds.items()}
        keys = {name: str(self._names.index(name)) for name in kinds}
        data = self._kept.data
        only_empty = missing == _EMPTY
        table = pyarrow.csv.read_csv(
            # Without a final line end, pyarrow treats an empty last cell as quoted if the cell before it was.
            pa.BufferReader(data + b"\n"),
            pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(data) + 2,
                column_names=[str(position) for position in range(len(self._names))],
            ),
            pyarrow.csv.ParseOptions(delimiter=self._dialect.delimiter, newlines_in_values=b'"' in data),
            pyarrow.csv.ConvertOptions(
                column_types={keys[name]: kind for name, kind in kinds.items()},
                include_columns=list(keys.values()),
                null_values=missing,
                strings_can_be_null=only_empty,
                quoted_strings_can_be_null=not only_empty,
                decimal_point=self._dialect.numbers.decimal,
            ),
            memory_pool=arrays.POOL,
        )
        if table.num_rows != self._kept_count():
            raise RuntimeError(f"{self._kept_count()} records were read as {table.num_rows} rows")
        return {name: table[key].chunk(0) for name, key in keys.items()}

    def _drop_ragged(self) -> None:
        """Drop the rows that have more or fewer cells than the header."""
        edges = self._kept.edges
        counts = np.diff(np.searchsorted(self._delimiters(), edges)) + 1
        width = len(self._names)
        rows = np.flatnonzero(counts != width)
        self._drop(rows, {int(row): [_ragged(int(counts[row]), width)] for row in rows})

    def _delimiters(self) -> Edges:
        """Return the positions of delimiters outside quotes in the kept rows."""
        buffer = np.frombuffer(self._kept.data, np.uint8)
        delimiters = np.flatnonzero(buffer == self._dialect.grammar.delimiter)
        if b'"' in self._kept.data:
            delimiters = delimiters[np.searchsorted(np.flatnonzero(buffer == ord('"')), delimiters) % 2 == 0]
        return delimiters

    @cached_property
    def _line_ends(self) -> Edges:
        """(count,) lengths of the line ends after the rows in the file; 0 at the end of the file."""
        after = self._records.line_ends()[1:]
        return after if self._kept_positions is None else after[self._kept_positions]

    def line_numbers(self) -> Edges:
        """Return the lines at which the rows begin, from 1 at the start of the piece."""
        return np.array(self._records.lines(self._positions().tolist()), dtype=np.intp)

    @property
    def end(self) -> bytes:
        """The line end of the last row; the header's where the file ends without one."""
        return {0: self._dialect.line_end, 1: b"\n", 2: b"\r\n"}[int(self._line_ends[-1])]

    def csv_lines(self) -> pa.Array:
        """Return the bytes of the rows as they are in the file."""
        data, edges = self._kept.data, self._kept.edges
        if self._keeps_line_ends:
            return arrays.slices(data, edges.astype(np.int32))
        # Line ends are mixed and rows were dropped: a row must not get the line end of a dropped row.
        words = arrays.texts([b"\n", b"\r\n"])
        ends = words.take(arrays.from_integers(np.append(0, self._line_ends[:-1] - 1).astype(np.int32)))
        rows = arrays.gather(data, edges[:-1] + self._kept.line_ends()[:-1], edges[1:])
        return pc.binary_join_element_wise(ends, rows, arrays.texts([""])[0])

    def formula_candidates(self) -> Edges | None:
        """Return the positions in `csv_lines` at which cells begin that may be formulas; None if they are unknown."""
        return self._formulas if self._keeps_line_ends else None

    @cached_property
    def _keeps_line_ends(self) -> bool:
        """True if each row comes after its own line end in the file: no row was dropped, or all line ends are alike."""
        return np.array_equal(self._kept.line_ends()[1:-1], self._line_ends[:-1])

    def csv_column(self, position: int) -> pa.Array:
        """Return the bytes of a column's cells as they are in the file."""
        starts, ends = self._spans
        return arrays.gather(self._kept.data, starts[:, position], ends[:, position])

    @cached_property
    def _spans(self) -> tuple[Edges, Edges]:
        """(count, columns) start and end of each cell."""
        edges, data = self._kept.edges, self._kept.data
        separators = np.sort(np.concatenate((edges[:-1], self._delimiters())), kind="stable").reshape(self.count, -1)
        starts = separators + 1
        starts[:, 0] += np.frombuffer(data, np.uint8)[edges[:-1]] == ord("\r")
        return starts, np.column_stack((separators[:, 1:], edges[1:]))

    def flags(self, indicator: str) -> pa.Array:
        """Return the flags after the numbers of an indicator as text; null where there is none."""
        column = self._matched.columns[indicator]
        texts = _as_text(self._parse({column: pa.binary()})[column])
        return cells.flags_of(self._indicators[column], texts, self._dialect.numbers)

    def arrow_column(self, position: int) -> pa.Array:
        """Return numbers for numeric indicators, else text; an empty cell is null, `""` is empty text."""
        name = self._names[position]
        indicator = self._indicators.get(name)
        if indicator is not None and indicator.labels is None:
            return arrays.from_floats(self._values[name])
        text = self._texts[name]
        if indicator is None:
            return text
        return pc.if_else(arrays.from_mask(np.isnan(self._values[name])), arrays.NO_TEXT, text)

    @cached_property
    def _texts(self) -> dict[str, pa.Array]:
        """The columns that are kept as text."""
        indicators = self._indicators
        names = [name for name in self._names if name not in indicators or indicators[name].labels is not None]
        return self._parse(dict.fromkeys(names, pa.string()), _EMPTY)


_EMPTY = [""]


def has_words(indicator: Indicator, number_format: NumberFormat) -> bool:
    """Return True if cells can be something else than a number or a missing word."""
    has_codes = len(indicator.missing_numbers) < len(indicator.missing)
    return indicator.labels is not None or has_codes or bool(number_format.flags)


def _ragged(count: int, width: int) -> Fault:
    return Fault("", "", f"it has {counted(count, 'cell')}; the header has {width:,}")


def _as_text(array: pa.Array) -> pa.Array:
    """Decode cells; bytes that are not UTF-8 become escapes, so such a cell is no number and no label."""
    try:
        return pc.cast(array, pa.string())
    except pa.ArrowInvalid:
        return pa.array([cell.decode(errors="backslashreplace") for cell in array.to_pylist()], pa.string())
