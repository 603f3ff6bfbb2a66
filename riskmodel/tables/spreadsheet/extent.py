"""Measure a workbook before it is read: its bytes once it is unpacked, and the rows and cells of its largest sheet.

A small file can hold a very large table: parts that unpack to more than they declare, a single cell far away, or one
long text that is the content of many cells. What is measured here is what reading the workbook takes.
"""

import copy
import re
import zipfile
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import numpy as np

from riskmodel.tables.input_file import InputFile
from riskmodel.tables.spreadsheet.sheets import damage_named, is_xlsx
from riskmodel.tables.spreadsheet.survey import (
    Box,
    Survey,
    column_number,
    parse_xlsx,
    shared_text_lengths,
    sheet_parts,
    survey_ods,
    whole_cells,
)

_BLOCK = 1 << 20
_WITHOUT_END = 1 << 62
_POSITION = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_CELL_STARTS = (b"<c ", b"<c>", b"<c/", b"<c\t", b"<c\r", b"<c\n", b":c")
"""The beginnings of cells, and of little else; counting them is quicker than a pattern."""
_SHARED = (b'"s"', b"'s'")
"""The ways to say that a cell refers to a shared text."""
_REFERENCE = re.compile(rb't="s"[^>]*><v>(\d{1,9})</v>')


class Extent(NamedTuple):
    """The size of a workbook.

    Attributes
    ----------
    bytes : of all parts once they are unpacked, and of texts as often as they are the content of a cell.
    rows, cells : of the largest sheet, from the first to the last with content, blank ones included.
    """

    bytes: int
    rows: int
    cells: int


def workbook_extent(source: InputFile, max_bytes: int) -> Extent:
    """Measure a workbook; of one with more than `max_bytes`, only the bytes, up to where it has more.

    Raises
    ------
    SituationError
        The file is damaged.
    """
    with damage_named(source), zipfile.ZipFile(source.seekable()) as archive:
        n_bytes = 0
        for block in _unpacked(archive):
            n_bytes += len(block)
            if n_bytes > max_bytes:
                return Extent(n_bytes, 0, 0)
        if not is_xlsx(archive):
            surveys = survey_ods(archive).values() if "content.xml" in archive.namelist() else ()
            repeated = sum(survey.repeated_text for survey in surveys)
            return _of_largest(n_bytes + repeated, surveys)
        lengths = shared_text_lengths(archive)
        sheets = [_measure(archive, part, lengths) for part in sheet_parts(archive).values() if "worksheets/" in part]
        return _of_largest(n_bytes + sum(sheet.bytes for sheet in sheets), sheets)


def _of_largest(n_bytes: int, sheets: Collection[Extent | Survey]) -> Extent:
    rows, cells = (max((getattr(sheet, name) for sheet in sheets), default=0) for name in ("rows", "cells"))
    return Extent(n_bytes, rows, cells)


def _unpacked(archive: zipfile.ZipFile) -> Iterator[bytes]:
    """Yield what all parts unpack to, whatever size they declare."""
    for part in archive.infolist():
        whole = copy.copy(part)
        whole.file_size, whole.CRC = _WITHOUT_END, None  # type: ignore[assignment]
        with archive.open(whole) as file:
            while block := file.read(_BLOCK):
                yield block


def _measure(archive: zipfile.ZipFile, part: str, lengths: np.ndarray[Any, np.dtype[np.int64]]) -> Extent:
    """Measure a sheet of an xlsx file: its cells, and the bytes of the shared texts in them."""
    box, n_shared, n_bytes, n_references, is_usual = Box(), 0, 0, 0, True
    for text in whole_cells(archive, part):
        positions = _POSITION.findall(text)
        is_usual &= sum(map(text.count, _CELL_STARTS)) == len(positions)
        n_shared += sum(map(text.count, _SHARED))
        columns = [column_number(letters.decode()) - 1 for letters in {letters for letters, _ in positions}]
        rows = [int(row) - 1 for row in {row for _, row in positions}]
        if positions:
            box.add(min(rows), min(columns))
            box.add(max(rows), max(columns))
        references = np.array(_REFERENCE.findall(text), dtype=np.int64)
        n_references += len(references)
        n_bytes += int(lengths[references[references < len(lengths)]].sum())
    if n_references < n_shared:
        # Texts that are referred to in another way may be the longest.
        n_bytes += (n_shared - n_references) * int(lengths.max(initial=0))
    measured = box if is_usual else parse_xlsx(archive, part, ())
    return Extent(n_bytes, measured.rows, measured.cells)
