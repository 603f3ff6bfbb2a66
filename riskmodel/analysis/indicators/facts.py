"""Facts from which indicators are derived, and derived values, on an axis of pairs and months."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.sources.records import Contacts, Disputes, Flows, Levels, Violence

LOOK_BACK = 12
"""Months of the axis before the period, in which events count too; records of other kinds hold all times."""


class EventCounts(Protocol):
    """Acts of all files of one family (such as GDELT 1.0 and 2.0), each event once.

    Attributes
    ----------
    family : the family.
    sources : the names of its sources in the recipe.
    events : (pairs, months) events of a pair, of whatever code and in both directions.
    usable : (pairs, months) days of the month with a usable file; 0 outside the files.
    """

    family: str
    sources: tuple[str, ...]
    events: NDArray[np.int64]
    usable: NDArray[np.int16]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that are there, sorted."""

    def days(self, codes: Iterable[str]) -> NDArray[np.uint32]:
        """Return (pairs, months) the days with an act of these codes in either direction: bit 0 is the first day."""

    def rows(self, codes: Iterable[str]) -> NDArray[np.int64]:
        """Return (pairs, months) the events with these codes, repeats and twins counted."""

    def third_days(self, codes: Iterable[str]) -> NDArray[np.uint32]:
        """Return (pairs, months) the days on which a third state or an organisation acts so on either of the two."""

    def third_rows(self, codes: Iterable[str]) -> NDArray[np.int64]:
        """Return (pairs, months) the events of `third_days`."""


SmallRecords: TypeAlias = Violence | Disputes | Contacts | Flows | Levels
"""Records of sources that are no sources of events, and are held whole."""


class SourceRecords(NamedTuple):
    """The records of a source that is no source of events.

    Attributes
    ----------
    name : in the recipe.
    kind : of the recipe.
    records : of all of its files.
    covered : (pairs,) whether the source holds all that there is of a pair from `first_month` to `last_month`.
    first_month, last_month : counted from January 1970; they may lie far outside the axis.
    """

    name: str
    kind: str
    records: SmallRecords
    covered: NDArray[np.bool_]
    first_month: int
    last_month: int


@dataclass(frozen=True, eq=False)
class Facts:
    """The data of all sources of a recipe.

    Attributes
    ----------
    pairs : (pairs, 2) the states.
    first : the first month of the axis, `LOOK_BACK` months before the period.
    months : number of months of the axis.
    events : of each family, in the order of the recipe.
    records : of all other sources, in the order of the recipe.
    """

    pairs: NDArray[np.int16]
    first: int
    months: int
    events: tuple[EventCounts, ...]
    records: tuple[SourceRecords, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Pairs and months."""
        return len(self.pairs), self.months


@dataclass(frozen=True, eq=False)
class Derived:
    """The values of one indicator, each with its basis; arrays are (pairs, months).

    Attributes
    ----------
    indicator : its name, a column of the table.
    value : NaN where it is blank.
    method : position in `methods` of the way by which the value was derived; -1 where it is blank.
    methods : each way.
    days : days with such an act; -1 where the way counts none.
    rows : rows behind the value.
    usable : share of the days of the month with a usable file; NaN where the way needs no files by day.
    reason : position in `reasons` of why the value is blank, or what is to be known of it; 0 is the empty text.
    """

    indicator: str
    value: NDArray[np.float64]
    method: NDArray[np.int8]
    methods: tuple["Method", ...]
    days: NDArray[np.int16]
    rows: NDArray[np.int64]
    usable: NDArray[np.float64]
    reason: NDArray[np.int16]
    reasons: tuple[str, ...]


class Method(NamedTuple):
    """A way by which a value was derived.

    Attributes
    ----------
    text : the way, in one sentence.
    trust : good, fair or weak.
    sources : names of the sources in the recipe.
    """

    text: str
    trust: Literal["good", "fair", "weak"]
    sources: tuple[str, ...]


class Selection(NamedTuple):
    """The rows behind a value.

    Attributes
    ----------
    sources : names in the recipe.
    first_day, last_day : that the rows overlap.
    codes : of acts between the two; None where the source has no acts.
    third_codes : of acts of third actors on either of the two.
    places : states where violence counts; empty where only that between the two does.
    columns : of levels.
    begun : whether only rows that begin within the days count.
    """

    sources: tuple[str, ...]
    first_day: int
    last_day: int
    codes: frozenset[str] | None = None
    third_codes: frozenset[str] = frozenset()
    places: frozenset[int] = frozenset()
    columns: frozenset[str] = frozenset()
    begun: bool = False


def day_count(masks: NDArray[np.uint32]) -> NDArray[np.int16]:
    """Return the number of days in masks of days, of the same shape."""
    # In parallel within each word: bits of pairs, of fours, of octets, and then the sum of the octets.
    count = masks - ((masks >> 1) & 0x55555555)
    count = (count & 0x33333333) + ((count >> 2) & 0x33333333)
    count = (count + (count >> 4)) & 0x0F0F0F0F
    total: NDArray[np.int16] = ((count * np.uint32(0x01010101)) >> 24).astype(np.int16)
    return total


def pair_of(pairs: NDArray[np.int16], a: NDArray[np.int16], b: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return (n,) the position of the pair that two states are, in either order; -1 for others."""
    keys = _pair_key(pairs[:, 0], pairs[:, 1])
    order = np.argsort(keys)
    wanted = np.where((a >= 0) & (b >= 0), _pair_key(a, b), -1)
    if not len(keys):
        return np.full(len(wanted), -1)
    position = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    return np.where(keys[order[position]] == wanted, order[position], -1)


def _pair_key(a: NDArray[np.int16], b: NDArray[np.int16]) -> NDArray[np.int64]:
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    return low << 16 | high
