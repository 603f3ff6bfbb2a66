"""Databases that run a query over given columns: DuckDB, SQLite, and PostgreSQL."""

import math
import sqlite3

import pytest

ENGINES = ("duckdb", "sqlite", pytest.param("postgres", marks=pytest.mark.database))


class DuckDB:
    """Tables come from Arrow, in which NaN is not null."""

    name = "duckdb"

    def run(self, query, columns, table="risks"):
        import duckdb
        import pyarrow as pa

        with duckdb.connect() as connection:
            arrow = pa.table({name: pa.array(values) for name, values in columns.items()})
            connection.from_arrow(arrow).create(table)
            return rows_of(connection.execute(query))


class SQLite:
    """A NaN becomes NULL in SQLite."""

    name = "sqlite"

    def run(self, query, columns, table="risks"):
        connection = sqlite3.connect(":memory:")
        names = ", ".join('"{}"'.format(name.replace('"', '""')) for name in columns)
        connection.execute(f'CREATE TABLE "{table}" ({names})')
        marks = ", ".join("?" * len(columns))
        insert = f'INSERT INTO "{table}" VALUES ({marks})'
        connection.executemany(insert, zip(*columns.values(), strict=True))
        return rows_of(connection.execute(query))


class PostgreSQL:
    """The server of the fixture `postgres`."""

    name = "postgres"

    def __init__(self, database):
        self._database = database

    def run(self, query, columns, table="risks"):
        self._database.load(table, columns)
        return self._database.rows(query)


@pytest.fixture
def engine(request):
    """Each database in turn."""
    if request.param == "postgres":
        return PostgreSQL(request.getfixturevalue("postgres"))
    return {"duckdb": DuckDB, "sqlite": SQLite}[request.param]()


def rows_of(cursor):
    """Return the rows of a cursor as dicts."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def same(got, expected):
    """Test whether a value of a query is that of a frame: texts and unknown equal, numbers to 1e-9."""
    if isinstance(got, float) and isinstance(expected, float):
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-9)
    return got == expected
