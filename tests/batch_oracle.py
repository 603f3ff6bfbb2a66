"""An independent, deliberately plain implementation of docs/batch.md for CSV, to test `riskmodel batch` against.

It reads the bytes of a file one by one and calls `Model.assess` for each row. If the contract does not define a cell or
a line, it raises `Open`.
"""

import csv
import io
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

BOM = b"\xef\xbb\xbf"
DELIMITERS = (b",", b";", b"\t", b"|")
MISSING = ("", "NA", "NaN", "nan", "null")
MARKS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
REJECTED = ["id", "column", "value", "reason"]
ANY = "any text at all"


class Open(Exception):  # noqa: N818  (not an error: an open question)
    """The contract does not define this input."""


class Fault(Exception):  # noqa: N818
    """A cell without a valid value of its indicator."""


class Record(NamedTuple):
    """The bytes of a record, or of a line with broken quotes (which has no cells)."""

    raw: bytes
    cells: list[bytes] | None
    end: bytes
    stray_return: bool

    @property
    def lines(self) -> int:
        return max(self.raw.count(b"\n"), 1)


class Rejected(NamedTuple):
    """A row of the rejects file, without its reason."""

    line: int
    id: str
    column: str
    value: str


class Scored(NamedTuple):
    """A row of the output: its bytes up to the added cells, those cells, and its line end."""

    start: bytes
    added: list[str]
    end: bytes


class Expected(NamedTuple):
    """The expected results of a run."""

    header: Scored
    rows: list[Scored]
    rejected: list[Rejected]
    blank_lines: int
    formulas: int
    bands: dict[str, dict[str, int]]
    delimiter: bytes


class Oracle:
    """Expected results for CSV files and one model; assessments are cached across files."""

    def __init__(self, model: Any, decimal: str = ".", keep_formulas: bool = False) -> None:
        self.model = model
        self.decimal = decimal
        self.keep_formulas = keep_formulas
        self.known: dict[tuple[Any, ...], Any] = {}

    def read(self, data: bytes, delimiter: bytes | None = None) -> Expected:
        """Read a file that has a good header."""
        body = data.removeprefix(BOM)
        delimiter = delimiter or self.delimiter(body)
        first, position = record(body, 0, delimiter)
        if first.cells is None or first.stray_return:
            raise Open("a header that is broken")
        names = [text(cell) for cell in first.cells]
        header = Scored(without_end(first), self.added_names(), first.end)
        expected = Expected(header, [], [], 0, 0, {name: {} for name in self.model.spec.scores}, delimiter)
        line, blank, formulas = 1 + first.lines, 0, 0
        for row in records(body, position, delimiter):
            if row.raw in (b"\n", b"\r\n"):
                blank += 1
            elif not (fault := self.fault(names, row, line)):
                start, escaped = self.start(names, row, delimiter)
                formulas += escaped
                assessment = self.assess(names, row)
                expected.rows.append(Scored(start, self.added(assessment), row.end))
                for name in self.model.spec.scores:
                    band = assessment[name].band if assessment[name].value is not None else "insufficient data"
                    expected.bands[name][band] = expected.bands[name].get(band, 0) + 1
            else:
                expected.rejected.append(fault)
            line += row.lines
        return expected._replace(blank_lines=blank, formulas=formulas)

    def delimiter(self, body: bytes) -> bytes:
        """Return the first delimiter that gives the most indicators."""

        def count_indicators(delimiter: bytes) -> int:
            cells = record(body, 0, delimiter)[0].cells or []
            return sum(text(cell) in self.model.spec.indicators for cell in cells)

        return max(DELIMITERS, key=count_indicators)

    # ------------------------------------------------------------------------------------------------------- faults

    def fault(self, names: list[str], row: Record, line: int) -> Rejected | None:
        """Return the fault of a row; faults of the row as a whole come first."""
        if row.cells is None:
            return Rejected(line, ANY, "", "")
        column = names.index("id") if "id" in names else None
        cell = row.cells[column] if column is not None and column < len(row.cells) else b""
        row_id = ANY if re.search(rb"[\0\r\x80-\xff]", cell) else text(cell)
        if b"\0" in row.raw or row.stray_return or len(row.cells) != len(names):
            return Rejected(line, row_id, "", "")
        for name, cell in zip(names, row.cells, strict=True):
            if name in self.model.spec.indicators:
                try:
                    self.value(name, cell)
                except Fault:
                    return Rejected(line, row_id, name, text(cell) if is_text(cell) else ANY)
        return None

    def value(self, name: str, cell: bytes) -> float | str | None:
        """Read a cell of an indicator: a number, a label, or missing."""
        if not is_text(cell):
            raise Fault(name)
        content = text(cell)
        core = content.strip(" ")
        labels = getattr(self.model.spec.indicators[name].scale, "levels", None)
        if core == "" or (content in MISSING and content not in (labels or ())):
            return None
        if core in MISSING or core != content.strip():
            raise Open(f"{content!r} is missing, or a value, except for the spaces around it")
        if labels is not None:
            if content not in labels and (core in labels or number(core, ".") in map(number_of, labels)):
                raise Open(f"{content!r} is nearly a label")
            if content not in labels:
                raise Fault(name)
            return content
        if self.decimal == "." and number(core, ",") is not None and number(core, ".") is None:
            raise Open("a decimal comma")
        value = number(core, self.decimal)
        low, high = self.model.spec.indicators[name].bounds
        if value is None or not math.isfinite(value) or not low <= value <= high:
            raise Fault(name)
        return value

    # ------------------------------------------------------------------------------------------------------- output

    def start(self, names: list[str], row: Record, delimiter: bytes) -> tuple[bytes, int]:
        """Return the bytes of a row as written, and the number of cells escaped with a `'`."""
        assert row.cells is not None
        risky = [
            not self.keep_formulas and self.is_formula(name, cell) for name, cell in zip(names, row.cells, strict=True)
        ]
        cells = [disarmed(cell) if is_risky else cell for is_risky, cell in zip(risky, row.cells, strict=True)]
        return delimiter.join(cells), sum(risky)

    def is_formula(self, name: str, cell: bytes) -> bool:
        """Return True if a spreadsheet would run the cell."""
        content = text(cell)
        if not content.startswith(MARKS) or content in MARKS or number(content, self.decimal) is not None:
            return False
        core = content.strip().replace(",", ".")
        if number(core, ".") is not None or core.lower().lstrip("+-") in ("inf", "nan"):
            raise Open(f"{content!r} is a number to some")
        return True

    def assess(self, names: list[str], row: Record) -> Any:
        """Assess the values of a row."""
        assert row.cells is not None
        pairs = zip(names, row.cells, strict=True)
        values = {name: self.value(name, cell) for name, cell in pairs if name in self.model.spec.indicators}
        key = tuple(values.items())
        if key not in self.known:
            self.known[key] = self.model.assess(values)
        return self.known[key]

    def added_names(self) -> list[str]:
        """Return the names of the added columns."""
        return [
            f"{name}{part}" for name in self.model.spec.scores for part in ("", "_band", "_coverage", "_low", "_high")
        ]

    def added(self, scores: Any) -> list[str]:
        """Return the added cells of a row, with a decimal point."""
        return [cell for name in self.model.spec.scores for cell in score_cells(scores[name])]


def score_cells(score: Any) -> list[str]:
    """Return the cells of a score as reported."""
    decimals = score.decimals
    reported = "" if score.reported is None else f"{score.reported:.{decimals}f}"
    coverage = math.floor(score.coverage * 10_000 + 1e-6) / 10_000
    bounds = (f"{bound:.{decimals}f}" for bound in (score.reported_low, score.reported_high))
    return [reported, score.band or "", f"{coverage:.4f}", *bounds]


def drivers(score: Any) -> list[str]:
    """Return the three largest contributions, each rounded half away from zero, without those that round to zero."""
    unit = Decimal(1).scaleb(-score.decimals)
    largest = sorted(score.account, key=lambda entry: -abs(entry.points))[:3]
    rounded = ((entry.name, Decimal(str(round(entry.points, 9))).quantize(unit, "ROUND_HALF_UP")) for entry in largest)
    return [f"{name}:{points:+}" for name, points in rounded if points]


# ------------------------------------------------------------------------------------------------------------ records


def records(data: bytes, position: int, delimiter: bytes) -> Iterator[Record]:
    """Yield the records; one with broken quotes as its first line."""
    while position < len(data):
        row, position = record(data, position, delimiter)
        yield row


def record(data: bytes, start: int, delimiter: bytes) -> tuple[Record, int]:
    """Read one record by RFC 4180, byte by byte; return it with the position of the next."""
    cells, cell, state, stray, position = [], start, "begin", False, start
    while True:
        byte = data[position : position + 1]
        is_crlf = data[position : position + 2] == b"\r\n"
        ends = b"\r\n" if is_crlf else b"\n" if byte == b"\n" else b"" if not byte else None
        if state == "quoted":
            if not byte:
                return broken(data, start)
            state = "closed" if byte == b'"' else "quoted"
        elif ends is not None:
            cells.append(data[cell:position])
            raw = data[start : position + len(ends)]
            if raw.strip(b" \t") in (b"\n", b"\r\n", b"") and raw not in (b"\n", b"\r\n") and delimiter not in raw:
                raise Open("a line of spaces alone")
            return Record(raw, cells, ends, stray), position + len(ends)
        elif byte == delimiter:
            cells.append(data[cell:position])
            cell, state = position + 1, "begin"
        elif byte == b"\r":
            if state == "closed" or position + 1 == len(data):
                raise Open("a carriage return after a quote, or at the very end")
            state, stray = "plain", True
        elif byte == b'"' and state != "plain":
            state = "quoted"
        elif byte == b'"' or state == "closed":
            return broken(data, start)
        else:
            state = "plain"
        position += 1


def broken(data: bytes, start: int) -> tuple[Record, int]:
    """Return the first line of a broken record as a record by itself."""
    stop = data.find(b"\n", start) + 1 or len(data)
    return Record(data[start:stop], None, b"", False), stop


def without_end(row: Record) -> bytes:
    return row.raw.removesuffix(row.end) if row.end else row.raw


def text(cell: bytes) -> str:
    """Return the text of a cell, without quotes."""
    inside = cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell
    return inside.decode("utf-8", "surrogateescape")


def is_text(cell: bytes) -> bool:
    return not any("\udc80" <= mark <= "\udcff" for mark in text(cell))


def number(content: str, decimal: str) -> float | None:
    """Parse a number; None if the text is not one."""
    if decimal != ".":
        content = content.replace(".", "x").replace(decimal, ".")
    return float(content) if NUMBER.fullmatch(content) else None


def number_of(label: str) -> float:
    value = number(label, ".")
    return math.nan if value is None else value


def disarmed(cell: bytes) -> bytes:
    return b"\"'" + cell[1:] if cell[:1] == b'"' else b"'" + cell


# --------------------------------------------------------------------------------------------------------- comparison


def check(expected: Expected, output: bytes, rejects: bytes, decimal: str = ".") -> None:
    """Check the output of a run against the expected rows; added numbers may have fewer decimals."""
    position = 0
    output = output.removeprefix(BOM)
    for number_, row in enumerate([expected.header, *expected.rows]):
        assert output[position : position + len(row.start)] == row.start, number_
        stop = output.find(b"\n", position + len(row.start)) + 1 or len(output)
        rest = output[position + len(row.start) : stop]
        # The contract does not define the line end of a last row without one.
        end = row.end or next(end for end in (b"\r\n", b"\n", b"") if rest.endswith(end))
        assert rest.endswith(end), number_
        cells = rest.removesuffix(end).decode().split(expected.delimiter.decode())
        assert cells[0] == "", number_
        assert len(cells) == 1 + len(row.added), number_
        for cell, expected_cell in zip(cells[1:], row.added, strict=True):
            assert same(cell.replace(decimal, "."), expected_cell), (number_, cell, expected_cell)
        position = stop
    assert position == len(output)
    check_rejects(expected.rejected, rejects)


def same(cell: str, expected: str) -> bool:
    """Return True if two cells have the same text, or the same number without additional decimals."""
    if number(expected, ".") is None or number(cell, ".") is None:
        return cell == expected
    decimals = len(cell.partition(".")[2])
    return Decimal(cell) == Decimal(expected) and decimals <= len(expected.partition(".")[2])


def check_rejects(expected: list[Rejected], rejects: bytes) -> None:
    """Check a rejects file against the expected rows; each must have a reason."""
    rows = rejected_rows(rejects)
    assert [row["line"] for row in rows] == [str(row.line) for row in expected]
    for row, wanted in zip(rows, expected, strict=True):
        for column in ("id", "column", "value"):
            expected_cell = getattr(wanted, column)
            assert expected_cell == ANY or plain(row[column]) == plain(expected_cell), (row, wanted)
        assert row["reason"].strip()


def plain(content: str) -> str:
    """Remove the `'` before a formula, which the contract leaves open for the rejects file."""
    return content[1:] if content.startswith("'") and content[1:2] in MARKS else content


def rejected_rows(rejects: bytes) -> list[dict[str, str]]:
    """Read a rejects file."""
    reader = csv.DictReader(io.StringIO(rejects.decode("utf-8", "surrogateescape"), newline=""), strict=True)
    assert reader.fieldnames in (["line", *REJECTED], ["row", *REJECTED])
    return list(reader)
