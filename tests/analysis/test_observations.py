"""Observations: the same from every kind of file, and one clear error for what cannot be used."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import riskmodel
from riskmodel.analysis.outcomes.observations import OutcomeColumns, read_observations
from riskmodel.tables.options import TableOptions

MODEL = {
    "format": 1,
    "id": "tiny",
    "indicators": {
        "patrols": {"scale": {"goalposts": [0, 10]}, "valid": [0, 10]},
        "claims": {"scale": {"goalposts": [0, 10]}},
        "mood": {"scale": {"levels": {"calm": 0, "tense": 1}}},
    },
    "scores": {"risk": {"weights": {"patrols": 2, "claims": 1, "mood": 1}, "bands": {"low": 0, "high": 50}}},
}
COLUMNS = OutcomeColumns("attacked", "pair", "year")


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(MODEL)


def table(count=80, seed=0):
    """Rows of which some values are missing; values have few decimals, so that text and binary hold the same number."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "pair": [f"pair {number}" for number in rng.integers(0, 12, count)],
            "year": rng.integers(1990, 2010, count),
            "patrols": rng.uniform(0, 10, count).round(2),
            "claims": rng.uniform(-1, 11, count).round(2),
            "mood": rng.choice(["calm", "tense"], count),
            "note": "x",
        }
    )
    frame["attacked"] = (rng.random(count) < frame["patrols"] / 12).astype(float)
    frame.loc[[3, 11], "patrols"] = np.nan
    frame.loc[[5], "mood"] = None
    frame.loc[[7, 20], "attacked"] = np.nan
    return frame


def validated(model, data, **more):
    options = {"outcome": "attacked", "score": "risk", "group": "pair", "time": "year", "resamples": 20} | more
    return riskmodel.validate(data, model=model, **options)


def figures(validation):
    """All that a validation says, but for where it comes from."""
    return {key: value for key, value in validation.to_dict().items() if key != "source"}


def seen(model, data, decimal=None):
    """All that is read from some data, but for where it comes from, in a form that can be compared."""
    read = read_observations(model.spec, data, COLUMNS, TableOptions(decimal=decimal))
    columns = {name: [repr(cell) for cell in column.tolist()] for name, column in read.columns.items()}
    label_columns = [(labels.names, labels.codes.tolist()) for labels in (read.group, read.time)]
    assert {len(column) for column in columns.values()} | {len(codes) for _, codes in label_columns} == {
        len(read.outcome)
    }
    return columns, [repr(cell) for cell in read.outcome.tolist()], label_columns


# ------------------------------------------------------------------------------------------------ the same from all


def test_every_kind_of_file_gives_the_same(model, tmp_path):
    frame = table()
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "semicolon.csv", index=False, sep=";", decimal=",")
    frame.to_csv(tmp_path / "tab.csv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    frame.to_parquet(tmp_path / "groups.parquet", index=False, row_group_size=7)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    expected = seen(model, frame)
    assert len(expected[1]) == 80
    assert expected[1].count("nan") == 2
    for name in ("a.csv", "a.csv.gz", "tab.csv", "a.parquet", "groups.parquet"):
        assert seen(model, tmp_path / name) == expected, name
        assert seen(model, str(tmp_path / name)) == expected, name
    assert seen(model, tmp_path / "semicolon.csv", decimal=",") == expected
    whole = figures(validated(model, frame))
    assert whole["counts"]["without_outcome"] == 2
    for name in ("a.csv.gz", "groups.parquet"):
        assert figures(validated(model, tmp_path / name)) == whole
    with pytest.raises(riskmodel.SituationError, match="decimal"):
        validated(model, tmp_path / "semicolon.csv")


def test_standard_input_gives_the_same(model, tmp_path, monkeypatch):
    frame = table()
    expected = figures(validated(model, frame))
    assert expected["counts"]["tested"] > 10
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    for name in ("a.csv", "a.parquet"):
        with (tmp_path / name).open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            piped = validated(model, "-")
        assert figures(piped) == expected
        assert piped.source == "<stdin>"


@pytest.mark.parametrize("kind", ["float", "Int64", "Float64", "boolean", "bool[pyarrow]", "object", "float32", "str"])
def test_outcomes_of_any_type_in_frames(model, kind):
    frame = table()
    expected = seen(model, frame)
    outcome = frame["attacked"].astype("boolean") if "bool" in kind or kind == "object" else frame["attacked"]
    if kind == "str":
        frame["attacked"] = ["" if pd.isna(value) else str(value) for value in outcome]
    else:
        frame["attacked"] = outcome.astype(kind)
    if kind == "object":
        assert {type(value) for value in frame["attacked"]} == {bool, type(pd.NA)}
    assert seen(model, frame) == expected


@pytest.mark.parametrize("kind", [pa.bool_(), pa.int8(), pa.float32(), pa.decimal128(5, 1), pa.string()])
def test_outcomes_of_any_type_in_parquet(model, tmp_path, kind):
    frame = table()
    expected = seen(model, frame)
    outcome = [None if pd.isna(value) else value == 1 for value in frame["attacked"]]
    column = pa.array(outcome, pa.bool_())
    if kind != pa.bool_():
        column = pa.array([None if value is None else int(value) for value in outcome], pa.int8()).cast(kind)
    content = pa.table({name: pa.Array.from_pandas(frame[name]) for name in frame if name != "attacked"})
    pq.write_table(content.append_column("attacked", column), tmp_path / "a.parquet", row_group_size=30)
    assert seen(model, tmp_path / "a.parquet") == expected


def test_indicators_stay_what_they_were_in_the_frame(model):
    frame = table()
    before = frame.copy()
    validated(model, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_what_is_read_is_what_stands_there(model, write):
    path = write(
        "a.csv", 'pair,year,patrols,attacked,mood\n"b, c",2001,1.5,1, tense\na,1999, NA ,0,\n\n a ,2000,3,,calm\n'
    )
    columns, outcome, labels = seen(model, path)
    assert labels == [(("a", "b, c"), [1, 0, 0]), (("1999", "2000", "2001"), [2, 0, 1])]
    assert columns == {"patrols": ["1.5", "nan", "3.0"], "mood": ["1.0", "nan", "0.0"]}
    assert outcome == ["1.0", "0.0", "nan"]


@pytest.mark.parametrize("kind", ["int64", "float64", "Int64", "str", "category", "object"])
def test_groups_may_be_numbers(model, tmp_path, kind):
    frame = table()
    frame["pair"] = frame["pair"].str.removeprefix("pair ").astype(int)
    frame.to_csv(tmp_path / "a.csv", index=False)
    expected = seen(model, tmp_path / "a.csv")
    assert len(expected[2][0][0]) == frame["pair"].nunique() == 12
    numbered = frame.assign(pair=frame["pair"].astype(kind))
    assert seen(model, numbered) == expected
    numbered.to_parquet(tmp_path / "a.parquet", index=False)
    assert seen(model, tmp_path / "a.parquet") == expected


# ------------------------------------------------------------------------------------------------------------ times


def codes_of(model, times):
    frame = pd.DataFrame({"patrols": 1.0, "attacked": 1.0, "pair": "a", "year": pd.Series(times)})
    return read_observations(model.spec, frame, COLUMNS).time.codes.tolist()


@pytest.mark.parametrize(
    ("times", "codes"),
    [
        ([10, 9, -3, 100], [2, 1, 0, 3]),
        (["10", "9", "-3", "1e2"], [2, 1, 0, 3]),
        ([1980.5, 1980.0, 1981.0], [1, 0, 2]),
        (["1980", "1980.0", "+1980", " 1981 "], [0, 0, 0, 1]),
        (["1962-10", "1962-09-30", "1962-10-01", "1962-10-22"], [1, 0, 1, 2]),
        (["1962-10-22 00:00", "1962-10-22T00:00:00", "1962-10-22", "1962-10-22 12:30"], [0, 0, 0, 1]),
        (["1962-10-22 12:30:00.5", "1962-10-22 12:30:00.25", "1962-10-22 12:30"], [2, 1, 0]),
        ([pd.Timestamp("2001-02-03"), pd.Timestamp("2000-02-03 10:00")], [1, 0]),
        ([pd.Period("2001-02"), pd.Period("2000-12")], [1, 0]),
    ],
)
def test_times_are_in_their_order_and_one_time_is_one_however_it_is_written(model, times, codes):
    assert codes_of(model, times) == codes


@pytest.mark.parametrize(
    "times",
    [
        ["1980", "soon"],
        ["2001-13-01", "2001-01-01"],
        ["2001-02-30", "2001-01-01"],
        ["2001-00", "2001-01"],
        ["2001-01-01 25:00", "2001-01-01"],
        ["1962-10-22Z", "1962-10-23"],
        ["Q1 2001", "Q5 2001"],
        ["\u0661\u0669\u0668\u0660-\u0661\u0660", "1980-10"],
    ],
)
def test_what_is_no_time_is_refused_by_name(model, times):
    with pytest.raises(riskmodel.SituationError, match="is not a time; times are numbers, or dates") as caught:
        codes_of(model, times)
    assert len(caught.value.problems) == 1
    assert any(repr(time) in str(caught.value) for time in times)


@pytest.mark.parametrize("times", [["1961", "1962", "1962-10-22"], ["1961-01", "1961-02", "1962"]])
def test_a_mix_of_years_and_days_names_its_line(model, tmp_path, times):
    kinds = ["a number", "a date"] if times[0].isdigit() else ["a date", "a number"]
    message = (
        f"{times[2]!r} is {kinds[1]}, but {times[0]!r} before it is {kinds[0]}; write all times of a column in one way"
    )
    frame = pd.DataFrame({"pair": ["a", "b", "c"], "year": times, "patrols": [1, 2, 3], "attacked": [0, 1, 0]})
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    first, second, third = times
    rows = f'"a\na",{first},1,0\n\nb,{second},2,1\nc,{third},3,0\n'  # begins in line 2; in line 5; in line 6
    (tmp_path / "a.csv").write_text(f"pair,year,patrols,attacked\n{rows}")
    for data, where in (
        (frame, "the frame: column year, row 2"),
        (tmp_path / "a.csv", f"{tmp_path / 'a.csv'}:6: column year"),
        (tmp_path / "a.parquet", f"{tmp_path / 'a.parquet'}: row 3, column year"),
    ):
        with pytest.raises(riskmodel.SituationError) as caught:
            validated(model, data)
        assert str(caught.value) == f"{where}: {message}"


def test_a_parquet_column_of_times_is_read(model, tmp_path):
    frame = table()
    columns, outcome, (groups, (_, codes)) = seen(model, frame)
    for name, times in {
        "timestamp": pd.to_datetime(frame["year"].astype(str)),
        "float": frame["year"].astype(float),
        "date": pd.to_datetime(frame["year"].astype(str)).dt.date,
    }.items():
        frame.assign(year=times).to_parquet(tmp_path / f"{name}.parquet", index=False)
        again = seen(model, tmp_path / f"{name}.parquet")
        assert again[:2] == (columns, outcome)
        assert (again[2][0], again[2][1][1]) == (groups, codes), name


@pytest.mark.parametrize("start", [2003, 2003.0, "2003", np.int64(2003), np.float64(2003), " 2003.0 ", "2002.5"])
def test_a_first_time_to_test_on_may_be_given_in_any_form(model, start):
    frame = table()
    counts = validated(model, frame, test_from=start).counts
    usable = frame["attacked"].notna()
    assert counts.tested == (usable & (frame["year"] >= 2003)).sum()
    assert counts.fitted == (usable & (frame["year"] < 2003)).sum()


def test_a_first_time_of_nought_and_of_many_digits(model):
    frame = table()
    usable = frame["attacked"].notna()
    centred = frame.assign(year=frame["year"] - 2003)
    assert validated(model, centred, test_from=0).counts.tested == (usable & (centred["year"] >= 0)).sum()
    days = frame.assign(year=frame["year"] * 10_000 + 101)
    days.loc[days["year"] == 20030101, "year"] += np.arange((days["year"] == 20030101).sum())
    assert (days["year"] == 20030102).any()
    assert validated(model, days, test_from=20030102.0).counts.tested == (usable & (days["year"] >= 20030102)).sum()


# --------------------------------------------------------------------------------------------- what cannot be used

FAULTS = {
    "a bad value": (lambda f: f.assign(patrols=f["patrols"].where(f.index != 4, 11)), {}, "11 is outside"),
    "no number": (
        lambda f: f.assign(claims=f["claims"].astype(str).where(f.index != 4, "many")),
        {},
        "should be a number; got 'many'",
    ),
    "a bad label": (lambda f: f.assign(mood=f["mood"].where(f.index != 4, "tens")), {}, "did you mean 'tense'?"),
    "an infinite outcome": (lambda f: f.assign(attacked=f["attacked"].where(f.index != 4, np.inf)), {}, "attacked"),
    "no such outcome": (lambda f: f, {"outcome": "atacked"}, "no column 'atacked' for the outcome; did you mean"),
    "no such group": (lambda f: f, {"group": "pairs"}, "no column 'pairs' for the group; did you mean 'pair'?"),
    "no such time": (lambda f: f, {"time": "yeer"}, "no column 'yeer' for the time; did you mean 'year'?"),
    "an outcome that is an indicator": (lambda f: f, {"outcome": "claims"}, "that is an indicator of model 'tiny'"),
    "a group that is an indicator": (lambda f: f, {"group": "mood"}, "that is an indicator of model 'tiny'"),
    "one column for two ends": (lambda f: f, {"group": "year"}, "cannot be the group and something else too"),
    "an outcome as group": (lambda f: f, {"group": "attacked"}, "cannot be the outcome and something else too"),
    "outcomes that are counts": (lambda f: f.assign(attacked=3.0), {}, "numbers other than 0 and 1, such as 3; give"),
    "an outcome of text": (lambda f: f.assign(attacked="yes"), {}, "should be a number; got 'yes'"),
    "a blank group": (lambda f: f.assign(pair=f["pair"].where(f.index != 4, None)), {}, "has no value"),
    "groups of spaces": (
        lambda f: f.assign(pair=f["pair"].where(f.index > 4, "  ")),
        {},
        "has no value, and so have 4 rows after",
    ),
    "a blank time": (
        lambda f: f.assign(year=f["year"].astype("Int64").where(f.index != 4)),
        {},
        "has no value",
    ),
    "words for times": (lambda f: f.assign(year="then"), {}, "'then' is not a time"),
    "one time": (lambda f: f.assign(year=1990), {}, "has only one time"),
    "a start before all": (lambda f: f, {"test_from": 1900}, "no rows before 1900; the times in column 'year' run"),
    "a start after all": (lambda f: f, {"test_from": "2050"}, "no rows from 2050 on; the times in column 'year' run"),
    "a start that is a date": (
        lambda f: f,
        {"test_from": "2003-05"},
        "'2003-05' is not a time of that kind; the times in",
    ),
    "a start that is nothing": (lambda f: f, {"test_from": ""}, "'' is not a time of that kind"),
    "a start without times": (lambda f: f, {"test_from": 2003, "time": None}, "test_from needs the column of times"),
    "no event": (lambda f: f.assign(attacked=0), {}, "none had an event; rows with and without an event are needed"),
    "events alone": (
        lambda f: f.assign(attacked=1),
        {"time": None},
        "all had an event; rows with and without an event are needed",
    ),
    "no event later": (
        lambda f: f.assign(attacked=f["attacked"].where(f["year"] < 2003, 0)),
        {"test_from": 2003},
        "to test on, none had an event",
    ),
    "no event earlier": (
        lambda f: f.assign(attacked=f["attacked"].where(f["year"] >= 2003, 0)),
        {"test_from": 2003},
        "to fit on, none had an event",
    ),
    "no event from the highest on": (lambda f: f, {"event_from": 2.0}, "none had an event"),
    "no row": (lambda f: f.iloc[:0], {}, "no row"),
    "no outcome": (lambda f: f.assign(attacked=np.nan), {}, "no row has both an outcome and a score"),
    "no score": (
        lambda f: f.assign(patrols=np.nan, claims=np.nan, mood=None),
        {},
        "no row has both an outcome and a score",
    ),
    "no indicator": (lambda f: f[["pair", "year", "attacked", "note"]], {}, "no column is an indicator of model"),
    "nearly an indicator": (lambda f: f.rename(columns={"patrols": "patrol"}), {}, "nearly the indicator 'patrols'"),
    "one group": (lambda f: f.assign(pair="a"), {"time": None}, "two or more groups are needed"),
    "no such score": (lambda f: f, {"score": "risks"}, "no score 'risks' in model 'tiny'; did you mean 'risk'?"),
    "one resample": (lambda f: f, {"resamples": 1}, "resamples should be 2 or more; got 1"),
    "certainty": (lambda f: f, {"confidence": 1.0}, "between 0 and 1; got 1"),
    "a negative seed": (lambda f: f, {"seed": -1}, "seed should be 0 or more; got -1"),
}


@pytest.mark.parametrize("kind", ["frame", "csv", "parquet"])
@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_used_is_one_clear_error_from_every_kind_of_file(model, tmp_path, name, kind):
    change, options, expected = FAULTS[name]
    data = change(table())
    if kind == "csv":
        data.to_csv(tmp_path / "a.csv", index=False)
        data = tmp_path / "a.csv"
    elif kind == "parquet":
        data.to_parquet(tmp_path / "a.parquet", index=False)
        data = tmp_path / "a.parquet"
    with pytest.raises(riskmodel.RiskmodelError) as error:
        validated(model, data, **options)
    message = str(error.value)
    # A value of Parquet is a number, and one of CSV is what stands there.
    assert expected in message or expected.replace("11 is", "11.0 is") in message
    # Several problems are several rows at fault, each told with its place.
    assert len(error.value.problems) == 1 or "column attacked" in message


def test_invalid_rows_are_named_by_line(model, write):
    path = write("a.csv", "patrols,attacked\n1,0\n2,1\n99,1\n3,0\n4,x\n")
    with pytest.raises(riskmodel.SituationError) as error:
        riskmodel.validate(path, "attacked", model, score="risk")
    first, second = error.value.problems
    assert (first.line, second.line) == (4, 6)
    assert f"{path}:4: column patrols: 99" in str(first)
    assert "column attacked" in str(second)


def test_outcomes_coded_in_words_are_one_problem_with_the_right_answer(model, write):
    path = write("a.csv", "patrols,attacked\n" + "1,no\n2,yes\n" * 200)
    with pytest.raises(riskmodel.SituationError) as error:
        riskmodel.validate(path, "attacked", model, score="risk")
    (first,) = error.value.problems
    assert (first.line, first.field) == (2, "column attacked")
    assert "'no' (also in line 4, line 6, line 8 and 196 more)" in first.message
    assert "code outcomes as 0 and 1" in first.message


def test_decimal_commas_are_one_problem(model, write):
    path = write("a.csv", "patrols;attacked\n" + "1,5;0\n2,5;1\n" * 20)
    with pytest.raises(riskmodel.SituationError, match="'1,5' has a decimal comma; --decimal , reads it") as error:
        riskmodel.validate(path, "attacked", model, score="risk")
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty: it has no header"),
        ("patrols,attacked\n", "no row"),
        ("patrols,attacked,attacked\n1,1,0\n", "duplicate column 'attacked'"),
        ("patrols,patrols,attacked\n1,1,0\n", "duplicate column 'patrols'"),
        ("patrols,attacked\n1,0\n1,2,3\n", "cells"),
        ('patrols,attacked\n1,0\n"1,0\n', "quot"),
    ],
)
def test_files_that_cannot_be_used(model, write, text, expected):
    path = write("a.csv", text)
    with pytest.raises(riskmodel.SituationError, match=expected) as error:
        riskmodel.validate(path, "attacked", model, score="risk")
    assert len(error.value.problems) == 1
    assert str(path) in str(error.value)


def test_files_that_are_not_there_or_no_table(model, tmp_path):
    with pytest.raises(riskmodel.SituationError, match="there is no such file"):
        riskmodel.validate(tmp_path / "nowhere.csv", "attacked", model, score="risk")
    with pytest.raises(riskmodel.SituationError, match="is a folder; `riskmodel batch` reads"):
        riskmodel.validate(tmp_path, "attacked", model, score="risk")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(riskmodel.SituationError, match="damaged"):
        riskmodel.validate(tmp_path / "a.parquet", "attacked", model, score="risk")
    with pytest.raises(TypeError, match="this takes a path, a pandas or polars DataFrame"):
        riskmodel.validate([1, 2], "attacked", model, score="risk")


def test_frames_with_a_column_twice(model):
    frame = table()
    for name in ("attacked", "patrols", "pair", "year"):
        with pytest.raises(riskmodel.SituationError, match=f"duplicate column '{name}'"):
            validated(model, pd.concat([frame, frame[[name]]], axis=1))
    # What nobody asks for may.
    assert validated(model, pd.concat([frame, frame[["note"]]], axis=1)).counts.rows == 80


@pytest.mark.parametrize("name", ["pair", "year"])
@pytest.mark.parametrize("cell", [[1, 2], b"\xff", {"a": 1}])
def test_parquet_columns_that_are_no_labels(model, tmp_path, name, cell):
    frame = table()
    frame[name] = [cell] * len(frame)
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    with pytest.raises(riskmodel.SituationError, match=f"column '{name}' holds .*, which has no text here") as error:
        validated(model, tmp_path / "a.parquet")
    assert str(tmp_path / "a.parquet") in str(error.value)


@pytest.mark.parametrize("word", ["", " ", "NA", "NaN", "nan", "null", '""', '" "'])
@pytest.mark.parametrize("column", [0, 1])
def test_words_for_what_is_missing_are_no_groups_and_no_times(model, write, word, column):
    cells = ["a", "2001", "3", "1"]
    cells[column] = word
    path = write("a.csv", f"pair,year,patrols,attacked\nb,2000,1,0\n{','.join(cells)}\n")
    with pytest.raises(riskmodel.SituationError, match=f"a.csv:3: column {COLUMNS[column + 1]}: has no value"):
        validated(model, path)


def test_an_indicator_that_is_true_or_false_is_refused_in_parquet_and_frames(model, tmp_path):
    frame = table().assign(claims=True)
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    for data in (frame, tmp_path / "a.parquet"):
        with pytest.raises(riskmodel.SituationError, match=r"column claims.*should be a number"):
            validated(model, data)
