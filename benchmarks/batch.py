"""Time `riskmodel batch` against reading and writing files without scoring, and against other ways to score.

    python benchmarks/batch.py [--rows 1000000,10000000] [--rounds 3] [--seed 1] [--sample 20000] [--keep DIR]
                               [--against PYTHON]

A seeded generator makes files of the default model's indicators. Each contender is a program, measured from start to
end; they run alternately, so that other load on the machine affects all of them equally. Each is configured for two
threads, and limited to two cores on Linux. Times are medians over the rounds; a ratio is the median of the ratios
within the rounds. README.md explains the ratios. `--against` names the Python of an environment with another build of
riskmodel, whose `riskmodel batch` is a contender, too. It runs on Linux and macOS.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import resource

# This program loads no tables or libraries: its memory would be counted for the programs that it starts.

HERE = Path(__file__).resolve().parent
THREADS = 2
LIMITS = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS"), str(THREADS))
"""The thread limits of polars and pyarrow; DuckDB has a setting."""
FEW_ROWS = 10
MANY_ROWS = 5_000_000
"""The size from which slow contenders run in one round only."""
COMPARED_ROWS = 100_000
HEADS = ("head-ours.csv", "head-theirs.csv")
MEGA = 1e6

CSV, PARQUET, MIXED = "CSV to CSV", "Parquet to Parquet", "CSV to Parquet"
OURS, EXPLAIN, PANDAS, OTHER = "riskmodel", "riskmodel --explain", "pandas by hand", "other build"
QUERY = "DuckDB engine"
SOURCE, TARGET = "SOURCE", "TARGET"
FLOORS = {
    CSV: {
        "polars": ("text", "numbers"),
        "pyarrow": ("text", "text at once", "numbers"),
        "duckdb": ("text", "numbers"),
    },
    PARQUET: {"polars": ("numbers",), "pyarrow": ("numbers", "numbers at once"), "duckdb": ("numbers",)},
    MIXED: {"polars": ("numbers",), "pyarrow": ("numbers", "numbers at once"), "duckdb": ("numbers",)},
}
"""The modes of floors.py, by library."""

CSV_TARGET, PARQUET_TARGET = 1.5, 2.5
PANDAS_TARGET, ZEN_TARGET = 10, 100
OTHER_TARGETS = {CSV: 0.65, PARQUET: 0.6}
"""The most time, as a share of that of the build before there was a plan."""
CSV_PEAK_TARGET = 250
QUERY_TARGET = 1.5
PEAK_TARGET, PEAK_ROWS, GROWTH_TARGET, GROWTH_ROWS = 600, 10_000_000, 100, 1_000_000


class Contender(NamedTuple):
    """A program, with `SOURCE` and `TARGET` in place of file names."""

    group: str
    label: str
    words: tuple[str, ...]
    source: str
    target: str
    floor: bool = False
    slow: bool = False
    python: str = sys.executable


class Run(NamedTuple):
    """The measurements of one run of a contender."""

    seconds: float
    """Elapsed time."""
    processor_seconds: float
    """Processor time."""
    peak: float
    """Peak memory in bytes."""
    written: int
    """Bytes of the target."""


Runs = Mapping[Contender, Sequence[Run]]


def main() -> None:
    """Run the benchmark and print its tables."""
    options = _options()
    cores = limit_cores()
    installed = [name for name in ("pyarrow", "polars", "duckdb", "pandas", "zen-engine") if _installed(name)]
    versions = ", ".join(f"{name} {version(name)}" for name in installed)
    print(f"Python {platform.python_version()}, {versions}; {THREADS} threads each, {cores} cores")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        contenders = _contenders(options.against)
        few = _tables(folder, FEW_ROWS, options.seed)
        starts = _measured(contenders, few, options.rounds, FEW_ROWS)
        peaks = {rows: _size(contenders, starts, folder, rows, options) for rows in options.rows}
    _report_peaks(peaks)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the scoring of files.")
    parser.add_argument("--rows", type=_numbers, default=[1_000_000, 10_000_000], help="sizes, separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="each contender runs once a round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=20_000, help="rows for a contender that takes them one by one")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="folder of the files, which are made if they do not exist"
    )
    parser.add_argument("--against", metavar="PYTHON", help="Python of an environment with another build of riskmodel")
    options = parser.parse_args()
    if min(*options.rows, options.rounds, options.sample) < 1 or options.seed < 0:
        parser.error("rows, rounds and sample must be at least 1, and the seed at least 0")
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def limit_cores() -> int:
    """Limit this program and those that it starts to as many cores as threads, where supported."""
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count() or 1
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    return len(os.sched_getaffinity(0))


def _installed(package: str) -> bool:
    return find_spec(package.removesuffix("-engine")) is not None


def _contenders(other: str | None) -> list[Contender]:
    """Return the installed contenders by group; print those that are not installed."""
    batch = ("-m", "riskmodel", "batch", SOURCE, "-o", TARGET)
    by_hand = (str(HERE / "by_hand.py"), "pandas", SOURCE, TARGET)
    extra = [
        Contender(CSV, EXPLAIN, (*batch, "--explain"), "in.csv", "out.csv"),
        Contender(CSV, f"{OURS}, from .csv.gz", batch, "in.csv.gz", "out.csv", slow=True),
        Contender(CSV, f"{OURS}, from .csv.zst", batch, "in.csv.zst", "out.csv", slow=True),
        Contender(CSV, PANDAS, by_hand, "in.csv", "out.csv", slow=True),
    ]
    if _installed("duckdb") and _installed("sqlglot"):
        extra.append(Contender(PARQUET, QUERY, (*batch, "--engine", "duckdb"), "in.parquet", "out.parquet"))
    contenders = []
    for group, libraries in FLOORS.items():
        source, target = (file_format.lower() for file_format in group.split(" to "))
        source, target = f"in.{source}", f"out.{target}"
        contenders.append(Contender(group, OURS, batch, source, target))
        if other is not None and group in OTHER_TARGETS:
            contenders.append(Contender(group, OTHER, ("-I", *batch), source, target, python=other))
        contenders += [contender for contender in extra if contender.group == group]
        for library, ways in libraries.items():
            for way in ways if _installed(library) else ():
                words = (str(HERE / "floors.py"), library, way, SOURCE, TARGET)
                contenders.append(Contender(group, f"{library} {way}", words, source, target, floor=True))
    for package in ("polars", "duckdb", "zen-engine"):
        if not _installed(package):
            print(f"skipped {package}: not installed; it comes with the extra `bench`")
    return contenders


def _tables(folder: Path, rows: int, seed: int) -> Path:
    """Return the folder with the files of one size; make them if they do not exist."""
    tables = folder / f"rows-{rows}-seed-{seed}"
    if not (tables / "in.parquet").exists():
        tables.mkdir(parents=True, exist_ok=True)
        _output([str(HERE / "tables.py"), "make", str(rows), str(seed), str(tables)])
    return tables


def _size(
    contenders: Sequence[Contender], starts: Runs, folder: Path, rows: int, options: argparse.Namespace
) -> dict[str, float]:
    """Measure with files of one size, print the tables, and return the peak memory of riskmodel by contender."""
    tables = _tables(folder, rows, options.seed)
    runs = _measured(contenders, tables, options.rounds, rows)
    sizes = {end: (tables / f"in.{end}").stat().st_size / MEGA for end in ("csv", "parquet")}
    print(
        f"\n{rows:,} rows, seed {options.seed}, medians of {options.rounds} round{'s' * (options.rounds > 1)};"
        f" read: {sizes['csv']:,.1f} MB of CSV or {sizes['parquet']:,.1f} MB of Parquet"
    )
    for group in FLOORS:
        _report(group, [contender for contender in contenders if contender.group == group], runs, starts, rows)
    if rows >= MANY_ROWS and options.rounds > 1:
        print(f"one round only: {', '.join(contender.label for contender in contenders if contender.slow)}")
    _report_targets(runs, rows, _zen_rate(tables, options.sample) if _installed("zen-engine") else None)
    _report_agreement(tables)
    if not options.keep:
        shutil.rmtree(tables)
    ours = [contender for contender in contenders if contender.label.startswith(OURS)]
    return {f"{each.group}, {each.label}": max(run.peak for run in runs[each]) for each in ours}


def _measured(contenders: Sequence[Contender], tables: Path, rounds: int, rows: int) -> dict[Contender, list[Run]]:
    """Run the contenders alternately, round after round."""
    runs: dict[Contender, list[Run]] = {contender: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            if not (number and contender.slow and rows >= MANY_ROWS):
                runs[contender].append(_run(contender, tables, None if number else rows))
    return runs


def _run(contender: Contender, tables: Path, rows: int | None) -> Run:
    """Measure a contender once; if `rows` is given, check that it wrote as many."""
    with tempfile.TemporaryDirectory(dir=tables) as temporary:
        target = Path(temporary, contender.target)
        names = {SOURCE: str(tables / contender.source), TARGET: str(target)}
        seconds, usage = timed([contender.python, *(names.get(word, word) for word in contender.words)])
        if rows is not None and int(_output([str(HERE / "tables.py"), "count", str(target)])) != rows:
            sys.exit(f"{contender.group}, {contender.label}: rows were lost")
        if (contender.group, contender.label) in ((CSV, OURS), (CSV, PANDAS)):
            _keep_head(target, tables / HEADS[contender.label == PANDAS])
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Run(seconds, usage.ru_utime + usage.ru_stime, peak, target.stat().st_size)


def timed(words: Sequence[str]) -> tuple[float, "resource.struct_rusage"]:
    """Run a program; return its elapsed seconds and resource usage."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(words, env=_environment(), stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(words)} ended with {process.returncode}:\n{output.read().decode(errors='replace')}")
    return seconds, usage


def _environment() -> dict[str, str]:
    # Users have cached byte code; with this variable, which test machines often set, it would be compiled each time.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | LIMITS


def _output(words: Sequence[str]) -> str:
    """Return the output of a Python program; exit if it fails."""
    done = subprocess.run([sys.executable, *words], env=_environment(), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}")
    return done.stdout


def _keep_head(path: Path, head: Path) -> None:
    with path.open("rb") as file, head.open("wb") as kept:
        kept.writelines(islice(file, COMPARED_ROWS + 1))


def _report(group: str, contenders: Sequence[Contender], runs: Runs, starts: Runs, rows: int) -> None:
    """Print the table of a group, and the contender that is its floor."""
    floor, per_byte = _floors(contenders, runs)
    bytes_count = group == CSV
    width = max(len(contender.label) for contender in runs)
    print(
        f"\n{group:{width}}  {'s':>7}  {'cores':>5}  {'rows/s':>10}  {'MB out':>8}  {'peak MB':>8}  {'x floor':>8}"
        f"  {'x, equal bytes':>14}  {'s for ' + str(FEW_ROWS):>8}"
    )
    for contender in contenders:
        own = runs[contender]
        seconds, cores = median(run.seconds for run in own), median(run.processor_seconds / run.seconds for run in own)
        peak, start = median(run.peak for run in own), median(run.seconds for run in starts[contender])
        equal = f"{_ratio(own, runs[per_byte], per_byte=True):14.2f}" if bytes_count else f"{'-':>14}"
        print(
            f"{contender.label:{width}}  {seconds:7.2f}  {cores:5.1f}  {rows / seconds:10,.0f}"
            f"  {own[0].written / MEGA:8,.1f}  {peak / MEGA:8,.0f}  {_ratio(own, runs[floor]):8.2f}  {equal}"
            f"  {start:8.2f}"
        )
    print(f"floor: {floor.label}" + (f"; for equal bytes: {per_byte.label}" if bytes_count else ""))


def _floors(contenders: Sequence[Contender], runs: Runs, way: str = "") -> tuple[Contender, Contender]:
    """Return the fastest contender without scoring, by time and by time for equal bytes; of one mode, if given."""
    ours = next(runs[contender] for contender in contenders if contender.label == OURS)
    floors = [contender for contender in contenders if contender.floor and way in contender.label]
    return (
        max(floors, key=lambda contender: _ratio(ours, runs[contender])),
        max(floors, key=lambda contender: _ratio(ours, runs[contender], per_byte=True)),
    )


def _ratio(runs: Sequence[Run], others: Sequence[Run], per_byte: bool = False) -> float:
    """Return the ratio of times, over the rounds of both; for equal bytes, if `per_byte`."""
    pairs = zip(runs, others, strict=False)
    return median(
        run.seconds / other.seconds * (other.written / run.written if per_byte else 1) for run, other in pairs
    )


def _zen_rate(tables: Path, sample: int) -> float:
    return float(_output([str(HERE / "by_hand.py"), "zen", str(tables / "in.csv"), str(sample)]))


def _report_targets(runs: Runs, rows: int, zen_rate: float | None) -> None:
    """Print the targets that are met with one size."""
    named = {(contender.group, contender.label): own for contender, own in runs.items()}
    ours, parquet = named[CSV, OURS], named[PARQUET, OURS]
    csv = [contender for contender in runs if contender.group == CSV]
    floor, _ = _floors([contender for contender in runs if contender.group == PARQUET], runs)
    print(f"\ntargets, with {rows:,} rows" + " (they are meant for a million and more)" * (rows < GROWTH_ROWS))
    for way in ("numbers", "text"):
        _, per_byte = _floors(csv, runs, way)
        ratio = _ratio(ours, runs[per_byte], per_byte=True)
        text = f"{CSV}: at most {CSV_TARGET:g} x the floor for equal bytes, {way} read ({per_byte.label})"
        print_target(text, f"{ratio:.2f}", ratio <= CSV_TARGET)
    ratio = _ratio(parquet, runs[floor])
    print_target(f"{PARQUET}: at most {PARQUET_TARGET:g} x the floor", f"{ratio:.2f}", ratio <= PARQUET_TARGET)
    ratio = _ratio(named[CSV, PANDAS], ours)
    print_target(
        f"{CSV}: at least {PANDAS_TARGET} x the rows/s of pandas by hand", f"{ratio:.1f}", ratio >= PANDAS_TARGET
    )
    if zen_rate is not None:
        ratio = rows / median(run.seconds for run in ours) / zen_rate
        text = f"{CSV}: at least {ZEN_TARGET} x the {zen_rate:,.0f} rows/s of zen-engine"
        print_target(text, f"{ratio:.0f}", ratio >= ZEN_TARGET)
    peak = max(run.peak for run in ours) / MEGA
    print_target(f"{CSV}: at most {CSV_PEAK_TARGET} MB of memory", f"{peak:,.0f}", peak <= CSV_PEAK_TARGET)
    if (PARQUET, QUERY) in named:
        _report_query(named[PARQUET, QUERY], parquet, rows)
    for group, most in OTHER_TARGETS.items():
        if (group, OTHER) in named:
            _report_other_build(
                group, most, {contender.label: own for contender, own in runs.items() if contender.group == group}
            )
    print(f"--explain takes {_ratio(named[CSV, EXPLAIN], ours):.2f} x the time of the run without it")


def _report_query(query: Sequence[Run], engine: Sequence[Run], rows: int) -> None:
    """Print the target of the query in DuckDB against the engine, and what the query costs."""
    ratio = _ratio(query, engine)
    text = f"{PARQUET}, {QUERY}: at most {QUERY_TARGET:g} x the time of riskmodel"
    print_target(text, f"{ratio:.2f}", ratio <= QUERY_TARGET)
    if ratio > QUERY_TARGET:
        pairs = zip(query, engine, strict=True)
        more = median(run.processor_seconds - other.processor_seconds for run, other in pairs) / rows * MEGA
        print(
            f"    reading and writing are the same; DuckDB takes {more:.1f} s of processor time more for the query of a"
            f" million rows than the engine for its plan, start included"
        )


def _report_other_build(group: str, most: float, runs: Mapping[str, Sequence[Run]]) -> None:
    """Print the targets against another build, and the shares of its processor time that the rest of the work takes."""

    def shares(label: str) -> tuple[float, float]:
        pairs = list(zip(runs[label], runs[OTHER], strict=False))
        return (
            median(run.seconds / other.seconds for run, other in pairs),
            median(run.processor_seconds / other.processor_seconds for run, other in pairs),
        )

    for ratio, time_ in zip(shares(OURS), ("elapsed", "processor"), strict=True):
        print_target(f"{group}: at most {most:g} x the {time_} time of the other build", f"{ratio:.2f}", ratio <= most)
    if max(shares(OURS)) > most:
        numbers = [label for label in runs if label.endswith(" numbers")]
        floors = ", ".join(f"{label.removesuffix(' numbers')} {shares(label)[1]:.2f} x" for label in numbers)
        print(f"    in the way: the processor time of reading and writing alone, with numbers parsed: {floors}")


def print_target(target: str, figure: str, met: bool) -> None:
    """Print whether a target is met."""
    print(f"  {target}; {'met' if met else 'missed'} with {figure}")


def _report_agreement(tables: Path) -> None:
    """Print the largest difference of the scores by hand."""
    rows, apart = _output([str(HERE / "by_hand.py"), "compare", *(str(tables / name) for name in HEADS)]).split()
    print(f"{PANDAS}: of {int(rows):,} rows compared, no score is more than {float(apart):g} from that of riskmodel")


def _report_peaks(peaks: Mapping[int, Mapping[str, float]]) -> None:
    """Print the peak memory of riskmodel, and its growth with the rows."""
    print("\npeak MB of riskmodel, the maximum of its runs")
    largest = {rows: max(by_label, key=by_label.__getitem__) for rows, by_label in peaks.items()}
    for rows, label in largest.items():
        print(f"  {rows:,} rows: {peaks[rows][label] / MEGA:,.0f} ({label})")
    if PEAK_ROWS in peaks:
        peak = peaks[PEAK_ROWS][largest[PEAK_ROWS]] / MEGA
        print_target(f"{PEAK_ROWS:,} rows: under {PEAK_TARGET} MB", f"{peak:,.0f}", peak < PEAK_TARGET)
    if {PEAK_ROWS, GROWTH_ROWS} <= peaks.keys():
        label, apart = max(
            ((label, (peak - peaks[GROWTH_ROWS][label]) / MEGA) for label, peak in peaks[PEAK_ROWS].items()),
            key=lambda pair: abs(pair[1]),
        )
        text = f"{GROWTH_ROWS:,} rows: within {GROWTH_TARGET} MB of that, for each contender"
        print_target(text, f"{apart:+,.0f} ({label})", abs(apart) <= GROWTH_TARGET)


if __name__ == "__main__":
    main()
