"""Sheets of workbooks that are written: rows of cells under headings, and the sheet that says what the workbook is."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from riskmodel.errors import SituationError
from riskmodel.kernels.types import Better
from riskmodel.schema.band_colours import BandColour, band_colours
from riskmodel.tables import cells
from riskmodel.tables.arrow.output_columns import TypedWriter
from riskmodel.tables.rejects import Reject, RejectsFormat
from riskmodel.tables.spreadsheet.formats import Formats, band_properties
from riskmodel.tables.writer import Encoded

MAX_ROWS = 1_048_575
"""Rows of a sheet below its headings."""
MAX_TEXT = 32_767
"""Characters of a cell."""
_MAX_WHOLE = 10**15
"""Whole numbers from it on are text: a spreadsheet has fifteen digits."""
_FIRST_DATE = date(1900, 3, 1)
"""Spreadsheets have a day before it that never was."""
_DIGITS = 15
_MIN_WIDTH, _MAX_WIDTH, _MAX_HEADING = 9, 40, 26
_PAGE_WIDTH = 200
"""Characters that are legible beside each other on a page."""
_MEASURED = 200
"""Rows by which the widths of columns are set."""
_DATE, _TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
ABOUT = "About"


class BandCounts(NamedTuple):
    """The rows of a score in each band, from the lowest, and last those without a score; and its better end."""

    counts: Mapping[str, int]
    better: Better | None

    def colours(self) -> Iterator[tuple[str, int, BandColour | None]]:
        """Yield each band with its rows and its colour, which is None for the rows without a score."""
        colours = [*band_colours(len(self.counts) - 1, self.better), None]
        yield from zip(self.counts, self.counts.values(), colours, strict=True)


class About(NamedTuple):
    """The content of the sheet that says what a workbook is."""

    title: str
    facts: Sequence[tuple[str, str]]
    """Names and texts, from top to bottom."""
    bands: Mapping[str, BandCounts]
    """By the title of the score."""


class SheetColumn(NamedTuple):
    """A column of a sheet."""

    name: str
    format: Format
    bands: Mapping[str, Format]
    """The formats of texts that are bands."""


class Sheet:
    """A sheet that is written row by row.

    Parameters
    ----------
    book, name : the workbook, and the name of the sheet.
    formats : of the workbook.
    columns : of the sheet.
    remedy : the other formats that hold what does not fit, such as `write .csv`.
    leave_out : the option that leaves out a column whose texts do not fit; empty if there is none.
    """

    def __init__(
        self,
        book: Workbook,
        name: str,
        formats: Formats,
        columns: Sequence[SheetColumn],
        remedy: str,
        leave_out: str = "",
    ) -> None:
        self._sheet: Worksheet = book.add_worksheet(name)
        self._remedy, self._leave_out = remedy, f"leave it out with {leave_out}, or " if leave_out else ""
        self._name, self._columns, self._rows = name, columns, 0
        self._date, self._time = formats(_DATE), formats(_TIME)
        self._text = formats(indent=1)  # apart from the numbers to its left
        self._widths = [min(len(column.name) + 3, _MAX_HEADING) for column in columns]
        for position, column in enumerate(columns):
            write_text(self._sheet, 0, position, column.name, formats.heading())

    def write(self, count: int, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows below the last; None is an empty cell.

        Raises
        ------
        SituationError
            There are more rows than a sheet has, or a text is too long for a cell.
        """
        if self._rows + count > MAX_ROWS:
            raise SituationError(f"has more than {MAX_ROWS:,} rows, which a sheet has; {self._remedy}")
        for row in rows:
            self._rows += 1
            for position, value in enumerate(row):
                if value is not None and self._write(self._rows, position, value):
                    self._raise_unwritten(position, value)
            if self._rows <= _MEASURED:
                self._measure(row)

    def _write(self, row: int, position: int, value: Any) -> int:
        """Write a cell; return 0, or the code of an error."""
        sheet, column = self._sheet, self._columns[position]
        code: int
        match value:
            case float():
                if math.isfinite(value):
                    code = sheet.write_number(row, position, value, column.format)
                else:
                    code = 0 if math.isnan(value) else sheet.write_string(row, position, str(value), column.format)
            case str():
                code = write_text(
                    sheet, row, position, value, column.bands.get(value, self._text if position else column.format)
                )
            case bool():
                code = sheet.write_boolean(row, position, value, column.format)
            case int():
                code = sheet.write_number(row, position, value, column.format)
            case datetime():
                code = sheet.write_datetime(row, position, value, self._time)
            case _:
                code = sheet.write_datetime(row, position, value, self._date)
        return code

    def _raise_unwritten(self, position: int, value: Any) -> None:
        name = self._columns[position].name
        if isinstance(value, str) and len(value) > MAX_TEXT // 2:
            message = f"a text of {len(value):,} characters, and a cell of a workbook has {MAX_TEXT:,}"
        else:
            message = f"{value!r}, which a workbook cannot hold"
        place = f"row {self._rows} of the sheet {self._name}, column {name!r}"
        raise SituationError(f"{place} has {message}; {self._leave_out}{self._remedy}")

    def _measure(self, row: Sequence[Any]) -> None:
        for position, value in enumerate(row):
            if isinstance(value, str):
                self._widths[position] = max(self._widths[position], min(len(value) + 1, _MAX_WIDTH))
            elif isinstance(value, date):
                self._widths[position] = max(self._widths[position], 19 if isinstance(value, datetime) else 11)

    def close(self) -> None:
        """Set how the sheet is shown and printed."""
        sheet, last = self._sheet, len(self._columns) - 1
        for position, width in enumerate(self._widths):
            sheet.set_column(position, position, max(width, _MIN_WIDTH))
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, self._rows, last)
        sheet.repeat_rows(0)
        sheet.repeat_columns(0)
        sheet.set_landscape()
        if sum(self._widths) <= _PAGE_WIDTH:
            sheet.fit_to_pages(1, 0)


def write_text(sheet: Worksheet, row: int, position: int, text: str, text_format: Format) -> int:
    """Write a text; one that looks like the XML of a rich text would be written as that."""
    code: int
    if text.startswith("<r>") and text.endswith("</r>"):
        code = sheet.write_rich_string(row, position, "<", "r>", text[3:], text_format)
    else:
        code = sheet.write_string(row, position, text, text_format)
    return code


def sheet_values(name: str, column: pa.Array) -> list[Any]:
    """Return the cells of a column as numbers, texts, booleans, dates and times that a sheet can hold."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_time = pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)
    if pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_string(kind):
        values: list[Any] = column.to_pylist()
    elif pa.types.is_integer(kind):
        values = [
            str(value) if value is not None and abs(value) >= _MAX_WHOLE else value for value in column.to_pylist()
        ]
    elif pa.types.is_decimal(kind):
        values = [
            value if value is None else float(value) if len(value.as_tuple().digits) <= _DIGITS else str(value)
            for value in column.to_pylist()
        ]
    elif is_time:
        texts = cells.as_text(name, column).to_pylist()
        values = [_time(cells.as_python(value), text) for value, text in zip(column, texts, strict=True)]
    else:
        values = cells.as_text(name, column).to_pylist()
    return values


def _time(value: Any, text: str | None) -> Any:
    """Return a date or time if a sheet can hold it, else its text."""
    if not isinstance(value, date) or (value.date() if isinstance(value, datetime) else value) < _FIRST_DATE:
        return text
    return text if isinstance(value, datetime) and value.microsecond % 1000 else value


def write_about(sheet: Worksheet, formats: Formats, about: About) -> None:
    """Write what the workbook is, with the bands as a key to their colours."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, about.title, formats.title())
    row = 2
    for name, text in about.facts:
        sheet.write_string(row, 0, name, formats(bold=True, valign="top"))
        write_text(sheet, row, 1, text[:MAX_TEXT], formats.text())
        row += 1
    for score, bands in about.bands.items():
        row += 1
        sheet.write_string(row, 0, score, formats.heading())
        sheet.write_string(row, 1, "rows", formats(bold=True, align="left", indent=1))
        for name, count, colour in bands.colours():
            row += 1
            properties = {} if colour is None else band_properties(colour)
            sheet.write_string(row, 0, name, formats(indent=1, **properties))
            sheet.write_number(row, 1, count, formats("#,##0", align="left", indent=1))
        row += 1
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


class RowsOfSheet(Protocol):
    """A sheet that rows are written to."""

    def write(self, count: int, rows: Iterable[Sequence[Any]], /) -> None:
        """Write rows below the last."""


S = TypeVar("S", bound=RowsOfSheet)


class WorkbookWriter(TypedWriter, Generic[S]):
    """A workbook of scored and rejected rows that is being written, whatever its format."""

    _scores: S
    _rejects: S
    _rejects_format: RejectsFormat

    def write(self, encoded: Encoded) -> None:
        """Write rows.

        Raises
        ------
        SituationError
            There are more rows or cells than the format takes, or a text is too long for a cell.
        """
        batch: pa.RecordBatch = encoded.content
        columns = [sheet_values(name, batch.column(position)) for position, name in enumerate(batch.schema.names)]
        self._scores.write(batch.num_rows, zip(*columns, strict=True))

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows."""
        self._rejects.write(len(rejects), map(self._rejects_format.row, rejects))
