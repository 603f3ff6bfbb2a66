"""Changes of a series, their accounts, ranks and bands, against the scores and accounts of rows and plain pandas."""

import math
import random
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frame_cases import rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel

KEYS = ["unit", "year"]
YEARS = Path(__file__).parents[2] / "examples" / "us_russia_years.csv"


def random_panel(rng, content):
    """Draw a panel with gaps and missing values in any order; one unit has all its years, so that the step is one."""
    years = range(2000, 2000 + rng.randint(2, 6))
    there = [("full", year) for year in years]
    there += [(unit, year) for unit in ("a", "b", "c") for year in years if rng.random() < 0.6]
    rng.shuffle(there)
    rows = [random_values(rng, content) for _ in there]
    # Years often repeat the values of another, so that changes of zero and ties between units turn up.
    rows = [rng.choice(rows) if rng.random() < 0.3 else row for row in rows]
    table = [{name: row.get(name) for name in content["indicators"]} for row in rows]
    return pd.concat([pd.DataFrame(there, columns=KEYS), pd.DataFrame(table)], axis=1)


def before(frame):
    """Return for each row the position of the same unit's row of the year before, or None."""
    places = {key: position for position, key in enumerate(zip(frame["unit"], frame["year"], strict=True))}
    return [places.get((unit, year - 1)) for unit, year in zip(frame["unit"], frame["year"], strict=True)]


@settings(max_examples=15)
@given(seed=st.integers(0, 10**9))
def test_points_sum_to_the_change_of_the_exact_score_and_are_differences_of_two_accounts(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    panel = random_panel(rng, content)
    scored = model.score_frame(panel)
    result = riskmodel.series(panel, model=model, by="unit", time="year", draws=0)
    frame = result.to_frame().set_index(KEYS)
    changes = points_of(result.changes(), KEYS)
    accounts = points_of(model.account_frame(panel).reset_index(names="row"), ["row"])
    assert sorted(frame.index) == sorted(zip(panel["unit"], panel["year"], strict=True))
    for row, earlier in enumerate(before(panel)):
        key = (panel["unit"][row], panel["year"][row])
        for name in model.spec.scores:
            exact = scored[f"{name}_exact"]
            change = math.nan if earlier is None else exact[row] - exact[earlier]
            assert frame.loc[key, f"{name}_change"] == pytest.approx(change, rel=0, abs=1e-9, nan_ok=True)
            points = changes.get((*key, name), {})
            if math.isnan(change):
                assert not points
                continue
            assert math.fsum(points.values()) == pytest.approx(change, rel=0, abs=1e-9)
            now, then = accounts[row, name], accounts[earlier, name]
            for entry in {*now, *then, *points}:
                difference = now.get(entry, 0.0) - then.get(entry, 0.0)
                assert points.get(entry, 0.0) == pytest.approx(difference, rel=0, abs=1e-9)


def points_of(lines, keys):
    """Return the points of a long table by kind and name, by the keys and the score of its lines."""
    result = {}
    for *key, score, kind, name, points in lines[[*keys, "score", "kind", "name", "points"]].itertuples(index=False):
        result.setdefault((*key, score), {})[kind, name] = points
    return result


@settings(max_examples=15)
@given(seed=st.integers(0, 10**9))
def test_scores_bands_and_ranks_are_those_of_plain_pandas(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    panel = random_panel(rng, content)
    scored = model.score_frame(panel, keep=KEYS).set_index(KEYS)
    result = riskmodel.series(panel, model=model, by="unit", time="year", draws=0)
    frame = result.to_frame()
    frame["year"] = frame["year"].astype(int)
    assert list(zip(frame["unit"], frame["year"], strict=True)) == sorted(scored.index)
    frame = frame.set_index(KEYS)
    points = {(unit.unit["unit"], int(row.time)): row.scores for unit in result.units for row in unit.rows}
    for name, score in model.spec.scores.items():
        for part in ("", "_coverage", "_low", "_high", "_exact"):
            pd.testing.assert_series_equal(frame[name + part], scored[name + part].sort_index(), check_names=False)
        bands = scored[f"{name}_band"].astype(object).to_dict()
        values = scored[f"{name}_exact"].to_dict()
        for (unit, year), point in points.items():
            band, earlier = bands[unit, year], bands.get((unit, year - 1))
            crossed = pd.notna(band) and pd.notna(earlier) and band != earlier
            assert point[name].band_before == (earlier if crossed else None)
            in_frame = frame.loc[(unit, year), f"{name}_band_before"]
            assert in_frame == earlier if crossed else pd.isna(in_frame)
            value = values[unit, year]
            if math.isnan(value):
                assert point[name].rank is None
                continue
            # Between scores that are equal but for rounding, either may stand first.
            margin = 1e-8 * score.out_of
            others = [other - value for key, other in values.items() if key[1] == year and key[0] != unit]
            above, beside = (sum(other > limit for other in others) for limit in (margin, -margin))
            assert 1 + above <= point[name].rank <= 1 + beside


def test_fifty_units_of_which_one_is_bad(default_model):
    units, months = [f"pair-{number:02}" for number in range(50)], pd.period_range("2020-01", periods=24, freq="M")
    keys = pd.DataFrame([(unit, str(month)) for unit in units for month in months], columns=["pair", "month"])
    panel = pd.concat([keys, rows_of(default_model, len(keys))], axis=1)
    panel.loc[panel.index[5], "month"] = "2020-01"  # twice
    result = riskmodel.series(panel, model=default_model, by="pair", time="month", draws=0)
    assert [skipped.unit for skipped in result.skipped] == ["pair-00"]
    assert len(result.unit_names) == 49
    assert result.step == "1 month"
    frame = result.to_frame()
    exact = default_model.score_frame(panel)["escalation_exact"].to_numpy().reshape(50, 24)[1:]
    np.testing.assert_allclose(frame["escalation_exact"].to_numpy().reshape(49, 24), exact, rtol=0, atol=1e-12)
    changes = frame["escalation_change"].to_numpy().reshape(49, 24)
    np.testing.assert_allclose(changes[:, 1:], np.diff(exact, axis=1), rtol=0, atol=1e-12)
    assert np.isnan(changes[:, 0]).all()
    ranks = pd.DataFrame(exact).rank(ascending=False, method="min").to_numpy()
    np.testing.assert_array_equal(frame["escalation_rank"].to_numpy(float, na_value=np.nan).reshape(49, 24), ranks)


def test_a_file_and_frames_of_other_libraries_give_the_same_series(tmp_path):
    years = pd.read_csv(YEARS)
    years.sample(frac=1, random_state=5).to_parquet(tmp_path / "years.parquet")
    tables = [YEARS, years, pl.from_pandas(years), pa.Table.from_pandas(years), tmp_path / "years.parquet"]
    results = [riskmodel.series(table, by="pair", time="year", draws=128).to_dict() for table in tables]
    for result in results[1:]:
        assert result["units"] == results[0]["units"]
    for row in results[0]["units"][0]["rows"]:
        for point in row["scores"].values():
            points = [entry["points"] for entry in point["account"]]
            assert math.fsum(points) == pytest.approx(point["change"] or 0, rel=0, abs=1e-9)
            assert [abs(p) for p in points] == sorted(map(abs, points), reverse=True)
