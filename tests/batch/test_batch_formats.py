"""Every format in and out gives the same scores, and what passes through stays what it was."""

import csv
import datetime as dt
import decimal
import io
import os
import random
import subprocess
import threading
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_oracle import number, score_cells
from batch_runs import ADDED, ENVIRONMENT, MODEL, batch, packed, parquet, unpacked, words

import riskmodel
from riskmodel import RiskmodelError, score_file
from riskmodel.tables.csv.escape import quoted, quoted_column

KINDS = ["csv", "csv.gz", "csv.zst", "parquet"]
OUTS = [*KINDS, "tsv", "txt", "tsv.gz", "txt.zst", "pq"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("model") / "mine.yaml"
    file.write_text(MODEL, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def model(path):
    return riskmodel.load_model(path)


def drawn(rows=60):
    """Draw rows of text that can all be scored."""
    rng = random.Random(8)
    return [
        {
            "id": f"r{row}",
            "x": rng.choice(("", "7", "2.25", "9.5", "10")),
            "mood": rng.choice(("", "calm", "tense", "crisis")),
            "y": rng.choice(("", "-4.75", "0.125", "3", "80")),
            "note": rng.choice(("", "plain", 'a "b", c', "two\nlines", "größe")),
        }
        for row in range(rows)
    ]


def as_csv(rows):
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()


def as_table(rows):
    columns = {name: [row[name] or None for row in rows] for name in rows[0]}
    numbers = {name: [None if cell is None else float(cell) for cell in columns[name]] for name in "xy"}
    return pa.table(columns | numbers)


def packed_as(kind, rows):
    if kind == "parquet":
        return parquet(as_table(rows), row_group_size=17)
    return as_csv(rows) if kind == "csv" else packed(as_csv(rows), "gzip" if kind.endswith("gz") else "zstd")


def wanted(model, rows):
    """Assess each row by itself; give the cells that are added."""
    cells = []
    for row in rows:
        values = {name: row[name] if name == "mood" else float(row[name]) for name in ("x", "mood", "y") if row[name]}
        assessment = model.assess(values)
        cells.append([plain(cell) for name in "st" for cell in score_cells(assessment[name])])
    return cells


def plain(cell):
    """Return a cell as a number or text, None if empty, so that formats can be compared."""
    if cell in ("", None):
        return None
    return cell if isinstance(cell, str) and number(cell, ".") is None else float(cell)


def added(data):
    """Read the added columns of an output of any format; coverage is cut as in CSV."""
    if data[:4] != b"PAR1":
        table = list(csv.DictReader(io.StringIO(unpacked(data).decode(), newline=""), strict=True))
        return [[plain(row[name]) for name in ADDED] for row in table]
    rows = pq.read_table(io.BytesIO(data)).to_pylist()
    cut = [name.endswith("coverage") for name in ADDED]
    return [
        [plain(f"{int(row[n] * 10_000 + 1e-6) / 10_000}" if c else row[n]) for n, c in zip(ADDED, cut, strict=True)]
        for row in rows
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_all_formats_give_the_same_scores(tmp_path, model, kind):
    rows = drawn()
    (tmp_path / "in").write_bytes(packed_as(kind, rows))
    for out in OUTS:
        done = score_file(tmp_path / "in", tmp_path / f"out.{out}", model)
        data = (tmp_path / f"out.{out}").read_bytes()
        assert done.rows_out == len(rows)
        assert (data[:2] == b"\x1f\x8b", data[:4] == b"\x28\xb5\x2f\xfd", data[:4] == b"PAR1") == (
            *(out.endswith("gz"), out.endswith("zst"), out in ("parquet", "pq")),
        )
        if out in ("tsv", "tsv.gz") and kind == "parquet":
            continue  # The contract does not define the delimiter.
        assert added(data) == wanted(model, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_pipes_take_every_format_and_give_plain_csv(tmp_path, model, path, kind):
    rows = drawn()
    done = batch("-", "-o", "-", "-m", path, data=packed_as(kind, rows), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert added(done.stdout) == wanted(model, rows)
    assert done.stdout.startswith(b"id,x,mood,y,note,s,s_band")
    filed = batch("-", "-o", "out.csv", "-m", path, data=packed_as(kind, rows), cwd=tmp_path)
    assert (filed.returncode, (tmp_path / "out.csv").read_bytes()) == (0, done.stdout)


def test_concatenated_compressed_pieces_are_read_completely(tmp_path, model):
    head, *rest = as_csv(drawn()).splitlines(keepends=True)
    for kind in ("gzip", "zstd"):
        (tmp_path / "in").write_bytes(
            b"".join(packed(piece, kind) for piece in (head, b"".join(rest[:9]), b"".join(rest[9:])))
        )
        assert score_file(tmp_path / "in", tmp_path / "out.csv", model).rows_out == 60


def test_a_closed_pipe_is_not_an_error(tmp_path, path):
    rows = as_csv(drawn()) + b"r,7,calm,1,x\n" * 400_000
    (tmp_path / "in.csv").write_bytes(rows)
    read, write = os.pipe()
    thread = threading.Thread(target=lambda: (os.read(read, 100), os.close(read)))
    thread.start()
    done = subprocess.run(
        words("in.csv", "-o", "-", "-m", path, "--quiet"),
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=ENVIRONMENT,
        check=False,
        timeout=60,
    )
    os.close(write)
    thread.join()
    assert done.stderr == b""


# ------------------------------------------------------------------------------------------------------- CSV to Parquet


def test_from_csv_indicators_become_numbers_and_all_else_stays_text(tmp_path, model):
    data = b'id,x,y,mood,note,more\n007,7,1e2,calm,"",=1+1\n8,,NA,,,"a ""b""\nc"\n9, 2.5 ,null,tense,NA,-x\n'
    (tmp_path / "in.csv").write_bytes(data)
    done = score_file(tmp_path / "in.csv", tmp_path / "out.parquet", model)
    table = pq.read_table(tmp_path / "out.parquet")
    assert done.formulas == 0
    assert table["x"].to_pylist() == [7, None, 2.5]
    assert table["y"].to_pylist() == [100, None, None]
    assert table["mood"].to_pylist() == ["calm", None, "tense"]
    assert table["id"].to_pylist() == ["007", "8", "9"]
    assert table["note"].to_pylist() == ["", None, "NA"]
    assert table["more"].to_pylist() == ["=1+1", 'a "b"\nc', "-x"]
    assert all(pa.types.is_string(table[n].type) or pa.types.is_large_string(table[n].type) for n in ("id", "note"))
    assert table.column_names[6:] == [
        *("s", "s_band", "s_coverage", "s_low", "s_high", "s_exact"),
        *("t", "t_band", "t_coverage", "t_low", "t_high", "t_exact"),
    ]
    assert table["s_exact"][0].as_py() == model.assess({"x": 7, "y": 100, "mood": "calm"})["s"].value
    assert table["s_exact"][1].as_py() is None
    assert table["s"][1].as_py() is None


def test_columns_of_parquet_in_their_order(tmp_path, model):
    (tmp_path / "in.csv").write_bytes(b"id,x\na,7\n")
    score_file(tmp_path / "in.csv", tmp_path / "out.pq", model, columns=["s_exact", "t", "id"], explain=True)
    assert pq.read_table(tmp_path / "out.pq").column_names == ["s_exact", "t", "id"]
    score_file(tmp_path / "in.csv", tmp_path / "all.pq", model, explain=True)
    names = pq.read_table(tmp_path / "all.pq").column_names
    assert (names[2:9], names[-1]) == (
        ["s", "s_band", "s_coverage", "s_low", "s_high", "s_exact", "s_drivers"],
        "t_drivers",
    )
    assert pq.read_table(tmp_path / "all.pq")["t_drivers"].to_pylist() == ["x:+5"]


# ------------------------------------------------------------------------------------------------------------- Parquet


def rich_table():
    """Return a table of many types, with nulls in each column."""
    zone = dt.timezone(dt.timedelta(hours=2))
    columns = {
        "id": pa.array([10**17, 2, None], pa.int64()),
        "day": pa.array([dt.date(2024, 1, 31), None, dt.date(1, 1, 1)], pa.date32()),
        "price": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-2.00"), None], pa.decimal128(9, 2)),
        "at": pa.array([dt.datetime(2024, 1, 2, 3, tzinfo=zone), None, None], pa.timestamp("us", "Europe/Vienna")),
        "nano": pa.array([1, None, 3], pa.timestamp("ns")),
        "kind": pa.array(["a", "b", None]).dictionary_encode(),
        "list": pa.array([[1, 2], [], None], pa.list_(pa.int16())),
        "deep": pa.array([{"a": [{"b": "x"}]}, {"a": None}, None]),
        "flag": pa.array([True, None, False]),
        "small": pa.array([1.5, None, float("nan")], pa.float32()),
        "raw": pa.array([b"\0\xff", b"", None], pa.binary()),
        "text": pa.array(["=1+1", "", None]),
        "long": pa.array(["a", None, "c"], pa.large_string()),
        "empty": pa.nulls(3),
        "x": pa.array([7, None, 2], pa.int8()),
        "y": pa.array([1.25, None, -2.5], pa.float32()),
        "mood": pa.array(["calm", "tense", None]).dictionary_encode(),
    }
    fields = [
        pa.field(n, c.type, metadata={b"unit": n.encode()} if n in ("x", "price") else None) for n, c in columns.items()
    ]
    return pa.table(
        list(columns.values()), schema=pa.schema(fields, metadata={b"origin": b"a test", b"other": b"\xc3\xa4"})
    )


def test_from_parquet_to_parquet_types_and_metadata_stay(tmp_path, model):
    table = rich_table()
    (tmp_path / "in.pq").write_bytes(parquet(table))
    before = pq.read_table(tmp_path / "in.pq")
    done = score_file(tmp_path / "in.pq", tmp_path / "out.pq", model)
    after = pq.read_table(tmp_path / "out.pq")
    assert (done.rows_in, done.rows_out, done.formulas) == (3, 3, 0)
    kept = after.select(table.column_names)
    for name in table.column_names:
        assert kept.schema.field(name).equals(before.schema.field(name), check_metadata=True), name
    assert [repr(row) for row in kept.to_pylist()] == [repr(row) for row in before.to_pylist()]
    assert before.schema.metadata.items() <= after.schema.metadata.items()
    values = [{"x": 7, "y": 1.25, "mood": "calm"}, {"mood": "tense"}, {"x": 2, "y": -2.5}]
    assert after["s_exact"].to_pylist() == [model.assess(row)["s"].value for row in values]
    assert after["s_band"].to_pylist() == [model.assess(row)["s"].band for row in values]


@pytest.mark.parametrize(
    "x",
    [
        pa.array([7.0, float("nan"), 99.0, None]),
        pa.array([7, None, 11, None], pa.int64()),
        pa.array([7, None, 200, None], pa.uint8()),
        pa.array([decimal.Decimal("7.0"), None, decimal.Decimal("10.1"), None], pa.decimal128(5, 1)),
        pa.array(["7", "NA", "seven", ""]),
        pa.array([" 7 ", None, "nan(", "null"], pa.large_string()),
        pa.array(["7", "NaN", "1_0", None]).dictionary_encode(),
        pa.array([7.0, None, float("inf"), None], pa.float32()),
    ],
    ids=lambda array: str(array.type),
)
def test_indicators_of_any_type_are_read_and_bad_ones_rejected(tmp_path, model, x):
    (tmp_path / "in.pq").write_bytes(parquet(pa.table({"id": list("abcd"), "x": x})))
    done = score_file(tmp_path / "in.pq", tmp_path / "out.pq", model)
    table = pq.read_table(tmp_path / "out.pq")
    assert (done.rows_in, done.rows_rejected) == (4, 1)
    assert table["id"].to_pylist() == ["a", "b", "d"]
    assert table["t_exact"].to_pylist() == [model.assess({"x": 7})["t"].value, None, None]
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.pq.rejects.csv").read_text()))
    assert (row["row"], row["id"], row["column"]) == ("3", "c", "x")
    assert table["x"].type == x.type


def test_rows_are_counted_over_row_groups(tmp_path, model):
    x = [float(row % 13) for row in range(5000)]
    (tmp_path / "in.pq").write_bytes(parquet(pa.table({"x": x}), row_group_size=700))
    done = score_file(tmp_path / "in.pq", tmp_path / "out.csv", model)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv.rejects.csv").read_text())))
    assert [int(row["row"]) for row in rows] == [row + 1 for row in range(5000) if row % 13 > 10]
    assert done.rows_in == 5000 == done.rows_out + len(rows)


def views(words, kind):
    """Return string views, as which only files with that type in their schema are read."""
    return pa.array(words, pa.large_binary() if kind == pa.binary_view() else pa.large_string()).cast(kind)


@pytest.mark.skipif(not hasattr(pa, "string_view"), reason="this pyarrow has no views")
def test_views_of_text_pass_through_with_rejects_between(tmp_path, model, monkeypatch):
    words = ["a", "long enough to stand elsewhere", None, "d", "e, f"]
    table = pa.table(
        {
            "id": views([*"12345"], pa.string_view()),
            "x": pa.array([7, 99, None, 2, 98]),
            "y": views(["1", "2", "z", None, "5"], pa.string_view()),
            "mood": views(["calm", "calm", None, "tense", "calm"], pa.string_view()),
            "note": views(words, pa.string_view()),
            "raw": views([b"\xff", b"", None, b"d", b"e"], pa.binary_view()),
            "deep": pa.StructArray.from_arrays([views(words, pa.string_view())], ["part"]),
        }
    )
    (tmp_path / "in.pq").write_bytes(parquet(table))
    done = score_file(tmp_path / "in.pq", tmp_path / "out.pq", model)
    after = pq.read_table(tmp_path / "out.pq")
    assert (done.rows_out, done.rows_rejected) == (2, 3)
    assert after.select(table.column_names).to_pylist() == [table.to_pylist()[index] for index in (0, 3)]
    assert after.schema.field("note").type == pa.string_view()
    score_file(tmp_path / "in.pq", tmp_path / "out.csv", model, columns=["id", "note", "y"])
    assert (tmp_path / "out.csv").read_bytes() == b"id,note,y\n1,a,1\n4,d,\n"
    monkeypatch.setattr("riskmodel.tables.arrow.reader.MAX_BYTES", 1)
    score_file(tmp_path / "in.pq", tmp_path / "parts.pq", model)
    assert pq.read_table(tmp_path / "parts.pq").equals(after)


@pytest.mark.skipif(not hasattr(pa, "string_view"), reason="this pyarrow has no views")
@pytest.mark.parametrize("x", [[99.0, 7.0], [7.0, 99.0], [99.0, 99.0]])
def test_views_of_text_of_which_an_end_is_rejected(tmp_path, model, x):
    table = pa.table({"x": x, "note": views(["long enough to stand elsewhere"] * 2, pa.string_view())})
    score_file(written(tmp_path, table), tmp_path / "out.pq", model)
    assert pq.read_table(tmp_path / "out.pq")["x"].to_pylist() == [value for value in x if value < 10]


@pytest.mark.parametrize("kind", ["binary", "large_binary", "string", "dictionary"])
def test_rejects_show_bytes_that_are_no_text_as_escapes(tmp_path, model, kind):
    raw = pa.array([b"\xffa", b"b\xc3\xa4", None, b"d"], pa.large_binary() if kind == "large_binary" else pa.binary())
    texts = pa.StringArray.from_buffers(4, raw.buffers()[1], raw.buffers()[2], raw.buffers()[0])
    ids = {"string": texts, "dictionary": texts.dictionary_encode()}.get(kind, raw)
    words = texts if kind != "large_binary" else None
    table = {"id": ids, "x": [99.0] * 4} | ({} if words is None else {"y": words, "mood": words, "note": words})
    (tmp_path / "in.pq").write_bytes(parquet(pa.table(table)))
    score_file(tmp_path / "in.pq", tmp_path / "out.pq", model)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.pq.rejects.csv").read_text())))
    assert [row["id"] for row in rows] == ["\\xffa", "bä", "", "d"]
    assert words is None or "also y '\\\\xffa'" in rows[0]["reason"]


def test_long_rows_of_parquet_come_in_pieces_that_fit_the_memory(tmp_path, model, monkeypatch):
    words = ["w" * 5000, "a,b", "", None] * 250
    table = pa.table({"x": [7.0] * 1000, "note": words, "kind": pa.array(words).dictionary_encode()})
    result = score_file(written(tmp_path, table), tmp_path / "whole.csv", model)
    monkeypatch.setattr("riskmodel.tables.arrow.reader.MAX_BYTES", 100_000)
    steps = []
    parts = score_file(written(tmp_path, table), tmp_path / "parts.csv", model, on_progress=steps.append)
    assert (parts.rows_out, result.rows_out) == (1000, 1000)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    rows = [now.rows - before.rows for before, now in pairwise(steps)]
    assert max(rows) * 2 * 1250 <= 100_000 < max(rows) * 4 * 2 * 1250
    score_file(written(tmp_path, table.slice(0, 1)), tmp_path / "one.csv", model)
    monkeypatch.setattr("riskmodel.tables.arrow.reader.MAX_BYTES", 1)
    assert score_file(written(tmp_path, table.slice(0, 40)), tmp_path / "out.parquet", model).rows_out == 40


def written(folder, table):
    (folder / "in.pq").write_bytes(parquet(table))
    return folder / "in.pq"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\\", "^", "]", " "])
def test_one_cell_and_a_column_are_quoted_alike(delimiter):
    words = ["", "plain", " ", *(f"{a}{b}" for a in ("", "x", "ä") for b in ',;\t|\\^] \r\n".$-')]
    cells = [quoted(word, delimiter) for word in words]
    assert quoted_column(pa.array(words), delimiter).to_pylist() == cells
    read = list(csv.reader(io.StringIO(delimiter.join(cells), newline=""), delimiter=delimiter))
    assert read == [words]


def test_from_parquet_to_csv_text_is_quoted_if_needed(tmp_path, model):
    texts = ["", None, "a,b", 'say "x"', "l\nf", "c\rr", "c\r\nlf", "plain", "=1+1", "-5", "-x", "größe", "'", "a;b\tc"]
    count = len(texts)
    table = pa.table(
        {
            "note": texts,
            "day": pa.array([dt.date(2024, 1, 31)] * (count - 1) + [None]),
            "price": pa.array([decimal.Decimal("-1.50")] * count, pa.decimal128(9, 2)),
            "big": pa.array([-(10**17) - 1] * count, pa.int64()),
            "real": pa.array([0.1] * count),
            "kind": pa.array(["a,b"] * count).dictionary_encode(),
            "x": pa.array([7] * count),
        }
    )
    (tmp_path / "in.pq").write_bytes(parquet(table))
    done = score_file(tmp_path / "in.pq", tmp_path / "out.csv", model)
    data = (tmp_path / "out.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    read = [row[0] for row in rows[1:]]
    assert read == [{None: "", "=1+1": "'=1+1", "-x": "'-x"}.get(text, text) for text in texts]
    assert done.formulas == 2
    lines = data.splitlines()
    assert lines[0].startswith(b"note,day,price,big,real,kind,x,s,s_band,")
    assert lines[1].startswith(b'"",2024-01-31,-1.50,-100000000000000001,0.1,"a,b",7,')
    assert lines[2].startswith(b",2024-01-31,")
    assert b"\nplain,2024" in data
    assert rows[-1][1] == ""
    kept = score_file(tmp_path / "in.pq", tmp_path / "out.csv", model, formulas="keep")
    assert kept.formulas == 0
    assert b"\n=1+1,2024" in (tmp_path / "out.csv").read_bytes()


def test_nested_columns_cannot_be_written_as_csv(tmp_path, model, path):
    (tmp_path / "in.pq").write_bytes(parquet(pa.table({"x": [1.0], "many": [[1, 2]]})))
    with pytest.raises(RiskmodelError, match="many"):
        score_file(tmp_path / "in.pq", tmp_path / "out.csv", model)
    done = batch("in.pq", "-o", "out.csv", "-m", path, cwd=tmp_path)
    assert (done.returncode, (tmp_path / "out.csv").exists()) == (2, False)
    assert b"many" in done.stderr


def test_a_table_without_rows_gives_one(tmp_path, model):
    (tmp_path / "in.pq").write_bytes(parquet(rich_table().slice(0, 0)))
    done = score_file(tmp_path / "in.pq", tmp_path / "out.pq", model)
    assert done.rows_in == 0
    assert pq.read_table(tmp_path / "out.pq").schema.field("price") == rich_table().schema.field("price")
    (tmp_path / "in.csv").write_bytes(b"id,x\n")
    score_file(tmp_path / "in.csv", tmp_path / "out.pq", model)
    assert pq.read_table(tmp_path / "out.pq").num_rows == 0


def test_bytes_that_are_no_text_pass_from_csv_to_csv(tmp_path, model):
    data = b"id,x,note\na,7,\xe9\xff\n"
    for kind in ("", "gzip", "zstd"):
        (tmp_path / "in").write_bytes(packed(data, kind) if kind else data)
        score_file(tmp_path / "in", tmp_path / "out.csv", model)
        assert (tmp_path / "out.csv").read_bytes().splitlines()[1].startswith(b"a,7,\xe9\xff,")
