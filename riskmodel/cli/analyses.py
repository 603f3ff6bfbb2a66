"""What the commands share that analyse situations: asking, showing, and what goes with both."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from riskmodel.cli.echo import echo, json_text
from riskmodel.cli.progress import share_done
from riskmodel.cli.situations import asked_about
from riskmodel.errors import RiskmodelError, printable

if TYPE_CHECKING:
    from riskmodel.analysis.cases import OnProgress
    from riskmodel.load.situations import Situation
    from riskmodel.model import Model
    from riskmodel.report.sections import Report


class Result(Protocol):
    """What an analysis found."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data, ready for JSON."""

    def save_plot(self, path: str) -> None:
        """As a picture."""


Found = TypeVar("Found", bound=Result)


def checked(
    files: Sequence[str], changes: Sequence[str], scenarios: Sequence[str], model_name: str | None
) -> "list[tuple[Model, Situation]]":
    """Every situation that was asked about, with its model, once all of them are known to be usable."""

    def look(model: "Model", situation: "Situation") -> "tuple[Model, Situation]":
        from riskmodel.analysis.cases import case_of

        case_of(model, situation)
        return model, situation

    return asked_about(files, changes, scenarios, model_name, look)


def analysed(
    asked: "Sequence[tuple[Model, Situation]]", analyse: "Callable[[Model, Situation, OnProgress | None], Found]"
) -> tuple[list[Found], int]:
    """The same analysis of each situation, with its progress on a terminal.

    Returns
    -------
    What was found, and the exit code: 1 where some of several situations could not be analysed, which are told.

    Raises
    ------
    RiskmodelError
        Where none could be.
    """
    from riskmodel.analysis.cases import part_of

    found = []
    failed: list[tuple[Situation, RiskmodelError]] = []
    with share_done() as on_progress:
        for place, (model, situation) in enumerate(asked):
            try:
                found.append(analyse(model, situation, part_of(on_progress, place, len(asked))))
            except RiskmodelError as error:
                failed.append((situation, error))
    if not found:
        raise failed[0][1]
    for situation, why in failed:
        name = situation.spec.title or situation.spec.id or "a situation"
        echo(f"{printable(name)}: left out: {why}", err=True)
    return found, 1 if failed else 0


def is_alone(files: Sequence[str], asked: Sequence[object]) -> bool:
    """Whether a command is asked about one situation, and not about several or a table."""
    from riskmodel.load.files import is_table

    return len(asked) == 1 and not any(map(is_table, files))


def check_plot_of_one(plot: str | None, asked: Sequence[object]) -> None:
    """Check that a picture can be drawn, before any work is done."""
    if plot is None:
        return
    from riskmodel.report.plots import check_plot

    check_plot(plot)
    if len(asked) > 1:
        raise click.UsageError(f"--plot draws one situation; there are {len(asked):,}")


def show(
    found: Sequence[Found],
    form: str,
    plot: str | None,
    report: "Callable[[Sequence[Found]], Report]",
) -> None:
    """Print what was found, and draw it where that was asked for.

    Parameters
    ----------
    form : text, json or markdown.
    report : makes one of all results.
    """
    if plot is not None:
        found[0].save_plot(plot)
    if form == "json":
        data = [each.to_dict() for each in found]
        echo(json_text(data))
        return
    from riskmodel.report.sections import as_markdown, as_text

    document = report(found)
    echo(as_markdown(document) if form == "markdown" else as_text(document))
