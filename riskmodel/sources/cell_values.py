"""Values of the cells of a small table: states, numbers, days and months, and levels."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.errors import SituationError
from riskmodel.sources import countries
from riskmodel.sources.records import EPOCH, UNKNOWN, Levels, Tally
from riskmodel.sources.small_tables import Columns, SmallTable
from riskmodel.tables import arrays
from riskmodel.tables.arrays import Mask
from riskmodel.tables.cells import MISSING_WORDS
from riskmodel.tables.number_format import PLAIN
from riskmodel.tables.times import span

MISSING = (*MISSING_WORDS, "N/A", "n/a", ".", "..", "...", "-")
"""The cells that stand for no value in published tables."""
Value = TypeVar("Value")


def each(columns: Columns, name: str, convert: Callable[[str], Value]) -> tuple[list[Value], NDArray[np.int32]]:
    """Convert the distinct cells of a column.

    Returns
    -------
    The values, and (n,) the position of each row's.

    Raises
    ------
    SituationError
        `convert` raised it, for the first cell of which it did; names the line, the column and the cell.
    """
    encoded = columns.text[name].dictionary_encode()
    codes = arrays.integers(encoded.indices)
    values = []
    for code, cell in enumerate(encoded.dictionary.to_pylist()):
        try:
            values.append(convert(cell))
        except SituationError as error:
            raise columns.error(int(np.argmax(codes == code)), name, str(error)) from None
    return values, codes


def states(columns: Columns, name: str, scheme: str, tally: Tally | None = None) -> NDArray[np.int16]:
    """Return the (n,) states of a column of codes or names.

    Parameters
    ----------
    scheme : of `countries.SCHEMES`.
    tally : counts the codes that are in no list, whose state is `UNKNOWN`; None to refuse them.

    Raises
    ------
    SituationError
        A code is unknown or ambiguous, and there is no tally.
    """
    known = countries.codes(scheme)

    def state(code: str) -> int:
        if tally is not None:
            return known.get(code, UNKNOWN)
        if scheme != "cow" and code.isdecimal():
            raise SituationError("is a number; `codes: cow` (or gw, imf) in the recipe says whose")
        return countries.resolve(code, scheme)

    positions, codes = each(columns, name, state)
    result = np.array(positions, np.int16)[codes]
    if tally is not None:
        unknown = pc.value_counts(columns.text[name].filter(arrays.from_mask(result == UNKNOWN)))
        tally.unknown.update({(scheme, count["values"]): count["counts"] for count in unknown.to_pylist()})
    return result


def stated(columns: Columns, name: str, scheme: str | None, tally: Tally) -> NDArray[np.int16]:
    """Return the (n,) states of a column of a list of the user's own.

    Parameters
    ----------
    scheme : that the recipe names; codes that are in no list are counted, because data sets of others have codes of
        places beside those of states. Without, and for a constant, codes are ISO 3166-1 alpha-3, and an unknown one is
        an error.
    tally : for these counts.
    """
    if scheme is None or name not in columns.own_names:
        return states(columns, name, "iso3")
    return states(columns, name, scheme, tally)


def pairs(columns: Columns, name: str = "pair") -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the (n,) first and second states of a column of pairs such as `USA-RUS`."""
    both, codes = each(columns, name, countries.pair)
    sides = np.array(both, np.int16).reshape(-1, 2)[codes]
    return sides[:, 0], sides[:, 1]


def between_states(side_a: NDArray[np.int16], side_b: NDArray[np.int16], tally: Tally) -> Mask:
    """Return (n,) True where both sides are states, and not the same; count the others as dropped."""
    reasons = {
        "a country that is in no list": (side_a == UNKNOWN) | (side_b == UNKNOWN),
        "a side is no state": (side_a < 0) | (side_b < 0),
        "one state on both sides": side_a == side_b,
    }
    return tally.keep(reasons)


def check_order(columns: Columns, start: NDArray[np.int32], end: NDArray[np.int32], name: str) -> None:
    """Raise an error for the first row whose last day, of column `name`, is before its first."""
    before = end < start
    if before.any():
        row = int(np.argmax(before))
        first = np.datetime64(int(start[row]), "D")
        raise columns.error(row, name, f"is before the start, {first}")


def check_deaths(columns: Columns, deaths: NDArray[np.float64], name: str) -> None:
    """Raise an error for the first negative number of deaths."""
    if (deaths < 0).any():
        raise columns.error(int(np.argmax(deaths < 0)), name, "is no number of deaths; blank is no estimate")


def numbers(columns: Columns, name: str, missing: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return the (n,) numbers of a column, NaN where a cell is blank, a word for it, or one of `missing`.

    Raises
    ------
    SituationError
        A cell is no number.
    """
    text = columns.text[name]
    filled = pc.if_else(pc.is_in(text, value_set=pa.array([*MISSING, *missing])), arrays.NO_TEXT, text)
    try:
        values = arrays.floats(filled.cast(pa.float64()))
    except pa.ArrowInvalid:
        values = np.array([np.inf if _number(cell) is None else 0 for cell in filled.to_pylist()])
    invalid = ~np.isfinite(values) & ~arrays.nulls(filled)
    if invalid.any():
        message = "is no number such as 1234.5; blank is no value"
        raise columns.error(int(np.argmax(invalid)), name, message)
    return values


def _number(cell: str | None) -> float | None:
    return 0.0 if cell is None else PLAIN.number(cell)


def days(columns: Columns, name: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the (n,) first and last days of a column of days, months or years, since 1970.

    Raises
    ------
    SituationError
        A cell is none of them, or could be read with day and month either way round.
    """
    spans, codes = each(columns, name, span)
    ordinals = [(first.toordinal() - EPOCH, last.toordinal() - EPOCH) for first, last in spans]
    both = np.array(ordinals, np.int32).reshape(-1, 2)[codes]
    return both[:, 0], both[:, 1]


def periods(columns: Columns, name: str) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return the (n,) first months since January 1970, and lengths in months, of years, quarters, months or days.

    A day stands for its month.
    """
    both, codes = each(columns, name, period)
    result = np.array(both, np.int32).reshape(-1, 2)[codes]
    return result[:, 0], result[:, 1].astype(np.int8)


_PERIODS = (("period",), ("date",), ("year", "month"), ("year", "quarter"), ("month",), ("quarter",), ("year",))
"""The columns that may hold the period of a row, the preferred first."""


def period_names(table: SmallTable) -> tuple[str, ...]:
    """Return the columns of a table that hold the period of a row: one, or the year and the month or quarter."""
    return next((names for names in _PERIODS if table.has(*names)), _PERIODS[0])


def with_period(columns: Columns, names: Sequence[str]) -> Columns:
    """Return columns with `period`, made of those that `period_names` names."""
    text, own_name = columns.text[names[-1]], columns.own_names.get(names[-1], names[-1])
    if len(names) == 2:
        mark = "-" if names[-1] == "month" else "-Q"
        padded = pc.utf8_lpad(text, 2, "0") if names[-1] == "month" else text
        joined = pc.binary_join_element_wise(columns.text["year"], padded, mark)
        text = pc.if_else(pc.less_equal(pc.utf8_length(text), 2), joined, text)
    return columns._replace(text={**columns.text, "period": text}, own_names={**columns.own_names, "period": own_name})


def period(label: str) -> tuple[int, int]:
    """Return the first month since January 1970 and the length in months of a year, quarter, month or day."""
    first, last = span(label)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return (first.year - 1970) * 12 + first.month - 1, months


class Level(NamedTuple):
    """A column of values.

    Attributes
    ----------
    name : in the table.
    column : in the levels.
    state_a, state_b : of all rows, or (n,) of each.
    """

    name: str
    column: str
    state_a: NDArray[np.int16] | int
    state_b: NDArray[np.int16] | int


def levels(columns: Columns, period_name: str, wanted: Sequence[Level], kept: Mask, tally: Tally) -> Levels:
    """Return the values of columns, in the order of the rows; count rows without any.

    Raises
    ------
    SituationError
        A cell is no period or no number, or a second value of the same pair, period and column.
    """
    count, names = len(columns.line), tuple(dict.fromkeys(level.column for level in wanted))
    month, months = periods(columns, period_name)
    value = np.stack([numbers(columns, level.name) for level in wanted], axis=1)
    filled = kept[:, np.newaxis] & ~np.isnan(value)
    tally.drop(kept, np.count_nonzero(filled, axis=1) == 0, "no value")
    row, place = np.nonzero(filled)

    def side(states: Sequence[NDArray[np.int16] | int]) -> NDArray[np.int16]:
        return np.stack([np.broadcast_to(state, count) for state in states], axis=1)[filled].astype(np.int16)

    result = Levels(
        columns.line[row],
        side([level.state_a for level in wanted]),
        side([level.state_b for level in wanted]),
        month[row],
        months[row],
        np.array([names.index(level.column) for level in wanted], np.int16)[place],
        value[filled],
        names,
    )
    sides = np.sort(np.stack([result.state_a, result.state_b]), axis=0)
    keys = np.stack([*sides, result.month, result.months, result.column])
    order = np.lexsort(keys)
    if (again := np.flatnonzero((np.diff(keys[:, order]) == 0).all(axis=0))).size:
        second = int(order[again + 1].min())
        first = int(np.flatnonzero((keys == keys[:, [second]]).all(axis=0))[0])
        message = f"is a second value for the same states and period; the first is in line {result.line[first]}"
        raise columns.error(int(row[second]), wanted[int(place[second])].name, message)
    return result
