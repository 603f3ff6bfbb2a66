"""The report on paper: its first page is complete, the rest is an annex, and it is printed to PDF."""

import subprocess
import sys
from pathlib import Path

import needs
import pytest
from command import run

import riskmodel
from riskmodel.documents.situations import from_values
from riskmodel.report import formatting, print_pdf
from riskmodel.report.account import account_groups
from riskmodel.report.html.full_report import report_document
from riskmodel.report.summary import summary

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = [EXAMPLES / "article_case.yaml", EXAMPLES / "case_1962_cuba.yaml", EXAMPLES / "case_2022_invasion.yaml"]


def text_of(path, page):
    """The words of a page of a PDF, in their order."""
    command = ["pdftotext", "-f", str(page), "-l", str(page), "-raw", str(path), "-"]
    return " ".join(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def first_page_of(assessment):
    """What the first page has to say."""
    yield assessment.heading
    yield assessment.date
    yield assessment.model.line
    for score in assessment.top_scores:
        yield f"{score.title} {formatting.number(score.reported, score.decimals)} of {score.out_of:g}"
        yield summary(assessment, score)
        for group in account_groups(assessment, score):
            yield group.title
            yield group.points
    for remark in formatting.missing_remarks(assessment):
        yield from remark
    yield from assessment.model.sources


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_first_page_is_complete(chrome, default_model, tmp_path, case, paper):
    needs.tools(["pdftotext"], "RISKMODEL_NEEDS_OFFICE")
    (situation,) = riskmodel.read_situations(case)
    page = chrome.new_page()
    page.set_content(report_document([(default_model, situation)]))
    page.pdf(path=tmp_path / "report.pdf", format=paper, prefer_css_page_size=True, print_background=True)
    page.close()
    first = text_of(tmp_path / "report.pdf", 1)
    for text in first_page_of(default_model.assess(situation)):
        assert " ".join(text.split()) in first, text
    assert "Annex" not in first
    assert text_of(tmp_path / "report.pdf", 2).startswith("Annex: the accounts, rules and values in full")


def test_a_large_model_has_groups_alone_on_its_first_page(default_model):
    names = [f"part_{index}" for index in range(40)]
    content = {
        "format": 1,
        "id": "large",
        "indicators": {name: {"scale": {"goalposts": [0, 1]}, "title": f"Title of {name}"} for name in names},
        "scores": {"risk": {"weights": dict.fromkeys(names, 1)}},
    }
    model = riskmodel.load_model(content)
    first, annex = report_document([(model, from_values(dict.fromkeys(names, 0.5)))]).split("Annex:")
    assert "Title of part_3" not in first
    assert ">Indicators<" in first
    assert "Title of part_3" in annex
    (situation,) = riskmodel.read_situations(CASES[0])
    assert "Military activity" in report_document([(default_model, situation)]).split("Annex:")[0]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of the command as PDF."""
    if print_pdf.browser() is None:
        needs.lacking("Chromium", "RISKMODEL_NEEDS_BROWSER")
    needs.tools(["pdftotext", "pdfinfo"], "RISKMODEL_NEEDS_OFFICE")
    path = tmp_path_factory.mktemp("paper") / "report.pdf"
    done = run("score", CASES[0], "-o", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.browser
def test_the_command_prints_the_report_on_a4(report, default_model):
    (situation,) = riskmodel.read_situations(CASES[0])
    first = text_of(report, 1)
    for text in first_page_of(default_model.assess(situation)):
        assert " ".join(text.split()) in first, text
    facts = subprocess.run(["pdfinfo", report], check=True, capture_output=True, text=True).stdout
    assert "(A4)" in facts
    assert "Date" not in facts
    assert "Tagged:          yes" in facts


@pytest.mark.browser
def test_equal_reports_are_equal_files(report):
    done = run("score", CASES[0], "--format", "pdf", data=b"")
    assert done.stdout == report.read_bytes()


def test_without_a_browser_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    if print_pdf.browser() is not None:
        pytest.skip("this machine has a browser in a fixed place")
    done = run("score", CASES[0], "--format", "pdf", PATH="")
    assert done.returncode == 2
    assert "apt install chromium" in done.stderr
    assert done.stdout == ""


def test_a_browser_that_fails_is_named_with_its_last_message(tmp_path, monkeypatch):
    program = tmp_path / "chromium"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint('first')\nprint('no display')\nsys.exit(3)\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(riskmodel.RiskmodelError, match=r"chromium printed no page: no display"):
        print_pdf.printed("<head></head>")
