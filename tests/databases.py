"""Databases in tests: their URLs, and statements run by their own libraries."""

import contextlib
import itertools

_numbers = itertools.count()


class File:
    """A database in a file."""

    def __init__(self, kind, path, connect):
        self.kind, self.path, self._connect = kind, path, connect
        self.url = f"{kind}:///{path}"

    def run(self, statement):
        """Run a statement, and return its rows."""
        with contextlib.closing(self._connect(str(self.path))) as connection:
            return [tuple(row) for row in connection.execute(statement).fetchall()]

    def tables(self):
        names = {"sqlite": "select name from sqlite_master where type = 'table'", "duckdb": "show tables"}
        return sorted(name for (name,) in self.run(names[self.kind]))


class Schema:
    """A schema of a server, in which statements and connections of `url` look for tables."""

    kind = "postgresql"

    def __init__(self, postgres, name):
        self._connection, self.name = postgres.connection, name
        info = self._connection.info
        self.url = f"postgresql://{info.user}:hush@/{info.dbname}?host={info.host}&options=-csearch_path%3D{name}"

    def run(self, statement):
        """Run a statement, and return its rows."""
        self._connection.execute(f"set search_path to {self.name}")
        cursor = self._connection.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def tables(self):
        query = f"select table_name from information_schema.tables where table_schema = '{self.name}'"
        return sorted(name for (name,) in self.run(query))


@contextlib.contextmanager
def schema(postgres):
    """A schema that is dropped at the end."""
    name = f"space{next(_numbers)}"
    postgres.connection.execute(f"create schema {name}")
    try:
        yield Schema(postgres, name)
    finally:
        postgres.connection.execute(f"drop schema {name} cascade")
        postgres.connection.execute("set search_path to default")
