"""A second, deliberately plain reading of what a score means, to hold the engine against.

Nothing here is shared with the engine, nothing is fast, and nothing is checked that a valid model already promises:
one short function stands for one statement about scales, terms, scores, missing values, rules, or bounds.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from oracle_conditions import UNKNOWN, Interval, Model, Raw, clip, rule_degree

COVERAGE_TOLERANCE = 1e-9
ROUNDING_TOLERANCE = 1e-6
EXPONENTS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0, "minimum": -math.inf, "maximum": math.inf}


def score(model: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn one value per indicator into every score, with the degree of every rule beside them."""
    given = given_values(model, values)
    assumed = assumed_values(model, given)
    used = given | assumed
    degrees = {name: rule_degree(model, rule, names_known(model, used)) for name, rule in rules(model).items()}
    certain = {name: rule_degree(model, rule, names_certain(model, given)) for name, rule in rules(model).items()}
    return {
        "scores": {
            name: one_score(model, name, given=given, used=used, degrees=degrees, certain=certain)
            for name in model["scores"]
        },
        "rules": {name: {"degree": low, "degree_high": high} for name, (low, high) in degrees.items()},
        "missing": sorted(set(model["indicators"]) - set(used)),
        "assumed": sorted(assumed),
        "clamped": sorted(name for name, raw in given.items() if is_clamped(model["indicators"][name], raw)),
    }


def one_score(
    model: Model,
    name: str,
    *,
    given: Mapping[str, Raw],
    used: Mapping[str, Raw],
    degrees: Mapping[str, Interval],
    certain: Mapping[str, Interval],
) -> dict[str, Any]:
    """Give a score its value, band, base, coverage and bounds; with too little data only the last three remain."""
    spec = model["scores"][name]
    base = base_score(model, name, used)
    coverage = score_coverage(model, name, given)
    low, high = bounds(model, name, given, certain)
    sure = {rule: (d, d) for rule, (d, _) in degrees.items()}
    value = None
    if base is not None and coverage >= spec.get("min_coverage", 0.5) - COVERAGE_TOLERANCE:
        value = adjusted(model, name, (base, base), sure)[0]
    reported = None if value is None else rounded(value, spec.get("decimals", 1))
    return {
        "value": value,
        "reported": reported,
        "band": None if reported is None else band(spec, reported),
        "status": "insufficient data" if value is None else "ok",
        "base": base,
        "coverage": coverage,
        "low": low,
        "high": high,
    }


# ---------------------------------------------------------------------------------------------------- raw values


def given_values(model: Model, values: Mapping[str, Any]) -> dict[str, Raw]:
    """Keep what the situation states; null and not-a-number are missing, outside `valid` is an error."""
    given: dict[str, Raw] = {}
    for name, raw in values.items():
        if raw is None or (not isinstance(raw, str) and math.isnan(raw)):
            continue
        if not is_valid(model["indicators"][name], raw):
            raise ValueError(f"{name}: {raw!r} is outside of what is valid")
        given[name] = plain(raw)
    return given


def assumed_values(model: Model, given: Mapping[str, Raw]) -> dict[str, Raw]:
    """Let an indicator that declares a default, and was not given, count as assumed."""
    return {
        name: middle_of(spec["default"])
        for name, spec in model["indicators"].items()
        if name not in given and spec.get("default") is not None
    }


def middle_of(default: Any) -> Raw:
    """Take the middle of a range or the median that is stated; a value is its own."""
    if not isinstance(default, Mapping):
        return plain(default)
    return plain(default["p50"]) if "p50" in default else (default["low"] + default["high"]) / 2


def plain(raw: Any) -> Raw:
    """Read a raw value as a label or a float."""
    return raw if isinstance(raw, str) else float(raw)


def is_valid(spec: Mapping[str, Any], raw: Raw) -> bool:
    """Accept a label that the levels know, or a number between the ends of `valid`, where null is no end."""
    levels = (spec.get("scale") or {}).get("levels")
    if levels is not None or isinstance(raw, str):
        return raw in (levels or ())
    low, high = spec.get("valid") or (None, None)
    return (low is None or raw >= low) and (high is None or raw <= high)


def is_clamped(spec: Mapping[str, Any], raw: Raw) -> bool:
    """Say whether a value lies strictly beyond the ends of its goalposts or of its points."""
    scale = spec.get("scale") or {}
    if "goalposts" in scale:
        return not min(scale["goalposts"]) <= raw <= max(scale["goalposts"])
    if "points" in scale:
        return not scale["points"][0][0] <= raw <= scale["points"][-1][0]
    return False


# -------------------------------------------------------------------------------------------------------- scales


def intensity(scale: Mapping[str, Any], raw: Raw) -> float:
    """Turn a raw value into an intensity between 0 and 1."""
    if "levels" in scale:
        return float(scale["levels"][raw])
    x = float(raw)
    if "goalposts" in scale:
        a, b = scale["goalposts"]
        return log_goalposts(a, b, x) if scale.get("curve") == "log" else goalposts(a, b, x)
    if "points" in scale:
        return points(scale["points"], x)
    return logistic(scale["logistic"]["midpoint"], scale["logistic"]["slope"], x)


def goalposts(a: float, b: float, x: float) -> float:
    """Measure how far x has come from a to b, never less than nothing nor more than all of the way."""
    return clip((x - a) / (b - a), 0.0, 1.0)


def log_goalposts(a: float, b: float, x: float) -> float:
    """Measure the same on the logarithm; whatever has no logarithm counts as the lower end."""
    inside = clip(x, min(a, b), max(a, b))
    return goalposts(math.log(a), math.log(b), math.log(inside))


def points(table: list[list[float]], x: float) -> float:
    """Interpolate linearly between neighbouring points, and stay level beyond the first and the last."""
    if x <= table[0][0]:
        return float(table[0][1])
    for (x0, v0), (x1, v1) in pairwise(table):
        if x == x1:
            return float(v1)
        if x < x1:
            return v0 + (v1 - v0) * (x - x0) / (x1 - x0)
    return float(table[-1][1])


def logistic(midpoint: float, slope: float, x: float) -> float:
    """Follow the logistic curve: one half at the midpoint, steeper with the slope."""
    t = slope * (x - midpoint)
    # exp() of a large positive number overflows, so each side of the midpoint has the form that does not need one.
    return 1 / (1 + math.exp(-t)) if t >= 0 else math.exp(t) / (1 + math.exp(t))


# --------------------------------------------------------------------------------------------------- base scores


def weights(model: Model, name: str) -> dict[str, float]:
    """Read the signed weights of a score, whether or not each carries its reason with it."""
    return {
        source: float(weight["weight"] if isinstance(weight, Mapping) else weight)
        for source, weight in model["scores"][name]["weights"].items()
    }


def exponent(spec: Mapping[str, Any]) -> float:
    """Read the kind of mean as the exponent of a power mean."""
    mean = spec.get("mean", "arithmetic")
    return float(mean["power"]) if isinstance(mean, Mapping) else EXPONENTS[mean]


def out_of(model: Model, name: str) -> float:
    """Read the end of a score's range."""
    return float(model["scores"][name].get("out_of", 100))


def oriented(s: float, weight: float) -> float:
    """Let an input with a negative weight count by what it lacks."""
    return s if weight > 0 else 1 - s


def power_mean(pairs: list[tuple[float, float]], p: float) -> float:
    """Take the weighted power mean of (weight, value) pairs; for p <= 0 a single zero makes it zero."""
    values = [v for _, v in pairs]
    smallest, largest = min(values), max(values)
    total = math.fsum(w for w, _ in pairs)
    if p == -math.inf or (p <= 0 and smallest == 0):
        return smallest
    if p == math.inf or largest == 0:
        return largest
    if p == 0:
        mean = math.exp(math.fsum(w * math.log(v) for w, v in pairs) / total)
    else:
        # Powers of tiny values overflow or vanish; shares of the value that dominates the mean do neither.
        unit = largest if p > 0 else smallest
        mean = unit * (math.fsum(w * (v / unit) ** p for w, v in pairs) / total) ** (1 / p)
    # No mean leaves the range of what it averages, except by rounding.
    return clip(mean, smallest, largest)


def score_intensity(model: Model, name: str, used: Mapping[str, Raw]) -> float | None:
    """Average the inputs that are there, which renormalises their weights; None where there are none."""
    pairs = []
    for source, weight in weights(model, name).items():
        s = input_intensity(model, source, used)
        if s is not None:
            pairs.append((abs(weight), oriented(s, weight)))
    return power_mean(pairs, exponent(model["scores"][name])) if pairs else None


def input_intensity(model: Model, source: str, used: Mapping[str, Raw]) -> float | None:
    """Read an indicator through its scale, and a sub-score as its base over its `out_of`."""
    if source in model["scores"]:
        return score_intensity(model, source, used)
    return intensity(model["indicators"][source]["scale"], used[source]) if source in used else None


def base_score(model: Model, name: str, used: Mapping[str, Raw]) -> float | None:
    """Stretch the mean to the range of the score."""
    s = score_intensity(model, name, used)
    return None if s is None else out_of(model, name) * s


def score_coverage(model: Model, name: str, given: Mapping[str, Raw]) -> float:
    """Take the share of the weight that was given (not assumed), looking through sub-scores."""
    covered, total = [], []
    for source, weight in weights(model, name).items():
        share = score_coverage(model, source, given) if source in model["scores"] else float(source in given)
        covered.append(abs(weight) * share)
        total.append(abs(weight))
    return math.fsum(covered) / math.fsum(total)


# --------------------------------------------------------------------------------------------------------- rules


def rules(model: Model) -> Mapping[str, Any]:
    """Read the rules, of which a model may have none."""
    return model.get("rules") or {}


def names_known(model: Model, used: Mapping[str, Raw]) -> dict[str, Raw]:
    """Let a name in a condition stand for a raw value, given or assumed, or for the base of a score."""
    bases = {name: base_score(model, name, used) for name in model["scores"]}
    return dict(used) | {name: base for name, base in bases.items() if base is not None}


def names_certain(model: Model, given: Mapping[str, Raw]) -> dict[str, Raw]:
    """Keep only names that no value of a missing or assumed input could change."""
    return {name: raw for name, raw in names_known(model, given).items() if leaves_of(model, name) <= set(given)}


def leaves_of(model: Model, name: str) -> set[str]:
    """Collect the indicators that a name depends on, through sub-scores."""
    if name not in model["scores"]:
        return {name}
    return set().union(*(leaves_of(model, source) for source in weights(model, name)))


# ------------------------------------------------------------------------------------------------------- effects


def adjusted(model: Model, name: str, base: Interval, degrees: Mapping[str, Interval]) -> Interval:
    """Add, then lift to the floors, then press to the caps, then clip: the least and the most that can come of it.

    Every step is monotone in the score and in each degree, so that the ends can be carried through apart; where the
    base and every degree are single numbers, so is the score.
    """
    adds = effects(model, name, "add", degrees)
    floors = effects(model, name, "at_least", degrees)
    caps = effects(model, name, "at_most", degrees)
    low = base[0] + math.fsum((d_low if add > 0 else d_high) * add for add, (d_low, d_high) in adds)
    high = base[1] + math.fsum((d_high if add > 0 else d_low) * add for add, (d_low, d_high) in adds)
    low = max((lifted(low, floor, d_low) for floor, (d_low, _) in floors), default=low)
    high = max((lifted(high, floor, d_high) for floor, (_, d_high) in floors), default=high)
    low = min((pressed(low, cap, d_high) for cap, (_, d_high) in caps), default=low)
    high = min((pressed(high, cap, d_low) for cap, (d_low, _) in caps), default=high)
    return clip(low, 0.0, out_of(model, name)), clip(high, 0.0, out_of(model, name))


def effects(model: Model, name: str, kind: str, degrees: Mapping[str, Interval]) -> list[tuple[float, Interval]]:
    """Collect the effects of one kind on a score, each with the degree of its rule."""
    return [
        (float(rule["then"][name][kind]), degrees[rule_name])
        for rule_name, rule in rules(model).items()
        if kind in rule["then"].get(name, {})
    ]


def lifted(s: float, floor: float, d: float) -> float:
    """Close the gap up to a floor to the degree d."""
    return s + d * max(0.0, floor - s)


def pressed(s: float, cap: float, d: float) -> float:
    """Close the gap down to a cap to the degree d."""
    return s - d * max(0.0, s - cap)


# ----------------------------------------------------------------------------------------- reported value, bounds


def rounded(value: float, decimals: int) -> float:
    """Round half up, and forgive a millionth of the last place."""
    positions: int = 10**decimals
    return math.floor(value * positions + 0.5 + ROUNDING_TOLERANCE) / positions


def band(spec: Mapping[str, Any], reported: float) -> str | None:
    """Name the last band that has begun; the bound at which it begins belongs to it."""
    begun = [name for name, bound in (spec.get("bands") or {}).items() if bound <= reported]
    return begun[-1] if begun else None


def bounds(model: Model, name: str, given: Mapping[str, Raw], certain: Mapping[str, Interval]) -> Interval:
    """Enclose the score for whatever the missing and assumed inputs might be."""
    low, high = intensity_bounds(model, name, given)
    return adjusted(model, name, (out_of(model, name) * low, out_of(model, name) * high), certain)


def intensity_bounds(model: Model, name: str, given: Mapping[str, Raw]) -> Interval:
    """Let what was not given lie anywhere in [0, 1], with the weight it has when it is there."""
    lows, highs = [], []
    for source, weight in weights(model, name).items():
        if source in model["scores"]:
            ends = intensity_bounds(model, source, given)
        elif source in given:
            s = intensity(model["indicators"][source]["scale"], given[source])
            ends = (s, s)
        else:
            ends = UNKNOWN
        low, high = sorted(oriented(s, weight) for s in ends)
        lows.append((abs(weight), low))
        highs.append((abs(weight), high))
    p = exponent(model["scores"][name])
    return power_mean(lows, p), power_mean(highs, p)
