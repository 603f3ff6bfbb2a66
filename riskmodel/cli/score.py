"""`riskmodel score`: assess situations."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from riskmodel.errors import Problem, SituationError, nearest

if TYPE_CHECKING:
    from riskmodel.assessment import Assessment
    from riskmodel.load.situations import Situation
    from riskmodel.model import Model

FORMATS = ("text", "json", "markdown")


@click.command("score")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Give or change a value; null is missing.")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Assess a scenario of the model.")
@click.option("-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(
    files: tuple[str, ...], changes: tuple[str, ...], scenarios: tuple[str, ...], model_name: str | None, form: str
) -> None:
    """Assess the situations in FILEs (YAML or JSON; - is standard input).

    Several situations are shown side by side. With --set alone, the values given are the situation.
    """
    found = _assessments(files, changes, scenarios, model_name)
    if form == "json":
        from riskmodel.report.data import assessment_data

        data = [assessment_data(assessment) for assessment in found]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))
    elif form == "markdown":
        from riskmodel.report.markdown import comparison, document

        click.echo(document(found[0]) if len(found) == 1 else "\n".join(comparison(found)))
    else:
        _print_text(found)


def _print_text(found: Sequence["Assessment"]) -> None:
    from riskmodel.report.text import card, side_by_side

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    if len(found) > 1:
        click.echo(side_by_side(found, width))
        return
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    click.echo(card(found[0], width, str if plain else lambda text: click.style(text, bold=True)))


def _assessments(
    files: Sequence[str], changes: Sequence[str], scenarios: Sequence[str], model_name: str | None
) -> list["Assessment"]:
    """Assess everything that was asked for; the problems of all of it are told together."""
    from riskmodel.load.situations import from_values, read_changes, read_what_can_be

    if not files and not scenarios and not changes:
        raise click.UsageError("name a FILE with a situation, a --scenario, or values with --set")
    problems: list[Problem] = []
    wanted: dict[str, float | str | None] = {}
    try:
        wanted = read_changes(changes)
    except SituationError as error:
        problems += error.problems
    situations: list[Situation] = [] if files or scenarios else [from_values({})]
    for file in files:
        readable, faults = read_what_can_be(file)
        situations += readable
        problems += faults
    models = _Models(model_name)
    found = []
    for name in scenarios:
        try:
            situations.append(_scenario(models.of(None), name))
        except SituationError as error:
            problems += error.problems
    for situation in situations:
        try:
            found.append(models.of(situation).assess(replace(situation, changes=wanted)))
        except SituationError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise SituationError(problems)
    return found


class _Models:
    """The model for each situation: the one asked for, else the one that the situation names, else the default."""

    def __init__(self, asked: str | None) -> None:
        self._asked = asked
        self._loaded: dict[str | None, Model] = {}

    def of(self, situation: "Situation | None") -> "Model":
        from riskmodel.errors import ModelError
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
