"""Fixtures for tests of databases: a small model, and one database of each kind with the same table."""

import sqlite3

import databases
import pytest
from batch_runs import MODEL

import riskmodel


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model(small_model):
    return riskmodel.load_model(small_model)


@pytest.fixture
def sqlite_file(tmp_path):
    return databases.File("sqlite", tmp_path / "store.sqlite", lambda path: sqlite3.connect(path, isolation_level=None))


@pytest.fixture
def duckdb_file(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    return databases.File("duckdb", tmp_path / "store.duckdb", duckdb.connect)


@pytest.fixture
def server(postgres):
    """A schema of its own on the server."""
    with databases.schema(postgres) as server:
        yield server


@pytest.fixture(params=["sqlite", "duckdb", pytest.param("postgresql", marks=pytest.mark.database)])
def store(request):
    """A database of each kind with a table `months`, of which the second row is rejected."""
    names = {"sqlite": "sqlite_file", "duckdb": "duckdb_file", "postgresql": "server"}
    store = request.getfixturevalue(names[request.param])
    store.run("create table months (id text, x double precision, mood text)")
    store.run("insert into months values ('007', 5, 'calm'), ('b', 11, 'calm'), ('c', 10, 'crisis')")
    return store


@pytest.fixture
def guarded(postgres):
    """The URL of the server for a role with the password `right`, with another or none."""
    connection = postgres.connection
    (path,) = connection.execute("show hba_file").fetchone()
    with open(path, encoding="utf-8") as file:
        rules = file.read()

    def put(text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        connection.execute("select pg_reload_conf()")

    connection.execute("create role guarded login password 'right'")
    put(f"local all guarded scram-sha-256\n{rules}")
    info = connection.info

    def url(password):
        return f"postgresql://guarded{'' if password is None else f':{password}'}@/{info.dbname}?host={info.host}"

    yield url
    put(rules)
    connection.execute("drop role guarded")
