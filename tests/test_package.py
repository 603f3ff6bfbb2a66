"""The package as a whole: fast to import, documented, without evaluation of code, safe in threads."""

import ast
import inspect
import tomllib
from pathlib import Path

import pytest
from command import loaded_after

import riskmodel

ROOT = Path(__file__).parent.parent


def test_importing_the_package_imports_nothing_heavy():
    loaded = loaded_after("import riskmodel")
    assert not loaded & {"numpy", "pandas", "scipy", "pydantic", "yaml", "click", "rich", "narwhals", "jinja2"}


def test_one_situation_is_assessed_without_pandas_scipy_and_rich():
    values = "{'military_activity': {'low': 1, 'likely': 2, 'high': 5}, 'espionage': {'mean': 3, 'sd': 1}}"
    loaded = loaded_after(f"import riskmodel\nriskmodel.load_model().assess({values})")
    assert "numpy" in loaded
    assert not loaded & {"pandas", "scipy", "click", "rich", "narwhals", "jinja2"}


def test_the_command_assesses_one_situation_without_pandas_scipy_and_rich():
    code = (
        "import sys\nfrom riskmodel.cli import run\n"
        "sys.argv = ['riskmodel', 'score', '--scenario', 'continued_tensions']\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
    )
    assert not loaded_after(code) & {"pandas", "scipy", "rich", "narwhals", "jinja2"}


@pytest.mark.parametrize("name", riskmodel.__all__)
def test_every_public_name_and_its_public_methods_have_a_docstring(name):
    public = getattr(riskmodel, name)
    assert public.__doc__
    for attribute, member in inspect.getmembers(public) if inspect.isclass(public) else ():
        function = member.fget if isinstance(member, property) else member
        ours = (getattr(function, "__module__", None) or "").startswith("riskmodel.")
        if ours and inspect.isfunction(function) and not attribute.startswith("_"):
            assert member.__doc__, attribute


def test_every_public_name_can_be_imported():
    for name in riskmodel.__all__:
        assert getattr(riskmodel, name) is not None
    assert set(riskmodel.__all__) <= set(dir(riskmodel))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        riskmodel.nothing  # noqa: B018


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == riskmodel.__version__


def test_nothing_is_ever_evaluated_or_unpickled():
    forbidden = {"eval", "exec", "compile", "pickle", "marshal", "shelve"}
    for path in (ROOT / "riskmodel").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden, path
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
                assert not names & forbidden, path


def test_kernels_import_neither_files_nor_tables():
    for path in (ROOT / "riskmodel" / "kernels").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in {"pydantic", "pandas", "yaml", "click", "rich"}, path
                assert not name.startswith("riskmodel.") or name.startswith("riskmodel.kernels"), path


def test_one_assessment_in_many_threads_is_the_same(default_model):
    from concurrent.futures import ThreadPoolExecutor

    situation = default_model.scenarios["continued_tensions"]
    expected = default_model.assess(situation)
    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(default_model.assess, [situation] * 64))
