"""States, their codes and names in the schemes of the sources, and pairs."""

import csv
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.sources import countries
from riskmodel.sources.countries import SCHEMES, STATES, codes, pair, pair_name, resolve, state_named
from riskmodel.sources.records import NO_STATE, ORGANISATION

LATER = {"DDR", "CSK", "RVN", "YMD", "ZAN"}
states = st.integers(0, len(STATES) - 1)


def iso3(position):
    return STATES[position].iso3 if position >= 0 else position


def meaning(code, scheme, year=None):
    return iso3(codes(scheme, year)[code])


def test_states_are_the_195_of_the_correlates_of_war_two_more_and_five_that_ended():
    assert [state.iso3 for state in STATES] == sorted({state.iso3 for state in STATES})
    assert {state.iso3 for state in STATES if state.end} == LATER
    assert {state.iso3 for state in STATES if state.start is None} == {"PSE", "VAT"}
    assert len(STATES) == 195 + 2 + 5


def test_membership_begins_after_the_last_interruption():
    # Correlates of War, State System Membership v2016.
    start = {state.iso3: state.start for state in STATES}
    assert [start[code] for code in ("EST", "AUT", "MAR", "JPN", "SYR", "FRA")] == [1991, 1955, 1956, 1952, 1961, 1944]
    assert [start[code] for code in ("USA", "CHN", "IND", "DEU", "YEM", "XKX")] == [1816, 1860, 1947, 1955, 1926, 2008]


def test_numbers_of_the_correlates_of_war_and_of_gleditsch_and_ward_differ_for_seven_states():
    # Gleditsch and Ward's list, and the article of the R package states on its differences from COW's.
    assert {state.iso3: (state.cow, state.gw) for state in STATES if state.cow != state.gw} == {
        "DEU": (255, 260),
        "KIR": (946, 970),
        "NRU": (970, 971),
        "SRB": (345, 340),
        "TON": (955, 972),
        "TUV": (947, 973),
        "YEM": (679, 678),
    }


@given(states, st.sampled_from(["iso3", "cow", "gw", "name"]))
def test_a_state_is_what_its_code_means(position, scheme):
    code = getattr(STATES[position], scheme)
    if code is not None:
        assert resolve(str(code), scheme) == position


@given(states, st.sampled_from(["name", "icews", "ucdp", "historyatstate", "imf"]))
def test_the_english_name_of_a_state_holds_in_every_scheme_of_names(position, scheme):
    assert resolve(STATES[position].name, scheme) == position


@given(states, st.randoms(use_true_random=False))
def test_case_and_the_order_of_words_do_not_count_in_names(position, random):
    words = STATES[position].name.upper().split()
    random.shuffle(words)
    assert resolve(" ".join(words), "name") == position


@given(states, states, st.sampled_from("- /:,"))
def test_a_pair_reads_back(state_a, state_b, separator):
    name = pair_name(state_a, state_b)
    if state_a == state_b:
        with pytest.raises(SituationError, match="one state twice"):
            pair(name)
    else:
        assert pair(name) == pair(name.lower().replace("-", separator)) == (state_a, state_b)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_code_has_one_meaning(scheme):
    known = codes(scheme)
    assert len(known) == len(set(known)) == len(list(known))
    assert all(NO_STATE <= known[code] < len(STATES) for code in known)
    assert not set(known) & set(known.unclear)
    assert all(len(set(meanings)) > 1 and min(meanings) >= 0 for meanings in known.unclear.values())


def test_no_row_of_the_table_of_codes_stands_twice():
    keys = [
        (row["scheme"], countries._key(row["code"]), row["from"], row["to"])
        for row in countries.table_rows("codes.csv")
    ]
    assert not [key for key, count in Counter(keys).items() if count > 1]


@pytest.mark.parametrize("scheme", ["iso3", "iso2", "cow", "gw", "fips", "imf"])
def test_every_state_that_exists_has_a_code(scheme):
    lacking = {state.iso3 for state in STATES} - {iso3(position) for position in codes(scheme).values()}
    assert (
        lacking
        == {
            "iso3": set(),
            "iso2": {"RVN", "ZAN", "CSK"},  # ISO had Zanzibar and South Vietnam nowhere; CS is another state's too
            "cow": {"PSE"},
            "gw": {"PSE"},
            "fips": {"ZAN"},
            "imf": set(),  # by the codes of ISO 3166
        }[scheme]
    )


@pytest.mark.parametrize(
    ("scheme", "code", "state"),
    [
        ("iso3", "SUN", "RUS"),
        ("iso3", "YUG", "SRB"),
        ("iso3", "ZAR", "COD"),
        ("iso3", "KOS", "XKX"),
        ("iso2", "UK", "GBR"),
        ("iso2", "RS", "SRB"),
        ("iso2", "TP", "TLS"),
        ("cow", "002", "USA"),
        ("cow", "255", "DEU"),
        ("cow", "260", "DEU"),
        ("cow", "265", "DDR"),
        ("cow", "970", "NRU"),
        ("cow", "678", "YEM"),
        ("cow", "679", "YEM"),
        ("cow", "680", "YMD"),
        ("cow", "817", "RVN"),
        ("gw", "970", "KIR"),
        ("gw", "340", "SRB"),
        ("gw", "345", "SRB"),
        ("gw", "816", "VNM"),
        ("cameo", "ROM", "ROU"),
        ("cameo", "ROU", "ROU"),
        ("cameo", "TMP", "TLS"),
        ("cameo", "TLS", "TLS"),
        ("cameo", "MTN", "MNE"),
        ("cameo", "MNE", "MNE"),
        ("cameo", "SSD", "SSD"),
        ("cameo", "KOS", "XKX"),
        ("cameo", "GZS", "PSE"),
        ("cameo", "USR", "RUS"),
        ("fips", "RS", "RUS"),
        ("fips", "CH", "CHN"),
        ("fips", "AS", "AUS"),
        ("fips", "AU", "AUT"),
        ("fips", "IS", "ISR"),
        ("fips", "NI", "NGA"),
        ("fips", "NG", "NER"),
        ("fips", "RB", "SRB"),
        ("fips", "YI", "SRB"),
        ("fips", "RI", "SRB"),
        ("fips", "GV", "GIN"),
        ("fips", "LO", "SVK"),
        ("imf", "111", "USA"),
        ("imf", "922", "RUS"),
        ("imf", "China, P.R.: Mainland", "CHN"),
        ("imf", "Korea, Republic of", "KOR"),
        ("imf", "Congo, Dem. Rep. of the", "COD"),
        ("name", "Côte d’Ivoire", "CIV"),
        ("name", "Korea, Dem. People's Rep.", "PRK"),
        ("name", "Republic of Vietnam", "RVN"),
        ("name", "Socialist Republic of Viet Nam", "VNM"),
        ("name", "u.s.s.r.", "RUS"),
        ("name", "St. Vincent & the Grenadines", "VCT"),
        ("icews", "Russian Federation", "RUS"),
        ("icews", "Occupied Palestinian Territory", "PSE"),
        ("icews", "the former Yugoslav Republic of Macedonia", "MKD"),
        ("icews", "Congo", "COG"),
        ("ucdp", "Russia (Soviet Union)", "RUS"),
        ("ucdp", "Myanmar (Burma)", "MMR"),
        ("ucdp", "DR Congo (Zaire)", "COD"),
        ("ucdp", "Yemen (North Yemen)", "YEM"),
        ("historyatstate", "korea-south", "KOR"),
        ("historyatstate", "saint-vincent-grenadines", "VCT"),
        ("name", "eSwatini", "SWZ"),
        ("name", "Former Czechoslovakia", "CSK"),
        ("name", "Fmr Dem. Rep. of Germany", "DDR"),
        ("name", "Socialist Republic of Vietnam", "VNM"),
        ("name", "Democratic Republic of Congo", "COD"),
        ("name", "Republic of Congo", "COG"),
    ],
)
def test_codes_and_names_by_hand(scheme, code, state):
    assert meaning(code, scheme) == state


@pytest.mark.parametrize(
    ("scheme", "code"),
    [("iso3", "HKG"), ("iso3", "PRI"), ("iso3", "ANT"), ("cameo", "EUR"), ("cameo", "PGS"), ("cameo", "IMY"),
     ("fips", "OS"), ("cow", "300"), ("gw", "711"), ("imf", "001"), ("name", "Tibet"), ("icews", "Isle Of Man")],
)  # fmt: skip
def test_territories_regions_and_states_before_1945_are_known_as_no_state(scheme, code):
    assert codes(scheme)[code] == NO_STATE


def test_an_organisation_is_no_state():
    assert codes("icews")["United Nations"] == ORGANISATION


def test_some_codes_change_their_meaning_with_the_year():
    assert [meaning("vietnam", "historyatstate", year) for year in (1966, 1975, 1976, None)] == [
        "RVN",
        "RVN",
        "VNM",
        "VNM",
    ]
    assert [meaning("CS", "iso2", year) for year in (1990, 2005)] == ["CSK", "SRB"]
    assert codes("historyatstate", 1960) is codes("historyatstate", 1970)
    assert codes("cow", 1960) is codes("cow")


@pytest.mark.parametrize(
    ("text", "scheme", "message"),
    [
        ("Korea", "name", r"'Korea' may be South Korea \(KOR\) or North Korea \(PRK\)"),
        ("Congo", "name", r"may be Republic of the Congo \(COG\) or Democratic Republic of the Congo \(COD\)"),
        ("126", "imf", r"may be Belgium \(BEL\) or Luxembourg \(LUX\)"),
        ("CS", "iso2", r"may be Czechoslovakia \(CSK\) or Serbia \(SRB\)"),
        ("Rusia", "name", "did you mean 'Russia'"),
        ("ROM", "iso3", r"it is Romania \(ROU\) by CAMEO"),
        ("KS", "iso2", r"it is South Korea \(KOR\) by FIPS 10-4"),
        ("RU", "iso3", r"it is Russia \(RUS\) by ISO 3166-1 alpha-2"),
        ("", "iso3", "'' is no state or place"),
        ("9999", "cow", "no state or place by the numbers of the Correlates of War"),
        ("USA", "isso3", "no scheme of codes; did you mean 'iso3'"),
    ],
)
def test_what_cannot_be_resolved_names_the_nearest(text, scheme, message):
    with pytest.raises(SituationError, match=message):
        resolve(text, scheme)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RS-US", r"RS is Serbia, SRB \(ISO\) or Russia, RUS \(FIPS\); US is United States, USA \(both\)"),
        ("United States-Russia", "did you mean 'USA-RUS'"),
        ("Guinea-Bissau / Senegal", "did you mean 'GNB-SEN'"),
        ("USA", "no pair of ISO 3166-1 alpha-3 codes such as USA-RUS"),
        ("USA-RUS-CHN", "no pair"),
        ("USA-HKG", "'HKG' is a place but no state"),
        ("USA-RUX", "did you mean 'RUS'"),
        ("USA-RS", r"Serbia \(SRB\) by ISO 3166-1 alpha-2, and Russia \(RUS\) by FIPS 10-4"),
    ],
)
def test_what_is_no_pair_is_refused(text, message):
    with pytest.raises(SituationError, match=message):
        pair(text)


def lookup(reference, name, **options):
    with (reference / "events" / "lookups" / name).open(
        encoding="latin-1" if name.endswith("txt") else "utf-8"
    ) as file:
        return list(csv.DictReader(file, **options))


@pytest.mark.parametrize(
    ("scheme", "column", "equal", "different"),
    [
        ("iso2", "iso2c", 249, {}),
        ("cow", "cown", 194, {}),
        ("gw", "gwn", 173, {}),
        ("fips", "fips", 242, {}),
        ("imf", "imf", 214, {}),
        # Congo may be either of two; the others are no states, and not in the list of names.
        ("name", "iso.name.en", 248, {"Congo (the)": None}),
        ("name", "un.name.en", 192, {"Congo": None}),
        ("name", "cow.name", 192, {"Congo": None, "Papal States": NO_STATE}),
    ],
)
def test_codes_agree_with_the_list_of_countrycode(reference_data, scheme, column, equal, different):
    rows = [
        row for row in lookup(reference_data, "countrycode_codelist_without_cldr.csv") if row["iso3c"] and row[column]
    ]
    known = codes(scheme)
    differences = {
        row[column]: known.get(row[column]) for row in rows if known.get(row[column]) != codes("iso3")[row["iso3c"]]
    }
    assert differences == different
    assert len(rows) - len(differences) == equal


def test_states_of_countrycode_without_an_iso_code_are_states_that_ended_or_were_before_1945(reference_data):
    rows = lookup(reference_data, "countrycode_codelist_without_cldr.csv")
    for scheme, column, before in (("cow", "cown", 13), ("gw", "gwn", 14)):
        meanings = [meaning(row[column], scheme) for row in rows if row[column] and not row["iso3c"]]
        assert Counter(meanings) == {
            NO_STATE: before,
            **dict.fromkeys(("CSK", "DDR", "XKX", "RVN", "YEM", "YMD", "SRB", "ZAN"), 1),
        }


def test_all_codes_of_cameo_are_known(reference_data):
    # 261 codes: 25 regions, and 38 territories (IMY and ANT among them); WSB, GZS and PSE are Palestine, BAG is Iraq.
    rows = lookup(reference_data, "CAMEO.country.txt", delimiter="\t")
    known = codes("cameo")
    assert len(rows) == 261
    assert Counter(known[row["CODE"]] >= 0 for row in rows) == {True: 198, False: 63}
    assert {row["CODE"] for row in rows} - set(codes("iso3")) == {
        *("ROM", "MTN", "IMY", "WSB", "GZS", "BAG"),
        *("AFR", "ASA", "BLK", "CRB", "CAU", "CFR", "CAS", "CEU", "EIN", "EAF", "EEU", "EUR", "LAM", "MEA", "MDT"),
        *("NAF", "NMR", "PGS", "SCN", "SAM", "SAS", "SEA", "SAF", "WAF", "WST"),
    }


def test_all_codes_of_fips_are_known_and_three_names_of_that_list_are_wrong(reference_data):
    path = reference_data / "events" / "lookups" / "FIPS.country.txt"
    rows = [line.split("\t") for line in path.read_text(encoding="latin-1").splitlines()]
    names = codes("name")
    assert len(rows) == 274
    # CF is one Congo, LO has been Slovakia since 1993, and GV is Guinea.
    assert {name for code, name in rows if codes("fips")[code] >= 0 and codes("fips")[code] != names.get(name)} == {
        "Congo",
        "Czechoslovakia",
        "Equatorial Guinea",
    }


def test_all_names_of_icews_are_known(reference_data):
    path = reference_data / "events" / "lookups" / "icews_countrynames-DEDI.txt"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    unknown = {row[0] for row in rows if row[0] not in codes("icews")}
    assert unknown == {"NULL"}
    for name, _, number in (row[:3] for row in rows if row[0] != "NULL"):
        if number.isdecimal() and number not in ("000", "997"):
            assert codes("icews")[name] == codes("cow")[number]


def test_all_countries_of_the_office_of_the_historian_are_known(reference_data):
    path = reference_data / "events" / "contacts" / "us_trips_and_visits_converted.csv"
    with path.open(encoding="utf-8") as file:
        names = {row["country_id"] for row in csv.DictReader(file)}
    known = codes("historyatstate")
    assert {name for name in names if known[name] < 0} == {
        "antarctica",
        "cook-islands",
        "french-polynesia",
        "netherlands-antilles",
        "new-caledonia",
        "niue",
    }


def test_names_and_numbers_of_ucdp_mean_the_same(reference_data):
    path = reference_data / "events" / "ucdp" / "ged_23_1_sample_converted.csv"
    names, numbers = codes("ucdp"), codes("gw")
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert names[row["country"]] == numbers[row["country_id"]]
            for side, number in ((row["side_a"], row["gwnoa"]), (row["side_b"], row["gwnob"])):
                if side.startswith("Government of "):
                    assert names[side.removeprefix("Government of ")] == numbers[number]


def test_without_pycountry_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr("riskmodel.extras.find_spec", lambda module: None)
    countries._codes.cache_clear()
    with pytest.raises(RiskmodelError, match=r"pip install pycountry \(the extras \[sources\]"):
        pair("USA-RUS")


@pytest.mark.parametrize(
    ("text", "iso3"),
    [
        ("usa", "USA"),
        ("RU", "RUS"),
        ("Korea, South", "KOR"),
        ("Soviet Union", "RUS"),
        ("Deutschland", "DEU"),
        ("中国", "CHN"),
        ("Fédération de Russie", "RUS"),
    ],
)
def test_states_are_known_by_code_and_by_name_in_any_language(text, iso3):
    assert STATES[state_named(text)].iso3 == iso3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Rusia", "did you mean 'Russia'?"),
        ("Korea", "may be South Korea (KOR) or North Korea (PRK)"),
        ("Congo", "may be Republic of the Congo (COG) or Democratic Republic of the Congo (COD)"),
        ("Greenland", "a place but no state"),
        ("अझेर्बेजान", "may be Azerbaijan (AZE) or Serbia (SRB)"),  # both in Marathi, by pycountry
    ],
)
def test_other_names_of_states_are_refused_with_the_nearest(text, message):
    with pytest.raises(SituationError, match=re.escape(message)):
        state_named(text)


def test_without_pycountry_states_have_their_english_name_and_their_code(monkeypatch):
    monkeypatch.setattr("riskmodel.sources.countries.find_spec", lambda module: None)
    assert STATES[state_named("rus")].name == "Russia"
    assert STATES[state_named("united states")].iso3 == "USA"
    with pytest.raises(SituationError, match="did you mean 'Russia'"):
        state_named("Rusia")
