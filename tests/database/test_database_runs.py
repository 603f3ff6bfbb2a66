"""`riskmodel batch` from and to databases and files, in any combination."""

import json

import pyarrow.parquet as pq
import pytest
from batch_runs import batch
from databases import File

from riskmodel import SituationError, score_file

QUERY = "select * from months order by id"


def run(store, model, *arguments):
    done = batch(*arguments, "-m", model)
    text = (done.stdout + done.stderr).decode()
    assert "Traceback" not in text
    assert "hush" not in text
    return done.returncode, text


def test_rows_go_from_a_database_to_a_table_of_it(store, small_model):
    code, text = run(store, small_model, store.url, "--query", QUERY, "-o", store.url, "--table", "scores")
    assert code == 1
    assert "table scores: 3 rows in, 2 out, 1 rejected;" in text
    assert ":2 (id b): column x: 11 is outside the valid range" in text
    rows = store.run("select id, x, mood, s, s_band, s_exact from scores order by id")
    by_hand = {"007": (3 * 50 + 0) / 4, "c": (3 * 100 + 100) / 4 + 5}
    assert [(row[0], row[3]) for row in rows] == [("007", by_hand["007"]), ("c", min(by_hand["c"], 100))]
    assert [row[4] for row in rows] == ["low", "high"]


def test_the_numbers_are_those_of_a_file(store, model, tmp_path):
    score_file(store.url, tmp_path / "out.parquet", model, query=QUERY)
    score_file(store.url, store.url, model, query=QUERY, table="scores", rejects="bad")
    written = pq.read_table(tmp_path / "out.parquet")
    columns = ", ".join(written.column_names)
    expected = [tuple(row.values()) for row in written.to_pylist()]
    assert store.run(f"select {columns} from scores order by id") == expected
    (tmp_path / "in.csv").write_text("id,x,mood\n007,5,calm\nb,11,calm\nc,10,crisis\n", encoding="utf-8")
    score_file(tmp_path / "in.csv", store.url, model, table="from_csv", rejects="bad_csv")
    assert store.run("select s, s_low from from_csv order by id") == store.run(
        "select s, s_low from scores order by id"
    )
    assert store.run("select * from bad_csv")[0][:4] == (3, "b", "x", "11")


def test_rejects_go_to_a_table_in_the_same_transaction(store, small_model):
    words = [store.url, "--query", QUERY, "-o", store.url, "--table", "scores", "--rejects", "bad"]
    assert run(store, small_model, *words)[0] == 1
    reason = "11 is outside the valid range (0 to 10); the nearest valid value is 10"
    assert store.run('select "row", id, "column", value, reason from bad') == [(2, "b", "x", "11.0", reason)]
    before = {name: store.run(f"select * from {name}") for name in ("scores", "bad")}
    code, text = run(store, small_model, *words, "--if-exists", "replace", "--max-rejects", "0")
    assert (code, "more than 0 rows are rejected" in text) == (2, True)
    assert {name: store.run(f"select * from {name}") for name in ("scores", "bad")} == before
    assert run(store, small_model, *words, "--if-exists", "append")[0] == 1
    assert store.run("select count(*) from bad") == [(2,)]


def test_rejects_and_manifest_go_to_files(store, small_model, tmp_path):
    words = [store.url, "--query", QUERY, "-o", store.url, "--table", "scores", "--rejects", tmp_path / "bad.csv"]
    assert run(store, small_model, *words, "--manifest", tmp_path / "run.json", "--summary", "json")[0] == 1
    assert (tmp_path / "bad.csv").read_text(encoding="utf-8").startswith("row,id,column,value,reason\n2,b,x,11.0,")
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert "hush" not in text
    manifest = json.loads(text)
    name = manifest["input"]["database"]
    assert name.startswith(f"{store.kind}://")
    assert manifest["input"] == {"database": name, "query": QUERY}
    assert manifest["output"] == {"database": name, "table": "scores", "if_exists": "fail", "rows": 2}


def test_files_are_as_they_were_if_the_commit_fails(store, small_model, tmp_path, monkeypatch):
    words = [store.url, "--query", QUERY, "-o", store.url, "--table", "scores", "--rejects", tmp_path / "bad.csv"]
    (tmp_path / "bad.csv").write_text("old", encoding="utf-8")

    def fail(self):
        raise SituationError("the server is gone")

    monkeypatch.setattr("riskmodel.database.writing.DatabaseOutput.commit", fail)
    code, text = run(store, small_model, *words, "--manifest", tmp_path / "run.json")
    assert (code, "the server is gone" in text) == (2, True)
    assert (tmp_path / "bad.csv").read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "run.json").exists()
    assert "scores" not in store.tables()


def test_a_table_may_be_replaced_by_what_is_read_from_it(store, small_model):
    words = [
        "-o",
        store.url,
        "--table",
        "months",
        "--if-exists",
        "replace",
        "--rejects",
        "bad",
        "--columns",
        "id,x,mood",
    ]
    assert run(store, small_model, store.url, "--query", QUERY, *words)[0] == 1
    assert store.run(QUERY) == [("007", 5.0, "calm"), ("c", 10.0, "crisis")]
    words = [*words[:-1], "id,s"]
    assert run(store, small_model, store.url, "--query", QUERY, *words)[0] == 0
    assert store.run("select id, s from months order by id") == [("007", 37.5), ("c", 100.0)]


def test_a_query_without_rows_changes_nothing(store, small_model):
    store.run("create table scores as select * from months")
    query = f"select * from ({QUERY}) q where x > 99"
    words = [store.url, "--query", query, "-o", store.url, "--table", "scores", "--if-exists", "replace"]
    code, text = run(store, small_model, *words)
    assert (code, "the query has no rows; nothing was written" in text) == (2, True)
    assert store.run("select count(*) from scores") == [(3,)]


def test_a_database_goes_to_standard_output_as_csv(store, small_model):
    code, text = run(store, small_model, store.url, "--query", QUERY, "-o", "-", "--columns", "id,s", "-q")
    assert code == 1
    assert text.startswith("id,s\n007,37.5\nc,100.0\n")


def test_the_columns_of_a_run_are_written(store, model):
    words = {"table": "scores", "rejects": "bad", "add": ["run_id", "scored_at"], "columns": ["id", "s", "run_id"]}
    result = score_file(store.url, store.url, model, query=QUERY, **words)
    assert {str(row[0]) for row in store.run("select run_id from scores")} == {result.run_id}
    assert result.output.endswith(", table scores")


def test_rows_go_from_one_kind_of_database_to_another(store, model, tmp_path):
    other = File("sqlite", tmp_path / "other.sqlite", None)
    score_file(store.url, other.url, model, query=QUERY, table="scores", rejects="bad")
    score_file(other.url, store.url, model, query="select id, x, mood from scores", table="again", rejects="none")
    assert store.run("select id, x, mood from again order by id") == [("007", 5.0, "calm"), ("c", 10.0, "crisis")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{url}", "-o", "x.csv"], 'give the rows to score by a query, as --query "select * from months"'),
        (["in.csv", "-o", "{url}"], "name the table to write, as --table scores"),
        (["in.csv", "-o", "x.csv", "--query", "select 1"], "--query goes with a database as input"),
        (["in.csv", "-o", "x.csv", "--table", "t"], "--table goes with a database as output"),
        (["{url}", "--query", "q", "-o", "{url}", "--table", "t", "--engine", "dask"], "reads and writes files only"),
        (["{url}", "--query", "q", "-o", "{url}", "--table", "t", "--account"], "--account: there is no default"),
        (
            ["{url}", "--query", "select 1 as x", "-o", "{url}", "--table", "t", "--rejects", "t"],
            "at once; name another",
        ),
        (["mysql://ann:hush@db/risk", "-o", "x.csv"], "databases are read from postgresql://"),
        (["ftp://ann:hush@db/in.csv", "-o", "x.csv"], "there is no such file"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(duckdb_file, small_model, words, message):
    duckdb_file.run("create table months (x double)")
    code, text = run(duckdb_file, small_model, *(word.format(url=duckdb_file.url) for word in words))
    assert (code, message in text) == (2, True)


def test_the_file_of_a_database_is_no_other_file_of_the_run(duckdb_file, model):
    duckdb_file.run("create table months (x double)")
    with pytest.raises(SituationError, match="is the output and the manifest at once"):
        score_file("in.csv", duckdb_file.url, model, table="t", rejects="bad", manifest=duckdb_file.path)


def test_the_query_in_duckdb_scores_a_database_too(store, model):
    pytest.importorskip("sqlglot")
    score_file(store.url, store.url, model, query=QUERY, table="scores", rejects="bad")
    score_file(store.url, store.url, model, query=QUERY, table="by_query", rejects="bad_query", engine="duckdb")
    assert store.run("select s, t from by_query order by id") == store.run("select s, t from scores order by id")
