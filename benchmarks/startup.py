"""Time one assessment on the command line, against importing the libraries that it uses.

    python benchmarks/startup.py [--pairs 21] [--against PYTHON]

`riskmodel score` of one situation and a Python that only imports numpy, pydantic and yaml run alternately, so that
other load on the machine affects both equally. Both have cached byte code, like an installed program. `--against` names
the Python of an environment with another build of riskmodel, whose command runs in turn.

`import pydantic` alone imports hardly anything; `as they are used` also imports what the definition of a type needs.
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
TARGET = 1.5
LIBRARIES = "import numpy, pydantic, yaml"
AS_USED = "import numpy, yaml, click; from pydantic import BaseModel, Field, model_validator; BaseModel"


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description="Time one assessment on the command line.")
    parser.add_argument("--pairs", type=int, default=21)
    parser.add_argument("--against", metavar="PYTHON", help="Python of an environment with another build of riskmodel")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("pairs must be at least 1")
    commands = {
        "riskmodel score": _score_command(sys.executable),
        "import libraries": [sys.executable, "-c", LIBRARIES],
        "as they are used": [sys.executable, "-c", AS_USED],
        "pass": [sys.executable, "-c", "pass"],
    }
    if options.against:
        commands["other build"] = _score_command(options.against)
    _report(commands, _times(list(commands.values()), options.pairs))


def _score_command(python: str) -> list[str]:
    """Return the command to score the example, or a scenario if there is no example; by module without the script."""
    script = Path(python).with_name("riskmodel")
    program = [str(script)] if script.is_file() else [python, "-m", "riskmodel"]
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
    by_label = dict(zip(commands, times, strict=True))
    ours, libraries, nothing = (by_label[label] for label in ("riskmodel score", "import libraries", "pass"))
    width = max(map(len, commands))
    print(f"medians of {len(ours)} rounds, after {WARM_UPS} warm-ups, on {os.cpu_count()} cores\n")
    print(f"{'':{width}}  {'ms':>6}  {'x import':>8}  {'x pass':>6}  command")
    for (label, command), seconds in zip(commands.items(), times, strict=True):
        print(
            f"{label:{width}}  {median(seconds) * 1e3:6.0f}  {median(seconds) / median(libraries):8.2f}"
            f"  {median(seconds) / median(nothing):6.2f}  {' '.join(command)}"
        )
    ratio, pairwise = median(ours) / median(libraries), _pairwise(ours, libraries)
    is_met = max(ratio, pairwise) <= TARGET
    print(f"\nriskmodel score / import libraries: {ratio:.2f} (ratio of medians), {pairwise:.2f} (median of the pairs)")
    print(f"target: at most {TARGET:g}; {'met' if is_met else 'missed'}")
    if not is_met:
        used = _pairwise(by_label["as they are used"], libraries)
        print(
            f"in the way: the libraries as they are used, before a line of riskmodel, take {used:.2f} of it; the rest "
            "defines the types of a model file, reads the model, makes its plan, and scores 2,048 draws"
        )
    if other := by_label.get("other build"):
        print(f"riskmodel score / other build: {_pairwise(ours, other):.2f} (median of the pairs)")


def _pairwise(times: Sequence[float], others: Sequence[float]) -> float:
    """Return the median ratio of runs of the same round."""
    return median(one / other for one, other in zip(times, others, strict=True))


if __name__ == "__main__":
    main()
