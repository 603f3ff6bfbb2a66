"""Cells that a spreadsheet would run: text that begins like a formula (OWASP, *CSV Injection*)."""

import re
from functools import reduce

import numpy as np
import pyarrow as pa

from riskmodel import arrays
from riskmodel.batch.records import Grammar, plain
from riskmodel.cells import NUMBER

_STARTS = "=+-@\t\r"
_HARMLESS = re.compile(rf"[{re.escape(_STARTS)}]|{NUMBER}|[+-]?[0-9]+,[0-9]+")
_NUMBER_CELL = re.compile(rf"{NUMBER}(?![^,;|\t\r\n])".encode())


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


def _suspects(data: memoryview, grammar: Grammar) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Where a cell may begin like a formula; numbers, of which there may be many, are passed over."""
    marks = np.frombuffer(data, np.uint8)
    hits = np.flatnonzero(reduce(np.logical_or, (marks == ord(start) for start in _STARTS)))
    before = marks[hits - 1]
    leads = (before == grammar.delimiter) | (before == ord("\n")) | (before == ord('"'))
    hits = hits[leads & (hits > 0) & (marks[hits] != grammar.delimiter)]
    return np.array([at for at in hits.tolist() if not _NUMBER_CELL.match(data, at)], dtype=np.intp)


def _formulas(row: bytes, offset: int, grammar: Grammar) -> list[int]:
    """Where the formulas of a row begin, inside their quotes."""
    lead = 2 if row.startswith(b"\r") else 1
    record = row[lead:]
    return [
        offset + lead + start + record.startswith(b'"', start)
        for start, end in grammar.spans(record)
        if is_formula(plain(record[start:end]))
    ]
