"""Tables are written in one transaction: all rows or none, exactly, and what can be kept is kept."""

import sqlite3
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from riskmodel import RiskmodelError, SituationError
from riskmodel.database.reading import query_source
from riskmodel.database.urls import parse_database
from riskmodel.database.writing import DatabaseOutput, table_target

ROWS = pa.table({"id": ["007", "b"], "s": [40.5, None]})


def write(store, rows, if_exists="fail", table="scores", exact=("s",), *, commit=True):
    with DatabaseOutput(table_target(store.url, table, if_exists)) as output:
        opened = output.open(rows.schema, [name for name in exact if name in rows.schema.names])
        for batch in rows.to_batches(max_chunksize=1000):
            opened.write(opened.cast(batch))
        if commit:
            output.commit()


def refusal(store, *arguments, **options):
    before = store.tables()
    with pytest.raises(SituationError) as caught:
        write(store, *arguments, **options)
    assert store.tables() == before
    message = str(caught.value)
    assert "hush" not in message
    assert "\n" not in message
    return message


@pytest.fixture
def scores(store):
    """A table with a key, an index and a default."""
    store.run("create table scores (id varchar(9) primary key, s double precision, source text default 'night')")
    store.run("create index by_score on scores (s)")
    store.run("insert into scores values ('old', 1, 'hand')")
    return store


def test_a_new_table_is_created(store):
    write(store, ROWS)
    assert store.run("select id, s from scores order by id") == [("007", 40.5), ("b", None)]


def test_a_table_that_exists_stops_the_run(scores):
    assert "table scores: there is such a table; --if-exists append" in refusal(scores, ROWS)
    assert scores.run("select count(*) from scores") == [(1,)]


def test_rows_are_added_by_name_and_other_columns_get_their_default(scores):
    write(scores, ROWS.select(["s", "id"]), "append")
    assert scores.run("select * from scores order by id") == [
        ("007", 40.5, "night"),
        ("b", None, "night"),
        ("old", 1.0, "hand"),
    ]


def test_append_and_replace_create_what_is_not_there(store):
    write(store, ROWS, "append")
    write(store, ROWS, "replace", "others")
    assert {"others", "scores"} <= set(store.tables())


def test_replace_keeps_keys_indexes_and_defaults(scores):
    write(scores, ROWS, "replace")
    assert scores.run("select * from scores order by id") == [("007", 40.5, "night"), ("b", None, "night")]
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        scores.run("insert into scores values ('b', 1, '')")
    with pytest.raises(Exception, match="already exists"):
        scores.run("create index by_score on scores (s)")


def test_replace_makes_a_new_table_if_the_old_lacks_a_column(scores):
    rows = ROWS.append_column("s_band", pa.array(["low", None]))
    write(scores, rows, "replace")
    assert scores.run("select * from scores order by id") == [("007", 40.5, "low"), ("b", None, None)]
    assert scores.tables() == ["months", "scores"]


def test_without_a_commit_nothing_has_changed(scores):
    for rows in (ROWS, ROWS.append_column("more", pa.array([1, 2]))):
        write(scores, rows, "replace", commit=False)
        assert scores.run("select * from scores") == [("old", 1.0, "hand")]
    write(scores, ROWS, "replace", "new", commit=False)
    assert scores.tables() == ["months", "scores"]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_was_new_is_gone_without_a_commit(kind, request, tmp_path):
    store = request.getfixturevalue(f"{kind}_file")
    write(store, ROWS, commit=False)
    assert list(tmp_path.iterdir()) == []


def test_columns_that_the_table_lacks_are_named_with_the_nearest(scores):
    rows = ROWS.append_column("sourse", pa.array(["a", "b"]))
    assert "has no column 'sourse'; did you mean 'source'?; --columns leaves" in refusal(scores, rows, "append")


@pytest.mark.parametrize("kind", ["bigint", "text", "date"])
def test_scores_go_into_columns_of_double_precision_only(store, kind):
    store.run(f"create table scores (id text, s {kind})")
    message = refusal(store, ROWS, "append")
    assert "column s: is of " in message
    assert "scores are of double precision" in message


CASES = [
    ("double precision", pa.array([7, None]), [7.0, None]),
    ("bigint", pa.array([7.0, None]), [7, None]),
    ("smallint", pa.array([7], pa.int64()), [7]),
    ("text", pa.array([7]), ["7"]),
    ("varchar(9)", pa.array(["007"]), ["007"]),
    ("double precision", pa.array(["7.5"]), [7.5]),
]


@pytest.mark.parametrize(("kind", "values", "expected"), CASES)
def test_values_are_cast_to_the_types_of_the_table(store, kind, values, expected):
    # A driver that copies bits would store the integer 7 as 3.5e-323.
    store.run(f"create table typed (v {kind})")
    write(store, pa.table({"v": values}), "append", "typed")
    assert [value for (value,) in store.run("select v from typed")] == expected


@pytest.mark.parametrize(
    ("kind", "values"),
    [("bigint", [40.5]), ("double precision", ["x"]), ("bigint", [date(2020, 1, 1)]), ("boolean", [3])],
)
def test_values_that_a_type_cannot_hold_end_the_run(store, kind, values):
    store.run(f"create table typed (v {kind})")
    assert "column v: " in refusal(store, pa.table({"v": values}), "append", "typed")
    assert store.run("select * from typed") == []


def test_nan_is_written_as_null(store):
    write(store, pa.table({"v": [1.0, float("nan")], "w": pa.array([float("nan"), 2.0], pa.float32())}))
    assert store.run("select v, w from scores") == [(1.0, None), (None, 2.0)]


def test_integers_beyond_those_of_the_database_are_errors(store):
    message = refusal(store, pa.table({"v": pa.array([2**63], pa.uint64())}))
    assert "column v: Integer value 9223372036854775808 not in range" in message


def test_all_kinds_of_columns_come_back(store):
    rows = pa.table(
        {
            "small": pa.array([1, None], pa.uint8()),
            "flag": [True, None],
            "day": [date(2020, 2, 29), None],
            "moment": pa.array([datetime(2020, 2, 29, 12), None], pa.timestamp("ns")),
            "instant": pa.array([datetime(2020, 2, 29, 12, tzinfo=UTC), None], pa.timestamp("ms", "Europe/Paris")),
            "price": [Decimal("1.50"), None],
            "band": pa.array(["low", None]).dictionary_encode(),
            "empty": pa.nulls(2),
            "data": [b"\0\xff", None],
            "key": pa.array([uuid.UUID(int=7).bytes, None], pa.uuid()),
        }
    )
    write(store, rows)
    write(store, rows, "append")
    expected = [
        [1, True, date(2020, 2, 29), datetime(2020, 2, 29, 12), Decimal("1.50"), "low", None, b"\0\xff"],
        [1, 1, "2020-02-29", "2020-02-29 12:00:00.000000", "1.50", "low", None, b"\0\xff"],
    ][store.kind == "sqlite"]
    rows_of_values = store.run(
        "select small, flag, day, moment, price, band, empty, data from scores where small is not null"
    )
    assert [list(row) for row in rows_of_values] == [expected, expected]
    assert [str(key) for (key,) in store.run("select key from scores where key is not null")] == [
        str(uuid.UUID(int=7))
    ] * 2


def test_names_are_taken_letter_by_letter(store):
    rows = pa.table({"Mixed Case": [1], 'quote"d': [2], "select": [3]})
    write(store, rows, table='"My.table"')
    assert store.run('select "Mixed Case", "quote""d", "select" from "My.table"') == [(1, 2, 3)]


def test_many_rows_keep_their_order(store):
    write(store, pa.table({"n": range(12_345)}))
    assert [n for (n,) in store.run("select n from scores")] == list(range(12_345))


def test_a_table_needs_a_database_and_a_database_a_table():
    assert table_target("out.csv", None, "fail") is None
    for arguments in (("out.csv", "scores", "fail"), ("out.csv", None, "append")):
        with pytest.raises(SituationError, match="goes with a database as output, such as postgresql://"):
            table_target(*arguments)
    with pytest.raises(SituationError, match="name the table to write, as --table scores"):
        table_target("sqlite:///a.db", None, "fail")
    with pytest.raises(SituationError, match="fail or append or replace; got 'merge'"):
        table_target("sqlite:///a.db", "scores", "merge")


def test_a_locked_file_of_sqlite_is_one_sentence(sqlite_file, monkeypatch):
    sqlite_file.run("create table scores (id text)")
    monkeypatch.setattr("riskmodel.database.sqlite.SECONDS", 0.01)
    other = sqlite3.connect(sqlite_file.path, isolation_level=None)
    other.execute("begin immediate")
    assert "database is locked; another program is writing" in refusal_without_tables(sqlite_file)
    other.close()


def refusal_without_tables(store):
    with pytest.raises(SituationError) as caught:
        write(store, ROWS.select(["id"]), "append")
    return str(caught.value)


def test_declared_types_of_sqlite_change_no_text(sqlite_file):
    sqlite_file.run("create table scores (id integer)")
    write(sqlite_file, pa.table({"id": ["12"]}), "append")
    sqlite_file.run("create table others (id string)")
    message = refusal(sqlite_file, pa.table({"id": ["x7"]}), "append", "others")
    assert "column id: Failed to parse string: 'x7'" in message


def test_a_schema_that_a_file_cannot_have_is_an_error(sqlite_file):
    assert "a file of SQLite has no schemas" in refusal(sqlite_file, ROWS, table="analytics.scores")
    assert parse_database(sqlite_file.url).path == str(sqlite_file.path)


def test_an_extra_that_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("riskmodel.extras.find_spec", lambda module: None)
    for url in ("postgresql://db/risk", f"duckdb:///{tmp_path}/a.duckdb"):
        with pytest.raises(RiskmodelError, match=r"the extras \[sql\] of riskmodel have it"):
            DatabaseOutput(table_target(url, "scores", "fail"))
        with pytest.raises(RiskmodelError, match="pip install"):
            query_source(url, "select 1").open(None)


def test_messages_about_tables_do_not_point_into_a_query(server):
    message = refusal(server, ROWS, table="nothere.scores")
    assert message.endswith(': schema "nothere" does not exist')


def test_a_table_of_a_schema_is_replaced_there(server):
    server.run(f"create table {server.name}.scores (old text)")
    server.run("set search_path to default")
    write(server, ROWS, "replace", f"{server.name}.scores")
    assert server.tables() == ["scores"]
    assert server.run("select count(*) from scores") == [(2,)]


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("varchar(3)", "long", "value too long for type character varying(3); column v"),
        ("text", "a\0b", 'invalid byte sequence for encoding "UTF8": 0x00; column v'),
    ],
)
def test_what_the_server_refuses_is_named_with_its_column(server, kind, value, message):
    server.run(f"create table typed (v {kind})")
    assert refusal(server, pa.table({"v": [value]}), "append", "typed").endswith(f": {message}")
    assert server.run("select * from typed") == []
