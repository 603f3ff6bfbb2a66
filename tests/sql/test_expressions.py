"""Expressions mean in a database what they mean in Python, whatever they are put together from."""

import random
import re
import sqlite3

import duckdb
import pytest
import sqlglot
from sqlglot import exp

import riskmodel
from riskmodel.sql import expressions as sql
from riskmodel.sql.dialects import DIALECTS
from riskmodel.sql.query import completed

COLUMNS = {"a": 0.7, "b": -3.25, "c": 40.0}


def random_tree(rng, depth):
    """Return an expression of columns and numbers, at random, and its value."""
    if depth == 0 or rng.random() < 0.15:
        name = rng.choice("abc")
        return sql.column(name), COLUMNS[name]
    x, x_value = random_tree(rng, depth - 1)
    if rng.random() < 0.3:
        y_value = round(rng.uniform(-9, 9), 3)
        y = sql.number(y_value)
    else:
        y, y_value = random_tree(rng, depth - 1)
    z, z_value = random_tree(rng, depth - 2 if depth > 1 else 0)
    kind = rng.choice(("plus", "minus", "from", "times", "over", "least", "greatest", "size", "case", "either"))
    match kind:
        case "plus":
            return sql.plus(x, y), x_value + y_value
        case "minus":
            return sql.minus(x, y), x_value - y_value
        case "from":
            return sql.minus(y, x), y_value - x_value
        case "times":
            return sql.times(x, y), x_value * y_value
        case "over":
            size, value = sql.plus(sql.absolute(z), sql.number(1.0)), abs(z_value) + 1.0
            return sql.over(x, size), x_value / value
        case "least":
            return sql.least([x, y, z]), min(x_value, y_value, z_value)
        case "greatest":
            return sql.greatest([x, y]), max(x_value, y_value)
        case "size":
            return sql.absolute(sql.minus(x, y)), abs(x_value - y_value)
        case "case":
            holds = sql.both(sql.below(x, y), sql.at_least(z, x))
            value = x_value if x_value < y_value and z_value >= x_value else z_value
            return sql.case((holds, x), otherwise=z), value
        case _:
            inner = sql.both(sql.above(x, y), sql.at_most(z, x))
            holds = sql.either(inner, sql.equal(x, z))
            is_true = (x_value > y_value and z_value <= x_value) or x_value == z_value
            return sql.case((holds, y), (sql.is_null(x), x), otherwise=z), y_value if is_true else z_value


@pytest.fixture(scope="module")
def trees():
    rng = random.Random(15)
    return [random_tree(rng, rng.choice((2, 3, 4))) for _ in range(150)]


def select(trees, dialect):
    columns = ", ".join(completed(tree, DIALECTS[dialect]).sql(dialect) for tree, _ in trees)
    return f"SELECT {columns} FROM t"


def test_random_expressions_have_their_value_in_duckdb(trees):
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT 0.7::DOUBLE AS a, -3.25::DOUBLE AS b, 40::DOUBLE AS c")
        got = connection.execute(select(trees, "duckdb")).fetchone()
    assert list(got) == pytest.approx([value for _, value in trees], rel=1e-12, abs=1e-12)


def test_random_expressions_have_their_value_in_sqlite(trees):
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (a REAL, b REAL, c REAL)")
        connection.execute("INSERT INTO t VALUES (0.7, -3.25, 40.0)")
        got = connection.execute(select(trees, "sqlite")).fetchone()
    assert list(got) == pytest.approx([value for _, value in trees], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "snowflake"])
def test_random_expressions_are_read_as_they_were_built(trees, dialect):
    for tree, _ in trees:
        text = completed(tree, DIALECTS[dialect]).sql(dialect)
        assert plain(sqlglot.parse_one(text, dialect=dialect)) == plain(tree), text


def plain(tree):
    """Return a tree without what dialects add to divisions, LEAST and GREATEST."""
    copy = tree.copy()
    for node in copy.walk():
        for setting in ("typed", "safe", "ignore_nulls"):
            if setting in node.args:
                node.set(setting, None)
    return copy


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_queries_are_read_as_they_were_built(dialect):
    text = riskmodel.to_sql("core-four", dialect=dialect, table="archive.risks", keep=["id"]).split("\n", 1)[1]
    tree = sqlglot.parse_one(text, dialect=dialect)
    again = re.sub(r"NOT (?:\(\s*)?(\S+) IS NULL(?:\s*\))?", r"\1 IS NOT NULL", tree.sql(dialect, pretty=True))
    assert again.split() == text.split()
    # A number alone would be a decimal in some dialects, and an integer in others.
    for node in tree.find_all(exp.Add, exp.Sub, exp.Mul, exp.Div):
        assert not (isinstance(node.left, exp.Literal) and isinstance(node.right, exp.Literal)), node


def test_numbers_are_written_so_that_they_are_read_back():
    rng = random.Random(3)
    numbers = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-30, 30) for _ in range(300)]
    with sqlite3.connect(":memory:") as connection, duckdb.connect() as other:
        for database, dialect in ((connection, "sqlite"), (other, "duckdb")):
            database.execute(f"CREATE TABLE t AS SELECT CAST(0 AS {'REAL' if dialect == 'sqlite' else 'DOUBLE'}) AS x")
            trees = [(sql.plus(sql.column("x"), sql.number(number)), None) for number in numbers]
            assert list(database.execute(select(trees, dialect)).fetchone()) == numbers
