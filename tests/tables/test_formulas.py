"""Formulas in CSV text: those that are found are those that a look at each cell finds."""

import csv
import io
import random

import pyarrow.parquet as pq
import pytest

import riskmodel
from riskmodel.tables import arrays
from riskmodel.tables.csv_escape import escape_formulas, is_formula

MARKS = ["=", "+", "-", "@", "\t", "1", ".", ",", "\n", "a", "5", '"', " ", "e"]


@pytest.mark.parametrize("seed", range(20))
def test_every_cell_that_is_a_formula_gets_its_mark_and_no_other(seed):
    rng = random.Random(seed)
    cells = [["".join(rng.choices(MARKS, k=rng.randint(0, 5))) for _ in range(3)] for _ in range(200)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(cells)
    whole = text.getvalue()
    lines, start = [], 0
    for row in cells:
        one = io.StringIO(newline="")
        csv.writer(one, lineterminator="\n").writerow(row)
        length = len(one.getvalue())
        lines.append("\n" + whole[start : start + length - 1])
        start += length
    found, count = escape_formulas(arrays.texts(lines), ",")
    wanted = [[f"'{cell}" if is_formula(cell) else cell for cell in row] for row in cells]
    read = [next(csv.reader(io.StringIO(line[1:], newline=""))) for line in found.to_pylist()]
    assert read == wanted
    assert count == sum(is_formula(cell) for row in cells for cell in row)


def test_an_empty_last_cell_is_missing_also_where_a_piece_of_the_file_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv_reader.BLOCK", 100)
    (tmp_path / "in.csv").write_text("espionage,name,note\n" + '7,"some name",\n' * 200)
    riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet")["note"].null_count == 200


def test_scored_rows_and_rejects_cannot_be_one_stream(tmp_path):
    (tmp_path / "in.csv").write_text("espionage\n7\n")
    with pytest.raises(riskmodel.SituationError, match="standard output gets the scored rows"):
        riskmodel.score_file(tmp_path / "in.csv", "-", rejects="-")
