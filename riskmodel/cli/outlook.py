"""`riskmodel outlook`: the scores of units ahead, held against the past first."""

from typing import Any

import click

from riskmodel.cli.options import model_option, plot_option
from riskmodel.cli.output import echo, progress_bar
from riskmodel.cli.panels import names_of
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand, table_options


@click.command("outlook", cls=TableCommand)
@click.argument("source", metavar="TABLE")
@click.option(
    "--by", metavar="COLUMN,...", callback=names_of, help="Columns that name units, such as a pair. Default: id."
)
@click.option("--time", metavar="COLUMN", help="Column of times: years, quarters, months, days, instants or numbers.")
@model_option
@click.option("--horizon", type=int, default=12, show_default=True, metavar="N", help="Steps ahead, such as months.")
@click.option("--draws", type=int, default=1000, show_default=True, metavar="N", help="Number of draws.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Random seed; a whole number from 0 on.")
@plot_option
@file_options(*FORMATS)
@table_options(names_rows=False)
def outlook(
    source: str, model_name: str | None, output: Output, plot: str | None, table: dict[str, Any], **options: Any
) -> None:
    """Carry the scores of the units in TABLE ahead, and hold such outlooks against the past; - is standard input.

    Each indicator is carried forward from its own past, errors are drawn together for all indicators, and every draw is
    scored. The same is done from earlier times, and compared with the scores that followed and with two naive
    forecasts. A unit needs 24 times with a score.
    """
    from riskmodel.analysis.outlook.analysis import outlook as analyse
    from riskmodel.documents.models import DEFAULT

    if plot is not None:
        from riskmodel.report.plotting import check_plot

        check_plot(plot)
    with progress_bar() as on_progress:
        result = analyse(source, model=model_name or DEFAULT, on_progress=on_progress, **options, **table)
    if plot is not None:
        result.save_plot(plot)
    deliver_result(output, result, [result.source])
    if output.format == "csv":
        for sentence in result.verdict:
            echo(sentence, err=True)
