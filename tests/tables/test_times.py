"""Times as tables write them: their order, the time that one label shares with another, their step, and refusals."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.errors import Problem, SituationError
from riskmodel.tables.cells import as_text
from riskmodel.tables.labels import frame_labels
from riskmodel.tables.times import Step, first_time_from, month_of, places_among, read_times
from riskmodel.tables.times_ahead import month_label


def read(labels):
    return read_times(pa.array(labels, pa.string()), lambda row, message: Problem(message, f"row {row}"))


def refusal(labels):
    with pytest.raises(SituationError) as caught:
        read(labels)
    (problem,) = caught.value.problems
    return str(problem)


SAME = {
    "year": ["2005", "2005.0", "+2005"],
    "quarter": ["2005-Q1", "2005Q1", "2005 Q1", "2005-q1", "Q1 2005", "Q1-2005"],
    "month": ["2005-01", "2005M01", "2005-M01", "2005m1", "January 2005", "Jan 2005", "jan. 2005", "Jan-2005"],
    "day": [
        "2005-01-31",
        "2005/01/31",
        "31 January 2005",
        "31 Jan 2005",
        "31-Jan-2005",
        "January 31, 2005",
        "Jan 31,2005",
        "2005-01-31 00:00:00",
        "2005-01-31T00:00",
        "2005-01-31/2005-02-06",
    ],
    "instant": [
        "2005-01-31T10:30Z",
        "2005-01-31 10:30 UTC",
        "2005-01-31 11:30+01:00",
        "2005-01-31T11:30:00.000+0100",
        "2005-01-31 05:30:00-05",
        "2005-02-01T00:15+13:45",
    ],
}


@pytest.mark.parametrize("kind", SAME)
def test_all_ways_to_write_a_time_are_the_same_time(kind):
    times = read([*SAME[kind], *reversed(SAME[kind])])
    assert (times.kind, times.names, times.step) == (kind, (SAME[kind][0],), None)
    assert times.codes.tolist() == [0] * (2 * len(SAME[kind]))


DATES = st.dates(date(1001, 1, 1), date(2999, 12, 31))
WAYS = {
    "year": (lambda day: f"{day.year}", lambda day: f"{day.year}.0"),
    "quarter": (lambda day: f"{day.year}-Q{(day.month + 2) // 3}", lambda day: f"Q{(day.month + 2) // 3} {day.year}"),
    "month": (
        lambda day: f"{day.year}-{day.month:02}",
        lambda day: f"{day.year}M{day.month}",
        lambda day: f"{day:%B} {day.year}",
        lambda day: f"{day:%b}-{day.year}",
    ),
    "day": (
        lambda day: f"{day}",
        lambda day: f"{day.day} {day:%B} {day.year}",
        lambda day: f"{day:%b} {day.day}, {day.year}",
        lambda day: f"{day}T00:00:00",
    ),
}
STARTS = {
    "year": lambda day: day.replace(month=1, day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "month": lambda day: day.replace(day=1),
    "day": lambda day: day,
}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(WAYS)), st.lists(DATES, min_size=1, max_size=12))
def test_times_have_the_order_of_the_calendar_however_each_is_written(data, kind, days):
    labels = [data.draw(st.sampled_from(WAYS[kind]))(day) for day in days]
    starts = [STARTS[kind](day) for day in days]
    times = read(labels)
    assert times.kind == kind
    assert times.codes.tolist() == [sorted(set(starts)).index(start) for start in starts]
    firsts = [labels[starts.index(start)].removesuffix("T00:00:00") for start in sorted(set(starts))]
    assert times.names == tuple(label.removesuffix(".0") if kind == "year" else label for label in firsts)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1), timezones=ZONES)


@settings(max_examples=60, deadline=None)
@given(st.lists(INSTANTS, min_size=1, max_size=10))
def test_instants_of_all_zones_have_the_order_of_instants(instants):
    times = read([instant.isoformat(sep=" ") for instant in instants])
    assert times.kind == "instant"
    order = sorted(set(instants))  # aware datetimes are equal where they are the same instant
    assert times.codes.tolist() == [order.index(instant) for instant in instants]


@settings(max_examples=60, deadline=None)
@given(
    st.data(),
    st.sampled_from(["year", "month", "day"]),
    st.integers(1, 40),
    st.lists(st.booleans(), min_size=1, max_size=30),
)
def test_the_step_is_the_largest_of_which_all_distances_are_multiples(data, kind, count, holes):
    """Two neighbours for every hole of one time, so that at least half of the distances are one step."""
    positions = np.concatenate([[0, 1], 1 + np.cumsum([step for hole in holes for step in ((2, 1) if hole else (1,))])])
    start = data.draw(st.dates(date(1500, 1, 2), date(1999, 12, 28)).filter(lambda day: 1 < day.day < 28))
    if kind == "day":
        # The step of days is not that of months, whatever the dates.
        positions = np.append(positions, positions[-1] + 1)
        days = [start + timedelta(days=int(count * position)) for position in positions]
        labels = [str(day) for day in days]
        if len({day.day for day in days}) == 1 or all((day + timedelta(days=1)).day == 1 for day in days):
            return
    elif kind == "month":
        months = [12 * start.year + start.month - 1 + int(count * position) for position in positions]
        labels = [f"{month // 12}-{month % 12 + 1:02}" for month in months]
    else:
        labels = [str(start.year + int(count * position)) for position in positions if count * position < 900]
        positions = positions[: len(labels)]
    shuffled = data.draw(st.permutations(labels))
    times = read(shuffled)
    if len(labels) < 2:
        assert times.step is None
        return
    years = kind == "month" and count % 12 == 0
    assert times.step == Step(count // 12 if years else count, "year" if years else kind)
    assert times.names == tuple(labels)
    assert times.positions.tolist() == positions.tolist()
    missing = np.diff(positions) > 1
    assert times.gaps == [
        (earlier, later) for earlier, later, hole in zip(labels, labels[1:], missing, strict=False) if hole
    ]


@pytest.mark.parametrize(
    ("labels", "kind", "step", "positions"),
    [
        (["2000", "2005", "2010"], "year", "5 years", [0, 1, 2]),
        (["1990", "1995", "1999", "2005"], "year", "None", [0, 1, 2, 3]),  # waves of a survey: irregular
        (["2001", "2002", "2004"], "year", "1 year", [0, 1, 3]),
        (["200", "300", "500"], "number", "100", [0, 1, 3]),
        (["1980.5", "1980", "1981"], "number", "0.5", [0, 1, 2]),
        (["0.1", "0.2", "0.30"], "number", "0.1", [0, 1, 2]),
        (["0", "1", "1e300"], "number", "None", [0, 1, 2]),
        (["2005-Q4", "2006-Q1", "2006-Q3"], "quarter", "1 quarter", [0, 1, 3]),
        (["2005-Q1", "2006-Q1"], "quarter", "1 year", [0, 1]),
        (["2004-12", "2005-01"], "month", "1 month", [0, 1]),
        (["2005-01-31", "2005-02-28", "2005-03-31", "2005-05-31"], "day", "1 month", [0, 1, 2, 4]),
        (["2005-01-15", "2005-04-15", "2005-07-15"], "day", "3 months", [0, 1, 2]),
        (["2020-01-01", "2021-01-01", "2023-01-01"], "day", "1 year", [0, 1, 3]),
        (["2005-01-03", "2005-01-10", "2005-01-17"], "day", "7 days", [0, 1, 2]),
        (["2005-01-03 10:00", "2005-01-03 11:30", "2005-01-03 13:00"], "instant", "90 minutes", [0, 1, 2]),
        (["2005-01-03 10:00:00.25", "2005-01-03 10:00:00.75"], "instant", "0.5 seconds", [0, 1]),
        # Months of a clock that is set forward in between, and the hours on the day when it is.
        (["2005-03-01T00:00+01:00", "2005-04-01T00:00+02:00"], "instant", "1 month", [0, 1]),
        (
            ["2005-03-27T01:00+01:00", "2005-03-27T03:00+02:00", "2005-03-27T04:00+02:00"],
            "instant",
            "1 hour",
            [0, 1, 2],
        ),
        # The same date begins at two instants: these are hours, not days.
        (["2005-03-27T00:00+02:00", "2005-03-27T00:00+01:00"], "instant", "1 hour", [0, 1]),
        (["9999-12-31", "9999-11-30"], "day", "1 month", [0, 1]),
    ],
)
def test_steps_and_gaps(labels, kind, step, positions):
    times = read(labels)
    assert (times.kind, str(times.step), times.positions.tolist()) == (kind, step, positions)


def test_no_times_have_no_step():
    times = read([])
    assert (times.names, times.step, times.gaps) == ((), None, [])


# --------------------------------------------------------------------------------------------------- years as dates


def test_a_year_as_a_first_of_january_and_as_a_number_are_the_same_year_in_one_column():
    times = read(["2020-01-01", "2021.0", "2020", "2022-01-01 00:00:00"])
    assert (times.kind, times.codes.tolist(), str(times.step)) == ("year", [0, 1, 0, 2], "1 year")
    assert times.names == ("2020", "2021", "2022")
    assert first_time_from(times, "Year", "2021") == 1


@pytest.mark.parametrize(
    "labels",
    [["2020-01-01", "2020-01-02", "2021"], ["2020-01-01", "45000"], ["2020-01", "2021"], ["2020-01", "2020.5"]],
)
def test_other_dates_beside_numbers_are_refused(labels):
    assert refusal(labels) == (
        f"row {len(labels) - 1}: {labels[-1]!r} is a number, but {labels[0]!r} before it is a date; write all times of "
        "a column in one way"
    )


# --------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("label", ["01/02/2005", "1.2.2005", "31/01/2005", "01-02-05", "22.10.1962"])
def test_day_and_month_either_way_round_are_refused_with_the_remedy(label):
    message = refusal(["1962-10-22", label])
    assert message.startswith(f"row 1: {label!r} is ambiguous, because day and month could be either way round; write")
    assert "1962-10-22 or 22 October 1962" in message


@pytest.mark.parametrize(
    "label",
    [
        "soon",
        "2005-13",
        "2005M13",
        "2005M00",
        "2005-Q5",
        "Q0 2005",
        "30 February 2005",
        "Jan 05",
        "1 Janvier 2005",
        "Ma 2005",
        "2005-02-29",
        "2005/01-31",
        "2005-01-31T24:00",
        "2005-01-31 10:61",
        "2005-01-31Z",
        "2005-01-31T10:00+25:00",
        "0000-01-01",
        "1e999",
        "\u0662\u0660\u0660\u0665",
    ],
)
def test_others_are_no_times(label):
    assert refusal([label]) == (
        f"row 0: {label!r} is not a time; times are numbers, or dates such as 1962, 1962-Q4, 1962-10, 1962-10-22, "
        "22 October 1962 or 1962-10-22 14:30"
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["2005-Q1", "2005-02"], "'2005-02' is a date, but '2005-Q1' before it is a quarter; write all times of"),
        (["2005", "2005Q1"], "'2005Q1' is a quarter, but '2005' before it is a number; write all times of a column"),
        (
            ["2005-01-31 10:00", "2005-02-01T10:00Z"],
            "'2005-02-01T10:00Z' has a time zone, but '2005-01-31 10:00' before it has no time zone; give all times a "
            "zone, such as 2005-02-01T10:00Z, or none",
        ),
        (["2005-02-01T10:00Z", "2005-02-01"], "'2005-02-01' has no time zone, but '2005-02-01T10:00Z' before it has"),
    ],
)
def test_two_kinds_in_one_column_are_refused(labels, message):
    assert message in refusal(labels)


# ----------------------------------------------------------------------------------------------------------- frames


@pytest.mark.parametrize(
    ("column", "names", "kind"),
    [
        (pd.Series([2021, 2020, 2021]), ("2020", "2021"), "year"),
        (pd.Series([2021.0, 2020.0]), ("2020", "2021"), "year"),
        (pd.Series([2021, 2020], dtype="Int64"), ("2020", "2021"), "year"),
        (pd.Series([date(2021, 1, 1), 2020.0]), ("2020", "2021"), "year"),
        (pd.Series(pd.period_range("2020Q3", periods=3, freq="Q")), ("2020Q3", "2020Q4", "2021Q1"), "quarter"),
        (pd.Series(pd.period_range("2020-12", periods=2, freq="M")), ("2020-12", "2021-01"), "month"),
        (pd.Series(pd.period_range("2020", periods=2, freq="Y")), ("2020", "2021"), "year"),
        (
            pd.Series(pd.period_range("2021-01-04", periods=2, freq="W")),
            ("2021-01-04/2021-01-10", "2021-01-11/2021-01-17"),
            "day",
        ),
        (
            pd.Series(pd.to_datetime(["2021-01-02", "2021-01-01"])),
            ("2021-01-01", "2021-01-02"),
            "day",
        ),
        (
            pd.Series(pd.to_datetime(["2021-01-01 00:00", "2021-01-01 12:00"]).tz_localize("Europe/Berlin")),
            ("2021-01-01T00:00:00+01:00", "2021-01-01T12:00:00+01:00"),
            "instant",
        ),
        (pd.Series(["2021-02", "2021-01"], dtype="category"), ("2021-01", "2021-02"), "month"),
    ],
)
def test_columns_of_frames(column, names, kind):
    times = read_times(frame_labels(column), lambda row, message: Problem(message))
    assert (times.names, times.kind) == (names, kind)


@pytest.mark.parametrize(
    ("kind", "names", "step"),
    [
        (pa.int32(), ("2020", "2021"), "1 year"),
        (pa.float64(), ("2020", "2021"), "1 year"),
        (pa.date32(), ("2020-01-01", "2021-01-01"), "1 year"),
        (pa.timestamp("us"), ("2020-01-01", "2021-01-01"), "1 year"),
        (
            pa.timestamp("ms", "Europe/Berlin"),
            ("2020-01-01 00:00:00.000+0100", "2021-01-01 00:00:00.000+0100"),
            "1 year",
        ),
        (pa.timestamp("s", "UTC"), ("2020-01-01 00:00:00Z", "2021-01-01 00:00:00Z"), "1 year"),
    ],
)
def test_columns_of_arrow(kind, names, step):
    """Midnight in Berlin is the hour before it in UTC, in which Arrow holds instants."""
    shift = timedelta(hours=-1 if getattr(kind, "tz", None) == "Europe/Berlin" else 0)
    whole = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    values = [year if whole else datetime(year, 1, 1, tzinfo=UTC) + shift for year in (2021, 2020)]
    texts = as_text("year", pa.array(values, pa.int64() if whole else pa.timestamp("us", "UTC")).cast(kind))
    times = read_times(texts, lambda row, message: Problem(message))
    assert (times.names, str(times.step), times.codes.tolist()) == (names, step, [1, 0])


@pytest.mark.parametrize("dtype", [object, "Int64", "float"])
def test_frame_labels_keep_gaps_and_the_types_of_values(dtype):
    values = pd.Series([1, None, 2, 1], dtype=dtype)
    assert frame_labels(values).to_pylist() == ["1", None, "2", "1"]
    assert frame_labels(pd.Series([True, 1, 1.0, "1.0"], dtype=object)).to_pylist() == ["True", "1", "1", "1.0"]


def test_a_time_at_midnight_is_labelled_by_its_day_in_files_and_in_frames(tmp_path):
    days = [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-29 12:30:00")]
    frame = pd.DataFrame({"id": days, "espionage": [3.0, 4.0]})
    frame.to_parquet(tmp_path / "in.parquet")
    first = [riskmodel.rank_table(data).to_frame()["id"][0] for data in (frame, tmp_path / "in.parquet")]
    assert first == ["2020-01-31", "2020-01-31"]
    situations = riskmodel.read_table(tmp_path / "in.parquet")
    assert [situation.spec.id for situation in situations] == ["2020-01-31", "2020-02-29 12:30:00"]


def test_a_time_is_at_the_place_of_the_same_time_or_between_its_neighbours():
    names = ["2005-01", "2005-02", "2005-05"]
    labels = ["2005M02", "May 2005", "2005-03", "2004-12", "2006-01", "2005-02-01", "2005-02-02"]
    assert places_among(names, labels) == [1.0, 2.0, 1.5, -0.5, 2.5, 1.0, 1.5]
    assert places_among(["2001", "2003"], ["2003.0", "2002", "2003-01-01"]) == [1.0, 0.5, 1.0]
    assert places_among(names, []) == []


@pytest.mark.parametrize("label", ["2005", "soon", "2005-Q1", "01/02/2005", ""])
def test_a_time_of_another_kind_has_no_place(label):
    with pytest.raises(SituationError):
        places_among(["2005-01", "2005-02"], [label])


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(1000, 2999), min_size=1), st.integers(1000, 2999))
def test_places_keep_the_order_of_times(years, year):
    names = [str(name) for name in sorted(years)]
    (place,) = places_among(names, [str(year)])
    assert place.is_integer() == (year in years)
    assert sum(name < year for name in years) == int(np.ceil(place))


@pytest.mark.parametrize(
    "label", ["2026-12", "2026-12-31", "2026M12", "December 2026", " 2026-12 ", "31 December 2026"]
)
def test_the_month_of_a_month_or_a_day(label):
    assert month_of(label) == 12 * 2026 + 11
    assert month_label(month_of(label)) == "2026-12"


@pytest.mark.parametrize("label", ["2026", "2026-Q4", "2026-13", "12/2026", "2026-12-31 10:00", "soon", ""])
def test_other_times_have_no_month(label):
    assert month_of(label) is None
