"""Helpers for tests of `riskmodel batch`: run the command, and make compressed and Parquet bytes."""

import os
import sys
from pathlib import Path

import command
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
MODEL = """
format: 1
id: mine
indicators:
  mood: {scale: {levels: {calm: 0, tense: 0.6, crisis: 1}}}
  x: {scale: {goalposts: [0, 10]}, valid: [0, 10]}
  y: {scale: {goalposts: [-5, 5]}}
scores:
  s: {weights: {mood: 1, x: 3, y: -2}, bands: {low: 0, high: 50}, min_coverage: 0.6}
  t: {weights: {x: 1}, decimals: 0, out_of: 7}
rules:
  r: {when: x > 7, then: {s: {add: 5}}}
"""
ADDED = [f"{name}{part}" for name in "st" for part in ("", "_band", "_coverage", "_low", "_high")]


def words(*arguments):
    """Return the command line."""
    return [sys.executable, "-m", "riskmodel", "batch", *map(str, arguments)]


def batch(*arguments, data=b"", cwd=None):
    """Run the command to its end."""
    return command.run("batch", *arguments, data=data, cwd=cwd)


def names_in(folder):
    """List the names in a folder, parts included."""
    return sorted(path.name for path in folder.iterdir())


def packed(data, kind):
    """Compress bytes."""
    sink = pa.BufferOutputStream()
    with pa.output_stream(sink, compression=kind) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def unpacked(data):
    """Decompress bytes, if they are compressed."""
    kind = "gzip" if data[:2] == b"\x1f\x8b" else "zstd" if data[:4] == b"\x28\xb5\x2f\xfd" else None
    return pa.input_stream(pa.BufferReader(data), compression=kind).read()


def parquet(table, **options):
    """Return a table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()
