"""Columns of text, with the lines of their rows, from tables of moderate size: CSV, tab or semicolons, xlsx, ods, xls.

A recipe gives a column another name, or a constant where the file lacks it, by `columns`: `{start: date_from,
pair: "=USA-RUS"}` reads `start` from the column `date_from`, and takes the pair USA-RUS for all rows.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from riskmodel.documents.file_kinds import FIRST_BYTES, document_kind, foreign_kind
from riskmodel.errors import SituationError, counted, repr_value, suggest
from riskmodel.extras import require
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.files import SourceFile
from riskmodel.tables import arrays
from riskmodel.tables.csv.reader import DELIMITERS
from riskmodel.tables.csv.records import Grammar, Records, blank_lines, without
from riskmodel.tables.input_file import ZIP
from riskmodel.tables.spreadsheet.cells import read_columns as read_cells
from riskmodel.tables.spreadsheet.reader import WorkbookContent

CONSTANT = "="
"""Begins a constant in `columns` of a recipe."""
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""The first bytes of .xls."""
_LISTED = 12


class Columns(NamedTuple):
    """Columns of a table: every cell is text, a blank one is empty.

    Attributes
    ----------
    file : the table.
    line : (n,) where each row begins: the line of a text, the row of a sheet.
    text : (n,) arrays of strings, without space around, by standard name.
    own_names : the name in the file by standard name; a constant has none.
    """

    file: SourceFile
    line: NDArray[np.int64]
    text: Mapping[str, pa.StringArray]
    own_names: Mapping[str, str]

    def where(self, kept: arrays.Mask) -> "Columns":
        """Return the kept rows alone."""
        rows = arrays.from_mask(kept)
        return self._replace(line=self.line[kept], text={name: cells.filter(rows) for name, cells in self.text.items()})

    def error(self, row: int, name: str, message: str) -> SituationError:
        """Return an error about a cell: its column, its value, and and the message, which goes on after it."""
        value = self.text[name][row].as_py()
        column = f"column {self.own_names[name]!r}" if name in self.own_names else f"the constant of {name!r}"
        if message.startswith("'"):
            message = message if message.startswith(repr_value(value)) else f"{repr_value(value)}: {message}"
        else:
            message = f"{repr_value(value)} {message}"
        return self.file.error(f"{column}: {message}", line=int(self.line[row]))


class SmallTable:
    """A table whose header has been read.

    Parameters
    ----------
    file : the table.
    source : its part of the recipe: `columns`, and the `sheet` of a workbook.
    likely : standard names, by which the header of a workbook is recognised; a text has it in its first line.
    bare : the names of all columns, for a text that may have no header: where its first line has as many cells and
        none of the names, it is a row.

    Attributes
    ----------
    names : the names in the header, in order.

    Raises
    ------
    SituationError
        The table has no header, or cannot be read.
    """

    def __init__(
        self, file: SourceFile, source: SourceSpec, likely: Sequence[str] = (), bare: Sequence[str] = ()
    ) -> None:
        self.file, self._mapping = file, source.columns
        head = file.head(1 << 20)
        if not head.strip():
            raise file.error("is empty: it has no header")
        self._sheet: pa.Table | None = None
        wanted = {*likely, *(own for own in source.columns.values() if not own.startswith(CONSTANT))}
        if head.startswith(_OLD_EXCEL):
            self._sheet, self._line = _old_sheet(file, wanted, source.sheet)
        elif head.startswith(b"PK\3\4"):
            self._sheet, self._line = _sheet(file, wanted, source.sheet)
        elif source.sheet is not None:
            raise file.error("`sheet` is for workbooks (.xlsx, .ods, .xls), and this is text; leave it out")
        if self._sheet is not None:
            self.names: tuple[str, ...] = tuple(self._sheet.column_names)
        else:
            _check_kind(file, head)
            self._grammar, self._header = _header(file, head.removeprefix(BOM_UTF8))
            self.names = tuple(name.strip() for name in self._grammar.cells(self._header))
            if len(bare) == len(self.names) and not set(bare).intersection(self.names):
                self.names, self._header = tuple(bare), b""
        self._places = {name.casefold(): place for place, name in reversed(list(enumerate(self.names))) if name}

    def has(self, *names: str) -> bool:
        """Return True if the table or the recipe has all of these standard names."""
        return all(self._constant(name) is not None or self._place(name) is not None for name in names)

    def columns(self, required: Sequence[str], optional: Sequence[str] = ()) -> Columns:
        """Read columns by their standard names; those of `optional` that are not there are left out.

        Raises the errors of `batches`.
        """
        batches = list(self.batches(required, optional))
        text = {name: pa.concat_arrays([batch.text[name] for batch in batches]) for name in batches[0].text}
        return batches[0]._replace(line=np.concatenate([batch.line for batch in batches]), text=text)

    def batches(self, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Columns]:
        """Yield the rows of `columns` in pieces of a few megabytes, at least one piece.

        Raises
        ------
        SituationError
            A column is not there, or the recipe maps a name that the kind does not have; or a line is damaged: its
            quotes do not close, or it has more or fewer cells than the header.
        """
        self._check_mapping([*required, *optional])
        places: dict[str, int] = {}
        for name in [*required, *optional]:
            if self._constant(name) is not None:
                continue
            place = self._place(name)
            if place is not None:
                self._check_single(place)
                places[name] = place
            elif name in required or name in self._mapping:
                raise self._lacking(name)
        kept = sorted(set(places.values()))
        own_names = {name: self.names[place] for name, place in places.items()}
        none = _Part(np.empty(0, np.int64), [pa.array([], pa.string()) for _ in kept])
        for number, part in enumerate(chain(self._parts(kept), [none])):
            if number and part is none:
                return
            text = {name: part.cells[kept.index(place)] for name, place in places.items()}
            for name in [*required, *optional]:
                if (constant := self._constant(name)) is not None:
                    text[name] = pa.array([constant] * len(part.line), pa.string())
            yield Columns(self.file, part.line, text, own_names)

    def rows(self, lines: set[int], names: Sequence[str] = ()) -> list[dict[str, str]]:
        """Return the rows that begin at these lines, by the names of the file; cells that are empty are left out.

        Bytes that are not UTF-8 become escapes.

        Parameters
        ----------
        lines : of the file.
        names : the columns to return, by these names and in their order; without, all.
        """
        rows = []
        for part in self._parts(range(len(self.names)), only=lines):
            for row in np.flatnonzero(np.isin(part.line, list(lines))).tolist():
                cells = zip(self.names, (column[row].as_py() for column in part.cells), strict=True)
                row_cells = {name: cell for name, cell in cells if cell}
                by_name = {name.casefold(): cell for name, cell in row_cells.items()}
                rows.append({name: by_name[name] for name in names if name in by_name} if names else row_cells)
        return rows

    def _place(self, name: str) -> int | None:
        return self._places.get(self._mapping.get(name, name).strip().casefold())

    def _constant(self, name: str) -> str | None:
        own = self._mapping.get(name, "")
        return own.removeprefix(CONSTANT).strip() if own.startswith(CONSTANT) else None

    def _check_single(self, place: int) -> None:
        name = self.names[place].casefold()
        if sum(other.casefold() == name for other in self.names) > 1:
            raise self.file.error(f"has two columns {self.names[place]!r}; rename one", line=self._header_line)

    def _lacking(self, name: str) -> SituationError:
        own = self._mapping.get(name, name)
        hint = suggest(own, [name for name in self.names if name], short=False)
        if not hint:
            listed = ", ".join(map(repr, self.names[:_LISTED])) + (", ..." if len(self.names) > _LISTED else "")
            hint = f"; the file has {listed}"
        if name not in self._mapping:
            hint += f"; `columns: {{{name}: ITS NAME}}` in the recipe reads another"
        return self.file.error(f"there is no column {own!r}{hint}", line=self._header_line)

    @property
    def _header_line(self) -> int | None:
        return 1 if self._sheet is None else None

    def _check_mapping(self, known: Sequence[str]) -> None:
        for name in self._mapping:
            if name not in known:
                raise self.file.error(f"`columns` of the recipe has {name!r}, which is not read{suggest(name, known)}")

    def _parts(self, places: Sequence[int], only: set[int] | None = None) -> "Iterator[_Part]":
        """Yield the rows of columns, of a text only those that begin at some lines; blank lines are left out."""
        if self._sheet is not None:
            yield _Part(self._line, [self._sheet.column(place).combine_chunks() for place in places])
            return
        pieces = self.file.pieces()
        text = next(pieces).text.removeprefix(BOM_UTF8)
        if self._header:
            text, line = text[len(self._header) :], 1 + self._header.count(b"\n")
        else:
            text, line = b"\n" + text, 0
        piece = next(pieces, None)
        while text:
            final = piece is None
            try:
                records, text = self._grammar.cut(text, final)
            except SituationError as error:
                raise self.file.error(str(error)) from None
            count = records.line_count()
            yield self._part(records, line, places, only)
            line += count
            if piece is not None:
                text, piece = text + piece.text, next(pieces, None)

    def _part(self, records: Records, line: int, places: Sequence[int], only: set[int] | None) -> "_Part":
        if records.broken:
            position, fault = next(iter(records.broken.items()))
            raise self.file.error(f"the line is damaged: {fault}", line=line + records.lines([position])[0])
        dropped = blank_lines(records)
        if only is not None:
            starts = line + np.array(records.lines(range(len(records.edges) - 1)), dtype=np.int64)
            dropped = dropped | ~np.isin(starts, list(only))
        every = np.arange(len(records.edges) - 1)
        kept, positions = without(records, np.flatnonzero(dropped)) if dropped.any() else (records, every)
        lines = line + np.array(records.lines(positions.tolist()), dtype=np.int64)
        if not len(lines):
            return _Part(lines, [pa.array([], pa.string()) for _ in places])
        table = self._parsed(kept, lines, places)
        return _Part(lines, [self._texts(table.column(str(place)), place, lines, only) for place in places])

    def _parsed(self, records: Records, lines: NDArray[np.int64], places: Sequence[int]) -> pa.Table:
        ragged: list[tuple[int, int]] = []

        def note(row: pyarrow.csv.InvalidRow) -> str:
            ragged.append((row.number, row.actual_columns))
            return "error"

        names = [str(place) for place in range(len(self.names))]
        try:
            return pyarrow.csv.read_csv(
                pa.BufferReader(records.data + b"\n"),
                pyarrow.csv.ReadOptions(use_threads=False, block_size=len(records.data) + 2, column_names=names),
                pyarrow.csv.ParseOptions(
                    delimiter=chr(self._grammar.delimiter),
                    newlines_in_values=b'"' in records.data,
                    ignore_empty_lines=True,
                    invalid_row_handler=note,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.binary()),
                    include_columns=[str(place) for place in places],
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if not ragged:
                raise self.file.error(f"cannot be read as CSV: {error}") from None
            row, count = ragged[0]
            message = f"has {counted(count, 'cell')}, and the header {len(self.names)}"
            raise self.file.error(f"the line {message}; is it cut off?", line=int(lines[row - 1])) from None

    def _texts(
        self, column: pa.ChunkedArray, place: int, lines: NDArray[np.int64], only: set[int] | None
    ) -> pa.StringArray:
        array = column.combine_chunks()
        try:
            return pc.utf8_trim_whitespace(array.cast(pa.string()))
        except pa.ArrowInvalid:
            if only is not None:
                return pa.array([cell.as_py().decode(errors="backslashreplace") for cell in array], pa.string())
            row = next(row for row, cell in enumerate(array) if not _is_utf8(cell.as_py()))
            message = f"column {self.names[place]!r} is not UTF-8; save the file as UTF-8"
            raise self.file.error(message, line=int(lines[row])) from None


class _Part(NamedTuple):
    line: NDArray[np.int64]
    cells: Sequence[pa.StringArray]


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_kind(file: SourceFile, head: bytes) -> None:
    """Refuse what is no text of a table, by its name."""
    with file.open() as source:
        if not source.is_text:
            raise file.error(f"is {source.kind}; export it as CSV")
    if kind := foreign_kind(head[:FIRST_BYTES]) or document_kind(head[:FIRST_BYTES]):
        raise file.error(f"is {kind}")


def _header(file: SourceFile, head: bytes) -> tuple[Grammar, bytes]:
    """Return the grammar by which the header has the most cells, and the header."""
    if not head.strip(b"\r\n \t") or head.split(b"\n", 1)[0].strip() == b"":
        raise file.error("starts with a blank line: it has no header", line=1)
    if b"\0" in head[:4096]:
        raise file.error("has NUL bytes: is it UTF-16, or no table at all? Save it as UTF-8")
    headers: list[tuple[Grammar, bytes]] = []
    for delimiter in DELIMITERS:
        grammar = Grammar(delimiter)
        try:
            headers.append((grammar, grammar.first(head, True) or b""))
        except SituationError as error:
            message = str(error)
    if not headers:
        raise file.error(message, line=1)
    return max(headers, key=lambda pair: len(pair[0].cells(pair[1])))


def _sheet(file: SourceFile, wanted: set[str], sheet: str | None) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the cells of a sheet as text, and the rows in the sheet."""
    with file.open() as source:
        if source.kind != ZIP:
            raise file.error("is no workbook")
        try:
            content = WorkbookContent(source, wanted, sheet)
        except SituationError as error:
            problems = [problem._replace(message=_as_in_recipes(problem.message)) for problem in error.problems]
            raise SituationError(problems) from None
        batches = list(content.batches(1 << 20))
        table = pa.Table.from_batches([batch.content for batch in batches], content.schema)
        blank = np.concatenate([np.empty(0, bool), *(batch.blank for batch in batches)])
        return _as_text(table, blank, content.rows_before)


def _as_in_recipes(message: str) -> str:
    """Return a message about a workbook with `sheet` of a recipe in place of the option of a command."""
    return message.replace("--sheet chooses", "`sheet` in the recipe chooses").replace(
        "columns of the model", "columns"
    )


def _old_sheet(file: SourceFile, wanted: set[str], sheet: str | None) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the same of an .xls file: of the stated sheet, else the first; its header is the first row."""
    require("excel")
    from python_calamine import CalamineError, CalamineWorkbook

    with file.open() as source:
        try:
            book = CalamineWorkbook.from_filelike(source.seekable())
            if sheet is not None and sheet not in book.sheet_names:
                raise file.error(f"there is no sheet {sheet!r}{suggest(sheet, book.sheet_names)}")
            cells = book.get_sheet_by_name(sheet or book.sheet_names[0])
        except CalamineError as error:
            raise file.error(f"is cut off, damaged, or no workbook: {error}") from None
    rows = cells.iter_rows()
    names = [str(name).strip() for name in next(rows, [])]
    chunks = iter(lambda: list(islice(rows, 512)), [])
    content, blank = read_cells(chunks, len(names), {}, ".")
    unnamed = (f"column {place + 1}" for place in range(len(names)))
    table = pa.table(content, names=[name or letter for name, letter in zip(names, unnamed, strict=True)])
    return _as_text(table, blank, 1 + (cells.start or (0, 0))[0])


def _as_text(table: pa.Table, blank: NDArray[np.bool_], rows_before: int) -> tuple[pa.Table, NDArray[np.int64]]:
    columns = []
    for column in table.columns:
        text = column if pa.types.is_string(column.type) else pc.cast(column, pa.string())
        columns.append(pc.utf8_trim_whitespace(pc.fill_null(text, "")))
    line = np.flatnonzero(~blank) + rows_before + 1
    return pa.table(columns, names=table.column_names).filter(arrays.from_mask(~blank)), line.astype(np.int64)


def check_codes(file: SourceFile, source: SourceSpec, title: str) -> None:
    """Refuse a recipe that states the codes of a data set, which has its own."""
    if source.codes is not None:
        raise file.error(f"`codes: {source.codes}` is for plain lists; {title} has codes of its own; leave it out")
