"""Columns of few texts, joined row by row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.tables.csv.coded_text import CodedTexts, TextTable, joined

TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=5)


@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(0, 30), st.sampled_from([",", ";", "--"]), st.randoms())
def test_rows_are_the_texts_of_their_columns_with_the_separator_between(columns, rows, separator, random):
    picked = [[random.randrange(len(texts)) for _ in range(rows)] for texts in columns]
    coded = [
        CodedTexts(TextTable(texts, separator), np.array(codes, dtype=np.intp))
        for texts, codes in zip(columns, picked, strict=True)
    ]
    wanted = [
        separator.join(texts[code] for texts, code in zip(columns, codes, strict=True))
        for codes in zip(*picked, strict=True)
    ]
    assert joined(coded).to_pylist() == wanted
    for column, texts, codes in zip(coded, columns, picked, strict=True):
        assert column.array().to_pylist() == [texts[code] for code in codes]
