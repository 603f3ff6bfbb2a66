"""`riskmodel model workbook`."""

import pytest
from command import ROOT, run
from openpyxl import load_workbook

EXAMPLES = ROOT / "examples"


def names_in(path):
    sheet = load_workbook(path)["Situations"]
    return [row[1].value for row in sheet.iter_rows(min_row=6) if row[1].value]


def test_a_model_alone_has_rows_to_type_in(tmp_path):
    done = run("model", "workbook", "core-four", "-o", "a.xlsx", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote a.xlsx: 0 situations\n")
    assert names_in(tmp_path / "a.xlsx") == []


@pytest.mark.parametrize("words", [[], ["bilateral-tension"]])
def test_situations_are_read_with_a_model_or_the_default_one(tmp_path, words):
    done = run("model", "workbook", *words, EXAMPLES / "dyad_months.csv", "-o", tmp_path / "a.xlsx")
    assert done.returncode == 0, done.stderr
    assert len(names_in(tmp_path / "a.xlsx")) == 40
    done = run("model", "workbook", *words, EXAMPLES / "case_1987_inf_treaty.yaml", "-o", tmp_path / "a.xlsx")
    assert done.returncode == 0, done.stderr
    assert names_in(tmp_path / "a.xlsx") == ["INF treaty and the Washington summit (1987)"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "a.ods"], "a.ods: should end in .xlsx\n1 error\n"),
        (["-o", "-"], "-: should end in .xlsx\n1 error\n"),
        (["-o", "none/a.xlsx"], "none/a.xlsx: there is no folder 'none'\n1 error\n"),
        (["core-four", "none.csv", "-o", "a.xlsx"], "none.csv: there is no such file\n1 error\n"),
        (["core-for", "-o", "a.xlsx"], "did you mean 'core-four'"),
    ],
)
def test_an_error_is_one_message_and_leaves_no_file(tmp_path, words, message):
    done = run("model", "workbook", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []
