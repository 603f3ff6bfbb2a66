"""Records of sources, as arrays of equal length.

States are positions in `countries.STATES`. Days count from 1970-01-01, months from January 1970. Lines are 1-based, of
the decompressed text, and are where a row begins. Order within a record is that of the file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

ORGANISATION = -1
"""An actor that is an organisation of states, such as the UN; mediators may be one."""
NO_STATE = -2
"""A place or a side that is no state: a region, a rebel group, or none."""
UNKNOWN = -3
"""A code or name that is in no list; no record has it."""
IMPORTS, EXPORTS, BOTH = 0, 1, 2
"""Directions of flows, from the reporter."""
EPOCH = date(1970, 1, 1).toordinal()
"""The first day, as `date.toordinal` counts them."""


def month_of(day: ArrayLike) -> NDArray[np.int64]:
    """Return the months of days, of the same shape."""
    return np.asarray(day).astype("M8[D]").astype("M8[M]").astype(np.int64)


def first_day(month: ArrayLike) -> NDArray[np.int64]:
    """Return the first days of months, of the same shape."""
    return np.asarray(month).astype("M8[M]").astype("M8[D]").astype(np.int64)


class Rows:
    """Base class of the records: dataclasses of arrays with one entry for each row."""

    IDENTITY: ClassVar[tuple[str, ...]]
    """The fields that say which records are the same."""
    line: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return some of the rows; fields that are no arrays stay."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}  # type: ignore[arg-type]
        return type(self)(
            **{name: value[rows] if isinstance(value, np.ndarray) else value for name, value in parts.items()}
        )

    def __len__(self) -> int:
        return len(self.line)

    def distinct(self) -> Self:
        """Return the rows with each record once, the first of equal ones; `IDENTITY` says which are equal."""
        import pandas as pd

        identity = pd.DataFrame({name: getattr(self, name) for name in self.IDENTITY})
        return self.take(~identity.duplicated().to_numpy())

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several records as one."""
        names = [part.name for part in fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, eq=False)
class Acts(Rows):
    """Events between two actors that are states or organisations of states.

    Attributes
    ----------
    line : (n,) of the file.
    key : (n,) the identity of an event in all files of its family; equal keys are the same event.
    day : (n,) on which the event was, not the report.
    source, target : (n,) state, or `ORGANISATION`.
    code : (n,) position in `codes`.
    codes : codes of acts: CAMEO as text with its zeros (`042`, `1125`), PLOVER as `CONSULT` or `ASSAULT/aerial`.
    """

    IDENTITY = ("key",)
    line: NDArray[np.int64]
    key: NDArray[np.int64]
    day: NDArray[np.int32]
    source: NDArray[np.int16]
    target: NDArray[np.int16]
    code: NDArray[np.int16]
    codes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Violence(Rows):
    """Events with deaths.

    Attributes
    ----------
    start, end : (n,) first and last day; deaths are spread evenly over them.
    place : (n,) the state where it was, or `NO_STATE`.
    side_a, side_b : (n,) the state that is the side, or `NO_STATE`.
    deaths : (n,) the best estimate.
    """

    IDENTITY = ("key",)
    line: NDArray[np.int64]
    key: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    place: NDArray[np.int16]
    side_a: NDArray[np.int16]
    side_b: NDArray[np.int16]
    deaths: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Disputes(Rows):
    """Disputes or crises between two states, one row for each.

    Attributes
    ----------
    id : the name of each in its source.
    state_a, state_b : (n,) the two.
    start, end : (n,) first and last day; an unknown day of a month is its first for `start`, its last for `end`.
    hostility : (n,) the level that the source gives, NaN where it gives none.
    """

    IDENTITY = ("id", "state_a", "state_b")
    line: NDArray[np.int64]
    id: NDArray[np.str_]
    state_a: NDArray[np.int16]
    state_b: NDArray[np.int16]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    hostility: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contacts(Rows):
    """Official contacts of two states.

    Attributes
    ----------
    start, end : (n,) first and last day.
    label : (n,) what it was, in the words of the source.
    """

    IDENTITY = ("state_a", "state_b", "start", "end", "label")
    line: NDArray[np.int64]
    state_a: NDArray[np.int16]
    state_b: NDArray[np.int16]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    label: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Flows(Rows):
    """Trade of two states in a period.

    Attributes
    ----------
    reporter, partner : (n,) who reports, and with whom.
    direction : (n,) `IMPORTS` or `EXPORTS` of the reporter, or `BOTH` together.
    month, months : (n,) first month of the period, and its length: 1, 3 or 12.
    value : (n,) in millions of current US dollars, or the unit that the source states; NaN where it is missing.
    """

    IDENTITY = ("reporter", "partner", "direction", "month", "months")
    line: NDArray[np.int64]
    reporter: NDArray[np.int16]
    partner: NDArray[np.int16]
    direction: NDArray[np.int8]
    month: NDArray[np.int32]
    months: NDArray[np.int8]
    value: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels(Rows):
    """Values that stand as they are in the table, for a pair, a state, or the world.

    Attributes
    ----------
    state_a, state_b : (n,) the pair; `NO_STATE` for both is the world, for `state_b` alone the state `state_a`.
    month, months : (n,) first month of the period, and its length: 1, 3 or 12.
    column : (n,) position in `columns`.
    value : (n,) NaN where it is missing.
    columns : the indicator or column that each value is of.
    """

    IDENTITY = ("state_a", "state_b", "month", "months", "column")
    line: NDArray[np.int64]
    state_a: NDArray[np.int16]
    state_b: NDArray[np.int16]
    month: NDArray[np.int32]
    months: NDArray[np.int8]
    column: NDArray[np.int16]
    value: NDArray[np.float64]
    columns: tuple[str, ...]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several records as one, with the columns of all."""
        columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in (part.name for part in fields(cls) if part.name not in ("column", "columns"))
        }
        column = [np.array([columns.index(name) for name in part.columns], np.int16)[part.column] for part in parts]
        return cls(**joined, column=np.concatenate(column), columns=columns)


@dataclass
class Tally:
    """Counts of one file or of a part of it, which add up.

    Attributes
    ----------
    rows : rows that were read, header lines left out.
    dropped : rows that are no record, by reason ("one actor has no country", "a region", "no state role").
    mended : rows that were repaired or are odd but kept, by kind ("zero of a code restored").
    unknown : codes that are in no list, by scheme and code.
    days : for events, rows by day of the file (its name, or the date added), whether kept or not.
    slots : for GDELT 2.0, the quarter hours of the files, as minutes since 1970.
    states : states of whose pairs the file holds all that there is; of other pairs only those in its rows are covered.
        Empty for a plain list, all states for a dispute list of the world, the United States for its own travels.
    """

    rows: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    slots: set[int] = field(default_factory=set)
    states: set[int] = field(default_factory=set)

    @property
    def kept(self) -> int:
        """The rows that are records."""
        return self.rows - self.dropped.total()

    def keep(self, reasons: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
        """Count rows as dropped, each for the first reason that holds; return (n,) True for the others."""
        kept = np.ones(len(next(iter(reasons.values()))), np.bool_)
        for reason, rows in reasons.items():
            kept = self.drop(kept, rows, reason)
        return kept

    def drop(self, kept: NDArray[np.bool_], rows: NDArray[np.bool_], reason: str) -> NDArray[np.bool_]:
        """Count those of the kept rows that are dropped for a reason; return (n,) True for the others."""
        if count := int(np.count_nonzero(kept & rows)):
            self.dropped[reason] += count
        return kept & ~rows

    def mend(self, kind: str, rows: NDArray[np.bool_]) -> None:
        """Count rows as mended or odd."""
        if count := int(np.count_nonzero(rows)):
            self.mended[kind] += count

    @classmethod
    def total(cls, tallies: Iterable["Tally"]) -> "Tally":
        """Return the sum of the counts of several parts."""
        total = cls()
        for tally in tallies:
            total.add(tally)
        return total

    def add(self, other: "Tally") -> None:
        """Add the counts of another part."""
        self.rows += other.rows
        for part in ("dropped", "mended", "unknown", "days"):
            getattr(self, part).update(getattr(other, part))
        self.slots |= other.slots
        self.states |= other.states
