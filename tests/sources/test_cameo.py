from hypothesis import given
from hypothesis import strategies as st

from riskmodel.sources.cameo import CODES, with_zeros


@given(st.sampled_from(CODES))
def test_a_code_that_was_taken_for_a_number_gets_its_zeros_back(code):
    assert with_zeros(code) == with_zeros(str(int(code))) == with_zeros(f"{int(code)}.0") == code


def test_a_number_that_is_short_of_a_base_code_becomes_none():
    assert with_zeros("7") == "007"
    assert "007" not in CODES
    assert with_zeros("13y") == "13y"
    assert with_zeros("") == ""


def test_codes_are_those_of_the_codebook():
    assert len(CODES) == 292  # 20 roots with 147 base codes, and 145 finer ones; roots alone are left out
    assert {code[:2] for code in CODES} == {f"{root:02d}" for root in range(1, 21)}
    assert {"106", "1213", "1125", "057"} < set(CODES)
    assert list(CODES) == sorted(CODES)
