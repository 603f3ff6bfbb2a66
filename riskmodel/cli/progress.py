"""Progress of a long run, on a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskmodel.batch.tally import Progress


@contextmanager
def progress(shown: bool) -> Iterator["Callable[[Progress], None] | None"]:
    """What to call with each step of a run; None where nothing is to be shown."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(bar_width=24),
        TextColumn("{task.fields[share]}"),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    start = time.monotonic()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, told="", share="")

        def step(now: "Progress") -> None:
            rate = now.rows / max(time.monotonic() - start, 1e-3)
            told = f"{now.rows:,} rows, {rate:,.0f} a second, {now.rejected:,} rejected"
            if now.share is None:
                bar.update(task, told=told)
            else:
                bar.update(task, told=told, total=1.0, completed=now.share, share=f"{now.share:.0%}")

        yield step
