"""UCDP GED is read as violence: deaths over a span of days, with the states that are the sides."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries, ucdp_ged
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import NO_STATE

SOURCE = SourceSpec(kind="ucdp_ged", path=("ged.csv",))
ROW = dict.fromkeys(ucdp_ged.COLUMNS, "") | {
    "id": "900001",
    "date_start": "2024-01-02",
    "date_end": "2024-01-04",
    "country_id": "369",
    "country": "Ukraine",
    "side_a": "Government of Russia (Soviet Union)",
    "side_b": "Government of Ukraine",
    "gwnoa": "365",
    "gwnob": "369",
    "low": "3",
    "best": "6",
    "high": "9",
}


def state(iso3):
    return countries.resolve(iso3, "iso3")


def day(text):
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@pytest.fixture
def ged(tmp_path):
    """Return a function that writes rows, which are changes of `ROW`, to a file of GED."""

    def written(*rows, header=True, columns=ucdp_ged.COLUMNS, name="ged.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if header:
                writer.writerow(columns)
            writer.writerows([(ROW | row)[column] for column in columns] for row in rows)
        return SourceFile(str(path))

    return written


def error_of(file, source=SOURCE):
    with pytest.raises(SituationError) as error:
        ucdp_ged.read(file, source)
    return str(error.value)


def test_a_row_has_the_days_the_place_the_sides_and_the_best_estimate(ged):
    violence, tally = ucdp_ged.read(ged({}), SOURCE)
    assert violence.start.tolist() == [day("2024-01-02")]
    assert violence.end.tolist() == [day("2024-01-04")]
    assert violence.place.tolist() == [state("UKR")]
    assert (violence.side_a.tolist(), violence.side_b.tolist()) == ([state("RUS")], [state("UKR")])
    assert violence.deaths.tolist() == [6]
    assert (tally.rows, tally.kept) == (1, 1)
    assert not tally.dropped
    assert not tally.mended
    assert not tally.unknown


def test_days_may_have_a_midnight(ged):
    row = {"date_start": "2024-01-02 00:00:00.000", "date_end": "2024-01-03 00:00:00.000"}
    violence, _ = ucdp_ged.read(ged(row), SOURCE)
    assert (violence.start.tolist(), violence.end.tolist()) == ([day("2024-01-02")], [day("2024-01-03")])


def test_a_blank_side_is_no_state(ged):
    violence, _ = ucdp_ged.read(ged({"gwnob": ""}, {"gwnoa": "", "gwnob": ""}), SOURCE)
    assert violence.side_a.tolist() == [state("RUS"), NO_STATE]
    assert violence.side_b.tolist() == [NO_STATE, NO_STATE]


def test_lines_count_the_breaks_inside_of_quotes(ged):
    file = ged({"source_headline": "two\nlines"}, {"source_headline": "one"}, {"where_description": "a\nb\nc"}, {})
    violence, _ = ucdp_ged.read(file, SOURCE)
    assert violence.line.tolist() == [2, 4, 5, 8]
    assert ucdp_ged.show(file, SOURCE, {2})[0]["source_headline"] == "two\nlines"


def test_lines_are_true_in_a_file_of_several_pieces(ged):
    """Forty rows of 300 kB are 12 MB, more than is parsed at once; row n has n breaks in its quotes."""
    long = "x" * 300_000
    rows = [{"id": str(number), "source_article": long + "\n" * number} for number in range(40)]
    violence, tally = ucdp_ged.read(ged(*rows), SOURCE)
    assert violence.line.tolist() == [2 + number + number * (number - 1) // 2 for number in range(40)]
    assert violence.deaths.sum() == 40 * 6
    assert tally.rows == 40


def test_a_best_estimate_outside_low_and_high_is_kept_and_counted(ged):
    violence, tally = ucdp_ged.read(ged({"best": "20"}, {"low": "7"}, {}), SOURCE)
    assert violence.deaths.tolist() == [20, 6, 6]
    assert tally.mended == {"best estimate of deaths is not between low and high": 2}


def test_a_candidate_file_without_a_header_is_read_by_its_49_columns(ged):
    violence, tally = ucdp_ged.read(ged({}, {"id": "900002"}, header=False), SOURCE)
    assert violence.line.tolist() == [1, 2]
    assert violence.deaths.tolist() == [6, 6]
    assert tally.rows == 2


def test_a_file_without_a_header_and_with_other_columns_is_refused(ged):
    message = error_of(ged({}, header=False, columns=ucdp_ged.COLUMNS[:-1]))
    assert ":1: has no header of UCDP GED" in message
    assert "48 cells" in message
    assert "the 49 of a candidate file" in message


def test_49_other_columns_without_a_header_are_refused(ged):
    columns = (*ucdp_ged.COLUMNS[1:], "id")
    assert ":1: column 'date_end': ''" in error_of(ged({}, header=False, columns=columns))


def test_the_place_is_the_name_where_there_is_no_number(ged):
    columns = [column for column in ucdp_ged.COLUMNS if column != "country_id"]
    violence, _ = ucdp_ged.read(ged({"country": "Russia (Soviet Union)"}, columns=columns), SOURCE)
    assert violence.place.tolist() == [state("RUS")]


def test_a_row_of_an_unknown_place_is_dropped_and_counted(ged):
    violence, tally = ucdp_ged.read(ged({"country_id": "4711"}, {}), SOURCE)
    assert violence.line.tolist() == [3]
    assert tally.dropped == {"a country that is in no list": 1}
    assert tally.unknown == {("gw", "4711"): 1}


def test_an_unknown_side_is_no_state_and_counted(ged):
    violence, tally = ucdp_ged.read(ged({"gwnoa": "4711"}, {"gwnoa": "4711"}), SOURCE)
    assert violence.side_a.tolist() == [NO_STATE, NO_STATE]
    assert tally.unknown == {("gw", "4711"): 2}


def test_deaths_of_coalitions_are_divided_between_their_pairs(ged):
    row = {"gwnoa": "2, 200", "gwnob": "645", "country_id": "645"}
    violence, tally = ucdp_ged.read(ged(row, {"id": "900002"}), SOURCE)
    assert violence.side_a.tolist() == [state("USA"), state("GBR"), state("RUS")]
    assert violence.side_b.tolist() == [state("IRQ"), state("IRQ"), state("UKR")]
    assert violence.deaths.tolist() == [3, 3, 6]
    assert len(set(violence.key.tolist())) == 3
    assert tally.mended == {"a side is a coalition, so that the deaths are divided between its states": 1}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"best": "many"}, "column 'best': 'many'"),
        ({"best": "-5"}, "column 'best': '-5'"),
        ({"date_start": "01/02/2024"}, "column 'date_start': '01/02/2024'"),
        ({"date_start": "2024-02-30"}, "column 'date_start': '2024-02-30'"),
        ({"date_end": "2024-01-01"}, "column 'date_end': '2024-01-01' is before the start, 2024-01-02"),
        ({"gwnoa": "Russia"}, "column 'gwnoa': 'Russia'"),
        ({"id": "1.5"}, "column 'id': '1.5'"),
    ],
)
def test_an_invalid_cell_is_refused_with_its_line_column_and_value(ged, row, message):
    text = error_of(ged({}, row))
    assert "ged.csv:3: " in text
    assert message in text


def test_a_renamed_column_is_named_with_the_nearest(ged):
    file = ged({})
    path = Path(file.path)
    path.write_text(path.read_text().replace("date_end", "date_ends"))
    assert "no column 'date_end'; did you mean 'date_ends'?" in error_of(file)
    mapped = SourceSpec(kind="ucdp_ged", path=("ged.csv",), columns={"date_end": "date_ends"})
    assert len(ucdp_ged.read(file, mapped)[0]) == 1


def test_codes_are_its_own(ged):
    with pytest.raises(SituationError, match="`codes: cow` is for plain lists"):
        ucdp_ged.read(ged({}), SourceSpec(kind="ucdp_ged", path=("x",), codes="cow"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "365", "2", "4711"]),
            st.sampled_from(["", "369", "710"]),
            st.sampled_from(["369", "4711", "710"]),
            st.sampled_from(["", "0", "17"]),
        ),
        max_size=12,
    )
)
def test_no_row_is_lost(tmp_path_factory, rows):
    lines = [",".join(("id", "date_start", "date_end", "gwnoa", "gwnob", "country_id", "best", "low", "high"))]
    for number, (side_a, side_b, place, best) in enumerate(rows):
        lines.append(f"{number},2024-01-01,2024-02-01,{side_a},{side_b},{place},{best},0,99")
    path = tmp_path_factory.mktemp("ged") / "ged.csv"
    path.write_text("\n".join(lines) + "\n")
    violence, tally = ucdp_ged.read(SourceFile(str(path)), SOURCE)
    assert tally.rows == len(rows)
    assert tally.rows == len(violence) + tally.dropped.total()
    assert violence.deaths.sum() == sum(17 for _, _, place, best in rows if best == "17" and place != "4711")


def test_the_reference_sample_has_the_rows_and_deaths_that_csv_counts(reference_data):
    """Counted with Python's csv module: 1,000 rows, 9,561 deaths, 18 with both sides, 13 with a best out of range."""
    file = SourceFile(str(reference_data / "events/ucdp/ged_23_1_sample_converted.csv"))
    violence, tally = ucdp_ged.read(file, SOURCE)
    assert (tally.rows, tally.kept) == (1000, 1000)
    assert violence.deaths.sum() == 9561
    between = (violence.side_a >= 0) & (violence.side_b >= 0)
    pairs = [countries.pair_name(a, b) for a, b in zip(violence.side_a[between], violence.side_b[between], strict=True)]
    assert {pair: pairs.count(pair) for pair in pairs} == {"RUS-UKR": 13, "IND-PAK": 4, "IRN-ISR": 1}
    assert tally.mended == {"best estimate of deaths is not between low and high": 13}
    assert not tally.unknown
    assert len(np.unique(violence.key)) == 1000
