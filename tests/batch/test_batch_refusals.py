"""Full messages of a batch run for invalid files, options and rows."""

import errno
import os
import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from batch_runs import MODEL, packed, parquet

import riskmodel
from riskmodel import SituationError, score_file
from riskmodel.tables.csv import records as csv_records

DATA = b"id,x,y,mood,note\na,7,1,calm,\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "in: is empty: it has no header"),
        ("x\n1\n".encode("utf-16-le"), "in: has a NUL byte in its header; is it UTF-16, or no CSV at all?"),
        ("x\n1\n".encode("utf-16"), "in: is UTF-16; --encoding utf-16 reads it"),
        ("x\n1\n".encode("utf-32"), "in: is UTF-32; --encoding utf-32 reads it"),
        (b"sep=;\nx;y\n", "in: starts with a line `sep=`, which only Excel reads; --skip-rows 1 leaves it out"),
        (b" \nx\n1\n", "in: starts with a blank line: it has no header; --skip-rows leaves lines out"),
        (b"x,gr\xf6\xdfe\n1,2\n", "in: has a header that is not UTF-8; --encoding cp1252 reads that of Windows"),
        (b"x,y,x\n", "in: duplicate column 'x' in the header"),
        (b"x,,y,\n", "in: 2 columns without a name (2, 4 of 4)"),
        (
            b"x,y,,\n",
            "in: 2 columns without a name (3, 4 of 4); are there too many delimiters at the ends of the lines?",
        ),
        (b",a,,b,,c,,d,,x,\n", "in: 6 columns without a name (1, 3, 5, 7, 9, ... of 11)"),
        (b",a,,b,,c,,d,x,\n", "in: 5 columns without a name (1, 3, 5, 7, 10 of 10)"),
        (b'x,"y\n1,2\n', "in: the header has broken quotes, or is longer than 16 MiB"),
        (b"x,y\rz,1\n", "in: the header has a carriage return without a line feed"),
        (
            b"x,s_low\n1,2\n",
            "in: has a column 's_low' already, which the output would add; rename it, or choose with --columns",
        ),
        (parquet(pa.table([[1.0], [2.0]], names=["x", "x"])), "in: duplicate column 'x' in the header"),
        (
            parquet(pa.table({"x": [date(2024, 1, 1)]})),
            "in: column x: should be a number; the column holds date32[day]",
        ),
        (
            parquet(pa.table({"x": [1.0], "tags": [["a"]]})),
            "in: the column 'tags' holds list<element: string>, which CSV cannot; "
            "leave it out with --columns, or write Parquet",
        ),
    ],
)
def test_why_a_file_is_refused(refusal, data, message):
    assert refusal(data) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["id", "notes"]}, "in: --columns: there is no column 'notes'; did you mean 'note'?"),
        ({"columns": ["s_drivers"]}, "in: --columns: there is no column 's_drivers'; it comes with --explain"),
        ({"columns": ["s_exact"]}, "in: --columns: there is no column 's_exact'; it comes in Parquet only"),
        ({"columns": ["id", "s", "id"]}, "in: --columns: duplicate 'id'"),
        ({"columns": []}, "in: --columns names no column"),
        ({"formulas": "run"}, "formulas should be escape or keep; got 'run'"),
        ({"engine": "spark"}, "engine should be local or duckdb or dask; got 'spark'"),
        ({"max_rejects": -1}, "max_rejects should be 0 or more; got -1"),
        ({"scheduler": "tcp://x:1"}, "--scheduler goes with --engine dask"),
        ({"rejects": "-"}, "--rejects: standard output gets the scored rows; name another file"),
        ({"decimal": ";"}, "--decimal should be . or ,; got ';'"),
    ],
)
def test_why_an_option_is_refused(refusal, options, message):
    assert refusal(DATA, **options) == message


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ('"1,5"', "'1,5' has a decimal comma; --decimal , reads it"),
        ("1.234.567", "'1.234.567' has points between thousands; --decimal , --thousands . reads it"),
    ],
)
def test_a_number_that_is_written_in_another_way_refuses_the_file(refusal, cell, why):
    data = f"id,x\na,1\nb,{cell}\nc,99\n".encode()
    assert refusal(data) == f"in:3: column x: {why}, --decimal . rejects such rows"


@pytest.mark.parametrize("cell", ["1.2.3", "1 234", "abc", "11"])
def test_a_number_that_is_none_in_any_way_costs_its_row_alone(score, cell):
    done = score(f"id,x\na,1\nb,{cell}\n".encode())
    assert (done.rows_out, done.rows_rejected) == (1, 1)
    assert score(b"id,x\na,1\nb,1.234.567\n", decimal=".").rows_rejected == 1


def test_columns_as_text_are_no_list(score):
    with pytest.raises(TypeError) as caught:
        score(DATA, columns="id")
    assert str(caught.value) == "columns takes a list of names; got 'id'"


@pytest.mark.parametrize("mark", ["", "ab", "ü", "a", "7", '"', "'", "\r", "\n", "\0", ".", "+", "-", "_", "="])
def test_invalid_delimiters_are_refused(refusal, mark):
    assert refusal(DATA, delimiter=mark) == (
        f"--delimiter should be one character such as , ; | or a tab; got {mark!r}"
    )


KNOWN = (
    "its name should end in one of .csv, .tsv, .txt, .parquet, .pq, .arrow, .feather, .xlsx, .ods, "
    ".csv.gz, .csv.zst, .tsv.gz, .tsv.zst, .txt.gz, .txt.zst"
)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("out", ""),
        ("out.xls", "; did you mean '.xlsx'?"),
        ("out.dta", "; .dta is read only"),
        ("out.cvs", "; did you mean '.csv'?"),
        ("out.parquet.gz", "; did you mean '.parquet'?"),
        ("out.gz", ""),
    ],
)
def test_a_name_that_says_no_format(refusal, name, hint):
    message = refusal(DATA, name)
    assert message.startswith(f"{name}: {KNOWN}")
    if hint:
        assert message == f"{name}: {KNOWN}{hint}"


def test_invalid_outputs_are_refused(tmp_path, refusal):
    assert refusal(DATA, "no/out.csv") == f"no/out.csv: there is no folder {str(tmp_path / 'no')!r}".replace(
        f"{tmp_path}{os.sep}", ""
    )
    (tmp_path / "sub.csv").mkdir()
    assert refusal(DATA, "sub.csv") == "sub.csv: is a folder"
    assert refusal(DATA, "in") == f"in: {KNOWN}"


def test_two_files_of_a_run_that_are_one(tmp_path, refusal, model):
    def message(**options):
        return refusal(DATA, **options)

    assert message(rejects=tmp_path / "out.csv") == "out.csv: is the output and the rejects at once; name another"
    assert message(rejects=tmp_path / "out.csv.manifest.json") == (
        "out.csv.manifest.json: is the rejects and the manifest at once; name another"
    )
    assert message(rejects=tmp_path / "in") == "in: is the input and the rejects at once; name another"
    part = ".out.csv.riskmodel-part"
    assert message(rejects=tmp_path / part) == (
        f"{part}: is the rejects and the temporary file of the output at once; name another"
    )
    (tmp_path / "m.csv").write_text(MODEL, encoding="utf-8")
    with pytest.raises(SituationError, match=r"m\.csv: is the model and the output at once; name another$"):
        score_file(tmp_path / "in", tmp_path / "m.csv", tmp_path / "m.csv")


def test_a_device_takes_rows_but_no_rejects(tmp_path, model):
    (tmp_path / "in").write_bytes(b"id,x\na,1\n")
    done = score_file(tmp_path / "in", os.devnull, model, on_rejects=lambda rejects: None)
    assert (done.rows_out, done.rejects, done.manifest) == (1, None, None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_device_without_room_is_named(tmp_path, model):
    (tmp_path / "in").write_bytes(b"id,x\na,1\n")
    with pytest.raises(SituationError) as caught:
        score_file(tmp_path / "in", "/dev/full", model, on_rejects=lambda rejects: None)
    assert str(caught.value) == f"/dev/full: cannot be written: {os.strerror(errno.ENOSPC)}"


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_an_error_for_too_many_rejects_lists_the_first(refusal, limit):
    message = refusal(b"id,x\na,11\nb,1\nc,x\nd\n", max_rejects=limit)
    assert message.splitlines() == [
        "in:2: column x: 11 is outside the valid range (0 to 10); the nearest valid value is 10",
        "in:4: column x: should be a number; got 'x'; if it stands for a missing value, --missing x reads it",
        "in:5: it has 1 cell; the header has 2",
        f"in: more than {'1 row is' if limit == 1 else f'{limit} rows are'} rejected; stopped, and nothing written",
    ]


def test_an_error_lists_ten_of_many_rejects(refusal):
    message = refusal(b"x,id\n" + b"".join(b"%d,a\n" % number for number in range(11, 31)), max_rejects=1)
    assert [line.partition(" is ")[0] for line in message.splitlines()] == [
        *(f"in:{number - 9}: column x: {number}" for number in range(11, 21)),
        "in: more than 1 row",
    ]
    table = parquet(pa.table({"x": [11.0] * 3}))
    assert refusal(table, max_rejects=1).splitlines()[0] == (
        "in: row 1, column x: 11 is outside the valid range (0 to 10); the nearest valid value is 10 "
        "(also in row 2, row 3)"
    )


def test_missing_inputs_are_refused(tmp_path, model):
    for name in ("no.csv", "no*.csv"):
        with pytest.raises(SituationError) as caught:
            score_file(tmp_path / name, tmp_path / "out.csv", model)
        assert str(caught.value) == f"{tmp_path / name}: there is no such file"
    for name, hint in (
        ("no*.csv", "; wildcards are for `riskmodel batch`"),
        ("s3://a/b", "; `riskmodel batch --engine"),
    ):
        with pytest.raises(SituationError, match=f"there is no such file{re.escape(hint)}"):
            riskmodel.read_table(name)
    with pytest.raises(SituationError) as caught:
        score_file(tmp_path, tmp_path / "out.csv", model)
    assert str(caught.value).startswith(f"{tmp_path}: there is no file that ends in .csv, .tsv, ")


def test_an_error_for_a_truncated_file(refusal):
    for data in (packed(DATA * 99, "gzip")[:-5], packed(DATA, "gzip")[:-8] + bytes(8)):
        assert refusal(data).startswith("in: is cut off, or its compression is damaged: ")
    assert refusal(packed(DATA * 99, "zstd")[:-5]).startswith("in: is cut off or damaged: ")
    assert refusal(b"PAR1").startswith("in: is cut off, damaged, or no Parquet: ")


@pytest.fixture
def short(monkeypatch):
    """Let twenty bytes be as long as a row may be."""
    monkeypatch.setattr(csv_records, "MAX_RECORD_BYTES", 20)


@pytest.mark.parametrize("block", [3, 1 << 20])
def test_a_row_may_be_as_long_as_that_and_no_longer(short, monkeypatch, tmp_path, score, refusal, block):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", block)
    for end in (b"\n", b"\r\n"):
        done = score(b"id,x" + end + b"a" * 18 + b",1" + end + b"b,2" + end, columns=["id"])
        assert (done.rows_out, done.rows_rejected) == (2, 0)
        assert refusal(b"id,x" + end + b"a" * 19 + b",1" + end + b"b,2" + end) == (
            "in: has a line of more than 0 MiB: is it CSV?"
        )
        quoted = b'"' + b"a" * 7 + end[-1:] + b"b" * 8 + b'",1'
        done = score(b"id,x" + end + quoted + end + b"b,2" + end, columns=["id"])
        assert (done.rows_out, done.rows_rejected) == (2, 0)
        longer = b'"' + b"a" * 7 + end[-1:] + b"b" * 9 + b'",1'
        score(b"id,x" + end + longer + end + b"c,2" + end, columns=["id"])
        assert (tmp_path / "out.csv").read_bytes() == b"id" + end + b"c" + end
        _, first, second = (tmp_path / "out.csv.rejects.csv").read_bytes().splitlines()
        assert first == b'2,"""aaaaaaa",,,"its quotes are broken, or it is longer than 16 MiB"'
        assert second == b'3,"bbbbbbbbb""",,,its quotes are broken'


@pytest.mark.parametrize("block", [1, 4, 7, 1 << 20])
def test_rows_that_are_broken_say_why(monkeypatch, tmp_path, score, block):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", block)
    done = score(b'id,x\na,1\nb"b",2\nc,"3\nd,4\ne\0,5\nf\rg,6\nh,7\n', columns=["id"])
    assert (tmp_path / "out.csv").read_bytes() == b"id\na\nd\nh\n"
    assert (tmp_path / "out.csv.rejects.csv").read_bytes() == (
        b"line,id,column,value,reason\n"
        b'3,"b""b""",,,its quotes are broken\n'
        b"4,c,,,its quotes are broken\n"
        b"6,e\0,,,it has a NUL byte\n"
        b'7,"f\rg",,,it has a carriage return without a line feed\n'
    )
    assert (done.rows_in, done.rows_out, done.rows_rejected) == (7, 3, 4)
