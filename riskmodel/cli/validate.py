"""`riskmodel validate`: hold a score against what happened."""

from typing import Any

import click

from riskmodel.cli.echo import echo, json_text
from riskmodel.cli.options import csv_marks, outcomes, required


@click.command("validate")
@click.argument("source", metavar="FILE")
@outcomes
@click.option("--plot", metavar="FILE", help="Draw ROC curve and reliability too (.png, .svg, .pdf).")
@required
@csv_marks
def command(source: str, model_name: str | None, form: str, plot: str | None, **asked: Any) -> None:
    """Hold a score against what happened, in a CSV (also .gz, .zst) or Parquet FILE; - is standard input.

    FILE has columns named like indicators and a column of outcomes. Nothing is tested on rows that it was fitted to.
    """
    from riskmodel.analysis.needs import require
    from riskmodel.analysis.validation.validate import validate
    from riskmodel.load.models import DEFAULT

    if plot is not None:
        from riskmodel.report.plots import check_plot
        from riskmodel.report.validation_plot import save_plot

        require("evidence", "plot")
        check_plot(plot)
    found = validate(source, model=model_name or DEFAULT, **asked)
    if plot is not None:
        save_plot(found, plot)
    if form == "json":
        echo(json_text(found.to_dict()))
    else:
        echo(str(found))
