"""Time the scoring of a table in memory, against one pass of `numpy.interp` and against other ways to do the work.

    python benchmarks/engine.py [--rows 1000000] [--rounds 7] [--sample 2000] [--seed 1]

A million rows of the default model's indicators, first with 3 % of the values missing, then complete. The contenders
run alternately, so that other load on the machine affects all of them equally. Times are medians over the rounds; a
ratio is the median of the ratios within the rounds. README.md explains them. The assessment of one situation, as on the
page, is timed last.
"""

import argparse
import os
import platform
import time
import timeit
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from statistics import median
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from peers import AGREEMENT, decision, intensities, knots, score_with_pandas, terms_used, weighted_mean
from pydantic_core import to_json
from tables import MISSING, RANGES

import riskmodel
from riskmodel.engine.block import score_block

TARGET = 3.0


class Entry(NamedTuple):
    """A contender: a function to time, its number of rows, and the part of the work that it does."""

    label: str
    run: Callable[[], object]
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
    contenders = (_interp, _riskmodel, _pandas)
    _report(f"{MISSING:.0%} missing", [make(model, gappy) for make in contenders], options.rounds)
    entries = [make(model, complete) for make in contenders]
    for package, peer, rows in (("pymcdm", _pymcdm, options.rows), ("zen-engine", _zen, options.sample)):
        try:
            entries.append(peer(model, complete.head(rows)))
        except ModuleNotFoundError as error:
            print(f"\nskipped {package}: {error}; it comes with the extra `bench`")
    _report("complete", entries, options.rounds)
    _report_situation(model)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the scoring of a table in memory.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7, help="each contender runs once a round, after one warm-up")
    parser.add_argument("--sample", type=int, default=2_000, help="rows for a contender that takes them one by one")
    parser.add_argument("--seed", type=int, default=1)
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


def _report_situation(model: riskmodel.Model) -> None:
    """Print the time to assess one situation, which is all overhead: the minimum of many short runs."""
    values = {name: (low + high) / 2 for name, (low, high) in RANGES.items()}
    assessment = model.assess(values)
    data = assessment.to_dict()
    columns = {name: np.array([value]) for name, value in values.items()}
    steps: list[tuple[str, Callable[[], object]]] = [
        ("assess", lambda: model.assess(values)),
        ("  of which score_block", lambda: score_block(model.compiled, columns, rows=1)),
        ("to_dict", assessment.to_dict),
        ("JSON", lambda: to_json(data)),
    ]
    print("\none situation            us")
    for label, run in steps:
        print(f"{label:22}  {min(timeit.repeat(run, number=25, repeat=40)) / 25 * 1e6:4.0f}")


class Times(NamedTuple):
    """The measurements of one entry, by round."""

    per_row: list[float]
    """Elapsed seconds."""
    cores: list[float]
    """Processor time divided by elapsed time."""


def _report(title: str, entries: Sequence[Entry], rounds: int) -> None:
    """Time the entries (the reference first, riskmodel second); print a table, and a description of each entry."""
    times = _measured(entries, rounds)
    reference, ours = times[0].per_row, times[1].per_row
    width = max(len(entry.label) for entry in entries)
    print(f"\n{title:{width}}  {'ms':>9}  {'rows/s':>12}  {'cores':>5}  {'x interp':>9}  {'x riskmodel':>11}")
    for entry, (per_row, cores) in zip(entries, times, strict=True):
        each = median(per_row)
        print(
            f"{entry.label:{width}}  {each * entries[0].rows * 1e3:9,.1f}  {1 / each:12,.0f}  {median(cores):5.1f}"
            f"  {_ratio(per_row, reference):9.2f}  {_ratio(per_row, ours):11.2f}"
        )
    ratio = _ratio(ours, reference)
    outcome = "met" if ratio <= TARGET else "missed"
    print(f"target: riskmodel at most {TARGET:g} x interp on a million rows; {outcome} with {ratio:.2f}")
    for entry in entries:
        scaled = f"; timed on {entry.rows:,} rows, scaled up by row" if entry.rows < entries[0].rows else ""
        print(f"  {entry.label}: {entry.note}{scaled}")


def _measured(entries: Sequence[Entry], rounds: int) -> list[Times]:
    """Run the entries alternately, round after round, after one warm-up of each."""
    times = [Times([], []) for _ in entries]
    for entry in entries:
        entry.run()
    for _ in range(rounds):
        for entry, measured in zip(entries, times, strict=True):
            start, processor = time.perf_counter(), time.process_time()
            entry.run()
            processor, seconds = time.process_time() - processor, time.perf_counter() - start
            measured.per_row.append(seconds / entry.rows)
            measured.cores.append(processor / seconds)
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

    return Entry("numpy.interp", run, len(frame), f"one pass over {len(columns)} columns, no more; one thread")


def _riskmodel(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the entry of this package."""
    note = "everything: checks, scores, bands, coverage, bounds; as many threads as cores, at most 4"
    return Entry("riskmodel", partial(model.score_frame, frame), len(frame), note)


def _pandas(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """Return the entry of the code that a careful analyst would write with pandas."""
    scored, expected = score_with_pandas(model, frame), model.score_frame(frame)
    for name in model.spec.scores:
        _check_agreement(scored[f"{name}_exact"], expected[f"{name}_exact"])
        if not scored[f"{name}_band"].equals(expected[f"{name}_band"]):
            raise AssertionError(f"pandas has other bands of {name}")
    note = "the same without bounds and checks; one thread; its exact scores agree with ours to 1e-9"
    return Entry("pandas by hand", partial(score_with_pandas, model, frame), len(frame), note)


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
    return Entry(f"pymcdm {version('pymcdm')} WSM", lambda: [method(*task) for task in tasks], len(frame), note)


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
    return Entry(label, lambda: [engine.evaluate("rules", row) for row in rows], len(rows), note)


if __name__ == "__main__":
    main()
