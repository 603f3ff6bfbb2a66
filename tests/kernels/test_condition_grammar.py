"""The grammar of conditions: positions of faults, limits, names and leaves."""

import pytest

from riskmodel.kernels import conditions


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
