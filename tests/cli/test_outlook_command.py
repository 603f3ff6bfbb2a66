"""`riskmodel outlook`: the same numbers in every format, and clear refusals."""

import csv
import io
import json
from pathlib import Path

import pytest
from command import run

YEARS = Path(__file__).parents[2] / "examples" / "made_up_years.csv"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """One pair of the example."""
    lines = YEARS.read_text(encoding="utf-8").splitlines()
    kept = [lines[0], *(line for line in lines if line.startswith("amber-basin,"))]
    path = tmp_path_factory.mktemp("outlook") / "pair.csv"
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return path


def outlook(path, *options):
    return run(
        "outlook", path, "-m", "core-four", "--by", "pair", "--time", "year", "--horizon", 3, "--draws", 128, *options
    )


def test_every_format_has_the_same_numbers_and_the_verdict(pair, tmp_path):
    text, plain = outlook(pair), outlook(pair, "--format", "json")
    assert (text.returncode, plain.returncode, text.stderr) == (0, 0, "")
    data = json.loads(plain.stdout)
    assert text.stdout.splitlines()[1] == f"{data['verdict'][0]}."
    table = outlook(pair, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert [row["year"] for row in rows if row["score"] == "escalation"] == ["2015", "2016", "2017"]
    ahead = data["ahead"][0]["times"][0]["scores"]["escalation"]
    assert float(rows[0]["p50"]) == ahead["p50"]
    assert data["verdict"][0] in table.stderr
    page = outlook(pair, "-o", tmp_path / "outlook.html", "--plot", tmp_path / "outlook.png")
    assert page.returncode == 0
    html = (tmp_path / "outlook.html").read_text(encoding="utf-8")
    assert data["verdict"][0].split(";")[0] in html
    assert (tmp_path / "outlook.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--horizon", "0"), "a horizon is a whole number of steps from 1 to 120; got 0"),
        (("--draws", "7"), "draws are from"),
        (("--time", "yeer"), "did you mean 'year'?"),
        (("--by", "pare"), "did you mean 'pair'?"),
        (("--plot", "fan.gif"), "a plot ends in .png, .svg, .pdf"),
    ],
)
def test_bad_options_end_with_one_error(pair, options, message):
    done = outlook(pair, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_without_a_column_of_times_the_likely_one_is_named(pair):
    done = run("outlook", pair, "--by", "pair")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--time names the column of times; 'year'" in done.stderr


def test_a_short_past_ends_with_one_error(pair, tmp_path):
    short = tmp_path / "short.csv"
    short.write_text("\n".join(pair.read_text(encoding="utf-8").splitlines()[:11]) + "\n", encoding="utf-8")
    done = outlook(short)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no unit has an outlook: amber-basin: 10 times with a score; an outlook needs 24 at least" in done.stderr
