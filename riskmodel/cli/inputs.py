"""Select situations and models on the command line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from riskmodel.cli.output import echo
from riskmodel.cli.table_options import table_options
from riskmodel.errors import ModelError, Problem, SituationError, escape_control, grouped, suggest

if TYPE_CHECKING:
    from riskmodel.documents.situations import Situation
    from riskmodel.model import Model
    from riskmodel.schema.situation import SituationValue
    from riskmodel.tables.options import TableKeywords


class Selection(NamedTuple):
    """Situations and models selected on the command line.

    Attributes
    ----------
    files : paths of situation files or tables.
    changes : texts such as `NAME=VALUE`, applied to every situation; without files and scenarios, the situation itself.
    scenarios : names of scenarios of the model.
    table : how files that are tables are read.
    model_names : paths or ids of models. The first is the model of every situation. Default: the model that a situation
        names, or the default model.
    """

    files: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    model_names: tuple[str, ...] = ()
    table: "TableKeywords" = {}  # noqa: RUF012  (never changed)

    @property
    def has_tables(self) -> bool:
        """True if a file is a table."""
        from riskmodel.documents.document import is_table

        return any(map(is_table, self.files))

    def resolve(self) -> "list[tuple[Model, Situation]]":
        """Read every situation with its model, and check its values (a comparison of models checks them itself).

        Raises
        ------
        SituationError
            With all problems of all situations.
        """
        from riskmodel.documents.situations import from_values, read_changes, values_for

        if not self.files and not self.scenarios and not self.changes:
            raise click.UsageError("give a situation: FILE, --scenario, or --set")
        problems: list[Problem] = []
        changes: dict[str, SituationValue] = {}
        with _collected(problems):
            changes = read_changes(self.changes)
        models = _Models(next(iter(self.model_names), None))
        situations: list[Situation] = [] if self.files or self.scenarios else [from_values({})]
        for file in self.files:
            with _collected(problems):
                situations += _read(file, models, self.table, problems)
        for name in self.scenarios:
            with _collected(problems):
                situations.append(_scenario(models.model_for(None), name))
        resolved = []
        for situation in situations:
            with _collected(problems):
                model, changed = models.model_for(situation), replace(situation, changes=changes)
                if len(self.model_names) < 2:
                    values_for(model.spec, changed)
                resolved.append((model, changed))
        if problems:
            raise SituationError(grouped(problems))
        return resolved


def selects_situations(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass a command its situations and one model as `selection`."""
    return _selecting(command, _MODEL)


def selects_situations_and_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass a command its situations and several models as `selection`."""
    return _selecting(command, _MODELS)


def _selecting(command: Callable[..., Any], models: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def selecting(
        files: tuple[str, ...],
        changes: tuple[str, ...],
        scenarios: tuple[str, ...],
        model_names: tuple[str, ...],
        table: "TableKeywords",
        **options: Any,
    ) -> Any:
        return command(Selection(files, changes, scenarios, model_names, table), **options)

    decorated: Callable[..., Any] = selecting
    for option in (table_options(), models, _SCENARIO, _SET, _FILES):
        decorated = option(decorated)
    return decorated


_FILES = click.argument("files", nargs=-1, metavar="[FILE]...")
_SET = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a value; null is missing, '{low: 2, high: 5}' a range.",
)
_SCENARIO = click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="Assess a scenario of the model."
)
_MODEL = click.option(
    "-m",
    "--model",
    "model_names",
    metavar="MODEL",
    callback=lambda context, option, name: () if name is None else (name,),
    help="Path of a model, or id of a shipped one.",
)
_MODELS = click.option(
    "-m",
    "--model",
    "model_names",
    multiple=True,
    metavar="MODEL",
    help="Path of a model, or id of a shipped one; give two to compare them.",
)


@contextmanager
def _collected(problems: list[Problem]) -> Iterator[None]:
    """Collect the problems of a SituationError instead of raising it."""
    try:
        yield
    except SituationError as error:
        problems += error.problems


def _read(file: str, models: "_Models", keywords: "TableKeywords", problems: list[Problem]) -> "list[Situation]":
    """Read the valid situations of a file; add the problems of the others to `problems`."""
    from riskmodel.documents.document import is_table
    from riskmodel.documents.situations import read_valid_situations

    if not is_table(file):
        situations, faults = read_valid_situations(file)
        problems += faults
        return situations
    from riskmodel.analysis.situations import situation_table
    from riskmodel.tables.check import count_values, table_check
    from riskmodel.tables.options import TableOptions

    model = models.model_for(None)
    table = situation_table(model.spec, file, TableOptions.of(keywords))
    counts = count_values(model.compiled, table.columns)
    for remark in table_check(model.compiled, table.names, table.matched, len(table.situations), counts).remarks:
        echo(escape_control(f"{file}: {remark}"), err=True)
    return table.situations


class _Models:
    """Load the model of each situation: that of -m, or the one that the situation names, or the default."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._loaded: dict[str | None, Model] = {}

    def model_for(self, situation: "Situation | None") -> "Model":
        from riskmodel.documents.situations import problem_at
        from riskmodel.model import load_model

        name = self._given or (situation.model if situation else None)
        if name not in self._loaded:
            try:
                self._loaded[name] = load_model(name) if name else load_model()
            except ModelError as error:
                first = error.problems[0]
                if self._given or situation is None or first.line is not None:
                    raise
                # There is no such model: the error is in the line that names it.
                raise SituationError([problem_at(situation, ("model",), str(first))]) from None
        return self._loaded[name]


def _scenario(model: "Model", name: str) -> "Situation":
    if name not in model.scenarios:
        hint = suggest(name, model.scenarios) or "; it has none"
        raise SituationError([Problem(f"no scenario {name!r} in model {model.spec.id!r}{hint}", file="--scenario")])
    return model.scenarios[name]
