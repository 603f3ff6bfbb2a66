"""Write scored and rejected rows to tables of a database, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import uuid4

import pyarrow as pa

from riskmodel.database.casting import ANY, cast_column, check_castable, plain_kind
from riskmodel.database.session import Session, TableName, unknown_column
from riskmodel.database.urls import Database
from riskmodel.errors import SituationError

IfExists = Literal["fail", "append", "replace"]


def open_session(database: Database) -> Session:
    """Connect to a database to write to it.

    Raises
    ------
    SituationError
        The database cannot be opened.
    RiskmodelError
        The extra `sql` is not installed.
    """
    if database.kind == "postgresql":
        from riskmodel.database.postgresql import PostgresSession

        return PostgresSession(database)
    if database.kind == "duckdb":
        from riskmodel.database.duckdb import DuckDBSession

        return DuckDBSession(database)
    from riskmodel.database.sqlite import SqliteSession

    return SqliteSession(database)


class OutputTable:
    """A table that is written.

    Parameters
    ----------
    session : the transaction.
    name : the table.
    schema : the columns that are written.
    if_exists : `fail` wants a new table, `append` adds rows, and `replace` deletes those that are there; a table that
        cannot hold the columns is dropped at the end, for a new one.
    exact : columns that must be of double precision, because they are scores.

    Raises
    ------
    SituationError
        The table exists, or cannot hold the columns.
    """

    def __init__(
        self, session: Session, name: TableName, schema: pa.Schema, if_exists: IfExists, exact: Sequence[str] = ()
    ) -> None:
        self._session, self._name, self._replaced = session, name, None
        existing = session.columns(name)
        if existing is not None and if_exists == "fail":
            raise SituationError(
                f"there is a table {name} already; --if-exists append adds rows to it, and --if-exists replace "
                "replaces its rows"
            )
        if existing is not None:
            try:
                _check_columns(name, existing, schema, exact)
            except SituationError:
                if if_exists == "append":
                    raise
                self._replaced, existing = name, None
                self._name = name.beside(uuid4().hex[:8])
        if existing is None:
            existing = pa.schema([pa.field(field.name, plain_kind(field.type)) for field in schema])
            session.create(self._name, existing)
        elif if_exists == "replace":
            session.clear(name)
        self._fields = [existing.field(column) for column in schema.names]

    def cast(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Cast rows to the types of the table; thread-safe."""
        columns = [
            cast_column(field.name, column, field.type)
            for field, column in zip(self._fields, rows.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, names=[field.name for field in self._fields])

    def write(self, rows: pa.RecordBatch) -> None:
        """Write rows that were cast."""
        self._session.insert(self._name, rows)

    def close(self) -> None:
        """Give a new table the name of the one that it replaces."""
        if self._replaced is not None:
            self._session.replace(self._replaced, self._name)


def _check_columns(name: TableName, existing: pa.Schema, schema: pa.Schema, exact: Sequence[str]) -> None:
    for field in schema:
        if field.name not in existing.names:
            raise unknown_column(field.name, name, existing.names)
        target = existing.field(field.name).type
        if field.name in exact and target not in (pa.float64(), ANY):
            check = f"column {field.name} of the table {name} should be double precision, as scores are"
            raise SituationError(f"{check}; it is of another type, which would round them")
        check_castable(field.name, field.type, target)
