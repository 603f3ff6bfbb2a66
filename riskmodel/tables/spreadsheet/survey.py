"""Search the XML of a workbook for what its cells do not show: errors, formulas without a value, their extent.

A cell with an error looks like an empty one to the library that reads the cells, and a sheet with a single cell far
away needs the memory of all cells in between. So the XML is searched first: quickly, and by a parser where the quick
search meets something.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

import numpy as np
import pyarrow.compute as pc

from riskmodel.errors import SituationError
from riskmodel.tables import arrays
from riskmodel.tables.parallel import in_order

MAX_CELLS = 32_000_000
"""Cells from the first to the last of a sheet that are read: 3.5 GB of memory if all have content, 1 GB if none has."""
MAX_XML = 2 << 30
"""Bytes of XML of one part of a workbook that are read."""
_MAX_ERRORS = 1_000_000
"""Errors that an ods file may state as one repeated cell."""
_BLOCK = 1 << 20
_TEXTS = "xl/sharedStrings.xml"
_PLAIN_COLUMNS = 26
_NOTABLE = (
    r"""t=["']e["']|hidden=["']|<f[\s>/]|<\w+:c[\s>/]|<c[>/\t\r\n]|<c (?:[^r]|r[^=]|r=[^"])"""
    r"""|<c r="[A-Z](?:[A-Z]|[0-9]{8}|[2-9][0-9]{6})"""
)
"""Patterns that no sheet of plain values in up to 26 columns has: errors, hidden rows, formulas, unusual cells."""
_POSITION = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_FORMULA = re.compile(rb"<f[\s>/]")
_COMPUTED = re.compile(rb"(?:</f>|<f [^>]*/>)<v>[^<]")
_REPORTED = re.compile(rb"""<c [^>]*t=["']e["']|<row [^>]*hidden=["'](?:1|true)""")


class Position(NamedTuple):
    """A cell, by its row and column from 0."""

    row: int
    column: int

    @property
    def name(self) -> str:
        """The name of the cell, such as B7."""
        return f"{column_letters(self.column)}{self.row + 1}"


class Survey:
    """Properties of a sheet that its cells do not show.

    Attributes
    ----------
    cells, rows : the number of cells and rows from the first to the last with content; 0 if all of them are few.
    errors : the texts of cells with an error, such as `#N/A`.
    uncomputed : the formulas of cells without a stored value.
    covered : the cells of an ods file that have a value, and lie under a merged cell.
    hidden_rows : the number of hidden rows with content.
    percentages : the number of cells that are shown as percentages, by column.
    repeated_text : the characters of texts of an ods file that are stated once for several cells, without the first.
    """

    def __init__(self) -> None:
        self.cells = self.rows = 0
        self.errors: dict[Position, str] = {}
        self.uncomputed: dict[Position, str] = {}
        self.covered: list[Position] = []
        self.hidden_rows = 0
        self.percentages: Counter[int] = Counter()
        self.repeated_text = 0


class Box:
    """The rows and columns from the first to the last cell."""

    def __init__(self) -> None:
        self.low, self.high = Position(1 << 40, 1 << 40), Position(-1, -1)

    def add(self, row: int, column: int) -> None:
        """Widen the box to a cell."""
        self.low = Position(min(self.low.row, row), min(self.low.column, column))
        self.high = Position(max(self.high.row, row), max(self.high.column, column))

    @property
    def rows(self) -> int:
        """The number of rows of the box."""
        return max(self.high.row - self.low.row + 1, 0)

    @property
    def cells(self) -> int:
        """The number of cells in the box."""
        return self.rows * max(self.high.column - self.low.column + 1, 0)


def survey_xlsx(archive: zipfile.ZipFile, part: str, percent_styles: Collection[int]) -> Survey:
    """Search a sheet of an xlsx file.

    Parameters
    ----------
    archive, part : the file, and the name of the sheet's XML in it.
    percent_styles : the numbers of the styles that show percentages.
    """
    if _is_plain(_blocks(archive, part), percent_styles):
        return Survey()
    return parse_xlsx(archive, part, percent_styles)


def parse_xlsx(archive: zipfile.ZipFile, part: str, percent_styles: Collection[int]) -> Survey:
    """Search a sheet of an xlsx file by a parser, which misses nothing and takes long."""
    sheet = _XlsxSheet(frozenset(percent_styles))
    _parse(archive, part, sheet.start, sheet.end, sheet.text)
    sheet.survey.cells, sheet.survey.rows = sheet.box.cells, sheet.box.rows
    return sheet.survey


def shared_text_lengths(archive: zipfile.ZipFile) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the lengths of the texts that cells of an xlsx file refer to."""
    lengths: list[int] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "si":
            lengths.append(0)

    def text(characters: str) -> None:
        if lengths:
            lengths[-1] += len(characters)

    if _TEXTS in archive.namelist():
        _parse(archive, _TEXTS, start, lambda tag: None, text)
    return np.array(lengths, dtype=np.int64)


def _is_plain(blocks: Iterable[bytes], percent_styles: Collection[int]) -> bool:
    """Return True if a sheet has nothing to report and is small enough, as far as a quick search can tell."""
    percent = f'\\bs="(?:{"|".join(map(str, percent_styles))})"' if percent_styles else None
    notable = _NOTABLE if percent is None else f"{_NOTABLE}|{percent}"
    reported = re.compile(_REPORTED.pattern + (b"|<c [^>]*" + percent.encode() if percent else b""))
    columns, rows, has_unsearched = _PLAIN_COLUMNS, 0, False

    def search(text: bytes) -> tuple[bytes, bool]:
        # Arrow's search takes a fifth of the time of `re`, and runs beside the decompression.
        array = arrays.slices(text, np.array([0, len(text)], dtype=np.int32))
        return text, pc.match_substring_regex(array, notable)[0].as_py()

    for text, is_notable in in_order(search, _cut(blocks), 2):
        if not is_notable and columns == _PLAIN_COLUMNS:
            has_unsearched = True
            continue
        positions = _POSITION.findall(text)
        is_usual = len(positions) == len(_CELL.findall(text))
        if not is_usual or reported.search(text) or len(_COMPUTED.findall(text)) != len(_FORMULA.findall(text)):
            return False
        columns = max([columns, *(column_number(letters.decode()) for letters in {one for one, _ in positions})])
        rows = max([rows, *(int(row) for _, row in positions)])
        if columns > _PLAIN_COLUMNS and (has_unsearched or columns * rows > MAX_CELLS):
            return False
    return True


def whole_cells(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield the XML of a sheet in pieces that do not begin within a cell."""
    return _cut(_blocks(archive, part))


def _cut(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text of blocks, cut before a cell, or elsewhere before a tag."""
    rest = b""
    for block in blocks:
        text = rest + block
        cut = text.rfind(b"<c ", max(len(text) - _BLOCK, 0))
        cut = text.rfind(b"<") if cut < 0 else cut
        yield text[: max(cut, 0)]
        rest = text[max(cut, 0) :]
    yield rest


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            yield block


class _XlsxSheet:
    """The handlers of a parser for a sheet of an xlsx file."""

    def __init__(self, percent_styles: frozenset[int]) -> None:
        self.survey, self.box = Survey(), Box()
        self._percent_styles = percent_styles
        self._row, self._column = -1, -1
        self._hidden, self._hidden_counted = False, False
        self._kind, self._style = "n", 0
        self._text: list[str] | None = None
        self._value = ""
        self._formula: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag:
            case "row":
                self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
                self._column = -1
                self._hidden = attributes.get("hidden") in ("1", "true")
                self._hidden_counted = False
            case "c":
                self._start_cell(attributes)
            case "v" | "f" | "t":
                self._text = []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            letters = attributes["r"].rstrip("0123456789")
            self._column, self._row = column_number(letters) - 1, int(attributes["r"][len(letters) :]) - 1
        else:
            self._column += 1
        self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", 0))
        self._value, self._formula = "", None

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._value += "".join(self._text or ())
            self._text = None
            # A formula whose result is a text of no length has a value.
            self._formula = None if self._value or self._kind == "str" else self._formula
        elif tag == "f":
            self._formula = "=" + "".join(self._text or ())
            self._text = None
        elif tag == "c":
            self._end_cell()

    def _end_cell(self) -> None:
        place = Position(self._row, self._column)
        if self._formula is not None and not self._value:
            self.survey.uncomputed[place] = self._formula
        elif not self._value:
            return
        self.box.add(*place)
        if self._kind == "e":
            self.survey.errors[place] = self._value
        if self._value and self._style in self._percent_styles and self._kind == "n":
            self.survey.percentages[place.column] += 1
        if self._hidden and not self._hidden_counted:
            self.survey.hidden_rows += 1
            self._hidden_counted = True


def survey_ods(archive: zipfile.ZipFile) -> dict[str, Survey]:
    """Search the sheets of an ods file; return them by name."""
    sheets = _OdsSheets()
    _parse(archive, "content.xml", sheets.start, sheets.end, sheets.text)
    return sheets.surveys


class _OdsSheets:
    """The handlers of a parser for the sheets of an ods file."""

    def __init__(self) -> None:
        self.surveys: dict[str, Survey] = {}
        self._survey, self._box = Survey(), Box()
        self._row, self._column, self._rows = 0, 0, 1
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None
        self._hidden = False
        self._filled = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag:
            case "table":
                self._survey, self._box, self._row = Survey(), Box(), 0
                self.surveys[attributes.get("table:name", "")] = self._survey
            case "table-row":
                self._column, self._rows = 0, int(attributes.get("table:number-rows-repeated", 1))
                self._hidden = attributes.get("table:visibility", "visible") != "visible"
                self._filled = False
            case "table-cell" | "covered-table-cell":
                self._cell, self._text = attributes, []
                if tag.startswith("covered") and "office:value-type" in attributes:
                    self._survey.covered.append(Position(self._row, self._column))

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif tag == "table-row":
            self._survey.hidden_rows += self._rows if self._hidden and self._filled else 0
            self._row += self._rows
        elif tag == "table":
            self._survey.cells, self._survey.rows = self._box.cells, self._box.rows

    def _end_cell(self) -> None:
        shown, attributes = "".join(self._text or ()), self._cell
        self._text = None
        count = int(attributes.get("table:number-columns-repeated", 1))
        kind = attributes.get("office:value-type", "")
        if kind or shown or "table:formula" in attributes:
            self._filled = True
            self._box.add(self._row, self._column)
            self._box.add(self._row + self._rows - 1, self._column + count - 1)
            self._survey.repeated_text += len(shown) * (count * self._rows - 1)
            is_error = attributes.get("calcext:value-type") == "error" or (shown in _ERRORS and kind != "string")
            if is_error:
                self._add_errors(count, shown)
            elif kind == "percentage":
                self._survey.percentages.update(dict.fromkeys(range(self._column, self._column + count), self._rows))
            elif not kind and not shown:
                self._survey.uncomputed[Position(self._row, self._column)] = attributes["table:formula"]
        self._column += count

    def _add_errors(self, count: int, text: str) -> None:
        if count * self._rows > _MAX_ERRORS:
            raise SituationError(f"has {count * self._rows:,} cells with the error {text} beside each other")
        for row in range(self._row, self._row + self._rows):
            for column in range(self._column, self._column + count):
                self._survey.errors[Position(row, column)] = text


_ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#NUM!", "#NAME?", "#VALUE!", "#NULL!")


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] = lambda text: None,
) -> None:
    """Parse a part of an archive; the handlers get names of elements without their prefix."""

    def refuse(*declaration: object) -> None:
        raise SituationError(f"{part} declares entities, which no spreadsheet program writes")

    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    for block in _blocks(archive, part):
        parser.Parse(block, False)
    parser.Parse(b"", True)


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet of an xlsx file, by the sheet's name."""
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            ids[attributes["name"]] = next(value for key, value in attributes.items() if key.endswith(":id"))

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes["Target"]
            targets[attributes["Id"]] = target[1:] if target.startswith("/") else f"xl/{target}"

    _parse(archive, "xl/workbook.xml", sheet, lambda tag: None)
    _parse(archive, "xl/_rels/workbook.xml.rels", relation, lambda tag: None)
    return {name: targets[key] for name, key in ids.items() if key in targets}


def percent_styles(archive: zipfile.ZipFile) -> set[int]:
    """Return the numbers of the cell styles of an xlsx file that show percentages."""
    formats, styles = {9, 10}, set()
    state: dict[str, Any] = {"inside": False, "number": 0}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt" and "%" in re.sub(r'"[^"]*"|\\.', "", attributes.get("formatCode", "")):
            formats.add(int(attributes["numFmtId"]))
        elif tag == "cellXfs":
            state["inside"] = True
        elif tag == "xf" and state["inside"]:
            if int(attributes.get("numFmtId", 0)) in formats:
                styles.add(state["number"])
            state["number"] += 1

    def end(tag: str) -> None:
        if tag == "cellXfs":
            state["inside"] = False

    if "xl/styles.xml" in archive.namelist():
        _parse(archive, "xl/styles.xml", start, end)
    return styles


def column_number(letters: str) -> int:
    """Return the number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(column: int) -> str:
    """Return the letters of a column, given from 0."""
    letters, column = "", column + 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters
