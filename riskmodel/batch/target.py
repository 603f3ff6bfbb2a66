"""Formats of outputs, and of files that are read together, by the ends of their names."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Literal, NamedTuple

from riskmodel.database.writing import TableTarget
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.tables.output_files import output_error

Format = Literal["csv", "parquet", "arrow", "xlsx", "ods", "table"]
COMPRESSIONS = (".gz", ".zst")
_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "xlsx",
    ".ods": "ods",
}
_READ_ONLY = (".dta",)
REJECTS = ".rejects.csv"
"""The end of the names of files of rejects, which are left out where several files are read."""
READ = (*_FORMATS, *_READ_ONLY, *COMPRESSIONS)
"""The ends of names of files that are read in a folder."""


class Target(NamedTuple):
    """The path and format of an output."""

    path: str
    is_stream: bool
    """True for standard output, a device, a named pipe or a database, which cannot have other files beside it."""
    format: Format
    compression: str
    """`gz`, `zst` or empty."""
    delimiter: str
    """The delimiter, if neither the input nor the caller has one."""
    ending: str
    """The end of its name, such as `.csv.gz`."""
    table: TableTarget | None = None
    """The table of a database; None for a file."""

    @property
    def has_types(self) -> bool:
        """True if values have types, and text must be UTF-8."""
        return self.format != "csv"

    @property
    def has_exact(self) -> bool:
        """True if there are columns for scores before rounding."""
        return self.format not in ("csv", "xlsx", "ods")

    @classmethod
    def of_table(cls, table: TableTarget) -> "Target":
        """Return the target for a table of a database."""
        return cls(str(table), True, "table", "", ",", "", table)

    @classmethod
    def parse(cls, path: str) -> "Target":
        """Infer the format of an output from its name.

        Raises
        ------
        SituationError
            The name has no known ending.
        """
        is_stream = path == "-" or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))
        rest, suffix = os.path.splitext(path.lower())
        compression = suffix[1:] if suffix in COMPRESSIONS else ""
        if compression:
            suffix = os.path.splitext(rest)[1]
        ending = suffix + (f".{compression}" if compression else "")
        known = [*_FORMATS, *(a + b for a, name in _FORMATS.items() if name == "csv" for b in COMPRESSIONS)]
        if not is_stream and ending not in known:
            read_only = f"; {suffix} is read only" if suffix in _READ_ONLY else ""
            hint = read_only or suggest(ending, known, short=False)
            raise output_error(path, f"its name should end in one of {', '.join(known)}{hint}")
        delimiter = "\t" if suffix == ".tsv" else ","
        return cls(path, is_stream, _FORMATS.get(suffix, "csv"), compression, delimiter, ending)


def input_files(path: str) -> list[str]:
    """Return the files of a path, which may be of a folder or have wildcards; sorted by name.

    Raises
    ------
    SituationError
        There are none.
    """
    if os.path.isdir(path):
        names = [name for name in _below(path) if name.lower().endswith(READ)]
        kind = f"file that ends in {', '.join(READ)}"
    elif glob.has_magic(path) and not os.path.exists(path):
        names = [name for name in glob.glob(path, recursive=True) if os.path.isfile(name) and not is_temporary(name)]
        kind = "such file"
    else:
        return [path]
    names = [name for name in names if not name.endswith(REJECTS)]
    if not names:
        raise SituationError([Problem(f"there is no {kind}", file=path)])
    return sorted(names)


def _below(folder: str) -> Iterator[str]:
    for name in Path(folder).rglob("*"):
        if name.is_file() and not is_temporary(str(name), folder):
            yield str(name)


def is_temporary(name: str, base: str = "") -> bool:
    """Return True if the name of a file, or of a folder below `base`, begins with `_` or `.`."""
    below = PurePath(name).relative_to(base).parts if base else (PurePath(name).name,)
    return any(part.startswith(("_", ".")) for part in below)
