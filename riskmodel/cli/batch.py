"""`riskmodel batch`: score files of any size."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import click

from riskmodel.batch.result import INSUFFICIENT
from riskmodel.cli.options import model_option, require_option
from riskmodel.cli.output import echo, progress_bar
from riskmodel.cli.table_options import TableCommand, table_options
from riskmodel.errors import counted, escape_control

if TYPE_CHECKING:
    from riskmodel.batch.result import BatchResult, Progress
    from riskmodel.tables.columns import Require
    from riskmodel.tables.options import TableKeywords
    from riskmodel.tables.rejects import Reject


@click.command("batch", cls=TableCommand)
@click.argument("source", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="Output file; its ending selects the format.")
@model_option
@click.option("--explain", is_flag=True, help="Add the three largest contributions to each score.")
@click.option("--columns", metavar="A,B,...", help="Write only these columns, in this order.")
@click.option("--rejects", metavar="FILE", help="File of rejected rows. Default: OUT.rejects.csv.")
@click.option("--max-rejects", type=click.IntRange(min=0), metavar="N", help="Stop if more than N rows are rejected.")
@require_option
@table_options()
@click.option(
    "--formulas",
    type=click.Choice(("escape", "keep")),
    default="escape",
    show_default=True,
    help="Prefix text cells that a spreadsheet would run as formulas with ', or keep them.",
)
@click.option(
    "--engine",
    type=click.Choice(("local", "duckdb", "dask")),
    default="local",
    show_default=True,
    help="Score on this machine, here with SQL in DuckDB, or on a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Address of a Dask scheduler. Default: start one on this machine.")
@click.option("-q", "--quiet", is_flag=True, help="Print neither progress nor summary.")
def batch(
    source: str,
    output: str,
    model_name: str | None,
    explain: bool,
    columns: str | None,
    rejects: str | None,
    max_rejects: int | None,
    require: "Require",
    formulas: Literal["escape", "keep"],
    engine: Literal["local", "duckdb", "dask"],
    scheduler: str | None,
    quiet: bool,
    table: "TableKeywords",
) -> int:
    """Score every row of IN, a CSV (also .gz, .zst) or Parquet file of any size, into OUT.

    - is standard input or output. Rows that cannot be scored are written to a file of rejects; then the exit code is 1.
    OUT, rejects and a manifest are published together when all are complete.
    """
    from riskmodel.batch.run import score_file
    from riskmodel.documents.models import DEFAULT

    with progress_bar(quiet=quiet or output == "-") as update:
        result = score_file(
            source,
            output,
            model_name or DEFAULT,
            explain=explain,
            columns=None if columns is None else [name.strip() for name in columns.split(",")],
            rejects=rejects,
            max_rejects=max_rejects,
            require=require,
            formulas=formulas,
            engine=engine,
            scheduler=scheduler,
            on_progress=None if update is None else _row_progress(update),
            on_rejects=lambda rows: _print_rejects(rows, source),
            **table,
        )
    if not quiet:
        echo(_summary(result), err=True)
    return 1 if result.rows_rejected else 0


def _row_progress(update: Callable[[float | None, str], None]) -> "Callable[[Progress], None]":
    """Return a callback that shows rows and rate beside a progress bar."""
    start = time.monotonic()

    def step(progress: "Progress") -> None:
        rate = progress.rows / max(time.monotonic() - start, 1e-3)
        text = f"{counted(progress.rows, 'row')}, {rate:,.0f} a second, {progress.rejected:,} rejected"
        update(progress.share, text)

    return step


def _print_rejects(rejects: "Sequence[Reject]", source: str) -> None:
    for reject in rejects:
        position = f"{'<stdin>' if source == '-' else source}:{reject.line}"
        row_id = f" (id {', '.join(reject.ids)})" if any(reject.ids) else ""
        column = f"column {reject.column}: " if reject.column else ""
        echo(escape_control(f"{position}{row_id}: {column}{reject.reason}"), err=True)


def _summary(result: "BatchResult") -> str:
    """Format the counts of a run."""
    rate = result.rows_in / max(result.seconds, 1e-3)
    rejects_file = f" ({result.rejects})" if result.rows_rejected and result.rejects else ""
    counts = (
        f"{counted(result.rows_in, 'row')} in, {result.rows_out:,} out, {result.rows_rejected:,} rejected{rejects_file}"
    )
    lines = [f"{result.output}: {counts}; {result.seconds:.1f} s, {counted(round(rate), 'row')} a second"]
    for score, bands in result.bands.items():
        counts = ", ".join(f"{band} {count:,}" for band, count in bands.items() if count or band != INSUFFICIENT)
        if counts:
            lines.append(f"  {score}: {counts}")
    if result.blank_lines:
        lines.append(f"  blank lines skipped: {result.blank_lines:,}")
    if result.formulas:
        lines.append(f"  formulas escaped with ': {result.formulas:,}")
    lines += (f"  {remark}" for remark in result.check.remarks)
    return "\n".join(map(escape_control, lines))
