"""Official contacts of two states: a plain list, or the travels and visits of HistoryAtState.

A plain list is a table with a row for each contact, and these columns, or others that `columns` of the recipe names:

| column | cells |
| --- | --- |
| `pair`, or `state_a` and `state_b` | `USA-RUS`; or codes of ISO 3166-1 alpha-3, or of the scheme `codes` |
| `start` | the day, or the month or year if no more is known |
| `end` | the last day; blank or without such a column, that of `start` |
| `label` | the contact in a few words |
| `level` | such as `leader` or `minister` |

A list of one pair has no such column: `columns: {pair: "=USA-RUS"}` is a constant, as is `{state_a: "=USA"}` for a list
of one state; constants are ISO codes. HistoryAtState (https://github.com/HistoryAtState, repositories travels and
visits, CC0) has XML with one entry for a country; the other side is the United States.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.documents.file_kinds import FIRST_BYTES, foreign_kind
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries
from riskmodel.sources.cell_values import between_states, days, pairs, stated, states
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import UNKNOWN, Contacts, Tally, month_of
from riskmodel.sources.small_tables import Columns, SmallTable
from riskmodel.tables import arrays

_OPTIONAL = ("end", "label", "level")


class _Layout(NamedTuple):
    """The elements of an XML file: the entries, the country of one with its attribute `id`, and its words."""

    entry: str
    country: str
    label: tuple[str, ...]


_LAYOUTS = {
    "trips": _Layout("trip", "country", ("role", "name", "locale")),
    "visits": _Layout("visit", "from", ("visitor",)),
}
"""By the root of the file."""
_HIDDEN = ("created-by", "created-datetime", "last-modified-by", "last-modified-datetime")


def read(file: SourceFile, source: SourceSpec) -> tuple[Contacts, Tally]:
    """Read a file.

    Raises
    ------
    SituationError
        A column is not there; a row has no valid state or day, or ends before it starts; or the XML is no such list.
    """
    tally = Tally()
    if _is_xml(file):
        columns = _xml_columns(file)
        tally.states.add(countries.resolve("USA", "iso3"))
        side_b = _states_then(columns, tally)
        side_a = np.full_like(side_b, countries.resolve("USA", "iso3"))
    else:
        columns, side_a, side_b = _listed(file, source, tally)
    tally.rows = len(columns.line)
    start, until = days(columns, "start")
    if "end" in columns.text:
        _, until = days(columns._replace(text={**columns.text, "end": _filled(columns, "end", "start")}), "end")
    if (backward := until < start).any():
        start_text = columns.text["start"][row := int(np.argmax(backward))].as_py()
        raise columns.error(row, "end", f"is before the start, {start_text}")
    label = _filled(columns, "label", "level")
    contacts = Contacts(
        columns.line, side_a, side_b, start, until, np.array(label.to_pylist(), dtype=np.str_).reshape(-1)
    )
    return contacts.take(between_states(side_a, side_b, tally)), tally


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return the rows, or the entries, that begin at these lines, by their names in the file."""
    if not _is_xml(file):
        return SmallTable(file, source, ("start", *_OPTIONAL)).rows(lines)
    shown = (entry for entry in _entries(file) if entry.line in lines)
    return [{name: text for name, text in entry.texts.items() if text and name not in _HIDDEN} for entry in shown]


def _states_then(columns: Columns, tally: Tally) -> NDArray[np.int16]:
    """Return the (n,) states by the meaning of their names in the year of each row: Vietnam was South Vietnam."""
    result = states(columns, "state_b", "historyatstate", tally)
    years = 1970 + month_of(days(columns, "start")[0]) // 12
    for year in np.unique(years):
        known = countries.codes("historyatstate", int(year))
        if known is not countries.codes("historyatstate"):
            names = columns.text["state_b"].filter(arrays.from_mask(years == year)).to_pylist()
            result[years == year] = [known.get(name, UNKNOWN) for name in names]
    return result


def _listed(file: SourceFile, source: SourceSpec, tally: Tally) -> tuple[Columns, NDArray[np.int16], NDArray[np.int16]]:
    """Return the columns of a plain list, and the two states of each row."""
    table = SmallTable(file, source, ("start", "pair", "state_a", "state_b", *_OPTIONAL))
    if table.has("state_a", "state_b") and not table.has("pair"):
        columns = table.columns(["state_a", "state_b", "start"], _OPTIONAL)
        side_a, side_b = (stated(columns, name, source.codes, tally) for name in ("state_a", "state_b"))
        return columns, side_a, side_b
    columns = table.columns(["pair", "start"], _OPTIONAL)
    return columns, *pairs(columns)


def _filled(columns: Columns, name: str, other: str) -> pa.StringArray:
    """Return a column, with the cells of another where it is blank; blank where neither is there."""
    blank = pa.array([""] * len(columns.line), pa.string())
    text = columns.text.get(name, blank)
    return pc.if_else(pc.equal(text, ""), columns.text.get(other, blank), text)


class _Entry(NamedTuple):
    """An entry of XML: its line, the text of its elements, and the `id` of those that have one."""

    line: int
    texts: dict[str, str]
    ids: list[str]


def _is_xml(file: SourceFile) -> bool:
    head = file.head(FIRST_BYTES)
    if (kind := foreign_kind(head)) and kind.startswith("HTML"):
        raise file.error(f"is {kind}")
    return head.removeprefix(BOM_UTF8).lstrip().startswith(b"<")


def _xml_columns(file: SourceFile) -> Columns:
    entries = list(_entries(file))
    for entry in entries:
        if len(entry.ids) != 1:
            raise file.error(f"the entry has {len(entry.ids)} countries, where one is expected", line=entry.line)

    def column(*names: str) -> pa.StringArray:
        texts = (", ".join(filter(None, (entry.texts.get(name, "") for name in names))) for entry in entries)
        return pa.array(texts, pa.string())

    label = next((layout.label for layout in _LAYOUTS.values() if entries and layout.label[0] in entries[0].texts), ())
    text = {
        "state_b": pa.array([entry.ids[0] for entry in entries], pa.string()),
        "start": column("start-date"),
        "end": column("end-date"),
        "label": column(*label),
    }
    own_names = {"state_b": "id of the country", "start": "start-date", "end": "end-date"}
    return Columns(file, np.array([entry.line for entry in entries], np.int64), text, own_names)


def _entries(file: SourceFile) -> Iterator[_Entry]:
    """Yield the entries of a file of trips or of visits."""
    parser = expat.ParserCreate()
    entries: list[_Entry] = []
    path: list[str] = []
    texts: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        line = parser.CurrentLineNumber
        if not path and name not in _LAYOUTS:
            expected = " or ".join(f"<{root}>" for root in _LAYOUTS)
            raise file.error(f"is XML of <{name}>; contacts are read from {expected} of HistoryAtState", line=line)
        path.append(name)
        layout = _LAYOUTS[path[0]]
        if len(path) == 2 and name != layout.entry:
            raise file.error(f"has <{name}> in <{path[0]}>, where <{layout.entry}> is expected", line=line)
        if len(path) == 2:
            entries.append(_Entry(line, {}, []))
        elif len(path) == 3:
            texts.clear()
            if name == layout.country:
                entries[-1].ids.append(attributes.get("id", ""))

    def end(name: str) -> None:
        if len(path) == 3:
            entries[-1].texts[name] = " ".join("".join(texts).split())
        path.pop()

    def refuse(*_: object) -> None:
        message = "has a DOCTYPE, which HistoryAtState's files have not, and which may expand without end; remove it"
        raise file.error(message, line=parser.CurrentLineNumber)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = texts.append, refuse
    try:
        for piece in file.pieces():
            parser.Parse(piece.text, False)
            yield from entries[:-1]
            del entries[:-1]
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        message = f"is cut off, or is no XML: {expat.ErrorString(error.code)}"
        raise file.error(message, line=error.lineno) from None
    yield from entries
