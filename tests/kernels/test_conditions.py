"""Conditions of rules: grammar, positions of faults, and evaluation with missing values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riskmodel.kernels.evaluation import degrees, interval

from riskmodel.kernels import conditions


class Facts:
    """Numbers by name, and one term: x is big to the degree x."""

    def __init__(self, **numbers):
        self.numbers = {
            name: np.array([np.nan if value is None else value], dtype=float) for name, value in numbers.items()
        }

    def number(self, name):
        return self.numbers[name]

    def membership(self, name, term):
        assert term == "big"
        degree = np.clip(self.numbers[name], 0, 1)
        return interval(degree, np.isnan(degree))


def truth(text, **numbers):
    low, high = degrees(conditions.parse(text), Facts(**numbers))
    return float(np.ravel(low)[0]), float(np.ravel(high)[0])


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
    assert truth(text, x=0.3, y=0.8) == pytest.approx((expected, expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u is big", (0, 1)),
        ("u is not big", (0, 1)),
        ("u > 3", (0, 1)),
        ("x is big and u is big", (0, 0.3)),
        ("x is big or u is big", (0.3, 1)),
        ("not (x is big or u is big)", (0, 0.7)),
        ("x > 1 and u is big", (0, 0)),
        ("x < 1 or u is big", (1, 1)),
        ("x > 2 > u", (0, 0)),
        ("x / (x - x) > 0", (0, 1)),
        ("u - u == 0", (0, 1)),
    ],
)
def test_missing_values_and_division_by_zero_are_unknown(text, expected):
    assert truth(text, x=0.3, u=None) == pytest.approx(expected)


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["u is big", "u is not big and x is big", "x is big or not u is big"]),
)
def test_a_value_once_known_lies_within_what_was_possible(x, u, text):
    low, high = truth(text, x=x, u=None)
    result, same = truth(text, x=x, u=u)
    assert result == same
    assert low <= result <= high


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "empty"),
        ("x", 0, "quantity"),
        ("x is big and y", 13, "quantity"),
        ("x +", 2, "too early"),
        ("(x > 3", 0, "cannot be read"),
        ("x is big big", 9, "cannot be read"),
        ("x = 3", 2, "=="),
        ("x is big AND y is big", 9, "and"),
        ("x > 'big'", 4, "not allowed"),
        ("f(x) > 1", 0, "not allowed"),
        ("x.y > 1", 0, "not allowed"),
        ("x[0] > 1", 0, "not allowed"),
        ("x ** 2 > 1", 0, "not allowed"),
        ("x > True", 4, "not allowed"),
        ("x in y", 0, "mixes"),
        ("x < y is big", 0, "mixes"),
        ("x if y else z", 0, "not allowed"),
        ("lambda: 1", 0, "not allowed"),
        ("x > 1e999", 4, "too large"),
        ("(x is big) > 1", 1, "condition"),
        ("not 3 > 2 is big", 4, "mixes"),
        ("x is 3", 5, "term"),
        ("3 is big", 0, "indicator"),
        ("x > 1 # why", 6, "#"),
        ("x > 5and y > 2", 4, "5and"),
        ("__import__('os').system('x') > 1", 0, "not allowed"),
    ],
)
def test_faults_have_their_position(text, offset, words):
    with pytest.raises(conditions.ConditionSyntaxError) as caught:
        conditions.parse(text)
    fault = caught.value.faults[0]
    assert words in fault.message
    assert fault.span.offset == offset


def test_all_faults_of_a_condition_are_reported():
    with pytest.raises(conditions.ConditionSyntaxError) as caught:
        conditions.parse("f(x) > 1 and y and z ** 2 < 3")
    assert [fault.span.offset for fault in caught.value.faults] == [0, 13, 19]


@pytest.mark.parametrize(
    "text", ["(" * 240 + "x" + ")" * 240 + ">1", "not " * 100 + "x > 1", "-" * 200 + "x > 1", "x" * 501]
)
def test_depth_and_length_are_limited(text):
    with pytest.raises(conditions.ConditionSyntaxError):
        conditions.parse(text)


def test_names_and_leaves():
    condition = conditions.parse("a is high and not (b + c > 2 or d is low)")
    assert conditions.names(condition) == {"a", "b", "c", "d"}
    assert [leaf.span.offset for leaf in conditions.leaves(condition)] == [5, 19, 23, 37]
