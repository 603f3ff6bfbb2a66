"""`riskmodel series` with --digest, --since, --alert and --at: what is printed where, and the exit code."""

import json

import pandas as pd
import pytest
from by_hand_panel import PANEL_MODEL, panel
from command import run


@pytest.fixture
def folder(tmp_path):
    panel().to_csv(tmp_path / "table.csv", index=False)
    (tmp_path / "model.json").write_text(json.dumps(PANEL_MODEL))
    return tmp_path


def series(folder, *words):
    return run("series", "table.csv", "-m", "model.json", "--by", "pair", "--time", "month", *words, cwd=folder)


MET, NOT_MET = ("--alert", "risk >= 60"), ("--alert", "risk > 60")
LINE = "risk >= 60: met at 2026-04 by 1 unit: alpha 60.0 (high)"


@pytest.mark.parametrize("words", [("--draws", "0"), ("--digest",)])
@pytest.mark.parametrize("format_name", ["text", "markdown", "json"])
def test_an_alert_that_is_met_gives_exit_code_3_and_is_printed(folder, words, format_name):
    done = series(folder, *words, *MET, *NOT_MET, "--format", format_name)
    assert done.returncode == 3, done.stderr
    if format_name == "json":
        met, not_met = json.loads(done.stdout)["alerts"]
        assert (met["condition"], [unit["unit"] for unit in met["units"]]) == ("risk >= 60", ["alpha"])
        assert not_met["units"] == []
    else:
        assert LINE in done.stdout.replace("\\", "")
        assert "risk > 60: not met at 2026-04" in done.stdout.replace("\\", "")
    assert done.stderr == ""


def test_alerts_are_printed_beside_csv_and_files(folder):
    done = series(folder, "--draws", "0", *MET, "--format", "csv")
    assert (done.returncode, done.stderr) == (3, f"{LINE}\n")
    assert LINE not in done.stdout
    for ending in ("csv", "xlsx", "json", "md", "txt", "html"):
        done = series(folder, "--draws", "0", *MET, "-o", f"out.{ending}")
        assert (done.returncode, done.stdout, done.stderr) == (3, "", f"{LINE}\n")
        assert (folder / f"out.{ending}").exists()


def test_a_workbook_has_a_sheet_of_alerts(folder):
    words = ("--alert", "risk rises 30 in 1", "--alert", "risk rises 30 in 2")
    assert series(folder, "--draws", "0", *MET, *words, "-o", "out.xlsx").returncode == 3
    rows = pd.read_excel(folder / "out.xlsx", sheet_name="Alerts", engine="openpyxl").astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        ["risk >= 60", "2026-04", "met", "alpha", 60, "high", None, None],
        ["risk rises 30 in 1", "2026-04", "not met", None, None, None, None, None],
        ["risk rises 30 in 1", "2026-04", "undecided: no row 1 step earlier", "gamma", None, None, None, None],
        ["risk rises 30 in 2", "2026-04", "met", "alpha", 60, "high", 30, "2026-02"],
    ]
    series(folder, "--draws", "0", "-o", "calm.xlsx")
    assert "Alerts" not in pd.ExcelFile(folder / "calm.xlsx", engine="openpyxl").sheet_names


def test_an_alert_that_is_not_met_gives_exit_code_0(folder):
    for words in (("--draws", "0"), ("--digest",), ("--draws", "0", "--format", "csv")):
        done = series(folder, *words, *NOT_MET)
        assert done.returncode == 0
        assert "not met at 2026-04" in done.stdout + done.stderr


def test_files_that_have_the_alerts_are_written_without_a_word_unless_one_is_met(folder):
    assert series(folder, "--digest", *NOT_MET, "-o", "brief.md").stderr == ""
    assert "not met" in (folder / "brief.md").read_text()
    done = series(folder, "--digest", *NOT_MET, *MET, "-o", "brief.md")
    assert (done.returncode, done.stderr) == (3, f"{LINE}\n")
    done = series(folder, "--draws", "0", *NOT_MET, "-o", "series.xlsx")
    assert (done.returncode, done.stderr) == (0, "risk > 60: not met at 2026-04\n")


def test_an_alert_comes_before_a_unit_that_is_left_out(folder):
    frame = pd.concat([panel(), panel().query("pair == 'gamma'").tail(1)])
    frame.to_csv(folder / "table.csv", index=False)
    assert series(folder, "--digest", *MET).returncode == 3
    done = series(folder, "--digest", *NOT_MET)
    assert done.returncode == 1
    assert "cannot be decided for 1 unit: gamma (left out: 2026-04 in several rows" in done.stdout


def test_a_unit_without_a_row_is_not_calm(folder):
    done = series(folder, "--digest", *NOT_MET, "--at", "2026-03")
    assert done.returncode == 0
    assert "risk > 60: not met at 2026-03\n    cannot be decided for 1 unit: gamma (no row)" in done.stdout


def test_the_digest_in_every_format(folder):
    text = series(folder, "--digest")
    assert text.returncode == 0
    assert text.stdout.startswith("What changed: 2026-04\nRisk: 1 of 3 units crossed a band upward, 1 downward.\n")
    for ending in ("txt", "md", "json", "html"):
        done = series(folder, "--digest", "-o", f"brief.{ending}")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "brief.txt").read_text() == text.stdout
    assert json.loads((folder / "brief.json").read_text())["headline"].startswith("Risk: 1 of 3 units")
    page = (folder / "brief.html").read_text()
    assert page.startswith("<!doctype html>")
    assert (
        "<br>Exercises rose from 60 to 90 (per month); Yields rose from 20 to 30<br>High. Mostly high exercises.</li>"
        in page
    )


def test_what_an_earlier_run_gave_otherwise(folder):
    panel({("beta", 2): (50, 40)}, without=(4,)).to_csv(folder / "then.csv", index=False)
    old = ("series", "then.csv", "-m", "model.json", "--by", "pair", "--time", "month", "--draws", "0")
    assert run(*old, "-o", "old.csv", cwd=folder).returncode == 0
    done = series(folder, "--digest", "--since", "old.csv")
    assert done.returncode == 0
    assert "1 score differs in 8 rows up to 2026-03: beta 2026-02 Risk 50.0, was 45.0" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", "old.csv"), "--since is for a digest; add --digest"),
        (("--at", "2026-03"), "--at is the time of a digest or of alerts"),
        (("--digest", "--format", "csv"), "a digest is no table, and not written as csv"),
        (("--digest", "-o", "brief.xlsx"), "a digest is no table, and not written as xlsx"),
        (("--digest", "--plot", "brief.png"), "--plot is of the series"),
        (("--digest", "--weight-uncertainty", "20%"), "--weight-uncertainty is for intervals"),
        (("--digest", "--since", "old.csv"), "old.csv: there is no such file"),
        (("--digest", "--since", "-"), "--since takes a file, not standard input"),
        (("--digest", "--since", "table.csv"), "table.csv: there is no column risk or peace"),
        (("--digest", "--at", "2027-01", "-o", "brief.md"), "no row of table.csv has the time '2027-01'"),
        (("--alert", "risk => 60", "-o", "out.csv"), "alert 'risk => 60': an alert is like"),
    ],
)
def test_what_cannot_be_used_is_an_error(folder, words, message):
    before = sorted(folder.iterdir())
    done = series(folder, *words)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert sorted(folder.iterdir()) == before
