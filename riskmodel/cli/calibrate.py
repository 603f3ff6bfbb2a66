"""`riskmodel calibrate`: find weights in outcomes, near the expert's."""

from typing import Any

import click

from riskmodel.cli.echo import echo, json_text
from riskmodel.cli.options import csv_marks, new_id, outcomes, required


@click.command("calibrate")
@click.argument("source", metavar="DATA")
@outcomes
@click.option("-o", "--output", required=True, metavar="NEW_MODEL", help="Where the model with the weights found goes.")
@new_id
@click.option("--map", "map_file", metavar="FILE", help="Write a map from the score to probabilities (JSON) too.")
@required
@csv_marks
def command(source: str, output: str, map_file: str | None, model_name: str | None, form: str, **asked: Any) -> None:
    """Find weights of a score in what happened, near the model's own, and write NEW_MODEL with them.

    DATA is a CSV (also .gz, .zst) or Parquet file with columns named like indicators, a column of outcomes and one of
    times; - is standard input. All else in the model stays as it is. NEW_MODEL and map appear when all is found; what
    was found is told on standard output, or on standard error where NEW_MODEL is -.
    """
    from riskmodel.analysis.calibration.calibrate import calibrate
    from riskmodel.analysis.needs import require
    from riskmodel.batch.outputs import Outputs, check_distinct_paths, output_error
    from riskmodel.load.models import DEFAULT, load
    from riskmodel.model import Model
    from riskmodel.report.calibration import calibration_origin
    from riskmodel.report.reweighted_file import check_ending, reweighted_text

    require("evidence")
    loaded = load(model_name or DEFAULT)
    check_distinct_paths({"model": loaded.document.name, "data": source, "output": output, "map": map_file})
    if map_file == "-":
        raise output_error("-", "the map needs a file of its own (--map FILE.json)")
    check_ending(loaded, output)
    with Outputs() as outputs:
        file = outputs.open(output)
        beside = None if map_file is None else outputs.open(map_file)
        found = calibrate(source, model=Model(loaded.spec), **asked)
        text = reweighted_text(loaded, found.score, found.after, calibration_origin(found))
        file.write(text.encode())
        if beside is not None:
            beside.write(found.map.to_json().encode())
        outputs.publish()
    told = str(found)
    if form == "json":
        told = json_text(found.to_dict())
    echo(told, err=output == "-")
