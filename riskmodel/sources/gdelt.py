"""Events of GDELT 1.0 and 2.0, and of its translated stream: acts between states.

The identity of an event is its GLOBALEVENTID, which 1.0, 2.0 and the translated stream share, so an event that is in
several files is one. Its day is SQLDATE; DATEADDED is the day of the file. An actor is a state if it has the country of
one and nothing else, or if its first role is one of a state. An organisation of states is an actor too where the
other is a state.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.errors import repr_value
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import cameo, countries
from riskmodel.sources.events import CODE_UNKNOWN, COUNTRY_UNKNOWN, NO_COUNTRY, Actors, reasons_against
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.gdelt_layout import ACTORS, DAY, EVENT, KEY, SHOWN, Layout, detect
from riskmodel.sources.gdelt_rows import NO_DAY, ORGANISATION_ROLE, RowReader, Rows, coded, day_of, text_of
from riskmodel.sources.records import ORGANISATION, UNKNOWN, Acts, Tally

FAMILY = "gdelt"


def open_events(file: SourceFile, source: SourceSpec, state_roles: frozenset[str]) -> "EventReader":
    """Return a reader of a file, whose form is detected by its first lines.

    Parameters
    ----------
    file, source : the file, and its part of the recipe.
    state_roles : first roles by which an actor acts for its state. CAMEO puts the main role first: GOV BUS is a
        ministry of trade, ELI GOV a former minister.

    Raises
    ------
    SituationError
        The file cannot be read, is empty or of unknown form.
    """
    return EventReader(file, detect(file, source), state_roles)


class EventReader:
    """Reads a file of events; `parse` may run in several threads.

    Parameters
    ----------
    file : the file.
    layout : its form.
    state_roles : first roles by which an actor acts for its state.
    """

    def __init__(self, file: SourceFile, layout: Layout, state_roles: frozenset[str]) -> None:
        self._file, self._layout, self._rows = file, layout, RowReader(file, layout)
        self._states, self._state_roles = _states(), state_roles

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows in pieces of whole lines, without the header."""
        pieces = self._file.pieces()
        for first in pieces:
            start = first.text.find(b"\n") + 1 or len(first.text)
            text = first.text[start:] if self._layout.has_header else first.text.removeprefix(BOM_UTF8)
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
        rows = self._rows.read(piece, tally)
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

    def _acts(self, rows: "Rows", tally: Tally) -> Acts:
        """Return the rows that are acts, and count the others."""
        source, target = (self._actor(rows, *columns) for columns in ACTORS)
        event = coded(rows.cells[EVENT])
        code = event.map(lambda text: cameo.POSITION.get(cameo.with_zeros(text), UNKNOWN), np.int16)
        reasons = {
            "a row without values": _is_empty(rows),
            **reasons_against(source, target),
            CODE_UNKNOWN: code == UNKNOWN,
        }
        is_kept = np.ones(len(rows), np.bool_)
        for reason, applies in reasons.items():
            left = tally.drop(is_kept, applies, reason)
            dropped, is_kept = is_kept & ~left, left
            if not dropped.any():
                continue
            if reason == COUNTRY_UNKNOWN:
                self._keys(rows, np.flatnonzero(dropped))  # a header between the rows is an error
                for (_, country, _), actor in zip(ACTORS, (source, target), strict=True):
                    _count(tally, "cameo", rows.cells[country], dropped & (actor.state == UNKNOWN))
            elif reason == CODE_UNKNOWN:
                _count(tally, "cameo acts", rows.cells[EVENT], dropped)
        kept = np.flatnonzero(is_kept)
        lost_zero = event.map(lambda text: cameo.with_zeros(text) != text, np.bool_)
        tally.mend("zero of a code restored", lost_zero & is_kept)
        return Acts(
            line=rows.line[kept],
            key=self._keys(rows, kept),
            day=self._days(rows, kept),
            source=source.state[kept],
            target=target.state[kept],
            code=code[kept],
            codes=cameo.CODES,
        )

    def _actor(self, rows: "Rows", code: str, country: str, role: str) -> Actors:
        """Return the state or organisation that each actor is of, and whether it acts for it."""
        states = coded(rows.cells[country])
        state = states.map(lambda text: self._states.get(text, UNKNOWN) if text else NO_COUNTRY, np.int16)
        roles = coded(rows.cells[role])
        is_organised = roles.map(lambda text: text == ORGANISATION_ROLE, np.bool_)
        state = np.where((state < 0) & is_organised, np.int16(ORGANISATION), state)
        is_bare = _bools(pc.equal(rows.cells[code], rows.cells[country]))
        return Actors(state, is_bare | roles.map(lambda text: text in self._state_roles, np.bool_))

    def _keys(self, rows: "Rows", chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the identities of some rows."""
        texts = rows.cells[KEY].take(pa.array(chosen)).cast(pa.string())
        if pc.any(pc.ends_with(texts, ".0")).as_py():
            texts = pc.replace_substring_regex(texts, r"\.0$", "")
        try:
            return np.asarray(texts.cast(pa.int64()).to_numpy())
        except pa.ArrowInvalid:
            wrong = chosen[np.argmin(_bools(pc.match_substring_regex(texts, r"^\d{1,18}$")))]
        value = repr_value(text_of(rows.cells[KEY][int(wrong)].as_py()))
        message = f"has {KEY} {value}, which is no number; is it a header between the rows?"
        raise self._file.error(message, line=int(rows.line[wrong]))

    def _days(self, rows: "Rows", chosen: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return the days of events of some rows."""
        texts = rows.cells[DAY].take(pa.array(chosen))
        days = coded(texts).map(day_of, np.int32)
        if (wrong := np.flatnonzero(days == NO_DAY)).size:
            value = repr_value(text_of(texts[int(wrong[0])].as_py()))
            message = f"has {DAY} {value}, which is no day such as 20180131 or 2018-01-31"
            raise self._file.error(message, line=int(rows.line[chosen[wrong[0]]]))
        return days


@cache
def _states() -> dict[str, int]:
    """Return the states and regions by their codes; once, because a year has 35,000 files."""
    return dict(countries.codes("cameo"))


def _count(tally: Tally, scheme: str, cells: pa.BinaryArray, unknown: NDArray[np.bool_]) -> None:
    """Count the codes that are unknown."""
    for entry in pc.value_counts(cells.filter(pa.array(unknown))).to_pylist():
        tally.unknown[scheme, text_of(entry["values"])] += entry["counts"]


def _is_empty(rows: Rows) -> NDArray[np.bool_]:
    """Return which rows have no value in any needed column."""
    size = sum(pc.binary_length(cells).to_numpy().astype(np.int64) for cells in rows.cells.values())
    return np.asarray(size == 0)


def _bools(mask: pa.BooleanArray) -> NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False), np.bool_)
