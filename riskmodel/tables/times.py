"""Times of rows, as tables write them: numbers, years, quarters, months, days and instants.

| kind | written as |
| --- | --- |
| number | `12`, `1980.5`: whatever the unit is |
| year | `2005`, `2005.0`; as a date, `2005-01-01`, only beside such numbers, if all dates are a first of January |
| quarter | `2005-Q1`, `2005Q1`, `Q1 2005` |
| month | `2005-01`, `2005M01`, `2005-M1`, `January 2005`, `Jan-2005` |
| day | `2005-01-31`, `2005/01/31`, `31 January 2005`, `January 31, 2005`; a midnight without a time zone |
| instant | `2005-01-31 10:00`, `2005-01-31T10:00:00.5`, with a zone `2005-01-31T10:00Z`, `... +01:00` |

A column holds one kind. Months among days, and days among instants, stand for their beginning. Instants with time
zones are compared as instants, whatever their zones; with and without a zone together are an error. Years of two digits
and dates such as 01/02/2005, in which day and month could be either way round, are refused.
"""

import math
import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import SituationError
from riskmodel.tables import arrays, cells
from riskmodel.tables.labels import Codes, Labels, ProblemAt, distinct
from riskmodel.tables.number_format import PLAIN

Kind: TypeAlias = Literal["number", "year", "quarter", "month", "day", "instant"]
_DATES = ("month", "day", "instant")
"""Kinds that stand for a date, the finest last."""
_YEARS = range(1000, 3000)
"""Whole numbers that count as years, where all numbers are in this range."""
MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""The months of units of time that have some."""
_MAX_STEPS = 1 << 62
_SECOND = 1_000_000_000
_UNITS = (("day", 86_400 * _SECOND), ("hour", 3_600 * _SECOND), ("minute", 60 * _SECOND))
_DAY = _UNITS[0][1]
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_EXAMPLES = "1962, 1962-Q4, 1962-10, 1962-10-22, 22 October 1962 or 1962-10-22 14:30"


class Step(NamedTuple):
    """The distance of neighbouring times: so many units; the unit of numbers is empty."""

    size: float
    unit: Literal["year", "quarter", "month", "day", "hour", "minute", "second", ""]

    def __str__(self) -> str:
        return f"{self.size:g} {self.unit}{'' if self.size == 1 else 's'}" if self.unit else f"{self.size:g}"


@dataclass(frozen=True, eq=False)
class Times(Labels):
    """A column of times: labels in the order of time, each as its first row writes it.

    Years are numbers, and days have no hour.

    Attributes
    ----------
    kind : of all times of the column.
    step : the largest of which all distances are multiples, if at least half of the neighbouring times are one step
        apart; None where they are fewer (the times are irregular), or there is one time only.
    positions : (times,) steps since the first time; without a step they count the times.
    """

    kind: Kind
    step: Step | None
    positions: Codes

    @property
    def gaps(self) -> list[tuple[str, str]]:
        """Neighbouring times that are more than one step apart, so that a time between them is missing."""
        starts = np.flatnonzero(np.diff(self.positions) > 1).tolist()
        return [(self.names[start], self.names[start + 1]) for start in starts]


def read_times(texts: pa.Array, problem_at: ProblemAt) -> Times:
    """Read a column of times.

    Parameters
    ----------
    texts : (n,) the cells as text.
    problem_at : makes the problems.

    Raises
    ------
    SituationError
        If a row has no time, its label is not a time, or it is of another kind than those before.
    """
    labels, codes = distinct(texts, problem_at)
    try:
        kind, keys, clocks = time_keys(labels)
    except _TimeError as error:
        raise SituationError([problem_at(int(np.argmax(codes == error.index)), error.message)]) from None
    order = sorted(set(keys))
    positions = {key: position for position, key in enumerate(order)}
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    step, grid = _steps(kind, order, [clocks[first[key]] for key in order] if clocks else order)
    return Times(
        np.array([positions[key] for key in keys], np.intp)[codes],
        tuple(_name(kind, key, labels[first[key]]) for key in order),
        kind,
        step,
        np.array(grid, np.intp),
    )


def unreadable_times(texts: pa.Array) -> dict[int, str]:
    """Find the rows whose cells cannot be read as times together with most of the others.

    Parameters
    ----------
    texts : (n,) the cells as text.

    Returns
    -------
    The reason by row.
    """
    texts = pc.utf8_trim_whitespace(texts)
    encoded = pc.dictionary_encode(texts)
    labels: list[str] = encoded.dictionary.to_pylist()
    codes = arrays.integers(pc.fill_null(encoded.indices, -1)).astype(np.intp)
    counts = np.bincount(codes[codes >= 0], minlength=len(labels))
    reasons: dict[str | None, str] = {None: "has no value"}
    parsed = {label: time for label in labels if (time := _parse(label)) is not None}
    for label in labels:
        if label in cells.MISSING_WORDS:
            reasons[label] = "has no value"
        elif label not in parsed:
            reasons[label] = _why_not(label)
    rows_of_kind: dict[str, int] = {}
    for label, count in zip(labels, counts.tolist(), strict=True):
        if label in parsed:
            kind = parsed[label].kind
            rows_of_kind[kind] = rows_of_kind.get(kind, 0) + count
    # The most frequent kind first, so that the others are the ones that do not fit.
    readable = sorted(parsed, key=lambda label: -rows_of_kind[parsed[label].kind])
    while readable:
        try:
            time_keys(readable)
        except _TimeError as error:
            reasons[readable.pop(error.index)] = error.message
        else:
            break
    if len(reasons) == 1 and (codes >= 0).all():
        return {}
    names = [*labels, None]
    return {row: reasons[names[code]] for row, code in enumerate(codes.tolist()) if names[code] in reasons}


def _name(kind: Kind, key: float, label: str) -> str:
    if kind == "year":
        return str(key)
    return label[: len("0000-00-00")] if kind == "day" and ":" in label else label


def first_time_from(time: Labels, name: str, start: str) -> int:
    """Return the code of the first time from `start` on.

    Raises
    ------
    SituationError
        If `start` is not of the kind of the times, or no times are before it, or none after.
    """
    spans = f"the times in column {name!r} run from {time.names[0]} to {time.names[-1]}"
    try:
        _, (*keys, start_key), _ = time_keys([*time.names, start.strip()])
    except _TimeError:
        raise SituationError(f"{start!r} is not a time of that kind; {spans}") from None
    code = sum(key < start_key for key in keys)
    if code in (0, len(time.names)):
        raise SituationError(f"there are no rows {f'before {start}' if code == 0 else f'from {start} on'}; {spans}")
    return code


def month_of(label: str) -> int | None:
    """Return the months since the year 0 of a month or a day; None for anything else."""
    time = _parse(label.strip())
    return _months(time.key) if time is not None and time.kind in ("month", "day") else None


def span(label: str) -> tuple[date, date]:
    """Return the first and the last day of a year, quarter, month or day; a midnight without time zone is a day.

    Raises
    ------
    SituationError
        The label is not such a time.
    """
    time = _parse(label.strip())
    if time is None:
        raise SituationError(_why_not(label))
    if time.kind == "number" and time.key in _YEARS:
        return date(int(time.key), 1, 1), date(int(time.key), 12, 31)
    if time.kind in ("number", "instant") and (time.kind == "number" or time.offset is not None or time.key % _DAY):
        raise SituationError(f"{label!r} is no year, quarter, month or day, such as 1962, 1962-Q4, 1962-10, 1962-10-22")
    if time.kind == "quarter":
        year, quarter = divmod(int(time.key), 4)
        return date(year, 3 * quarter + 1, 1), _end_of_month(year, 3 * quarter + 3)
    first = _date_of(time.key)
    return first, _end_of_month(first.year, first.month) if time.kind == "month" else first


def _end_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def places_among(names: Sequence[str], labels: Sequence[str]) -> list[float]:
    """Return the place of each label among times: the position of the same time, or half-way to its neighbour.

    A label that is earlier than all is at -0.5.

    Parameters
    ----------
    names : distinct times in their order.
    labels : written in any way that goes with these, such as `March 2005` among days.

    Raises
    ------
    SituationError
        If a label is not a time, or not of the kind of the others.
    """
    try:
        _, keys, _ = time_keys([*names, *labels])
    except _TimeError as error:
        raise SituationError(error.message) from None
    known = keys[: len(names)]
    places = []
    for key in keys[len(names) :]:
        place = bisect_left(known, key)
        places.append(float(place) if place < len(known) and known[place] == key else place - 0.5)
    return places


class _TimeError(Exception):
    """A label that is not a time, or not of the kind of the others; `index` is its index among the labels."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index, self.message = index, message


class _Time(NamedTuple):
    """A label as written.

    Attributes
    ----------
    key : a number; quarters since the year 0; nanoseconds since the year 1 of the label's own clock.
    offset : of that clock from UTC in nanoseconds; None without a time zone.
    """

    kind: Kind
    key: float
    offset: int | None = None


def time_keys(labels: Sequence[str]) -> tuple[Kind, list[float], list[float] | None]:
    """Return the common kind of labels, their sortable keys, and what their own clocks show where they have zones.

    Keys are years, quarters, months since the year 0, days since the year 1, nanoseconds since then, or numbers.

    Raises
    ------
    _TimeError
        If a label is not a time, or not of the kind of the others.
    """
    if not labels:
        return "number", [], None
    times = []
    for index, label in enumerate(labels):
        time = _parse(label)
        if time is None:
            raise _TimeError(index, _why_not(label))
        times.append(time)
    families = ["date" if time.kind in _DATES else time.kind for time in times]
    all_years = all(time.key in _YEARS for time in times if time.kind == "number")
    if "quarter" not in families and "number" in families and "date" in families and all_years:
        years = [_year_of(time) for time in times]
        if None not in years:
            return "year", [year for year in years if year is not None], None
    for index, family in enumerate(families):
        if family != families[0]:
            message = f"{labels[index]!r} is a {family}, but {labels[0]!r} before it is a {families[0]}"
            raise _TimeError(index, f"{message}; write all times of a column in one way")
    if families[0] == "date":
        return _date_keys(labels, times)
    if families[0] == "number" and all_years:
        return "year", [int(time.key) for time in times], None
    return times[0].kind, [time.key for time in times], None


def _year_of(time: _Time) -> int | None:
    """Return the year that a number or a first of January stands for; None for any other date."""
    if time.kind == "number":
        return int(time.key)
    day = _date_of(time.key)
    is_start = time.kind != "month" and time.offset is None and time.key % _DAY == 0 and (day.month, day.day) == (1, 1)
    return day.year if is_start else None


def _date_keys(labels: Sequence[str], times: Sequence[_Time]) -> tuple[Kind, list[float], list[float] | None]:
    zoned = [time.offset is not None for time in times]
    if any(zoned) and not all(zoned):
        index = zoned.index(not zoned[0])
        words = ("no time zone", "a time zone")
        message = f"{labels[index]!r} has {words[zoned[index]]}, but {labels[0]!r} before it has {words[zoned[0]]}"
        raise _TimeError(index, f"{message}; give all times a zone, such as {labels[zoned.index(True)]}, or none")
    clocks = [time.key for time in times]
    if all(zoned):
        return "instant", [time.key - (time.offset or 0) for time in times], clocks
    kind = max((time.kind for time in times), key=_DATES.index)
    if kind == "instant" and any(clock % _DAY for clock in clocks):
        return "instant", clocks, None
    if kind == "month":
        return "month", [_months(clock) for clock in clocks], None
    return "day", [clock // _DAY for clock in clocks], None


def _steps(kind: Kind, keys: Sequence[float], clocks: Sequence[float]) -> tuple[Step | None, Sequence[int]]:
    """Return the step of distinct times in ascending order, and their positions in steps."""
    if len(keys) < 2:
        return None, [0] * len(keys)
    if kind == "instant" and _count_days(clocks):
        kind, keys = "day", [clock // _DAY for clock in clocks]
    if kind == "day" and (months := _whole_months(keys)):
        kind, keys = "month", months
    scale, whole = _whole_numbers(keys)
    gaps = [later - earlier for earlier, later in pairwise(whole)]
    step = math.gcd(*gaps)
    if 2 * gaps.count(step) < len(gaps) or (whole[-1] - whole[0]) // step > _MAX_STEPS:
        return None, range(len(keys))
    return _named(kind, Fraction(step, scale)), [(key - whole[0]) // step for key in whole]


def _whole_numbers(keys: Sequence[float]) -> tuple[int, list[int]]:
    """Return numbers as whole numbers, and the scale by which they are multiplied for that; decimals are exact."""
    if all(key == int(key) for key in keys):
        return 1, [int(key) for key in keys]
    exact = [Fraction(repr(key)) for key in keys]
    scale = math.lcm(*{key.denominator for key in exact})
    return scale, [int(key * scale) for key in exact]


def _count_days(clocks: Sequence[float]) -> bool:
    """Return True if instants are midnights by their own clocks, each a later day than the one before.

    Hours of a clock do not count where it is set forward or back in between.
    """
    midnights = all(clock % _DAY == 0 for clock in clocks)
    return midnights and all(earlier < later for earlier, later in pairwise(clocks))


def _whole_months(days: Sequence[float]) -> list[float] | None:
    """Return the months of days that are the same day of each month, or the last of each; None for others."""
    starts = [date.fromordinal(int(day)) for day in days]
    ends = [date.fromordinal(int(day) + 1).day == 1 if day < date.max.toordinal() else True for day in days]
    if len({day.day for day in starts}) == 1 or all(ends):
        return [12 * day.year + day.month - 1 for day in starts]
    return None


def _named(kind: Kind, step: Fraction) -> Step:
    if kind == "number":
        return Step(float(step), "")
    if kind == "instant":
        unit, size = next(((unit, size) for unit, size in _UNITS if step % size == 0), ("second", _SECOND))
        return Step(float(step / size), unit)  # type: ignore[arg-type]
    per_year = {"quarter": 4, "month": 12}.get(kind)
    if per_year and step % per_year == 0:
        return Step(float(step / per_year), "year")
    return Step(float(step), kind)


_QUARTER = re.compile(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[- ]?(\d{4}))", re.ASCII | re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})-?M(\d{1,2})", re.ASCII | re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})|([-/])(\d{2})\3(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)? ?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?)",
    re.ASCII,
)
_IN_WORDS = re.compile(
    r"(?:(\d{1,2})[- ])?([a-z]{3,9})\.?[- ](\d{4})|([a-z]{3,9})\.? (\d{1,2}), ?(\d{4})", re.ASCII | re.IGNORECASE
)
_WEEK = re.compile(r"(\d{4}-\d{2}-\d{2})/\d{4}-\d{2}-\d{2}", re.ASCII)
_EITHER_WAY = re.compile(r"\d{1,2}([-./])\d{1,2}\1(?:\d{2}|\d{4})", re.ASCII)
_NUMBER = re.compile(PLAIN.pattern)


@lru_cache(maxsize=10_000)
def _parse(label: str) -> _Time | None:
    """Read a label; None if it is not a time."""
    if _NUMBER.fullmatch(label):
        number = float(label)
        return _Time("number", number) if math.isfinite(number) else None
    if match := _DATE.fullmatch(label):
        year, month, _, in_full, day, *clock = match.groups()
        if month:
            return _time("month", year, month)
        return _time("instant" if clock[0] else "day", year, in_full, day, *clock)
    if match := _QUARTER.fullmatch(label):
        year, quarter = match[1] or match[4], match[2] or match[3]
        return _Time("quarter", 4 * int(year) + int(quarter) - 1)
    if match := _MONTH.fullmatch(label):
        return _time("month", match[1], match[2])
    if match := _IN_WORDS.fullmatch(label):
        day, word, year = match[1] or match[5], match[2] or match[4], match[3] or match[6]
        month = _month_named(word.lower())
        return None if month is None else _time("day" if day else "month", year, month, day or "1")
    if match := _WEEK.fullmatch(label):  # a week of pandas
        return _parse(match[1])
    return None


def _month_named(word: str) -> str | None:
    """Return the number of a month by its name or the first letters of it."""
    named = [str(number) for number, name in enumerate(_MONTHS, start=1) if name.startswith(word)]
    return named[0] if len(named) == 1 and (len(word) == 3 or word in (*_MONTHS, "sept")) else None


def _time(
    kind: Kind,
    year: str,
    month: str,
    day: str = "1",
    hour: str | None = None,
    minute: str | None = None,
    second: str | None = None,
    fraction: str | None = None,
    zone: str | None = None,
) -> _Time | None:
    """Return a date; None if there is no such date."""
    try:
        days = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    seconds = 3600 * int(hour or 0) + 60 * int(minute or 0) + int(second or 0)
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 59 or len(fraction or "") > 9:
        return None
    offset = None
    if zone is not None:
        digits = zone[1:].replace(":", "").ljust(4, "0") if zone[0] in "+-" else "0000"
        offset = (3600 * int(digits[:2]) + 60 * int(digits[2:])) * (-1 if zone[0] == "-" else 1)
        if abs(offset) >= 86_400:
            return None
    clock = days * _DAY + seconds * _SECOND + int((fraction or "").ljust(9, "0"))
    return _Time(kind, clock, None if offset is None else offset * _SECOND)


def _why_not(label: str) -> str:
    """Explain why a label is not a time, and how to write it."""
    if _EITHER_WAY.fullmatch(label):
        return (
            f"{label!r} is ambiguous, because day and month could be either way round; write dates as 1962-10-22 or "
            "22 October 1962"
        )
    return f"{label!r} is not a time; times are numbers, or dates such as {_EXAMPLES}"


def _date_of(clock: float) -> date:
    return date.fromordinal(int(clock // _DAY))


def _months(clock: float) -> int:
    day = _date_of(clock)
    return 12 * day.year + day.month - 1
