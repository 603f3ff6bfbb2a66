"""JSON read without places is JSON read with them, or is left to that reader."""

import json

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from riskmodel.documents.document import from_json
from riskmodel.documents.json_text import content, parse
from riskmodel.documents.nodes import MAX_DEPTH, TextError

PIECES = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', '"\\u00e9\\ud800"', "1", "-0", "1.50e3", "1e999", "9" * 20, "NaN"]
SPACES = [" ", "\n", "\t", "\u00a0", "\ufeff"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4),
    max_leaves=15,
)


def with_places(text, max_values):
    """Return the result of the parser with positions; None if the text is invalid."""
    try:
        root, duplicates = parse(text, max_values)
    except TextError:
        return None
    return None if duplicates else root


@given(
    st.lists(st.sampled_from(PIECES + SPACES + ["null", "true", "'", "-", "Infinity"]), max_size=12), st.integers(1, 8)
)
@example(['{"a":', "1", ',"a":', "2", "}"], 8)
@example(["[1,", "]"], 8)
@example(["[", "9" * 5000, "]"], 8)
def test_invalid_json_is_left_to_the_parser_with_positions(pieces, max_values):
    text = "".join(pieces)
    try:
        quick = content(text, max_values)
    except ValueError:
        return
    root = with_places(text, max_values)
    assert root is not None
    assert repr(root.plain()) == repr(quick)


@given(VALUES, st.sampled_from([None, 1]))
def test_json_is_read_to_the_same_values(value, indent):
    text = json.dumps(value, indent=indent)
    root = with_places(text, 1000)
    assume(text.count("[") + text.count("{") <= MAX_DEPTH)
    assert root is not None
    assert repr(content(text, 1000)) == repr(root.plain())


def test_limits_are_those_of_the_other_reader():
    text = '[1, [2], {"a": 3}]'
    assert repr(content(text, 6)) == repr(with_places(text, 6).plain())
    assert with_places(text, 5) is None
    nested = "[" * MAX_DEPTH + "0" + "]" * MAX_DEPTH
    assert repr(content(nested, 1000)) == repr(with_places(nested, 1000).plain())
    assert with_places(f"[{nested}]", 1000) is None
    for beyond in ((text, 5), (f"[{nested}]", 1000)):
        with pytest.raises(ValueError, match="too deeply or have too many"):
            content(*beyond)


def test_positions_are_computed_on_demand():
    text = '{"a": 1,\n "b": [2, {"c": 3}]}'
    document = from_json(text.encode(), "body", 100)
    assert document.content == {"a": 1, "b": [2, {"c": 3}]}
    inner = document.root.value["b"].value[1].value["c"]
    assert (inner.value, inner.span.line, inner.span.column) == (3, 2, 17)
    assert document.content == document.root.plain()
