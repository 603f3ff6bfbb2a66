"""The engines that other tests compare with are real: a PostgreSQL server, and LibreOffice Calc that recomputes."""

import math

import pytest
import xlsxwriter
from spreadsheets import CellError


def test_postgresql_keeps_null_and_nan_apart_and_doubles_exact(postgres):
    values = [0.1, math.nan, None, -1e308, 5e-324, 1 / 3]
    postgres.load("kept", {"x": values, "label": ["a", "b", None, "d", "", "f\n"], "n": [1, 2, 3, 4, 5, 6]})
    rows = postgres.rows("SELECT x, label, x = 'NaN' AS lost FROM kept ORDER BY n")
    assert repr([row["x"] for row in rows]) == repr(values)
    assert [row["label"] for row in rows] == ["a", "b", None, "d", "", "f\n"]
    assert [row["lost"] for row in rows] == [False, True, None, False, False, False]


def test_postgresql_takes_the_types_of_columns_and_goes_on_after_an_error(postgres):
    import psycopg

    postgres.load("typed", {"Single": [0.1]}, types={"Single": "real"})
    with pytest.raises(psycopg.errors.DivisionByZero):
        postgres.rows("SELECT 1 / 0")
    assert postgres.rows('SELECT "Single" = 0.1::double precision AS same FROM typed') == [{"same": False}]


@pytest.fixture(scope="module")
def recomputed(calc, tmp_path_factory):
    """Two workbooks with wrong results stored in them, recomputed in one run."""
    folder, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    for path, number in ((folder / "book.xlsx", 7), (other / "book.xlsx", 8)):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Canary")
            sheet.write("A1", number)
            sheet.write_formula("B1", "=A1*2", value=99)
            sheet.write_formula("D1", "=1/0", value=99)
            sheet.write_formula("E1", '=""', value=99)
            sheet.write_formula("F1", "=A1=7", value=99)
            sheet.write("G1", "#DIV/0!")
            book.add_worksheet("Second").write_formula("A1", "=Canary!B1/3", value=99)
    return calc(folder / "book.xlsx", other / "book.xlsx")


def test_calc_recomputes_formulas_whose_stored_results_are_wrong(recomputed):
    for book, number in zip(recomputed, (7, 8), strict=True):
        assert list(book) == ["Canary", "Second"]
        (row,) = book["Canary"]
        assert row[:2] == [number, 2 * number]
        assert row[5] is (number == 7)
        assert book["Second"] == [[pytest.approx(2 * number / 3, rel=1e-14)]]


def test_blanks_texts_and_errors_of_calc_are_kept_apart(recomputed):
    _, _, blank, error, no_text, _, text = recomputed[0]["Canary"][0]
    assert blank is None
    assert isinstance(error, CellError)
    assert error == "#DIV/0!"
    assert no_text == ""
    assert not isinstance(text, CellError)
