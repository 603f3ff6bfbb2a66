"""README, rulebook and examples say only what the program does."""

import inspect
import io
import re
import runpy
import tomllib
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pandas as pd
import pytest
import yaml
from console_blocks import refreshed
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import riskmodel
from riskmodel.report.model import rulebook

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SITUATIONS = sorted(
    path
    for path in (ROOT / "examples").iterdir()
    if path.suffix in (".yaml", ".json") and not path.name.startswith("recipe_")
)
CASES = [path for path in SITUATIONS if path.name.startswith("case_")]


WITH_COMMANDS = tuple(
    path.stem for path in sorted((ROOT / "docs").glob("*.md")) if "```console" in path.read_text("utf-8")
)
"""Documents with commands and their output."""


def document(name):
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_first_block_sets_up_in_two_lines():
    first = blocks("sh")[0].splitlines()
    assert len(first) == 2
    assert "riskmodel score examples/" in first[0]
    assert "[test]" in first[1]
    assert "pytest" in first[1]
    assert all("pip install -c constraints.txt " in line for line in first)


def test_the_constraints_hold_a_version_that_is_allowed_of_every_package_that_is_named():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [Requirement(line) for line in lines if not line.startswith("#")]
    versions = {line.name: line.specifier for line in kept if line.marker is None or line.marker.evaluate()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [Requirement(line) for lines in (project["dependencies"], *extras) for line in lines]
    assert len(wanted) > 20
    for package in wanted:
        if package.name != "riskmodel":
            (version,) = versions[canonicalize_name(package.name)]
            assert version.operator == "=="
            assert package.specifier.contains(version.version), package


@pytest.mark.parametrize("text", [README, *map(document, WITH_COMMANDS)], ids=["README", *WITH_COMMANDS])
def test_commands_print_the_documented_output(text):
    assert blocks("console", text)
    assert refreshed(text) == text


WITH_PYTHON = {name: document(name) for name in ("uncertainty", "weights", "series", "integrations")} | {
    "README": README
}
PYTHON = [
    pytest.param(code, expected, id=f"{name}-{number}")
    for name, text in WITH_PYTHON.items()
    for number, (code, expected) in enumerate(re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", text))
]


@pytest.mark.parametrize(("code", "expected"), PYTHON)
def test_python_blocks_print_the_documented_output(code, expected, tmp_path):
    if "import duckdb" in code:
        pytest.importorskip("duckdb")
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    with redirect_stdout(io.StringIO()) as out, chdir(ROOT):
        runpy.run_path(str(script), run_name="__main__")
    assert out.getvalue() == expected


@pytest.mark.parametrize("text", WITH_PYTHON.values(), ids=WITH_PYTHON)
def test_every_python_block_is_run(text):
    run = sum(code in text for code, _ in (param.values for param in PYTHON))
    assert 0 < run == len(blocks("python", text))


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_linked_file_exists(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)[)#]", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_reference_has_every_public_name_once():
    names = re.findall(r"^::: riskmodel\.(\w+)$", document("api"), re.MULTILINE)
    assert sorted(names) == sorted(riskmodel.__all__)


def test_the_licence_is_named_alike_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert project["license"] == citation["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project["version"] == citation["version"] == riskmodel.__version__


def test_the_rulebook_in_docs_is_the_one_of_the_default_model(default_model):
    assert (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8") == rulebook(default_model) + "\n"


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_every_example_is_assessed(path):
    for situation in riskmodel.read_situations(path):
        assessment = riskmodel.load_model(situation.model or "bilateral-tension").assess(situation)
        assert assessment["escalation"].status == "ok"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_has_facts_doubts_and_sources(path):
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


def sections(thing):
    """The entries of the sections of a numpydoc docstring, by heading: lines that are not indented."""
    text = inspect.getdoc(thing) or ""
    result = re.findall(r"^(\w+)\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return {heading: [line for line in body.splitlines() if line and line[0] != " "] for heading, body in result}


def public_things():
    for name in riskmodel.__all__:
        thing = getattr(riskmodel, name)
        yield name, thing
        if inspect.isclass(thing):
            for method, value in inspect.getmembers(thing, inspect.isroutine):
                ours = (getattr(value, "__module__", None) or "").startswith("riskmodel")
                if ours and not method.startswith("_"):
                    yield f"{name}.{method}", value


PUBLIC = dict(public_things())


@pytest.mark.parametrize("thing", PUBLIC.values(), ids=PUBLIC)
def test_the_reference_names_the_parameters_that_a_function_has(thing):
    documented = sections(thing)
    for heading in ("Parameters", "Attributes"):
        # A type after a colon would be shown in place of the annotation.
        assert all(re.fullmatch(r"\*{0,2}\w+(, \*{0,2}\w+)*", line) for line in documented.get(heading, []))
    if inspect.isroutine(thing) and "Parameters" in documented:
        names = {name.strip("* ") for line in documented["Parameters"] for name in line.split(",")}
        assert names == set(inspect.signature(thing).parameters) - {"self", "cls"}
