"""Progress of a long run, on a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from riskmodel.errors import counted, printable

if TYPE_CHECKING:
    from riskmodel.batch.result import Progress


@contextmanager
def progress(shown: bool) -> Iterator["Callable[[Progress], None] | None"]:
    """What to call with each step of a run; None where nothing is to be shown."""
    if not shown:
        yield None
        return
    start = time.monotonic()
    with _bar() as update:

        def step(now: "Progress") -> None:
            rate = now.rows / max(time.monotonic() - start, 1e-3)
            update(now.share, f"{counted(now.rows, 'row')}, {rate:,.0f} a second, {now.rejected:,} rejected")

        yield step


@contextmanager
def share_done() -> Iterator[Callable[[float, str], None] | None]:
    """What to call with the share that is done and what is being done; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as update:
        yield update


@contextmanager
def _bar() -> Iterator[Callable[[float | None, str], None]]:
    """A bar that goes away when all is done; it is moved by a share (None: not known) and what to tell beside it."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(bar_width=24),
        TextColumn("{task.fields[share]}"),
        TextColumn("{task.fields[told]}", markup=False),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, told="", share="")

        def update(share: float | None, told: str) -> None:
            told = printable(told)
            if share is None:
                bar.update(task, told=told)
            else:
                bar.update(task, told=told, total=1.0, completed=share, share=f"{share:.0%}")

        yield update
