"""The card on a terminal: colours, what fits its height, and words that are never cut."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import run, terminal_output

from riskmodel.cli.output import allows_colour
from riskmodel.report.assessment_text import assessment_text, brief_text

ROOT = Path(__file__).parents[2]
CASE = ROOT / "examples" / "article_case.yaml"
HINT = "--full shows all: every indicator, the rules, notes and sources."
COLOURS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "COLORTERM")


def on_a_terminal(*words, columns=100, lines=40, **environment):
    """Run `riskmodel score` on a terminal; return its output with and without colours."""
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in COLOURS}
    size = {"COLUMNS": str(columns), "LINES": str(lines), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "riskmodel", "score", *map(str, words)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**plain, **size, **environment}) as process:
        os.close(theirs)
        written = terminal_output(ours)
    assert process.returncode == 0, written
    text = written.decode().replace("\r\n", "\n")
    return text, re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_what_does_not_fit_is_brief_and_says_how_to_see_all():
    coloured, text = on_a_terminal(CASE, lines=40)
    lines = text.splitlines()
    assert len(lines) < 40
    assert lines[-1] == HINT
    for words in (
        "58.2 of 100  elevated",
        "Elevated; could be high.",
        "History 17.8 (30%)",
        "38.3 of 100",
        "Missing and",
    ):
        assert words in text
    # The pale amber of the middle of five bands, and the teal of the second, as 256 colours.
    assert "\x1b[1;38;5;" in coloured
    assert len(set(re.findall(r"48;5;\d+", coloured))) == 2


def test_all_of_it_ends_with_the_scores_above_the_prompt():
    coloured, text = on_a_terminal(CASE, "--full", COLORTERM="truecolor", lines=40)
    assert text.splitlines()[-2:] == [
        "Escalation risk  58.2 of 100  elevated ",
        "Stability        38.3 of 100  strained ",
    ]
    assert HINT not in text
    # #f3a065 and the second of five stops of the cool ramp, #b5dad6.
    assert "48;2;243;160;101" in coloured
    assert "48;2;181;218;214" in coloured


def test_what_fits_is_full_and_does_not_repeat_the_scores():
    _, text = on_a_terminal("--set", "military_activity=5", lines=300, NO_COLOR="1")
    assert "Rules that could not be judged" in text
    assert text.count("No score: ") == 2


@pytest.mark.parametrize(
    ("environment", "marks"),
    [
        ({}, 0),
        ({"FORCE_COLOR": "1"}, 1),
        ({"CLICOLOR_FORCE": "1"}, 1),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, 0),
        ({"FORCE_COLOR": "0"}, 0),
    ],
)
def test_what_is_piped_is_full_and_has_colours_only_on_demand(environment, marks):
    done = run("score", CASE, TERM="xterm-256color", **dict.fromkeys(COLOURS, "") | environment)
    assert ("\x1b[" in done.stdout) == marks
    assert "Passages that these rules are drawn from" in done.stdout
    assert HINT not in done.stdout


@pytest.mark.parametrize(
    ("is_terminal", "environment", "allowed"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (True, {"TERM": "xterm", "CLICOLOR": "0"}, False),
        (False, {"TERM": "xterm"}, False),
        (False, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_where_colours_are_allowed(monkeypatch, is_terminal, environment, allowed):
    for name in COLOURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    assert allows_colour() == allowed


def test_brief_is_for_text_on_standard_output(tmp_path):
    assert run("score", CASE, "--brief").stdout.endswith(f"\n{HINT}\n")
    for words in (("--format", "json"), ("-o", tmp_path / "card.txt")):
        done = run("score", CASE, "--brief", *words)
        assert done.returncode == 2
        assert "--brief is for text on standard output" in done.stderr


def test_several_situations_have_their_sentences_above_the_table():
    other = ROOT / "examples" / "case_1962_cuba.yaml"
    text = run("score", CASE, other).stdout
    assert text.index("Held down mostly by") < text.index("Cuban missile crisis") < text.index("Situation  ")
    brief = run("score", CASE, other, "--brief").stdout
    assert "Held down" not in brief
    assert "Cuban missile" in brief


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120])
def test_no_word_is_cut(default_model, width):
    import yaml

    assessment = default_model.assess(yaml.safe_load(CASE.read_text())["values"])
    titles = [entry.title for entry in assessment.inputs] + [rule.title for rule in assessment.rules if rule.degree]
    for text in (assessment_text(assessment, width), brief_text(assessment, width)):
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width
    assert words_of(" ".join(titles)) <= words_of(assessment_text(assessment, width))


def words_of(text):
    return set(re.sub(r"[,;:]", "", text).split())
