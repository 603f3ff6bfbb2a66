"""Codes of acts, against the lists of GDELT and ICEWS."""

import csv
import os
import re
from pathlib import Path

import pytest

from riskmodel.sources.cameo import (
    CODES,
    PLOVER_CODES,
    PLOVER_TYPES,
    ROOTS,
    TITLES,
    expand,
    is_code,
    restore_zeros,
    title,
)

REFERENCE = os.environ.get("RISKMODEL_REFERENCE_DATA")


@pytest.mark.skipif(not REFERENCE, reason="no reference data")
def test_the_codes_are_those_of_gdelt_and_icews_and_the_five_of_the_last_version():
    lookups = Path(REFERENCE, "events", "lookups")
    gdelt = set(re.findall(rb"(?m)^(\d{3,4})\t", (lookups / "CAMEO.eventcodes.txt").read_bytes()))
    # 310 codes in the file, 20 of them roots: `grep -cE '^[0-9]{3,4}\s'` says 290.
    assert len(gdelt) == 290
    with (lookups / "cameo-codes_with_codebook_text.csv").open(encoding="latin-1", newline="") as file:
        icews = {row["code"] for row in csv.DictReader(file)}
    with_gdelt = {code.decode() for code in gdelt}
    assert with_gdelt <= CODES
    assert icews - set(ROOTS) == with_gdelt | {"106", "1213"}
    assert CODES - icews == {"155", "176", "1834", "1951", "1952"}


def test_a_number_stands_for_one_code():
    assert {restore_zeros(str(int(code))) for code in CODES} == CODES
    assert all(restore_zeros(code) == code for code in CODES)
    assert all(restore_zeros(f"{int(code)}.0") == code for code in CODES)


@pytest.mark.parametrize(
    ("number", "code"),
    [("12", "012"), ("10", "010"), ("190", "190"), ("204", "204"), ("211", "0211"), ("1125", "1125")],
)
def test_zeros_are_restored(number, code):
    assert restore_zeros(number) == code


@pytest.mark.parametrize("text", ["", "13y", "205", "9999", "---", "4", "CONSULT", "١٢", "-42"])
def test_text_that_is_no_number_of_a_code_stays(text):
    assert restore_zeros(text) == text
    assert not is_code(text) or text == "CONSULT"


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
    assert expand("01-20") == CODES
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
    assert set(TITLES) <= CODES
    assert title("1952") == "air attack"
    assert title("1823") == "assault"
    assert title("04") == "consultation"
    assert title("ASSAULT/heavy-weapons") == "assault, heavy-weapons"
    assert title("13y") == "13y"
    assert len(PLOVER_TYPES) == 16
