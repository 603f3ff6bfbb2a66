"""Output without control characters, and a progress bar."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from riskmodel.errors import CONTROLS, Problem, RiskmodelError, escape_control, escape_control_lines


def echo(text: str, *, err: bool = False) -> None:
    """Print text, with control characters other than newlines and tabs as escapes.

    Parameters
    ----------
    err : whether to print to standard error.
    """
    click.echo(escape_control_lines(text), err=err)


def json_text(data: object) -> str:
    """Format plain data as indented JSON, with control characters as JSON escapes."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return "\n".join(CONTROLS.sub(lambda match: json.dumps(match[0])[1:-1], line) for line in text.split("\n"))


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Callable[[float | None, str], None] | None]:
    """Show a bar on a terminal until the block ends.

    Parameters
    ----------
    quiet : never show a bar.

    Yields
    ------
    A function of the completed share (None if unknown) and a text to show beside the bar; None if standard error is not
    a terminal.
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


def write_new(file: Path, text: str) -> None:
    """Write a text to a file that does not exist.

    Raises
    ------
    RiskmodelError
        It exists, or cannot be written.
    """
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise RiskmodelError([Problem("already exists, and is not overwritten", file=str(file))]) from None
    except OSError as error:
        raise RiskmodelError([Problem(f"cannot be written: {error.strerror}", file=str(file))]) from None
