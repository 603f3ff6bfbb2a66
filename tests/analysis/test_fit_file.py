"""Fitting in files: what `riskmodel batch` reads gives what its columns give in memory, and no row is lost silently."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from batch_runs import packed, parquet

import riskmodel
from riskmodel.analysis.normalise import fit, fit_file
from riskmodel.documents.models import load
from riskmodel.kernels import normalisation

ROOT = Path(__file__).parents[2]
MODEL = """\
format: 1
id: mine
indicators:
  done: {scale: {goalposts: [0, 1]}}
  ends: {scale: {fit: minmax}, valid: [0, null]}
  spread: {scale: {fit: zscore}}
  ranks: {scale: {fit: percentile}}
scores:
  s: {weights: {done: 1, ends: 1, spread: 1, ranks: 1}}
"""


@pytest.fixture
def model(write):
    return load(write("m.yaml", MODEL))


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 4_096)
    monkeypatch.setattr("riskmodel.tables.arrow.reader.ROWS", 500)


def table(rows=3_000):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "id": [f"r{number}" for number in range(rows)],
            "done": "any text",
            "ends": rng.integers(0, 50, rows).astype(float),
            "spread": rng.normal(1e3, 1, rows),
            "ranks": np.round(rng.lognormal(size=rows), 2),
        }
    )
    frame.loc[::7, "spread"] = np.nan
    return frame


def csv(frame, **options):
    return frame.to_csv(index=False, na_rep="NA", **options).encode()


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("d.csv", csv),
        ("d.csv.gz", lambda frame: packed(csv(frame), "gzip")),
        ("d.csv.zst", lambda frame: packed(csv(frame), "zstd")),
        ("d.txt", lambda frame: csv(frame, sep=";")),
        ("d.tsv", lambda frame: csv(frame, sep="\t", lineterminator="\r\n")),
        ("d.parquet", lambda frame: parquet(pa.Table.from_pandas(frame), row_group_size=700)),
    ],
)
def test_every_format_gives_what_the_columns_give_in_memory(model, tmp_path, name, encode):
    frame = table()
    (tmp_path / name).write_bytes(encode(frame))
    result, expected = fit_file(model, tmp_path / name), fit(model, frame)
    assert [one._replace(scale={}) for one in result] == [one._replace(scale={}) for one in expected]
    for one, other in zip(result, expected, strict=True):
        ((kind, numbers),), ((other_kind, other_numbers),) = one.scale.items(), other.scale.items()
        assert kind == other_kind
        if one.method == "zscore":
            assert numbers == pytest.approx(other_numbers, rel=1e-12)
        else:
            assert numbers == other_numbers
    assert [one.values for one in result] == [3_000, 3_000 - 429, 3_000]


def test_decimal_commas_are_read_where_somebody_says_so(model, tmp_path):
    data = csv(table(), sep=";", decimal=",")
    (tmp_path / "d.csv").write_bytes(data)
    assert fit_file(model, tmp_path / "d.csv", decimal=",") == fit_file(
        model, tmp_path / "d.csv", delimiter=";", decimal=","
    )
    with pytest.raises(riskmodel.SituationError, match="--decimal , reads it"):
        fit_file(model, tmp_path / "d.csv")
    with pytest.raises(riskmodel.SituationError, match="--delimiter should be one character"):
        fit_file(model, tmp_path / "d.csv", delimiter=";;")


HEADER = "id,done,ends,spread,ranks\n"
GOOD = "a,x,1,2,3\n" * 1_000


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "a,x,1,two,3\n" + GOOD, ["d.csv:1002: column spread: should be a number; got 'two'"]),
        (GOOD + "a,x,-1,2,inf\n", ["d.csv:1002: column ends: -1 is outside the valid range", "also ranks 'inf'"]),
        (GOOD + "a,x,1,2\n\n" + GOOD + "a,x,1,2,3,4\n", ["d.csv:1002: it has 4 cells; the header has 5"]),
        ('"a\nb",x,1,2,3\n' + GOOD + '"a,x,1,2,3\n' + GOOD, ["d.csv:1004: its quotes are broken"]),
        (
            GOOD + "a,x,?,2,3\n" * 17,
            ["d.csv:1002: column ends", "(also in line 1003, line 1004, line 1005 and 13"],
        ),
        (
            GOOD + "".join(f"a,x,{'?' * length},2,3\n" for length in range(1, 18)),
            ["d.csv:1011: column ends", "d.csv: and 7 more rows that cannot be used"],
        ),
        ("", ["d.csv: column 'ends' has no value"]),
        ("a,x,1,2,\n", ["d.csv: column 'ranks' has no value"]),
    ],
)
def test_a_row_that_is_not_valid_is_an_error_at_its_line(model, write, text, message):
    with pytest.raises(riskmodel.SituationError) as caught:
        fit_file(model, write("d.csv", HEADER + text))
    for words in message:
        assert words in str(caught.value)
    assert len(caught.value.problems) <= 11


def test_a_row_of_parquet_is_named_by_its_number(model, tmp_path, small_pieces):
    frame = table()
    frame.loc[1_234, "ends"] = -2
    (tmp_path / "d.parquet").write_bytes(parquet(pa.Table.from_pandas(frame)))
    with pytest.raises(riskmodel.SituationError, match=r"d\.parquet: row 1235, column ends: -2 is outside"):
        fit_file(model, tmp_path / "d.parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ends,spread,rangs\n1,2,3\n", "there is no column 'ranks' to fit its scale to; did you mean 'rangs'?"),
        ("ends\n1\n", "d.csv: there is no column 'spread' to fit its scale to\n"),
        ("ends,spread,ranks,ends\n", "d.csv: duplicate column 'ends'"),
        ("", "d.csv: is empty: it has no header"),
    ],
)
def test_a_header_without_a_needed_column_is_an_error(model, write, text, message):
    with pytest.raises(riskmodel.SituationError) as caught:
        fit_file(model, write("d.csv", text))
    assert message in str(caught.value)


def test_no_file_and_nothing_to_fit_are_errors(model, tmp_path):
    with pytest.raises(riskmodel.SituationError, match="there is no such file"):
        fit_file(model, tmp_path / "d.csv")
    with pytest.raises(riskmodel.ModelError, match="no scale to fit"):
        fit_file(load(), tmp_path / "d.csv")


def test_approximate_ranks_have_a_remark(model, write, monkeypatch):
    monkeypatch.setitem(normalisation.METHODS, "percentile", lambda: normalisation.Percentile(64))
    lines = "".join(f",,{number % 9},{number},{number}\n" for number in range(5_000))
    *others, ranks = fit_file(model, write("d.csv", HEADER + lines))
    assert [one.remark for one in others] == [None, None]
    assert "so the ranks are approximate, within" in ranks.remark
    values, result = np.array(ranks.scale["points"]).T
    within = float(ranks.remark.rsplit(" ", 1)[1])
    assert np.abs(result - values / 4_999).max() <= within < 0.1


MEASURED = """\
import re, sys
from riskmodel.analysis.normalise import fit_file
from riskmodel.documents.models import load
fit_file(load(sys.argv[1]), sys.argv[2])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell what memory was used")
def test_memory_does_not_grow_with_the_file(model, tmp_path):
    peak = {}
    text = csv(table(40_000))
    rows = text[text.index(b"\n") + 1 :]
    for times in (1, 36):
        with (tmp_path / "d.csv").open("wb") as file:
            file.write(text)
            file.writelines([rows] * (times - 1))
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, model.document.name, str(tmp_path / "d.csv")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        peak[times] = int(done.stdout) / 1e3
    assert peak[36] < peak[1] + 100, "60 MB of CSV"
