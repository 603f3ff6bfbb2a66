"""Short numbers of CSV that are looked up, against Python's own reading of each cell."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.tables.cells import MISSING_WORDS
from riskmodel.tables.csv import short_numbers
from riskmodel.tables.csv.short_numbers import ShortNumbers
from riskmodel.tables.number_format import NumberFormat

NUMBERS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-999, max_value=999, places=2).map(str),
    st.integers(-(10**6), 10**7).map(str),
    st.sampled_from(["+5", ".5", "5.", "-0", "1e3", "2E-05", *MISSING_WORDS]),
)
FAULTS = st.sampled_from([" 5", "5 ", "five", "0x1", "inf", "1_0", "5,", "\u00b2", "123456789", "-1.5.2"])
PLAIN = NumberFormat()


def text_of(rows, line_end="\n"):
    """Return rows as a text with the line end before each, and their edges."""
    lines = [f"{line_end}{';'.join(row)}".encode() for row in rows]
    return b"".join(lines), np.cumsum([0, *map(len, lines)])


def short(width, columns, starts=b"="):
    return ShortNumbers(ord(";"), width, columns, PLAIN, starts)


def same(values, texts):
    wanted = [math.nan if text in MISSING_WORDS else float(text) for text in texts]
    return np.array_equal(values, wanted, equal_nan=True) and np.array_equal(np.signbit(values), np.signbit(wanted))


@given(
    st.lists(st.tuples(NUMBERS, st.text("ab=-", max_size=12), NUMBERS), max_size=40), st.sampled_from(["\n", "\r\n"])
)
def test_numbers_are_those_that_python_reads(rows, line_end):
    data, edges = text_of(rows, line_end)
    table = short(3, [0, 2])
    for _ in range(2):
        read = table.read(data, edges)
        assert set(read.numbers) == {0, 2}
        assert all(same(values, [row[column] for row in rows]) for column, values in read.numbers.items())
        assert [data[position : position + 1] for position in sorted(read.others)] == [
            b"=" for row in rows if row[1].startswith("=")
        ]


@given(st.lists(NUMBERS, min_size=1, max_size=9), FAULTS, st.integers(0, 9))
def test_a_column_with_another_text_is_not_read(texts, fault, position):
    texts = [*texts[:position], fault, *texts[position:]]
    data, edges = text_of([(text, "7") for text in texts])
    read = short(2, [0, 1]).read(data, edges)
    assert set(read.numbers) == {1}
    assert read.others is None
    assert read.numbers[1].tolist() == [7.0] * len(texts)


def test_rows_with_too_many_or_too_few_cells_are_not_read():
    for rows in ([("1", "2"), ("3",)], [("1", "2", "3")], [("1", "2", "3"), ("4",)]):
        assert short(2, [0, 1]).read(*text_of(rows)) is None


def test_delimiters_in_quotes_are_text():
    data, edges = text_of([("1", '"a;b\n"', "2"), ("3", "c", "4")])
    read = short(3, [0, 2]).read(data, edges)
    assert {column: values.tolist() for column, values in read.numbers.items()} == {0: [1, 3], 2: [2, 4]}
    assert read.others is None


def test_a_column_with_many_different_texts_is_left_to_a_parser():
    varied = [(str(number), "1") for number in range(4_000)]
    table = short(2, [0, 1])
    assert set(table.read(*text_of(varied)).numbers) == {1}
    assert set(table.read(*text_of([("1", "2")])).numbers) == {1}


def test_numbers_are_right_when_slots_run_out_until_the_column_is_left_to_a_parser(monkeypatch):
    monkeypatch.setattr(short_numbers, "_BITS", 10)
    monkeypatch.setattr(short_numbers, "_SHIFT", np.uint64(54))
    table, pieces = short(1, [0]), 0
    for start in range(0, 10**5, 100):
        texts = [str(number) for number in range(start, start + 100)] * 20
        read = table.read(*text_of([(text,) for text in texts]))
        if read is None or 0 not in read.numbers:
            break
        assert same(read.numbers[0], texts)
        pieces += 1
    assert pieces * 100 > 2**10
