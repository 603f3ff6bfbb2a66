"""Read a table from a workbook (xlsx, ods): choose the sheet and the row of headings, then read all rows below."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import Problem, SituationError, counted, suggest
from riskmodel.tables.arrow.reader import Batch
from riskmodel.tables.columns import check_distinct
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.spreadsheet.cells import read_columns
from riskmodel.tables.spreadsheet.sheets import Heading, Sheet, Workbook
from riskmodel.tables.spreadsheet.survey import Position, column_letters

_CHUNK = 512
"""Rows that are converted at once: more take twice as long, because they do not fit the processor's cache."""
_MAX_SHEETS = 12
_YEAR_DATES = ("1904-12-05", "1906-01-08")
"""The dates of the serial numbers 1800 and 2200."""
_MAX_SHOWN = 5


class WorkbookContent:
    """The table in a sheet of a workbook; see `riskmodel.tables.arrow.reader.ArrowContent`.

    Parameters
    ----------
    source : the opened file.
    wanted : the names of columns that the model knows.
    sheet : the name of the sheet, or its number from 1; None for the one with the most wanted names.
    skip_rows : the number of rows before the headings; None for those before the row with the most wanted names.
    decimal : the decimal mark of numbers in columns that also have text.

    Attributes
    ----------
    name : the file and its sheet, for messages.
    schema : the columns: float64 where all cells are numbers, else text.
    rows_before : the number of rows of the sheet before the first row of the table.
    letters : the letters of the columns after the sheet's name, as in references of a spreadsheet: `Scores!B`.
    remarks : what a reader of the result should know.

    Raises
    ------
    SituationError
        The file is damaged or too large, no sheet or more than one is the table, or columns have the same name.
    RiskmodelError
        python-calamine is not installed.
    """

    def __init__(
        self,
        source: InputFile,
        wanted: Collection[str],
        sheet: str | int | None = None,
        skip_rows: int | None = None,
        decimal: str = ".",
    ) -> None:
        book = Workbook(source)
        chosen, row = _choose(source, book, wanted, sheet, skip_rows)
        self._size = source.size or 0
        self.name = f"{source.name}, sheet {chosen.name!r}"
        self.rows_before = row + 1
        self.remarks = [f"read sheet {chosen.name!r} of {len(book.names)}, with the headings in row {row + 1}"]
        self._read(chosen, row, wanted, decimal)

    def _read(self, sheet: Sheet, row: int, wanted: Collection[str], decimal: str) -> None:
        """Read the rows below a row of headings."""
        rows = islice(sheet.cells.iter_rows(), row + 1, None)
        chunks = iter(lambda: list(islice(rows, _CHUNK)), [])
        replaced: dict[int, dict[int, str]] = {}
        for place, text in (sheet.survey.errors | sheet.survey.uncomputed).items():
            replaced.setdefault(place.column - sheet.first_column, {})[place.row - row - 1] = text
        cells = sheet.names(row)
        content, blank = read_columns(chunks, len(cells), replaced, decimal)
        # A column without heading and content only keeps others apart.
        kept = [column for column, name in enumerate(cells) if name or content[column].null_count < len(blank)]
        columns = [sheet.first_column + column for column in kept]
        names = self._distinct([cells[column] for column in kept], columns, wanted)
        sheet_name = sheet.name if re.fullmatch(r"[A-Za-z_]\w*", sheet.name) else f"'{sheet.name}'"
        self.letters = {
            name: f"{sheet_name}!{column_letters(column)}" for name, column in zip(names, columns, strict=True)
        }
        self._table, self._blank = pa.table([content[column] for column in kept], names=names).combine_chunks(), blank
        self.schema: pa.Schema = self._table.schema
        read = {column: name for name, column in zip(names, columns, strict=True) if name in wanted}
        self.remarks += _remarks(sheet, row, read)
        columns_of_years = {
            name: column[0] for name in names if (column := self._table[name].drop_null()) and _are_years(column)
        }
        for name, day in columns_of_years.items():
            question = "are they years, typed as numbers and shown as dates?"
            self.remarks.append(f"warning: {name!r} has dates of 1904 to 1906 alone, such as {day}: {question}")

    def _distinct(self, headings: Sequence[str], columns: Sequence[int], wanted: Collection[str]) -> list[str]:
        """Return the names of columns; one without a heading, or with that of another, gets its letters."""
        names: list[str] = []
        for heading, column in zip(headings, columns, strict=True):
            letters = column_letters(column)
            if heading in names and heading in wanted:
                first = Position(self.rows_before - 1, columns[names.index(heading)])
                both = f"{first.name} and {Position(self.rows_before - 1, column).name}"
                raise SituationError([Problem(f"duplicate column {heading!r} in {both}; rename one", file=self.name)])
            name = f"{heading} ({letters})" if heading in names else heading or f"column {letters}"
            if name != heading:
                reason = f"its heading {heading!r} is that of another" if heading else "it has no heading"
                self.remarks.append(f"the column {letters} is called {name!r}: {reason}")
            names.append(name)
        check_distinct(names, self.name)
        return names

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches, in order."""
        done = 0
        for content in self._table.to_batches(max_chunksize=size):
            start, done = done, done + content.num_rows
            yield Batch(content, self._size * done // self._table.num_rows, self._blank[start:done])


def _are_years(column: pa.ChunkedArray) -> bool:
    """Return True if all texts are dates whose serial numbers are years from 1800 to 2200."""
    if not pa.types.is_string(column.type):
        return False
    first, last = (text.as_py() for text in pc.min_max(column).values())
    is_date = pc.match_substring_regex(column, r"^190[456]-\d\d-\d\d$")
    return first >= _YEAR_DATES[0] and last <= _YEAR_DATES[1] and bool(pc.all(is_date).as_py())


def _choose(
    source: InputFile, book: Workbook, wanted: Collection[str], sheet: str | int | None, skip_rows: int | None
) -> tuple[Sheet, int]:
    """Return the sheet of the table, and the row of its headings, from 0."""
    numbers = range(1, len(book.names) + 1) if sheet is None else [_number(source, book.names, sheet)]
    best: list[tuple[Sheet, Heading]] = []
    descriptions = []
    for number in numbers:
        candidate = book.sheet(number)
        descriptions.append(candidate.description)
        if candidate.row_count <= (skip_rows or 0):
            continue
        heading = candidate.heading(wanted) if skip_rows is None else _stated(candidate, skip_rows, wanted)
        if best and heading.matches > best[0][1].matches:
            best.clear()
        if not best or heading.matches == best[0][1].matches:
            best.append((candidate, heading))
    if len(best) == 1:
        chosen, heading = best[0]
        row = heading.row if heading.row >= 0 else chosen.likely_heading()
        if row >= 0:
            return chosen, row
    listed = "; ".join(descriptions[:_MAX_SHEETS]) + ("; ..." if len(descriptions) > _MAX_SHEETS else "")
    raise source.error(f"{_undecided(best, sheet, skip_rows)}. Sheet {listed}")


def _stated(sheet: Sheet, row: int, wanted: Collection[str]) -> Heading:
    return Heading(row, len(set(sheet.names(row)).intersection(wanted)))


def _undecided(best: Sequence[tuple[Sheet, Heading]], sheet: str | int | None, skip_rows: int | None) -> str:
    """Explain why no sheet is chosen."""
    if not best:
        rows = f"more than {counted(skip_rows, 'row')}" if skip_rows else "a row"
        return f"no sheet has {rows}" if sheet is None else f"the sheet does not have {rows}"
    if len(best) == 1:
        return "no row looks like headings; --skip-rows N reads them in the row after N others"
    names = ", ".join(repr(candidate.name) for candidate, _ in best[:_MAX_SHEETS])
    if matches := best[0][1].matches:
        return f"the sheets {names} have {counted(matches, 'column')} of the model each; --sheet chooses one"
    remedy = "--sheet chooses one, and --map INDICATOR=COLUMN names the column of an indicator"
    return f"no sheet has a column that is an indicator; {remedy}"


def _number(source: InputFile, names: Sequence[str], sheet: str | int) -> int:
    """Return the number of a sheet that is given by name or number."""
    if sheet in names:
        return names.index(str(sheet)) + 1
    text = str(sheet)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(names):
        return int(text)
    listed = ", ".join(map(repr, names[:_MAX_SHEETS])) + (", ..." if len(names) > _MAX_SHEETS else "")
    raise source.error(f"there is no sheet {sheet!r}{suggest(text, names) or f'; the sheets are {listed}'}")


def _remarks(sheet: Sheet, row: int, read: Mapping[int, str]) -> Iterator[str]:
    """Yield what a reader of the result should know; `read` has the names of the model's columns by position."""
    survey = sheet.survey
    if sheet.is_hidden:
        yield f"the sheet {sheet.name!r} is hidden"
    if survey.hidden_rows:
        yield f"{counted(survey.hidden_rows, 'hidden row')} of the sheet read like all others"
    for column, name in read.items():
        if count := survey.percentages[column]:
            text = f"{name} shows {counted(count, 'cell')} as a percentage, which is read as a share: 12 % is 0.12"
            yield f"warning: {text}"
    for (top, left), (bottom, right) in sheet.cells.merged_cell_ranges or ():
        names = [name for column, name in read.items() if left <= column <= right and (top, left) != (bottom, column)]
        if bottom > row and names:
            cells = f"{Position(top, left).name}:{Position(bottom, right).name}"
            yield f"warning: {', '.join(names)}: the cells {cells} are merged, and only the first of them has the value"
    covered = [place for place in survey.covered if place.row > row and place.column in read]
    if covered:
        yield f"warning: values that merged cells cover are read: {_listed(covered)}"
    uncomputed = [place for place in survey.uncomputed if place.row > row]
    if uncomputed:
        remedy = "open the workbook in a spreadsheet program and save it"
        yield f"warning: formulas without a stored value: {_listed(uncomputed)}; {remedy}"


def _listed(places: Sequence[Position]) -> str:
    names = ", ".join(place.name for place in places[:_MAX_SHOWN])
    more = len(places) - _MAX_SHOWN
    return names + (f" and {more:,} more" if more > 0 else "")
