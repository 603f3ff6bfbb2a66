"""Open a workbook (xlsx, ods) and its sheets: the cells, and the row that may hold the headings."""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple
from xml.parsers import expat

from riskmodel.errors import SituationError
from riskmodel.extras import require
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.spreadsheet.cells import cell_text
from riskmodel.tables.spreadsheet.survey import (
    MAX_CELLS,
    MAX_XML,
    Survey,
    percent_styles,
    sheet_parts,
    survey_ods,
    survey_xlsx,
)

_SEARCHED_ROWS = 60
"""Rows of a sheet in which the headings are searched."""
_MAX_SHOWN, _MAX_NAME = 5, 40
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_DAMAGE = (OSError, EOFError, KeyError, ValueError, StopIteration, RuntimeError, zlib.error, zipfile.BadZipFile)


class Heading(NamedTuple):
    """A row that may have the names of the columns."""

    row: int
    """From 0; -1 where no row is one."""
    matches: int
    """The number of names that the model knows."""


class Sheet:
    """A sheet of a workbook.

    Attributes
    ----------
    number, name : its number, from 1, and its name.
    is_hidden : whether a spreadsheet program shows no tab for it.
    survey : what its XML has beside the cells.
    cells : the sheet of python-calamine.
    first_column : the first column with content, from 0, which is the first of each row.
    row_count : the number of rows down to the last with content.
    """

    def __init__(self, number: int, name: str, is_hidden: bool, cells: Any, survey: Survey) -> None:
        self.number, self.name, self.is_hidden, self.survey, self.cells = number, name, is_hidden, survey, cells
        self.first_column = 0 if cells.start is None else cells.start[1]
        self.row_count = 0 if cells.end is None else cells.end[0] + 1
        self._first_rows = list(islice(cells.iter_rows(), _SEARCHED_ROWS))

    @property
    def first_row_count(self) -> int:
        """The number of rows in which the headings are searched."""
        return len(self._first_rows)

    def names(self, row: int) -> list[str]:
        """Return the texts of a row, each in one line; rows are counted from 0."""
        cells = self._first_rows[row] if row < _SEARCHED_ROWS else next(islice(self.cells.iter_rows(), row, None))
        return [" ".join(cell_text(cell).split()) for cell in cells]

    def heading(self, wanted: Collection[str]) -> Heading:
        """Return the first of the rows that have the most of the wanted names."""
        matches = [len(set(self.names(row)).intersection(wanted)) for row in range(len(self._first_rows))]
        most = max(matches, default=0)
        return Heading(matches.index(most) if most else -1, most)

    def likely_heading(self) -> int:
        """Return the first row of texts that is more than half as wide as the widest; -1 for a sheet without any."""
        filled = [[cell for cell in row if cell != ""] for row in self._first_rows]
        widest = max(map(len, filled), default=0)
        for row, cells in enumerate(filled):
            if 2 * len(cells) > widest and all(isinstance(cell, str) for cell in cells):
                return row
        return -1

    @property
    def description(self) -> str:
        """The number and name of the sheet, and what it begins with."""
        title = f"{self.number} {self.name!r}" + (" (hidden)" if self.is_hidden else "")
        row = self.likely_heading()
        if row < 0:
            return f"{title}: no row of headings" if self.row_count else f"{title}: empty"
        names = [repr(name[:_MAX_NAME]) for name in self.names(row) if name]
        return f"{title}: row {row + 1} has {', '.join(names[:_MAX_SHOWN])}" + (
            ", ..." if len(names) > _MAX_SHOWN else ""
        )


def is_xlsx(archive: zipfile.ZipFile) -> bool:
    """Check if an archive is an xlsx file."""
    return "xl/workbook.xml" in archive.namelist()


def _is_ods(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return {"mimetype", "content.xml"}.issubset(names) and archive.read("mimetype").startswith(_ODS_TYPE)


class Workbook:
    """A workbook that is being read.

    Parameters
    ----------
    source : the opened file.

    Raises
    ------
    SituationError
        The file is damaged or too large.
    RiskmodelError
        python-calamine is not installed.
    """

    def __init__(self, source: InputFile) -> None:
        require("excel")
        from python_calamine import CalamineWorkbook

        self._source = source
        file = source.seekable()
        with damage_named(source):
            self._archive = zipfile.ZipFile(file)
            if any(part.file_size > MAX_XML for part in self._archive.infolist()):
                raise source.error(f"has a part of more than {MAX_XML >> 30} GiB; export the sheet as CSV")
            self._is_xlsx = is_xlsx(self._archive)
            if "xl/workbook.bin" in self._archive.namelist():
                raise source.error("is a workbook (.xlsb); save it as .xlsx")
            if not self._is_xlsx and not _is_ods(self._archive):
                raise source.error("is a zip archive; unpack it")
            if self._is_xlsx:
                self._parts, self._percent = sheet_parts(self._archive), percent_styles(self._archive)
            else:
                self._surveys = survey_ods(self._archive)
                self._check_size(self._surveys)
            file.seek(0)
            self._book = CalamineWorkbook.from_filelike(file)
            self._sheets = self._book.sheets_metadata

    @property
    def names(self) -> list[str]:
        """The names of all sheets."""
        return [sheet.name for sheet in self._sheets]

    def first_texts(self) -> set[str]:
        """Return the texts in the first rows of all sheets."""
        sheets = (self.sheet(number) for number in range(1, len(self.names) + 1))
        return {text for sheet in sheets for row in range(sheet.first_row_count) for text in sheet.names(row) if text}

    def sheet(self, number: int) -> Sheet:
        """Read a sheet, counted from 1.

        Raises
        ------
        SituationError
            It needs too much memory, or is damaged.
        """
        from python_calamine import CalamineError, SheetVisibleEnum

        name = self.names[number - 1]
        with damage_named(self._source):
            survey = self._survey(name)
            self._check_size({name: survey})
            try:
                cells = self._book.get_sheet_by_index(number - 1)
            except CalamineError as error:
                if not survey.errors:
                    raise
                listed = ", ".join(f"{place.name} {text}" for place, text in islice(survey.errors.items(), _MAX_SHOWN))
                message = f"sheet {name!r} has errors in cells that cannot be read: {listed}{self._hint}"
                raise self._source.error(message) from error
        return Sheet(number, name, self._sheets[number - 1].visible != SheetVisibleEnum.Visible, cells, survey)

    @property
    def _hint(self) -> str:
        """The way around a sheet that cannot be read."""
        return "; --sheet reads another one alone" if self._is_xlsx and len(self._parts) > 1 else ""

    def _survey(self, name: str) -> Survey:
        if not self._is_xlsx:
            return self._surveys.get(name, Survey())
        part = self._parts.get(name, "")
        return survey_xlsx(self._archive, part, self._percent) if "worksheets/" in part else Survey()

    def _check_size(self, surveys: dict[str, Survey]) -> None:
        """Check that sheets fit into memory: all cells between the first and the last are read, blank ones too."""
        for name, survey in surveys.items():
            if survey.cells > MAX_CELLS:
                raise self._source.error(
                    f"sheet {name!r} has {survey.cells:,} cells from the first to the last with content; up to "
                    f"{MAX_CELLS:,} are read; delete what stands far away, or export the sheet as CSV{self._hint}"
                )


@contextmanager
def damage_named(source: InputFile) -> Iterator[None]:
    """Name the file in errors of what is read from it."""
    try:
        yield
    except SituationError as error:
        raise SituationError(error.with_file(source.name)) from None
    except (*_DAMAGE, expat.ExpatError) as error:
        raise source.error(f"is cut off, damaged, or no workbook: {error}") from None
    except Exception as error:
        # Errors of python-calamine, which is imported only where it is needed.
        if type(error).__module__.startswith("python_calamine"):
            raise source.error(f"is cut off, damaged, or no workbook: {error}") from None
        raise
