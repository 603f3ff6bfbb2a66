#!/usr/bin/env bash
# DuckDB 2.0.1: in a transaction, `unregister` frees no Arrow table; all that were registered stay until its end.
#
# Guess: `connection.unregister(name)` drops DuckDB's reference, so that a loop of register, INSERT, unregister with small
# batches needs memory for one batch, in a transaction as outside; rows that are inserted go to the file, by memory_limit.
# Seen: outside a transaction it does. Between BEGIN and COMMIT every registered table is kept, so that memory grows with
# the rows, without an error; weak references show that the tables live until COMMIT. An
# INSERT that finds the same table by the name of a Python variable keeps none. (register() makes a temporary view,
# whose old versions a transaction keeps; registering the same name again does not free the former table either.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q duckdb==2.0.1 pyarrow==26.0.1
cat > "$work/load.py" <<'PYTHON'
"""Insert 40 batches in a way; print how many Arrow tables are alive before and after the end of the transaction."""

import gc
import sys
import weakref

import duckdb
import pyarrow as pa

assert (duckdb.__version__, pa.__version__) == ("2.0.1", "26.0.1")
way, path = sys.argv[1:]
alive = []


def batch(number: int) -> pa.Table:
    table = pa.table({"i": range(number * 1000, (number + 1) * 1000)})
    alive.append(weakref.ref(table))
    return table


def living() -> int:
    gc.collect()
    return sum(reference() is not None for reference in alive)


with duckdb.connect(path) as connection:
    connection.execute("CREATE TABLE t (i BIGINT)")
    if way != "autocommit":
        connection.execute("BEGIN")
    for number in range(40):
        rows = batch(number)
        if way == "variable":
            connection.execute("INSERT INTO t FROM rows")
        else:
            connection.register("given", rows)
            connection.execute("INSERT INTO t FROM given")
            connection.unregister("given")
        del rows
    before = living()
    if way != "autocommit":
        connection.execute("COMMIT")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (40_000,)
    print(before, living())
PYTHON
run() { "$work/venv/bin/python" "$work/load.py" "$1" "$work/$1.duckdb"; }
autocommit=$(run autocommit) registered=$(run transaction) variable=$(run variable)
echo "tables alive of 40, before and after COMMIT: $registered in a transaction, $variable by a variable's name"
echo "without a transaction: $autocommit"
[ "$registered" = "40 0" ] && [ "$variable" = "0 0" ] && [ "$autocommit" = "0 0" ]
