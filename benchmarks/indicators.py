"""Time GDELT event files to a table of pairs by month, against the fastest plain parse of the same columns.

    RISKMODEL_REFERENCE_DATA=FOLDER python benchmarks/indicators.py [--rows 200000] [--rounds 3] [--seed 1]

The rows of the three real quarter hours of the reference data are repeated, with other ids and days, as the daily files
of a year, or of its first days. Each contender is a program of its own with two threads, on two cores; its time is from
the first file to the last, without the imports. They run alternately; ratios are medians of those within the rounds.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

CORES = 2
COLUMNS = (0, 1, 5, 7, 12, 15, 17, 22, 26)
"""Those that riskmodel reads: id, day, code, country and role of both actors, code of the act."""
WIDTH = 61
ROWS_A_DAY = 20_000
"""At least; a real day has some 100,000."""
FILES_AT_ONCE = 30
"""Files that polars reads in one query, so that a year fits into memory."""
PEER_FILES = 8
"""Files that gdeltPyR's call reads; its time is scaled up to all."""
YEAR = 2018
RECIPE = f"""
format: 1
pairs: [USA-RUS, USA-CHN, IND-PAK, IRN-ISR]
period: {{from: {YEAR}-01, to: {YEAR}-12, step: month}}
sources:
  events: {{kind: gdelt, path: "*.export.CSV"}}
"""
RATIO, MEGABYTES, PEER_RATIO = 1.25, 300, 20


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser()
    for name, default in (("rows", 200_000), ("rounds", 3), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument(
        "--contender", nargs=2, metavar=("NAME", "FOLDER"), help="run one contender, for the program itself"
    )
    options = parser.parse_args()
    if options.contender:
        run_contender(*options.contender)
        return
    reference = os.environ.get("RISKMODEL_REFERENCE_DATA")
    if not reference:
        print("indicators.py: skipped, RISKMODEL_REFERENCE_DATA does not name a folder with the reference data")
        return
    with tempfile.TemporaryDirectory() as folder:
        size = write_year(Path(folder), Path(reference) / "events" / "gdelt2", options.rows, options.seed)
        print(f"{options.rows:,} rows, {size / 1e6:,.0f} MB; medians of {options.rounds} rounds")
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
        for _ in range(options.rounds):
            for name in CONTENDERS:
                runs[name].append(measured(name, folder))
    report({name: results for name, results in runs.items() if "seconds" in results[0]}, options.rows)


def write_year(folder: Path, reference: Path, rows: int, seed: int) -> int:
    """Write daily files, and a recipe; return the bytes of the files."""
    draw = random.Random(seed)
    originals = [
        line.split(b"\t") for file in sorted(reference.glob("2*.export.CSV")) for line in file.read_bytes().splitlines()
    ]
    bodies = [(b"\t".join(cells[5:59]), cells[60]) for cells in originals]
    key, size, days = 700_000_000, 0, min(365, -(-rows // ROWS_A_DAY))
    for number in range(days):
        day = date(YEAR, 1, 1) + timedelta(number)
        # GDELT takes some reports on anniversaries for events of a year ago.
        heads = [_head(day), _head(day - timedelta(365))]
        lines = []
        for body, url in draw.choices(bodies, k=rows * (number + 1) // days - rows * number // days):
            key += 1
            head = heads[draw.random() < 0.03]
            lines.append(b"%d\t%b\t%b\t%b000000\t%b\n" % (key, head, body, heads[0][:8], url))
        size += (folder / f"{day:%Y%m%d}.export.CSV").write_bytes(b"".join(lines))
    (folder / "recipe.yaml").write_text(RECIPE)
    return size


def _head(day: date) -> bytes:
    return f"{day:%Y%m%d}\t{day:%Y%m}\t{day:%Y}\t{day.year + day.timetuple().tm_yday / 365:.4f}".encode()


def measured(name: str, folder: str) -> dict[str, float]:
    """Run a contender as a program, and return its seconds, processor seconds, peak megabytes and rows."""
    command = [sys.executable, "-W", "ignore", __file__, "--contender", name, folder]
    limits = {"POLARS_MAX_THREADS": str(CORES), "OMP_NUM_THREADS": str(CORES)}
    output = subprocess.run(command, env=os.environ | limits, stdout=subprocess.PIPE, text=True, check=True).stdout
    result: dict[str, float] = json.loads(output.splitlines()[-1])
    return result


def run_contender(name: str, folder: str) -> None:
    """Run a contender on two cores, and print its measurements."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    try:
        run = CONTENDERS[name](folder)
    except ImportError:
        print(json.dumps({}))
        return
    start, processor = time.perf_counter(), time.process_time()
    rows = run()
    result = {"seconds": time.perf_counter() - start, "processor": time.process_time() - processor, "rows": rows}
    print(json.dumps(result | {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def files_of(folder: str) -> list[str]:
    """Return the files in the order of their days."""
    return [str(file) for file in sorted(Path(folder).glob("*.CSV"))]


def indicators(folder: str) -> Callable[[], int]:
    """Derive the table of a recipe."""
    import riskmodel

    table = riskmodel.indicators  # imports what it needs
    return lambda: sum(file["rows"] for file in table(Path(folder) / "recipe.yaml").to_dict()["files"])


def reading(folder: str) -> Callable[[], int]:
    """Read the acts of all files without counting them."""
    from riskmodel.analysis.indicators.derivations import load_derivations
    from riskmodel.schema.recipe import SourceSpec
    from riskmodel.sources import gdelt
    from riskmodel.sources.files import SourceFile
    from riskmodel.tables.parallel import in_order

    roles = frozenset(load_derivations().spec.events.state_roles.gdelt)

    def tasks() -> Iterator[tuple[gdelt.EventReader, object]]:
        for file in files_of(folder):
            reader = gdelt.open_events(SourceFile(file), SourceSpec(kind="gdelt", path=(file,)), roles)
            yield from ((reader, piece) for piece in reader.pieces())

    return lambda: sum(tally.rows for _, tally in in_order(lambda task: task[0].parse(task[1]), tasks(), CORES))


def with_polars(folder: str) -> Callable[[], int]:
    """Read the columns as text with the streaming engine."""
    import polars as pl

    columns = [f"column_{column + 1}" for column in COLUMNS]

    def read(files: Sequence[str]) -> int:
        frame = pl.scan_csv(files, separator="\t", has_header=False, quote_char=None, infer_schema=False)
        return frame.select(columns).collect(engine="streaming").height

    files = files_of(folder)
    return lambda: sum(read(files[first : first + FILES_AT_ONCE]) for first in range(0, len(files), FILES_AT_ONCE))


def with_pyarrow(folder: str) -> Callable[[], int]:
    """Read the columns as text, file by file."""
    import pyarrow as pa
    import pyarrow.csv

    pa.set_cpu_count(CORES)
    names = [str(column) for column in range(WIDTH)]
    chosen = [str(column) for column in COLUMNS]
    options = (
        pyarrow.csv.ReadOptions(column_names=names),
        pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False),
        pyarrow.csv.ConvertOptions(include_columns=chosen, column_types=dict.fromkeys(chosen, pa.string())),
    )
    return lambda: sum(pyarrow.csv.read_csv(file, *options).num_rows for file in files_of(folder))


def with_duckdb(folder: str) -> Callable[[], int]:
    """Read the columns as text, in batches of Arrow."""
    import duckdb

    columns = {f"c{column}": "VARCHAR" for column in range(WIDTH)}
    connection = duckdb.connect()
    connection.execute(f"SET threads = {CORES}; SET preserve_insertion_order = false")
    table = connection.read_csv(
        files_of(folder), sep="\t", quotechar="", escapechar="", header=False, auto_detect=False, columns=columns
    )
    chosen = table.project(", ".join(f"c{column}" for column in COLUMNS))
    return lambda: sum(batch.num_rows for batch in chosen.to_arrow_reader(1 << 17))


def with_pandas(folder: str) -> Callable[[], int]:
    """Read some files with the call of gdeltPyR (gdelt 0.1.14), and count the acts of pairs by month and code."""
    import pandas as pd

    def read() -> int:
        dtype = {26: "str", 27: "str", 28: "str"}
        frames = [
            pd.read_csv(file, sep="\t", header=None, on_bad_lines="skip", dtype=dtype)
            for file in files_of(folder)[:PEER_FILES]
        ]
        frame = pd.concat(frames).reset_index(drop=True)
        acts = frame[frame[7].notna() & frame[17].notna() & (frame[7] != frame[17])]
        acts.groupby([7, 17, acts[1] // 100, 28]).size()
        return len(frame)

    return read


CONTENDERS: dict[str, Callable[[str], Callable[[], int]]] = {
    "riskmodel.indicators": indicators,
    "riskmodel, reading only": reading,
    "polars": with_polars,
    "pyarrow": with_pyarrow,
    "duckdb": with_duckdb,
    "gdeltPyR's call, pandas": with_pandas,
}
OURS, PEER = "riskmodel.indicators", "gdeltPyR's call, pandas"
FLOORS = ("polars", "pyarrow", "duckdb")


def report(runs: dict[str, list[dict[str, float]]], rows: int) -> None:
    """Print the table, and the ratios with their targets."""
    # The peer reads some of the rows; all others must have read every row.
    seconds = {name: [run["seconds"] * rows / run["rows"] for run in results] for name, results in runs.items()}
    if lost := [name for name in runs if name != PEER and any(run["rows"] != rows for run in runs[name])]:
        raise SystemExit(f"{', '.join(lost)}: not all rows were read")
    print(f"{'':26}{'s':>8}{'processor s':>13}{'rows/s':>12}{'MB':>7}")
    for name, results in runs.items():
        processor = median(run["processor"] * rows / run["rows"] for run in results)
        memory = median(run["megabytes"] for run in results)
        elapsed = median(seconds[name])
        print(f"{name:26}{elapsed:8.2f}{processor:13.2f}{rows / elapsed:12,.0f}{memory:7,.0f}")
    floors = [name for name in FLOORS if name in runs]
    fastest = min(floors, key=lambda name: median(seconds[name]))
    ratio = median(ours / floor for ours, floor in zip(seconds[OURS], seconds[fastest], strict=True))
    print(f"x {fastest}, the fastest plain parse: {ratio:.2f}, target at most {RATIO}: {verdict(ratio <= RATIO)}")
    memory = max(run["megabytes"] for run in runs[OURS])
    print(f"peak memory: {memory:,.0f} MB, target at most {MEGABYTES}: {verdict(memory <= MEGABYTES)}")
    peer = median(other / ours for ours, other in zip(seconds[OURS], seconds[PEER], strict=True))
    print(f"times as fast as {PEER}: {peer:.0f}, target at least {PEER_RATIO}: {verdict(peer >= PEER_RATIO)}")


def verdict(is_met: bool) -> str:
    """Return whether a target is met."""
    return "met" if is_met else "MISSED"


if __name__ == "__main__":
    main()
