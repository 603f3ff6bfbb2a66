"""Profile of a table: distributions, correlations and leave-one-out ranks by hand, as published, and for any table."""

import json

import command
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import riskmodel

MODEL = {
    "format": 1,
    "id": "mine",
    "indicators": {
        "a": {"scale": {"goalposts": [0, 10]}},
        "b": {"scale": {"goalposts": [0, 10]}},
        "c": {"scale": {"goalposts": [0, 10]}, "default": 5},
        "far": {"scale": {"levels": {"no": 0, "yes": 1}}},
    },
    "scores": {
        "part": {"weights": {"a": 1, "b": -1}},
        "s": {"weights": {"part": 1, "c": 1, "far": 1}, "min_coverage": 0.3},
    },
}
TABLE = pd.DataFrame(
    {
        "a": [1, 2, 3, 4, 5],
        "b": [2, 4, 6, 8, 12],
        "c": [1, 9, np.nan, 3, 5],
        "far": ["no", "yes", "no", None, "no"],
    }
)


def profiled(table=TABLE, model=MODEL):
    return riskmodel.profile(table, model=model)


class TestIndicators:
    def test_counts_ends_and_labels_by_hand(self):
        result = profiled()
        b, far = result.indicators["b"], result.indicators["far"]
        assert (b.count, b.missing, b.low, b.median, b.high) == (5, 0, 2, 6, 12)
        assert b.beyond_scale == 1 / 5
        assert b.skewness == pytest.approx(stats.skew(TABLE["b"], bias=False))
        assert b.kurtosis == pytest.approx(stats.kurtosis(TABLE["b"], bias=False))
        assert far.labels == {"no": 3, "yes": 1}
        assert (far.count, far.missing, far.low, far.skewness) == (4, 1, None, None)
        assert result.indicators["c"].missing == 1

    def test_outliers_are_told_before_a_minmax_fit(self):
        """The data of COINr's documentation; with 100 clipped to 30 its test passes."""
        values = [*range(1, 11), 30, 100]
        for scale, remedy in (({"fit": "minmax"}, "--clip 0%,90%"), ({"fit": "percentile"}, "")):
            model = {
                "format": 1,
                "id": "m",
                "indicators": {"x": {"scale": scale}},
                "scores": {"s": {"weights": {"x": 1}}},
            }
            result = profiled(pd.DataFrame({"x": values}), model)
            assert result.fitted == ("x",)
            assert result.indicators["x"].beyond_scale is None
            assert result.indicators["x"].outlying == 1
            (warning,) = result.warnings
            start = "x is skewed by its highest value: skewness 3.06 (bound 2) and kurtosis 9.74 (bound 3.5)"
            assert warning.startswith(start)
            assert remedy in warning
            assert ("--clip" in warning) == bool(remedy)

    def test_an_indicator_that_does_not_vary_is_named(self):
        assert "a is 3 in every row that has it" in profiled(TABLE.assign(a=3)).warnings

    def test_open_scales_without_a_column_do_no_harm(self):
        model = {**MODEL, "indicators": {**MODEL["indicators"], "c": {"scale": {"fit": "zscore"}}}}
        result = profiled(TABLE.drop(columns="c"), model)
        assert (result.fitted, result.indicators["c"].count) == ((), 0)
        assert "without a value in any row: c" in str(result)


class TestCorrelations:
    def test_the_sign_of_a_weight_turns_a_correlation(self):
        """b rises with a, and lowers the score: they oppose each other."""
        part = profiled().scores["part"]
        (pair,) = part.correlations
        assert (pair.first, pair.second, pair.rows, pair.spearman) == ("a", "b", 5, pytest.approx(-1))
        assert "part: a and b oppose each other, with a correlation of -1.00" in profiled().warnings
        turned = {**MODEL, "scores": {"part": {"weights": {"a": 1, "b": 1}}}}
        assert "part: a and b repeat each other, with a correlation of 1.00" in profiled(model=turned).warnings

    def test_pairs_are_over_the_rows_that_have_both(self):
        pairs = {frozenset((pair.first, pair.second)): pair for pair in profiled().scores["s"].correlations}
        assert pairs[frozenset(("c", "far"))].rows == 3
        assert pairs[frozenset(("c", "part"))].rows == 4

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000))
    def test_correlations_are_spearmans(self, seed):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(rng.integers(0, 11, (12, 3)).astype(float), columns=list("abc")).mask(
            rng.random((12, 3)) < 0.2
        )
        model = {
            "format": 1,
            "id": "m",
            "indicators": {name: {"scale": {"goalposts": [0, 10]}} for name in "abc"},
            "scores": {"s": {"weights": {"a": 1, "b": -2, "c": 1}}},
        }
        directed = table.assign(b=-table["b"])
        for pair in profiled(table, model).scores["s"].correlations:
            both = directed[[pair.first, pair.second]].dropna()
            assert pair.rows == len(both)
            expected = both[pair.first].corr(both[pair.second], method="spearman") if len(both) > 2 else np.nan
            assert pair.spearman == pytest.approx(expected, abs=1e-12) or (pair.spearman is None and np.isnan(expected))


class TestLeaveOneOut:
    def test_ranks_by_hand(self):
        """a + b is 2, 9, 11, 14: ranks 4, 3, 2, 1. Of b alone they are 4, 1, 2, 3, so that shifts are 0, 2, 0, 2."""
        model = {
            "format": 1,
            "id": "m",
            "indicators": {name: {"scale": {"goalposts": [0, 10]}} for name in "ab"},
            "scores": {"s": {"weights": {"a": 1, "b": 1}}},
        }
        table = pd.DataFrame({"a": [1, 0, 3, 9], "b": [1, 9, 8, 5]}, dtype=float)
        left_out = profiled(table, model).scores["s"].left_out
        change = left_out["a"]
        assert (change.rows, change.mean_shift, change.max_shift) == (4, 1.0, 2.0)
        assert change.spearman == pytest.approx(stats.spearmanr([4, 3, 2, 1], [4, 1, 2, 3]).statistic)
        assert list(left_out) == ["a", "b"]

    def test_a_default_does_not_take_the_place_of_what_is_left_out(self):
        """Without c, the score is the mean of part and far; its default would keep a third of the weight."""
        table = TABLE.dropna()
        change = profiled(table).scores["s"].left_out["c"]
        bare = riskmodel.load_model(
            {
                **MODEL,
                "indicators": {**MODEL["indicators"], "c": {"scale": {"goalposts": [0, 10]}}},
            }
        )
        full = bare.score_frame(table)["s_exact"]
        without = bare.score_frame(table.drop(columns="c"))["s_exact"]
        shift = (full.rank(ascending=False, method="min") - without.rank(ascending=False, method="min")).abs()
        assert (change.mean_shift, change.max_shift) == (shift.mean(), shift.max())

    def test_sub_scores_have_no_ranks_and_a_single_indicator_cannot_be_left_out(self):
        assert profiled().scores["part"].left_out == {}
        model = {**MODEL, "scores": {"s": {"weights": {"a": 1}}}}
        assert profiled(model=model).scores["s"].left_out == {}

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 10_000))
    def test_an_indicator_that_all_rows_share_moves_no_rank(self, seed):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame({"a": rng.uniform(0, 10, 9), "b": rng.uniform(0, 10, 9), "c": 4.0, "far": "yes"})
        change = profiled(table).scores["s"].left_out["c"]
        assert (change.mean_shift, change.max_shift, change.spearman) == (0, 0, pytest.approx(1))


@pytest.fixture(scope="module")
def meta(reference_data):
    meta = pd.read_csv(reference_data / "asem" / "00_iMeta.csv")
    return meta[meta["Type"] == "Indicator"]


class TestAsem:
    """The ASEM index as published with COINr 1.1.14, whose treatment clips up to five values, until the test passes."""

    def model(self, names):
        return {
            "format": 1,
            "id": "asem",
            "indicators": {name.lower(): {"scale": {"fit": "minmax"}} for name in names},
            "scores": {"s": {"weights": {name.lower(): 1 for name in names}}},
        }

    def test_treated_data_have_no_outliers(self, reference_data, meta):
        treated = pd.read_csv(reference_data / "asem" / "15_full_Treated.csv").rename(columns=str.lower)
        result = profiled(treated, self.model(meta["iCode"]))
        assert len(result.indicators) == 49
        assert all(indicator.outlying == 0 for indicator in result.indicators.values())

    def test_as_many_values_are_outlying_as_were_clipped(self, reference_data, meta):
        names = meta.loc[meta["Denominator"].isna(), "iCode"]
        raw, treated = (
            pd.read_csv(reference_data / "asem" / f"{name}.csv").set_index("uCode")[list(names)]
            for name in ("00_iData_raw", "15_full_Treated")
        )
        raw = raw.loc[treated.index]
        complete = [name for name in names if raw[name].notna().all()]
        changed = {name.lower(): int((raw[name] != treated[name]).sum()) for name in complete}
        result = profiled(raw[complete].rename(columns=str.lower), self.model(complete))
        outlying = {name: indicator.outlying for name, indicator in result.indicators.items()}
        # Where clipping five is not enough, COINr takes the logarithm of the whole column.
        assert outlying == {name: count if count <= 5 else None for name, count in changed.items()}
        assert sum(count > 0 for count in changed.values()) >= 2


class TestCommand:
    def test_formats_and_the_summary_of_an_example(self, tmp_path):
        done = command.run("data", "profile", "examples/made_up_years.csv", "--format", "json")
        assert done.returncode == 0, done.stderr
        data = json.loads(done.stdout)
        assert data["rows"] == 500
        assert len(data["scores"]["escalation"]["correlations"]) == 21
        assert len(data["sha256"]) == 64
        text = command.run("data", "profile", "examples/made_up_years.csv")
        assert text.stdout.startswith("Profile of 500 rows\n")
        assert (
            "# Profile of 500 rows"
            in command.run("data", "profile", "examples/made_up_years.csv", "--format", "markdown").stdout
        )

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a,b\n", "has no rows"),
            ("a,b\n1,x\n", "column b: should be a number; got 'x'"),
            ("q,r\n1,2\n", "no column is an indicator of model"),
        ],
    )
    def test_data_that_cannot_be_read_end_with_an_error(self, write, tmp_path, text, words):
        write("d.csv", text)
        write("m.json", json.dumps(MODEL))
        done = command.run("data", "profile", "d.csv", "-m", "m.json", cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
