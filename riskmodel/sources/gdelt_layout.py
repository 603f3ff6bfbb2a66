"""The columns of GDELT event files, as published and as other programs wrote them.

Published files have no header, and 57 columns (1.0, events before April 2013), 58 (1.0 from then on, with SOURCEURL) or
61 (2.0 and its translated stream, with three ADM2 codes more). Excel, databases, pandas and R write them with commas or
semicolons, quotes, a header or none, other names, more columns at either end, NULL or NA, and lose the zeros of codes.

References
----------
The GDELT Event Database Data Format Codebook V1.03 (1.0) and V2.0.
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from riskmodel.errors import counted, repr_value, suggest
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.files import SourceFile

KEY, DAY, EVENT, ADDED, URL = "GLOBALEVENTID", "SQLDATE", "EventCode", "DATEADDED", "SOURCEURL"
ACTORS = tuple((f"Actor{n}Code", f"Actor{n}CountryCode", f"Actor{n}Type1Code") for n in (1, 2))
"""Of each actor: the whole code, the country in it, and its first role."""
NEEDED = (KEY, DAY, *ACTORS[0], *ACTORS[1], EVENT)
SHOWN = (
    *(KEY, DAY, "Actor1Code", "Actor1Name", "Actor2Code", "Actor2Name", EVENT, "GoldsteinScale"),
    *("NumMentions", "NumSources", "NumArticles", "AvgTone", "ActionGeo_FullName", URL),
)
"""Columns that show a reader what a row is."""
_COMMON = (
    *(KEY, DAY, "MonthYear", "Year", "FractionDate"),
    *(
        f"Actor{actor}{part}"
        for actor in (1, 2)
        for part in (
            *("Code", "Name", "CountryCode", "KnownGroupCode", "EthnicCode", "Religion1Code", "Religion2Code"),
            *("Type1Code", "Type2Code", "Type3Code"),
        )
    ),
    *("IsRootEvent", EVENT, "EventBaseCode", "EventRootCode", "QuadClass", "GoldsteinScale"),
    *("NumMentions", "NumSources", "NumArticles", "AvgTone"),
)


def _places(*codes: str) -> tuple[str, ...]:
    parts = ("Type", "FullName", "CountryCode", *codes, "Lat", "Long", "FeatureID")
    return tuple(f"{place}Geo_{part}" for place in ("Actor1", "Actor2", "Action") for part in parts)


VERSION_1 = (*_COMMON, *_places("ADM1Code"), ADDED, URL)
VERSION_2 = (*_COMMON, *_places("ADM1Code", "ADM2Code"), ADDED, URL)
VERSION_1_WIDTHS = (57, 58)
"""Columns of 1.0: before April 2013 there was no URL."""
PUBLISHED: Mapping[int, tuple[str, ...]] = {57: VERSION_1[:-1], 58: VERSION_1, 61: VERSION_2}
"""The names by number of columns."""
_ALIASES = {
    KEY: ("globaleventid", "eventid", "id"),
    ADDED: ("dateadded", "datedocument"),
    URL: ("sourceurl", "url"),
}
"""Names in rewritten files, plain, by which the ends of the published columns are recognised."""
_EXPECTED = "files of events have 57 or 58 columns (GDELT 1.0) or 61 (2.0), or a header with their names"
_HEAD_BYTES = 16384
"""Of a file, which hold its first two lines."""


class Layout(NamedTuple):
    """The form of a file.

    Attributes
    ----------
    delimiter : one character.
    quoted : whether cells may be in quotes.
    has_header : whether its first line is names.
    width : number of columns.
    position : the position of the columns by their published names.
    """

    delimiter: str
    quoted: bool
    has_header: bool
    width: int
    position: Mapping[str, int]

    @property
    def is_published(self) -> bool:
        """True if rows are as GDELT publishes them."""
        return self.delimiter == "\t" and not self.quoted and self.position == _positions(PUBLISHED.get(self.width, ()))

    def cells(self, line: bytes) -> list[str]:
        """Return the cells of a line."""
        return _cells(line.decode("utf-8", "replace"), self.delimiter, self.quoted)


def detect(file: SourceFile, source: SourceSpec) -> Layout:
    """Return the form of a file by its first lines.

    Raises
    ------
    SituationError
        The file is empty or of unknown form.
    """
    if unknown := next((name for name in source.columns if name not in VERSION_2), None):
        raise file.error(f"GDELT has no column {unknown!r}, which the recipe names{suggest(unknown, VERSION_2, False)}")
    lines = file.head(_HEAD_BYTES).removeprefix(BOM_UTF8).decode("utf-8", "replace").split("\n", 2)
    if not lines or not lines[0].strip():
        raise file.error(f"has no first row; {_EXPECTED}", line=1)
    delimiter = max("\t;,", key=lines[0].count)
    is_quoted = delimiter != "\t" or lines[0].startswith('"')
    first = _cells(lines[0].rstrip("\r"), delimiter, is_quoted)
    if first[0].isdecimal():
        if len(first) not in PUBLISHED:
            raise file.error(f"has {counted(len(first), 'column')} and no header; {_EXPECTED}", line=1)
        return Layout(delimiter, is_quoted, False, len(first), _positions(PUBLISHED[len(first)]))
    # R writes the names of rows into a column that has no name.
    shift = int(len(lines) > 1 and len(_cells(lines[1], delimiter, is_quoted)) == len(first) + 1)
    position = {name: at + shift for name, at in _named(file, first, source.columns).items()}
    return Layout(delimiter, is_quoted, True, len(first) + shift, position)


def _named(file: SourceFile, header: Sequence[str], own_names: Mapping[str, str]) -> dict[str, int]:
    """Return positions of columns by their names, or by those of the first and last published columns."""
    given = {}
    for name, own in own_names.items():
        if own not in header:
            message = f"has no column {own!r}, which the recipe names for {name}{suggest(own, header)}"
            raise file.error(message, line=1)
        given[name] = header.index(own)
    plain = {_plain(name): at for at, name in reversed(list(enumerate(header)))}
    by_name = {name: plain[_plain(name)] for name in VERSION_2 if _plain(name) in plain} | given
    if all(name in by_name for name in NEEDED):
        return by_name
    start, added, url = (next((plain[alias] for alias in names if alias in plain), None) for names in _ALIASES.values())
    last = added + 1 if url is None and added is not None else url
    if start is not None and last is not None:
        for names in (VERSION_1, VERSION_2):
            if len(names) == last - start + 1:
                return {name: start + at for at, name in enumerate(names) if start + at < len(header)} | given
    if not by_name:
        raise file.error(
            f"is no file of GDELT, or of unknown layout: it begins {repr_value(header[0])}; {_EXPECTED}", 1
        )
    lacking = next(name for name in NEEDED if name not in by_name)
    message = f"has no column {lacking}{suggest(lacking, header, False)}"
    raise file.error(f"{message}; `columns` of the recipe gives the names of the file", line=1)


def _plain(name: str) -> str:
    """Return a name in small letters without signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _positions(names: Sequence[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(names)}


def _cells(line: str, delimiter: str, quoted: bool) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [""]) if quoted else line.split(delimiter)
