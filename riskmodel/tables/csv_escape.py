"""Escape cells of CSV: quotes where a cell needs them, and a `'` before what a spreadsheet would run as a formula.

OWASP, *CSV Injection*.
"""

import re
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.tables import arrays
from riskmodel.tables.number_format import FORMATS


def quoted(text: str, delimiter: str) -> str:
    """A cell as it is written: in quotes where it needs them, and where it is empty but not missing."""
    return '"' + text.replace('"', '""') + '"' if _in_need(delimiter).search(text) else text


def quoted_column(texts: pa.Array, delimiter: str) -> pa.Array:
    """The same for each of (n,) cells; null stays null."""
    special = pc.match_substring_regex(texts, _in_need(delimiter).pattern)
    if not pc.any(special).as_py():
        return texts
    quote = arrays.texts(['"'])[0]
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise(quote, doubled, quote, arrays.texts([""])[0]), texts)


@cache
def _in_need(delimiter: str) -> re.Pattern[str]:
    """What is found in a cell that needs quotes; Python and RE2 read it alike."""
    return re.compile('^$|["\r\n' + re.escape(delimiter) + "]")


_STARTS = "=+-@\t\r"
_LF, _QUOTE = ord("\n"), ord('"')


def _safe_pattern(delimiter: str = "") -> str:
    """The pattern of cells that begin like a formula and are none; without quotes, none can hold the delimiter."""
    numbers = (form.pattern for form in FORMATS if not delimiter or delimiter not in form)
    return rf"(?:[{re.escape(_STARTS)}]|[ \t]*(?:{'|'.join(numbers)})[ \t]*)"


_SAFE = re.compile(_safe_pattern())


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a cell: it begins like a formula, and is no number and no lone mark."""
    return text.startswith(tuple(_STARTS)) and not _SAFE.fullmatch(text)


def escape_formulas(rows: pa.Array, delimiter: str) -> tuple[pa.Array, int]:
    """Rows with a `'` before each cell that is a formula, inside its quotes, and how many there were.

    Parameters
    ----------
    rows : (n,) rows of sound CSV text, each led by a line end.
    delimiter : what delimits their cells.
    """
    view, edges = arrays.content(rows)
    data = bytes(view)
    places = _formulas(data, delimiter)
    if len(places) == 0:
        return rows, 0
    marked = np.insert(np.frombuffer(data, np.uint8), places, ord("'"))
    moved = edges + np.searchsorted(places, edges).astype(np.int32)
    return arrays.slices(marked.tobytes(), moved), len(places)


def _formulas(data: bytes, delimiter: str) -> NDArray[np.intp]:
    """Where the formulas begin, in order."""
    marks, found = np.frombuffer(data, np.uint8), [np.empty(0, dtype=np.intp)]
    quotes = np.flatnonzero(marks == _QUOTE) if b'"' in data else np.empty(0, dtype=np.intp)
    end = rf"(?=[{re.escape(delimiter)}]|\r?\n|\Z)"
    safe = re.compile((_safe_pattern(delimiter) + end).encode()), re.compile((_safe_pattern() + '"' + end).encode())
    for start in _STARTS.encode():
        # Looking for a byte that is not there costs next to nothing, and of these only the hyphen is common.
        if bytes((start,)) in data:
            hits = np.flatnonzero(marks == start)
            bare, quoted = _cell_starts(marks, hits, quotes, ord(delimiter))
            bare = bare[~_are_short(marks, bare, ord(delimiter))]
            for left, pattern in zip((bare, quoted), safe, strict=True):
                found.append(np.array([at for at in left.tolist() if not pattern.match(data, at)], dtype=np.intp))
    return np.sort(np.concatenate(found))


def _cell_starts(
    marks: NDArray[np.uint8], hits: NDArray[np.intp], quotes: NDArray[np.intp], delimiter: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Those of some positions at which a cell begins: without quotes, and right after the quote that opens it."""

    def leads(before: NDArray[np.uint8]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (before == delimiter) | (before == _LF)
        return found

    inside = np.searchsorted(quotes, hits) % 2 == 1
    opens = inside & (marks[hits - 1] == _QUOTE) & leads(marks[hits - 2])
    return hits[~inside & leads(marks[hits - 1]) & (hits > 0) & (marks[hits] != delimiter)], hits[opens]


def _are_short(marks: NDArray[np.uint8], starts: NDArray[np.intp], delimiter: int) -> NDArray[np.bool_]:
    """Which cells without quotes are a lone mark or a short plain number, such as -4.5; there may be many of those."""
    open_, good = np.ones(len(starts), dtype=bool), np.zeros(len(starts), dtype=bool)
    digits, points = np.zeros(len(starts), dtype=np.int8), np.zeros(len(starts), dtype=np.int8)
    is_sign = (marks[starts] == ord("-")) | (marks[starts] == ord("+"))
    for ahead in range(1, 12):
        mark = marks[np.minimum(starts + ahead, len(marks) - 1)]
        ends = open_ & ((mark == delimiter) | (mark == _LF) | (mark == ord("\r")))
        good |= ends & ((is_sign & (digits > 0) & (points < 2)) | (ahead == 1))
        is_digit, is_point = (mark >= ord("0")) & (mark <= ord("9")), mark == ord(".")
        open_ &= ~ends & (is_digit | is_point)
        digits += is_digit
        points += is_point
    return good
