"""`riskmodel model`: work on models."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskmodel.cli.options import FORMATS, format_option, id_option, percent
from riskmodel.cli.output import echo, json_text, write_new
from riskmodel.cli.table_options import TableCommand, table_options
from riskmodel.errors import ModelError, Problem, counted, escape_control

if TYPE_CHECKING:
    from riskmodel.tables.options import FormatKeywords, TableKeywords

_MODEL = click.argument("model", default="bilateral-tension")


@click.group("model")
def model() -> None:
    """Work on models. MODEL is a path, or the id of a model that ships with riskmodel."""


@model.command("list")
def list_models() -> None:
    """List the models that ship with riskmodel."""
    from riskmodel.documents.models import load, shipped

    for name, path in shipped().items():
        spec = load(path).spec
        default = " (default)" if name == next(iter(shipped())) else ""
        echo(escape_control(f"{name}{default}  {spec.version or ''}  {spec.title or ''}".rstrip()))


@model.command("show")
@_MODEL
def show(model: str) -> None:
    """Summarise a model: indicators, scores, rules, scenarios."""
    from riskmodel.model import load_model
    from riskmodel.report.model import model_summary

    echo(model_summary(load_model(model)))


@model.command("check")
@_MODEL
def check(model: str) -> None:
    """Check a model for errors and probable mistakes.

    Errors end with exit code 2; probable mistakes are printed as warnings.
    """
    from riskmodel.analysis.lint import warnings
    from riskmodel.documents.models import load

    loaded = load(model)
    problems = warnings(loaded)
    for problem in problems:
        echo(f"warning: {problem}")
    spec = loaded.spec
    remarks = counted(len(problems), "warning") if problems else "no warnings"
    echo(escape_control(f"{loaded.document.name}: valid; {spec.counts}; {remarks}"))


@model.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "source", default="core-four", show_default=True, metavar="ID", help="Shipped model to copy.")
def new(file: Path, source: str) -> None:
    """Write FILE, a commented copy of a shipped model to start from."""
    from riskmodel.documents.models import copy_of

    if file.suffix not in (".yaml", ".yml"):
        raise ModelError([Problem("should end in .yaml", file=str(file))])
    write_new(file, copy_of(source, file.stem))
    echo(escape_control(f"wrote {file}; try `riskmodel model check {file}`"), err=True)


@model.command("schema")
def schema() -> None:
    """Print the JSON Schema of model files, for editors."""
    echo(schema_text())


def schema_text() -> str:
    """Return the JSON Schema of model files, as it ships beside the models."""
    from riskmodel.schema.model import ModelSpec

    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ModelSpec.model_json_schema()}
    return json.dumps({**content, "title": "riskmodel model file"}, indent=2, ensure_ascii=False)


@model.command("docs")
@_MODEL
def docs(model: str) -> None:
    """Print the rulebook of a model as Markdown."""
    from riskmodel.model import load_model
    from riskmodel.report.model import rulebook

    echo(rulebook(load_model(model)))


@model.command("plan")
@_MODEL
@format_option(*FORMATS)
def plan(model: str, output_format: str) -> None:
    """Print the plan of a model: the named steps from its inputs to its scores.

    Each step reads inputs and steps before it; what is unknown, and how it is filled, is part of the formulas.
    """
    from riskmodel.model import load_model
    from riskmodel.report.plan import plan_listing, plan_markdown, plan_text

    listing = plan_listing(load_model(model))
    if output_format == "json":
        echo(json_text(listing.to_dict()))
    else:
        echo(plan_text(listing) if output_format == "text" else plan_markdown(listing))


@model.command("sql")
@_MODEL
@click.option("--dialect", required=True, metavar="NAME", help="Such as duckdb, postgres, sqlite, spark, snowflake.")
@click.option("--table", required=True, metavar="NAME", help="Table with a column for each indicator; SCHEMA.TABLE.")
@click.option("--keep", metavar="COLUMN,...", help="Columns of the table that are kept beside the scores.")
@click.option("--columns", metavar="COLUMN,...", help="Columns of the table, if some indicators have none.")
@click.option("-o", "--output", default="-", metavar="FILE", help="Write the query. Default: standard output.")
def sql(model: str, dialect: str, table: str, keep: str | None, columns: str | None, output: str) -> None:
    """Print MODEL as one SQL query, which scores the rows of a table."""
    from riskmodel.sql.query import to_sql
    from riskmodel.tables.output_files import Outputs

    query = to_sql(model, dialect=dialect, table=table, keep=_names(keep) or (), columns=_names(columns))
    with Outputs() as outputs:
        outputs.open(output).write(query.encode())
        outputs.publish()


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


@model.command("diff")
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """List the changes from model OLD to model NEW in words."""
    from riskmodel.documents.models import load
    from riskmodel.report.model import model_diff

    lines = model_diff(load(old).spec, load(new).spec)
    echo("\n".join(lines) if lines else "no difference")


@model.command("workbook", cls=TableCommand)
@_MODEL
@click.argument("situations", required=False)
@click.option("-o", "--output", required=True, metavar="FILE.xlsx", help="Write the workbook.")
@table_options()
def workbook(model: str, situations: str | None, output: str, table: "TableKeywords") -> None:
    """Write MODEL as a workbook whose formulas compute every score.

    SITUATIONS, up to 1,000, is a situation file, or a table in CSV (also .gz, .zst) or Parquet; without MODEL, it is
    read with the default model. Its values stand in the workbook, and rows to type in follow.
    """
    from riskmodel.analysis.situations import load_situations
    from riskmodel.documents.models import DEFAULT
    from riskmodel.model import load_model
    from riskmodel.tables.options import TableOptions
    from riskmodel.tables.output_files import check_distinct_paths
    from riskmodel.workbook.write import write_workbook

    if situations is None and _has_situations(model):
        model, situations = DEFAULT, model
    loaded = load_model(model)
    check_distinct_paths({"model": loaded.file, "situations": situations, "output": output})
    given = [] if situations is None else load_situations(loaded.spec, situations, TableOptions.of(table))
    write_workbook(output, given, model=loaded)
    echo(escape_control(f"wrote {output}: {counted(len(given), 'situation')}"), err=True)


def _has_situations(path: str) -> bool:
    """Return True for a table, and for a file with situations rather than a model."""
    from riskmodel.documents.document import UnreadableFileError, is_table, read

    if is_table(path):
        return True
    try:
        content = read(path).root.value if Path(path).is_file() else None
    except UnreadableFileError:
        return False
    return isinstance(content, dict) and not content.keys().isdisjoint(("values", "situations"))


def _quantiles(context: click.Context, option: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    low, comma, high = value.partition(",")
    if not comma:
        raise click.BadParameter(f"should be two quantiles such as 1%,99%; got {value!r}")
    return percent(low.strip()), percent(high.strip())


@model.command("fit", cls=TableCommand)
@click.argument("model")
@click.argument("data")
@click.option("-o", "--output", required=True, metavar="FILE", help="Write the fitted model; - is standard output.")
@click.option("--where", metavar="CONDITION", help="Fit to these rows only, such as 'year <= 2010'.")
@click.option(
    "--clip", callback=_quantiles, metavar="LOW,HIGH", help="Clip values at two quantiles first, such as 1%,99%."
)
@id_option
@table_options(names_rows=False)
def fit(
    model: str,
    data: str,
    output: str,
    where: str | None,
    clip: tuple[float, float] | None,
    model_id: str | None,
    table: "FormatKeywords",
) -> None:
    """Fit the open scales of MODEL to DATA.

    DATA is a CSV (also .gz, .zst) or Parquet file of any size (with --clip, its values are held in memory); - is
    standard input. FILE is the model with the fitted scales, written at the end, and a comment on their origin.
    """
    from riskmodel.analysis.fitted_file import fitted_text
    from riskmodel.analysis.normalise import fit_file
    from riskmodel.documents.models import load
    from riskmodel.tables.output_files import Outputs, check_distinct_paths

    loaded = load(model)
    check_distinct_paths({"model": loaded.document.name, "data": data, "output": output})
    with Outputs() as outputs:
        file = outputs.open(output)
        fits = fit_file(loaded, data, where=where, clip=clip, **table)
        file.write(fitted_text(loaded, fits, data, model_id).encode())
        outputs.publish()
    if where is not None:
        echo(f"{fits.used:,} of {counted(fits.rows, 'row')}, where {escape_control(where)}", err=True)
    for fitted in fits:
        ((kind, numbers),) = fitted.scale.items()
        values = json.dumps(numbers) if len(numbers) <= 2 else f"({len(numbers)} points)"
        echo(f"{fitted.indicator}: {fitted.method} of {counted(fitted.values, 'value')}, {kind} {values}", err=True)
        if fitted.warning:
            echo(f"warning: {fitted.indicator}: {fitted.warning}", err=True)
        if fitted.remark:
            echo(f"remark: {fitted.indicator}: {fitted.remark}", err=True)
