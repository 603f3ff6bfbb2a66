"""What a scheduled job needs: an exit code with a tolerance, a summary as JSON, columns that name the run, rejects."""

import csv
import io
import json
import uuid
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import ADDED, batch, names_in, parquet

import riskmodel
from riskmodel import SituationError, score_file
from riskmodel.tables.options import TableOptions

ADD = ["model_id", "model_version", "fingerprint", "run_id", "scored_at"]


@pytest.fixture
def job(tmp_path):
    """Run the command on ten rows, of which so many are rejected."""

    def run(rejected, *options, out="out.csv"):
        rows = ["much"] * rejected + ["3"] * (10 - rejected)
        (tmp_path / "in.csv").write_text("\n".join(["espionage", *rows]) + "\n")
        return batch("in.csv", "-o", out, *options, cwd=tmp_path)

    return run


@pytest.mark.parametrize(
    ("rejected", "allowed", "code"),
    [
        (0, "0", 0),
        (1, "0", 1),
        (2, "2", 0),
        (3, "2", 1),
        (2, "20%", 0),
        (2, "19.9%", 1),
        (10, "100%", 0),
        (0, "0%", 0),
    ],
)
def test_the_exit_code_is_0_up_to_the_allowance(job, rejected, allowed, code):
    done = job(rejected, "--ok-rejects", allowed)
    assert done.returncode == code
    text = f"--ok-rejects {allowed} allows".encode()
    assert (text in done.stderr) == (rejected > 0)
    assert (b"more than" in done.stderr) == (code == 1)


def test_the_allowance_stops_nothing_and_the_maximum_does(job, tmp_path):
    assert job(3, "--ok-rejects", "1", "--max-rejects", "5").returncode == 1
    assert "out.csv" in names_in(tmp_path)
    assert job(6, "--ok-rejects", "9", "--max-rejects", "5", out="other.csv").returncode == 2
    assert "other.csv" not in names_in(tmp_path)


@pytest.mark.parametrize("text", ["-1", "1.5", "101%", "some", "", "%", "1%%", "nan"])
def test_an_allowance_is_a_number_of_rows_or_a_share(job, tmp_path, text):
    done = job(1, "--ok-rejects", text)
    assert done.returncode == 2
    assert b"should be a number of rows such as 10, or a share of them such as 0.1%" in done.stderr.replace(b"\n", b" ")
    assert names_in(tmp_path) == ["in.csv"]


def test_the_summary_as_json_is_the_manifest(job, tmp_path):
    done = job(1, "--summary", "json")
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout) == json.loads((tmp_path / "out.csv.manifest.json").read_text())
    assert job(1, "--summary", "json", "--quiet").stdout.count(b'"rejected": 1') == 1


def test_a_summary_as_json_needs_a_file_for_the_rows(job, tmp_path):
    done = job(0, "--summary", "json", out="-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--summary json: standard output gets the scored rows" in done.stderr


def test_added_columns_name_the_model_and_the_run(tmp_path, model):
    (tmp_path / "in").write_bytes(b"id,x\na,1\nb,2\n")
    before = datetime.now(UTC) - timedelta(seconds=1)
    for ending in ("csv", "parquet"):
        done = score_file(tmp_path / "in", tmp_path / f"out.{ending}", model, add=ADD)
        manifest = json.loads((tmp_path / f"out.{ending}.manifest.json").read_text())
        assert manifest["run_id"] == done.run_id == str(uuid.UUID(done.run_id))
        if ending == "csv":
            rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
            started = rows[0]["scored_at"]
        else:
            table = pq.read_table(tmp_path / "out.parquet")
            assert table.schema.field("scored_at").type == pa.timestamp("us", "UTC")
            rows = table.to_pylist()
            assert before <= rows[0]["scored_at"] <= datetime.now(UTC)
            started = rows[0]["scored_at"].isoformat()
        assert started == manifest["started"]
        assert list(rows[0])[-5:] == ADD
        for row in rows:
            assert (row["model_id"], row["fingerprint"]) == (model.identity.id, model.identity.fingerprint)
            assert not row["model_version"]  # this model has none
            assert row["run_id"] == done.run_id


def test_columns_can_choose_added_columns_and_place_them(tmp_path, score):
    score(b"id,x\na,1\n", add=["model_id"], columns=["model_id", "id"])
    assert (tmp_path / "out.csv").read_text() == "model_id,id\nmine,a\n"


def test_a_version_that_a_spreadsheet_would_run_is_escaped(tmp_path):
    content = riskmodel.load_model().spec.model_dump(mode="json", exclude_unset=True, by_alias=True)
    (tmp_path / "in").write_bytes(b"espionage\n1\n")
    done = score_file(tmp_path / "in", tmp_path / "out.csv", {**content, "version": "=1+1"}, add=["model_version"])
    assert (tmp_path / "out.csv").read_text().splitlines()[1].endswith(",'=1+1")
    assert done.formulas == 1


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (b"x\n1\n", {"add": ["modelid"]}, "--add: there is no column 'modelid' to add; did you mean 'model_id'?"),
        (b"x\n1\n", {"add": ["run_id", "run_id"]}, "--add: duplicate 'run_id'"),
        (b"x,run_id\n1,2\n", {"add": ["run_id"]}, "in: has a column 'run_id' already, which the output would add"),
        (b"x\n1\n", {"columns": ["run_id"]}, "--columns: there is no column 'run_id'; it comes with --add run_id"),
    ],
)
def test_names_of_added_columns_are_checked(refusal, data, options, message):
    assert message in refusal(data, **options)


def test_names_of_added_columns_are_a_list():
    with pytest.raises(TypeError, match="add takes a list of names"):
        score_file("in.csv", "out.csv", add="run_id")


DATA = (
    b'id,land,x,note,"va""lue",y\n1,=A,99,"a, ""b""",,1\n2,B,1,ok,ok,2\n3,C\n4,D,"1"2,x,y,z\n5,E,wrong,"",\xff,=1+1\n'
)


def rejects(tmp_path, name="out.csv.rejects.csv"):
    return list(csv.reader(io.StringIO((tmp_path / name).read_text())))


def test_rejects_carry_the_columns_that_name_rows(tmp_path, score):
    score(DATA, id=["land", "id"])
    header, *rows = rejects(tmp_path)
    assert header == ["line", "land", "id", "column", "value", "reason"]
    assert [row[:5] for row in rows] == [
        ["2", "'=A", "1", "x", "99"],
        ["4", "C", "3", "", ""],
        ["5", "D", "4", "", ""],
        ["6", "E", "5", "x", "wrong"],
    ]


def test_without_columns_that_name_rows_id_is_empty(tmp_path, score):
    score(b"x\nwrong\n")
    assert rejects(tmp_path)[0] == ["line", "id", "column", "value", "reason"]
    assert rejects(tmp_path)[1][:4] == ["2", "", "x", "wrong"]


def test_rejects_can_have_the_whole_row(tmp_path, score):
    score(DATA, rejects_rows=True)
    header, *rows = rejects(tmp_path)
    assert header == ["line", "column", "value", "reason", "id", "land", "x", "note", 'va"lue', "y"]
    assert [row[4:] for row in rows] == [
        ["1", "'=A", "99", 'a, "b"', "", "1"],
        # A row whose cells are unknown is its line.
        ["3,C", "", "", "", "", ""],
        ['4,D,"1"2,x,y,z', "", "", "", "", ""],
        ["5", "E", "wrong", "", "\\xff", "'=1+1"],
    ]
    assert b'wrong,"",\\xff' in (tmp_path / "out.csv.rejects.csv").read_bytes()  # an empty text is not a missing cell


def test_rejected_rows_that_were_mended_can_be_scored(tmp_path, model, score):
    score(b"id,x,mood\na,99,calm\nb,1,calm\nc,,angry\n", rejects_rows=True)
    text = (tmp_path / "out.csv.rejects.csv").read_text().replace(",99,calm", ",9,calm").replace(",angry\n", ",tense\n")
    (tmp_path / "again.csv").write_text(text)
    done = score_file(tmp_path / "again.csv", tmp_path / "second.csv", model)
    assert (done.rows_out, done.rows_rejected) == (2, 0)


def test_columns_called_like_those_of_the_rejects_get_a_prefix(tmp_path, score):
    score(b"line,value,x\n7,v,wrong\n", rejects_rows=True)
    assert rejects(tmp_path)[0] == ["line", "column", "value", "reason", "input_line", "input_value", "x"]
    score(b"line,value,x\n7,v,wrong\n", "two.csv", id="value")
    assert rejects(tmp_path, "two.csv.rejects.csv")[0] == ["line", "input_value", "column", "value", "reason"]


def test_rows_of_parquet_are_written_as_text(tmp_path, model):
    table = pa.table(
        {
            "id": pa.array(["a", None, ""], pa.string_view()),
            "when": pa.array([0, 1, None], pa.timestamp("s", "UTC")),
            "list": [[1], None, [2, 3]],
            "x": [99.0, 1.0, -1.5],
        }
    )
    (tmp_path / "in").write_bytes(parquet(table))
    done = score_file(tmp_path / "in", tmp_path / "out.parquet", model, rejects_rows=True)
    assert done.rows_rejected == 2
    header, first, second = (tmp_path / "out.parquet.rejects.csv").read_text().splitlines()
    assert header == "row,column,value,reason,id,when,list,x"
    assert first.endswith(",a,1970-01-01 00:00:00.000Z,[1],99")
    assert second.endswith(',"",,"[2, 3]",-1.5')


def test_the_terminal_names_rows_by_their_columns(tmp_path):
    done = batch("-", "-o", "-", "--id", "land,year", data=b"land,year,espionage\nA,2,much\n", cwd=tmp_path)
    assert b"<stdin>:2 (id A, 2): column espionage" in done.stderr


def test_a_cluster_writes_the_same_columns_and_rejects(tmp_path, model):
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from riskmodel.batch.cluster import Part, score_part
    from riskmodel.batch.result import RunInfo
    from riskmodel.batch.scoring import Options
    from riskmodel.batch.target import Target

    (tmp_path / "in.csv").write_bytes(DATA)
    target = Target.parse(str(tmp_path / "out.csv"))
    options = Options(table=TableOptions(id=("land",)), intensities=True, add=ADD)
    constants = RunInfo.new().constants(model.identity, ADD)
    part = score_part(Part(0, str(tmp_path / "in.csv"), None, str(tmp_path), target, model, options, constants))
    header = (tmp_path / part.name).read_text(encoding="latin-1").splitlines()[0].split(",")
    assert header[6:] == [*ADDED, "mood_intensity", "x_intensity", "y_intensity", *ADD]
    assert rejects(tmp_path, "_rejects-00000")[0] == ["file", "line", "land", "column", "value", "reason"]
    with pytest.raises(SituationError, match="--add: there is no column 'who'"):
        score_file(tmp_path / "*.csv", tmp_path / "scored.csv", model, engine="dask", add=["who"])
