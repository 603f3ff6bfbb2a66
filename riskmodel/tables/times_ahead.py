"""The times that come after a time of a column, one step apart, written in the standard way of their kind."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction

from riskmodel.errors import SituationError
from riskmodel.tables.times import MONTHS, Times, time_keys

_SECOND = 1_000_000_000
_SIZES = {"day": 86_400 * _SECOND, "hour": 3_600 * _SECOND, "minute": 60 * _SECOND, "second": _SECOND}
_DAY = _SIZES["day"]
_IN_QUARTERS = {"quarter": 1, "year": 4}
_LAST_YEAR = 2999
"""The last number that counts as a year."""


def times_after(times: Times, count: int, after: int = -1) -> tuple[str, ...]:
    """Return the times after one of a column, each a step later than the one before.

    Years and numbers are written as numbers, quarters as `2005-Q1`, months as `2005-01`, days as `2005-01-31`, instants
    as `2005-01-31T10:00`, with the time zone of the time that they come after. Days that are all the last of a month
    stay so.

    Parameters
    ----------
    times : the column.
    count : how many, 0 or more.
    after : the position in `times.names` of the time that they come after; by default the last.

    Raises
    ------
    SituationError
        If the times are irregular, so that they have no step, or there is one only; or the calendar ends.
    """
    if times.step is None:
        reason = "there is one time only" if len(times.names) == 1 else "the times are irregular"
        raise SituationError(f"{reason} ({_span(times.names)}), so that the next time is not known")
    try:
        return tuple(_after(times, count, after))
    except (OverflowError, ValueError):
        raise SituationError(
            f"the calendar ends before {count:,} steps of {times.step} after {times.names[after]}"
        ) from None


def _span(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _after(times: Times, count: int, after: int) -> Iterator[str]:
    assert times.step is not None  # noqa: S101  (checked by the caller)
    kind, keys, clocks = time_keys(times.names)
    size, unit = Fraction(repr(times.step.size)), times.step.unit
    steps = [size * number for number in range(1, count + 1)]
    key = keys[after]
    if kind == "number":
        yield from (_number(Fraction(repr(key)) + step) for step in steps)
    elif kind == "year":
        yield from (_year(int(key + step)) for step in steps)
    elif kind == "quarter":
        yield from (_quarter(int(key + step * _IN_QUARTERS[unit])) for step in steps)
    elif kind == "month":
        yield from (month_label(int(key + step * MONTHS[unit])) for step in steps)
    else:
        scale = _DAY if kind == "day" else 1
        clock = int((clocks or keys)[after]) * scale
        zone = "" if clocks is None else _zone(clock - int(key))
        if unit in MONTHS:
            own = [int(value) * scale // _DAY for value in clocks or keys]
            days = _same_days(own, own[after], [int(step * MONTHS[unit]) for step in steps])
            later = [day * _DAY + clock % _DAY for day in days]
        else:
            later = [clock + int(step * _SIZES[unit]) for step in steps]
        yield from (_day(value) if kind == "day" else f"{_instant(value)}{zone}" for value in later)


def _same_days(days: Sequence[int], start: int, months: Sequence[int]) -> Iterator[int]:
    """Yield the day so many months later: the last of the month if all days are, else the same day, if there is one."""
    are_ends = all(date.fromordinal(day + 1).day == 1 for day in days)
    first = date.fromordinal(start)
    for number in months:
        year, month = divmod(12 * first.year + first.month - 1 + number, 12)
        end = _end_of_month(year, month + 1)
        yield end if are_ends else min(date(year, month + 1, 1).toordinal() + first.day - 1, end)


def _end_of_month(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following.toordinal() - 1


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else repr(float(value))


def _year(year: int) -> str:
    if year > _LAST_YEAR:
        raise OverflowError
    return str(year)


def _quarter(quarters: int) -> str:
    return f"{date(quarters // 4, 1, 1).year:04}-Q{quarters % 4 + 1}"


def month_label(months: int) -> str:
    """Write a month, given as months since the year 0: `2027-01`; ValueError after the end of the calendar."""
    return date(months // 12, months % 12 + 1, 1).isoformat()[:7]


def _day(clock: int) -> str:
    return date.fromordinal(clock // _DAY).isoformat()


def _instant(clock: int) -> str:
    minutes, rest = divmod(clock % _DAY, 60 * _SECOND)
    text = f"{_day(clock)}T{minutes // 60:02d}:{minutes % 60:02d}"
    if rest:
        seconds, fraction = divmod(rest, _SECOND)
        text += f":{seconds:02d}" + (f".{fraction:09d}".rstrip("0") if fraction else "")
    return text


def _zone(offset: int) -> str:
    minutes = abs(offset) // (60 * _SECOND)
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
