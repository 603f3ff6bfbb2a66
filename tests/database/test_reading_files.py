"""Queries of SQLite and DuckDB files: no digits are lost, and nothing changes."""

import threading
from decimal import Decimal

import pyarrow as pa
import pytest
from databases import File
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmodel import SituationError
from riskmodel.database.reading import query_source

SQLITE_VALUES = st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text("aäß1.")


def content(store, query):
    return query_source(store.url, query).open(None)


def read(store, query, size=1000):
    return [row for batch in content(store, query).batches(size) for row in batch.content.to_pylist()]


def refusal(store, query):
    with pytest.raises(SituationError) as caught:
        read(store, query)
    return str(caught.value).removeprefix(f"{store.url}: ")


def test_a_column_of_numbers_with_one_text_keeps_all_digits(sqlite_file):
    sqlite_file.run("create table t (v)")
    sqlite_file.run("insert into t values (1234567.891), (9007199254740993), (''), (0.1), (null)")
    rows = [row["v"] for row in read(sqlite_file, "select v from t")]
    assert rows == ["1234567.891", "9007199254740993", "", "0.1", None]


@given(values=st.lists(SQLITE_VALUES, min_size=1, max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_values_of_sqlite_keep_their_digits_in_any_mixture(values, sqlite_file):
    sqlite_file.run("drop table if exists t")
    sqlite_file.run("create table t (v)")
    literals = [repr(value) if value is not None else "null" for value in values]
    rows = ", ".join(f"({literal.replace('inf', '9e999')})" for literal in literals)
    sqlite_file.run(f"insert into t values {rows}")
    read_back = [row["v"] for row in read(sqlite_file, "select v from t order by rowid")]
    if any(isinstance(value, str) for value in values):
        assert read_back == [None if value is None else str(value) for value in values]
    else:
        assert read_back == values


def test_text_after_many_rows_of_numbers_is_read(sqlite_file):
    numbers = "with recursive n(v) as (select 1 union all select v + 1 from n where v < 60000)"
    rows = read(sqlite_file_with_table(sqlite_file), f"{numbers} select v from n union all select 'x'", 49_152)
    assert [rows[0], rows[-2], rows[-1]] == [{"v": "1"}, {"v": "60000"}, {"v": "x"}]


def sqlite_file_with_table(store):
    store.run("create table t (v)")
    return store


def test_what_sqlite_cannot_give_exactly_is_refused_with_the_remedy(sqlite_file):
    sqlite_file.run("create table t (v, w)")
    sqlite_file.run("insert into t values (0.5, x'00'), (9007199254740993, 'text')")
    assert refusal(sqlite_file, "select v from t").startswith("row 2, column v: 9007199254740993 is too large")
    assert refusal(sqlite_file, "select w from t").startswith("column w: holds blobs beside text")


def test_a_query_of_sqlite_may_end_in_a_comment(sqlite_file):
    sqlite_file.run("create table t as select 1 as a, null as b")
    assert read(sqlite_file, "select * from t -- all") == [{"a": 1, "b": None}]


def test_types_of_duckdb_are_kept(duckdb_file):
    duckdb_file.run("create table t as select 1.50::decimal(9, 2) as d, sum(1) as h, 'x'::enum('x') as e, 0.5 as r")
    source = content(duckdb_file, "select *, 7::bigint as i from t")
    assert [str(kind) for kind in source.schema.types][:2] == ["decimal128(9, 2)", "decimal128(38, 0)"]
    assert [batch.content.to_pylist() for batch in source.batches(9)] == [
        [{"d": Decimal("1.50"), "h": Decimal(1), "e": "x", "r": Decimal("0.5"), "i": 7}]
    ]


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz", "timestamp_ns"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_infinite_dates_of_duckdb_are_refused(duckdb_file, kind, sign):
    duckdb_file.run("create table t (a int)")
    message = refusal(duckdb_file, f"select {kind} '2020-01-01' as v union all select {kind} '{sign}infinity'")
    assert message == 'row 2, column v: is infinite; write case when isfinite("v") then "v" end in the query'


QUERIES = [
    ("selec 1", "syntax error"),
    ("select nope from t", "nope"),
    ("select * from nothere", "nothere"),
    ("select 1; select 2", "one statement"),
    ("delete from t", "read"),
    ("create table made (a int)", "read"),
    ("select 1 as a, 2 as a", "the query has two columns 'a'; name one `as` something else"),
    ("select a from t where false", "the query has no rows; nothing was written"),
]


@pytest.mark.parametrize(("query", "message"), QUERIES)
@pytest.mark.parametrize("kind", ["sqlite_file", "duckdb_file"])
def test_a_query_that_fails_is_one_sentence_and_changes_nothing(request, kind, query, message):
    store = request.getfixturevalue(kind)
    store.run("create table t as select 1 as a")
    text = refusal(store, query)
    assert message in text
    assert "\n" not in text
    assert store.run("select * from t") == [(1,)]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_files_that_are_no_databases_are_errors(kind, tmp_path):
    (tmp_path / "text").write_text("some text, long enough that it may be a header" * 50, encoding="utf-8")
    expected = {
        "nothere": "there is no such file",
        "text": "database",
        ".": "database|file|directory",
        "a/b": "there is no folder",
    }
    for name, message in expected.items():
        with pytest.raises(SituationError, match=message) as caught:
            query_source(f"{kind}:///{tmp_path}/{name}", "select 1").open(None)
        assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text"]


def test_batches_can_be_read_in_another_thread(sqlite_file):
    sqlite_file.run("create table t as select 1 as a")
    source, rows = content(sqlite_file, "select a from t"), []
    reader = threading.Thread(target=lambda: rows.extend(batch.content for batch in source.batches(9)))
    reader.start()
    reader.join()
    assert rows == [pa.record_batch({"a": [1]})]


def test_a_database_needs_a_query_and_a_query_a_database(tmp_path):
    with pytest.raises(SituationError, match='--query "select \\* from months"'):
        query_source(File("sqlite", tmp_path / "a", None).url, None)
    with pytest.raises(SituationError, match="--query goes with a database"):
        query_source("months.csv", "select 1")
