"""Tables in workbooks: the sheet and the headings, cells of all kinds, and what a sheet hides."""

import datetime
import io
import re
import zipfile

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import MODEL, parquet
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Alignment

import riskmodel
from riskmodel import SituationError
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader
from riskmodel.tables.spreadsheet import sheets as workbook_sheets
from riskmodel.tables.spreadsheet import survey as workbook_survey
from riskmodel.tables.spreadsheet.reader import WorkbookContent
from riskmodel.tables.spreadsheet.survey import Position, survey_xlsx

NAMES = ("x", "y", "mood")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return riskmodel.load_model(path)


def saved(book):
    """Return the bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def made(**sheets):
    """Return the bytes of a workbook whose sheets are lists of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def content(data, sheet=None, skip_rows=None):
    """Return the table in a workbook."""
    return WorkbookContent(InputFile(io.BytesIO(data), "book.xlsx", len(data)), NAMES, sheet, skip_rows)


def columns(table):
    """Return the columns of a table without its blank rows, as lists."""
    batches = list(table.batches(3))
    rows = pa.Table.from_batches([batch.content for batch in batches], table.schema)
    kept = ~np.concatenate([np.empty(0, dtype=bool), *(batch.blank for batch in batches)])
    return rows.filter(pa.array(kept)).to_pydict()


def refusal(data, **options):
    with pytest.raises(SituationError) as caught:
        content(data, **options)
    return str(caught.value)


TABLE = [["id", "x", "y"], ["a", 1, 2.5], ["b", 3, None]]


class TestSheetAndHeadings:
    def test_one_table_at_the_top(self):
        table = content(made(Scores=TABLE))
        assert columns(table) == {"id": ["a", "b"], "x": [1, 3], "y": [2.5, None]}
        assert (table.name, table.rows_before) == ("book.xlsx, sheet 'Scores'", 1)

    def test_headings_below_a_merged_title_and_blank_leading_columns(self):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet["C2"] = "Index of everything"
        sheet.merge_cells("C2:E3")
        for row, cells in enumerate(TABLE, 6):
            for column, value in enumerate(cells, 3):
                sheet.cell(row, column, value)
        table = content(saved(book))
        assert columns(table) == {"id": ["a", "b"], "x": [1, 3], "y": [2.5, None]}
        assert (table.rows_before, table.letters["x"]) == (6, "Sheet!D")

    def test_the_sheet_with_the_most_names_is_read(self):
        notes = [["Notes"], ["x is a number"]]
        empty = []
        table = content(made(Notes=notes, Nothing=empty, Part=[["id", "x"], ["z", 1]], Data=TABLE))
        assert table.remarks[0] == "read sheet 'Data' of 4, with the headings in row 1"

    def test_sheets_that_could_both_be_it_are_listed(self):
        assert refusal(made(A=TABLE, Notes=[["text"]], B=TABLE)) == (
            "book.xlsx: the sheets 'A', 'B' have 2 columns of the model each; --sheet chooses one. Sheet 1 'A': row 1 "
            "has 'id', 'x', 'y'; 2 'Notes': row 1 has 'text'; 3 'B': row 1 has 'id', 'x', 'y'"
        )

    def test_sheets_without_a_name_of_the_model_are_listed(self):
        message = refusal(made(A=[["land", "mil"], ["a", 1]], B=[["land", "esp"], ["a", 2]]))
        assert message.startswith(
            "book.xlsx: no sheet has a column that is an indicator; --sheet chooses one, and --map "
        )
        assert message.endswith("Sheet 1 'A': row 1 has 'land', 'mil'; 2 'B': row 1 has 'land', 'esp'")

    def test_the_headings_of_a_single_sheet_are_guessed_so_that_a_map_can_be_made(self):
        table = content(made(A=[["A title"], [], ["land", "mil"], ["a", 1]]))
        assert columns(table) == {"land": ["a"], "mil": [1]}

    @pytest.mark.parametrize("sheet", ["B", "2", 2])
    def test_a_sheet_is_chosen_by_name_or_number(self, sheet):
        assert columns(content(made(A=TABLE, B=[["x"], [7]]), sheet=sheet)) == {"x": [7]}

    def test_a_name_of_digits_goes_before_a_number(self):
        data = made(**{"2": [["x"], [1]], "1": [["x"], [2]]})
        assert columns(content(data, sheet="1")) == {"x": [2]}

    @pytest.mark.parametrize("sheet", ["Dat", "0", "3", "x"])
    def test_a_sheet_that_does_not_exist(self, sheet):
        message = refusal(made(Data=TABLE, Notes=[]), sheet=sheet)
        hint = "did you mean 'Data'?" if sheet == "Dat" else "known: Data, Notes"
        assert message == f"book.xlsx: there is no sheet {sheet!r}; {hint}"

    def test_stated_rows_before_the_headings(self):
        data = made(A=[["x"], ["id"], ["x", "y"], [1, 2]])
        assert columns(content(data, skip_rows=2)) == {"x": [1], "y": [2]}
        assert refusal(data, skip_rows=4).startswith("book.xlsx: no sheet has more than 4 rows. Sheet 1 'A'")

    def test_empty_and_chart_sheets_have_no_table(self):
        book = openpyxl.Workbook()
        book.create_chartsheet("Chart")
        assert "1 'Sheet': empty; 2 'Chart': empty" in refusal(saved(book))


class TestOds:
    """The sheets of an OpenDocument file, written as LibreOffice writes them."""

    def read(self, rows):
        sheet = f"""<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
            xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.3"
            xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
            xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body>
            <office:spreadsheet><table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body>
            </office:document-content>"""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", sheet)
            archive.writestr("META-INF/manifest.xml", "<manifest/>")
        return buffer.getvalue()

    def row(self, *cells, **attributes):
        listed = " ".join(f'table:{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        return f"<table:table-row {listed}>{''.join(cells)}</table:table-row>"

    def text(self, text, more=""):
        return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'

    def number(self, number, more="", kind="float", tag="table-cell"):
        value = f'office:value-type="{kind}" office:value="{number}"'
        return f"<table:{tag} {value} {more}><text:p>{number}</text:p></table:{tag}>"

    def test_errors_and_repeated_cells(self):
        error = '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
        repeated = f'{error} table:number-columns-repeated="2" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        rows = self.row(self.text("x"), self.text("y"), self.text("z")) + self.row(
            self.number(1), f"{repeated}</table:table-cell>", number_rows_repeated=2
        )
        assert columns(content(self.read(rows))) == {"x": [1, 1], "y": ["#DIV/0!"] * 2, "z": ["#DIV/0!"] * 2}

    def test_percentages_hidden_rows_and_covered_values(self):
        rows = (
            self.row(self.text("x"), self.text("y"))
            + self.row(self.number(0.12, kind="percentage"), self.number(1), visibility="collapse")
            + self.row(self.number(3), self.number(9, tag="covered-table-cell"))
        )
        table = content(self.read(rows))
        assert columns(table) == {"x": [0.12, 3], "y": [1, 9]}
        assert table.remarks[1:] == [
            "1 hidden row of the sheet read like all others",
            "warning: x shows 1 cell as a percentage, which is read as a share: 12 % is 0.12",
            "warning: values that merged cells cover are read: B3",
        ]

    def test_a_sheet_too_large_is_refused(self):
        rows = self.row(self.text("x")) + self.row(
            self.number(1, 'table:number-columns-repeated="1000"'), number_rows_repeated=100_000
        )
        assert "sheet 'A' has 100,001,000 cells from the first to the last" in refusal(self.read(rows))


class TestHeadings:
    def test_no_name_and_the_same_name_twice(self):
        table = content(made(A=[["id", "Rank", None, "x", "Rank"], ["a", 1, "note", 2, 3]]))
        assert columns(table) == {"id": ["a"], "Rank": [1], "column C": ["note"], "x": [2], "Rank (E)": [3]}
        assert table.remarks[1:] == [
            "the column C is called 'column C': it has no heading",
            "the column E is called 'Rank (E)': its heading 'Rank' is that of another",
        ]

    def test_blank_columns_that_keep_others_apart_are_left_out(self):
        assert list(columns(content(made(A=[["id", None, "x"], ["a", None, 2]])))) == ["id", "x"]

    def test_an_indicator_twice_is_an_error_that_names_the_cells(self):
        assert refusal(made(A=[["id", "x", "x"], ["a", 1, 2]])) == (
            "book.xlsx, sheet 'A': duplicate column 'x' in B1 and C1; rename one"
        )

    def test_lines_and_spaces_of_a_heading_become_one_space(self):
        assert list(columns(content(made(A=[[" Total\n score ", "x"], [1, 2]])))) == ["Total score", "x"]

    def test_years_as_headings(self):
        row = [2020, datetime.date(2021, 1, 1), "x"]
        assert list(columns(content(made(A=[row, [1, 2, 3]])))) == ["2020", "2021-01-01", "x"]


class TestCells:
    def test_each_kind_as_text_beside_text(self):
        values = [2020, 0.1, "007", "12,5", datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 8, 30), True, "é"]
        texts = ["2020", "0.1", "007", "12,5", "2020-01-01", "2020-01-01T08:30:00", "TRUE", "é"]
        assert columns(content(made(A=[["x", "other"], *([1, value] for value in values)])))["other"] == texts

    def test_text_of_digits_stays_text(self):
        assert columns(content(made(A=[["x", "code"], [1, "007"], [2, "12"]])))["code"] == ["007", "12"]

    def test_blank_rows_are_no_rows(self, model):
        table = content(made(A=[["id", "x"], ["a", 1], [], ["b", 2], [None, None], ["c", 3]]))
        assert columns(table)["x"] == [1, 2, 3]
        assert [batch.blank.tolist() for batch in table.batches(10)] == [[False, True, False, True, False]]

    @settings(deadline=None, max_examples=50)
    @given(
        st.lists(
            st.tuples(
                st.integers(-(10**6), 10**6).map(lambda number: number / 64) | st.none(),
                st.text(st.characters(exclude_categories=("C",), exclude_characters="=#"), max_size=8).map(str.strip)
                | st.integers(-99, 99)
                | st.none(),
            ),
            max_size=30,
        )
    )
    def test_what_was_written_is_read(self, rows):
        read = columns(content(made(A=[["x", "y"], *map(list, rows)])))
        rows = [row for row in rows if row[0] is not None or row[1] not in (None, "")]
        assert read["x"] == [x for x, _ in rows]
        has_text = any(isinstance(y, str) and y for _, y in rows)
        assert read["y"] == [None if y in (None, "") else str(y) if has_text else y for _, y in rows]


class TestWhatASheetHides:
    def test_errors_are_not_blank_cells(self, model, tmp_path):
        data = made(A=[["id", "x"], ["a", 1], ["b", "#N/A"], ["c", "#DIV/0!"], ["d", None]])
        (tmp_path / "in.xlsx").write_bytes(data)
        result = riskmodel.score_file(tmp_path / "in.xlsx", tmp_path / "out.csv", model)
        assert (result.rows_in, result.rows_out, result.rows_rejected) == (4, 2, 2)
        assert (tmp_path / "out.csv.rejects.csv").read_text("utf-8").splitlines() == [
            "row,id,column,value,reason",
            "3,b,x,#N/A,\"should be a number; got '#N/A'; if it stands for a missing value, "
            "--missing '#N/A' reads it\"",
            "4,c,x,#DIV/0!,should be a number; got '#DIV/0!'",
        ]

    def test_a_message_names_sheet_and_cell(self, model, tmp_path):
        (tmp_path / "in.xlsx").write_bytes(made(**{"My data": [[], [], ["id", None, "x"], ["a", None, "#N/A"]]}))
        with pytest.raises(SituationError) as caught:
            riskmodel.score_file(tmp_path / "in.xlsx", tmp_path / "out.csv", model, max_rejects=0)
        assert "in.xlsx: cell 'My data'!C4, column x: should be a number; got '#N/A'" in str(caught.value)

    def test_numbers_beside_an_error_are_numbers_in_parquet(self, model, tmp_path):
        (tmp_path / "in.xlsx").write_bytes(made(A=[["id", "x"], ["a", 1.25], ["b", "#N/A"]]))
        riskmodel.score_file(tmp_path / "in.xlsx", tmp_path / "out.parquet", model)
        assert pq.read_table(tmp_path / "out.parquet")["x"].to_pylist() == [1.25]

    def test_years_that_are_shown_as_dates(self):
        rows = [["x", "year", "born"], [1, 2020, 1], [2, 2021, datetime.date(1905, 7, 12)]]
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for cell in ("B2", "B3"):
            book.active[cell].number_format = "yyyy"
        assert content(saved(book)).remarks[1:] == [
            "warning: 'year' has dates of 1904 to 1906 alone, such as 1905-07-12: are they years, typed as numbers and "
            "shown as dates?"
        ]

    def test_numbers_are_numbers_whatever_the_decimal_mark_of_text(self, model, tmp_path):
        (tmp_path / "in.xlsx").write_bytes(made(A=[["id", "x", "y"], ["a", 1.5, 2.5], ["b", "2,5", None]]))
        riskmodel.score_file(tmp_path / "in.xlsx", tmp_path / "out.parquet", model, decimal=",")
        assert pq.read_table(tmp_path / "out.parquet").select(["x", "y"]).to_pydict() == {
            "x": [1.5, 2.5],
            "y": [2.5, None],
        }
        riskmodel.score_file(tmp_path / "in.xlsx", tmp_path / "out.csv", model, decimal=",", columns=["x", "y"])
        assert (tmp_path / "out.csv").read_text("utf-8").splitlines()[1:] == ['"1,5","2,5"', '"2,5",']

    def test_formulas_without_a_stored_value(self):
        table = content(made(A=[["id", "x"], ["a", "=1+1"], ["b", 2]]))
        assert columns(table)["x"] == ["=1+1", "2"]
        assert table.remarks[1].startswith("warning: formulas without a stored value: B2; open the workbook")

    @pytest.mark.parametrize("empty", [b"<v />", b"<v/>", b"<v></v>", b""])
    def test_every_spelling_of_a_missing_value_of_a_formula(self, empty):
        def respelled(text):
            return re.sub(rb"</f>(<v ?/>|<v></v>)", b"</f>" + empty, text)

        table = content(rewritten(made(A=[["x"], ["=1+1"], [2]]), SHEET, respelled))
        assert columns(table)["x"] == ["=1+1", "2"]

    def test_percentages(self):
        book = openpyxl.Workbook()
        for row in (["x", "share"], [0.12, 0.5]):
            book.active.append(row)
        for cell in ("A2", "B2"):
            book.active[cell].number_format = "0.0%"
        assert content(saved(book)).remarks[1:] == [
            "warning: x shows 1 cell as a percentage, which is read as a share: 12 % is 0.12"
        ]

    def test_merged_cells_of_an_indicator(self):
        book = openpyxl.Workbook()
        for row in (["id", "x", "z"], ["a", 1, 1], ["b", None, None]):
            book.active.append(row)
        book.active.merge_cells("B2:B3")
        book.active.merge_cells("C2:C3")
        table = content(saved(book))
        assert columns(table)["x"] == [1, None]
        assert table.remarks[1:] == ["warning: x: the cells B2:B3 are merged, and only the first of them has the value"]

    def test_hidden_rows_and_sheets_are_read_and_counted(self):
        book = openpyxl.Workbook()
        book.active.title = "Shown"
        sheet = book.create_sheet("Kept")
        sheet.sheet_state = "veryHidden"
        for row in TABLE:
            sheet.append(row)
        sheet.row_dimensions[2].hidden = True
        table = content(saved(book))
        assert columns(table)["x"] == [1, 3]
        assert table.remarks[1:] == ["the sheet 'Kept' is hidden", "1 hidden row of the sheet read like all others"]

    @pytest.mark.parametrize("shift", [0, 40])
    def test_a_sheet_too_large_is_refused_before_its_cells_are_read(self, shift, monkeypatch):
        book = openpyxl.Workbook()
        book.active.cell(1, 1 + shift, "x")
        book.active.cell(200_000, 700 + shift, 1)
        monkeypatch.setattr("python_calamine.CalamineWorkbook.get_sheet_by_index", None, raising=False)
        assert refusal(saved(book)) == (
            "book.xlsx: sheet 'Sheet' has 140,000,000 cells from the first to the last with content; up to 32,000,000 "
            "are read; delete what stands far away, or export the sheet as CSV"
        )

    def test_formats_without_content_need_no_memory(self):
        book = openpyxl.Workbook()
        for row in TABLE:
            book.active.append(row)
        book.active.cell(200_000, 700).alignment = Alignment(horizontal="left")
        assert columns(content(saved(book)))["x"] == [1, 3]


CELL = st.one_of(st.integers(-9, 9), st.sampled_from(["", "a", "#N/A", "=A1", 't="e"', None]), st.floats(-1, 1))


class TestSurvey:
    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.lists(CELL, max_size=30), max_size=6), st.sampled_from([0, 3]), st.booleans())
    def test_the_quick_search_misses_nothing(self, rows, hidden, is_percent):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        if hidden:
            book.active.row_dimensions[hidden].hidden = True
        if is_percent:
            book.active["B2"].number_format = "0%"
        archive = zipfile.ZipFile(io.BytesIO(saved(book)))
        part, styles = "xl/worksheets/sheet1.xml", workbook_survey.percent_styles(archive)
        survey = survey_xlsx(archive, part, styles)
        cells = {
            Position(row, column): value
            for row, line in enumerate(rows)
            for column, value in enumerate(line)
            if value not in ("", None)
        }
        assert survey.errors == {place: value for place, value in cells.items() if value == "#N/A"}
        assert survey.uncomputed == {place: value for place, value in cells.items() if value == "=A1"}
        filled = {place.row for place in cells}
        assert survey.hidden_rows == (hidden - 1 in filled if hidden else 0)
        shown = cells.get(Position(1, 1))
        assert sum(survey.percentages.values()) == (is_percent and isinstance(shown, int | float))

    def test_cells_without_positions_are_counted(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(
                "s.xml",
                "<w:worksheet xmlns:w='a'><w:sheetData><w:row/><w:row><w:c/><w:c t='e'><w:v>#REF!</w:v>"
                "</w:c></w:row></w:sheetData></w:worksheet>",
            )
        survey = survey_xlsx(zipfile.ZipFile(buffer), "s.xml", ())
        assert (survey.cells, survey.errors) == (1, {Position(1, 1): "#REF!"})

    def test_entities_are_refused(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("s.xml", '<!DOCTYPE a [<!ENTITY b "c">]><c t="e">&b;</c>')
        with pytest.raises(SituationError, match="declares entities"):
            survey_xlsx(zipfile.ZipFile(buffer), "s.xml", ())

    @pytest.mark.parametrize(("letters", "number"), [("A", 0), ("Z", 25), ("AA", 26), ("XFD", 16_383)])
    def test_letters_of_columns(self, letters, number):
        assert workbook_survey.column_letters(number) == letters
        assert workbook_survey.column_number(letters) == number + 1


def rewritten(data, part, change):
    """Return a workbook with one part of its archive changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, change(text) if name == part else text)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


class TestDamage:
    def test_an_error_that_the_library_cannot_read(self):
        data = rewritten(
            made(A=[["x", "y"], [1, "#N/A"], [2, 3]]), SHEET, lambda text: text.replace(b"#N/A", b"#SPILL!")
        )
        assert refusal(data) == "book.xlsx: sheet 'A' has errors in cells that cannot be read: B2 #SPILL!"

    def test_another_sheet_can_be_read_beside_one_that_cannot(self):
        data = rewritten(made(A=[["x"], ["#N/A"]], B=TABLE), SHEET, lambda text: text.replace(b"#N/A", b"#SPILL!"))
        assert refusal(data).endswith("cannot be read: A2 #SPILL!; --sheet reads another one alone")
        assert columns(content(data, sheet="B"))["x"] == [1, 3]

    def test_a_part_that_is_too_large(self, monkeypatch):
        monkeypatch.setattr(workbook_sheets, "MAX_XML", 1 << 10)
        assert "has a part of more than" in refusal(made(A=[["x"], *([number] for number in range(200))]))

    def test_a_sheet_that_is_not_well_formed(self):
        data = rewritten(made(A=[["x"], ["=1"]]), SHEET, lambda text: text.replace(b"</row>", b"", 1))
        assert "is cut off, damaged, or no workbook: " in refusal(data)

    def test_a_workbook_in_binary_format_is_named(self):
        data = rewritten(made(A=TABLE), "", bytes).replace(b"xl/workbook.xml", b"xl/workbook.bin")
        assert refusal(data) == "book.xlsx: is a workbook (.xlsb); save it as .xlsx"

    @pytest.mark.parametrize("keep", [30, 200, -30])
    def test_a_workbook_that_is_cut_off(self, keep):
        assert "is cut off, damaged, or no workbook" in refusal(made(A=TABLE)[:keep])

    def test_a_zip_archive_that_is_no_workbook(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.csv", "x\n1\n")
        assert refusal(buffer.getvalue()) == "book.xlsx: is a zip archive; unpack it"

    def test_an_extra_that_is_not_installed(self, monkeypatch):
        monkeypatch.setattr("riskmodel.extras.find_spec", lambda name: None)
        with pytest.raises(riskmodel.RiskmodelError, match="this needs python-calamine"):
            content(made(A=TABLE))


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (b"x\n1\n", {"sheet": "A"}, "--sheet is for workbooks (.xlsx, .ods); leave it out"),
        (
            parquet(pa.table({"x": [1.0]})),
            {"skip_rows": 1},
            "--skip-rows is for CSV and workbooks; leave it out",
        ),
        (made(A=TABLE), {"encoding": "cp1252"}, "--encoding is for CSV; leave it out"),
    ],
)
def test_options_of_other_formats_are_refused(model, data, options, message):
    with pytest.raises(SituationError) as caught:
        open_reader(InputFile(io.BytesIO(data), "in", len(data)), model.spec, TableOptions(**options))
    assert str(caught.value).startswith(f"in: {message}")


def test_a_workbook_is_recognised_by_its_content(model, tmp_path):
    data = made(A=TABLE)
    reader = open_reader(InputFile(io.BytesIO(data), "table.csv", len(data)), model.spec, TableOptions())
    assert reader.names == ["id", "x", "y"]
