"""Cells that a spreadsheet would run: text that begins like a formula (OWASP, *CSV Injection*)."""

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel import arrays
from riskmodel.batch.records import Grammar, plain
from riskmodel.cells import NUMBER

_STARTS = "=+-@\t\r"
_HARMLESS = re.compile(rf"[{re.escape(_STARTS)}]|\s*({NUMBER}|[+-]?[0-9]+,[0-9]+)\s*")
_SHORT = 12


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a cell: it begins like a formula, and is no number and no lone mark."""
    return text.startswith(tuple(_STARTS)) and not _HARMLESS.fullmatch(text)


def defused(rows: pa.Array, grammar: Grammar) -> tuple[pa.Array, int]:
    """Rows with a `'` before each cell that is a formula, and how many there were.

    Parameters
    ----------
    rows : (n,) rows of sound CSV text, each led by a line end.
    grammar : how their cells are delimited.
    """
    data, edges = arrays.content(rows)
    starts = sorted(
        at
        for row in np.unique(np.searchsorted(edges, _suspects(data, grammar), "right") - 1)
        for at in _formulas(bytes(data[edges[row] : edges[row + 1]]), int(edges[row]), grammar)
    )
    if not starts:
        return rows, 0
    places = np.array(starts, dtype=np.intp)
    marked = np.insert(np.frombuffer(data, np.uint8), places, ord("'"))
    moved = edges + np.searchsorted(places, edges).astype(np.int32)
    return arrays.slices(marked.tobytes(), moved), len(places)


def _suspects(data: memoryview, grammar: Grammar) -> NDArray[np.intp]:
    """Where a cell may begin like a formula; numbers, of which there may be many, are passed over."""
    marks, text = np.frombuffer(data, np.uint8), bytes(data)
    found = [np.empty(0, dtype=np.intp)]
    for start in _STARTS.encode():
        # Looking for a byte that is not there costs next to nothing, and of these only the hyphen is common.
        if bytes((start,)) in text:
            hits = np.flatnonzero(marks == start)
            before = marks[hits - 1]
            leads = before == ord('"')
            if start != grammar.delimiter:
                leads |= (before == grammar.delimiter) | (before == ord("\n"))
            hits = hits[leads & (hits > 0)]
            if start in b"+-":
                hits = hits[~_are_short_numbers(marks, hits, grammar.delimiter)]
            found.append(hits)
    return np.concatenate(found)


def _are_short_numbers(marks: NDArray[np.uint8], hits: NDArray[np.intp], delimiter: int) -> NDArray[np.bool_]:
    """Which hits are signs of plain numbers of a few digits, such as -4.5; there may be many of those."""
    open_, good = np.ones(len(hits), dtype=bool), np.zeros(len(hits), dtype=bool)
    digits, points = np.zeros(len(hits), dtype=np.int8), np.zeros(len(hits), dtype=np.int8)
    for ahead in range(1, _SHORT):
        mark = marks[np.minimum(hits + ahead, len(marks) - 1)]
        ends = open_ & ((mark == delimiter) | (mark == ord("\n")) | (mark == ord("\r")))
        good |= ends & (digits > 0) & (points < 2)
        is_digit, is_point = (mark >= ord("0")) & (mark <= ord("9")), mark == ord(".")
        open_ &= ~ends & (is_digit | is_point)
        digits += is_digit
        points += is_point
    return good


def _formulas(row: bytes, offset: int, grammar: Grammar) -> list[int]:
    """Where the formulas of a row begin, inside their quotes."""
    lead = 2 if row.startswith(b"\r") else 1
    record = row[lead:]
    return [
        offset + lead + start + record.startswith(b'"', start)
        for start, end in grammar.spans(record)
        if is_formula(plain(record[start:end]))
    ]
