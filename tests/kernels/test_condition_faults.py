"""Errors in conditions: each message in full, the quoted words, and their position."""

import pytest

from riskmodel.kernels import conditions
from riskmodel.kernels.conditions import And, Arithmetic, Comparison, Name, Negative, Not, Number, Span, TermTest

QUANTITY = "is a quantity, not a condition; compare it, or test a term with `is`"
CONDITION = "is a condition where a quantity is expected"
NO_PART = "is not allowed in a condition"
MIXES = "mixes operators that cannot be chained; join separate conditions with `and`"
NO_TERM = "after `is` should be a term"
NO_INDICATOR = "before `is` should be the name of an indicator"
UNREADABLE = "cannot be read as a condition from here on"
JOIN = f"{UNREADABLE}; join conditions with the words and, or, not, is (here: "
TOO_DEEP = "nested more than 50 levels deep"


def faults(text):
    with pytest.raises(conditions.ConditionSyntaxError) as caught:
        conditions.parse(text)
    assert str(caught.value) == "; ".join(fault.message for fault in caught.value.faults)
    return [(fault.message, *fault.span) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "words", "why"),
    [
        ("x is big and [y]", "[y]", NO_PART),
        ("x is big and y", "y", QUANTITY),
        ("x is big or 3", "3", QUANTITY),
        ("x is big or -y", "-y", QUANTITY),
        ("x is big or x * y", "x * y", QUANTITY),
        ("not f(x)", "f(x)", NO_PART),
        ("x > 'big'", "'big'", NO_PART),
        ("x > y ** 2", "y ** 2", NO_PART),
        ("x > 10 % 3", "10 % 3", NO_PART),
        ("x > ~y", "~y", NO_PART),
        ("x > -'a'", "'a'", NO_PART),
        ("x > +'a'", "'a'", NO_PART),
        ("x > 3 + 'a'", "'a'", NO_PART),
        ("x > 'a' + 3", "'a'", NO_PART),
        ("x > False", "False", NO_PART),
        ("x > 1j", "1j", NO_PART),
        ("(x is big) > 1", "x is big", CONDITION),
        ("x > (y and z)", "y and z", CONDITION),
        ("x > (not y)", "not y", CONDITION),
        ("x not in y", "x not in y", MIXES),
        ("x < y is big", "x < y is big", MIXES),
        ("x is 3", "3", NO_TERM),
        ("x is not f(y)", "f(y)", NO_TERM),
        ("'a' is b", "'a'", NO_INDICATOR),
        ("x > 1e999", "1e999", "is too large a number"),
        ("x > -1e999", "1e999", "is too large a number"),
        ("x > 1" + "0" * 400, "1" + "0" * 400, "is too large a number"),
    ],
)
def test_a_fault_names_the_words_that_it_is_about(text, words, why):
    assert faults(text) == [(f"{words!r} {why}", text.index(words), len(words))]


@pytest.mark.parametrize(
    ("text", "message", "offset", "length"),
    [
        ("", "the condition is empty", 0, 0),
        (" \n ", "the condition is empty", 0, 3),
        ("x +", "the condition ends too early", 2, 1),
        ("x +  ", "the condition ends too early", 2, 1),
        ("x is big big", UNREADABLE, 9, 1),
        ("x > 1 and\ny 2", UNREADABLE, 12, 1),
        ("x = 3", f"{UNREADABLE}; to compare, write ==", 2, 1),
        (" \tx = 3", f"{UNREADABLE}; to compare, write ==", 4, 1),
        ("x is big AND y is big", f"{JOIN}'AND')", 9, 1),
        ("x is big Or y is big", f"{JOIN}'Or')", 9, 1),
        ("x is big && y is big", f"{JOIN}'&&')", 10, 1),
        ("x is for", f"{UNREADABLE}; 'for' is a reserved word", 5, 1),
        ("not x is a or and b", UNREADABLE, 14, 1),
        ("x > 1 # why", "cannot read '#' in a condition", 6, 1),
        ("x is big\\", "cannot read '\\\\' in a condition", 8, 1),
        ("x > 1 \0", "cannot read '\\x00' in a condition", 6, 1),
        ("x > 5and y > 2", "cannot read '5and' in a condition", 4, 1),
        ("x > \ud800", "cannot be read as a condition", 0, 5),
        ("x" * 501, "the condition has 501 characters; at most 500 are allowed", 0, 501),
    ],
)
def test_a_text_that_cannot_be_read_says_from_where(text, message, offset, length):
    assert faults(text) == [(message, offset, length)]


def test_places_count_characters_and_not_bytes():
    assert faults(" größe > f(größe)") == [(f"'f(größe)' {NO_PART}", 9, 8)]


def test_each_part_has_its_own_fault():
    assert faults("f(x) > g(y) or z") == [
        (f"'f(x)' {NO_PART}", 0, 4),
        (f"'g(y)' {NO_PART}", 7, 4),
        (f"'z' {QUANTITY}", 15, 1),
    ]
    assert faults("f(x) + g(y) > 1") == [(f"'f(x)' {NO_PART}", 0, 4), (f"'g(y)' {NO_PART}", 7, 4)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A condition inside fifty others is read, and what it compares is one deeper.
        ("not " * 49 + "x > 1", None),
        ("not " * 50 + "x is big", None),
        ("not " * 50 + "x > 1", [(f"'x' {TOO_DEEP}", 200, 1), (f"'1' {TOO_DEEP}", 204, 1)]),
        ("not " * 51 + "x > 1", [(f"'x > 1' {TOO_DEEP}", 204, 5)]),
        ("x > " + "-" * 49 + "y", None),
        ("x > " + "+" * 49 + "y", None),
        ("x > " + "-" * 50 + "y", [(f"'y' {TOO_DEEP}", 54, 1)]),
        ("x > " + "+" * 50 + "y", [(f"'y' {TOO_DEEP}", 54, 1)]),
        # What stands to the left in a sum is no deeper, what stands to the right is.
        ("x > " + "y + " * 100 + "y", None),
        ("x > " + "(y + " * 49 + "y" + ")" * 49, None),
        ("x > " + "(y + " * 50 + "y" + ")" * 50, [(f"'y' {TOO_DEEP}", 254, 1)]),
    ],
)
def test_fifty_levels_are_read_and_no_more(text, expected):
    if expected is None:
        conditions.parse(text)
    else:
        assert faults(text) == expected


def test_fifty_open_brackets_are_read_and_no_more():
    conditions.parse("(" * 50 + "x > 1" + ")" * 50)
    conditions.parse("x > " + "(y) + " * 60 + "y")
    assert faults(" " + "(" * 51 + "x > 1" + ")" * 51) == [(TOO_DEEP, 51, 1)]
    assert faults("(x) > " + "(" * 60) == [(TOO_DEEP, 56, 1)]


@pytest.mark.parametrize("word", ["and", "or"])
def test_each_of_not_and_and_or_is_a_level(word):
    text = f"not (x is a {word} " * 25 + "{}" + ")" * 25
    conditions.parse(text.format("x is a"))
    assert faults(text.format("not x is a")) == [(f"'x is a' {TOO_DEEP}", text.index("{") + 4, 6)]


def test_five_hundred_characters_are_read():
    text = "x > 1" + " " * 495
    assert conditions.parse(text) == Comparison(">", Name("x", Span(0, 1)), Number(1.0))


def test_a_condition_is_parsed_to_its_nodes():
    x, y, z = Name("x", Span(0, 1)), Name("y", Span(4, 1)), Name("z", Span(8, 1))
    assert conditions.parse("x < y <=z") == And((Comparison("<", x, y), Comparison("<=", y, z)))
    assert conditions.parse("x > y + z") == Comparison(">", x, Arithmetic("+", y, z))
    assert conditions.parse("x is not big") == Not(TermTest(x, "big", Span(9, 3)))
    assert conditions.parse("x\tis\nbig") == TermTest(x, "big", Span(5, 3))
    assert conditions.parse("x ==-2") == Comparison("==", x, Negative(Number(2.0)))
    assert conditions.parse("x !=+y / 2.5") == Comparison("!=", x, Arithmetic("/", Name("y", Span(5, 1)), Number(2.5)))


def test_every_name_is_listed_in_order_and_no_number():
    condition = conditions.parse("-a * 2 > b and (c is d or not 3 < e - -f)")
    assert [
        leaf.name.name if isinstance(leaf, TermTest) else leaf.name for leaf in conditions.leaves(condition)
    ] == list("abcef")
    assert conditions.names(condition) == set("abcef")
