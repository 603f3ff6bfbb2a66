"""docs/coming_from.md: every number under "here" is computed again, and stands in its line."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import riskmodel
from riskmodel.analysis.normalise import fit
from riskmodel.analysis.weighting.pairwise import principal_weights
from riskmodel.documents.models import load
from riskmodel.kernels.moments import moments_of

DOC = (Path(__file__).parents[2] / "docs" / "coming_from.md").read_text(encoding="utf-8")
TABLE = pd.DataFrame([[1, 2, 3], [4, 0, 6], [7, 8, 1], [2, 5, 5]], columns=list("abc"), dtype=float)
SADDLE = np.array([[1, 3, 3], [1 / 3, 1, 2], [1 / 3, 1 / 2, 1]])


def here(package, line):
    """Return the numbers under "here" in a line of a package's section, before any explanation."""
    section = next(part for part in DOC.split("\n## ")[1:] if part.startswith(package))
    rows = [cells for cells in map(cells_of, section.splitlines()) if len(cells) == 3 and cells[0].startswith(line)]
    row = next((cells for cells in rows if cells[0] == line), rows[0])
    return [float(word) for word in re.split(r"[:,;]", row[2])[0].split()]


def cells_of(line):
    return [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []


def rounded(numbers, decimals=3):
    return [round(float(number), decimals) for number in numbers]


def model(weights=(1, 1, -1), **score):
    indicators = {name: {"scale": {"goalposts": [0, 10]}} for name in "abc"}
    scores = {"escalation": {"weights": dict(zip("abc", weights, strict=True)), **score}}
    return {"format": 1, "id": "mine", "indicators": indicators, "scores": scores}


def with_rules(**rules):
    """A score that is 0 before its rules, and an indicator with a term that is fully high from 14."""
    a = {"valid": [0, None], "terms": {"high": {"above": [8, 14]}, "low": {"below": [8, 14]}}}
    indicators = {"a": a, "flat": {"scale": {"goalposts": [0, 1]}}}
    scores = {"escalation": {"weights": {"flat": 1}}}
    return riskmodel.load_model({"format": 1, "id": "mine", "indicators": indicators, "scores": scores, "rules": rules})


def added(loaded, value):
    return loaded.assess({"flat": 0, "a": value})["escalation"].value


def fitted(method, *values):
    content = {
        "format": 1,
        "id": "mine",
        "indicators": {"x": {"scale": {"fit": method}}},
        "scores": {"s": {"weights": {"x": 1}}},
    }
    return fit(load(content), pd.DataFrame({"x": np.array(values, float)}))[0]


def by_data(method, table):
    result = riskmodel.weights_from_data(method, table, model())
    total = sum(map(abs, result.weights.values()))
    return rounded(abs(weight) / total for weight in result.weights.values()), result.warnings


@pytest.mark.parametrize("package", ["scikit-criteria", "pymcdm", "pyDecision"])
def test_entropy_and_critic(package):
    entropy, critic = (by_data(method, TABLE)[0] for method in ("entropy", "critic"))
    assert entropy == [0.317, 0.613, 0.069]
    assert critic == [0.394, 0.286, 0.321]
    assert here(package, "entropy")[:3] == entropy
    if package != "pyDecision":
        assert here(package, "CRITIC")[:3] == critic


def test_a_constant_column_keeps_its_weight_with_a_warning():
    constant = TABLE.assign(b=4.0)
    for method, name, packages in (
        ("entropy", "entropy, where b", ("scikit-criteria", "pymcdm")),
        ("critic", "CRITIC, where b", ("scikit-criteria", "pyDecision")),
    ):
        shares, warnings = by_data(method, constant)
        assert "do not vary in these rows keep their old weights" in warnings[0]
        for package in packages:
            assert here(package, name)[:3] == shares


def test_scales_from_data():
    for package in ("scikit-criteria", "pymcdm"):
        assert here(package, "min-max of a constant")[:1] == [fitted("minmax", 4, 4).scale["points"][0][1]]
    values = np.array([2.0, 4.0, 9.0])
    low, high = fitted("zscore", *values).scale["goalposts"]
    z = (values - (low + high) / 2) / ((high - low) / 6)
    assert rounded(z) == [-0.832, -0.277, 1.109]
    assert "by n - 1: -0.832 -0.277 1.109" in DOC
    ranks = dict(fitted("percentile", 10, 20, 20, 30).scale["points"])
    assert here("pandas", "percentile") == rounded(ranks[value] for value in (10, 20, 20, 30))


def test_ranks_of_ties():
    ranking = riskmodel.rank([{"a": 9}, {"a": 9}, {"a": 5}], model=model(min_coverage=0))
    ranks = [situation.rank for situation in ranking["escalation"].ranked]
    assert here("scikit-criteria", "ranks") == here("pymcdm", "ranks") == here("pandas", "ranks") == ranks


def test_pairwise_comparisons_and_best_worst():
    result = principal_weights(SADDLE)
    assert here("pyDecision", "AHP")[:3] == rounded(result.weights)
    assert here("AHPy", "consistency ratio of 1")[:1] == rounded([result.consistency_ratio], 4)
    assert here("AHPy", "the same with")[:1] == rounded([principal_weights(SADDLE, "saaty-2007").consistency_ratio], 4)
    best_worst = {"best": "a", "worst": "c", "best_to_others": {"b": 1, "c": 4}, "others_to_worst": {"b": 1}}
    shares = riskmodel.weights_from_judgements("best-worst", best_worst, model()).shares
    assert here("pyDecision", "best-worst") == rounded(shares.values())


def test_incomplete_comparisons():
    indicators = {name: {"scale": {"goalposts": [0, 1]}} for name in "abcde"}
    five = {
        "format": 1,
        "id": "five",
        "indicators": indicators,
        "scores": {"escalation": {"weights": dict.fromkeys("abcde", 1)}},
    }
    pairs = {"a": {"b": 2, "d": 4, "e": 9}, "b": {"c": 3, "e": 2}, "c": {"d": 2}, "d": {"e": 3}}
    result = riskmodel.weights_from_judgements("ahp", {"pairs": pairs}, five, random_index="saaty-2007")
    assert here("AHPy", "incomplete") == rounded(result.shares.values())
    assert here("AHPy", "consistency ratio of these")[:1] == rounded([result.consistency.consistency_ratio])


def test_effective_weights_and_moments_of_coinr():
    both = riskmodel.load_model(model((1, 1, 1)))
    square = pd.DataFrame({"a": [4, 4, 6, 6], "b": [2, 8, 2, 8], "c": 5}, dtype=float)
    effective = both.effective_weights(square)
    data = effective.to_dict()["scores"]["escalation"]
    shares = [share for share in _numbers(data, "effective") if share]
    assert here("COINr", "effective weights") == sorted(rounded(shares))
    moments = moments_of(np.array([*range(1, 11), 30, 100], float))
    assert here("COINr", "skewness") == here("pandas", "skewness") == rounded([moments.skewness, moments.kurtosis])
    assert both.assess({"a": 0, "b": 8, "c": 8})["escalation"].value > 0
    geometric = riskmodel.load_model(model((1, 1, 1), mean="geometric"))
    assert here("COINr", "geometric mean") == [geometric.assess({"a": 0, "b": 8, "c": 8})["escalation"].value]


def _numbers(data, name):
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        if key == name and isinstance(value, float):
            yield value
        else:
            yield from _numbers(value, name)


def test_treatment_of_outliers():
    content = {
        "format": 1,
        "id": "mine",
        "indicators": {"x": {"scale": {"fit": "minmax"}}},
        "scores": {"s": {"weights": {"x": 1}}},
    }
    clipped = fit(load(content), pd.DataFrame({"x": [*range(1, 11), 100.0]}), clip=(0.0, 0.9))
    assert clipped[0].scale == {"goalposts": [1, 10]}
    assert "with `--clip 0%,90%` 1 10:" in DOC


def test_means_of_inform():
    two = {name: {"scale": {"goalposts": [0, 10]}} for name in "ab"}
    plain = {"weights": {"a": 1, "b": 1}, "mean": "geometric", "out_of": 10, "decimals": 1}
    geometric = riskmodel.load_model({"format": 1, "id": "g", "indicators": two, "scores": {"s": plain}})
    assert geometric.assess({"a": 8, "b": 2})["s"].reported == here("INFORM", "geometric average")[0] == 4.0
    leaning = {
        "format": 1,
        "id": "inform",
        "indicators": {name: {"scale": {"goalposts": [100 / 9, 0]}} for name in "ab"},
        "scores": {
            "turned": {"weights": {"a": 1, "b": 1}, "mean": "geometric"},
            "s": {"weights": {"turned": -1}, "out_of": 100 / 9, "decimals": 1},
        },
    }
    by_hand = (10 - ((10 - 8) * 0.9 + 1) ** 0.5 * ((10 - 2) * 0.9 + 1) ** 0.5) / 9 * 10
    score = riskmodel.load_model(leaning).assess({"a": 8, "b": 2})["s"]
    assert score.value == pytest.approx(by_hand, rel=1e-12)
    assert score.reported == 5.8
    three = {name: {"scale": {"goalposts": [0, 10]}} for name in "abc"}
    weights = {"weights": dict.fromkeys("abc", 1), "mean": "geometric", "out_of": 10, "decimals": 1}
    loaded = riskmodel.load_model({"format": 1, "id": "g", "indicators": three, "scores": {"s": weights}})
    assert here("INFORM", "rounding")[:1] == [loaded.assess({"a": 4.45, "b": 4.45, "c": 4.35})["s"].reported]


def test_distributions_draws_and_constants_of_salib():
    one = riskmodel.load_model(
        {
            "format": 1,
            "id": "one",
            "indicators": {"a": {"scale": {"goalposts": [0, 10]}}},
            "scores": {"s": {"weights": {"a": 1}, "out_of": 10}},
        }
    )
    varied = one.sensitivity({"a": {"low": 0, "likely": 2, "high": 10}})
    assert "mean 3.0" in str(varied)
    indicators = {"a": {"scale": {"goalposts": [0, 100]}, "valid": [0, None]}}
    valid = riskmodel.load_model(
        {"format": 1, "id": "valid", "indicators": indicators, "scores": {"s": {"weights": {"a": 1}}}}
    )
    truncated = valid.sensitivity({"a": {"mean": 1, "sd": 2}}).to_dict()["scores"]["s"]["mean"]
    assert truncated == pytest.approx(1 + 2 * stats.norm.pdf(0.5) / stats.norm.cdf(0.5), abs=2e-3)
    assert f"a mean of {truncated:.2f}, as its `truncnorm`" in DOC
    assert "with a mean of 3.00" in DOC
    assert varied.to_dict()["draws"] == 8192
    three = riskmodel.load_model(model((1, 1, 1)))
    flat = three.sensitivity({name: {"low": 0, "high": 10} for name in "abc"}, draws=1000)
    assert flat.to_dict()["draws"] == 1024
    beyond = three.sensitivity({name: {"low": 20, "high": 30} for name in "abc"}, draws=256)
    assert "nothing that varies moves this score" in str(beyond)
    assert '0, and the warning "nothing that varies moves this score"' in DOC
    (indices,) = (score["indices"] for score in beyond.to_dict()["scores"].values())
    assert {index["total"]["value"] for index in indices} == {0.0}


def test_terms_and_rules_of_fuzzy_packages():
    high = {"when": "a is high", "then": {"escalation": {"add": 12}}}
    low = {"when": "a is low", "then": {"escalation": {"add": 1}}}
    loaded = with_rules(up=high)

    def degree(value):
        return added(loaded, value) / 12

    assert degree(9.5) == pytest.approx(0.25)
    assert "`{above: [8, 14]}`: 0.250, a line" in DOC
    assert here("scikit-fuzzy", "25 is high")[:1] == rounded([degree(25)])
    assert "`add: 12`: 3.0 12.0 points" in DOC
    assert rounded([added(loaded, 9.5), added(loaded, 14)], 1) == [3.0, 12.0]
    assert here("simpful", "one rule")[:1] == [added(loaded, 9.5)]
    assert added(with_rules(up=high, down=low), 9.5) == pytest.approx(3.0 + 0.75)
    missing = loaded.assess({"flat": 0})
    assert here("simpful", "a missing value")[:1] == [missing["escalation"].value]
    assert missing["escalation"].high == 12.0
    (undetermined,) = missing.rules
    assert undetermined.status == "undetermined"
    assert (undetermined.degree, undetermined.degree_high) == (0.0, 1.0)


def test_decision_tables_of_zen():
    rules = {
        name: {"when": f"a > {limit}", "then": {"escalation": {"add": points}}}
        for name, limit, points in (("first", 8, 12), ("second", 4, 5))
    }
    loaded = with_rules(**rules)
    assert here("zen", "rows")[:1] == [added(loaded, 9)] == [17.0]
    missing = loaded.assess({"flat": 0})["escalation"]
    assert (missing.value, missing.high) == (0.0, 17.0)


def test_halves_go_up():
    score = riskmodel.load_model({**model((1, 1, 1))}).assess({"a": 1.225, "b": 1.225, "c": 1.225})["escalation"]
    assert score.value == pytest.approx(12.25)
    assert here("zen", "rounding")[:1] == here("pandas", "rounding")[:1] == [score.reported]
