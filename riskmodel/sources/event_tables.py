"""Tables of events with a header, which ICEWS and POLECAT publish: columns, days, keys, and which acts are of states.

They are separated by tabs, and quotes in them are text: a cell may have one at its beginning that nothing closes. Other
programs write them with every cell in quotes, or with commas or semicolons, where cells in quotes may hold these.
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator, Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from riskmodel.errors import repr_value, suggest
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.events import Actors, Cells, reasons_against
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.records import EPOCH, Tally
from riskmodel.tables.csv.records import plain

MISSING = frozenset(["", "NULL", "NA", "None", "NaN", "nan", "null", "\\N"])
"""Texts that publishers and programs write for a missing value."""
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[ T]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)
NO_DAY = -(1 << 31)
"""The day of a row without a date."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


class EventTable:
    """A table of events whose header has been read.

    Parameters
    ----------
    file, source : the table, and its part of the recipe.
    names : the columns that are read, by their published names, each with the names that it has elsewhere.
    date : the column with the day of the event.
    publisher : for messages.
    short_rows : whether the header may have more names than the rows have cells.

    Raises
    ------
    SituationError
        The header or a column is missing, or the days cannot be told from the months.
    """

    def __init__(
        self,
        file: SourceFile,
        source: SourceSpec,
        names: Mapping[str, Collection[str]],
        date: str,
        publisher: str,
        *,
        short_rows: bool = False,
    ) -> None:
        self.file, self._date = file, date
        head = file.head().removeprefix(BOM_UTF8)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise file.error("is in UTF-16; save it as UTF-8")
        first, _, rest = head.partition(b"\n")
        if not first.strip():
            raise file.error(f"is empty; files of {publisher} begin with a header: {', '.join(list(names)[:3])}, ...")
        self._delimiter = max("\t,;", key=first.decode("latin-1").count)
        self._header = self._split(first)
        while self._header and not self._header[-1]:
            self._header.pop()
        self._positions = self._find(names, source.columns, publisher)
        self._width = len(self._header)
        if short_rows and (below := [self._split(line) for line in rest.splitlines()[:100] if line]):
            self._width = min(self._width, max(len(cells) for cells in below))
        if lacking := [name for name, position in self._positions.items() if position >= self._width]:
            message = f"has rows of {self._width} cells, and no cell for the column {lacking[0]!r} of the header"
            raise file.error(message, line=2)
        self._order = self._date_order(rest)

    def _split(self, line: bytes) -> list[str]:
        """Return the cells of a line, without their quotes."""
        try:
            text = line.decode().rstrip("\r")
        except UnicodeDecodeError:
            text = line.decode("latin-1").rstrip("\r")
        if self._delimiter == "\t" and not _is_quoted(line):
            return [plain(cell.encode()).strip() for cell in text.split("\t")]
        return [cell.strip() for cell in next(csv.reader([text], delimiter=self._delimiter), [])]

    def _find(
        self, names: Mapping[str, Collection[str]], own_names: Mapping[str, str], publisher: str
    ) -> dict[str, int]:
        """Return the positions of the columns by their published names."""
        for name in own_names:
            if name not in names:
                message = f"`columns` names {repr_value(name)}, which is no column that is read{suggest(name, names)}"
                raise self.file.error(message)
        places = {_letters(name): place for place, name in reversed(list(enumerate(self._header)))}
        positions = {}
        for name, aliases in names.items():
            wanted = [own_names[name]] if name in own_names else [name, *aliases]
            place = next((places[_letters(own)] for own in wanted if _letters(own) in places), None)
            if place is not None:
                positions[name] = place
        if not positions:
            message = (
                f"has no header of {publisher}: the first line has none of {', '.join(list(names)[:4])}, ..., but "
                f"{repr_value(', '.join(self._header[:4]))}"
            )
            raise self.file.error(message, line=1)
        for name in names:
            if name not in positions:
                own = own_names.get(name, name)
                hint = suggest(own, self._header, False)
                message = f"has no column {own!r}{hint}; `columns` of the recipe gives the file's own names"
                raise self.file.error(message, line=1)
        return positions

    def _date_order(self, rest: bytes) -> str:
        """Return the order of year, month and day: `ymd`, `mdy` or `dmy`, which the whole file decides."""
        sample = rest[: rest.rfind(b"\n") + 1] or rest
        dates = self.read(Piece(sample, 2), [self._date])[self._date].values if sample.strip() else ()
        if not any(_SLASHED.fullmatch(text) for text in dates):
            return "ymd"
        first = second = 0
        for piece in self.pieces():
            for text in self.read(piece, [self._date])[self._date].values:
                if match := _SLASHED.fullmatch(text):
                    first, second = max(first, int(match[1])), max(second, int(match[2]))
        if first > 12 and second > 12:
            raise self.file.error("has dates with the day first (13/1/2017) and with the month first (1/13/2017)")
        if max(first, second) <= 12:
            message = (
                f"has dates such as {next(filter(_SLASHED.fullmatch, dates))!r} and no day after the 12th, so that"
            )
            raise self.file.error(f"{message} days and months cannot be told apart; write them as 2017-12-01")
        return "dmy" if first > 12 else "mdy"

    def pieces(self) -> Iterator[Piece]:
        """Yield the lines below the header, in pieces."""
        for piece in self.file.pieces():
            text = piece.text.partition(b"\n")[2] if piece.line == 1 else piece.text
            if text.strip():
                yield Piece(text, max(piece.line, 2))

    def lines(self, piece: Piece) -> NDArray[np.int64]:
        """Return (n,) the lines of the rows, which are all but blank ones."""
        if not (piece.text.startswith((b"\n", b"\r\n")) or b"\n\n" in piece.text or b"\n\r\n" in piece.text):
            count = piece.text.count(b"\n") + (not piece.text.endswith(b"\n"))
            return np.arange(piece.line, piece.line + count)
        texts = piece.text.split(b"\n")
        return np.array([piece.line + at for at, text in enumerate(texts) if text.rstrip(b"\r")], np.int64)

    def read(self, piece: Piece, names: Collection[str], tally: Tally | None = None) -> dict[str, Cells]:
        """Return columns of a piece by their published names.

        Raises
        ------
        SituationError
            A line has more or fewer cells than the header.
        """
        text = piece.text
        if b"\r" in text:
            text = re.sub(rb"\r(?!\n)", b" ", text)  # Arrow ends a line there
        table, is_whole = self._parse(text, names, quoted=self._delimiter != "\t")
        if not is_whole and self._delimiter == "\t":
            if b'"' in text:
                table, is_whole = self._parse(text, names, quoted=True)
            if not is_whole:
                text = self._trimmed(text, tally)
                table, is_whole = self._parse(text, names, quoted=False)
        if not is_whole or table.num_rows != len(self.lines(piece)):
            raise self._width_error(piece)
        return {name: _cells(table[str(self._positions[name])]) for name in names}

    def _parse(self, text: bytes, names: Collection[str], *, quoted: bool) -> tuple[pa.Table, bool]:
        """Return columns by their positions, and whether all lines have the width of the table."""
        odd: list[str] = []
        columns = [str(self._positions[name]) for name in names]

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            odd.append(row.text)
            return "skip"

        table = pyarrow.csv.read_csv(
            pa.BufferReader(text),
            pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(text) + 1,
                column_names=[str(position) for position in range(self._width)],
            ),
            pyarrow.csv.ParseOptions(
                delimiter=self._delimiter,
                quote_char='"' if quoted else False,
                invalid_row_handler=skip,
            ),
            pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.binary()), strings_can_be_null=False
            ),
        )
        return table, not odd

    def _trimmed(self, text: bytes, tally: Tally | None) -> bytes:
        """Return lines without the empty cells that some have beyond the header."""
        lines = text.split(b"\n")
        for at, line in enumerate(lines):
            surplus = line.count(b"\t") + 1 - self._width
            if surplus > 0 and not line.rstrip(b"\r")[-surplus:].strip(b"\t"):
                lines[at] = line.rstrip(b"\r")[:-surplus]
                if tally is not None:
                    tally.mended["empty cells beyond the header"] += 1
        return b"\n".join(lines)

    def _width_error(self, piece: Piece) -> Exception:
        """Return the error about the first line that has too many or too few cells."""
        for at, line in enumerate(piece.text.split(b"\n")):
            count = len(self._split(line))
            if line.rstrip(b"\r") and count != self._width:
                message = f"has {count} cells, where the header has {self._width}"
                hint = "; is the file cut off?" if count < self._width else ""
                return self.file.error(message + hint, line=piece.line + at)
        return self.file.error("has a quoted cell that spans lines", line=piece.line)

    def days(self, cells: Cells, piece: Piece, tally: Tally) -> NDArray[np.int32]:
        """Return (n,) the days, and count the rows of each; `NO_DAY` where the date is missing.

        Raises
        ------
        SituationError
            A date is invalid, or of another form than those of the head of the file.
        """
        days = cells.map(lambda text: self._day(text, cells, piece), np.int32)
        present, counts = np.unique(days[days != NO_DAY], return_counts=True)
        tally.days.update(dict(zip(present.tolist(), counts.tolist(), strict=True)))
        return days

    def _day(self, text: str, cells: Cells, piece: Piece) -> int:
        if not text:
            return NO_DAY
        match = (_ISO if self._order == "ymd" else _SLASHED).fullmatch(text)
        if match:
            parts = dict(zip(self._order, map(int, match.groups()), strict=True))
            try:
                return date(parts["y"], parts["m"], parts["d"]).toordinal() - EPOCH
            except ValueError:
                pass
        line = int(self.lines(piece)[cells.row(text)])
        if _letters(text) == _letters(self._header[self._positions[self._date]]):
            raise self.file.error("has the header again: two files were put together; give them one by one", line=line)
        form = {"ymd": "2017-12-31", "mdy": "12/31/2017", "dmy": "31/12/2017"}[self._order]
        message = f"{self._date} is {repr_value(text)}, which is no date such as {form}, as elsewhere in the file"
        raise self.file.error(message, line=line)

    def show(self, piece: Piece, lines: set[int], names: Collection[str]) -> list[dict[str, str]]:
        """Return the cells of some lines by their names in the file, for columns that it has."""
        texts = piece.text.split(b"\n")
        wanted = {_letters(name) for name in names} | {_letters(self._header[at]) for at in self._positions.values()}
        rows = (self._split(texts[line - piece.line]) for line in sorted(lines) if 0 <= line - piece.line < len(texts))
        return [
            {name: cell for name, cell in zip(self._header, row, strict=False) if _letters(name) in wanted}
            for row in rows
        ]


class TableReader:
    """The events of a table, piece by piece; the base class of the readers.

    Parameters
    ----------
    table : the table.
    state_roles : roles or sectors by which an actor acts for its state.
    """

    shown: Collection[str]
    """Columns that show what a row is, beside those that are read."""

    def __init__(self, table: EventTable, state_roles: frozenset[str]) -> None:
        self._table, self._state_roles = table, state_roles

    def pieces(self) -> Iterator[Piece]:
        """Yield the lines below the header, in pieces."""
        return self._table.pieces()

    def show(self, piece: Piece, lines: set[int]) -> list[dict[str, str]]:
        """Return the columns that are read of some lines, and those that tell what happened."""
        return self._table.show(piece, lines, self.shown)


def _is_quoted(line: bytes) -> bool:
    """Return whether a line is of cells in quotes."""
    return line.startswith(b'"') and line.rstrip(b"\r").endswith(b'"') and b'"\t"' in line


def _letters(name: str) -> str:
    """Return the form in which names of columns are compared, which programs write with dots, lines or none."""
    return re.sub(r"[\W_]", "", name.casefold())


def _cells(column: pa.ChunkedArray) -> Cells:
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.binary()).dictionary_encode()
    texts = (plain(cell).strip() for cell in encoded.dictionary.to_pylist())
    values = tuple("" if text in MISSING else text for text in texts)
    return Cells(values, encoded.indices.to_numpy(zero_copy_only=False).astype(np.intp))


def kept_acts(
    source: Actors,
    target: Actors,
    row: NDArray[np.intp],
    other_reasons: Mapping[str, NDArray[np.bool_]],
    tally: Tally,
) -> NDArray[np.bool_]:
    """Return (n,) which acts are of two states, or of a state and an organisation.

    A row of which no act is kept counts as dropped for the first reason that holds of its first act.

    Parameters
    ----------
    source, target : the actors.
    row : (n,) the row of each act, in order; every row has one or more.
    other_reasons : reasons to drop acts, and (n,) those that have them.
    tally : of these rows.
    """
    reasons = {**reasons_against(source, target), **other_reasons}
    reason = np.select(list(reasons.values()), np.arange(len(reasons)).tolist(), -1)
    kept: NDArray[np.bool_] = reason < 0
    rows, first = np.unique(row, return_index=True)
    counts = np.bincount(reason[first[~np.isin(rows, row[kept])]], minlength=len(reasons)).tolist()
    tally.dropped.update({text: count for text, count in zip(reasons, counts, strict=True) if count})
    return kept


def event_keys(*columns: Cells | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) numbers that are equal for rows whose cells are, in all files and at all times."""
    from pandas.util import hash_array

    result: NDArray[np.uint64] = np.zeros(1, np.uint64)
    for column in columns:
        if isinstance(column, Cells):
            hashes = hash_array(np.array(column.values, object), categorize=False)[column.place]
        else:
            hashes = hash_array(column)
        result = (result ^ hashes) * _ODD
        result ^= result >> np.uint64(32)
    return result.view(np.int64)
