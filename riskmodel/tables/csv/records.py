"""Split CSV text into records, including damaged text.

Quotes follow RFC 4180: a quoted cell begins directly after a delimiter or line end, quotes inside it are doubled, and
after its closing quote comes a delimiter or line end. A line that violates this is a broken record, so that a stray
quote costs one row and not the rest of the file.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import SituationError
from riskmodel.tables.arrays import Mask, true_runs
from riskmodel.tables.number_format import NumberFormat

MAX_RECORD_BYTES = 16 << 20
"""The maximum length of a record or line."""

_LF, _CR, _QUOTE = 10, 13, 34
Edges = NDArray[np.intp]


class Records(NamedTuple):
    """Whole records of CSV text, each with the line end *before* it.

    With their line ends first, records are adjacent, and a scored row is a record with more text appended.
    """

    data: bytes
    edges: Edges
    """(n + 1,) record i, with the line end before it, is data[edges[i] : edges[i + 1]]."""
    end: bytes
    """The line end after the last record, which belongs to the next piece; empty at the end of a text."""
    broken: dict[int, str]
    """The faults of broken records by position; all others have valid quotes and no stray control character."""

    def text(self, position: int) -> bytes:
        """Return a record without its line end."""
        start, end = int(self.edges[position]), int(self.edges[position + 1])
        return self.data[start + _line_end(self.data, start) : end]

    def line_ends(self) -> Edges:
        """Return (n + 1,) lengths of the line ends before the records and after the last."""
        buffer = np.frombuffer(self.data, np.uint8)
        return np.append(1 + (buffer[self.edges[:-1]] == _CR), len(self.end))

    def line_count(self) -> int:
        """Count the lines that begin in this piece."""
        return self.data.count(b"\n") if b'"' in self.data else len(self.edges) - 1

    def lines(self, positions: Sequence[int]) -> list[int]:
        """Return the lines at which records begin, from 1 in this piece; a line includes the line end before it."""
        feeds = np.flatnonzero(np.frombuffer(self.data, np.uint8) == _LF)
        # A line end is one or two bytes, and the next line feed is at least one further on.
        lines: list[int] = np.searchsorted(feeds, self.edges[positions] + 1, side="right").tolist()
        return lines


class Grammar:
    """The patterns of records and cells for a delimiter of one byte."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = ord(delimiter)
        escaped = re.escape(delimiter.encode())
        plain = rb'[^"\r\n' + escaped + rb"]*+"
        cell = rb'(?:"(?:[^"]++|"")*+"|' + plain + rb"(?:\r(?!\n)" + plain + rb")*+)"
        self._record = re.compile(cell + rb"(?:" + escaped + cell + rb")*+(?=\r?\n|\Z)")
        self._open = re.compile(rb"(?:" + cell + escaped + rb')*+"(?:[^"]++|"")*+\Z')
        self._cell = re.compile(rb"(?:\A|" + escaped + rb')("(?:[^"]++|"")*+"|[^' + escaped + rb"]*+)")

    def first(self, data: bytes, final: bool) -> bytes | None:
        """Return the record that a text begins with; None if it may continue beyond the text."""
        end = _complete_length(data, final)
        match = self._record.match(data, 0, end)
        if match and (final or match.end() < end) and match.end() <= MAX_RECORD_BYTES:
            if any(b"\r" in cell and not cell.startswith(b'"') for cell in self._raw_cells(match.group())):
                raise SituationError("the header has a carriage return without a line feed")
            return match.group()
        if not final and end <= MAX_RECORD_BYTES and (match or self._open.match(data, 0, end) or b"\n" not in data):
            return None
        raise SituationError("the header has broken quotes, or is longer than 16 MiB")

    def spans(self, record: bytes) -> list[tuple[int, int]]:
        """Return the start and end of each cell, quotes included; of a broken record, as far as it can be split."""
        return [match.span(1) for match in self._cell.finditer(record)]

    def _raw_cells(self, record: bytes) -> list[bytes]:
        return [record[start:end] for start, end in self.spans(record)]

    def cells(self, record: bytes) -> list[str]:
        """Return the contents of a record's cells; bytes that are not UTF-8 become escapes."""
        return [plain(cell) for cell in self._raw_cells(record)]

    def cut(self, data: bytes, final: bool) -> tuple[Records, bytes]:
        """Split a text that begins with a line end into its records, and the remainder for the next piece.

        Parameters
        ----------
        data : the text.
        final : whether the file ends here; if not, the last record may be incomplete.

        Raises
        ------
        SituationError
            A line is longer than a record may be.
        """
        buffer = np.frombuffer(data, np.uint8)
        line_feeds = np.flatnonzero(buffer == _LF)
        quotes = np.flatnonzero(buffer == _QUOTE) if b'"' in data else None
        if quotes is not None:
            line_feeds = line_feeds[np.searchsorted(quotes, line_feeds) % 2 == 0]
        edges = line_feeds - (buffer[line_feeds - 1] == _CR) * (line_feeds > 0)
        broken: dict[int, str] = {}
        if quotes is not None and not (
            self._has_valid_quotes(buffer, quotes, final, int(edges[-1]))
            and _longest_record(data, edges, final) <= MAX_RECORD_BYTES
        ):
            edges, broken = self._cut_one_by_one(data, final)
        if _longest_record(data, edges, final) > MAX_RECORD_BYTES:
            raise SituationError(f"has a line of more than {MAX_RECORD_BYTES >> 20} MiB: is it CSV?")
        rest = b""
        if final:
            edges = np.append(edges, len(data))
        else:
            data, rest = data[: int(edges[-1])], data[int(edges[-1]) :]
        _find_stray_controls(data, edges, broken)
        return Records(data, edges, rest[: _line_end(rest, 0)] if rest else b"", broken), rest

    def _has_valid_quotes(self, buffer: NDArray[np.uint8], quotes: Edges, final: bool, last: int) -> bool:
        opening, closing = quotes[0::2], quotes[1::2]
        if len(opening) > len(closing) and (final or len(buffer) - last > MAX_RECORD_BYTES):
            return False
        leads = np.isin(buffer[opening - 1], (self.delimiter, _LF, _QUOTE))
        after = np.append(buffer, (self.delimiter, _LF) if final else (_LF, _LF))
        follows = np.isin(after[closing + 1], (self.delimiter, _LF, _QUOTE))
        ends_line = (after[closing + 1] == _CR) & (after[closing + 2] == _LF)
        return bool(leads.all() and (follows | ends_line).all())

    def _cut_one_by_one(self, data: bytes, final: bool) -> tuple[Edges, dict[int, str]]:
        """Split text with broken quotes: a line that no record matches is a broken record."""
        edges, broken, position, until = [0], {}, 0, _complete_length(data, final)
        while position < len(data):
            start = position + _line_end(data, position)
            match = self._record.match(data, start, until)
            if match and match.end() - start <= MAX_RECORD_BYTES:
                end = match.end()
                if end == until and not final:
                    break
            else:
                feed = data.find(b"\n", start)
                is_long = until - start > MAX_RECORD_BYTES
                may_continue = not is_long and self._open.match(data, start, until) is not None
                if not final and (feed < 0 or may_continue):
                    break
                end = len(data) if feed < 0 else feed - (data[feed - 1] == _CR and feed > start)
                broken[len(edges) - 1] = "its quotes are broken" + ", or it is longer than 16 MiB" * is_long
            edges.append(end)
            position = end
        return np.array(edges[:-1] if final else edges, dtype=np.intp), broken


class Dialect(NamedTuple):
    """The format of a CSV file that is read."""

    grammar: Grammar
    delimiter: str
    numbers: NumberFormat
    line_end: bytes
    """The line end of the header, used for a last line without one."""


def _line_end(data: bytes, position: int) -> int:
    """Return the length of the line end at a position."""
    return 2 if data[position] == _CR else 1


def _complete_length(data: bytes, final: bool) -> int:
    """Return the length of a text without a trailing carriage return, which may be half a line end."""
    return len(data) - (not final and data.endswith(b"\r"))


def _longest_record(data: bytes, edges: Edges, final: bool) -> int:
    """Return the length of the longest record, including the last, incomplete one; 0 if none can be too long.

    Line ends are not counted, so that the result does not depend on where the text was cut.
    """
    if len(data) <= MAX_RECORD_BYTES:
        return 0
    buffer, ends = np.frombuffer(data, np.uint8), np.append(edges[1:], _complete_length(data, final))
    return int((ends - edges - 1 - (buffer[edges] == _CR)).max())


def _find_stray_controls(data: bytes, edges: Edges, broken: dict[int, str]) -> None:
    """Add to `broken` the records with a NUL byte, or with a carriage return outside quotes and without a line feed."""
    buffer = np.frombuffer(data, np.uint8)
    if b"\0" in data:
        for position in np.searchsorted(edges, np.flatnonzero(buffer == 0), side="right") - 1:
            broken.setdefault(int(position), "it has a NUL byte")
    if b"\r" in data:
        returns = np.flatnonzero(buffer == _CR)
        stray = returns[np.append(buffer, _CR)[returns + 1] != _LF]
        positions, quotes = np.searchsorted(edges, stray, side="right") - 1, np.flatnonzero(buffer == _QUOTE)
        inside = (np.searchsorted(quotes, stray) - np.searchsorted(quotes, edges[positions])) % 2 == 1
        for position in np.unique(positions[~inside]):
            broken.setdefault(int(position), "it has a carriage return without a line feed")


def plain(cell: bytes) -> str:
    """Return the content of a cell without its quotes."""
    if len(cell) > 1 and cell[:1] == cell[-1:] == b'"':
        cell = cell[1:-1].replace(b'""', b'"')
    return cell.decode(errors="backslashreplace")


def blank_lines(records: Records) -> Mask:
    """Return (n,) True for records that are empty lines."""
    blank: Mask = np.diff(records.edges) == records.line_ends()[:-1]
    return blank


def in_runs(records: Records, size: int) -> Iterator[Records]:
    """Yield the records in runs of at most `size`."""
    count = len(records.edges) - 1
    if count <= size:
        yield records
        return
    for start in range(0, count, size):
        stop = min(start + size, count)
        edges = records.edges[start : stop + 1]
        first, last = int(edges[0]), int(edges[-1])
        end = records.end if stop == count else records.data[last : last + _line_end(records.data, last)]
        broken = {position - start: fault for position, fault in records.broken.items() if start <= position < stop}
        yield Records(records.data[first:last], edges - first, end, broken)


def without(records: Records, dropped: Sequence[int] | NDArray[np.intp]) -> tuple[Records, Edges]:
    """Remove records; return the rest, and their former positions."""
    kept = np.ones(len(records.edges) - 1, dtype=bool)
    kept[dropped] = False
    positions = np.flatnonzero(kept)
    lengths = np.diff(records.edges)
    edges = np.concatenate(([0], np.cumsum(lengths[kept])))
    data = b"".join(records.data[records.edges[start] : records.edges[stop]] for start, stop in true_runs(kept))
    return Records(data, edges, records.end, {}), positions
