"""Small tables are read as text, with the lines of their rows."""

import csv

import pytest
import xlsxwriter

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.files import SourceFile
from riskmodel.sources.small_tables import SmallTable


@pytest.fixture
def table(tmp_path):
    """Return a function that opens a table with this content."""

    def opened(content, name="table.csv", bare=(), **spec):
        path = tmp_path / name
        path.write_bytes(content)
        return SmallTable(SourceFile(str(path)), SourceSpec(kind="table", path=(str(path),), **spec), ["a"], bare)

    return opened


def test_lines_are_where_rows_begin_in_a_file_with_line_breaks_in_cells(reference_data):
    path = reference_data / "events/ucdp/ged_23_1_sample_converted.csv"
    read = SmallTable(SourceFile(str(path)), SourceSpec(kind="ucdp_ged", path=(str(path),))).columns(["id", "side_a"])
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        before, expected = 0, []
        for row in rows:
            expected.append((before + 1, row))
            before = rows.line_num
    names = expected[0][1]
    assert len(read.line) == 1_000  # PROVENANCE: 1,000 rows
    assert read.line.tolist() == [line for line, _ in expected[1:]]
    for name in ("id", "side_a"):
        assert read.text[name].to_pylist() == [row[names.index(name)] for _, row in expected[1:]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_line_ends_and_blank_lines(table, delimiter):
    text = '\ufeffa,b\r\n 1 ,2\r\n\r\n"x\r\ny",""\r\n'.replace(",", delimiter)
    read = table(text.encode()).columns(["a"], ["b", "c"])
    assert read.line.tolist() == [2, 4]
    assert {name: cells.to_pylist() for name, cells in read.text.items()} == {"a": ["1", "x\r\ny"], "b": ["2", ""]}


def test_a_recipe_names_columns_and_constants(table):
    read = table(b"From,Other\n1,2\n3,4\n", columns={"a": "from", "b": "=USA-RUS"}).columns(["a", "b"])
    assert read.text["a"].to_pylist() == ["1", "3"]
    assert read.text["b"].to_pylist() == ["USA-RUS", "USA-RUS"]
    assert read.own_names == {"a": "From"}


def test_a_first_line_that_is_no_header_is_a_row_where_the_layout_is_known(table):
    assert table(b"1,2\n3,4\n", bare=("a", "b")).columns(["a"]).text["a"].to_pylist() == ["1", "3"]
    assert table(b"1,2\n3,4\n", bare=("a", "b")).columns(["a"]).line.tolist() == [1, 2]
    assert table(b"b,a\n3,4\n", bare=("a", "b")).columns(["a"]).text["a"].to_pylist() == ["4"]


def test_rows_are_shown_by_their_lines_without_blank_cells(table):
    assert table(b"a,b,c\n1,,x\n2,3,y\n").rows({2}) == [{"a": "1", "c": "x"}]


def test_sheets_are_read_as_text_with_their_rows(table, tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Flows")
        for row, cells in enumerate([["made by hand"], ["a", "b"], [1.5, "x"], [], [1985, "y"]]):
            sheet.write_row(row, 0, cells)
    read = table(path.read_bytes(), "book.xlsx").columns(["a", "b"])
    assert read.line.tolist() == [3, 5]
    assert read.text["a"].to_pylist() == ["1.5", "1985"]
    assert read.text["b"].to_pylist() == ["x", "y"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: it has no header"),
        (b"\n\na,b\n", ":1: starts with a blank line: it has no header"),
        (b"a,b\n1,2\n\n3\n", ":4: the line has 1 cell, and the header 2; is it cut off?"),
        (b'a,b\n1,"2\n3,4\n', ":2: the line is damaged: its quotes are broken"),
        (b"a,b\n1,2\n1,\xff\n", ":3: column 'b' is not UTF-8; save the file as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "has NUL bytes"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS, not the file"),
        (b"<!DOCTYPE html>\n<html>", "is HTML, such as the page of an error"),
        (b'{"a": [1]}', "is JSON; tables are read as CSV"),
        (b"PAR1\0\0", "is parquet; export it as CSV"),
        (b"a,a,b\n1,2,3\n", ":1: has two columns 'a'; rename one"),
        (b"a,bee\n1,2\n", ":1: there is no column 'b'; the file has 'a', 'bee'; `columns: {b: ITS NAME}`"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_error_with_its_line(table, content, message):
    with pytest.raises(SituationError) as caught:
        table(content).columns(["a", "b"])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"columns": {"aa": "b"}}, "`columns` of the recipe has 'aa', which is not read; did you mean 'a'?"),
        ({"columns": {"a": "colum b"}}, "there is no column 'colum b'; did you mean 'column b'?"),
        ({"sheet": "one"}, "`sheet` is for workbooks (.xlsx, .ods, .xls), and this is text; leave it out"),
    ],
)
def test_a_recipe_that_does_not_fit_the_table_is_one_error(table, spec, message):
    with pytest.raises(SituationError) as caught:
        table(b"a,column b\n1,2\n", **spec).columns(["a"])
    assert message in str(caught.value)
