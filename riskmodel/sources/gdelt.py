"""Events of GDELT 1.0 and 2.0, and of its translated stream: acts between states.

The identity of an event is its GLOBALEVENTID, which 1.0, 2.0 and the translated stream share, so an event that is in
several files is one. Its day is SQLDATE; DATEADDED is the day of the file. An actor is a state if it has the country of
one and nothing else, or if its first role is one of `STATE_ROLES`. An organisation of states is an actor too where the
other is a state.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from riskmodel.errors import repr_value
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import cameo, countries
from riskmodel.sources.delimited import TabbedText, cells_at, tabbed_blocks
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.gdelt_layout import (
    ACTORS,
    ADDED,
    BOM,
    DAY,
    EVENT,
    KEY,
    NEEDED,
    PUBLISHED,
    SHOWN,
    VERSION_1_WIDTHS,
    VERSION_2,
    Layout,
    detect,
)
from riskmodel.sources.records import NO_STATE, ORGANISATION, Acts, Tally

T = TypeVar("T", bound=np.generic)

FAMILY = "gdelt"
STATE_ROLES = frozenset({"GOV", "MIL", "SPY", "LEG", "JUD", "COP"})
"""First roles of actors who act for their state: government, forces, intelligence, parliament, courts, police.

CAMEO puts the main role first: GOV BUS is a ministry of trade, ELI GOV a former minister.
"""
_ORGANISATION_ROLE = "IGO"
_NO_COUNTRY = "an actor has no country"
_NO_KNOWN_COUNTRY = "the country of an actor is unknown"
_NO_KNOWN_CODE = "the code of the act is unknown"
_UNKNOWN, _NONE = -3, -4
"""An actor whose country is in no list, or who has none."""
_EPOCH = date(1970, 1, 1).toordinal()
_NO_DAY = np.iinfo(np.int32).min
_FIRST_DAILY = date(2013, 4, 1).toordinal() - _EPOCH
"""The day of the first daily file; the date added of earlier events is that on which the past was loaded."""
_NULLS = ["", "NULL", "NA", "NaN", "nan", "None", r"\N", "#N/A"]
"""Cells without a value in rewritten files."""
_FILE_TIME = re.compile(r"(?:(?:^|\D)(\d{14}|\d{8})\.(?:translation\.)?export|^(\d{14}|\d{8})\.)", re.IGNORECASE)
"""The time in the name of a published file, or at the beginning of a name that is nothing else."""
_DAY_LENGTHS = (8, 14)
"""Of the texts of days and times without signs."""
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
        self._states = dict(countries.codes("cameo"))
        match = _FILE_TIME.search(file.base_name)
        time = (match[1] or match[2]) if match else ""
        self._day, self._slot = _day(time), _minute(time) if layout.width == len(VERSION_2) else None

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows in pieces of whole lines, without the header."""
        pieces = self._file.pieces()
        for first in pieces:
            start = first.text.find(b"\n") + 1 or len(first.text)
            text = first.text[start:] if self._layout.has_header else first.text.removeprefix(BOM)
            if text:
                yield Piece(text, 1 + self._layout.has_header)
            break
        yield from pieces

    def parse(self, piece: Piece) -> tuple[Acts, Tally]:
        """Return the acts of a piece, and the count of its rows.

        Raises
        ------
        SituationError
            A row has another number of columns, or a kept row has no valid id or day.
        """
        tally = Tally()
        if self._slot is not None:
            tally.slots.add(self._slot)
        if (rows := self._candidates(piece, tally)) is None:
            rows = self._all(piece, tally)
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

    def _candidates(self, piece: Piece, tally: Tally) -> "_Rows | None":
        """Return the rows of two actors with a country or an organisation, a fourth of all; None if a row is odd.

        The acts and counts are those of `_all`, in a third of the time.
        """
        layout = self._layout
        if not layout.is_published:
            return None
        days: Counter[int] = Counter()
        columns = [layout.position[name] for name in NEEDED]
        lines, bounds, n_rows = [], [], 0
        for block in tabbed_blocks(piece.text, layout.width):
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
            tally.dropped[_NO_COUNTRY] += n_rows - len(line)
        edges = np.concatenate(bounds, axis=2)
        return _Rows(line, {name: cells_at(piece.text, *edges[n]) for n, name in enumerate(NEEDED)})

    def _candidate_rows(self, block: TabbedText) -> NDArray[np.intp]:
        """Return the rows of two actors with a country or an organisation."""
        position = self._layout.position
        is_candidate = np.ones(len(block), np.bool_)
        for _, country, role in ACTORS:
            has_country = block.lengths(position[country]) > 0
            without = np.flatnonzero(~has_country)
            has_country[block.rows_with(position[role], _ORGANISATION_ROLE.encode(), without)] = True
            is_candidate &= has_country
        return np.flatnonzero(is_candidate)

    def _days_of_file(self, block: TabbedText) -> dict[int, int] | None:
        """Return the rows by the day of the file as `_count_days` does; None if that takes a look at each row."""
        if self._day != _NO_DAY:
            return {self._day: len(block)}
        for name, first in ((ADDED, _FIRST_DAILY), (DAY, _NO_DAY + 1)):
            days: Counter[int] = Counter()
            for text, count in block.beginnings(self._layout.position[name], _DAY_LENGTHS) or ():
                days[_day(text)] += count
            if not days:
                return None
            if min(days) >= first:
                return days
            if max(days) >= first:
                return None
        return None

    def _all(self, piece: Piece, tally: Tally) -> "_Rows":
        """Return the needed cells of all rows of a piece."""
        rows = self._read(piece, tally)
        tally.rows = len(rows)
        self._count_days(rows, tally)
        return rows

    def _read(self, piece: Piece, tally: Tally) -> "_Rows":
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
        return f"{message}: {'the row is cut off' if count < width else 'a delimiter too many'}; get the file anew"

    def _count_days(self, rows: "_Rows", tally: Tally) -> None:
        """Count the rows by the day of the file: from its name, or else their date added, or else their own day."""
        if self._day != _NO_DAY:
            tally.days[self._day] += len(rows)
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
        (source, source_acts), (target, target_acts) = (self._actor(rows, *columns) for columns in ACTORS)
        event = _Coded.of(rows.cells[EVENT])
        code = event.mapped(lambda text: cameo.POSITION.get(cameo.with_zeros(text), _UNKNOWN), np.int16)
        unknown_source, unknown_target, unknown_code = (values == _UNKNOWN for values in (source, target, code))
        reasons = {
            "a row without values": _is_empty(rows),
            _NO_COUNTRY: (source == _NONE) | (target == _NONE),
            _NO_KNOWN_COUNTRY: unknown_source | unknown_target,
            "an actor is a region or no state": (source == NO_STATE) | (target == NO_STATE),
            "both actors are organisations": (source == ORGANISATION) & (target == ORGANISATION),
            "both actors are of one state": source == target,
            "an actor acts for no state": ~(source_acts & target_acts),
            _NO_KNOWN_CODE: unknown_code,
        }
        is_kept = np.ones(len(rows), np.bool_)
        for text, applies in reasons.items():
            if count := int(np.count_nonzero(applied := applies & is_kept)):
                tally.dropped[text] += count
                is_kept &= ~applies
                if text == _NO_KNOWN_COUNTRY:
                    self._keys(rows, np.flatnonzero(applied))  # a header between the rows is an error
                    for (_, country, _), is_unknown in zip(ACTORS, (unknown_source, unknown_target), strict=True):
                        _count(tally, "cameo", rows.cells[country], applied & is_unknown)
                elif text == _NO_KNOWN_CODE:
                    _count(tally, "cameo acts", rows.cells[EVENT], applied)
        kept = np.flatnonzero(is_kept)
        lost_zero = event.mapped(lambda text: cameo.with_zeros(text) != text, np.bool_)
        if count := int(np.count_nonzero(lost_zero[kept])):
            tally.mended["zero of a code restored"] += count
        return Acts(
            line=rows.line[kept],
            key=self._keys(rows, kept),
            day=self._days(rows, kept),
            source=source[kept],
            target=target[kept],
            code=code[kept],
            codes=cameo.CODES,
        )

    def _actor(self, rows: "_Rows", code: str, country: str, role: str) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Return the state or organisation that each actor is of, and whether it acts for it."""
        state = _mapped(rows.cells[country], lambda text: self._states.get(text, _UNKNOWN) if text else _NONE, np.int16)
        roles = _Coded.of(rows.cells[role])
        is_organised = roles.mapped(lambda text: text == _ORGANISATION_ROLE, np.bool_)
        state = np.where((state < 0) & is_organised, np.int16(ORGANISATION), state)
        is_bare = _bools(pc.equal(rows.cells[code], rows.cells[country]))
        return state, is_bare | roles.mapped(lambda text: text in STATE_ROLES, np.bool_) | (state < 0)

    def _keys(self, rows: "_Rows", chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the identities of some rows."""
        texts = rows.cells[KEY].take(pa.array(chosen)).cast(pa.string())
        if pc.any(pc.ends_with(texts, ".0")).as_py():
            texts = pc.replace_substring_regex(texts, r"\.0$", "")
        try:
            return np.asarray(texts.cast(pa.int64()).to_numpy())
        except pa.ArrowInvalid:
            wrong = chosen[np.argmin(_bools(pc.match_substring_regex(texts, r"^\d{1,18}$")))]
        value = repr_value(_text(rows.cells[KEY][int(wrong)].as_py()))
        message = f"has {KEY} {value}, which is no number; is it a header between the rows?"
        raise self._file.error(message, line=int(rows.line[wrong]))

    def _days(self, rows: "_Rows", chosen: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return the days of events of some rows."""
        texts = rows.cells[DAY].take(pa.array(chosen))
        days = _mapped(texts, _day, np.int32)
        if (wrong := np.flatnonzero(days == _NO_DAY)).size:
            value = repr_value(_text(texts[int(wrong[0])].as_py()))
            message = f"has {DAY} {value}, which is no day such as 20180131 or 2018-01-31"
            raise self._file.error(message, line=int(rows.line[chosen[wrong[0]]]))
        return days


@dataclass(frozen=True, eq=False)
class _Rows:
    """The needed columns of some rows: the cells of each as bytes, empty where there is no value."""

    line: NDArray[np.int64]
    cells: Mapping[str, pa.BinaryArray]

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: NDArray[np.intp]) -> "_Rows":
        """Return some of the rows."""
        positions = pa.array(rows)
        return _Rows(self.line[rows], {name: cells.take(positions) for name, cells in self.cells.items()})

    def joined(self, other: "_Rows") -> "_Rows":
        """Return the rows with those of another part after them."""
        cells = {name: pa.concat_arrays([cells, other.cells[name]]) for name, cells in self.cells.items()}
        return _Rows(np.concatenate((self.line, other.line)), cells)


class _Coded(NamedTuple):
    """Distinct texts of cells, and the position of each cell's."""

    texts: list[str]
    positions: NDArray[np.int32]

    @classmethod
    def of(cls, cells: pa.BinaryArray) -> "_Coded":
        coded = cells.dictionary_encode()
        return cls([_text(text) for text in coded.dictionary.to_pylist()], coded.indices.to_numpy())

    def mapped(self, function: Callable[[str], object], dtype: type[T]) -> NDArray[T]:
        """Return a function of each cell, which is called once for each distinct text."""
        mapped: NDArray[T] = np.array([function(text) for text in self.texts], dtype)[self.positions]
        return mapped


def _mapped(cells: pa.BinaryArray, function: Callable[[str], object], dtype: type[T]) -> NDArray[T]:
    return _Coded.of(cells).mapped(function, dtype)


def _count(tally: Tally, scheme: str, cells: pa.BinaryArray, unknown: NDArray[np.bool_]) -> None:
    """Count the codes that are unknown."""
    for entry in pc.value_counts(cells.filter(pa.array(unknown))).to_pylist():
        tally.unknown[scheme, _text(entry["values"])] += entry["counts"]


def _is_empty(rows: _Rows) -> NDArray[np.bool_]:
    """Return which rows have no value in any needed column."""
    size = sum(pc.binary_length(cells).to_numpy().astype(np.int64) for cells in rows.cells.values())
    return np.asarray(size == 0)


def _bools(mask: pa.BooleanArray) -> NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False), np.bool_)


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")


@lru_cache(65536)
def _day(text: str) -> int:
    """Return the day of a text such as 20180131, 20180131103000 or 2018-01-31; `_NO_DAY` if it is none."""
    match = _DAY_TEXT.fullmatch(text)
    try:
        return date.fromisoformat(match[1] or match[2]).toordinal() - _EPOCH if match else _NO_DAY
    except ValueError:
        return _NO_DAY


def _minute(text: str) -> int | None:
    """Return the minute since 1970 of a time such as 20180131103000; None if it is none."""
    try:
        time = datetime.strptime(text, "%Y%m%d%H%M%S") if len(text) == 14 else None
    except ValueError:
        return None
    return None if time is None else (time.toordinal() - _EPOCH) * 1440 + 60 * time.hour + time.minute
