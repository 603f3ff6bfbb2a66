"""Fitting to some rows, with clipped values: by hand, with numpy's quantiles, and errors at their place."""

import re
from datetime import date

import command
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from batch_runs import parquet
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.fitted_file import fitted_text
from riskmodel.analysis.normalise import fit, fit_file
from riskmodel.documents.models import load

MODEL = """\
format: 1
id: mine
indicators:
  x: {scale: {fit: minmax}}
  y: {scale: {fit: percentile}}
  done: {scale: {goalposts: [0, 1]}}
  kind: {scale: {levels: {calm: 0, tense: 1}}}
scores:
  s: {weights: {x: 1, y: 1, done: 1, kind: 1}}
"""
ROWS = """\
year,region,The year of it,x,y,done,kind
2009,north,1,1,10,0,calm
2010,north,2,2,20,0,tense
2011,south,3,3,30,1,calm
,south,4,4,40,1,tense
2012,,5,100,50,1,
"""


@pytest.fixture
def model(write):
    return load(write("m.yaml", MODEL))


def ends(fits):
    return fits[0].scale["goalposts"]


@pytest.fixture(params=["csv", "parquet", "frame"])
def fitted(request, model, write, tmp_path):
    def fits(**options):
        path = write("d.csv", ROWS)
        frame = pd.read_csv(path)
        if request.param == "frame":
            return fit(model, frame, **options)
        if request.param == "parquet":
            path = tmp_path / "d.parquet"
            path.write_bytes(parquet(pa.Table.from_pandas(frame, preserve_index=False)))
        return fit_file(model, path, **options)

    return fits


class TestWhere:
    @pytest.mark.parametrize(
        ("where", "goalposts", "used"),
        [
            ("year <= 2010", [1, 2], 2),
            ("year <= 2010 or done == 1", [1, 100], 5),
            ("not year > 2010", [1, 2], 2),
            ("region is south", [3, 4], 2),
            ("region is not south", [1, 2], 2),
            ("`The year of it` >= 2 and `The year of it` + 1 < 5", [2, 3], 2),
            ("kind is tense", [2, 4], 2),
            ("kind is not tense and x < 50", [1, 3], 2),
            ("x * 2 < 8", [1, 3], 3),
        ],
    )
    def test_scales_are_fitted_to_the_rows_that_certainly_meet_a_condition(self, fitted, where, goalposts, used):
        fits = fitted(where=where)
        assert ends(fits) == goalposts
        assert (fits.rows, fits.used, fits[0].values) == (5, used, used)

    @pytest.mark.parametrize(
        ("where", "message"),
        [
            ("yer <= 2010", "--where: there is no column 'yer'; did you mean 'year'?"),
            ("regon is south", "--where: there is no column 'regon'; did you mean 'region'?"),
            ("year <=", "--where:1:7: the condition ends too early"),
            ("year = 2010", "to compare, write =="),
            ("`The year of it`", "'The year of it' is a quantity, not a condition"),
            ("kind is tens", "--where:1:9: 'tens' is no label of 'kind'; did you mean 'tense'?"),
            ("x is high", "--where:1:6: 'x' is a number, which is compared"),
            ("year > 2020", "--where: no row of 5 meets 'year > 2020'"),
            ("region > 2", "d.csv:2: column region: should be a number, or a date such as 2010-05-31; got 'north'"),
        ],
    )
    def test_a_condition_that_cannot_be_used_is_an_error(self, model, write, where, message):
        with pytest.raises(riskmodel.SituationError) as caught:
            fit_file(model, write("d.csv", ROWS), where=where)
        assert message in str(caught.value)

    @pytest.mark.parametrize(
        "times",
        [
            ["2009-12-31", "2010-01-01", "2010-06-30", "2011-01-01", None],
            ["2009-Q4", "2010Q1", "2010-Q4", "2011-Q1", None],
            ["2009M12", "2010-M1", "2010-12", "2011-01", None],
            ["2009", "2010.0", "2010-01-01", "2011", ""],
            pd.to_datetime(["2009-12-31", "2010-01-01", "2010-06-30", "2011-01-01", None]),
        ],
        ids=["dates", "quarters", "months", "years", "timestamps"],
    )
    def test_dates_are_compared_by_their_year(self, model, tmp_path, times):
        frame = pd.DataFrame({"when": times, "x": [1, 2, 3, 4, 5], "y": 1.0})
        path = tmp_path / "d.parquet"
        path.write_bytes(parquet(pa.Table.from_pandas(frame, preserve_index=False)))
        frame.to_csv(tmp_path / "d.csv", index=False)
        for fits in (
            fit(model, frame, where="when == 2010"),
            fit_file(model, path, where="when == 2010"),
            fit_file(model, tmp_path / "d.csv", where="2009 < when < 2011"),
        ):
            assert ends(fits) == [2, 3]

    def test_the_place_of_a_text_that_cannot_be_compared(self, model, write, monkeypatch):
        monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 4_096)
        text = "when,x,y\n" + "2010,1,2\n" * 2_000 + "soon,1,2\n"
        with pytest.raises(riskmodel.SituationError, match=r"d\.csv:2002: column when: should be a number, or a date"):
            fit_file(model, write("d.csv", text), where="when > 2000")
        frame = pd.DataFrame({"when": ["2010", "soon"], "x": 1.0, "y": 1.0})
        with pytest.raises(riskmodel.SituationError, match="column when, row 1: should be a number, or a date"):
            fit(model, frame, where="when > 2000")


class TestClip:
    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(st.integers(-8000, 8000).map(lambda number: number / 8), min_size=2, max_size=40),
        st.tuples(st.floats(0, 0.4), st.floats(0.6, 1)),
    )
    def test_values_are_set_to_numpys_quantiles(self, values, clip):
        model = load(
            {
                "format": 1,
                "id": "m",
                "indicators": {"x": {"scale": {"fit": "minmax"}}, "z": {"scale": {"fit": "zscore"}}},
                "scores": {"s": {"weights": {"x": 1, "z": 1}}},
            }
        )
        low, high = np.quantile(values, clip)
        fits = fit(model, pd.DataFrame({"x": values, "z": values}), clip=clip)
        if low == high:
            assert fits[0].scale["points"] == [[low, 0.5]]
            return
        assert ends(fits) == [low, high]
        clipped = np.clip(values, low, high)
        spread = 3 * clipped.std(ddof=1)
        expected = [clipped.mean() - spread, clipped.mean() + spread]
        assert fits[1].scale["goalposts"] == pytest.approx(expected, abs=1e-6)

    def test_coinrs_test_of_its_treatment(self, fitted):
        """100 after 1 to 10 becomes 10; here, too, the last of five values becomes the one before."""
        assert ends(fitted(clip=(0, 0.75))) == [1, 4]
        assert ends(fitted(clip=(0, 0.75), where="year >= 2010 or `The year of it` == 4")) == [2, 28]

    @pytest.mark.parametrize("clip", [(0.5, 0.5), (0.9, 0.1), (-0.1, 1), (0, 1.1), (float("nan"), 1)])
    def test_quantiles_that_are_none_are_refused(self, fitted, clip):
        with pytest.raises(riskmodel.SituationError, match="--clip: should be two quantiles from 0% to 100%"):
            fitted(clip=clip)


class TestWarning:
    def test_a_skewed_column_is_told_with_the_remedy(self, model):
        skewed = [*range(1, 11), 30, 100]
        frame = pd.DataFrame({"x": skewed, "y": skewed})
        x, y = fit(model, frame)
        start = "skewness 3.06, kurtosis 9.74: outliers set the ends of a min-max scale; --clip 0%,90%"
        assert x.warning.startswith(start)
        assert y.warning is None
        assert "--clip 10%,100%" in fit(model, -frame)[0].warning
        assert fit(model, frame, clip=(0, 0.9))[0].warning is None

    @settings(max_examples=30, deadline=None)
    @given(st.integers(-1000, 1000), st.integers(8, 400))
    def test_the_advice_leaves_an_outlier_out(self, lowest, count):
        # Evenly spaced values have no outliers among themselves; a small sample of a distribution may.
        values = np.append(np.arange(lowest, lowest + count, dtype=float), lowest + 1e3 * count)
        content = {
            "format": 1,
            "id": "m",
            "indicators": {"x": {"scale": {"fit": "minmax"}}},
            "scores": {"s": {"weights": {"x": 1}}},
        }
        frame, loaded = pd.DataFrame({"x": values}), load(content)
        (low, high) = re.search(r"--clip (\d+)%,(\d+)%", fit(loaded, frame)[0].warning).groups()
        clipped = fit(loaded, frame, clip=(int(low) / 100, int(high) / 100))[0]
        assert clipped.scale["goalposts"][1] <= np.sort(values)[-2]
        assert clipped.warning is None


class TestFile:
    def test_the_fitted_file_states_data_rows_condition_quantiles_and_date(self, write, tmp_path):
        write("m.yaml", MODEL)
        write("d.csv", ROWS)
        done = command.run(
            "model",
            "fit",
            "m.yaml",
            "d.csv",
            "-o",
            "f.yaml",
            "--where",
            "year <= 2011",
            "--clip",
            "0%,50%",
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert "3 of 5 rows, where year <= 2011" in done.stderr
        text = " ".join(line.lstrip("# ") for line in (tmp_path / "f.yaml").read_text().splitlines())
        assert re.search(r"Data: d.csv, SHA-256 [0-9a-f]{64}\.", text)
        for words in (
            f"on {date.today().isoformat()}, from mine",
            "Rows: 3 of 5, where year <= 2011.",
            "Values were clipped at their quantiles 0% and 50%, linear between ranks.",
            "x: minmax of 3 values.",
        ):
            assert words in text
        assert riskmodel.load_model(tmp_path / "f.yaml").spec.indicators["x"].scale.goalposts == (1, 2)

    def test_without_options_all_rows_are_stated(self, model, write):
        path = write("d.csv", ROWS)
        assert "# Rows: 5.\n" in fitted_text(model, fit_file(model, path), "d.csv")

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--clip", "1%"], "should be two quantiles such as 1%,99%; got '1%'"),
            (["--clip", "a,b"], "should be a share such as 20% or 0.2"),
            (["--clip", "99%,1%"], "--clip: should be two quantiles from 0% to 100%, the lower first; got 0.99,0.01"),
            (["--where", "yeer < 3"], "did you mean 'year'?"),
        ],
    )
    def test_a_wrong_option_leaves_no_file(self, write, tmp_path, words, message):
        write("m.yaml", MODEL)
        write("d.csv", ROWS)
        done = command.run("model", "fit", "m.yaml", "d.csv", "-o", "f.yaml", *words, cwd=tmp_path)
        assert done.returncode == 2
        assert message in done.stderr
        assert not (tmp_path / "f.yaml").exists()
