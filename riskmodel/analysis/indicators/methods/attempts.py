"""A way that was tried with some sources: its values, and why others are blank."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.counts import Axis
from riskmodel.analysis.indicators.facts import Facts, Selection, SourceRecords
from riskmodel.schema.derivations import DerivationsSpec
from riskmodel.sources.records import first_day

Months = NDArray[np.bool_]
"""(pairs, months) a condition."""


class Context(NamedTuple):
    """Data that the methods share.

    Attributes
    ----------
    facts : of all sources.
    spec : the whole derivations file.
    indicator : whose ways are tried.
    borders : the states that adjoin one in a year.
    begun : of each state the first year; None where it is unknown.
    """

    facts: Facts
    spec: DerivationsSpec
    indicator: str
    borders: Callable[[int, int], frozenset[int]]
    begun: Sequence[int | None]

    @property
    def axis(self) -> Axis:
        """The months."""
        return Axis(self.facts.first, self.facts.months)

    @property
    def months(self) -> NDArray[np.int64]:
        """(months,) each month, counted from January 1970."""
        return np.arange(self.facts.first, self.facts.first + self.facts.months)

    def sources(self, kinds: Sequence[str]) -> list[SourceRecords]:
        """Return the records of some kinds of sources, in the order of the recipe."""
        return [source for source in self.facts.records if source.kind in kinds]


@dataclass(frozen=True, eq=False)
class Attempt:
    """The values of one way with some sources; arrays are (pairs, months).

    Attributes
    ----------
    sources : their names in the recipe.
    value : NaN where it is blank.
    rows : rows behind the value.
    notes : why values are blank, or what is to be known of them; of several that hold, the first counts.
    select : the rows behind the value of a pair in a month, by their positions.
    days : days with such an act; None where the way counts none.
    usable : share of the days of the month with a usable file; None where the way needs no files by day.
    """

    sources: tuple[str, ...]
    value: NDArray[np.float64]
    rows: NDArray[np.int64]
    notes: tuple[tuple[str, Months], ...]
    select: Callable[[int, int], Selection]
    days: NDArray[np.int16] | None = None
    usable: NDArray[np.float64] | None = None


def trailing(array: NDArray[np.generic], months: int) -> NDArray[np.float64]:
    """Return (rows, n) the sums over the last months, the present one included; before the first there is nothing."""
    total = np.cumsum(array.astype(float), axis=1)
    total[:, months:] = total[:, months:] - total[:, :-months].copy()
    return total


def last_days(axis: Axis) -> NDArray[np.int64]:
    """Return (months,) the last day of each month."""
    return axis.first_day + np.cumsum(axis.lengths.astype(np.int64)) - 1


def covered_since(context: Context, sources: Sequence[SourceRecords]) -> NDArray[np.int64]:
    """Return (pairs, months) the first month from which sources together cover a pair without a gap up to this month.

    It is the month after where none of them covers this month.
    """
    since = np.tile(context.months + 1, (len(context.facts.pairs), 1))
    for _ in sources:  # each time at least one source more is joined, if any is
        for source in sources:
            joins = source.covered[:, np.newaxis] & (source.first_month < since) & (since <= source.last_month + 1)
            since = np.where(joins, source.first_month, since)
    return since


def covered_by(context: Context, source: SourceRecords) -> Months:
    """Return (pairs, months) whether a source covers a pair in a month."""
    in_time = (context.months >= source.first_month) & (context.months <= source.last_month)
    return source.covered[:, np.newaxis] & in_time


def months_selected(
    context: Context,
    sources: tuple[str, ...],
    months: int,
    *,
    codes: frozenset[str] | None = None,
    third_codes: frozenset[str] = frozenset(),
    columns: frozenset[str] = frozenset(),
    begun: bool = False,
) -> Callable[[int, int], Selection]:
    """Return a selection of the rows of the last months, the present one included; the others as in `Selection`."""

    def select(pair: int, month: int) -> Selection:
        last = context.facts.first + month
        start, end = int(first_day(last - months + 1)), int(first_day(last + 1)) - 1
        return Selection(sources, start, end, codes, third_codes, columns=columns, begun=begun)

    return select
