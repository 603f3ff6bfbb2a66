"""The dialects of SQL that are written, and their differences that SQLGlot does not bridge."""

from typing import Literal, NamedTuple

from riskmodel.errors import RiskmodelError, suggest


class Dialect(NamedTuple):
    """A dialect; `name` is SQLGlot's."""

    name: str
    not_a_number: Literal["is_nan", "is_finite", "equal", "none"]
    """The test of NaN: a function for it, or for what is finite (DuckDB's `isnan` is false where a Parquet file has
    statistics, which leave NaN out), equality with itself, or none, because a column cannot hold NaN."""
    least_skips_null: bool
    """LEAST and GREATEST pass over NULL. They are never given one; SQLGlot wants to know."""
    typed_division: bool
    """The quotient of two integers is an integer. There are none; SQLGlot wants to know."""
    safe_division: bool
    """Division by zero gives NULL. It does not occur; SQLGlot wants to know."""
    is_materialised: bool = False
    """A common table expression is computed once only if the query says so; otherwise chains of them take exponential
    time."""
    plain_unquoted: bool = False
    """Names without quotes are folded to upper case, so that quoted lower-case names would not exist."""
    any_type_in_column: bool = False
    """A column of numbers may hold text."""
    max_name: int = 255
    """Bytes of a name that count."""


_DIALECTS = (
    Dialect("bigquery", "is_nan", False, False, False),
    Dialect("databricks", "is_nan", True, False, False),
    Dialect("duckdb", "is_finite", True, False, False),
    Dialect("mysql", "none", False, False, True, max_name=64),
    Dialect("postgres", "equal", True, True, False, is_materialised=True, max_name=63),
    Dialect("redshift", "equal", True, True, False, max_name=127),
    Dialect("snowflake", "equal", False, False, False, plain_unquoted=True),
    Dialect("spark", "is_nan", True, False, True),
    Dialect("sqlite", "none", False, True, True, is_materialised=True, any_type_in_column=True),
    Dialect("trino", "is_nan", False, True, False),
    Dialect("tsql", "none", True, True, False, max_name=128),
)
DIALECTS = {dialect.name: dialect for dialect in _DIALECTS}
"""Dialects by name."""
_OTHER_NAMES = {"postgresql": "postgres", "sqlserver": "tsql", "mssql": "tsql", "presto": "trino", "athena": "trino"}


def dialect_of(name: str) -> Dialect:
    """Return a dialect by name.

    Raises
    ------
    RiskmodelError
        There is none; the nearest name is suggested.
    """
    lower = name.lower()
    known = _OTHER_NAMES.get(lower, lower)
    if known not in DIALECTS:
        raise RiskmodelError(f"no SQL dialect {name!r}{suggest(name, DIALECTS)}")
    return DIALECTS[known]
