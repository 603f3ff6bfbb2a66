"""`riskmodel outlook SITUATION --influences`: formats, files and refusals."""

import json

import pandas as pd
import pytest
from command import run

CASE = "examples/article_case.yaml"
STEP = ("--if", "communication_frequency = 8 from 2026-12")


def follow(*words):
    return run("outlook", CASE, "--influences", *words)


def test_the_first_line_of_the_text_says_that_it_is_theory():
    done = follow(*STEP)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "What follows from a step: Two powers that have cut back their talks"
    assert lines[1].startswith("Theory, not data:")
    assert "step: Communication frequency = 8 from 2026-12 (official contacts per month)" in lines
    assert "2027-10" in done.stdout
    assert "Silence raises readiness" in done.stdout


def test_without_a_step_the_text_says_that_nothing_moves():
    done = follow()
    assert "no step: nothing deviates from the start, so nothing moves" in done.stdout
    assert done.stdout.splitlines()[-1].strip() == "nothing"


def test_json_markdown_and_csv_have_the_same_numbers():
    data = json.loads(follow(*STEP, "--format", "json").stdout)
    frame = pd.read_csv(pd.io.common.StringIO(follow(*STEP, "--format", "csv").stdout))
    escalation = data["scores"]["escalation"]
    rows = frame[frame["score"] == "escalation"]
    assert rows["month"].tolist() == data["months"]
    assert rows["with"].tolist() == escalation["reported"]
    assert rows["difference"].tolist() == pytest.approx(escalation["differences"])
    assert rows["p95"].tolist() == pytest.approx(escalation["quantiles"]["0.95"])
    markdown = follow(*STEP, "--format", "markdown").stdout
    assert markdown.startswith("# What follows from a step")
    assert f"| {data['months'][-1]} | {escalation['reported'][-1]} |" in markdown


def test_csv_says_beside_the_data_that_it_is_theory():
    assert follow(*STEP, "--format", "csv").stderr.startswith("Theory, not data")


def test_files_and_plots_are_written(tmp_path):
    for name in ("out.html", "out.xlsx", "out.md"):
        assert follow(*STEP, "-o", tmp_path / name).returncode == 0
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "Theory, not data" in page
    assert "data:image/svg+xml" in page
    sheets = pd.read_excel(tmp_path / "out.xlsx", sheet_name=None, engine="openpyxl")
    assert {"Months", "Account", "Indicators", "Changes"} <= set(sheets)
    assert follow(*STEP, "--plot", tmp_path / "plot.svg").returncode == 0
    plot = (tmp_path / "plot.svg").read_text("utf-8")
    assert "svg" in plot


def test_long_horizons_show_some_months_and_say_so():
    done = follow("--if", "communication_frequency = 8", "--horizon", "60")
    assert "every 3 months; --format csv has all" in done.stdout
    assert "2031-10" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((CASE,), "is a situation, which has no past to carry forward: give a table, or follow what the theory"),
        ((CASE, "--influences", "--by", "pair"), "--by is of a table"),
        ((CASE, "--influences", "--decimal", ","), "--decimal is of a table"),
        (("examples/dyad_months.csv", "--if", "espionage = 1"), "--if is of a situation"),
        (("examples/dyad_months.csv", "--start", "2026-12"), "--start is of a situation"),
        ((CASE, "--influences", "-m", "core-four"), "not an indicator of model 'core-four'"),
        (("nothing.yaml", "--influences"), "nothing.yaml: there is no such file"),
        ((CASE, "--influences", "--if", "communication_frequency = -1"), "the nearest valid value is 0"),
        ((CASE, "--influences", "--plot", "x.gif"), "a plot ends in"),
        ((CASE, "--influences", "-o", "x.yaml"), "should end in"),
    ],
)
def test_what_does_not_fit_is_refused(words, message, tmp_path):
    done = run("outlook", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_file_with_several_situations_is_refused(tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text("situations:\n  - values: {espionage: 1}\n  - values: {espionage: 2}\n")
    done = run("outlook", file, "--influences")
    assert done.returncode == 2
    assert "has 2 situations; a simulation starts from one" in done.stderr
