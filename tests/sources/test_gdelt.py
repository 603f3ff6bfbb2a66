import gzip
import zipfile
from itertools import count

import pytest
from gdelt_files import days, in_message, read, reader, row, text
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.cameo import CODES
from riskmodel.sources.files import SourceFile, source_files
from riskmodel.sources.gdelt import open_events
from riskmodel.sources.gdelt_layout import VERSION_2


@pytest.mark.parametrize("width", [57, 58, 61])
def test_each_published_layout_is_read_by_its_number_of_columns(write, width):
    path = write("events.csv", text(row(width, key=7, source="USAGOV", target="RUSMIL", event="0871")))
    acts, tally = read(path)
    assert acts == [(1, 7, "2018-03-01", "USA", "RUS", "0871")]
    assert tally.rows == 1
    assert not tally.mended
    assert days(tally) == {"2018-03-01": 1}


def test_the_day_is_that_of_the_event_and_not_of_the_report(write):
    path = write("20180301.export.CSV", text(row(58, day="20170301"), row(58, day="20180302")))
    acts, tally = read(path)
    assert [act[2] for act in acts] == ["2017-03-01", "2018-03-02"]
    assert days(tally) == {"2018-03-01": 2}


def test_what_is_no_act_between_states_is_dropped_by_reason(write):
    actors = [
        *[("USA", ""), ("", "RUS"), ("", "")],
        *[("EUR", "RUS"), ("USA", "AFR")],
        *[("USA", "XXQ")],
        *[("USA", "USAGOV")],
        *[("USABUS", "RUS"), ("USA", "RUSREB"), ("USAELI", "RUSGOV"), ("USACVL", "RUSMED")],
        *[("IGOUNO", "IGOEUREEC")],
        *[("USA", "IGOUNO"), ("IGOUNO", "RUSMIL"), ("USA", "RUS"), ("USASPY", "RUSCOP"), ("USALEG", "RUSJUD")],
    ]
    path = write("events.csv", text(*(row(key=key, source=a, target=b) for key, (a, b) in enumerate(actors))))
    acts, tally = read(path)
    assert tally.dropped == {
        "an actor has no country": 3,
        "an actor is a region or no state": 2,
        "the country of an actor is unknown": 1,
        "both actors are of one state": 1,
        "an actor acts for no state": 4,
        "both actors are organisations": 1,
    }
    assert tally.unknown == {("cameo", "XXQ"): 1}
    assert [act[3:5] for act in acts] == [("USA", "+"), ("+", "RUS"), *[("USA", "RUS")] * 3]
    assert tally.rows == len(actors)


def test_an_organisation_of_a_region_is_an_organisation(write):
    european = {"Actor1CountryCode": "EUR", "Actor1Type1Code": "IGO", "Actor1KnownGroupCode": "EEC"}
    acts, _ = read(write("events.csv", text(row(source="IGOEUREEC", **european))))
    assert acts[0][3:5] == ("+", "RUS")


def test_a_people_or_group_of_a_country_is_no_state(write):
    kurds = {"Actor1CountryCode": "TUR", "Actor1Type1Code": "", "Actor1EthnicCode": "kur"}
    _, tally = read(write("events.csv", text(row(source="TURKUR", **kurds))))
    assert tally.dropped == {"an actor acts for no state": 1}


def test_rows_of_57_and_58_columns_in_one_file_keep_their_order_and_are_counted(write):
    widths = [58, 58, 57, 58, 57, 57]
    path = write("events.csv", text(*(row(width, key=key) for key, width in enumerate(widths))))
    acts, tally = read(path)
    assert [act[:2] for act in acts] == [(key + 1, key) for key in range(6)]
    assert tally.mended == {"57 and 58 columns in one file": 3}
    _, tally = read(write("other.csv", text(*(row(width) for width in reversed(widths)))))
    assert tally.mended == {"57 and 58 columns in one file": 3}  # those that are not as the first


@pytest.mark.parametrize(("width", "other", "versions"), [(58, 61, "2.0 and 1.0"), (61, 57, "1.0 and 2.0")])
def test_rows_of_both_versions_in_one_file_are_an_error(write, width, other, versions):
    path = write("events.csv", text(row(width), row(width), row(other)))
    with pytest.raises(SituationError, match=in_message("events.csv:3", f"{other} columns", str(width), "GDELT")):
        read(path)


def test_a_row_that_is_cut_off_is_an_error_with_its_line(write):
    whole = text(row(), row())
    with pytest.raises(SituationError, match=in_message("events.csv:2", "has 27 columns", "cut off")):
        read(write("events.csv", "\t".join(whole.split("\t")[:87])))
    with pytest.raises(SituationError, match=in_message("events.csv:2", "has 62 columns", "too many")):
        read(write("events.csv", text(row(), [*row(), "x"])))


def test_a_file_of_another_number_of_columns_is_refused(write):
    with pytest.raises(SituationError, match=in_message("events.csv:1", "5 columns", "57 or 58", "61")):
        read(write("events.csv", "1\t20180301\tUSA\tRUS\t042\n"))
    with pytest.raises(SituationError, match=in_message("events.csv:1", "unknown layout", "'Event ID'")):
        read(write("events.csv", "Event ID\tEvent Date\tSource Name\n1\t2018-06-01\tx\n"))
    with pytest.raises(SituationError, match=in_message("events.csv:1", "no first row")):
        read(write("events.csv", ""))


def test_a_header_between_rows_is_an_error_with_its_line(write):
    header = list(VERSION_2)
    with pytest.raises(SituationError, match=in_message("events.csv:2", "'GLOBALEVENTID'", "header")):
        read(write("events.csv", text(row(), header, row())))
    with pytest.raises(SituationError, match=in_message("events.csv:3", "'GLOBALEVENTID'", "header")):
        read(write("events.csv", text(header, row(), header, row())))


@pytest.mark.parametrize("day", ["20180231", "2018", "01/03/2018", "", "201803011"])
def test_a_day_that_is_none_is_an_error_with_its_line(write, day):
    with pytest.raises(SituationError, match=in_message("events.csv:2", "SQLDATE", repr(day), "20180131")):
        read(write("events.csv", text(row(), row(day=day))))


def test_an_identity_that_is_no_number_is_an_error_with_its_line(write):
    with pytest.raises(SituationError, match=in_message("events.csv:2", "GLOBALEVENTID", "'4.1E+08'")):
        read(write("events.csv", text(row(), row(key="4.1E+08"))))


def test_codes_in_no_list_are_dropped_and_counted(write):
    acts, tally = read(write("events.csv", text(*(row(event=event) for event in ("106", "---", "---", "01", "999")))))
    assert [act[5] for act in acts] == ["106"]
    assert tally.dropped == {"the code of the act is unknown": 4}
    assert tally.unknown == {("cameo acts", "---"): 2, ("cameo acts", "01"): 1, ("cameo acts", "999"): 1}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=30))
def test_codes_that_lost_their_zero_are_those_that_they_were(tmp_path_factory, codes):
    path = tmp_path_factory.mktemp("events") / "events.csv"
    path.write_text(text(*(row(event=code) for code in codes)))
    kept, tally = read(path)
    assert not tally.mended
    path.write_text(text(*(row(event=str(int(code))) for code in codes)))
    restored, tally = read(path)
    assert [act[5] for act in restored] == [act[5] for act in kept] == codes
    assert tally.mended["zero of a code restored"] == sum(code.startswith("0") for code in codes)


@pytest.mark.parametrize(
    ("name", "day", "slots"),
    [
        ("20180302.export.CSV", "2018-03-02", set()),
        ("20180302111500.export.CSV", "2018-03-02", {17592 * 1440 + 11 * 60 + 15}),
        ("20180302111500.translation.export.CSV", "2018-03-02", {17592 * 1440 + 11 * 60 + 15}),
        ("gdelt_20180302111500.export.csv", "2018-03-02", {17592 * 1440 + 11 * 60 + 15}),
        ("20180302.csv", "2018-03-02", set()),
        ("20180302_to_20180305.csv", "2018-03-01", set()),
        ("extract_20180302.csv", "2018-03-01", set()),
        ("20189999.export.CSV", "2018-03-01", set()),
        ("2018.csv", "2018-03-01", set()),
    ],
)
def test_the_day_of_a_file_is_in_its_name_or_else_in_the_date_added(write, name, day, slots):
    _, tally = read(write(name, text(row(day="20170301"))))
    assert days(tally) == {day: 1}
    assert tally.slots == slots


@pytest.mark.parametrize("added", ["20130203", "2.02E+13", "", "NULL"])
def test_a_date_added_that_dates_nothing_gives_way_to_the_day_of_the_event(write, added):
    _, tally = read(write("1979.csv", text(row(57, day="19790301", DATEADDED=added))))
    assert days(tally) == {"1979-03-01": 1}


def test_archives_and_compressed_files_are_read(tmp_path):
    content = text(row(58), row(58, key=2)).encode()
    (tmp_path / "20180301.export.CSV.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "20180301.export.CSV.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("20180301.export.CSV", content)
    assert len(read(tmp_path / "20180301.export.CSV.gz")[0]) == 2
    (member,) = source_files(["*.zip"], tmp_path)
    assert member == SourceFile(str(tmp_path / "20180301.export.CSV.zip"), "20180301.export.CSV")


def test_lines_count_on_over_pieces(tmp_path):
    path, number = tmp_path / "events.csv", count(1)
    row_text = text(row(source="", SOURCEURL="https://example.org/" + "x" * 1000))
    with path.open("w") as file:
        while file.tell() < 9 << 20:
            file.write(row_text)
            next(number)
        file.write(text(row(key=5)))
    line = next(number)
    acts, tally = read(path)
    assert acts == [(line, 5, "2018-03-01", "USA", "RUS", "042")]
    assert tally.rows == line


def test_rows_are_shown_with_their_url(write):
    rows = [row(key=key, Actor1Name="UNITED STATES", SOURCEURL=f"https://example.org/{key}") for key in (5, 6)]
    events = reader(write("events.csv", text(*rows)))
    (piece,) = events.pieces()
    (shown,) = events.show(piece, {2, 99})
    assert shown["GLOBALEVENTID"] == "6"
    assert shown["Actor1Name"] == "UNITED STATES"
    assert shown["EventCode"] == "042"
    assert shown["SOURCEURL"] == "https://example.org/6"


@pytest.mark.parametrize(
    ("name", "rows", "kept", "dropped"),
    # Counted by awk: two different states, neither a region nor a territory, each actor's code its country alone or its
    # first role one of GOV, MIL, SPY, LEG, JUD, COP; the dropped in the order of no country, region, one state, role.
    [
        ("gdelt1/20160728_and_1982_backfile.csv", 710, 120, (514, 10, 57, 9)),
        ("gdelt1/events1_57_and_58_columns.csv", 100, 18, (75, 1, 5, 1)),
        ("gdelt2/20151027220000.export.CSV", 2116, 302, (1617, 33, 131, 33)),
        ("gdelt2/20180101000000.export.CSV", 2414, 429, (1812, 10, 127, 36)),
        ("gdelt2/20191024143000.export.CSV", 2111, 403, (1511, 33, 121, 43)),
        ("gdelt2/events_2015_and_2020.csv", 100, 11, (72, 8, 7, 2)),
        ("gdelt2/translation_2015_and_2020.csv", 100, 13, (69, 3, 15, 0)),
        ("gdelt_rewritten/excel_20190121220000.export2.CSV", 1629, 286, (1200, 13, 104, 26)),
    ],
)
def test_real_files_hold_as_many_acts_as_are_counted_by_hand(reference_data, name, rows, kept, dropped):
    acts, tally = read(reference_data / "events" / name)
    assert (tally.rows, len(acts)) == (rows, kept)
    reasons = ("an actor has no country", "an actor is a region or no state", "both actors are of one state")
    assert tuple(tally.dropped[reason] for reason in (*reasons, "an actor acts for no state")) == dropped
    assert tally.dropped.total() == sum(dropped)
    assert not tally.unknown


def test_acts_of_two_states_in_a_real_quarter_hour(reference_data):
    acts, tally = read(reference_data / "events" / "gdelt2" / "20151027220000.export.CSV")
    # awk: $8 and $18 are USA and RUS; 479492680 and 479492821 are of a company (MNCUSA).
    assert [act[1:] for act in acts if {act[3], act[4]} == {"USA", "RUS"}] == [
        (479492836, "2015-10-27", "RUS", "USA", "020"),
        (479492837, "2015-10-27", "RUS", "USA", "020"),
        (479492838, "2015-10-27", "RUS", "USA", "051"),
        (479493228, "2015-10-27", "USA", "RUS", "020"),
        (479493229, "2015-10-27", "USA", "RUS", "020"),
        (479493230, "2015-10-27", "USA", "RUS", "190"),
    ]
    assert days(tally) == {"2015-10-27": 2116}
    assert tally.slots == {16735 * 1440 + 22 * 60}


ODD = [
    *[{}, {"source": "IGOUNO"}, {"target": ""}, {"source": "EUR"}, {"source": "XXQ"}, {"source": "USABUS"}],
    *[{"event": "42"}, {"event": "---"}, {"source": "RUS"}, {"DATEADDED": "20130203000000"}, {"day": "19791231"}],
    *[{"DATEADDED": ""}, {"DATEADDED": "20180302"}, {"width": 0}, {"key": "", "source": "", "target": ""}],
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ODD), min_size=1, max_size=30), st.sampled_from(["events.csv", "20180303.export.CSV"]))
def test_rows_with_tabs_and_with_commas_give_the_same_acts_and_counts(tmp_path_factory, odd, name):
    folder = tmp_path_factory.mktemp("events")
    rows = [row(**columns) if columns.get("width", 61) else [""] * 61 for columns in odd]
    rows[0] = row()  # by which the layout is detected
    results = []
    for number, delimiter in enumerate("\t,"):
        (folder / str(number)).mkdir()
        path = folder / str(number) / name
        path.write_text(text(*rows, delimiter=delimiter))
        try:
            results.append(read(path))
        except SituationError as error:
            results.append(str(error).replace(str(path), ""))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", ["20151027220000.export.CSV", "20191024143000.export.CSV", "events_2015_and_2020.csv"])
def test_real_rows_with_tabs_and_quoted_give_the_same_acts_and_counts(reference_data, tmp_path, name):
    source = reference_data / "events" / "gdelt2" / name
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()]
    (tmp_path / name).write_text(text(*([f'"{cell}"' for cell in cells] for cells in rows), delimiter=","), "utf-8")
    assert read(tmp_path / name) == read(source)


def test_the_roles_of_a_state_are_those_of_the_derivations(write):
    path = write("events.csv", text(row(key=1, source="USALEG"), row(key=2, source="USABUS"), row(key=3, source="USA")))
    spec = SourceSpec(kind="gdelt", path=(str(path),))
    for roles, kept in ({"LEG"}, [1, 3]), ({"BUS"}, [2, 3]), (set(), [3]):
        events = open_events(SourceFile(str(path)), spec, frozenset(roles))
        (acts, _), *_ = [events.parse(piece) for piece in events.pieces()]
        assert acts.key.tolist() == kept
