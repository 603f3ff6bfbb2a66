"""Files of DuckDB, by the Arrow streams of its own library."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from riskmodel.database.session import TableName, quoted_name, remove_file, server_message
from riskmodel.database.urls import Database
from riskmodel.extras import require

_ROWS = "riskmodel_rows"
_MEMORY = "512MB"


@contextmanager
def _errors(database: Database) -> Iterator[None]:
    """Raise the errors of DuckDB as those of the database."""
    import duckdb

    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
        if "Query interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise database.error(server_message(str(error))) from None


def _connect(database: Database, *, read_only: bool) -> Any:
    require("sql")
    import duckdb

    database.check_file(exists=read_only)
    with _errors(database):
        connection = duckdb.connect(database.path, read_only=read_only)
        connection.execute("begin transaction")
        return connection


class DuckDBStream:
    """The rows of a query, as they arrive; see `riskmodel.database.reading.Stream`."""

    def __init__(self, database: Database, query: str, writable: bool) -> None:
        self._database = database
        # In one process, all connections to a file must be of one kind.
        self._connection = _connect(database, read_only=not writable)
        try:
            with _errors(database):
                if len(self._connection.extract_statements(query)) != 1:
                    raise database.error("--query should be one statement")
                relation = self._connection.sql(query)
                if relation is None:
                    raise database.error("the query returns no table")
                self._reader = pa.RecordBatchReader.from_stream(relation)
        except BaseException:
            self.close()
            raise
        self.schema: pa.Schema = self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while True:
            with _errors(self._database):
                try:
                    batch = self._reader.read_next_batch()
                except StopIteration:
                    return
            yield batch

    def close(self) -> None:
        """End the query and disconnect."""
        if hasattr(self, "_reader"):
            self._reader.close()
        self._connection.close()


class DuckDBSession:
    """See `riskmodel.database.session.Session`.

    Rows are first written to temporary files without a name, beside the file of the database: the memory of a
    transaction of DuckDB grows with each statement that inserts rows, and is bounded for one that inserts all.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._is_unfinished = database, not os.path.exists(database.path)
        self._connection = _connect(database, read_only=False)
        self._rows: dict[TableName, _Rows] = {}

    def _run(self, statement: str) -> Any:
        with _errors(self._database):
            return self._connection.execute(statement)

    def columns(self, table: TableName) -> pa.Schema | None:
        """Return the types of the columns."""
        with _errors(self._database):
            known = self._connection.execute(
                "select 1 from information_schema.tables where lower(table_name) = lower(?) and table_schema = ?",
                [table.table, table.schema or "main"],
            )
            if not known.fetchall():
                return None
            schema: pa.Schema = pa.RecordBatchReader.from_stream(
                self._connection.sql(f"select * from {table.sql} limit 0")
            ).schema
            return schema

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """Create a table."""
        with _errors(self._database):
            self._connection.register(_ROWS, schema.empty_table())
            self._connection.execute(f"create table {table.sql} as from {_ROWS}")
            self._connection.unregister(_ROWS)

    def clear(self, table: TableName) -> None:
        """Delete all rows; the table keeps its keys and indexes."""
        self._run(f"delete from {table.sql}")

    def insert(self, table: TableName, rows: pa.RecordBatch) -> None:
        """Write rows to a temporary file."""
        with _errors(self._database):
            if table not in self._rows:
                self._rows[table] = _Rows(os.path.dirname(self._database.path) or ".", rows.schema)
            self._rows[table].writer.write_batch(rows)

    def _fill(self, table: TableName) -> None:
        """Insert the rows of a table."""
        if rows := self._rows.pop(table, None):
            names = ", ".join(map(quoted_name, rows.names))
            with _errors(self._database):
                self._connection.execute(f"set memory_limit = '{_MEMORY}'")
                self._connection.register(_ROWS, rows.reader())
                self._connection.execute(f"insert into {table.sql} ({names}) from {_ROWS}")
                self._connection.unregister(_ROWS)

    def replace(self, table: TableName, new: TableName) -> None:
        """Drop a table, and give its name to a new one."""
        self._fill(new)
        self._run(f"drop table {table.sql}")
        self._run(f"alter table {new.sql} rename to {quoted_name(table.table)}")

    def commit(self) -> None:
        """Insert all rows, and commit."""
        for table in list(self._rows):
            self._fill(table)
        self._run("commit")
        self._is_unfinished = False

    def close(self) -> None:
        """Disconnect; DuckDB undoes what was not committed. A file that was new and has nothing is removed."""
        self._connection.close()
        if self._is_unfinished:
            remove_file(self._database)


class _Rows:
    """The rows of a table, in a temporary file."""

    def __init__(self, folder: str, schema: pa.Schema) -> None:
        self.names: list[str] = schema.names
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (it ends with this object)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self.writer = pa.ipc.new_stream(self._file, schema, options=options)

    def reader(self) -> pa.RecordBatchReader:
        """Return all rows, once they are written."""
        self.writer.close()
        self._file.seek(0)
        return pa.ipc.open_stream(self._file)
