"""`riskmodel levers`: what it would take for a situation to reach a target."""

import click

from riskmodel.cli.options import shown, situations


@click.command("levers")
@situations
@click.option(
    "--target",
    required=True,
    metavar="SENTENCE",
    help='What is to be reached, such as "escalation <= 40 and stability >= 50".',
)
@shown
def command(
    files: tuple[str, ...],
    changes: tuple[str, ...],
    scenarios: tuple[str, ...],
    model_name: str | None,
    target: str,
    form: str,
    plot: str | None,
) -> int:
    """Find what it would take for the situations in FILEs to reach a target.

    FILE is a situation (YAML or JSON; - is standard input) or a table of them (CSV, Parquet); of several, a line each.
    Each lever alone, and all together at the smallest cost; what is no lever in the model stays as it is.
    """
    from riskmodel.analysis.levers.levers import levers
    from riskmodel.cli.analyses import analysed, check_plot_of_one, checked, show
    from riskmodel.report.levers import overview_report

    asked = checked(files, changes, scenarios, model_name)
    check_plot_of_one(plot, asked)
    found, code = analysed(
        asked,
        lambda model, situation, on_progress: levers(situation, target, model=model, on_progress=on_progress),
    )
    show(found, form, plot, overview_report)
    return code
