"""Labels, rounded numbers and lines of an assessment, shared by its text, Markdown and HTML."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.assessment import Assessment, EffectResult, GroupPoints, InputResult, RuleResult, ScoreResult
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.effects import effect_of

_LIGHTEST, _DARKEST, _SINGLE = 0.10, 0.42, 0.4
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
    """Format the value of an indicator with its unit; a default of the model is marked as assumed."""
    entry = assessment.input(name)
    if entry.used is None:
        return "missing"
    value = plain_value(entry.used)
    text = f"{value} ({entry.unit})" if entry.unit else value
    return f"assumed {text}" if entry.value is None else text


def plain_value(value: float | str) -> str:
    """Format a value as it is read: a label as it is, a number by `plain_number`."""
    return value if isinstance(value, str) else plain_number(value)


def plain_number(value: float) -> str:
    """Format a number without decimals if it is whole, otherwise with four digits."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def titled(assessment: Assessment) -> str:
    """Format the heading of an assessment with its date: `Two powers that have cut back their talks (2026-10)`."""
    return f"{assessment.heading} ({assessment.date})" if assessment.date else assessment.heading


def origin_lines(assessments: Sequence[Assessment]) -> list[str]:
    """Return what scores come from: a line for each model, and the line of sources."""
    lines = list(dict.fromkeys(assessment.model.line for assessment in assessments))
    return [*(f"{line[0].upper()}{line[1:]}" for line in lines), *filter(None, [sources_line(assessments)])]


def sources_line(assessments: Sequence[Assessment]) -> str:
    """Name the sources of the models of assessments in one line: `Source: ...`; empty without sources."""
    sources = list(dict.fromkeys(source for assessment in assessments for source in assessment.model.sources))
    return f"Source{'s' if len(sources) > 1 else ''}: {'; '.join(sources)}" if sources else ""


def account_title(score: ScoreResult) -> str:
    """Return the heading of the account of a score."""
    return f"{score.title}: where the points come from"


def bands_text(score: ScoreResult) -> str:
    """List the bands of a score: `Bands: low from 0, guarded from 20`; empty without bands."""
    bands = ", ".join(f"{band} from {start:g}" for band, start in score.bands.items())
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
        return f"insufficient data (coverage {score.coverage:.0%}, at least {score.min_coverage:.0%} needed)"
    text = f"{number(score.reported, score.decimals)} of {score.out_of:g}"
    return ", ".join(filter(None, (text, band_text(score))))


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


def band_opacity(index: int, count: int) -> float:
    """Return the opacity of the colour of a band; bands get darker, so that they differ without colours."""
    shade = index / (count - 1) if count > 1 else _SINGLE
    return _LIGHTEST + shade * (_DARKEST - _LIGHTEST)


def bounds_text(score: ScoreResult) -> str:
    """Format the bounds and the coverage of a score."""
    return f"bounds {range_text(score)}, coverage {score.coverage:.0%}"


def fired_rules(assessment: Assessment) -> list[FiredRule]:
    """Return the rules that took effect, highest degree first."""
    fired = sorted((rule for rule in assessment.rules if rule.degree > 0), key=lambda rule: -rule.degree)
    points = {name: rounded_points(assessment, score) for name, score in assessment.scores.items()} if fired else {}

    def degree_text(rule: RuleResult) -> str:
        titles = ", ".join(assessment.input(name).title for name in rule.assumed)
        return f"degree {rule.degree:.2f}{f', assumed: {titles}' if titles else ''}"

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
        FiredRule(rule, degree_text(rule), ", ".join(effect_text(rule, effect) for effect in rule.effects))
        for rule in fired
    ]


def undetermined_rules(assessment: Assessment) -> list[tuple[RuleResult, str]]:
    """Return the rules whose degree depends on missing values, each with its range of degrees and the reason."""

    def reason(rule: RuleResult) -> str:
        titles = ", ".join(assessment.input(name).title for name in rule.missing)
        cause = f"missing: {titles}" if titles else "it divides by zero here"
        return f"degree {rule.degree:.2f} to {rule.degree_high:.2f}; {cause}"

    return [(rule, reason(rule)) for rule in assessment.rules if rule.status == "undetermined"]


def remarks(assessment: Assessment) -> list[tuple[str, str]]:
    """Return remarks on the inputs: a heading, and the inputs concerned, with their values."""

    def listed(names: Iterable[str]) -> str:
        return "; ".join(f"{assessment.input(name).title} {value_text(assessment, name)}" for name in names)

    ranges = (
        f"{entry.title} {plain_number(entry.value)} of {_distribution_text(entry)}"
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
        details = " ".join(filter(None, (_distribution_text(entry), entry.unit)))
        return f"{entry.title} {plain_value(entry.used)}{f' ({details})' if details else ''}"

    result = (
        (
            "Missing, and counted as if like what is known (the model has no default)",
            "; ".join(assessment.input(name).title for name in assessment.missing),
        ),
        ("Missing, and assumed to be what is usual (the model's default)", "; ".join(map(assumed, assessment.assumed))),
    )
    return [(heading, text) for heading, text in result if text]


def _distribution_text(entry: InputResult) -> str:
    """Format the distribution of a value: `low 2, high 5`; empty for a number."""
    return ", ".join(f"{key} {plain_number(parameter)}" for key, parameter in entry.distribution.items())


def notes(assessment: Assessment) -> list[tuple[str, str]]:
    """Return the notes on values: the title of the indicator, and the note."""
    return [(entry.title, entry.note) for entry in assessment.inputs if entry.note]


def lists(assessment: Assessment) -> list[tuple[str, Sequence[str]]]:
    """Return the lists at the end of an assessment that have items: notes, doubts and sources."""
    result = (
        ("Why the values are what they are", [f"{title}: {note}" for title, note in notes(assessment)]),
        ("Doubts", assessment.doubts),
        ("Sources", assessment.sources),
    )
    return [(heading, items) for heading, items in result if items]
