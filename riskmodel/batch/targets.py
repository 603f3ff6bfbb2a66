"""Where a run writes to: names, formats, and that no file of a run is another."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from riskmodel.batch.csv_source import CsvMarks
from riskmodel.batch.outputs import problem, same_file
from riskmodel.batch.renames import beside
from riskmodel.cells import separator
from riskmodel.errors import SituationError, nearest

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
COMPRESSIONS = (".gz", ".zst")
_WRITTEN = ("output", "rejects", "manifest")


class Target(NamedTuple):
    """Where the output goes, and in which format."""

    path: str
    is_stream: bool
    """Standard output, a device or a named pipe: nothing can stand beside it."""
    is_parquet: bool
    compression: str
    """`gz`, `zst` or empty."""
    delimiter: str
    """The delimiter, where neither the input nor the caller has one."""
    ending: str
    """What its name ends in, such as `.csv.gz`."""


def target(path: str) -> Target:
    """What the name of an output says.

    Raises
    ------
    SituationError
        Where it says nothing that we write.
    """
    is_stream = path == "-" or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))
    rest, suffix = os.path.splitext(path.lower())
    compression = suffix[1:] if suffix in COMPRESSIONS else ""
    if compression:
        suffix = os.path.splitext(rest)[1]
    ending = suffix + (f".{compression}" if compression else "")
    is_parquet = suffix in (".parquet", ".pq")
    if not is_stream and (suffix not in SUFFIXES or (is_parquet and compression)):
        known = [*SUFFIXES, *(a + b for a in (".csv", ".tsv", ".txt") for b in COMPRESSIONS)]
        raise problem(path, f"its name should end in one of {', '.join(known)}{nearest(ending, known, short=False)}")
    return Target(path, is_stream, is_parquet, compression, "\t" if suffix == ".tsv" else ",", ending)


def check_apart(files: Mapping[str, str | None]) -> None:
    """Check that no two files of a run are one, nor one a temporary file of another; by what they are to the run.

    Raises
    ------
    SituationError
        Where two are.
    """
    named = [(role, path) for role, path in files.items() if path is not None]
    named += [
        (f"temporary file of the {role}", str(beside(Path(os.path.realpath(path)), what)))
        for role, path in named
        if role in _WRITTEN and path != "-"
        for what in ("part", "old")
    ]
    for place, (role, path) in enumerate(named):
        for other_role, other in named[:place]:
            if same_file(path, other):
                raise problem(path, f"is the {other_role} and the {role} at once; name another")


def check_choices(formulas: str, engine: str, max_rejects: int | None) -> None:
    """Check what has only so many values.

    Raises
    ------
    SituationError
        Where a value is none of them.
    """
    for name, value, known in (("formulas", formulas, ("escape", "keep")), ("engine", engine, ("local", "dask"))):
        if value not in known:
            raise SituationError(f"{name} should be {' or '.join(known)}; got {value!r}")
    if max_rejects is not None and max_rejects < 0:
        raise SituationError(f"max_rejects should be 0 or more; got {max_rejects}")


def check_marks(marks: CsvMarks) -> None:
    """Check the delimiter and the marks in numbers that somebody asks for.

    Raises
    ------
    SituationError
        Where cells, or the parts of a number, could not be told apart with them.
    """
    delimiter, decimal, thousands, _ = marks
    if delimiter is not None and (
        len(delimiter) != 1 or not delimiter.isascii() or delimiter.isalnum() or delimiter in "\"'\r\n\0.+-_="
    ):
        raise SituationError(f"--delimiter should be one character such as , ; | or a tab; got {delimiter!r}")
    if decimal not in (None, ".", ","):
        raise SituationError(f"--decimal should be . or ,; got {decimal!r}")
    if thousands is None:
        return
    if separator(thousands) is None:
        raise SituationError(f"--thousands should be , . ' or a space; got {thousands!r}")
    if thousands == marks.numbers.decimal:
        other = {",": ".", ".": ","}[thousands]
        raise SituationError(f"--thousands {thousands} is the decimal mark; it goes with --decimal {other}")
