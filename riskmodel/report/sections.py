"""What a report says, before anybody decides how it looks: sections of lines and tables, as text or as Markdown."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from riskmodel.errors import printable
from riskmodel.report import markdown, plain


class Table(NamedTuple):
    """Cells in rows; `align` has a letter for each column, l or r."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: str


class Section(NamedTuple):
    """A heading, what is said under it, a table, and what is said under that; each may be empty."""

    heading: str
    lines: Sequence[str] = ()
    table: Table | None = None
    remarks: Sequence[str] = ()


class Report(NamedTuple):
    """A title, what it is about, and sections."""

    title: str
    about: Sequence[str]
    sections: Sequence[Section]


def as_text(report: Report) -> str:
    """A report as plain text."""
    lines = [report.title, *report.about]
    for section in report.sections:
        lines += ["", section.heading] if section.heading else [""]
        lines += (f"  {line}" for line in section.lines)
        if section.table:
            lines += plain.table(*section.table)
        lines += (f"  {line}" for line in section.remarks)
    return "\n".join(printable(line) for line in lines)


def as_markdown(report: Report) -> str:
    """A report as Markdown."""
    lines = [f"# {markdown.escape(report.title)}", "", *_paragraphs(report.about)]
    for section in report.sections:
        if section.heading:
            lines += [f"## {markdown.escape(section.heading)}", ""]
        lines += _paragraphs(section.lines)
        if section.table:
            lines += [*markdown.table(*section.table), ""]
        lines += _paragraphs(section.remarks)
    return "\n".join(printable(line) for line in lines).rstrip("\n")


def _paragraphs(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in (markdown.escape(line), "")]
