"""Events of POLECAT, the Political Event Classification, Attributes and Types: types and modes of PLOVER.

No file of POLECAT could be read when this was written, because its terms forbid passing it on. The names of the columns
are those of public programs that load it; what cells hold follows the manual of PLOVER and what users write of the
files: types in capitals, countries by ISO 3166-1 alpha-3 with KOS for Kosovo and IGO for an organisation, `None` where
there is nothing, several values with semicolons between, `Intensity` or `Event Intensity` (which is not read), headers
with more names than the rows have cells, tabs at the end of lines, single quotes, and text in ISO 8859-1.

A row with several actors or recipients is an act for each pair of an actor and a recipient. A row with several actors
and no recipient is, by the manual, of all of them with one another: a meeting, or fighting on both sides. One sector
each is of the actor in the same place; otherwise an actor acts for its state if any of the row's sectors does.

References
----------
Halterman et al. (2023), POLECAT, Harvard Dataverse, doi:10.7910/DVN/AJGVIT. Open Event Data Alliance (2021), PLOVER.
"""

from collections.abc import Mapping
from functools import cache
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import cameo, countries
from riskmodel.sources.event_tables import NO_DAY, EventTable, TableReader, event_keys, kept_acts
from riskmodel.sources.events import CODE_UNKNOWN, NO_COUNTRY, Actors, Cells
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.records import NO_STATE, ORGANISATION, UNKNOWN, Acts, Tally

FAMILY = "polecat"
ID, DATE, TYPE, MODE = "Event ID", "Event Date", "Event Type", "Event Mode"
ACTOR = ("Actor Country", "Primary Actor Sector")
RECIPIENT = ("Recipient Country", "Primary Recipient Sector")
NAMES: Mapping[str, tuple[str, ...]] = dict.fromkeys((ID, DATE, TYPE, MODE, *ACTOR, *RECIPIENT), ())
"""The columns that are read."""
COUNTRIES = {"KOS": "XKX"}
"""Codes of countries that are not those of ISO 3166."""
OTHER_ACTORS = {"IGO": ORGANISATION, "NGO": NO_STATE, "ISM": NO_STATE, "IMG": NO_STATE, "MNC": NO_STATE}
"""Codes in the place of a country."""
CODES = tuple(sorted(cameo.PLOVER_CODES))
_POSITION = {code: position for position, code in enumerate(CODES)}


def open_events(file: SourceFile, source: SourceSpec, state_roles: frozenset[str]) -> "EventReader":
    """Return a reader of a file.

    Parameters
    ----------
    file, source : the file, and its part of the recipe.
    state_roles : sectors that act for their state; others, such as parties, rebels and business, do not.

    Raises
    ------
    SituationError
        The file has no header of POLECAT, or dates whose days cannot be told from the months.
    """
    return EventReader(EventTable(file, source, NAMES, DATE, "POLECAT", short_rows=True), state_roles)


class EventReader(TableReader):
    """The events of a file, piece by piece."""

    shown = (
        "Intensity",
        "Event Intensity",
        "Contexts",
        "Actor Name",
        "Recipient Name",
        "Placename",
        "Source",
        "Story ID",
    )

    def parse(self, piece: Piece) -> tuple[Acts, Tally]:
        """Return the acts of a piece, and the counts of its rows.

        Raises
        ------
        SituationError
            A line has too many or too few cells, or an invalid date.
        """
        tally = Tally()
        cells = self._table.read(piece, list(NAMES), tally)
        lines = self._table.lines(piece)
        tally.rows = len(lines)
        day = self._table.days(cells[DATE], piece, tally)
        code = _codes(cells[TYPE], cells[MODE], tally)
        row, source, target = _pairs([cells[name] for name in (*ACTOR, *RECIPIENT)], self._state_roles)
        _count_unknown(cells, tally)
        others = {CODE_UNKNOWN: code[row] < 0, "the date is missing": day[row] == NO_DAY}
        kept = kept_acts(source, target, row, others, tally)
        row = row[kept]
        acts = Acts(lines[row], row, day[row], source.state[kept], target.state[kept], code[row], CODES)
        parts = (acts.day, acts.source, acts.target, acts.code)
        ids = Cells(cells[ID].values, cells[ID].place[row])
        key = event_keys(ids, *(part.astype(np.int64) for part in parts))
        return Acts(acts.line, key, acts.day, acts.source, acts.target, acts.code, CODES), tally


def _codes(kind: Cells, mode: Cells, tally: Tally) -> NDArray[np.int16]:
    """Return (n,) positions of the codes, -1 for types in no list; of a mode in no list the type alone remains."""
    pairs, place = np.unique(np.stack([kind.place, mode.place]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    codes = []
    for (at, mode_at), count in zip(pairs.T.tolist(), np.bincount(place).tolist(), strict=True):
        name, modes = kind.values[at].upper(), _parts(mode.values[mode_at].lower())
        known = [f"{name}/{part}" for part in modes if f"{name}/{part}" in _POSITION]
        if name not in _POSITION:
            tally.unknown["plover", kind.values[at]] += count
        for part in modes:
            if name in _POSITION and f"{name}/{part}" not in _POSITION:
                tally.unknown["plover", f"{name}/{part}"] += count
        if len(modes) > 1 and known:
            tally.mended["the first of several modes"] += count
        codes.append(_POSITION.get(known[0] if known else name, -1))
    return np.array(codes, np.int16)[place]


def _parts(text: str) -> list[str]:
    """Return the values of a cell."""
    return [part for part in (part.strip() for part in text.split(";")) if part not in ("", "None", "none")]


class _Side(NamedTuple):
    """An actor of a row, and whether it acts for its state."""

    state: int
    acts: bool


@cache
def _state(code: str) -> int:
    if code in OTHER_ACTORS:
        return OTHER_ACTORS[code]
    return countries.codes("iso3").get(COUNTRIES.get(code, code), UNKNOWN)


@cache
def _sides(country: str, sector: str, state_roles: frozenset[str]) -> tuple[_Side, ...]:
    """Return the actors that two cells name."""
    names = _parts(country)
    acts = [part.upper() in state_roles for part in _parts(sector)]
    if len(acts) != len(names):
        acts = [any(acts) or not acts] * len(names)
    return tuple(dict.fromkeys(_Side(_state(name), act) for name, act in zip(names, acts, strict=True)))


@cache
def _acts(actors: tuple[_Side, ...], recipients: tuple[_Side, ...]) -> tuple[tuple[_Side, _Side], ...]:
    """Return the pairs of a row; one of no country where there is none."""
    nobody = (_Side(NO_COUNTRY, acts=True),)
    if len(actors) > 1 and not recipients:
        return tuple(combinations(actors, 2))
    return tuple(product(actors or nobody, recipients or nobody))


def _pairs(cells: list[Cells], state_roles: frozenset[str]) -> tuple[NDArray[np.intp], Actors, Actors]:
    """Return the row of each act, its source and its target, for the columns of `ACTOR` and `RECIPIENT`."""
    distinct, place = np.unique(np.stack([column.place for column in cells]), axis=1, return_inverse=True)
    pairs: list[tuple[_Side, _Side]] = []
    counts = []
    for places in distinct.T.tolist():
        texts = [column.values[at] for column, at in zip(cells, places, strict=True)]
        of_row = _acts(*(_sides(*side, state_roles) for side in (texts[:2], texts[2:])))
        counts.append(len(of_row))
        pairs += of_row
    place = place.reshape(-1)
    count = np.array(counts, np.intp)
    per_row = count[place]
    row = np.repeat(np.arange(len(place)), per_row)
    # Acts of a row are consecutive, as the pairs of its cells are in the list.
    within = np.arange(len(row)) - np.repeat(np.cumsum(per_row) - per_row, per_row)
    at = (np.cumsum(count) - count)[place][row] + within
    sides = [
        Actors(np.array([p[n].state for p in pairs], np.int16), np.array([p[n].acts for p in pairs])) for n in (0, 1)
    ]
    source, target = (Actors(side.state[at], side.acts[at].astype(bool)) for side in sides)
    return row, source, target


def _count_unknown(cells: Mapping[str, Cells], tally: Tally) -> None:
    """Count codes of countries in no list."""
    for name in (ACTOR[0], RECIPIENT[0]):
        for text, count in cells[name].counts():
            for code in _parts(text):
                if _state(code) == UNKNOWN:
                    tally.unknown["iso3", code] += count
