"""Measure the request rate of `riskmodel serve`, against FastAPI endpoints that only return their input.

    python benchmarks/serve.py [--rounds 7] [--seconds 2] [--connections 8] [--rows 10000] [--seed 1] [--against PYTHON]

Service, echo and load are separate programs; service and echo are run by uvicorn with the same settings, one worker
each. The contenders are measured alternately, so that other load on the machine affects all of them equally. Figures
are medians over the rounds; a ratio is the median of the ratios within the rounds. A second service asks for one of ten
keys and logs each request. `--against` names the Python of an
environment with another build of riskmodel, whose service is measured in turn.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

import slider

import riskmodel

HERE = Path(__file__).resolve().parent
TARGET = 0.5
VALUES = {
    "military_activity": 7,
    "communication_frequency": 1,
    "espionage": 30,
    "trade_disruption": 45,
    "dispute_history": 2,
    "peace_years": 12,
    "standing_rivalry": 8,
    "regional_instability": 5,
    "alliance_realignment": 3,
    "public_hostility": 60,
    "third_party_mediation": 2,
    "arms_control_engagement": 4,
    "joint_initiatives": 2,
    "unresolved_disputes": 3,
}
"""One situation, with a value for every indicator of the default model."""


KEYS = [f"benchmark-key-{number:02}" for number in range(10)]


class Contender(NamedTuple):
    """A request and the address of a server, with the key that it asks for."""

    label: str
    url: str
    path: str
    body: Path
    key: str | None = None


def main() -> None:
    """Run the benchmark and print its tables."""
    options = _options()
    print(
        f"medians of {options.rounds} rounds of {options.seconds:g} s, {options.connections} connections\n"
        f"Python {platform.python_version()}, uvicorn {version('uvicorn')}, fastapi {version('fastapi')}, "
        f"{os.cpu_count()} cores"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(_started("-m", "riskmodel", "serve", "--port", "0"))
        keys = folder / "keys"
        keys.write_text("".join(f"client{number} {key}\n" for number, key in enumerate(KEYS)), encoding="utf-8")
        keys.chmod(0o600)
        guards = ("--api-key-file", str(keys), "--access-log", str(folder / "log"))
        guarded = stack.enter_context(_started("-m", "riskmodel", "serve", "--port", "0", *guards))
        echo = stack.enter_context(_started(str(HERE / "echo.py")))
        situation = folder / "situation.json"
        situation.write_text(json.dumps({"title": "A situation", "values": VALUES}), encoding="utf-8")
        contenders = [
            Contender("/api/score", ours, "/api/score", situation),
            Contender("echo through pydantic", echo, "/situation", situation),
            Contender("with keys and a log", guarded, "/api/score", situation, KEYS[-1]),
        ]
        if options.against:
            other = stack.enter_context(
                _started("-I", "-m", "riskmodel", "serve", "--port", "0", python=options.against)
            )
            contenders.append(Contender("other build", other, "/api/score", situation))
        _report("one situation", "requests/s", 1, contenders, options)
        command = [sys.executable, str(HERE / "tables.py"), "make", str(options.rows), str(options.seed), str(folder)]
        subprocess.run(command, check=True)
        contenders = [
            Contender("/api/batch", ours, "/api/batch", folder / "in.csv"),
            Contender("echo of the bytes", echo, "/bytes", folder / "in.csv"),
        ]
        _report(f"a CSV of {options.rows:,} rows", "rows/s", options.rows, contenders, options)
        # The echo scores nothing; scoring without a service is the other reference.
        print(f"score_file, file to file: {_by_file(folder, options):,.0f} rows/s")
        slider.report(ours)


def _by_file(folder: Path, options: argparse.Namespace) -> float:
    """Return the rows per second of the same table without a service: the median of the rounds, after a warm-up."""
    source, output = folder / "in.csv", folder / "out.csv"
    times = [riskmodel.score_file(source, output).seconds for _ in range(options.rounds + 1)][1:]
    return float(options.rows / median(times))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the request rate of the service.")
    parser.add_argument("--rounds", type=int, default=7, help="each contender runs once a round, after a warm-up")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=8, help="for one situation; tables have at most four")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--against", metavar="PYTHON", help="Python of an environment with another build of riskmodel")
    options = parser.parse_args()
    if min(options.rounds, options.connections, options.rows) < 1 or options.seconds <= 0 or options.seed < 0:
        parser.error("rounds, connections and rows must be at least 1, seconds above 0, and the seed at least 0")
    return options


@contextmanager
def _started(*words: str, python: str = sys.executable) -> Iterator[str]:
    """Start a server for the context; return its address, which is the first line that it prints."""
    with subprocess.Popen([python, *words], stderr=subprocess.PIPE, text=True, cwd=HERE.parent) as program:
        assert program.stderr is not None  # noqa: S101  (it is a pipe)
        address = program.stderr.readline().strip()
        if not address.startswith("http://"):
            sys.exit(f"{' '.join(words)} did not start:\n{address}\n{program.stderr.read()}")
        try:
            yield address
        finally:
            program.terminate()


def _report(title: str, unit: str, each: int, contenders: Sequence[Contender], options: argparse.Namespace) -> None:
    """Measure the contenders, and print a table.

    Parameters
    ----------
    title, unit : of the table.
    each : the number of units of a response.
    contenders : riskmodel, the reference, and perhaps others like riskmodel.
    options : of the program.
    """
    rounds = [[each * _measure(contender, options) for contender in contenders] for _ in range(options.rounds + 1)][1:]
    width = max(len(contender.label) for contender in contenders)
    print(f"\n{title}\n{'':{width}}  {unit:>12}")
    for contender, rates in zip(contenders, zip(*rounds, strict=True), strict=True):
        print(f"{contender.label:{width}}  {median(rates):12,.0f}")
    ratio = median(ours / echo for ours, echo, *_ in rounds)
    print(f"ratio {ratio:.2f}; target: at least {TARGET:g}; {'met' if ratio >= TARGET else 'missed'}")
    if ratio < TARGET:
        print("in the way: the echo computes nothing, and its answers are a small part of the length of ours")
    for number, other in enumerate(contenders[2:], 2):
        print(f"{other.label}: {median(rates[number] / rates[0] for rates in rounds):.2f} of {contenders[0].label}")


def _measure(contender: Contender, options: argparse.Namespace) -> float:
    """Return the responses per second."""
    host, port = urlsplit(contender.url).netloc.split(":")
    # The service accepts four concurrent tables.
    connections = options.connections if contender.body.suffix == ".json" else min(options.connections, 4)
    command = [str(HERE / "load.py"), host, port, contender.path, str(contender.body), str(connections)]
    command += [str(options.seconds), *([contender.key] if contender.key else [])]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{contender.label}: {done.stderr}")
    return float(json.loads(done.stdout)["per_second"])


if __name__ == "__main__":
    main()
