"""Another build of riskmodel, in its own environment, which a benchmark runs in turn with this one.

    PYTHON -I benchmarks/builds.py FOLDER

The program reads tasks from standard input, a line each, and prints the elapsed and the processor seconds of each: the
name of a Parquet file in the folder, which it scores, or `assess` for one situation, the first row of the last file.
"""

import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast


class Timing(NamedTuple):
    """Seconds of one run."""

    elapsed: float
    processor: float


def timed(run: Callable[[], object]) -> Timing:
    """Run a function once."""
    start, processor = time.perf_counter(), time.process_time()
    run()
    processor, elapsed = time.process_time() - processor, time.perf_counter() - start
    return Timing(elapsed, processor)


def quickest(run: Callable[[], object]) -> float:
    """Return the seconds of one run of a short function: the minimum of many short series."""
    return min(timeit.repeat(run, number=25, repeat=40)) / 25


@contextmanager
def other_build(python: str, folder: Path) -> Iterator[Callable[[str], Timing]]:
    """Start the program with another Python; give a function that runs one task."""
    with subprocess.Popen(
        [python, "-I", __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        requests, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)

        def run(task: str) -> Timing:
            requests.write(f"{task}\n")
            requests.flush()
            elapsed, processor = map(float, answers.readline().split())
            return Timing(elapsed, processor)

        yield run
        requests.close()


def _serve(folder: Path) -> None:
    import pandas as pd

    import riskmodel

    model = riskmodel.load_model()
    frames: dict[str, pd.DataFrame] = {}
    for line in sys.stdin:
        task = line.strip()
        if task == "assess":
            values = next(reversed(frames.values())).iloc[0].to_dict()
            seconds = quickest(lambda values=values: model.assess(values))
            timing = Timing(seconds, seconds)
        else:
            if task not in frames:
                frames[task] = pd.read_parquet(folder / task)
            timing = timed(lambda task=task: model.score_frame(frames[task]))
        print(*timing, flush=True)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
