"""`riskmodel data`: look at data before they are scored."""

from typing import TYPE_CHECKING

import click

from riskmodel.cli.options import FORMATS, format_option, model_option
from riskmodel.cli.output import echo, json_text
from riskmodel.cli.table_options import TableCommand, table_options
from riskmodel.errors import escape_control

if TYPE_CHECKING:
    from riskmodel.tables.options import FormatKeywords, TableKeywords


@click.group("data")
def data() -> None:
    """Look at data before they are scored."""


@data.command("check", cls=TableCommand)
@click.argument("source", metavar="FILE")
@model_option
@click.option("-o", "--output", metavar="MAP", help="Write the map of columns (YAML), for --map.")
@table_options()
@format_option(*FORMATS)
def check(source: str, model_name: str | None, output: str | None, output_format: str, table: "TableKeywords") -> None:
    """Match the columns of FILE to a model, propose columns for indicators without one, and count their cells.

    A column is proposed if its name is similar to the id, the title or the unit of an indicator, and if most of its
    cells are values of that indicator. Look at the proposals before they are used.
    """
    from riskmodel.analysis.data_check import check_data, map_text
    from riskmodel.documents.models import DEFAULT
    from riskmodel.tables.output_files import Outputs, check_distinct_paths

    check_distinct_paths({"data": source, "model": model_name, "output": output})
    result = check_data(source, model=model_name or DEFAULT, **table)
    if output is not None:
        with Outputs() as outputs:
            outputs.open(output).write(map_text(result).encode())
            outputs.publish()
        echo(escape_control(f"wrote {output}: {len(result.map)} of {len(result.columns)} indicators"), err=True)
    if output != "-":
        text = result.to_markdown() if output_format == "markdown" else str(result)
        echo(json_text(result.to_dict()) if output_format == "json" else text)


@data.command("profile", cls=TableCommand)
@click.argument("file")
@model_option
@format_option(*FORMATS)
@table_options(names_rows=False)
def profile(file: str, model_name: str | None, output_format: str, table: "FormatKeywords") -> None:
    """Profile a table for those who build an index from it.

    FILE (CSV or Parquet; - is standard input) is read as by `riskmodel batch`. Each indicator is shown by itself, with
    outliers; each score by the correlations of its inputs, and by the ranks without each indicator.
    """
    from riskmodel.analysis.profile import profile as profiled
    from riskmodel.documents.models import DEFAULT

    result = profiled(file, model=model_name or DEFAULT, **table)
    if output_format == "json":
        echo(json_text(result.to_dict()))
    else:
        echo(result.to_markdown() if output_format == "markdown" else str(result))
