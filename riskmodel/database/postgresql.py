"""PostgreSQL, by ADBC: queries and tables as the server's binary COPY, without text between."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.database.casting import WORDS
from riskmodel.database.session import TableName, quoted_name, server_message
from riskmodel.database.urls import Database
from riskmodel.extras import require

_TYPE, _MODIFIER = b"POSTGRESQL:type", b"POSTGRESQL:typmod"
"""Metadata of columns in the driver's schemas."""
_NUMBERED = {"money": "numeric", "oid": "bigint", "xid": "text", "cid": "text"}
"""Types whose values the driver gives as other numbers, with a type to cast them to."""
_EXACT = 2**53
_MAX_NAME = 63
"""Bytes of a name; the server cuts off what is longer."""
_LOCK_SECONDS = 10
_INTERRUPTED = "canceling statement due to user request"
"""The message after Ctrl-C, of which the driver makes a request to the server."""


@contextmanager
def _errors(database: Database, *, of_query: bool = False) -> Iterator[None]:
    """Raise the driver's errors as those of the database; `of_query` keeps the place in the user's query."""
    import adbc_driver_manager

    try:
        yield
    except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
        if _INTERRUPTED in str(error):
            raise KeyboardInterrupt from None
        text = _message(str(error))
        raise database.error(server_message(text if of_query else text.partition("\nLINE ")[0])) from None


def _message(text: str) -> str:
    """Return the server's message, without the driver's words around it and without the query."""
    text, _, context = text.partition("\n\nQuery was:")[0].partition("\nCONTEXT:")
    text = re.sub(r"\s*\.?\s*SQLSTATE: \w+\s*$", "", text)
    if copied := re.search(r"COPY .*, column ([^:\n]+)", context):
        text = f"{text}\ncolumn {copied[1].strip()}"
    match = re.search(r"(?:ERROR|FATAL|PANIC):\s+(.*)", text, re.DOTALL)
    return match[1] if match else re.sub(r"^[A-Z_]+: (?:\[libpq\] )?(?:Failed to connect: )?", "", text)


def _connect(database: Database) -> Any:
    require("sql")
    from adbc_driver_postgresql import dbapi

    with _errors(database):
        return dbapi.connect(database.url)


class PostgresStream:
    """The rows of a query, as they arrive; see `riskmodel.database.reading.Stream`."""

    def __init__(self, database: Database, query: str) -> None:
        self._database = database
        self._connection = _connect(database)
        try:
            self._cursor = self._connection.cursor()
            with _errors(database, of_query=True):
                self._cursor.execute("set transaction read only")
                # A comment at its end must not reach what the driver adds.
                self._cursor.execute(f"{query}\n")
                self._reader = self._cursor.fetch_record_batch()
            self._fields = [_Field(database, field) for field in self._reader.schema]
        except BaseException:
            self.close()
            raise
        self.schema = pa.schema([pa.field(field.name, field.kind) for field in self._fields])

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        row = 0
        while True:
            with _errors(self._database, of_query=True):
                try:
                    batch = self._reader.read_next_batch()
                except StopIteration:
                    return
            columns = [field.convert(column, row) for field, column in zip(self._fields, batch.columns, strict=True)]
            row += batch.num_rows
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def close(self) -> None:
        """End the query and disconnect."""
        for opened in (getattr(self, "_reader", None), getattr(self, "_cursor", None), self._connection):
            if opened is not None:
                opened.close()


class _Field:
    """A column of a query: the type in which it is read, and the conversion of its values."""

    def __init__(self, database: Database, field: pa.Field) -> None:
        self._database, self.name = database, field.name
        self.kind = field.type
        server_type = (field.metadata or {}).get(_TYPE, b"").decode()
        self._is_numeric = server_type == "numeric"
        if self._is_numeric:
            self.kind = _numeric(field) or pa.float64()
        elif server_type in _NUMBERED:
            raise self._refused(server_type, _NUMBERED[server_type])
        elif isinstance(field.type, pa.OpaqueType):
            raise self._refused(server_type, "text")
        elif pa.types.is_list(field.type) and isinstance(field.type.value_type, pa.OpaqueType):
            raise self._refused(f"an array of {field.type.value_type.type_name}", "text")

    def _refused(self, server_type: str, cast: str) -> Exception:
        return self._database.error(
            f"column {self.name}: {server_type} cannot be read; write {quoted_name(self.name)}::{cast} in the query"
        )

    def convert(self, column: pa.Array, row: int) -> pa.Array:
        """Convert values, the first of which is in the row after `row`."""
        if not self._is_numeric:
            return column
        text = column.storage
        text = pc.if_else(pc.equal(text, "nan"), pa.scalar(None, text.type), text)
        values = pc.cast(text, self.kind)
        if pa.types.is_floating(self.kind):
            rounded = pc.and_(pc.greater(pc.abs(values), _EXACT), pc.is_finite(values))
            if pc.any(rounded).as_py():
                position = pc.index(rounded, True).as_py()
                raise self._database.error(
                    f"row {row + position + 1}, column {self.name}: {text[position]} has more digits than a number of "
                    f"double precision; write {quoted_name(self.name)}::numeric(38, 0) in the query, or ::text"
                )
        return values


def _numeric(field: pa.Field) -> pa.DataType | None:
    """Return the type of a `numeric(precision, scale)`; None where neither is given, or Arrow has no such type."""
    modifier = int((field.metadata or {}).get(_MODIFIER, b"-1")) - 4
    precision, scale = modifier >> 16, modifier & 0x7FF
    if modifier < 0 or not 0 <= scale <= precision <= 76:
        return None
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


class PostgresSession:
    """See `riskmodel.database.session.Session`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = _connect(database)
        self._cursor = self._connection.cursor()
        self._run(f"set lock_timeout = '{_LOCK_SECONDS}s'")

    def _run(self, statement: str) -> None:
        with _errors(self._database):
            self._cursor.execute(statement)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with _errors(self._database):
            self._cursor.execute(query)
            rows: list[tuple[Any, ...]] = self._cursor.fetchall()
            return rows

    def columns(self, table: TableName) -> pa.Schema | None:
        """Return the types in which the driver reads the columns, in which alone it writes them rightly."""
        if self._rows(f"select to_regclass({_text(table.sql)}) is null") == [(True,)]:
            return None
        with _errors(self._database):
            self._cursor.execute(f"select * from {table.sql} where false")
            schema = self._cursor.fetch_record_batch().schema
        return pa.schema([self._target(field) for field in schema])

    def _target(self, field: pa.Field) -> pa.Field:
        server_type = field.metadata[_TYPE].decode()
        if server_type == "numeric":
            return field.with_type(_numeric(field) or field.type)
        if server_type in _NUMBERED:
            return field.with_type(pa.opaque(pa.binary(), server_type, "PostgreSQL"))
        return field

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """Create a table."""
        for name in (table.table, *schema.names):
            if len(name.encode()) > _MAX_NAME:
                raise self._database.error(f"the name {name!r} has more than {_MAX_NAME} bytes, which PostgreSQL cuts")
        columns = (f"{quoted_name(field.name)} {_server_type(field, self._database)}" for field in schema)
        self._run(f"create table {table.sql} ({', '.join(columns)})")

    def clear(self, table: TableName) -> None:
        """Delete all rows; readers see them until the end, and the table keeps its keys, indexes and grants."""
        # Two runs that each delete what they see would both leave their rows.
        self._run(f"lock table {table.sql} in share row exclusive mode")
        referring = self._rows(
            "select conrelid::regclass::text from pg_catalog.pg_constraint "
            f"where confrelid = {_text(table.sql)}::regclass and contype = 'f' and confdeltype not in ('a', 'r')"
        )
        if referring:
            raise self._database.error(
                f"rows of the table {referring[0][0]} refer to those of {table}, and would change with them "
                "(on delete); use --if-exists append, or another table"
            )
        self._run(f"delete from {table.sql}")

    def insert(self, table: TableName, rows: pa.RecordBatch) -> None:
        """Write rows by COPY."""
        with _errors(self._database):
            self._cursor.adbc_ingest(table.table, rows, mode="append", db_schema_name=table.schema)

    def replace(self, table: TableName, new: TableName) -> None:
        """Drop a table, and give its name to a new one."""
        self._run(f"drop table {table.sql}")
        self._run(f"alter table {new.sql} rename to {quoted_name(table.table)}")

    def commit(self) -> None:
        """Commit."""
        with _errors(self._database):
            self._connection.commit()

    def close(self) -> None:
        """Disconnect; the server undoes what was not committed."""
        self._cursor.close()
        self._connection.close()


def _text(words: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + words.replace("'", "''") + "'"


_SERVER_TYPES: dict[str, str] = {
    **WORDS,
    "int8": "smallint",
    "timestamp[us]": "timestamp",
    "timestamp[us, tz=UTC]": "timestamptz",
    "month_day_nano_interval": "interval",
    "extension<arrow.uuid>": "uuid",
    "extension<arrow.json>": "json",
}
"""Types of columns by the type of their values."""


def _server_type(field: pa.Field, database: Database) -> str:
    kind, suffix = field.type, ""
    if pa.types.is_list(kind):
        kind, suffix = kind.value_type, "[]"
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale}){suffix}"
    if str(kind) not in _SERVER_TYPES:
        raise database.error(f"the column {field.name!r} holds {kind}, for which there is no type; leave it out")
    return _SERVER_TYPES[str(kind)] + suffix
