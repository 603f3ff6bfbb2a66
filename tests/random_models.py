"""Valid models at random, and situations for them, for tests that hold two readings of the same model together.

Everything that the format allows turns up, apart from scales that still have to be fitted. What is kept out on purpose
are the places where the last bit of a float decides: complements of something that is 1 but for rounding where a mean
would magnify the difference from 0.
"""

import keyword
import random
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

INDICATOR_WORDS = (
    ("border", "naval", "air", "cyber", "trade", "press", "proxy", "leader"),
    ("contacts", "incidents", "patrols", "sanctions", "exercises", "visits", "claims", "tariffs"),
)
SCORE_IDS = ("escalation", "stability", "pressure", "restraint", "mistrust", "resilience", "friction", "exposure")
RULE_WORDS = (("misread", "muted", "hasty", "steady", "sudden"), ("moves", "signals", "crisis", "thaw", "reprisal"))
TERMS = ("low", "scarce", "middling", "ample", "high", "extreme")
LABELS = ("calm", "uneasy", "tense", "heated", "open_crisis")
GROUP_IDS = ("history", "present", "rules", "ungrouped")
BANDS = ("low", "guarded", "elevated", "high", "severe")
MEANS = ("arithmetic", "geometric", "harmonic", "minimum", "maximum")
POWERS = (-6, -2.5, -1, -1 / 3, -0.5, 0, 0.25, 0.5, 1, 1.5, 2, 10 / 3, 5, 8)
RANGES = ((0, 10), (0, 1), (0, 100), (-5, 5), (-40, -10), (1, 1000), (20, 60))
LOG_RANGES = ((1, 1000), (0.5, 40), (2, 64), (0.01, 10))
# Results of arithmetic on values of at most three decimals never equal a constant that ends like this.
ODD_TAIL = 0.0007391
MAX_LEVELS = 3
MAX_CONDITION = 400
# Width of the range in units of the slope: steeper, and 1 - s would be little more than rounding.
LOGISTIC_SPAN = 6


def random_model(rng: random.Random) -> dict[str, Any]:
    """Build a valid model: indicators of every kind, a hierarchy of scores, and rules on those at its top."""
    ids = distinct_pairs(rng, INDICATOR_WORDS, rng.randint(2, 9))
    indicators = {ids[0]: random_scaled(rng)}
    for name in ids[1:]:
        kind = rng.random()
        indicators[name] = (
            random_levels(rng) if kind < 0.2 else random_unscaled(rng) if kind < 0.35 else random_scaled(rng)
        )
    scores = random_scores(rng, [name for name, spec in indicators.items() if "scale" in spec])
    rules = random_rules(rng, indicators, scores)
    used = {source for spec in scores.values() for source in spec["weights"]}
    used |= {word for rule in rules.values() for word in re.findall(r"\w+", rule["when"])}
    indicators, groups = random_groups(rng, {name: spec for name, spec in indicators.items() if name in used})
    return {
        "format": 1,
        "id": f"random-{rng.randrange(10**6)}",
        "version": f"{rng.randint(0, 3)}.{rng.randint(0, 9)}.0",
        "title": "A model drawn at random",
        "groups": groups,
        "indicators": indicators,
        "scores": scores,
        "rules": rules,
    }


def random_groups(rng: random.Random, indicators: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw groups, of which there may be none, and put most of the indicators into them."""
    names = rng.sample(GROUP_IDS, rng.randint(0, 3))
    inside = {name for name in indicators if names and rng.random() < 0.8}
    put = {name: {**spec, "group": rng.choice(names)} if name in inside else spec for name, spec in indicators.items()}
    return put, {name: {"title": f"All of {name}"} for name in names}


def random_values(rng: random.Random, model: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a situation that is valid for the model; a missing value is null or not there at all."""
    missing = rng.choice((0, 0.15, 0.15, 0.15, 0.5))
    values: dict[str, Any] = {}
    for name, spec in model["indicators"].items():
        if rng.random() >= missing:
            values[name] = random_value(rng, spec)
        elif rng.random() < 0.5:
            values[name] = None
    return values


# ---------------------------------------------------------------------------------------------------- indicators


def random_scaled(rng: random.Random) -> dict[str, Any]:
    """Draw an indicator that measures a number, with the scale that scores read it through."""
    kind = rng.choice(("goalposts", "log", "points", "logistic"))
    low, high = rng.choice(LOG_RANGES if kind == "log" else RANGES)
    inner = grid(rng, low, high, 2)
    a, b = (low, high) if rng.random() < 0.5 else inner
    if kind in ("goalposts", "log"):
        scale: dict[str, Any] = {"goalposts": [a, b] if rng.random() < 0.6 else [b, a]}
        if kind == "log":
            scale["curve"] = "log"
    elif kind == "points":
        xs = grid(rng, low, high, rng.randint(2, 6))
        scale = {"points": [[x, v] for x, v in zip(xs, heights(rng, len(xs)), strict=True)]}
    else:
        slope = rng.choice((-1, 1)) * rng.uniform(0.2, 1) * LOGISTIC_SPAN / (high - low)
        scale = {"logistic": {"midpoint": number(rng, low, high), "slope": float(f"{slope:.3g}")}}
    return random_numeric(rng, low, high) | {"scale": scale}


def random_unscaled(rng: random.Random) -> dict[str, Any]:
    """Draw an indicator that only rules can use."""
    return random_numeric(rng, *rng.choice(RANGES))


def random_levels(rng: random.Random) -> dict[str, Any]:
    """Draw an indicator whose values are labels."""
    labels = rng.sample(LABELS, rng.randint(2, len(LABELS)))
    spec: dict[str, Any] = {
        "title": "What observers call it",
        "scale": {"levels": {label: rng.choice((0, 1, round(rng.random(), 2))) for label in labels}},
    }
    if rng.random() < 0.2:
        spec["default"] = rng.choice(labels)
    return spec


def random_numeric(rng: random.Random, low: float, high: float) -> dict[str, Any]:
    """Draw what scaled and unscaled indicators have in common: terms, what is valid, a default."""
    spec: dict[str, Any] = {"title": "What is counted"}
    if rng.random() < 0.3:
        spec["unit"] = "a month"
    if rng.random() < 0.7:
        words = rng.sample(TERMS, rng.randint(1, 3))
        spec["terms"] = {word: random_term(rng, low, high) for word in words}
    if rng.random() < 0.4:
        room = rng.choice((0, 0.5)) * (high - low)
        ends = [round(low - room, 3), round(high + room, 3)]
        spec["valid"] = rng.choice((ends, ends, [ends[0], None], [None, ends[1]]))
    if rng.random() < 0.2:
        spec["default"] = random_default(rng, low, high)
    return spec


def random_default(rng: random.Random, low: float, high: float) -> float | dict[str, float]:
    """Draw a value, or a distribution of which the median can be read off."""
    first, second, third = sorted(number(rng, low, high) for _ in range(3))
    return rng.choice((first, {"low": first, "high": third}, {"p10": first, "p50": second, "p90": third}))


def random_term(rng: random.Random, low: float, high: float) -> dict[str, Any]:
    """Draw a term: a ramp, a trapezium, or a step."""
    a, b, c, d = grid(rng, low, high, 4)
    if rng.random() < 0.6:
        return rng.choice(({"below": [a, d]}, {"above": [a, d]}, {"below": [b, d]}, {"between": [a, b, c, d]}))
    return rng.choice(
        (
            {"below": [b, b]},
            {"above": [c, c]},
            {"below": b},
            {"above": c},
            {"between": [a, b, b, d]},
            {"between": [a, a, c, d]},
            {"between": [a, b, d, d]},
            {"between": [a, a, d, d]},
        )
    )


def heights(rng: random.Random, count: int) -> list[float]:
    """Draw intensities for points; level stretches occur, but not at 1, where rounding would show in 1 - v."""
    drawn = [rng.choice((0, 1, round(rng.random(), 2), round(rng.random(), 2))) for _ in range(count)]
    if rng.random() < 0.6:
        drawn.sort(reverse=rng.random() < 0.3)
    return [0.5 if i and v == drawn[i - 1] == 1 else v for i, v in enumerate(drawn)]


# -------------------------------------------------------------------------------------------------------- scores


def random_scores(rng: random.Random, sources: list[str]) -> dict[str, Any]:
    """Draw scores, later ones partly from earlier ones, and list them in any order."""
    scores: dict[str, Any] = {}
    levels: dict[str, int] = {}
    delicate: set[str] = set()
    for name in rng.sample(SCORE_IDS, rng.choice((1, 2, 2, 3, 4, 5))):
        below = [other for other, level in levels.items() if level < MAX_LEVELS]
        subs = rng.sample(below, min(len(below), rng.choice((0, 1, 1, 2))))
        direct = rng.sample(sources, rng.randint(0 if subs else 1, len(sources)))
        weights = {source: random_weight(rng) for source in shuffled(rng, [*subs, *direct])}
        # A sub-score that is 1 but for rounding leaves next to nothing as its complement, not zero. Means of exponents
        # below 1 tell the two apart, and so does any of them further up.
        if any(weights[sub] < 0 or sub in delicate for sub in subs):
            delicate.add(name)
        levels[name] = 1 + max((levels[sub] for sub in subs), default=0)
        scores[name] = random_score(rng, weights, robust=name in delicate)
    return {name: scores[name] for name in shuffled(rng, list(scores))}


def random_score(rng: random.Random, weights: dict[str, float], robust: bool) -> dict[str, Any]:
    """Draw all about a score but its weights, many settings being left to their defaults."""
    spec: dict[str, Any] = {"title": "What it comes to"}
    decimals = rng.choice((None, 0, 1, 2, 3))
    out_of = rng.choice((None, None, 1, 5, 10, 100, 1000, 50 if decimals == 0 else 12.5))
    mean = random_mean(rng, robust)
    min_coverage = rng.choice((None, 0, 0.25, 0.5, 1, round(rng.random(), 2)))
    settings = {"out_of": out_of, "decimals": decimals, "mean": mean, "min_coverage": min_coverage}
    spec |= {key: setting for key, setting in settings.items() if setting is not None}
    spec["weights"] = {
        source: {"weight": weight, "because": "It matters."} if rng.random() < 0.2 else weight
        for source, weight in weights.items()
    }
    if rng.random() < 0.75:
        top = spec.get("out_of", 100)
        bounds = [0, *grid(rng, top * 0.05, top * 0.95, rng.randint(0, len(BANDS) - 1))]
        spec["bands"] = dict(zip(BANDS, bounds, strict=False))
    return spec


def random_mean(rng: random.Random, robust: bool) -> Any:
    """Draw a kind of mean; a robust one does not magnify differences next to zero."""
    if rng.random() < 0.2:
        return None
    if rng.random() < 0.6:
        return rng.choice(("arithmetic", "minimum", "maximum") if robust else MEANS)
    return {"power": rng.choice([p for p in POWERS if p >= 1 or not robust])}


def random_weight(rng: random.Random) -> float:
    """Draw a weight of either sign, never zero."""
    size = rng.choice((rng.randint(1, 40), rng.randint(1, 5), round(rng.uniform(0.05, 1), 2)))
    return -size if rng.random() < 0.35 else size


# --------------------------------------------------------------------------------------------------------- rules


def random_rules(rng: random.Random, indicators: Mapping[str, Any], scores: Mapping[str, Any]) -> dict[str, Any]:
    """Draw rules that act on the scores that no other score is built from."""
    tops = [name for name in scores if not any(name in spec["weights"] for spec in scores.values())]
    rules: dict[str, Any] = {}
    for name in distinct_pairs(rng, RULE_WORDS, rng.choice((0, 1, 2, 3, 5, 8))):
        targets = rng.sample(tops, rng.randint(1, len(tops)))
        rules[name] = {
            "title": "Something follows from something",
            "because": "It was seen before.",
            "when": random_rule_condition(rng, indicators, scores),
            "then": {target: random_effect(rng, scores[target].get("out_of", 100)) for target in targets},
        }
    return rules


def random_effect(rng: random.Random, out_of: float) -> dict[str, float]:
    """Draw one effect: points to add, a floor, or a cap."""
    if rng.random() < 0.5:
        return {"add": rng.choice((-1, 1)) * number(rng, 0.02 * out_of, 0.25 * out_of)}
    return {rng.choice(("at_least", "at_most")): rng.choice((0, out_of, *[number(rng, 0, out_of)] * 6))}


def random_rule_condition(rng: random.Random, indicators: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """Draw a condition, short enough for the format."""
    while True:
        condition = random_condition(rng, indicators, scores, depth=rng.choice((0, 0, 1, 1, 2, 3)))
        if len(condition) <= MAX_CONDITION:
            return condition


def random_condition(rng: random.Random, indicators: Mapping[str, Any], scores: Mapping[str, Any], depth: int) -> str:
    """Join tests by `and`, `or` and `not`, with parentheses where precedence is to be changed and where it is not."""
    if depth == 0:
        test = random_test(rng, indicators, scores)
        return f"({test})" if rng.random() < 0.15 else test
    parts = [random_condition(rng, indicators, scores, depth - 1) for _ in range(rng.choice((2, 2, 3)))]
    if rng.random() < 0.5:
        parts = [f"({part})" for part in parts]
    kind = rng.random()
    if kind < 0.4:
        return " and ".join(parts)
    if kind < 0.75:
        return " or ".join(parts)
    return f"not {parts[0]}" if rng.random() < 0.5 else f"not ({parts[0]})"


def random_test(rng: random.Random, indicators: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """Draw a single test of an indicator, of two, or of a score."""
    name = rng.choice(list(indicators))
    numeric = [other for other, spec in indicators.items() if not levels_of(spec)]
    words = levels_of(indicators[name]) or indicators[name].get("terms")
    kind = rng.random()
    if words and (kind < 0.65 or name not in numeric):
        return f"{name} {rng.choice(('is', 'is', 'is not'))} {rng.choice(list(words))}"
    if kind > 0.85 or not numeric:
        return random_score_test(rng, scores)
    x, y = rng.sample(numeric, 2) if len(numeric) > 1 else numeric * 2
    return random_arithmetic(rng, x, y, indicators) if kind > 0.75 else random_comparison(rng, x, y, indicators)


def random_comparison(rng: random.Random, x: str, y: str, indicators: Mapping[str, Any]) -> str:
    """Compare raw values as they stand, which is exact, so that ties are welcome."""
    low, high = sorted(rng.choice(landmarks(indicators[x])) for _ in range(2))
    up = (rng.choice(("<", "<=")), rng.choice(("<", "<=")))
    return rng.choice(
        (
            f"{x} {rng.choice(('<', '<=', '>', '>='))} {low}",
            f"{x} {rng.choice(('<', '<=', '>', '>=', '==', '!='))} {high}",
            f"{high} {rng.choice(('<', '<=', '>', '>='))} {x}",
            f"{x} {rng.choice(('<', '<=', '>', '>='))} {y}",
            f"{low} {up[0]} {x} {up[1]} {high}",
            f"{low} {up[0]} {x} {up[1]} {y}",
            f"{high} >= {x} > {low}",
        )
    )


def random_arithmetic(rng: random.Random, x: str, y: str, indicators: Mapping[str, Any]) -> str:
    """Compare something calculated with a constant; a divisor may be exactly zero."""
    hole = rng.choice(landmarks(indicators[y]))
    (x_low, x_high), (y_low, y_high) = span(indicators[x]), span(indicators[y])
    factor = rng.choice((2, 0.5, 1.5, 3))
    left, low, high = rng.choice(
        (
            (f"{x} + {y}", x_low + y_low, x_high + y_high),
            (f"{x} - {y}", x_low - y_high, x_high - y_low),
            (f"{factor} * {x} - {y}", factor * x_low - y_high, factor * x_high - y_low),
            (f"({x} + {y}) * {factor}", factor * (x_low + y_low), factor * (x_high + y_high)),
            (f"({x} + {y}) / 2", (x_low + y_low) / 2, (x_high + y_high) / 2),
            (f"-{x}", -x_high, -x_low),
            (f"{x} / {y}", 0, 2),
            (f"{x} / ({y} - {hole})", -1, 1),
            (f"1 / ({y} - {hole}) - {x}", -x_high, -x_low),
            (f"{x} / {y} / 2", 0, 1),
        )
    )
    constant = threshold(rng, low, high)
    if rng.random() < 0.15:
        return f"{constant} {rng.choice(('<', '>='))} {left}"
    return f"{left} {rng.choice(('<', '<=', '>', '>='))} {constant}"


def random_score_test(rng: random.Random, scores: Mapping[str, Any]) -> str:
    """Compare the bases of scores with constants."""
    name, other = (rng.choice(list(scores)) for _ in range(2))
    top, other_top = (scores[score].get("out_of", 100) for score in (name, other))
    low, high = threshold(rng, 0, 0.5 * top), threshold(rng, 0.5 * top, top)
    gap = threshold(rng, -0.5 * min(top, other_top), 0.5 * min(top, other_top))
    return rng.choice(
        (
            f"{name} {rng.choice(('>', '>='))} {low}",
            f"{name} {rng.choice(('<', '<='))} {high}",
            f"{low} < {name} <= {high}",
            f"{name} / 2 + 1 > {threshold(rng, 1, 1 + 0.5 * top)}",
            f"{name} - {other} > {gap}",
        )
    )


# -------------------------------------------------------------------------------------------------------- values


def random_value(rng: random.Random, spec: Mapping[str, Any]) -> Any:
    """Draw a value: somewhere within, exactly at a breakpoint, or beyond both ends as far as it is valid."""
    levels = levels_of(spec)
    if levels:
        return rng.choice(list(levels))
    low, high = span(spec)
    beyond = 0.3 * (high - low)
    kind = rng.random()
    if kind < 0.2:
        drawn = rng.choice(landmarks(spec))
    elif kind < 0.32:
        drawn = rng.choice((number(rng, low - beyond, low), number(rng, high, high + beyond)))
    elif kind < 0.38 and low - beyond <= 0 <= high + beyond:
        drawn = 0
    else:
        drawn = number(rng, low, high)
    valid_low, valid_high = spec.get("valid") or (None, None)
    drawn = drawn if valid_low is None else max(drawn, valid_low)
    return drawn if valid_high is None else min(drawn, valid_high)


def landmarks(spec: Mapping[str, Any]) -> list[float]:
    """List the raw values at which something changes for an indicator, and some that are as good where nothing does."""
    scale = spec.get("scale") or {}
    result = [*scale.get("goalposts", ()), *(x for x, _ in scale.get("points", ()))]
    if "logistic" in scale:
        reach = round(0.4 * LOGISTIC_SPAN / abs(scale["logistic"]["slope"]), 3)
        middle = scale["logistic"]["midpoint"]
        result += [middle]
        # The range that the slope was made for is not written down, so that only what is valid shows its ends.
        if "valid" not in spec:
            result += [round(middle - reach, 3), round(middle + reach, 3)]
    for term in (spec.get("terms") or {}).values():
        (bound,) = term.values()
        result += bound if isinstance(bound, list) else [bound]
    result += [bound for bound in spec.get("valid") or () if bound is not None]
    default = spec.get("default")
    result += default.values() if isinstance(default, dict) else [] if default is None else [default]
    return sorted(set(result)) if len(set(result)) > 1 else [*result, *(x for x in (0, 5, 10) if is_valid(spec, x))]


def is_valid(spec: Mapping[str, Any], x: float) -> bool:
    """Say whether a number lies within what is valid."""
    low, high = spec.get("valid") or (None, None)
    return (low is None or low <= x) and (high is None or x <= high)


def span(spec: Mapping[str, Any]) -> tuple[float, float]:
    """Give the range that the landmarks of an indicator take up."""
    result = landmarks(spec)
    return min(result), max(result)


def levels_of(spec: Mapping[str, Any]) -> Mapping[str, float] | None:
    """Give the labels of an indicator of levels."""
    return (spec.get("scale") or {}).get("levels")


# ------------------------------------------------------------------------------------------------------- drawing


def number(rng: random.Random, low: float, high: float) -> float:
    """Draw a number of few decimals, now and then a whole one, from a range."""
    drawn = rng.uniform(low, high)
    total = round(drawn)
    return total if rng.random() < 0.3 and low <= total <= high else round(drawn, 3)


def grid(rng: random.Random, low: float, high: float, count: int) -> list[float]:
    """Draw numbers from a range in ascending order, well apart from each other."""
    steps = sorted(rng.sample(range(1, 40), count))
    drawn = [round(low + (high - low) * step / 40, 3) for step in steps]
    assert all(a < b for a, b in pairwise(drawn))
    return drawn


def threshold(rng: random.Random, low: float, high: float) -> float:
    """Draw a number that sums may well equal, or one that ends so that little else ends the same."""
    drawn = rng.uniform(low, high)
    return rng.choice((round(drawn), round(drawn, 1), round(round(drawn, 3) + ODD_TAIL, 7)))


def shuffled(rng: random.Random, items: list[str]) -> list[str]:
    """Give the same items in another order."""
    return rng.sample(items, len(items))


def distinct_pairs(rng: random.Random, words: tuple[tuple[str, ...], tuple[str, ...]], count: int) -> list[str]:
    """Draw names of two words each, all different."""
    names = [f"{first}_{second}" for first in words[0] for second in words[1]]
    assert not any(map(keyword.iskeyword, names))
    return rng.sample(names, count)
