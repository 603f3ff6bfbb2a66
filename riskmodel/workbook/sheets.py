"""The sheets of a workbook, written with XlsxWriter."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from riskmodel.errors import escape_control_lines
from riskmodel.schema.band_colours import BandColour
from riskmodel.tables.spreadsheet.formats import LINE, Formats
from riskmodel.workbook.layout import FIRST_COLUMN, ROW
from riskmodel.workbook.tables import HEADER_ROWS, Change, Content, Live, Table

SITUATIONS = "Situations"
VALUES = "Values"
OK = "ok"
INVALID = "invalid"
NAMES = f'IF({SITUATIONS}!$A{ROW}="{OK}",IF({SITUATIONS}!$B{ROW}="","row "&ROW(),{SITUATIONS}!$B{ROW}),"")'
"""Formula of the name of a situation; empty for a row that is empty or has an invalid entry."""


WIDTH = 13
"""Of a column with numbers, in characters."""


class Cells(NamedTuple):
    """A column of formulas with a row for each situation."""

    section: str
    title: str
    detail: str
    formula: str
    """With `ROW` for the number of the row."""
    values: Sequence[float | str]
    """Of the first rows; the others are empty."""
    number_format: str
    width: float = WIDTH
    bands: Mapping[str, BandColour] = MappingProxyType({})
    """The colours of the bands, where one of them is shown."""


class _Sheet(Worksheet):  # type: ignore[misc]
    """A sheet whose formulas use no function that XlsxWriter would have to mark as new.

    Looking for such functions in every formula takes most of the time of a large workbook. In a version without this
    method, formulas are only written more slowly.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def add_sheet(book: Workbook, formats: Formats, name: str, title: str, note: str) -> Worksheet:
    """Add a sheet with its first line."""
    sheet: Worksheet = book.add_worksheet(name, worksheet_class=_Sheet)
    sheet.repeat_rows(0, HEADER_ROWS - 1)
    start_sheet(sheet, formats, title)
    sheet.write_string(1, 0, note, formats(italic=True, font_color="#444444"))
    return sheet


def start_sheet(sheet: Worksheet, formats: Formats, title: str) -> None:
    """Write the title of a sheet, and set how it is shown and printed."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, escape_control_lines(title), formats.title())


def write_head(sheet: Worksheet, formats: Formats, column: int, section: str, title: str, detail: str) -> None:
    """Write what stands above a column."""
    sheet.write_string(HEADER_ROWS - 3, column, escape_control_lines(section), formats.section())
    sheet.write_string(HEADER_ROWS - 2, column, escape_control_lines(title), formats.heading())
    sheet.write_string(HEADER_ROWS - 1, column, escape_control_lines(detail), formats.detail())


def set_head_rows(sheet: Worksheet, titles: Iterable[str], details: Iterable[str], width: float) -> None:
    """Set the heights of the rows above the columns, so that wrapped texts are whole."""
    for row, texts, height in ((HEADER_ROWS - 2, titles, 14), (HEADER_ROWS - 1, details, 13)):
        lines = max((lines_of(text, width) for text in texts), default=1)
        sheet.set_row(row, 4 + height * lines)


def lines_of(text: str, width: float) -> int:
    """Return the lines that a text needs in a column of a width in characters."""
    lines = 0
    for paragraph in text.split("\n"):
        used, count = 0.0, 1
        for word in paragraph.split():
            if used and used + 1 + len(word) > width:
                used, count = 0.0, count + 1
            count += int(len(word) // width)
            used += len(word) + (1 if used else 0)
        lines += count
    return lines


def write_columns(
    sheet: Worksheet,
    formats: Formats,
    columns: Sequence[Cells],
    names: Sequence[str],
    rows: int,
    guarded: bool = True,
) -> None:
    """Write the columns of a sheet, after that with the names of the situations.

    Parameters
    ----------
    columns : from left to right.
    names : of the situations.
    rows : the number of rows with formulas, at least that of the names.
    guarded : leave empty what belongs to a row without a name.
    """
    name_column = Cells("", "Situation", "", NAMES, names, "@")
    sections = [column.section for column in columns]
    for position, column in enumerate([name_column, *columns]):
        continued = position > FIRST_COLUMN and column.section == sections[position - FIRST_COLUMN - 1]
        write_head(sheet, formats, position, "" if continued else column.section, column.title, column.detail)
        cell_format = formats(column.number_format)
        guard = guarded and position >= FIRST_COLUMN
        formula = f'=IF($A{ROW}="","",{column.formula})' if guard else f"={column.formula}"
        for row in range(rows):
            value = column.values[row] if row < len(column.values) else ""
            number = HEADER_ROWS + row
            sheet.write_formula(number, position, formula.replace(ROW, str(number + 1)), cell_format, value)
    for position, column in enumerate(columns, start=FIRST_COLUMN):
        sheet.set_column(position, position, column.width)
    set_head_rows(sheet, [column.title for column in columns], [column.detail for column in columns], WIDTH)
    sheet.set_column(0, 0, 40)
    sheet.freeze_panes(HEADER_ROWS, FIRST_COLUMN)


def write_table(sheet: Worksheet, formats: Formats, table: Table, widths: Sequence[float]) -> None:
    """Write a table of numbers of the model; `widths` are those of its columns."""
    for column, (heading, width) in enumerate(zip(table.headings, widths, strict=True)):
        sheet.write_string(HEADER_ROWS - 2, column, heading, formats.heading())
        sheet.set_column(column, column, width)
    set_head_rows(sheet, table.headings, (), min(widths))
    above = None
    for row, contents in enumerate(table.rows, start=HEADER_ROWS):
        starts, above = contents[0] not in ("", above), contents[0] or above
        line = {"top": 1, "top_color": LINE} if starts else {}
        for column, content in enumerate(contents):
            _write_content(sheet, formats, row, column, "" if column == 0 and not starts else content, line)
        texts = [(text, width) for text, width in zip(contents, widths, strict=True) if isinstance(text, str)]
        sheet.set_row(row, max(15, 13 * max(lines_of(text, 1.1 * width) for text, width in texts) + 2))
    sheet.freeze_panes(HEADER_ROWS, 2)


def _write_content(
    sheet: Worksheet, formats: Formats, row: int, column: int, content: Content, line: Mapping[str, Any]
) -> None:
    """Write a cell of a table; `line` are the properties of the line above it."""
    match content:
        case Change(value=str() as label):
            sheet.write_string(row, column, escape_control_lines(label), formats.to_fill("@"))
        case Change(value=value, low=low, high=high):
            sheet.write_number(row, column, value, formats.to_fill())
            sheet.data_validation(row, column, row, column, number_between(low, high))
        case Live(formula=formula, value=value):
            sheet.write_formula(row, column, f"={formula}", formats("0.000", valign="top", **line), value)
        case str():
            sheet.write_string(row, column, escape_control_lines(content), formats.text(**line))
        case float():
            sheet.write_number(row, column, content, formats(valign="top", **line))
        case _:
            sheet.write_blank(row, column, None, formats(**line))


def number_between(low: float | str, high: float | str, reason: str = "") -> dict[str, Any]:
    """Return a data validation: a number between two others, which may be references."""
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": f"={low}" if isinstance(low, str) else low,
        "maximum": f"={high}" if isinstance(high, str) else high,
        "error_title": "Not valid",
        "error_message": reason or "Type a number that fits here; see the remarks.",
    }
