"""Batch runs on small files whose every byte is computed by hand, with different formats and options."""

import io
import json
import os
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import names_in, packed, parquet

import riskmodel
from riskmodel import SituationError, score_file

DATA = b'id,x,y,mood,note\na,7,1,calm,=1\nb,NA,,tense,\n\nc,9.5,-5,crisis,"two, or\nmore"\nd,11,1,calmm,\ne,1\n'
# s: (0 + 3 x 0.7 + 2 x 0.4) / 6; of the second row 0.6 alone, at most (0.6 + 5) / 6 and the rule; (1 + 2.85 + 2) / 6
# and the rule, which is more than 100. t: seven times x / 10.
SCORES = [
    b"48.3,low,1.0000,48.3,48.3,x:+35.0; y:+13.3,5,,1.0000,5,5,x:+5",
    b",,0.1666,10.0,98.3,,,,0.0000,0,7,",
    b"100.0,high,1.0000,100.0,100.0,x:+47.5; y:+33.3; mood:+16.7,7,,1.0000,7,7,x:+7",
]
ADDED = [b"s,s_band,s_coverage,s_low,s_high,s_drivers,t,t_band,t_coverage,t_low,t_high,t_drivers", *SCORES]
OUTPUT = b"".join(
    start + b"," + added + b"\n"
    for start, added in zip(
        [b"id,x,y,mood,note", b"a,7,1,calm,'=1", b"b,NA,,tense,", b'c,9.5,-5,crisis,"two, or\nmore"'],
        ADDED,
        strict=True,
    )
)
REJECTS = (
    b"line,id,column,value,reason\n"
    b"7,d,x,11,11 is outside the valid range (0 to 10); the nearest valid value is 10; "
    b"also mood 'calmm': not one of the labels: 'calmm'; did you mean 'calm'?\n"
    b"8,e,,,it has 2 cells; the header has 5\n"
)


def test_every_byte_of_a_run(tmp_path, score):
    done = score(DATA, explain=True)
    assert (tmp_path / "out.csv").read_bytes() == OUTPUT
    assert (tmp_path / "out.csv.rejects.csv").read_bytes() == REJECTS
    assert (done.rows_in, done.rows_out, done.rows_rejected, done.blank_lines, done.formulas) == (5, 3, 2, 1, 1)
    bands = {"s": {"low": 1, "high": 1, "insufficient data": 1}, "t": {"insufficient data": 1}}
    assert done.bands == bands
    text = (tmp_path / "out.csv.manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert text.startswith('{\n  "riskmodel": ')
    assert text.endswith("\n}\n")
    assert manifest["riskmodel"] == riskmodel.__version__
    assert manifest["model"]["id"] == "mine"
    assert manifest["model"]["version"] is None
    assert len(manifest["model"]["sha256"]) == 64
    assert (manifest["input"]["path"], manifest["input"]["bytes"]) == (str(tmp_path / "in"), len(DATA))
    assert manifest["output"] == {"path": str(tmp_path / "out.csv"), "bytes": len(OUTPUT), "rows": 3}
    assert manifest["rejects"] == str(tmp_path / "out.csv.rejects.csv")
    assert manifest["rows"] == {"in": 5, "out": 3, "rejected": 2}
    assert (manifest["blank_lines"], manifest["formulas_escaped"], manifest["bands"]) == (1, 1, bands)
    assert manifest["check"] == done.check.to_dict()
    options = {"explain": True, "columns": None, "formulas": "escape"}
    assert options.items() <= manifest["options"].items()
    assert datetime.fromisoformat(manifest["started"]).utcoffset().total_seconds() == 0
    assert manifest["seconds"] == round(done.seconds, 3)


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_every_byte_of_a_compressed_run(tmp_path, score, kind):
    score(packed(DATA, {"gz": "gzip", "zst": "zstd"}[kind]), f"out.csv.{kind}", explain=True)
    data = (tmp_path / f"out.csv.{kind}").read_bytes()
    assert pa.input_stream(pa.BufferReader(data), compression={"gz": "gzip", "zst": "zstd"}[kind]).read() == OUTPUT
    if kind == "gz":
        # No time in it, so the same rows are the same bytes.
        assert data[4:8] == bytes(4)


def test_line_ends_and_a_byte_order_mark_stay(tmp_path, score):
    score(b"\xef\xbb\xbfx,id\r\n10,a\r\n0,b\n5,c")
    head, *rows = (tmp_path / "out.csv").read_bytes().splitlines(keepends=True)
    assert head.startswith(b"\xef\xbb\xbfx,id,s,")
    assert head.endswith(b",t_high\r\n")
    # The last row has no line end, and gets that of the header.
    assert [(row[: row.index(b",", 4)], row.endswith(b"\r\n")) for row in rows] == [
        (b"10,a", True),
        (b"0,b,", False),
        (b"5,c,", True),
    ]


def test_a_row_between_mixed_line_ends_that_is_rejected(tmp_path, score):
    score(b"id,x\na,1\r\nb,99\nc,2\r\nd,3\n", columns=None)
    rows = (tmp_path / "out.csv").read_bytes().splitlines(keepends=True)[1:]
    assert [(row[:4], row.endswith(b"\r\n")) for row in rows] == [(b"a,1,", True), (b"c,2,", True), (b"d,3,", False)]


def test_decimal_commas_in_and_out(tmp_path, score):
    score(b'x;mood\n"7,5";calm\n', decimal=",", explain=True, columns=["x", "t", "t_coverage", "t_drivers", "s_low"])
    # s: (3 x 0.75 + 2 x 0.5 at least and at most 1) and the rule.
    assert (tmp_path / "out.csv").read_bytes() == b'x;t;t_coverage;t_drivers;s_low\n"7,5";5;1,0000;"x:+5";42,5\n'
    score(b'x,mood\n"7,5",calm\n', decimal=",", columns=["s_high", "t_coverage"])
    assert (tmp_path / "out.csv").read_bytes() == b's_high,t_coverage\n"75,8","1,0000"\n'


def test_other_delimiters_in_and_out(tmp_path, score):
    score(b"id\tx\na\t10\n", columns=["id", "t"])
    assert (tmp_path / "out.csv").read_bytes() == b"id\tt\na\t7\n"
    score(b"id^x^n\na^10^1,2\n", "out.tsv", columns=["n", "t"], delimiter="^")
    assert (tmp_path / "out.tsv").read_bytes() == b"n^t\n1,2^7\n"
    score(parquet(pa.table({"id": ['a\t"b"', ""], "x": [10.0, 5.0]})), "out.tsv", columns=["id", "x", "t"])
    assert (tmp_path / "out.tsv").read_bytes() == b'id\tx\tt\n"a\t""b"""\t10\t7\n""\t5\t4\n'
    score(parquet(pa.table({"id": ["a;b"], "x": [7.5]})), columns=["id", "x", "t"], delimiter=";", decimal=",")
    assert (tmp_path / "out.csv").read_bytes() == b'id;x;t\n"a;b";7,5;5\n'


def test_from_parquet_to_csv_every_type_has_its_text(tmp_path, score):
    table = pa.table(
        {
            "x": pa.array([1.5, None]),
            "n": pa.array([3, None], pa.int16()),
            "d": pa.array([Decimal("1.50"), None]),
            "b": pa.array([True, None]),
            "day": pa.array([date(2024, 2, 1), None]),
            "word": pa.array(["a", None]).dictionary_encode(),
            "long": pa.array(["b", None], pa.large_string()),
            "nothing": pa.nulls(2),
        }
    )
    score(parquet(table), columns=[*table.column_names, "t"])
    assert (tmp_path / "out.csv").read_bytes() == (
        b"x,n,d,b,day,word,long,nothing,t\n1.5,3,1.50,true,2024-02-01,a,b,,1\n,,,,,,,,\n"
    )


def test_from_csv_to_parquet(tmp_path, score):
    score(DATA, "out.parquet", explain=True)
    table = pq.read_table(tmp_path / "out.parquet")
    kinds = {
        "s": "double",
        "s_band": "dictionary<values=string, indices=int8, ordered=0>",
        "s_coverage": "double",
        "s_low": "double",
        "s_high": "double",
        "s_exact": "double",
        "s_drivers": "string",
    }
    names = ["id", "x", "y", "mood", "note", *kinds, *(name.replace("s", "t", 1) for name in kinds)]
    assert table.column_names == names
    assert {name: str(table.schema.field(name).type) for name in kinds} == kinds
    assert table.select(["id", "x", "y", "mood", "note", "s", "s_band", "t"]).to_pylist() == [
        {"id": "a", "x": 7, "y": 1, "mood": "calm", "note": "=1", "s": 48.3, "s_band": "low", "t": 5},
        {"id": "b", "x": None, "y": None, "mood": "tense", "note": None, "s": None, "s_band": None, "t": None},
        {"id": "c", "x": 9.5, "y": -5, "mood": "crisis", "note": "two, or\nmore", "s": 100, "s_band": "high", "t": 7},
    ]
    assert table["s_exact"].to_pylist() == [pytest.approx(290 / 6), None, 100]
    assert table["t_exact"].to_pylist() == [pytest.approx(4.9), None, pytest.approx(6.65)]
    assert table["s_coverage"].to_pylist() == pytest.approx([1, 1 / 6, 1])
    assert (table["s_low"].to_pylist(), table["s_high"].to_pylist()) == ([48.3, 10, 100], [48.3, 98.3, 100])
    assert table["s_drivers"].to_pylist() == ["x:+35.0; y:+13.3", "", "x:+47.5; y:+33.3; mood:+16.7"]


def test_rejects_of_parquet_name_their_row(tmp_path, score):
    table = pa.table({"id": [5, None, 7], "x": [99.0, 1.0, -1.0], "mood": ["calm", "no", "none"]})
    score(parquet(table))
    assert (tmp_path / "out.csv.rejects.csv").read_bytes() == (
        b"row,id,column,value,reason\n"
        b"1,5,x,99.0,99 is outside the valid range (0 to 10); the nearest valid value is 10\n"
        b"2,,mood,no,\"not one of the labels: 'no'; known: calm, tense, crisis\"\n"
        b"3,7,x,-1.0,\"'-1 is outside the valid range (0 to 10); the nearest valid value is 0; "
        b"also mood 'none': not one of the labels: 'none'; known: calm, tense, crisis\"\n"
    )


def test_formulas_are_escaped_in_every_position(tmp_path, score):
    done = score(b'note,x,=1\n=1+1,1,a\n"=1,2",2,@b\n-5,3,+\n', columns=["=1", "note", "t"])
    assert (tmp_path / "out.csv").read_bytes() == b"'=1,note,t\na,'=1+1,1\n'@b,\"'=1,2\",1\n+,-5,2\n"
    assert done.formulas == 3
    done = score(b"note,x\n=1+1,1\n", columns=["note", "t"], formulas="keep")
    assert (tmp_path / "out.csv").read_bytes() == b"note,t\n=1+1,1\n"
    assert done.formulas == 0


def test_a_band_that_looks_like_a_formula_is_escaped(tmp_path):
    content = {
        "format": 1,
        "id": "m",
        "indicators": {"x": {"scale": {"goalposts": [0, 10]}}},
        "scores": {"s": {"weights": {"x": 1}, "bands": {"-low-": 0, "b, c": 50}}},
    }
    (tmp_path / "in.csv").write_bytes(b"x,n\n1,=1\n9,\n")
    done = score_file(tmp_path / "in.csv", tmp_path / "out.csv", content)
    assert (tmp_path / "out.csv").read_bytes() == (
        b"x,n,s,s_band,s_coverage,s_low,s_high\n1,'=1,10.0,'-low-,1.0000,10.0,10.0\n9,,90.0,\"b, c\",1.0000,90.0,90.0\n"
    )
    assert done.formulas == 2


def test_progress_counts_rows_and_rejects(score, tmp_path, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 16)
    seen = []
    data = b"id,x\n" + b"a,1\nb,99\n" * 6
    score(data, on_progress=seen.append)
    assert (seen[-1].rows, seen[-1].rejected, seen[-1].share) == (12, 6, 1)
    assert [step.rows for step in seen] == sorted(step.rows for step in seen)
    assert all(0 < step.share <= 1 for step in seen)
    assert seen[0].rows < 12
    assert (tmp_path / "out.csv.rejects.csv").read_bytes().count(b"\n") == 7


def test_rejects_are_passed_to_the_caller_without_a_file(tmp_path, model, monkeypatch):
    (tmp_path / "in").write_bytes(b"id,x\na,1\nb,99\n")
    sink = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(sink))
    rejects = []
    done = score_file(tmp_path / "in", "-", model, on_rejects=rejects.extend, columns=["id", "t"])
    assert sink.getvalue() == b"id,t\na,1\n"
    assert [(reject.line, reject.id, reject.column, reject.value) for reject in rejects] == [(3, "b", "x", "99")]
    assert (done.rejects, done.manifest, done.output) == (None, None, "-")
    assert names_in(tmp_path) == ["in"]
    with pytest.raises(SituationError) as caught:
        score_file(tmp_path / "in", "-", model)
    assert str(caught.value) == "-: name a file for rejects too, or rejected rows would be lost"


def test_text_that_is_not_utf8_is_scored_and_written_to_parquet_with_escapes(tmp_path, score):
    score(b"id,x\na,1\n\xff,2\nc,\xff\n", "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == ["a", "\\xff"]
    (row,) = (tmp_path / "out.parquet.rejects.csv").read_text().splitlines()[1:]
    assert row.startswith(r"4,c,x,\xff,")


def test_the_arguments_are_passed_to_the_cluster(tmp_path, model, monkeypatch):
    calls = []
    score_on_cluster = lambda *arguments: calls.append(arguments) or "done"  # noqa: E731
    monkeypatch.setattr("riskmodel.batch.cluster.score_on_cluster", score_on_cluster)
    out = tmp_path / "out.parquet"
    done = score_file(tmp_path / "*.csv", out, model, engine="dask", scheduler="tcp://x:1", on_progress=print)
    source, target, scored_by, _, _, *others = calls[0]
    assert (done, source, target.path, scored_by) == ("done", str(tmp_path / "*.csv"), str(out), model)
    assert others == ["tcp://x:1", print]


def test_a_name_that_is_not_utf8_is_escaped_in_the_manifest(tmp_path, model):
    source = tmp_path / os.fsdecode(b"in\xff.csv")
    source.write_bytes(b"x\n1\n")
    score_file(source, tmp_path / "out.csv", model)
    assert json.loads((tmp_path / "out.csv.manifest.json").read_bytes())["input"]["path"] == str(source)


def test_existing_outputs_keep_their_permissions(tmp_path, score, refusal):
    out = Path(tmp_path / "out.csv")
    out.write_bytes(b"old")
    out.chmod(0o640)
    score(b"x\n1\n")
    assert out.stat().st_mode & 0o777 == 0o640
