"""Validation as a whole: no fit sees what it is tested on, and every figure is what other means give."""

import copy
import json
import math
import os
import random
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import run
from hypothesis import given
from hypothesis import strategies as st
from random_models import random_model, random_values
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

import riskmodel
from riskmodel.analysis.outcomes import diagnostics, study
from riskmodel.analysis.outcomes.diagnostics import last_outcome
from riskmodel.analysis.outcomes.splits import Split, by_groups, check_both_outcomes, out_of_time
from riskmodel.results import Estimate
from riskmodel.tables.labels import Labels

ROOT = Path(__file__).parents[2]
SCALE = {"scale": {"goalposts": [0, 10]}}
MODEL = {
    "format": 1,
    "id": "tiny",
    "indicators": {"arms": SCALE, "talks": SCALE, "trade": SCALE},
    "scores": {"risk": {"weights": {"arms": 3, "talks": -1, "trade": -2}, "bands": {"low": 0, "high": 40, "top": 70}}},
    "rules": {
        "armed_silence": {"title": "Silence", "when": "arms > 6 and talks < 4", "then": {"risk": {"add": 20}}},
        "never": {"when": "arms > 99", "then": {"risk": {"add": 50}}},
    },
}


def history(seed=0, pairs=12, years=20, strength=0.35):
    """Rows of pairs of states by year, in no order, with gaps; pairs differ in how often there are events."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(f"p{pair}", 1990 + year) for pair in range(pairs) for year in range(years)])
    frame.columns = ["pair", "year"]
    for name in MODEL["indicators"]:
        frame[name] = rng.uniform(0, 10, len(frame))
    inclined = rng.normal(0, 0.7, pairs)[np.repeat(np.arange(pairs), years)]
    logits = strength * (frame["arms"] - frame["trade"]) + inclined - 1.2
    frame["war"] = (rng.random(len(frame)) < 1 / (1 + np.exp(-logits))).astype(float)
    frame["arms"] = frame["arms"].mask(rng.random(len(frame)) < 0.1)
    frame.loc[rng.random(len(frame)) < 0.03, "war"] = np.nan
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def result(frame, model=MODEL, score="risk", **options):
    return riskmodel.validate(frame, "war", model, score=score, **({"resamples": 2} | options))


def by_name(validated):
    return {other.name: other for other in validated.comparisons}


# ---------------------------------------------------------------------------------------------------------- leaks


@pytest.fixture
def predicted(monkeypatch):
    """Return the forecasts of a validation for every row of the frame, NaN in rows that are not tested."""
    caught = {}
    whole = diagnostics._against

    def catching(setting, name, values, **more):
        forecast = more.get("probabilities")
        if forecast is not None:
            caught[name] = np.where(setting.splits.test, forecast, np.nan)
        caught["tested"] = setting.splits.test
        return whole(setting, name, values, **more)

    monkeypatch.setattr(diagnostics, "_against", catching)

    def run(frame, **options):
        caught.clear()
        validated = result(frame, **options)
        for recalibrated in validated.recalibrated:
            caught[recalibrated.method] = np.full(len(frame), np.nan)
            caught[recalibrated.method][caught["tested"]] = recalibrated.probabilities
        return {name: forecast.copy() for name, forecast in caught.items()}

    return run


FITTED = {"logistic", "isotonic", "logistic regression", "prevalence"}
OUT_OF_TIME = {"group": "pair", "time": "year", "test_from": 2003}


def changed(before, after, rows):
    """The fitted forecasts that are not the same to the bit in some rows."""
    assert before.keys() == after.keys() >= FITTED
    assert all(np.isfinite(before[name][rows]).all() for name in FITTED)
    return {name for name in FITTED if before[name][rows].tobytes() != after[name][rows].tobytes()}


def leaks_of_later_outcomes(predicted, frame):
    """The forecasts of the tested rows that change when the outcomes of these rows do."""
    tested = (frame["year"] >= 2003) & frame["war"].notna()
    turned = frame.assign(war=frame["war"].where(~tested, 1 - frame["war"]))
    assert (turned["war"] != frame["war"])[tested].all()
    return changed(predicted(frame, **OUT_OF_TIME), predicted(turned, **OUT_OF_TIME), tested)


def leaks_of_one_row(predicted, frame, **options):
    """The forecasts of the other tested rows that change when what is known of one tested row does."""
    tested = np.flatnonzero((frame["year"] >= 2003) & frame["war"].notna())
    turned = frame.copy()
    turned.loc[tested[0], list(MODEL["indicators"])] = [1e3, np.nan, -1e3]
    turned.loc[tested[0], "war"] = 1 - frame.loc[tested[0], "war"]
    return changed(predicted(frame, **OUT_OF_TIME), predicted(turned, **OUT_OF_TIME), tested[1:])


def leaks_of_groups(predicted, frame):
    """The forecasts of a group that change when its own outcomes do, and of the other groups."""
    inside, outside = set(), set()
    for pair in ("p0", "p7"):
        rows = ((frame["pair"] == pair) & frame["war"].notna()).to_numpy()
        turned = frame.assign(war=frame["war"].where(~rows, 1 - frame["war"]))
        before, after = predicted(frame, group="pair"), predicted(turned, group="pair")
        inside |= changed(before, after, rows)
        outside |= changed(before, after, before["tested"] & ~rows)
    return inside, outside


def fit_on_all_rows(splits):
    """The same splits with fits that see the rows that they are tested on."""
    return splits._replace(parts=tuple(Split(part.fit | part.test, part.test) for part in splits.parts))


def test_no_fit_sees_what_comes_later(predicted):
    frame = history()
    assert leaks_of_later_outcomes(predicted, frame) == set()
    assert leaks_of_one_row(predicted, frame) == set()
    # What was before does matter.
    early = (frame["year"] < 2003) & frame["war"].notna()
    turned = frame.assign(war=frame["war"].where(~early, 1 - frame["war"]))
    before, after = predicted(frame, **OUT_OF_TIME), predicted(turned, **OUT_OF_TIME)
    assert changed(before, after, before["tested"]) == FITTED


def test_no_fit_sees_the_fold_that_it_is_tested_on(predicted):
    inside, outside = leaks_of_groups(predicted, history())
    assert inside == set()
    assert outside == FITTED


def test_a_fit_that_saw_the_tested_rows_would_be_caught(predicted, monkeypatch):
    frame = history()
    with monkeypatch.context() as leaky:
        leaky.setattr(study, "out_of_time", lambda *arguments: fit_on_all_rows(out_of_time(*arguments)))
        assert leaks_of_later_outcomes(predicted, frame) == FITTED
        assert leaks_of_one_row(predicted, frame) >= {"logistic regression", "prevalence"}
    with monkeypatch.context() as leaky:
        leaky.setattr(
            study, "by_groups", lambda *arguments, **options: fit_on_all_rows(by_groups(*arguments, **options))
        )
        assert leaks_of_groups(predicted, frame)[0] == FITTED


def test_persistence_knows_nothing_of_the_present_and_the_future(predicted):
    frame = history()
    before = predicted(frame, **OUT_OF_TIME)["persistence"]
    last = 2007
    turned = frame.assign(war=frame["war"].where(frame["year"] < last, 1 - frame["war"]))
    after = predicted(turned, **OUT_OF_TIME)["persistence"]
    same = (frame["year"] <= last).to_numpy()
    assert before[same].tobytes() == after[same].tobytes()
    known = set(frame["pair"][(frame["year"] == last) & frame["war"].notna()])
    next_year = ((frame["year"] == last + 1) & frame["war"].notna() & frame["pair"].isin(known)).to_numpy()
    assert next_year.sum() >= 6
    assert (before[next_year] == 1 - after[next_year]).all()


# --------------------------------------------------------------------------------------------------------- splits


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=3, max_size=60), st.integers(0, 99))
def test_folds_never_split_a_group_and_test_each_row_once(rows, seed):
    groups, used = np.array([group for group, _ in rows]), np.array([flag for _, flag in rows])
    if len(set(groups[used].tolist())) < 2:
        with pytest.raises(riskmodel.SituationError, match="two or more groups are needed"):
            by_groups(groups, used, seed, are_rows=False)
        return
    splits = by_groups(groups, used, seed, are_rows=False)
    assert len(splits.parts) == min(5, len(set(groups[used].tolist())))
    times = np.zeros(len(rows), int)
    for part in splits.parts:
        assert part.fit.any()
        assert part.test.any()
        assert not set(groups[part.fit].tolist()) & set(groups[part.test].tolist())
        assert np.array_equal(part.fit | part.test, used)
        times += part.test
    assert np.array_equal(times, used.astype(int))
    assert np.array_equal(splits.test, used)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=3, max_size=60))
def test_the_last_third_is_as_near_a_third_as_whole_times_allow(rows):
    times, used = np.array([time for time, _ in rows]), np.array([flag for _, flag in rows])
    names = tuple(str(time) for time in range(7))
    different = sorted(set(times[used].tolist()))
    if len(different) < 2:
        with pytest.raises(riskmodel.SituationError, match="only one time"):
            out_of_time(Labels(times, names), used, "t", None)
        return
    (part,) = out_of_time(Labels(times, names), used, "t", None).parts
    assert times[part.fit].max() < times[part.test].min()
    assert np.array_equal(part.fit | part.test, used)
    share = part.test.sum() / used.sum()
    best = min(abs((times[used] >= cut).mean() - 1 / 3) for cut in different[1:])
    assert abs(share - 1 / 3) == pytest.approx(best, abs=1e-12)


def test_a_fold_may_be_without_events_if_the_others_have_some():
    fit, test = np.array([[0, 0, 1, 1], [1, 1, 0, 0]], bool)
    folds = (Split(fit, test), Split(test, fit))
    check_both_outcomes(np.array([0, 1, 0, 1], bool), folds)
    with pytest.raises(riskmodel.SituationError, match="of the 2 rows to fit on, none had an event"):
        check_both_outcomes(np.array([0, 1, 0, 0], bool), folds)
    three = tuple(Split(np.arange(6) // 2 != index, np.arange(6) // 2 == index) for index in range(3))
    check_both_outcomes(np.array([1, 0, 1, 0, 0, 0], bool), three)


def test_rare_events_do_not_make_the_seed_decide_whether_there_is_an_answer():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.uniform(0, 10, 60) for name in MODEL["indicators"]})
    frame["war"] = np.arange(60) < 4
    for seed in range(3):
        assert result(frame, seed=seed).counts.events == 4


# ---------------------------------------------------------------------------------------------------- persistence


def last_of(rows):
    groups = sorted({group for group, _, _ in rows})
    outcome = np.array([math.nan if value is None else value for _, _, value in rows], float)
    codes = Labels(np.array([groups.index(group) for group, _, _ in rows]), tuple(groups))
    times = Labels(np.array([time for _, time, _ in rows]), tuple(str(time) for time in range(30)))
    return last_outcome(outcome, outcome == 1, codes, times).tolist()


def test_the_last_outcome_worked_by_hand():
    rows = [
        ("b", 5, 1),  # nothing before
        ("a", 9, 0),  # the last that is known was at 4
        ("a", 4, 1),  # the last was at 1, a gap of two between
        ("a", 7, None),  # not known itself, and still forecast
        ("a", 1, 0),  # nothing before
        ("b", 6, 0),  # two at one time: both look at 5, not at each other
        ("b", 6, 1),
        ("b", 8, 1),  # half of what was at 6
        ("c", 3, 1),  # only itself
        ("d", 2, None),  # nothing known before or at all
        ("d", 4, 0),  # the row before is not known
    ]
    expected = [math.nan, 1, 0, 1, math.nan, 1, 1, 0.5, math.nan, math.nan, math.nan]
    assert last_of(rows) == pytest.approx(expected, nan_ok=True)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 8), st.sampled_from([0, 1, None])), min_size=1, max_size=40
    ).filter(lambda rows: any(value is not None for _, _, value in rows))
)
def test_the_last_outcome_by_looking_through_all_rows(rows):
    expected = []
    for group, time, _ in rows:
        earlier = [(t, value) for g, t, value in rows if g == group and t < time and value is not None]
        latest = [value for t, value in earlier if t == max(t for t, _ in earlier)]
        expected.append(sum(latest) / len(latest) if latest else math.nan)
    assert last_of(rows) == pytest.approx(expected, nan_ok=True)


# ------------------------------------------------------------------------------------- figures against other means


def exact(model, score, frame):
    """A score of every row, by way of `score_frame`."""
    return riskmodel.load_model(model).score_frame(frame)[f"{score}_exact"].to_numpy()


def near(value):
    return pytest.approx(value, abs=1e-12)


def nominal(model, score):
    """The signed share of each indicator in a score, through sub-scores."""
    shares = {}
    weights = {name: w["weight"] if isinstance(w, dict) else w for name, w in model["scores"][score]["weights"].items()}
    for name, weight in weights.items():
        inner = nominal(model, name) if name in model["scores"] else {name: 1.0}
        for indicator, share in inner.items():
            shares[indicator] = shares.get(indicator, 0) + share * weight / sum(map(abs, weights.values()))
    return shares


def equal(model):
    plain = copy.deepcopy(model) | {"rules": {}}
    for spec in plain["scores"].values():
        for name, weight in spec["weights"].items():
            spec["weights"][name] = math.copysign(1, weight["weight"] if isinstance(weight, dict) else weight)
        spec["min_coverage"] = 0
    return plain


def alone(model, name):
    spec = {key: value for key, value in model["indicators"][name].items() if key not in ("default", "group")}
    return {"format": 1, "id": "one", "indicators": {name: spec}, "scores": {"s": {"weights": {name: 1}}}}


def check_against_other_means(model, score, frame, validated):
    """Hold every figure of a validation out of time against scikit-learn's, on rows found by pandas."""
    values, happened = exact(model, score, frame), (frame["war"] == 1).to_numpy()
    tested = (frame["year"] >= 2003).to_numpy() & frame["war"].notna().to_numpy() & ~np.isnan(values)
    fit = (frame["year"] < 2003).to_numpy() & frame["war"].notna().to_numpy() & ~np.isnan(values)
    assert (validated.counts.tested, validated.counts.fitted) == (tested.sum(), fit.sum())
    assert validated.counts.events == happened[tested].sum()
    assert validated.auc.value == near(roc_auc_score(happened[tested], values[tested]))
    assert validated.average_precision == near(average_precision_score(happened[tested], values[tested]))
    assert validated.auc_before.value == near(roc_auc_score(happened[fit], values[fit]))
    for recalibrated in validated.recalibrated:
        assert recalibrated.quality.brier == near(brier_score_loss(happened[tested], recalibrated.probabilities))
        constant = brier_score_loss(happened[tested], np.full(tested.sum(), happened[fit].mean()))
        assert recalibrated.skill_before == near(1 - recalibrated.quality.brier / constant)
    others = by_name(validated)
    made = {
        "without rules": exact(model | {"rules": {}}, score, frame),
        "equal weights, without rules": exact(equal(model), score, frame),
    }
    signs = nominal(model, score)
    for name in signs:
        if name in frame and frame[name].notna().any():
            one = exact(alone(model, name), "s", frame)
            made[name] = one if signs[name] > 0 else -one
    for name, column in made.items():
        rows = tested & ~np.isnan(column)
        assert (others[name].rows, others[name].events) == (rows.sum(), happened[rows].sum())
        if len(set(happened[rows].tolist())) < 2:
            assert others[name].auc is None
            continue
        area = roc_auc_score(happened[rows], column[rows])
        assert others[name].auc.value == near(area), name
        assert others[name].average_precision == near(average_precision_score(happened[rows], column[rows]))
        assert others[name].score_gain.value == near(roc_auc_score(happened[rows], values[rows]) - area)
    expected = {"prevalence", "persistence", "logistic regression"}
    assert set(others) == set(made) | expected
    rate = happened[fit].mean()
    assert others["prevalence"].auc.value == 0.5
    assert others["prevalence"].brier == near(np.mean((rate - happened[tested]) ** 2))
    for effect in validated.rules:
        less = model | {"rules": {name: rule for name, rule in model["rules"].items() if name != effect.rule}}
        without = exact(less, score, frame)
        moved = tested & (np.abs(values - without) > 1e-9)
        assert effect.rows == moved.sum()
        assert effect.gain.value == near(
            roc_auc_score(happened[tested], values[tested]) - roc_auc_score(happened[tested], without[tested])
            if moved.any()
            else 0
        )
        if moved.any():
            assert effect.points == pytest.approx(np.mean((values - without)[moved]), abs=1e-9)
            assert effect.rate == near(happened[moved].mean())
    return len(made), sum(effect.rows > 0 for effect in validated.rules)


@pytest.mark.filterwarnings("error")
def test_every_figure_of_random_models_is_what_other_means_give():
    checked = indicators = rules = 0
    for seed in range(12):
        rng = random.Random(seed)
        model = random_model(rng)
        score = rng.choice(list(model["scores"]))
        frame = pd.DataFrame([random_values(rng, model) for _ in range(70)], columns=list(model["indicators"]))
        frame["year"] = [rng.randint(1995, 2010) for _ in range(70)]
        frame["pair"] = [rng.choice("abcdef") for _ in range(70)]
        values = pd.Series(exact(model, score, frame))
        likely = values.rank(pct=True).fillna(0.5)
        frame["war"] = [float(rng.random() < share) if rng.random() < 0.95 else None for share in likely]
        known = (frame["war"].notna() & values.notna()).to_numpy()
        sides = [frame["war"][known & side].nunique() for side in (frame["year"] < 2003, frame["year"] >= 2003)]
        if min(sides) < 2:
            with pytest.raises(riskmodel.SituationError, match=r"no row|rows with and without an event are needed"):
                result(frame, model, score, group="pair", time="year", test_from=2003)
            continue
        validated = result(frame, model, score, group="pair", time="year", test_from=2003)
        some, moved = check_against_other_means(model, score, frame, validated)
        checked, indicators, rules = checked + 1, indicators + some - 2, rules + moved
    assert checked >= 10, (checked, indicators, rules)
    assert indicators >= 25, (checked, indicators, rules)
    assert rules >= 10, (checked, indicators, rules)


def test_every_figure_of_the_small_model_is_what_other_means_give():
    frame = history()
    validated = result(frame, group="pair", time="year", test_from=2003)
    assert check_against_other_means(MODEL | {"rules": MODEL["rules"]}, "risk", frame, validated) == (5, 1)


def penalised(inputs, events, fit):
    """The chances by a logistic regression with half the squared slopes as a penalty, in extended precision."""
    table = np.column_stack((np.ones(len(inputs)), inputs)).astype(np.longdouble)
    rows, happened = table[fit], events[fit].to_numpy().astype(np.longdouble)
    penalty = np.diag([0.0] + [1.0] * inputs.shape[1])
    point = np.zeros(table.shape[1], np.longdouble)
    for _ in range(50):
        chances = 1 / (1 + np.exp(-(rows @ point)))
        gradient = rows.T @ (chances - happened) + penalty @ point
        curvature = (rows * (chances * (1 - chances))[:, None]).T @ rows + penalty
        point = point - np.linalg.solve(curvature.astype(float), gradient.astype(float))
    return (1 / (1 + np.exp(-(table @ point)))).astype(float)


def test_the_persistence_and_the_regression_by_other_means(predicted):
    frame = history().dropna(subset=list(MODEL["indicators"])).reset_index(drop=True)
    forecasts = predicted(frame, **OUT_OF_TIME)
    known = frame["war"].notna().to_numpy()
    fit, tested = known & (frame["year"] < 2003).to_numpy(), known & (frame["year"] >= 2003).to_numpy()
    inputs = frame[sorted(MODEL["indicators"])].to_numpy()
    z = (inputs - inputs[fit].mean(axis=0)) / inputs[fit].std(axis=0)
    assert forecasts["logistic regression"][tested] == pytest.approx(
        penalised(z, frame["war"] == 1, fit)[tested], abs=1e-13
    )
    ordered = frame[known].sort_values(["pair", "year"])
    before = ordered.groupby("pair")["war"].shift().reindex(frame.index)
    assert before[tested].notna().all()
    assert forecasts["persistence"][tested].tolist() == before[tested].tolist()
    validated = result(frame, **OUT_OF_TIME)
    happened = frame["war"][tested] == 1
    assert by_name(validated)["persistence"].auc.value == near(roc_auc_score(happened, before[tested]))
    assert by_name(validated)["persistence"].brier == near(brier_score_loss(happened, before[tested]))


def test_the_first_row_of_a_group_has_the_base_rate_for_persistence(predicted):
    frame = history()
    late = (frame["pair"] != "p1") | (frame["year"] >= 2005)
    frame = frame[late].reset_index(drop=True)
    first = ((frame["pair"] == "p1") & (frame["year"] == 2005)).to_numpy()
    frame.loc[first, ["war", "talks", "arms", "trade"]] = [1.0, 5, 5, 5]
    forecast = predicted(frame, **OUT_OF_TIME)["persistence"]
    earlier = frame[(frame["year"] < 2003) & frame["war"].notna()]
    scored = ~np.isnan(exact(MODEL, "risk", earlier))
    assert forecast[first] == near(earlier["war"][scored].mean())


# ---------------------------------------------------------------------------------------------- small models by hand

# Two rows to fit on, four to test on; goalposts are [0, 10], so that the score of x alone is 10 x.
HAND = pd.DataFrame(
    {
        "a": [1.0, 9, 0, 2, 6, 8, 5, 5],
        "b": [1.0, 1, 10, 4, 2, 0, 1, 1],
        "war": [0, 1, 0, 1, 0, 1, 1, 0],
        "t": [1, 1, 2, 2, 2, 2, 1, 1],
    }
)


def hand_model(weights, rules=None, **more):
    scores = {"s": {"weights": weights, "min_coverage": 0}} | more
    return {"format": 1, "id": "hand", "indicators": {"a": SCALE, "b": SCALE}, "scores": scores, "rules": rules or {}}


def test_equal_weights_and_directions_by_hand():
    # 3 a - b: of the tested rows (0, 10), (2, 4), (6, 2), (8, 0), which had 0, 1, 0, 1. All of a, of 10 - b and of any
    # mixture of these go up from row to row: 3 of the 4 pairs are in order.
    validated = result(HAND, hand_model({"a": 3, "b": -1}), "s", time="t", test_from=2)
    assert validated.tested_values == pytest.approx([0, 30, 65, 85])
    others = by_name(validated)
    assert {name: other.auc.value for name, other in others.items() if other.is_indicator} == {"a": 0.75, "b": 0.75}
    assert others["equal weights, without rules"].auc.value == 0.75
    # Against its sign b goes down: 1 of the 4 pairs. 3 a + b is 10, 10, 20, 24: one pair in order, one even.
    turned = result(HAND, hand_model({"a": 3, "b": 1}), "s", time="t", test_from=2)
    assert by_name(turned)["b"].auc.value == 0.25
    assert turned.tested_values == pytest.approx([25, 25, 50, 60])
    assert turned.auc.value == (0.5 + 1 + 0 + 1) / 4
    # With equal weights a + b is 10, 6, 8, 8: the events have 6 and 8, the others 10 and 8.
    assert by_name(turned)["equal weights, without rules"].auc.value == (0 + 0 + 0 + 0.5) / 4


def test_the_direction_of_an_indicator_goes_through_sub_scores():
    sub = {"weights": {"a": -1}}
    others = by_name(result(HAND, hand_model({"calm": -2, "b": 1}, calm=sub), "s", time="t", test_from=2))
    assert others["a"].auc.value == 0.75
    others = by_name(result(HAND, hand_model({"calm": 2, "b": 1}, calm=sub), "s", time="t", test_from=2))
    assert others["a"].auc.value == 0.25
    # The stronger of two ways decides: 1/3 of a against 2/3 of a turned round.
    others = by_name(result(HAND, hand_model({"calm": 2, "a": 1}, calm=sub), "s", time="t", test_from=2))
    assert others["a"].auc.value == 0.25


def test_a_rule_by_hand():
    # The score is 10 a: 0, 20, 60, 80. The rule lifts the row of 20, which had an event, to 70.
    rules = {"lift": {"title": "Lifts", "when": "b >= 3 and a > 1", "then": {"s": {"add": 50}}}}
    validated = result(HAND, hand_model({"a": 1}, rules), "s", time="t", test_from=2)
    assert validated.tested_values == pytest.approx([0, 70, 60, 80])
    assert validated.auc.value == 1
    (effect,) = validated.rules
    assert (effect.rule, effect.title, effect.rows) == ("lift", "Lifts", 1)
    assert effect.points == pytest.approx(50)
    assert (effect.rate, effect.other_rate) == (1.0, near(1 / 3))
    assert effect.gain.value == 0.25
    assert by_name(validated)["without rules"].auc.value == 0.75
    assert by_name(validated)["without rules"].score_gain.value == 0.25


def test_rules_that_move_all_rows_none_or_another_score():
    rules = {
        "always": {"when": "a >= 0", "then": {"s": {"add": 5}}},
        "never": {"when": "a > 99", "then": {"s": {"add": 5}}},
        "elsewhere": {"when": "a >= 0", "then": {"other": {"add": 5}}},
    }
    model = hand_model({"a": 1}, rules, other={"weights": {"b": 1}})
    always, never = result(HAND, model, "s", time="t", test_from=2).rules
    assert (always.rule, always.rows, always.points, always.other_rate) == ("always", 4, near(5), None)
    assert always.gain.value == 0
    assert (never.rule, never.rows, never.points, never.rate) == ("never", 0, 0, None)
    assert never.gain == Estimate(0, 0, 0)


def test_bands_hold_all_rows_tested_by_their_reported_score():
    validated = result(history(), group="pair", time="year")
    assert [band.band for band in validated.bands] == ["low", "high", "top"]
    assert sum(band.rows for band in validated.bands) == validated.counts.tested
    assert sum(band.events for band in validated.bands) == validated.counts.events
    at_most = np.floor(validated.tested_values * 10 + 0.5 + 1e-6) / 10
    assert validated.bands[0].rows == (at_most < 40).sum()
    assert validated.bands[2].events == validated.tested_events[at_most >= 70].sum()


def test_a_constant_rate_ranks_nobody_whatever_folds_there_are():
    for seed in range(3):
        other = by_name(result(history(seed), group="pair", seed=seed))["prevalence"]
        assert other.auc.value == 0.5
        assert other.average_precision == near(other.events / other.rows)
        # It is a little worse than knowing the rate of the rows tested.
        rate = other.events / other.rows
        assert rate * (1 - rate) <= other.brier < rate * (1 - rate) + 0.02


def test_scores_of_assumed_values_alone_are_judged_too():
    model = hand_model({"a": 1, "b": 1})
    for name in ("a", "b"):
        model["indicators"] = model["indicators"] | {name: SCALE | {"default": 4}}
    frame = pd.concat([HAND] * 3, ignore_index=True).assign(a=np.nan, b=np.nan)
    validated = result(frame, model, "s", time="t")
    assert validated.auc.value == 0.5
    others = by_name(validated)
    assert others["logistic regression"].brier == others["prevalence"].brier
    assert not any(other.is_indicator for other in validated.comparisons)


def test_events_from_some_outcome_on():
    frame = history()
    counts = frame.assign(war=frame["war"] * 3 + 1)
    expected = result(frame, time="year")
    validated = result(counts, time="year", event_from=4)
    assert validated.auc == expected.auc
    assert validated.event == "war of at least 4"
    assert result(counts, time="year", event_from=1.5).auc == expected.auc


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("kind", ["perfect", "reversed", "constant", "one event a side", "one value apart", "gaps"])
def test_extreme_data_give_finite_figures_without_a_warning(kind, timed, capfd):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({name: rng.uniform(0, 10, 40) for name in MODEL["indicators"]})
    frame["year"], frame["war"] = np.arange(40) % 20, (frame["arms"] > 6).astype(float)
    if kind in ("perfect", "reversed"):
        frame["talks"], frame["trade"] = 5.0, 5.0
        frame["war"] = frame["war"] if kind == "perfect" else 1 - frame["war"]
    elif kind == "constant":
        frame[list(MODEL["indicators"])] = [3.3, 0.1, 7.7]
    elif kind == "one event a side":
        frame["war"] = frame.index.isin([2, 19]).astype(float)
    elif kind == "one value apart":
        frame[list(MODEL["indicators"])] = 0.0
        frame.loc[[2, 19], "arms"] = 1e-9
    else:
        frame[["talks", "trade"]] = np.nan
        frame.loc[frame["year"] > 9, "arms"] = frame["arms"].where(frame.index % 3 > 0)
        frame["talks"] = 10.0
    validated = result(frame, time="year" if timed else None, resamples=50)
    json.dumps(validated.to_dict(), allow_nan=False)
    assert str(validated)
    assert all(np.isfinite(recalibrated.probabilities).all() for recalibrated in validated.recalibrated)
    assert capfd.readouterr() == ("", "")
    if kind == "perfect":
        assert validated.auc == Estimate(1.0, None, None)
        assert min(recalibrated.quality.skill for recalibrated in validated.recalibrated) > 0.8
    if kind == "constant":
        assert validated.auc == Estimate(0.5, 0.5, 0.5)
        logistic, steps = (recalibrated.quality for recalibrated in validated.recalibrated)
        assert astuple(logistic) == pytest.approx(astuple(steps), abs=1e-9)
        assert logistic.brier == near(by_name(validated)["prevalence"].brier)


# ------------------------------------------------------------------------------------------------ output and the rest


@pytest.mark.parametrize(("grouped", "timed"), [(False, False), (False, True), (True, False), (True, True)])
def test_json_is_valid_and_has_the_figures_of_the_text(grouped, timed):
    options = {"group": "pair" if grouped else None, "time": "year" if timed else None}
    validated = result(history(2 * grouped + timed, pairs=6, years=12), resamples=20, **options)
    data = json.loads(json.dumps(validated.to_dict(), allow_nan=False))
    text = str(validated)

    def interval(estimate, form=".3f"):
        return f"{estimate['value']:{form}} ({estimate['low']:{form}} to {estimate['high']:{form}})"

    assert f"AUC                {interval(data['auc'])}" in text
    assert f"average precision  {data['average_precision']:.3f};" in text
    assert data["split"] in text
    assert data["title"] in text
    assert f"{data['counts']['rows']} rows:" in text
    assert f"{data['counts']['tested']} tested on ({data['counts']['events']}" in text
    left_out = data["counts"]["without_outcome"]
    assert (f"left out: {left_out} row" in text) == (left_out > 0)
    assert f"20 resamples of {data['intervals']['of']}, {data['counts']['groups']} of them" in text
    assert (data["auc_before"] is not None) == timed
    if timed:
        assert f"fitted to them: {interval(data['auc_before'])}" in text
    lines = {line.strip().split("  ")[0]: line for line in text.splitlines()}
    assert len(data["comparisons"]) == 7 + (grouped and timed)
    for other in data["comparisons"]:
        assert f"  {other['auc']['value']:.3f}  " in lines[other["name"]]
        assert interval(other["score_gain"], "+.3f") in lines[other["name"]]
        assert other["brier"] is None or f"  {other['brier']:.4f}  " in lines[other["name"]]
    assert list(data["recalibrated"]) == ["logistic", "isotonic"]
    for method, parts in data["recalibrated"].items():
        assert all(f"{parts[name]:.4f}" in lines[method] for name in ("brier", "reliability", "uncertainty", "within"))
    for band in data["bands"]:
        assert not band["rows"] or interval(band["rate"]) in lines[band["band"]]
    moving, idle = data["rules"]
    assert interval(moving["gain"], "+.3f") in lines[moving["rule"]]
    assert text.endswith("Rules that moved no row, so that nothing is known of them here: never")
    assert idle["rule"] == "never"


def estimates(data):
    """The same data without the ends of intervals, and how many there were."""
    ends = []

    def stripped(value):
        if isinstance(value, list):
            return [stripped(part) for part in value]
        if not isinstance(value, dict):
            return value
        ends.extend(value[key] for key in ("low", "high") if key in value)
        return {key: stripped(part) for key, part in value.items() if key not in ("low", "high", "seed")}

    return stripped(data), ends


def test_the_same_seed_gives_the_same_and_another_other_intervals_alone():
    frame = history()
    first, again, other = (
        result(frame, resamples=20, group="pair", time="year", seed=seed).to_dict() for seed in (1, 1, 2)
    )
    assert first == again
    kept, ends = estimates(first)
    others_kept, others_ends = estimates(other)
    assert kept == others_kept
    # Those of bands are no resamples, and those of what changes nothing have no width.
    assert len(ends) > 20
    assert sum(a != b for a, b in zip(ends, others_ends, strict=True)) > 14
    assert first["auc"] != other["auc"]


def test_confidence_is_reported_as_given():
    frame = history(pairs=5, years=8)
    for confidence, message in ((0.95, "95% intervals"), (0.975, "97.5% intervals")):
        assert message in str(result(frame, confidence=confidence))


def test_rows_may_stand_in_any_order():
    frame = history()
    shuffled = frame.sample(frac=1, random_state=9).reset_index(drop=True)
    one, other = (estimates(result(rows, group="pair", time="year").to_dict())[0] for rows in (frame, shuffled))
    assert one["counts"] == other["counts"]
    assert one["auc"] == pytest.approx(other["auc"], abs=1e-12)
    for a, b in zip(one["comparisons"], other["comparisons"], strict=True):
        assert a["auc"] == pytest.approx(b["auc"], abs=1e-3), a["name"]


def test_a_score_that_falls_with_events_gives_a_warning():
    validated = result(history(strength=-0.4), group="pair", time="year")
    assert validated.auc.value < 0.4
    assert "An AUC below 0.5: the score is higher where there was no event." in str(validated)
    assert "An AUC below 0.5" not in str(result(history(), group="pair", time="year"))


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.PDF", b"%PDF")])
def test_plots(tmp_path, name, start):
    result(history(), group="pair", time="year", resamples=20).save_plot(tmp_path / name)
    written = (tmp_path / name).read_bytes()
    assert written.startswith(start)
    assert len(written) > 5_000


def test_a_plot_that_cannot_be_written_is_one_error(tmp_path):
    validated = result(history(pairs=5, years=8))
    with pytest.raises(riskmodel.RiskmodelError, match=r"a plot ends in \.png, \.svg, \.pdf"):
        validated.save_plot(tmp_path / "a.gif")
    with pytest.raises(riskmodel.RiskmodelError, match="cannot be written: No such file"):
        validated.save_plot(tmp_path / "no" / "a.png")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------- the command line


def process(code, *words, cwd):
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps(MODEL), encoding="utf-8")
    history(pairs=6, years=12).to_csv(tmp_path / "a.csv", index=False)
    return tmp_path


OPTIONS = ("--outcome", "war", "-m", "m.json", "--score", "risk", "--group", "pair", "--time", "year")


def test_the_command_prints_what_the_function_gives_and_draws(folder):
    frame = pd.read_csv(folder / "a.csv")
    done = run(
        *("validate", "-", *OPTIONS, "--format", "json", "--resamples", 20, "--seed", 3, "--plot", "a.svg"),
        *("--test-from", 1998, "--confidence", 0.9),
        cwd=folder,
        text=(folder / "a.csv").read_text(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    options = {"group": "pair", "time": "year", "test_from": 1998, "resamples": 20, "seed": 3, "confidence": 0.9}
    expected = result(frame, **options).to_dict()
    assert json.loads(done.stdout) == expected | {"source": "<stdin>"}
    assert (folder / "a.svg").read_bytes().startswith(b"<?xml")


@pytest.fixture
def run_command(folder):
    """Run the command and give its exit code and what it printed."""

    def call(*words):
        done = run("validate", *words, cwd=folder)
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.csv", *OPTIONS], "nowhere.csv: there is no such file"),
        (
            ["a.csv", *OPTIONS, "--outcome", "wars"],
            "a.csv: there is no column 'wars' for the outcome; did you mean 'war'?",
        ),
        (
            ["a.csv", *OPTIONS, "--test-from", "soon"],
            "'soon' is not a time of that kind; the times in column 'year' run from 1990 to",
        ),
        (["a.csv", *OPTIONS, "--outcome", "id"], "a.csv: there is no column 'id' for the outcome"),
        (["a.csv", *OPTIONS, "-m", "nothing"], "nothing"),
        (["a.csv", *OPTIONS, "--decimal", ";"], "--decimal should be . or ,; got ';'"),
        (["nowhere.csv", *OPTIONS, "--plot", "a.gif"], "a.gif: a plot ends in .png, .svg, .pdf"),
    ],
)
def test_wrong_usage_ends_with_two_and_one_message(run_command, words, message):
    code, out, err = run_command(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.endswith("1 error\n")
    assert len(err.splitlines()) == 2


def test_a_row_that_cannot_be_used_ends_with_two_and_is_named(run_command, folder):
    text = (folder / "a.csv").read_text().splitlines()
    cells = dict(zip(text[0].split(","), text[3].split(","), strict=True)) | {"arms": "many"}
    (folder / "a.csv").write_text("\n".join([*text[:3], ",".join(cells.values()), *text[4:]]))
    assert run_command("a.csv", *OPTIONS) == (2, "", "a.csv:4: column arms: should be a number; got 'many'\n1 error\n")


def test_the_text_is_what_the_validation_says(run_command, folder):
    code, out, err = run_command("a.csv", *OPTIONS, "--resamples", "2")
    assert (code, err) == (0, "")
    validated = result(pd.read_csv(folder / "a.csv"), group="pair", time="year")
    assert out == f"{validated}\n".replace("the frame |", "a.csv |")


def test_a_plot_without_matplotlib_is_refused_before_the_work_is_done(run_command, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = (
        "this needs matplotlib; install with: pip install matplotlib "
        "(the extras [evidence,plot] of riskmodel have it)\n1 error\n"
    )
    assert run_command("nowhere.csv", *OPTIONS, "--plot", "a.png") == (2, "", message)


WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Missing(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] == "sklearn" else super().find_spec(name, path, target)

sys.meta_path[:] = [Missing if finder is PathFinder else finder for finder in sys.meta_path]
import riskmodel
before = set(sys.modules)
riskmodel.validate
print(*before)
print(*sys.modules)
from riskmodel.cli import run
run()
"""


def test_the_function_imports_little_and_without_scikit_learn_there_is_one_error_that_names_the_extra(folder):
    done = process(WITHOUT, "validate", "nowhere.csv", *OPTIONS, cwd=folder)
    before, after = (set(line.split()) for line in done.stdout.splitlines())
    heavy = {"sklearn", "matplotlib", "pandas"}
    assert "riskmodel" in before
    assert not before & (heavy | {"scipy", "numpy"})
    assert "riskmodel.analysis.outcomes.validate" in after
    assert not after & heavy
    assert done.returncode == 2
    assert (
        done.stderr == "this needs scikit-learn; install with: pip install scikit-learn "
        "(the extras [evidence] of riskmodel have it)\n1 error\n"
    )
