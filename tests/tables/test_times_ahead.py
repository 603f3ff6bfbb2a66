"""The times after a column's: one step apart, of its kind, in the calendar."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.errors import Problem, SituationError
from riskmodel.tables.times import read_times
from riskmodel.tables.times_ahead import times_after


def read(labels):
    return read_times(pa.array(labels, pa.string()), lambda row, message: Problem(message, f"row {row}"))


@pytest.mark.parametrize(
    ("labels", "after"),
    [
        (["2024-11", "2024-12"], ("2025-01", "2025-02", "2025-03")),
        (["2024-10", "January 2025"], ("2025-04", "2025-07", "2025-10")),
        (["2022-06", "2023-06"], ("2024-06", "2025-06", "2026-06")),
        (["2024-Q3", "Q4 2024"], ("2025-Q1", "2025-Q2", "2025-Q3")),
        (["2022-Q4", "2023-Q4"], ("2024-Q4", "2025-Q4", "2026-Q4")),
        (["1998", "1999"], ("2000", "2001", "2002")),
        (["1990", "1995", "2000-01-01"], ("2005", "2010", "2015")),
        (["2024-02-27", "2024-02-28"], ("2024-02-29", "2024-03-01", "2024-03-02")),
        (["2024-12-17", "2024-12-24"], ("2024-12-31", "2025-01-07", "2025-01-14")),
        (["2023-11-30", "2023-12-31"], ("2024-01-31", "2024-02-29", "2024-03-31")),
        (["2024-09-15", "2024-12-15"], ("2025-03-15", "2025-06-15", "2025-09-15")),
        (["2023-12-31", "2024-12-31"], ("2025-12-31", "2026-12-31", "2027-12-31")),
        (["5", "7"], ("9", "11", "13")),
        (["0.1", "0.2"], ("0.3", "0.4", "0.5")),
        (["2024-12-31 22:00", "2024-12-31 23:00"], ("2025-01-01T00:00", "2025-01-01T01:00", "2025-01-01T02:00")),
        (
            ["2024-12-31T23:58:30+02:00", "2024-12-31T23:59:00+02:00"],
            ("2024-12-31T23:59:30+02:00", "2025-01-01T00:00:00+02:00", "2025-01-01T00:00:30+02:00"),
        ),
        (
            ["2024-11-01T00:00-05:00", "2024-12-01T00:00-05:00"],
            ("2025-01-01T00:00-05:00", "2025-02-01T00:00-05:00", "2025-03-01T00:00-05:00"),
        ),
    ],
)
def test_the_next_times_of_the_calendar(labels, after):
    assert times_after(read(labels), 3) == tuple(name.replace(":00:00+", ":00+") for name in after)


def test_times_after_an_earlier_time_of_the_column():
    assert times_after(read(["2024-01", "2024-02", "2024-03"]), 2, after=0) == ("2024-02", "2024-03")
    assert times_after(read(["2024-01", "2024-02"]), 0) == ()


STARTS = {
    "year": st.integers(1500, 2400).map(str),
    "quarter": st.tuples(st.integers(1000, 2400), st.integers(1, 4)).map(lambda pair: f"{pair[0]}-Q{pair[1]}"),
    "month": st.dates(date(1000, 1, 1), date(2400, 12, 31)).map(lambda day: f"{day:%Y-%m}"),
    "day": st.dates(date(1000, 1, 1), date(2400, 12, 31)).filter(lambda day: day.day <= 28).map(str),
    "number": st.integers(-5000, 900).map(lambda number: str(number / 8)),
    "instant": st.datetimes()
    .filter(lambda moment: 1000 < moment.year < 2400)
    .map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}"),
}


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(sorted(STARTS)), st.integers(1, 30))
def test_times_after_are_later_one_step_apart_and_read_back_as_the_same_kind(data, kind, count):
    first = data.draw(STARTS[kind])
    second = data.draw(STARTS[kind].filter(lambda label: len(read([first, label]).names) == 2))
    times = read([first, second])
    far = count if kind != "number" else min(count, 3)
    try:
        after = times_after(times, far)
    except SituationError:
        return  # the calendar ends before
    together = read([*times.names, *after])
    assert (together.kind, together.step) == (times.kind, times.step)
    assert together.positions.tolist() == list(range(2 + far))


@settings(max_examples=60, deadline=None)
@given(st.dates(date(1000, 1, 1), date(2400, 1, 1)), st.integers(1, 24), st.integers(1, 30))
def test_ends_of_months_stay_ends_of_months(day, months, count):
    def end_after(number):
        month = 12 * day.year + day.month - 1 + number + 1
        return date(month // 12, month % 12 + 1, 1) - timedelta(days=1)

    ends = [end_after(months * number) for number in range(3 + count)]
    if len({end.day for end in ends}) > 1:  # else they are the same day of each month as well
        known = [str(end) for end in ends[:3]]
        times = read(known)
        if times.step is not None and times.step.unit in ("month", "year"):
            assert times_after(times, count) == tuple(map(str, ends[3:]))


@pytest.mark.parametrize(
    ("labels", "reason"),
    [(["2024-01"], "there is one time only"), (["1900", "1907", "1913", "1990"], "the times are irregular")],
)
def test_without_a_step_the_next_time_is_refused(labels, reason):
    with pytest.raises(SituationError, match=reason):
        times_after(read(labels), 1)


@pytest.mark.parametrize("labels", [["2998", "2999"], ["9999-11", "9999-12"], ["9999-12-30", "9999-12-31"]])
def test_the_end_of_the_calendar_is_refused(labels):
    with pytest.raises(SituationError, match="the calendar ends"):
        times_after(read(labels), 1)
