"""Land neighbours by year, and borders of a user's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.sources.borders import neighbours, read_borders
from riskmodel.sources.countries import STATES, resolve

states = st.integers(0, len(STATES) - 1)


def adjoining(code, year):
    return {STATES[state].iso3 for state in neighbours(resolve(code, "iso3"), year)}


@given(states, st.integers(1945, 2030))
def test_neighbours_are_mutual(position, year):
    others = neighbours(position, year)
    assert position not in others
    assert all(position in neighbours(other, year) for other in others)


@pytest.mark.parametrize(
    ("code", "count"),  # of "Land boundaries" in the World Factbook; Brazil's tenth is French Guiana, which is no state
    [("RUS", 14), ("CHN", 14), ("BRA", 9), ("DEU", 9), ("COD", 9), ("FRA", 8), ("AUT", 8), ("TUR", 8), ("ZMB", 8),
     ("SRB", 8), ("SDN", 7), ("POL", 7), ("MLI", 7), ("NER", 7), ("UKR", 7), ("HUN", 7), ("IRN", 7), ("SAU", 7),
     ("IND", 6), ("PAK", 4), ("AFG", 6), ("ETH", 6), ("PRT", 1), ("KOR", 1), ("CAN", 1), ("LSO", 1), ("USA", 2),
     ("VAT", 1), ("SMR", 1), ("MCO", 1), ("GMB", 1), ("XKX", 4), ("MDA", 2)],
)  # fmt: skip
def test_counts_of_neighbours_by_hand(code, count):
    assert len(adjoining(code, 2023)) == count


def test_islands_have_no_neighbours():
    for code in ("JPN", "CUB", "AUS", "NZL", "LKA", "MDG", "ISL", "PHL", "SGP", "TWN", "BHR", "CYP", "MLT", "JAM"):
        assert not neighbours(resolve(code, "iso3"), 2023)


def test_neighbours_follow_the_years():
    ussr = {"NOR", "FIN", "POL", "CSK", "HUN", "ROU", "TUR", "IRN", "AFG", "CHN", "MNG", "PRK"}
    assert adjoining("RUS", 1980) == ussr
    assert adjoining("DDR", 1980) == {"DEU", "POL", "CSK"}
    assert "POL" not in adjoining("DEU", 1980)
    assert adjoining("PAK", 1960) == {"IND", "CHN", "AFG", "IRN", "MMR"}
    assert adjoining("RVN", 1970) == {"VNM", "LAO", "KHM"}
    assert "SSD" in adjoining("SDN", 2012)
    assert "UGA" in adjoining("SDN", 2010)
    assert "UGA" not in adjoining("SDN", 2012)
    assert adjoining("CSK", 2000) == set()


def test_a_state_that_ended_has_no_neighbours_after_its_end():
    for position, state in enumerate(STATES):
        if state.end:
            assert not neighbours(position, state.end + 1)
            assert neighbours(position, state.end) or state.iso3 == "ZAN"


def test_borders_of_a_recipe(tmp_path):
    path = tmp_path / "borders.csv"
    path.write_text("# ours\nstate_a,state_b,from,to\nUSA,RUS,,\n\nJPN,KOR,1990,2000\n", encoding="utf-8")
    borders = read_borders(str(path))
    usa, rus, jpn, kor = (resolve(code, "iso3") for code in ("USA", "RUS", "JPN", "KOR"))
    assert neighbours(usa, 2020, borders) == {rus}
    assert neighbours(kor, 2000, borders) == {jpn}
    assert not neighbours(kor, 2001, borders)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\nUSA,RUS\n", r"borders.csv:1: has no column 'state_a'"),
        ("", "has no column 'state_a'"),
        ("state_a,state_b\nUSA,RUS\nUSA,KS\n", r"borders.csv:3: 'KS' .* South Korea \(KOR\) by FIPS"),
        ("state_a,state_b\nUSA,HKG\n", "place but no state"),
        ("state_a,state_b\nUSA,USA\n", "USA is on both sides"),
        ("state_a,state_b\nUSA\n", "borders.csv:2: '' is no state"),
        ("state_a,state_b,from\nUSA,RUS,since 1991\n", "from is 'since 1991', which is no year"),
        ("# ours\nstate_a,state_b,since,to\nUSA,RUS,1991,\n", "borders.csv:2: unknown column 'since'; .* from, to"),
        ("state_a,state_b,from,to\nUSA,RUS,1999,1991\n", "to is 1991, before from, 1999"),
    ],
)
def test_bad_borders_are_refused_by_line(tmp_path, text, message):
    path = tmp_path / "borders.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SituationError, match=message):
        read_borders(str(path))


def test_absent_borders_are_refused(tmp_path):
    (tmp_path / "borders.csv").touch()
    with pytest.raises(SituationError, match=r"border\.csv: there is no such file; did you mean 'borders\.csv'"):
        read_borders(str(tmp_path / "border.csv"))


def test_a_changed_file_is_read_anew(tmp_path):
    path = tmp_path / "borders.csv"
    path.write_text("state_a,state_b\nUSA,CAN\n")
    assert len(read_borders(str(path))) == 1
    path.write_text("state_a,state_b\nUSA,CAN\nUSA,MEX\n")
    assert len(read_borders(str(path))) == 2


def test_a_cell_that_spans_lines_is_one_error(tmp_path):
    path = tmp_path / "borders.csv"
    path.write_text('state_a,state_b\n"USA\n",CAN\n')
    with pytest.raises(SituationError, match=r"borders\.csv:2: "):
        read_borders(str(path))
