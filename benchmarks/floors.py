"""The floor of batch.py: what `riskmodel batch` reads and writes, read and written with no scoring at all.

    python benchmarks/floors.py LIBRARY HOW SOURCE TARGET

SOURCE and TARGET end in `.csv` or `.parquet`. LIBRARY is `polars`, `pyarrow` or `duckdb`. HOW is `text` (cells of a CSV
file stay text) or `numbers`; pyarrow can add ` at once`, which reads all of the file before it writes. Where riskmodel
adds a column, a copy of a column of the input that is about as long stands in, or a constant text.
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
"""For each column of a score, a column with as many digits as a rule, or None: the constant text."""
BAND = "guarded"
FACTORS = ("espionage", "public_hostility", "trade_disruption")
"""Nothing in the input has as many digits as an exact score: in Parquet, the product of these stands in for it."""
FOREIGN = ("id", "date")
"""The columns of a CSV file that stay text in any case, as they do for riskmodel."""
BATCH_ROWS = 1 << 16
AHEAD = 2
"""How many batches may wait to be written."""


def with_polars(how: str, source: str, target: str) -> None:
    """By its streaming engine; POLARS_MAX_THREADS limits the threads."""
    import polars as pl

    if source.endswith(".parquet"):
        frame = pl.scan_parquet(source)
    elif how == "text":
        frame = pl.scan_csv(source, infer_schema=False)
    else:
        frame = pl.scan_csv(source, schema_overrides=dict.fromkeys(FOREIGN, pl.String))
    added: dict[str, pl.Expr] = {}
    for score in SCORES:
        for end, column in STAND_INS.items():
            added[f"{score}{end}"] = pl.col(column) if column else pl.lit(BAND)
        if target.endswith(".parquet"):
            added[f"{score}_exact"] = pl.col(FACTORS[0]) * pl.col(FACTORS[1]) * pl.col(FACTORS[2])
    made = frame.with_columns(**added)
    if target.endswith(".parquet"):
        made.sink_parquet(target, compression="snappy", engine="streaming")
    else:
        made.sink_csv(target, engine="streaming")


def with_duckdb(how: str, source: str, target: str) -> None:
    """By one COPY, which keeps the rows in order."""
    import duckdb

    if source.endswith(".parquet"):
        table = f"read_parquet('{source}')"
    else:
        types = "all_varchar = true" if how == "text" else f"types = {dict.fromkeys(FOREIGN, 'VARCHAR')}"
        table = f"read_csv('{source}', header = true, {types})"
    added = []
    for score in SCORES:
        added += [f"{column or repr(BAND)} AS {score}{end}" for end, column in STAND_INS.items()]
        if target.endswith(".parquet"):
            added.append(f"{' * '.join(FACTORS)} AS {score}_exact")
    form = "FORMAT parquet, COMPRESSION snappy" if target.endswith(".parquet") else "FORMAT csv, HEADER"
    rows = f"SELECT *, {', '.join(added)} FROM {table}"  # noqa: S608
    duckdb.execute(f"SET threads = {THREADS}")
    duckdb.execute(f"COPY ({rows}) TO '{target}' ({form})")


def with_pyarrow(how: str, source: str, target: str) -> None:
    """Batch by batch, with a thread of its own for writing; or all at once."""
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
    waiting: deque[Future[None]] = deque()
    with writer, ThreadPoolExecutor(1) as pool:
        waiting.append(pool.submit(writer.write, first))
        for rows in batches:
            waiting.append(pool.submit(writer.write, rows))
            if len(waiting) > AHEAD:
                waiting.popleft().result()
        for each in waiting:
            each.result()


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
    names: Sequence[str] = header if how.startswith("text") else FOREIGN
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
            one, two, three = (rows[name] for name in FACTORS)
            columns[f"{score}_exact"] = compute.multiply(compute.multiply(one, two), three)
    return type(rows).from_arrays(list(columns.values()), list(columns))


def _bands(rows: int) -> "pa.Array":
    """The constant text, out of its bytes: whatever makes an array out of Python's values imports pandas first."""
    import numpy as np
    import pyarrow as pa

    ends = np.arange(rows + 1, dtype=np.int32) * len(BAND)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(BAND.encode() * rows))


def main() -> None:
    """Do what the arguments say."""
    programs = {"polars": with_polars, "pyarrow": with_pyarrow, "duckdb": with_duckdb}
    match sys.argv[1:]:
        case [library, how, source, target] if library in programs:
            programs[library](how, source, target)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
