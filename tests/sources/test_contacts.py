"""Contacts are read from plain lists and from the travels and visits of HistoryAtState."""

import datetime
from collections import Counter

import pytest

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import contacts
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import SourceFile

TRIPS = """<?xml version="1.0" encoding="UTF-8"?>
<trips>
    <trip who="doe-jane" role="secretary">
        <id>1</id>
        <role>secretary</role>
        <name>Jane Doe</name>
        <start-date>1988-02-28</start-date>
        <end-date>1988-03-02</end-date>
        <country id="russia">U.S.S.R.</country>
        <locale>Moscow,Leningrad</locale>
        <remarks>Met with the Foreign
            Minister &amp; others.</remarks>
        <created-by>x</created-by>
        <created-datetime/>
    </trip>
    <trip who="doe-jane" role="secretary">
        <id>2</id>
        <role>secretary</role>
        <name>Jane Doe</name>
        <start-date>1988-03-05</start-date>
        <end-date>1988-03-05</end-date>
        <country id="bermuda">Bermuda</country>
        <locale/>
        <remarks/>
    </trip>
    <trip who="doe-jane" role="secretary">
        <id>3</id>
        <role>secretary</role>
        <name>Jane Doe</name>
        <start-date>1988-03-07</start-date>
        <end-date>1988-03-08</end-date>
        <country id="korea-south">Korea, Republic of</country>
        <locale>Seoul</locale>
        <remarks/>
    </trip>
</trips>
"""
VISITS = """<visits>
  <visit>
    <id>9</id>
    <start-date>1995-05-01</start-date>
    <end-date>1995-05-03</end-date>
    <visitor>Prime Minister Roe</visitor>
    <from id="united-kingdom">United Kingdom</from>
    <description>Met with <em>the President</em> in private.</description>
  </visit>
</visits>
"""
CONVERTED = {"state_a": "=USA", "state_b": "country_id", "label": "name"}


@pytest.fixture
def read(write):
    """Return a function that reads contacts from a text, and their tally."""

    def from_text(text, name="contacts.csv", **spec):
        return contacts.read(SourceFile(str(write(name, text))), spec_of(**spec))

    return from_text


def spec_of(**parts):
    return SourceSpec(kind="contacts", path=("contacts",), **parts)


def iso(days):
    return [(datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat() for day in days.tolist()]


def sides(records):
    return [(STATES[a].iso3, STATES[b].iso3) for a, b in zip(records.state_a, records.state_b, strict=True)]


def months_of(records, iso3):
    """Count the contacts with a state by the month in which they begin."""
    days = iso(records.start[[STATES[state].iso3 == iso3 for state in records.state_b]])
    return Counter(day[:7] for day in days)


def test_the_trips_and_visits_of_the_united_states_by_month(reference_data):
    # Counted by awk -F, over the column country_id, and over the first seven characters of the column start.
    path = reference_data / "events/contacts/us_trips_and_visits_converted.csv"
    records, tally = contacts.read(SourceFile(str(path)), spec_of(columns=CONVERTED, codes="historyatstate"))
    assert tally.rows == 7_274
    # netherlands-antilles 3, cook-islands 3, niue 1; french-polynesia 2, new-caledonia 2, antarctica 1
    assert tally.dropped == {"a side is no state": 12}
    assert not tally.unknown
    assert len(records) == tally.kept == 7_262
    assert sum(months_of(records, "ISR").values()) == 311
    assert [months_of(records, "ISR")[month] for month in ("1974-05", "1974-06", "1979-03", "1996-04")] == [2, 2, 4, 7]
    assert sum(months_of(records, "RUS").values()) == 129
    assert {m: n for m, n in months_of(records, "RUS").items() if m.startswith("1988")} == {
        "1988-02": 1,
        "1988-04": 1,
        "1988-05": 2,
        "1988-12": 1,
    }
    assert sum(months_of(records, "GBR").values()) == 359


def test_a_list_of_one_pair_names_it_in_the_recipe(reference_data):
    path = reference_data / "us_russia/us_russia_highlevel_contacts_1945_2025.csv"
    spec = spec_of(columns={"pair": "=USA-RUS", "start": "date", "label": "who"})
    records, tally = contacts.read(SourceFile(str(path)), spec)
    assert (tally.rows, len(records)) == (200, 200)  # wc -l: 201 lines, of which one is the header
    assert set(sides(records)) == {("USA", "RUS")}
    assert (iso(records.start)[0], records.label[0]) == ("1945-02-03", "Edward Reilly Stettinius")
    years = Counter(day[:4] for day in iso(records.start))
    assert [years[year] for year in ("1962", "1972", "1974", "1980")] == [0, 1, 7, 1]  # us_russia_contacts_per_year
    assert contacts.show(SourceFile(str(path)), spec, {3})[0]["place"] == "Germany"


def test_a_plain_list(read):
    text = (
        "pair,start,end,title,level\n"
        "USA-RUS,2018-07-16,,Summit,leader\n"
        "RUS-CHN,30 May 2018,2018-06-02,,minister\n"
        '\n"CHN-USA",2018-02,,"talks,\nby telephone",\n'
    )
    records, tally = read(text, columns={"label": "title"})
    assert sides(records) == [("USA", "RUS"), ("RUS", "CHN"), ("CHN", "USA")]
    assert iso(records.start) == ["2018-07-16", "2018-05-30", "2018-02-01"]
    assert iso(records.end) == ["2018-07-16", "2018-06-02", "2018-02-28"]
    assert records.label.tolist() == ["Summit", "minister", "talks,\nby telephone"]
    assert records.line.tolist() == [2, 3, 5]
    assert (tally.rows, tally.states) == (3, set())


def test_trips_in_xml(read):
    records, tally = read(TRIPS, "doe-jane.xml")
    assert sides(records) == [("USA", "RUS"), ("USA", "KOR")]
    assert iso(records.start) == ["1988-02-28", "1988-03-07"]
    assert iso(records.end) == ["1988-03-02", "1988-03-08"]
    assert records.line.tolist() == [3, 26]
    assert records.label.tolist() == ["secretary, Jane Doe, Moscow,Leningrad", "secretary, Jane Doe, Seoul"]
    assert (tally.rows, tally.dropped) == (3, {"a side is no state": 1})
    assert [STATES[state].iso3 for state in tally.states] == ["USA"]


def test_visits_in_xml(read):
    records, _ = read(VISITS, "1990.xml")
    assert sides(records) == [("USA", "GBR")]
    assert records.label.tolist() == ["Prime Minister Roe"]
    assert iso(records.end) == ["1995-05-03"]


def test_entries_of_xml_are_shown_by_their_elements(write):
    shown = contacts.show(SourceFile(str(write("1990.xml", VISITS))), spec_of(), {2})
    assert shown == [
        {
            "id": "9",
            "start-date": "1995-05-01",
            "end-date": "1995-05-03",
            "visitor": "Prime Minister Roe",
            "from": "United Kingdom",
            "description": "Met with the President in private.",
        }
    ]


def test_entries_are_the_same_whatever_the_size_of_the_pieces(write, monkeypatch):
    entry = TRIPS[TRIPS.index("    <trip") : TRIPS.index("</trips>")]
    text = f"<trips>\n{entry * 2_000}</trips>"
    file = SourceFile(str(write("long.xml", text)))
    expected = contacts.read(file, spec_of())[0]
    pieces = SourceFile.pieces
    monkeypatch.setattr(SourceFile, "pieces", lambda self: pieces(self, 5_000))
    records = contacts.read(file, spec_of())[0]
    assert len(records) == 4_000
    assert records.line.tolist() == expected.line.tolist()
    assert records.label.tolist() == expected.label.tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pair,start\nUSA-RUX,2018-01-01\n", "'USA-RUX': 'RUX' is no state or place"),
        ("pair,start\nUSA-RUS,\n", ":2: column 'start': '' is not a time"),
        ("pair,start\nUSA-RUS,2018-02-30\n", ":2: column 'start': '2018-02-30' is not a time"),
        ("pair,start\nUSA-RUS,03/04/2018\n", "day and month could be either way round"),
        ("pair,start,end\nUSA-RUS,2018-03-02,2018-03-01\n", ":2: column 'end': '2018-03-01' is before the start"),
        ("state_a,state_b,start\n2,365,2018-03-02\n", ":2: column 'state_a': '2' is a number; `codes: cow`"),
        ("pairs,start\nUSA-RUS,2018-03-02\n", ":1: there is no column 'pair'; did you mean 'pairs'?"),
        ("<trips><trip>", "is cut off, or is no XML: no element found"),
        ("<!DOCTYPE html>\n<html></html>", "is HTML, such as the page of an error, and not the file itself"),
        ("<rows></rows>", ":1: is XML of <rows>; contacts are read from <trips> or <visits> of HistoryAtState"),
        ("<trips>\n<visit/></trips>", ":2: has <visit> in <trips>, where <trip> is expected"),
        ("<trips>\n<trip/></trips>", ":2: the entry has 0 countries, where one is expected"),
        ('<!DOCTYPE trips [<!ENTITY a "aaaa">]>\n<trips/>', ":1: has a DOCTYPE"),
        (TRIPS.replace("1988-03-02", "1988-13-02"), ":3: column 'end-date': '1988-13-02' is not a time"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_error_with_its_line(read, text, message):
    with pytest.raises(SituationError) as caught:
        read(text)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1
