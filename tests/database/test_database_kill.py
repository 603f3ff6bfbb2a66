"""A run that is killed or interrupted while it writes leaves the old table, no new one, and no lock."""

import json
import signal
import subprocess
import sys
import time

import pytest
from batch_runs import ENVIRONMENT, words

ROWS = 200_000
SIGNALS = [signal.SIGKILL, signal.SIGINT]


def start(store, model, *arguments, rows=1000):
    source = f"select i as id, i % 10 as x from generate_series(1, {rows}) i"
    command = words(store.url, "--query", source, "-o", store.url, "--table", "scores", *arguments, "-m", model, "-q")
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def writing(postgres, run):
    """Wait until the run has sent rows that are not committed."""
    query = "select 1 from pg_stat_progress_copy where command = 'COPY FROM' and tuples_processed > 0"
    until = time.monotonic() + 60
    while not postgres.connection.execute(query).fetchall():
        assert run.poll() is None, run.stderr.read().decode()
        assert time.monotonic() < until
        time.sleep(0.001)


def sessions(postgres):
    query = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    return postgres.connection.execute(query).fetchone()[0]


@pytest.fixture
def scores(server):
    server.run("create table scores as select i as id, 1.5::float8 as t from generate_series(1, 1000) i")
    server.run("alter table scores add primary key (id)")
    return server


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "columns"), [("append", "id,t"), ("replace", "id,t"), ("replace", "id,t,t_low")])
@pytest.mark.parametrize("by", SIGNALS)
def test_the_old_table_is_there_after_a_kill(postgres, scores, small_model, by, mode, columns):
    if mode == "append":
        scores.run("update scores set id = -id")
    before, connected = scores.run("select * from scores order by id"), sessions(postgres)
    with start(scores, small_model, "--if-exists", mode, "--columns", columns, "--rejects", "bad", rows=ROWS) as run:
        writing(postgres, run)
        assert scores.run("select count(*), min(t), max(t) from scores") == [(1000, 1.5, 1.5)]
        run.send_signal(by)
        output = run.communicate()
    assert run.returncode in (-by, 130), output
    assert b"Traceback" not in output[1]
    until = time.monotonic() + 20
    while sessions(postgres) > connected and time.monotonic() < until:
        time.sleep(0.01)
    assert scores.tables() == ["scores"]
    assert scores.run("select * from scores order by id") == before
    with postgres.connection.transaction():
        scores.run("lock table scores in access exclusive mode nowait")
    with start(scores, small_model, "--if-exists", mode, "--columns", columns, "--rejects", "bad", rows=ROWS) as run:
        assert run.wait() == 0, run.stderr.read()
    assert scores.run("select count(*) from scores") == [(ROWS + 1000 * (mode == "append"),)]
    assert scores.tables() == ["bad", "scores"]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_the_old_table_of_a_file_is_there_after_a_kill(kind, request, small_model, tmp_path):
    store = request.getfixturevalue(f"{kind}_file")
    store.run("create table scores (id bigint, t double precision)")
    store.run("insert into scores values (1, 1.5)")
    options = ["-o", store.url, "--table", "scores", "--if-exists", "replace", "--columns", "id,t", "--rejects", "bad"]
    command, rows = words("-", *options, "-m", small_model, "-q"), b"id,x\n" + b"1,5\n" * ROWS
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdin.write(rows)  # returns when all but the last have been read
        run.kill()
    assert store.run("select * from scores") == [(1, 1.5)]
    assert store.tables() == ["scores"]
    done = subprocess.run(command, env=ENVIRONMENT, input=rows, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert store.run("select count(*) from scores") == [(ROWS,)]
    assert [path.name for path in tmp_path.iterdir()] == [store.path.name]


@pytest.mark.slow
def test_two_runs_that_replace_a_table_do_not_both_leave_their_rows(scores, small_model, tmp_path):
    options = ["--if-exists", "replace", "--columns", "id,t", "--rejects"]
    runs = [start(scores, small_model, *options, tmp_path / f"{name}.csv", rows=ROWS) for name in "ab"]
    codes = [run.wait() for run in runs]
    errors = "".join(run.stderr.read().decode() for run in runs)
    for run in runs:
        run.stdout.close()
        run.stderr.close()
    assert 0 in codes, errors
    assert scores.run("select count(*) from scores") == [(ROWS,)]


def test_a_table_that_others_refer_to_by_cascade_is_not_replaced(scores, small_model):
    scores.run("create table notes (score bigint references scores on delete cascade)")
    scores.run("insert into notes values (7)")
    with start(scores, small_model, "--if-exists", "replace", "--columns", "id,t", "--rejects", "bad") as run:
        assert run.wait() == 2
        assert b"rows of the table notes refer to those of scores, and would change with them" in run.stderr.read()
    assert scores.run("select * from notes") == [(7,)]


def test_grants_and_dependents_are_kept(scores, small_model, postgres):
    scores.run("create view tops as select id from scores where t > 3")
    scores.run("grant select on scores to public")
    options = ["--if-exists", "replace", "--rejects", "bad"]
    with start(scores, small_model, *options, "--columns", "id,t") as run:
        assert run.wait() == 0, run.stderr.read()
    query = "select has_table_privilege('public', 'scores', 'select'), count(*) > 0 from tops"
    assert scores.run(query) == [(True, True)]
    with start(scores, small_model, *options, "--columns", "id,t,s") as run:
        assert run.wait() == 2
        assert b"cannot drop table" in (error := run.stderr.read())
        assert b"view tops depends on table scores" in error
    assert scores.run(query) == [(True, True)]


def test_the_password_is_nowhere_in_the_output_of_a_process(scores, small_model, tmp_path):
    path = tmp_path / "run.json"
    with start(scores, small_model, "--if-exists", "append", "--manifest", path, "--columns", "id,t") as run:
        out, error = run.communicate()
    assert b"duplicate key value violates unique constraint" in error
    assert run.returncode == 2
    assert b"hush" not in out + error
    with start(scores, small_model, "--if-exists", "replace", "--manifest", path, "--columns", "id,t") as run:
        assert run.wait() == 0, run.stderr.read()
    assert "hush" not in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["rows"]["out"] == 1000


READ = """
import sqlite3
import sys
import duckdb  # before the signal: Python drops an interrupt that comes in a callback, as imports have
from riskmodel.database.reading import query_source
source = query_source(*sys.argv[1:])
try:
    print("starts", flush=True)
    for batch in source.open(None).batches(1000):
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
LONG_QUERIES = {
    "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9e9) select sum(i) from n",
    "duckdb": "select sum(hash(i)) as s from range(900000000000) t(i)",
}


@pytest.mark.parametrize("kind", LONG_QUERIES)
def test_ctrl_c_ends_a_long_query_of_a_file(kind, request):
    store = request.getfixturevalue(f"{kind}_file")
    store.run("create table t (a integer)")
    command = [sys.executable, "-c", READ, store.url, LONG_QUERIES[kind]]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout.readline() == b"starts\n"
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        try:
            assert run.communicate(timeout=60) == (b"interrupted\n", b"")
        finally:
            run.kill()  # or the block would wait for the end of the query
