"""The check of a table: proposals of columns, counts of cells, and the map file."""

import pytest
import xlsxwriter
import yaml
from command import run

import riskmodel
from riskmodel.analysis.data_check import map_text
from riskmodel.schema.parts import Indicator
from riskmodel.tables.name_similarity import name_similarity, proposals

MILITARY = Indicator(title="Military activity", unit="0-10 scale")
CONTACTS = Indicator(title="Communication frequency", unit="official contacts per month")


@pytest.mark.parametrize(
    ("name", "indicator", "column"),
    [
        ("military_activity", MILITARY, "mil"),
        ("military_activity", MILITARY, "MilitaryActivity"),
        ("military_activity", MILITARY, "military-activity"),
        ("military_activity", MILITARY, "Military activity (0-10)"),
        ("military_activity", MILITARY, "mil_act"),
        ("military_activity", MILITARY, "Miltary Activity"),
        ("military_activity", MILITARY, "MA"),
        ("communication_frequency", CONTACTS, "comm_freq"),
        ("communication_frequency", CONTACTS, "Official contacts per month"),
    ],
)
def test_names_that_a_reader_would_take_for_the_indicator_are_proposed(name, indicator, column):
    assert [proposal.column for proposal in proposals({name: indicator}, ["land", column]).clear] == [column]


@pytest.mark.parametrize("column", ["land", "iso3", "rank", "score", "gdp", "m", "activity_of_trade_unions_and_others"])
def test_other_names_are_not(column):
    assert name_similarity("military_activity", MILITARY, column) < 0.6


def test_a_name_is_most_similar_to_itself():
    for column in ("military_activity", "Military activity"):
        assert name_similarity("military_activity", MILITARY, column) == 1.0


def test_two_columns_that_are_as_likely_are_both_named_and_none_is_proposed():
    proposed = proposals({"military_activity": MILITARY}, ["mil", "military"])
    assert proposed.clear == []
    assert sorted(proposed.doubtful["military_activity"]) == ["mil", "military"]


@pytest.fixture
def table(tmp_path):
    (tmp_path / "in.csv").write_text(
        "land,year,mil,esp,trade_disr,comm_freq\nA,2018,7,30,0.45,2\nB,2018,6,20,0.15,..\nC,2018,12,3,0.35,1\n",
        encoding="utf-8",
    )
    return tmp_path / "in.csv"


def test_the_columns_of_a_warehouse(table):
    check = riskmodel.check_data(table, missing=[".."])
    assert check.map == {
        "military_activity": "mil",
        "communication_frequency": "comm_freq",
        "espionage": "esp",
        "trade_disruption": "trade_disr",
    }
    assert check.unread == ("land", "year")
    assert (check.rows, check.rejected) == (3, 1)
    by_name = {item.indicator: item for item in check.columns}
    military, contacts = by_name["military_activity"], by_name["communication_frequency"]
    assert (military.by, military.values, military.rejected, military.low, military.high) == ("proposal", 2, 1, 6, 7)
    assert "12 is outside the valid range" in military.reason
    assert (contacts.values, contacts.missing) == (1, 1)
    assert "shares of 1" in by_name["trade_disruption"].remark
    assert by_name["peace_years"].column is None


def test_a_column_of_other_values_is_not_proposed(tmp_path):
    # `year` is like `peace_years`, but 2018 years of peace lie beyond the scale.
    (tmp_path / "in.csv").write_text("year,mil\n2018,4\n2019,5\n")
    assert riskmodel.check_data(tmp_path / "in.csv").map == {"military_activity": "mil"}


def test_the_map_that_is_written_scores_the_table(table, tmp_path):
    done = run("data", "check", table, "--missing", "..", "-o", tmp_path / "map.yaml")
    assert done.returncode == 0
    assert "proposed (0.68)" in done.stdout
    assert yaml.safe_load((tmp_path / "map.yaml").read_text())["espionage"] == "esp"
    out = tmp_path / "out.csv"
    done = run("batch", table, "-o", out, "--missing", "..", "--map", tmp_path / "map.yaml")
    assert done.returncode == 1
    renamed = tmp_path / "renamed.csv"
    text = table.read_text().replace(
        "land,year,mil,esp,trade_disr,comm_freq",
        "land,year,military_activity,espionage,trade_disruption,communication_frequency",
    )
    renamed.write_text(text.replace("..", ""))
    riskmodel.score_file(renamed, tmp_path / "plain.csv")
    scores = [line.split(",", 6)[6] for line in out.read_text().splitlines()]
    assert scores == [line.split(",", 6)[6] for line in (tmp_path / "plain.csv").read_text().splitlines()]


def test_names_with_marks_survive_the_map_file(tmp_path):
    (tmp_path / "in.csv").write_text('"Military: ""activity"" #1, é",esp\n1,2\n', encoding="utf-8")
    check = riskmodel.check_data(tmp_path / "in.csv", map={"military_activity": 'Military: "activity" #1, é'})
    (tmp_path / "map.yaml").write_text(map_text(check), encoding="utf-8")
    done = run("batch", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--map", tmp_path / "map.yaml")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("military_activity: 7\n", "map.yaml:1:20: military_activity: should be text"),
        ("- a\n", "map.yaml:1:1: should be a mapping"),
        ("", "map.yaml: the file is empty"),
        ("militry_activity: mil\n", "--map: no indicator 'militry_activity'"),
    ],
)
def test_a_map_file_that_cannot_be_used_is_refused_where_it_is_wrong(table, tmp_path, text, message):
    (tmp_path / "map.yaml").write_text(text)
    done = run("batch", table, "-o", tmp_path / "out.csv", "--map", tmp_path / "map.yaml")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_standard_input_is_refused(table):
    done = run("data", "check", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name a file" in done.stderr


def test_the_sheet_and_the_headings_of_a_workbook_are_those_with_similar_names(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "in.xlsx") as book:
        book.add_worksheet("Notes").write(0, 0, "Read me")
        sheet = book.add_worksheet("Scores")
        sheet.merge_range(0, 1, 0, 3, "GLOBAL INDEX")
        sheet.write_row(5, 1, ["Country", "Military activity", "Espionage (cases)"])
        sheet.write_row(6, 1, ["A", 7.5, 12])
        sheet.write_row(7, 1, ["B", "..", 3])
    check = riskmodel.check_data(tmp_path / "in.xlsx", missing=[".."])
    assert check.map == {"military_activity": "Military activity", "espionage": "Espionage (cases)"}
    assert (check.rows, check.rejected, check.unread) == (2, 0, ("Country",))
    done = riskmodel.score_file(tmp_path / "in.xlsx", tmp_path / "out.csv", map=check.map, missing=[".."])
    assert done.rows_out == 2


def test_a_delimiter_is_detected_though_no_name_is_known(tmp_path):
    (tmp_path / "in.csv").write_text("land;mil;esp\nA, B;7;2\n")
    assert riskmodel.check_data(tmp_path / "in.csv").map == {"military_activity": "mil", "espionage": "esp"}


def test_a_bad_proposal_does_not_hide_the_good_ones(tmp_path):
    # Every row has a name under `Region`, which is like `regional_instability`.
    (tmp_path / "in.csv").write_text("Region,mil\nAsia,4\nAfrica,5\n")
    assert riskmodel.check_data(tmp_path / "in.csv").map == {"military_activity": "mil"}


def test_the_first_rejected_cell_is_named_by_its_line_and_the_option_that_reads_it(tmp_path):
    (tmp_path / "in.csv").write_text("espionage,military_activity\n3,4\n..,5\n1\n")
    check = riskmodel.check_data(tmp_path / "in.csv")
    espionage = next(item for item in check.columns if item.indicator == "espionage")
    assert (espionage.rejected, espionage.rejected_at) == (1, "line 3")
    assert espionage.reason == "should be a number; got '..'; if it stands for a missing value, --missing .. reads it"
    assert check.rejected_whole == (
        "1 row rejected as a whole, the first (line 4) because it has 1 cell; the header has 2"
    )
    assert (check.rows, check.rejected) == (3, 2)


def test_rows_are_counted_though_no_column_is_an_indicator(tmp_path):
    (tmp_path / "in.csv").write_text("land,2020\nA,3\nB,4\n")
    check = riskmodel.check_data(tmp_path / "in.csv")
    assert (check.rows, check.map) == (2, {})


def test_a_similar_column_whose_cells_have_flags_is_named_with_the_option_that_reads_them(tmp_path):
    (tmp_path / "in.tsv").write_text("geo\tespionage \tmilitary_activity\nA\t3 b\t4\nB\t5 e\t5\n")
    check = riskmodel.check_data(tmp_path / "in.tsv")
    espionage = next(item for item in check.columns if item.indicator == "espionage")
    assert (espionage.column, espionage.candidates) == (None, ("espionage ",))
    assert "perhaps 'espionage ', but" in str(check)
    assert "--flags b reads 3" in str(check)


def test_unread_columns_whose_ends_would_not_be_seen_are_in_quotes(tmp_path):
    (tmp_path / "in.csv").write_text('espionage,"a, b", c,plain\n3,1,1,1\n')
    assert "  'a, b', ' c', plain" in str(riskmodel.check_data(tmp_path / "in.csv"))
