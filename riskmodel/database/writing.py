"""Write scored and rejected rows to tables of a database, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args
from uuid import uuid4

import pyarrow as pa

from riskmodel.database.casting import ANY, cast_column, check_castable, in_words, plain_kind
from riskmodel.database.session import Session, TableName
from riskmodel.database.urls import Database, parse_database
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.tables.arrow.output_columns import TypedWriter
from riskmodel.tables.rejects import Reject, RejectsFormat
from riskmodel.tables.rows import Rows
from riskmodel.tables.writer import NONE, Encoded, Layout, ScoreColumn

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


class TableTarget(NamedTuple):
    """The table of an output."""

    database: Database
    table: TableName
    if_exists: IfExists

    def __str__(self) -> str:
        return f"{self.database.name}, table {self.table}"

    @property
    def info(self) -> dict[str, object]:
        """The table as a manifest describes it."""
        return {"database": self.database.name, "table": str(self.table), "if_exists": self.if_exists}


def table_target(output: str, table: str | None, if_exists: IfExists) -> TableTarget | None:
    """Return the table that is written if an output is a database; None for a file.

    Raises
    ------
    SituationError
        The URL or the name cannot be used, or one is there without the other.
    """
    if if_exists not in get_args(IfExists):
        raise SituationError(f"--if-exists should be {' or '.join(get_args(IfExists))}; got {if_exists!r}")
    database = parse_database(output)
    if database is None:
        for option, is_given in (("--table", table is not None), ("--if-exists", if_exists != "fail")):
            if is_given:
                raise SituationError(f"{option} goes with a database as output, such as postgresql://HOST/DATABASE")
        return None
    if table is None:
        raise database.error("name the table to write, as --table scores")
    return TableTarget(database, TableName.parse(table, "--table"), if_exists)


class OutputTable:
    """A table that is written.

    Parameters
    ----------
    session : the transaction.
    target : the table; `fail` wants a new one, `append` adds rows, and `replace` deletes those that are there. A table
        to be replaced that cannot hold the columns is dropped at the end, for a new one.
    schema : the columns that are written.
    exact : columns that must be of double precision, because they are scores.

    Raises
    ------
    SituationError
        The table exists, or cannot hold the columns.
    """

    def __init__(self, session: Session, target: TableTarget, schema: pa.Schema, exact: Sequence[str] = ()) -> None:
        self._session, self._target, self._name = session, target, target.table
        existing = session.columns(self._name)
        if existing is not None:
            if target.if_exists == "fail":
                message = "there is such a table; --if-exists append adds rows to it, --if-exists replace replaces them"
                raise self._error(message)
            try:
                _check_columns(existing, schema, exact)
            except SituationError as error:
                if target.if_exists == "append":
                    raise self._error(str(error)) from None
                self._name, existing = self._name.beside(uuid4().hex[:8]), None
        if existing is None:
            existing = pa.schema([pa.field(field.name, plain_kind(field.type)) for field in schema])
            session.create(self._name, existing)
        elif target.if_exists == "replace":
            session.clear(self._name)
        self._fields = [existing.field(column) for column in schema.names]

    def _error(self, message: str) -> SituationError:
        return SituationError([Problem(message, file=str(self._target))])

    def cast(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Cast rows to the types of the table; thread-safe.

        Raises
        ------
        SituationError
            A value has no equal in the type of the table's column.
        """
        try:
            columns = [
                cast_column(field.name, column, field.type)
                for field, column in zip(self._fields, rows.columns, strict=True)
            ]
        except SituationError as error:
            raise self._error(str(error)) from None
        return pa.RecordBatch.from_arrays(columns, names=[field.name for field in self._fields])

    def write(self, rows: pa.RecordBatch) -> None:
        """Write rows that were cast."""
        self._session.insert(self._name, rows)

    def close(self) -> None:
        """Give a new table the name of the one that it replaces."""
        if self._name != self._target.table:
            self._session.replace(self._target.table, self._name)


def _check_columns(existing: pa.Schema, schema: pa.Schema, exact: Sequence[str]) -> None:
    for field in schema:
        if field.name not in existing.names:
            raise SituationError(f"has no column {field.name!r}{_nearest(field.name, existing.names)}")
        target = existing.field(field.name).type
        if field.name in exact and target not in (pa.float64(), ANY):
            kind = in_words(target)
            raise SituationError(f"column {field.name}: is of {kind}, and scores are of double precision")
        check_castable(field.name, field.type, target)


def _nearest(name: str, known: Sequence[str]) -> str:
    hint = suggest(name, known, short=False) or f"; it has {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
    return f"{hint}; --columns leaves columns out"


class DatabaseOutput:
    """A context of the tables of a run, which are written in one transaction.

    Parameters
    ----------
    target : the table of scored rows.

    Attributes
    ----------
    info : that table, as a manifest describes it.

    Raises
    ------
    SituationError
        The database cannot be opened.
    RiskmodelError
        The extra `sql` is not installed.
    """

    def __init__(self, target: TableTarget) -> None:
        self._target, self.info = target, target.info
        self._session = open_session(target.database)
        self._tables: list[OutputTable] = []

    def __enter__(self) -> "DatabaseOutput":
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()

    def open(self, schema: pa.Schema, exact: Sequence[str]) -> OutputTable:
        """Open the table of scored rows; `exact` are the columns of scores."""
        return self._open(self._target.table, schema, exact)

    def open_rejects(self, name: str, schema: pa.Schema) -> OutputTable:
        """Open a table of rejected rows."""
        table = TableName.parse(name, "--rejects")
        if table == self._target.table:
            raise self._target.database.error(f"the table {table} is the output and the rejects at once; name another")
        return self._open(table, schema, ())

    def _open(self, name: TableName, schema: pa.Schema, exact: Sequence[str]) -> OutputTable:
        self._tables.append(OutputTable(self._session, self._target._replace(table=name), schema, exact))
        return self._tables[-1]

    def commit(self) -> None:
        """Make all tables appear at once."""
        for table in self._tables:
            table.close()
        self._session.commit()


class TableWriter(TypedWriter):
    """The table of scored rows as an output; see `riskmodel.tables.writer.Writer`."""

    def __init__(self, output: DatabaseOutput, layout: Layout, kept: pa.Schema, model: CompiledModel) -> None:
        super().__init__(layout, kept, model)
        scores = [column for column in layout if isinstance(column, ScoreColumn)]
        exact = [column.name for column in scores if column.kind not in ("band", "drivers")]
        self._table = output.open(self._columns.schema, exact)

    def encode(
        self, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats] = NONE
    ) -> Encoded:
        """Encode rows as a record batch with the types of the table."""
        return Encoded(self._table.cast(super().encode(rows, scores, intensities).content), 0)

    def write(self, encoded: Encoded) -> None:
        """Write a piece."""
        self._table.write(encoded.content)

    def close(self) -> None:
        """Do nothing: all rows are written."""

    def abandon(self) -> None:
        """Do nothing: without `DatabaseOutput.commit` nothing has changed."""


class RejectsTable:
    """A table of rejected rows in the database of the output.

    Parameters
    ----------
    output : the database.
    name : the table.
    columns : its columns, of which that of numbers is `bigint` and all others are text.
    """

    def __init__(self, output: DatabaseOutput, name: str, columns: RejectsFormat) -> None:
        self._columns = columns
        names = columns.names()
        self._schema = pa.schema([(name, pa.int64() if name == columns.row_unit else pa.string()) for name in names])
        self._table = output.open_rejects(name, self._schema)

    def write(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows."""
        rows = map(self._columns.row, rejects)
        columns = [
            pa.array(values, field.type) for field, values in zip(self._schema, zip(*rows, strict=True), strict=True)
        ]
        self._table.write(self._table.cast(pa.RecordBatch.from_arrays(columns, schema=self._schema)))
