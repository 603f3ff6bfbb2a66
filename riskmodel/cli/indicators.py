"""`riskmodel indicators`: indicators of pairs of states, derived from sources."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskmodel.cli.options import model_option
from riskmodel.cli.output import echo, json_text, progress_bar, write_new
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.errors import escape_control

if TYPE_CHECKING:
    from riskmodel.analysis.results.indicators import IndicatorTable


class _Indicators(click.Group):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["table", *args]
        return super().parse_args(ctx, args)


@click.group("indicators", cls=_Indicators, subcommand_metavar="RECIPE | COMMAND [OPTIONS]")
def indicators() -> None:
    """Derive the indicators of pairs of states from events, disputes, contacts and trade.

    `riskmodel indicators RECIPE -o FILE` is short for `riskmodel indicators table RECIPE -o FILE`.
    """


@indicators.command("table")
@click.argument("recipe", metavar="RECIPE")
@model_option
@click.option("--strict", is_flag=True, help="Refuse what is otherwise repaired, folded or left blank, and counted.")
@click.option("--skip-bad-files", is_flag=True, help="Go on without files that cannot be read; exit code 1.")
@click.option("--basis", is_flag=True, help="Add the basis of each value as columns: trust, days, rows, usable share.")
@click.option(
    "--engine",
    type=click.Choice(("local", "dask")),
    default="local",
    show_default=True,
    help="Read on this machine, or on a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Address of a Dask scheduler. Default: start one on this machine.")
@click.option("-q", "--quiet", is_flag=True, help="Print neither progress nor summary.")
@file_options(*FORMATS)
def table(
    recipe: str,
    model_name: str | None,
    strict: bool,
    skip_bad_files: bool,
    basis: bool,
    engine: str,
    scheduler: str | None,
    quiet: bool,
    output: Output,
) -> int:
    """Derive a table of indicators by pair and period from the sources that RECIPE names.

    Beside FILE.csv, the basis of each value is written to FILE.basis.csv, and what was read to FILE.csv.manifest.json;
    the table is input for `batch` and `series`. Ends with 1 if files are skipped.
    """
    from riskmodel.analysis.indicators.analysis import indicators as derive
    from riskmodel.documents.models import DEFAULT
    from riskmodel.report.analyses.indicators import summary_lines

    started = datetime.now(UTC)
    with progress_bar(quiet=quiet) as update:
        result = derive(
            recipe,
            model=model_name or DEFAULT,
            strict=strict,
            skip_bad_files=skip_bad_files,
            engine=engine,  # type: ignore[arg-type]
            scheduler=scheduler,
            on_progress=None
            if update is None
            else lambda done, files: update(done / files, f"{done:,} of {files:,} files"),
        )
    result = replace(result, has_basis_columns=basis)
    inputs = dict.fromkeys(file.path for file in result.files)
    deliver_result(output, result, [recipe, *inputs], lambda: _beside(output, result, started))
    if not quiet and (output.file is not None or output.format in ("csv", "json")):
        echo("\n".join(summary_lines(result)), err=True)
    return 1 if any(file.skipped for file in result.files) else 0


def _beside(output: Output, result: "IndicatorTable", started: datetime) -> Mapping[str, bytes]:
    """Return the files beside a file: the basis of a CSV table, and the manifest."""
    from riskmodel.analysis.indicators.manifest import manifest
    from riskmodel.tables.frames.files import frame_csv

    assert output.file is not None  # noqa: S101  (called for files only)
    files = {f"{output.file}.manifest.json": f"{json_text(manifest(result, output.file, started))}\n".encode()}
    if output.format == "csv":
        files[str(Path(output.file).with_suffix(".basis.csv"))] = frame_csv(result.basis)
    return files


@indicators.command("explain")
@click.argument("recipe", metavar="RECIPE")
@click.option("--pair", required=True, metavar="A-B", help="The pair, such as USA-RUS.")
@click.option(
    "--month", "--period", "period", required=True, metavar="TIME", help="The period, such as 2018-03, 2018-Q1 or 2018."
)
@click.option("--indicator", required=True, metavar="NAME", help="The indicator.")
@click.option("--skip-bad-files", is_flag=True, help="Go on without files that cannot be read, as for the table.")
@file_options(*FORMATS)
def explain(recipe: str, pair: str, period: str, indicator: str, skip_bad_files: bool, output: Output) -> None:
    """List the rows of the sources behind one value, with their files and lines."""
    from riskmodel.analysis.indicators.explain import explain_indicator

    result = explain_indicator(recipe, pair=pair, period=period, indicator=indicator, skip_bad_files=skip_bad_files)
    deliver_result(output, result, [recipe])


@indicators.command("new")
@click.argument("recipe", metavar="RECIPE", type=click.Path(path_type=Path))
def new(recipe: Path) -> None:
    """Write a commented recipe to start from."""
    from riskmodel.documents.recipes import NEW_RECIPE

    write_new(recipe, NEW_RECIPE)
    echo(
        escape_control(f"wrote {recipe}; name pairs, period and files in it, and try `riskmodel indicators {recipe}`"),
        err=True,
    )


@indicators.command("derivations")
def derivations() -> None:
    """Print the shipped derivations, to be changed in a copy and named in a recipe."""
    from riskmodel.documents.document import shipped_folder
    from riskmodel.documents.models import DERIVATIONS

    echo((shipped_folder("config") / DERIVATIONS).read_text(encoding="utf-8").rstrip("\n"))
