"""Values of PostgreSQL arrive as they are, or with an error that has the cast for the query."""

import math
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from riskmodel import SituationError
from riskmodel.database.reading import query_source


def content(store, query):
    return query_source(store.url, query).open(None)


def read(store, query, size=1000):
    batches = [batch.content for batch in content(store, query).batches(size)]
    return [row for batch in batches for row in batch.to_pylist()]


def refusal(store, query):
    with pytest.raises(SituationError) as caught:
        read(store, query)
    message = str(caught.value)
    assert "hush" not in message
    assert message.startswith("postgresql://riskmodel@/postgres?host=")
    assert "\n" not in message
    return message.split(": ", 1)[1]


VALUES = {
    "1::int2": 1,
    "7::int8": 7,
    "0.1::float8": 0.1,
    "true": True,
    "'é'::varchar(5)": "é",
    "date '2020-02-29'": date(2020, 2, 29),
    "timestamp '2020-02-29 12:00'": datetime(2020, 2, 29, 12),
    "timestamptz '2020-02-29 12:00+02'": datetime(2020, 2, 29, 10, tzinfo=UTC),
    "date '4713-01-01 BC' is null": False,
    "1.50::numeric(9, 2)": Decimal("1.50"),
    "'NaN'::numeric(9, 2)": None,
    "0.1::numeric": 0.1,
    "avg(n)": 2.0,
    "sum(n)::numeric / 7": 6 / 7,
    "'Infinity'::numeric": math.inf,
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid": uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "'{\"a\": 1}'::jsonb": '{"a": 1}',
    "array[1, null]": [1, None],
    "null::text": None,
}


@pytest.mark.parametrize("expression", VALUES)
def test_values_are_read_as_they_are(server, expression):
    rows = read(server, f"select {expression} as v from generate_series(1::bigint, 3) n limit 1")
    assert rows == [{"v": VALUES[expression]}]


CASTS = {
    "1.5::money": '"v"::numeric',
    "'127.0.0.1'::inet": '"v"::text',
    "array[1.5]": '"v"::text',
    "12345678901234567890::numeric": '"v"::numeric(38, 0)',
    "date 'infinity'": 'case when isfinite("v") then "v" end',
    "timestamp '-infinity'": 'case when isfinite("v") then "v" end',
    "timestamptz 'infinity'": 'case when isfinite("v") then "v" end',
}


@pytest.mark.parametrize("expression", CASTS)
def test_values_that_would_change_are_refused_with_the_remedy(server, expression):
    message = refusal(server, f"select {expression} as v")
    assert "column v" in message
    assert CASTS[expression] in message
    remedied = read(server, f"select {CASTS[expression]} as v from (select {expression} as v) source")
    assert len(remedied) == 1


def test_the_row_of_an_infinite_date_is_named(server):
    query = "select case when n = 1500 then date 'infinity' else date '2020-01-01' end as day"
    assert refusal(server, f"{query} from generate_series(1, 2000) n").startswith("row 1500, column day: is infinite")


def test_an_enum_that_was_made_a_moment_ago_is_text(server):
    server.run("create type mood as enum ('calm', 'crisis')")
    assert read(server, "select 'crisis'::mood as mood") == [{"mood": "crisis"}]


def test_rows_come_in_order_and_in_batches_of_a_size(server):
    source = content(server, "select n from generate_series(1, 250000) n order by n")
    batches = [batch.content for batch in source.batches(49_152)]
    assert max(batch.num_rows for batch in batches) <= 49_152
    assert [n for batch in batches for n in batch.column("n").to_pylist()] == list(range(1, 250_001))


@pytest.mark.parametrize("query", ["select 1 as a;", "select 1 as a -- one", "\n select 1 as a ;; \n"])
def test_the_end_of_a_query_may_have_semicolons_and_comments(server, query):
    assert read(server, query) == [{"a": 1}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("selec 1", "syntax error at or near \"selec\"; at 'selec 1' in line 1 of the query"),
        ("select 1,\n nope", "column \"nope\" does not exist; at 'nope' in line 2 of the query"),
        ("select * from nothere", "relation \"nothere\" does not exist; at 'nothere' in line 1 of the query"),
        ("select 1 as a where false", "the query has no rows; nothing was written"),
        ("select 1 as a, 2 as a", "the query has two columns 'a'; name one `as` something else"),
        ("select 1; select 2", "cannot insert multiple commands into a prepared statement"),
        ("create table made (a int)", "cannot execute CREATE TABLE in a read-only transaction"),
        ("select 1 / (n - 900) from generate_series(1, 1000) n", "division by zero"),
    ],
)
def test_a_query_that_fails_has_the_message_of_the_server(server, query, message):
    assert refusal(server, query) == message


def test_reading_changes_nothing(server):
    server.run("create table kept as select 1 as a")
    assert "read-only transaction" in refusal(server, "delete from kept returning a")
    assert server.run("select * from kept") == [(1,)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://ann:hush@127.0.0.1:1/risk", "Connection refused"),
        ("postgresql://ann:hush@nowhere.invalid/risk", "could not translate host name"),
        ("postgresql://ann:hush@db/risk?passwrd=hush", "invalid URI query parameter"),
        ("postgresql://ann:hu%ush@db/risk", "invalid percent-encoded token"),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_sentence_without_the_password(url, message):
    with pytest.raises(SituationError, match=message) as caught:
        query_source(url, "select 1").open(None)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_one_sentence(server, guarded):
    with pytest.raises(SituationError, match='password authentication failed for user "guarded"') as caught:
        query_source(guarded("wrong"), "select 1 as a").open(None)
    assert "wrong" not in str(caught.value)


def test_the_password_comes_from_the_url_the_environment_or_a_file(guarded, monkeypatch, tmp_path):
    query_source(guarded("right"), "select 1 as a").open(None).close()
    monkeypatch.setenv("PGPASSWORD", "right")
    query_source(guarded(None), "select 1 as a").open(None).close()
    monkeypatch.delenv("PGPASSWORD")
    path = tmp_path / "pgpass"
    path.write_text("*:*:*:guarded:right\n", encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(path))
    query_source(guarded(None), "select 1 as a").open(None).close()
