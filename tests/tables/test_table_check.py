"""Checks of tables: indicators without a column, values beyond their scale, and required columns."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.cli.main import main

MODEL = {
    "format": 1,
    "id": "m",
    "indicators": {
        "fatalities": {"valid": [0, None], "scale": {"goalposts": [0, 100]}},
        "income": {"valid": [0, None], "scale": {"goalposts": [50, 10]}},
        "mood": {"scale": {"levels": {"calm": 0, "crisis": 1}}},
        "trade": {"scale": {"logistic": {"midpoint": 1, "slope": 2}}},
    },
    "scores": {
        "risk": {
            "weights": {"fatalities": 1, "income": 1, "mood": 1, "trade": -1},
            "min_coverage": 0.1,
            "bands": {"low": 0, "high": 50},
        }
    },
}


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(MODEL)


FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "deaths": [1, 2, 3, 4],
        "income": [12_000.0, 50.0, np.nan, 9.9],
        "tradng": [1e9, -1e9, 0, 1],
        "mood": ["calm", "calm", None, "crisis"],
    }
)


@pytest.mark.parametrize("kind", [lambda f: f, pl.from_pandas, pa.Table.from_pandas, lambda f: f.convert_dtypes()])
def test_a_frame_is_checked_for_columns_and_values(model, kind):
    check = model.check_frame(kind(FRAME))
    assert check.rows == 4
    assert check.without_column == ("fatalities", "trade")
    assert check.similar_columns == {"trade": "tradng"}
    assert check.present == {"income": 3, "mood": 3}
    assert check.beyond_scale == {"income": 2, "mood": 0}
    assert check.mostly_beyond == ("income",)
    assert str(check) == (
        "without a column, and so missing in every row: fatalities, trade (the column 'tradng' is near)\n"
        "warning: income lies beyond its scale in 2 of 3 rows that have it; is it in the unit of the model?"
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.none() | st.sampled_from([0.0, 9.999, 10.0, 10.001, 30.0, 50.0, 50.001, 1e300]), min_size=1, max_size=9)
)
def test_a_value_counts_as_beyond_the_scale_if_an_assessment_clamps_it(incomes):
    loaded = riskmodel.load_model(MODEL)
    check = loaded.check_frame(pd.DataFrame({"income": pd.Series(incomes, dtype=float), "mood": "calm"}))
    clamped = [loaded.assess({"income": income, "mood": "calm"}).clamped for income in incomes]
    assert check.beyond_scale["income"] == sum("income" in names for names in clamped)
    assert check.beyond_scale["income"] == sum(income is not None and not 10 <= income <= 50 for income in incomes)
    assert check.present["income"] == sum(income is not None for income in incomes)
    assert check.without_value == (() if check.present["income"] else ("income",))


def test_more_than_half_is_a_warning_and_half_is_not(model):
    half = model.check_frame(pd.DataFrame({"income": [60, 60, 20, 20, None]}))
    assert half.remarks[1:] == ("beyond the scale, and so taken for its end: income in 2 rows",)
    assert model.check_frame(pd.DataFrame({"income": [60, 60, 20, None]})).mostly_beyond == ("income",)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_is_checked_as_a_frame_is(model, tmp_path, monkeypatch, ending):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 300)
    frame = pd.concat([FRAME.drop(columns="tradng")] * 50)
    bad = pd.DataFrame({"income": [-1.0, -2.0]})  # rejected, so that they are not counted
    path = tmp_path / f"in.{ending}"
    table = pd.concat([frame, bad])
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path, index=False)
    result = riskmodel.score_file(path, tmp_path / "out.csv", model)
    assert result.check == model.check_frame(frame)
    manifest = json.loads((tmp_path / "out.csv.manifest.json").read_text())
    assert manifest["check"] == result.check.to_dict()
    assert manifest["check"]["beyond_scale"] == {"income": 100, "mood": 0}


REQUIRED = [
    (["income"], None),
    ([], None),
    (
        ["fatalities", "income", "trade"],
        ["no column for 'fatalities'", "no column for 'trade', which is required; did"],
    ),
    ("all", ["no column for 'fatalities'", "no column for 'trade'"]),
    (["fatalites"], ["--require: no indicator 'fatalites' in model 'm'; did you mean 'fatalities'?"]),
]


@pytest.mark.parametrize(("require", "messages"), REQUIRED)
def test_columns_that_are_required(model, tmp_path, require, messages):
    frame = FRAME.assign(happened=[0, 1, 0, 1])
    frame.to_csv(tmp_path / "in.csv", index=False)
    calls = (
        lambda: model.score_frame(frame, require=require),
        lambda: model.score_frame(pl.from_pandas(frame), require=require),
        lambda: model.check_frame(frame, require=require),
        lambda: riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, require=require),
        lambda: riskmodel.validate(tmp_path / "in.csv", "happened", model, score="risk", require=require),
    )
    for call in calls[: -1 if messages is None else None]:  # there are too few rows to validate
        if messages is None:
            call()
            continue
        with pytest.raises(riskmodel.SituationError) as error:
            call()
        assert len(error.value.problems) == len(messages)
        for problem, message in zip(error.value.problems, messages, strict=True):
            assert message in str(problem)
    assert (tmp_path / "out.csv").exists() == (messages is None)


def test_a_single_name_is_not_a_list(model):
    with pytest.raises(TypeError, match="require takes a list of names, or 'all'; got 'income'"):
        model.score_frame(FRAME, require="income")


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("command", ["score", "levers", "compare", "uncertainty", "sensitivity"])
def test_commands_name_indicators_without_a_column(tmp_path, command):
    (tmp_path / "m.json").write_text(json.dumps(MODEL))
    FRAME.to_csv(tmp_path / "in.csv", index=False)
    more = {"levers": ["--target", "risk <= 90"], "uncertainty": ["--sample-missing", "--draws", 1024]}.get(command, [])
    result = run(command, tmp_path / "in.csv", "-m", tmp_path / "m.json", *more)
    assert f"{tmp_path / 'in.csv'}: without a column, and so missing in every row: fatalities" in result.stderr
    assert "warning: income lies beyond its scale in 2 of 3 rows that have it" in result.stderr


def test_the_summary_of_a_batch(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps(MODEL))
    FRAME.drop(columns=["tradng", "deaths"]).head(1).to_csv(tmp_path / "in.csv", index=False)
    result = run("batch", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "-m", tmp_path / "m.json")
    first, _, *remarks = result.stderr.splitlines()
    assert ": 1 row in, 1 out, 0 rejected (" not in first
    assert ": 1 row in, 1 out, 0 rejected; " in first
    assert remarks == [
        "  without a column, and so missing in every row: fatalities, trade",
        "  warning: income lies beyond its scale in 1 of 1 row that have it; is it in the unit of the model?",
    ]
    refused = run("batch", tmp_path / "in.csv", "-o", tmp_path / "o.csv", "-m", tmp_path / "m.json", "--require", "all")
    assert "no column for 'trade', which is required" in str(refused.exception)
