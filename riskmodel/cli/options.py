"""Options that several commands have."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from riskmodel.tables.columns import Require

FORMATS = ("text", "json", "markdown")

Command = TypeVar("Command", bound=Callable[..., Any])


def model_option(command: Command) -> Command:
    """Add `--model`: the one model of a command."""
    return click.option(
        "-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one."
    )(command)


def csv_options(command: Command) -> Command:
    """Add `--delimiter`, `--decimal` and `--thousands`."""
    return _with(command, _CSV)


def require_option(command: Command) -> Command:
    """Add `--require`."""
    return click.option(
        "--require",
        metavar="NAME,...",
        default="",
        callback=lambda context, option, value: _names(value),
        help="Refuse a table in which one of these indicators has no column; `all` for all of them.",
    )(command)


def _names(text: str) -> "Require":
    return "all" if text.strip() == "all" else [name.strip() for name in text.split(",")] if text else ()


def id_option(command: Command) -> Command:
    """Add `--id`: the id of a model that is written."""

    def checked(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            from riskmodel.analysis.derived import checked_id

            checked_id(value)
        return value

    help_text = "Of NEW_MODEL; without it the old one and how the new one came about, such as mine-entropy."
    return click.option("--id", "model_id", metavar="ID", callback=checked, help=help_text)(command)


def outcome_options(command: Command) -> Command:
    """Add the options of commands that hold a model against outcomes, named like the arguments of the functions."""
    return _with(command, _OUTCOMES)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Add `--format` with a choice of formats, of which the first is the default."""
    return click.option("--format", "output_format", type=click.Choice(formats), default=formats[0], show_default=True)


def output_options(command: Command) -> Command:
    """Add `--format` and `--plot`: how the result of an analysis is shown."""
    command = click.option("--plot", metavar="FILE", help="Draw it too (.png, .svg, .pdf).")(command)
    return format_option(*FORMATS)(command)


def sampling_options(command: Command) -> Command:
    """Add what is uncertain beside the values given as ranges, and how it is drawn."""
    return _with(command, _SAMPLING)


def percent(text: str) -> float:
    """Read a share, written as `20%` or as `0.2`."""
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise click.BadParameter(f"should be a share such as 20% or 0.2; got {text!r}") from None


def _with(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


_CSV = (
    click.option(
        "--delimiter",
        metavar="MARK",
        callback=lambda context, option, value: "\t" if value in ("tab", "\\t") else value,
        help="Of CSV; found in the header without it. `tab` is a tab.",
    ),
    click.option("--decimal", metavar="MARK", help="The decimal mark of CSV: . or ,"),
    click.option(
        "--thousands", metavar="MARK", help="What separates thousands in CSV: , . ' or a space; nothing without it."
    ),
)

_SAMPLING = (
    click.option(
        "--weight-uncertainty",
        type=percent,
        metavar="SHARE",
        help="Weights are uncertain too: one of average size by so much, such as 20%.",
    ),
    click.option("--missing", is_flag=True, help="Draw missing inputs too: from the model's default, else evenly."),
    click.option("--draws", type=int, metavar="N", help="How many; the next power of 2 is taken."),
    click.option("--seed", default=0, show_default=True, metavar="N", help="Of the draws; a whole number from 0 on."),
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
    model_option,
    click.option("--resamples", default=1000, show_default=True, metavar="N", help="Of the bootstrap for intervals."),
    click.option("--confidence", default=0.95, show_default=True, metavar="SHARE", help="Of intervals."),
    click.option("--seed", default=0, show_default=True, metavar="N", help="Of the resamples."),
    format_option(*FORMATS[:2]),
)
