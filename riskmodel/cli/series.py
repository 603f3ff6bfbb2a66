"""`riskmodel series`: scores over time, and what changed them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from riskmodel.cli.options import check_plot_file, model_option, percent, plot_option, seed_option, unit_options
from riskmodel.cli.output import echo, progress_bar
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand, table_options

if TYPE_CHECKING:
    from riskmodel.analysis.results.alerts import Alert

_ALERT = 3
"""Exit code if an alert is met."""
_DIGEST_FORMATS = "--format text, markdown, json or html"


@click.command("series", cls=TableCommand)
@click.argument("source", metavar="TABLE")
@unit_options
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
@seed_option
@click.option(
    "--alert",
    "alerts",
    multiple=True,
    metavar="CONDITION",
    help='Watch for "escalation >= 60", "escalation is high", "escalation rises 10 in 3"; exit code 3 if it is met.',
)
@click.option("--digest", "as_digest", is_flag=True, help="What has changed at one time, for all units, and why.")
@click.option("--since", metavar="FILE", help="Scores of an earlier run, for a digest to tell what was revised.")
@click.option("--at", metavar="TIME", help="Time of the digest and of alerts. Default: the last of the table.")
@plot_option
@click.option(
    "--score", metavar="SCORE", help="Score of the plot. Default: the first of several units, all of one unit."
)
@file_options(*FORMATS, "html")
@table_options(names_rows=False)
def series(
    source: str,
    model_name: str | None,
    output: Output,
    plot: str | None,
    score: str | None,
    as_digest: bool,
    since: str | None,
    table: dict[str, Any],
    **options: Any,
) -> int:
    """Score the units in TABLE over time, and account for what changed their scores; - is standard input.

    For each unit and time: score, band, bounds, a 90 % interval, the change against the time before with its account,
    and the rank among units. With --digest, the brief of one time instead. Ends with 3 if an alert is met, and
    else with 1 if a unit is skipped, because a time of it cannot be read or has two rows.
    """
    from riskmodel.analysis.series.analysis import series as analyse
    from riskmodel.documents.models import DEFAULT

    if as_digest:
        _check_digest(output, plot, options)
        options["draws"] = 0
    elif since is not None:
        raise click.UsageError("--since is for a digest; add --digest")
    elif options["at"] is not None and not options["alerts"]:
        raise click.UsageError("--at is the time of a digest or of alerts; add --digest or --alert CONDITION")
    check_plot_file(plot, output.file)
    if score is not None and plot is None:
        raise click.UsageError("--score is of the plot; add --plot FILE")
    with progress_bar() as on_progress:
        result = analyse(source, model=model_name or DEFAULT, on_progress=on_progress, **options, **table)
    if as_digest:
        from riskmodel.analysis.series.digest import digest

        sources = [result.source] if since is None else [result.source, since]
        deliver_result(output, digest(result, since=since, at=options["at"]), sources)
    else:
        if plot is not None:
            result.save_plot(plot, score)
        deliver_result(output, result, [result.source])
    if result.skipped and output.format in ("csv", "json", "xlsx"):
        for unit in result.skipped:
            echo(f"skipped {unit.unit}: {unit.reason}", err=True)
    _print_alerts(output, result.alerts)
    if any(alert.units for alert in result.alerts):
        return _ALERT
    return 1 if result.skipped else 0


def _check_digest(output: Output, plot: str | None, options: dict[str, Any]) -> None:
    """Refuse options that a digest cannot heed."""
    if output.format in ("csv", "xlsx"):
        raise click.UsageError(f"a digest is no table, and not written as {output.format}; {_DIGEST_FORMATS}")
    if plot is not None:
        raise click.UsageError("--plot is of the series; a digest has none")
    if options["weight_uncertainty"] is not None:
        raise click.UsageError("--weight-uncertainty is for intervals; a digest has none")


def _print_alerts(output: Output, alerts: "Sequence[Alert]") -> None:
    """Print alerts to standard error where the output has none, and those that are met beside a file that has them."""
    from riskmodel.report.analyses.digest import alert_lines

    for alert in alerts:
        if output.format in ("csv", "xlsx") or (output.file is not None and alert.units):
            echo("\n  ".join(alert_lines(alert)), err=True)
