"""Disputes are read from MID, ICB and plain lists: one row for each dispute of two states."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries, disputes
from riskmodel.sources.files import SourceFile

DYADIC = "disno,dyindex,statea,namea,stateb,nameb,strtday,strtmnth,strtyr,endday,endmnth,endyear,year,outcome,hihost"
MIDB = "dispnum,stabb,ccode,stday,stmon,styear,endday,endmon,endyear,sidea,revstate,hiact,hostlev,orig"
ICB = "crisno,crisname,statea,stateb,trgyrdy,trgmody,trgdady,trmyrdy,trmmody,trmdady,year,ongoing"


def day(text):
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@pytest.fixture
def read(tmp_path):
    """Return a function that reads lines, with more of the recipe, and returns disputes as tuples, and the tally."""

    def result(*lines, **spec):
        path = tmp_path / "disputes.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        records, tally = disputes.read(SourceFile(str(path)), SourceSpec(kind="disputes", path=("x",), **spec))
        return tuples(records), tally

    return result


def tuples(records):
    return [
        (
            line,
            id_,
            countries.pair_name(a, b),
            str(np.datetime64(start, "D")),
            str(np.datetime64(end, "D")),
            None if np.isnan(hostility) else hostility,
        )
        for line, id_, a, b, start, end, hostility in zip(
            records.line.tolist(),
            records.id.tolist(),
            records.state_a.tolist(),
            records.state_b.tolist(),
            records.start.tolist(),
            records.end.tolist(),
            records.hostility.tolist(),
            strict=True,
        )
    ]


def error_of(read, *lines, **spec):
    with pytest.raises(SituationError) as error:
        read(*lines, **spec)
    return str(error.value)


class TestDyadicMid:
    def test_years_of_a_dispute_of_two_states_are_one(self, read):
        records, tally = read(
            DYADIC,
            "61,1,2,USA,365,RUS,24,6,1948,12,5,1949,1948,5,3",
            "61,1,2,USA,365,RUS,24,6,1948,12,5,1949,1949,5,3",
            "61,2,200,UKG,365,RUS,24,6,1948,12,5,1949,1948,5,3",
        )
        assert records == [
            (2, "61", "USA-RUS", "1948-06-24", "1949-05-12", 3),
            (4, "61", "GBR-RUS", "1948-06-24", "1949-05-12", 3),
        ]
        assert (tally.rows, tally.kept) == (3, 2)
        assert tally.dropped == {"another year or direction of the same dispute": 1}
        assert len(tally.states) == len(countries.STATES)

    def test_both_directions_are_one_dispute(self, read):
        records, _ = read(
            DYADIC, "7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,3", "7,2,365,RUS,2,USA,1,2,1960,3,2,1960,1960,5,4"
        )
        assert records == [(2, "7", "USA-RUS", "1960-02-01", "1960-02-03", 4)]

    def test_two_spells_of_a_dispute_stay_apart(self, read):
        records, _ = read(
            DYADIC, "7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,3", "7,2,2,USA,365,RUS,5,2,1960,8,2,1960,1960,5,4"
        )
        assert [record[3:5] for record in records] == [("1960-02-01", "1960-02-03"), ("1960-02-05", "1960-02-08")]

    def test_spells_that_adjoin_or_lie_in_each_other_are_one(self, read):
        records, _ = read(
            DYADIC,
            "7,1,2,USA,365,RUS,1,2,1960,20,2,1960,1960,5,3",
            "7,1,2,USA,365,RUS,5,2,1960,6,2,1960,1960,5,3",
            "7,1,2,USA,365,RUS,21,2,1960,23,2,1960,1960,5,3",
        )
        assert [record[3:5] for record in records] == [("1960-02-01", "1960-02-23")]

    def test_unknown_days_are_the_first_and_the_last_of_the_month(self, read):
        records, tally = read(DYADIC, "7,1,2,USA,365,RUS,-9,2,1960,-9,2,1960,1960,5,3")
        assert records[0][3:5] == ("1960-02-01", "1960-02-29")
        assert tally.mended == {
            "unknown day or month, taken for the first day of a start": 1,
            "unknown day or month, taken for the last day of an end": 1,
        }

    def test_a_day_beyond_the_end_of_its_month_is_its_last(self, read):
        records, tally = read(DYADIC, "7,1,2,USA,365,RUS,30,4,1961,31,4,1961,1961,5,3")
        assert records[0][3:5] == ("1961-04-30", "1961-04-30")
        assert tally.mended == {"a day beyond the end of its month, taken for its last": 1}

    def test_the_soviet_union_is_russia_and_unknown_numbers_are_dropped(self, read):
        records, tally = read(DYADIC, "7,1,2,USA,9999,XXX,1,2,1960,3,2,1960,1960,5,3")
        assert not records
        assert tally.dropped == {"a country that is in no list": 1}
        assert tally.unknown == {("cow", "9999"): 1}

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("7,1,2,USA,365,RUS,1,2,-9,3,2,1960,1960,5,3", "column 'strtyr': '-9' is no year"),
            ("7,1,2,USA,365,RUS,9,2,1960,3,2,1960,1960,5,3", "column 'endyear': '1960' is before the start"),
            ("7,1,2,USA,365,RUS,1,13,1960,3,2,1961,1960,5,3", "column 'strtmnth': '13'"),
            ("7,1,2,USA,365,RUS,one,2,1960,3,2,1960,1960,5,3", "column 'strtday': 'one'"),
            ("7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,6", "column 'hihost': '6'"),
            ("7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,high", "column 'hihost': 'high'"),
        ],
    )
    def test_an_invalid_cell_is_refused_with_its_line_column_and_value(self, read, row, message):
        text = error_of(read, DYADIC, "7,1,2,USA,710,CHN,1,2,1960,3,2,1960,1960,5,3", row)
        assert "disputes.csv:3: " in text
        assert message in text

    def test_names_of_columns_may_be_capitals(self, read):
        assert len(read(DYADIC.upper(), "7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,3")[0]) == 1

    def test_show_returns_the_row(self, tmp_path):
        path = tmp_path / "mid.csv"
        path.write_text(f"{DYADIC}\n7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,3\n")
        rows = disputes.show(SourceFile(str(path)), SourceSpec(kind="disputes", path=("x",)), {2})
        assert (rows[0]["disno"], rows[0]["hihost"]) == ("7", "3")


class TestParticipantsOfMid:
    ROWS = (
        "10,USA,2,1,1,1960,31,3,1960,1,0,7,4,1",
        "10,UKG,200,1,3,1960,31,3,1960,1,0,7,2,0",
        "10,RUS,365,5,1,1960,10,2,1960,0,0,7,3,1",
        "11,CHN,710,1,1,1960,2,1,1960,1,0,7,3,1",
    )

    def test_opponents_at_the_same_time_are_a_dispute(self, read):
        records, tally = read(MIDB, *self.ROWS)
        assert records == [(2, "10", "USA-RUS", "1960-01-05", "1960-02-10", 4)]
        assert tally.dropped == {"no opponent at the same time": 2}
        assert (tally.rows, tally.kept) == (4, 2)

    def test_states_before_1945_are_no_states_and_unknown_numbers_are_counted(self, read):
        """300 is Austria-Hungary by the Correlates of War."""
        rows = ("10,AUH,300,1,1,1914,31,3,1914,0,0,7,4,1", "10,XXX,4711,1,1,1914,31,3,1914,0,0,7,4,1")
        _, tally = read(MIDB, *rows, "10,UKG,200,1,1,1914,31,3,1914,1,0,7,4,1")
        assert tally.dropped == {
            "a side is no state": 1,
            "a country that is in no list": 1,
            "no opponent at the same time": 1,
        }
        assert tally.unknown == {("cow", "4711"): 1}

    @pytest.mark.parametrize("name", ["dispnum", "dispnum3", "dispnum4", "disno"])
    def test_the_number_of_the_dispute_has_the_name_of_its_version(self, read, name):
        assert len(read(MIDB.replace("dispnum", name), *self.ROWS)[0]) == 1

    def test_show_returns_a_participant_with_the_other_side(self, tmp_path):
        path = tmp_path / "midb.csv"
        path.write_text("\n".join((MIDB, *self.ROWS)) + "\n")
        rows = disputes.show(SourceFile(str(path)), SourceSpec(kind="disputes", path=("x",)), {2, 4})
        assert [(row["stabb"], row["the other side"]) for row in rows] == [("USA", "365"), ("RUS", "2, 200")]

    def test_another_side_than_0_or_1_is_refused(self, read):
        message = error_of(read, MIDB, "10,USA,2,1,1,1960,31,3,1960,2,0,7,4,1")
        assert "disputes.csv:2: column 'sidea': '2' is no side" in message

    def test_a_year_is_needed_at_the_end(self, read):
        message = error_of(read, MIDB, "10,USA,2,1,1,1960,31,3,-9,1,0,7,4,1")
        assert "column 'endyear': '-9' is no year" in message


class TestIcb:
    def test_years_of_a_crisis_of_two_states_are_one(self, read):
        records, tally = read(
            ICB,
            "90,BERLIN,2,365,1961,8,13,1962,1,9,1961,0",
            "90,BERLIN,2,365,1961,8,13,1962,1,9,1962,1",
        )
        assert records == [(2, "90", "USA-RUS", "1961-08-13", "1962-01-09", None)]
        assert tally.kept == 1

    def test_a_crisis_without_an_end_lasts_as_long_as_its_rows(self, read):
        records, tally = read(ICB, "90,X,2,365,2014,8,13,-99,-99,-99,2014,0", "90,X,2,365,2014,8,13,-99,-99,-99,2015,1")
        assert records == [(2, "90", "USA-RUS", "2014-08-13", "2015-12-31", None)]
        assert tally.mended == {"a dispute without an end lasts to the end of its last year in the file": 2}

    def test_show_escapes_names_that_are_not_utf_8(self, tmp_path):
        path = tmp_path / "icb.csv"
        path.write_bytes(f"{ICB}\n90,ALLEND\xc9,2,155,1973,9,11,1973,9,12,1973,0\n".encode("latin-1"))
        file, source = SourceFile(str(path)), SourceSpec(kind="disputes", path=("x",))
        assert len(disputes.read(file, source)[0]) == 1
        assert disputes.show(file, source, {2})[0]["crisname"] == r"ALLEND\xc9"


class TestPlainList:
    def test_a_dispute_may_have_days_months_or_years(self, read):
        records, tally = read(
            "pair,start,end,title,hostility,source",
            "USA-RUS,1962-10-16,1962-11-20,Cuba,4,x",
            "USA-RUS,1948-06,1949-05,Berlin,,x",
            "IND-PAK,1965,1965,Kashmir,5,x",
        )
        assert records == [
            (2, "Cuba", "USA-RUS", "1962-10-16", "1962-11-20", 4),
            (3, "Berlin", "USA-RUS", "1948-06-01", "1949-05-31", None),
            (4, "Kashmir", "IND-PAK", "1965-01-01", "1965-12-31", 5),
        ]
        assert tally.kept == 3
        assert not tally.states

    def test_states_may_be_names_or_numbers_of_cow(self, read):
        header = "state_a,state_b,start,end"
        expected = [(2, "2", "USA-RUS", "1962-10-16", "1962-11-20", None)]
        assert read(header, "United States,Russia,1962-10-16,1962-11-20", codes="name")[0] == expected
        assert read(header, "2,365,1962-10-16,1962-11-20", codes="cow")[0] == expected
        assert read(header, "USA,RUS,1962-10-16,1962-11-20")[0] == expected

    def test_other_names_of_columns_are_mapped(self, read):
        columns = {"state_a": "from", "state_b": "to", "start": "began", "end": "over"}
        records, _ = read("from,to,began,over", "USA,RUS,1962-10,1962-11", columns=columns)
        assert records[0][2:5] == ("USA-RUS", "1962-10-01", "1962-11-30")

    def test_an_ongoing_dispute_lasts_to_the_end_of_what_the_list_covers(self, read):
        rows = ("pair,start,end", "IND-PAK,2016-09,ongoing")
        records, _ = read(*rows, covers={"to": "2020"})
        assert records[0][3:5] == ("2016-09-01", "2020-12-31")
        message = error_of(read, *rows)
        assert "disputes.csv:2: column 'end': 'ongoing' is without a day" in message
        assert "covers: {to: 2024-12-31}" in message

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("USA-RUS,1962-10-16,", "column 'end': '' is blank; write the last day"),
            ("USA-RUS,1962-10-16,1962-10-15", "column 'end': '1962-10-15' is before the start, 1962-10-16"),
            ("USA-USA,1962-10-16,1962-10-17", "column 'pair': 'USA-USA'"),
            ("USA-RUX,1962-10-16,1962-10-17", "'RUX' is no state or place"),
            ("USA-RUS,01/02/1962,1962-10-17", "is ambiguous"),
            ("USA-RUS,-9,1962-10-17", "column 'start': '-9'"),
        ],
    )
    def test_an_invalid_cell_is_refused_with_its_line_column_and_value(self, read, row, message):
        text = error_of(read, "pair,start,end", "USA-CHN,1962,1962", row)
        assert "disputes.csv:3: " in text
        assert message in text

    def test_a_state_with_itself_is_refused(self, read):
        message = error_of(read, "state_a,state_b,start,end", "USA,USA,1962,1962")
        assert "disputes.csv:2: column 'state_b': 'USA' is the same state as state_a" in message

    def test_an_unknown_name_is_refused_and_an_unknown_number_is_counted(self, read):
        header = "state_a,state_b,start,end"
        message = error_of(read, header, "Russia,Ukrane,2014,2015", codes="name")
        assert "disputes.csv:2: column 'state_b': 'Ukrane' is no state" in message
        assert "did you mean 'Ukraine'?" in message
        records, tally = read(header, "365,4711,2014,2015", codes="cow")
        assert not records
        assert tally.dropped == {"a country that is in no list": 1}
        assert tally.unknown == {("cow", "4711"): 1}

    def test_codes_do_not_hold_for_pairs(self, read):
        assert "pairs are of ISO codes" in error_of(read, "pair,start,end", "2-365,1962,1962", codes="cow")


def test_an_unknown_layout_names_the_nearest(read):
    message = error_of(read, DYADIC.replace("strtmnth", "strtmonth"), "7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,3")
    assert "disputes.csv:1: is no list of disputes that is known" in message
    assert "for a dyadic MID it lacks 'strtmnth'; did you mean 'strtmonth'?" in message


def test_a_file_that_is_like_none_lacks_no_names_in_particular(read):
    message = error_of(read, "a,year,b", "1,2,3")
    assert "is no list of disputes that is known" in message
    assert "lacks" not in message


def test_codes_of_a_published_layout_are_those_of_cow(read):
    row = "7,1,2,USA,365,RUS,1,2,1960,3,2,1960,1960,5,3"
    assert "dyadic MID has the numbers of COW" in error_of(read, DYADIC, row, codes="gw")
    assert len(read(DYADIC, row, codes="cow")[0]) == 1


DYADS = st.tuples(
    st.integers(1, 3),
    st.sampled_from([2, 365, 710, 9999]),
    st.sampled_from([2, 365, 710]),
    st.integers(1, 25),
    st.integers(0, 30),
)


@given(st.lists(DYADS, max_size=15))
def test_no_day_and_no_row_of_a_dispute_is_lost(tmp_path_factory, rows):
    """The days of each dispute and pair, as a set, are those of its rows; records of one do not touch."""
    lines, days = [DYADIC], {}
    for number, a, b, first, length in rows:
        start = np.datetime64("1960-01-01") + np.timedelta64(first, "D")
        last = start + np.timedelta64(length, "D")
        texts = [f"{d.astype(object).day},{d.astype(object).month},{d.astype(object).year}" for d in (start, last)]
        lines.append(f"{number},1,{a},A,{b},B,{texts[0]},{texts[1]},1960,5,3")
        if a not in (b, 9999):
            days.setdefault((str(number), *sorted((a, b))), set()).update(
                np.arange(start, last + np.timedelta64(1, "D")).astype(int).tolist()
            )
    path = tmp_path_factory.mktemp("mid") / "mid.csv"
    path.write_text("\n".join(lines) + "\n")
    records, tally = disputes.read(SourceFile(str(path)), SourceSpec(kind="disputes", path=("x",)))
    assert tally.rows == len(rows) == len(records) + tally.dropped.total()
    kept = {}
    for index in range(len(records)):
        pair = sorted(countries.STATES[state[index]].cow for state in (records.state_a, records.state_b))
        span = range(int(records.start[index]), int(records.end[index]) + 1)
        earlier = kept.setdefault((str(records.id[index]), *pair), set())
        assert not earlier.intersection(range(span.start - 1, span.stop + 1))
        earlier.update(span)
    assert kept == days
