"""The floor of batch.py: read and write the same amount of data as `riskmodel batch`, without scoring.

    python benchmarks/floors.py LIBRARY HOW SOURCE TARGET

SOURCE and TARGET end in `.csv` or `.parquet`. LIBRARY is `polars`, `pyarrow` or `duckdb`. HOW is `text` (cells of a CSV
file stay text) or `numbers`; with ` at once` added, pyarrow reads the whole file before it writes. The columns that
riskmodel adds are replaced by copies of input columns of similar length, or a constant text.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    Rows = pa.RecordBatch | pa.Table

THREADS = 2
SCORES = ("escalation", "stability")
STAND_INS = {
    "": "public_hostility",
    "_band": None,
    "_coverage": "trade_disruption",
    "_low": "peace_years",
    "_high": "public_hostility",
}
"""An input column with a similar number of digits for each column of a score; None for the constant text."""
BAND = "guarded"
FACTORS = ("espionage", "public_hostility", "trade_disruption")
"""The columns whose product replaces an exact score in Parquet, as no input column has as many digits."""
OTHER_COLUMNS = ("id", "date")
"""The columns of a CSV file that always stay text, as in riskmodel."""
BATCH_ROWS = 1 << 16
MAX_PENDING = 2
"""Batches that may wait to be written."""


def with_polars(how: str, source: str, target: str) -> None:
    """Use the streaming engine; POLARS_MAX_THREADS limits the threads."""
    import polars as pl

    if source.endswith(".parquet"):
        frame = pl.scan_parquet(source)
    elif how == "text":
        frame = pl.scan_csv(source, infer_schema=False)
    else:
        frame = pl.scan_csv(source, schema_overrides=dict.fromkeys(OTHER_COLUMNS, pl.String))
    added: dict[str, pl.Expr] = {}
    for score in SCORES:
        for end, column in STAND_INS.items():
            added[f"{score}{end}"] = pl.col(column) if column else pl.lit(BAND)
        if target.endswith(".parquet"):
            added[f"{score}_exact"] = pl.col(FACTORS[0]) * pl.col(FACTORS[1]) * pl.col(FACTORS[2])
    widened = frame.with_columns(**added)
    if target.endswith(".parquet"):
        widened.sink_parquet(target, compression="snappy", engine="streaming")
    else:
        widened.sink_csv(target, engine="streaming")


def with_duckdb(how: str, source: str, target: str) -> None:
    """Use one COPY, which keeps the order of rows."""
    import duckdb

    if source.endswith(".parquet"):
        table = f"read_parquet('{source}')"
    else:
        types = "all_varchar = true" if how == "text" else f"types = {dict.fromkeys(OTHER_COLUMNS, 'VARCHAR')}"
        table = f"read_csv('{source}', header = true, {types})"
    added = []
    for score in SCORES:
        added += [f"{column or repr(BAND)} AS {score}{end}" for end, column in STAND_INS.items()]
        if target.endswith(".parquet"):
            added.append(f"{' * '.join(FACTORS)} AS {score}_exact")
    copy_options = "FORMAT parquet, COMPRESSION snappy" if target.endswith(".parquet") else "FORMAT csv, HEADER"
    rows = f"SELECT *, {', '.join(added)} FROM {table}"  # noqa: S608
    duckdb.execute(f"SET threads = {THREADS}")
    duckdb.execute(f"COPY ({rows}) TO '{target}' ({copy_options})")


def with_pyarrow(how: str, source: str, target: str) -> None:
    """Read and write batch by batch, with a thread for writing; or all at once."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    pa.set_cpu_count(THREADS)
    pa.set_io_thread_count(THREADS)
    exact = target.endswith(".parquet")
    batches = (_wider(rows, exact) for rows in _read(how, source))
    first = next(batches)
    if exact:
        writer = pa.parquet.ParquetWriter(target, first.schema)
    else:
        writer = pa.csv.CSVWriter(target, first.schema, write_options=pa.csv.WriteOptions(quoting_style="none"))
    pending: deque[Future[None]] = deque()
    with writer, ThreadPoolExecutor(1) as pool:
        pending.append(pool.submit(writer.write, first))
        for rows in batches:
            pending.append(pool.submit(writer.write, rows))
            if len(pending) > MAX_PENDING:
                pending.popleft().result()
        for future in pending:
            future.result()


def _read(how: str, source: str) -> "Iterator[Rows]":
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    at_once = how.endswith(" at once")
    if source.endswith(".parquet"):
        if at_once:
            yield pa.parquet.read_table(source)
        else:
            yield from pa.parquet.ParquetFile(source).iter_batches(BATCH_ROWS)
        return
    with open(source, encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split(",")
    names: Sequence[str] = header if how.startswith("text") else OTHER_COLUMNS
    options = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    if at_once:
        yield pa.csv.read_csv(source, convert_options=options)
    else:
        yield from pa.csv.open_csv(source, convert_options=options)


def _wider(rows: "Rows", exact: bool) -> "Rows":
    from pyarrow import compute

    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    band = _bands(rows.num_rows)
    for score in SCORES:
        columns |= {f"{score}{end}": rows[column] if column else band for end, column in STAND_INS.items()}
        if exact:
            first, second, third = (rows[name] for name in FACTORS)
            columns[f"{score}_exact"] = compute.multiply(compute.multiply(first, second), third)
    return type(rows).from_arrays(list(columns.values()), list(columns))


def _bands(rows: int) -> "pa.Array":
    """Return the constant text, built from bytes because pyarrow imports pandas to convert Python values."""
    import numpy as np
    import pyarrow as pa

    ends = np.arange(rows + 1, dtype=np.int32) * len(BAND)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(BAND.encode() * rows))


def main() -> None:
    """Run the command given by the arguments."""
    programs = {"polars": with_polars, "pyarrow": with_pyarrow, "duckdb": with_duckdb}
    match sys.argv[1:]:
        case [library, how, source, target] if library in programs:
            programs[library](how, source, target)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
