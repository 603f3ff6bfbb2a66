"""Render the content of a workbook with XlsxWriter."""

from collections.abc import Sequence
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

import riskmodel
from riskmodel.errors import escape_control_lines
from riskmodel.tables.spreadsheet.formats import Formats, band_properties
from riskmodel.workbook.book import Book
from riskmodel.workbook.front import write_about, write_situations
from riskmodel.workbook.layout import FIRST_COLUMN
from riskmodel.workbook.parameters import RULES, SCALES, WEIGHTS
from riskmodel.workbook.sheets import SITUATIONS, VALUES, Cells, add_sheet, write_columns, write_table
from riskmodel.workbook.tables import HEADER_ROWS
from riskmodel.workbook.views import DEGREES, POINTS, SCORES, STEPS

SPARE_ROWS = 20
"""Empty rows with formulas, below the situations."""
ABOUT = "About"
NOTES = {
    SITUATIONS: "One row for each situation: type values into the pale cells. A blank cell is a missing value. The "
    "title of each column has a note.",
    SCORES: "One row for each situation, as on the sheet Situations; every number follows from it by formulas.",
    POINTS: "Where each score comes from: points of indicators and of rules, which sum to the exact score.",
    RULES: "A rule takes effect to the degree to which it holds (sheet Degrees). Pale amounts can be changed.",
    DEGREES: "Degrees from 0 (does not hold) to 1 (holds fully). A missing value allows every degree.",
    WEIGHTS: "Weights of each score, and where its bands start. Pale numbers can be changed.",
    SCALES: "From raw values to intensities and degrees, with what is valid and assumed. Pale cells can be changed.",
    VALUES: "The values as they are read from the sheet Situations.",
    STEPS: "Every other step of the calculation, each from those to its left. Empty: unknown.",
}
TITLES = {VALUES: "Values as read", STEPS: "Steps of the calculation", SCALES: "Scales and terms"}


def render(book: Book, file: BinaryIO) -> None:
    """Write a workbook.

    Parameters
    ----------
    book : its content.
    file : a binary file that can be written and sought.
    """
    with Workbook(file, {"in_memory": True}) as workbook:
        identity = book.model.identity
        comments = f"riskmodel {riskmodel.__version__}, {identity.id}, fingerprint {identity.fingerprint}"
        workbook.set_properties({"title": escape_control_lines(identity.title), "comments": comments})
        _Writer(workbook, book).write()


class _Writer:
    def __init__(self, workbook: Workbook, book: Book) -> None:
        self._workbook, self._book, self._formats = workbook, book, Formats(workbook)
        self._rows = len(book.cases) + SPARE_ROWS
        self._formulas = book.sheets()

    def write(self) -> None:
        """Write all sheets, those first that a reader starts with."""
        book, formats = self._book, self._formats
        names = [name for name in NOTES if name != DEGREES or name in self._formulas]
        about = self._workbook.add_worksheet(ABOUT)
        write_about(about, formats, book, [(name, NOTES[name]) for name in names])
        write_situations(self._add(SITUATIONS), formats, book, self._rows)
        self._colour(self._add_columns(SCORES), self._formulas[SCORES])
        self._add_columns(POINTS)
        write_table(self._add(RULES), formats, book.parameters.rules, (34, 46, 18, 14, 10, 46, 60))
        if DEGREES in self._formulas:
            self._add_columns(DEGREES)
        write_table(self._add(WEIGHTS), formats, book.parameters.weights, (24, 32, 26, 12, 80))
        write_table(self._add(SCALES), formats, book.parameters.scales, (30, 26, 14, 14, 80))
        write_columns(self._add(VALUES), formats, book.read_values(), book.names, self._rows, guarded=False)
        self._add_columns(STEPS)

    def _add(self, name: str) -> Worksheet:
        return add_sheet(self._workbook, self._formats, name, TITLES.get(name, name), NOTES[name])

    def _add_columns(self, name: str) -> Worksheet:
        sheet = self._add(name)
        write_columns(sheet, self._formats, self._formulas[name], self._book.names, self._rows)
        return sheet

    def _colour(self, sheet: Worksheet, columns: Sequence[Cells]) -> None:
        """Colour the scores by band."""
        for position, cells in enumerate(columns, start=FIRST_COLUMN):
            for name, colour in cells.bands.items():
                cell = f"${xl_col_to_name(position)}{HEADER_ROWS + 1}"
                colours = self._workbook.add_format(band_properties(colour))
                text = name.replace('"', '""')
                rule = {"type": "formula", "criteria": f'={cell}="{text}"', "format": colours}
                sheet.conditional_format(HEADER_ROWS, position - 1, HEADER_ROWS + self._rows - 1, position, rule)
