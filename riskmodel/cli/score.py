"""`riskmodel score`: assess situations."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from riskmodel.cli.echo import echo, json_text
from riskmodel.cli.options import FORMATS, situations

if TYPE_CHECKING:
    from riskmodel.assessment import Assessment


@click.command("score")
@situations
@click.option("--format", "form", type=click.Choice((*FORMATS, "html")), default="text", show_default=True)
def command(
    files: tuple[str, ...], changes: tuple[str, ...], scenarios: tuple[str, ...], model_name: str | None, form: str
) -> None:
    """Assess the situations in FILEs (YAML or JSON; - is standard input).

    Several situations are shown side by side. With --set alone, the values given are the situation. HTML is a report in
    one file: riskmodel score FILE --format html > report.html
    """
    if form == "html":
        from riskmodel.cli.analyses import checked
        from riskmodel.report.html.report import report_document

        # As bytes, because the page says that it is UTF-8, whatever the terminal is.
        click.echo(report_document(checked(files, changes, scenarios, model_name)).encode(), nl=False)
        return
    from riskmodel.cli.situations import asked_about

    found = asked_about(files, changes, scenarios, model_name, lambda model, situation: model.assess(situation))
    if form == "json":
        from riskmodel.report.data import assessment_data

        data = [assessment_data(assessment) for assessment in found]
        echo(json_text(data))
    elif form == "markdown":
        from riskmodel.report.markdown import comparison, document

        echo(document(found[0]) if len(found) == 1 else "\n".join(comparison(found)))
    else:
        _print_text(found)


def _print_text(found: Sequence["Assessment"]) -> None:
    from riskmodel.report.text import card, side_by_side

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    if len(found) > 1:
        echo(side_by_side(found, width))
        return
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    # The card has no control characters but those of its own emphasis, which must stay.
    click.echo(card(found[0], width, str if plain else lambda text: click.style(text, bold=True)))
