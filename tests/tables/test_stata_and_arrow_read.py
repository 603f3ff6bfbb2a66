"""Tables in Stata data and Arrow IPC files."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import MODEL, batch
from pyarrow import feather

import riskmodel
from riskmodel import SituationError
from riskmodel.tables.arrow.ipc_reader import IpcContent
from riskmodel.tables.arrow.stata_reader import StataContent
from riskmodel.tables.input_file import InputFile


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return riskmodel.load_model(path)


def opened(data):
    return InputFile(io.BytesIO(data), "in", len(data))


def stata(frame, **options):
    """Return the bytes of a frame as Stata data."""
    content = io.BytesIO()
    frame.to_stata(content, write_index=False, **options)
    return content.getvalue()


def read(content, size=2):
    """Return all rows of a table, read a few at a time."""
    return pa.Table.from_batches([batch.content for batch in content.batches(size)], content.schema).to_pydict()


class TestStata:
    @pytest.mark.parametrize("version", [114, 117, 118, 119])
    def test_numbers_texts_and_times(self, version):
        frame = pd.DataFrame(
            {
                "id": ["a", "b", ""],
                "x": [1.5, np.nan, 1e300],
                "small": np.array([1, 2, 100], dtype="int8"),
                "day": pd.to_datetime(["1945-05-08", "2021-02-03", None]),
                "month": pd.to_datetime(["1945-05-01", "2021-02-01", "2000-12-01"]),
                "at": pd.to_datetime(["2020-01-01 10:11:12", "2020-01-01 00:00:00", "2020-01-02 00:00:01"]),
            }
        )
        data = stata(frame, version=version, convert_dates={"day": "td", "month": "tm", "at": "tc"})
        assert read(StataContent(opened(data), {"x"})) == {
            "id": ["a", "b", None],
            "x": [1.5, None, 1e300],
            "small": [1, 2, 100],
            "day": ["1945-05-08", "2021-02-03", None],
            "month": ["1945-05-01", "2021-02-01", "2000-12-01"],
            "at": ["2020-01-01T10:11:12", "2020-01-01", "2020-01-02T00:00:01"],
        }

    def test_labels_are_text_but_where_numbers_are_wanted(self):
        frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "regime": [1.0, 2.0, 3.0], "part": [1.0, 2.0, np.nan]})
        labels = {1: "low", 2: "middle", 3: "high"}
        data = stata(frame, value_labels={"x": labels, "regime": labels, "part": {1: "one"}})
        content = StataContent(opened(data), {"x"})
        assert read(content) == {"x": [1, 2, 3], "regime": ["low", "middle", "high"], "part": ["one", "2", None]}

    def test_missing_values_for_a_reason_are_counted(self):
        data = bytearray(stata(pd.DataFrame({"x": [1.0, 1234.5, 3.0], "y": [1.0, 2.0, 3.0]}), version=118))
        position = bytes(data).index(np.float64(1234.5).tobytes())
        data[position : position + 8] = np.float64(2.0**1023 + 2.0**1011).tobytes()  # .a, by the format of the file
        content = StataContent(opened(bytes(data)), {"x", "y"})
        assert read(content)["x"] == [1, None, 3]
        assert content.remarks == ["x is missing for a reason (.a to .z) in 1 row"]

    def test_without_rows(self):
        assert read(StataContent(opened(stata(pd.DataFrame({"x": [], "id": []}))), {"x"}))["x"] == []

    @pytest.mark.parametrize("keep", [20, 200, 900, -100])
    def test_cut_off(self, keep):
        with pytest.raises(SituationError, match="in: is cut off, damaged, or no Stata data: "):
            read(StataContent(opened(stata(pd.DataFrame({"x": np.arange(50.0)}), version=118)[:keep]), {"x"}))

    def test_scored_from_standard_input(self, tmp_path):
        (tmp_path / "mine.yaml").write_text(MODEL, encoding="utf-8")
        data = stata(pd.DataFrame({"id": ["a", "b"], "x": [5.0, 99.0]}))
        done = batch("-", "-o", "out.csv", "-m", "mine.yaml", data=data, cwd=tmp_path)
        assert done.returncode == 1
        assert (tmp_path / "out.csv").read_text("utf-8").splitlines()[1].startswith("a,5,")
        assert (tmp_path / "out.csv.rejects.csv").read_text("utf-8").splitlines()[1].startswith("2,b,x,99")


TABLE = pa.table(
    {"id": ["a", "b", "c"], "x": [1.0, None, 3.0], "mood": pa.array(["calm", "tense", "calm"]).dictionary_encode()}
)


def ipc(new, table=TABLE, rows=2, **options):
    content = io.BytesIO()
    with new(content, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return content.getvalue()


class TestArrow:
    @pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
    @pytest.mark.parametrize("options", [{}, {"compression": "zstd"}, {"compression": "lz4"}])
    @pytest.mark.parametrize("size", [1, 2, 10])
    def test_batches(self, new, options, size):
        assert read(IpcContent(opened(ipc(new, **options))), size) == TABLE.to_pydict()

    def test_feather(self, tmp_path, model):
        feather.write_feather(TABLE, str(tmp_path / "in.feather"))
        assert riskmodel.score_file(tmp_path / "in.feather", tmp_path / "out.csv", model).rows_out == 3

    @pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
    @pytest.mark.parametrize("keep", [9, 100, -40])
    def test_cut_off(self, new, keep):
        with pytest.raises(SituationError, match="in: is cut off, damaged, or no Arrow IPC: "):
            read(IpcContent(opened(ipc(new)[:keep])))

    def test_columns_of_the_same_name(self):
        table = pa.table([[1.0], [2.0]], names=["x", "x"])
        with pytest.raises(SituationError, match="duplicate column 'x'"):
            IpcContent(opened(ipc(pa.ipc.new_file, table)))

    @pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
    def test_scored_as_parquet_is(self, tmp_path, model, new):
        (tmp_path / "in").write_bytes(ipc(new))
        pq.write_table(TABLE, tmp_path / "in.parquet")
        for name in ("in", "in.parquet"):
            riskmodel.score_file(tmp_path / name, tmp_path / f"{name}.out.csv", model)
        assert (tmp_path / "in.out.csv").read_bytes() == (tmp_path / "in.parquet.out.csv").read_bytes()
