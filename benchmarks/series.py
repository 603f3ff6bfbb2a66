"""Time a series of 50 units over 360 months: its draws against the bare engine, and against `uncertainty` row by row.

    python benchmarks/series.py [--units 50] [--times 360] [--rounds 5] [--seed 1] [--other ../other]

One value in ten is missing, which is drawn 1,024 times a row. The same run times the engine on as many complete rows
(`score_table`), `score_frame` on the table, and `riskmodel uncertainty --sample-missing` on its first rows; with
`--other`, a checkout of another commit, that command of the other build. They run alternately; ratios are medians of
those within the rounds.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from panels import panel
from tables import RANGES

import riskmodel
from riskmodel.engine.table import score_table

DRAWS = 1024
SAMPLE = 40
"""Rows that `riskmodel uncertainty` scores, of those with a missing value: the older build refuses others."""
MISSING = 0.1


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser()
    for name, default in (("units", 50), ("times", 360), ("rounds", 5), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--other", type=Path, help="checkout of another commit")
    options = parser.parse_args()
    frame = with_gaps(panel(options.units, options.times, options.seed), options.seed)
    model, rows = riskmodel.load_model(), len(frame)
    columns = complete_columns(rows * DRAWS // 8, options.seed)
    drawn, plain, bare, scored = [], [], [], []
    for _ in range(options.rounds):
        drawn.append(timed(lambda: model.series(frame, by="pair", time="month", draws=DRAWS)))
        # An eighth of the draws at once, eight times: all of them would not fit into memory.
        bare.append(8 * timed(lambda: score_table(model.compiled, columns, len(columns["espionage"]))))
        plain.append(timed(lambda: model.series(frame, by="pair", time="month", draws=0)))
        scored.append(timed(lambda: model.score_frame(frame)))
    print(f"{rows:,} rows, one value in ten missing; medians of {options.rounds} rounds")
    print(f"series, {DRAWS:,} draws a row          {median(drawn):8.3f} s")
    print(f"engine, {rows * DRAWS:,} complete rows {median(bare):8.3f} s   {verdict(ratios(drawn, bare), 2.0)}")
    print(f"series without draws             {median(plain):8.3f} s")
    print(f"score_frame                      {median(scored):8.3f} s   {verdict(ratios(plain, scored), 3.0)}")
    row = rows / median(drawn)
    builds = {"this build": Path(__file__).parents[1]} | ({} if options.other is None else {"other": options.other})
    for name, checkout in builds.items():
        seconds, draws = uncertainty_seconds(checkout, frame)
        print(
            f"uncertainty, {name}, {draws} draws: {seconds:.3f} s a row; a series has {row * seconds:,.0f} x the rows"
        )


def with_gaps(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return a panel in which one value in ten is missing."""
    hidden = np.random.default_rng(seed).random((len(frame), len(RANGES))) < MISSING
    return frame.assign(**{name: frame[name].mask(hidden[:, index]) for index, name in enumerate(RANGES)})


def complete_columns(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Return columns of all indicators without missing values."""
    random = np.random.default_rng(seed)
    return {name: random.uniform(*ends, rows) for name, ends in RANGES.items()}


def uncertainty_seconds(checkout: Path, frame: pd.DataFrame) -> tuple[float, str]:
    """Return the seconds that the command of a build takes for a row, without those to start, and its draws."""
    with tempfile.TemporaryDirectory() as folder:
        files = {count: Path(folder) / f"{count}.csv" for count in (1, 1 + SAMPLE)}
        for count, file in files.items():
            frame[frame.isna().any(axis=1)].head(count).assign(id=[f"row {row}" for row in range(count)]).to_csv(
                file, index=False
            )
        one, all_rows = (timed(partial(uncertainty, checkout, file)) for file in files.values())
        return (all_rows - one) / SAMPLE, uncertainty(checkout, files[1]).partition(" draws")[0].split()[-1]


def uncertainty(checkout: Path, table: Path) -> str:
    """Run `riskmodel uncertainty` of a checkout with its default draws, and return what it prints."""

    def run(*words: str) -> str:
        # The package in the working directory comes first.
        command = [sys.executable, "-m", "riskmodel", "uncertainty", *words]
        return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout

    return run(str(table), "--sample-missing" if "--sample-missing" in run("--help") else "--missing")


def ratios(ours: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios within rounds."""
    return median(one / other for one, other in zip(ours, others, strict=True))


def verdict(ratio: float, target: float) -> str:
    """Format a ratio with its target."""
    return f"ratio {ratio:.2f}, target at most {target:g}: {'met' if ratio <= target else 'MISSED'}"


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
