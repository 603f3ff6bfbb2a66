"""Columns by other names, codes for what is missing, flags, encodings, and lines before the header."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel import SituationError
from riskmodel.tables.columns import match_columns
from riskmodel.tables.options import TableOptions


def content(**indicators):
    base = {"scale": {"goalposts": [0, 100]}}
    named = {"mil": {}, "esp": {}, "mood": {"scale": {"levels": {"calm": 0, "tense": 1}}}}
    return {
        "format": 1,
        "id": "mine",
        "indicators": {name: {**base, **own, **indicators.get(name, {})} for name, own in named.items()},
        "scores": {"s": {"weights": {"mil": 1, "esp": 1, "mood": 1}, "min_coverage": 0}},
    }


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(content())


@pytest.fixture
def score(tmp_path, model):
    def run(data, scored_by=model, out="out.csv", name="in.csv", **options):
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        done = riskmodel.score_file(tmp_path / name, tmp_path / out, scored_by, **options)
        assert done.rows_in == done.rows_out + done.rows_rejected
        if out.endswith("parquet"):
            return pq.read_table(tmp_path / out).to_pandas()
        return pd.read_csv(tmp_path / out, dtype=str, keep_default_na=False)

    return run


@pytest.fixture
def rejects(tmp_path):
    return lambda: pd.read_csv(tmp_path / "out.csv.rejects.csv", dtype=str, keep_default_na=False)


class TestNames:
    def test_a_map_reads_another_column_and_leaves_the_file_as_it_is(self, score):
        scored = score("Militär,spies\n10,30\n", map={"mil": "Militär", "esp": "spies"})
        assert list(scored.columns)[:3] == ["Militär", "spies", "s"]
        assert scored["s"].tolist() == ["20.0"]

    def test_the_model_names_columns(self, score):
        named = riskmodel.load_model(content(mil={"column": ["MIL", "Military activity"]}, esp={"column": "E,S"}))
        assert score('"Military activity","E,S"\n10,30\n', named)["s"].tolist() == ["20.0"]
        assert score("mil,esp\n10,30\n", named)["s"].tolist() == ["20.0"]

    def test_the_map_goes_before_the_model_and_the_id(self, score):
        named = riskmodel.load_model(content(mil={"column": "MIL"}))
        assert score("mil,MIL,other\n1,2,10\n", named, map={"mil": "other"})["s"].tolist() == ["10.0"]

    def test_names_and_codes_of_tables_leave_the_fingerprint_of_other_models_as_it_was(self, model):
        assert model.identity.short_fingerprint == riskmodel.load_model(content(mil={})).identity.short_fingerprint
        named = riskmodel.load_model(content(mil={"column": "MIL"})).identity.short_fingerprint
        assert named != model.identity.short_fingerprint
        assert riskmodel.load_model().identity.short_fingerprint == "395a1e52bcf9"

    @pytest.mark.parametrize(
        ("header", "options", "message"),
        [
            ("mil,esp", {"map": {"mill": "esp"}}, "--map: no indicator 'mill' in model 'mine'; did you mean 'mil'?"),
            (
                "military,esp",
                {"map": {"mil": "militry"}},
                "--map: there is no column 'militry' for 'mil'; did you mean 'military'?",
            ),
            ("a,b", {"map": {"mil": "a", "esp": "a"}}, "--map: the column 'a' cannot be mil and esp at once"),
            ("land,year", {}, "no column is an indicator of model 'mine': 'land', 'year'"),
            ("mil,esp", {"id": "land"}, "there is no column 'land'"),
            ("mil,esp", {"id": ["mil", "mil"]}, "--id names 'mil' twice"),
        ],
    )
    def test_what_does_not_exist_is_named_with_the_nearest(self, score, tmp_path, header, options, message):
        with pytest.raises(SituationError, match=r"^[^\n]*$") as error:
            score(f"{header}\n1,2\n", **options)
        assert message in str(error.value)
        assert not (tmp_path / "out.csv").exists()

    def test_two_columns_for_one_indicator_are_refused_until_one_is_chosen(self, score):
        named = riskmodel.load_model(content(mil={"column": "MIL"}))
        with pytest.raises(SituationError, match=r"the columns 'MIL' and 'mil' are both 'mil'; --map mil=MIL chooses"):
            score("mil,MIL\n1,2\n", named)
        assert score("mil,MIL\n1,2\n", named, map={"mil": "MIL"})["s"].tolist() == ["2.0"]

    def test_rows_are_named_by_several_columns(self, score, rejects, tmp_path, model):
        score("land,year,mil\nA,2001,x\nB,2002,5\n", id=["land", "year"])
        assert rejects().loc[0, ["land", "year"]].tolist() == ["A", "2001"]
        (tmp_path / "b.csv").write_text("land,year,mil\nB,2002,5\n,,7\n")
        named = riskmodel.read_table(tmp_path / "b.csv", model=model, id=["land", "year"], time="year")
        assert [situation.spec.id for situation in named] == ["B, 2002", "row 2"]
        assert [situation.spec.date for situation in named] == ["2002", None]

    @settings(max_examples=100, deadline=None)
    @given(st.permutations(["mil", "esp", "x", "y"]), st.sampled_from(["x", "y", "mil"]))
    def test_a_map_is_a_renaming(self, names, column):
        model = riskmodel.load_model(content())
        others = {"mil": "was_mil"} if column != "mil" else {}
        renamed = [{column: "mil", **others}.get(name, name) for name in names]
        mapped = match_columns(model.spec, names, TableOptions(map={"mil": column}))
        plain = match_columns(model.spec, renamed)
        positions = {indicator: names.index(name) for indicator, name in mapped.items()}
        assert positions == {indicator: renamed.index(name) for indicator, name in plain.items()}


class TestCodes:
    CODES = content(mil={"missing": ["..", -999]}, mood={"missing": ["unknown"]})

    @pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
    def test_codes_of_the_model_are_missing(self, score, out):
        coded = riskmodel.load_model(self.CODES)
        data = "mil,esp,mood\n..,10,calm\n-999,10,unknown\n-999.0,10,\n 7 ,10,calm\n"
        scored = score(data, coded, out)
        assert scored["s_coverage"].astype(float).tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3, 1.0], abs=1e-4)
        assert scored["s"].astype(float).tolist() == [5.0, 10.0, 10.0, 5.7]

    def test_a_code_of_one_indicator_is_none_of_another(self, score, rejects):
        score("mil,esp\n1,..\n..,1\n", riskmodel.load_model(self.CODES))
        assert rejects()[["line", "column", "value"]].values.tolist() == [["2", "esp", ".."]]

    def test_codes_of_a_run_are_missing_in_every_column(self, score):
        scored = score("mil,esp,mood\n-,5,-\n7,-,calm\n-99,-99,-99\n", missing=["-", -99])
        assert scored["s_coverage"].tolist() == ["0.3333", "0.6666", "0.0000"]

    def test_typed_columns_have_codes_too(self, tmp_path, model):
        table = pa.table({"mil": pa.array([-999, 10], pa.int32()), "esp": [-999.0, 30.0]})
        pq.write_table(table, tmp_path / "in.parquet")
        riskmodel.score_file(tmp_path / "in.parquet", tmp_path / "out.parquet", model, missing=[-999])
        scored = pq.read_table(tmp_path / "out.parquet")
        assert scored["s"].to_pylist() == [None, 20.0]
        assert scored["mil"].to_pylist() == [-999, 10]

    def test_a_situation_says_null_and_no_code(self):
        with pytest.raises(SituationError, match="-999 stands for a missing value in tables; write null"):
            riskmodel.load_model(self.CODES).assess({"mil": -999})

    def test_a_code_that_is_a_label_is_refused(self):
        with pytest.raises(riskmodel.ModelError, match=r"indicators.mood.missing\[?.*'calm' is one of the labels"):
            riskmodel.load_model(content(mood={"missing": ["calm"]}))

    @pytest.mark.parametrize("column", [7, [], {"a": 1}])
    def test_a_column_is_a_name_or_names(self, column):
        if column == []:
            riskmodel.load_model(content(mil={"column": column}))
            return
        with pytest.raises(riskmodel.ModelError, match=r"indicators.mil.column"):
            riskmodel.load_model(content(mil={"column": column}))


class TestFlags:
    @pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
    def test_numbers_are_read_and_flags_are_kept(self, score, out):
        scored = score("mil,esp\n12.3 b,5\n9e,1e1\n 50 b e ,\n.. b,7\n", out=out, flags=["b", "e"], missing=[".."])
        flags = scored["mil_flag"].fillna("").tolist()
        assert flags == ["b", "e", "b e", "b"]
        assert scored["esp_flag"].fillna("").tolist() == ["", "", "", ""]
        assert scored["s"].astype(float).round(2).tolist() == [8.7, 9.5, 50.0, 7.0]

    def test_a_missing_word_is_not_cut(self, score):
        assert score("mil,esp\nnan,5\n1 n,5\n", flags=["n"])["s_coverage"].tolist() == ["0.3333", "0.6666"]

    @pytest.mark.parametrize(
        ("cell", "remedy"),
        [
            ("12.3 b", "if 'b' is a flag, --flags b reads 12.3"),
            ("12 %", "if 12 is in the unit of the model, --flags '%' reads it; otherwise convert the column"),
            ("7 days", "if 7 is in the unit of the model, --flags 'days' reads it; otherwise convert the column"),
            ("1.5*", "if '*' is a flag, --flags * reads 1.5"),
        ],
    )
    def test_text_after_a_number_is_refused_with_the_remedy(self, score, rejects, cell, remedy):
        score(f"mil,esp\n{cell},5\n")
        assert rejects()["reason"].tolist() == [f"should be a number; got '{cell}'; {remedy}"]

    def test_the_remedy_works(self, score):
        scored = score("mil,esp\n7 days,5\n", flags=["days"])
        assert scored[["s", "mil_flag"]].values.tolist() == [["6.0", "days"]]

    @pytest.mark.parametrize("flags", [["1"], ["-"], [" "], ["="]])
    def test_what_could_be_part_of_a_number_or_a_formula_is_no_flag(self, score, flags):
        with pytest.raises(SituationError, match="--flags should be marks such as b,e,p"):
            score("mil,esp\n1,5\n", flags=flags)


class TestText:
    TEXT = "land,mil\nCôte d’Ivoire,10\nÅland,30\n"

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-8"])
    @pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
    @pytest.mark.parametrize("block", [7, 1 << 20])
    def test_encodings(self, score, monkeypatch, encoding, out, block):
        monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", block)
        scored = score(self.TEXT.encode(encoding), out=out, encoding=encoding)
        assert scored["land"].tolist() == ["Côte d’Ivoire", "Åland"]
        assert scored["s"].astype(float).tolist() == [10.0, 30.0]

    def test_a_wrong_encoding_is_told_and_nothing_is_written(self, score, tmp_path):
        with pytest.raises(SituationError, match=r"in.csv: is not ascii: .* byte 0xc3"):
            score(self.TEXT, encoding="ascii")
        with pytest.raises(SituationError, match="--encoding: there is no encoding 'latin-0'"):
            score(self.TEXT, encoding="latin-0")
        with pytest.raises(SituationError, match="--encoding: there is no encoding 'rot13'"):
            score(self.TEXT, encoding="rot13")
        assert not (tmp_path / "out.csv").exists()

    def test_text_that_no_indicator_needs_stops_nothing(self, score, tmp_path):
        data = b"land,mil\n\xff\xfe\x80,10\n\xc3,30\n"
        assert score(data, out="out.parquet")["s"].tolist() == [10.0, 30.0]
        riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.csv", riskmodel.load_model(content()))
        assert (tmp_path / "out.csv").read_bytes().splitlines()[1].startswith(b"\xff\xfe\x80,10,10.0,")

    @pytest.mark.parametrize("block", [5, 1 << 20])
    def test_lines_before_the_header(self, score, rejects, monkeypatch, block):
        monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", block)
        data = '"Data Source","World\n\nLast updated\nland,mil\nA,10\nB,x\n'
        assert score(data, skip_rows=3)["s"].tolist() == ["10.0"]
        assert rejects()["line"].tolist() == ["6"]

    def test_the_row_names_of_r_are_no_reason_to_skip_the_header(self, score):
        with pytest.raises(SituationError, match="no column is an indicator") as error:
            score('"a","b"\n"1",2,3\n"2",4,5\n"3",4,5\n"4",4,5\n')
        assert "--skip-rows" not in str(error.value)

    def test_too_many_lines_before_the_header(self, score):
        with pytest.raises(SituationError, match="--skip-rows 9 leaves nothing: it has 3 lines"):
            score("mil\n1\n", skip_rows=9)

    def test_all_at_once_in_a_compressed_file(self, score, tmp_path):
        data = gzip.compress("note\nland;spies\nÅ;1.234,5 e\nB;:\n".encode("cp1252"))
        options = {"skip_rows": 1, "encoding": "cp1252", "decimal": ",", "thousands": ".", "flags": ["e"]}
        wide = riskmodel.load_model(content(esp={"scale": {"goalposts": [0, 10_000]}}))
        score(data, wide, name="in.csv.gz", missing=[":"], map={"esp": "spies"}, **options)
        first = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1]
        assert first.startswith("Å;1.234,5 e;12,3;")
        assert first.endswith(";e")


class TestFrames:
    def test_codes_of_the_model_apply_to_frames(self):
        coded = riskmodel.load_model(TestCodes.CODES)
        frame = pd.DataFrame({"mil": [-999.0, 10.0], "esp": [20, 30], "mood": ["unknown", "calm"]})
        assert coded.score_frame(frame)["s_coverage"].round(4).tolist() == [0.3333, 1.0]
        texts = frame.assign(mil=["..", "10"])
        assert coded.score_frame(texts)["s"].tolist() == coded.score_frame(frame)["s"].tolist()

    def test_columns_of_the_model_apply_to_frames(self):
        named = riskmodel.load_model(content(mil={"column": "MIL"}))
        assert named.score_frame(pd.DataFrame({"MIL": [10.0], "esp": [np.nan]}))["s"].tolist() == [10.0]


class TestHeadersBelowOtherLines:
    @pytest.mark.parametrize(
        ("above", "number"), [("# a source\n", 1), ('Data Source,World,\n\n"a; b"\n', 3), ("Table 1\n\n", 2)]
    )
    def test_the_message_has_the_number_of_rows_to_skip(self, score, above, number):
        with pytest.raises(
            SituationError, match=rf"line {number + 1} has 'mil', 'esp': --skip-rows {number} begins there"
        ):
            score(above + "land,mil,esp\nA,10,30\n")
        assert score(above + "land,mil,esp\nA,10,30\n", skip_rows=number)["s"].tolist() == ["20.0"]

    def test_the_width_of_the_lines_below_counts_where_no_name_is_known(self, score):
        text = "Data Source,World,\n\nland,a,b,c,d\nA,1,2,3,4\nB,1,2,3,4\nC,1,2,3,4\nD,1,2,3,4\n"
        with pytest.raises(SituationError, match=r"has 3 cells in line 1, and 5 in line 3: --skip-rows 2 begins there"):
            score(text)
        with pytest.raises(SituationError, match=r"no column is an indicator of model 'mine': 'land'"):
            score(text, skip_rows=2)

    def test_a_long_table_is_not_taken_for_lines_above_a_header(self, score):
        with pytest.raises(SituationError, match="no column is an indicator"):
            score("land,variable,value\nA,mil,1\nA,esp,2\n")

    def test_a_title_in_the_first_of_many_cells(self, score):
        with pytest.raises(SituationError, match=r"is it a title above the table\? --skip-rows N"):
            score("Table 1,,,\nLand,a,b,c\nA,1,2,3\n")


class TestOptionsOfOtherFormats:
    @pytest.mark.parametrize("options", [{"sheet": 2}, {"sheet": "Data"}])
    def test_csv_has_no_sheets(self, score, options):
        with pytest.raises(SituationError, match=r"in.csv: --sheet is for workbooks"):
            score("mil,esp\n10,30\n", **options)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"skip_rows": 2}, "--skip-rows is for CSV and workbooks"),
            ({"encoding": "cp1252"}, "--encoding is for CSV"),
        ],
    )
    def test_parquet_has_neither_lines_nor_an_encoding(self, tmp_path, model, options, message):
        pq.write_table(pa.table({"mil": [10.0], "esp": [30.0]}), tmp_path / "in.parquet")
        with pytest.raises(SituationError, match=message):
            riskmodel.score_file(tmp_path / "in.parquet", tmp_path / "out.csv", model, **options)
        assert not (tmp_path / "out.csv").exists()

    def test_a_column_of_times_must_exist(self, score):
        with pytest.raises(SituationError, match=r"in.csv: --time: there is no column 'yaer'; did you mean 'year'"):
            score("year,mil,esp\n2020,10,30\n", time="yaer")

    def test_the_file_is_named_where_a_mapped_column_is_not_there(self, score):
        with pytest.raises(SituationError, match=r"in.csv: --map: there is no column 'mill' for 'mil'"):
            score("mil,esp\n10,30\n", map={"mil": "mill"})


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("..", "; if it stands for a missing value, --missing .. reads it"),
        (":", "; if it stands for a missing value, --missing : reads it"),
        (": c", "; if it stands for a missing value, --missing ': c' reads it"),
        ("#N/A", "; if it stands for a missing value, --missing '#N/A' reads it"),
        ("x", "; if it stands for a missing value, --missing x reads it"),
        ("\u2212", "; if it stands for a missing value, --missing '\u2212' reads it"),
        ("$500", "; convert the column to numbers without '$'"),
        ("\u221252", "; its minus sign is not '-' but '\u2212' (U+2212)"),
        ("north", ""),
    ],
)
def test_the_option_that_reads_a_cell_is_named(score, rejects, cell, remedy):
    score(f"mil,esp\n{cell},3\n")
    assert rejects()["reason"].tolist() == [f"should be a number; got {cell!r}{remedy}"]


def test_a_number_of_nines_beyond_the_valid_range_may_be_a_code(score, rejects):
    bounded = riskmodel.load_model(content(mil={"valid": [0, 100]}))
    score("mil,esp\n-999,3\n-998,3\n", scored_by=bounded)
    code, number = rejects()["reason"]
    assert code.endswith("; if it stands for a missing value, --missing -999 reads it")
    assert "--missing" not in number
