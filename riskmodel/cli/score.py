"""`riskmodel score`: assess situations."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from riskmodel.cli.inputs import Selection, selects_situations
from riskmodel.cli.options import check_plot_file, plot_option
from riskmodel.cli.output import echo, json_text
from riskmodel.cli.results import FORMATS, Output, deliver, file_options
from riskmodel.cli.table_options import TableCommand

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.assessment import Assessment


@click.command("score", cls=TableCommand)
@selects_situations
@file_options(*FORMATS, "html")
@plot_option
def score(selection: Selection, output: Output, plot: str | None) -> None:
    """Assess the situations in FILEs (YAML or JSON; - is standard input).

    Several situations are shown side by side, and their cards in a plot one below the other. With --set and no FILE,
    the values are the situation. HTML is a report in a single file: riskmodel score FILE --format html > report.html
    """
    check_plot_file(plot)
    resolved = selection.resolve()
    assessments = [model.assess(situation) for model, situation in resolved]
    if plot is not None:
        from riskmodel.report.card import draw_cards
        from riskmodel.report.plotting import save

        save(draw_cards(assessments), plot)
    if output == Output("text", None):
        _print_text(assessments)
        return

    def page() -> bytes:
        from riskmodel.report.html.full_report import report_document

        # As bytes: the document declares UTF-8, whatever the encoding of the terminal.
        return report_document(resolved).encode()

    def markdown() -> str:
        from riskmodel.report.assessment_markdown import assessment_markdown, score_table

        return assessment_markdown(assessments[0]) if len(assessments) == 1 else "\n".join(score_table(assessments))

    def frames() -> "Mapping[str, pd.DataFrame]":
        from riskmodel.report.frames import assessments_frames

        return assessments_frames(assessments)

    texts: dict[str, Callable[[], str | bytes]] = {
        "text": lambda: _text(assessments, _WIDTH),
        "json": lambda: json_text([assessment.to_dict() for assessment in assessments]),
        "markdown": markdown,
        "html": page,
    }
    deliver(output, assessments, texts, frames, selection.files)


_WIDTH = 100
"""Columns of text that is written to a file, and of a terminal whose width is not known."""


def _print_text(assessments: Sequence["Assessment"]) -> None:
    width = min(shutil.get_terminal_size((_WIDTH, 24)).columns, 120)
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    if len(assessments) > 1 or plain:
        echo(_text(assessments, width))
        return
    from riskmodel.report.assessment_text import assessment_text

    # Not through `echo`, which would escape the bold face; the text has no other control characters.
    click.echo(assessment_text(assessments[0], width, lambda text: click.style(text, bold=True)))


def _text(assessments: Sequence["Assessment"], width: int) -> str:
    from riskmodel.report.assessment_text import assessment_text, side_by_side

    return side_by_side(assessments, width) if len(assessments) > 1 else assessment_text(assessments[0], width, str)
