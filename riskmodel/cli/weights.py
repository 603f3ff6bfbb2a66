"""`riskmodel weights`: derive the weights of a score by a documented method."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from riskmodel.cli.echo import echo, json_text
from riskmodel.cli.options import FORMATS, csv_marks, new_id

if TYPE_CHECKING:
    from riskmodel.analysis.weighting.result import Weighting
    from riskmodel.model import Model

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("weights")
def command() -> None:
    """Derive the weights of a score from judgements, or from data.

    Without -o the weights are printed, and nothing changes. docs/weights.md says what each method asks.
    """


def _options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--score", default="escalation", show_default=True, metavar="SCORE", help="Whose inputs are weighed."),
    click.option("-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one."),
    click.option(
        "-o", "--output", metavar="NEW_MODEL", help="Write the model with these weights; - is standard output."
    ),
    new_id,
    click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True),
)
_judgements = click.argument("source", metavar="FILE")
_data = click.argument("source", metavar="DATA")


@command.command("ahp")
@_judgements
@_options
@click.option(
    "--random-index",
    type=click.Choice(("saaty-1980", "saaty-2007")),
    default="saaty-1980",
    show_default=True,
    help="What the consistency ratio is measured by.",
)
def ahp(source: str, **asked: Any) -> None:
    """Weigh by AHP: FILE (YAML or JSON; - is standard input) compares each pair of inputs."""
    _judged("ahp", source, **asked)


@command.command("direct")
@_judgements
@_options
def direct(source: str, **asked: Any) -> None:
    """Weigh by direct rating: FILE gives each input points."""
    _judged("direct", source, **asked)


@command.command("swing")
@_judgements
@_options
def swing(source: str, **asked: Any) -> None:
    """Weigh by swings: FILE gives the swing of each input over its scale up to 100 points."""
    _judged("swing", source, **asked)


@command.command("best-worst")
@_judgements
@_options
def best_worst(source: str, **asked: Any) -> None:
    """Weigh by the best-worst method: FILE compares the best input with all, and all with the worst."""
    _judged("best-worst", source, **asked)


@command.command("entropy")
@_data
@_options
@csv_marks
def entropy(source: str, **asked: Any) -> None:
    """Weigh by entropy: the more unevenly an input is spread over the rows of DATA, the more."""
    _measured("entropy", source, **asked)


@command.command("critic")
@_data
@_options
@csv_marks
def critic(source: str, **asked: Any) -> None:
    """Weigh by CRITIC: the more an input varies in DATA, and the less it repeats others, the more."""
    _measured("critic", source, **asked)


@command.command("equal-effect")
@_data
@_options
@csv_marks
def equal_effect(source: str, **asked: Any) -> None:
    """Weigh so that every input contributes alike to how the score varies in DATA."""
    _measured("equal-effect", source, **asked)


def _judged(method: str, source: str, model_name: str | None, output: str | None, form: str, **asked: Any) -> None:
    from riskmodel.analysis.weighting.judged import weights_from_judgements

    files = {"model": model_name, "judgements": source, "output": output}
    _weigh(files, form, lambda model: weights_from_judgements(method, source, model, **asked))


def _measured(method: str, source: str, model_name: str | None, output: str | None, form: str, **asked: Any) -> None:
    from riskmodel.analysis.weighting.measured import weights_from_data

    files = {"model": model_name, "data": source, "output": output}
    _weigh(files, form, lambda model: weights_from_data(method, source, model, **asked))


def _weigh(files: dict[str, str | None], form: str, weigh: Callable[["Model"], "Weighting"]) -> None:
    """Weigh, print, and write the new model where one is asked for, once all is found."""
    from riskmodel.batch.outputs import Outputs, check_distinct_paths, output_error
    from riskmodel.load.models import DEFAULT, load
    from riskmodel.model import Model
    from riskmodel.report.reweighted_file import check_ending, reweighted_text
    from riskmodel.report.weighting import weighting_origin

    if list(files.values()).count("-") - (files["output"] == "-") > 1:
        raise output_error("-", "standard input cannot be the model and something else too")
    loaded = load(files["model"] or DEFAULT)
    output = files["output"]
    if output is None:
        echo(_told(weigh(Model(loaded.spec)), form))
        return
    check_distinct_paths({**files, "model": loaded.document.name})
    check_ending(loaded, output)
    with Outputs() as outputs:
        file = outputs.open(output)
        found = weigh(Model(loaded.spec))
        file.write(reweighted_text(loaded, found.score, found.model, weighting_origin(found)).encode())
        outputs.publish()
    echo(_told(found, form), err=output == "-")


def _told(found: "Weighting", form: str) -> str:
    if form == "json":
        return json_text(found.to_dict())
    return found.to_markdown() if form == "markdown" else str(found)
