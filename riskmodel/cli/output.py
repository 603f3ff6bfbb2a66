"""Output without control characters, colours of terminals, and a progress bar."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskmodel.errors import CONTROLS, Problem, RiskmodelError, escape_control, escape_control_lines

if TYPE_CHECKING:
    from riskmodel.report.assessment_text import Paint
    from riskmodel.schema.band_colours import BandColour


def echo(text: str, *, err: bool = False) -> None:
    """Print text, with control characters other than newlines and tabs as escapes.

    Parameters
    ----------
    err : whether to print to standard error.
    """
    click.echo(escape_control_lines(text), err=err)


def allows_colour() -> bool:
    """Check if standard output may be coloured.

    `NO_COLOR` forbids it, and `FORCE_COLOR` or `CLICOLOR_FORCE` demands it, if they are neither empty nor 0. Otherwise
    it must be a terminal that is not `dumb`.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"


def terminal_paint() -> "Paint":
    """Return how text is marked on standard output: plain, in bold alone, or in as many colours as the terminal has."""
    from riskmodel.report.assessment_text import PLAIN, Paint

    if not allows_colour():
        return PLAIN
    from rich.color import ColorSystem
    from rich.console import Console
    from rich.style import Style

    names = {"256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
    system = names.get(Console(file=sys.stdout, force_terminal=True).color_system or "")

    def strong(text: str) -> str:
        return click.style(text, bold=True)

    def badge(text: str, colour: "BandColour") -> str:
        # Of 16 colours, text and background might become the same.
        style = Style(bold=True, color=colour.text, bgcolor=colour.fill) if system else Style(reverse=True)
        return style.render(text, color_system=system or ColorSystem.STANDARD)

    def bar(text: str, colour: "BandColour") -> str:
        return Style(color=colour.fill).render(text, color_system=system) if system and text else text

    return Paint(strong, badge, bar)


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
