"""The table of accounts: the account that an assessment of each row has, as lines that sum to its scores."""

import csv
import io
import math
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import batch, names_in, parquet, unpacked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel import SituationError, score_file

DATA = b"id,land,mood,x,y\na,=A,calm,1,2\nb,B,calm,99,2\nc,C,crisis,8,\nd,D,,,\n"
HEADER = "row,id,score,kind,name,points"
# By hand: s has the weights mood 1, x 3, y -2 and y / (-5, 5); t has x of 7 points; above 7, x adds 5 to s.
LINES = [
    "1,a,s,indicator,mood,0",
    "1,a,s,indicator,x,5",
    "1,a,s,indicator,y,10",
    "1,a,t,indicator,x,0.7",
    "2,c,s,indicator,mood,25",
    "2,c,s,indicator,x,60",
    "2,c,s,rule,r,5",
    "2,c,t,indicator,x,5.6",
]


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_each_row_of_the_output_has_the_lines_of_its_account(tmp_path, score):
    done = score(DATA, account=True)
    account = tmp_path / "out.csv.account.csv"
    assert account.read_text().splitlines() == [HEADER, *LINES]
    assert (done.account, done.to_dict()["account"]) == (str(account), str(account))
    assert [row["id"] for row in rows_of(tmp_path / "out.csv")] == ["a", "c", "d"]


def test_parquet_has_the_same_lines(tmp_path, score):
    score(DATA, "out.parquet", account=True)
    table = pq.read_table(tmp_path / "out.parquet.account.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "int64",
        "string",
        *["dictionary<values=string, indices=int32, ordered=0>"] * 3,
        "double",
    ]
    rows = [",".join([*map(str, row[:-1]), f"{row[-1]:.12g}"]) for row in zip(*table.to_pydict().values(), strict=True)]
    assert [HEADER, *rows] == [HEADER, *LINES]


def test_the_columns_that_name_rows_are_given_and_escaped(tmp_path, score):
    score(DATA, account=tmp_path / "why.csv.gz", id=["land", "y"])
    first, second, *_ = unpacked((tmp_path / "why.csv.gz").read_bytes()).decode().splitlines()
    assert (first, second) == ("row,land,y,score,kind,name,points", "1,'=A,2,s,indicator,mood,0")


def test_a_column_that_is_called_like_one_of_the_table_gets_a_prefix(tmp_path, score):
    score(b"name,x\na,1\n", account=True, id="name")
    assert (tmp_path / "out.csv.account.csv").read_text().splitlines()[0] == "row,input_name,score,kind,name,points"


def test_decimal_commas_and_delimiters_are_those_of_the_input(tmp_path, score):
    score(b'id;x\n"a;b";1,5\n', account=True, decimal=",")
    assert (tmp_path / "out.csv.account.csv").read_bytes().splitlines()[1] == b'1;"a;b";t;indicator;x;1,05'


def test_names_of_rows_keep_their_type_in_parquet(tmp_path, model):
    table = pa.table({"id": pa.array(["a", "b"], pa.string_view()), "n": [2, 3], "x": [1.0, 2.0]})
    (tmp_path / "in").write_bytes(parquet(table))
    score_file(tmp_path / "in", tmp_path / "out.csv", model, account=tmp_path / "why.parquet", id=["id", "n"])
    account = pq.read_table(tmp_path / "why.parquet")
    assert account.schema.types[:3] == [pa.int64(), pa.string_view(), pa.int64()]
    assert account["id"].to_pylist() == ["a", "b"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), ending=st.sampled_from(("csv", "parquet")))
def test_of_any_model_the_lines_are_those_of_assessments_and_sum_to_the_exact_scores(tmp_path, seed, ending):
    rng = random.Random(seed)
    source = random_model(rng)
    model = riskmodel.load_model(source)
    situations = [random_values(rng, source) for _ in range(20)]
    columns = {name: [values.get(name) for values in situations] for name in model.spec.indicators}
    (tmp_path / "in").write_bytes(parquet(pa.table({"id": list(range(20)), **columns})))
    score_file(tmp_path / "in", tmp_path / "out.parquet", model, account=tmp_path / f"why.{ending}")
    account = rows_of(tmp_path / "why.csv") if ending == "csv" else pq.read_table(tmp_path / "why.parquet").to_pylist()
    scored = pq.read_table(tmp_path / "out.parquet").to_pylist()
    lines = {}
    for line in account:
        lines.setdefault((int(line["row"]), line["score"]), []).append(line)
    for number, (values, row) in enumerate(zip(situations, scored, strict=True), 1):
        assessed = model.assess({name: values.get(name) for name in model.spec.indicators})
        for name, result in assessed.scores.items():
            given_lines = lines.get((number, name), [])
            assert [(line["kind"], line["name"]) for line in given_lines] == [
                (part.kind, part.name) for part in result.account
            ]
            points = [float(line["points"]) for line in given_lines]
            assert points == pytest.approx([part.points for part in result.account], abs=1e-9)
            if result.value is None:
                assert (given_lines, row[f"{name}_exact"]) == ([], None)
            else:
                assert math.fsum(points) == pytest.approx(row[f"{name}_exact"], rel=0, abs=1e-9)


def test_rows_count_on_over_pieces_and_rejected_rows(tmp_path, model, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 512)
    monkeypatch.setattr("riskmodel.engine.account.LINES", 7)
    numbers = range(1000)
    lines = (f"{number},{99 if number % 7 == 3 else number % 10}" for number in numbers)
    (tmp_path / "in").write_text("\n".join(["id,x", *lines]))
    score_file(tmp_path / "in", tmp_path / "out.csv", model, account=True)
    ids = [row["id"] for row in rows_of(tmp_path / "out.csv")]
    accounts = rows_of(tmp_path / "out.csv.account.csv")
    assert [(int(line["row"]), line["id"]) for line in accounts] == list(enumerate(ids, 1))


def test_no_file_appears_unless_all_do(tmp_path, refusal):
    assert "more than 0 rows are rejected" in refusal(DATA, account=True, max_rejects=0)
    assert names_in(tmp_path) == ["in"]
    message = refusal(DATA, account=tmp_path / "no" / "why.csv")
    assert "there is no folder" in message
    assert names_in(tmp_path) == ["in"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"account": True, "engine": "duckdb"}, "--account: with --engine duckdb there are no contributions"),
        ({"account": True, "engine": "dask"}, "--account: with --engine dask there is no file of accounts"),
        ({"intensities": True, "engine": "duckdb"}, "--intensities: with --engine duckdb there are no intensities"),
        ({"account": "why.xml"}, "why.xml: its name should end in one of"),
        ({"account": "-"}, "--account: standard output is for the scored rows; name a file"),
        ({"id": "lamd"}, "there is no column 'lamd'; did you mean 'land'?"),
    ],
)
def test_what_cannot_be_had_is_refused(tmp_path, refusal, options, message):
    assert message in refusal(DATA, **options)
    assert names_in(tmp_path) == ["in"]


def test_the_account_is_not_another_file_of_the_run(tmp_path, refusal):
    for name, role in (("in", "input"), ("out.csv", "output"), ("out.csv.rejects.csv", "rejects")):
        path = tmp_path / name
        if name != "in":
            assert f"is the {role} and the account at once" in refusal(DATA, account=path)


def test_on_the_command_line_the_name_may_be_left_out(tmp_path):
    (tmp_path / "in.csv").write_text("espionage\n3\n")
    for words in (["--account"], ["--account", "why.csv"]):
        assert batch("in.csv", "-o", "out.csv", *words, cwd=tmp_path).returncode == 0
    written = [name for name in names_in(tmp_path) if name not in ("in.csv", "out.csv")]
    assert written == ["out.csv.account.csv", "out.csv.manifest.json", "out.csv.rejects.csv", "why.csv"]
    done = batch("--account", "in.csv", "-o", "out.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert b"Missing argument 'IN'. --account took 'in.csv' for its file: write it after IN" in done.stderr
    done = batch("in.csv", "-o", "-", "--account", cwd=tmp_path)
    assert done.returncode == 2
    assert b"--account: standard output is for the scored rows; name a file" in done.stderr


def test_intensities_are_the_normalised_values(tmp_path, score, model):
    score(DATA, intensities=True)
    names = ["mood_intensity", "x_intensity", "y_intensity"]
    rows = [[row[name] for name in names] for row in rows_of(tmp_path / "out.csv")]
    assert rows == [["0", "0.1", "0.7"], ["1", "0.8", ""], ["", "", ""]]
    score(DATA, "out.parquet", intensities=True, columns=["id", "x_intensity"])
    assert pq.read_table(tmp_path / "out.parquet").to_pydict() == {
        "id": ["a", "c", "d"],
        "x_intensity": [0.1, 0.8, None],
    }


def test_an_assumed_value_has_the_intensity_of_the_default(tmp_path, model):
    indicators = {"x": {"scale": {"goalposts": [0, 10]}, "default": 4}, "z": {"scale": {"goalposts": [0, 1]}}}
    assuming = riskmodel.load_model(
        {"format": 1, "id": "assuming", "indicators": indicators, "scores": {"s": {"weights": {"x": 1, "z": 1}}}}
    )
    (tmp_path / "in").write_bytes(b"x\n1\nNA\n")
    score_file(
        tmp_path / "in", tmp_path / "out.csv", assuming, intensities=True, columns=["x_intensity", "z_intensity"]
    )
    assert (tmp_path / "out.csv").read_text().splitlines() == ["x_intensity,z_intensity", "0.1,", "0.4,"]


def test_an_option_that_adds_a_column_is_named(refusal):
    with pytest.raises(SituationError):
        score_file("nowhere.csv", "out.csv")
    assert "--columns: there is no column 'x_intensity'; it comes with --intensities" in refusal(
        DATA, columns=["x_intensity"]
    )


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "arrow"])
def test_rows_count_on_over_files_whose_columns_stand_in_another_order(tmp_path, model, ending):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.csv").write_text("id,x\na,1\nb,99\n")
    (tmp_path / "in" / "2.csv").write_text("x,id\n2,c\n3,d\n")
    done = score_file(tmp_path / "in" / "*.csv", tmp_path / f"out.{ending}", model, account=True)
    columns = ("row", "id", "score", "name", "points")
    lines = (
        pq.read_table(done.account).to_pylist()
        if done.account.endswith("parquet")
        else rows_of(tmp_path / done.account)
    )
    assert [tuple(str(line[name])[:3] for name in columns) for line in lines] == [
        ("1", "a", "t", "x", "0.7"),
        ("2", "c", "t", "x", "1.4"),
        ("3", "d", "t", "x", "2.1"),
    ]


def test_files_that_cannot_share_an_account_are_refused(tmp_path, model):
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"id": ["a"], "x": [1.0]}), tmp_path / "in" / "1.parquet")
    pq.write_table(pa.table({"id": [1], "x": [1.0]}), tmp_path / "in" / "2.parquet")
    with pytest.raises(SituationError, match=r"2\.parquet: column 'id' holds int64, and string in the files before"):
        score_file(tmp_path / "in", tmp_path / "out.csv", model, account=tmp_path / "why.parquet")
    assert names_in(tmp_path) == ["in"]
