"""`riskmodel weights`: derive the weights of a score by a documented method."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from riskmodel.cli.options import FORMATS, Command, format_option, id_option, model_option
from riskmodel.cli.output import echo, json_text
from riskmodel.cli.table_options import TableCommand, table_options

if TYPE_CHECKING:
    from riskmodel.analysis.results.weighting import Weighting
    from riskmodel.model import Model


@click.group("weights")
def weights() -> None:
    """Derive the weights of a score from judgements or from data.

    Without -o the weights are only printed. docs/weights.md describes the methods and the files that they need.
    """


def _options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--score", default="escalation", show_default=True, metavar="SCORE", help="Score whose inputs are weighted."
    ),
    model_option,
    click.option(
        "-o", "--output", metavar="NEW_MODEL", help="Write the model with these weights; - is standard output."
    ),
    id_option,
    format_option(*FORMATS),
)
_JUDGEMENTS = click.argument("source", metavar="FILE")
_DATA = click.argument("source", metavar="DATA")


@weights.command("ahp")
@click.argument("sources", metavar="FILE...", nargs=-1, required=True)
@_options
@click.option(
    "--random-index",
    type=click.Choice(("saaty-1980", "saaty-2007")),
    default="saaty-1980",
    show_default=True,
    help="Random index of the consistency ratio.",
)
def ahp(sources: tuple[str, ...], **options: Any) -> None:
    """Use the analytic hierarchy process (AHP).

    FILE (YAML, JSON, or a matrix in CSV; - is standard input) compares pairs of inputs. Several files are of several
    judges, and count alike.
    """
    _from_judgements("ahp", *sources, **options)


@weights.command("direct")
@_JUDGEMENTS
@_options
def direct(source: str, **options: Any) -> None:
    """Use direct rating.

    FILE (YAML or JSON; - is standard input) gives points to each input.
    """
    _from_judgements("direct", source, **options)


@weights.command("swing")
@_JUDGEMENTS
@_options
def swing(source: str, **options: Any) -> None:
    """Use swing weighting.

    FILE (YAML or JSON; - is standard input) gives up to 100 points to the swing of each input over its scale.
    """
    _from_judgements("swing", source, **options)


@weights.command("best-worst")
@_JUDGEMENTS
@_options
def best_worst(source: str, **options: Any) -> None:
    """Use the best-worst method.

    FILE (YAML or JSON; - is standard input) compares the best input with all, and all with the worst.
    """
    _from_judgements("best-worst", source, **options)


@weights.command("entropy", cls=TableCommand)
@_DATA
@_options
@table_options(names_rows=False)
def entropy(source: str, **options: Any) -> None:
    """Use the entropy of the inputs.

    Inputs that are distributed more unevenly over the rows of DATA (CSV or Parquet) get more weight.
    """
    _from_data("entropy", source, **options)


@weights.command("critic", cls=TableCommand)
@_DATA
@_options
@table_options(names_rows=False)
def critic(source: str, **options: Any) -> None:
    """Use CRITIC, from dispersion and correlation.

    Inputs that vary more in DATA (CSV or Parquet), and correlate less with others, get more weight.
    """
    _from_data("critic", source, **options)


@weights.command("equal-contribution", cls=TableCommand)
@_DATA
@_options
@table_options(names_rows=False)
def equal_contribution(source: str, **options: Any) -> None:
    """Give every input an equal contribution.

    Every input contributes equally to the variance of the score in DATA (CSV or Parquet).
    """
    _from_data("equal-contribution", source, **options)


def _from_judgements(
    method: str, *sources: str, model_name: str | None, output: str | None, output_format: str, **options: Any
) -> None:
    from riskmodel.analysis.weighting.subjective import weights_from_judgements

    names = ("judgements", *(f"judgements {number}" for number in range(2, len(sources) + 1)))
    files = {"model": model_name, **dict(zip(names, sources, strict=True)), "output": output}
    _weigh(files, output_format, lambda model: weights_from_judgements(method, sources, model, **options))


def _from_data(
    method: str,
    source: str,
    model_name: str | None,
    output: str | None,
    output_format: str,
    table: dict[str, Any],
    **options: Any,
) -> None:
    from riskmodel.analysis.weighting.objective import weights_from_data

    files = {"model": model_name, "data": source, "output": output}
    _weigh(files, output_format, lambda model: weights_from_data(method, source, model, **options, **table))


def _weigh(files: dict[str, str | None], output_format: str, weigh: Callable[["Model"], "Weighting"]) -> None:
    """Derive weights, print them, and write the new model on request."""
    from riskmodel.documents.models import DEFAULT, load
    from riskmodel.model import Model
    from riskmodel.report.analyses.weighting import weighting_origin
    from riskmodel.report.reweighted import check_extension, reweighted_text
    from riskmodel.tables.output_files import Outputs, check_distinct_paths, output_error

    if list(files.values()).count("-") - (files["output"] == "-") > 1:
        raise output_error("-", "standard input cannot be the model and another file")
    loaded = load(files["model"] or DEFAULT)
    output = files["output"]
    if output is None:
        echo(_formatted(weigh(Model(loaded.spec)), output_format))
        return
    check_distinct_paths({**files, "model": loaded.document.name})
    check_extension(loaded, output)
    with Outputs() as outputs:
        file = outputs.open(output)
        weighting = weigh(Model(loaded.spec))
        file.write(reweighted_text(loaded, weighting.score, weighting.model, weighting_origin(weighting)).encode())
        outputs.publish()
    echo(_formatted(weighting, output_format), err=output == "-")


def _formatted(weighting: "Weighting", output_format: str) -> str:
    if output_format == "json":
        return json_text(weighting.to_dict())
    return weighting.to_markdown() if output_format == "markdown" else str(weighting)
