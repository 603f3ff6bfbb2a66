"""`riskmodel score`: assess situations."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from riskmodel.cli.inputs import Selection, selects_situations
from riskmodel.cli.options import FORMATS, format_option
from riskmodel.cli.output import echo, json_text
from riskmodel.cli.table_options import TableCommand

if TYPE_CHECKING:
    from riskmodel.assessment import Assessment


@click.command("score", cls=TableCommand)
@selects_situations
@format_option(*FORMATS, "html")
def score(selection: Selection, output_format: str) -> None:
    """Assess the situations in FILEs (YAML or JSON; - is standard input).

    Several situations are shown side by side. With --set and no FILE, the values are the situation. HTML is a report in
    a single file: riskmodel score FILE --format html > report.html
    """
    resolved = selection.resolve()
    if output_format == "html":
        from riskmodel.report.html.full_report import report_document

        # As bytes: the document declares UTF-8, whatever the encoding of the terminal.
        click.echo(report_document(resolved).encode(), nl=False)
        return
    assessments = [model.assess(situation) for model, situation in resolved]
    if output_format == "json":
        data = [assessment.to_dict() for assessment in assessments]
        echo(json_text(data))
    elif output_format == "markdown":
        from riskmodel.report.assessment_markdown import assessment_markdown, score_table

        echo(assessment_markdown(assessments[0]) if len(assessments) == 1 else "\n".join(score_table(assessments)))
    else:
        _print_text(assessments)


def _print_text(assessments: Sequence["Assessment"]) -> None:
    from riskmodel.report.assessment_text import assessment_text, side_by_side

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    if len(assessments) > 1:
        echo(side_by_side(assessments, width))
        return
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    # Not through `echo`, which would escape the bold face; the text has no other control characters.
    click.echo(assessment_text(assessments[0], width, str if plain else lambda text: click.style(text, bold=True)))
