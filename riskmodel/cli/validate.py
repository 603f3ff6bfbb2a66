"""`riskmodel validate`: hold a score against what happened."""

import json

import click

from riskmodel.cli.options import csv_marks


@click.command("validate")
@click.argument("source", metavar="FILE")
@click.option("--outcome", required=True, metavar="COLUMN", help="What happened: 0 or 1, or see --event-from.")
@click.option("--event-from", type=float, metavar="X", help="An outcome of X or more is an event.")
@click.option(
    "--score", default="escalation", show_default=True, metavar="SCORE", help="Higher where events are likelier."
)
@click.option("--group", metavar="COLUMN", help="Whose rows belong together, such as the pair of states.")
@click.option("--time", metavar="COLUMN", help="Fits see earlier rows and are tested on later ones.")
@click.option("--test-from", metavar="TIME", help="The first time to test on; about the last third without it.")
@click.option("-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one.")
@click.option("--resamples", default=1000, show_default=True, metavar="N", help="Of the bootstrap behind intervals.")
@click.option("--confidence", default=0.95, show_default=True, metavar="SHARE", help="Of intervals.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Of the resamples.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
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

        require("matplotlib", "plot")
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
