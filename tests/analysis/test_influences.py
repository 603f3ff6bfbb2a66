"""What follows from a step: by hand, the accounts, and bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel import RiskmodelError, SituationError

SILENCE = "talks = 0 from 2027-01"


def content(**more):
    """Talks push forces, and forces spies; a rule acts on high forces; mood is a label, calls have no scale."""
    scale = {"valid": [0, 10], "scale": {"goalposts": [0, 10]}}
    return {
        "format": 1,
        "id": "small",
        "indicators": {
            "talks": {"title": "Talks", "unit": "meetings", **scale},
            "forces": {"title": "Forces", **scale, "terms": {"high": {"above": [5, 9]}}},
            "spies": {"title": "Spies", **scale},
            "mood": {"scale": {"levels": {"calm": 0, "tense": 1}}},
            "calls": {"valid": [0, 10]},
        },
        "scores": {
            "risk": {
                "weights": {"talks": -1, "forces": 2, "spies": 1},
                "bands": {"low": 0, "high": 50},
                "min_coverage": 0.4,
            },
            "calm": {"weights": {"talks": 1, "mood": -1}, "min_coverage": 0},
        },
        "rules": {
            "alarm": {"title": "Alarm", "when": "forces is high", "then": {"risk": {"add": 10}}},
            "phones": {"when": "calls >= 5", "then": {"risk": {"add": -3}}},
        },
        "influences": {
            "readiness": {
                "title": "Readiness",
                "from": "talks",
                "to": "forces",
                "strength": [-0.4] * 3,
                "because": "a",
            },
            "spying": {"from": "forces", "to": "spies", "strength": [0.5] * 3, "lag": 2, "because": "b"},
        },
        **more,
    }


MODEL = riskmodel.load_model(content())
START = {"talks": 5, "forces": 4, "spies": 2, "mood": "calm", "calls": 6}


def follow(steps=(SILENCE,), values=START, model=MODEL, **options):
    return riskmodel.simulate_influences(
        values, model=model, steps=list(steps), **{"start": "2026-12", "horizon": 5, **options}
    )


def values(result, name):
    return next(path.values for path in result.indicators if path.name == name)


class TestByHand:
    """Talks 0.5 -> 0 from month 1, so readiness pushes forces by -0.4 x -0.5 = 0.2 from month 2 on.

    Forces: 0.4, then 0.4 + 0.6 x 0.2 = 0.52, 0.616, 0.6928, 0.75424. Spies feel the 0.12 of month 2 in month 4:
    0.2 + 0.8 x 0.5 x 0.12 = 0.248, and the 0.216 of month 3 in month 5: 0.248 + 0.752 x 0.108 = 0.329216.
    """

    def test_indicators(self):
        result = follow()
        assert result.months == ("2027-01", "2027-02", "2027-03", "2027-04", "2027-05")
        assert values(result, "talks") == (0,) * 5
        assert values(result, "forces") == pytest.approx((4, 5.2, 6.16, 6.928, 7.5424))
        assert values(result, "spies") == pytest.approx((2, 2, 2, 2.48, 3.29216))
        assert [path.name for path in result.indicators] == ["forces", "spies", "talks"]

    def test_scores(self):
        """Risk is 100 (1 - talks + 2 forces + spies) / 4, plus 10 x (forces - 5) / 4 by the alarm, less 3 by phones."""
        risk = follow()["risk"]
        assert risk.without == pytest.approx(25 * (0.5 + 0.8 + 0.2) - 3)
        forces, spies = np.array([0.4, 0.52, 0.616, 0.6928, 0.75424]), np.array([0.2, 0.2, 0.2, 0.248, 0.329216])
        alarm = 10 * np.clip((10 * forces - 5) / 4, 0, 1)
        assert risk.values == pytest.approx(tuple(25 * (1 + 2 * forces + spies) + alarm - 3))
        assert risk.band_without == "low"
        assert risk.bands[0] == "low"
        assert risk.bands[-1] == "high"

    def test_the_difference_is_accounted_for(self):
        account = {(part.kind, part.name): part.points for part in follow()["risk"].account}
        assert account["indicator", "talks"] == pytest.approx((12.5,) * 5)
        assert account["indicator", "forces"][-1] == pytest.approx(50 * 0.35424)
        assert account["indicator", "spies"][-1] == pytest.approx(25 * 0.129216)
        assert account["rule", "alarm"] == pytest.approx((0, 0.5, 2.9, 4.82, 6.356))
        assert set(account) == {
            ("indicator", "talks"),
            ("indicator", "forces"),
            ("indicator", "spies"),
            ("rule", "alarm"),
        }

    def test_the_change_of_an_intensity_is_accounted_for(self):
        forces, spies, talks = follow().indicators
        assert forces.changes.keys() == {"readiness"}
        assert forces.changes["readiness"] == pytest.approx((0, 0.12, 0.216, 0.2928, 0.35424))
        assert spies.changes["spying"] == pytest.approx((0, 0, 0, 0.048, 0.129216))
        assert talks.changes == {"step": (-0.5,) * 5}

    def test_what_an_influence_carries_is_lost_without_it(self):
        """Without spying the spies stay; without readiness forces and so spies stay, and the alarm is silent."""
        readiness, spying = follow().influences
        assert spying.change == pytest.approx(0.129216)
        assert spying.carries["risk"] == pytest.approx(25 * 0.129216)
        assert readiness.carries["risk"] == pytest.approx(50 * 0.35424 + 25 * 0.129216 + 6.356)
        assert readiness.carries["calm"] == pytest.approx(0)

    def test_fixed_strengths_have_no_spread(self):
        risk = follow()["risk"]
        for quantile in risk.quantiles.values():
            assert quantile == pytest.approx(risk.differences)


def test_without_a_step_nothing_differs():
    result = follow(())
    assert result.indicators == ()
    for score in result.scores.values():
        assert set(score.differences) == {0.0}
        assert all(set(quantile) == {0.0} for quantile in score.quantiles.values())
        assert score.account == ()


def test_one_step_may_be_a_text():
    assert riskmodel.simulate_influences(START, model=MODEL, steps="talks = 0") == follow(
        ["talks = 0"], start=None, horizon=12
    )


def test_a_step_to_the_value_of_the_start_changes_nothing():
    assert follow(["talks = 5 from 2027-02"]).indicators == ()


def test_a_step_begins_in_its_month_and_a_later_one_replaces_it():
    result = follow(["talks = 8 from 2027-04", "talks = 0 from 2027-02"])
    assert values(result, "talks") == (5, 0, 0, 8, 8)
    assert values(result, "forces")[:2] == (4, 4)
    assert values(result, "forces")[2:] == pytest.approx((5.2, 6.16, 6.16 - 6.16 * 0.4 * 0.3))
    assert [step.month for step in result.steps] == ["2027-02", "2027-04"]


def test_an_indicator_that_a_step_holds_is_not_pushed_from_then_on():
    result = follow([SILENCE, "forces = 4 from 2027-03"])
    assert values(result, "forces") == pytest.approx((4, 5.2, 4, 4, 4))
    forces = next(path for path in result.indicators if path.name == "forces")
    assert forces.changes["step"] == pytest.approx((0, 0, -0.12, -0.12, -0.12))
    assert forces.changes["readiness"] == pytest.approx((0, 0.12, 0.12, 0.12, 0.12))


def test_steps_may_set_labels_and_indicators_of_rules_only():
    result = follow(["mood = tense", "calls = 0 from 2027-02"])
    paths = {path.name: path for path in result.indicators}
    assert paths["mood"].before == "calm"
    assert paths["mood"].values == ("tense",) * 5
    assert paths["mood"].changes == {"step": (1,) * 5}
    assert paths["calls"].values == (6, 0, 0, 0, 0)
    assert paths["calls"].intensity_before is None
    assert result["calm"].differences == pytest.approx((-50,) * 5)
    assert {part.name: part.points for part in result["risk"].account} == {"phones": (0, 3, 3, 3, 3)}


def test_indicators_without_a_value_neither_push_nor_are_pushed():
    result = follow(values={"talks": 5, "spies": 2})
    assert result.missing == ("forces",)
    assert result.influences == ()
    assert [path.name for path in result.indicators] == ["talks"]
    assert result["risk"].account[0].name == "talks"


def test_a_score_without_sufficient_data_is_listed():
    result = follow(["mood = tense"], {"mood": "calm"})
    assert list(result.scores) == ["calm"]
    assert result.without_score == ("risk",)


def test_the_median_of_a_range_counts_and_is_said_to():
    result = follow(values={**START, "spies": {"low": 1, "high": 3}})
    assert result.ranges == ("Spies",)
    assert result["risk"].without == follow()["risk"].without


@pytest.mark.parametrize(
    ("date", "months"), [(None, ("1", "2")), ("2026", ("1", "2")), ("2026-11-30", ("2026-12", "2027-01"))]
)
def test_the_months_are_those_after_the_date_of_the_situation_or_numbers(date, months):
    situation = riskmodel.documents.situations.from_values(START, date=date)
    assert follow(["talks = 0"], situation, start=None, horizon=2).months == months


class TestDraws:
    MODEL = riskmodel.load_model(
        content(
            influences={
                "readiness": {"from": "talks", "to": "forces", "strength": [-0.9, -0.3, 0], "because": "a"},
            }
        )
    )

    def test_differences_are_those_of_the_quantiles_of_a_strength(self):
        """In month 2 the push is -0.5 x g, so the difference follows from the quantile of g alone."""
        from riskmodel.analysis.quantiles import quantile_of

        strength = self.MODEL.spec.influences["readiness"].distribution
        result = follow(model=self.MODEL, draws=4096, horizon=2)
        for share, (_, difference) in result["risk"].quantiles.items():
            # A strength further below 0 raises forces more, so shares count from the other end.
            push = -0.5 * float(quantile_of(strength, (-1, 1))(np.array([1 - share]))[0])
            forces = 0.4 + 0.6 * push
            expected = 12.5 + 50 * (forces - 0.4) + 10 * np.clip((10 * forces - 5) / 4, 0, 1)
            assert difference == pytest.approx(expected, abs=0.1)

    def test_the_path_lies_within_the_middle_half_of_the_draws(self):
        risk = follow(model=self.MODEL)["risk"]
        for month, difference in enumerate(risk.differences):
            assert risk.quantiles[0.25][month] - 1e-9 <= difference <= risk.quantiles[0.75][month] + 1e-9

    def test_a_seed_gives_the_same_draws_and_another_seed_others(self):
        one, again, other = (follow(model=self.MODEL, seed=seed)["risk"].quantiles for seed in (1, 1, 2))
        assert one == again
        assert one != other

    def test_more_draws_than_a_block_are_all_used(self):
        few, many = (follow(model=self.MODEL, draws=draws)["risk"].quantiles[0.5][-1] for draws in (1024, 4096))
        assert few == pytest.approx(many, abs=0.1)


NAMES = ("talks", "forces", "spies")
LINKS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(NAMES), st.floats(-1, 1, allow_subnormal=False), st.integers(1, 3)
    ),
    max_size=7,
    unique_by=lambda link: link[:2],
)
VALUE = st.floats(0, 10, allow_subnormal=False)


@settings(max_examples=40, deadline=None)
@given(
    LINKS,
    st.tuples(VALUE, VALUE, VALUE),
    st.lists(
        st.tuples(st.sampled_from(NAMES), VALUE, st.integers(1, 5)),
        max_size=3,
        unique_by=lambda step: (step[0], step[2]),
    ),
)
def test_accounts_sum_to_the_differences_on_every_map(links, start, steps):
    influences = {
        f"i{number}": {"from": source, "to": target, "strength": [strength] * 3, "lag": lag, "because": "x"}
        for number, (source, target, strength, lag) in enumerate(links)
    } or {"none": {"from": "talks", "to": "talks", "strength": [0, 0, 0], "because": "x"}}
    texts = [f"{name} = {value!r} from 2027-0{month}" for name, value, month in steps]
    model = riskmodel.load_model(content(influences=influences))
    result = follow(texts, {**dict(zip(NAMES, start, strict=True)), "mood": "calm"}, model, draws=64)
    for score in result.scores.values():
        for month, difference in enumerate(score.differences):
            assert math.fsum(part.points[month] for part in score.account) == pytest.approx(difference, abs=1e-9)
            assert score.without + difference == pytest.approx(score.values[month], abs=1e-9)
    for path in result.indicators:
        assert all(0 <= value <= 10 for value in path.values)
        for month, intensity in enumerate(path.intensities):
            change = math.fsum(amounts[month] for amounts in path.changes.values())
            assert change == pytest.approx(intensity - path.intensity_before, abs=1e-9)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["talk = 1"], "'talk' is not an indicator of model 'small'; did you mean 'talks'?"),
        (["risk = 1"], "'risk' is a score; a step sets an indicator"),
        (["talks = 11"], "talks: 11 is outside the valid range (0 to 10); the nearest valid value is 10"),
        (["talks = many"], "should be a number"),
        (["talks = true"], "should be a number"),
        (["mood = calmer"], "did you mean 'calm'?"),
        (["talks = null"], "a step needs a value"),
        (["talks"], "not a step; a step is NAME = VALUE from MONTH"),
        (["= 3"], "not a step"),
        (["talks ="], "not a step"),
        (["talks = 1 from"], "should be a number"),
        (["talks = 1 from 2026-12"], "2026-12 is not after the start, 2026-12; the first month ahead is 2027-01"),
        (["talks = 1 from 2020-01"], "the first month ahead is 2027-01"),
        (["talks = 1 from 2027-06"], "2027-06 is after the last month, 2027-05; --horizon 6 or more goes on"),
        (["talks = 1 from 2099-06"], "2099-06 is after the last month, 2027-05"),
        (["talks = 1 from 2027"], "'2027' is not a month; write it as 2027-01"),
        (["talks = 1 from 3"], "'3' is not a month"),
        (["talks = 1", "talks = 2 from 2027-01"], "talks is set twice from 2027-01 on"),
    ],
)
def test_a_step_that_is_wrong_is_refused_with_its_text(steps, message):
    with pytest.raises(RiskmodelError) as error:
        follow(steps)
    assert message in str(error.value)
    assert str(error.value).startswith("--if")


def test_all_steps_that_are_wrong_are_named():
    with pytest.raises(RiskmodelError) as error:
        follow(["talk = 1", "talks = 99"])
    assert len(error.value.problems) == 2


def test_a_month_needs_a_start():
    with pytest.raises(
        RiskmodelError, match=r"the month of the situation is unknown \(it has no date\); give --start 2026-12"
    ):
        follow(start=None)


def test_a_step_needs_a_value_to_start_from():
    with pytest.raises(RiskmodelError, match="talks has no value in the situation"):
        follow(values={"forces": 3, "spies": 3})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "from 1 to 120 months; got 0"),
        ({"horizon": 1.5}, "from 1 to 120 months; got 1.5"),
        ({"horizon": True}, "from 1 to 120 months; got True"),
        ({"draws": 10}, "draws are from 64 to 16,384; got 10"),
        ({"seed": -1}, "a seed is a whole number"),
        ({"start": "soon"}, "--start: 'soon' is not a month"),
        ({"start": "2026"}, "--start: '2026' is not a month; write it as 2026-12"),
        ({"start": "9999-10"}, "the calendar ends before 5 months after 9999-10"),
    ],
)
def test_an_option_out_of_range_is_refused(options, message):
    with pytest.raises(RiskmodelError) as error:
        follow(**options)
    assert message in str(error.value)


def test_a_model_without_influences_is_refused():
    with pytest.raises(RiskmodelError, match="model 'small' states no influences"):
        follow(model=riskmodel.load_model(content(influences={})))


def test_invalid_values_are_refused():
    with pytest.raises(SituationError, match="outside the valid range"):
        follow(values={**START, "talks": 11})


def test_no_score_is_refused():
    with pytest.raises(RiskmodelError, match="insufficient for every score"):
        follow(["calls = 1"], {"calls": 3})


class TestTheDefaultModel:
    VALUES = riskmodel.load_model().scenarios["shifting_alliances"].spec.values

    @pytest.mark.parametrize(("talks", "rises"), [(0, True), (15, False)])
    def test_silence_raises_the_risk_further_month_by_month_and_talks_lower_it(self, default_model, talks, rises):
        result = default_model.simulate_influences(
            self.VALUES, steps=[f"communication_frequency = {talks}"], horizon=24
        )
        for name, up in (("escalation", rises), ("stability", not rises)):
            values = np.array([result[name].without, *result[name].values])
            assert (np.diff(values) * (1 if up else -1) > -1e-9).all()
            assert abs(values[-1] - values[1]) > 1

    def test_the_chain_of_the_article_follows(self, default_model):
        result = default_model.simulate_influences(self.VALUES, steps=["communication_frequency = 0"], horizon=12)
        change = {path.name: path.intensities[-1] - path.intensity_before for path in result.indicators}
        for name in ("military_activity", "espionage", "trade_disruption", "regional_instability", "public_hostility"):
            assert change[name] > 0, name
        assert change["joint_initiatives"] < 0
