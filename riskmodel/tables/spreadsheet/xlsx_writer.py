"""Write a workbook (xlsx) of scored rows: the scores, the rejected rows, and what the workbook is."""

from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pyarrow as pa
from xlsxwriter import Workbook

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError
from riskmodel.tables.rejects import RejectsFormat
from riskmodel.tables.spreadsheet.formats import Formats, band_properties
from riskmodel.tables.spreadsheet.sheet_columns import REJECTS, SCORES, bands_of, decimals_of
from riskmodel.tables.spreadsheet.sheet_writer import ABOUT, About, Sheet, SheetColumn, WorkbookWriter, write_about
from riskmodel.tables.writer import AddedColumn, InputColumn, Layout

MAX_COLUMNS = 16_384
_REMEDY = "write .csv or .parquet"


class XlsxWriter(WorkbookWriter[Sheet]):
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
        self._scores = Sheet(self._book, SCORES, self._formats, columns, _REMEDY, "--columns")
        texts = [SheetColumn(name, self._formats(), {}) for name in rejects.names()]
        self._rejects = Sheet(self._book, REJECTS, self._formats, texts, _REMEDY, "--columns")

    def _column(self, column: InputColumn | AddedColumn, model: CompiledModel) -> SheetColumn:
        decimals = decimals_of(column, model)
        number_format = "General" if decimals is None else f"{0:.{max(decimals, 0)}f}"
        formats = {
            band: self._formats(indent=1, **band_properties(colour)) for band, colour in bands_of(column, model).items()
        }
        return SheetColumn(column.name, self._formats(number_format), formats)

    def close(self) -> None:
        """Write the sheet that says what the workbook is, and the workbook."""
        self._scores.close()
        self._rejects.close()
        if self._about is not None:
            write_about(self._book.add_worksheet(ABOUT), self._formats, self._about())
        self._book.close()
        self._folder.cleanup()

    def abandon(self) -> None:
        """Remove the temporary files."""
        self._folder.cleanup()
