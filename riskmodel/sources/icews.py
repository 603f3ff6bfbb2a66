"""Events of ICEWS, the Integrated Crisis Early Warning System: CAMEO codes, and names of actors, sectors and countries.

Files have a header of twenty names, separated by tabs; missing is NULL, or NA where R wrote them. Ids are not unique:
other events got them again, and files hold exact repeats, so that an event is known by its id, date, code and actors.
The file of 2017 has dates such as 12/1/2017, and no codes: it is refused. Each code has one wording in `Event Text`,
but that is text of the codebook and no code; a file that has both gives the codes.

An actor acts for its state if it has no sector ("Russia"), or belongs to its government and not only to that of a place
or to media of the state. Persons have all sectors of their lives, so that an earlier trade or party excludes none. A
country that is missing is an organisation where the sectors say so. `Intensity` is not read.

References
----------
Boschee et al. (2015), ICEWS Coded Event Data, Harvard Dataverse, doi:10.7910/DVN/28075. The issues of the R package
icews (Beger 2019) describe its files.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import cameo, countries
from riskmodel.sources.event_tables import NO_DAY, EventTable, TableReader, event_keys, kept_acts
from riskmodel.sources.events import CODE_UNKNOWN, NO_COUNTRY, Actors, Cells
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.records import ORGANISATION, UNKNOWN, Acts, Tally

FAMILY = "icews"
ID, DATE, CODE = "Event ID", "Event Date", "CAMEO Code"
SOURCE = ("Source Name", "Source Sectors", "Source Country")
TARGET = ("Target Name", "Target Sectors", "Target Country")
NAMES: Mapping[str, tuple[str, ...]] = dict.fromkeys((ID, DATE, CODE, *SOURCE, *TARGET), ())
"""The columns that are read."""
BRANCHES = frozenset(["Executive", "Executive Office", "Legislative / Parliamentary", "Judicial", "Military", "Police"])
"""Sectors by which an actor is of a national branch, whatever else it is."""
PART_SECTORS = frozenset(["Local", "Provincial", "Municipal", "Media", "State Media", "State Owned Enterprises"])
"""Sectors by which an actor that is of no national branch does not act for its state."""
ORGANISATION_SECTOR = "International Government Organization"


@cache
def acts_for_state(sectors: str, state_roles: frozenset[str]) -> bool:
    """Return whether an actor with these sectors acts for its state, as one of its roles does."""
    held = {sector.strip() for sector in sectors.split(",")} - {""}
    if not held:
        return True
    return not held.isdisjoint(state_roles) and (not held.isdisjoint(BRANCHES) or held.isdisjoint(PART_SECTORS))


def open_events(file: SourceFile, source: SourceSpec, state_roles: frozenset[str]) -> "EventReader":
    """Return a reader of a file.

    Parameters
    ----------
    file, source : the file, and its part of the recipe.
    state_roles : sectors that act for their state; `Government` has all branches, forces and police among them.

    Raises
    ------
    SituationError
        The file has no header of ICEWS, no codes, or dates whose days cannot be told from the months.
    """
    try:
        return EventReader(EventTable(file, source, NAMES, DATE, "ICEWS"), state_roles)
    except SituationError as error:
        if any(f"has no column {CODE!r}" in problem.message for problem in error.problems):
            message = (
                f"has no column {CODE!r}: codes are missing, as in the file that ICEWS published for 2017; add them by "
                "`Event Text`, which has one wording for each code, from a file that has both"
            )
            raise file.error(message, line=1) from None
        raise


class EventReader(TableReader):
    """The events of a file, piece by piece."""

    shown = ("Event Text", "Intensity", "Story ID", "Publisher", "City", "Country")

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
        code = _codes(cells[CODE], tally)
        source, target = (
            _actors(cells[sectors], cells[country], self._state_roles, tally)
            for _, sectors, country in (SOURCE, TARGET)
        )
        others = {CODE_UNKNOWN: code < 0, "the date is missing": day == NO_DAY}
        kept = kept_acts(source, target, np.arange(len(lines)), others, tally)
        key = event_keys(cells[ID], day.astype(np.int64), code.astype(np.int64), cells[SOURCE[0]], cells[TARGET[0]])
        acts = Acts(lines, key, day, source.state, target.state, code, cameo.CODES)
        return acts.take(kept), tally


def _codes(cells: Cells, tally: Tally) -> NDArray[np.int16]:
    """Return (n,) positions of the codes, -1 for those in no list, which are counted."""
    for text, count in cells.counts():
        code = cameo.with_zeros(text)
        if text and code not in cameo.POSITION:
            tally.unknown["cameo", text] += count
        elif code != text:
            tally.mended["zero of a code restored"] += count
    return cells.map(lambda text: cameo.POSITION.get(cameo.with_zeros(text), -1), np.int16)


def _actors(sectors: Cells, country: Cells, state_roles: frozenset[str], tally: Tally) -> Actors:
    """Return one of the actors of each row, and count countries in no list."""
    known = countries.codes("icews")
    state = country.map(lambda name: known.get(name, UNKNOWN) if name else NO_COUNTRY, np.int16)
    for name, count in country.counts():
        if name and name not in known:
            tally.unknown["icews", name] += count
    is_organisation = sectors.map(lambda text: ORGANISATION_SECTOR in text, np.bool_)
    state[(state == NO_COUNTRY) & is_organisation] = ORGANISATION
    return Actors(state, sectors.map(lambda text: acts_for_state(text, state_roles), np.bool_))
