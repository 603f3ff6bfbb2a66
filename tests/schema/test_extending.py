"""The walks of docs/extending.md, applied to a copy of the package."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
ALIAS = re.compile(r"^(Any\w+): TypeAlias = Annotated\[\n.*?^\]\n", re.DOTALL | re.MULTILINE)
KINDS = re.compile(r"^EffectKind: TypeAlias = Literal\[.*\]\n", re.MULTILINE)


def extended(text, block):
    """Insert a block into a file: its union replaces the old one, and what follows the union comes last."""
    for definition in (ALIAS, KINDS):
        if new := definition.search(block):
            old = definition.search(text)
            return text[: old.start()] + block[: new.end()] + text[old.end() :] + block[new.end() :]
    return f"{text}\n\n{block}"


@pytest.fixture(scope="module")
def extension(tmp_path_factory):
    """A copy of the package with all blocks of code."""
    folder = tmp_path_factory.mktemp("extended")
    for name in ("riskmodel", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert len(BLOCKS) == 3
    for path, block in BLOCKS:
        file = folder / path
        file.write_text(extended(file.read_text(encoding="utf-8"), block), encoding="utf-8")
    return folder


def run(folder, code):
    """Return the output of a script that is run with the copy."""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


MODEL = """
model = {
    "format": 1, "id": "toy",
    "indicators": {
        "a": {"valid": [0, 12], "scale": {"triangle": [0, 5, 10]}, "terms": {"high": {"above": [6, 8]}}},
        "b": {"valid": [0, 1], "scale": {"goalposts": [0, 1]}},
    },
    "scores": {"s": {"weights": {"a": 1, "b": 1}}, "t": {"weights": {"b": 1}}},
    "rules": {
        "relief": {"when": "a is high", "then": {"s": {"reduce": 0.5}}},
        "calm": {"when": "b > 0.5", "then": {"s": {"reduce": 0.2}}},
        "peaked": {"when": "s > 74.9", "then": {"t": {"add": 1}}},
        "floor": {"when": "b > 0.5", "then": {"s": {"at_least": 10}}},
    },
}
import riskmodel
toy = riskmodel.load_model(model)
"""


class TestScale:
    def test_it_is_scored_clamped_and_bounded(self, extension):
        printed = run(
            extension,
            MODEL
            + """
peak, side, beyond = (toy.assess({"a": a, "b": 0.5}) for a in (5, 2.5, 11))
print([found.scores["s"].value for found in (peak, side, beyond)], beyond.clamped)
print(toy.assess({"a": {"low": 1, "high": 5.5}, "b": 0}).scores["s"].high)
""",
        )
        assert printed.splitlines() == ["[75.0, 50.0, 12.5] ('a',)", "50.0"]

    def test_searches_find_its_peak(self, extension):
        printed = run(
            extension,
            MODEL
            + """
from riskmodel.analysis.near_misses import near_misses
from riskmodel.schema.breakpoints import breakpoints, indicator_range
print(breakpoints(toy.spec, "a").tolist(), tuple(indicator_range(toy.spec, "a")))
found = riskmodel.sensitivity({"a": 1, "b": 0.5}, model=toy, over="range", draws=1024)
print(next(bar.greatest for bar in found.scores["s"].tornado if bar.name == "a"))
print([(near.rule, near.indicator, near.value) for near in near_misses(toy, {"a": 4, "b": 0.5})])
""",
        )
        marks, peak, near = printed.splitlines()
        assert marks == "[0.0, 5.0, 6.0, 8.0, 10.0, 12.0] (0.0, 12.0, False)"
        assert peak == "75.0"
        assert "('peaked', 'a', 5.0)" in near

    def test_it_is_described_and_part_of_the_schema(self, extension):
        printed = run(
            extension,
            MODEL
            + """
import json
from riskmodel.report.model import rulebook
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.wording import share_words
print("0 at 0, 1 at 5, 0 at 10, straight between" in rulebook(toy), share_words(toy.spec, "s", "a"))
print("triangle" in json.dumps(ModelSpec.model_json_schema()))
""",
        )
        assert printed.splitlines() == ["True rises and falls, 50.0%", "True"]

    def test_an_invalid_one_is_an_error_at_its_position_and_the_rest_is_checked(self, extension):
        printed = run(
            extension,
            MODEL
            + """
model["indicators"]["a"]["scale"]["triangle"] = [0, 5, 5]
model["scores"]["s"]["weights"]["c"] = 1
try:
    riskmodel.load_model(model)
except riskmodel.ModelError as error:
    print(*(problem.field for problem in error.problems))
""",
        )
        assert set(printed.split()) == {"indicators.a.scale.triangle.2", "scores.s.weights.c"}

    def test_a_part_that_is_forgotten_is_an_error_at_import(self, extension, tmp_path):
        shutil.copytree(extension, tmp_path / "copy")
        file = tmp_path / "copy" / next(path for path, block in BLOCKS if "class Triangle" in block)
        text = file.read_text(encoding="utf-8")
        start = text.index("    def breakpoints", text.index("class Triangle"))
        file.write_text(text[:start] + text[text.index("    def ends", start) :], encoding="utf-8")
        with pytest.raises(AssertionError, match="TypeError: Triangle lacks breakpoints"):
            run(tmp_path / "copy", "import riskmodel; riskmodel.load_model()")


class TestEffect:
    def test_it_applies_is_bounded_and_accounted_for(self, extension):
        printed = run(
            extension,
            MODEL
            + """
found = toy.assess({"a": 7, "b": 0.6})
score = found.scores["s"]
print(round(score.value, 9), round(sum(entry.points for entry in score.account), 9))
print([(rule.name, rule.degree, [effect.kind for effect in rule.effects]) for rule in found.rules])
unknown = toy.assess({"b": 0.6}).scores["s"]
print(round(unknown.low, 9), round(unknown.high, 9))
""",
        )
        first, second, third = printed.splitlines()
        # (0.6 + 0.6) / 2 = 60 points; half of 50 % is taken away, then 20 % of what is left.
        assert first == "36.0 36.0"
        assert "('relief', 0.5, ['reduce'])" in second
        assert third == "12.0 64.0"

    def test_it_is_described(self, extension):
        printed = run(
            extension,
            MODEL
            + """
from riskmodel.report.model import rulebook
print("-50% of it" in rulebook(toy))
""",
        )
        assert printed == "True\n"
