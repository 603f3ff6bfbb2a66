"""A model as a step of a scikit-learn pipeline."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frame_cases import LABELS, rows_of
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from riskmodel.integrations.sklearn import SUFFIXES, ScoreTransformer


def model_of(*scales, **more):
    names = [f"x{index}" for index in range(len(scales))]
    return {
        "format": 1,
        "id": "made-up",
        "indicators": {name: {"scale": scale, **more} for name, scale in zip(names, scales, strict=True)},
        "scores": {"risk": {"weights": dict.fromkeys(names, 1)}, "calm": {"weights": dict.fromkeys(names, -1)}},
    }


def unfitted(count, method="minmax"):
    return model_of(*[{"fit": method}] * count)


def any_data_will_do(first):
    """A model of more indicators than the checks have columns, each of any value; an absent column is missing."""
    model = model_of(first, *[{"goalposts": [-3, 3]}] * 39)
    for score in model["scores"].values():
        score["min_coverage"] = 0
    return model


@pytest.mark.parametrize(
    ("first", "columns"),
    [
        ({"fit": "minmax"}, ("exact",)),
        ({"fit": "zscore"}, tuple(SUFFIXES)),
        ({"fit": "percentile"}, ("exact",)),
        ({"logistic": {"midpoint": 0, "slope": 1}}, tuple(SUFFIXES)),
    ],
)
def test_scikit_learn_finds_nothing_to_complain_of(first, columns):
    result = check_estimator(ScoreTransformer(any_data_will_do(first), columns=columns), on_skip=None)
    assert len(result) >= 40
    assert {check["check_name"] for check in result if check["status"] != "passed"} <= {"check_array_api_input"}


def test_random_numbers_that_no_indicator_can_have_are_refused():
    with pytest.raises(ValueError, match="column communication_frequency, row 0: -1 is outside the valid range"):
        ScoreTransformer().fit(np.array([[3.0, -1.0]]))


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_scores_are_those_of_score_frame(default_model, library):
    frame = rows_of(default_model, 200).assign(note="x")[::-1]
    expected = default_model.score_frame(frame)
    if library == "polars":
        frame = pl.from_pandas(frame)
    elif library == "pyarrow":
        frame = pa.Table.from_pandas(frame)
    transformer = ScoreTransformer(columns=list(SUFFIXES)).fit(frame)
    names = transformer.get_feature_names_out()
    assert list(names[:5]) == [
        "escalation_exact",
        "escalation",
        "escalation_coverage",
        "escalation_low",
        "escalation_high",
    ]
    np.testing.assert_array_equal(transformer.transform(frame), expected[names].to_numpy())


def test_an_array_has_the_indicators_in_the_order_of_the_model(default_model):
    frame = rows_of(default_model, 50)
    by_place = ScoreTransformer(default_model).fit_transform(frame.to_numpy())
    np.testing.assert_array_equal(by_place, ScoreTransformer(default_model).fit_transform(frame))
    few = frame.iloc[:, :9]
    np.testing.assert_array_equal(
        ScoreTransformer(default_model).fit_transform(few.to_numpy()),
        ScoreTransformer(default_model).fit_transform(few),
    )
    with pytest.raises(ValueError, match="15 columns, but model 'bilateral-tension' has 14 indicators"):
        ScoreTransformer(default_model).fit(np.zeros((3, 15)))


def test_an_array_after_a_frame_has_the_columns_of_the_frame(default_model):
    frame = rows_of(default_model, 20).iloc[:, ::-1]
    transformer = ScoreTransformer().fit(frame)
    with pytest.warns(UserWarning, match="feature names"):
        result = transformer.transform(frame.to_numpy())
    np.testing.assert_array_equal(result, transformer.transform(frame))


def test_an_array_after_a_frame_whose_names_scikit_learn_does_not_see_is_refused(default_model):
    frame = rows_of(default_model, 20).iloc[:, ::-1]
    transformer = ScoreTransformer().fit(frame)
    del transformer.feature_names_in_
    with pytest.raises(ValueError, match="pass a frame"):
        transformer.transform(frame.to_numpy())


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.RecordBatch.from_pydict])
def test_the_columns_of_fit_are_required(kind):
    transformer = ScoreTransformer(model_of({"goalposts": [0, 1]}, {"goalposts": [0, 1]}))
    transformer.fit(kind({"x0": [0.0], "x1": [0.5]}))
    with pytest.raises(ValueError, match="x1"):
        transformer.transform(kind({"x0": [0.0], "note": [0.5]}))


def test_labels_come_in_frames_and_in_arrays():
    frame = pd.DataFrame({"mood": ["calm", "crisis", None], "x": [0.0, 10.0, 5.0]})
    expected = [[0.0], [100.0], [np.nan]]
    np.testing.assert_array_equal(ScoreTransformer(LABELS).fit_transform(frame), expected)
    np.testing.assert_array_equal(ScoreTransformer(LABELS).fit_transform(frame.to_numpy(dtype=object)), expected)
    with pytest.raises(ValueError, match="column mood, row 1: not one of the labels: 'tens'; did you mean 'tense'"):
        ScoreTransformer(LABELS).fit([["calm", 1], ["tens", 2]])


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-1, 1)), min_size=3, max_size=20))
def test_a_score_of_fitted_goalposts_is_the_mean_of_minmaxscaler(rows):
    train = np.array(rows)
    test = np.clip(train * 1.5, train.min(axis=0), train.max(axis=0))
    assume(np.ptp(train, axis=0).min() > 1e-6)
    peer = MinMaxScaler().fit(train)
    result = ScoreTransformer(unfitted(2), scores=["risk"]).fit(train)
    np.testing.assert_allclose(result.transform(test)[:, 0], 100 * peer.transform(test).mean(axis=1), atol=1e-6)


def test_scales_come_from_the_rows_of_fit_alone():
    transformer = ScoreTransformer(unfitted(1), scores=["risk"]).fit([[0.0], [10.0]])
    assert transformer.transform([[5.0], [20.0], [-5.0]]).tolist() == [[50.0], [100.0], [0.0]]
    assert transformer.model_.spec.unfitted == ()
    assert transformer.fit([[0.0], [20.0]]).transform([[5.0]]).tolist() == [[25.0]]


def test_a_constant_column_is_a_warning():
    with pytest.warns(UserWarning, match="'x0': every value is 3; the scale gives 0.5 for all"):
        result = ScoreTransformer(unfitted(1), scores=["risk"]).fit_transform([[3.0], [3.0]])
    assert result.tolist() == [[50.0], [50.0]]


def test_a_scale_without_anything_to_be_fitted_to_is_an_error():
    with pytest.raises(ValueError, match="there is no column 'x1' to fit its scale to"):
        ScoreTransformer(unfitted(2)).fit(pd.DataFrame({"x0": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="column 'x1' has no value to fit"):
        ScoreTransformer(unfitted(2)).fit([[1.0, np.nan], [2.0, np.nan]])


def test_a_missing_score_is_nan_and_has_bounds():
    transformer = ScoreTransformer(model_of(*[{"goalposts": [0, 1]}] * 3), scores=["risk"], columns=list(SUFFIXES))
    result = transformer.fit_transform([[0.0, np.nan, np.nan], [0.0, 1.0, np.nan]])
    np.testing.assert_allclose(result, [[np.nan, np.nan, 1 / 3, 0.0, 66.7], [50.0, 50.0, 2 / 3, 33.3, 66.7]])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scores": ["escalaton"]}, "no score 'escalaton'.*did you mean 'escalation'"),
        ({"scores": "escalation"}, "scores: should be a list of one or more names; got 'escalation'"),
        ({"scores": []}, "scores: should be a list"),
        ({"columns": ["exakt"]}, "columns: there is no 'exakt' of a score; did you mean 'exact'"),
        ({"columns": ()}, "columns: should be a list"),
        ({"model": "bilateral"}, "id of a shipped model"),
    ],
)
def test_wrong_parameters_are_errors_of_fit(parameters, message):
    transformer = ScoreTransformer(**parameters)
    with pytest.raises(ValueError, match=message):
        transformer.fit(np.array([[7.0]]))


def test_names_that_go_in_are_checked():
    transformer = ScoreTransformer(unfitted(2)).fit(pd.DataFrame({"x0": [1.0, 2.0], "x1": [2.0, 3.0]}))
    assert list(transformer.get_feature_names_out(["x0", "x1"])) == ["risk_exact", "calm_exact"]
    with pytest.raises(ValueError, match="input_features"):
        transformer.get_feature_names_out(["x1", "x0"])
    with pytest.raises(ValueError, match="input_features"):
        transformer.get_feature_names_out(["x0"])
    with pytest.raises(NotFittedError):
        ScoreTransformer().get_feature_names_out()


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_set_output_gives_frames(default_model, kind):
    frame = rows_of(default_model, 5)
    frame.index = list("abcde")
    result = ScoreTransformer().set_output(transform=kind).fit_transform(frame)
    assert type(result).__module__.startswith(kind)
    assert list(result.columns) == ["escalation_exact", "stability_exact"]
    np.testing.assert_array_equal(result.to_numpy(), ScoreTransformer().fit_transform(frame))
    if kind == "pandas":
        assert list(result.index) == list("abcde")


def test_copies_and_pickles_score_alike(default_model):
    frame = rows_of(default_model, 20)
    for model in ("bilateral-tension", default_model):
        transformer = ScoreTransformer(model, scores=["stability"]).fit(frame)
        expected = transformer.transform(frame)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(transformer)).transform(frame), expected)  # noqa: S301
        copy = clone(transformer)
        assert not hasattr(copy, "model_")
        np.testing.assert_array_equal(copy.fit_transform(frame), expected)


def test_a_fold_is_scored_on_the_scales_of_the_others():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(120, 3))
    events = (values.sum(axis=1) + rng.normal(size=120) > 0).astype(int)
    model = unfitted(3)
    pipeline = make_pipeline(
        ScoreTransformer(model, scores=["risk"]), SimpleImputer(), StandardScaler(), LogisticRegression()
    )
    result = cross_val_score(pipeline, values, events, cv=3, scoring="roc_auc")
    assert result.min() > 0.7
    by_hand = []
    for train, test in StratifiedKFold(3).split(values, events):
        ends = MinMaxScaler(clip=True).fit(values[train])
        before, after = (ends.transform(values[rows]).mean(axis=1, keepdims=True) for rows in (train, test))
        fitted = LogisticRegression().fit(StandardScaler().fit(before).transform(before), events[train])
        by_hand.append(roc_auc_score(events[test], fitted.decision_function(after)))
    np.testing.assert_allclose(result, by_hand)


def test_a_search_varies_models_scores_and_columns():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.uniform(0, 1, (90, 2)), columns=["x0", "x1"])
    events = (frame["x0"] > rng.uniform(0, 1, 90)).astype(int)
    lopsided = unfitted(2)
    lopsided["scores"]["risk"] = {"weights": {"x0": 9, "x1": 1}}
    grid = {
        "scoretransformer__model": [unfitted(2), lopsided],
        "scoretransformer__columns": [("exact",), ("reported", "coverage")],
    }
    pipeline = make_pipeline(ScoreTransformer(scores=["risk"]), StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, grid, scoring="roc_auc", cv=3).fit(frame, events)
    assert search.best_params_["scoretransformer__model"] == lopsided
    assert len(search.cv_results_["mean_test_score"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_an_error_without_scikit_learn_names_the_extra():
    code = "import sys; sys.modules['sklearn'] = None; import riskmodel.integrations.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install scikit-learn (the extras [evidence] of riskmodel have it)" in done.stderr.splitlines()[-1]


def test_nothing_is_done_before_fit():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        transformer = ScoreTransformer("no such model", scores=["no such score"])
    assert transformer.get_params() == {
        "model": "no such model",
        "scores": ["no such score"],
        "columns": ("exact",),
        "map": None,
    }


def test_columns_under_other_names_are_mapped():
    model = unfitted(2)
    frame = pd.DataFrame({"x0": [0.0, 1, 2], "x1": [3.0, 4, 7]})
    expected = ScoreTransformer(model).fit_transform(frame)
    transformer = ScoreTransformer(model, map={"x1": "other"})
    np.testing.assert_array_equal(transformer.fit_transform(frame.rename(columns={"x1": "other"})), expected)
    with pytest.raises(ValueError, match="no column 'other' for 'x1'"):
        clone(transformer).fit(frame)
