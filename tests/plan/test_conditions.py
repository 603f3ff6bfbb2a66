"""The steps of conditions: degrees of known and of unknown values, worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.kernels.conditions import parse
from riskmodel.plan import steps
from riskmodel.plan.conditions import degrees, quantity
from riskmodel.plan.program import evaluate
from riskmodel.plan.simplify import Simplifier
from riskmodel.plan.steps import Constant, FillDegree, Input

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

NAN = math.nan


def membership(name, term):
    """A number is big to the degree that it is, from 0 to 1."""
    assert term == "big"
    degree = steps.Ramp(Input(name), 0, 1)
    return FillDegree(degree, 0.0), FillDegree(degree, 1.0)


def truth(text, **columns):
    """Give the lower and the upper degree in every row."""
    given = {name: np.array(values, dtype=float) for name, values in columns.items()}
    rows = len(next(iter(given.values())))
    bounds = [evaluate(step, given, rows).tolist() for step in degrees(parse(text), Input, membership)]
    low, high = bounds
    assert all(0 <= below <= above <= 1 for below, above in zip(low, high, strict=True))
    return low, high


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x is big", 0.3),
        ("x is not big", 0.7),
        ("not x is big", 0.7),
        ("x is big and y is big", 0.3),
        ("x is big or y is big", 0.8),
        ("x is big or y is big and x > 1", 0.3),
        ("(x is big or y is big) and x < 1", 0.8),
        ("x is big and y is big and x is not big", 0.3),
        ("0 < x < y <= 0.8", 1),
        ("0 < x < y < 0.8", 0),
        ("y + x * 2 == 1.4", 1),
        ("-x < +y", 1),
        ("(y - x) / 0.5 >= 1", 1),
        ("x != x", 0),
        ("2 > 1", 1),
    ],
)
def test_degrees_of_known_values(text, expected):
    assert truth(text, x=[0.3], y=[0.8]) == (pytest.approx([expected]), pytest.approx([expected]))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("u is big", 0, 1),
        ("u is not big", 0, 1),
        ("u > 3", 0, 1),
        ("x is big and u is big", 0, 0.3),
        ("x is big and u > 2", 0, 0.3),
        ("x is big or u is big", 0.3, 1),
        ("u > 2 or x is big", 0.3, 1),
        ("not (x is big or u is big)", 0, 0.7),
        ("x > 1 and u is big", 0, 0),
        ("x < 1 or u is big", 1, 1),
        ("x > 2 > u", 0, 0),
        ("u - u == 0", 0, 1),
        # So are division by zero and overflow.
        ("x / (x - x) > 0", 0, 1),
        ("0 * x / 0 == 0", 0, 1),
        ("x * 1e308 * 10 > 0", 0, 1),
        ("-x * 1e308 * 2 - 1.5e308 < 0", 0, 1),
        ("1 / 0 > 1", 0, 1),
    ],
)
def test_missing_values_and_division_by_zero_are_unknown(text, low, high):
    assert truth(text, x=[0.3], u=[NAN]) == ([pytest.approx(low)], [pytest.approx(high)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x < y", [1, 0, 0]),
        ("x <= y", [1, 1, 0]),
        ("x > y", [0, 0, 1]),
        ("x >= y", [0, 1, 1]),
        ("x == y", [0, 1, 0]),
        ("x != y", [1, 0, 1]),
        ("x < y or x > y", [1, 0, 1]),
        ("x <= y and x >= y", [0, 1, 0]),
        ("not x < y", [0, 1, 1]),
    ],
)
def test_comparisons(text, expected):
    assert truth(text, x=[1, 2, 3], y=[2, 2, 2]) == (expected, expected)


def test_an_unknown_value_affects_its_own_row_only():
    for text in ("x > 2", "2 < x", "x + 1 > 3"):
        assert truth(text, x=[3, NAN, 1]) == ([1, 0, 0], [1, 1, 0])
    assert truth("not x > 2", x=[3, NAN, 1]) == ([0, 0, 1], [0, 1, 1])


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["u is big", "u is not big and x is big", "x is big or not u is big", "u > 0.5 or x is big"]),
)
def test_a_value_once_known_lies_within_what_was_possible(x, u, text):
    low, high = truth(text, x=[x], u=[NAN])
    result, same = truth(text, x=[x], u=[u])
    assert result == same
    assert low <= result <= high


@pytest.mark.parametrize(
    ("text", "expected"), [("x + y", 8), ("x - y", 4), ("x * y", 12), ("x / y", 3), ("-x", -6), ("2.5", 2.5)]
)
def test_quantities(text, expected):
    step = quantity(parse(f"{text} > 0").left, Input)
    columns = {"x": np.array([6.0]), "y": np.array([2.0])}
    assert evaluate(step, columns, 1).tolist() == [expected]


def test_both_degrees_are_one_step_where_nothing_can_be_unknown():
    simplify = Simplifier(complete={"x", "y"})
    for text in ("x > y", "x is big", "not (x is big or y >= 2)", "2 > 1", "x is big and not y is big"):
        low, high = map(simplify, degrees(parse(text), Input, membership))
        assert low is high
    # A quotient can be unknown whatever is known.
    low, high = map(simplify, degrees(parse("x / y > 1"), Input, membership))
    assert low is not high


def test_a_condition_without_names_is_a_constant():
    low, high = map(Simplifier(), degrees(parse("2 > 1 and not 3 < 2"), Input, membership))
    assert isinstance(low, Constant)
    assert (low, low.value) == (high, 1)


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        # A thousand-millionth of the larger, and of 1, makes no difference.
        (1e9, 1e9 + 0.9, 0),
        (1e9, 1e9 + 1.1, -1),
        (-1e9, -1e9 - 0.9, 0),
        (-1e9, -1e9 - 1.1, 1),
        (0, 9e-10, 0),
        (0, 1.1e-9, -1),
        (0.5, 0.5 + 9e-10, 0),
        (0.5 + 1.1e-9, 0.5, 1),
        (1.5e308, -1.5e308, 1),
        (-1.5e308, 1.5e308, -1),
        (1.5e308, 1.5e308, 0),
    ],
)
def test_numbers_that_rounding_could_have_parted_are_equal(first, second, order):
    signs = {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "==": order == 0, "!=": order != 0}
    mirror = str.maketrans("<>", "><")
    for sign, holds in signs.items():
        assert truth(f"x {sign} y", x=[first], y=[second]) == ([holds], [holds])
        assert truth(f"x {sign.translate(mirror)} y", x=[second], y=[first]) == ([holds], [holds])
