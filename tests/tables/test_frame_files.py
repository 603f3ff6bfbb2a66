"""Data frames as CSV and as workbooks: every cell comes back, and nothing runs as a formula."""

import csv
import io
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.schema.band_colours import band_colours
from riskmodel.tables.frames.files import frame_csv, frames_workbook
from riskmodel.tables.spreadsheet.sheet_writer import About

MIXED = pd.DataFrame(
    {
        "name": ["a", "b, c", None, 'say "so"'],
        "band": pd.Categorical(["low", None, "high", "low"], ["low", "middle", "high"], ordered=True),
        "rank": pd.array([1, None, 3, 2], "Int64"),
        "value": [1.0, np.nan, 2.25, 1e-9],
        "is_new": [True, False, True, False],
        "any": [1.0, "two", None, pd.NA],
    }
)


ABOUT = About("A test", [("Model", "x"), ("Input", "=a.csv")], {})


def cells_of(frame):
    """The cells of a frame as texts of CSV; empty where missing."""
    return list(csv.reader(io.StringIO(frame_csv(frame).decode(), newline="")))


def sheet_of(content, name):
    return openpyxl.load_workbook(io.BytesIO(content))[name]


def test_cells_of_every_type_as_csv():
    assert frame_csv(MIXED).decode() == (
        "name,band,rank,value,is_new,any\n"
        "a,low,1,1,true,1\n"
        '"b, c",,,,false,two\n'
        ",high,3,2.25,true,\n"
        '"say ""so""",low,2,1e-9,false,\n'
    )


def test_a_frame_without_rows_has_its_header():
    assert frame_csv(MIXED.iloc[:0]) == b"name,band,rank,value,is_new,any\n"


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=5))
def test_texts_and_numbers_come_back_from_csv(rows):
    frame = pd.DataFrame(rows, columns=["text", "number"])
    header, *cells = cells_of(frame)
    assert header == ["text", "number"]
    for (text, number), (read, digits) in zip(rows, cells, strict=True):
        assert read in (text, f"'{text}")
        assert float(digits) == number


def test_formulas_are_escaped_and_numbers_are_not():
    frame = pd.DataFrame({"=head": ["=1+1", "@cmd", "-4.5", "+x", "plain"], "n": [-1.5, 2, 3, 4, 5]})
    assert cells_of(frame) == [
        ["'=head", "n"],
        ["'=1+1", "-1.5"],
        ["'@cmd", "2"],
        ["-4.5", "3"],
        ["'+x", "4"],
        ["plain", "5"],
    ]


def test_a_workbook_holds_numbers_as_numbers_and_missing_cells_empty():
    sheet = sheet_of(frames_workbook(ABOUT, {"Rows": MIXED}), "Rows")
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        list(MIXED.columns),
        ["a", "low", 1, 1, True, 1],
        ["b, c", None, None, None, False, "two"],
        [None, "high", 3, 2.25, True, None],
        ['say "so"', "low", 2, 1e-9, False, None],
    ]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:F5"


def test_a_frame_that_no_sheet_can_hold_is_named_before_anything_is_written():
    frames = {"Rows": MIXED, "Changes": pd.DataFrame({"x": np.zeros(1_048_576)})}
    message = "the sheet Changes would have 1,048,576 rows, and a workbook has room for 1,048,575; write .csv"
    with pytest.raises(SituationError, match=message):
        frames_workbook(ABOUT, frames)


def test_texts_are_never_formulas_or_links():
    texts = ["=1+1", "{=A1}", "internal:x", "mailto:a", "007", "<r>x</r>"]
    sheet = sheet_of(frames_workbook(ABOUT, {"Rows": pd.DataFrame({"text": texts})}), "Rows")
    assert [sheet.cell(row, 1).value for row in range(2, 8)] == texts
    assert {sheet.cell(row, 1).data_type for row in range(2, 8)} == {"s"}


def test_bands_have_the_colours_of_their_score(default_model):
    years = Path(__file__).parents[2] / "examples" / "us_russia_years.csv"
    frame = default_model.series(years, by="pair", time="year", draws=0).to_frame()
    sheet = sheet_of(frames_workbook(ABOUT, {"Series": frame}), "Series")
    for name, better in (("escalation", "low"), ("stability", "high")):
        bands = default_model.spec.scores[name].bands
        colours = dict(zip(bands, band_colours(len(bands), better), strict=True))
        column = list(frame).index(f"{name}_band") + 1
        for row, band in enumerate(frame[f"{name}_band"], start=2):
            cell = sheet.cell(row, column)
            if isinstance(band, str):
                assert cell.fill.fgColor.rgb == f"FF{colours[band].fill[1:].upper()}"
                assert cell.font.color.rgb == f"FF{colours[band].text[1:].upper()}"


def test_numbers_are_shown_with_the_decimals_that_they_have():
    frame = pd.DataFrame({"whole": [1.0, 2.0], "tenths": [0.5, 1.0], "many": [1 / 3, 1.0]})
    sheet = sheet_of(frames_workbook(ABOUT, {"Rows": frame}), "Rows")
    assert [sheet.cell(2, column).number_format for column in (1, 2, 3)] == ["0", "0.0", "0.000"]
    assert sheet["C2"].value == pytest.approx(1 / 3, rel=1e-15)


def test_the_last_sheet_says_what_it_is():
    book = openpyxl.load_workbook(io.BytesIO(frames_workbook(ABOUT, {"One": MIXED, "Two": MIXED})))
    assert book.sheetnames == ["One", "Two", "About"]
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [
        ["A test", None],
        [None, None],
        ["Model", "x"],
        ["Input", "=a.csv"],
    ]
    assert book.active.title == "One"


def test_what_does_not_fit_into_a_cell_is_refused():
    long = pd.DataFrame({"note": ["x" * 32_768]})
    with pytest.raises(SituationError, match="row 1 of the sheet Rows, column 'note' has a text of 32,768 characters"):
        frames_workbook(ABOUT, {"Rows": long})
