"""Time one assessment on the command line, against importing the libraries that it uses.

    python benchmarks/startup.py [--pairs 21]

`riskmodel score` of one situation and a Python that only imports numpy, pydantic and yaml run alternately, so that
other load on the machine affects both equally. Both have cached byte code, like an installed program.
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
    parser = argparse.ArgumentParser(description="Time one assessment on the command line.")
    parser.add_argument("--pairs", type=int, default=21)
    pairs = parser.parse_args().pairs
    if pairs < 1:
        parser.error("pairs must be at least 1")
    commands = {
        "riskmodel score": _score_command(),
        "import libraries": [sys.executable, "-c", "import numpy, pydantic, yaml"],
        "pass": [sys.executable, "-c", "pass"],
    }
    _report(commands, _times(list(commands.values()), pairs))


def _score_command() -> list[str]:
    """Return the command to score the example, or a scenario if there is no example; by module without the script."""
    script = Path(sys.executable).with_name("riskmodel")
    program = [str(script)] if script.is_file() else [sys.executable, "-m", "riskmodel"]
    situation = [str(EXAMPLE)] if (ROOT / EXAMPLE).is_file() else ["--scenario", "shifting_alliances"]
    return [*program, "score", *situation]


def _times(commands: Sequence[Sequence[str]], rounds: int) -> list[list[float]]:
    """Return the seconds of each round by command; the commands run alternately, after warm-ups."""
    # Users have cached byte code; with this variable, which test machines often set, it would be compiled each time.
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
