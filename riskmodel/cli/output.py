"""Standard output and error: text and JSON without control characters, and a progress bar."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from riskmodel.errors import CONTROLS, escape_control, escape_control_lines


def echo(text: str, *, err: bool = False) -> None:
    """Print text; control characters in it stand as escapes, newlines and tabs stay.

    Parameters
    ----------
    text : any text, with lines of its own.
    err : whether it goes to standard error.
    """
    click.echo(escape_control_lines(text), err=err)


def json_text(data: object) -> str:
    """Format plain data as JSON for people; control characters are written as JSON escapes, which changes no value."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return "\n".join(CONTROLS.sub(lambda match: json.dumps(match[0])[1:-1], line) for line in text.split("\n"))


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Callable[[float | None, str], None] | None]:
    """Show a bar on a terminal until the block ends.

    Parameters
    ----------
    quiet : whether there is no bar in any case.

    Yields
    ------
    A function that takes the share that is done (None: unknown) and a text to show beside the bar; None where standard
    error is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(bar_width=24),
        TextColumn("{task.fields[share]}"),
        TextColumn("{task.fields[text]}", markup=False),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, text="", share="")

        def update(share: float | None, text: str) -> None:
            text = escape_control(text)
            if share is None:
                bar.update(task, text=text)
            else:
                bar.update(task, text=text, total=1.0, completed=share, share=f"{share:.0%}")

        yield update
