"""A private PostgreSQL server for tests."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import needs
import pytest

VARIABLE = "RISKMODEL_NEEDS_POSTGRES"
ROLE = "riskmodel"
TYPES = {bool: "boolean", int: "bigint", float: "double precision", str: "text"}
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "10",
    "shared_buffers": "32MB",
}


def programs():
    """Return the folder of the newest server of Debian's packages, or None."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


@contextlib.contextmanager
def running():
    """A server with an empty database, on a socket in a temporary folder; the test is skipped if there is none."""
    pytest.importorskip("psycopg")
    binaries = programs()
    if binaries is None:
        needs.lacking("PostgreSQL (Debian's package `postgresql`)", VARIABLE)
    # Not below pytest's own folder, which other users cannot enter; the path of a socket has about 100 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        with _server(binaries, folder) as database:
            yield database
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _server(binaries, folder):
    as_user = _as_user(folder)
    make = [binaries / "initdb", "-D", folder / "data", "-U", ROLE, "-E", "UTF8", "--locale=C", "-A", "trust", "-N"]
    made = subprocess.run([*as_user, *make], capture_output=True, text=True, cwd=folder, check=False)
    assert made.returncode == 0, made.stderr
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    start = [binaries / "postgres", "-D", folder / "data", "-k", folder, *settings]
    log = folder / "log"
    with log.open("wb") as stderr, subprocess.Popen([*as_user, *start], stderr=stderr, cwd=folder) as server:
        try:
            with _connection(server, folder, log) as connection:
                yield Database(connection)
        finally:
            server.send_signal(signal.SIGINT)  # disconnects clients


def _as_user(folder):
    """Return the beginning of a command that does not run as root, and that ends if this process is killed."""
    command = ["setpriv", "--pdeathsig", "INT"]
    if os.getuid() != 0:
        return command
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [*command, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _connection(server, folder, log):
    import psycopg

    until = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(host=str(folder), user=ROLE, dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8')}") from None
            time.sleep(0.02)


class Database:
    """A database, with `connection` for what the methods do not do."""

    def __init__(self, connection):
        self.connection = connection

    def load(self, table, columns, types=None):
        """Create a table, in place of one of this name.

        Parameters
        ----------
        table : name.
        columns : lists or numpy arrays by name, all of one length; None is NULL, NaN is NaN.
        types : type in SQL by name; by default that of the first value which is not None, or double precision.
        """
        from psycopg import sql

        columns = {name: getattr(values, "tolist", values.copy)() for name, values in columns.items()}
        types = {**{name: _type(values) for name, values in columns.items()}, **(types or {})}
        names = {"table": sql.Identifier(table)}
        fields = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[name])) for name in columns]
        with self.connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {table}").format(**names))
            cursor.execute(sql.SQL("CREATE TABLE {table} ({})").format(sql.SQL(", ").join(fields), **names))
            with cursor.copy(sql.SQL("COPY {table} FROM STDIN").format(**names)) as copy:
                for row in zip(*columns.values(), strict=True):
                    copy.write_row(row)

    def rows(self, query):
        """Return the rows of a query as dicts."""
        from psycopg.rows import dict_row

        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query).fetchall()


def _type(values):
    known = next((value for value in values if value is not None), 0.0)
    return next(name for kind, name in TYPES.items() if isinstance(known, kind))
