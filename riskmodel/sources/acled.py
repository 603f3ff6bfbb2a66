"""Read exports of ACLED, the Armed Conflict Location and Event Data: events of one day with reported fatalities.

A side is a state only where an actor surely is the forces of one: `Military Forces of Russia (2000-)`, and so with a
branch of service after it, and coded as state or external forces where the file says. Others are no state: a
`Government of Yemen (2017-) Houthi` is a rebel group. The two actors imply no direction.

An export has the countries that it was asked for, so that a recipe must say by `covers: {pairs: all}` that it has all.
"""

import re
from datetime import date
from functools import partial, reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries
from riskmodel.sources.cell_values import check_deaths, each, numbers, states
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import EPOCH, NO_STATE, UNKNOWN, Tally, Violence
from riskmodel.sources.small_tables import Columns, SmallTable, check_codes
from riskmodel.tables import arrays
from riskmodel.tables.times import span

_READ = ("event_id_cnty", "event_date", "actor1", "actor2", "country", "fatalities")
_OPTIONAL = ("inter1", "inter2")
_SHOWN = (
    *("event_id_cnty", "event_date", "fatalities", "event_type", "sub_event_type", "actor1", "actor2", "country"),
    *("location", "source", "notes"),
)
_FORCES = re.compile(
    r"(?:Military Forces|Police Forces|Government) of (?:the )?(.+?) \([0-9]{4}-(?:[0-9]{4})?\)(?: (.+))?"
)
_BRANCHES = (
    *("Air Force", "Army", "Border Guard", "Border Guards", "Border Police", "Border Security Force"),
    *("Coast Guard", "Marines", "Military Police", "National Guard", "Naval Forces", "Navy", "Presidential Guard"),
    *("Republican Guard", "Special Forces"),
)
_STATE_FORCES = ("", "1", "8", "state forces", "external/other forces")
"""Values of `inter1` and `inter2` of states' forces: numbers, in exports since 2024 text (ACLED Codebook)."""
_ID = "^(?P<before>[A-Za-z]*)(?P<number>[0-9]{1,9})(?P<after>[A-Za-z]*)$"
_DATE_FORMS = {
    "2025-05-16": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+)?"),
    "16 May 2025": re.compile(r"[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{4}"),
    "16-05-2025": re.compile(r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}"),
    "16/05/2025": re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"),
}
"""Ways to write days, by an example: the API and exports since October 2025, exports before, and old ones."""
_DAY_FIRST = ("16-05-2025", "16/05/2025")


def read(file: SourceFile, source: SourceSpec) -> tuple[Violence, Tally]:
    """Read an export of ACLED.

    Raises
    ------
    SituationError
        A column is not there, or the file is damaged; dates are ambiguous or of several forms; or fatalities are no
        number.
    """
    tally, dates = Tally(), _Dates()
    batches = _table(file, source).batches(_READ, _OPTIONAL)
    violence = Violence.joined([_violence(columns, dates, tally) for columns in batches])
    dates.check()
    return violence, tally


def _violence(columns: Columns, dates: "_Dates", tally: Tally) -> Violence:
    """Return the events of some rows, and count them."""
    tally.rows += len(columns.line)
    day = dates.days(columns)
    deaths = numbers(columns, "fatalities")
    check_deaths(columns, deaths, "fatalities")
    where = states(columns, "country", "name", tally)
    sides = [_side(columns, number, tally) for number in "12"]
    kept = tally.keep({"a country that is in no list": where == UNKNOWN, "no number of deaths": np.isnan(deaths)})
    return Violence(columns.line, _keys(columns), day, day, where, sides[0], sides[1], deaths).take(kept)


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return chosen columns of the rows that begin at some lines, by name."""
    return _table(file, source).rows(lines, _SHOWN)


def _table(file: SourceFile, source: SourceSpec) -> SmallTable:
    check_codes(file, source, "ACLED")
    return SmallTable(file, source, _READ)


def _keys(columns: Columns) -> NDArray[np.int64]:
    """Return ids such as `UKR123`, in old files `123UKR`, as numbers: the letters count as digits to base 27."""
    parts = pc.extract_regex(columns.text["event_id_cnty"], _ID)
    before, number, after = (pc.struct_field(parts, name) for name in ("before", "number", "after"))
    letters = pc.utf8_upper(pc.binary_join_element_wise(before, after, ""))
    invalid = ~arrays.mask(pc.match_substring_regex(letters, "^[A-Z]{2,5}$"))
    if invalid.any():
        raise columns.error(int(np.argmax(invalid)), "event_id_cnty", "is no id of an event, such as UKR123")
    encoded = letters.dictionary_encode()
    prefixes = [
        reduce(lambda prefix, letter: 27 * prefix + ord(letter) - ord("A") + 1, word, 0)
        for word in encoded.dictionary.to_pylist()
    ]
    prefix = np.array(prefixes, np.int64)[arrays.integers(encoded.indices)] if prefixes else np.empty(0, np.int64)
    return prefix * 10**9 + arrays.integers(number.cast(pa.int32()))


class _Dates:
    """The days of a file, all of which must be written in one way; the first decides."""

    def __init__(self) -> None:
        self._first: Columns | None = None
        self._is_clear = False

    def days(self, columns: Columns) -> NDArray[np.int32]:
        """Return the (n,) days of some rows."""
        labels = columns.text["event_date"].unique().to_pylist()
        if not labels:
            return np.empty(0, np.int32)
        self._first = self._first or columns
        first = self._first.text["event_date"][0].as_py()
        form = _form(first)
        days, codes = each(columns, "event_date", partial(_day, form=form, first=first))
        self._is_clear |= form not in _DAY_FIRST or any(int(re.split("[-/]", label)[0]) > 12 for label in labels)
        return np.array(days, np.int32)[codes]

    def check(self) -> None:
        """Raise an error if all days could have day and month either way round."""
        if self._first is not None and not self._is_clear:
            message = "could have day and month either way round, and so could all days of the file; write 2025-05-16"
            raise self._first.error(0, "event_date", message)


def _form(label: str) -> str:
    return next((form for form, pattern in _DATE_FORMS.items() if pattern.fullmatch(label)), "")


def _day(label: str, form: str, first: str) -> int:
    """Return the day since 1970 of a label, which should have the form of the first."""
    own_form = _form(label)
    if not own_form:
        raise SituationError("is no day such as 2025-05-16 or 16 May 2025")
    if own_form != form:
        raise SituationError(f"is written otherwise than {first!r} before it; write all days as 2025-05-16")
    if form not in _DAY_FIRST:
        return span(label)[0].toordinal() - EPOCH
    day, month, year = re.split("[-/]", label)
    try:
        return date(int(year), int(month), int(day)).toordinal() - EPOCH
    except ValueError:
        raise SituationError(f"is no day with the day first, as in {form}; write all days as 2025-05-16") from None


def _side(columns: Columns, number: str, tally: Tally) -> NDArray[np.int16]:
    """Return the (n,) states whose forces an actor is."""
    known = countries.codes("name")
    doubtful: list[bool] = []

    def state(actor: str) -> int:
        match = _FORCES.fullmatch(actor)
        doubtful.append(match is not None and match[2] is not None and match[2] not in _BRANCHES)
        if match is None or doubtful[-1]:
            return NO_STATE
        return known.get(match[1], UNKNOWN)

    positions, codes = each(columns, f"actor{number}", state)
    if not positions:
        return np.empty(0, np.int16)
    side = np.array(positions, np.int16)[codes]
    is_doubtful = np.array(doubtful)[codes]
    if f"inter{number}" in columns.text:
        others, forces = each(columns, f"inter{number}", lambda cell: cell.casefold() not in _STATE_FORCES)
        is_doubtful |= np.array(others)[forces] & (side != NO_STATE)
    tally.mend("an actor has the name of a state's forces, but is not surely theirs: no side", is_doubtful)
    for row in np.flatnonzero((side == UNKNOWN) & ~is_doubtful).tolist():
        match = _FORCES.fullmatch(columns.text[f"actor{number}"][row].as_py())
        tally.unknown["name", match[1] if match else ""] += 1
    side[is_doubtful | (side == UNKNOWN)] = NO_STATE
    return side
