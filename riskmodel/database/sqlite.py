"""Files of SQLite, by Python's own library.

SQLite has types of values, not of columns. A column is read as text if one of its values is text, so that no digits of
its numbers are lost; a driver of Arrow that infers types from the first rows would lose them.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.database.casting import ANY
from riskmodel.database.session import TableName, quoted_name, remove_file
from riskmodel.database.urls import Database

ROWS = 49_152
SECONDS = 5.0
"""How long to wait for a lock."""
_STEPS = 1_000_000
"""Steps of a query between calls of Python."""
_EXACT = 2**53


@contextmanager
def _errors(database: Database) -> Iterator[None]:
    """Raise the errors of SQLite as those of the database."""
    try:
        yield
    except sqlite3.Error as error:
        if str(error) == "interrupted":
            raise KeyboardInterrupt from None
        hint = "; another program is writing" if "locked" in str(error) else ""
        raise database.error(f"{error}{hint}") from None


def _connect(database: Database, mode: str) -> sqlite3.Connection:
    database.check_file(exists=mode == "ro")
    address = f"{Path(database.path).resolve().as_uri()}?mode={mode}"
    with _errors(database):
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=SECONDS, check_same_thread=False)
        connection.execute("select 1 from sqlite_master limit 1")
        # Python handles Ctrl-C in its own code only, which is called from time to time.
        connection.set_progress_handler(lambda: None, _STEPS)
        return connection


class SqliteStream:
    """The rows of a query, as they arrive; see `riskmodel.database.reading.Stream`."""

    def __init__(self, database: Database, query: str) -> None:
        self._database = database
        self._connection = _connect(database, "ro")
        try:
            with _errors(database):
                # Both queries see the same rows.
                self._connection.execute("begin")
                self._cursor = self._connection.execute(query)
                names = [column[0] for column in self._cursor.description or ()]
                self.schema = pa.schema([pa.field(name, kind) for name, kind in self._kinds(names, query)])
        except BaseException:
            self.close()
            raise

    def _kinds(self, names: Sequence[str], query: str) -> Iterator[tuple[str, pa.DataType]]:
        if len(set(names)) < len(names) or not names:
            yield from ((name, pa.null()) for name in names)  # an error of the caller
            return
        columns = ", ".join(f"group_concat(distinct typeof({quoted_name(name)}))" for name in names)
        kinds_of = self._connection.execute(f"select {columns} from ({query}\n)").fetchone()
        for name, kinds in zip(names, kinds_of, strict=True):
            yield name, self._kind(name, set((kinds or "").split(",")) - {"null", ""})

    def _kind(self, name: str, kinds: set[str]) -> pa.DataType:
        if "blob" in kinds and len(kinds) > 1:
            other = ", ".join(sorted(kinds - {"blob"}))
            remedy = f"cast({quoted_name(name)} as text)"
            raise self._database.error(f"column {name}: holds blobs beside {other}; write {remedy} in the query")
        for kind, arrow in (("blob", pa.binary()), ("text", pa.string()), ("real", pa.float64())):
            if kind in kinds:
                return arrow
        return pa.int64() if kinds else pa.null()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        row = 0
        while True:
            with _errors(self._database):
                rows = self._cursor.fetchmany(ROWS)
            if not rows:
                return
            columns = [
                self._array(field, values, row)
                for field, values in zip(self.schema, zip(*rows, strict=True), strict=True)
            ]
            row += len(rows)
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _array(self, field: pa.Field, values: Sequence[Any], row: int) -> pa.Array:
        if pa.types.is_string(field.type):
            values = [value if value is None or isinstance(value, str) else str(value) for value in values]
        elif pa.types.is_floating(field.type):
            for index, value in enumerate(values):
                if isinstance(value, int) and abs(value) > _EXACT:
                    remedy = f"cast({quoted_name(field.name)} as real), or as text,"
                    raise self._database.error(
                        f"row {row + index + 1}, column {field.name}: {value} is too large an integer for a column "
                        f"with other numbers; write {remedy} in the query"
                    )
        return pa.array(values, field.type)

    def close(self) -> None:
        """End the query and disconnect."""
        self._connection.close()


class SqliteSession:
    """See `riskmodel.database.session.Session`.

    Rows are first written to temporary tables, which SQLite keeps in files without a name: the database is locked only
    at the end, when nothing reads it any more.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._is_unfinished = database, not os.path.exists(database.path)
        self._connection = _connect(database, "rwc")
        self._before: list[str] = []
        self._filled: dict[TableName, str] = {}
        self._after: list[str] = []

    def columns(self, table: TableName) -> pa.Schema | None:
        """Return the types of values that the columns keep unchanged, by the affinity of their declared types."""
        self._check_name(table)
        with _errors(self._database):
            rows = self._connection.execute(f"pragma table_xinfo({quoted_name(table.table)})").fetchall()
        return pa.schema([pa.field(row[1], _affinity(row[2])) for row in rows]) if rows else None

    def _check_name(self, table: TableName) -> None:
        if table.schema not in (None, "main"):
            raise self._database.error(f'a file of SQLite has no schemas; write "{table}" in quotes for such a name')

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """Create a table."""
        columns = (f"{quoted_name(field.name)} {self._declared(field)}" for field in schema)
        self._before.append(f"create table {quoted_name(table.table)} ({', '.join(columns)})")

    def _declared(self, field: pa.Field) -> str:
        kind = field.type
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
            return "boolean" if pa.types.is_boolean(kind) else "integer"
        if pa.types.is_nested(kind) or pa.types.is_interval(kind) or pa.types.is_duration(kind):
            raise self._database.error(f"the column {field.name!r} holds {kind}, which SQLite has not; leave it out")
        return "real" if pa.types.is_floating(kind) else "blob" if pa.types.is_binary(kind) else "text"

    def clear(self, table: TableName) -> None:
        """Delete all rows; the table keeps its keys, indexes and triggers."""
        self._before.append(f"delete from {quoted_name(table.table)}")

    def insert(self, table: TableName, rows: pa.RecordBatch) -> None:
        """Write rows to a temporary table."""
        names = rows.schema.names
        with _errors(self._database):
            if table not in self._filled:
                part = f"temp.part{len(self._filled)}"
                self._connection.execute(f"create table {part} ({', '.join(map(quoted_name, names))})")
                columns = ", ".join(map(quoted_name, names))
                self._filled[table] = (
                    f"insert into main.{quoted_name(table.table)} ({columns}) select * from {part} order by rowid"
                )
            part = f"temp.part{list(self._filled).index(table)}"
            self._connection.execute("begin")
            self._connection.executemany(
                f"insert into {part} values ({', '.join('?' * len(names))})",
                zip(*map(_values, rows.columns), strict=True),
            )
            self._connection.execute("commit")

    def replace(self, table: TableName, new: TableName) -> None:
        """Drop a table, and give its name to a new one."""
        self._after += [
            f"drop table {quoted_name(table.table)}",
            f"alter table {quoted_name(new.table)} rename to {quoted_name(table.table)}",
        ]

    def commit(self) -> None:
        """Lock the database, write all rows, and commit."""
        with _errors(self._database):
            for statement in ("begin immediate", *self._before, *self._filled.values(), *self._after, "commit"):
                self._connection.execute(statement)
        self._is_unfinished = False

    def close(self) -> None:
        """Disconnect; SQLite undoes what was not committed. A file that was new and has nothing is removed."""
        self._connection.close()
        if self._is_unfinished:
            remove_file(self._database)


def _values(column: pa.Array) -> list[Any]:
    """Return the values as SQLite takes them: decimals, dates and times as text."""
    kind = column.type
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int64())
    elif pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        column = pc.cast(column, pa.string())
    elif isinstance(kind, pa.BaseExtensionType):
        return [None if value is None else str(value) for value in column.to_pylist()]
    values: list[Any] = column.to_pylist()
    return values


def _affinity(declared: str) -> pa.DataType:
    """Return the type of values that a column of a declared type keeps (https://sqlite.org/datatype3.html, 3.1).

    A column of numbers would turn the text 007 into 7, and one of text 0.1 + 0.2 into 0.3.
    """
    name = declared.upper()
    words: dict[str, pa.DataType] = {
        "INT": pa.int64(),
        **dict.fromkeys(("CHAR", "CLOB", "TEXT", "DATE", "TIME"), pa.string()),
        "BLOB": ANY,
        "BOOL": pa.bool_(),
    }
    return next((kind for word, kind in words.items() if word in name), pa.float64() if name else ANY)
