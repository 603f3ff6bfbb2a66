"""Time `riskmodel batch` from PostgreSQL to PostgreSQL against a plain copy by the same driver.

    python benchmarks/database.py [--rows 1000000] [--rounds 5] [--grow 5000000] [--seed 1]

A private server is started, as in the tests, and filled with a seeded table of the default model's indicators. The copy
reads the same query and writes the same columns, with numbers of the input in place of scores. Both are programs,
measured from start to end, and run alternately; times are medians over the rounds, and the ratio is the median of the
ratios within the rounds. With `--grow`, the peak memory of both sizes is compared, too. It needs Linux and PostgreSQL.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pyarrow as pa
from batch import limit_cores, print_target, timed
from tables import RANGES, SCHEMA, batches

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

COPY_TARGET, GROWTH_TARGET = 1.5, 100
PARTS = ("", "_band", "_coverage", "_low", "_high", "_exact")
"""The columns of a score."""
QUERY = "select * from months"
OPTIONS = ("--table", "scores", "--rejects", "bad", "-q")
COPY, OURS = "copy by ADBC", "riskmodel"


def main() -> None:
    """Run the benchmark and print its figures."""
    options = _options()
    if options.copy:
        copy(options.copy)
        return
    import postgresql  # of the tests

    cores = limit_cores()
    with postgresql.running() as database:
        info = database.connection.info
        url = f"postgresql://{info.user}@/{info.dbname}?host={info.host}"
        fill(url, options.rows, options.seed)
        print(f"{options.rows:,} rows, {cores} cores, {options.rounds} rounds")
        words = {
            COPY: [sys.executable, __file__, "--copy", url],
            OURS: [sys.executable, "-m", "riskmodel", "batch", url, "--query", QUERY, "-o", url, *OPTIONS],
        }
        seconds: dict[str, list[float]] = {label: [] for label in words}
        for number in range(-1, options.rounds):
            for label in sorted(words, reverse=number % 2 == 0):
                database.connection.execute("drop table if exists scores, bad")
                elapsed, _ = timed(words[label])
                if number >= 0:  # the first round is a warm-up
                    seconds[label].append(elapsed)
        ratio = median(ours / copied for ours, copied in zip(seconds[OURS], seconds[COPY], strict=True))
        for label, times in seconds.items():
            print(f"  {label:14} {median(times):6.2f} s, {options.rows / median(times):10,.0f} rows a second")
        print_target(f"at most {COPY_TARGET} x the copy", f"{ratio:.2f}", ratio <= COPY_TARGET)
        if options.grow:
            peaks = []
            for rows in (options.rows, options.grow):
                fill(url, rows, options.seed)
                database.connection.execute("drop table if exists scores, bad")
                peaks.append(timed(words[OURS])[1].ru_maxrss / 1024)
            print(f"  peak memory {peaks[0]:.0f} MB at {options.rows:,} rows, {peaks[1]:.0f} MB at {options.grow:,}")
            grown = peaks[1] - peaks[0]
            print_target(f"at most {GROWTH_TARGET} MB more", f"{grown:.0f}", grown <= GROWTH_TARGET)


def fill(url: str, rows: int, seed: int) -> None:
    """Create the table that is read."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        reader = pa.RecordBatchReader.from_batches(SCHEMA, batches(rows, seed))
        cursor.execute("drop table if exists months")
        cursor.adbc_ingest("months", reader, mode="create")
        connection.commit()


def copy(url: str) -> None:
    """Copy the rows of the query to a new table that has the columns of riskmodel's output."""
    from adbc_driver_postgresql import dbapi

    added = [f"{score}{part}" for score in ("escalation", "stability") for part in PARTS]
    numbers = list(RANGES)

    def widened(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            words = pa.array(["elevated"] * batch.num_rows)
            columns = [
                words if name.endswith("_band") else batch.column(numbers[index]) for index, name in enumerate(added)
            ]
            yield pa.RecordBatch.from_arrays([*batch.columns, *columns], [*batch.schema.names, *added])

    with dbapi.connect(url) as source, dbapi.connect(url) as target:
        with source.cursor() as reading, target.cursor() as writing:
            reading.execute(QUERY)
            reader = reading.fetch_record_batch()
            kinds = [(name, pa.string() if name.endswith("_band") else pa.float64()) for name in added]
            schema = pa.schema([*((field.name, field.type) for field in reader.schema), *kinds])
            writing.adbc_ingest("scores", pa.RecordBatchReader.from_batches(schema, widened(reader)), mode="create")
        target.commit()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--grow", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copy", metavar="URL", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    main()
