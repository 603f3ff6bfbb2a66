"""A second, deliberately plain reading of docs/batch.md for CSV, to hold `riskmodel batch` against.

It walks over the bytes of a file one by one and asks `Model.assess` about each row. Where the contract does not say
what a cell or a line is, it raises `Open` rather than taking a side.
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


class Open(Exception):  # noqa: N818  (no error: a question)
    """The contract does not say what this is."""


class Fault(Exception):  # noqa: N818
    """A cell that holds no value of its indicator."""


class Record(NamedTuple):
    """The bytes of one record, or of one line whose quotes are broken (then it has no cells)."""

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
    """All that a run is to give."""

    header: Scored
    rows: list[Scored]
    rejected: list[Rejected]
    blank_lines: int
    formulas: int
    bands: dict[str, dict[str, int]]
    delimiter: bytes


class Oracle:
    """What becomes of the bytes of a CSV file under one model; assessments are kept, so that files share them."""

    def __init__(self, model: Any, decimal: str = ".", keep_formulas: bool = False) -> None:
        self.model = model
        self.decimal = decimal
        self.keep_formulas = keep_formulas
        self.known: dict[tuple[Any, ...], Any] = {}

    def read(self, data: bytes, delimiter: bytes | None = None) -> Expected:
        """Read a file that has a good header."""
        body = data.removeprefix(BOM)
        delimiter = delimiter or self.delimiter(body)
        first, at = record(body, 0, delimiter)
        if first.cells is None or first.stray_return:
            raise Open("a header that is broken")
        names = [text(cell) for cell in first.cells]
        header = Scored(without_end(first), self.added_names(), first.end)
        expected = Expected(header, [], [], 0, 0, {name: {} for name in self.model.spec.scores}, delimiter)
        line, blank, formulas = 1 + first.lines, 0, 0
        for row in records(body, at, delimiter):
            if row.raw in (b"\n", b"\r\n"):
                blank += 1
            elif not (fault := self.fault(names, row, line)):
                start, escaped = self.start(names, row, delimiter)
                formulas += escaped
                found = self.assess(names, row)
                expected.rows.append(Scored(start, self.added(found), row.end))
                for name in self.model.spec.scores:
                    band = found[name].band if found[name].value is not None else "insufficient data"
                    expected.bands[name][band] = expected.bands[name].get(band, 0) + 1
            else:
                expected.rejected.append(fault)
            line += row.lines
        return expected._replace(blank_lines=blank, formulas=formulas)

    def delimiter(self, body: bytes) -> bytes:
        """Take the first by which most indicators are found."""

        def found(delimiter: bytes) -> int:
            cells = record(body, 0, delimiter)[0].cells or []
            return sum(text(cell) in self.model.spec.indicators for cell in cells)

        return max(DELIMITERS, key=found)

    # ------------------------------------------------------------------------------------------------------- faults

    def fault(self, names: list[str], row: Record, line: int) -> Rejected | None:
        """Say what is wrong with a row, first of all with the row as a whole."""
        if row.cells is None:
            return Rejected(line, ANY, "", "")
        at = names.index("id") if "id" in names else None
        cell = row.cells[at] if at is not None and at < len(row.cells) else b""
        of = ANY if re.search(rb"[\0\r\x80-\xff]", cell) else text(cell)
        if b"\0" in row.raw or row.stray_return or len(row.cells) != len(names):
            return Rejected(line, of, "", "")
        for name, cell in zip(names, row.cells, strict=True):
            if name in self.model.spec.indicators:
                try:
                    self.value(name, cell)
                except Fault:
                    return Rejected(line, of, name, text(cell) if is_text(cell) else ANY)
        return None

    def value(self, name: str, cell: bytes) -> float | str | None:
        """Read a cell of an indicator: a number, a label, or missing."""
        if not is_text(cell):
            raise Fault(name)
        said = text(cell)
        core = said.strip(" ")
        labels = getattr(self.model.spec.indicators[name].scale, "levels", None)
        if core == "" or (said in MISSING and said not in (labels or ())):
            return None
        if core in MISSING or core != said.strip():
            raise Open(f"{said!r} is missing, or a value, but for the blanks around it")
        if labels is not None:
            if said not in labels and (core in labels or number(core, ".") in map(number_of, labels)):
                raise Open(f"{said!r} is nearly a label")
            if said not in labels:
                raise Fault(name)
            return said
        if self.decimal == "." and number(core, ",") is not None and number(core, ".") is None:
            raise Open("a decimal comma")
        found = number(core, self.decimal)
        low, high = self.model.spec.indicators[name].bounds
        if found is None or not math.isfinite(found) or not low <= found <= high:
            raise Fault(name)
        return found

    # ------------------------------------------------------------------------------------------------------- output

    def start(self, names: list[str], row: Record, delimiter: bytes) -> tuple[bytes, int]:
        """Give the bytes of a row as they are written, and how many cells have a `'` before them."""
        assert row.cells is not None
        risky = [
            not self.keep_formulas and self.is_formula(name, cell) for name, cell in zip(names, row.cells, strict=True)
        ]
        cells = [disarmed(cell) if found else cell for found, cell in zip(risky, row.cells, strict=True)]
        return delimiter.join(cells), sum(risky)

    def is_formula(self, name: str, cell: bytes) -> bool:
        """Say whether a spreadsheet would run what the cell holds."""
        said = text(cell)
        if not said.startswith(MARKS) or said in MARKS or number(said, self.decimal) is not None:
            return False
        core = said.strip().replace(",", ".")
        if number(core, ".") is not None or core.lower().lstrip("+-") in ("inf", "nan"):
            raise Open(f"{said!r} is a number to some")
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
        """Name the columns that stand after those of the input."""
        return [
            f"{name}{part}" for name in self.model.spec.scores for part in ("", "_band", "_coverage", "_low", "_high")
        ]

    def added(self, found: Any) -> list[str]:
        """Write the cells that a row gets, with a decimal point."""
        return [cell for name in self.model.spec.scores for cell in score_cells(found[name])]


def score_cells(score: Any) -> list[str]:
    """Write a score as it is reported."""
    places = score.decimals
    reported = "" if score.reported is None else f"{score.reported:.{places}f}"
    coverage = math.floor(score.coverage * 10_000 + 1e-6) / 10_000
    bounds = (f"{bound:.{places}f}" for bound in (score.reported_low, score.reported_high))
    return [reported, score.band or "", f"{coverage:.4f}", *bounds]


def drivers(score: Any) -> list[str]:
    """Write the three largest entries of an account, each rounded half away from zero, without those that give zero."""
    unit = Decimal(1).scaleb(-score.decimals)
    largest = sorted(score.account, key=lambda entry: -abs(entry.points))[:3]
    rounded = ((entry.name, Decimal(str(round(entry.points, 9))).quantize(unit, "ROUND_HALF_UP")) for entry in largest)
    return [f"{name}:{points:+}" for name, points in rounded if points]


# ------------------------------------------------------------------------------------------------------------ records


def records(data: bytes, at: int, delimiter: bytes) -> Iterator[Record]:
    """Give one record after the other, or the line on which one with broken quotes begins."""
    while at < len(data):
        found, at = record(data, at, delimiter)
        yield found


def record(data: bytes, start: int, delimiter: bytes) -> tuple[Record, int]:
    """Read one record by RFC 4180, mark by mark, and say where the next begins."""
    cells, cell, state, stray, at = [], start, "begin", False, start
    while True:
        mark = data[at : at + 1]
        ends = b"\r\n" if data[at : at + 2] == b"\r\n" else b"\n" if mark == b"\n" else b"" if not mark else None
        if state == "quoted":
            if not mark:
                return broken(data, start)
            state = "closed" if mark == b'"' else "quoted"
        elif ends is not None:
            cells.append(data[cell:at])
            raw = data[start : at + len(ends)]
            if raw.strip(b" \t") in (b"\n", b"\r\n", b"") and raw not in (b"\n", b"\r\n") and delimiter not in raw:
                raise Open("a line of spaces alone")
            return Record(raw, cells, ends, stray), at + len(ends)
        elif mark == delimiter:
            cells.append(data[cell:at])
            cell, state = at + 1, "begin"
        elif mark == b"\r":
            if state == "closed" or at + 1 == len(data):
                raise Open("a carriage return after a quote, or at the very end")
            state, stray = "plain", True
        elif mark == b'"' and state != "plain":
            state = "quoted"
        elif mark == b'"' or state == "closed":
            return broken(data, start)
        else:
            state = "plain"
        at += 1


def broken(data: bytes, start: int) -> tuple[Record, int]:
    """Give up on a record: its first line stands by itself."""
    stop = data.find(b"\n", start) + 1 or len(data)
    return Record(data[start:stop], None, b"", False), stop


def without_end(row: Record) -> bytes:
    return row.raw.removesuffix(row.end) if row.end else row.raw


def text(cell: bytes) -> str:
    """Give the text of a cell, without quotes."""
    inside = cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell
    return inside.decode("utf-8", "surrogateescape")


def is_text(cell: bytes) -> bool:
    return not any("\udc80" <= mark <= "\udcff" for mark in text(cell))


def number(said: str, decimal: str) -> float | None:
    """Read a number; None where there is none."""
    if decimal != ".":
        said = said.replace(".", "x").replace(decimal, ".")
    return float(said) if NUMBER.fullmatch(said) else None


def number_of(label: str) -> float:
    found = number(label, ".")
    return math.nan if found is None else found


def disarmed(cell: bytes) -> bytes:
    return b"\"'" + cell[1:] if cell[:1] == b'"' else b"'" + cell


# --------------------------------------------------------------------------------------------------------- comparison


def check(expected: Expected, output: bytes, rejects: bytes, decimal: str = ".") -> None:
    """Hold the bytes that a run wrote against what it was to write; the form of an added number is left to it."""
    at = 0
    output = output.removeprefix(BOM)
    for number_, row in enumerate([expected.header, *expected.rows]):
        assert output[at : at + len(row.start)] == row.start, number_
        stop = output.find(b"\n", at + len(row.start)) + 1 or len(output)
        rest = output[at + len(row.start) : stop]
        # Whether a last row without a line end is given one is not said.
        end = row.end or next(end for end in (b"\r\n", b"\n", b"") if rest.endswith(end))
        assert rest.endswith(end), number_
        cells = rest.removesuffix(end).decode().split(expected.delimiter.decode())
        assert cells[0] == "", number_
        assert len(cells) == 1 + len(row.added), number_
        for found, wanted in zip(cells[1:], row.added, strict=True):
            assert same(found.replace(decimal, "."), wanted), (number_, found, wanted)
        at = stop
    assert at == len(output)
    check_rejects(expected.rejected, rejects)


def same(found: str, wanted: str) -> bool:
    """Say whether two cells are the same text, or the same number with no more places."""
    if number(wanted, ".") is None or number(found, ".") is None:
        return found == wanted
    places = len(found.partition(".")[2])
    return Decimal(found) == Decimal(wanted) and places <= len(wanted.partition(".")[2])


def check_rejects(expected: list[Rejected], rejects: bytes) -> None:
    """Hold a rejects file against the rows that are to be in it; every reason says something."""
    found = rejected_rows(rejects)
    assert [row["line"] for row in found] == [str(row.line) for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        for column in ("id", "column", "value"):
            asked = getattr(wanted, column)
            assert asked == ANY or plain(row[column]) == plain(asked), (row, wanted)
        assert row["reason"].strip()


def plain(said: str) -> str:
    """Take away the `'` before a formula: whether the rejects file has one is not said."""
    return said[1:] if said.startswith("'") and said[1:2] in MARKS else said


def rejected_rows(rejects: bytes) -> list[dict[str, str]]:
    """Read a rejects file."""
    reader = csv.DictReader(io.StringIO(rejects.decode("utf-8", "surrogateescape"), newline=""), strict=True)
    assert reader.fieldnames in (["line", *REJECTED], ["row", *REJECTED])
    return list(reader)
