"""`riskmodel rank` and `aggregate`: ranks and changes of the rows of a table, and means of its groups."""

from typing import Any

import click

from riskmodel.cli.options import model_option, names_of, percent
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand, table_options

within_option = click.option(
    "--within",
    metavar="COLUMN,...",
    callback=names_of,
    help="Rank within each group of these columns; one with dates or years is the time, if --time is not given.",
)


@click.command("rank", cls=TableCommand)
@click.argument("source", metavar="TABLE")
@model_option
@click.option(
    "--rank-by", metavar="SCORE,...", callback=names_of, help="Scores to rank by. Default: all that are no sub-scores."
)
@within_option
@click.option("--ascending", is_flag=True, help="Rank 1 is the lowest score. Default: the highest.")
@file_options(*FORMATS)
@table_options()
def rank(source: str, model_name: str | None, output: Output, table: dict[str, Any], **options: Any) -> None:
    """Rank the rows of TABLE by their scores, within each time and group; - is standard input.

    With --time, changes of score and rank against the time before are told, of the same --id. Tables may have any
    number of rows. `riskmodel compare TABLE` tells how sure ranks are.
    """
    from riskmodel.analysis.panels.ranking import rank_table
    from riskmodel.documents.models import DEFAULT

    result = rank_table(source, model=model_name or DEFAULT, **options, **table)
    deliver_result(output, result, [result.source])


@click.command("aggregate", cls=TableCommand)
@click.argument("source", metavar="TABLE")
@click.option(
    "--by", required=True, metavar="COLUMN,...", callback=names_of, help="Columns whose labels make the groups."
)
@model_option
@click.option("--weight", metavar="COLUMN", help="Column of weights, such as population. Default: rows count the same.")
@click.option(
    "--min-coverage",
    type=percent,
    default="50%",
    show_default=True,
    metavar="SHARE",
    help="Share of a group's weight that must be in rows with a score.",
)
@file_options(*FORMATS)
@table_options()
def aggregate(source: str, model_name: str | None, output: Output, table: dict[str, Any], **options: Any) -> None:
    """Compute the means of the scores of groups of rows in TABLE, such as a region's; - is standard input.

    With --time, each time is apart.
    """
    from riskmodel.analysis.panels.aggregate import aggregate as analyse
    from riskmodel.documents.models import DEFAULT

    result = analyse(source, model=model_name or DEFAULT, **options, **table)
    deliver_result(output, result, [result.source])
