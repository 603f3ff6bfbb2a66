"""Rows of GDELT event files as columns, and their counts by the day of the file.

Of published files only the rows of two actors are read, which are found by the positions of tabs: that takes a third of
the time, and gives the same acts and counts as all rows, which are read of rewritten files and of odd ones.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from riskmodel.errors import counted
from riskmodel.sources.delimited import TabbedText, cells_at, tabbed_blocks
from riskmodel.sources.events import WITHOUT_COUNTRY, Cells
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.gdelt_layout import (
    ACTORS,
    ADDED,
    DAY,
    NEEDED,
    PUBLISHED,
    VERSION_1_WIDTHS,
    VERSION_2,
    Layout,
)
from riskmodel.sources.records import EPOCH, Tally

NO_DAY = np.iinfo(np.int32).min
_FIRST_DAILY = date(2013, 4, 1).toordinal() - EPOCH
"""The day of the first daily file; the date added of earlier events is that on which the past was loaded."""
_NULLS = ["", "NULL", "NA", "NaN", "nan", "None", r"\N", "#N/A"]
"""Cells without a value in rewritten files."""
_FILE_TIME = re.compile(r"(?:(?:^|\D)(\d{14}|\d{8})\.(?:translation\.)?export|^(\d{14}|\d{8})\.)", re.IGNORECASE)
"""The time in the name of a published file, or at the beginning of a name that is nothing else."""
_DAY_LENGTHS = (8, 14)
"""Of the texts of days and times without signs."""
_DAY_TEXT = re.compile(r"(\d{8})(?:\d{6}|\.0)?|(\d{4}-\d\d-\d\d)(?:[ T]00:00:00(?:\.0+)?)?")
ORGANISATION_ROLE = "IGO"
"""The first role of organisations of states."""


class RowReader:
    """Reads pieces of a file; may run in several threads.

    Parameters
    ----------
    file : the file.
    layout : its form.
    """

    def __init__(self, file: SourceFile, layout: Layout) -> None:
        self._file, self._layout = file, layout
        match = _FILE_TIME.search(file.base_name)
        time = (match[1] or match[2]) if match else ""
        self._day, self._slot = day_of(time), _minute(time) if layout.width == len(VERSION_2) else None

    def read(self, piece: Piece, tally: Tally) -> "Rows":
        """Return the needed cells of rows, at least of all of two actors, and count the rows and their days.

        Raises
        ------
        SituationError
            A row has another number of columns.
        """
        if self._slot is not None:
            tally.slots.add(self._slot)
        if (rows := self._candidates(piece, tally)) is not None:
            return rows
        rows = self._all(piece, tally)
        tally.rows = len(rows)
        self._count_days(rows, tally)
        return rows

    def _candidates(self, piece: Piece, tally: Tally) -> "Rows | None":
        """Return the rows of two actors with a country or an organisation, a fourth of all; None if a row is odd.

        The acts and counts are those of `_all`, in a third of the time.
        """
        layout = self._layout
        if not layout.is_published:
            return None
        days: Counter[int] = Counter()
        columns = [layout.position[name] for name in NEEDED]
        needed = max(columns) + 1 if self._day != NO_DAY else layout.width
        lines, bounds, n_rows = [], [], 0
        for block in tabbed_blocks(piece.text, layout.width, needed):
            if block is None or block.has_blank_starts() or (block_days := self._days_of_file(block)) is None:
                return None
            candidates = self._candidate_rows(block)
            bounds.append([block.bounds(column, candidates) for column in columns])
            lines.append(piece.line + n_rows + candidates)
            days.update(block_days)
            n_rows += len(block)
        line = np.concatenate(lines)
        tally.rows, tally.days = n_rows, days
        if len(line) < n_rows:
            tally.dropped[WITHOUT_COUNTRY] += n_rows - len(line)
        edges = np.concatenate(bounds, axis=2)
        return Rows(line, {name: cells_at(piece.text, *edges[n]) for n, name in enumerate(NEEDED)})

    def _candidate_rows(self, block: TabbedText) -> NDArray[np.intp]:
        """Return the rows of two actors with a country or an organisation."""
        position = self._layout.position
        is_candidate = np.ones(len(block), np.bool_)
        for _, country, role in ACTORS:
            has_country = block.lengths(position[country]) > 0
            without = np.flatnonzero(~has_country)
            has_country[block.rows_with(position[role], ORGANISATION_ROLE.encode(), without)] = True
            is_candidate &= has_country
        return np.flatnonzero(is_candidate)

    def _days_of_file(self, block: TabbedText) -> dict[int, int] | None:
        """Return the rows by the day of the file as `_count_days` does; None if that takes a look at each row."""
        if self._day != NO_DAY:
            return {self._day: len(block)}
        for name, first in ((ADDED, _FIRST_DAILY), (DAY, NO_DAY + 1)):
            days: Counter[int] = Counter()
            for text, count in block.beginnings(self._layout.position[name], _DAY_LENGTHS) or ():
                days[day_of(text)] += count
            if not days:
                return None
            if min(days) >= first:
                return days
            if max(days) >= first:
                return None
        return None

    def _all(self, piece: Piece, tally: Tally) -> "Rows":
        """Return the needed cells of a piece; rows of 57 and of 58 columns may be in one file."""
        layout, first = self._layout, piece.text[: piece.text.find(b"\n") + 1 or None]
        width, other = layout.width, 0
        if layout.is_published and width in VERSION_1_WIDTHS:
            width, other = sorted(VERSION_1_WIDTHS, key=lambda count: count != first.count(b"\t") + 1)
        rows, odd = self._table(piece.text, width)
        for row in odd:
            if row.actual_columns != other:
                raise self._file.error(self._why_odd(row.actual_columns), line=piece.line + row.number - 1)
        if mended := len(odd) if width == layout.width else len(rows):
            tally.mended["57 and 58 columns in one file"] += mended
        if odd:
            number = np.array([row.number - 1 for row in odd])
            others, _ = self._table("\n".join(row.text for row in odd).encode(), other)
            usual = np.delete(np.arange(len(rows) + len(odd)), number)
            rows = rows.joined(others).take(np.argsort(np.concatenate((usual, number))))
        return replace(rows, line=piece.line + np.arange(len(rows)))

    def _table(self, text: bytes, width: int) -> "tuple[Rows, list[Any]]":
        """Return the needed cells of a text, and the rows of another width."""
        layout, odd = self._layout, []

        def set_aside(row: Any) -> str:
            odd.append(row)
            return "skip"

        places = {name: str(layout.position[name]) for name in (*NEEDED, ADDED) if name in layout.position}
        try:
            table = pyarrow.csv.read_csv(
                pa.py_buffer(text),
                pyarrow.csv.ReadOptions(
                    use_threads=False, block_size=len(text) + 1, column_names=[str(at) for at in range(width)]
                ),
                pyarrow.csv.ParseOptions(
                    delimiter=layout.delimiter,
                    quote_char='"' if layout.quoted else False,
                    ignore_empty_lines=False,
                    invalid_row_handler=set_aside,
                ),
                pyarrow.csv.ConvertOptions(
                    check_utf8=False,
                    include_columns=list(places.values()),
                    column_types=dict.fromkeys(places.values(), pa.binary()),
                    null_values=_NULLS,
                    strings_can_be_null=not layout.is_published,
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._file.error(f"cannot be read as a table: {error}") from None
        cells = {name: table[at].combine_chunks().fill_null(b"") for name, at in places.items()}
        return Rows(np.arange(table.num_rows), cells), odd

    def _why_odd(self, count: int) -> str:
        width = self._layout.width
        message = f"has {counted(count, 'column')}, and the first row has {width}"
        if count in PUBLISHED and width in PUBLISHED:
            return f"{message}: GDELT 1.0 and 2.0 in one file; give a file for each"
        return f"{message}: {'the row is cut off' if count < width else 'a delimiter too many'}; get the file anew"

    def _count_days(self, rows: "Rows", tally: Tally) -> None:
        """Count the rows by the day of the file: from its name, or else their date added, or else their own day."""
        if self._day != NO_DAY:
            tally.days[self._day] += len(rows)
            return
        days = coded(rows.cells[DAY]).map(day_of, np.int32)
        if ADDED in rows.cells:
            added = coded(rows.cells[ADDED]).map(day_of, np.int32)
            days = np.where(added >= _FIRST_DAILY, added, days)
        distinct, counts = np.unique(days, return_counts=True)
        tally.days.update(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))
        del tally.days[NO_DAY]


@dataclass(frozen=True, eq=False)
class Rows:
    """The needed columns of some rows: the cells of each as bytes, empty where there is no value."""

    line: NDArray[np.int64]
    cells: Mapping[str, pa.BinaryArray]

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: NDArray[np.intp]) -> "Rows":
        """Return some of the rows."""
        positions = pa.array(rows)
        return Rows(self.line[rows], {name: cells.take(positions) for name, cells in self.cells.items()})

    def joined(self, other: "Rows") -> "Rows":
        """Return the rows with those of another part after them."""
        cells = {name: pa.concat_arrays([cells, other.cells[name]]) for name, cells in self.cells.items()}
        return Rows(np.concatenate((self.line, other.line)), cells)


def coded(cells: pa.BinaryArray) -> Cells:
    """Return cells as distinct texts, in the order of their first cells."""
    encoded = cells.dictionary_encode()
    return Cells(tuple(map(text_of, encoded.dictionary.to_pylist())), encoded.indices.to_numpy())


def text_of(cell: bytes) -> str:
    """Return a cell as text."""
    return cell.decode("utf-8", "replace")


@lru_cache(65536)
def day_of(text: str) -> int:
    """Return the day of a text such as 20180131, 20180131103000 or 2018-01-31; `NO_DAY` if it is none."""
    match = _DAY_TEXT.fullmatch(text)
    try:
        return date.fromisoformat(match[1] or match[2]).toordinal() - EPOCH if match else NO_DAY
    except ValueError:
        return NO_DAY


def _minute(text: str) -> int | None:
    """Return the minute since 1970 of a time such as 20180131103000; None if it is none."""
    try:
        time = datetime.strptime(text, "%Y%m%d%H%M%S") if len(text) == 14 else None
    except ValueError:
        return None
    return None if time is None else (time.toordinal() - EPOCH) * 1440 + 60 * time.hour + time.minute
