"""The kinds of sources: the module that reads each."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import acled, contacts, disputes, gdelt, gpr, icews, polecat, table, trade, ucdp_ged
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.records import Acts, Tally


class EventReader(Protocol):
    """Reads the rows of one file of events, whose layout is known; the functions can run in several threads."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the text of the rows in pieces of whole lines."""

    def parse(self, piece: Piece) -> tuple[Acts, Tally]:
        """Return the acts of a piece between states or organisations, and the counts of its rows."""

    def show(self, piece: Piece, lines: set[int]) -> list[dict[str, str]]:
        """Return the columns that identify an event, by name, of the rows at some lines."""


class EventKind(Protocol):
    """A kind of sources of events, whose acts are counted; events of one family have one sequence of keys."""

    FAMILY: str

    def open_events(self, file: SourceFile, source: SourceSpec, state_roles: frozenset[str]) -> EventReader:
        """Return a reader of a file, whose layout is detected; actors with one of the roles act for their state."""


class RecordKind(Protocol):
    """A kind of sources whose records are held whole."""

    def read(self, file: SourceFile, source: SourceSpec) -> tuple[Any, Tally]:
        """Return the records of a file, and the counts of its rows."""

    def show(self, file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
        """Return the columns that identify a record, by name, of the rows at some lines."""


EVENTS: Mapping[str, EventKind] = {"gdelt": gdelt, "icews": icews, "polecat": polecat}
RECORDS: Mapping[str, RecordKind] = {
    "acled": acled,
    "contacts": contacts,
    "disputes": disputes,
    "gpr": gpr,
    "table": table,
    "trade": trade,
    "ucdp_ged": ucdp_ged,
}
