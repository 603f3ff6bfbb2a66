"""Readers of tables: pieces of CSV, row groups of Parquet, and reading all rows of a file or none."""

import io
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import MODEL, packed, parquet

import riskmodel
from riskmodel import SituationError, score_file
from riskmodel.tables import input_file
from riskmodel.tables.arrow import reader as arrow_reader
from riskmodel.tables.arrow.parquet_reader import ParquetContent
from riskmodel.tables.arrow.reader import ArrowReader
from riskmodel.tables.csv import reader as csv_reader
from riskmodel.tables.input_file import open_input
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return riskmodel.load_model(path)


def read_x(folder, model, data, **options):
    """Read all pieces of a file; return the values of x."""
    (folder / "in").write_bytes(data)
    with open_input(folder / "in") as source:
        return [
            rows.tolist()
            for rows in read_all_or_raise(
                open_reader(source, model.spec, TableOptions(**options)), lambda rows: rows.columns["x"]
            )
        ]


class TestReadAllOrRaise:
    def test_every_piece_in_order(self, tmp_path, model, monkeypatch):
        monkeypatch.setattr(csv_reader, "BLOCK", 12)
        pieces = read_x(tmp_path, model, b"id,x\n" + b"".join(b"%d,%d\n" % (row, row) for row in range(10)))
        assert sum(pieces, []) == list(range(10))  # noqa: RUF017
        assert len(pieces) > 2

    def test_reading_ends_at_the_first_invalid_rows(self, tmp_path, model, monkeypatch):
        monkeypatch.setattr(csv_reader, "BLOCK", 8)
        with pytest.raises(SituationError) as caught:
            read_x(tmp_path, model, b"id,x\na,1\nb,2\n\nc,99\n" + b"d,3\n" * 9 + b"e,y\n")
        assert str(caught.value) == (
            f"{tmp_path / 'in'}:5: column x: 99 is outside the valid range (0 to 10); the nearest valid value is 10"
        )

    def test_ten_rows_are_named_and_the_others_counted(self, tmp_path, model):
        for count, more in (
            (10, []),
            (12, ["and 2 more rows that cannot be used; the rest of the file was not read"]),
        ):
            with pytest.raises(SituationError) as caught:
                read_x(tmp_path, model, b"id,x\n" + b"".join(b"a,%d\n" % number for number in range(11, 11 + count)))
            lines = str(caught.value).splitlines()
            assert [line.partition(": ")[0] for line in lines[:10]] == [
                f"{tmp_path / 'in'}:{row}" for row in range(2, 12)
            ]
            assert [line.removeprefix(f"{tmp_path / 'in'}: ") for line in lines[10:]] == more

    def test_rows_of_parquet_are_counted_from_the_first(self, tmp_path, model, monkeypatch):
        monkeypatch.setattr(arrow_reader, "ROWS", 2)
        data = parquet(pa.table({"x": [1.0, 2.0, 3.0, 11.0]}))
        with pytest.raises(SituationError, match=r"in: row 4, column x: 11 is outside"):
            read_x(tmp_path, model, data)

    def test_a_decimal_comma_refuses_the_file(self, tmp_path, model):
        with pytest.raises(SituationError) as caught:
            read_x(tmp_path, model, b'id,x\na,1\nb,"1,5"\n')
        assert str(caught.value).startswith(f"{tmp_path / 'in'}:3: column x: '1,5' ")
        assert read_x(tmp_path, model, b'id,x\na,1\nb,"1,5"\n', decimal=",") == [[1, 1.5]]


def test_rows_have_line_numbers(tmp_path, model):
    for data, line_numbers in (
        (b'id,x\n"two\nlines",1\nb,99\n\nc,3\n', [1, 5]),
        (parquet(pa.table({"x": [99.0, 1.0, None, 99.0, 2.0]})), [2, 3, 5]),
    ):
        (tmp_path / "in").write_bytes(data)
        with open_input(tmp_path / "in") as source:
            reader = open_reader(source, model.spec, TableOptions())
            (rows,) = map(reader.read, reader.pieces())
            assert rows.line_numbers().tolist() == line_numbers


class TestParquet:
    def test_row_groups(self, tmp_path, model):
        sink = io.BytesIO()
        with pq.ParquetWriter(sink, pa.schema([("x", pa.float64())])) as writer:
            for rows in ([1.0, 2.0], [3.0], [4.0, 5.0]):
                writer.write_table(pa.table({"x": rows}))
        (tmp_path / "in").write_bytes(sink.getvalue())
        for groups, before, values in ((None, 0, [1, 2, 3, 4, 5]), (range(1, 2), 2, [3]), (range(2, 3), 3, [4, 5])):
            with open_input(tmp_path / "in") as source:
                reader = ArrowReader(ParquetContent(source, groups), model.spec, TableOptions())
                pieces = list(reader.pieces())
                assert reader.lines_before == before
                assert pa.Table.from_batches([piece.content for piece in pieces])["x"].to_pylist() == values
                assert pieces[-1].bytes_read == source.size
                assert reader.names == ["x"]

    def test_batches_are_bounded_by_rows_cells_and_bytes(self, tmp_path, model, monkeypatch):
        table = pa.table({"x": [1.0] * 40, "note": ["n" * 100] * 40})
        (tmp_path / "in").write_bytes(parquet(table, use_dictionary=False))

        def sizes():
            with open_input(tmp_path / "in") as source:
                reader = ArrowReader(ParquetContent(source), model.spec, TableOptions())
                return [piece.content.num_rows for piece in reader.pieces()]

        assert sizes() == [40]
        monkeypatch.setattr(arrow_reader, "ROWS", 15)
        assert sizes() == [15, 15, 10]
        monkeypatch.setattr(arrow_reader, "CELLS", 20)
        assert sizes() == [10] * 4
        monkeypatch.setattr(arrow_reader, "MAX_BYTES", 600)
        assert sizes() == [5] * 8
        monkeypatch.setattr(arrow_reader, "CELLS", 1)
        assert sizes() == [1] * 40

    def test_an_error_for_a_damaged_file_has_the_reason(self, tmp_path, model):
        data = parquet(pa.table({"x": [1.0] * 500}), compression="snappy")
        (tmp_path / "in").write_bytes(data[:4] + bytes(60) + data[64:])
        with pytest.raises(SituationError) as caught:
            score_file(tmp_path / "in", tmp_path / "out.csv", model)
        start = f"{tmp_path / 'in'}: is cut off, damaged, or no Parquet: "
        assert str(caught.value).startswith(start)
        assert len(str(caught.value)) > len(start) + 5
        (tmp_path / "in").write_bytes(data[:-20])
        with pytest.raises(SituationError) as caught:
            score_file(tmp_path / "in", tmp_path / "out.csv", model)
        assert str(caught.value).startswith(start)
        assert len(str(caught.value)) > len(start) + 5
        assert "None" not in str(caught.value)

    def test_an_error_for_a_time_without_text_names_the_file(self, tmp_path, model):
        column = pa.array([1 << 62], pa.timestamp("s"))
        (tmp_path / "in").write_bytes(
            parquet(pa.table({"x": [1.0], "when": column.cast(pa.timestamp("us"), safe=False)}))
        )
        column = pa.array([(1 << 63) - 1], pa.timestamp("ms"))
        (tmp_path / "in").write_bytes(parquet(pa.table({"x": [1.0], "when": column})))
        with pytest.raises(SituationError) as caught:
            score_file(tmp_path / "in", tmp_path / "out.csv", model)
        assert str(caught.value) == (
            f"{tmp_path / 'in'}: column 'when' holds timestamp[ms] with a value that is beyond all calendars"
        )

    def test_a_run_that_stops_leaves_nothing(self, tmp_path, model, recwarn):
        (tmp_path / "in").write_bytes(b"id,x\na,1\nb,99\n")
        with pytest.raises(SituationError, match="more than 0 rows are rejected"):
            score_file(tmp_path / "in", tmp_path / "out.parquet", model, max_rejects=0)
        assert [path.name for path in tmp_path.iterdir()] == ["in"]
        assert not recwarn.list

    def test_small_pieces_are_combined_in_row_groups(self, tmp_path, model, monkeypatch):
        monkeypatch.setattr(csv_reader, "BLOCK", 8)
        (tmp_path / "in").write_bytes(b"id,x\n" + b"a,1\n" * 30)
        for rows, size, groups in ((1000, 1 << 30, 1), (10, 1 << 30, 3), (1000, 1, 15)):
            monkeypatch.setattr("riskmodel.tables.arrow.parquet_writer.ROW_GROUP", rows)
            monkeypatch.setattr("riskmodel.tables.arrow.parquet_writer.MAX_BYTES", size)
            score_file(tmp_path / "in", tmp_path / "out.parquet", model)
            written = pq.ParquetFile(tmp_path / "out.parquet").metadata
            assert (written.num_rows, written.num_row_groups) == (30, groups)


class TestCsv:
    def test_pieces_have_only_so_many_records(self, tmp_path, model, monkeypatch):
        monkeypatch.setattr(csv_reader, "MAX_RECORDS", 3)
        (tmp_path / "in").write_bytes(b"x\n1\n2\n3\n4\n5\n6\n7\n")
        with open_input(tmp_path / "in") as source:
            reader = csv_reader.CsvReader(source, model.spec, TableOptions())
            pieces = list(reader.pieces())
        assert [len(piece.records.edges) - 1 for piece in pieces] == [3, 3, 2]
        assert [piece.is_last for piece in pieces] == [False, False, True]
        assert [piece.bytes_read for piece in pieces] == [16] * 3
        assert reader.header == b"x"

    def test_a_decompressor_that_gives_little_at_a_time(self):
        class Slow(io.BytesIO):
            def read(self, size=-1):
                return super().read(min(size, 3))

        stream = Slow(b"0123456789")
        assert [input_file._read(stream, 4), input_file._read(stream, 4), input_file._read(stream, 4)] == [
            b"0123",
            b"4567",
            b"89",
        ]
        assert input_file._read(stream, 4) == b""

    def test_a_broken_row_beside_others_that_are_as_long_as_may_be(self, tmp_path, model, monkeypatch):
        monkeypatch.setattr("riskmodel.tables.csv.records.MAX_RECORD_BYTES", 20)
        for count, counts in ((8, (2, 1)), (9, (1, 3))):
            (tmp_path / "in").write_bytes(b'id,x\nb"b,2\n"aaaaaaa\n' + b"b" * count + b'",1\nc,3\n')
            done = score_file(tmp_path / "in", tmp_path / "out.csv", model)
            assert (done.rows_out, done.rows_rejected) == counts

    def test_all_of_a_file_belongs_to_its_fingerprint(self, tmp_path):
        data = packed(b"x\n1\n", "zstd")
        (tmp_path / "in").write_bytes(data)
        with open_input(tmp_path / "in") as source:
            assert b"".join(source.blocks(100)) == b"x\n1\n"
            assert source.bytes_read == len(data)

    def test_zstd_may_begin_with_a_frame_that_holds_no_text(self, tmp_path, model):
        # RFC 8878, 3.1.2: sixteen magic numbers, the length in four bytes, and as many bytes to skip.
        for first in (0x50, 0x57, 0x5F):
            data = bytes([first]) + b"\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc" + packed(b"x\n7\n", "zstd")
            assert read_x(tmp_path, model, data) == [[7]]
        for start in (b"\x4f\x2a\x4d\x18", b"\x60\x2a\x4d\x18", b"P+M\x18", b"PQRS"):
            (tmp_path / "in").write_bytes(start)
            with open_input(tmp_path / "in") as source:
                assert source.kind == ""

    def test_missing_words_in_quotes_and_without(self, tmp_path, model):
        (column,) = read_x(tmp_path, model, b'x,mood\n"NA",calm\n,"null"\nNaN,\n"",calm\n nan ,calm\n')
        assert all(map(math.isnan, column))
        assert np.shape(column) == (5,)
