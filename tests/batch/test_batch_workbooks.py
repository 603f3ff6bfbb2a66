"""Scores written as workbooks and as Arrow IPC: what is in them, and what does not fit."""

import datetime
import io
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine
from batch_runs import names_in, parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmodel import SituationError, score_file
from riskmodel.tables.spreadsheet import ods_writer, xlsx_writer
from riskmodel.tables.spreadsheet import sheet_writer as workbook_sheet

DATA = b"id,x,y,mood,note\na,7,1,calm,first\nb,99,1,calm,\nc,2.5,,tense,\n"


def sheet(path, name="Scores"):
    """Return the rows of a sheet as lists of values."""
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


def colours(path, column):
    """Return background and text by band in a column of the scores."""
    rows = list(openpyxl.load_workbook(path)["Scores"].iter_rows())
    position = [cell.value for cell in rows[0]].index(column)
    return {row[position].value: (row[position].fill.fgColor.rgb, row[position].font.color.rgb) for row in rows[1:]}


def brightness(colour):
    """Return the relative luminance of a colour such as FFAABBCC (WCAG 2.2)."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (2, 4, 6)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class TestWorkbooks:
    def test_scores_rejects_and_a_sheet_about_both(self, tmp_path, score, model):
        result = score(DATA, "out.xlsx")
        assert (result.rows_in, result.rows_out, result.rows_rejected) == (3, 2, 1)
        assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == ["Scores", "Rejects", "About"]
        header, *rows = sheet(tmp_path / "out.xlsx")
        score(DATA, "out.parquet")
        table = pq.read_table(tmp_path / "out.parquet")
        assert header == [name for name in table.column_names if not name.endswith("_exact")]
        expected = table.select(header).to_pylist()
        assert [dict(zip(header, row, strict=True)) for row in rows] == expected
        rejects = sheet(tmp_path / "out.xlsx", "Rejects")
        assert rejects[0] == ["line", "id", "column", "value", "reason"]
        assert rejects[1][:4] == [3, "b", "x", "99"]
        about = dict(row[:2] for row in sheet(tmp_path / "out.xlsx", "About") if row[0])
        assert about["Fingerprint"].startswith(model.identity.fingerprint)
        assert about["SHA-256 of the input"] == result.to_dict()["input"]["sha256"]
        assert about["Rows"] == "3 rows in, 2 scored, 1 rejected"
        assert names_in(tmp_path) == [
            "in",
            "out.parquet",
            "out.parquet.manifest.json",
            "out.parquet.rejects.csv",
            "out.xlsx",
            "out.xlsx.manifest.json",
            "out.xlsx.rejects.csv",
        ]

    def test_headings_stay_in_sight_and_rows_can_be_filtered(self, tmp_path, score):
        score(DATA, "out.xlsx")
        scores = openpyxl.load_workbook(tmp_path / "out.xlsx")["Scores"]
        assert (scores.freeze_panes, scores.auto_filter.ref) == ("B2", "A1:O3")

    def test_bands_get_darker_and_their_text_can_be_read(self, tmp_path, score):
        rows = "".join(f"r{number},{number % 11},0,calm,\n" for number in range(40))
        score(b"id,x,y,mood,note\n" + rows.encode(), "out.xlsx")
        seen = colours(tmp_path / "out.xlsx", "s_band")
        assert set(seen) == {"low", "high"}
        assert brightness(seen["low"][0]) > 2 * brightness(seen["high"][0])
        for pair in seen.values():
            light, dark = sorted(map(brightness, pair), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5

    @pytest.mark.parametrize(
        "text",
        ["=1+1", "{=1+1}", "internal:x", "mailto:a", "<r>5</r>", "<r><t>5</t></r>", " lead", "line\nbreak", "007"],
    )
    def test_texts_stay_texts(self, tmp_path, score, text):
        score(parquet(pa.table({"id": [text], "x": [1.0]})), "out.xlsx")
        header, row = (
            python_calamine.CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_index(0).to_python()
        )
        assert row[header.index("id")] == text

    def test_values_of_parquet(self, tmp_path, score):
        day, moment = datetime.date(2020, 2, 29), datetime.datetime(2020, 2, 29, 8, 30, 1)
        values = {
            "day": (pa.array([day]), datetime.datetime(2020, 2, 29)),
            "old": (pa.array([datetime.date(1899, 1, 1)]), "1899-01-01"),
            "moment": (pa.array([moment], pa.timestamp("us")), moment),
            "zoned": (pa.array([moment], pa.timestamp("us", "UTC")), "2020-02-29 08:30:01.000000Z"),
            "long": (pa.array([12345678901234567]), "12345678901234567"),
            "whole": (pa.array([123456]), 123456),
            "exact": (pa.array([Decimal("1.25")]), 1.25),
            "flag": (pa.array([True]), True),
            "infinite": (pa.array([np.inf]), "inf"),
            "none": (pa.array([np.nan]), None),
            "word": (pa.array(["a"]).dictionary_encode(), "a"),
        }
        score(parquet(pa.table({"x": [1.0], **{name: column for name, (column, _) in values.items()}})), "out.xlsx")
        header, row = sheet(tmp_path / "out.xlsx")
        read = dict(zip(header, row, strict=True))
        assert {name: read[name] for name in values} == {name: value for name, (_, value) in values.items()}

    @settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.floats(0, 10), min_size=1, max_size=40))
    def test_scores_read_back_within_a_quadrillionth(self, tmp_path, score, values):
        data = parquet(pa.table({"x": values, "y": values}))
        score(data, "out.parquet")
        score(data, "out.xlsx")
        score((tmp_path / "out.xlsx").read_bytes(), "again.parquet", columns=["x", "y"])
        header, *rows = sheet(tmp_path / "out.xlsx")
        written = pq.read_table(tmp_path / "out.parquet").select(header).to_pydict()
        for name, column in zip(header, zip(*rows, strict=True), strict=True):
            if isinstance(written[name][0], float):
                np.testing.assert_allclose(column, written[name], rtol=1e-15, atol=0)
        assert pq.read_table(tmp_path / "again.parquet")["x"].to_pylist() == pytest.approx(values, rel=1e-15, abs=0)

    def test_a_text_that_is_too_long(self, refusal, tmp_path):
        message = refusal(parquet(pa.table({"x": [1.0, 2.0], "note": ["", "a" * 32_768]})), "out.xlsx")
        assert message == (
            "out.xlsx: row 2 of the sheet Scores, column 'note' has a text of 32,768 characters, and a cell of a "
            "workbook has 32,767; leave it out with --columns, or write .csv or .parquet"
        )
        assert names_in(tmp_path) == ["in"]

    def test_more_rows_than_a_sheet_has(self, refusal, tmp_path, monkeypatch):
        monkeypatch.setattr(workbook_sheet, "MAX_ROWS", 2)
        message = refusal(b"x\n1\n2\n3\n", "out.xlsx")
        assert message == "out.xlsx: has more than 2 rows, which a sheet has; write .csv or .parquet"
        assert names_in(tmp_path) == ["in"]

    def test_more_columns_than_a_sheet_has(self, refusal, monkeypatch):
        monkeypatch.setattr(xlsx_writer, "MAX_COLUMNS", 3)
        assert refusal(DATA, "out.xlsx") == "out.xlsx: has 15 columns, and a sheet 3; choose with --columns"

    def test_no_temporary_file_stays(self, tmp_path, score, refusal, monkeypatch):
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
        score(DATA, "out.xlsx")
        refusal(DATA, "out.xlsx", max_rejects=0)
        assert names_in(tmp_path / "tmp") == []


def cells(path):
    """Return the rows of all sheets as python-calamine reads them, but for the sheet that has the time."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names if name != "About"}


class TestOds:
    def test_the_same_sheets_as_in_xlsx(self, tmp_path, score):
        moment = datetime.datetime(2020, 2, 29, 8, 30, 1)
        table = {
            "id": ["=1+1", " two  spaces", "two\nlines", "<r>5</r>"],
            "x": [7.0, 99.0, 2.5, None],
            "y": [0.25, 1.0, None, 1.0],
            "day": [datetime.date(2020, 2, 29)] * 4,
            "moment": pa.array([moment] * 4, pa.timestamp("us")),
            "flag": [True, False, None, True],
        }
        for name in ("out.ods", "out.xlsx"):
            assert score(parquet(pa.table(table)), name).rows_rejected == 1
        assert cells(tmp_path / "out.ods") == cells(tmp_path / "out.xlsx")

    def test_what_is_written_is_read(self, tmp_path, score):
        score(DATA, "out.ods")
        result = score((tmp_path / "out.ods").read_bytes(), "again.csv", sheet="Scores", columns=["id", "x", "note"])
        assert result.remarks == ("read sheet 'Scores' of 3, with the headings in row 1",)
        assert (tmp_path / "again.csv").read_text("utf-8").splitlines() == ["id,x,note", "a,7,first", "c,2.5,"]

    def test_more_cells_than_are_made_in_memory(self, refusal, tmp_path, monkeypatch):
        monkeypatch.setattr(ods_writer, "MAX_CELLS", 20)
        message = "out.ods: has more than 20 cells, the most for .ods; write .xlsx, .csv or .parquet"
        assert refusal(b"x\n1\n2\n3\n", "out.ods") == message
        assert names_in(tmp_path) == ["in"]


class TestArrow:
    @pytest.mark.parametrize("ending", ["arrow", "feather"])
    def test_the_same_as_parquet(self, tmp_path, score, ending):
        score(DATA, f"out.{ending}")
        score(DATA, "out.parquet")
        table = pa.ipc.open_file(tmp_path / f"out.{ending}").read_all()
        assert table.equals(pq.read_table(tmp_path / "out.parquet"))

    def test_categories_of_the_input_become_text(self, tmp_path, model):
        batches = [pa.record_batch({"x": [1.0], "land": pa.array([name]).dictionary_encode()}) for name in ("a", "b")]
        content = io.BytesIO()
        with pa.ipc.new_stream(content, batches[0].schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        (tmp_path / "in").write_bytes(content.getvalue())
        score_file(tmp_path / "in", tmp_path / "out.arrow", model)
        assert pa.ipc.open_file(tmp_path / "out.arrow").read_all()["land"].to_pylist() == ["a", "b"]

    def test_without_rows(self, tmp_path, score):
        for name in ("out.arrow", "out.xlsx"):
            assert score(b"id,x\n", name).rows_out == 0
        assert pa.ipc.open_file(tmp_path / "out.arrow").read_all().num_rows == 0
        assert len(sheet(tmp_path / "out.xlsx")) == 1


FRAME = pd.DataFrame(
    {
        "id": [f"r{number}" for number in range(60)],
        "x": [float(number % 13) if number % 7 else np.nan for number in range(60)],  # 11 and 12 are not valid
        "y": [number / 8 - 3 for number in range(60)],
        "mood": [("calm", "tense", "crisis")[number % 3] for number in range(60)],
    }
)


def written(path):
    """Write the frame in the format of a name."""
    writers = {
        ".csv": lambda: FRAME.to_csv(path, index=False),
        ".parquet": lambda: FRAME.to_parquet(path, index=False),
        ".arrow": lambda: FRAME.to_feather(path),
        ".xlsx": lambda: FRAME.to_excel(path, index=False),
        ".ods": lambda: FRAME.to_excel(path, index=False, engine="odf"),
        ".dta": lambda: FRAME.to_stata(path, write_index=False),
    }
    writers[path.suffix]()
    return path


@pytest.mark.parametrize("ending", [".csv", ".arrow", ".xlsx", ".ods", ".dta"])
def test_every_format_gives_the_same_scores_and_rejects(tmp_path, model, ending):
    ends = (".parquet", ending)
    results = [score_file(written(tmp_path / f"in{end}"), tmp_path / f"out{end}.parquet", model) for end in ends]
    expected, result = results
    assert result.rows_in == result.rows_out + result.rows_rejected == len(FRAME)
    assert (result.rows_out, result.bands) == (expected.rows_out, expected.bands)
    tables = [pq.read_table(tmp_path / f"out{end}.parquet").to_pandas() for end in ends]
    pd.testing.assert_frame_equal(*tables, check_dtype=False, check_exact=True)
    ids = [
        [line.split(",")[1] for line in (tmp_path / f"out{end}.parquet.rejects.csv").read_text("utf-8").splitlines()]
        for end in ends
    ]
    assert ids[0] == ids[1] != ["id"]


def test_accounts_beside_a_workbook_are_csv(tmp_path, score):
    assert score(DATA, "out.xlsx", account=True).account == str(tmp_path / "out.xlsx.account.csv")
    assert score(DATA, "out.arrow", account=True).account == str(tmp_path / "out.arrow.account.parquet")
    with pytest.raises(SituationError, match=r"a\.xlsx: --account writes CSV or Parquet"):
        score(DATA, "out.csv", account=tmp_path / "a.xlsx")


def test_libreoffice_reads_what_is_written(tmp_path, score, calc):
    score(DATA, "out.xlsx")
    (sheets,) = calc(tmp_path / "out.xlsx")
    for name in ("Scores", "Rejects"):
        cells = [cell for row in sheet(tmp_path / "out.xlsx", name) for cell in row]
        # It writes numbers with fifteen digits.
        assert [cell for row in sheets[name] for cell in row] == [
            pytest.approx(cell, rel=1e-14) if isinstance(cell, float) else cell for cell in cells
        ]
