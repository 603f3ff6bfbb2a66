"""The rows of a piece of CSV: their numbers for the engine, their text for the output, and what is wrong with them.

pyarrow reads the cells. It stops at the first that is no number and passes over rows that are ragged, so a piece that
has either is read again with more care; what counts as a number is decided in `riskmodel.tables.cells` either way.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from riskmodel.errors import counted
from riskmodel.kernels.scales import Floats
from riskmodel.schema.model import ModelSpec
from riskmodel.tables import arrays, cells, csv_records
from riskmodel.tables.csv_records import Dialect, Edges, Records
from riskmodel.tables.rejects import Fault, Reject, reject


class Piece(NamedTuple):
    """Records that belong together."""

    records: Records
    seen: int
    """Bytes of the file that had been read by then."""
    is_last: bool


class _StrangeNumberError(Exception):
    """pyarrow takes more words for NaN than we do."""


class CsvRows:
    """The rows of a piece of CSV; see `riskmodel.tables.rows.Rows`.

    Parameters
    ----------
    piece : records that belong together.
    names : the columns of the file.
    dialect : how it is written.
    spec : the model.
    as_text : whether cells must be UTF-8, because they will be kept as text and not as bytes.
    """

    def __init__(self, piece: Piece, names: Sequence[str], dialect: Dialect, spec: ModelSpec, as_text: bool) -> None:
        self._names, self._dialect, self._all = names, dialect, piece.records
        self._indicators = {name: spec.indicators[name] for name in names if name in spec.indicators}
        self._kept = piece.records
        self._places: Edges | None = None
        self._faults: dict[int, list[Fault]] = {}
        self.seen, self.lines = piece.seen, piece.records.line_count()
        blank = csv_records.is_blank(piece.records)
        ends_with_line_end = piece.is_last and len(blank) > 0 and bool(blank[-1])
        self.blank = int(np.count_nonzero(blank)) - ends_with_line_end
        broken = piece.records.broken | (_not_utf8(piece.records) if as_text else {})
        self._drop(np.flatnonzero(blank), {})
        self._drop_records({position: [Fault("", "", reason)] for position, reason in broken.items()})
        self.columns = self._read()
        self.count = self._rows()

    def _rows(self) -> int:
        return len(self._kept.edges) - 1

    @property
    def rejected(self) -> list[Reject]:
        """The rows that cannot be scored, in their order."""
        positions = sorted(self._faults)
        lines = self._all.lines(positions) if positions else []
        return [self._reject(position, line) for position, line in zip(positions, lines, strict=True)]

    def _reject(self, position: int, line: int) -> Reject:
        row_id = ""
        if "id" in self._names:
            texts = self._dialect.grammar.cells(self._all.text(position))
            row_id = dict(zip(self._names, texts, strict=False)).get("id", "")
        return reject(line, row_id, self._faults[position])

    def _drop(self, dropped: Edges, faults: Mapping[int, list[Fault]]) -> None:
        """Take rows out of those that are kept, by their position among these, and note what is wrong with them."""
        if len(dropped) == 0:
            return
        before = np.arange(self._rows()) if self._places is None else self._places
        self._faults |= {int(before[row]): found for row, found in faults.items()}
        self._kept, positions = csv_records.without(self._kept, dropped)
        self._places = before[positions]

    def _drop_records(self, faults: Mapping[int, list[Fault]]) -> None:
        """The same by their position among all records of the piece."""
        if faults:
            positions = np.array(sorted(faults), dtype=np.intp)
            rows = positions if self._places is None else np.searchsorted(self._places, positions)
            self._drop(rows, {int(row): faults[int(position)] for row, position in zip(rows, positions, strict=True)})

    def _read(self) -> dict[str, Floats]:
        """The engine's columns; rows that are ragged, or have cells that cannot be, are dropped."""
        try:
            found = self._columns()
        except pa.ArrowInvalid:
            # Read as bytes, as they are last, cells cannot be wrong; their number in a row can.
            self._drop_ragged()
            found = self._columns()
        columns, faulty = cells.drop_faulty(found)
        self._drop(
            np.array(list(faulty), dtype=np.intp),
            {row: self._cell_faults(row, names) for row, names in faulty.items()},
        )
        return columns

    def _cell_faults(self, row: int, names: Sequence[str]) -> list[Fault]:
        texts = dict(zip(self._names, self._dialect.grammar.cells(self._kept.text(row)), strict=True))
        form, has_options = self._dialect.numbers, self._dialect.has_options
        return [
            Fault(
                name,
                texts[name],
                cells.fault_message(self._indicators[name], texts[name], form, has_options=has_options),
            )
            for name in names
        ]

    def _columns(self) -> dict[str, cells.Column]:
        try:
            return self._columns_at_once()
        except (pa.ArrowInvalid, _StrangeNumberError):
            texts = self._parse(dict.fromkeys(self._indicators, pa.binary()))
            return {
                name: cells.read_column(indicator, _as_text(texts[name]), self._dialect.numbers)
                for name, indicator in self._indicators.items()
            }

    def _columns_at_once(self) -> dict[str, cells.Column]:
        """The columns as pyarrow reads them where it has no doubts."""
        labelled = {name for name, indicator in self._indicators.items() if indicator.labels is not None}
        kinds = {name: pa.string() if name in labelled else pa.float64() for name in self._indicators}
        table = self._parse(kinds, list(cells.MISSING_WORDS))
        found = {}
        for name, indicator in self._indicators.items():
            if name in labelled:
                found[name] = cells.read_column(indicator, table[name])
                continue
            values = arrays.floats(table[name])
            if np.count_nonzero(np.isnan(values)) != table[name].null_count:
                raise _StrangeNumberError
            found[name] = cells.within_bounds(indicator, values)
        return found

    def _parse(self, kinds: Mapping[str, pa.DataType], missing: Sequence[str] = ()) -> dict[str, pa.Array]:
        """Have pyarrow read columns of the rows that are kept.

        Parameters
        ----------
        kinds : the type of each column that is wanted.
        missing : cells that are null; of text columns only an empty cell without quotes can be.

        Raises
        ------
        pyarrow.ArrowInvalid
            Where a cell cannot be what is asked for, or a row has too few or too many cells.
        """
        if self._rows() == 0:
            return {name: pa.nulls(0, kind) for name, kind in kinds.items()}
        keys = {name: str(self._names.index(name)) for name in kinds}
        data = self._kept.data
        only_empty = missing == _EMPTY
        table = pyarrow.csv.read_csv(
            # Without a line end after it, pyarrow takes an empty last cell to be quoted if the cell before it was.
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
        if table.num_rows != self._rows():
            raise RuntimeError(f"{self._rows()} records were read as {table.num_rows} rows")
        return {name: table[key].chunk(0) for name, key in keys.items()}

    def _drop_ragged(self) -> None:
        """Drop the rows that have more or fewer cells than the header."""
        edges = self._kept.edges
        counts = np.diff(np.searchsorted(self._delimiters(), edges)) + 1
        wanted = len(self._names)
        rows = np.flatnonzero(counts != wanted)
        self._drop(rows, {int(row): [_ragged(int(counts[row]), wanted)] for row in rows})

    def _delimiters(self) -> Edges:
        """Where the delimiters outside quotes stand in the rows that are kept."""
        marks = np.frombuffer(self._kept.data, np.uint8)
        found = np.flatnonzero(marks == self._dialect.grammar.delimiter)
        if b'"' in self._kept.data:
            found = found[np.searchsorted(np.flatnonzero(marks == ord('"')), found) % 2 == 0]
        return found

    @cached_property
    def _line_ends(self) -> Edges:
        """How long the line end is that follows each row in the file; 0 where the file ends."""
        after = self._all.line_ends()[1:]
        return after if self._places is None else after[self._places]

    def line_numbers(self) -> Edges:
        """The lines on which the rows begin, from 1 where the piece starts."""
        positions = np.arange(self.count) if self._places is None else self._places
        return np.array(self._all.lines(positions.tolist()), dtype=np.intp)

    @property
    def end(self) -> bytes:
        """The line end of the last row; that of the header where the file ends without one."""
        return {0: self._dialect.line_end, 1: b"\n", 2: b"\r\n"}[int(self._line_ends[-1])]

    def csv_lines(self) -> pa.Array:
        """The bytes of the rows as they stand in the file."""
        data, edges, leads = self._kept.data, self._kept.edges, self._kept.line_ends()[:-1]
        if np.array_equal(leads[1:], self._line_ends[:-1]):
            return arrays.slices(data, edges.astype(np.int32))
        # Line ends are mixed and rows were dropped: a row must not get the line end of one that is gone.
        words = arrays.texts([b"\n", b"\r\n"])
        ends = words.take(arrays.from_integers(np.append(0, self._line_ends[:-1] - 1).astype(np.int32)))
        rows = arrays.gather(data, edges[:-1] + leads, edges[1:])
        return pc.binary_join_element_wise(ends, rows, arrays.texts([""])[0])

    def csv_column(self, position: int) -> pa.Array:
        """The bytes of the cells of a column as they stand in the file."""
        starts, ends = self._spans
        return arrays.gather(self._kept.data, starts[:, position], ends[:, position])

    @cached_property
    def _spans(self) -> tuple[Edges, Edges]:
        """Where each cell starts and ends; (count, columns) each."""
        edges, data = self._kept.edges, self._kept.data
        marks = np.sort(np.concatenate((edges[:-1], self._delimiters())), kind="stable").reshape(self.count, -1)
        starts = marks + 1
        starts[:, 0] += np.frombuffer(data, np.uint8)[edges[:-1]] == ord("\r")
        return starts, np.column_stack((marks[:, 1:], edges[1:]))

    def arrow_column(self, position: int) -> pa.Array:
        """Numbers for indicators that have them, text for all else; an empty cell is null, `""` is empty text."""
        name = self._names[position]
        indicator = self._indicators.get(name)
        if indicator is not None and indicator.labels is None:
            return arrays.from_floats(self.columns[name])
        text = self._texts[name]
        if indicator is None:
            return text
        return pc.if_else(arrays.from_mask(np.isnan(self.columns[name])), arrays.NO_TEXT, text)

    @cached_property
    def _texts(self) -> dict[str, pa.Array]:
        """All columns that are kept as text."""
        indicators = self._indicators
        names = [name for name in self._names if name not in indicators or indicators[name].labels is not None]
        return self._parse(dict.fromkeys(names, pa.string()), _EMPTY)


_EMPTY = [""]


def _ragged(count: int, wanted: int) -> Fault:
    return Fault("", "", f"it has {counted(count, 'cell')}; the header has {wanted:,}")


def _as_text(array: pa.Array) -> pa.Array:
    """Bytes as text; where they are not UTF-8 they show as escapes, and so cannot be a number or a label."""
    try:
        return pc.cast(array, pa.string())
    except pa.ArrowInvalid:
        return pa.array([cell.decode(errors="backslashreplace") for cell in array.to_pylist()], pa.string())


def _not_utf8(found: Records) -> dict[int, str]:
    """Why records cannot be kept as text, by their position."""
    try:
        found.data.decode()
    except UnicodeDecodeError:
        return {
            position: "it holds bytes that are not UTF-8"
            for position in range(len(found.edges) - 1)
            if found.text(position).decode(errors="replace").encode() != found.text(position)
        }
    return {}
