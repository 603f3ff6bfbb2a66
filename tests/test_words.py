"""The words of the code: names say what they hold, and docstrings what is done."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("riskmodel", "benchmarks", "tests")
BANNED = {"asked", "found", "hither", "said", "saying", "told"}
"""Words that say nothing of what they stand for."""
QUESTIONS = re.compile(r"(What|Where|Whether|Which|Who|Whose|Why|How)\b")


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def trees(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), tree_of(path)


def names(tree):
    """Yield the names that a file binds, with their lines; the sentences that name tests are left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
            ("test_", "Test")
        ):
            yield node.name, node.lineno


def parts(name):
    return set(re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_"))


def test_names_are_nouns():
    wrong = [
        f"{path}:{line}: {name}" for path, tree in trees(*FOLDERS) for name, line in names(tree) if parts(name) & BANNED
    ]
    assert not wrong, "\n".join(wrong)


def test_docstrings_do_not_open_with_a_question():
    wrong = [
        f"{path}:{getattr(node, 'lineno', 1)}: {text.splitlines()[0]}"
        for path, tree in trees("riskmodel", "benchmarks")
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if (text := ast.get_docstring(node)) and QUESTIONS.match(text)
    ]
    assert not wrong, "\n".join(wrong)
