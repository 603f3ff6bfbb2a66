"""From months to periods, by hand."""

import numpy as np
import pytest

from riskmodel.analysis.indicators.facts import LOOK_BACK, Derived, Method
from riskmodel.analysis.indicators.periods import column_of, period_names

NAN = float("nan")


def derived(months, days=None, reason=None):
    """Return the values of one pair, with the months before the period."""
    before = [99.0] * LOOK_BACK
    value = np.array([[*before, *months]])
    count = value.shape[1]
    days = np.array([[0] * LOOK_BACK + (days or [1] * len(months))], np.int16)
    reasons = np.array([[0] * LOOK_BACK + (reason or [0] * len(months))], np.int8)
    return Derived(
        "military_activity",
        value,
        np.where(np.isnan(value), -1, 0).astype(np.int8),
        (Method("days of force", "fair", ("events",)),),
        days,
        np.full((1, count), 2),
        np.full((1, count), 0.5),
        reasons,
        ("", "outside the data", "hardly reported"),
    )


@pytest.mark.parametrize(("over", "expected"), [("mean", [2, 5]), ("highest", [3, 6]), ("last", [2, 5])])
def test_a_quarter_has_the_mean_the_highest_or_the_last_of_its_months(over, expected):
    column = column_of(derived([1, 3, 2, 4, 6, 5]), 3, over)
    assert column.value.tolist() == expected


@pytest.mark.parametrize("over", ["mean", "highest"])
def test_a_blank_month_makes_its_quarter_blank_with_its_reason(over):
    column = column_of(derived([1, NAN, 2, 4, 6, 5], reason=[0, 2, 0, 0, 0, 0]), 3, over)
    assert np.isnan(column.value).tolist() == [True, False]
    basis = column.at(0)
    assert (basis.value, basis.trust, basis.note) == (None, None, "hardly reported")


def test_the_last_month_decides_where_it_is_the_value():
    column = column_of(derived([NAN, NAN, 2, 4, 6, NAN], reason=[1, 1, 0, 0, 0, 1]), 3, "last")
    assert column.value[0] == 2
    assert column.at(1).note == "outside the data"


def test_days_and_rows_of_a_quarter_add_up():
    basis = column_of(derived([1, 3, 2], days=[4, 0, 7]), 3, "mean").at(0)
    assert (basis.days, basis.rows, basis.usable_share) == (11, 6, 0.5)


def test_months_stay_as_they_are():
    column = column_of(derived([1, NAN, 2], days=[4, 0, 7]), 1, "mean")
    assert np.array_equal(column.value, [1, NAN, 2], equal_nan=True)
    assert column.days.tolist() == [4, 0, 7]


@pytest.mark.parametrize(
    ("step", "count", "names"),
    [
        ("month", 3, ["1969-12", "1970-01", "1970-02"]),
        ("quarter", 2, ["1969-Q4", "1970-Q1"]),
        ("year", 2, ["1969", "1970"]),
    ],
)
def test_periods_are_named_as_tables_write_times(step, count, names):
    first = {"month": -1, "quarter": -3, "year": -12}[step]
    assert period_names(first, count, step) == names
