"""Read a matrix of pairwise comparisons from CSV: names in the first row and column, ratios or blanks in the cells."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from riskmodel.documents.document import Document, UnreadableFileError
from riskmodel.documents.nodes import Lines, Node, Span, line_starts, parse_scalar
from riskmodel.errors import Problem

_LINE_END = re.compile("\r\n|[\n\r]")
_DECIMAL_COMMA = re.compile(r"0,\d+|\d+,(?:\d{1,2}|\d{4,})", re.ASCII)
_DELIMITERS = ",;\t|"
_EXACT = 1e-6


class _Cell(NamedTuple):
    text: str
    span: Span


def matrix_document(text: str, name: str) -> Document:
    """Return a matrix as the document of its pairs, `pairs: {row: {column: ratio}}`, with the positions of its cells.

    A cell is the importance of its row over that of its column; 0,33 is read as 0.33, but 2,333 is not. Both halves may
    be filled: of two cells that state the same ratio, up to the digits that are written (3 and 0.33), the one above 1
    is kept. Others are left for the checks of judgements. Problems of the table itself become those of the document.

    Parameters
    ----------
    text : CSV, its delimiter a comma, semicolon, tab or bar, whichever the first line has most often.
    name : of the file, for messages.

    Raises
    ------
    UnreadableFileError
        If a line is not CSV.
    """
    lines = Lines(text, _LINE_END)
    problems: list[Problem] = []

    def problem(cell: _Cell, message: str) -> None:
        line, column = cell.span.line, cell.span.column
        problems.append(Problem(message, file=name, line=line, column=column, source=lines.get(line)))

    header, *body = list(_rows(text, name, lines)) or [[_Cell("", Span(0, 0, 1, 1))]]
    columns = header[1:]
    if not columns:
        problem(header[0], "the first line should name the inputs, each in a cell, after one for the names of the rows")
    for repeated in _repeated(columns):
        problem(repeated, f"duplicate column {repeated.text!r}")
    for repeated in _repeated([row[0] for row in body]):
        problem(repeated, f"duplicate row {repeated.text!r}")
    given: dict[tuple[str, str], _Cell] = {}
    for row in body:
        row[1:] = [cell._replace(text=_with_point(cell.text)) for cell in row[1:]]
        if len(row) > len(header):
            problem(row[0], f"it has {len(row)} cells; the header has {len(header)}")
        for column, cell in zip(columns, row[1:], strict=False):
            if column.text != row[0].text:
                given[row[0].text, column.text] = cell
            elif cell.text and _number(cell.text) != 1.0:
                problem(cell, f"an input compared with itself is 1; got {cell.text!r}")
    places = {cell.text: cell.span for cell in (*columns, *(row[0] for row in body))}
    return Document(name, text, _tree(given, places), lines=lines, duplicates=tuple(problems))


def _rows(text: str, name: str, lines: Lines) -> Iterator[list[_Cell]]:
    """Yield the cells of each line that has any, without blank ones at its end."""
    delimiter = ""
    for number, start in enumerate(line_starts(text, _LINE_END), 1):
        line = lines.get(number) or ""
        if not line.strip():
            continue
        delimiter = delimiter or max(_DELIMITERS, key=line.count)
        cells: list[_Cell] = []
        offset = 0
        try:
            read = next(csv.reader([line], delimiter=delimiter))
        except csv.Error as error:
            raise UnreadableFileError(Problem(f"cannot be read as CSV: {error}", file=name, line=number)) from None
        for cell in read:
            # A quoted cell with quotes inside is not found, and is placed where the one before it ends.
            offset = max(line.find(cell, offset), offset)
            cells.append(_Cell(cell.strip(), Span(start + offset, start + offset + len(cell), number, offset + 1)))
            offset += len(cell)
        while len(cells) > 1 and not cells[-1].text:
            cells.pop()
        yield cells


def _repeated(cells: Sequence[_Cell]) -> Iterator[_Cell]:
    seen: set[str] = set()
    for cell in cells:
        if cell.text in seen:
            yield cell
        seen.add(cell.text)


def _tree(given: dict[tuple[str, str], _Cell], places: dict[str, Span]) -> Node:
    pairs: dict[str, dict[str, _Cell]] = {}
    for (first, second), cell in given.items():
        reverse = given.get((second, first))
        if reverse is None or _stands_for(cell.text, reverse.text, earlier=second not in pairs):
            pairs.setdefault(first, {})[second] = cell
    start = Span(0, 0, 1, 1)
    rows = {
        first: Node(
            {second: Node(parse_scalar(cell.text), cell.span) for second, cell in others.items()},
            places[first],
            {second: places[second] for second in others},
        )
        for first, others in pairs.items()
    }
    return Node({"pairs": Node(rows, start, {first: places[first] for first in rows})}, start, {"pairs": start})


def _stands_for(text: str, reverse: str, *, earlier: bool) -> bool:
    """Return whether a cell is kept beside the one for the reverse pair: unless the other says the same, or more."""
    if not text or not reverse:
        return bool(text) or (earlier and not reverse)
    ratio, inverse = _number(text), _number(reverse)
    if ratio is None or inverse is None:
        return True
    small, large, written = (ratio, inverse, text) if ratio < inverse else (inverse, ratio, reverse)
    decimals = len(written.partition(".")[2]) if "/" not in written else None
    rounding = _EXACT * small if decimals is None else 0.5 * 10.0**-decimals + _EXACT * small
    if small <= 0.0 or abs(small - 1.0 / large) > rounding:
        return True
    return ratio > inverse or (ratio == inverse and earlier)


def _with_point(text: str) -> str:
    """Return a number with a decimal comma as one with a point, unless the comma could separate thousands."""
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def _number(text: str) -> float | None:
    numerator, slash, denominator = text.partition("/")
    try:
        return float(numerator) / float(denominator) if slash else float(text)
    except (ValueError, ZeroDivisionError):
        return None
