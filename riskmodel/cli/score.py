"""`riskmodel score`: assess situations."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from riskmodel.cli.inputs import Selection, selects_situations
from riskmodel.cli.options import check_plot_file, plot_option
from riskmodel.cli.output import json_text, terminal_paint
from riskmodel.cli.results import FORMATS, Output, deliver, file_options
from riskmodel.cli.table_options import TableCommand

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.assessment import Assessment
    from riskmodel.report.assessment_text import Paint


@click.command("score", cls=TableCommand)
@selects_situations
@file_options(*FORMATS, "html", "docx", "pdf")
@plot_option
@click.option(
    "--brief/--full",
    default=None,
    help="Print scores and what is missing alone, or all. Default: all, but on a terminal only what fits it.",
)
def score(selection: Selection, output: Output, plot: str | None, brief: bool | None) -> None:
    """Assess the situations in FILEs (YAML or JSON; - is standard input).

    Several situations are shown side by side, and their cards in a plot one below the other. With --set and no FILE,
    the values are the situation. HTML is a report in a single file, PDF the same as printed, and docx a brief for a
    word processor: riskmodel score FILE -o brief.docx
    """
    check_plot_file(plot, output.file)
    if brief and output != Output("text", None):
        raise click.UsageError("--brief is for text on standard output")
    resolved = selection.resolve()
    assessments = [model.assess(situation) for model, situation in resolved]
    if plot is not None:
        from riskmodel.report.card import draw_cards
        from riskmodel.report.plotting import save

        save(draw_cards(assessments), plot)
    if output == Output("text", None):
        _print_text(assessments, brief)
        return

    def page() -> str:
        from riskmodel.report.html.full_report import report_document

        return report_document(resolved)

    def paper() -> bytes:
        from riskmodel.report.print_pdf import printed

        return printed(page())

    def document() -> bytes:
        from riskmodel.report.brief_docx import docx_document

        return docx_document(assessments)

    def markdown() -> str:
        from riskmodel.report.assessment_markdown import assessment_markdown, assessments_markdown

        return assessment_markdown(assessments[0]) if len(assessments) == 1 else assessments_markdown(assessments)

    def frames() -> "Mapping[str, pd.DataFrame]":
        from riskmodel.report.frames import assessments_frames

        return assessments_frames(assessments)

    texts: dict[str, Callable[[], str | bytes]] = {
        "text": lambda: _full(assessments, _WIDTH),
        "json": lambda: json_text([assessment.to_dict() for assessment in assessments]),
        "markdown": markdown,
        # As bytes: the document declares UTF-8, whatever the encoding of the terminal.
        "html": lambda: page().encode(),
        "docx": document,
        "pdf": paper,
    }
    deliver(output, assessments, texts, frames, selection.files)


_WIDTH, _MAX_WIDTH = 100, 120
"""Columns of text that is written to a file, and of a terminal whose width is not known; most columns of a terminal."""


def _print_text(assessments: Sequence["Assessment"], brief: bool | None) -> None:
    """Print assessments; briefly on a terminal that is not high enough for all, unless `brief` says otherwise."""
    size = shutil.get_terminal_size((_WIDTH, 24))
    width, paint = min(size.columns, _MAX_WIDTH), terminal_paint()
    text = _full(assessments, width, paint)
    # The prompt takes one more line.
    is_long = sys.stdout.isatty() and text.count("\n") + 2 > size.lines
    if brief or (brief is None and is_long):
        text = f"{_brief(assessments, width, paint)}\n\n{_HINT}"
    elif is_long and len(assessments) == 1:
        from riskmodel.report.assessment_text import scores_text

        text = f"{text}\n\n{scores_text(assessments[0], width, paint)}"
    # Not through `echo`, which would escape the marks; the text has no other control characters.
    click.echo(text, color=True)


_HINT = "--full shows all: every indicator, the rules, notes and sources."


def _full(assessments: Sequence["Assessment"], width: int, paint: "Paint | None" = None) -> str:
    from riskmodel.report.assessment_text import PLAIN, assessment_text, sentences_text, side_by_side

    if len(assessments) == 1:
        return assessment_text(assessments[0], width, paint or PLAIN)
    return f"{sentences_text(assessments, width, paint or PLAIN)}\n{side_by_side(assessments, width)}"


def _brief(assessments: Sequence["Assessment"], width: int, paint: "Paint") -> str:
    from riskmodel.report.assessment_text import brief_text, side_by_side

    return side_by_side(assessments, width) if len(assessments) > 1 else brief_text(assessments[0], width, paint)
