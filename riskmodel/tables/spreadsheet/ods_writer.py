"""Write a workbook (ods) of scored rows, with the sheets of one in xlsx; it is made in memory, and so has a limit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
from odf.number import Number, NumberStyle
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import ParagraphProperties, Style, TableCellProperties, TableColumnProperties, TextProperties
from odf.table import DatabaseRange, DatabaseRanges, Table, TableCell, TableColumn, TableHeaderRows, TableRow
from odf.teletype import addTextToElement
from odf.text import P

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError
from riskmodel.schema.band_colours import BandColour
from riskmodel.tables.rejects import RejectsFormat
from riskmodel.tables.spreadsheet.formats import HEADING
from riskmodel.tables.spreadsheet.sheet_columns import REJECTS, SCORES, bands_of, decimals_of
from riskmodel.tables.spreadsheet.sheet_writer import ABOUT, About, WorkbookWriter
from riskmodel.tables.spreadsheet.survey import column_letters
from riskmodel.tables.writer import Layout

MAX_CELLS = 200_000
"""Cells of a sheet, which take about twenty seconds."""
_CHARACTER, _MAX_WIDTH = 0.2, 8.0
"""The widths of a character and of the widest column, in centimetres."""


class OdsWriter(WorkbookWriter["_Sheet"]):
    """A workbook that is being written.

    Parameters
    ----------
    file : the file to write.
    layout, kept : the columns, and those of the input.
    model : the model that scores the rows.
    rejects : the columns of the rejected rows.
    about : returns what the workbook is, once all rows are written; None for no sheet that says so.
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
        super().__init__(layout, kept, model)
        self._file, self._rejects_format, self._about = file, rejects, about
        self._document = OpenDocumentSpreadsheet()
        self._styles = _Styles(self._document)
        columns = []
        for column in layout:
            colours = {band: self._styles.band(colour) for band, colour in bands_of(column, model).items()}
            columns.append(_Column(column.name, self._styles(decimals=decimals_of(column, model)), colours))
        self._scores = _Sheet(self._document, self._styles, SCORES, columns)
        texts = [_Column(name, self._styles(), {}) for name in rejects.names()]
        self._rejects = _Sheet(self._document, self._styles, REJECTS, texts, least=4.0)

    def close(self) -> None:
        """Write the sheet that says what the workbook is, and the workbook."""
        ranges = DatabaseRanges()
        for sheet in (self._scores, self._rejects):
            ranges.addElement(sheet.filter())
        self._document.spreadsheet.addElement(ranges)
        if self._about is not None:
            _write_about(self._document, self._styles, self._about())
        self._document.write(self._file)

    def abandon(self) -> None:
        """Do nothing: the file is written at the end."""


class _Column(NamedTuple):
    """A column of a sheet."""

    name: str
    style: str
    bands: Mapping[str, str]
    """The styles of texts that are bands."""


class _Styles:
    """The styles of a workbook, each made once."""

    def __init__(self, document: OpenDocumentSpreadsheet) -> None:
        self._document = document
        self._count = 0
        self._make, self.width = cache(self._made), cache(self._width)

    def __call__(
        self,
        background: str = "",
        colour: str = "",
        weight: str = "normal",
        decimals: int | None = None,
        align: str = "",
    ) -> str:
        """Return the name of a style of cells."""
        return self._make(background, colour, weight, decimals, align)

    def band(self, colour: BandColour) -> str:
        """Return the name of the style of a band."""
        return self(colour.fill, colour.text)

    def heading(self) -> str:
        """Return the name of the style of headings."""
        return self(HEADING, "#FFFFFF", "bold")

    def _made(self, background: str, colour: str, weight: str, decimals: int | None, align: str) -> str:
        self._count += 1
        name, properties = f"cell{self._count}", {}
        if decimals is not None:
            number = NumberStyle(name=f"number{self._count}")
            number.addElement(Number(decimalplaces=max(decimals, 0), minintegerdigits=1))
            self._document.automaticstyles.addElement(number)
            properties["datastylename"] = number
        style = Style(name=name, family="table-cell", **properties)
        if background:
            style.addElement(TableCellProperties(backgroundcolor=background))
        if align:
            style.addElement(ParagraphProperties(textalign=align))
        text = {"color": colour} if colour else {}
        style.addElement(TextProperties(fontweight=weight, fontsize="10pt", **text))
        self._document.automaticstyles.addElement(style)
        return name

    def _width(self, width: float) -> str:
        """Return the name of the style of a column of a width in centimetres."""
        name = f"column{round(100 * width)}"
        style = Style(name=name, family="table-column")
        style.addElement(TableColumnProperties(columnwidth=f"{width:.2f}cm"))
        self._document.automaticstyles.addElement(style)
        return name


class _Sheet:
    """A sheet that is written row by row; `least` is the least width of a column, in centimetres."""

    def __init__(
        self,
        document: OpenDocumentSpreadsheet,
        styles: _Styles,
        name: str,
        columns: Sequence[_Column],
        least: float = 3.0,
    ) -> None:
        self._name, self._columns, self._rows = name, columns, 0
        self._table = Table(name=name)
        for column in columns:
            width = min(max(_CHARACTER * (len(column.name) + 4), least), _MAX_WIDTH)
            self._table.addElement(TableColumn(stylename=styles.width(width)))
        header, row = TableHeaderRows(), TableRow()
        for column in columns:
            row.addElement(_cell(column.name, styles.heading()))
        header.addElement(row)
        self._table.addElement(header)
        document.spreadsheet.addElement(self._table)

    def write(self, count: int, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows below the last."""
        self._rows += count
        if self._rows * len(self._columns) > MAX_CELLS:
            raise SituationError(f"has more than {MAX_CELLS:,} cells, the most for .ods; write .xlsx, .csv or .parquet")
        for values in rows:
            row = TableRow()
            for value, column in zip(values, self._columns, strict=True):
                style = column.bands.get(value, column.style) if isinstance(value, str) else column.style
                row.addElement(_cell(value, style))
            self._table.addElement(row)

    def filter(self) -> DatabaseRange:
        """Return the range of the sheet, whose rows a reader can filter."""
        last = column_letters(len(self._columns) - 1)
        address = f"{self._name}.A1:{self._name}.{last}{self._rows + 1}"
        return DatabaseRange(name=self._name, targetrangeaddress=address, displayfilterbuttons=True)


def _cell(value: Any, style: str) -> TableCell:
    """Return a cell with a number, text, truth value, date or time; an empty one for None."""
    match value:
        case None:
            return TableCell()
        case bool():
            cell = TableCell(valuetype="boolean", booleanvalue=str(value).lower(), stylename=style)
        case float() | int() if abs(value) < float("inf"):
            cell = TableCell(valuetype="float", value=repr(value), stylename=style)
        case float():
            return TableCell() if value != value else _cell(str(value), style)  # noqa: PLR0124
        case datetime() | date():
            cell = TableCell(valuetype="date", datevalue=value.isoformat(), stylename=style)
        case _:
            cell = TableCell(valuetype="string", stylename=style)
            for line in str(value).split("\n"):
                paragraph = P()
                addTextToElement(paragraph, line)
                cell.addElement(paragraph)
            return cell
    cell.addElement(P(text=str(value)))
    return cell


def _write_about(document: OpenDocumentSpreadsheet, styles: _Styles, about: About) -> None:
    """Write what the workbook is, with the bands as a key to their colours."""
    table, bold, plain = Table(name=ABOUT), styles(weight="bold"), styles()
    for width in (4.5, 18.0):
        table.addElement(TableColumn(stylename=styles.width(width)))
    rows: list[Sequence[tuple[Any, str]]] = [[(about.title, bold)], []]
    rows += [[(name, bold), (text, plain)] for name, text in about.facts]
    for score, bands in about.bands.items():
        rows += [[], [(score, styles.heading()), ("rows", bold)]]
        for name, count, colour in bands.colours():
            style = plain if colour is None else styles.band(colour)
            rows.append([(name, style), (count, styles(align="start"))])
    for contents in rows:
        row = TableRow()
        for value, style in contents or [(None, plain)]:
            row.addElement(_cell(value, style))
        table.addElement(row)
    document.spreadsheet.addElement(table)
