"""Runs that DuckDB scores write what the engine of this package writes."""

import datetime as dt
import io
import json
import random
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import batch, names_in, packed, parquet
from random_models import random_model, random_values

import riskmodel
from riskmodel import RiskmodelError, SituationError, score_file

pytest.importorskip("duckdb", reason="the extra `sql` is not installed")
pytest.importorskip("sqlglot", reason="the extra `sql` is not installed")

NAN = float("nan")
CSV = b"""\
id;mood;x;y;note
a; tense ;7;1.5;=1+1
b;NA;10;;"two
lines"
c;calm;+.5e1;-3;\xff
d;Calm;1;1;unknown label
e;calm;eleven;1;no number
f;calm;11;nan;outside
g;angry;-1;1e999;three faults

h;calm;1;1
i;null;;null;nothing is known
"""


@pytest.fixture
def both(tmp_path):
    """Score bytes with both engines; return the names of the folders that the files are in."""

    def run(data, model, out, **options):
        (tmp_path / "in").write_bytes(data)
        for engine in ("local", "duckdb"):
            (tmp_path / engine).mkdir(exist_ok=True)
            done[engine] = score_file(tmp_path / "in", tmp_path / engine / out, model, engine=engine, **options)
        assert counts_of(done["local"]) == counts_of(done["duckdb"])
        for name in (f"{out}.rejects.csv", f"{out}.manifest.json"):
            contents = [(tmp_path / engine / name).read_bytes() for engine in done]
            if name.endswith(".json"):
                contents = list(map(settled, contents))
            assert contents[0] == contents[1]
        assert names_in(tmp_path / "local") == names_in(tmp_path / "duckdb")
        return tmp_path / "local" / out, tmp_path / "duckdb" / out

    done = {}
    return run


def counts_of(result):
    return result.rows_in, result.rows_rejected, result.blank_lines, result.bands, result.formulas, result.check


def settled(manifest):
    """Return a manifest without what differs from run to run."""
    content = json.loads(manifest)
    for varying in ("run_id", "started", "seconds", "output", "rejects"):
        del content[varying]
    return content


def assert_same_table(expected, actual):
    """Compare files: all columns equal, exact values and coverages to 1e-9."""
    wanted, got = pq.read_table(expected), pq.read_table(actual)
    assert got.schema.equals(wanted.schema, check_metadata=True)
    for name in wanted.column_names:
        if name.endswith(("_exact", "_coverage")):
            numbers = [
                [NAN if value is None else value for value in table[name].to_pylist()] for table in (wanted, got)
            ]
            assert numbers[1] == pytest.approx(numbers[0], rel=0, abs=1e-9, nan_ok=True), name
        else:
            # As text, because NaN differs from itself.
            assert list(map(repr, got[name].to_pylist())) == list(map(repr, wanted[name].to_pylist())), name


def column_of(indicator, situations, name, rng):
    """Return a column with NaN and null for what is missing, and here and there a value that is not valid."""
    values = [situation.get(name) for situation in situations]
    if indicator.labels is not None:
        return pa.array([rng.choice(["odd", value, value, value]) for value in values], pa.string())
    values = [rng.choice([None, NAN]) if value is None else float(value) for value in values]
    return pa.array([rng.choice([float("inf"), 1e300, *[value] * 60]) for value in values], pa.float64())


@pytest.mark.parametrize("seed", range(8))
def test_of_random_models_and_tables_with_gaps_and_rejects(both, seed):
    rng = random.Random(seed)
    source = random_model(rng)
    model = riskmodel.load_model(source)
    situations = [random_values(rng, source) for _ in range(300)]
    columns = {name: column_of(each, situations, name, rng) for name, each in model.spec.indicators.items()}
    if len(columns) > 2:
        del columns[rng.choice(list(columns))]
    table = pa.table({"id": list(range(300)), **columns})
    assert_same_table(*both(parquet(table, row_group_size=70), model, "out.parquet"))


def test_of_csv_with_rejects_of_each_kind_byte_for_byte(both, model):
    local, duckdb = both(CSV, model, "out.csv")
    assert duckdb.read_bytes() == local.read_bytes()
    rejects = (duckdb.parent / "out.csv.rejects.csv").read_bytes()
    assert [line.split(b",")[:3] for line in rejects.splitlines()[1:6]] == [
        [b"6", b"d", b"mood"],
        [b"7", b"e", b"x"],
        [b"8", b"f", b"x"],
        [b"9", b"g", b"mood"],
        [b"11", b"h", b""],
    ]


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_of_compressed_csv_with_a_decimal_comma(both, model, kind):
    data = packed(b"id;x;mood\na;1,5;calm\nb;7;\n", kind)
    out = "out.csv.gz" if kind == "gzip" else "out.csv.zst"
    local, duckdb = both(data, model, out, decimal=",", columns=["s", "id", "s_band"])
    contents = [pa.input_stream(str(path), compression=kind).read() for path in (local, duckdb)]
    assert contents[0] == contents[1]
    assert contents[0].startswith(b"s;id;s_band\n")


def test_other_columns_of_parquet_pass_unchanged(both, model):
    table = pa.table(
        {
            "id": pa.array([3, None, 1], pa.uint8()),
            "day": pa.array([dt.date(2024, 1, 31), None, dt.date(1, 1, 1)]),
            "price": pa.array([Decimal("1.50"), Decimal("-2.00"), None], pa.decimal128(9, 2)),
            "at": pa.array([1, None, 3], pa.timestamp("ns", "Europe/Vienna")),
            "kind": pa.array(["a", "b", None]).dictionary_encode(),
            "deep": pa.array([{"a": [{"b": "x"}]}, {"a": None}, None]),
            "long": pa.array(["a", None, "c"], pa.large_string()),
            "x": pa.array(["7", "NA", " 2"]),
            "y": pa.array([Decimal("1.25"), None, Decimal("-2.50")], pa.decimal128(5, 2)),
            "mood": pa.array(["calm", "tense", None]).dictionary_encode(),
        }
    ).replace_schema_metadata({"origin": "a test"})
    local, duckdb = both(parquet(table), model, "out.parquet")
    assert_same_table(local, duckdb)
    assert pq.read_table(duckdb).select(table.column_names).equals(pq.read_table(local).select(table.column_names))


@pytest.mark.parametrize("x", [[], [None, None], [99.0] * 5])
def test_of_tables_in_which_nothing_can_be_scored(both, model, x):
    table = pa.table({"id": pa.array(range(len(x)), pa.int64()), "x": pa.array(x, pa.float64())})
    assert_same_table(*both(parquet(table), model, "out.parquet"))


def test_rows_keep_their_order_and_pieces_without_a_row_pass(both, model, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 1 << 10)
    rows = [b"%d,%d,calm,1\n" % (row, row % 11 if row % 500 < 250 else 99) for row in range(3000)]
    local, duckdb = both(b"id,x,mood,y\n" + b"".join(rows), model, "out.csv")
    assert duckdb.read_bytes() == local.read_bytes()


def test_pipes(tmp_path):
    data = b"id,military_activity,communication_frequency\na,7,1\nb,,3\n"
    local, duckdb = (batch("-", "-o", "-", "--engine", engine, data=data) for engine in ("local", "duckdb"))
    assert (duckdb.returncode, duckdb.stdout) == (local.returncode, local.stdout)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"id,note\n1,a\n", {}),
        (b"id,x\na,1\nb,1.234.567\n", {}),
        (b"id,x\na,1\nb,99\nc,99\n", {"max_rejects": 1}),
        (parquet(pa.table({"x": [dt.date(2024, 1, 1)]})), {}),
        (parquet(pa.table({"x": [1.0]}))[:-9], {}),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(tmp_path, model, data, options):
    (tmp_path / "in").write_bytes(data)
    messages = []
    for engine in ("local", "duckdb"):
        with pytest.raises(SituationError) as caught:
            score_file(tmp_path / "in", tmp_path / "out.csv", model, engine=engine, **options)
        messages.append(str(caught.value))
        assert names_in(tmp_path) == ["in"]
    assert messages[0] == messages[1]


def test_damage_in_the_middle_of_a_file_is_named(tmp_path, model):
    data = bytearray(parquet(pa.table({"x": [float(row % 10) for row in range(4000)]}), row_group_size=500))
    data[len(data) // 2 - 400 : len(data) // 2] = b"\xff" * 400
    (tmp_path / "in.parquet").write_bytes(data)
    with pytest.raises(SituationError, match=r"in\.parquet: is cut off, damaged, or no Parquet"):
        score_file(tmp_path / "in.parquet", tmp_path / "out.parquet", model, engine="duckdb")
    assert names_in(tmp_path) == ["in.parquet"]


def test_contributions_need_the_other_engine(tmp_path, model):
    with pytest.raises(SituationError, match="--explain: with --engine duckdb there are no contributions"):
        score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, engine="duckdb", explain=True)


@pytest.mark.parametrize("package", ["duckdb", "sqlglot"])
def test_without_the_extra_it_is_named(tmp_path, model, monkeypatch, package):
    (tmp_path / "in.csv").write_bytes(b"id,x\na,1\n")
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith("riskmodel.sql")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(RiskmodelError, match=r"needs the extra `sql`: pip install 'riskmodel\[sql\]'"):
        score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, engine="duckdb")
    assert names_in(tmp_path) == ["in.csv"]


def test_closed_in_the_middle_the_query_ends(model, monkeypatch):
    from riskmodel.batch.scoring import Options, ScoringRun
    from riskmodel.batch.target import Target
    from riskmodel.tables.input_file import InputFile

    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 1 << 10)
    data = b"id,mood,x,y\n" + b"a,calm,1,1\n" * 20_000
    source = InputFile(io.BytesIO(data), "in", len(data))
    run = ScoringRun(source, model, Target.parse("out.parquet"), Options(), threads=2, engine="duckdb")
    steps = run.steps(io.BytesIO(), print)
    next(steps)
    steps.close()
    assert 0 < run.counts.rows_out < 20_000
