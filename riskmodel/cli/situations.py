"""The situations that a command is asked about, each with its model."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from riskmodel.cli.echo import echo
from riskmodel.errors import ModelError, Problem, SituationError, grouped, nearest, printable

if TYPE_CHECKING:
    from riskmodel.load.situations import Situation
    from riskmodel.model import Model
    from riskmodel.spec.situation import SituationValue

Found = TypeVar("Found")


def asked_about(
    files: Sequence[str],
    changes: Sequence[str],
    scenarios: Sequence[str],
    model_name: str | None,
    look: "Callable[[Model, Situation], Found]",
) -> list[Found]:
    """What `look` makes of every situation that was asked about; the problems of all of them are told together.

    Parameters
    ----------
    files : of situations, or tables of them.
    changes : texts such as `NAME=VALUE`, which every situation takes; alone, they are the situation.
    scenarios : names of scenarios of the model.
    model_name : the model asked for; without it the one that a situation names, else the default.
    look : raises SituationError where a situation and its model do not go together.

    Raises
    ------
    SituationError
        With every problem of every situation.
    """
    from riskmodel.load.situations import from_values, read_changes

    if not files and not scenarios and not changes:
        raise click.UsageError("name a FILE with a situation, a --scenario, or values with --set")
    problems: list[Problem] = []
    wanted: dict[str, SituationValue] = {}
    try:
        wanted = read_changes(changes)
    except SituationError as error:
        problems += error.problems
    situations: list[Situation] = [] if files or scenarios else [from_values({})]
    models = _Models(model_name)
    for file in files:
        readable, faults = _read(file, models)
        situations += readable
        problems += faults
    found = []
    for name in scenarios:
        try:
            situations.append(_scenario(models.of(None), name))
        except SituationError as error:
            problems += error.problems
    for situation in situations:
        try:
            found.append(look(models.of(situation), replace(situation, changes=wanted)))
        except SituationError as error:
            problems += error.problems
    if problems:
        raise SituationError(grouped(problems))
    return found


def _read(file: str, models: "_Models") -> tuple[list["Situation"], list[Problem]]:
    from riskmodel.load.files import is_table
    from riskmodel.load.situations import read_what_can_be

    if not is_table(file):
        return read_what_can_be(file)
    from riskmodel.analysis.situation_table import situation_table
    from riskmodel.table_check import count_values, table_check

    model = models.of(None)
    try:
        table = situation_table(model.spec, file)
    except SituationError as error:
        return [], list(error.problems)
    counts = count_values(model.compiled, table.columns)
    for remark in table_check(model.compiled, table.names, len(table.situations), counts).remarks:
        echo(printable(f"{file}: {remark}"), err=True)
    return table.situations, []


class _Models:
    """The model for each situation: the one asked for, else the one that the situation names, else the default."""

    def __init__(self, asked: str | None) -> None:
        self._asked = asked
        self._loaded: dict[str | None, Model] = {}

    def of(self, situation: "Situation | None") -> "Model":
        from riskmodel.load.situations import problem_at
        from riskmodel.model import load_model

        name = self._asked or (situation.model if situation else None)
        if name not in self._loaded:
            try:
                self._loaded[name] = load_model(name) if name else load_model()
            except ModelError as error:
                first = error.problems[0]
                if self._asked or situation is None or first.line is not None:
                    raise
                # The model is not there at all: what is at fault is the line that names it.
                raise SituationError([problem_at(situation, ("model",), str(first))]) from None
        return self._loaded[name]


def _scenario(model: "Model", name: str) -> "Situation":
    if name not in model.scenarios:
        told = nearest(name, model.scenarios) or "; it has none"
        raise SituationError([Problem(f"no scenario {name!r} in model {model.spec.id!r}{told}", file="--scenario")])
    return model.scenarios[name]
