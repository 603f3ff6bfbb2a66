"""URLs of databases: their parts, and their names without passwords."""

import os
import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

from riskmodel.errors import Problem, SituationError, single_line

Kind = Literal["postgresql", "duckdb", "sqlite"]

_LONGEST = 500
"""Letters of a message of a database that are shown."""
_PATH = re.compile(r"(?:postgres(?:ql)?|duckdb|sqlite):/(?!/)", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SERVER = re.compile(
    r"(?:(?P<user>[^:@/?]*)(?::(?P<password>[^@/?]*))?@)?"
    r"(?P<hosts>(?:\[[^\]@]*\]|[^:@/?\[\],]*)(?::\d*)?(?:,(?:\[[^\]@]*\]|[^:@/?\[\],]*)(?::\d*)?)*)"
    r"(?:/(?P<database>[^?@]*))?(?:\?(?P<settings>.*))?",
    re.DOTALL,
)
_SHOWN = ("host", "port", "dbname", "user")
"""Settings of a connection that its name shows; others may be secret."""
_SERVER_FORM = (
    "should be postgresql://USER@HOST:PORT/DATABASE; in a user's name or password, write the characters "
    "@ : / ? # % as %40 %3A %2F %3F %23 %25"
)


class Database(NamedTuple):
    """A database.

    Attributes
    ----------
    kind : its kind.
    url : the URL as it was given, perhaps with a password.
    path : the file of the database; empty for a server.
    name : the URL without passwords, for messages and manifests.
    secrets : texts that must not be shown.
    """

    kind: Kind
    url: str
    path: str
    name: str
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    def error(self, message: str) -> SituationError:
        """Return an error about this database; passwords in the message are replaced by `***`, its lines joined."""
        for secret in self.secrets:
            message = message.replace(secret, "***")
        message = single_line(message.strip())
        shown = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}..."
        return SituationError([Problem(shown, file=self.name)])

    def check_file(self, *, exists: bool) -> None:
        """Check that the file, or at least its folder, exists.

        Raises
        ------
        SituationError
            It does not.
        """
        folder = os.path.dirname(self.path) or "."
        if not os.path.isdir(folder) or (exists and not os.path.exists(self.path)):
            missing = "such file" if os.path.isdir(folder) else f"folder {folder!r}"
            rooted = f"/{self.path}"
            hint = f"; three slashes begin a path below this folder, four one from the root: {self.kind}:///{rooted}"
            is_rooted = os.path.isabs(self.path) or not os.path.isdir(os.path.dirname(rooted))
            raise self.error(f"there is no {missing}{'' if is_rooted else hint}")


def parse_database(location: str) -> Database | None:
    """Return the database of a URL; None for a path, or a URL of a file.

    `postgresql://` is a server, and `duckdb:///FILE` and `sqlite:///FILE` a file; a path from the root has a fourth
    slash. (These are the URLs of libpq, and of SQLAlchemy.)

    Raises
    ------
    SituationError
        The URL cannot be used.
    """
    if _PATH.match(location):
        message = "a URL has two slashes, which a Path loses; write it as text"
        raise SituationError([Problem(message, file=location.partition("/")[0] + "//")])
    match = _SCHEME.match(location)
    if match is None:
        return None
    scheme, rest = match[1].lower(), location[match.end() :]
    if scheme in ("postgresql", "postgres"):
        return _server(location, rest)
    if scheme in ("duckdb", "sqlite"):
        if not rest.startswith("/") or rest in ("/", "/:memory:"):
            message = f"should be {scheme}:///FILE for a file, and {scheme}:////FOLDER/FILE for one from the root"
            raise SituationError([Problem(message, file=f"{scheme}://")])
        return Database("duckdb" if scheme == "duckdb" else "sqlite", location, rest[1:], location, ())
    if any(word in scheme for word in ("postgres", "sql", "duckdb", "oracle", "db2", "snowflake", "redshift")):
        message = "databases are read from postgresql://, duckdb:/// and sqlite:///"
        raise SituationError([Problem(message, file=f"{scheme}://")])
    return None


def _server(location: str, rest: str) -> Database:
    match = _SERVER.fullmatch(rest)
    if match is None:
        raise SituationError([Problem(_SERVER_FORM, file="postgresql://")])
    user, password, hosts, name = (match[group] or "" for group in ("user", "password", "hosts", "database"))
    settings = parse_qsl(match["settings"] or "", keep_blank_values=True)
    hidden = [value for key, value in settings if key not in _SHOWN and "password" in key]
    shown = urlencode([(key, value) for key, value in settings if key in _SHOWN], safe="/:,")
    written = f"postgresql://{f'{user}@' if user else ''}{hosts}/{name}{f'?{shown}' if shown else ''}"
    texts = {location, password, unquote(password), *hidden} - {""}
    return Database("postgresql", location, "", written, tuple(sorted(texts, key=len, reverse=True)))
