"""`riskmodel outlook`: the scores of units ahead, held against the past first."""

from typing import Any

import click

from riskmodel.cli.options import check_plot_file, model_option, plot_option, seed_option, unit_options
from riskmodel.cli.output import echo, progress_bar
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand, table_options


@click.command("outlook", cls=TableCommand)
@click.argument("source", metavar="TABLE|SITUATION")
@unit_options
@model_option
@click.option("--horizon", type=int, default=12, show_default=True, metavar="N", help="Steps ahead, such as months.")
@click.option(
    "--draws",
    type=int,
    default=1024,
    show_default=True,
    metavar="N",
    help="Number of draws, rounded up to a power of 2.",
)
@seed_option
@click.option("--influences", is_flag=True, help="Follow the influences that the model states: theory, not data.")
@click.option(
    "--if",
    "steps",
    multiple=True,
    metavar="STEP",
    help='With --influences, of a situation: such as "communication_frequency = 1 from 2027-01".',
)
@click.option("--start", metavar="MONTH", help="The month of the situation. Default: that of its date.")
@plot_option
@file_options(*FORMATS, "html")
@table_options(names_rows=False)
def outlook(
    source: str,
    model_name: str | None,
    output: Output,
    plot: str | None,
    influences: bool,
    steps: tuple[str, ...],
    start: str | None,
    table: dict[str, Any],
    **options: Any,
) -> int:
    """Carry the scores of the units in TABLE ahead, and hold such outlooks against the past; - is standard input.

    Each indicator is carried forward from its own past, errors are drawn together for all indicators, and every draw is
    scored. The same is done from earlier times, and compared with the scores that followed and with two naive
    forecasts. A unit needs 24 times with a score; ends with 1 if a unit has no outlook.

    Of a SITUATION (YAML or JSON), with --influences: the months ahead with and without steps (--if), by the influences
    that the model states. That is theory, whose strengths are judgement.
    """
    from riskmodel.cli.influences import check_options, influence_paths, is_situation

    check_options(source)
    from riskmodel.analysis.outlook.analysis import outlook as analyse
    from riskmodel.documents.models import DEFAULT

    check_plot_file(plot, output.file)
    if is_situation(source):
        numbers = {name: options[name] for name in ("horizon", "draws", "seed")}
        paths = influence_paths(source, model_name, steps, start=start, **numbers)
        if plot is not None:
            paths.save_plot(plot)
        deliver_result(output, paths, [source])
        if output.format == "csv":
            from riskmodel.report.analyses.influences import THEORY

            echo(THEORY, err=True)
        return 0
    with progress_bar() as on_progress:
        result = analyse(
            source,
            model=model_name or DEFAULT,
            influences=influences,
            on_progress=on_progress,
            **options,
            **table,
        )
    if plot is not None:
        result.save_plot(plot)
    deliver_result(output, result, [result.source])
    if output.format == "csv":
        for sentence in result.verdict:
            echo(sentence, err=True)
    if output.format in ("csv", "json", "xlsx"):
        for unit in result.skipped:
            echo(f"no outlook for {unit.unit}: {unit.reason}", err=True)
    return 1 if result.skipped else 0
