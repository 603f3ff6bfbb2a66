"""Write a workbook (xlsx) of scored rows: the scores, the rejected rows, and what the workbook is."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError
from riskmodel.tables.output_columns import TypedWriter
from riskmodel.tables.rejects import Reject, RejectsFormat
from riskmodel.tables.sheet_values import ABOUT, MAX_TEXT, REJECTS, SCORES, About, bands_of, decimals_of, sheet_values
from riskmodel.tables.workbook_formats import Formats, band_colours
from riskmodel.tables.writer import AddedColumn, Encoded, InputColumn, Layout

MAX_ROWS = 1_048_575
"""Rows of a sheet below its headings."""
MAX_COLUMNS = 16_384
_MIN_WIDTH, _MAX_WIDTH, _MAX_HEADING = 9, 40, 26
_PAGE_WIDTH = 200
"""Characters that are legible beside each other on a page."""
_MEASURED = 200
"""Rows by which the widths of columns are set."""
_REMEDY = "leave it out with --columns, or write .csv or .parquet"
_DATE, _TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


class XlsxWriter(TypedWriter):
    """A workbook that is being written.

    Parameters
    ----------
    file : the file to write.
    layout, kept : the columns, and those of the input.
    model : the model that scores the rows.
    rejects : the columns of the rejected rows.
    about : returns what the workbook is, once all rows are written; None for no sheet that says so.

    Raises
    ------
    SituationError
        There are more columns than a sheet has.
    """

    def __init__(
        self,
        file: BinaryIO,
        layout: Layout,
        kept: pa.Schema,
        model: CompiledModel,
        rejects: RejectsFormat,
        about: Callable[[], About] | None,
    ) -> None:
        if len(layout) > MAX_COLUMNS:
            raise SituationError(f"has {len(layout):,} columns, and a sheet {MAX_COLUMNS:,}; choose with --columns")
        super().__init__(layout, kept, model)
        self._rejects_format, self._about = rejects, about
        # Rows go to temporary files as they come, so that memory does not grow.
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self._book = Workbook(file, {"constant_memory": True, "tmpdir": self._folder.name})
        self._formats = Formats(self._book)
        columns = [self._column(column, model) for column in layout]
        self._scores = _Sheet(self._book, SCORES, self._formats, columns)
        texts = [_Column(name, self._formats(), {}) for name in rejects.names()]
        self._rejects = _Sheet(self._book, REJECTS, self._formats, texts)

    def _column(self, column: InputColumn | AddedColumn, model: CompiledModel) -> "_Column":
        decimals = decimals_of(column, model)
        number_format = "General" if decimals is None else f"{0:.{max(decimals, 0)}f}"
        bands = bands_of(column, model)
        formats = [self._formats(indent=1, **band_colours(number, len(bands))) for number in range(len(bands))]
        return _Column(column.name, self._formats(number_format), dict(zip(bands, formats, strict=True)))

    def write(self, encoded: Encoded) -> None:
        """Write rows.

        Raises
        ------
        SituationError
            There are more rows than a sheet has, or a text is too long for a cell.
        """
        batch: pa.RecordBatch = encoded.content
        columns = [sheet_values(name, batch.column(position)) for position, name in enumerate(batch.schema.names)]
        self._scores.write(batch.num_rows, zip(*columns, strict=True))

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows."""
        self._rejects.write(len(rejects), map(self._rejects_format.row, rejects))

    def close(self) -> None:
        """Write the sheet that says what the workbook is, and the workbook."""
        self._scores.close()
        self._rejects.close()
        if self._about is not None:
            _write_about(self._book.add_worksheet(ABOUT), self._formats, self._about())
        self._book.close()
        self._folder.cleanup()

    def abandon(self) -> None:
        """Remove the temporary files."""
        self._folder.cleanup()


class _Column(NamedTuple):
    """A column of a sheet."""

    name: str
    format: Format
    bands: Mapping[str, Format]
    """The formats of texts that are bands."""


class _Sheet:
    """A sheet that is written row by row."""

    def __init__(self, book: Workbook, name: str, formats: Formats, columns: Sequence[_Column]) -> None:
        self._sheet: Worksheet = book.add_worksheet(name)
        self._name, self._columns, self._rows = name, columns, 0
        self._date, self._time = formats(_DATE), formats(_TIME)
        self._text = formats(indent=1)  # apart from the numbers to its left
        self._widths = [min(len(column.name) + 3, _MAX_HEADING) for column in columns]
        for position, column in enumerate(columns):
            _write_text(self._sheet, 0, position, column.name, formats.heading())

    def write(self, count: int, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows below the last."""
        if self._rows + count > MAX_ROWS:
            raise SituationError(f"has more than {MAX_ROWS:,} rows, which a sheet has; write .csv or .parquet")
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
                code = _write_text(
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
        raise SituationError(f"row {self._rows} of the sheet {self._name}, column {name!r} has {message}; {_REMEDY}")

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


def _write_text(sheet: Worksheet, row: int, position: int, text: str, text_format: Format) -> int:
    """Write a text; one that looks like the XML of a rich text would be written as that."""
    code: int
    if text.startswith("<r>") and text.endswith("</r>"):
        code = sheet.write_rich_string(row, position, "<", "r>", text[3:], text_format)
    else:
        code = sheet.write_string(row, position, text, text_format)
    return code


def _write_about(sheet: Worksheet, formats: Formats, about: About) -> None:
    """Write what the workbook is, with the bands as a key to their colours."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, about.title, formats.title())
    row = 2
    for name, text in about.facts:
        sheet.write_string(row, 0, name, formats(bold=True, valign="top"))
        _write_text(sheet, row, 1, text[:MAX_TEXT], formats.text())
        row += 1
    for score, counts in about.bands.items():
        row += 1
        sheet.write_string(row, 0, score, formats.heading())
        sheet.write_string(row, 1, "rows", formats(bold=True, align="left", indent=1))
        for position, (name, count) in enumerate(counts.items()):
            row += 1
            is_band = position < len(counts) - 1
            colours = band_colours(position, len(counts) - 1) if is_band else {}
            sheet.write_string(row, 0, name, formats(indent=1, **colours))
            sheet.write_number(row, 1, count, formats("#,##0", align="left", indent=1))
        row += 1
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
