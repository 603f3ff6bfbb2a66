"""The sheets that a reader starts with: what the workbook is, and the cells to type in."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

import riskmodel
from riskmodel.errors import counted, escape_control_lines
from riskmodel.schema.parts import Indicator
from riskmodel.tables.spreadsheet.formats import WRONG, Formats
from riskmodel.workbook.book import INPUT_COLUMN, Book
from riskmodel.workbook.layout import FIRST_COLUMN
from riskmodel.workbook.parameters import Valid
from riskmodel.workbook.sheets import INVALID, OK, VALUES, lines_of, number_between, start_sheet, write_head
from riskmodel.workbook.tables import HEADER_ROWS

CHECK = "check "
"""Status of a row, before the title of the column of its first invalid entry."""
_WIDTH = 13
"""Of a column to type in, in characters."""
_MESSAGE = 255
"""Characters of an error message that a spreadsheet allows."""


def write_about(sheet: Worksheet, formats: Formats, book: Book, sheets: Sequence[tuple[str, str]]) -> None:
    """Write what the workbook is, and how to read it.

    Parameters
    ----------
    sheet : the sheet.
    formats : of the workbook.
    book : the content.
    sheets : name and description of the other sheets.
    """
    spec, identity = book.model.spec, book.model.identity
    rows: list[tuple[str, str]] = [
        ("Model", identity.id),
        ("Version", identity.version or "none"),
        ("Fingerprint", f"{identity.fingerprint} (SHA-256 of the model's content)"),
        ("Written by", f"riskmodel {riskmodel.__version__}"),
        ("Filled in", f"{counted(len(book.cases), 'situation')}; empty rows follow"),
        ("", ""),
        (
            "How to use it",
            "Type values into the pale cells of the sheet Situations; the other sheets follow. The pale cells of "
            "Weights, Scales and Rules hold the numbers of the model: change one, and every score follows. Then "
            "it is no longer the model with the fingerprint above.",
        ),
        (
            "Missing values",
            "A blank cell is unknown, not 0. Lowest and Highest are the scores that are possible whatever the unknown "
            "values are. With too little known there is no score.",
        ),
        (
            "Invalid entries",
            "Where an entry is no valid number or label, the row's status says which, and the row has no numbers.",
        ),
        (
            "Formulas",
            "No macros, no hidden sheets, no links to other files. Constants within a condition of a rule, the kind of "
            "a mean, and the direction of a weight are part of the formulas and cannot be changed here.",
        ),
        ("", ""),
        *sheets,
    ]
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    start_sheet(sheet, formats, identity.title)
    if spec.description:
        rows = [("Description", spec.description), ("", ""), *rows]
    for row, (name, text) in enumerate(rows, start=2):
        if name:
            sheet.write_string(row, 0, name, formats(bold=True, valign="top"))
            sheet.write_string(row, 1, escape_control_lines(text), formats.text())
            sheet.set_row(row, 3 + 14 * lines_of(text, 115))


def write_situations(sheet: Worksheet, formats: Formats, book: Book, rows: int) -> None:
    """Write the sheet to type in.

    Parameters
    ----------
    sheet : the sheet.
    formats : of the workbook.
    book : the content.
    rows : the number of rows, at least that of the situations.
    """
    indicators = [book.model.spec.indicators[name] for name in book.indicators]
    titles = [book.parameters.model.indicators[name].title for name in book.indicators]
    groups = [book.model.spec.groups[part.group].title if part.group else "" for part in indicators]
    details = ["\n".join(filter(None, (part.unit, part.valid_text))) for part in indicators]
    write_head(sheet, formats, 0, "", "Status", "")
    write_head(sheet, formats, 1, "", "Situation", "any name")
    last = INPUT_COLUMN + len(indicators) - 1
    for column, part in enumerate(indicators, start=INPUT_COLUMN):
        place = column - INPUT_COLUMN
        continued = place > 0 and groups[place] == groups[place - 1]
        write_head(sheet, formats, column, "" if continued else groups[place], titles[place], details[place])
        note = note_of(part)
        sheet.write_comment(
            HEADER_ROWS - 2, column, note, {"width": 330, "height": 20 + 15 * lines_of(note, 52), "font_size": 9}
        )
        valid = book.parameters.valid[book.indicators[place]]
        sheet.data_validation(HEADER_ROWS, column, HEADER_ROWS + rows - 1, column, _validation(part, valid))
    for row in range(rows):
        number = HEADER_ROWS + row
        sheet.write_formula(
            number, 0, _status(number + 1, len(indicators)), formats(), OK if row < len(book.cases) else ""
        )
        _write_situation(sheet, formats, book, row, number)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 40)
    sheet.set_column(INPUT_COLUMN, last, _WIDTH)
    sheet.set_row(HEADER_ROWS - 2, 4 + 14 * max(lines_of(text, _WIDTH) for text in titles))
    sheet.set_row(HEADER_ROWS - 1, 4 + 12 * max(lines_of(text, _WIDTH) for text in details))
    sheet.freeze_panes(HEADER_ROWS, INPUT_COLUMN)
    # Older programs allow no conditional format that refers to another sheet.
    status, title = f"$A{HEADER_ROWS + 1}", f"{xl_col_to_name(INPUT_COLUMN)}${HEADER_ROWS - 1}"
    wrong = formats(bg_color=WRONG, font_color="#FFFFFF")
    for column, criteria, end in (
        (INPUT_COLUMN, f'={status}="{CHECK}"&{title}', last),
        (0, f'=AND({status}<>"",{status}<>"{OK}")', 0),
    ):
        rule = {"type": "formula", "criteria": criteria, "format": wrong}
        sheet.conditional_format(HEADER_ROWS, column, HEADER_ROWS + rows - 1, end, rule)


def _write_situation(sheet: Worksheet, formats: Formats, book: Book, row: int, number: int) -> None:
    """Write name and values of a situation; row and number count from the first row and from the top."""
    case = book.cases[row] if row < len(book.cases) else None
    if case is None:
        sheet.write_blank(number, 1, None, formats.to_fill("@"))
    else:
        sheet.write_string(number, 1, escape_control_lines(book.names[row]), formats.to_fill("@"))
    for column, name in enumerate(book.indicators, start=INPUT_COLUMN):
        value, labels = None if case is None else case.given.get(name), book.model.compiled.indicators[name].labels
        if value is None:
            sheet.write_blank(number, column, None, formats.to_fill())
        elif labels is not None:
            sheet.write_string(number, column, labels[int(value)], formats.to_fill())
        else:
            # Medians have all their digits, of which few matter; typed numbers have few.
            few = formats.to_fill("0.000" if round(value, 4) != value else "General")
            sheet.write_number(number, column, value, few)


def _status(number: int, count: int) -> str:
    """Return the formula that names the first invalid entry of a row."""
    last = xl_col_to_name(INPUT_COLUMN + count - 1)
    typed = f"B{number}:{last}{number}"
    values = f"{VALUES}!{xl_col_to_name(FIRST_COLUMN)}{number}:{xl_col_to_name(FIRST_COLUMN + count - 1)}{number}"
    titles = f"${xl_col_to_name(INPUT_COLUMN)}${HEADER_ROWS - 1}:${last}${HEADER_ROWS - 1}"
    first = f'"{CHECK}"&INDEX({titles},MATCH("{INVALID}",{values},0))'
    return f'=IF(COUNTA({typed})=0,"",IF(COUNTIF({values},"{INVALID}")=0,"{OK}",{first}))'


def _validation(indicator: Indicator, valid: Valid) -> dict[str, Any]:
    if valid.labels is not None:
        return {
            "validate": "list",
            "source": f"={valid.labels}",
            "error_title": "Not valid",
            "error_message": f"Choose {indicator.valid_text}."[:_MESSAGE],
        }
    low, high = valid.low or -1e300, valid.high or 1e300
    return number_between(low, high, f"A number is needed: {indicator.valid_text}."[:_MESSAGE])


def note_of(indicator: Indicator) -> str:
    """Return the note of an indicator: its description, guide, and what is assumed where it is missing."""
    parts = [indicator.description or ""]
    parts += [f"{value}: {meaning}" for value, meaning in indicator.guide.items()]
    if indicator.assumed is not None:
        assumed = indicator.assumed
        parts.append(f"Assumed where missing: {assumed if isinstance(assumed, str) else format(assumed, 'g')}")
    return escape_control_lines("\n".join(filter(None, parts))) or "no description"
