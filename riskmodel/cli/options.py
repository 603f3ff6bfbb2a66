"""Options that several commands have."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from riskmodel.columns import Require

FORMATS = ("text", "json", "markdown")

Command = TypeVar("Command", bound=Callable[..., Any])


def csv_marks(command: Command) -> Command:
    """`--delimiter`, `--decimal` and `--thousands`."""
    command = click.option(
        "--thousands", metavar="MARK", help="What separates thousands in CSV: , . ' or a space; nothing without it."
    )(command)
    command = click.option("--decimal", metavar="MARK", help="The decimal mark of CSV: . or ,")(command)
    return click.option(
        "--delimiter",
        metavar="MARK",
        callback=lambda context, option, value: "\t" if value in ("tab", "\\t") else value,
        help="Of CSV; found in the header without it. `tab` is a tab.",
    )(command)


def required(command: Command) -> Command:
    """`--require`."""
    return click.option(
        "--require",
        metavar="NAME,...",
        default="",
        callback=lambda context, option, value: _names(value),
        help="Refuse a table in which one of these indicators has no column; `all` for all of them.",
    )(command)


def _names(text: str) -> "Require":
    return "all" if text.strip() == "all" else [name.strip() for name in text.split(",")] if text else ()


def new_id(command: Command) -> Command:
    """`--id`: what a model that is written is to be called."""

    def checked(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            from riskmodel.derived import checked_id

            checked_id(value)
        return value

    help_text = "Of NEW_MODEL; without it the old one and how the new one came about, such as mine-entropy."
    return click.option("--id", "model_id", metavar="ID", callback=checked, help=help_text)(command)


def outcomes(command: Command) -> Command:
    """The options of commands that hold a model against outcomes, named like what the functions behind them take."""
    for option in reversed(_OUTCOMES):
        command = option(command)
    return command


def situations(command: Command) -> Command:
    """The situations that a command is asked about; see `riskmodel.cli.situations.asked_about`."""
    return _with_situations(_MODEL(command))


def situations_and_models(command: Command) -> Command:
    """The same for a command that takes more than one model, as `model_names`."""
    return _with_situations(_MODELS(command))


def _with_situations(command: Command) -> Command:
    for option in reversed(_SITUATIONS):
        command = option(command)
    return command


def shown(command: Command) -> Command:
    """How the result of an analysis is shown."""
    command = click.option("--plot", metavar="FILE", help="Draw it too (.png, .svg, .pdf).")(command)
    return click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)(command)


def drawn(command: Command) -> Command:
    """What is uncertain beside the values given as ranges, and how it is drawn."""
    for option in reversed(_DRAWN):
        command = option(command)
    return command


def percent(text: str) -> float:
    """A share, written as `20%` or as `0.2`."""
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise click.BadParameter(f"should be a share such as 20% or 0.2; got {text!r}") from None


_DRAWN = (
    click.option(
        "--weights",
        type=percent,
        metavar="SHARE",
        help="Weights are uncertain too: one of average size by so much, such as 20%.",
    ),
    click.option("--missing", is_flag=True, help="Draw missing inputs too: from the model's default, else evenly."),
    click.option("--draws", type=int, metavar="N", help="How many; the next power of 2 is taken."),
    click.option("--seed", default=0, show_default=True, metavar="N", help="Of the draws; a whole number from 0 on."),
)

_SITUATIONS = (
    click.argument("files", nargs=-1, metavar="[FILE]..."),
    click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="NAME=VALUE",
        help="Give or change a value; null is missing, '{low: 2, high: 5}' a range.",
    ),
    click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Assess a scenario of the model."),
)

_MODEL = click.option("-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one.")
_MODELS = click.option(
    "-m",
    "--model",
    "model_names",
    multiple=True,
    metavar="MODEL",
    help="Path of a model, or id of a shipped one; twice to compare two.",
)

_OUTCOMES = (
    click.option("--outcome", required=True, metavar="COLUMN", help="What happened: 0 or 1, or see --event-from."),
    click.option("--event-from", type=float, metavar="X", help="An outcome of X or more is an event."),
    click.option(
        "--score", default="escalation", show_default=True, metavar="SCORE", help="Higher where events are likelier."
    ),
    click.option("--group", metavar="COLUMN", help="Whose rows belong together, such as the pair of states."),
    click.option("--time", metavar="COLUMN", help="Fits see earlier rows, and are tested on later ones."),
    click.option("--test-from", metavar="TIME", help="The first time to test on; about the last third without it."),
    click.option("-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one."),
    click.option("--resamples", default=1000, show_default=True, metavar="N", help="Of the bootstrap for intervals."),
    click.option("--confidence", default=0.95, show_default=True, metavar="SHARE", help="Of intervals."),
    click.option("--seed", default=0, show_default=True, metavar="N", help="Of the resamples."),
    click.option("--format", "form", type=click.Choice(FORMATS[:2]), default="text", show_default=True),
)
