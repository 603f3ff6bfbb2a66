import zipfile
from datetime import date

import pytest

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.icews import acts_for_state, open_events
from riskmodel.sources.records import ORGANISATION, Tally

STATE_SECTORS = frozenset({"Government"})

HEADER = (
    "Event ID\tEvent Date\tSource Name\tSource Sectors\tSource Country\tEvent Text\tCAMEO Code\tIntensity\t"
    "Target Name\tTarget Sectors\tTarget Country\tStory ID\tSentence Number\tPublisher\tCity\tDistrict\tProvince\t"
    "Country\tLatitude\tLongitude"
)
NAMES = HEADER.split("\t")
SPEC = SourceSpec(kind="icews", path="events.zip")


def row(**cells):
    """Return an invented row: Russia of the United States, 2018-03-01, code 042."""
    values = {
        "Event ID": "1", "Event Date": "2018-03-01", "Source Name": "Russia", "Source Sectors": "NULL",
        "Source Country": "Russian Federation", "Event Text": "Make a visit", "CAMEO Code": "042", "Intensity": "1.9",
        "Target Name": "Envoy (United States)", "Target Sectors": "Government,Executive",
        "Target Country": "United States",
    }  # fmt: skip
    values |= {name.replace("_", " "): value for name, value in cells.items()}
    return "\t".join(values.get(name, "NULL") for name in NAMES)


def text(*rows, header=HEADER, end="\n"):
    return end.join([header, *rows, ""])


def reader(path, **spec):
    return open_events(SourceFile(str(path)), SourceSpec(kind="icews", path=str(path), **spec), STATE_SECTORS)


def name_of(state):
    return STATES[state].iso3 if state >= 0 else {ORGANISATION: "+"}[state]


def read(path, **spec):
    """Return the acts as (line, day, source, target, code), their keys, and the tally of a file."""
    tally, acts, keys = Tally(), [], []
    events = reader(path, **spec)
    for piece in events.pieces():
        part, counts = events.parse(piece)
        tally.add(counts)
        keys += part.key.tolist()
        days = [str(date.fromordinal(719163 + day)) for day in part.day.tolist()]
        codes = [part.codes[code] for code in part.code.tolist()]
        states = [map(name_of, side.tolist()) for side in (part.source, part.target)]
        acts += zip(part.line.tolist(), days, *states, codes, strict=True)
    return acts, keys, tally


def message(path, **spec):
    with pytest.raises(SituationError) as caught:
        read(path, **spec)
    return str(caught.value)


VISIT = (2, "2018-03-01", "RUS", "USA", "042")


def test_the_sample_of_2018_gives_the_acts_counted_by_awk(reference_data):
    acts, keys, tally = read(reference_data / "events" / "icews" / "events.2018.sample.tab")
    assert tally.rows == 3705  # wc -l, less the header
    # awk over the columns 4, 5, 10 and 11, with the rules of the module: 158 rows with a country missing on a side that
    # is no organisation; 8 of two organisations; 1,596 with one country twice, in one of them Western Sahara, which
    # is no state, as in 2 rows more; of the 1,941 others 332 with a side that acts for no state.
    assert tally.dropped == {
        "an actor has no country": 158,
        "both actors are organisations": 8,
        "both actors are of one state": 1595,
        "an actor is a region or no state": 3,
        "an actor acts for no state": 332,
    }
    assert len(acts) == len(set(keys)) == tally.kept == 1609
    assert not tally.unknown
    assert not tally.mended
    assert tally.days == {17683: 2359, 17684: 1346}  # cut -f2 | sort | uniq -c
    # Codes 040 and 041 are written for both sides, so that each act has its twin.
    symmetric = [act[1:] for act in acts if act[4] in ("040", "041")]
    assert len([act for act in symmetric if act[3] == "040"]) == 350
    assert all((day, target, source, code) in symmetric for day, source, target, code in symmetric)


def test_missing_values_quotes_line_ends_and_a_byte_order_mark_change_nothing(write):
    plain = text(row(), row(Event_ID="2", Source_Name='"Abu" Something'))
    forms = [
        plain,
        plain.replace("NULL", "NA"),
        plain.replace("NULL", ""),
        "\ufeff" + plain,
        plain.replace("\n", "\r\n"),
        plain.rstrip("\n"),
        plain.replace("2018-03-01", "2018-03-01 00:00:00"),
    ]
    results = [read(write(f"form{at}.tab", form))[:2] for at, form in enumerate(forms)]
    assert results[0][0] == [VISIT, (3, *VISIT[1:])]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_a_file_with_all_cells_in_quotes_is_the_same(write, delimiter):
    rows = [row(), row(Event_ID="2", Source_Name='Abu "X" Something')]
    quoted = "\n".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line.split("\t")) for line in [HEADER, *rows]
    )
    assert read(write("quoted.csv", quoted))[:2] == read(write("plain.tab", text(*rows)))[:2]


def test_a_quote_that_nothing_closes_costs_no_row(write):
    acts, _, tally = read(write("events.tab", text(row(Source_Name='"Abu'), row(Event_ID="2"), row(Event_ID="3"))))
    assert [act[0] for act in acts] == [2, 3, 4]
    assert tally.rows == 3


def test_tabs_within_quotes_are_text_where_quotes_hold_them(write):
    quoted = row(Source_Name='"a\tb"', Source_Sectors='"Government,Military"')
    assert read(write("events.tab", text(quoted)))[0] == [VISIT]


def test_names_of_columns_may_be_those_of_r_or_of_the_recipe(write):
    dotted = HEADER.replace(" ", ".")
    assert read(write("a.tab", text(row(), header=dotted)))[0] == [VISIT]
    assert read(write("b.tab", text(row(), header=HEADER.lower().replace(" ", "_"))))[0] == [VISIT]
    own = HEADER.replace("CAMEO Code", "cameo")
    assert read(write("c.tab", text(row(), header=own)), columns={"CAMEO Code": "cameo"})[0] == [VISIT]
    assert "did you mean 'CAMEO Code'?" in message(write("d.tab", text(row())), columns={"CAMEO Cod": "cameo"})


def test_dates_with_the_month_first_are_read_if_the_whole_file_says_so(write):
    rows = [row(Event_Date="12/1/2017"), row(Event_Date="12/31/2017")]
    assert [act[1] for act in read(write("a.tab", text(*rows)))[0]] == ["2017-12-01", "2017-12-31"]
    rows = [row(Event_Date="1/12/2017"), row(Event_Date="31/12/2017")]
    assert [act[1] for act in read(write("b.tab", text(*rows)))[0]] == ["2017-12-01", "2017-12-31"]


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["12/1/2017", "1/2/2017"], ["12/1/2017", "cannot be told apart", "2017-12-01"]),
        (["13/1/2017", "1/13/2017"], ["day first", "month first"]),
        (["12/31/2017", "2018-01-01"], [":3:", "'2018-01-01'", "12/31/2017"]),
        (["2018-03-01", "2018-02-30"], [":3:", "'2018-02-30'", "no date"]),
        (["2018-03-01", "Event Date"], [":3:", "the header again"]),
    ],
)
def test_dates_that_are_no_days_are_an_error(write, dates, words):
    shown = message(write("events.tab", text(*(row(Event_Date=day) for day in dates))))
    assert all(word in shown for word in words)


def test_the_file_without_codes_is_refused(write):
    names = NAMES[:6] + NAMES[7:]
    cells = row().split("\t")
    path = write("events.2017.tab", "\t".join(names) + "\n" + "\t".join(cells[:6] + cells[7:]) + "\n")
    shown = message(path)
    assert "events.2017.tab:1: " in shown
    assert "codes are missing" in shown
    assert "Event Text" in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        (row() + "\n", ":1: has no header of ICEWS"),
        (HEADER.replace("Target Country", "Target Land") + "\n" + row() + "\n", "has no column 'Target Country'"),
        (text(row()) + row()[:60] + "\n", ":3: has 7 cells, where the header has 20; is the file cut off?"),
        (text(row() + "\tmore", row()), ":2: has 21 cells, where the header has 20"),
    ],
)
def test_a_file_of_another_form_is_an_error(write, content, words):
    assert words in message(write("events.tab", content))


def test_codes_get_their_zeros_back_and_unknown_ones_are_counted(write):
    codes = ["42", "42.0", "0871", "871", "13y", "", "190"]
    acts, _, tally = read(write("events.tab", text(*(row(CAMEO_Code=code) for code in codes))))
    assert [act[4] for act in acts] == ["042", "042", "0871", "0871", "190"]
    assert tally.mended == {"zero of a code restored": 3}
    assert tally.dropped == {"the code of the act is unknown": 2}
    assert tally.unknown == {("cameo", "13y"): 1}


def test_rows_that_are_no_acts_between_states_are_dropped_by_reason(write):
    igo = "International Government Organization,Global"
    sides = [
        ("NULL", "NULL"),
        ("NULL", "Government,Executive"),
        ("Atlantis", "NULL"),
        ("Hong Kong", "NULL"),
        ("United States", "NULL"),
        ("Ukraine", "Rebel"),
        ("Ukraine", "Business,Social"),
        ("NULL", igo),
        ("Ukraine", igo),
        ("Occupied Palestinian Territory", "Government,Police"),
        ("the former Yugoslav Republic of Macedonia", "NULL"),
    ]
    rows = [row(Source_Country=country, Source_Sectors=sectors) for country, sectors in sides]
    rows.append(row(Source_Country="NULL", Source_Sectors=igo, Target_Country="NULL", Target_Sectors=igo))
    rows.append(row(Event_Date="NULL"))
    acts, _, tally = read(write("events.tab", text(*rows)))
    assert tally.dropped == {
        "an actor has no country": 2,
        "the country of an actor is unknown": 1,
        "an actor is a region or no state": 1,
        "both actors are of one state": 1,
        "an actor acts for no state": 3,
        "both actors are organisations": 1,
        "the date is missing": 1,
    }
    assert tally.unknown == {("icews", "Atlantis"): 1}
    assert [act[2] for act in acts] == ["+", "PSE", "MKD"]
    assert tally.days == {17591: 12}


@pytest.mark.parametrize(
    ("sectors", "acts"),
    [
        ("", True),
        ("Government", True),
        ("Government,Military", True),
        ("Parties,Business,Government,Executive", True),
        ("Government,Local,Provincial", False),
        ("Executive, Government, Local", True),
        ("Social,Media,Government", False),
        ("Rebel,Dissident", False),
        ("Parties,Government Major Party (In Government)", False),
    ],
)
def test_sectors_say_who_acts_for_a_state(sectors, acts):
    assert acts_for_state(sectors, STATE_SECTORS) is acts


def test_an_exact_repeat_has_the_same_key_and_another_event_with_the_same_id_has_not(write):
    first = row()
    others = [
        row(Event_ID="2"),
        row(Event_Date="2018-03-02"),
        row(CAMEO_Code="043"),
        row(Source_Name="Kremlin"),
        row(Target_Name="Envoy"),
        # exchanged names are another event
        row(Source_Name="Envoy (United States)", Target_Name="Russia"),
    ]
    _, keys, _ = read(write("events.tab", text(first, *others, first, row(Publisher="Other", CAMEO_Code="42"))))
    assert keys[0] == keys[-1] == keys[-2]
    assert len(set(keys)) == 1 + len(others)
    assert read(write("again.tab", text(first)))[1] == keys[:1]


def test_blank_lines_are_no_rows_and_lines_are_counted_with_them(write):
    path = write("events.tab", text(row(), "", row(Event_ID="2"), ""))
    acts, _, tally = read(path)
    assert [act[0] for act in acts] == [2, 4]
    assert tally.rows == 2
    shown = reader(path).show(next(iter(reader(path).pieces())), {4})
    assert [(line["Event ID"], line["CAMEO Code"], line["Event Text"]) for line in shown] == [
        ("2", "042", "Make a visit")
    ]
    assert "Latitude" not in shown[0]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_pieces_of_any_size_and_members_of_an_archive_give_the_same(write, tmp_path, monkeypatch, end):
    rows = [row(Event_ID=str(at), Event_Date=f"2018-03-{at % 28 + 1:02d}") for at in range(60)]
    path = write("events.tab", text(*rows, end=end))
    whole = read(path)
    assert len(whole[0]) == 60
    with zipfile.ZipFile(tmp_path / "events.zip", "w") as archive:
        archive.write(path, "events.2018.tab")
    events = open_events(SourceFile(str(tmp_path / "events.zip"), "events.2018.tab"), SPEC, STATE_SECTORS)
    assert [events.parse(piece)[0].key.tolist() for piece in events.pieces()] == [whole[1]]
    small = SourceFile(str(path)).pieces(1000)
    pieces = [Piece(piece.text.partition(b"\n")[2], 2) if piece.line == 1 else piece for piece in small]
    parts = [events.parse(piece)[0] for piece in pieces if piece.text]
    assert len(parts) > 5
    assert [line for part in parts for line in part.line.tolist()] == [act[0] for act in whole[0]]
    assert [key for part in parts for key in part.key.tolist()] == whole[1]


def test_text_in_utf_16_is_an_error(tmp_path):
    path = tmp_path / "events.tab"
    path.write_bytes(text(row()).encode("utf-16"))
    assert message(path).endswith("is in UTF-16; save it as UTF-8")
