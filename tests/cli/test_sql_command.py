"""`riskmodel model sql` prints a query, or writes it to a file."""

import pytest
from command import run

import riskmodel

TABLE = ("--dialect", "duckdb", "--table", "archive.risks")


def test_the_query_is_that_of_python():
    done = run("model", "sql", "core-four", *TABLE, "--keep", "id, Region")
    assert done.returncode == 0
    assert done.stdout == riskmodel.to_sql("core-four", dialect="duckdb", table="archive.risks", keep=["id", "Region"])
    assert done.stderr == ""


def test_the_default_model_is_used_without_one():
    assert "bilateral-tension" in run("model", "sql", *TABLE).stdout.splitlines()[0]


def test_columns_leave_out_the_other_indicators():
    text = run("model", "sql", "core-four", *TABLE, "--columns", "id,espionage,military_activity").stdout
    assert '"source"."espionage"' in text
    assert "trade_disruption" not in text.replace("trade_disruption_", "")


def test_a_file_is_complete(tmp_path):
    file = tmp_path / "scores.sql"
    done = run("model", "sql", "core-four", *TABLE, "-o", file)
    assert done.stdout == ""
    assert file.read_text(encoding="utf-8") == riskmodel.to_sql("core-four", dialect="duckdb", table="archive.risks")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dialect", "postgress", "--table", "t"), "no SQL dialect 'postgress'; did you mean 'postgres'?"),
        (("--dialect", "spark", "--table", "t; u.v"), "not the name of a table"),
        (("--dialect", "spark", "--table", "t", "--keep", "id,,x"), "a column without a name"),
        (("--dialect", "spark", "--table", "t", "--columns", "espionnage"), "did you mean 'espionage'"),
        (("--dialect", "spark"), "--table"),
    ],
)
def test_wrong_usage_has_a_clear_error(words, message):
    done = run("model", "sql", "core-four", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
