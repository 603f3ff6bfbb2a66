"""Two models over the rows of a table: who moves, by how much, and why."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import riskmodel
from riskmodel.analysis.panels.models import rank_correlation

FIRST = {
    "format": 1,
    "id": "first",
    "indicators": {name: {"valid": [0, 1], "scale": {"goalposts": [0, 1]}} for name in ("p", "q")},
    "scores": {"risk": {"weights": {"p": 1, "q": 1}, "bands": {"low": 0, "high": 50}}, "calm": {"weights": {"q": 1}}},
}
SECOND = FIRST | {
    "id": "second",
    "scores": {
        "risk": {"weights": {"p": 3, "q": 1}, "bands": {"low": 0, "high": 50}, "decimals": 2},
        "other": {"weights": {"q": 1}},
    },
}
ROWS = pd.DataFrame({"id": list("abcd"), "p": [0.0, 1.0, 0.5, 0.25], "q": [1.0, 0.0, 0.5, None]})


@pytest.fixture(scope="module")
def result():
    return riskmodel.compare_models_by_row(ROWS, FIRST, SECOND)


def test_scores_and_ranks_of_both_models_by_hand(result):
    frame = result.to_frame()
    # (p + q) / 2 and (3 p + q) / 4; d by p alone, which has half the weight of the first model
    expected = {
        "id": list("abcd"),
        "risk_before": [50.0, 50.0, 50.0, 25.0],
        "risk_after": [25.0, 75.0, 50.0, 25.0],
        "risk_change": [-25.0, 25.0, 0.0, 0.0],
        "risk_band_before": ["high", "high", "high", "low"],
        "risk_band_after": ["low", "high", "high", "low"],
        "risk_rank_before": [1, 1, 1, 4],
        "risk_rank_after": [3, 1, 2, 3],
        "risk_rank_change": [2, 0, 1, -1],
    }
    assert {name: frame[name].tolist() for name in frame} == expected
    risk = result["risk"]
    assert (risk.compared, risk.moved, risk.other_band, risk.mean_rank_change) == (4, 3, 1, 1.0)
    assert list(result.scores) == ["risk"]


def test_the_largest_movers_have_the_account_of_a_comparison_of_models(result):
    movers = result["risk"].movers
    assert [mover.name for mover in movers] == ["a", "b"]  # c and d have the same score by both
    for mover in movers:
        values = ROWS.iloc[mover.row][["p", "q"]].to_dict()
        (difference,) = riskmodel.compare_models(values, FIRST, SECOND).differences
        entries = difference.accounts["risk"].entries
        assert [driver.points for driver in mover.drivers] == [entry.points for entry in entries if entry.points]
        assert sum(driver.points for driver in mover.drivers) == pytest.approx(mover.change)
    assert "Weight of" in str(result)


def test_situations_are_rows_too():
    situations = [{"p": 0.0, "q": 1.0}, {"p": {"low": 0.4, "high": 0.6}, "q": 0.5}]
    compared = riskmodel.compare_models_by_row(situations, FIRST, SECOND)
    frame = compared.to_frame()
    assert frame["situation"].tolist() == ["Situation 1", "Situation 2"]
    assert frame["risk_before"].tolist() == [50.0, 50.0]  # a range counts as its median
    assert frame["risk_after"].tolist() == [25.0, 50.0]
    with pytest.raises(riskmodel.SituationError, match="situations have no columns to rank within"):
        riskmodel.compare_models_by_row(situations, FIRST, SECOND, within="region")


def test_cases_of_files_are_compared_by_two_models(tmp_path):
    (tmp_path / "cases.yaml").write_text(
        "situations: [{id: one, values: {p: 0, q: 1}}, {id: two, values: {p: 1, q: 0, extra: 2}}]"
    )
    extra = SECOND | {"indicators": SECOND["indicators"] | {"extra": {"scale": {"goalposts": [0, 4]}}}}
    compared = riskmodel.compare_models_by_row(tmp_path / "cases.yaml", FIRST, extra)
    assert compared.to_frame()["situation"].tolist() == ["one", "two"]
    assert compared["risk"].after.value.tolist() == [25.0, 75.0]
    assert [mover.name for mover in compared["risk"].movers] == ["one", "two"]


def test_the_number_of_movers_is_an_option():
    assert riskmodel.compare_models_by_row(ROWS, FIRST, SECOND, movers=0)["risk"].movers == ()
    assert len(riskmodel.compare_models_by_row(ROWS, FIRST, SECOND, movers=1)["risk"].movers) == 1
    with pytest.raises(riskmodel.RiskmodelError, match="movers should be 0 or more; got -1"):
        riskmodel.compare_models_by_row(ROWS, FIRST, SECOND, movers=-1)


def test_each_model_reads_its_own_columns():
    indicators = {"newer": FIRST["indicators"]["p"] | {"column": "newer p"}, "q": FIRST["indicators"]["q"]}
    second = SECOND | {"indicators": indicators, "scores": {"risk": {"weights": {"newer": 3, "q": 1}}}}
    frame = ROWS.assign(**{"newer p": [1.0, 1.0, 1.0, 1.0]})
    score = riskmodel.compare_models_by_row(frame, FIRST, second)["risk"]
    assert score.before.value.tolist() == [50.0, 50.0, 50.0, 25.0]
    assert score.after.value.tolist() == [100.0, 75.0, 87.5, 100.0]
    movers = {mover.name: mover for mover in score.movers}
    assert movers["d"].drivers == ()  # p or its weight alone leaves nothing to score, so there is no account
    for name in "abc":
        assert sum(driver.points for driver in movers[name].drivers) == pytest.approx(movers[name].change)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1, 2, 3, None]), st.integers(0, 4)), min_size=1, max_size=20))
def test_rank_correlation_is_spearmans(rows):
    first = np.array([np.nan if value is None else value for value, _ in rows], float)
    second = np.array([value for _, value in rows], float)
    both = ~np.isnan(first)
    ours = rank_correlation(first, second, np.zeros(len(rows), np.intp), (3.0, 4.0))
    if len(set(first[both])) < 2 or len(set(second[both])) < 2:
        assert ours is None
    else:
        assert ours == pytest.approx(stats.spearmanr(first[both], second[both]).statistic, abs=1e-12)


def test_rank_correlation_is_the_mean_over_groups():
    first, second = np.array([1.0, 2, 3, 1, 2, 3, 5]), np.array([1.0, 2, 3, 3, 2, 1, 5])
    groups = np.array([0, 0, 0, 1, 1, 1, 2])
    assert rank_correlation(first, second, groups, (5.0, 5.0)) == pytest.approx(0.0)
    assert rank_correlation(first[:3], second[:3], groups[:3], (5.0, 5.0)) == 1.0


def test_what_cannot_be_compared_is_refused(tmp_path):
    with pytest.raises(riskmodel.RiskmodelError, match="models 'first' and 'third' have no score in common"):
        riskmodel.compare_models_by_row(ROWS, FIRST, FIRST | {"id": "third", "scores": {"new": {"weights": {"p": 1}}}})
    with pytest.raises(riskmodel.SituationError, match="two models cannot read standard input"):
        riskmodel.compare_models_by_row("-", FIRST, SECOND)


def test_more_rows_than_a_ranking_with_draws_takes():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"p": rng.uniform(size=5000), "q": rng.uniform(size=5000)})
    score = riskmodel.compare_models_by_row(frame, FIRST, SECOND, movers=3)["risk"]
    np.testing.assert_allclose(score.after.value - score.before.value, 25 * (frame["p"] - frame["q"]))
    largest = np.argsort(-np.abs(frame["p"] - frame["q"]))[:3]
    assert [mover.row for mover in score.movers] == largest.tolist()
