"""The names of tables, and the interface of a transaction in which tables are written."""

import os
import re
from contextlib import suppress
from typing import NamedTuple, Protocol

import pyarrow as pa

from riskmodel.database.urls import Database
from riskmodel.errors import SituationError

_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


def quoted_name(name: str) -> str:
    """Return a name as SQL writes it, with all its letters as they are."""
    return '"' + name.replace('"', '""') + '"'


class TableName(NamedTuple):
    """The name of a table: `scores`, or `analytics.scores` with its schema; `"a.b"` has a point in the name."""

    schema: str | None
    table: str

    @classmethod
    def parse(cls, text: str, option: str) -> "TableName":
        """Split a name at its point.

        Raises
        ------
        SituationError
            It is no name of a table; the message begins with the option.
        """
        parts = [match[1].replace('""', '"') if match[1] else match[2] for match in _PART.finditer(text)]
        if not 1 <= len(parts) <= 2 or _PART.sub("", text) != "." * (len(parts) - 1):
            raise SituationError(f"{option} should be a table such as scores, or analytics.scores; got {text!r}")
        return cls(parts[0] if len(parts) == 2 else None, parts[-1])

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table

    @property
    def sql(self) -> str:
        """The name as SQL writes it."""
        return ".".join(quoted_name(part) for part in self if part)

    def beside(self, suffix: str) -> "TableName":
        """Return another name in the same schema."""
        return self._replace(table=f"{self.table[:40]}_{suffix}")


class Session(Protocol):
    """A connection that writes tables in one transaction: without `commit` nothing has changed.

    All methods raise a SituationError with the database's message.
    """

    def columns(self, table: TableName) -> pa.Schema | None:
        """Return the columns of a table, with the types of values that can be written to them; None for no table."""

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """Create a table."""

    def clear(self, table: TableName) -> None:
        """Delete all rows of a table, and keep others from writing to it until the end."""

    def insert(self, table: TableName, rows: pa.RecordBatch) -> None:
        """Write rows whose columns are columns of the table, with its types."""

    def replace(self, table: TableName, new: TableName) -> None:
        """Drop a table, and give its name to a new one."""

    def commit(self) -> None:
        """Make all changes at once."""

    def close(self) -> None:
        """Disconnect; without `commit`, all changes are undone."""


def remove_file(database: Database) -> None:
    """Remove the file of a database that was made for nothing, with its log."""
    for path in (database.path, f"{database.path}.wal"):
        with suppress(OSError):
            os.unlink(path)


def server_message(text: str) -> str:
    """Join a message of a database and the place in the query that it points to: `..., at 'frm t' in line 1`."""
    lines = text.splitlines()
    for index, line in enumerate(lines[:-1]):
        match = re.match(r"LINE (\d+): ", line)
        if match and set(lines[index + 1].strip()) == {"^"}:
            place = line[max(lines[index + 1].index("^"), match.end()) :][:30].strip()
            lines[index : index + 2] = [f"at {place!r} in line {match[1]} of the query" if place else "at its end"]
            break
    return "; ".join(" ".join(line.split()) for line in lines if line.strip())
