"""Situations: distributions and their medians, changes, scenarios, and which model a situation asks for."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import riskmodel
from riskmodel.analysis.quantiles import quantile_of
from riskmodel.documents.situations import from_values, read_changes, read_situations, read_valid_situations
from riskmodel.schema.distributions import median
from riskmodel.schema.situation import Normal, Pert, Quantiles, Uniform

ANY = (-math.inf, math.inf)


class TestMedian:
    def test_uniform_and_quantiles(self):
        assert median(Uniform(low=2, high=5), ANY) == 3.5
        assert median(Quantiles(p10=1, p50=2, p90=7), ANY) == 2

    def test_symmetric_pert_has_its_median_in_the_middle(self):
        assert median(Pert(low=0, likely=5, high=10), ANY) == pytest.approx(5)

    @pytest.mark.parametrize("likely", [0, 1e-9, 0.3, 1, 4, 5.5, 9, 9.99, 10])
    def test_pert_is_a_beta_distribution(self, likely):
        beta = stats.beta(1 + 4 * likely / 10, 1 + 4 * (10 - likely) / 10, loc=0, scale=10)
        assert median(Pert(low=0, likely=likely, high=10), ANY) == pytest.approx(beta.median(), abs=1e-12)

    def test_pert_without_room_is_its_number(self):
        assert median(Pert(low=3, likely=3, high=3), ANY) == 3

    @pytest.mark.parametrize(
        ("mean", "sd", "bounds"), [(3, 2, (0, 10)), (-1, 2, (0, math.inf)), (12, 5, (-math.inf, 10))]
    )
    def test_normal_is_truncated_to_the_valid_range(self, mean, sd, bounds):
        low, high = ((bound - mean) / sd for bound in bounds)
        expected = stats.truncnorm(low, high, loc=mean, scale=sd).median()
        assert median(Normal(mean=mean, sd=sd), bounds) == pytest.approx(expected, abs=1e-9)

    def test_normal_without_bounds_has_its_mean(self):
        assert median(Normal(mean=3, sd=2), ANY) == pytest.approx(3, abs=1e-12)

    @pytest.mark.parametrize(("low", "high", "middle"), [(0.2, 0.4, 0.3), (0.1, 0.7, 0.4), (5e-324, 5e-324, 5e-324)])
    def test_the_middle_of_a_range_is_that_of_its_decimals(self, low, high, middle):
        assert median(Uniform(low=low, high=high), ANY) == middle

    @pytest.mark.parametrize("size", [1e-300, 1.0, 1e300, 1e308])
    def test_pert_knows_no_size(self, size):
        # Its median at likely = low: a beta distribution with shapes 1 and 5 has 1 - 0.5^(1/5).
        expected = size * (1 - 0.5**0.2)
        assert median(Pert(low=0, likely=0, high=size), ANY) == pytest.approx(expected, rel=1e-9)
        drawn = quantile_of(Pert(low=0, likely=0, high=size), ANY)(np.array([0.25, 0.5]))
        assert drawn == pytest.approx([size * (1 - 0.75**0.2), expected], rel=1e-6)

    @pytest.mark.parametrize(
        "distribution",
        [
            Normal(mean=1e308, sd=1),
            Normal(mean=-1e200, sd=1),
            Normal(mean=0, sd=1e308),
            Pert(low=-1.7e308, likely=0, high=1.7e308),
            Quantiles(p10=-1.7e308, p50=0, p90=1.7e308),
            Quantiles(p10=0, p50=0, p90=1e308),
        ],
    )
    def test_parameters_that_are_too_large_are_one_problem(self, default_model, distribution):
        with pytest.raises(ValueError, match="to compute with"):
            median(distribution, ANY)
        content = {"format": 1, "id": "m", "indicators": {"x": {"scale": {"goalposts": [0, 1]}}}}
        model = riskmodel.load_model({**content, "scores": {"s": {"weights": {"x": 1}}}})
        for analysis in (model.assess, lambda values: riskmodel.uncertainty(values, model=model)):
            with pytest.raises(riskmodel.SituationError, match=r"values\.x: .* to compute with \(valid: any number\)"):
                analysis({"x": distribution.model_dump()})

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3).map(sorted), st.booleans()
    )
    def test_any_numbers_have_a_median_inside_or_a_sentence(self, numbers, bounded):
        low, middle, high = numbers
        bounds = (low, high) if bounded else ANY
        kinds = [Uniform(low=low, high=high), Pert(low=low, likely=middle, high=high)]
        kinds += [Quantiles(p10=low, p50=middle, p90=high), *([Normal(mean=middle, sd=abs(low))] if low else [])]
        for distribution in kinds:
            try:
                result = median(distribution, bounds)
            except ValueError as error:
                reason = str(error)
                known = "to compute with" in reason or "practically nothing" in reason
                result = math.nan if known else math.inf
            if math.isnan(result):
                continue
            assert isinstance(distribution, Normal) or low <= result <= high
            assert math.isfinite(result)
            drawn = quantile_of(distribution, bounds)(np.array([1e-12, 0.3, 1 - 1e-12]))
            assert np.isfinite(drawn).all()

    def test_a_normal_that_lies_elsewhere_is_refused(self):
        with pytest.raises(ValueError, match="practically nothing"):
            median(Normal(mean=-100, sd=1), (0, 10))


def test_a_distribution_scores_as_its_median(default_model):
    item = default_model.assess(
        {
            "military_activity": {"low": 5, "high": 9},
            "communication_frequency": 1,
            "espionage": 3,
            "trade_disruption": 20,
        }
    )
    two = default_model.assess(
        {"military_activity": 7, "communication_frequency": 1, "espionage": 3, "trade_disruption": 20}
    )
    for first, second in zip(item.scores.values(), two.scores.values(), strict=True):
        assert (first.base, first.value, first.account) == (second.base, second.value, second.account)
        assert first.low <= second.low
        assert second.high <= first.high
    assert item["escalation"].low < two["escalation"].low


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"low": 5, "high": 90}, "military_activity.high: 90 is outside"),
        ({"low": 5, "high": 1}, "high (1) is below low (5)"),
        ({"low": 1, "likely": 0, "high": 3}, "likely (0) is below low (1)"),
        ({"mean": 3, "sd": 0}, "should be above 0; got 0"),
        ({"mean": -80, "sd": 1}, "practically nothing"),
        ({"median": 3}, "needs one of the keys"),
        ({"low": 1, "high": 2, "mode": 3}, "unknown key 'mode'"),
        ([1, 2], "should be a number, a label, null, or a distribution"),
        (True, "should be a finite number, a label, or null"),
        (float("inf"), "should be a finite number, a label, or null"),
        ("much", "should be a number; got 'much'"),
    ],
)
def test_values_that_are_none(default_model, value, words):
    with pytest.raises(riskmodel.SituationError) as caught:
        default_model.assess({"military_activity": value})
    assert words in str(caught.value)


def test_numpy_values_are_taken(default_model):
    assert default_model.assess({"military_activity": np.float64(3)}).input("military_activity").value == 3


def test_every_problem_of_a_situation_is_reported(default_model):
    with pytest.raises(riskmodel.SituationError) as caught:
        default_model.assess(
            {"military_activty": 3, "espionage": -1, "public_hostility": 101, "joint_initiatives": "no"}
        )
    reported = [str(problem) for problem in caught.value.problems]
    assert len(reported) == 4
    assert "did you mean 'military_activity'" in reported[0]
    assert "the nearest valid value is 0" in reported[1]
    assert "the nearest valid value is 100" in reported[2]


def test_labels_as_written_and_as_numbers():
    model = riskmodel.load_model(
        {
            "format": 1,
            "id": "labels",
            "indicators": {"mood": {"scale": {"levels": {"calm": 0, "2": 0.5, "crisis": 1}}}},
            "scores": {"s": {"weights": {"mood": 1}}},
            "rules": {"r": {"when": "mood is crisis", "then": {"s": {"add": -10}}}},
        }
    )
    assert [model.assess({"mood": mood})["s"].value for mood in ("calm", 2, 2.0, "2", "crisis")] == [0, 50, 50, 50, 90]
    with pytest.raises(riskmodel.SituationError, match="did you mean 'crisis'"):
        model.assess({"mood": "crises"})
    with pytest.raises(riskmodel.SituationError, match="has labels"):
        model.assess({"mood": {"low": 1, "high": 2}})


def test_one_file_may_hold_several_situations_and_name_its_model(write):
    write(
        "own.yaml",
        "format: 1\nid: own\nindicators: {a: {scale: {goalposts: [0, 1]}}}\nscores: {s: {weights: {a: 1}}}\n",
    )
    path = write(
        "several.yaml",
        "situations:\n- {id: one, model: own.yaml, date: 2022-02, values: {a: 0.5}}\n- {id: two, values: {a: null}}\n",
    )
    item, two = read_situations(path)
    assert item.model == str(path.parent / "own.yaml")
    assert two.model is None
    assert riskmodel.load_model(item.model).assess(item)["s"].value == 50
    assert item.spec.date == "2022-02"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=3", {"a": 3.0}),
        ("a = -1.5e2", {"a": -150.0}),
        ("a=null", {"a": None}),
        ("a=tense", {"a": "tense"}),
        ("a=no", {"a": "no"}),
        ("a=true", {"a": "true"}),
    ],
)
def test_changes_on_the_command_line(text, expected):
    assert read_changes([text]) == expected


@pytest.mark.parametrize("text", ["a", "=3", "", "a="])
def test_an_invalid_change_is_refused(text):
    with pytest.raises(riskmodel.SituationError, match="NAME=VALUE"):
        read_changes([text])


def test_every_invalid_change_is_reported():
    with pytest.raises(riskmodel.SituationError) as caught:
        read_changes(["a=1", "b", "a=2"])
    assert [problem.message.split(";")[0] for problem in caught.value.problems] == [
        "should be NAME=VALUE (null is missing)",
        "is set twice",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "{low: 1, high: 2, low: 3}",
        "{low: 1, high: 2, low: 1}",
        '{"low": 1, "high": 2, "low": 3}',
        "{mean: 1, sd: 2, sd : 3}",
        "{low: 1, high: 3, likely: 2, likely: {a: 1}}",
    ],
)
def test_a_key_given_twice_is_refused_in_a_change_as_it_is_in_a_file(value, write):
    with pytest.raises(riskmodel.SituationError) as change:
        read_changes([f"espionage={value}"])
    with pytest.raises(riskmodel.SituationError) as file:
        read_situations(write("situation.yaml", f"values: {{espionage: {value}}}"))
    assert [problem.message for problem in change.value.problems] == [
        problem.message for problem in file.value.problems
    ][:1]
    assert change.value.problems[0].field == "espionage"
    assert change.value.problems[0].file == "--set"


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT])
def test_missing_in_any_form_that_python_has(default_model, missing):
    assert "espionage" in default_model.assess({"military_activity": 3, "espionage": missing}).missing


def test_a_changed_value_says_so_and_loses_the_note_of_the_old_one(default_model):
    situation = dataclasses.replace(from_values({"espionage": {"low": 1, "high": 3}}), changes={"espionage": 9.0})
    result = default_model.assess(situation).input("espionage")
    assert (result.value, result.changed, result.distribution, result.note) == (9, True, {}, None)


def test_a_distribution_is_kept_beside_its_median(default_model):
    result = default_model.assess({"espionage": {"low": 1, "high": 3}}).input("espionage")
    assert (result.value, result.distribution) == (2, {"low": 1, "high": 3})


@pytest.mark.parametrize("wrong", [None, "file.yaml", [1], 3])
def test_assess_names_the_accepted_types(default_model, wrong):
    with pytest.raises(TypeError, match="values by indicator"):
        default_model.assess(wrong)


def test_an_invalid_situation_does_not_hide_the_problems_of_others(write):
    path = write("s.yaml", "situations:\n- {titel: one, values: {espionag: 1}}\n- {values: {espionage: -1}}\n")
    result, problems = read_valid_situations(path)
    assert [problem.line for problem in problems] == [2]
    assert len(result) == 2
    for situation, word in zip(result, ("espionag", "espionage"), strict=True):
        with pytest.raises(riskmodel.SituationError, match=word):
            riskmodel.load_model().assess(situation)
