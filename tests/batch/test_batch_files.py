"""Refused files, the files beside the output, and the options of a batch run."""

import csv
import errno
import gzip
import hashlib
import io
import json
import os
import random
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from batch_oracle import drivers, rejected_rows
from batch_runs import ADDED, MODEL, batch, names_in, packed, parquet

import riskmodel
from riskmodel import RiskmodelError, score_file

DATA = b'id,x,y,mood,note\na,7,1,calm,007\nb,NA,,tense,\nc,9.5,-5,crisis,"two, or\nmore"\n'
TABLE = pa.table({"x": [1.0, 2.0] * 2000, "id": [str(number) for number in range(4000)]})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return path


def scored(folder, model, data=DATA, out="out.csv", **options):
    """Score a file; give the result, and the output's rows by column."""
    (folder / "in.csv").write_bytes(data)
    done = score_file(folder / "in.csv", folder / out, model, **options)
    return done, list(csv.DictReader(io.StringIO((folder / out).read_bytes().decode(), newline="")))


# ----------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty|header"),
        (packed(b"", "gzip"), "empty|header"),
        (b"\nx,id\n1,a\n", "header|blank|first line"),
        (b"\r\nx,id\n1,a\n", "header|blank|first line"),
        (b"\xef\xbb\xbf\nx,id\n1,a\n", "header|blank|first line"),
        (b"id,moood\na,calm\n", "mood"),
        (b"a,b\n1,2\n", "indicator"),
        (b"x,note,note\n1,2,3\n", "note"),
        (b"x,y,x\n1,2,3\n", "x"),
        (b"x,s\n1,2\n", "s"),
        (b"x,t_low\n1,2\n", "t_low"),
        ("x,id\n1,a\n".encode("utf-16"), "UTF-16|UTF-8"),
        ("x,id\n1,a\n".encode("utf-16-be"), "UTF-16|UTF-8|NUL"),
        ("x,id\n1,a\n".encode("utf-16-le"), "UTF-16|UTF-8|NUL"),
        (b"\xfe\xff" + "x,id\n1,a\n".encode("utf-16-be"), "UTF-16|UTF-8"),
        ("x,id\n1,a\n".encode("utf-32"), "UTF-32|UTF-16|UTF-8"),
        (b"x,i\0d\n1,a\n", "NUL"),
        (b"x,id\r1,a\r2,b\r", "return|line"),
        (b"x;y\n1,5;2,5\n2,5;3,5\n", "decimal"),
        (packed(DATA * 2000, "gzip")[:200], None),
        (packed(DATA, "gzip")[:-5], None),
        (packed(DATA, "gzip")[:-8] + b"\0\0\0\0\0\0\0\0", None),
        (packed(DATA * 2000, "zstd")[:60], None),
        (packed(DATA, "zstd")[:-3], None),
        (parquet(TABLE)[:-20], None),
        (parquet(TABLE)[: len(parquet(TABLE)) // 2], None),
        (b"PAR1", None),
        (parquet(TABLE)[:-8] + b"\xff\xff\xff\x7fPAR1", None),
        (parquet(pa.table({"a": [1], "b": [2]})), "indicator"),
        (parquet(pa.table([[1], [2]], names=["x", "x"])), "x"),
    ],
)
def test_an_unreadable_input_is_an_error_and_changes_no_file(tmp_path, model, data, message):
    (tmp_path / "in").write_bytes(data)
    (tmp_path / "out.csv").write_bytes(b"old")
    with pytest.raises(RiskmodelError, match=f"(?i){message}" if message else None):
        score_file(tmp_path / "in", tmp_path / "out.csv", model)
    assert names_in(tmp_path) == ["in", "out.csv"]
    assert (tmp_path / "out.csv").read_bytes() == b"old"


def test_a_column_that_is_nearly_an_indicator(tmp_path):
    with pytest.raises(RiskmodelError, match="communication_frequency"):
        scored(tmp_path, "bilateral-tension", b"military_activity,comunication_frequency\n7,1\n")
    both = b"military_activity,comunication_frequency,communication_frequency\n7,1,2\n"
    assert scored(tmp_path, "bilateral-tension", both)[0].rows_out == 1


def test_an_unreadable_input_gives_exit_code_two_and_one_message(tmp_path, model):
    cases = {
        "empty.csv": b"",
        "cut.gz": packed(DATA, "gzip")[:-5],
        "cut.pq": parquet(TABLE)[:-9],
        "others": b"a,b\n1,2\n",
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        done = batch(name, "-o", "out.csv", "-m", model, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert name.encode() in done.stderr
        assert b"Traceback" not in done.stderr
        assert done.stderr.count(name.encode()) == 1
        assert done.stderr.splitlines()[1:] in ([], [b"1 error"])
    assert names_in(tmp_path) == sorted(cases)


def test_missing_files_and_folders(tmp_path, model):
    (tmp_path / "in.csv").write_bytes(DATA)
    for arguments in (["no.csv", "-o", "out.csv"], ["in.csv", "-o", "no/out.csv"], ["in.csv/", "-o", "out.csv"]):
        done = batch(*arguments, "-m", model, cwd=tmp_path)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
    assert names_in(tmp_path) == ["in.csv"]


@pytest.mark.parametrize("way", ["same", "symlink", "hardlink", "folder"])
@pytest.mark.parametrize("part", ["out", "rejects", "manifest"])
def test_the_input_is_never_overwritten(tmp_path, model, way, part):
    target = tmp_path / {"out": "out.csv", "rejects": "bad.csv", "manifest": "out.csv.manifest.json"}[part]
    source = target if way == "same" else tmp_path / "in.csv"
    source.write_bytes(DATA)
    if way == "symlink":
        target.symlink_to(source)
    elif way == "hardlink":
        target.hardlink_to(source)
    elif way == "folder":
        (tmp_path / "sub").symlink_to(tmp_path)
        source = tmp_path / "sub" / target.name
        target.write_bytes(DATA)
    before = names_in(tmp_path)
    with pytest.raises(RiskmodelError):
        score_file(source, tmp_path / "out.csv", model, rejects=tmp_path / "bad.csv")
    assert source.read_bytes() == DATA
    assert target.read_bytes() == DATA
    assert names_in(tmp_path) == before


@pytest.mark.parametrize("what", ["part", "old"])
@pytest.mark.parametrize("name", ["out.csv", "bad.csv", "out.csv.manifest.json"])
def test_the_input_may_have_the_name_of_a_temporary_file(tmp_path, model, name, what):
    source = tmp_path / f".{name}.riskmodel-{what}"
    source.write_bytes(DATA)
    with pytest.raises(RiskmodelError, match="the temporary file of the"):
        score_file(source, tmp_path / "out.csv", model, rejects=tmp_path / "bad.csv")
    assert source.read_bytes() == DATA
    assert names_in(tmp_path) == [source.name]


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@pytest.mark.parametrize("name", ["out.csv", "bad.csv", "out.csv.manifest.json"])
def test_a_temporary_file_that_is_a_link_is_not_written_to(tmp_path, model, name, link):
    (tmp_path / "in.csv").write_bytes(DATA)
    (tmp_path / "precious").write_bytes(b"precious")
    part = tmp_path / f".{name}.riskmodel-part"
    getattr(part, link)(tmp_path / "precious")
    with pytest.raises(RiskmodelError, match=r"riskmodel-part: is a (symbolic|hard) link.*remove it"):
        score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, rejects=tmp_path / "bad.csv")
    assert names_in(tmp_path) == [part.name, "in.csv", "precious"]
    assert (tmp_path / "precious").read_bytes() == b"precious"


WRITTEN = ["out.csv", "out.csv.rejects.csv", "out.csv.manifest.json"]


@pytest.mark.parametrize("old", [[], WRITTEN[:1], WRITTEN[1:], WRITTEN])
@pytest.mark.parametrize("failing", WRITTEN)
def test_renamed_files_are_restored_if_the_next_cannot_be_renamed(tmp_path, model, monkeypatch, failing, old):
    for name in old:
        (tmp_path / name).write_bytes(b"old " + name.encode())
    (tmp_path / "in.csv").write_bytes(DATA)
    # A run that was killed may have left this.
    (tmp_path / ".out.csv.riskmodel-old").write_bytes(b"older")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.startswith(".")}
    fail_to_rename(monkeypatch, tmp_path / failing)
    with pytest.raises(RiskmodelError, match=f"{failing}: cannot be written: in use"):
        score_file(tmp_path / "in.csv", tmp_path / "out.csv", model)
    monkeypatch.undo()
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != ".out.csv.riskmodel-old"}
    assert left == before
    score_file(tmp_path / "in.csv", tmp_path / "out.csv", model)
    if old == WRITTEN:
        assert names_in(tmp_path) == sorted(["in.csv", *WRITTEN])


def test_files_that_cannot_be_restored_are_named(tmp_path, model, monkeypatch):
    (tmp_path / "in.csv").write_bytes(DATA)
    (tmp_path / "out.csv").write_bytes(b"old")
    monkeypatch.setattr(os, "link", refuse)
    fail_to_rename(monkeypatch, tmp_path / "out.csv.manifest.json")
    with pytest.raises(RiskmodelError, match=r"could not be restored, and is already from this run: .*out.csv$"):
        score_file(tmp_path / "in.csv", tmp_path / "out.csv", model)
    assert names_in(tmp_path) == ["in.csv", "out.csv"]


def refuse(*_):
    raise PermissionError(errno.EPERM, "in use")


def fail_to_rename(monkeypatch, target):
    """Let renaming to a file fail, as it does on Windows where somebody has the file open."""
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: (refuse if Path(new) == target else replace)(old, new))


# ------------------------------------------------------------------------------------------------------------ options


def test_a_header_alone_gives_a_header(tmp_path, model):
    done = scored(tmp_path, model, b"id,x\r\n")[0]
    assert (done.rows_in, done.rows_out, done.rows_rejected) == (0, 0, 0)
    assert (tmp_path / "out.csv").read_bytes() == b",".join([b"id,x", *(name.encode() for name in ADDED)]) + b"\r\n"
    assert (tmp_path / "out.csv.rejects.csv").read_bytes().strip() == b"line,id,column,value,reason"
    assert json.loads((tmp_path / "out.csv.manifest.json").read_bytes())


def test_columns_are_written_alone_in_their_order_as_they_stand(tmp_path, model):
    data = b'id,"x",note\r\n007,"5","a ""b"""\r\n"8",6,=1\n9,11,c\n'
    done = scored(tmp_path, model, data, columns=["note", "s_low", "id", "x", "t"])[0]
    head, first, second = (tmp_path / "out.csv").read_bytes().splitlines(keepends=True)
    assert head.replace(b'"', b"") == b"note,s_low,id,x,t\r\n"
    low = [f"{riskmodel.load_model(model).assess({'x': x})['s'].reported_low:.1f}".encode() for x in (5, 6)]
    assert first.startswith(b'"a ""b""",%s,007,"5",' % low[0])
    assert first.endswith(b"\r\n")
    assert second.startswith(b'\'=1,%s,"8",6,' % low[1])
    assert (done.rows_rejected, done.formulas) == (1, 1)
    by_command = batch("in.csv", "-o", "again.csv", "-m", model, "--columns", "note,s_low,id,x,t", cwd=tmp_path)
    assert by_command.returncode == 1
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


def test_columns_are_counted_for_formulas_only_if_they_are_written(tmp_path, model):
    assert scored(tmp_path, model, b"id,x,note\na,1,=1\n", columns=["id", "s"])[0].formulas == 0


def test_added_columns_can_be_left_out(tmp_path, model):
    data = b"id,x,s_band\na,10,old\n"
    with pytest.raises(RiskmodelError, match="s_band"):
        scored(tmp_path, model, data)
    assert scored(tmp_path, model, data, columns=["id", "s_band"])[1][0]["s_band"] != "old"
    rows = scored(tmp_path, model, data, columns=["id", "t"])[1]
    assert [list(row) for row in rows] == [["id", "t"]]
    assert float(rows[0]["t"]) == 7


def test_only_added_columns_can_clash(tmp_path, model):
    assert scored(tmp_path, model, b"x,s_exact,s_drivers\n1,a,b\n")[1][0]["s_drivers"] == "b"
    with pytest.raises(RiskmodelError, match="s_drivers"):
        scored(tmp_path, model, b"x,s_drivers\n1,a\n", explain=True)
    (tmp_path / "in.csv").write_bytes(b"x,s_exact\n1,a\n")
    with pytest.raises(RiskmodelError, match="s_exact"):
        score_file(tmp_path / "in.csv", tmp_path / "out.parquet", model)


def test_a_column_that_nothing_has_is_refused(tmp_path, model):
    with pytest.raises(RiskmodelError, match="nonsense"):
        scored(tmp_path, model, columns=["id", "nonsense"])


@pytest.mark.parametrize("seed", [1, 2])
def test_drivers_are_the_largest_entries_of_the_account(tmp_path, default_model, seed):
    rng = random.Random(seed)
    names = list(default_model.spec.indicators)
    rows = [{name: rng.choice(("", rng.randint(0, 10), 0)) for name in names} for _ in range(150)]
    data = "\n".join([",".join(names), *(",".join(map(str, row.values())) for row in rows)]) + "\n"
    output = scored(tmp_path, default_model, data.encode(), explain=True)[1]
    compared = 0
    for row, written in zip(rows, output, strict=True):
        assessment = default_model.assess({name: value for name, value in row.items() if value != ""})
        for name, score in assessment.scores.items():
            sizes = sorted((abs(entry.points) for entry in score.account), reverse=True)
            tied = any(a - b < 1e-9 < a for a, b in pairwise(sizes[:4]))
            cell = written[f"{name}_drivers"]
            assert (sorted if tied else list)(part.rpartition(":")[2] for part in cell.split("; ") if part) == (
                (sorted if tied else list)(part.rpartition(":")[2] for part in drivers(score))
            )
            assert tied or cell == "; ".join(drivers(score))
            compared += not tied
    assert compared > 100
    assert list(output[0])[len(names) :][:7][4:] == ["escalation_high", "escalation_drivers", "stability"]


def test_coverage_is_cut_and_one_means_all(tmp_path):
    weights = {"a": 0.1, "b": 0.2, "c": 0.7, "d": 1e-6}
    model = riskmodel.load_model(
        {
            "format": 1,
            "id": "m",
            "indicators": {name: {"scale": {"goalposts": [0, 1]}} for name in weights},
            "scores": {"s": {"weights": weights, "min_coverage": 0}},
        }
    )
    rows = scored(tmp_path, model, b"a,b,c,d\n1,1,1,1\n1,1,1,\n1,1,,1\n,,,\n")[1]
    assert [float(row["s_coverage"]) for row in rows] == [1, 0.9999, 0.3, 0]


def test_delimiters_are_detected_or_given(tmp_path, model):
    rows = scored(tmp_path, model, b'id;x;note\na;5;"1;2"\nb;5;1,2\n', explain=True)[1]
    assert (tmp_path / "out.csv").read_bytes().startswith(b"id;x;note;s;s_band;")
    table = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()), delimiter=";"))
    assert [row["note"] for row in table] == ["1;2", "1,2"]
    assert table[0]["t_drivers"] == "x:+4"
    assert len(rows) == 2
    # The comma gives two indicators, the semicolon one.
    scored(tmp_path, model, b"y,a;x;b,mood\n1,2,calm\n", explain=False)
    assert (tmp_path / "out.csv").read_bytes().startswith(b"y,a;x;b,mood,s,")
    scored(tmp_path, model, b"y,a;x;b,mood\n1;5;2\n", delimiter=";")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"y,a;x;b,mood;s;")
    done = batch("in.csv", "-o", "out.tsv", "-m", model, "--delimiter", ";", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "out.tsv").read_bytes()) == (0, (tmp_path / "out.csv").read_bytes())


def test_decimal_commas_are_written_as_they_are_read(tmp_path, model):
    (tmp_path / "in.csv").write_bytes(b"mood;x;y\ncalm;7,25;1,5\n")
    done = batch("in.csv", "-o", "out.csv", "-m", model, "--decimal", ",", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()), delimiter=";")
    wanted = riskmodel.load_model(model).assess({"mood": "calm", "x": 7.25, "y": 1.5})["s"].reported
    assert (float(row["s"].replace(",", ".")), "." in row["s"]) == (wanted, False)
    (tmp_path / "in.csv").write_bytes(b'x,y\n"7,25","1,5"\n')
    score_file(tmp_path / "in.csv", tmp_path / "out.csv", model, decimal=",")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert None not in row
    assert row["x"] == "7,25"


# ------------------------------------------------------------------------------------- rejects, manifest, the terminal


def test_a_rejected_row_tells_all_its_faults(tmp_path, model):
    data = b"id,x,y,mood\na,11,abc,calm\nb,1,1,tens\nc,1\n\nd,1,1,calm,5\n"
    done = scored(tmp_path, model, data, rejects=tmp_path / "bad.csv")[0]
    assert done.bands["s"].get("insufficient data", 0) == 0
    first, second, third, fourth = rejected_rows((tmp_path / "bad.csv").read_bytes())
    assert [first[key] for key in ("line", "id", "column", "value")] == ["2", "a", "x", "11"]
    assert "y" in first["reason"]
    assert "abc" in first["reason"]
    assert [second[key] for key in ("line", "id", "column", "value")] == ["3", "b", "mood", "tens"]
    assert [third[key] for key in ("line", "id", "column", "value")] == ["4", "c", "", ""]
    assert [fourth[key] for key in ("line", "id", "column", "value")] == ["6", "d", "", ""]
    assert names_in(tmp_path) == ["bad.csv", "in.csv", "out.csv", "out.csv.manifest.json"]


def test_too_many_rejects_stop_the_run(tmp_path, model):
    data = b"id,x\n" + b"a,1\nb,x\n" * 5
    assert scored(tmp_path, model, data, max_rejects=5)[0].rows_rejected == 5
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RiskmodelError):
        scored(tmp_path, model, data, max_rejects=4)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    done = batch("in.csv", "-o", "new.csv", "-m", model, "--max-rejects", "0", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "new.csv").exists()) == (2, False)


def test_the_result_and_the_manifest_record_the_run(tmp_path, model):
    data = gzip.compress(DATA + b"d,x,1,calm,\n")
    done = scored(tmp_path, model, data, explain=True)[0]
    assert (done.rows_in, done.rows_out, done.rows_rejected, done.blank_lines, done.formulas) == (4, 3, 1, 0, 0)
    assert [str(path) for path in (done.output, done.rejects, done.manifest)] == [
        str(tmp_path / name) for name in ("out.csv", "out.csv.rejects.csv", "out.csv.manifest.json")
    ]
    assert done.seconds > 0
    kept = leaves(json.loads((tmp_path / "out.csv.manifest.json").read_bytes()))
    identity = riskmodel.load_model(model).identity
    for wanted in (
        *(hashlib.sha256(data).hexdigest(), len(data), str(tmp_path / "in.csv"), riskmodel.__version__),
        *(identity.id, identity.fingerprint, 4, 3, 1, (tmp_path / "out.csv").stat().st_size),
    ):
        assert wanted in kept
    text = (tmp_path / "out.csv.manifest.json").read_text()
    counts = {band: count for band, count in done.bands["s"].items() if count}
    bands = [riskmodel.load_model(model).assess(values)["s"].band for values in VALUES]
    assert counts == {band or "insufficient data": bands.count(band) for band in bands}
    assert all(f'"{band}"' in text for band in counts)


VALUES = [{"x": 7, "y": 1, "mood": "calm"}, {"mood": "tense"}, {"x": 9.5, "y": -5, "mood": "crisis"}]


def leaves(value):
    """List the plain values in JSON."""
    if isinstance(value, dict | list):
        return [leaf for part in (value.values() if isinstance(value, dict) else value) for leaf in leaves(part)]
    return [value]


def test_exit_codes_and_the_summary(tmp_path, model):
    (tmp_path / "in.csv").write_bytes(DATA)
    done = batch("in.csv", "-o", "out.csv", "-m", model, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"3" in done.stderr
    assert b"\x1b" not in done.stderr
    assert b"\r" not in done.stderr
    quiet = batch("in.csv", "-o", "out.csv", "-m", model, "--quiet", cwd=tmp_path)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, b"", b"")
    (tmp_path / "in.csv").write_bytes(DATA + b"d,x,1,calm,=1\n" + b"e,1,1,calm,=1\n" * 17)
    done = batch("in.csv", "-o", "out.csv", "-m", model, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    keep = batch("in.csv", "-o", "out.csv", "-m", model, "--formulas", "keep", cwd=tmp_path)
    assert keep.returncode == 1
    assert b",=1," in (tmp_path / "out.csv").read_bytes()
    lines = set(done.stderr.splitlines()) - set(keep.stderr.splitlines())
    assert any(b"17" in line for line in lines)


def test_standard_output_is_data_and_nothing_else(tmp_path, model):
    (tmp_path / "in.csv").write_bytes(DATA + b"d,x,1,calm,\ne,12,1,calm,\n")
    assert batch("in.csv", "-o", "out.csv", "-m", model, cwd=tmp_path).returncode == 1
    wanted = (tmp_path / "out.csv").read_bytes()
    (tmp_path / "folder").mkdir()
    done = batch(tmp_path / "in.csv", "-o", "-", "-m", model, "--quiet", cwd=tmp_path / "folder")
    assert (done.returncode, done.stdout) == (1, wanted)
    assert len(done.stderr.splitlines()) == 2
    assert all(sign in line for sign, line in zip((b"6", b"7"), done.stderr.splitlines(), strict=True))
    assert names_in(tmp_path / "folder") == []
    result = batch("-", "-o", "-", "-m", model, "--rejects", "bad.csv", data=DATA + b"d,x,1,calm,\n", cwd=tmp_path)
    assert (result.returncode, result.stdout.count(b"\n")) == (1, 5)
    assert names_in(tmp_path)[:2] == ["bad.csv", "folder"]
    assert len(rejected_rows((tmp_path / "bad.csv").read_bytes())) == 1
