"""Results as CSV on standard output and as files: the same numbers in every format, complete or not at all."""

import csv
import io
import json
import sys
from pathlib import Path

import click
import openpyxl
import pytest
from command import run

from riskmodel.cli.main import main
from riskmodel.errors import RiskmodelError

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CASES = (EXAMPLES / "case_1962_cuba.yaml", EXAMPLES / "case_1991_start.yaml")
YEARS = EXAMPLES / "made_up_years.csv"
PANEL = (YEARS, "--id", "pair", "--time", "year")
COMMANDS = {
    "score": (("score", *CASES), ["Scores", "Account", "Rules", "Inputs"]),
    "compare": (("compare", *CASES), ["Points", "Scores"]),
    "ranking": (("compare", EXAMPLES / "dyad_months.csv", "--draws", 256), ["Ranking"]),
    "rank": (("rank", *PANEL), ["Ranking"]),
    "two models": (("compare", "table.csv", "-m", "first.json", "-m", "second.json"), ["Rows", "Movers"]),
    "aggregate": (("aggregate", YEARS, "--by", "pair"), ["Groups"]),
    "validate": (
        ("validate", YEARS, "--outcome", "dispute_next_year", "--time", "year", "--resamples", 20),
        ["Figures", "Bands", "Comparisons", "Rules"],
    ),
}


@pytest.fixture(autouse=True)
def small_models(tmp_path):
    """Two models of two indicators, and a table of theirs."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name, weight in (("first", 1), ("second", 3)):
        model = {
            "format": 1,
            "id": name,
            "indicators": {part: {"valid": [0, 1], "scale": {"goalposts": [0, 1]}} for part in ("p", "q")},
            "scores": {"risk": {"weights": {"p": weight, "q": 1}, "bands": {"low": 0, "high": 50}}},
        }
        (folder / f"{name}.json").write_text(json.dumps(model))
    (folder / "table.csv").write_text("id,p,q\na,1,0.2\nb,0.4,0.5\nc,,0.7\n")
    return folder


def done(*words, cwd=None, **options):
    process = run(*words, cwd=cwd, **options)
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_format_of_a_file(name, tmp_path, small_models):
    words, sheets = COMMANDS[name]
    for ending in ("csv", "xlsx", "json", "md", "txt"):
        assert done(*words, "-o", tmp_path / f"a.{ending}", cwd=small_models) == ""
    assert (tmp_path / "a.csv").read_text() == done(*words, "--format", "csv", cwd=small_models)
    assert (tmp_path / "a.md").read_text() == done(*words, "--format", "markdown", cwd=small_models)
    assert (tmp_path / "a.json").read_text() == done(*words, "--format", "json", cwd=small_models)
    assert (tmp_path / "a.txt").read_text() == done(*words, cwd=small_models)
    json.loads((tmp_path / "a.json").read_text())
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == [*sheets, "About"]
    header, *rows = csv.reader(io.StringIO((tmp_path / "a.csv").read_text()))
    cells = [[cell.value for cell in row] for row in book[sheets[0]].iter_rows()]
    assert cells[0] == header
    assert len(cells) == 1 + len(rows) > 1
    for row, values in zip(rows, cells[1:], strict=True):
        for text, value in zip(row, values, strict=True):
            if isinstance(value, int | float):
                assert float(text) == pytest.approx(value, rel=1e-14)
            else:
                assert text == (value or "")
    about = [(row[0].value, row[1].value) for row in book["About"].iter_rows() if row[0].value]
    assert [text for fact, text in about if fact == "Input"] == [
        str(word) for word in words if str(word).endswith((".csv", ".yaml"))
    ]
    fingerprints = [text for fact, text in about if fact == "Fingerprint"]
    assert len(fingerprints) == (2 if name == "two models" else 1)
    assert all(text.endswith("(SHA-256 of the model's content)") for text in fingerprints)
    assert any(fact == "Written" and " UTC by riskmodel " in text for fact, text in about)


def test_a_report_is_written_as_a_file(tmp_path):
    done("score", CASES[0], "-o", tmp_path / "a.html")
    assert (tmp_path / "a.html").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "a.pdf"), "'a.pdf' should end in one of .txt, .json, .md, .csv, .xlsx"),
        (("-o", "a"), "'a' should end in one of"),
        (("-o", "a.html"), "'a.html' should end in one of .txt, .json, .md, .csv, .xlsx"),
        (("--format", "json", "-o", "a.csv"), "--format json contradicts the ending .csv of 'a.csv'"),
        (("-o", "no/a.csv"), "there is no folder 'no'"),
    ],
)
def test_files_that_cannot_be_written_are_refused(words, message, tmp_path):
    process = run("rank", *PANEL, *words, cwd=tmp_path)
    assert process.returncode == 2
    assert message in process.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_an_input_is_never_overwritten(small_models):
    before = (small_models / "table.csv").read_text()
    process = run("rank", "table.csv", "-m", "first.json", "-o", "table.csv", cwd=small_models)
    assert process.returncode == 2
    assert "table.csv: is the input and the output at once; name another" in process.stderr
    assert (small_models / "table.csv").read_text() == before


def test_a_dash_is_standard_output():
    assert done("rank", *PANEL, "--format", "csv", "-o", "-") == done("rank", *PANEL, "--format", "csv")


def test_the_file_of_before_stays_where_a_run_fails(tmp_path):
    (tmp_path / "a.csv").write_text("before")
    assert run("rank", YEARS, "--time", "year", "-o", tmp_path / "a.csv").returncode == 2
    assert (tmp_path / "a.csv").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "small"}


def test_a_table_of_which_nothing_is_drawn_is_ranked_without_draws():
    fixed = done("compare", YEARS, "--id", "pair", "--time", "year", "--weight-uncertainty", 0)
    assert fixed == done("rank", *PANEL)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--within", "year"), "`riskmodel rank` ranks within groups"),
        (("-m", "core-four", "-m", "bilateral-tension", "--draws", 300), "--draws is of a ranking or of one situation"),
        (("-m", "core-four", "-m", "bilateral-tension", "-m", "core-four"), "a comparison of models needs two; got 3"),
        (("-m", "core-four", "-m", "core-four", CASES[0]), "over the rows of one table"),
        (("-m", "core-four", "-m", "core-four", "--plot", "a.png"), "--plot is of a ranking or of one situation"),
    ],
)
def test_options_of_other_comparisons_are_refused(words, message):
    process = run("compare", *PANEL, *words)
    assert process.returncode == 2
    assert message in " ".join(process.stderr.split())


def test_standard_input_is_ranked(small_models):
    words = ("rank", "-", "-m", "first.json", "--format", "csv")
    ranked = done(*words, text="id,p,q\na,0.1,0.2\nb,0.4,0.5\n", cwd=small_models)
    assert ranked == "id,risk,risk_band,risk_rank,risk_exact\na,15,low,2,15.000000000000002\nb,45,low,1,45\n"


@pytest.mark.parametrize("words", [("rank", *PANEL), ("series", YEARS, "--by", "pair", "--time", "year")])
def test_a_workbook_without_its_library_is_refused_before_any_work(words, tmp_path, monkeypatch):
    monkeypatch.setattr("riskmodel.extras.find_spec", lambda name: None)
    with pytest.raises(RiskmodelError, match=r"needs .*XlsxWriter.* \(the extras \[excel\] of riskmodel have it\)"):
        main.main([*map(str, words), "-o", str(tmp_path / "a.xlsx")], standalone_mode=False)
    assert list(tmp_path.glob("a.*")) == []


def test_a_document_is_not_printed_on_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(click.UsageError, match=r"docx is not shown on a terminal; write a file: -o FILE\.docx"):
        main(["score", str(CASES[0]), "--format", "docx"], standalone_mode=False)


def test_without_the_library_of_a_format_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(RiskmodelError, match=r"\[office\]"):
        main(["score", str(CASES[0]), "-o", "brief.docx"], standalone_mode=False)
