"""`riskmodel indicators` as its user calls it: files together, summary, exit codes, rows behind a value."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from command import run

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def recipe(tmp_path):
    (tmp_path / "contacts.csv").write_text(
        "pair,start,end,title\nUSA-RUS,2018-01-15,2018-01-16,ministers meet\nUSA-RUS,2018-02-20,,call\n"
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "format: 1\ntitle: Two months\npairs: [USA-RUS]\nperiod: {from: 2018-01, to: 2018-02}\n"
        "sources:\n  contacts: {kind: contacts, path: contacts.csv}\n"
    )
    return path


def test_table_basis_and_manifest_appear_together(tmp_path):
    path = recipe(tmp_path)
    done = run("indicators", path, "-o", "months.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "months.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["pair"], row["period"], row["communication_frequency"]) for row in rows] == [
        ("USA-RUS", "2018-01", "1"),
        ("USA-RUS", "2018-02", "1"),
    ]
    with (tmp_path / "months.basis.csv").open(newline="") as file:
        basis = list(csv.DictReader(file))
    assert len(basis) == 2 * (len(rows[0]) - 2)
    manifest = json.loads((tmp_path / "months.csv.manifest.json").read_text())
    assert manifest["files"][0]["sha256"] == hashlib.sha256((tmp_path / "contacts.csv").read_bytes()).hexdigest()
    assert manifest["recipe_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "contacts (contacts): 1 file, 2 rows read, 2 kept" in done.stderr


def test_a_scored_table_in_three_commands(tmp_path):
    assert run("indicators", EXAMPLES / "recipe_us_russia.yaml", "-o", "months.csv", cwd=tmp_path).returncode == 0
    assert run("batch", "months.csv", "-o", "scored.csv", cwd=tmp_path).returncode == 0
    done = run("series", "months.csv", "--by", "pair", "--time", "period", "--draws", 0, "-o", "s.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_basis_columns_stand_beside_the_values(tmp_path):
    done = run("indicators", recipe(tmp_path), "--basis", "--format", "csv", "-q", cwd=tmp_path)
    header, first, *_ = csv.reader(done.stdout.splitlines())
    cells = dict(zip(header, first, strict=True))
    assert cells["communication_frequency_rows"] == "1"
    assert cells["communication_frequency_trust"] in ("good", "fair")
    assert done.stderr == ""


def test_rows_behind_a_value(tmp_path):
    words = ("--pair", "RUS-USA", "--month", "2018-02", "--indicator", "communication_frequency")
    done = run("indicators", "explain", recipe(tmp_path), *words, cwd=tmp_path)
    assert "communication_frequency of USA-RUS in 2018-02: 1" in done.stdout
    assert "contacts.csv:3" in done.stdout
    assert "call" in done.stdout


def test_a_new_recipe_is_not_written_over_a_file(tmp_path):
    assert run("indicators", "new", "mine.yaml", cwd=tmp_path).returncode == 0
    done = run("indicators", "new", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "already exists" in done.stderr


def test_a_skipped_file_ends_with_1(tmp_path):
    path = recipe(tmp_path)
    (tmp_path / "more.csv").write_text("no,such,columns\n1,2,3\n")
    path.write_text(path.read_text().replace("path: contacts.csv", "path: [contacts.csv, more.csv]"))
    assert run("indicators", path, "-o", "months.csv", cwd=tmp_path).returncode == 2
    assert not (tmp_path / "months.csv").exists()
    done = run("indicators", path, "--skip-bad-files", "-o", "months.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 file skipped" in done.stderr
    assert "more.csv" in done.stderr


@pytest.mark.parametrize("words", [("-o", "recipe.yaml"), ("-o", "months.pdf"), ("--scheduler", "tcp://localhost:1")])
def test_options_that_cannot_be_heeded_are_errors(tmp_path, words):
    done = run("indicators", recipe(tmp_path), *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (tmp_path / "recipe.yaml").read_text().startswith("format: 1")


def test_the_output_is_no_input(tmp_path):
    done = run("indicators", recipe(tmp_path), "-o", "contacts.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "contacts.csv" in done.stderr
    assert "title" in (tmp_path / "contacts.csv").read_text()


def test_a_changed_copy_of_the_derivations_decides(tmp_path):
    shipped = run("indicators", "derivations", cwd=tmp_path).stdout
    assert "method: contacts" in shipped
    (tmp_path / "mine.yaml").write_text(shipped.replace("    one_way: true ", "    one_way: false "))
    path = recipe(tmp_path)
    path.write_text(f"{path.read_text()}derivations: mine.yaml\n")
    done = run("indicators", path, "--format", "json", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    original = run("indicators", recipe(tmp_path), "--format", "json", "-q", cwd=tmp_path)
    assert json.loads(done.stdout)["derivations"] != json.loads(original.stdout)["derivations"]
