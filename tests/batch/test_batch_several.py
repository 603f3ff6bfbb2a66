"""Several files as one table: folders and wildcards, their columns, rejects and manifest."""

import hashlib
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import names_in, parquet

from riskmodel import SituationError, score_file

ONE = b"id,x,y\na,1,2\nb,99,2\n"
PARQUET = parquet(pa.table({"id": ["c"], "x": [1.0], "y": [1.0]}))
TWO = b"id,x,y\nc,3,1\nd,4,1\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with two files of one table."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "1.csv").write_bytes(ONE)
    (tmp_path / "data" / "2.csv").write_bytes(TWO)
    return tmp_path / "data"


def lines(path):
    return path.read_text("utf-8").splitlines()


@pytest.mark.parametrize("source", ["data", "data/*.csv", "data/[12].csv"])
def test_rows_of_all_files_are_in_one_output(tmp_path, model, folder, source):
    result = score_file(tmp_path / source, tmp_path / "out.csv", model)
    assert (result.rows_in, result.rows_out, result.rows_rejected) == (4, 3, 1)
    assert [line.split(",")[0] for line in lines(tmp_path / "out.csv")] == ["id", "a", "c", "d"]
    for number in (1, 2):
        score_file(folder / f"{number}.csv", tmp_path / f"{number}.csv", model)
    assert lines(tmp_path / "out.csv") == [*lines(tmp_path / "1.csv"), *lines(tmp_path / "2.csv")[1:]]


def test_rejects_and_manifest_name_the_files(tmp_path, model, folder):
    result = score_file(folder, tmp_path / "out.csv", model)
    first, second = (str(folder / name) for name in ("1.csv", "2.csv"))
    assert [line.split(",")[:5] for line in lines(tmp_path / "out.csv.rejects.csv")] == [
        ["file", "line", "id", "column", "value"],
        [first, "3", "b", "x", "99"],
    ]
    assert json.loads((tmp_path / "out.csv.manifest.json").read_bytes())["input"] == {
        "path": str(folder),
        "files": [
            {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for path, data in ((first, ONE), (second, TWO))
        ],
    }
    assert result.check.rows == 3


def test_lines_are_those_of_each_file(tmp_path, model, folder):
    (folder / "2.csv").write_bytes(b"id,x,y\n\nc,99,1\n")
    score_file(folder, tmp_path / "out.csv", model)
    assert [line.split(",")[1] for line in lines(tmp_path / "out.csv.rejects.csv")[1:]] == ["3", "3"]
    with pytest.raises(SituationError) as caught:
        score_file(folder, tmp_path / "out.csv", model, max_rejects=1)
    assert str(caught.value).splitlines()[0].startswith(f"{folder / '2.csv'}:3: column x: 99 is outside")


def test_columns_may_have_another_order(tmp_path, model, folder):
    (folder / "2.csv").write_bytes(b"y,x,id\n1,3,c\n1,-7,d\n")
    for name in ("out.csv", "out.parquet"):
        score_file(folder, tmp_path / name, model, rejects_rows=True)
    assert [line.split(",")[:3] for line in lines(tmp_path / "out.csv")] == [
        ["id", "x", "y"],
        ["a", "1", "2"],
        ["c", "3", "1"],
    ]
    assert pq.read_table(tmp_path / "out.parquet").select(["id", "x", "y"]).to_pylist() == [
        {"id": "a", "x": 1.0, "y": 2.0},
        {"id": "c", "x": 3.0, "y": 1.0},
    ]
    rejects = lines(tmp_path / "out.csv.rejects.csv")
    assert rejects[0] == "file,line,input_column,value,reason,id,x,y".replace("input_column", "column")
    assert [line.split(",")[-3:] for line in rejects[1:]] == [["b", "99", "2"], ["d", "-7", "1"]]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b"id,x\nc,1\n", "2.csv: has other columns than the files before it: it lacks 'y'"),
        (b"id,x,y,z\nc,1,1,1\n", "2.csv: has other columns than the files before it: it has 'z'"),
        (
            b"id;x;y\nc;1;1\n",
            "2.csv: is delimited by ';', and the files before it by ','; the files of one table cannot differ",
        ),
        (
            PARQUET,
            "2.csv: is not CSV, and the files before it are CSV; the files of",
        ),
        (b"", "2.csv: is empty: it has no header"),
    ],
)
def test_files_that_are_no_part_of_the_table(tmp_path, model, folder, second, message):
    (folder / "2.csv").write_bytes(second)
    with pytest.raises(SituationError) as caught:
        score_file(folder, tmp_path / "out.csv", model)
    assert str(caught.value).startswith(f"{folder}/{message}")
    assert names_in(tmp_path) == ["data"]


def test_types_of_parquet_must_be_the_same(tmp_path, model):
    (tmp_path / "data").mkdir()
    for number, kind in enumerate((pa.int64(), pa.float64())):
        table = pa.table({"x": [1.0], "n": pa.array([1], kind)})
        pq.write_table(table, tmp_path / "data" / f"{number}.parquet")
    score_file(tmp_path / "data", tmp_path / "out.csv", model)
    with pytest.raises(SituationError) as caught:
        score_file(tmp_path / "data", tmp_path / "out.parquet", model)
    assert str(caught.value) == (
        f"{tmp_path / 'data' / '1.parquet'}: column 'n' holds double, and int64 in the files before it; write .csv, or "
        "make them the same"
    )


@pytest.mark.parametrize("ending", ["parquet", "arrow", "xlsx"])
def test_formats_with_types(tmp_path, model, folder, ending):
    score_file(folder, tmp_path / f"out.{ending}", model)
    if ending == "xlsx":
        book = openpyxl.load_workbook(tmp_path / "out.xlsx")
        ids = [row[0].value for row in book["Scores"].iter_rows()][1:]
        assert [row[0].value for row in book["Rejects"].iter_rows()] == ["file", str(folder / "1.csv")]
        about = [row[1].value for row in book["About"].iter_rows() if row[0].value == "Input"]
        assert [text.split(",")[0] for text in about] == [str(folder / "1.csv"), str(folder / "2.csv")]
    else:
        read = pq.read_table if ending == "parquet" else lambda path: pa.ipc.open_file(path).read_all()
        ids = read(tmp_path / f"out.{ending}")["id"].to_pylist()
    assert ids == ["a", "c", "d"]


def test_files_with_a_known_ending_at_any_depth_are_read(tmp_path, model, folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "3.csv").write_bytes(TWO)
    for name in ("_manifest.csv", ".hidden.csv", "notes.md", "deep/_x.csv", "1.csv.rejects.csv"):
        (folder / name).write_text("no table")
    assert score_file(folder, tmp_path / "out.csv", model).rows_in == 6
    assert score_file(tmp_path / "data" / "**" / "*.csv", tmp_path / "out.csv", model).rows_in == 6


def test_a_folder_or_pattern_without_files(tmp_path, model):
    for source, kind in ((tmp_path, "file that ends in .csv, "), (tmp_path / "*.csv", "such file")):
        with pytest.raises(SituationError, match=f"there is no {kind}"):
            score_file(source, tmp_path / "out.csv", model)


def test_an_input_is_not_overwritten(tmp_path, model, folder):
    for out in ("1.csv", "2.csv"):
        with pytest.raises(SituationError, match="is the input and the output at once"):
            score_file(folder, folder / out, model)
    assert (folder / "1.csv").read_bytes() == ONE


def test_the_number_of_rejects_is_that_of_all_files(tmp_path, model, folder):
    (folder / "2.csv").write_bytes(b"id,x,y\nc,99,1\n")
    assert score_file(folder, tmp_path / "out.csv", model, max_rejects=2).rows_rejected == 2
    with pytest.raises(SituationError, match="more than 1 row is rejected; stopped"):
        score_file(folder, tmp_path / "out2.csv", model, max_rejects=1)


def test_progress_goes_from_file_to_file(tmp_path, model, folder):
    shares = []
    score_file(folder, tmp_path / "out.csv", model, on_progress=lambda progress: shares.append(progress.share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
