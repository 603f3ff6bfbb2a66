"""The package has layers: no module imports a module that imports it, imports inside functions counted.

What only type checkers import is left out: a model names the types of its analyses' results, which know the model.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    {"errors", "extras", "results", "assessment", "kernels"},
    {"plan"},
    {"schema"},
    {"documents"},
    {"engine"},
    {"tables"},
    {"model", "model_analyses", "calls"},
    {"sql", "database", "sources"},
    {"batch"},
    {"analysis"},
    {"report", "integrations", "workbook"},
    {"web"},
    {"cli", "__main__"},
)
"""What stands directly in the package, from the bottom to the top: a layer knows itself and what is below it."""


def imports() -> dict[str, set[str]]:
    """Return the modules of the package that each module imports, at its top or inside a function."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "riskmodel").rglob("*.py")
    }
    return {
        name: {
            module if f"{module}.{thing}" not in paths else f"{module}.{thing}"
            for module, thing in _imported(ast.parse(path.read_text(encoding="utf-8")))
            if module in paths
        }
        for name, path in paths.items()
    }


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name the whole module"
        yield from ((node.module or "", alias.name) for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imported(child)


@pytest.fixture(scope="module")
def graph():
    return imports()


def test_no_module_imports_a_module_that_imports_it(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


def test_layers_know_only_what_is_below_them(graph):
    level = {part: number for number, layer in enumerate(LAYERS) for part in layer}
    parts = {name.split(".")[1] for name in graph if name != "riskmodel"}
    assert parts == set(level), "LAYERS names what stands directly in the package"
    for name, others in graph.items():
        for other in others - {"riskmodel"}:
            if name != "riskmodel":
                lower, upper = (level[module.split(".")[1]] for module in (other, name))
                assert lower <= upper, f"{name} imports {other}"


def test_only_results_look_up_what_is_above_them():
    looking = {
        path.relative_to(ROOT / "riskmodel").as_posix()
        for path in (ROOT / "riskmodel").rglob("*.py")
        if "import_module(" in path.read_text(encoding="utf-8")
    }
    # Public names, commands and views: what is below them, and slow to import.
    assert looking - {"__init__.py", "cli/main.py", "report/presenters.py"} == {"results.py"}
    assert 'import_module("riskmodel.report.presenters")' in (ROOT / "riskmodel" / "results.py").read_text("utf-8")


def test_every_result_has_its_views():
    from riskmodel.report import presenters
    from riskmodel.results import DrawableResult, Tabular, Viewable

    for name in imports():
        if name.startswith("riskmodel.analysis."):
            import_module(name)
    kinds = set(_derived(Viewable))
    named = {kind.__name__: kind for kind in kinds if kind.__module__ != "riskmodel.results"}
    assert set(named) == set(presenters.VIEWS)
    for name, views in presenters.VIEWS.items():
        assert views.report or (views.text and views.markdown and views.notebook), name
        assert bool(views.draw) == issubclass(named[name], DrawableResult), name
        assert bool(views.frames) == issubclass(named[name], Tabular), name
        for function in filter(None, views):
            assert callable(presenters.function(function)), name


def _derived(kind):
    for other in kind.__subclasses__():
        yield other
        yield from _derived(other)
