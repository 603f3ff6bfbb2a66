"""`riskmodel batch`: score files of any size."""

import re
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from riskmodel.batch.result import INSUFFICIENT
from riskmodel.cli.options import model_option, require_option
from riskmodel.cli.output import echo, json_text, progress_bar
from riskmodel.cli.table_options import TableCommand, table_options
from riskmodel.errors import counted, escape_control

if TYPE_CHECKING:
    from riskmodel.batch.result import BatchResult, Progress
    from riskmodel.tables.columns import Require
    from riskmodel.tables.options import TableKeywords
    from riskmodel.tables.rejects import Reject


class Allowance(NamedTuple):
    """The number or the share of rejected rows up to which a run is taken for a success."""

    limit: Fraction
    is_share: bool
    """True if the limit is a share of the rows in, in [0, 1]."""

    def __str__(self) -> str:
        return f"{float(100 * self.limit):g}%" if self.is_share else str(self.limit)

    def allows(self, result: "BatchResult") -> bool:
        """Return True if no more rows are rejected."""
        return result.rows_rejected <= self.limit * (result.rows_in if self.is_share else 1)


def _allowance(context: click.Context, option: click.Parameter, text: str | None) -> Allowance | None:
    """Parse a number of rows, or a share of them in percent."""
    if text is None:
        return None
    if match := re.fullmatch(r"([0-9]+)|([0-9]+(?:\.[0-9]+)?)%", text.strip()):
        rows, share = match.groups()
        if rows is not None:
            return Allowance(Fraction(rows), is_share=False)
        if Fraction(share) <= 100:
            return Allowance(Fraction(share) / 100, is_share=True)
    raise click.BadParameter(f"should be a number of rows such as 10, or a share of them such as 0.1%; got {text!r}")


def _input(context: click.Context, argument: click.Parameter, source: str | None) -> str:
    """Return IN, unless `--account` took it for the name of its file."""
    if source is None:
        account = context.params.get("account")
        hint = f"--account took {account!r} for its file: write it after IN" if account else ""
        raise click.MissingParameter(hint, context, argument, "'IN'", "argument")
    return source


@click.command("batch", cls=TableCommand)
@click.argument("source", metavar="IN", callback=_input, required=False)
@click.option("-o", "--output", required=True, metavar="OUT", help="Output file; its ending selects the format.")
@click.option("--query", metavar="SQL", help="The rows to score, if IN is a database.")
@click.option("--table", "table_name", metavar="NAME", help="The table to write, if OUT is a database.")
@click.option(
    "--if-exists",
    type=click.Choice(("fail", "append", "replace")),
    default="fail",
    show_default=True,
    help="Stop if the table exists, add rows to it, or replace its rows.",
)
@model_option
@click.option("--explain", is_flag=True, help="Add the three largest contributions to each score.")
@click.option("--columns", metavar="A,B,...", help="Write only these columns, in this order.")
@click.option(
    "--rejects", metavar="FILE", help="File of rejected rows, or table if OUT is a database. Default: OUT.rejects.csv."
)
@click.option("--manifest", metavar="FILE", help="File of the manifest. Default: OUT.manifest.json.")
@click.option("--max-rejects", type=click.IntRange(min=0), metavar="N", help="Stop if more than N rows are rejected.")
@click.option(
    "--ok-rejects", metavar="N", callback=_allowance, help="Exit with 0 if at most N rows, or N% of them, are rejected."
)
@click.option("--rejects-rows", is_flag=True, help="Write all cells of a rejected row to the file of rejects.")
@click.option("--intensities", is_flag=True, help="Add the normalised value of each indicator.")
@click.option(
    "--account",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write a long table of all contributions too. Default: OUT.account with the ending of OUT.",
)
@click.option(
    "--add", metavar="A,B,...", default="", help="Add columns: model_id, model_version, fingerprint, run_id, scored_at."
)
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
@click.option(
    "--summary",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Print the summary to standard error, or the manifest's content to standard output.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print neither progress nor summary.")
def batch(
    source: str,
    output: str,
    query: str | None,
    table_name: str | None,
    if_exists: Literal["fail", "append", "replace"],
    model_name: str | None,
    explain: bool,
    columns: str | None,
    rejects: str | None,
    manifest: str | None,
    max_rejects: int | None,
    ok_rejects: Allowance | None,
    rejects_rows: bool,
    intensities: bool,
    account: str | None,
    add: str,
    require: "Require",
    formulas: Literal["escape", "keep"],
    engine: Literal["local", "duckdb", "dask"],
    scheduler: str | None,
    summary: Literal["text", "json"],
    quiet: bool,
    table: "TableKeywords",
) -> int:
    """Score every row of IN into OUT: CSV (also .gz, .zst), Parquet, Arrow IPC, .xlsx or .ods; of IN also Stata data.

    IN may be a folder or have wildcards; its files are read as one table. Either may be a database:
    postgresql://USER@HOST/DATABASE with --query or --table, duckdb:///FILE or sqlite:///FILE.
    - is standard input or output. Rows that cannot be scored are written to a file of rejects; then the exit code is 1,
    unless --ok-rejects allows as many. OUT, rejects and a manifest are published together when all are complete.
    """
    from riskmodel.batch.run import score_file
    from riskmodel.documents.models import DEFAULT
    from riskmodel.tables.output_files import is_stdout

    if summary == "json" and (output == "-" or is_stdout(output)):
        raise click.UsageError("--summary json: standard output gets the scored rows; name a file for OUT")
    with progress_bar(quiet=quiet or output == "-") as update:
        result = score_file(
            source,
            output,
            model_name or DEFAULT,
            explain=explain,
            columns=None if columns is None else _names(columns),
            query=query,
            table=table_name,
            if_exists=if_exists,
            rejects=rejects,
            manifest=manifest,
            max_rejects=max_rejects,
            require=require,
            formulas=formulas,
            rejects_rows=rejects_rows,
            intensities=intensities,
            account=account is not None and (account or True),
            add=_names(add),
            engine=engine,
            scheduler=scheduler,
            on_progress=None if update is None else _row_progress(update),
            on_rejects=_print_rejects,
            **table,
        )
    if summary == "json":
        click.echo(json_text(result.to_dict()))
    elif not quiet:
        echo(_summary(result, ok_rejects), err=True)
    is_ok = ok_rejects.allows(result) if ok_rejects else not result.rows_rejected
    return 0 if is_ok else 1


def _row_progress(update: Callable[[float | None, str], None]) -> "Callable[[Progress], None]":
    """Return a callback that shows rows and rate beside a progress bar."""
    start = time.monotonic()

    def step(progress: "Progress") -> None:
        rate = progress.rows / max(time.monotonic() - start, 1e-3)
        text = f"{counted(progress.rows, 'row')}, {rate:,.0f} a second, {progress.rejected:,} rejected"
        update(progress.share, text)

    return step


def _print_rejects(rejects: "Sequence[Reject]") -> None:
    for reject in rejects:
        cell = f" cell {reject.letters}" if reject.letters else ""
        position = f"{reject.file}:{cell}{reject.line}"
        row_id = f" (id {reject.id})" if reject.id else ""
        column = f"column {reject.column}: " if reject.column else ""
        echo(escape_control(f"{position}{row_id}: {column}{reject.reason}"), err=True)


def _summary(result: "BatchResult", ok_rejects: Allowance | None) -> str:
    """Format the counts of a run."""
    rate = result.rows_in / max(result.seconds, 1e-3)
    rejects_file = f" ({result.rejects})" if result.rows_rejected and result.rejects else ""
    counts = (
        f"{counted(result.rows_in, 'row')} in, {result.rows_out:,} out, {result.rows_rejected:,} rejected{rejects_file}"
    )
    if ok_rejects and result.rows_rejected:
        counts += f", {'as' if ok_rejects.allows(result) else 'more than'} --ok-rejects {ok_rejects} allows"
    lines = [f"{result.output}: {counts}; {result.seconds:.1f} s, {counted(round(rate), 'row')} a second"]
    for score, bands in result.bands.items():
        counts = ", ".join(f"{band} {count:,}" for band, count in bands.items() if count or band != INSUFFICIENT)
        if counts:
            lines.append(f"  {score}: {counts}")
    if result.blank_lines:
        lines.append(f"  blank lines skipped: {result.blank_lines:,}")
    if result.formulas:
        lines.append(f"  formulas escaped with ': {result.formulas:,}")
    lines += (f"  {remark}" for remark in (*result.remarks, *result.check.remarks))
    return "\n".join(map(escape_control, lines))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []
