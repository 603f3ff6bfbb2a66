"""The geopolitical risk index is read from its monthly file, as CSV or as a workbook."""

import datetime
import subprocess

import pytest
import xlsxwriter

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import gpr
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import SourceFile

ROWS = (
    ("month", "GPR", "GPRT", "GPRH", "SHARE_GPR", "N10", "GPRC_RUS", "GPRHC_RUS", "GPRC_HKG", "var_name", "var_label"),
    (datetime.date(1984, 12, 1), "", "", 70.5, "", 900, "", 0.25, "", "GPR", "Recent GPR Index (Index: 1985:2019=100)"),
    (datetime.date(1985, 1, 1), 80.25, 81, 71, 1.5, 901, 0.5, 0.75, 0.1, "GPRH", "Historical GPR Index"),
    ("", "", "", "", "", "", "", "", "", "GPRT", "Threats"),
)
LEVELS = [
    (2, "world", 179, "GPRH", 70.5),  # December 1984 is 14 x 12 + 11 months after January 1970
    (2, "RUS", 179, "GPRHC", 0.25),
    (3, "world", 180, "GPR", 80.25),
    (3, "world", 180, "GPRT", 81.0),
    (3, "world", 180, "GPRH", 71.0),
    (3, "RUS", 180, "GPRC", 0.5),
    (3, "RUS", 180, "GPRHC", 0.75),
]


def read(path):
    """Return the levels of a file as tuples, and the tally."""
    levels, tally = gpr.read(SourceFile(str(path)), SourceSpec(kind="gpr", path=(str(path),)))
    assert set(levels.months.tolist()) <= {1}
    assert set(levels.state_b.tolist()) <= {-2}
    names = ["world" if state == -2 else STATES[state].iso3 for state in levels.state_a.tolist()]
    columns = [levels.columns[column] for column in levels.column.tolist()]
    rows = zip(levels.line.tolist(), names, levels.month.tolist(), columns, levels.value.tolist(), strict=True)
    return list(rows), tally


@pytest.fixture
def workbook(tmp_path):
    """Return the path of the index as a workbook, with months as dates."""
    path = tmp_path / "data_gpr_export.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, dates = book.add_worksheet("Sheet1"), book.add_format({"num_format": "m/d/yyyy"})
        for number, cells in enumerate(ROWS):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime.date):
                    sheet.write_datetime(number, column, cell, dates)
                elif cell != "":
                    sheet.write(number, column, cell)
    return path


def test_the_index_of_the_world_and_of_states_by_month(write):
    lines = (",".join(f'"{cell}"' if "," in str(cell) else str(cell) for cell in row) for row in ROWS)
    levels, tally = read(write("data_gpr_export.csv", "\n".join(lines) + "\n"))
    assert levels == LEVELS
    assert (tally.rows, tally.dropped) == (3, {"no month": 1})
    assert tally.mended == {"values of GPRC_HKG left out, which is of no state": 1}


def test_a_workbook_has_the_same_levels(workbook):
    levels, tally = read(workbook)
    assert levels == LEVELS
    assert (tally.rows, tally.dropped) == (3, {"no month": 1})
    shown = gpr.show(SourceFile(str(workbook)), SourceSpec(kind="gpr", path=("x",)), {3})
    assert shown[0]["GPRHC_RUS"] == "0.75"


@pytest.mark.slow
def test_a_workbook_of_old_excel_has_the_same_levels(workbook, calc):
    profile = f"-env:UserInstallation={(calc.folder / 'profile').as_uri()}"
    command = ["localc", profile, "--headless", "--convert-to", "xls", "--outdir", workbook.parent, workbook]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    levels, tally = read(workbook.with_suffix(".xls"))
    assert levels == LEVELS
    assert tally.rows == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,GPR\n2018-01,90\n", ":1: there is no column 'month'; the file has 'date', 'GPR'"),
        ("month,value\n2018-01,90\n", ":1: has no column such as GPR or GPRC_USA"),
        ("month,GPR\n1/1/1985,90\n", ":2: column 'month': '1/1/1985' is ambiguous"),
        ("month,GPR\n1985-01,high\n", ":2: column 'GPR': 'high' is no number such as 1234.5"),
        ("month,GPR\n1985-01,1\n1985-01-31,2\n", ":3: column 'GPR': '2' is a second value for the same"),
        ("\ufeffmonth;GPR\n1985-01;1,5\n", ":2: column 'GPR': '1,5' is no number such as 1234.5"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error_with_its_line(write, text, message):
    with pytest.raises(SituationError) as caught:
        read(write("gpr.csv", text))
    assert message in str(caught.value)


def test_a_damaged_workbook_of_old_excel_is_one_error(tmp_path):
    path = tmp_path / "data_gpr_export.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SituationError, match="is cut off, damaged, or no workbook"):
        read(path)
