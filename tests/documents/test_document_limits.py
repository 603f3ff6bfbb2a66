"""Limits of depth and size, and our own messages for syntax errors."""

import json
import subprocess
import sys

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from riskmodel.documents import json_text, yaml_text
from riskmodel.documents.nodes import MAX_DEPTH, TextError
from riskmodel.errors import Problem, escape_control


class ShallowLoader(yaml.SafeLoader):
    """A parser that looks ahead, and has a limit of its own not far beyond ours, in words of its own."""

    def fetch_flow_collection_start(self, token):
        if self.flow_level > MAX_DEPTH + 10:
            raise yaml.scanner.ScannerError(None, None, "no deeper, if you please", self.get_mark())
        super().fetch_flow_collection_start(token)


LOADERS = [yaml.SafeLoader, ShallowLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def parsed(request, monkeypatch):
    """Read YAML by one parser after the other."""
    monkeypatch.setattr(yaml_text, "_Loader", request.param)
    return yaml_text.parse


def fault(parse, text):
    with pytest.raises(TextError) as caught:
        parse(text)
    return caught.value


def refusal(text):
    try:
        yaml_text.parse(text)
    except TextError as error:
        return error
    return None


# A nest as a function of its depth, and where the value stands that is nested by so many levels.
NESTS = {
    "brackets": (lambda depth: "[" * depth, lambda level: (1, level + 1)),
    "closed brackets": (lambda depth: "[" * depth + "]" * depth, lambda level: (1, level + 1)),
    "spaced brackets": (lambda depth: "[ " * depth + "]" * depth, lambda level: (1, 2 * level + 1)),
    "brackets in lines": (lambda depth: "[\n" * depth + "]" * depth, lambda level: (level + 1, 1)),
    "braces": (lambda depth: '{"a":' * depth + "1" + "}" * depth, lambda level: (1, 5 * level + 1)),
    "both": (lambda depth: '[{"a":' * (depth // 2) + "1" + "}]" * (depth // 2), lambda level: (1, 3 * level - 1)),
}
BLOCKS = {
    "dashes": (lambda depth: "- " * depth + "x", lambda level: (1, 2 * level + 1)),
    "keys": (lambda depth: "".join(f"{' ' * n}k:\n" for n in range(depth)), lambda level: (level + 1, level + 1)),
    "dashes in lines": (
        lambda depth: "".join(f"{' ' * n}-\n" for n in range(depth)),
        lambda level: (level + 1, level + 1),
    ),
    "words": (lambda depth: "a: " + "[é, " * depth, lambda level: (1, 4 * level - 3)),
}


@pytest.mark.parametrize("nest", [*NESTS, *BLOCKS])
def test_yaml_nested_too_deeply_is_an_error_at_its_position(parsed, nest):
    text, position = (NESTS | BLOCKS)[nest]
    for depth in (MAX_DEPTH + 3, 100, 1_000, 1_100, 10_000):
        if nest in ("keys", "dashes in lines") and depth > 2_000:
            continue  # Such a text grows with the square of its depth, and soon is over 5 MB.
        error = fault(parsed, text(depth))
        assert (error.message, error.line, error.column) == (
            "nested more than 50 levels deep",
            *position(MAX_DEPTH + 1),
        )


@pytest.mark.parametrize("nest", NESTS)
def test_json_nested_too_deeply_is_an_error_at_its_position(nest):
    text, position = NESTS[nest]
    for depth in (MAX_DEPTH + 3, 1_000, 100_000):
        error = fault(json_text.parse, text(depth))
        assert (error.message, error.line, error.column) == (
            "nested more than 50 levels deep",
            *position(MAX_DEPTH + 1),
        )


@pytest.mark.parametrize("nest", ["closed brackets", "spaced brackets", "brackets in lines", "braces", "both"])
def test_text_at_the_depth_limit_is_read(parsed, nest):
    text = NESTS[nest][0](MAX_DEPTH)
    assert parsed(text)[0].plain() == json_text.parse(text)[0].plain() == json.loads(text)


@pytest.mark.parametrize(
    ("text", "words", "line", "column"),
    [
        ("a:\n\tb: 1", "a tab cannot be used for indentation", 2, 1),
        ("a: |\n\tx", "a tab cannot be used for indentation", 2, 1),
        ("a: @x", "a text that begins with @ needs quotes", 1, 4),
        ("é: `x", "a text that begins with ` needs quotes", 1, 4),
        ("a: b: c", "a text with a colon in it needs quotes", 1, 5),
        ("éé: b: c", "a text with a colon in it needs quotes", 1, 6),
        ("a: [0, 5}\nb: 1", "a bracket is not closed, or a comma is missing", 1, 9),
        ("x: {a: 1\ny: 2", "a bracket is not closed, or a comma is missing", 2, 2),
        ("a: ]", "this bracket is never opened", 1, 4),
        ("a: 'x\nb: 1\n", "this quote is never closed", 1, 4),
        ('a: 1\nb: "x\n', "this quote is never closed", 2, 4),
        ('title: "a\n---\nb"', "this quote is never closed", 1, 8),
        ("a: *\n", "this cannot follow *", 1, 5),
        ("a: &\n", "this cannot follow &", 1, 5),
        ("a:\n  b: 1\n c: 2\n", "syntax error; check indentation", 3, 2),
        ('"a": 1\n- b', "syntax error; check indentation", 2, 1),
        ("a: 'it's'", "syntax error; check indentation", 1, 8),
        ("é\0", "a character that is not allowed", 1, 2),
        ("a: b\r\nü: \x07", "a character that is not allowed", 2, 4),
    ],
)
def test_yaml_errors_do_not_depend_on_the_parser(parsed, text, words, line, column):
    error = fault(parsed, text)
    assert error.message.startswith(f"not YAML: {words}")
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize("text", ['a: "\\q"', 'a: "x\\q"\nb: 1', 'a: "\\u00g0"'])
def test_an_unknown_escape_of_yaml_is_reported_inside_its_quotes(parsed, text):
    error = fault(parsed, text)
    assert "not an escape of YAML" in error.message
    assert text.index("\\") < error.column <= text.index("\\") + 6  # Parsers differ in where they notice it.


@pytest.mark.parametrize(
    ("text", "words", "column"),
    [
        ('["a\nb"]', "a control character", 4),
        ('["ab', "this quote is never closed", 2),
        (r'["a\x"]', "not an escape of JSON", 4),
        (r'["\u12g4"]', "not an escape of JSON", 3),
        ("[1, True]", "a value is expected here", 5),
        ("[-]", "a value is expected here", 2),
        ("[", "a value is expected here", 2),
    ],
)
def test_json_errors_have_our_messages(text, words, column):
    error = fault(json_text.parse, text)
    assert error.message.startswith(f"not JSON: {words}")
    assert (error.line, error.column) == (1, column)


@given(st.text("ab:- \n[]{},\"'#&*!|>%@`\t\\?é\0\u2028", max_size=24))
@settings(max_examples=150)
@example("[" * 1_500)
def test_every_error_is_ours_and_has_a_position_inside_the_text(text):
    error = refusal(text)
    if error is not None and error.line is not None:
        line = yaml_text.LINE_END.split(text)[error.line - 1]
        assert 1 <= error.column <= len(line) + 1


def test_keys_without_end_that_stand_twice_are_refused_for_their_number(parsed):
    _, duplicates = parsed("a: 1\n" * 101)
    assert [error.line for error in duplicates] == list(range(2, 102))
    error = fault(parsed, "a: 1\n" * 5_000)
    assert (error.message, error.line) == ("more than 100 duplicate keys", 102)
    error = fault(json_text.parse, "{" + '"a":1,\n' * 5_000 + '"a":1}')
    assert (error.message, error.line) == ("more than 100 duplicate keys", 102)


JUNK = """
from riskmodel.documents import document

def fill(unit, before="", after=""):
    return before + unit * (4_999_000 // len(unit)) + after

def high_water():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])

texts = {
    "pairs.yaml": lambda: fill("[a: b],", "[", "]"),
    "keys.yaml": lambda: fill("a: 1\\n"),
    "lists.json": lambda: fill("[],\\n", "[", "1]"),
}
list(map(document.from_text, ["a: 1", "[1]"], ["a.yaml", "a.json"]))
before = high_water()
for name, text in texts.items():
    try:
        document.from_text(text(), name)
        print("read", name)
    except document.UnreadableFileError as error:
        assert len(str(error)) < 500, name
print(high_water() - before)
"""


@pytest.mark.slow
def test_refusing_five_megabytes_of_junk_takes_little_memory():
    """Memory of libyaml is visible to the operating system only, so a separate process is measured."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the high-water mark is read from /proc")
    done = subprocess.run([sys.executable, "-c", JUNK], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 130_000, "kB"


def test_a_caret_is_under_its_position_even_after_escapes():
    source = "\u202a\x07\ta: [x\u2066, \x1b]"
    for column, mark in enumerate(source, 1):
        _, shown, caret = str(Problem("is wrong", "", "m.yaml", 1, column, source)).split("\n")
        assert shown[len(caret) - 1 :].startswith(escape_control(mark))
        assert caret.count("\t") == source[: column - 1].count("\t")
