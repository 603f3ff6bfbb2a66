"""Colours and cell formats of the workbooks that are written."""

from functools import cache
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from riskmodel.schema.band_colours import BandColour

HEADING = "#1F3A4D"
"""Background of headings."""
SECTION = "#DCE6EC"
"""Background of what stands above several headings."""
TO_FILL = "#FFF8DC"
"""Background of cells to type in."""
TYPED = "#1F3FA8"
"""Text of what a reader may change."""
LINE = "#B5C3CC"
"""Line between the parts of a table."""
WRONG = "#B00020"


class Formats:
    """The formats of a workbook, each made once.

    Parameters
    ----------
    book : the workbook.
    """

    def __init__(self, book: Workbook) -> None:
        self._make = cache(lambda items: book.add_format(dict(items)))

    def __call__(self, number_format: str = "General", **properties: Any) -> Format:
        """Return a format; `properties` as of XlsxWriter."""
        content = {"valign": "vcenter", "font_size": 10, "num_format": number_format, **properties}
        return self._make(tuple(content.items()))

    def heading(self) -> Format:
        """Return the format of a heading of a column."""
        return self(
            bold=True,
            bg_color=HEADING,
            font_color="#FFFFFF",
            text_wrap=True,
            valign="top",
            border=1,
            border_color="#FFFFFF",
        )

    def section(self) -> Format:
        """Return the format of a text above several columns."""
        return self(bold=True, bg_color=SECTION, font_color=HEADING, left=1, left_color="#FFFFFF")

    def detail(self) -> Format:
        """Return the format of a unit or remark below a heading."""
        return self(italic=True, bg_color=SECTION, font_color="#444444", text_wrap=True, valign="top", font_size=9)

    def title(self) -> Format:
        """Return the format of the first line of a sheet."""
        return self(bold=True, font_size=14, font_color=HEADING)

    def to_fill(self, number_format: str = "General") -> Format:
        """Return the format of a cell to type in."""
        return self(number_format, bg_color=TO_FILL, font_color=TYPED, border=1, border_color="#D9D2B0", valign="top")

    def text(self, **line: Any) -> Format:
        """Return the format of a long text; `line` are the properties of a line beside it."""
        return self(text_wrap=True, valign="top", align="left", indent=1, **line)


def band_properties(colour: BandColour) -> dict[str, str]:
    """Return background and text of the cells of a band, as properties of XlsxWriter."""
    return {"bg_color": colour.fill, "font_color": colour.text}
