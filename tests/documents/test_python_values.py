"""Marks of missing and numbers of every library: one decision, whichever way they come in."""

import enum
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import riskmodel
from riskmodel.analysis.outcomes.probability_map import _as_floats
from riskmodel.documents.python_values import plain_value
from riskmodel.errors import SituationError
from riskmodel.integrations.sklearn import ScoreTransformer


class Count(enum.IntEnum):
    THREE = 3


class Mood(enum.StrEnum):
    CALM = "calm"


class Metres(float):
    """A float of another type."""


MISSING = [
    None,
    math.nan,
    Metres("nan"),
    np.float16("nan"),
    np.float32("nan"),
    np.longdouble("nan"),
    np.datetime64("NaT"),
    np.timedelta64("NaT"),
    np.ma.masked,
    np.ma.array(3.0, mask=True),
    np.array(np.nan),
    np.array(None),
    np.array(pd.NA),
    pd.NA,
    pd.NaT,
    Decimal("NaN"),
    Decimal("sNaN"),
    pa.scalar(None, pa.float64()),
]
THREES = [
    3,
    3.0,
    Metres(3),
    Count.THREE,
    Fraction(6, 2),
    Decimal("3.0"),
    *(np.dtype(kind).type(3) for kind in ("b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "g")),
    np.array(3),
    np.array(Decimal(3)),
    np.ma.array(3.0, mask=False),
    pa.scalar(3),
]
REFUSED = [
    True,
    np.bool_(True),
    math.inf,
    np.float32("inf"),
    Decimal("Infinity"),
    Decimal("1e400"),
    10**400,
    Fraction(10**400),
    3 + 0j,
    np.clongdouble(3),
    np.datetime64("2020-01-01T00:00:00.000000000"),
    np.timedelta64(3, "s"),
    np.array([3.0]),
    pd.Timestamp("2020-01-01"),
    pd.Series([3.0]),
    b"3",
    np.void(b"3"),
    [3.0],
    {3.0},
    object(),
]


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model("core-four")


def column(value):
    """A column of objects: 3, and the value as it is."""
    made = pd.Series([3.0, None], dtype=object)
    made.array[1] = value
    return made


@pytest.mark.parametrize("value", MISSING, ids=repr)
def test_missing_is_missing_whichever_way_it_comes_in(model, value):
    assert plain_value(value) is None
    assert "espionage" in model.assess({"military_activity": 3, "espionage": value}).missing
    frame = pd.DataFrame({"military_activity": [3.0, 3.0], "espionage": column(value)})
    # Weights are 35 and 20 of 100.
    assert model.score_frame(frame)["escalation_coverage"].tolist() == [0.55, 0.35]
    assert "espionage" not in riskmodel.read_table(frame, model=model)[1].values
    array = np.array([[3.0, 3.0], [3.0, None]], dtype=object)
    array[1, 1] = value
    assert ScoreTransformer("core-four", scores=["escalation"], columns=["coverage"]).fit_transform(array)[1, 0] == 0.35
    with pytest.raises(SituationError, match=r"espionage\.low: should be a number; got nothing"):
        model.assess({"espionage": {"low": value, "high": 5}})
    assert np.isnan(_as_floats([2.0, value])).tolist() == [False, True]


@pytest.mark.parametrize("value", THREES, ids=repr)
def test_a_number_is_that_number_whichever_way_it_comes_in(model, value):
    plain = plain_value(value)
    assert (plain, type(plain) in (int, float)) == (3, True)
    assert model.assess({"espionage": value}).input("espionage").value == 3.0
    assert model.assess({"espionage": {"low": value, "high": 5}}).input("espionage").value == 4.0
    frame = pd.DataFrame({"espionage": column(value)})
    assert riskmodel.read_table(frame, model=model)[1].values["espionage"] == 3.0
    situations = [{"espionage": 3.0, "military_activity": 1}, {"espionage": value, "military_activity": 2}]
    (difference,) = riskmodel.compare(situations, model=model).differences
    assert [entry.name for entry in difference.accounts["escalation"].entries] == ["military_activity"]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_all_else_is_refused_by_name(model, value):
    with pytest.raises(SituationError, match=r"values\.espionage: should be a (finite )?number"):
        model.assess({"espionage": value})
    with pytest.raises(SituationError, match=r"column espionage, row 1: should be a (finite )?number"):
        model.score_frame(pd.DataFrame({"espionage": column(value)}))


def test_labels_of_text_that_is_more_than_text():
    assert plain_value(Mood.CALM) == plain_value(np.str_("calm")) == "calm"
    assert type(plain_value(np.str_("calm"))) is str


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64, object])
def test_masked_arrays_keep_their_gaps(model, kind):
    cells = np.ma.array([[3, 3, 3, 3], [3, 7, 3, 3]], mask=[[0, 0, 0, 0], [0, 1, 0, 0]], dtype=kind)
    plain = cells.astype(float).filled(np.nan)
    transformer = ScoreTransformer("core-four").fit(plain)
    assert (transformer.transform(cells) == transformer.transform(plain)).all()
    names = list(model.spec.indicators)
    expected = model.score_frame(pd.DataFrame(plain, columns=names))
    pd.testing.assert_frame_equal(model.score_frame(pd.DataFrame(cells, columns=names)), expected)
    by_column = pd.DataFrame({name: cells[:, position] for position, name in enumerate(names)})
    pd.testing.assert_frame_equal(model.score_frame(by_column), expected)
    assert np.isnan(_as_floats(cells)).tolist() == cells.mask.tolist()
