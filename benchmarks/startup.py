"""How long one assessment on the command line takes, against importing the libraries that it stands on.

    python benchmarks/startup.py [--pairs 21]

`riskmodel score` of one situation and a Python that imports numpy, pydantic and yaml and ends run in turn, so that
whatever else the machine does falls on both alike. Both have their byte code cached, as an installed program has.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = Path("examples", "article_case.yaml")
WARM_UPS = 2
TARGET = 2.0


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description="Measure how long one assessment on the command line takes.")
    parser.add_argument("--pairs", type=int, default=21)
    pairs = parser.parse_args().pairs
    if pairs < 1:
        parser.error("at least one pair is needed")
    commands = {
        "riskmodel score": _score_command(),
        "import libraries": [sys.executable, "-c", "import numpy, pydantic, yaml"],
        "pass": [sys.executable, "-c", "pass"],
    }
    _report(commands, _times(list(commands.values()), pairs))


def _score_command() -> list[str]:
    """Score the example, or a scenario where there is no example; by the console script, or where none, by module."""
    script = Path(sys.executable).with_name("riskmodel")
    program = [str(script)] if script.is_file() else [sys.executable, "-m", "riskmodel"]
    situation = [str(EXAMPLE)] if (ROOT / EXAMPLE).is_file() else ["--scenario", "shifting_alliances"]
    return [*program, "score", *situation]


def _times(commands: Sequence[Sequence[str]], rounds: int) -> list[list[float]]:
    """For each command, the seconds of each round; the commands take turns, and the warm-ups do not count."""
    # Byte code is cached for users; with this variable, which test machines often set, it would be made anew each time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    rows = [[_seconds(command, environment) for command in commands] for _ in range(WARM_UPS + rounds)]
    return [list(column) for column in zip(*rows[WARM_UPS:], strict=True)]


def _seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')}")
    return seconds


def _report(commands: Mapping[str, Sequence[str]], times: Sequence[Sequence[float]]) -> None:
    ours, libraries, nothing = times
    width = max(map(len, commands))
    print(f"medians of {len(ours)} rounds, after {WARM_UPS} warm-ups, on {os.cpu_count()} cores\n")
    print(f"{'':{width}}  {'ms':>6}  {'x import':>8}  {'x pass':>6}  command")
    for (label, command), seconds in zip(commands.items(), times, strict=True):
        print(
            f"{label:{width}}  {median(seconds) * 1e3:6.0f}  {median(seconds) / median(libraries):8.2f}"
            f"  {median(seconds) / median(nothing):6.2f}  {' '.join(command)}"
        )
    ratio = median(ours) / median(libraries)
    pairwise = median(our / other for our, other in zip(ours, libraries, strict=True))
    print(f"\nriskmodel score / import libraries: {ratio:.2f} (ratio of medians), {pairwise:.2f} (median of the pairs)")
    print(f"target: at most {TARGET:g}; {'met' if max(ratio, pairwise) <= TARGET else 'missed'}")


if __name__ == "__main__":
    main()
