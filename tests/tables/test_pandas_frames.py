"""Scoring of pandas frames."""

import numpy as np
import pandas as pd
import pytest
from frame_cases import LABELS, rows_of

import riskmodel


@pytest.fixture(scope="module")
def labels():
    return riskmodel.load_model(LABELS)


def test_each_row_is_the_situation_of_its_values(default_model):
    frame = rows_of(default_model, 300)
    frame.index = [f"case {number}" for number in range(300)]
    scored = default_model.score_frame(frame)
    assert scored.index.equals(frame.index)
    assert list(scored)[:6] == [
        "escalation",
        "escalation_band",
        "escalation_coverage",
        "escalation_low",
        "escalation_high",
        "escalation_exact",
    ]
    for position in range(0, 300, 17):
        values = {name: None if pd.isna(value) else value for name, value in frame.iloc[position].items()}
        result = default_model.assess(values)["escalation"]
        row = scored.iloc[position]
        assert row["escalation_exact"] == result.value
        assert row["escalation"] == result.reported
        assert row["escalation_band"] == result.band
        assert row["escalation_coverage"] == result.coverage
        assert (row["escalation_low"], row["escalation_high"]) == (result.reported_low, result.reported_high)


def test_other_columns_are_left_alone_and_the_input_is_not_changed(default_model):
    frame = rows_of(default_model, 50).assign(note="x")
    before = frame.copy()
    assert "note" not in default_model.score_frame(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_an_indicator_without_a_column_is_missing(default_model):
    scored = default_model.score_frame(pd.DataFrame({"military_activity": [7.0]}))
    assert scored["escalation"].isna().all()
    assert scored["escalation_band"].isna().all()
    assert scored["escalation_coverage"].iloc[0] == pytest.approx(0.18)
    assert scored["escalation_low"].iloc[0] < scored["escalation_high"].iloc[0]


@pytest.mark.parametrize("dtype", ["float32", "int64", "Int64", "Float64", "object", "str"])
def test_numbers_of_any_type(labels, dtype):
    frame = pd.DataFrame({"mood": ["tense"] * 3, "x": pd.Series([1, 5, 10]).astype(dtype)})
    assert labels.score_frame(frame)["s"].tolist() == [35.0, 55.0, 80.0]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, "", "NA", "NaN", "null"])
def test_missing_in_any_form(labels, missing):
    frame = pd.DataFrame({"mood": ["tense", missing], "x": pd.Series([5, missing], dtype=object)})
    scored = labels.score_frame(frame)
    assert scored["s_coverage"].tolist() == [1.0, 0.0]
    assert np.isnan(scored["s"].iloc[1])


def test_labels_as_text_category_and_number(labels):
    for moods in (["calm", "crisis", "3"], pd.Categorical(["calm", "crisis", "3"]), ["calm", "crisis", 3]):
        scored = labels.score_frame(pd.DataFrame({"mood": moods, "x": [0, 0, 0]}))
        assert scored["s"].tolist() == [0.0, 50.0, 15.0]
        assert scored["s_band"].tolist() == ["low", "high", "low"]


def test_bad_values_are_named_by_column_and_row(labels):
    frame = pd.DataFrame({"mood": ["tens", "calm"], "x": [11, "much"]}, index=["first", "second"])
    with pytest.raises(riskmodel.SituationError) as caught:
        labels.score_frame(frame)
    message = str(caught.value)
    assert "column mood, row 'first'" in message
    assert "did you mean 'tense'" in message
    assert "column x, row 'first': 11 is outside the valid range (0 to 10); the nearest valid value is 10" in message
    assert "column x, row 'second': should be a number; got 'much'" in message


def test_many_bad_values_are_counted(labels):
    with pytest.raises(riskmodel.SituationError, match=r"\(also in row 1, row 2, row 3 and 96 more\)$"):
        labels.score_frame(pd.DataFrame({"mood": ["calm"] * 100, "x": [99] * 100}))
    with pytest.raises(riskmodel.SituationError, match=r"column x: and 95 more rows not valid$"):
        labels.score_frame(pd.DataFrame({"mood": ["calm"] * 100, "x": range(11, 111)}))


@pytest.mark.parametrize("value", [True, np.inf, -np.inf, pd.Timestamp("2022-02-24")])
def test_values_that_are_not_numbers_are_refused(labels, value):
    with pytest.raises(riskmodel.SituationError):
        labels.score_frame(pd.DataFrame({"mood": ["calm"], "x": pd.Series([value], dtype=object)}))


def test_infinity_in_a_column_of_floats_is_refused(default_model):
    with pytest.raises(riskmodel.SituationError, match="finite"):
        default_model.score_frame(pd.DataFrame({"espionage": [1.0, np.inf]}))


def test_a_table_without_any_indicator_suggests_a_name(labels):
    with pytest.raises(riskmodel.SituationError, match="did you mean 'mood'"):
        labels.score_frame(pd.DataFrame({"moood": ["calm"]}))


def test_a_column_that_is_nearly_an_indicator_is_refused(default_model):
    with pytest.raises(riskmodel.SituationError, match="nearly the indicator 'espionage'"):
        default_model.score_frame(pd.DataFrame({"military_activity": [3.0], "espionag": [2.0]}))


@pytest.mark.parametrize("column", [pd.to_datetime(["2020-01-01"]), [3 + 4j], pd.to_timedelta(["3 days"]), [True]])
def test_dates_and_the_like_are_no_numbers(default_model, column):
    with pytest.raises(riskmodel.SituationError, match="should be a number"):
        default_model.score_frame(pd.DataFrame({"espionage": column}))


def test_a_duplicate_column_is_refused(labels):
    with pytest.raises(riskmodel.SituationError, match="duplicate column"):
        labels.score_frame(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_an_empty_table_gives_an_empty_table(default_model):
    scored = default_model.score_frame(rows_of(default_model, 0))
    assert len(scored) == 0
    assert "stability_band" in scored


def test_only_frames_are_accepted(labels):
    with pytest.raises(TypeError, match="DataFrame"):
        labels.score_frame({"x": [1]})
