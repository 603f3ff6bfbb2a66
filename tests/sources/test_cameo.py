"""Codes of acts, against the lists of GDELT and ICEWS."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.sources.cameo import CODES, PLOVER_CODES, POSITION, ROOTS, TITLES, expand, title, with_zeros

PLOVER_TYPES = {code.partition("/")[0] for code in PLOVER_CODES}


def is_code(code):
    return code in POSITION or code in PLOVER_CODES


def test_the_codes_are_those_of_gdelt_and_icews_and_the_five_of_the_last_version(reference_data):
    lookups = reference_data / "events" / "lookups"
    gdelt = set(re.findall(rb"(?m)^(\d{3,4})\t", (lookups / "CAMEO.eventcodes.txt").read_bytes()))
    # 310 codes in the file, 20 of them roots: `grep -cE '^[0-9]{3,4}\s'` says 290.
    assert len(gdelt) == 290
    with (lookups / "cameo-codes_with_codebook_text.csv").open(encoding="latin-1", newline="") as file:
        icews = {row["code"] for row in csv.DictReader(file)}
    with_gdelt = {code.decode() for code in gdelt}
    assert with_gdelt <= set(CODES)
    assert icews - set(ROOTS) == with_gdelt | {"106", "1213"}
    assert set(CODES) - icews == {"155", "176", "1834", "1951", "1952"}


@given(st.sampled_from(CODES))
def test_a_code_that_was_taken_for_a_number_gets_its_zeros_back(code):
    assert with_zeros(code) == with_zeros(str(int(code))) == with_zeros(f"{int(code)}.0") == code


def test_a_number_that_is_short_of_a_base_code_becomes_none():
    assert with_zeros("7") == "007"
    assert "007" not in CODES
    assert with_zeros("13y") == "13y"
    assert with_zeros("") == ""


def test_codes_are_those_of_the_codebook():
    assert len(CODES) == 297  # 20 roots with 149 base codes, and 148 finer ones; roots alone are left out
    assert {code[:2] for code in CODES} == {f"{root:02d}" for root in range(1, 21)}
    assert {"106", "1213", "1125", "057"} < set(CODES)
    assert list(CODES) == sorted(CODES)


def test_entries_expand_to_all_codes_below():
    assert expand("04") == {"040", "041", "042", "043", "044", "045", "046"}
    assert expand("190-196") == {"190", "191", "192", "193", "194", "195", "1951", "1952", "196"}
    assert expand("042") == {"042"}
    assert expand("112") == {"112", "1121", "1122", "1123", "1124", "1125"}
    assert expand("1123-1125") == {"1123", "1124", "1125"}
    assert expand("20") == {"200", "201", "202", "203", "204", "2041", "2042"}
    assert expand("ASSAULT/aerial") == {"ASSAULT/aerial"}
    assert expand("CONSULT") == {
        "CONSULT", "CONSULT/visit", "CONSULT/third-party", "CONSULT/multilateral", "CONSULT/phone",
    }  # fmt: skip
    assert expand("01-20") == set(CODES)
    assert frozenset().union(*map(expand, PLOVER_TYPES)) == PLOVER_CODES


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("42", r"'42' is no code.*mean '042'"),
        ("consult", r"mean 'CONSULT'"),
        ("196-190", r"no range of codes"),
        ("04-042", r"no range of codes"),
        ("190-199", r"'199' is no code"),
        ("", r"'' is no code"),
        ("190-", r"'190-' is no code"),
    ],
)
def test_an_entry_that_names_no_code_is_an_error(entry, message):
    with pytest.raises(ValueError, match=message):
        expand(entry)


def test_titles_fall_back_to_base_and_root():
    assert set(TITLES) <= set(CODES)
    assert title("1952") == "air attack"
    assert title("1823") == "assault"
    assert title("04") == "consultation"
    assert title("ASSAULT/heavy-weapons") == "assault, heavy-weapons"
    assert title("13y") == "13y"
    assert len(PLOVER_TYPES) == 16


def test_codes_of_both_schemes_are_codes():
    assert all(map(is_code, [*CODES, *PLOVER_CODES]))
    assert not any(map(is_code, ["", "04", "13y", "consult", "CONSULT/air"]))
