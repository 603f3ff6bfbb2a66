"""Time the scoring of a table in memory, against one pass of `numpy.interp` and against other ways to do the work.

    python benchmarks/engine.py [--rows 1000000] [--rounds 7] [--sample 2000] [--seed 1] [--against PYTHON]

A million rows of the default model's indicators, first with 3 % of the values missing, then complete. The contenders
run alternately, so that other load on the machine affects all of them equally. Times are medians over the rounds; a
ratio is the median of the ratios within the rounds. README.md explains them. The assessment of one situation, as on the
page, is timed last. `--against` names the Python of an environment with another build of riskmodel, which runs in turn.
"""

import argparse
import cProfile
import os
import platform
import pstats
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import pandas as pd
from builds import Timing, other_build, quickest, timed
from numpy.typing import NDArray
from peers import AGREEMENT, decision, intensities, knots, score_with_pandas, terms_used, weighted_mean
from pydantic_core import to_json
from tables import MISSING, RANGES

import riskmodel
from riskmodel.engine.block import score_block
from riskmodel.engine.table import score_table
from riskmodel.plan import numpy_steps

MAX_INTERP, MAX_INTERP_COMPLETE = 1.1, 0.8
"""Targets: elapsed time with missing values, and processor time without, each as a multiple of the reference."""
MAX_OTHER_BUILD = 0.5
"""Target of both, as a share of the time of the build before there was a plan."""
MAX_ASSESS = 350e-6
"""Target of one assessment in seconds."""


class Entry(NamedTuple):
    """A contender: a function that times one run, its number of rows, and the part of the work that it does."""

    label: str
    run: Callable[[], Timing]
    rows: int
    note: str


def main() -> None:
    """Run the benchmark and print its tables."""
    options = _options()
    model = riskmodel.load_model()
    complete, gappy = _frames(options.rows, options.seed)
    print(
        f"{options.rows:,} rows x {len(RANGES)} indicators, seed {options.seed}, medians of {options.rounds} rounds\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}, {os.cpu_count()} cores"
    )
    with _other_build(options.against, {"missing": gappy, "complete": complete}) as others:
        entries = [make(model, gappy) for make in (_interp, _riskmodel, _pandas)] + others["missing"]
        times = _report(f"{MISSING:.0%} missing", entries, options.rounds)
        ratio = _ratio([time.elapsed for time in times[1]], [time.elapsed for time in times[0]])
        _judge(f"at most {MAX_INTERP:g} x interp", ratio, MAX_INTERP, partial(_obstacles, model, gappy))
        _judge_other_build(times, entries)
        entries = [make(model, complete) for make in (_interp, _riskmodel, _pandas)] + others["complete"]
        for package, peer, rows in (("pymcdm", _pymcdm, options.rows), ("zen-engine", _zen, options.sample)):
            try:
                entries.append(peer(model, complete.head(rows)))
            except ModuleNotFoundError as error:
                print(f"\nskipped {package}: {error}; it comes with the extra `bench`")
        times = _report("complete", entries, options.rounds)
        ratio = _ratio([time.processor for time in times[1]], [time.processor for time in times[0]])
        text = f"at most {MAX_INTERP_COMPLETE:g} x interp in processor time"
        _judge(text, ratio, MAX_INTERP_COMPLETE, partial(_obstacles, model, complete))
        _judge_other_build(times, entries)
        _report_situation(model, complete, others["complete"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the scoring of a table in memory.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7, help="each contender runs once a round, after one warm-up")
    parser.add_argument("--sample", type=int, default=2_000, help="rows for a contender that takes them one by one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--against", metavar="PYTHON", help="Python of an environment with another build of riskmodel")
    options = parser.parse_args()
    if min(options.rows, options.rounds, options.sample) < 1 or options.seed < 0:
        parser.error("rows, rounds and sample must be at least 1, and the seed at least 0")
    return options


def _frames(rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the same values twice: complete, and with some of them missing."""
    random = np.random.default_rng(seed)
    complete = {name: random.uniform(*ends, rows) for name, ends in RANGES.items()}
    # Column by column, because `DataFrame.mask` would leave the values of a column scattered in memory.
    gappy = {name: np.where(random.random(rows) < MISSING, np.nan, column) for name, column in complete.items()}
    return pd.DataFrame(complete), pd.DataFrame(gappy)


@contextmanager
def _other_build(python: str | None, frames: dict[str, pd.DataFrame]) -> Iterator[dict[str, list[Entry]]]:
    """Yield the entry of another build for each frame; an empty list without one."""
    if python is None:
        yield {name: [] for name in frames}
        return
    with tempfile.TemporaryDirectory() as name:
        for file, frame in frames.items():
            frame.to_parquet(Path(name) / file)
        with other_build(python, Path(name)) as run:
            yield {
                file: [Entry(OTHER, partial(run, file), len(frame), f"`score_frame` of the build of {python}")]
                for file, frame in frames.items()
            }


OTHER = "other build"


def _report_situation(model: riskmodel.Model, frame: pd.DataFrame, others: Sequence[Entry]) -> None:
    """Print the time to assess one situation, which is all overhead: the minimum of many short runs."""
    values = frame.iloc[0].to_dict()
    assessment = model.assess(values)
    data = assessment.to_dict()
    columns = {name: np.array([value]) for name, value in values.items()}
    steps: list[tuple[str, Callable[[], object]]] = [
        ("assess", lambda: model.assess(values)),
        ("  of which score_block", lambda: score_block(model.compiled, columns, rows=1).scores["escalation"].value),
        ("to_dict", assessment.to_dict),
        ("JSON", lambda: to_json(data)),
    ]
    print("\none situation            us")
    seconds = {label: quickest(run) for label, run in steps}
    for label, each in seconds.items():
        print(f"{label:22}  {each * 1e6:4.0f}")
    _judge(f"assess in at most {MAX_ASSESS * 1e6:.0f} us", seconds["assess"] / MAX_ASSESS, 1.0)
    for entry in others:
        before = entry.run.func("assess").elapsed  # type: ignore[attr-defined]
        print(f"{entry.label:22}  {before * 1e6:4.0f}, of which this build takes {seconds['assess'] / before:.2f}")


def _judge(target: str, ratio: float, limit: float, obstacles: Callable[[], str] = str) -> None:
    """Print whether a target is met, and what stands in the way if it is missed."""
    print(f"target: {target}; {'met' if ratio <= limit else 'missed'} with {ratio:.2f}")
    if ratio > limit and (text := obstacles()):
        print(f"  in the way: {text}")


def _judge_other_build(times: Sequence[list[Timing]], entries: Sequence[Entry]) -> None:
    for entry, theirs in zip(entries, times, strict=True):
        if entry.label == OTHER:
            ratio = _ratio([time.elapsed for time in times[1]], [time.elapsed for time in theirs])
            _judge(f"at most {MAX_OTHER_BUILD:g} x the other build", ratio, MAX_OTHER_BUILD)


def _obstacles(model: riskmodel.Model, frame: pd.DataFrame) -> str:
    """Say where the time of one core goes: to which functions of the backend, and what the table does not take."""
    columns = {name: frame[name].to_numpy() for name in frame}
    table = partial(score_table, model.compiled, columns, len(frame), 1)
    share = timed(table).processor / timed(partial(model.score_frame, frame)).processor
    profile = cProfile.Profile()
    profile.runcall(table)
    spent = {key: own for key, (_, _, own, _, _) in pstats.Stats(profile).stats.items()}  # type: ignore[attr-defined]
    names = {key: key[2].strip("_") for key in spent if key[0] == numpy_steps.__file__}
    names |= {key: "copyto" for key in spent if "copyto" in key[2]}
    total = sum(spent.values())
    largest = sorted(names, key=lambda key: -spent[key])[:7]
    kinds = ", ".join(f"{names[key]} {spent[key] / total:.0%}" for key in largest)
    return f"of the table {kinds}; all of it is {min(share, 1):.0%} of score_frame, checks and the frame the rest"


def _report(title: str, entries: Sequence[Entry], rounds: int) -> list[list[Timing]]:
    """Time the entries (the reference first, riskmodel second); print a table, and a description of each entry.

    Returns
    -------
    The times of each entry for one row, by round.
    """
    times = _measured(entries, rounds)
    elapsed = [[time.elapsed for time in measured] for measured in times]
    width = max(len(entry.label) for entry in entries)
    print(f"\n{title:{width}}  {'ms':>9}  {'rows/s':>12}  {'cores':>5}  {'x interp':>9}  {'x riskmodel':>11}")
    for entry, per_row, measured in zip(entries, elapsed, times, strict=True):
        each = median(per_row)
        cores = median(time.processor / time.elapsed for time in measured)
        print(
            f"{entry.label:{width}}  {each * entries[0].rows * 1e3:9,.1f}  {1 / each:12,.0f}  {cores:5.1f}"
            f"  {_ratio(per_row, elapsed[0]):9.2f}  {_ratio(per_row, elapsed[1]):11.2f}"
        )
    for entry in entries:
        scaled = f"; timed on {entry.rows:,} rows, scaled up by row" if entry.rows < entries[0].rows else ""
        print(f"  {entry.label}: {entry.note}{scaled}")
    return times


def _measured(entries: Sequence[Entry], rounds: int) -> list[list[Timing]]:
    """Run the entries alternately, round after round, after one warm-up of each; return their times for one row."""
    times: list[list[Timing]] = [[] for _ in entries]
    for entry in entries:
        entry.run()
    for _ in range(rounds):
        for entry, measured in zip(entries, times, strict=True):
            elapsed, processor = entry.run()
            measured.append(Timing(elapsed / entry.rows, processor / entry.rows))
    return times


def _ratio(times: Sequence[float], others: Sequence[float]) -> float:
    return median(time / other for time, other in zip(times, others, strict=True))


def _check_agreement(scores: "NDArray[np.float64] | pd.Series[float]", expected: "pd.Series[float]") -> None:
    """Check that a peer computes the same numbers, and so does the same work."""
    np.testing.assert_allclose(scores, expected, rtol=0, atol=AGREEMENT)


def _interp(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the reference."""
    columns = [(frame[name].to_numpy(), *knots(indicator)) for name, indicator in model.spec.indicators.items()]

    def run() -> None:
        for column, knot, intensity in columns:
            np.interp(column, knot, intensity)

    return Entry(
        "numpy.interp", partial(timed, run), len(frame), f"one pass over {len(columns)} columns, no more; one thread"
    )


def _riskmodel(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the entry of this package."""
    note = "everything: checks, scores, bands, coverage, bounds; as many threads as cores, at most 4"
    return Entry("riskmodel", partial(timed, partial(model.score_frame, frame)), len(frame), note)


def _pandas(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the entry of the code that a careful analyst would write with pandas."""
    scored, expected = score_with_pandas(model, frame), model.score_frame(frame)
    for name in model.spec.scores:
        _check_agreement(scored[f"{name}_exact"], expected[f"{name}_exact"])
        if not scored[f"{name}_band"].equals(expected[f"{name}_band"]):
            raise AssertionError(f"pandas has other bands of {name}")
    note = "the same without bounds and checks; one thread; its exact scores agree with ours to 1e-9"
    return Entry("pandas by hand", partial(timed, partial(score_with_pandas, model, frame)), len(frame), note)


def _pymcdm(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the entry of a library of multi-criteria methods, for the part that it shares with riskmodel."""
    from pymcdm.methods import WSM

    # It normalises by a column's own values, not by a stated scale, so it is given finished columns. It is fastest
    # where a column lies together in memory, and without its checks, which look at every value one by one.
    method = partial(WSM(normalization_function=lambda column, cost=False: column), validation=False)
    intensity = intensities(model, frame)
    tasks = []
    for score in model.spec.scores.values():
        weights = {name: score.weight(name) for name in score.weights}
        matrix = np.array([intensity[name] if weights[name] > 0 else 1 - intensity[name] for name in weights]).T
        shares = np.abs(list(weights.values())) / sum(map(abs, weights.values()))
        tasks.append((matrix, shares, np.ones(len(shares))))
        _check_agreement(method(*tasks[-1]), weighted_mean(intensity, weights))
    note = "weighted sums of values already normalised; no scales, missing values, rules, bands or bounds; one thread"
    run = partial(timed, lambda: [method(*task) for task in tasks])
    return Entry(f"pymcdm {version('pymcdm')} WSM", run, len(frame), note)


def _zen(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the entry of a rule engine, for the part that it shares with riskmodel."""
    import zen

    # A decision held by a loader is evaluated about five times as fast as one made by `create_decision`.
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": decision(model)}}})
    facts = frame[sorted({name for name, _ in terms_used(model)})].copy()
    intensity = intensities(model, frame)
    for name, score in model.spec.scores.items():
        weights = {part: score.weight(part) for part in score.weights}
        facts[f"{name}_base"] = weighted_mean(intensity, weights) * score.out_of
    rows = facts.to_dict("records")
    scored = pd.DataFrame([engine.evaluate("rules", row)["result"] for row in rows])
    expected = model.score_frame(frame)
    for name in model.spec.scores:
        _check_agreement(scored[name].astype(float), expected[f"{name}_exact"])
    note = (
        "terms, rules and clip, row by row; base scores are handed in, so no scales, weights, missing values or bounds"
    )
    label = f"zen-engine {version('zen-engine')}"
    return Entry(label, partial(timed, lambda: [engine.evaluate("rules", row) for row in rows]), len(rows), note)


if __name__ == "__main__":
    main()
