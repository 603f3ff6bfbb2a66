"""Rows in the form that the documents of POLECAT describe: all are invented, because its files may not be passed on."""

from datetime import date

import pytest

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import SourceFile
from riskmodel.sources.polecat import open_events
from riskmodel.sources.records import ORGANISATION, Tally

STATE_ROLES = frozenset({"GOV", "MIL", "SPY", "LEG", "JUD", "COP"})

NAMES = [
    "Event ID", "Event Date", "Event Type", "Event Mode", "Intensity", "Quad Code", "Contexts", "Actor Name",
    "Actor Country", "Actor COW", "Primary Actor Sector", "Actor Sectors", "Actor Title", "Actor Name Raw",
    "Wikipedia Actor ID", "Recipient Name", "Recipient Country", "Recipient COW", "Primary Recipient Sector",
    "Recipient Sectors", "Recipient Title", "Recipient Name Raw", "Wikipedia Recipient ID", "Placename", "City",
    "District", "Province", "Country", "Latitude", "Longitude", "GeoNames ID", "Raw Placename", "Feature Type",
    "Source", "Publication Date", "Story People", "Story Organizations", "Story Locations", "Language", "Version",
]  # fmt: skip
HEADER = "\t".join(NAMES)


def row(actor="USA", recipient="RUS", **cells):
    """Return an invented row: USA of RUS, 2023-01-05, CONSULT."""
    values = {
        "Event ID": "x1", "Event Date": "2023-01-05", "Event Type": "CONSULT", "Actor Country": actor,
        "Primary Actor Sector": "GOV", "Recipient Country": recipient, "Primary Recipient Sector": "GOV",
        "Version": "NGEC",
    }  # fmt: skip
    values |= {name.replace("_", " "): value for name, value in cells.items()}
    return "\t".join(values.get(name, "None") for name in NAMES)


def text(*rows, header=HEADER):
    return "\n".join([header, *rows, ""])


def reader(path):
    return open_events(SourceFile(str(path)), SourceSpec(kind="polecat", path=str(path)), STATE_ROLES)


def read(path):
    """Return the acts as (line, day, source, target, code), their keys, and the tally of a file."""
    tally, acts, keys = Tally(), [], []
    events = reader(path)
    for piece in events.pieces():
        part, counts = events.parse(piece)
        tally.add(counts)
        keys += part.key.tolist()
        days = [str(date.fromordinal(719163 + day)) for day in part.day.tolist()]
        names = [
            ["+" if state == ORGANISATION else STATES[state].iso3 for state in side.tolist()]
            for side in (part.source, part.target)
        ]
        acts += zip(part.line.tolist(), days, *names, [part.codes[code] for code in part.code.tolist()], strict=True)
    return acts, keys, tally


TALK = (2, "2023-01-05", "USA", "RUS", "CONSULT")


def test_forty_columns_are_forty():
    assert len(NAMES) == 40


@pytest.mark.parametrize(
    "content",
    [
        text(row()),
        text(row(), header=HEADER.replace("Intensity", "Event Intensity")),
        text(row(), header=HEADER + "\tFeed\tHeadline"),
        text(row(), header=HEADER + "\t\t"),
        text(row() + "\t\t"),
        text(row(Actor_Name="O'Neill 'of'")),
        text(row(Actor_Name='"Peter')),
    ],
)
def test_the_forms_that_files_have_are_read_alike(write, content):
    acts, keys, tally = read(write("ngecEvents.txt", content))
    assert acts == [TALK]
    assert keys == read(write("plain.txt", text(row())))[1]
    assert not tally.dropped


def test_text_in_iso_8859_1_is_read_and_shown(tmp_path):
    path = tmp_path / "events.txt"
    path.write_bytes(text(row(Actor_Name="Nicolás")).encode("latin-1"))
    assert read(path)[0] == [TALK]
    shown = reader(path).show(next(iter(reader(path).pieces())), {2})
    assert [(line["Event ID"], line["Actor Name"], line["Event Type"]) for line in shown] == [
        ("x1", "Nicolás", "CONSULT")
    ]
    assert "Latitude" not in shown[0]


def test_codes_are_types_with_their_modes(write):
    kinds = [("ASSAULT", "aerial"), ("assault", "Heavy-Weapons"), ("ASSAULT", "pies"), ("VISIT", "None")]
    kinds += [("COERCE", "cyber; arrest")]
    rows = [row(Event_Type=kind, Event_Mode=mode) for kind, mode in kinds]
    acts, _, tally = read(write("events.txt", text(*rows)))
    assert [act[4] for act in acts] == ["ASSAULT/aerial", "ASSAULT/heavy-weapons", "ASSAULT", "COERCE/cyber"]
    assert tally.unknown == {("plover", "ASSAULT/pies"): 1, ("plover", "VISIT"): 1}
    assert tally.dropped == {"the code of the act is unknown": 1}
    assert tally.mended == {"the first of several modes": 1}


def test_several_recipients_are_an_act_each(write):
    acts, keys, tally = read(write("events.txt", text(row("USA", "RUS;CHN; KOS"), row("USA; GBR", "RUS; USA"))))
    assert [act[2:4] for act in acts] == [
        ("USA", "RUS"), ("USA", "CHN"), ("USA", "XKX"), ("USA", "RUS"), ("GBR", "RUS"), ("GBR", "USA"),
    ]  # fmt: skip
    assert [act[0] for act in acts] == [2, 2, 2, 3, 3, 3]
    # The same id, day, code, actor and recipient is the same event.
    assert keys[0] == keys[3]
    assert len(set(keys)) == 5
    assert tally.rows == tally.kept == 2


def test_several_actors_without_a_recipient_are_with_one_another(write):
    acts, _, tally = read(write("events.txt", text(row("USA;RUS; CHN", "None"), row("USA", "None"))))
    assert [act[2:4] for act in acts] == [("USA", "RUS"), ("USA", "CHN"), ("RUS", "CHN")]
    assert tally.dropped == {"an actor has no country": 1}


def test_sectors_are_of_the_actors_in_the_same_place(write):
    rows = [
        row("USA;RUS", "CHN", Primary_Actor_Sector="GOV;REB"),
        row("USA;RUS", "CHN", Primary_Actor_Sector="BUS"),
        row("USA;RUS", "CHN", Primary_Actor_Sector="None"),
        row("USA", "CHN", Primary_Recipient_Sector="CVL"),
        row("USA", "CHN", Primary_Recipient_Sector="MIL"),
    ]
    acts, _, tally = read(write("events.txt", text(*rows)))
    assert [(act[0], act[2]) for act in acts] == [(2, "USA"), (4, "USA"), (4, "RUS"), (6, "USA")]
    assert tally.dropped == {"an actor acts for no state": 2}


def test_organisations_stand_beside_states_and_others_are_dropped(write):
    pairs = [
        ("IGO", "RUS"),
        ("USA", "IGO"),
        ("IGO", "IGO"),
        ("NGO", "RUS"),
        ("QQQ", "RUS"),
        ("USA", "USA"),
        ("USA", "PRI"),
    ]
    acts, _, tally = read(write("events.txt", text(*(row(*pair) for pair in pairs))))
    assert [act[2:4] for act in acts] == [("+", "RUS"), ("USA", "+")]
    assert tally.dropped == {
        "both actors are organisations": 1,
        "an actor is a region or no state": 2,
        "the country of an actor is unknown": 1,
        "both actors are of one state": 1,
    }
    assert tally.unknown == {("iso3", "QQQ"): 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("event_id\tstory_date\tsource\n1\t2023-01-05\tUSA\n", "has no column 'Event Date'"),
        (row() + "\n" + row() + "\n", ":1: has no header of POLECAT"),
        (text(row(), row()[:40]), ":3: has 7 cells, where the header has 40; is the file cut off?"),
        (text(row(), row() + "\tmore"), ":3: has 41 cells"),
        (text(row(Event_Date="5 January")), ":2: Event Date is '5 January', which is no date such as 2017-12-31"),
        (HEADER + "\n" + "\t".join(row().split("\t")[:12]) + "\n", "no cell for the column 'Recipient Country'"),
    ],
)
def test_a_file_of_another_form_is_an_error(write, content, words):
    with pytest.raises(SituationError) as caught:
        read(write("events.txt", content))
    assert words in str(caught.value)


def test_trailing_tabs_are_counted(write):
    _, _, tally = read(write("events.txt", text(row() + "\t", row())))
    assert tally.mended == {"empty cells beyond the header": 1}
