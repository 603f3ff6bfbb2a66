"""`riskmodel data`: look at data before they are scored."""

from typing import TYPE_CHECKING

import click

from riskmodel.cli.options import FORMATS, format_option, model_option
from riskmodel.cli.output import echo, json_text
from riskmodel.cli.table_options import TableCommand, table_options

if TYPE_CHECKING:
    from riskmodel.tables.options import FormatKeywords


@click.group("data")
def data() -> None:
    """Look at data before they are scored."""


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
