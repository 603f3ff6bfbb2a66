"""`riskmodel batch`: score files of any size."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import click

from riskmodel.batch.result import INSUFFICIENT
from riskmodel.cli.echo import echo
from riskmodel.cli.options import csv_marks, required
from riskmodel.errors import counted, printable

if TYPE_CHECKING:
    from riskmodel.batch.rejects import Reject
    from riskmodel.batch.result import BatchResult
    from riskmodel.columns import Require


@click.command("batch")
@click.argument("source", metavar="IN")
@click.option(
    "-o", "--output", required=True, metavar="OUT", help="Where the scored rows go; its name says the format."
)
@click.option("-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one.")
@click.option("--explain", is_flag=True, help="Add the three largest entries of each score's account.")
@click.option("--columns", metavar="A,B,...", help="Write these columns only, in this order.")
@click.option("--rejects", metavar="FILE", help="Where rejected rows go; OUT.rejects.csv without it.")
@click.option("--max-rejects", type=click.IntRange(min=0), metavar="N", help="Stop when more rows are rejected.")
@required
@csv_marks
@click.option(
    "--formulas",
    type=click.Choice(("escape", "keep")),
    default="escape",
    show_default=True,
    help="Put a ' before text cells that a spreadsheet would run, or keep them.",
)
@click.option("--engine", type=click.Choice(("local", "dask")), default="local", show_default=True)
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster; one is started on this machine without it.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
def command(
    source: str,
    output: str,
    model_name: str | None,
    explain: bool,
    columns: str | None,
    rejects: str | None,
    max_rejects: int | None,
    require: "Require",
    delimiter: str | None,
    decimal: str | None,
    thousands: str | None,
    formulas: Literal["escape", "keep"],
    engine: Literal["local", "dask"],
    scheduler: str | None,
    quiet: bool,
) -> int:
    """Score every row of IN, a CSV (also .gz, .zst) or Parquet file of any size, into OUT. - is standard input, output.

    Rows that cannot be scored go to a file of rejects; then the exit code is 1. OUT, rejects and a manifest appear when
    all are complete.
    """
    from riskmodel.batch.run import score_file
    from riskmodel.cli.progress import progress
    from riskmodel.load.models import DEFAULT

    with progress(shown=not quiet and output != "-" and sys.stderr.isatty()) as on_progress:
        result = score_file(
            source,
            output,
            model_name or DEFAULT,
            explain=explain,
            columns=None if columns is None else [name.strip() for name in columns.split(",")],
            rejects=rejects,
            max_rejects=max_rejects,
            require=require,
            delimiter=delimiter,
            decimal=decimal,
            thousands=thousands,
            formulas=formulas,
            engine=engine,
            scheduler=scheduler,
            on_progress=on_progress,
            on_rejects=lambda found: _tell(found, source),
        )
    if not quiet:
        echo(_summary(result), err=True)
    return 1 if result.rows_rejected else 0


def _tell(rejects: "Sequence[Reject]", source: str) -> None:
    for reject in rejects:
        place = f"{'<stdin>' if source == '-' else source}:{reject.line}"
        row_id = f" (id {reject.id})" if reject.id else ""
        about = f"column {reject.column}: " if reject.column else ""
        echo(printable(f"{place}{row_id}: {about}{reject.reason}"), err=True)


def _summary(result: "BatchResult") -> str:
    """The counts of a run in words."""
    rate = result.rows_in / max(result.seconds, 1e-3)
    where = f" ({result.rejects})" if result.rows_rejected and result.rejects else ""
    counts = f"{counted(result.rows_in, 'row')} in, {result.rows_out:,} out, {result.rows_rejected:,} rejected{where}"
    lines = [f"{result.output}: {counts}; {result.seconds:.1f} s, {counted(round(rate), 'row')} a second"]
    for score, found in result.bands.items():
        told = ", ".join(f"{band} {count:,}" for band, count in found.items() if count or band != INSUFFICIENT)
        if told:
            lines.append(f"  {score}: {told}")
    if result.blank_lines:
        lines.append(f"  blank lines passed over: {result.blank_lines:,}")
    if result.formulas:
        lines.append(f"  formulas that got a ' so that no spreadsheet runs them: {result.formulas:,}")
    lines += (f"  {remark}" for remark in result.check.remarks)
    return "\n".join(map(printable, lines))
