"""Time the reading and scoring of a workbook against python-calamine alone, which reads its cells.

    python benchmarks/workbooks.py [--rows 100000] [--rounds 5] [--seed 1]

A seeded generator makes a workbook of 16 columns: an id, a date, and the indicators of the default model. In each round
the contenders run one after the other in this process. Times are medians over the rounds; a ratio is the median of the
ratios within the rounds. README.md explains the ratios.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import python_calamine
import xlsxwriter

import riskmodel
from riskmodel.tables.input_file import open_input
from riskmodel.tables.options import AS_IT_COMES
from riskmodel.tables.reader import open_reader, read_all_or_raise

TARGET = 1.3
"""The most time of reading, as a multiple of that of python-calamine alone."""
FIRST_DAY = date(1990, 1, 1)


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description="Time the reading of workbooks.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = riskmodel.load_model()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.xlsx"
        _write(path, model, options.rows, options.seed)

        def alone() -> int:
            return len(python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())

        def read() -> int:
            with open_input(path) as source:
                return 1 + sum(read_all_or_raise(open_reader(source, model.spec, AS_IT_COMES), lambda rows: rows.count))

        def score() -> int:
            return 1 + riskmodel.score_file(path, Path(folder) / "out.parquet", model).rows_out

        contenders: dict[str, Callable[[], int]] = {
            "python-calamine alone": alone,
            "riskmodel reads": read,
            "riskmodel batch to Parquet": score,
        }
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name, run in contenders.items():
                start = time.perf_counter()
                count = run()
                times[name].append(time.perf_counter() - start)
                assert count == options.rows + 1, name  # noqa: S101
    reference, *others = times.values()
    ratios = [1.0, *(median(a / b for a, b in zip(other, reference, strict=True)) for other in others)]
    print(f"{options.rows:,} rows x 16, medians of {options.rounds} rounds")
    for (name, seconds), ratio in zip(times.items(), ratios, strict=True):
        print(f"{name:28} {median(seconds):6.2f} s {ratio:6.2f} x")
    print(f"target: reading at most {TARGET} x: {'met' if ratios[1] <= TARGET else 'missed'}")


def _write(path: Path, model: riskmodel.Model, rows: int, seed: int) -> None:
    """Write a workbook of values with three decimals within the valid ranges, or between 0 and 50."""
    generator = np.random.default_rng(seed)
    columns = {}
    for name, indicator in model.spec.indicators.items():
        low, high = (bound if np.isfinite(bound) else 50.0 * number for number, bound in enumerate(indicator.bounds))
        columns[name] = np.round(generator.uniform(low, high, rows), 3).tolist()
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["id", "date", *columns])
        for row, values in enumerate(zip(*columns.values(), strict=True), 1):
            sheet.write_string(row, 0, f"row{row}")
            sheet.write_datetime(row, 1, FIRST_DAY + timedelta(days=row % 10_000), day)
            for column, value in enumerate(values, 2):
                sheet.write_number(row, column, value)


if __name__ == "__main__":
    main()
