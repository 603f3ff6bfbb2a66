"""The intervals of a series contain the score of the complete row as often as they say.

Complete rows are drawn, with what is later hidden from the distribution that the policy states for missing values; all
distributions, and the scores of complete rows, are written out here.
"""

import math
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values
from scipy import stats

import riskmodel

NINETY_TO_MEDIAN = stats.norm.ppf(0.9)
MODEL = {
    "format": 1,
    "id": "drawn",
    "indicators": {
        "even": {"valid": [0, 10], "scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 7]}}},
        "wide": {"valid": [1, 1000], "scale": {"goalposts": [1, 1000], "curve": "log"}},
        "mood": {"scale": {"levels": {"calm": 0, "tense": 0.6, "crisis": 1}}},
        "usual": {
            "valid": [0, 10],
            "scale": {"goalposts": [0, 10]},
            "default": {"p10": 2, "p50": 4, "p90": 9, "because": "made up"},
        },
        "last": {"valid": [0, 4], "scale": {"points": [[0, 0], [1, 0.7], [4, 1]]}},
    },
    "scores": {
        "risk": {
            "weights": {"even": 3, "wide": 2, "mood": 1, "usual": 2, "last": -2},
            "min_coverage": 0.2,
            "bands": {"low": 0, "high": 50},
        }
    },
    "rules": {"step": {"because": "made up", "when": "even is high", "then": {"risk": {"add": 8}}}},
}
LABELS = ["calm", "tense", "crisis"]


def complete_rows(rng, count):
    z = rng.standard_normal(count)
    spread = np.where(z < 0, 4 - 2, 9 - 4) / NINETY_TO_MEDIAN
    return pd.DataFrame(
        {
            "even": rng.uniform(0, 10, count),
            "wide": np.exp(rng.uniform(0, math.log(1000), count)),
            "mood": rng.choice(LABELS, count),
            "usual": np.clip(4 + spread * z, 0, 10),
            "last": rng.uniform(0, 4, count),
        }
    )


def true_scores(rows):
    mood = rows["mood"].map({"calm": 0, "tense": 0.6, "crisis": 1})
    last = np.interp(rows["last"], [0, 1, 4], [0, 0.7, 1])
    parts = 3 * rows["even"] / 10 + 2 * np.log(rows["wide"]) / math.log(1000) + mood + 2 * rows["usual"] / 10
    base = 100 * (parts + 2 * (1 - last)) / 10
    return np.minimum(base + 8 * np.clip((rows["even"] - 4) / 3, 0, 1), 100).to_numpy()


def hidden(rng, rows, share, always=()):
    """Hide cells at random, but none of a few columns that are hidden in every row."""
    mask = pd.DataFrame(rng.random(rows.shape) < share, index=rows.index, columns=rows.columns)
    return rows.astype(object).mask(mask).drop(columns=list(always)), mask


def panel_of(rows):
    count = len(rows)
    keys = pd.DataFrame(
        {"unit": [f"u{row // 100}" for row in range(count)], "year": [1900 + row % 100 for row in range(count)]}
    )
    return pd.concat([keys, rows], axis=1)


def within(result, scores):
    """Return for each row of the table whether its interval contains its score, and which rows have one."""
    order = np.argsort(result.table_row)
    low, high = result["risk"].interval_low[order], result["risk"].interval_high[order]
    tolerance = 1e-9
    return (low - tolerance <= scores) & (scores <= high + tolerance), ~np.isnan(low)


def assert_binomial(inside, share=0.9):
    """Assert that a share of the rows is inside, but for five standard deviations."""
    margin = 5 * math.sqrt(share * (1 - share) / len(inside))
    assert share - margin <= inside.mean() <= share + margin


@pytest.mark.parametrize(("seed", "share", "always"), [(1, 0.2, ()), (2, 0.5, ()), (3, 0.3, ("last",))])
def test_nine_in_ten_scores_of_complete_rows_lie_in_the_interval_of_what_was_left_of_them(seed, share, always):
    rng = np.random.default_rng(seed)
    rows = complete_rows(rng, 10_000)
    known, mask = hidden(rng, rows, share, always)
    model = riskmodel.load_model(MODEL)
    result = riskmodel.series(panel_of(known), model=model, by="unit", time="year", seed=seed)
    inside, has_interval = within(result, true_scores(rows))
    # A label alone has three values, of which an interval of nine tenths holds all.
    numbers = mask[[name for name in rows if name != "mood"]]
    drawn = (numbers.any(axis=1) | bool(always)).to_numpy() & has_interval
    assert drawn.sum() > 4000
    assert_binomial(inside[drawn])
    untouched = ~mask.any(axis=1).to_numpy() & (not always)
    assert inside[untouched].all()


@pytest.mark.parametrize(("relative", "share"), [(0.1, 0), (0.4, 0), (0.2, 0.3)])
def test_nine_in_ten_scores_with_drawn_weights_lie_in_the_interval(relative, share):
    rng = np.random.default_rng(7)
    weights = np.array([3.0, 2.0, 1.0])
    names = ["a", "b", "c"]
    model = riskmodel.load_model(
        {
            "format": 1,
            "id": "weighted",
            "indicators": {name: {"valid": [0, 1], "scale": {"goalposts": [0, 1]}} for name in names},
            "scores": {"risk": {"weights": dict(zip(names, weights, strict=True))}},
        }
    )
    rows = pd.DataFrame(rng.uniform(0, 1, (10_000, 3)), columns=names)
    known, _ = hidden(rng, rows, share)
    concentration = (len(weights) - 1) / relative**2 - 1
    shares = rng.dirichlet(concentration * weights / weights.sum(), len(rows))
    result = riskmodel.series(panel_of(known), model=model, by="unit", time="year", weight_uncertainty=relative)
    inside, has_interval = within(result, 100 * (shares * rows.to_numpy()).sum(axis=1))
    assert has_interval.all() or share
    assert_binomial(inside[has_interval])


def test_an_interval_is_that_of_the_uncertainty_of_the_row(default_model):
    values = {"military_activity": 6.5, "communication_frequency": 2, "espionage": 25, "dispute_history": 1}
    table = pd.DataFrame([values, {**values, "trade_disruption": 20}]).assign(month=["2025-01", "2025-02"])
    result = riskmodel.series(table, model=default_model, time="month", draws=1 << 14)
    for row, known in enumerate([values, {**values, "trade_disruption": 20}]):
        alone = riskmodel.uncertainty(known, model=default_model, sample_missing=True, draws=1 << 16)["escalation"]
        ends = result["escalation"].interval_low[row], result["escalation"].interval_high[row]
        assert ends == pytest.approx(np.quantile(alone.values, [0.05, 0.95]), abs=0.25)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**9))
def test_an_interval_lies_within_the_bounds_and_is_the_score_where_all_is_known(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    rows = pd.DataFrame([random_values(rng, content) for _ in range(12)], columns=list(content["indicators"]))
    result = riskmodel.series(panel_of(rows), model=model, by="unit", time="year", draws=128)
    complete = rows.notna().all(axis=1).to_numpy()[result.table_row]
    for name, score in result.scores.items():
        known = ~np.isnan(score.value)
        ends = np.stack([score.interval_low, score.interval_high])
        assert np.isnan(ends[:, ~known]).all()
        rounding = 0.51 * 10.0**-score.decimals  # of the bounds
        assert (score.low - rounding <= ends[0])[known].all(), name
        assert (ends[0] <= ends[1])[known].all(), name
        assert (ends[1] <= score.high + rounding)[known].all(), name
        np.testing.assert_allclose(ends[:, known & complete], score.value[known & complete][None].repeat(2, axis=0))
