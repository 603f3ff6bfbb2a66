"""Escaping of formulas in CSV text, compared with a check of each cell."""

import csv
import io
import random

import pyarrow.parquet as pq
import pytest

import riskmodel
from riskmodel.tables import arrays
from riskmodel.tables.csv.escape import escape_formulas, is_formula

PIECES = ["=", "+", "-", "@", "\t", "1", ".", ",", "\n", "a", "5", '"', " ", "e"]


@pytest.mark.parametrize("seed", range(20))
def test_exactly_the_formulas_are_escaped(seed):
    rng = random.Random(seed)
    cells = [["".join(rng.choices(PIECES, k=rng.randint(0, 5))) for _ in range(3)] for _ in range(200)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(cells)
    content = text.getvalue()
    lines, start = [], 0
    for row in cells:
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="\n").writerow(row)
        length = len(line.getvalue())
        lines.append("\n" + content[start : start + length - 1])
        start += length
    escaped, count = escape_formulas(arrays.texts(lines), ",")
    expected = [[f"'{cell}" if is_formula(cell) else cell for cell in row] for row in cells]
    read = [next(csv.reader(io.StringIO(line[1:], newline=""))) for line in escaped.to_pylist()]
    assert read == expected
    assert count == sum(is_formula(cell) for row in cells for cell in row)


def test_an_empty_last_cell_is_missing_even_at_the_end_of_a_piece(tmp_path, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 100)
    (tmp_path / "in.csv").write_text("espionage,name,note\n" + '7,"some name",\n' * 200)
    riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet")["note"].null_count == 200


def test_scored_rows_and_rejects_cannot_be_one_stream(tmp_path):
    (tmp_path / "in.csv").write_text("espionage\n7\n")
    with pytest.raises(riskmodel.SituationError, match="standard output gets the scored rows"):
        riskmodel.score_file(tmp_path / "in.csv", "-", rejects="-")
