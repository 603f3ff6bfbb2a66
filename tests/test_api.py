"""The public names and how they are called: a change of either is a decision, written down in `snapshots/api.txt`.

`python tests/test_api.py` writes that file anew; what it changes belongs in the changelog.
"""

import inspect
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import riskmodel
from riskmodel.model_analyses import ModelAnalyses

SNAPSHOT = Path(__file__).parent / "snapshots" / "api.txt"


def public_api():
    """Return a line for each public name, and for each public method, attribute and field of a public class."""
    return [line for name in sorted(riskmodel.__all__) for line in _lines(name, getattr(riskmodel, name))]


def _lines(name, thing):
    if not inspect.isclass(thing):
        yield f"{name}{_signature(thing)}"
        return
    yield f"class {name}({', '.join(base.__name__ for base in thing.__mro__[1:-1])})"
    members = {field.name for field in fields(thing)} if is_dataclass(thing) else set(getattr(thing, "_fields", ()))
    for kind in thing.__mro__[:-1]:
        if kind.__module__.startswith("riskmodel"):
            members |= {member for member in vars(kind) if not member.startswith("_")}
    for member in sorted(members):
        value = inspect.getattr_static(thing, member, None)
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        yield f"{name}.{member}{_signature(function) if inspect.isfunction(function) else ''}"


def _signature(function):
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
    ]
    return str(inspect.Signature(parameters))


def test_the_public_names_and_their_parameters_are_those_written_down():
    expected = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    assert public_api() == expected, "run `python tests/test_api.py` if this change is meant"


def test_every_public_thing_says_what_it_is_for():
    for name in riskmodel.__all__:
        assert inspect.getdoc(getattr(riskmodel, name)), name


@pytest.mark.parametrize("name", riskmodel.__all__)
def test_no_public_name_is_an_alias(name):
    assert getattr(riskmodel, name).__name__ == name


if __name__ == "__main__":
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_text("\n".join(public_api()) + "\n", encoding="utf-8")


def test_the_methods_of_a_model_take_what_the_functions_of_their_names_take():
    compared = []
    for name, method in vars(ModelAnalyses).items():
        function = getattr(riskmodel, name, None)
        if inspect.isfunction(method) and inspect.isfunction(function):
            models = {"model", "first", "second"}
            given, wanted = (
                {
                    parameter.name: parameter.default
                    for parameter in inspect.signature(one).parameters.values()
                    if parameter.name not in {"self", *models}
                }
                for one in (method, function)
            )
            assert given == wanted, name
            compared.append(name)
    assert {"score_file", "uncertainty", "rank", "validate", "calibrate"} <= set(compared)
