"""Series of months, quarters, years and days, with gaps, and tables that lack something."""

import numpy as np
import pandas as pd
import pytest

import riskmodel

MODEL = {
    "format": 1,
    "id": "one",
    "indicators": {"x": {"valid": [0, 100], "scale": {"goalposts": [0, 100]}}},
    "scores": {"risk": {"weights": {"x": 1}, "bands": {"low": 0, "high": 50}}},
}


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(MODEL)


def table(times, units=None, x=None):
    """Return a table in which x is 10, 20, 40, 70 and so on, unless it says otherwise."""
    count = len(times)
    steps = 10 + 10 * np.cumsum(range(count)) if x is None else x
    return pd.DataFrame({"unit": units or ["a"] * count, "time": times, "x": steps})


def changes_of(result):
    return result.to_frame()["risk_change"].tolist()


@pytest.mark.parametrize(
    ("times", "step"),
    [
        (["2020-11", "2020-12", "2021-01", "2021-03"], "1 month"),
        (pd.to_datetime(["2019-12-31", "2020-01-31", "2020-02-29", "2020-04-30"]), "1 month"),
        (pd.PeriodIndex(["2020-11", "2020-12", "2021-01", "2021-03"], freq="M"), "1 month"),
        (["2019Q4", "2020Q1", "2020Q2", "2020Q4"], "1 quarter"),
        ([1999, 2000, 2001, 2003], "1 year"),
        ([1990, 2000, 2010, 2030], "10 years"),
        (["2020-02-27", "2020-02-28", "2020-02-29", "2020-03-02"], "1 day"),
        (["2019-12-30", "2020-01-06", "2020-01-13", "2020-01-27"], "7 days"),
    ],
)
def test_a_change_is_against_one_step_before_and_there_is_none_after_a_gap(model, times, step):
    rows = table(list(times))
    result = riskmodel.series(rows.sample(frac=1, random_state=3), model=model, by="unit", time="time", draws=0)
    assert result.step == step
    assert changes_of(result) == pytest.approx([np.nan, 10, 20, np.nan], nan_ok=True)
    ((gap_start, gap_end),) = result.gaps(result.rows_of("a"))
    labels = result.to_frame()["time"].astype(str).tolist()
    assert (gap_start, gap_end) == (labels[2], labels[3])
    assert len(result.changes()) == 2


@pytest.mark.parametrize("times", [[2000, 2001, 2005, 2011], ["2020-01-01", "2020-01-05", "2020-02-11", "2020-03-30"]])
def test_uneven_times_have_no_step_and_a_change_is_against_the_row_before(model, times):
    result = riskmodel.series(table(times), model=model, by="unit", time="time", draws=0)
    assert result.step is None
    assert changes_of(result) == pytest.approx([np.nan, 10, 20, 30], nan_ok=True)


def test_the_step_is_that_of_all_units_and_not_of_one(model):
    rows = table([2000, 2002, 2004, 2000, 2001, 2002, 2003, 2004], ["a"] * 3 + ["b"] * 5, range(8))
    result = riskmodel.series(rows, model=model, by="unit", time="time", draws=0)
    assert result.step == "1 year"
    assert np.isnan(changes_of(result)[:4]).all()
    assert [len(unit.gaps) for unit in result.units] == [2, 0]


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([2000, 2000, 2001], r"2000 in several rows: row 2, row 3"),
        (["2000", "soon", "2001"], r"row 3, column time: 'soon' is not a time"),
        (["2000", None, "2001"], r"row 3, column time: has no value"),
        (["2000", "2000-Q3", "2001"], r"row 3, column time: .*quarter"),
    ],
)
def test_a_bad_unit_is_left_out_with_a_reason_and_the_others_go_on(model, times, reason):
    good = table(["2000", "2001"], ["b", "b"], [30, 45])
    bad = table([str(time) if time is not None else None for time in times])
    result = riskmodel.series(pd.concat([good, bad], ignore_index=True), model=model, by="unit", time="time", draws=0)
    (skipped,) = result.skipped
    assert (skipped.unit, skipped.rows) == ("a", 3)
    assert pd.Series([skipped.reason]).str.contains(reason).all(), skipped.reason
    assert result.unit_names == ("b",)
    assert changes_of(result) == pytest.approx([np.nan, 15], nan_ok=True)


def test_if_no_unit_is_left_it_is_an_error_with_the_reasons(model):
    with pytest.raises(riskmodel.SituationError, match="a: 2000 in several rows"):
        riskmodel.series(table([2000, 2000]), model=model, by="unit", time="time")


@pytest.mark.parametrize("draws", [0, 128])
def test_a_unit_of_one_row_and_a_unit_without_values_stand_beside_the_others(model, draws):
    rows = table([2000, 2000, 2001, 2000, 2001], ["a", "b", "b", "c", "c"], [60, 20, 55, None, None])
    result = riskmodel.series(rows, model=model, by="unit", time="time", draws=draws)
    assert result.unit_names == ("a", "b", "c")
    assert changes_of(result) == pytest.approx([np.nan, np.nan, 35, np.nan, np.nan], nan_ok=True)
    frame = result.to_frame()
    assert frame["risk_band"].astype(object).tolist()[:3] == ["high", "low", "high"]
    assert frame["risk_rank"].tolist() == [1, 2, 1, pd.NA, pd.NA]
    assert frame["risk_low"].tolist()[3:] == [0, 0]
    assert frame["risk_high"].tolist()[3:] == [100, 100]
    assert len(result.changes()) == 1
    assert result.to_dict()["units"][2]["rows"][0]["missing"] == ["x"]


def test_a_single_row_is_a_series_without_changes(model):
    result = riskmodel.series(table([2000]), model=model, by="unit", time="time")
    assert (result.rows, result.step) == (1, None)
    assert np.isnan(changes_of(result)).all()
    assert result.changes().empty
    assert list(result.changes().columns) == ["unit", "time", "score", "kind", "name", "points"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "unit"}, "--time.*time"),
        ({"by": "unit", "time": "tyme"}, "no column 'tyme'; did you mean 'time'"),
        ({"by": "units", "time": "time"}, "no column 'units'; did you mean 'unit'"),
        ({"by": "unit", "time": "time", "draws": 5}, "draws"),
        ({"by": "unit", "time": "time", "seed": -1}, "seed"),
        ({"by": "unit", "time": "time", "weight_uncertainty": 2}, "weight"),
    ],
)
def test_what_is_wrong_with_a_call_is_one_clear_error(model, options, message):
    with pytest.raises(riskmodel.RiskmodelError, match=message):
        riskmodel.series(table([2000, 2001]), model=model, **options)


def test_without_a_column_that_names_units_the_table_is_one_unit_and_a_second_row_for_a_time_is_refused(model):
    rows = table([2000, 2001, 2002]).drop(columns="unit")
    assert changes_of(riskmodel.series(rows, model=model, time="time")) == pytest.approx([np.nan, 10, 20], nan_ok=True)
    with pytest.raises(riskmodel.SituationError, match=r"2000 in several rows.*--by"):
        riskmodel.series(table([2000, 2000], ["a", "b"]), model=model, time="time")


def test_units_keep_their_rows_if_their_labels_joined_by_a_comma_are_the_same(model):
    rows = pd.DataFrame(
        {"side": ["a, b", "a, b", "a", "a"], "other": ["c", "c", "b, c", "b, c"], "time": [2000, 2001] * 2}
    )
    result = riskmodel.series(rows.assign(x=[1, 5, 7, 2]), model=model, by=["side", "other"], time="time", draws=0)
    values = {tuple(unit.unit.values()): [row.scores["risk"].reported for row in unit.rows] for unit in result.units}
    assert values == {("a, b", "c"): [1, 5], ("a", "b, c"): [7, 2]}


@pytest.mark.parametrize(("by", "time"), [("name", "time"), ("score", "points"), ("kind", "year")])
def test_columns_of_units_and_times_may_have_the_names_of_those_of_entries(model, by, time):
    rows = table([2000, 2001]).rename(columns={"unit": by, "time": time})
    result = riskmodel.series(rows, model=model, by=by, time=time, draws=0)
    entries = [f"entry_{name}" if name in (by, time) else name for name in ("score", "kind", "name", "points")]
    changes = result.changes()
    assert list(changes) == [by, time, *entries]
    assert changes.to_numpy().tolist() == [["a", 2001, "risk", "indicator", "x", pytest.approx(10)]]
    assert result.to_frame()[by].tolist() == ["a", "a"]


def test_even_both_names_of_an_entry_may_be_taken(model):
    rows = table([2000, 2001]).rename(columns={"unit": "name", "time": "entry_name"})
    result = riskmodel.series(rows, model=model, by="name", time="entry_name", draws=0)
    assert list(result.changes()) == ["name", "entry_name", "score", "kind", "entry_entry_name", "points"]
    assert list(result.to_frame())[:2] == ["name", "entry_name"]
