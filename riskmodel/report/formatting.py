"""Labels, rounded numbers and lines of an assessment, shared by its text, Markdown and HTML."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.assessment import (
    Assessment,
    EffectResult,
    GroupPoints,
    InputResult,
    ModelIdentity,
    RuleResult,
    ScoreResult,
)
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.effects import effect_of
from riskmodel.schema.wording import distribution_words, plain_number

_TOLERANCE = 1e-9
"""Rounding error of sums, in units of the last decimal shown."""


class FiredRule(NamedTuple):
    """A rule that took effect, with its degree and its effects as text."""

    rule: RuleResult
    degree: str
    effects: str


def number(value: float, decimals: int) -> str:
    """Format a number with fixed decimals, without a minus before zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def score_number(value: float, decimals: int) -> str:
    """Format a value of a score, rounded half up as scores are reported."""
    return number(float(reported(np.array([value]), decimals)[0]), decimals)


def signed(value: float, decimals: int) -> str:
    """Format a number with fixed decimals and its sign."""
    text = number(value, decimals)
    return text if text.startswith("-") or float(text) == 0 else f"+{text}"


def apportion(parts: Sequence[float], total: float, decimals: int) -> list[float]:
    """Round parts so that they still sum to their rounded total (largest remainder, the method of A. Hamilton).

    Parameters
    ----------
    parts : exact numbers.
    total : their sum, rounded to `decimals` places.
    decimals : places that the parts are rounded to.
    """
    scale = 10**decimals
    floors = [math.floor(part * scale + _TOLERANCE) for part in parts]
    remainders = [part * scale - floor for part, floor in zip(parts, floors, strict=True)]
    spare = round(total * scale) - sum(floors)
    for index in sorted(range(len(parts)), key=lambda index: -remainders[index])[: max(spare, 0)]:
        floors[index] += 1
    return [floor / scale for floor in floors]


def rounded_parts(assessment: Assessment, score: ScoreResult) -> list[tuple[GroupPoints, float]]:
    """Return the parts of a score with their points rounded to sum to the reported score."""
    parts = assessment.by_group(score.name)
    if score.reported is None or not parts:
        return []
    rounded = apportion([part.points for part in parts], score.reported, score.decimals)
    return list(zip(parts, rounded, strict=True))


def rounded_points(assessment: Assessment, score: ScoreResult) -> dict[tuple[str, str], float]:
    """Return the points of an account by kind and name, rounded to sum to the reported score.

    In a model with groups, the entries of a group also sum to the points shown for the group.
    """
    if score.reported is None:
        return {}
    groups = [
        ([entry for entry in score.account if assessment.part_of(entry) == (part.kind, part.name)], total)
        for part, total in rounded_parts(assessment, score)
    ] or [(list(score.account), score.reported)]
    result: dict[tuple[str, str], float] = {}
    for entries, total in groups:
        points = apportion([entry.points for entry in entries], total, score.decimals)
        result |= {(entry.kind, entry.name): rounded for entry, rounded in zip(entries, points, strict=True)}
    return result


def value_text(assessment: Assessment, name: str) -> str:
    """Format the value of an indicator as given, with its unit; a default of the model is marked as assumed."""
    entry = assessment.input(name)
    if entry.used is None:
        return "missing"
    text = f"{given_text(entry)} ({entry.unit})" if entry.unit else given_text(entry)
    return f"assumed {text}" if entry.value is None else text


def given_text(entry: InputResult) -> str:
    """Format a value as it was given: a range in words, `1 to 4, likely 2`; of a default by quantiles its median."""
    if entry.used is None:
        return "missing"
    if not entry.distribution or (entry.value is None and "p50" in entry.distribution):
        return plain_value(entry.used)
    return distribution_words(entry.distribution)


def guide_text(entry: InputResult) -> str:
    """Describe a value by the guide of its indicator; empty without a guide or a value.

    `readiness raised (6)` at an anchor; `between large exercises (4) and readiness raised (6)`; `below none (0)` and
    `above war (10)` beyond all. A range goes by its likely value, or else by its median; a label has its own meaning.
    """
    value = entry.distribution.get("likely", entry.used)
    if not entry.guide or value is None:
        return ""
    if isinstance(value, str):
        return next((meaning for anchor, meaning in entry.guide if anchor == value), "")
    below, above = "", ""
    for anchor, meaning in entry.guide:
        words = f"{meaning} ({plain_value(anchor)})"
        if isinstance(anchor, str) or anchor == value:
            return words
        if anchor > value:
            above = words
            break
        below = words
    if below and above:
        return f"between {below} and {above}"
    return f"above {below}" if below else f"below {above}"


def plain_value(value: float | str) -> str:
    """Format a value as it is read: a label as it is, a number by `plain_number`."""
    return value if isinstance(value, str) else plain_number(value)


_DEGREES = ((0.75, "largely"), (0.25, "partly"))
"""The lowest degrees of the words between `slightly` and `fully`."""


def degree_text(low: float, high: float | None = None) -> str:
    """Format the degree of a rule as a word, with the number behind: `partly (0.38)`.

    The words are `not` (0), `slightly` (below 0.25), `partly` (from 0.25), `largely` (from 0.75) and `fully` (1).

    Parameters
    ----------
    high : the highest possible degree; given, the text is a range: `not to partly (0.00 to 0.40)`.
    """
    if high is None:
        return f"{_degree_word(low)} ({_degree_number(low)})"
    words = dict.fromkeys((_degree_word(low), _degree_word(high)))
    return f"{' to '.join(words)} ({_degree_number(low)} to {_degree_number(high)})"


def _degree_word(degree: float) -> str:
    if degree <= 0.0 or degree >= 1.0 - _TOLERANCE:
        return "not" if degree <= 0.0 else "fully"
    return next((word for lowest, word in _DEGREES if degree >= lowest), "slightly")


def _degree_number(degree: float) -> str:
    """Format a degree with two decimals, without rounding one between 0 and 1 to either."""
    text = f"{degree:.2f}"
    if text == "0.00" and degree > 0.0:
        return "below 0.01"
    return "above 0.99" if text == "1.00" and degree < 1.0 - _TOLERANCE else text


def titled(assessment: Assessment) -> str:
    """Format the heading of an assessment with its date: `Two powers that have cut back their talks (2026-10)`."""
    return f"{assessment.heading} ({assessment.date})" if assessment.date else assessment.heading


def origin_lines(assessments: Sequence[Assessment]) -> list[str]:
    """Return what scores come from: a line for each model, and the line of sources."""
    models = list(dict.fromkeys(assessment.model for assessment in assessments))
    lines = (f"{model.line[0].upper()}{model.line[1:]}" for model in models)
    return [*lines, *filter(None, [sources_line(models)])]


def sources_line(models: Sequence[ModelIdentity]) -> str:
    """Name the sources of models in one line: `Source of the model: ...`; empty without sources."""
    sources = list(dict.fromkeys(source for model in models for source in model.sources))
    # The sources of the facts of a situation are others.
    owner = "model" if len(models) == 1 else "models"
    return f"Source{'s' if len(sources) > 1 else ''} of the {owner}: {'; '.join(sources)}" if sources else ""


def account_title(score: ScoreResult) -> str:
    """Return the heading of the account of a score."""
    return f"{score.title}: where the points come from"


def bands_text(score: ScoreResult) -> str:
    """List the bands of a score: `Bands: low from 0, guarded from 20`; empty without bands."""
    bands = ", ".join(f"{band} from {start:.10g}" for band, start in score.bands.items())
    return f"Bands: {bands}" if bands else ""


def headlines(assessment: Assessment) -> str:
    """Format the scores in one line, without sub-scores: `Escalation risk 87.3 of 100, severe; Stability ...`."""
    return "; ".join(f"{score.title} {headline(score)}" for score in assessment.top_scores)


def headline(score: ScoreResult) -> str:
    """Format a score with the other bands that it may be in: `76.6 of 100, high; could be severe`."""
    return "; ".join(filter(None, (score_text(score), caveat(score))))


def score_text(score: ScoreResult) -> str:
    """Format a score: `76.6 of 100, high`, or the reason why there is none."""
    if score.reported is None:
        return f"insufficient data (coverage {known_share(score)}, at least {needed_share(score)} needed)"
    return ", ".join(filter(None, (number_text(score), band_text(score))))


def number_text(score: ScoreResult) -> str:
    """Format the number of a score on its scale: `76.6 of 100`; empty without a score."""
    return "" if score.reported is None else f"{number(score.reported, score.decimals)} of {score.out_of:.10g}"


def known_share(score: ScoreResult) -> str:
    """Format the coverage of a score that has too little, rounded down, so that it stays below what is needed."""
    return f"{math.floor(100 * score.coverage + _TOLERANCE)}%"


def needed_share(score: ScoreResult) -> str:
    """Format the least coverage of a score."""
    return f"{100 * score.min_coverage:.4g}%"


def band_text(score: ScoreResult) -> str:
    """Format the band of a score, marked if the score is provisional: `high, provisional`."""
    return ", ".join(filter(None, (score.band, "provisional" if score.provisional else "")))


def caveat(score: ScoreResult) -> str:
    """Name the other bands in the 90 % interval of a score: `could be elevated to severe`; empty if there are none.

    One other band is named alone; more are given as the range from the lowest to the highest band.
    """
    if score.band_low is None or score.band_high is None or score.band_low == score.band_high:
        return ""
    names = list(score.bands)
    possible = names[names.index(score.band_low) : names.index(score.band_high) + 1]
    if len(possible) == 2:
        return f"could be {next(name for name in possible if name != score.band)}"
    return f"could be {score.band_low} to {score.band_high}"


COMPARISON_HEADINGS = ("Situation", "Score", "Reported", "Band", "Bounds", "Coverage")
"""Of the columns of `comparison_rows`."""


def comparison_rows(assessments: Sequence[Assessment]) -> list[tuple[str, ...]]:
    """Return a row for each score of each situation: situation, score, reported value, band, bounds, coverage.

    The first row of a situation has its name, with its date, and with its model if there are several.
    """
    models = {assessment.model.fingerprint: assessment.model for assessment in assessments}
    several, shared = len(models) > 1, Counter(model.id for model in models.values())
    rows: list[tuple[str, ...]] = []
    for assessment in assessments:
        model = assessment.model
        label = model.line if shared[model.id] > 1 else f"model {model.id}"
        about = (assessment.date, label if several else None)
        details = ", ".join(filter(None, about))
        name = f"{assessment.heading} ({details})" if details else assessment.heading
        for score in assessment.top_scores:
            value = "no score" if score.reported is None else number(score.reported, score.decimals)
            band = "; ".join(filter(None, (band_text(score), caveat(score))))
            band = "insufficient data" if score.reported is None else band
            rows.append((name, score.title, value, band, range_text(score), f"{score.coverage:.0%}"))
            name = ""
    return rows


def range_text(score: ScoreResult) -> str:
    """Format the bounds of a score: `51.2 to 100.0`, or one number if they are equal."""
    low, high = number(score.reported_low, score.decimals), number(score.reported_high, score.decimals)
    return f"{low} to {high}" if low != high else low


def bounds_text(score: ScoreResult) -> str:
    """Format the bounds and the coverage of a score."""
    return f"bounds {range_text(score)}, coverage {score.coverage:.0%}"


def fired_rules(assessment: Assessment) -> list[FiredRule]:
    """Return the rules that took effect, highest degree first."""
    fired = sorted((rule for rule in assessment.rules if rule.degree > 0), key=lambda rule: -rule.degree)
    points = {name: rounded_points(assessment, score) for name, score in assessment.scores.items()} if fired else {}

    def holds(rule: RuleResult) -> str:
        titles = ", ".join(assessment.input(name).title for name in rule.assumed)
        return f"{degree_text(rule.degree)}{f', assumed: {titles}' if titles else ''}"

    def effect_text(rule: RuleResult, effect: EffectResult) -> str:
        score = assessment.scores[effect.score]
        note = effect_of(effect.kind, effect.amount).note
        if score.value is None:
            return f"{score.title} no score to act on"
        if note and effect.points == 0:
            return f"{score.title} {note} does not bind"
        change = signed(points[score.name].get(("rule", rule.name), 0.0), score.decimals)
        return f"{score.title} {change}{f' ({note})' if note else ''}"

    return [
        FiredRule(rule, holds(rule), ", ".join(effect_text(rule, effect) for effect in rule.effects)) for rule in fired
    ]


def undetermined_rules(assessment: Assessment) -> list[tuple[RuleResult, str]]:
    """Return the rules whose degree depends on missing values, each with its range of degrees and the reason."""

    def reason(rule: RuleResult) -> str:
        titles = ", ".join(assessment.input(name).title for name in rule.missing)
        cause = f"missing: {titles}" if titles else "it divides by zero here"
        return f"{degree_text(rule.degree, rule.degree_high)}; {cause}"

    return [(rule, reason(rule)) for rule in assessment.rules if rule.status == "undetermined"]


def remarks(assessment: Assessment) -> list[tuple[str, str]]:
    """Return remarks on the inputs: a heading, and the inputs concerned, with their values."""

    def listed(names: Iterable[str]) -> str:
        return "; ".join(f"{assessment.input(name).title} {value_text(assessment, name)}" for name in names)

    def ranged(entry: InputResult, median: float) -> str:
        is_named = plain_number(median) in (given_text(entry), plain_number(entry.distribution.get("p50", math.nan)))
        return f"{entry.title} {given_text(entry)}{'' if is_named else f' (median {plain_number(median)})'}"

    ranges = (
        ranged(entry, entry.value)
        for entry in assessment.inputs
        if entry.distribution and isinstance(entry.value, float)
    )
    result = (
        ("Changed for this assessment", listed(entry.name for entry in assessment.inputs if entry.changed)),
        *missing_remarks(assessment),
        ("Beyond the scale, counted as its end", listed(assessment.clamped)),
        ("Given as a range, scored by its median (the bounds hold all of it)", "; ".join(ranges)),
    )
    return [(heading, text) for heading, text in result if text]


def missing_remarks(assessment: Assessment) -> list[tuple[str, str]]:
    """Return the remarks on inputs without a value: a heading, and the inputs concerned, with values assumed."""

    def assumed(name: str) -> str:
        entry = assessment.input(name)
        assert entry.used is not None  # noqa: S101  (an assumed value is used)
        words = distribution_words(entry.distribution) if entry.distribution else ""
        details = "; ".join(filter(None, (words, entry.unit)))
        return f"{entry.title} {plain_value(entry.used)}{f' ({details})' if details else ''}"

    result = (
        (
            "Missing, and counted as if like what is known (the model has no default)",
            "; ".join(assessment.input(name).title for name in assessment.missing),
        ),
        ("Missing, and assumed to be what is usual (the model's default)", "; ".join(map(assumed, assessment.assumed))),
    )
    return [(heading, text) for heading, text in result if text]


def notes(assessment: Assessment) -> list[tuple[str, str]]:
    """Return the notes on values: the title of the indicator, and the note."""
    return [(entry.title, entry.note) for entry in assessment.inputs if entry.note]


def _values(assessment: Assessment) -> Iterator[str]:
    """Yield a line for each value that was given: `Espionage 30 (public cases): one full round of expulsions (20).`."""
    for entry in assessment.inputs:
        if entry.value is not None:
            meaning = guide_text(entry)
            about = " ".join(filter(None, (f"{meaning}." if meaning else "", entry.note)))
            yield f"{entry.title} {value_text(assessment, entry.name)}{f': {about}' if about else ''}"


def lists(assessment: Assessment) -> list[tuple[str, Sequence[str]]]:
    """Return the lists at the end of an assessment that have items: notes, doubts and sources."""
    result = (
        ("The values, and why they are what they are", list(_values(assessment))),
        ("Doubts", assessment.doubts),
        ("Sources", assessment.sources),
    )
    return [(heading, items) for heading, items in result if items]
