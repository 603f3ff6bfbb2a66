"""Control characters of files are escaped in all output; letters of all scripts are not."""

import json
import subprocess
import sys
import unicodedata
import warnings

import pytest
from click.testing import CliRunner
from serving import ENVIRONMENT, ROOT

import riskmodel
from riskmodel.cli.main import main
from riskmodel.errors import RiskmodelError, escape_control, escape_control_lines, single_line
from riskmodel.report.html import markup

BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
EVERY = [chr(code) for code in range(0x110000)]
"""All characters, with the halves of surrogate pairs."""
KEPT = "é ß 漢字 می\u200cشود नमस्ते a\u00a0b 👩\u200d🚀 soft\u00adhyphen"


def is_control(character):
    """Test for controls except the tab, and for characters that set the direction of text, by the Unicode database."""
    marks = character in "\u061c\u200e\u200f"
    is_bidi = marks or unicodedata.bidirectional(character) in BIDI
    return is_bidi or (unicodedata.category(character) == "Cc" and character != "\t")


CONTROLS = [character for character in EVERY if is_control(character)]
HOSTILE = f"\x1b]0;pwn\x07{''.join(CONTROLS)} {KEPT}"


def check(text):
    """Assert that a text has no control characters."""
    raw = {character for line in text.split("\n") for character in line if is_control(character)}
    assert not raw, [hex(ord(character)) for character in raw]


def quoted(text):
    """Return a text as a string of YAML and JSON, with controls as escapes."""
    escaped = (f"\\u{ord(character):04x}" if is_control(character) else character for character in text)
    return f'"{"".join(escaped)}"'


MODEL = f"""
format: 1
id: hostile
version: {quoted("1" + HOSTILE)}
title: {quoted("M" + HOSTILE)}
description: {quoted(HOSTILE)}
sources:
  paper:
    title: {quoted("P" + HOSTILE)}
    claims:
      {quoted("c1" + HOSTILE)}: {{section: {quoted("S" + HOSTILE)}, says: {quoted(HOSTILE)}}}
groups: {{past: {{title: {quoted("G" + HOSTILE)}, description: {quoted(HOSTILE)}}}}}
indicators:
  troops:
    title: {quoted("T" + HOSTILE)}
    unit: {quoted("u" + HOSTILE)}
    description: {quoted(HOSTILE)}
    group: past
    valid: [0, 10]
    scale: {{goalposts: [0, 10]}}
    terms: {{high: {{above: [5, 8]}}}}
    guide: {{5: {quoted("five" + HOSTILE)}}}
    lever: {{cost: 1}}
    cites: {{source: paper, section: {quoted("S" + HOSTILE)}, claims: [{quoted("c1" + HOSTILE)}]}}
  talks: {{title: {quoted("K" + HOSTILE)}, scale: {{levels: {{{quoted("some" + HOSTILE)}: 0.5, none: 1}}}}}}
  spies: {{title: {quoted("I" + HOSTILE)}, unit: {quoted(HOSTILE)}, scale: {{goalposts: [0, 10]}}}}
scores:
  risk:
    title: {quoted("R" + HOSTILE)}
    description: {quoted(HOSTILE)}
    weights: {{troops: {{weight: 2, because: {quoted(HOSTILE)}}}, talks: 1, spies: 1}}
    bands: {{{quoted("calm" + HOSTILE)}: 0, {quoted("tense" + HOSTILE)}: 50}}
rules:
  march:
    title: {quoted("March" + HOSTILE)}
    because: {quoted(HOSTILE)}
    cites: {{source: paper, section: {quoted("S" + HOSTILE)}}}
    when: troops is high
    then: {{risk: {{add: 5}}}}
  gap: {{title: {quoted("Gap" + HOSTILE)}, when: spies > 3, then: {{risk: {{add: 1}}}}}}
scenarios:
  calm: {{title: {quoted("C" + HOSTILE)}, because: {quoted(HOSTILE)}, values: {{troops: 3, spies: 1}}}}
"""


def situation(troops):
    return json.dumps(
        {
            "id": f"s{HOSTILE}",
            "title": f"Case {troops} {HOSTILE}",
            "date": "2022",
            "description": HOSTILE,
            "values": {"troops": {"low": troops - 1, "high": troops + 1}, "talks": f"some{HOSTILE}"},
            "notes": {"troops": f"N{HOSTILE}"},
            "doubts": [f"D{HOSTILE}"],
            "sources": [f"Q{HOSTILE}"],
        }
    )


@pytest.fixture
def files(tmp_path):
    """Write a model, situations and a table with all control characters in every text."""
    (tmp_path / "model.json").write_text(MODEL, encoding="utf-8")
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    other = MODEL.replace("id: hostile", "id: other").replace("weight: 2", "weight: 3").replace("five", "six")
    (tmp_path / "other.yaml").write_text(other, encoding="utf-8")
    (tmp_path / "a.json").write_text(situation(6), encoding="utf-8")
    (tmp_path / "b.json").write_text(situation(3), encoding="utf-8")
    rows = [f'"r{row}{HOSTILE}",{row % 9},{row % 7},{int(row % 3 == 0)},{row}' for row in range(40)]
    rows.append(f'"bad{HOSTILE}","{HOSTILE}",1,0,40')
    table = "\n".join(["id,troops,spies,event,year", *rows])
    (tmp_path / "table.csv").write_text(table.translate(dict.fromkeys(map(ord, "\r\0"))), encoding="utf-8")
    (tmp_path / "good.csv").write_text("troops,spies\n1,2\n3,1\n6,6\n", encoding="utf-8")
    return tmp_path


def printed(folder, *words):
    """Return what a command writes to standard output and standard error."""
    arguments = [str(folder / word) if "." in word and (folder / word).exists() else word for word in words]
    result = CliRunner().invoke(main, arguments, standalone_mode=False)
    if isinstance(result.exception, RiskmodelError):
        return result.output + "\n".join(str(problem) for problem in result.exception.problems)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_only_control_characters_are_escaped():
    for character in EVERY:
        escaped = escape_control(character)
        if is_control(character):
            assert escaped.isascii(), hex(ord(character))
            assert escaped.isprintable(), hex(ord(character))
            assert ord(character) == int(escaped[2:], 16) if escaped[1] in "xu" else escaped in (r"\n", r"\r")
        elif unicodedata.category(character)[0] in "LMNPS" or character in " \t\u00a0\u200c\u200d":
            assert escaped == character, hex(ord(character))
    assert escape_control(KEPT) == KEPT
    assert escape_control_lines("a\nb\x1bc\r\n") == "a\nb\\x1bc\\r\n"
    assert markup.escape_html(" <a>\n b\u00a0 ") == " &lt;a&gt; b\u00a0 "
    assert single_line(" a\r\n\n  b\tc\x85 ") == r" a b c\x85 "


@pytest.mark.parametrize("output_format", ["text", "markdown", "json", "html"])
@pytest.mark.parametrize("names", [["a.json"], ["a.json", "b.json"]], ids=["one", "two"])
def test_scores_have_no_controls_in_any_format(files, names, output_format):
    output = printed(files, "score", *names, "-m", "model.yaml", "--format", output_format)
    check(output)
    for word in KEPT.split(" "):
        assert word in output
    if output_format == "json":
        (first, *_) = json.loads(output)
        assert (first["title"], first["doubts"]) == (f"Case 6 {HOSTILE}", [f"D{HOSTILE}"])


def test_text_of_an_assessment_has_no_controls_but_those_of_emphasis(files):
    from riskmodel.report.assessment_text import PLAIN, assessment_text

    model = riskmodel.load_model(files / "model.yaml")
    (situation,) = riskmodel.read_situations(files / "a.json")
    assessment = model.assess(situation)
    bold = assessment_text(assessment, paint=PLAIN._replace(strong=lambda text: f"\x1b[1m{text}\x1b[0m"))
    check(bold.replace("\x1b[1m", "").replace("\x1b[0m", ""))
    for text in (str(assessment), assessment._repr_html_(), repr(model)):
        check(text)


@pytest.mark.parametrize(
    "words",
    [
        ["model", "show", "model.yaml"],
        ["model", "docs", "model.yaml"],
        ["model", "check", "model.yaml"],
        ["model", "diff", "model.yaml", "other.yaml"],
        ["compare", "a.json", "b.json", "-m", "model.yaml"],
        ["compare", "a.json", "b.json", "-m", "model.yaml", "--format", "markdown"],
        ["compare", "a.json", "-m", "model.yaml", "-m", "other.yaml"],
        ["compare", "a.json", "b.json", "-m", "model.yaml", "--rank", "--draws", "64"],
        ["uncertainty", "a.json", "-m", "model.yaml", "--sample-missing", "--draws", "1024"],
        ["uncertainty", "a.json", "-m", "model.yaml", "--draws", "1024", "--format", "json"],
        ["sensitivity", "a.json", "-m", "model.yaml", "--draws", "64"],
        ["levers", "a.json", "-m", "model.yaml", "--target", "risk <= 30"],
        ["levers", "a.json", "-m", "model.yaml", "--target", "risk <= 30", "--format", "markdown"],
        ["score", "--scenario", "calm", "-m", "model.yaml"],
        ["weights", "entropy", "good.csv", "-m", "model.yaml", "--score", "risk"],
        ["batch", "table.csv", "-m", "model.yaml", "-o", "-", "--rejects", "rejects.csv"],
        ["score", "a.json", "-m", "model.yaml", "--set", f"troops={HOSTILE}"],
        ["score", "a.json", "-m", "model.yaml", "--set", f"{HOSTILE}=1"],
        ["score", "model.json", "-m", "model.yaml"],
        ["score", f"no{HOSTILE}.yaml"],
        ["model", "check", f"no{HOSTILE}"],
    ],
    ids=lambda words: " ".join(words[:3])[:40],
)
def test_no_command_prints_controls(files, monkeypatch, words):
    monkeypatch.chdir(files)
    check(printed(files, *words))


def test_plots_have_no_controls_and_room_for_their_axes(files):
    model = riskmodel.load_model(files / "model.yaml")
    first, second = (riskmodel.read_situations(files / name)[0] for name in ("a.json", "b.json"))
    results = (
        riskmodel.uncertainty(first, model=model, draws=1024),
        riskmodel.sensitivity(first, model=model, draws=64),
        riskmodel.levers(first, "risk <= 30", model=model),
        riskmodel.compare([first, second], model=model),
    )
    for result in results:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as that of a layout without room for the axes
            result.save_plot(files / "plot.svg")
        check((files / "plot.svg").read_text(encoding="utf-8"))


def test_errors_of_usage_have_no_controls():
    words = [sys.executable, "-m", "riskmodel", "score", f"--{KEPT}\x1b[2J\u202e\x9b"]
    done = subprocess.run(
        words, capture_output=True, encoding="utf-8", env=ENVIRONMENT, cwd=ROOT, check=False, timeout=60
    )
    assert done.returncode == 2
    assert r"\x1b[2J\u202e\x9b" in done.stderr
    check(done.stderr)
