"""The file of rejected rows: where each stands, what is wrong with it, and the value at fault."""

from collections.abc import Sequence
from typing import BinaryIO

from riskmodel.batch.formulas import is_formula
from riskmodel.batch.quotes import quoted
from riskmodel.batch.rows import Reject


class RejectsFile:
    """Rejected rows as CSV.

    Parameters
    ----------
    file : where they go.
    place : what numbers the rows: `line` or `row`.
    escape : whether formulas get a `'`.
    source : the file that the rows are from, as a first column, where there may be several.
    """

    def __init__(self, file: BinaryIO, place: str, *, escape: bool, source: str | None = None) -> None:
        self._file, self._escapes = file, escape
        self._lead = () if source is None else (source,)
        self._write((*("file" for _ in self._lead), place, "id", "column", "value", "reason"))

    def write(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows."""
        for reject in rejects:
            self._write((*self._lead, str(reject.line), *reject[1:]))

    def _write(self, cells: Sequence[str]) -> None:
        safe = (f"'{cell}" if self._escapes and is_formula(cell) else cell for cell in cells)
        line = ",".join(quoted(cell, ",") if cell else "" for cell in safe)
        self._file.write(line.encode(errors="backslashreplace") + b"\n")
