"""What `riskmodel model check` warns of, and how much work it is."""

import numpy as np
import pytest

import riskmodel
from riskmodel.analysis import attainable
from riskmodel.analysis.lint import warnings
from riskmodel.documents.models import load
from riskmodel.engine.compile import compile_model
from riskmodel.kernels import conditions

PLAIN = {"valid": [0, 10], "scale": {"goalposts": [0, 10]}}


def warned(indicators, weights=None, rules=None, **score):
    """The warnings about a model of one score, by field."""
    content = {
        "format": 1,
        "id": "checked",
        "indicators": indicators,
        "scores": {"risk": {"weights": weights or dict.fromkeys(indicators, 1), **score}},
        "rules": {f"rule_{at}": {"when": when, "then": {"risk": {"add": 1}}} for at, when in enumerate(rules or ())},
    }
    return {problem.field: problem.message for problem in warnings(load(content))}


def test_a_model_without_faults_has_no_warnings():
    assert warned({"x": PLAIN, "y": PLAIN}, bands={"low": 0, "high": 50}) == {}


@pytest.mark.parametrize("valid", [{}, {"valid": [None, None]}])
def test_an_indicator_that_takes_any_number(valid):
    warnings = warned(
        {"x": {"scale": {"goalposts": [0, 10]}, **valid}, "y": PLAIN, "z": {"scale": {"levels": {"a": 0, "b": 1}}}}
    )
    assert list(warnings) == ["indicators.x"]
    assert "valid: [lowest, highest]" in warnings["indicators.x"]


class TestHoles:
    @pytest.mark.parametrize(
        ("terms", "holes"),
        [
            ({"low": {"below": 4}, "high": {"above": 4}}, ["4"]),
            ({"low": {"below": [4, 4]}, "high": {"between": [4, 4, 6, 8]}}, ["4"]),
            ({"low": {"below": 4}, "mid": {"between": [4, 4, 6, 6]}, "high": {"above": 6}}, ["4", "6"]),
            ({"low": {"below": 4}, "high": {"above": 4}, "middling": {"between": [2, 3, 5, 6]}}, []),
            ({"low": {"below": [3, 4]}, "high": {"above": [4, 5]}}, []),
            ({"low": {"below": [3, 4]}, "high": {"above": 4}}, []),
            ({"low": {"below": 4}, "high": {"above": 5}}, []),
            ({"low": {"below": 10}, "high": {"above": 10}}, []),
            ({"low": {"below": 4}}, []),
        ],
    )
    def test_a_value_at_which_no_term_holds(self, terms, holes):
        warnings = warned({"x": {**PLAIN, "terms": terms}}, rules=[" or ".join(f"x is {term}" for term in terms)])
        messages = [message for field, message in warnings.items() if field == "indicators.x.terms"]
        assert len(messages) == min(len(holes), 1)
        assert all(f"at {hole} itself" in " ".join(messages) for hole in holes[-1:])


class TestZeroInAMean:
    @pytest.mark.parametrize("mean", ["geometric", "harmonic", {"power": -2}, {"power": 0}])
    @pytest.mark.parametrize(
        ("indicator", "weight", "end"),
        [
            (PLAIN, 1, "0"),
            (PLAIN, -1, "1"),
            ({"valid": [0, None], "scale": {"goalposts": [1, 10], "curve": "log"}}, 1, "0"),
            ({"valid": [0, 3], "scale": {"points": [[0, 0.5], [5, 0], [10, 0.5]]}}, 1, None),
            ({"valid": [0, 9], "scale": {"points": [[0, 0.5], [5, 0], [10, 0.5]]}}, 1, "0"),
            ({"valid": [1, 10], "scale": {"goalposts": [0, 10]}}, 1, None),
            ({"valid": [1, 10], "scale": {"goalposts": [0, 10]}}, -1, "1"),
            ({"valid": [-99, 99], "scale": {"logistic": {"midpoint": 0, "slope": 2}}}, 1, None),
            ({"scale": {"levels": {"calm": 0, "war": 1}}}, 1, "0"),
            ({"scale": {"levels": {"calm": 0.1, "war": 0.9}}}, -1, None),
            ({"valid": [0, 1], "scale": {"fit": "minmax"}}, 1, "0"),
            ({"valid": [0, 1], "scale": {"fit": "percentile"}}, -1, "1"),
            ({"valid": [0, 1], "scale": {"fit": "zscore"}}, 1, None),
            ({"valid": [None, 1], "scale": {"fit": "zscore"}}, 1, "0"),
        ],
    )
    def test_an_input_that_can_make_the_mean_zero(self, mean, indicator, weight, end):
        warnings = warned(
            {"x": indicator, "y": {"valid": [1, 9], "scale": {"goalposts": [0, 10]}}}, {"x": weight, "y": 1}, mean=mean
        )
        assert ("risk.weights.x" in "".join(warnings)) == (end is not None)
        if end:
            assert f"can be {end} on its scale" in warnings["scores.risk.weights.x"]

    @pytest.mark.parametrize("mean", ["arithmetic", "maximum", "minimum", {"power": 0.5}])
    def test_other_means_expect_it(self, mean):
        assert warned({"x": PLAIN, "y": PLAIN}, mean=mean) == {}

    def test_what_is_warned_of_does_happen(self):
        content = {
            "format": 1,
            "id": "zero",
            "indicators": {"x": PLAIN, "y": PLAIN},
            "scores": {"risk": {"mean": "geometric", "weights": {"x": -1, "y": 20}}},
        }
        assert riskmodel.load_model(content).assess({"x": 10, "y": 10})["risk"].value == 0


@pytest.mark.parametrize(
    ("scale", "weight", "expected"),
    [
        ({"goalposts": [10, 0]}, -1, True),
        ({"points": [[0, 1], [5, 0.5], [10, 0.2]]}, -1, True),
        ({"logistic": {"midpoint": 5, "slope": -1}}, -1, True),
        ({"goalposts": [10, 0]}, 1, False),
        ({"goalposts": [0, 10]}, -1, False),
        ({"points": [[0, 1], [5, 0], [10, 1]]}, -1, False),
    ],
)
def test_a_scale_and_a_weight_that_both_turn_it_round(scale, weight, expected):
    warnings = warned({"x": {"valid": [0, 10], "scale": scale}, "y": PLAIN}, {"x": weight, "y": 1})
    assert ("scores.risk.weights.x" in warnings) == expected
    assert all("invert it" in message for message in warnings.values())


@pytest.mark.parametrize(
    ("start", "decimals", "nearest"),
    [
        (50.04, 1, "50"),
        (50.05, 1, "50.1"),
        (50.1, 1, None),
        (39.95, 2, None),
        (0.5, 0, "1"),
        (33, 0, None),
        (0.1 + 0.2, 1, None),
    ],
)
def test_a_band_that_starts_between_two_reported_values(start, decimals, nearest):
    warnings = warned({"x": PLAIN}, bands={"low": 0, "high": start}, decimals=decimals)
    assert list(warnings) == ([] if nearest is None else ["scores.risk.bands.high"])
    assert nearest is None or f"start it at {nearest}," in warnings["scores.risk.bands.high"]


@pytest.mark.parametrize(
    ("valid", "expected"),
    [([-5, 0], True), ([-5, -1], True), ([None, 0], True), ([-5, 100], True), ([0, 100], False), ([1, 100], False)],
)
def test_a_logarithm_of_what_is_not_above_zero(valid, expected):
    warnings = warned({"x": {"valid": valid, "scale": {"goalposts": [1, 100], "curve": "log"}}, "y": PLAIN})
    assert ("indicators.x.scale" in warnings) == expected
    assert all("logarithm" in message for message in warnings.values())


@pytest.mark.parametrize(
    "indicator",
    [
        {"valid": [20, 30], "scale": {"goalposts": [0, 10]}},
        {"valid": [0, 10], "scale": {"points": [[3, 0.5]]}},
        {"valid": [0, 10], "scale": {"points": [[0, 0.5], [10, 0.5]]}},
        {"valid": [0, 10], "scale": {"points": [[0, 1], [2, 0], [20, 0]]}} | {"valid": [3, 10]},
    ],
)
def test_a_scale_that_gives_the_same_for_every_valid_value(indicator):
    assert "for every valid value" in warned({"x": indicator, "y": PLAIN})["indicators.x.scale"]


class TestWork:
    """The work grows with the number of rules, not with its square."""

    @staticmethod
    def content(rules, indicators=10):
        named = {f"x{at}": PLAIN for at in range(indicators)}
        sentences_of = (f"x{at % indicators} > {at % 97 / 10} and x{(at + 1) % indicators} < 9" for at in range(rules))
        return {
            "format": 1,
            "id": "many",
            "indicators": named,
            "scores": {"risk": {"weights": dict.fromkeys(named, 1), "bands": {"low": 0, "high": 50}}},
            "rules": {f"r{at}": {"when": when, "then": {"risk": {"add": 0.1}}} for at, when in enumerate(sentences_of)},
        }

    def test_each_rule_is_parsed_once(self, monkeypatch):
        parsed = []
        parse = conditions.parse
        monkeypatch.setattr(conditions, "parse", lambda text: parsed.append(text) or parse(text))
        model = load(self.content(60))
        warnings(model)
        compile_model(model.spec)
        assert len(parsed) == len(model.spec.rules) == 60

    def test_cells_are_bounded_by_the_number_of_rules_and_scores(self, monkeypatch):
        cells = []
        score_block = attainable.score_block

        def counted(part, columns, rows):
            cells.append(rows * (len(part.indicators) + len(part.rules) + len(part.scores)))
            return score_block(part, columns, rows)

        monkeypatch.setattr(attainable, "score_block", counted)
        totals = []
        for rules in (100, 400):
            cells.clear()
            spec = load(self.content(rules)).spec
            attainable.attainable_ranges(spec, compile_model(spec))
            totals.append(sum(cells))
            sweeps = 2 * (attainable.MAX_SWEEPS + 2)
            assert totals[-1] <= rules * attainable.MAX_ROWS * 3 + sweeps * 2 * attainable.MAX_CELLS
        monkeypatch.setattr(attainable, "MAX_CELLS", 0)
        for rules in (100, 400):
            cells.clear()
            spec = load(self.content(rules)).spec
            attainable.attainable_ranges(spec, compile_model(spec))
            totals.append(sum(cells))
        # Without the search of the score, four times the rules are about four times the work.
        assert 3.5 < totals[3] / totals[2] < 4.5

    def test_a_score_that_is_too_much_work_has_its_bounds(self, monkeypatch):
        monkeypatch.setattr(attainable, "MAX_CELLS", 0)
        warnings = warned({"x": PLAIN}, bands={"low": 0, "never": 101})
        assert warnings == {
            "scores.risk.bands.never": "no situation reaches this band; the score cannot go further than from 0 to 100"
        }

    def test_more_indicators_than_sweeps_are_moved_to_their_ends(self):
        spec = load(self.content(0, indicators=3 * attainable.MAX_SWEEPS)).spec
        result = attainable.attainable_ranges(spec, compile_model(spec)).scores["risk"]
        assert (result.low, result.high, result.searched) == (0, 100, True)

    def test_a_score_that_is_clipped_nearly_everywhere_is_searched_too(self):
        named = {f"x{at}": PLAIN for at in range(12)}
        rules = [f"x{at} > 1" for at in range(12)]
        content = self.content(0) | {
            "indicators": named,
            "scores": {"risk": {"weights": dict.fromkeys(named, 1), "bands": {"low": 0, "high": 50}}},
            "rules": {f"r{at}": {"when": when, "then": {"risk": {"add": 60}}} for at, when in enumerate(rules)},
        }
        spec = load(content).spec
        result = attainable.attainable_ranges(spec, compile_model(spec)).scores["risk"]
        assert (result.low, result.high) == (0, 100)


def test_a_rule_is_judged_by_its_own_numbers():
    rules = [f"x > {number / 10}" for number in range(1, 90)]
    warnings = warned(
        {"x": PLAIN, "y": PLAIN, "z": PLAIN}, rules=[*rules, "x > 3 and y > 3 and z > 3 and x < 2.9", "x >= 0"]
    )
    assert {field: message[:15] for field, message in warnings.items()} == {
        "rules.rule_89": "can never fire:",
        "rules.rule_90": "fires for every",
    }


def test_values_that_reach_a_degree_lie_between_the_attainable_ends(default_model):
    result = attainable.attainable_ranges(default_model.spec, default_model.compiled).rules
    rng = np.random.default_rng(4)
    ends = {"communication_frequency": 25, "espionage": 120, "trade_disruption": 90, "joint_initiatives": 20}
    for _ in range(20):
        values = {name: rng.uniform(0, ends.get(name, 10)) for name in default_model.spec.indicators}
        for rule in default_model.assess(values).rules:
            assert result[rule.name].low <= rule.degree <= result[rule.name].high
