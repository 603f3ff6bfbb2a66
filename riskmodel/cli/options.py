"""Options that several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

FORMATS = ("text", "json")

Command = TypeVar("Command", bound=Callable[..., Any])


def csv_marks(command: Command) -> Command:
    """`--delimiter` and `--decimal`."""
    command = click.option("--decimal", metavar="MARK", help="The decimal mark of CSV: . or ,")(command)
    return click.option(
        "--delimiter",
        metavar="MARK",
        callback=lambda context, option, value: "\t" if value in ("tab", "\\t") else value,
        help="Of CSV; found in the header without it. `tab` is a tab.",
    )(command)


def outcomes(command: Command) -> Command:
    """The options of commands that hold a model against outcomes, named like what the functions behind them take."""
    for option in reversed(_OUTCOMES):
        command = option(command)
    return command


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
    click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True),
)
