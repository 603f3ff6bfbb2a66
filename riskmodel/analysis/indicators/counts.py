"""Count the events of pairs by month and code: each event once, as bits of days.

For each pair of actors, month and code there are two words with a bit for each day of the month, one for a direction,
and the number of events. So repeats, and twins with source and target exchanged, fall together; the result does not
depend on the order of the files; and memory does not grow with the number of repeats.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import day_count
from riskmodel.sources.records import Acts, first_day, month_of

_COMPACTED = 1 << 20
"""Entries that are gathered before equal keys are merged."""


class Axis(NamedTuple):
    """Months in a row, counted from January 1970.

    Attributes
    ----------
    first : the first month.
    months : their number.
    """

    first: int
    months: int

    @property
    def first_day(self) -> int:
        """The first day of the first month."""
        return int(first_day(self.first))

    @property
    def lengths(self) -> NDArray[np.int16]:
        """(months,) number of days of each month."""
        return np.diff(first_day(np.arange(self.first, self.first + self.months + 1))).astype(np.int16)


class Wanted:
    """The acts that count: between the two of a pair, and of third actors on either of the two.

    Parameters
    ----------
    axis : the months.
    between : (states + 1, states + 1) pairs of source and target that count; the last is an organisation.
    third_codes : codes of acts of third actors that count.
    involved : (states + 1,) the states of the pairs, on which third actors act.
    """

    def __init__(
        self, axis: Axis, between: NDArray[np.bool_], third_codes: frozenset[str], involved: NDArray[np.bool_]
    ) -> None:
        self.axis, self._between, self._third_codes, self._involved = axis, between, third_codes, involved
        self._end = int(first_day(axis.first + axis.months))

    def select(self, acts: Acts) -> tuple[Acts, int, int]:
        """Return the acts that count, and the numbers of rows that have only others: of other pairs, of other times."""
        third = np.array([code in self._third_codes for code in acts.codes] or [False])
        # ORGANISATION is -1, and so the last row and column.
        is_wanted = self._between[acts.source, acts.target]
        if third.any():
            is_wanted |= third[acts.code] & self._involved[acts.target]
        in_time = (acts.day >= self.axis.first_day) & (acts.day < self._end)
        selected = np.flatnonzero(is_wanted & in_time)
        # A row may have several acts; those of one are next to each other.
        rows, of_pairs, kept = (_row_count(line) for line in (acts.line, acts.line[is_wanted], acts.line[selected]))
        return acts.take(selected), rows - of_pairs, of_pairs - kept


def _row_count(line: NDArray[np.int64]) -> int:
    return int(np.count_nonzero(np.diff(line))) + (len(line) > 0)


class ActCounter:
    """Counts of events that are added block by block.

    Parameters
    ----------
    axis : the months.
    n_states : number of states; an organisation counts as one more.

    Attributes
    ----------
    again : events left out because one with the same key was counted.
    pairs : by source, the pairs with an event in it, as position of the lower state times `n_states` plus the higher.
    """

    def __init__(self, axis: Axis, n_states: int) -> None:
        self.axis, self._actors = axis, n_states + 1
        days = np.arange(axis.first_day, int(first_day(axis.first + axis.months)))
        month = month_of(days)
        self._month = month - axis.first
        self._bit = np.uint32(1) << (days - first_day(month)).astype(np.uint32)
        self._codes: dict[str, int] = {}
        self._blocks: list[_Entries] = []
        self._pending = 0
        self._seen = _Keys()
        self.again = 0
        self.pairs: dict[str, set[int]] = {}

    def add(self, acts: Acts, source: str) -> None:
        """Add acts of a source, whose days are on the axis."""
        lower, higher = np.minimum(acts.source, acts.target), np.maximum(acts.source, acts.target)
        pairs = np.unique(lower[lower >= 0].astype(np.int64) * (self._actors - 1) + higher[lower >= 0])
        self.pairs.setdefault(source, set()).update(pairs.tolist())
        is_new = self._seen.add(acts.key)
        self.again += len(acts) - int(np.count_nonzero(is_new))
        if not is_new.all():
            acts = acts.take(is_new)
        if not len(acts):
            return
        day = acts.day - self.axis.first_day
        sender, receiver = acts.source.astype(np.int64) % self._actors, acts.target.astype(np.int64) % self._actors
        code = np.array([self._codes.setdefault(code, len(self._codes)) for code in acts.codes], np.int64)[acts.code]
        low, high = np.minimum(sender, receiver), np.maximum(sender, receiver)
        key = (((low * self._actors + high) * self.axis.months + self._month[day]) << 12) | code
        bit, is_forward = self._bit[day], sender < receiver
        zero = np.uint32(0)
        block = _Entries(key, np.where(is_forward, bit, zero), np.where(is_forward, zero, bit), np.ones(len(key), int))
        self._blocks.append(block.merged())
        self._pending += len(self._blocks[-1].key)
        if self._pending > _COMPACTED:
            self._compact()

    def _compact(self) -> "_Entries":
        entries = _Entries.joined(self._blocks).merged() if self._blocks else _Entries.none()
        self._blocks, self._pending = [entries], 0
        return entries

    def entries(self) -> "ActEntries":
        """Return all that was counted."""
        key, forward, backward, rows = self._compact()
        pair, month = np.divmod(key >> 12, self.axis.months)
        codes = np.array([*self._codes, ""])
        order = np.argsort(codes[:-1])
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        code = rank[key & 4095]
        low, high = np.divmod(pair, self._actors)
        return ActEntries(low, high, month, code, tuple(map(str, codes[order])), forward, backward, rows)


class ActEntries(NamedTuple):
    """Acts by two actors, month and code.

    Attributes
    ----------
    low, high : (n,) the actors, the smaller position first; the number of states stands for an organisation.
    month : (n,) position on the axis.
    code : (n,) position in `codes`.
    codes : sorted.
    forward, backward : (n,) the days with an act of `low` on `high`, and the reverse: bit 0 is the first of the month.
    rows : (n,) events.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    month: NDArray[np.int64]
    code: NDArray[np.int64]
    codes: tuple[str, ...]
    forward: NDArray[np.uint32]
    backward: NDArray[np.uint32]
    rows: NDArray[np.int64]

    @property
    def repeats(self) -> int:
        """Events beyond the first of the same source, target, code and day."""
        return int(self.rows.sum() - day_count(self.forward).sum() - day_count(self.backward).sum())

    @property
    def twins(self) -> int:
        """Acts of the same two, code and day in both directions, each of which counts as one."""
        return int(day_count(self.forward & self.backward).sum())


class PairCounts:
    """The counts of one family of sources on an axis of pairs and months, as `facts.EventCounts` describes them.

    Parameters
    ----------
    family, sources : the family, and the names of its sources.
    entries : what was counted.
    pairs : (pairs, 2) the states.
    axis : the months.
    usable : (pairs, months) days with a usable file.
    n_states : number of states.
    """

    def __init__(
        self,
        family: str,
        sources: tuple[str, ...],
        entries: ActEntries,
        pairs: NDArray[np.int16],
        axis: Axis,
        usable: NDArray[np.int16],
        n_states: int,
    ) -> None:
        self.family, self.sources, self.usable = family, sources, usable
        self._entries, self._shape, self._pairs = entries, (len(pairs), axis.months), pairs
        number = np.full((n_states + 1, n_states + 1), -1, np.int64)
        number[pairs.min(axis=1), pairs.max(axis=1)] = np.arange(len(pairs))
        self._pair = number[entries.low, entries.high]
        self.events = self._sum(np.flatnonzero(self._pair >= 0))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that occur, sorted."""
        return self._entries.codes

    def days(self, codes: Iterable[str]) -> NDArray[np.uint32]:
        """Return (pairs, months) the days with an act of these codes in either direction: bit 0 is the first day."""
        rows = self._with_codes(codes, self._pair >= 0)
        days = np.zeros(self._shape, np.uint32)
        either = self._entries.forward[rows] | self._entries.backward[rows]
        np.bitwise_or.at(days, (self._pair[rows], self._entries.month[rows]), either)
        return days

    def rows(self, codes: Iterable[str]) -> NDArray[np.int64]:
        """Return (pairs, months) the events with these codes, repeats and twins counted."""
        return self._sum(self._with_codes(codes, self._pair >= 0))

    def third_days(self, codes: Iterable[str]) -> NDArray[np.uint32]:
        """Return (pairs, months) the days on which a third state or an organisation acts so on either of the two."""
        days = np.zeros(self._shape, np.uint32)
        for pair, month, mask, _ in self._third(codes):
            np.bitwise_or.at(days[pair], month, mask)
        return days

    def third_rows(self, codes: Iterable[str]) -> NDArray[np.int64]:
        """Return (pairs, months) the events that `third_days` rests on; of two directions both count."""
        rows = np.zeros(self._shape, np.int64)
        for pair, month, _, count in self._third(codes):
            np.add.at(rows[pair], month, count)
        return rows

    def _third(self, codes: Iterable[str]) -> "Iterator[_Third]":
        """Yield the acts of third actors on each pair that has some."""
        chosen = self._with_codes(codes, np.True_)
        entries = self._entries
        low, high = entries.low[chosen], entries.high[chosen]
        actor, on = np.concatenate([low, high]), np.concatenate([high, low])
        mask = np.concatenate([entries.forward[chosen], entries.backward[chosen]])
        month, count = np.tile(entries.month[chosen], 2), np.tile(entries.rows[chosen], 2)
        acted = np.flatnonzero(mask > 0)
        acted = acted[np.argsort(on[acted], kind="stable")]
        limits = np.searchsorted(on[acted], np.arange(int(self._pairs.max(initial=0)) + 2))
        for number, (a, b) in enumerate(self._pairs.tolist()):
            on_a, on_b = (acted[limits[state] : limits[state + 1]] for state in (a, b))
            rows = np.concatenate([on_a[actor[on_a] != b], on_b[actor[on_b] != a]])
            if rows.size:
                yield _Third(number, month[rows], mask[rows], count[rows])

    def _with_codes(self, codes: Iterable[str], among: "NDArray[np.bool_] | np.bool_") -> NDArray[np.intp]:
        wanted = frozenset(codes)
        is_wanted = np.array([code in wanted for code in self._entries.codes] or [False])
        return np.flatnonzero(is_wanted[self._entries.code] & among)

    def _sum(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        total = np.zeros(self._shape, np.int64)
        np.add.at(total, (self._pair[rows], self._entries.month[rows]), self._entries.rows[rows])
        return total


class _Third(NamedTuple):
    """Acts of third actors on one pair: position of the pair; month, days and events of each entry."""

    pair: int
    month: NDArray[np.int64]
    mask: NDArray[np.uint32]
    rows: NDArray[np.int64]


class _Entries(NamedTuple):
    """Keys with the days of both directions and the number of events."""

    key: NDArray[np.int64]
    forward: NDArray[np.uint32]
    backward: NDArray[np.uint32]
    rows: NDArray[np.int64]

    @classmethod
    def none(cls) -> "_Entries":
        return cls(np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0, np.uint32), np.empty(0, np.int64))

    @classmethod
    def joined(cls, blocks: "list[_Entries]") -> "_Entries":
        return cls(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    def merged(self) -> "_Entries":
        """Return the entries with each key once, sorted."""
        order = np.argsort(self.key, kind="stable")
        key = self.key[order]
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else np.empty(0, np.intp)
        if not len(starts):
            return self
        return _Entries(
            key[starts],
            np.bitwise_or.reduceat(self.forward[order], starts),
            np.bitwise_or.reduceat(self.backward[order], starts),
            np.add.reduceat(self.rows[order], starts),
        )


class _Keys:
    """The keys of events that were counted: sorted arrays, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._levels: list[NDArray[np.int64]] = []

    def add(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Add keys; return which were not there, of equal ones the first."""
        distinct, first = np.unique(keys, return_index=True)
        is_new = np.ones(len(distinct), bool)
        for level in self._levels:
            position = np.minimum(np.searchsorted(level, distinct), len(level) - 1)
            is_new &= level[position] != distinct
        result = np.zeros(len(keys), bool)
        result[first[is_new]] = True
        added = distinct[is_new]
        while self._levels and len(self._levels[-1]) < 2 * len(added):
            added = np.union1d(self._levels.pop(), added)
        if len(added):
            self._levels.append(added)
        return result
