"""Read the UCDP Georeferenced Event Dataset (GED) and its candidate files: events with deaths over a span of days.

The sides are the states by `gwnoa` and `gwnob`, which are blank for rebels and civilians; `country_id` is the place.
Some monthly candidate files come without a header. Their 49 columns stand in the order of all releases since 2017, so a
file without one is read by that order if it has as many, and refused otherwise.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import SituationError, counted
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries
from riskmodel.sources.cell_values import check_deaths, check_order, days, each, numbers, states
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import NO_STATE, UNKNOWN, Tally, Violence
from riskmodel.sources.small_tables import Columns, SmallTable, check_codes

COLUMNS = (
    *("id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id", "conflict_new_id"),
    *("conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a"),
    *("side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office"),
    *("source_date", "source_headline", "source_original", "where_prec", "where_coordinates", "where_description"),
    *("adm_1", "adm_2", "latitude", "longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region"),
    *("event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians"),
    *("deaths_unknown", "best", "high", "low", "gwnoa", "gwnob"),
)
"""The columns of the releases since 17.1 (UCDP GED Codebook 23.1), and of files without a header."""
_READ = ("id", "date_start", "date_end", "best", "low", "high", "gwnoa", "gwnob")
_PLACES = {"country_id": "gw", "country": "ucdp"}
"""The column of the place, by preference, with the scheme of its codes."""
_SHOWN = (
    *("id", "date_start", "date_end", "date_prec", "best", "low", "high", "side_a", "side_b", "country"),
    *("where_coordinates", "source_headline", "source_article"),
)
_NO_SIDE = ("", "NA", "-99", "-9")
_PARTS = 64
"""States of a side, at most, which have keys of their own."""


def read(file: SourceFile, source: SourceSpec) -> tuple[Violence, Tally]:
    """Read a file of GED.

    The deaths of a row in which coalitions of states fight are divided evenly between the pairs of states.

    Raises
    ------
    SituationError
        The file has another layout, is damaged, or a cell is no number, day or state.
    """
    table = _table(file, source)
    place = next((name for name in _PLACES if table.has(name)), "country_id")
    tally = Tally(states=set(range(len(countries.STATES))))
    return Violence.joined([_violence(columns, place, tally) for columns in table.batches((*_READ, place))]), tally


def _violence(columns: Columns, place: str, tally: Tally) -> Violence:
    """Return the events of some rows, and count them."""
    tally.rows += len(columns.line)
    start, _ = days(columns, "date_start")
    _, end = days(columns, "date_end")
    check_order(columns, start, end, "date_end")
    best, low, high = (numbers(columns, name) for name in ("best", "low", "high"))
    check_deaths(columns, best, "best")
    tally.mend("best estimate of deaths is not between low and high", (best < low) | (best > high))
    where = states(columns, place, _PLACES[place], tally)
    sides = [_side(columns, name, tally) for name in ("gwnoa", "gwnob")]
    kept = tally.keep({"a country that is in no list": where == UNKNOWN, "no estimate of deaths": np.isnan(best)})
    ids = _ids(columns)
    rows, side_a, side_b, part, parts = _pairs(sides[0], sides[1], np.flatnonzero(kept))
    tally.mend("a side is a coalition, so that the deaths are divided between its states", (part == 0) & (parts > 1))
    return Violence(
        columns.line[rows],
        ids[rows] * _PARTS + part,
        start[rows],
        end[rows],
        where[rows],
        side_a,
        side_b,
        best[rows] / parts,
    )


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return chosen columns of the rows that begin at some lines, by name."""
    return _table(file, source).rows(lines, _SHOWN)


def _table(file: SourceFile, source: SourceSpec) -> SmallTable:
    check_codes(file, source, "UCDP GED")
    table = SmallTable(file, source, _READ, COLUMNS)
    if not table.has("id") and not table.has("date_start"):
        raise file.error(
            f"has no header of UCDP GED (id, date_start, best, ...): the first line has "
            f"{counted(len(table.names), 'cell')}, which without a header should be the {len(COLUMNS)} of a candidate "
            "file; download it again as CSV, or map its columns with `columns` in the recipe",
            line=1,
        )
    return table


def _ids(columns: Columns) -> NDArray[np.int64]:
    ids = numbers(columns, "id")
    invalid = ~((ids >= 0) & (ids < 2**53 / _PARTS) & (ids == np.floor(ids)))
    if invalid.any():
        raise columns.error(int(np.argmax(invalid)), "id", "is no id of an event, such as 412700")
    return ids.astype(np.int64)


_Side = tuple[Sequence[tuple[int, ...]], NDArray[np.int32]]


def _side(columns: Columns, name: str, tally: Tally) -> _Side:
    """Return the states of each distinct cell, and (n,) the position of each row's."""
    known = countries.codes("gw")
    unknown: dict[str, list[str]] = {}

    def members(cell: str) -> tuple[int, ...]:
        if cell in _NO_SIDE:
            return (NO_STATE,)
        numbers = [re.sub(r"\.0+$", "", number) for number in re.split(r"[,;]\s*", cell)]
        if not all(re.fullmatch(r"[0-9]+", number) for number in numbers) or len(numbers) > _PARTS // 2:
            raise SituationError("is no number of a state by Gleditsch and Ward, such as 365; blank is no state")
        unknown[cell] = [number for number in numbers if number not in known]
        return tuple(known.get(number, NO_STATE) for number in numbers)

    sides, codes = each(columns, name, members)
    cells = columns.text[name]
    rows = dict(zip(*np.unique(codes, return_index=True), strict=True))
    counts = np.bincount(codes, minlength=len(sides))
    for code, row in rows.items():
        for number in unknown.get(cells[int(row)].as_py(), ()):
            tally.unknown["gw", number] += int(counts[code])
    return sides, codes


def _pairs(
    side_a: _Side, side_b: _Side, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.int16], NDArray[np.int16], NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of states of some rows.

    Returns
    -------
    (m,) the row of each pair, its two states, its number in the row from 0, and how many the row has.
    """
    sizes = [np.array([len(members) for members in sides], np.int64)[codes[rows]] for sides, codes in (side_a, side_b)]
    parts = sizes[0] * sizes[1]
    repeated = np.repeat(np.arange(len(rows)), parts)
    part = np.arange(len(repeated)) - np.repeat(np.cumsum(parts) - parts, parts)
    numbers = (part // sizes[1][repeated], part % sizes[1][repeated])
    result = []
    for (sides, codes), number in zip((side_a, side_b), numbers, strict=True):
        longest = max((len(members) for members in sides), default=1)
        padded = np.full((len(sides), longest), NO_STATE, np.int16)
        for position, members in enumerate(sides):
            padded[position, : len(members)] = members
        result.append(padded[codes[rows][repeated], number])
    return rows[repeated], result[0], result[1], part, parts[repeated]
