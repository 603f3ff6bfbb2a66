"""Means of scores over groups of rows, against closed forms."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodel

MODEL = {
    "format": 1,
    "id": "one",
    "indicators": {"x": {"valid": [0, 100], "scale": {"goalposts": [0, 100]}}},
    "scores": {"risk": {"weights": {"x": 1}, "bands": {"low": 0, "high": 50}}},
}


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(MODEL)


def rows(*cells, names=("region", "people", "x")):
    return pd.DataFrame(list(cells), columns=list(names))


def test_weighted_means_by_hand(model):
    frame = rows(("b", 3, 10), ("a", 1, 20), ("b", 1, 90), ("a", 1, 61), ("c", 2, 50))
    result = riskmodel.aggregate(frame, "region", model=model, weight="people").to_frame()
    expected = {
        "region": ["a", "b", "c"],
        "rows": [2, 2, 1],
        "weight": [2.0, 4.0, 2.0],
        "risk": [40.5, 30.0, 50.0],  # (20 + 61) / 2, (3 * 10 + 90) / 4
        "risk_band": ["low", "low", "high"],
        "risk_coverage": [1.0, 1.0, 1.0],
        "risk_exact": [40.5, 30.0, 50.0],
    }
    assert {name: result[name].tolist() for name in result} == expected
    unweighted = riskmodel.aggregate(frame, "region", model=model).to_frame()
    assert unweighted["risk"].tolist() == [40.5, 50.0, 50.0]
    assert "weight" not in unweighted


def test_coverage_is_the_share_of_weight_with_a_score(model):
    frame = rows(("a", 3, None), ("a", 1, 40), ("b", 1, None), ("b", 1, 80), ("c", 5, None), ("d", 0, 10))
    by_weight = riskmodel.aggregate(frame, "region", model=model, weight="people")
    assert by_weight["risk"].coverage.tolist() == [0.25, 0.5, 0.0, 0.0]
    assert [group.reported for group in by_weight["risk"].groups()] == [None, 80.0, None, None]
    by_rows = riskmodel.aggregate(frame, "region", model=model, min_coverage=0.51)
    assert by_rows["risk"].coverage.tolist() == [0.5, 0.5, 0.0, 1.0]
    assert [group.reported for group in by_rows["risk"].groups()] == [None, None, None, 10.0]
    lenient = riskmodel.aggregate(frame, "region", model=model, min_coverage=0)
    assert [group.reported for group in lenient["risk"].groups()] == [40.0, 80.0, None, 10.0]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("pqr"),
            st.one_of(st.just(0.0), st.floats(1e-300, 1e6)),
            st.one_of(st.none(), st.floats(0, 100)),
        ),
        min_size=1,
        max_size=30,
    ),
    st.floats(0, 1),
)
def test_means_lie_between_their_rows_and_are_sums_over_sums(cells, min_coverage):
    model = riskmodel.load_model(MODEL)
    frame = rows(*cells).astype({"x": float})
    result = riskmodel.aggregate(frame, "region", model=model, weight="people", min_coverage=min_coverage)
    values = model.score_frame(frame)["risk_exact"].to_numpy()
    assert result.counts.sum() == len(frame)
    for group, region in enumerate(sorted(set(frame["region"]))):
        mine = (frame["region"] == region).to_numpy() & ~np.isnan(values)
        weight, total = frame["people"][mine].sum(), frame["people"][frame["region"] == region].sum()
        coverage = weight / total if total else 0.0
        assert result["risk"].coverage[group] == pytest.approx(coverage, abs=1e-12)
        mean = result["risk"].value[group]
        if abs(coverage - min_coverage) > 1e-8 and weight > 1e-300:
            assert np.isnan(mean) == (coverage < min_coverage)
        if not np.isnan(mean):
            assert mean == pytest.approx(np.average(values[mine], weights=frame["people"][mine]), rel=1e-9, abs=1e-9)
            assert values[mine].min() - 1e-9 <= mean <= values[mine].max() + 1e-9


@pytest.mark.parametrize("unit", [5e-324, 1e-200, 1.0, 1e300, 8e307])
def test_the_unit_of_weights_changes_nothing(unit):
    model = riskmodel.load_model(MODEL)
    frame = rows(("p", unit, 10.0), ("p", unit, 20.0), ("q", unit, 1.5), ("q", 0.0, 9.0)).astype({"x": float})
    plain = rows(("p", 1.0, 10.0), ("p", 1.0, 20.0), ("q", 1.0, 1.5), ("q", 0.0, 9.0)).astype({"x": float})
    result, expected = (
        riskmodel.aggregate(one, "region", model=model, weight="people")["risk"].value.tolist()
        for one in (frame, plain)
    )
    assert result == expected


def test_groups_by_several_columns_and_by_time_are_in_their_order(model):
    frame = pd.DataFrame(
        {
            "region": ["b", "a", "a", "b"],
            "month": ["February 2005", "April 2005", "February 2005", "April 2005"],
            "x": [1, 2, 3, 4],
        }
    )
    timed = riskmodel.aggregate(frame, "region", model=model, time="month").to_frame()
    assert timed["region"].tolist() == ["a", "a", "b", "b"]
    assert timed["month"].tolist() == ["February 2005", "April 2005"] * 2  # as times, not as texts
    assert timed["risk"].tolist() == [3.0, 2.0, 1.0, 4.0]
    both = riskmodel.aggregate(frame, ["region", "month"], model=model)
    assert both.by == ("region", "month")
    assert str(riskmodel.aggregate(frame, ["region", "region"], model=model)) == str(
        riskmodel.aggregate(frame, "region", model=model)
    )
    assert len(both.counts) == 4


def test_json_has_every_group(model):
    frame = rows(("b", 3, 10), ("b", 1, None))
    data = riskmodel.aggregate(frame, "region", model=model, weight="people").to_dict()
    assert data["groups"] == [
        {
            "key": {"region": "b"},
            "rows": 2,
            "weight": 4.0,
            "scores": {"risk": {"value": 10.0, "reported": 10.0, "band": "low", "coverage": 0.75}},
        }
    ]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (-1, "column people, row 1: should be a weight of 0 or more; got -1"),
        (None, "column people, row 1: has no value; every row needs a weight"),
        (np.inf, "column people, row 1: should be a finite number"),
    ],
)
def test_a_weight_that_cannot_be_used_is_named(model, cell, message):
    frame = rows(("a", 1, 10), ("a", cell, 10)).astype({"people": float})
    with pytest.raises(riskmodel.SituationError) as caught:
        riskmodel.aggregate(frame, "region", model=model, weight="people")
    assert message in str(caught.value)


def test_weights_of_a_file_are_named_by_line(model, tmp_path):
    (tmp_path / "a.csv").write_text("region,people,x\na,1,2\na,-3,4\nb,,5\nb,-1,5\n")
    with pytest.raises(riskmodel.SituationError) as caught:
        riskmodel.aggregate(tmp_path / "a.csv", "region", model=model, weight="people")
    assert str(caught.value) == f"{tmp_path / 'a.csv'}:4: column people: has no value; every row needs a weight"
    (tmp_path / "a.csv").write_text("region,people,x\na,1,2\na,-3,4\nb,2,5\nb,-1,5\n")
    with pytest.raises(riskmodel.SituationError, match=r"a\.csv:3: .*got -3 \(and so 1 row after it\)"):
        riskmodel.aggregate(tmp_path / "a.csv", "region", model=model, weight="people")


@pytest.mark.parametrize(
    ("by", "options", "message"),
    [
        ("regio", {}, "there is no column 'regio'; did you mean 'region'?"),
        ("region", {"weight": "persons"}, "there is no column 'persons'"),
        ("region", {"weight": "x"}, "'x' is an indicator of model 'one', and cannot be the weight too"),
        ("region", {"min_coverage": 1.5}, "min_coverage should be from 0 to 1; got 1.5"),
        ([], {}, "name the column whose labels make the groups"),
    ],
)
def test_options_that_cannot_be_are_refused(model, by, options, message):
    with pytest.raises(riskmodel.RiskmodelError) as caught:
        riskmodel.aggregate(rows(("a", 1, 10)), by, model=model, **options)
    assert message in str(caught.value)
