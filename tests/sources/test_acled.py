"""ACLED is read as violence: deaths of one day, with sides that surely are states."""

import csv
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import acled, countries
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import NO_STATE

SOURCE = SourceSpec(kind="acled", path=("acled.csv",))
COLUMNS = (
    *("event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type"),
    *("actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting"),
    *("iso", "region", "country", "admin1", "location", "latitude", "longitude", "source", "notes", "fatalities"),
)
ROW = dict.fromkeys(COLUMNS, "") | {
    "event_id_cnty": "UKR900001",
    "event_date": "16 May 2025",
    "event_type": "Battles",
    "actor1": "Military Forces of Russia (2000-)",
    "inter1": "External/Other forces",
    "actor2": "Military Forces of Ukraine (2019-)",
    "inter2": "State forces",
    "country": "Ukraine",
    "fatalities": "3",
}


def state(iso3):
    return countries.resolve(iso3, "iso3")


def day(text):
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@pytest.fixture
def export(tmp_path):
    """Return a function that writes rows, which are changes of `ROW`, to an export."""

    def written(*rows, columns=COLUMNS, encoding="utf-8"):
        path = tmp_path / "acled.csv"
        with path.open("w", newline="", encoding=encoding) as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([(ROW | row)[column] for column in columns] for row in rows)
        return SourceFile(str(path))

    return written


def read(file):
    return acled.read(file, SOURCE)


def error_of(file):
    with pytest.raises(SituationError) as error:
        read(file)
    return str(error.value)


def test_a_row_has_its_day_place_sides_and_deaths(export):
    violence, tally = read(export({}))
    assert violence.start.tolist() == violence.end.tolist() == [day("2025-05-16")]
    assert violence.place.tolist() == [state("UKR")]
    assert (violence.side_a.tolist(), violence.side_b.tolist()) == ([state("RUS")], [state("UKR")])
    assert violence.deaths.tolist() == [3]
    assert tally.kept == 1
    assert not tally.states


def test_a_byte_order_mark_and_line_breaks_in_notes_do_not_count(export):
    file = export({"notes": "two\nlines"}, {}, encoding="utf-8-sig")
    violence, _ = read(file)
    assert violence.line.tolist() == [2, 4]
    assert acled.show(file, SOURCE, {2})[0]["notes"] == "two\nlines"


@pytest.mark.parametrize(
    ("labels", "days"),
    [
        (["16 May 2025", "1 April 2025", "30 Sep 2024"], ["2025-05-16", "2025-04-01", "2024-09-30"]),
        (["2025-05-16", "2025-04-01"], ["2025-05-16", "2025-04-01"]),
        (["2025-05-16 00:00:00", "2025-04-01"], ["2025-05-16", "2025-04-01"]),
        (["01-04-2025", "16-05-2025"], ["2025-04-01", "2025-05-16"]),
        (["16/05/2025", "01/04/2025"], ["2025-05-16", "2025-04-01"]),
    ],
)
def test_the_file_decides_how_days_are_written(export, labels, days):
    violence, _ = read(export(*({"event_date": label} for label in labels)))
    assert violence.start.tolist() == [day(text) for text in days]


def test_the_whole_file_decides_also_where_it_is_read_in_pieces(export):
    """Forty rows of 300 kB are 12 MB, more than is parsed at once; only the last day shows that the day is first."""
    rows = [{"event_date": "01-04-2025", "notes": "x" * 300_000}] * 39
    violence, _ = read(export(*rows, {"event_date": "13-04-2025"}))
    assert violence.start.tolist() == [day("2025-04-01")] * 39 + [day("2025-04-13")]
    message = error_of(export(*rows, {"event_date": "2025-04-13"}))
    assert "acled.csv:41: column 'event_date': '2025-04-13' is written otherwise than '01-04-2025'" in message
    assert "acled.csv:2: column 'event_date': '01-04-2025' could have day and month" in error_of(export(*rows))


@pytest.mark.parametrize(
    ("labels", "line", "message"),
    [
        (["2025-05-16", "16 May 2025"], 3, "is written otherwise than '2025-05-16'"),
        (["16-05-2025", "2025-05-16"], 3, "is written otherwise than '16-05-2025'"),
        (["01-04-2025", "03-12-2025"], 2, "could have day and month either way round"),
        (["16/05/2025", "05/16/2025"], 3, "is no day with the day first"),
        (["16 May 2025", "31 April 2025"], 3, "is not a time"),
        (["16 May 2025", "soon"], 3, "is no day such as"),
        (["16 May 2025", ""], 3, "is no day such as"),
    ],
)
def test_mixed_ambiguous_and_invalid_days_are_refused(export, labels, line, message):
    text = error_of(export(*({"event_date": label} for label in labels)))
    assert f"acled.csv:{line}: column 'event_date': " in text
    assert message in text


@pytest.mark.parametrize(
    ("actor", "inter", "side"),
    [
        ("Military Forces of Russia (2000-)", "State forces", "RUS"),
        ("Military Forces of Russia (2000-) Air Force", "State forces", "RUS"),
        ("Police Forces of Russia (2000-)", "1", "RUS"),
        ("Government of Russia (2000-)", "", "RUS"),
        ("Military Forces of the United States (2021-2025)", "8", "USA"),
        ("Military Forces of Democratic Republic of Congo (2019-)", "State forces", "COD"),
        ("Government of Yemen (2017-) Houthi", "Rebel group", None),
        ("Military Forces of Yemen (2016-) Supreme Political Council", "State forces", None),
        ("Military Forces of Yemen (2016-)", "Rebel group", None),
        ("Former Military Forces of Russia (2000-)", "Political militia", None),
        ("Wagner Group", "Political militia", None),
        ("Civilians (Ukraine)", "Civilians", None),
        ("", "", None),
    ],
)
def test_a_side_is_a_state_only_where_it_surely_is_its_forces(export, actor, inter, side):
    violence, _ = read(export({"actor1": actor, "inter1": inter}, {"actor2": actor, "inter2": inter}))
    expected = NO_STATE if side is None else state(side)
    assert violence.side_a.tolist() == [expected, state("RUS")]
    assert violence.side_b.tolist() == [state("UKR"), expected]


def test_doubtful_and_unknown_forces_are_counted(export):
    doubtful = {"actor1": "Government of Yemen (2017-) Houthi"}
    _, tally = read(export(doubtful, doubtful, {"actor2": "Military Forces of Freedonia (1933-)"}))
    assert tally.mended == {"an actor has the name of a state's forces, but is not surely theirs: no side": 2}
    assert tally.unknown == {("name", "Freedonia"): 1}


def test_an_id_is_the_same_event_in_exports_of_all_years(export):
    violence, _ = read(export({"event_id_cnty": "ALG12"}, {"event_id_cnty": "12ALG"}, {"event_id_cnty": "ALG13"}))
    keys = violence.key.tolist()
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"fatalities": "some"}, "column 'fatalities': 'some'"),
        ({"fatalities": "-1"}, "column 'fatalities': '-1'"),
        ({"event_id_cnty": "x"}, "column 'event_id_cnty': 'x'"),
    ],
)
def test_an_invalid_cell_is_refused_with_its_line_column_and_value(export, row, message):
    text = error_of(export({}, row))
    assert "acled.csv:3: " in text
    assert message in text


def test_a_missing_column_is_named_with_the_nearest(export):
    columns = [column for column in COLUMNS if column != "actor2"]
    assert "there is no column 'actor2'; did you mean 'actor1'?" in error_of(export({}, columns=columns))


def test_codes_are_its_own(export):
    with pytest.raises(SituationError, match="`codes: cow` is for plain lists"):
        acled.read(export({}), SourceSpec(kind="acled", path=("x",), codes="cow"))


@given(st.lists(st.tuples(st.sampled_from(["Ukraine", "Freedonia"]), st.sampled_from(["", "0", "5"])), max_size=12))
def test_no_row_is_lost(tmp_path_factory, rows):
    lines = ["event_id_cnty,event_date,actor1,actor2,country,fatalities"]
    lines += [f"UKR{number},2025-05-16,,,{place},{deaths}" for number, (place, deaths) in enumerate(rows)]
    path = tmp_path_factory.mktemp("acled") / "acled.csv"
    path.write_text("\n".join(lines) + "\n")
    violence, tally = read(SourceFile(str(path)))
    assert tally.rows == len(rows) == len(violence) + tally.dropped.total()
    assert violence.deaths.sum() == 5 * rows.count(("Ukraine", "5"))
