"""`frame.riskmodel`, once `riskmodel.integrations.pandas` is imported."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frame_cases import LABELS, rows_of

import riskmodel
import riskmodel.integrations.pandas


def test_score_is_score_frame(default_model):
    frame = rows_of(default_model, 30).assign(note="x")
    pd.testing.assert_frame_equal(frame.riskmodel.score(), default_model.score_frame(frame))
    core = riskmodel.load_model("core-four")
    pd.testing.assert_frame_equal(frame.riskmodel.score("core-four"), core.score_frame(frame))
    pd.testing.assert_frame_equal(frame.riskmodel.score(core), core.score_frame(frame))


def test_a_row_is_assessed_as_its_values_are_and_as_the_frame_is_scored(default_model):
    frame = rows_of(default_model, 30)
    frame.index = pd.Index([f"case {number}" for number in range(30)], name="case")
    scored = frame.riskmodel.score()
    for label in ("case 0", "case 7", "case 29"):
        assessment = frame.riskmodel.assess(label)
        values = {name: value for name, value in frame.loc[label].items() if not np.isnan(value)}
        assert assessment == default_model.assess(values, title=label)
        assert assessment["escalation"].value == scored.loc[label, "escalation_exact"]
        assert label in assessment._repr_html_()


def test_cells_are_read_as_score_reads_them():
    frame = pd.DataFrame({"mood": [" tense ", 3, "NA"], "x": ["7.5", 2, None], "id": ["a", "b", "c"]})
    scored = frame.riskmodel.score(LABELS)
    for row in range(3):
        assessment = frame.riskmodel.assess(row, LABELS)
        assert assessment.heading == f"row {row}"
        assert assessment["s"].reported == (None if np.isnan(scored["s"][row]) else scored["s"][row])
        assert assessment["s"].coverage == scored["s_coverage"][row]


def test_dates_and_pairs_are_labels_too():
    frame = pd.DataFrame({"mood": ["calm", "crisis"], "x": [0, 10]})
    dated = frame.set_index(pd.to_datetime(["2022-01-01", "2022-02-24"]).rename("month"))
    assessment = dated.riskmodel.assess(pd.Timestamp("2022-02-24"), LABELS)
    assert assessment["s"].value == 100
    assert assessment.heading == "month 2022-02-24 00:00:00"
    paired = frame.set_index([["A", "A"], ["B", "C"]])
    assert paired.riskmodel.assess(("A", "C"), LABELS)["s"].value == 100


def test_a_missing_or_duplicate_row_label_is_an_error():
    frame = pd.DataFrame({"mood": ["calm", "tense", "crisis"], "x": [1, 2, 3]}, index=["a", "b", "b"])
    with pytest.raises(KeyError, match="no row has the label 'c'"):
        frame.riskmodel.assess("c", LABELS)
    with pytest.raises(KeyError, match="2 rows have the label 'b'"):
        frame.riskmodel.assess("b", LABELS)
    assert frame.riskmodel.assess("a", LABELS)["s"].value == 5


def test_other_rows_may_be_wrong_but_not_the_one_that_is_assessed():
    frame = pd.DataFrame({"mood": ["calm", "tens"], "x": [1, 2]}, index=["good", "bad"])
    assert frame.riskmodel.assess("good", LABELS)["s"].value == 5
    with pytest.raises(riskmodel.SituationError, match=r"column mood, row 'bad': .*did you mean 'tense'"):
        frame.riskmodel.assess("bad", LABELS)


def test_the_accessor_is_registered_by_its_import():
    code = "import pandas, riskmodel\nriskmodel.load_model().score_frame(pandas.DataFrame({'espionage': [1.0]}))\n"
    code += "assert not hasattr(pandas.DataFrame, 'riskmodel')\nimport riskmodel.integrations.pandas\n"
    code += "assert hasattr(pandas.DataFrame, 'riskmodel')"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_columns_under_other_names_are_given(default_model):
    frame = rows_of(default_model, 30)
    other = frame.rename(columns={"espionage": "esp"}).assign(note="x")
    columns = {"espionage": "esp"}
    scored = other.riskmodel.score(columns=columns, keep=["note"])
    pd.testing.assert_frame_equal(scored.drop(columns="note"), default_model.score_frame(frame))
    pd.testing.assert_frame_equal(other.riskmodel.account(columns=columns), default_model.account_frame(frame))
    assert other.assign(esp=-1).riskmodel.invalid_cells(columns=columns)["column"].tolist() == ["esp"] * 30
    assert other.riskmodel.check(columns=columns).present == default_model.check_frame(frame).present
    assert other.riskmodel.assess(3, columns=columns) == frame.riskmodel.assess(3)
