"""Rejected rows and their faults, as problems and as a CSV file."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple

from riskmodel.errors import Problem, also_in, counted
from riskmodel.tables.csv.escape import is_formula, quoted

_MAX_PROBLEMS = 10
"""Kinds of rejected rows that an error lists."""


class Reject(NamedTuple):
    """A row that cannot be scored."""

    line: int
    """The line of the file (row of a Parquet file) at which it begins, from 1; within a piece, from the piece's
    start."""
    id: str
    """The cells of the columns that name rows, separated by commas; empty where there are none."""
    column: str
    """The first column at fault; empty where it is the row as a whole."""
    value: str
    reason: str
    cells: Sequence[str | None] = ()
    """The cells that a file of rejects has beside the fault: of the columns that name rows, or all; None if empty."""
    letters: str = ""
    """The letters of that column in a spreadsheet, after its sheet; empty elsewhere."""
    file: str = ""
    """The file of the row, where there are several."""


class Fault(NamedTuple):
    """A fault of one cell; column and value are empty where it is of the row as a whole."""

    column: str
    value: str
    reason: str


def reject(line: int, faults: Sequence[Fault]) -> Reject:
    """Combine the faults of a row."""
    first, *others = faults
    more = "".join(f"; also {fault.column} {fault.value!r}: {fault.reason}" for fault in others)
    return Reject(line, "", first.column, first.value, first.reason + more)


def reject_problem(reject: Reject, file: str, row_unit: str) -> Problem:
    """Convert a rejected row to a problem.

    Parameters
    ----------
    reject : the row, numbered within the file.
    file : the file's name.
    row_unit : the unit in which its rows are numbered: `line` or `row`.
    """
    field = f"column {reject.column}" if reject.column else ""
    if reject.letters:
        return Problem(reject.reason, f"cell {reject.letters}{reject.line}, {field}", file)
    if row_unit == "line":
        return Problem(reject.reason, field, file, reject.line)
    return Problem(reject.reason, f"row {reject.line}, {field}".rstrip(", "), file)


def too_many_rejected(limit: int) -> str:
    """Return the message of a run that stopped because more rows than the limit were rejected."""
    return f"more than {counted(limit, 'row')} {'is' if limit == 1 else 'are'} rejected; stopped, and nothing written"


class FirstProblems(NamedTuple):
    """The problems of the first rejected rows, and the number of rows without one."""

    problems: list[Problem]
    more: int


def first_problems(rejects: Sequence[Reject], file: str, row_unit: str) -> FirstProblems:
    """Convert rejected rows to problems; rows with the same fault share one, and only the first faults are listed."""
    groups: dict[tuple[str, str], list[Reject]] = {}
    for row in rejects:
        groups.setdefault((row.column, row.reason), []).append(row)
    problems, covered = [], 0
    for first, *others in list(groups.values())[:_MAX_PROBLEMS]:
        also = also_in([f"{row_unit} {other.line}" for other in others])
        problems.append(reject_problem(first._replace(reason=first.reason + also), file, row_unit))
        covered += 1 + len(others)
    return FirstProblems(problems, len(rejects) - covered)


def distinct_from(own: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return names of columns of an input, with `input_` before those that a table has of its own."""
    distinct: list[str] = []
    for name in names:
        other = name
        while other in own or other in distinct:
            other = f"input_{other}"
        distinct.append(other)
    return distinct


class RejectsFormat(NamedTuple):
    """The columns of a file of rejected rows."""

    row_unit: str
    """The unit in which rows are numbered: `line` or `row`."""
    columns: Sequence[str]
    """The columns of the input of which each row has its cells."""
    is_whole: bool
    """True if these are all; then they are the last."""
    has_files: bool = False
    """True if the rows are those of several files, whose names come first."""

    def names(self, lead: Sequence[str] = ()) -> list[str]:
        """Return the names of the columns, after those of a file that come first."""
        first, fault = [*lead, *["file"] * self.has_files, self.row_unit], ["column", "value", "reason"]
        kept = distinct_from([*first, *fault], self.columns)
        return [*first, *fault, *kept] if self.is_whole else [*first, *kept, *fault]

    def row(self, reject: Reject) -> list[str | int | None]:
        """Return the cells of a row; None where they are empty."""
        # A fault has no text that is empty on purpose, unlike a cell.
        fault = [text or None for text in (reject.column, reject.value, reject.reason)]
        first: list[str | int | None] = [reject.file, reject.line] if self.has_files else [reject.line]
        return [*first, *fault, *reject.cells] if self.is_whole else [*first, *reject.cells, *fault]


class RejectsFile:
    """A CSV file of rejected rows.

    Parameters
    ----------
    file : the file to write.
    columns : its columns.
    escape : whether formulas are escaped with a `'`.
    source : the input of the rows, written as a first column; None for no such column.
    """

    def __init__(self, file: BinaryIO, columns: RejectsFormat, *, escape: bool, source: str | None = None) -> None:
        self._file, self._columns, self._escapes = file, columns, escape
        self._lead = () if source is None else (source,)
        self._write_row(columns.names(["file" for _ in self._lead]))

    def write(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows."""
        for reject in rejects:
            row = [str(cell) if isinstance(cell, int) else cell for cell in self._columns.row(reject)]
            self._write_row([*self._lead, *row])

    def _write_row(self, row: Sequence[str | None]) -> None:
        safe = (f"'{cell}" if cell and self._escapes and is_formula(cell) else cell for cell in row)
        line = ",".join("" if cell is None else quoted(cell, ",") for cell in safe)
        self._file.write(line.encode(errors="backslashreplace") + b"\n")
