#!/usr/bin/env bash
# Measure the numbers under "there" in docs/coming_from.md: pinned versions of the other packages in an environment of
# their own, without riskmodel. Fails if a number differs from the page. COINr (R) and INFORM's workbooks are cited there.
#
#     benchmarks/other_packages.sh
set -euo pipefail
page=$(cd "$(dirname "$0")/.." && pwd)/docs/coming_from.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q scikit-criteria==0.10 pymcdm==1.4.0 pyDecision==5.1.8 AHPy==2.1 SALib==1.6.0 \
  scikit-fuzzy==0.5.0 simpful==2.12.0 zen-engine==2.1.3 pandas==3.1.1 scipy==1.17.1
cd "$work"
"$work/venv/bin/python" - "$page" <<'PYTHON'
import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
PAGE = Path(sys.argv[1]).read_text(encoding="utf-8")
ROWS = np.array([[1, 2, 3], [4, 0, 6], [7, 8, 1], [2, 5, 5]]) / 10
CONSTANT = np.column_stack([ROWS[:, 0], np.full(4, 0.4), ROWS[:, 2]])
SADDLE = np.array([[1, 3, 3], [1 / 3, 1, 2], [1 / 3, 1 / 2, 1]])
SKEWED = np.array([*range(1, 11), 30, 100], float)
differing = []


def there(package: str, line: str, *numbers: float, decimals: int = 3) -> None:
    """Compare numbers with those in a line of a package's section; NaN is a word of its own."""
    section = next(part for part in PAGE.split("\n## ")[1:] if part.startswith(package))
    cells = [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| ")]
    rows = [row for row in cells if len(row) == 3 and row[0].startswith(line)]
    shown = next((row for row in rows if row[0] == line), rows[0])[1]
    stated = [float(word) for word in re.findall(r"(?<![\w.,])(?:-?\d+(?:\.\d+)?|NaN)(?![\w%])", shown)]
    measured = [round(float(number), decimals) for number in numbers]
    same = all(any(np.isclose(number, other, equal_nan=True) for other in stated) for number in measured)
    print(f"{package:16} {line:58} {' '.join(map(str, measured))}{'' if same else f'   BUT {shown}'}")
    if not same:
        differing.append((package, line))


def scikit_criteria() -> None:
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel
    from skcriteria.preprocessing.scalers import MinMaxScaler, StandarScaler
    from skcriteria.preprocessing.weighters import CRITIC, EntropyWeighter

    def matrix(values: object, kinds: tuple[object, ...] = (max, max, min)) -> skcriteria.DecisionMatrix:
        return skcriteria.mkdm(np.array(values, float), list(kinds))

    for line, weigher in (("entropy", EntropyWeighter()), ("CRITIC", CRITIC())):
        there("scikit-criteria", line, *weigher.transform(matrix(ROWS)).weights)
        there("scikit-criteria", f"{line}, where b", *weigher.transform(matrix(CONSTANT)).weights)
    column = matrix([[2, 1], [4, 1], [9, 1]], (max, max))
    there("scikit-criteria", "min-max of a constant", *MinMaxScaler(target="matrix").transform(column).matrix["C1"])
    there("scikit-criteria", "z-scores", *StandarScaler(target="matrix").transform(column).matrix["C0"])
    there("scikit-criteria", "ranks", *WeightedSumModel().evaluate(matrix([[9, 9], [9, 9], [5, 5]], (max, max))).rank_)


def pymcdm() -> None:
    from pymcdm.helpers import rrankdata
    from pymcdm.normalizations import minmax_normalization
    from pymcdm.weights import critic_weights, entropy_weights

    there("pymcdm", "CRITIC", *critic_weights(ROWS, np.array([1, 1, -1])))
    try:
        entropy_weights(ROWS)
        differing.append(("pymcdm", "entropy"))
    except ValueError as error:
        assert "requires all positive values" in str(error)
    there("pymcdm", "entropy, where b", *entropy_weights(CONSTANT))
    there("pymcdm", "min-max of a constant", *minmax_normalization(np.ones(3)))
    there("pymcdm", "ranks", *rrankdata(np.array([9, 9, 5])))


def py_decision() -> None:
    from pyDecision.algorithm import ahp_method, bw_method, critic_method, entropy_method

    there("pyDecision", "entropy", *entropy_method(ROWS, ["max", "max", "min"]))
    there("pyDecision", "CRITIC, where b", *critic_method(CONSTANT, ["max", "max", "min"]))
    there("pyDecision", "AHP", *ahp_method(SADDLE)[0])
    there("pyDecision", "best-worst", *bw_method(np.array([1, 1, 4]), np.array([4, 1, 1]), verbose=False))


def ahpy() -> None:
    from ahpy import Compare

    three = {("a", "b"): 3, ("a", "c"): 3, ("b", "c"): 2}
    there("AHPy", "consistency ratio of 1", Compare("x", three).consistency_ratio, decimals=4)
    saaty = Compare("x", three, random_index="saaty").consistency_ratio
    there("AHPy", "the same with", saaty, decimals=4)
    pairs = {"ab": 2, "bc": 3, "cd": 2, "ad": 4, "de": 3, "ae": 9, "be": 2}
    five = Compare("x", {tuple(pair): ratio for pair, ratio in pairs.items()}, random_index="saaty")
    there("AHPy", "incomplete", *(five.target_weights[name] for name in "abcde"))
    there("AHPy", "consistency ratio of these", five.consistency_ratio)


def salib() -> None:
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol

    def drawn(bounds: list[float], dist: str) -> np.ndarray:
        problem = {"num_vars": 1, "names": ["x"], "bounds": [bounds], "dists": [dist]}
        return sobol.sample(problem, 4096, calc_second_order=False, seed=1)

    there("SALib", "low 0", drawn([0, 10, 0.2], "triang").mean(), decimals=2)
    there("SALib", "mean 1", drawn([1, 2], "norm").mean(), decimals=2)
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    points = sobol.sample(problem, 1024, seed=1)
    assert len(points) == 8192 and "8,192 evaluations of three inputs" in PAGE
    there("SALib", "indices of", *analysis.analyze(problem, np.full(8192, 5.0), seed=1)["ST"])


def scikit_fuzzy() -> None:
    import skfuzzy
    from skfuzzy import control

    universe = np.linspace(0, 20, 201)
    high = skfuzzy.trapmf(universe, [8, 14, 20, 20])
    there("scikit-fuzzy", "9.5 is high", skfuzzy.smf(np.array([9.5]), 8, 14)[0])
    there("scikit-fuzzy", "25 is high", skfuzzy.interp_membership(universe, high, 25))
    a, b = control.Antecedent(universe, "a"), control.Consequent(np.linspace(0, 100, 101), "b")
    a["high"], b["more"] = high, skfuzzy.trimf(b.universe, [60, 80, 100])
    simulation = control.ControlSystemSimulation(control.ControlSystem([control.Rule(a["high"], b["more"])]))

    def output(value: float) -> float:
        simulation.input["a"] = value
        simulation.compute()
        return float(simulation.output["b"])

    there("scikit-fuzzy", "one rule", output(9.5), output(14), decimals=1)
    there("scikit-fuzzy", "a missing value", output(float("nan")))


def simpful() -> None:
    from simpful import FuzzySystem, LinguisticVariable, TrapezoidFuzzySet

    system = FuzzySystem(show_banner=False, verbose=False)
    sets = [TrapezoidFuzzySet(8, 14, 20, 20, term="high"), TrapezoidFuzzySet(0, 0, 8, 14, term="low")]
    system.add_linguistic_variable("a", LinguisticVariable(sets, universe_of_discourse=[0, 20]))
    system.set_crisp_output_value("plus", 12)
    system.set_crisp_output_value("none", 0)

    def output(value: float) -> float:
        system.set_variable("a", value)
        return float(system.Sugeno_inference(["b"])["b"])

    system.add_rules(["IF (a IS high) THEN (b IS plus)"])
    there("simpful", "one rule", output(9.5), decimals=1)
    there("simpful", "a missing value", output(float("nan")), decimals=1)
    system.add_rules(["IF (a IS low) THEN (b IS none)"])
    there("simpful", "the same with", output(9.5), decimals=1)


def zen_engine() -> None:
    import zen

    def table(policy: str) -> str:
        rules = [{"_id": limit, "a": f"> {limit}", "p": points} for limit, points in (("8", "12"), ("4", "5"))]
        content = {
            "hitPolicy": policy,
            "inputs": [{"id": "a", "name": "a", "field": "a"}],
            "outputs": [{"id": "p", "name": "p", "field": "points"}],
            "rules": rules,
        }
        kinds = {"in": ("inputNode", {}), "table": ("decisionTableNode", content), "out": ("outputNode", {})}
        place = {"x": 0, "y": 0}
        nodes = [
            {"id": name, "name": name, "type": kind, "position": place, "content": inside}
            for name, (kind, inside) in kinds.items()
        ]
        steps = [("in", "table"), ("table", "out")]
        edges = [{"id": a + b, "type": "edge", "sourceId": a, "targetId": b} for a, b in steps]
        return json.dumps({"nodes": nodes, "edges": edges})

    first, collect = (zen.ZenEngine().create_decision(table(policy)) for policy in ("first", "collect"))
    there("zen", "rows", first.evaluate({"a": 9})["result"]["points"])
    there("zen", "rows", *(row["points"] for row in collect.evaluate({"a": 9})["result"]))
    assert first.evaluate({"a": None})["result"] == {}
    there("zen", "rounding", zen.evaluate_expression("round(12.25, 1)", {}))


def pandas_and_scipy() -> None:
    import pandas as pd
    from scipy import stats

    there("pandas", "percentile", *pd.Series([10, 20, 20, 30]).rank(pct=True))
    there("pandas", "ranks", *pd.Series([9, 9, 5]).rank(ascending=False))
    there("pandas", "skewness", stats.skew(SKEWED), stats.kurtosis(SKEWED))
    there("pandas", "rounding", round(12.25, 1))


for measure in (
    scikit_criteria, pymcdm, py_decision, ahpy, salib, scikit_fuzzy, simpful, zen_engine, pandas_and_scipy
):
    measure()
print(f"{len(differing)} lines differ: {differing}" if differing else "every line is as docs/coming_from.md says")
sys.exit(bool(differing))
PYTHON
