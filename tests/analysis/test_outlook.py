"""Outlooks of tables: the backtest against independent sums, refusals, and the same numbers for the same seed."""

import numpy as np
import pandas as pd
import pytest
from outlook_cases import linear_model, months, table, walk

import riskmodel
from riskmodel.analysis.outlook.backtest import LEAST, MAX_ORIGINS, compare, origins
from riskmodel.analysis.outlook.unit import UnitPast
from riskmodel.errors import RiskmodelError, SituationError

MODEL = linear_model(["a", "b"], low=-50, high=50)
TWO = {
    name: {"a": walk(seed, 40), "b": walk(seed + 1, 40, start=5)}
    for name, seed in (("north-south", 1), ("east-west", 5))
}


def outlook(frame, **options):
    return MODEL.outlook(frame, by="pair", time="month", **{"horizon": 3, "draws": 128, **options})


@pytest.fixture(scope="module")
def two():
    return outlook(table(TWO))


def test_every_unit_has_the_months_after_its_last(two):
    assert [unit.name for unit in two.units] == ["east-west", "north-south"]
    assert {unit.ahead for unit in two.units} == {("2018-05", "2018-06", "2018-07")}
    assert two.step == "1 month"


def test_units_go_on_from_their_own_ends():
    frame = table(TWO | {"early": {"a": walk(9, 30), "b": walk(10, 30)}})
    by_name = {unit.name: unit for unit in outlook(frame).units}
    assert by_name["early"].ahead == ("2017-07", "2017-08", "2017-09")
    assert by_name["early"].times == tuple(months(30))


def test_quantiles_ascend_and_bands_sum_to_one(two):
    for unit in two.units:
        fan = unit.scores["tension"]
        assert (np.diff(fan.quantiles, axis=1) >= 0).all()
        np.testing.assert_allclose(fan.bands.sum(axis=1), 1.0)
        assert fan.last == pytest.approx(fan.past[-1])


def test_the_frame_has_a_row_for_each_unit_month_and_score(two):
    frame = two.to_frame()
    assert list(frame.columns[:4]) == ["pair", "month", "steps_ahead", "score"]
    assert len(frame) == 2 * 3
    assert frame["steps_ahead"].tolist() == [1, 2, 3] * 2
    row, fan = frame.iloc[0], two.units[0].scores["tension"]
    assert row["p50"] == pytest.approx(fan.quantiles[0, 2], abs=0.0005)
    assert row["in_low"] + row["in_high"] == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_draws_whatever_other_units_there_are(two):
    frame = table(TWO)
    assert outlook(frame).to_dict() == two.to_dict()
    alone = outlook(frame[frame["pair"] == "east-west"]).units[0].scores["tension"]
    np.testing.assert_array_equal(alone.quantiles, two.units[0].scores["tension"].quantiles)
    other = outlook(frame, seed=1).units[0].scores["tension"]
    assert (other.quantiles != two.units[0].scores["tension"].quantiles).any()


def test_the_share_of_a_driver_is_the_variance_that_goes_with_it():
    """The score is linear in two indicators: without one of them, the variance is that of the other."""
    columns = {"a": walk(11, 60, step=3), "b": walk(12, 60)}
    result = outlook(table({"unit": columns}))
    last = {name: path[-1] for name, path in UnitPast.of(MODEL, "unit", columns, 0).draw(59, 3, 128).items()}
    shares = {driver.name: driver.share for driver in result.units[0].scores["tension"].drivers}
    total = np.var(last["a"] + last["b"])
    assert shares["a"] == pytest.approx(1 - np.var(last["b"]) / total)
    assert shares["b"] == pytest.approx(1 - np.var(last["a"]) / total)
    assert shares["a"] > shares["b"]


# ---- held against the past


def past_of(values):
    return UnitPast.of(MODEL, "unit", values, 0)


def test_a_forecast_of_the_past_uses_nothing_that_came_after():
    values = {"a": walk(20, 40), "b": walk(21, 40)}
    changed = {name: np.concatenate((column[:25], column[25:] + 7.0)) for name, column in values.items()}
    for steps in (1, 6):
        paths, others = (past_of(columns).draw(24, steps, 64) for columns in (values, changed))
        for name, path in paths.items():
            np.testing.assert_array_equal(path, others[name])


def test_errors_are_those_of_the_definition():
    """CRPS = mean |x - y| - mean |x - x'| / 2 (Gneiting and Raftery 2007, equation 21), by brute force."""
    values = {"a": walk(22, 40), "b": walk(23, 40)}
    past, steps = past_of(values), 5
    observed, last = past.scored["tension"].value[30:35], past.scored["tension"].value[29]
    drawn = past.score(past.draw(29, steps, 128), steps, 128)["tension"].values
    comparison = compare(past, 29, steps, 128)["tension"]
    np.testing.assert_array_equal(comparison[:, 0], [1, 2, 3, 4, 5])
    for row, members, y in zip(comparison, drawn, observed, strict=True):
        pairs = np.abs(members[:, None] - members[None, :]).mean()
        assert row[1] == pytest.approx(np.abs(members - y).mean() - pairs / 2)
        low, lower, upper, high = np.quantile(members, (0.05, 0.25, 0.75, 0.95))
        assert (row[4], row[5]) == (lower <= y <= upper, low <= y <= high)
    np.testing.assert_allclose(comparison[:, 2], np.abs(observed - last))


def test_months_without_a_score_are_not_compared():
    values = {"a": walk(24, 40), "b": walk(25, 40)}
    for column in values.values():
        column[32] = np.nan
    assert compare(past_of(values), 29, 5, 64)["tension"][:, 0].tolist() == [1, 2, 4, 5]


@pytest.mark.parametrize("count", [LEAST, 25, 31, 32, 33, 100, 500])
def test_origins_are_few_and_leave_enough_before_and_after(count):
    chosen = origins(np.arange(count))
    assert len(chosen) == min(MAX_ORIGINS, count - 20)
    assert (chosen[0], chosen[-1]) == (19, count - 2)
    assert (np.diff(chosen) > 0).all()


def test_trials_add_up(two):
    backtest = two["tension"].backtest
    assert (backtest.units, backtest.origins) == (2, 24)
    assert [trial.steps for trial in backtest.by_step] == [1, 2, 3]
    assert sum(trial.forecasts for trial in backtest.by_step) == backtest.overall.forecasts
    weighted = sum(trial.crps * trial.forecasts for trial in backtest.by_step) / backtest.overall.forecasts
    assert backtest.overall.crps == pytest.approx(weighted)


def test_a_score_that_stays_is_not_beaten_and_that_is_the_first_sentence():
    """After month 15 nothing moves, so that the last score is right at every origin, and no draw can be better."""
    still = {name: np.concatenate((walk(seed, 15), np.full(20, 3.0))) for seed, name in enumerate("ab")}
    result = outlook(table({"unit": still}))
    assert result["tension"].backtest.overall.crps_last == 0
    assert "does not beat both" in result.verdict[0] or "beats neither" in result.verdict[0]
    sentence = f"{result.verdict[0]}."
    assert str(result).splitlines()[1] == sentence
    assert result.to_markdown().splitlines()[2] == sentence
    assert next(iter(result.to_dict().items())) == ("verdict", list(result.verdict))


# ---- refusals


def test_a_short_past_is_refused_with_the_least_number_and_other_units_go_on():
    frame = table(TWO | {"short": {"a": walk(30, LEAST - 1), "b": walk(31, LEAST - 1)}})
    result = outlook(frame)
    assert [unit.name for unit in result.units] == ["east-west", "north-south"]
    (skipped,) = result.skipped
    assert skipped.unit == "short"
    assert skipped.reason.startswith("23 times with a score; an outlook needs 24 at least")
    assert f"no outlook for short: {skipped.reason}" in str(result)


def test_the_least_past_is_enough():
    assert len(outlook(table({"unit": {"a": walk(30, LEAST), "b": walk(31, LEAST)}})).units) == 1


def test_no_unit_left_is_an_error_with_the_reasons():
    with pytest.raises(SituationError, match="no unit has an outlook: short: 5 times with a score"):
        outlook(table({"short": {"a": walk(1, 5), "b": walk(2, 5)}}))


def test_irregular_times_are_refused():
    frame = table({"unit": {"a": walk(1, 6), "b": walk(2, 6)}}).assign(month=[1900, 1907, 1913, 1990, 1991, 1999])
    with pytest.raises(SituationError, match="irregular"):
        outlook(frame)


@pytest.mark.parametrize("options", [{"horizon": 0}, {"horizon": 121}, {"horizon": 1.5}, {"draws": 5}, {"seed": -1}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(RiskmodelError):
        outlook(table(TWO), **options)


def test_what_did_not_vary_has_no_width():
    frame = table({"unit": {"a": np.full(30, 2.0), "b": np.full(30, 4.0)}})
    result = outlook(frame)
    (unit,) = result.units
    assert {item.method for item in unit.indicators} == {"did not vary"}
    assert np.ptp(unit.scores["tension"].quantiles) == 0
    assert "nothing spreads the score" in str(result)


def test_moves_of_other_units_are_those_since_the_time_before():
    """One other unit, whose b steps up by 10 each month but over a gap, where it steps up by 20."""
    steady = {"a": np.full(30, 2.0), "b": np.full(30, 4.0)}
    frame = table({"steady": steady, "rising": {"a": walk(3, 30), "b": -140 + 10.0 * np.arange(30)}})
    gappy = frame[(frame["pair"] == "steady") | (frame["month"] != "2016-01")]
    (_, unit) = outlook(gappy, draws=2048).units
    drawn = unit.scores["tension"]
    # The score is the mean of a and b, between -50 and 50: a move of b by 10 is 5 points; 20/50 of the steps move.
    first = drawn.quantiles[0]
    assert first[1] == pytest.approx(53, abs=1.5)
    assert first[4] == pytest.approx(58, abs=3)
    assert drawn.bands[0].sum() == pytest.approx(1.0)


def test_what_has_no_value_stays_missing():
    frame = table({"unit": {"a": walk(40, 30), "b": np.full(30, np.nan)}})
    (unit,) = outlook(frame).units
    assert unit.without_values == ("b",)
    alone = linear_model(["a"], low=-50, high=50).outlook(
        frame.drop(columns="b"), by="pair", time="month", horizon=3, draws=128
    )
    np.testing.assert_allclose(unit.scores["tension"].quantiles, alone.units[0].scores["tension"].quantiles, atol=1e-9)


def test_labels_are_carried_by_their_transitions():
    model = linear_model(["a"], low=-50, high=50, mood={"scale": {"levels": {"calm": 0, "tense": 1}}})
    mood = ["calm", "tense"] * 15
    frame = pd.DataFrame({"month": months(30), "a": np.full(30, 0.0), "mood": mood})
    (unit,) = model.outlook(frame, time="month", horizon=2, draws=128).units
    # Each label was always followed by the other one: after tense comes calm, then tense.
    assert unit.scores["tension"].quantiles[:, 2].tolist() == [25.0, 75.0]


def test_the_function_and_the_method_are_the_same(two):
    result = riskmodel.outlook(table(TWO), model=MODEL, by="pair", time="month", horizon=3, draws=128)
    assert result.to_dict() == two.to_dict()


# ---- with influences


def with_influences():
    indicator = {"valid": [0, 100], "scale": {"goalposts": [0, 100]}}
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "chain",
            "indicators": {"a": indicator, "b": indicator},
            "scores": {"tension": {"weights": {"a": 1, "b": 1}, "decimals": 3}},
            "influences": {
                "b_follows_a": {
                    "from": "a",
                    "to": "b",
                    "strength": [0.2, 0.3, 0.4],
                    "because": "The test says so.",
                }
            },
        }
    )


CHAIN = {"a": walk(60, 40, start=50), "b": walk(61, 40, start=50)}


def test_influences_are_added_on_request_and_the_past_is_compared_without_them():
    model, frame = with_influences(), table({"unit": CHAIN})
    plain, added = (
        model.outlook(frame, by="pair", time="month", horizon=3, draws=128, influences=wanted)
        for wanted in (False, True)
    )
    assert plain["tension"].backtest.overall.crps_without_influences is None
    overall = added["tension"].backtest.overall
    assert overall.crps_without_influences == pytest.approx(plain["tension"].backtest.overall.crps)
    assert overall.crps != overall.crps_without_influences
    assert "influences" not in str(plain)
    assert "theory" in added.verdict[0]


def test_a_pushed_indicator_follows_the_one_that_pushes_it():
    """What b is moved further, up or down, has the sign of the deviation of a, and comes a month after it."""
    past = UnitPast.of(with_influences(), "unit", CHAIN, 0)
    own, pushed = (past.draw(39, 3, 128, months) for months in (0, 1))
    np.testing.assert_allclose(pushed["a"], own["a"], atol=1e-9)
    np.testing.assert_allclose(pushed["b"][0], own["b"][0], atol=1e-9)
    moved = pushed["b"][1] - own["b"][1]
    assert (np.sign(moved) == np.sign(own["a"][0] - CHAIN["a"][-1])).all()


def test_influences_need_a_model_that_states_them_and_months():
    with pytest.raises(RiskmodelError, match="states no influences"):
        outlook(table(TWO), influences=True)
    daily = table({"unit": CHAIN}).assign(
        month=[f"2020-01-{day:02}" for day in range(1, 32)] + [f"2020-02-{day:02}" for day in range(1, 10)]
    )
    with pytest.raises(RiskmodelError, match="influences are per month, and the times are 1 day apart"):
        with_influences().outlook(daily, by="pair", time="month", influences=True)


def test_influences_of_a_year_are_those_of_twelve_months():
    """The path of b is moved within the first year already, since a deviates from its first month on."""
    past = UnitPast.of(with_influences(), "unit", CHAIN, 0)
    own, monthly, yearly = (past.draw(39, 3, 128, months) for months in (0, 1, 12))
    assert np.abs(yearly["b"][0] - own["b"][0]).mean() > np.abs(monthly["b"][0] - own["b"][0]).mean()
    years = table({"unit": CHAIN}).assign(month=range(1980, 2020))
    result = with_influences().outlook(years, by="pair", time="month", horizon=2, draws=128, influences=True)
    assert result["tension"].backtest.overall.crps_without_influences is not None
