"""Ranks within times and groups, and changes against the time before."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.panels.rows import combined, keys_of, ranks_within
from riskmodel.tables.labels import Labels

MODEL = {
    "format": 1,
    "id": "one",
    "indicators": {"x": {"valid": [0, 100], "scale": {"goalposts": [0, 100]}}},
    "scores": {"risk": {"weights": {"x": 1}, "bands": {"low": 0, "high": 50}}},
}
PANEL = pd.DataFrame(
    {
        "pair": ["a", "b", "c", "a", "b", "c", "a", "c"],
        "month": ["2005M01"] * 3 + ["2005M02"] * 3 + ["2005M03"] * 2,
        "region": ["north", "north", "south"] * 2 + ["north", "south"],
        "x": [10, 30, 30, 40.25, 20, None, 40.25, 5],
    }
)


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(MODEL)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 2, None]), st.integers(0, 2)), max_size=30), st.booleans())
def test_a_rank_is_one_more_than_how_many_of_the_group_are_better(rows, ascending):
    values = np.array([np.nan if value is None else value for value, _ in rows], float)
    groups = np.array([group for _, group in rows], np.intp)
    sign = -1 if ascending else 1
    expected = [
        0 if value is None else 1 + sum(g == group and v is not None and sign * v > sign * value for v, g in rows)
        for value, group in rows
    ]
    assert ranks_within(values, groups, 2.0, ascending).tolist() == expected


def test_rounding_error_is_a_tie():
    assert ranks_within(np.array([10.0 * (0.1 + 0.2), 3.0, 3.1]), np.zeros(3, np.intp), 100.0).tolist() == [2, 2, 1]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=25))
def test_rows_are_linked_to_the_time_before_and_repeated_keys_are_listed(rows):
    links = keys_of(np.array([u for u, _ in rows], np.intp), np.array([t for _, t in rows], np.intp))
    places = {}
    for row, key in enumerate(rows):
        places.setdefault(key, []).append(row)
    assert links.repeated == sorted(where for where in places.values() if len(where) > 1)
    if links.repeated:
        return
    for row, (unit, time) in enumerate(rows):
        earlier = [(t, other) for other, (u, t) in enumerate(rows) if u == unit and t < time]
        last_time, last = max(earlier, default=(None, -1))
        assert links.before[row] == (last if last_time == time - 1 else -1)
        assert links.after_gap[row] == (-1 if last_time == time - 1 else last)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=20))
def test_columns_combine_to_one_code_for_each_combination_in_order(rows):
    labels = [Labels(np.array(column, np.intp), ("p", "q", "r")) for column in zip(*rows, strict=True)]
    expected = [sorted(set(rows)).index(row) for row in rows]
    assert combined(labels, len(rows)).tolist() == expected


# ------------------------------------------------------------------------------------------------------ by hand


def test_ranks_and_changes_of_a_panel_by_hand(model):
    result = riskmodel.rank_table(PANEL, model=model, id="pair", time="month")
    frame = result.to_frame()
    nan = np.nan
    expected = {
        "pair": PANEL["pair"].tolist(),
        "month": PANEL["month"].tolist(),
        "risk": [10, 30, 30, 40.3, 20, nan, 40.3, 5],
        "risk_rank": [3, 1, 1, 1, 2, nan, 1, 2],
        "risk_change": [nan, nan, nan, 30.3, -10, nan, 0, nan],
        "risk_rank_before": [nan, nan, nan, 3, 1, 1, 1, nan],
        "risk_rank_change": [nan, nan, nan, -2, 1, nan, 0, nan],
        "risk_exact": PANEL["x"].tolist(),
    }
    names = list(expected)
    assert list(frame) == [*names[:3], "risk_band", *names[3:]]
    for name, column in expected.items():
        if name in ("pair", "month"):
            assert frame[name].tolist() == column
        else:
            np.testing.assert_array_equal(frame[name].to_numpy(float, na_value=nan), column, name)
    assert frame["risk_band"].tolist() == ["low", "low", "low", "low", "low", nan, "low", "low"]
    assert (result.keys.step, result.keys.gaps, result.after_gap) == ("1 month", (), 0)


def test_a_column_of_dates_to_rank_within_is_the_time(model):
    within = riskmodel.rank_table(PANEL, model=model, id="pair", within="month")
    timed = riskmodel.rank_table(PANEL, model=model, id="pair", time="month")
    assert within.to_dict() == timed.to_dict()
    numbered = PANEL.assign(month=PANEL["month"].str[-1].astype(int))  # numbers may be groups of any kind
    plain = riskmodel.rank_table(numbered, model=model, id="pair", within="month")
    assert plain.keys.time is None
    assert "risk_change" not in plain.to_frame()
    assert plain.to_frame()["risk_rank"].tolist() == timed.to_frame()["risk_rank"].tolist()


def test_groups_within_times(model):
    frame = riskmodel.rank_table(PANEL, model=model, id="pair", time="month", within=["region"]).to_frame()
    assert frame["risk_rank"].tolist() == [2, 1, 1, 1, 2, pd.NA, 1, 1]
    assert frame["risk_rank_change"].tolist() == [pd.NA, pd.NA, pd.NA, -1, 1, pd.NA, 0, pd.NA]
    assert list(frame.columns[:3]) == ["pair", "month", "region"]


def test_ascending_ranks_the_lowest_first(model):
    frame = riskmodel.rank_table(PANEL, model=model, id="pair", time="month", ascending=True).to_frame()
    assert frame["risk_rank"].tolist() == [1, 2, 2, 2, 1, pd.NA, 2, 1]


def test_a_gap_of_a_unit_gives_no_change_and_is_counted(model):
    rows = PANEL.drop(index=4)  # b has no row in February
    later = pd.DataFrame({"pair": ["b"], "month": ["2005M03"], "region": ["north"], "x": [90.0]})
    result = riskmodel.rank_table(pd.concat([rows, later], ignore_index=True), model=model, id="pair", time="month")
    assert result.after_gap == 1
    last = result.to_frame().iloc[-1]
    assert (last["risk_rank"], last["risk_rank_change"]) == (1, pd.NA)
    assert "gaps: 1 row without a row of the same unit at the time before" in str(result)


def test_a_time_that_no_unit_has_is_named_and_changes_are_since_the_last(model):
    late = pd.concat([PANEL, PANEL.iloc[:2].assign(month="2005M05")], ignore_index=True)
    held = riskmodel.rank_table(late, model=model, id="pair", time="month")
    assert held.keys.gaps == (("2005M03", "2005M05"),)
    # a: 10 after 40.25 in March, reported as 40.3; b has no row in March, the last time before.
    assert held.to_frame()["risk_change"].tolist()[-2:] == [-30.3, pytest.approx(np.nan, nan_ok=True)]
    assert held.after_gap == 1
    assert "no row at all between 2005M03 and 2005M05" in str(held)


def test_a_series_of_one_unit_needs_no_id(model):
    result = riskmodel.rank_table(pd.DataFrame({"year": [2001, 2000, 2002], "x": [3, 1, 6]}), model=model, time="year")
    assert result.to_frame()["risk_change"].tolist()[0] == 2
    assert result.to_frame()["risk_rank"].tolist() == [1, 1, 1]


def test_several_id_columns_name_a_unit(model):
    frame = pd.DataFrame(
        {"from": ["x", "x", "y", "x"], "to": ["y", "z", "z", "y"], "year": [1, 1, 1, 2], "x": [1, 2, 3, 9]}
    )
    result = riskmodel.rank_table(frame, model=model, id=["from", "to"], time="year")
    assert result.to_frame()["risk_change"].tolist()[-1] == 8
    assert result.keys.name(0) == "x, y"


def test_json_has_every_row_with_its_key(model):
    data = riskmodel.rank_table(PANEL, model=model, id="pair", time="month").to_dict()
    assert len(data["ranking"]) == len(PANEL)
    assert data["ranking"][3] == {
        "key": {"pair": "a", "month": "2005M02"},
        "scores": {
            "risk": {
                "value": 40.25,
                "reported": 40.3,
                "band": "low",
                "rank": 1,
                "change": 30.3,
                "rank_before": 3,
                "rank_change": -2,
            }
        },
    }
    assert set(data["ranking"][5]["scores"]["risk"].values()) == {None, 1}  # no score, but a rank before


# ---------------------------------------------------------------------------------------------------- files, errors


def test_files_of_all_kinds_give_the_same(model, tmp_path):
    expected = riskmodel.rank_table(PANEL, model=model, id="pair", time="month").to_dict()["ranking"]
    PANEL.to_csv(tmp_path / "a.csv", index=False)
    PANEL.to_parquet(tmp_path / "a.parquet", index=False, row_group_size=3)
    for name in ("a.csv", "a.parquet"):
        result = riskmodel.rank_table(tmp_path / name, model=model, id="pair", time="month")
        assert result.to_dict()["ranking"] == expected
        assert result.source == str(tmp_path / name)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas, pa.RecordBatch.from_pandas])
def test_frames_of_other_libraries_give_the_same(model, convert):
    frame = PANEL.assign(pair=[1, 2, 3, 1, 2, 3, 1, 3])
    expected = riskmodel.rank_table(frame, model=model, id="pair", time="month")
    result = riskmodel.rank_table(convert(frame), model=model, id="pair", time="month")
    assert result.to_dict() == expected.to_dict()


def test_what_is_no_table_is_refused(model):
    with pytest.raises(TypeError, match=r"this takes a path, a pandas or polars DataFrame, .* got int"):
        riskmodel.rank_table(5, model=model)


def test_repeated_keys_are_one_error_with_their_rows(model, tmp_path):
    rows = pd.concat([PANEL, PANEL.iloc[[0, 1, 0, 0, 0]]])
    rows.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(riskmodel.SituationError) as caught:
        riskmodel.rank_table(tmp_path / "a.csv", model=model, id="pair", time="month")
    assert len(caught.value.problems) == 1
    assert str(caught.value) == (
        f"{tmp_path / 'a.csv'}: 2 units and times in several rows: pair 'a', month '2005M01': line 2, line 10 and "
        "line 12, and 2 more rows; pair 'b', month '2005M01': line 3 and line 11; --id COLUMN,... names units, --time "
        "COLUMN their times"
    )


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {"time": "mnth", "id": "pair"}, "there is no column 'mnth'; did you mean 'month'?"),
        ({}, {"within": "regin", "id": "pair"}, "there is no column 'regin'; did you mean 'region'?"),
        ({}, {"id": "pair"}, "3 units in several rows: pair 'a'"),
        ({}, {"time": "month"}, "3 units and times in several rows: month '2005M01': row 0, row 1 and row 2;"),
        ({"pair": None}, {"id": "pair", "time": "month"}, "column pair, row 0: has no value, and so have 7 rows after"),
        ({"month": "01/02/2005"}, {"id": "pair", "time": "month"}, "column month, row 0: '01/02/2005' is ambiguous"),
        ({"x": 101}, {"id": "pair", "time": "month"}, "101 is outside"),
        (
            {"risk": "a"},
            {"id": ["pair", "month", "risk"]},
            "the result has two columns 'risk'; rename that of",
        ),
    ],
)
def test_what_cannot_be_ranked_is_one_clear_error(model, changes, options, message):
    with pytest.raises(riskmodel.SituationError) as caught:
        riskmodel.rank_table(PANEL.assign(**changes), model=model, **options).to_frame()
    assert message in str(caught.value)


def test_an_unknown_score_is_named(model):
    with pytest.raises(riskmodel.RiskmodelError, match="no score 'rsk' in model 'one'; did you mean 'risk'"):
        riskmodel.rank_table(PANEL, model=model, rank_by="rsk", id="pair", time="month")


def test_an_empty_table_is_an_error(model):
    with pytest.raises(riskmodel.SituationError, match="has no rows"):
        riskmodel.rank_table(PANEL.iloc[:0], model=model)


def test_more_rows_than_a_ranking_with_draws_takes(model):
    x = np.random.default_rng(0).permutation(50_000) / 500
    result = riskmodel.rank_table(pd.DataFrame({"x": x}), model=model)
    assert result["risk"].rank.tolist() == (1 + np.argsort(np.argsort(-x))).tolist()
    assert "and 49,940 more rows; --format csv or -o FILE has all" in str(result)
    with pytest.raises(riskmodel.SituationError, match=r"2 to 2,000 situations; got 2,001; rank_table"):
        riskmodel.rank(pd.DataFrame({"x": x[:2001]}), model=model)
