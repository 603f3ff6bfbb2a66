"""Records, rejects, formulas, texts and layouts of tables, each by itself, on cases computed by hand."""

import io
import threading

import numpy as np
import pyarrow as pa
import pytest

import riskmodel
from riskmodel import SituationError
from riskmodel.engine.contributions import Drivers
from riskmodel.engine.table import ScoreArrays
from riskmodel.tables import arrays
from riskmodel.tables.arrays import true_runs
from riskmodel.tables.arrow.reader import bounded, filter_rows
from riskmodel.tables.csv import records as csv_records
from riskmodel.tables.csv import score_text
from riskmodel.tables.csv.escape import escape_formulas, is_formula, quoted, quoted_column
from riskmodel.tables.csv.records import Grammar, blank_lines, in_runs, without
from riskmodel.tables.csv.score_text import ScoreText
from riskmodel.tables.parallel import in_order
from riskmodel.tables.rejects import (
    Fault,
    Reject,
    RejectsFile,
    RejectsFormat,
    distinct_from,
    first_problems,
    reject,
    reject_problem,
)
from riskmodel.tables.writer import InputColumn, ScoreColumn, layout

COMMA = Grammar(",")


class TestRecords:
    def cut(self, data, final=True, grammar=COMMA):
        records, rest = grammar.cut(data, final)
        return records, rest

    def test_records_lie_between_line_ends(self):
        records, rest = self.cut(b'\na,1\r\n"b\n""c",2\n\nd')
        assert records.edges.tolist() == [0, 4, 15, 16, 18]
        assert [records.text(position) for position in range(4)] == [b"a,1", b'"b\n""c",2', b"", b"d"]
        assert records.line_ends().tolist() == [1, 2, 1, 1, 0]
        assert (records.end, records.broken, rest) == (b"", {}, b"")
        assert blank_lines(records).tolist() == [False, False, True, False]
        assert records.line_count() == 5
        assert records.lines([0, 1, 3]) == [1, 2, 5]

    def test_an_incomplete_record_is_left_for_the_next_piece(self):
        records, rest = self.cut(b"\na,1\r\nb,2", final=False)
        assert ([records.text(0)], records.data, records.end, rest) == ([b"a,1"], b"\na,1", b"\r\n", b"\r\nb,2")
        records, rest = self.cut(b'\na,1\nb,"2\n', final=False)
        assert (records.data, rest) == (b"\na,1", b'\nb,"2\n')
        records, rest = self.cut(b"\na,1", final=False)
        assert (records.data, len(records.edges), rest) == (b"", 1, b"\na,1")

    def test_broken_records_are_lines_by_themselves(self):
        records, rest = self.cut(b'\na,1\nb"c,2\r\nd,"3"4\n"e",5\nf,"6')
        assert [records.text(position) for position in range(5)] == [b"a,1", b'b"c,2', b'd,"3"4', b'"e",5', b'f,"6']
        assert records.broken == dict.fromkeys((1, 2, 4), "its quotes are broken")
        assert rest == b""

    def test_a_broken_record_may_be_completed_by_the_next_piece(self):
        records, rest = self.cut(b'\nx"y\nf,"6\n7', final=False)
        assert (records.data, records.broken, rest) == (b'\nx"y', {0: "its quotes are broken"}, b'\nf,"6\n7')
        records, rest = self.cut(b'\nx"y\nab\r', final=False)
        assert (records.data, rest) == (b'\nx"y', b"\nab\r")

    def test_stray_marks_break_a_record(self):
        records, _ = self.cut(b'\na,1\nb\0,2\n"c\r",3\nd\r,4\n"e\0\r",5\n')
        assert records.broken == {
            1: "it has a NUL byte",
            3: "it has a carriage return without a line feed",
            4: "it has a NUL byte",
        }

    def test_a_carriage_return_at_the_very_end_ends_no_line(self):
        assert self.cut(b"\na,1\nb\r")[0].broken == {1: "it has a carriage return without a line feed"}
        assert self.cut(b"\na\r\r\nb")[0].broken == {0: "it has a carriage return without a line feed"}

    def test_the_first_record(self):
        assert COMMA.first(b'a,"b\nc"\r\n1,2\n', final=False) == b'a,"b\nc"'
        assert COMMA.first(b"a,b", final=True) == b"a,b"
        for unfinished in (b"a,b", b'a,"b', b'a,"b\n"",', b"a,b\r", b'a,"b"', b""):
            assert COMMA.first(unfinished, final=False) is None
        for broken in (b'a"b,c\n', b'a,"b"c\n'):
            for final in (True, False):
                with pytest.raises(SituationError, match=r"^the header has broken quotes, or is longer than 16 MiB$"):
                    COMMA.first(broken, final)
        with pytest.raises(SituationError, match=r"^the header has a carriage return without a line feed$"):
            COMMA.first(b"a\rb,c\n", final=True)
        assert COMMA.first(b'"a\rb",c\n', final=True) == b'"a\rb",c'

    def test_the_first_record_is_not_longer_than_a_record_may_be(self, monkeypatch):
        monkeypatch.setattr(csv_records, "MAX_RECORD_BYTES", 8)
        assert COMMA.first(b"abcdefgh\n", final=False) == b"abcdefgh"
        assert COMMA.first(b"abcdefgh", final=False) is None
        for data in (b"abcdefghi\n", b"abcdefghi", b'"bcdefghi'):
            with pytest.raises(SituationError, match="16 MiB"):
                COMMA.first(data, final=False)

    def test_cells(self):
        assert COMMA.spans(b'a,"b,""c""",') == [(0, 1), (2, 11), (12, 12)]
        assert COMMA.cells(b'a,"b,""c""",') == ["a", 'b,"c"', ""]
        assert COMMA.cells(b'"",",",\xff,"') == ["", ",", "\\xff", '"']
        assert COMMA.cells(b"") == [""]
        for mark in "|\\^].*[; \t":
            assert Grammar(mark).cells(f'a{mark}"b{mark}c"{mark}d,'.encode()) == ["a", f"b{mark}c", "d,"]
            records, _ = self.cut(f'\na{mark}"b{mark}c"\nd'.encode(), grammar=Grammar(mark))
            assert (len(records.edges), records.broken) == (3, {})

    def test_runs(self):
        records, _ = self.cut(b'\na"\nb\r\nc\n\nd"\n', final=False)
        assert [run.data for run in in_runs(records, 9)] == [b'\na"\nb\r\nc\n\nd"']
        runs = list(in_runs(records, 2))
        assert [(run.data, run.end) for run in runs] == [(b'\na"\nb', b"\r\n"), (b"\r\nc\n", b"\n"), (b'\nd"', b"\n")]
        assert [run.edges.tolist() for run in runs] == [[0, 3, 5], [0, 3, 4], [0, 3]]
        assert [list(run.broken) for run in runs] == [[0], [], [0]]
        assert len(list(in_runs(records, 5))) == 1

    def test_without_some(self):
        records, _ = self.cut(b"\na\r\nbb\nc\ndd\n")
        left, positions = without(records, [1, 4])
        assert (left.data, left.edges.tolist(), left.end, left.broken) == (b"\na\nc\ndd", [0, 2, 4, 7], b"", {})
        assert positions.tolist() == [0, 2, 3]
        assert without(records, [0, 1, 2, 3, 4])[0].data == b""


class TestRows:
    def test_a_reject_tells_all_faults(self):
        faults = [Fault("x", "a", "no number"), Fault("y", "b'", "no label"), Fault("z", "", "gone")]
        assert reject(3, faults) == Reject(3, "", "x", "a", """no number; also y "b'": no label; also z '': gone""")
        assert reject(3, faults[:1]) == Reject(3, "", "x", "a", "no number")

    def test_runs_of_kept_rows(self):
        for kept, expected in (
            ([1, 1, 0, 1, 0, 0, 1], [(0, 2), (3, 4), (6, 7)]),
            ([0, 1, 1, 0], [(1, 3)]),
            ([0], []),
            ([], []),
            ([1], [(0, 1)]),
        ):
            assert true_runs(np.array(kept, dtype=bool)) == expected

    def test_rejects_as_problems(self):
        cell, row = Reject(3, "a", "x", "7", "too much"), Reject(4, "b", "", "", "broken")
        assert str(reject_problem(cell, "f.csv", "line")) == "f.csv:3: column x: too much"
        assert str(reject_problem(row, "f.csv", "line")) == "f.csv:4: broken"
        assert str(reject_problem(cell, "f.pq", "row")) == "f.pq: row 3, column x: too much"
        assert str(reject_problem(row, "f.pq", "row")) == "f.pq: row 4: broken"
        others = [cell._replace(line=line, reason=str(line)) for line in range(12)]
        problems, more = first_problems([cell, *others, cell._replace(line=20), row], "f", "line")
        assert (problems[0].line, problems[0].message.startswith("too much"), "line 20" in str(problems[0])) == (
            3,
            True,
            True,
        )
        assert [problem.line for problem in problems[1:]] == list(range(9))
        assert more == 4

    def test_the_file_of_rejects(self):
        rejects = [Reject(3, "=1", "x", 'a"b', "one, two", ["=1"]), Reject(4, "", "", "", "\udcff", [None])]
        for escape, mark in ((True, b"'"), (False, b"")):
            file = io.BytesIO()
            RejectsFile(file, RejectsFormat("line", ["id"], False), escape=escape).write(rejects)
            assert file.getvalue() == (
                b'line,id,column,value,reason\n3,%s=1,x,"a""b","one, two"\n4,,,,\\udcff\n' % mark
            )
        file = io.BytesIO()
        columns = RejectsFormat("row", ["id", "value"], False)
        row = Reject(3, "i", "x", "1", "no", ["i", ""])
        RejectsFile(file, columns, escape=True, source="a,b.pq").write([row])
        assert file.getvalue() == b'file,row,id,input_value,column,value,reason\n"a,b.pq",3,i,"",x,1,no\n'

    def test_names_of_an_input_are_distinct_from_those_of_a_table(self):
        assert distinct_from(["row", "name"], ["id", "name", "input_name"]) == ["id", "input_name", "input_input_name"]


class TestQuotes:
    @pytest.mark.parametrize(
        ("cell", "written"),
        [
            ("a", "a"),
            ("", '""'),
            ("a,b", '"a,b"'),
            ('a"b', '"a""b"'),
            ("a\nb", '"a\nb"'),
            ("a\rb", '"a\rb"'),
            ("a;b", "a;b"),
        ],
    )
    def test_cells_that_need_them(self, cell, written):
        assert quoted(cell, ",") == written
        assert quoted_column(arrays.texts([cell, "z"]), ",").to_pylist() == [written, "z"]

    def test_null_stays_null(self):
        assert quoted_column(pa.array([None, "a,b"]), ",").to_pylist() == [None, '"a,b"']
        assert quoted_column(pa.array([None, "a"]), ",").to_pylist() == [None, "a"]


class TestFormulas:
    @pytest.mark.parametrize("cell", ["=1", "+a", "-a", "@a", "\ta", "\ra", "--", "-1-1", "=-1", "-5%", "- a"])
    def test_formulas_are_recognised(self, cell):
        assert is_formula(cell)
        row = f'\n{cell},"{cell}"\n'.encode() if cell[0] not in "\r\t" else f'\n,"{cell}"'.encode()
        result, count = escape_formulas(arrays.texts([row]), ",")
        assert result.to_pylist()[0].encode() == (
            f"\n'{cell},\"'{cell}\"\n".encode() if cell[0] not in "\r\t" else f'\n,"\'{cell}"'.encode()
        )
        assert count == (2 if cell[0] not in "\r\t" else 1)

    @pytest.mark.parametrize(
        "cell",
        [
            "",
            "1",
            "a=1",
            "-",
            "+",
            "=",
            "@",
            "-5",
            "+5.5",
            "-.5",
            "-5.",
            "-5e-3",
            "+5,25",
            "-123456789012345",
            " -1",
            "'=1",
        ],
    )
    def test_numbers_and_texts_are_not_formulas(self, cell):
        assert not is_formula(cell)
        row = f'\n"{cell}";{cell};\n'.encode()
        assert escape_formulas(arrays.texts([row]), ";")[1] == 0

    def test_cells_with_the_delimiter_are_quoted(self):
        result, count = escape_formulas(arrays.texts([b'\n"+1,2,3","-1,5"']), ",")
        assert (result.to_pylist(), count) == (['\n"\'+1,2,3","-1,5"'], 1)

    def test_rows_keep_their_bounds(self):
        rows = arrays.texts([b"\n=a,b", b"\r\nc,=d", b"\n,", b'\n"x\n=y",-1.5.5'])
        result, count = escape_formulas(rows, ",")
        assert result.to_pylist() == ["\n'=a,b", "\r\nc,'=d", "\n,", '\n"x\n=y",\'-1.5.5']
        assert count == 3

    @pytest.mark.parametrize(
        "cell", ["-1234567890", "-12345678901", "-123456789012", "-1.2.3", "-1..2", "-.", "+..", "-1a"]
    )
    def test_numbers_of_any_length(self, cell):
        assert escape_formulas(arrays.texts([f"\n{cell},".encode()]), ",")[1] == is_formula(cell)


class TestText:
    MODEL = riskmodel.load_model(
        {
            "format": 1,
            "id": "m",
            "indicators": {name: {"scale": {"goalposts": [0, 1]}} for name in "ab"},
            "scores": {"s": {"weights": {"a": 1, "b": 1}, "out_of": 20, "bands": {"low": 0, "x;y": 10}}},
        }
    ).compiled

    def written(self, kind, delimiter=",", decimal=".", rows=3):
        """Write one column of three rows (the last without a score), again and again."""
        column = ScoreArrays(
            value=np.array([20, 0.25, np.nan] * rows),
            reported=np.array([20, 0.3, np.nan] * rows),
            band=np.array([1, 0, -1] * rows, dtype=np.int8),
            coverage=np.array([1, 0.5, 0.33339] * rows),
            low=np.array([1.5, 0, 0] * rows),
            high=np.array([20, 0.4, 20] * rows),
            drivers=Drivers(
                np.array([[1, 0, -1] * rows, [0, -1, -1] * rows, [-1, -1, -1] * rows], dtype=np.int32),
                np.array([[-1.5, 0.3, 0] * rows, [20, 0, 0] * rows, [0, 0, 0] * rows]),
            ),
        )
        texts = ScoreText(self.MODEL, self.MODEL.scores["s"], delimiter, decimal).column(kind, column)
        result = score_text.as_array(texts).to_pylist()
        assert result == result[:3] * rows
        return result[:3]

    @pytest.mark.parametrize("rows", [1, 1_000])
    def test_as_text(self, rows):
        assert self.written("value", rows=rows) == ["20.0", "0.3", ""]
        assert self.written("low", rows=rows) == ["1.5", "0.0", "0.0"]
        assert self.written("high", rows=rows) == ["20.0", "0.4", "20.0"]
        assert self.written("band", rows=rows) == ["x;y", "low", ""]
        # Coverage is cut, so that 1 means all; as it is where binary fractions lost a little.
        assert self.written("coverage", rows=rows) == ["1.0000", "0.5000", "0.3333"]
        assert self.written("drivers", rows=rows) == ["b:-1.5; a:+20.0", "a:+0.3", ""]

    def test_cells_are_quoted_if_they_contain_the_delimiter(self):
        assert self.written("value", ",", ",") == ['"20,0"', '"0,3"', ""]
        assert self.written("value", ";", ",") == ["20,0", "0,3", ""]
        assert self.written("band", ";") == ['"x;y"', "low", ""]
        for delimiter in ";: ":
            assert self.written("drivers", delimiter) == ['"b:-1.5; a:+20.0"', '"a:+0.3"', ""]
        assert self.written("drivers", ",", ",") == ['"b:-1,5; a:+20,0"', '"a:+0,3"', ""]
        assert self.written("drivers", "\t", ",") == ["b:-1,5; a:+20,0", "a:+0,3", ""]

    @pytest.mark.parametrize("signed", [True, False])
    def test_numbers_beyond_the_table_are_written_too(self, signed):
        table = score_text._TextTable(2.0, 1, ",", ".", signed=signed)
        for values in ([2.0, 0.0, np.nan] * 40, [2.5, -3.0, np.nan], [2.0] * 40 + [7.0], [-9.0] * 60):
            wanted = ["" if np.isnan(value) else f"{value:{'+' if signed else ''}.1f}" for value in values]
            assert score_text.as_array(table.look_up(np.array(values))).to_pylist() == wanted
        assert score_text.as_array(table.look_up(np.array([]))).to_pylist() == []


class TestLayout:
    def test_all_columns_in_their_order(self):
        kinds = ["value", "band", "coverage", "low", "high"]
        names = ["s", "s_band", "s_coverage", "s_low", "s_high"]
        assert layout(["b", "a"], ["s"], None, explain=False, exact=False) == [
            InputColumn("b", 0),
            InputColumn("a", 1),
            *(ScoreColumn(name, "s", kind) for name, kind in zip(names, kinds, strict=True)),
        ]
        added = layout([], ["s", "t"], None, explain=True, exact=True)
        assert [column.name for column in added[5:9]] == ["s_exact", "s_drivers", "t", "t_band"]

    def test_requested_columns(self):
        assert layout(["b", "s"], ["s"], ["s_low", "b", "s"], explain=False, exact=False) == [
            ScoreColumn("s_low", "s", "low"),
            InputColumn("b", 0),
            ScoreColumn("s", "s", "value"),
        ]

    def test_scores_whose_columns_clash(self):
        with pytest.raises(
            SituationError, match=r"^two scores of the model give the column 's_low'; rename one of them$"
        ):
            layout([], ["s", "s_low"], None, explain=False, exact=False)


class TestBatches:
    TABLE = pa.RecordBatch.from_pydict({"a": [1, 2, 3, 4], "b": ["w", "xx", None, "zzz"]})

    @pytest.mark.parametrize("view", [False, True])
    def test_rows_are_filtered(self, view):
        content = self.TABLE
        if view:
            content = content.set_column(1, "b", content["b"].cast(pa.string_view()))
        result = filter_rows(content, np.array([True, False, True, True]))
        assert result.schema == content.schema
        assert result.to_pylist() == [content.to_pylist()[row] for row in (0, 2, 3)]

    @pytest.mark.parametrize("kind", ["plain", "view", "words", "numbers"])
    def test_halves_until_each_holds_so_little(self, kind):
        words = pa.array(["a" * 100] * 8)
        column = {
            "plain": words,
            "view": words.cast(pa.string_view()),
            "words": words.dictionary_encode(),
            "numbers": pa.array(range(8)).dictionary_encode(),
        }[kind]
        content = pa.RecordBatch.from_arrays([column], names=["w"])
        each = 4 if kind == "numbers" else 104
        assert [part.num_rows for part in bounded(content, 8 * (each + 8))] == [8]
        parts = list(bounded(content, 4 * each + 40))
        assert [part.num_rows for part in parts] == [4, 4] if kind != "numbers" else [8]
        assert pa.Table.from_batches(parts).to_pylist() == content.to_pylist()
        assert [part.num_rows for part in bounded(content, 1)] == [1] * 8


class TestPipeline:
    def test_pieces_come_in_order_and_few_are_under_way(self):
        begun, lock, gate = [], threading.Lock(), threading.Event()

        def work(piece):
            with lock:
                begun.append(piece)
            if piece == 0:
                gate.wait(10)
            return piece * 10

        taken = []

        def pieces():
            for piece in range(20):
                taken.append(piece)
                if piece == 3:
                    gate.set()
                yield piece

        # Two threads: with the first piece under way, two more wait before anything is taken.
        assert list(in_order(work, pieces(), 2)) == [10 * piece for piece in range(20)]
        assert sorted(begun) == list(range(20))

    def test_no_more_are_under_way_than_threads_and_one(self):
        gate, taken = threading.Event(), []

        def pieces():
            for piece in range(9):
                taken.append(piece)
                yield piece

        result = in_order(lambda piece: gate.wait(10) and piece, pieces(), 2)
        timer = threading.Timer(0.05, gate.set)
        timer.start()
        assert next(result) == 0
        assert len(taken) == 4
        assert list(result) == list(range(1, 9))

    def test_pending_pieces_are_not_started_after_closing(self):
        gate, begun = threading.Event(), []

        def work(piece):
            begun.append(piece)
            return piece == 0 or gate.wait(10)

        # One thread: while the second piece is under way, the third waits.
        result = in_order(work, range(9), 1)
        assert next(result)
        threading.Timer(0.05, gate.set).start()
        result.close()
        assert begun in ([0], [0, 1])

    def test_a_fault_comes_in_its_turn(self):
        result = in_order(lambda piece: 1 // piece, [1, 1, 0, 1], 2)
        assert [next(result), next(result)] == [1, 1]
        with pytest.raises(ZeroDivisionError):
            next(result)
