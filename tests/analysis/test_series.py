"""Series: hand-worked accounts of changes, gaps, irregular times, and units that cannot be read."""

import json

import command
import numpy as np
import pandas as pd
import pytest

import riskmodel
from riskmodel.tables.times import unreadable_times

MODEL = {
    "format": 1,
    "id": "mine",
    "indicators": {
        "moves": {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 8]}}},
        "talks": {"scale": {"goalposts": [0, 10]}},
    },
    "scores": {
        "risk": {"weights": {"moves": 30, "talks": -10}, "bands": {"low": 0, "high": 50}},
    },
    "rules": {"alarm": {"when": "moves is high", "then": {"risk": {"add": 20}}}},
}


@pytest.fixture
def model():
    return riskmodel.load_model(MODEL)


def frame(rows, columns=("pair", "month", "moves", "talks")):
    return pd.DataFrame(rows, columns=list(columns))


# moves 2 and talks 5: base 75 x 0.2 + 25 x 0.5 = 27.5. moves 6 and talks 1: 45 + 22.5 = 67.5, and the rule fires by
# half, which adds 10: 77.5.
RISE = [("a", "2024-01", 2, 5), ("a", "2024-02", 6, 1)]


def test_the_account_of_a_change_by_hand(model):
    result = model.series(frame(RISE), by="pair", time="month")
    risk = result["risk"]
    assert risk.value.tolist() == pytest.approx([27.5, 77.5])
    assert np.isnan(risk.change[0])
    assert risk.change[1] == pytest.approx(50.0)
    assert risk.account(0) == ()
    points = {(entry.kind, entry.name): entry.points for entry in risk.account(1)}
    assert points == pytest.approx(
        {("indicator", "moves"): 30.0, ("indicator", "talks"): 10.0, ("rule", "alarm"): 10.0}
    )
    assert [risk.band(row) for row in (0, 1)] == ["low", "high"]
    row = result.to_dict()["units"][0]["rows"][1]["scores"]["risk"]
    assert (row["band_before"], row["rank"]) == ("low", 1)


def test_the_clip_is_part_of_a_change(model):
    # moves 10 and talks 0 give 100 and the rule 20 more, which the clip takes away.
    result = model.series(frame([("a", 2020, 0, 10), ("a", 2021, 10, 0)]), by="pair", time="month")
    points = {(entry.kind, entry.name): entry.points for entry in result["risk"].account(1)}
    expected = {
        ("indicator", "moves"): 75.0,
        ("indicator", "talks"): 25.0,
        ("rule", "alarm"): 20.0,
        ("clip", "clip"): -20.0,
    }
    assert points == pytest.approx(expected)


def test_changes_have_the_columns_of_unit_and_time_as_the_table_writes_them(model):
    changes = model.series(frame(RISE), by="pair", time="month").changes()
    assert list(changes.columns) == ["pair", "month", "score", "kind", "name", "points"]
    assert set(changes["month"]) == {"2024-02"}
    assert changes["points"].sum() == pytest.approx(50.0)


def test_the_result_can_be_joined_with_the_frame(model):
    own = pd.DataFrame(
        {
            "pair": pd.Categorical(["b", "a", "b", "a"]),
            "month": pd.to_datetime(["2024-02-01", "2024-01-01", "2024-01-01", "2024-02-01"]),
            "moves": [3, 2, 1, 6],
            "talks": [5, 5, 2, 1],
        }
    )
    result = model.series(own, by="pair", time="month")
    for frame_of in (result.to_frame(), result.changes()):
        assert frame_of[["pair", "month"]].dtypes.tolist() == own[["pair", "month"]].dtypes.tolist()
    joined = own.merge(result.to_frame(), on=["pair", "month"])
    assert joined["risk_exact"].tolist() == pytest.approx(model.score_frame(own)["risk_exact"].tolist())


def test_a_missing_value_leaves_its_weight_to_the_others(model):
    # Without talks: 100 x 0.2 = 20 in place of 15 + 12.5.
    result = model.series(frame([("a", 1, 2, 5), ("a", 2, 2, None)]), by="pair", time="month")
    points = {entry.name: entry.points for entry in result["risk"].account(1)}
    assert points == pytest.approx({"moves": 5.0, "talks": -12.5})
    assert result.to_dict()["units"][0]["rows"][1]["missing"] == ["talks"]


def test_the_interval_draws_what_is_missing(model):
    # Talks drawn uniformly give 15 + 25 u with u in (0, 1): 5 % and 95 % are 16.25 and 38.75.
    result = model.series(frame([("a", 1, 2, None), ("a", 2, 2, 5)]), by="pair", time="month", draws=4096)
    risk = result["risk"]
    assert [risk.interval_low[0], risk.interval_high[0]] == pytest.approx([16.25, 38.75], abs=0.02)
    assert [risk.interval_low[1], risk.interval_high[1]] == pytest.approx([27.5, 27.5])


def test_uncertain_weights_widen_every_interval(model):
    result = model.series(frame(RISE), by="pair", time="month", weight_uncertainty=0.2)
    risk = result["risk"]
    assert (risk.interval_low < risk.value).all()
    assert (risk.interval_high > risk.value).all()


def test_no_draws_no_intervals(model):
    result = model.series(frame(RISE), by="pair", time="month", draws=0)
    assert np.isnan(result["risk"].interval_low).all()
    assert "risk_interval_low" not in result.to_frame()


@pytest.mark.parametrize(
    ("times", "step", "gap"),
    [
        (["2024-01", "2024-02", "2024-04", "2024-05"], "1 month", ("2024-02", "2024-04")),
        (["2024-Q1", "2024-Q2", "2024-Q4", "2025-Q1"], "1 quarter", ("2024-Q2", "2024-Q4")),
        ([2001, 2002, 2004, 2005], "1 year", ("2002", "2004")),
        (["2024-02-28", "2024-02-29", "2024-03-02", "2024-03-03"], "1 day", ("2024-02-29", "2024-03-02")),
    ],
)
def test_a_gap_stays_a_gap(model, times, step, gap):
    rows = [("a", time, number, 5) for number, time in enumerate(times)]
    result = model.series(frame(rows), by="pair", time="month")
    assert result.step == step
    assert result.gaps(result.rows_of("a")) == [gap]
    assert result.before.tolist() == [-1, 0, -1, 2]
    assert np.isnan(result["risk"].change).tolist() == [True, False, True, False]


def test_a_time_that_no_unit_has_is_a_gap_for_each(model):
    rows = [(pair, month, 1, 5) for pair in "ab" for month in ("2024-01", "2024-02", "2024-04")]
    result = model.series(frame(rows), by="pair", time="month")
    assert result.before.tolist() == [-1, 0, -1, -1, 3, -1]


def test_irregular_times_are_compared_with_the_previous_row_of_the_unit(model):
    times = ["2024-01-01", "2024-01-09", "2024-02-20", "2024-02-23"]
    rows = [("a", time, number, 5) for number, time in enumerate(times)] + [
        ("b", times[0], 1, 1),
        ("b", times[3], 3, 1),
    ]
    result = model.series(frame(rows), by="pair", time="month")
    assert result.step is None
    assert result.before.tolist() == [-1, 0, 1, 2, -1, 4]
    assert result.gaps(result.rows_of("b")) == []


def test_rows_may_come_in_any_order(model):
    rows = [("b", "2024-02", 1, 1), ("a", "2024-02", 6, 1), ("b", "2024-01", 3, 1), ("a", "2024-01", 2, 5)]
    result = model.series(frame(rows), by="pair", time="month")
    assert result.table_row.tolist() == [3, 1, 2, 0]
    assert result["risk"].change[1] == pytest.approx(50.0)
    assert result["risk"].rank.tolist() == [2, 1, 1, 2]


def test_units_of_several_columns(model):
    rows = [("a", "b", 1, 1, 1), ("a", "c", 1, 2, 1)]
    result = model.series(frame(rows, ("one", "two", "month", "moves", "talks")), by=["one", "two"], time="month")
    assert result.unit_names == ("a, b", "a, c")
    assert list(result.to_frame().columns[:3]) == ["one", "two", "month"]


class TestBadUnits:
    ROWS = (
        *RISE,
        ("twice", "2024-01", 1, 1),
        ("twice", "2024-01", 1, 2),
        ("late", "2024-01", 1, 1),
        ("late", "soon", 1, 1),
        ("none", None, 1, 1),
        ("once", "2024-02", 3, 3),
    )

    @pytest.fixture(params=["frame", "csv"])
    def data(self, request, tmp_path):
        table = frame(self.ROWS)
        if request.param == "frame":
            return table
        table.to_csv(tmp_path / "t.csv", index=False)
        return tmp_path / "t.csv"

    def test_the_others_go_on(self, model, data):
        result = model.series(data, by="pair", time="month")
        assert result.unit_names == ("a", "once")
        skipped = {unit.unit: (unit.rows, unit.reason) for unit in result.skipped}
        assert {unit: rows for unit, (rows, _) in skipped.items()} == {"late": 2, "none": 1, "twice": 2}
        assert "2024-01 in several rows" in skipped["twice"][1]
        assert "'soon' is not a time" in skipped["late"][1]
        assert "has no value" in skipped["none"][1]

    def test_where_none_is_left(self, model):
        with pytest.raises(riskmodel.SituationError, match="no unit has a series: twice: 2024-01 in several rows"):
            model.series(frame(self.ROWS[2:4]), by="pair", time="month")

    def test_no_column_of_times(self, model, data):
        with pytest.raises(riskmodel.SituationError, match="--time names the column of times; 'month' may be it"):
            model.series(data, by="pair")

    @pytest.mark.parametrize(
        ("by", "message"),
        [
            ("pare", "there is no column 'pare'; did you mean 'pair'"),
            ("month", "--by and --time are both 'month'"),
            (["pair", "pair"], "--by names 'pair' twice"),
        ],
    )
    def test_columns_that_cannot_name_units(self, model, data, by, message):
        with pytest.raises(riskmodel.SituationError, match=message):
            model.series(data, by=by, time="month")

    def test_a_single_row_and_no_score_are_in_the_remarks(self, model):
        rows = [*RISE, ("once", "2024-02", 3, 3), ("never", "2024-01", None, None), ("never", "2024-02", None, None)]
        assert model.series(frame(rows), by="pair", time="month").remarks == [
            "once has a single row, and no changes",
            "never: no risk at any time, data insufficient",
        ]

    def test_the_command_ends_with_1_and_names_the_units(self, data, write, tmp_path):
        path = tmp_path / "data.csv"
        frame(self.ROWS).to_csv(path, index=False)
        model = write("m.json", json.dumps(MODEL))
        done = command.run("series", path, "-m", model, "--by", "pair", "--time", "month", "--format", "csv")
        assert done.returncode == 1
        assert "skipped twice: 2024-01 in several rows: line 4, line 5" in done.stderr
        assert len(done.stdout.splitlines()) == 4

    def test_a_misspelt_column(self, model, data):
        with pytest.raises(riskmodel.SituationError, match="no column 'mont'; did you mean 'month'"):
            model.series(data, by="pair", time="mont")

    def test_the_argument_that_other_functions_have(self, model, data):
        with pytest.raises(TypeError, match="by=, not by id="):
            model.series(data, id="pair", time="month")

    def test_all_missing(self, model):
        result = model.series(frame([("a", 1, None, None), ("a", 2, None, None)]), by="pair", time="month")
        assert np.isnan(result["risk"].value).all()
        assert np.isnan(result["risk"].interval_low).all()
        assert result["risk"].rank.tolist() == [0, 0]
        assert result.changes().empty

    @pytest.mark.parametrize("draws", [-1, 1, 1 << 20, 1024.0])
    def test_draws_beyond_their_range(self, model, draws):
        with pytest.raises(riskmodel.RiskmodelError, match="draws are"):
            model.series(frame(RISE), by="pair", time="month", draws=draws)


@pytest.mark.parametrize(
    ("texts", "bad"),
    [
        (["2024-01", "2024-02"], {}),
        (["2024-01", "x", None, "2024-03"], {1, 2}),
        (["7", "2024-01", "2024-02"], {0}),
        (["2024-Q1", "2024-01", "2024-Q2"], {1}),
        (["2024-01-01 10:00Z", "2024-01-02 10:00Z", "2024-01-02 11:00"], {2}),
        (["01/02/2024", "x"], {0, 1}),
        (["", "n/a"], {0, 1}),
    ],
)
def test_unreadable_times_are_those_that_do_not_fit_most_others(texts, bad):
    import pyarrow as pa

    assert set(unreadable_times(pa.array(texts, pa.string()))) == set(bad)


def test_the_seed_decides_the_draws(model):
    table = frame([("a", 1, 2, None)])
    first, again, other = (model.series(table, by="pair", time="month", seed=seed) for seed in (1, 1, 2))
    assert first["risk"].interval_low == again["risk"].interval_low
    assert first["risk"].interval_low != other["risk"].interval_low


def test_the_engine_of_series_is_that_of_frames(model):
    table = frame([*RISE, ("b", "2024-01", None, 3), ("b", "2024-02", 4, None)])
    result = model.series(table, by="pair", time="month").to_frame()
    plain = model.score_frame(table)
    for column in plain.columns.intersection(result.columns):
        pd.testing.assert_series_equal(result[column], plain[column], check_categorical=False)
