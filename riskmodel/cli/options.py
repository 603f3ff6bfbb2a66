"""Options that several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

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
