"""Conditions on scores that are watched over time."""

import datetime
import operator

import numpy as np
import pandas as pd
import pytest
from by_hand_panel import PANEL_MODEL, panel, series_of_panel
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.series.alerts import read_conditions, watch


def alert(condition, frame=None, at=None):
    (result,) = series_of_panel(frame, alerts=condition, at=at).alerts
    return result


def units(condition, frame=None, at=None):
    return [unit.unit for unit in alert(condition, frame, at).units]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("risk >= 60", ["alpha"]),
        ("risk > 60", []),
        ("risk <= 10", ["gamma"]),
        ("risk < 10", []),
        ("risk == 30", ["beta"]),
        ("risk is high", ["alpha"]),
        ("risk is low", ["beta", "gamma"]),
        ("risk is mid", []),
    ],
)
def test_levels_and_bands_of_the_last_month(condition, expected):
    assert units(condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected", "undecided"),
    [
        ("risk rises 20 in 1", ["alpha"], {"gamma": "no row 1 step earlier"}),
        ("risk rises 20.1 in 1", [], {"gamma": "no row 1 step earlier"}),
        ("risk falls 20 in 1", ["beta"], {"gamma": "no row 1 step earlier"}),
        ("risk falls 20.1 in 1", [], {"gamma": "no row 1 step earlier"}),
        ("risk rises 40 in 3", ["alpha"], {}),
        ("risk rises 40.1 in 3", [], {}),
        ("risk rises 30 in 2", ["alpha"], {}),
        ("risk rises 1 in 4", [], dict.fromkeys(("alpha", "beta", "gamma"), "no row 4 steps earlier")),
    ],
)
def test_rises_and_falls_are_measured_from_as_many_steps_earlier(condition, expected, undecided):
    result = alert(condition)
    assert [unit.unit for unit in result.units] == expected
    assert result.undecided == undecided


def test_a_rise_goes_over_a_gap_that_lies_between():
    frame = panel({("gamma", 4): (90, 90)})  # without a row in the third month
    assert units("risk rises 80 in 2", frame) == ["gamma"]
    assert units("risk rises 80 in 3", frame) == ["gamma"]


def test_units_of_time_are_converted_to_steps():
    assert units("risk rises 40 in 3 months") == units("risk rises 40 in 1 quarter") == ["alpha"]
    assert units("risk rises 20 in 1 month") == ["alpha"]


def test_a_step_may_be_of_several_months():
    months = {"2026-01": "2025-12", "2026-02": "2026-02", "2026-03": "2026-04", "2026-04": "2026-06"}
    frame = panel().replace({"month": months})
    assert series_of_panel(frame).step == "2 months"
    assert units("risk rises 40 in 3", frame) == units("risk rises 40 in 6 months", frame) == ["alpha"]
    assert units("risk rises 30 in 4 months", frame) == ["alpha"]
    with pytest.raises(riskmodel.RiskmodelError, match="3 months are no whole number of steps of 2 months"):
        alert("risk rises 10 in 3 months", frame)


def test_a_time_that_is_no_whole_number_of_steps_is_an_error():
    with pytest.raises(riskmodel.RiskmodelError, match="2 weeks are no whole number of steps of 1 month"):
        alert("risk rises 10 in 2 weeks")


def test_irregular_times_count_the_rows_of_a_unit():
    frame = panel().replace({"month": {"2026-02": "2026-07", "2026-03": "2027-09", "2026-04": "2031-01"}})
    result = alert("risk rises 40 in 3", frame)
    assert [unit.unit for unit in result.units] == ["alpha"]
    assert result.undecided == {"gamma": "no row 3 steps earlier"}  # it has three rows
    with pytest.raises(riskmodel.RiskmodelError, match="irregular"):
        alert("risk rises 40 in 3 months", frame)


@pytest.mark.parametrize("months", [1, 2])
def test_a_table_of_fewer_rows_than_a_rise_takes_leaves_it_undecided(months):
    frame = panel()
    frame = frame[frame["month"].isin(sorted(set(frame["month"]))[:months])]
    reason = "no row 9 steps earlier"
    assert alert("risk rises 1 in 9", frame).undecided == dict.fromkeys(sorted(set(frame["pair"])), reason)


def test_a_unit_without_a_row_or_a_score_is_undecided():
    frame = panel({("beta", 4): (None, None), ("alpha", 4): None, ("gamma", 3): (10, 10)})
    assert alert("risk >= 60", frame).undecided == {"alpha": "no row", "beta": "no score (coverage 0%)"}
    frame = panel({("beta", 1): (None, None)})
    assert alert("risk rises 1 in 3", frame).undecided == {"beta": "no score 3 steps earlier"}


def test_a_unit_that_is_left_out_is_undecided():
    frame = pd.concat([panel(), panel().query("pair == 'alpha'").tail(1)])
    result = alert("risk >= 60", frame)
    assert not result.units
    assert list(result.undecided) == ["alpha"]
    assert "several rows" in result.undecided["alpha"]


def test_an_alert_has_the_scores_that_it_compares():
    (level,) = alert("risk >= 60").units
    assert (level.value, level.band, level.earlier, level.earlier_time) == (60.0, "high", None, None)
    (rise,) = alert("risk rises 30 in 2").units
    assert (rise.value, rise.earlier, rise.earlier_time) == (60.0, 30.0, "2026-02")


@pytest.mark.parametrize(
    "at", ["2026-03", "March 2026", " 2026M03 ", datetime.date(2026, 3, 1), pd.Timestamp("2026-03-01")]
)
def test_another_time_is_examined_however_it_is_written(at):
    result = alert("risk >= 40", at=at)
    assert result.time == "2026-03"
    assert [unit.unit for unit in result.units] == ["alpha", "beta"]
    assert result.undecided == {"gamma": "no row"}


def test_a_year_may_be_a_number():
    frame = panel().replace({"month": {f"2026-0{month}": str(2020 + month) for month in range(1, 5)}})
    assert alert("risk >= 40", frame, at=2023).time == "2023"
    assert alert("risk rises 20 in 2 years", frame, at=np.float64(2024)).time == "2024"


def test_every_row_that_meets_it_is_marked():
    series = series_of_panel(alerts=["risk >= 40", "risk rises 10 in 1"])
    rows = list(zip(series.labels["pair"].codes.tolist(), map(series.time_label, range(series.rows)), strict=True))
    level, rise = ([rows[row][1] + "abc"[rows[row][0]] for row in np.flatnonzero(item.met)] for item in series.alerts)
    assert level == ["2026-03a", "2026-04a", "2026-01b", "2026-02b", "2026-03b"]
    assert rise == ["2026-02a", "2026-03a", "2026-04a"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("risk => 60", "an alert is like `escalation >= 60`"),
        ("risk", "an alert is like"),
        ("", "an alert is like"),
        ("risk >= 60 and risk < 80", "an alert is like"),
        ("risk rises 10", "an alert is like"),
        ("rsk >= 60", "no score 'rsk' in model 'panel'; did you mean 'risk'?"),
        ("x >= 60", "'x' is an indicator; scores are risk, peace"),
        ("risk is hihg", "no band 'hihg' of risk; did you mean 'high'?"),
        ("peace is high", "peace has no bands"),
        ("risk >= 0", "it always holds: risk goes from 0 to 100"),
        ("risk > 100", "it can never hold: risk goes from 0 to 100"),
        ("risk == 40.05", "it can never hold: risk goes from 0 to 100, with 1 decimal"),
        ("risk rises 0 in 2", "points should be above 0"),
        ("risk falls 101 in 2", "risk goes from 0 to 100"),
        ("risk rises 5 in 0", "in 1 step or more"),
        ("risk rises 5 in 3 monts", "no unit of time 'mont'; did you mean 'month'?"),
    ],
)
def test_a_condition_that_cannot_be_used_is_an_error_before_the_table_is_read(condition, message):
    with pytest.raises(riskmodel.RiskmodelError) as error:
        riskmodel.series("there is no such file.csv", model=PANEL_MODEL, alerts=["risk >= 50", condition])
    assert message in str(error.value)
    assert str(error.value).startswith(f"alert {condition!r}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("2027-01", "no row of the frame has the time '2027-01'; month runs from 2026-01 to 2026-04"),
        ("summer", "'summer' is not a time of that kind; month runs from 2026-01 to 2026-04"),
        ("2026", "'2026' is not a time of that kind"),
    ],
)
def test_a_time_that_the_table_has_not_is_an_error(at, message):
    with pytest.raises(riskmodel.RiskmodelError, match=message):
        alert("risk >= 50", at=at)


def test_a_time_between_others_names_its_neighbours():
    frame = panel(without=(3,))
    with pytest.raises(riskmodel.RiskmodelError, match="near it are 2026-02 and 2026-04"):
        alert("risk >= 50", frame, at="2026-03")


FRAMES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.none() | st.integers(0, 1000)),
    min_size=1,
    max_size=20,
    unique_by=lambda row: row[:2],
).map(
    lambda rows: pd.DataFrame(
        [{"pair": unit, "month": f"2026-{month:02}", "x": x and x / 10, "y": None} for unit, month, x in rows]
    ).astype({"x": float, "y": float})
)
MODEL = riskmodel.load_model(PANEL_MODEL)


@settings(max_examples=40, deadline=None)
@given(FRAMES, st.sampled_from([">=", ">", "<=", "<"]), st.integers(1, 999))
def test_a_level_is_met_exactly_where_pandas_finds_it(frame, sign, tenths):
    number = tenths / 10
    series = series_of_panel(frame)
    (result,) = watch(series, read_conditions(MODEL.spec, f"risk {sign} {number}"))
    table = series.to_frame()
    compare = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}[sign]
    expected = compare(table["risk"], number)
    assert result.met.tolist() == expected.tolist()
    last = table["month"] == max(frame["month"])
    assert [unit.unit for unit in result.units] == table["pair"][expected & last].tolist()


@settings(max_examples=40, deadline=None)
@given(FRAMES, st.sampled_from(["rises", "falls"]), st.integers(1, 1000), st.integers(1, 4))
def test_a_rise_is_met_exactly_where_pandas_finds_it(frame, verb, tenths, steps):
    series = series_of_panel(frame)
    table = series.to_frame()
    if series.step != "1 month":
        return
    (result,) = watch(series, read_conditions(MODEL.spec, f"risk {verb} {tenths / 10} in {steps}"))
    month = table["month"].str[-2:].astype(int)
    # In whole tenths, in which differences are exact.
    scores = dict(zip(zip(table["pair"], month, strict=True), (table["risk"] * 10).round(), strict=True))
    direction = 1 if verb == "rises" else -1
    expected = [
        direction * (score - scores.get((unit, number - steps), np.nan)) >= tenths
        for (unit, number), score in scores.items()
    ]
    assert result.met.tolist() == expected


@pytest.mark.parametrize("given", [None, 5, [5], ["risk >= 60", None]])
def test_alerts_that_are_no_texts_are_named(given):
    with pytest.raises(TypeError, match=r"alerts are a text such as 'escalation >= 60', or a list of such; got"):
        series_of_panel(alerts=given)
