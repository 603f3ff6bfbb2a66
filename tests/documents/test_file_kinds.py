"""Files of other kinds, whatever their names say: the error says what they are."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import riskmodel
from riskmodel.cli.inputs import Selection

ROWS = pd.DataFrame({"espionage": [1.0, 2.0], "military_activity": [3.0, 4.0], "happened": [0, 1]})
CSV = ROWS.to_csv(index=False).encode()


def archive(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return content.getvalue()


def stata(version):
    content = io.BytesIO()
    ROWS.to_stata(content, write_index=False, version=version)
    return content.getvalue()


def parquet(frame=ROWS):
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), content)
    return content.getvalue()


def arrow(stream=False):
    content = io.BytesIO()
    table = pa.Table.from_pandas(ROWS)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(content, table.schema) as writer:
        writer.write_table(table)
    return content.getvalue()


def workbook(engine):
    content = io.BytesIO()
    ROWS.to_excel(content, index=False, engine=engine)
    return content.getvalue()


EXCEL = archive(**{"[Content_Types].xml": "<a/>" * 500, "_rels/.rels": "x", "xl/workbook.xml": "<b/>"})
ODS = archive(mimetype="application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": "x"})
SAVE = "unpack it, and save it under a name, by which tables are known, that ends in"
FOREIGN = {
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "is a workbook (.xls)"),
    "zip": (archive(**{"a.csv": CSV.decode()}), "is a zip archive; unpack it"),
    "html": (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML><html><body>404</body></html>", "is HTML, such as the page of an error"),
    "xhtml": (b"<?xml version='1.0'?><!DOCTYPE html><html/>", "is HTML, such as the page of an error"),
    "xml workbook": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "is a workbook (XML); export it as CSV",
    ),
    "pdf": (b"%PDF-1.7\n", "is a PDF"),
    "sav": (b"$FL2@(#) SPSS DATA FILE", "is SPSS data (.sav); export it as CSV"),
}
COMMANDS = ["batch", "validate", "situations"]


def message_of(command, path):
    """Return the first problem that a command reports for a file."""
    calls = {
        "batch": lambda: riskmodel.score_file(path, path.parent / "out.csv"),
        "validate": lambda: riskmodel.validate(path, "happened"),
        "situations": lambda: Selection(files=(str(path),)).resolve(),
    }
    with pytest.raises(riskmodel.RiskmodelError) as error:
        calls[command]()
    (problem,) = error.value.problems
    return str(problem)


@pytest.mark.parametrize("ending", ["csv", "yaml", "json", "parquet", "dat"])
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", FOREIGN)
def test_files_of_other_kinds_are_named(tmp_path, kind, command, ending):
    content, message = FOREIGN[kind]
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    assert message_of(command, path).startswith(f"{path}: {message}")


@pytest.mark.parametrize("command", ["batch", "validate"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(ROWS.to_dict("records")).encode(), "is JSON; tables are read as CSV or Parquet"),
        (ROWS.to_json(orient="records", lines=True).encode(), "is JSON; tables are read as CSV or Parquet"),
        (b'\n{ "values": {"espionage": 3}}', "is JSON; tables are read as CSV or Parquet"),
        (b"# a case\nid: x\nvalues:\n  espionage: 3\n", "is YAML; tables are read as CSV or Parquet"),
        (gzip.compress(EXCEL), "is a workbook; unpack it, and save it under a name"),
    ],
)
def test_documents_are_no_tables(tmp_path, content, message, command):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert message_of(command, path).startswith(f"{path}: {message}")


@pytest.mark.parametrize("ending", ["yaml", "json", "txt"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CSV, "is a table (CSV); save it under a name, by which tables are known, that ends in .csv or .tsv"),
        (CSV.replace(b",", b";"), "is a table (CSV)"),
        (CSV.replace(b",", b"\t"), "is a table (CSV)"),
        (b'id,note,espionage\n1,"it is: a, quoted",3\n2,x,4\n', "is a table (CSV)"),
        (CSV * 200_000, "is a table (CSV)"),
        (parquet(), "is Parquet; save it under a name, by which tables are known, that ends in .parquet"),
        (gzip.compress(CSV), "is compressed; unpack it, or, if it is a table"),
        (EXCEL, f"is a workbook; {SAVE} .xlsx or .ods"),
        (ODS, f"is a workbook; {SAVE} .xlsx or .ods"),
        (stata(114), f"is Stata data; {SAVE} .dta"),
        (stata(118), f"is Stata data; {SAVE} .dta"),
        (arrow(), f"is Arrow (Feather) data; {SAVE} .arrow"),
    ],
    ids=[
        "comma",
        "semicolon",
        "tab",
        "quotes",
        "large",
        "parquet",
        "gzip",
        "xlsx",
        "ods",
        "dta 114",
        "dta 118",
        "arrow",
    ],
)
def test_tables_are_no_documents(tmp_path, content, message, ending):
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    assert message_of("situations", path).startswith(f"{path}: {message}")


def test_a_table_on_standard_input_is_named_where_situations_are_read(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CSV)))
    with pytest.raises(riskmodel.SituationError, match=r"<stdin>: is a table \(CSV\); save it under a name"):
        riskmodel.read_situations("-")


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("csv", parquet()),
        ("parquet", CSV),
        ("csv", workbook("openpyxl")),
        ("csv", workbook("xlsxwriter")),
        ("csv", workbook("odf")),
        ("csv", stata(114)),
        ("csv", stata(118)),
        ("csv", arrow()),
        ("csv", arrow(stream=True)),
    ],
)
def test_tables_are_read_by_their_content_whatever_their_names_say(tmp_path, ending, content):
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    assert riskmodel.score_file(path, tmp_path / "out.csv").rows_out == 2
    assert len(riskmodel.read_table(path)) == 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "espionage,,",
            "2 columns without a name (2, 3 of 3); are there too many delimiters at the ends of the lines?",
        ),
        (",espionage,", "2 columns without a name (1, 3 of 3)"),
        ("espionage" + "," * 8, "8 columns without a name (2, 3, 4, 5, 6, ... of 9); are there"),
        ("espionage, , ", "2 columns without a name (2, 3 of 3); are there"),
    ],
)
def test_columns_without_a_name_are_counted(tmp_path, header, message):
    path = tmp_path / "a.csv"
    path.write_text(header + "\n1" + "," * header.count(",") + "\n")
    assert message_of("batch", path).startswith(f"{path}: {message}")


def skipped(size, number=0):
    return struct.pack("<II", 0x184D2A50 + number, size) + b"x" * size


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


@pytest.mark.parametrize(
    "content",
    [
        skipped(8) + zstd(CSV),
        skipped(0) + skipped(70_000, 15) + zstd(CSV),
        zstd(CSV[:20]) + skipped(5, 7) + zstd(CSV[20:]),
        skipped(1 << 21) + zstd(CSV[:7]) + zstd(CSV[7:]) + skipped(1),
    ],
)
def test_zstd_frames_that_hold_no_text_are_skipped(tmp_path, content):
    (tmp_path / "a.csv.zst").write_bytes(content)
    assert riskmodel.score_file(tmp_path / "a.csv.zst", tmp_path / "out.csv").rows_out == 2


@pytest.mark.parametrize("kind", [pa.timestamp("s", "Mars/Olympus"), pa.timestamp("us", "Mars/Olympus")])
@pytest.mark.parametrize("values", [[0, 1], [None, None]])
def test_a_time_zone_that_the_system_does_not_have(tmp_path, kind, values):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"espionage": [1.0, -1.0], "id": pa.array(values, kind)}), path)
    for call in (lambda: riskmodel.score_file(path, tmp_path / "out.csv"), lambda: riskmodel.read_table(path)):
        with pytest.raises(riskmodel.SituationError, match=r"Mars/Olympus|-1 is outside"):
            call()
    assert riskmodel.score_file(path, tmp_path / "out.parquet").rows_rejected == 1


def test_a_date_beyond_all_calendars_is_no_text(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"espionage": [1.0], "when": pa.array([2**62], pa.timestamp("us"))}), path)
    with pytest.raises(riskmodel.SituationError, match=r"a.parquet: column 'when' holds .* beyond all calendars"):
        riskmodel.score_file(path, tmp_path / "out.csv")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize("role", ["output", "rejects"])
def test_a_full_disk_names_the_file_that_is_on_it(tmp_path, role):
    path = tmp_path / "in.csv"
    path.write_text("espionage\n" + "x\n" * 2_000 + "3\n" * 2_000)
    files = {"output": tmp_path / "out.csv", "rejects": tmp_path / "rejects.csv", role: "/dev/full"}
    with pytest.raises(riskmodel.SituationError, match=r"^/dev/full: cannot be written: No space left on device$"):
        riskmodel.score_file(path, **files)


def test_keep_keeps_formulas_in_the_rejects_too(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,espionage\n=1+1,@x\n+a,3\n")
    for formulas, mark in (("keep", ""), ("escape", "'")):
        riskmodel.score_file(path, tmp_path / "out.csv", formulas=formulas)
        assert f"2,{mark}=1+1,espionage,{mark}@x," in (tmp_path / "out.csv.rejects.csv").read_text()
        assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith(f"{mark}+a,3,")


@pytest.mark.skipif(sys.platform == "win32", reason="streams are closed by a shell of Unix")
@pytest.mark.parametrize(("words", "code"), [("model list", 2), ("--version", 2), ("batch in.csv -o out.csv", 0)])
def test_standard_output_may_be_closed(tmp_path, words, code):
    (tmp_path / "in.csv").write_bytes(CSV)
    command = f"exec '{sys.executable}' -m riskmodel {words} >&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr.startswith("standard output is closed\n" if code else "out.csv: 2 rows in, 2 out")


def test_an_unknown_name_in_many_situations_is_reported_once(tmp_path):
    path = tmp_path / "a.yaml"
    entries = "".join(f"  - id: s{number}\n    values: {{espionnage: {number}}}\n" for number in range(235))
    path.write_text(f"situations:\n{entries}")
    with pytest.raises(riskmodel.SituationError) as error:
        Selection(files=(str(path),)).resolve()
    (problem,) = error.value.problems
    assert (problem.line, problem.field) == (3, "situations.0.values.espionnage")
    assert problem.message.endswith("did you mean 'espionage'? (also in line 5, line 7, line 9 and 231 more)")
