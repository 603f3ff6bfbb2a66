"""Tables of a workbook that have a row for each number of a model."""

from typing import NamedTuple, TypeAlias

from xlsxwriter.utility import xl_rowcol_to_cell

HEADER_ROWS = 5
"""Rows of every sheet above its content."""
LARGEST = 1e300
"""Of a number that can be typed in."""


class Change(NamedTuple):
    """A number or a label of the model that a reader may change."""

    value: float | str
    low: float = -LARGEST
    high: float = LARGEST


class Live(NamedTuple):
    """A formula, without `=`, and its value."""

    formula: str
    value: float | str


Content: TypeAlias = str | float | Change | Live | None


class Table:
    """The rows of a sheet, from top to bottom.

    Parameters
    ----------
    sheet : the name of the sheet.
    headings : of its columns.
    """

    def __init__(self, sheet: str, headings: tuple[str, ...]) -> None:
        self.sheet, self.headings = sheet, headings
        self.rows: list[tuple[Content, ...]] = []

    @property
    def next_row(self) -> int:
        """The number of the row that comes next, from 0."""
        return HEADER_ROWS + len(self.rows)

    def cell(self, column: int, row: int | None = None) -> str:
        """Return the absolute reference of a cell of a row, by default of the row that comes next."""
        position = xl_rowcol_to_cell(self.next_row if row is None else row, column, row_abs=True, col_abs=True)
        return f"{self.sheet}!{position}"

    def add(self, *contents: Content) -> None:
        """Add a row."""
        self.rows.append(contents)
