"""Events of GDELT 1.0 and 2.0, and of its translated stream: acts between states.

The identity of an event is its GLOBALEVENTID, which 1.0, 2.0 and the translated stream share, so an event that is in
several files is one. Its day is SQLDATE; DATEADDED is the day of the file. An actor is a state if it has the country of
one and nothing else, or if its first role is one of `STATE_ROLES`. An organisation of states is an actor too where the
other is a state.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from riskmodel.errors import repr_value
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import cameo, countries
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.gdelt_layout import (
    ACTORS,
    ADDED,
    DAY,
    EVENT,
    KEY,
    NEEDED,
    PUBLISHED,
    SHOWN,
    VERSION_1,
    WITHOUT_URL,
    Layout,
    detect,
)
from riskmodel.sources.records import NO_STATE, ORGANISATION, Acts, Tally

FAMILY = "gdelt"
STATE_ROLES = frozenset({"GOV", "MIL", "SPY", "LEG", "JUD", "COP"})
"""First roles of actors whose acts are those of their state: government, forces, intelligence, parliament, courts, police.

CAMEO puts the main role first: GOV BUS is a ministry of trade, ELI GOV a former minister.
"""
_ORGANISATION_ROLE = "IGO"
_UNKNOWN, _NONE = -3, -4
"""An actor whose country is in no list, or who has none."""
_NO_DAY = np.iinfo(np.int32).min
_FIRST_DAILY = int(np.datetime64("2013-04-01").astype(np.int64))
"""The day of the first daily file; the date added of earlier events is that on which the past was loaded."""
_NULLS = ["", "NULL", "NA", "NaN", "nan", "None", r"\N", "#N/A"]
"""Cells without a value in rewritten files."""
_FILE_TIME = re.compile(r"(?:(?:^|\D)(\d{14}|\d{8})\.(?:translation\.)?export|^(\d{14}|\d{8})\.)", re.IGNORECASE)
"""The time in the name of a published file, or at the beginning of a name that is nothing else."""
_DAY_TEXT = re.compile(r"(\d{8})(?:\d{6}|\.0)?|(\d{4}-\d\d-\d\d)(?:[ T]00:00:00(?:\.0+)?)?")


def open_events(file: SourceFile, source: SourceSpec) -> "EventReader":
    """Return a reader of a file, whose form is detected by its first lines.

    Raises
    ------
    SituationError
        The file cannot be read, is empty or of unknown form.
    """
    return EventReader(file, detect(file, source))


class EventReader:
    """Reads a file of events; `parse` may run in several threads.

    Parameters
    ----------
    file : the file.
    layout : its form.
    """

    def __init__(self, file: SourceFile, layout: Layout) -> None:
        self._file, self._layout = file, layout
        match = _FILE_TIME.search(file.base_name)
        self._file_time = (match[1] or match[2]) if match else ""

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows in pieces of whole lines, without the header."""
        skipped = self._layout.header_lines
        for piece in self._file.pieces():
            if skipped and piece.line == 1:
                start = piece.text.find(b"\n") + 1 or len(piece.text)
                piece = Piece(piece.text[start:], 2)
            elif piece.line == 1:
                piece = Piece(piece.text.removeprefix(b"\xef\xbb\xbf"), 1)
            if piece.text:
                yield piece

    def parse(self, piece: Piece) -> tuple[Acts, Tally]:
        """Return the acts of a piece, and the count of its rows.

        Raises
        ------
        SituationError
            A row has another number of columns, or a kept row has no valid id or day.
        """
        tally = Tally()
        rows = self._read(piece, tally)
        tally.rows = len(rows)
        self._count_days(rows, tally)
        return self._acts(rows, tally), tally

    def show(self, piece: Piece, lines: set[int]) -> list[dict[str, str]]:
        """Return the columns that say what a row is, by name, for the rows at some lines of the file."""
        texts = piece.text.split(b"\n")
        shown = []
        for line in sorted(lines):
            if piece.line <= line < piece.line + len(texts):
                cells = self._layout.cells(texts[line - piece.line].rstrip(b"\r"))
                places = {name: self._layout.position.get(name, len(cells)) for name in SHOWN}
                shown.append({name: cells[at] for name, at in places.items() if at < len(cells)})
        return shown

    def _read(self, piece: Piece, tally: Tally) -> "_Rows":
        """Return the needed cells of a piece; rows of 57 and of 58 columns may be in one file."""
        layout, first = self._layout, piece.text[: piece.text.find(b"\n") + 1 or None]
        width, other = layout.width, 0
        if layout.is_published and width in _VERSION_1_WIDTHS:
            width, other = sorted(_VERSION_1_WIDTHS, key=lambda count: count != first.count(b"\t") + 1)
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
        return rows._replace(line=piece.line + np.arange(len(rows)))

    def _table(self, text: bytes, width: int) -> "tuple[_Rows, list[Any]]":
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
        return _Rows(np.arange(table.num_rows), cells), odd

    def _why_odd(self, count: int) -> str:
        width = self._layout.width
        message = f"has {count} column{'' if count == 1 else 's'}, and the first row has {width}"
        if count in PUBLISHED and width in PUBLISHED:
            return f"{message}: GDELT 1.0 and 2.0 in one file; give a file for each"
        return f"{message}: {'the row is cut off; get the file anew' if count < width else 'there is a delimiter too many'}"

    def _count_days(self, rows: "_Rows", tally: Tally) -> None:
        """Count the rows by the day of the file: from its name, or else their date added, or else their own day."""
        if (day := _day(self._file_time)) != _NO_DAY:
            tally.days[day] += len(rows)
            if len(self._file_time) == 14 and self._layout.width == 61:
                time = datetime.strptime(self._file_time, "%Y%m%d%H%M%S")
                tally.slots.add(1440 * day + 60 * time.hour + time.minute)
            return
        days = _mapped(rows.cells[DAY], _day, np.int32)
        if ADDED in rows.cells:
            added = _mapped(rows.cells[ADDED], _day, np.int32)
            days = np.where(added >= _FIRST_DAILY, added, days)
        distinct, counts = np.unique(days, return_counts=True)
        tally.days.update(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))
        del tally.days[_NO_DAY]

    def _acts(self, rows: "_Rows", tally: Tally) -> Acts:
        """Return the rows that are acts, and count the others."""
        position = countries.codes("cameo")
        actors, roles = [], []
        for code, country, role in ACTORS:
            first = rows.cells[role]
            state = _mapped(rows.cells[country], lambda text: position.get(text, _UNKNOWN) if text else _NONE, np.int16)
            is_organised = pc.equal(first, _ORGANISATION_ROLE.encode()).to_numpy(zero_copy_only=False)
            actors.append(np.where((state < 0) & is_organised, np.int16(ORGANISATION), state))
            is_bare = pc.equal(rows.cells[code], rows.cells[country]).to_numpy(zero_copy_only=False)
            role_of_state = _mapped(first, lambda text: text in STATE_ROLES, np.bool_)
            roles.append((state < 0) | is_bare | role_of_state)
        source, target = actors
        reasons = {
            "a row without values": _is_empty(rows),
            "an actor has no country": (source == _NONE) | (target == _NONE),
            "the country of an actor is unknown": (source == _UNKNOWN) | (target == _UNKNOWN),
            "an actor is a region or no state": (source == NO_STATE) | (target == NO_STATE),
            "both actors are organisations": (source == ORGANISATION) & (target == ORGANISATION),
            "both actors are of one state": source == target,
            "an actor acts for no state": ~(roles[0] & roles[1]),
        }
        reason = np.select(list(reasons.values()), np.arange(len(reasons)), -1)
