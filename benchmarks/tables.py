"""Value ranges of the indicators, and a program that batch.py runs to make its input files.

    python benchmarks/tables.py make ROWS SEED FOLDER
    python benchmarks/tables.py count FILE

`make` writes the same table as CSV, CSV with gzip and Zstandard, and Parquet, block by block, so that memory does not
grow with the rows. `count` prints the number of rows of a CSV or Parquet file.
"""

import gzip
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

RANGES: dict[str, tuple[float, float]] = {
    "military_activity": (0, 10),
    "communication_frequency": (0, 25),
    "espionage": (0, 120),
    "trade_disruption": (-20, 80),
    "dispute_history": (0, 6),
    "peace_years": (0, 70),
    "standing_rivalry": (0, 10),
    "regional_instability": (0, 10),
    "alliance_realignment": (0, 10),
    "public_hostility": (10, 100),
    "third_party_mediation": (0, 10),
    "arms_control_engagement": (0, 10),
    "joint_initiatives": (0, 18),
    "unresolved_disputes": (0, 12),
}
"""Ranges of uniform draws, in the indicator's unit: its full scale and, where valid, a little more."""

MISSING = 0.03

BLOCK_ROWS = 1 << 16
GROUP_BLOCKS = 16
"""Blocks of a row group of the Parquet file, which then has as many rows as pyarrow's default."""
DAYS = 9_000
"""The number of days, from 2000-01-01, from which dates are drawn."""
GZIP_LEVEL = 6
READ = 1 << 20

SCHEMA = pa.schema([("id", pa.string()), ("date", pa.date32()), *((name, pa.float64()) for name in RANGES)])


def make(rows: int, seed: int, folder: Path) -> None:
    """Write the table in every form, under temporary names until all are complete."""
    names = [folder / f"in{end}" for end in (".csv", ".csv.gz", ".csv.zst", ".parquet")]
    parts = [path.with_name(f"{path.name}.part") for path in names]
    text = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    header = f"{','.join(SCHEMA.names)}\n".encode()
    with ExitStack() as stack:
        plain = stack.enter_context(pa.OSFile(str(parts[0]), "wb"))
        zipped = stack.enter_context(gzip.open(parts[1], "wb", GZIP_LEVEL))
        packed = stack.enter_context(pa.CompressedOutputStream(str(parts[2]), "zstd"))
        parquet = stack.enter_context(pa.parquet.ParquetWriter(parts[3], SCHEMA))
        for file in (plain, zipped, packed):
            file.write(header)
        remaining = batches(rows, seed)
        while group := list(islice(remaining, GROUP_BLOCKS)):
            for batch in group:
                block = pa.BufferOutputStream()
                pa.csv.write_csv(batch, block, text)
                for file in (plain, zipped, packed):
                    file.write(block.getvalue())
            parquet.write_table(pa.Table.from_batches(group))
    for part, path in zip(parts, names, strict=True):
        part.rename(path)


def batches(rows: int, seed: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows in order; the first block of a longer table is that of a shorter one."""
    random = np.random.default_rng(seed)
    for start in range(0, rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, rows - start)
        names = pa.array([f"r{row:08}" for row in range(start, start + count)])
        days = np.datetime64("2000-01-01", "D") + random.integers(0, DAYS, BLOCK_ROWS)[:count]
        columns = [_values(random, *ends)[:count] for ends in RANGES.values()]
        yield pa.record_batch([names, pa.array(days), *columns], schema=SCHEMA)


def _values(random: np.random.Generator, low: float, high: float) -> pa.Array:
    """Return values with one decimal, some of them missing."""
    tenths = random.integers(round(low * 10), round(high * 10), BLOCK_ROWS, endpoint=True)
    return pa.array(tenths / 10, mask=random.random(BLOCK_ROWS) < MISSING)


def count(path: Path) -> int:
    """Return the number of rows of a file, without its header."""
    if path.suffix == ".parquet":
        return pa.parquet.read_metadata(path).num_rows
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(READ), b"")) - 1


def main() -> None:
    """Run the command given by the arguments."""
    match sys.argv[1:]:
        case ["make", rows, seed, folder]:
            make(int(rows), int(seed), Path(folder))
        case ["count", path]:
            print(count(Path(path)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
