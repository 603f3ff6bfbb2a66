"""A report of an analysis as title, sections and tables, and its rendering as plain text, Markdown and HTML."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.errors import escape_control, escape_control_lines, single_line
from riskmodel.results import Estimate

if TYPE_CHECKING:
    from markupsafe import Markup

MAX_ROWS = 60
"""Rows of a long result that a table of a report shows."""
ALL_ROWS = "--format csv or -o FILE has all"
"""A remark below a table that leaves rows out."""


class Table(NamedTuple):
    """Cells in rows; `align` has a letter for each column, l or r."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: str


class Section(NamedTuple):
    """A heading, lines, a list, a table, and lines below them; each may be empty. An item of the list has lines too."""

    heading: str
    lines: Sequence[str] = ()
    table: Table | None = None
    remarks: Sequence[str] = ()
    items: Sequence[Sequence[str]] = ()


class Report(NamedTuple):
    """A title, lines about the data and the model, sections, and the sentence that sums them up, if there is one."""

    title: str
    about: Sequence[str]
    sections: Sequence[Section]
    lead: str = ""


def as_text(report: Report) -> str:
    """Return a report as plain text."""
    lines = [report.title, *filter(None, [report.lead]), *report.about]
    for section in report.sections:
        lines += ["", section.heading] if section.heading else [""]
        lines += (f"  {line}" for line in section.lines)
        lines += (f"  {'  ' if number else '- '}{line}" for item in section.items for number, line in enumerate(item))
        if section.table:
            lines += text_table(section.table)
        lines += (f"  {line}" for line in section.remarks)
    return "\n".join(escape_control(line) for line in lines)


def as_markdown(report: Report) -> str:
    """Return a report as Markdown."""
    lines = [f"# {escape_markdown(report.title)}", ""]
    if report.lead:
        lines += [f"**{escape_markdown(report.lead)}**", ""]
    lines += _paragraphs(report.about)
    for section in report.sections:
        if section.heading:
            lines += [f"## {escape_markdown(section.heading)}", ""]
        lines += _paragraphs(section.lines)
        if section.items:
            # Two spaces at the end of a line break it.
            lines += [*("- " + "  \n  ".join(map(escape_markdown, item)) for item in section.items), ""]
        if section.table:
            lines += [*markdown_table(*section.table), ""]
        lines += _paragraphs(section.remarks)
    return "\n".join(escape_control_lines(line) for line in lines).rstrip("\n")


def as_html(report: Report) -> "Markup":
    """Return a report as an HTML article without style or script; its page provides the style."""
    from riskmodel.report.html.markup import render

    return render("analysis_report.html", report=report)


def text_table(table: Table, indent: str = "  ") -> Iterator[str]:
    """Yield the lines of a plain-text table with columns as wide as their widest cell."""
    lines = [table.headings, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(line, widths, table.align, strict=True)
        )
        yield (indent + "  ".join(cells)).rstrip()


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> Iterator[str]:
    """Yield the lines of a Markdown table; `align` has a letter for each column, l or r."""
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---:' if side == 'r' else '---' for side in align)} |"
    for row in rows:
        yield f"| {' | '.join(map(escape_markdown, row))} |"


def escape_markdown(text: str) -> str:
    """Escape the characters that Markdown interprets, and join lines."""
    for character in ("\\", "`", "*", "_", "[", "]", "<", "|"):
        text = text.replace(character, f"\\{character}")
    return single_line(text).strip(" ")


def estimate_text(estimate: Estimate, signed: bool = False) -> str:
    """Format an estimate with its interval, such as `0.728 (0.655 to 0.790)`; with signs if `signed`."""
    spec = "+.3f" if signed else ".3f"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{spec}}"
    return f"{estimate.value:{spec}} ({estimate.low:{spec}} to {estimate.high:{spec}})"


def _paragraphs(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in (escape_markdown(line), "")]
