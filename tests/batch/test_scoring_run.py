"""One run serves files, parts on a cluster, the service and the page; each reads its input once."""

import io
import json
from collections import Counter

import pytest
from batch_runs import parquet

import riskmodel
from riskmodel.batch.scoring import Options, ScoringRun
from riskmodel.batch.target import Target
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader

DATA = b"id,mood,x,y\na,calm,1,2\nb,calm,99,2\nc,tense,8,\n"


@pytest.fixture
def calls(monkeypatch):
    """Count runs, opened inputs, and pieces that are read."""
    counts = Counter()

    def counting(kind, name):
        original = getattr(kind, name)

        def counted(self, *given, **named):
            counts[f"{kind.__name__}.{name}"] += 1
            return original(self, *given, **named)

        monkeypatch.setattr(kind, name, counted)

    counting(ScoringRun, "steps")
    counting(InputFile, "__init__")
    counting(InputFile, "blocks")
    return counts


ONCE = {"ScoringRun.steps": 1, "InputFile.__init__": 1, "InputFile.blocks": 1}


def test_a_file_is_one_run(tmp_path, model, calls):
    (tmp_path / "in.csv").write_bytes(DATA)
    result = riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", model)
    assert (result.rows_in, result.rows_out, result.rows_rejected) == (3, 2, 1)
    assert calls == ONCE


def test_a_part_on_a_cluster_is_one_run(tmp_path, model, calls):
    pytest.importorskip("fsspec", reason="the extra `dask` is not installed")
    from riskmodel.batch.cluster import Part, score_part

    (tmp_path / "in.csv").write_bytes(DATA)
    target = Target.parse(str(tmp_path / "out.csv"))
    done = score_part(Part(0, str(tmp_path / "in.csv"), None, str(tmp_path), target, model, Options(), {}))
    assert (done.counts.rows_in, done.counts.rows_out, done.row_unit) == (3, 2, "line")
    assert calls == ONCE


def test_a_table_that_was_sent_is_one_run_after_its_size_was_checked(model, calls):
    pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
    from riskmodel.web.batch import score_lines
    from riskmodel.web.schemas import BatchQuery
    from riskmodel.web.settings import Limits

    lines = b"".join(score_lines(model, io.BytesIO(DATA), BatchQuery(), Limits()))
    kinds = [next(iter(json.loads(line))) for line in lines.splitlines()]
    assert [kind for kind in kinds if kind != "progress"] == ["table", "scored", "rejected", "done"]
    assert calls == {"ScoringRun.steps": 1, "InputFile.__init__": 2, "InputFile.blocks": 2}


def test_a_download_is_one_run(tmp_path, model, calls):
    pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
    from riskmodel.analysis.situations import situation_table
    from riskmodel.web.page_data import download

    (tmp_path / "in.csv").write_bytes(DATA.replace(b"99", b"9"))
    situations = situation_table(model.spec, tmp_path / "in.csv").situations
    calls.clear()
    assert download("scored.csv", model, situations).content.count(b"\n") == 4
    assert calls == ONCE


def test_threads_read_each_piece_once_and_results_come_in_order(tmp_path, model, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 32)
    rows = [f"r{row},calm,{row % 10},1\n".encode() for row in range(200)]
    data = b"id,mood,x,y\n" + b"".join(rows)
    run = ScoringRun(InputFile(io.BytesIO(data), "in", len(data)), model, Target.parse("-"), Options(), threads=4)
    read = run.reader.read
    pieces = Counter()
    run.reader.read = lambda piece: (pieces.update([id(piece.records)]), kept.append(piece), read(piece))[-1]
    kept, output = [], io.BytesIO()
    progress = list(run.steps(output, lambda rejects: pytest.fail("no row is rejected")))
    assert len(progress) == len(pieces) > 10
    assert set(pieces.values()) == {1}
    assert [line.split(b",")[0] for line in output.getvalue().splitlines()[1:]] == [b"r%d" % row for row in range(200)]
    assert run.counts.rows_out == 200


def test_an_iterator_that_is_closed_abandons_the_output(model, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 32)
    data = b"id,mood,x,y\n" + b"a,calm,1,1\n" * 200
    source = InputFile(io.BytesIO(data), "in", len(data))
    run = ScoringRun(source, model, Target.parse("out.parquet"), Options(), threads=2)
    steps = run.steps(io.BytesIO(), print)
    next(steps)
    steps.close()
    assert 0 < run.counts.rows_out < 200


def test_readers_of_both_formats_offer_the_same(tmp_path, model):
    import pyarrow as pa

    offered = []
    for data in (b"x,note\n1,a\n", parquet(pa.table({"x": [1.0], "note": ["a"]}))):
        reader = open_reader(InputFile(io.BytesIO(data), "in", len(data)), model.spec, TableOptions())
        (rows,) = map(reader.read, reader.pieces())
        offered.append((list(reader.names), reader.schema.types, rows.count, rows.columns["x"].tolist()))
        reader.check_csv(["note"])
    assert offered[0] == offered[1]
    assert offered[0][:2] == (["x", "note"], [pa.float64(), pa.string()])
