"""The printed plan: its formulas, evaluated in their order with nothing but the text, give the scores of the engine."""

import ast
import json
import math
import random
import re
from itertools import pairwise

import pytest
from by_hand import load
from command import run
from random_models import random_model, random_values

import riskmodel
from riskmodel.report.plan import plan_listing, plan_markdown, plan_text

NAN = math.nan
CASES = [
    {},
    {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45},
    {"military_activity": 7, "communication_frequency": 1, "trade_disruption": 45},
    {"espionage": 99, "communication_frequency": 30},
]


def python_of(formula):
    """Rewrite a formula as Python: pairs as tuples, and `raise`, which is a keyword."""
    formula = re.sub(r"([\w.+-]+): (-?[\d.e+-]+)", r"('\1', \2)", formula)
    return ast.parse(re.sub(r"\braise\(", "raise_(", formula), mode="eval").body


def names_in(formula):
    """The names that a formula reads, those of functions and labels left out."""
    tree = python_of(formula)
    functions = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call)}
    labels = {node.args[1].id for node in ast.walk(tree) if isinstance(node, ast.Call) and node.func.id == "is_label"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names - functions - labels - {"unknown"}, functions


def is_unknown(value):
    return isinstance(value, float) and math.isnan(value)


def known(numbers):
    return [number for number in numbers if not math.isnan(number)]


def finite(compute):
    try:
        result = compute()
    except (ZeroDivisionError, OverflowError):
        return NAN
    return result if math.isfinite(result) else NAN


def ramp(x, start, end):
    return x if math.isnan(x) else min(max((x - start) / (end - start), 0), 1)


def line(x, *pairs):
    points = [(float(raw), value) for raw, value in pairs]
    if math.isnan(x) or x <= points[0][0]:
        return x if math.isnan(x) else points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return points[-1][1]


def power_mean(power, *pairs):
    pairs = [(weight, item) for weight, item in pairs if not math.isnan(item)]
    total = sum(weight for weight, _ in pairs)
    if not pairs or (power <= 0 and not all(item for _, item in pairs)):
        return 0 if pairs else NAN
    if power == 0:
        return math.exp(sum(weight * math.log(item) for weight, item in pairs) / total)
    return (sum(weight * item**power for weight, item in pairs) / total) ** (1 / power)


FUNCTIONS = {
    "ramp": ramp,
    "line": line,
    "power_mean": power_mean,
    "beyond": lambda x, threshold, above: x if math.isnan(x) else float(x > threshold if above else x < threshold),
    "log": lambda x, lowest: NAN if is_unknown(x) else math.log(max(x, lowest)),
    "logistic": lambda x, midpoint, slope: 1 / (1 + math.exp(-slope * (x - midpoint))),
    "lookup": lambda x, *pairs: dict(pairs).get(x, NAN),
    "known": lambda x: float(not is_unknown(x)),
    "fill": lambda x, value: value if is_unknown(x) else x,
    "minimum": lambda *items: NAN if len(known(items)) < len(items) else min(items),
    "maximum": lambda *items: NAN if len(known(items)) < len(items) else max(items),
    "lowest_known": lambda *items: min(known(items), default=NAN),
    "highest_known": lambda *items: max(known(items), default=NAN),
    "clip": lambda x, low, high: x if math.isnan(x) else min(max(x, low), high),
    "raise_": lambda x, degree, level: x + degree * max(0, level - x),
    "lower": lambda x, degree, level: x - degree * max(0, x - level),
    "withhold": lambda x, coverage, lowest: x if coverage >= lowest else NAN,
    "agreed": lambda x, low, high: x if low == high else NAN,
    "round": lambda x, decimals: x if is_unknown(x) else math.floor(x * 10**decimals + 0.5 + 1e-6) / 10**decimals,
    "band": lambda x, *pairs: ([name for name, start in pairs if x >= start] or [None])[-1],
}


def compared(sign, left, right):
    if math.isnan(left) or math.isnan(right):
        return NAN
    same = abs(left - right) <= 1e-9 * max(abs(left), abs(right), 1)
    match sign:
        case ast.Lt() | ast.Gt():
            return float(not same and (left < right if isinstance(sign, ast.Lt) else left > right))
        case ast.LtE() | ast.GtE():
            return float(same or (left < right if isinstance(sign, ast.LtE) else left > right))
        case _:
            return float(same == isinstance(sign, ast.Eq))


def evaluated(node, values):
    def inner(part):
        return evaluated(part, values)

    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id="unknown"):
            return NAN
        case ast.Name(id="True" | "False" as word):
            return word == "True"
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(operand=operand):
            return -inner(operand)
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return compared(sign, inner(left), inner(right))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return finite(lambda: inner(left) + inner(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return finite(lambda: inner(left) - inner(right))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return finite(lambda: inner(left) * inner(right))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return finite(lambda: inner(left) / inner(right))
        case ast.Tuple(elts=elements):
            return tuple(map(inner, elements))
        case ast.Call(func=ast.Name(id="is_label"), args=[x, ast.Name(id=label)]):
            return NAN if is_unknown(inner(x)) else float(inner(x) == label)
        case ast.Call(func=ast.Name(id="power_mean"), args=[power, *products]):
            return power_mean(inner(power), *((inner(product.left), inner(product.right)) for product in products))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*map(inner, args))
    raise ValueError(ast.dump(node))


def by_hand(listing, given):
    """Evaluate the formulas of a listing in their order."""
    values = {step.name: NAN if given.get(step.name) is None else given[step.name] for step in listing.inputs}
    for step in listing.steps:
        values[step.name] = evaluated(python_of(step.formula), values)
    return values


def assert_reproduces(model, given):
    listing = plan_listing(model)
    values = by_hand(listing, given)
    for name, score in model.assess(given).scores.items():
        expected = {
            "exact": score.value,
            "score": score.reported,
            "band": score.band,
            "coverage": score.coverage,
            "low": score.reported_low,
            "high": score.reported_high,
        }
        for part, number in expected.items():
            result = values[f"{name}_{part}"]
            if number is None:
                assert result is None or is_unknown(result), (name, part)
            elif isinstance(number, str):
                assert result == number, (name, part)
            else:
                assert result == pytest.approx(number, abs=1e-9), (name, part)


@pytest.fixture(scope="module")
def default():
    return riskmodel.load_model()


@pytest.mark.parametrize("case", CASES)
def test_the_printed_formulas_of_the_default_model_give_its_scores(default, case):
    assert_reproduces(default, case)


@pytest.mark.parametrize("seed", range(40))
def test_the_printed_formulas_of_random_models_give_their_scores(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    for _ in range(3):
        assert_reproduces(model, random_values(rng, content))


@pytest.mark.parametrize("model", ["bilateral-tension", "core-four"])
def test_each_step_stands_once_after_what_it_reads_and_each_function_is_explained(model):
    listing = plan_listing(riskmodel.load_model(model))
    explained = {signature.partition("(")[0] for signature in listing.functions}
    before = {step.name for step in listing.inputs}
    for step in listing.steps:
        assert step.name not in before
        names, functions = names_in(step.formula)
        assert names <= before
        assert {name.rstrip("_") for name in functions} <= explained
        before.add(step.name)
    assert all(listing.functions.values())


def test_a_rule_has_its_title_and_its_source(default):
    steps = {step.name: step for step in plan_listing(default).steps}
    for name, rule in default.spec.rules.items():
        step = steps[f"{name}_degree"]
        assert step.title == rule.title
        assert step.citations


def test_how_unknown_values_are_filled_can_be_read():
    score = {"weights": {"a": 3, "b": -1}}
    rules = {"r": {"when": "a is high and b > 3", "then": {"s": {"add": 5}}}}
    terms = {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 7]}}}
    formulas = {step.name: step.formula for step in plan_listing(load({"s": score}, rules, a=terms)).steps}
    assert formulas["a_is_high"] == "ramp(a, 4, 7)"
    assert formulas["r_degree"] == "minimum(fill(a_is_high, 0), fill(b > 3, 0))"
    assert formulas["r_degree_high"] == "minimum(fill(a_is_high, 1), fill(b > 3, 1))"
    assert formulas["s_coverage"] == "s_present / 4"
    assert formulas["s_add"] == "s_base + 5 * r_degree"


def test_no_rule_reads_another_although_their_conditions_share_a_part():
    rules = {
        "r1": {"when": "a > 1", "then": {"s": {"add": 1}}},
        "r2": {"when": "a > 1 and b > 2", "then": {"s": {"add": 2}}},
        "r3": {"when": "not a > 1", "then": {"s": {"add": 3}}},
        "r4": {"when": "a > 1", "then": {"s": {"add": 4}}},
    }
    formulas = {
        step.name: step.formula for step in plan_listing(load({"s": {"weights": {"a": 1, "b": 1}}}, rules)).steps
    }
    assert formulas["r1_degree"] == formulas["r4_degree"] == "fill(a > 1, 0)"
    assert formulas["r2_degree"] == "minimum(fill(a > 1, 0), fill(b > 2, 0))"
    assert formulas["r3_degree"] == "1 - fill(a > 1, 1)"


def test_equal_scores_refer_to_each_other():
    score = {"weights": {"a": 1, "b": 1}}
    formulas = {step.name: step.formula for step in plan_listing(load({"s": score, "t": score})).steps}
    assert {formulas[f"t_{part}"] for part in ("exact", "score", "band", "coverage", "low", "high")} == {
        f"s_{part}" for part in ("exact", "score", "band", "coverage", "low", "high")
    }


class TestCommand:
    def test_text_and_markdown_show_every_step_once(self, default):
        listing = plan_listing(default)
        for words, text, mark in (([], plan_text, ""), (["--format", "markdown"], plan_markdown, "`")):
            done = run("model", "plan", *words)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == text(listing) + "\n"
            for step in listing.steps:
                assert done.stdout.count(f"{mark}{step.name} = {step.formula}{mark}") == 1

    def test_json_has_the_same_steps(self):
        done = run("model", "plan", "core-four", "--format", "json")
        assert json.loads(done.stdout) == plan_listing(riskmodel.load_model("core-four")).to_dict()

    def test_a_model_that_is_not_fitted_has_no_plan(self, tmp_path):
        file = tmp_path / "open.yaml"
        file.write_text(
            "format: 1\nid: open\nindicators: {a: {scale: {fit: minmax}}}\nscores: {s: {weights: {a: 1}}}\n", "utf-8"
        )
        done = run("model", "plan", file)
        assert (done.returncode, done.stdout) == (2, "")
        assert "run `riskmodel model fit` on data first" in done.stderr
