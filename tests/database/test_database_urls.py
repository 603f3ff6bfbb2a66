"""URLs of databases: their parts, and names without passwords."""

from pathlib import Path

import pytest

from riskmodel import SituationError
from riskmodel.database.session import TableName, server_message
from riskmodel.database.urls import parse_database


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ann:top%40secret@db.example:5433/risk", "postgresql://ann@db.example:5433/risk"),
        ("postgres://ann:topsecret@db/risk?sslmode=require", "postgresql://ann@db/risk"),
        ("postgresql:///risk?host=/run/pg&user=ann&password=topsecret", "postgresql:///risk?host=/run/pg&user=ann"),
        ("postgresql://ann@[::1]:5432,other:1/risk?sslpassword=topsecret", "postgresql://ann@[::1]:5432,other:1/risk"),
        ("postgresql://:topsecret@db", "postgresql://db/"),
        ("POSTGRESQL://db/risk", "postgresql://db/risk"),
    ],
)
def test_the_name_of_a_server_has_no_password(url, name):
    parsed = parse_database(url)
    assert (parsed.kind, parsed.name, parsed.path) == ("postgresql", name, "")
    error = parsed.error(f"cannot reach {url}; {' and '.join(parsed.secrets)}")
    assert "secret" not in f"{parsed!r} {error}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:top@secret@db/risk",
        "postgresql://ann:top/secret@db/risk",
        "postgresql://ann:top?secret@db/risk",
        "postgresql://ann:topsecret",
        "mysql://ann:topsecret@db/risk",
        "postgresql+psycopg://ann:topsecret@db/risk",
    ],
)
def test_a_url_that_cannot_be_used_is_not_repeated(url):
    with pytest.raises(SituationError) as caught:
        parse_database(url)
    assert "secret" not in str(caught.value)
    assert "postgresql://" in str(caught.value)


def test_urls_of_files_have_the_slashes_of_sqlalchemy():
    assert parse_database("sqlite:///months.db")[:3:2] == ("sqlite", "months.db")
    assert parse_database("duckdb:////data/months.duckdb").path == "/data/months.duckdb"
    for wrong in ("sqlite://months.db", "duckdb:///", "sqlite:///:memory:"):
        with pytest.raises(SituationError, match=r":///FILE"):
            parse_database(wrong)


@pytest.mark.parametrize("path", ["months.csv", "-", "C:\\months.csv", "s3://bucket/months.parquet", "/a/b", "a:b@c"])
def test_what_is_no_database_is_a_file(path):
    assert parse_database(path) is None


def test_a_url_that_became_a_path_is_an_error_without_the_password():
    with pytest.raises(SituationError, match="which a Path loses; write it as text") as caught:
        parse_database(str(Path("postgresql://ann:topsecret@db/risk")))
    assert "secret" not in str(caught.value)


def test_long_messages_are_cut():
    message = str(parse_database("sqlite:///a.db").error("x" * 9_999))
    assert len(message) < 600


def test_a_path_without_the_slash_of_the_root_is_explained(tmp_path):
    with pytest.raises(SituationError, match="four one from the root: duckdb:////"):
        parse_database(f"duckdb://{tmp_path}/a.duckdb").check_file(exists=True)


@pytest.mark.parametrize(
    ("text", "name", "sql"),
    [
        ("scores", (None, "scores"), '"scores"'),
        ("analytics.Scores", ("analytics", "Scores"), '"analytics"."Scores"'),
        ('"a.b"', (None, "a.b"), '"a.b"'),
        ('s."say ""x"""', ("s", 'say "x"'), '"s"."say ""x"""'),
    ],
)
def test_names_of_tables_are_read_and_quoted(text, name, sql):
    assert TableName.parse(text, "--table") == name
    assert TableName.parse(text, "--table").sql == sql


@pytest.mark.parametrize("text", ["", "a.b.c", ".a", "a.", 'a"b', '""'])
def test_what_names_no_table_is_an_error(text):
    with pytest.raises(SituationError, match="--table should be a table"):
        TableName.parse(text, "--table")


def test_the_place_in_a_query_joins_the_message_of_a_server():
    text = 'column "nope" does not exist\nLINE 2: from a, nope b\n                ^\nHINT:  Perhaps.'
    assert server_message(text) == "column \"nope\" does not exist; at 'nope b' in line 2 of the query; HINT: Perhaps."
