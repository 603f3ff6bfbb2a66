#!/usr/bin/env bash
# DuckDB 2.0.1: an IN list of five words mixes the rows of a single table, although insertion order is to be preserved.
#
# Guess: with preserve_insertion_order (the default), SELECT and WHERE on one table keep the order of its rows, as the
# manual promises ("Order Preservation"), with any number of threads: there is no join, no grouping, no UNION.
# Seen: with two threads and `w IN (...)` of five words, in WHERE or in the list of columns, blocks of rows come out of
# order, also into a table and with COPY into Parquet; with four words, or one thread, they do not. EXPLAIN shows that
# five words become a hash join (type MARK) with a column of data, whose probing does not keep the order.
# Two results that are joined by position are then wrong without an error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q duckdb==2.0.1
"$work/venv/bin/python" - <<'PYTHON'
import duckdb

assert duckdb.__version__ == "2.0.1"
ROWS = 2_000_000


def in_order(words: int, threads: int) -> bool:
    """Return True if every one of a few runs returns all rows in the order of the table."""
    listed = ", ".join(f"'w{word}'" for word in range(words))
    with duckdb.connect(config={"threads": threads}) as connection:
        assert connection.execute("SELECT current_setting('preserve_insertion_order')").fetchone() == (True,)
        connection.execute(f"CREATE TABLE t AS SELECT i AS id, 'w' || (i % 9) AS w FROM range({ROWS}) r(i)")
        for _ in range(5):
            ids = [row[0] for row in connection.execute(f"SELECT id, w IN ({listed}) FROM t").fetchall()]
            assert sorted(ids) == list(range(ROWS))
            if ids != list(range(ROWS)):
                return False
    return True


seen = {(words, threads): in_order(words, threads) for words in (4, 5) for threads in (1, 2)}
for (words, threads), kept in seen.items():
    print(f"{words} words, {threads} threads: rows {'in order' if kept else 'out of order'}")
assert seen == {(4, 1): True, (4, 2): True, (5, 1): True, (5, 2): False}
PYTHON
