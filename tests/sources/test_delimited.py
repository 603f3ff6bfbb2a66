"""Cells of lines with tabs are those of `split`, whichever part of the lines is looked at."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from riskmodel.sources import delimited
from riskmodel.sources.delimited import cells_at, tabbed_blocks

WIDTH = 12
CELLS = st.one_of(st.binary(max_size=4), st.binary(min_size=20, max_size=90)).map(
    lambda cell: cell.replace(b"\t", b" ").replace(b"\n", b" ")
)
LINES = st.lists(st.lists(CELLS, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=20)


def text_of(lines):
    return b"".join(b"\t".join(line) + b"\n" for line in lines)


@given(lines=LINES, needed=st.integers(1, WIDTH), block=st.integers(1, 4000))
def test_cells_are_those_of_split(lines, needed, block):
    text, at = text_of(lines), 0
    usual, delimited._BLOCK = delimited._BLOCK, block
    try:
        parts = list(tabbed_blocks(text, WIDTH, needed))
    finally:
        delimited._BLOCK = usual
    for part in parts:
        own = lines[at : at + len(part)]
        rows = np.arange(len(part))
        assert part.has_blank_starts() == any(not line[0] for line in own)
        for column in range(needed):
            cells = cells_at(text, *part.bounds(column, rows)).to_pylist()
            assert cells == [line[column] for line in own]
            if column:
                assert part.lengths(column).tolist() == [len(line[column]) for line in own]
        at += len(part)
    assert at == len(lines)


@given(lines=LINES, needed=st.integers(1, WIDTH), tabs=st.lists(st.integers(0, 300), min_size=1, max_size=20))
@example(lines=[[b"a"] * WIDTH] * 2, needed=3, tabs=[WIDTH - 2, WIDTH])
@example(lines=[[b"a"] * WIDTH], needed=3, tabs=[WIDTH - 1 + 256])
def test_a_line_with_another_number_of_columns_is_noticed(lines, needed, tabs):
    odd = [[b"x"] * (count + 1) for count in tabs]
    noticed = None in list(tabbed_blocks(text_of([*lines, *odd]), WIDTH, needed))
    assert noticed == any(count != WIDTH - 1 for count in tabs)


def test_a_line_without_an_end_is_noticed():
    assert list(tabbed_blocks(b"a\tb\nc\td", 2, 1))[-1] is None
