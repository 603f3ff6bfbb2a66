#!/usr/bin/env bash
# DuckDB 2.0.1: isnan(x) is false for a NaN of a Parquet file whose statistics leave NaN out.
#
# Guess: isnan tells NaN by the value, so that CASE WHEN isnan(x) THEN NULL ELSE x END is free of NaN from any source.
# Seen: pyarrow's statistics have the lowest and highest number without NaN, as the format asks for, and the optimiser
# concludes from them that isnan(x) is false: NaN passes for a value. From a table of the same rows isnan is true. What
# tells NaN from Parquet, too: isfinite(x) OR isinf(x) is false for it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q duckdb==2.0.1 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

assert duckdb.__version__ == "2.0.1"
pq.write_table(pa.table({"x": [float("nan"), 1.0, 2.0]}), "numbers.parquet")
query = "SELECT x, isnan(x), CASE WHEN isnan(x) THEN NULL ELSE x END, isfinite(x) OR isinf(x) FROM {} LIMIT 1"
from_file = duckdb.sql(query.format("'numbers.parquet'")).fetchall()[0]
duckdb.sql("CREATE TABLE numbers AS SELECT * FROM 'numbers.parquet'")
from_table = duckdb.sql(query.format("numbers")).fetchall()[0]
print("x, isnan, cleaned, finite or infinite")
print("from the file: ", from_file)
print("from the table:", from_table)
assert str(from_file) == "(nan, False, nan, False)"
assert str(from_table) == "(nan, True, None, False)"
PYTHON
