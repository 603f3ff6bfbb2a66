"""A cluster gives the same rows, rejects and bits as one machine, even if it loses workers."""

import csv
import json
import os
import signal

import numpy as np
import pandas as pd
import pytest
from batch_runs import batch

import riskmodel

pytest.importorskip("distributed", reason="the extra `dask` is not installed")
dd = pytest.importorskip("dask.dataframe")

import dask  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from distributed import Client, LocalCluster  # noqa: E402


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as running:
        yield running


def table(model, count, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.uniform(0, 9, count).round(1) for name in model.spec.indicators})
    frame = frame.mask(rng.random(frame.shape) < 0.05)
    frame.insert(0, "id", [f"{seed}-{row:05d}" for row in range(count)])
    return frame


@pytest.fixture
def months(default_model, tmp_path):
    """Four CSV files, with a row to reject in the second and a cell over two lines before it."""
    folder = tmp_path / "months"
    folder.mkdir()
    for number in range(4):
        table(default_model, 3000, number).to_csv(folder / f"m{number}.csv", index=False)
    blanks = "," * (len(default_model.spec.indicators) - 1)
    with (folder / "m1.csv").open("a") as file:
        file.write(f'"two\nlines",1{blanks}\nwrong,much{blanks}\n')
    return folder


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))[1:]


def parts_of(folder):
    return sorted(path for path in folder.iterdir() if path.name.startswith("part-"))


def test_csv_files_give_the_bytes_and_the_rejects_that_one_machine_gives(months, tmp_path, cluster):
    out = tmp_path / "scored.csv"
    result = riskmodel.score_file(f"{months}/*.csv", out, engine="dask", scheduler=cluster.scheduler_address)
    assert (result.rows_in, result.rows_out, result.rows_rejected) == (12_002, 12_001, 1)
    rejects = []
    for source, part in zip(sorted(months.iterdir()), parts_of(out), strict=True):
        alone = riskmodel.score_file(source, tmp_path / "alone.csv")
        assert part.read_bytes() == (tmp_path / "alone.csv").read_bytes()
        rejects += [[str(source), *row] for row in rows_of(alone.rejects)]
    assert rows_of(out / "_rejects.csv") == rejects
    first = pd.read_csv(source).columns[1]
    assert rejects[0][:5] == [str(months / "m1.csv"), "3004", "wrong", first, "much"]
    manifest = json.loads((out / "_manifest.json").read_text())
    assert manifest["rows"] == {"in": 12_002, "out": 12_001, "rejected": 1}
    assert [part["rows"] for part in manifest["output"]["parts"]] == [3000, 3001, 3000, 3000]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_parquet_is_shared_out_by_row_groups_and_gives_the_same_bits(default_model, tmp_path, cluster, monkeypatch):
    frame = table(default_model, 5000, 7)
    frame.loc[4321, "espionage"] = -1
    frame.to_parquet(tmp_path / "in.parquet", row_group_size=700, index=False)
    monkeypatch.setattr("riskmodel.batch.cluster.PART_ROWS", 1000)
    out = tmp_path / "scored.parquet"
    result = riskmodel.score_file(
        f"file://{tmp_path}/in.parquet", f"file://{out}", engine="dask", scheduler=cluster.scheduler_address
    )
    alone = riskmodel.score_file(tmp_path / "in.parquet", tmp_path / "alone.parquet")
    assert result.rows_rejected == alone.rows_rejected == 1
    assert len(parts_of(out)) == 4
    assert pq.read_table(out).equals(pq.read_table(tmp_path / "alone.parquet"))
    assert rows_of(out / "_rejects.csv")[0][1] == "4322"
    assert result.bands == alone.bands


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(months, tmp_path):
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())

        def kill(progress):
            if pids:
                os.kill(pids.pop(), signal.SIGKILL)

        for number in range(4, 24):
            (months / f"m{number:02d}.csv").write_bytes((months / "m0.csv").read_bytes())
        out = tmp_path / "scored.csv"
        result = riskmodel.score_file(months, out, engine="dask", scheduler=cluster.scheduler_address, on_progress=kill)
    assert len(pids) < 2
    assert result.rows_in == 24 * 3000 + 2
    scored = {path.read_bytes() for path in parts_of(out)}
    riskmodel.score_file(months / "m0.csv", tmp_path / "alone.csv")
    assert (tmp_path / "alone.csv").read_bytes() in scored
    assert len(parts_of(out)) == 24
    assert sum(path.read_bytes().count(b"\n") - 1 for path in parts_of(out)) == 24 * 3000 + 2
    assert {path.name for path in out.iterdir() if path.name.startswith("_")} == {"_manifest.json", "_rejects.csv"}


class TestRefusals:
    def message(self, *args, **options):
        with pytest.raises(riskmodel.RiskmodelError) as caught:
            riskmodel.score_file(*args, engine="dask", **options)
        return str(caught.value)

    def test_no_file(self, tmp_path):
        assert "no such file" in self.message(tmp_path / "*.csv", tmp_path / "out.csv")
        assert not (tmp_path / "out.csv").exists()

    def test_an_output_that_holds_the_input(self, months):
        months.rename(months.with_suffix(".csv"))
        assert "holds the input" in self.message(f"{months}.csv/*.csv", f"{months}.csv")
        assert len(list(months.with_suffix(".csv").iterdir())) == 4

    def test_files_with_other_columns(self, months, tmp_path, cluster):
        (months / "m2.csv").write_text("id,espionage\n1,2\n")
        message = self.message(months, tmp_path / "out.csv", scheduler=cluster.scheduler_address)
        assert "has other columns than" in message
        assert sorted(path.name for path in tmp_path.iterdir()) == ["months"]

    def test_files_with_other_delimiters(self, months, tmp_path, cluster):
        (months / "m2.csv").write_bytes((months / "m2.csv").read_bytes().replace(b",", b";"))
        message = self.message(months, tmp_path / "out.csv", scheduler=cluster.scheduler_address)
        assert "is delimited by" in message
        assert sorted(path.name for path in tmp_path.iterdir()) == ["months"]
        out = tmp_path / "out.parquet"
        riskmodel.score_file(months, out, engine="dask", scheduler=cluster.scheduler_address)
        assert pq.read_table(out).num_rows == 12_001

    @pytest.mark.parametrize("name", ["in", "out"])
    def test_an_unknown_file_system_is_an_error(self, months, tmp_path, name):
        urls = {"in": (f"foo://{months}", tmp_path / "out.csv"), "out": (months, "foo://out.csv")}
        assert "foo" in self.message(*urls[name])
        result = batch(urls[name][0], "-o", urls[name][1], "--engine", "dask")
        assert (result.returncode, result.stdout) == (2, b"")
        assert b"Traceback" not in result.stderr
        assert result.stderr.splitlines()[1:] in ([], [b"1 error"])

    @pytest.mark.parametrize("what", ["parts", "old"])
    def test_an_output_whose_temporary_folder_is_the_input(self, months, tmp_path, what):
        source = months.rename(tmp_path / f".out.csv.riskmodel-{what}")
        assert "holds the input" in self.message(source, tmp_path / "out.csv")
        assert len(list(source.iterdir())) == 4

    def test_a_temporary_folder_that_is_a_link(self, months, tmp_path):
        (tmp_path / "precious").mkdir()
        (tmp_path / ".out.csv.riskmodel-parts").symlink_to(tmp_path / "precious")
        assert "riskmodel-parts: is in the way" in self.message(months, tmp_path / "out.csv")
        assert list((tmp_path / "precious").iterdir()) == []
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == [".out.csv.riskmodel-parts", "months", "precious"]

    def test_a_folder_that_cannot_be_renamed(self, months, tmp_path, cluster, monkeypatch):
        out, replace = tmp_path / "out.csv", os.replace
        out.mkdir()
        (out / "old").write_text("old")

        def fail(old, new):
            if str(old).endswith("-parts"):
                raise PermissionError(1, "in use")
            replace(old, new)

        monkeypatch.setattr(os, "replace", fail)
        assert "cannot be written: in use" in self.message(months, out, scheduler=cluster.scheduler_address)
        assert [path.name for path in out.iterdir()] == ["old"]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["months", "out.csv"]

    def test_an_error_on_a_worker_has_the_same_message(self, months, tmp_path, cluster):
        (months / "m3.csv").write_bytes("id,espionage\n".encode("utf-16"))
        assert "m3.csv: is UTF-16" in self.message(months, tmp_path / "out.csv", scheduler=cluster.scheduler_address)

    @pytest.mark.slow
    def test_a_scheduler_that_does_not_answer(self, months, tmp_path, monkeypatch):
        monkeypatch.setattr("riskmodel.batch.cluster.CONNECT_SECONDS", 1)
        assert "no Dask scheduler answers" in self.message(months, tmp_path / "out.csv", scheduler="tcp://127.0.0.1:1")

    def test_too_many_rejects(self, months, tmp_path, cluster):
        message = self.message(months, tmp_path / "out.csv", scheduler=cluster.scheduler_address, max_rejects=0)
        assert "more than 0 rows are rejected" in message


@pytest.mark.parametrize("ending", [".tsv", ".txt.gz", ".csv.zst", ".pq"])
def test_parts_have_the_ending_of_the_output(months, tmp_path, cluster, ending):
    out = tmp_path / f"out{ending}"
    riskmodel.score_file(months / "m0.csv", out, engine="dask", scheduler=cluster.scheduler_address)
    assert [path.name for path in parts_of(out)] == [f"part-00000{ending}"]
    riskmodel.score_file(months / "m0.csv", tmp_path / f"alone{ending}")
    assert parts_of(out)[0].read_bytes() == (tmp_path / f"alone{ending}").read_bytes()


def test_an_existing_folder_is_replaced_when_the_new_one_is_complete(months, tmp_path, cluster):
    out = tmp_path / "out.csv"
    out.mkdir()
    (out / "old").write_text("old")
    (months / "m3.csv").write_text("")
    with pytest.raises(riskmodel.SituationError, match="is empty"):
        riskmodel.score_file(months, out, engine="dask", scheduler=cluster.scheduler_address)
    assert [path.name for path in out.iterdir()] == ["old"]
    (months / "m3.csv").unlink()
    riskmodel.score_file(months, out, engine="dask", scheduler=cluster.scheduler_address)
    assert not (out / "old").exists()
    assert len(parts_of(out)) == 3


def test_score_frame_works_unchanged_in_dask_dataframes(default_model, cluster):
    """The recipe of docs/batch.md."""
    frame = table(default_model, 1000, 3)
    with Client(cluster), dask.config.set({"dataframe.convert-string": False}):
        parts = dd.from_pandas(frame, npartitions=3)
        scored = parts.map_partitions(default_model.score_frame, meta=default_model.score_frame(frame.head(0)))
        computed = scored.compute()
    pd.testing.assert_frame_equal(computed, default_model.score_frame(frame))
