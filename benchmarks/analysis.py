"""Time the analyses: Sobol' indices against SALib's, and Monte-Carlo draws against the bare engine.

    python benchmarks/analysis.py [--draws 16384] [--monte-carlo 1000000] [--rounds 7] [--seed 1]

The contenders run alternately, so that other load on the machine affects all of them equally. Times are medians over
the rounds; a ratio is the median of the ratios within the rounds. README.md explains them.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from statistics import median
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray
from tables import RANGES

import riskmodel
from riskmodel.analysis.sampling import UncertainInputs, replicate_generators, sobol_points, uncertain_inputs
from riskmodel.analysis.sensitivity.sobol import RESAMPLES, design, evaluate, indices
from riskmodel.analysis.situations import prepare
from riskmodel.analysis.uncertainty.analysis import uncertainty
from riskmodel.engine.table import score_table

SCORE, EXCLUDED = "stability", "standing_rivalry"
"""A score, and the only indicator that is not one of its inputs."""
SOBOL_TARGET, DRAWS_TARGET = 0.1, 2.0
AGREEMENT = 0.02


class Entry(NamedTuple):
    """A contender: a function to time, and a description of its work."""

    label: str
    run: Callable[[], object]
    note: str


def main() -> None:
    """Run the benchmark and print its tables."""
    options = _options()
    print(
        f"seed {options.seed}, medians of {options.rounds} rounds\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, {os.cpu_count()} cores"
    )
    try:
        entries = _sobol(options.draws, options.seed)
    except ModuleNotFoundError as error:
        print(f"\nskipped SALib: {error}; it comes with the extra `bench`")
    else:
        _report(f"Sobol' indices, n = {options.draws:,}", entries, options.rounds, SOBOL_TARGET)
    _report(f"{options.monte_carlo:,} draws", _draws(options.monte_carlo, options.seed), options.rounds, DRAWS_TARGET)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the analyses.")
    parser.add_argument("--draws", type=int, default=1 << 14, help="rows of each matrix of the indices, a power of 2")
    parser.add_argument("--monte-carlo", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7, help="each contender runs once a round, after one warm-up")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.draws < 64 or options.draws & (options.draws - 1):
        parser.error("draws must be a power of 2, at least 64")
    if options.monte_carlo < 1024 or options.rounds < 1 or options.seed < 0:
        parser.error("there must be at least 1,024 draws and 1 round, and the seed must be at least 0")
    return options


def _report(title: str, entries: Sequence[Entry], rounds: int, target: float) -> None:
    """Time the entries (the reference first, riskmodel second); print a table, and a description of each entry."""
    times: list[list[float]] = [[] for _ in entries]
    for entry in entries:
        entry.run()
    for _ in range(rounds):
        for entry, seconds in zip(entries, times, strict=True):
            start = time.perf_counter()
            entry.run()
            seconds.append(time.perf_counter() - start)
    width = max(len(title), *(len(entry.label) for entry in entries))
    print(f"\n{title:{width}}  {'ms':>9}  {'ratio':>7}")
    for entry, seconds in zip(entries, times, strict=True):
        print(f"{entry.label:{width}}  {median(seconds) * 1e3:9,.1f}  {_ratio(seconds, times[0]):7.3f}")
    ratio = _ratio(times[1], times[0])
    outcome = "met" if ratio <= target else "missed"
    print(f"target: {entries[1].label} at most {target:g} x {entries[0].label}; {outcome} with {ratio:.3f}")
    for entry in entries:
        print(f"  {entry.label}: {entry.note}")


def _ratio(times: Sequence[float], others: Sequence[float]) -> float:
    return median(time / other for time, other in zip(times, others, strict=True))


def _everything() -> UncertainInputs:
    """Return the default model with thirteen inputs that vary over their full ranges."""
    model = riskmodel.load_model()
    middle = {name: (low + high) / 2 for name, (low, high) in RANGES.items() if name != EXCLUDED}
    return uncertain_inputs(model, prepare(model, middle), relative_sd=None, missing=False, everything=True)


def _sobol(number: int, seed: int) -> list[Entry]:
    """Return the entries for first-order and total indices with intervals, of the same function."""
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    inputs = _everything()
    factors = len(inputs.factors)
    swaps = design(factors)
    problem = {
        "num_vars": factors,
        "names": [factor.name for factor in inputs.factors],
        "bounds": [[0.0, 1.0]] * factors,
    }

    def scored(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        return inputs.scored_at(drawn).scores[SCORE].value[None]

    def ours() -> NDArray[np.float64]:
        points, resampling = replicate_generators(seed, 2)
        unit = sobol_points(2 * factors, number, points)
        values = evaluate(scored, swaps, inputs.drawn(unit[:factors]), inputs.drawn(unit[factors:]))[0]
        estimates = indices(values[0], values[1], values[2:], resampling)
        return np.stack([estimates.first, estimates.total])

    def theirs(resamples: int) -> NDArray[np.float64]:
        points = sampling.sample(problem, number, calc_second_order=False, seed=seed)
        values = scored(inputs.drawn(np.ascontiguousarray(points.T)))[0]
        estimates = analysis.analyze(
            problem, values, calc_second_order=False, num_resamples=resamples, conf_level=0.95, seed=seed
        )
        return np.stack([estimates["S1"], estimates["ST"]])

    np.testing.assert_allclose(ours(), theirs(2), rtol=0, atol=AGREEMENT)
    work = f"points, {number * len(swaps):,} evaluations of {SCORE} by our engine, indices"
    return [
        Entry(f"SALib {version('SALib')}", lambda: theirs(100), f"{work}, 100 resamples (its default); one thread"),
        Entry("riskmodel", ours, f"{work}, {RESAMPLES} resamples; evaluations on two threads"),
        Entry("SALib, hardly any resamples", lambda: theirs(2), f"{work}, 2 resamples, the fewest that it takes"),
    ]


def _draws(number: int, seed: int) -> list[Entry]:
    """Return the entries for drawing and scoring, and for scoring rows drawn before."""
    model = riskmodel.load_model()
    values = {
        "military_activity": {"low": 4, "likely": 5, "high": 7},
        "communication_frequency": {"low": 1, "likely": 2, "high": 4},
        "espionage": {"p10": 8, "p50": 15, "p90": 30},
        "trade_disruption": {"mean": 25, "sd": 8},
        "public_hostility": {"low": 60, "high": 80},
        "unresolved_disputes": {"low": 2, "high": 6},
        "dispute_history": 1,
        "peace_years": 4,
        "standing_rivalry": 8,
        "regional_instability": 5,
        "alliance_realignment": 5,
        "third_party_mediation": 2,
        "arms_control_engagement": 4,
        "joint_initiatives": 2,
    }
    rows = 1 << (number - 1).bit_length()
    inputs = uncertain_inputs(model, prepare(model, values), relative_sd=None, missing=False)
    drawn = inputs.drawn(sobol_points(len(inputs.factors), rows, replicate_generators(seed, 1)[0]))
    columns = {name: np.full(rows, value) for name, value in inputs.fixed.items()}
    columns |= {factor.name: column for factor, column in zip(inputs.factors, drawn, strict=True)}
    note = "draws six ranges of four kinds, scores, and finds quantiles, bands, rules and their errors; two threads"
    return [
        Entry("bare engine", lambda: score_table(model.compiled, columns, rows), f"scores {rows:,} rows drawn before"),
        Entry("uncertainty", lambda: uncertainty(values, draws=number, seed=seed), f"{note}; {rows:,} draws"),
    ]


if __name__ == "__main__":
    main()
