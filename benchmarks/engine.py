"""How fast a table is scored in memory, against one pass of `numpy.interp` and against other ways to do the work.

    python benchmarks/engine.py [--rows 1000000] [--rounds 7] [--sample 2000] [--seed 1]

A million rows of the default model's indicators, first with 3 % of the values missing, then complete. The contenders
run in turn, round after round, so that whatever else the machine does falls on all of them alike. Times are medians
over the rounds; a ratio is the median of the ratios within the rounds. README.md says what the ratios mean.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from importlib.metadata import version
from statistics import median
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import riskmodel
from riskmodel.engine.compiled import EffectKind
from riskmodel.kernels import sentences
from riskmodel.kernels.sentences import Condition
from riskmodel.spec.model import Indicator
from riskmodel.spec.scales import Above, Below, Goalposts, Points, Term

RANGES: dict[str, tuple[float, float]] = {
    "military_activity": (0, 10),
    "communication_frequency": (0, 25),
    "espionage": (0, 120),
    "trade_disruption": (-20, 80),
    "dispute_history": (0, 6),
    "peace_years": (0, 40),
    "regional_instability": (0, 10),
    "alliance_realignment": (0, 10),
    "public_hostility": (10, 100),
    "third_party_mediation": (0, 10),
    "arms_control_engagement": (0, 10),
    "joint_initiatives": (0, 18),
    "unresolved_disputes": (0, 12),
}
"""Values are drawn uniformly from these, in the indicator's unit: all of its scale and, where valid, a little more."""

MISSING = 0.03
TARGET = 3.0
AGREEMENT = 1e-9

Degree = TypeVar("Degree")


class Entry(NamedTuple):
    """A contender: what runs, over how many rows, and how much of the work it does."""

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
    everybody = (_interp, _riskmodel, _pandas)
    _report(f"{MISSING:.0%} missing", [contender(model, gappy) for contender in everybody], options.rounds)
    entries = [contender(model, complete) for contender in everybody]
    for package, peer, rows in (("pymcdm", _pymcdm, options.rows), ("zen-engine", _zen, options.sample)):
        try:
            entries.append(peer(model, complete.head(rows)))
        except ModuleNotFoundError as error:
            print(f"\nskipped {package}: {error}; it comes with the extra `bench`")
    _report("complete", entries, options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast a table is scored in memory.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7, help="each contender runs once a round, after one warm-up")
    parser.add_argument("--sample", type=int, default=2_000, help="rows for a contender that takes them one by one")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if min(options.rows, options.rounds, options.sample) < 1 or options.seed < 0:
        parser.error("rows, rounds and sample are at least 1, and the seed is at least 0")
    return options


def _frames(rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same values twice: complete, and with some of them missing."""
    random = np.random.default_rng(seed)
    complete = {name: random.uniform(*ends, rows) for name, ends in RANGES.items()}
    # Column by column, because `DataFrame.mask` would leave the values of a column scattered in memory.
    gappy = {name: np.where(random.random(rows) < MISSING, np.nan, column) for name, column in complete.items()}
    return pd.DataFrame(complete), pd.DataFrame(gappy)


class Times(NamedTuple):
    """What was measured of one entry: a number for each round."""

    per_row: list[float]
    """Seconds by the clock."""
    cores: list[float]
    """Processor time over time by the clock."""


def _report(title: str, entries: Sequence[Entry], rounds: int) -> None:
    """Time the entries (the yardstick first, ours second); print a table, and under it what each entry does."""
    times = _measured(entries, rounds)
    yardstick, ours = times[0].per_row, times[1].per_row
    width = max(len(entry.label) for entry in entries)
    print(f"\n{title:{width}}  {'ms':>9}  {'rows/s':>12}  {'cores':>5}  {'x interp':>9}  {'x riskmodel':>11}")
    for entry, (per_row, cores) in zip(entries, times, strict=True):
        each = median(per_row)
        print(
            f"{entry.label:{width}}  {each * entries[0].rows * 1e3:9,.1f}  {1 / each:12,.0f}  {median(cores):5.1f}"
            f"  {_ratio(per_row, yardstick):9.2f}  {_ratio(per_row, ours):11.2f}"
        )
    ratio = _ratio(ours, yardstick)
    outcome = "met" if ratio <= TARGET else "missed"
    print(f"target: riskmodel at most {TARGET:g} x interp on a million rows; {outcome} with {ratio:.2f}")
    for entry in entries:
        scaled = f"; timed on {entry.rows:,} rows, scaled up by row" if entry.rows < entries[0].rows else ""
        print(f"  {entry.label}: {entry.note}{scaled}")


def _measured(entries: Sequence[Entry], rounds: int) -> list[Times]:
    """Run the entries in turn, round after round, after one warm-up of each."""
    found = [Times([], []) for _ in entries]
    for entry in entries:
        entry.run()
    for _ in range(rounds):
        for entry, times in zip(entries, found, strict=True):
            start, worked = time.perf_counter(), time.process_time()
            entry.run()
            worked, seconds = time.process_time() - worked, time.perf_counter() - start
            times.per_row.append(seconds / entry.rows)
            times.cores.append(worked / seconds)
    return found


def _ratio(times: Sequence[float], others: Sequence[float]) -> float:
    return median(time / other for time, other in zip(times, others, strict=True))


def _agree(found: "NDArray[np.float64] | pd.Series[float]", expected: "pd.Series[float]") -> None:
    """Stop where a peer's numbers are not ours: it would not be doing the same work."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=AGREEMENT)


def _interp(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """The yardstick."""
    columns = [(frame[name].to_numpy(), *_knots(indicator)) for name, indicator in model.spec.indicators.items()]

    def run() -> None:
        for column, at, intensity in columns:
            np.interp(column, at, intensity)

    return Entry("numpy.interp", run, len(frame), f"one pass over {len(columns)} columns, no more; one thread")


def _knots(indicator: Indicator) -> tuple[list[float], list[float]]:
    """Where the indicator's scale bends, for `numpy.interp`."""
    match indicator.scale:
        case Points(points=points):
            return [at for at, _ in points], [intensity for _, intensity in points]
        case Goalposts(goalposts=(start, end), curve="linear") if start < end:
            return [start, end], [0.0, 1.0]
    raise TypeError(f"not a scale that this benchmark knows: {indicator.scale!r}")


def _riskmodel(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """What this package does."""
    note = "everything: checks, scores, bands, coverage, bounds; as many threads as cores, at most 4"
    return Entry("riskmodel", partial(model.score_frame, frame), len(frame), note)


def _pandas(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """What a careful analyst would write with pandas."""
    scored, expected = _score_with_pandas(model, frame), model.score_frame(frame)
    for name in model.spec.scores:
        _agree(scored[f"{name}_exact"], expected[f"{name}_exact"])
        if not scored[f"{name}_band"].equals(expected[f"{name}_band"]):
            raise AssertionError(f"pandas finds other bands of {name}")
    note = "the same without bounds and checks; one thread; its exact scores agree with ours to 1e-9"
    return Entry("pandas by hand", partial(_score_with_pandas, model, frame), len(frame), note)


def _score_with_pandas(model: riskmodel.Model, frame: pd.DataFrame) -> pd.DataFrame:
    intensity = _intensities(model, frame)
    degrees = _degrees_with_pandas(model, frame)
    made: dict[str, pd.Series] = {}
    for name, score in model.spec.scores.items():
        mean, coverage = _weighted_mean(intensity, {part: score.weight(part) for part in score.weights})
        exact = _apply_rules(model, name, mean * score.out_of, degrees).clip(0, score.out_of)
        exact = exact.where(coverage >= score.min_coverage - 1e-9)
        scale = 10**score.decimals
        made[name] = np.floor(exact * scale + 0.5 + 1e-6) / scale
        made[f"{name}_band"] = pd.cut(
            made[name], [*score.bands.values(), np.inf], right=False, labels=list(score.bands)
        )
        made[f"{name}_coverage"] = coverage
        made[f"{name}_exact"] = exact
    return pd.DataFrame(made, copy=False)


def _intensities(model: riskmodel.Model, frame: pd.DataFrame) -> dict[str, pd.Series]:
    made = {}
    for name, indicator in model.spec.indicators.items():
        at, intensity = _knots(indicator)
        if len(at) == 2:
            made[name] = ((frame[name] - at[0]) / (at[1] - at[0])).clip(0, 1)
        else:
            made[name] = pd.Series(np.interp(frame[name], at, intensity), index=frame.index)
    return made


def _weighted_mean(intensity: Mapping[str, pd.Series], weights: Mapping[str, float]) -> tuple[pd.Series, pd.Series]:
    """The mean over what is there, and the share of the weights that is there."""
    turned = {name: intensity[name] if weight > 0 else 1 - intensity[name] for name, weight in weights.items()}
    total = sum(turned[name].fillna(0) * abs(weight) for name, weight in weights.items())
    present = sum(turned[name].notna() * abs(weight) for name, weight in weights.items())
    return total / present, present / sum(map(abs, weights.values()))


def _degrees_with_pandas(model: riskmodel.Model, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """How far each rule holds; 0 where that is not known."""
    terms = {}
    for name, term in _terms_used(model):
        none, full = _ramp(model.spec.indicators[name].terms[term])
        terms[name, term] = ((frame[name] - none) / (full - none)).clip(0, 1)
    # Of two conditions joined by `and`, one that is unknown leaves the whole unknown; by `or`, the other decides.
    logic = Logic(lambda name, term: terms[name, term], lambda degree: 1 - degree, np.minimum, np.fmax)
    return {name: _fold(rule.condition, logic).fillna(0) for name, rule in model.compiled.rules.items()}


def _apply_rules(model: riskmodel.Model, score: str, base: pd.Series, degrees: Mapping[str, pd.Series]) -> pd.Series:
    moved = base
    for name, points in _effects(model, score, "add"):
        moved = moved + degrees[name] * points
    floored = moved
    for name, floor in _effects(model, score, "at_least"):
        floored = np.maximum(floored, moved + degrees[name] * (floor - moved).clip(lower=0))
    capped = floored
    for name, cap in _effects(model, score, "at_most"):
        capped = np.minimum(capped, floored - degrees[name] * (floored - cap).clip(lower=0))
    return capped


def _pymcdm(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """A library for weighing criteria, at the part that it shares with us."""
    from pymcdm.methods import WSM

    # It normalises by a column's own values, not by a stated scale, so it is given finished columns. It is fastest
    # where a column lies together in memory, and without its checks, which look at every value one by one.
    method = partial(WSM(normalization_function=lambda column, cost=False: column), validation=False)
    intensity = _intensities(model, frame)
    tasks = []
    for score in model.spec.scores.values():
        weights = {name: score.weight(name) for name in score.weights}
        matrix = np.array([intensity[name] if weights[name] > 0 else 1 - intensity[name] for name in weights]).T
        shares = np.abs(list(weights.values())) / sum(map(abs, weights.values()))
        tasks.append((matrix, shares, np.ones(len(shares))))
        _agree(method(*tasks[-1]), _weighted_mean(intensity, weights)[0])
    note = "weighted sums of values already normalised; no scales, missing values, rules, bands or bounds; one thread"
    return Entry(f"pymcdm {version('pymcdm')} WSM", lambda: [method(*task) for task in tasks], len(frame), note)


def _zen(model: riskmodel.Model, frame: pd.DataFrame) -> Entry:
    """A rule engine, at the part that it shares with us."""
    import zen

    # A decision held by a loader is evaluated about five times as fast as one made by `create_decision`.
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": _decision(model)}}})
    facts = frame[sorted({name for name, _ in _terms_used(model)})].copy()
    intensity = _intensities(model, frame)
    for name, score in model.spec.scores.items():
        weights = {part: score.weight(part) for part in score.weights}
        facts[f"{name}_base"] = _weighted_mean(intensity, weights)[0] * score.out_of
    rows = facts.to_dict("records")
    found = pd.DataFrame([engine.evaluate("rules", row)["result"] for row in rows])
    expected = model.score_frame(frame)
    for name in model.spec.scores:
        _agree(found[name].astype(float), expected[f"{name}_exact"])
    note = (
        "terms, rules and clip, row by row; base scores are handed in, so no scales, weights, missing values or bounds"
    )
    label = f"zen-engine {version('zen-engine')}"
    return Entry(label, lambda: [engine.evaluate("rules", row) for row in rows], len(rows), note)


def _decision(model: riskmodel.Model) -> dict[str, object]:
    """The model's terms and rules as a decision graph: one expression node, in which `$` is what stands above."""
    expressions = [
        {"id": key, "key": key, "value": text}
        for key, text in (_term_expressions(model) | _rule_expressions(model) | _score_expressions(model)).items()
    ]
    kinds = {"facts": "inputNode", "rules": "expressionNode", "scores": "outputNode"}
    nodes: list[dict[str, object]] = [
        {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}, "content": {"expressions": expressions}}
        for name, kind in kinds.items()
    ]
    edges = [
        {"id": source, "type": "edge", "sourceId": source, "targetId": target}
        for source, target in (("facts", "rules"), ("rules", "scores"))
    ]
    return {"nodes": nodes, "edges": edges}


def _term_expressions(model: riskmodel.Model) -> dict[str, str]:
    made = {}
    for name, term in _terms_used(model):
        none, full = _ramp(model.spec.indicators[name].terms[term])
        made[f"{name}_{term}"] = f"max([0, min([1, ({name} - ({none})) / ({full - none})])])"
    return made


def _rule_expressions(model: riskmodel.Model) -> dict[str, str]:
    logic: Logic[str] = Logic(
        leaf=lambda name, term: f"$.{name}_{term}",
        opposite=lambda degree: f"(1 - {degree})",
        both=lambda one, other: f"min([{one}, {other}])",
        either=lambda one, other: f"max([{one}, {other}])",
    )
    return {name: _fold(rule.condition, logic) for name, rule in model.compiled.rules.items()}


def _score_expressions(model: riskmodel.Model) -> dict[str, str]:
    made = {}
    for score, spec in model.spec.scores.items():
        at, floored = f"$.{score}_added", f"$.{score}_floored"
        added = [f"$.{name} * ({points})" for name, points in _effects(model, score, "add")]
        floors = [f"{at} + $.{name} * max([0, {level} - {at}])" for name, level in _effects(model, score, "at_least")]
        caps = [
            f"{floored} - $.{name} * max([0, {floored} - {level}])" for name, level in _effects(model, score, "at_most")
        ]
        made[f"{score}_added"] = " + ".join([f"{score}_base", *added])
        made[f"{score}_floored"] = f"max([{', '.join([at, *floors])}])"
        made[score] = f"max([0, min([{', '.join([str(spec.out_of), floored, *caps])}])])"
    return made


class Logic(NamedTuple, Generic[Degree]):
    """What the words of a condition mean to a peer."""

    leaf: Callable[[str, str], Degree]
    opposite: Callable[[Degree], Degree]
    both: Callable[[Degree, Degree], Degree]
    either: Callable[[Degree, Degree], Degree]


def _fold(condition: Condition, logic: Logic[Degree]) -> Degree:
    """Say a condition in a peer's words."""
    match condition:
        case sentences.Is(name=name, term=term):
            return logic.leaf(name.name, term)
        case sentences.Not(operand=sentences.Is() as leaf):
            return logic.opposite(_fold(leaf, logic))
        case sentences.All(operands=operands):
            return reduce(logic.both, [_fold(operand, logic) for operand in operands])
        case sentences.Any(operands=operands):
            return reduce(logic.either, [_fold(operand, logic) for operand in operands])
    raise TypeError(f"not a condition that this benchmark knows: {condition!r}")


def _terms_used(model: riskmodel.Model) -> list[tuple[str, str]]:
    """The indicators and terms that rules speak of, each pair once."""
    logic: Logic[set[tuple[str, str]]] = Logic(lambda name, term: {(name, term)}, set, set.union, set.union)
    return sorted(set.union(*(_fold(rule.condition, logic) for rule in model.compiled.rules.values())))


def _ramp(term: Term) -> tuple[float, float]:
    """The raw values at which a graded term is not true at all, and fully true."""
    match term:
        case Above(above=(none, full)) | Below(below=(full, none)) if none != full:
            return none, full
    raise TypeError(f"not a term that this benchmark knows: {term!r}")


def _effects(model: riskmodel.Model, score: str, kind: EffectKind) -> list[tuple[str, float]]:
    """Rule and number of each effect of one kind on a score."""
    return [
        (rule.name, effect.amount)
        for rule in model.compiled.rules.values()
        for effect in rule.effects
        if (effect.score, effect.kind) == (score, kind)
    ]


if __name__ == "__main__":
    main()
