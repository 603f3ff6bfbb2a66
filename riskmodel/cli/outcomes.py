"""`riskmodel validate` and `calibrate`: test a score against outcomes, and fit its weights to them."""

from typing import Any

import click

from riskmodel.cli import results
from riskmodel.cli.options import FORMATS, check_plot_file, format_option, id_option, outcome_options, require_option
from riskmodel.cli.output import echo, json_text
from riskmodel.cli.results import Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand, table_options


@click.command("validate", cls=TableCommand)
@click.argument("source", metavar="FILE")
@outcome_options
@file_options(*results.FORMATS)
@click.option("--plot", metavar="FILE", help="Write a plot of ROC curve and reliability too (.png, .svg, .pdf).")
@require_option
@table_options(names_rows=False)
def validate(
    source: str, model_name: str | None, output: Output, plot: str | None, table: dict[str, Any], **options: Any
) -> None:
    """Test a score against the outcomes in FILE, a CSV (also .gz, .zst) or Parquet file; - is standard input.

    FILE has columns named like indicators and a column of outcomes. Fits are tested only on rows that they have not
    been fitted to.
    """
    from riskmodel.analysis.outcomes.validate import validate as analyse
    from riskmodel.documents.models import DEFAULT
    from riskmodel.extras import require

    if plot is not None:
        require("evidence", "plot")
    check_plot_file(plot, output.file)
    result = analyse(source, model=model_name or DEFAULT, **options, **table)
    if plot is not None:
        result.save_plot(plot)
    deliver_result(output, result, [result.source])


@click.command("calibrate", cls=TableCommand)
@click.argument("source", metavar="DATA")
@outcome_options
@format_option(*FORMATS[:2])
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="NEW_MODEL",
    help="Write the model with the fitted weights; - is standard output.",
)
@id_option
@click.option(
    "--probability-map", "map_file", metavar="FILE", help="Write a map from scores to probabilities too (JSON)."
)
@require_option
@table_options(names_rows=False)
def calibrate(
    source: str,
    output: str,
    map_file: str | None,
    model_name: str | None,
    output_format: str,
    table: dict[str, Any],
    **options: Any,
) -> None:
    """Fit the weights of a score to outcomes, close to those of the model, and write NEW_MODEL with them.

    DATA is a CSV (also .gz, .zst) or Parquet file with columns named like indicators, a column of outcomes and a column
    of times; - is standard input. Everything else in the model is unchanged. NEW_MODEL and map are published together
    at the end. The result is printed on standard output, or on standard error if NEW_MODEL is -.
    """
    from riskmodel.analysis.outcomes.calibrate import calibrate as analyse
    from riskmodel.documents.models import DEFAULT, load
    from riskmodel.extras import require
    from riskmodel.model import Model
    from riskmodel.report.analyses.calibration import calibration_origin
    from riskmodel.report.reweighted import check_extension, reweighted_text
    from riskmodel.tables.output_files import Outputs, check_distinct_paths, output_error

    require("evidence")
    loaded = load(model_name or DEFAULT)
    check_distinct_paths({"model": loaded.document.name, "data": source, "output": output, "map": map_file})
    if map_file == "-":
        raise output_error("-", "the map needs a separate file (--probability-map FILE.json)")
    check_extension(loaded, output)
    with Outputs() as outputs:
        model_output = outputs.open(output)
        map_output = None if map_file is None else outputs.open(map_file)
        result = analyse(source, model=Model(loaded.spec), **options, **table)
        text = reweighted_text(loaded, result.score, result.after, calibration_origin(result))
        model_output.write(text.encode())
        if map_output is not None:
            map_output.write(result.map.to_json().encode())
        outputs.publish()
    text = json_text(result.to_dict()) if output_format == "json" else str(result)
    echo(text, err=output == "-")
