"""Levers: every answer meets its target when it is scored, is no larger than it must be, and is as cheap as can be."""

import itertools
import json
import operator
import random
import re
import shlex
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values
from scipy.optimize import linprog

import riskmodel
from riskmodel.analysis.levers.analysis import levers
from riskmodel.analysis.levers.problem import Objective, search_space
from riskmodel.analysis.levers.target import read_target
from riskmodel.analysis.situations import prepare
from riskmodel.cli.analyses import levers as command
from riskmodel.errors import ModelError, RiskmodelError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "levers.md").read_text(encoding="utf-8")
ARTICLE = ROOT / "examples" / "article_case.yaml"
COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


def small_model(indicators, scores, rules=None):
    content = {"format": 1, "id": "small", "indicators": indicators, "scores": scores, "rules": rules or {}}
    return riskmodel.load_model(content)


def numeric(cost=None, **more):
    lever = {} if cost is None else {"lever": {"cost": cost}}
    return {"valid": [0, 10], "scale": {"goalposts": [0, 10]}, **lever, **more}


def linear(weights, costs, **rules):
    """One score, straight in every lever."""
    return small_model(
        {name: numeric(costs[name]) for name in weights}, {"risk": {"weights": weights, "min_coverage": 0}}, rules
    )


def meets(model, values, target):
    """Whether a situation meets a target, by the scores that anybody would see."""
    scores = model.assess(values).scores
    for part in target.split(" and "):
        name, sign, number = part.split()
        value = scores[name].value
        bound = float(number)
        same = value is not None and abs(value - bound) <= 1e-9 * max(1.0, abs(bound))
        if value is None or not (sign in ("<=", ">=") if same else COMPARE[sign](value, bound)):
            return False
    return True


def moved(values, answer, kind="rounded"):
    return {**values, **{change.lever: getattr(change, kind) for change in answer.changes}}


def assert_reached(result, model, values, target):
    """Hold all that a result says of a target against the scores of its changes."""
    for single in result.single_levers:
        if not single.reaches:
            assert not meets(model, moved(values, single.answer), target)
            continue
        (change,) = single.answer.changes
        assert meets(model, moved(values, single.answer, "value"), target)
        assert meets(model, moved(values, single.answer), target)
        now = result.levers[change.lever].now
        if not isinstance(now, str):
            less = now + 0.99 * (change.value - now)
            assert not meets(model, {**values, change.lever: less}, target)
    best = min((single.answer.cost for single in result.single_levers if single.reaches), default=None)
    if result.combined is not None:
        assert meets(model, moved(values, result.combined, "value"), target)
        assert meets(model, moved(values, result.combined), target)
        assert not result.certain
        named = {name for name, indicator in model.spec.indicators.items() if indicator.lever}
        assert {change.lever for change in result.combined.changes} <= named
    if best is not None:
        assert result.combined.cost <= best
    if result.combined is None:
        nearest = min(single.answer.shortfall for single in result.single_levers)
        assert 0 < result.nearest.shortfall <= nearest + 0.01


def drawn(seed, max_levers=None):
    """A random model, a situation for it, and a target on one or two of its scores that it does not meet yet."""
    rng = random.Random(seed)
    content = random_model(rng)
    values = {name: value for name, value in random_values(rng, content).items() if value is not None}
    plain = riskmodel.load_model(content)
    names = sorted(search_space(plain.spec, prepare(plain, values)).names)
    picked = rng.sample(names, min(len(names), max_levers or len(names)))
    for name in picked:
        content["indicators"][name]["lever"] = {"cost": rng.choice([0.5, 1.0, 2.0])}
    model = riskmodel.load_model(content)
    scores = {name: score for name, score in model.assess(values).scores.items() if score.value is not None}
    bounds = []
    for name in rng.sample(sorted(scores), min(len(scores), rng.choice([1, 1, 2]))):
        score = scores[name]
        number = float(f"{rng.uniform(0.05, 0.95) * score.out_of:.5g}")
        bounds.append(f"{name} {'<=' if number < score.value else '>='} {number}")
    target = " and ".join(bounds)
    if not picked or not bounds or meets(model, values, target):
        return None
    return model, values, target


def joined(seed):
    """A linear model with rules that join levers, a situation, a target, and the least cost: of one cell after another.

    A cell says of each rule whether it holds; inside, the score is the base, below the lowest cap and above the highest
    floor that hold, and edges are straight.
    """
    rng = random.Random(seed)
    names = "abc"
    weights = {name: rng.choice([-3, -1, 1, 2]) for name in names}
    costs = {name: rng.choice([0.5, 1.0, 2.0]) for name in names}
    total = sum(map(abs, weights.values()))
    slope = np.array([weights[name] / total * 10 for name in names])
    base = 100 * sum(abs(weight) for weight in weights.values() if weight < 0) / total
    pressure = {name: rng.choice([1, 2, 3]) for name in names}
    second = np.array([pressure[name] / sum(pressure.values()) * 10 for name in names])
    rules, edges, effects = {}, [], []
    for number in range(rng.choice([1, 2])):
        first, other = rng.sample(range(3), 2)
        kind = rng.choice(["levers", "sum", "score"])
        normal = np.zeros(3)
        if kind == "levers":
            normal[first], normal[other], bound, left, right = 1.0, -1.0, 0.0, names[first], names[other]
        elif kind == "sum":
            normal[[first, other]], bound = 1.0, rng.randint(4, 16)
            left, right = f"{names[first]} + {names[other]}", str(bound)
        else:
            normal, bound, left = second, rng.randint(20, 80), "pressure"
            right = str(bound)
        effect = rng.choice([("at_most", rng.randint(20, 50)), ("at_least", rng.randint(50, 80))])
        rules[f"r{number}"] = {"when": f"{left} >= {right}", "then": {"risk": dict([effect])}}
        edges.append((normal, bound))
        effects.append(effect)
    indicators = {name: numeric(costs[name]) for name in names}
    scores = {"risk": {"weights": weights}, "pressure": {"weights": pressure}}
    model = small_model(indicators, scores, rules)
    values = {name: float(rng.randint(1, 9)) for name in names}
    now = model.assess(values)["risk"].value
    number = rng.uniform(15, 45) if now > 50 else rng.uniform(55, 85)
    number, sign = round(number, 1), -1.0 if now > 50 else 1.0
    start = np.array(list(values.values()))
    costs_of_cells = []
    for holds in itertools.product((False, True), repeat=len(edges)):
        floors = [value for (kind, value), true in zip(effects, holds, strict=True) if true and kind == "at_least"]
        caps = [value for (kind, value), true in zip(effects, holds, strict=True) if true and kind == "at_most"]
        lowest, highest = max(floors, default=0), min(caps, default=100)
        least, most = (min(lowest, highest), highest)
        rows, limits = [], []
        if sign < 0:
            if least > number:
                continue
            if most > number:
                rows, limits = [slope], [number - base]
        else:
            if most < number:
                continue
            if least < number:
                rows, limits = [-slope], [base - number]
        for (normal, bound), true in zip(edges, holds, strict=True):
            rows.append(-normal if true else normal)
            limits.append(-bound if true else bound)
        # Steps up and steps down of each lever.
        both = [np.concatenate((row, -row)) for row in rows]
        spare = [limit - row @ start for row, limit in zip(rows, limits, strict=True)]
        prices = np.tile(np.array(list(costs.values())) / 10, 2)
        ends = [(0, 10 - one) for one in start] + [(0, one) for one in start]
        best = linprog(prices, A_ub=both, b_ub=spare, bounds=ends)
        costs_of_cells += [best.fun] if best.status == 0 else []
    return model, values, f"risk {'<=' if sign < 0 else '>='} {number}", min(costs_of_cells, default=None)


def plain_floor():
    floor = {"when": "x is high and y > 2", "then": {"risk": {"at_least": 65}}}
    return small_model(
        {"x": numeric(3, terms={"high": {"above": [4, 6]}}), "y": numeric(1)},
        {"risk": {"weights": {"x": 1, "y": 1}}},
        {"floor": floor},
    )


class TestAlreadyMet:
    """Of goalposts [0, 10] and weights 4 and 2, both situations are exactly 68; one of them is 67.99... in floats."""

    @pytest.fixture
    def model(self):
        scores = {"risk": {"weights": {"a": 4, "b": 2}}, "other": {"weights": {"a": 1}}}
        return small_model({"a": numeric(), "b": numeric()}, scores)

    @pytest.mark.parametrize("values", [{"a": 8.7, "b": 3.0}, {"a": 7.0, "b": 6.4}])
    def test_at_the_number_itself(self, model, values):
        for target in ("risk >= 68", "risk <= 68", "68 <= risk <= 68", "risk >= 68.00000002", "risk <= 67.99999998"):
            result = model.levers(values, target)
            assert (result.met, result.single_levers, result.combined, result.nearest) == (True, (), None, None)
            assert "The target is already met" in str(result)
            assert "The target is already met" in result.to_markdown()
            assert result.to_dict()["met"] is True

    @pytest.mark.parametrize("values", [{"a": 8.7, "b": 3.0}, {"a": 7.0, "b": 6.4}])
    def test_what_equality_does_not_keep_is_not_met(self, model, values):
        for target in ("risk > 68", "risk < 68", "risk >= 68.0000002", "risk <= 67.9999998"):
            result = model.levers(values, target)
            assert not result.met
            assert meets(model, moved(values, result.combined), target)

    def test_a_bound_that_is_kept_but_for_rounding_is_not_moved_for(self, model):
        result = model.levers({"a": 5.0, "b": 5.0}, "risk >= 50 and other >= 75")
        assert [(change.lever, change.rounded) for change in result.combined.changes] == [("a", 7.5)]
        result = model.levers({"a": 8.7, "b": 3.0}, "risk >= 68 and other >= 88")
        assert [(change.lever, change.rounded) for change in result.combined.changes] == [("a", 8.8)]

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 9), st.integers(1, 9))
    def test_whatever_the_rounding(self, a, b, first, second):
        exact = Fraction(a * first + b * second, 10 * (first + second))
        if not 0 < exact < 100:
            return
        model = small_model({"a": numeric(), "b": numeric()}, {"risk": {"weights": {"a": first, "b": second}}})
        values = {"a": a / 100, "b": b / 100}
        assert model.levers(values, f"risk >= {float(exact)!r}").met
        assert model.levers(values, f"risk <= {float(exact)!r}").met

    def test_the_overview_and_the_picture_say_so(self, model, tmp_path):
        result = model.levers([{"a": 8.7, "b": 3.0}, {"a": 7.0, "b": 6.4}], "risk >= 68")
        assert str(result).count("already met") == 2
        result[0].save_plot(tmp_path / "met.png")
        assert (tmp_path / "met.png").read_bytes().startswith(b"\x89PNG")


class TestTarget:
    @pytest.mark.parametrize(
        ("text", "bounds"),
        [
            ("escalation <= 40", ["escalation <= 40"]),
            ("40 >= escalation", ["escalation <= 40"]),
            ("20 <= escalation < 40.5", ["escalation >= 20", "escalation < 40.5"]),
            ("(escalation < 40 and\n stability > 5e1)", ["escalation < 40", "stability > 50"]),
        ],
    )
    def test_comparisons_of_scores_with_numbers_joined_by_and(self, default_model, text, bounds):
        assert [str(bound) for bound in read_target(default_model.spec, text).bounds] == bounds

    @pytest.mark.parametrize(
        ("text", "message", "column"),
        [
            ("stability > 1 and escalaton <= 40", "not a score of model .* did you mean 'escalation'", 19),
            ("espionage < 3", "is an indicator; a target needs scores: escalation, stability", 1),
            ("escalation <= 140", "always holds: escalation goes from 0 to 100", 1),
            ("escalation >= 0", "always holds", 1),
            ("stability < -1", "can never hold", 1),
            ("stability > 100", "can never hold", 1),
            ("escalation <= 40 and escalation >= 60", "contradict each other", 1),
            ("40 <= escalation < 40", "contradict each other", 1),
            ("escalation < 40 or stability > 50", "`or` is not allowed; a target compares", 1),
            ("not escalation < 40", "`not` is not allowed", 5),
            ("escalation == 40", "`==` is not allowed", 1),
            ("escalation is high", "`is` is not allowed", 1),
            ("escalation < stability", "not a score and a number", 1),
            ("escalation + 1 < 40", "not a score and a number", 1),
            ("escalation = 40", "from here on; a target compares scores with numbers", 12),
            ("", "the condition is empty", 1),
        ],
    )
    def test_anything_else_is_one_error_at_its_position(self, default_model, text, message, column):
        with pytest.raises(RiskmodelError, match=message) as caught:
            read_target(default_model.spec, text)
        (problem,) = caught.value.problems
        assert (problem.line, problem.column) == (1, column)

    def test_the_ends_of_a_score_can_be_a_target(self, default_model):
        assert read_target(default_model.spec, "escalation <= 0 and stability >= 100")

    def test_strict_bounds_are_strict(self):
        model = linear({"x": 1}, {"x": 1})
        assert levers({"x": 4}, "risk <= 40", model=model).met
        result = levers({"x": 4}, "risk < 40", model=model)
        assert model.assess({"x": result.single_levers[0].answer.changes[0].value})["risk"].value < 40
        assert result.combined.changes[0].value == pytest.approx(4)


class TestOneLever:
    def test_the_value_is_the_one_of_the_closed_form(self):
        model = linear({"x": 3, "y": 1}, {"x": 1, "y": 2})
        result = levers({"x": 8, "y": 6}, "risk <= 60", model=model)
        by_name = {single.lever: single for single in result.single_levers}
        # risk = 7.5 x + 2.5 y, 75 now.
        assert by_name["x"].answer.changes[0].value == pytest.approx(6, abs=1e-12)
        assert by_name["x"].answer.cost == pytest.approx(0.2)
        assert by_name["y"].answer.changes[0].value == pytest.approx(0, abs=1e-12)
        assert by_name["y"].answer.cost == pytest.approx(1.2)
        assert [single.lever for single in result.single_levers] == ["x", "y"]

    def test_a_lever_that_does_not_suffice_has_its_best_change(self):
        model = linear({"x": 3, "y": 1}, {"x": 1, "y": 1})
        result = levers({"x": 8, "y": 6}, "risk <= 50", model=model)
        (y,) = [single for single in result.single_levers if single.lever == "y"]
        assert not y.reaches
        assert y.answer.changes[0].rounded == 0
        assert y.answer.scores["risk"] == pytest.approx(60)
        assert y.answer.shortfall == pytest.approx(10)
        assert "not reachable alone; at best 0" in str(result)

    def test_a_step_is_reached_by_the_next_float(self):
        step = {"when": "x is high", "then": {"risk": {"add": 30}}}
        model = small_model(
            {"x": numeric(1, terms={"high": {"above": 5}}), "y": numeric()},
            {"risk": {"weights": {"y": 1}}},
            {"r": step},
        )
        (single,) = levers({"x": 9, "y": 4}, "risk <= 50", model=model).single_levers
        assert single.answer.changes[0].value == 5
        (single,) = levers({"x": 2, "y": 4}, "risk >= 50", model=model).single_levers
        assert single.answer.changes[0].value == np.nextafter(5, 9)
        assert single.answer.changes[0].rounded == 5.01

    def test_labels_move_by_steps(self):
        levels = {"levels": {"calm": 0, "uneasy": 0.3, "tense": 0.6, "crisis": 1}}
        model = small_model({"mood": {"scale": levels, "lever": {"cost": 6}}}, {"risk": {"weights": {"mood": 1}}})
        result = levers({"mood": "crisis"}, "risk <= 40", model=model)
        (change,) = result.combined.changes
        assert (change.value, change.rounded, change.cost) == ("uneasy", "uneasy", pytest.approx(4))
        assert result.to_dict()["levers"][0]["labels"] == ["calm", "uneasy", "tense", "crisis"]

    def test_a_logarithmic_lever_costs_by_its_logarithm(self):
        scale = {"goalposts": [1, 1000], "curve": "log"}
        model = small_model({"x": {"scale": scale, "valid": [0, None], "lever": {}}}, {"risk": {"weights": {"x": 1}}})
        (change,) = levers({"x": 1000}, "risk <= 33.333333333333333", model=model).combined.changes
        assert change.value == pytest.approx(10)
        assert change.cost == pytest.approx(2 / 3)
        (change,) = levers({"x": 0}, "risk >= 50", model=model).combined.changes
        assert change.value == pytest.approx(10**1.5)
        assert change.cost == pytest.approx(1 / 2)

    def test_both_directions_are_tried_and_the_shorter_counts(self):
        scale = {"points": [[0, 0], [4, 1], [10, 0]]}
        model = small_model({"x": {"scale": scale, "lever": {}}}, {"risk": {"weights": {"x": 1}}})
        (low,), (high,) = (levers({"x": now}, "risk <= 50", model=model).single_levers for now in (3.5, 6))
        assert low.answer.changes[0].value == pytest.approx(2)
        assert high.answer.changes[0].value == pytest.approx(7)

    @settings(max_examples=6, deadline=None, derandomize=True)
    @given(st.integers(0, 10**6))
    @pytest.mark.slow
    def test_random_models(self, seed):
        if (case := drawn(seed)) is not None:
            model, values, target = case
            assert_reached(levers(values, target, model=model), *case)


class TestTogether:
    def test_the_cheapest_points_come_first(self):
        model = linear({"x": 4, "y": 3, "z": 3}, {"x": 4, "y": 1, "z": 2})
        # Points at full range and points per cost: x 40 and 10, y 30 and 30, z 30 and 15.
        result = levers({"x": 10, "y": 10, "z": 10}, "risk <= 55", model=model).combined
        assert {change.lever: change.value for change in result.changes} == pytest.approx({"y": 0, "z": 5}, abs=1e-9)
        assert result.cost == pytest.approx(2)

    @pytest.mark.parametrize("seed", range(12))
    def test_linear_models_agree_with_a_linear_programme(self, seed):
        rng = np.random.default_rng(seed)
        names = [f"x{number}" for number in range(6)]
        weights, costs = rng.integers(1, 20, (2, 6)), rng.integers(1, 6, 6)
        signs = rng.choice([-1, 1], (2, 6))
        scores = {
            score: {"weights": {name: int(w * s) for name, w, s in zip(names, weights[at], signs[at], strict=True)}}
            for at, score in enumerate(("risk", "calm"))
        }
        model = small_model({name: numeric(int(cost)) for name, cost in zip(names, costs, strict=True)}, scores)
        now = rng.uniform(0, 10, 6)
        values = {name: float(value) for name, value in zip(names, now, strict=True)}
        slopes = 10 * signs * weights / weights.sum(axis=1, keepdims=True)
        now_scores = np.array([model.assess(values)[score].value for score in scores])
        bounds = np.array([now_scores[0] - 12, now_scores[1] + 9])
        result = levers(values, f"risk <= {bounds[0]} and calm >= {bounds[1]}", model=model)
        both = np.vstack((np.hstack((slopes[0], -slopes[0])), np.hstack((-slopes[1], slopes[1]))))
        best = linprog(
            np.tile(costs / 10, 2),
            A_ub=both,
            b_ub=[bounds[0] - now_scores[0], now_scores[1] - bounds[1]],
            bounds=[(0, 10 - one) for one in now] + [(0, one) for one in now],
        )
        if best.status == 2:
            assert result.combined is None
        else:
            assert result.combined.cost == pytest.approx(best.fun, abs=1e-6)

    @pytest.mark.parametrize("seed", range(30))
    def test_two_levers_of_a_random_model_are_no_dearer_than_on_a_fine_grid(self, seed):
        if (case := drawn(seed, max_levers=2)) is None:
            return
        model, values, target = case
        result = levers(values, target, model=model)
        assert_reached(result, *case)
        given_values = prepare(model, values)
        space = search_space(model.spec, given_values)
        facts = {name: value for name, value in given_values.given.items() if name not in space.names}
        objective = Objective(model.compiled, space, facts, read_target(model.spec, target))
        axes = [
            space.breakpoints[at]
            if space.labels[at]
            else np.union1d(np.linspace(space.low[at], space.high[at], 200), space.tried(at, 1))
            for at in range(len(space.names))
        ]
        grid = np.column_stack([axis.ravel() for axis in np.meshgrid(*axes)])
        if result.combined is None:
            merits = objective.merits(grid)
            assert merits.min() >= objective.ceiling
            assert result.nearest.shortfall <= merits.min() - objective.ceiling + 0.02
        else:  # What is dearer anyway need not be scored.
            cheaper = grid[space.costs(grid).sum(axis=1) < result.combined.cost - 1e-5]
            assert not objective.reaches(cheaper).any()

    @pytest.mark.parametrize("seed", range(16))
    def test_where_rules_join_levers_it_is_as_cheap_as_the_linear_programmes_of_all_cells(self, seed):
        model, values, target, cheapest = joined(seed)
        result = levers(values, target, model=model)
        if cheapest is None:
            assert result.combined is None
            return
        assert meets(model, moved(values, result.combined), target)
        assert result.combined.cost == pytest.approx(cheapest, rel=1e-4, abs=1e-6)

    def test_along_an_edge_by_hand(self):
        """The cap holds from a = b on, and b may be 7.5 at most: 0.5 of b at cost 2, 1.5 of a at cost 0.5, over 10."""
        cap = {"when": "a >= b", "then": {"risk": {"at_most": 30}}}
        model = small_model(
            {"a": numeric(0.5), "b": numeric(2)},
            {"risk": {"weights": {"a": 1, "b": 1}}, "other": {"weights": {"b": 1}}},
            {"cap": cap},
        )
        result = levers({"a": 6.0, "b": 8.0}, "risk <= 32 and other <= 75", model=model)
        assert result.combined.cost == pytest.approx(0.175, abs=1e-6)
        assert {change.lever: change.rounded for change in result.combined.changes} == {"a": 7.5, "b": 7.5}
        assert result.joining == ("cap",)
        assert "a cheaper change may have been missed: cap." in str(result)
        assert result.to_dict()["joining"] == ["cap"]
        # A rule that says no more than a number of one lever joins nothing.
        assert levers({"x": 9.0, "y": 9.0}, "risk <= 60", model=plain_floor()).joining == ()

    def test_along_the_base_of_another_score(self):
        """The floor of 69 holds while 2a + b is above 15 of 30; a and b together may be 13 for a risk of 65."""
        floor = {"when": "pressure > 50", "then": {"risk": {"at_least": 69}}}
        model = small_model(
            {"a": numeric(1), "b": numeric(1)},
            {"risk": {"weights": {"a": 1, "b": 1}}, "pressure": {"weights": {"a": 2, "b": 1}}},
            {"floor": floor},
        )
        # a falls by 3, and then 2a + b is 15.
        result = levers({"a": 7.0, "b": 7.0}, "risk <= 65", model=model)
        assert result.combined.cost == pytest.approx(0.3, abs=1e-6)
        assert model.assess(moved({"a": 7.0, "b": 7.0}, result.combined))["risk"].value <= 65

    def test_floors_and_caps_are_worked_around(self):
        floor = {"when": "x is high", "then": {"risk": {"at_least": 65}}}
        model = small_model(
            {"x": numeric(3, terms={"high": {"above": [4, 6]}}), "y": numeric(1)},
            {"risk": {"weights": {"x": 1, "y": 1}}},
            {"floor": floor},
        )
        # While x is high the score is 65 at least, however low y is, so x has to give way: risk = 5 x + 5 y, and the
        # floor holds to the degree (x - 4) / 2.
        result = levers({"x": 8, "y": 8}, "risk <= 40", model=model).combined
        assert {change.lever for change in result.changes} == {"x", "y"}
        x, y = (moved({"x": 8, "y": 8}, result, "value")[name] for name in "xy")
        degree = (x - 4) / 2
        assert 5 * (x + y) * (1 - degree) + 65 * degree == pytest.approx(40)
        tried = np.linspace(4, 6, 200_001)
        held = (tried - 4) / 2
        with np.errstate(divide="ignore"):
            needed = (40 - 65 * held) / (1 - held) / 5 - tried
        costs = np.where(needed >= 0, 3 * (8 - tried) + np.maximum(8 - needed, 0), np.inf) / 10
        assert result.cost == pytest.approx(costs.min(), abs=1e-5)

    def test_without_a_combination_the_nearest_is_returned(self):
        model = small_model(
            {"x": numeric(1), "y": numeric(1), "fact": numeric()}, {"risk": {"weights": {"x": 1, "y": 1, "fact": 2}}}
        )
        result = levers({"x": 4, "y": 6, "fact": 8}, "risk <= 30", model=model)
        assert result.combined is None
        assert result.certain
        assert result.nearest.shortfall == pytest.approx(10)
        assert {change.lever: change.rounded for change in result.nearest.changes} == {"x": 0, "y": 0}
        assert "no combination reaches the target" in str(result)
        assert "rule it out" in str(result)
        assert "falls 10 points short" in str(result)

    def test_values_that_need_not_move_stay_where_the_nearest_is(self):
        cap = {"when": "y is high", "then": {"calm": {"at_most": 40}}}
        model = small_model(
            {"x": numeric(1), "y": numeric(terms={"high": {"above": 5}}), "z": numeric(1)},
            {"calm": {"weights": {"x": 1}}, "other": {"weights": {"z": 1}}},
            {"cap": cap},
        )
        result = levers({"x": 3, "y": 9, "z": 3}, "calm >= 50", model=model)
        (change,) = result.nearest.changes
        assert (change.lever, change.rounded) == ("x", pytest.approx(4))
        assert result.nearest.scores["calm"] == pytest.approx(40)

    @pytest.mark.slow
    def test_the_order_of_indicators_does_not_matter(self):
        model, values, target = next(case for case in map(drawn, range(100, 200)) if case)
        turned = model.spec.model_copy(update={"indicators": dict(reversed(model.spec.indicators.items()))})
        one, other = (levers(values, target, model=kept) for kept in (model, riskmodel.model.Model(turned)))
        assert one.to_dict()["singles"] == other.to_dict()["singles"]
        assert one.to_dict()["combined"] == other.to_dict()["combined"]


class TestWhatMoves:
    def test_facts_stay_and_a_target_that_is_met_asks_for_nothing(self, default_model):
        result = levers({"military_activity": 1, "communication_frequency": 18, "espionage": 1}, "escalation <= 90")
        assert result.met or result.insufficient
        assert result.single_levers == ()
        assert result.combined is None

    def test_all_are_levers_where_the_model_names_none(self):
        model = small_model({"x": numeric(), "y": numeric()}, {"risk": {"weights": {"x": 1, "y": 1}}})
        result = levers({"x": 5, "y": 5}, "risk <= 40", model=model)
        assert not result.named
        assert set(result.levers) == {"x", "y"}
        assert "all indicators count as levers" in str(result)

    def test_what_is_missing_or_assumed_stays_and_is_listed(self):
        indicators = {name: numeric(1, title=name.upper()) for name in "xyz"}
        indicators["z"]["default"] = 5
        model = small_model(indicators, {"risk": {"weights": {"x": 2, "y": 1, "z": 1}, "min_coverage": 0}})
        result = levers({"x": 8, "y": None}, "risk <= 60", model=model)
        assert (result.missing, result.assumed, set(result.levers)) == (("Y",), ("Z",), {"x"})
        assert "stay missing: Y" in str(result)
        assert meets(model, {"x": result.combined.changes[0].rounded}, "risk <= 60")

    def test_insufficient_data_are_named_as_the_reason(self):
        model = small_model(
            {"x": numeric(1), "y": numeric(1)}, {"risk": {"title": "Risk", "weights": {"x": 1, "y": 9}}}
        )
        result = levers({"x": 8}, "risk <= 60", model=model)
        assert (result.insufficient, result.combined, result.nearest) == (("Risk",), None, None)
        assert "insufficient for Risk" in str(result)
        assert result.to_dict()["scores"][0]["value"] is None

    def test_without_any_lever_that_has_a_value_nothing_can_be_moved(self):
        model = small_model({"x": numeric(), "y": numeric(1)}, {"risk": {"weights": {"x": 3, "y": 1}}})
        result = levers({"x": 8}, "risk <= 60", model=model)
        assert result.combined is None
        assert result.nearest.changes == ()
        assert "No lever has a value" in str(result)

    def test_a_distribution_counts_by_its_median(self):
        model = linear({"x": 1}, {"x": 1})
        result = levers({"x": {"low": 6, "high": 10}}, "risk <= 40", model=model)
        assert result.levers["x"].now == 8

    def test_a_lever_whose_range_is_not_known_is_an_error(self):
        step = {"when": "y > 3", "then": {"risk": {"add": 5}}}
        model = small_model({"x": numeric(), "y": {"lever": {}}}, {"risk": {"weights": {"x": 1}}}, {"r": step})
        with pytest.raises(ModelError, match="the range of y is unknown"):
            levers({"x": 5, "y": 5}, "risk <= 20", model=model)

    def test_a_value_beyond_the_range_can_stay(self):
        scale = {"points": [[0, 0], [10, 1]]}
        model = small_model(
            {"x": {"scale": scale, "lever": {}}, "y": numeric(1)}, {"risk": {"weights": {"x": 1, "y": 1}}}
        )
        result = levers({"x": 30, "y": 10}, "risk <= 60", model=model).combined
        assert {change.lever for change in result.changes} == {"y"}

    def test_a_sub_score_can_be_a_target(self):
        model = small_model(
            {"x": numeric(1), "y": numeric(1)},
            {"part": {"weights": {"x": 1}}, "whole": {"weights": {"part": 1, "y": 1}}},
        )
        (change,) = levers({"x": 8, "y": 2}, "part <= 30", model=model).combined.changes
        assert (change.lever, change.value) == ("x", pytest.approx(3))

    def test_an_interruption_goes_through(self):
        def stop(share, doing):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            levers({"x": 8}, "risk <= 30", model=linear({"x": 1}, {"x": 1}), on_progress=stop)

    def test_progress_goes_up_to_the_end(self):
        shares = []
        levers(
            {"x": 8}, "risk <= 30", model=linear({"x": 1}, {"x": 1}), on_progress=lambda share, _: shares.append(share)
        )
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0, 1)


class TestCommand:
    @pytest.fixture
    def call(self):
        def run(*words):
            return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)

        return run

    def test_json_is_what_to_dict_gives(self, call):
        target = "escalation <= 50"
        done = call(ARTICLE, "--target", target, "--format", "json")
        (situation,) = riskmodel.read_situations(ARTICLE)
        assert json.loads(done.stdout) == [json.loads(json.dumps(levers(situation, target).to_dict()))]

    def test_markdown(self, call):
        done = call(ARTICLE, "--target", "escalation <= 50", "--format", "markdown")
        assert done.stdout.startswith("# What it would take: Two powers")
        assert "| Communication frequency |" in done.stdout

    def test_of_several_situations_a_line_each(self, call, tmp_path):
        rows = (ROOT / "examples" / "dyad_months.csv").read_text(encoding="utf-8").splitlines()[:4]
        (tmp_path / "months.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        done = call(tmp_path / "months.csv", ARTICLE, "--target", "escalation <= 40 and stability >= 50")
        assert done.exit_code == 0
        for heading in ("north-south-01", "north-south-03", "Two powers"):
            assert len([line for line in done.stdout.splitlines() if heading in line]) == 1

    @pytest.mark.slow
    def test_a_picture_of_one_situation_in_every_state(self, call, tmp_path):
        for number, target in enumerate(("escalation <= 50", "escalation <= 1", "escalation <= 99")):
            picture = tmp_path / f"{number}.svg"
            assert call(ARTICLE, "--target", target, "--plot", picture).exit_code == 0
            text = picture.read_text(encoding="utf-8")
            assert "<svg" in text
        assert call(ARTICLE, ARTICLE, "--target", "escalation <= 50", "--plot", tmp_path / "no.svg").exit_code == 2

    def test_labels_can_be_drawn(self, tmp_path):
        levels = {"levels": {"calm": 0, "uneasy": 0.3, "crisis": 1}}
        model = small_model({"mood": {"scale": levels, "lever": {}}}, {"risk": {"weights": {"mood": 1}}})
        levers({"mood": "crisis"}, "risk <= 40", model=model).save_plot(tmp_path / "mood.png")
        assert (tmp_path / "mood.png").stat().st_size > 1000

    def test_an_error_in_a_target_is_raised(self, call):
        with pytest.raises(RiskmodelError, match="did you mean 'escalation'"):
            call(ARTICLE, "--target", "escalaton < 3")


class TestPage:
    def test_its_answers_meet_their_targets(self, default_model):
        values = yaml.safe_load(ARTICLE.read_text(encoding="utf-8"))["values"]
        checked = 0
        for words, shown in re.findall(r"```console\n\$ riskmodel levers (.*?)\n(.*?)```", PAGE, re.DOTALL):
            options = re.search(r"To score it: (.*)", shown)
            if not options or "no combination" in shown:
                continue
            changes = dict(word.split("=") for word in options[1].replace("--set ", "").split())
            settled = {**values, **{name: float(value) for name, value in changes.items()}}
            assert meets(default_model, settled, shlex.split(words)[2])
            checked += 1
        assert checked


def test_a_cheaper_combination_found_by_hand_is_not_missed(default_model):
    (situation,) = riskmodel.read_situations(ROOT / "examples" / "case_1962_cuba.yaml")
    by_hand = {"trade_disruption": 15, "communication_frequency": 10.832, "espionage": 0}
    result = levers(situation, "stability > 45", model=default_model)
    now = {name: result.levers[name].now for name in by_hand}
    width = {"trade_disruption": 100, "communication_frequency": 20, "espionage": 100}
    cost = sum(abs(value - now[name]) / width[name] for name, value in by_hand.items())
    assert meets(default_model, {**situation.spec.values, **by_hand}, "stability > 45")
    assert result.combined.cost <= cost + 1e-6
