"""The rows of a query, as a table that is read in batches."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.database.session import quoted_name
from riskmodel.database.urls import Database, parse_database
from riskmodel.errors import SituationError
from riskmodel.tables.arrow.reader import Batch
from riskmodel.tables.columns import duplicate_names
from riskmodel.tables.output_files import same_file

_DAYS = (-2_440_588, 2_145_031_948)
"""The first and the last day of PostgreSQL, in 4714 BC and 5874897, since 1970."""
_MICROSECONDS = (-210_866_803_200_000_000, 2**63 - 2)
"""Its first microsecond, and the last before the infinity of DuckDB. PostgreSQL's infinity lies before both, because it
overflows when days since 2000 become days since 1970."""
_ANY = (-(2**63) + 2, 2**63 - 2)


class Stream(Protocol):
    """The rows of a query, as they arrive."""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, in order."""

    def close(self) -> None:
        """End the query and disconnect; may be called again."""


class QuerySource(NamedTuple):
    """A query that is an input."""

    database: Database
    query: str

    def open(self, written: Database | None) -> "QueryContent":
        """Run the query; `written` is the database that is written in the same run.

        Raises
        ------
        SituationError
            The database cannot be opened, or rejects the query.
        RiskmodelError
            The extra `sql` is not installed.
        """
        paths = (self.database.path, written.path if written else "")
        return QueryContent(self.database, self.query, writable=all(paths) and same_file(*paths))


def query_source(source: str, query: str | None) -> QuerySource | None:
    """Return the query that is read if an input is a database; None for a file.

    Raises
    ------
    SituationError
        The URL cannot be used, or one of URL and query is there without the other.
    """
    database = parse_database(source)
    if database is None:
        if query is not None:
            raise SituationError("--query goes with a database as input, such as postgresql://HOST/DATABASE")
        return None
    if query is None or not query.strip(" \t\r\n;"):
        raise database.error('give the rows to score by a query, as --query "select * from months"')
    return QuerySource(database, query)


class QueryContent:
    """The rows of a query; see `riskmodel.tables.arrow.reader.ArrowContent`.

    The query is run once, in a transaction that changes nothing; the connection ends after the last row.

    Parameters
    ----------
    database, query : the database, and the query in its SQL.
    writable : whether the file of the database is written in the same run.

    Raises
    ------
    SituationError
        The database cannot be opened, or rejects the query.
    RiskmodelError
        The extra `sql` is not installed.
    """

    rows_before = 0
    size = None

    def __init__(self, database: Database, query: str, *, writable: bool = False) -> None:
        self._database, self._query, self.name = database, query, database.name
        self._stream = _open(database, query.strip().rstrip(";"), writable)
        self.schema = self._stream.schema
        if not self.schema.names:
            self.close()
            raise database.error("the query returns no table")
        if doubled := duplicate_names(self.schema.names):
            self.close()
            raise database.error(f"the query has two columns {doubled[0]!r}; name one `as` something else")

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches of at most `size` rows, in order.

        Raises
        ------
        SituationError
            The query fails, has no rows, or has an infinite date.
        """
        done = 0
        # Without rows to come the connection must end, because it keeps others from dropping what it has read.
        with closing(self._stream):
            for content in self._stream:
                for name, column in zip(content.schema.names, content.columns, strict=True):
                    if pa.types.is_date32(column.type) or pa.types.is_timestamp(column.type):
                        self._check_finite(name, column, done)
                for start in range(0, content.num_rows, size):
                    yield Batch(content.slice(start, size), 0)
                done += content.num_rows
        if done == 0:
            raise self._database.error("the query has no rows; nothing was written")

    def _check_finite(self, name: str, column: pa.Array, row: int) -> None:
        if pa.types.is_date32(column.type):
            first, last, values = *_DAYS, column.view(pa.int32())
        else:
            first, last = _MICROSECONDS if column.type.unit == "us" else _ANY
            values = column.view(pa.int64())
        outside = pc.or_(pc.less(values, first), pc.greater(values, last))
        if pc.any(outside).as_py():
            row += pc.index(outside, True).as_py() + 1
            remedy = f"case when isfinite({quoted_name(name)}) then {quoted_name(name)} end"
            raise self._database.error(f"row {row}, column {name}: is infinite; write {remedy} in the query")

    @property
    def info(self) -> dict[str, object]:
        """The query as a manifest describes it."""
        return {"database": self.name, "query": self._query}

    def close(self) -> None:
        """Disconnect."""
        self._stream.close()


def _open(database: Database, query: str, writable: bool) -> Stream:
    if database.kind == "postgresql":
        from riskmodel.database.postgresql import PostgresStream

        return PostgresStream(database, query)
    if database.kind == "duckdb":
        from riskmodel.database.duckdb import DuckDBStream

        return DuckDBStream(database, query, writable)
    from riskmodel.database.sqlite import SqliteStream

    return SqliteStream(database, query)
