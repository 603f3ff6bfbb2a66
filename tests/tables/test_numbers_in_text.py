"""Numbers in text: decimal commas and thousands separators are read if chosen, and named in messages if not."""

import csv
import math

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.outcomes.observations import OutcomeColumns, read_observations
from riskmodel.schema.parts import Indicator
from riskmodel.tables.cells import read_column
from riskmodel.tables.number_format import FORMATS, PLAIN, NumberFormat, other_formats
from riskmodel.tables.options import TableOptions

MODEL = {
    "format": 1,
    "id": "m",
    "indicators": {"x": {"scale": {"goalposts": [0, 10_000]}}, "y": {"scale": {"goalposts": [0, 10]}}},
    "scores": {"risk": {"weights": {"x": 1, "y": 1}, "min_coverage": 0.1, "decimals": 3}},
}
NUMBER_FORMATS = st.sampled_from(FORMATS)


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(MODEL)


def written(number: float, number_format: NumberFormat) -> str:
    grouped = f"{number:,.3f}" if number_format.thousands else f"{number:.3f}"
    return grouped.translate({ord(","): number_format.thousands, ord("."): number_format.decimal})


@settings(deadline=None)
@given(st.floats(-1e12, 1e12).map(lambda number: round(number, 3)), NUMBER_FORMATS)
def test_a_number_is_read_as_it_is_written(number, number_format):
    text = written(number, number_format)
    assert number_format.number(text) == float(f"{number:.3f}")
    column = read_column(Indicator(), pa.array([text, "NA", None]), number_format)
    assert column.values[0] == number_format.number(text)
    assert column.faulty is None


@settings(deadline=None, max_examples=300)
@given(st.text("0123456789.,' -+e\u00a0", max_size=9), NUMBER_FORMATS)
def test_one_cell_and_a_column_are_read_alike(text, number_format):
    number = number_format.number(text)
    column = read_column(Indicator(), pa.array([text]), number_format)
    if number is None:
        is_blank = text.strip(" ") == ""
        assert math.isnan(column.values[0])
        assert (column.faulty is None) == is_blank
    elif math.isfinite(number):
        assert column.values[0] == number


@pytest.mark.parametrize(
    ("text", "number_format", "number"),
    [
        ("1,234,567.5", NumberFormat(".", ","), 1_234_567.5),
        ("1.234.567,5", NumberFormat(",", "."), 1_234_567.5),
        ("-1 234", NumberFormat(".", " "), -1_234.0),
        ("1\u00a0234,5", NumberFormat(",", " "), 1_234.5),
        ("1\u202f234", NumberFormat(".", " "), 1_234.0),
        ("1'234", NumberFormat(".", "'"), 1_234.0),
        ("1\u2019234", NumberFormat(".", "'"), 1_234.0),
        ("9500", NumberFormat(".", ","), 9_500.0),
        ("1,234e2", NumberFormat(".", ","), 123_400.0),
        ("1,23,4", NumberFormat(".", ","), None),
        ("12,5", NumberFormat(".", ","), None),
        ("0,500", NumberFormat(".", ","), None),
        ("1234,567", NumberFormat(".", ","), None),
        ("1,234,56", NumberFormat(".", ","), None),
        (",500", NumberFormat(".", ","), None),
        ("1,,234", NumberFormat(".", ","), None),
        ("1.234,567", NumberFormat(".", ","), None),
        ("1,2345", NumberFormat(".", ","), None),
    ],
)
def test_groups_have_three_digits_but_for_the_first(text, number_format, number):
    assert number_format.number(text) == number


@pytest.mark.parametrize(
    ("text", "number_format", "message"),
    [
        (
            "9,500",
            PLAIN,
            "can be 9.5 (with a decimal comma) or 9500 (with commas between thousands); "
            "--decimal , reads 9.5, --thousands , reads 9500",
        ),
        ("12,5", PLAIN, "has a decimal comma; --decimal , reads it"),
        ("0,500", PLAIN, "has a decimal comma; --decimal , reads it"),
        ("1,234,567", PLAIN, "has commas between thousands; --thousands , reads it"),
        ("1.234.567", PLAIN, "has points between thousands; --decimal , --thousands . reads it"),
        (
            "1.234,5",
            PLAIN,
            "has a decimal comma and points between thousands; --decimal , --thousands . reads it",
        ),
        ("1 234", PLAIN, "has spaces between thousands; --thousands ' ' reads it"),
        ("1'234", PLAIN, 'has apostrophes between thousands; --thousands "\'" reads it'),
        (
            "9.500",
            NumberFormat(","),
            "can be 9.5 (with a decimal point) or 9500 (with points between thousands); "
            "--decimal . reads 9.5, --thousands . reads 9500",
        ),
        ("1,23,4", PLAIN, ""),
        ("many", PLAIN, ""),
        ("9.5", PLAIN, ""),
    ],
)
def test_all_that_a_number_can_be_is_named(text, number_format, message):
    assert other_formats(text, number_format) == message


@settings(deadline=None, max_examples=200)
@given(st.floats(0, 1e7).map(lambda number: round(number, 3)), NUMBER_FORMATS, NUMBER_FORMATS)
def test_a_number_in_another_format_is_never_called_hopeless(number, number_format, other_format):
    text = written(number, number_format)
    if other_format.number(text) is None:
        hint = other_formats(text, other_format)
        assert f"{number_format.number(text):.15g}" in hint or "has " in hint


MARKS = [(",", None), (".", ","), (".", " "), (".", "'"), (",", "."), (",", " ")]


@pytest.mark.parametrize(("decimal", "thousands"), MARKS)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_file_is_scored_as_its_plain_twin(model, tmp_path, monkeypatch, decimal, thousands, delimiter):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 200)
    frame = pd.DataFrame({"x": [1234.5, 950.0, -1e6, 9500.25] * 30, "y": [1.5, 2.0, 3.25, -4.0] * 30})
    frame["happened"] = [0, 1, 0, 1] * 30
    number_format = NumberFormat(decimal, thousands)
    frame.to_csv(tmp_path / "plain.csv", index=False)
    texts = frame[["x", "y"]].map(lambda number: written(number, number_format)).assign(happened=frame["happened"])
    texts.to_csv(tmp_path / "marked.csv", index=False, sep=delimiter, quoting=csv.QUOTE_MINIMAL)
    options = {"decimal": decimal, "thousands": thousands}
    riskmodel.score_file(tmp_path / "plain.csv", tmp_path / "plain.parquet", model)
    riskmodel.score_file(tmp_path / "marked.csv", tmp_path / "marked.parquet", model, **options)
    assert pq.read_table(tmp_path / "marked.parquet").equals(pq.read_table(tmp_path / "plain.parquet"))
    riskmodel.score_file(tmp_path / "marked.csv", tmp_path / "marked.out.csv", model, **options)
    content = (tmp_path / "marked.out.csv").read_text().splitlines()[1:]
    assert all(  # not even a negative number got a `'`
        row.startswith(line)
        for row, line in zip(content, (tmp_path / "marked.csv").read_text().splitlines()[1:], strict=True)
    )
    outcome = OutcomeColumns("happened")
    read = [read_observations(model.spec, tmp_path / "plain.csv", outcome)]
    read.append(
        read_observations(
            model.spec, tmp_path / "marked.csv", outcome, TableOptions(decimal=decimal, thousands=thousands)
        )
    )
    assert read[0].columns["x"].tolist() == read[1].columns["x"].tolist() == frame["x"].tolist()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('"9,500"', "'9,500' can be 9.5 .* or 9500 .*--thousands , reads 9500, --decimal . rejects such rows"),
        ('"12,5"', "'12,5' has a decimal comma; --decimal , reads it, --decimal . rejects such rows"),
        ("1.234.567", "'1.234.567' has points between thousands; --decimal , --thousands . reads it"),
    ],
)
def test_a_file_with_ambiguous_numbers_is_refused(model, tmp_path, cell, message):
    (tmp_path / "in.csv").write_text(f"x,y\n1,2\n{cell},3\n")
    with pytest.raises(riskmodel.SituationError, match=f"in.csv:3: column x: {message}"):
        riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", model)
    done = riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, decimal=".")
    assert (done.rows_out, done.rows_rejected) == (1, 1)


def test_spaces_between_thousands_reject_a_row_and_the_option_is_named(model, tmp_path):
    (tmp_path / "in.csv").write_text("x,y\n1,2\n1 234,3\n")
    riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", model)
    assert "it has spaces between thousands; --thousands ' ' reads it" in (tmp_path / "out.csv.rejects.csv").read_text()
    with pytest.raises(
        riskmodel.SituationError, match=r"in.csv:3: column x: .* it has spaces between thousands; --thousands"
    ):
        riskmodel.read_table(tmp_path / "in.csv", model=model)
    with pytest.raises(riskmodel.SituationError, match=r"it has spaces between thousands; --thousands"):
        model.score_frame(pd.read_csv(tmp_path / "in.csv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thousands": "."}, "--thousands . is the decimal mark; it goes with --decimal ,"),
        ({"thousands": ",", "decimal": ","}, "--thousands , is the decimal mark; it goes with --decimal ."),
        ({"thousands": "_"}, "--thousands should be , . ' or a space; got '_'"),
        ({"thousands": ""}, "--thousands should be , . ' or a space; got ''"),
    ],
)
def test_invalid_separators_are_refused(model, tmp_path, options, message):
    (tmp_path / "in.csv").write_text("x,y\n1,2\n")
    with pytest.raises(riskmodel.SituationError) as error:
        riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, **options)
    assert str(error.value) == message


@pytest.mark.parametrize(("exponent", "digits"), [(400, "400"), (5000, "5,000")])
@pytest.mark.parametrize("sign", [1, -1])
def test_integers_beyond_floats_in_a_frame(model, exponent, digits, sign):
    with pytest.raises(riskmodel.SituationError) as error:
        model.score_frame(pd.DataFrame({"x": pd.Series([1, sign * 10**exponent], dtype=object)}))
    message = f"column x, row 1: should be a finite number; got an integer of some {digits} digits"
    assert str(error.value) == message
