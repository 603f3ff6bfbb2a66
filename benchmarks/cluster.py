"""Time the scoring of CSV files on a Dask cluster, with one worker and with two, against the local engine.

    python benchmarks/cluster.py [--rows 4000000] [--files 16] [--rounds 3] [--seed 1] [--keep DIR]

The clusters are up before anything is timed, and have scored once. Workers have one thread each; the local engine has
two, and scores the same files one after the other. The contenders run alternately, each round in another order; all are
limited to two cores on Linux. Times are medians over the rounds; a ratio is the median of the ratios within the rounds.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.csv
from batch import limit_cores, print_target
from distributed import Client, LocalCluster
from tables import batches

import riskmodel

SPEEDUP_TARGET, LOCAL_TARGET = 1.85, 1.3


def main() -> None:
    """Run the benchmark and print its figures."""
    options = _options()
    cores = limit_cores()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        source = _files(folder, options.rows, options.files, options.seed)
        with _cluster(1) as one, _cluster(2) as two:
            runs: dict[str, Callable[[Path], object]] = {
                "Dask, one worker": lambda target: _on_cluster(source, target, one),
                "Dask, two workers": lambda target: _on_cluster(source, target, two),
                "local engine": lambda target: _local(source, target),
            }
            print(f"{options.rows:,} rows of CSV in {options.files} files, {cores} cores, {options.rounds} rounds")
            seconds: dict[str, list[float]] = {label: [] for label in runs}
            for number in range(-1, options.rounds):
                for label in sorted(runs, key=lambda label: (list(runs).index(label) + number) % len(runs)):
                    elapsed = _timed(runs[label], folder / "out")
                    if number >= 0:  # the first round is a warm-up
                        seconds[label].append(elapsed)
    _report(seconds, options.rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the scoring of files on a Dask cluster.")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="after one that is not counted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="folder of the files, which are made if they are not there"
    )
    options = parser.parse_args()
    if min(options.rows, options.files, options.rounds) < 1 or options.seed < 0:
        parser.error("rows, files and rounds must be at least 1, and the seed at least 0")
    return options


def _files(folder: Path, rows: int, count: int, seed: int) -> Path:
    """Return a folder of CSV files with equal numbers of rows; make them if they are not there."""
    source = folder / f"csv-{rows}-{count}-{seed}"
    if not source.exists():
        part = source.with_suffix(".part")
        part.mkdir(parents=True)
        for number in range(count):
            table = pa.Table.from_batches(batches(rows // count, seed + number))
            pa.csv.write_csv(table, part / f"in-{number:03}.csv", pa.csv.WriteOptions(quoting_style="none"))
        part.rename(source)
    return source


def _cluster(workers: int) -> LocalCluster:
    return LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")


def _on_cluster(source: Path, target: Path, cluster: LocalCluster) -> None:
    with Client(cluster):
        riskmodel.score_file(
            f"{source}/*.csv", target / "scored.csv", engine="dask", scheduler=cluster.scheduler_address
        )


def _local(source: Path, target: Path) -> None:
    for file in sorted(source.iterdir()):
        riskmodel.score_file(file, target / file.name)


def _timed(run: Callable[[Path], object], target: Path) -> float:
    target.mkdir(parents=True)
    start = time.perf_counter()
    run(target)
    elapsed = time.perf_counter() - start
    shutil.rmtree(target)
    return elapsed


def _report(seconds: dict[str, list[float]], rows: int) -> None:
    for label, own in seconds.items():
        print(f"{label:18}  {median(own):7.2f} s  {rows / median(own):12,.0f} rows/s")
    one, two, local = seconds.values()
    speedup = median(first / second for first, second in zip(one, two, strict=True))
    print_target(f"two workers at least {SPEEDUP_TARGET} x one", f"{speedup:.2f}", speedup >= SPEEDUP_TARGET)
    ratio = median(first / second for first, second in zip(two, local, strict=True))
    text = f"two workers at most {LOCAL_TARGET} x the time of the local engine on two threads"
    print_target(text, f"{ratio:.2f}", ratio <= LOCAL_TARGET)
    if speedup < SPEEDUP_TARGET or ratio > LOCAL_TARGET:
        print(
            "    in the way: scheduler and client share the cores with the workers, as does other work on this machine;"
            " each file is a task with files of its own, and near the end a worker may have none"
        )


if __name__ == "__main__":
    main()
