"""Quote cells of CSV, and escape formulas with a `'` so that spreadsheets do not run them (OWASP, *CSV Injection*)."""

import re
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.tables import arrays
from riskmodel.tables.arrays import Mask
from riskmodel.tables.number_format import FORMATS


def quoted(text: str, delimiter: str) -> str:
    """Quote a cell where CSV needs it; an empty text is quoted, which tells it from a missing cell."""
    return '"' + text.replace('"', '""') + '"' if _quoting_pattern(delimiter).search(text) else text


def quoted_column(texts: pa.Array, delimiter: str) -> pa.Array:
    """Quote (n,) cells where CSV needs it; null stays null."""
    special = pc.match_substring_regex(texts, _quoting_pattern(delimiter).pattern)
    if not pc.any(special).as_py():
        return texts
    quote = arrays.texts(['"'])[0]
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise(quote, doubled, quote, arrays.texts([""])[0]), texts)


@cache
def _quoting_pattern(delimiter: str) -> re.Pattern[str]:
    """Return a pattern, for Python and RE2 alike, that matches in cells that need quotes."""
    return re.compile('^$|["\r\n' + re.escape(delimiter) + "]")


_STARTS = "=+-@\t\r"
FORMULA_STARTS = _STARTS.encode()
"""The bytes with which formulas begin."""
_LF, _QUOTE = ord("\n"), ord('"')


def _safe_pattern(delimiter: str = "") -> str:
    """Return the pattern of cells that begin like a formula but are not; unquoted if a delimiter is given."""
    numbers = (number.pattern for number in FORMATS if not delimiter or delimiter not in number)
    return rf"(?:[{re.escape(_STARTS)}]|[ \t]*(?:{'|'.join(numbers)})[ \t]*)"


_SAFE = re.compile(_safe_pattern())


def is_formula(text: str) -> bool:
    """Return True if a spreadsheet would run a cell: it begins like a formula, and is no number or single character."""
    return text.startswith(tuple(_STARTS)) and not _SAFE.fullmatch(text)


def escape_formulas(rows: pa.Array, delimiter: str, candidates: NDArray[np.intp] | None = None) -> tuple[pa.Array, int]:
    """Insert a `'` at the beginning of each cell that is a formula, inside its quotes; return the rows and the count.

    Parameters
    ----------
    rows : (n,) rows of valid CSV, each after a line end.
    delimiter : the delimiter of their cells.
    candidates : the positions of all unquoted cells that may be formulas, where no cell is quoted; None if unknown.
    """
    if candidates is not None and len(candidates) == 0:
        return rows, 0
    view, edges = arrays.content(rows)
    data = bytes(view)
    positions = _formulas(data, delimiter) if candidates is None else _unsafe(data, delimiter, candidates)
    if len(positions) == 0:
        return rows, 0
    escaped = np.insert(np.frombuffer(data, np.uint8), positions, ord("'"))
    shifted = edges + np.searchsorted(positions, edges).astype(np.int32)
    return arrays.slices(escaped.tobytes(), shifted), len(positions)


def _formulas(data: bytes, delimiter: str) -> NDArray[np.intp]:
    """Return the positions at which formulas begin, sorted."""
    buffer, formulas = np.frombuffer(data, np.uint8), [np.empty(0, dtype=np.intp)]
    quotes = np.flatnonzero(buffer == _QUOTE) if b'"' in data else np.empty(0, dtype=np.intp)
    for start in FORMULA_STARTS:
        # Searching for an absent byte is fast, and only the hyphen is common.
        if bytes((start,)) in data:
            hits = np.flatnonzero(buffer == start)
            bare, quoted = _cell_starts(buffer, hits, quotes, ord(delimiter))
            formulas += [_unsafe(data, delimiter, bare), _unsafe(data, delimiter, quoted, '"')]
    return np.sort(np.concatenate(formulas))


def _unsafe(data: bytes, delimiter: str, starts: NDArray[np.intp], quote: str = "") -> NDArray[np.intp]:
    """Return those positions, sorted, of cells that begin like a formula at which one is; after an opening quote."""
    buffer = np.frombuffer(data, np.uint8)
    if not quote:
        starts = starts[buffer[starts] != ord(delimiter)]
        starts = starts[~_are_short_numbers(buffer, starts, ord(delimiter))]
    safe = _safe_cell(delimiter, quote)
    return np.array([start for start in np.sort(starts).tolist() if not safe.match(data, start)], dtype=np.intp)


@cache
def _safe_cell(delimiter: str, quote: str) -> re.Pattern[bytes]:
    """Return the pattern of the rest of a cell that is no formula, up to what follows it."""
    pattern = _safe_pattern() + quote if quote else _safe_pattern(delimiter)
    return re.compile((pattern + rf"(?=[{re.escape(delimiter)}]|\r?\n|\Z)").encode())


def _cell_starts(
    buffer: NDArray[np.uint8], hits: NDArray[np.intp], quotes: NDArray[np.intp], delimiter: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions, of those given, at which unquoted cells begin, and at which quoted cells do."""

    def is_boundary(before: NDArray[np.uint8]) -> Mask:
        boundary: Mask = (before == delimiter) | (before == _LF)
        return boundary

    inside = np.searchsorted(quotes, hits) % 2 == 1
    opens = inside & (buffer[hits - 1] == _QUOTE) & is_boundary(buffer[hits - 2])
    return hits[~inside & is_boundary(buffer[hits - 1]) & (hits > 0)], hits[opens]


def _are_short_numbers(buffer: NDArray[np.uint8], starts: NDArray[np.intp], delimiter: int) -> Mask:
    """Return True for unquoted cells that are one character or a short number such as -4.5, which are frequent."""
    open_, good = np.ones(len(starts), dtype=bool), np.zeros(len(starts), dtype=bool)
    digits, points = np.zeros(len(starts), dtype=np.int8), np.zeros(len(starts), dtype=np.int8)
    is_sign = (buffer[starts] == ord("-")) | (buffer[starts] == ord("+"))
    for ahead in range(1, 12):
        byte = buffer[np.minimum(starts + ahead, len(buffer) - 1)]
        ends = open_ & ((byte == delimiter) | (byte == _LF) | (byte == ord("\r")))
        good |= ends & ((is_sign & (digits > 0) & (points < 2)) | (ahead == 1))
        is_digit, is_point = (byte >= ord("0")) & (byte <= ord("9")), byte == ord(".")
        open_ &= ~ends & (is_digit | is_point)
        digits += is_digit
        points += is_point
    return good
