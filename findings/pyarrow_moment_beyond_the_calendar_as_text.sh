#!/usr/bin/env bash
# pyarrow 26.0.1: a moment beyond the calendar becomes text, not an error.
#
# Guess: casting such a timestamp or date to text raises ArrowInvalid, as reading it into Python does (OverflowError).
# Seen: cast to string and write_csv give `<value out of range: 4611686018427387904>`, with no null and no error, so a
# table is written whose column of dates holds a sentence.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyarrow==26.0.1
"$work/venv/bin/python" - <<'PYTHON'
import io

import pyarrow as pa
import pyarrow.csv

assert pa.__version__ == "26.0.1"
far = pa.array([4611686018427387904, 0]).cast(pa.timestamp("s"))
texts = far.cast(pa.string())
written = io.BytesIO()
pyarrow.csv.write_csv(pa.table({"t": far}), written)
print("cast:", texts.to_pylist(), "nulls:", texts.null_count)
print("write_csv:", written.getvalue())
try:
    far.to_pylist()
    read = "no error"
except OverflowError as error:
    read = type(error).__name__
print("to_pylist:", read)
assert texts.to_pylist() == ["<value out of range: 4611686018427387904>", "1970-01-01 00:00:00"]
assert texts.null_count == 0
assert b"<value out of range: 4611686018427387904>" in written.getvalue()
assert read == "OverflowError"
PYTHON
