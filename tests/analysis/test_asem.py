"""The ASEM Sustainable Connectivity index, as published with the R package COINr (1.1.14): 51 countries, 49 indicators,
eight pillars, two sub-indexes, one index. A model file with fitted scales and three levels of sub-scores gives the
same numbers to 1e-9, with other means, with unequal weights, and with missing values.
"""

import numpy as np
import pandas as pd
import pytest
import yaml

import riskmodel
from riskmodel.analysis.fitted_file import fitted_text
from riskmodel.analysis.normalise import fit_file
from riskmodel.documents.models import load

LEVELS = ("Pillar", "Sub-index", "Index")


def lower(names):
    return [str(name).lower() for name in names]


@pytest.fixture(scope="module")
def asem(reference_data):
    return reference_data / "asem"


@pytest.fixture(scope="module")
def lineage(asem):
    return pd.read_csv(asem / "21_lineage.csv")


@pytest.fixture(scope="module")
def directions(asem):
    meta = pd.read_csv(asem / "00_iMeta.csv").dropna(subset="Direction")
    return {name: int(sign) for name, sign in zip(meta["iCode"], meta["Direction"], strict=True)}


def table(path):
    frame = pd.read_csv(path).set_index("uCode")
    return frame.rename(columns=str.lower)


def scores_of(lineage, directions, mean, weights):
    """Three levels of scores; a negative direction is a negative weight."""
    scores = {}
    for lower_level, upper_level in zip(("Indicator", *LEVELS), LEVELS, strict=False):
        pairs = lineage[[lower_level, upper_level]].drop_duplicates()
        for parent, children in pairs.groupby(upper_level, sort=False)[lower_level]:
            signs = [directions.get(child, 1) if lower_level == "Indicator" else 1 for child in children]
            scores[parent.lower()] = {
                "mean": mean,
                "min_coverage": 0,
                "weights": {
                    child.lower(): sign * weights.get(child, 1.0) for child, sign in zip(children, signs, strict=True)
                },
            }
    return scores


def model_of(lineage, directions, scale, mean="arithmetic", weights=None):
    return {
        "format": 1,
        "id": "asem",
        "indicators": {name: {"scale": scale} for name in lower(lineage["Indicator"])},
        "scores": scores_of(lineage, directions, mean, weights or {}),
    }


def fitted(model, frame, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(yaml.safe_dump(model, sort_keys=False))
    loaded = load(path)
    frame.to_csv(tmp_path / "data.csv")
    path.write_text(fitted_text(loaded, fit_file(loaded, tmp_path / "data.csv"), "data.csv"))
    return riskmodel.load_model(path)


def assert_same(scored, published, columns):
    for column in columns:
        np.testing.assert_allclose(
            scored[f"{column}_exact"].to_numpy(), published[column].to_numpy(), rtol=0, atol=1e-9, err_msg=column
        )


def aggregates(lineage):
    return lower(pd.unique(lineage[list(LEVELS)].to_numpy().ravel()))


def test_minmax_fit_and_three_levels(asem, lineage, directions, tmp_path):
    treated = table(asem / "15_full_Treated.csv")
    model = fitted(model_of(lineage, directions, {"fit": "minmax"}), treated, tmp_path)
    assert_same(model.score_frame(treated), table(asem / "17_full_Aggregated.csv"), aggregates(lineage))


def test_ranks_are_those_published(asem, lineage, directions, tmp_path):
    treated = table(asem / "15_full_Treated.csv")
    model = fitted(model_of(lineage, directions, {"fit": "minmax"}), treated, tmp_path)
    names = aggregates(lineage)
    ranked = riskmodel.rank_table(treated.reset_index(), model=model, rank_by=names, id="uCode").to_frame()
    published = pd.read_csv(asem / "25_results_ranks.csv").set_index("uCode").rename(columns=str.lower)
    for name in names:
        ours = ranked.set_index("uCode")[f"{name}_rank"].loc[published.index]
        assert ours.tolist() == published[name].tolist(), name


@pytest.mark.parametrize(
    ("mean", "file"),
    [
        ("arithmetic", "51_agg_a_amean.csv"),
        ("geometric", "51_agg_a_gmean.csv"),
        ("harmonic", "51_agg_a_hmean.csv"),
        ({"power": 2}, "51_agg_a_genmean_p2.csv"),
    ],
)
def test_means(asem, lineage, mean, file):
    normalised = table(asem / "50_agg_input_minmax_1_100.csv")
    model = riskmodel.load_model(model_of(lineage, {}, {"goalposts": [0, 100]}, mean))
    assert_same(model.score_frame(normalised), table(asem / file), aggregates(lineage))


def test_unequal_weights(asem, lineage):
    normalised = table(asem / "50_agg_input_minmax_1_100.csv")
    weights = pd.read_csv(asem / "52_weights_unequal.csv").set_index("iCode")["Weight"].to_dict()
    model = riskmodel.load_model(model_of(lineage, {}, {"goalposts": [0, 100]}, weights=weights))
    assert_same(model.score_frame(normalised), table(asem / "52_agg_amean_unequal.csv"), aggregates(lineage))


def test_missing_values_are_skipped(asem, lineage):
    normalised = table(asem / "60_norm_raw_minmax.csv")
    assert normalised.isna().to_numpy().any()
    model = riskmodel.load_model(model_of(lineage, {}, {"goalposts": [0, 100]}))
    published = table(asem / "60_agg_raw_minmax_amean_missing_skipped.csv")
    assert_same(model.score_frame(normalised), published, aggregates(lineage))


def test_zscore_fit_is_three_standard_deviations_either_way(asem, lineage, directions, tmp_path):
    treated = table(asem / "15_full_Treated.csv")
    zscores = table(asem / "40_norm_treated_zscore_0_1.csv")
    model = fitted(model_of(lineage, directions, {"fit": "zscore"}), treated, tmp_path)
    for name, indicator in model.spec.indicators.items():
        low, high = indicator.scale.goalposts
        ours = (treated[name] - (low + high) / 2) / ((high - low) / 6)
        sign = directions[next(code for code in directions if code.lower() == name)]
        np.testing.assert_allclose(sign * ours, zscores[name], rtol=0, atol=1e-9, err_msg=name)


def test_percentile_fit_is_the_percentile_rank(asem, lineage, directions, tmp_path):
    treated = table(asem / "15_full_Treated.csv")
    ranks = table(asem / "40_norm_treated_prank.csv")
    model = fitted(model_of(lineage, directions, {"fit": "percentile"}), treated, tmp_path)
    for name, indicator in model.spec.indicators.items():
        if directions[next(code for code in directions if code.lower() == name)] == 1:
            at, rank = zip(*indicator.scale.points, strict=True)
            np.testing.assert_allclose(np.interp(treated[name], at, rank), ranks[name], rtol=0, atol=1e-9, err_msg=name)
