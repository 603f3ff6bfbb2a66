"""Records: where each row of a CSV text begins and ends, whatever the file has been through.

Quotes follow RFC 4180: a quoted cell begins right after a delimiter or line end, a quote inside it stands twice, and
after its last quote comes a delimiter or line end. Where that does not hold, the line is a broken record by itself, so
that a stray quote costs one row and not the rest of the file.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import SituationError
from riskmodel.tables.arrays import runs_of
from riskmodel.tables.number_format import NumberFormat

MAX_RECORD_BYTES = 16 << 20
"""Bytes that one record, or one line, may have."""

_LF, _CR, _QUOTE = 10, 13, 34
Edges = NDArray[np.intp]


class Records(NamedTuple):
    """A piece of a CSV text that holds whole records, each with the line end *before* it.

    Led by line ends, the records lie against each other, and a scored row is a record with more text after it.
    """

    data: bytes
    edges: Edges
    """(n + 1,) positions: record i, with the line end before it, stands from edges[i] to edges[i + 1]."""
    end: bytes
    """The line end after the last record, which leads the next piece; empty at the end of a text."""
    broken: dict[int, str]
    """Why records are broken, by their position; all others have sound quotes and no stray control character."""

    def text(self, position: int) -> bytes:
        """A record without its line end."""
        start, end = int(self.edges[position]), int(self.edges[position + 1])
        return self.data[start + _line_end(self.data, start) : end]

    def line_ends(self) -> Edges:
        """(n + 1,) lengths of the line ends before the records and after the last."""
        marks = np.frombuffer(self.data, np.uint8)
        return np.append(1 + (marks[self.edges[:-1]] == _CR), len(self.end))

    def line_count(self) -> int:
        """How many lines begin in this piece."""
        return self.data.count(b"\n") if b'"' in self.data else len(self.edges) - 1

    def lines(self, positions: Sequence[int]) -> list[int]:
        """On which lines of this piece records begin, from 1; the line end before a record belongs to its line."""
        feeds = np.flatnonzero(np.frombuffer(self.data, np.uint8) == _LF)
        # A line end is one or two bytes, and the next line feed is at least one further on.
        found: list[int] = np.searchsorted(feeds, self.edges[positions] + 1, side="right").tolist()
        return found


class Grammar:
    """What records and cells look like with a given delimiter (one byte)."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = ord(delimiter)
        mark = re.escape(delimiter.encode())
        plain = rb'[^"\r\n' + mark + rb"]*+"
        cell = rb'(?:"(?:[^"]++|"")*+"|' + plain + rb"(?:\r(?!\n)" + plain + rb")*+)"
        self._record = re.compile(cell + rb"(?:" + mark + cell + rb")*+(?=\r?\n|\Z)")
        self._open = re.compile(rb"(?:" + cell + mark + rb')*+"(?:[^"]++|"")*+\Z')
        self._cell = re.compile(rb"(?:\A|" + mark + rb')("(?:[^"]++|"")*+"|[^' + mark + rb"]*+)")

    def first(self, data: bytes, final: bool) -> bytes | None:
        """The record that a text begins with; None if it may go on beyond the text."""
        end = _certain(data, final)
        found = self._record.match(data, 0, end)
        if found and (final or found.end() < end) and found.end() <= MAX_RECORD_BYTES:
            if any(b"\r" in cell and not cell.startswith(b'"') for cell in self._raw_cells(found.group())):
                raise SituationError("the header holds a carriage return that ends no line")
            return found.group()
        if not final and end <= MAX_RECORD_BYTES and (found or self._open.match(data, 0, end) or b"\n" not in data):
            return None
        raise SituationError("the header has broken quotes, or is longer than 16 MiB")

    def spans(self, record: bytes) -> list[tuple[int, int]]:
        """Where the cells of a record begin and end, quotes included; of a broken record, as far as can be told."""
        return [found.span(1) for found in self._cell.finditer(record)]

    def _raw_cells(self, record: bytes) -> list[bytes]:
        return [record[start:end] for start, end in self.spans(record)]

    def cells(self, record: bytes) -> list[str]:
        """What the cells of a record hold; bytes that are not UTF-8 show as escapes."""
        return [plain(cell) for cell in self._raw_cells(record)]

    def cut(self, data: bytes, final: bool) -> tuple[Records, bytes]:
        """Find the records of a text that begins with a line end.

        Parameters
        ----------
        data : the text.
        final : whether the text ends here; if not, its last record may go on.

        Returns
        -------
        The records, and the text that is left for the next piece.

        Raises
        ------
        SituationError
            Where a line is longer than a record may be.
        """
        marks = np.frombuffer(data, np.uint8)
        line_feeds = np.flatnonzero(marks == _LF)
        quotes = np.flatnonzero(marks == _QUOTE) if b'"' in data else None
        if quotes is not None:
            line_feeds = line_feeds[np.searchsorted(quotes, line_feeds) % 2 == 0]
        edges = line_feeds - (marks[line_feeds - 1] == _CR) * (line_feeds > 0)
        broken: dict[int, str] = {}
        if quotes is not None and not (
            self._is_sound(marks, quotes, final, int(edges[-1])) and _longest(data, edges, final) <= MAX_RECORD_BYTES
        ):
            edges, broken = self._line_by_line(data, final)
        if _longest(data, edges, final) > MAX_RECORD_BYTES:
            raise SituationError(f"has a line of more than {MAX_RECORD_BYTES >> 20} MiB: is it CSV?")
        rest = b""
        if final:
            edges = np.append(edges, len(data))
        else:
            data, rest = data[: int(edges[-1])], data[int(edges[-1]) :]
        _mark_strays(data, edges, broken)
        return Records(data, edges, rest[: _line_end(rest, 0)] if rest else b"", broken), rest

    def _is_sound(self, marks: NDArray[np.uint8], quotes: Edges, final: bool, last: int) -> bool:
        """Whether every quote stands where RFC 4180 has it."""
        opening, closing = quotes[0::2], quotes[1::2]
        if len(opening) > len(closing) and (final or len(marks) - last > MAX_RECORD_BYTES):
            return False
        leads = np.isin(marks[opening - 1], (self.delimiter, _LF, _QUOTE))
        after = np.append(marks, (self.delimiter, _LF) if final else (_LF, _LF))
        follows = np.isin(after[closing + 1], (self.delimiter, _LF, _QUOTE))
        ends_line = (after[closing + 1] == _CR) & (after[closing + 2] == _LF)
        return bool(leads.all() and (follows | ends_line).all())

    def _line_by_line(self, data: bytes, final: bool) -> tuple[Edges, dict[int, str]]:
        """The same where quotes are broken: record after record, and a line where there is no record."""
        edges, broken, at, until = [0], {}, 0, _certain(data, final)
        while at < len(data):
            start = at + _line_end(data, at)
            found = self._record.match(data, start, until)
            if found and found.end() - start <= MAX_RECORD_BYTES:
                end = found.end()
                if end == until and not final:
                    break
            else:
                feed = data.find(b"\n", start)
                is_long = until - start > MAX_RECORD_BYTES
                may_go_on = not is_long and self._open.match(data, start, until) is not None
                if not final and (feed < 0 or may_go_on):
                    break
                end = len(data) if feed < 0 else feed - (data[feed - 1] == _CR and feed > start)
                broken[len(edges) - 1] = "its quotes are broken" + ", or it is longer than 16 MiB" * is_long
            edges.append(end)
            at = end
        return np.array(edges[:-1] if final else edges, dtype=np.intp), broken


class Dialect(NamedTuple):
    """How a CSV file is written."""

    grammar: Grammar
    delimiter: str
    numbers: NumberFormat
    has_options: bool
    """Whether the caller could have said that numbers are written in another way."""
    line_end: bytes
    """That of the header, with which lines end that have no end of their own."""


def _line_end(data: bytes, at: int) -> int:
    """How long the line end is that stands at a position."""
    return 2 if data[at] == _CR else 1


def _certain(data: bytes, final: bool) -> int:
    """How much of a text can be judged: a carriage return at the end of a piece may be half a line end."""
    return len(data) - (not final and data.endswith(b"\r"))


def _longest(data: bytes, edges: Edges, final: bool) -> int:
    """The bytes of the longest record, the last one included that begins at the last edge; 0 if none can be too long.

    What is too long must not depend on where the text was cut, so line ends do not count.
    """
    if len(data) <= MAX_RECORD_BYTES:
        return 0
    marks, ends = np.frombuffer(data, np.uint8), np.append(edges[1:], _certain(data, final))
    return int((ends - edges - 1 - (marks[edges] == _CR)).max())


def _mark_strays(data: bytes, edges: Edges, broken: dict[int, str]) -> None:
    """Note the records that hold a NUL byte, or outside quotes a carriage return that no line feed follows."""
    marks = np.frombuffer(data, np.uint8)
    if b"\0" in data:
        for position in np.searchsorted(edges, np.flatnonzero(marks == 0), side="right") - 1:
            broken.setdefault(int(position), "it holds a NUL byte")
    if b"\r" in data:
        returns = np.flatnonzero(marks == _CR)
        stray = returns[np.append(marks, _CR)[returns + 1] != _LF]
        positions, quotes = np.searchsorted(edges, stray, side="right") - 1, np.flatnonzero(marks == _QUOTE)
        inside = (np.searchsorted(quotes, stray) - np.searchsorted(quotes, edges[positions])) % 2 == 1
        for position in np.unique(positions[~inside]):
            broken.setdefault(int(position), "it holds a carriage return that ends no line")


def plain(cell: bytes) -> str:
    """What a cell holds, without the quotes round it."""
    if len(cell) > 1 and cell[:1] == cell[-1:] == b'"':
        cell = cell[1:-1].replace(b'""', b'"')
    return cell.decode(errors="backslashreplace")


def is_blank(records: Records) -> NDArray[np.bool_]:
    """Which records are lines without anything on them."""
    blank: NDArray[np.bool_] = np.diff(records.edges) == records.line_ends()[:-1]
    return blank


def in_runs(records: Records, most: int) -> Iterator[Records]:
    """The records in runs of at most so many."""
    count = len(records.edges) - 1
    if count <= most:
        yield records
        return
    for start in range(0, count, most):
        stop = min(start + most, count)
        edges = records.edges[start : stop + 1]
        first, last = int(edges[0]), int(edges[-1])
        end = records.end if stop == count else records.data[last : last + _line_end(records.data, last)]
        broken = {position - start: why for position, why in records.broken.items() if start <= position < stop}
        yield Records(records.data[first:last], edges - first, end, broken)


def without(records: Records, dropped: Sequence[int] | NDArray[np.intp]) -> tuple[Records, Edges]:
    """The records without some of them, closed up, and where each that is kept stood before."""
    kept = np.ones(len(records.edges) - 1, dtype=bool)
    kept[dropped] = False
    positions = np.flatnonzero(kept)
    lengths = np.diff(records.edges)
    edges = np.concatenate(([0], np.cumsum(lengths[kept])))
    return Records(_joined(records, kept), edges, records.end, {}), positions


def _joined(records: Records, kept: NDArray[np.bool_]) -> bytes:
    """The bytes of the kept records: runs of them are copied at once."""
    edges = records.edges
    return b"".join(records.data[edges[start] : edges[stop]] for start, stop in runs_of(kept))
