"""Sound texts to break, the edits that break them, and how to tell what was said about them.

A mark (`§`) stands in a broken text right before the place that a message about it should point at.
"""

import re

import pytest

import riskmodel
from riskmodel.errors import escape_control

MARK = "§"

MODEL = """\
format: 1
id: border
version: 1.0.0
title: A border model
sources:
  report:
    title: A report
    claims:
      A1: {section: One, says: Troops matter.}
groups:
  forces: {title: Forces}
  words: {title: Words}
indicators:
  troops:
    title: Troops
    group: forces
    unit: thousands
    valid: [0, 100]
    scale: {goalposts: [0, 50]}
    terms:
      few: {below: [5, 10]}
      many: {above: [20, 40]}
    guide: {0: none, 50: a corps}
    cites: {source: report, section: One, claims: [A1]}
  talks:
    valid: [0, null]
    scale: {points: [[0, 0], [2, 0.25], [8, 1]]}
    terms:
      rare: {below: 2}
      steady: {between: [2, 4, 8, 10]}
  mood:
    scale: {levels: {calm: 0, tense: 0.6, crisis: 1}}
    default: calm
  press:
    scale: {logistic: {midpoint: 10, slope: 0.5}}
scores:
  pressure:
    weights: {troops: 2, press: 1}
  escalation:
    title: Escalation
    out_of: 100
    decimals: 1
    mean: geometric
    min_coverage: 0.5
    weights:
      pressure: 30
      talks: -30
      mood: {weight: 15, because: Moods matter.}
    bands: {low: 0, guarded: 20, high: 60}
  stability:
    mean: {power: 2}
    weights: {talks: 1, troops: -1}
rules:
  misread:
    title: Moves are misread
    because: Nobody explains them.
    cites: {source: report, section: One}
    when: troops is many and talks is rare
    then:
      escalation: {add: 12}
      stability: {at_most: 40}
  alarm:
    when: >-
      mood is crisis
      or press > 3 * (talks + 1)
    then: {escalation: {at_least: 60}}
scenarios:
  quiet:
    title: Quiet
    because: It happens.
    values: {troops: 5, talks: 4, mood: calm, press: null}
"""


def edited(text, *edits):
    """Make each edit (what stands there, what shall stand there) at the one place where it can be made."""
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def without_marks(marked):
    """Take the marks out of a text; returns it and the line and column of what stood behind each of them."""
    positions = []
    for match in re.finditer(MARK, marked):
        before = marked[: match.start()]
        line = before[before.rfind("\n") + 1 :]
        positions.append((before.count("\n") + 1, len(line) - line.count(MARK) + 1))
    return marked.replace(MARK, ""), positions


def write(folder, content, name="model.yaml"):
    """Write text (without its marks) or bytes to a file of the folder and return its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else without_marks(content)[0].encode())
    return path


def model_problems(path):
    """Return the problems of an invalid model."""
    with pytest.raises(riskmodel.ModelError) as caught:
        riskmodel.load_model(path)
    return caught.value.problems


def places_of(problems):
    return [(problem.line, problem.column) for problem in problems]


def check_shown(problem, path, text):
    """A problem names file, line and column, and shows the line with a caret under the place."""
    assert problem.file == str(path)
    source = text.split("\n")[problem.line - 1].removesuffix("\r")
    assert problem.source == source
    assert 1 <= problem.column <= len(source) + 1
    message, shown, caret = str(problem).split("\n")
    assert message.startswith(f"{path}:{problem.line}:{problem.column}: ")
    assert shown.startswith(f"{problem.line:5d} | ")
    assert caret.endswith("^")
    under = len(caret) - 1
    assert shown[under:].startswith(escape_control(source[problem.column - 1 : problem.column]))


def check_words(problem, words):
    """Key, value and right answer are all in what is said; `words` may be one word or several."""
    message = f"{problem.field}: {problem.message}"
    for word in (words,) if isinstance(words, str) else words:
        assert word in message, f"{word!r} is not in {message!r}"


def check_only(problems, path, marked, message):
    """Exactly one thing is wrong, told at the mark; `said` is the field (None: whichever it is) and the words."""
    text, positions = without_marks(marked)
    assert places_of(problems) == positions, "\n".join(map(str, problems))
    (problem,) = problems
    field, words = message
    if field is not None:
        assert problem.field == field
    check_words(problem, words)
    check_shown(problem, path, text)


def check_all(problems, path, marked):
    """Everything that is marked is told, in the order of the text, and nothing else."""
    text, positions = without_marks(marked)
    assert places_of(problems) == positions, "\n".join(map(str, problems))
    for problem in problems:
        check_shown(problem, path, text)


def faults(*tables):
    """The faults of some tables as parameters of a test, named by what stands there instead."""
    return [pytest.param(fault, id=fault[1].strip()[:40]) for table in tables for fault in table]


def nested(opening, closing, depth, inside=""):
    return opening * depth + inside + closing * depth


def alias_bomb(rounds=9):
    """A few hundred bytes that stand for a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, rounds)]
    return "\n".join(lines)


# Files that are no documents, or would cost too much to read: name of the file, content, what must be said.
HOSTILE = [
    ("alias_bomb.yaml", alias_bomb(), "values, counting aliases"),
    ("alias_to_itself.yaml", "a: &a [*a]", "anchor 'a'"),
    ("too_many_values.json", "[" + "1," * 210_000 + "1]", "more than 200,000 values"),
    ("deep.yaml", "a: " + nested("[", "]", 60), "nested more than 50 levels deep"),
    ("deep_by_one.yaml", "a: " + nested("[", "]", 51), "nested more than 50 levels deep"),
    ("deep_by_one.json", '{"a": ' + nested("[", "]", 51) + "}", "nested more than 50 levels deep"),
    ("deep_blocks.yaml", "".join("  " * n + f"k{n}:\n" for n in range(60)), "nested more than 50 levels deep"),
    ("deep_dashes.yaml", "- " * 60 + "x", "nested more than 50 levels deep"),
    ("deep.json", nested('{"a":', "}", 60, "1"), "nested more than 50 levels deep"),
    ("brackets.yaml", "[" * 100_000, "nested more than 50 levels deep"),
    ("brackets.json", "[" * 100_000, "nested more than 50 levels deep"),
    ("closed_brackets.txt", nested("[", "]", 100_000), "nested more than 50 levels deep"),
    ("braces.json", '{"a":' * 100_000, "nested more than 50 levels deep"),
    ("dashes.yaml", "- " * 100_000, "nested more than 50 levels deep"),
    ("question_marks.yaml", "? " * 100_000, "key"),
    ("six_megabytes.yaml", "#" * 6_000_000, "over 5 MB"),
    ("six_megabytes.json", "[" + " " * 6_000_000 + "]", "over 5 MB"),
    ("latin1.yaml", "id: x\ntitle: Un modèle\n".encode("latin-1"), "not UTF-8 text: byte 0xe8"),
    ("utf16.yaml", "format: 1".encode("utf-16"), "UTF-16"),
    ("utf16_without_mark.yaml", "format: 1".encode("utf-16-le"), "not allowed"),
    ("surrogate.yaml", b"id: \xed\xa0\x80", "not UTF-8 text: byte 0xed"),
    ("surrogate_escape.yaml", 'id: "\\ud800"', "YAML"),
    ("nul.yaml", b"id: a\0b", "not allowed"),
    ("nul.json", b'{"id": "a\0b"}', "JSON"),
    ("picture.yaml", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not UTF-8 text"),
    ("every_byte.yaml", bytes(range(256)), "not UTF-8 text: byte 0x80"),
    ("archive.yaml", b"PK\x03\x04\x14\0\0\0", "is a zip archive"),
    ("pickle.yaml", b"\x80\x04\x95\x0b\0\0\0", "is a Python pickle"),
    ("pickle_text.yaml", "cos\nsystem\n(S'true'\ntR.", "mapping"),
    ("empty.yaml", "", "empty"),
    ("empty.json", "", "empty"),
    ("blank.yaml", "\n\n  \n", "empty"),
    ("comment.yaml", "# nothing else\n", "empty"),
    ("only_a_mark.yaml", b"\xef\xbb\xbf", "empty"),
    ("null.yaml", "null", "mapping"),
    ("text.yaml", "hello", "'hello'"),
    ("number.json", "12", "12"),
    ("list.yaml", "- a\n- b\n", "mapping"),
    ("python_object.yaml", '!!python/object/apply:os.system ["true"]', "os.system"),
    ("python_name.yaml", "id: !!python/name:os.system ''", "os.system"),
    ("binary_tag.yaml", "id: !!binary aGVsbG8=", "binary"),
    ("two_documents.yaml", "---\na: 1\n---\nb: 2\n", "second document"),
    ("two_documents.json", '{"a": 1} {"b": 2}', "unexpected text"),
    ("comma.json", '{"a": 1,}', "comma"),
    ("single_quotes.json", "{'a': 1}", "double quotes"),
    ("comment.json", '{"a": 1 // one\n}', "comma"),
    ("unclosed.json", '{"a": 1', "is expected here"),
    ("nan.json", '{"a": NaN}', "NaN"),
    ("infinity.json", '{"a": -Infinity}', "Infinity"),
    ("python_words.json", '{"a": True}', "value"),
    ("unclosed.yaml", "a: [1, 2", "YAML"),
    ("tab.yaml", "a:\n\tb: 1", "YAML"),
]


def check_hostile(problems, path):
    """One clear message: a line that names the file, and perhaps the line of text with a caret, nothing endless."""
    assert len(problems) == 1
    message = str(problems[0])
    assert message.startswith(str(path))
    assert len(message) < 500
    assert message.count("\n") in (0, 2)
