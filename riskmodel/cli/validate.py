"""`riskmodel validate`: hold a score against what happened."""

import json

import click

from riskmodel.cli.options import csv_marks, outcomes


@click.command("validate")
@click.argument("source", metavar="FILE")
@outcomes
@click.option("--plot", metavar="FILE", help="Draw ROC curve and reliability too (.png, .svg, .pdf).")
@csv_marks
def command(
    source: str,
    outcome: str,
    event_from: float | None,
    score: str,
    group: str | None,
    time: str | None,
    test_from: str | None,
    model_name: str | None,
    resamples: int,
    confidence: float,
    seed: int,
    form: str,
    plot: str | None,
    delimiter: str | None,
    decimal: str | None,
) -> None:
    """Hold a score against what happened, in a CSV (also .gz, .zst) or Parquet FILE; - is standard input.

    FILE has columns named like indicators and a column of outcomes. Nothing is tested on rows that it was fitted to.
    """
    from riskmodel.analysis.needs import require
    from riskmodel.analysis.validation.validate import validate
    from riskmodel.load.models import DEFAULT

    if plot is not None:
        from riskmodel.report.validation_plot import check_plot, save_plot

        require("evidence", "plot")
        check_plot(plot)
    found = validate(
        source,
        outcome,
        model_name or DEFAULT,
        score=score,
        event_from=event_from,
        group=group,
        time=time,
        test_from=test_from,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
        delimiter=delimiter,
        decimal=decimal,
    )
    if plot is not None:
        save_plot(found, plot)
    if form == "json":
        click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(str(found))
