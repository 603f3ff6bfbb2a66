"""`riskmodel series`: its formats have what the library gives, and what is wrong with a table is one clear line."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from command import run

import riskmodel

YEARS = Path(__file__).parents[2] / "examples" / "us_russia_years.csv"
PANEL = """pair,month,military_activity,communication_frequency,espionage,dispute_history,peace_years
good,2025-01,3,9,5,0,12
good,2025-02,6,2,30,1,0
good,2025-04,5,3,20,1,0
single,2025-02,4,4,10,0,3
silent,2025-01,,,,,
silent,2025-02,,,,,
"""
TWICE = "twice,2025-01,3,4,5,0,1\ntwice,2025-01,4,4,5,0,1\n"
UNDATED = "undated,soon,3,4,5,0,1\nundated,2025-02,4,4,5,0,1\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "panel.csv").write_text(PANEL)
    return tmp_path


def series(folder, *words, table="panel.csv", **given):
    return run("series", table, "--by", "pair", "--time", "month", "--draws", "128", *words, cwd=folder, **given)


@pytest.fixture(scope="module")
def expected():
    return riskmodel.series(pd.read_csv(io.StringIO(PANEL)), by="pair", time="month", draws=128)


def test_csv_and_workbook_have_the_frame(folder, expected):
    done = series(folder, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    printed = pd.read_csv(io.StringIO(done.stdout))
    frame = expected.to_frame()
    assert list(printed) == list(frame)
    for name in frame.select_dtypes("number"):
        pd.testing.assert_series_equal(printed[name].astype(float), frame[name].astype(float), check_names=False)
    assert series(folder, "-o", "out.xlsx").returncode == 0
    sheets = pd.read_excel(folder / "out.xlsx", sheet_name=None, engine="calamine")
    assert sheets["Series"]["escalation_exact"].tolist() == pytest.approx(
        frame["escalation_exact"].tolist(), nan_ok=True, rel=1e-12
    )
    changes = sheets["Changes"].groupby(["pair", "month", "score"])["points"].sum()
    assert changes["good", "2025-02", "escalation"] == pytest.approx(frame["escalation_change"][1], abs=1e-9)


def test_json_is_the_dictionary_of_the_library(folder, expected):
    printed = json.loads(series(folder, "--format", "json").stdout)
    wanted = json.loads(json.dumps(expected.to_dict()))
    assert printed | {"source": wanted["source"]} == wanted
    assert printed["source"] == "panel.csv"


def test_a_table_may_come_from_standard_input(folder):
    from_file, piped = series(folder), series(folder, table="-", text=PANEL)
    assert piped.returncode == 0
    assert piped.stdout.splitlines()[10:] == from_file.stdout.splitlines()[10:]


@pytest.mark.parametrize("name", ["out.png", "out.svg", "out.pdf"])
def test_a_plot_is_written_beside_the_report(folder, name):
    done = series(folder, "--plot", name)
    assert done.returncode == 0
    assert done.stdout.startswith("Series of 3 units, 6 rows")
    assert (folder / name).stat().st_size > 5_000


def test_the_report_says_what_units_lack(folder):
    done = series(folder)
    assert "single has a single row, and no changes" in done.stdout
    assert "silent: no escalation risk at any time, data insufficient" in done.stdout
    assert "good between 2025-02 and 2025-04" in done.stdout


@pytest.mark.parametrize(
    ("bad", "unit", "reason"),
    [(TWICE, "twice", "2025-01 in several rows: line 8, line 9"), (UNDATED, "undated", "'soon' is not a time")],
    ids=["twice", "undated"],
)
def test_a_bad_unit_is_named_the_others_go_on_and_the_exit_code_says_so(folder, bad, unit, reason):
    whole = series(folder, "--format", "csv")
    (folder / "bad.csv").write_text(PANEL + bad)
    done = series(folder, "--format", "csv", table="bad.csv")
    assert (done.returncode, done.stdout) == (1, whole.stdout)
    assert unit in done.stderr
    assert reason in done.stderr
    report = series(folder, table="bad.csv")
    assert report.returncode == 1
    assert reason in report.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["series", "panel.csv", "--by", "pair"], "--time names the column of times; 'month' may be it"),
        (["series", "panel.csv", "--by", "pairs", "--time", "month"], "no column 'pairs'; did you mean 'pair'?"),
        (["series", "panel.csv", "--by", "pair", "--time", "mnth"], "no column 'mnth'; did you mean 'month'?"),
        (["series", "panel.csv", "--by", "pair", "--time", "pair"], "--by and --time are both 'pair'"),
        (["series", "panel.csv", "--time", "month"], "--by COLUMN,... names units"),
        (["series", "none.csv", "--time", "month"], "there is no such file"),
        (["series", "panel.csv", "--by", "pair", "--time", "month", "--draws", "1"], "draws are from 128 to 65,536"),
        (["series", "panel.csv", "--by", "pair", "--time", "month", "--plot", "x.gif"], ".png, .svg, .pdf"),
    ],
)
def test_what_cannot_be_used_is_one_error_and_nothing_is_written(folder, words, message):
    done = run(*words, "-o", "out.csv", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "out.csv").exists()


def test_the_example_of_the_docs_has_no_remark_on_its_rows():
    done = run("series", YEARS, "--by", "pair", "--time", "year", "--draws", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "left out" not in done.stdout
    assert "gaps" not in done.stdout
