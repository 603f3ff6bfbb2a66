"""`riskmodel series`: scores over time, and what changed them."""

from typing import Any

import click

from riskmodel.cli.options import model_option, percent, plot_option
from riskmodel.cli.output import echo, progress_bar
from riskmodel.cli.panels import names_of
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand, table_options


@click.command("series", cls=TableCommand)
@click.argument("source", metavar="TABLE")
@click.option(
    "--by", metavar="COLUMN,...", callback=names_of, help="Columns that name units, such as a pair. Default: id."
)
@click.option("--time", metavar="COLUMN", help="Column of times: years, quarters, months, days, instants or numbers.")
@model_option
@click.option(
    "--draws",
    type=int,
    default=1024,
    show_default=True,
    metavar="N",
    help="Draws of what is missing, for the interval of a row; 0 for none.",
)
@click.option("--weight-uncertainty", type=percent, metavar="SHARE", help="Draw weights too; see `uncertainty`.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Random seed; a whole number from 0 on.")
@plot_option
@file_options(*FORMATS, "html")
@table_options(names_rows=False)
def series(
    source: str, model_name: str | None, output: Output, plot: str | None, table: dict[str, Any], **options: Any
) -> int:
    """Score the units in TABLE over time, and account for what changed their scores; - is standard input.

    For each unit and time: score, band, bounds, a 90 % interval, the change against the time before with its account,
    and the rank among units. Ends with 1 if a unit is skipped, because a time of it cannot be read or has two rows.
    """
    from riskmodel.analysis.series.analysis import series as analyse
    from riskmodel.documents.models import DEFAULT

    if plot is not None:
        from riskmodel.report.plotting import check_plot

        check_plot(plot)
    with progress_bar() as on_progress:
        result = analyse(source, model=model_name or DEFAULT, on_progress=on_progress, **options, **table)
    if plot is not None:
        result.save_plot(plot)
    deliver_result(output, result, [result.source])
    if result.skipped and output.format in ("csv", "json", "xlsx"):
        for unit in result.skipped:
            echo(f"skipped {unit.unit}: {unit.reason}", err=True)
    return 1 if result.skipped else 0
