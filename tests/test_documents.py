"""README, rulebook and examples say only what the program does."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import riskmodel
from riskmodel.report.rulebook import rulebook

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SITUATIONS = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".yaml", ".json"))
CASES = [path for path in SITUATIONS if path.name.startswith("case_")]


ANALYSES = ("uncertainty", "sensitivity", "levers", "compare", "weights")
"""Documents whose examples need nothing but the examples of the project."""


def document(name):
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def check_commands(text, folder):
    """Run the commands of a document, hold what they print against what it shows, and count them."""
    (folder / "examples").symlink_to(ROOT / "examples")
    commands = 0
    for block in blocks("console", text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, shown = part.split("\n", 1)
            printed = run(["-m", *shlex.split(command)], folder)
            commands += 1
            if shown.endswith("...\n"):
                assert printed.startswith(shown.removesuffix("...\n"))
            else:
                assert printed == shown
    return commands


def run(words, folder):
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_block_sets_up_in_two_lines():
    first = blocks("sh")[0].splitlines()
    assert len(first) == 2
    assert "riskmodel score examples/" in first[0]
    assert "[test]" in first[1]
    assert "pytest" in first[1]


def test_every_console_block_prints_what_the_readme_shows(tmp_path):
    assert check_commands(README, tmp_path) == 6


@pytest.mark.parametrize("name", ANALYSES)
def test_the_commands_of_the_docs_print_what_they_show(name, tmp_path):
    assert check_commands(document(name), tmp_path) > 0


@pytest.mark.parametrize("text", [README, *map(document, ANALYSES)], ids=["README", *ANALYSES])
def test_python_blocks_print_what_is_shown(text, tmp_path):
    shown = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", text)
    assert shown
    for code, printed in shown:
        script = tmp_path / "example.py"
        script.write_text(code, encoding="utf-8")
        assert run([script], ROOT) == printed


def test_every_linked_file_is_there():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_rulebook_in_docs_is_the_one_of_the_default_model(default_model):
    assert (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8") == rulebook(default_model) + "\n"


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_every_example_is_assessed(path):
    for situation in riskmodel.read_situations(path):
        assessment = riskmodel.load_model(situation.model or "bilateral-tension").assess(situation)
        assert assessment["escalation"].status == "ok"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_tells_its_facts_doubts_and_sources(path):
    (situation,) = riskmodel.read_situations(path)
    spec = situation.spec
    assert spec.id
    assert spec.title
    assert spec.date == path.stem.split("_")[1]
    assert set(spec.notes) == set(spec.values)
    assert spec.doubts
    assert spec.sources


def test_at_least_six_historical_cases():
    assert len(CASES) >= 6


def test_the_example_table_is_scored(default_model):
    months = pd.read_csv(ROOT / "examples" / "dyad_months.csv")
    assert set(default_model.spec.indicators) < set(months)
    scored = default_model.score_frame(months)
    assert len(scored) == len(months)
    assert scored["escalation"].notna().mean() > 0.9
