"""Figures and tables in plain text."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from riskmodel.errors import escape_control
from riskmodel.report import assessment_markdown
from riskmodel.results import Estimate


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], align: str, indent: str = "  ") -> Iterator[str]:
    """A table whose columns are as wide as what stands in them.

    Parameters
    ----------
    headings : of each column; empty where it needs none.
    rows : of cells.
    align : a letter for each column, l or r.
    indent : what each line begins with.
    """
    lines = [headings, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    for line in lines:
        cells = (
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(line, widths, align, strict=True)
        )
        yield (indent + "  ".join(cells)).rstrip()


def estimate_text(estimate: Estimate, signed: bool = False) -> str:
    """A figure and its interval, such as `0.728 (0.655 to 0.790)`; differences with their sign."""
    form = "+.3f" if signed else ".3f"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}}"
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"


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
            lines += table(*section.table)
        lines += (f"  {line}" for line in section.remarks)
    return "\n".join(escape_control(line) for line in lines)


def as_markdown(report: Report) -> str:
    """A report as Markdown."""
    lines = [f"# {assessment_markdown.escape(report.title)}", "", *_paragraphs(report.about)]
    for section in report.sections:
        if section.heading:
            lines += [f"## {assessment_markdown.escape(section.heading)}", ""]
        lines += _paragraphs(section.lines)
        if section.table:
            lines += [*assessment_markdown.table(*section.table), ""]
        lines += _paragraphs(section.remarks)
    return "\n".join(escape_control(line) for line in lines).rstrip("\n")


def as_html(report: Report) -> str:
    """A report as an HTML article without style or script: the page that it stands in gives it its looks.

    Numbers have the class `num`. A table stands in a group of the class `scroll`, which takes the keyboard's focus, so
    that a table that is too wide for its page can be scrolled without a mouse.
    """
    about = "".join(f"<p>{_text(line)}</p>" for line in report.about)
    sections = "".join(_section(section, report.title) for section in report.sections)
    return f'<article class="rm-report"><header><h2>{_text(report.title)}</h2>{about}</header>{sections}</article>'


def _section(section: Section, title: str) -> str:
    parts = [f"<h3>{_text(section.heading)}</h3>"] if section.heading else []
    parts += (f"<p>{_text(line)}</p>" for line in section.lines)
    if section.table:
        label = f'aria-label="{_text(section.heading or title)}"'
        parts.append(f'<div class="scroll" role="group" tabindex="0" {label}>{_table(section.table)}</div>')
    parts += (f"<p>{_text(line)}</p>" for line in section.remarks)
    return f"<section>{''.join(parts)}</section>"


def _table(table: Table) -> str:
    head = f"<thead>{_row(table.headings, table.align, 'col')}</thead>" if any(table.headings) else ""
    rows = "".join(_row(row, table.align, "row") for row in table.rows)
    return f'<table cellpadding="4">{head}<tbody>{rows}</tbody></table>'


def _row(cells: Sequence[str], align: str, scope: str) -> str:
    return f"<tr>{''.join(_cells(cells, align, scope))}</tr>"


def _cells(cells: Sequence[str], align: str, scope: str) -> Iterator[str]:
    """Column headings, or the cells of a row that the first of them heads; an empty cell heads nothing."""
    for place, (cell, side) in enumerate(zip(cells, align, strict=True)):
        heads = bool(cell) and (scope == "col" or place == 0)
        opening = f'th scope="{scope}"' if heads else "td"
        number = ' class="num" align="right"' if side == "r" else ' align="left"'
        yield f"<{opening}{number}>{_text(cell)}</{opening[:2]}>"


def _text(text: str) -> str:
    return escape(escape_control(text))


def _paragraphs(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in (assessment_markdown.escape(line), "")]
