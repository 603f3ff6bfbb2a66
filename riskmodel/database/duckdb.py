"""Files of DuckDB, by the Arrow streams of its own library."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

import pyarrow as pa

from riskmodel.database.session import TableName, quoted_name, remove_file, server_message
from riskmodel.database.urls import Database
from riskmodel.extras import require

T = TypeVar("T")
_MEMORY = "512MB"
"""What a file that is written may hold in memory; DuckDB writes the rest to disk."""


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
        self._thread = ThreadPoolExecutor(1)
        try:
            with _errors(database):
                if len(self._connection.extract_statements(query)) != 1:
                    raise database.error("--query should be one statement")
                relation = self._connection.sql(query)
                if relation is None:
                    raise database.error("the query returns no table")
                self._reader = self._interruptible(lambda: pa.RecordBatchReader.from_stream(relation))
        except BaseException:
            self.close()
            raise
        self.schema: pa.Schema = self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while True:
            with _errors(self._database):
                try:
                    batch = self._interruptible(self._reader.read_next_batch)
                except StopIteration:
                    return
            yield batch

    def _interruptible(self, call: Callable[[], T]) -> T:
        """Call in another thread, and end the query at Ctrl-C.

        DuckDB looks for signals between tasks of its own, and the thread that would look can be busy with a long one.
        """
        future = self._thread.submit(call)
        try:
            return future.result()
        except KeyboardInterrupt:
            self._connection.interrupt()
            wait([future])
            raise

    def close(self) -> None:
        """End the query and disconnect."""
        self._thread.shutdown()
        if hasattr(self, "_reader"):
            self._reader.close()
        self._connection.close()


class DuckDBSession:
    """See `riskmodel.database.session.Session`."""

    def __init__(self, database: Database) -> None:
        self._database, self._is_unfinished = database, not os.path.exists(database.path)
        self._connection = _connect(database, read_only=False)
        self._run(f"set memory_limit = '{_MEMORY}'")

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
            riskmodel_rows = schema.empty_table()  # noqa: F841  (see `insert`)
            self._connection.execute(f"create table {table.sql} as from riskmodel_rows")

    def clear(self, table: TableName) -> None:
        """Delete all rows; the table keeps its keys and indexes."""
        self._run(f"delete from {table.sql}")

    def insert(self, table: TableName, rows: pa.RecordBatch) -> None:
        """Write rows."""
        names = ", ".join(map(quoted_name, rows.schema.names))
        with _errors(self._database):
            # DuckDB finds it by the variable's name. What is registered, it keeps until the transaction ends.
            riskmodel_rows = pa.Table.from_batches([rows])  # noqa: F841
            self._connection.execute(f"insert into {table.sql} ({names}) from riskmodel_rows")

    def replace(self, table: TableName, new: TableName) -> None:
        """Drop a table, and give its name to a new one."""
        self._run(f"drop table {table.sql}")
        self._run(f"alter table {new.sql} rename to {quoted_name(table.table)}")

    def commit(self) -> None:
        """Commit."""
        self._run("commit")
        self._is_unfinished = False

    def close(self) -> None:
        """Disconnect; DuckDB undoes what was not committed. A file that was new and has nothing is removed."""
        self._connection.close()
        if self._is_unfinished:
            remove_file(self._database)
